/* The HTML tokenizer of tmplgen: in which context literal text leaves the page, which elements are open, which white
 * space can be seen. States follow HTML, 13.2.5, as far as templates need them. */
#include "tmplgen.h"

#include <stdio.h>

/* One of the words of a list with a space on both sides of each. */
bool is_one_of(struct str word, const char *list)
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

/* --- HTML ----------------------------------------------------------------------------------------------------------
 */

/* White space that waits is written or dropped, now that what follows is known. */
void settle_space(struct gen *g, enum neighbour next)
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

void finish_attr_name(struct gen *g, const char *end)
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
const char *html_char(struct gen *g, const char *p, const char *end)
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

bool is_text(const struct html *h)
{
	return h->state == IN_TEXT || h->state == IN_RCDATA;
}

/* Before anything is written at a place: text and quoted attributes alone are good. */
void check_place(struct gen *g, const char *at)
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
