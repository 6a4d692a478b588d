/* Steps of a case that have limits of their own: accepted within two working days, an answer looked at within one.
 * Which steps there are stands in one table (steps.c); which of them has what limit, in the service. A step that goes
 * on is a row of case_step and a clock of its own, which stands while the case's clock stands. That it has run out is
 * said once, as the event step-past, however the whole case stands. Handing over goes on when the clock has ended: it
 * is counted on the calendar that the case was decided on. */
#ifndef CITYHALL_APP_CASES_STEPS_H
#define CITYHALL_APP_CASES_STEPS_H

#include "app/cases/clock.h"

struct move_step;

/* Of a service's step_limits, which a case keeps too; n = 0: the step has none. */
struct clock_limit case_step_limit(struct str limits, enum case_step_kind kind);
/* Those that go on. In a read or job of the party's route. */
bool case_steps_load(struct tx *tx, const struct casefile_get_out *c, struct case_clock *out, struct err *e) MUST_USE;
/* One instant of one: due[CLOCK_COMMITTED] is its limit. */
void case_step_read(const struct calendar *c, const struct case_clock *k, const struct case_step *s, int64_t now_us,
                    struct clock_face *out);
/* The one with that id, else the one that was to be done first by what was said; NULL: none goes on. */
const struct case_step *case_step_first(const struct case_clock *k, int64_t id);
/* Of those that have run out and of which that is not said yet, the first; NULL: none. */
const struct case_step *case_step_ran_out(const struct calendar *c, const struct case_clock *k, int64_t now_us,
                                          int64_t *due_us);
/* Before somebody moves the case: what has run out since the program came to it last is said now, each as of its own
 * instant, for the move may finish it and its timer would find nothing. Nothing is done for the turns of the clock,
 * which come in their own order. */
bool move_say_steps(struct tx *tx, const struct move_step *m, struct err *e) MUST_USE;
/* Whatever the move was: steps begin and end with the state that it leaves, and what they are due is said anew. One
 * that goes on takes the limit that a repair gave it, from its own beginning. */
bool move_read_steps(struct tx *tx, struct move_step *m, int64_t now_us, struct err *e) MUST_USE;

#endif
