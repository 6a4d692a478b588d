/* The SQLite engine's inside: one writer thread with group commit, a pool of readers, a checkpoint thread. A connection
 * is used by one thread at a time (the library runs without its own locks). */
#ifndef CITYHALL_STORE_SQLITE_H
#define CITYHALL_STORE_SQLITE_H

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>

#include "os/thread.h"
#include "store/engine.h"

enum {
	READERS = 8,
	READERS_MAX = 64,
	BATCH_JOBS = 128, /* interactive ones */
	BATCH_BYTES = 1 << 20,
	BATCH_US = 20000, /* a batch takes no more of them after this long */
	BACKGROUND_JOBS = 256,
	BACKGROUND_US = 15000, /* of each batch for background jobs */
	BACKGROUND_AFTER = 8,  /* without group commit: a background job waits for at most so many others */
	READ_US = 1000000,     /* the longest read */
	READER_WAIT_US = 2000000,
	WRITE_JOB_US = 2000000, /* the longest job; it is meant to take 5 ms */
	JOB_ARENA_BYTES = 8 << 20,
	CHECKPOINT_PAGES = 1000, /* 4 MiB of log: copy to the file */
	RESTART_PAGES = 16384,   /* 64 MiB of log: wait for readers and begin the log anew */
	CACHE_BLOCK_PAGES = 200, /* of each connection, below a reader's cache_size of 1 MiB */
	ACTIVE_MAX = 64,         /* statements open at once in one job */
};

#define SQLITE_APPLICATION_ID 0x43697479 /* "City" */
#define STORE_FORMAT 1

enum control { BEGIN_READ, BEGIN_WRITE, COMMIT, ROLLBACK, SAVEPOINT, RELEASE, ROLLBACK_TO, CONTROLS };

struct sqlite_conn {
	struct sqlite *owner;
	sqlite3 *db;
	sqlite3_stmt *control[CONTROLS];
	sqlite3_stmt **statements; /* by slot, prepared at first use */
	bool *is_open;             /* by slot */
	int active[ACTIVE_MAX];    /* slots that are open */
	int active_n;
	int64_t deadline_us; /* running time; 0: none */
	struct sqlite_conn *next_free;
};

struct write_group { /* of one caller, who sleeps until all are answered */
	atomic_size_t left;
	sem_t done;
};

struct write_request {
	struct store_request *r;
	struct write_group *group;
	struct write_request *next;
};

struct write_queue {
	struct write_request *first, **end;
};

struct sqlite {
	struct store *store;
	char *dir, *path; /* path of cityhall.db */
	const char *vfs;
	int slots;
	int batch_jobs;
	int64_t batch_us; /* BATCH_US; tests make it long */

	struct sqlite_conn writer;
	struct arena job_arena;
	struct thread writer_thread;
	pthread_mutex_t lock; /* over the queues and is_stopping */
	pthread_cond_t arrived;
	struct write_queue interactive, background;
	bool is_stopping;
	int batches_without_background;

	struct sqlite_conn readers[READERS_MAX];
	int readers_n;
	pthread_mutex_t readers_lock;
	pthread_cond_t reader_free;
	struct sqlite_conn *free_readers;

	struct sqlite_conn checkpointer;
	struct thread checkpoint_thread;
	pthread_mutex_t checkpoint_lock;
	pthread_cond_t checkpoint_due;
	int checkpoint_pages; /* asked for at this length of the log; 0: nothing to do */
	int checkpoint_next;  /* ask when the log is this long */
	int restart_pages;    /* the checkpoint thread's own: a longer log is begun anew */
	bool is_checkpoint_stopping;
};

/* sqlite_conn.c */
enum conn_role { CONN_WRITER, CONN_READER, CONN_CHECKPOINT, CONN_CHECK, CONN_COPY, CONN_TRANSFER };
bool conn_open(struct sqlite *s, struct sqlite_conn *c, enum conn_role role, struct err *e) MUST_USE;
void conn_close(struct sqlite_conn *c);
bool conn_do(struct sqlite_conn *c, enum control what, struct err *e) MUST_USE;
bool conn_in_transaction(const struct sqlite_conn *c);
/* Ends the process when it cannot: nothing sensible can follow. */
void conn_rollback(struct sqlite_conn *c);
/* Closes what a job left open. */
void conn_finish_all(struct sqlite_conn *c);
bool conn_exec(struct sqlite_conn *c, const char *doing, const char *sql, struct err *e) MUST_USE;
/* The first column of the first row; 0 without a row. */
bool conn_number(struct sqlite_conn *c, const char *doing, const char *sql, int64_t *out, struct err *e) MUST_USE;
/* SQLite's code as ours, in words; a failed fsync ends the process. Returns false. */
bool conn_fail(struct sqlite_conn *c, int rc, const char *doing, struct err *e);
/* Why the files cannot be used, for an operator. Returns false. */
bool sqlite_explain_access(const struct sqlite *s, const char *doing, struct err *e);
bool conn_has_table(void *conn, const char *name, bool *out, struct err *e);
bool conn_create(void *conn, const struct store_table *t, struct err *e);
bool conn_prepare(void *conn, const struct store_statement *st, int slot, void **handle, struct err *e);
bool conn_step(void *conn, void *handle, bool *has_row, struct err *e);
void conn_finish(void *conn, void *handle, int slot);
bool conn_run(void *conn, void *handle, bool is_needed, int64_t *rows, struct err *e);

/* sqlite_writer.c */
bool writer_start(struct sqlite *s, struct err *e) MUST_USE;
void writer_stop(struct sqlite *s);
void writer_write(struct store *store, struct store_request *r);
void writer_write_all(struct store *store, struct store_request *r, size_t n);

/* sqlite_checkpoint.c */
bool checkpoint_start(struct sqlite *s, struct err *e) MUST_USE;
void checkpoint_stop(struct sqlite *s);

/* sqlite_copy.c */
bool sqlite_check(struct store *store, struct err *e) MUST_USE;
bool sqlite_copy_to(struct store *store, struct str path, struct err *e) MUST_USE;

#endif
