/* The relay's inside: relay.c goes through the outbox page by page, relay_work.c hands one page's events to their
 * targets, several targets at a time. For these two files only. */
#ifndef CITYHALL_STORE_RELAY_WORK_H
#define CITYHALL_STORE_RELAY_WORK_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/time_source.h"
#include "os/thread.h"
#include "store/process.h"
#include "store/relay.h"

enum { PAGE_EVENTS = 256, WAITING_MOST = 4096, PASS_MOST = 8192 };

enum delivery_state { TO_DO, DONE, HELD, FAILED };

struct row {
	struct event ev;
	int64_t tries;
	bool is_logged;
	bool is_done;
	bool failed;       /* a delivery failed, and not for want of memory or disk */
	bool is_postponed; /* the same, for want of them */
	uint8_t leaf[SHA256_BYTES];
};

struct delivery {
	struct row *row;
	const struct event_subscriber *sub;
	int64_t target;
	enum delivery_state state;
	bool is_transient; /* FAILED: not the event's fault */
};

/* In order of appending. */
struct key {
	int64_t id, route;
};

struct waiting {
	int64_t route, id;
	int64_t until_us; /* running time */
};

struct pair {
	const struct event_subscriber *sub;
	int64_t target;
};

struct relay {
	struct relay_options o;
	struct time_source own_time;
	struct thread thread;
	struct thread *workers;
	int workers_n;
	bool has_thread;
	_Atomic bool is_stopping;

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t wake;  /* the main thread */
	bool is_nudged;
	int drainers;
	uint64_t passes_begun, passes_ended;
	uint64_t empty_pass; /* number of the last pass that left nothing behind */
	pthread_cond_t passed;

	pthread_cond_t work; /* the workers */
	pthread_cond_t worked;
	struct delivery *deliveries; /* sorted by target */
	size_t deliveries_n;
	size_t next_delivery, deliveries_end; /* what workers may take */
	size_t deliveries_left;
	size_t share; /* of targets, for each who works: they are written together */

	/* The main thread's own. */
	struct row rows[PAGE_EVENTS];
	size_t rows_n;
	size_t deliveries_room;
	struct waiting waiting[WAITING_MOST];
	size_t waiting_n;
	struct pair held[WAITING_MOST];
	size_t held_n;
	struct key keys[PASS_MOST]; /* what this pass takes; keys_n 0: what its only page shows */
	size_t keys_n;
	int64_t trim_before;
	struct arena arena;
	_Atomic uint64_t relayed, applied, failures;
	_Atomic int64_t seen_waiting, seen_parked;
	int64_t seen_us; /* running time */
};

/* Running time. */
int64_t relay_now_us(const struct relay *r);
/* The lease on it is ours; else ERR_BUSY. Asked once more in each job that writes. */
bool relay_is_ours(const struct relay *r, struct err *e);
bool relay_is_parked(const struct relay *r, const struct row *row);
/* Works in what stands in r->deliveries and is TO_DO; returns when all have another state (but when stopping). */
void relay_deliver(struct relay *r);
/* A worker's thread. */
void *relay_worker(void *relay);

#endif
