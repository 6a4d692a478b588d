/* For tests: several SQLite databases as one store, each job sent to one of them by the hash of its route. It keeps the
 * rules that Citus and its kin keep, so that a room that breaks them fails here: a write reaches one database; a read
 * of route 0 is either of replicated tables or, in background work, of all databases at once.
 *
 *   store = router:4
 *
 * The first database lies in the data folder itself, the others in folders router-1, router-2 ... below it. Replicated
 * tables are written to all of them, one after the other: what dies in between leaves them different, which no
 * test's business is. Reads of all are not one snapshot, as on many machines. */
#include <stdio.h>

#include "base/fault.h"
#include "base/time_source.h"
#include "os/file.h"
#include "store/layout.h"
#include "store/sqlite.h"

enum { PLACES_MAX = 16, SCATTER_US = 5000000 };

struct router {
	struct store inner[PLACES_MAX];
	int n;
	pthread_mutex_t replicated; /* held by a write to all */
	/* One connection on which every table is the union of all. */
	pthread_mutex_t lock;
	struct sqlite_conn all;
	bool has_all;
};

static bool takes(struct str url)
{
	return str_starts(url, STR("router:"));
}

static void note(struct store *s, const struct store_request *r)
{
	atomic_fetch_add_explicit(!r->is_done_well ? &s->failed
	                          : r->is_replay   ? &s->replays
	                                           : &s->writes,
	                          1, memory_order_relaxed);
}

static void router_write(struct store *s, struct store_request *r)
{
	struct router *router = s->state;
	if (r->route != 0) {
		sqlite_engine.write(&router->inner[store_place(s, r->route)], r);
	} else {
		/* Replicated tables: tx.c lets such a job reach nothing else. */
		bool is_good = true;
		pthread_mutex_lock(&router->replicated);
		for (int i = 0; i < router->n && is_good; i++) {
			sqlite_engine.write(&router->inner[i], r);
			is_good = r->is_done_well;
			must(is_good || i == 0);
		}
		pthread_mutex_unlock(&router->replicated);
	}
	note(s, r);
}

/* --- Reads of all
 * ------------------------------------------------------------------------------------------------------- */

static bool make_view(struct router *r, const struct store_table *t, struct err *e)
{
	struct buf sql;
	buf_init(&sql, 65536);
	buf_printf(&sql, "create temp view %s as ", t->name);
	for (int i = 0; i < r->n; i++) {
		char place[16] = "main";
		if (i > 0) {
			snprintf(place, sizeof place, "place%d", i);
		}
		buf_printf(&sql, "%sselect * from %s.%s", i ? " union all " : "", place, t->name);
	}
	bool ok = buf_ok(&sql, e) && conn_exec(&r->all, "opening all databases", buf_cstr(&sql), e);
	buf_release(&sql);
	return ok;
}

/* Made at the first read, when all tables are there. */
static bool open_all(struct store *s, struct err *e)
{
	struct router *r = s->state;
	struct sqlite *first = r->inner[0].state;
	if (r->has_all) {
		return true;
	}
	if (!conn_open(first, &r->all, CONN_READER, e)) {
		return false;
	}
	bool ok = conn_exec(&r->all, "opening all databases", "pragma query_only = off", e);
	for (int i = 1; i < r->n && ok; i++) {
		char sql[4200];
		const struct sqlite *other = r->inner[i].state;
		snprintf(sql, sizeof sql, "attach database '%s' as place%d", other->path, i);
		ok = conn_exec(&r->all, "opening all databases", sql, e);
	}
	for (int i = 0; s->schemas[i] && ok; i++) {
		for (size_t k = 0; k < s->schemas[i]->tables_n && ok; k++) {
			ok = layout_is_replicated(&s->schemas[i]->tables[k]) || make_view(r, &s->schemas[i]->tables[k], e);
		}
	}
	ok = ok && conn_exec(&r->all, "opening all databases", "pragma query_only = on", e);
	if (!ok) {
		conn_close(&r->all);
	}
	r->has_all = ok;
	return ok;
}

static void read_all(struct store *s, struct arena *a, struct store_request *r)
{
	struct router *router = s->state;
	pthread_mutex_lock(&router->lock);
	r->is_done_well = open_all(s, &r->err) && conn_do(&router->all, BEGIN_READ, &r->err);
	if (r->is_done_well) {
		struct tx tx;
		store_tx_init(&tx, &router->inner[0], r, &router->all, a);
		router->all.deadline_us = time_running_us(s->time) + SCATTER_US;
		r->is_done_well = store_run(&tx, r);
		router->all.deadline_us = 0;
	}
	if (router->has_all) {
		conn_rollback(&router->all);
	}
	pthread_mutex_unlock(&router->lock);
}

static void router_read(struct store *s, struct arena *a, struct store_request *r)
{
	struct router *router = s->state;
	if (r->route == 0 && !r->is_answering) {
		read_all(s, a, r);
	} else {
		/* Of route 0 in a request: replicated tables, which each has. */
		sqlite_engine.read(&router->inner[r->route == 0 ? 0 : store_place(s, r->route)], a, r);
	}
}

/* --- Opening and closing
 * ------------------------------------------------------------------------------------------------ */

static void router_close(struct store *s)
{
	struct router *r = s->state;
	if (r == NULL) {
		return;
	}
	if (r->has_all) {
		conn_close(&r->all);
	}
	for (int i = 0; i < r->n; i++) {
		sqlite_engine.close(&r->inner[i]);
	}
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->replicated);
	mem_free(r);
	s->state = NULL;
}

static bool router_open(struct store *s, const struct store_options *o, int slots, struct err *e)
{
	uint64_t n;
	if (!str_to_u64(str_sub(o->url, strlen("router:"), SIZE_MAX), &n) || n < 1 || n > PLACES_MAX) {
		return err_set(e, ERR_CONFIG, "store: router: takes a number of databases from 1 to %d; it is for tests",
		               PLACES_MAX);
	}
	struct router *r = mem_alloc(1, sizeof *r);
	if (r == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->replicated, NULL);
	s->state = r;
	s->places = (int)n;
	for (int i = 0; i < (int)n; i++) {
		char dir[4096];
		struct store *inner = &r->inner[i];
		struct store_options options = *o;
		snprintf(dir, sizeof dir, i ? "%.*s/router-%d" : "%.*s", STR_ARG(o->dir), i);
		options.dir = str_of(dir);
		options.url = STR_EMPTY;
		inner->engine = &sqlite_engine;
		inner->time = s->time;
		inner->column_keys = s->column_keys;
		inner->schemas = s->schemas;
		inner->first_slot = s->first_slot;
		inner->places = s->places;
		r->n = i + 1;
		if ((i > 0 && !file_mkdir(&file_layer_real, dir, 0700, e)) || !sqlite_engine.open(inner, &options, slots, e)) {
			return false;
		}
	}
	return true;
}

static bool router_check(struct store *s, struct err *e)
{
	struct router *r = s->state;
	for (int i = 0; i < r->n; i++) {
		if (!sqlite_engine.check(&r->inner[i], e)) {
			return false;
		}
	}
	return true;
}

static bool router_copy_to(struct store *s, struct str path, struct err *e)
{
	(void)s;
	(void)path;
	return err_set(e, ERR_CONFIG, "a store of several databases is for tests: it has no backup");
}

/* Connections are those of the inner stores, which know their own engine: nothing of it is called here. */
const struct engine router_engine = {
	.takes = takes,
	.is_shared = true, /* so that leases are tried here as well */
	.open = router_open,
	.close = router_close,
	.write = router_write,
	.read = router_read,
	.check = router_check,
	.copy_to = router_copy_to,
};
