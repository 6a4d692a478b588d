/* Compiles a template file to C: tmplgen src/app/cases/cases.html build/x/gen/app/cases/cases.html writes
 * cases.html.h and cases.html.c. The language is described in docs/templates.md; in short:
 *
 *   {%include "x.h"%}                              into the generated header
 *   {%template name(ARGS) opens(a b) closes(c)%}   void name(struct html_out *o, ARGS), ends with {%end%}
 *   {expr}                                         escaped by where it stands
 *   {if C} {else if C} {else} {/if}  {for A; B; C} {/for}  {break} {continue}  {let STATEMENT}
 *   {call f(args)}                                 f(o, args)
 *   {date D long|short|year} {time S} {iso D} {number N} {money MINOR, CURRENCY} {bytes N} {tr MSGID}
 *   {_ "sentence {x}" x=value}  {_n "one" "{n} many" n=count}   translated, see parse_args()
 *   {# remark #}  {{  }}
 *
 * An HTML tokenizer runs over the literal parts of a template. It tells the context of each expression, refuses those
 * contexts in which no escaping is safe, sees that elements are closed, and drops white space that nobody can see. At
 * {if} and {for} its state is saved; each branch must end in the state in which it began. Mistakes are reported as
 * file:line: text, and nothing is written. */
#include "tmplgen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX_BYTES (1u << 20)

int line_of(const struct gen *g, const char *at)
{
	int line = 1;
	for (const char *p = g->src.p; p < at; p++) {
		line += *p == '\n';
	}
	return line;
}

void fail(const struct gen *g, const char *at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "%s:%d: ", g->path, line_of(g, at));
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_ident(char c)
{
	return is_letter(c) || c == '_' || (c >= '0' && c <= '9');
}

/* --- Writing C ---------------------------------------------------------------------------------------------------- */

void put_c_string(struct buf *b, struct str s)
{
	buf_put_byte(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '"' || c == '\\') {
			buf_put_byte(b, '\\');
			buf_put_byte(b, c);
		} else if (c == '\n') {
			buf_put(b, STR("\\n"));
		} else if (c == '\t') {
			buf_put(b, STR("\\t"));
		} else if ((unsigned char)c < 0x20) {
			buf_printf(b, "\\%03o", (unsigned)(unsigned char)c);
		} else {
			buf_put_byte(b, c);
		}
	}
	buf_put_byte(b, '"');
}

void put_indent(struct gen *g)
{
	for (int i = 0; i < g->indent; i++) {
		buf_put_byte(&g->c, '\t');
	}
}

void flush_literal(struct gen *g)
{
	if (g->lit.n == 0) {
		return;
	}
	put_indent(g);
	buf_put(&g->c, STR("buf_put_bytes(o->to, "));
	put_c_string(&g->c, buf_str(&g->lit));
	buf_printf(&g->c, ", %zu);\n", g->lit.n);
	buf_reset(&g->lit);
}

/* Begins a line of C that stands at `at` in the template. */
struct buf *begin_code(struct gen *g, const char *at)
{
	flush_literal(g);
	int line = line_of(g, at);
	if (line != g->line_said) {
		buf_printf(&g->c, "#line %d ", line);
		put_c_string(&g->c, str_of(g->path));
		buf_put_byte(&g->c, '\n');
		g->line_said = line;
	}
	put_indent(g);
	return &g->c;
}

/* After the line of C: the lines that follow belong to the same template line as far as a reader cares. */
void end_code(struct gen *g)
{
	buf_put_byte(&g->c, '\n');
	g->line_said = 0;
}

/* --- Directives ------------------------------------------------------------------------------------------------------
 */

/* A directive inside a tag ends the name before it. */
static void settle_tag(struct gen *g, const char *at)
{
	struct html *h = &g->html;
	if (h->state == IN_ATTR_NAME) {
		finish_attr_name(g, at);
		h->must_break = true;
	}
	if (h->state == IN_BEFORE_VALUE || h->state == IN_UNQUOTED) {
		fail(g, at, "put the value of '%.*s' in quotes", STR_ARG(h->attr));
	}
	if (h->state == IN_RAW) {
		fail(g, at, "no directive in <%.*s>", STR_ARG(h->stack[h->depth - 1].name));
	}
	if (h->state == IN_VALUE && h->has_space) {
		buf_put_byte(&g->lit, ' ');
		h->has_space = false;
	}
	if (h->state == IN_TAG) {
		h->attr = STR_EMPTY;
	}
}

static void open_block(struct gen *g, const char *at, enum block_kind kind)
{
	struct html *h = &g->html;
	settle_tag(g, at);
	if (is_text(h)) {
		settle_space(g, NEAR_DIRECTIVE);
		h->near = NEAR_DIRECTIVE;
	}
	if (g->block_n == MAX_DEPTH) {
		fail(g, at, "directives are nested too deeply");
	}
	g->blocks[g->block_n++] = (struct block){.kind = kind, .at = at, .before = *h};
}

/* The end of a branch: it must leave the page where it found it. */
static void end_branch(struct gen *g, const char *at)
{
	struct block *b = &g->blocks[g->block_n - 1];
	struct html *h = &g->html;
	settle_tag(g, at);
	if (is_text(h)) {
		settle_space(g, NEAR_DIRECTIVE);
	}
	if (h->depth > b->before.depth) {
		const struct element *open = &h->stack[h->depth - 1];
		fail(g, open->at, "<%.*s> is not closed inside its branch", STR_ARG(open->name));
	}
	bool is_same_place = h->state == b->before.state && h->depth == b->before.depth;
	for (size_t i = 0; is_same_place && i < h->depth; i++) {
		is_same_place = str_eq(h->stack[i].name, b->before.stack[i].name) && h->stack[i].at == b->before.stack[i].at;
	}
	if (is_same_place && h->state == IN_VALUE) {
		is_same_place = str_eq(h->attr, b->before.attr) && h->tag_at == b->before.tag_at;
	}
	if (is_same_place && h->state == IN_TAG) {
		is_same_place = h->tag_at == b->before.tag_at;
	}
	if (!is_same_place) {
		fail(g, at,
		     "the branch does not end where it began (a tag, attribute or element is left open or closed twice)");
	}
	b->is_url_mixed |= b->has_branch && b->url_after != h->url;
	b->url_after = h->url;
	b->has_branch = true;
	b->must_break |= h->must_break;
	b->has_space |= h->state == IN_TAG && h->has_space;
	flush_literal(g);
}

static void reopen_branch(struct gen *g)
{
	struct block *b = &g->blocks[g->block_n - 1];
	g->html = b->before;
	g->html.near = NEAR_DIRECTIVE;
}

static void close_block(struct gen *g, const char *at, enum block_kind kind)
{
	if (g->block_n == 0 || g->blocks[g->block_n - 1].kind != kind) {
		fail(g, at, "{/%s} closes nothing", kind == BLOCK_IF ? "if" : "for");
	}
	end_branch(g, at);
	struct block *b = &g->blocks[g->block_n - 1];
	bool may_skip = !b->has_else;
	g->html = b->before;
	g->html.near = NEAR_DIRECTIVE;
	g->html.must_break = b->must_break || (may_skip && b->before.must_break);
	g->html.url = b->url_after;
	g->html.has_space |= b->has_space; /* in a tag: white space waits for the next attribute */
	if (b->is_url_mixed || (may_skip && b->before.url != b->url_after)) {
		g->html.url = URL_MIXED;
	}
	g->block_n--;
	g->indent--;
	put_indent(g);
	buf_put(&g->c, STR("}\n"));
}

static void put_call(struct gen *g, const char *at, struct str call)
{
	if (g->html.state != IN_TEXT) {
		fail(g, at, "{call} only in text");
	}
	settle_space(g, NEAR_DIRECTIVE);
	g->html.near = NEAR_DIRECTIVE;
	size_t open = str_find_byte(call, '(');
	if (open == SIZE_MAX || call.p[call.n - 1] != ')') {
		fail(g, at, "{call name(arguments)} expected");
	}
	struct str name = str_trim(str_sub(call, 0, open));
	struct str args = str_trim(str_sub(call, open + 1, call.n - open - 2));
	buf_printf(begin_code(g, at), "%.*s(o%s%.*s);", STR_ARG(name), args.n ? ", " : "", STR_ARG(args));
	end_code(g);
}

static void put_date(struct gen *g, const char *at, struct str rest)
{
	size_t cut = rest.n;
	while (cut > 0 && !is_space(rest.p[cut - 1])) {
		cut--;
	}
	struct str form = str_sub(rest, cut, rest.n);
	if (!is_one_of(form, " long short year ")) {
		fail(g, at, "{date DAY long}, short or year expected");
	}
	check_place(g, at);
	put_formatted(g, at, arena_printf(&g->arena, "date_%.*s", STR_ARG(form)), str_trim(str_sub(rest, 0, cut)));
}

static void put_else(struct gen *g, const char *at, struct str rest)
{
	if (g->block_n == 0 || g->blocks[g->block_n - 1].kind != BLOCK_IF || g->blocks[g->block_n - 1].has_else) {
		fail(g, at, "{else} without {if}");
	}
	end_branch(g, at);
	g->indent--;
	if (rest.n == 0) {
		g->blocks[g->block_n - 1].has_else = true;
		put_indent(g);
		buf_put(&g->c, STR("} else {\n"));
	} else {
		if (!str_starts(rest, STR("if ")) && !str_starts(rest, STR("if("))) {
			fail(g, at, "{else} or {else if ...} expected");
		}
		struct str condition = need(g, at, str_trim(str_sub(rest, 2, rest.n)), "the condition");
		/* no #line between "}" and "else if": the condition's line follows it */
		put_indent(g);
		buf_put(&g->c, STR("} else\n"));
		buf_printf(begin_code(g, at), "if (%.*s) {", STR_ARG(condition));
		end_code(g);
	}
	g->indent++;
	reopen_branch(g);
}

/* What stands between '{' and '}'. */
static void directive(struct gen *g, const char *at, struct str all)
{
	const char *p = all.p;
	const char *end = all.p + all.n;
	while (p < end && (is_ident(*p) || *p == '/')) {
		p++;
	}
	struct str word = str_from(all.p, (size_t)(p - all.p));
	bool is_bare = p == end;
	bool is_word = is_bare || is_space(*p);
	struct str rest = str_trim(str_from(p, (size_t)(end - p)));
	if (is_word && is_one_of(word, " _ _n ")) {
		put_sentence(g, at, p, end, word.n == 2);
	} else if (is_word && str_is(word, "if") && !is_bare) {
		open_block(g, at, BLOCK_IF);
		buf_printf(begin_code(g, at), "if (%.*s) {", STR_ARG(rest));
		end_code(g);
		g->indent++;
	} else if (is_word && str_is(word, "for") && !is_bare) {
		open_block(g, at, BLOCK_FOR);
		buf_printf(begin_code(g, at), "for (%.*s) {", STR_ARG(rest));
		end_code(g);
		g->indent++;
	} else if (is_word && str_is(word, "else")) {
		put_else(g, at, rest);
	} else if (is_bare && str_is(word, "/if")) {
		close_block(g, at, BLOCK_IF);
	} else if (is_bare && str_is(word, "/for")) {
		close_block(g, at, BLOCK_FOR);
	} else if (is_bare && is_one_of(word, " break continue ")) {
		bool is_in_loop = false;
		for (size_t i = 0; i < g->block_n; i++) {
			is_in_loop |= g->blocks[i].kind == BLOCK_FOR;
			if (g->blocks[i].kind == BLOCK_FOR &&
			    (g->html.depth != g->blocks[i].before.depth || g->html.state != g->blocks[i].before.state)) {
				fail(g, at, "{%.*s} would leave an element open", STR_ARG(word));
			}
		}
		if (!is_in_loop) {
			fail(g, at, "{%.*s} outside of {for}", STR_ARG(word));
		}
		buf_printf(begin_code(g, at), "%.*s;", STR_ARG(word));
		end_code(g);
	} else if (is_word && str_is(word, "let") && !is_bare) {
		if (is_text(&g->html)) {
			settle_space(g, NEAR_DIRECTIVE);
			g->html.near = NEAR_DIRECTIVE;
		}
		buf_printf(begin_code(g, at), "%.*s;", STR_ARG(rest));
		end_code(g);
	} else if (is_word && str_is(word, "call") && !is_bare) {
		put_call(g, at, rest);
	} else if (is_word && str_is(word, "date") && !is_bare) {
		put_date(g, at, rest);
	} else if (is_word && !is_bare && is_one_of(word, " time iso number money bytes tr bdi ")) {
		check_place(g, at);
		if (str_is(word, "bdi") && g->html.state != IN_TEXT) {
			fail(g, at, "{bdi ...} only in text");
		}
		if (g->html.state == IN_VALUE && g->html.attr_kind == ATTR_URL) {
			fail(g, at, "no {%.*s} in an address", STR_ARG(word));
		}
		put_formatted(g, at, word, rest);
	} else if (all.n > 0 && all.p[0] == '/') {
		fail(g, at, "{%.*s} is unknown", STR_ARG(word));
	} else {
		put_expression(g, at, need(g, at, str_trim(all), "an expression"));
	}
}

/* A remark: only those for translators go on, as a C comment before the next call. */
static void remark(struct gen *g, const char *at, struct str text)
{
	text = str_trim(text);
	if (!str_starts(text, STR("TRANSLATORS:"))) {
		return;
	}
	if (str_find(text, STR("*/")) != SIZE_MAX) {
		fail(g, at, "no */ in a remark");
	}
	flush_literal(g);
	put_indent(g);
	buf_printf(&g->c, "/* %.*s */\n", STR_ARG(text));
	g->line_said = 0;
}

/* Compiles template text from p to end. */
void run(struct gen *g, const char *p, const char *end)
{
	while (p < end) {
		struct str left = str_from(p, (size_t)(end - p));
		if (str_starts(left, STR("{{")) || str_starts(left, STR("}}"))) {
			if (is_text(&g->html)) {
				settle_space(g, NEAR_INLINE);
				g->html.near = NEAR_INLINE;
			}
			buf_put_byte(&g->lit, *p);
			p += 2;
		} else if (str_starts(left, STR("{#"))) {
			size_t close = str_find(left, STR("#}"));
			if (close == SIZE_MAX) {
				fail(g, p, "a remark does not end: #} is missing");
			}
			remark(g, p, str_sub(left, 2, close - 2));
			p += close + 2;
		} else if (*p == '{') {
			const char *close = skip_c(g, p + 1, end, '}');
			directive(g, p, str_from(p + 1, (size_t)(close - p) - 1));
			p = close + 1;
		} else if (*p == '}') {
			fail(g, p, "a bare '}': write }}");
		} else {
			p = html_char(g, p, end);
		}
	}
}

/* --- Files
 * ------------------------------------------------------------------------------------------------------------- */

/* "name(a b c)" in a template's head: its words. */
static size_t read_elements(struct gen *g, struct str head, const char *word, struct element *out)
{
	size_t at = str_find(head, str_of(word));
	if (at == SIZE_MAX) {
		return 0;
	}
	struct str list = str_sub(head, at + strlen(word), head.n);
	size_t close = str_find_byte(list, ')');
	if (close == SIZE_MAX) {
		fail(g, head.p, "%s...) does not end", word);
	}
	list.n = close;
	size_t n = 0;
	struct str piece;
	while (str_next(&list, ' ', &piece)) {
		if (piece.n > 0 && n < MAX_DEPTH) {
			out[n++] = (struct element){piece, piece.p};
		}
	}
	return n;
}

static void end_template(struct gen *g, const char *at, const struct element *opens, size_t open_n)
{
	struct html *h = &g->html;
	if (g->block_n > 0) {
		const struct block *b = &g->blocks[g->block_n - 1];
		fail(g, b->at, "{%s} is not closed", b->kind == BLOCK_IF ? "if" : "for");
	}
	if (h->state != IN_TEXT) {
		fail(g, at, "the template ends inside a tag, an attribute or <title>");
	}
	settle_space(g, NEAR_EDGE);
	for (size_t i = 0; i < h->depth || i < open_n; i++) {
		if (i >= open_n || (i < h->depth && !str_eq(h->stack[i].name, opens[i].name))) {
			fail(g, h->stack[i].at, "<%.*s> is not closed", STR_ARG(h->stack[i].name));
		}
		if (i >= h->depth) {
			fail(g, at, "<%.*s> is promised by opens() and not open", STR_ARG(opens[i].name));
		}
	}
	flush_literal(g);
	buf_put(&g->c, STR("}\n"));
}

/* {%template ...%} at p: returns the position after its {%end%}. */
static const char *compile_template(struct gen *g, const char *p, const char *end, struct str head)
{
	size_t open = str_find_byte(head, '(');
	if (open == SIZE_MAX) {
		fail(g, p, "{%%template name(arguments)%%} expected");
	}
	struct str name = str_trim(str_sub(head, 0, open));
	const char *close = skip_c(g, head.p + open + 1, head.p + head.n, ')');
	struct str args = trimmed(head.p + open + 1, close);
	struct str after = str_from(close + 1, (size_t)(head.p + head.n - close) - 1);
	struct element opens[MAX_DEPTH];
	struct element closes[MAX_DEPTH];
	size_t open_n = read_elements(g, after, "opens(", opens);
	size_t close_n = read_elements(g, after, "closes(", closes);
	size_t stop = str_find(str_from(p, (size_t)(end - p)), STR("{%end%}"));
	if (stop == SIZE_MAX) {
		fail(g, head.p, "{%%end%%} of '%.*s' is missing", STR_ARG(name));
	}
	buf_printf(&g->h, "void %.*s(struct html_out *o%s%.*s);\n", STR_ARG(name), args.n ? ", " : "", STR_ARG(args));
	buf_put_byte(&g->c, '\n');
	g->line_said = 0;
	buf_printf(begin_code(g, head.p), "void %.*s(struct html_out *o%s%.*s)\n{\n\t(void)o;\n", STR_ARG(name),
	           args.n ? ", " : "", STR_ARG(args));
	g->indent = 1;
	g->line_said = 0;
	g->html = (struct html){.near = NEAR_EDGE, .depth = close_n};
	if (close_n > 0) {
		memcpy(g->html.stack, closes, close_n * sizeof *closes);
	}
	run(g, p, p + stop);
	end_template(g, p + stop, opens, open_n);
	g->indent = 0;
	return p + stop + 7;
}

static void compile_file(struct gen *g)
{
	const char *p = g->src.p;
	const char *end = p + g->src.n;
	while (p < end) {
		if (is_space(*p)) {
			p++;
			continue;
		}
		struct str left = str_from(p, (size_t)(end - p));
		if (str_starts(left, STR("{#"))) {
			size_t close = str_find(left, STR("#}"));
			if (close == SIZE_MAX) {
				fail(g, p, "a remark does not end: #} is missing");
			}
			p += close + 2;
			continue;
		}
		size_t close = str_find(left, STR("%}"));
		if (!str_starts(left, STR("{%")) || close == SIZE_MAX) {
			fail(g, p, "only {%%include%%}, {%%template%%} and remarks may stand here");
		}
		struct str inner = str_trim(str_sub(left, 2, close - 2));
		p += close + 2;
		if (str_starts(inner, STR("include "))) {
			buf_printf(&g->h, "#include %.*s\n", STR_ARG(str_trim(str_sub(inner, 8, inner.n))));
		} else if (str_starts(inner, STR("template "))) {
			p = compile_template(g, p, end, str_trim(str_sub(inner, 9, inner.n)));
		} else {
			fail(g, inner.p, "{%%%.*s%%} is unknown", STR_ARG(inner));
		}
	}
}

static void read_input(struct gen *g, struct buf *in)
{
	FILE *f = fopen(g->path, "rb");
	if (f == NULL) {
		fprintf(stderr, "%s: %s\n", g->path, strerror(errno));
		exit(1);
	}
	char piece[4096];
	size_t n;
	while ((n = fread(piece, 1, sizeof piece, f)) > 0) {
		buf_put_bytes(in, piece, n);
	}
	fclose(f);
	g->src = buf_str(in);
	if (in->failed || !str_is_utf8(g->src)) {
		fprintf(stderr, "%s: not UTF-8, or larger than 1 MiB\n", g->path);
		exit(1);
	}
}

static void write_output(const char *prefix, const char *suffix, const struct buf *b)
{
	char path[4096];
	snprintf(path, sizeof path, "%s%s", prefix, suffix);
	FILE *f = fopen(path, "wb");
	bool ok = f != NULL && !b->failed && fwrite(b->p, 1, b->n, f) == b->n;
	if (f == NULL || (fclose(f) != 0) || !ok) {
		fprintf(stderr, "%s: cannot be written\n", path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: tmplgen IN OUTPREFIX\n");
		return 2;
	}
	struct gen g = {.path = argv[1]};
	struct buf in;
	buf_init(&in, INPUT_MAX_BYTES);
	buf_init(&g.h, 8 * INPUT_MAX_BYTES);
	buf_init(&g.c, 16 * INPUT_MAX_BYTES);
	buf_init(&g.lit, INPUT_MAX_BYTES);
	arena_init(&g.arena, 64 * INPUT_MAX_BYTES);
	read_input(&g, &in);

	/* Included by its place below src/ (or by the whole given path elsewhere). */
	const char *own = strncmp(g.path, "src/", 4) == 0 ? g.path + 4 : g.path;
	char guard[256];
	snprintf(guard, sizeof guard, "GEN_%s_H", own);
	for (char *c = guard; *c; c++) {
		*c = is_ident(*c) ? *c : '_';
	}
	buf_printf(&g.h, "/* Made by tmplgen from %s. */\n#ifndef %s\n#define %s\n#include \"html/out.h\"\n", g.path, guard,
	           guard);
	buf_printf(&g.c, "/* Made by tmplgen from %s. */\n#include \"%s.h\"\n#include \"html/translate.h\"\n", g.path, own);
	compile_file(&g);
	buf_put(&g.h, STR("#endif\n"));
	write_output(argv[2], ".h", &g.h);
	write_output(argv[2], ".c", &g.c);
	buf_release(&in);
	buf_release(&g.h);
	buf_release(&g.c);
	buf_release(&g.lit);
	arena_release(&g.arena);
	return 0;
}
