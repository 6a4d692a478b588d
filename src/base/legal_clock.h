/* The legal clock: how long something may take, by law and by promise, and how long it has taken. Plain values and
 * arithmetic on one version of a calendar: no store, no time source; any thread.
 *
 * A limit is counted in
 *   working hours   to the minute, from the instant of the start;
 *   working days    the day of the start is not counted, the first working day after it is day 1, and the limit has run
 *                   out when its last day ends (midnight, not closing time);
 *   calendar days   the same with all days; a last day on which nobody works moves to the next working day;
 *   months          to the day of the month of the start, or the month's last one; then as calendar days
 * (Regulation (EEC, Euratom) 1182/71, sections 187 to 193 of the German civil code and articles 201 to 203 of the
 * Chinese one agree in what is not counted and in where a last day off goes). An extension is counted from where the
 * limit would have run out, with all that it stood; a limit that had run out when it was made is not brought back.
 *
 * A clock stands while one stop at least is open. Limits in hours stand to the minute. Limits in days stand whole days:
 * from the day after the stop began up to and including the day on which it ended, and they run again with the next
 * working day; a stop that ended on the day on which it began has not stood. A stop that has a longest time ends by
 * itself when that is over. A stop that begins after a limit has run out does not bring it back; one that begins on
 * its last day keeps it from running out as long as it stands.
 *
 * Everything is read as of an instant: what happens after it does not count yet. So a stretch of the past can be read
 * as it was then, and recomputing a clock on another version of the calendar is reading it with that version.
 *
 * A step with a limit of its own is a clock of its own, started when the step began. */
#ifndef CITYHALL_BASE_LEGAL_CLOCK_H
#define CITYHALL_BASE_LEGAL_CLOCK_H

#include "base/calendar.h"

#define CLOCK_NEVER INT64_MAX

enum clock_unit { CLOCK_WORKING_HOURS, CLOCK_WORKING_DAYS, CLOCK_CALENDAR_DAYS, CLOCK_MONTHS };

struct clock_limit {
	enum clock_unit unit;
	int32_t n; /* 0: there is none; at most CLOCK_LIMIT_MAX */
};
enum { CLOCK_LIMIT_MAX = 100000 };

/* When something counts: the instant, and the local day that those concerned saw; the day is kept, also when the zone's
 * data change later. */
struct clock_moment {
	day_number day;
	int64_t us;
};
struct clock_moment clock_moment_at(const struct calendar *c, int64_t us);

/* How long before its end a limit turns: the shorter of a share of it and `most`, which is in working hours or days.
 * Days left count today: 2 working days before is when the last but one begins. A share is of the time that runs:
 * working minutes of a limit in hours, else working days and parts of the minutes of one. */
struct clock_lead {
	int32_t percent; /* 0 to 100 */
	struct clock_limit most;
};
extern const struct clock_lead clock_lead_orange; /* 20%, 2 working days */
extern const struct clock_lead clock_lead_red;    /* 10%, 1 working day */

enum clock_silence { SILENCE_NOTHING, SILENCE_GRANTS, SILENCE_REFUSES, SILENCE_ESCALATES };
enum clock_start { CLOCK_FROM_SUBMISSION, CLOCK_FROM_ACCEPTANCE };

/* What the service says. */
struct clock_rule {
	enum clock_start from;
	struct clock_limit committed, statutory;
	struct clock_lead orange, red;
	enum clock_silence silence; /* when the statutory limit has run out */
};

struct clock_stop {
	struct clock_moment since, until;
	bool has_ended;
	bool is_applicants;      /* waits for the applicant: the longest time moves by outages */
	struct clock_limit most; /* longest time; n = 0: any */
	int32_t reason;          /* the caller's */
};

/* The program was off. */
struct clock_outage {
	int64_t from_us, until_us;
};

struct legal_clock {
	struct clock_rule rule;
	struct clock_moment submitted, accepted;
	bool is_accepted;
	bool has_ended;
	struct clock_moment ended; /* decided, withdrawn, lapsed */
	struct clock_limit extension;
	int64_t extended_us;            /* when */
	const struct clock_stop *stops; /* by since */
	size_t stop_n;
	const struct clock_outage *outages; /* by from, apart from each other */
	size_t outage_n;
};

enum clock_level { CLOCK_GREEN, CLOCK_ORANGE, CLOCK_RED, CLOCK_PAST };
enum clock_which { CLOCK_COMMITTED, CLOCK_STATUTORY, CLOCK_LIMITS };

struct clock_due {
	bool is_there;   /* else nothing below is said */
	bool is_covered; /* false: the calendar's years end before; the rest is where they end */
	bool is_exact;   /* counted in hours */
	day_number day;  /* the last day */
	int64_t minute;  /* the working minute that has to be reached */
	int64_t us;      /* the instant at which the limit has run out */
	int64_t orange_us, red_us;
	enum clock_level level;
	int32_t left_days;    /* working days until the last one, today counted: 1 is due today; below 0: late by so many */
	int64_t left_minutes; /* working minutes; below 0: late by so many */
};

struct clock_face {
	bool has_begun, stands, has_ended;
	struct clock_due due[CLOCK_LIMITS]; /* while the clock stands they move on with time */
	enum clock_which next;              /* the limit that runs out next; CLOCK_LIMITS: none is left */
	enum clock_level level;             /* the highest; while the clock stands, the one with which it stopped */
	int32_t ran_days, stood_days;       /* working days that are over; the day of the end counts as run */
	int64_t ran_minutes, stood_minutes;
	int64_t silence_us;         /* CLOCK_NEVER: it says nothing, or the clock stands */
	int64_t given_back_minutes; /* working minutes of outages that silence waits for */
	int64_t turns_us;           /* the next instant at which a level turns, a stop ends by itself or silence speaks */
};

/* One instant of one clock. */
void legal_clock_read(const struct calendar *c, const struct legal_clock *clock, int64_t now_us,
                      struct clock_face *out);

/* The last day and instant of somebody's own time limit, such as the applicant's for an answer: outages within it are
 * added, whole days with it. Only day, minute, us, is_exact and is_covered are set. */
void legal_clock_deadline(const struct calendar *c, const struct clock_moment *since, struct clock_limit limit,
                          const struct clock_outage *outages, size_t outage_n, struct clock_due *out);

/* The story: it ran, stood, ran. In days or to the minute, as the limit that comes first is counted. */
struct clock_segment {
	bool stood;
	bool has_lapsed;             /* the stop's longest time was over */
	bool is_open;                /* still going on */
	int32_t reason;              /* of the stop that began it */
	day_number from_day, to_day; /* first and last; to_day before from_day: not one whole day */
	int64_t from_us, to_us;
	int32_t working_days, calendar_days;
	int64_t working_minutes;
};
/* How many there are; writes at most `room`. stop_n * 2 + 1 is enough. */
size_t legal_clock_story(const struct calendar *c, const struct legal_clock *clock, int64_t now_us,
                         struct clock_segment *out, size_t room);

/* What another version of the calendar does to a clock that has not ended; false: nothing moves. */
struct clock_change {
	struct clock_face was, is;
};
bool legal_clock_compare(const struct calendar *was, const struct calendar *is, const struct legal_clock *clock,
                         int64_t now_us, struct clock_change *out);

#endif
