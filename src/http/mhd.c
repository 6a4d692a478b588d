/* The only file that knows libmicrohttpd. What the library forgives (0.9.75: header names with spaces, folded lines,
 * NUL, bare line feeds, lengths said twice) is found here by laying its list of headers over the bytes it was read
 * from: the library cuts its read buffer into strings in place, so each name has to begin exactly where the line before
 * ended. */
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/time_source.h"
#include "http/exchange.h"
#include "os/thread.h"

enum {
	CONNECTION_BYTES = 32 << 10,
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	STACK_BYTES = 2 << 20, /* frames of the sanitizers are several times as large */
#else
	STACK_BYTES = 256 << 10,
#endif
	/* nginx keeps idle connections for 60 s: it has to be the one that closes them. */
	IDLE_PROXY_S = 75,
	IDLE_DIRECT_S = 20,
};

/* One a connection: made by the listening thread, used by the connection's, freed by the listening thread. */
struct conn {
	struct exchange x;
	const char *uri; /* in the library's buffer, where the target begins */
	size_t target_n;
	bool has_head;
	char client[INET6_ADDRSTRLEN]; /* the peer's address; empty on a unix socket */
	struct param fields[HEAD_MAX_FIELDS + 1];
};

static struct conn *conn_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return i ? i->socket_context : NULL;
}

/* The peer's address: what counts when nobody stands between. */
static void read_address(struct MHD_Connection *c, char *to, size_t n)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *a = i ? i->client_addr : NULL;
	if (a && a->sa_family == AF_INET) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, to, (socklen_t)n);
	} else if (a && a->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, to, (socklen_t)n);
	}
}

static void on_connection(void *cls, struct MHD_Connection *c, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = cls;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		struct conn *conn = mem_alloc(1, sizeof *conn);
		if (conn) {
			exchange_init(&conn->x, s);
			read_address(c, conn->client, sizeof conn->client);
			atomic_fetch_add(&s->connections, 1);
		}
		*socket_context = conn;
	} else if (*socket_context) {
		struct conn *conn = *socket_context;
		exchange_release(&conn->x);
		mem_free(conn);
		*socket_context = NULL;
		atomic_fetch_sub(&s->connections, 1);
	}
}

/* A thread of a connection, the first time that it is seen: many readers are not to keep the one who writes, for whom
 * everybody who sent something waits, from a processor. */
static void step_back(void)
{
	static _Thread_local bool has_stepped_back;
	if (!has_stepped_back) {
		has_stepped_back = true;
		thread_set_low();
	}
}

/* Called when the request line is there and nothing of it is cut yet. */
static void *on_target(void *cls, const char *uri, struct MHD_Connection *c)
{
	(void)cls;
	step_back();
	struct conn *conn = conn_of(c);
	if (conn == NULL) {
		return NULL;
	}
	exchange_begin(&conn->x);
	conn->has_head = false;
	conn->uri = uri;
	conn->target_n = strlen(uri);
	conn->x.r.target = arena_copy(&conn->x.r.arena, str_from(uri, conn->target_n));
	/* The library would now parse the query, into memory that a client can so fill up; we do that ourselves. It is
	 * given an empty one instead. The buffer is its own and writable (it cuts it itself right after this call). */
	char *mark = strchr((char *)(uintptr_t)uri, '?');
	if (mark && mark[1] != '\0') {
		mark[1] = '\0';
	}
	return conn;
}

static size_t leave_escapes(void *cls, struct MHD_Connection *c, char *s)
{
	(void)cls;
	(void)c;
	return strlen(s);
}

/* --- The head ----------------------------------------------------------------------------------------------------- */

struct lay {
	struct param *fields; /* HEAD_MAX_FIELDS + 1 */
	size_t n;
	const char *at; /* where the next line has to begin */
	size_t left;    /* bytes of the head from there */
	const char *why;
};

/* Moves over `n` bytes of the head. */
static bool move(struct lay *l, size_t n)
{
	if (n > l->left) {
		return false;
	}
	l->at += n;
	l->left -= n;
	return true;
}

/* A line's end: the CR and LF that the library made NULs. A lone LF leaves one NUL only, and the next line is then
 * found one byte too early. */
static bool move_line_end(struct lay *l)
{
	return l->left >= 2 && l->at[0] == '\0' && l->at[1] == '\0' && move(l, 2);
}

static enum MHD_Result on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value,
                                size_t value_n)
{
	struct lay *l = cls;
	(void)kind;
	if (l->n == HEAD_MAX_FIELDS + 1) {
		return MHD_NO;
	}
	if (name != l->at || !move(l, name_n + 1)) {
		l->why = "line folded, with NUL, or not ended by CR LF";
		return MHD_NO;
	}
	while (l->left > 0 && (*l->at == ' ' || *l->at == '\t')) {
		move(l, 1);
	}
	if (value != l->at || !move(l, value_n) || !move_line_end(l)) {
		l->why = "line folded, with NUL, or not ended by CR LF";
		return MHD_NO;
	}
	l->fields[l->n++] = (struct param){str_from(name, name_n), str_from(value, value_n)};
	return MHD_YES;
}

/* Lays method, target, version and the list of fields over the head's bytes. NULL: all stands where it should. */
static const char *lay_head(struct conn *conn, struct MHD_Connection *c, const char *method, const char *version,
                            struct head *h)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	size_t bytes = info ? info->header_size : 0;
	*h = (struct head){.method = str_of(method),
	                   .target = conn->x.r.target,
	                   .version = str_of(version),
	                   .fields = NULL,
	                   .bytes = bytes};
	/* More than the library's memory is no size but the difference of two buffers: a folded line moved one of them. */
	if (bytes > CONNECTION_BYTES) {
		return "head in two pieces";
	}
	struct lay l = {.fields = conn->fields, .at = method, .left = bytes};
	if (!move(&l, h->method.n + 1) || l.at != conn->uri || !move(&l, conn->target_n + 1) || l.at != version ||
	    !move(&l, h->version.n) || !move_line_end(&l)) {
		return "request line with NUL, extra spaces, or not ended by CR LF";
	}
	MHD_get_connection_values_n(c, MHD_HEADER_KIND, on_field, &l);
	if (l.why) {
		return l.why;
	}
	h->fields = l.fields;
	h->field_n = l.n;
	if (l.n > HEAD_MAX_FIELDS) {
		return NULL; /* head_read says so */
	}
	return move_line_end(&l) && l.left == 0 ? NULL : "bytes between the last header and the end of the head";
}

/* --- The answer --------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *value;
} always[] = {
	{"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; "
     "frame-ancestors 'none'; base-uri 'none'; connect-src 'self'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "same-origin"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
};

static bool add_headers(struct exchange *x, struct MHD_Response *m, bool has_body)
{
	struct req *r = &x->r;
	bool ok = true;
	bool has_cache_control = false;
	for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
		ok = ok && MHD_add_response_header(m, always[i].name, always[i].value) == MHD_YES;
	}
	/* Values in the arena are followed by a NUL and hold none. */
	for (size_t i = 0; i < r->out_headers.n; i++) {
		const struct param *p = &r->out_headers.items[i];
		has_cache_control = has_cache_control || str_eq_nocase(p->name, STR("cache-control"));
		if (!r->is_cacheable && str_eq_nocase(p->name, STR("cache-control"))) {
			continue;
		}
		ok = ok && MHD_add_response_header(m, p->name.p, p->value.p) == MHD_YES;
	}
	if (!r->is_cacheable) {
		ok = ok && MHD_add_response_header(m, "Cache-Control", "no-store") == MHD_YES;
	} else if (!has_cache_control) {
		ok = ok && MHD_add_response_header(m, "Cache-Control", "public, max-age=3600") == MHD_YES;
	}
	if (has_body && r->status != 304) {
		ok = ok && MHD_add_response_header(m, "Content-Type", r->content_type.p) == MHD_YES;
	}
	if (x->must_close || atomic_load_explicit(&x->s->is_stopping, memory_order_relaxed)) {
		ok = ok && MHD_add_response_header(m, "Connection", "close") == MHD_YES;
	}
	return ok;
}

static enum MHD_Result send_answer(struct MHD_Connection *c, struct exchange *x)
{
	struct req *r = &x->r;
	struct MHD_Response *m = NULL;
	struct stat st;
	bool has_body = r->out.n > 0 || r->send_fd >= 0;
	if (r->send_fd < 0) {
		/* Not copied: the bytes stand until exchange_done. */
		m = MHD_create_response_from_buffer(r->out.n, r->out.p, MHD_RESPMEM_PERSISTENT);
	} else if (fstat(r->send_fd, &st) == 0) {
		m = MHD_create_response_from_fd64((uint64_t)st.st_size, r->send_fd);
		if (m) {
			r->send_fd = -1; /* the library closes it */
		}
	}
	if (m == NULL) {
		return MHD_NO;
	}
	enum MHD_Result ok = add_headers(x, m, has_body) ? MHD_queue_response(c, (unsigned)r->status, m) : MHD_NO;
	MHD_destroy_response(m);
	return ok;
}

/* --- Calls of the library ----------------------------------------------------------------------------------------- */

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_n, void **context)
{
	(void)cls;
	(void)url;
	struct conn *conn = *context;
	if (conn == NULL) {
		return MHD_NO;
	}
	struct exchange *x = &conn->x;
	if (!conn->has_head) {
		conn->has_head = true;
		struct head h;
		const char *why = lay_head(conn, c, method, version, &h);
		if (!x->s->o.is_behind_proxy) {
			x->r.client = str_of(conn->client);
		}
		/* An answer queued now makes the library close the connection after it, read or unread. */
		return exchange_head(x, &h, why) == EXCHANGE_ANSWER_NOW ? send_answer(c, x) : MHD_YES;
	}
	if (*upload_n > 0) {
		struct str bytes = str_from(upload, *upload_n);
		*upload_n = 0;
		return exchange_body(x, bytes) ? MHD_YES : MHD_NO;
	}
	exchange_end(x);
	return send_answer(c, x);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **context, enum MHD_RequestTerminationCode why)
{
	(void)cls;
	(void)c;
	(void)why;
	struct conn *conn = *context;
	if (conn) {
		exchange_done(&conn->x);
		conn->uri = NULL;
	}
	*context = NULL;
}

/* --- Start and stop ----------------------------------------------------------------------------------------------- */

static void free_server(struct http_server *s)
{
	router_free(s->router);
	places_release(&s->places);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
	mem_wipe(&s->csrf_key, sizeof s->csrf_key);
	mem_free(s->spool_dir);
	mem_free(s);
}

bool http_start(const struct http_options *o, struct http_server **out, struct err *e)
{
	struct http_server *s = mem_alloc(1, sizeof *s);
	if (s == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the HTTP server");
	}
	s->o = *o;
	places_init(&s->places, o->handlers_max > 0 ? o->handlers_max : 16);
	pthread_condattr_t a;
	must(pthread_condattr_init(&a) == 0 && pthread_condattr_setclock(&a, CLOCK_MONOTONIC) == 0);
	must(pthread_mutex_init(&s->lock, NULL) == 0 && pthread_cond_init(&s->idle, &a) == 0);
	pthread_condattr_destroy(&a);
	csrf_key_init(&s->csrf_key, o->csrf_key);
	s->o.csrf_key = NULL;
	s->id_seed = rand_u64();
	s->spool_dir = mem_alloc(o->spool_dir.n + 1, 1);
	if (s->spool_dir == NULL) {
		free_server(s);
		return err_set(e, ERR_MEMORY, "no memory for the HTTP server");
	}
	if (o->spool_dir.n > 0) {
		memcpy(s->spool_dir, o->spool_dir.p, o->spool_dir.n);
	}
	s->o.spool_dir = str_from(s->spool_dir, o->spool_dir.n);
	if (o->spool_dir.n > 0 && mkdir(s->spool_dir, 0700) != 0 && errno != EEXIST) {
		err_errno(e, "making the spool folder");
		free_server(s);
		return false;
	}
	if (!router_new(o->tables, &s->router, e)) {
		free_server(s);
		return false;
	}
	/* Handlers find the server by way of what the caller gave: it stands there before the first of them runs. */
	*out = s;
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC;
	s->daemon =
		MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, o->listen_fd,
	                     MHD_OPTION_CONNECTION_LIMIT, (unsigned)(o->connections_max > 0 ? o->connections_max : 256),
	                     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
	                     (unsigned)(o->is_behind_proxy ? IDLE_PROXY_S : IDLE_DIRECT_S), MHD_OPTION_THREAD_STACK_SIZE,
	                     (size_t)STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target,
	                     s, MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL, MHD_OPTION_NOTIFY_CONNECTION,
	                     on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_END);
	if (s->daemon == NULL) {
		*out = NULL;
		free_server(s);
		return err_set(e, ERR_IO, "the HTTP library does not start");
	}
	return true;
}

void http_announce_stop(struct http_server *s)
{
	atomic_store(&s->is_stopping, true);
}

bool http_is_stopping(const struct http_server *s)
{
	return atomic_load(&s->is_stopping);
}

/* Those whom the kernel has let in, and whom nobody has taken yet. */
static void take_waiting(struct http_server *s, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	while (poll(&p, 1, 0) == 1 && p.revents == POLLIN) {
		struct sockaddr_storage from;
		socklen_t n = sizeof from;
		int client = accept4(fd, (struct sockaddr *)&from, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client < 0) {
			return;
		}
		/* When it fails it closes the socket itself. */
		MHD_add_connection(s->daemon, client, (struct sockaddr *)&from, n);
	}
}

void http_stop(struct http_server *s, int64_t timeout_us)
{
	if (s == NULL) {
		return;
	}
	atomic_store(&s->is_stopping, true);
	MHD_socket fd = MHD_quiesce_daemon(s->daemon);
	if (fd != MHD_INVALID_SOCKET) {
		take_waiting(s, fd);
		/* The parent holds the socket too: closing it here would let people in to whom nobody answers. */
		shutdown(fd, SHUT_RDWR);
		take_waiting(s, fd);
		close(fd);
	}
	struct timespec until;
	must(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
	until.tv_nsec += (long)(timeout_us % US_PER_S) * 1000;
	until.tv_sec += (time_t)(timeout_us / US_PER_S) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&s->lock);
	while (atomic_load(&s->at_work) > 0 && pthread_cond_timedwait(&s->idle, &s->lock, &until) != ETIMEDOUT) {
	}
	pthread_mutex_unlock(&s->lock);
	/* Ends idle connections and joins every thread; a handler still at work is waited for. */
	MHD_stop_daemon(s->daemon);
	free_server(s);
}

void http_count(const struct http_server *s, struct http_counters *out)
{
	*out = (struct http_counters){
		.requests = atomic_load_explicit(&s->requests, memory_order_relaxed),
		.refused = atomic_load_explicit(&s->refused, memory_order_relaxed),
		.connections = atomic_load_explicit(&s->connections, memory_order_relaxed),
		.handlers_busy = (uint64_t)places_busy((struct places *)(uintptr_t)&s->places),
	};
	for (int i = 0; i < 6; i++) {
		out->by_status[i] = atomic_load_explicit(&s->by_status[i], memory_order_relaxed);
	}
}
