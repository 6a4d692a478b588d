/* What the calls that tools/sqlgen writes stand on: statements inside a job's transaction, for any engine. Rooms never
 * call this file by hand, except tx_column_hash().
 *
 * A query is used on the job's own thread: tx_open, tx_bind_x for every parameter, tx_next until it says false,
 * tx_close. Its error is sticky and comes out of tx_close. After an error (other than "not found") the whole
 * transaction is broken: every later statement fails with the same error and the job cannot succeed, as on an engine
 * that aborts the transaction. Queries left open by a job are closed for it. */
#ifndef CITYHALL_STORE_TX_H
#define CITYHALL_STORE_TX_H

#include "store/store.h"

enum store_type {
	STORE_ID,
	STORE_INT,
	STORE_INSTANT, /* microseconds since 1970 UTC */
	STORE_DATE,    /* days since 1970 */
	STORE_MONEY,   /* minor units */
	STORE_TEXT,
	STORE_JSON,
	STORE_BYTES,
	STORE_FLAG,
};

/* Data classes. Identity and secret columns are stored encrypted. */
enum store_class { STORE_PUBLIC, STORE_INTERNAL, STORE_PERSONAL, STORE_IDENTITY, STORE_HEALTH, STORE_SECRET };

struct store_column {
	const char *name;
	enum store_type type;
	enum store_class data_class;
	bool is_nullable;
	const char *comment; /* for the person who reads it in 20 years */
};

struct store_table {
	const char *name;
	const char *comment;
	const struct store_column *columns;
	size_t columns_n;
	const char *layout;   /* the declaration without its comments: what must not change under stored rows */
	const char *sqlite;   /* DDL, several statements */
	const char *postgres; /* the same */
};

enum store_kind { STORE_ONE, STORE_MAYBE, STORE_MANY, STORE_EXEC, STORE_COUNT };

#define STORE_ANY_ROWS (-1)
#define STORE_LIST_MAX 32 /* values in a bounded list */

struct store_statement {
	const char *name;
	const char *sqlite;   /* parameters ?1, ?2 ... */
	const char *postgres; /* parameters $1, $2 ... */
	enum store_kind kind;
	int64_t rows; /* exec: how many must be affected, or STORE_ANY_ROWS */
	int params;
	int columns;
	int route; /* which parameter, from 1; 0: no route (replicated tables, or scatter) */
	bool is_write;
	bool is_root;    /* may begin a job */
	bool is_scatter; /* all routes: background jobs and reads of route 0 only */
};

struct store_schema {
	const char *room;
	const struct store_table *tables;
	size_t tables_n;
	const struct store_statement *statements;
	size_t statements_n;
};

struct tx_query {
	struct tx *tx;
	const struct store_statement *statement;
	void *handle; /* the engine's; NULL when closed */
	int slot;
	int64_t rows; /* returned or affected so far */
	bool failed;  /* then tx holds the error */
	bool is_done;
	size_t key_n; /* bytes in key */
	char key[640];
};

void tx_open(struct tx_query *q, struct tx *tx, const struct store_statement *s);
/* Parameters count from 1. Text and bytes stay valid until tx_close, or for STORE_MANY are copied. */
void tx_bind_i64(struct tx_query *q, int at, int64_t v);
void tx_bind_text(struct tx_query *q, int at, struct str s);
void tx_bind_bytes(struct tx_query *q, int at, struct str s);
void tx_bind_null(struct tx_query *q, int at);
/* n values from `at` on, the rest of STORE_LIST_MAX null. */
void tx_bind_list(struct tx_query *q, int at, const int64_t *v, size_t n);
/* True: a row is there. */
bool tx_next(struct tx_query *q);
/* Columns count from 0. Text lives in the transaction's arena. */
int64_t tx_i64(struct tx_query *q, int column);
struct str tx_str(struct tx_query *q, int column);
bool tx_is_null(struct tx_query *q, int column);
bool tx_close(struct tx_query *q, struct err *e) MUST_USE;
/* The same, with ERR_NOT_FOUND when no row came. */
bool tx_close_one(struct tx_query *q, struct err *e) MUST_USE;
/* Runs a statement without rows to its end, checks the number of affected rows, closes. `rows` may be NULL. */
bool tx_exec(struct tx_query *q, int64_t *rows, struct err *e) MUST_USE;

/* Encrypted columns. The associated data is "table.column" and the row's primary key, put together by tx_key and one
 * tx_key_x for each key column right before the value is bound or read. */
void tx_key(struct tx_query *q, const char *table_dot_column);
void tx_key_i64(struct tx_query *q, int64_t v);
void tx_key_str(struct tx_query *q, struct str s);
void tx_bind_sealed(struct tx_query *q, int at, struct str plain);
void tx_bind_sealed_i64(struct tx_query *q, int at, int64_t plain);
struct str tx_sealed(struct tx_query *q, int column);
int64_t tx_sealed_i64(struct tx_query *q, int column);

/* For rooms: the value of a keyed hash column, 32 bytes in the transaction's arena; `what` separates look-ups from each
 * other ("email"). */
struct str tx_column_hash(struct tx *tx, struct str what, struct str plain);

#endif
