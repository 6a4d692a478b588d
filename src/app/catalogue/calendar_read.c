/* calendars/<id>.yaml: weekends, office hours, holidays, make-up workdays and half days. */
#include "app/catalogue/calendar_file.h"
#include "base/fault.h"
#include "html/translate.h"

enum { ROWS_MAX = 3000, YEARS_MAX = 60, ENTRIES_MAX = 60 * 366 };

const char *const calendar_weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                         "friday", "saturday", "sunday",    NULL};

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

bool calendar_hours_parse(struct str s, struct office_hours *out)
{
	struct office_hours hours = {.n = 0};
	struct str rest = s, span, a, b;
	for (int after = 0; str_next(&rest, ',', &span); after = hours.spans[hours.n++].to_min + 1) {
		struct office_span *to = &hours.spans[hours.n];
		if (hours.n == OFFICE_SPANS_MAX || !str_cut(span, '-', &a, &b) || !parse_minute(a, &to->from_min) ||
		    !parse_minute(b, &to->to_min) || to->from_min < after || to->from_min >= to->to_min) {
			return false;
		}
	}
	*out = hours;
	return hours.n > 0;
}

/* None after a mistake. */
static struct office_hours read_hours(struct reader *r, const struct yaml *m, const char *key, bool is_needed)
{
	struct office_hours hours = {.n = 0};
	struct str s = read_plain(r, m, key, is_needed);
	if (s.n > 0 && !calendar_hours_parse(s, &hours)) {
		mistake(r, line_of(m, key),
		        "\"%s\" is \"%.*s\". Write them from the earlier to the later, such as 8:30-18:00 or, with a break, "
		        "8:30-12:00, 13:00-18:00.",
		        key, STR_ARG(s));
	}
	return hours;
}

/* hours: 8:30-18:00, or usual: and weekdays of their own below it. */
static void read_usual_hours(struct reader *r, const struct yaml *root, struct calendar_file *f)
{
	static const char *const keys[] = {"usual",  "monday",   "tuesday", "wednesday", "thursday",
	                                   "friday", "saturday", "sunday",  NULL};
	const struct yaml *m = yaml_get(root, "hours");
	if (m == NULL || m->kind != YAML_MAP) {
		f->hours = read_hours(r, root, "hours", true);
		return;
	}
	read_known_keys(r, m, keys);
	f->hours = read_hours(r, m, "usual", true);
	for (int i = 0; i < 7; i++) {
		f->weekday[i] = read_hours(r, m, calendar_weekdays[i], false);
	}
}

static void read_years(struct reader *r, const struct yaml *root, struct calendar_file *f)
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
	f->first = date_to_day((struct date){(int32_t)from, 1, 1});
	f->last = date_to_day((struct date){(int32_t)to, 12, 31});
}

static void read_weekend(struct reader *r, const struct yaml *root, struct calendar_file *f)
{
	const struct yaml *list = read_child(r, root, "weekend", YAML_LIST, true);
	for (const struct yaml *c = list ? list->first : NULL; c; c = c->next) {
		uint8_t bit = 0;
		for (unsigned i = 0; i < 7; i++) {
			if (c->kind == YAML_TEXT && str_is(c->text, calendar_weekdays[i])) {
				bit = (uint8_t)(1u << i);
			}
		}
		if (bit == 0) {
			mistake(r, c->line, "\"%.*s\" is no day of the week. Write them as saturday and sunday.",
			        STR_ARG(str_sub(c->text, 0, 40)));
		}
		f->weekend = (uint8_t)(f->weekend | bit);
	}
	if (f->weekend == 0x7f) {
		mistake(r, list->key_line, "all seven days are days off. Leave at least one to work.");
		f->weekend = 0;
	}
}

static bool is_weekend(const struct calendar_file *f, day_number day)
{
	return (f->weekend >> date_weekday(day)) & 1;
}

void calendar_entry_add(struct reader *r, struct calendar_file *f, const struct calendar_entry *entry)
{
	if (f->n == f->room) {
		size_t room = f->room == 0 ? 64 : f->room * 2;
		struct calendar_entry *more = room <= 2 * ENTRIES_MAX ? read_list(r, struct calendar_entry, room) : NULL;
		if (more == NULL) {
			r->arena->is_full = true;
			return;
		}
		if (f->n > 0) {
			memcpy(more, f->entries, f->n * sizeof *more);
		}
		f->entries = more;
		f->room = room;
	}
	f->entries[f->n++] = *entry;
}

/* One that is written by its day. */
static void add_day(struct reader *r, struct calendar_file *f, const struct calendar_entry *entry)
{
	for (day_number day = entry->from; day <= entry->to; day++) {
		char iso[11];
		date_format(day, iso);
		if (f->last != 0 && (day < f->first || day > f->last)) {
			mistake(r, entry->line, "%s is outside of \"years\". Widen them or take the day out.", iso);
			return;
		}
		for (size_t i = 0; i < f->n; i++) {
			if (day >= f->entries[i].from && day <= f->entries[i].to && !f->entries[i].is_by_rule) {
				mistake(r, entry->line, "%s is written twice. Keep one of the two.", iso);
				return;
			}
		}
	}
	calendar_entry_add(r, f, entry);
}

static bool is_rule(const struct yaml *row)
{
	return yaml_get(row, "yearly") != NULL || yaml_get(row, "easter") != NULL;
}

static void read_holidays(struct reader *r, const struct yaml *root, struct calendar_file *f)
{
	static const char *const keys[] = {"day",   "from",  "to",    "yearly", "easter",
	                                   "since", "until", "moves", "name",   NULL};
	const struct yaml *list = read_rows(r, root, "holidays", ROWS_MAX, true);
	for (const struct yaml *c = list ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		struct calendar_entry entry = {.kind = ENTRY_HOLIDAY, .name = read_text(r, c, "name", true)};
		if (is_rule(c)) {
			calendar_rule_read(r, c, entry, f);
			continue;
		}
		size_t before = r->report->mistakes;
		bool is_one = yaml_get(c, "day") != NULL;
		entry.from = read_day(r, c, is_one ? "day" : "from", true);
		entry.to = is_one ? entry.from : read_day(r, c, "to", true);
		entry.line = line_of(c, is_one ? "day" : "from");
		if (r->report->mistakes > before) {
			continue;
		}
		if (entry.to < entry.from || entry.to - entry.from > 60) {
			mistake(r, line_of(c, "to"),
			        "the holiday ends before it begins or lasts over 60 days. Correct \"from\" or "
			        "\"to\".");
			continue;
		}
		add_day(r, f, &entry);
	}
	calendar_rules_end(r, f);
}

static void read_workdays(struct reader *r, const struct yaml *root, struct calendar_file *f)
{
	static const char *const keys[] = {"day", "name", NULL};
	const struct yaml *list = read_rows(r, root, "workdays", ROWS_MAX, false);
	for (const struct yaml *c = list ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		struct calendar_entry entry = {.kind = ENTRY_WORKDAY, .name = read_text(r, c, "name", true)};
		size_t before = r->report->mistakes;
		entry.from = entry.to = read_day(r, c, "day", true);
		entry.line = line_of(c, "day");
		if (r->report->mistakes == before && !is_weekend(f, entry.from)) {
			mistake(r, entry.line, "this is a working day anyway. Take it out, or correct the day.");
		} else if (r->report->mistakes == before) {
			add_day(r, f, &entry);
		}
	}
}

static void read_half_days(struct reader *r, const struct yaml *root, struct calendar_file *f)
{
	static const char *const keys[] = {"day", "yearly", "easter", "since", "until", "hours", "name", NULL};
	const struct yaml *list = read_rows(r, root, "half_days", ROWS_MAX, false);
	for (const struct yaml *c = list ? next_row(list->first) : NULL; c; c = next_row(c->next)) {
		read_known_keys(r, c, keys);
		struct calendar_entry entry = {.kind = ENTRY_HALF_DAY, .name = read_text(r, c, "name", true)};
		size_t before = r->report->mistakes;
		if (is_rule(c)) {
			entry.hours = read_hours(r, c, "hours", true);
			calendar_rule_read(r, c, entry, f);
			continue;
		}
		entry.from = entry.to = read_day(r, c, "day", true);
		entry.hours = read_hours(r, c, "hours", true);
		entry.line = line_of(c, "day");
		if (r->report->mistakes == before && is_weekend(f, entry.from)) {
			mistake(r, entry.line, "this is a day off anyway. Take it out, or correct the day.");
		} else if (r->report->mistakes == before) {
			add_day(r, f, &entry);
		}
	}
}

void calendar_file_languages(struct reader *r, struct str yaml)
{
	for (size_t i = 0; i < LANG_COUNT && languages[i].tag; i++) {
		struct str tag = str_of(languages[i].tag), rest = yaml, line;
		r->has_lang[i] = i == 0;
		while (str_next(&rest, '\n', &line)) {
			line = str_trim(line);
			r->has_lang[i] = r->has_lang[i] || (str_starts(line, tag) && line.n > tag.n && line.p[tag.n] == ':');
		}
	}
}

bool calendar_file_read(struct reader *r, struct str yaml, struct str id, struct calendar_file *out)
{
	static const char *const keys[] = {"format", "id",       "source",   "zone",      "weekend", "hours",
	                                   "years",  "holidays", "workdays", "half_days", NULL};
	struct arena tree;
	arena_init(&tree, 64 * 1024 * 1024);
	*out = (struct calendar_file){.id = id};
	size_t before = r->report->mistakes;
	const struct yaml *root = read_yaml(r, &tree, yaml);
	if (root != NULL) {
		read_known_keys(r, root, keys);
		read_format(r, root);
		struct str said = read_id(r, root, "id", true);
		if (id.n == 0) {
			out->id = said;
		} else if (said.n > 0 && !str_eq(said, id)) {
			mistake(r, line_of(root, "id"), "the id \"%.*s\" is not the name of its file. Name both alike.",
			        STR_ARG(said));
		}
		(void)read_text(r, root, "source", false);
		out->zone_line = line_of(root, "zone");
		out->zone_name = read_plain(r, root, "zone", true);
		read_usual_hours(r, root, out);
		read_years(r, root, out);
		read_weekend(r, root, out);
		read_holidays(r, root, out);
		read_workdays(r, root, out);
		read_half_days(r, root, out);
	}
	bool ok = root != NULL && r->report->mistakes == before && !tree.is_full && !r->arena->is_full;
	arena_release(&tree);
	return ok;
}

/* Written days go before rules; among rules, a holiday goes before a half day. */
static bool is_taken(const struct calendar_spec *spec, const uint32_t *at, day_number day)
{
	return at[day - spec->first] != 0;
}

static void lay(struct calendar_spec *spec, struct calendar_day *days, uint32_t *at, const struct calendar_entry *e)
{
	for (day_number day = e->from; day <= e->to; day++) {
		if (!is_taken(spec, at, day)) {
			days[spec->day_n++] =
				(struct calendar_day){.day = day, .is_working = e->kind != ENTRY_HOLIDAY, .hours = e->hours};
			at[day - spec->first] = 1;
		}
	}
}

struct calendar *calendar_file_make(struct reader *r, const struct calendar_file *f, const struct zone *zone,
                                    int32_t version)
{
	struct calendar *calendar = NULL;
	struct calendar_spec spec = {
		.id = f->id,
		.version = version,
		.zone = zone,
		.weekend = f->weekend,
		.hours = f->hours,
		.first = f->first,
		.last = f->last,
	};
	memcpy(spec.weekday, f->weekday, sizeof spec.weekday);
	size_t day_n = (size_t)(f->last - f->first) + 1;
	struct calendar_day *days = mem_alloc(day_n, sizeof *days);
	uint32_t *at = mem_alloc(day_n, sizeof *at);
	struct err e;
	if (days == NULL || at == NULL) {
		r->arena->is_full = true;
		goto out;
	}
	static const struct {
		bool is_by_rule;
		enum calendar_entry_kind kind;
	} order[] = {{false, ENTRY_HOLIDAY},
	             {false, ENTRY_WORKDAY},
	             {false, ENTRY_HALF_DAY},
	             {true, ENTRY_HOLIDAY},
	             {true, ENTRY_HALF_DAY}};
	for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
		for (size_t i = 0; i < f->n; i++) {
			if (f->entries[i].is_by_rule == order[k].is_by_rule && f->entries[i].kind == order[k].kind) {
				lay(&spec, days, at, &f->entries[i]);
			}
		}
	}
	spec.days = days;
	if (!calendar_new(&spec, &calendar, &e)) {
		calendar = NULL;
		if (e.code == ERR_MEMORY) {
			r->arena->is_full = true;
		} else {
			mistake(r, 1, "the calendar cannot be used: %s. Correct the day that it names.", e.text);
		}
	}
out:
	mem_free(days);
	mem_free(at);
	return calendar;
}

struct calendar *calendar_read(struct reader *r, struct pack *p, const struct pack_file *file, struct str id)
{
	struct calendar_file f;
	bool ok = calendar_file_read(r, file->bytes, id, &f);
	const struct zone *zone = pack_zone_as(r, p, f.zone_line, f.zone_name, file->zone);
	return ok && zone != NULL ? calendar_file_make(r, &f, zone, file->version) : NULL;
}
