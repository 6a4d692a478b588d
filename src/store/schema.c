/* Tables: made when they are missing, compared with their declaration when they are there. */
#include "store/engine.h"
#include "store/store.sql.h"

/* The first line in which two layouts differ. */
static struct str first_difference(struct str a, struct str b)
{
	struct str line_a, line_b;
	for (;;) {
		bool has_a = str_next(&a, '\n', &line_a);
		bool has_b = str_next(&b, '\n', &line_b);
		if (!has_a || !has_b) {
			return has_a ? line_a : has_b ? line_b : STR_EMPTY;
		}
		if (!str_eq(line_a, line_b)) {
			return line_a;
		}
	}
}

struct stored_table {
	struct str room, name, layout;
};

enum { TABLES_MAX = 1024 };

static bool read_stored(struct tx *tx, struct stored_table *stored, size_t *n, struct err *e)
{
	struct schema_tables_rows rows;
	struct schema_tables_out row;
	*n = 0;
	if (!schema_tables_open(tx, &rows, e)) {
		return false;
	}
	while (schema_tables_next(&rows, &row)) {
		must(*n < TABLES_MAX);
		stored[(*n)++] = (struct stored_table){row.room, row.name, row.layout};
	}
	return schema_tables_close(&rows, e);
}

static bool make_table(struct tx *tx, const char *room, const struct store_table *t, struct err *e)
{
	if (!tx->store->engine->create(tx->conn, t, e)) {
		return false;
	}
	struct schema_table_add_in in = {str_of(room), str_of(t->name), str_of(t->layout), tx->now_us};
	return schema_table_add(tx, &in, e);
}

static bool apply_table(struct tx *tx, const char *room, const struct store_table *t, const struct stored_table *stored,
                        size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (!str_is(stored[i].name, t->name)) {
			continue;
		}
		if (!str_is(stored[i].room, room)) {
			return err_set(e, ERR_CONFIG, "rooms %.*s and %s both have a table %s", STR_ARG(stored[i].room), room,
			               t->name);
		}
		if (!str_is(stored[i].layout, t->layout)) {
			struct str now = first_difference(str_of(t->layout), stored[i].layout);
			return err_set(
				e, ERR_CONFIG,
				"table %s of room %s is stored in another layout than this program's (first difference: %.*s); "
				"use the program that made it, or a release that migrates it",
				t->name, room, STR_ARG(now));
		}
		return true;
	}
	return make_table(tx, room, t, e);
}

static bool apply(struct tx *tx, void *ctx, struct err *e)
{
	struct store *s = ctx;
	tx->is_own = true;
	const struct store_table *first = &s->schemas[0]->tables[0];
	bool has_it;
	if (!tx->store->engine->has_table(tx->conn, first->name, &has_it, e) ||
	    (!has_it && !make_table(tx, s->schemas[0]->room, first, e))) {
		return false;
	}
	struct stored_table *stored = arena_new(tx->arena, struct stored_table, TABLES_MAX);
	size_t n = 0;
	if (stored == NULL) {
		return err_set(e, ERR_MEMORY, "opening the store: out of memory");
	}
	if (!read_stored(tx, stored, &n, e)) {
		return false;
	}
	for (const struct store_schema **r = s->schemas; *r; r++) {
		for (size_t i = 0; i < (*r)->tables_n; i++) {
			if (!apply_table(tx, (*r)->room, &(*r)->tables[i], stored, n, e)) {
				return false;
			}
		}
	}
	return true;
}

bool schema_apply(struct store *s, struct err *e)
{
	must(str_is(str_of(s->schemas[0]->tables[0].name), "schema_table"));
	struct store_request r = {.job = apply, .ctx = s, .is_write = true, .is_long = true};
	s->engine->write(s, &r);
	if (!r.is_done_well && e) {
		*e = r.err;
	}
	return r.is_done_well;
}
