#include "http/head.h"

#include <arpa/inet.h>

#include "http/params.h"

/* RFC 9110, 5.6.2 */
static const bool token_bytes[256] = {
	['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true,         ['&'] = true,         ['\''] = true,
	['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,         ['^'] = true,         ['_'] = true,
	['`'] = true, ['|'] = true, ['~'] = true, ['0' ... '9'] = true, ['a' ... 'z'] = true, ['A' ... 'Z'] = true,
};

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!token_bytes[(unsigned char)s.p[i]]) {
			return false;
		}
	}
	return s.n > 0;
}

/* host[:port], RFC 3986, 3.2; what a name, an IPv4 or a bracketed IPv6 address can be made of. */
static bool is_host(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_letter && (c == '\0' || strchr("-._:[]", c) == NULL)) {
			return false;
		}
	}
	return s.n > 0 && s.n <= 255;
}

static struct str lower_copy(char **to, struct str s)
{
	char *p = *to;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		p[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	*to += s.n;
	return str_from(p, s.n);
}

struct seen {
	int hosts, lengths, cookies;
};

/* One field whose name is in lower case by now. */
static bool read_field(struct req *r, const struct param *f, struct head_facts *facts, struct seen *seen, struct err *e)
{
	if (str_has_control(f->value, "\t") || !str_is_utf8(f->value)) {
		return err_set(e, ERR_BAD_INPUT, "control character or bad UTF-8 in a header");
	}
	switch (f->name.n) {
	case 4:
		if (str_is(f->name, "host")) {
			if (++seen->hosts > 1 || !is_host(f->value)) {
				return err_set(e, ERR_BAD_INPUT, "two hosts, or a malformed one");
			}
			facts->host = f->value;
		}
		break;
	case 6:
		if (str_is(f->name, "cookie")) {
			if (r->cookies.items == NULL) {
				r->cookies.items = arena_new(&r->arena, struct param, COOKIES_MAX);
				if (r->cookies.items == NULL) {
					return err_set(e, ERR_MEMORY, "no room for cookies");
				}
			}
			params_cookies(f->value, &r->cookies);
		} else if (str_is(f->name, "expect")) {
			facts->expects_continue = true;
		}
		break;
	case 14:
		if (str_is(f->name, "content-length")) {
			if (++seen->lengths > 1 || f->value.n > 15 || !str_to_u64(f->value, &facts->content_length)) {
				return err_set(e, ERR_BAD_INPUT, "two lengths, or one that is no number");
			}
		}
		break;
	case 17:
		if (str_is(f->name, "transfer-encoding")) {
			return err_set(e, ERR_BAD_INPUT, "transfer encoding");
		}
		break;
	default:
		break;
	}
	return true;
}

static bool read_fields(struct req *r, const struct head *h, struct head_facts *facts, struct err *e)
{
	if (h->field_n > HEAD_MAX_FIELDS || h->bytes > HEAD_MAX_BYTES) {
		return err_set(e, ERR_HEADERS, "%zu header fields, %zu bytes", h->field_n, h->bytes);
	}
	size_t names = 0;
	for (size_t i = 0; i < h->field_n; i++) {
		if (!is_token(h->fields[i].name)) {
			return err_set(e, ERR_BAD_INPUT, "name of a header is no token");
		}
		names += h->fields[i].name.n;
	}
	struct param *items = arena_new(&r->arena, struct param, h->field_n + 1);
	char *lower = arena_alloc(&r->arena, names + 1, 1);
	if (items == NULL || lower == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the headers");
	}
	struct seen seen = {0};
	for (size_t i = 0; i < h->field_n; i++) {
		/* White space at the end of a value is no part of it: RFC 9110, 5.5. */
		items[i] = (struct param){lower_copy(&lower, h->fields[i].name), str_trim(h->fields[i].value)};
		if (!read_field(r, &items[i], facts, &seen, e)) {
			return false;
		}
	}
	r->headers = (struct params){items, h->field_n};
	return seen.hosts == 1 ? true : err_set(e, ERR_BAD_INPUT, "no host");
}

/* "." and ".." pieces of a decoded path. */
static bool has_dots(struct str path)
{
	struct str piece;
	for (struct str rest = path; str_next(&rest, '/', &piece);) {
		if (str_is(piece, ".") || str_is(piece, "..")) {
			return true;
		}
	}
	return false;
}

static bool read_target(struct req *r, struct str target, struct err *e)
{
	r->target = target;
	if (target.n > TARGET_MAX_BYTES) {
		return err_set(e, ERR_HEADERS, "target of %zu bytes", target.n);
	}
	for (size_t i = 0; i < target.n; i++) {
		if (target.p[i] <= ' ' || target.p[i] >= 127 || target.p[i] == '#') {
			return err_set(e, ERR_BAD_INPUT, "target with a byte that has to be escaped");
		}
	}
	if (target.n == 0 || target.p[0] != '/') {
		return err_set(e, ERR_BAD_INPUT, "target is no path");
	}
	char *copy = arena_cstr(&r->arena, target);
	if (copy == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the target");
	}
	char *mark = memchr(copy, '?', target.n);
	size_t path_n = mark ? (size_t)(mark - copy) : target.n;
	size_t query_n = mark ? target.n - path_n - 1 : 0;
	size_t slashes = 0;
	for (size_t i = 0; i < path_n; i++) {
		slashes += copy[i] == '/';
	}
	if (!percent_decode(copy, &path_n, false)) {
		return err_set(e, ERR_BAD_INPUT, "bad escape in the path");
	}
	r->path = str_from(copy, path_n);
	if (!str_is_utf8(r->path) || str_has_control(r->path, "")) {
		return err_set(e, ERR_BAD_INPUT, "path is no clean text");
	}
	if (has_dots(r->path)) {
		return err_set(e, ERR_BAD_INPUT, "dots in the path");
	}
	for (size_t i = 0; i < path_n; i++) {
		slashes -= copy[i] == '/';
	}
	if (slashes != 0) { /* wraps below 0: more slashes than were sent as such */
		return err_set(e, ERR_NOT_FOUND, "escaped slash in the path");
	}
	return query_n == 0 || params_urlencoded(&r->arena, mark + 1, query_n, &r->query, e);
}

bool head_read(struct req *r, const struct head *h, struct head_facts *facts, struct err *e)
{
	*facts = (struct head_facts){.host = STR_EMPTY};
	r->method = 0;
	if (str_is(h->method, "GET")) {
		r->method = METHOD_GET;
	} else if (str_is(h->method, "POST")) {
		r->method = METHOD_POST;
	} else if (str_is(h->method, "HEAD")) {
		r->method = METHOD_HEAD;
	} else if (!is_token(h->method)) {
		return err_set(e, ERR_BAD_INPUT, "method is no token");
	}
	if (!str_is(h->version, "HTTP/1.1") && !str_is(h->version, "HTTP/1.0")) {
		return err_set(e, ERR_BAD_INPUT, "version is neither 1.1 nor 1.0");
	}
	return read_fields(r, h, facts, e) && read_target(r, h->target, e);
}

struct str head_forwarded_for(const struct req *r)
{
	/* nginx appends the address it saw; what stands before it is hearsay. With several fields the last one counts. */
	struct str last = STR_EMPTY;
	for (size_t i = 0; i < r->headers.n; i++) {
		if (str_is(r->headers.items[i].name, "x-forwarded-for")) {
			last = r->headers.items[i].value;
		}
	}
	for (size_t i = last.n; i-- > 0;) {
		if (last.p[i] == ',') {
			last = str_trim(str_sub(last, i + 1, last.n));
			break;
		}
	}
	char text[INET6_ADDRSTRLEN];
	struct in6_addr unused;
	if (last.n == 0 || last.n >= sizeof text) {
		return STR_EMPTY;
	}
	memcpy(text, last.p, last.n);
	text[last.n] = '\0';
	bool is_address = inet_pton(AF_INET, text, &unused) == 1 || inet_pton(AF_INET6, text, &unused) == 1;
	return is_address ? last : STR_EMPTY;
}
