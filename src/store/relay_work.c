#include "store/relay_work.h"

#include <stdlib.h>

#include "base/log.h"
#include "store/event.sql.h"

enum { UNIT_EVENTS = 64, UNIT_US = 5000, TRIM_EVERY = 16 };

int64_t relay_now_us(const struct relay *r)
{
	return time_running_us(r->o.time);
}

bool relay_is_parked(const struct relay *r, const struct row *row)
{
	return row->tries >= r->o.park_after;
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

static bool apply(struct relay *r, struct delivery *d, size_t n, size_t *reached, struct err *e)
{
	struct apply a = {.r = r, .d = d, .n = n};
	struct store_op op = {.route = d->target, .is_background = true};
	bool ok = store_write(r->o.store, &op, apply_job, &a, e);
	*reached = ok ? a.reached : 0;
	return ok;
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

static void apply_singly(struct relay *r, struct delivery *unit, size_t from, size_t n)
{
	for (size_t i = from; i < n && !atomic_load(&r->is_stopping); i++) {
		struct delivery *d = &unit[i];
		if (d->state != TO_DO || waits_behind(r, unit, i)) {
			continue;
		}
		struct err e;
		size_t reached;
		if (apply(r, d, 1, &reached, &e)) {
			d->state = DONE;
			continue;
		}
		d->state = FAILED;
		d->is_transient = is_transient(&e);
		atomic_fetch_add(&r->failures, 1);
		log_err(LOG_WARN, "relay", &e);
		log_line(LOG_WARN, "event-not-applied", LOG_S("subscriber", str_of(d->sub->name)),
		         LOG_I("event", d->row->ev.id), LOG_I("tries", d->row->tries + 1));
	}
}

/* All deliveries to one target, in order: together, or one by one once something failed. */
static void work_unit(struct relay *r, struct delivery *unit, size_t n)
{
	size_t at = 0;
	while (at < n && !atomic_load(&r->is_stopping)) {
		if (unit[at].state != TO_DO) {
			at++;
			continue;
		}
		size_t end = at;
		while (end < n && end - at < UNIT_EVENTS && unit[end].state == TO_DO) {
			end++;
		}
		struct err e;
		size_t reached;
		/* One alone need not fail twice. */
		if (end - at == 1 || !apply(r, unit + at, end - at, &reached, &e)) {
			apply_singly(r, unit, at, n);
			break;
		}
		for (size_t i = 0; i < reached; i++) {
			unit[at + i].state = DONE;
		}
		at += reached;
	}
	uint64_t done = 0;
	for (size_t i = 0; i < n; i++) {
		done += unit[i].state == DONE;
	}
	atomic_fetch_add(&r->applied, done);
}

/* Takes the next target's deliveries; false when there are none. The lock is held, but not during the work. */
static bool work_next(struct relay *r)
{
	size_t from = r->next_delivery;
	if (from == r->deliveries_end) {
		return false;
	}
	size_t to = from + 1;
	while (to < r->deliveries_end && r->deliveries[to].target == r->deliveries[from].target) {
		to++;
	}
	r->next_delivery = to;
	struct delivery *unit = r->deliveries + from;
	pthread_mutex_unlock(&r->lock);
	work_unit(r, unit, to - from);
	pthread_mutex_lock(&r->lock);
	r->deliveries_left -= to - from;
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
