/* SQLite's part in copying a whole town: a connection beside the writer's, since the file may be in use. */
#include <stdio.h>

#include "base/fault.h"
#include "store/layout.h"
#include "store/sqlite.h"
#include "store/transfer_engine.h"

enum { SQL_MAX = 16384, ROW_MAX = 256 << 20 };

struct sqlite_transfer {
	struct sqlite_conn c;
	const struct store_table *table; /* that is read or loaded */
	sqlite3_stmt *reading, *loading;
	struct buf row;
};

static bool open_conn(struct store *s, void **conn, struct err *e)
{
	struct sqlite_transfer *x = mem_alloc(1, sizeof *x);
	*conn = NULL;
	if (x == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a copy");
	}
	buf_init(&x->row, ROW_MAX);
	if (!conn_open(s->state, &x->c, CONN_TRANSFER, e)) {
		mem_free(x);
		return false;
	}
	*conn = x;
	return true;
}

static void end_reading(void *conn)
{
	struct sqlite_transfer *x = conn;
	sqlite3_finalize(x->reading);
	x->reading = NULL;
}

static void end_loading(struct sqlite_transfer *x)
{
	sqlite3_finalize(x->loading);
	x->loading = NULL;
}

static void close_conn(void *conn)
{
	struct sqlite_transfer *x = conn;
	if (x) {
		end_reading(x);
		end_loading(x);
		conn_rollback(&x->c);
		conn_close(&x->c);
		buf_release(&x->row);
		mem_free(x);
	}
}

/* --- Transactions
 * ------------------------------------------------------------------------------------------------------- */

/* One writer at a time: an immediate transaction waits for the one before, and whoever comes after sees what it did. */
static bool begin(void *conn, enum transfer_begin what, struct err *e)
{
	struct sqlite_transfer *x = conn;
	return conn_do(&x->c, what == TRANSFER_READ ? BEGIN_READ : BEGIN_WRITE, e);
}

static bool commit(void *conn, struct err *e)
{
	struct sqlite_transfer *x = conn;
	end_reading(x);
	end_loading(x);
	return conn_do(&x->c, COMMIT, e);
}

static void roll_back(void *conn)
{
	struct sqlite_transfer *x = conn;
	end_reading(x);
	end_loading(x);
	conn_rollback(&x->c);
}

static bool be_durable(void *conn, struct err *e)
{
	struct sqlite_transfer *x = conn;
	return conn_exec(&x->c, "a setting", "pragma synchronous = full", e);
}

static void enter(void *conn, struct tx *tx)
{
	(void)conn;
	(void)tx;
}

static bool leave(void *conn, struct err *e)
{
	(void)e;
	struct sqlite_transfer *x = conn;
	conn_finish_all(&x->c);
	return true;
}

static void *statements(void *conn)
{
	struct sqlite_transfer *x = conn;
	return &x->c;
}

/* --- Reading
 * ------------------------------------------------------------------------------------------------------------ */

static bool prepare(struct sqlite_transfer *x, struct buf *sql, sqlite3_stmt **out, struct err *e)
{
	const char *text = buf_cstr(sql);
	if (!buf_ok(sql, e)) {
		return false;
	}
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", x->table->name);
	}
	int rc = sqlite3_prepare_v2(x->c.db, text, -1, out, NULL);
	return rc == SQLITE_OK || conn_fail(&x->c, rc, x->table->name, e);
}

static bool bind(sqlite3_stmt *st, int at, enum store_type type, const struct row_field *f)
{
	int rc;
	if (f->is_null) {
		rc = sqlite3_bind_null(st, at);
	} else if (row_number_bytes(type) > 0) {
		rc = sqlite3_bind_int64(st, at, row_number(f));
	} else if (type == STORE_BYTES) {
		rc = sqlite3_bind_blob64(st, at, f->bytes.p, f->bytes.n, SQLITE_STATIC);
	} else {
		rc = sqlite3_bind_text64(st, at, f->bytes.p, f->bytes.n, SQLITE_STATIC, SQLITE_UTF8);
	}
	return rc == SQLITE_OK;
}

static bool read_begin(void *conn, const struct store_table *t, bool is_ordered, struct str after, struct err *e)
{
	struct sqlite_transfer *x = conn;
	struct buf sql;
	size_t key[ROW_KEY_MAX], n = row_key(t, key), given = 0;
	x->table = t;
	end_reading(x);
	buf_init(&sql, SQL_MAX);
	buf_put_c(&sql, "select ");
	transfer_put_columns(&sql, t);
	buf_printf(&sql, " from %s", t->name);
	if (after.n > 0) {
		buf_put_c(&sql, " where (");
		transfer_put_key(&sql, t);
		buf_put_c(&sql, ") > (");
		for (size_t i = 0; i < n; i++) {
			buf_put_c(&sql, i > 0 ? ", ?" : "?");
		}
		buf_put_byte(&sql, ')');
	}
	if (is_ordered) {
		buf_put_c(&sql, " order by ");
		transfer_put_key(&sql, t);
	}
	bool is_good = prepare(x, &sql, &x->reading, e);
	buf_release(&sql);
	if (!is_good || after.n == 0) {
		return is_good;
	}
	struct row_field f;
	is_good = row_columns(&after, &given) && given == n;
	for (size_t i = 0; is_good && i < n; i++) {
		is_good = row_next(&after, &f) && bind(x->reading, (int)i + 1, row_stored_type(&t->columns[key[i]]), &f);
	}
	return is_good || err_set(e, ERR_CORRUPT, "table %s: the place where its copy stopped cannot be read", t->name);
}

static bool read_next(void *conn, struct str *row, bool *has_row, struct err *e)
{
	struct sqlite_transfer *x = conn;
	const struct store_table *t = x->table;
	*has_row = false;
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", t->name);
	}
	int rc = sqlite3_step(x->reading);
	if (rc != SQLITE_ROW) {
		return rc == SQLITE_DONE || conn_fail(&x->c, rc, t->name, e);
	}
	buf_reset(&x->row);
	row_begin(&x->row, t->columns_n);
	for (int i = 0; i < (int)t->columns_n; i++) {
		enum store_type type = row_stored_type(&t->columns[i]);
		if (sqlite3_column_type(x->reading, i) == SQLITE_NULL) {
			row_put_null(&x->row);
		} else if (row_number_bytes(type) > 0) {
			row_put_number(&x->row, type, sqlite3_column_int64(x->reading, i));
		} else {
			const void *p = sqlite3_column_blob(x->reading, i); /* of a text: its UTF-8 */
			row_put_bytes(&x->row, str_from(p ? p : "", (size_t)sqlite3_column_bytes(x->reading, i)));
		}
	}
	*row = buf_str(&x->row);
	*has_row = true;
	return buf_ok(&x->row, e);
}

static bool count(void *conn, const struct store_table *t, int64_t most, int64_t *rows, struct err *e)
{
	struct sqlite_transfer *x = conn;
	char sql[200];
	snprintf(sql, sizeof sql,
	         most == INT64_MAX ? "select count(*) from %s" : "select count(*) from (select 1 from %s limit %lld)",
	         t->name, (long long)most);
	return conn_number(&x->c, t->name, sql, rows, e);
}

/* --- Loading
 * ------------------------------------------------------------------------------------------------------------ */

static bool load_begin(void *conn, const struct store_table *t, struct err *e)
{
	struct sqlite_transfer *x = conn;
	struct buf sql;
	x->table = t;
	end_loading(x);
	buf_init(&sql, SQL_MAX);
	buf_printf(&sql, "insert into %s (", t->name);
	transfer_put_columns(&sql, t);
	buf_put_c(&sql, ") values (");
	for (size_t i = 0; i < t->columns_n; i++) {
		buf_put_c(&sql, i > 0 ? ", ?" : "?");
	}
	buf_put_byte(&sql, ')');
	bool is_good = prepare(x, &sql, &x->loading, e);
	buf_release(&sql);
	return is_good;
}

static bool load_row(void *conn, struct str row, struct err *e)
{
	struct sqlite_transfer *x = conn;
	const struct store_table *t = x->table;
	struct row_field f;
	size_t n = 0;
	bool is_good = row_columns(&row, &n) && n == t->columns_n;
	for (size_t i = 0; is_good && i < n; i++) {
		is_good = row_next(&row, &f) && bind(x->loading, (int)i + 1, row_stored_type(&t->columns[i]), &f);
	}
	if (!is_good) {
		return err_set(e, ERR_INTERNAL, "a row of table %s has another form than its columns", t->name);
	}
	if (fault_here(FAULT_SQL)) {
		return err_set(e, ERR_IO, "%s: a fault was asked for", t->name);
	}
	int rc = sqlite3_step(x->loading);
	is_good = rc == SQLITE_DONE || conn_fail(&x->c, rc, t->name, e);
	sqlite3_reset(x->loading);
	return is_good;
}

static bool load_end(void *conn, struct err *e)
{
	(void)e;
	end_loading(conn);
	return true;
}

static bool run_sql(void *conn, const char *sql, struct err *e)
{
	struct sqlite_transfer *x = conn;
	return conn_exec(&x->c, "an index", sql, e);
}

static bool undress(void *conn, const struct store_table *t, struct err *e)
{
	return transfer_each_index(t, false, run_sql, conn, e);
}

static bool dress(void *conn, const struct store_table *t, struct err *e)
{
	return transfer_each_index(t, true, run_sql, conn, e);
}

/* References are part of the table; this connection does not enforce them while it loads. */
static bool tie(void *conn, const struct store_table *t, struct err *e)
{
	struct sqlite_transfer *x = conn;
	char sql[200];
	int64_t rows;
	snprintf(sql, sizeof sql, "select count(*) from pragma_foreign_key_check('%s')", t->name);
	return conn_number(&x->c, t->name, sql, &rows, e) &&
	       (rows == 0 || err_set(e, ERR_CORRUPT, "%lld rows of table %s refer to rows that are not there",
	                             (long long)rows, t->name));
}

const struct transfer_engine sqlite_transfer = {
	.kind = "SQLite",
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
	.read_end = end_reading,
	.count = count,
	.load_begin = load_begin,
	.load_row = load_row,
	.load_end = load_end,
	.undress = undress,
	.dress = dress,
	.tie = tie,
};
