/* What feeds the triggers: a read model of each office's cases (case_watch), the working times of its decisions (pace),
 * and findings, which are made here and judged by people. For supervision.c and the pages of findings. */
#ifndef CITYHALL_APP_SUPERVISION_WATCH_H
#define CITYHALL_APP_SUPERVISION_WATCH_H

#include "app/check.h"
#include "base/date.h"
#include "base/json.h"
#include "store/event.h"

enum finding_state { FINDING_OPEN = 1, FINDING_SET_ASIDE, FINDING_ASKED /* an inquiry was begun from it */ };

/* A case that a finding or an inquiry names. */
struct named_case {
	int64_t casefile, party;
	struct str number;
	day_number start;
	int64_t ran_minutes; /* working time up to its decision; 0: not decided, or not said */
};
enum { NAMED_MOST = 12 };
/* As the column `cases` holds them; in an arena. */
bool named_cases_read(struct arena *a, struct str json, struct named_case out[NAMED_MOST], size_t *n,
                      struct err *e) MUST_USE;
struct str named_cases_write(struct arena *a, const struct named_case *of, size_t n);

/* The subscribers: of the office whose case it is, and of the one that forwarded it. */
int64_t watch_target(const struct event *ev);
bool watch_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e);
int64_t watch_from_target(const struct event *ev);
bool watch_from_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e);

bool watch_page_of(struct tx *tx, const struct model_row *after, struct model_row *rows, size_t most, size_t *n,
                   struct err *e);

#endif
