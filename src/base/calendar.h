/* Working days and hours of an institution: weekends, holidays, make-up workdays, half days, office hours, zone. A
 * calendar is an immutable version; a change makes a new one. Any thread.
 *
 * The axis: every working day has a number (0 is the first working day on or after 1970-01-01 that the calendar
 * covers), every working minute too. Arithmetic on deadlines is arithmetic on these numbers; dates are a projection. "n
 * working days after day d" does not count d itself: day 1 is the next working day (the usual rule: the day of the
 * event is not counted).
 *
 * A day that the zone's clocks left out altogether (Samoa, 30 December 2011) is nobody's working day.
 *
 * Outside of the covered days everything clamps to the first or last working day; who must not be told a clamped date
 * asks calendar_covers() about the days that went in, and whether the answer is the last working day. */
#ifndef CITYHALL_BASE_CALENDAR_H
#define CITYHALL_BASE_CALENDAR_H

#include "base/date.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/zone.h"

struct calendar;

enum { OFFICE_SPANS_MAX = 4 };

/* Office hours of one day in minutes after midnight: spans in ascending order with time between them, each 0 <= from <
 * to <= 1440. n = 0: none. */
struct office_hours {
	struct office_span {
		int16_t from_min, to_min;
	} spans[OFFICE_SPANS_MAX];
	uint8_t n;
};
#define OFFICE_HOURS(from_min, to_min)            \
	(struct office_hours)                         \
	{                                             \
		.spans = {{(from_min), (to_min)}}, .n = 1 \
	}

struct calendar_day {
	day_number day;
	bool is_working;           /* false: holiday; true: make-up workday or half day */
	struct office_hours hours; /* of that day; none: the usual ones */
};

struct calendar_spec {
	struct str id; /* "port-linden" */
	int32_t version;
	const struct zone *zone;         /* borrowed; outlives the calendar */
	uint8_t weekend;                 /* bit 0 Monday ... bit 6 Sunday: days off */
	struct office_hours hours;       /* the usual ones */
	struct office_hours weekday[7];  /* Monday to Sunday; none: the usual ones */
	const struct calendar_day *days; /* exceptions in any order; no day twice, none outside of first to last */
	size_t day_n;
	day_number first, last; /* days covered, at most 60 years */
};

/* ERR_INVALID: the spec is wrong; the text names the day. */
bool calendar_new(const struct calendar_spec *spec, struct calendar **out, struct err *e) MUST_USE;
void calendar_free(struct calendar *c);
struct str calendar_id(const struct calendar *c);
int32_t calendar_version(const struct calendar *c);
const struct zone *calendar_zone(const struct calendar *c);
day_number calendar_first(const struct calendar *c);
day_number calendar_last(const struct calendar *c);
/* SHA-256 of all that dates depend on: the days covered, which of them are worked, their hours, and the zone's offsets
 * in that time. Two calendars that count alike have the same digest; a change of the zone's data that moves anything
 * changes it. */
const uint8_t *calendar_digest(const struct calendar *c);
/* What its zone says about the days covered: zone_write(). */
void calendar_zone_write(const struct calendar *c, struct buf *out);
bool calendar_covers(const struct calendar *c, day_number day);
bool calendar_is_working(const struct calendar *c, day_number day); /* false for a day that is not covered */
/* Number on the axis of the first working day on or after `day` / the working day with that number. O(1). */
int32_t calendar_index(const struct calendar *c, day_number day);
day_number calendar_day_at(const struct calendar *c, int32_t index);
/* The n-th working day after `day`; n = 0 gives the first working day on or after it; n < 0 the -n-th before it. O(1).
 */
day_number calendar_add(const struct calendar *c, day_number day, int32_t n);
/* Working days in (from, to]: how many are counted when going from one to the other; negative when to < from. O(1). */
int32_t calendar_between(const struct calendar *c, day_number from, day_number to);
/* Office hours of a working day; none for any other day. */
struct office_hours calendar_hours(const struct calendar *c, day_number day);
/* The number that the axis of working minutes has reached when a local day begins. O(1). */
int64_t calendar_minutes_before(const struct calendar *c, day_number day);
/* Working minutes on the axis: the whole ones passed from the axis' zero to an instant, and the first instant at which
 * a number is reached (the end of a day's hours, not the beginning of the next day's). O(log n). */
int64_t calendar_minutes_at(const struct calendar *c, int64_t utc_us);
int64_t calendar_instant_of(const struct calendar *c, int64_t working_minute);

#endif
