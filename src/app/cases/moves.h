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
enum case_outcome { OUTCOME_NONE, OUTCOME_GRANTED, OUTCOME_REFUSED };
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
	IS_OBJECTED = 1 << 10,    /* an objection to it is open */
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
/* move, event kind, from, to, by */
#define CASE_MOVES(X)                                                                                                  \
	X(MOVE_SUBMITTED, "submitted", 0U, CASE_RECEIVED, BY_APPLICANT)                                                    \
	X(MOVE_TAKEN, "taken", IN(CASE_RECEIVED), CASE_IN_WORK, BY_OFFICIAL)                                               \
	X(MOVE_ASKED, "correction-asked", IN(CASE_IN_WORK) | IN(CASE_CORRECTED), CASE_ASKED, BY_HANDLER)                   \
	X(MOVE_ANSWERED, "correction-answered", IN(CASE_ASKED), CASE_CORRECTED, BY_APPLICANT)                              \
	X(MOVE_DECIDED, "decided", IN(CASE_IN_WORK) | IN(CASE_CORRECTED), CASE_DECIDED, BY_HANDLER)                        \
	X(MOVE_RECALLED, "recalled", IN(CASE_DECIDED), CASE_IN_WORK, BY_AUTHOR)                                            \
	X(MOVE_LETTER_LEFT, "letter-left", IN(CASE_DECIDED), CASE_CLOSED, BY_PROGRAM)                                      \
	X(MOVE_RECEIPT_RENEWED, "receipt-renewed",                                                                         \
	  IN(CASE_RECEIVED) | IN(CASE_IN_WORK) | IN(CASE_ASKED) | IN(CASE_CORRECTED) | IN(CASE_DECIDED) | IN(CASE_CLOSED), \
	  CASE_AS_IT_IS, BY_ANYBODY)                                                                                       \
	X(MOVE_REPAIRED, "repaired",                                                                                       \
	  IN(CASE_RECEIVED) | IN(CASE_IN_WORK) | IN(CASE_ASKED) | IN(CASE_CORRECTED) | IN(CASE_DECIDED), CASE_AS_IT_IS,    \
	  BY_PROGRAM)

enum case_move {
#define X(move, kind, from, to, by) move,
	CASE_MOVES(X)
#undef X
		CASE_MOVE_COUNT
};
const char *case_move_kind(enum case_move move);
bool case_move_is_possible(enum case_move move, int64_t state);
/* The move that an event's kind names; CASE_MOVE_COUNT when none. */
enum case_move case_move_of(struct str kind);

struct case_clock casefile_clock(const struct casefile_get_out *c);
/* Today in the case's zone. */
day_number case_today(const struct calendar *c, int64_t now_us);

/* --- Jobs. Each ctx is constant input; store_op.result[0] is the casefile's id.
 * ------------------------------------------ */

struct case_submit {
	const struct casefile_insert_in *row; /* all but what follows is filled by the caller */
	int64_t draft_version;
	int64_t actor;             /* account */
	struct str applicant;      /* name, for the queue */
	struct str identity_marks; /* of its answers (look_up.h) */
	struct case_marks marks;
	const struct calendar *calendar;
	const struct intake *intake; /* an official took it in; NULL: nobody did */
};
store_job case_submit_job;
/* Its second half, for a draft that the caller's job closed: the casefile and its event. */
bool case_begin(struct tx *tx, const struct case_submit *in, struct err *e) MUST_USE;

struct case_change { /* what every later move names */
	int64_t party, casefile, version;
	int64_t actor;         /* account; 0: the program */
	struct str actor_name; /* of an official */
	const struct calendar *calendar;
	struct app *app; /* when a letter leaves: what it means for the other cases of a bundle */
};
store_job case_take_job; /* ctx: struct case_change */

struct case_ask {
	struct case_change change;
	struct str questions_json; /* array of question ids */
	struct str before_json;    /* those answers as they are */
	struct str reason;
};
store_job case_ask_job;

struct case_answer {
	struct case_change change;
	struct str answers_json; /* all answers, with the corrected ones */
	int64_t draft_version;   /* at which its files were seen to be complete */
};
store_job case_answer_job;

struct case_decide {
	struct case_change change;
	enum case_outcome outcome;
	struct str ground; /* refusal reason id, empty when granted */
	struct str reason;
	struct str document; /* what a grant gives; or empty */
	int64_t valid_years;
	int64_t letter_delay_us;
};
store_job case_decide_job;

struct case_recall {
	struct case_change change;
	struct str reason;
};
store_job case_recall_job;
/* The author sends it now, or its time has come (actor 0: only when letter_at has passed). */
store_job case_letter_leaves_job; /* ctx: struct case_change */

/* The receipt was lost: from now on only this code is the case's. */
struct case_receipt {
	struct case_change change;
	struct str code; /* RECEIPT_CODE_BYTES */
	struct case_marks marks;
};
store_job case_renew_receipt_job;

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

#endif
