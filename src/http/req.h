/* A request and its answer, as handlers see them. A handler is a plain blocking function that reads straight down; it
 * runs on the connection's thread while at most 16 of its kind are at work.
 *
 * Everything in a req lives in its arena and dies with it. Text from the client is valid UTF-8 without control
 * characters (line breaks and tabs in form fields excepted), else the request was refused before. */
#ifndef CITYHALL_HTTP_REQ_H
#define CITYHALL_HTTP_REQ_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

enum method { METHOD_GET = 1, METHOD_HEAD = 2, METHOD_POST = 4 };

struct app;    /* what the program holds: defined by src/app/app.h */
struct viewer; /* who asks: defined by the people room */
struct frame;  /* of the page being written: src/app/page.c */
struct req;
typedef bool handler(struct req *r, struct err *e);

/* One row a route. Path pieces: "/case/:id/letter/:n"; ":x" takes one segment. Who: a permission of the rooms' list. */
struct route {
	enum method method; /* METHOD_GET answers HEAD too */
	const char *path;
	int who; /* enum permission of app; 0 is no permission and does not build (see ROUTE) */
	handler *handle;
	uint32_t body_max;    /* bytes; 0: no body */
	bool has_files;       /* multipart/form-data is taken */
	bool is_without_csrf; /* nothing yet may set it but for tests */
};

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
	int fd;
	int64_t bytes;
};

struct req {
	struct app *app;
	struct arena arena;
	const struct route *route;
	enum method method;
	struct str path;         /* decoded, without the query */
	struct str target;       /* as sent, path and query */
	struct str path_args[6]; /* values of the ":x" pieces, in order */
	int path_arg_n;
	struct params query, form, cookies, headers;
	struct upload *uploads;
	size_t upload_n;
	struct str client;     /* address, from X-Forwarded-For's last entry behind nginx */
	struct str id;         /* of this request, in logs and on error pages */
	struct str lang;       /* "en", "zh-Hans", "ar-XB" */
	struct viewer *viewer; /* never NULL after admission; a nobody for visitors */
	struct str csrf;       /* the token that this visitor's forms carry */
	struct err *error;     /* set when an error page is being made */
	const struct frame *frame;

	/* the answer */
	int status;
	struct buf out;
	struct str content_type;
	struct params out_headers;
	int send_fd;       /* >= 0: the body is this file, from its start */
	bool is_cacheable; /* default: Cache-Control: no-store */
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

void req_set_header(struct req *r, const char *name, struct str value);
void req_set_cookie(struct req *r, const char *name, struct str value,
                    int64_t max_age_s);            /* HttpOnly, SameSite=Lax, Secure by setting; 0: delete */
bool req_redirect(struct req *r, struct str path); /* 303 to a path of ours; returns true */
/* Makes the answer a file: type, name (NULL: inline without name). Takes over the fd. */
bool req_send_file(struct req *r, int fd, const char *content_type, struct str filename);

#endif
