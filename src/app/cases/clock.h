/* The legal clock of a casefile: what base/legal_clock.h reads, kept in the casefile's row and its stops. Any thread.
 *
 * The row holds the rule that its service had (copied, so that a job needs no definition), when it was submitted,
 * accepted, decided, what it was extended by, and what its newest event said of all that: the days that were promised.
 * Lists show what was said; only an event changes it. No page, no act and no program sets a day: who moves a clock adds
 * a stop, ends one, or extends it by what the service allows. */
#ifndef CITYHALL_APP_CASES_CLOCK_H
#define CITYHALL_APP_CASES_CLOCK_H

#include "app/cases/cases.sql.h"
#include "app/catalogue/definition.h"
#include "base/legal_clock.h"

#define STOP_APPLICANT "applicant" /* a correction, where the service lists no reason of its own for it */
#define STOP_CLOSED "closed"       /* it had ended, and was opened again */
enum { STOPS_MOST = 100 };

/* A step with a limit of its own that is going on (steps.h). */
struct case_step {
	int64_t id;
	enum case_step_kind kind;
	struct clock_limit limit;
	struct clock_moment since;
	bool is_said; /* that it has run out */
	day_number due_day;
	int64_t due_us; /* as the newest event said both */
};

struct case_clock {
	struct legal_clock clock;
	const struct clock_stop_list_out *rows; /* its stops in the same order: clock.stops[i].reason is i */
	struct case_step steps[STEP_KINDS];     /* that go on, by when they began */
	size_t step_n;
};
/* What its service says, into the row of a new case. */
void case_rule_copy(const struct clock_rule *rule, struct casefile_insert_in *row);
/* In a read or job of the party's route; rows live in its arena. A case that never stood costs no statement, nor does
 * one without steps. */
bool case_clock_load(struct tx *tx, const struct casefile_get_out *c, struct case_clock *out, struct err *e) MUST_USE;
/* The same for who reads many: `outages` are all that there were, by their beginning. */
bool case_clock_load_with(struct tx *tx, const struct casefile_get_out *c, const struct clock_outage *outages, size_t n,
                          struct case_clock *out, struct err *e) MUST_USE;
/* As it was promised at first: nothing stopped, nothing extended, read at its beginning. */
void case_clock_promised(const struct casefile_get_out *c, struct legal_clock *out);
/* The reason of the stop that is open, the newest of several; empty: none is. */
struct str case_clock_stop(const struct case_clock *k, int64_t now_us);
/* A clock that begins with the acceptance reads, until then, as if that were at its submission. */
void case_clock_face(const struct calendar *c, const struct legal_clock *clock, int64_t now_us, struct clock_face *out);

/* The next instant at which it or one of its steps turns; CLOCK_NEVER. */
int64_t case_clock_next(const struct calendar *c, const struct case_clock *k, const struct clock_face *face,
                        int64_t now_us);

/* What an event says of it, into the row: begun_day, due_day, legal_day, stood_days and their like, as of now_us. */
void case_clock_say(const struct case_clock *k, const struct clock_face *face, int64_t now_us,
                    struct casefile_get_out *c);

/* What a page shows. */
struct case_dates {
	bool has_begun; /* else it waits for the acceptance: the days are those of a clock that had begun at once */
	enum clock_unit unit;
	enum clock_level level;
	day_number promised, legal; /* while the clock stands they move on with every working day */
	int64_t promised_us;        /* of a limit in hours: the instant */
	int32_t left_days; /* until the promised day, today counted: 1 is due today; negative: late by so many working days
	                    */
	int64_t left_minutes; /* the same to the minute, for a limit in hours */
	int32_t ran_days;     /* counted days that are over, without those that stood; the day of the decision counts */
	int32_t stood_days;   /* up to today */
	bool stands;
	bool has_ended; /* decided, or ended otherwise: nothing is left and nothing is late any more */
};
void case_dates_of(const struct clock_face *face, enum clock_unit unit, struct case_dates *out);

/* What the newest event said of a clock, as lists have it; and what that is now. */
struct case_said {
	enum clock_unit unit;
	enum clock_level level;
	bool has_begun, stands, has_stood, has_ended;
	day_number begun, due, legal, stands_since, stood_until, ended;
	int32_t stood_days;
	int64_t due_us, said_us;
};
/* From a row of the casefile's list or of the queue. */
#define CASE_SAID(row, level_, has_ended_, ended_)                  \
	((struct case_said){.unit = (enum clock_unit)(row)->limit_unit, \
	                    .level = (enum clock_level)(level_),        \
	                    .has_begun = (row)->has_begun_day,          \
	                    .stands = (row)->has_stands_since,          \
	                    .has_stood = (row)->has_stood_until,        \
	                    .has_ended = (has_ended_),                  \
	                    .begun = (row)->begun_day,                  \
	                    .due = (row)->due_day,                      \
	                    .legal = (row)->legal_day,                  \
	                    .stands_since = (row)->stands_since,        \
	                    .stood_until = (row)->stood_until,          \
	                    .ended = (ended_),                          \
	                    .stood_days = (int32_t)(row)->stood_days,   \
	                    .due_us = (row)->due_at,                    \
	                    .said_us = (row)->said_at})
/* Of a clock that was stopped on its very last day, and of the day by law of one in hours, this may be a day off while
 * it stands; the case's own page reads the whole clock. */
void case_dates_said(const struct calendar *c, const struct case_said *said, int64_t now_us, struct case_dates *out);

/* "working-days" and the like, as service.yaml and events say it. */
struct str clock_unit_word(enum clock_unit unit);
enum clock_unit clock_unit_named(struct str word); /* working days for any other word */

#endif
