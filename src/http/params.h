/* Names and values that a client sends: queries, form bodies, cookies. Strict readers over bytes in an arena; order and
 * duplicates are kept. Any thread. */
#ifndef CITYHALL_HTTP_PARAMS_H
#define CITYHALL_HTTP_PARAMS_H

#include "http/req.h"

enum {
	PARAMS_MAX = 2000, /* pairs in one query or body */
	COOKIES_MAX = 50,  /* further ones are ignored */
};

/* Decodes %XX (and '+' as a space where asked) in place; a bad escape is false. *n becomes the new length. */
bool percent_decode(char *text, size_t *n, bool is_plus_space);

/* Text that a person may have typed: valid UTF-8, no control characters but line feed and tab. CR LF and lone CR become
 * line feeds in place first. */
bool text_clean(char *text, size_t *n);

/* application/x-www-form-urlencoded (WHATWG URL, 5.1). `text` is decoded in place and has to live as long as *out,
 * whose items go to the arena. Refused: bad escapes, NUL and other control characters, invalid UTF-8, a pair without a
 * name (ERR_BAD_INPUT); more than PARAMS_MAX pairs (ERR_TOO_LARGE). Empty pieces between two & are skipped. */
bool params_urlencoded(struct arena *a, char *text, size_t n, struct params *out, struct err *e) MUST_USE;

/* The cookies of one Cookie header (RFC 6265, 4.2) are added to *out, which has room for COOKIES_MAX. Pieces that are
 * no cookie are skipped: other programs of the same domain may have set them. */
void params_cookies(struct str header, struct params *out);

/* First value of a name, else the empty str; NULL-safe only for `found`. */
struct str params_first(const struct params *p, struct str name, bool *found);

#endif
