#include "store/relay.h"

#include <stdlib.h>
#include <time.h>

#include "base/fault.h"
#include "base/log.h"
#include "store/event.sql.h"
#include "store/relay_work.h"

enum {
	PAGE_BYTES = 16 << 20,
	POLL_US = 50000,   /* for those who append without a nudge */
	GATHER_US = 10000, /* between the beginnings of two passes: under load one pass then takes many events */
	WORKERS = 16,
	PARK_AFTER = 8,
	PAUSE_US = 100000, /* after the first failure; doubled with each */
	PAUSE_MOST_US = 60000000,
	PARKED_PAUSE_US = 600000000,
	SEE_EVERY_US = 1000000,
	STACK_BYTES = 512 * 1024,
};

/* Ids are in order of time, but for clocks that were put back: applied rows are kept two days longer than needed. */
#define TRIM_MARGIN ((INT64_C(2) * 86400 * 1000) << 22)

/* --- The order of a pass
 * ---------------------------------------------------------------------------------------------------- */

static bool keys_job(struct tx *tx, void *ctx, struct err *e)
{
	struct relay *r = ctx;
	struct outbox_keys_rows rows;
	struct outbox_keys_out o;
	r->keys_n = 0;
	if (!outbox_keys_open(tx, &(struct outbox_keys_in){.most = PASS_MOST}, &rows, e)) {
		return false;
	}
	while (r->keys_n < PASS_MOST && outbox_keys_next(&rows, &o)) {
		r->keys[r->keys_n++] = (struct key){o.id, o.route};
	}
	return outbox_keys_close(&rows, e);
}

static int by_key(const void *a, const void *b)
{
	const struct key *x = a;
	const struct key *y = b;
	if (x->id != y->id) {
		return x->id < y->id ? -1 : 1;
	}
	return x->route < y->route ? -1 : x->route > y->route;
}

/* Ids come from clocks, so that an event may appear behind the place that a pass has reached, and one that follows it
 * before that place. A pass of several pages therefore takes what stood in the outbox at one moment, and leaves what
 * came later to the next one. */
static bool belongs(const struct relay *r, int64_t id, int64_t route)
{
	struct key key = {id, route};
	return r->keys_n == 0 || bsearch(&key, r->keys, r->keys_n, sizeof key, by_key);
}

/* --- One page of the outbox ----------------------------------------------------------------------------------------
 */

struct page {
	struct relay *r;
	int64_t id, route; /* after this one */
	size_t most;
	size_t seen; /* out: rows, those left to the next pass included */
	struct key last;
};

static bool page_job(struct tx *tx, void *ctx, struct err *e)
{
	struct page *p = ctx;
	struct relay *r = p->r;
	struct outbox_page_rows rows;
	struct outbox_page_out o;
	struct key last = {p->id, p->route};
	r->rows_n = 0;
	p->seen = 0;
	if (!outbox_page_open(tx, &(struct outbox_page_in){.most = (int64_t)p->most, .id = p->id, .route = p->route}, &rows,
	                      e)) {
		return false;
	}
	while (p->seen < p->most && outbox_page_next(&rows, &o)) {
		p->seen++;
		last = (struct key){o.id, o.route};
		if (!belongs(r, o.id, o.route)) {
			continue;
		}
		r->rows[r->rows_n++] = (struct row){
			.ev =
				{
					.route = o.route,
					.id = o.id,
					.room = o.room,
					.kind = o.kind,
					.version = (int32_t)o.version,
					.casefile = o.casefile,
					.institution = o.institution,
					.service = o.service,
					.actor = o.actor,
					.effective_us = o.effective_at,
					.recorded_us = o.recorded_at,
					.public_payload = o.public_payload,
					.personal_payload = o.payload,
					.payload_digest = o.payload_digest,
				},
			.tries = o.tries,
			.is_logged = o.is_logged,
		};
	}
	p->last = last;
	return outbox_page_close(&rows, e);
}

static bool read_page(struct relay *r, struct page *p, struct err *e)
{
	for (;;) {
		arena_reset(&r->arena);
		if (store_read(r->o.store, 0, &r->arena, page_job, p, e)) {
			break;
		}
		if (e->code != ERR_MEMORY || p->most == 1) {
			return false;
		}
		p->most = p->most / 2; /* long payloads: fewer at a time */
	}
	for (size_t i = 0; i < r->rows_n; i++) {
		if (!event_leaf(&r->rows[i].ev, r->rows[i].leaf, e)) {
			return false;
		}
	}
	return true;
}

static struct waiting *find_waiting(struct relay *r, const struct row *row)
{
	for (size_t i = 0; i < r->waiting_n; i++) {
		if (r->waiting[i].id == row->ev.id && r->waiting[i].route == row->ev.route) {
			return &r->waiting[i];
		}
	}
	return NULL;
}

static bool is_held(const struct relay *r, const struct event_subscriber *sub, int64_t target)
{
	for (size_t i = 0; i < r->held_n; i++) {
		if (r->held[i].target == target && r->held[i].sub == sub) {
			return true;
		}
	}
	return false;
}

/* False: too many to remember; the pass ends here and what comes later waits for the next one. */
static bool hold(struct relay *r, const struct event_subscriber *sub, int64_t target)
{
	if (is_held(r, sub, target)) {
		return true;
	}
	if (r->held_n == WAITING_MOST) {
		return false;
	}
	r->held[r->held_n++] = (struct pair){sub, target};
	return true;
}

static bool plan_row(struct relay *r, struct row *row, int64_t now, struct err *e)
{
	const struct waiting *w = find_waiting(r, row);
	bool waits = w && now < w->until_us;
	for (size_t i = 0; i < r->o.subs_n; i++) {
		const struct event_subscriber *sub = &r->o.subs[i];
		int64_t target = sub->target(&row->ev);
		if (target == 0) {
			continue;
		}
		if (r->deliveries_n == r->deliveries_room) {
			size_t room = r->deliveries_room ? r->deliveries_room * 2 : PAGE_EVENTS;
			struct delivery *more = mem_resize(r->deliveries, room, sizeof *more);
			if (!more) {
				return err_set(e, ERR_MEMORY, "no memory to plan the relay");
			}
			r->deliveries = more;
			r->deliveries_room = room;
		}
		bool held = is_held(r, sub, target) && !relay_is_parked(r, row);
		r->deliveries[r->deliveries_n++] =
			(struct delivery){.row = row, .sub = sub, .target = target, .state = waits || held ? HELD : TO_DO};
		if (waits && !relay_is_parked(r, row) && !hold(r, sub, target)) {
			return err_set(e, ERR_BUSY, "too many events wait");
		}
	}
	return true;
}

/* What the deliveries mean for their rows. */
static bool sum_up(struct relay *r)
{
	bool ok = true;
	for (size_t i = 0; i < r->rows_n; i++) {
		r->rows[i].is_done = true;
	}
	for (size_t i = 0; i < r->deliveries_n; i++) {
		struct delivery *d = &r->deliveries[i];
		if (d->state == DONE) {
			continue;
		}
		d->row->is_done = false;
		if (d->state == FAILED) {
			d->row->failed = d->row->failed || !d->is_transient;
			d->row->is_postponed = d->row->is_postponed || d->is_transient;
		}
		if (!relay_is_parked(r, d->row)) {
			ok = hold(r, d->sub, d->target) && ok;
		}
	}
	return ok;
}

static bool parks_now(const struct relay *r, const struct row *row)
{
	return row->failed && row->tries + 1 >= r->o.park_after;
}

/* First: the log, which lies in a place of its own. What an earlier pass logged, and then could not take off the
 * outbox, is there already. */
static bool log_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct relay *r = ctx;
	bool is_there[PAGE_EVENTS] = {false};
	int64_t position;
	if (!relay_is_ours(r, e)) {
		return false;
	}
	if (!event_log_end(tx, &(struct event_log_end_in){.log = EVENT_LOG}, &position, e)) {
		return false;
	}
	for (size_t from = 0; from < r->rows_n; from += STORE_LIST_MAX) {
		struct event_log_has_in in = {.log = EVENT_LOG};
		struct event_log_has_rows rows;
		struct event_log_has_out o;
		while (in.events_n < STORE_LIST_MAX && from + in.events_n < r->rows_n) {
			in.events[in.events_n] = r->rows[from + in.events_n].ev.id;
			in.events_n++;
		}
		if (!event_log_has_open(tx, &in, &rows, e)) {
			return false;
		}
		while (event_log_has_next(&rows, &o)) {
			for (size_t i = from; i < from + in.events_n; i++) {
				is_there[i] = is_there[i] || (r->rows[i].ev.id == o.event && r->rows[i].ev.route == o.route);
			}
		}
		if (!event_log_has_close(&rows, e)) {
			return false;
		}
	}
	for (size_t i = 0; i < r->rows_n; i++) {
		const struct row *row = &r->rows[i];
		struct event_log_insert_in in = {.log = EVENT_LOG,
		                                 .position = position + 1,
		                                 .route = row->ev.route,
		                                 .event = row->ev.id,
		                                 .leaf = str_from(row->leaf, sizeof row->leaf)};
		if (row->is_logged || is_there[i] || !(row->is_done || parks_now(r, row))) {
			continue;
		}
		if (!event_log_insert(tx, &in, e)) {
			return false;
		}
		position++;
	}
	return true;
}

struct finish {
	const struct relay *r;
	int place;
};

/* Then the outbox, one place after the other. */
static bool finish_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct finish *f = ctx;
	const struct relay *r = f->r;
	if (!relay_is_ours(r, e)) {
		return false;
	}
	for (size_t i = 0; i < r->rows_n; i++) {
		const struct row *row = &r->rows[i];
		if (store_place(r->o.store, row->ev.route) != f->place) {
			continue;
		}
		if (row->is_done && !outbox_done(tx, &(struct outbox_done_in){row->ev.route, row->ev.id}, NULL, e)) {
			return false;
		}
		struct outbox_tried_in tried = {row->is_logged || parks_now(r, row), row->ev.route, row->ev.id};
		if (!row->is_done && row->failed && !outbox_tried(tx, &tried, NULL, e)) {
			return false;
		}
	}
	return true;
}

/* A row whose event is done or failed, in this place; its route leads the job there. */
static const struct row *news_in(const struct relay *r, int place)
{
	for (size_t i = 0; i < r->rows_n; i++) {
		const struct row *row = &r->rows[i];
		if ((row->is_done || row->failed) && store_place(r->o.store, row->ev.route) == place) {
			return row;
		}
	}
	return NULL;
}

static bool needs_log(const struct relay *r)
{
	bool needs = false;
	for (size_t i = 0; i < r->rows_n; i++) {
		const struct row *row = &r->rows[i];
		needs = needs || (!row->is_logged && (row->is_done || parks_now(r, row)));
	}
	return needs;
}

static bool finish(struct relay *r, struct err *e)
{
	struct store_op log = {.route = EVENT_LOG, .is_background = true};
	bool ok = !needs_log(r) || store_write(r->o.store, &log, log_job, r, e);
	if (ok && r->o.logged) {
		r->o.logged(r->o.between_ctx);
	}
	for (int place = 0; ok && place < store_places(r->o.store); place++) {
		const struct row *row = news_in(r, place);
		struct store_op op = {.route = row ? row->ev.route : 0, .is_background = true};
		struct finish f = {r, place};
		ok = !row || store_write(r->o.store, &op, finish_job, &f, e);
	}
	return ok;
}

static void set_waiting(struct relay *r, const struct row *row)
{
	struct waiting *w = find_waiting(r, row);
	if (row->is_done) {
		if (w) {
			*w = r->waiting[--r->waiting_n];
		}
		return;
	}
	if (!row->failed && !row->is_postponed) {
		return;
	}
	if (!w) {
		if (r->waiting_n == WAITING_MOST) {
			return; /* then it is simply tried again in the next pass */
		}
		w = &r->waiting[r->waiting_n++];
		*w = (struct waiting){row->ev.route, row->ev.id, 0};
	}
	int64_t tries = row->failed ? row->tries + 1 : row->tries;
	int64_t pause = PAUSE_US;
	for (int64_t i = 1; i < tries && pause < PAUSE_MOST_US; i++) {
		pause *= 2;
	}
	pause = pause > PAUSE_MOST_US ? PAUSE_MOST_US : pause;
	w->until_us = relay_now_us(r) + (tries >= r->o.park_after ? PARKED_PAUSE_US : pause);
}

/* *left counts rows that stay in the outbox. */
static bool relay_page(struct relay *r, uint64_t *left, struct err *e)
{
	int64_t now = relay_now_us(r);
	r->deliveries_n = 0;
	for (size_t i = 0; i < r->rows_n; i++) {
		if (!plan_row(r, &r->rows[i], now, e)) {
			r->deliveries_n = 0;
			return false;
		}
	}
	relay_deliver(r);
	bool goes_on = sum_up(r);
	if (r->o.between) {
		r->o.between(r->o.between_ctx);
	}
	uint64_t done = 0;
	for (size_t i = 0; i < r->rows_n; i++) {
		done += r->rows[i].is_done;
	}
	if (!finish(r, e)) {
		return false;
	}
	for (size_t i = 0; i < r->rows_n; i++) {
		set_waiting(r, &r->rows[i]);
	}
	atomic_fetch_add(&r->relayed, done);
	*left += r->rows_n - done;
	return goes_on || err_set(e, ERR_BUSY, "too many events wait");
}

struct numbers {
	int64_t waiting, parked, park_after;
};

static bool numbers_job(struct tx *tx, void *ctx, struct err *e)
{
	struct numbers *n = ctx;
	return outbox_count(tx, &n->waiting, e) &&
	       outbox_count_tried(tx, &(struct outbox_count_tried_in){n->park_after}, &n->parked, e);
}

static bool numbers(struct store *s, int64_t park_after, struct numbers *out, struct err *e)
{
	struct arena a;
	arena_init(&a, 65536);
	*out = (struct numbers){.park_after = park_after};
	bool ok = store_read(s, 0, &a, numbers_job, out, e);
	arena_release(&a);
	return ok;
}

/* For relay_seen. */
static bool see(struct relay *r, struct err *e)
{
	struct numbers n;
	if (r->seen_us != 0 && relay_now_us(r) - r->seen_us < SEE_EVERY_US) {
		return true;
	}
	if (!numbers(r->o.store, r->o.park_after, &n, e)) {
		return false;
	}
	atomic_store(&r->seen_waiting, n.waiting);
	atomic_store(&r->seen_parked, n.parked);
	r->seen_us = relay_now_us(r);
	return true;
}

/* Once through what stands in the outbox now. *left: rows that stay. */
static bool pass(struct relay *r, uint64_t *left, struct err *e)
{
	struct page p = {.r = r, .most = PAGE_EVENTS};
	r->held_n = 0;
	r->keys_n = 0;
	r->trim_before = 0;
	*left = 0;
	while (!atomic_load(&r->is_stopping) && process_holds(r->o.process, LEASE_RELAY)) {
		if (!see(r, e) || !read_page(r, &p, e)) {
			return false;
		}
		if (p.seen == p.most && r->keys_n == 0) {
			/* More than a page: all of its pages follow one moment's order. */
			arena_reset(&r->arena);
			if (!store_read(r->o.store, 0, &r->arena, keys_job, r, e) || !read_page(r, &p, e)) {
				return false;
			}
		}
		if (p.seen == 0) {
			return true;
		}
		if (p.id == 0 && r->rows_n > 0 && r->rows[0].ev.id > TRIM_MARGIN) {
			r->trim_before = r->rows[0].ev.id - TRIM_MARGIN;
		}
		p.id = p.last.id;
		p.route = p.last.route;
		*left += p.seen - r->rows_n;
		if (r->rows_n > 0 && !relay_page(r, left, e)) {
			return false;
		}
		if (r->keys_n == 0) {
			/* The page was all there was. */
			return true;
		}
	}
	*left += 1;
	return true;
}

/* Of a relay that another process does: only who waits for an empty outbox needs to look into it. */
static bool pass_by(struct relay *r, bool is_wanted, uint64_t *left, struct err *e)
{
	struct numbers n;
	*left = 1;
	r->waiting_n = 0;
	if (!is_wanted) {
		return see(r, e);
	}
	if (!numbers(r->o.store, r->o.park_after, &n, e)) {
		return false;
	}
	*left = (uint64_t)n.waiting;
	return true;
}

static struct timespec in_us(int64_t us)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	int64_t ns = t.tv_nsec + us % US_PER_S * 1000;
	t.tv_sec += us / US_PER_S + ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	return t;
}

static void *run(void *arg)
{
	struct relay *r = arg;
	pthread_mutex_lock(&r->lock);
	while (!atomic_load(&r->is_stopping)) {
		r->is_nudged = false;
		uint64_t number = ++r->passes_begun;
		bool is_wanted = r->drainers > 0;
		struct timespec gathered = in_us(GATHER_US);
		pthread_mutex_unlock(&r->lock);
		uint64_t left = 0;
		struct err e;
		bool is_ours = process_holds(r->o.process, LEASE_RELAY);
		bool ok = is_ours ? pass(r, &left, &e) : pass_by(r, is_wanted, &left, &e);
		if (!ok && (is_ours == process_holds(r->o.process, LEASE_RELAY) || e.code != ERR_BUSY)) {
			log_err(LOG_WARN, "relay", &e);
		}
		pthread_mutex_lock(&r->lock);
		r->passes_ended = number;
		if (ok && left == 0) {
			r->empty_pass = number;
		}
		pthread_cond_broadcast(&r->passed);
		struct timespec until = in_us(ok ? POLL_US : PAUSE_US);
		/* After a failure a nudge does not shorten the pause: what failed is not there sooner for it. */
		while (!atomic_load(&r->is_stopping) && !(ok && r->is_nudged) &&
		       pthread_cond_timedwait(&r->wake, &r->lock, &until) == 0) {
		}
		while (!atomic_load(&r->is_stopping) && pthread_cond_timedwait(&r->wake, &r->lock, &gathered) == 0) {
		}
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* --- Life cycle ----------------------------------------------------------------------------------------------------
 */

static void free_relay(struct relay *r)
{
	atomic_store(&r->is_stopping, true);
	pthread_mutex_lock(&r->lock);
	pthread_cond_broadcast(&r->wake);
	pthread_cond_broadcast(&r->work);
	pthread_mutex_unlock(&r->lock);
	if (r->has_thread) {
		thread_join(&r->thread);
	}
	for (int i = 0; i < r->workers_n; i++) {
		thread_join(&r->workers[i]);
	}
	mem_free(r->workers);
	mem_free(r->deliveries);
	arena_release(&r->arena);
	pthread_cond_destroy(&r->wake);
	pthread_cond_destroy(&r->passed);
	pthread_cond_destroy(&r->work);
	pthread_cond_destroy(&r->worked);
	pthread_mutex_destroy(&r->lock);
	mem_free(r);
}

static bool start_threads(struct relay *r, struct err *e)
{
	r->workers = mem_alloc((size_t)r->o.workers, sizeof *r->workers);
	if (!r->workers) {
		return err_set(e, ERR_MEMORY, "no memory for the relay");
	}
	bool ok = true;
	/* The main thread works too. */
	while (ok && r->workers_n < r->o.workers - 1) {
		ok = thread_start(&r->workers[r->workers_n], "relay-worker", STACK_BYTES, relay_worker, r, e);
		r->workers_n += ok;
	}
	r->has_thread = ok && thread_start(&r->thread, "relay", STACK_BYTES, run, r, e);
	return r->has_thread;
}

bool relay_start(struct store *s, const struct event_subscriber *subs, size_t n, struct relay **out, struct err *e)
{
	return relay_start_with(&(struct relay_options){.store = s, .subs = subs, .subs_n = n}, out, e);
}

bool relay_start_with(const struct relay_options *o, struct relay **out, struct err *e)
{
	*out = NULL;
	struct relay *r = mem_alloc(1, sizeof *r);
	if (!r) {
		return err_set(e, ERR_MEMORY, "no memory for the relay");
	}
	r->o = *o;
	time_source_init(&r->own_time);
	r->o.time = o->time ? o->time : &r->own_time;
	r->o.workers = o->workers > 0 ? o->workers : WORKERS;
	r->o.park_after = o->park_after > 0 ? o->park_after : PARK_AFTER;
	arena_init(&r->arena, PAGE_BYTES);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, &monotonic);
	pthread_cond_init(&r->passed, &monotonic);
	pthread_cond_init(&r->work, &monotonic);
	pthread_cond_init(&r->worked, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (!start_threads(r, e)) {
		free_relay(r);
		return false;
	}
	*out = r;
	return true;
}

void relay_nudge(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	if (!r->is_nudged) {
		r->is_nudged = true;
		pthread_cond_signal(&r->wake);
	}
	pthread_mutex_unlock(&r->lock);
}

bool relay_drain(struct relay *r, int64_t timeout_us)
{
	struct timespec until = in_us(timeout_us);
	pthread_mutex_lock(&r->lock);
	/* A pass that is under way may have gone by what was appended just now. */
	uint64_t least = r->passes_begun + 1;
	r->drainers++;
	r->is_nudged = true;
	pthread_cond_signal(&r->wake);
	while (r->empty_pass < least && pthread_cond_timedwait(&r->passed, &r->lock, &until) == 0) {
	}
	r->drainers--;
	bool is_empty = r->empty_pass >= least;
	pthread_mutex_unlock(&r->lock);
	return is_empty;
}

void relay_pass(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	uint64_t number = r->passes_begun + 1;
	while (r->passes_ended < number) {
		r->is_nudged = true;
		pthread_cond_signal(&r->wake);
		pthread_cond_wait(&r->passed, &r->lock);
	}
	pthread_mutex_unlock(&r->lock);
}

void relay_stop(struct relay *r)
{
	if (r) {
		free_relay(r);
	}
}

/* --- Numbers ------------------------------------------------------------------------------------------------------ */

bool relay_count(struct relay *r, struct relay_counters *out, struct err *e)
{
	struct numbers n;
	out->relayed = atomic_load(&r->relayed);
	out->applied = atomic_load(&r->applied);
	out->failed = atomic_load(&r->failures);
	bool ok = numbers(r->o.store, r->o.park_after, &n, e);
	out->outbox = n.waiting;
	out->parked = n.parked;
	return ok;
}

void relay_seen(const struct relay *r, struct relay_counters *out)
{
	*out = (struct relay_counters){
		.relayed = atomic_load(&r->relayed),
		.applied = atomic_load(&r->applied),
		.failed = atomic_load(&r->failures),
		.outbox = atomic_load(&r->seen_waiting),
		.parked = atomic_load(&r->seen_parked),
	};
}

bool relay_outbox(struct store *s, int64_t *waiting, int64_t *parked, struct err *e)
{
	struct numbers n;
	bool ok = numbers(s, PARK_AFTER, &n, e);
	*waiting = n.waiting;
	*parked = n.parked;
	return ok;
}
