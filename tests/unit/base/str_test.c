#include "base/str.h"

#include "unit/unit.h"

static void compares_bytes_and_lengths(void **state)
{
	(void)state;
	assert_true(str_eq(STR("abc"), STR("abc")));
	assert_false(str_eq(STR("abc"), STR("abcd")));
	assert_true(str_eq(str_of(NULL), STR_EMPTY));
	assert_true(str_eq(STR("a\0b"), str_from("a\0b", 3)));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(str_eq_nocase(STR("HeLLo-1"), STR("hEllO-1")));
	assert_false(str_eq_nocase(STR("\xC3\x84"), STR("\xC3\xA4"))); /* only ASCII letters have two cases */
	assert_false(str_eq_nocase(STR("["), STR("{")));
	assert_true(str_eq_secret(STR("secret"), STR("secret")));
	assert_false(str_eq_secret(STR("secret"), STR("secreT")));
	assert_false(str_eq_secret(STR("secret"), STR("secre")));
	assert_true(str_cmp(STR("ab"), STR("abc")) < 0);
	assert_true(str_cmp(STR("b"), STR("abc")) > 0);
	assert_true(str_cmp(STR("\xC3"), STR("z")) > 0); /* bytes have no sign */
	assert_int_equal(str_cmp(STR("ab"), STR("ab")), 0);
}

static void finds_and_cuts(void **state)
{
	(void)state;
	struct str head, tail;
	assert_int_equal(str_find(STR("one two"), STR("two")), 4);
	assert_true(str_find(STR("one"), STR("two")) == SIZE_MAX);
	assert_int_equal(str_find(STR("one"), STR_EMPTY), 0);
	assert_true(str_find_byte(STR_EMPTY, 'x') == SIZE_MAX);
	assert_true(str_cut(STR("k=v=w"), '=', &head, &tail));
	assert_str(head, "k");
	assert_str(tail, "v=w");
	assert_false(str_cut(STR("kv"), '=', &head, &tail));
	assert_str(head, "kv");
	assert_int_equal(tail.n, 0);
	assert_str(str_sub(STR("abcdef"), 4, 99), "ef");
	assert_str(str_sub(STR("abcdef"), 99, SIZE_MAX), "");
	assert_str(str_trim(STR(" \t\r\n a b \v\f")), "a b");
	assert_str(str_trim(STR("   ")), "");
	/* The space of a Chinese keyboard, no-break and zero width ones: a text of them alone says nothing. */
	assert_str(str_trim(STR("\xE3\x80\x80\xE4\xB8\xAD \xE6\x96\x87\xE3\x80\x80\xC2\xA0")), "\xE4\xB8\xAD \xE6\x96\x87");
	assert_str(str_trim(STR("\xE2\x80\x8B\xEF\xBB\xBF \xE3\x80\x80")), "");
	assert_str(str_trim(STR("\xE3\x80\x81")), "\xE3\x80\x81");
	assert_str(str_trim(STR("\x80\x80")), "\x80\x80");
	assert_true(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
	assert_true(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
}

static void gives_every_piece_once_the_empty_ones_too(void **state)
{
	(void)state;
	struct str rest = STR("a,,b,"), piece;
	const char *const want[] = {"a", "", "b", ""};
	for (size_t i = 0; i < 4; i++) {
		assert_true(str_next(&rest, ',', &piece));
		assert_str(piece, want[i]);
	}
	assert_false(str_next(&rest, ',', &piece));
	assert_false(str_next(&rest, ',', &piece));
	rest = STR_EMPTY;
	assert_true(str_next(&rest, ',', &piece));
	assert_int_equal(piece.n, 0);
	assert_false(str_next(&rest, ',', &piece));
}

static void reads_whole_numbers_without_tricks(void **state)
{
	(void)state;
	uint64_t u = 7;
	int64_t i = 7;
	assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
	assert_true(str_to_u64(STR("007"), &u) && u == 7);
	assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
	assert_true(str_to_i64(STR("9223372036854775807"), &i) && i == INT64_MAX);
	static const char *const wrong[] = {
		"", "-", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616", "99999999999999999999"};
	u = 42;
	i = 42;
	for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
		assert_false(str_to_u64(str_of(wrong[k]), &u));
		assert_false(str_to_i64(str_of(wrong[k]), &i));
	}
	assert_false(str_to_u64(STR("-1"), &u));
	assert_false(str_to_i64(STR("9223372036854775808"), &i));
	assert_false(str_to_i64(STR("-9223372036854775809"), &i));
	assert_false(str_to_i64(STR("--1"), &i));
	assert_true(u == 42 && i == 42);
}

static void reads_hexadecimal_of_the_exact_length(void **state)
{
	(void)state;
	uint8_t out[3] = {0};
	assert_true(str_to_bytes(STR("00fFa1"), out, 3));
	assert_memory_equal(out, "\x00\xFF\xA1", 3);
	assert_false(str_to_bytes(STR("00fFa"), out, 3));
	assert_false(str_to_bytes(STR("00fFa1b"), out, 3));
	assert_false(str_to_bytes(STR("00fFag"), out, 3));
}

static void accepts_utf8_and_nothing_else(void **state)
{
	(void)state;
	assert_true(str_is_utf8(STR("plain, \xC3\xA9, \xE6\xBC\xA2, \xF0\x9F\x98\x80, \xF4\x8F\xBF\xBF")));
	static const char *const wrong[] = {
		"\x80",
		"\xC3",
		"\xC0\xAF",
		"\xC1\xBF",
		"\xE0\x80\xAF",
		"\xE0\x9F\xBF",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xF0\x8F\xBF\xBF",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xFF",
		"\xE6\xBC",
		"a\xE6\xBC"
		"b",
		"\xF0\x9F\x98",
		"\xF8\x88\x80\x80\x80",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(str_is_utf8(str_of(wrong[i])));
	}
}

static void decodes_runes_and_moves_by_one_over_rubbish(void **state)
{
	(void)state;
	struct str s = STR("a\xC3\xA9\xFF\xF0\x9F\x98\x80\xE6");
	static const uint32_t want[] = {'a', 0xE9, 0xFFFD, 0x1F600, 0xFFFD};
	size_t at = 0;
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(str_rune(s, &at), want[i]);
	}
	assert_int_equal(at, s.n);
	assert_int_equal(str_runes(s), 5);
}

static void sees_control_characters(void **state)
{
	(void)state;
	assert_false(str_has_control(STR("one\ttwo\n"), "\t\n"));
	assert_true(str_has_control(STR("one\ttwo\n"), "\n"));
	assert_true(str_has_control(STR("a\0b"), ""));
	assert_true(str_has_control(STR("a\x7F"), ""));
	assert_true(str_has_control(STR("a\xC2\x85"), "")); /* C1 */
	assert_false(str_has_control(STR("\xC3\xA9\xE6\xBC\xA2"), ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_bytes_and_lengths),
		cmocka_unit_test(finds_and_cuts),
		cmocka_unit_test(gives_every_piece_once_the_empty_ones_too),
		cmocka_unit_test(reads_whole_numbers_without_tricks),
		cmocka_unit_test(reads_hexadecimal_of_the_exact_length),
		cmocka_unit_test(accepts_utf8_and_nothing_else),
		cmocka_unit_test(decodes_runes_and_moves_by_one_over_rubbish),
		cmocka_unit_test(sees_control_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
