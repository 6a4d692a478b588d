#include "base/date.h"

#include "unit/unit.h"

static void knows_some_days(void **state)
{
	(void)state;
	static const struct {
		struct date date;
		day_number day;
		int weekday;
	} known[] = {
		{{1970, 1, 1}, 0, 3},      {{1, 1, 1}, DAY_MIN, 0}, {{9999, 12, 31}, DAY_MAX, 4}, {{2000, 2, 29}, 11016, 1},
		{{2026, 10, 1}, 20727, 3}, {{1969, 12, 31}, -1, 2}, {{1900, 3, 1}, -25508, 3},    {{2024, 2, 29}, 19782, 3},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		assert_int_equal(date_to_day(known[i].date), known[i].day);
		assert_int_equal(date_weekday(known[i].day), known[i].weekday);
	}
}

static void counts_every_day_of_ten_thousand_years(void **state)
{
	(void)state;
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	day_number day = DAY_MIN;
	int weekday = 0;
	for (int year = 1; year <= 9999; year++) {
		bool is_leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
		for (int month = 1; month <= 12; month++) {
			int last = lengths[month - 1] + (month == 2 && is_leap);
			for (int d = 1; d <= last; d++, day++, weekday = (weekday + 1) % 7) {
				struct date back = date_of_day(day);
				if (back.year != year || back.month != month || back.day != d || date_to_day(back) != day ||
				    date_weekday(day) != weekday) {
					fail_msg("day %d", day);
				}
			}
		}
	}
	assert_int_equal(day - 1, DAY_MAX);
}

static void reads_exactly_one_way_of_writing(void **state)
{
	(void)state;
	day_number day = 7;
	assert_true(date_parse(STR("2024-02-29"), &day));
	assert_int_equal(day, 19782);
	static const char *const wrong[] = {
		"",           "2024-2-29", "2023-02-29",  "2024-13-01", "2024-00-01", "2024-01-00", "2024-04-31", "0000-01-01",
		"2024/02/29", "20240229",  "2024-02-29 ", " 024-02-29", "+024-02-29", "2024-02-2x", "1900-02-29", "2024-02-29T",
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(date_parse(str_of(wrong[i]), &day));
	}
	assert_int_equal(day, 19782);
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	struct prng r = seeded();
	char text[11];
	for (int i = 0; i < 20000; i++) {
		day_number day = DAY_MIN + (day_number)prng_below(&r, DAY_MAX - DAY_MIN + 1), back;
		date_format(day, text);
		assert_true(date_parse(str_of(text), &back));
		assert_int_equal(back, day);
	}
	date_format(INT32_MAX, text);
	assert_string_equal(text, "9999-12-31");
	date_format(INT32_MIN, text);
	assert_string_equal(text, "0001-01-01");
}

static void month_arithmetic_stays_in_the_month(void **state)
{
	(void)state;
	static const struct {
		const char *from;
		int months;
		const char *to;
	} known[] = {
		{"2026-01-31", 1, "2026-02-28"},         {"2024-01-31", 1, "2024-02-29"},
		{"2024-02-29", 12, "2025-02-28"},        {"2026-12-15", 1, "2027-01-15"},
		{"2026-01-15", -1, "2025-12-15"},        {"2026-03-31", -1, "2026-02-28"},
		{"2026-05-31", 0, "2026-05-31"},         {"9999-12-31", 1, "9999-12-31"},
		{"0001-01-15", -1, "0001-01-01"},        {"2026-01-01", INT32_MAX, "9999-12-31"},
		{"2026-01-01", INT32_MIN, "0001-01-01"},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		day_number from;
		char text[11];
		assert_true(date_parse(str_of(known[i].from), &from));
		date_format(date_add_months(from, known[i].months), text);
		assert_string_equal(text, known[i].to);
	}
}

static void weekdays_go_on_at_the_ends_of_the_numbers(void **state)
{
	(void)state;
	assert_int_equal(date_weekday(INT32_MAX), ((INT64_C(2147483647) + 3) % 7));
	assert_true(date_weekday(INT32_MIN) >= 0 && date_weekday(INT32_MIN) < 7);
}

static void assert_is(day_number got, int32_t year, int32_t month, int32_t day)
{
	assert_int_equal(got, date_to_day((struct date){year, month, day}));
}

static void easter_falls_where_the_churches_say(void **state)
{
	(void)state;
	assert_is(date_easter(1818), 1818, 3, 22); /* the earliest */
	assert_is(date_easter(1943), 1943, 4, 25); /* the latest */
	assert_is(date_easter(1954), 1954, 4, 18);
	assert_is(date_easter(1981), 1981, 4, 19);
	assert_is(date_easter(2000), 2000, 4, 23);
	assert_is(date_easter(2024), 2024, 3, 31);
	assert_is(date_easter(2025), 2025, 4, 20);
	assert_is(date_easter(2026), 2026, 4, 5);
	assert_is(date_easter(2027), 2027, 3, 28);
	for (int32_t year = 1583; year < 2600; year++) {
		assert_int_equal(date_weekday(date_easter(year)), 6);
	}
}

static void weekdays_are_counted_from_both_ends_of_a_month(void **state)
{
	(void)state;
	day_number day;
	assert_true(date_nth_weekday(2026, 11, 4, 3, &day));
	assert_is(day, 2026, 11, 26);
	assert_true(date_nth_weekday(2026, 5, -1, 0, &day));
	assert_is(day, 2026, 5, 25);
	assert_true(date_nth_weekday(2026, 6, 1, 0, &day));
	assert_is(day, 2026, 6, 1);
	assert_true(date_nth_weekday(2026, 6, 5, 0, &day));
	assert_is(day, 2026, 6, 29);
	assert_false(date_nth_weekday(2026, 7, 5, 0, &day));
	assert_true(date_nth_weekday(2026, 6, -5, 0, &day));
	assert_is(day, 2026, 6, 1);
	assert_false(date_nth_weekday(2026, 6, 0, 0, &day));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_some_days),
		cmocka_unit_test(counts_every_day_of_ten_thousand_years),
		cmocka_unit_test(reads_exactly_one_way_of_writing),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(month_arithmetic_stays_in_the_month),
		cmocka_unit_test(weekdays_go_on_at_the_ends_of_the_numbers),
		cmocka_unit_test(easter_falls_where_the_churches_say),
		cmocka_unit_test(weekdays_are_counted_from_both_ends_of_a_month),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
