/* Intake: an application that an official takes in for somebody, at the counter, on paper, by post or by phone. It is a
 * draft like any other; a row beside it says how and when it came, and goes on with the case. Exactly the official who
 * began it has a right for exactly this draft, until it is sent; each page opened by that right writes an access
 * record. Rooms after this one begin it, and ask on a submission what it says. Request threads, but for what takes a
 * tx. */
#ifndef CITYHALL_APP_FORMS_INTAKE_H
#define CITYHALL_APP_FORMS_INTAKE_H

#include "app/forms/draft.h"
#include "app/people/viewer.h"

/* What shows a day of receipt that is not today. */
enum receipt_proof { PROOF_NONE, PROOF_STAMP, PROOF_SCAN, PROOF_CALL_NOTE, PROOF_FORM };
enum paper_state { PAPER_UNSEEN, PAPER_ORIGINAL, PAPER_COPY, PAPER_MISSING };

#define INTAKE_NOTE_CHARS_MAX 1000
/* Of the question for files that holds what came on paper: no service can have it (ids begin with a letter). */
#define INTAKE_SCAN "-paper"

struct intake_paper {
	struct str evidence;
	enum paper_state state;
};
struct intake {
	int64_t party, draft;
	enum channel channel;
	int64_t institution, taken_by;
	struct str official;
	int64_t begun_us;
	int64_t received_us; /* when the request counts */
	enum receipt_proof proof;
	struct str form; /* number of the numbered paper form; empty: none */
	struct intake_paper *papers;
	size_t paper_n;
	struct str note;
	int64_t confirmed_version; /* of the draft: what the applicant confirmed; 0: nothing */
	int64_t confirmed_us;
};

/* The day of receipt: never after today, and at most `back_days` working days of the institution before it. */
enum receipt_day_fault { RECEIPT_DAY_RIGHT, RECEIPT_DAY_AHEAD, RECEIPT_DAY_TOO_EARLY };
enum receipt_day_fault receipt_day_check(const struct calendar *c, day_number today, day_number day, int back_days);
/* The earliest day that the rule lets through: counted backwards over days off. */
day_number receipt_day_earliest(const struct calendar *c, day_number today, int back_days);

/* msgid: "By post" */
const char *channel_words(int64_t channel);
/* What was noted of a paper: "Original seen"; empty: nothing. */
struct str paper_words(struct str lang, const struct intake *in, struct str evidence);
bool channel_is_intake(int64_t channel);

/* Begins a draft for the party with this request's operation id, and gives the viewer the right to it; pressed twice,
 * the first one. in: channel to papers are read; the caller decided who may, for whom, and whether the day is right. */
bool intake_start(struct req *r, const struct service *s, const struct intake *in, int64_t *draft,
                  struct err *e) MUST_USE;
/* In the job that begins the draft. */
bool intake_begin(struct tx *tx, const struct intake *in, int64_t draft, struct err *e) MUST_USE;
/* In a job routed to the party. *found false: nobody took it in. */
bool intake_of(struct tx *tx, int64_t party, int64_t draft, struct intake *out, bool *found, struct err *e) MUST_USE;
/* The evidence that was looked at or is noted as missing: need not be uploaded. */
void intake_fill_seen(struct arena *a, const struct intake *in, struct file_list *files);

/* The way by which the viewer comes to a draft: as one of the own parties, or by the right to take it in. */
struct draft_door {
	struct viewer_party p;
	int64_t institution; /* as whose official; 0: one of the own parties */
};
bool draft_doors(struct req *r, int64_t draft, struct draft_door **out, size_t *n, struct err *e) MUST_USE;

/* Of one official: the newest first. */
struct intake_right {
	int64_t draft, party, institution, made_us, seen_us;
	struct str place; /* "" or the page that is open: "/page/contact", "/check" */
};
#define INTAKES_MOST 50
bool intake_rights(struct req *r, int64_t account, struct intake_right **out, size_t *n, struct err *e) MUST_USE;
/* Where the official is now; place empty: nowhere. */
bool intake_go(struct req *r, int64_t account, int64_t draft, struct str place, struct err *e) MUST_USE;
bool intake_leave(struct req *r, int64_t account, struct err *e) MUST_USE;

/* Write jobs of the party's route; each begins with the draft, which is open. ERR_CONFLICT when it is not. */
struct intake_papers {
	int64_t party, draft;
	struct str papers_json, note;
};
store_job intake_job_papers;
struct intake_confirming {
	int64_t party, draft;
	int64_t version; /* of the draft, as it was shown; ERR_CONFLICT when it changed since */
};
store_job intake_job_confirm;
void intake_put_papers(struct buf *to, const struct intake_paper *papers, size_t n);

#endif
