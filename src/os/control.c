#include "os/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/fault.h"
#include "base/log.h"
#include "os/file.h"
#include "os/reply.h"
#include "os/socket.h"
#include "os/thread.h"

#define CONTROL_SOCKET "run/control.sock"

enum { NAME_MAX_BYTES = 64, OVERHEAD_BYTES = 4096, RECEIVE_US = 2000000, SEND_US = 10000000 };

struct control {
	int listen_fd;
	int stop_fd;
	const struct control_command *commands;
	void *ctx;
	struct thread thread;
};

static bool socket_path(struct str dir, bool make_folder, char **out, struct err *e)
{
	char *folder = file_path(dir, STR("run"));
	bool ok = folder && (!make_folder || file_mkdir(&file_layer_real, folder, 0700, e));
	if (!folder) {
		err_set(e, ERR_MEMORY, "no memory for a path");
	}
	mem_free(folder);
	if (!ok) {
		return false;
	}
	*out = file_path(dir, STR(CONTROL_SOCKET));
	return *out || err_set(e, ERR_MEMORY, "no memory for a path");
}

bool control_bind(struct str dir, int *out_fd, struct err *e)
{
	char *path = NULL;
	bool ok = socket_path(dir, true, &path, e) && socket_listen_unix(str_of(path), 0600, out_fd, e);
	mem_free(path);
	return ok;
}

/* --- The serving side ----------------------------------------------------------------------------------------------
 */

static bool run_command(struct control *c, struct str request, struct buf *reply, struct err *e)
{
	struct codec in = codec_of(request);
	struct str name = codec_str(&in, NAME_MAX_BYTES);
	struct str bytes = codec_bytes(&in, CONTROL_REQUEST_MAX);
	if (!codec_end(&in, e)) {
		return false;
	}
	for (const struct control_command *at = c->commands; at->name; at++) {
		if (str_is(name, at->name)) {
			return at->run(c->ctx, bytes, reply, e) && buf_ok(reply, e);
		}
	}
	return err_set(e, ERR_NOT_FOUND, "serve knows no command '%.*s'", STR_ARG(name));
}

static void answer(struct control *c, int fd)
{
	struct err e = {0};
	struct message request;
	struct buf reply, out;
	message_init(&request, CONTROL_REQUEST_MAX + OVERHEAD_BYTES);
	buf_init(&reply, CONTROL_REPLY_MAX);
	buf_init(&out, CONTROL_REPLY_MAX + OVERHEAD_BYTES);
	if (!socket_peer_is_ours(fd)) {
		log_line(LOG_WARN, "control-refused", LOG_S("why", STR("another user")));
		goto done;
	}
	if (!message_recv(fd, &request, deadline_in(RECEIVE_US), &e)) {
		goto done;
	}
	if (run_command(c, buf_str(&request.bytes), &reply, &e)) {
		codec_put_flag(&out, true);
		codec_put_bytes(&out, buf_str(&reply));
	} else {
		reply_put_err(&out, &e);
	}
	if (!buf_ok(&out, &e) || !message_send(fd, buf_str(&out), NULL, 0, deadline_in(SEND_US), &e)) {
		log_err(LOG_WARN, "control-reply", &e);
	}
done:
	message_release_secret(&request); /* passwords of new accounts come this way */
	buf_release_secret(&reply);
	buf_release_secret(&out);
}

static void *run_control(void *arg)
{
	struct control *c = arg;
	for (;;) {
		struct pollfd p[2] = {{.fd = c->stop_fd, .events = POLLIN}, {.fd = c->listen_fd, .events = POLLIN}};
		if (poll(p, 2, -1) < 0) {
			if (errno == EINTR) {
				continue;
			}
			struct err e;
			err_errno(&e, "poll");
			log_err(LOG_ERROR, "control-ended", &e);
			return NULL;
		}
		if (p[0].revents) {
			return NULL;
		}
		struct err e;
		int fd = -1;
		if (socket_accept(c->listen_fd, deadline_in(0), &fd, &e)) {
			answer(c, fd);
			socket_close(&fd);
		} else if (e.code != ERR_BUSY) {
			log_err(LOG_ERROR, "control-accept", &e);
			(void)poll(p, 1, 100); /* out of descriptors: others may give some back */
		}
	}
}

bool control_start(int listen_fd, const struct control_command *commands, void *ctx, struct control **out,
                   struct err *e)
{
	struct control *c = mem_alloc(1, sizeof *c);
	if (!c) {
		return err_set(e, ERR_MEMORY, "no memory for the control socket");
	}
	c->listen_fd = listen_fd;
	c->commands = commands;
	c->ctx = ctx;
	c->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->stop_fd < 0) {
		err_errno(e, "cannot make an event descriptor");
		goto fail;
	}
	if (!thread_start(&c->thread, "control", 512U * 1024, run_control, c, e)) {
		goto fail;
	}
	*out = c;
	return true;
fail:
	socket_close(&c->stop_fd);
	mem_free(c);
	return false;
}

void control_stop(struct control *c)
{
	if (!c) {
		return;
	}
	uint64_t one = 1;
	ssize_t wrote = write(c->stop_fd, &one, sizeof one);
	must(wrote == (ssize_t)sizeof one);
	thread_join(&c->thread);
	socket_close(&c->stop_fd);
	socket_close(&c->listen_fd);
	mem_free(c);
}

/* --- The calling side ----------------------------------------------------------------------------------------------
 */

static bool read_reply(struct str bytes, struct buf *reply, struct err *e)
{
	struct codec in = codec_of(bytes);
	if (!reply_begin(&in, NULL, e)) {
		return false;
	}
	struct str body = codec_bytes(&in, CONTROL_REPLY_MAX);
	if (!codec_end(&in, e)) {
		return false;
	}
	buf_put(reply, body);
	return buf_ok(reply, e);
}

bool control_call(struct str dir, const char *command, struct str request, int64_t timeout_us, struct buf *reply,
                  struct err *e)
{
	char *path = NULL;
	struct buf out;
	struct message in;
	buf_init(&out, CONTROL_REQUEST_MAX + OVERHEAD_BYTES);
	message_init(&in, CONTROL_REPLY_MAX + OVERHEAD_BYTES);
	codec_put_str(&out, str_of(command));
	codec_put_bytes(&out, request);
	bool ok = buf_ok(&out, e) && socket_path(dir, false, &path, e) &&
	          message_call(str_of(path), buf_str(&out), NULL, 0, &in, deadline_in(timeout_us), e) &&
	          read_reply(buf_str(&in.bytes), reply, e);
	mem_free(path);
	buf_release_secret(&out);
	message_release_secret(&in);
	return ok;
}
