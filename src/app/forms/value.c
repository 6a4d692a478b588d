#include "app/forms/value.h"

#include "app/forms/scheme.h"
#include "app/forms/value_parts.h"
#include "app/people/email.h"

static struct str sentence(const struct value_rules *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 4096);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	struct str s = arena_copy(r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* Refuses with a sentence of ours. */
static bool ours(const struct value_rules *r, struct value_fault *why, const char *msgid)
{
	*why = (struct value_fault){.say = tr(r->lang, msgid)};
	return false;
}

bool value_refuse(const struct value_rules *r, const struct question *q, struct value_fault *why, const char *msgid,
                  const struct tr_arg *args, size_t n)
{
	struct str own = text_in(&q->error, r->lang);
	*why = own.n > 0 ? (struct value_fault){.say = own, .is_own = true}
	                 : (struct value_fault){.say = sentence(r, msgid, args, n)};
	return false;
}

static struct str date_text(const struct value_rules *r, int32_t day)
{
	struct buf b;
	buf_init(&b, 200);
	format_date(&b, r->lang, date_of_day(r->today).year, day, DATE_WITH_YEAR);
	struct str s = arena_copy(r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str amount_text(const struct value_rules *r, int64_t v, const struct question *q)
{
	struct buf b;
	buf_init(&b, 200);
	if (q->type == QUESTION_MONEY) {
		format_money(&b, r->lang, v, q->currency);
	} else if (q->type == QUESTION_DECIMAL) {
		buf_put(&b, decimal_text(r->arena, v, q->digits));
	} else {
		format_number(&b, v);
	}
	struct str s = arena_copy(r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str int_text(struct arena *a, int64_t v)
{
	return arena_printf(a, "%lld", (long long)v);
}

bool value_is_invisible(struct str s)
{
	for (size_t at = 0; at < s.n;) {
		uint32_t c = str_rune(s, &at);
		bool is_space = c == ' ' || c == '\t' || c == '\n' || c == 0xA0 || c == 0x3000 ||
		                (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) ||
		                c == 0xFEFF;
		if (!is_space) {
			return false;
		}
	}
	return true;
}

/* What cannot be seen is no answer. */
static bool give(const struct value_rules *r, struct answer *out, struct str value)
{
	out->values = arena_new(r->arena, struct str, 1);
	if (out->values != NULL && !value_is_invisible(value)) {
		out->values[0] = value;
		out->value_n = 1;
	}
	return true; /* a full arena is seen by the request's glue */
}

static int digits_of(const struct question *q)
{
	int n = q->type == QUESTION_MONEY ? currency_digits(q->currency) : 0;
	return n < 0 ? 0 : n;
}

/* --- Rules of a canonical value ---------------------------------------------------------------------------------- */

static bool check_text(const struct value_rules *r, const struct question *q, struct str s, struct value_fault *why)
{
	int64_t n = (int64_t)str_runes(s);
	if (q->has_max && n > q->max) {
		struct tr_arg args[] = {TR_I("n", q->max), TR_I("has", n)};
		*why =
			(struct value_fault){.say = sentence(r, N_("Shorten this to {n} characters. It has {has} now."), args, 2)};
		return false;
	}
	if (q->has_min && n < q->min) {
		struct tr_arg args[] = {TR_I("n", q->min)};
		return value_refuse(r, q, why, N_("Write {n} characters or more."), args, 1);
	}
	return true;
}

static bool check_number(const struct value_rules *r, const struct question *q, struct str s, struct value_fault *why)
{
	int64_t v = 0;
	bool is_decimal = q->type == QUESTION_DECIMAL;
	if (is_decimal ? !decimal_parse(s, q->digits, &v) : !str_to_i64(s, &v)) {
		return is_decimal
		           ? value_refuse(r, q, why,
		                          N_("Write a number in figures, such as 12.5, with at most {n} after the point."),
		                          (const struct tr_arg[]){TR_I("n", q->digits)}, 1)
		           : value_refuse(r, q, why, N_("Write a whole number in figures, such as 12."), NULL, 0);
	}
	bool is_low = q->has_min && v < q->min;
	bool is_high = q->has_max && v > q->max;
	if (!is_low && !is_high) {
		return true;
	}
	struct tr_arg args[] = {TR_O("min", amount_text(r, q->min, q)), TR_O("max", amount_text(r, q->max, q))};
	if (q->has_min && q->has_max) {
		return value_refuse(r, q, why, N_("Write a number from {min} to {max}."), args, 2);
	}
	return value_refuse(r, q, why, is_low ? N_("Write {min} or more.") : N_("Write {max} or less."), args, 2);
}

static bool check_date(const struct value_rules *r, const struct question *q, struct str s, struct value_fault *why)
{
	day_number day = 0;
	if (!date_parse(s, &day)) {
		return ours(r, why, N_("Write day, month and year in figures, such as 31 12 2028."));
	}
	int64_t first = q->has_min ? q->min : DAY_MIN;
	int64_t last = q->has_max ? q->max : DAY_MAX;
	if (q->has_min_days && (int64_t)r->today + q->min_days > first) {
		first = (int64_t)r->today + q->min_days;
	}
	if (q->has_max_days && (int64_t)r->today + q->max_days < last) {
		last = (int64_t)r->today + q->max_days;
	}
	if (day >= first && day <= last) {
		return true;
	}
	bool is_early = day < first;
	struct tr_arg args[] = {TR_O("date", date_text(r, (int32_t)(is_early ? first : last)))};
	return value_refuse(r, q, why,
	                    is_early ? N_("The date must be {date} or later.") : N_("The date must be {date} or earlier."),
	                    args, 1);
}

static bool has_choice(const struct question *q, struct str id)
{
	for (size_t i = 0; i < q->choice_n; i++) {
		if (str_eq(q->choices[i].id, id)) {
			return true;
		}
	}
	return false;
}

static const char *choose_words(const struct question *q)
{
	switch (q->type) {
	case QUESTION_YES_NO:
		return N_("Choose yes or no.");
	case QUESTION_SEVERAL_OF:
		return N_("Choose one or more of these answers.");
	default:
		return N_("Choose one of these answers.");
	}
}

static bool check_identifier(const struct value_rules *r, const struct question *q, struct str s,
                             struct value_fault *why)
{
	char canonical[SCHEME_VALUE_MAX + 1];
	size_t n = 0;
	const struct scheme *scheme = scheme_find(q->scheme);
	switch (scheme_check(q->scheme, s, canonical, &n)) {
	case SCHEME_OK:
		return true;
	case SCHEME_WRONG_CHECK:
		return ours(r, why,
		            N_("A character is not right: one of them is a check on the others. Compare the number with the "
		               "document."));
	default:
		return value_refuse(
			r, q, why, scheme != NULL ? scheme->say : N_("Write the number as it stands on the document."), NULL, 0);
	}
}

bool value_check_entries(const struct value_rules *r, const struct question *q, size_t n, struct value_fault *why)
{
	struct tr_arg args[] = {TR_O("what", text_in(&q->item, r->lang)), TR_I("min", q->min), TR_I("max", q->max)};
	if ((int64_t)n < q->min && !(n == 0 && q->is_optional)) {
		return q->min == 1 ? value_refuse(r, q, why, N_("Fill in at least one: {what}."), args, 3)
		                   : value_refuse(r, q, why, N_("Fill in at least {min}: {what}."), args, 3);
	}
	return (int64_t)n <= q->max || value_refuse(r, q, why, N_("Fill in at most {max}: {what}."), args, 3);
}

static bool check_group(const struct value_rules *r, const struct question *group, const struct answer *a,
                        struct value_fault *why)
{
	size_t n = a != NULL ? a->entry_n : 0;
	if (!value_check_entries(r, group, n, why)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < group->question_n; k++) {
			const struct question *q = &group->questions[k];
			bool is_asked = r->shown == NULL || condition_holds(&q->show_if, r->shown);
			if (is_asked && !value_check(r, q, answers_find(&a->entries[i], q->id), why)) {
				return false;
			}
		}
	}
	return true;
}

bool value_check(const struct value_rules *r, const struct question *q, const struct answer *a, struct value_fault *why)
{
	*why = (struct value_fault){.say = STR_EMPTY};
	if (q->type == QUESTION_GROUP) {
		return check_group(r, q, a, why);
	}
	if (a == NULL || a->value_n == 0) {
		if (q->is_optional) {
			return true;
		}
		switch (q->type) {
		case QUESTION_YES_NO:
		case QUESTION_ONE_OF:
		case QUESTION_SEVERAL_OF:
			return value_refuse(r, q, why, choose_words(q), NULL, 0);
		case QUESTION_DATE:
			return value_refuse(r, q, why, N_("Write day, month and year in figures, such as 31 12 2028."), NULL, 0);
		case QUESTION_ADDRESS:
			return value_refuse(r, q, why, N_("Write street and house number."), NULL, 0);
		case QUESTION_PERSON_NAME:
			return value_refuse(r, q, why, N_("Write the whole name as it stands on the document."), NULL, 0);
		default:
			return value_refuse(r, q, why, N_("Write an answer here."), NULL, 0);
		}
	}
	struct str s = a->values[0];
	struct str again = STR_EMPTY;
	switch (q->type) {
	case QUESTION_TEXT:
	case QUESTION_LONG_TEXT:
		return check_text(r, q, s, why);
	case QUESTION_WHOLE:
	case QUESTION_DECIMAL:
	case QUESTION_MONEY:
		return check_number(r, q, s, why);
	case QUESTION_DATE:
		return check_date(r, q, s, why);
	case QUESTION_YES_NO:
		return str_is(s, "yes") || str_is(s, "no") || value_refuse(r, q, why, choose_words(q), NULL, 0);
	case QUESTION_ONE_OF:
	case QUESTION_SEVERAL_OF:
		for (size_t i = 0; i < a->value_n; i++) {
			if (!has_choice(q, a->values[i])) {
				return value_refuse(r, q, why, choose_words(q), NULL, 0);
			}
		}
		return true;
	case QUESTION_EMAIL:
		return email_read(r->arena, s, &again) ||
		       value_refuse(r, q, why,
		                    N_("Write an e-mail address with an @ and a full stop after it, such as name@example.org."),
		                    NULL, 0);
	case QUESTION_PHONE:
		return value_phone(r->arena, s, STR_EMPTY, &again) ||
		       value_refuse(r, q, why, N_("Write the phone number with its country code, such as +999 20 555 0123."),
		                    NULL, 0);
	case QUESTION_IDENTIFIER:
		return check_identifier(r, q, s, why);
	case QUESTION_ADDRESS:
	case QUESTION_PERSON_NAME:
		return parts_check(r, q, a, why);
	case QUESTION_GROUP:
	case QUESTION_FILES:
		break;
	}
	return true;
}

/* --- Reading what was typed -------------------------------------------------------------------------------------- */

/* Three figures for one part of a date; the word for it may stand behind ("6 yue"). */
static bool date_part(struct arena *a, struct str typed, int64_t *out)
{
	static const char *const marks[] = {"年", "月", "日", "号", "號", "."};
	struct str s = value_half_width(a, typed);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (str_ends(s, str_of(marks[i]))) {
			s = str_sub(s, 0, s.n - strlen(marks[i]));
		}
	}
	return s.n <= 24 && value_number(a, s, STR_EMPTY, 0, out);
}

static bool read_date(const struct value_rules *r, const struct typed *t, struct answer *out, struct value_fault *why)
{
	int64_t day = 0;
	int64_t month = 0;
	int64_t year = 0;
	bool has_day = date_part(r->arena, t->day, &day);
	bool has_month = date_part(r->arena, t->month, &month);
	bool has_year = date_part(r->arena, t->year, &year);
	if (!has_day || !has_month || !has_year) {
		ours(r, why, N_("Write day, month and year in figures, such as 31 12 2028."));
		why->is_day = !has_day;
		why->is_month = !has_month;
		why->is_year = !has_year;
		return false;
	}
	if (month < 1 || month > 12) {
		ours(r, why, N_("Write the month as a figure from 1 to 12."));
		why->is_month = true;
		return false;
	}
	if (year < 1000 || year > 9999) {
		ours(r, why, N_("Write the year with four figures, such as 2028."));
		why->is_year = true;
		return false;
	}
	int32_t days = date_month_days((int32_t)year, (int32_t)month);
	if (day < 1 || day > days) {
		struct tr_arg args[] = {TR_I("n", days)};
		*why = (struct value_fault){.say = sentence(r, N_("That month has {n} days. Look at the day again."), args, 1),
		                            .is_day = true};
		return false;
	}
	char iso[11];
	date_format(date_to_day((struct date){(int32_t)year, (int32_t)month, (int32_t)day}), iso);
	return give(r, out, arena_copy(r->arena, str_of(iso)));
}

static void read_chosen(const struct value_rules *r, const struct question *q, const struct typed *t,
                        struct answer *out)
{
	/* In the order of the choices, each once: what was sent beyond them is left out. */
	out->values = arena_new(r->arena, struct str, q->choice_n + 1);
	for (size_t i = 0; out->values != NULL && i < q->choice_n; i++) {
		for (size_t k = 0; k < t->chosen_n; k++) {
			if (str_eq(q->choices[i].id, t->chosen[k])) {
				out->values[out->value_n++] = q->choices[i].id;
				break;
			}
		}
	}
}

struct str value_tidy(struct arena *a, struct str s, bool is_one_line)
{
	struct buf b;
	buf_init(&b, 256 * 1024);
	bool was_space = false;
	for (size_t at = 0; at < s.n;) {
		uint32_t c = str_rune(s, &at);
		bool is_space = c == ' ' || c == '\t' || c == 0xA0 || c == 0x3000 || (is_one_line && c == '\n');
		if (is_space && was_space) {
			continue;
		}
		buf_put_rune(&b, is_space ? ' ' : c);
		was_space = is_space;
	}
	struct str out = b.failed ? str_trim(s) : arena_copy(a, str_trim(buf_str(&b)));
	buf_release(&b);
	return out;
}

bool value_is_blank(const struct question *q, const struct typed *t)
{
	if (q->type == QUESTION_ADDRESS || q->type == QUESTION_PERSON_NAME) {
		for (int i = 0; i < QUESTION_PARTS_MAX; i++) {
			if (t->parts[i].n > 0 && str_trim(t->parts[i]).n > 0) {
				return false;
			}
		}
		return true;
	}
	if (q->type == QUESTION_DATE) {
		return str_trim(t->day).n == 0 && str_trim(t->month).n == 0 && str_trim(t->year).n == 0;
	}
	return q->type == QUESTION_SEVERAL_OF ? t->chosen_n == 0 : str_trim(t->text).n == 0;
}

/* The canonical form of a text that is not blank. */
static bool read_filled(const struct value_rules *r, const struct question *q, const struct typed *t,
                        struct answer *out, struct value_fault *why)
{
	struct str s = STR_EMPTY;
	char canonical[SCHEME_VALUE_MAX + 1];
	size_t n = 0;
	int64_t v = 0;
	switch (q->type) {
	case QUESTION_TEXT:
	case QUESTION_LONG_TEXT:
		return give(r, out, value_tidy(r->arena, t->text, q->type == QUESTION_TEXT));
	case QUESTION_WHOLE:
	case QUESTION_MONEY:
		if (!value_number(r->arena, t->text, q->currency, digits_of(q), &v)) {
			return value_refuse(r, q, why,
			                    q->type == QUESTION_MONEY ? N_("Write the amount in figures, such as 2,500.")
			                                              : N_("Write a whole number in figures, such as 12."),
			                    NULL, 0);
		}
		return give(r, out, int_text(r->arena, v));
	case QUESTION_DECIMAL:
		if (!value_number(r->arena, t->text, STR_EMPTY, q->digits, &v)) {
			return value_refuse(r, q, why,
			                    N_("Write a number in figures, such as 12.5, with at most {n} after the point."),
			                    (const struct tr_arg[]){TR_I("n", q->digits)}, 1);
		}
		return give(r, out, decimal_text(r->arena, v, q->digits));
	case QUESTION_ADDRESS:
	case QUESTION_PERSON_NAME:
		parts_read(r, q, t, out);
		return true;
	case QUESTION_DATE:
		return read_date(r, t, out, why);
	case QUESTION_EMAIL:
		return give(r, out, email_read(r->arena, t->text, &s) ? s : str_trim(t->text));
	case QUESTION_PHONE:
		return give(r, out, value_phone(r->arena, t->text, r->calling_code, &s) ? s : str_trim(t->text));
	case QUESTION_IDENTIFIER:
		s = value_half_width(r->arena, t->text);
		return give(
			r, out,
			scheme_check(q->scheme, s, canonical, &n) == SCHEME_OK ? arena_copy(r->arena, str_from(canonical, n)) : s);
	case QUESTION_SEVERAL_OF:
		read_chosen(r, q, t, out);
		return true;
	default:
		return give(r, out, str_trim(t->text));
	}
}

bool value_read(const struct value_rules *r, const struct question *q, const struct typed *t, struct answer *out,
                struct value_fault *why)
{
	*why = (struct value_fault){.say = STR_EMPTY};
	*out = (struct answer){.question = q->id};
	return (value_is_blank(q, t) || read_filled(r, q, t, out, why)) && value_check(r, q, out, why);
}

/* --- And back ---------------------------------------------------------------------------------------------------- */

void value_to_typed(struct arena *a, const struct question *q, const struct answer *as, struct typed *out)
{
	*out = (struct typed){.text = STR_EMPTY, .day = STR_EMPTY, .month = STR_EMPTY, .year = STR_EMPTY};
	for (int i = 0; i < QUESTION_PARTS_MAX; i++) {
		out->parts[i] = STR_EMPTY;
	}
	if (as == NULL || as->value_n == 0) {
		return;
	}
	struct str s = as->values[0];
	int64_t v = 0;
	day_number day = 0;
	if (q->type == QUESTION_SEVERAL_OF) {
		out->chosen = as->values;
		out->chosen_n = as->value_n;
	} else if (q->type == QUESTION_DATE && date_parse(s, &day)) {
		struct date d = date_of_day(day);
		out->day = int_text(a, d.day);
		out->month = int_text(a, d.month);
		out->year = int_text(a, d.year);
	} else if (q->type == QUESTION_MONEY && str_to_i64(s, &v)) {
		int digits = digits_of(q);
		int64_t unit = digits == 3 ? 1000 : digits == 2 ? 100 : 1;
		int64_t rest = v < 0 ? -(v % unit) : v % unit;
		out->text = rest == 0 ? int_text(a, v / unit)
		                      : arena_printf(a, "%s%lld.%0*lld", v < 0 && v / unit == 0 ? "-" : "",
		                                     (long long)(v / unit), digits, (long long)rest);
	} else if (q->type == QUESTION_ADDRESS || q->type == QUESTION_PERSON_NAME) {
		for (size_t i = 0; i < as->value_n && i < QUESTION_PARTS_MAX; i++) {
			out->parts[i] = as->values[i];
		}
	} else {
		out->text = s;
	}
}
