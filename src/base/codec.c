#include "base/codec.h"

static void put_number(struct buf *to, uint64_t v, size_t n)
{
	uint8_t bytes[8];
	for (size_t i = 0; i < n; i++) {
		bytes[i] = (uint8_t)(v >> 8 * (n - 1 - i));
	}
	buf_put_bytes(to, bytes, n);
}

void codec_put_u8(struct buf *to, uint8_t v)
{
	put_number(to, v, 1);
}

void codec_put_flag(struct buf *to, bool v)
{
	put_number(to, v, 1);
}

void codec_put_u32(struct buf *to, uint32_t v)
{
	put_number(to, v, 4);
}

void codec_put_i64(struct buf *to, int64_t v)
{
	put_number(to, (uint64_t)v, 8);
}

void codec_put_bytes(struct buf *to, struct str bytes)
{
	if (bytes.n > UINT32_MAX) {
		to->failed = true;
		return;
	}
	put_number(to, bytes.n, 4);
	buf_put(to, bytes);
}

void codec_put_str(struct buf *to, struct str utf8)
{
	codec_put_bytes(to, utf8);
}

struct codec codec_of(struct str message)
{
	return (struct codec){.rest = message};
}

/* The one place where bounds are checked. */
static struct str take(struct codec *c, size_t n)
{
	if (c->failed || n > c->rest.n) {
		c->failed = true;
		return STR_EMPTY;
	}
	struct str got = {c->rest.p, n};
	c->rest.p += n;
	c->rest.n -= n;
	return got;
}

static uint64_t take_number(struct codec *c, size_t n)
{
	struct str bytes = take(c, n);
	uint64_t v = 0;
	for (size_t i = 0; i < bytes.n; i++) {
		v = v << 8 | (uint8_t)bytes.p[i];
	}
	return v;
}

uint8_t codec_u8(struct codec *c)
{
	return (uint8_t)take_number(c, 1);
}

bool codec_flag(struct codec *c)
{
	uint64_t v = take_number(c, 1);
	if (v > 1) {
		c->failed = true;
		return false;
	}
	return v == 1;
}

uint32_t codec_u32(struct codec *c)
{
	return (uint32_t)take_number(c, 4);
}

int64_t codec_i64(struct codec *c)
{
	return (int64_t)take_number(c, 8);
}

int64_t codec_within(struct codec *c, int64_t most)
{
	int64_t v = codec_i64(c);
	if (v < -most || v > most) {
		c->failed = true;
	}
	return c->failed ? 0 : v;
}

uint32_t codec_count(struct codec *c, uint32_t most, size_t least_bytes)
{
	uint32_t n = codec_u32(c);
	if (n > most || (least_bytes > 0 && n > c->rest.n / least_bytes)) {
		c->failed = true;
	}
	return c->failed ? 0 : n;
}

struct str codec_bytes(struct codec *c, size_t max_bytes)
{
	uint32_t n = codec_u32(c);
	if (n > max_bytes) {
		c->failed = true;
	}
	return take(c, n);
}

struct str codec_str(struct codec *c, size_t max_bytes)
{
	struct str s = codec_bytes(c, max_bytes);
	if (!str_is_utf8(s)) {
		c->failed = true;
		return STR_EMPTY;
	}
	return s;
}

bool codec_end(const struct codec *c, struct err *e)
{
	if (c->failed) {
		return err_set(e, ERR_CORRUPT, "a message ends too early or holds a field that it must not");
	}
	if (c->rest.n > 0) {
		return err_set(e, ERR_CORRUPT, "a message has %zu bytes left over", c->rest.n);
	}
	return true;
}
