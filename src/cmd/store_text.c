#include "cmd/store_text.h"

#include "cmd/open.h"
#include "store/layout.h"

extern const struct store_schema core_schema;

/* The store's own tables, then the rooms'. */
static const struct store_schema *schema_at(size_t i)
{
	return i == 0 ? &core_schema : all_schemas()[i - 1];
}

/* --- DDL
 * ---------------------------------------------------------------------------------------------------------------- */

static void put_literal(struct buf *to, const char *text)
{
	buf_put_byte(to, '\'');
	for (; *text; text++) {
		buf_put_c(to, *text == '\'' ? "''" : (char[]){*text, '\0'});
	}
	buf_put_byte(to, '\'');
}

/* All tables with a route lie in one group: what belongs to one route lies on one machine, whichever room keeps it. */
static void put_placement(struct buf *to, const struct store_table *t, const char **first)
{
	if (layout_is_replicated(t)) {
		buf_printf(to, "select create_reference_table('%s');\n", t->name);
		return;
	}
	struct str route = layout_route(t);
	buf_printf(to, "select create_distributed_table('%s', '%.*s', colocate_with => '%s');\n", t->name, STR_ARG(route),
	           *first ? *first : "none");
	*first = *first ? *first : t->name;
}

void store_text_schema(struct buf *to, bool is_distributed)
{
	const char *first = NULL;
	const struct store_schema *s;
	buf_put_c(to, "-- Cityhall's tables for an empty PostgreSQL database, written by `cityhall store schema");
	buf_put_c(to, is_distributed
	                  ? " --distributed`.\n-- Run it on the coordinator, where the extension citus is there: "
	                    "psql -1 -v ON_ERROR_STOP=1 -f FILE\n\n"
	                  : "`.\n\n");
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < s->tables_n; k++) {
			buf_printf(to, "%scomment on table %s is ", s->tables[k].postgres, s->tables[k].name);
			put_literal(to, s->tables[k].comment);
			buf_put_c(to, ";\n\n");
		}
	}
	/* After all tables: one that is referred to must be placed before the one that refers, which is their order. */
	for (size_t i = 0; is_distributed && (s = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < s->tables_n; k++) {
			put_placement(to, &s->tables[k], &first);
		}
	}
	/* The program finds here that the tables are its own. */
	buf_put_c(to, "\ninsert into schema_table (room, name, layout, created_at) values\n");
	bool is_first = true;
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		for (size_t k = 0; k < s->tables_n; k++) {
			buf_printf(to, "%s  ('%s', '%s', ", is_first ? "" : ",\n", s->room, s->tables[k].name);
			put_literal(to, s->tables[k].layout);
			buf_put_c(to, ", (extract(epoch from now()) * 1000000)::bigint)");
			is_first = false;
		}
	}
	buf_put_c(to, ";\n");
}

/* --- For people
 * --------------------------------------------------------------------------------------------------------- */

static const char *const class_names[] = {
	[STORE_PUBLIC] = "public",     [STORE_INTERNAL] = "internal", [STORE_PERSONAL] = "personal",
	[STORE_IDENTITY] = "identity", [STORE_HEALTH] = "health",     [STORE_SECRET] = "secret",
};

/* "party id" as "`party`, `id`" */
static void put_columns(struct buf *to, struct str columns)
{
	struct str word;
	for (const char *between = ""; str_next(&columns, ' ', &word); between = ", ") {
		buf_printf(to, "%s`%.*s`", between, STR_ARG(word));
	}
}

static struct str type_of(const struct store_table *t, const char *column)
{
	struct str rest = str_of(t->layout);
	struct layout_line l;
	while (layout_next(&rest, &l)) {
		if (l.kind == LAYOUT_COLUMN && str_is(l.name, column)) {
			return l.columns;
		}
	}
	return STR_EMPTY;
}

static void put_keys(struct buf *to, const struct store_table *t)
{
	struct str rest = str_of(t->layout);
	struct layout_line l;
	while (layout_next(&rest, &l)) {
		switch (l.kind) {
		case LAYOUT_KEY:
			buf_put_c(to, "- key: ");
			put_columns(to, l.columns);
			break;
		case LAYOUT_UNIQUE:
		case LAYOUT_INDEX:
			buf_printf(to, "- %s `%.*s`: ", l.kind == LAYOUT_UNIQUE ? "unique" : "index", STR_ARG(l.name));
			put_columns(to, l.columns);
			break;
		case LAYOUT_REFERS:
			buf_put_c(to, "- refers: ");
			put_columns(to, l.columns);
			buf_printf(to, " to `%.*s` ", STR_ARG(l.table));
			put_columns(to, l.to);
			break;
		default:
			continue;
		}
		buf_put_byte(to, '\n');
	}
}

static void put_table(struct buf *to, const struct store_table *t)
{
	struct str route = layout_route(t);
	buf_printf(to, "### %s\n\n%s. ", t->name, t->comment);
	if (route.n > 0) {
		buf_printf(to, "Placed by `%.*s`.\n\n", STR_ARG(route));
	} else {
		buf_put_c(to, "On every shard.\n\n");
	}
	buf_put_c(to, "| column | type | class | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < t->columns_n; i++) {
		const struct store_column *c = &t->columns[i];
		struct str type = type_of(t, c->name), rest;
		bool is_sealed = str_cut(type, ' ', &type, &rest);
		buf_printf(to, "| `%s` | %.*s | %s%s | ", c->name, STR_ARG(type), class_names[c->data_class],
		           is_sealed ? ", encrypted" : "");
		for (const char *p = c->comment; *p; p++) {
			buf_put_c(to, *p == '|' ? "\\|" : (char[]){*p, '\0'});
		}
		buf_put_c(to, " |\n");
	}
	buf_put_byte(to, '\n');
	put_keys(to, t);
	buf_put_byte(to, '\n');
}

void store_text_doc(struct buf *to)
{
	const struct store_schema *s;
	buf_put_c(
		to, "# The tables\n\nWritten by `cityhall store doc` from the rooms' `.sql` files: change those. The words are "
			"explained in\n[store-format.md](store-format.md); `?` behind a type: there may be no value.\n");
	for (size_t i = 0; (s = schema_at(i)) != NULL; i++) {
		buf_printf(to, "\n## %s\n\n", s->room);
		for (size_t k = 0; k < s->tables_n; k++) {
			put_table(to, &s->tables[k]);
		}
		buf_truncate(to, to->n - 1);
	}
}
