/* The authoring room: authors define services in the browser, a second one publishes (ADR 0008). Changes of the pack,
 * the check beside the line, previews that store nothing, differences in words, repairs of running cases. */
#ifndef CITYHALL_APP_AUTHORING_AUTHORING_H
#define CITYHALL_APP_AUTHORING_AUTHORING_H

#include "app/app.h"

extern const struct route authoring_routes[];

/* Moves the cases of confirmed repairs, a few at a time, on a thread of its own at idle priority. Several processes may
 * do so at once: each case is moved once. */
struct repairs;
bool repairs_start(struct app *app, struct repairs **out, struct err *e) MUST_USE;
void repairs_nudge(struct repairs *r); /* one was confirmed; NULL is ignored */
void repairs_stop(struct repairs *r);  /* NULL is ignored */
/* One round, for tests: true when something was left to do. */
bool repairs_step(struct app *app, bool *is_more, struct err *e) MUST_USE;

#endif
