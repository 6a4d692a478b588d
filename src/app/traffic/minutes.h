/* Sums by minute of links and signals, and what the store keeps of the street. The sums are under the lock of live.c;
 * what reads and writes the store is called without it. */
#ifndef CITYHALL_APP_TRAFFIC_MINUTES_H
#define CITYHALL_APP_TRAFFIC_MINUTES_H

#include "app/traffic/live.h"
#include "app/traffic/traffic.sql.h"

struct minute_link {
	double brain_s, vehicle_s, halting_s, delay_s, metres;
};
struct minute_signal {
	double brain_s, agree_s, walker_s;
	uint32_t walk_most_s, switches;
	uint8_t stage;
};
struct minutes {
	int64_t institution, net, minute, last_us;
	double seconds;
	uint32_t link_n, signal_n;
	struct minute_link *links;
	struct minute_signal *signals;
	struct live_link *smooth; /* by link */
	float *usual_s_per_m;     /* by link; 0: not known */
	int64_t usual_of;         /* the quarter of an hour for which it was read */
	/* A minute that is over and not yet written; one that comes meanwhile is lost, and said. */
	struct minutes_batch {
		int64_t institution, net, minute;
		struct link_minute_add_in *links; /* NULL: there is none */
		struct signal_minute_add_in *signals;
		uint32_t link_n, signal_n, all_links;
		uint32_t written; /* of both */
		bool wants_usual;
	} batch;
};

bool minutes_begin(struct minutes *m, const struct outline *o, int64_t net, struct err *e) MUST_USE;
void minutes_end(struct minutes *m);
void minutes_add(struct minutes *m, const struct outline *o, const struct street_frame *f, struct live_minute *now);
bool minutes_has_batch(const struct minutes *m);
bool minutes_take_batch(struct minutes *m, struct minutes_batch *out);
void minutes_drop_batch(struct minutes_batch *b);
uint32_t minutes_usual_s(const struct minutes *m, uint32_t link); /* of 1,000 metres, see live_usual_s() */

/* Goes on where it failed. */
bool minutes_write(struct store *s, struct minutes_batch *b, struct err *e) MUST_USE;
/* What is usual at this time of the day, once a quarter of an hour; NULL: not now. */
bool minutes_read_usual(struct store *s, const struct minutes_batch *b, float **out, struct err *e) MUST_USE;
void minutes_set_usual(struct minutes *m, const struct minutes_batch *b, float *usual);
/* Minutes of more than a week ago become a quarter of an hour, one at a time. */
bool minutes_thin(struct store *s, const struct minutes_batch *b, struct err *e) MUST_USE;

bool minutes_keep_outline(struct store *s, int64_t institution, int64_t net, struct str outline,
                          struct err *e) MUST_USE;
bool minutes_read_outline(struct store *s, int64_t institution, struct arena *a, struct str *out,
                          struct err *e) MUST_USE;
/* The orders that the brain has not acknowledged, as it takes them. */
bool minutes_orders_after(struct store *s, int64_t institution, int64_t number, struct arena *a, struct str *out,
                          struct err *e) MUST_USE;

#endif
