#include "store/timer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "os/thread.h"
#include "store/event.sql.h"

enum {
	PAGE_TIMERS = 128,
	PAGE_BYTES = 1 << 20,
	LOOK_US = 1000000,
	PAUSE_US = 1000000, /* after the first failure; doubled with each */
	PAUSE_MOST_US = 600000000,
	WAITING_MOST = 1024,
	KIND_MOST = 64,
};

bool timer_set(struct tx *tx, int64_t route, struct str kind, int64_t subject, int64_t due_us, struct err *e)
{
	must(kind.n > 0 && kind.n <= KIND_MOST);
	return timer_put(tx, &(struct timer_put_in){route, kind, subject, due_us}, e);
}

bool timer_clear(struct tx *tx, int64_t route, struct str kind, int64_t subject, struct err *e)
{
	int64_t rows;
	return timer_remove(tx, &(struct timer_remove_in){route, kind, subject}, &rows, e);
}

/* A timer that failed, and when it is tried again. */
struct waiting {
	int64_t route, subject;
	const struct timer_kind *kind;
	int64_t until_us; /* running time */
};

struct timers {
	struct store *store;
	const struct time_source *time;
	struct timer_kind *kinds;
	size_t kinds_n;
	struct thread thread;
	_Atomic bool is_stopping;
	_Atomic uint64_t fired, failed;

	pthread_mutex_t lock; /* for these */
	pthread_cond_t wake, looked;
	bool is_nudged;
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

/* Fires all that is due. *is_quiet: nothing was left over. */
static bool look(struct timers *t, bool *is_quiet, struct err *e)
{
	char kind[KIND_MOST];
	struct look l = {.t = t, .due_us = INT64_MIN, .kind = STR_EMPTY};
	bool is_left = false;
	*is_quiet = false;
	do {
		arena_reset(&t->arena);
		if (!store_read(t->store, 0, &t->arena, page_job, &l, e)) {
			return false;
		}
		for (size_t i = 0; i < t->page_n && !atomic_load(&t->is_stopping); i++) {
			is_left = !fire(t, &t->page[i], t->page_tries[i]) || is_left;
		}
		if (t->page_n > 0) {
			const struct timer *last = &t->page[t->page_n - 1];
			size_t n = last->kind.n < sizeof kind ? last->kind.n : sizeof kind;
			memcpy(kind, last->kind.p, n);
			l = (struct look){t, last->due_us, last->route, last->subject, str_from(kind, n)};
		}
	} while (t->page_n == PAGE_TIMERS && !atomic_load(&t->is_stopping));
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
		pthread_mutex_unlock(&t->lock);
		struct err e;
		bool is_quiet;
		if (!look(t, &is_quiet, &e)) {
			log_err(LOG_WARN, "timer", &e);
		}
		pthread_mutex_lock(&t->lock);
		if (is_quiet) {
			t->quiet_look = number;
		}
		pthread_cond_broadcast(&t->looked);
		struct timespec until = in_us(LOOK_US);
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

bool timers_start(struct store *s, const struct time_source *time, const struct timer_kind *kinds, size_t n,
                  struct timers **out, struct err *e)
{
	*out = NULL;
	struct timers *t = mem_alloc(1, sizeof *t);
	if (!t) {
		return err_set(e, ERR_MEMORY, "no memory for timers");
	}
	t->store = s;
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
	t->is_nudged = true;
	pthread_cond_signal(&t->wake);
	while (t->quiet_look < least && pthread_cond_timedwait(&t->looked, &t->lock, &until) == 0) {
	}
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
