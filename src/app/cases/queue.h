/* The queue of an institution: a read model of its open cases (read_models.c), a moment behind. What is due first comes
 * first.
 *
 * It is read in steps. A step goes along one index, or a few merged, reads at most QUEUE_STEP cases however many there
 * are, and gives what a filter has to know of each; the caller keeps what it wants and reads only those whole. So no
 * filter reads a long table to its end. Calls belong into reads routed to the institution. */
#ifndef CITYHALL_APP_CASES_QUEUE_H
#define CITYHALL_APP_CASES_QUEUE_H

#include "app/cases/cases.sql.h"
#include "base/date.h"

/* Who has to do something next: one of those that it waits for, the office before all others. */
enum queue_lane { LANE_OFFICE = 1, LANE_APPLICANT, LANE_SIGNER, LANE_OTHERS, LANE_COUNT };
enum queue_lane queue_lane_of(unsigned waits); /* bits of enum case_wait */

enum { QUEUE_STEP = 64, QUEUE_HANDLERS_MAX = 8 };

struct queue_place { /* in the order of the list */
	day_number due;
	int64_t casefile;
};
#define QUEUE_START ((struct queue_place){INT32_MIN, 0})

struct queue_key {
	struct queue_place at;
	struct str service;
	int64_t state, waits, lane, handler;
	int64_t event; /* the newest */
	int64_t actor; /* whose it is: account; 0: the program */
};

/* What a step goes along: some handlers' cases, else a service's, else a lane's, else all. What is named beside that is
 * not looked at. */
struct queue_way {
	int64_t institution;
	int64_t handlers[QUEUE_HANDLERS_MAX]; /* 0 among them: those that nobody has */
	size_t handler_n;
	bool has_to_sign;     /* with those handlers': what waits for a second signature */
	struct str service;   /* empty: all */
	enum queue_lane lane; /* 0: all */
	day_number until;     /* promised day; INT32_MAX: all */
};
/* Cases after a place, in order; fewer than QUEUE_STEP: there are no more. */
bool queue_step(struct tx *tx, const struct queue_way *way, struct queue_place after, struct queue_key keys[QUEUE_STEP],
                size_t *n, struct err *e) MUST_USE;
/* The rows of these cases in this order; casefile 0 for those that are no longer in the queue. */
bool queue_rows_of(struct tx *tx, int64_t institution, const int64_t *casefiles, size_t n, struct queue_rows_out *rows,
                   struct err *e) MUST_USE;

#endif
