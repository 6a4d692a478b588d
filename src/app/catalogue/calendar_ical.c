#include "app/catalogue/calendar_ical.h"

#include "app/catalogue/calendar_file.h"
#include "app/catalogue/words.h"
#include "base/fault.h"
#include "base/ical.h"

enum { MEMORY_MAX = 64 << 20, YEARS_MAX = 60, FOLD_AT = 75, HAN = 1 };

/* --- From iCalendar ----------------------------------------------------------------------------------------------- */

struct planned {
	bool is_said;
	enum calendar_entry_kind kind;
	struct office_hours hours; /* a shorter day's */
	const struct ical_event *event;
};

struct import {
	struct arena arena;
	struct ical ical;
	struct zone *zone;
	struct str id;
	uint8_t weekend;
	struct office_hours hours, weekday[7];
	day_number first, last;
	struct planned *days; /* [day - first] */
	struct err *e;
};

static struct str first_of(struct str a, struct str b, const char *otherwise)
{
	return a.n > 0 ? a : b.n > 0 ? b : str_of(otherwise);
}

static int weekday_of(struct str name)
{
	for (int i = 0; calendar_weekdays[i]; i++) {
		if (str_eq_nocase(name, str_of(calendar_weekdays[i]))) {
			return i;
		}
	}
	return -1;
}

static bool parse_weekend(struct import *in, struct str s)
{
	struct str rest = s, one;
	while (str_next(&rest, ',', &one)) {
		int i = weekday_of(str_trim(one));
		if (i < 0) {
			return err_set(in->e, ERR_INVALID, "\"%.*s\" is no weekend such as saturday, sunday",
			               STR_ARG(str_sub(s, 0, 60)));
		}
		in->weekend = (uint8_t)(in->weekend | 1u << i);
	}
	return in->weekend != 0x7f || err_set(in->e, ERR_INVALID, "all seven days are days off");
}

/* "8:30-12:00, 13:00-18:00; friday 8:30-13:00" */
static bool parse_hours(struct import *in, struct str s)
{
	struct str rest = s, one, day, hours;
	bool is_good = str_next(&rest, ';', &one) && calendar_hours_parse(one, &in->hours);
	while (is_good && str_next(&rest, ';', &one)) {
		int i = str_cut(str_trim(one), ' ', &day, &hours) ? weekday_of(day) : -1;
		is_good = i >= 0 && calendar_hours_parse(hours, &in->weekday[i]);
	}
	return is_good || err_set(in->e, ERR_INVALID, "\"%.*s\" are no office hours such as 8:30-12:00, 13:00-18:00",
	                          STR_ARG(str_sub(s, 0, 80)));
}

static bool parse_years(struct import *in, struct str s)
{
	struct str a, b;
	uint64_t from = 0, to = 0;
	if (s.n == 0) {
		/* Those of the days that are written out. */
		for (size_t i = 0; i < in->ical.n; i++) {
			uint64_t year = (uint64_t)date_of_day(in->ical.events[i].start.day).year;
			if (!in->ical.events[i].has_rule) {
				from = from == 0 || year < from ? year : from;
				to = year > to ? year : to;
			}
		}
	} else if (!str_cut(s, '-', &a, &b) || !str_to_u64(a, &from) || !str_to_u64(b, &to)) {
		from = 0;
	}
	if (from < 1970 || to > 2200 || from > to || to - from >= YEARS_MAX) {
		return err_set(in->e, ERR_INVALID, "say for which years, at most %d between 1970 and 2200, such as 2024-2026",
		               YEARS_MAX);
	}
	in->first = date_to_day((struct date){(int32_t)from, 1, 1});
	in->last = date_to_day((struct date){(int32_t)to, 12, 31});
	return true;
}

static bool is_weekend(const struct import *in, day_number day)
{
	return (in->weekend >> date_weekday(day)) & 1;
}

static bool plan(struct import *in, day_number day, enum calendar_entry_kind kind, const struct office_hours *hours,
                 const struct ical_event *event)
{
	if (day < in->first || day > in->last) {
		return true;
	}
	struct planned *p = &in->days[day - in->first];
	if (p->is_said && (p->kind == ENTRY_WORKDAY) != (kind == ENTRY_WORKDAY)) {
		char iso[11];
		date_format(day, iso);
		return err_set(in->e, ERR_INVALID, "line %d: %s is off by one event and worked by another, in line %d",
		               event->line, iso, p->event->line);
	}
	/* A day off goes before a shorter one; the first name is kept. */
	if (!p->is_said || (p->kind == ENTRY_HALF_DAY && kind == ENTRY_HOLIDAY)) {
		*p = (struct planned){.is_said = true, .kind = kind, .event = event};
	}
	if (p->kind == ENTRY_HALF_DAY) {
		p->hours = *hours;
	}
	return true;
}

/* The hours that are left when the office is closed in between. */
static bool without(const struct office_hours *hours, int from_min, int to_min, struct office_hours *out)
{
	*out = (struct office_hours){.n = 0};
	for (int i = 0; i < hours->n; i++) {
		struct office_span s = hours->spans[i], before = s, after = s;
		before.to_min = s.to_min < from_min ? s.to_min : (int16_t)from_min;
		after.from_min = s.from_min > to_min ? s.from_min : (int16_t)to_min;
		const struct office_span *left[] = {&before, &after};
		for (int k = 0; k < 2; k++) {
			if (left[k]->from_min < left[k]->to_min) {
				if (out->n == OFFICE_SPANS_MAX) {
					return false;
				}
				out->spans[out->n++] = *left[k];
			}
		}
	}
	return true;
}

static const struct office_hours *usual(const struct import *in, day_number day)
{
	const struct office_hours *own = &in->weekday[date_weekday(day)];
	const struct planned *p = &in->days[day - in->first];
	return p->is_said && p->kind == ENTRY_HALF_DAY ? &p->hours : own->n > 0 ? own : &in->hours;
}

/* Closed for a part of a day, or of several. */
static bool plan_closed(struct import *in, const struct ical_occurrence *o)
{
	for (day_number day = o->day; day <= o->end_day; day++) {
		int from = day == o->day ? o->second / 60 : 0, to = day == o->end_day ? o->end_second / 60 : 1440;
		struct office_hours left;
		if (day < in->first || day > in->last || from >= to) {
			continue;
		}
		if (!without(usual(in, day), from, to, &left)) {
			return err_set(in->e, ERR_INVALID, "line %d: a day has more than %d spans of office hours", o->event->line,
			               OFFICE_SPANS_MAX);
		}
		if (!plan(in, day, left.n > 0 ? ENTRY_HALF_DAY : ENTRY_HOLIDAY, &left, o->event)) {
			return false;
		}
	}
	return true;
}

/* A day with these hours; a second event of that day adds its own. */
static bool plan_open(struct import *in, const struct ical_occurrence *o)
{
	struct office_hours hours = {.n = 0};
	if (o->day < in->first || o->day > in->last) {
		return true;
	}
	const struct planned *p = &in->days[o->day - in->first];
	if (p->is_said && p->kind == ENTRY_HALF_DAY) {
		hours = p->hours;
	}
	int from = o->second / 60, to = o->end_day == o->day ? o->end_second / 60 : 1440;
	bool is_one_day = o->end_day == o->day || (o->end_day == o->day + 1 && o->end_second == 0);
	if (!o->is_timed || !is_one_day || from >= to || hours.n == OFFICE_SPANS_MAX ||
	    (hours.n > 0 && hours.spans[hours.n - 1].to_min >= from)) {
		return err_set(in->e, ERR_INVALID, "line %d: a shorter day has spans of hours within that day, in order",
		               o->event->line);
	}
	hours.spans[hours.n++] = (struct office_span){(int16_t)from, (int16_t)to};
	return plan(in, o->day, ENTRY_HALF_DAY, &hours, o->event);
}

static bool plan_occurrence(struct import *in, const struct calendar_import *how, const struct ical_occurrence *o)
{
	const struct ical_event *event = o->event;
	bool is_worked = str_eq_nocase(event->day_kind, STR("workday")) ||
	                 (how->workday.n > 0 && str_find(event->summary.text, how->workday) != SIZE_MAX);
	if (str_eq_nocase(event->day_kind, STR("half-day"))) {
		return plan_open(in, o);
	}
	if (event->day_kind.n > 0 && !is_worked && !str_eq_nocase(event->day_kind, STR("holiday"))) {
		return err_set(in->e, ERR_INVALID, "line %d: X-CITYHALL-DAY is holiday, workday or half-day", event->line);
	}
	if (o->second != 0 || o->end_second != 0) {
		return is_worked ? err_set(in->e, ERR_INVALID, "line %d: a worked day is a whole one", event->line)
		                 : plan_closed(in, o);
	}
	for (day_number day = o->day; day < o->end_day; day++) {
		if (!plan(in, day, is_worked ? ENTRY_WORKDAY : ENTRY_HOLIDAY, NULL, event)) {
			return false;
		}
	}
	return true;
}

static void put_quoted(struct buf *to, struct str s)
{
	buf_put_byte(to, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\') {
			buf_put_byte(to, '\\');
		}
		buf_put_byte(to, s.p[i] == '\t' ? ' ' : s.p[i]);
	}
	buf_put_byte(to, '"');
}

static bool is_han(const struct ical_text *t)
{
	return str_starts(t->language, STR("zh")) || (t->language.n == 0 && words_scripts(t->text).han > 0);
}

static void put_name(struct buf *to, const struct planned *p)
{
	static const char *const names[] = {"Day off", "Worked day", "Shorter day"};
	struct str texts[2] = {STR_EMPTY, STR_EMPTY};
	const struct ical_text *said[] = {&p->event->summary, &p->event->name};
	for (int i = 0; i < 2; i++) {
		if (str_trim(said[i]->text).n > 0) {
			texts[is_han(said[i]) ? HAN : 0] = str_trim(said[i]->text);
		}
	}
	if (texts[0].n == 0) {
		texts[0] = str_of(names[p->kind]);
	}
	buf_put(to, STR("    name:\n      en: "));
	put_quoted(to, texts[0]);
	if (texts[HAN].n > 0) {
		buf_put(to, STR("\n      zh-Hans: "));
		put_quoted(to, texts[HAN]);
	}
	buf_put_byte(to, '\n');
}

static void put_hours(struct buf *to, const struct office_hours *h)
{
	for (int i = 0; i < h->n; i++) {
		buf_printf(to, "%s%d:%02d-%d:%02d", i > 0 ? ", " : "", h->spans[i].from_min / 60, h->spans[i].from_min % 60,
		           h->spans[i].to_min / 60, h->spans[i].to_min % 60);
	}
}

static void put_entry(struct buf *to, const struct import *in, const struct planned *p, day_number from,
                      day_number to_day)
{
	char iso[11], last[11];
	date_format(from, iso);
	date_format(to_day, last);
	bool is_idle = p->kind != ENTRY_HOLIDAY && is_weekend(in, from) == (p->kind == ENTRY_HALF_DAY);
	if (is_idle) {
		buf_printf(to, "  # line %d: %s is %s anyway\n", p->event->line, iso,
		           p->kind == ENTRY_WORKDAY ? "a working day" : "a day off");
		return;
	}
	if (from == to_day) {
		buf_printf(to, "  - day: %s\n", iso);
	} else {
		buf_printf(to, "  - from: %s\n    to: %s\n", iso, last);
	}
	if (p->kind == ENTRY_HALF_DAY) {
		buf_put(to, STR("    hours: "));
		put_hours(to, &p->hours);
		buf_put_byte(to, '\n');
	}
	put_name(to, p);
}

static void put_entries(struct buf *to, const struct import *in, enum calendar_entry_kind kind, const char *key)
{
	bool has_key = false;
	for (day_number day = in->first; day <= in->last; day++) {
		const struct planned *p = &in->days[day - in->first];
		if (!p->is_said || p->kind != kind) {
			continue;
		}
		day_number last = day;
		while (kind == ENTRY_HOLIDAY && last < in->last && last - day < 60 && p[last + 1 - day].is_said &&
		       p[last + 1 - day].kind == kind && p[last + 1 - day].event == p->event) {
			last++;
		}
		if (!has_key) {
			buf_printf(to, "%s:\n", key);
			has_key = true;
		}
		put_entry(to, in, p, day, last);
		day = last;
	}
	if (!has_key && kind == ENTRY_HOLIDAY) {
		buf_put(to, STR("holidays: []\n"));
	}
}

static void put_yaml(struct buf *to, const struct import *in)
{
	buf_printf(to, "format: 1\nid: %.*s\nzone: %.*s\nweekend: [", STR_ARG(in->id), STR_ARG(zone_name(in->zone)));
	const char *comma = "";
	for (int i = 0; i < 7; i++) {
		if (in->weekend >> i & 1) {
			buf_printf(to, "%s%s", comma, calendar_weekdays[i]);
			comma = ", ";
		}
	}
	buf_put(to, STR("]\nhours:\n  usual: "));
	put_hours(to, &in->hours);
	for (int i = 0; i < 7; i++) {
		if (in->weekday[i].n > 0) {
			buf_printf(to, "\n  %s: ", calendar_weekdays[i]);
			put_hours(to, &in->weekday[i]);
		}
	}
	buf_printf(to, "\nyears: %d-%d\n", date_of_day(in->first).year, date_of_day(in->last).year);
	put_entries(to, in, ENTRY_HOLIDAY, "holidays");
	put_entries(to, in, ENTRY_WORKDAY, "workdays");
	put_entries(to, in, ENTRY_HALF_DAY, "half_days");
}

static bool settle(struct import *in, const struct calendar_import *how)
{
	struct str zone = first_of(how->zone, in->ical.zone, "");
	in->id = first_of(how->id, in->ical.id, "");
	in->id = in->id.n > 0 ? in->id : how->file_name;
	if (zone.n == 0) {
		return err_set(in->e, ERR_INVALID, "the file names no time zone: say which, such as Europe/Amsterdam");
	}
	if (in->id.n == 0) {
		return err_set(in->e, ERR_INVALID, "say the calendar's id, which is the name of its file");
	}
	for (size_t i = 0; i < in->id.n; i++) {
		char c = in->id.p[i];
		if (!((c >= 'a' && c <= 'z') || (i > 0 && ((c >= '0' && c <= '9') || (c == '-' && i + 1 < in->id.n))))) {
			return err_set(in->e, ERR_INVALID, "an id is small letters, digits and hyphens, beginning with a letter");
		}
	}
	return zone_load(zone, &in->zone, in->e) &&
	       parse_weekend(in, first_of(how->weekend, in->ical.weekend, "saturday, sunday")) &&
	       parse_hours(in, first_of(how->hours, in->ical.hours, "9:00-17:00")) &&
	       parse_years(in, first_of(how->years, in->ical.years, ""));
}

bool calendar_from_ical(struct str ics, const struct calendar_import *how, struct buf *yaml, struct err *e)
{
	struct import in = {.e = e, .id = STR_EMPTY};
	struct ical_occurrence *all = NULL;
	size_t n = 0;
	arena_init(&in.arena, MEMORY_MAX);
	bool ok = ical_parse(&in.arena, ics, &in.ical, e) && settle(&in, how);
	if (ok) {
		in.days = arena_new(&in.arena, struct planned, (size_t)(in.last - in.first) + 1);
		/* From a year before on: an event may last that long. */
		ok = in.days ? ical_occurrences(&in.arena, &in.ical, in.zone, in.first - 366, in.last, &all, &n, e)
		             : err_set(e, ERR_MEMORY, "no memory for a calendar");
	}
	for (size_t i = 0; ok && i < n; i++) {
		ok = plan_occurrence(&in, how, &all[i]);
	}
	if (ok) {
		put_yaml(yaml, &in);
		ok = buf_ok(yaml, e);
	}
	zone_free(in.zone);
	arena_release(&in.arena);
	return ok;
}

/* --- To iCalendar ------------------------------------------------------------------------------------------------- */

/* One content line, folded at 75 bytes between characters. */
static void put_line(struct buf *to, const char *name, struct str value)
{
	struct buf line;
	buf_init(&line, 64 << 10);
	buf_put_c(&line, name);
	buf_put(&line, value);
	struct str rest = buf_str(&line);
	size_t room = FOLD_AT;
	while (rest.n > room) {
		size_t n = room;
		while (n > 1 && ((unsigned char)rest.p[n] & 0xC0) == 0x80) {
			n--;
		}
		buf_put(to, str_sub(rest, 0, n));
		buf_put(to, STR("\r\n "));
		rest = str_sub(rest, n, SIZE_MAX);
		room = FOLD_AT - 1;
	}
	buf_put(to, rest);
	buf_put(to, STR("\r\n"));
	to->failed = to->failed || line.failed;
	buf_release(&line);
}

static void put_text(struct buf *to, const char *name, struct str text)
{
	struct buf b;
	buf_init(&b, 32 << 10);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c == '\\' || c == ',' || c == ';') {
			buf_put_byte(&b, '\\');
		}
		buf_put(&b, c == '\n' ? STR("\\n") : str_sub(text, i, 1));
	}
	put_line(to, name, buf_str(&b));
	to->failed = to->failed || b.failed;
	buf_release(&b);
}

static void put_day(struct buf *to, const char *name, day_number day, int minute)
{
	struct date d = date_of_day(day);
	if (minute < 0) {
		buf_printf(to, "%s;VALUE=DATE:%04d%02d%02d\r\n", name, d.year, d.month, d.day);
	} else {
		buf_printf(to, "%s:%04d%02d%02dT%02d%02d00\r\n", name, d.year, d.month, d.day, minute / 60, minute % 60);
	}
}

static void put_event(struct buf *to, const struct calendar_file *f, const struct calendar_entry *entry, int span)
{
	static const char *const kinds[] = {"holiday", "workday", "half-day"};
	char iso[11];
	date_format(entry->from, iso);
	buf_put(to, STR("BEGIN:VEVENT\r\n"));
	buf_printf(to, "UID:%s-%d-%d@%.*s.cityhall\r\nDTSTAMP:19700101T000000Z\r\n", iso, (int)entry->kind, span,
	           STR_ARG(f->id));
	if (entry->kind == ENTRY_HALF_DAY) {
		const struct office_span *s = &entry->hours.spans[span];
		put_day(to, "DTSTART", entry->from, s->from_min);
		put_day(to, "DTEND", entry->from + s->to_min / 1440, s->to_min % 1440);
	} else {
		put_day(to, "DTSTART", entry->from, -1);
		put_day(to, "DTEND", entry->to + 1, -1);
	}
	put_text(to, "SUMMARY;LANGUAGE=en:", entry->name.in[0]);
	if (entry->name.in[HAN].n > 0) {
		put_text(to, "X-CITYHALL-NAME;LANGUAGE=zh-Hans:", entry->name.in[HAN]);
	}
	buf_printf(to, "X-CITYHALL-DAY:%s\r\nEND:VEVENT\r\n", kinds[entry->kind]);
}

/* What a rule gives on a day about which something is written, or another rule before it, has no effect. */
static bool has_effect(const struct calendar_file *f, size_t i)
{
	const struct calendar_entry *e = &f->entries[i];
	for (size_t k = 0; e->is_by_rule && k < f->n; k++) {
		const struct calendar_entry *o = &f->entries[k];
		bool goes_before = !o->is_by_rule || o->kind < e->kind || (o->kind == e->kind && k < i);
		if (goes_before && e->from >= o->from && e->from <= o->to) {
			return false;
		}
	}
	return true;
}

static void put_ical(struct buf *to, const struct calendar_file *f)
{
	struct buf b;
	buf_init(&b, 4096);
	buf_put(to, STR("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Cityhall//Working days//EN\r\n"));
	put_text(to, "X-WR-TIMEZONE:", f->zone_name);
	put_text(to, "X-CITYHALL-ID:", f->id);
	put_hours(&b, &f->hours);
	for (int i = 0; i < 7; i++) {
		if (f->weekday[i].n > 0) {
			buf_printf(&b, "; %s ", calendar_weekdays[i]);
			put_hours(&b, &f->weekday[i]);
		}
	}
	put_text(to, "X-CITYHALL-HOURS:", buf_str(&b));
	buf_reset(&b);
	for (int i = 0; i < 7; i++) {
		if (f->weekend >> i & 1) {
			buf_printf(&b, "%s%s", b.n > 0 ? ", " : "", calendar_weekdays[i]);
		}
	}
	put_text(to, "X-CITYHALL-WEEKEND:", buf_str(&b));
	buf_release(&b);
	buf_printf(to, "X-CITYHALL-YEARS:%d-%d\r\n", date_of_day(f->first).year, date_of_day(f->last).year);
	for (size_t i = 0; i < f->n; i++) {
		for (int span = 0; has_effect(f, i) && (span == 0 || span < f->entries[i].hours.n); span++) {
			put_event(to, f, &f->entries[i], span);
		}
	}
	buf_put(to, STR("END:VCALENDAR\r\n"));
}

bool calendar_to_ical(struct str yaml, struct buf *ics, struct pack_report *report, struct err *e)
{
	struct arena a;
	struct calendar_file f;
	arena_init(&a, MEMORY_MAX);
	struct reader r = {.arena = &a, .report = report, .file = STR("calendar")};
	calendar_file_languages(&r, yaml);
	bool ok = calendar_file_read(&r, yaml, STR_EMPTY, &f);
	if (!ok) {
		err_set(e, a.is_full ? ERR_MEMORY : ERR_INVALID, "the calendar has mistakes");
	} else {
		put_ical(ics, &f);
		ok = buf_ok(ics, e);
	}
	arena_release(&a);
	return ok;
}
