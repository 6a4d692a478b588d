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
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"

#define MAX_DEPTH 64
#define MAX_ARGS 16
#define INPUT_MAX_BYTES (1u << 20)

enum html_state {
	IN_TEXT,
	IN_RCDATA, /* <title>, <textarea>: text, but no tags */
	IN_RAW,    /* <script>, <style> */
	IN_TAG,    /* between attributes */
	IN_ATTR_NAME,
	IN_BEFORE_VALUE,
	IN_VALUE,
	IN_UNQUOTED
};

/* What kind of value the attribute takes. */
enum attr_kind { ATTR_PLAIN, ATTR_URL, ATTR_REFUSED };
/* How much of an address was written before an expression. */
enum url_phase { URL_START, URL_PART, URL_UNSAFE, URL_MIXED };

/* What stood last before white space: decides whether it can be seen. */
enum neighbour { NEAR_EDGE, NEAR_BLOCK, NEAR_INLINE, NEAR_DIRECTIVE };

struct element {
	struct str name;
	const char *at;
};

/* The tokenizer; copied at branches. */
struct html {
	enum html_state state;
	struct element stack[MAX_DEPTH];
	size_t depth;
	struct str tag; /* being read */
	const char *tag_at;
	bool is_end_tag;
	bool is_self_closed;
	bool must_break; /* a directive stood at the end of a name: only white space, '/' or '>' may follow */
	const char *attr_from;
	struct str attr;
	enum attr_kind attr_kind;
	enum url_phase url;
	char quote;
	char value[64]; /* literal beginning of an address, for its check */
	size_t value_n;
	bool has_space; /* white space seen and not written yet */
	bool has_line_break;
	enum neighbour near;
};

enum block_kind { BLOCK_IF, BLOCK_FOR };
struct block {
	enum block_kind kind;
	const char *at;
	struct html before;
	bool has_else;
	bool is_url_mixed; /* its branches leave an address in different phases */
	enum url_phase url_after;
	bool has_branch;            /* url_after is set */
	bool must_break, has_space; /* of any branch */
};

struct gen {
	const char *path;
	struct str src;
	struct buf h, c;
	struct buf lit; /* literal output not yet written as a call */
	struct html html;
	struct block blocks[MAX_DEPTH];
	size_t block_n;
	int indent;
	int serial; /* of names made for sentences */
	int line_said;
	struct arena arena;
};

static int line_of(const struct gen *g, const char *at)
{
	int line = 1;
	for (const char *p = g->src.p; p < at; p++) {
		line += *p == '\n';
	}
	return line;
}

static void fail(const struct gen *g, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
static void fail(const struct gen *g, const char *at, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "%s:%d: ", g->path, line_of(g, at));
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_ident(char c)
{
	return is_letter(c) || c == '_' || (c >= '0' && c <= '9');
}

/* One of the words of a list with a space on both sides of each. */
static bool is_one_of(struct str word, const char *list)
{
	char key[40];
	if (word.n + 3 > sizeof key) {
		return false;
	}
	snprintf(key, sizeof key, " %.*s ", STR_ARG(word));
	return strstr(list, key) != NULL;
}

/* HTML, 13.1.2: void elements. */
static bool is_void(struct str tag)
{
	return is_one_of(tag, " area base br col embed hr img input link meta source track wbr ");
}

/* Phrasing elements: white space beside them can be seen. */
static bool is_inline(struct str tag)
{
	return is_one_of(tag, " a abbr b bdi bdo button cite code data del dfn em i img input ins kbd label mark meter "
	                      "output progress q s samp select small span strong sub sup svg textarea time u var wbr ");
}

/* Elements at whose start a browser closes an open <p>. */
static bool ends_paragraph(struct str tag)
{
	return is_one_of(tag,
	                 " address article aside blockquote details dialog div dl fieldset figure footer form h1 h2 h3 "
	                 "h4 h5 h6 header hr main nav ol p pre section table ul ");
}

static bool is_verbatim(const struct html *h)
{
	for (size_t i = 0; i < h->depth; i++) {
		if (is_one_of(h->stack[i].name, " pre textarea ")) {
			return true;
		}
	}
	return false;
}

static bool is_foreign(const struct html *h)
{
	for (size_t i = 0; i < h->depth; i++) {
		if (is_one_of(h->stack[i].name, " svg math ")) {
			return true;
		}
	}
	return false;
}

static enum attr_kind kind_of_attr(struct str name)
{
	if (is_one_of(name, " href src action formaction poster cite ")) {
		return ATTR_URL;
	}
	if (str_starts(name, STR("on")) || is_one_of(name, " style srcdoc srcset ping background xlink:href http-equiv ")) {
		return ATTR_REFUSED;
	}
	return ATTR_PLAIN;
}

static struct str lower(struct gen *g, struct str s)
{
	char *p = arena_cstr(&g->arena, s);
	for (size_t i = 0; i < s.n; i++) {
		if (p[i] >= 'A' && p[i] <= 'Z') {
			p[i] = (char)(p[i] - 'A' + 'a');
		}
	}
	return (struct str){p, s.n};
}

/* --- Writing C ---------------------------------------------------------------------------------------------------- */

static void put_c_string(struct buf *b, struct str s)
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

static void put_indent(struct gen *g)
{
	for (int i = 0; i < g->indent; i++) {
		buf_put_byte(&g->c, '\t');
	}
}

static void flush_literal(struct gen *g)
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
static struct buf *begin_code(struct gen *g, const char *at)
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
static void end_code(struct gen *g)
{
	buf_put_byte(&g->c, '\n');
	g->line_said = 0;
}

/* --- HTML ----------------------------------------------------------------------------------------------------------
 */

/* White space that waits is written or dropped, now that what follows is known. */
static void settle_space(struct gen *g, enum neighbour next)
{
	struct html *h = &g->html;
	if (h->has_space) {
		bool is_hidden = h->near == NEAR_EDGE || h->near == NEAR_BLOCK || next == NEAR_EDGE || next == NEAR_BLOCK ||
		                 (h->has_line_break && (h->near == NEAR_DIRECTIVE || next == NEAR_DIRECTIVE));
		if (!is_hidden) {
			buf_put_byte(&g->lit, ' ');
		}
	}
	h->has_space = false;
	h->has_line_break = false;
}

static void finish_attr_name(struct gen *g, const char *end)
{
	struct html *h = &g->html;
	h->attr = lower(g, str_from(h->attr_from, (size_t)(end - h->attr_from)));
	h->attr_kind = kind_of_attr(h->attr);
	h->state = IN_TAG;
}

static void finish_tag(struct gen *g, const char *at)
{
	struct html *h = &g->html;
	buf_put_byte(&g->lit, '>');
	h->has_space = false;
	h->near = is_inline(h->tag) ? NEAR_INLINE : NEAR_BLOCK;
	h->state = IN_TEXT;
	if (h->is_end_tag) {
		if (h->depth == 0) {
			fail(g, h->tag_at, "</%.*s> closes nothing that this template opened", STR_ARG(h->tag));
		}
		struct element *top = &h->stack[h->depth - 1];
		if (!str_eq(top->name, h->tag)) {
			fail(g, h->tag_at, "</%.*s> does not close <%.*s> of line %d", STR_ARG(h->tag), STR_ARG(top->name),
			     line_of(g, top->at));
		}
		h->depth--;
		return;
	}
	if (ends_paragraph(h->tag)) {
		for (size_t i = 0; i < h->depth; i++) {
			if (str_is(h->stack[i].name, "p")) {
				fail(g, h->tag_at, "a <p> cannot hold <%.*s>: the browser closes it there", STR_ARG(h->tag));
			}
		}
	}
	if (h->is_self_closed && !is_void(h->tag) && !is_foreign(h) && !str_is(h->tag, "svg")) {
		fail(g, h->tag_at, "<%.*s/> is not closed by its '/' in HTML", STR_ARG(h->tag));
	}
	if (h->is_self_closed || is_void(h->tag)) {
		return;
	}
	if (h->depth == MAX_DEPTH) {
		fail(g, at, "elements are nested too deeply");
	}
	h->stack[h->depth++] = (struct element){h->tag, h->tag_at};
	if (is_one_of(h->tag, " title textarea ")) {
		h->state = IN_RCDATA;
	} else if (is_one_of(h->tag, " script style ")) {
		h->state = IN_RAW;
	}
}

/* '<' in text. Returns the next position to read. */
static const char *open_tag(struct gen *g, const char *p, const char *end)
{
	struct html *h = &g->html;
	if (end - p >= 4 && memcmp(p, "<!--", 4) == 0) {
		size_t close = str_find(str_from(p, (size_t)(end - p)), STR("-->"));
		if (close == SIZE_MAX) {
			fail(g, p, "a comment does not end; write {# ... #} for remarks of your own");
		}
		return p + close + 3;
	}
	if (end - p >= 9 && str_eq_nocase(str_from(p, 9), STR("<!doctype"))) {
		const char *close = memchr(p, '>', (size_t)(end - p));
		if (close == NULL) {
			fail(g, p, "<!doctype does not end");
		}
		settle_space(g, NEAR_BLOCK);
		buf_put_bytes(&g->lit, p, (size_t)(close - p) + 1);
		h->near = NEAR_BLOCK;
		return close + 1;
	}
	const char *name = p + 1;
	h->is_end_tag = name < end && *name == '/';
	name += h->is_end_tag;
	if (name >= end || !is_letter(*name)) {
		fail(g, p, "a bare '<' in text: write &lt;");
	}
	const char *q = name;
	while (q < end && (is_ident(*q) || *q == '-' || *q == ':')) {
		q++;
	}
	h->tag = lower(g, str_from(name, (size_t)(q - name)));
	h->tag_at = p;
	h->is_self_closed = false;
	h->must_break = true;
	settle_space(g, is_inline(h->tag) ? NEAR_INLINE : NEAR_BLOCK);
	buf_put_bytes(&g->lit, p, (size_t)(q - p));
	h->state = IN_TAG;
	return q;
}

/* End of <title>, <textarea>, <script>, <style>: the matching end tag alone. */
static bool is_closing(const struct html *h, const char *p, const char *end)
{
	struct str name = h->stack[h->depth - 1].name;
	size_t n = name.n + 2;
	return (size_t)(end - p) > n && p[1] == '/' && str_eq_nocase(str_from(p + 2, name.n), name) &&
	       (p[n] == '>' || is_space(p[n]));
}

static const char *text_char(struct gen *g, const char *p, const char *end)
{
	struct html *h = &g->html;
	if (is_space(*p) && !is_verbatim(h) && h->state != IN_RAW) {
		h->has_space = true;
		h->has_line_break |= *p == '\n';
		return p + 1;
	}
	if (*p == '<' && (h->state == IN_TEXT || is_closing(h, p, end))) {
		h->state = IN_TEXT;
		return open_tag(g, p, end);
	}
	settle_space(g, NEAR_INLINE);
	h->near = NEAR_INLINE;
	buf_put_byte(&g->lit, *p);
	return p + 1;
}

static const char *tag_char(struct gen *g, const char *p, const char *end)
{
	struct html *h = &g->html;
	if (is_space(*p)) {
		h->has_space = true;
		h->must_break = false;
		return p + 1;
	}
	if (*p == '>') {
		finish_tag(g, p);
		return p + 1;
	}
	if (*p == '/' && p + 1 < end && p[1] == '>') {
		h->is_self_closed = true;
		buf_put_byte(&g->lit, '/');
		return p + 1;
	}
	if (h->is_end_tag) {
		fail(g, p, "an end tag has no attributes");
	}
	if (*p == '=') {
		if (h->attr.n == 0) {
			fail(g, p, "'=' without an attribute name");
		}
		buf_put_byte(&g->lit, '=');
		h->has_space = false;
		h->state = IN_BEFORE_VALUE;
		return p + 1;
	}
	if (h->must_break) {
		fail(g, p, "a name cannot go on here: put a space before the attribute");
	}
	if (!is_letter(*p) && *p != '_' && *p != ':') {
		fail(g, p, "'%c' cannot begin an attribute", *p);
	}
	if (h->has_space) {
		buf_put_byte(&g->lit, ' ');
		h->has_space = false;
	}
	h->attr_from = p;
	h->state = IN_ATTR_NAME;
	return p;
}

/* An address that begins with literal text is safe to go on from once its scheme cannot change any more. */
static bool is_settled_url(struct str s)
{
	return s.n > 0 &&
	       (str_find_byte(s, '/') != SIZE_MAX || str_find_byte(s, '#') != SIZE_MAX ||
	        str_find_byte(s, '?') != SIZE_MAX || str_starts(s, STR("mailto:")) || str_starts(s, STR("tel:")));
}

static const char *value_char(struct gen *g, const char *p)
{
	struct html *h = &g->html;
	if (*p == h->quote) {
		buf_put_byte(&g->lit, h->quote);
		h->has_space = false;
		h->attr = STR_EMPTY;
		h->must_break = true;
		h->state = IN_TAG;
		return p + 1;
	}
	if (*p == '\n' || *p == '\t' || *p == '\r') {
		h->has_space = true;
		return p + 1;
	}
	if (h->has_space && *p == ' ') {
		return p + 1;
	}
	if (h->has_space) {
		buf_put_byte(&g->lit, ' ');
		h->has_space = false;
	}
	if (*p == '<') {
		fail(g, p, "'<' in an attribute: is a quote missing?");
	}
	if (h->attr_kind == ATTR_URL && h->url != URL_PART && h->url != URL_MIXED) {
		if (h->value_n < sizeof h->value) {
			h->value[h->value_n++] = *p;
		}
		h->url = is_settled_url(str_from(h->value, h->value_n)) ? URL_PART : URL_UNSAFE;
	}
	buf_put_byte(&g->lit, *p);
	return p + 1;
}

/* One step over literal template text. */
static const char *html_char(struct gen *g, const char *p, const char *end)
{
	struct html *h = &g->html;
	switch (h->state) {
	case IN_TEXT:
	case IN_RCDATA:
	case IN_RAW:
		return text_char(g, p, end);
	case IN_TAG:
		return tag_char(g, p, end);
	case IN_ATTR_NAME:
		if (is_space(*p) || *p == '=' || *p == '>' || *p == '/') {
			finish_attr_name(g, p);
			return p;
		}
		buf_put_byte(&g->lit, *p);
		return p + 1;
	case IN_BEFORE_VALUE:
		if (is_space(*p)) {
			return p + 1;
		}
		h->state = IN_UNQUOTED;
		if (*p == '"' || *p == '\'') {
			h->quote = *p;
			h->state = IN_VALUE;
			h->url = URL_START;
			h->value_n = 0;
			buf_put_byte(&g->lit, *p);
			return p + 1;
		}
		return p;
	case IN_VALUE:
		return value_char(g, p);
	case IN_UNQUOTED:
		if (is_space(*p) || *p == '>') {
			h->attr = STR_EMPTY;
			h->must_break = true;
			h->state = IN_TAG;
			return p;
		}
		buf_put_byte(&g->lit, *p);
		return p + 1;
	}
	return p + 1;
}

static bool is_text(const struct html *h)
{
	return h->state == IN_TEXT || h->state == IN_RCDATA;
}

/* Before anything is written at a place: text and quoted attributes alone are good. */
static void check_place(struct gen *g, const char *at)
{
	struct html *h = &g->html;
	switch (h->state) {
	case IN_TEXT:
	case IN_RCDATA:
		settle_space(g, NEAR_INLINE);
		h->near = NEAR_INLINE;
		return;
	case IN_VALUE:
		if (h->attr_kind == ATTR_REFUSED) {
			fail(g, at, "no expression in the attribute '%.*s': nothing makes it safe there", STR_ARG(h->attr));
		}
		if (h->has_space) {
			buf_put_byte(&g->lit, ' ');
			h->has_space = false;
		}
		return;
	case IN_RAW:
		fail(g, at, "no expression in <%.*s>", STR_ARG(h->stack[h->depth - 1].name));
	case IN_BEFORE_VALUE:
	case IN_UNQUOTED:
		fail(g, at, "put the value of '%.*s' in quotes", STR_ARG(h->attr));
	case IN_TAG:
	case IN_ATTR_NAME:
		break;
	}
	fail(g, at, "no expression in a tag or in a name: only in text and quoted values");
}

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
static const char *skip_c(struct gen *g, const char *p, const char *end, char stop)
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

static struct str trimmed(const char *from, const char *to)
{
	return str_trim(str_from(from, (size_t)(to - from)));
}

static struct str need(struct gen *g, const char *at, struct str s, const char *what)
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
static void put_expression(struct gen *g, const char *at, struct str expr)
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
static bool put_formatted(struct gen *g, const char *at, struct str what, struct str args)
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

static void run(struct gen *g, const char *p, const char *end);

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
static void put_sentence(struct gen *g, const char *at, const char *p, const char *end, bool is_plural)
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
static void run(struct gen *g, const char *p, const char *end)
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
