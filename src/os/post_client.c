#include "os/post_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fault.h"
#include "os/file.h"
#include "os/post_protocol.h"
#include "os/socket.h"

#define CONNECT_US INT64_C(2000000)
#define SEND_US INT64_C(10000000)
/* More than the process at the other end ever takes for one call: it ends by itself. */
#define ANSWER_US INT64_C(900000000)
#define SECOND_US INT64_C(1000000)

enum { CONNECTIONS_MAX = 64 };

struct connection {
	int fd; /* -1: none */
	bool is_busy;
};

struct post_client {
	char *path;
	pthread_mutex_t lock; /* for these */
	struct connection connections[CONNECTIONS_MAX];
	bool is_halted;
};

bool post_client_new(struct str dir, struct post_client **out, struct err *e)
{
	struct post_client *c = mem_alloc(1, sizeof *c);
	*out = NULL;
	if (c) {
		c->path = file_path(dir, STR(POST_SOCKET));
	}
	if (!c || !c->path) {
		mem_free(c);
		return err_set(e, ERR_MEMORY, "no memory for the post client");
	}
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		c->connections[i] = (struct connection){.fd = -1};
	}
	pthread_mutex_init(&c->lock, NULL);
	*out = c;
	return true;
}

void post_client_free(struct post_client *c)
{
	if (c) {
		for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
			socket_close(&c->connections[i].fd);
		}
		pthread_mutex_destroy(&c->lock);
		mem_free(c->path);
		mem_free(c);
	}
}

void post_client_halt(struct post_client *c)
{
	pthread_mutex_lock(&c->lock);
	c->is_halted = true;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (c->connections[i].fd >= 0) {
			(void)shutdown(c->connections[i].fd, SHUT_RDWR);
		}
	}
	pthread_mutex_unlock(&c->lock);
}

/* --- Connections ---------------------------------------------------------------------------------------------------
 */

/* One that is free, the used ones first. *is_new: it was just made. */
static struct connection *borrow(struct post_client *c, bool *is_new, struct err *e)
{
	struct connection *free_one = NULL, *kept = NULL;
	pthread_mutex_lock(&c->lock);
	for (size_t i = 0; i < CONNECTIONS_MAX && !kept; i++) {
		struct connection *k = &c->connections[i];
		if (!k->is_busy) {
			kept = k->fd >= 0 ? k : NULL;
			free_one = free_one ? free_one : k;
		}
	}
	struct connection *k = kept ? kept : free_one;
	bool is_halted = c->is_halted;
	if (k && !is_halted) {
		k->is_busy = true;
	}
	pthread_mutex_unlock(&c->lock);
	*is_new = !kept;
	if (is_halted || !k) {
		err_set(e, ERR_BUSY, is_halted ? "the program stops" : "too many calls to the post process");
		return NULL;
	}
	if (kept) {
		return k;
	}
	int fd = -1;
	bool ok = socket_connect_unix(str_of(c->path), deadline_in(CONNECT_US), &fd, e);
	pthread_mutex_lock(&c->lock);
	k->fd = fd;
	k->is_busy = ok;
	if (ok && c->is_halted) {
		(void)shutdown(fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&c->lock);
	return ok ? k : NULL;
}

static void give_back(struct post_client *c, struct connection *k, bool is_well)
{
	pthread_mutex_lock(&c->lock);
	if (!is_well) {
		socket_close(&k->fd);
	}
	k->is_busy = false;
	pthread_mutex_unlock(&c->lock);
}

/* Sends the first message and waits for the first answer. Over a kept connection whose other end is gone (the process
 * was started anew) it is tried once more: nothing was begun. */
static struct connection *open_call(struct post_client *c, const struct buf *request, struct message *m,
                                    int64_t answer_us, struct err *e)
{
	if (!buf_ok(request, e)) {
		return NULL;
	}
	for (int i = 0; i < CONNECTIONS_MAX + 1; i++) {
		bool is_new;
		struct connection *k = borrow(c, &is_new, e);
		if (!k) {
			return NULL;
		}
		if (message_send(k->fd, buf_str(request), NULL, 0, deadline_in(SEND_US), e) &&
		    message_recv(k->fd, m, deadline_in(answer_us), e)) {
			return k;
		}
		give_back(c, k, false);
		if (is_new || e->code != ERR_GONE) {
			return NULL;
		}
	}
	return NULL;
}

/* --- Answers -------------------------------------------------------------------------------------------------------
 */

static void say(struct post_answer *out, enum post_end end, int code, struct str said)
{
	*out = (struct post_answer){.end = end, .code = code};
	said = str_sub(said, 0, sizeof out->said - 1);
	while (!str_is_utf8(said)) {
		said.n--;
	}
	memcpy(out->said, said.n > 0 ? said.p : "", said.n);
}

static bool read_end(struct codec *in, struct post_answer *out)
{
	uint8_t kind = codec_u8(in), end = codec_u8(in);
	uint32_t code = codec_u32(in);
	struct str said = codec_str(in, POST_SAID_MAX);
	if (in->failed || kind != POST_END || end > POST_UNSURE) {
		return false;
	}
	say(out, (enum post_end)end, (int)code, said);
	return true;
}

static void go_on(struct connection *k, const struct post_mail *mail, struct message *m, struct post_answer *out,
                  bool *is_well)
{
	static const char go[] = {POST_GO};
	struct err e = {0};
	*is_well = false;
	if (!mail->point_of_no_return(mail->ctx, &e)) {
		/* The connection is closed, and with it the one to the server, before the end of the message. */
		say(out, POST_AGAIN, 0, str_of(e.text));
		return;
	}
	struct codec in;
	if (!message_send(k->fd, str_from(go, sizeof go), NULL, 0, deadline_in(SEND_US), &e) ||
	    !message_recv(k->fd, m, deadline_in(ANSWER_US), &e)) {
		say(out, POST_UNSURE, 0, STR("the post process ended before the mail server's answer"));
		return;
	}
	in = codec_of(buf_str(&m->bytes));
	*is_well = read_end(&in, out) && in.rest.n == 0;
	if (!*is_well) {
		say(out, POST_UNSURE, 0, STR("the post process gave no answer"));
	}
}

void post_mail(struct post_client *c, const struct post_mail *mail, struct post_answer *out)
{
	struct err e = {0};
	struct buf request;
	struct message m;
	bool is_well = false;
	buf_init(&request, POST_REQUEST_MAX);
	message_init(&m, POST_ANSWER_MAX);
	codec_put_u8(&request, POST_MAIL);
	codec_put_str(&request, mail->from);
	codec_put_str(&request, mail->to);
	codec_put_bytes(&request, mail->message);
	struct connection *k = open_call(c, &request, &m, ANSWER_US, &e);
	if (!k) {
		say(out, POST_AGAIN, 0, str_of(e.text));
	} else {
		struct codec in = codec_of(buf_str(&m.bytes));
		if (m.bytes.n == 1 && (uint8_t)m.bytes.p[0] == POST_READY) {
			go_on(k, mail, &m, out, &is_well);
		} else {
			is_well = read_end(&in, out) && in.rest.n == 0;
			if (!is_well) {
				say(out, POST_AGAIN, 0, STR("the post process gave no answer"));
			}
		}
		give_back(c, k, is_well);
	}
	message_release(&m);
	buf_release(&request);
}

void post_http(struct post_client *c, const struct post_request *r, struct buf *reply, struct post_answer *out)
{
	struct err e = {0};
	struct buf request;
	struct message m;
	int64_t timeout_us = r->timeout_us > 0 ? r->timeout_us : 30 * SECOND_US;
	must(r->header_n <= POST_HEADERS_MAX);
	buf_init(&request, POST_REQUEST_MAX);
	message_init(&m, POST_ANSWER_MAX);
	codec_put_u8(&request, POST_HTTP);
	codec_put_u8(&request, (uint8_t)r->target);
	codec_put_str(&request, r->url);
	codec_put_i64(&request, timeout_us / 1000);
	codec_put_u8(&request, (uint8_t)r->header_n);
	for (size_t i = 0; i < r->header_n; i++) {
		codec_put_str(&request, r->headers[i].name);
		codec_put_str(&request, r->headers[i].value);
	}
	codec_put_bytes(&request, r->body);
	struct connection *k = open_call(c, &request, &m, timeout_us + 10 * SECOND_US, &e);
	if (!k) {
		say(out, POST_AGAIN, 0, str_of(e.text));
	} else {
		struct codec in = codec_of(buf_str(&m.bytes));
		bool is_well = read_end(&in, out);
		struct str body = is_well ? codec_bytes(&in, POST_REPLY_MAX) : STR_EMPTY;
		is_well = is_well && codec_end(&in, &e);
		if (!is_well) {
			say(out, POST_AGAIN, 0, STR("the post process gave no answer"));
		} else if (reply) {
			buf_put(reply, body);
		}
		give_back(c, k, is_well);
	}
	message_release(&m);
	buf_release(&request);
}

bool post_ask_status(struct post_client *c, struct post_status *out, struct err *e)
{
	struct buf request;
	struct message m;
	bool ok = false;
	*out = (struct post_status){0};
	buf_init(&request, 16);
	message_init(&m, POST_ANSWER_MAX);
	codec_put_u8(&request, POST_STATUS);
	struct connection *k = open_call(c, &request, &m, SEND_US, e);
	if (k) {
		struct codec in = codec_of(buf_str(&m.bytes));
		bool is_end = codec_u8(&in) == POST_END;
		out->has_smtp = codec_flag(&in);
		out->has_sms = codec_flag(&in);
		out->mails = codec_i64(&in);
		out->requests = codec_i64(&in);
		struct str sandbox = codec_str(&in, sizeof out->sandbox - 1);
		ok = codec_end(&in, e) && (is_end || err_set(e, ERR_CORRUPT, "the post process gave no status"));
		memcpy(out->sandbox, ok && sandbox.n > 0 ? sandbox.p : "", ok ? sandbox.n : 0);
		give_back(c, k, ok);
	}
	message_release(&m);
	buf_release(&request);
	return ok;
}
