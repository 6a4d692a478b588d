/* calendars/<id>.yaml: weekends, office hours, holidays, make-up workdays and half days. */
#include "app/catalogue/pack.h"
#include "base/fault.h"

enum { DAYS_MAX = 60 * 366, ENTRIES_MAX = 3000, YEARS_MAX = 60 };

struct days {
	struct calendar_day *items;
	size_t n, room;
	day_number first, last;
	uint8_t weekend;
};

static bool parse_minute(struct str s, int16_t *out)
{
	struct str h, m;
	uint64_t hour = 0, minute = 0;
	if (!str_cut(str_trim(s), ':', &h, &m) || m.n != 2 || h.n == 0 || h.n > 2 || !str_to_u64(h, &hour) ||
	    !str_to_u64(m, &minute) || hour > 24 || minute > 59 || hour * 60 + minute > 1440) {
		return false;
	}
	*out = (int16_t)(hour * 60 + minute);
	return true;
}

/* "8:30-12:00, 13:00-17:30"; empty after a mistake. */
static struct office_hours parse_hours(struct reader *r, int line, const char *key, struct str s)
{
	struct office_hours hours = {.n = 0};
	struct str rest = s, span, a, b;
	bool is_good = true;
	for (int after = 0; is_good && str_next(&rest, ',', &span); after = hours.spans[hours.n++].to_min + 1) {
		struct office_span *to = &hours.spans[hours.n];
		is_good = hours.n < OFFICE_SPANS_MAX && str_cut(span, '-', &a, &b) && parse_minute(a, &to->from_min) &&
		          parse_minute(b, &to->to_min) && to->from_min >= after && to->from_min < to->to_min;
	}
	if (is_good) {
		return hours;
	}
	mistake(r, line,
	        "\"%s\" is \"%.*s\". Write them from the earlier to the later, such as 8:30-18:00 or, with a break, "
	        "8:30-12:00, 13:00-18:00.",
	        key, STR_ARG(s));
	return (struct office_hours){.n = 0};
}

static struct office_hours read_hours(struct reader *r, const struct yaml *m, const char *key, bool is_needed)
{
	struct str s = read_plain(r, m, key, is_needed);
	struct office_hours none = {.n = 0};
	return s.n == 0 ? none : parse_hours(r, line_of(m, key), key, s);
}

static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday",    NULL};

/* hours: 8:30-18:00, or usual: and weekdays of their own below it. */
static void read_usual_hours(struct reader *r, const struct yaml *root, struct calendar_spec *spec)
{
	static const char *const keys[] = {"usual",  "monday",   "tuesday", "wednesday", "thursday",
	                                   "friday", "saturday", "sunday",  NULL};
	const struct yaml *m = yaml_get(root, "hours");
	if (m == NULL || m->kind != YAML_MAP) {
		spec->hours = read_hours(r, root, "hours", true);
		return;
	}
	read_known_keys(r, m, keys);
	spec->hours = read_hours(r, m, "usual", true);
	for (int i = 0; i < 7; i++) {
		spec->weekday[i] = read_hours(r, m, weekdays[i], false);
	}
}

static void read_years(struct reader *r, const struct yaml *root, struct days *d)
{
	struct str s = read_plain(r, root, "years", true), a, b;
	uint64_t from = 0, to = 0;
	if (s.n == 0) {
		return;
	}
	if (!str_cut(s, '-', &a, &b) || !str_to_u64(a, &from) || !str_to_u64(b, &to) || from < 1970 || to > 2200 ||
	    from > to || to - from >= YEARS_MAX) {
		mistake(r, line_of(root, "years"),
		        "\"years\" is \"%.*s\". Write the first and the last, at most %d, such as "
		        "2025-2028.",
		        STR_ARG(s), YEARS_MAX);
		return;
	}
	d->first = date_to_day((struct date){(int32_t)from, 1, 1});
	d->last = date_to_day((struct date){(int32_t)to, 12, 31});
}

static void read_weekend(struct reader *r, const struct yaml *root, struct days *d)
{
	const struct yaml *list = read_child(r, root, "weekend", YAML_LIST, true);
	for (const struct yaml *c = list ? list->first : NULL; c; c = c->next) {
		uint8_t bit = 0;
		for (unsigned i = 0; i < 7; i++) {
			if (c->kind == YAML_TEXT && str_is(c->text, weekdays[i])) {
				bit = (uint8_t)(1u << i);
			}
		}
		if (bit == 0) {
			mistake(r, c->line, "\"%.*s\" is no day of the week. Write them as saturday and sunday.",
			        STR_ARG(str_sub(c->text, 0, 40)));
		}
		d->weekend = (uint8_t)(d->weekend | bit);
	}
	if (d->weekend == 0x7f) {
		mistake(r, list->key_line, "all seven days are days off. Leave at least one to work.");
		d->weekend = 0;
	}
}

static bool is_weekend(const struct days *d, day_number day)
{
	return (d->weekend >> date_weekday(day)) & 1;
}

static void add_day(struct reader *r, struct days *d, int line, struct calendar_day day)
{
	char iso[11];
	date_format(day.day, iso);
	if (d->last != 0 && (day.day < d->first || day.day > d->last)) {
		mistake(r, line, "%s is outside of \"years\". Widen them or take the day out.", iso);
		return;
	}
	for (size_t i = 0; i < d->n; i++) {
		if (d->items[i].day == day.day) {
			mistake(r, line, "%s is written twice. Keep one of the two.", iso);
			return;
		}
	}
	if (d->n < d->room) {
		d->items[d->n++] = day;
	}
}

static void read_holidays(struct reader *r, const struct yaml *root, struct days *d)
{
	static const char *const keys[] = {"day", "from", "to", "name", NULL};
	const struct yaml *list = read_rows(r, root, "holidays", ENTRIES_MAX, true);
	for (const struct yaml *c = list ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		(void)read_text(r, c, "name", true);
		size_t before = r->report->mistakes;
		bool is_one = yaml_get(c, "day") != NULL;
		day_number from = read_day(r, c, is_one ? "day" : "from", true);
		day_number to = is_one ? from : read_day(r, c, "to", true);
		if (r->report->mistakes > before) {
			continue;
		}
		if (to < from || to - from > 60) {
			mistake(r, line_of(c, "to"),
			        "the holiday ends before it begins or lasts over 60 days. Correct \"from\" or "
			        "\"to\".");
			continue;
		}
		for (day_number day = from; day <= to; day++) {
			add_day(r, d, line_of(c, is_one ? "day" : "from"), (struct calendar_day){.day = day});
		}
	}
}

static void read_workdays(struct reader *r, const struct yaml *root, struct days *d)
{
	static const char *const keys[] = {"day", "name", NULL};
	const struct yaml *list = read_rows(r, root, "workdays", ENTRIES_MAX, false);
	for (const struct yaml *c = list ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		(void)read_text(r, c, "name", true);
		size_t before = r->report->mistakes;
		day_number day = read_day(r, c, "day", true);
		if (r->report->mistakes == before && !is_weekend(d, day)) {
			mistake(r, line_of(c, "day"), "this is a working day anyway. Take it out, or correct the day.");
		} else if (r->report->mistakes == before) {
			add_day(r, d, line_of(c, "day"), (struct calendar_day){.day = day, .is_working = true});
		}
	}
}

static void read_half_days(struct reader *r, const struct yaml *root, struct days *d)
{
	static const char *const keys[] = {"day", "hours", "name", NULL};
	const struct yaml *list = read_rows(r, root, "half_days", ENTRIES_MAX, false);
	for (const struct yaml *c = list ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		(void)read_text(r, c, "name", true);
		size_t before = r->report->mistakes;
		struct calendar_day day = {.is_working = true};
		day.day = read_day(r, c, "day", true);
		day.hours = read_hours(r, c, "hours", true);
		if (r->report->mistakes == before && is_weekend(d, day.day)) {
			mistake(r, line_of(c, "day"), "this is a day off anyway. Take it out, or correct the day.");
		} else if (r->report->mistakes == before) {
			add_day(r, d, line_of(c, "day"), day);
		}
	}
}

struct calendar *calendar_read(struct reader *r, struct pack *p, const struct pack_file *file, struct str id)
{
	static const char *const keys[] = {"format", "id",       "zone",     "weekend",   "hours",
	                                   "years",  "holidays", "workdays", "half_days", NULL};
	struct arena tree;
	arena_init(&tree, 64 * 1024 * 1024);
	struct calendar *calendar = NULL;
	const struct yaml *root = read_yaml(r, &tree, file->bytes);
	struct days d = {.room = DAYS_MAX};
	if (root == NULL) {
		goto out;
	}
	size_t before = r->report->mistakes;
	read_known_keys(r, root, keys);
	read_format(r, root);
	struct str said = read_id(r, root, "id", true);
	if (said.n > 0 && !str_eq(said, id)) {
		mistake(r, line_of(root, "id"), "the id \"%.*s\" is not the name of its file. Name both alike.", STR_ARG(said));
	}
	struct calendar_spec spec = {.id = id, .version = file->version};
	spec.zone = pack_zone(r, p, line_of(root, "zone"), read_plain(r, root, "zone", true));
	d.items = mem_alloc(d.room, sizeof *d.items);
	if (d.items == NULL) {
		r->arena->is_full = true;
		goto out;
	}
	read_usual_hours(r, root, &spec);
	read_years(r, root, &d);
	read_weekend(r, root, &d);
	read_holidays(r, root, &d);
	read_workdays(r, root, &d);
	read_half_days(r, root, &d);
	if (r->report->mistakes > before || r->arena->is_full || tree.is_full) {
		goto out;
	}
	spec.weekend = d.weekend;
	spec.days = d.items;
	spec.day_n = d.n;
	spec.first = d.first;
	spec.last = d.last;
	struct err e;
	if (!calendar_new(&spec, &calendar, &e) && e.code == ERR_MEMORY) {
		r->arena->is_full = true;
		calendar = NULL;
	} else if (calendar == NULL) {
		mistake(r, 1, "the calendar cannot be used: %s. Correct the day that it names.", e.text);
	}
out:
	mem_free(d.items);
	arena_release(&tree);
	return calendar;
}
