/* Read marks: up to which event an official has seen a case. And who reads: the official, and those for whom the
 * official stands in. */
#ifndef CITYHALL_APP_DESK_LOOK_H
#define CITYHALL_APP_DESK_LOOK_H

#include "app/cases/facts.h"
#include "app/desk/filter.h"
#include "app/people/viewer.h"

bool look_reader(struct req *r, const struct institution *at, struct filter_reader *out, struct err *e) MUST_USE;

/* In a read routed to the institution: the event up to which the account has seen each case; 0: never looked. */
bool look_marks(struct tx *tx, int64_t institution, int64_t account, const int64_t *cases, size_t n, int64_t *marks,
                struct err *e) MUST_USE;

/* What is new to this reader on the page of a case: events after `event`, since the instant `since_us`. */
struct look_since {
	bool is_known; /* there was a look before */
	int64_t event, since_us;
};
/* Marks the case as seen up to its newest event, and says what was seen before. The page opened again within the hour
 * says the same. */
bool look_at_case(struct req *r, const struct case_facts *f, struct look_since *out, struct err *e) MUST_USE;

#endif
