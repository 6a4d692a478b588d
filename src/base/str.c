#include "base/str.h"

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_of(const char *nul_terminated)
{
	return nul_terminated ? (struct str){nul_terminated, strlen(nul_terminated)} : STR_EMPTY;
}

struct str str_from(const void *p, size_t n)
{
	return p ? (struct str){p, n} : STR_EMPTY;
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n) {
		return false;
	}
	for (size_t i = 0; i < a.n; i++) {
		if (lower((unsigned char)a.p[i]) != lower((unsigned char)b.p[i])) {
			return false;
		}
	}
	return true;
}

bool str_is(struct str a, const char *literal)
{
	return str_eq(a, str_of(literal));
}

bool str_eq_secret(struct str a, struct str b)
{
	if (a.n != b.n) {
		return false;
	}
	unsigned diff = 0;
	for (size_t i = 0; i < a.n; i++) {
		diff |= (unsigned)((unsigned char)a.p[i] ^ (unsigned char)b.p[i]);
	}
	/* The compiler must not turn the loop into an early exit. */
	__asm__ volatile("" : "+r"(diff));
	return diff == 0;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = memcmp(a.p, b.p, n);
	if (c != 0) {
		return c;
	}
	return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0;
}

size_t str_find(struct str s, struct str needle)
{
	if (needle.n == 0) {
		return 0;
	}
	const char *at = memmem(s.p, s.n, needle.p, needle.n);
	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t str_find_byte(struct str s, char c)
{
	const char *at = memchr(s.p, c, s.n);
	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

struct str str_sub(struct str s, size_t from, size_t n)
{
	if (from > s.n) {
		from = s.n;
	}
	if (n > s.n - from) {
		n = s.n - from;
	}
	return (struct str){s.p + from, n};
}

/* Bytes of the white space that a text begins with (from_end: ends with); 0: it is none. */
static size_t space_of(struct str s, bool from_end)
{
	/* U+0085, 00A0, 1680, 2000 to 200B, 2028, 2029, 202F, 205F, 2060, 3000, FEFF: what nobody sees. */
	static const char *const wide[] = {"\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
	                                   "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
	                                   "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\x8B",
	                                   "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE2\x81\xA0",
	                                   "\xE3\x80\x80", "\xEF\xBB\xBF"};
	if (s.n == 0) {
		return 0;
	}
	char edge = from_end ? s.p[s.n - 1] : s.p[0];
	if ((unsigned char)edge < 0x80) {
		return is_space(edge);
	}
	for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
		size_t n = strlen(wide[i]);
		if (n <= s.n && memcmp(from_end ? s.p + s.n - n : s.p, wide[i], n) == 0) {
			return n;
		}
	}
	return 0;
}

struct str str_trim(struct str s)
{
	size_t n;
	while ((n = space_of(s, false)) > 0) {
		s.p += n;
		s.n -= n;
	}
	while ((n = space_of(s, true)) > 0) {
		s.n -= n;
	}
	return s;
}

bool str_cut(struct str s, char at, struct str *head, struct str *tail)
{
	size_t i = str_find_byte(s, at);
	if (i == SIZE_MAX) {
		*head = s;
		*tail = STR_EMPTY;
		return false;
	}
	*head = str_sub(s, 0, i);
	*tail = str_sub(s, i + 1, s.n);
	return true;
}

bool str_next(struct str *rest, char at, struct str *piece)
{
	if (rest->p == NULL) {
		return false;
	}
	struct str tail;
	if (str_cut(*rest, at, piece, &tail)) {
		*rest = tail;
	} else {
		rest->p = NULL; /* the last piece was taken: even an empty one counts once */
		rest->n = 0;
	}
	return true;
}

bool str_to_u64(struct str s, uint64_t *out)
{
	uint64_t v = 0;
	if (s.n == 0) {
		return false;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9') {
			return false;
		}
		if (__builtin_mul_overflow(v, 10U, &v) || __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v)) {
			return false;
		}
	}
	*out = v;
	return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t v;
	if (!str_to_u64(negative ? str_sub(s, 1, s.n) : s, &v)) {
		return false;
	}
	if (v > (uint64_t)INT64_MAX + (negative ? 1U : 0U)) {
		return false;
	}
	*out = negative ? (int64_t)(0U - v) : (int64_t)v;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)lower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_to_bytes(struct str hex, uint8_t *out, size_t n)
{
	if (hex.n / 2 != n || hex.n % 2 != 0) {
		return false;
	}
	for (size_t i = 0; i < hex.n; i++) {
		if (hex_digit(hex.p[i]) < 0) {
			return false;
		}
	}
	for (size_t i = 0; i < n; i++) {
		out[i] = (uint8_t)(hex_digit(hex.p[2 * i]) << 4 | hex_digit(hex.p[2 * i + 1]));
	}
	return true;
}

/* Decodes one rune; returns its length, or 0 when the bytes are no valid UTF-8. */
static size_t decode(const unsigned char *p, size_t n, uint32_t *out)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	if (p[0] < 0x80) {
		*out = p[0];
		return 1;
	}
	size_t len = p[0] >= 0xF0 && p[0] < 0xF8 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC0 ? 2 : 0;
	if (len == 0 || len > n || p[0] >= 0xF8) {
		return 0;
	}
	uint32_t v = p[0] & (0x7FU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xC0) != 0x80) {
			return 0;
		}
		v = v << 6 | (p[i] & 0x3FU);
	}
	if (v < least[len] || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF)) {
		return 0;
	}
	*out = v;
	return len;
}

bool str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	for (size_t i = 0; i < s.n;) {
		uint32_t rune;
		size_t len = p[i] < 0x80 ? 1 : decode(p + i, s.n - i, &rune);
		if (len == 0) {
			return false;
		}
		i += len;
	}
	return true;
}

uint32_t str_rune(struct str s, size_t *at)
{
	uint32_t rune;
	size_t len = decode((const unsigned char *)s.p + *at, s.n - *at, &rune);
	if (len == 0) {
		*at += 1;
		return 0xFFFD;
	}
	*at += len;
	return rune;
}

size_t str_runes(struct str s)
{
	size_t count = 0;
	for (size_t i = 0; i < s.n; count++) {
		str_rune(s, &i);
	}
	return count;
}

bool str_has_control(struct str s, const char *but)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t rune = str_rune(s, &i);
		bool control = rune < 0x20 || (rune >= 0x7F && rune < 0xA0);
		if (control && (rune == 0 || rune > 0x7F || strchr(but, (int)rune) == NULL)) {
			return true;
		}
	}
	return false;
}
