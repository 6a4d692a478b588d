/* What is counted, and how any time is read. The relay feeds the counts (count.c); pages, exports and the open data
 * read them here and nowhere else, and no page looks through cases.
 *
 * There are counts by month and the same by day. A time is read as its whole months and, where it begins or ends within
 * a month, the days of that: so a year costs little more than a month, and the days of a month are together what the
 * month is.
 *
 * A month is year * 12 + month - 1. Each count lies with the day and the month in which its event counts, in the
 * institution's zone. What is entered when that month is over already (paper that was received in it) lies beside it,
 * with the day on which it was entered: so a month that was closed on a day is read as it was before that day, for
 * ever, in whatever time it is read and also when only some of its days are, and what came later is read apart. Nothing
 * that counts depends on whether the month is closed, so that the counts can be made again from the events in any
 * order. Calls belong into reads routed to the institution. */
#ifndef CITYHALL_APP_STATISTICS_FIGURES_H
#define CITYHALL_APP_STATISTICS_FIGURES_H

#include "app/statistics/statistics.sql.h"
#include "base/date.h"
#include "base/spread.h"

/* name, number in the store (never used again for something else), key in exports and open data, column of days */
#define DAY_FIGURES(X)                                                                                \
	X(FIG_APPLICATIONS, 1, "applications",                                                            \
	  applications)                 /* sent; what was sent at once for several offices counts once */ \
	X(FIG_CASES, 2, "cases", cases) /* begun here, forwarded ones included */                         \
	X(FIG_AT_COUNTER, 3, "taken-in-by-officials", at_counter)                                         \
	X(FIG_DECIDED, 4, "decided", decided) /* the letter has left, for the first time */               \
	X(FIG_GRANTED, 5, "granted", granted)                                                             \
	X(FIG_REFUSED, 6, "refused", refused)                                                             \
	X(FIG_NOT_ACCEPTED, 7, "not-accepted", not_accepted)                                              \
	X(FIG_WITHDRAWN, 8, "withdrawn", withdrawn)                                                       \
	X(FIG_LAPSED, 9, "lapsed", lapsed)                                                                \
	X(FIG_NEVER_SENT, 10, "never-sent", never_sent) /* begun, kept for its time and thrown away */    \
	X(FIG_PROMISED, 11, "decided-with-promise", promised)                                             \
	X(FIG_PROMISE_KEPT, 12, "promise-kept", promise_kept)                                             \
	X(FIG_LIMITED, 13, "decided-with-legal-limit", limited)                                           \
	X(FIG_LAW_KEPT, 14, "legal-limit-kept", law_kept)                                                 \
	X(FIG_TIMED, 15, "decided-with-known-time", timed)                                                \
	X(FIG_RAN, 16, "working-minutes", ran)                                                            \
	X(FIG_STOOD, 17, "minutes-standing", stood)                                                       \
	X(FIG_CORRECTIONS, 18, "corrections-asked", corrections)                                          \
	X(FIG_CORRECTED, 19, "decided-after-correction", corrected)                                       \
	X(FIG_FORWARDED, 20, "forwarded-here", forwarded)                                                 \
	X(FIG_OBJECTIONS, 21, "objections", objections)                                                   \
	X(FIG_OBJECTIONS_WON, 22, "objections-won", objections_won)                                       \
	X(FIG_REOPENED, 23, "reopened", reopened)                                                         \
	X(FIG_ORANGE, 27, "turned-orange", orange)                                                        \
	X(FIG_RED, 28, "turned-red", red)                                                                 \
	X(FIG_STOPS, 29, "stops", stops)
/* Ratings are counted by month alone: beside the few decisions of a day they would tell who rated. */
#define RATING_FIGURES(X)                        \
	X(FIG_RATINGS, 24, "ratings", none)          \
	X(FIG_RATING_SUM, 25, "rating-points", none) \
	X(FIG_RATED_BAD, 26, "rated-bad", none) /* levels 1 and 2 of 5 */
#define FIGURES(X) DAY_FIGURES(X) RATING_FIGURES(X)

enum figure_at {
#define X(name, number, key, column) name,
	FIGURES(X)
#undef X
		FIGURE_COUNT
};
int64_t figure_number(enum figure_at at);
enum figure_at figure_of(int64_t number); /* FIGURE_COUNT: no figure has it */
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

/* A month, or some of its days, or a day. */
struct column_line {
	day_number from, to;
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
struct closed_month {
	int64_t month;
	day_number until; /* what was entered from this day on is left out, and counted as later */
};
enum { COLUMN_MONTHS_LEAST = 12, COLUMN_DAYS_MOST = 31, PICTURE_BYTES_MOST = 64 << 20 };
struct picture {
	int64_t institution;
	day_number from, to; /* in: both included */
	bool has_officials;  /* in: read them too */
	bool has_columns;    /* in: read the time piece by piece too */

	/* The first month that the time cuts and of which only the whole is known, since it was brought so; 0: none, else
	 * nothing is read. */
	int64_t whole_alone;
	struct figures all;
	struct spread *spread;         /* of working minutes of decided cases, all together */
	struct service_line *services; /* by name */
	size_t service_n;
	struct official_line *officials; /* by account; the program's is left out */
	size_t official_n;
	struct stop_line *stops; /* by reason */
	size_t stop_n;
	/* Whole months: each, and those before them up to twelve. Of another time its days, where they are at most 31 and
	 * no whole month is among them, else its months, the first and the last cut. All of them are there, also when
	 * nothing happened. */
	struct column_line *columns;
	size_t column_n;
	struct closed_month *closed; /* of the months that the time holds or cuts */
	size_t closed_n;
	struct figures later; /* entered when their month was closed: all counts, no times */
	bool has_later;
};
/* From the first day of a month to the last one of a month, and of the same. */
bool picture_is_months(const struct picture *p);
bool picture_is_month(const struct picture *p);
store_job picture_job; /* ctx: struct picture; in a read routed to the institution; results in its arena */
/* The same, with only the results in the arena: rows of a large office are many. */
bool picture_read(struct store *s, struct arena *a, struct picture *p, struct err *e) MUST_USE;

/* The median over officials of a figure, those with none left out. */
int64_t median_of_officials(struct arena *a, const struct picture *p, enum figure_at at);

#endif
