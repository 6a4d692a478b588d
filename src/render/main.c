/* cityhall-render: the process that opens strangers' files and sets documents. Started by the supervisor with its
 * listening socket as descriptor 3. No network, no store.
 *
 * The dispatcher takes requests and has one thread. A file of a stranger gets a worker of its own, forked from the
 * dispatcher, which locks itself further in and ends with its job. Documents and QR codes come from our own programs
 * and go to one long-lived worker that keeps its fonts warm (pango keeps a thread, so it cannot be forked afterwards).
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "os/file.h"
#include "os/render_protocol.h"
#include "os/reply.h"
#include "os/sandbox.h"
#include "os/signal.h"
#include "os/socket.h"
#include "os/supervisor.h"
#include "render/document.h"
#include "render/fonts.h"
#include "render/qr.h"
#include "render/upload.h"

enum {
	LISTEN_FD = 3,
	WORKERS = 2,
	PENDING = 64,
	UPLOAD_SECONDS = 25, /* below the client's 30 */
	DOCUMENT_SECONDS = 15,
	NICE = 5,
};
#define WORKER_MEMORY_BYTES (UINT64_C(1) << 30)
#define WORKER_FILE_BYTES (UINT64_C(128) << 20)
#define REQUEST_US INT64_C(2000000)
#define REPLY_US INT64_C(5000000)

#ifdef __SANITIZE_THREAD__
/* Our code here has one thread; the libraries have theirs and are not built for the sanitizer, which then reports what
 * is none. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "report_bugs=0";
}
#endif

struct job {
	int connection;
	int file;
};

struct worker {
	pid_t pid; /* 0: none */
	int connection;
};

struct render {
	struct signals signals;
	struct sandbox_state sandbox;
	struct worker workers[WORKERS];
	struct job pending[PENDING];
	size_t pending_n;
	pid_t documents_pid;
	int documents_fd;
	int64_t served, deaths;
	uint32_t upload_cpu_s;
};

static void send_reply(int connection, const struct buf *reply, const int *fds, size_t fd_n)
{
	struct err e;
	if (!message_send(connection, buf_str(reply), fds, fd_n, deadline_in(REPLY_US), &e) && e.code != ERR_GONE) {
		log_err(LOG_WARN, "render-reply", &e);
	}
}

static void send_err(int connection, const struct err *why)
{
	struct buf reply;
	buf_init(&reply, 8192);
	reply_put_err(&reply, why);
	send_reply(connection, &reply, NULL, 0);
	buf_release(&reply);
}

/* --- Workers --------------------------------------------------------------------------------------------------------
 */

/* What every worker does first after fork. */
static bool become_worker(struct render *r, const char *name, uint32_t cpu_max_s, struct err *e)
{
	socket_close(&r->signals.fd);
	signals_reset();
	prctl(PR_SET_NAME, name);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
		return err_errno(e, "cannot be bound to the dispatcher");
	}
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	struct sandbox_spec spec = {.role = SANDBOX_RENDER_WORKER,
	                            .memory_max_bytes = WORKER_MEMORY_BYTES,
	                            .cpu_max_s = cpu_max_s,
	                            .file_max_bytes = WORKER_FILE_BYTES};
	struct sandbox_state state;
	return sandbox_lock(&spec, &state, e);
}

static void run_upload(struct render *r, const struct job *job) __attribute__((noreturn));
static void run_upload(struct render *r, const struct job *job)
{
	struct err e;
	struct pages pages;
	struct buf reply;
	alarm(UPLOAD_SECONDS);
	close(LISTEN_FD);
	socket_close(&r->documents_fd);
	buf_init(&reply, RENDER_REPLY_MAX);
	if (become_worker(r, "render-upload", r->upload_cpu_s, &e) && pages_begin(&pages, &e) &&
	    upload_reencode(job->file, &pages, &e)) {
		codec_put_flag(&reply, true);
		pages_put(&pages, &reply);
		if (buf_ok(&reply, &e)) {
			send_reply(job->connection, &reply, &pages.fd, 1);
			_exit(0);
		}
	}
	log_err(LOG_INFO, "upload-refused", &e);
	send_err(job->connection, &e);
	_exit(0);
}

static void start_pending(struct render *r)
{
	for (size_t i = 0; i < WORKERS && r->pending_n > 0; i++) {
		struct worker *w = &r->workers[i];
		if (w->pid > 0) {
			continue;
		}
		struct job job = r->pending[0];
		r->pending_n--;
		memmove(r->pending, r->pending + 1, r->pending_n * sizeof r->pending[0]);
		pid_t pid = fork();
		if (pid == 0) {
			run_upload(r, &job);
		}
		if (pid < 0) {
			struct err e;
			err_errno(&e, "cannot start a worker");
			log_err(LOG_ERROR, "worker-not-started", &e);
			e.code = ERR_BUSY;
			send_err(job.connection, &e);
			socket_close(&job.connection);
		} else {
			*w = (struct worker){pid, job.connection};
		}
		socket_close(&job.file);
	}
}

/* The worker was stopped by its limits or by its file: the sender is told instead of it. */
static void tell_death(const struct worker *w, int status)
{
	struct err e;
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	bool is_limit = number == SIGXCPU || number == SIGALRM || number == SIGKILL || number == SIGXFSZ;
	log_line(LOG_WARN, "worker-died", LOG_I("process", w->pid), LOG_I("signal", number),
	         LOG_I("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
	err_tell(&e, is_limit ? ERR_TOO_LARGE : ERR_UNSUPPORTED, render_says[is_limit ? SAY_HEAVY : SAY_DAMAGED],
	         "the worker ended by signal %d", number);
	send_err(w->connection, &e);
}

/* --- The documents' worker ------------------------------------------------------------------------------------------
 */

static bool answer_qr(struct codec *in, struct buf *reply, struct err *e)
{
	struct qr q;
	struct buf path;
	uint8_t level = codec_u8(in);
	struct str text = codec_bytes(in, QR_TEXT_MAX);
	if (!codec_end(in, e) || !qr_make(text, (enum qr_level)level, &q, e)) {
		return false;
	}
	buf_init(&path, RENDER_REPLY_MAX);
	qr_put_path(&q, &path);
	codec_put_u32(reply, q.side);
	codec_put_str(reply, buf_str(&path));
	bool ok = buf_ok(&path, e);
	buf_release(&path);
	qr_release(&q);
	return ok;
}

static bool answer_pdf(struct fonts *fonts, struct codec *in, int *out_fd, struct err *e)
{
	struct arena arena;
	struct document d;
	struct buf pdf;
	arena_init(&arena, 16U * 1024 * 1024);
	buf_init(&pdf, PDF_BYTES_MAX);
	bool ok = document_get(in, &arena, &d, e) && document_draw(fonts, &d, &pdf, e);
	if (ok) {
		*out_fd = memfd_create("document", MFD_CLOEXEC);
		ok = *out_fd >= 0 || err_errno(e, "cannot make an anonymous file");
	}
	ok = ok && file_write_all(&file_layer_real, *out_fd, buf_str(&pdf), e);
	buf_release(&pdf);
	arena_release(&arena);
	return ok;
}

static void answer_document(struct fonts *fonts, int connection, struct str request)
{
	struct err e;
	struct buf reply;
	int fd = -1;
	struct codec in = codec_of(request);
	buf_init(&reply, RENDER_REPLY_MAX);
	codec_put_flag(&reply, true);
	bool ok = codec_u8(&in) == RENDER_QR ? answer_qr(&in, &reply, &e) : answer_pdf(fonts, &in, &fd, &e);
	if (ok && buf_ok(&reply, &e)) {
		send_reply(connection, &reply, &fd, fd >= 0 ? 1 : 0);
	} else {
		log_err(LOG_WARN, "document-refused", &e);
		send_err(connection, &e);
	}
	socket_close(&fd);
	buf_release(&reply);
}

static void run_documents(struct render *r, int requests) __attribute__((noreturn));
static void run_documents(struct render *r, int requests)
{
	struct err e;
	struct message m;
	close(LISTEN_FD);
	/* The first thread comes with the fonts, so the sandbox before. */
	struct fonts *fonts = NULL;
	if (!become_worker(r, "render-document", 0, &e) || !fonts_new(&fonts, &e)) {
		log_err(LOG_ERROR, "documents-not-started", &e);
		_exit(EXIT_FAILED);
	}
	alarm(2 * DOCUMENT_SECONDS);
	document_warm(fonts);
	message_init(&m, RENDER_REQUEST_MAX);
	for (;;) {
		alarm(0);
		if (!message_recv(requests, &m, DEADLINE_NEVER, &e) || m.fd_n != 1) {
			_exit(e.code == ERR_GONE ? 0 : EXIT_FAILED);
		}
		alarm(DOCUMENT_SECONDS);
		answer_document(fonts, m.fds[0], buf_str(&m.bytes));
	}
}

static bool start_documents(struct render *r, struct err *e)
{
	int pair[2];
	socket_close(&r->documents_fd);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		return err_errno(e, "cannot make a pair of sockets");
	}
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		run_documents(r, pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return err_errno(e, "cannot start the documents' worker");
	}
	r->documents_pid = pid;
	r->documents_fd = pair[0];
	return true;
}

static bool documents_ended(struct render *r, int status, struct err *e)
{
	r->deaths++;
	log_line(LOG_WARN, "documents-worker-died", LOG_I("process", r->documents_pid), LOG_I("status", status));
	return start_documents(r, e);
}

/* --- The dispatcher -------------------------------------------------------------------------------------------------
 */

static void answer_status(struct render *r, int connection)
{
	struct buf reply;
	buf_init(&reply, 1024);
	codec_put_flag(&reply, true);
	codec_put_i64(&reply, r->served);
	codec_put_i64(&reply, r->deaths);
	codec_put_str(&reply, str_of(r->sandbox.text));
	send_reply(connection, &reply, NULL, 0);
	buf_release(&reply);
}

/* A worker that just died may not have been reaped yet: then the request goes to the next one. */
static bool hand_to_documents(struct render *r, int connection, struct str request, struct err *e)
{
	if (message_send(r->documents_fd, request, &connection, 1, deadline_in(REPLY_US), e)) {
		return true;
	}
	if (e->code == ERR_GONE) {
		int status = 0;
		kill(r->documents_pid, SIGKILL);
		while (waitpid(r->documents_pid, &status, 0) < 0 && errno == EINTR) {
		}
		if (documents_ended(r, status, e) &&
		    message_send(r->documents_fd, request, &connection, 1, deadline_in(REPLY_US), e)) {
			return true;
		}
	}
	e->code = ERR_BUSY;
	return false;
}

/* True when the connection was handed on and now belongs to a job. */
static bool dispatch(struct render *r, int connection, struct message *m, struct err *e)
{
	uint8_t kind = m->bytes.n > 0 ? (uint8_t)m->bytes.p[0] : 0;
	e->code = ERR_NONE;
	r->served++;
	switch (kind) {
	case RENDER_STATUS:
		answer_status(r, connection);
		return false;
	case RENDER_REENCODE:
		if (m->fd_n != 1 || m->bytes.n != 1) {
			return err_set(e, ERR_BAD_INPUT, "an upload comes as one file");
		}
		if (r->pending_n == PENDING) {
			return err_set(e, ERR_BUSY, "%d uploads wait already", PENDING);
		}
		r->pending[r->pending_n++] = (struct job){connection, m->fds[0]};
		m->fds[0] = -1;
		return true;
	case RENDER_QR:
	case RENDER_PDF:
		if (hand_to_documents(r, connection, buf_str(&m->bytes), e)) {
			e->code = ERR_NONE;
		}
		return false;
	default:
		return err_set(e, ERR_BAD_INPUT, "render knows no message %u", kind);
	}
}

static void take_connection(struct render *r)
{
	struct err e;
	struct message m;
	int connection = -1;
	message_init(&m, RENDER_REQUEST_MAX);
	if (!socket_accept(LISTEN_FD, deadline_in(0), &connection, &e)) {
		if (e.code != ERR_BUSY) {
			log_err(LOG_ERROR, "render-accept", &e);
		}
		goto out;
	}
	if (!socket_peer_is_ours(connection)) {
		log_line(LOG_WARN, "render-refused", LOG_S("why", STR("another user")));
		goto out;
	}
	if (!message_recv(connection, &m, deadline_in(REQUEST_US), &e)) {
		if (e.code != ERR_GONE) {
			log_err(LOG_WARN, "render-request", &e);
		}
		goto out;
	}
	if (dispatch(r, connection, &m, &e)) {
		connection = -1;
	} else if (e.code != ERR_NONE) {
		log_err(LOG_WARN, "render-refused", &e);
		send_err(connection, &e);
	}
out:
	socket_close(&connection);
	message_release(&m);
}

/* False when the documents' worker cannot be brought back. */
static bool reap(struct render *r, struct err *e)
{
	int status;
	for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
		if (pid == r->documents_pid) {
			if (!documents_ended(r, status, e)) {
				return false;
			}
		}
		for (size_t i = 0; i < WORKERS; i++) {
			struct worker *w = &r->workers[i];
			if (w->pid != pid) {
				continue;
			}
			if (status != 0) {
				r->deaths++;
				tell_death(w, status);
			}
			socket_close(&w->connection);
			w->pid = 0;
		}
	}
	return true;
}

static int run(struct render *r)
{
	struct err e;
	for (;;) {
		start_pending(r);
		struct pollfd p[2] = {{.fd = r->signals.fd, .events = POLLIN}, {.fd = LISTEN_FD, .events = POLLIN}};
		if (poll(p, 2, -1) < 0 && errno != EINTR) {
			err_errno(&e, "poll");
			break;
		}
		if (p[0].revents) {
			if (signals_wait(&r->signals, 0) == SIGNAL_STOP) {
				return EXIT_STOPPED;
			}
			if (!reap(r, &e)) {
				break;
			}
		}
		if (p[1].revents) {
			take_connection(r);
		}
	}
	log_err(LOG_ERROR, "render-ended", &e);
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	static const char *const readable[] = {"/usr/share/fonts",
	                                       "/usr/local/share/fonts",
	                                       "/etc/fonts",
	                                       "/usr/share/fontconfig",
	                                       "/var/cache/fontconfig",
	                                       "/usr/share/poppler",
	                                       "/usr/share/zoneinfo",
	                                       "/etc/localtime",
	                                       "/usr/lib",
	                                       NULL};
	static struct render r = {.documents_fd = -1, .upload_cpu_s = UPLOAD_SECONDS};
	struct err e;
	uint64_t seconds = 0;
	if (argc == 2 && str_starts(str_of(argv[1]), STR("--upload-cpu-seconds=")) &&
	    str_to_u64(str_sub(str_of(argv[1]), 21, SIZE_MAX), &seconds) && seconds > 0 && seconds <= UPLOAD_SECONDS) {
		r.upload_cpu_s = (uint32_t)seconds; /* tests: a bomb is over sooner */
		argc = 1;
	}
	if (argc != 1 || fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) != 0) {
		fprintf(stderr, "%s is started by cityhall, with its socket as descriptor 3\n", argv[0]);
		return EXIT_UNUSABLE;
	}
	/* Each of glibc's arenas would take 64 MiB of the workers' address space. */
	mallopt(M_ARENA_MAX, 1);
	prctl(PR_SET_NAME, "render");
	setenv("FONTCONFIG_PATH", "/etc/fonts", 1);
	struct sandbox_spec spec = {.role = SANDBOX_RENDER, .readable = readable, .files_max = 256};
	if (!signals_open(&r.signals, &e) || !image_start(&e) || !sandbox_lock(&spec, &r.sandbox, &e) ||
	    !start_documents(&r, &e)) {
		log_err(LOG_ERROR, "render-not-started", &e);
		return EXIT_FAILED;
	}
	log_line(LOG_INFO, "render-ready", LOG_S("sandbox", str_of(r.sandbox.text)));
	return run(&r);
}
