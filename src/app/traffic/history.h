/* What the street was like, by quarters of an hour: the whole of it is one small row each, so that pages that compare
 * days read a few thousand rows at most, however large the city is. Pages: how the city moves (for everybody), before
 * and after (for who works at the traffic office). */
#ifndef CITYHALL_APP_TRAFFIC_HISTORY_H
#define CITYHALL_APP_TRAFFIC_HISTORY_H

#include "app/app.h"
#include "app/catalogue/catalogue.h"
#include "app/traffic/live.h"
#include "app/traffic/traffic.sql.h"
#include "base/difference.h"
#include "html/out.h"
#include "html/translate.h"

enum { HISTORY_SCALE = 1000 };
#define PATH_TRAFFIC_TODAY "/traffic/today"
#define PATH_TRAFFIC_BEFORE "/traffic/before-after"
#define PATH_TRAFFIC_CSV "/data/traffic/quarters"

struct city_sums {
	int64_t seconds, signal_s, brain_s, vehicle_s, halting_s, delay_s, metres, walker_s;
};
/* In the job that writes a minute's rows: adds the whole of it. */
bool history_add(struct tx *tx, int64_t institution, int64_t net, int64_t minute, const struct city_sums *s,
                 struct err *e) MUST_USE;

struct city_quarter {
	int64_t quarter; /* by the local clock: its day begins where it is a multiple of QUARTERS_A_DAY */
	int64_t utc;     /* the same as it is stored */
	struct city_sums s;
};
/* ERR_FORBIDDEN for who does not work there. */
const struct institution *history_sight(struct req *r, struct err *e);

struct city_history {
	const struct institution *in;
	int64_t net;               /* out; 0: no street was told yet */
	int64_t newest;            /* out: the newest quarter, local; INT64_MIN: there is none */
	day_number since, until;   /* in: local days, until not included; 0 and 0: nothing but the newest */
	struct city_quarter *rows; /* out, ascending */
	size_t n;
	struct street_get_out street;
};
bool city_history_read(struct req *r, struct city_history *h, struct err *e) MUST_USE;
static inline day_number history_day(int64_t quarter)
{
	return (day_number)(quarter / QUARTERS_A_DAY);
}

/* What is shown of it: a quotient of sums. */
struct history_measure {
	const char *key, *name; /* the name is a message */
	double times;
	size_t above, below;
	int decimals;
	int better; /* -1: less is better, 1: more, 0: neither */
};
enum history_measure_at {
	HISTORY_PACE,
	HISTORY_LOST,
	HISTORY_STANDING,
	HISTORY_WAITING,
	HISTORY_DRIVEN,
	HISTORY_LED,
	HISTORY_MEASURES
};
extern const struct history_measure HISTORY_MEASURE[HISTORY_MEASURES];
/* False: nothing was there to divide by. */
bool history_measured(const struct city_sums *s, const struct history_measure *m, double *out);
void history_sum(struct city_sums *to, const struct city_sums *add);
/* Before and after of one measure: rows of these local days. */
bool history_compare(struct req *r, const struct city_history *h, const day_number before[2], const day_number after[2],
                     const struct history_measure *m, struct difference *d, struct err *e) MUST_USE;

/* "2.41" */
struct str history_number(struct req *r, double v, int decimals);
struct str history_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n);
struct str history_date(struct req *r, day_number day, enum date_form form);
/* Labels for charts of a day: each third hour, and the names for the table. False: memory is out. */
bool history_labels(struct req *r, struct str **labels, struct str **names);
/* A series of a measure by quarter of the day: of sums[QUARTERS_A_DAY]; in thousandths (HISTORY_SCALE). */
struct chart_series;
bool history_series(struct req *r, const struct city_sums *by_quarter, const struct history_measure *m,
                    struct chart_series *out);
/* Minutes for a kilometre over a day, two times in one picture; each has its name and [QUARTERS_A_DAY]. *has: there is
 * more in it than a point or two. */
struct history_line {
	const char *name; /* a message */
	const struct city_sums *by_quarter;
};
struct chart;
bool history_day_chart(struct req *r, struct str sentence, const struct history_line lines[2], struct chart *out,
                       bool *has, struct err *e) MUST_USE;

/* Of n links by their number: sums of minutes by the street's clock, until not included; read a day at a time. */
struct street_sums {
	int64_t vehicle_s, delay_s, metres;
};
bool history_streets(struct req *r, const struct city_history *h, int64_t since_min, int64_t until_min,
                     struct street_sums *sums, size_t n, struct err *e) MUST_USE;
/* "Harbour Street before Mill Street, towards the east", by the link's number; its id where it has no name. */
bool history_street_names(struct req *r, const struct city_history *h, struct str **names, size_t *n,
                          struct err *e) MUST_USE;

handler traffic_today_get, traffic_before_get, traffic_csv_get;

#endif
