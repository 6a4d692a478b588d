/* Steps of a case that have limits of their own: what is over its time is said once, and seen by supervision. */
#include "case_world.h"

extern const struct timer_kind cases_timers[];

static struct timers *start_timers(struct world *w)
{
	struct timers *t;
	struct timer_kind kinds[8];
	size_t n = 0;
	for (const struct timer_kind *k = cases_timers; k->name; k++) {
		kinds[n] = *k;
		kinds[n++].ctx = &w->app;
	}
	world_ok(w, timers_start(w->app.store, NULL, &w->app.time, kinds, n, &t, &w->e));
	return t;
}

/* Time passes, and the timers do what it asks for. */
static void pass(struct world *w, int days)
{
	time_source_advance(&w->app.time, days * US_PER_DAY);
	struct timers *t = start_timers(w);
	assert_true(timers_drain(t, WAIT_US));
	timers_stop(t);
}

static int64_t past(struct world *w, const char *step)
{
	char sql[200];
	snprintf(sql, sizeof sql,
	         "select count(*) from event where kind = 'step-past' and cast(public_payload as text) like "
	         "'%%\"step\":\"%s\"%%'",
	         step);
	return sql_number(w, sql);
}

static int64_t open_steps(struct world *w)
{
	return sql_number(w, "select count(*) from case_step where until_at is null");
}

/* Monday: due at the end of Wednesday. */
static void a_step_over_its_time_is_said_once_as_of_its_instant_and_found(void **state)
{
	struct world *w = *state;
	world_relay(w);
	w->step_limits = STR("acceptance 2 working-days");
	struct case_at at = case_in(w, CASE_RECEIVED);
	const struct calendar *calendar = w->institution->calendar;
	day_number last = calendar_add(calendar, case_today(calendar, NOW_US), 2);
	int64_t due_us = zone_instant_us(calendar_zone(calendar), last + 1, 0);
	assert_int_equal(see(w, &at).turns_at, due_us);
	assert_int_equal(sql_number(w, "select due_at from case_step"), due_us);
	pass(w, 2);
	assert_int_equal(past(w, "acceptance"), 0);
	pass(w, 3);
	assert_int_equal(past(w, "acceptance"), 1);
	assert_int_equal(sql_number(w, "select effective_at from event where kind = 'step-past'"), due_us);
	pass(w, 2);
	assert_int_equal(past(w, "acceptance"), 1);
	assert_int_equal(dates_seen(w, &at).level, CLOCK_GREEN);
	relayed(w);
	assert_int_equal(sql_number(w, "select count(*) from finding where sign = 'step-late'"), 1);
	char sql[120];
	snprintf(sql, sizeof sql, "select count(*) from queue where step = 'acceptance' and step_due = %d", (int)last);
	assert_int_equal(sql_number(w, sql), 1);
	/* Taken it is accepted: the step is over, and the queue shows none. */
	at.version = see(w, &at).version;
	must_move(w, MOVE_TAKEN, &at);
	assert_int_equal(open_steps(w), 0);
	assert_int_equal(see(w, &at).steps, 0);
	relayed(w);
	assert_int_equal(sql_number(w, "select count(*) from queue where step = '' and step_due is null"), 1);
}

static void a_step_stands_with_the_clock_and_begins_anew_each_time(void **state)
{
	struct world *w = *state;
	w->step_limits = STR("correction-review 1 working-days decision 3 working-days");
	struct case_at at = case_in(w, CASE_ASKED);
	assert_int_equal(open_steps(w), 1);
	pass(w, 14);
	assert_int_equal(past(w, "decision"), 0);
	for (int round = 1; round <= 2; round++) {
		at.version = see(w, &at).version;
		must_move(w, MOVE_ANSWERED, &at);
		assert_int_equal(open_steps(w), 2);
		pass(w, 4);
		assert_int_equal(past(w, "correction-review"), round);
		at.version = see(w, &at).version;
		must_move(w, MOVE_ASKED, &at);
		assert_int_equal(open_steps(w), 1);
	}
	assert_int_equal(past(w, "decision"), 1);
	must_move(w, MOVE_WITHDRAWN, &at);
	assert_int_equal(open_steps(w), 0);
	assert_int_equal(sql_number(w, "select count(*) from case_step"), 3);
}

static void who_is_asked_and_who_signs_have_their_own_time(void **state)
{
	struct world *w = *state;
	w->step_limits = STR("second-signature 1 working-days reply 4 working-hours");
	struct case_at at = case_in(w, CASE_TO_SIGN);
	must_move(w, MOVE_ENQUIRED, &at);
	assert_int_equal(open_steps(w), 2);
	pass(w, 4);
	assert_int_equal(past(w, "second-signature"), 1);
	assert_int_equal(past(w, "reply"), 1);
	assert_true(sql_number(w, "select min(effective_at) from event where kind = 'step-past'") <
	            sql_number(w, "select max(effective_at) from event where kind = 'step-past'"));
	at.version = see(w, &at).version;
	must_move(w, MOVE_REPLIED, &at);
	assert_int_equal(open_steps(w), 1);
	must_move(w, MOVE_SIGNED, &at);
	assert_int_equal(open_steps(w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		T(a_step_over_its_time_is_said_once_as_of_its_instant_and_found),
		T(a_step_stands_with_the_clock_and_begins_anew_each_time),
		T(who_is_asked_and_who_signs_have_their_own_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
