/* Proving what the store keeps: recomputing read models from the events, looking at operations. Any thread. */
#ifndef CITYHALL_STORE_RECOMPUTE_H
#define CITYHALL_STORE_RECOMPUTE_H

#include "store/event.h"

struct recompute {
	struct store *from;
	struct store *to; /* opened with the same schemas, its read models empty */
	const struct event_subscriber *subs;
	size_t subs_n;
	/* Events that not every subscriber has seen yet are left out and named here; may be NULL. */
	void (*waits)(void *ctx, const struct event *ev);
	void (*progress)(void *ctx, uint64_t events); /* may be NULL */
	void *ctx;
	uint64_t events; /* out */
};
/* Hands all events of `from` to the subscribers, whose rows it writes into `to`. Events of one route come in their
 * order; those of different routes in any: what a subscriber makes of them must not depend on it. */
bool store_recompute(struct recompute *r, struct err *e) MUST_USE;

/* Looks at every operation row; ERR_CORRUPT names the first that cannot be one. */
bool store_check_operations(struct store *s, uint64_t *operations, struct err *e) MUST_USE;

#endif
