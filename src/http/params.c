#include "http/params.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool percent_decode(char *text, size_t *n, bool is_plus_space)
{
	size_t to = 0;
	for (size_t at = 0; at < *n; at++) {
		char c = text[at];
		if (c == '+' && is_plus_space) {
			c = ' ';
		} else if (c == '%') {
			int high = at + 2 < *n ? hex_value(text[at + 1]) : -1;
			int low = at + 2 < *n ? hex_value(text[at + 2]) : -1;
			if (high < 0 || low < 0) {
				return false;
			}
			c = (char)(high << 4 | low);
			at += 2;
		}
		text[to++] = c;
	}
	*n = to;
	return true;
}

bool text_clean(char *text, size_t *n)
{
	size_t to = 0;
	if (memchr(text, '\r', *n)) {
		for (size_t at = 0; at < *n; at++) {
			char c = text[at];
			if (c == '\r') {
				if (at + 1 < *n && text[at + 1] == '\n') {
					continue;
				}
				c = '\n';
			}
			text[to++] = c;
		}
		*n = to;
	}
	struct str s = str_from(text, *n);
	return str_is_utf8(s) && !str_has_control(s, "\n\t");
}

/* One piece between two &, as an own name and value. */
static bool read_pair(char *piece, size_t n, struct param *out, struct err *e)
{
	char *equals = memchr(piece, '=', n);
	size_t name_n = equals ? (size_t)(equals - piece) : n;
	char *value = equals ? equals + 1 : piece + n;
	size_t value_n = equals ? n - name_n - 1 : 0;
	if (!percent_decode(piece, &name_n, true) || !percent_decode(value, &value_n, true)) {
		return err_set(e, ERR_BAD_INPUT, "bad escape in a form");
	}
	struct str name = str_from(piece, name_n);
	if (name_n == 0) {
		return err_set(e, ERR_BAD_INPUT, "field without a name");
	}
	if (!str_is_utf8(name) || str_has_control(name, "") || !text_clean(value, &value_n)) {
		return err_set(e, ERR_BAD_INPUT, "field is no clean text");
	}
	*out = (struct param){name, str_from(value, value_n)};
	return true;
}

bool params_urlencoded(struct arena *a, char *text, size_t n, struct params *out, struct err *e)
{
	size_t pieces = n > 0 ? 1 : 0;
	for (size_t i = 0; i < n; i++) {
		pieces += text[i] == '&';
	}
	if (pieces > PARAMS_MAX) {
		return err_set(e, ERR_TOO_LARGE, "%zu fields", pieces);
	}
	*out = (struct params){NULL, 0};
	if (pieces == 0) {
		return true;
	}
	struct param *items = arena_new(a, struct param, pieces);
	if (items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for %zu fields", pieces);
	}
	size_t count = 0;
	for (char *at = text, *end = text + n; at < end;) {
		char *amp = memchr(at, '&', (size_t)(end - at));
		size_t piece_n = amp ? (size_t)(amp - at) : (size_t)(end - at);
		if (piece_n > 0 && !read_pair(at, piece_n, &items[count++], e)) {
			return false;
		}
		at += piece_n + 1;
	}
	*out = (struct params){items, count};
	return true;
}

/* RFC 6265: a name is a token, a value is visible ASCII without quotes, commas, semicolons and backslashes. */
static bool is_cookie_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] >= 127 || memchr("()<>@,;:\\\"/[]?={}", s.p[i], 17)) {
			return false;
		}
	}
	return s.n > 0;
}

static bool is_cookie_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] >= 127 || memchr("\",;\\", s.p[i], 4)) {
			return false;
		}
	}
	return true;
}

void params_cookies(struct str header, struct params *out)
{
	struct str rest = header;
	struct str piece;
	while (out->n < COOKIES_MAX && str_next(&rest, ';', &piece)) {
		struct str name;
		struct str value;
		if (str_cut(str_trim(piece), '=', &name, &value) && is_cookie_name(name) && is_cookie_value(value)) {
			out->items[out->n++] = (struct param){name, value};
		}
	}
}

struct str params_first(const struct params *p, struct str name, bool *found)
{
	for (size_t i = 0; i < p->n; i++) {
		if (str_eq(p->items[i].name, name)) {
			if (found) {
				*found = true;
			}
			return p->items[i].value;
		}
	}
	if (found) {
		*found = false;
	}
	return STR_EMPTY;
}
