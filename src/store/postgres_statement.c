/* The pipeline: statements sent, answers taken in; values in and out. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/fault.h"
#include "base/time_source.h"
#include "store/postgres.h"

enum { OID_NUMERIC = 1700 };

/* --- Sending
 * ------------------------------------------------------------------------------------------------------------ */

static bool expect(struct pg_conn *c, enum pending_kind kind, const struct store_statement *s, int slot,
                   struct pg_query *q)
{
	if (c->pending_n == c->pending_room) {
		size_t room = c->pending_room ? c->pending_room * 2 : 64;
		struct pending *more = mem_resize(c->pending, room, sizeof *more);
		if (more == NULL) {
			/* What was sent cannot be matched with its answer any more. */
			struct err e;
			err_set(&e, ERR_MEMORY, "no memory for a statement");
			pg_note_err(c, PG_FATAL, &e);
			c->is_lost = true;
			return false;
		}
		c->pending = more;
		c->pending_room = room;
	}
	c->pending[c->pending_n++] = (struct pending){kind, s, slot, q};
	return true;
}

static const char *doing(const struct pending *p)
{
	return p->statement                 ? p->statement->name
	       : p->kind == PENDING_COMMIT  ? "commit"
	       : p->kind == PENDING_CONTROL ? "a transaction"
	                                    : "a statement";
}

/* False: the connection is lost, or a fault was asked for. */
static bool may_send(struct pg_conn *c, const char *what)
{
	if (fault_here(FAULT_SQL)) {
		struct err e;
		err_set(&e, ERR_IO, "%s: a fault was asked for", what);
		pg_note_err(c, PG_FATAL, &e);
		return false;
	}
	if (c->is_lost || c->pg == NULL) {
		pg_note(c, NULL, what);
		return false;
	}
	return true;
}

static bool sent(struct pg_conn *c, int is_sent, const char *what, enum pending_kind kind,
                 const struct store_statement *s, int slot, struct pg_query *q)
{
	if (is_sent != 1) {
		pg_note(c, NULL, what);
		return false;
	}
	c->needs_sync = kind != PENDING_SYNC;
	return expect(c, kind, s, slot, q);
}

bool pg_send_control(struct pg_conn *c, const char *sql, enum pending_kind kind)
{
	return may_send(c, sql) &&
	       sent(c, PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 1), sql, kind, NULL, 0, NULL);
}

bool pg_send_sync(struct pg_conn *c)
{
	return !c->needs_sync || sent(c, PQpipelineSync(c->pg), "a statement", PENDING_SYNC, NULL, 0, NULL);
}

/* --- Taking in
 * ---------------------------------------------------------------------------------------------------------- */

/* PG_ALL_IN: PQgetResult does not block now. */
static enum pg_wait wait_for_answer(struct pg_conn *c, int64_t until_us)
{
	while (PQisBusy(c->pg)) {
		struct pollfd p = {.fd = PQsocket(c->pg), .events = POLLIN};
		int64_t left_us = until_us - pg_now_us();
		int rc = poll(&p, 1, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
		if (rc < 0 && errno == EINTR) {
			continue;
		}
		if (rc == 0) {
			return PG_LATE;
		}
		if (rc < 0 || PQconsumeInput(c->pg) != 1) {
			return PG_GONE;
		}
	}
	return PG_ALL_IN;
}

static int64_t rows_of(PGresult *r)
{
	int64_t n = 0;
	struct str s = str_of(PQcmdTuples(r));
	return s.n > 0 && str_to_i64(s, &n) ? n : 0;
}

static void check_description(struct pg_conn *c, const struct pending *p, const PGresult *r)
{
	if (PQnparams(r) != p->statement->params || PQnfields(r) != p->statement->columns) {
		struct err e;
		err_set(&e, ERR_INTERNAL, "statement %s has %d parameters and %d columns in the database, not %d and %d",
		        p->statement->name, PQnparams(r), PQnfields(r), p->statement->params, p->statement->columns);
		pg_note_err(c, PG_FATAL, &e);
	}
}

static void take_run(struct pg_conn *c, const struct pending *p, PGresult *r)
{
	struct err e;
	if (p->query) {
		p->query->result = r;
		p->query->rows = PQntuples(r);
		p->query->row = -1;
		return;
	}
	if (c->tx && !tx_counted(c->tx, p->statement, rows_of(r), &e)) {
		pg_note_err(c, PG_FATAL, &e);
	}
	PQclear(r);
}

static void take(struct pg_conn *c, const struct pending *p, PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);
	if (status == PGRES_PIPELINE_ABORTED || (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)) {
		if (status != PGRES_PIPELINE_ABORTED) {
			pg_note(c, r, doing(p));
		}
		if (p->kind == PENDING_PREPARE) {
			c->is_prepared[p->slot] = false;
		}
	} else if (p->kind == PENDING_DESCRIBE) {
		check_description(c, p, r);
	} else if (p->kind == PENDING_COMMIT) {
		/* A transaction that had failed answers ROLLBACK. */
		c->is_committed = strcmp(PQcmdStatus(r), "COMMIT") == 0;
	} else if (p->kind == PENDING_RUN) {
		take_run(c, p, r);
		return;
	}
	PQclear(r);
}

enum pg_wait pg_take_in(struct pg_conn *c, int64_t until_us)
{
	while (c->pending_from < c->pending_n) {
		const struct pending *p = &c->pending[c->pending_from];
		enum pg_wait w = c->is_lost ? PG_GONE : wait_for_answer(c, until_us);
		if (w == PG_LATE) {
			return w;
		}
		PGresult *r = w == PG_ALL_IN ? PQgetResult(c->pg) : NULL;
		if (w == PG_GONE || (r == NULL && p->kind == PENDING_SYNC) || PQstatus(c->pg) == CONNECTION_BAD) {
			pg_note(c, r, doing(p));
			PQclear(r);
			c->is_lost = true;
			return PG_GONE;
		}
		if (r == NULL) {
			c->pending_from++; /* the end of this statement's answers */
			continue;
		}
		if (p->kind == PENDING_SYNC) {
			/* Nothing stands between a statement's last answer and this one. */
			PQclear(r);
			c->pending_from++;
			continue;
		}
		take(c, p, r);
	}
	c->pending_from = c->pending_n = 0;
	return PG_ALL_IN;
}

bool pg_flush(struct pg_conn *c)
{
	if (!pg_send_sync(c)) {
		return false;
	}
	if (c->pending_n > 0) {
		atomic_fetch_add_explicit(&c->owner->round_trips, 1, memory_order_relaxed);
		enum pg_wait w = pg_take_in(c, pg_now_us() + PG_ANSWER_US);
		if (w == PG_LATE) {
			pg_note(c, NULL, "a statement"); /* its own time-outs have passed: the server is away */
		}
	}
	return c->failed == PG_FINE;
}

static bool is_fine(struct pg_conn *c, struct err *e)
{
	if (c->failed != PG_FINE) {
		*e = c->err;
		return false;
	}
	if (c->deadline_us != 0 && time_running_us(c->owner->store->time) > c->deadline_us) {
		err_set(e, ERR_BUSY, "the job took too long");
		pg_note_err(c, PG_FATAL, e);
		return false;
	}
	return true;
}

bool pg_settle(void *conn, struct err *e)
{
	struct pg_conn *c = conn;
	pg_flush(c);
	return is_fine(c, e);
}

/* --- Statements
 * --------------------------------------------------------------------------------------------------------- */

static void free_query(struct pg_query *q)
{
	if (q) {
		mem_free(q->values);
		mem_free(q->lengths);
		mem_free(q->formats);
		mem_free(q->numbers);
		mem_free(q->copies);
		mem_free(q);
	}
}

static struct pg_query *new_query(const struct store_statement *s, int slot)
{
	size_t n = (size_t)s->params + 1;
	struct pg_query *q = mem_alloc(1, sizeof *q);
	if (q == NULL) {
		return NULL;
	}
	q->statement = s;
	q->slot = slot;
	q->values = mem_alloc(n, sizeof *q->values);
	q->lengths = mem_alloc(n, sizeof *q->lengths);
	q->formats = mem_alloc(n, sizeof *q->formats);
	q->numbers = mem_alloc(n, sizeof *q->numbers);
	q->copies = mem_alloc(n, sizeof *q->copies);
	if (!q->values || !q->lengths || !q->formats || !q->numbers || !q->copies) {
		free_query(q);
		return NULL;
	}
	return q;
}

void pg_forget(struct pg_conn *c)
{
	pg_disconnect(c);
	for (int i = 0; c->query && i < c->owner->slots; i++) {
		free_query(c->query[i]);
	}
	mem_free(c->query);
	mem_free(c->is_prepared);
	mem_free(c->pending);
	arena_release(&c->arena);
}

static void close_query(struct pg_query *q)
{
	for (int i = 0; i < q->statement->params; i++) {
		if (q->copies[i]) {
			mem_wipe(q->copies[i], (size_t)q->lengths[i]);
			mem_free(q->copies[i]);
			q->copies[i] = NULL;
		}
		q->values[i] = NULL;
		q->lengths[i] = 0;
	}
	PQclear(q->result);
	q->result = NULL;
	q->is_open = q->is_sent = false;
}

/* "s" and the slot. */
struct statement_name {
	char c[16];
};

static struct statement_name name_of(int slot)
{
	struct statement_name n;
	snprintf(n.c, sizeof n.c, "s%d", slot);
	return n;
}

static bool ask_to_prepare(struct pg_conn *c, const struct store_statement *s, int slot)
{
	struct statement_name name = name_of(slot);
	if (!may_send(c, s->name) ||
	    !sent(c, PQsendPrepare(c->pg, name.c, s->postgres, 0, NULL), s->name, PENDING_PREPARE, s, slot, NULL) ||
	    !sent(c, PQsendDescribePrepared(c->pg, name.c), s->name, PENDING_DESCRIBE, s, slot, NULL)) {
		return false;
	}
	c->is_prepared[slot] = true;
	return true;
}

bool pg_prepare(void *conn, const struct store_statement *s, int slot, void **handle, struct err *e)
{
	struct pg_conn *c = conn;
	struct pg_query *q = c->query[slot];
	if (q && q->is_open) {
		return err_set(e, ERR_USAGE, "statement %s is still open in this job; close it first", s->name);
	}
	if (q == NULL) {
		q = new_query(s, slot);
		if (q == NULL) {
			return err_set(e, ERR_MEMORY, "statement %s: out of memory", s->name);
		}
		c->query[slot] = q;
	}
	if (!is_fine(c, e)) {
		return false;
	}
	if (!c->is_prepared[slot] && !ask_to_prepare(c, s, slot)) {
		*e = c->err;
		return false;
	}
	q->is_open = true;
	*handle = q;
	return true;
}

void pg_finish(void *conn, void *handle, int slot)
{
	struct pg_conn *c = conn;
	if (c->query[slot] == handle && c->query[slot]->is_open) {
		close_query(handle);
	}
}

void pg_finish_all(struct pg_conn *c)
{
	for (int i = 0; c->query && i < c->owner->slots; i++) {
		if (c->query[i] && c->query[i]->is_open) {
			close_query(c->query[i]);
		}
	}
	/* Nobody wants these rows any more. */
	for (size_t i = c->pending_from; i < c->pending_n; i++) {
		c->pending[i].query = NULL;
	}
	c->tx = NULL;
}

static bool run(struct pg_conn *c, struct pg_query *q, bool wants_result, struct err *e)
{
	const struct store_statement *s = q->statement;
	struct statement_name name = name_of(q->slot);
	if (!is_fine(c, e)) {
		return false;
	}
	if (c->pending_n >= PG_PENDING_MOST && !pg_flush(c)) {
		*e = c->err;
		return false;
	}
	bool is_sent = may_send(c, s->name) &&
	               sent(c, PQsendQueryPrepared(c->pg, name.c, s->params, q->values, q->lengths, q->formats, 1), s->name,
	                    PENDING_RUN, s, q->slot, wants_result ? q : NULL);
	q->is_sent = true;
	if (!is_sent || (wants_result && !pg_flush(c))) {
		*e = c->err;
		return false;
	}
	return true;
}

bool pg_step(void *conn, void *handle, bool *has_row, struct err *e)
{
	struct pg_conn *c = conn;
	struct pg_query *q = handle;
	*has_row = false;
	if (q->is_sent ? !is_fine(c, e) : !run(c, q, true, e)) {
		return false;
	}
	must(q->result != NULL);
	q->row++;
	*has_row = q->row < q->rows;
	return true;
}

bool pg_exec(void *conn, void *handle, bool is_needed, int64_t *rows, struct err *e)
{
	struct pg_query *q = handle;
	*rows = ROWS_LATER;
	if (!run(conn, q, is_needed, e)) {
		return false;
	}
	if (is_needed) {
		*rows = rows_of(q->result);
	}
	return true;
}

/* --- Values
 * ------------------------------------------------------------------------------------------------------------- */

bool pg_bind_i64(void *handle, int at, int64_t v)
{
	struct pg_query *q = handle;
	snprintf(q->numbers[at - 1], sizeof q->numbers[0], "%lld", (long long)v);
	q->values[at - 1] = q->numbers[at - 1];
	q->formats[at - 1] = 0;
	return true;
}

static bool bind(struct pg_query *q, int at, struct str s, bool is_copied)
{
	int i = at - 1;
	if (s.n > INT32_MAX / 2) {
		return false;
	}
	q->values[i] = s.p ? s.p : "";
	q->lengths[i] = (int)s.n;
	q->formats[i] = 1;
	if (is_copied && s.n > 0) {
		q->copies[i] = mem_alloc(s.n, 1);
		if (q->copies[i] == NULL) {
			return false;
		}
		memcpy(q->copies[i], s.p, s.n);
		q->values[i] = q->copies[i];
	}
	return true;
}

bool pg_bind_text(void *handle, int at, struct str s, bool is_copied)
{
	return bind(handle, at, s, is_copied);
}

bool pg_bind_bytes(void *handle, int at, struct str s, bool is_copied)
{
	return bind(handle, at, s, is_copied);
}

bool pg_bind_null(void *handle, int at)
{
	struct pg_query *q = handle;
	q->values[at - 1] = NULL;
	return true;
}

static int64_t big_endian(const uint8_t *p, int n)
{
	uint64_t v = p[0] & 0x80 && n > 1 ? UINT64_MAX : 0;
	for (int i = 0; i < n; i++) {
		v = v << 8 | p[i];
	}
	return (int64_t)v;
}

/* What sum() over bigint gives: digits in base 10,000, two bytes each, after count, weight of the first, sign and
 * scale. Whole numbers only. */
static int64_t from_numeric(const uint8_t *p, int n)
{
	int64_t digits = big_endian(p, 2), weight = big_endian(p + 2, 2), v = 0;
	for (int64_t i = 0; i <= weight; i++) {
		int64_t digit = i < digits && 8 + 2 * (i + 1) <= n ? big_endian(p + 8 + 2 * i, 2) : 0;
		if (__builtin_mul_overflow(v, INT64_C(10000), &v) || __builtin_add_overflow(v, digit, &v)) {
			return INT64_MAX;
		}
	}
	return big_endian(p + 4, 2) == 0x4000 ? -v : v;
}

int64_t pg_column_i64(void *handle, int column)
{
	const struct pg_query *q = handle;
	const uint8_t *p = (const uint8_t *)PQgetvalue(q->result, q->row, column);
	int n = PQgetlength(q->result, q->row, column);
	if (PQgetisnull(q->result, q->row, column)) {
		return 0;
	}
	if (PQftype(q->result, column) == OID_NUMERIC) {
		return n >= 8 ? from_numeric(p, n) : 0;
	}
	must(n == 1 || n == 2 || n == 4 || n == 8);
	return big_endian(p, n);
}

struct str pg_column_bytes(void *handle, int column)
{
	const struct pg_query *q = handle;
	return str_from(PQgetvalue(q->result, q->row, column), (size_t)PQgetlength(q->result, q->row, column));
}

bool pg_column_is_null(void *handle, int column)
{
	const struct pg_query *q = handle;
	return PQgetisnull(q->result, q->row, column) != 0;
}

/* --- Tables
 * ------------------------------------------------------------------------------------------------------------- */

bool pg_number(struct pg_conn *c, const char *what, const char *sql, const char *arg, int64_t *out, struct err *e)
{
	static const struct store_statement number = {.name = "a question to the catalogue", .rows = STORE_ANY_ROWS};
	struct pg_query q = {.statement = &number};
	const char *values[] = {arg};
	*out = 0;
	bool is_good = may_send(c, what) &&
	               sent(c, PQsendQueryParams(c->pg, sql, arg ? 1 : 0, NULL, values, NULL, NULL, 1), what, PENDING_RUN,
	                    &number, 0, &q) &&
	               pg_flush(c);
	if (is_good && q.rows > 0) {
		q.row = 0;
		*out = pg_column_i64(&q, 0);
	}
	PQclear(q.result);
	return is_fine(c, e);
}

bool pg_has_table(void *conn, const char *name, bool *out, struct err *e)
{
	int64_t n;
	if (!pg_number(conn, "looking for a table",
	               "select count(*) from pg_catalog.pg_class where relname = $1::text and relkind in ('r', 'p') and "
	               "pg_catalog.pg_table_is_visible(oid)",
	               name, &n, e)) {
		return false;
	}
	*out = n > 0;
	return true;
}

bool pg_create(void *conn, const struct store_table *t, struct err *e)
{
	struct pg_conn *c = conn;
	struct str rest = str_of(t->postgres);
	while (rest.n > 0) {
		char sql[8192];
		size_t end = str_find(rest, STR(";\n"));
		struct str one = str_sub(rest, 0, end);
		rest = end == SIZE_MAX ? STR_EMPTY : str_sub(rest, end + 2, SIZE_MAX);
		must(one.n < sizeof sql);
		memcpy(sql, one.p, one.n);
		sql[one.n] = '\0';
		if (!pg_send_control(c, sql, PENDING_CONTROL)) {
			break;
		}
	}
	pg_flush(c);
	if (c->failed == PG_FATAL && (c->err.code == ERR_CONFLICT || c->err.code == ERR_BUSY)) {
		c->failed = PG_SAFE; /* another process makes the same tables at this moment */
	}
	return is_fine(c, e);
}
