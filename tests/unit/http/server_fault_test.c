/* Every allocation and every write of the server fails in turn (MODE=fault; elsewhere the requests just run). A client
 * gets the right answer, an honest error or a closed connection, never half a page; and the next request is served. */
#include "http_test.h"

static bool page(struct req *r, struct err *e)
{
	(void)e;
	struct str op = req_new_op(r);
	req_set_cookie(r, "lang", STR("en"), 60);
	for (int i = 0; i < 60; i++) {
		buf_printf(&r->out, "<p>%d %.*s</p>", i, STR_ARG(arena_printf(&r->arena, "%d%.*s", i, STR_ARG(op))));
	}
	buf_printf(&r->out, "<input value=\"%.*s\">the end", STR_ARG(r->csrf));
	return true;
}

static bool takes(struct req *r, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < r->form.n; i++) {
		buf_put(&r->out, r->form.items[i].value);
	}
	for (size_t i = 0; i < r->upload_n; i++) {
		buf_put_i64(&r->out, r->uploads[i].bytes);
	}
	buf_put_c(&r->out, "the end");
	return true;
}

static const struct route table[] = {
	ROUTE(METHOD_GET, "/page/:a", 1, page),
	ROUTE(METHOD_POST, "/takes", 1, takes, .body_max = 1 << 20, .has_files = true, .is_without_csrf = true),
	ROUTES_END,
};
static const struct route *const tables[] = {table, NULL};

#define END "Host: localhost\r\n\r\n"
#define PARTS                                                                                                   \
	"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--x\r\nContent-Disposition: form-data; " \
	"name=\"f\"; "                                                                                              \
	"filename=\"p.pdf\"\r\n\r\nbytes\r\n--x--\r\n"

static const struct {
	const char *request;
	int status;
	const char *body; /* ends with it */
} requests[] = {
	{"GET /page/x?a=1&b=2 HTTP/1.1\r\nCookie: a=b; c=d\r\n" END, 200, "the end"},
	{"GET /none HTTP/1.1\r\n" END, 404, "</p>\n"},
	{"POST /takes HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 15\r\n" END
     "a=1&b=2&c=d%20e",
     200, "12d ethe end"},
	{"POST /takes HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 137\r\n" END PARTS, 200,
     "value5the end"},
};

/* True when everything came as it should. */
static bool run_all(struct test_server *t, struct answer *a)
{
	bool whole = true;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		ask(t, requests[i].request, a);
		if (a->status == requests[i].status) {
			/* Of an error page nothing may be left but its status. */
			bool is_bare = a->status >= 400 && a->body.n == 0;
			if (!is_bare && !str_ends(a->body, str_of(requests[i].body))) {
				fail_msg("request %zu: half a page: %.*s", i, STR_ARG(a->body));
			}
		} else {
			whole = false;
			bool is_honest = a->status == 500 || a->status == 503 || (a->status == 0 && a->is_closed);
			if (!is_honest) {
				fail_msg("request %zu: %d", i, a->status);
			}
		}
	}
	return whole;
}

static void start(struct test_server *t)
{
	server_up(t, (struct http_options){.tables = tables});
}

static void without_faults_all_requests_are_answered(void **state)
{
	(void)state;
	struct test_server t;
	struct answer *a = calloc(1, sizeof *a);
	assert_int_equal(strlen(PARTS), 137);
	start(&t);
	assert_true(run_all(&t, a));
	server_down(&t);
	free(a);
}

#ifdef CITYHALL_FAULT
static void each_in_turn(enum fault_kind kind, int least)
{
	struct test_server t;
	struct answer *a = calloc(1, sizeof *a);
	int hit = 0;
	start(&t);
	for (uint64_t n = 1;; n++) {
		fault_arm(kind, n);
		run_all(&t, a);
		bool was_reached = fault_seen(kind) >= n;
		fault_arm(kind, 0);
		if (!run_all(&t, a)) {
			fail_msg("after fault %llu the server is not whole", (unsigned long long)n);
		}
		if (!was_reached) {
			break;
		}
		hit++;
	}
	print_message("%d faults\n", hit);
	assert_true(hit >= least);
	server_down(&t);
	free(a);
}

static void each_allocation_fails_in_turn(void **state)
{
	(void)state;
	each_in_turn(FAULT_ALLOC, 10);
}

static void each_write_fails_in_turn(void **state)
{
	(void)state;
	each_in_turn(FAULT_WRITE, 2);
}

static void a_start_without_memory_is_an_error(void **state)
{
	(void)state;
	struct time_source time;
	struct http_server *s;
	time_source_init(&time);
	for (uint64_t n = 1;; n++) {
		struct err e = {0};
		uint16_t port;
		struct http_options o = {
			.listen_fd = listen_loopback(&port), .tables = tables, .time = &time, .csrf_key = test_csrf_key};
		fault_arm(FAULT_ALLOC, n);
		bool ok = http_start(&o, &s, &e);
		fault_arm(FAULT_ALLOC, 0);
		if (ok) {
			assert_true(n > 3);
			http_stop(s, US_PER_S);
			break;
		}
		assert_int_equal(e.code, ERR_MEMORY);
		close(o.listen_fd);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_faults_all_requests_are_answered),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(each_allocation_fails_in_turn),
		cmocka_unit_test(each_write_fails_in_turn),
		cmocka_unit_test(a_start_without_memory_is_an_error),
#endif
	};
	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
