/* Which pieces of a name are kept as hashes, and which name a typed beginning finds. */
#include "../unit.h"

#include "app/desk/names.h"

static struct arena arena;

static int begin(void **state)
{
	(void)state;
	arena_init(&arena, 4 << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void assert_pieces(const char *name, const char *const *want)
{
	struct str pieces[NAME_PIECES_MAX];
	size_t n = name_pieces(&arena, str_of(name), pieces), i = 0;
	for (; i < n && want[i]; i++) {
		assert_str(pieces[i], want[i]);
	}
	assert_int_equal(i, n);
	assert_null(want[i]);
}

static void a_name_is_begun_at_each_of_its_words(void **state)
{
	(void)state;
	assert_pieces("Lin Xiaohe", (const char *const[]){"li", "lin ", "lin xiao", "xi", "xiao", NULL});
	assert_pieces("Ö", (const char *const[]){NULL});
	assert_pieces("", (const char *const[]){NULL});
}

static void case_accents_width_and_spaces_make_no_difference(void **state)
{
	(void)state;
	static const char *const same[] = {"JOSÉ  ÁLVAREZ", "jose alvarez", "José Álvarez", "ｊｏｓｅ　ａｌｖａｒｅｚ"};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		assert_pieces(same[i], (const char *const[]){"jo", "jose", "jose alv", "al", "alva", NULL});
	}
}

static void han_names_begin_with_one_character_and_with_or_without_spaces(void **state)
{
	(void)state;
	assert_pieces("欧阳小河", (const char *const[]){"欧", "欧阳", "欧阳小河", NULL});
	assert_pieces("欧阳 小 河", (const char *const[]){"欧", "欧阳", "欧阳小河", NULL});
	assert_pieces("张伟 Wei", (const char *const[]){"张", "张伟", "张伟we", NULL});
}

static void one_looks_under_the_longest_piece_that_was_typed_whole(void **state)
{
	(void)state;
	assert_str(name_piece_of(&arena, STR("x")), "");
	assert_str(name_piece_of(&arena, STR(" ")), "");
	assert_str(name_piece_of(&arena, STR("Xia")), "xi");
	assert_str(name_piece_of(&arena, STR("LIN XIAO")), "lin xiao");
	assert_str(name_piece_of(&arena, STR("Lin Xiaohe and sons")), "lin xiao");
	assert_str(name_piece_of(&arena, STR("欧")), "欧");
	assert_str(name_piece_of(&arena, STR("欧阳小")), "欧阳");
}

/* Whatever beginning of whichever word is typed: the piece to look under is one of the name's, and the name begins so.
 */
static void every_beginning_finds_its_name(void **state)
{
	(void)state;
	static const char *const names[] = {"Lin Xiaohe", "Kestrel Staffing Ltd", "José Álvarez", "欧阳小河",
	                                    "O'Brien",    "港口建设有限公司",     "Al-Amin Yusuf"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str name = str_of(names[i]), pieces[NAME_PIECES_MAX];
		size_t n = name_pieces(&arena, name, pieces);
		for (size_t at = 0, runes = 0; at < name.n;) {
			str_rune(name, &at);
			struct str typed = str_sub(name, 0, at), piece = name_piece_of(&arena, typed);
			bool is_there = piece.n == 0 && ++runes < 3;
			for (size_t k = 0; k < n; k++) {
				is_there = is_there || str_eq(pieces[k], piece);
			}
			assert_true(is_there);
			assert_true(name_begins(&arena, name, typed));
		}
	}
	assert_true(name_begins(&arena, STR("Lin Xiaohe"), STR("xiaoHE")));
	assert_false(name_begins(&arena, STR("Lin Xiaohe"), STR("iaohe")));
	assert_false(name_begins(&arena, STR("Lin Xiaohe"), STR("linx")));
	assert_false(name_begins(&arena, STR("欧阳小河"), STR("小河")));
}

static void a_name_of_many_words_keeps_a_bounded_number_of_pieces(void **state)
{
	(void)state;
	struct str pieces[NAME_PIECES_MAX];
	assert_true(
		name_pieces(&arena,
	                STR("alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november"),
	                pieces) <= NAME_PIECES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_begun_at_each_of_its_words),
		cmocka_unit_test(case_accents_width_and_spaces_make_no_difference),
		cmocka_unit_test(han_names_begin_with_one_character_and_with_or_without_spaces),
		cmocka_unit_test(one_looks_under_the_longest_piece_that_was_typed_whole),
		cmocka_unit_test(every_beginning_finds_its_name),
		cmocka_unit_test(a_name_of_many_words_keeps_a_bounded_number_of_pieces),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
