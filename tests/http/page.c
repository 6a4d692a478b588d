#include "page.h"

struct reader {
	struct page *p;
	struct arena *a;
	struct str html;
	size_t at;
	struct buf text;
	int form;   /* the one that is open, or -1 */
	int select; /* counts selects; the one that is open is `in_select` */
	bool in_select;
	struct field select_head; /* name and state of the open select */
};

struct attribute {
	struct str name, value;
};
struct tag {
	struct str name;
	bool is_end;
	struct attribute attributes[40];
	size_t n;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static struct str lower(struct arena *a, struct str s)
{
	char *p = arena_cstr(a, s);
	for (size_t i = 0; p && i < s.n; i++) {
		if (p[i] >= 'A' && p[i] <= 'Z') {
			p[i] = (char)(p[i] + 32);
		}
	}
	return str_from(p, s.n);
}

/* One entity at `at`; how many bytes it took, 0 when it is none. */
static size_t entity(struct str s, size_t at, struct buf *to)
{
	static const struct {
		const char *name;
		uint32_t rune;
	} names[] = {{"amp", '&'},   {"lt", '<'},      {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
	             {"nbsp", 0xA0}, {"middot", 0xB7}, {"ndash", 0x2013}, {"mdash", 0x2014}, {"hellip", 0x2026},
	             {"copy", 0xA9}, {"times", 0xD7},  {"rarr", 0x2192}};
	struct str rest = str_sub(s, at + 1, 12);
	size_t end = str_find_byte(rest, ';');
	if (end == SIZE_MAX) {
		return 0;
	}
	struct str name = str_sub(rest, 0, end);
	if (name.n > 1 && name.p[0] == '#') {
		uint32_t v = 0;
		bool is_hex = name.p[1] == 'x' || name.p[1] == 'X';
		for (size_t i = is_hex ? 2 : 1; i < name.n; i++) {
			char c = name.p[i];
			uint32_t d = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : is_hex ? (uint32_t)((c | 32) - 'a' + 10) : 99;
			v = v * (is_hex ? 16 : 10) + d;
		}
		buf_put_rune(to, v);
		return end + 2;
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (str_is(name, names[i].name)) {
			buf_put_rune(to, names[i].rune);
			return end + 2;
		}
	}
	return 0;
}

static struct str decode(struct arena *a, struct str s)
{
	if (str_find_byte(s, '&') == SIZE_MAX) {
		return s;
	}
	struct buf b;
	buf_init(&b, 64 << 20);
	for (size_t i = 0; i < s.n;) {
		size_t took = s.p[i] == '&' ? entity(s, i, &b) : 0;
		if (took == 0) {
			buf_put_byte(&b, s.p[i]);
			took = 1;
		}
		i += took;
	}
	struct str out = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static struct str collapse(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1, 1);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool space = is_space(s.p[i]);
		/* no-break space counts as one */
		if (i + 1 < s.n && (unsigned char)s.p[i] == 0xC2 && (unsigned char)s.p[i + 1] == 0xA0) {
			space = true;
			i++;
		}
		if (!space) {
			p[n++] = s.p[i];
		} else if (n > 0 && p[n - 1] != ' ') {
			p[n++] = ' ';
		}
	}
	while (n > 0 && p[n - 1] == ' ') {
		n--;
	}
	return str_from(p, n);
}

struct str html_text(struct arena *a, struct str html)
{
	return collapse(a, decode(a, html));
}

static struct str attribute(const struct tag *t, const char *name, bool *has)
{
	for (size_t i = 0; i < t->n; i++) {
		if (str_is(t->attributes[i].name, name)) {
			if (has) {
				*has = true;
			}
			return t->attributes[i].value;
		}
	}
	if (has) {
		*has = false;
	}
	return STR_EMPTY;
}

static bool has_attribute(const struct tag *t, const char *name)
{
	bool has;
	attribute(t, name, &has);
	return has;
}

/* At a '<' that begins a tag. */
static void read_tag(struct reader *r, struct tag *t)
{
	struct str h = r->html;
	size_t i = r->at + 1;
	*t = (struct tag){.name = STR_EMPTY};
	if (i < h.n && h.p[i] == '/') {
		t->is_end = true;
		i++;
	}
	size_t from = i;
	while (i < h.n && !is_space(h.p[i]) && h.p[i] != '>' && h.p[i] != '/') {
		i++;
	}
	t->name = lower(r->a, str_sub(h, from, i - from));
	while (i < h.n && h.p[i] != '>') {
		if (is_space(h.p[i]) || h.p[i] == '/') {
			i++;
			continue;
		}
		from = i;
		while (i < h.n && !is_space(h.p[i]) && h.p[i] != '=' && h.p[i] != '>' && h.p[i] != '/') {
			i++;
		}
		struct attribute x = {lower(r->a, str_sub(h, from, i - from)), STR_EMPTY};
		if (i < h.n && h.p[i] == '=') {
			i++;
			if (i < h.n && (h.p[i] == '"' || h.p[i] == '\'')) {
				char quote = h.p[i++];
				from = i;
				while (i < h.n && h.p[i] != quote) {
					i++;
				}
				x.value = decode(r->a, str_sub(h, from, i - from));
				i += i < h.n;
			} else {
				from = i;
				while (i < h.n && !is_space(h.p[i]) && h.p[i] != '>') {
					i++;
				}
				x.value = decode(r->a, str_sub(h, from, i - from));
			}
		}
		if (t->n < sizeof t->attributes / sizeof *t->attributes) {
			t->attributes[t->n++] = x;
		}
	}
	r->at = i < h.n ? i + 1 : i;
}

/* Everything up to the end tag, as it stands. */
static struct str raw_until(struct reader *r, const char *name)
{
	size_t from = r->at;
	size_t name_n = strlen(name);
	for (size_t i = r->at; i + 2 + name_n <= r->html.n; i++) {
		if (r->html.p[i] == '<' && r->html.p[i + 1] == '/' &&
		    str_eq_nocase(str_sub(r->html, i + 2, name_n), str_of(name))) {
			r->at = i;
			return str_sub(r->html, from, i - from);
		}
	}
	r->at = r->html.n;
	return str_sub(r->html, from, r->html.n);
}

/* The text within an element, tags left out; the reader does not move. */
static struct str inner_text(struct reader *r, const char *name)
{
	size_t was = r->at;
	struct str inner = raw_until(r, name);
	r->at = was;
	struct buf b;
	buf_init(&b, 1 << 20);
	bool in_tag = false;
	for (size_t i = 0; i < inner.n; i++) {
		char c = inner.p[i];
		if (c == '<') {
			in_tag = true;
		} else if (c == '>' && in_tag) {
			in_tag = false;
		} else if (!in_tag) {
			buf_put_byte(&b, c);
		}
	}
	struct str out = html_text(r->a, arena_copy(r->a, buf_str(&b)));
	buf_release(&b);
	return out;
}

static struct field *add_field(struct reader *r, const struct tag *t, struct str type)
{
	must(r->p->field_n < FIELDS_MAX);
	struct field *f = &r->p->fields[r->p->field_n++];
	*f = (struct field){
		.form = r->form,
		.name = attribute(t, "name", NULL),
		.value = attribute(t, "value", NULL),
		.type = type,
		.text = STR_EMPTY,
		.formaction = attribute(t, "formaction", NULL),
		.is_on = has_attribute(t, "checked"),
		.is_disabled = has_attribute(t, "disabled"),
		.file = STR_EMPTY,
	};
	struct str id = attribute(t, "form", NULL);
	for (size_t i = 0; id.n > 0 && i < r->p->form_n; i++) {
		if (str_eq(r->p->forms[i].id, id)) {
			f->form = (int)i;
		}
	}
	return f;
}

static void read_input(struct reader *r, const struct tag *t)
{
	bool has_value;
	struct str value = attribute(t, "value", &has_value);
	struct str type = lower(r->a, attribute(t, "type", NULL));
	struct field *f = add_field(r, t, type.n > 0 ? type : STR("text"));
	if ((str_is(type, "checkbox") || str_is(type, "radio")) && !has_value) {
		f->value = STR("on");
	}
	if (str_is(type, "submit")) {
		f->text = collapse(r->a, value);
	}
	if (str_is(type, "image")) {
		f->type = STR("submit");
		f->text = attribute(t, "alt", NULL);
	}
}

static void open_tag(struct reader *r, const struct tag *t)
{
	struct page *p = r->p;
	if (str_is(t->name, "html")) {
		p->lang = attribute(t, "lang", NULL);
	} else if (str_is(t->name, "title") && p->title.n == 0) {
		p->title = html_text(r->a, raw_until(r, "title"));
	} else if (str_is(t->name, "script") || str_is(t->name, "style") || str_is(t->name, "svg")) {
		raw_until(r, t->name.p);
	} else if (str_is(t->name, "a") && has_attribute(t, "href")) {
		must(p->link_n < LINKS_MAX);
		p->links[p->link_n++] = (struct link){attribute(t, "href", NULL), inner_text(r, "a")};
	} else if (str_is(t->name, "form")) {
		must(p->form_n < FORMS_MAX);
		struct str method = lower(r->a, attribute(t, "method", NULL));
		r->form = (int)p->form_n;
		p->forms[p->form_n++] = (struct form){attribute(t, "id", NULL), attribute(t, "action", NULL),
		                                      method.n > 0 ? method : STR("get"), attribute(t, "enctype", NULL)};
	} else if (str_is(t->name, "input")) {
		read_input(r, t);
	} else if (str_is(t->name, "button")) {
		struct str type = lower(r->a, attribute(t, "type", NULL));
		if (type.n == 0 || str_is(type, "submit")) {
			struct field *f = add_field(r, t, STR("submit"));
			f->text = inner_text(r, "button");
		}
	} else if (str_is(t->name, "textarea")) {
		struct field *f = add_field(r, t, STR("textarea"));
		struct str s = raw_until(r, "textarea");
		/* HTML drops the first line break. */
		s = str_starts(s, STR("\r\n")) ? str_sub(s, 2, s.n) : str_starts(s, STR("\n")) ? str_sub(s, 1, s.n) : s;
		f->value = decode(r->a, s);
		buf_put_byte(&r->text, ' ');
		buf_put(&r->text, s);
	} else if (str_is(t->name, "select")) {
		add_field(r, t, STR("select"));
		r->select_head = p->fields[--p->field_n];
		r->select_head.is_multiple = has_attribute(t, "multiple");
		r->select++;
		r->in_select = true;
	} else if (str_is(t->name, "option") && r->in_select) {
		struct field *f = add_field(r, t, STR("option"));
		bool has_value;
		attribute(t, "value", &has_value);
		f->text = inner_text(r, "option");
		f->value = has_value ? f->value : f->text;
		f->name = r->select_head.name;
		f->form = r->select_head.form;
		f->is_disabled = f->is_disabled || r->select_head.is_disabled;
		f->is_multiple = r->select_head.is_multiple;
		f->is_on = has_attribute(t, "selected");
		f->select = r->select;
	}
}

static bool is_inline(struct str name)
{
	static const char *const names[] = {"a",    "span", "b",    "strong", "em",  "i",   "bdi",  "bdo", "small", "time",
	                                    "abbr", "code", "mark", "sup",    "sub", "var", "data", "q",   "wbr"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (str_is(name, names[i])) {
			return true;
		}
	}
	return false;
}

void page_read(struct page *p, struct arena *a, struct str html)
{
	struct reader r = {.p = p, .a = a, .html = html, .form = -1};
	*p = (struct page){
		.html = html,
		.text = STR_EMPTY,
		.title = STR_EMPTY,
		.lang = STR_EMPTY,
		.links = arena_new(a, struct link, LINKS_MAX),
		.forms = arena_new(a, struct form, FORMS_MAX),
		.fields = arena_new(a, struct field, FIELDS_MAX),
	};
	buf_init(&r.text, 64 << 20);
	while (r.at < html.n) {
		if (html.p[r.at] != '<') {
			buf_put_byte(&r.text, html.p[r.at++]);
			continue;
		}
		if (str_starts(str_sub(html, r.at, 4), STR("<!--"))) {
			size_t end = str_find(str_sub(html, r.at, html.n), STR("-->"));
			r.at = end == SIZE_MAX ? html.n : r.at + end + 3;
			continue;
		}
		struct tag t;
		read_tag(&r, &t);
		if (!is_inline(t.name)) {
			buf_put_byte(&r.text, ' ');
		}
		if (!t.is_end) {
			open_tag(&r, &t);
		} else if (str_is(t.name, "form")) {
			r.form = -1;
		} else if (str_is(t.name, "select")) {
			r.in_select = false;
		}
	}
	p->text = html_text(a, arena_copy(a, buf_str(&r.text)));
	buf_release(&r.text);
}
