/* What the board makes of the events of cases: fed one by one, with the public payload that the rooms agreed on. */
#include "app/desk/desk.sql.h"
#include "app/supervision/alerts.h"
#include "app/supervision/board.h"
#include "app/supervision/counts.h"
#include "app/supervision/supervision.h"
#include "case_world.h"

enum { HANDLER = 7001, OTHER_HANDLER = 7002 };

struct desk {
	struct world w;
	int64_t last; /* event */
};

static int set_up(void **state)
{
	struct desk *d = calloc(1, sizeof *d);
	world_open(&d->w);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct desk *d = *state;
	world_close(&d->w);
	free(d);
	return 0;
}

struct fed {
	struct event ev;
	const struct event_subscriber *s;
	void *ctx;
};

static bool job_feed(struct tx *tx, void *ctx, struct err *e)
{
	struct fed *f = ctx;
	/* The relay's guard goes before; here any root row does. */
	return seen_put(tx, &(struct seen_put_in){.institution = tx_route(tx), .casefile = f->ev.casefile, .account = 1},
	                e) &&
	       f->s->apply(tx, &f->ev, f->ctx, e);
}

/* As the relay does. */
static void feed(struct desk *d, const struct event *ev)
{
	for (const struct event_subscriber *s = supervision_subscribers; s->name; s++) {
		struct fed f = {.ev = *ev, .s = s, .ctx = &d->w.app};
		int64_t target = s->target(ev);
		struct store_op op = {.route = target, .is_background = true};
		if (target != 0 && strncmp(s->name, "board", 5) == 0) {
			world_ok(&d->w, store_write(d->w.app.store, &op, job_feed, &f, &d->w.e));
		}
	}
}

struct said {
	const char *kind;
	int64_t casefile, handler, actor;
	const char *service;
	int state, level, stands, due;
	int64_t institution;
	const char *more;
};

static void say(struct desk *d, struct said s)
{
	char open[600];
	int due = s.due ? s.due : 20730;
	snprintf(open, sizeof open,
	         "{\"state\":%d,\"waits\":2,\"handler\":%lld,\"due\":%d,\"legal\":%d,\"start\":20700,\"level\":%d,"
	         "\"limit\":\"committed\",\"left\":2,\"stands\":%d%s}",
	         s.state, (long long)s.handler, due, due + 20, s.level, s.stands, s.more ? s.more : "");
	d->last = id_in_time(time_legal_us(&d->w.app.time));
	struct event ev = {.route = 501,
	                   .id = d->last,
	                   .room = STR("cases"),
	                   .kind = str_of(s.kind),
	                   .casefile = s.casefile,
	                   .institution = s.institution ? s.institution : d->w.institution->id,
	                   .service = str_of(s.service ? s.service : "labour-dispatch-permit"),
	                   .actor = s.actor,
	                   .effective_us = time_legal_us(&d->w.app.time),
	                   .recorded_us = time_legal_us(&d->w.app.time),
	                   .public_payload = str_of(open)};
	feed(d, &ev);
	feed(d, &ev); /* told again, nothing is counted twice */
}

static void assert_total(struct desk *d, const struct institution *in, int running, int standing, int orange, int red,
                         int past)
{
	char sql[300];
	snprintf(sql, sizeof sql,
	         "select running * 10000 + standing * 1000 + orange * 100 + red * 10 + past from board_total where "
	         "institution = %lld",
	         (long long)in->id);
	assert_int_equal(sql_number(&d->w, sql), running * 10000 + standing * 1000 + orange * 100 + red * 10 + past);
	/* What stands by service and official is the same sum. */
	snprintf(sql, sizeof sql,
	         "select sum(running) * 10000 + sum(standing) * 1000 + sum(orange) * 100 + sum(red) * 10 + sum(past) from "
	         "board_count where institution = %lld",
	         (long long)in->id);
	assert_int_equal(sql_number(&d->w, sql), running * 10000 + standing * 1000 + orange * 100 + red * 10 + past);
	/* And so are the days on which they are due, and the changes of all days. */
	snprintf(sql, sizeof sql, "select coalesce(sum(n), 0) from board_due where institution = %lld", (long long)in->id);
	assert_int_equal(sql_number(&d->w, sql), running);
	snprintf(sql, sizeof sql, "select sum(running) from board_day where institution = %lld", (long long)in->id);
	assert_int_equal(sql_number(&d->w, sql), running);
}

static void counters_follow_a_case_through_its_life(void **state)
{
	struct desk *d = *state;
	const struct institution *in = d->w.institution;
	say(d, (struct said){.kind = "submitted", .casefile = 11, .state = CASE_RECEIVED, .more = ",\"number\":\"PL-1\""});
	say(d, (struct said){.kind = "submitted", .casefile = 12, .state = CASE_RECEIVED});
	assert_total(d, in, 2, 0, 0, 0, 0);
	say(d, (struct said){.kind = "taken", .casefile = 11, .state = CASE_IN_WORK, .handler = HANDLER, .actor = HANDLER});
	assert_int_equal(sql_number(&d->w, "select running from board_count where handler = 7001"), 1);
	say(d,
	    (struct said){.kind = "clock-orange", .casefile = 11, .state = CASE_IN_WORK, .handler = HANDLER, .level = 1});
	assert_total(d, in, 2, 0, 1, 0, 0);
	say(d, (struct said){.kind = "clock-red", .casefile = 11, .state = CASE_IN_WORK, .handler = HANDLER, .level = 2});
	assert_total(d, in, 2, 0, 0, 1, 0);
	/* Where the clock stands there is no alert to be counted. */
	say(d, (struct said){.kind = "correction-asked",
	                     .casefile = 11,
	                     .state = CASE_ASKED,
	                     .handler = HANDLER,
	                     .actor = HANDLER,
	                     .level = 2,
	                     .stands = 1});
	assert_total(d, in, 1, 1, 0, 0, 0);
	say(d, (struct said){.kind = "correction-answered",
	                     .casefile = 11,
	                     .state = CASE_CORRECTED,
	                     .handler = HANDLER,
	                     .actor = 501,
	                     .level = 2,
	                     .due = 20733});
	assert_total(d, in, 2, 0, 0, 1, 0);
	say(d, (struct said){.kind = "moved-by-head",
	                     .casefile = 11,
	                     .state = CASE_CORRECTED,
	                     .handler = OTHER_HANDLER,
	                     .actor = HEAD,
	                     .level = 2,
	                     .due = 20733});
	assert_int_equal(sql_number(&d->w, "select running + standing from board_count where handler = 7001"), 0);
	assert_int_equal(sql_number(&d->w, "select red from board_count where handler = 7002"), 1);
	say(d, (struct said){.kind = "decided",
	                     .casefile = 11,
	                     .state = CASE_DECIDED,
	                     .handler = OTHER_HANDLER,
	                     .actor = OTHER_HANDLER});
	assert_total(d, in, 1, 0, 0, 0, 0);
	assert_int_equal(sql_number(&d->w, "select sum(ended) from board_day"), 1);
	/* Recalled it runs again; closed it is gone, and stays so whatever is done with its permit. */
	say(d, (struct said){.kind = "recalled",
	                     .casefile = 11,
	                     .state = CASE_IN_WORK,
	                     .handler = OTHER_HANDLER,
	                     .actor = OTHER_HANDLER});
	assert_total(d, in, 2, 0, 0, 0, 0);
	say(d, (struct said){.kind = "decided",
	                     .casefile = 11,
	                     .state = CASE_DECIDED,
	                     .handler = OTHER_HANDLER,
	                     .actor = OTHER_HANDLER});
	say(d, (struct said){.kind = "letter-left", .casefile = 11, .state = CASE_CLOSED, .handler = OTHER_HANDLER});
	assert_int_equal(sql_number(&d->w, "select event from board_total"), d->last);
	say(d, (struct said){.kind = "made-out", .casefile = 11, .state = CASE_CLOSED, .handler = OTHER_HANDLER});
	assert_total(d, in, 1, 0, 0, 0, 0);
	assert_int_equal(sql_number(&d->w, "select count(*) from board_case"), 1);
}

static void a_forwarded_case_leaves_one_board_for_another(void **state)
{
	struct desk *d = *state;
	char more[80];
	say(d, (struct said){.kind = "submitted", .casefile = 21, .state = CASE_RECEIVED});
	say(d, (struct said){.kind = "clock-orange", .casefile = 21, .state = CASE_RECEIVED, .level = 1});
	snprintf(more, sizeof more, ",\"others\":[%lld]", (long long)d->w.institution->id);
	say(d, (struct said){.kind = "forwarded",
	                     .casefile = 21,
	                     .state = CASE_RECEIVED,
	                     .actor = HANDLER,
	                     .level = 1,
	                     .institution = d->w.other->id,
	                     .more = more});
	assert_total(d, d->w.institution, 0, 0, 0, 0, 0);
	assert_total(d, d->w.other, 1, 0, 1, 0, 0);
	/* It was raised once, where it was then; to forward it was an act. */
	assert_int_equal(sql_number(&d->w, "select count(*) from alert"), 1);
	assert_int_equal(sql_number(&d->w, "select count(*) from alert where acted_at is not null"), 1);
	assert_int_equal(sql_number(&d->w, "select sum(ended) from board_day"), 0);
}

static void an_alert_is_raised_once_and_answered_by_an_act_of_the_office(void **state)
{
	struct desk *d = *state;
	say(d, (struct said){.kind = "submitted", .casefile = 31, .state = CASE_RECEIVED, .more = ",\"number\":\"PL-3\""});
	say(d, (struct said){.kind = "clock-orange", .casefile = 31, .state = CASE_RECEIVED, .level = 1});
	/* The applicant's own doing is no act of the office, nor is what the program does. */
	say(d, (struct said){.kind = "added-to", .casefile = 31, .state = CASE_RECEIVED, .level = 1, .actor = 501});
	say(d, (struct said){.kind = "clock-red",
	                     .casefile = 31,
	                     .state = CASE_RECEIVED,
	                     .level = 2,
	                     .more = ",\"turned\":\"statutory\""});
	assert_int_equal(sql_number(&d->w, "select count(*) from alert where acted_at is null"), 2);
	assert_int_equal(sql_number(&d->w, "select due_day from alert where level = 1"), 20730);
	assert_int_equal(sql_number(&d->w, "select due_day from alert where level = 2 and is_legal = 1"), 20750);
	assert_int_equal(sql_number(&d->w, "select count(*) from alert where number = 'PL-3'"), 2);
	time_source_advance(&d->w.app.time, US_PER_DAY);
	say(d,
	    (struct said){
			.kind = "taken", .casefile = 31, .state = CASE_IN_WORK, .level = 2, .handler = HANDLER, .actor = HANDLER});
	assert_int_equal(sql_number(&d->w, "select count(*) from alert where acted_at is not null"), 2);
	assert_int_equal(sql_number(&d->w, "select alerts from board_case"), 0);
	/* On the day on which it was raised. */
	assert_int_equal(sql_number(&d->w, "select acted * 10 + raised from board_day order by day limit 1"), 22);
}

static void offices_above_hear_of_what_nobody_answers(void **state)
{
	struct desk *d = *state;
	const struct calendar *c = d->w.institution->calendar;
	const struct zone *zone = calendar_zone(c);
	day_number monday = case_today(c, NOW_US);
	/* Orange at noon, due at noon two working days later: half of that is one working day. */
	struct alert_hearing a = {.level = CLOCK_ORANGE,
	                          .raised_us = zone_instant_us(zone, monday, 12 * 3600),
	                          .due_us = zone_instant_us(zone, monday + 2, 12 * 3600)};
	int64_t half_us = zone_instant_us(zone, monday + 1, 12 * 3600);
	assert_int_equal(alert_reaches_us(c, &a), half_us);
	assert_false(alert_is_heard(&a, half_us, half_us - 1));
	assert_true(alert_is_heard(&a, half_us, half_us));
	/* Those further above by their own rule: so many working days later, or never. */
	struct hearing_rule day = {.level = CLOCK_ORANGE, .days = 1}, at_once = {.level = CLOCK_ORANGE, .days = 0};
	struct hearing_rule red = {.level = CLOCK_RED, .days = 3}, never = {0};
	assert_int_equal(alert_climbs_us(c, &a, &day, half_us), half_us + US_PER_DAY);
	assert_int_equal(alert_climbs_us(c, &a, &at_once, half_us), half_us);
	assert_int_equal(alert_climbs_us(c, &a, &red, half_us), CLOCK_NEVER);
	assert_int_equal(alert_climbs_us(c, &a, &never, half_us), CLOCK_NEVER);
	/* What was answered in time reaches nobody, ever; answered later, nobody further. */
	a.answered_us = half_us - (60 * US_PER_MIN);
	assert_false(alert_is_heard(&a, half_us, half_us + 30 * US_PER_DAY));
	a.answered_us = half_us + (60 * US_PER_MIN);
	assert_true(alert_is_heard(&a, half_us, half_us + 30 * US_PER_DAY));
	assert_false(alert_is_heard(&a, half_us + US_PER_DAY, half_us + 30 * US_PER_DAY));
	/* Red is heard of at once, and three working days after a Monday is Thursday. */
	a = (struct alert_hearing){.level = CLOCK_RED, .raised_us = a.raised_us, .due_us = a.due_us};
	assert_int_equal(alert_reaches_us(c, &a), a.raised_us);
	assert_int_equal(alert_climbs_us(c, &a, &red, a.raised_us), a.raised_us + 3 * US_PER_DAY);
}

/* Two offices of one district, one of another, one of the city itself, one of no place that the board knows. */
static void an_offices_sums_go_up_from_the_district_to_the_nation(void **state)
{
	struct desk *d = *state;
	const struct jurisdiction *areas;
	size_t n = catalogue_jurisdictions(&d->w.app, &areas);
	struct board_sums by_area[32] = {{0}};
	static const struct {
		const char *place;
		struct board_sums sums;
	} offices[] = {{"quayside", {10, 1, 2, 1, 1}},     {"quayside", {3, 0, 0, 1, 0}},
	               {"lantern-hill", {20, 4, 3, 0, 1}}, {"port-linden", {7, 2, 1, 1, 0}},
	               {"old-harbour", {100, 0, 5, 0, 0}}, {"nowhere", {900, 900, 9, 9, 9}}};
	static const struct {
		const char *place;
		struct board_sums sums;
	} expected[] = {
		{"quayside", {13, 1, 2, 2, 1}},    {"lantern-hill", {20, 4, 3, 0, 1}}, {"saltmeadow", {0}},
		{"port-linden", {40, 7, 6, 3, 2}}, {"vessel-bay", {100, 0, 5, 0, 0}},  {"estuary", {140, 7, 11, 3, 2}},
		{"aldermark", {140, 7, 11, 3, 2}}};
	assert_in_range(n, 7, 32);
	for (size_t i = 0; i < sizeof offices / sizeof *offices; i++) {
		board_roll_up(areas, n, str_of(offices[i].place), &offices[i].sums, by_area);
	}
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		int at = board_area(areas, n, str_of(expected[i].place));
		assert_true(at >= 0);
		assert_memory_equal(&by_area[at], &expected[i].sums, sizeof by_area[at]);
	}
}

static int64_t random_below(uint64_t *seed, int64_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int64_t)((*seed >> 33) % (uint64_t)n);
}

/* Case by case: those past their limit first, then by the day on which they are due; so many are done by the end of
 * each working day. */
static int64_t recount(const struct board_office *o, const struct calendar *c, day_number today, day_number until,
                       int64_t ended, int64_t days)
{
	int64_t unhandled = 0, number = o->sums.past;
	for (size_t i = 0; i < o->due_n && o->due[i].day <= until; i++) {
		int64_t worked = 0;
		for (day_number day = today; day <= o->due[i].day; day++) {
			worked += calendar_is_working(c, day);
		}
		for (int64_t k = 0; k < o->due[i].n; k++) {
			number++;
			unhandled += number > ended * worked / days;
		}
	}
	return unhandled;
}

static void the_forecast_is_what_a_plain_recount_gives(void **state)
{
	struct desk *d = *state;
	const struct calendar *c = d->w.institution->calendar;
	uint64_t seed = 20260921;
	day_number monday = case_today(c, NOW_US);
	/* By hand: 10 ended in ten working days, so one a day; on Monday two past their limit, on Tuesday 3 due, on Friday
	 * 4: by Tuesday two are done, those that were late; by Friday five are, so all 3 of Tuesday passed, and so did 4.
	 */
	struct board_office by_hand = {.sums = {.running = 9, .past = 2},
	                               .days = {{.day = monday - 14, .ended = 4}, {.day = monday - 3, .ended = 6}},
	                               .day_n = 2,
	                               .due = {{monday + 1, 3}, {monday + 4, 4}},
	                               .due_n = 2};
	struct board_forecast f = {0};
	board_foresee(&by_hand, c, monday, monday + 4, &f);
	assert_int_equal(f.due, 7);
	assert_int_equal(f.ended, 10);
	assert_int_equal(f.days, 10);
	assert_int_equal(f.unhandled, 3 + 4);
	for (int i = 0; i < 500; i++) {
		day_number today = monday + (day_number)random_below(&seed, 30),
				   until = today + (day_number)random_below(&seed, 8);
		day_number since = calendar_add(c, today, -10);
		struct board_office o = {.sums = {.past = random_below(&seed, 6)}};
		int64_t ended = 0;
		for (day_number day = since - 4; day < today; day++) {
			int32_t n = (int32_t)random_below(&seed, 5);
			o.days[o.day_n].day = day;
			o.days[o.day_n++].ended = n;
			ended += day >= since ? n : 0;
		}
		for (int k = 0; k < 8; k++) {
			o.due[o.due_n].day = today + k;
			o.due[o.due_n++].n = random_below(&seed, 7);
		}
		f = (struct board_forecast){0};
		board_foresee(&o, c, today, until, &f);
		assert_int_equal(f.ended, ended);
		assert_int_equal(f.unhandled, recount(&o, c, today, until, ended, 10));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counters_follow_a_case_through_its_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_forwarded_case_leaves_one_board_for_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_alert_is_raised_once_and_answered_by_an_act_of_the_office, set_up,
	                                    tear_down),
		cmocka_unit_test_setup_teardown(an_offices_sums_go_up_from_the_district_to_the_nation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_forecast_is_what_a_plain_recount_gives, set_up, tear_down),
		cmocka_unit_test_setup_teardown(offices_above_hear_of_what_nobody_answers, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
