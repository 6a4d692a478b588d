#include "base/ical.h"

#include "unit/unit.h"

static struct zone *zone;

static int set_up(void **state)
{
	(void)state;
	struct err e;
	return zone_load(STR("Europe/Berlin"), &zone, &e) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	zone_free(zone);
	return 0;
}

/* Lines of one event, between the usual ones. */
static void put_event(struct buf *b, const char *lines)
{
	buf_put_c(b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n");
	buf_put_c(b, lines);
	buf_put_c(b, "END:VEVENT\r\nEND:VCALENDAR\r\n");
}

/* All that begin from 2024 to 2028: days, with the time where there is one. */
static void assert_dates(const char *lines, const char *want)
{
	struct arena a;
	struct ical c;
	struct buf file, got;
	struct err e = {0};
	struct ical_occurrence *o = NULL;
	size_t n = 0;
	arena_init(&a, 1 << 24);
	buf_init(&file, 1 << 16);
	buf_init(&got, 1 << 16);
	put_event(&file, lines);
	day_number first = date_to_day((struct date){2024, 1, 1}), last = date_to_day((struct date){2028, 12, 31});
	if (ical_parse(&a, buf_str(&file), &c, &e) && ical_occurrences(&a, &c, zone, first, last, &o, &n, &e)) {
		for (size_t i = 0; i < n; i++) {
			char iso[11], end[11];
			date_format(o[i].day, iso);
			date_format(o[i].end_day, end);
			buf_printf(&got, "%s%s", i > 0 ? " " : "", iso);
			if (o[i].is_timed) {
				buf_printf(&got, "T%02d:%02d-%s%02d:%02d", o[i].second / 3600, o[i].second / 60 % 60,
				           o[i].end_day == o[i].day ? "" : end + 8, o[i].end_second / 3600, o[i].end_second / 60 % 60);
			} else if (o[i].end_day != o[i].day + 1) {
				buf_printf(&got, "-%s", end + 8);
			}
		}
	} else {
		buf_put_c(&got, e.text);
	}
	assert_string_equal(buf_cstr(&got), want);
	buf_release(&file);
	buf_release(&got);
	arena_release(&a);
}

static void days_and_times_are_read(void **state)
{
	(void)state;
	assert_dates("DTSTART;VALUE=DATE:20260501\r\n", "2026-05-01");
	assert_dates("DTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261008\r\n", "2026-10-01-08");
	assert_dates("DTSTART:20261001\r\nDURATION:P1W\r\n", "2026-10-01-08");
	assert_dates("DTSTART:20261224T120000\r\nDTEND:20261224T180000\r\n", "2026-12-24T12:00-18:00");
	assert_dates("DTSTART:20261224T120000\r\nDURATION:PT6H30M\r\n", "2026-12-24T12:00-18:30");
	/* Of other zones: shown in ours. */
	assert_dates("DTSTART:20260630T230000Z\r\nDTEND:20260701T030000Z\r\n", "2026-07-01T01:00-05:00");
	assert_dates("DTSTART;TZID=America/New_York:20261224T200000\r\nDTEND;TZID=America/New_York:20261224T210000\r\n",
	             "2026-12-25T02:00-03:00");
	assert_dates("DTSTART;TZID=\"Europe/Berlin\":20261224T200000\r\nDTEND;TZID=Europe/Berlin:20261225T000000\r\n",
	             "2026-12-24T20:00-2500:00");
	assert_dates("DTSTART:20260501\r\nSTATUS:CANCELLED\r\n", "");
}

static void rules_of_holidays_are_followed(void **state)
{
	(void)state;
	assert_dates("DTSTART:20240501\r\nRRULE:FREQ=YEARLY\r\n", "2024-05-01 2025-05-01 2026-05-01 2027-05-01 2028-05-01");
	assert_dates("DTSTART:20000501\r\nRRULE:FREQ=YEARLY;INTERVAL=3\r\n", "2024-05-01 2027-05-01");
	assert_dates("DTSTART:20230501\r\nRRULE:FREQ=YEARLY;COUNT=3\r\n", "2024-05-01 2025-05-01");
	assert_dates("DTSTART:20240501\r\nRRULE:FREQ=YEARLY;UNTIL=20260501\r\n", "2024-05-01 2025-05-01 2026-05-01");
	assert_dates("DTSTART:20240501\r\nRRULE:FREQ=YEARLY;UNTIL=20260430T235959Z\r\n", "2024-05-01 2025-05-01");
	assert_dates("DTSTART:20240229\r\nRRULE:FREQ=YEARLY\r\n", "2024-02-29 2028-02-29");
	/* The fourth Thursday of November, the last Monday of May, the first Monday of the year. */
	assert_dates("DTSTART:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n",
	             "2024-11-28 2025-11-27 2026-11-26 2027-11-25 2028-11-23");
	assert_dates("DTSTART:20240527\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;COUNT=2\r\n", "2024-05-27 2025-05-26");
	assert_dates("DTSTART:20240101\r\nRRULE:FREQ=YEARLY;BYDAY=1MO;COUNT=3\r\n", "2024-01-01 2025-01-06 2026-01-05");
	/* The Tuesday after the first Monday of November. */
	assert_dates("DTSTART:20241105\r\nRRULE:FREQ=YEARLY;INTERVAL=2;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8\r\n",
	             "2024-11-05 2026-11-03 2028-11-07");
	assert_dates("DTSTART:20240630\r\nRRULE:FREQ=YEARLY;BYMONTH=6,12;BYMONTHDAY=-1;COUNT=3\r\n",
	             "2024-06-30 2024-12-31 2025-06-30");
	assert_dates("DTSTART:20240501T090000\r\nDURATION:PT2H\r\nRRULE:FREQ=YEARLY;COUNT=2;WKST=SU\r\n",
	             "2024-05-01T09:00-11:00 2025-05-01T09:00-11:00");
}

static void days_are_taken_out_and_added(void **state)
{
	(void)state;
	assert_dates("DTSTART:20240501\r\nRRULE:FREQ=YEARLY;COUNT=3\r\nEXDATE;VALUE=DATE:20250501\r\n"
	             "RDATE;VALUE=DATE:20250502,20260601\r\n",
	             "2024-05-01 2025-05-02 2026-05-01 2026-06-01");
	assert_dates("DTSTART:20240501T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=YEARLY;COUNT=2\r\nEXDATE:20240501T090000\r\n",
	             "2025-05-01T09:00-10:00");
}

static void lines_are_unfolded_and_texts_unescaped(void **state)
{
	(void)state;
	struct arena a;
	struct ical c;
	struct err e;
	arena_init(&a, 1 << 20);
	assert_true(
		ical_parse(&a,
	               STR("\xEF\xBB\xBF"
	                   "BEGIN:VCALENDAR\nVERSION:2.0\nX-WR-TIMEZONE:Asia/Shanghai\n"
	                   "BEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nEND:STANDARD\nEND:VTIMEZONE\n"
	                   "begin:vevent\ndtstart:2026\n 05\n\t01\nSUMMARY;LANGUAGE=en;X-A=\"b;c:d\":May Day\\, "
	                   "Lab\n our\\; \\\\ Day\nBEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM\nend:vevent\nEND:VCALENDAR"),
	               &c, &e));
	assert_int_equal(c.n, 1);
	assert_str(c.zone, "Asia/Shanghai");
	assert_str(c.events[0].summary.text, "May Day, Labour; \\ Day");
	assert_str(c.events[0].summary.language, "en");
	assert_int_equal(c.events[0].line, 9);
	arena_release(&a);
}

static void garbage_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *lines, *why;
	} wrong[] = {
		{"SUMMARY:x\r\n", "line 3: the event has no DTSTART"},
		{"DTSTART:20260501\r\nDTSTART:20260501\r\n", "line 5: DTSTART stands twice in an event"},
		{"DTSTART:20260230\r\n",
	     "line 4: \"20260230\" is no date such as 20260501 and no time such as 20260501T083000Z"},
		{"DTSTART;VALUE=DATE:20260501T000000\r\n", "line 4: VALUE=DATE does not fit the value"},
		{"DTSTART:20260501T090000\r\n",
	     "line 4: the event ends before it begins, has no length, or lasts more than a year"},
		{"DTSTART:20260501\r\nDTEND:20260501\r\n",
	     "line 4: the event ends before it begins, has no length, or lasts more than a year"},
		{"DTSTART:20260501\r\nDTEND:20260502T000000\r\n", "line 4: DTSTART and DTEND are of different kinds"},
		{"DTSTART:20260501\r\nDURATION:PT1H\r\n", "line 4: an event of whole days lasts whole days"},
		{"DTSTART:20260501\r\nDURATION:1D\r\n", "line 5: DURATION is written such as P1D or PT4H"},
		{"DTSTART:20260501\r\nDURATION:P1DT\r\n", "line 5: DURATION is written such as P1D or PT4H"},
		{"DTSTART:20260501\r\nRRULE:FREQ=MONTHLY\r\n", "line 5: FREQ=MONTHLY is not read; holidays are YEARLY"},
		{"DTSTART:20260501\r\nRRULE:FREQ=YEARLY;BYSETPOS=1\r\n", "line 5: BYSETPOS is not read in a RRULE"},
		{"DTSTART:20260501\r\nRRULE:FREQ=YEARLY;COUNT=2;UNTIL=20270101\r\n", "line 5: RRULE has both COUNT and UNTIL"},
		{"DTSTART:20260501\r\nRRULE:FREQ=YEARLY;COUNT=0\r\n", "line 5: COUNT is a number from 1"},
		{"DTSTART:20260501\r\nRRULE:FREQ=YEARLY;COUNT=1;COUNT=2\r\n", "line 5: COUNT stands twice in RRULE"},
		{"DTSTART:20260501\r\nRRULE:COUNT=1\r\n", "line 5: RRULE has no FREQ"},
		{"DTSTART:20260501\r\nRRULE:FREQ=YEARLY;BYDAY=0MO\r\n", "line 5: BYDAY is a list such as MO, 1MO or -1MO"},
		{"DTSTART:20260501\r\nRRULE:FREQ=YEARLY;BYMONTHDAY=32\r\n",
	     "line 5: BYMONTHDAY is a list of 1 to 31 or -1 to -31"},
		{"DTSTART:20260501\r\nRRULE:FREQ=YEARLY;BYMONTH=4\r\n", "line 3: its DTSTART is none of the days of its RRULE"},
		{"DTSTART:20260501\r\nRDATE;VALUE=PERIOD:20260501T000000Z/P1D\r\n",
	     "line 5: \"20260501T000000Z/P1D\" is no date such as 20260501 and no time such as 20260501T083000Z"},
		{"DTSTART:20260501\r\nEXDATE:20260501T000000\r\n",
	     "line 4: DTSTART and its RDATE or EXDATE are of different kinds"},
		{"DTSTART:20260501\r\nRECURRENCE-ID:20260501\r\n",
	     "line 5: RECURRENCE-ID is not read: write the days as events of their own"},
		{"DTSTART;TZID=Mars/Olympus:20260501T090000\r\nDURATION:PT1H\r\n",
	     "line 3: its TZID is no zone of the IANA list"},
		{"DTSTART:20260501\r\n\r\n", "line 5: the line is empty"},
		{"DTSTART:20260501\r\nSUMMARY no colon\r\n", "line 5: there is no colon after the property's name"},
		{"DTSTART:20260501\r\n:x\r\n", "line 5: a property begins with its name"},
		{"DTSTART:20260501\r\nSUMMARY;LANGUAGE:x\r\n", "line 5: a parameter is written NAME=value"},
		{"DTSTART:20260501\r\nSUMMARY;LANGUAGE=\"en:x\r\n", "line 5: a quotation mark is not closed"},
		{"DTSTART:20260501\r\nSUMMARY:a\\b\r\n", "line 5: a backslash stands before a character that needs none"},
		{"DTSTART:20260501\r\nSUMMARY:\x01\r\n", "line 5: the line is not UTF-8 text without control characters"},
		{"DTSTART:20260501\r\nSUMMARY:\xC3\r\n", "line 5: the line is not UTF-8 text without control characters"},
		{"DTSTART:20260501\r\nBEGIN:VALARM\r\n", "line 6: END:VEVENT, but VALARM is open"},
		{"DTSTART:20260501\r\nEND:VTODO\r\n", "line 5: END:VTODO, but VEVENT is open"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_dates(wrong[i].lines, wrong[i].why);
	}
}

static void what_is_no_calendar_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[][2] = {
		{"", "line 1: an iCalendar file begins with BEGIN:VCALENDAR"},
		{"BEGIN:VEVENT\n", "line 1: an iCalendar file begins with BEGIN:VCALENDAR"},
		{"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "line 2: the calendar has no VERSION:2.0"},
		{"BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR\n", "line 2: this is iCalendar of another version than 2.0"},
		{"BEGIN:VCALENDAR\nVERSION:2.0\n", "line 2: VCALENDAR is not ended"},
		{"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nDTSTART:20260501\n", "line 3: VEVENT is not ended"},
		{"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTODO\n", "line 3: VTODO is not ended"},
		{"BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\nBEGIN:VCALENDAR\n",
	     "line 4: something stands after END:VCALENDAR"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct arena a;
		struct ical c;
		struct err e;
		arena_init(&a, 1 << 20);
		assert_false(ical_parse(&a, str_of(wrong[i][0]), &c, &e));
		assert_int_equal(e.code, ERR_INVALID);
		assert_string_equal(e.text, wrong[i][1]);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_and_times_are_read),          cmocka_unit_test(rules_of_holidays_are_followed),
		cmocka_unit_test(days_are_taken_out_and_added),     cmocka_unit_test(lines_are_unfolded_and_texts_unescaped),
		cmocka_unit_test(garbage_is_refused_with_its_line), cmocka_unit_test(what_is_no_calendar_is_refused),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
