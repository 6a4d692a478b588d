/* One form that acts on several cases: an operation of its own for each, so that the form sent again acts on none of
 * them twice. Any thread. */
#ifndef CITYHALL_APP_DESK_CASE_OP_H
#define CITYHALL_APP_DESK_CASE_OP_H

#include "app/cases/facts.h"
#include "store/store.h"

/* `form`: the form's own operation, as app_op() reads it. */
void case_op(const struct store_op *form, const struct case_facts *f, struct store_op *out);

#endif
