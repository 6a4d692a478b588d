/* Being told: each party has a mailbox of messages; a notice by e-mail, SMS or letter says that one is there, and no
 * more. mail_post is called in the job that makes the move, so that a message is never lost and never without its
 * move; the notice leaves afterwards by an errand. */
#ifndef CITYHALL_APP_MAIL_MAIL_H
#define CITYHALL_APP_MAIL_MAIL_H

#include "app/app.h"
#include "app/check.h"
#include "app/mail/kinds.h"
#include "base/date.h"
#include "store/errand.h"
#include "store/timer.h"

struct mail_message {
	int64_t party; /* whose mailbox; the job's route */
	enum mail_kind kind;
	int64_t casefile;    /* what it is about, or 0: the link under it leads there */
	int64_t draft;       /* the same for what is not sent yet, or 0 */
	int64_t institution; /* who writes */
	struct str service;  /* pack id, or empty */
	struct str words;    /* of an official, as they were written; or empty */
	struct str official; /* the official's name, or empty */
	struct str number;   /* the case's, a tracking number, a permit's; or empty */
	day_number date;     /* the {date} of its kind */
	bool has_letter;     /* the decision letter of the case belongs to it */
	bool needs_proof;    /* besides the kinds that always do */
	bool has_no_notice;  /* stands in the mailbox alone */
};
/* Rows, its event, and the notice: a letter in the office's print queue or the errand that sends it. Inside a job of
 * that route. MAIL_NONE: nothing. */
bool mail_post(struct tx *tx, const struct mail_message *m, struct err *e) MUST_USE;

const char *mail_kind_word(enum mail_kind kind);  /* "decided" */
const char *mail_kind_title(enum mail_kind kind); /* msgid */
const char *mail_kind_text(enum mail_kind kind);  /* msgid */
enum mail_kind mail_kind_of(struct str word);     /* MAIL_NONE for another word */

/* Messages of a party that nobody has opened, at most 100; 0 when it cannot be known. Request threads. */
int64_t mail_unread(struct req *r, int64_t party);

/* What a party was told about a case, and when it was opened, newest first: for its page at the desk, after the look
 * was recorded. */
struct html_out;
struct told_row {
	struct str title, when, opened; /* opened: when, or that it was not yet */
};
struct told_view {
	struct told_row *items;
	size_t n;
};
bool mail_told(struct req *r, int64_t party, int64_t casefile, struct told_view *out, struct err *e) MUST_USE;
void told_put(struct html_out *o, const struct told_view *v);
/* What rooms ask beside a case (app/rooms.h), on its page and under its messages. */
struct room_asks;
void room_asks_put(struct html_out *o, const struct room_asks *v);

/* A page of a case shows its applicant the words of messages: those of these kinds (bits, 1 << kind) whose opening is
 * to be proved are noted as opened by the viewer, before the page is shown. False: nothing can be written now, and the
 * page stays closed as the message does. For GET alone; anything else notes nothing. */
#define MAIL_KIND_BIT(kind) (UINT64_C(1) << (kind))
#define MAIL_EVERY_KIND UINT64_MAX
bool mail_note_shown(struct req *r, int64_t party, int64_t casefile, uint64_t which, struct err *e) MUST_USE;

/* What an official's daily mail says; rooms add what they have (struct room). */
struct mail_digest {
	int64_t mine, mine_due, free_due; /* taken by the official; of these due by tomorrow; due and taken by nobody */
};

/* For programs: a party's messages before one (INT64_MAX: all), newest first, with their sentences in the request's
 * language; and the one of the path's first piece, which is noted as opened. Request threads. */
struct mail_read {
	int64_t party, id, casefile, draft, institution, posted_us, read_us; /* read_us 0: nobody opened it */
	struct str kind, title, text, words, official, number, service;
	bool has_letter, needs_proof;
};
bool mail_list(struct req *r, int64_t party, int64_t before, size_t most, struct mail_read **out, size_t *n,
               struct err *e) MUST_USE;
bool mail_open(struct req *r, struct mail_read *out, struct err *e) MUST_USE;

/* For rooms.c. */
extern const struct route mail_routes[];
extern const struct event_subscriber mail_subscribers[];
extern const struct timer_kind mail_timers[];
extern const struct errand_kind mail_errands[];
extern const struct read_model mail_read_models[];

#endif
