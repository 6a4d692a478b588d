/* Timers: hints that something is due at a legal time. A timer is named by route, kind and subject; setting it again
 * moves it.
 *
 * timer_set and timer_clear belong into the job that makes the move (a job of the same route), so that a timer is never
 * lost and never outlives what it stands for. When its time has come the kind's `fire` runs in a write job of that
 * route, which has taken the timer's row away: it counts once, however often the program dies. `fire` reads again
 * whether the thing is still due (the timer is only a hint), and may set the timer anew. When it fails, the timer stays
 * and is tried again with growing pauses; it holds up no other.
 *
 * Timers lie in buckets by the hash of their route; of several processes each looks into those that it holds the lease
 * on (store/process.h). The thread looks once a second, because legal time may jump. */
#ifndef CITYHALL_STORE_TIMER_H
#define CITYHALL_STORE_TIMER_H

#include "store/store.h"

enum { TIMER_BUCKETS = 16 };

struct process;

struct timer {
	int64_t route;
	struct str kind; /* "cases.clock" */
	int64_t subject; /* a casefile */
	int64_t due_us;  /* legal time */
};

struct timer_kind {
	const char *name;
	bool (*fire)(struct tx *tx, const struct timer *t, void *ctx, struct err *e);
	void *ctx;
};

/* Inside a job of that route. */
bool timer_set(struct tx *tx, int64_t route, struct str kind, int64_t subject, int64_t due_us, struct err *e) MUST_USE;
bool timer_clear(struct tx *tx, int64_t route, struct str kind, int64_t subject, struct err *e) MUST_USE;

/* The same in a background job that works on several routes which lie in one place (store_place). */
bool timer_set_near(struct tx *tx, int64_t route, struct str kind, int64_t subject, int64_t due_us,
                    struct err *e) MUST_USE;
bool timer_clear_near(struct tx *tx, int64_t route, struct str kind, int64_t subject, struct err *e) MUST_USE;

struct timers;
/* `kinds` are copied. A row of a kind that nobody registered stays and is said in the log. `process` says which buckets
 * are ours; NULL: all. */
bool timers_start(struct store *s, const struct process *process, const struct time_source *time,
                  const struct timer_kind *kinds, size_t n, struct timers **out, struct err *e) MUST_USE;
void timers_nudge(struct timers *t); /* time was moved, or an early timer was set: cheap */
bool timers_drain(struct timers *t,
                  int64_t timeout_us); /* tests: true when nothing is due any more, wherever it is fired */
void timers_stop(struct timers *t);    /* NULL is ignored */

struct timer_counters {
	uint64_t fired, failed;
};
void timers_count(const struct timers *t, struct timer_counters *out);

#endif
