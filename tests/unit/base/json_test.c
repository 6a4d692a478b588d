#include "base/json.h"

#include "base/fault.h"
#include "unit/unit.h"

static struct arena arena;

static int begin(void **state)
{
	(void)state;
	arena_init(&arena, 8 << 20);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct json *parsed(struct str text)
{
	struct json *j = NULL;
	struct err e;
	if (!json_parse(&arena, text, &j, &e)) {
		fail_msg("%s: %.*s", e.text, STR_ARG(text));
	}
	return j;
}

static void reads_every_kind_in_order(void **state)
{
	(void)state;
	struct json *j = parsed(STR(" {\"a\":null,\"b\":[true,false,-12,1.50e+3],\"c\":\"x\",\"d\":{},\"\":[]}\n"));
	assert_int_equal(j->kind, JSON_OBJECT);
	static const char *const keys[] = {"a", "b", "c", "d", ""};
	static const enum json_kind kinds[] = {JSON_NULL, JSON_ARRAY, JSON_STRING, JSON_OBJECT, JSON_ARRAY};
	struct json *child = j->first;
	for (size_t i = 0; i < 5; i++, child = child->next) {
		assert_str(child->key, keys[i]);
		assert_int_equal(child->kind, kinds[i]);
	}
	assert_null(child);
	const struct json *b = json_get(j, STR("b"))->first;
	assert_int_equal(b->kind, JSON_TRUE);
	assert_int_equal(b->next->kind, JSON_FALSE);
	assert_true(b->next->next->kind == JSON_INT && b->next->next->integer == -12);
	assert_int_equal(b->next->next->next->kind, JSON_REAL);
	assert_str(b->next->next->next->string, "1.50e+3"); /* the digits that were sent */
	assert_str(json_string(j, STR("c")), "x");
	assert_str(json_string(j, STR("b")), "");
	assert_null(json_get(j, STR("z")));
	assert_null(json_get(NULL, STR("z")));
	assert_null(json_get(b, STR("z")));
	assert_int_equal(parsed(STR("7"))->integer, 7);
	assert_str(parsed(STR("\"7\""))->string, "7");
	assert_true(parsed(STR("9223372036854775807"))->integer == INT64_MAX);
	assert_true(parsed(STR("-9223372036854775808"))->integer == INT64_MIN);
	assert_true(parsed(STR("-0"))->integer == 0);
}

static void decodes_texts(void **state)
{
	(void)state;
	assert_str(parsed(STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u6F22\\ud83d\\uDE00\xE6\xBC\xA2\""))->string,
	           "\"\\/\b\f\n\r\tA\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80\xE6\xBC\xA2");
	assert_int_equal(parsed(STR("\"\""))->string.n, 0);
}

static void refuses_what_the_standard_does_not_know(void **state)
{
	(void)state;
	static const struct str wrong[] = {
		STR_INIT(""),
		STR_INIT(" "),
		STR_INIT("nul"),
		STR_INIT("nulll"),
		STR_INIT("True"),
		STR_INIT("NaN"),
		STR_INIT("-"),
		STR_INIT("01"),
		STR_INIT("-01"),
		STR_INIT("+1"),
		STR_INIT("1."),
		STR_INIT(".5"),
		STR_INIT("1e"),
		STR_INIT("1e+"),
		STR_INIT("0x10"),
		STR_INIT("1 2"),
		STR_INIT("[1,]"),
		STR_INIT("[,1]"),
		STR_INIT("[1 2]"),
		STR_INIT("["),
		STR_INIT("]"),
		STR_INIT("[1"),
		STR_INIT("{"),
		STR_INIT("{\"a\"}"),
		STR_INIT("{\"a\":}"),
		STR_INIT("{\"a\":1,}"),
		STR_INIT("{a:1}"),
		STR_INIT("{'a':1}"),
		STR_INIT("{\"a\":1 \"b\":2}"),
		STR_INIT("{1:2}"),
		STR_INIT("\""),
		STR_INIT("\"\\\""),
		STR_INIT("\"\\x41\""),
		STR_INIT("\"\\u12\""),
		STR_INIT("\"\\u12g4\""),
		STR_INIT("\"a\nb\""),
		STR_INIT("\"a\tb\""),
		STR_INIT("[1]x"),
		STR_INIT("{}{}"),
		STR_INIT("// c\n1"),
		STR_INIT("\xEF\xBB\xBF"
	             "1"),
		STR_INIT("\v1"),
		STR_INIT("\xC2\xA0"
	             "1"),
		/* and what it leaves open */
		STR_INIT("\"\\ud800\""),
		STR_INIT("\"\\udc00\""),
		STR_INIT("\"\\ud800\\ud800\""),
		STR_INIT("\"\\ud800x\""),
		STR_INIT("\"\\u0000\""),
		STR_INIT("\"\0\""),
		STR_INIT("1\0"),
		STR_INIT("\"\xFF\""),
		STR_INIT("\"\xED\xA0\x80\""),
		STR_INIT("9223372036854775808"),
		STR_INIT("-9223372036854775809"),
		STR_INIT("{\"a\":1,\"a\":2}"),
		STR_INIT("{\"a\":1,\"\\u0061\":2}"),
		STR_INIT("[{\"b\":1,\"c\":3,\"b\":2}]"),
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct json *j = NULL;
		struct err e = {0};
		if (json_parse(&arena, wrong[i], &j, &e)) {
			fail_msg("accepted: %.*s", STR_ARG(wrong[i]));
		}
		assert_int_equal(e.code, ERR_BAD_INPUT);
		assert_null(j);
	}
}

static void stops_at_depth_64(void **state)
{
	(void)state;
	char deep[200];
	memset(deep, '[', 64);
	memset(deep + 64, ']', 64);
	parsed(str_from(deep, 128));
	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	struct json *j;
	struct err e;
	assert_false(json_parse(&arena, str_from(deep, 130), &j, &e));
	/* Beside one another they are not deep. */
	parsed(STR("[[[]],[[]],{\"a\":{}},{\"b\":[[]]}]"));
}

static void finds_a_double_key_among_many(void **state)
{
	(void)state;
	struct buf b;
	struct err e;
	struct json *j;
	buf_init(&b, 1 << 20);
	for (int repeat = 0; repeat < 2; repeat++) {
		buf_reset(&b);
		buf_put(&b, STR("{"));
		for (int i = 0; i < 5000; i++) {
			buf_printf(&b, "\"k%d\":%d,", i * 7919 % 5000, i);
		}
		buf_printf(&b, "\"%s\":0}", repeat ? "k77" : "other");
		assert_int_equal(json_parse(&arena, buf_str(&b), &j, &e), !repeat);
	}
	buf_release(&b);
}

static void says_where_and_never_what(void **state)
{
	(void)state;
	struct json *j;
	struct err e;
	assert_false(json_parse(&arena, STR("{\"name\": \"Ada\",\n  \"born\": Lovelace}"), &j, &e));
	assert_string_equal(e.text, "line 2, column 11: a value must stand here");
}

static void a_full_arena_is_an_ordinary_error(void **state)
{
	(void)state;
	struct str text =
		STR("{\"a\":[1,2.5,\"three\",{\"b\":true}],\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1}");
	struct err e;
	struct json *j;
	bool ok = false;
	for (size_t cap = 0; !ok; cap += 8) {
		assert_true(cap < 100000);
		struct arena small;
		arena_init(&small, cap);
		ok = json_parse(&small, text, &j, &e);
		if (!ok) {
			assert_int_equal(e.code, ERR_TOO_LARGE);
		}
		arena_release(&small);
	}
}

static void writes_with_commas_where_they_belong(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1000);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("a"));
	json_begin_array(&j);
	json_put_int(&j, INT64_MIN);
	json_put_bool(&j, true);
	json_begin_object(&j);
	json_end_object(&j);
	json_begin_array(&j);
	json_end_array(&j);
	json_put_null(&j);
	json_end_array(&j);
	json_key(&j, STR("b\""));
	json_put_string(&j, STR("x\"\\\n\t\x01\x7F\xE6\xBC\xA2\xFF.\xEF\xBF\xBD"));
	json_key(&j, STR("c"));
	json_put_bool(&j, false);
	json_end_object(&j);
	assert_str(buf_str(&b),
	           "{\"a\":[-9223372036854775808,true,{},[],null],\"b\\\"\":\"x\\\"\\\\\\n\\u0009\\u0001\\u007f"
	           "\xE6\xBC\xA2\xEF\xBF\xBD.\xEF\xBF\xBD\",\"c\":false}");
	parsed(buf_str(&b));
	buf_release(&b);
}

static void reads_back_any_text_it_writes(void **state)
{
	(void)state;
	struct prng r = seeded();
	struct buf from, to;
	buf_init(&from, 1000);
	buf_init(&to, 10000);
	for (int round = 0; round < 2000; round++) {
		buf_reset(&from);
		buf_reset(&to);
		for (uint64_t n = prng_below(&r, 30); n > 0; n--) {
			static const uint32_t most[] = {0x7F, 0x7FF, 0xD7FF, 0x10FFFF - 0x10000};
			uint32_t limit = most[prng_below(&r, 4)];
			uint32_t rune = 1 + (uint32_t)prng_below(&r, limit);
			buf_put_rune(&from, limit > 0xFFFF ? rune + 0xFFFF : rune);
		}
		struct json_out j = {.to = &to};
		json_put_string(&j, buf_str(&from));
		assert_true(str_eq(parsed(buf_str(&to))->string, buf_str(&from)));
		arena_reset(&arena);
	}
	buf_release(&from);
	buf_release(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_every_kind_in_order, begin, finish),
		cmocka_unit_test_setup_teardown(decodes_texts, begin, finish),
		cmocka_unit_test_setup_teardown(refuses_what_the_standard_does_not_know, begin, finish),
		cmocka_unit_test_setup_teardown(stops_at_depth_64, begin, finish),
		cmocka_unit_test_setup_teardown(finds_a_double_key_among_many, begin, finish),
		cmocka_unit_test_setup_teardown(says_where_and_never_what, begin, finish),
		cmocka_unit_test_setup_teardown(a_full_arena_is_an_ordinary_error, begin, finish),
		cmocka_unit_test_setup_teardown(writes_with_commas_where_they_belong, begin, finish),
		cmocka_unit_test_setup_teardown(reads_back_any_text_it_writes, begin, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
