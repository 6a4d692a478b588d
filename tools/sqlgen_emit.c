/* Writes the C of one room: structs and calls, statements, tables with each engine's DDL. */
#include "sqlgen.h"

static void put_c_text(struct buf *b, struct str s)
{
	buf_put_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '"' || c == '\\') {
			buf_put_byte(b, '\\');
		}
		if (c == '\n') {
			buf_put_c(b, "\\n");
		} else {
			buf_put_byte(b, c);
		}
	}
	buf_put_byte(b, '"');
}

/* --- Structs and prototypes
 * --------------------------------------------------------------------------------------------- */

static void put_member(struct buf *b, struct str name, enum type type, bool is_nullable)
{
	if (is_nullable) {
		buf_printf(b, "\tbool has_%.*s;\n", STR_ARG(name));
	}
	buf_printf(b, "\t%s%.*s;\n", types[type].member, STR_ARG(name));
}

static void put_structs(struct buf *b, const struct statement *s)
{
	if (s->params_n > 0) {
		buf_printf(b, "struct %.*s_in {\n", STR_ARG(s->name));
		for (int i = 0; i < s->params_n; i++) {
			const struct param *p = &s->params[i];
			if (p->is_list) {
				buf_printf(b, "\t%s%.*s[STORE_LIST_MAX];\n\tsize_t %.*s_n;\n", types[p->type].member, STR_ARG(p->name),
				           STR_ARG(p->name));
			} else {
				put_member(b, p->name, p->type, p->is_nullable);
			}
		}
		buf_put_c(b, "};\n");
	}
	if (s->kind == ONE || s->kind == MAYBE || s->kind == MANY) {
		buf_printf(b, "struct %.*s_out {\n%s", STR_ARG(s->name), s->kind == MAYBE ? "\tbool found;\n" : "");
		for (int i = 0; i < s->outs_n; i++) {
			put_member(b, s->outs[i].name, s->outs[i].type, s->outs[i].is_nullable);
		}
		buf_put_c(b, "};\n");
	}
}

static bool needs_in_for_rows(const struct statement *s)
{
	for (int i = 0; i < s->outs_n; i++) {
		const struct out *o = &s->outs[i];
		for (int k = 0; o->column && is_sealed(o->column) && k < o->ref->table->key.n; k++) {
			struct key_source source;
			if (find_key_source(s, o->ref->table, o->ref, o->ref->table->key.of[k], &source) && source.param) {
				return true;
			}
		}
	}
	return false;
}

static void put_signature(struct buf *b, const struct statement *s, const char *suffix)
{
	buf_printf(b, "bool %.*s%s(struct tx *tx", STR_ARG(s->name), suffix);
	if (s->params_n > 0) {
		buf_printf(b, ", const struct %.*s_in *in", STR_ARG(s->name));
	}
	if (s->kind == ONE || s->kind == MAYBE) {
		buf_printf(b, ", struct %.*s_out *out", STR_ARG(s->name));
	} else if (s->kind == MANY) {
		buf_printf(b, ", struct %.*s_rows *rows", STR_ARG(s->name));
	} else if (s->kind == COUNT) {
		buf_put_c(b, ", int64_t *out");
	} else if (s->rows < 0) {
		buf_put_c(b, ", int64_t *rows");
	}
	buf_put_c(b, ", struct err *e)");
}

void emit_header(const struct model *m, struct buf *b)
{
	buf_printf(b,
	           "/* Made by tools/sqlgen from %s: change that file. */\n#ifndef CITYHALL_SQL_%.*s_H\n#define "
	           "CITYHALL_SQL_%.*s_H\n\n#include \"store/tx.h\"\n\nextern const struct store_schema %.*s_schema;\n",
	           m->path, STR_ARG(m->room), STR_ARG(m->room), STR_ARG(m->room));
	for (int i = 0; i < m->statements_n; i++) {
		const struct statement *s = &m->statements[i];
		buf_put_byte(b, '\n');
		if (s->comment.n > 0) {
			buf_printf(b, "/* %.*s */\n", STR_ARG(s->comment));
		}
		put_structs(b, s);
		if (s->kind == MANY) {
			buf_printf(b, "struct %.*s_rows {\n\tstruct tx_query q;\n", STR_ARG(s->name));
			if (needs_in_for_rows(s)) {
				buf_printf(b, "\tstruct %.*s_in in;\n", STR_ARG(s->name));
			}
			buf_put_c(b, "};\n");
			put_signature(b, s, "_open");
			buf_put_c(b, " MUST_USE;\n");
			buf_printf(b,
			           "bool %.*s_next(struct %.*s_rows *rows, struct %.*s_out *out) MUST_USE;\n"
			           "bool %.*s_close(struct %.*s_rows *rows, struct err *e) MUST_USE;\n",
			           STR_ARG(s->name), STR_ARG(s->name), STR_ARG(s->name), STR_ARG(s->name), STR_ARG(s->name));
		} else {
			put_signature(b, s, "");
			buf_put_c(b, " MUST_USE;\n");
		}
	}
	buf_put_c(b, "\n#endif\n");
}

/* --- DDL
 * ---------------------------------------------------------------------------------------------------------------- */

static void put_names(struct buf *b, const struct columns *c, const char *between)
{
	for (int i = 0; i < c->n; i++) {
		buf_printf(b, "%s%.*s", i > 0 ? between : "", STR_ARG(c->names[i]));
	}
}

static void put_ddl(struct buf *b, const struct table *t, bool is_postgres)
{
	buf_printf(b, "create table %.*s (\n", STR_ARG(t->name));
	for (int i = 0; i < t->columns_n; i++) {
		const struct column *c = &t->columns[i];
		const struct type_info *type = &types[is_sealed(c) ? TYPE_BYTES : c->type];
		buf_printf(b, "  %.*s %s%s%s", STR_ARG(c->name), is_postgres ? type->postgres : type->sqlite,
		           is_postgres && type == &types[TYPE_TEXT] ? " collate \"C\"" : "", c->is_nullable ? "" : " not null");
		if (type == &types[TYPE_FLAG]) {
			buf_printf(b, " check (%.*s in (0, 1))", STR_ARG(c->name));
		}
		buf_put_c(b, ",\n");
	}
	buf_put_c(b, "  primary key (");
	put_names(b, &t->key, ", ");
	buf_put_c(b, ")");
	for (int i = 0; i < t->foreigns_n; i++) {
		const struct foreign *f = &t->foreigns[i];
		buf_printf(b, ",\n  constraint %.*s_refers_%d foreign key (", STR_ARG(t->name), i + 1);
		put_names(b, &f->from, ", ");
		buf_printf(b, ") references %.*s (", STR_ARG(f->table));
		put_names(b, &f->to, ", ");
		buf_put_c(b, ")");
	}
	buf_printf(b, "\n)%s;\n", is_postgres ? "" : t->is_small ? " strict, without rowid" : " strict");
	for (int i = 0; i < t->indexes_n; i++) {
		const struct index *x = &t->indexes[i];
		buf_printf(b, "create %sindex %.*s_%.*s on %.*s (", x->is_unique ? "unique " : "", STR_ARG(t->name),
		           STR_ARG(x->name), STR_ARG(t->name));
		put_names(b, &x->columns, ", ");
		buf_put_c(b, ");\n");
	}
}

static void put_layout(struct buf *b, const struct table *t)
{
	for (int i = 0; i < t->columns_n; i++) {
		const struct column *c = &t->columns[i];
		buf_printf(b, "%.*s %s%s%s\n", STR_ARG(c->name), types[c->type].name, c->is_nullable ? "?" : "",
		           is_sealed(c) ? " sealed" : "");
	}
	buf_put_c(b, "key ");
	put_names(b, &t->key, " ");
	buf_put_byte(b, '\n');
	for (int i = 0; i < t->indexes_n; i++) {
		buf_printf(b, "%s %.*s ", t->indexes[i].is_unique ? "unique" : "index", STR_ARG(t->indexes[i].name));
		put_names(b, &t->indexes[i].columns, " ");
		buf_put_byte(b, '\n');
	}
	for (int i = 0; i < t->foreigns_n; i++) {
		buf_put_c(b, "refers ");
		put_names(b, &t->foreigns[i].from, " ");
		buf_printf(b, " to %.*s ", STR_ARG(t->foreigns[i].table));
		put_names(b, &t->foreigns[i].to, " ");
		buf_put_byte(b, '\n');
	}
	buf_printf(b, "%s%s", t->is_small ? "small\n" : "", t->is_replicated ? "replicated\n" : "");
}

static void put_tables(struct buf *b, const struct model *m)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < m->tables_n; i++) {
		const struct table *t = &m->tables[i];
		buf_printf(b, "static const struct store_column %.*s_columns[] = {\n", STR_ARG(t->name));
		for (int k = 0; k < t->columns_n; k++) {
			const struct column *c = &t->columns[k];
			buf_printf(b, "\t{\"%.*s\", %s, %s, %s, ", STR_ARG(c->name), types[c->type].constant,
			           classes[c->class].constant, c->is_nullable ? "true" : "false");
			put_c_text(b, c->comment);
			buf_put_c(b, "},\n");
		}
		buf_put_c(b, "};\n");
	}
	buf_put_c(b, "\nstatic const struct store_table tables[] = {\n");
	for (int i = 0; i < m->tables_n; i++) {
		const struct table *t = &m->tables[i];
		buf_printf(b, "\t{\"%.*s\", ", STR_ARG(t->name));
		put_c_text(b, t->comment);
		buf_printf(b, ", %.*s_columns, %d", STR_ARG(t->name), t->columns_n);
		for (int k = 0; k < 3; k++) {
			buf_reset(&text);
			if (k == 0) {
				put_layout(&text, t);
			} else {
				put_ddl(&text, t, k == 2);
			}
			buf_put_c(b, ",\n\t ");
			put_c_text(b, buf_str(&text));
		}
		buf_put_c(b, "},\n");
	}
	buf_put_c(b, "};\n\n");
	buf_release(&text);
}

/* --- Statements
 * --------------------------------------------------------------------------------------------------------- */

static const char *postgres_cast(const struct param *p)
{
	return types[p->sealed ? TYPE_BYTES : p->type].postgres;
}

static void put_sql(struct buf *b, const struct statement *s, bool is_postgres)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < s->tokens_n; i++) {
		const struct token *t = &s->tokens[i];
		if (t->has_space && i > 0) {
			buf_put_byte(&text, ' ');
		}
		if (t->kind != PARAM) {
			buf_put(&text, t->text);
			continue;
		}
		const struct param *p = NULL;
		for (int k = 0; k < s->params_n; k++) {
			p = str_eq(s->params[k].name, t->text) ? &s->params[k] : p;
		}
		if (p == NULL) {
			continue;
		}
		int n = p->is_list ? LIST_MAX : 1;
		buf_put_c(&text, p->is_list ? "(" : "");
		for (int k = 0; k < n; k++) {
			buf_printf(&text, "%s%c%d", k > 0 ? ", " : "", is_postgres ? '$' : '?', p->number + k);
			if (is_postgres) {
				buf_printf(&text, "::%s", postgres_cast(p));
			}
		}
		buf_put_c(&text, p->is_list ? ")" : "");
	}
	put_c_text(b, buf_str(&text));
	buf_release(&text);
}

static void put_statements(struct buf *b, const struct model *m)
{
	static const char *const kinds[] = {"STORE_ONE", "STORE_MAYBE", "STORE_MANY", "STORE_EXEC", "STORE_COUNT"};
	if (m->statements_n == 0) {
		return;
	}
	buf_put_c(b, "static const struct store_statement statements[] = {\n");
	for (int i = 0; i < m->statements_n; i++) {
		const struct statement *s = &m->statements[i];
		int route = 0;
		for (int k = 0; k < s->params_n && !s->is_routeless; k++) {
			route = str_eq(s->params[k].name, s->route) ? s->params[k].number : route;
		}
		buf_printf(b, "\t{.name = \"%.*s\",\n\t .sqlite = ", STR_ARG(s->name));
		put_sql(b, s, false);
		buf_put_c(b, ",\n\t .postgres = ");
		put_sql(b, s, true);
		buf_printf(b, ",\n\t .kind = %s, .rows = %lld, .params = %d, .columns = %d, .route = %d%s%s%s},\n",
		           kinds[s->kind], (long long)s->rows, s->numbers_n, s->outs_n, route,
		           s->is_write ? ", .is_write = true" : "", s->is_root ? ", .is_root = true" : "",
		           s->is_scatter ? ", .is_scatter = true" : "");
	}
	buf_put_c(b, "};\n\n");
}

/* tx_key and its values; `in` and `out` are what the C calls them. */
static void put_key(struct buf *b, const struct statement *s, const struct table *table, const struct ref *ref,
                    const struct column *column, const char *in)
{
	buf_printf(b, "tx_key(q, \"%.*s.%.*s\");\n", STR_ARG(table->name), STR_ARG(column->name));
	for (int i = 0; i < table->key.n; i++) {
		struct key_source source;
		if (find_key_source(s, table, ref, table->key.of[i], &source)) {
			struct str name = source.out ? source.out->name : source.param->name;
			buf_printf(b, "\ttx_key_%s(q, %s->%.*s);\n", types[table->key.of[i]->type].is_text ? "str" : "i64",
			           source.out ? "out" : in, STR_ARG(name));
		}
	}
}

static void put_bind(struct buf *b, const struct statement *s, const struct param *p)
{
	const struct type_info *type = &types[p->type];
	if (p->is_list) {
		if (p->type == TYPE_DATE || p->type == TYPE_FLAG) {
			buf_printf(
				b,
				"\tint64_t %.*s[STORE_LIST_MAX];\n\tfor (size_t i = 0; i < in->%.*s_n && i < STORE_LIST_MAX; i++) "
				"{\n\t\t%.*s[i] = in->%.*s[i];\n\t}\n\ttx_bind_list(q, %d, %.*s, in->%.*s_n);\n",
				STR_ARG(p->name), STR_ARG(p->name), STR_ARG(p->name), STR_ARG(p->name), p->number, STR_ARG(p->name),
				STR_ARG(p->name));
		} else {
			buf_printf(b, "\ttx_bind_list(q, %d, in->%.*s, in->%.*s_n);\n", p->number, STR_ARG(p->name),
			           STR_ARG(p->name));
		}
		return;
	}
	buf_put_c(b, "\t");
	if (p->sealed) {
		put_key(b, s, p->sealed_table, NULL, p->sealed, "in");
		buf_put_c(b, "\t");
	}
	if (p->is_nullable) {
		buf_printf(b, "if (!in->has_%.*s) {\n\t\ttx_bind_null(q, %d);\n\t} else {\n\t\t", STR_ARG(p->name), p->number);
	}
	const char *call = p->sealed               ? (type->is_text ? "sealed" : "sealed_i64")
	                   : p->type == TYPE_BYTES ? "bytes"
	                   : type->is_text         ? "text"
	                                           : "i64";
	buf_printf(b, "tx_bind_%s(q, %d, in->%.*s);\n%s", call, p->number, STR_ARG(p->name), p->is_nullable ? "\t}\n" : "");
}

static void put_bind_all(struct buf *b, const struct statement *s)
{
	buf_printf(b, "static void %.*s_bind(struct tx_query *q%s%.*s%s)\n{\n", STR_ARG(s->name),
	           s->params_n > 0 ? ", const struct " : "", s->params_n > 0 ? (int)s->name.n : 0, s->name.p,
	           s->params_n > 0 ? "_in *in" : "");
	if (s->params_n == 0) {
		buf_put_c(b, "\t(void)q;\n");
	}
	for (int i = 0; i < s->params_n; i++) {
		put_bind(b, s, &s->params[i]);
	}
	buf_put_c(b, "}\n\n");
}

static void put_read(struct buf *b, const struct statement *s, const struct out *o, int column)
{
	struct str n = o->name;
	bool sealed = o->column && is_sealed(o->column);
	if (o->is_nullable) {
		buf_printf(b, "\tout->has_%.*s = !tx_is_null(q, %d);\n", STR_ARG(n), column);
	}
	const char *indent = "\t";
	if (sealed) {
		buf_put_c(b, "\t");
		put_key(b, s, o->ref->table, o->ref, o->column, "in");
	}
	bool is_text = types[o->type].is_text;
	const char *before = o->type == TYPE_DATE ? "(int32_t)" : "";
	const char *after = o->type == TYPE_FLAG ? " != 0" : "";
	const char *call = sealed ? (is_text ? "tx_sealed" : "tx_sealed_i64") : is_text ? "tx_str" : "tx_i64";
	/* A null column reads as 0 or the empty text by itself. */
	buf_printf(b, "%sout->%.*s = %s%s(q, %d)%s;\n", indent, STR_ARG(n), before, call, column, after);
}

static void put_read_all(struct buf *b, const struct statement *s)
{
	bool has_in = needs_in_for_rows(s);
	buf_printf(b, "static void %.*s_read(struct tx_query *q", STR_ARG(s->name));
	if (has_in) {
		buf_printf(b, ", const struct %.*s_in *in", STR_ARG(s->name));
	}
	buf_printf(b, ", struct %.*s_out *out)\n{\n", STR_ARG(s->name));
	/* Plain ones first: they are the keys of the encrypted ones. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < s->outs_n; i++) {
			bool sealed = s->outs[i].column && is_sealed(s->outs[i].column);
			if (sealed == (round == 1)) {
				put_read(b, s, &s->outs[i], i);
			}
		}
	}
	buf_put_c(b, "}\n\n");
}

/* An out struct without a row: texts are empty, never NULL. */
static void put_empty(struct buf *b, const struct statement *s)
{
	buf_printf(b, "\t*out = (struct %.*s_out){0};\n", STR_ARG(s->name));
	for (int i = 0; i < s->outs_n; i++) {
		if (types[s->outs[i].type].is_text) {
			buf_printf(b, "\tout->%.*s = STR_EMPTY;\n", STR_ARG(s->outs[i].name));
		}
	}
}

static void put_call(struct buf *b, const struct statement *s, int index)
{
	int n = (int)s->name.n;
	const char *name = s->name.p;
	const char *in = s->params_n > 0 ? ", in" : "";
	const char *in_for_row = s->kind != COUNT && s->kind != EXEC && needs_in_for_rows(s) ? "in, " : "";
	put_bind_all(b, s);
	if (s->kind == EXEC) {
		put_signature(b, s, "");
		buf_printf(
			b,
			"\n{\n\tstruct tx_query q;\n\ttx_open(&q, tx, &statements[%d]);\n\t%.*s_bind(&q%s);\n\treturn tx_exec(&q, "
			"%s, e);\n}\n\n",
			index, n, name, in, s->rows < 0 ? "rows" : "NULL");
		return;
	}
	if (s->kind == COUNT) {
		put_signature(b, s, "");
		buf_printf(b,
		           "\n{\n\tstruct tx_query q;\n\ttx_open(&q, tx, &statements[%d]);\n\t%.*s_bind(&q%s);\n\t*out = "
		           "tx_next(&q) ? "
		           "tx_i64(&q, 0) : 0;\n\treturn tx_close_one(&q, e);\n}\n\n",
		           index, n, name, in);
		return;
	}
	put_read_all(b, s);
	if (s->kind == MANY) {
		put_signature(b, s, "_open");
		buf_printf(
			b,
			"\n{\n%s\ttx_open(&rows->q, tx, &statements[%d]);\n\t%.*s_bind(&rows->q%s);\n\treturn !rows->q.failed || ",
			*in_for_row ? "\trows->in = *in;\n" : "", index, n, name, in);
		buf_put_c(b, "tx_close(&rows->q, e);\n}\n\n");
		buf_printf(b, "bool %.*s_next(struct %.*s_rows *rows, struct %.*s_out *out)\n{\n", n, name, n, name, n, name);
		put_empty(b, s);
		buf_printf(b,
		           "\tif (!tx_next(&rows->q)) {\n\t\treturn false;\n\t}\n\t%.*s_read(&rows->q, %sout);\n\treturn "
		           "!rows->q.failed;\n}\n\n",
		           n, name, *in_for_row ? "&rows->in, " : "");
		buf_printf(b,
		           "bool %.*s_close(struct %.*s_rows *rows, struct err *e)\n{\n\treturn tx_close(&rows->q, e);\n}\n\n",
		           n, name, n, name);
		return;
	}
	put_signature(b, s, "");
	buf_put_c(b, "\n{\n\tstruct tx_query q;\n");
	put_empty(b, s);
	buf_printf(b,
	           "\ttx_open(&q, tx, &statements[%d]);\n\t%.*s_bind(&q%s);\n\tif (tx_next(&q)) {\n%s\t\t%.*s_read(&q, "
	           "%sout);\n\t}\n\treturn tx_close%s(&q, e);\n}\n\n",
	           index, n, name, in, s->kind == MAYBE ? "\t\tout->found = true;\n" : "", n, name, in_for_row,
	           s->kind == ONE ? "_one" : "");
}

void emit_source(const struct model *m, const char *header, struct buf *b)
{
	buf_printf(b, "/* Made by tools/sqlgen from %s: change that file. */\n#include \"%s\"\n\n", m->path, header);
	put_tables(b, m);
	put_statements(b, m);
	for (int i = 0; i < m->statements_n; i++) {
		put_call(b, &m->statements[i], i);
	}
	buf_printf(b, "const struct store_schema %.*s_schema = {\"%.*s\", tables, %d, %s, %d};\n", STR_ARG(m->room),
	           STR_ARG(m->room), m->tables_n, m->statements_n > 0 ? "statements" : "NULL", m->statements_n);
}
