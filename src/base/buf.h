/* A growing run of bytes with a cap and a sticky error.
 *
 * Every call may be made in any state: once the cap is reached or memory is out, the buf keeps what it has, ignores
 * what follows and says so in `failed`, which is looked at once, at the end. The bytes are not NUL-terminated unless
 * buf_cstr() is asked. One owner; no locking.
 *
 * Life cycle: buf_init (allocates nothing) ... buf_release. buf_reset empties for reuse and keeps the memory. */
#ifndef CITYHALL_BASE_BUF_H
#define CITYHALL_BASE_BUF_H

#include <stdarg.h>

#include "base/err.h"
#include "base/str.h"

struct buf {
	char *p; /* malloc'ed, or NULL while nothing was written */
	size_t n;
	size_t room;
	size_t cap; /* never more bytes than this */
	bool failed;
};

void buf_init(struct buf *b, size_t cap_bytes);
void buf_release(struct buf *b);
void buf_release_secret(struct buf *b); /* wipes first */
void buf_reset(struct buf *b);

void buf_put(struct buf *b, struct str s);
void buf_put_bytes(struct buf *b, const void *p, size_t n);
void buf_put_c(struct buf *b, const char *nul_terminated);
void buf_put_byte(struct buf *b, char c);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_i64(struct buf *b, int64_t v);
/* Zero-padded to `width` digits. */
void buf_put_padded(struct buf *b, uint64_t v, int width);
void buf_put_hex(struct buf *b, const void *bytes, size_t n); /* lower case */
void buf_put_rune(struct buf *b, uint32_t code_point);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Room for n more bytes at the end, for a caller that fills them and then says how many with buf_added(); NULL on
 * failure. */
char *buf_reserve(struct buf *b, size_t n);
void buf_added(struct buf *b, size_t n);
/* Cuts back to n bytes; n <= b->n. */
void buf_truncate(struct buf *b, size_t n);

struct str buf_str(const struct buf *b); /* valid until the next change */
const char *buf_cstr(struct buf *b);     /* NUL-terminated; "" on failure */
/* The sticky error as an ordinary one. */
bool buf_ok(const struct buf *b, struct err *e) MUST_USE;

#endif
