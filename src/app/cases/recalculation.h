/* Clocks are counted anew: after a calendar changed (a day that an office adds, a published pack, other data of a zone)
 * and after a time in which nobody served. One row says what it is for, where it has come to and what it did; a thread
 * goes through the running clocks of the calendars concerned in the order of their keys, a thousand a step, a hundred
 * and some in a transaction (count_anew.h), until a pass finds none to move. Then it goes through those that moved and
 * says it of each in a transaction of its own, no faster than the relay takes the events. Who stops it in the middle
 * loses nothing and does nothing twice. A day is counted first and changes nothing until somebody publishes it. Any
 * thread. */
#ifndef CITYHALL_APP_CASES_RECALCULATION_H
#define CITYHALL_APP_CASES_RECALCULATION_H

#include "app/cases/cases.sql.h"
#include "app/catalogue/published.h"

enum recalculation_cause { CAUSE_DAY = 1, CAUSE_PACK, CAUSE_ZONE, CAUSE_OUTAGE };
enum recalculation_state {
	RECALC_COUNTING = 1,
	RECALC_COUNTED,
	RECALC_RUNNING,
	RECALC_DONE,
	RECALC_DISCARDED,
	RECALC_TELLING /* all are moved; events and messages follow */
};

/* One step of all that are to be done, and of what has to be done but nobody has noticed; tests, and the thread of
 * repairs, call it. */
bool recalculations_step(struct app *app, bool *is_more, struct err *e) MUST_USE;

/* Somebody asks what a day would move. Route CATALOGUE_ROUTE; result[0] is its id. */
struct recalculation_ask {
	int64_t id, institution, account;
	struct str name; /* of the account */
	struct str calendar, title, body;
	int32_t version; /* of the calendar that it is a change of */
	day_number day;
};
store_job recalculation_ask_job;
/* And publishes it, in one transaction with the publication; ERR_CONFLICT: it is published, or another one was. */
struct recalculation_publish {
	int64_t id, version; /* root row */
	int64_t account;
	struct str name;
	int32_t to_version;
	const struct publication *publication;
};
store_job recalculation_publish_job;
bool recalculation_read(struct app *app, struct arena *a, int64_t id, struct recalculation_get_out *out,
                        struct err *e) MUST_USE;
/* The newest of a calendar that changed something or are under way, at most `most`. */
bool recalculations_of(struct app *app, struct arena *a, struct str calendar, struct recalculation_get_out *out,
                       size_t most, size_t *n, struct err *e) MUST_USE;
/* One that is under way, of a calendar or of any (empty); *found false: none is. Until it is done, what lists show and
 * messages said may be the days before; the page of a case reads its own clock. */
bool recalculation_under_way(struct app *app, struct arena *a, struct str calendar, struct recalculation_get_out *out,
                             struct err *e) MUST_USE;
/* The same in a sentence, with its progress, for the head of a list; empty: none is. Request threads. */
struct req;
bool recalculation_line(struct req *r, struct str calendar, struct str *out, struct err *e) MUST_USE;

#endif
