#include "base/typed_code.h"

#include "base/err.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* GF(32) as polynomials over GF(2) modulo x^5 + x^2 + 1, which is primitive: x has the order 31. */
static unsigned times_x(unsigned v)
{
	v <<= 1;
	return v & 32U ? v ^ 0x25U : v;
}

/* The sum over the values of all places but the last, whose weight is 1. Horner: the place before it has the weight x.
 */
static unsigned sum(const uint8_t *values, size_t n)
{
	unsigned s = 0;
	for (size_t i = 0; i + 1 < n; i++) {
		s = times_x(s) ^ values[i];
	}
	return times_x(s);
}

void typed_code_make(const uint8_t *random, size_t n, char *out)
{
	uint8_t values[TYPED_CODE_MAX];
	must(n >= 2 && n <= TYPED_CODE_MAX);
	for (size_t i = 0; i + 1 < n; i++) {
		values[i] = random[i] & 31;
	}
	values[n - 1] = (uint8_t)sum(values, n);
	for (size_t i = 0; i < n; i++) {
		out[i] = alphabet[values[i]];
	}
	out[n] = '\0';
}

static int value_of(uint32_t rune)
{
	if (rune >= 0xFF01 && rune <= 0xFF5E) {
		rune -= 0xFF01 - '!';
	}
	if (rune >= 'a' && rune <= 'z') {
		rune -= 'a' - 'A';
	}
	rune = rune == 'O' ? '0' : rune == 'I' || rune == 'L' ? '1' : rune;
	for (int i = 0; i < 32; i++) {
		if ((uint32_t)alphabet[i] == rune) {
			return i;
		}
	}
	return -1;
}

static bool is_between(uint32_t rune)
{
	return rune == '-' || rune == ' ' || rune == 0xFF0D || rune == 0x3000 || (rune >= 0x2010 && rune <= 0x2015);
}

bool typed_code_parse(struct str typed, size_t n, char *out)
{
	uint8_t values[TYPED_CODE_MAX];
	size_t got = 0;
	must(n >= 2 && n <= TYPED_CODE_MAX);
	for (size_t at = 0; at < typed.n;) {
		uint32_t rune = str_rune(typed, &at);
		if (is_between(rune)) {
			continue;
		}
		int v = value_of(rune);
		if (v < 0 || got == n) {
			return false;
		}
		values[got++] = (uint8_t)v;
	}
	if (got != n || values[n - 1] != sum(values, n)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		out[i] = alphabet[values[i]];
	}
	out[n] = '\0';
	return true;
}

void typed_code_put(struct buf *to, struct str code)
{
	for (size_t i = 0; i < code.n; i++) {
		if (i > 0 && i % 4 == 0) {
			buf_put_c(to, "-");
		}
		buf_put_byte(to, code.p[i]);
	}
}
