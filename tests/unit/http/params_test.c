#include "../unit.h"
#include "http/params.h"

static bool parse(struct arena *a, const char *text, struct params *out)
{
	struct err e;
	*out = (struct params){NULL, 0};
	char *copy = arena_cstr(a, str_of(text));
	return params_urlencoded(a, copy, strlen(text), out, &e);
}

static void fields_keep_their_order_and_duplicates(void **state)
{
	(void)state;
	struct arena a;
	struct params p;
	arena_init(&a, 1 << 20);
	assert_true(parse(&a, "b=1&a=2&&b=3&c&d=", &p));
	assert_int_equal(p.n, 5);
	assert_str(p.items[0].value, "1");
	assert_str(p.items[2].name, "b");
	assert_str(p.items[2].value, "3");
	assert_str(p.items[3].name, "c");
	assert_str(p.items[3].value, "");
	assert_str(params_first(&p, STR("b"), NULL), "1");
	bool found;
	assert_str(params_first(&p, STR("d"), &found), "");
	assert_true(found);
	params_first(&p, STR("e"), &found);
	assert_false(found);
	arena_release(&a);
}

static void escapes_are_decoded_and_line_breaks_become_one(void **state)
{
	(void)state;
	struct arena a;
	struct params p;
	arena_init(&a, 1 << 20);
	assert_true(parse(&a, "a%3D+b=%E6%A1%88%2B%26&t=x%0D%0Ay%0Dz%0A%09%25", &p));
	assert_int_equal(p.n, 2);
	assert_str(p.items[0].name, "a= b");
	assert_str(p.items[0].value, "案+&");
	assert_str(p.items[1].value, "x\ny\nz\n\t%");
	assert_true(parse(&a, "", &p));
	assert_int_equal(p.n, 0);
	arena_release(&a);
}

static void what_is_no_clean_text_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"a=%",      "a=%4",     "a=%4g",  "%=1",      "a=%00",       "a=\001",
	                                  "a=%7F",    "a=%C2%80", "a=%FF",  "a=%C0%80", "a=%ED%A0%80", "a=%F4%90%80%80",
	                                  "a=%E6%A1", "=1",       "a%0A=1", "a%09=1",   "a=1&=2",      "a=%1B[0m"};
	struct arena a;
	struct params p;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (parse(&a, bad[i], &p)) {
			fail_msg("taken: %s", bad[i]);
		}
	}
	arena_release(&a);
}

static void at_most_two_thousand_fields_are_taken(void **state)
{
	(void)state;
	struct arena a;
	struct params p;
	struct err e = {0};
	char text[8001];
	arena_init(&a, 1 << 20);
	for (int i = 0; i < 2001; i++) {
		memcpy(text + 4 * i, "a=1&", i < 2000 ? 4 : 1);
	}
	/* 2,000 pairs and what stands behind the last & */
	char *copy = arena_cstr(&a, str_from(text, 7999));
	assert_true(params_urlencoded(&a, copy, 7999, &p, &e));
	assert_int_equal(p.n, 2000);
	copy = arena_cstr(&a, str_from(text, 8001));
	assert_false(params_urlencoded(&a, copy, 8001, &p, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	arena_release(&a);
}

static void cookies_of_others_do_no_harm(void **state)
{
	(void)state;
	struct param items[COOKIES_MAX];
	struct params p = {items, 0};
	params_cookies(STR("a=1; b=\"q\"; =x; c; d=a b; e=; f=x=y;g=2; a=3;;  "), &p);
	assert_int_equal(p.n, 5);
	assert_str(params_first(&p, STR("a"), NULL), "1");
	assert_str(params_first(&p, STR("f"), NULL), "x=y");
	assert_str(params_first(&p, STR("g"), NULL), "2");
	bool found;
	assert_str(params_first(&p, STR("e"), &found), "");
	assert_true(found);
	params_first(&p, STR("b"), &found);
	assert_false(found);
	for (int i = 0; i < 100; i++) {
		params_cookies(STR("x=1"), &p);
	}
	assert_int_equal(p.n, COOKIES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_keep_their_order_and_duplicates),
		cmocka_unit_test(escapes_are_decoded_and_line_breaks_become_one),
		cmocka_unit_test(what_is_no_clean_text_is_refused),
		cmocka_unit_test(at_most_two_thousand_fields_are_taken),
		cmocka_unit_test(cookies_of_others_do_no_harm),
	};
	return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
