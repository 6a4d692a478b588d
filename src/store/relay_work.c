#include "store/relay_work.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/event.sql.h"

enum { UNIT_EVENTS = 512, UNIT_US = 15000, TRIM_EVERY = 16 };

int64_t relay_now_us(const struct relay *r)
{
	return time_running_us(r->o.time);
}

bool relay_is_parked(const struct relay *r, const struct row *row)
{
	return row->tries >= r->o.park_after;
}

bool relay_is_ours(const struct relay *r, struct err *e)
{
	return process_holds(r->o.process, LEASE_RELAY) || err_set(e, ERR_BUSY, "the relay is another process's by now");
}

/* Not while stopping, nor once the relay is another process's: what is to do stays so. */
static bool goes_on(const struct relay *r)
{
	return !atomic_load(&r->is_stopping) && process_holds(r->o.process, LEASE_RELAY);
}

/* Errors that say nothing about the event. */
static bool is_transient(const struct err *e)
{
	return e->code == ERR_BUSY || e->code == ERR_UNKNOWN || e->code == ERR_IO || e->code == ERR_DISK_FULL ||
	       e->code == ERR_MEMORY;
}

/* --- One target's transaction ------------------------------------------------------------------------------------- */

struct apply {
	const struct relay *r;
	struct delivery *d;
	size_t n;
	size_t reached; /* out: deliveries worked in */
};

static bool apply_job(struct tx *tx, void *ctx, struct err *e)
{
	struct apply *a = ctx;
	int64_t begin = relay_now_us(a->r);
	a->reached = 0;
	if (!relay_is_ours(a->r, e)) {
		return false;
	}
	for (size_t i = 0; i < a->n; i++) {
		const struct delivery *d = &a->d[i];
		const struct event *ev = &d->row->ev;
		if (i > 0 && relay_now_us(a->r) - begin > UNIT_US) {
			break;
		}
		struct str name = str_of(d->sub->name);
		int64_t rows;
		if (!applied_insert(tx, &(struct applied_insert_in){d->target, name, ev->id}, &rows, e)) {
			return false;
		}
		if (rows > 0 && !d->sub->apply(tx, ev, d->sub->ctx, e)) {
			return false;
		}
		if (a->r->trim_before > 0 && ev->id % TRIM_EVERY == 0 &&
		    !applied_trim(tx, &(struct applied_trim_in){a->r->trim_before, d->target, name}, &rows, e)) {
			return false;
		}
		a->reached = i + 1;
	}
	return true;
}

/* Is an earlier delivery of this unit to the same subscriber undone? */
static bool waits_behind(const struct relay *r, const struct delivery *unit, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (unit[i].sub == unit[at].sub && unit[i].state != DONE && !relay_is_parked(r, unit[i].row)) {
			return true;
		}
	}
	return false;
}

static void fail(struct relay *r, struct delivery *d, const struct err *e)
{
	d->state = FAILED;
	d->is_transient = is_transient(e);
	atomic_fetch_add(&r->failures, 1);
	log_err(LOG_WARN, "relay", e);
	log_line(LOG_WARN, "event-not-applied", LOG_S("subscriber", str_of(d->sub->name)), LOG_I("event", d->row->ev.id),
	         LOG_I("tries", d->row->tries + 1));
}

static void apply_singly(struct relay *r, struct delivery *unit, size_t from, size_t n)
{
	for (size_t i = from; i < n && goes_on(r); i++) {
		struct delivery *d = &unit[i];
		if (d->state != TO_DO || waits_behind(r, unit, i)) {
			continue;
		}
		struct err e;
		struct apply a = {.r = r, .d = d, .n = 1};
		struct store_op op = {.route = d->target, .is_background = true};
		if (store_write(r->o.store, &op, apply_job, &a, &e)) {
			d->state = DONE;
		} else if (goes_on(r)) {
			fail(r, d, &e);
		}
	}
}

/* All deliveries to one target, in order: together, or one by one once something failed. */
struct unit {
	struct delivery *d;
	size_t n;
	size_t at; /* what comes before is through */
};

/* The next deliveries of a unit as one call; false: it is through. */
static bool next_call(struct relay *r, struct unit *u, struct apply *a, struct store_call *call)
{
	while (u->at < u->n && u->d[u->at].state != TO_DO) {
		u->at++;
	}
	size_t end = u->at;
	while (end < u->n && end - u->at < UNIT_EVENTS && u->d[end].state == TO_DO) {
		end++;
	}
	if (end == u->at) {
		return false;
	}
	*a = (struct apply){.r = r, .d = u->d + u->at, .n = end - u->at};
	call->op = (struct store_op){.route = u->d->target, .is_background = true};
	call->job = apply_job;
	call->ctx = a;
	return true;
}

static void called(struct relay *r, struct unit *u, const struct apply *a, const struct store_call *call)
{
	if (call->is_done_well) {
		for (size_t i = 0; i < a->reached; i++) {
			a->d[i].state = DONE;
		}
		u->at += a->reached;
		return;
	}
	if (a->n == 1 && goes_on(r)) {
		fail(r, a->d, &call->err); /* one alone need not fail twice */
	}
	apply_singly(r, u->d, u->at, u->n);
	u->at = u->n;
}

static void work_units(struct relay *r, struct unit *units, size_t n)
{
	struct apply applies[STORE_CALLS_MOST];
	struct store_call calls[STORE_CALLS_MOST];
	struct unit *of[STORE_CALLS_MOST];
	size_t call_n;
	do {
		call_n = 0;
		for (size_t i = 0; i < n && goes_on(r); i++) {
			if (next_call(r, &units[i], &applies[call_n], &calls[call_n])) {
				of[call_n++] = &units[i];
			}
		}
		store_write_all(r->o.store, calls, call_n);
		for (size_t i = 0; i < call_n; i++) {
			called(r, of[i], &applies[i], &calls[i]);
		}
	} while (call_n > 0);
	uint64_t done = 0;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < units[i].n; k++) {
			done += units[i].d[k].state == DONE;
		}
	}
	atomic_fetch_add(&r->applied, done);
}

/* Takes the deliveries of the next targets, a worker's share of them; false when there are none. The lock is held, but
 * not during the work. */
static bool work_next(struct relay *r)
{
	struct unit units[STORE_CALLS_MOST];
	size_t n = 0, from = r->next_delivery, at = from;
	while (at < r->deliveries_end && n < r->share) {
		size_t to = at + 1;
		while (to < r->deliveries_end && r->deliveries[to].target == r->deliveries[at].target) {
			to++;
		}
		units[n] = (struct unit){.d = r->deliveries + at, .n = to - at};
		n++;
		at = to;
	}
	if (n == 0) {
		return false;
	}
	r->next_delivery = at;
	pthread_mutex_unlock(&r->lock);
	work_units(r, units, n);
	pthread_mutex_lock(&r->lock);
	r->deliveries_left -= at - from;
	if (r->deliveries_left == 0) {
		pthread_cond_signal(&r->worked);
	}
	return true;
}

void *relay_worker(void *arg)
{
	struct relay *r = arg;
	pthread_mutex_lock(&r->lock);
	while (!atomic_load(&r->is_stopping)) {
		if (!work_next(r)) {
			pthread_cond_wait(&r->work, &r->lock);
		}
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static int by_target(const void *a, const void *b)
{
	const struct delivery *x = a;
	const struct delivery *y = b;
	if (x->target != y->target) {
		return x->target < y->target ? -1 : 1;
	}
	/* Rows stand in order of appending, deliveries of a row in order of subscribers. */
	if (x->row != y->row) {
		return x->row < y->row ? -1 : 1;
	}
	return x->sub < y->sub ? -1 : x->sub > y->sub;
}

void relay_deliver(struct relay *r)
{
	if (r->deliveries_n == 0) {
		return;
	}
	qsort(r->deliveries, r->deliveries_n, sizeof *r->deliveries, by_target);
	size_t targets = 0;
	for (size_t i = 0; i < r->deliveries_n; i++) {
		targets += i == 0 || r->deliveries[i].target != r->deliveries[i - 1].target;
	}
	pthread_mutex_lock(&r->lock);
	r->next_delivery = 0;
	r->deliveries_end = r->deliveries_left = r->deliveries_n;
	r->share = (targets + (size_t)r->workers_n) / ((size_t)r->workers_n + 1);
	r->share = r->share < STORE_CALLS_MOST ? r->share : STORE_CALLS_MOST;
	for (size_t i = 1; i < targets && i <= (size_t)r->workers_n; i++) {
		pthread_cond_signal(&r->work);
	}
	while (work_next(r)) {
	}
	while (r->deliveries_left > 0) {
		pthread_cond_wait(&r->worked, &r->lock);
	}
	pthread_mutex_unlock(&r->lock);
}
