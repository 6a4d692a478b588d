/* The clock that a casefile keeps: what an event said of it goes on meaning what the whole clock says. */
#include "../unit.h"
#include "app/cases/clock.h"

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

/* A row and its one stop, at most; any unit. */
struct made {
	struct casefile_get_out c;
	struct clock_stop stop;
	struct clock_stop_list_out row;
	struct case_clock k;
};

static int64_t at_noon(day_number d, int32_t minutes)
{
	return zone_instant_us(zone, d, 12 * 3600 + minutes * 60);
}

static void make(struct prng *r, enum clock_unit unit, struct made *m)
{
	day_number start = day("2026-01-05") + (day_number)prng_below(r, 600);
	*m = (struct made){.c = {.limit_unit = unit,
	                         .start_day = start,
	                         .received_at = at_noon(start, 0),
	                         .committed = 1 + (int32_t)prng_below(r, 12)}};
	m->c.statutory = m->c.committed + (int32_t)prng_below(r, 12);
	struct casefile_insert_in row = {0};
	case_rule_copy(&(struct clock_rule){.orange = clock_lead_orange, .red = clock_lead_red}, &row);
	m->c.orange_percent = row.orange_percent;
	m->c.orange_most = row.orange_most;
	m->c.red_percent = row.red_percent;
	m->c.red_most = row.red_most;
	m->c.extension = prng_below(r, 4) == 0 ? 3 : 0;
	m->k.rows = &m->row;
	m->row = (struct clock_stop_list_out){.reason = STR("hearing"), .ends = STOP_ENDS_BY_HAND};
}

/* As the job of a move reads it: stops as they are then. */
static void look(struct made *m, int64_t now_us, struct clock_face *f)
{
	case_clock_promised(&m->c, &m->k.clock);
	m->k.clock.extension = (struct clock_limit){(enum clock_unit)m->c.limit_unit, (int32_t)m->c.extension};
	bool has_begun = m->row.since_at != 0 && m->row.since_at <= now_us;
	m->k.clock.stop_n = has_begun;
	m->stop = (struct clock_stop){.since = {m->row.since_day, m->row.since_at},
	                              .until = {m->row.until_day, m->row.until_at},
	                              .has_ended = m->row.has_until_at};
	m->k.clock.stops = &m->stop;
	case_clock_face(calendar, &m->k.clock, now_us, f);
}

static void assert_same(struct made *m, int64_t now_us)
{
	struct clock_face f;
	struct case_dates whole, listed;
	look(m, now_us, &f);
	case_dates_of(&f, (enum clock_unit)m->c.limit_unit, &whole);
	struct case_said said = CASE_SAID(&m->c, f.level, false, 0);
	case_dates_said(calendar, &said, now_us, &listed);
	assert_int_equal(listed.stands, whole.stands);
	assert_int_equal(listed.stood_days, whole.stood_days);
	assert_int_equal(listed.ran_days, whole.ran_days);
	assert_int_equal(listed.promised, whole.promised);
	/* By law a limit in hours is said by its day alone, which waits with the clock. */
	if (!whole.stands || m->c.limit_unit != CLOCK_WORKING_HOURS) {
		assert_int_equal(listed.legal, whole.legal);
	}
	assert_int_equal(listed.left_days, whole.left_days);
	if (m->c.limit_unit == CLOCK_WORKING_HOURS) {
		assert_int_equal(listed.left_minutes, whole.left_minutes);
	}
}

/* Said once, read on any later day: until the next event, what a list makes of the row is what the clock reads. */
static void what_was_said_moves_on_as_the_clock_does(void **state)
{
	(void)state;
	struct prng r = seeded();
	for (int i = 0; i < 20000; i++) {
		struct made m;
		struct clock_face f;
		make(&r, prng_below(&r, 4) == 0 ? CLOCK_WORKING_HOURS : CLOCK_WORKING_DAYS, &m);
		day_number said_on = m.c.start_day;
		look(&m, at_noon(said_on, 1), &f);
		case_clock_say(&m.k, &f, at_noon(said_on, 1), &m.c);
		assert_same(&m, at_noon(said_on + (day_number)prng_below(&r, 30), 2));
		/* It stops before it has run out, and not on its last day (case_dates_said()). */
		said_on += (day_number)prng_below(&r, 10);
		if (m.c.due_day <= said_on) {
			continue;
		}
		m.row.since_day = said_on;
		m.row.since_at = at_noon(said_on, 3);
		look(&m, at_noon(said_on, 3), &f);
		case_clock_say(&m.k, &f, at_noon(said_on, 3), &m.c);
		assert_true(m.c.has_stands_since);
		said_on += (day_number)prng_below(&r, 20);
		assert_same(&m, at_noon(said_on, 4));
		/* Another event while it stands, and then the one that ends it. */
		look(&m, at_noon(said_on, 4), &f);
		case_clock_say(&m.k, &f, at_noon(said_on, 4), &m.c);
		said_on += (day_number)prng_below(&r, 20);
		assert_same(&m, at_noon(said_on, 5));
		m.row.has_until_at = true;
		m.row.until_day = said_on;
		m.row.until_at = at_noon(said_on, 6);
		look(&m, at_noon(said_on, 6), &f);
		case_clock_say(&m.k, &f, at_noon(said_on, 6), &m.c);
		assert_false(m.c.has_stands_since);
		assert_same(&m, at_noon(said_on + (day_number)prng_below(&r, 30), 7));
	}
}

/* Due on a Friday, it is late on the Saturday; due on a Monday, it is not due today on the Sunday. */
static void days_off_are_late_and_not_today(void **state)
{
	(void)state;
	struct prng r = seeded();
	struct made m;
	struct clock_face f;
	struct case_dates whole;
	make(&r, CLOCK_WORKING_DAYS, &m);
	m.c.start_day = day("2026-03-02");
	m.c.received_at = at_noon(m.c.start_day, 0);
	m.c.committed = 4;
	m.c.statutory = 9;
	m.c.extension = 0;
	look(&m, at_noon(m.c.start_day, 1), &f);
	case_clock_say(&m.k, &f, at_noon(m.c.start_day, 1), &m.c);
	assert_int_equal(m.c.due_day, day("2026-03-06"));
	static const struct {
		const char *day;
		int32_t left;
	} days[] = {{"2026-03-05", 2},  {"2026-03-06", 1},  {"2026-03-07", -1},
	            {"2026-03-08", -1}, {"2026-03-09", -1}, {"2026-03-10", -2}};
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		assert_same(&m, at_noon(day(days[i].day), 0));
		look(&m, at_noon(day(days[i].day), 0), &f);
		case_dates_of(&f, CLOCK_WORKING_DAYS, &whole);
		assert_int_equal(whole.left_days, days[i].left);
	}
}

static void a_clock_from_acceptance_waits_for_it(void **state)
{
	(void)state;
	struct prng r = seeded();
	struct made m;
	struct clock_face f;
	make(&r, CLOCK_WORKING_DAYS, &m);
	m.c.clock_from = CLOCK_FROM_ACCEPTANCE;
	look(&m, at_noon(m.c.start_day + 100, 0), &f);
	assert_false(f.has_begun);
	assert_int_equal(f.level, CLOCK_GREEN);
	assert_int_equal(f.turns_us, CLOCK_NEVER);
	case_clock_say(&m.k, &f, at_noon(m.c.start_day + 100, 0), &m.c);
	assert_false(m.c.has_begun_day);
	/* The days of one that had begun at once, so that lists have an order. */
	assert_int_equal(m.c.due_day, calendar_add(calendar, m.c.start_day, (int32_t)(m.c.committed + m.c.extension)));
}

static void units_have_names(void **state)
{
	(void)state;
	for (int i = 0; i <= CLOCK_MONTHS; i++) {
		assert_int_equal(clock_unit_named(clock_unit_word((enum clock_unit)i)), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_said_moves_on_as_the_clock_does),
		cmocka_unit_test(days_off_are_late_and_not_today),
		cmocka_unit_test(a_clock_from_acceptance_waits_for_it),
		cmocka_unit_test(units_have_names),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
