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

/* The program was off: nobody's timer came. */
static void a_step_that_ran_out_unseen_is_said_with_the_move_that_finishes_it(void **state)
{
	struct world *w = *state;
	world_relay(w);
	w->step_limits = STR("acceptance 2 working-days decision 3 working-days");
	struct case_at at = case_in(w, CASE_RECEIVED);
	int64_t due_us = sql_number(w, "select due_at from case_step");
	time_source_advance(&w->app.time, 5 * US_PER_DAY);
	must_move(w, MOVE_TAKEN, &at);
	assert_int_equal(past(w, "acceptance"), 1);
	assert_int_equal(sql_number(w, "select effective_at from event where kind = 'step-past'"), due_us);
	assert_int_equal(sql_number(w, "select count(*) from case_step where kind = 0 and is_past = 1"), 1);
	assert_true(sql_number(w, "select id from event where kind = 'step-past'") <
	            sql_number(w, "select id from event where kind = 'taken'"));
	pass(w, 0);
	relayed(w);
	assert_int_equal(past(w, "acceptance"), 1);
	assert_int_equal(sql_number(w, "select count(*) from finding where sign = 'step-late'"), 1);
	assert_int_equal(see(w, &at).version, sql_number(w, "select count(*) from event where room = 'cases'"));
	at.version = see(w, &at).version;
	/* One that goes on is said by the move too, and not again by its timer. */
	time_source_advance(&w->app.time, 7 * US_PER_DAY);
	must_move(w, MOVE_QUESTION_ASKED, &at);
	assert_int_equal(past(w, "decision"), 1);
	pass(w, 1);
	at.version = see(w, &at).version;
	must_move(w, MOVE_QUESTION_ANSWERED, &at);
	must_move(w, MOVE_DECIDED, &at);
	assert_int_equal(past(w, "decision"), 1);
	assert_int_equal(past(w, "acceptance"), 1);
	assert_int_equal(see(w, &at).version, sql_number(w, "select count(*) from event where room = 'cases'"));
}

/* Each as of its own instant, in their order; what has not run out is not said. */
static void of_several_steps_that_ran_out_unseen_the_first_is_said_first(void **state)
{
	struct world *w = *state;
	w->step_limits = STR("second-signature 3 working-days reply 4 working-hours decision 90 working-days");
	struct case_at at = case_in(w, CASE_TO_SIGN);
	must_move(w, MOVE_ENQUIRED, &at);
	time_source_advance(&w->app.time, 10 * US_PER_DAY);
	must_move(w, MOVE_SIGNED, &at);
	assert_int_equal(sql_number(w, "select count(*) from event where kind = 'step-past'"), 2);
	assert_int_equal(past(w, "reply"), 1);
	assert_int_equal(past(w, "second-signature"), 1);
	assert_true(sql_number(w, "select effective_at from event where kind = 'step-past' order by id limit 1") <
	            sql_number(w, "select effective_at from event where kind = 'step-past' order by id desc limit 1"));
}

/* From where the step began; what was said to be over stays said; a step that has no limit any more ends, and one that
 * has one now begins. */
static void a_repair_gives_the_steps_their_new_limits(void **state)
{
	struct world *w = *state;
	const struct calendar *calendar = w->institution->calendar;
	w->step_limits = STR("decision 3 working-days reply 2 working-days");
	w->repairs_steps = true;
	w->repaired_steps = STR("decision 10 working-days second-signature 1 working-days");
	struct case_at at = case_in(w, CASE_IN_WORK);
	must_move(w, MOVE_ENQUIRED, &at);
	assert_int_equal(open_steps(w), 2);
	day_number begun = (day_number)sql_number(w, "select since_day from case_step where kind = 3");
	pass(w, 1);
	at.version = see(w, &at).version;
	must_move(w, MOVE_REPAIRED, &at);
	day_number last = calendar_add(calendar, begun, 10);
	assert_int_equal(open_steps(w), 1);
	assert_int_equal(sql_number(w, "select due_day from case_step where kind = 3"), last);
	assert_int_equal(sql_number(w, "select n from case_step where kind = 3"), 10);
	assert_true(str_is(see(w, &at).step_limits, "decision 10 working-days second-signature 1 working-days"));
	assert_int_equal(sql_number(w,
	                            "select count(*) from event where kind = 'repaired' and cast(public_payload as text) "
	                            "like '%\"steps\":\"decision 10 working-days second-signature 1 working-days\"%'"),
	                 1);
	pass(w, 8);
	assert_int_equal(past(w, "decision"), 0);
	pass(w, 10);
	assert_int_equal(past(w, "decision"), 1);
	/* Shorter again, and past already: not said twice. */
	w->repaired_steps = STR("decision 2 working-days");
	at.version = see(w, &at).version;
	must_move(w, MOVE_REPAIRED, &at);
	pass(w, 1);
	assert_int_equal(past(w, "decision"), 1);
	w->repaired_steps = STR_EMPTY;
	at.version = see(w, &at).version;
	must_move(w, MOVE_REPAIRED, &at);
	assert_int_equal(open_steps(w), 0);
	assert_int_equal(see(w, &at).steps, 0);
	/* The same once more changes nothing, and says so. */
	must_move(w, MOVE_REPAIRED, &at);
	assert_int_equal(sql_number(w,
	                            "select count(*) from event where kind = 'repaired' and cast(public_payload as text) "
	                            "like '%\"steps\"%'"),
	                 3);
}

static void a_step_that_a_repair_names_first_begins_with_it(void **state)
{
	struct world *w = *state;
	w->repairs_steps = true;
	w->repaired_steps = STR("decision 2 working-days");
	struct case_at at = case_in(w, CASE_IN_WORK);
	assert_int_equal(open_steps(w), 0);
	time_source_advance(&w->app.time, US_PER_DAY);
	must_move(w, MOVE_REPAIRED, &at);
	assert_int_equal(open_steps(w), 1);
	assert_int_equal(sql_number(w, "select since_at from case_step"), NOW_US + US_PER_DAY);
	pass(w, 7);
	assert_int_equal(past(w, "decision"), 1);
}

/* Who collects a document comes when it suits; what is to be posted is the office's to do. */
static void posting_a_document_has_its_own_time_after_the_clock_has_ended(void **state)
{
	struct world *w = *state;
	world_relay(w);
	w->step_limits = STR("hand-over 3 working-days");
	w->posts = true;
	for (int round = 0; round < 2; round++) {
		bool is_off = round == 1; /* the program, until it is posted */
		struct case_at at = case_in(w, CASE_CLOSED);
		must_move(w, MOVE_MADE_OUT, &at);
		assert_int_equal(open_steps(w), 0);
		must_move(w, MOVE_WAY_CHOSEN, &at);
		assert_int_equal(open_steps(w), 1);
		int64_t due_us = sql_number(w, "select max(due_at) from case_step");
		assert_int_equal(see(w, &at).turns_at, due_us);
		pass(w, 1);
		assert_int_equal(past(w, "hand-over"), round);
		if (is_off) {
			time_source_advance(&w->app.time, 7 * US_PER_DAY);
		} else {
			pass(w, 7);
			assert_int_equal(past(w, "hand-over"), 1);
		}
		at.version = see(w, &at).version;
		must_move(w, MOVE_HANDED_OVER, &at);
		assert_int_equal(past(w, "hand-over"), round + 1);
		assert_int_equal(sql_number(w, "select max(effective_at) from event where kind = 'step-past'"), due_us);
		assert_int_equal(open_steps(w), 0);
		assert_false(see(w, &at).has_turns_at);
		pass(w, 5);
		assert_int_equal(past(w, "hand-over"), round + 1);
	}
	relayed(w);
	assert_int_equal(sql_number(w, "select count(*) from finding where sign = 'step-late'"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		T(a_step_over_its_time_is_said_once_as_of_its_instant_and_found),
		T(a_step_stands_with_the_clock_and_begins_anew_each_time),
		T(a_step_that_ran_out_unseen_is_said_with_the_move_that_finishes_it),
		T(of_several_steps_that_ran_out_unseen_the_first_is_said_first),
		T(a_repair_gives_the_steps_their_new_limits),
		T(a_step_that_a_repair_names_first_begins_with_it),
		T(posting_a_document_has_its_own_time_after_the_clock_has_ended),
		T(who_is_asked_and_who_signs_have_their_own_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
