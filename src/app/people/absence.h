/* Who of an institution is away, and who stands in meanwhile. The cases of somebody who is away appear with the deputy,
 * who may take them over; a deputy who is away has one too, and so on. Any thread. */
#ifndef CITYHALL_APP_PEOPLE_ABSENCE_H
#define CITYHALL_APP_PEOPLE_ABSENCE_H

#include "base/date.h"
#include "store/store.h"

enum { STAND_IN_MOST = 7, ABSENCES_MOST = 500 };

struct absence {
	int64_t id, account, deputy; /* deputy 0: nobody stands in */
	struct str name, deputy_name;
	day_number from, until; /* both are days of absence */
};
struct absence_list {
	struct absence *items; /* by their last day */
	size_t n;
};
/* Those of an institution that are not over on `today`. */
bool people_absences(struct store *s, struct arena *a, int64_t institution, day_number today, struct absence_list *out,
                     struct err *e) MUST_USE;
/* For whom the account stands in today; at most STAND_IN_MOST, in `of`. */
bool people_stands_in_for(struct store *s, struct arena *a, int64_t institution, day_number today, int64_t account,
                          int64_t of[STAND_IN_MOST], size_t *n, struct err *e) MUST_USE;
/* The same from a list. */
void absences_stood_in(const struct absence_list *l, day_number today, int64_t account, int64_t of[STAND_IN_MOST],
                       size_t *n);

struct absence_change {
	int64_t institution;
	struct absence absence; /* its id is given by the job */
	int64_t by;
};
store_job people_absence_add_job; /* ctx: struct absence_change; route: the institution */
struct absence_ending {
	int64_t institution, id;
	day_number last, today; /* last: the last day of absence now */
};
store_job people_absence_end_job; /* ERR_CONFLICT: it is over, or ended before */

/* Is this account an official of the institution, and can it sign in? */
bool people_is_official(struct store *s, struct arena *a, int64_t account, int64_t institution, bool *is,
                        struct err *e) MUST_USE;

#endif
