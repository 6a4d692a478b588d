/* The PostgreSQL engine's inside: a pool of connections, some of which only read; each job runs on its caller's thread
 * in a transaction of its own. A connection is used by one thread at a time.
 *
 * Statements go out in libpq's pipeline mode. What a job does not look at (a row count that only has to be right) is
 * sent and not waited for; its answer is taken in before the next rows are read, at the latest before COMMIT. So a job
 * that only writes costs two round trips, and each reading statement one more. */
#ifndef CITYHALL_STORE_POSTGRES_H
#define CITYHALL_STORE_POSTGRES_H

#include <postgresql/libpq-fe.h>
#include <pthread.h>

#include "store/engine.h"

enum {
	PG_WRITERS = 8,
	PG_READERS_LEAST = 4,
	PG_READERS_MOST = 8,
	PG_BACKGROUND = 4, /* connections that relay, timers and repair may hold at once */
	PG_READ_US = 1000000,
	PG_JOB_US = 2000000,
	PG_ANSWER_US = 5000000,     /* the server's own time-outs are shorter: after this long it is gone */
	PG_COMMIT_US = 4000000,     /* a commit that waits longer for a standby is left to itself */
	PG_BORROW_US = 2000000,     /* the longest wait for a connection */
	PG_BACKGROUND_US = 8000000, /* the same for background jobs */
	PG_GIVE_UP_US = 10000000,   /* a job is tried again for so long */
	PG_IDLE_US = 5000000,       /* the server ends a transaction that a frozen process left open */
	PG_BACKOFF_US = 50000,      /* after a failed connect; doubled with each */
	PG_BACKOFF_MOST_US = 1000000,
	PG_ARENA_BYTES = 8 << 20,
	PG_PENDING_MOST = 512,
};

/* What an error leaves open. */
enum pg_class {
	PG_FINE,
	PG_SAFE,    /* nothing of the job is there, and it may succeed when it is run again */
	PG_UNKNOWN, /* COMMIT was sent, and its answer is missing or says too little */
	PG_WAITS,   /* COMMIT was sent and waits for a standby */
	PG_FATAL,   /* nothing of the job is there, and running it again would not help */
};

/* A statement that a job has open. */
struct pg_query {
	const struct store_statement *statement;
	int slot;
	bool is_open, is_sent;
	PGresult *result;
	int row, rows;
	const char **values;
	int *lengths, *formats;
	char (*numbers)[24];
	char **copies;
};

enum pending_kind { PENDING_CONTROL, PENDING_PREPARE, PENDING_DESCRIBE, PENDING_RUN, PENDING_COMMIT, PENDING_SYNC };

/* An answer that is still to come, in the order of asking. */
struct pending {
	enum pending_kind kind;
	const struct store_statement *statement;
	int slot;
	struct pg_query *query; /* wants the result; NULL: nobody does */
};

struct pg_conn {
	struct postgres *owner;
	PGconn *pg; /* NULL: not connected */
	bool is_reader;
	bool is_lost;            /* to be closed */
	struct pg_query **query; /* by slot, made at first use */
	bool *is_prepared;       /* by slot: asked for */
	struct pending *pending;
	size_t pending_from, pending_n, pending_room;
	bool needs_sync;
	struct tx *tx;
	enum pg_class failed; /* the first error since the transaction began */
	struct err err;
	bool is_committed, was_warned;
	int64_t deadline_us; /* of the job, running time; 0: none */
	struct arena arena;
	struct pg_conn *next; /* in the list it is in: free or waiting */
};

struct pg_pool {
	struct pg_conn *conns;
	int n;
	struct pg_conn *free;
	int interactive_waiting, background_lent;
	pthread_cond_t freed, background_freed;
};

struct postgres {
	struct store *store;
	char *url;
	int slots;
	pthread_mutex_t lock; /* over the pools and what follows */
	struct pg_pool readers, writers;
	struct pg_conn *waiting; /* commits that were left to themselves */
	int64_t connect_next_us; /* monotonic: no try before */
	int64_t connect_pause_us;
	int64_t commit_us; /* PG_COMMIT_US; tests make it shorter */
	bool is_opening;   /* errors of the first connection are told in full */
	atomic_uint_fast64_t round_trips, connects;
};

int64_t pg_now_us(void);

/* postgres_conn.c */
bool pg_conn_init(struct postgres *p, struct pg_conn *c, struct err *e) MUST_USE; /* pg_forget takes it apart */
bool pg_connect(struct pg_conn *c, struct err *e) MUST_USE;
void pg_disconnect(struct pg_conn *c);
/* Notes the first error of the transaction from an answer of the server, or from the connection (NULL). */
void pg_note(struct pg_conn *c, const PGresult *result, const char *doing);
void pg_note_err(struct pg_conn *c, enum pg_class class, const struct err *e);

/* postgres_statement.c */
bool pg_send_control(struct pg_conn *c, const char *sql, enum pending_kind kind);
/* Sends what is buffered and takes in all answers. Until `until_us` (monotonic). False: see c->failed. */
enum pg_wait { PG_ALL_IN, PG_LATE, PG_GONE };
enum pg_wait pg_take_in(struct pg_conn *c, int64_t until_us);
bool pg_flush(struct pg_conn *c);
bool pg_send_sync(struct pg_conn *c);
void pg_finish_all(struct pg_conn *c);
void pg_forget(struct pg_conn *c); /* disconnects and frees what is inside */
bool pg_number(struct pg_conn *c, const char *doing, const char *sql, const char *arg, int64_t *out,
               struct err *e) MUST_USE;
bool pg_has_table(void *conn, const char *name, bool *out, struct err *e);
bool pg_create(void *conn, const struct store_table *t, struct err *e);
bool pg_prepare(void *conn, const struct store_statement *s, int slot, void **handle, struct err *e);
bool pg_bind_i64(void *handle, int at, int64_t v);
bool pg_bind_text(void *handle, int at, struct str s, bool is_copied);
bool pg_bind_bytes(void *handle, int at, struct str s, bool is_copied);
bool pg_bind_null(void *handle, int at);
bool pg_step(void *conn, void *handle, bool *has_row, struct err *e);
bool pg_exec(void *conn, void *handle, bool is_needed, int64_t *rows, struct err *e);
bool pg_settle(void *conn, struct err *e);
int64_t pg_column_i64(void *handle, int column);
struct str pg_column_bytes(void *handle, int column);
bool pg_column_is_null(void *handle, int column);
void pg_finish(void *conn, void *handle, int slot);

#endif
