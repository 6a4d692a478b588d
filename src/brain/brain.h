/* The brain's process: answers the driver's question once a tick, keeps the journal, and learns from its own deaths.
 *
 * A signal for which deciding kills the brain, or never ends, must not stop the others. What is being decided stands in
 * memory that outlives the process; a brain that is started again reads it. A signal that two brains died of, one after
 * the other, is left to its plan for ten minutes (then it is tried again); after a first death signals are decided one
 * after the other for a while, so that the right one is found. */
#ifndef CITYHALL_BRAIN_BRAIN_H
#define CITYHALL_BRAIN_BRAIN_H

#include "brain/incident.h"
#include "brain/journal.h"
#include "brain/sense.h"

enum { BRAIN_HANGS_S = 10 };

/* Shared by a brain and those after it. */
struct brain_watch {
	_Atomic uint32_t deciding[CITY_THREADS_MAX];
	uint32_t signal_n;
	struct brain_death {
		uint8_t deaths;
		uint32_t answers; /* since then */
	} signals[];
};
/* Before the process that runs brains makes the first. */
bool brain_watch_make(struct brain_watch **out, const struct net *n, struct err *e) MUST_USE;
void brain_watch_drop(struct brain_watch *w);

struct brain {
	struct city *city;
	struct sense *sense;         /* NULL: the driver sees the street whole */
	struct incidents *incidents; /* NULL: nobody looks for any */
	struct journal *journal;     /* NULL: none */
	struct brain_watch *watch;   /* NULL: none */
	uint32_t threads;
	struct buf orders; /* what the portal said and the driver has not yet taken */
};
/* What the portal orders (orders.h): all that it has not seen acknowledged. Refused when nothing can be read from it.
 */
bool brain_order(struct brain *b, struct str message, struct err *e) MUST_USE;
void brain_end(struct brain *b);
/* Looks at what the one before died of. */
void brain_begin(struct brain *b);
/* One question of the driver. False when the driver is gone. */
bool brain_answer(struct brain *b, int fd, int64_t deadline, struct err *e) MUST_USE;

#endif
