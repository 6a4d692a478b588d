#include "base/calendar.h"

#include <time.h>

#include "base/fault.h"
#include "base/time_source.h"
#include "unit/unit.h"

enum { WEEKEND = 1 << 5 | 1 << 6, NINE = 9 * 60, FIVE = 17 * 60 };

static day_number day_of(const char *iso)
{
	day_number day;
	if (!date_parse(str_of(iso), &day)) {
		fail_msg("%s", iso);
	}
	return day;
}

static void assert_day(day_number got, const char *want)
{
	char text[11];
	date_format(got, text);
	assert_string_equal(text, want);
}

static struct zone *zone_of(const char *name)
{
	struct zone *z;
	struct err e;
	if (!zone_load(str_of(name), &z, &e)) {
		fail_msg("%s", e.text);
	}
	return z;
}

static struct calendar *made(const struct calendar_spec *spec)
{
	struct calendar *c;
	struct err e;
	if (!calendar_new(spec, &c, &e)) {
		fail_msg("%s", e.text);
	}
	return c;
}

/* The National Day week of 2026: seven days off, and two Saturdays on which it is made up for. */
static struct calendar *national_day(const struct zone *zone)
{
	static struct calendar_day days[32];
	size_t n = 0;
	for (day_number day = day_of("2026-10-01"); day <= day_of("2026-10-07"); day++) {
		days[n++] = (struct calendar_day){.day = day};
	}
	days[n++] = (struct calendar_day){.day = day_of("2026-09-26"), .is_working = true};
	days[n++] = (struct calendar_day){.day = day_of("2026-10-10"), .is_working = true};
	days[n++] =
		(struct calendar_day){.day = day_of("2026-12-31"), .is_working = true, .hours = OFFICE_HOURS(NINE, 12 * 60)};
	days[n++] = (struct calendar_day){.day = day_of("2027-01-01")};
	struct calendar_spec spec = {
		.id = STR("port-linden"),
		.version = 3,
		.zone = zone,
		.weekend = WEEKEND,
		.hours = OFFICE_HOURS(NINE, FIVE),
		.days = days,
		.day_n = n,
		.first = day_of("2020-01-01"),
		.last = day_of("2040-12-31"),
	};
	return made(&spec);
}

static void tells_who_it_is(void **state)
{
	struct calendar *c = national_day(*state);
	assert_str(calendar_id(c), "port-linden");
	assert_int_equal(calendar_version(c), 3);
	assert_ptr_equal(calendar_zone(c), *state);
	assert_true(calendar_covers(c, day_of("2020-01-01")) && calendar_covers(c, day_of("2040-12-31")));
	assert_false(calendar_covers(c, day_of("2019-12-31")) || calendar_covers(c, day_of("2041-01-01")));
	calendar_free(c);
}

static void the_day_of_the_event_is_not_counted(void **state)
{
	struct calendar *c = national_day(*state);
	/* A plain week: Monday 2026-03-02. */
	assert_day(calendar_add(c, day_of("2026-03-02"), 0), "2026-03-02");
	assert_day(calendar_add(c, day_of("2026-03-02"), 1), "2026-03-03");
	assert_day(calendar_add(c, day_of("2026-03-02"), 5), "2026-03-09");
	assert_day(calendar_add(c, day_of("2026-03-06"), 1), "2026-03-09");
	/* An event on a Saturday: Monday is day 1, as it is for an event on the Friday before. */
	assert_day(calendar_add(c, day_of("2026-03-07"), 0), "2026-03-09");
	assert_day(calendar_add(c, day_of("2026-03-07"), 1), "2026-03-09");
	assert_day(calendar_add(c, day_of("2026-03-08"), 2), "2026-03-10");
	assert_day(calendar_add(c, day_of("2026-03-09"), -1), "2026-03-06");
	assert_day(calendar_add(c, day_of("2026-03-08"), -1), "2026-03-06");
	calendar_free(c);
}

static void holidays_are_skipped_and_make_up_days_count(void **state)
{
	struct calendar *c = national_day(*state);
	assert_false(calendar_is_working(c, day_of("2026-10-01")));
	assert_true(calendar_is_working(c, day_of("2026-10-10")));  /* a Saturday */
	assert_false(calendar_is_working(c, day_of("2026-10-11"))); /* the Sunday after it */
	/* From Wednesday 30 September: 8, 9, 10 (Saturday), 12 October. */
	assert_day(calendar_add(c, day_of("2026-09-30"), 1), "2026-10-08");
	assert_day(calendar_add(c, day_of("2026-09-30"), 3), "2026-10-10");
	assert_day(calendar_add(c, day_of("2026-09-30"), 4), "2026-10-12");
	assert_int_equal(calendar_between(c, day_of("2026-09-30"), day_of("2026-10-12")), 4);
	assert_int_equal(calendar_between(c, day_of("2026-10-12"), day_of("2026-09-30")), -4);
	assert_int_equal(calendar_between(c, day_of("2026-10-01"), day_of("2026-10-07")), 0);
	/* 20 working days, the limit of a permit applied for just before the holidays. */
	assert_day(calendar_add(c, day_of("2026-09-25"), 20), "2026-10-28");
	calendar_free(c);
}

static void leap_day_and_new_year_are_days_like_others(void **state)
{
	struct calendar *c = national_day(*state);
	assert_day(calendar_add(c, day_of("2024-02-28"), 1), "2024-02-29"); /* a Thursday */
	assert_day(calendar_add(c, day_of("2024-02-28"), 2), "2024-03-01");
	assert_day(calendar_add(c, day_of("2026-02-27"), 1), "2026-03-02");
	assert_day(calendar_add(c, day_of("2026-12-31"), 1), "2027-01-04"); /* Friday 1 January is off */
	assert_day(calendar_add(c, day_of("2025-12-31"), 1), "2026-01-01"); /* here it is not */
	calendar_free(c);
}

static void half_days_count_as_days_and_have_their_own_hours(void **state)
{
	struct calendar *c = national_day(*state);
	struct office_hours hours = calendar_hours(c, day_of("2026-12-31"));
	assert_int_equal(hours.n, 1);
	assert_int_equal(hours.spans[0].from_min, NINE);
	assert_int_equal(hours.spans[0].to_min, 12 * 60);
	assert_int_equal(calendar_hours(c, day_of("2026-10-10")).spans[0].to_min, FIVE);
	assert_int_equal(calendar_hours(c, day_of("2026-10-11")).n, 0);
	assert_day(calendar_add(c, day_of("2026-12-30"), 1), "2026-12-31");
	/* Two hours before the half day's end, and four working hours later: two of them on Monday. */
	int64_t at = zone_instant_us(*state, day_of("2026-12-31"), 10 * 3600);
	int64_t later = calendar_instant_of(c, calendar_minutes_at(c, at) + 240);
	assert_true(later == zone_instant_us(*state, day_of("2027-01-04"), 11 * 3600));
	calendar_free(c);
}

static void minutes_stand_still_outside_of_the_hours(void **state)
{
	struct calendar *c = national_day(*state);
	const struct zone *z = *state;
	day_number friday = day_of("2026-03-06"), monday = friday + 3;
	int64_t morning = calendar_minutes_at(c, zone_instant_us(z, friday, NINE * 60));
	assert_true(calendar_minutes_at(c, zone_instant_us(z, friday, 0)) == morning);
	assert_true(calendar_minutes_at(c, zone_instant_us(z, friday, NINE * 60) + 59999999) == morning);
	assert_true(calendar_minutes_at(c, zone_instant_us(z, friday, NINE * 60) + US_PER_MIN) == morning + 1);
	assert_true(calendar_minutes_at(c, zone_instant_us(z, friday, FIVE * 60)) == morning + 480);
	assert_true(calendar_minutes_at(c, zone_instant_us(z, friday + 1, 12 * 3600)) == morning + 480);
	assert_true(calendar_minutes_at(c, zone_instant_us(z, monday, NINE * 60)) == morning + 480);
	assert_true(calendar_minutes_at(c, zone_instant_us(z, monday, NINE * 60 + 60)) == morning + 481);
	/* The first instant at which a number is reached: Friday evening, not Monday morning. */
	assert_true(calendar_instant_of(c, morning + 480) == zone_instant_us(z, friday, FIVE * 60));
	assert_true(calendar_instant_of(c, morning + 481) == zone_instant_us(z, monday, NINE * 60 + 60));
	calendar_free(c);
}

static void a_lunch_break_and_a_short_friday_stop_the_minutes(void **state)
{
	const struct zone *z = *state;
	struct calendar_spec spec = {
		.id = STR("noon"),
		.version = 1,
		.zone = z,
		.weekend = WEEKEND,
		.hours = {.spans = {{510, 720}, {780, 1080}}, .n = 2}, /* 8:30-12:00, 13:00-18:00 */
		.first = day_of("2026-01-01"),
		.last = day_of("2026-12-31"),
	};
	spec.weekday[4] = OFFICE_HOURS(510, 780); /* Fridays until 13:00 */
	struct calendar *c = made(&spec);
	day_number thursday = day_of("2026-03-05");
	int64_t start = calendar_minutes_at(c, zone_instant_us(z, thursday, 11 * 3600));
	assert_true(calendar_minutes_at(c, zone_instant_us(z, thursday, 12 * 3600 + 1800)) == start + 60);
	assert_true(calendar_instant_of(c, start + 60) == zone_instant_us(z, thursday, 12 * 3600));
	assert_true(calendar_instant_of(c, start + 61) == zone_instant_us(z, thursday, 13 * 3600 + 60));
	/* 1 h before noon, 5 h after it, 4 h 30 min on Friday, then Monday 8:30. */
	assert_true(calendar_instant_of(c, start + 631) == zone_instant_us(z, thursday + 4, 8 * 3600 + 1800 + 60));
	assert_int_equal(calendar_hours(c, thursday).n, 2);
	assert_int_equal(calendar_hours(c, thursday + 1).spans[0].to_min, 780);
	calendar_free(c);
}

static void a_day_that_the_clocks_left_out_is_nobodys_working_day(void **state)
{
	(void)state;
	struct zone *z = zone_of("Pacific/Apia");
	struct calendar_spec spec = {
		.id = STR("apia"),
		.version = 1,
		.zone = z,
		.weekend = WEEKEND,
		.hours = OFFICE_HOURS(NINE, FIVE),
		.first = day_of("2011-01-01"),
		.last = day_of("2012-12-31"),
	};
	struct calendar *c = made(&spec);
	assert_false(calendar_is_working(c, day_of("2011-12-30"))); /* a Friday */
	assert_day(calendar_add(c, day_of("2011-12-29"), 1), "2012-01-02");
	int64_t end = calendar_minutes_at(c, zone_instant_us(z, day_of("2011-12-29"), FIVE * 60));
	assert_true(calendar_instant_of(c, end + 1) == zone_instant_us(z, day_of("2012-01-02"), NINE * 60 + 60));
	calendar_free(c);
	zone_free(z);
}

static void the_digest_is_of_what_dates_depend_on(void **state)
{
	struct calendar_day day = {.day = day_of("2026-05-01")};
	struct calendar_spec spec = {
		.id = STR("x"),
		.version = 1,
		.zone = *state,
		.weekend = WEEKEND,
		.hours = OFFICE_HOURS(NINE, FIVE),
		.first = day_of("2026-01-01"),
		.last = day_of("2026-12-31"),
	};
	struct calendar *c = made(&spec);
	uint8_t first[SHA256_BYTES];
	memcpy(first, calendar_digest(c), sizeof first);
	calendar_free(c);
	/* Another name and version, and a Saturday that is said to be off: nothing moves. */
	day.day = day_of("2026-05-02");
	spec.id = STR("y");
	spec.version = 2;
	spec.days = &day;
	spec.day_n = 1;
	c = made(&spec);
	assert_memory_equal(calendar_digest(c), first, sizeof first);
	calendar_free(c);
	day.day = day_of("2026-05-01"); /* a Friday */
	c = made(&spec);
	assert_memory_not_equal(calendar_digest(c), first, sizeof first);
	calendar_free(c);
	day.is_working = true;
	day.hours = OFFICE_HOURS(NINE, 720);
	c = made(&spec);
	assert_memory_not_equal(calendar_digest(c), first, sizeof first);
	calendar_free(c);
	/* Chongqing has the clocks of Shanghai under another name; Tokyo has others. */
	struct zone *chongqing = zone_of("Asia/Chongqing"), *tokyo = zone_of("Asia/Tokyo");
	spec.day_n = 0;
	spec.zone = chongqing;
	c = made(&spec);
	assert_memory_equal(calendar_digest(c), first, sizeof first);
	calendar_free(c);
	spec.zone = tokyo;
	c = made(&spec);
	assert_memory_not_equal(calendar_digest(c), first, sizeof first);
	calendar_free(c);
	zone_free(tokyo);
	zone_free(chongqing);
}

static void the_axis_begins_in_1970(void **state)
{
	struct calendar_spec spec = {
		.id = STR("old"),
		.version = 1,
		.zone = *state,
		.weekend = WEEKEND,
		.hours = OFFICE_HOURS(NINE, FIVE),
		.first = day_of("1960-01-01"),
		.last = day_of("1980-12-31"),
	};
	struct calendar *c = made(&spec);
	assert_int_equal(calendar_index(c, day_of("1970-01-01")), 0); /* a Thursday */
	assert_int_equal(calendar_index(c, day_of("1970-01-02")), 1);
	assert_int_equal(calendar_index(c, day_of("1969-12-31")), -1);
	assert_day(calendar_day_at(c, -1), "1969-12-31");
	assert_true(calendar_minutes_at(c, zone_instant_us(*state, 0, 0)) == 0);
	assert_true(calendar_minutes_at(c, zone_instant_us(*state, -1, NINE * 60)) == -480);
	calendar_free(c);
	spec.first = day_of("2026-01-03"); /* a Saturday */
	spec.last = day_of("2026-12-31");
	c = made(&spec);
	assert_int_equal(calendar_index(c, day_of("2026-01-05")), 0);
	assert_day(calendar_day_at(c, 0), "2026-01-05");
	calendar_free(c);
}

static void the_ends_clamp(void **state)
{
	struct calendar *c = national_day(*state);
	assert_day(calendar_add(c, day_of("2040-12-31"), 1), "2040-12-31");
	assert_day(calendar_add(c, day_of("2040-12-01"), INT32_MAX), "2040-12-31");
	assert_day(calendar_add(c, INT32_MAX, INT32_MAX), "2040-12-31");
	assert_day(calendar_add(c, INT32_MIN, 0), "2020-01-01");
	assert_day(calendar_add(c, INT32_MIN, 1), "2020-01-01");
	assert_day(calendar_add(c, INT32_MIN, INT32_MIN), "2020-01-01");
	assert_day(calendar_day_at(c, INT32_MAX), "2040-12-31");
	assert_day(calendar_day_at(c, INT32_MIN), "2020-01-01");
	assert_false(calendar_is_working(c, INT32_MAX));
	assert_false(calendar_is_working(c, INT32_MIN));
	assert_int_equal(calendar_between(c, INT32_MAX, INT32_MAX), 0);
	int32_t all = calendar_between(c, INT32_MIN, INT32_MAX);
	assert_int_equal(all, calendar_between(c, day_of("2019-12-31"), day_of("2040-12-31")));
	assert_int_equal(calendar_index(c, INT32_MAX), all - 1);
	assert_true(calendar_instant_of(c, INT64_MIN) == zone_instant_us(*state, day_of("2020-01-01"), NINE * 60));
	assert_true(calendar_instant_of(c, INT64_MAX) == zone_instant_us(*state, day_of("2040-12-31"), FIVE * 60));
	assert_true(calendar_minutes_at(c, INT64_MIN) == 0);
	assert_true(calendar_minutes_at(c, INT64_MAX) ==
	            calendar_minutes_at(c, zone_instant_us(*state, day_of("2041-01-01"), 0)));
	calendar_free(c);
}

static void wrong_calendars_are_refused_with_the_day(void **state)
{
	struct calendar_day twice[] = {
		{.day = day_of("2026-05-01")}, {.day = day_of("2026-05-04")}, {.day = day_of("2026-05-01")}};
	struct calendar_day outside[] = {{.day = day_of("2030-05-01")}};
	struct calendar_day hours[] = {{.day = day_of("2026-05-01"), .is_working = true, .hours = OFFICE_HOURS(600, 600)}};
	struct calendar_spec good = {
		.id = STR("x"),
		.version = 1,
		.zone = *state,
		.weekend = WEEKEND,
		.hours = OFFICE_HOURS(NINE, FIVE),
		.first = day_of("2026-01-01"),
		.last = day_of("2026-12-31"),
	};
	struct calendar *c;
	struct err e;
	struct calendar_spec s = good;
	s.days = twice;
	s.day_n = 3;
	assert_false(calendar_new(&s, &c, &e));
	assert_string_equal(e.text, "2026-05-01 is listed twice");
	assert_int_equal(e.code, ERR_INVALID);
	s.days = outside;
	s.day_n = 1;
	assert_false(calendar_new(&s, &c, &e));
	assert_non_null(strstr(e.text, "2030-05-01"));
	s.days = hours;
	assert_false(calendar_new(&s, &c, &e));
	assert_non_null(strstr(e.text, "2026-05-01"));
	s = good;
	s.weekend = 0x7F;
	assert_false(calendar_new(&s, &c, &e)); /* nobody ever works */
	s = good;
	s.last = s.first - 1;
	assert_false(calendar_new(&s, &c, &e));
	s.last = s.first + 61 * 366;
	assert_false(calendar_new(&s, &c, &e));
	s = good;
	s.first = INT32_MIN;
	s.last = INT32_MAX;
	assert_false(calendar_new(&s, &c, &e));
	static const struct office_hours wrong[] = {
		{.n = 0},
		{.n = 1, .spans = {{NINE, 1441}}},
		{.n = 1, .spans = {{-1, FIVE}}},
		{.n = 1, .spans = {{FIVE, FIVE}}},
		{.n = 2, .spans = {{NINE, 720}, {720, FIVE}}}, /* no time between them: one span */
		{.n = 2, .spans = {{780, FIVE}, {NINE, 720}}},
		{.n = 5},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		s = good;
		s.hours = wrong[i];
		assert_false(calendar_new(&s, &c, &e));
		s = good;
		s.weekday[4] = wrong[i];
		assert_int_equal(calendar_new(&s, &c, &e), i == 0); /* none: the usual ones */
		if (i == 0) {
			calendar_free(c);
		}
	}
}

/* --- Against a slow, obvious model -------------------------------------------------------------------------------- */

struct model {
	struct calendar_spec spec;
	struct calendar_day days[200];
};

static bool model_works(const struct model *m, day_number day, struct office_hours *hours)
{
	if (day < m->spec.first || day > m->spec.last) {
		return false;
	}
	*hours = m->spec.weekday[date_weekday(day)].n ? m->spec.weekday[date_weekday(day)] : m->spec.hours;
	for (size_t i = 0; i < m->spec.day_n; i++) {
		if (m->days[i].day == day) {
			if (m->days[i].hours.n) {
				*hours = m->days[i].hours;
			}
			return m->days[i].is_working;
		}
	}
	return (m->spec.weekend >> date_weekday(day) & 1) == 0;
}

static day_number model_add(const struct model *m, day_number day, int n)
{
	struct office_hours hours;
	if (n == 0) {
		while (!model_works(m, day, &hours)) {
			day++;
		}
	}
	while (n > 0) {
		day++;
		n -= model_works(m, day, &hours);
	}
	while (n < 0) {
		day--;
		n += model_works(m, day, &hours);
	}
	return day;
}

/* Minute by minute. */
static int64_t model_minutes(const struct model *m, int64_t from_us, int64_t to_us)
{
	int64_t n = 0;
	for (int64_t at = from_us; at < to_us; at += US_PER_MIN) {
		struct local_time t = zone_local(m->spec.zone, at);
		struct office_hours hours;
		if (model_works(m, t.day, &hours)) {
			for (int i = 0; i < hours.n; i++) {
				n += t.second / 60 >= hours.spans[i].from_min && t.second / 60 < hours.spans[i].to_min;
			}
		}
	}
	return n;
}

/* 1 to 4 spans, from `least` on. */
static struct office_hours random_hours(struct prng *r, int least)
{
	struct office_hours h = {.n = (uint8_t)(1 + prng_below(r, OFFICE_SPANS_MAX))};
	int at = least;
	for (int i = 0; i < h.n; i++) {
		int room = (1440 - at) / (h.n - i) - 2;
		int from = at + (int)prng_below(r, (uint64_t)room / 2), to = from + 1 + (int)prng_below(r, (uint64_t)room / 2);
		h.spans[i] = (struct office_span){(int16_t)from, (int16_t)to};
		at = to + 1;
	}
	return h;
}

static void random_model(struct prng *r, const struct zone *zone, struct model *m)
{
	*m = (struct model){0};
	day_number first = day_of("1990-01-01") + (day_number)prng_below(r, 20000);
	m->spec = (struct calendar_spec){
		.id = STR("random"),
		.version = 1,
		.zone = zone,
		.weekend = (uint8_t)(prng_below(r, 128) & ~(UINT64_C(1) << prng_below(r, 7))),
		.hours = random_hours(r, 240), /* after the hour that summer time takes */
		.first = first,
		.last = first + 400 + (day_number)prng_below(r, 800),
		.days = m->days,
	};
	m->spec.weekday[prng_below(r, 7)] = random_hours(r, 240);
	size_t n = prng_below(r, 200);
	for (size_t i = 0; i < n; i++) {
		day_number day = first + (day_number)prng_below(r, (uint64_t)(m->spec.last - first + 1));
		bool is_new = true;
		for (size_t k = 0; k < m->spec.day_n; k++) {
			is_new = is_new && m->days[k].day != day;
		}
		if (is_new) {
			struct calendar_day d = {.day = day, .is_working = prng_below(r, 2) == 0};
			if (d.is_working && prng_below(r, 2) == 0) {
				d.hours = random_hours(r, 240);
			}
			m->days[m->spec.day_n++] = d;
		}
	}
}

static void agrees_with_a_slow_model(void **state)
{
	(void)state;
	/* Not Apia: the model does not know of days that the clocks left out. */
	static const char *const zones[] = {"Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata",
	                                    "Pacific/Auckland"};
	struct prng r = seeded();
	for (int round = 0; round < 60; round++) {
		struct zone *zone = zone_of(zones[round % 5]);
		struct model m;
		random_model(&r, zone, &m);
		struct calendar *c = made(&m.spec);
		/* Far enough from both ends that nothing clamps, in any week that has a working day. */
		uint64_t span = (uint64_t)(m.spec.last - m.spec.first - 300);
		for (int i = 0; i < 50; i++) {
			day_number day = m.spec.first + 150 + (day_number)prng_below(&r, span);
			struct office_hours hours, got = calendar_hours(c, day);
			bool works = model_works(&m, day, &hours);
			assert_int_equal(calendar_is_working(c, day), works);
			assert_int_equal(got.n, works ? hours.n : 0);
			assert_memory_equal(got.spans, hours.spans, got.n * sizeof *got.spans);
			assert_true(calendar_minutes_before(c, day) == calendar_minutes_at(c, zone_instant_us(zone, day, 0)));
			int n = (int)prng_below(&r, 25) - 8;
			day_number there = model_add(&m, day, n);
			if (there < m.spec.first || there > m.spec.last) {
				continue;
			}
			assert_int_equal(calendar_add(c, day, n), there);
			if (n > 0) {
				assert_int_equal(calendar_between(c, day, there), n);
			}
			assert_int_equal(calendar_day_at(c, calendar_index(c, day)), model_add(&m, day, 0));
			assert_int_equal(calendar_index(c, calendar_day_at(c, i)), i);
		}
		for (int i = 0; i < 3; i++) {
			int64_t start = zone_instant_us(zone, m.spec.first + 150 + (day_number)prng_below(&r, span), 0);
			start += (int64_t)prng_below(&r, 1440) * US_PER_MIN;
			int64_t end = start + (int64_t)prng_below(&r, 12 * 1440) * US_PER_MIN;
			int64_t passed = calendar_minutes_at(c, end) - calendar_minutes_at(c, start);
			assert_int_equal(passed, model_minutes(&m, start, end));
		}
		calendar_free(c);
		zone_free(zone);
	}
}

static void a_number_is_reached_at_its_instant_and_not_before(void **state)
{
	(void)state;
	/* All around the clock in zones with summer time: days of 23 and 25 hours, hours that come twice. */
	static const char *const zones[] = {"Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Shanghai"};
	struct prng r = seeded();
	for (size_t k = 0; k < 4; k++) {
		struct zone *zone = zone_of(zones[k]);
		struct calendar_spec spec = {
			.id = STR("always"),
			.version = 1,
			.zone = zone,
			.weekend = 1 << 6,
			.hours = OFFICE_HOURS(0, 1440),
			.first = day_of("2010-01-01"),
			.last = day_of("2013-12-31"),
		};
		struct calendar *c = made(&spec);
		int64_t before = -1;
		for (int64_t at = zone_instant_us(zone, day_of("2011-03-01"), 0);
		     at < zone_instant_us(zone, day_of("2012-01-05"), 0); at += 7 * US_PER_MIN) {
			int64_t now = calendar_minutes_at(c, at);
			assert_true(now >= before);
			before = now;
		}
		for (int i = 0; i < 20000; i++) {
			int64_t minute =
				calendar_minutes_at(c, zone_instant_us(zone, spec.first, 0)) + (int64_t)prng_below(&r, 1000 * 1440);
			int64_t at = calendar_instant_of(c, minute);
			assert_true(calendar_minutes_at(c, at) >= minute);
			if (minute > 0) {
				assert_true(calendar_minutes_at(c, at - 1) < minute || at == calendar_instant_of(c, minute - 1));
			}
		}
		calendar_free(c);
		zone_free(zone);
	}
}

static void adding_takes_nanoseconds(void **state)
{
	struct calendar *c = national_day(*state);
	/* A search through 20 years would take microseconds; sanitizers slow this down tenfold. */
	enum { CALLS = 2000000 };
	struct timespec begin, end;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	int64_t sum = 0;
	day_number day = day_of("2026-01-01");
	for (int i = 0; i < CALLS; i++) {
		sum += calendar_add(c, day + (i & 1023), i & 63);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	double ns = ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / CALLS;
	print_message("calendar_add: %.1f ns, %.0f million/s (sum %lld)\n", ns, 1000 / ns, (long long)sum);
	assert_true(ns < 1000);
	calendar_free(c);
}

#ifdef CITYHALL_FAULT
static void out_of_memory_is_an_ordinary_error(void **state)
{
	struct calendar_spec spec = {
		.id = STR("x"),
		.version = 1,
		.zone = *state,
		.weekend = WEEKEND,
		.hours = OFFICE_HOURS(NINE, FIVE),
		.first = day_of("2026-01-01"),
		.last = day_of("2026-12-31"),
	};
	bool ok = false;
	for (uint64_t n = 1; !ok; n++) {
		struct calendar *c;
		struct err e;
		fault_arm(FAULT_ALLOC, n);
		ok = calendar_new(&spec, &c, &e);
		fault_arm(FAULT_ALLOC, 0);
		if (ok) {
			assert_true(n > 9); /* eight tables, and the text under the digest */
			calendar_free(c);
		} else {
			assert_int_equal(e.code, ERR_MEMORY);
		}
	}
}
#endif

static int load_zone(void **state)
{
	*state = zone_of("Asia/Shanghai");
	return 0;
}

static int unload_zone(void **state)
{
	zone_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_who_it_is),
		cmocka_unit_test(the_day_of_the_event_is_not_counted),
		cmocka_unit_test(holidays_are_skipped_and_make_up_days_count),
		cmocka_unit_test(leap_day_and_new_year_are_days_like_others),
		cmocka_unit_test(half_days_count_as_days_and_have_their_own_hours),
		cmocka_unit_test(minutes_stand_still_outside_of_the_hours),
		cmocka_unit_test(a_lunch_break_and_a_short_friday_stop_the_minutes),
		cmocka_unit_test(a_day_that_the_clocks_left_out_is_nobodys_working_day),
		cmocka_unit_test(the_digest_is_of_what_dates_depend_on),
		cmocka_unit_test(the_axis_begins_in_1970),
		cmocka_unit_test(the_ends_clamp),
		cmocka_unit_test(wrong_calendars_are_refused_with_the_day),
		cmocka_unit_test(agrees_with_a_slow_model),
		cmocka_unit_test(a_number_is_reached_at_its_instant_and_not_before),
		cmocka_unit_test(adding_takes_nanoseconds),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(out_of_memory_is_an_ordinary_error),
#endif
	};
	return cmocka_run_group_tests(tests, load_zone, unload_zone);
}
