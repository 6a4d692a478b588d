/* The legal clock against days and instants worked out by hand. Random cases against a slow model: tests/sim. */
#include "base/legal_clock.h"

#include "base/time_source.h"
#include "unit/unit.h"

enum { WEEKEND = 1 << 5 | 1 << 6 };

static struct zone *zone;
static struct calendar *calendar;

static day_number day(const char *iso)
{
	day_number d;
	if (!date_parse(str_of(iso), &d)) {
		fail_msg("%s", iso);
	}
	return d;
}

/* "2026-11-02 10:30"; without a time: noon. */
static int64_t at(const char *text)
{
	int hour = 12, minute = 0;
	char iso[11];
	memcpy(iso, text, 10);
	iso[10] = '\0';
	if (text[10] == ' ') {
		assert_int_equal(sscanf(text + 10, "%d:%d", &hour, &minute), 2);
	}
	return zone_instant_us(zone, day(iso), hour * 3600 + minute * 60);
}

static struct clock_moment moment(const char *text)
{
	return clock_moment_at(calendar, at(text));
}

static void assert_at(int64_t us, const char *want)
{
	struct local_time t = zone_local(zone, us);
	char text[40], iso[11];
	date_format(t.day, iso);
	snprintf(text, sizeof text, "%s %02d:%02d", iso, t.second / 3600, t.second / 60 % 60);
	assert_string_equal(text, want);
}

static void assert_day(day_number got, const char *want)
{
	char text[11];
	date_format(got, text);
	assert_string_equal(text, want);
}

/* Monday to Friday, 9:00-12:00 and 13:00-17:00; 25 and 26 December 2026 and 1 January 2027 off, Saturday 19 December
 * worked instead; on the 31st until noon. Lisbon changes its clocks on 25 October 2026 and 28 March 2027. */
static struct calendar *made(bool has_storm_day)
{
	struct calendar_day days[] = {
		{.day = day("2026-12-25")},
		{.day = day("2026-12-19"), .is_working = true},
		{.day = day("2026-12-31"), .is_working = true, .hours = OFFICE_HOURS(9 * 60, 12 * 60)},
		{.day = day("2027-01-01")},
		{.day = day("2026-11-10")},
	};
	struct calendar_spec spec = {
		.id = STR("test"),
		.version = 1,
		.zone = zone,
		.weekend = WEEKEND,
		.hours = {.spans = {{540, 720}, {780, 1020}}, .n = 2},
		.days = days,
		.day_n = has_storm_day ? 5 : 4,
		.first = day("2026-01-01"),
		.last = day("2028-12-31"),
	};
	struct calendar *c;
	struct err e;
	if (!calendar_new(&spec, &c, &e)) {
		fail_msg("%s", e.text);
	}
	return c;
}

static int set_up(void **state)
{
	(void)state;
	struct err e;
	if (!zone_load(STR("Europe/Lisbon"), &zone, &e)) {
		return -1;
	}
	calendar = made(false);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	calendar_free(calendar);
	zone_free(zone);
	return 0;
}

static struct legal_clock begun(const char *start, enum clock_unit unit, int committed, int statutory)
{
	return (struct legal_clock){
		.rule = {.committed = {unit, committed},
	             .statutory = {unit, statutory},
	             .orange = clock_lead_orange,
	             .red = clock_lead_red},
		.submitted = moment(start),
	};
}

static struct clock_face face(const struct legal_clock *clock, const char *now)
{
	struct clock_face f;
	legal_clock_read(calendar, clock, at(now), &f);
	return f;
}

static void working_days_begin_after_the_day_of_submission(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 15, 20);
	struct clock_face f = face(&k, "2026-11-02");
	const struct clock_due *promised = &f.due[CLOCK_COMMITTED], *legal = &f.due[CLOCK_STATUTORY];
	assert_day(promised->day, "2026-11-23");
	assert_at(promised->us, "2026-11-24 00:00");
	assert_day(legal->day, "2026-11-30");
	assert_int_equal(f.ran_days, 0);
	assert_int_equal(promised->left_days, 15);
	assert_int_equal(face(&k, "2026-11-03").due[0].left_days, 15);
	assert_int_equal(face(&k, "2026-11-20").due[0].left_days, 2);
	assert_int_equal(face(&k, "2026-11-21").due[0].left_days, 1); /* a Saturday */
	assert_int_equal(face(&k, "2026-11-23 23:59").due[0].left_days, 1);
	assert_int_equal(face(&k, "2026-11-24").due[0].left_days, -1);
	assert_int_equal(face(&k, "2026-11-24").due[1].left_days, 5);
	assert_int_equal(face(&k, "2026-11-26").due[0].left_days, -3);
	/* Applied for on a Sunday. */
	k = begun("2026-11-01", CLOCK_WORKING_DAYS, 15, 20);
	assert_int_equal(face(&k, "2026-11-01").due[0].left_days, 15);
}

static void hours_run_to_the_minute_and_not_at_noon(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-05 11:30", CLOCK_WORKING_HOURS, 4, 16);
	struct clock_face f = face(&k, "2026-11-05 11:30");
	assert_at(f.due[CLOCK_COMMITTED].us, "2026-11-05 16:30");
	assert_at(f.due[CLOCK_STATUTORY].us, "2026-11-09 14:30"); /* 4.5 h, 7 h on Friday, 4.5 h */
	assert_int_equal(f.due[CLOCK_COMMITTED].left_minutes, 240);
	assert_true(f.due[CLOCK_COMMITTED].is_exact);
	/* 20% of 4 hours: 48 minutes; 10%: 24. */
	assert_at(f.due[CLOCK_COMMITTED].orange_us, "2026-11-05 15:42");
	assert_at(f.due[CLOCK_COMMITTED].red_us, "2026-11-05 16:06");
	assert_int_equal(face(&k, "2026-11-05 12:30").ran_minutes, 30);
	assert_int_equal(face(&k, "2026-11-05 16:00").level, CLOCK_ORANGE);
	assert_int_equal(face(&k, "2026-11-05 16:29").level, CLOCK_RED);
	assert_int_equal(face(&k, "2026-11-05 16:30").due[0].level, CLOCK_PAST);
	/* Submitted in the evening: it begins in the morning. */
	k = begun("2026-11-05 20:00", CLOCK_WORKING_HOURS, 1, 0);
	assert_at(face(&k, "2026-11-05 21:00").due[0].us, "2026-11-06 10:00");
}

static void calendar_days_and_months_end_on_a_day_on_which_somebody_works(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_CALENDAR_DAYS, 10, 26);
	struct clock_face f = face(&k, "2026-11-02");
	assert_day(f.due[0].day, "2026-11-12");
	assert_day(f.due[1].day, "2026-11-30"); /* the 28th is a Saturday */
	k = begun("2026-08-31", CLOCK_MONTHS, 3, 4);
	f = face(&k, "2026-08-31");
	assert_day(f.due[0].day, "2026-11-30");
	assert_day(f.due[1].day, "2026-12-31");
	k = begun("2026-11-26", CLOCK_MONTHS, 1, 3);
	f = face(&k, "2026-11-26");
	assert_day(f.due[0].day, "2026-12-28"); /* the 26th is a Saturday */
	assert_day(f.due[1].day, "2027-02-26");
	k = begun("2027-11-30", CLOCK_MONTHS, 3, 0);
	assert_day(face(&k, "2027-11-30").due[0].day, "2028-02-29");
}

static void a_stop_moves_both_limits_by_whole_working_days(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 15, 20);
	struct clock_stop stop = {.since = moment("2026-11-09"), .until = moment("2026-11-12"), .has_ended = true};
	k.stops = &stop;
	k.stop_n = 1;
	struct clock_face f = face(&k, "2026-11-18");
	assert_day(f.due[0].day, "2026-11-26");
	assert_day(f.due[1].day, "2026-12-03");
	assert_int_equal(f.stood_days, 3);
	assert_int_equal(f.ran_days, 8);
	assert_int_equal(f.due[0].left_days, 7);
	/* As of the days between it is what it was then. */
	f = face(&k, "2026-11-09");
	assert_true(f.stands);
	assert_int_equal(f.ran_days, 4);
	assert_int_equal(f.due[0].left_days, 11);
	assert_day(f.due[0].day, "2026-11-23");
	f = face(&k, "2026-11-11");
	assert_int_equal(f.due[0].left_days, 10);
	assert_int_equal(f.stood_days, 2);
	assert_day(f.due[0].day, "2026-11-25");
	/* On the day of the answer, which stood, it does not run again yet. */
	f = face(&k, "2026-11-12 15:00");
	assert_false(f.stands);
	assert_int_equal(f.due[0].left_days, 10);
	assert_int_equal(f.ran_days, 5);
	/* Asked and answered on one day, or over a weekend: it has not stood. */
	stop = (struct clock_stop){
		.since = moment("2026-11-09 09:00"), .until = moment("2026-11-09 16:00"), .has_ended = true};
	assert_int_equal(face(&k, "2026-11-18").stood_days, 0);
	stop = (struct clock_stop){.since = moment("2026-11-06"), .until = moment("2026-11-08"), .has_ended = true};
	assert_int_equal(face(&k, "2026-11-18").stood_days, 0);
}

static void a_stop_of_a_limit_in_hours_counts_to_the_minute(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02 09:00", CLOCK_WORKING_HOURS, 4, 0);
	struct clock_stop stop = {
		.since = moment("2026-11-02 10:10"), .until = moment("2026-11-02 13:25"), .has_ended = true};
	k.stops = &stop;
	k.stop_n = 1;
	struct clock_face f = face(&k, "2026-11-02 14:00");
	assert_int_equal(f.stood_minutes, 135);
	assert_int_equal(f.ran_minutes, 105);
	assert_at(f.due[0].us, "2026-11-02 16:15");
	f = face(&k, "2026-11-02 12:30");
	assert_true(f.stands);
	assert_int_equal(f.due[0].left_minutes, 170);
	assert_true(f.turns_us == at("2026-11-02 13:25"));
}

static void a_stop_of_calendar_days_lasts_until_the_next_working_day(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_CALENDAR_DAYS, 30, 0);
	struct clock_stop stop = {.since = moment("2026-11-10"), .until = moment("2026-11-13"), .has_ended = true};
	k.stops = &stop;
	k.stop_n = 1;
	/* From Wednesday to Sunday: five days after 2 December. */
	assert_day(face(&k, "2026-11-20").due[0].day, "2026-12-07");
	stop.until = moment("2026-11-12");
	assert_day(face(&k, "2026-11-20").due[0].day, "2026-12-04");
}

static void stops_that_overlap_count_once(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 15, 0);
	struct clock_stop stops[] = {
		{.since = moment("2026-11-04"), .until = moment("2026-11-10"), .has_ended = true},
		{.since = moment("2026-11-06"), .until = moment("2026-11-09"), .has_ended = true},
		{.since = moment("2026-11-10 11:00"), .until = moment("2026-11-11"), .has_ended = true},
		{.since = moment("2026-11-16"), .until = moment("2026-11-17"), .has_ended = true},
	};
	k.stops = stops;
	k.stop_n = 4;
	struct clock_face f = face(&k, "2026-11-20");
	assert_int_equal(f.stood_days, 6); /* 5, 6, 9, 10, 11, 17 */
	assert_day(f.due[0].day, "2026-12-01");
}

static void what_stopped_on_its_last_day_runs_out_after_both_of_two_stops(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-03", CLOCK_WORKING_DAYS, 2, 0);
	struct clock_stop stops[] = {
		{.since = moment("2026-11-05 10:00"), .until = moment("2026-11-06 10:00"), .has_ended = true},
		{.since = moment("2026-11-06 15:00")},
	};
	k.stops = stops;
	k.stop_n = 2;
	/* The first lasts until Monday, where it would have run out; the second begins on the Friday before. */
	struct clock_face f = face(&k, "2026-11-06 15:00");
	assert_day(f.due[0].day, "2026-11-09");
	assert_int_equal(f.level, CLOCK_GREEN);
	f = face(&k, "2026-11-12");
	assert_true(f.stands);
	assert_int_equal(f.level, CLOCK_GREEN);
}

static void a_stop_ends_by_itself_when_its_longest_time_is_over(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 15, 20);
	struct clock_stop stop = {.since = moment("2026-11-09"), .most = {CLOCK_WORKING_DAYS, 5}, .reason = 7};
	k.stops = &stop;
	k.stop_n = 1;
	struct clock_face f = face(&k, "2026-11-16 23:00");
	assert_true(f.stands);
	assert_at(f.turns_us, "2026-11-17 00:00");
	f = face(&k, "2026-11-17 00:00");
	assert_false(f.stands);
	assert_int_equal(f.stood_days, 5);
	assert_day(f.due[0].day, "2026-11-30");
	struct clock_segment story[8];
	assert_int_equal(legal_clock_story(calendar, &k, at("2026-11-19"), story, 8), 3);
	assert_true(story[1].stood && story[1].has_lapsed && story[1].reason == 7);
	assert_int_equal(story[1].working_days, 5);
	/* The applicant's longest time moves by an outage within it: a Friday afternoon gives the Tuesday. */
	struct clock_outage outage = {at("2026-11-13 12:00"), at("2026-11-13 20:00")};
	k.outages = &outage;
	k.outage_n = 1;
	assert_false(face(&k, "2026-11-17 00:00").stands);
	stop.is_applicants = true;
	f = face(&k, "2026-11-17 00:00");
	assert_true(f.stands);
	assert_at(f.turns_us, "2026-11-18 00:00");
}

static void what_has_run_out_is_not_brought_back(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 5, 20);
	struct clock_stop stop = {.since = moment("2026-11-10"), .until = moment("2026-11-12"), .has_ended = true};
	k.stops = &stop;
	k.stop_n = 1;
	struct clock_face f = face(&k, "2026-11-13");
	assert_day(f.due[0].day, "2026-11-09");
	assert_int_equal(f.due[0].level, CLOCK_PAST);
	assert_day(f.due[1].day, "2026-12-02");
	/* On the last day itself it is in time. */
	stop.since = moment("2026-11-09");
	f = face(&k, "2026-11-11");
	assert_day(f.due[0].day, "2026-11-11");
	assert_true(f.due[0].level != CLOCK_PAST);
}

static void a_stop_across_new_year(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-12-18", CLOCK_WORKING_DAYS, 5, 10);
	struct clock_face f = face(&k, "2026-12-18");
	assert_day(f.due[0].day, "2026-12-24"); /* Saturday the 19th is worked */
	assert_day(f.due[1].day, "2027-01-04");
	struct clock_stop stop = {.since = moment("2026-12-23"), .until = moment("2027-01-05"), .has_ended = true};
	k.stops = &stop;
	k.stop_n = 1;
	f = face(&k, "2027-01-06"); /* 24, 28 to 31 December, 4 and 5 January stood */
	assert_int_equal(f.stood_days, 7);
	assert_day(f.due[0].day, "2027-01-06");
	assert_day(f.due[1].day, "2027-01-13");
}

static void it_turns_at_the_shorter_lead(void **state)
{
	(void)state;
	/* Of 15 days: 2 working days and 1. */
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 15, 20);
	struct clock_face f = face(&k, "2026-11-02");
	assert_at(f.due[0].orange_us, "2026-11-20 00:00");
	assert_at(f.due[0].red_us, "2026-11-23 00:00");
	assert_at(f.turns_us, "2026-11-20 00:00");
	assert_int_equal(face(&k, "2026-11-19 23:59").level, CLOCK_GREEN);
	assert_int_equal(face(&k, "2026-11-20 00:00").level, CLOCK_ORANGE);
	assert_int_equal(face(&k, "2026-11-23 00:00").level, CLOCK_RED);
	f = face(&k, "2026-11-24 00:00");
	assert_int_equal(f.level, CLOCK_PAST);
	assert_int_equal(f.next, CLOCK_STATUTORY);
	assert_int_equal(f.due[1].level, CLOCK_GREEN);
	assert_at(f.turns_us, "2026-11-27 00:00");
	/* Of 3 days: 0.6 and 0.3 of the last day's 7 hours: 4 h 12 min and 2 h 6 min. */
	k = begun("2026-11-02", CLOCK_WORKING_DAYS, 3, 0);
	f = face(&k, "2026-11-02");
	assert_at(f.due[0].orange_us, "2026-11-05 11:48");
	assert_at(f.due[0].red_us, "2026-11-05 14:54");
	/* Of 7 days: 1.4 and 0.7. */
	k = begun("2026-11-02", CLOCK_WORKING_DAYS, 7, 0);
	f = face(&k, "2026-11-02");
	assert_at(f.due[0].orange_us, "2026-11-10 14:12");
	assert_at(f.due[0].red_us, "2026-11-11 11:06"); /* 4 h 54 min before 17:00 */
	/* The service's own. */
	k.rule.orange = (struct clock_lead){.percent = 50, .most = {CLOCK_WORKING_HOURS, 8}};
	k.rule.red = (struct clock_lead){.most = {CLOCK_WORKING_DAYS, 3}};
	f = face(&k, "2026-11-02");
	assert_at(f.due[0].orange_us, "2026-11-10 16:00");
	assert_at(f.due[0].red_us, "2026-11-09 00:00");
	/* Of 30 calendar days, 22 of them worked: 2 working days. */
	k = begun("2026-11-02", CLOCK_CALENDAR_DAYS, 30, 0);
	f = face(&k, "2026-11-02");
	assert_day(f.due[0].day, "2026-12-02");
	assert_at(f.due[0].orange_us, "2026-12-01 00:00");
}

static void while_it_stands_nothing_turns(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 5, 0);
	struct clock_stop stop = {.since = moment("2026-11-09 15:00")}; /* the last half day */
	k.stops = &stop;
	k.stop_n = 1;
	struct clock_face f = face(&k, "2026-11-20");
	assert_true(f.stands && f.level == CLOCK_RED);
	assert_true(f.turns_us == CLOCK_NEVER);
	stop.since = moment("2026-11-04 10:00");
	f = face(&k, "2026-11-20");
	assert_int_equal(f.level, CLOCK_GREEN);
	assert_int_equal(f.due[0].left_days, 3);
}

static void an_extension_counts_from_where_the_limit_would_have_run_out(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 15, 20);
	k.extension = (struct clock_limit){CLOCK_WORKING_DAYS, 10};
	struct clock_face f = face(&k, "2026-11-02");
	assert_day(f.due[0].day, "2026-12-07");
	assert_day(f.due[1].day, "2026-12-14");
	k = begun("2026-08-31", CLOCK_MONTHS, 0, 1);
	k.extension = (struct clock_limit){CLOCK_MONTHS, 1};
	assert_false(face(&k, "2026-08-31").due[0].is_there);
	assert_day(face(&k, "2026-08-31").due[1].day, "2026-10-30");
	/* Hours that are prolonged by days end with the day. */
	k = begun("2026-11-05 11:30", CLOCK_WORKING_HOURS, 4, 0);
	k.extension = (struct clock_limit){CLOCK_WORKING_DAYS, 2};
	assert_at(face(&k, "2026-11-05 12:00").due[0].us, "2026-11-10 00:00");
}

static void an_extension_does_not_bring_back_what_has_run_out(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 5, 20);
	k.extension = (struct clock_limit){CLOCK_WORKING_DAYS, 10};
	/* On the promised day itself both limits get more time; the day after only the one that still runs. */
	k.extended_us = at("2026-11-09 23:59");
	assert_day(face(&k, "2026-11-12").due[0].day, "2026-11-23");
	assert_day(face(&k, "2026-11-12").due[1].day, "2026-12-14");
	k.extended_us = at("2026-11-10 00:00");
	assert_day(face(&k, "2026-11-12").due[0].day, "2026-11-09");
	assert_int_equal(face(&k, "2026-11-12").due[0].level, CLOCK_PAST);
	assert_day(face(&k, "2026-11-12").due[1].day, "2026-12-14");
}

static void silence_speaks_at_midnight_and_waits_for_what_an_outage_took(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 0, 5);
	assert_true(face(&k, "2026-11-03").silence_us == CLOCK_NEVER);
	k.rule.silence = SILENCE_GRANTS;
	assert_at(face(&k, "2026-11-03").silence_us, "2026-11-10 00:00");
	/* Off on Friday from 16:00 to Saturday: one working hour; given back on Tuesday. */
	struct clock_outage outages[] = {
		{at("2026-11-06 16:00"), at("2026-11-07 03:00")},
		{at("2026-11-10 09:30"), at("2026-11-10 10:00")},
	};
	k.outages = outages;
	k.outage_n = 1;
	struct clock_face f = face(&k, "2026-11-09");
	assert_int_equal(f.given_back_minutes, 60);
	assert_at(f.silence_us, "2026-11-10 10:00");
	assert_at(f.due[1].us, "2026-11-10 00:00"); /* the office's own limit does not move */
	/* Off again meanwhile: that half hour gives nothing back. */
	k.outage_n = 2;
	assert_at(face(&k, "2026-11-10").silence_us, "2026-11-10 10:30");
	/* While it stood, the outage took nothing. */
	struct clock_stop stop = {.since = moment("2026-11-05"), .until = moment("2026-11-06 18:00"), .has_ended = true};
	k.stops = &stop;
	k.stop_n = 1;
	f = face(&k, "2026-11-09");
	assert_int_equal(f.given_back_minutes, 30);
	assert_at(f.silence_us, "2026-11-11 09:30");
	/* Decided before it: no silence. While it stands: not yet. */
	k.stop_n = 0;
	k.outage_n = 0;
	k.has_ended = true;
	k.ended = moment("2026-11-09 16:00");
	assert_true(face(&k, "2026-11-20").silence_us == CLOCK_NEVER);
	k.has_ended = false;
	stop.has_ended = false;
	k.stop_n = 1;
	assert_true(face(&k, "2026-11-20").silence_us == CLOCK_NEVER);
}

static void a_citizens_deadline_moves_by_the_outages_in_it(void **state)
{
	(void)state;
	struct clock_moment asked = moment("2026-11-02");
	struct clock_limit ten = {CLOCK_CALENDAR_DAYS, 11};
	struct clock_outage outages[] = {
		{at("2026-11-05 20:00"), at("2026-11-06 08:00")},
		{at("2026-11-13 12:00"), at("2026-11-15 12:00")},
	};
	struct clock_due d;
	legal_clock_deadline(calendar, &asked, ten, NULL, 0, &d);
	assert_at(d.us, "2026-11-14 00:00"); /* with Friday the 13th */
	legal_clock_deadline(calendar, &asked, ten, outages, 1, &d);
	assert_day(d.day, "2026-11-16"); /* 12 hours reach into Saturday, on which nobody works */
	legal_clock_deadline(calendar, &asked, ten, outages, 2, &d);
	assert_day(d.day, "2026-11-16");
	outages[1].until_us = at("2026-11-16 12:00");
	legal_clock_deadline(calendar, &asked, ten, outages, 2, &d);
	assert_day(d.day, "2026-11-17");
	/* In hours, by the working minutes. */
	legal_clock_deadline(calendar, &(struct clock_moment){day("2026-11-05"), at("2026-11-05 16:00")},
	                     (struct clock_limit){CLOCK_WORKING_HOURS, 2}, NULL, 0, &d);
	assert_at(d.us, "2026-11-06 10:00");
	outages[0].until_us = at("2026-11-06 09:30");
	legal_clock_deadline(calendar, &(struct clock_moment){day("2026-11-05"), at("2026-11-05 16:00")},
	                     (struct clock_limit){CLOCK_WORKING_HOURS, 2}, outages, 1, &d);
	assert_at(d.us, "2026-11-06 10:30");
}

static void the_story_says_ran_stood_ran(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 15, 20);
	struct clock_stop stops[] = {
		{.since = moment("2026-11-09"), .until = moment("2026-11-12"), .has_ended = true, .reason = 1},
		{.since = moment("2026-11-18"), .reason = 2},
	};
	struct clock_segment s[8];
	assert_int_equal(legal_clock_story(calendar, &k, at("2026-11-02"), s, 8), 1);
	assert_true(s[0].is_open && !s[0].stood && s[0].working_days == 0);
	k.stops = stops;
	k.stop_n = 2;
	assert_int_equal(legal_clock_story(calendar, &k, at("2026-11-16"), s, 8), 3);
	assert_int_equal(s[0].working_days, 5);
	assert_day(s[0].from_day, "2026-11-03");
	assert_day(s[0].to_day, "2026-11-09");
	assert_true(s[1].stood && s[1].reason == 1 && !s[1].is_open);
	assert_int_equal(s[1].working_days, 3);
	assert_int_equal(s[2].working_days, 1); /* Friday; today is not over */
	assert_true(s[2].is_open);
	assert_int_equal(legal_clock_story(calendar, &k, at("2026-11-20"), s, 8), 4);
	assert_true(s[3].stood && s[3].is_open && s[3].reason == 2);
	assert_int_equal(s[3].working_days, 2);
	assert_int_equal(legal_clock_story(calendar, &k, at("2026-11-20"), s, 1), 4);
	/* The end closes it. */
	k.has_ended = true;
	k.ended = moment("2026-11-17");
	assert_int_equal(legal_clock_story(calendar, &k, at("2026-11-20"), s, 8), 3);
	assert_int_equal(s[2].working_days, 3);
	assert_false(s[2].is_open);
	struct clock_face f = face(&k, "2026-11-20");
	assert_int_equal(f.ran_days, 8);
	assert_true(f.has_ended && f.turns_us == CLOCK_NEVER);
}

static void a_clock_from_acceptance_waits_for_it(void **state)
{
	(void)state;
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 15, 20);
	k.rule.from = CLOCK_FROM_ACCEPTANCE;
	struct clock_face f = face(&k, "2026-11-03");
	assert_false(f.has_begun || f.due[0].is_there);
	assert_true(f.turns_us == CLOCK_NEVER && f.next == CLOCK_LIMITS);
	assert_int_equal(legal_clock_story(calendar, &k, at("2026-11-03"), NULL, 0), 0);
	k.is_accepted = true;
	k.accepted = moment("2026-11-04");
	assert_day(face(&k, "2026-11-04").due[0].day, "2026-11-25");
	/* A stop from before it counts from then on. */
	struct clock_stop stop = {.since = moment("2026-11-02"), .until = moment("2026-11-05"), .has_ended = true};
	k.stops = &stop;
	k.stop_n = 1;
	assert_day(face(&k, "2026-11-06").due[0].day, "2026-11-26");
	stop.until = moment("2026-11-03");
	assert_day(face(&k, "2026-11-06").due[0].day, "2026-11-25");
}

static void another_version_of_the_calendar_says_what_moves(void **state)
{
	(void)state;
	struct calendar *storm = made(true); /* 10 November off */
	struct legal_clock k = begun("2026-11-02", CLOCK_WORKING_DAYS, 5, 20);
	struct clock_change change;
	assert_true(legal_clock_compare(calendar, storm, &k, at("2026-11-04"), &change));
	assert_day(change.was.due[0].day, "2026-11-09");
	assert_day(change.is.due[0].day, "2026-11-09");
	assert_day(change.was.due[1].day, "2026-11-30");
	assert_day(change.is.due[1].day, "2026-12-01");
	k.has_ended = true;
	k.ended = moment("2026-11-03");
	assert_false(legal_clock_compare(calendar, storm, &k, at("2026-11-04"), &change));
	k = begun("2026-11-11", CLOCK_WORKING_DAYS, 5, 20);
	assert_false(legal_clock_compare(calendar, storm, &k, at("2026-11-12"), &change));
	calendar_free(storm);
}

static void beyond_the_calendars_years_nothing_is_promised(void **state)
{
	(void)state;
	struct legal_clock k = begun("2028-12-20", CLOCK_WORKING_DAYS, 5, 20);
	k.rule.silence = SILENCE_GRANTS;
	struct clock_face f = face(&k, "2028-12-20");
	assert_true(f.due[0].is_covered);
	assert_false(f.due[1].is_covered);
	assert_true(f.silence_us == CLOCK_NEVER);
	k = begun("2028-12-20", CLOCK_MONTHS, 1, 0);
	assert_false(face(&k, "2028-12-20").due[0].is_covered);
	k = begun("2028-12-20", CLOCK_WORKING_HOURS, 8, 80);
	f = face(&k, "2028-12-20");
	assert_true(f.due[0].is_covered && !f.due[1].is_covered);
}

static void hours_over_a_change_of_clocks(void **state)
{
	(void)state;
	/* Friday 23 October 2026, 16:00 in summer time; two working hours later it is Monday 10:00 in winter time. */
	struct legal_clock k = begun("2026-10-23 16:00", CLOCK_WORKING_HOURS, 2, 0);
	struct clock_face f = face(&k, "2026-10-23 16:00");
	assert_at(f.due[0].us, "2026-10-26 10:00");
	assert_true(f.due[0].us - at("2026-10-23 16:00") == (66 + 1) * 60 * US_PER_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(working_days_begin_after_the_day_of_submission),
		cmocka_unit_test(hours_run_to_the_minute_and_not_at_noon),
		cmocka_unit_test(calendar_days_and_months_end_on_a_day_on_which_somebody_works),
		cmocka_unit_test(a_stop_moves_both_limits_by_whole_working_days),
		cmocka_unit_test(a_stop_of_a_limit_in_hours_counts_to_the_minute),
		cmocka_unit_test(a_stop_of_calendar_days_lasts_until_the_next_working_day),
		cmocka_unit_test(stops_that_overlap_count_once),
		cmocka_unit_test(what_stopped_on_its_last_day_runs_out_after_both_of_two_stops),
		cmocka_unit_test(a_stop_ends_by_itself_when_its_longest_time_is_over),
		cmocka_unit_test(what_has_run_out_is_not_brought_back),
		cmocka_unit_test(a_stop_across_new_year),
		cmocka_unit_test(it_turns_at_the_shorter_lead),
		cmocka_unit_test(while_it_stands_nothing_turns),
		cmocka_unit_test(an_extension_counts_from_where_the_limit_would_have_run_out),
		cmocka_unit_test(an_extension_does_not_bring_back_what_has_run_out),
		cmocka_unit_test(silence_speaks_at_midnight_and_waits_for_what_an_outage_took),
		cmocka_unit_test(a_citizens_deadline_moves_by_the_outages_in_it),
		cmocka_unit_test(the_story_says_ran_stood_ran),
		cmocka_unit_test(a_clock_from_acceptance_waits_for_it),
		cmocka_unit_test(another_version_of_the_calendar_says_what_moves),
		cmocka_unit_test(beyond_the_calendars_years_nothing_is_promised),
		cmocka_unit_test(hours_over_a_change_of_clocks),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
