#include "base/xml.h"

#include "base/buf.h"

bool xml_wrong(struct xml *x, struct err *e, const char *what)
{
	for (size_t end = x->at < x->text.n ? x->at : x->text.n; x->line_at < end; x->line_at++) {
		x->line += x->text.p[x->line_at] == '\n';
	}
	return err_set(e, ERR_BAD_INPUT, "line %d: %s", x->line, what);
}

bool xml_begin(struct xml *x, struct arena *a, struct str text, struct err *e)
{
	*x = (struct xml){.arena = a, .text = text, .line = 1};
	if (str_starts(text, STR("\xef\xbb\xbf"))) {
		x->at = 3;
	}
	return str_is_utf8(text) || err_set(e, ERR_BAD_INPUT, "line 1: the text is no UTF-8");
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':' ||
	       c == '-' || c == '.' || (unsigned char)c >= 0x80;
}

static struct str rest(const struct xml *x)
{
	return str_sub(x->text, x->at, SIZE_MAX);
}

static void skip_space(struct xml *x)
{
	while (x->at < x->text.n && is_space(x->text.p[x->at])) {
		x->at++;
	}
}

static bool read_name(struct xml *x, struct str *name, struct err *e)
{
	size_t from = x->at;
	while (x->at < x->text.n && is_name(x->text.p[x->at])) {
		x->at++;
	}
	*name = str_sub(x->text, from, x->at - from);
	if (name->n == 0 || name->p[0] == '-' || name->p[0] == '.' || (name->p[0] >= '0' && name->p[0] <= '9')) {
		return xml_wrong(x, e, "a name is missing");
	}
	return true;
}

/* One entity, the text behind '&' up to ';'. */
static bool decode(struct str name, struct buf *to)
{
	static const struct {
		const char *name;
		char is;
	} known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (str_is(name, known[i].name)) {
			buf_put_byte(to, known[i].is);
			return true;
		}
	}
	uint32_t rune = 0, base = str_starts(name, STR("#x")) ? 16 : 10;
	if (name.n < 2 || name.p[0] != '#' || name.n > 9) {
		return false;
	}
	size_t i = base == 16 ? 2 : 1;
	if (i == name.n) {
		return false;
	}
	for (; i < name.n; i++) {
		char c = name.p[i];
		uint32_t digit = c >= '0' && c <= '9'                 ? (uint32_t)(c - '0')
		                 : base == 16 && c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
		                 : base == 16 && c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
		                                                      : 99;
		if (digit > 15) {
			return false;
		}
		rune = rune * base + digit;
	}
	bool is_allowed = rune == '\t' || rune == '\n' || rune == '\r' || rune >= 0x20;
	if (!is_allowed || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff)) {
		return false;
	}
	buf_put_rune(to, rune);
	return true;
}

static bool unescape(struct xml *x, struct str raw, struct str *out, struct err *e)
{
	struct buf text;
	if (str_find_byte(raw, '&') == SIZE_MAX) {
		*out = raw;
		return true;
	}
	buf_init(&text, raw.n);
	bool ok = true;
	struct str left = raw, before, entity;
	while (ok && str_cut(left, '&', &before, &left)) {
		buf_put(&text, before);
		ok = str_cut(left, ';', &entity, &left) && decode(entity, &text);
	}
	buf_put(&text, left);
	*out = arena_copy(x->arena, buf_str(&text));
	ok = (ok && !text.failed) || xml_wrong(x, e, "an entity is not known here");
	buf_release(&text);
	return ok && (!x->arena->is_full || err_set(e, ERR_MEMORY, "no memory for the text of an attribute"));
}

static bool read_attribute(struct xml *x, struct err *e)
{
	struct str name;
	if (!read_name(x, &name, e)) {
		return false;
	}
	skip_space(x);
	if (!str_starts(rest(x), STR("="))) {
		return xml_wrong(x, e, "an attribute has no value");
	}
	x->at++;
	skip_space(x);
	char quote = x->at < x->text.n ? x->text.p[x->at] : 0;
	size_t end = quote == '"' || quote == '\'' ? str_find_byte(str_sub(x->text, x->at + 1, SIZE_MAX), quote) : SIZE_MAX;
	if (end == SIZE_MAX) {
		return xml_wrong(x, e, "an attribute's value is not in quotes");
	}
	struct str raw = str_sub(x->text, x->at + 1, end);
	if (str_find_byte(raw, '<') != SIZE_MAX) {
		return xml_wrong(x, e, "an attribute's value holds \"<\"");
	}
	if (x->attribute_n == XML_ATTRIBUTES_MAX) {
		return xml_wrong(x, e, "an element has too many attributes");
	}
	for (size_t i = 0; i < x->attribute_n; i++) {
		if (str_eq(x->attributes[i].name, name)) {
			return xml_wrong(x, e, "an attribute stands there twice");
		}
	}
	x->at += end + 2;
	x->attributes[x->attribute_n].name = name;
	return unescape(x, raw, &x->attributes[x->attribute_n++].value, e);
}

static bool read_start(struct xml *x, struct err *e)
{
	x->attribute_n = 0;
	x->at++;
	if (x->depth == 0 && x->had_root) {
		return xml_wrong(x, e, "there are two root elements");
	}
	if (x->depth == XML_DEPTH_MAX) {
		return xml_wrong(x, e, "elements are nested too deeply");
	}
	if (!read_name(x, &x->name, e)) {
		return false;
	}
	x->open[x->depth++] = x->name;
	x->had_root = true;
	for (;;) {
		size_t from = x->at;
		skip_space(x);
		if (str_starts(rest(x), STR("/>"))) {
			x->at += 2;
			x->is_empty = true;
			return true;
		}
		if (str_starts(rest(x), STR(">"))) {
			x->at++;
			return true;
		}
		if (x->at == from) {
			return xml_wrong(x, e, "a tag does not end");
		}
		if (!read_attribute(x, e)) {
			return false;
		}
	}
}

static bool read_stop(struct xml *x, struct err *e)
{
	x->at += 2;
	if (!read_name(x, &x->name, e)) {
		return false;
	}
	skip_space(x);
	if (x->depth == 0 || !str_eq(x->open[x->depth - 1], x->name) || !str_starts(rest(x), STR(">"))) {
		return xml_wrong(x, e, "an end tag does not match");
	}
	x->at++;
	x->depth--;
	return true;
}

/* Passes over what begins with `begin` up to and with `end`; *is_there false when it does not begin so. */
static bool pass(struct xml *x, struct str begin, struct str end, bool *is_there, struct err *e)
{
	*is_there = str_starts(rest(x), begin);
	if (!*is_there) {
		return true;
	}
	size_t n = str_find(str_sub(x->text, x->at + begin.n, SIZE_MAX), end);
	if (n == SIZE_MAX) {
		return xml_wrong(x, e, "a comment or an instruction does not end");
	}
	x->at += begin.n + n + end.n;
	return true;
}

bool xml_next(struct xml *x, enum xml_kind *kind, struct err *e)
{
	x->attribute_n = 0;
	if (x->is_empty) {
		x->is_empty = false;
		x->depth--;
		*kind = XML_STOP;
		return true;
	}
	for (;;) {
		bool passed = false;
		size_t n = str_find_byte(rest(x), '<');
		struct str between = str_sub(x->text, x->at, n);
		if (x->depth == 0 && str_trim(between).n > 0) {
			return xml_wrong(x, e, "text stands outside of the root element");
		}
		if (n == SIZE_MAX) {
			x->at = x->text.n;
			*kind = XML_END;
			return (x->depth == 0 && x->had_root) || xml_wrong(x, e, "the text ends within an element");
		}
		x->at += n;
		if (!pass(x, STR("<!--"), STR("-->"), &passed, e) || (!passed && !pass(x, STR("<?"), STR("?>"), &passed, e)) ||
		    (!passed && x->depth > 0 && !pass(x, STR("<![CDATA["), STR("]]>"), &passed, e))) {
			return false;
		}
		if (passed) {
			continue;
		}
		if (str_starts(rest(x), STR("<!"))) {
			return xml_wrong(x, e, "a document type is not read here");
		}
		*kind = str_starts(rest(x), STR("</")) ? XML_STOP : XML_START;
		return *kind == XML_STOP ? read_stop(x, e) : read_start(x, e);
	}
}

bool xml_attribute(const struct xml *x, const char *name, struct str *value)
{
	for (size_t i = 0; i < x->attribute_n; i++) {
		if (str_is(x->attributes[i].name, name)) {
			*value = x->attributes[i].value;
			return true;
		}
	}
	*value = STR_EMPTY;
	return false;
}
