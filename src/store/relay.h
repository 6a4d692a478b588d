/* The relay: takes events out of the outbox in order of appending and hands each to every subscriber, in a transaction
 * of the subscriber's target; then appends it to the event log, whose order the seal covers, and then takes it off the
 * outbox. Each step is a transaction of its own, because the rows may lie in different places. A guard row (applied)
 * makes the first count once, however often it is repeated, the log's own key the second, so the relay may be killed
 * anywhere.
 *
 * An event that fails is tried again with growing pauses. While it waits, later events of the same subscriber and
 * target wait behind it; all others go on. After `park_after` tries it is parked: it goes into the log, holds up
 * nobody, is tried every ten minutes and stands in relay_count and `cityhall doctor`.
 *
 * Each process has a relay; the one that holds the lease does the work (store/process.h), and should two do it for a
 * moment, the same guards hold. Its threads belong to it. relay_nudge and relay_count from any thread. */
#ifndef CITYHALL_STORE_RELAY_H
#define CITYHALL_STORE_RELAY_H

#include "store/event.h"

struct relay;
struct process;
struct event_subscriber;

struct relay_options {
	struct store *store;
	const struct process *process;       /* NULL: alone */
	const struct event_subscriber *subs; /* outlives the relay */
	size_t subs_n;
	const struct time_source *time; /* running time, for pauses; NULL: the real one */
	int workers;                    /* targets worked on at the same time; 0: 16 */
	int park_after;                 /* 0: 8 */
	/* Tests: called after the first step; after the second. */
	void (*between)(void *ctx);
	void (*logged)(void *ctx);
	void *between_ctx;
};

bool relay_start(struct store *s, const struct event_subscriber *subs, size_t n, struct relay **out,
                 struct err *e) MUST_USE;
bool relay_start_with(const struct relay_options *o, struct relay **out, struct err *e) MUST_USE;
void relay_nudge(struct relay *r); /* something was appended: cheap, any thread */
bool relay_drain(struct relay *r,
                 int64_t timeout_us); /* tests and checks: true when the outbox is empty, whoever emptied it */
void relay_pass(struct relay *r);     /* tests: returns when one whole pass began and ended */
void relay_stop(struct relay *r);     /* ends after the step it is in; NULL is ignored */

struct relay_counters {
	uint64_t relayed; /* events taken off the outbox since the start */
	uint64_t applied; /* deliveries to a subscriber */
	uint64_t failed;  /* deliveries that failed */
	/* From the store: */
	int64_t outbox; /* events that wait, the parked ones included */
	int64_t parked;
};
bool relay_count(struct relay *r, struct relay_counters *out, struct err *e) MUST_USE;
/* The same as the relay itself saw it last, at most some seconds ago, without asking the store: for requests. */
void relay_seen(const struct relay *r, struct relay_counters *out);
/* The same two numbers without a relay, for doctor. */
bool relay_outbox(struct store *s, int64_t *waiting, int64_t *parked, struct err *e) MUST_USE;

#endif
