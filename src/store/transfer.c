#include "store/transfer.h"

#include <stdio.h>
#include <time.h>

#include "base/fault.h"
#include "base/rand.h"
#include "store/store.sql.h"
#include "store/transfer_inside.h"

enum { CHUNK_BYTES = 8 << 20, CHUNK_ROWS = 100000, SIDE_ARENA_BYTES = 1 << 20, LOOK_ROWS = 20000, KEY_MAX = 64 << 10 };

/* --- One side
 * ----------------------------------------------------------------------------------------------------------- */

static bool side_open(struct transfer_side *x, struct store *s, struct err *e)
{
	x->store = s;
	x->engine = s->engine->transfer;
	arena_init(&x->arena, SIDE_ARENA_BYTES);
	return x->engine ? x->engine->open(s, &x->conn, e)
	                 : err_set(e, ERR_CONFIG, "a town cannot be copied from or to a store of this kind");
}

static void side_close(struct transfer_side *x)
{
	if (x->conn) {
		x->engine->close(x->conn);
	}
	arena_release(&x->arena);
}

/* Runs a job of the store's own statements inside the transaction that is open. */
static bool side_do(struct transfer_side *x, store_job *job, void *ctx, struct err *e)
{
	struct store_request r = {.is_write = true};
	struct tx tx;
	struct err why;
	arena_reset(&x->arena);
	store_tx_init(&tx, x->store, &r, x->engine->statements(x->conn), &x->arena);
	tx.is_own = true;
	x->engine->enter(x->conn, &tx);
	bool is_good = job(&tx, ctx, e);
	if (!x->engine->leave(x->conn, &why) && is_good) {
		*e = why;
		is_good = false;
	}
	return is_good;
}

static bool side_do_in(struct transfer_side *x, enum transfer_begin what, store_job *job, void *ctx, struct err *e)
{
	if (x->engine->begin(x->conn, what, e) && side_do(x, job, ctx, e) && x->engine->commit(x->conn, e)) {
		return true;
	}
	x->engine->rollback(x->conn);
	return false;
}

/* --- Tables
 * ------------------------------------------------------------------------------------------------------------- */

/* What describes one database is not copied to another. */
static bool is_own_table(const struct store_table *t)
{
	static const char *const own[] = {"schema_table", "standing", "arrival"};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		if (strcmp(t->name, own[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* Files lie in rows beside one engine and in a folder beside the other: then they go as files. */
static bool is_copied(const struct transfer *x, const char *room, const struct store_table *t)
{
	bool are_rows_on_both = x->from.engine->has_blobs_in_rows && x->to.engine->has_blobs_in_rows;
	return !is_own_table(t) && (are_rows_on_both || strcmp(room, "blob") != 0);
}

typedef bool each_table(struct transfer *x, const struct store_table *t, struct err *e);

static bool for_each_table(struct transfer *x, each_table *each, struct err *e)
{
	const struct store *s = x->to.store;
	for (int i = 0; s->schemas[i]; i++) {
		for (size_t k = 0; k < s->schemas[i]->tables_n; k++) {
			const struct store_table *t = &s->schemas[i]->tables[k];
			if (is_copied(x, s->schemas[i]->room, t) && !each(x, t, e)) {
				return false;
			}
		}
	}
	return true;
}

bool transfer_told(struct transfer *x, const char *what, const char *doing, int64_t rows, int64_t rows_all,
                   struct err *e)
{
	struct transfer_progress p = {
		.what = what, .doing = doing, .rows = rows, .rows_all = rows_all, .done = x->done, .done_all = x->done_all};
	return x->o->progress == NULL || x->o->progress(x->o->ctx, &p) ||
	       err_set(e, ERR_BUSY, "stopped; run the same command again to go on");
}

/* --- How far
 * ------------------------------------------------------------------------------------------------------------ */

enum stage { STAGE_ROWS, STAGE_INDEXES, STAGE_COMPARING, STAGE_EQUAL };

struct arrival {
	const char *name;
	bool is_found;
	enum stage stage;
	struct rows_sum sum;
	struct buf key; /* of the last row */
};

static bool arrival_read(struct tx *tx, void *ctx, struct err *e)
{
	struct arrival *a = ctx;
	struct arrival_get_out row;
	if (!arrival_get(tx, &(struct arrival_get_in){str_of(a->name)}, &row, e)) {
		return false;
	}
	a->is_found = row.found;
	a->stage = row.found ? (enum stage)row.stage : STAGE_ROWS;
	rows_sum_get(&a->sum, row.found ? row.rows : 0, row.found ? row.sum : STR_EMPTY);
	buf_reset(&a->key);
	buf_put(&a->key, row.found ? row.last_key : STR_EMPTY);
	return buf_ok(&a->key, e);
}

static bool arrival_write(struct tx *tx, void *ctx, struct err *e)
{
	const struct arrival *a = ctx;
	uint8_t sum[ROWS_SUM_BYTES];
	rows_sum_put(&a->sum, sum);
	struct arrival_put_in in = {.name = str_of(a->name),
	                            .stage = a->stage,
	                            .last_key = buf_str(&a->key),
	                            .rows = a->sum.rows,
	                            .sum = str_from(sum, sizeof sum)};
	return arrival_put(tx, &in, e);
}

/* --- One table
 * ---------------------------------------------------------------------------------------------------------- */

/* One transaction of TO: up to a chunk of rows and the row that says so. */
static bool load_chunk(struct transfer *x, const struct store_table *t, struct arrival *a, bool *is_end, struct err *e)
{
	const struct transfer_engine *from = x->from.engine, *to = x->to.engine;
	size_t bytes = 0;
	bool has_row = true;
	struct str row;
	int64_t rows = 0, most = x->o->chunk_rows ? x->o->chunk_rows : CHUNK_ROWS;
	if (!to->begin(x->to.conn, TRANSFER_WRITE, e) || !to->load_begin(x->to.conn, t, e)) {
		return false;
	}
	while (bytes < CHUNK_BYTES && rows < most) {
		if (!from->read_next(x->from.conn, &row, &has_row, e)) {
			return false;
		}
		if (!has_row) {
			break;
		}
		rows_sum_add(&a->sum, row);
		bytes += row.n;
		rows++;
		if (!to->load_row(x->to.conn, row, e)) {
			return false;
		}
		/* The last row's key, kept while the row is there. */
		if ((bytes >= CHUNK_BYTES || rows == most) && !row_take_key(t, row, &a->key, e)) {
			return false;
		}
	}
	*is_end = !has_row;
	a->stage = *is_end ? STAGE_INDEXES : STAGE_ROWS;
	x->done += rows;
	return to->load_end(x->to.conn, e) && side_do(&x->to, arrival_write, a, e) && to->commit(x->to.conn, e);
}

static bool load_table(struct transfer *x, const struct store_table *t, struct arrival *a, int64_t rows_all,
                       struct err *e)
{
	bool is_end = false;
	if (!x->from.engine->read_begin(x->from.conn, t, true, buf_str(&a->key), e)) {
		return false;
	}
	while (!is_end) {
		if (!load_chunk(x, t, a, &is_end, e)) {
			x->to.engine->rollback(x->to.conn);
			return false;
		}
		if (!is_end && !transfer_told(x, t->name, "copying", a->sum.rows, rows_all, e)) {
			return false;
		}
	}
	x->from.engine->read_end(x->from.conn);
	return true;
}

/* In one transaction: a change of the table's indexes, and the stage that it leads to. */
static bool change(struct transfer *x, const struct store_table *t, struct arrival *a, enum stage stage,
                   bool (*what)(void *conn, const struct store_table *t, struct err *e), struct err *e)
{
	const struct transfer_engine *to = x->to.engine;
	a->stage = stage;
	if (to->begin(x->to.conn, TRANSFER_WRITE, e) && (what == NULL || what(x->to.conn, t, e)) &&
	    side_do(&x->to, arrival_write, a, e) && to->commit(x->to.conn, e)) {
		return true;
	}
	to->rollback(x->to.conn);
	return false;
}

static bool read_back(struct transfer *x, const struct store_table *t, const struct arrival *a, struct rows_sum *sum,
                      struct err *e)
{
	const struct transfer_engine *to = x->to.engine;
	bool has_row = true;
	struct str row;
	if (!to->read_begin(x->to.conn, t, false, STR_EMPTY, e)) {
		return false;
	}
	while (has_row) {
		if (!to->read_next(x->to.conn, &row, &has_row, e)) {
			return false;
		}
		if (has_row) {
			rows_sum_add(sum, row);
			x->done++;
		}
		if (has_row && sum->rows % LOOK_ROWS == 0 &&
		    !transfer_told(x, t->name, "comparing", sum->rows, a->sum.rows, e)) {
			return false;
		}
	}
	to->read_end(x->to.conn);
	return true;
}

static bool compare(struct transfer *x, const struct store_table *t, const struct arrival *a, struct err *e)
{
	const struct transfer_engine *to = x->to.engine;
	struct rows_sum sum = {0};
	bool is_read = to->begin(x->to.conn, TRANSFER_READ, e) && read_back(x, t, a, &sum, e);
	to->rollback(x->to.conn);
	if (!is_read) {
		return false;
	}
	if (sum.rows != a->sum.rows) {
		return err_set(e, ERR_CORRUPT,
		               "table %s: %lld rows were read and %lld arrived; make the new database empty and begin again",
		               t->name, (long long)a->sum.rows, (long long)sum.rows);
	}
	return rows_sum_eq(&sum, &a->sum) ||
	       err_set(
			   e, ERR_CORRUPT,
			   "table %s: %lld rows arrived, but not as they were read; make the new database empty and begin again",
			   t->name, (long long)sum.rows);
}

static bool copy_table(struct transfer *x, const struct store_table *t, struct err *e)
{
	struct arrival a = {.name = t->name};
	int64_t rows_all = 0;
	buf_init(&a.key, KEY_MAX);
	bool is_good = side_do_in(&x->to, TRANSFER_WRITE, arrival_read, &a, e) &&
	               x->from.engine->count(x->from.conn, t, INT64_MAX, &rows_all, e);
	x->done += a.is_found ? a.sum.rows * (a.stage == STAGE_EQUAL ? 2 : 1) : 0;
	is_good = is_good && transfer_told(x, t->name, "copying", a.sum.rows, rows_all, e);
	if (is_good && !a.is_found) {
		is_good = change(x, t, &a, STAGE_ROWS, x->to.engine->undress, e);
	}
	if (is_good && a.stage == STAGE_ROWS) {
		is_good = load_table(x, t, &a, rows_all, e);
	}
	if (is_good && a.stage == STAGE_INDEXES) {
		is_good = transfer_told(x, t->name, "indexing", a.sum.rows, rows_all, e) &&
		          change(x, t, &a, STAGE_COMPARING, x->to.engine->dress, e);
	}
	if (is_good && a.stage == STAGE_COMPARING) {
		is_good = transfer_told(x, t->name, "comparing", 0, a.sum.rows, e) && compare(x, t, &a, e) &&
		          change(x, t, &a, STAGE_EQUAL, NULL, e);
	}
	buf_release(&a.key);
	x->result->tables++;
	x->result->rows += a.sum.rows;
	return is_good;
}

/* --- Who is what
 * -------------------------------------------------------------------------------------------------------- */

static bool look_whether_empty(struct transfer *x, const struct store_table *t, struct err *e)
{
	int64_t n;
	return x->to.engine->count(x->to.conn, t, 1, &n, e) &&
	       (n == 0 ||
	        err_set(e, ERR_CONFIG, "%s is not empty: its table %s has rows. A town is copied into an empty database",
	                x->o->to_name, t->name));
}

static bool is_same_copy(const struct standing *a, const struct standing *b)
{
	static const uint8_t none[COPY_ID_BYTES];
	return memcmp(a->copy, b->copy, sizeof none) == 0 && memcmp(a->copy, none, sizeof none) != 0;
}

static bool put_standing(struct transfer_side *x, struct standing *s, enum standing_kind kind, const char *other,
                         struct err *e)
{
	s->kind = kind;
	snprintf(s->other, sizeof s->other, "%s", other);
	return side_do_in(x, TRANSFER_STANDING, standing_put_job, s, e);
}

/* TO first: whoever is stopped between the two has an empty TO, which is claimed anew. */
static bool claim(struct transfer *x, struct err *e)
{
	struct standing *from = &x->from_standing, *to = &x->to_standing;
	if (!for_each_table(x, look_whether_empty, e)) {
		if (e->code == ERR_CONFIG && to->kind == STANDING_ARRIVING) {
			err_set(e, ERR_CONFIG,
			        "%s holds an unfinished copy that is not this one (from %s): make it empty, or name what it came "
			        "from",
			        x->o->to_name, to->other);
		}
		return false;
	}
	*to = (struct standing){.kind = STANDING_ARRIVING};
	rand_bytes(to->copy, sizeof to->copy);
	memcpy(from->copy, to->copy, sizeof to->copy);
	snprintf(from->until, sizeof from->until, "%s", x->o->until ? x->o->until : "");
	return put_standing(&x->to, to, STANDING_ARRIVING, x->o->from_name, e) &&
	       put_standing(&x->from, from, STANDING_MOVING, x->o->to_name, e);
}

static bool begin(struct transfer *x, struct err *e)
{
	struct standing *from = &x->from_standing, *to = &x->to_standing;
	if (x->from.engine == x->to.engine && !x->from.engine->has_blobs_in_rows) {
		return err_set(e, ERR_CONFIG, "a data folder is copied by `cityhall backup` and its --restore");
	}
	if (!side_do_in(&x->from, TRANSFER_WRITE, standing_get_job, from, e) ||
	    !side_do_in(&x->to, TRANSFER_WRITE, standing_get_job, to, e)) {
		return false;
	}
	bool is_same = is_same_copy(from, to);
	if (from->kind == STANDING_ARRIVING) {
		return err_set(e, ERR_CONFIG, "%s is itself an unfinished copy from %s", x->o->from_name, from->other);
	}
	if (from->kind == STANDING_MOVED) {
		x->is_moved = is_same && to->kind == STANDING_ARRIVING;
		x->result->was_finished = is_same && to->kind == STANDING_OPEN;
		return x->is_moved || x->result->was_finished ||
		       err_set(e, ERR_CONFIG, "the town was moved from %s to %s", x->o->from_name, from->other);
	}
	x->result->was_resumed = is_same && to->kind == STANDING_ARRIVING && from->kind == STANDING_MOVING;
	return x->result->was_resumed || claim(x, e);
}

/* --- The whole
 * ---------------------------------------------------------------------------------------------------------- */

static bool add_to_all(struct transfer *x, const struct store_table *t, struct err *e)
{
	int64_t n;
	if (!x->from.engine->count(x->from.conn, t, INT64_MAX, &n, e)) {
		return false;
	}
	x->done_all += 2 * n;
	return true;
}

static bool tie(struct transfer *x, const struct store_table *t, struct err *e)
{
	return x->to.engine->tie(x->to.conn, t, e);
}

static bool tie_all(struct transfer *x, struct err *e)
{
	const struct transfer_engine *to = x->to.engine;
	if (to->begin(x->to.conn, TRANSFER_WRITE, e) && for_each_table(x, tie, e) && to->commit(x->to.conn, e)) {
		return true;
	}
	to->rollback(x->to.conn);
	return false;
}

static bool wait_for_notice(struct transfer *x, struct err *e)
{
	struct timespec step = {.tv_nsec = 100000000};
	for (int64_t us = 0; us < x->o->notice_us; us += 100000) {
		if (!transfer_told(x, "the notice", "waiting", us / 1000, x->o->notice_us / 1000, e)) {
			return false;
		}
		nanosleep(&step, NULL);
	}
	return true;
}

/* Behind the fence, up to FROM's last commit. */
static bool copy_all(struct transfer *x, struct err *e)
{
	const struct transfer_engine *to = x->to.engine;
	struct standing now;
	struct arrival whole = {.name = "", .stage = STAGE_EQUAL};
	buf_init(&whole.key, KEY_MAX);
	if (!side_do(&x->from, standing_get_job, &now, e)) {
		return false;
	}
	if (now.kind != STANDING_MOVING || !is_same_copy(&now, &x->to_standing)) {
		return err_set(e, ERR_CONFIG, "this copy of %s was given up meanwhile", x->o->from_name);
	}
	if (!for_each_table(x, add_to_all, e) || !transfer_blobs(x, e) || !for_each_table(x, copy_table, e) ||
	    !tie_all(x, e) || !to->be_durable(x->to.conn, e) ||
	    !side_do_in(&x->to, TRANSFER_WRITE, arrival_write, &whole, e)) {
		return false;
	}
	now.kind = STANDING_MOVED;
	snprintf(now.other, sizeof now.other, "%s", x->o->to_name);
	return side_do(&x->from, standing_put_job, &now, e);
}

static bool move(struct transfer *x, struct err *e)
{
	const struct transfer_engine *from = x->from.engine;
	if (wait_for_notice(x, e) && from->begin(x->from.conn, TRANSFER_FENCE, e) && copy_all(x, e) &&
	    from->commit(x->from.conn, e)) {
		return true;
	}
	from->rollback(x->from.conn);
	return false;
}

static bool clear_job(struct tx *tx, void *ctx, struct err *e)
{
	int64_t rows;
	return arrival_clear(tx, &rows, e) && standing_put_job(tx, ctx, e);
}

/* FROM says that the town is here. */
static bool open_to(struct transfer *x, struct err *e)
{
	struct arrival whole = {.name = ""};
	buf_init(&whole.key, KEY_MAX);
	if (!side_do_in(&x->to, TRANSFER_WRITE, arrival_read, &whole, e) || !whole.is_found) {
		return whole.is_found ||
		       err_set(e, ERR_CORRUPT, "the town was moved, but %s does not hold all of it", x->o->to_name);
	}
	x->to_standing.kind = STANDING_OPEN;
	return x->to.engine->be_durable(x->to.conn, e) &&
	       side_do_in(&x->to, TRANSFER_STANDING, clear_job, &x->to_standing, e);
}

bool transfer_run(const struct transfer_options *o, struct transfer_result *out, struct err *e)
{
	struct transfer x = {.o = o, .result = out};
	*out = (struct transfer_result){0};
	bool is_good = side_open(&x.from, o->from, e) && x.from.engine->be_durable(x.from.conn, e) &&
	               side_open(&x.to, o->to, e) && begin(&x, e);
	if (is_good && !out->was_finished) {
		is_good = (x.is_moved || move(&x, e)) && open_to(&x, e);
	}
	side_close(&x.to);
	side_close(&x.from);
	return is_good;
}

bool transfer_give_up(struct store *from, bool even_moved, struct err *e)
{
	struct transfer_side x = {0};
	struct standing s;
	bool is_good = side_open(&x, from, e) && side_do_in(&x, TRANSFER_WRITE, standing_get_job, &s, e);
	if (is_good && s.kind == STANDING_ARRIVING) {
		is_good = err_set(e, ERR_CONFIG, "this is an unfinished copy from %s: nothing to reopen", s.other);
	} else if (is_good && s.kind == STANDING_MOVED && !even_moved) {
		is_good = err_set(e, ERR_CONFIG,
		                  "the town was moved to %s and goes on there: copy it back, or say --even-moved when that "
		                  "database is lost",
		                  s.other);
	} else if (is_good && s.kind != STANDING_OPEN) {
		memset(s.copy, 0, sizeof s.copy);
		s.until[0] = '\0';
		is_good = x.engine->be_durable(x.conn, e) && put_standing(&x, &s, STANDING_OPEN, "", e);
	}
	side_close(&x);
	return is_good;
}
