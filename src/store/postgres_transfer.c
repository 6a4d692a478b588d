/* PostgreSQL's part in copying a whole town: rows by COPY in the binary format, which is the form of row_form.h. The
 * connection is in pipeline mode only while statements of the store run on it, because COPY cannot be used there. */
#include <stdio.h>

#include "base/fault.h"
#include "store/layout.h"
#include "store/postgres.h"
#include "store/transfer_engine.h"

/* Signature, flags, length of what may follow: none. */
static const char head[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";
static const char tail[2] = "\377\377";

enum { SQL_MAX = 64 * 1024, SEND_BYTES = 64 * 1024, ROW_MAX = 256 << 20 };

struct pg_transfer {
	struct pg_conn c;
	const struct store_table *table;
	bool is_reading, is_at_head;
	char *row;        /* that was read last: libpq's */
	struct buf ready; /* to be sent */
};

/* --- Plain statements
 * --------------------------------------------------------------------------------------------------- */

static bool take_error(struct pg_transfer *x, const PGresult *r, const char *doing, struct err *e)
{
	x->c.failed = PG_FINE;
	if (r == NULL && PQstatus(x->c.pg) != CONNECTION_BAD) {
		return err_set(e, ERR_MEMORY, "%s: %s", doing, PQerrorMessage(x->c.pg));
	}
	pg_note(&x->c, r, doing);
	*e = x->c.err;
	x->c.failed = PG_FINE;
	return false;
}

static bool plain(struct pg_transfer *x, const char *doing, const char *sql, ExecStatusType wanted, struct err *e)
{
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", doing);
	}
	PGresult *r = PQexec(x->c.pg, sql);
	bool is_good = PQresultStatus(r) == wanted || take_error(x, r, doing, e);
	PQclear(r);
	return is_good;
}

static bool number(struct pg_transfer *x, const char *doing, const char *sql, int64_t *out, struct err *e)
{
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", doing);
	}
	PGresult *r = PQexec(x->c.pg, sql);
	bool is_good = PQresultStatus(r) == PGRES_TUPLES_OK || take_error(x, r, doing, e);
	if (is_good && (PQntuples(r) != 1 || !str_to_i64(str_of(PQgetvalue(r, 0, 0)), out))) {
		is_good = err_set(e, ERR_INTERNAL, "%s: the database gave no number", doing);
	}
	PQclear(r);
	return is_good;
}

/* --- Opening
 * ------------------------------------------------------------------------------------------------------------ */

static void close_conn(void *conn)
{
	struct pg_transfer *x = conn;
	if (x) {
		PQfreemem(x->row);
		pg_forget(&x->c); /* the server takes back what was not committed */
		buf_release(&x->ready);
		mem_free(x);
	}
}

static bool open_conn(struct store *s, void **conn, struct err *e)
{
	struct pg_transfer *x = mem_alloc(1, sizeof *x);
	*conn = NULL;
	if (x == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a copy");
	}
	buf_init(&x->ready, ROW_MAX);
	if (!pg_conn_init(s->state, &x->c, e) || !pg_connect(&x->c, e) || PQexitPipelineMode(x->c.pg) != 1 ||
	    !plain(x, "a session's settings",
	           "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = '12s';"
	           "set synchronous_commit = off; set work_mem = '64MB'; set maintenance_work_mem = '128MB';"
	           "set client_min_messages = warning",
	           PGRES_COMMAND_OK, e)) {
		close_conn(x);
		return false;
	}
	*conn = x;
	return true;
}

/* --- Transactions
 * ------------------------------------------------------------------------------------------------------- */

static bool lock_all(struct pg_transfer *x, struct err *e)
{
	const struct store *s = x->c.owner->store;
	struct buf sql;
	bool is_good = true;
	buf_init(&sql, SQL_MAX);
	for (int i = 0; s->schemas[i]; i++) {
		for (size_t k = 0; k < s->schemas[i]->tables_n; k++) {
			buf_printf(&sql, "%s%s", sql.n > 0 ? ", " : "lock table ", s->schemas[i]->tables[k].name);
		}
	}
	buf_put_c(&sql, " in share mode");
	const char *text = buf_cstr(&sql);
	is_good = buf_ok(&sql, e) && plain(x, "closing the tables", text, PGRES_COMMAND_OK, e);
	buf_release(&sql);
	return is_good;
}

/* The gate reads the table standing in each write's transaction, which keeps ACCESS SHARE on it to its end: so the
 * exclusive lock is granted when all of them have ended, and those that come after wait for it and read the new row.
 * SHARE on all tables, because a program may write that knows no gate; SHARE ROW EXCLUSIVE on one, because two fences
 * exclude each other. */
static bool begin(void *conn, enum transfer_begin what, struct err *e)
{
	struct pg_transfer *x = conn;
	switch (what) {
	case TRANSFER_WRITE:
		return plain(x, "a transaction", "begin isolation level read committed read write", PGRES_COMMAND_OK, e);
	case TRANSFER_READ:
		return plain(x, "a transaction", "begin isolation level repeatable read read only", PGRES_COMMAND_OK, e);
	case TRANSFER_STANDING:
		return plain(x, "a transaction", "begin isolation level read committed read write", PGRES_COMMAND_OK, e) &&
		       plain(x, "waiting for the writes under way (is a copy running?)",
		             "lock table standing in access exclusive mode", PGRES_COMMAND_OK, e);
	case TRANSFER_FENCE:
		return plain(x, "a transaction", "begin isolation level repeatable read read write", PGRES_COMMAND_OK, e) &&
		       plain(x, "closing the tables (is another copy running?)",
		             "lock table standing in share row exclusive mode", PGRES_COMMAND_OK, e) &&
		       lock_all(x, e);
	}
	return false;
}

static void read_end(void *conn)
{
	struct pg_transfer *x = conn;
	PQfreemem(x->row);
	x->row = NULL;
	x->is_reading = false;
}

static bool commit(void *conn, struct err *e)
{
	struct pg_transfer *x = conn;
	x->c.was_warned = false;
	if (!plain(x, "commit", "commit", PGRES_COMMAND_OK, e)) {
		if (x->c.is_lost) {
			e->code = ERR_UNKNOWN;
		}
		return false;
	}
	return !x->c.was_warned || err_set(e, ERR_UNKNOWN, "commit: the server warned, so its outcome is not known");
}

static void roll_back(void *conn)
{
	struct pg_transfer *x = conn;
	struct err ignored;
	if (x->is_reading) {
		x->c.is_lost = true;
	}
	if (!x->c.is_lost && PQtransactionStatus(x->c.pg) != PQTRANS_IDLE &&
	    !plain(x, "rollback", "rollback", PGRES_COMMAND_OK, &ignored)) {
		x->c.is_lost = true; /* in the middle of a COPY: closing the connection ends it */
	}
}

static bool be_durable(void *conn, struct err *e)
{
	return plain(conn, "a setting", "set synchronous_commit = on", PGRES_COMMAND_OK, e);
}

static void enter(void *conn, struct tx *tx)
{
	struct pg_transfer *x = conn;
	x->c.failed = PG_FINE;
	x->c.tx = tx;
	if (PQenterPipelineMode(x->c.pg) != 1) {
		pg_note(&x->c, NULL, "a statement");
	}
}

static bool leave(void *conn, struct err *e)
{
	struct pg_transfer *x = conn;
	struct err why;
	bool is_good = pg_settle(&x->c, &why);
	pg_finish_all(&x->c);
	if (PQexitPipelineMode(x->c.pg) != 1 && is_good) {
		is_good = err_set(&why, ERR_INTERNAL, "leaving the pipeline: %s", PQerrorMessage(x->c.pg));
	}
	if (!is_good) {
		*e = why;
	}
	return is_good;
}

static void *statements(void *conn)
{
	struct pg_transfer *x = conn;
	return &x->c;
}

/* --- Reading
 * ------------------------------------------------------------------------------------------------------------ */

static bool put_literal(struct pg_transfer *x, struct buf *sql, enum store_type type, const struct row_field *f)
{
	if (row_number_bytes(type) > 0) {
		buf_printf(sql, "%lld", (long long)row_number(f));
	} else if (type == STORE_BYTES) {
		buf_put_c(sql, "'\\x");
		buf_put_hex(sql, f->bytes.p, f->bytes.n);
		buf_put_c(sql, "'::bytea");
	} else {
		char *literal = PQescapeLiteral(x->c.pg, f->bytes.p, f->bytes.n);
		buf_put_c(sql, literal ? literal : "");
		buf_put_c(sql, " collate \"C\"");
		PQfreemem(literal);
		return literal != NULL;
	}
	return true;
}

static bool put_after(struct pg_transfer *x, struct buf *sql, struct str after)
{
	const struct store_table *t = x->table;
	size_t key[ROW_KEY_MAX], n = row_key(t, key), given = 0;
	struct row_field f;
	bool is_good = row_columns(&after, &given) && given == n;
	buf_put_c(sql, " where (");
	transfer_put_key(sql, t);
	buf_put_c(sql, ") > (");
	for (size_t i = 0; is_good && i < n; i++) {
		buf_put_c(sql, i > 0 ? ", " : "");
		is_good = row_next(&after, &f) && put_literal(x, sql, row_stored_type(&t->columns[key[i]]), &f);
	}
	buf_put_byte(sql, ')');
	return is_good;
}

static bool read_begin(void *conn, const struct store_table *t, bool is_ordered, struct str after, struct err *e)
{
	struct pg_transfer *x = conn;
	struct buf sql;
	bool is_good = true;
	x->table = t;
	buf_init(&sql, SQL_MAX);
	buf_put_c(&sql, "copy (select ");
	transfer_put_columns(&sql, t);
	buf_printf(&sql, " from %s", t->name);
	if (after.n > 0 && !put_after(x, &sql, after)) {
		is_good = err_set(e, ERR_CORRUPT, "table %s: the place where its copy stopped cannot be read", t->name);
	}
	if (is_ordered) {
		buf_put_c(&sql, " order by ");
		transfer_put_key(&sql, t);
	}
	buf_put_c(&sql, ") to stdout (format binary)");
	const char *text = buf_cstr(&sql);
	is_good = is_good && buf_ok(&sql, e) && plain(x, t->name, text, PGRES_COPY_OUT, e);
	buf_release(&sql);
	x->is_reading = is_good;
	x->is_at_head = true; /* the head is still to come */
	return is_good;
}

/* The rest of a COPY's answers. */
static bool end_copy(struct pg_transfer *x, struct err *e)
{
	bool is_good = true;
	PGresult *r;
	while ((r = PQgetResult(x->c.pg)) != NULL) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK && is_good) {
			is_good = take_error(x, r, x->table->name, e);
		}
		PQclear(r);
	}
	return is_good;
}

static bool read_next(void *conn, struct str *row, bool *has_row, struct err *e)
{
	struct pg_transfer *x = conn;
	*has_row = false;
	while (x->is_reading) {
		PQfreemem(x->row);
		x->row = NULL;
		int n = PQgetCopyData(x->c.pg, &x->row, 0);
		if (n < 0) {
			x->is_reading = false;
			return end_copy(x, e);
		}
		struct str got = str_from(x->row, (size_t)n);
		if (x->is_at_head) {
			x->is_at_head = false;
			if (got.n < sizeof head || memcmp(got.p, head, sizeof head) != 0) {
				return err_set(e, ERR_INTERNAL, "table %s: the database sends rows in a form that is not known",
				               x->table->name);
			}
			got = str_sub(got, sizeof head, SIZE_MAX);
		}
		if (got.n > sizeof tail) {
			*row = got;
			*has_row = true;
			return true;
		}
	}
	return true;
}

static bool count(void *conn, const struct store_table *t, int64_t most, int64_t *rows, struct err *e)
{
	char sql[200];
	snprintf(sql, sizeof sql,
	         most == INT64_MAX ? "select count(*) from %s" : "select count(*) from (select 1 from %s limit %lld) x",
	         t->name, (long long)most);
	return number(conn, t->name, sql, rows, e);
}

/* --- Loading
 * ------------------------------------------------------------------------------------------------------------ */

static bool send(struct pg_transfer *x, struct err *e)
{
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", x->table->name);
	}
	if (x->ready.n > 0 && PQputCopyData(x->c.pg, x->ready.p, (int)x->ready.n) != 1) {
		return take_error(x, NULL, x->table->name, e);
	}
	buf_reset(&x->ready);
	return true;
}

static bool load_begin(void *conn, const struct store_table *t, struct err *e)
{
	struct pg_transfer *x = conn;
	struct buf sql;
	x->table = t;
	buf_init(&sql, SQL_MAX);
	buf_printf(&sql, "copy %s (", t->name);
	transfer_put_columns(&sql, t);
	buf_put_c(&sql, ") from stdin (format binary)");
	const char *text = buf_cstr(&sql);
	bool is_good = buf_ok(&sql, e) && plain(x, t->name, text, PGRES_COPY_IN, e);
	buf_release(&sql);
	buf_reset(&x->ready);
	buf_put_bytes(&x->ready, head, sizeof head);
	return is_good;
}

static bool load_row(void *conn, struct str row, struct err *e)
{
	struct pg_transfer *x = conn;
	buf_put(&x->ready, row);
	return buf_ok(&x->ready, e) && (x->ready.n < SEND_BYTES || send(x, e));
}

static bool load_end(void *conn, struct err *e)
{
	struct pg_transfer *x = conn;
	buf_put_bytes(&x->ready, tail, sizeof tail);
	if (!buf_ok(&x->ready, e) || !send(x, e)) {
		return false;
	}
	if (PQputCopyEnd(x->c.pg, NULL) != 1) {
		return take_error(x, NULL, x->table->name, e);
	}
	return end_copy(x, e);
}

static bool run_sql(void *conn, const char *sql, struct err *e)
{
	return plain(conn, "an index", sql, PGRES_COMMAND_OK, e);
}

/* The table's foreign keys, as tools/sqlgen names them; `made`: those are made again. */
static bool each_reference(struct pg_transfer *x, const struct store_table *t, bool is_made, struct err *e)
{
	struct str rest = str_of(t->layout), column;
	struct layout_line l;
	struct buf sql;
	bool is_good = true;
	buf_init(&sql, SQL_MAX);
	for (int i = 0; is_good && layout_next(&rest, &l);) {
		if (l.kind != LAYOUT_REFERS) {
			continue;
		}
		buf_reset(&sql);
		buf_printf(&sql, "alter table %s drop constraint if exists %s_refers_%d", t->name, t->name, ++i);
		if (is_made) {
			buf_printf(&sql, ", add constraint %s_refers_%d foreign key (", t->name, i);
			for (const char *between = ""; str_next(&l.columns, ' ', &column); between = ", ") {
				buf_printf(&sql, "%s%.*s", between, STR_ARG(column));
			}
			buf_printf(&sql, ") references %.*s (", STR_ARG(l.table));
			for (const char *between = ""; str_next(&l.to, ' ', &column); between = ", ") {
				buf_printf(&sql, "%s%.*s", between, STR_ARG(column));
			}
			buf_put_byte(&sql, ')');
		}
		const char *text = buf_cstr(&sql);
		is_good = buf_ok(&sql, e) && plain(x, t->name, text, PGRES_COMMAND_OK, e);
	}
	buf_release(&sql);
	return is_good;
}

static bool undress(void *conn, const struct store_table *t, struct err *e)
{
	return each_reference(conn, t, false, e) && transfer_each_index(t, false, run_sql, conn, e);
}

static bool dress(void *conn, const struct store_table *t, struct err *e)
{
	return transfer_each_index(t, true, run_sql, conn, e);
}

static bool tie(void *conn, const struct store_table *t, struct err *e)
{
	return each_reference(conn, t, true, e);
}

const struct transfer_engine postgres_transfer = {
	.kind = "PostgreSQL",
	.has_blobs_in_rows = true,
	.open = open_conn,
	.close = close_conn,
	.begin = begin,
	.commit = commit,
	.rollback = roll_back,
	.be_durable = be_durable,
	.enter = enter,
	.leave = leave,
	.statements = statements,
	.read_begin = read_begin,
	.read_next = read_next,
	.read_end = read_end,
	.count = count,
	.load_begin = load_begin,
	.load_row = load_row,
	.load_end = load_end,
	.undress = undress,
	.dress = dress,
	.tie = tie,
};
