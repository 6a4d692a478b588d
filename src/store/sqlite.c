/* The SQLite engine: opens and closes its parts, lends readers, and hands statements to the library. */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/time_source.h"
#include "os/file.h"
#include "store/transfer_engine.h"

/* --- Readers
 * ------------------------------------------------------------------------------------------------------------ */

static struct sqlite_conn *borrow(struct sqlite *s, struct err *e)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += READER_WAIT_US / 1000000;
	pthread_mutex_lock(&s->readers_lock);
	int rc = 0;
	while (s->free_readers == NULL && rc == 0) {
		rc = pthread_cond_timedwait(&s->reader_free, &s->readers_lock, &until);
	}
	struct sqlite_conn *c = s->free_readers;
	if (c) {
		s->free_readers = c->next_free;
	}
	pthread_mutex_unlock(&s->readers_lock);
	if (c == NULL) {
		err_set(e, ERR_BUSY, "all %d readers are lent", s->readers_n);
	}
	return c;
}

static void give_back(struct sqlite *s, struct sqlite_conn *c)
{
	pthread_mutex_lock(&s->readers_lock);
	c->next_free = s->free_readers;
	s->free_readers = c;
	pthread_cond_signal(&s->reader_free);
	pthread_mutex_unlock(&s->readers_lock);
}

static void sqlite_read(struct store *store, struct arena *a, struct store_request *r)
{
	struct sqlite *s = store->state;
	struct sqlite_conn *c = borrow(s, &r->err);
	if (c == NULL) {
		r->is_done_well = false;
		return;
	}
	r->is_done_well = conn_do(c, BEGIN_READ, &r->err);
	if (r->is_done_well) {
		struct tx tx;
		store_tx_init(&tx, store, r, c, a);
		c->deadline_us = time_running_us(store->time) + READ_US;
		r->is_done_well = store_run(&tx, r);
		c->deadline_us = 0;
	}
	/* Nothing was written: ending the read this way cannot fail for a reason that matters to the caller. */
	conn_rollback(c);
	give_back(s, c);
}

/* --- Opening and closing
 * ------------------------------------------------------------------------------------------------ */

static void set_up_library(void)
{
	/* Refused when something else in the process (a test's VFS) has begun to use the library: then it keeps its locks,
	 * which costs time, not safety. */
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* Pages of a connection's cache come from one block of its own: a reader gives all of them up whenever somebody
	 * wrote, and would else go to malloc for each. */
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, CACHE_BLOCK_PAGES);
	/* What a savepoint would restore is kept in memory: a job writes little, and else made a file for each batch. */
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, -1);
	sqlite3_initialize();
}

/* Made by us, so that only the owner can read it (SQLite's own files take over its mode), and its name made durable. */
static bool make_file(const struct sqlite *s, struct err *e)
{
	int fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		return errno == EEXIST ||
		       (errno == ENOSPC || errno == EDQUOT ? err_errno(e, "opening the store: %s", s->path)
		                                           : sqlite_explain_access(s, "opening the store", e));
	}
	bool is_good = file_fsync(&file_layer_real, fd, e) && file_fsync_dir(&file_layer_real, s->dir, e);
	close(fd);
	return is_good;
}

static void sqlite_close(struct store *store)
{
	struct sqlite *s = store->state;
	if (s == NULL) {
		return;
	}
	checkpoint_stop(s);
	writer_stop(s);
	for (int i = 0; i < s->readers_n; i++) {
		conn_close(&s->readers[i]);
	}
	conn_close(&s->checkpointer);
	conn_close(&s->writer); /* last: it may write, so it moves the log into the file and removes it */
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->arrived);
	pthread_mutex_destroy(&s->readers_lock);
	pthread_cond_destroy(&s->reader_free);
	pthread_mutex_destroy(&s->checkpoint_lock);
	pthread_cond_destroy(&s->checkpoint_due);
	mem_free(s->dir);
	mem_free(s->path);
	mem_free(s);
	store->state = NULL;
}

static bool sqlite_open(struct store *store, const struct store_options *o, int slots, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, set_up_library);
	struct sqlite *s = mem_alloc(1, sizeof *s);
	if (s == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	store->state = s;
	s->store = store;
	s->slots = slots;
	s->vfs = o->vfs;
	s->batch_us = BATCH_US;
	s->batch_jobs = o->one_commit_each ? 1 : BATCH_JOBS;
	int readers = o->readers > 0 ? o->readers : READERS;
	must(readers <= READERS_MAX);
	s->writer.owner = s->checkpointer.owner = s;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->arrived, NULL);
	pthread_mutex_init(&s->readers_lock, NULL);
	pthread_mutex_init(&s->checkpoint_lock, NULL);
	pthread_cond_init(&s->checkpoint_due, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->reader_free, &monotonic);
	pthread_condattr_destroy(&monotonic);
	s->dir = file_path(o->dir, STR("."));
	s->path = file_path(o->dir, STR("cityhall.db"));
	if (s->dir == NULL || s->path == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	s->dir[o->dir.n] = '\0';
	if ((s->vfs == NULL && !make_file(s, e)) || !conn_open(s, &s->writer, CONN_WRITER, e) ||
	    !conn_open(s, &s->checkpointer, CONN_CHECKPOINT, e)) {
		return false;
	}
	for (int i = 0; i < readers; i++) {
		if (!conn_open(s, &s->readers[i], CONN_READER, e)) {
			return false;
		}
		s->readers_n++;
		give_back(s, &s->readers[i]);
	}
	return checkpoint_start(s, e) && writer_start(s, e);
}

/* --- Values
 * ------------------------------------------------------------------------------------------------------------- */

static bool bind_i64(void *handle, int at, int64_t v)
{
	return sqlite3_bind_int64(handle, at, v) == SQLITE_OK;
}

/* No bytes are an empty value, wherever they point: a null is bound by bind_null alone. */
static bool bind_text(void *handle, int at, struct str s, bool is_copied)
{
	return sqlite3_bind_text64(handle, at, s.p ? s.p : "", s.n, is_copied ? SQLITE_TRANSIENT : SQLITE_STATIC,
	                           SQLITE_UTF8) == SQLITE_OK;
}

static bool bind_bytes(void *handle, int at, struct str s, bool is_copied)
{
	return sqlite3_bind_blob64(handle, at, s.p ? s.p : "", s.n, is_copied ? SQLITE_TRANSIENT : SQLITE_STATIC) ==
	       SQLITE_OK;
}

static bool bind_null(void *handle, int at)
{
	return sqlite3_bind_null(handle, at) == SQLITE_OK;
}

static int64_t column_i64(void *handle, int column)
{
	return sqlite3_column_int64(handle, column);
}

static struct str column_bytes(void *handle, int column)
{
	const void *p = sqlite3_column_blob(handle, column); /* of a text: its UTF-8 */
	return str_from(p, (size_t)sqlite3_column_bytes(handle, column));
}

static bool column_is_null(void *handle, int column)
{
	return sqlite3_column_type(handle, column) == SQLITE_NULL;
}

static bool takes(struct str url)
{
	return url.n == 0;
}

static bool settle(void *conn, struct err *e)
{
	(void)conn;
	(void)e;
	return true;
}

const struct engine sqlite_engine = {
	.transfer = &sqlite_transfer,
	.takes = takes,
	.open = sqlite_open,
	.close = sqlite_close,
	.write = writer_write,
	.write_all = writer_write_all,
	.read = sqlite_read,
	.check = sqlite_check,
	.copy_to = sqlite_copy_to,
	.has_table = conn_has_table,
	.create = conn_create,
	.prepare = conn_prepare,
	.bind_i64 = bind_i64,
	.bind_text = bind_text,
	.bind_bytes = bind_bytes,
	.bind_null = bind_null,
	.step = conn_step,
	.exec = conn_run,
	.settle = settle,
	.column_i64 = column_i64,
	.column_bytes = column_bytes,
	.column_is_null = column_is_null,
	.finish = conn_finish,
};
