/* JSON (RFC 8259) in and out. Reading takes any one value and refuses duplicate keys, trailing text, lone surrogates,
 * NUL, bytes that are no UTF-8, whole numbers beyond 64 bits and depth over 64; the tree lives in an arena and holds
 * copies. Numbers with a fraction or exponent keep the digits that were sent. Errors name line and column and never
 * repeat the text. Writing goes straight into a buf. Any thread. */
#ifndef CITYHALL_BASE_JSON_H
#define CITYHALL_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_INT, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_kind kind;
	struct str key;     /* inside an object */
	struct str string;  /* JSON_STRING: decoded; JSON_REAL: as written */
	int64_t integer;    /* JSON_INT */
	struct json *first; /* children in order */
	struct json *next;
};

bool json_parse(struct arena *a, struct str text, struct json **out, struct err *e) MUST_USE;
/* NULL when absent or when `object` is NULL or no object. */
const struct json *json_get(const struct json *object, struct str key);
struct str json_string(const struct json *object, struct str key); /* empty when absent or of another kind */

/* Writing: commas are kept by the writer. Begin with {.to = buf}. */
struct json_out {
	struct buf *to;
	bool needs_comma;
};
void json_begin_object(struct json_out *j);
void json_end_object(struct json_out *j);
void json_begin_array(struct json_out *j);
void json_end_array(struct json_out *j);
void json_key(struct json_out *j, struct str key);
void json_put_string(struct json_out *j, struct str s); /* invalid UTF-8 becomes U+FFFD */
void json_put_int(struct json_out *j, int64_t v);
void json_put_bool(struct json_out *j, bool v);
void json_put_null(struct json_out *j);

#endif
