/* The cases room: submission, the life of a casefile as a table of moves, queue, correction, decision, letters,
 * receipt.
 *
 * A casefile belongs to one party, the applicant; every move is one transaction on its root row and one event. The
 * institution's queue, the look-ups by number and by receipt code are read models fed by the relay (read_models.c). */
#ifndef CITYHALL_APP_CASES_CASES_H
#define CITYHALL_APP_CASES_CASES_H

#include "app/app.h"
#include "app/check.h"
#include "store/errand.h"
#include "store/timer.h"

struct mail_digest;
bool cases_digest(struct app *app, int64_t account, int64_t institution, struct mail_digest *add,
                  struct err *e) MUST_USE; /* digest.c */
extern const struct route cases_routes[];
extern const struct event_subscriber cases_subscribers[];
extern const struct timer_kind cases_timers[];
extern const struct errand_kind cases_errands[];    /* ended by name NULL */
extern const struct read_model cases_read_models[]; /* ended by table NULL */
bool cases_check(struct check *c, struct err *e) MUST_USE;

/* Case serials are leased from the store in blocks of 1,000, so that a submission claims no common row; gaps are
 * allowed. */
bool case_serials_new(struct case_serials **out, struct err *e) MUST_USE;
void case_serials_free(struct case_serials *s);

#endif
