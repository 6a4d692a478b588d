#include "app/forms/value_parts.h"

enum {
	NAME_MAX_CHARS = 200,
	PART_MAX_CHARS = 100,
	LINES_MAX_CHARS = 300,
	LINES_MAX = 5,
	POSTAL_CODE_MAX = 12,
};

/* --- Addresses and names ----------------------------------------------------------------------------------------- */

enum { LINES, PLACE, POSTAL_CODE, COUNTRY };
enum { FULL, FAMILY, GIVEN, LATIN };

/* Blank lines are left out. */
static struct str tidy_lines(struct arena *a, struct str s)
{
	struct buf b;
	struct str line;
	buf_init(&b, 256 * 1024);
	for (struct str rest = s; str_next(&rest, '\n', &line);) {
		line = value_tidy(a, line, true);
		if (!value_is_invisible(line)) {
			buf_put_c(&b, b.n > 0 ? "\n" : "");
			buf_put(&b, line);
		}
	}
	struct str out = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return out;
}

void parts_read(const struct value_rules *r, const struct question *q, const struct typed *t, struct answer *out)
{
	struct str *values = arena_new(r->arena, struct str, QUESTION_PARTS_MAX);
	bool has_any = false;
	for (int i = 0; values != NULL && i < QUESTION_PARTS_MAX; i++) {
		struct str s = t->parts[i].n > 0 ? t->parts[i] : STR_EMPTY;
		bool is_lines = q->type == QUESTION_ADDRESS && i == LINES;
		bool is_code = q->type == QUESTION_ADDRESS && i == POSTAL_CODE;
		s = is_lines ? tidy_lines(r->arena, s) : value_tidy(r->arena, s, true);
		s = is_code ? value_half_width(r->arena, s) : s;
		values[i] = value_is_invisible(s) ? STR_EMPTY : s;
		has_any = has_any || values[i].n > 0;
	}
	out->values = values;
	out->value_n = has_any ? QUESTION_PARTS_MAX : 0;
}

static bool wrong(const struct value_rules *r, struct value_fault *why, int part, const char *msgid)
{
	*why = (struct value_fault){.say = tr(r->lang, msgid), .part = part};
	return false;
}

static bool is_short_enough(const struct value_rules *r, struct str s, size_t most, int part, struct value_fault *why)
{
	size_t n = str_runes(s);
	if (n <= most) {
		return true;
	}
	struct buf b;
	buf_init(&b, 4096);
	tr_put_plain(&b, tr(r->lang, N_("Shorten this to {n} characters. It has {has} now.")),
	             (const struct tr_arg[]){TR_I("n", most), TR_I("has", n)}, 2);
	*why = (struct value_fault){.say = arena_copy(r->arena, buf_str(&b)), .part = part};
	buf_release(&b);
	return false;
}

static bool is_postal_code(struct str s)
{
	size_t figures = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_figure = c >= '0' && c <= '9';
		if (!is_figure && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != ' ' && c != '-') {
			return false;
		}
		figures += is_figure;
	}
	return s.n <= POSTAL_CODE_MAX && figures > 0;
}

static bool check_address(const struct value_rules *r, const struct question *q, const struct str *v,
                          struct value_fault *why)
{
	size_t lines = 1;
	for (size_t i = 0; i < v[LINES].n; i++) {
		lines += v[LINES].p[i] == '\n';
	}
	if (v[LINES].n == 0) {
		return value_refuse(r, q, why, N_("Write street and house number."), NULL, 0);
	}
	if (lines > LINES_MAX) {
		return wrong(r, why, LINES, N_("Write street and house number in at most five lines."));
	}
	if (v[PLACE].n == 0) {
		return wrong(r, why, PLACE, N_("Write the town or city."));
	}
	if (v[POSTAL_CODE].n > 0 && !is_postal_code(v[POSTAL_CODE])) {
		return wrong(r, why, POSTAL_CODE, N_("Write the postal code in letters and figures, such as 350100."));
	}
	return is_short_enough(r, v[LINES], LINES_MAX_CHARS, LINES, why) &&
	       is_short_enough(r, v[PLACE], PART_MAX_CHARS, PLACE, why) &&
	       is_short_enough(r, v[COUNTRY], PART_MAX_CHARS, COUNTRY, why);
}

/* Something that a name can be made of: no script is left out, figures and signs alone are none. */
static bool has_letter(struct str s)
{
	for (size_t at = 0; at < s.n;) {
		uint32_t c = str_rune(s, &at);
		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    (c >= 0xC0 && (c < 0x2000 || c > 0x2BFF) && c < 0xE000) || c >= 0xF900) {
			return true;
		}
	}
	return false;
}

/* Latin letters with their marks, spaces, hyphens, apostrophes, points (ICAO Doc 9303 asks for such a form). */
static bool is_latin(struct str s)
{
	for (size_t at = 0; at < s.n;) {
		uint32_t c = str_rune(s, &at);
		bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		                 (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7) || (c >= 0x1E00 && c <= 0x1EFF) ||
		                 (c >= 0x300 && c <= 0x36F);
		if (!is_letter && c != ' ' && c != '-' && c != '\'' && c != 0x2019 && c != '.' && c != ',') {
			return false;
		}
	}
	return true;
}

static bool check_name(const struct value_rules *r, const struct question *q, const struct str *v,
                       struct value_fault *why)
{
	if (v[FULL].n == 0 || !has_letter(v[FULL])) {
		return value_refuse(r, q, why, N_("Write the whole name as it stands on the document."), NULL, 0);
	}
	for (int i = FAMILY; i <= LATIN; i++) {
		if (v[i].n > 0 && !has_letter(v[i])) {
			return wrong(r, why, i, N_("Write a name in letters, or leave the field empty."));
		}
		if (!is_short_enough(r, v[i], PART_MAX_CHARS, i, why)) {
			return false;
		}
	}
	if (v[LATIN].n > 0 && !is_latin(v[LATIN])) {
		return wrong(r, why, LATIN,
		             N_("Write this name in Latin letters, such as Lin Xiaohe, or leave the field empty."));
	}
	return is_short_enough(r, v[FULL], NAME_MAX_CHARS, FULL, why);
}

bool parts_check(const struct value_rules *r, const struct question *q, const struct answer *a, struct value_fault *why)
{
	struct str v[QUESTION_PARTS_MAX] = {STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY};
	for (size_t i = 0; i < a->value_n && i < QUESTION_PARTS_MAX; i++) {
		v[i] = a->values[i]; /* one alone: a text of a version before */
	}
	return q->type == QUESTION_ADDRESS ? check_address(r, q, v, why) : check_name(r, q, v, why);
}

/* --- Decimals ---------------------------------------------------------------------------------------------------- */

struct str decimal_text(struct arena *a, int64_t v, int digits)
{
	int64_t unit = 1;
	for (int i = 0; i < digits; i++) {
		unit *= 10;
	}
	int64_t rest = v < 0 ? -(v % unit) : v % unit;
	for (; digits > 0 && rest % 10 == 0; digits--) {
		rest /= 10;
	}
	const char *sign = v < 0 && v / unit == 0 ? "-" : "";
	return digits == 0 ? arena_printf(a, "%s%lld", rest > 0 ? sign : "", (long long)(v / unit))
	                   : arena_printf(a, "%s%lld.%0*lld", sign, (long long)(v / unit), digits, (long long)rest);
}

bool decimal_parse(struct str s, int digits, int64_t *out)
{
	bool is_negative = str_starts(s, STR("-"));
	struct str whole;
	struct str fraction;
	uint64_t units = 0;
	uint64_t part = 0;
	bool has_point = str_cut(str_sub(s, is_negative, SIZE_MAX), '.', &whole, &fraction);
	if (!str_to_u64(whole, &units) || units > UINT64_C(1000000000000) || fraction.n > (size_t)digits ||
	    (has_point && !str_to_u64(fraction, &part))) {
		return false;
	}
	for (int i = 0; i < digits; i++) {
		units *= 10;
		part *= (size_t)i < fraction.n ? 1 : 10;
	}
	*out = is_negative ? -(int64_t)(units + part) : (int64_t)(units + part);
	return true;
}
