/* Inquiries: a supervisor asks the head of an institution, who answers within some working days; the supervisor says
 * what comes of it: explained, remedied, yellow card, red card; against a card the head appeals once, to the
 * supervision office above. One table, INQUIRY_MOVES, says which step leads where; each step is one job, one row that
 * is never changed, one event. Jobs belong to the institution's route. */
#ifndef CITYHALL_APP_SUPERVISION_INQUIRY_H
#define CITYHALL_APP_SUPERVISION_INQUIRY_H

#include "app/app.h"
#include "app/supervision/supervision.sql.h"
#include "base/calendar.h"
#include "store/timer.h"

enum inquiry_state {
	INQUIRY_ASKED = 1, /* the head is to answer */
	INQUIRY_ANSWERED,  /* the supervisor is to say what comes of it */
	INQUIRY_CLOSED,    /* an outcome was said; a card can be appealed against until due_day */
	INQUIRY_APPEALED,  /* the office above is to decide */
	INQUIRY_FINAL,
	INQUIRY_STATE_END
};
enum inquiry_outcome {
	INQUIRY_NO_OUTCOME,
	INQUIRY_EXPLAINED,
	INQUIRY_REMEDIED,
	INQUIRY_YELLOW,
	INQUIRY_RED,
	INQUIRY_OUTCOME_END
};
#define OUT_OF(state) (1U << (state))

/* step, event kind, from, to, title of the step: msgid with {name} */
#define INQUIRY_MOVES(X)                                                                                     \
	X(INQUIRY_ASK, "inquiry-asked", 0U, INQUIRY_ASKED, N_("{name} asked the head"))                          \
	X(INQUIRY_REMIND, "inquiry-reminded", OUT_OF(INQUIRY_ASKED), INQUIRY_ASKED, N_("The head was reminded")) \
	X(INQUIRY_MISS, "inquiry-overdue", OUT_OF(INQUIRY_ASKED), INQUIRY_ASKED, N_("No answer came in time"))   \
	X(INQUIRY_ANSWER, "inquiry-answered", OUT_OF(INQUIRY_ASKED), INQUIRY_ANSWERED, N_("{name} answered"))    \
	X(INQUIRY_CLOSE, "inquiry-closed", OUT_OF(INQUIRY_ASKED) | OUT_OF(INQUIRY_ANSWERED), INQUIRY_CLOSED,     \
	  N_("{name} closed the inquiry"))                                                                       \
	X(INQUIRY_APPEAL, "inquiry-appealed", OUT_OF(INQUIRY_CLOSED), INQUIRY_APPEALED, N_("{name} appealed"))   \
	X(INQUIRY_SETTLE, "inquiry-settled", OUT_OF(INQUIRY_APPEALED), INQUIRY_FINAL, N_("{name} decided on the appeal"))

enum inquiry_move {
#define X(move, ...) move,
	INQUIRY_MOVES(X)
#undef X
		INQUIRY_MOVE_COUNT
};
const char *inquiry_move_title(enum inquiry_move move); /* msgid */
bool inquiry_move_fits(enum inquiry_move move, int64_t state);
const char *inquiry_outcome_title(int64_t outcome);       /* msgid; "" for none */
enum inquiry_outcome inquiry_outcome_of(struct str word); /* of a form; INQUIRY_NO_OUTCOME for another word */
static inline bool inquiry_is_card(int64_t outcome)
{
	return outcome == INQUIRY_YELLOW || outcome == INQUIRY_RED;
}

enum { INQUIRY_DAYS = 3, INQUIRY_DAYS_MOST = 10, INQUIRY_APPEAL_DAYS = 5 }; /* working days */
#define INQUIRY_TIMER "supervision.inquiry"

/* Constant input; result[0]: the inquiry's id. */
struct inquiry_begin {
	const struct inquiry_insert_in *row; /* all but id, asked_at, due_day */
	int64_t finding_version;             /* of the finding from which it is begun; row->finding 0: unused */
	struct str words;
	int days; /* working days for the answer */
	const struct calendar *calendar;
};
store_job inquiry_begin_job;

struct inquiry_step {
	int64_t institution, id, version;
	enum inquiry_move move;
	int64_t account;
	struct str name, words;
	enum inquiry_outcome outcome; /* closed, settled */
	const struct calendar *calendar;
};
/* ERR_CONFLICT: it is not in a state from which this leads, or somebody was faster. */
store_job inquiry_step_job;

/* A finding is set aside with a reason. */
struct finding_aside {
	int64_t institution, id, version, account;
	struct str name, words;
};
store_job finding_aside_job;

/* Reminds on the last day for the answer, notes when it has passed. */
bool inquiry_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e);

/* For the desk of an institution: how many of its inquiries wait for an answer; all for a head, for an official those
 * about the own work. In a read routed to it. */
bool inquiries_waiting(struct tx *tx, int64_t institution, const struct viewer *v, int64_t *n, struct err *e) MUST_USE;
/* Cards of a year, for the board's line of an institution. In a read routed to it. */
struct inquiry_cards {
	int64_t yellow, red;
};
bool inquiry_cards_of(struct tx *tx, int64_t institution, struct inquiry_cards *out, struct err *e) MUST_USE;

#endif
