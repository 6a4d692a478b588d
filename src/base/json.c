#include "base/json.h"

#include <stdlib.h>

enum { DEPTH_MAX = 64, FEW_KEYS = 8 };

struct reader {
	struct arena *arena;
	struct str text;
	size_t at;
	int depth;
	struct err *e;
};

static bool refuse(struct reader *r, enum err_code code, const char *why)
{
	size_t line = 1, column = 1;
	for (size_t i = 0; i < r->at && i < r->text.n; i++) {
		column = r->text.p[i] == '\n' ? 1 : column + 1;
		line += r->text.p[i] == '\n';
	}
	return err_set(r->e, code, "line %zu, column %zu: %s", line, column, why);
}

static bool refuse_full(struct reader *r)
{
	return refuse(r, ERR_TOO_LARGE, "no room is left for what comes here");
}

/* The byte at the cursor; NUL at the end, which no grammar rule accepts anywhere. */
static char peek(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static void skip_space(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r') {
		r->at++;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool read_hex4(struct reader *r, uint32_t *out)
{
	uint8_t bytes[2];
	if (!str_to_bytes(str_sub(r->text, r->at, 4), bytes, 2)) {
		return refuse(r, ERR_BAD_INPUT, "four hexadecimal digits must follow \\u");
	}
	*out = (uint32_t)bytes[0] << 8 | bytes[1];
	r->at += 4;
	return true;
}

static size_t put_rune(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1;) {
		to[i] = (char)(0x80 | (c & 0x3F));
		c >>= 6;
	}
	to[0] = (char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
	return n;
}

/* After the backslash. */
static bool read_escape(struct reader *r, char *to, size_t *n)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	char c = peek(r);
	const char *known = c ? strchr(from, c) : NULL;
	if (known) {
		r->at++;
		to[(*n)++] = into[known - from];
		return true;
	}
	if (c != 'u') {
		return refuse(r, ERR_BAD_INPUT, "this escape does not exist");
	}
	r->at++;
	uint32_t rune, low;
	if (!read_hex4(r, &rune)) {
		return false;
	}
	if (rune >= 0xD800 && rune < 0xDC00) {
		if (!str_starts(str_sub(r->text, r->at, 2), STR("\\u"))) {
			return refuse(r, ERR_BAD_INPUT, "half a surrogate pair");
		}
		r->at += 2;
		if (!read_hex4(r, &low)) {
			return false;
		}
		if (low < 0xDC00 || low > 0xDFFF) {
			return refuse(r, ERR_BAD_INPUT, "half a surrogate pair");
		}
		rune = 0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00);
	} else if (rune >= 0xDC00 && rune <= 0xDFFF) {
		return refuse(r, ERR_BAD_INPUT, "half a surrogate pair");
	} else if (rune == 0) {
		return refuse(r, ERR_BAD_INPUT, "the character NUL");
	}
	*n += put_rune(to + *n, rune);
	return true;
}

/* At the opening quote. The decoded form is never longer than the written one, so its end is looked for first. */
static bool read_string(struct reader *r, struct str *out)
{
	size_t end = r->at + 1;
	while (end < r->text.n && r->text.p[end] != '"') {
		end += r->text.p[end] == '\\' ? 2 : 1;
	}
	if (end >= r->text.n) {
		return refuse(r, ERR_BAD_INPUT, "a text that begins here has no end");
	}
	r->at++;
	char *to = arena_alloc(r->arena, end - r->at + 1, 1);
	if (to == NULL) {
		return refuse_full(r);
	}
	size_t n = 0;
	while (r->at < end) {
		size_t from = r->at;
		while (r->at < end && r->text.p[r->at] != '\\' && (unsigned char)r->text.p[r->at] >= 0x20) {
			r->at++;
		}
		memcpy(to + n, r->text.p + from, r->at - from);
		n += r->at - from;
		if (r->at == end) {
			break;
		}
		if (r->text.p[r->at] != '\\') {
			return refuse(r, ERR_BAD_INPUT, "a control character inside a text");
		}
		r->at++;
		if (!read_escape(r, to, &n)) {
			return false;
		}
	}
	r->at = end + 1;
	*out = (struct str){to, n};
	return true;
}

static bool read_digits(struct reader *r)
{
	if (!is_digit(peek(r))) {
		return refuse(r, ERR_BAD_INPUT, "a digit must stand here");
	}
	while (is_digit(peek(r))) {
		r->at++;
	}
	return true;
}

static bool read_number(struct reader *r, struct json *to)
{
	size_t from = r->at;
	bool is_whole = true;
	if (peek(r) == '-') {
		r->at++;
	}
	if (peek(r) == '0') {
		r->at++;
	} else if (!read_digits(r)) {
		return false;
	}
	if (peek(r) == '.') {
		is_whole = false;
		r->at++;
		if (!read_digits(r)) {
			return false;
		}
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		is_whole = false;
		r->at++;
		if (peek(r) == '+' || peek(r) == '-') {
			r->at++;
		}
		if (!read_digits(r)) {
			return false;
		}
	}
	struct str written = str_sub(r->text, from, r->at - from);
	if (is_whole) {
		to->kind = JSON_INT;
		return str_to_i64(written, &to->integer) || refuse(r, ERR_BAD_INPUT, "a whole number is too large");
	}
	to->kind = JSON_REAL;
	to->string = arena_copy(r->arena, written);
	return !r->arena->is_full || refuse_full(r);
}

static bool read_word(struct reader *r, const char *word, enum json_kind kind, struct json *to)
{
	struct str w = str_of(word);
	if (!str_eq(str_sub(r->text, r->at, w.n), w)) {
		return refuse(r, ERR_BAD_INPUT, "a value must stand here");
	}
	r->at += w.n;
	to->kind = kind;
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool has_duplicate(struct reader *r, const struct json *object, size_t n, bool *out)
{
	*out = false;
	if (n <= FEW_KEYS) {
		for (const struct json *i = object->first; i; i = i->next) {
			for (const struct json *j = i->next; j; j = j->next) {
				*out = *out || str_eq(i->key, j->key);
			}
		}
		return true;
	}
	struct str *keys = arena_new(r->arena, struct str, n);
	if (keys == NULL) {
		return refuse_full(r);
	}
	size_t count = 0;
	for (const struct json *i = object->first; i; i = i->next) {
		keys[count++] = i->key;
	}
	qsort(keys, count, sizeof *keys, compare_keys);
	for (size_t i = 1; i < count; i++) {
		*out = *out || str_eq(keys[i - 1], keys[i]);
	}
	return true;
}

static bool read_value(struct reader *r, struct json *to);

/* At the opening bracket. */
static bool read_children(struct reader *r, struct json *to)
{
	bool is_object = peek(r) == '{';
	char close = is_object ? '}' : ']';
	to->kind = is_object ? JSON_OBJECT : JSON_ARRAY;
	if (++r->depth > DEPTH_MAX) {
		return refuse(r, ERR_BAD_INPUT, "too many brackets inside one another");
	}
	r->at++;
	skip_space(r);
	size_t n = 0;
	struct json **end = &to->first;
	while (n > 0 || peek(r) != close) {
		struct json *child = arena_new(r->arena, struct json, 1);
		if (child == NULL) {
			return refuse_full(r);
		}
		child->key = STR_EMPTY;
		if (is_object) {
			if (peek(r) != '"') {
				return refuse(r, ERR_BAD_INPUT, "a key in quotes must stand here");
			}
			if (!read_string(r, &child->key)) {
				return false;
			}
			skip_space(r);
			if (peek(r) != ':') {
				return refuse(r, ERR_BAD_INPUT, "a colon must stand here");
			}
			r->at++;
			skip_space(r);
		}
		if (!read_value(r, child)) {
			return false;
		}
		*end = child;
		end = &child->next;
		n++;
		skip_space(r);
		if (peek(r) == close) {
			break;
		}
		if (peek(r) != ',') {
			return refuse(r, ERR_BAD_INPUT, "a comma or the end of the list must stand here");
		}
		r->at++;
		skip_space(r);
	}
	r->at++;
	r->depth--;
	bool is_double = false;
	if (is_object && !has_duplicate(r, to, n, &is_double)) {
		return false;
	}
	return !is_double || refuse(r, ERR_BAD_INPUT, "the object that ends here has a key twice");
}

static bool read_value(struct reader *r, struct json *to)
{
	to->string = STR_EMPTY;
	switch (peek(r)) {
	case '{':
	case '[':
		return read_children(r, to);
	case '"':
		to->kind = JSON_STRING;
		return read_string(r, &to->string);
	case 't':
		return read_word(r, "true", JSON_TRUE, to);
	case 'f':
		return read_word(r, "false", JSON_FALSE, to);
	case 'n':
		return read_word(r, "null", JSON_NULL, to);
	default:
		if (peek(r) == '-' || is_digit(peek(r))) {
			return read_number(r, to);
		}
		return refuse(r, ERR_BAD_INPUT, "a value must stand here");
	}
}

bool json_parse(struct arena *a, struct str text, struct json **out, struct err *e)
{
	struct reader r = {.arena = a, .text = text, .e = e};
	if (!str_is_utf8(text)) {
		return err_set(e, ERR_BAD_INPUT, "the text is not UTF-8");
	}
	struct json *root = arena_new(a, struct json, 1);
	if (root == NULL) {
		return refuse_full(&r);
	}
	root->key = STR_EMPTY;
	skip_space(&r);
	if (!read_value(&r, root)) {
		return false;
	}
	skip_space(&r);
	if (r.at < text.n) {
		return refuse(&r, ERR_BAD_INPUT, "something follows after the end");
	}
	*out = root;
	return true;
}

const struct json *json_get(const struct json *object, struct str key)
{
	if (object == NULL || object->kind != JSON_OBJECT) {
		return NULL;
	}
	for (const struct json *i = object->first; i; i = i->next) {
		if (str_eq(i->key, key)) {
			return i;
		}
	}
	return NULL;
}

struct str json_string(const struct json *object, struct str key)
{
	const struct json *found = json_get(object, key);
	return found && found->kind == JSON_STRING ? found->string : STR_EMPTY;
}

/* --- Writing --- */

static void before_value(struct json_out *j)
{
	if (j->needs_comma) {
		buf_put_byte(j->to, ',');
	}
	j->needs_comma = true;
}

static void begin(struct json_out *j, char bracket)
{
	before_value(j);
	buf_put_byte(j->to, bracket);
	j->needs_comma = false;
}

static void end(struct json_out *j, char bracket)
{
	buf_put_byte(j->to, bracket);
	j->needs_comma = true;
}

void json_begin_object(struct json_out *j)
{
	begin(j, '{');
}

void json_end_object(struct json_out *j)
{
	end(j, '}');
}

void json_begin_array(struct json_out *j)
{
	begin(j, '[');
}

void json_end_array(struct json_out *j)
{
	end(j, ']');
}

static void put_escaped(struct buf *to, struct str s)
{
	buf_put_byte(to, '"');
	size_t plain = 0; /* what lies between plain and i goes out as it is */
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
			i++;
			continue;
		}
		size_t from = i;
		uint32_t rune = str_rune(s, &i);
		bool is_valid = rune != 0xFFFD || i - from == 3;
		if (rune >= 0x80 && is_valid) {
			continue;
		}
		buf_put_bytes(to, s.p + plain, from - plain);
		plain = i;
		if (!is_valid) {
			buf_put_rune(to, 0xFFFD);
		} else if (rune == '"' || rune == '\\') {
			buf_put_byte(to, '\\');
			buf_put_byte(to, (char)rune);
		} else if (rune == '\n') {
			buf_put(to, STR("\\n"));
		} else {
			buf_put(to, STR("\\u00"));
			buf_put_hex(to, &c, 1);
		}
	}
	buf_put_bytes(to, s.p + plain, s.n - plain);
	buf_put_byte(to, '"');
}

void json_key(struct json_out *j, struct str key)
{
	before_value(j);
	put_escaped(j->to, key);
	buf_put_byte(j->to, ':');
	j->needs_comma = false;
}

void json_put_string(struct json_out *j, struct str s)
{
	before_value(j);
	put_escaped(j->to, s);
}

void json_put_int(struct json_out *j, int64_t v)
{
	before_value(j);
	buf_put_i64(j->to, v);
}

void json_put_bool(struct json_out *j, bool v)
{
	before_value(j);
	buf_put_c(j->to, v ? "true" : "false");
}

void json_put_null(struct json_out *j)
{
	before_value(j);
	buf_put_c(j->to, "null");
}
