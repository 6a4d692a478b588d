#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/fault.h"

void buf_init(struct buf *b, size_t cap_bytes)
{
	*b = (struct buf){.cap = cap_bytes};
}

void buf_release(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){.cap = b->cap};
}

void buf_release_secret(struct buf *b)
{
	if (b->p) {
		mem_wipe(b->p, b->room);
	}
	buf_release(b);
}

void buf_reset(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (b->failed || n > b->cap - b->n) {
		b->failed = true;
		return NULL;
	}
	/* One byte more than asked for, so that buf_cstr() always has room. */
	if (n + 1 > b->room - b->n || b->p == NULL) {
		size_t want = b->n + n + 1;
		size_t room = b->room ? b->room : 128;
		while (room < want) {
			room *= 2;
		}
		if (room > b->cap + 1) {
			room = b->cap + 1;
		}
		char *p = mem_resize(b->p, room, 1);
		if (p == NULL) {
			b->failed = true;
			return NULL;
		}
		b->p = p;
		b->room = room;
	}
	return b->p + b->n;
}

void buf_added(struct buf *b, size_t n)
{
	must(n <= b->room - b->n);
	b->n += n;
}

void buf_truncate(struct buf *b, size_t n)
{
	must(n <= b->n);
	b->n = n;
}

void buf_put_bytes(struct buf *b, const void *p, size_t n)
{
	if (n == 0) {
		return;
	}
	char *to = buf_reserve(b, n);
	if (to) {
		memcpy(to, p, n);
		b->n += n;
	}
}

void buf_put(struct buf *b, struct str s)
{
	buf_put_bytes(b, s.p, s.n);
}

void buf_put_c(struct buf *b, const char *nul_terminated)
{
	buf_put_bytes(b, nul_terminated, strlen(nul_terminated));
}

void buf_put_byte(struct buf *b, char c)
{
	buf_put_bytes(b, &c, 1);
}

void buf_put_padded(struct buf *b, uint64_t v, int width)
{
	char digits[32];
	int n = 0;
	do {
		digits[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	for (int i = n; i < width; i++) {
		buf_put_byte(b, '0');
	}
	char *to = buf_reserve(b, (size_t)n);
	if (to) {
		for (int i = 0; i < n; i++) {
			to[i] = digits[n - 1 - i];
		}
		b->n += (size_t)n;
	}
}

void buf_put_u64(struct buf *b, uint64_t v)
{
	buf_put_padded(b, v, 1);
}

void buf_put_i64(struct buf *b, int64_t v)
{
	if (v < 0) {
		buf_put_byte(b, '-');
		buf_put_u64(b, 0U - (uint64_t)v);
	} else {
		buf_put_u64(b, (uint64_t)v);
	}
}

void buf_put_hex(struct buf *b, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;
	char *to = n > SIZE_MAX / 2 ? NULL : buf_reserve(b, n * 2);
	if (to == NULL) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		to[2 * i] = digits[p[i] >> 4];
		to[2 * i + 1] = digits[p[i] & 15];
	}
	b->n += n * 2;
}

void buf_put_rune(struct buf *b, uint32_t c)
{
	char to[4];
	size_t n;
	if (c < 0x80) {
		to[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		to[0] = (char)(0xC0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3F));
		n = 2;
	} else if (c < 0x10000) {
		to[0] = (char)(0xE0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3F));
		to[2] = (char)(0x80 | (c & 0x3F));
		n = 3;
	} else {
		to[0] = (char)(0xF0 | (c >> 18 & 7));
		to[1] = (char)(0x80 | (c >> 12 & 0x3F));
		to[2] = (char)(0x80 | (c >> 6 & 0x3F));
		to[3] = (char)(0x80 | (c & 0x3F));
		n = 4;
	}
	buf_put_bytes(b, to, n);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *to = n < 0 ? NULL : buf_reserve(b, (size_t)n);
	if (to == NULL) {
		b->failed = true;
	} else {
		vsnprintf(to, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

struct str buf_str(const struct buf *b)
{
	return str_from(b->p, b->n);
}

const char *buf_cstr(struct buf *b)
{
	if (b->p == NULL || b->failed) {
		return "";
	}
	b->p[b->n] = '\0';
	return b->p;
}

bool buf_ok(const struct buf *b, struct err *e)
{
	if (b->failed) {
		return err_set(e, b->n + 1 >= b->cap ? ERR_TOO_LARGE : ERR_MEMORY, "buffer stopped at %zu of at most %zu bytes",
		               b->n, b->cap);
	}
	return true;
}
