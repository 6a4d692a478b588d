#include "../unit.h"

#include "base/fold.h"

static void assert_name(const char *name, const char *expected)
{
	struct arena a;
	arena_init(&a, 64 * 1024);
	struct str s = fold_name(&a, str_of(name));
	if (!str_is(s, expected)) {
		fail_msg("\"%s\" is \"%.*s\", not \"%s\"", name, STR_ARG(s), expected);
	}
	arena_release(&a);
}

static void names_that_people_write_differently_are_the_same(void **state)
{
	(void)state;
	assert_name("Lin Xiaohe", "lin xiaohe");
	assert_name("  LIN   XIAOHE ", "lin xiaohe");
	assert_name("\xef\xbc\xac\xef\xbd\x89\xef\xbd\x8e\xe3\x80\x80Xiaohe", "lin xiaohe");
	assert_name("Hedda Nystr\xc3\xb6m", "hedda nystrom");
	assert_name("O'Brien-Smith, \xc3\x86lfric", "obriensmith aelfric");
	assert_name("O\xe2\x80\x99"
	            "Brien",
	            "obrien");
	assert_name("\xe6\x9e\x97\xe5\xb0\x8f\xe6\xb2\xb3", "\xe6\x9e\x97\xe5\xb0\x8f\xe6\xb2\xb3");
	assert_name("...", "");
	assert_name("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names_that_people_write_differently_are_the_same)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
