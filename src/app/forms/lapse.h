/* An application that was begun and not sent lapses when nobody changed it for app->draft_keep_us: the draft, its
 * answers and its files are removed, and one event says that it was so. What waits for its turn in a bundle does not
 * lapse.
 *
 * A draft has one timer, set when it becomes open. A change does not move it: when it fires it looks at the day of the
 * last change and sets itself anew. */
#ifndef CITYHALL_APP_FORMS_LAPSE_H
#define CITYHALL_APP_FORMS_LAPSE_H

#include "app/app.h"
#include "base/date.h"

enum { LAPSE_NOTICE_DAYS = 7 };

/* In the job that opens the draft, with the instant of its last change; and in the one that sends or discards it. */
bool lapse_begin(struct tx *tx, int64_t keep_us, int64_t party, int64_t draft, int64_t changed_us,
                 struct err *e) MUST_USE;
bool lapse_end(struct tx *tx, int64_t party, int64_t draft, struct err *e) MUST_USE;

/* What people are told: it is kept to the end of this day, in the city's zone. */
day_number lapse_kept_until(struct req *r, int64_t changed_us);
/* In the last days: they are told without looking for it. */
bool lapse_is_near(struct req *r, int64_t changed_us);

#endif
