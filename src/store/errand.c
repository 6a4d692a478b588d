#include "store/errand.h"

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
	PLACES = 256, /* errands of one kind that wait for a thread, run, or wait to be written off */
	PAGE_ERRANDS = 128,
	PAGE_BYTES = 1 << 20,
	KIND_MOST = 64,
	LOOK_US = 1000000,
	DRAIN_LOOK_US = 20000, /* while somebody waits for what another process does */
	PAUSE_S = 4,           /* after the first try; doubled with each */
	PAUSE_MOST_S = 1800,
};

static int64_t bucket_of(int64_t route)
{
	return (int64_t)(id_hash(route) % TIMER_BUCKETS);
}

bool errand_add(struct tx *tx, int64_t route, struct str kind, int64_t subject, int64_t due_us, struct err *e)
{
	must(kind.n > 0 && kind.n <= KIND_MOST);
	return errand_put(tx, &(struct errand_put_in){route, kind, subject, bucket_of(route), due_us}, e);
}

bool errand_drop(struct tx *tx, int64_t route, struct str kind, int64_t subject, struct err *e)
{
	return errand_remove(tx, &(struct errand_remove_in){route, kind, subject}, NULL, e);
}

/* One that this process has in its hands. */
enum place_state { PLACE_FREE, PLACE_WAITS, PLACE_RUNS, PLACE_ENDED };
struct place {
	enum place_state state;
	uint64_t order;
	int64_t route, subject, tries, version, begun;
	enum errand_end end;
};

struct kind {
	struct errands *all;
	struct errand_kind k;
	struct thread threads[ERRANDS_AT_ONCE_MOST];
	pthread_cond_t wake;
	struct place places[PLACES];
	size_t used;             /* places that are not free */
	bool has_more;           /* in the store, due */
	bool is_failing;         /* and the log says so */
	int64_t next_us;         /* of the machine's own clock: the next one begins then at the earliest */
	int64_t pauses_until_us; /* running time: the store did not take what was to be written */
};

struct errands {
	struct store *store;
	const struct process *process;
	const struct time_source *time;
	int64_t own_id; /* where there are no other processes */
	struct kind *kinds;
	size_t kind_n;
	struct thread thread;
	_Atomic uint64_t done, again, failed, unsure;

	pthread_mutex_t lock; /* for these and for the kinds' places */
	pthread_cond_t wake, looked;
	bool is_retired, has_stopped; /* begins nothing; the threads of the kinds are gone */
	bool is_nudged;
	int drainers; /* who want to know about the buckets of other processes too */
	int waiters;
	uint64_t order, looks_begun, quiet_look; /* the last look that left nothing due */

	/* The first thread's own. */
	struct arena arena;
	struct place page[PAGE_ERRANDS];
	size_t page_n;
	bool is_page_full;
};

static int64_t my_id(const struct errands *t)
{
	int64_t id = process_id(t->process);
	return id ? id : t->own_id;
}

/* --- One errand ----------------------------------------------------------------------------------------------------
 */

struct begin {
	const struct kind *kind;
	const struct place *place;
	int64_t by;
	bool has_begun; /* out */
};

static bool begin_job(struct tx *tx, void *ctx, struct err *e)
{
	struct begin *b = ctx;
	int64_t rows;
	struct errand_mark_in in = {.by = b->by,
	                            .route = b->place->route,
	                            .kind = str_of(b->kind->k.name),
	                            .subject = b->place->subject,
	                            .begun = b->place->begun};
	b->has_begun = false;
	if (!errand_mark(tx, &in, &rows, e)) {
		return false;
	}
	b->has_begun = rows == 1;
	return true;
}

/* Of what is done at most once: whether it is this one's now. */
static bool take(struct kind *kind, const struct place *p, struct err *e)
{
	struct errands *t = kind->all;
	struct begin b = {.kind = kind, .place = p, .by = my_id(t)};
	struct store_op op = {.route = p->route, .is_background = true};
	if (p->begun != 0 && p->begun != b.by && process_is_there(t->process, p->begun)) {
		return err_set(e, ERR_BUSY, "an errand is another process's");
	}
	/* Begun by this very process and not in its hands: what it wrote then failed on the way, so it was never run; but
	 * that is not certain. */
	if (p->begun == b.by) {
		return true;
	}
	return store_write(t->store, &op, begin_job, &b, e) &&
	       (b.has_begun || err_set(e, ERR_CONFLICT, "an errand has ended, or somebody else has begun it"));
}

struct hold {
	struct kind *kind;
	const struct place *place;
};

bool errand_begin(const struct errand *errand, struct err *e)
{
	const struct hold *h = errand->hold;
	return take(h->kind, h->place, e);
}

static void say_how(struct kind *kind, const struct place *p, enum errand_end end, const struct err *why)
{
	struct errands *t = kind->all;
	atomic_fetch_add(end == ERRAND_DONE ? &t->done : end == ERRAND_AGAIN ? &t->again : &t->failed, 1);
	/* A server that is away for a day is said once, not with each of a thousand letters. */
	bool is_failing = end == ERRAND_AGAIN;
	pthread_mutex_lock(&t->lock);
	bool is_news = is_failing != kind->is_failing && end != ERRAND_FAILED;
	kind->is_failing = is_news ? is_failing : kind->is_failing;
	pthread_mutex_unlock(&t->lock);
	if (end != ERRAND_DONE && (is_news || end == ERRAND_FAILED)) {
		if (why->code != ERR_NONE) {
			log_err(LOG_WARN, "errand", why);
		}
		log_line(LOG_WARN, end == ERRAND_AGAIN ? "errand-again" : "errand-failed", LOG_S("kind", str_of(kind->k.name)),
		         LOG_I("tries", p->tries + 1));
	} else if (is_news) {
		log_line(LOG_INFO, "errand-well-again", LOG_S("kind", str_of(kind->k.name)));
	}
}

/* Runs it, outside the lock. False: it stays as it is in the store; *is_left: for now. */
static bool run_one(struct kind *kind, struct place *p, bool *is_left)
{
	struct errands *t = kind->all;
	struct err why = {0};
	bool is_unsure = kind->k.unsure && p->begun != 0;
	*is_left = true;
	if (!process_holds(t->process, LEASE_TIMERS + (int)bucket_of(p->route))) {
		return false;
	}
	if (kind->k.unsure && (is_unsure || !kind->k.begins_late) && !take(kind, p, &why)) {
		*is_left = why.code != ERR_CONFLICT;
		if (why.code != ERR_CONFLICT && why.code != ERR_BUSY) {
			log_err(LOG_WARN, "errand", &why);
		}
		return false;
	}
	struct hold hold = {kind, p};
	struct errand errand = {
		.route = p->route, .kind = str_of(kind->k.name), .subject = p->subject, .tries = p->tries, .hold = &hold};
	atomic_fetch_add(&t->unsure, is_unsure);
	p->end = (is_unsure ? kind->k.unsure : kind->k.run)(&errand, kind->k.ctx, &why);
	if (p->end == ERRAND_UNSURE) {
		log_err(LOG_WARN, "errand-unsure", &why);
		return false;
	}
	say_how(kind, p, p->end, &why);
	return true;
}

static struct place *first_waiting(struct kind *kind)
{
	struct place *first = NULL;
	for (size_t i = 0; i < PLACES; i++) {
		struct place *p = &kind->places[i];
		if (p->state == PLACE_WAITS && (first == NULL || p->order < first->order)) {
			first = p;
		}
	}
	return first;
}

/* What a stall of the machine held up is caught up with; a longer pause is not. */
enum { CATCH_UP_US = 200000 };

/* Called with the lock: how long this one waits for its turn. */
static int64_t turn_us(struct kind *kind)
{
	if (kind->k.per_second <= 0) {
		return 0;
	}
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t now_us = now.tv_sec * US_PER_S + now.tv_nsec / 1000;
	int64_t earliest = now_us - CATCH_UP_US;
	int64_t turn = kind->next_us > earliest ? kind->next_us : earliest;
	kind->next_us = turn + US_PER_S / kind->k.per_second;
	return turn > now_us ? turn - now_us : 0;
}

static void *work(void *arg)
{
	struct kind *kind = arg;
	struct errands *t = kind->all;
	pthread_mutex_lock(&t->lock);
	while (!t->is_retired) {
		struct place *p = first_waiting(kind);
		if (p == NULL) {
			pthread_cond_wait(&kind->wake, &t->lock);
			continue;
		}
		p->state = PLACE_RUNS;
		int64_t wait_us = turn_us(kind);
		pthread_mutex_unlock(&t->lock);
		if (wait_us > 0) {
			nanosleep(&(struct timespec){wait_us / US_PER_S, wait_us % US_PER_S * 1000}, NULL);
		}
		bool is_left;
		bool has_run = run_one(kind, p, &is_left);
		pthread_mutex_lock(&t->lock);
		if (has_run) {
			p->state = PLACE_ENDED;
		} else {
			p->state = PLACE_FREE;
			kind->used--;
			if (is_left) {
				kind->pauses_until_us = time_running_us(t->time) + LOOK_US;
			}
		}
		pthread_cond_signal(&t->wake);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* --- Writing off what ended ----------------------------------------------------------------------------------------
 */

struct ended {
	struct kind *kind;
	struct place *place;
};

static int64_t pause_us(const struct place *p)
{
	int64_t pause = PAUSE_S;
	for (int64_t i = 0; i < p->tries && pause < PAUSE_MOST_S; i++) {
		pause *= 2;
	}
	pause = (pause > PAUSE_MOST_S ? PAUSE_MOST_S : pause) * US_PER_S;
	/* Spread: what failed together does not come back together. */
	return pause - (int64_t)(id_hash(p->subject + p->tries) % (uint64_t)(pause / 4));
}

static bool end_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct ended *d = ctx;
	const struct place *p = d->place;
	struct str kind = str_of(d->kind->k.name);
	int64_t rows;
	if (p->end == ERRAND_AGAIN) {
		int64_t due_us = tx_now_us(tx) + pause_us(p);
		if (!errand_again(tx, &(struct errand_again_in){due_us, p->route, kind, p->subject, p->version}, &rows, e)) {
			return false;
		}
	} else if (!errand_over(tx, &(struct errand_over_in){p->route, kind, p->subject, p->version}, &rows, e)) {
		return false;
	}
	return rows == 1 || errand_free(tx, &(struct errand_free_in){p->route, kind, p->subject}, NULL, e);
}

/* Called with the lock, which is given back meanwhile. */
static void write_off(struct errands *t)
{
	struct store_call calls[STORE_CALLS_MOST];
	struct ended ended[STORE_CALLS_MOST];
	size_t n = 0;
	int64_t now_us = time_running_us(t->time);
	for (size_t k = 0; k < t->kind_n; k++) {
		struct kind *kind = &t->kinds[k];
		for (size_t i = 0; i < PLACES && n < STORE_CALLS_MOST && kind->pauses_until_us <= now_us; i++) {
			struct place *p = &kind->places[i];
			if (p->state == PLACE_ENDED) {
				ended[n] = (struct ended){kind, p};
				calls[n] = (struct store_call){
					.op = {.route = p->route, .is_background = true}, .job = end_job, .ctx = &ended[n]};
				n++;
			}
		}
	}
	if (n == 0) {
		return;
	}
	pthread_mutex_unlock(&t->lock);
	store_write_all(t->store, calls, n);
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < n; i++) {
		if (calls[i].is_done_well) {
			ended[i].place->state = PLACE_FREE;
			ended[i].kind->used--;
		} else {
			/* It stays in hand, so that it is not run again for that. */
			log_err(LOG_WARN, "errand", &calls[i].err);
			ended[i].kind->pauses_until_us = now_us + LOOK_US;
		}
	}
}

/* --- Looking -------------------------------------------------------------------------------------------------------
 */

struct look {
	struct errands *t;
	struct errand_due_in in;
};

static bool page_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct errands *t = l->t;
	struct errand_due_rows rows;
	struct errand_due_out r;
	t->page_n = 0;
	l->in.now = tx_now_us(tx);
	l->in.most = PAGE_ERRANDS;
	if (!errand_due_open(tx, &l->in, &rows, e)) {
		return false;
	}
	while (t->page_n < PAGE_ERRANDS && errand_due_next(&rows, &r)) {
		t->page[t->page_n++] = (struct place){
			.route = r.route, .subject = r.subject, .tries = r.tries, .version = r.version, .begun = r.begun};
	}
	return errand_due_close(&rows, e);
}

static bool is_in_hand(const struct kind *kind, const struct place *p)
{
	for (size_t i = 0; i < PLACES; i++) {
		const struct place *q = &kind->places[i];
		if (q->state != PLACE_FREE && q->route == p->route && q->subject == p->subject) {
			return true;
		}
	}
	return false;
}

/* Called with the lock: as much of the page as finds a place. */
static void put_page(struct errands *t, struct kind *kind)
{
	size_t at = 0;
	for (size_t i = 0; i < t->page_n; i++) {
		if (is_in_hand(kind, &t->page[i])) {
			continue;
		}
		while (at < PLACES && kind->places[at].state != PLACE_FREE) {
			at++;
		}
		if (at == PLACES) {
			kind->has_more = true;
			return;
		}
		kind->places[at] = t->page[i];
		kind->places[at].state = PLACE_WAITS;
		kind->places[at].order = ++t->order;
		kind->used++;
		pthread_cond_signal(&kind->wake);
	}
	kind->has_more = kind->has_more || t->page_n == PAGE_ERRANDS;
}

struct any {
	struct errand_any_in in;
	int64_t first; /* out: TIMER_BUCKETS: none */
};

static bool any_job(struct tx *tx, void *ctx, struct err *e)
{
	struct any *a = ctx;
	struct errand_any_out row;
	a->in.now = tx_now_us(tx);
	if (!errand_any(tx, &a->in, &row, e)) {
		return false;
	}
	a->first = row.found ? row.bucket : TIMER_BUCKETS;
	return true;
}

/* Takes into hand what is due of a kind in our buckets. *is_quiet: nothing is; with `all`, in no bucket. */
static bool look_for(struct errands *t, struct kind *kind, bool all, bool *is_quiet, struct err *e)
{
	struct str name = str_of(kind->k.name);
	struct any any = {.in = {.kind = name}, .first = TIMER_BUCKETS};
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
	*is_quiet = any.first == TIMER_BUCKETS;
	for (int i = (int)any.first; i < TIMER_BUCKETS; i++) {
		struct look l = {.t = t, .in = {.kind = name, .bucket = i}};
		if (!process_holds(t->process, LEASE_TIMERS + i)) {
			continue;
		}
		arena_reset(&t->arena);
		if (!store_read(t->store, 0, &t->arena, page_job, &l, e)) {
			return false;
		}
		pthread_mutex_lock(&t->lock);
		put_page(t, kind);
		bool is_full = kind->used == PLACES;
		pthread_mutex_unlock(&t->lock);
		if (is_full) {
			break;
		}
	}
	return true;
}

/* Called with the lock, which is given back meanwhile. `all_kinds`: it is time to look, and not only for those whose
 * queue runs low. */
static void look(struct errands *t, bool all_kinds)
{
	uint64_t number = 0;
	bool all_buckets = all_kinds && t->drainers > 0, is_all_quiet = all_buckets;
	int64_t now_us = time_running_us(t->time);
	if (all_kinds) {
		number = ++t->looks_begun;
	}
	for (size_t k = 0; k < t->kind_n && !t->is_retired; k++) {
		struct kind *kind = &t->kinds[k];
		bool is_wanted = all_kinds || kind->has_more;
		if (!is_wanted || kind->used >= PLACES / 2 || kind->pauses_until_us > now_us) {
			is_all_quiet = is_all_quiet && !is_wanted;
			continue;
		}
		kind->has_more = false;
		pthread_mutex_unlock(&t->lock);
		struct err e;
		bool is_quiet = false;
		if (!look_for(t, kind, all_buckets, &is_quiet, &e)) {
			log_err(LOG_WARN, "errand", &e);
		}
		pthread_mutex_lock(&t->lock);
		is_all_quiet = is_all_quiet && is_quiet && kind->used == 0;
	}
	if (is_all_quiet && !t->is_retired) {
		t->quiet_look = number;
	}
	pthread_cond_broadcast(&t->looked);
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

static bool has_ended_one(const struct errands *t)
{
	int64_t now_us = time_running_us(t->time);
	for (size_t k = 0; k < t->kind_n; k++) {
		const struct kind *kind = &t->kinds[k];
		for (size_t i = 0; i < PLACES && kind->pauses_until_us <= now_us; i++) {
			if (kind->places[i].state == PLACE_ENDED) {
				return true;
			}
		}
	}
	return false;
}

static bool runs_low(const struct errands *t)
{
	int64_t now_us = time_running_us(t->time);
	for (size_t k = 0; k < t->kind_n; k++) {
		const struct kind *kind = &t->kinds[k];
		if (kind->has_more && kind->used < PLACES / 2 && kind->pauses_until_us <= now_us && !t->is_retired) {
			return true;
		}
	}
	return false;
}

static bool has_passed(struct timespec at)
{
	struct timespec now = in_us(0);
	return now.tv_sec > at.tv_sec || (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec);
}

static void *run(void *arg)
{
	struct errands *t = arg;
	struct timespec next = in_us(0);
	pthread_mutex_lock(&t->lock);
	while (!t->has_stopped) {
		bool is_time = t->is_nudged || has_passed(next);
		if (is_time) {
			t->is_nudged = false;
			next = in_us(t->drainers > 0 ? DRAIN_LOOK_US : LOOK_US);
		}
		write_off(t);
		look(t, is_time);
		while (!t->has_stopped && !t->is_nudged && !has_ended_one(t) && !runs_low(t) &&
		       pthread_cond_timedwait(&t->wake, &t->lock, &next) == 0) {
		}
	}
	write_off(t);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* --- Life cycle ----------------------------------------------------------------------------------------------------
 */

static void free_errands(struct errands *t)
{
	for (size_t k = 0; k < t->kind_n; k++) {
		pthread_cond_destroy(&t->kinds[k].wake);
	}
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->wake);
	pthread_cond_destroy(&t->looked);
	arena_release(&t->arena);
	mem_free(t->kinds);
	mem_free(t);
}

static bool start_kind(struct kind *kind, struct err *e)
{
	int n = kind->k.at_once > 0 ? kind->k.at_once : 1;
	must(n <= ERRANDS_AT_ONCE_MOST);
	for (int i = 0; i < n; i++) {
		if (!thread_start(&kind->threads[i], "errand", 0, work, kind, e)) {
			return false;
		}
	}
	return true;
}

bool errands_start(struct store *s, const struct process *process, const struct time_source *time,
                   const struct errand_kind *kinds, size_t n, struct errands **out, struct err *e)
{
	*out = NULL;
	struct errands *t = mem_alloc(1, sizeof *t);
	if (!t) {
		return err_set(e, ERR_MEMORY, "no memory for errands");
	}
	*t = (struct errands){.store = s, .process = process, .time = time, .own_id = id_random()};
	arena_init(&t->arena, PAGE_BYTES);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, &monotonic);
	pthread_cond_init(&t->looked, &monotonic);
	pthread_condattr_destroy(&monotonic);
	t->kinds = mem_alloc(n > 0 ? n : 1, sizeof *t->kinds);
	if (!t->kinds) {
		free_errands(t);
		return err_set(e, ERR_MEMORY, "no memory for errands");
	}
	for (size_t i = 0; i < n; i++) {
		t->kinds[i] = (struct kind){.all = t, .k = kinds[i]};
		pthread_cond_init(&t->kinds[i].wake, NULL);
	}
	t->kind_n = n;
	bool ok = thread_start(&t->thread, "errands", 0, run, t, e);
	for (size_t i = 0; ok && i < n; i++) {
		ok = start_kind(&t->kinds[i], e);
	}
	if (!ok) {
		errands_stop(t);
		return false;
	}
	*out = t;
	return true;
}

void errands_nudge(struct errands *t)
{
	pthread_mutex_lock(&t->lock);
	t->is_nudged = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

bool errands_drain(struct errands *t, int64_t timeout_us)
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

static bool has_running(const struct errands *t)
{
	for (size_t k = 0; k < t->kind_n; k++) {
		for (size_t i = 0; i < PLACES; i++) {
			if (t->kinds[k].places[i].state == PLACE_RUNS) {
				return true;
			}
		}
	}
	return false;
}

bool errands_retire(struct errands *t, int64_t patience_us)
{
	struct timespec until = in_us(patience_us);
	pthread_mutex_lock(&t->lock);
	t->is_retired = true;
	for (size_t k = 0; k < t->kind_n; k++) {
		pthread_cond_broadcast(&t->kinds[k].wake);
	}
	/* The first thread says it each time that something has ended. */
	pthread_cond_signal(&t->wake);
	while (has_running(t) && pthread_cond_timedwait(&t->looked, &t->lock, &until) == 0) {
	}
	bool is_quiet = !has_running(t);
	pthread_mutex_unlock(&t->lock);
	return is_quiet;
}

void errands_stop(struct errands *t)
{
	if (!t) {
		return;
	}
	errands_retire(t, 0);
	for (size_t k = 0; k < t->kind_n; k++) {
		for (int i = 0; i < ERRANDS_AT_ONCE_MOST; i++) {
			thread_join(&t->kinds[k].threads[i]);
		}
	}
	pthread_mutex_lock(&t->lock);
	t->has_stopped = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	thread_join(&t->thread);
	free_errands(t);
}

void errands_count(const struct errands *t, struct errand_counters *out)
{
	out->done = atomic_load(&t->done);
	out->again = atomic_load(&t->again);
	out->failed = atomic_load(&t->failed);
	out->unsure = atomic_load(&t->unsure);
}

static bool count_job(struct tx *tx, void *ctx, struct err *e)
{
	return errand_count(tx, ctx, e);
}

bool errands_waiting(struct store *s, int64_t *n, struct err *e)
{
	struct arena a;
	arena_init(&a, PAGE_BYTES);
	bool ok = store_read(s, 0, &a, count_job, n, e);
	arena_release(&a);
	return ok;
}
