#include "base/yaml.h"

#include "base/buf.h"
#include "unit/unit.h"

static struct arena arena;

static int begin(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static struct yaml *parsed(struct str text)
{
	struct yaml *y = NULL;
	struct err e;
	if (!yaml_parse(&arena, text, &y, &e)) {
		fail_msg("%s", e.text);
	}
	return y;
}

/* The text of the error. */
static const char *refused(struct str text)
{
	static struct err e;
	struct yaml *y = NULL;
	if (yaml_parse(&arena, text, &y, &e)) {
		fail_msg("accepted: %.*s", STR_ARG(text));
	}
	assert_null(y);
	return e.text;
}

static void reads_maps_lists_and_texts_in_order(void **state)
{
	(void)state;
	struct yaml *y = parsed(STR("# comment\n"
	                            "id: permit\n"
	                            "days:\n"
	                            "  - one\n"
	                            "  - {two: 2, three: [x, 'y z']}\n"
	                            "text: |\n"
	                            "  first\n"
	                            "  second\n"
	                            "empty:\n"));
	assert_int_equal(y->kind, YAML_MAP);
	assert_str(yaml_text(y, "id"), "permit");
	const struct yaml *days = yaml_get(y, "days");
	assert_int_equal(days->kind, YAML_LIST);
	assert_str(days->first->text, "one");
	const struct yaml *second = days->first->next;
	assert_null(second->next);
	assert_str(yaml_text(second, "two"), "2");
	assert_str(yaml_get(second, "three")->first->next->text, "y z");
	assert_str(yaml_text(y, "text"), "first\nsecond\n");
	assert_int_equal(yaml_get(y, "empty")->kind, YAML_TEXT);
	assert_str(yaml_text(y, "empty"), "");
	assert_null(yaml_get(y, "nothing"));
	assert_null(yaml_get(days, "id"));
	assert_null(yaml_get(NULL, "id"));
	assert_int_equal(yaml_text(y, "days").n, 0);
}

static void leaves_every_scalar_as_it_was_written(void **state)
{
	(void)state;
	struct yaml *y = parsed(STR("[NO, 010, 1.10, 2026-01-01, null, ~, 0x1F, 1e3, yes, '', \"a\\u00e9\\n\"]"));
	static const char *const want[] = {"NO",   "010", "1.10", "2026-01-01", "null",       "~",
	                                   "0x1F", "1e3", "yes",  "",           "a\xC3\xA9\n"};
	const struct yaml *i = y->first;
	for (size_t k = 0; k < sizeof want / sizeof *want; k++, i = i->next) {
		assert_int_equal(i->kind, YAML_TEXT);
		assert_str(i->text, want[k]);
	}
	assert_null(i);
}

static void knows_the_place_of_every_node(void **state)
{
	(void)state;
	struct yaml *y =
		parsed(STR("\xEF\xBB\xBF# a mark at the beginning does not count\na: 1\nb:\n  c:\n    - x\n    - y\n"));
	assert_int_equal(y->line, 2);
	const struct yaml *b = yaml_get(y, "b");
	assert_int_equal(b->key_line, 3);
	assert_int_equal(b->key_column, 1);
	assert_int_equal(b->line, 4);
	const struct yaml *c = yaml_get(b, "c");
	assert_int_equal(c->key_line, 4);
	assert_int_equal(c->key_column, 3);
	assert_int_equal(c->first->next->line, 6);
	assert_int_equal(c->first->next->column, 7);
}

static void an_empty_file_is_an_empty_text(void **state)
{
	(void)state;
	static const char *const empty[] = {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n"};
	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
		struct yaml *y = parsed(str_of(empty[i]));
		assert_int_equal(y->kind, YAML_TEXT);
		assert_int_equal(y->text.n, 0);
		assert_int_equal(y->line >= 1, 1);
	}
}

static void refuses_what_hides_meaning(void **state)
{
	(void)state;
	assert_string_equal(refused(STR("a: &x 1\nb: 2\n")),
	                    "line 1, column 4: anchors (&name) are not read here: write the text again");
	assert_string_equal(refused(STR("b: *x\n")),
	                    "line 1, column 4: aliases (*name) are not read here: write the text again");
	assert_string_equal(refused(STR("a: 1\nb: !!int 2\n")), "line 2, column 4: tags (!name) are not read here");
	assert_non_null(strstr(refused(STR("a: !own 2\n")), "tags"));
	assert_non_null(strstr(refused(STR("- !!seq [1]\n")), "tags"));
	assert_non_null(strstr(refused(STR("- &a {b: 1}\n")), "anchors"));
	assert_non_null(strstr(refused(STR("%TAG ! tag:x,2000:\n---\na: 1\n")), "tags"));
	assert_non_null(strstr(refused(STR("a: 1\n---\nb: 2\n")), "line 2, column 1: a second document"));
	assert_non_null(strstr(refused(STR("[a]: 1\n")), "a key is one text"));
	assert_non_null(strstr(refused(STR("? {a: b}\n: 1\n")), "a key is one text"));
	assert_non_null(strstr(refused(STR("a: \"x\\0y\"\n")), "NUL"));
}

static void names_both_places_of_a_double_key(void **state)
{
	(void)state;
	assert_string_equal(refused(STR("a: 1\nb:\n  x: 1\n  y: 2\n  x: 3\n")),
	                    "line 5, column 3: the key \"x\" stands in line 3 already");
	/* Equal as texts, however they were quoted. */
	assert_non_null(strstr(refused(STR("a: 1\n'a': 2\n")), "line 2, column 1: the key \"a\" stands in line 1"));
	parsed(STR("- a: 1\n- a: 1\n"));
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 3000; i++) {
		buf_printf(&b, "k%d: x\n", i * 7919 % 3000);
	}
	parsed(buf_str(&b));
	buf_printf(&b, "k%d: x\n", 7919 % 3000);
	assert_string_equal(refused(buf_str(&b)), "line 3001, column 1: the key \"k1919\" stands in line 2 already");
	buf_release(&b);
}

static void says_where_the_syntax_breaks(void **state)
{
	(void)state;
	assert_non_null(strstr(refused(STR("a: 1\n b: 2\n")), "line 2, column "));
	assert_non_null(strstr(refused(STR("a: [1, 2\nb: 3\n")), "line 2, column "));
	assert_non_null(strstr(refused(STR("a: 'open\n")), "line "));
	assert_non_null(strstr(refused(STR("\ta: 1\n")), "line 1, column 1"));
	assert_non_null(strstr(refused(STR("a: \xFF\n")), "UTF-8"));
	assert_non_null(strstr(refused(STR("a: \x01\n")), "line 1, column "));
	/* UTF-16 is not guessed. */
	refused(STR("\xFF\xFE"
	            "a\0:\0 \0001\0"));
}

static void stops_at_its_limits(void **state)
{
	(void)state;
	char deep[100];
	memset(deep, '[', 32);
	memset(deep + 32, ']', 32);
	parsed(str_from(deep, 64));
	memset(deep, '[', 33);
	memset(deep + 33, ']', 33);
	assert_non_null(strstr(refused(str_from(deep, 66)), "line 1, column 33: more than 32"));
	struct buf b;
	buf_init(&b, 16 << 20);
	for (int i = 0; i < 200000; i++) {
		buf_put(&b, STR("- x\n"));
	}
	assert_non_null(strstr(refused(buf_str(&b)), "200,000"));
	while (b.n <= 8 << 20) {
		buf_put(&b, STR("# a long comment, to make the file longer than it may be, and then some more\n"));
	}
	assert_non_null(strstr(refused(buf_str(&b)), "8 MiB"));
	buf_release(&b);
}

static void a_full_arena_is_an_ordinary_error(void **state)
{
	(void)state;
	struct err e;
	struct yaml *y;
	bool ok = false;
	for (size_t cap = 0; !ok; cap += 8) {
		assert_true(cap < 100000);
		struct arena small;
		arena_init(&small, cap);
		ok = yaml_parse(&small, STR("a: [1, {b: c}]\nd: e\nf: 1\ng: 1\nh: 1\ni: 1\nj: 1\nk: 1\nl: 1\nm: 1\n"), &y, &e);
		if (!ok) {
			assert_int_equal(e.code, ERR_TOO_LARGE);
		}
		arena_release(&small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_maps_lists_and_texts_in_order, begin, finish),
		cmocka_unit_test_setup_teardown(leaves_every_scalar_as_it_was_written, begin, finish),
		cmocka_unit_test_setup_teardown(knows_the_place_of_every_node, begin, finish),
		cmocka_unit_test_setup_teardown(an_empty_file_is_an_empty_text, begin, finish),
		cmocka_unit_test_setup_teardown(refuses_what_hides_meaning, begin, finish),
		cmocka_unit_test_setup_teardown(names_both_places_of_a_double_key, begin, finish),
		cmocka_unit_test_setup_teardown(says_where_the_syntax_breaks, begin, finish),
		cmocka_unit_test_setup_teardown(stops_at_its_limits, begin, finish),
		cmocka_unit_test_setup_teardown(a_full_arena_is_an_ordinary_error, begin, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
