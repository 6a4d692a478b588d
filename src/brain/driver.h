/* Between the street and the brain: the driver's process holds the street, the safety layer and the fixed plan; the
 * brain's process only wishes. They speak over a unix stream (os/socket.h messages): each tick the driver says what is
 * seen (cars, or what sensors told: heard.h) and where the signals stand, the brain answers with a stage for each
 * signal.
 *
 * Wishes are a lease: they hold for two seconds from the tick that they answer. A brain that is late, dead, frozen or
 * talks nonsense loses it, and every signal goes by its plan, through the same safety layer, until wishes come again. A
 * brain that did not answer in time is not waited for any more until it does.
 *
 * What is ordered (orders.h) is held here: the brain hands on what the portal says with its wishes, and is told with
 * each view what holds. One owner. */
#ifndef CITYHALL_BRAIN_DRIVER_H
#define CITYHALL_BRAIN_DRIVER_H

#include "brain/heard.h"
#include "os/socket.h"

enum {
	DRIVER_LEASE_MS = 2000,
	DRIVER_VIEW_MAX_BYTES = 256 * 1024 * 1024,
	DRIVER_WISHES_MAX_BYTES = 1024 * 1024 /* orders (orders.h) included */
};

struct driver {
	struct city *city;
	const struct heard *heard; /* what sensors told since the last tick; NULL: the street is seen whole */
	int listen_fd;             /* where the brain comes in; not owned */
	int fd;                    /* the brain, or -1 */
	int64_t answers_within_us;
	int64_t held_until_ms; /* the lease, by the street's clock */
	bool is_late;          /* it is not waited for */
	int64_t answer_ms;     /* the tick that was answered last */
	bool was_held;
	uint64_t ticks, by_plan, refused;
	struct message in;
	const char *orders_path; /* where what is ordered is kept; NULL: nowhere. Not owned */
};

void driver_init(struct driver *d, struct city *c, int listen_fd, int64_t answers_within_us);
void driver_release(struct driver *d);
/* Asks the brain and sets the wishes of all signals: its own, those of before while the lease lasts, or the plan's. */
void driver_decide(struct driver *d);

/* The messages; for tests and fuzzing. What is read is checked against the net: numbers in range, states of signals
 * that the safety layer could be in. */
void driver_put_view(struct buf *to, const struct city *c, const struct heard *heard);
/* Of what was heard the sense makes c->seen; NULL: this brain has none. */
bool driver_take_view(struct city *c, struct sense *sense, struct str message, struct err *e) MUST_USE;
void driver_put_wishes(struct buf *to, const struct city *c, struct str orders);
bool driver_take_wishes(struct city *c, struct str message, int64_t *of_ms, struct str *orders, struct err *e) MUST_USE;

#endif
