/* When nobody served: known from the program's own log. Somebody who serves says so twice a minute, in one row for all
 * processes; who comes and finds that nobody said it for five minutes writes down an outage, before anything that fell
 * due in it is done. Demo time travel is none, unless it was said to be one. Any thread. */
#ifndef CITYHALL_APP_INSTALLATION_OUTAGE_H
#define CITYHALL_APP_INSTALLATION_OUTAGE_H

#include "app/app.h"
#include "base/legal_clock.h"

#define OUTAGE_LEAST_US (5 * US_PER_MIN)

/* At the start, before timers and requests, and then again and again: looks at the row at most twice a minute. */
bool serving_say(struct app *app, struct err *e) MUST_USE;

/* Inside a read or job of any route: those that ended after an instant, by their beginning, apart from each other; in
 * the transaction's arena. Legal time. */
bool outages_since(struct tx *tx, int64_t since_us, struct clock_outage **out, size_t *n, struct err *e) MUST_USE;

/* The same inside: a time that began at from_us and would end at *until_us ends later by all that nobody served in it.
 */
bool outages_give_back(struct tx *tx, int64_t from_us, int64_t *until_us, struct err *e) MUST_USE;

/* Inside a job: an outage that ended now. */
struct outage_span {
	int64_t from_us, until_us;
	bool is_told;
};
bool outage_note(struct tx *tx, const struct outage_span *span, struct err *e) MUST_USE;

#endif
