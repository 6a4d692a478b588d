/* What is on the street now, as far as it is seen: cars on lanes, people at crossings, and what share of a lane's cars
 * takes which movement, learned from those that went. Filled by a driver (sumo.h) each tick; what controllers read is
 * made of it (estimate.h). A car on its way over a junction counts for the lane that it comes to. Where a car is, is
 * known for a tick, and on which lane it was, for half a minute. One owner. */
#ifndef CITYHALL_BRAIN_STREET_H
#define CITYHALL_BRAIN_STREET_H

#include "brain/net.h"

#define STREET_HALTS_MPS 0.5F
enum { STREET_FORGETS_MS = 30000 }; /* a car that is not seen any more */
#define STREET_CAR_M 7.5F           /* a standing car with its gap */

struct street_car {
	uint32_t lane; /* NET_NONE: not on the street */
	float to_go_m; /* to the end of the lane; more than its length while it comes over the junction */
	float speed_mps;
	uint32_t link, last_lane; /* to see which movement it took */
	int64_t seen_ms;
	uint32_t next; /* slots that are free */
	char *name;
};

struct street {
	const struct net *net;
	int64_t now_ms;
	struct street_car *cars;
	uint32_t car_n, car_room, free_car;
	uint32_t *names; /* open addressing, by name */
	uint32_t name_room, name_used;
	/* By lane, the first is nearest to the stop line: order[first[lane] ...]. */
	uint32_t *first, *count, *order;
	uint32_t order_room;
	float *halting;      /* by lane */
	uint32_t *head;      /* by lane: the first car */
	int64_t *head_since; /* by lane: since when it is the first */
	float *taken;        /* by movement: how many took it, old ones fade */
	float *waiting;      /* by movement over a crossing: people who wait */
	float *wait_ms;      /* by the same: how long the longest waits */
};

bool street_init(struct street *s, const struct net *n, struct err *e) MUST_USE;
void street_release(struct street *s);

/* Filling, in this order. */
void street_tick(struct street *s, int64_t now_ms); /* nobody is seen yet */
bool street_see(struct street *s, struct str name, uint32_t lane, float at_m, float speed_mps, struct err *e) MUST_USE;
void street_gone(struct street *s, struct str name);
void street_see_walker(struct street *s, uint32_t move, float wait_ms);
bool street_sort(struct street *s, struct err *e) MUST_USE;

static inline const struct street_car *street_car(const struct street *s, uint32_t lane, uint32_t i)
{
	return &s->cars[s->order[s->first[lane] + i]];
}
#endif
