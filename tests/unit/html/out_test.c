/* Escaping and the reader's forms of numbers, money, dates and sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/date.h"
#include "html/out.h"

static struct buf page;

static struct html_out begin(const char *lang)
{
	buf_reset(&page);
	return (struct html_out){.to = &page, .lang = str_of(lang), .year = 2026};
}

static void wrote(const char *expected)
{
	assert_string_equal(buf_cstr(&page), expected);
}

static day_number day_of(int year, int month, int day)
{
	return date_to_day((struct date){year, month, day});
}

static void every_special_byte_is_escaped_and_no_other(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;
		struct html_out o = begin("en");
		html_put_text(&o, str_from(&byte, 1));
		switch (byte) {
		case '&':
			wrote("&amp;");
			break;
		case '<':
			wrote("&lt;");
			break;
		case '>':
			wrote("&gt;");
			break;
		case '"':
			wrote("&quot;");
			break;
		case '\'':
			wrote("&#39;");
			break;
		default:
			assert_int_equal(page.n, 1);
			assert_int_equal(page.p[0], byte);
		}
	}
	struct html_out o = begin("en");
	html_put_text(&o, STR("a<b 中文 &amp; c"));
	html_put_text(&o, STR_EMPTY);
	wrote("a&lt;b 中文 &amp;amp; c");
}

static void lines_become_breaks(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	html_put_lines(&o, STR("a\r\n<b>\n\nc"));
	wrote("a<br>&lt;b&gt;<br><br>c");
}

static void addresses_keep_utf8_and_query(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	html_put_url(&o, STR("/案/a b?x=1&y=%20#z"));
	wrote("/%E6%A1%88/a%20b?x=1&amp;y=%20#z");
	o = begin("en");
	html_put_url_part(&o, STR("a b/中~._-%"));
	wrote("a%20b%2F%E4%B8%AD~._-%25");
}

static void numbers_are_grouped(void **state)
{
	(void)state;
	static const struct {
		int64_t v;
		const char *text;
	} cases[] = {{0, "0"},
	             {7, "7"},
	             {999, "999"},
	             {1000, "1,000"},
	             {-1234567, "\u22121,234,567"},
	             {INT64_MAX, "9,223,372,036,854,775,807"},
	             {INT64_MIN, "\u22129,223,372,036,854,775,808"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct html_out o = begin("en");
		html_put_number(&o, cases[i].v);
		wrote(cases[i].text);
	}
}

static void money_has_the_digits_of_its_currency(void **state)
{
	(void)state;
	static const struct {
		const char *lang;
		int64_t minor;
		const char *currency, *text;
	} cases[] = {
		{"en", 123456, "EUR", "EUR\u00a01,234.56"},
		{"en", 120000, "EUR", "EUR\u00a01,200"},
		{"en", 5, "EUR", "EUR\u00a00.05"},
		{"en", 1200, "JPY", "JPY\u00a01,200"},
		{"en", 1234567, "KWD", "KWD\u00a01,234.567"},
		{"en", -150, "USD", "\u2212USD\u00a01.50"},
		{"zh-Hans", 2000050, "CNY", "20,000.50元"},
		{"zh-Hans", 100, "EUR", "EUR\u00a01"},
		{"en", 100, "<b>", "1"},
		{"ar-XB", 100, "EUR", "\u2066EUR\u00a01\u2069"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct html_out o = begin(cases[i].lang);
		html_put_money(&o, cases[i].minor, str_of(cases[i].currency));
		wrote(cases[i].text);
	}
}

static void dates_follow_the_language(void **state)
{
	(void)state;
	static const struct {
		const char *lang;
		int year, month, day;
		enum date_form form;
		const char *text;
	} cases[] = {
		{"en", 2026, 11, 23, DATE_LONG, "Monday 23 November"},
		{"en", 2027, 11, 23, DATE_LONG, "Tuesday 23 November 2027"},
		{"en", 2026, 11, 23, DATE_WITH_YEAR, "Monday 23 November 2026"},
		{"en", 2026, 11, 3, DATE_SHORT, "Tue 3 Nov"},
		{"en", 2025, 5, 3, DATE_SHORT, "3 May 2025"},
		{"en", 2028, 2, 29, DATE_WITH_YEAR, "Tuesday 29 February 2028"},
		{"zh-Hans", 2026, 11, 23, DATE_LONG, "11月23日（星期一）"},
		{"zh-Hans", 2026, 11, 23, DATE_WITH_YEAR, "2026年11月23日（星期一）"},
		{"zh-Hans", 2027, 1, 1, DATE_LONG, "2027年1月1日（星期五）"},
		{"zh-Hans", 2026, 11, 26, DATE_SHORT, "11月26日周四"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct html_out o = begin(cases[i].lang);
		html_put_date(&o, day_of(cases[i].year, cases[i].month, cases[i].day), cases[i].form);
		wrote(cases[i].text);
	}
	/* The made-up language has the same figures and none of the words. */
	struct html_out o = begin("ar-XB");
	html_put_date(&o, day_of(2026, 11, 23), DATE_WITH_YEAR);
	assert_non_null(strstr(buf_cstr(&page), "23"));
	assert_non_null(strstr(buf_cstr(&page), "2026"));
	assert_null(strstr(buf_cstr(&page), "Monday"));
	/* Without a year of its own, a page says every year. */
	o = begin("en");
	o.year = 0;
	html_put_date(&o, day_of(2026, 11, 23), DATE_LONG);
	wrote("Monday 23 November 2026");
	o = begin("en");
	html_put_iso(&o, day_of(2026, 3, 9));
	wrote("2026-03-09");
}

static void times_and_sizes_are_short(void **state)
{
	(void)state;
	struct html_out o = begin("en");
	html_put_time(&o, 9 * 3600 + 14 * 60 + 59);
	html_put_time(&o, 0);
	html_put_time(&o, 86399);
	wrote("9:140:0023:59");
	static const struct {
		int64_t bytes;
		const char *text;
	} sizes[] = {{0, "0\u00a0B"},       {999, "999\u00a0B"},          {1000, "1\u00a0kB"},
	             {1550, "1.6\u00a0kB"}, {48000, "48\u00a0kB"},        {999499, "999\u00a0kB"},
	             {999500, "1\u00a0MB"}, {3200000, "3.2\u00a0MB"},     {20000000, "20\u00a0MB"},
	             {-1, "0\u00a0B"},      {2500000000, "2,500\u00a0MB"}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		o = begin("en");
		html_put_bytes(&o, sizes[i].bytes);
		wrote(sizes[i].text);
	}
}

/* Whatever comes in, what goes out holds no markup, and unescaping gives back what came in. */
static void escaping_is_whole_and_reversible(void **state)
{
	(void)state;
	unsigned seed = (unsigned)time(NULL);
	print_message("seed %u\n", seed);
	srand(seed);
	static const char alphabet[] = "<>&\"'ab{}/;#x=\n\xe4\xb8\xad";
	for (int round = 0; round < 2000; round++) {
		char in[64];
		size_t n = (size_t)rand() % sizeof in;
		for (size_t i = 0; i < n; i++) {
			in[i] = alphabet[(size_t)rand() % (sizeof alphabet - 1)];
		}
		struct html_out o = begin("en");
		html_put_text(&o, str_from(in, n));
		assert_null(memchr(page.p ? page.p : "", '<', page.n));
		assert_null(memchr(page.p ? page.p : "", '"', page.n));
		assert_null(memchr(page.p ? page.p : "", '\'', page.n));
		static const char *const names[][2] = {
			{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}};
		size_t at = 0;
		const char *p = buf_cstr(&page);
		while (*p) {
			char got = *p;
			size_t step = 1;
			for (size_t k = 0; *p == '&' && k < 5; k++) {
				if (strncmp(p, names[k][0], strlen(names[k][0])) == 0) {
					got = names[k][1][0];
					step = strlen(names[k][0]);
				}
			}
			assert_true(at < n);
			assert_int_equal(got, in[at]);
			at++;
			p += step;
		}
		assert_int_equal(at, n);
	}
}

int main(void)
{
	buf_init(&page, 1 << 16);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_special_byte_is_escaped_and_no_other),
		cmocka_unit_test(lines_become_breaks),
		cmocka_unit_test(addresses_keep_utf8_and_query),
		cmocka_unit_test(numbers_are_grouped),
		cmocka_unit_test(money_has_the_digits_of_its_currency),
		cmocka_unit_test(dates_follow_the_language),
		cmocka_unit_test(times_and_sizes_are_short),
		cmocka_unit_test(escaping_is_whole_and_reversible),
	};
	int failed = cmocka_run_group_tests_name("html out", tests, NULL, NULL);
	buf_release(&page);
	return failed;
}
