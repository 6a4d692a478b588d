/* Reads the declarations and cuts statements into tokens. */
#include <stdarg.h>
#include <stdio.h>

#include "base/fault.h"
#include "sqlgen.h"

const struct type_info types[TYPES] = {
	[TYPE_ID] = {"id", "int64_t ", "STORE_ID", "integer", "bigint", false},
	[TYPE_INT] = {"int", "int64_t ", "STORE_INT", "integer", "bigint", false},
	[TYPE_INSTANT] = {"instant", "int64_t ", "STORE_INSTANT", "integer", "bigint", false},
	[TYPE_DATE] = {"date", "int32_t ", "STORE_DATE", "integer", "integer", false},
	[TYPE_MONEY] = {"money", "int64_t ", "STORE_MONEY", "integer", "bigint", false},
	[TYPE_TEXT] = {"text", "struct str ", "STORE_TEXT", "text", "text", true},
	[TYPE_JSON] = {"json", "struct str ", "STORE_JSON", "text", "json", true},
	[TYPE_BYTES] = {"bytes", "struct str ", "STORE_BYTES", "blob", "bytea", true},
	[TYPE_FLAG] = {"flag", "bool ", "STORE_FLAG", "integer", "smallint", false},
};

const struct class_info classes[CLASSES] = {
	[PUBLIC] = {"public", "STORE_PUBLIC", false},       [INTERNAL] = {"internal", "STORE_INTERNAL", false},
	[PERSONAL] = {"personal", "STORE_PERSONAL", false}, [IDENTITY] = {"identity", "STORE_IDENTITY", true},
	[HEALTH] = {"health", "STORE_HEALTH", false},       [SECRET] = {"secret", "STORE_SECRET", true},
};

void complain(struct model *m, int line, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "%s:%d: ", m->path, line);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	m->failed = true;
}

bool is_sealed(const struct column *c)
{
	return classes[c->class].is_sealed;
}

const struct column *find_column(const struct table *t, struct str name)
{
	for (int i = 0; i < t->columns_n; i++) {
		if (str_eq(t->columns[i].name, name)) {
			return &t->columns[i];
		}
	}
	return NULL;
}

struct param *find_param(struct statement *s, struct str name)
{
	for (int i = 0; i < s->params_n; i++) {
		if (str_eq(s->params[i].name, name)) {
			return &s->params[i];
		}
	}
	return NULL;
}

bool is_word(const struct token *t, const char *word)
{
	return t->kind == WORD && str_eq_nocase(t->text, str_of(word));
}

bool is_sign(const struct token *t, const char *sign)
{
	return t->kind == SIGN && str_is(t->text, sign);
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_char(char c)
{
	return is_name_start(c) || is_digit(c);
}

/* Names become C identifiers and columns of every engine. */
static const char *const reserved[] = {
	"auto",     "break",  "case",     "char",   "const",  "continue",   "default", "do",     "double",  "else",
	"enum",     "extern", "float",    "for",    "goto",   "if",         "inline",  "int",    "long",    "register",
	"restrict", "return", "short",    "signed", "sizeof", "static",     "struct",  "switch", "typedef", "union",
	"unsigned", "void",   "volatile", "while",  "bool",   "true",       "false",   "tx",     "in",      "out",
	"key",      "index",  "unique",   "refers", "small",  "replicated", "asm",     "typeof",
};

static bool good_name(struct model *m, int line, struct str name, const char *of)
{
	bool good = name.n > 0 && name.n <= 60 && name.p[0] >= 'a' && name.p[0] <= 'z';
	for (size_t i = 0; i < name.n && good; i++) {
		good = is_name_char(name.p[i]) && !(name.p[i] >= 'A' && name.p[i] <= 'Z');
	}
	if (!good) {
		complain(m, line, "\"%.*s\" is no name of a %s; use small letters, digits and _, beginning with a letter",
		         STR_ARG(name), of);
		return false;
	}
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
		if (str_is(name, reserved[i])) {
			complain(m, line, "\"%.*s\" is a word of C or of this format; choose another name for the %s",
			         STR_ARG(name), of);
			return false;
		}
	}
	return true;
}

/* One line without its # comment (not inside of quotes) and without white space at its end. */
static struct str without_comment(struct str line)
{
	char quote = 0;
	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i];
		if (quote) {
			quote = c == quote ? 0 : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '#') {
			line.n = i;
		}
	}
	while (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t' || line.p[line.n - 1] == '\r')) {
		line.n--;
	}
	return line;
}

/* Takes the next word, or "text in quotes" (without them), off *rest. */
static bool next_word(struct str *rest, struct str *word, bool *is_quoted)
{
	*rest = str_trim(*rest);
	if (rest->n == 0) {
		return false;
	}
	size_t from = 0, n = 0;
	*is_quoted = rest->p[0] == '"';
	if (*is_quoted) {
		from = 1;
		while (from + n < rest->n && rest->p[from + n] != '"') {
			n++;
		}
		*word = str_sub(*rest, from, n);
		*rest = str_sub(*rest, from + n + 1, rest->n);
		return true;
	}
	while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t') {
		n++;
	}
	*word = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->n);
	return true;
}

enum { MAX_WORDS = 24 };
struct words {
	struct str of[MAX_WORDS];
	int n;
	struct str comment;
	bool has_comment;
};

static bool read_words(struct model *m, int line, struct str text, struct words *w)
{
	*w = (struct words){.comment = STR_EMPTY};
	struct str word;
	bool is_quoted;
	while (next_word(&text, &word, &is_quoted)) {
		if (w->has_comment) {
			complain(m, line, "something stands after the comment; the comment in quotes comes last");
			return false;
		}
		if (is_quoted) {
			w->comment = word;
			w->has_comment = true;
		} else if (w->n == MAX_WORDS) {
			complain(m, line, "more than %d words in a line", MAX_WORDS);
			return false;
		} else {
			w->of[w->n++] = word;
		}
	}
	return true;
}

static bool read_type(struct str word, enum type *type, bool *is_nullable, bool *is_list)
{
	*is_nullable = str_ends(word, STR("?"));
	if (*is_nullable) {
		word.n--;
	}
	if (is_list) {
		*is_list = str_ends(word, STR("[]"));
		if (*is_list) {
			word.n -= 2;
		}
	}
	for (int i = 0; i < TYPES; i++) {
		if (str_is(word, types[i].name)) {
			*type = (enum type)i;
			return true;
		}
	}
	return false;
}

static void read_columns(struct model *m, int line, const struct words *w, int from, int to, struct columns *out)
{
	*out = (struct columns){.line = line};
	if (to - from < 1 || to - from > MAX_KEY) {
		complain(m, line, "1 to %d columns must stand here", MAX_KEY);
		return;
	}
	for (int i = from; i < to; i++) {
		out->names[out->n++] = w->of[i];
	}
}

static void read_column(struct model *m, int line, struct table *t, const struct words *w)
{
	struct column c = {.name = w->of[0], .comment = w->comment, .line = line};
	if (!good_name(m, line, c.name, "column")) {
		return;
	}
	if (w->n != 3 || !w->has_comment) {
		complain(m, line,
		         "a column is: name, type, data class, \"comment\"; such as: due date? internal \"last day by law\"");
		return;
	}
	if (!read_type(w->of[1], &c.type, &c.is_nullable, NULL)) {
		complain(m, line,
		         "\"%.*s\" is no type; use id, int, instant, date, money, text, json, bytes or flag, with ? for null",
		         STR_ARG(w->of[1]));
		return;
	}
	int class = 0;
	while (class < CLASSES && !str_is(w->of[2], classes[class].name)) {
		class ++;
	}
	if (class == CLASSES) {
		complain(m, line, "\"%.*s\" is no data class; use public, internal, personal, identity, health or secret",
		         STR_ARG(w->of[2]));
		return;
	}
	c.class = (enum class) class;
	if (find_column(t, c.name)) {
		complain(m, line, "column %.*s stands twice in table %.*s; remove one", STR_ARG(c.name), STR_ARG(t->name));
	} else if (t->columns_n == MAX_COLUMNS) {
		complain(m, line, "more than %d columns; split the table", MAX_COLUMNS);
	} else {
		t->columns[t->columns_n++] = c;
	}
}

static void read_foreign(struct model *m, int line, struct table *t, const struct words *w)
{
	int to = 1;
	while (to < w->n && !str_is(w->of[to], "to")) {
		to++;
	}
	if (to + 2 >= w->n || t->foreigns_n == MAX_INDEXES) {
		complain(m, line, "a foreign key is: refers COLUMNS to TABLE COLUMNS");
		return;
	}
	struct foreign *f = &t->foreigns[t->foreigns_n++];
	f->table = w->of[to + 1];
	read_columns(m, line, w, 1, to, &f->from);
	read_columns(m, line, w, to + 2, w->n, &f->to);
}

static void read_table_line(struct model *m, int line, struct table *t, struct str text)
{
	struct words w;
	if (!read_words(m, line, text, &w) || w.n == 0) {
		return;
	}
	struct str first = w.of[0];
	if (str_is(first, "key")) {
		if (t->key.n > 0) {
			complain(m, line, "table %.*s has a second key; remove one", STR_ARG(t->name));
		}
		read_columns(m, line, &w, 1, w.n, &t->key);
	} else if (str_is(first, "index") || str_is(first, "unique")) {
		if (w.n < 3 || t->indexes_n == MAX_INDEXES) {
			complain(m, line, "an index is: %.*s NAME COLUMNS, at most %d a table", STR_ARG(first), MAX_INDEXES);
			return;
		}
		struct index *i = &t->indexes[t->indexes_n++];
		*i = (struct index){.name = w.of[1], .is_unique = str_is(first, "unique")};
		good_name(m, line, i->name, "index");
		read_columns(m, line, &w, 2, w.n, &i->columns);
	} else if (str_is(first, "refers")) {
		read_foreign(m, line, t, &w);
	} else if (str_is(first, "small") && w.n == 1) {
		t->is_small = true;
	} else if (str_is(first, "replicated") && w.n == 1) {
		t->is_replicated = true;
	} else {
		read_column(m, line, t, &w);
	}
}

static struct table *begin_table(struct model *m, int line, const struct words *w)
{
	if (m->tables_n == MAX_TABLES) {
		complain(m, line, "more than %d tables; split the room", MAX_TABLES);
		return NULL;
	}
	struct table *t = &m->tables[m->tables_n];
	*t = (struct table){.line = line, .comment = w->comment};
	if (w->n != 2 || !w->has_comment) {
		complain(m, line, "a table begins with: table NAME \"comment\"");
		return NULL;
	}
	t->name = w->of[1];
	if (!good_name(m, line, t->name, "table")) {
		return NULL;
	}
	for (int i = 0; i < m->tables_n; i++) {
		if (str_eq(m->tables[i].name, t->name)) {
			complain(m, line, "table %.*s stands twice; remove one", STR_ARG(t->name));
		}
	}
	m->tables_n++;
	return t;
}

static bool read_flags(struct model *m, int line, struct statement *s, const struct words *w)
{
	static const char *const kinds[] = {"one", "maybe", "many", "exec", "count"};
	bool has_kind = false;
	for (int i = 2; i < w->n; i++) {
		if (str_is(w->of[i], "root")) {
			s->is_root = true;
			continue;
		}
		if (str_is(w->of[i], "scatter")) {
			s->is_scatter = true;
			continue;
		}
		int kind = 0;
		while (kind < 5 && !str_is(w->of[i], kinds[kind])) {
			kind++;
		}
		if (kind == 5 || has_kind) {
			return false;
		}
		has_kind = true;
		s->kind = (enum kind)kind;
		if (s->kind == EXEC) {
			uint64_t n;
			if (++i < w->n && str_is(w->of[i], "any")) {
				s->rows = -1;
			} else if (i < w->n && str_to_u64(w->of[i], &n) && n <= 1000000) {
				s->rows = (int64_t)n;
			} else {
				complain(m, line, "after exec stands how many rows must be affected, or: any");
			}
		}
	}
	return has_kind;
}

static struct statement *begin_statement(struct model *m, int line, const struct words *w)
{
	if (m->statements_n == MAX_STATEMENTS) {
		complain(m, line, "more than %d statements; split the room", MAX_STATEMENTS);
		return NULL;
	}
	struct statement *s = &m->statements[m->statements_n];
	*s = (struct statement){.line = line, .comment = w->comment};
	if (w->n < 3 || !read_flags(m, line, s, w)) {
		complain(m, line,
		         "a statement begins with: statement NAME [root] [scatter] one|maybe|many|exec N|exec any|count "
		         "[\"comment\"]");
		return NULL;
	}
	s->name = w->of[1];
	if (!good_name(m, line, s->name, "statement")) {
		return NULL;
	}
	for (int i = 0; i < m->statements_n; i++) {
		if (str_eq(m->statements[i].name, s->name)) {
			complain(m, line, "statement %.*s stands twice; rename one", STR_ARG(s->name));
		}
	}
	s->tokens = mem_must(MAX_TOKENS + 4, sizeof *s->tokens);
	m->statements_n++;
	return s;
}

static bool add_token(struct model *m, struct statement *s, int line, enum token_kind kind, struct str text,
                      bool has_space, int depth)
{
	if (s->tokens_n == MAX_TOKENS) {
		complain(m, line, "statement %.*s is too long", STR_ARG(s->name));
		return false;
	}
	s->tokens[s->tokens_n++] =
		(struct token){.kind = kind, .text = text, .has_space = has_space, .depth = depth, .line = line};
	return true;
}

static void cut_tokens(struct model *m, int line, struct statement *s, struct str text)
{
	static const char *const two[] = {"<>", "<=", ">=", "!=", "||", "->"};
	bool has_space = true;
	int depth = s->tokens_n > 0 ? s->tokens[s->tokens_n - 1].depth : 0;
	size_t i = 0;
	while (i < text.n) {
		char c = text.p[i];
		size_t n = 1;
		enum token_kind kind = SIGN;
		if (c == ' ' || c == '\t') {
			has_space = true;
			i++;
			continue;
		}
		if (is_name_start(c)) {
			kind = WORD;
			while (i + n < text.n && is_name_char(text.p[i + n])) {
				n++;
			}
		} else if (is_digit(c)) {
			kind = NUMBER;
			while (i + n < text.n && is_digit(text.p[i + n])) {
				n++;
			}
		} else if (c == '\'') {
			kind = TEXT;
			while (i + n < text.n && text.p[i + n] != '\'') {
				n++;
			}
			if (i + n == text.n) {
				complain(m, line, "a text does not end; close it with ' in the same line");
				return;
			}
			n++;
		} else if (c == ':' && i + 1 < text.n && is_name_start(text.p[i + 1])) {
			kind = PARAM;
			i++;
			while (i + n < text.n && is_name_char(text.p[i + n])) {
				n++;
			}
		} else if (c == '(') {
			depth++;
		} else if (c == ')') {
			depth--;
		} else if (c == ';') {
			complain(m, line,
			         "; does not belong here; the next statement begins with its own line: statement NAME ...");
			return;
		} else if (strchr("?$@:\"`[]{}\\&~^", c)) {
			complain(m, line, "%c does not belong here; a parameter is written :name, a column by its bare name", c);
			return;
		} else if (i + 1 < text.n) {
			if (c == '-' && text.p[i + 1] == '-') {
				complain(m, line, "a comment begins with #, not with --");
				return;
			}
			for (size_t k = 0; k < sizeof two / sizeof *two; k++) {
				if (text.p[i] == two[k][0] && text.p[i + 1] == two[k][1]) {
					n = 2;
				}
			}
		}
		if (!add_token(m, s, line, kind, str_sub(text, i, n), has_space, depth)) {
			return;
		}
		has_space = false;
		i += n;
	}
}

static bool read_statement_word(struct model *m, int line, struct statement *s, struct str text)
{
	struct str rest = text, first;
	bool is_quoted;
	if (s->tokens_n > 0 || !next_word(&rest, &first, &is_quoted)) {
		return false;
	}
	struct words w;
	if (str_is(first, "route")) {
		if (!read_words(m, line, text, &w) || w.n != 2 || s->has_route) {
			complain(m, line, "one route a statement: route PARAMETER, or: route none");
			return true;
		}
		s->has_route = true;
		s->is_routeless = str_is(w.of[1], "none");
		s->route = w.of[1];
		return true;
	}
	if (!str_is(first, "in") && !str_is(first, "out")) {
		return false;
	}
	bool is_in = str_is(first, "in");
	enum type type;
	bool is_nullable, is_list = false;
	if (!read_words(m, line, text, &w) || w.n != 3 ||
	    !read_type(w.of[2], &type, &is_nullable, is_in ? &is_list : NULL)) {
		complain(m, line, "%.*s NAME TYPE, with a type such as date? (may be null)%s", STR_ARG(first),
		         is_in ? " or id[] (at most 32 values)" : "");
		return true;
	}
	if (!good_name(m, line, w.of[1], is_in ? "parameter" : "column")) {
		return true;
	}
	if (is_list && (types[type].is_text || is_nullable)) {
		complain(m, line, "a list is of id, int, instant, date, money or flag, without ?");
		return true;
	}
	if (is_in) {
		if (s->params_n == MAX_PARAMS || find_param(s, w.of[1])) {
			complain(m, line, "parameter %.*s is declared twice", STR_ARG(w.of[1]));
			return true;
		}
		s->params[s->params_n++] = (struct param){.name = w.of[1],
		                                          .type = type,
		                                          .is_nullable = is_nullable,
		                                          .is_list = is_list,
		                                          .is_declared = true,
		                                          .is_typed = true,
		                                          .line = line};
	} else if (s->declared_n < MAX_OUTS) {
		s->declared[s->declared_n++] =
			(struct out){.name = w.of[1], .type = type, .is_nullable = is_nullable, .line = line};
	}
	return true;
}

void parse(struct model *m, struct str text)
{
	struct table *table = NULL;
	struct statement *statement = NULL;
	bool is_skipped = false;
	struct str raw;
	for (int line = 1; str_next(&text, '\n', &raw); line++) {
		struct str s = without_comment(raw);
		if (s.n == 0) {
			continue;
		}
		if (s.p[0] == ' ' || s.p[0] == '\t') {
			if (table) {
				read_table_line(m, line, table, s);
			} else if (statement) {
				if (!read_statement_word(m, line, statement, s)) {
					cut_tokens(m, line, statement, s);
				}
			} else if (!is_skipped) {
				complain(m, line, "an indented line belongs to a table or a statement; none has begun");
			}
			continue;
		}
		table = NULL;
		statement = NULL;
		is_skipped = true;
		struct words w;
		if (!read_words(m, line, s, &w) || w.n == 0) {
			continue;
		}
		if (str_is(w.of[0], "room")) {
			is_skipped = false;
			if (w.n != 2 || m->room.n > 0) {
				complain(m, line, "the file begins with one line: room NAME");
			} else if (good_name(m, line, w.of[1], "room")) {
				m->room = w.of[1];
			}
		} else if (str_is(w.of[0], "table")) {
			table = begin_table(m, line, &w);
		} else if (str_is(w.of[0], "statement")) {
			statement = begin_statement(m, line, &w);
		} else {
			complain(m, line,
			         "\"%.*s\" is not known here; a line at the left edge begins with room, table or statement",
			         STR_ARG(w.of[0]));
		}
	}
	if (m->room.n == 0) {
		complain(m, 1, "the room is missing; begin the file with: room NAME");
	}
}
