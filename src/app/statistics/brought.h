/* Figures that a town brings from before this program: whole months of an institution, each brought once, and if they
 * are known its days. They become events and are counted by the relay as all others. A time that cuts a month of
 * which no days are known has no figures. */
#ifndef CITYHALL_APP_STATISTICS_BROUGHT_H
#define CITYHALL_APP_STATISTICS_BROUGHT_H

#include "app/app.h"
#include "app/statistics/figures.h"

struct brought_time {
	int64_t minutes, n;
};
struct brought_part { /* of a service, or of an official (service empty); of a day: of both */
	struct str service;
	int64_t official;
	int day; /* of the month, from 1; 0: of all of it */
	int64_t n[FIGURE_COUNT];
	const struct brought_time *times; /* working minutes of decided cases */
	size_t time_n;
};
struct brought_stop {
	struct str service, reason;
	int day;
	int64_t n, minutes;
};
struct brought {
	int64_t institution, month;
	bool has_days; /* parts and stops of each day are there too, and are together what those of the month are */
	const struct brought_part *parts;
	size_t part_n;
	const struct brought_stop *stops;
	size_t stop_n;
};
/* ERR_CONFLICT: this month was brought before. */
bool statistics_bring(struct app *app, const struct brought *b, struct err *e) MUST_USE;

/* For count.c: counts such an event. `open` is its payload. */
struct json;
bool brought_count(struct tx *tx, const struct json *open, struct err *e) MUST_USE;

#endif
