/* The calendars of real countries in the demonstration pack against the dates that were announced, and what the rules
 * in which they are written can say. */
#include "../unit.h"
#include "app/catalogue/calendar_file.h"
#include "app/catalogue/calendar_ical.h"
#include "app/catalogue/pack.h"
#include "os/file.h"

/* Of one year: weekdays on which nobody works, weekend days that are worked, days with hours of their own. */
struct announced {
	const char *calendar;
	int32_t year;
	const char *off, *worked, *shorter;
};
static const struct announced announced[] = {
	{"cn", 2024,
     "01-01 02-12 02-13 02-14 02-15 02-16 04-04 04-05 05-01 05-02 05-03 06-10 09-16 09-17 10-01 10-02 10-03 "
     "10-04 10-07",
     "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12", ""},
	{"cn", 2025,
     "01-01 01-28 01-29 01-30 01-31 02-03 02-04 04-04 05-01 05-02 05-05 06-02 10-01 10-02 10-03 10-06 10-07 "
     "10-08",
     "01-26 02-08 04-27 09-28 10-11", ""},
	{"cn", 2026,
     "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 10-01 10-02 10-05 "
     "10-06 10-07",
     "01-04 02-14 02-28 05-09 09-20 10-10", ""},
	{"de-be", 2024, "01-01 03-08 03-29 04-01 05-01 05-09 05-20 10-03 12-25 12-26", "", ""},
	{"de-be", 2025, "01-01 04-18 04-21 05-01 05-08 05-29 06-09 10-03 12-25 12-26", "", ""},
	{"de-be", 2026, "01-01 04-03 04-06 05-01 05-14 05-25 12-25", "", ""},
	{"de-be", 2027, "01-01 03-08 03-26 03-29 05-06 05-17", "", ""},
	{"ee", 2024, "01-01 03-29 05-01 06-24 08-20 12-24 12-25 12-26", "", "02-23 12-23 12-31"},
	{"ee", 2025, "01-01 02-24 04-18 05-01 06-23 06-24 08-20 12-24 12-25 12-26", "", "12-23 12-31"},
	{"ee", 2026, "01-01 02-24 04-03 05-01 06-23 06-24 08-20 12-24 12-25", "", "02-23 06-22 12-23 12-31"},
	{"ee", 2027, "01-01 02-24 03-26 06-23 06-24 08-20 12-24", "", "02-23 06-22 12-23 12-31"},
	{"gb-eng", 2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26", "", ""},
	{"gb-eng", 2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26", "", ""},
	{"gb-eng", 2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28", "", ""},
	{"gb-eng", 2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28", "", ""},
	{"us-federal", 2024, "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25", "", ""},
	{"us-federal", 2025, "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25", "", ""},
	{"us-federal", 2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25", "", ""},
	{"us-federal", 2027, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31", "", ""},
};

static struct pack *demo(void)
{
	struct pack_files files;
	struct pack_report report;
	struct pack *p = NULL;
	struct err e = {0};
	pack_report_init(&report);
	if (!pack_files_read(STR("packs/demo"), &files, &report, &e) || !pack_read(&files, &report, &p, &e)) {
		fail_msg("%s", e.text);
	}
	assert_str(buf_str(&report.text), "");
	pack_report_release(&report);
	pack_files_release(&files);
	return p;
}

static const struct calendar *calendar_named(const struct pack *p, const char *id)
{
	for (size_t i = 0; i < p->calendar_n; i++) {
		if (str_is(p->calendars[i].id, id)) {
			return p->calendars[i].calendar;
		}
	}
	fail_msg("there is no calendar %s", id);
	return NULL;
}

static void note(struct buf *to, day_number day)
{
	char iso[11];
	date_format(day, iso);
	buf_put(to, to->n > 0 ? STR(" ") : STR_EMPTY);
	buf_put_c(to, iso + 5);
}

static void calendars_of_countries_are_as_announced(void **state)
{
	(void)state;
	struct pack *p = demo();
	for (size_t i = 0; i < sizeof announced / sizeof *announced; i++) {
		const struct announced *a = &announced[i];
		const struct calendar *c = calendar_named(p, a->calendar);
		struct buf off, worked, shorter;
		buf_init(&off, 4096);
		buf_init(&worked, 4096);
		buf_init(&shorter, 4096);
		day_number first = date_to_day((struct date){a->year, 1, 1}),
				   last = date_to_day((struct date){a->year, 12, 31});
		assert_true(calendar_covers(c, first) && calendar_covers(c, last));
		for (day_number day = first; day <= last; day++) {
			bool is_weekend = date_weekday(day) >= 5, works = calendar_is_working(c, day);
			if (!is_weekend && !works) {
				note(&off, day);
			} else if (is_weekend && works) {
				note(&worked, day);
			}
			struct office_hours hours = calendar_hours(c, day);
			if (works && hours.spans[hours.n - 1].to_min == 14 * 60) {
				note(&shorter, day);
			}
		}
		print_message("%s %d\n", a->calendar, a->year);
		assert_string_equal(buf_cstr(&off), a->off);
		assert_string_equal(buf_cstr(&worked), a->worked);
		assert_string_equal(buf_cstr(&shorter), a->shorter);
		buf_release(&off);
		buf_release(&worked);
		buf_release(&shorter);
	}
	pack_free(p);
}

/* --- Rules -------------------------------------------------------------------------------------------------------- */

static const char head[] = "format: 1\nid: x\nzone: Europe/Berlin\nweekend: [saturday, sunday]\nhours: 9:00-17:00\n";

/* The days off on weekdays, or the mistakes. */
static void assert_says(const char *rest, const char *want)
{
	struct arena a;
	struct pack_report report;
	struct buf text;
	struct calendar_file f;
	struct zone *zone;
	struct err e;
	arena_init(&a, 1 << 24);
	pack_report_init(&report);
	buf_init(&text, 4096);
	buf_put_c(&text, head);
	buf_put_c(&text, rest);
	struct reader r = {.arena = &a, .report = &report, .file = STR("x")};
	r.has_lang[0] = true;
	struct calendar *c = NULL;
	assert_true(zone_load(STR("Europe/Berlin"), &zone, &e));
	if (calendar_file_read(&r, buf_str(&text), STR("x"), &f)) {
		c = calendar_file_make(&r, &f, zone, 1);
		assert_non_null(c);
	}
	buf_reset(&text);
	for (day_number day = c ? calendar_first(c) : 1; day <= (c ? calendar_last(c) : 0); day++) {
		if (date_weekday(day) < 5 && !calendar_is_working(c, day)) {
			note(&text, day);
		}
	}
	assert_string_equal(c ? buf_cstr(&text) : buf_cstr(&report.text), want);
	calendar_free(c);
	zone_free(zone);
	buf_release(&text);
	pack_report_release(&report);
	arena_release(&a);
}

static void rules_give_a_day_each_year(void **state)
{
	(void)state;
	assert_says("years: 2026-2028\nholidays:\n  - yearly: 05-01\n    name: {en: A}\n", "05-01 05-01");
	assert_says("years: 2026-2027\nholidays:\n  - yearly: 02-29\n    name: {en: A}\n", "");
	assert_says("years: 2028-2028\nholidays:\n  - yearly: 02-29\n    name: {en: A}\n", "02-29");
	assert_says("years: 2026-2027\nholidays:\n  - yearly: last friday of november\n    name: {en: A}\n", "11-27 11-26");
	assert_says("years: 2026-2027\nholidays:\n  - yearly: fifth friday of november\n    name: {en: A}\n", "");
	assert_says("years: 2024-2027\nholidays:\n  - easter: 60\n    since: 2025\n    until: 2026\n    name: {en: A}\n",
	            "06-19 06-04");
}

static void rules_that_fall_on_a_weekend_move(void **state)
{
	(void)state;
	/* 25 and 26 December 2027: Saturday and Sunday, the order of the rows does not matter. */
	assert_says("years: 2027-2027\nholidays:\n  - yearly: 12-26\n    moves: next-weekday\n    name: {en: B}\n"
	            "  - yearly: 12-25\n    moves: next-weekday\n    name: {en: A}\n",
	            "12-27 12-28");
	/* Not onto a day that is off anyway. */
	assert_says("years: 2027-2027\nholidays:\n  - yearly: 12-25\n    moves: next-weekday\n    name: {en: A}\n"
	            "  - day: 2027-12-27\n    name: {en: B}\n",
	            "12-27 12-28");
	/* New Year 2028 is a Saturday. */
	assert_says("years: 2027-2027\nholidays:\n  - yearly: 01-01\n    moves: nearest-weekday\n    name: {en: A}\n",
	            "01-01 12-31");
	assert_says("years: 2028-2028\nholidays:\n  - yearly: 01-01\n    moves: nearest-weekday\n    name: {en: A}\n", "");
}

static void what_is_written_goes_before_a_rule(void **state)
{
	(void)state;
	assert_says("years: 2026-2026\nholidays:\n  - yearly: 05-01\n    name: {en: A}\n"
	            "half_days:\n  - day: 2026-05-01\n    hours: 9:00-12:00\n    name: {en: B}\n",
	            "");
	/* Two rules on one day are one day off. */
	assert_says(
		"years: 2008-2008\nholidays:\n  - yearly: 05-01\n    name: {en: A}\n  - easter: 39\n    name: {en: B}\n",
		"05-01");
}

static void mistakes_in_rules_are_named(void **state)
{
	(void)state;
	assert_says(
		"years: 2026-2026\nholidays:\n  - yearly: 13-01\n    name: {en: A}\n",
		"x:8: \"yearly\" is \"13-01\". Write month and day, such as 12-25, or words such as last monday of may.\n");
	assert_says("years: 2026-2026\nholidays:\n  - yearly: sixth monday of may\n    name: {en: A}\n",
	            "x:8: \"yearly\" is \"sixth monday of may\". Write month and day, such as 12-25, or words such as last "
	            "monday of may.\n");
	assert_says("years: 2026-2026\nholidays:\n  - easter: 1\n    day: 2026-04-06\n    name: {en: A}\n",
	            "x:9: \"day\" stands beside a rule. Keep one of the two.\n");
	assert_says("years: 2026-2026\nholidays:\n  - easter: 1\n    yearly: 12-25\n    name: {en: A}\n",
	            "x:9: \"yearly\" stands beside \"easter\". Keep one of the two.\n");
	assert_says("years: 2026-2026\nholidays:\n  - easter: 1\n    moves: nearest\n    name: {en: A}\n",
	            "x:9: \"moves\" is \"nearest\". Write nearest-weekday or next-weekday.\n");
}

/* --- iCalendar ---------------------------------------------------------------------------------------------------- */

static struct calendar *calendar_of(struct str yaml, struct zone **zone)
{
	struct arena a;
	struct pack_report report;
	struct calendar_file f;
	struct err e;
	arena_init(&a, 1 << 26);
	pack_report_init(&report);
	struct reader r = {.arena = &a, .report = &report, .file = STR("x")};
	calendar_file_languages(&r, yaml);
	if (!calendar_file_read(&r, yaml, STR_EMPTY, &f) || !zone_load(f.zone_name, zone, &e)) {
		fail_msg("%s\n%.*s", buf_cstr(&report.text), STR_ARG(yaml));
	}
	struct calendar *c = calendar_file_make(&r, &f, *zone, 1);
	assert_non_null(c);
	pack_report_release(&report);
	arena_release(&a);
	return c;
}

static void calendars_go_to_icalendar_and_back(void **state)
{
	(void)state;
	static const char *const names[] = {"port-linden", "cn", "de-be", "ee", "gb-eng", "us-federal"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buf yaml, ics, back;
		struct pack_report report;
		struct zone *zone, *other;
		struct err e = {0};
		char path[200];
		buf_init(&yaml, 1 << 20);
		buf_init(&ics, 1 << 20);
		buf_init(&back, 1 << 20);
		pack_report_init(&report);
		snprintf(path, sizeof path, "packs/demo/calendars/%s.yaml", names[i]);
		if (!file_read_whole(path, &yaml, &e) || !calendar_to_ical(buf_str(&yaml), &ics, &report, &e) ||
		    !calendar_from_ical(buf_str(&ics), &(struct calendar_import){.id = STR_EMPTY}, &back, &e)) {
			fail_msg("%s: %s", path, e.text);
		}
		struct str rest = buf_str(&ics), line;
		while (str_next(&rest, '\n', &line)) {
			assert_true(line.n <= 76 && str_is_utf8(line));
		}
		struct calendar *was = calendar_of(buf_str(&yaml), &zone), *is = calendar_of(buf_str(&back), &other);
		assert_memory_equal(calendar_digest(was), calendar_digest(is), SHA256_BYTES);
		calendar_free(was);
		calendar_free(is);
		zone_free(zone);
		zone_free(other);
		pack_report_release(&report);
		buf_release(&yaml);
		buf_release(&ics);
		buf_release(&back);
	}
}

static void assert_imports(const char *events, const struct calendar_import *how, const char *want)
{
	struct buf ics, yaml;
	struct err e = {0};
	buf_init(&ics, 1 << 16);
	buf_init(&yaml, 1 << 16);
	buf_put_c(&ics, "BEGIN:VCALENDAR\nVERSION:2.0\n");
	buf_put_c(&ics, events);
	buf_put_c(&ics, "END:VCALENDAR\n");
	bool ok = calendar_from_ical(buf_str(&ics), how, &yaml, &e);
	const char *got = ok ? strstr(buf_cstr(&yaml), "years:") : e.text;
	assert_string_equal(got, want);
	buf_release(&ics);
	buf_release(&yaml);
}

static void calendars_of_others_are_taken(void **state)
{
	(void)state;
	struct calendar_import how = {.id = STR("x"),
	                              .zone = STR("Asia/Shanghai"),
	                              .hours = STR("9:00-12:00, 13:00-17:00; friday 9:00-12:00"),
	                              .workday = STR("补班")};
	assert_imports("BEGIN:VEVENT\nDTSTART:20261001\nDTEND:20261003\nSUMMARY:国庆节\nEND:VEVENT\n"
	               "BEGIN:VEVENT\nDTSTART:20261010\nSUMMARY:国庆节 补班\nEND:VEVENT\n"
	               "BEGIN:VEVENT\nDTSTART:20261012\nSUMMARY:补班\nEND:VEVENT\n",
	               &how,
	               "years: 2026-2026\nholidays:\n  - from: 2026-10-01\n    to: 2026-10-02\n    name:\n      en: \"Day "
	               "off\"\n      zh-Hans: \"国庆节\"\nworkdays:\n  - day: 2026-10-10\n    name:\n      en: \"Worked "
	               "day\"\n      zh-Hans: \"国庆节 补班\"\n  # line 12: 2026-10-12 is a working day anyway\n");
	/* Closed from noon, from 11:00 on a Friday, and over a weekend: only what is open is changed. */
	how.workday = STR_EMPTY;
	assert_imports(
		"BEGIN:VEVENT\nDTSTART:20261224T120000\nDTEND:20261225T110000\nSUMMARY:Closed \"early\"\nEND:VEVENT\n"
		"BEGIN:VEVENT\nDTSTART:20261226T100000\nDTEND:20261226T110000\nSUMMARY:Sat\nEND:VEVENT\n",
		&how,
		"years: 2026-2026\nholidays: []\nhalf_days:\n  - day: 2026-12-24\n    hours: 9:00-12:00\n    name:\n  "
		"    en: \"Closed \\\"early\\\"\"\n  - day: 2026-12-25\n    hours: 11:00-12:00\n    name:\n      en: "
		"\"Closed \\\"early\\\"\"\n  # line 8: 2026-12-26 is a day off anyway\n");
	/* Only rules: the years have to be said. */
	const char *rule = "BEGIN:VEVENT\nDTSTART:20000501\nRRULE:FREQ=YEARLY\nSUMMARY:May Day\nEND:VEVENT\n";
	assert_imports(rule, &how, "say for which years, at most 60 between 1970 and 2200, such as 2024-2026");
	how.years = STR("2026-2027");
	assert_imports(rule, &how,
	               "years: 2026-2027\nholidays:\n  - day: 2026-05-01\n    name:\n      en: \"May Day\"\n  - day: "
	               "2027-05-01\n    name:\n      en: \"May Day\"\n");
	how.workday = STR("Worked");
	assert_imports("BEGIN:VEVENT\nDTSTART:20260501\nSUMMARY:May Day\nEND:VEVENT\n"
	               "BEGIN:VEVENT\nDTSTART:20260501\nSUMMARY:Worked\nEND:VEVENT\n",
	               &how, "line 7: 2026-05-01 is off by one event and worked by another, in line 3");
	how.zone = STR_EMPTY;
	assert_imports(rule, &how, "the file names no time zone: say which, such as Europe/Amsterdam");
	how.zone = STR("Europe/Berlin");
	how.hours = STR("17:00-9:00");
	assert_imports(rule, &how, "\"17:00-9:00\" are no office hours such as 8:30-12:00, 13:00-18:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calendars_of_countries_are_as_announced),
		cmocka_unit_test(rules_give_a_day_each_year),
		cmocka_unit_test(rules_that_fall_on_a_weekend_move),
		cmocka_unit_test(what_is_written_goes_before_a_rule),
		cmocka_unit_test(mistakes_in_rules_are_named),
		cmocka_unit_test(calendars_go_to_icalendar_and_back),
		cmocka_unit_test(calendars_of_others_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
