/* The sums of all institutions as this process holds them: read about once a second by a thread of its own, in the
 * background, so that a page of a whole nation asks the store for nothing. What it shows is at most two seconds old,
 * and says how old it is. Any thread. */
#ifndef CITYHALL_APP_SUPERVISION_BOARD_H
#define CITYHALL_APP_SUPERVISION_BOARD_H

#include "app/app.h"
#include "base/date.h"

enum { BOARD_DAYS = 32, BOARD_AHEAD = 16, BOARD_SERVICES = 64, BOARD_ALERTS = 6 };

struct board_sums {
	int64_t running, standing, orange, red, past;
};
void board_sums_add(struct board_sums *to, const struct board_sums *s);
/* Where a jurisdiction stands in a list; -1: it does not. */
struct jurisdiction;
int board_area(const struct jurisdiction *areas, size_t n, struct str id);
/* Adds an office's sums to those of its jurisdiction and of all around it, from the district to the nation. */
void board_roll_up(const struct jurisdiction *areas, size_t n, struct str jurisdiction, const struct board_sums *s,
                   struct board_sums *by_area);

struct board_service {
	struct str service; /* pack id, as long as the board lives */
	struct board_sums sums;
};
struct board_alert {
	int64_t casefile, raised_us, institution;
	char number[40], service[64];
	int level;
};
/* What is known of an institution. */
struct board_office {
	int64_t institution, event;
	struct board_sums sums;
	day_number today; /* for which the following were read */
	struct board_office_day {
		day_number day;
		int32_t running, orange, red, ended, raised, acted; /* the first three: changes on that day */
	} days[BOARD_DAYS];
	size_t day_n;
	struct board_office_due {
		day_number day;
		int64_t n;
	} due[BOARD_AHEAD]; /* from today on */
	size_t due_n;
	struct board_service services[BOARD_SERVICES];
	size_t service_n;
	struct board_alert alerts[BOARD_ALERTS]; /* newest first */
	size_t alert_n;
};

struct board;
bool board_start(struct app *app, struct board **out, struct err *e) MUST_USE;
void board_stop(struct board *b); /* NULL is ignored */
/* Reads what changed, now: the thread does it by itself; tests and benches call it. Not on a request's thread. */
bool board_refresh(struct board *b, struct err *e) MUST_USE;

/* The offices as they are, in order of their ids, held until board_release(). ERR_BUSY: nothing was read yet. */
struct board_seen {
	struct board *board;
	struct board_office *const *offices;
	size_t n;
	int64_t exact_us; /* legal time up to which they count */
	int64_t version;  /* grows with every change */
};
bool board_take(struct app *app, struct board_seen *out, struct err *e) MUST_USE;
void board_release(struct board_seen *seen);
const struct board_office *board_office(const struct board_seen *seen, int64_t institution); /* NULL: it has no case */

/* How many cases come to the end of their limit in `ahead` working days, today the first, without anybody coming to
 * them: who goes by the order of the days, and brings as many to an end each working day as in the last ten. */
struct calendar;
struct board_forecast {
	int64_t due, unhandled;
	int64_t ended; /* in the last `days` working days */
	int32_t days;
};
void board_foresee(const struct board_office *o, const struct calendar *c, day_number today, day_number until,
                   struct board_forecast *add);

#endif
