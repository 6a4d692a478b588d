/* A case's days on another version of its calendar, and with the outages that are known by now. A case names the
 * version that its days were counted on, and until when outages are in them: so it is counted anew once, whether by the
 * recalculation that goes through all cases or, before, by whatever falls due of it.
 *
 * The recalculation takes many at once: one read finds clocks in the order of their keys and counts them, one job of a
 * place writes rows, steps and timers of many. It appends no event: the row keeps what was promised before, and since
 * when that has changed (was_due and what follows it), and each clock's own event and message follow, one transaction a
 * case, by case_say_moved_job or by whatever moves the case first. So a row tells nobody's days but the newest, no
 * alert of the old days is given, and each case's events stay in order, each once. Any thread. */
#ifndef CITYHALL_APP_CASES_COUNT_ANEW_H
#define CITYHALL_APP_CASES_COUNT_ANEW_H

#include "app/cases/moves.h"

struct case_anew {
	bool is_new;        /* else its days are as they should be */
	bool moves;         /* a day moves, or when silence speaks */
	int32_t days;       /* by so many, of the promise; else of another; below 0: it comes earlier */
	day_number changed; /* the first day of its time that is worked now and was not, or the other way round; 0: none */
	bool is_worked;     /* which of the two */
	bool has_answer_day, has_gap_day;
	day_number answer_day, gap_day; /* citizens' own limits, with what outages gave back */
	int64_t given_until_us;
	struct str why; /* "calendar", "outage" */
};
/* One case, if it is in process, counts by this calendar and is not counted so yet. */
struct case_count_anew {
	int64_t party, casefile;
	const struct calendar *is; /* NULL: outages alone */
	struct str why;            /* instead of "calendar"; or empty */
	struct app *app;
	/* What was seen; case_count_anew_job stands on it. */
	bool is_looked_at, is_due;
	int64_t version;
	const struct calendar *counted_by;
	struct case_anew anew;
	/* Another version of this calendar has to be loaded outside first (catalogue_calendar), and then it is seen again:
	   its file does not lie where the party's rows do. 0: none. */
	int32_t lacks;
	struct str calendar;
};
bool case_see_anew(struct tx *tx, struct case_count_anew *what, struct err *e) MUST_USE;
/* When something is due. ERR_CONFLICT: somebody moved the case since it was seen. */
store_job case_count_anew_job;

/* --- Many --------------------------------------------------------------------------------------------------------- */

struct counted_clock {
	int64_t party, casefile;
	bool is_due;         /* something is to be written */
	bool moves;          /* a day moves: else the row only says by what it counts */
	bool was_moved;      /* before, by this version, and nothing was said yet */
	bool has_other_turn; /* its timer moves */
	int32_t days;        /* by so many, as in case_anew */
	struct casefile_count_anew_in row;
	struct case_step_count_anew_in steps[STEP_KINDS]; /* whose days move */
	size_t step_n;
};
/* A read of route 0: the clocks that count by a calendar, after a key. */
struct count_clocks {
	struct app *app;
	struct str calendar;
	const struct calendar *is; /* the version to count by; NULL: that which each case names, outages alone */
	enum case_moved_why why;   /* when it is the calendar */
	int64_t after_party, after_casefile;
	int64_t until_party; /* the last one */
	bool only_behind;    /* those that are not counted so yet; else all, for they are counted themselves */
	size_t most;
	/* Out. */
	struct counted_clock *clocks; /* room for `most` */
	size_t n;
	int32_t lacks; /* as in case_count_anew: then nothing else is said */
};
store_job count_clocks_job;
/* Those that are due, all of one place, in a background job that is routed to one of them. ERR_CONFLICT: somebody moved
 * one of them since; nothing is written. */
struct write_clocks {
	const struct counted_clock *const *clocks;
	size_t n;
};
store_job write_clocks_job;

#endif
