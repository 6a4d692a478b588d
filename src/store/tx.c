#include "store/tx.h"

#include "base/fault.h"
#include "store/column_keys.h"
#include "store/engine.h"

int64_t tx_route(const struct tx *tx)
{
	return tx->route;
}

struct arena *tx_arena(struct tx *tx)
{
	return tx->arena;
}

void tx_result(struct tx *tx, int index, int64_t value)
{
	must(index >= 0 && index < 4);
	tx->result[index] = value;
	tx->has_result = true;
}

int64_t tx_now_us(const struct tx *tx)
{
	return tx->now_us;
}

bool tx_break(struct tx *tx, const struct err *why)
{
	if (!tx->is_broken) {
		tx->is_broken = true;
		tx->err = *why;
	}
	return false;
}

static void fail(struct tx_query *q, const struct err *why)
{
	q->failed = true;
	tx_break(q->tx, why);
}

/* The rules of design.md section 4: a job begins with its root row; writes only in write jobs; scatter statements only
 * where nobody waits for one party's rows. */
static bool obeys_rules(const struct tx *tx, const struct store_statement *s, struct err *e)
{
	if (tx->is_own) {
		return true;
	}
	if (s->is_write && !tx->is_write) {
		return err_set(e, ERR_USAGE, "statement %s writes, but the job only reads", s->name);
	}
	if (tx->is_write && !tx->has_begun && !s->is_root && !s->is_scatter) {
		return err_set(e, ERR_USAGE, "statement %s begins a job, but is not a root statement", s->name);
	}
	if (s->is_scatter && (tx->is_answering || (tx->route != 0 && !tx->is_background))) {
		return err_set(e, ERR_USAGE, "statement %s reaches all routes, but %s", s->name,
		               tx->is_answering ? "the thread answers requests" : "the job has one route");
	}
	if (s->is_scatter && s->route == 0 && tx->is_write) {
		return err_set(e, ERR_USAGE, "statement %s reaches all places, but a job writes in one", s->name);
	}
	return true;
}

void tx_open(struct tx_query *q, struct tx *tx, const struct store_statement *s)
{
	q->tx = tx;
	q->statement = s;
	q->handle = NULL;
	q->rows = 0;
	q->failed = tx->is_broken;
	q->is_done = false;
	q->key_n = 0;
	store_meanwhile(tx);
	q->failed = tx->is_broken;
	if (q->failed) {
		return;
	}
	struct err e;
	q->slot = store_slot(tx->store, s);
	if (q->slot < 0) {
		err_set(&e, ERR_USAGE, "statement %s belongs to a room whose schema the store was not opened with", s->name);
		fail(q, &e);
	} else if (!obeys_rules(tx, s, &e) || !tx->store->engine->prepare(tx->conn, s, q->slot, &q->handle, &e)) {
		fail(q, &e);
	} else {
		tx->has_begun = true;
	}
}

static void bound(struct tx_query *q, bool is_bound, int at)
{
	if (!is_bound) {
		struct err e;
		err_set(&e, ERR_MEMORY, "parameter %d of statement %s cannot be bound", at, q->statement->name);
		fail(q, &e);
	}
}

void tx_bind_i64(struct tx_query *q, int at, int64_t v)
{
	if (q->failed) {
		return;
	}
	struct tx *tx = q->tx;
	/* Reads of route 0 see everything; background jobs may say (scatter) that they work on several routes of a place.
	 */
	bool is_any = tx->is_own || (tx->route == 0 && !tx->is_write && !tx->is_answering);
	bool is_scattered = q->statement->is_scatter && tx->route != 0;
	if (at == q->statement->route && v != tx->route && !is_any &&
	    !(is_scattered && store_place(tx->store, v) == store_place(tx->store, tx->route))) {
		struct err e;
		err_set(&e, ERR_USAGE, "statement %s goes to another %s than its job", q->statement->name,
		        is_scattered ? "place" : "route");
		fail(q, &e);
		return;
	}
	tx->bound_bytes += sizeof v;
	bound(q, tx->store->engine->bind_i64(q->handle, at, v), at);
}

/* The rows struct of a statement with many rows outlives the call that bound its text. */
static bool is_copied(const struct tx_query *q)
{
	return q->statement->kind == STORE_MANY;
}

void tx_bind_text(struct tx_query *q, int at, struct str s)
{
	if (!q->failed) {
		q->tx->bound_bytes += s.n;
		bound(q, q->tx->store->engine->bind_text(q->handle, at, s, is_copied(q)), at);
	}
}

void tx_bind_bytes(struct tx_query *q, int at, struct str s)
{
	if (!q->failed) {
		q->tx->bound_bytes += s.n;
		bound(q, q->tx->store->engine->bind_bytes(q->handle, at, s, is_copied(q)), at);
	}
}

void tx_bind_null(struct tx_query *q, int at)
{
	if (!q->failed) {
		bound(q, q->tx->store->engine->bind_null(q->handle, at), at);
	}
}

void tx_bind_list(struct tx_query *q, int at, const int64_t *v, size_t n)
{
	if (n > STORE_LIST_MAX && !q->failed) {
		struct err e;
		err_set(&e, ERR_USAGE, "statement %s: %zu values in a list of at most %d", q->statement->name, n,
		        STORE_LIST_MAX);
		fail(q, &e);
		return;
	}
	for (size_t i = 0; i < STORE_LIST_MAX && !q->failed; i++) {
		int number = at + (int)i;
		bound(q,
		      i < n ? q->tx->store->engine->bind_i64(q->handle, number, v[i])
		            : q->tx->store->engine->bind_null(q->handle, number),
		      number);
	}
}

bool tx_next(struct tx_query *q)
{
	if (q->failed || q->is_done || q->tx->is_broken) {
		return false;
	}
	struct err e;
	bool has_row = false;
	if (!q->tx->store->engine->step(q->tx->conn, q->handle, &has_row, &e)) {
		fail(q, &e);
		return false;
	}
	q->rows += has_row;
	q->is_done = !has_row;
	return has_row;
}

bool tx_is_null(struct tx_query *q, int column)
{
	return q->failed || q->tx->store->engine->column_is_null(q->handle, column);
}

int64_t tx_i64(struct tx_query *q, int column)
{
	return q->failed ? 0 : q->tx->store->engine->column_i64(q->handle, column);
}

static void fail_full(struct tx_query *q)
{
	struct err e;
	err_set(&e, ERR_MEMORY, "statement %s: its rows need more memory than the job may have", q->statement->name);
	fail(q, &e);
}

struct str tx_str(struct tx_query *q, int column)
{
	if (q->failed) {
		return STR_EMPTY;
	}
	struct str s = q->tx->store->engine->column_bytes(q->handle, column);
	if (s.n == 0) {
		return STR_EMPTY;
	}
	s = arena_copy(q->tx->arena, s);
	if (q->tx->arena->is_full) {
		fail_full(q);
	}
	return s;
}

bool tx_close(struct tx_query *q, struct err *e)
{
	if (q->handle) {
		q->tx->store->engine->finish(q->tx->conn, q->handle, q->slot);
		q->handle = NULL;
	}
	bool failed = q->failed;
	q->failed = true; /* a closed query gives no more rows */
	if (failed && e) {
		*e = q->tx->err;
	}
	return !failed;
}

bool tx_close_one(struct tx_query *q, struct err *e)
{
	int64_t rows = q->rows;
	if (!tx_close(q, e)) {
		return false;
	}
	return rows > 0 || err_set(e, ERR_NOT_FOUND, "statement %s found no row", q->statement->name);
}

bool tx_counted(struct tx *tx, const struct store_statement *s, int64_t rows, struct err *e)
{
	if (s->rows == STORE_ANY_ROWS || rows == s->rows) {
		return true;
	}
	if (tx->wrong_count_of == NULL) {
		tx->wrong_count_of = s;
	}
	return err_set(e, ERR_CONFLICT, "statement %s affected %lld rows, not %lld", s->name, (long long)rows,
	               (long long)s->rows);
}

bool tx_exec(struct tx_query *q, int64_t *rows, struct err *e)
{
	int64_t affected = 0;
	if (!q->failed && !q->tx->is_broken) {
		struct tx *tx = q->tx;
		struct err why;
		if (!tx->store->engine->exec(tx->conn, q->handle, rows != NULL, &affected, &why) ||
		    (affected != ROWS_LATER && !tx_counted(tx, q->statement, affected, &why))) {
			fail(q, &why);
		}
	}
	if (rows) {
		*rows = affected;
	}
	return tx_close(q, e);
}

/* --- Encrypted columns
 * -------------------------------------------------------------------------------------------------- */

static void add_key(struct tx_query *q, const void *p, size_t n)
{
	must(n <= sizeof q->key - q->key_n);
	memcpy(q->key + q->key_n, p, n);
	q->key_n += n;
}

void tx_key(struct tx_query *q, const char *table_dot_column)
{
	q->key_n = 0;
	add_key(q, table_dot_column, strlen(table_dot_column));
}

/* Each part begins with a byte that says its kind and (for text) its length, so that no two keys read alike. */
void tx_key_i64(struct tx_query *q, int64_t v)
{
	uint8_t part[9] = {0};
	for (int i = 0; i < 8; i++) {
		part[1 + i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	}
	add_key(q, part, sizeof part);
}

enum { KEY_TEXT_MAX = 40, KEY_HASHED = 255 };

void tx_key_str(struct tx_query *q, struct str s)
{
	uint8_t head = s.n <= KEY_TEXT_MAX ? (uint8_t)(s.n + 1) : KEY_HASHED;
	add_key(q, &head, 1);
	if (s.n <= KEY_TEXT_MAX) {
		add_key(q, s.p, s.n);
	} else {
		uint8_t digest[SHA256_BYTES];
		sha256_of(s, digest);
		add_key(q, digest, sizeof digest);
	}
}

static const struct column_keys *keys_of(struct tx_query *q)
{
	const struct column_keys *k = q->tx->store->column_keys;
	if (k == NULL) {
		struct err e;
		err_set(&e, ERR_CONFIG, "statement %s needs the keys of encrypted columns, which are not loaded",
		        q->statement->name);
		fail(q, &e);
	}
	return k;
}

void tx_bind_sealed(struct tx_query *q, int at, struct str plain)
{
	const struct column_keys *k = q->failed ? NULL : keys_of(q);
	if (k == NULL) {
		return;
	}
	struct str sealed;
	struct err e;
	if (!column_seal(k, q->tx->arena, str_from(q->key, q->key_n), plain, &sealed, &e)) {
		fail(q, &e);
		return;
	}
	tx_bind_bytes(q, at, sealed);
}

void tx_bind_sealed_i64(struct tx_query *q, int at, int64_t plain)
{
	char bytes[8];
	for (int i = 0; i < 8; i++) {
		bytes[i] = (char)((uint64_t)plain >> (56 - 8 * i));
	}
	tx_bind_sealed(q, at, str_from(bytes, sizeof bytes));
	mem_wipe(bytes, sizeof bytes);
}

struct str tx_sealed(struct tx_query *q, int column)
{
	const struct column_keys *k = q->failed || tx_is_null(q, column) ? NULL : keys_of(q);
	if (k == NULL) {
		return STR_EMPTY;
	}
	struct str plain, sealed = q->tx->store->engine->column_bytes(q->handle, column);
	struct err e;
	if (!column_open(k, q->tx->arena, str_from(q->key, q->key_n), sealed, &plain, &e)) {
		fail(q, &e);
		return STR_EMPTY;
	}
	return plain;
}

int64_t tx_sealed_i64(struct tx_query *q, int column)
{
	struct str plain = tx_sealed(q, column);
	uint64_t v = 0;
	if (plain.n != 8) {
		if (!q->failed && !tx_is_null(q, column)) {
			struct err e;
			err_set(&e, ERR_CORRUPT, "statement %s: an encrypted number has %zu bytes", q->statement->name, plain.n);
			fail(q, &e);
		}
		return 0;
	}
	for (int i = 0; i < 8; i++) {
		v = v << 8 | (uint8_t)plain.p[i];
	}
	return (int64_t)v;
}

struct str tx_column_hash(struct tx *tx, struct str what, struct str plain)
{
	struct err e;
	char *hash = arena_new(tx->arena, char, 32);
	if (tx->store->column_keys == NULL) {
		err_set(&e, ERR_CONFIG, "the keys of hashed columns are not loaded");
		tx_break(tx, &e);
		return STR_EMPTY;
	}
	if (hash == NULL) {
		err_set(&e, ERR_MEMORY, "a hash needs more memory than the job may have");
		tx_break(tx, &e);
		return STR_EMPTY;
	}
	column_hash(tx->store->column_keys, what, plain, (uint8_t *)hash);
	return str_from(hash, 32);
}
