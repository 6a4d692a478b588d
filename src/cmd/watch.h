/* Notices within a second what another process on the same database changed, and follows it: one small read a second,
 * one row of a table in watch.c for each thing. What this process changes itself it does at once; following it again
 * changes nothing. */
#ifndef CITYHALL_CMD_WATCH_H
#define CITYHALL_CMD_WATCH_H

#include "app/app.h"

struct watch;
/* `app` outlives it. */
bool watch_start(struct app *app, struct watch **out, struct err *e) MUST_USE;
void watch_stop(struct watch *w); /* NULL is ignored */

#endif
