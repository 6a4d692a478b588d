#include "base/caseno.h"

#include <stdio.h>

#include "base/id.h"

enum { SERIAL_DIGITS_LEAST = 6, SERIAL_DIGITS_MOST = 12, TYPED_CHARS_MAX = 26 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool caseno_make(struct str jurisdiction, int32_t year, uint64_t serial, struct caseno *out)
{
	if (jurisdiction.n < 2 || jurisdiction.n > CASENO_JURISDICTION_MAX || year < 1970 || year > 9999 || serial < 1 ||
	    serial > CASENO_SERIAL_MAX) {
		return false;
	}
	struct caseno made = {.year = year, .serial = serial};
	for (size_t i = 0; i < jurisdiction.n; i++) {
		if (jurisdiction.p[i] < 'A' || jurisdiction.p[i] > 'Z') {
			return false;
		}
		made.jurisdiction[i] = jurisdiction.p[i];
	}
	*out = made;
	return true;
}

void caseno_format(const struct caseno *n, char out[CASENO_CHARS_MAX + 1])
{
	size_t room = CASENO_CHARS_MAX + 1;
	int at = snprintf(out, room, "%s-%04d-%0*llu", n->jurisdiction, n->year, SERIAL_DIGITS_LEAST,
	                  (unsigned long long)n->serial);
	must(at > 0 && (size_t)at + 3 < room);
	int check = check_mod97((struct str){out, (size_t)at});
	snprintf(out + at, room - (size_t)at, "-%02d", check);
}

/* Nothing but the characters themselves: letters, then digits of which the first four are the year and the last two the
 * check digits. */
static bool parse_bare(struct str bare, struct caseno *out)
{
	size_t letter_n = 0;
	while (letter_n < bare.n && !is_digit(bare.p[letter_n])) {
		letter_n++;
	}
	struct str digits = str_sub(bare, letter_n, bare.n);
	if (digits.n < 4 + SERIAL_DIGITS_LEAST + 2 || digits.n > 4 + SERIAL_DIGITS_MOST + 2) {
		return false;
	}
	struct str serial_digits = str_sub(digits, 4, digits.n - 6);
	uint64_t year, serial;
	if (!str_to_u64(str_sub(digits, 0, 4), &year) || !str_to_u64(serial_digits, &serial) ||
	    (serial_digits.n > SERIAL_DIGITS_LEAST && serial_digits.p[0] == '0')) {
		return false;
	}
	return check_mod97_is_valid(bare) && caseno_make(str_sub(bare, 0, letter_n), (int32_t)year, serial, out);
}

bool caseno_parse_typed(struct str text, struct caseno *out)
{
	char bare[TYPED_CHARS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < text.n;) {
		uint32_t c = str_rune(text, &i);
		if (c >= 0xFF01 && c <= 0xFF5E) {
			c -= 0xFF01 - '!'; /* full width */
		}
		bool is_space = c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xA0 || c == 0x202F || c == 0x3000 ||
		                (c >= 0x2000 && c <= 0x200F) || c == 0x2060 || c == 0xFEFF;
		bool is_hyphen = c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xAD;
		if (is_space || is_hyphen || c == '.' || c == '/' || c == '_') {
			continue;
		}
		if (c >= 'a' && c <= 'z') {
			c -= 32;
		}
		bool is_known = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_known || n == sizeof bare) {
			return false;
		}
		bare[n++] = (char)c;
	}
	return parse_bare((struct str){bare, n}, out);
}

bool caseno_parse(struct str text, struct caseno *out)
{
	struct caseno n;
	char canonical[CASENO_CHARS_MAX + 1];
	if (!caseno_parse_typed(text, &n)) {
		return false;
	}
	/* There is one way of writing a number; whatever is written another way is not it. */
	caseno_format(&n, canonical);
	if (!str_is(text, canonical)) {
		return false;
	}
	*out = n;
	return true;
}
