/* What people are told while the town is being moved to another database: they can read, and nothing is written
 * (store/standing.h). `cmd/watch.c` looks once a second; closing_notice from any thread. */
#ifndef CITYHALL_APP_CLOSING_H
#define CITYHALL_APP_CLOSING_H

#include "app/app.h"

/* For watch: a number that is another one whenever the standing is. */
bool closing_read(struct tx *tx, int64_t *now, struct err *e) MUST_USE;
bool closing_follow(struct app *app, int64_t now, struct err *e) MUST_USE;
/* At the start, before anything is written; ERR_CONFIG in words when this database is not to be served. */
bool closing_begin(struct app *app, struct err *e) MUST_USE;
void closing_end(struct app *app);

/* A sentence in the request's language, or empty. */
struct str closing_notice(struct req *r);

#endif
