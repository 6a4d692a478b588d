/* Holidays by rule: the same day each year, the n-th weekday of a month, so many days after Easter; and how those that
 * fall on a weekend move. */
#include "app/catalogue/calendar_file.h"

static const char *const months[] = {"january", "february",  "march",   "april",    "may",      "june", "july",
                                     "august",  "september", "october", "november", "december", NULL};
static const char *const ordinals[] = {"first", "second", "third", "fourth", "fifth", "last", NULL};

struct rule {
	bool is_easter;
	int days;             /* after Easter */
	int month, day;       /* yearly on this day, or */
	int n, weekday;       /* the n-th of these in the month; n = 0: none */
	int32_t since, until; /* years */
};

static int word_of(struct str s, const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (str_is(s, words[i])) {
			return i;
		}
	}
	return -1;
}

/* "12-25", "last monday of may". */
static bool parse_yearly(struct str s, struct rule *out)
{
	struct str words[4], rest = s, a, b;
	uint64_t month, day;
	size_t n = 0;
	if (s.n == 5 && str_cut(s, '-', &a, &b) && str_to_u64(a, &month) && str_to_u64(b, &day)) {
		*out = (struct rule){.month = (int)month, .day = (int)day};
		return a.n == 2 && date_is_valid((struct date){2000, out->month, out->day});
	}
	while (n < 4 && str_next(&rest, ' ', &words[n])) {
		n++;
	}
	if (n != 4 || rest.n > 0 || !str_is(words[2], "of")) {
		return false;
	}
	int ordinal = word_of(words[0], ordinals);
	*out = (struct rule){.n = ordinal == 5 ? -1 : ordinal + 1};
	out->weekday = word_of(words[1], calendar_weekdays);
	out->month = word_of(words[3], months) + 1;
	return ordinal >= 0 && out->weekday >= 0 && out->month > 0;
}

static bool day_in(const struct rule *rule, int32_t year, day_number *out)
{
	if (year < rule->since || year > rule->until) {
		return false;
	}
	if (rule->is_easter) {
		*out = date_easter(year) + rule->days;
		return true;
	}
	struct date d = {year, rule->month, rule->day};
	if (rule->n != 0) {
		return date_nth_weekday(year, rule->month, rule->n, rule->weekday, out);
	}
	if (!date_is_valid(d)) {
		return false; /* 29 February */
	}
	*out = date_to_day(d);
	return true;
}

static bool read_rule(struct reader *r, const struct yaml *row, struct rule *out)
{
	size_t before = r->report->mistakes;
	*out = (struct rule){0};
	if (yaml_get(row, "easter") != NULL) {
		out->is_easter = true;
		out->days = (int)read_whole(r, row, "easter", -100, 200, 0, true);
	} else {
		struct str s = read_plain(r, row, "yearly", true);
		if (s.n > 0 && !parse_yearly(s, out)) {
			mistake(r, line_of(row, "yearly"),
			        "\"yearly\" is \"%.*s\". Write month and day, such as 12-25, or words such as last monday of may.",
			        STR_ARG(s));
		}
	}
	static const char *const others[] = {"day", "from", "to", NULL};
	for (size_t i = 0; others[i]; i++) {
		if (yaml_get(row, others[i]) != NULL) {
			mistake(r, line_of(row, others[i]), "\"%s\" stands beside a rule. Keep one of the two.", others[i]);
		}
	}
	if (yaml_get(row, "easter") != NULL && yaml_get(row, "yearly") != NULL) {
		mistake(r, line_of(row, "yearly"), "\"yearly\" stands beside \"easter\". Keep one of the two.");
	}
	out->since = (int32_t)read_whole(r, row, "since", 1583, 9999, 1583, false);
	out->until = (int32_t)read_whole(r, row, "until", 1583, 9999, 9999, false);
	return r->report->mistakes == before;
}

static bool is_weekend(const struct calendar_file *f, day_number day)
{
	return (f->weekend >> date_weekday(day)) & 1;
}

static bool is_holiday(const struct calendar_file *f, day_number day)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->entries[i].kind == ENTRY_HOLIDAY && day >= f->entries[i].from && day <= f->entries[i].to) {
			return true;
		}
	}
	return false;
}

static void add(struct reader *r, struct calendar_file *f, struct calendar_entry entry, day_number day)
{
	if (day >= f->first && day <= f->last) {
		entry.from = entry.to = day;
		entry.is_by_rule = true;
		calendar_entry_add(r, f, &entry);
	}
}

enum moves { MOVES_NOWHERE = -1, MOVES_TO_NEAREST, MOVES_TO_NEXT };

static enum moves read_moving(struct reader *r, const struct yaml *row)
{
	static const char *const words[] = {"nearest-weekday", "next-weekday", NULL};
	return (enum moves)read_word(r, row, "moves", words, false);
}

static int32_t year_of(day_number day)
{
	return date_of_day(day).year;
}

void calendar_rule_read(struct reader *r, const struct yaml *row, struct calendar_entry like, struct calendar_file *f)
{
	struct rule rule;
	enum moves moves = like.kind == ENTRY_HOLIDAY ? read_moving(r, row) : MOVES_NOWHERE;
	if (!read_rule(r, row, &rule) || f->last == 0) {
		return;
	}
	like.line = row->line;
	/* New Year on a Saturday may move into the year before. */
	for (int32_t year = year_of(f->first) - 1; year <= year_of(f->last) + 1; year++) {
		day_number day;
		if (!day_in(&rule, year, &day) || (like.kind == ENTRY_HALF_DAY && is_weekend(f, day))) {
			continue;
		}
		like.moves_on = moves == MOVES_TO_NEXT && is_weekend(f, day);
		add(r, f, like, day);
		if (moves == MOVES_TO_NEAREST && is_weekend(f, day)) {
			for (int n = 1; n < 7; n++) {
				if (!is_weekend(f, day - n) || !is_weekend(f, day + n)) {
					add(r, f, like, is_weekend(f, day - n) ? day + n : day - n);
					break;
				}
			}
		}
	}
}

void calendar_rules_end(struct reader *r, struct calendar_file *f)
{
	size_t n = f->n;
	/* In the order of their days: of two on one weekend the first takes the first free day. */
	for (day_number day = f->first; f->last != 0 && day <= f->last; day++) {
		for (size_t i = 0; is_weekend(f, day) && i < n; i++) {
			if (f->entries[i].moves_on && f->entries[i].from == day) {
				day_number next = day + 1;
				while (is_weekend(f, next) || is_holiday(f, next)) {
					next++;
				}
				struct calendar_entry moved = f->entries[i];
				moved.moves_on = false;
				add(r, f, moved, next);
			}
		}
	}
}
