/* The writer's thread: group commit.
 *
 * It takes the waiting jobs, interactive ones first, runs each in a savepoint of its own, commits once and then answers
 * all. A job that fails is undone by its savepoint and spoils nobody. When the whole transaction is gone (SQLite drops
 * it after some errors: interrupt, full disk, I/O) or the commit fails (a deferred key), the same jobs run again one by
 * one, each in its own transaction, and only those that fail alone are refused. */
#include <time.h>

#include "base/log.h"
#include "base/time_source.h"
#include "store/sqlite.h"

static int64_t now_us(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static void push(struct write_queue *q, struct write_request *w)
{
	w->next = NULL;
	*q->end = w;
	q->end = &w->next;
}

static struct write_request *pop(struct write_queue *q)
{
	struct write_request *w = q->first;
	if (w) {
		q->first = w->next;
		if (q->first == NULL) {
			q->end = &q->first;
		}
	}
	return w;
}

/* What a batch has taken so far. */
struct batch {
	struct write_request *jobs[BATCH_JOBS + BACKGROUND_JOBS];
	int n, background_n;
	size_t bytes;
	int64_t began_us;
	int64_t age_us;        /* of the batch */
	int64_t background_us; /* of that for background jobs */
};

/* The next job; NULL when the batch is to be committed. Interactive jobs go first, but each batch has some time for the
 * others as well: what people submit makes work for the relay, which must not fall further and further behind. */
static struct write_request *take(struct sqlite *s, const struct batch *b)
{
	bool is_single = s->batch_jobs == 1;
	bool has_room = b->n - b->background_n < s->batch_jobs && b->bytes < BATCH_BYTES && b->age_us < s->batch_us &&
	                !(is_single && b->n);
	bool has_background_room =
		b->background_n < BACKGROUND_JOBS && b->background_us < BACKGROUND_US && !(is_single && b->n > 0);
	struct write_request *w = NULL;
	pthread_mutex_lock(&s->lock);
	if (is_single && has_background_room && s->batches_without_background >= BACKGROUND_AFTER) {
		w = pop(&s->background);
	}
	if (w == NULL && has_room) {
		w = pop(&s->interactive);
	}
	if (w == NULL && has_background_room) {
		w = pop(&s->background);
	}
	pthread_mutex_unlock(&s->lock);
	return w;
}

/* Runs the job and its operation row. True: they are in the open transaction. False: r->err says why, and what they did
 * is still to be undone. */
static bool run_job(struct sqlite *s, struct store_request *r, size_t *bytes)
{
	struct tx tx;
	arena_reset(&s->job_arena);
	store_tx_init(&tx, s->store, r, &s->writer, &s->job_arena);
	s->writer.deadline_us = time_running_us(s->store->time) + WRITE_JOB_US;
	bool is_good = store_run(&tx, r);
	s->writer.deadline_us = 0;
	conn_finish_all(&s->writer);
	if (r->is_met) {
		store_tx_init(&tx, s->store, r, &s->writer, &s->job_arena);
		is_good = store_replay(&tx, r);
	}
	*bytes += tx.bound_bytes;
	return is_good;
}

/* False: the batch's transaction cannot be used any more. */
static bool run_in_savepoint(struct sqlite *s, struct store_request *r, size_t *bytes)
{
	struct sqlite_conn *c = &s->writer;
	r->is_done_well = false;
	if (!conn_do(c, SAVEPOINT, &r->err)) {
		return false;
	}
	r->is_done_well = run_job(s, r, bytes);
	if (!conn_in_transaction(c)) {
		return false;
	}
	if (r->is_done_well) {
		return conn_do(c, RELEASE, &r->err);
	}
	struct err ignored;
	return conn_do(c, ROLLBACK_TO, &ignored) && conn_do(c, RELEASE, &ignored);
}

static void run_alone(struct sqlite *s, struct store_request *r)
{
	struct sqlite_conn *c = &s->writer;
	size_t bytes = 0;
	r->is_done_well = conn_do(c, BEGIN_WRITE, &r->err) && run_job(s, r, &bytes);
	if (r->is_done_well && !conn_do(c, COMMIT, &r->err)) {
		r->is_done_well = false;
		if (r->err.code == ERR_IO) {
			/* A write failed in the middle of the commit: what a restart will find is not known here. */
			r->err.code = ERR_UNKNOWN;
		}
	}
	if (!r->is_done_well) {
		conn_rollback(c);
	}
	atomic_fetch_add_explicit(&s->store->batches, 1, memory_order_relaxed);
}

static void answer(struct sqlite *s, struct write_request *w)
{
	struct store_request *r = w->r;
	atomic_fetch_add_explicit(!r->is_done_well ? &s->store->failed
	                          : r->is_replay   ? &s->store->replays
	                                           : &s->store->writes,
	                          1, memory_order_relaxed);
	struct write_group *g = w->group;
	if (atomic_fetch_sub_explicit(&g->left, 1, memory_order_acq_rel) == 1) {
		sem_post(&g->done); /* *w and *g may be gone after this */
	}
}

static void run_batch(struct sqlite *s)
{
	struct sqlite_conn *c = &s->writer;
	struct batch b = {.began_us = now_us(CLOCK_MONOTONIC)};
	struct write_request *w;
	struct err e;
	int64_t cpu_us = now_us(CLOCK_THREAD_CPUTIME_ID);
	bool is_whole = conn_do(c, BEGIN_WRITE, &e);
	if (!is_whole) {
		/* Each is told what stopped its own try. */
		conn_rollback(c);
	}
	while ((w = take(s, &b)) != NULL) {
		b.jobs[b.n++] = w;
		is_whole = is_whole && run_in_savepoint(s, w->r, &b.bytes);
		int64_t age_us = now_us(CLOCK_MONOTONIC) - b.began_us;
		if (w->r->is_background) {
			b.background_n++;
			b.background_us += age_us - b.age_us;
		}
		b.age_us = age_us;
		if (!is_whole) {
			break;
		}
	}
	if (is_whole && conn_do(c, COMMIT, &e)) {
		atomic_fetch_add_explicit(&s->store->batches, 1, memory_order_relaxed);
	} else {
		conn_rollback(c);
		for (int i = 0; i < b.n; i++) {
			run_alone(s, b.jobs[i]->r);
		}
	}
	s->batches_without_background = b.background_n > 0 ? 0 : s->batches_without_background + 1;
	atomic_fetch_add_explicit(&s->store->writer_cpu_us, (uint64_t)(now_us(CLOCK_THREAD_CPUTIME_ID) - cpu_us),
	                          memory_order_relaxed);
	for (int i = 0; i < b.n; i++) {
		answer(s, b.jobs[i]);
	}
}

static void *run_writer(void *arg)
{
	struct sqlite *s = arg;
	for (;;) {
		pthread_mutex_lock(&s->lock);
		while (s->interactive.first == NULL && s->background.first == NULL && !s->is_stopping) {
			pthread_cond_wait(&s->arrived, &s->lock);
		}
		bool has_work = s->interactive.first != NULL || s->background.first != NULL;
		pthread_mutex_unlock(&s->lock);
		if (!has_work) {
			return NULL;
		}
		run_batch(s);
	}
}

/* The length of the log after each commit decides when it is copied into the file. */
static int after_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)db;
	(void)name;
	struct sqlite *s = arg;
	atomic_store_explicit(&s->store->wal_pages, (uint64_t)pages, memory_order_relaxed);
	pthread_mutex_lock(&s->checkpoint_lock);
	if (pages < s->checkpoint_next - CHECKPOINT_PAGES) {
		s->checkpoint_next = CHECKPOINT_PAGES; /* the log began anew */
	}
	if (pages >= s->checkpoint_next) {
		s->checkpoint_pages = pages;
		s->checkpoint_next = pages + CHECKPOINT_PAGES;
		pthread_cond_signal(&s->checkpoint_due);
	}
	pthread_mutex_unlock(&s->checkpoint_lock);
	return SQLITE_OK;
}

bool writer_start(struct sqlite *s, struct err *e)
{
	s->interactive.end = &s->interactive.first;
	s->background.end = &s->background.first;
	arena_init(&s->job_arena, JOB_ARENA_BYTES);
	sqlite3_wal_hook(s->writer.db, after_commit, s);
	return thread_start(&s->writer_thread, "store-writer", 1 << 20, run_writer, s, e);
}

void writer_stop(struct sqlite *s)
{
	pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	pthread_cond_signal(&s->arrived);
	pthread_mutex_unlock(&s->lock);
	thread_join(&s->writer_thread);
	arena_release(&s->job_arena);
}

void writer_write_all(struct store *store, struct store_request *r, size_t n)
{
	struct sqlite *s = store->state;
	struct write_request w[STORE_CALLS_MOST];
	struct write_group g = {.left = n};
	if (n == 0) {
		return;
	}
	must(sem_init(&g.done, 0, 0) == 0);
	pthread_mutex_lock(&s->lock);
	bool was_empty = s->interactive.first == NULL && s->background.first == NULL;
	for (size_t i = 0; i < n; i++) {
		w[i] = (struct write_request){.r = &r[i], .group = &g};
		push(r[i].is_background ? &s->background : &s->interactive, &w[i]);
	}
	if (was_empty) {
		pthread_cond_signal(&s->arrived);
	}
	pthread_mutex_unlock(&s->lock);
	while (sem_wait(&g.done) != 0) {
		/* EINTR: a signal is no answer */
	}
	sem_destroy(&g.done);
}

void writer_write(struct store *store, struct store_request *r)
{
	writer_write_all(store, r, 1);
}
