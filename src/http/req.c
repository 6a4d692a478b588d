#include "http/req.h"

#include <stdio.h>
#include <unistd.h>

#include "base/rand.h"
#include "http/csrf.h"
#include "http/exchange.h"
#include "http/params.h"

struct str req_query(const struct req *r, const char *name)
{
	return params_first(&r->query, str_of(name), NULL);
}

struct str req_form(const struct req *r, const char *name)
{
	return params_first(&r->form, str_of(name), NULL);
}

bool req_has_form(const struct req *r, const char *name)
{
	bool found;
	params_first(&r->form, str_of(name), &found);
	return found;
}

struct str req_header(const struct req *r, const char *lower_name)
{
	return params_first(&r->headers, str_of(lower_name), NULL);
}

static bool is_secure(const struct req *r)
{
	return r->exchange && r->exchange->s->o.is_behind_proxy;
}

#define HOST_PREFIX "__Host-"

struct str req_cookie(const struct req *r, const char *name)
{
	if (!is_secure(r)) {
		return params_first(&r->cookies, str_of(name), NULL);
	}
	/* Only under the prefix: a browser takes such a cookie from this host alone. */
	struct str want = str_of(name);
	for (size_t i = 0; i < r->cookies.n; i++) {
		struct str have = r->cookies.items[i].name;
		if (have.n == want.n + sizeof HOST_PREFIX - 1 && str_starts(have, STR(HOST_PREFIX)) && str_ends(have, want)) {
			return r->cookies.items[i].value;
		}
	}
	return STR_EMPTY;
}

struct upload *req_upload(const struct req *r, const char *field)
{
	for (size_t i = 0; i < r->upload_n; i++) {
		if (str_is(r->uploads[i].field, field)) {
			return r->uploads[i].bytes > 0 ? &r->uploads[i] : NULL;
		}
	}
	return NULL;
}

bool req_arg_id(const struct req *r, int index, int64_t *out, struct err *e)
{
	must(index >= 0 && index < ROUTE_ARGS_MAX);
	if (index >= r->path_arg_n || !id_parse(r->path_args[index], out)) {
		return err_set(e, ERR_NOT_FOUND, "path piece %d is no id", index);
	}
	return true;
}

bool req_op(const struct req *r, uint8_t out[OPID_BYTES], struct err *e)
{
	if (!str_to_bytes(req_form(r, "op"), out, OPID_BYTES)) {
		return err_set(e, ERR_BAD_INPUT, "form without an operation id");
	}
	/* All zeros is the store's word for "no operation". */
	uint8_t any = 0;
	for (size_t i = 0; i < OPID_BYTES; i++) {
		any |= out[i];
	}
	return any != 0 ? true : err_set(e, ERR_BAD_INPUT, "form with an empty operation id");
}

struct str req_new_op(struct req *r)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t op[OPID_BYTES];
	rand_bytes(op, sizeof op);
	char *p = arena_alloc(&r->arena, sizeof op * 2, 1);
	if (p == NULL) {
		return STR_EMPTY;
	}
	for (size_t i = 0; i < sizeof op; i++) {
		p[2 * i] = digits[op[i] >> 4];
		p[2 * i + 1] = digits[op[i] & 15];
	}
	return str_from(p, sizeof op * 2);
}

/* Room for one more header: the array doubles in the arena. */
static struct param *next_header(struct req *r)
{
	size_t n = r->out_headers.n;
	/* Powers of two from 8: full when n is one of them. */
	if (n == 0 || (n >= 8 && (n & (n - 1)) == 0)) {
		struct param *grown = arena_new(&r->arena, struct param, n == 0 ? 8 : n * 2);
		if (grown == NULL) {
			return NULL;
		}
		if (n > 0) {
			memcpy(grown, r->out_headers.items, n * sizeof *grown);
		}
		r->out_headers.items = grown;
	}
	return &r->out_headers.items[r->out_headers.n++];
}

static void add_header(struct req *r, struct str name, struct str value)
{
	if (str_has_control(value, "\t") || !str_is_utf8(value)) {
		r->arena.is_full = true; /* whoever made this value from a client's words shall see it fail */
		return;
	}
	struct param *p = next_header(r);
	struct str name_copy = arena_copy(&r->arena, name);
	struct str value_copy = arena_copy(&r->arena, value);
	if (p) {
		*p = (struct param){name_copy, value_copy};
	}
}

void req_set_header(struct req *r, const char *name, struct str value)
{
	for (size_t i = 0; i < r->out_headers.n; i++) {
		if (str_eq_nocase(r->out_headers.items[i].name, str_of(name)) &&
		    !str_is(r->out_headers.items[i].name, "Set-Cookie")) {
			if (!str_has_control(value, "\t") && str_is_utf8(value)) {
				r->out_headers.items[i].value = arena_copy(&r->arena, value);
			} else {
				r->arena.is_full = true;
			}
			return;
		}
	}
	add_header(r, str_of(name), value);
}

void req_set_cookie(struct req *r, const char *name, struct str value, int64_t max_age_s)
{
	bool secure = is_secure(r);
	struct str start = arena_printf(&r->arena, "%s%s=", secure ? HOST_PREFIX : "", name);
	char age[48] = "";
	if (max_age_s >= 0) {
		snprintf(age, sizeof age, "; Max-Age=%lld", (long long)max_age_s);
	}
	struct str cookie = arena_printf(&r->arena, "%.*s%.*s; Path=/; HttpOnly; SameSite=Lax%s%s", STR_ARG(start),
	                                 STR_ARG(max_age_s == 0 ? STR_EMPTY : value), secure ? "; Secure" : "", age);
	if (start.n == 0 || cookie.n == 0) {
		return;
	}
	must(str_find_byte(value, ';') == SIZE_MAX); /* no attributes by way of a value */
	for (size_t i = 0; i < r->out_headers.n; i++) {
		struct param *p = &r->out_headers.items[i];
		if (str_is(p->name, "Set-Cookie") && str_starts(p->value, start)) {
			p->value = cookie;
			return;
		}
	}
	add_header(r, STR("Set-Cookie"), cookie);
}

struct str req_sid(const struct req *r)
{
	struct str sid = req_cookie(r, "sid");
	return sid_is_valid(sid) ? sid : STR_EMPTY;
}

struct str req_new_sid(struct req *r)
{
	must(r->exchange != NULL);
	exchange_fresh_sid(r->exchange);
	r->exchange->has_fresh_sid = false; /* sent now, not only if a form is shown */
	req_set_cookie(r, "sid", r->exchange->sid, -1);
	return r->exchange->sid;
}

bool req_redirect(struct req *r, struct str path)
{
	/* Where the path comes from a client it may try to lead elsewhere: browsers read "//host" and "/\\host" as a host.
	 */
	if (path.n == 0 || path.p[0] != '/' || (path.n > 1 && (path.p[1] == '/' || path.p[1] == '\\'))) {
		path = STR("/");
	}
	struct buf b;
	buf_init(&b, 3 * path.n);
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];
		if (c > ' ' && c < 127 && c != '"' && c != '<' && c != '>' && c != '\\') {
			buf_put_byte(&b, c);
		} else {
			buf_put_byte(&b, '%');
			buf_put_hex(&b, &c, 1);
		}
	}
	r->status = 303;
	buf_reset(&r->out);
	req_set_header(r, "Location", buf_str(&b));
	r->arena.is_full = r->arena.is_full || b.failed;
	buf_release(&b);
	return true;
}

/* RFC 6266 and RFC 8187: a plain form for old clients, and the whole name in UTF-8. */
static struct str disposition(struct req *r, struct str filename)
{
	struct buf b;
	buf_init(&b, 4096);
	buf_put_c(&b, "attachment; filename=\"");
	for (size_t i = 0; i < filename.n; i++) {
		char c = filename.p[i];
		buf_put_byte(&b, c >= ' ' && c < 127 && c != '"' && c != '\\' && c != '%' ? c : '_');
	}
	buf_put_c(&b, "\"; filename*=UTF-8''");
	for (size_t i = 0; i < filename.n; i++) {
		char c = filename.p[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		                c == '.' || c == '_';
		if (is_plain) {
			buf_put_byte(&b, c);
		} else {
			buf_put_byte(&b, '%');
			buf_put_hex(&b, &c, 1);
		}
	}
	struct str s = b.failed ? STR("attachment") : arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

bool req_send_file(struct req *r, int fd, const char *content_type, struct str filename)
{
	if (r->send_fd >= 0) {
		close(r->send_fd);
	}
	r->send_fd = fd;
	r->content_type = str_of(content_type);
	req_set_header(r, "Content-Disposition", filename.n > 0 ? disposition(r, filename) : STR("inline"));
	return true;
}

bool req_not_modified(struct req *r, struct str etag)
{
	struct str quoted = str_starts(etag, STR("\"")) ? etag : arena_printf(&r->arena, "\"%.*s\"", STR_ARG(etag));
	req_set_header(r, "ETag", quoted);
	struct str rest = req_header(r, "if-none-match");
	struct str piece;
	bool is_same = false;
	while (rest.n > 0 && str_next(&rest, ',', &piece)) {
		struct str tag = str_trim(piece);
		if (str_starts(tag, STR("W/"))) {
			tag = str_sub(tag, 2, tag.n); /* weak comparison: RFC 9110, 13.1.2 */
		}
		is_same = is_same || (quoted.n > 0 && str_eq(tag, quoted));
	}
	if (is_same) {
		r->status = 304;
		buf_reset(&r->out);
	}
	return is_same;
}
