/* Expressions and translated sentences of templates. */
#include "tmplgen.h"

#define MAX_ARGS 16

/* --- C in templates ------------------------------------------------------------------------------------------------
 */

/* Past a C string or character constant that begins at p. */
static const char *skip_quoted(struct gen *g, const char *p, const char *end)
{
	char quote = *p;
	for (const char *q = p + 1; q < end && *q != '\n'; q++) {
		if (*q == '\\') {
			q++;
		} else if (*q == quote) {
			return q + 1;
		}
	}
	fail(g, p, "a quote in the expression does not end");
}

/* From p to the first `stop` outside of strings and brackets; fails without one. */
const char *skip_c(struct gen *g, const char *p, const char *end, char stop)
{
	int depth = 0;
	for (const char *q = p; q < end;) {
		if (depth == 0 && *q == stop) {
			return q;
		}
		if (*q == '"' || *q == '\'') {
			q = skip_quoted(g, q, end);
			continue;
		}
		if (*q == '(' || *q == '[' || *q == '{') {
			depth++;
		} else if (*q == ')' || *q == ']' || *q == '}') {
			if (--depth < 0) {
				fail(g, q, "'%c' closes nothing", *q);
			}
		}
		q++;
	}
	if (stop == '\0') {
		return end;
	}
	fail(g, p, "'%c' is missing", stop);
}

struct str trimmed(const char *from, const char *to)
{
	return str_trim(str_from(from, (size_t)(to - from)));
}

struct str need(struct gen *g, const char *at, struct str s, const char *what)
{
	if (s.n == 0) {
		fail(g, at, "%s is missing", what);
	}
	return s;
}

/* Splits "a, b" at the comma of the top level. */
static void split_two(struct gen *g, struct str both, struct str *a, struct str *b)
{
	const char *comma = skip_c(g, both.p, both.p + both.n, ',');
	*a = need(g, both.p, trimmed(both.p, comma), "the first value");
	*b = need(g, both.p, trimmed(comma + 1, both.p + both.n), "the second value");
}

/* One C expression into the page at the place where the tokenizer stands. */
void put_expression(struct gen *g, const char *at, struct str expr)
{
	check_place(g, at);
	struct html *h = &g->html;
	const char *call = "html_put";
	if (h->state == IN_RCDATA) {
		call = "html_put_attr"; /* a struct html cannot be markup there */
	} else if (h->state == IN_VALUE) {
		call = "html_put_attr";
		if (h->attr_kind == ATTR_URL) {
			if (h->url == URL_UNSAFE) {
				fail(g, at, "the address '%.*s' has no settled beginning: begin with '/', '#' or '?'", (int)h->value_n,
				     h->value);
			}
			if (h->url == URL_MIXED) {
				fail(g, at, "the branches before leave the address at different places");
			}
			call = h->url == URL_START ? "html_put_address" : "html_put_address_part";
			h->url = URL_PART;
		}
	}
	buf_printf(begin_code(g, at), "%s(o, (%.*s));", call, STR_ARG(expr));
	end_code(g);
}

/* "date D long" and the like, also as "@date_long(D)" in sentences: a C call. */
bool put_formatted(struct gen *g, const char *at, struct str what, struct str args)
{
	static const struct {
		const char *word, *call;
		int values;
		const char *last;
	} forms[] = {
		{"date_long", "html_put_date", 1, ", DATE_LONG"},
		{"date_short", "html_put_date", 1, ", DATE_SHORT"},
		{"date_year", "html_put_date", 1, ", DATE_WITH_YEAR"},
		{"time", "html_put_time", 1, ""},
		{"iso", "html_put_iso", 1, ""},
		{"number", "html_put_number", 1, ""},
		{"bytes", "html_put_bytes", 1, ""},
		{"money", "html_put_money", 2, ""},
		{"text", "html_put_attr", 1, ""},
		{"bdi", "html_put_arg", 1, ""},
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (!str_is(what, forms[i].word)) {
			continue;
		}
		struct str a = need(g, at, str_trim(args), "a value");
		struct str b = STR_EMPTY;
		if (forms[i].values == 2) {
			split_two(g, args, &a, &b);
		}
		buf_printf(begin_code(g, at), "%s(o, (%.*s)%s%.*s%s);", forms[i].call, STR_ARG(a), b.n ? ", " : "", STR_ARG(b),
		           forms[i].last);
		end_code(g);
		return true;
	}
	if (str_is(what, "tr")) {
		buf_printf(begin_code(g, at), "html_put_text(o, tr(o->lang, (%.*s)));", STR_ARG(args));
		end_code(g);
		return true;
	}
	return false;
}

/* --- Sentences ------------------------------------------------------------------------------------------------------
 */

/* name=value of a sentence. value: C expression | @form(expression) | <markup>. */
struct tr_value {
	struct str name;
	struct str expr;   /* C, or the arguments of the form */
	struct str form;   /* "date_long"; empty: by type */
	bool is_markup;    /* expr is a tag; {name} opens it, {/name} closes it */
	struct str closes; /* element that {/name} closes; empty: void */
	bool is_used, is_end_used;
};

/* Reads one C string constant; *text is what stands between the quotes. */
static const char *read_string(struct gen *g, const char *p, const char *end, struct str *text)
{
	while (p < end && is_space(*p)) {
		p++;
	}
	if (p == end || *p != '"') {
		fail(g, p, "a sentence in double quotes is missing");
	}
	const char *after = skip_quoted(g, p, end);
	*text = str_from(p + 1, (size_t)(after - p) - 2);
	return after;
}

/* Does an argument ("name=") begin at p? */
static bool begins_arg(const char *p, const char *end, const char **value)
{
	const char *q = p;
	while (q < end && (is_ident(*q))) {
		q++;
	}
	if (q == p || q + 1 >= end || *q != '=' || q[1] == '=') {
		return false;
	}
	*value = q + 1;
	return true;
}

static const char *skip_markup(struct gen *g, const char *p, const char *end)
{
	char quote = 0;
	for (const char *q = p; q < end; q++) {
		if (*q == '{') {
			q = skip_c(g, q + 1, end, '}');
		} else if (quote != 0) {
			quote = *q == quote ? 0 : quote;
		} else if (*q == '"' || *q == '\'') {
			quote = *q;
		} else if (*q == '>') {
			return q + 1;
		}
	}
	fail(g, p, "the markup does not end with '>'");
}

static size_t parse_args(struct gen *g, const char *p, const char *end, struct tr_value *args)
{
	size_t n = 0;
	for (;;) {
		while (p < end && is_space(*p)) {
			p++;
		}
		if (p == end) {
			return n;
		}
		const char *value;
		if (!begins_arg(p, end, &value)) {
			fail(g, p, "name=value expected");
		}
		if (n == MAX_ARGS) {
			fail(g, p, "a sentence takes at most %d values", MAX_ARGS);
		}
		struct tr_value *a = &args[n++];
		*a = (struct tr_value){.name = str_from(p, (size_t)(value - 1 - p))};
		for (size_t i = 0; i < a->name.n; i++) {
			if (a->name.p[i] >= 'A' && a->name.p[i] <= 'Z') {
				fail(g, p, "names in sentences are lower case");
			}
		}
		if (value < end && *value == '<') {
			p = skip_markup(g, value, end);
			a->is_markup = true;
			a->expr = str_from(value, (size_t)(p - value));
			continue;
		}
		/* The value goes on until white space and another "name=" at the top level. */
		const char *q = value;
		int depth = 0;
		const char *next;
		while (q < end && !(depth == 0 && is_space(q[-1]) && begins_arg(q, end, &next))) {
			if (*q == '"' || *q == '\'') {
				q = skip_quoted(g, q, end);
				continue;
			}
			depth += *q == '(' || *q == '[' || *q == '{';
			depth -= *q == ')' || *q == ']' || *q == '}';
			q++;
		}
		a->expr = need(g, value, trimmed(value, q), "a value");
		if (a->expr.p[0] == '@') {
			size_t open = str_find_byte(a->expr, '(');
			if (open == SIZE_MAX || a->expr.p[a->expr.n - 1] != ')') {
				fail(g, value, "@form(value) expected");
			}
			a->form = str_sub(a->expr, 1, open - 1);
			a->expr = str_sub(a->expr, open + 1, a->expr.n - open - 2);
		}
		p = q;
	}
}

/* Marks the arguments that a sentence names; a name without an argument is a mistake. */
static void check_names(struct gen *g, const char *at, struct str sentence, struct tr_value *args, size_t n)
{
	for (size_t i = 0; i < sentence.n; i++) {
		if (sentence.p[i] != '{') {
			continue;
		}
		size_t close = str_find_byte(str_sub(sentence, i, sentence.n), '}');
		if (close == SIZE_MAX) {
			fail(g, at, "'{' without '}' in the sentence");
		}
		struct str name = str_sub(sentence, i + 1, close - 1);
		bool is_end = str_starts(name, STR("/"));
		struct str key = is_end ? str_sub(name, 1, name.n) : name;
		bool is_known = false;
		for (size_t k = 0; k < n; k++) {
			if (str_eq(args[k].name, key) && (!is_end || args[k].is_markup)) {
				is_known = true;
				*(is_end ? &args[k].is_end_used : &args[k].is_used) = true;
			}
		}
		if (!is_known) {
			fail(g, at, "the sentence names {%.*s}, which has no value", STR_ARG(name));
		}
	}
}

/* The tag of a markup argument goes through the tokenizer by itself, so that its expressions are escaped too. */
static void put_markup(struct gen *g, struct tr_value *a)
{
	struct html outer = g->html;
	struct str had = buf_str(&g->lit);
	must(had.n == 0);
	g->html = (struct html){.near = NEAR_INLINE};
	run(g, a->expr.p, a->expr.p + a->expr.n);
	if (g->html.state != IN_TEXT || g->html.depth > 1) {
		fail(g, a->expr.p, "the markup of '%.*s' is one opening tag", STR_ARG(a->name));
	}
	a->closes = g->html.depth == 1 ? g->html.stack[0].name : STR_EMPTY;
	if (a->is_end_used != (a->closes.n > 0)) {
		fail(g, a->expr.p, "{%.*s} needs {/%.*s} in the sentence when it opens an element, and only then",
		     STR_ARG(a->name), STR_ARG(a->name));
	}
	flush_literal(g);
	g->html = outer;
}

static void put_sentence_value(struct gen *g, const char *at, struct tr_value *a, int index)
{
	flush_literal(g);
	put_indent(g);
	buf_printf(&g->c, "case %d:\n", index);
	g->indent++;
	bool is_in_text = g->html.state == IN_TEXT;
	if (a->is_markup) {
		if (!is_in_text) {
			fail(g, at, "no markup here: only in text");
		}
		put_markup(g, a);
	} else if (a->form.n > 0) {
		if (!(str_is(a->form, "bdi") && !is_in_text) && put_formatted(g, a->expr.p, a->form, a->expr)) {
			;
		} else {
			fail(g, at, "@%.*s is unknown here", STR_ARG(a->form));
		}
	} else {
		buf_printf(begin_code(g, a->expr.p), "%s(o, (%.*s));", is_in_text ? "html_put_arg" : "html_put_attr",
		           STR_ARG(a->expr));
		end_code(g);
	}
	put_indent(g);
	buf_put(&g->c, STR("break;\n"));
	g->indent--;
}

static void put_names(struct gen *g, const struct tr_value *args, size_t n, int id)
{
	put_indent(g);
	buf_printf(&g->c, "static const char *const names_%d[] = {", id);
	for (size_t i = 0; i < n; i++) {
		buf_printf(&g->c, "\"%.*s\", ", STR_ARG(args[i].name));
	}
	for (size_t i = 0; i < n; i++) {
		if (args[i].is_markup) {
			buf_printf(&g->c, "\"/%.*s\", ", STR_ARG(args[i].name));
		}
	}
	buf_put(&g->c, STR("NULL};\n"));
}

/* {_ "..." ...} and {_n "..." "..." n=...}: p is after the keyword. */
void put_sentence(struct gen *g, const char *at, const char *p, const char *end, bool is_plural)
{
	struct str one;
	struct str many = STR_EMPTY;
	p = read_string(g, p, end, &one);
	if (is_plural) {
		p = read_string(g, p, end, &many);
	}
	struct tr_value args[MAX_ARGS];
	size_t n = parse_args(g, p, end, args);
	check_names(g, at, one, args, n);
	check_names(g, at, many, args, n);
	struct str count = STR_EMPTY;
	for (size_t i = 0; i < n; i++) {
		if (is_plural && str_is(args[i].name, "n") && !args[i].is_markup) {
			count = args[i].expr;
		} else if (!args[i].is_used) {
			fail(g, at, "the sentence does not name {%.*s}", STR_ARG(args[i].name));
		}
	}
	if (is_plural && count.n == 0) {
		fail(g, at, "a plural sentence needs n=COUNT");
	}
	check_place(g, at);
	if (g->html.state == IN_VALUE && g->html.attr_kind == ATTR_URL) {
		fail(g, at, "no sentence in an address");
	}
	struct buf look_up;
	buf_init(&look_up, 1 << 16);
	if (is_plural) {
		buf_printf(&look_up, "trn(o->lang, \"%.*s\", \"%.*s\", (int64_t)(%.*s))", STR_ARG(one), STR_ARG(many),
		           STR_ARG(count));
	} else {
		buf_printf(&look_up, "tr(o->lang, \"%.*s\")", STR_ARG(one));
	}
	if (n == 0) {
		buf_printf(begin_code(g, at), "html_put_text(o, %s);", buf_cstr(&look_up));
		end_code(g);
		buf_release(&look_up);
		return;
	}
	int id = g->serial++;
	begin_code(g, at);
	buf_put(&g->c, STR("{\n"));
	g->indent++;
	put_names(g, args, n, id);
	put_indent(g);
	buf_printf(&g->c, "struct str rest_%d = %s;\n", id, buf_cstr(&look_up));
	put_indent(g);
	buf_printf(&g->c, "for (int at_%d; (at_%d = tr_step(o, &rest_%d, names_%d)) >= 0;) {\n", id, id, id, id);
	g->indent++;
	put_indent(g);
	buf_printf(&g->c, "switch (at_%d) {\n", id);
	int index = 0;
	for (size_t i = 0; i < n; i++) {
		put_sentence_value(g, at, &args[i], index++);
	}
	for (size_t i = 0; i < n; i++) {
		if (args[i].is_markup) {
			put_indent(g);
			if (args[i].closes.n > 0) {
				buf_printf(&g->c, "case %d:\n", index);
				put_indent(g);
				buf_printf(&g->c, "\tbuf_put(o->to, STR(\"</%.*s>\"));\n", STR_ARG(args[i].closes));
				put_indent(g);
				buf_put(&g->c, STR("\tbreak;\n"));
			}
			index++;
		}
	}
	put_indent(g);
	buf_put(&g->c, STR("default:\n"));
	put_indent(g);
	buf_put(&g->c, STR("\tbreak;\n"));
	for (const char *close = "}}}"; *close; close++) {
		put_indent(g);
		buf_put(&g->c, STR("}\n"));
		g->indent -= close[1] != '\0';
	}
	g->line_said = 0;
	buf_release(&look_up);
}
