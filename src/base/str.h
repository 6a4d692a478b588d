/* Text by pointer and length. A plain value: copying the struct copies no bytes, and never owns them.
 *
 * Invariant: p is never NULL (an empty str points at ""). Text that people wrote is UTF-8 and is validated on entry
 * with str_is_utf8(); bytes of other kinds travel in a str too and say so in their name. NUL ends nothing here. Any
 * thread may call everything in this file. */
#ifndef CITYHALL_BASE_STR_H
#define CITYHALL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){"" literal "", sizeof(literal) - 1})
/* The same for a static table, where a compound literal is no constant. */
#define STR_INIT(literal)                  \
	{                                      \
		"" literal "", sizeof(literal) - 1 \
	}
#define STR_EMPTY ((struct str){"", 0})
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).n, (s).p

struct str str_of(const char *nul_terminated); /* NULL gives the empty str */
struct str str_from(const void *p, size_t n);
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_is(struct str a, const char *literal); /* equal to a C string */
bool str_eq_secret(struct str a, struct str b); /* time depends on the lengths alone */
int str_cmp(struct str a, struct str b);        /* bytewise; a prefix sorts first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first occurrence, or SIZE_MAX. */
size_t str_find(struct str s, struct str needle);
size_t str_find_byte(struct str s, char c);
/* Bytes [from, from + n), both clamped to s. */
struct str str_sub(struct str s, size_t from, size_t n);
/* Without white space at both ends: what nobody sees, zero width spaces too. */
struct str str_trim(struct str s);
/* Splits at the first `at`: *head before it, *tail after; false (head = s, tail empty) when it does not occur. */
bool str_cut(struct str s, char at, struct str *head, struct str *tail);
/* Takes the next piece up to `at` off *rest; false when nothing is left. "a,,b" gives "a", "", "b"; an empty str is one
 * empty piece. */
bool str_next(struct str *rest, char at, struct str *piece);

/* Whole decimal numbers without sign tricks: only digits, one leading '-' in the signed form, no '+', no white space,
 * no overflow, at least one digit. False leaves *out untouched. */
bool str_to_u64(struct str s, uint64_t *out);
bool str_to_i64(struct str s, int64_t *out);
/* Lower- or upper-case hexadecimal, exactly n * 2 digits. */
bool str_to_bytes(struct str hex, uint8_t *out, size_t n);

/* Valid UTF-8 as by RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF. */
bool str_is_utf8(struct str s);
/* Decodes the code point at *at and moves past it; invalid bytes give U+FFFD and move by one. *at < s.n is required. */
uint32_t str_rune(struct str s, size_t *at);
/* Number of code points. */
size_t str_runes(struct str s);
/* True when s holds a control character other than those named (such as "\n\t"), DEL and C1 included. */
bool str_has_control(struct str s, const char *but);

#endif
