/* What controllers know of the street: for each lane who stands and who comes, for each movement its share, for each
 * crossing who waits. Counts and estimates, no car and no place of one: this is what the journal keeps (journal.h), and
 * a decision follows from it, the signals' states and the controller's own memory alone.
 *
 * Made each tick from a street that is seen whole (below), or from sensors (sense.h). One owner while it is made. */
#ifndef CITYHALL_BRAIN_ESTIMATE_H
#define CITYHALL_BRAIN_ESTIMATE_H

#include "brain/street.h"

enum { ESTIMATE_AHEAD = 45 }; /* seconds */

struct lane_seen {
	float count;           /* cars on it, or on their way to it over a junction */
	float halting;         /* of these stand */
	float stand;           /* of these within 200 m of the line */
	float near;            /* cars within 70 m of the line, standing or not */
	float queue;           /* who stands before the line, one behind the other */
	int64_t head_since_ms; /* since when the first car is the first */
	bool is_reached;       /* somebody is within 45 m of the line */
	bool head_stands;
};

struct estimate {
	const struct net *net;
	struct lane_seen *lanes;
	float (*come)[ESTIMATE_AHEAD]; /* by lane: who comes to the line in each second from now, the queue not counted */
	float *taken;                  /* by movement: how many took it, old ones fade */
	float *waiting, *wait_ms;      /* by movement over a crossing: who waits, and how long the longest */
};

bool estimate_init(struct estimate *s, const struct net *n, struct err *e) MUST_USE;
void estimate_release(struct estimate *s);
/* Of a street that street_sort() has put in order. */
void estimate_from_street(struct estimate *s, const struct street *street);
/* One lane, then its cars one by one, the first is nearest to the line; *tail_m begins at 0. */
void estimate_begin_lane(struct estimate *s, uint32_t lane, int64_t head_since_ms);
void estimate_add_car(struct estimate *s, uint32_t lane, float to_go_m, float speed_mps, float *tail_m);

/* What share of a lane's cars takes this movement; of all on a link those that use this lane. */
float estimate_share(const struct estimate *s, uint32_t move);
float estimate_lane_share(const struct estimate *s, uint32_t lane);

#endif
