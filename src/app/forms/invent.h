/* Answers that nobody gave, to look at a form before anybody fills it in: each keeps its question's rules. Pure: any
 * thread. */
#ifndef CITYHALL_APP_FORMS_INVENT_H
#define CITYHALL_APP_FORMS_INVENT_H

#include "app/forms/answers.h"

/* `today` as in struct value_rules. Questions of type files stay open. */
bool answer_invent(struct arena *a, const struct question *q, int32_t today, struct answer *out,
                   struct err *e) MUST_USE;

#endif
