/* A party's own cases, for lists. */
#ifndef CITYHALL_APP_CASES_OWN_H
#define CITYHALL_APP_CASES_OWN_H

#include "app/cases/cases.sql.h"
#include "base/err.h"

/* At most `most` cases that were begun before `before` (INT64_MAX: all), newest first, into `rows`. In a read routed to
 * the party. */
bool cases_of_party(struct tx *tx, int64_t party, int64_t before, size_t most, struct casefile_of_party_out *rows,
                    size_t *n, struct err *e) MUST_USE;

#endif
