/* Notices: what leaves the house to say that a message is there, and no more. A notice is a root row of its party;
 * each of its steps is one write with its guard. Private to the room. Any thread. */
#ifndef CITYHALL_APP_MAIL_NOTICE_H
#define CITYHALL_APP_MAIL_NOTICE_H

#include "app/mail/mail.h"
#include "app/mail/mail.sql.h"
#include "store/errand.h"

#define MAIL_ROOM "mail"
#define MAIL_NOTICE "mail.notice"   /* errand; subject: the notice */
#define MAIL_DIGEST "mail.digest"   /* timer and errand; subject: the account */
#define MAIL_CONFIRM "mail.confirm" /* errand; subject: the party */

/* Stored. */
enum mail_way { WAY_UNDECIDED = 0, WAY_EMAIL = 1, WAY_SMS = 2, WAY_LETTER = 3 };
enum notice_state {
	NOTICE_WAITS = 1,   /* an errand is on its way with it */
	NOTICE_SENT = 2,    /* the other side has said that it took it */
	NOTICE_FAILED = 3,  /* refused for good, or tried for too long */
	NOTICE_UNSURE = 4,  /* it may have been taken: nobody said so */
	NOTICE_BOUNCED = 5, /* taken, and came back */
	NOTICE_PRINT = 6,   /* stands in the print queue */
	NOTICE_PRINTED = 7,
	NOTICE_OVER = 8, /* settled by the office, by another notice, or by opening the message */
};
/* The office's lists, as they stand in events and the read model. */
enum mail_list { LIST_NONE = 0, LIST_PRINT = 1, LIST_FAILED = 2, LIST_UNSURE = 3, LIST_BOUNCED = 4 };

/* Where and how a party is told now. Text lives in the transaction's arena. */
struct mail_target {
	enum mail_way way;
	struct str address; /* e-mail or telephone; empty for letters */
	struct str post_address, name, lang;
	bool has_row;
	struct way_get_out row;
};
bool mail_target(struct tx *tx, const struct app *app, int64_t party, struct mail_target *out, struct err *e) MUST_USE;
/* Whether it can only be by letter, whatever this city hall can send: nobody outside is needed for that. */
bool mail_is_by_letter(struct tx *tx, int64_t party, bool *out, struct err *e) MUST_USE;

/* One step of a notice, inside a job of its party: the row, and the event when an office's list changes by it. */
struct notice_step {
	const struct notice_get_out *from; /* as it was read */
	enum notice_state to;
	enum mail_way way;
	struct str address, name, why;
	int64_t actor; /* account of an official; 0: the program */
};
bool notice_step(struct tx *tx, const struct notice_step *s, struct err *e) MUST_USE;
/* The event alone, of a notice whose row is written already. */
bool notice_say(struct tx *tx, const struct notice_step *s, struct err *e) MUST_USE;
/* Once more, by its way or by another one, inside a job of its party. */
bool notice_again(struct tx *tx, const struct notice_get_out *from, bool by_letter, int64_t actor,
                  struct err *e) MUST_USE;

/* What the office did with a notice on one of its lists. ctx: struct notice_act. */
struct notice_act {
	int64_t party, notice;
	enum notice_do { NOTICE_DO_AGAIN, NOTICE_DO_LETTER, NOTICE_DO_SETTLE, NOTICE_DO_PRINTED } what;
	int64_t actor;
};
store_job notice_act_job; /* ERR_CONFLICT: it stands on no list that this is done from */

/* An address's proof that it was asked to confirm: part of the link. */
#define CONFIRM_CHARS 26
void mail_confirm_code(const struct app *app, int64_t party, struct str email, int64_t asked_us,
                       char out[CONFIRM_CHARS + 1]);

/* A message was opened, inside a job of its party: the event is what proves it. */
struct mail_opening {
	int64_t party, message, casefile, account, institution;
	struct str service;
};
bool mail_say_opened(struct tx *tx, const struct mail_opening *o, struct err *e) MUST_USE;

enum errand_end notice_run(const struct errand *errand, void *ctx, struct err *why);
enum errand_end notice_unsure(const struct errand *errand, void *ctx, struct err *why);
enum errand_end digest_run(const struct errand *errand, void *ctx, struct err *why);
enum errand_end digest_unsure(const struct errand *errand, void *ctx, struct err *why);
enum errand_end confirm_run(const struct errand *errand, void *ctx, struct err *why);
enum errand_end confirm_unsure(const struct errand *errand, void *ctx, struct err *why);

/* digest.c: a subscriber's calls. */
int64_t digest_target(const struct event *ev);
bool digest_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e);

#endif
