/* A store in a temporary folder for a test, and calls made by several threads at once. With CITYHALL_TEST_PG in the
 * environment (tests/pg.sh) it is on PostgreSQL instead, each test in a schema of its own. */
#ifndef CITYHALL_TESTS_STORE_FIXTURE_H
#define CITYHALL_TESTS_STORE_FIXTURE_H

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time_source.h"
#include "store/column_keys.h"
#include "store/postgres.h"
#include "store/sqlite.h"
#include "tests/sample.sql.h"
#include "unit/pg.h"
#include "unit/unit.h"

#define NOON_US (INT64_C(1750000000) * US_PER_S)

struct fixture {
	char dir[256];
	char url[512]; /* empty: SQLite */
	struct time_source time;
	struct column_keys keys;
	struct store_options options;
	struct store *store;
	struct arena arena;
	struct err e;
};

static const struct store_schema *const sample_only[] = {&sample_schema, NULL};

static inline bool fixture_opens(struct fixture *f)
{
	f->options.dir = str_of(f->dir);
	f->options.url = str_of(f->url);
	f->options.time = &f->time;
	f->options.column_keys = &f->keys;
	if (f->options.schemas == NULL) {
		f->options.schemas = sample_only;
	}
	return store_open(&f->options, &f->store, &f->e);
}

static inline void fixture_open(struct fixture *f)
{
	if (!fixture_opens(f)) {
		print_error("store_open: %s\n", f->e.text);
		fail();
	}
}

static inline void fixture_close(struct fixture *f)
{
	store_close(f->store);
	f->store = NULL;
}

static inline void fixture_folder(struct fixture *f)
{
	*f = (struct fixture){.keys = {.key_id = 1, .data_key = {1, 2, 3}, .hash_key = {4, 5, 6}}};
	time_source_fixed(&f->time, NOON_US);
	arena_init(&f->arena, 16 << 20);
	const char *tmp = getenv("TMPDIR");
	snprintf(f->dir, sizeof f->dir, "%s/cityhall-store-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->dir));
	pg_schema(f->url, sizeof f->url);
}

static inline void remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL) {
		char path[600];
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		unlink(path);
	}
	if (d) {
		closedir(d);
	}
	rmdir(dir);
}

static inline int set_up(void **state)
{
	struct fixture *f = malloc(sizeof *f);
	fixture_folder(f);
	fixture_open(f);
	*state = f;
	return 0;
}

static inline int set_up_folder(void **state)
{
	struct fixture *f = malloc(sizeof *f);
	fixture_folder(f);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	fixture_close(f);
	arena_release(&f->arena);
	chmod(f->dir, 0700);
	remove_folder(f->dir);
	free(f);
	return 0;
}

#define assert_ok(f, call)                                                     \
	do {                                                                       \
		if (!(call)) {                                                         \
			print_error("%s:%d: %s\n", (f)->e.file, (f)->e.line, (f)->e.text); \
			fail_msg("%s", #call);                                             \
		}                                                                      \
	} while (0)

/* --- Jobs that many tests use
 * ------------------------------------------------------------------------------------------- */

struct account_row {
	int64_t party, id, sum;
	struct str note;
};

static inline bool add_account(struct tx *tx, void *ctx, struct err *e)
{
	const struct account_row *a = ctx;
	struct account_add_in in = {.party = a->party, .id = a->id, .sum = a->sum, .is_open = true, .note = a->note};
	tx_result(tx, 0, a->id);
	return account_add(tx, &in, e);
}

struct account_seen {
	int64_t party, id;
	struct account_get_out out;
};

static inline bool see_account(struct tx *tx, void *ctx, struct err *e)
{
	struct account_seen *s = ctx;
	struct account_get_in in = {.party = s->party, .id = s->id};
	return account_get(tx, &in, &s->out, e);
}

static inline bool count_accounts(struct tx *tx, void *ctx, struct err *e)
{
	struct account_count_in in = {.party = tx_route(tx)};
	return account_count(tx, &in, ctx, e);
}

static inline bool write_account(struct fixture *f, int64_t party, int64_t id, struct str note)
{
	struct account_row row = {party, id, 100, note};
	struct store_op op = {.route = party};
	return store_write(f->store, &op, add_account, &row, &f->e);
}

static inline int64_t accounts_of(struct fixture *f, int64_t party)
{
	int64_t n = -1;
	assert_ok(f, store_read(f->store, party, &f->arena, count_accounts, &n, &f->e));
	return n;
}

/* --- Calls from other threads
 * ------------------------------------------------------------------------------------------- */

struct call {
	struct store *store;
	struct store_op op;
	store_job *job;
	void *ctx;
	bool is_ok;
	struct err e;
	pthread_t thread;
};

static inline void *run_call(void *arg)
{
	struct call *c = arg;
	c->is_ok = store_write(c->store, &c->op, c->job, c->ctx, &c->e);
	return NULL;
}

static inline void call_start(struct call *c)
{
	assert_int_equal(pthread_create(&c->thread, NULL, run_call, c), 0);
}

static inline void call_end(struct call *c)
{
	assert_int_equal(pthread_join(c->thread, NULL), 0);
}

/* A job that holds the writer until the gate is opened, so that what is written meanwhile becomes one batch. */
struct gate {
	struct call call;
	sem_t is_held, may_go;
};

static inline bool hold(struct tx *tx, void *ctx, struct err *e)
{
	(void)tx;
	(void)e;
	struct gate *g = ctx;
	sem_post(&g->is_held);
	sem_wait(&g->may_go);
	sem_post(&g->may_go); /* when the job runs again it is not held */
	return true;
}

static inline void gate_close(struct gate *g, struct store *s)
{
	sem_init(&g->is_held, 0, 0);
	sem_init(&g->may_go, 0, 0);
	g->call = (struct call){.store = s, .job = hold, .ctx = g};
	if (is_on_postgres()) {
		return; /* one job holds up no other */
	}
	((struct sqlite *)s->state)->batch_us = INT64_MAX;
	call_start(&g->call);
	sem_wait(&g->is_held);
}

static inline void gate_open(struct gate *g)
{
	sem_post(&g->may_go);
	if (!is_on_postgres()) {
		call_end(&g->call);
	}
	sem_destroy(&g->is_held);
	sem_destroy(&g->may_go);
}

static inline void wait_until_queued(struct store *s, int n)
{
	struct sqlite *engine = s->state;
	int queued;
	if (is_on_postgres()) {
		return;
	}
	do {
		sched_yield();
		queued = 0;
		pthread_mutex_lock(&engine->lock);
		for (struct write_request *w = engine->interactive.first; w; w = w->next) {
			queued++;
		}
		for (struct write_request *w = engine->background.first; w; w = w->next) {
			queued++;
		}
		pthread_mutex_unlock(&engine->lock);
	} while (queued < n);
}

/* Whole of a file, to look for bytes that must not be there. */
static inline bool file_has(const char *path, const char *needle)
{
	FILE *in = fopen(path, "rb");
	if (in == NULL) {
		return false;
	}
	fseek(in, 0, SEEK_END);
	size_t n = (size_t)ftell(in);
	rewind(in);
	char *bytes = malloc(n + 1);
	n = fread(bytes, 1, n, in);
	bool has = str_find(str_from(bytes, n), str_of(needle)) != SIZE_MAX;
	free(bytes);
	fclose(in);
	return has;
}

#endif
