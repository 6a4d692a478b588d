/* The HTTP server: libmicrohttpd (mhd.c is the only file that knows it), a thread per kept connection, strict glue in
 * front of the handlers (what is refused is listed in docs/architecture.md), the router, CSRF and limits. One per
 * process. */
#ifndef CITYHALL_HTTP_SERVER_H
#define CITYHALL_HTTP_SERVER_H

#include "http/req.h"

struct time_source;

struct http_hooks {
	/* Who asks, in which language; may not read the body. False: the error page. Sets r->viewer, r->lang. */
	bool (*admit)(struct req *r, struct err *e);
	/* May this viewer use this route? After admit, before the body is read. It may answer a GET itself, by
	 * req_redirect() and true: then the handler is not called. */
	bool (*allow)(struct req *r, struct err *e);
	/* Writes a whole error page for *why into r->out; r->viewer is NULL when admission itself failed. A hostile head
	 * and an overloaded server get a plain page without this call. */
	void (*error_page)(struct req *r, const struct err *why);
	/* Once for each answer: for the log and the counters. */
	void (*answered)(const struct req *r, int64_t took_us);
};

/* Only `app`, `time` and the tables have to outlive the server; the rest is copied. */
struct http_options {
	int listen_fd; /* bound and listening; the server owns it once http_start said yes */
	struct app *app;
	const struct route *const *tables; /* NULL-terminated list of tables, each ended by a row with path NULL */
	struct http_hooks hooks;
	const struct time_source *time;
	const uint8_t *csrf_key; /* 32 bytes */
	bool is_behind_proxy;    /* unix socket behind nginx: X-Forwarded-For counts, cookies are Secure */
	int connections_max;     /* 0: 256 */
	int handlers_max;        /* 0: 16 */
	struct str
		for_programs; /* paths that begin so ("/api/v1/") get even their plain errors in JSON (RFC 9457); or empty */
	struct str spool_dir; /* for uploads: a folder of its own; made, for this user alone, if it is not there */
};

struct http_server;
bool http_start(const struct http_options *o, struct http_server **out, struct err *e) MUST_USE;
/* It will stop soon: every answer ends its connection from now on, and /healthz sends the balancer away. Connections
 * are still taken. */
void http_announce_stop(struct http_server *s);
bool http_is_stopping(const struct http_server *s);
/* Stops accepting, finishes what runs (waits at most timeout_us for that), those included that connected before; then
 * closes. A handler that is still at work then is waited for: the supervisor above ends those that never end. */
void http_stop(struct http_server *s, int64_t timeout_us);

struct http_counters {
	uint64_t requests;
	uint64_t refused;      /* hostile heads, those that the library turned away, clients that went away */
	uint64_t by_status[6]; /* [1] 1xx ... [5] 5xx; [0] others */
	uint64_t connections, handlers_busy;
};
void http_count(const struct http_server *s, struct http_counters *out);
/* The handler's place is given back while it waits for its commit, and taken again afterwards. Called by the app around
 * store_write. */
void http_place_release(struct req *r);
void http_place_take(struct req *r);

#endif
