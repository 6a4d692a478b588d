/* Who stands in whose way: which lanes are full, and what it is worth beyond the lane itself to let a car go from it.
 *
 * A lane is full when no further car fits, those under way to it counted. Who wants to go on to a full lane waits for
 * it, and those behind him who want to go elsewhere wait as well. A car that leaves such a lane lets another one
 * follow, and with it those who were only in its way: `frees` is how many get going elsewhere with each that leaves,
 * followed back from lane to lane. In a ring of full lanes, where each waits for the next, it grows with each round up
 * to a bound.
 *
 * Made anew each tick from what is seen (estimate.h); it fades in some seconds, since a queue that begins to move is
 * not over. One owner while it is made. */
#ifndef CITYHALL_BRAIN_JAM_H
#define CITYHALL_BRAIN_JAM_H

#include "brain/estimate.h"

#define JAM_FREES_MOST 6.0F

struct jam {
	const struct net *net;
	float *fits;     /* by lane: cars for which there is room; below 1: full */
	float *frees;    /* by lane: cars that get going elsewhere with each that leaves it */
	float *now;      /* by lane: the same without what fades */
	uint32_t *stuck; /* lanes for which somebody waits */
	uint32_t stuck_n;
};

bool jam_init(struct jam *j, struct arena *a, const struct net *n, struct err *e) MUST_USE;
void jam_look(struct jam *j, const struct estimate *seen);

#endif
