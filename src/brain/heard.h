/* What sensors told in a tick, on its way from the driver's process, which hears them, to the brain's, which makes its
 * estimate of it (sense.h): numbers of detectors, vehicles and crossings, no name. One owner. */
#ifndef CITYHALL_BRAIN_HEARD_H
#define CITYHALL_BRAIN_HEARD_H

#include "base/codec.h"
#include "brain/sense.h"

enum { HEARD_MAX = 1 << 20 }; /* of each kind, in a tick */

struct heard_total {
	uint32_t detector;
	int64_t at_ms;
	uint32_t total;
	float occupied;
};
struct heard_place {
	uint64_t vehicle;
	struct match_place at;
};
struct heard_walkers {
	uint32_t move;
	float waiting, wait_ms;
};

struct heard {
	struct heard_total *totals;
	struct heard_place *places;
	struct heard_walkers *walkers;
	uint32_t total_n, place_n, walker_n;
	uint32_t total_room, place_room, walker_room;
};

void heard_release(struct heard *h); /* zeroed is empty */
void heard_clear(struct heard *h);   /* keeps the memory */
/* What there is no memory for is lost, as messages are. */
void heard_add_total(struct heard *h, const struct heard_total *t);
void heard_add_place(struct heard *h, const struct heard_place *p);
void heard_add_walkers(struct heard *h, const struct heard_walkers *w);

void heard_put(struct buf *to, const struct heard *h);
/* Tells the sense what it reads; any bytes are answered with true or ERR_CORRUPT. */
bool heard_take(struct codec *m, struct sense *s, struct err *e) MUST_USE;

#endif
