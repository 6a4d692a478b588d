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

/* All of them, by their beginning, apart from each other; stays valid until the program ends. Legal time. */
size_t outages_all(const struct app *app, const struct clock_outage **out);
/* For watch: how many there are, and to bring this process up to them. */
bool outages_read(struct tx *tx, int64_t *n, struct err *e) MUST_USE;
bool outages_follow(struct app *app, int64_t n, struct err *e) MUST_USE;
void outages_close(struct app *app);

/* Inside a job: an outage that ended now. */
struct outage_span {
	int64_t from_us, until_us;
	bool is_told;
};
bool outage_note(struct tx *tx, const struct outage_span *span, struct err *e) MUST_USE;

#endif
