/* The moves of a casefile: one table of what leads where and who may, one job each, one event each.
 *
 * A move is a write job routed to the applicant's party. It begins with the root row's guard at the version that the
 * caller read, reads the casefile again inside the transaction and decides on that. ERR_CONFLICT: somebody moved it
 * meanwhile, or it is not in a state from which this move leads; read it again. The caller has decided who may (moves
 * only check the handler or author themselves). */
#ifndef CITYHALL_APP_CASES_MOVES_H
#define CITYHALL_APP_CASES_MOVES_H

#include "app/app.h"
#include "app/cases/cases.sql.h"
#include "app/cases/clock.h"
#include "app/cases/look_up.h"
#include "app/catalogue/definition.h"
#include "app/mail/kinds.h"

enum case_state {
	CASE_AS_IT_IS = 0, /* in the table of moves alone: the state stays */
	CASE_RECEIVED = 1, /* nobody has it yet */
	CASE_IN_WORK,      /* an official has it */
	CASE_ASKED,        /* the applicant is asked to correct; the clock stands */
	CASE_CORRECTED,    /* the applicant answered; the clock runs */
	CASE_TO_SIGN,      /* a decision waits for the second signature */
	CASE_DECIDED,      /* decided, the letter has not left: the author can recall it; the applicant still sees "being
	                      decided" */
	CASE_CLOSED,       /* the letter has left */
	CASE_WITHDRAWN,    /* by the applicant */
	CASE_NOT_ACCEPTED, /* with a reason of the service's list */
	CASE_LAPSED,       /* the applicant did not answer in time */
	CASE_STATE_END
};
/* OUTCOME_NOT_ACCEPTED: of a row of decisions alone. */
enum case_outcome { OUTCOME_NONE, OUTCOME_GRANTED, OUTCOME_REFUSED, OUTCOME_NOT_ACCEPTED };
/* Beside the state: is it taken in, and how. By taking, or by an act of its own, as the service says. */
enum case_acceptance { ACCEPTANCE_NONE, ACCEPTANCE_FULL, ACCEPTANCE_GAP, ACCEPTANCE_COMMITMENT };

/* What else stands beside the state: bits of casefile.flags. */
enum case_flag {
	HAS_QUESTION = 1 << 0,    /* the official's, open: the applicant is to answer; the clock runs on */
	HAS_ENQUIRY = 1 << 1,     /* the applicant's, open: the office is to answer */
	HAS_OPINION = 1 << 2,     /* asked of another institution, at least one not given */
	HAS_GAP = 1 << 3,         /* a paper is promised and not brought */
	HAS_CHECK = 1 << 4,       /* granted on a commitment that is still to be checked */
	HAS_MISSED = 1 << 5,      /* a promised paper was not brought in time: the official goes on */
	HAS_PERMIT = 1 << 6,      /* the document of the grant is made out */
	IS_SUSPENDED = 1 << 7,    /* the permit */
	IS_REVOKED = 1 << 8,      /* the permit was withdrawn */
	IS_TO_HAND_OVER = 1 << 9, /* made out, to be collected or posted */
	HAS_OBJECTION = 1 << 10,  /* was objected to: a case of its own */
	GAP_LAPSES = 1 << 11,     /* when the promised paper is not brought in time, the case lapses */
	IS_STOPPED = 1 << 12,     /* somebody of the office stopped the clock: a hearing, a court */
	IS_EXTENDED = 1 << 13,    /* the limits were extended, which is done once */
	IS_ESCALATED = 1 << 14,   /* nothing was decided in time, and the head was told */
	IS_TO_POST = 1 << 15,     /* and IS_TO_HAND_OVER: the office's to do, not the holder's to collect */
};
/* For whom or what it waits: bits of the queue's rows, so that one index splits a desk. */
enum case_wait {
	WAITS_APPLICANT = 1 << 0,
	WAITS_OFFICE = 1 << 1,
	WAITS_OPINION = 1 << 2,
	WAITS_SIGNATURE = 1 << 3,
	WAITS_COLLECT = 1 << 4,
};
unsigned case_waits(int64_t state, int64_t flags);
/* Of several, the one who can do something about it: a word for programs, and a msgid that goes on "waits for ...".
 * Who applied is not told whose hands it goes through at the office: its signature is the office's. NULL: nobody. */
const char *case_waits_word(int64_t state, unsigned waits, bool is_desk);
const char *case_waits_words(int64_t state, unsigned waits);
enum matter_kind {
	MATTER_QUESTION = 1, /* an official's, to the applicant */
	MATTER_ENQUIRY,      /* the applicant's, to the office */
	MATTER_OPINION,      /* asked of another institution */
	MATTER_GAP,          /* a paper that is promised: about holds the evidence's id */
	MATTER_CHECK,        /* a commitment that is to be checked */
	MATTER_ADDITION,     /* what the applicant added of itself */
};
/* As what an institution has to do with a case: it is its own, its opinion is asked, or it forwarded it and knows no
 * more than where it went. */
enum case_part { AS_OWNER = 1, AS_EXPERT = 2, AS_FORMER = 3 };
/* Decided, or ended without a decision: nobody works on it any more. */
static inline bool case_is_ended(int64_t state)
{
	return state >= CASE_CLOSED;
}

/* Who makes a move: somebody who acts for the applicant, anybody of the institution, who has the case, who decided it,
 * a head of the institution, a head who did not decide it, an official of the institution whose opinion is asked, the
 * program; for the applicant or at the counter. */
enum case_mover {
	BY_APPLICANT = 1,
	BY_OFFICIAL,
	BY_HANDLER,
	BY_AUTHOR,
	BY_HEAD,
	BY_SIGNER,
	BY_EXPERT,
	BY_PROGRAM,
	BY_ANYBODY
};

#define IN(state) (1U << (state))
#define IN_HAND (IN(CASE_IN_WORK) | IN(CASE_CORRECTED))
#define IN_PROCESS (IN(CASE_RECEIVED) | IN_HAND | IN(CASE_ASKED) | IN(CASE_TO_SIGN))
#define IN_OFFICE (IN_HAND | IN(CASE_ASKED) | IN(CASE_TO_SIGN))
#define ENDED_OTHERWISE (IN(CASE_NOT_ACCEPTED) | IN(CASE_LAPSED))
#define OF_PROCESS                                                                                             \
	(HAS_QUESTION | HAS_OPINION | HAS_GAP | HAS_CHECK | HAS_MISSED | GAP_LAPSES | HAS_OBJECTION | IS_STOPPED | \
	 IS_ESCALATED)

/* move, event kind, from, to, by, flags that it needs, flags that forbid it, flags that it sets, flags that it clears,
 * what the applicant is told by it (mail/kinds.h) */
/* clang-format off */
#define CASE_MOVES(X) \
	X(MOVE_SUBMITTED, "submitted", 0U, CASE_RECEIVED, BY_APPLICANT, 0, 0, 0, 0, MAIL_RECEIVED) \
	X(MOVE_TAKEN, "taken", IN(CASE_RECEIVED), CASE_IN_WORK, BY_OFFICIAL, 0, 0, 0, 0, MAIL_NONE) \
	/* Is it taken in? */ \
	X(MOVE_ACCEPTED, "accepted", IN_HAND, CASE_AS_IT_IS, BY_HANDLER, 0, 0, 0, 0, MAIL_ACCEPTED) \
	X(MOVE_ACCEPTED_GAP, "accepted-with-gap", IN_HAND, CASE_AS_IT_IS, BY_HANDLER, 0, HAS_GAP, HAS_GAP, HAS_MISSED, MAIL_ACCEPTED_GAP) \
	X(MOVE_ACCEPTED_COMMITMENT, "accepted-on-commitment", IN_HAND, CASE_AS_IT_IS, BY_HANDLER, 0, HAS_CHECK, HAS_CHECK, 0, MAIL_ACCEPTED_COMMITMENT) \
	X(MOVE_NOT_ACCEPTED, "not-accepted", IN_HAND, CASE_NOT_ACCEPTED, BY_HANDLER, 0, 0, 0, OF_PROCESS, MAIL_NOT_ACCEPTED) \
	X(MOVE_GAP_BROUGHT, "paper-brought", IN_PROCESS, CASE_AS_IT_IS, BY_APPLICANT, HAS_GAP, 0, 0, 0, MAIL_NONE) \
	X(MOVE_GAP_MISSED, "paper-missed", IN_PROCESS, CASE_AS_IT_IS, BY_PROGRAM, HAS_GAP, GAP_LAPSES, HAS_MISSED, HAS_GAP, MAIL_GAP_MISSED) \
	/* Asked and answered */ \
	X(MOVE_ASKED, "correction-asked", IN_HAND, CASE_ASKED, BY_HANDLER, 0, 0, 0, 0, MAIL_CORRECTION_ASKED) \
	X(MOVE_ANSWERED, "correction-answered", IN(CASE_ASKED), CASE_CORRECTED, BY_APPLICANT, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_QUESTION_ASKED, "question-asked", IN_HAND, CASE_AS_IT_IS, BY_HANDLER, 0, HAS_QUESTION, HAS_QUESTION, 0, MAIL_QUESTION) \
	X(MOVE_QUESTION_ANSWERED, "question-answered", IN_PROCESS, CASE_AS_IT_IS, BY_APPLICANT, HAS_QUESTION, 0, 0, HAS_QUESTION, MAIL_NONE) \
	X(MOVE_ENQUIRED, "applicant-asked", IN_PROCESS | IN(CASE_DECIDED) | IN(CASE_CLOSED), CASE_AS_IT_IS, BY_APPLICANT, 0, HAS_ENQUIRY, HAS_ENQUIRY, 0, MAIL_NONE) \
	X(MOVE_REPLIED, "applicant-told", IN_OFFICE | IN(CASE_DECIDED) | IN(CASE_CLOSED), CASE_AS_IT_IS, BY_HANDLER, HAS_ENQUIRY, 0, 0, HAS_ENQUIRY, MAIL_ANSWERED) \
	X(MOVE_ADDED, "added-to", IN_PROCESS, CASE_AS_IT_IS, BY_APPLICANT, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_OPINION_ASKED, "opinion-asked", IN_HAND, CASE_AS_IT_IS, BY_HANDLER, 0, 0, HAS_OPINION, 0, MAIL_NONE) \
	X(MOVE_OPINION_GIVEN, "opinion-given", IN_HAND | IN(CASE_ASKED), CASE_AS_IT_IS, BY_EXPERT, HAS_OPINION, 0, 0, 0, MAIL_NONE) \
	X(MOVE_OPINION_DROPPED, "opinion-dropped", IN_HAND, CASE_AS_IT_IS, BY_HANDLER, HAS_OPINION, 0, 0, HAS_OPINION, MAIL_NONE) \
	/* Whose it is */ \
	X(MOVE_HANDED, "handed-to-colleague", IN_HAND | IN(CASE_ASKED), CASE_AS_IT_IS, BY_HANDLER, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_ASSIGNED, "assigned-by-head", IN(CASE_RECEIVED), CASE_IN_WORK, BY_HEAD, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_MOVED, "moved-by-head", IN_HAND | IN(CASE_ASKED), CASE_AS_IT_IS, BY_HEAD, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_TAKEN_OVER, "taken-over", IN_HAND | IN(CASE_ASKED), CASE_AS_IT_IS, BY_OFFICIAL, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_FORWARDED, "forwarded", IN_HAND, CASE_RECEIVED, BY_HANDLER, 0, HAS_OPINION, 0, IS_STOPPED, MAIL_FORWARDED) \
	/* Its clock (moves_clock.c): by people only what the service lists, by the program at the instant it turns */ \
	X(MOVE_STOPPED, "stopped", IN_HAND, CASE_AS_IT_IS, BY_HANDLER, 0, IS_STOPPED, IS_STOPPED, 0, MAIL_CLOCK_STOPPED) \
	X(MOVE_WENT_ON, "went-on", IN_HAND | IN(CASE_ASKED), CASE_AS_IT_IS, BY_HANDLER, IS_STOPPED, 0, 0, IS_STOPPED, MAIL_CLOCK_RUNS) \
	X(MOVE_STOP_ENDED, "stop-ended", IN_HAND | IN(CASE_ASKED), CASE_AS_IT_IS, BY_PROGRAM, 0, 0, 0, 0, MAIL_CLOCK_RUNS) \
	X(MOVE_EXTENDED, "extended", IN_HAND, CASE_AS_IT_IS, BY_HANDLER, 0, IS_EXTENDED, IS_EXTENDED, 0, MAIL_EXTENDED) \
	X(MOVE_CLOCK_ORANGE, "clock-orange", IN_PROCESS, CASE_AS_IT_IS, BY_PROGRAM, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_CLOCK_RED, "clock-red", IN_PROCESS, CASE_AS_IT_IS, BY_PROGRAM, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_CLOCK_PAST, "clock-past", IN_PROCESS, CASE_AS_IT_IS, BY_PROGRAM, 0, 0, 0, 0, MAIL_TAKES_LONGER) \
	X(MOVE_STEP_PAST, "step-past", IN_PROCESS | IN(CASE_CLOSED), CASE_AS_IT_IS, BY_PROGRAM, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_CLOCK_MOVED, "clock-moved", IN_PROCESS, CASE_AS_IT_IS, BY_PROGRAM, 0, 0, 0, 0, MAIL_CLOCK_MOVED) \
	X(MOVE_SILENCE_GRANTED, "silence-granted", IN_PROCESS, CASE_DECIDED, BY_PROGRAM, 0, 0, 0, HAS_OPINION | IS_STOPPED, MAIL_NONE) \
	X(MOVE_SILENCE_REFUSED, "silence-refused", IN_PROCESS, CASE_DECIDED, BY_PROGRAM, 0, 0, 0, HAS_OPINION | IS_STOPPED, MAIL_NONE) \
	X(MOVE_SILENCE_ESCALATED, "silence-escalated", IN_PROCESS, CASE_AS_IT_IS, BY_PROGRAM, 0, IS_ESCALATED, IS_ESCALATED, 0, MAIL_NONE) \
	/* Its end */ \
	X(MOVE_DECIDED, "decided", IN_HAND, CASE_DECIDED, BY_HANDLER, 0, HAS_OPINION, 0, IS_STOPPED, MAIL_NONE) \
	X(MOVE_PROPOSED, "decision-proposed", IN_HAND, CASE_TO_SIGN, BY_HANDLER, 0, HAS_OPINION, 0, IS_STOPPED, MAIL_NONE) \
	X(MOVE_SIGNED, "signed-second", IN(CASE_TO_SIGN), CASE_DECIDED, BY_SIGNER, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_SENT_BACK, "sent-back", IN(CASE_TO_SIGN), CASE_IN_WORK, BY_SIGNER, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_RECALLED, "recalled", IN(CASE_DECIDED) | IN(CASE_TO_SIGN), CASE_IN_WORK, BY_AUTHOR, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_LETTER_LEFT, "letter-left", IN(CASE_DECIDED), CASE_CLOSED, BY_PROGRAM, 0, 0, 0, HAS_QUESTION | HAS_GAP | HAS_MISSED | GAP_LAPSES, MAIL_DECIDED) \
	X(MOVE_WITHDRAWN, "withdrawn", IN_PROCESS, CASE_WITHDRAWN, BY_APPLICANT, 0, 0, 0, OF_PROCESS | HAS_ENQUIRY, MAIL_WITHDRAWN) \
	X(MOVE_LAPSED, "lapsed", IN(CASE_RECEIVED) | IN_HAND | IN(CASE_ASKED), CASE_LAPSED, BY_PROGRAM, 0, 0, 0, OF_PROCESS | HAS_ENQUIRY, MAIL_LAPSED) \
	/* Afterwards */ \
	X(MOVE_AMENDED, "decision-corrected", IN(CASE_CLOSED), CASE_AS_IT_IS, BY_AUTHOR, 0, 0, 0, 0, MAIL_DECISION_CHANGED) \
	X(MOVE_OBJECTED, "objected-to", IN(CASE_CLOSED) | IN(CASE_NOT_ACCEPTED), CASE_AS_IT_IS, BY_APPLICANT, 0, HAS_OBJECTION, HAS_OBJECTION, 0, MAIL_OBJECTION_RECEIVED) \
	X(MOVE_REOPENED, "reopened", IN(CASE_CLOSED) | ENDED_OTHERWISE, CASE_RECEIVED, BY_HEAD, 0, HAS_PERMIT, 0, OF_PROCESS | IS_REVOKED, MAIL_REOPENED) \
	X(MOVE_MADE_OUT, "made-out", IN(CASE_CLOSED), CASE_AS_IT_IS, BY_PROGRAM, 0, HAS_PERMIT, HAS_PERMIT, IS_REVOKED, MAIL_NONE) \
	X(MOVE_HANDED_OVER, "handed-over", IN(CASE_CLOSED), CASE_AS_IT_IS, BY_ANYBODY, HAS_PERMIT, 0, 0, IS_TO_HAND_OVER | IS_TO_POST, MAIL_HANDED_OVER) \
	X(MOVE_WAY_CHOSEN, "hand-over-chosen", IN(CASE_RECEIVED) | IN_HAND | IN(CASE_TO_SIGN) | IN(CASE_DECIDED) | IN(CASE_CLOSED), CASE_AS_IT_IS, BY_APPLICANT, 0, IS_REVOKED, 0, 0, MAIL_NONE) \
	X(MOVE_SUSPENDED, "permit-suspended", IN(CASE_CLOSED), CASE_AS_IT_IS, BY_OFFICIAL, HAS_PERMIT, IS_SUSPENDED, IS_SUSPENDED, 0, MAIL_PERMIT_SUSPENDED) \
	X(MOVE_RESUMED, "permit-resumed", IN(CASE_CLOSED), CASE_AS_IT_IS, BY_OFFICIAL, HAS_PERMIT | IS_SUSPENDED, 0, 0, IS_SUSPENDED, MAIL_PERMIT_RESTORED) \
	X(MOVE_REVOKED, "permit-withdrawn", IN(CASE_CLOSED), CASE_AS_IT_IS, BY_OFFICIAL, HAS_PERMIT, 0, IS_REVOKED, HAS_PERMIT | IS_SUSPENDED | IS_TO_HAND_OVER | IS_TO_POST | HAS_CHECK, MAIL_PERMIT_WITHDRAWN) \
	X(MOVE_RENEWED, "permit-renewed", IN(CASE_CLOSED), CASE_AS_IT_IS, BY_OFFICIAL, HAS_PERMIT, IS_SUSPENDED, 0, 0, MAIL_PERMIT_RENEWED) \
	X(MOVE_CHECKED, "commitment-checked", IN(CASE_CLOSED), CASE_AS_IT_IS, BY_OFFICIAL, HAS_CHECK, 0, 0, HAS_CHECK, MAIL_NONE) \
	X(MOVE_RECEIPT_RENEWED, "receipt-renewed", IN_PROCESS | IN(CASE_DECIDED) | IN(CASE_CLOSED), CASE_AS_IT_IS, BY_ANYBODY, 0, 0, 0, 0, MAIL_NONE) \
	X(MOVE_REPAIRED, "repaired", IN_PROCESS | IN(CASE_DECIDED), CASE_AS_IT_IS, BY_PROGRAM, 0, 0, 0, 0, MAIL_NONE)
/* The public payload of every event of the room, as it is after the move; no personal word is in it. With it read models
 * of other rooms need no casefile. effective_us is when it counts: a turn of the clock counts from its own instant,
 * however late the program came to it.
 *   state, waits, handler      enum case_state; bits of enum case_wait; account, 0: nobody
 *   due, legal                 promised day, last day by law: day numbers; while the clock stands, as of the event
 *   due_at                     the instant at which the promise has run out (for limits in hours)
 *   start                      the day the clock is counted from; not there: it waits for the acceptance
 *   unit, committed, statutory "working-hours", "working-days", "calendar-days", "months"; how many of them
 *   level                      0 green, 1 orange, 2 red, 3 past: the highest of both limits
 *   legal_level                the same against the law alone
 *   limit, left                "committed" or "statutory": the one that runs out next; working days until it
 *   turned                     of clock-orange, clock-red, clock-past: which of the two turned
 *   stands, stop               0 or 1; id of the reason, while it stands: of the service's list, "applicant"
 *   ran_minutes, stood_minutes working minutes so far; at the end, the whole
 *   stood, since, stood_until  working days that it stood; the day after which it stands; the last that stood
 *   step, step_unit            the step that runs out first, of step-past the one that has: case_step_words; as unit
 *   step_since, step_due, step_due_at   the day on which it began, its last day, when it has run out
 *   outcome, ground            enum case_outcome, once there is one; id of the ground, of the move that decides
 *   why, was_due, was_legal    of clock-moved: "calendar", "zone", "outage"; the days before
 *   off, worked, silence       the day that is worked no more, or now; the day until which silence waits
 *   subject, until, reason, others   id of a child row; by when; id of a ground, of a stop's reason, or a sentence of a
 *                              repair; institutions beside its own that it concerns
 *   steps                      of repaired, when they are other ones: the limits of steps, as casefile.step_limits has them
 *   joint                      1 of a case that began with others in one form
 *   number                     where a queue may not know the case: submitted, forwarded, opinion-asked, reopened, ... */
/* clang-format on */

enum case_move {
#define X(move, ...) move,
	CASE_MOVES(X)
#undef X
		CASE_MOVE_COUNT
};
const char *case_move_kind(enum case_move move);
bool case_move_is_applicants(enum case_move move);
/* By the state alone, and by what stands beside it too. */
bool case_move_is_possible(enum case_move move, int64_t state);
bool case_move_fits(enum case_move move, int64_t state, int64_t flags);
/* The move that an event's kind names; CASE_MOVE_COUNT when none. */
enum case_move case_move_of(struct str kind);

/* Today in the case's zone. */
day_number case_today(const struct calendar *c, int64_t now_us);

/* --- Jobs. Each ctx is constant input; store_op.result[0] is the casefile's id.
 * ------------------------------------------ */

struct case_submit {
	const struct casefile_insert_in *row; /* all but what follows is filled by the caller */
	struct application_insert_in wide;    /* under the row's key */
	int64_t draft_version;
	int64_t actor;             /* account */
	struct str applicant;      /* name, for the queue */
	struct str identity_marks; /* of its answers (look_up.h) */
	struct case_marks marks;
	const struct calendar *calendar;
	const struct intake *intake; /* an official took it in; NULL: nobody did */
	bool is_joint;               /* a further part of what was sent at once: figures count one application */
};
store_job case_submit_job;
/* Its second half, for a draft that the caller's job closed: the casefile and its event. */
bool case_begin(struct tx *tx, const struct case_submit *in, struct err *e) MUST_USE;

struct case_change { /* what every later move names */
	int64_t party, casefile, version;
	int64_t actor;         /* account; 0: the program */
	struct str actor_name; /* of an official */
	const struct calendar *calendar;
	const struct service *service; /* that it follows; NULL where no job asks for it */
	struct app *app;               /* when a letter leaves: what it means for the other cases of a bundle */
};
store_job case_take_job; /* ctx: struct case_change */

/* Taken in by an act of its own: whole, with papers promised by a day, or on a commitment to be checked until a day. */
struct case_accept {
	struct case_change change;
	enum case_acceptance how;
	const struct str *papers; /* ids of evidence that is promised */
	size_t paper_n;
	day_number until;
	bool lapses; /* when a promised paper is not there by then; else the official goes on */
};
store_job case_accept_job;

/* Ends and answers that say why: not accepted (ground: one of the service's), withdrawn, lapsed, recalled, sent back,
 * reopened; and what only says something: a question, an addition, a check. */
struct case_words {
	struct case_change change;
	enum case_move move;
	struct str text;
	struct str ground; /* not accepted; and where a text needs a word that is not a person's */
	int64_t matter;    /* what is answered; 0: the only one that is open */
	day_number until;  /* renewed: valid until */
};
store_job case_not_accept_job;
store_job case_open_matter_job;  /* question asked, by either side: an open matter, one of its kind */
store_job case_close_matter_job; /* and answered; a promised paper brought */
store_job case_note_job;         /* nothing but the event and the table's flags: added to, checked */
store_job case_withdraw_job;
store_job case_lapse_job;      /* of the program: only when a day has passed (answer_day, gap_day) */
store_job case_gap_missed_job; /* the same, where the case goes on */
store_job case_recall_job;     /* by the author, also before the second signature */
store_job case_send_back_job;
store_job case_reopen_job;
store_job case_permit_job; /* suspended, resumed, withdrawn, renewed: see moves_permit.c */

/* The document of a grant, numbered, set and sealed before (made_out.h). */
struct credential_insert_in;
struct made_credential;
struct case_make_out {
	struct case_change change;
	int64_t decision; /* that it is of */
	const struct credential_insert_in *row;
	const struct made_credential *made;
	int64_t first_notice_us; /* when the holder is told first that it ends */
};
store_job case_make_out_job;

/* How it reaches its holder: chosen by the applicant; done by an official, or by the applicant who downloads it. */
struct case_hand_over {
	struct case_change change;
	enum hand_over way;
	struct str second, address;    /* chosen: who else may collect it, where it is posted */
	struct str answers_json;       /* chosen before it is made out: the answers, with what was chosen in them */
	struct str receiver, tracking; /* done: who got it, number of the post */
};
store_job case_choose_way_job, case_hand_over_job;

struct case_ask {
	struct case_change change;
	struct str questions_json; /* array of question ids */
	struct str before_json;    /* those answers as they are */
	struct str reason;
	day_number answer_day; /* the last; then it lapses. 0: never */
};
store_job case_ask_job;

struct case_answer {
	struct case_change change;
	struct str answers_json; /* all answers, with the corrected ones */
	int64_t draft_version;   /* at which its files were seen to be complete */
};
store_job case_answer_job;

/* An opinion of other institutions: each gets the words and the answers that are named, and nothing else. */
enum { OPINIONS_MOST = 4 };
enum opinion { OPINION_NONE, OPINION_FOR, OPINION_AGAINST, OPINION_CONDITIONS };
struct case_opinion {
	struct case_change change;
	int64_t institution; /* asked, or that gives it */
	struct str text;
	struct str questions_json; /* asked: ids of the questions that it may read */
	day_number until;          /* asked: by when */
	int64_t matter;            /* given: which */
	enum opinion opinion;      /* given */
};
store_job case_ask_opinion_job, case_give_opinion_job;
store_job case_drop_opinions_job; /* struct case_words: those that are open are no longer needed */

/* Handed to a colleague, assigned or moved by a head (`move` says which); forwarded to another institution. */
struct case_hand {
	struct case_change change;
	enum case_move move;
	int64_t to;         /* account, or the institution that it is forwarded to */
	struct str to_name; /* of the account */
	struct str reason;
};
store_job case_hand_job, case_forward_job;

struct case_decide {
	struct case_change change;
	enum case_outcome outcome;
	struct str ground; /* refusal reason id, empty when granted */
	struct str reason;
	struct str overtook; /* id of the service's reason for deciding it before older ones; empty: none */
	struct str document; /* what a grant gives; or empty */
	int64_t valid_years;
	int64_t letter_delay_us;
	bool is_to_sign; /* a second signature is needed: proposed */
};
store_job case_decide_job;
struct case_sign {
	struct case_change change;
	int64_t letter_delay_us;
};
store_job case_sign_job;
struct case_amend { /* the decision stays what it is; its words are put right */
	struct case_change change;
	struct str reason; /* the letter's, anew */
	struct str why;
};
store_job case_amend_job;
/* An objection is a casefile of its own; `submit` is it, all filled in but what links it. */
struct case_object {
	struct case_change change; /* of the case that is objected to */
	const struct case_submit *submit;
	const struct service *service;
	struct str reason;
};
store_job case_object_job;

/* The author sends it now, or its time has come (actor 0: only when letter_at has passed). */
store_job case_letter_leaves_job; /* ctx: struct case_change */

/* The receipt was lost: from now on only this code is the case's. */
struct case_receipt {
	struct case_change change;
	struct str code; /* RECEIPT_CODE_BYTES */
	struct case_marks marks;
};
store_job case_renew_receipt_job;

/* The clock. Stopped (ground: id of a reason that the service lists), going on, extended by what the service allows. */
store_job case_stop_job, case_go_on_job, case_extend_job; /* struct case_words */
/* What has turned first and was not said yet, said as of its own instant: a level, a stop's longest time, silence. */
struct case_turn {
	enum case_move move;
	int64_t at_us;
	enum clock_which limit; /* of a level */
	int64_t row;            /* id of the stop or step whose time is over */
};
bool case_clock_turn(const struct casefile_get_out *c, const struct calendar *calendar, const struct case_clock *k,
                     int64_t now_us, struct case_turn *out);
/* A level that fell, by an extension or by what stood, can be reached again, and is said again then. */
void case_clock_lower(struct casefile_get_out *c, const struct clock_face *face);
/* What its timer waits for: what has turned and was not said yet, else what turns next; CLOCK_NEVER. */
int64_t case_clock_turns_at(const struct casefile_get_out *c, const struct calendar *calendar,
                            const struct case_clock *k, const struct clock_face *face, int64_t now_us);
store_job case_clock_turn_job; /* struct case_words: ERR_CONFLICT when `move` is not what turned first */
struct case_anew;
/* A clock is counted anew, on change.calendar: the days were others until now. why: "calendar", "zone", "outage". */
struct case_moved {
	struct case_change change;
	struct str why;
	const struct case_anew *anew; /* what else moves with it (count_anew.h); NULL: nothing */
};
store_job case_clock_moved_job;
/* Why the row says that it was moved with others (count_anew.h), until its event says it. Every move says it first. */
enum case_moved_why { MOVED_NOT, MOVED_BY_CALENDAR, MOVED_BY_ZONE, MOVED_BY_OUTAGE };
extern const char *const case_moved_words[]; /* as the event says it */
store_job case_say_moved_job;                /* ctx: struct case_change, on the version of the calendar that it names */

/* The case goes over to a repaired definition: the same questions in better words, limits that are not longer. The
 * answers stay as they are. */
struct case_repair {
	struct case_change change;
	const struct service *to;
	struct str reason; /* for the applicant; of the whole act, so without a word about anybody */
};
store_job case_repair_job;
/* Open cases of an institution after a case's id, in order, as the relay has brought them. In a read routed to it. */
struct open_case {
	int64_t party, casefile;
	struct str service;
};
bool cases_open_of(struct tx *tx, int64_t institution, int64_t after, size_t most, struct open_case *out, size_t *n,
                   struct err *e) MUST_USE;

/* The timer that lets letters leave: kind and what it does (see store/timer.h). */
#define CASE_LETTER_TIMER "cases.letter"
#define CASE_ANSWER_TIMER "cases.answer" /* the day by which a correction is answered has passed */
#define CASE_CLOCK_TIMER "cases.clock"   /* the next instant at which the clock turns */
#define CASE_GAP_TIMER "cases.gap"       /* the day by which a promised paper is brought has passed */

#endif
