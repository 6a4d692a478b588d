/* The head of a request: what is refused whatever the route, and what the req is told of it. Knows nothing of sockets,
 * so that it can be tested and fuzzed alone. Any thread. */
#ifndef CITYHALL_HTTP_HEAD_H
#define CITYHALL_HTTP_HEAD_H

#include "http/req.h"

enum {
	HEAD_MAX_BYTES = 16 << 10,
	HEAD_MAX_FIELDS = 100,
	TARGET_MAX_BYTES = 4096,
};

struct head {
	struct str method, target, version;
	const struct param *fields; /* as sent */
	size_t field_n;
	size_t bytes; /* of the whole head on the wire */
};

struct head_facts {
	uint64_t content_length;
	bool expects_continue;
	struct str host;
};

/* Fills method (0 when it is none of ours), target, path, query, headers, cookies of *r. Refused, RFC 9112 and the
 * design's list: Transfer-Encoding in any form; Content-Length twice, or not digits alone; Host missing, twice or
 * malformed; names that are no token (a space before the colon); control characters; bytes that are not UTF-8; folded
 * lines; targets that are not a path; bad escapes, encoded NUL, "." and ".." (ERR_BAD_INPUT); an encoded slash
 * (ERR_NOT_FOUND); more than 16 KiB or 100 fields (ERR_HEADERS). */
bool head_read(struct req *r, const struct head *h, struct head_facts *facts, struct err *e) MUST_USE;

/* Whose request: the last entry of X-Forwarded-For, if it is an address; else empty. */
struct str head_forwarded_for(const struct req *r);

#endif
