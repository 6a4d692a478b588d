/* The legal clock of a case, against days worked out by hand. */
#include "../unit.h"
#include "app/cases/clock.h"
#include "base/legal_clock.h"

static struct zone *zone;
static struct calendar *calendar;

static day_number day(const char *iso)
{
	day_number d;
	assert_true(date_parse(str_of(iso), &d));
	return d;
}

/* Monday to Friday; 25 and 26 December 2026 and 1 January 2027 off, Saturday 19 December 2026 is worked instead. */
static int set_up(void **state)
{
	(void)state;
	struct err e;
	if (!zone_load(STR("Europe/Lisbon"), &zone, &e)) {
		return -1;
	}
	struct calendar_day days[] = {
		{.day = day("2026-12-25")},
		{.day = day("2026-12-19"), .is_working = true},
		{.day = day("2027-01-01")},
	};
	struct calendar_spec spec = {
		.id = STR("test"),
		.version = 1,
		.zone = zone,
		.weekend = 1 << 5 | 1 << 6,
		.hours = OFFICE_HOURS(9 * 60, 17 * 60),
		.days = days,
		.day_n = 3,
		.first = day("2026-01-01"),
		.last = day("2028-12-31"),
	};
	return calendar_new(&spec, &calendar, &e) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	calendar_free(calendar);
	zone_free(zone);
	return 0;
}

static struct case_dates at(const struct case_clock *clock, const char *today)
{
	struct case_dates d;
	case_clock_dates(calendar, clock, day(today), &d);
	return d;
}

static const struct case_clock *fresh(const char *start)
{
	static struct case_clock clock;
	clock = (struct case_clock){.start_day = day(start), .committed = 15, .statutory = 20};
	return &clock;
}

static void the_day_of_submission_is_not_counted(void **state)
{
	(void)state;
	struct case_dates d = at(fresh("2026-11-02"), "2026-11-02");
	assert_int_equal(d.promised, day("2026-11-23"));
	assert_int_equal(d.legal, day("2026-11-30"));
	assert_int_equal(d.ran_days, 0);
	assert_int_equal(d.left_days, 15);
	assert_int_equal(at(fresh("2026-11-02"), "2026-11-03").left_days, 15);
	assert_int_equal(at(fresh("2026-11-01"), "2026-11-01").left_days, 15); /* a Sunday */
}

static void a_stop_moves_both_limits_by_the_working_days_it_stood(void **state)
{
	(void)state;
	struct case_clock clock = *fresh("2026-11-02");
	/* Asked on Monday the 9th, answered on Thursday the 12th: Tuesday to Thursday stood. */
	clock.stood_days = case_clock_stood(calendar, day("2026-11-09"), day("2026-11-12"));
	assert_int_equal(clock.stood_days, 3);
	struct case_dates d = at(&clock, "2026-11-18");
	assert_int_equal(d.promised, day("2026-11-26"));
	assert_int_equal(d.legal, day("2026-12-03"));
	assert_int_equal(d.ran_days, 8);
	assert_int_equal(d.left_days, 7); /* the 18th itself is left */
}

static void while_it_stands_the_promise_moves_and_nothing_runs(void **state)
{
	(void)state;
	struct case_clock clock = *fresh("2026-11-02");
	clock.stands = true;
	clock.stands_since = day("2026-11-09");
	struct case_dates same_day = at(&clock, "2026-11-09"), week_later = at(&clock, "2026-11-16");
	assert_int_equal(same_day.promised, day("2026-11-23"));
	assert_int_equal(same_day.ran_days, 4);
	assert_int_equal(same_day.left_days, 11);
	assert_int_equal(week_later.left_days, 10);
	assert_true(week_later.stands);
	assert_int_equal(week_later.ran_days, 5);
	assert_int_equal(week_later.stood_days, 5);
	assert_int_equal(week_later.promised, day("2026-11-30"));
}

static void asked_and_answered_on_one_day_stands_for_none(void **state)
{
	(void)state;
	assert_int_equal(case_clock_stood(calendar, day("2026-11-09"), day("2026-11-09")), 0);
	/* Over a weekend: Friday to Sunday. */
	assert_int_equal(case_clock_stood(calendar, day("2026-11-06"), day("2026-11-08")), 0);
}

static void left_days_count_today_and_then_go_below_zero(void **state)
{
	(void)state;
	const struct case_clock *clock = fresh("2026-11-02");
	assert_int_equal(at(clock, "2026-11-20").left_days, 2);
	assert_int_equal(at(clock, "2026-11-23").left_days, 1); /* due today */
	assert_int_equal(at(clock, "2026-11-24").left_days, -1);
	assert_int_equal(at(clock, "2026-11-26").left_days, -3);
	/* On a Saturday, today is not counted. */
	assert_int_equal(at(clock, "2026-11-21").left_days, 1);
}

static void holidays_and_make_up_days_over_new_year(void **state)
{
	(void)state;
	/* After Friday the 18th come Saturday the 19th (worked) and 21 to 24 December: five days until Christmas. */
	struct case_clock clock = *fresh("2026-12-18");
	clock.committed = 5;
	clock.statutory = 10;
	struct case_dates d = at(&clock, "2026-12-18");
	assert_int_equal(d.promised, day("2026-12-24"));
	/* 28 to 31 December and 4 January: the 25th and the 1st are off. */
	assert_int_equal(d.legal, day("2027-01-04"));
}

static void a_decided_case_is_as_on_the_day_of_its_decision(void **state)
{
	(void)state;
	struct case_clock clock = *fresh("2026-11-02");
	clock.has_ended = true;
	clock.ended_day = day("2026-11-10");
	struct case_dates d = at(&clock, "2027-03-01");
	assert_int_equal(d.ran_days, 6);
	assert_int_equal(d.promised, day("2026-11-23"));
	assert_int_equal(d.left_days, 10);
}

static void it_begins_on_a_day_off(void **state)
{
	(void)state;
	struct case_clock clock = *fresh("2026-11-07"); /* a Saturday */
	clock.committed = 1;
	clock.statutory = 2;
	struct case_dates d = at(&clock, "2026-11-07");
	assert_int_equal(d.promised, day("2026-11-09"));
	assert_int_equal(d.legal, day("2026-11-10"));
}

/* base/legal_clock counts working days as this clock does. It differs on the day of the answer, which stood and is not
 * left, and where a stop begins when a limit has run out already or does so that day. */
static void agrees_with_the_legal_clock(void **state)
{
	(void)state;
	struct prng r = seeded();
	for (int i = 0; i < 20000; i++) {
		day_number start = day("2026-01-01") + (day_number)prng_below(&r, 700);
		struct case_clock old = {.start_day = start, .committed = 1 + (int32_t)prng_below(&r, 20)};
		old.statutory = old.committed + (int32_t)prng_below(&r, 20);
		int64_t noon = 12 * 3600;
		struct clock_stop stop = {.since.day = start + (day_number)prng_below(&r, 20)};
		stop.until.day = stop.since.day + (day_number)prng_below(&r, 30);
		stop.since.us = zone_instant_us(zone, stop.since.day, (int32_t)noon);
		stop.until.us = zone_instant_us(zone, stop.until.day, (int32_t)noon + 60);
		day_number today = stop.since.day + (day_number)prng_below(&r, 60);
		stop.has_ended = prng_below(&r, 2) == 0;
		struct legal_clock clock = {
			.rule = {.committed = {CLOCK_WORKING_DAYS, old.committed},
		             .statutory = {CLOCK_WORKING_DAYS, old.statutory}},
			.submitted = {start, zone_instant_us(zone, start, (int32_t)noon - 60)},
		};
		struct case_dates was;
		case_clock_dates(calendar, &old, stop.since.day, &was);
		if (stop.since.day < was.promised && today != stop.until.day) {
			clock.stops = &stop;
			clock.stop_n = 1;
			old.stands = !stop.has_ended || today < stop.until.day;
			old.stands_since = stop.since.day;
			old.stood_days = old.stands ? 0 : case_clock_stood(calendar, stop.since.day, stop.until.day);
		}
		struct clock_face f;
		case_clock_dates(calendar, &old, today, &was);
		legal_clock_read(calendar, &clock, zone_instant_us(zone, today, 23 * 3600), &f);
		assert_int_equal(f.due[CLOCK_COMMITTED].day, was.promised);
		assert_int_equal(f.due[CLOCK_STATUTORY].day, was.legal);
		assert_int_equal(f.due[CLOCK_COMMITTED].left_days, was.left_days);
		assert_int_equal(f.ran_days, was.ran_days);
		assert_int_equal(f.stood_days, was.stood_days);
		assert_int_equal(f.stands, was.stands);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_day_of_submission_is_not_counted),
		cmocka_unit_test(a_stop_moves_both_limits_by_the_working_days_it_stood),
		cmocka_unit_test(while_it_stands_the_promise_moves_and_nothing_runs),
		cmocka_unit_test(asked_and_answered_on_one_day_stands_for_none),
		cmocka_unit_test(left_days_count_today_and_then_go_below_zero),
		cmocka_unit_test(holidays_and_make_up_days_over_new_year),
		cmocka_unit_test(a_decided_case_is_as_on_the_day_of_its_decision),
		cmocka_unit_test(it_begins_on_a_day_off),
		cmocka_unit_test(agrees_with_the_legal_clock),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
