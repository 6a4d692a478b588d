/* The cases room: submission, the life of a casefile as a table of moves, queue, correction, decision, letters,
 * receipt.
 *
 * A casefile belongs to one party, the applicant; every move is one transaction on its root row and one event. The
 * institution's queue, the look-up by number and by receipt code are read models fed by the relay. Handlers run on
 * request threads; the moves below may be called from any thread, inside a write job routed to the party. */
#ifndef CITYHALL_APP_CASES_CASES_H
#define CITYHALL_APP_CASES_CASES_H

#include "app/app.h"
#include "app/catalogue/definition.h"

/* state, name in events and the store, colour and sign of its tag, words for the applicant / for officials */
enum case_state {
	CASE_RECEIVED = 1, /* nobody has it yet */
	CASE_IN_WORK,      /* an official has it */
	CASE_ASKED,        /* the applicant is asked to correct; the clock stands */
	CASE_CORRECTED,    /* the applicant answered; the clock runs */
	CASE_DECIDED,      /* decided, the letter has not left: can be recalled; the applicant still sees "being decided" */
	CASE_CLOSED,       /* the letter has left */
};
enum case_outcome { OUTCOME_NONE, OUTCOME_GRANTED, OUTCOME_REFUSED };

/* The legal clock of a casefile: whole working days of the institution's calendar. */
struct case_clock {
	int32_t start_day;  /* local date of submission; its first counted day is the next working day */
	int32_t stood_days; /* working days stood, finished stops */
	int32_t
		stands_since_day; /* 0: runs; else the day on which the applicant was asked: stands from the next working day */
	int32_t committed_days, statutory_days;
	int32_t ended_day; /* 0: not decided */
};
struct case_dates {
	int32_t promised_day, legal_day; /* as of `today`, with what stands now */
	int32_t left_days;               /* until promised, today counted; negative: late by so many */
	int32_t ran_days, stood_days;
	bool stands;
};
void case_clock_dates(const struct calendar *c, const struct case_clock *clock, int32_t today, struct case_dates *out);

extern const struct route cases_routes[];
extern const struct event_subscriber cases_subscribers[];
struct timer_kind;
extern const struct timer_kind cases_timers[];

#endif
