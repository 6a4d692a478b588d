#include "../unit.h"
#include "http/router.h"

static bool nothing(struct req *r, struct err *e)
{
	(void)r;
	(void)e;
	return true;
}

enum { ANYONE = 1 };
static const struct route first[] = {
	ROUTE(METHOD_GET, "/", ANYONE, nothing),
	ROUTE(METHOD_GET, "/services", ANYONE, nothing),
	ROUTE(METHOD_GET, "/services/:name", ANYONE, nothing),
	ROUTE(METHOD_GET, "/services/new", ANYONE, nothing),
	ROUTE(METHOD_POST, "/services/new", ANYONE, nothing, .body_max = 10),
	ROUTE(METHOD_GET, "/services/new/:n/x", ANYONE, nothing),
	ROUTE(METHOD_GET, "/services/:name/y", ANYONE, nothing),
	ROUTES_END,
};
static const struct route second[] = {
	ROUTE(METHOD_POST, "/services/:other", ANYONE, nothing),
	ROUTE(METHOD_GET, "/a/:1/:2/:3/:4/:5/:6", ANYONE, nothing),
	ROUTES_END,
};
static const struct route *const tables[] = {first, second, NULL};

static struct router *router(void)
{
	struct router *r = NULL;
	struct err e;
	if (!router_new(tables, &r, &e)) {
		fail_msg("%s", e.text);
	}
	return r;
}

static void literal_pieces_win_over_arguments(void **state)
{
	(void)state;
	struct router *r = router();
	struct found f;
	assert_true(router_find(r, STR("/services/new"), &f));
	assert_ptr_equal(f.get, &first[3]);
	assert_ptr_equal(f.post, &first[4]);
	assert_int_equal(f.arg_n, 0);
	assert_true(router_find(r, STR("/services/old"), &f));
	assert_ptr_equal(f.get, &first[2]);
	assert_ptr_equal(f.post, &second[0]);
	assert_int_equal(f.arg_n, 1);
	assert_str(f.args[0], "old");
	/* a literal piece that leads nowhere is left again */
	assert_true(router_find(r, STR("/services/new/y"), &f));
	assert_ptr_equal(f.get, &first[6]);
	assert_str(f.args[0], "new");
	assert_true(router_find(r, STR("/services/new/7/x"), &f));
	assert_ptr_equal(f.get, &first[5]);
	assert_int_equal(f.arg_n, 1);
	assert_str(f.args[0], "7");
	assert_true(router_find(r, STR("/"), &f));
	assert_ptr_equal(f.get, &first[0]);
	assert_true(router_find(r, STR("/a/1/2/3/4/5/6"), &f));
	assert_int_equal(f.arg_n, 6);
	assert_str(f.args[5], "6");
	router_free(r);
}

static void other_paths_lead_nowhere(void **state)
{
	(void)state;
	static const char *const paths[] = {"",
	                                    "x",
	                                    "/service",
	                                    "/services/",
	                                    "//services",
	                                    "/services//y",
	                                    "/services/new/7",
	                                    "/services/a/z",
	                                    "/a",
	                                    "/a/1/2/3/4/5",
	                                    "/a/1/2/3/4/5/6/7",
	                                    "/:name",
	                                    "/a//2/3/4/5/6"};
	struct router *r = router();
	struct found f;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		if (router_find(r, str_of(paths[i]), &f)) {
			fail_msg("found: %s", paths[i]);
		}
		assert_int_equal(f.arg_n, 0);
	}
	router_free(r);
}

static void malformed_tables_are_refused(void **state)
{
	(void)state;
	static const struct route bad[] = {
		{.method = METHOD_GET, .path = "/a", .handle = nothing},
		{.method = METHOD_GET, .path = "/a", .who = 1},
		{.method = METHOD_HEAD, .path = "/a", .who = 1, .handle = nothing},
		{.method = METHOD_GET, .path = "a", .who = 1, .handle = nothing},
		{.method = METHOD_GET, .path = "", .who = 1, .handle = nothing},
		{.method = METHOD_GET, .path = "/a/", .who = 1, .handle = nothing},
		{.method = METHOD_GET, .path = "/a//b", .who = 1, .handle = nothing},
		{.method = METHOD_GET, .path = "/:1/:2/:3/:4/:5/:6/:7", .who = 1, .handle = nothing},
		{.method = METHOD_GET, .path = "/a", .who = 1, .handle = nothing, .body_max = 1},
		{.method = METHOD_GET, .path = "/services/:twice", .who = 1, .handle = nothing},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct route one[2] = {bad[i], ROUTES_END};
		const struct route *const with[] = {first, one, NULL};
		struct router *r = NULL;
		struct err e = {0};
		assert_false(router_new(with, &r, &e));
		assert_int_equal(e.code, ERR_CONFIG);
		assert_null(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literal_pieces_win_over_arguments),
		cmocka_unit_test(other_paths_lead_nowhere),
		cmocka_unit_test(malformed_tables_are_refused),
	};
	return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
