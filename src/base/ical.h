/* Calendars of other programs: iCalendar (RFC 5545) as far as holidays need it. One VCALENDAR, version 2.0; its VEVENTs
 * with DTSTART and DTEND or DURATION as dates or times (local, UTC or of a zone), RRULE (FREQ=YEARLY with INTERVAL,
 * COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY), RDATE, EXDATE, SUMMARY. Other components are passed over; what would
 * change an event's days and is not read here (another frequency, RECURRENCE-ID, periods) is refused. Lines may end
 * with LF alone. Strict: the first mistake ends it, with its line. The result lives in the arena. Any thread. */
#ifndef CITYHALL_BASE_ICAL_H
#define CITYHALL_BASE_ICAL_H

#include "base/arena.h"
#include "base/date.h"
#include "base/err.h"
#include "base/zone.h"

enum { ICAL_BYTES_MAX = 8 << 20, ICAL_EVENTS_MAX = 5000, ICAL_DATES_MAX = 400, ICAL_OCCURRENCES_MAX = 50000 };

struct ical_time {
	enum { ICAL_DATE, ICAL_LOCAL, ICAL_UTC, ICAL_ZONED } kind;
	day_number day;
	int32_t second;  /* of the day; 0 for a date */
	struct str zone; /* ICAL_ZONED: TZID */
};

enum { ICAL_NTH_MAX = 40 };
struct ical_rule {
	int64_t interval, count; /* count 0: without end */
	bool has_until;
	struct ical_time until;
	uint16_t months; /* bit 1 January ... bit 12 December; 0: any */
	int8_t days[62]; /* BYMONTHDAY, -31 to 31 */
	size_t day_n;
	struct ical_nth {
		int8_t n, weekday; /* n 0: every; -53 to 53; 0 Monday to 6 Sunday */
	} nths[ICAL_NTH_MAX];
	size_t nth_n;
};

struct ical_text {
	struct str language; /* empty: not said */
	struct str text;     /* unescaped */
};

struct ical_event {
	int line; /* of its BEGIN */
	struct ical_time start;
	int64_t lasts_s; /* seconds; whole days for a date */
	bool has_rule;
	struct ical_rule rule;
	struct ical_time *more, *less; /* RDATE, EXDATE */
	size_t more_n, less_n;
	struct ical_text summary, name; /* name: X-CITYHALL-NAME, the same in another language */
	struct str day_kind;            /* X-CITYHALL-DAY */
};

struct ical {
	struct str zone;                      /* X-WR-TIMEZONE, or empty */
	struct str id, hours, weekend, years; /* X-CITYHALL-..., as our own export writes them */
	struct ical_event *events;
	size_t n;
};

bool ical_parse(struct arena *a, struct str bytes, struct ical *out, struct err *e) MUST_USE;

/* One time that an event takes place, in a zone's local time. */
struct ical_occurrence {
	const struct ical_event *event;
	day_number day;
	int32_t second;     /* of the day */
	day_number end_day; /* the end, not included: 00:00 of the next day for one whole day */
	int32_t end_second;
	bool is_timed;
};
/* All that begin in these days, in order of days. `zone` is that of the result and of local times. */
bool ical_occurrences(struct arena *a, const struct ical *c, const struct zone *zone, day_number first, day_number last,
                      struct ical_occurrence **out, size_t *n, struct err *e) MUST_USE;

#endif
