/* Who is written to about an alert, and when. A timer of each alert looks who is to hear of it by now (alerts.h says
 * when) and sets itself anew for the next office above; an errand writes down each person once. Those who wait are put
 * into one mail by a timer of the person: at most one an hour of what is orange, what is red apart and at once. Each
 * step counts once, however often it is done again: an alert is in one mail of a person, and a mail leaves at most
 * once. */
#ifndef CITYHALL_APP_SUPERVISION_TOLD_H
#define CITYHALL_APP_SUPERVISION_TOLD_H

#include "app/app.h"
#include "base/date.h"
#include "store/errand.h"
#include "store/timer.h"

#define ALERT_TIMER "supervision.alert" /* route: the institution; subject: the alert */
#define ALERT_ERRAND "supervision.tell" /* the same */
#define TOLD_TIMER "supervision.told"   /* route: the account; subject: enum told_pace */
#define TOLD_ERRAND "supervision.mail"  /* route: the account; subject: the mail */

/* Stored. */
enum told_pace {
	TOLD_BY_DIGEST = 1, /* orange: a minute after the first of them, an hour after the last mail */
	TOLD_AT_ONCE = 2,   /* red: five seconds after the last mail */
};

/* Inside the job of an institution that raises it. */
bool told_begin(struct tx *tx, int64_t alert, int64_t raised_us, struct err *e) MUST_USE;

bool told_look(struct tx *tx, const struct timer *t, void *ctx, struct err *e);
bool told_make_up(struct tx *tx, const struct timer *t, void *ctx, struct err *e);
enum errand_end told_tell(const struct errand *errand, void *ctx, struct err *why);

/* told_mail.c */
enum errand_end told_mail_run(const struct errand *errand, void *ctx, struct err *why);
enum errand_end told_mail_unsure(const struct errand *errand, void *ctx, struct err *why);

/* An alert as it is now. */
struct told_state {
	int64_t institution, id;
	bool is_over; /* nobody need hear of it any more: the case is done, or a newer alert of it was raised */
	int64_t casefile, handler, answered_us;
	struct str service;
	int64_t level, raised_us, due_us;
	day_number due_day;
};
bool told_read(struct store *s, struct arena *a, struct told_state *state, struct err *e) MUST_USE;

#endif
