#include "base/pseudo.h"

/* One letter each, in both cases: Arabic script has none. */
static const uint16_t letters[26] = {
	0x0627, 0x0628, 0x0643, 0x062F, 0x0639, 0x0641, 0x062C, 0x0647, 0x064A, 0x0698, 0x06A9, 0x0644, 0x0645,
	0x0646, 0x0648, 0x067E, 0x0642, 0x0631, 0x0633, 0x062A, 0x0624, 0x06A4, 0x06C6, 0x062E, 0x0649, 0x0632,
};
/* The stroke that Arabic script itself lengthens words with. */
enum { TATWEEL = 0x0640, LONGER_PERCENT = 35 };

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Each of these: the length of what stands at the beginning of s and must not be changed, or 0. */

static size_t placeholder(struct str s)
{
	int depth = 0;
	for (size_t i = 0; i < s.n; i++) {
		depth += (s.p[i] == '{') - (s.p[i] == '}');
		if (depth == 0) {
			return i > 0 ? i + 1 : 0;
		}
	}
	return 0;
}

static size_t conversion(struct str s)
{
	size_t i = 1;
	while (i < s.n && (is_digit(s.p[i]) || memchr("$.*-", s.p[i], 4))) {
		i++;
	}
	while (i < s.n && memchr("lzh", s.p[i], 3)) {
		i++;
	}
	return s.p[0] == '%' && i < s.n && memchr("sdiucx", s.p[i], 6) ? i + 1 : 0;
}

static size_t tag(struct str s)
{
	if (s.p[0] != '<' || s.n < 3 || !(is_letter(s.p[1]) || s.p[1] == '/' || s.p[1] == '!')) {
		return 0;
	}
	char quote = '\0';
	for (size_t i = 1; i < s.n; i++) {
		if (quote) {
			quote = s.p[i] == quote ? '\0' : quote;
		} else if (s.p[i] == '"' || s.p[i] == '\'') {
			quote = s.p[i];
		} else if (s.p[i] == '>') {
			return i + 1;
		}
	}
	return 0;
}

static size_t entity(struct str s)
{
	size_t i = 1;
	while (i < s.n && i < 32 && (is_letter(s.p[i]) || is_digit(s.p[i]) || (i == 1 && s.p[i] == '#'))) {
		i++;
	}
	return s.p[0] == '&' && i > 1 && i < s.n && s.p[i] == ';' ? i + 1 : 0;
}

static size_t address(struct str s)
{
	if (!str_starts(s, STR("http://")) && !str_starts(s, STR("https://")) && !str_starts(s, STR("mailto:"))) {
		return 0;
	}
	size_t i = 0;
	while (i < s.n && (unsigned char)s.p[i] > ' ' && memchr("<>()[]\"'", s.p[i], 8) == NULL) {
		i++;
	}
	return i;
}

void pseudo_text(struct buf *out, struct str english)
{
	static size_t (*const untouched[])(struct str) = {placeholder, conversion, tag, entity, address};
	/* Begins high, so that short words, which grow most in real translations, grow too. */
	int owed = 100 - LONGER_PERCENT;
	struct str rest = english;
	while (rest.n > 0) {
		size_t keep = 0;
		for (size_t i = 0; i < sizeof untouched / sizeof *untouched && keep == 0; i++) {
			keep = untouched[i](rest);
		}
		char c = rest.p[0];
		if (keep > 0 || !is_letter(c)) {
			keep = keep > 0 ? keep : 1;
			buf_put(out, str_sub(rest, 0, keep));
			rest = str_sub(rest, keep, rest.n);
			continue;
		}
		buf_put_rune(out, letters[(c | 32) - 'a']);
		owed += LONGER_PERCENT;
		if (owed >= 100) {
			buf_put_rune(out, TATWEEL);
			owed -= 100;
		}
		rest = str_sub(rest, 1, rest.n);
	}
}
