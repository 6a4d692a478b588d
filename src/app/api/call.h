/* One call of the API, as its handler sees it: whose token, the body checked against its schema, what is wrong with it
 * so far. And what handlers write answers with. Request threads; everything lives in the request's arena. */
#ifndef CITYHALL_APP_API_CALL_H
#define CITYHALL_APP_API_CALL_H

#include "app/api/token.h"
#include "app/app.h"
#include "app/catalogue/definition.h"
#include "base/json.h"

struct api_fault {
	struct str where;  /* JSON pointer into the body; of a query parameter its name */
	bool is_parameter; /* the latter */
	struct str say;    /* in the language asked for */
};
enum { API_FAULTS_MAX = 200 };

struct api_endpoint;
struct api_call {
	const struct api_endpoint *endpoint;
	const struct token *token; /* NULL: a public endpoint without one */
	const struct json *body;   /* an object as the endpoint's schema says; empty when nothing was sent */
	struct json_out j;         /* the answer */
	struct api_fault *faults;
	size_t fault_n;
};
typedef bool api_handler(struct req *r, struct api_call *c, struct err *e);

/* The handler of every endpoint's route: checks what was sent, then calls the endpoint's own. */
bool api_call_serve(struct req *r, struct err *e);

/* Notes what is wrong. The msgid is translated; where: "/answers/name". */
void api_fault_at(struct req *r, struct api_call *c, struct str where, struct str say);
/* A key below a pointer, escaped (RFC 6901); overlong keys are cut. */
struct str api_pointer(struct req *r, struct str at, struct str key);
/* A plain sentence in the language asked for. */
struct tr_arg;
struct str api_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n);
/* The body against a schema that is not the endpoint's own: notes what is wrong. */
struct api_schema;
void api_check(struct req *r, struct api_call *c, const struct api_schema *s);
/* The answer when something was noted: 422 with all of it; returns true. */
bool api_invalid(struct req *r, struct api_call *c);
/* An answer that is no success and lies in no err: status, code and sentence; returns true. */
bool api_refuse(struct req *r, int status, const char *code, struct str say);
/* The whole problem document for *why (RFC 9457). */
void api_problem(struct req *r, const struct err *why);

/* --- Cursors: where a page goes on, opaque to the client. ------------------------------------------------------- */

/* If-Match against the version that was read: true when it was not sent or is the same; else the answer, 412, stands.
 */
bool api_matches(struct req *r, int64_t version);
void api_put_etag(struct req *r, int64_t version);

/* "after" of the query: empty when there is none. False: it is no cursor of ours, and is noted. */
bool api_after(struct req *r, struct api_call *c, struct str *key);
/* How many rows: "limit" of the query, 1 to 100, else 50. */
size_t api_limit(struct req *r);
/* Ends a page: "next", null at the end (key empty). */
void api_put_next(struct req *r, struct api_call *c, struct str key);

/* --- Values by name ------------------------------------------------------------------------------------------------
 */

void put_str(struct json_out *j, const char *key, struct str v);
void put_str_or_null(struct json_out *j, const char *key, struct str v); /* empty: null */
void put_text(struct req *r, struct json_out *j, const char *key, const struct text *t);
void put_int(struct json_out *j, const char *key, int64_t v);
void put_flag(struct json_out *j, const char *key, bool v);
void put_id(struct json_out *j, const char *key, int64_t id);      /* 0: null */
void put_instant(struct json_out *j, const char *key, int64_t us); /* 0: null */
void put_day(struct json_out *j, const char *key, day_number day);
void put_money(struct json_out *j, const char *key, int64_t minor, struct str currency);
void put_key(struct json_out *j, const char *key);
void put_null(struct json_out *j, const char *key);

#endif
