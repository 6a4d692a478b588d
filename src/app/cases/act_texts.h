/* What an official sees before an act is done: text blocks of the service, put into the field that is read by people,
 * and the letter that a decision would send. Nothing here writes. Request threads. */
#ifndef CITYHALL_APP_CASES_ACT_TEXTS_H
#define CITYHALL_APP_CASES_ACT_TEXTS_H

#include "app/cases/acts.h"
#include "app/cases/views.h"

/* The service's blocks for this act, each in every language that it has. */
struct act_block *act_blocks(struct req *r, const struct act *a, const struct case_facts *f, size_t *n);
/* The input with the block of its field `block` at the end of the act's last field of words, placeholders filled in. */
struct params act_with_block(struct req *r, const struct act *a, const struct case_facts *f,
                             const struct params *input);
/* Sets f->decision to what the form would decide. False: *out says what is missing for a letter. */
bool act_letter(struct req *r, const struct act *a, struct case_facts *f, struct act_outcome *out);

#endif
