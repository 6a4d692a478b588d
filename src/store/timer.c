#include "store/timer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "os/thread.h"
#include "store/event.sql.h"
#include "store/process.h"

enum {
	PAGE_TIMERS = 128,
	PAGE_BYTES = 1 << 20,
	LOOK_US = 1000000,
	DRAIN_LOOK_US = 50000, /* while somebody waits for what another process does */
	PAUSE_US = 1000000,    /* after the first failure; doubled with each */
	PAUSE_MOST_US = 600000000,
	WAITING_MOST = 1024,
	KIND_MOST = 64,
};

static int64_t bucket_of(int64_t route)
{
	return (int64_t)(id_hash(route) % TIMER_BUCKETS);
}

bool timer_set(struct tx *tx, int64_t route, struct str kind, int64_t subject, int64_t due_us, struct err *e)
{
	must(kind.n > 0 && kind.n <= KIND_MOST);
	struct timer_put_in in = {
		.route = route, .kind = kind, .subject = subject, .bucket = bucket_of(route), .due_at = due_us};
	return timer_put(tx, &in, e);
}

bool timer_clear(struct tx *tx, int64_t route, struct str kind, int64_t subject, struct err *e)
{
	int64_t rows;
	return timer_remove(tx, &(struct timer_remove_in){route, kind, subject}, &rows, e);
}

bool timer_set_near(struct tx *tx, int64_t route, struct str kind, int64_t subject, int64_t due_us, struct err *e)
{
	must(kind.n > 0 && kind.n <= KIND_MOST);
	struct timer_put_near_in in = {
		.route = route, .kind = kind, .subject = subject, .bucket = bucket_of(route), .due_at = due_us};
	return timer_put_near(tx, &in, e);
}

bool timer_clear_near(struct tx *tx, int64_t route, struct str kind, int64_t subject, struct err *e)
{
	int64_t rows;
	return timer_remove_near(tx, &(struct timer_remove_near_in){route, kind, subject}, &rows, e);
}

/* A timer that failed, and when it is tried again. */
struct waiting {
	int64_t route, subject;
	const struct timer_kind *kind;
	int64_t until_us; /* running time */
};

struct timers {
	struct store *store;
	const struct process *process;
	const struct time_source *time;
	struct timer_kind *kinds;
	size_t kinds_n;
	struct thread thread;
	_Atomic bool is_stopping;
	_Atomic uint64_t fired, failed;

	pthread_mutex_t lock; /* for these */
	pthread_cond_t wake, looked;
	bool is_nudged;
	int drainers;                     /* who want to know about the buckets of other processes too */
	uint64_t looks_begun, quiet_look; /* the last look that left nothing due */

	/* The thread's own. */
	struct waiting waiting[WAITING_MOST];
	size_t waiting_n;
	struct timer page[PAGE_TIMERS];
	int64_t page_tries[PAGE_TIMERS];
	size_t page_n;
	struct arena arena;
	bool said_unknown; /* a kind that nobody registered */
};

/* --- One timer -----------------------------------------------------------------------------------------------------
 */

struct fire {
	const struct timer *timer;
	const struct timer_kind *kind;
	bool was_due; /* out */
};

static bool fire_job(struct tx *tx, void *ctx, struct err *e)
{
	struct fire *f = ctx;
	const struct timer *t = f->timer;
	int64_t rows;
	f->was_due = false;
	struct timer_take_in in = {.now = tx_now_us(tx), .route = t->route, .kind = t->kind, .subject = t->subject};
	if (!timer_take(tx, &in, &rows, e)) {
		return false;
	}
	if (rows == 0) {
		return true; /* cleared, moved or fired meanwhile */
	}
	f->was_due = true;
	return f->kind->fire(tx, t, f->kind->ctx, e);
}

static bool failed_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct timer *t = ctx;
	int64_t rows;
	return timer_failed(tx, &(struct timer_failed_in){t->route, t->kind, t->subject}, &rows, e);
}

static const struct timer_kind *find_kind(const struct timers *t, struct str name)
{
	for (size_t i = 0; i < t->kinds_n; i++) {
		if (str_is(name, t->kinds[i].name)) {
			return &t->kinds[i];
		}
	}
	return NULL;
}

static struct waiting *find_waiting(struct timers *t, const struct timer *timer, const struct timer_kind *kind)
{
	for (size_t i = 0; i < t->waiting_n; i++) {
		struct waiting *w = &t->waiting[i];
		if (w->route == timer->route && w->subject == timer->subject && w->kind == kind) {
			return w;
		}
	}
	return NULL;
}

/* False: it is still due. */
static bool fire(struct timers *t, struct timer *timer, int64_t tries)
{
	const struct timer_kind *kind = find_kind(t, timer->kind);
	if (!kind) {
		if (!t->said_unknown) {
			log_line(LOG_ERROR, "timer-of-unknown-kind", LOG_S("kind", timer->kind));
			t->said_unknown = true;
		}
		return true;
	}
	struct waiting *w = find_waiting(t, timer, kind);
	int64_t now = time_running_us(t->time);
	if (w && now < w->until_us) {
		return false;
	}
	struct fire f = {.timer = timer, .kind = kind};
	struct store_op op = {.route = timer->route, .is_background = true};
	struct err e;
	if (store_write(t->store, &op, fire_job, &f, &e)) {
		atomic_fetch_add(&t->fired, f.was_due);
		if (w) {
			*w = t->waiting[--t->waiting_n];
		}
		return true;
	}
	atomic_fetch_add(&t->failed, 1);
	log_err(LOG_WARN, "timer", &e);
	log_line(LOG_WARN, "timer-not-fired", LOG_S("kind", timer->kind), LOG_I("tries", tries + 1));
	if (!w && t->waiting_n < WAITING_MOST) {
		w = &t->waiting[t->waiting_n++];
		*w = (struct waiting){.route = timer->route, .subject = timer->subject, .kind = kind};
	}
	if (w) {
		int64_t pause = PAUSE_US;
		for (int64_t i = 0; i < tries && pause < PAUSE_MOST_US; i++) {
			pause *= 2;
		}
		w->until_us = now + (pause > PAUSE_MOST_US ? PAUSE_MOST_US : pause);
	}
	if (!store_write(t->store, &op, failed_job, timer, &e)) {
		log_err(LOG_WARN, "timer", &e);
	}
	return false;
}

/* --- Looking -------------------------------------------------------------------------------------------------------
 */

struct look {
	struct timers *t;
	int64_t bucket;
	/* After this one, in order of due time. */
	int64_t due_us, route, subject;
	struct str kind;
};

static bool page_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct timers *t = l->t;
	struct timer_due_rows rows;
	struct timer_due_out r;
	t->page_n = 0;
	struct timer_due_in in = {
		.most = PAGE_TIMERS,
		.now = tx_now_us(tx),
		.bucket = l->bucket,
		.after = l->due_us,
		.route = l->route,
		.kind = l->kind,
		.subject = l->subject,
	};
	if (!timer_due_open(tx, &in, &rows, e)) {
		return false;
	}
	while (t->page_n < PAGE_TIMERS && timer_due_next(&rows, &r)) {
		t->page_tries[t->page_n] = r.tries;
		t->page[t->page_n++] =
			(struct timer){.route = r.route, .kind = r.kind, .subject = r.subject, .due_us = r.due_at};
	}
	return timer_due_close(&rows, e);
}

/* What another process has to fire, as far as anybody knows its kind. */
static bool is_left_to_others(const struct timers *t)
{
	for (size_t i = 0; i < t->page_n; i++) {
		if (find_kind(t, t->page[i].kind)) {
			return true;
		}
	}
	return false;
}

/* Fires all of a bucket that is due. *is_left: something still is. */
static bool look_into(struct timers *t, int bucket, bool *is_left, struct err *e)
{
	char kind[KIND_MOST];
	struct look l = {.t = t, .bucket = bucket, .due_us = INT64_MIN, .kind = STR_EMPTY};
	do {
		arena_reset(&t->arena);
		if (!store_read(t->store, 0, &t->arena, page_job, &l, e)) {
			return false;
		}
		bool is_ours = true;
		for (size_t i = 0; i < t->page_n && is_ours && !atomic_load(&t->is_stopping); i++) {
			is_ours = process_holds(t->process, LEASE_TIMERS + bucket);
			*is_left = is_ours ? !fire(t, &t->page[i], t->page_tries[i]) || *is_left : is_left_to_others(t) || *is_left;
		}
		if (t->page_n > 0) {
			const struct timer *last = &t->page[t->page_n - 1];
			size_t n = last->kind.n < sizeof kind ? last->kind.n : sizeof kind;
			memcpy(kind, last->kind.p, n);
			l.due_us = last->due_us;
			l.route = last->route;
			l.subject = last->subject;
			l.kind = str_from(kind, n);
		}
	} while (t->page_n == PAGE_TIMERS && !atomic_load(&t->is_stopping));
	return true;
}

struct any {
	struct timer_any_in in;
	int64_t first; /* out: TIMER_BUCKETS: none */
};

static bool any_job(struct tx *tx, void *ctx, struct err *e)
{
	struct any *a = ctx;
	struct timer_any_out row;
	a->in.now = tx_now_us(tx);
	if (!timer_any(tx, &a->in, &row, e)) {
		return false;
	}
	a->first = row.found ? row.bucket : TIMER_BUCKETS;
	return true;
}

/* Fires all that is due in our buckets. *is_quiet: nothing was left over; with `all`, in no bucket. What fired may have
 * set a timer that is due already: that is for the next look, which follows at once. */
static bool look(struct timers *t, bool all, bool *is_quiet, struct err *e)
{
	struct any any = {.first = TIMER_BUCKETS};
	bool is_left = false;
	*is_quiet = false;
	for (int i = 0; i < TIMER_BUCKETS; i++) {
		if (all || process_holds(t->process, LEASE_TIMERS + i)) {
			any.in.buckets[any.in.buckets_n++] = i;
		}
	}
	/* Most times nothing is, and one look says so. */
	arena_reset(&t->arena);
	if (any.in.buckets_n > 0 && !store_read(t->store, 0, &t->arena, any_job, &any, e)) {
		return false;
	}
	for (size_t i = 0; i < any.in.buckets_n && !atomic_load(&t->is_stopping); i++) {
		if (any.in.buckets[i] >= any.first && !look_into(t, (int)any.in.buckets[i], &is_left, e)) {
			return false;
		}
	}
	*is_quiet = !is_left;
	return true;
}

static struct timespec in_us(int64_t us)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	int64_t ns = at.tv_nsec + us % US_PER_S * 1000;
	at.tv_sec += us / US_PER_S + ns / 1000000000;
	at.tv_nsec = ns % 1000000000;
	return at;
}

static void *run(void *arg)
{
	struct timers *t = arg;
	pthread_mutex_lock(&t->lock);
	while (!atomic_load(&t->is_stopping)) {
		t->is_nudged = false;
		uint64_t number = ++t->looks_begun;
		bool all = t->drainers > 0;
		pthread_mutex_unlock(&t->lock);
		struct err e;
		bool is_quiet;
		uint64_t fired = atomic_load(&t->fired);
		if (!look(t, all, &is_quiet, &e)) {
			log_err(LOG_WARN, "timer", &e);
		}
		pthread_mutex_lock(&t->lock);
		bool has_fired = atomic_load(&t->fired) != fired;
		t->is_nudged = t->is_nudged || has_fired;
		if (is_quiet && all && !has_fired) {
			t->quiet_look = number;
		}
		pthread_cond_broadcast(&t->looked);
		struct timespec until = in_us(t->drainers > 0 ? DRAIN_LOOK_US : LOOK_US);
		while (!atomic_load(&t->is_stopping) && !t->is_nudged &&
		       pthread_cond_timedwait(&t->wake, &t->lock, &until) == 0) {
		}
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* --- Life cycle ----------------------------------------------------------------------------------------------------
 */

static void free_timers(struct timers *t)
{
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	pthread_cond_destroy(&t->looked);
	arena_release(&t->arena);
	mem_free(t->kinds);
	mem_free(t);
}

bool timers_start(struct store *s, const struct process *process, const struct time_source *time,
                  const struct timer_kind *kinds, size_t n, struct timers **out, struct err *e)
{
	*out = NULL;
	struct timers *t = mem_alloc(1, sizeof *t);
	if (!t) {
		return err_set(e, ERR_MEMORY, "no memory for timers");
	}
	t->store = s;
	t->process = process;
	t->time = time;
	arena_init(&t->arena, PAGE_BYTES);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, &monotonic);
	pthread_cond_init(&t->looked, &monotonic);
	pthread_condattr_destroy(&monotonic);
	t->kinds = mem_alloc(n, sizeof *t->kinds);
	if (!t->kinds) {
		free_timers(t);
		return err_set(e, ERR_MEMORY, "no memory for timers");
	}
	if (n > 0) {
		memcpy(t->kinds, kinds, n * sizeof *kinds);
	}
	t->kinds_n = n;
	if (!thread_start(&t->thread, "timers", 0, run, t, e)) {
		free_timers(t);
		return false;
	}
	*out = t;
	return true;
}

void timers_nudge(struct timers *t)
{
	pthread_mutex_lock(&t->lock);
	t->is_nudged = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

bool timers_drain(struct timers *t, int64_t timeout_us)
{
	struct timespec until = in_us(timeout_us);
	pthread_mutex_lock(&t->lock);
	uint64_t least = t->looks_begun + 1;
	t->drainers++;
	t->is_nudged = true;
	pthread_cond_signal(&t->wake);
	while (t->quiet_look < least && pthread_cond_timedwait(&t->looked, &t->lock, &until) == 0) {
	}
	t->drainers--;
	bool is_quiet = t->quiet_look >= least;
	pthread_mutex_unlock(&t->lock);
	return is_quiet;
}

void timers_stop(struct timers *t)
{
	if (!t) {
		return;
	}
	pthread_mutex_lock(&t->lock);
	atomic_store(&t->is_stopping, true);
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	thread_join(&t->thread);
	free_timers(t);
}

void timers_count(const struct timers *t, struct timer_counters *out)
{
	out->fired = atomic_load(&t->fired);
	out->failed = atomic_load(&t->failed);
}
