/* A case's days on another version of its calendar, and with the outages that are known by now. A case names the
 * version that its days were counted on, and until when outages are in them: so it is counted anew once, whether by the
 * recalculation that goes through all cases or, before, by whatever falls due of it. Any thread. */
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
/* In a read or job of the party's route. `was` is the version that the case names. */
bool case_look_anew(struct tx *tx, const struct casefile_get_out *c, const struct calendar *was,
                    const struct calendar *is, struct case_anew *out, struct err *e) MUST_USE;

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

#endif
