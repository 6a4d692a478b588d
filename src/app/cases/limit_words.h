/* Limits of steps in words, for whoever shows a service or a case: the case's story, what an author changes. Any
 * thread. */
#ifndef CITYHALL_APP_CASES_LIMIT_WORDS_H
#define CITYHALL_APP_CASES_LIMIT_WORDS_H

#include "app/catalogue/definition.h"
#include "base/arena.h"

/* "2 working days", in the arena. */
struct str case_limit_words(struct str lang, struct arena *a, struct clock_limit limit);
/* "Second signature". */
struct str case_step_name(struct str lang, enum case_step_kind kind);
/* "Acceptance 2 working days, Decision 5 working days": a service's step_limits; empty: none has one. */
struct str case_steps_words(struct str lang, struct arena *a, struct str step_limits);

#endif
