/* multipart/form-data (RFC 7578, RFC 2046) as a push parser: bytes in any portions, text parts become form fields,
 * files go to unlinked temporary files. Strict: nothing before the first boundary and nothing after the last; each part
 * has one name; no transfer encodings. One owner; no locking.
 *
 * Life cycle: multipart_new, multipart_push*, multipart_end, multipart_free. What the parser hands out lives in the
 * arena; the files' descriptors are closed by multipart_free. */
#ifndef CITYHALL_HTTP_MULTIPART_H
#define CITYHALL_HTTP_MULTIPART_H

#include "http/req.h"

enum {
	MULTIPART_MAX_PARTS = 1000,
	MULTIPART_MAX_FILES = 32,
	MULTIPART_MAX_HEADER_BYTES = 4096,      /* of one part */
	MULTIPART_MAX_TEXT_BYTES = 1024 * 1024, /* all text parts together */
	FILENAME_MAX_BYTES = 160,
};

struct multipart;
/* `content_type` is the whole header. ERR_UNSUPPORTED when it is another type, ERR_BAD_INPUT when its boundary is
 * missing or malformed. `spool_dir` has to exist for files. */
bool multipart_new(struct arena *a, struct str content_type, struct str spool_dir, struct multipart **out,
                   struct err *e) MUST_USE;
/* ERR_BAD_INPUT, ERR_TOO_LARGE, or what writing the file says. After a false the parser takes nothing more. */
bool multipart_push(struct multipart *m, struct str bytes, struct err *e) MUST_USE;
/* The body is at its end. False when it is not complete. */
bool multipart_end(struct multipart *m, struct params *form, struct upload **uploads, size_t *upload_n,
                   struct err *e) MUST_USE;
void multipart_free(struct multipart *m);

/* The last piece of a path, without what could lead elsewhere or deceive the eye: separators, leading and trailing dots
 * and spaces, characters that steer the direction of writing. Never empty ("file"), at most FILENAME_MAX_BYTES, the
 * ending kept. `name` is clean UTF-8. */
struct str filename_clean(struct arena *a, struct str name);

/* A parameter of a header such as `form-data; name="a b"`: the value unquoted into the arena; \" and %22 are a
 * quotation mark. False: absent, twice, or malformed (then *is_bad). */
bool header_parameter(struct arena *a, struct str header, const char *name, struct str *out, bool *is_bad);

#endif
