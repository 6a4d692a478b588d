/* When the events of an iCalendar file take place. */
#include <stdlib.h>

#include "base/ical.h"
#include "base/time_source.h"

enum { LOOKS_MAX = 20000000 };

struct expansion {
	struct arena *arena;
	const struct zone *zone;
	struct zone *other; /* the zone that was asked for last */
	day_number first, last;
	struct ical_occurrence *items;
	size_t n, room;
	int64_t looks;
	struct err *e;
};

static bool refuse(struct expansion *x, const struct ical_event *ev, const char *why)
{
	return err_set(x->e, ERR_INVALID, "line %d: %s", ev->line, why);
}

static bool matches_weekday(const struct ical_rule *rule, struct date d, day_number day)
{
	int weekday = date_weekday(day);
	for (size_t i = 0; i < rule->nth_n; i++) {
		const struct ical_nth *nth = &rule->nths[i];
		int before, after;
		if (rule->months != 0) {
			before = (d.day - 1) / 7 + 1;
			after = (date_month_days(d.year, d.month) - d.day) / 7 + 1;
		} else {
			before = (day - date_to_day((struct date){d.year, 1, 1})) / 7 + 1;
			after = (date_to_day((struct date){d.year, 12, 31}) - day) / 7 + 1;
		}
		if (nth->weekday == weekday && (nth->n == 0 || nth->n == before || nth->n == -after)) {
			return true;
		}
	}
	return false;
}

/* RFC 5545, 3.3.10, for FREQ=YEARLY. */
static bool matches(const struct ical_rule *rule, struct date start, struct date d, day_number day)
{
	if (rule->months != 0 && (rule->months >> d.month & 1) == 0) {
		return false;
	}
	if (rule->day_n == 0 && rule->nth_n == 0) {
		return d.day == start.day && (rule->months != 0 || d.month == start.month);
	}
	bool is_good = rule->day_n == 0;
	int days = date_month_days(d.year, d.month);
	for (size_t i = 0; i < rule->day_n; i++) {
		is_good = is_good || rule->days[i] == d.day || rule->days[i] == d.day - days - 1;
	}
	return is_good && (rule->nth_n == 0 || matches_weekday(rule, d, day));
}

static bool same_start(const struct ical_time *a, day_number day, int32_t second)
{
	return a->day == day && a->second == second;
}

/* One begin, as it is written. */
static bool add(struct expansion *x, const struct ical_event *ev, const struct ical_time *t)
{
	struct ical_occurrence o = {.event = ev, .day = t->day, .second = t->second, .is_timed = t->kind != ICAL_DATE};
	day_number end_day = t->day + (day_number)((t->second + ev->lasts_s) / 86400);
	o.end_day = end_day;
	o.end_second = (int32_t)((t->second + ev->lasts_s) % 86400);
	const struct zone *zone = x->zone;
	if (t->kind == ICAL_ZONED && !str_eq(t->zone, zone_name(x->zone))) {
		if (x->other == NULL || !str_eq(zone_name(x->other), t->zone)) {
			zone_free(x->other);
			x->other = NULL;
			if (!zone_load(t->zone, &x->other, x->e)) {
				return x->e->code == ERR_MEMORY ? false : refuse(x, ev, "its TZID is no zone of the IANA list");
			}
		}
		zone = x->other;
	}
	if (t->kind == ICAL_UTC || zone != x->zone) {
		int64_t begin_us = t->kind == ICAL_UTC ? (int64_t)t->day * US_PER_DAY + t->second * US_PER_S
		                                       : zone_instant_us(zone, t->day, t->second);
		int64_t end_us =
			t->kind == ICAL_UTC ? begin_us + ev->lasts_s * US_PER_S : zone_instant_us(zone, o.end_day, o.end_second);
		struct local_time begin = zone_local(x->zone, begin_us), end = zone_local(x->zone, end_us);
		o.day = begin.day;
		o.second = begin.second;
		o.end_day = end.day;
		o.end_second = end.second;
	}
	if (o.day < x->first || o.day > x->last) {
		return true;
	}
	if (x->n == x->room) {
		size_t room = x->room == 0 ? 256 : x->room * 2;
		struct ical_occurrence *more =
			x->n < ICAL_OCCURRENCES_MAX ? arena_new(x->arena, struct ical_occurrence, room) : NULL;
		if (more == NULL) {
			return refuse(x, ev, "the calendar has too many events");
		}
		if (x->n > 0) {
			memcpy(more, x->items, x->n * sizeof *more);
		}
		x->items = more;
		x->room = room;
	}
	x->items[x->n++] = o;
	return true;
}

static bool is_excluded(const struct ical_event *ev, day_number day, int32_t second)
{
	for (size_t i = 0; i < ev->less_n; i++) {
		if (same_start(&ev->less[i], day, second)) {
			return true;
		}
	}
	return false;
}

static bool is_past_until(const struct ical_rule *rule, day_number day, int32_t second)
{
	const struct ical_time *u = &rule->until;
	return rule->has_until && (day > u->day || (day == u->day && u->kind == ICAL_LOCAL && second > u->second));
}

static bool expand_rule(struct expansion *x, const struct ical_event *ev)
{
	const struct ical_rule *rule = &ev->rule;
	struct date start = date_of_day(ev->start.day);
	int64_t count = 0;
	if (!matches(rule, start, start, ev->start.day)) {
		return refuse(x, ev, "its DTSTART is none of the days of its RRULE");
	}
	/* A day more: another zone may show it a day later or earlier. */
	for (int64_t year = start.year; year <= date_of_day(x->last).year + 1 && year <= 9999; year += rule->interval) {
		for (int32_t month = 1; month <= 12; month++) {
			if (rule->months != 0 && (rule->months >> month & 1) == 0) {
				continue;
			}
			for (int32_t d = 1; d <= date_month_days((int32_t)year, month); d++) {
				struct date date = {(int32_t)year, month, d};
				day_number day = date_to_day(date);
				if (++x->looks > LOOKS_MAX) {
					return refuse(x, ev, "its rule is too long");
				}
				if (day < ev->start.day || !matches(rule, start, date, day)) {
					continue;
				}
				if (is_past_until(rule, day, ev->start.second) || (rule->count > 0 && ++count > rule->count)) {
					return true;
				}
				struct ical_time at = ev->start;
				at.day = day;
				if (!is_excluded(ev, day, ev->start.second) && !add(x, ev, &at)) {
					return false;
				}
			}
		}
	}
	return true;
}

static bool expand(struct expansion *x, const struct ical_event *ev)
{
	bool ok = ev->has_rule                                       ? expand_rule(x, ev)
	          : is_excluded(ev, ev->start.day, ev->start.second) ? true
	                                                             : add(x, ev, &ev->start);
	for (size_t i = 0; ok && i < ev->more_n; i++) {
		ok = is_excluded(ev, ev->more[i].day, ev->more[i].second) || add(x, ev, &ev->more[i]);
	}
	return ok;
}

static int by_day(const void *a, const void *b)
{
	const struct ical_occurrence *x = a, *y = b;
	int64_t left = (int64_t)x->day * 86400 + x->second, right = (int64_t)y->day * 86400 + y->second;
	return left != right ? (left < right ? -1 : 1)
	                     : (x->event->line > y->event->line) - (x->event->line < y->event->line);
}

bool ical_occurrences(struct arena *a, const struct ical *c, const struct zone *zone, day_number first, day_number last,
                      struct ical_occurrence **out, size_t *n, struct err *e)
{
	struct err mine = {0};
	struct expansion x = {.arena = a, .zone = zone, .first = first, .last = last, .e = &mine};
	bool ok = true;
	for (size_t i = 0; ok && i < c->n; i++) {
		ok = expand(&x, &c->events[i]);
	}
	zone_free(x.other);
	if (a->is_full || (!ok && mine.code == ERR_MEMORY)) {
		return err_set(e, ERR_MEMORY, "no memory for a calendar");
	}
	if (!ok) {
		if (e != NULL) {
			*e = mine;
		}
		return false;
	}
	if (x.n > 0) {
		qsort(x.items, x.n, sizeof *x.items, by_day);
	}
	*out = x.items;
	*n = x.n;
	return true;
}
