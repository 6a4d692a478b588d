/* What feeds the board: read models of the events of cases, each routed to the institution whose case it is. Counters
 * are kept by differences, so that no page counts cases; board_total says up to which event they count. An alert is a
 * row for each time that a clock turned. For room.c, and for tests that feed events. */
#ifndef CITYHALL_APP_SUPERVISION_COUNTS_H
#define CITYHALL_APP_SUPERVISION_COUNTS_H

#include "app/check.h"
#include "base/legal_clock.h"
#include "store/event.h"

/* The institution that has the case; the one that forwarded it. ctx: struct app. */
int64_t board_target(const struct event *ev);
bool board_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e);
int64_t board_left_target(const struct event *ev);
bool board_left_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e);

/* The tables, for `store check`. */
extern const struct read_model board_read_models[]; /* ended by table NULL */

#endif
