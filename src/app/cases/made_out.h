/* What follows a letter outside of transactions: the document of a grant is numbered, set by render, sealed by keys and
 * made out; letters are set as PDF before anybody asks for them. Errands: run again after a death they see what was
 * done. */
#ifndef CITYHALL_APP_CASES_MADE_OUT_H
#define CITYHALL_APP_CASES_MADE_OUT_H

#include "app/app.h"
#include "app/catalogue/definition.h"
#include "store/errand.h"
#include "store/timer.h"

#define CASE_MAKE_ERRAND "credentials.make" /* subject: the casefile */
#define CASE_LETTER_ERRAND "cases.print"    /* subject: the casefile */
#define CASE_PERMIT_TIMER "cases.permit"    /* the end of what was granted comes near, or has come */

enum errand_end made_out_run(const struct errand *errand, void *ctx, struct err *why);
enum errand_end letter_print_run(const struct errand *errand, void *ctx, struct err *why);
/* Tells the holder, and waits for the next day that matters. */
bool permit_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e);

#endif
