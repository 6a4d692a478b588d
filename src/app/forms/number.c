/* Numbers and phone numbers as people write them. */
#include "app/forms/value.h"

#include "app/catalogue/definition.h"

#define RUNE_HAN_WAN 0x4E07   /* 10^4 */
#define RUNE_HAN_WAN_T 0x842C /* traditional */
#define RUNE_HAN_YI 0x4EBF    /* 10^8 */
#define RUNE_HAN_YI_T 0x5104

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200B) ||
	       c == 0x202F || c == 0x205F || c == 0xFEFF;
}

static uint32_t half_width(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E) {
		return c - 0xFF01 + '!';
	}
	if (c >= 0x660 && c <= 0x669) {
		return c - 0x660 + '0';
	}
	if (c >= 0x6F0 && c <= 0x6F9) {
		return c - 0x6F0 + '0';
	}
	switch (c) {
	case 0x2010: /* hyphens, dashes, the minus sign */
	case 0x2011:
	case 0x2012:
	case 0x2013:
	case 0x2014:
	case 0x2212:
		return '-';
	case 0xFFE5:
		return 0xA5; /* the yen and yuan sign */
	case 0x3002:
	case 0xFF61:
		return '.';
	case 0x66B:
		return '.';
	case 0x66C:
		return ',';
	default:
		return is_space(c) ? ' ' : c;
	}
}

struct str value_half_width(struct arena *a, struct str s)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	for (size_t at = 0; at < s.n;) {
		buf_put_rune(&b, half_width(str_rune(s, &at)));
	}
	struct str out = arena_copy(a, str_trim(buf_str(&b)));
	buf_release(&b);
	return out;
}

/* --- Numbers ----------------------------------------------------------------------------------------------------- */

static int han_digit(uint32_t c)
{
	static const uint32_t digits[][10] = {
		{0x3007, 0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D}, /* everyday */
		{0x96F6, 0x58F9, 0x8D30, 0x53C1, 0x8086, 0x4F0D, 0x9646, 0x67D2, 0x634C, 0x7396}, /* on cheques */
		{0x96F6, 0x5E7A, 0x4E24, 0x53C3, 0x8086, 0x4F0D, 0x9678, 0x67D2, 0x634C, 0x7396}, /* spoken, traditional */
	};
	for (size_t k = 0; k < 3; k++) {
		for (int i = 0; i < 10; i++) {
			if (digits[k][i] == c) {
				return i;
			}
		}
	}
	return -1;
}

static int64_t han_unit(uint32_t c)
{
	switch (c) {
	case 0x5341:
	case 0x62FE:
		return 10;
	case 0x767E:
	case 0x4F70:
		return 100;
	case 0x5343:
	case 0x4EDF:
		return 1000;
	case RUNE_HAN_WAN:
	case RUNE_HAN_WAN_T:
		return 10000;
	case RUNE_HAN_YI:
	case RUNE_HAN_YI_T:
		return 100000000;
	default:
		return 0;
	}
}

/* "two hundred and fifty", "twenty million" in Chinese, and digit by digit ("two zero two six"). */
static bool han_number(struct str s, int64_t *out)
{
	int64_t total = 0;
	int64_t section = 0;
	int64_t number = -1;
	for (size_t at = 0; at < s.n;) {
		uint32_t c = str_rune(s, &at);
		int digit = c >= '0' && c <= '9' ? (int)(c - '0') : han_digit(c);
		int64_t unit = han_unit(c);
		if (digit >= 0) {
			number = (number < 0 ? 0 : number * 10) + digit;
		} else if (unit >= 10 && unit <= 1000) {
			section += (number < 0 ? 1 : number) * unit;
			number = -1;
		} else if (unit > 1000) {
			section += number < 0 ? 0 : number;
			if (section + total == 0) {
				return false;
			}
			total = unit == 10000 ? total + section * unit : (total + section) * unit;
			section = 0;
			number = -1;
		} else {
			return false;
		}
		if (total > INT64_C(1000000000000) || section > INT64_C(1000000000) || number > INT64_C(1000000000)) {
			return false;
		}
	}
	*out = total + section + (number < 0 ? 0 : number);
	return s.n > 0;
}

static struct str without_ends(struct str s, struct str currency)
{
	static const char *const marks[] = {"\xC2\xA5",     "$",
	                                    "\xE2\x82\xAC", "\xC2\xA3",
	                                    "RMB",          "\xE5\x85\x83",
	                                    "\xE5\x9C\x86", "\xE4\xBA\xBA\xE6\xB0\x91\xE5\xB8\x81"};
	for (bool is_changed = true; is_changed;) {
		is_changed = false;
		for (size_t i = 0; i <= sizeof(marks) / sizeof(marks[0]); i++) {
			struct str m = i < sizeof(marks) / sizeof(marks[0]) ? str_of(marks[i]) : currency;
			if (m.n == 0 || m.n > s.n) {
				continue;
			}
			if (str_eq_nocase(str_sub(s, 0, m.n), m)) {
				s = str_trim(str_sub(s, m.n, s.n));
				is_changed = true;
			} else if (str_eq_nocase(str_sub(s, s.n - m.n, m.n), m)) {
				s = str_trim(str_sub(s, 0, s.n - m.n));
				is_changed = true;
			}
		}
	}
	return s;
}

/* Every separator stands in front of a group of three (or four, as in Chinese) digits. */
static bool is_grouped(struct str s, char separator)
{
	struct str piece;
	bool is_first = true;
	size_t group = 0;
	for (struct str rest = s; str_next(&rest, separator, &piece);) {
		if (is_first) {
			if (piece.n == 0 || piece.n > 4) {
				return false;
			}
		} else {
			group = group == 0 ? piece.n : group;
			if (piece.n != group || (group != 3 && group != 4)) {
				return false;
			}
		}
		is_first = false;
	}
	return group != 0;
}

static size_t count_of(struct str s, char c)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		n += s.p[i] == c;
	}
	return n;
}

/* Which of '.' and ',' is the decimal sign here; 0: neither. False: one cannot tell, or the groups are wrong. */
static bool find_decimal(struct str s, int digits, char *decimal)
{
	size_t dots = count_of(s, '.');
	size_t commas = count_of(s, ',');
	*decimal = 0;
	if (dots > 0 && commas > 0) {
		bool is_dot = memrchr(s.p, '.', s.n) > memrchr(s.p, ',', s.n);
		*decimal = is_dot ? '.' : ',';
		if ((is_dot ? dots : commas) != 1) {
			return false;
		}
		struct str whole = str_sub(s, 0, str_find_byte(s, *decimal));
		return is_grouped(whole, is_dot ? ',' : '.');
	}
	char one = dots > 0 ? '.' : ',';
	size_t n = dots + commas;
	if (n == 0) {
		return true;
	}
	if (n > 1) {
		return is_grouped(s, one);
	}
	size_t after = s.n - str_find_byte(s, one) - 1;
	if (one == ',' && is_grouped(s, ',')) {
		return true; /* "1,250" */
	}
	if (after == 3 && digits < 3) {
		return false; /* "1.250": a thousand or one and a quarter? */
	}
	*decimal = one;
	return true;
}

static bool plain_number(struct str s, int digits, int exponent, int64_t *out)
{
	char decimal = 0;
	if (!find_decimal(s, digits + exponent, &decimal)) {
		return false;
	}
	int64_t v = 0;
	int places = -1;
	size_t figures = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == decimal && decimal != 0) {
			places = 0;
		} else if (c >= '0' && c <= '9') {
			figures++;
			if (places >= 0 && places == digits + exponent) {
				if (c != '0') {
					return false; /* finer than can be kept */
				}
				continue;
			}
			v = v * 10 + (c - '0');
			places += places >= 0;
			if (v > INT64_C(1000000000000000)) {
				return false;
			}
		} else if (c != '.' && c != ',') {
			return false;
		}
	}
	for (int i = places < 0 ? 0 : places; i < digits + exponent; i++) {
		v *= 10;
		if (v > INT64_C(1000000000000000)) {
			return false;
		}
	}
	*out = v;
	return figures > 0;
}

bool value_number(struct arena *a, struct str typed, struct str currency, int digits, int64_t *out)
{
	struct str s = without_ends(value_half_width(a, typed), currency);
	struct buf b;
	buf_init(&b, 256);
	bool is_negative = false;
	bool has_han = false;
	int exponent = 0;
	bool is_good = s.n > 0;
	for (size_t at = 0; is_good && at < s.n;) {
		size_t from = at;
		uint32_t c = str_rune(s, &at);
		if (c == ' ' || c == '\'' || c == 0x2019) {
			continue;
		}
		if (c == '-' && b.n == 0 && !is_negative) {
			is_negative = true;
			continue;
		}
		bool is_last = at == s.n;
		if (is_last && !has_han && b.n > 0 && (han_unit(c) >= 10000)) {
			exponent = han_unit(c) == 10000 ? 4 : 8; /* "1.5万" */
			continue;
		}
		has_han = has_han || han_digit(c) >= 0 || han_unit(c) > 0;
		buf_put(&b, str_sub(s, from, at - from));
	}
	int64_t v = 0;
	is_good = is_good && !b.failed;
	if (is_good && has_han) {
		is_good = han_number(buf_str(&b), &v);
		for (int i = 0; is_good && i < digits; i++) {
			v *= 10;
		}
	} else if (is_good) {
		is_good = plain_number(buf_str(&b), digits, exponent, &v);
	}
	buf_release(&b);
	if (is_good) {
		*out = is_negative ? -v : v;
	}
	return is_good;
}

/* --- Phone ------------------------------------------------------------------------------------------------------- */

bool value_phone(struct arena *a, struct str typed, struct str calling_code, struct str *out)
{
	struct str s = value_half_width(a, typed);
	char digits[40];
	size_t n = 0;
	bool is_international = false;
	/* "+44 (0)20 ...": the zero is for callers inside. */
	size_t zero = str_find(s, STR("(0)"));
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (zero != SIZE_MAX && zero > 0 && i >= zero && i < zero + 3) {
			continue;
		}
		if (c == '+' && n == 0 && !is_international) {
			is_international = true;
		} else if (c >= '0' && c <= '9') {
			if (n == sizeof(digits)) {
				return false;
			}
			digits[n++] = c;
		} else if (c != ' ' && c != '-' && c != '.' && c != '/' && c != '(' && c != ')') {
			return false;
		}
	}
	struct str number = str_from(digits, n);
	if (!is_international && str_starts(number, STR("00"))) {
		is_international = true;
		number = str_sub(number, 2, n);
	}
	if (!is_international) {
		if (calling_code.n == 0) {
			return false;
		}
		number = str_starts(number, STR("0")) ? str_sub(number, 1, n) : number;
	}
	size_t whole = number.n + (is_international ? 0 : calling_code.n);
	if (whole < 7 || whole > 15 || number.n < 4 || number.p[0] == '0') { /* ITU-T E.164: at most 15 digits */
		return false;
	}
	*out = arena_printf(a, "+%.*s%.*s", is_international ? 0 : (int)calling_code.n, calling_code.p, STR_ARG(number));
	return true;
}
