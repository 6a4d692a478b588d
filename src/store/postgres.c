/* The PostgreSQL engine: its pool, and how a job is run, committed, run again and settled. */
#include "store/postgres.h"

#include <stdio.h>
#include <time.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/time_source.h"
#include "os/file.h"
#include "store/transfer_engine.h"

static bool takes(struct str url)
{
	return str_starts(url, STR("postgresql://")) || str_starts(url, STR("postgres://"));
}

static struct timespec at_us(int64_t us)
{
	return (struct timespec){us / 1000000, us % 1000000 * 1000};
}

static void pause_until(int64_t us)
{
	struct timespec t = at_us(us);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* --- The pool
 * ----------------------------------------------------------------------------------------------------------- */

static struct pg_pool *pool_of(struct postgres *p, const struct pg_conn *c)
{
	return c->is_reader ? &p->readers : &p->writers;
}

/* The lock is held. */
static void put_free(struct postgres *p, struct pg_conn *c)
{
	struct pg_pool *pool = pool_of(p, c);
	c->next = pool->free;
	pool->free = c;
	pthread_cond_signal(pool->interactive_waiting > 0 ? &pool->freed : &pool->background_freed);
}

/* Commits that waited for a standby and have ended come back. The lock is held. */
static void look_at_waiting(struct postgres *p)
{
	struct pg_conn **at = &p->waiting;
	while (*at) {
		struct pg_conn *c = *at;
		if (pg_take_in(c, 0) == PG_LATE) {
			at = &c->next;
			continue;
		}
		log_line(LOG_INFO, "store-commit-ended", LOG_I("is_committed", c->is_committed && !c->was_warned));
		*at = c->next;
		put_free(p, c);
	}
}

static struct pg_conn *borrow(struct postgres *p, struct pg_pool *pool, bool is_background, struct err *e)
{
	int64_t until_us = pg_now_us() + (is_background ? PG_BACKGROUND_US : PG_BORROW_US);
	struct pg_conn *c = NULL;
	pthread_mutex_lock(&p->lock);
	if (!is_background) {
		pool->interactive_waiting++;
	}
	for (;;) {
		if (p->waiting) {
			look_at_waiting(p);
		}
		bool is_turn = !is_background || (pool->interactive_waiting == 0 && pool->background_lent < PG_BACKGROUND);
		if ((pool->free && is_turn) || pg_now_us() >= until_us) {
			c = is_turn ? pool->free : NULL;
			break;
		}
		/* What waits for a standby tells nobody that it has ended. */
		int64_t look_us = pg_now_us() + 20000;
		struct timespec t = at_us(p->waiting && look_us < until_us ? look_us : until_us);
		pthread_cond_timedwait(is_background ? &pool->background_freed : &pool->freed, &p->lock, &t);
	}
	if (!is_background) {
		pool->interactive_waiting--;
	}
	if (c) {
		pool->free = c->next;
		pool->background_lent += is_background;
	}
	if (pool->free && pool->interactive_waiting == 0) {
		pthread_cond_signal(&pool->background_freed);
	}
	pthread_mutex_unlock(&p->lock);
	if (c == NULL) {
		err_set(e, ERR_BUSY, "all %d database connections are in use", pool->n);
	}
	return c;
}

static void give_back(struct postgres *p, struct pg_conn *c, bool is_background)
{
	pg_finish_all(c);
	if (c->is_lost) {
		pg_disconnect(c);
	}
	pthread_mutex_lock(&p->lock);
	pool_of(p, c)->background_lent -= is_background;
	put_free(p, c);
	pthread_mutex_unlock(&p->lock);
}

/* The caller gets its answer now; the connection comes back when the server has ended the commit. Until then nobody
 * sees what it wrote, so nothing is shown that a failover could take away. */
static void leave_to_itself(struct postgres *p, struct pg_conn *c, bool is_background)
{
	pg_finish_all(c);
	pthread_mutex_lock(&p->lock);
	pool_of(p, c)->background_lent -= is_background;
	c->next = p->waiting;
	p->waiting = c;
	pthread_mutex_unlock(&p->lock);
}

/* Connects if need be; all threads together try at growing intervals. */
static bool be_connected(struct postgres *p, struct pg_conn *c, int64_t give_up_us, struct err *e)
{
	if (c->pg && (c->is_lost || PQconsumeInput(c->pg) != 1 || PQstatus(c->pg) == CONNECTION_BAD)) {
		pg_disconnect(c);
	}
	while (c->pg == NULL) {
		pthread_mutex_lock(&p->lock);
		int64_t at = p->connect_next_us;
		pthread_mutex_unlock(&p->lock);
		if (at > give_up_us) {
			return err_set(e, ERR_BUSY, "the database cannot be reached");
		}
		pause_until(at);
		bool is_connected = pg_connect(c, e);
		pthread_mutex_lock(&p->lock);
		if (is_connected) {
			p->connect_pause_us = PG_BACKOFF_US;
			p->connect_next_us = 0;
		} else {
			p->connect_next_us = pg_now_us() + p->connect_pause_us;
			p->connect_pause_us *= 2;
			if (p->connect_pause_us > PG_BACKOFF_MOST_US) {
				p->connect_pause_us = PG_BACKOFF_MOST_US;
			}
		}
		pthread_mutex_unlock(&p->lock);
		if (!is_connected && (e->code != ERR_BUSY || pg_now_us() > give_up_us)) {
			return false;
		}
	}
	return true;
}

/* --- One transaction
 * ---------------------------------------------------------------------------------------------------- */

static bool begin(struct pg_conn *c, const char *sql)
{
	c->failed = PG_FINE;
	c->is_committed = c->was_warned = false;
	return pg_send_control(c, sql, PENDING_CONTROL);
}

/* Not waited for: the answer is taken in by whoever uses the connection next. */
static void roll_back(struct pg_conn *c)
{
	pg_finish_all(c);
	if (c->pg == NULL || c->is_lost) {
		return;
	}
	if (c->pending_n > 0) {
		pg_flush(c); /* the pipeline may be in its aborted state up to here */
	}
	enum pg_class failed = c->failed;
	struct err e = c->err;
	if (!c->is_lost && !(pg_send_control(c, "rollback", PENDING_CONTROL) && pg_send_sync(c))) {
		c->is_lost = true;
	}
	c->failed = failed;
	c->err = e;
}

/* Everything that is not a clear COMMIT is unknown: with several nodes even an error may stand for a commit. */
static enum pg_class commit(struct pg_conn *c)
{
	c->was_warned = false;
	if (!pg_send_control(c, "commit", PENDING_COMMIT)) {
		if (!c->is_lost) {
			roll_back(c); /* it was not sent */
			return PG_FATAL;
		}
		return PG_UNKNOWN;
	}
	if (!pg_send_sync(c)) {
		c->is_lost = true;
		return PG_UNKNOWN;
	}
	atomic_fetch_add_explicit(&c->owner->round_trips, 1, memory_order_relaxed);
	switch (pg_take_in(c, pg_now_us() + c->owner->commit_us)) {
	case PG_LATE:
		return PG_WAITS;
	case PG_GONE:
		return PG_UNKNOWN;
	case PG_ALL_IN:
		break;
	}
	return c->is_committed && !c->was_warned ? PG_FINE : PG_UNKNOWN;
}

/* The job, or (is_replay) the answer of the one that ran before, up to the end of COMMIT. */
static enum pg_class try_write(struct pg_conn *c, struct store_request *r, bool is_replay)
{
	struct postgres *p = c->owner;
	struct tx tx;
	arena_reset(&c->arena);
	store_tx_init(&tx, p->store, r, c, &c->arena);
	c->deadline_us = r->is_long ? 0 : time_running_us(p->store->time) + PG_JOB_US;
	c->tx = &tx;
	bool is_good = begin(c, "begin isolation level read committed read write");
	if (is_good) {
		is_good = is_replay ? store_replay(&tx, r) : store_run(&tx, r);
	} else {
		r->is_done_well = r->is_met = false;
		r->err = c->err;
	}
	c->deadline_us = 0;
	pg_finish_all(c);
	if (is_good) {
		enum pg_class class = commit(c);
		if (class != PG_FINE) {
			r->is_done_well = false;
			if (c->failed == PG_FINE) {
				err_set(&r->err, ERR_UNKNOWN, "commit: %s",
				        class == PG_WAITS ? "it waits for a standby" : "its outcome is not known");
			} else {
				r->err = c->err;
			}
		}
		return class;
	}
	enum pg_class class = c->failed == PG_SAFE ? PG_SAFE : PG_FATAL;
	roll_back(c);
	return class;
}

/* How a request stands between its tries. */
struct trial {
	int64_t give_up_us;
	int number;
	bool is_replaying;  /* look at the operation's row first */
	bool was_ours;      /* a COMMIT of this call has an unknown outcome */
	bool was_ever_ours; /* the same, though the row was not there when it was looked for */
};

/* True: try again. */
static bool goes_on(struct trial *t, struct store_request *r, enum pg_class class)
{
	if (class == PG_FINE) {
		if (t->is_replaying && t->was_ours) {
			r->is_replay = false; /* it was this call's own work; ctx is as that left it */
		}
		return false;
	}
	if (class == PG_FATAL && !t->is_replaying && r->is_met) {
		t->is_replaying = true;
		t->was_ours = false;
		return true;
	}
	if (class == PG_FATAL && t->is_replaying && r->err.code == ERR_NOT_FOUND) {
		t->is_replaying = t->was_ours = false;
		r->err.code = t->was_ever_ours ? ERR_UNKNOWN : ERR_BUSY;
		return pg_now_us() < t->give_up_us;
	}
	if (class == PG_UNKNOWN && r->has_operation && pg_now_us() < t->give_up_us && t->number < 20) {
		t->was_ours = t->was_ours || !t->is_replaying;
		t->was_ever_ours = t->was_ever_ours || t->was_ours;
		t->is_replaying = true;
		return true;
	}
	if (class == PG_SAFE && pg_now_us() < t->give_up_us && t->number < 20) {
		return true;
	}
	bool is_open = class == PG_UNKNOWN || class == PG_WAITS || (t->was_ever_ours && class == PG_SAFE);
	if (is_open || (t->was_ours && t->is_replaying)) {
		r->err.code = ERR_UNKNOWN;
	}
	return false;
}

static void count(struct store *store, const struct store_request *r)
{
	atomic_fetch_add_explicit(!r->is_done_well ? &store->failed
	                          : r->is_replay   ? &store->replays
	                                           : &store->writes,
	                          1, memory_order_relaxed);
}

static void pause_before(int number)
{
	if (number > 1) {
		int64_t most_us = INT64_C(1000) << (number < 8 ? number : 8);
		pause_until(pg_now_us() + (int64_t)(rand_u64() % (uint64_t)most_us));
	}
}

static void pg_write(struct store *store, struct store_request *r)
{
	struct postgres *p = store->state;
	struct trial t = {.give_up_us = pg_now_us() + PG_GIVE_UP_US};
	enum pg_class class;
	do {
		pause_before(t.number++);
		struct pg_conn *c = borrow(p, &p->writers, r->is_background, &r->err);
		r->is_met = r->is_done_well = false;
		class = PG_FATAL;
		if (c == NULL) {
			class = t.is_replaying ? PG_SAFE : PG_FATAL;
			t.give_up_us = 0;
		} else if (!be_connected(p, c, t.give_up_us, &r->err)) {
			class = r->err.code == ERR_BUSY ? PG_SAFE : PG_FATAL;
			give_back(p, c, r->is_background);
		} else {
			class = try_write(c, r, t.is_replaying);
			if (class == PG_WAITS) {
				leave_to_itself(p, c, r->is_background);
			} else {
				give_back(p, c, r->is_background);
			}
		}
		atomic_fetch_add_explicit(&store->batches, class == PG_FINE, memory_order_relaxed);
	} while (goes_on(&t, r, class));
	count(store, r);
}

/* All of them in one transaction, up to the end of COMMIT. */
static enum pg_class try_write_together(struct pg_conn *c, struct store_request *r, size_t n)
{
	struct postgres *p = c->owner;
	bool is_good = begin(c, "begin isolation level read committed read write");
	for (size_t i = 0; i < n && is_good; i++) {
		struct tx tx;
		arena_reset(&c->arena);
		store_tx_init(&tx, p->store, &r[i], c, &c->arena);
		c->deadline_us = time_running_us(p->store->time) + PG_JOB_US;
		c->tx = &tx;
		is_good = store_run(&tx, &r[i]);
		c->deadline_us = 0;
		pg_finish_all(c);
	}
	if (!is_good) {
		roll_back(c);
		return PG_SAFE;
	}
	enum pg_class class = commit(c);
	for (size_t i = 0; i < n && class != PG_FINE; i++) {
		r[i].is_done_well = false;
		err_set(&r[i].err, ERR_UNKNOWN, "commit: %s",
		        class == PG_WAITS ? "it waits for a standby" : "its outcome is not known");
	}
	return class;
}

static bool may_go_together(const struct store_request *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!r[i].is_background || r[i].has_operation || r[i].is_long) {
			return false;
		}
	}
	return n > 1;
}

/* The relay's share of a page costs one commit. When one of them fails each is run alone, and only that one is refused.
 */
static void pg_write_all(struct store *store, struct store_request *r, size_t n)
{
	struct postgres *p = store->state;
	enum pg_class class = PG_SAFE;
	struct pg_conn *c = may_go_together(r, n) ? borrow(p, &p->writers, true, &r->err) : NULL;
	if (c && be_connected(p, c, pg_now_us() + PG_GIVE_UP_US, &r->err)) {
		class = try_write_together(c, r, n);
	}
	if (c && class == PG_WAITS) {
		leave_to_itself(p, c, true);
	} else if (c) {
		give_back(p, c, true);
	}
	atomic_fetch_add_explicit(&store->batches, class == PG_FINE, memory_order_relaxed);
	for (size_t i = 0; i < n; i++) {
		if (class == PG_SAFE) {
			pg_write(store, &r[i]);
		} else {
			count(store, &r[i]);
		}
	}
}

static void pg_read(struct store *store, struct arena *a, struct store_request *r)
{
	struct postgres *p = store->state;
	int64_t give_up_us = pg_now_us() + PG_GIVE_UP_US;
	bool is_safe;
	int number = 0;
	do {
		pause_before(number++);
		r->is_done_well = false;
		struct pg_conn *c = borrow(p, &p->readers, false, &r->err);
		if (c == NULL) {
			return;
		}
		if (!be_connected(p, c, give_up_us, &r->err)) {
			give_back(p, c, false);
			return;
		}
		struct tx tx;
		store_tx_init(&tx, store, r, c, a);
		c->deadline_us = time_running_us(store->time) + PG_READ_US;
		c->tx = &tx;
		if (begin(c, "begin isolation level repeatable read read only")) {
			store_run(&tx, r);
		} else {
			r->err = c->err;
		}
		c->deadline_us = 0;
		is_safe = !r->is_done_well && c->failed == PG_SAFE;
		roll_back(c);
		give_back(p, c, false);
	} while (is_safe && number < 20 && pg_now_us() < give_up_us);
}

/* --- Looking after it
 * --------------------------------------------------------------------------------------------------- */

struct question {
	const char *sql, *complaint;
};

static bool ask_all(struct tx *tx, void *ctx, struct err *e)
{
	static const struct question questions[] = {
		{"select count(*) from pg_catalog.pg_settings where name = 'fsync' and setting <> 'on'",
	     "the database server runs with fsync off: a power cut destroys what was promised"},
		{"select count(*) from pg_catalog.pg_settings where name = 'full_page_writes' and setting <> 'on'",
	     "the database server runs with full_page_writes off: a power cut may destroy the database"},
		{"select count(*) from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid where not "
	     "i.indisvalid and pg_catalog.pg_table_is_visible(c.oid)",
	     "an index of the database is not valid: REINDEX it"},
	};
	(void)ctx;
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		int64_t n;
		if (!pg_number(tx->conn, "checking the store", questions[i].sql, NULL, &n, e)) {
			return false;
		}
		if (n > 0) {
			return err_set(e, ERR_CORRUPT, "%s", questions[i].complaint);
		}
	}
	const struct store *s = tx->store;
	for (int i = 0; s->schemas[i]; i++) {
		for (size_t k = 0; k < s->schemas[i]->tables_n; k++) {
			bool has_it;
			const char *name = s->schemas[i]->tables[k].name;
			if (!pg_has_table(tx->conn, name, &has_it, e)) {
				return false;
			}
			if (!has_it) {
				return err_set(e, ERR_CORRUPT, "the database has no table %s", name);
			}
		}
	}
	return true;
}

static bool pg_check(struct store *store, struct err *e)
{
	struct arena a;
	arena_init(&a, 1 << 16);
	struct store_request r = {.job = ask_all};
	pg_read(store, &a, &r);
	if (!r.is_done_well) {
		*e = r.err;
	}
	arena_release(&a);
	return r.is_done_well;
}

static bool pg_copy_to(struct store *store, struct str path, struct err *e)
{
	(void)store;
	(void)path;
	return err_set(e, ERR_CONFIG,
	               "the rows are in PostgreSQL: save them with pg_dump, or with the server's own backup");
}

/* --- Opening and closing
 * ------------------------------------------------------------------------------------------------ */

static bool make_pool(struct postgres *p, struct pg_pool *pool, int n, bool is_reader, struct err *e)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->freed, &monotonic);
	pthread_cond_init(&pool->background_freed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pool->conns = mem_alloc((size_t)n, sizeof *pool->conns);
	if (pool->conns == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	pool->n = n;
	for (int i = 0; i < n; i++) {
		struct pg_conn *c = &pool->conns[i];
		if (!pg_conn_init(p, c, e)) {
			return false;
		}
		c->is_reader = is_reader;
		put_free(p, c);
	}
	return true;
}

static void free_pool(struct pg_pool *pool)
{
	for (int i = 0; i < pool->n; i++) {
		pg_forget(&pool->conns[i]);
	}
	mem_free(pool->conns);
	pthread_cond_destroy(&pool->freed);
	pthread_cond_destroy(&pool->background_freed);
}

static void pg_close(struct store *store)
{
	struct postgres *p = store->state;
	if (p == NULL) {
		return;
	}
	free_pool(&p->readers);
	free_pool(&p->writers);
	pthread_mutex_destroy(&p->lock);
	if (p->url) {
		mem_wipe(p->url, strlen(p->url)); /* it may hold a password */
	}
	mem_free(p->url);
	mem_free(p);
	store->state = NULL;
}

static bool check_url(const char *url, struct err *e)
{
	char *why = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &why);
	bool is_good = options != NULL;
	if (!is_good) {
		err_set(e, ERR_CONFIG, "store: %s", why ? why : "out of memory");
	}
	PQconninfoFree(options);
	PQfreemem(why);
	return is_good;
}

static bool pg_open(struct store *store, const struct store_options *o, int slots, struct err *e)
{
	struct postgres *p = mem_alloc(1, sizeof *p);
	if (p == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	store->state = p;
	p->store = store;
	p->slots = slots;
	p->commit_us = PG_COMMIT_US;
	p->connect_pause_us = PG_BACKOFF_US;
	pthread_mutex_init(&p->lock, NULL);
	int readers = o->readers < PG_READERS_LEAST  ? PG_READERS_LEAST
	              : o->readers > PG_READERS_MOST ? PG_READERS_MOST
	                                             : o->readers;
	bool is_made = make_pool(p, &p->readers, readers, true, e);
	is_made = make_pool(p, &p->writers, PG_WRITERS, false, e) && is_made;
	p->url = file_path(o->url, STR_EMPTY);
	if (!is_made || p->url == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	if (!check_url(p->url, e)) {
		return false;
	}
	p->is_opening = true;
	bool is_connected = pg_connect(p->writers.free, e);
	p->is_opening = false;
	return is_connected;
}

const struct engine postgres_engine = {
	.transfer = &postgres_transfer,
	.takes = takes,
	.confirms_replays = true,
	.is_shared = true,
	.open = pg_open,
	.close = pg_close,
	.write = pg_write,
	.write_all = pg_write_all,
	.read = pg_read,
	.check = pg_check,
	.copy_to = pg_copy_to,
	.has_table = pg_has_table,
	.create = pg_create,
	.prepare = pg_prepare,
	.bind_i64 = pg_bind_i64,
	.bind_text = pg_bind_text,
	.bind_bytes = pg_bind_bytes,
	.bind_null = pg_bind_null,
	.step = pg_step,
	.exec = pg_exec,
	.settle = pg_settle,
	.column_i64 = pg_column_i64,
	.column_bytes = pg_column_bytes,
	.column_is_null = pg_column_is_null,
	.finish = pg_finish,
};
