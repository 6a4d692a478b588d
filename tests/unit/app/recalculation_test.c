/* Clocks that are counted anew: a day that an office adds, counted first and published then; a time in which nobody
 * served; what is interrupted goes on, and what falls due meanwhile is looked at as it is now. */
#include "case_world.h"

#include "app/cases/recalculation.h"
#include "app/catalogue/calendar_change.h"
#include "app/installation/outage.h"

enum { CASES = 5 };

static struct timers *timers_of(struct world *w)
{
	struct timer_kind kinds[16];
	struct timers *t;
	size_t n = 0;
	for (const struct timer_kind *k = cases_timers; k->name; k++) {
		kinds[n] = *k;
		kinds[n++].ctx = &w->app;
	}
	world_ok(w, timers_start(w->app.store, NULL, &w->app.time, kinds, n, &t, &w->e));
	return t;
}

static void until_nothing_is_due(struct timers *t)
{
	assert_true(timers_drain(t, WAIT_US));
}

/* Wednesday, 23 September 2026, is not worked: asked for, as a head does on the page. */
static int64_t ask_for_a_day(struct world *w)
{
	struct pack_files files;
	struct buf b;
	int64_t version;
	struct calendar_new_day day = {.kind = ENTRY_HOLIDAY,
	                               .day = case_today(w->institution->calendar, NOW_US) + 2,
	                               .names = {STR("Typhoon \"Lin\""), STR("台风")}};
	world_ok(w, published_files(&w->app, &files, &version, &w->e));
	const struct pack_file *f =
		pack_files_find(&files, arena_printf(&w->arena, "calendars/%.*s.yaml", STR_ARG(w->institution->calendar_id)));
	assert_non_null(f);
	buf_init(&b, 1 << 20);
	assert_true(calendar_with_day(f->bytes, &day, &b));
	struct recalculation_ask in = {.id = 4711,
	                               .institution = w->institution->id,
	                               .account = HEAD,
	                               .name = STR("Mei"),
	                               .calendar = w->institution->calendar_id,
	                               .title = STR("Typhoon"),
	                               .body = buf_str(&b),
	                               .version = f->version,
	                               .day = day.day};
	struct store_op op = {.route = CATALOGUE_ROUTE};
	world_ok(w, store_write(w->app.store, &op, recalculation_ask_job, &in, &w->e));
	buf_release(&b);
	pack_files_release(&files);
	return op.result[0];
}

static struct recalculation_get_out row_of(struct world *w, int64_t id)
{
	struct recalculation_get_out row;
	world_ok(w, recalculation_read(&w->app, &w->arena, id, &row, &w->e));
	return row;
}

static void step(struct world *w)
{
	bool is_more;
	world_ok(w, recalculations_step(&w->app, &is_more, &w->e));
}

static void step_until(struct world *w, int64_t id, enum recalculation_state state)
{
	for (int i = 0; row_of(w, id).state != state; i++) {
		assert_true(i < 100);
		step(w);
	}
}

static void publish(struct world *w, int64_t id)
{
	struct recalculation_get_out row = row_of(w, id);
	struct pack_files files;
	struct pack *pack = NULL;
	struct pack_report report;
	struct publication *p = NULL;
	int64_t version;
	struct str path = arena_printf(&w->arena, "calendars/%.*s.yaml", STR_ARG(row.calendar));
	pack_report_init(&report);
	world_ok(w, published_files(&w->app, &files, &version, &w->e));
	world_ok(w, pack_files_put(&files, path, row.body, 1, &w->e));
	world_ok(w, pack_read(&files, &report, &pack, &w->e));
	assert_int_equal(report.mistakes, 0);
	world_ok(w, publication_plan(&w->app, &files, pack, version, NULL, &p, &w->e));
	struct recalculation_publish in = {.id = id,
	                                   .version = row.version,
	                                   .account = HEAD,
	                                   .name = STR("Mei"),
	                                   .to_version = publication_version_of(p, path),
	                                   .publication = p};
	assert_int_equal(in.to_version, row.from_version + 1);
	world_ok(w, store_write(w->app.store, &(struct store_op){.route = CATALOGUE_ROUTE}, recalculation_publish_job, &in,
	                        &w->e));
	world_ok(w, catalogue_reload(&w->app, &w->e));
	publication_free(p);
	pack_free(pack);
	pack_report_release(&report);
	pack_files_release(&files);
	w->institution = catalogue_institution_named(&w->app, w->service->institution);
}

static int64_t count_of(struct world *w, const char *kind)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from event where kind = '%s'", kind);
	return sql_number(w, sql);
}

static void some_cases(struct world *w, struct case_at at[CASES])
{
	world_relay(w);
	for (int i = 0; i < CASES; i++) {
		at[i] = case_in(w, i < CASES - 1 ? CASE_IN_WORK : CASE_CLOSED);
	}
	relayed(w);
}

static void a_day_is_counted_first_and_changes_nothing_until_it_is_published(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	w->step_limits = STR("decision 3 working-days");
	some_cases(w, at);
	struct casefile_get_out was = see(w, &at[0]), closed = see(w, &at[CASES - 1]);
	uint64_t before = rows_digest(w, "casefile%");
	int64_t id = ask_for_a_day(w);
	step_until(w, id, RECALC_COUNTED);
	struct recalculation_get_out counted = row_of(w, id);
	assert_int_equal(counted.looked, CASES - 1);
	assert_int_equal(counted.moved, CASES - 1);
	assert_true(counted.least_days >= 1);
	assert_true(rows_digest(w, "casefile%") == before);
	assert_int_equal(calendar_version(w->institution->calendar), 1);

	publish(w, id);
	step_until(w, id, RECALC_DONE);
	assert_int_equal(row_of(w, id).moved, counted.moved);
	for (int i = 0; i < CASES - 1; i++) {
		struct casefile_get_out c = see(w, &at[i]);
		assert_int_equal(c.calendar_version, 2);
		assert_int_equal(c.due_day, calendar_add(w->institution->calendar, c.begun_day, (int32_t)c.committed));
		assert_int_equal(c.due_day - was.due_day, counted.most_days);
		assert_true(c.turns_at > was.turns_at);
	}
	/* So has the step that they are at, and it says so to the timer: of all that turns it is the first. */
	char sql[100];
	day_number step_due = calendar_add(w->institution->calendar, was.begun_day, 3);
	snprintf(sql, sizeof sql, "select count(*) from case_step where until_at is null and due_day = %d", (int)step_due);
	assert_int_equal(sql_number(w, sql), CASES - 1);
	assert_int_equal(see(w, &at[0]).turns_at,
	                 zone_instant_us(calendar_zone(w->institution->calendar), step_due + 1, 0));
	/* What is closed keeps its days. */
	assert_int_equal(see(w, &at[CASES - 1]).version, closed.version);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'clock-moved'"), CASES - 1);
	/* The queue follows by the relay. */
	relayed(w);
	snprintf(sql, sizeof sql, "select count(*) from queue where due_day = %d", (int)see(w, &at[0]).due_day);
	assert_int_equal(sql_number(w, sql), CASES - 1);
	/* Nothing is left to do, and nothing is noticed anew. */
	bool is_more = true;
	world_ok(w, recalculations_step(&w->app, &is_more, &w->e));
	assert_false(is_more);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
}

static void who_is_interrupted_goes_on_and_moves_no_clock_twice(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	some_cases(w, at);
	int64_t id = ask_for_a_day(w);
	step_until(w, id, RECALC_COUNTED);
	publish(w, id);
	for (int i = 0; count_of(w, "clock-moved") == 0; i++) {
		assert_true(i < 100);
		step(w);
	}
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	/* The clocks are moved, and the program died before it wrote down how far it had come. */
	sql_run(w, "update recalculation set at_institution = 0, at_casefile = 0, moved = 0, pass_moved = 0");
	step_until(w, id, RECALC_DONE);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	for (int i = 0; i < CASES - 1; i++) {
		assert_int_equal(see(w, &at[i]).calendar_version, 2);
	}
}

static void what_falls_due_before_its_turn_is_counted_anew_first(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	some_cases(w, at);
	struct casefile_get_out was = see(w, &at[0]);
	int64_t id = ask_for_a_day(w);
	step_until(w, id, RECALC_COUNTED);
	publish(w, id);
	/* Nothing went through the cases yet, and the first alert of the old days is due. */
	time_source_advance(&w->app.time, was.turns_at - time_legal_us(&w->app.time) + US_PER_S);
	struct timers *t = timers_of(w);
	until_nothing_is_due(t);
	timers_stop(t);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	assert_int_equal(count_of(w, "clock-orange"), 0);
	step_until(w, id, RECALC_DONE);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
}

/* By law within eight working days, the last of them Wednesday, 30 September; nobody serves from then to Saturday, over
 * the two Harbour Days. */
static void two_that_run_the_timers_after_three_days_off_over_a_holiday_do_each_thing_once_in_its_order(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	const struct calendar *calendar = w->institution->calendar;
	w->rule.silence = SILENCE_ESCALATES;
	w->rule.committed.n = 5;
	w->rule.statutory.n = 8;
	some_cases(w, at);
	struct casefile_get_out c = see(w, &at[0]);
	assert_int_equal(c.legal_day, case_today(calendar, NOW_US) + 9);
	assert_false(calendar_is_working(calendar, c.legal_day + 1));
	assert_false(calendar_is_working(calendar, c.legal_day + 2));
	world_ok(w, serving_say(&w->app, &w->e));
	int64_t end_us = zone_instant_us(calendar_zone(calendar), c.legal_day + 1, 0);
	time_source_advance(&w->app.time, end_us - time_legal_us(&w->app.time) - US_PER_DAY);
	world_ok(w, serving_say(&w->app, &w->e));
	sql_run(w, "delete from outage"); /* until then somebody did */
	atomic_store(&w->app.serving_said_us, 0);
	time_source_advance(&w->app.time, 3 * US_PER_DAY);
	world_ok(w, serving_say(&w->app, &w->e));
	assert_int_equal(sql_number(w, "select count(*) from outage"), 1);

	struct timers *one = timers_of(w), *two = timers_of(w);
	until_nothing_is_due(one);
	until_nothing_is_due(two);
	int64_t open = CASES - 1;
	assert_int_equal(count_of(w, "clock-orange"), 2 * open); /* the promise, then the law */
	assert_int_equal(count_of(w, "clock-past"), 2 * open);
	assert_int_equal(count_of(w, "silence-escalated"), 0); /* waits until the same working time was given back */
	time_source_advance(&w->app.time, 10 * US_PER_DAY);
	timers_nudge(one);
	timers_nudge(two);
	until_nothing_is_due(one);
	until_nothing_is_due(two);
	timers_stop(one);
	timers_stop(two);
	assert_int_equal(count_of(w, "silence-escalated"), open);
	assert_int_equal(count_of(w, "clock-past"), 2 * open);
	/* In the order of their instants, each as of its own. */
	char sql[200];
	snprintf(sql, sizeof sql,
	         "select count(*) from event where casefile = %lld and kind = 'clock-orange' and effective_at = %lld",
	         (long long)at[0].id, (long long)c.turns_at);
	assert_int_equal(sql_number(w, sql), 1);
	assert_int_equal(sql_number(w, "select count(*) from event a join event b on a.route = b.route and "
	                               "a.casefile = b.casefile and a.id < b.id where a.effective_at > b.effective_at "
	                               "and a.kind like 'clock-%' and a.kind <> 'clock-moved' and b.kind like 'clock-%' "
	                               "and b.kind <> 'clock-moved'"),
	                 0);
	/* One working day, the Wednesday, was lost: silence came with the last minute of the next one, once a case. */
	snprintf(sql, sizeof sql,
	         "select count(distinct casefile) from event where kind = 'silence-escalated' and "
	         "effective_at = %lld",
	         (long long)zone_instant_us(calendar_zone(calendar), calendar_add(calendar, c.legal_day, 1), 18 * 3600));
	assert_int_equal(sql_number(w, sql), open);
	/* And the office was warned of each turn once, as of the instant at which it turned. */
	relayed(w);
	assert_int_equal(sql_number(w, "select count(*) from alert"),
	                 count_of(w, "clock-orange") + count_of(w, "clock-red") + count_of(w, "clock-past"));
	assert_int_equal(sql_number(w, "select count(*) from alert a join event e on a.id = e.id "
	                               "where a.raised_at <> e.effective_at"),
	                 0);
}

static void who_had_time_for_an_answer_gets_back_what_nobody_served(void **state)
{
	struct world *w = *state;
	w->lapses = true;
	world_relay(w);
	world_ok(w, serving_say(&w->app, &w->e));
	struct case_at at = case_in(w, CASE_ASKED);
	relayed(w);
	struct casefile_get_out was = see(w, &at);
	assert_true(was.has_answer_day);
	/* Nobody serves from now on until a day after the last one. */
	const struct calendar *c = w->institution->calendar;
	int64_t end_us = zone_instant_us(calendar_zone(c), was.answer_day + 2, 0);
	time_source_advance(&w->app.time, end_us - time_legal_us(&w->app.time));
	atomic_store(&w->app.serving_said_us, 0);
	world_ok(w, serving_say(&w->app, &w->e));
	struct timers *t = timers_of(w);
	until_nothing_is_due(t);
	timers_stop(t);
	struct casefile_get_out is = see(w, &at);
	assert_int_equal(is.state, CASE_ASKED);
	assert_true(is.answer_day > was.answer_day + 1);
	assert_int_equal(count_of(w, "clock-moved"), 1);
	bool is_more = true;
	for (int i = 0; is_more; i++) {
		assert_true(i < 100);
		world_ok(w, recalculations_step(&w->app, &is_more, &w->e));
	}
	assert_int_equal(count_of(w, "clock-moved"), 1);
}

static void other_data_of_the_zone_count_anew_what_runs_and_trouble_nobody_whose_days_stay(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	some_cases(w, at);
	struct casefile_get_out was = see(w, &at[0]);
	/* As a start finds it after an update of tzdata: the same file, and a zone that says something else. */
	sql_run(w, "update pack_file set is_current = 0 where path = 'calendars/port-linden.yaml'");
	sql_run(
		w,
		"insert into pack_file (path, version, digest, body, zone, is_current, published_at) select path, 2, digest, "
		"body, '+03:00 MSK', 1, published_at from pack_file where path = 'calendars/port-linden.yaml'");
	sql_run(w, "update catalogue_state set version = version + 1");
	world_ok(w, catalogue_reload(&w->app, &w->e));
	bool is_more = true;
	for (int i = 0; is_more; i++) {
		assert_true(i < 100);
		step(w);
		world_ok(w, recalculations_step(&w->app, &is_more, &w->e));
	}
	assert_int_equal(sql_number(w, "select cause from recalculation"), CAUSE_ZONE);
	assert_int_equal(sql_number(w, "select state from recalculation"), RECALC_DONE);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	assert_int_equal(sql_number(w, "select count(*) from event where public_payload like '%\"why\":\"zone\"%'"),
	                 CASES - 1);
	struct casefile_get_out is = see(w, &at[0]);
	assert_int_equal(is.calendar_version, 2);
	assert_int_equal(is.due_day, was.due_day);
	assert_true(is.due_at < was.due_at); /* the day ends earlier there */
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'clock-moved'"), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_day_is_counted_first_and_changes_nothing_until_it_is_published),
		TEST(who_is_interrupted_goes_on_and_moves_no_clock_twice),
		TEST(what_falls_due_before_its_turn_is_counted_anew_first),
		TEST(two_that_run_the_timers_after_three_days_off_over_a_holiday_do_each_thing_once_in_its_order),
		TEST(who_had_time_for_an_answer_gets_back_what_nobody_served),
		TEST(other_data_of_the_zone_count_anew_what_runs_and_trouble_nobody_whose_days_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
