/* Resolves names and types and refuses what would be wrong in a store that is encrypted, distributed or replayed. */
#include "sqlgen.h"

/* --- Tables
 * ----------------------------------------------------------------------------------------------------------- */

static const struct table *find_table(const struct model *m, struct str name)
{
	for (int i = 0; i < m->tables_n; i++) {
		if (str_eq(m->tables[i].name, name)) {
			return &m->tables[i];
		}
	}
	return NULL;
}

static bool resolve(struct model *m, const struct table *t, struct columns *c, const char *of)
{
	for (int i = 0; i < c->n; i++) {
		c->of[i] = find_column(t, c->names[i]);
		if (c->of[i] == NULL) {
			complain(m, c->line, "table %.*s has no column %.*s for its %s; declare it or correct the name",
			         STR_ARG(t->name), STR_ARG(c->names[i]), of);
			c->n = 0;
			return false;
		}
		if (is_sealed(c->of[i])) {
			complain(
				m, c->line,
				"column %.*s is stored encrypted and cannot be in an %s; add a keyed hash column (bytes internal) and "
				"use that",
				STR_ARG(c->names[i]), of);
		}
	}
	return true;
}

static bool same_columns(const struct columns *a, const struct columns *b)
{
	for (int i = 0; i < a->n && a->n == b->n; i++) {
		if (a->of[i] != b->of[i]) {
			return false;
		}
	}
	return a->n == b->n;
}

static void check_foreign(struct model *m, const struct table *t, struct foreign *f)
{
	const struct table *to = find_table(m, f->table);
	if (to == NULL) {
		complain(m, f->from.line, "there is no table %.*s in this file; a foreign key stays within its room",
		         STR_ARG(f->table));
		return;
	}
	if (!resolve(m, t, &f->from, "foreign key") || !resolve(m, to, &f->to, "foreign key")) {
		return;
	}
	bool is_key = same_columns(&f->to, &to->key);
	for (int i = 0; i < to->indexes_n; i++) {
		is_key = is_key || (to->indexes[i].is_unique && same_columns(&f->to, &to->indexes[i].columns));
	}
	if (!is_key || f->from.n != f->to.n) {
		complain(m, f->from.line, "a foreign key names the key or a unique index of table %.*s, column by column",
		         STR_ARG(to->name));
	} else if (!to->is_replicated && (f->from.of[0] != t->key.of[0] || f->to.of[0] != to->key.of[0])) {
		complain(m, f->from.line, "a foreign key begins with the route column of both tables: %.*s and %.*s",
		         STR_ARG(t->key.of[0]->name), STR_ARG(to->key.of[0]->name));
	}
}

void check_tables(struct model *m)
{
	for (int i = 0; i < m->tables_n; i++) {
		struct table *t = &m->tables[i];
		if (t->key.n == 0) {
			complain(m, t->line, "table %.*s has no key; add: key ROUTE-COLUMN ...", STR_ARG(t->name));
			continue;
		}
		if (!resolve(m, t, &t->key, "key")) {
			continue;
		}
		for (int k = 0; k < t->key.n; k++) {
			if (t->key.of[k]->is_nullable) {
				complain(m, t->key.line, "key column %.*s may be null; take the ? off its type",
				         STR_ARG(t->key.names[k]));
			}
		}
		enum type route = t->key.of[0]->type;
		if (!t->is_replicated && route != TYPE_ID) {
			complain(m, t->key.line,
			         "the key of table %.*s begins with %.*s, which is no id; begin it with the route (party, "
			         "institution), or "
			         "say: replicated",
			         STR_ARG(t->name), STR_ARG(t->key.names[0]));
		}
		for (int k = 0; k < t->indexes_n; k++) {
			struct index *x = &t->indexes[k];
			if (resolve(m, t, &x->columns, "index") && x->is_unique && !t->is_replicated &&
			    x->columns.of[0] != t->key.of[0]) {
				complain(m, x->columns.line,
				         "unique index %.*s does not begin with the route column %.*s; uniqueness over all routes is a "
				         "look-up "
				         "table of its own",
				         STR_ARG(x->name), STR_ARG(t->key.names[0]));
			}
		}
	}
	for (int i = 0; i < m->tables_n && !m->failed; i++) {
		for (int k = 0; k < m->tables[i].foreigns_n; k++) {
			check_foreign(m, &m->tables[i], &m->tables[i].foreigns[k]);
		}
	}
}

/* --- Words of a statement
 * --------------------------------------------------------------------------------------------- */

static bool is_sql_word(const struct token *t)
{
	static const char *const words[] = {
		"select",  "insert",   "into", "update",  "delete", "from",   "where", "and",      "or",       "not",
		"in",      "is",       "null", "set",     "values", "order",  "by",    "asc",      "desc",     "limit",
		"group",   "having",   "join", "left",    "inner",  "on",     "as",    "exists",   "case",     "when",
		"then",    "else",     "end",  "between", "like",   "union",  "all",   "distinct", "conflict", "do",
		"nothing", "excluded", "cast", "integer", "text",   "offset", "cross", "escape",
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (is_word(t, words[i])) {
			return true;
		}
	}
	return false;
}

/* Tokens past the end read as END. */
static const struct token *at(const struct statement *s, int i)
{
	static const struct token end = {.kind = END, .text = {"", 0}, .depth = -1};
	return i >= 0 && i < s->tokens_n ? &s->tokens[i] : &end;
}

/* The table and column that the word at i names, qualified or not; NULL when it names none. */
static const struct column *column_at(const struct statement *s, int i, const struct ref **ref)
{
	*ref = NULL;
	if (at(s, i)->kind != WORD || is_sign(at(s, i + 1), "(") || is_sign(at(s, i + 1), ".")) {
		return NULL;
	}
	bool is_qualified = is_sign(at(s, i - 1), ".");
	for (int k = 0; k < s->refs_n; k++) {
		const struct token *q = at(s, i - 2);
		if (is_qualified && !str_eq(q->text, s->refs[k].alias) && !is_word(q, "excluded")) {
			continue;
		}
		const struct column *c = find_column(s->refs[k].table, at(s, i)->text);
		if (c) {
			*ref = &s->refs[k];
			return c;
		}
	}
	return NULL;
}

static bool find_refs(struct model *m, struct statement *s)
{
	for (int i = 0; i < s->tokens_n; i++) {
		const struct token *t = at(s, i);
		bool is_first =
			is_word(t, "from") || is_word(t, "join") || is_word(t, "into") || (i == 0 && is_word(t, "update"));
		while (is_first) {
			const struct token *name = at(s, i + 1);
			if (name->kind != WORD) {
				break; /* a subselect: its own `from` is met later */
			}
			const struct table *table = find_table(m, name->text);
			if (table == NULL) {
				complain(m, name->line,
				         "there is no table %.*s in this file; a room reaches another room's rows by its calls",
				         STR_ARG(name->text));
				return false;
			}
			if (s->refs_n == MAX_REFS) {
				complain(m, name->line, "more than %d tables in a statement", MAX_REFS);
				return false;
			}
			struct ref *r = &s->refs[s->refs_n++];
			*r = (struct ref){table, name->text};
			i++;
			if (is_word(at(s, i + 1), "as")) {
				i++;
			}
			if (at(s, i + 1)->kind == WORD && !is_sql_word(at(s, i + 1))) {
				r->alias = at(s, i + 1)->text;
				i++;
			}
			is_first = is_sign(at(s, i + 1), ",") && is_word(t, "from");
			i += is_first;
		}
	}
	if (s->refs_n == 0) {
		complain(m, s->line,
		         "statement %.*s names no table; it is a select, insert, update or delete on a table of this file",
		         STR_ARG(s->name));
		return false;
	}
	return true;
}

static void check_words(struct model *m, struct statement *s)
{
	for (int i = 0; i < s->tokens_n; i++) {
		const struct token *t = at(s, i);
		const struct ref *ref;
		if (t->kind != WORD || is_sql_word(t) || is_sign(at(s, i + 1), "(") || column_at(s, i, &ref) ||
		    is_word(at(s, i - 1), "as")) {
			continue;
		}
		bool is_known = find_table(m, t->text) != NULL;
		for (int k = 0; k < s->refs_n; k++) {
			is_known = is_known || str_eq(t->text, s->refs[k].alias);
		}
		for (int k = 0; k < s->outs_n; k++) {
			is_known = is_known || str_eq(t->text, s->outs[k].name);
		}
		if (!is_known) {
			complain(m, t->line,
			         "\"%.*s\" is no column of table %.*s%s; correct the name, or write a parameter with a colon",
			         STR_ARG(t->text), STR_ARG(s->refs[0].table->name), s->refs_n > 1 ? " or of the others named" : "");
		}
	}
}

/* --- Parameters
 * ------------------------------------------------------------------------------------------------------- */

static void collect_params(struct model *m, struct statement *s)
{
	int declared = s->params_n;
	for (int i = 0; i < s->tokens_n; i++) {
		const struct token *t = at(s, i);
		if (t->kind != PARAM) {
			continue;
		}
		struct param *p = find_param(s, t->text);
		if (p == NULL) {
			if (s->params_n == MAX_PARAMS) {
				complain(m, t->line, "more than %d parameters", MAX_PARAMS);
				return;
			}
			p = &s->params[s->params_n++];
			*p = (struct param){.name = t->text, .line = t->line};
		}
		p->uses++;
		if (p->number == 0) {
			p->number = s->numbers_n + 1;
			s->numbers_n += p->is_list ? LIST_MAX : 1;
		}
		bool is_in = is_word(at(s, i - 1), "in");
		if (p->is_list && (!is_in || is_word(at(s, i - 2), "not"))) {
			complain(m, t->line, "list :%.*s may only stand as: COLUMN in :%.*s", STR_ARG(p->name), STR_ARG(p->name));
		} else if (!p->is_list && is_in) {
			complain(m, t->line, "after in stands a list; declare it: in %.*s id[]", STR_ARG(p->name));
		}
	}
	for (int i = 0; i < declared; i++) {
		if (s->params[i].uses == 0) {
			complain(m, s->params[i].line, "parameter %.*s is declared but not used; remove the line",
			         STR_ARG(s->params[i].name));
		}
	}
}

static void type_params(struct model *m, struct statement *s)
{
	for (int i = 0; i < s->params_n; i++) {
		struct param *p = &s->params[i];
		if (p->sealed) {
			p->type = p->sealed->type;
			p->is_nullable = p->is_declared ? p->is_nullable : p->sealed->is_nullable;
			p->is_typed = true;
			continue;
		}
		for (int k = 0; k < s->refs_n && !p->is_declared; k++) {
			const struct column *c = find_column(s->refs[k].table, p->name);
			if (c == NULL) {
				continue;
			}
			if (p->is_typed && p->type != c->type) {
				complain(m, p->line, "parameter %.*s could be %s or %s; say which: in %.*s TYPE", STR_ARG(p->name),
				         types[p->type].name, types[c->type].name, STR_ARG(p->name));
				break;
			}
			p->type = c->type;
			/* Comparing with null finds nothing; only storing one makes sense, unless the author says otherwise. */
			p->is_nullable = c->is_nullable && s->is_write && !is_word(at(s, 0), "delete");
			p->is_typed = true;
		}
		if (!p->is_typed) {
			complain(m, p->line, "the type of parameter %.*s is not known; declare it: in %.*s TYPE", STR_ARG(p->name),
			         STR_ARG(p->name));
		}
	}
}

/* --- Encrypted columns
 * ------------------------------------------------------------------------------------------------ */

/* `column = :parameter` anywhere in the statement, for a column of `table` (and, when given, of that very reference).
 */
static const struct param *equal_param(const struct statement *s, const struct table *table, const struct ref *ref,
                                       const struct column *column)
{
	for (int i = 0; i + 2 < s->tokens_n; i++) {
		const struct ref *found;
		if (is_sign(at(s, i + 1), "=") && at(s, i + 2)->kind == PARAM && column_at(s, i, &found) == column &&
		    found->table == table && (ref == NULL || found == ref)) {
			for (int k = 0; k < s->params_n; k++) {
				if (str_eq(s->params[k].name, at(s, i + 2)->text)) {
					return &s->params[k];
				}
			}
		}
	}
	return NULL;
}

/* Insert only: the parameter that stands for `column` in values (...). */
static const struct param *inserted_param(const struct statement *s, const struct column *column)
{
	int names = 0, values = 0;
	for (int i = 0; i < s->tokens_n && !values; i++) {
		names = names == 0 && is_sign(at(s, i), "(") ? i : names;
		values = is_word(at(s, i), "values") ? i + 1 : 0;
	}
	int position = 0, i = names + 1;
	while (i < s->tokens_n && !(at(s, i)->kind == WORD && str_eq(at(s, i)->text, column->name))) {
		if (is_sign(at(s, i), ")")) {
			return NULL;
		}
		position += is_sign(at(s, i), ",");
		i++;
	}
	for (i = values + 1; i < s->tokens_n && position > 0; i++) {
		position -= is_sign(at(s, i), ",") && at(s, i)->depth == 1;
	}
	if (at(s, i)->kind != PARAM || !(is_sign(at(s, i + 1), ",") || is_sign(at(s, i + 1), ")"))) {
		return NULL;
	}
	for (int k = 0; k < s->params_n; k++) {
		if (str_eq(s->params[k].name, at(s, i)->text)) {
			return &s->params[k];
		}
	}
	return NULL;
}

bool find_key_source(const struct statement *s, const struct table *table, const struct ref *ref,
                     const struct column *key, struct key_source *out)
{
	*out = (struct key_source){0};
	for (int i = 0; i < s->outs_n && ref; i++) {
		if (s->outs[i].column == key && s->outs[i].ref == ref) {
			out->out = &s->outs[i];
			return true;
		}
	}
	out->param = is_word(at(s, 0), "insert") ? inserted_param(s, key) : equal_param(s, table, ref, key);
	return out->param != NULL;
}

static void demand_keys(struct model *m, const struct statement *s, const struct table *table, const struct ref *ref,
                        const struct column *column, int line)
{
	for (int i = 0; i < table->key.n; i++) {
		struct key_source source;
		if (!find_key_source(s, table, ref, table->key.of[i], &source)) {
			complain(m, line, "column %.*s is stored encrypted under its row's key; %.*s must be %s here as well",
			         STR_ARG(column->name), STR_ARG(table->key.names[i]),
			         ref ? "selected or compared with a parameter" : "given by a parameter");
		} else if (s->kind == MANY && source.param && types[source.param->type].is_text) {
			complain(m, line, "key column %.*s of an encrypted column must be selected in a statement of many rows",
			         STR_ARG(table->key.names[i]));
		}
	}
}

/* `column = :parameter` in a set list, or the value of an insert. */
static void seal_param(struct model *m, struct statement *s, const struct table *table, const struct column *column,
                       const struct token *value, const struct token *after)
{
	bool is_end = after->kind == END || is_sign(after, ",") || is_sign(after, ")") || is_word(after, "where") ||
	              is_word(after, "on");
	if (is_word(value, "null") && is_end) {
		return;
	}
	struct param *p = value->kind == PARAM && is_end ? find_param(s, value->text) : NULL;
	if (p == NULL) {
		complain(m, value->line, "column %.*s is stored encrypted; its value must be one parameter, such as :%.*s",
		         STR_ARG(column->name), STR_ARG(column->name));
		return;
	}
	if ((p->sealed && p->sealed != column) || (p->is_declared && p->type != column->type)) {
		complain(m, value->line,
		         "parameter %.*s would be stored as different things; use one parameter for each column",
		         STR_ARG(p->name));
		return;
	}
	p->sealed = column;
	p->sealed_table = table;
	p->plain_uses--; /* balanced by the count over all tokens */
	demand_keys(m, s, table, NULL, column, value->line);
}

static void seal_set(struct model *m, struct statement *s, int from)
{
	const struct table *table = s->refs[0].table;
	bool has_sealed = false;
	for (int i = 0; i < table->columns_n; i++) {
		has_sealed = has_sealed || is_sealed(&table->columns[i]);
	}
	int depth = at(s, from)->depth;
	bool is_name = true;
	for (int i = from; i < s->tokens_n && !(is_word(at(s, i), "where") && at(s, i)->depth == depth); i++) {
		struct token *t = &s->tokens[i];
		const struct column *c = t->kind == WORD && is_name ? find_column(table, t->text) : NULL;
		for (int k = 0; k < table->key.n && c && has_sealed; k++) {
			if (table->key.of[k] == c) {
				complain(m, t->line, "key column %.*s cannot be set: encrypted columns of table %.*s are bound to it",
				         STR_ARG(c->name), STR_ARG(table->name));
			}
		}
		if (c && is_sealed(c) && is_sign(at(s, i + 1), "=")) {
			t->is_settled = true;
			bool is_excluded =
				is_word(at(s, i + 2), "excluded") && is_sign(at(s, i + 3), ".") && str_eq(at(s, i + 4)->text, c->name);
			if (is_excluded) {
				s->tokens[i + 4].is_settled = true;
			} else {
				seal_param(m, s, table, c, at(s, i + 2), at(s, i + 3));
			}
		}
		is_name = is_sign(t, ",") && t->depth == depth;
	}
}

static void check_insert(struct model *m, struct statement *s)
{
	const struct table *table = s->refs[0].table;
	if (!is_word(at(s, 1), "into")) {
		complain(m, s->line,
		         "an insert is: insert into TABLE ...; for rows that may be there: on conflict (...) do nothing");
		return;
	}
	int i = 3;
	while (i < s->tokens_n && !is_sign(at(s, i), "(")) {
		i++;
	}
	bool is_there[MAX_COLUMNS] = {false};
	int names[MAX_COLUMNS], n = 0;
	for (i++; i < s->tokens_n && !is_sign(at(s, i), ")"); i++) {
		const struct column *c = at(s, i)->kind == WORD ? find_column(table, at(s, i)->text) : NULL;
		if (c && n < MAX_COLUMNS) {
			is_there[c - table->columns] = true;
			names[n++] = i;
		} else if (!is_sign(at(s, i), ",")) {
			complain(m, at(s, i)->line, "\"%.*s\" is no column of table %.*s", STR_ARG(at(s, i)->text),
			         STR_ARG(table->name));
			return;
		}
	}
	for (int k = 0; k < table->columns_n; k++) {
		if (!is_there[k] && !table->columns[k].is_nullable) {
			complain(m, s->line, "column %.*s of table %.*s is not given and may not be null; insert it",
			         STR_ARG(table->columns[k].name), STR_ARG(table->name));
		}
	}
	bool has_values = is_word(at(s, i + 1), "values");
	if (!has_values && !is_word(at(s, i + 1), "select")) {
		complain(m, s->line, "an insert is: insert into TABLE (COLUMNS) values (...) or select ...");
		return;
	}
	int value = i + 3;
	for (int k = 0; k < n; k++) {
		const struct column *c = find_column(table, at(s, names[k])->text);
		int after = value;
		while (has_values && after < s->tokens_n &&
		       !((is_sign(at(s, after), ",") && at(s, after)->depth == 1) ||
		         (is_sign(at(s, after), ")") && at(s, after)->depth == 0))) {
			after++;
		}
		if (is_sealed(c)) {
			s->tokens[names[k]].is_settled = true;
			if (after == value + 1) {
				seal_param(m, s, table, c, at(s, value), at(s, after));
			} else {
				complain(m, at(s, names[k])->line, "column %.*s is stored encrypted; its value must be one parameter",
				         STR_ARG(c->name));
			}
		}
		bool is_last = k == n - 1;
		if (has_values && !is_sign(at(s, after), is_last ? ")" : ",")) {
			complain(m, s->line, "%d columns are named, but there are %s values", n, is_last ? "more" : "fewer");
			return;
		}
		value = after + 1;
	}
	for (i = value; i < s->tokens_n; i++) {
		if (is_word(at(s, i), "set")) {
			seal_set(m, s, i + 1);
		}
	}
}

static void check_sealed_rest(struct model *m, struct statement *s)
{
	for (int i = 0; i < s->tokens_n; i++) {
		const struct ref *ref;
		const struct column *c = column_at(s, i, &ref);
		if (c && is_sealed(c) && !at(s, i)->is_settled && !is_word(at(s, i + 1), "is")) {
			complain(m, at(s, i)->line,
			         "column %.*s is stored encrypted and cannot be compared or computed with; search by a keyed hash "
			         "column",
			         STR_ARG(c->name));
		}
	}
	for (int i = 0; i < s->params_n; i++) {
		struct param *p = &s->params[i];
		if (p->sealed && p->plain_uses + p->uses > 0) {
			complain(m, p->line, "parameter %.*s is stored encrypted in one place and used plain in another; use two",
			         STR_ARG(p->name));
		}
	}
}

/* --- Selected columns
 * --------------------------------------------------------------------------------------------------- */

static void add_out(struct model *m, struct statement *s, int from, int to)
{
	int line = at(s, from)->line;
	if (s->outs_n == MAX_OUTS || from >= to) {
		complain(m, line, "a select list has 1 to %d columns", MAX_OUTS);
		return;
	}
	struct out o = {.name = at(s, to - 1)->text, .line = line};
	bool has_as = to - from >= 3 && is_word(at(s, to - 2), "as") && at(s, to - 1)->kind == WORD;
	int end = has_as ? to - 2 : to;
	bool is_plain = end - from == 1 || (end - from == 3 && is_sign(at(s, from + 1), "."));
	if (is_plain) {
		o.column = column_at(s, end - 1, &o.ref);
	}
	if (is_sign(at(s, to - 1), "*")) {
		complain(m, line, "* selects what nobody named; write the columns");
		return;
	}
	bool is_declared = false;
	if (o.column) {
		o.type = o.column->type;
		o.is_nullable = o.column->is_nullable;
		s->tokens[end - 1].is_settled = true;
	}
	for (int i = 0; i < s->declared_n; i++) {
		if (str_eq(s->declared[i].name, o.name)) {
			o.type = s->declared[i].type;
			o.is_nullable = s->declared[i].is_nullable;
			s->declared[i].line = 0; /* used */
			is_declared = true;
		}
	}
	if (!o.column && !is_declared && s->kind != COUNT) {
		complain(m, line,
		         has_as ? "the type of %.*s is not known; declare it: out NAME TYPE"
		                : "an expression needs a name: ... as NAME, and: out NAME TYPE (at %.*s)",
		         STR_ARG(o.name));
		return;
	}
	for (int i = 0; i < s->outs_n && s->kind != COUNT; i++) {
		if (str_eq(s->outs[i].name, o.name)) {
			complain(m, line, "two columns are called %.*s; name one with: as NAME", STR_ARG(o.name));
		}
	}
	s->outs[s->outs_n++] = o;
}

static void collect_outs(struct model *m, struct statement *s)
{
	int from = 1;
	if (is_word(at(s, 1), "distinct")) {
		from++;
	}
	int i = from;
	for (; i < s->tokens_n && !(is_word(at(s, i), "from") && at(s, i)->depth == 0); i++) {
		if (is_sign(at(s, i), ",") && at(s, i)->depth == 0) {
			add_out(m, s, from, i);
			from = i + 1;
		}
	}
	add_out(m, s, from, i);
	for (int k = 0; k < s->declared_n; k++) {
		if (s->declared[k].line) {
			complain(m, s->declared[k].line, "%.*s is declared but not selected; remove the line",
			         STR_ARG(s->declared[k].name));
		}
	}
	for (int k = 0; k < s->outs_n; k++) {
		const struct out *o = &s->outs[k];
		if (o->column && is_sealed(o->column)) {
			if (s->kind == COUNT) {
				complain(m, o->line, "an encrypted column is no number");
			}
			demand_keys(m, s, o->ref->table, o->ref, o->column, o->line);
		}
	}
}

/* --- Routes
 * ----------------------------------------------------------------------------------------------------------- */

/* Is the route of this reference compared with another one's? */
static bool is_tied(const struct statement *s, int i)
{
	for (int k = 0; k + 2 < s->tokens_n; k++) {
		const struct ref *left, *right;
		if (!is_sign(at(s, k + 1), "=")) {
			continue;
		}
		const struct column *a = column_at(s, k, &left);
		const struct column *b = column_at(s, is_sign(at(s, k + 3), ".") ? k + 4 : k + 2, &right);
		bool is_pair = a && b && left != right && a == left->table->key.of[0] && b == right->table->key.of[0];
		if (is_pair && (left == &s->refs[i] || right == &s->refs[i])) {
			return true;
		}
	}
	return false;
}

static void check_route(struct model *m, struct statement *s)
{
	bool is_replicated = true;
	for (int i = 0; i < s->refs_n; i++) {
		is_replicated = is_replicated && s->refs[i].table->is_replicated;
	}
	if (s->is_scatter && (!s->has_route || s->is_routeless)) {
		if (s->is_write) {
			complain(m, s->line, "a scatter statement that writes names its route: a job writes in one place");
		}
		/* Its tables meet where their rows lie together. */
		for (int i = 1; i < s->refs_n && !s->is_write; i++) {
			if (!s->refs[i].table->is_replicated && !is_tied(s, i)) {
				complain(m, s->line, "table %.*s is not tied to the others by their routes; add: %.*s.%.*s = ...",
				         STR_ARG(s->refs[i].table->name), STR_ARG(s->refs[i].alias),
				         STR_ARG(s->refs[i].table->key.of[0]->name));
			}
		}
		s->is_routeless = true;
		return;
	}
	if (!s->has_route) {
		complain(m, s->line, "statement %.*s names no route; add: route PARAMETER (route none for replicated tables)",
		         STR_ARG(s->name));
		return;
	}
	if (s->is_routeless) {
		if (!is_replicated) {
			complain(m, s->line, "route none is for replicated tables only; name the parameter that holds %.*s",
			         STR_ARG(s->refs[0].table->key.names[0]));
		}
		return;
	}
	const struct param *p = find_param(s, s->route);
	if (p == NULL || (p->type != TYPE_ID && p->type != TYPE_INT) || p->is_nullable || p->is_list) {
		complain(m, s->line, "route %.*s is no parameter of type id in statement %.*s; name one", STR_ARG(s->route),
		         STR_ARG(s->name));
		return;
	}
	for (int i = 0; i < s->refs_n; i++) {
		const struct table *t = s->refs[i].table;
		const struct column *route = t->key.of[0];
		if (t->is_replicated) {
			continue;
		}
		if (is_word(at(s, 0), "insert") && i == 0) {
			const struct param *given = inserted_param(s, route);
			if (given == p || (given == NULL && is_word(at(s, s->tokens_n - 1), "select"))) {
				continue;
			}
			bool is_select = given == NULL && s->refs_n > 1;
			if (!is_select) {
				complain(m, s->line, "column %.*s must be inserted as :%.*s, the route", STR_ARG(route->name),
				         STR_ARG(s->route));
			}
			continue;
		}
		bool is_bound = is_tied(s, i);
		for (int k = 0; k + 2 < s->tokens_n && !is_bound; k++) {
			const struct ref *left;
			is_bound = is_sign(at(s, k + 1), "=") && column_at(s, k, &left) == route && left == &s->refs[i] &&
			           at(s, k + 2)->kind == PARAM && str_eq(at(s, k + 2)->text, s->route);
		}
		if (!is_bound) {
			complain(m, s->line, "table %.*s is not held to the route; add: %.*s.%.*s = :%.*s", STR_ARG(t->name),
			         STR_ARG(s->refs[i].alias), STR_ARG(route->name), STR_ARG(s->route));
		}
	}
}

void check_statement(struct model *m, struct statement *s)
{
	if (s->tokens_n == 0) {
		complain(m, s->line, "statement %.*s has no SQL; add select, insert, update or delete", STR_ARG(s->name));
		return;
	}
	const struct token *verb = at(s, 0);
	bool is_select = is_word(verb, "select");
	s->is_write = is_word(verb, "insert") || is_word(verb, "update") || is_word(verb, "delete");
	if (!is_select && !s->is_write) {
		complain(m, verb->line, "SQL begins with select, insert, update or delete, not with \"%.*s\"",
		         STR_ARG(verb->text));
		return;
	}
	bool is_exec_0 = s->kind == EXEC && s->rows == 0;
	if (is_select ? s->kind == EXEC && !is_exec_0 : s->kind != EXEC || is_exec_0) {
		complain(m, s->line,
		         is_select ? "a select is one, maybe, many or count; exec 0 when it must find no row"
		                   : "an insert, update or delete is: exec N or exec any");
		return;
	}
	if (s->is_root && (s->kind != EXEC || s->rows != 1)) {
		complain(m, s->line, "a root statement is exec 1: it inserts or touches the one root row of the job");
	}
	bool had_failed = m->failed;
	m->failed = false;
	if (find_refs(m, s)) {
		collect_params(m, s);
		if (is_select) {
			/* Types first: the sources of keys are looked at by type. */
			type_params(m, s);
			collect_outs(m, s);
		} else {
			if (is_word(verb, "insert")) {
				check_insert(m, s);
			} else if (is_word(verb, "update")) {
				for (int i = 0; i < s->tokens_n; i++) {
					if (is_word(at(s, i), "set")) {
						seal_set(m, s, i + 1);
						break;
					}
				}
			}
			type_params(m, s);
		}
		if (!m->failed) {
			check_words(m, s);
			check_sealed_rest(m, s);
			check_route(m, s);
		}
		if (s->kind == COUNT && s->outs_n != 1 && !m->failed) {
			complain(m, s->line, "count selects one number");
		}
	}
	m->failed = m->failed || had_failed;
}
