#include "store/store.h"

#include <time.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/time_source.h"
#include "os/thread.h"
#include "store/engine.h"
#include "store/standing.h"
#include "store/store.sql.h"

#define OPERATION_KEPT_US (30 * US_PER_DAY)
enum { TRIM_EVERY_S = 600, TRIM_AT_ONCE = 500 };

/* Which job the thread is in: a job that writes again would wait for itself. */
static _Thread_local bool is_in_job;
static _Thread_local bool is_answering;

void store_thread_answers(void)
{
	is_answering = true;
}

int store_places(const struct store *s)
{
	return s->places > 0 ? s->places : 1;
}

int store_place(const struct store *s, int64_t route)
{
	return (int)(id_hash(route) % (unsigned)store_places(s));
}

bool store_is_shared(const struct store *s)
{
	return s->engine->is_shared;
}

/* --- Running a job
 * ------------------------------------------------------------------------------------------------------ */

void store_tx_init(struct tx *tx, struct store *s, const struct store_request *r, void *conn, struct arena *a)
{
	*tx = (struct tx){.store = s,
	                  .conn = conn,
	                  .arena = a,
	                  .route = r->route,
	                  .now_us = time_legal_us(s->time),
	                  .is_write = r->is_write,
	                  .is_background = r->is_background,
	                  .is_answering = r->is_answering};
}

/* The operation row comes first, so that on any engine two tries of one operation meet there. */
static bool begin_operation(struct tx *tx, struct store_request *r, struct err *e)
{
	struct operation_begin_in begin = {r->route, str_from(r->id, sizeof r->id), str_from(r->digest, sizeof r->digest),
	                                   tx->now_us};
	return operation_begin(tx, &begin, e);
}

static bool end_operation(struct tx *tx, const struct store_request *r, struct err *e)
{
	struct operation_end_in end = {.result_0 = tx->result[0],
	                               .result_1 = tx->result[1],
	                               .result_2 = tx->result[2],
	                               .result_3 = tx->result[3],
	                               .route = r->route,
	                               .id = str_from(r->id, sizeof r->id)};
	return operation_end(tx, &end, e);
}

static bool closed(struct err *e)
{
	return err_set(e, ERR_CLOSED, "the town is being moved, was moved, or is arriving: it is not written here");
}

static bool run_steps(struct tx *tx, struct store_request *r, struct err *e)
{
	bool has_operation = r->is_write && r->has_operation;
	tx->is_own = true;
	if (r->is_write && !r->is_long && !tx->store->is_transfer && !standing_gate(tx, e)) {
		return false;
	}
	if (has_operation && !begin_operation(tx, r, e)) {
		return false;
	}
	tx->is_own = false;
	tx->has_begun = false;
	is_in_job = true;
	bool is_good = r->job(tx, r->ctx, e);
	is_in_job = false;
	tx->is_own = true;
	return is_good && (!has_operation || !tx->has_result || end_operation(tx, r, e));
}

void store_meanwhile(struct tx *tx)
{
	struct err why;
	if (tx->store->meanwhile == NULL || !tx->is_write || tx->is_broken) {
		return;
	}
	if (!tx->store->engine->settle(tx->conn, &why)) {
		tx_break(tx, &why);
	}
	tx->store->meanwhile(tx->store->meanwhile_ctx);
}

static bool run(struct tx *tx, struct store_request *r, struct err *e)
{
	bool is_good = run_steps(tx, r, e);
	struct err why;
	store_meanwhile(tx);
	if (!tx->is_broken && !tx->store->engine->settle(tx->conn, &why)) {
		tx_break(tx, &why);
	}
	if (tx->is_broken) {
		/* Also when the job looked away from an error. */
		*e = tx->err;
		const char *wrong = tx->wrong_count_of ? tx->wrong_count_of->name : "";
		r->is_met = strcmp(wrong, "operation_begin") == 0;
		return strcmp(wrong, "standing_gate") == 0 ? closed(e) : false;
	}
	memcpy(r->result, tx->result, sizeof r->result);
	return is_good;
}

static bool run_with(struct tx *tx, struct store_request *r,
                     bool (*step)(struct tx *, struct store_request *, struct err *))
{
	r->is_met = r->is_replay = false;
	memset(r->result, 0, sizeof r->result);
	struct err e = {
		.code = ERR_INTERNAL, .file = __FILE__, .line = __LINE__, .text = "a job failed without saying why"};
	r->is_done_well = step(tx, r, &e);
	if (!r->is_done_well) {
		memset(r->result, 0, sizeof r->result);
		r->err = e;
	}
	return r->is_done_well;
}

bool store_run(struct tx *tx, struct store_request *r)
{
	return run_with(tx, r, run);
}

static bool replay(struct tx *tx, struct store_request *r, struct err *e)
{
	struct str id = str_from(r->id, sizeof r->id);
	struct operation_get_in get = {r->route, id};
	struct operation_get_out out;
	struct operation_confirm_in confirm = {r->route, id};
	tx->is_own = true;
	if (!operation_get(tx, &get, &out, e)) {
		return false;
	}
	if (!str_eq(out.digest, str_from(r->digest, sizeof r->digest))) {
		return err_set(e, ERR_CONFLICT, "an operation was sent again with other content");
	}
	struct err why;
	if (tx->store->engine->confirms_replays &&
	    (!operation_confirm(tx, &confirm, e) || (!tx->store->engine->settle(tx->conn, &why) && !tx_break(tx, &why)))) {
		*e = tx->err;
		return false;
	}
	r->is_replay = true;
	r->result[0] = out.result_0;
	r->result[1] = out.result_1;
	r->result[2] = out.result_2;
	r->result[3] = out.result_3;
	return true;
}

bool store_replay(struct tx *tx, struct store_request *r)
{
	return run_with(tx, r, replay);
}

static struct store_request request_of(const struct store_op *op, store_job *job, void *ctx)
{
	struct store_request r = {
		.route = op->route,
		.job = job,
		.ctx = ctx,
		.is_write = true,
		.is_background = op->is_background,
		.is_answering = is_answering,
	};
	memcpy(r.id, op->id, sizeof r.id);
	memcpy(r.digest, op->digest, sizeof r.digest);
	for (size_t i = 0; i < sizeof r.id; i++) {
		r.has_operation = r.has_operation || r.id[i] != 0;
	}
	return r;
}

static bool outcome_of(const struct store_request *r, struct store_op *op, struct err *e)
{
	memcpy(op->result, r->result, sizeof op->result);
	op->is_replay = r->is_replay;
	if (!r->is_done_well && e) {
		*e = r->err;
	}
	return r->is_done_well;
}

bool store_write(struct store *s, struct store_op *op, store_job *job, void *ctx, struct err *e)
{
	must(!is_in_job);
	struct store_request r = request_of(op, job, ctx);
	if (store_is_closed(s)) {
		return closed(e);
	}
	s->engine->write(s, &r);
	return outcome_of(&r, op, e);
}

void store_write_all(struct store *s, struct store_call *calls, size_t n)
{
	must(!is_in_job && n <= STORE_CALLS_MOST);
	struct store_request r[STORE_CALLS_MOST];
	for (size_t i = 0; i < n; i++) {
		r[i] = request_of(&calls[i].op, calls[i].job, calls[i].ctx);
	}
	bool is_closed = store_is_closed(s);
	if (s->engine->write_all && !is_closed) {
		s->engine->write_all(s, r, n);
	}
	for (size_t i = 0; i < n; i++) {
		if (is_closed) {
			closed(&r[i].err);
		} else if (s->engine->write_all == NULL) {
			s->engine->write(s, &r[i]);
		}
		calls[i].is_done_well = outcome_of(&r[i], &calls[i].op, &calls[i].err);
	}
}

bool store_read(struct store *s, int64_t route, struct arena *a, store_job *job, void *ctx, struct err *e)
{
	must(!is_in_job);
	struct store_request r = {.route = route, .job = job, .ctx = ctx, .is_answering = is_answering};
	s->engine->read(s, a, &r);
	atomic_fetch_add_explicit(&s->reads, 1, memory_order_relaxed);
	if (!r.is_done_well && e) {
		*e = r.err;
	}
	return r.is_done_well;
}

int store_slot(const struct store *s, const struct store_statement *statement)
{
	uintptr_t at = (uintptr_t)statement;
	for (int i = 0; s->schemas[i]; i++) {
		uintptr_t from = (uintptr_t)s->schemas[i]->statements;
		if (at >= from && at < from + s->schemas[i]->statements_n * sizeof *statement) {
			return s->first_slot[i] + (int)((at - from) / sizeof *statement);
		}
	}
	return -1;
}

/* --- The keeper: forgets old operations
 * --------------------------------------------------------------------------------- */

enum { OLD_MAX = 1000 };

struct old {
	int64_t before_us, most;
	struct {
		int64_t route;
		uint8_t id[OPID_BYTES];
	} rows[OLD_MAX];
	int64_t n;
	const struct store *store;
	int place;
	int64_t removed;
};

static bool find_old(struct tx *tx, void *ctx, struct err *e)
{
	struct old *o = ctx;
	struct operation_old_rows rows;
	struct operation_old_out row;
	o->n = 0;
	o->before_us = tx_now_us(tx) - OPERATION_KEPT_US;
	if (!operation_old_open(tx, &(struct operation_old_in){.before = o->before_us, .most = o->most}, &rows, e)) {
		return false;
	}
	while (o->n < o->most && operation_old_next(&rows, &row)) {
		o->rows[o->n].route = row.route;
		memcpy(o->rows[o->n++].id, row.id.p, row.id.n < OPID_BYTES ? row.id.n : OPID_BYTES);
	}
	return operation_old_close(&rows, e);
}

static bool forget_old(struct tx *tx, void *ctx, struct err *e)
{
	struct old *o = ctx;
	o->removed = 0;
	for (int64_t i = 0; i < o->n; i++) {
		int64_t rows = 0;
		struct operation_forget_in in = {o->before_us, o->rows[i].route, str_from(o->rows[i].id, OPID_BYTES)};
		if (store_place(o->store, in.route) != o->place) {
			continue;
		}
		if (!operation_forget(tx, &in, &rows, e)) {
			return false;
		}
		o->removed += rows;
	}
	return true;
}

bool store_trim(struct store *s, int64_t most, int64_t *removed, struct err *e)
{
	struct arena a;
	struct old *o = mem_alloc(1, sizeof *o);
	*removed = 0;
	if (o == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to forget old operations");
	}
	o->store = s;
	o->most = most < OLD_MAX ? most : OLD_MAX;
	arena_init(&a, 1 << 20);
	bool is_good = store_read(s, 0, &a, find_old, o, e);
	arena_release(&a);
	for (o->place = 0; is_good && o->place < store_places(s); o->place++) {
		struct store_op op = {.is_background = true};
		for (int64_t i = 0; i < o->n && op.route == 0; i++) {
			op.route = store_place(s, o->rows[i].route) == o->place ? o->rows[i].route : 0;
		}
		if (op.route != 0) {
			is_good = store_write(s, &op, forget_old, o, e);
			*removed += is_good ? o->removed : 0;
		}
	}
	mem_free(o);
	return is_good;
}

struct keeper {
	struct store *store;
	struct thread thread;
	pthread_mutex_t lock;
	pthread_cond_t stop;
	bool is_stopping;
};

static bool waits_on(struct keeper *k)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TRIM_EVERY_S;
	pthread_mutex_lock(&k->lock);
	int rc = 0;
	while (!k->is_stopping && rc == 0) {
		rc = pthread_cond_timedwait(&k->stop, &k->lock, &until);
	}
	bool goes_on = !k->is_stopping;
	pthread_mutex_unlock(&k->lock);
	return goes_on;
}

static void *run_keeper(void *arg)
{
	struct keeper *k = arg;
	while (waits_on(k)) {
		int64_t removed = TRIM_AT_ONCE;
		struct err e;
		while (removed == TRIM_AT_ONCE && !__atomic_load_n(&k->is_stopping, __ATOMIC_RELAXED)) {
			if (!store_trim(k->store, TRIM_AT_ONCE, &removed, &e) && e.code != ERR_CLOSED) {
				log_err(LOG_WARN, "store-trim", &e);
			}
		}
	}
	return NULL;
}

static bool keeper_start(struct store *s, struct err *e)
{
	struct keeper *k = mem_alloc(1, sizeof *k);
	if (k == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	s->keeper = k;
	k->store = s;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->stop, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return thread_start(&k->thread, "store-keeper", 0, run_keeper, k, e);
}

static void keeper_stop(struct keeper *k)
{
	if (k == NULL) {
		return;
	}
	pthread_mutex_lock(&k->lock);
	__atomic_store_n(&k->is_stopping, true, __ATOMIC_RELAXED);
	pthread_cond_signal(&k->stop);
	pthread_mutex_unlock(&k->lock);
	thread_join(&k->thread);
	pthread_mutex_destroy(&k->lock);
	pthread_cond_destroy(&k->stop);
	mem_free(k);
}

/* --- Opening and closing
 * ------------------------------------------------------------------------------------------------ */

static const struct engine *const engines[] = {&sqlite_engine, &postgres_engine, &router_engine};

bool store_open(const struct store_options *o, struct store **out, struct err *e)
{
	*out = NULL;
	size_t n = 0;
	while (o->schemas && o->schemas[n]) {
		n++;
	}
	struct store *s = mem_alloc(1, sizeof *s);
	if (s == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	s->engine = NULL;
	for (size_t i = 0; i < sizeof engines / sizeof *engines && s->engine == NULL; i++) {
		s->engine = engines[i]->takes(o->url) ? engines[i] : NULL;
	}
	if (s->engine == NULL) {
		mem_free(s);
		return err_set(e, ERR_CONFIG, "store: write postgresql://..., or leave it empty for a file in the data folder");
	}
	s->time = o->time;
	s->is_transfer = o->is_transfer;
	s->column_keys = o->column_keys;
	s->schemas = mem_alloc(n + 2, sizeof *s->schemas);
	s->first_slot = mem_alloc(n + 2, sizeof *s->first_slot);
	if (s->schemas == NULL || s->first_slot == NULL) {
		store_close(s);
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	int slots = 0;
	for (size_t i = 0; i <= n; i++) {
		s->schemas[i] = i == 0 ? &core_schema : o->schemas[i - 1];
		s->first_slot[i] = slots;
		slots += (int)s->schemas[i]->statements_n;
	}
	if (!s->engine->open(s, o, slots, e) || !schema_apply(s, e) || (!s->is_transfer && !keeper_start(s, e))) {
		store_close(s);
		return false;
	}
	*out = s;
	return true;
}

void store_close(struct store *s)
{
	if (s == NULL) {
		return;
	}
	keeper_stop(s->keeper);
	s->engine->close(s);
	mem_free(s->schemas);
	mem_free(s->first_slot);
	mem_free(s);
}

bool store_check(struct store *s, struct err *e)
{
	return s->engine->check(s, e);
}

static bool prepare_all(struct tx *tx, void *ctx, struct err *e)
{
	const bool *reads_only = ctx;
	const struct store *s = tx->store;
	for (int i = 0; s->schemas[i]; i++) {
		for (size_t k = 0; k < s->schemas[i]->statements_n; k++) {
			void *handle;
			int slot = s->first_slot[i] + (int)k;
			if (*reads_only && s->schemas[i]->statements[k].is_write) {
				continue;
			}
			if (!s->engine->prepare(tx->conn, &s->schemas[i]->statements[k], slot, &handle, e)) {
				return false;
			}
			s->engine->finish(tx->conn, handle, slot);
		}
	}
	return true;
}

bool store_prepare_all(struct store *s, struct err *e)
{
	struct arena a;
	arena_init(&a, 1 << 16);
	bool reads_only = false;
	bool is_good = store_read(s, 1, &a, prepare_all, &reads_only, e);
	/* And where all places are seen at once. */
	reads_only = true;
	is_good = is_good && (store_places(s) == 1 || store_read(s, 0, &a, prepare_all, &reads_only, e));
	arena_release(&a);
	return is_good;
}

bool store_copy_to(struct store *s, struct str path, struct err *e)
{
	return s->engine->copy_to(s, path, e);
}

void store_count(const struct store *s, struct store_counters *out)
{
	*out = (struct store_counters){
		.writes = atomic_load_explicit(&s->writes, memory_order_relaxed),
		.batches = atomic_load_explicit(&s->batches, memory_order_relaxed),
		.replays = atomic_load_explicit(&s->replays, memory_order_relaxed),
		.failed = atomic_load_explicit(&s->failed, memory_order_relaxed),
		.reads = atomic_load_explicit(&s->reads, memory_order_relaxed),
		.writer_cpu_us = atomic_load_explicit(&s->writer_cpu_us, memory_order_relaxed),
		.checkpoints = atomic_load_explicit(&s->checkpoints, memory_order_relaxed),
		.wal_pages = atomic_load_explicit(&s->wal_pages, memory_order_relaxed),
	};
}
