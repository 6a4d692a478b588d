/* Finds the lane for a place on the map. Constant once made; any thread. */
#ifndef CITYHALL_BRAIN_MATCH_H
#define CITYHALL_BRAIN_MATCH_H

#include "brain/net.h"

#define MATCH_REACH_M 30.0F /* further from every lane: not on the street */

struct match {
	const struct net *net;
	float x, y; /* of the first square */
	uint32_t columns, rows;
	uint32_t *first; /* [columns * rows + 1]: by square, lanes[first ...] */
	uint32_t *lanes;
};

/* Where a vehicle says that it is, in metres of the network. */
struct match_place {
	float x, y, speed_mps;
	float heading_deg; /* clockwise from north; below 0: unknown. Not believed of one that stands */
	uint32_t was_on;   /* link, NET_NONE: unknown */
};

bool match_init(struct match *m, struct arena *a, const struct net *n, struct err *e) MUST_USE;
/* The lane, NET_NONE: none; and how far along. */
uint32_t match_find(const struct match *m, const struct match_place *p, float *at_m);

#endif
