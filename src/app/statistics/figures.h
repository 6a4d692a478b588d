/* What is counted, and how months are read. The relay feeds the counts (count.c); pages, exports and the open data read
 * them here and nowhere else, and no page looks through cases.
 *
 * A month is year * 12 + month - 1. Each count lies with the month in which its event counts, in the institution's
 * zone. What is entered when that month is over already (paper that was received in it) lies beside it, with the day on
 * which it was entered: so a month that was closed on a day is read as it was before that day, for ever, and what came
 * later is read apart. Nothing that counts depends on whether the month is closed, so that the counts can be made again
 * from the events in any order. Calls belong into reads routed to the institution. */
#ifndef CITYHALL_APP_STATISTICS_FIGURES_H
#define CITYHALL_APP_STATISTICS_FIGURES_H

#include "app/statistics/statistics.sql.h"
#include "base/date.h"
#include "base/spread.h"

/* name, number in the store (never used again for something else), key in exports and open data */
#define FIGURES(X)                                                                                           \
	X(FIG_APPLICATIONS, 1, "applications") /* sent; what was sent at once for several offices counts once */ \
	X(FIG_CASES, 2, "cases")               /* begun here, forwarded ones included */                         \
	X(FIG_AT_COUNTER, 3, "taken-in-by-officials")                                                            \
	X(FIG_DECIDED, 4, "decided") /* the letter has left, for the first time */                               \
	X(FIG_GRANTED, 5, "granted")                                                                             \
	X(FIG_REFUSED, 6, "refused")                                                                             \
	X(FIG_NOT_ACCEPTED, 7, "not-accepted")                                                                   \
	X(FIG_WITHDRAWN, 8, "withdrawn")                                                                         \
	X(FIG_LAPSED, 9, "lapsed")                                                                               \
	X(FIG_NEVER_SENT, 10, "never-sent") /* begun, kept for its time and thrown away */                       \
	X(FIG_PROMISED, 11, "decided-with-promise")                                                              \
	X(FIG_PROMISE_KEPT, 12, "promise-kept")                                                                  \
	X(FIG_LIMITED, 13, "decided-with-legal-limit")                                                           \
	X(FIG_LAW_KEPT, 14, "legal-limit-kept")                                                                  \
	X(FIG_TIMED, 15, "decided-with-known-time")                                                              \
	X(FIG_RAN, 16, "working-minutes")                                                                        \
	X(FIG_STOOD, 17, "minutes-standing")                                                                     \
	X(FIG_CORRECTIONS, 18, "corrections-asked")                                                              \
	X(FIG_CORRECTED, 19, "decided-after-correction")                                                         \
	X(FIG_FORWARDED, 20, "forwarded-here")                                                                   \
	X(FIG_OBJECTIONS, 21, "objections")                                                                      \
	X(FIG_OBJECTIONS_WON, 22, "objections-won")                                                              \
	X(FIG_REOPENED, 23, "reopened")                                                                          \
	X(FIG_RATINGS, 24, "ratings")                                                                            \
	X(FIG_RATING_SUM, 25, "rating-points")                                                                   \
	X(FIG_RATED_BAD, 26, "rated-bad") /* levels 1 and 2 of 5 */                                              \
	X(FIG_ORANGE, 27, "turned-orange")                                                                       \
	X(FIG_RED, 28, "turned-red")                                                                             \
	X(FIG_STOPS, 29, "stops")

enum figure_at {
#define X(name, number, key) name,
	FIGURES(X)
#undef X
		FIGURE_COUNT
};
int64_t figure_number(enum figure_at at);
const char *figure_key(enum figure_at at);

enum fate { FATE_NONE, FATE_GRANTED, FATE_REFUSED, FATE_OTHERWISE, FATE_NOT_ACCEPTED, FATE_WITHDRAWN, FATE_LAPSED };

/* Months. */
static inline int64_t month_of_day(day_number day)
{
	struct date d = date_of_day(day);
	return (int64_t)d.year * 12 + d.month - 1;
}
day_number month_first_day(int64_t month);
day_number month_last_day(int64_t month);
bool month_parse(struct str text, int64_t *out); /* "2026-11" */
struct str month_text(struct arena *a, int64_t month);

/* Figures of one thing: a month, a service, an official, or all together. */
struct figures {
	int64_t n[FIGURE_COUNT];
	int64_t median, p90; /* working minutes of decided cases; 0 while FIG_TIMED is 0 */
};
/* In percent of `of`, rounded; 0 of 0 is 0. */
int64_t percent_of(int64_t part, int64_t of);

struct month_line {
	int64_t month;
	struct figures f;
};
struct service_line {
	struct str service;
	struct figures f;
};
struct official_line {
	int64_t official;
	struct figures f;
};
struct stop_line {
	struct str reason;
	int64_t times, minutes;
};
enum { SHARE_COLUMNS = 12 };
struct picture {
	int64_t institution, from, to; /* in: months, both included */
	day_number until;              /* in: what was entered from this day on is left out; 0: nothing is */
	bool has_officials;            /* in: read them too */
	int64_t since;                 /* in: first of the months that are read one by one; 0: none is */

	struct figures all;
	struct spread *spread; /* of working minutes of decided cases, all together */
	struct service_line *services;
	size_t service_n;
	struct official_line *officials; /* by account; the program's is left out */
	size_t official_n;
	struct stop_line *stops;
	size_t stop_n;
	struct month_line *months; /* since to `to`, each, also when nothing happened */
	size_t month_n;
	struct figures later; /* entered from `until` on: all counts, no times */
	bool has_later;
};
store_job picture_job; /* ctx: struct picture; in a read routed to the institution; results in its arena */

/* The median over officials of a figure, those with none left out. */
int64_t median_of_officials(struct arena *a, const struct picture *p, enum figure_at at);

#endif
