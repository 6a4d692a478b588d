/* Messages between our own processes, field by field: what is written with codec_put_x() is read in the same order with
 * codec_x(). Big-endian, no padding; bytes and text are preceded by their length in 32 bits.
 *
 * The writer is a buf and has its sticky error. The reader has one too: once the bytes run out, a length is over the
 * reader's limit or a text is no UTF-8, everything that follows is 0 or empty, and codec_end() says so. Bytes left over
 * are an error as well, so that two versions of a message are never mistaken for one another. What is read points into
 * the message. One owner; no locking. */
#ifndef CITYHALL_BASE_CODEC_H
#define CITYHALL_BASE_CODEC_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

void codec_put_u8(struct buf *to, uint8_t v);
void codec_put_flag(struct buf *to, bool v);
void codec_put_u32(struct buf *to, uint32_t v);
void codec_put_i64(struct buf *to, int64_t v);
void codec_put_bytes(struct buf *to, struct str bytes); /* at most UINT32_MAX, else the buf fails */
void codec_put_str(struct buf *to, struct str utf8);    /* the same on the wire; the reader checks that it is UTF-8 */

struct codec {
	struct str rest;
	bool failed;
};

struct codec codec_of(struct str message);
uint8_t codec_u8(struct codec *c);
bool codec_flag(struct codec *c); /* any byte but 0 and 1 is an error */
uint32_t codec_u32(struct codec *c);
int64_t codec_i64(struct codec *c);
/* From -most to most: what is reckoned with must not overflow. */
int64_t codec_within(struct codec *c, int64_t most);
/* How many things follow, each of at least so many bytes; more than `most`, or than the rest can hold, is an error. */
uint32_t codec_count(struct codec *c, uint32_t most, size_t least_bytes);
struct str codec_bytes(struct codec *c, size_t max_bytes);
struct str codec_str(struct codec *c, size_t max_bytes);
/* True when all was well and nothing is left; else ERR_CORRUPT. */
bool codec_end(const struct codec *c, struct err *e) MUST_USE;

#endif
