#include "base/pseudo.h"

#include "unit/unit.h"

static struct buf out;

static struct str pseudo(struct str english)
{
	buf_reset(&out);
	pseudo_text(&out, english);
	assert_false(out.failed);
	assert_true(str_is_utf8(buf_str(&out)));
	return buf_str(&out);
}

static int begin(void **state)
{
	(void)state;
	buf_init(&out, 1 << 16);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	buf_release(&out);
	return 0;
}

static void leaves_no_english_letter(void **state)
{
	(void)state;
	struct str s = pseudo(STR("The Quick Brown Fox Jumps Over The Lazy Dog"));
	for (size_t i = 0; i < s.n;) {
		uint32_t rune = str_rune(s, &i);
		assert_true(rune == ' ' || (rune >= 0x0620 && rune <= 0x06FF));
	}
}

static void gives_each_letter_its_own(void **state)
{
	(void)state;
	uint32_t seen[26];
	for (int i = 0; i < 26; i++) {
		char lower[1] = {(char)('a' + i)}, upper[1] = {(char)('A' + i)};
		size_t at = 0;
		seen[i] = str_rune(pseudo(str_from(lower, 1)), &at);
		at = 0;
		assert_int_equal(str_rune(pseudo(str_from(upper, 1)), &at), seen[i]);
		for (int k = 0; k < i; k++) {
			assert_int_not_equal(seen[k], seen[i]);
		}
	}
}

static void is_about_35_percent_longer(void **state)
{
	(void)state;
	struct str english = STR("Somebody changed this a moment before you look at it again and somewhat later too");
	size_t letters = 0;
	for (size_t i = 0; i < english.n; i++) {
		letters += english.p[i] != ' ';
	}
	size_t longer = str_runes(pseudo(english)) - english.n;
	assert_in_range(longer * 100 / letters, 34, 37);
	assert_int_equal(str_runes(pseudo(STR("ok"))), 3);
}

static void touches_nothing_that_machines_read(void **state)
{
	(void)state;
	static const char *const same[] = {
		"",
		"2026-048176-37",
		"{name}",
		"{n, plural, one {# day} other {# days}}",
		"%s %d %1$s %-10.3u %zu %lld %%",
		"<a href=\"/x\" title=\"a > b\">",
		"</strong>",
		"<!-- remark -->",
		"&amp;&nbsp;&#8217;&#x2019;",
		"https://example.org/a/b?c=d",
		"mailto:hall@example.org",
		"\xE6\xBC\xA2\xE5\xAD\x97 \xC3\xA9",
	};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		assert_str(pseudo(str_of(same[i])), same[i]);
	}
	assert_str(pseudo(STR("a {day} b <b>c</b> &lt; %s")), "\xD8\xA7\xD9\x80 {day} \xD8\xA8 <b>\xD9\x83</b> &lt; %s");
}

static void takes_stray_marks_for_text(void **state)
{
	(void)state;
	static const char *const text[] = {"{abc", "a < b", "<abc", "a & b", "&abc", "abc}", "% off", "<"};
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		struct str s = pseudo(str_of(text[i]));
		for (size_t k = 0; k < s.n; k++) {
			assert_false((s.p[k] | 32) >= 'a' && (s.p[k] | 32) <= 'z');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leaves_no_english_letter, begin, finish),
		cmocka_unit_test_setup_teardown(gives_each_letter_its_own, begin, finish),
		cmocka_unit_test_setup_teardown(is_about_35_percent_longer, begin, finish),
		cmocka_unit_test_setup_teardown(touches_nothing_that_machines_read, begin, finish),
		cmocka_unit_test_setup_teardown(takes_stray_marks_for_text, begin, finish),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
