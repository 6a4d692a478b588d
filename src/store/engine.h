/* Between the store and its engines. store.c owns operations, rules and results; an engine owns connections, commits
 * and statements. Nothing outside of src/store and its tests includes this file. */
#ifndef CITYHALL_STORE_ENGINE_H
#define CITYHALL_STORE_ENGINE_H

#include <stdatomic.h>

#include "store/tx.h"

/* One call of store_write or store_read, on its caller's stack. */
struct store_request {
	int64_t route;
	store_job *job;
	void *ctx;
	bool is_write, is_background, is_answering;
	bool is_long; /* making tables: no deadline */
	bool has_operation;
	uint8_t id[OPID_BYTES];
	uint8_t digest[SHA256_BYTES];
	/* What came of it. */
	bool is_done_well;
	bool is_met; /* the operation is there already: store_replay answers it */
	bool is_replay;
	int64_t result[4];
	struct err err;
};

struct tx {
	struct store *store;
	void *conn; /* the engine's connection */
	struct arena *arena;
	int64_t route;
	int64_t now_us;
	int64_t result[4];
	size_t bound_bytes; /* what the job gave to statements: the size of a batch */
	bool is_write, is_background, is_answering;
	bool is_own;    /* the store's own statements: rules for rooms do not count */
	bool has_begun; /* the root statement ran */
	bool has_result;
	bool is_broken;
	struct err err;                               /* why */
	const struct store_statement *wrong_count_of; /* it affected another number of rows than declared */
};

#define ROWS_LATER (-2) /* of engine.exec: the number is not known yet */

struct transfer_engine;

struct engine {
	const struct transfer_engine *transfer; /* NULL: a whole town cannot be copied from or to it */
	/* True for a store_options.url that is this engine's. */
	bool (*takes)(struct str url);
	/* A replay writes too, so that its commit stands behind the first one on every standby. */
	bool confirms_replays;
	/* Other processes may use the same rows. */
	bool is_shared;
	/* Starts threads and connections; `slots` is how many statements there are. */
	bool (*open)(struct store *s, const struct store_options *o, int slots, struct err *e);
	void (*close)(struct store *s);
	/* Returns when the request is durable or refused; outcome in *r. */
	void (*write)(struct store *s, struct store_request *r);
	/* Several, waited for together; NULL: one after the other is as good. */
	void (*write_all)(struct store *s, struct store_request *r, size_t n);
	void (*read)(struct store *s, struct arena *a, struct store_request *r);
	bool (*check)(struct store *s, struct err *e);
	bool (*copy_to)(struct store *s, struct str path, struct err *e);
	/* Inside a write job: the store's tables are made by these two. */
	bool (*has_table)(void *conn, const char *name, bool *out, struct err *e);
	bool (*create)(void *conn, const struct store_table *t, struct err *e);
	/* Statements. An open handle belongs to its slot until finish. */
	bool (*prepare)(void *conn, const struct store_statement *s, int slot, void **handle, struct err *e);
	bool (*bind_i64)(void *handle, int at, int64_t v);
	bool (*bind_text)(void *handle, int at, struct str s, bool is_copied);
	bool (*bind_bytes)(void *handle, int at, struct str s, bool is_copied);
	bool (*bind_null)(void *handle, int at);
	bool (*step)(void *conn, void *handle, bool *has_row, struct err *e);
	/* A statement without rows, and how many rows it affected. When the number is not needed at once the engine may say
	 * ROWS_LATER: it then gives it to tx_counted() before the next row is read, at the latest in settle. */
	bool (*exec)(void *conn, void *handle, bool is_needed, int64_t *rows, struct err *e);
	/* After this every statement of the job has been run and counted. */
	bool (*settle)(void *conn, struct err *e);
	int64_t (*column_i64)(void *handle, int column);
	struct str (*column_bytes)(void *handle, int column); /* valid until the next step */
	bool (*column_is_null)(void *handle, int column);
	void (*finish)(void *conn, void *handle, int slot);
};
extern const struct engine sqlite_engine, postgres_engine, router_engine;

struct store {
	const struct engine *engine;
	void *state; /* the engine's */
	const struct time_source *time;
	const struct column_keys *column_keys;
	const struct store_schema **schemas; /* the store's own first; NULL-terminated */
	int *first_slot;                     /* of each schema */
	struct keeper *keeper;
	/* Tests only: called in a write before each statement and before its end, with what was sent ahead taken in. */
	void (*meanwhile)(void *ctx);
	void *meanwhile_ctx;
	int places;          /* 0: one */
	bool is_transfer;    /* opened to be copied: writes pass no gate */
	atomic_int standing; /* enum standing_kind, as far as this process knows */
	atomic_uint_fast64_t writes, batches, replays, failed, reads, writer_cpu_us, checkpoints, wal_pages;
};

/* For engines: runs the job of a request inside an open transaction: operation row, job, result. True: commit it. May
 * be called again for the same request after a rollback. */
bool store_run(struct tx *tx, struct store_request *r);
/* For a request that was met, in a transaction (or savepoint) of its own: the first result, or ERR_CONFLICT for other
 * content, or ERR_NOT_FOUND. True: commit it. */
bool store_replay(struct tx *tx, struct store_request *r);
void store_tx_init(struct tx *tx, struct store *s, const struct store_request *r, void *conn, struct arena *a);
/* -1: the statement's room is not among the store's schemas. */
int store_slot(const struct store *s, const struct store_statement *statement);
/* Where a test may let others do something in the middle of a job. */
void store_meanwhile(struct tx *tx);
/* The transaction cannot succeed any more; keeps the first reason. Returns false. */
bool tx_break(struct tx *tx, const struct err *why);
/* False: ERR_CONFLICT, because the statement was to affect another number of rows. */
bool tx_counted(struct tx *tx, const struct store_statement *s, int64_t rows, struct err *e);

/* schema.c: makes tables that are missing; refuses to go on with tables that were declared otherwise. */
bool schema_apply(struct store *s, struct err *e) MUST_USE;
/* Removes operations older than 30 days, at most `most`. The store's keeper calls it every ten minutes. */
bool store_trim(struct store *s, int64_t most, int64_t *removed, struct err *e) MUST_USE;

#endif
