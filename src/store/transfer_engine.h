/* What a copy of a whole town (transfer.h) needs from an engine: one connection of its own, outside of the pools and
 * used by one thread, that reads or writes the rows of whole tables in the form of row_form.h. Only src/store includes
 * this. */
#ifndef CITYHALL_STORE_TRANSFER_ENGINE_H
#define CITYHALL_STORE_TRANSFER_ENGINE_H

#include "store/engine.h"
#include "store/row_form.h"

enum transfer_begin {
	TRANSFER_WRITE,    /* rows; its commit need not be durable at once, but never comes before an earlier one */
	TRANSFER_STANDING, /* returns when every write that passed the gate before has ended; no other passes it meanwhile
	                    */
	TRANSFER_FENCE,    /* one snapshot; nobody can write anything until it ends, and no other fence can begin */
	TRANSFER_READ,     /* one snapshot */
};

struct transfer_engine {
	const char *kind; /* as people call it */
	bool has_blobs_in_rows;
	bool (*open)(struct store *s, void **conn, struct err *e);
	void (*close)(void *conn);

	bool (*begin)(void *conn, enum transfer_begin what, struct err *e);
	bool (*commit)(void *conn, struct err *e);
	void (*rollback)(void *conn);
	/* From now on each commit is durable when it returns, with all that were before. */
	bool (*be_durable)(void *conn, struct err *e);
	/* Between them statements of the store run on this connection, inside a transaction. */
	void (*enter)(void *conn, struct tx *tx);
	bool (*leave)(void *conn, struct err *e);
	void *(*statements)(void *conn); /* tx.conn for them */

	/* Rows of a table, one after the other: in the order of the key, those after `after` (a row of key columns; empty:
	 * all), or in the order that is quickest. A row is valid until the next call. */
	bool (*read_begin)(void *conn, const struct store_table *t, bool is_ordered, struct str after, struct err *e);
	bool (*read_next)(void *conn, struct str *row, bool *has_row, struct err *e);
	void (*read_end)(void *conn);
	/* How many rows, counting no further than `most`. */
	bool (*count)(void *conn, const struct store_table *t, int64_t most, int64_t *rows, struct err *e);

	/* Inside TRANSFER_WRITE. */
	bool (*load_begin)(void *conn, const struct store_table *t, struct err *e);
	bool (*load_row)(void *conn, struct str row, struct err *e);
	bool (*load_end)(void *conn, struct err *e);
	/* Takes off what makes loading slow (indexes, references), and makes it again; both may run twice. `tie` comes when
	 * all tables are dressed: references. */
	bool (*undress)(void *conn, const struct store_table *t, struct err *e);
	bool (*dress)(void *conn, const struct store_table *t, struct err *e);
	bool (*tie)(void *conn, const struct store_table *t, struct err *e);
};
extern const struct transfer_engine sqlite_transfer, postgres_transfer;

/* transfer_sql.c: texts that are the same on both. The calls append; the caller looks at buf_ok once. */
void transfer_put_columns(struct buf *to, const struct store_table *t);
void transfer_put_key(struct buf *to, const struct store_table *t);
/* Calls `each` with one statement for each index: makes it, or drops it. */
bool transfer_each_index(const struct store_table *t, bool is_made,
                         bool (*each)(void *conn, const char *sql, struct err *e), void *conn, struct err *e) MUST_USE;

#endif
