/* Clocks that are counted anew: a day that an office adds, counted first and published then; a time in which nobody
 * served; what is interrupted goes on, and what falls due meanwhile is looked at as it is now. */
#include "case_world.h"

#include <pthread.h>

#include "app/cases/count_anew.h"
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

/* A day is not worked: asked for, as a head does on the page. */
static int64_t ask_for(struct world *w, int64_t id, day_number off)
{
	struct pack_files files;
	struct buf b;
	int64_t version;
	struct calendar_new_day day = {.kind = ENTRY_HOLIDAY, .day = off, .names = {STR("Typhoon \"Lin\""), STR("台风")}};
	world_ok(w, published_files(&w->app, &files, &version, &w->e));
	const struct pack_file *f =
		pack_files_find(&files, arena_printf(&w->arena, "calendars/%.*s.yaml", STR_ARG(w->institution->calendar_id)));
	assert_non_null(f);
	buf_init(&b, 1 << 20);
	assert_true(calendar_with_day(f->bytes, &day, &b));
	struct recalculation_ask in = {.id = id,
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

/* Wednesday, 23 September 2026. */
static int64_t ask_for_a_day(struct world *w)
{
	return ask_for(w, 4711, case_today(w->institution->calendar, NOW_US) + 2);
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
	sql_run(w, "update recalculation set at_institution = 0, at_party = 0, at_casefile = 0, moved = 0, pass_moved = 0");
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

/* --- Many in one transaction, and what follows
 * ------------------------------------------------------------------------
 */

static const enum case_state mixed_states[] = {CASE_RECEIVED, CASE_IN_WORK, CASE_ASKED, CASE_CORRECTED, CASE_TO_SIGN};
enum { MIXED = sizeof mixed_states / sizeof *mixed_states + 3 };

/* Waiting, in hand, standing, stopped and going on, extended, stopped by hand. */
static void mixed_cases(struct world *w, struct case_at at[MIXED])
{
	world_relay(w);
	size_t n = sizeof mixed_states / sizeof *mixed_states;
	for (size_t i = 0; i < MIXED; i++) {
		at[i] = case_in(w, i < n ? mixed_states[i] : CASE_IN_WORK);
	}
	must_move(w, MOVE_EXTENDED, &at[n]);
	must_move(w, MOVE_STOPPED, &at[n + 1]);
	must_move(w, MOVE_STOPPED, &at[n + 2]);
	time_source_advance(&w->app.time, US_PER_DAY);
	must_move(w, MOVE_WENT_ON, &at[n + 2]);
	relayed(w);
}

static void move_all(struct world *w, int64_t id)
{
	step_until(w, id, RECALC_COUNTED);
	publish(w, id);
	step_until(w, id, RECALC_TELLING);
}

/* What lists say above their rows while they may still show the days before. */
static void while_it_is_under_way_lists_can_say_so(void **state)
{
	struct world *w = *state;
	struct case_at at[MIXED];
	struct recalculation_get_out c;
	mixed_cases(w, at);
	struct str calendar = calendar_id(w->institution->calendar);
	int64_t id = ask_for_a_day(w);
	step_until(w, id, RECALC_COUNTED);
	world_ok(w, recalculation_under_way(&w->app, &w->arena, calendar, &c, &w->e));
	assert_false(c.found);
	publish(w, id);
	world_ok(w, recalculation_under_way(&w->app, &w->arena, calendar, &c, &w->e));
	assert_true(c.found && c.id == id && c.state == RECALC_RUNNING);
	step_until(w, id, RECALC_TELLING);
	world_ok(w, recalculation_under_way(&w->app, &w->arena, STR_EMPTY, &c, &w->e));
	assert_true(c.found && c.id == id && c.moved > c.told);
	world_ok(w, recalculation_under_way(&w->app, &w->arena, STR("another"), &c, &w->e));
	assert_false(c.found);
	step_until(w, id, RECALC_DONE);
	world_ok(w, recalculation_under_way(&w->app, &w->arena, calendar, &c, &w->e));
	assert_false(c.found);
}

struct plain { /* a clock read from its row, its stops and the calendar, without what anybody said of it */
	struct world *w;
	const struct case_at *at;
	struct clock_face face;
	int64_t turns_at, timer_us;
};

static bool read_plainly(struct tx *tx, void *ctx, struct err *e)
{
	struct plain *p = ctx;
	const struct calendar *calendar = p->w->institution->calendar;
	struct casefile_get_out c;
	struct case_clock k;
	if (!casefile_get(tx, &(struct casefile_get_in){.party = p->at->party, .id = p->at->id}, &c, e) ||
	    !case_clock_load(tx, &c, &k, e)) {
		return false;
	}
	case_clock_face(calendar, &k.clock, c.said_at, &p->face);
	p->turns_at = case_clock_turns_at(&c, calendar, &k, &p->face, c.said_at);
	return true;
}

static void assert_counted_as_alone(struct world *w, const struct case_at *at)
{
	struct plain p = {.w = w, .at = at};
	struct casefile_get_out c = see(w, at);
	char sql[200];
	world_ok(w, store_read(w->app.store, at->party, &w->arena, read_plainly, &p, &w->e));
	assert_int_equal(c.calendar_version, calendar_version(w->institution->calendar));
	assert_int_equal(c.due_day, p.face.due[CLOCK_COMMITTED].day);
	assert_true(c.due_at == p.face.due[CLOCK_COMMITTED].us);
	assert_int_equal(c.legal_day, p.face.due[CLOCK_STATUTORY].day);
	assert_int_equal(c.stood_days, p.face.stood_days);
	assert_int_equal(c.has_stands_since, p.face.stands);
	assert_true(c.turns_at == p.turns_at || (!c.has_turns_at && p.turns_at == CLOCK_NEVER));
	snprintf(sql, sizeof sql, "select coalesce(max(due_at), 0) from timer where kind = '%s' and subject = %lld",
	         CASE_CLOCK_TIMER, (long long)at->id);
	assert_true(sql_number(w, sql) == (c.has_turns_at ? c.turns_at : 0));
}

/* Each move has made one event, each event one version; nothing is left to be said. */
static void assert_all_is_said(struct world *w)
{
	assert_int_equal(sql_number(w, "select count(*) from casefile c where c.version <> (select count(*) from event e "
	                               "where e.route = c.party and e.casefile = c.id and e.room = 'cases')"),
	                 0);
	assert_int_equal(sql_number(w, "select count(*) from casefile where was_due is not null"), 0);
}

static void clocks_moved_together_are_as_each_alone_and_say_so_afterwards(void **state)
{
	struct world *w = *state;
	struct case_at at[MIXED];
	struct casefile_get_out was[MIXED];
	bool has_moved[MIXED];
	char sql[300];
	w->step_limits = STR("decision 3 working-days");
	mixed_cases(w, at);
	for (int i = 0; i < MIXED; i++) {
		was[i] = see(w, &at[i]);
	}
	int64_t id = ask_for(w, 4711, case_today(w->institution->calendar, NOW_US) + 3);
	step_until(w, id, RECALC_COUNTED);
	struct recalculation_get_out counted = row_of(w, id);
	move_all(w, id);
	assert_int_equal(counted.looked, MIXED);
	assert_int_equal(row_of(w, id).moved, counted.moved);
	assert_int_equal(row_of(w, id).least_days, counted.least_days);
	assert_int_equal(row_of(w, id).most_days, counted.most_days);
	assert_int_equal(count_of(w, "clock-moved"), 0);
	int64_t moved = sql_number(w, "select count(*) from casefile where was_due is not null");
	for (int i = 0; i < MIXED; i++) {
		struct casefile_get_out c = see(w, &at[i]);
		assert_counted_as_alone(w, &at[i]);
		assert_int_equal(c.version, was[i].version);
		has_moved[i] = c.has_was_due;
		assert_true(!c.has_was_due || (c.was_due == was[i].due_day && c.was_legal == was[i].legal_day));
	}
	time_source_advance(&w->app.time, 3600 * US_PER_S);
	step_until(w, id, RECALC_DONE);
	assert_int_equal(row_of(w, id).told, moved);
	assert_int_equal(count_of(w, "clock-moved"), moved);
	assert_all_is_said(w);
	for (int i = 0; i < MIXED; i++) {
		struct casefile_get_out c = see(w, &at[i]);
		/* As of when it moved, with the days before and after. */
		snprintf(
			sql, sizeof sql,
			"select count(*) from event where casefile = %lld and kind = 'clock-moved' and effective_at = %lld and "
			"recorded_at > effective_at and public_payload like '%%\"due\":%d,%%' and public_payload like "
			"'%%\"was_due\":%d,%%'",
			(long long)at[i].id, (long long)c.said_at, (int)c.due_day, (int)was[i].due_day);
		assert_int_equal(sql_number(w, sql), has_moved[i]);
	}
	relayed(w);
	assert_int_equal(sql_number(w, "select count(*) from queue q join casefile c on c.id = q.casefile where "
	                               "q.due_day <> c.due_day or q.legal_day <> c.legal_day"),
	                 0);
}

static void who_moves_a_case_first_says_that_its_clock_was_moved(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	some_cases(w, at);
	move_all(w, ask_for_a_day(w));
	must_move(w, MOVE_HANDED, &at[0]);
	must_move(w, MOVE_DECIDED, &at[1]);
	must_move(w, MOVE_WITHDRAWN, &at[2]);
	assert_int_equal(count_of(w, "clock-moved"), 3);
	assert_int_equal(sql_number(w,
	                            "select count(*) from event a join event b on a.casefile = b.casefile and a.id > b.id "
	                            "where a.kind = 'clock-moved' and b.kind in ('handed-to-colleague', 'decided', "
	                            "'withdrawn')"),
	                 0);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'clock-moved'"), 3);
	step_until(w, 4711, RECALC_DONE);
	assert_int_equal(row_of(w, 4711).told, 1);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'clock-moved'"), CASES - 1);
	assert_all_is_said(w);
}

static void a_second_day_before_the_first_is_said_is_said_with_it(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	char sql[300];
	some_cases(w, at);
	struct casefile_get_out was = see(w, &at[0]);
	move_all(w, ask_for_a_day(w));
	move_all(w, ask_for(w, 4712, case_today(w->institution->calendar, NOW_US) + 3));
	for (int i = 0; i < CASES - 1; i++) {
		assert_counted_as_alone(w, &at[i]);
	}
	step_until(w, 4711, RECALC_DONE);
	step_until(w, 4712, RECALC_DONE);
	struct casefile_get_out is = see(w, &at[0]);
	assert_int_equal(is.calendar_version, 3);
	assert_true(is.due_day > was.due_day + 1);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	snprintf(sql, sizeof sql,
	         "select count(*) from event where kind = 'clock-moved' and public_payload like '%%\"was_due\":%d,%%' and "
	         "public_payload like '%%\"due\":%d,%%'",
	         (int)was.due_day, (int)is.due_day);
	assert_int_equal(sql_number(w, sql), CASES - 1);
	assert_all_is_said(w);
}

static void no_alert_of_the_old_days_is_given_and_none_of_the_new_is_missed(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	some_cases(w, at);
	struct casefile_get_out was = see(w, &at[0]);
	move_all(w, ask_for_a_day(w));
	time_source_advance(&w->app.time, was.turns_at - time_legal_us(&w->app.time) + US_PER_S);
	struct timers *t = timers_of(w);
	until_nothing_is_due(t);
	assert_int_equal(count_of(w, "clock-orange"), 0);
	assert_int_equal(count_of(w, "clock-moved"), 0);
	time_source_advance(&w->app.time, see(w, &at[0]).turns_at - time_legal_us(&w->app.time) + US_PER_S);
	timers_nudge(t);
	until_nothing_is_due(t);
	timers_stop(t);
	assert_int_equal(count_of(w, "clock-orange"), CASES - 1);
	assert_int_equal(sql_number(w,
	                            "select count(*) from event a join event b on a.casefile = b.casefile and a.id < b.id "
	                            "where a.kind = 'clock-moved' and b.kind = 'clock-orange'"),
	                 CASES - 1);
	step_until(w, 4711, RECALC_DONE);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	assert_all_is_said(w);
}

static void who_died_before_it_wrote_down_how_far_it_had_come_counts_what_it_moved(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	some_cases(w, at);
	int64_t id = ask_for_a_day(w);
	move_all(w, id);
	int64_t moved = row_of(w, id).moved;
	assert_int_equal(moved, CASES - 1);
	uint64_t rows = rows_digest(w, "casefile");
	char sql[200];
	snprintf(sql, sizeof sql,
	         "update recalculation set state = %d, at_institution = 0, at_party = 0, at_casefile = 0, pass = 0, "
	         "looked = 0, moved = 0, pass_moved = 0",
	         RECALC_RUNNING);
	sql_run(w, sql);
	step_until(w, id, RECALC_TELLING);
	assert_int_equal(row_of(w, id).moved, moved);
	assert_true(rows_digest(w, "casefile") == rows);
	/* And before it wrote down whom it had told. */
	step_until(w, id, RECALC_DONE);
	snprintf(sql, sizeof sql, "update recalculation set state = %d, told = 0", RECALC_TELLING);
	sql_run(w, sql);
	step_until(w, id, RECALC_DONE);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	assert_all_is_said(w);
}

static struct count_clocks counted(struct world *w, struct counted_clock clocks[CASES])
{
	struct count_clocks j = {.app = &w->app,
	                         .calendar = w->institution->calendar_id,
	                         .is = w->institution->calendar,
	                         .why = MOVED_BY_CALENDAR,
	                         .until_party = INT64_MAX,
	                         .most = CASES,
	                         .clocks = clocks};
	world_ok(w, store_read(w->app.store, 0, &w->arena, count_clocks_job, &j, &w->e));
	return j;
}

static void of_clocks_of_which_one_was_moved_meanwhile_none_is_written(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	struct counted_clock clocks[CASES];
	some_cases(w, at);
	int64_t id = ask_for_a_day(w);
	const struct calendar *before = w->institution->calendar;
	step_until(w, id, RECALC_COUNTED);
	publish(w, id);
	struct count_clocks j = counted(w, clocks);
	assert_int_equal(j.n, CASES - 1);
	struct institution as_it_was = *w->institution;
	const struct institution *is = w->institution;
	as_it_was.calendar = (struct calendar *)(uintptr_t)before;
	w->institution = &as_it_was;
	must_move(w, MOVE_HANDED, &at[2]);
	w->institution = is;
	uint64_t rows = rows_digest(w, "casefile"), timers = rows_digest(w, "timer");
	const struct counted_clock *of[CASES];
	for (size_t i = 0; i < j.n; i++) {
		of[i] = &j.clocks[i];
	}
	struct write_clocks in = {.clocks = of, .n = j.n};
	struct store_op op = {.route = of[0]->party, .is_background = true};
	assert_conflict(w, store_write(w->app.store, &op, write_clocks_job, &in, &w->e));
	assert_true(rows_digest(w, "casefile") == rows && rows_digest(w, "timer") == timers);
	step_until(w, id, RECALC_DONE);
	assert_int_equal(count_of(w, "clock-moved"), CASES - 1);
	for (int i = 0; i < CASES - 1; i++) {
		assert_counted_as_alone(w, &at[i]);
	}
	assert_all_is_said(w);
}

/* Who holds an older version of the calendar than the row by now is told to look again. */
static void nobody_moves_a_case_on_days_that_are_no_longer_its_own(void **state)
{
	struct world *w = *state;
	struct case_at at[CASES];
	some_cases(w, at);
	struct institution as_it_was = *w->institution;
	move_all(w, ask_for_a_day(w));
	const struct institution *is = w->institution;
	struct mover m = rightful(MOVE_HANDED);
	w->institution = &as_it_was;
	assert_conflict(w, make_move(w, MOVE_HANDED, &at[0], &m, &w->e));
	w->institution = is;
	must_move(w, MOVE_HANDED, &at[0]);
}

static void *step_to_the_end(void *arg)
{
	struct world *w = arg;
	struct err e;
	bool is_more = true;
	for (int i = 0; is_more && i < 1000; i++) {
		must(recalculations_step(&w->app, &is_more, &e));
	}
	return NULL;
}

static void two_that_go_through_the_clocks_move_and_tell_each_once(void **state)
{
	struct world *w = *state;
	struct case_at at[MIXED];
	pthread_t two;
	mixed_cases(w, at);
	int64_t id = ask_for(w, 4711, case_today(w->institution->calendar, NOW_US) + 3);
	step_until(w, id, RECALC_COUNTED);
	struct recalculation_get_out counted = row_of(w, id);
	publish(w, id);
	assert_int_equal(pthread_create(&two, NULL, step_to_the_end, w), 0);
	step_to_the_end(w);
	assert_int_equal(pthread_join(two, NULL), 0);
	assert_int_equal(row_of(w, id).state, RECALC_DONE);
	assert_int_equal(row_of(w, id).moved, counted.moved);
	assert_int_equal(sql_number(w, "select count(*) - count(distinct casefile) from event where kind = 'clock-moved'"),
	                 0);
	for (int i = 0; i < MIXED; i++) {
		assert_counted_as_alone(w, &at[i]);
	}
	assert_all_is_said(w);
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
		TEST(clocks_moved_together_are_as_each_alone_and_say_so_afterwards),
		TEST(who_moves_a_case_first_says_that_its_clock_was_moved),
		TEST(a_second_day_before_the_first_is_said_is_said_with_it),
		TEST(no_alert_of_the_old_days_is_given_and_none_of_the_new_is_missed),
		TEST(who_died_before_it_wrote_down_how_far_it_had_come_counts_what_it_moved),
		TEST(of_clocks_of_which_one_was_moved_meanwhile_none_is_written),
		TEST(nobody_moves_a_case_on_days_that_are_no_longer_its_own),
		TEST(while_it_is_under_way_lists_can_say_so),
		TEST(two_that_go_through_the_clocks_move_and_tell_each_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
