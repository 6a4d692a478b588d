#include "http_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

/* What the tests hold against the handlers. */
struct app {
	int gate[2], entered[2]; /* pipes: a slow handler says that it is in, and waits to be let go */
	_Atomic int answers;
	_Atomic int last_status;
	_Atomic bool is_page_broken;
	_Atomic bool is_shut; /* admission fails */
	_Atomic bool is_away; /* the same, for a while */
};

static bool hello(struct req *r, struct err *e)
{
	(void)e;
	buf_put_c(&r->out, "hello");
	return true;
}

static bool echo(struct req *r, struct err *e)
{
	(void)e;
	buf_printf(&r->out, "path=%.*s query.a=%.*s id=%.*s client=%.*s lang-header=%.*s cookie.c=%.*s\n", STR_ARG(r->path),
	           STR_ARG(req_query(r, "a")), STR_ARG(r->path_args[0]), STR_ARG(r->client),
	           STR_ARG(req_header(r, "accept-language")), STR_ARG(req_cookie(r, "c")));
	for (size_t i = 0; i < r->form.n; i++) {
		buf_printf(&r->out, "form %.*s=[%.*s]\n", STR_ARG(r->form.items[i].name), STR_ARG(r->form.items[i].value));
	}
	for (size_t i = 0; i < r->upload_n; i++) {
		char bytes[64];
		ssize_t n = read(r->uploads[i].fd, bytes, sizeof bytes);
		buf_printf(&r->out, "file %.*s name=[%.*s] type=%.*s bytes=%lld begin=[%.*s]\n", STR_ARG(r->uploads[i].field),
		           STR_ARG(r->uploads[i].filename), STR_ARG(r->uploads[i].content_type), (long long)r->uploads[i].bytes,
		           (int)n, bytes);
	}
	return true;
}

static bool form_page(struct req *r, struct err *e)
{
	(void)e;
	buf_printf(&r->out, "<input name=\"csrf\" value=\"%.*s\">", STR_ARG(r->csrf));
	return true;
}

static bool sign_in(struct req *r, struct err *e)
{
	(void)e;
	struct str before = req_sid(r);
	struct str after = req_new_sid(r);
	buf_printf(&r->out, "%s %.*s", str_eq(before, after) ? "same" : "new", STR_ARG(r->csrf));
	return true;
}

static bool cookies(struct req *r, struct err *e)
{
	(void)e;
	req_set_cookie(r, "c", STR("first"), 60);
	req_set_cookie(r, "c", STR("second"), 60);
	req_set_cookie(r, "gone", STR("x"), 0);
	buf_put_c(&r->out, "set");
	return true;
}

static bool fills_arena(struct req *r, struct err *e)
{
	(void)e;
	arena_alloc(&r->arena, 64, 1 << 20);
	buf_put_c(&r->out, "must not be seen");
	return true;
}

static bool fills_out(struct req *r, struct err *e)
{
	(void)e;
	for (int i = 0; i < 80; i++) {
		char *p = buf_reserve(&r->out, 64 << 10);
		if (p) {
			memset(p, 'x', 64 << 10);
			buf_added(&r->out, 64 << 10);
		}
	}
	return true;
}

static bool fails(struct req *r, struct err *e)
{
	req_set_header(r, "X-Half", STR("done"));
	req_set_cookie(r, "half", STR("done"), 60);
	buf_put_c(&r->out, "half a page");
	return err_set(e, ERR_CONFLICT, "somebody was faster");
}

static bool fails_silently(struct req *r, struct err *e)
{
	(void)r;
	(void)e;
	return false;
}

static bool sends_file(struct req *r, struct err *e)
{
	(void)e;
	int fd = memfd_create("x", MFD_CLOEXEC);
	assert_true(fd >= 0 && write(fd, "0123456789", 10) == 10);
	return req_send_file(r, fd, "application/pdf",
	                     str_is(r->path, "/inline") ? STR_EMPTY : STR("Bescheid Käse \"1\".pdf"));
}

static bool cached(struct req *r, struct err *e)
{
	(void)e;
	r->is_cacheable = true;
	r->content_type = STR("text/css");
	if (!req_not_modified(r, STR("abc"))) {
		buf_put_c(&r->out, "body{}");
	}
	return true;
}

static bool redirects(struct req *r, struct err *e)
{
	(void)e;
	return req_redirect(r, req_query(r, "to"));
}

static bool slow(struct req *r, struct err *e)
{
	(void)e;
	char c = 'x';
	assert_int_equal(write(r->app->entered[1], &c, 1), 1);
	assert_int_equal(read(r->app->gate[0], &c, 1), 1);
	buf_put_c(&r->out, "slow");
	return true;
}

static bool commits(struct req *r, struct err *e)
{
	http_place_release(r);
	bool ok = slow(r, e);
	http_place_take(r);
	return ok;
}

static bool admit(struct req *r, struct err *e)
{
	if (r->app->is_shut) {
		return err_set(e, ERR_IO, "no store");
	}
	if (r->app->is_away) {
		return err_set(e, ERR_BUSY, "the store is away");
	}
	r->lang = STR("en");
	req_set_cookie(r, "admitted", STR("yes"), 60);
	return true;
}

enum { ANYONE = 1, NOBODY };

static bool allow(struct req *r, struct err *e)
{
	return r->route->who == NOBODY ? err_set(e, ERR_NOT_SIGNED_IN, "sign in") : true;
}

static void error_page(struct req *r, const struct err *why)
{
	if (r->app->is_page_broken) {
		r->arena.is_full = true;
		return;
	}
	buf_printf(&r->out, "error page %s csrf=%.*s", err_name(why->code), STR_ARG(r->csrf));
	for (size_t i = 0; r->is_form_own && i < r->form.n; i++) {
		buf_printf(&r->out, " own %.*s=[%.*s]", STR_ARG(r->form.items[i].name), STR_ARG(r->form.items[i].value));
	}
}

static void on_answered(const struct req *r, int64_t took_us)
{
	assert_true(took_us >= 0);
	r->app->last_status = r->status;
	r->app->answers++;
}

static const struct route table[] = {
	ROUTE(METHOD_GET, "/", ANYONE, hello),
	ROUTE(METHOD_GET, "/echo", ANYONE, echo),
	ROUTE(METHOD_GET, "/case/:id", ANYONE, echo),
	ROUTE(METHOD_GET, "/form", ANYONE, form_page),
	ROUTE(METHOD_POST, "/form", ANYONE, echo, .body_max = 2 << 20, .has_files = true),
	ROUTE(METHOD_POST, "/small", ANYONE, echo, .body_max = 100),
	ROUTE(METHOD_POST, "/free", ANYONE, echo, .body_max = 4 << 20, .has_files = true, .is_without_csrf = true),
	ROUTE(METHOD_POST, "/text", ANYONE, echo, .body_max = 4 << 20, .is_without_csrf = true),
	ROUTE(METHOD_POST, "/sign-in", ANYONE, sign_in, .body_max = 4096),
	ROUTE(METHOD_GET, "/cookies", ANYONE, cookies),
	ROUTE(METHOD_GET, "/arena", ANYONE, fills_arena),
	ROUTE(METHOD_GET, "/out", ANYONE, fills_out),
	ROUTE(METHOD_GET, "/fails", ANYONE, fails),
	ROUTE(METHOD_GET, "/silent", ANYONE, fails_silently),
	ROUTE(METHOD_GET, "/file", ANYONE, sends_file),
	ROUTE(METHOD_GET, "/inline", ANYONE, sends_file),
	ROUTE(METHOD_GET, "/style.css", ANYONE, cached),
	ROUTE(METHOD_GET, "/redirect", ANYONE, redirects),
	ROUTE(METHOD_GET, "/slow", ANYONE, slow),
	ROUTE(METHOD_GET, "/commits", ANYONE, commits),
	ROUTE(METHOD_GET, "/closed", NOBODY, hello),
	ROUTE(METHOD_POST, "/closed", NOBODY, hello, .body_max = 4 << 20),
	ROUTES_END,
};
static const struct route *const tables[] = {table, NULL};

struct state {
	struct test_server t;
	struct app app;
	struct answer a;
};

static void up(struct state *st, struct http_options o)
{
	assert_true(pipe2(st->app.gate, O_CLOEXEC) == 0 && pipe2(st->app.entered, O_CLOEXEC) == 0);
	o.app = &st->app;
	o.tables = tables;
	o.hooks = (struct http_hooks){admit, allow, error_page, on_answered};
	server_up(&st->t, o);
}

static int setup(void **state)
{
	struct state *st = calloc(1, sizeof *st);
	up(st, (struct http_options){0});
	*state = st;
	return 0;
}

static int setup_proxy(void **state)
{
	struct state *st = calloc(1, sizeof *st);
	up(st, (struct http_options){.is_behind_proxy = true});
	*state = st;
	return 0;
}

static int setup_one_place(void **state)
{
	struct state *st = calloc(1, sizeof *st);
	up(st, (struct http_options){.handlers_max = 1, .connections_max = 4});
	*state = st;
	return 0;
}

static int teardown(void **state)
{
	struct state *st = *state;
	server_down(&st->t);
	for (int i = 0; i < 2; i++) {
		close(st->app.gate[i]);
		close(st->app.entered[i]);
	}
	free(st);
	return 0;
}

#define END "Host: localhost\r\n\r\n"

static void a_page_carries_the_security_headers(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET / HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
	assert_str(st->a.body, "hello");
	assert_str(head_value(&st->a, "content-type"), "text/html; charset=utf-8");
	assert_str(head_value(&st->a, "cache-control"), "no-store");
	assert_str(head_value(&st->a, "x-content-type-options"), "nosniff");
	assert_str(head_value(&st->a, "referrer-policy"), "same-origin");
	assert_str(head_value(&st->a, "cross-origin-opener-policy"), "same-origin");
	struct str csp = head_value(&st->a, "content-security-policy");
	assert_true(str_starts(csp, STR("default-src 'none'; ")));
	assert_true(str_find(csp, STR("frame-ancestors 'none'")) != SIZE_MAX);
	assert_true(str_find(csp, STR("base-uri 'none'")) != SIZE_MAX);
	assert_true(str_find(csp, STR("unsafe")) == SIZE_MAX);
}

static void a_connection_is_kept_for_many_requests(void **state)
{
	struct state *st = *state;
	int fd = dial(&st->t);
	for (int i = 0; i < 20; i++) {
		send_bytes(fd, i % 2 ? STR("GET /echo?a=odd HTTP/1.1\r\n" END) : STR("GET /none HTTP/1.1\r\n" END));
		read_answer(fd, &st->a, true);
		assert_int_equal(st->a.status, i % 2 ? 200 : 404);
		assert_true(!i || !st->a.is_closed);
	}
	send_bytes(fd, STR("GET / HTTP/1.1\r\nConnection: close\r\n" END));
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 200);
	assert_true(closes(fd));
	close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct state *st = *state;
	int fd = dial(&st->t);
	send_bytes(fd, STR("GET /echo?a=1 HTTP/1.1\r\n" END "GET /echo?a=2 HTTP/1.1\r\n" END));
	for (int i = 1; i <= 2; i++) {
		/* One at a time: the second may already be behind the first in the socket. */
		char all[8192];
		size_t n = 0;
		struct str want = i == 1 ? STR("query.a=1 ") : STR("query.a=2 ");
		if (i == 1) {
			while (str_find(str_from(all, n), STR("query.a=2 ")) == SIZE_MAX && readable(fd, 10000)) {
				ssize_t r = read(fd, all + n, sizeof all - n);
				assert_true(r > 0);
				n += (size_t)r;
			}
			assert_true(str_find(str_from(all, n), want) < str_find(str_from(all, n), STR("query.a=2 ")));
		}
	}
	close(fd);
}

static void bytes_that_come_one_by_one_make_the_same_request(void **state)
{
	struct state *st = *state;
	int fd = dial(&st->t);
	struct str s =
		STR("POST /free HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n" END
	        "a=1&b=2");
	for (size_t i = 0; i < s.n; i++) {
		send_bytes(fd, str_sub(s, i, 1));
	}
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 200);
	assert_true(body_has(&st->a, "form a=[1]\nform b=[2]\n"));
	close(fd);
}

static void head_is_answered_without_a_body(void **state)
{
	struct state *st = *state;
	int fd = dial(&st->t);
	send_bytes(fd, STR("HEAD / HTTP/1.1\r\n" END));
	read_answer(fd, &st->a, false);
	assert_int_equal(st->a.status, 200);
	assert_str(head_value(&st->a, "content-length"), "5");
	assert_int_equal(st->a.body.n, 0);
	send_bytes(fd, STR("GET / HTTP/1.1\r\n" END));
	read_answer(fd, &st->a, true);
	assert_str(st->a.body, "hello");
	close(fd);
}

static void paths_are_decoded_and_arguments_taken(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /case/%E6%A1%88%20x?a=b+c%26d&a=2 HTTP/1.1\r\nAccept-Language: zh\r\nCookie: b=1; c=two\r\n" END,
	    &st->a);
	assert_int_equal(st->a.status, 200);
	assert_true(body_has(&st->a, "path=/case/案 x query.a=b c&d id=案 x client=127.0.0.1 lang-header=zh cookie.c=two"));
}

static void unknown_paths_are_404_and_wrong_methods_405(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /none HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 404);
	assert_true(body_has(&st->a, "error page not-found"));
	ask(&st->t, "POST / HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 405);
	assert_str(head_value(&st->a, "allow"), "GET, HEAD");
	ask(&st->t, "PUT /form HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 405);
	assert_str(head_value(&st->a, "allow"), "GET, HEAD, POST");
	ask(&st->t, "GET /small HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 405);
	assert_str(head_value(&st->a, "allow"), "POST");
	ask(&st->t, "GET //echo HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 404);
}

static void a_slash_at_the_end_is_led_to_the_page(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /case/a%20b/?a=%26 HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 308);
	assert_str(head_value(&st->a, "location"), "/case/a%20b?a=%26");
	ask(&st->t, "GET //evil.example/ HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 404);
	ask(&st->t, "POST /form/ HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 404);
}

static void redirects_never_leave_the_house(void **state)
{
	struct state *st = *state;
	static const struct {
		const char *to, *location;
	} cases[] = {
		{"/cases", "/cases"},
		{"//evil.example", "/"},
		{"/%5Cevil.example", "/"},
		{"https://evil.example/", "/"},
		{"", "/"},
		{"/a%20b%E6%A1%88", "/a%20b%e6%a1%88"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char request[200];
		snprintf(request, sizeof request, "GET /redirect?to=%s HTTP/1.1\r\n" END, cases[i].to);
		ask(&st->t, request, &st->a);
		assert_int_equal(st->a.status, 303);
		assert_str(head_value(&st->a, "location"), cases[i].location);
	}
}

/* The token of a form page and the cookie that came with it. */
static void visit_form(struct state *st, char sid[64], char token[64])
{
	ask(&st->t, "GET /form HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
	struct str rest = st->a.head;
	struct str line;
	sid[0] = '\0';
	while (rest.n > 0 && str_next(&rest, '\n', &line)) {
		size_t at = str_find(line, STR("sid="));
		if (at != SIZE_MAX) {
			snprintf(sid, 64, "%.43s", line.p + at + 4);
		}
	}
	assert_int_equal(strlen(sid), 43);
	size_t at = str_find(st->a.body, STR("value=\""));
	snprintf(token, 64, "%.43s", st->a.body.p + at + 7);
	assert_int_equal(strlen(token), 43);
}

static void post_form(struct state *st, const char *path, const char *headers, const char *body)
{
	char request[4096];
	snprintf(request, sizeof request,
	         "POST %s HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n%s" END
	         "%s",
	         path, strlen(body), headers, body);
	ask(&st->t, request, &st->a);
}

static void only_a_form_of_ours_is_taken(void **state)
{
	struct state *st = *state;
	char sid[64];
	char token[64];
	char other_sid[64];
	char other_token[64];
	char headers[512];
	char body[256];
	visit_form(st, sid, token);
	visit_form(st, other_sid, other_token);
	assert_string_not_equal(sid, other_sid);
	snprintf(headers, sizeof headers, "Cookie: sid=%s\r\n", sid);
	snprintf(body, sizeof body, "a=1&csrf=%s", token);
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 200);
	assert_true(body_has(&st->a, "form a=[1]"));
	/* without the cookie, with another's token, without a token, with half of it */
	post_form(st, "/form", "", body);
	assert_int_equal(st->a.status, 403);
	snprintf(body, sizeof body, "a=1&csrf=%s", other_token);
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 403);
	post_form(st, "/form", headers, "a=1");
	assert_int_equal(st->a.status, 403);
	snprintf(body, sizeof body, "a=1&csrf=%.20s", token);
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 403);
	/* a cookie that is no sid of ours gets no token, not even an empty one */
	post_form(st, "/form", "Cookie: sid=\r\n", "a=1&csrf=");
	assert_int_equal(st->a.status, 403);
	post_form(st, "/form", headers, "");
	assert_int_equal(st->a.status, 403);
}

static void a_form_from_another_site_is_refused(void **state)
{
	struct state *st = *state;
	static const struct {
		const char *header;
		int status;
	} cases[] = {
		{"Origin: http://localhost\r\n", 200},
		{"Origin: https://localhost\r\nSec-Fetch-Site: same-origin\r\n", 200},
		{"Sec-Fetch-Site: none\r\n", 200},
		{"Origin: http://evil.example\r\n", 403},
		{"Origin: http://localhost.evil.example\r\n", 403},
		{"Origin: http://localhost:81\r\n", 403},
		{"Origin: null\r\n", 403},
		{"Origin: ftp://localhost\r\n", 403},
		{"Sec-Fetch-Site: cross-site\r\n", 403},
		{"Sec-Fetch-Site: same-site\r\n", 403},
	};
	char sid[64];
	char token[64];
	visit_form(st, sid, token);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char headers[512];
		char body[256];
		snprintf(headers, sizeof headers, "Cookie: sid=%s\r\n%s", sid, cases[i].header);
		snprintf(body, sizeof body, "csrf=%s", token);
		post_form(st, "/form", headers, body);
		if (st->a.status != cases[i].status) {
			print_error("%s", cases[i].header);
		}
		assert_int_equal(st->a.status, cases[i].status);
	}
}

static void the_cookie_is_set_only_with_a_form_and_only_once(void **state)
{
	struct state *st = *state;
	char sid[64];
	char token[64];
	ask(&st->t, "GET / HTTP/1.1\r\n" END, &st->a);
	assert_true(str_find(st->a.head, STR("sid=")) == SIZE_MAX);
	visit_form(st, sid, token);
	assert_true(str_find(st->a.head, STR("; Path=/; HttpOnly; SameSite=Lax")) != SIZE_MAX);
	char request[256];
	snprintf(request, sizeof request, "GET /form HTTP/1.1\r\nCookie: sid=%s\r\n" END, sid);
	ask(&st->t, request, &st->a);
	assert_true(str_find(st->a.head, STR("sid=")) == SIZE_MAX);
	assert_true(body_has(&st->a, token));
}

static void a_form_sent_while_the_store_is_away_is_given_back_to_its_sender_only(void **state)
{
	struct state *st = *state;
	char sid[64], token[64], headers[200], body[200];
	visit_form(st, sid, token);
	snprintf(headers, sizeof headers, "Cookie: sid=%s\r\n", sid);
	snprintf(body, sizeof body, "a=typed&csrf=%s", token);
	st->app.is_away = true;
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 503);
	assert_true(body_has(&st->a, "own a=[typed]"));
	/* From another site, with another's token, or to a place that takes no forms: nothing of it is shown. */
	snprintf(headers, sizeof headers, "Cookie: sid=%s\r\nOrigin: https://elsewhere.example\r\n", sid);
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 503);
	assert_false(body_has(&st->a, "typed"));
	snprintf(headers, sizeof headers, "Cookie: sid=%s\r\n", sid);
	post_form(st, "/form", headers, "a=typed&csrf=x");
	assert_int_equal(st->a.status, 503);
	assert_false(body_has(&st->a, "typed"));
	post_form(st, "/nowhere", headers, body);
	assert_int_equal(st->a.status, 503);
	assert_false(body_has(&st->a, "typed"));
	/* One that fails for another reason neither. */
	st->app.is_away = false;
	st->app.is_shut = true;
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 500);
	assert_false(body_has(&st->a, "typed"));
	st->app.is_shut = false;
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 200);
}

static void signing_in_replaces_sid_and_token(void **state)
{
	struct state *st = *state;
	char sid[64];
	char token[64];
	char headers[256];
	char body[256];
	visit_form(st, sid, token);
	snprintf(headers, sizeof headers, "Cookie: sid=%s\r\n", sid);
	snprintf(body, sizeof body, "csrf=%s", token);
	post_form(st, "/sign-in", headers, body);
	assert_int_equal(st->a.status, 200);
	assert_true(str_starts(st->a.body, STR("new ")));
	assert_false(body_has(&st->a, token));
	assert_true(str_find(st->a.head, STR("sid=")) != SIZE_MAX);
	assert_true(str_find(st->a.head, str_of(sid)) == SIZE_MAX);
}

static void behind_the_proxy_cookies_are_secure_and_bound_to_the_host(void **state)
{
	struct state *st = *state;
	char sid[64];
	char token[64];
	visit_form(st, sid, token);
	assert_true(str_find(st->a.head, STR("Set-Cookie: __Host-sid=")) != SIZE_MAX);
	assert_true(str_find(st->a.head, STR("; Secure")) != SIZE_MAX);
	char headers[256];
	char body[256];
	snprintf(body, sizeof body, "csrf=%s", token);
	snprintf(headers, sizeof headers, "Cookie: __Host-sid=%s\r\n", sid);
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 200);
	snprintf(headers, sizeof headers, "Cookie: sid=%s\r\n", sid);
	post_form(st, "/form", headers, body);
	assert_int_equal(st->a.status, 403);
	ask(&st->t, "GET /echo HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6, 2001:db8::7\r\n" END, &st->a);
	assert_true(body_has(&st->a, "client=2001:db8::7 "));
	ask(&st->t, "GET /echo HTTP/1.1\r\nX-Forwarded-For: 1.1.1.1, <b>\r\n" END, &st->a);
	assert_true(body_has(&st->a, "client= "));
}

static void a_header_of_the_client_does_not_name_its_address(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /echo HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6\r\n" END, &st->a);
	assert_true(body_has(&st->a, "client=127.0.0.1 "));
}

static void a_cookie_set_twice_is_sent_once(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /cookies HTTP/1.1\r\n" END, &st->a);
	assert_true(str_find(st->a.head, STR("c=first")) == SIZE_MAX);
	assert_true(str_find(st->a.head, STR("Set-Cookie: c=second; Path=/; HttpOnly; SameSite=Lax; Max-Age=60\r\n")) !=
	            SIZE_MAX);
	assert_true(str_find(st->a.head, STR("Set-Cookie: gone=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0\r\n")) !=
	            SIZE_MAX);
}

/* --- Hostile shapes ----------------------------------------------------------------------------------------------- */

#define GET "GET / HTTP/1.1\r\n"
#define POST "POST /free HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"

static const struct {
	const char *what;
	struct str bytes;
	int status;     /* 0: closed without an answer is right too */
	bool is_closed; /* has to be */
} hostile[] = {
	{"two different lengths", STR_INIT(POST "Content-Length: 3\r\nContent-Length: 4\r\n" END "a=12"), 400, true},
	{"two equal lengths", STR_INIT(POST "Content-Length: 3\r\nContent-Length: 3\r\n" END "a=1"), 400, true},
	{"a list of lengths", STR_INIT(POST "Content-Length: 3, 3\r\n" END "a=1"), 400, true},
	{"length and transfer encoding",
     STR_INIT(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" END "3\r\na=1\r\n0\r\n\r\n"), 400, true},
	{"transfer encoding chunked", STR_INIT(POST "Transfer-Encoding: chunked\r\n" END "3\r\na=1\r\n0\r\n\r\n"), 400,
     true},
	{"transfer encoding of another kind",
     STR_INIT(POST "Transfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n" END "a=1"), 400, true},
	{"transfer encoding identity", STR_INIT(POST "Transfer-Encoding: identity\r\nContent-Length: 3\r\n" END "a=1"), 400,
     true},
	{"transfer encoding on GET", STR_INIT(GET "tRaNsFeR-eNcOdInG: chunked\r\n" END "0\r\n\r\n"), 400, true},
	{"length with plus", STR_INIT(POST "Content-Length: +3\r\n" END "a=1"), 400, true},
	{"length with minus", STR_INIT(POST "Content-Length: -3\r\n" END "a=1"), 400, true},
	{"length with letters", STR_INIT(POST "Content-Length: 3a\r\n" END "a=1"), 400, true},
	{"length in hexadecimal", STR_INIT(POST "Content-Length: 0x3\r\n" END "a=1"), 400, true},
	{"empty length", STR_INIT(POST "Content-Length:\r\n" END "a=1"), 400, true},
	{"length with a space", STR_INIT(POST "Content-Length: 3 3\r\n" END "a=1"), 400, true},
	{"huge length", STR_INIT(POST "Content-Length: 99999999999999999999999\r\n" END "a=1"), 413, true},
	{"length of 17 digits", STR_INIT(POST "Content-Length: 10000000000000000\r\n" END "a=1"), 400, true},
	{"no host", STR_INIT(GET "\r\n"), 400, true},
	{"no host in 1.0", STR_INIT("GET / HTTP/1.0\r\n\r\n"), 400, true},
	{"two hosts", STR_INIT(GET "Host: a\r\n" END), 400, true},
	{"two equal hosts", STR_INIT(GET "Host: localhost\r\n" END), 400, true},
	{"empty host", STR_INIT(GET "Host:\r\n\r\n"), 400, true},
	{"host with a slash", STR_INIT(GET "Host: a/b\r\n\r\n"), 400, true},
	{"host with a user", STR_INIT(GET "Host: a@b\r\n\r\n"), 400, true},
	{"space before the colon", STR_INIT(GET "X-A : 1\r\n" END), 400, true},
	{"tab before the colon", STR_INIT(GET "X-A\t: 1\r\n" END), 400, true},
	{"length with space before the colon", STR_INIT(POST "Content-Length : 3\r\n" END "a=1"), 400, true},
	{"space in a name", STR_INIT(GET "X A: 1\r\n" END), 400, true},
	{"empty name", STR_INIT(GET ": 1\r\n" END), 400, true},
	{"line without a colon", STR_INIT(GET "X-A\r\n" END), 400, true},
	{"name with a control byte", STR_INIT(GET "X\001A: 1\r\n" END), 400, true},
	{"name with a byte over 127", STR_INIT(GET "X\303\244: 1\r\n" END), 400, true},
	{"NUL in a value", STR_INIT(GET "X-A: a\0b\r\n" END), 400, true},
	{"NUL at the end of a value", STR_INIT(GET "X-A: a\0\r\n" END), 400, true},
	{"NUL in the last value", STR_INIT("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"), 400, true},
	{"NUL in a name", STR_INIT(GET "X\0A: 1\r\n" END), 400, true},
	{"NUL at the begin of a line", STR_INIT(GET "Host: a\r\n\0X: 1\r\n\r\n"), 400, true},
	{"NUL in the target", STR_INIT("GET /\0x HTTP/1.1\r\n" END), 400, true},
	{"NUL in the method", STR_INIT("GE\0T / HTTP/1.1\r\n" END), 400, true},
	{"control byte in a value", STR_INIT(GET "X-A: a\001b\r\n" END), 400, true},
	{"DEL in a value", STR_INIT(GET "X-A: a\177b\r\n" END), 400, true},
	{"lone CR in a value", STR_INIT(GET "X-A: a\rb\r\n" END), 400, true},
	{"bytes that are no UTF-8 in a value", STR_INIT(GET "X-A: a\377b\r\n" END), 400, true},
	{"folded line", STR_INIT(GET "X-A: 1\r\n 2\r\n" END), 400, true},
	{"folded line with a tab", STR_INIT(GET "X-A: 1\r\n\t2\r\n" END), 400, true},
	{"folded last line", STR_INIT(GET "Host: localhost\r\n 2\r\n\r\n"), 400, true},
	{"folded first line", STR_INIT(GET " X-A: 1\r\n" END), 400, true},
	{"folded length", STR_INIT(POST "Content-Length: 1\r\n 1\r\n" END "a=123456789"), 400, true},
	{"line of white space", STR_INIT(GET "X-A: 1\r\n \r\n" END), 400, true},
	{"bare line feed after a header", STR_INIT(GET "X-A: 1\nX-B: 2\r\n" END), 400, true},
	{"bare line feed after the request line", STR_INIT("GET / HTTP/1.1\n" END), 400, true},
	{"bare line feed as the empty line", STR_INIT(GET "Host: a\r\n\n"), 400, true},
	{"bare line feeds alone", STR_INIT("GET / HTTP/1.1\nHost: a\n\n"), 400, true},
	{"bare line feed after the last header", STR_INIT(GET "Host: a\n\r\n"), 400, true},
	{"two spaces before the target", STR_INIT("GET  / HTTP/1.1\r\n" END), 400, true},
	{"space in the target", STR_INIT("GET /a b HTTP/1.1\r\n" END), 0, true},
	{"space after the version", STR_INIT("GET / HTTP/1.1 \r\n" END), 400, true},
	{"version 1.2", STR_INIT("GET / HTTP/1.2\r\n" END), 400, true},
	{"version 2.0", STR_INIT("GET / HTTP/2.0\r\n" END), 505, true},
	{"version in small letters", STR_INIT("GET / http/1.1\r\n" END), 400, true},
	{"no version", STR_INIT("GET /\r\n" END), 400, true},
	{"method that is no token", STR_INIT("G(T / HTTP/1.1\r\n" END), 400, true},
	{"whole address as target", STR_INIT("GET http://localhost/ HTTP/1.1\r\n" END), 400, true},
	{"asterisk as target", STR_INIT("OPTIONS * HTTP/1.1\r\n" END), 400, true},
	{"host and port as target", STR_INIT("CONNECT localhost:80 HTTP/1.1\r\n" END), 400, true},
	{"fragment in the target", STR_INIT("GET /#a HTTP/1.1\r\n" END), 400, true},
	{"byte over 127 in the target", STR_INIT("GET /\303\244 HTTP/1.1\r\n" END), 400, true},
	{"control byte in the target", STR_INIT("GET /\001 HTTP/1.1\r\n" END), 400, true},
	{"bad escape", STR_INIT("GET /%zz HTTP/1.1\r\n" END), 400, true},
	{"half an escape", STR_INIT("GET /%4 HTTP/1.1\r\n" END), 400, true},
	{"percent at the end", STR_INIT("GET /% HTTP/1.1\r\n" END), 400, true},
	{"escaped NUL", STR_INIT("GET /case/a%00b HTTP/1.1\r\n" END), 400, true},
	{"escaped line feed", STR_INIT("GET /case/a%0Ab HTTP/1.1\r\n" END), 400, true},
	{"escaped bytes that are no UTF-8", STR_INIT("GET /case/%FF HTTP/1.1\r\n" END), 400, true},
	{"overlong UTF-8", STR_INIT("GET /case/%C0%AF HTTP/1.1\r\n" END), 400, true},
	{"surrogate", STR_INIT("GET /case/%ED%A0%80 HTTP/1.1\r\n" END), 400, true},
	{"dot dot", STR_INIT("GET /case/../x HTTP/1.1\r\n" END), 400, true},
	{"escaped dot dot", STR_INIT("GET /case/%2e%2E HTTP/1.1\r\n" END), 400, true},
	{"dot", STR_INIT("GET /./ HTTP/1.1\r\n" END), 400, true},
	{"escaped slash", STR_INIT("GET /case%2F1 HTTP/1.1\r\n" END), 404, true},
	{"double escape", STR_INIT("GET /case/%252e%252e HTTP/1.1\r\n" END), 200, false},
	{"bad escape in the query", STR_INIT("GET /echo?a=%zz HTTP/1.1\r\n" END), 400, true},
	{"escaped NUL in the query", STR_INIT("GET /echo?a=%00 HTTP/1.1\r\n" END), 400, true},
	{"query without a name", STR_INIT("GET /echo?=1 HTTP/1.1\r\n" END), 400, true},
	{"query that is no UTF-8", STR_INIT("GET /echo?a=%C3 HTTP/1.1\r\n" END), 400, true},
	{"body on GET", STR_INIT(GET "Content-Length: 3\r\n" END "a=1"), 413, false},
	{"body of no type", STR_INIT("POST /free HTTP/1.1\r\nContent-Length: 3\r\n" END "a=1"), 415, false},
	{"body of JSON",
     STR_INIT("POST /free HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n" END "{}"), 415, false},
	{"files where none are taken",
     STR_INIT("POST /text HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n" END
              "--x--"),
     415, false},
	{"form with a bad escape", STR_INIT(POST "Content-Length: 5\r\n" END "a=%zz"), 400, false},
	{"form with NUL", STR_INIT(POST "Content-Length: 4\r\n" END "a=\0b"), 400, false},
	{"form with an escaped NUL", STR_INIT(POST "Content-Length: 5\r\n" END "a=%00"), 400, false},
	{"form that is no UTF-8", STR_INIT(POST "Content-Length: 5\r\n" END "a=%FF"), 400, false},
	{"multipart without a boundary",
     STR_INIT("POST /free HTTP/1.1\r\nContent-Type: multipart/form-data\r\nContent-Length: 5\r\n" END "--x--"), 400,
     false},
	{"multipart cut short",
     STR_INIT("POST /free HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 5\r\n" END
              "--x\r\n"),
     400, false},
	{"cookie of one quote", STR_INIT(GET "Cookie: a=\"\r\n" END), 431, true},
};

static void hostile_shapes_are_refused(void **state)
{
	struct state *st = *state;
	int bad = 0;
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		int fd = dial(&st->t);
		send_bytes(fd, hostile[i].bytes);
		read_answer(fd, &st->a, true);
		bool is_closed = st->a.is_closed || (hostile[i].is_closed && closes(fd));
		bool is_status = st->a.status == hostile[i].status;
		/* A body that is still unread makes the kernel send a reset, which may overtake the answer. */
		if (!is_status || (hostile[i].is_closed && !is_closed)) {
			print_error("%s: %d%s\n", hostile[i].what, st->a.status, is_closed ? " closed" : "");
			bad++;
		}
		close(fd);
		/* and the server is still there */
		ask(&st->t, GET END, &st->a);
		assert_int_equal(st->a.status, 200);
	}
	assert_int_equal(bad, 0);
}

static void a_smuggled_request_is_never_run(void **state)
{
	struct state *st = *state;
	int before = st->app.answers;
	static const struct str shapes[] = {
		STR_INIT(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\nGET /slow HTTP/1.1\r\n" END),
		STR_INIT(POST "Content-Length: 0\r\nContent-Length: 40\r\n" END "GET /slow HTTP/1.1\r\n" END),
		STR_INIT(GET "Host: a\r\nX: \0\r\n\r\nGET /slow HTTP/1.1\r\n" END),
		STR_INIT(GET "Host: a\r\nContent-Length: 5\r\nX: a\n\nGET /slow HTTP/1.1\r\n" END),
		STR_INIT(GET "Host: a\r\n\0\r\nGET /slow HTTP/1.1\r\n" END),
		STR_INIT(GET "Host: a\r\nX: 1\r\n \r\nGET /slow HTTP/1.1\r\n" END),
	};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		int fd = dial(&st->t);
		send_bytes(fd, shapes[i]);
		read_answer(fd, &st->a, true);
		assert_int_equal(st->a.status, 400);
		assert_true(st->a.is_closed || closes(fd));
		close(fd);
	}
	assert_true(st->app.answers > before);
	assert_false(readable(st->app.entered[0], 0));
}

static void headers_over_16_kib_are_431(void **state)
{
	struct state *st = *state;
	static const size_t sizes[] = {15 << 10, 17 << 10, 64 << 10, 200 << 10};
	char *request = malloc(300 << 10);
	for (size_t i = 0; i < 4; i++) {
		size_t n = (size_t)sprintf(request, GET "X-A: ");
		memset(request + n, 'a', sizes[i]);
		n += sizes[i];
		n += (size_t)sprintf(request + n, "\r\n" END);
		ask_bytes(&st->t, str_from(request, n), &st->a);
		if (i >= 2 && st->a.status == 0) {
			continue; /* the reset for what was not read overtook the answer */
		}
		if (st->a.status != (i == 0 ? 200 : 431)) {
			fail_msg("header of %zu bytes: %d", sizes[i], st->a.status);
		}
	}
	/* many small ones */
	for (int count = 90; count <= 2000; count *= 4) {
		size_t n = (size_t)sprintf(request, GET);
		for (int k = 0; k < count; k++) {
			n += (size_t)sprintf(request + n, "X-%d: 1\r\n", k);
		}
		n += (size_t)sprintf(request + n, END);
		ask_bytes(&st->t, str_from(request, n), &st->a);
		assert_int_equal(st->a.status, count == 90 ? 200 : 431);
	}
	/* many cookies, long targets, queries of many pieces */
	size_t n = (size_t)sprintf(request, GET "Cookie: ");
	for (int k = 0; k < 1500; k++) {
		n += (size_t)sprintf(request + n, "a%d=b; ", k);
	}
	n += (size_t)sprintf(request + n, "z=1\r\n" END);
	ask_bytes(&st->t, str_from(request, n), &st->a);
	/* The library runs out of memory for its own list of cookies and may close without a word. */
	assert_true(st->a.status == 431 || (st->a.status == 0 && st->a.is_closed));
	for (size_t size = 5000; size < 100000; size *= 4) {
		n = (size_t)sprintf(request, "GET /");
		memset(request + n, 'a', size);
		n += size;
		n += (size_t)sprintf(request + n, " HTTP/1.1\r\n" END);
		ask_bytes(&st->t, str_from(request, n), &st->a);
		assert_true(st->a.status == 431 || st->a.status == 414 || (size > 60000 && st->a.is_closed));
	}
	n = (size_t)sprintf(request, "GET /echo?");
	for (int k = 0; k < 1900; k++) {
		n += (size_t)sprintf(request + n, "a&");
	}
	n += (size_t)sprintf(request + n, " HTTP/1.1\r\n" END);
	ask_bytes(&st->t, str_from(request, n), &st->a);
	assert_int_equal(st->a.status, 200);
	free(request);
	ask(&st->t, GET END, &st->a);
	assert_int_equal(st->a.status, 200);
}

static void bodies_over_the_limit_are_413(void **state)
{
	struct state *st = *state;
	char body[200];
	memset(body, 'a', sizeof body);
	body[101] = '\0';
	post_form(st, "/small", "", body);
	assert_int_equal(st->a.status, 413);
	/* one that is far too large is not waited for */
	int fd = dial(&st->t);
	send_bytes(fd, STR(POST "Content-Length: 900000000000\r\n" END "a"));
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 413);
	assert_true(closes(fd));
	close(fd);
	/* a large one is read to its end, so that a browser sees the answer */
	size_t size = 8 << 20;
	char *big = malloc(size + 300);
	size_t n = (size_t)sprintf(big, POST "Content-Length: %zu\r\n" END, size);
	memset(big + n, 'a', size);
	fd = dial(&st->t);
	send_bytes(fd, str_from(big, n + size));
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 413);
	send_bytes(fd, STR(GET END));
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 200);
	close(fd);
	free(big);
	/* more text than a form may have, where files could be larger */
	size = (1 << 20) + 1;
	big = malloc(size + 300);
	n = (size_t)sprintf(big, POST "Content-Length: %zu\r\n" END, size);
	memset(big + n, 'a', size);
	ask_bytes(&st->t, str_from(big, n + size), &st->a);
	assert_int_equal(st->a.status, 413);
	free(big);
}

static void a_client_that_asks_before_sending_is_told(void **state)
{
	struct state *st = *state;
	int fd = dial(&st->t);
	send_bytes(fd, STR(POST "Expect: 100-continue\r\nContent-Length: 3\r\n" END));
	char c[25];
	assert_true(readable(fd, 5000));
	assert_int_equal(read(fd, c, 25), 25);
	assert_memory_equal(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	send_bytes(fd, STR("a=1"));
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 200);
	close(fd);
	fd = dial(&st->t);
	send_bytes(fd, STR(POST "Expect: 100-continue\r\nContent-Length: 5000000\r\n" END));
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 413);
	assert_true(closes(fd));
	close(fd);
}

static void a_body_is_refused_before_it_is_read(void **state)
{
	struct state *st = *state;
	int fd = dial(&st->t);
	send_bytes(
		fd, STR("POST /closed HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n"
	            "Content-Length: 3\r\n" END));
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 401);
	assert_true(closes(fd));
	close(fd);
}

#define PART(name) "--x\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"

static void files_are_spooled_and_texts_become_fields(void **state)
{
	struct state *st = *state;
	char sid[64];
	char token[64];
	visit_form(st, sid, token);
	char body[2048];
	int n = snprintf(
		body, sizeof body,
		PART("csrf") "%s\r\n" PART("a") "one\r\ntwo\r\n"
										"--x\r\nContent-Disposition: form-data; name=\"f\"; "
										"filename=\"C:\\dir\\..\\plan.pdf\"\r\nContent-Type: application/pdf\r\n\r\n"
										"%%PDF-1.7\r\n--y\r\n\r\n"
										"--x\r\nContent-Disposition: form-data; name=\"empty\"; "
										"filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n"
										"--x--\r\n",
		token);
	char request[4096];
	snprintf(request, sizeof request,
	         "POST /form HTTP/1.1\r\nCookie: sid=%s\r\nContent-Type: multipart/form-data; "
	         "boundary=x\r\nContent-Length: %d\r\n" END "%s",
	         sid, n, body);
	ask(&st->t, request, &st->a);
	assert_int_equal(st->a.status, 200);
	assert_true(body_has(&st->a, "form a=[one\ntwo]\n"));
	assert_true(body_has(&st->a, "file f name=[plan.pdf] type=application/pdf bytes=15 begin=[%PDF-1.7\r\n--y\r\n]\n"));
	assert_false(body_has(&st->a, "file empty"));
}

static void an_upload_larger_than_memory_is_spooled(void **state)
{
	struct state *st = *state;
	size_t size = 3 << 20;
	char *big = malloc(size + 1000);
	size_t head = (size_t)sprintf(
		big, "POST /free HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: ");
	char start[] = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n";
	char end[] = "\r\n--x--\r\n";
	head += (size_t)sprintf(big + head, "%zu\r\n" END, size + strlen(start) + strlen(end));
	memcpy(big + head, start, strlen(start));
	for (size_t i = 0; i < size; i++) {
		big[head + strlen(start) + i] = "\r\n--y\r\n-x"[i % 9];
	}
	memcpy(big + head + strlen(start) + size, end, strlen(end));
	ask_bytes(&st->t, str_from(big, head + strlen(start) + size + strlen(end)), &st->a);
	assert_int_equal(st->a.status, 200);
	assert_true(body_has(&st->a, "bytes=3145728 "));
	free(big);
}

static void a_spool_folder_that_is_gone_is_an_error_and_no_crash(void **state)
{
	struct state *st = *state;
	assert_int_equal(rmdir(st->t.dir), 0);
	const char body[] = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n.\r\n--x--\r\n";
	char request[400];
	snprintf(request, sizeof request,
	         "POST /free HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %zu\r\n" END "%s",
	         strlen(body), body);
	ask(&st->t, request, &st->a);
	assert_int_equal(st->a.status, 500);
	assert_int_equal(mkdir(st->t.dir, 0700), 0);
	ask(&st->t, request, &st->a);
	assert_int_equal(st->a.status, 200);
}

/* --- Errors ------------------------------------------------------------------------------------------------------- */

static void a_failed_handler_leaves_only_the_error_page(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /fails HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 409);
	assert_true(str_starts(st->a.body, STR("error page conflict")));
	assert_false(body_has(&st->a, "half"));
	assert_true(str_find(st->a.head, STR("half")) == SIZE_MAX);
	assert_true(str_find(st->a.head, STR("X-Half")) == SIZE_MAX);
	/* what admission set stays */
	assert_true(str_find(st->a.head, STR("admitted=yes")) != SIZE_MAX);
	ask(&st->t, "GET /silent HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 500);
}

static void a_full_arena_or_page_is_503(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /arena HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 503);
	assert_true(body_has(&st->a, "error page memory"));
	assert_false(body_has(&st->a, "must not be seen"));
	assert_true(head_value(&st->a, "retry-after").n > 0);
	ask(&st->t, "GET /out HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 503);
	ask(&st->t, GET END, &st->a);
	assert_int_equal(st->a.status, 200);
}

static void when_the_error_page_fails_a_plain_one_is_left(void **state)
{
	struct state *st = *state;
	st->app.is_page_broken = true;
	ask(&st->t, "GET /fails HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 409);
	assert_true(body_has(&st->a, "Somebody changed this"));
	st->app.is_page_broken = false;
	st->app.is_shut = true;
	ask(&st->t, GET END, &st->a);
	assert_int_equal(st->a.status, 500);
	assert_true(body_has(&st->a, "error page io"));
}

static void closed_routes_say_so(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /closed HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 401);
	assert_true(body_has(&st->a, "error page not-signed-in"));
}

static void files_go_out_with_type_and_name(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /file HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
	assert_str(st->a.body, "0123456789");
	assert_str(head_value(&st->a, "content-type"), "application/pdf");
	assert_str(head_value(&st->a, "content-disposition"),
	           "attachment; filename=\"Bescheid K__se _1_.pdf\"; filename*=UTF-8''Bescheid%20K%c3%a4se%20%221%22.pdf");
	ask(&st->t, "GET /inline HTTP/1.1\r\n" END, &st->a);
	assert_str(head_value(&st->a, "content-disposition"), "inline");
	ask(&st->t, "HEAD /inline HTTP/1.1\r\n" END, &st->a);
	assert_str(head_value(&st->a, "content-length"), "10");
	assert_int_equal(st->a.body.n, 0);
}

static void what_has_not_changed_is_304(void **state)
{
	struct state *st = *state;
	ask(&st->t, "GET /style.css HTTP/1.1\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
	assert_str(head_value(&st->a, "etag"), "\"abc\"");
	assert_str(head_value(&st->a, "cache-control"), "public, max-age=3600");
	ask(&st->t, "GET /style.css HTTP/1.1\r\nIf-None-Match: \"x\", W/\"abc\"\r\n" END, &st->a);
	assert_int_equal(st->a.status, 304);
	assert_int_equal(st->a.body.n, 0);
	ask(&st->t, "GET /style.css HTTP/1.1\r\nIf-None-Match: abc\r\n" END, &st->a);
	assert_int_equal(st->a.status, 200);
}

/* --- Places and ends ---------------------------------------------------------------------------------------------- */

static void let_go(struct state *st)
{
	assert_int_equal(write(st->app.gate[1], "x", 1), 1);
}

static void wait_entered(struct state *st)
{
	char c;
	assert_int_equal(read(st->app.entered[0], &c, 1), 1);
}

static void who_finds_no_place_within_2_s_gets_503(void **state)
{
	struct state *st = *state;
	int slow_fd = dial(&st->t);
	send_bytes(slow_fd, STR("GET /slow HTTP/1.1\r\n" END));
	wait_entered(st);
	struct http_counters c;
	http_count(st->t.http, &c);
	assert_int_equal(c.handlers_busy, 1);
	ask(&st->t, GET END, &st->a);
	assert_int_equal(st->a.status, 503);
	assert_str(head_value(&st->a, "retry-after"), "2");
	/* one that waits is let in when the place is free */
	int fd = dial(&st->t);
	send_bytes(fd, STR(GET END));
	let_go(st);
	read_answer(slow_fd, &st->a, true);
	assert_str(st->a.body, "slow");
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 200);
	close(slow_fd);
	close(fd);
}

static void who_waits_for_a_commit_gives_its_place_to_others(void **state)
{
	struct state *st = *state;
	int fd = dial(&st->t);
	send_bytes(fd, STR("GET /commits HTTP/1.1\r\n" END));
	wait_entered(st);
	ask(&st->t, GET END, &st->a);
	assert_int_equal(st->a.status, 200);
	let_go(st);
	read_answer(fd, &st->a, true);
	assert_str(st->a.body, "slow");
	close(fd);
}

static void connections_over_the_limit_are_closed(void **state)
{
	struct state *st = *state;
	int fds[4];
	for (int i = 0; i < 4; i++) {
		fds[i] = dial(&st->t);
		send_bytes(fds[i], STR(GET END));
		read_answer(fds[i], &st->a, true);
		assert_int_equal(st->a.status, 200);
	}
	int over = dial(&st->t);
	send_bytes(over, STR(GET END));
	assert_true(closes(over));
	close(over);
	struct http_counters c;
	http_count(st->t.http, &c);
	assert_int_equal(c.connections, 4);
	for (int i = 0; i < 4; i++) {
		close(fds[i]);
	}
	/* and there is room again, once the server has seen them go */
	for (int tries = 0; tries < 200; tries++) {
		ask(&st->t, GET END, &st->a);
		if (st->a.status == 200) {
			break;
		}
	}
	assert_int_equal(st->a.status, 200);
}

static void *stop(void *arg)
{
	struct state *st = arg;
	http_stop(st->t.http, 10 * US_PER_S);
	return NULL;
}

static void stopping_finishes_what_runs(void **state)
{
	(void)state;
	struct state *st = calloc(1, sizeof *st);
	up(st, (struct http_options){0});
	int idle = dial(&st->t);
	send_bytes(idle, STR(GET END));
	read_answer(idle, &st->a, true);
	int fd = dial(&st->t);
	send_bytes(fd, STR("GET /slow HTTP/1.1\r\n" END));
	wait_entered(st);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, stop, st), 0);
	/* It no longer accepts, and then the one at work still gets its answer. */
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(st->t.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bool refused = false;
	while (!refused) {
		int again = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		refused = connect(again, (struct sockaddr *)&a, sizeof a) != 0;
		close(again);
	}
	let_go(st);
	read_answer(fd, &st->a, true);
	assert_int_equal(st->a.status, 200);
	assert_str(head_value(&st->a, "connection"), "close");
	assert_true(closes(fd));
	assert_true(closes(idle));
	assert_int_equal(pthread_join(thread, NULL), 0);
	close(fd);
	close(idle);
	rmdir(st->t.dir);
	for (int i = 0; i < 2; i++) {
		close(st->app.gate[i]);
		close(st->app.entered[i]);
	}
	free(st);
}

static void answers_are_counted_and_told(void **state)
{
	struct state *st = *state;
	ask(&st->t, GET END, &st->a);
	ask(&st->t, "GET /none HTTP/1.1\r\n" END, &st->a);
	ask(&st->t, GET "\r\n", &st->a);
	struct http_counters c;
	/* The last has no Host: the library itself refuses it, which is seen when its connection ends. */
	int64_t until = time_running_us(&st->t.time) + 5 * US_PER_S;
	do {
		http_count(st->t.http, &c);
	} while (c.refused == 0 && time_running_us(&st->t.time) < until);
	assert_int_equal(c.requests, 3);
	assert_int_equal(c.by_status[2], 1);
	assert_int_equal(c.by_status[4], 1);
	assert_int_equal(c.refused, 1);
	assert_int_equal(st->app.answers, 2);
	assert_int_equal(st->app.last_status, 404);
}

static void the_spool_folder_is_made(void **state)
{
	(void)state;
	static const struct route *const none[] = {NULL};
	struct time_source time;
	struct http_server *s;
	struct err e = {0};
	uint16_t port;
	char dir[128];
	char spool[160];
	struct stat st;
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, sizeof dir, "%.40s/spool-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(dir));
	snprintf(spool, sizeof spool, "%s/spool", dir);
	time_source_init(&time);
	struct http_options o = {.listen_fd = listen_loopback(&port),
	                         .tables = none,
	                         .time = &time,
	                         .csrf_key = test_csrf_key,
	                         .spool_dir = str_of(spool)};
	for (int i = 0; i < 2; i++) {
		assert_true(http_start(&o, &s, &e));
		assert_int_equal(stat(spool, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0700);
		http_stop(s, US_PER_S);
		o.listen_fd = listen_loopback(&port);
	}
	o.spool_dir = STR("/nowhere/spool");
	assert_false(http_start(&o, &s, &e));
	assert_int_equal(e.code, ERR_IO);
	close(o.listen_fd);
	rmdir(spool);
	rmdir(dir);
}

static void routes_without_permission_do_not_start(void **state)
{
	(void)state;
	static const struct route bad[] = {{.method = METHOD_GET, .path = "/", .handle = hello}, {.path = NULL}};
	static const struct route *const bad_tables[] = {bad, NULL};
	struct time_source time;
	time_source_init(&time);
	uint16_t port;
	struct http_server *s = NULL;
	struct err e = {0};
	struct http_options o = {
		.listen_fd = listen_loopback(&port), .tables = bad_tables, .time = &time, .csrf_key = test_csrf_key};
	assert_false(http_start(&o, &s, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_null(s);
	close(o.listen_fd);
}

/* Several clients at once over kept connections, with all kinds of requests: for the thread sanitizer above all. */
static void *busy_client(void *arg)
{
	struct state *st = arg;
	struct answer *a = malloc(sizeof *a);
	int fd = dial(&st->t);
	for (int i = 0; i < 100; i++) {
		static const struct str requests[] = {
			STR_INIT(GET END),
			STR_INIT("GET /form HTTP/1.1\r\n" END),
			STR_INIT("GET /none HTTP/1.1\r\n" END),
			STR_INIT(POST "Content-Length: 7\r\n" END "a=1&b=2"),
			STR_INIT("GET /file HTTP/1.1\r\n" END),
		};
		send_bytes(fd, requests[i % 5]);
		read_answer(fd, a, true);
		if (a->status == 0 || a->is_closed) {
			break;
		}
	}
	bool ok = a->status == 200 && !a->is_closed;
	close(fd);
	free(a);
	return ok ? arg : NULL;
}

static void many_clients_at_once_are_served(void **state)
{
	struct state *st = *state;
	pthread_t threads[8];
	for (int i = 0; i < 8; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, busy_client, st), 0);
	}
	for (int i = 0; i < 8; i++) {
		void *ok;
		assert_int_equal(pthread_join(threads[i], &ok), 0);
		assert_non_null(ok);
	}
	struct http_counters c;
	http_count(st->t.http, &c);
	assert_int_equal(c.requests, 800);
	assert_int_equal(c.by_status[2], 640);
	assert_int_equal(c.by_status[4], 160);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_page_carries_the_security_headers),
		T(a_connection_is_kept_for_many_requests),
		T(pipelined_requests_are_answered_in_order),
		T(bytes_that_come_one_by_one_make_the_same_request),
		T(head_is_answered_without_a_body),
		T(paths_are_decoded_and_arguments_taken),
		T(unknown_paths_are_404_and_wrong_methods_405),
		T(a_slash_at_the_end_is_led_to_the_page),
		T(redirects_never_leave_the_house),
		T(only_a_form_of_ours_is_taken),
		T(a_form_from_another_site_is_refused),
		T(the_cookie_is_set_only_with_a_form_and_only_once),
		T(a_form_sent_while_the_store_is_away_is_given_back_to_its_sender_only),
		T(signing_in_replaces_sid_and_token),
		cmocka_unit_test_setup_teardown(behind_the_proxy_cookies_are_secure_and_bound_to_the_host, setup_proxy,
	                                    teardown),
		T(a_header_of_the_client_does_not_name_its_address),
		T(a_cookie_set_twice_is_sent_once),
		T(hostile_shapes_are_refused),
		T(a_smuggled_request_is_never_run),
		T(headers_over_16_kib_are_431),
		T(bodies_over_the_limit_are_413),
		T(a_client_that_asks_before_sending_is_told),
		T(a_body_is_refused_before_it_is_read),
		T(files_are_spooled_and_texts_become_fields),
		T(an_upload_larger_than_memory_is_spooled),
		T(a_spool_folder_that_is_gone_is_an_error_and_no_crash),
		T(a_failed_handler_leaves_only_the_error_page),
		T(a_full_arena_or_page_is_503),
		T(when_the_error_page_fails_a_plain_one_is_left),
		T(closed_routes_say_so),
		T(files_go_out_with_type_and_name),
		T(what_has_not_changed_is_304),
		cmocka_unit_test_setup_teardown(who_finds_no_place_within_2_s_gets_503, setup_one_place, teardown),
		cmocka_unit_test_setup_teardown(who_waits_for_a_commit_gives_its_place_to_others, setup_one_place, teardown),
		cmocka_unit_test_setup_teardown(connections_over_the_limit_are_closed, setup_one_place, teardown),
		cmocka_unit_test(stopping_finishes_what_runs),
		T(answers_are_counted_and_told),
		cmocka_unit_test(the_spool_folder_is_made),
		cmocka_unit_test(routes_without_permission_do_not_start),
		T(many_clients_at_once_are_served),
	};
	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
