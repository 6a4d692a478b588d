/* A request and its answer, as handlers see them. A handler is a plain blocking function that reads straight down; it
 * runs on the connection's thread while at most 16 of its kind are at work.
 *
 * Everything in a req lives in its arena and dies with it. Text from the client is valid UTF-8 without control
 * characters (line breaks and tabs in form fields excepted), else the request was refused before. A line break in a
 * form field is one line feed, however it was sent. */
#ifndef CITYHALL_HTTP_REQ_H
#define CITYHALL_HTTP_REQ_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

enum method { METHOD_GET = 1, METHOD_HEAD = 2, METHOD_POST = 4 };

struct app;      /* what the program holds: defined by src/app/app.h */
struct viewer;   /* who asks: defined by the people room */
struct exchange; /* the server's side of a request: private to src/http */
struct frame;    /* of the page being written: src/app/page.c */
struct req;
typedef bool handler(struct req *r, struct err *e);

/* One row a route. Path pieces: "/case/:id/letter/:n"; ":x" takes one segment. Who: a permission of the rooms' list. */
struct route {
	enum method method; /* METHOD_GET answers HEAD too */
	const char *path;
	int who; /* enum permission of app; 0 is no permission and does not build (see ROUTE) */
	handler *handle;
	uint32_t body_max; /* bytes; 0: no body */
	bool has_files;    /* multipart/form-data is taken */
	/* A body of this type is taken as it is, into `body`, and no urlencoded form: "application/json"; or NULL. At most
	 * 1 MiB. */
	const char *body_type;
	bool keeps_form;      /* called too when the session has run out: people_keeps_form() */
	bool is_without_csrf; /* for programs, which no cookie admits: what a browser sends along counts for nothing */
};

/* A row that does not build without a permission:
 *	ROUTE(METHOD_POST, "/sign-in", MAY_ANYONE, sign_in_post, .body_max = 4096),
 * A table ends with ROUTES_END. A row written without it is refused at start. */
#define ROUTE(how, where, permission, call, ...)                                                                  \
	{                                                                                                             \
		.method = (how), .path = (where), .who = (permission) + 0 * (int)sizeof(char[(permission) > 0 ? 1 : -1]), \
		.handle = (call), ##__VA_ARGS__                                                                           \
	}
/* clang-format off */
#define ROUTES_END {.path = NULL}
/* clang-format on */

struct param {
	struct str name, value;
};
struct params {
	struct param *items;
	size_t n;
};
/* A file of a multipart body, spooled to an unlinked temporary file; closed with the request. */
struct upload {
	struct str field;
	struct str filename;     /* last path piece as sent, cleaned: never a path */
	struct str content_type; /* as claimed: not to be believed */
	int fd;                  /* stands at its beginning */
	int64_t bytes;
};

struct req {
	struct app *app;
	struct arena arena;
	const struct route *route; /* NULL on the error pages of addresses that do not exist */
	enum method method;
	struct str path;         /* decoded, without the query */
	struct str target;       /* as sent, path and query */
	struct str path_args[6]; /* values of the ":x" pieces, in order */
	int path_arg_n;
	struct params query, form, cookies;
	struct str body;       /* as it came, where the route takes one; bytes, not text */
	struct params headers; /* names in lower case */
	struct upload *uploads;
	size_t upload_n;
	struct str client;         /* address, from X-Forwarded-For's last entry behind nginx; empty when unknown */
	struct str id;             /* of this request, in logs and on error pages */
	struct str lang;           /* "en", "zh-Hans", "ar-XB" */
	struct viewer *viewer;     /* never NULL after admission; a nobody for visitors */
	struct str csrf;           /* the token that this visitor's forms carry in the field "csrf" */
	struct err *error;         /* set when an error page is being made */
	bool is_form_own;          /* `form` is whole and carried this visitor's token: it may be shown again */
	const struct frame *frame; /* of the page being written: src/app/page.c */
	struct exchange *exchange; /* NULL in a test that makes a req by itself */

	/* the answer */
	int status; /* 200 unless the handler says otherwise */
	struct buf out;
	struct str content_type; /* "text/html; charset=utf-8" unless the handler says otherwise */
	struct params out_headers;
	int send_fd;       /* >= 0: the body is this file, from its start */
	bool is_cacheable; /* default: Cache-Control: no-store. Set: a Cache-Control of the handler's own, else one hour */
};

struct str req_query(const struct req *r, const char *name); /* first value or empty */
struct str req_form(const struct req *r, const char *name);
bool req_has_form(const struct req *r, const char *name);
struct str req_header(const struct req *r, const char *lower_name);
struct str req_cookie(const struct req *r, const char *name);
struct upload *req_upload(const struct req *r, const char *field); /* NULL when absent or empty */
bool req_arg_id(const struct req *r, int index, int64_t *out,
                struct err *e) MUST_USE; /* path piece as an id, else ERR_NOT_FOUND */
/* The operation id that the form carried in `op`; ERR_BAD_INPUT without one. */
bool req_op(const struct req *r, uint8_t out[OPID_BYTES], struct err *e) MUST_USE;
/* A fresh operation id as 32 hexadecimal digits for a form. */
struct str req_new_op(struct req *r);

/* The `sid` cookie: 32 random bytes in base64url, or empty when there is none (or one not of that form). Every visitor
 * who was shown a form has one; the CSRF token hangs off it. */
struct str req_sid(const struct req *r);
/* Replaces the cookie by a fresh one, and the token with it: at sign-in and sign-out. */
struct str req_new_sid(struct req *r);

/* Values of headers hold no control characters: such a header is left out and the request ends as an error. */
void req_set_header(struct req *r, const char *name, struct str value);
/* HttpOnly, SameSite=Lax, Path=/; Secure and the prefix __Host- behind the proxy (req_cookie() knows the prefix). A
 * name set twice: the later one counts. max_age_s: 0 deletes, below 0 lasts until the browser is closed. */
void req_set_cookie(struct req *r, const char *name, struct str value, int64_t max_age_s);
/* 303 to a path of ours (one that would lead elsewhere becomes "/"); returns true. */
bool req_redirect(struct req *r, struct str path);
/* Makes the answer a file: type, name (NULL p or empty: inline without name). Takes over the fd. */
bool req_send_file(struct req *r, int fd, const char *content_type, struct str filename);
/* Sets ETag (given with its quotes or without); true when the client has just that: the answer is 304 then and the
 * handler is done.
 */
bool req_not_modified(struct req *r, struct str etag);

#endif
