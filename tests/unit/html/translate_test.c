/* Languages, look-up, plurals and sentences with arguments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "html/catalogue.h"
#include "html/translate.h"

static struct buf text;

static void languages_are_negotiated(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"", "en"},
		{"en-GB,en;q=0.9", "en"},
		{"zh", "zh-Hans"},
		{"zh-CN", "zh-Hans"},
		{"ZH-cn,zh;q=0.9,en;q=0.8", "zh-Hans"},
		{"zh-Hans-SG", "zh-Hans"},
		{"en;q=0.5, zh;q=0.7", "zh-Hans"},
		{"zh;q=0, en", "en"},
		{"zh;q=0", "en"},
		{"fr, de;q=0.9", "en"},
		{"fr, zh;q=0.1", "zh-Hans"},
		{"*", "en"},
		{"ar-XB", "en"}, /* made up: never offered */
		{"ar-XB, zh;q=0.2", "zh-Hans"},
		{"zh;q=2", "en"},
		{"zh;q=x", "en"},
		{"zh;foo=1", "en"},
		{",,;q=1,zh ;q=0.3", "zh-Hans"},
		{"zhx", "en"},
		{"-", "en"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct language *l = language_negotiate(str_of(cases[i][0]));
		if (strcmp(l->tag, cases[i][1]) != 0) {
			fail_msg("\"%s\" gave %s", cases[i][0], l->tag);
		}
	}
	assert_string_equal(language_find(STR("ZH-hans"))->tag, "zh-Hans");
	assert_null(language_find(STR("zh")));
	assert_null(language_find(STR_EMPTY));
	assert_true(language_is_rtl(STR("ar-XB")));
	assert_false(language_is_rtl(STR("en")));
	assert_string_equal(languages[0].tag, "en");
}

static void every_message_is_found(void **state)
{
	(void)state;
	assert_true(catalogue_n >= 2);
	for (size_t i = 0; i < catalogue_n; i++) {
		const struct catalogue *c = &catalogues[i];
		size_t n = 0;
		for (uint32_t k = 0; k <= c->mask; k++) {
			if (c->slots[k].msgid != NULL) {
				struct str got = tr(str_of(c->tag), c->slots[k].msgid);
				assert_ptr_equal(got.p, c->forms[c->slots[k].first].p);
				n++;
			}
		}
		assert_true(n > 100);
		assert_true(n < c->mask); /* an empty slot ends each search */
	}
}

static void messages_without_translation_are_their_own(void **state)
{
	(void)state;
	static const char *const tags[] = {"en", "zh-Hans", "ar-XB", "tlh", ""};
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		assert_true(str_is(tr(str_of(tags[i]), "No such message: 7f3a"), "No such message: 7f3a"));
		assert_true(str_is(tr(str_of(tags[i]), ""), ""));
		assert_true(str_is(trn(str_of(tags[i]), "One 7f3a", "Many 7f3a", 1), "One 7f3a"));
		assert_true(str_is(trn(str_of(tags[i]), "One 7f3a", "Many 7f3a", 0), "Many 7f3a"));
	}
	assert_true(str_is(tr(STR("zh-Hans"), "Monday"), "星期一"));
	assert_true(str_is(tr(STR("en"), "Monday"), "Monday"));
}

static void plurals_follow_the_language(void **state)
{
	(void)state;
	static const char one[] = "One answer needs another look";
	static const char many[] = "{n} answers need another look";
	assert_true(str_is(trn(STR("en"), one, many, 1), one));
	assert_true(str_is(trn(STR("en"), one, many, -1), one));
	assert_true(str_is(trn(STR("en"), one, many, 2), many));
	struct str zh = trn(STR("zh-Hans"), one, many, 1);
	assert_true(str_eq(zh, trn(STR("zh-Hans"), one, many, 100)));
	assert_false(str_is(zh, one));
	assert_false(str_eq(trn(STR("ar-XB"), one, many, 1), trn(STR("ar-XB"), one, many, INT64_MIN)));
	assert_true(str_find(trn(STR("ar-XB"), one, many, 2), STR("{n}")) != SIZE_MAX);
}

static void sentences_take_their_arguments(void **state)
{
	(void)state;
	struct html_out o = {.to = &text, .lang = STR("en")};
	const struct tr_arg args[] = {TR_S("who", STR("<{n}>")), TR_I("n", -3), TR_N("big", 12345),
	                              TR_H("b", ((struct html){STR("<b>x</b>")})), TR_O("ours", STR("A & B"))};
	buf_reset(&text);
	tr_put(&o, STR("{who} & {n} {big} {b} {ours} {none} {who"), args, 5);
	assert_string_equal(buf_cstr(&text), "<bdi>&lt;{n}&gt;</bdi> &amp; -3 12,345 <b>x</b> A &amp; B {none} {who");
	buf_reset(&text);
	tr_put_plain(&text, STR("{who} & {n} {big} {b} {ours} {none} {} {{n}}"), args, 5);
	assert_string_equal(buf_cstr(&text), "<{n}> & -3 12,345  A & B {none} {} {-3}");
}

static void plain_text_isolates_what_runs_the_other_way(void **state)
{
	(void)state;
	const struct tr_arg latin = TR_S("who", STR("Ann 2")), hebrew = TR_S("who", STR("\u05D0\u05D1"));
	buf_reset(&text);
	tr_put_plain(&text, STR("{who} applied"), &latin, 1);
	assert_string_equal(buf_cstr(&text), "Ann 2 applied");
	buf_reset(&text);
	tr_put_plain(&text, STR("{who}, 2"), &hebrew, 1);
	assert_string_equal(buf_cstr(&text), "\u2068\u05D0\u05D1\u2069, 2");
	buf_reset(&text);
	tr_put_plain(&text, STR("\u05D0 {who}"), &latin, 1);
	assert_string_equal(buf_cstr(&text), "\u05D0 \u2068Ann 2\u2069");
}

static void steps_stop_at_known_names_alone(void **state)
{
	(void)state;
	struct html_out o = {.to = &text, .lang = STR("en")};
	static const char *const names[] = {"a", "/a", NULL};
	struct str rest = STR("x<{b}{a}y{/a}z{A}");
	buf_reset(&text);
	assert_int_equal(tr_step(&o, &rest, names), 0);
	assert_string_equal(buf_cstr(&text), "x&lt;{b}");
	assert_int_equal(tr_step(&o, &rest, names), 1);
	assert_int_equal(tr_step(&o, &rest, names), -1);
	assert_string_equal(buf_cstr(&text), "x&lt;{b}yz{A}");
	assert_int_equal(tr_step(&o, &rest, names), -1);
}

int main(void)
{
	buf_init(&text, 1 << 16);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages_are_negotiated),
		cmocka_unit_test(every_message_is_found),
		cmocka_unit_test(messages_without_translation_are_their_own),
		cmocka_unit_test(plurals_follow_the_language),
		cmocka_unit_test(sentences_take_their_arguments),
		cmocka_unit_test(plain_text_isolates_what_runs_the_other_way),
		cmocka_unit_test(steps_stop_at_known_names_alone),
	};
	int failed = cmocka_run_group_tests_name("translate", tests, NULL, NULL);
	buf_release(&text);
	return failed;
}
