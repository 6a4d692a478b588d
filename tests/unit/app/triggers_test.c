/* Each trigger's rule: when it fires, and when it does not although little is missing. */
#include "../unit.h"
#include "app/supervision/triggers.h"
#include "base/buf.h"

static bool fires(enum trigger_id id, struct trigger_look l, int64_t expected)
{
	int64_t figure = -1;
	bool is = TRIGGERS[id].fires(&l, &figure);
	if (is) {
		assert_int_equal(figure, expected);
	}
	return is;
}

static void a_step_over_its_time_counts_while_the_whole_is_in_time(void **state)
{
	(void)state;
	struct trigger_look l = {.kind = STR("step-past"), .level = 0, .left = 4};
	assert_true(fires(TRIGGER_STEP_LATE, l, 4));
	l.level = 2;
	assert_true(fires(TRIGGER_STEP_LATE, l, 4));
	l.level = 3; /* then the whole is late, which is told anyway */
	assert_false(fires(TRIGGER_STEP_LATE, l, 0));
	l = (struct trigger_look){.kind = STR("clock-red"), .left = 1};
	assert_false(fires(TRIGGER_STEP_LATE, l, 0));
}

static void not_accepted_needs_a_reason_of_the_list(void **state)
{
	(void)state;
	struct trigger_look l = {.kind = STR("not-accepted")};
	assert_true(fires(TRIGGER_NO_REASON, l, 0));
	l.has_reason = true;
	assert_false(fires(TRIGGER_NO_REASON, l, 0));
	assert_false(fires(TRIGGER_NO_REASON, (struct trigger_look){.kind = STR("withdrawn")}, 0));
}

static void the_second_correction_is_one_too_many(void **state)
{
	(void)state;
	struct trigger_look l = {.kind = STR("correction-asked"), .corrections = 1};
	assert_false(fires(TRIGGER_CORRECTED_AGAIN, l, 0));
	l.corrections = 2;
	assert_true(fires(TRIGGER_CORRECTED_AGAIN, l, 2));
	l.kind = STR("correction-answered"); /* the answer to it is not another one */
	assert_false(fires(TRIGGER_CORRECTED_AGAIN, l, 0));
}

static void forwarding_is_late_on_the_fourth_working_day(void **state)
{
	(void)state;
	struct trigger_look l = {.kind = STR("forwarded"), .days_here = TRIGGER_FORWARD_DAYS};
	assert_false(fires(TRIGGER_FORWARDED_LATE, l, 0));
	l.days_here++;
	assert_true(fires(TRIGGER_FORWARDED_LATE, l, 4));
	l.kind = STR("decided");
	assert_false(fires(TRIGGER_FORWARDED_LATE, l, 0));
}

static void stopping_just_before_the_limit_is_seen_however_it_stops(void **state)
{
	(void)state;
	struct trigger_look l = {
		.kind = STR("stopped"), .stands = true, .left = 1, .level = 2, .level_before = 2, .days_here = 2};
	assert_true(fires(TRIGGER_STOPPED_LATE, l, 1));
	l.kind = STR("correction-asked");
	assert_true(fires(TRIGGER_STOPPED_LATE, l, 1));
	l.left = 2;
	assert_false(fires(TRIGGER_STOPPED_LATE, l, 0));
	l.left = 1;
	l.stood = true; /* it stands already: nothing is gained */
	assert_false(fires(TRIGGER_STOPPED_LATE, l, 0));
	l.stood = false;
	l.level_before = 3; /* late already: stopping hides nothing */
	assert_false(fires(TRIGGER_STOPPED_LATE, l, 0));
	l.level_before = 2;
	l.left = INT32_MAX; /* the event does not say how much is left */
	assert_false(fires(TRIGGER_STOPPED_LATE, l, 0));
	l.left = 1;
	l.days_here = 1; /* the limit is that short: nobody could have asked sooner */
	assert_false(fires(TRIGGER_STOPPED_LATE, l, 0));
}

static void opened_again_counts_unless_an_objection_was_won(void **state)
{
	(void)state;
	struct trigger_look l = {.kind = STR("reopened")};
	assert_true(fires(TRIGGER_REOPENED, l, 0));
	l.has_reason = true;
	assert_false(fires(TRIGGER_REOPENED, l, 0));
}

static void overtaking_asks_for_a_reason_where_the_service_lists_some(void **state)
{
	(void)state;
	struct trigger_look l = {.kind = STR("decided"), .older = 1, .may_say_why = true};
	assert_true(fires(TRIGGER_OVERTAKING, l, 1));
	l.has_reason = true;
	assert_false(fires(TRIGGER_OVERTAKING, l, 0));
	l.has_reason = l.may_say_why = false;
	assert_false(fires(TRIGGER_OVERTAKING, l, 0));
	l.older = TRIGGER_OLDER_LEAST;
	assert_true(fires(TRIGGER_OVERTAKING, l, TRIGGER_OLDER_LEAST));
	l.kind = STR("decision-proposed");
	assert_true(fires(TRIGGER_OVERTAKING, l, TRIGGER_OLDER_LEAST));
	l.kind = STR("signed-second"); /* who signs second follows who decided */
	assert_false(fires(TRIGGER_OVERTAKING, l, 0));
	l = (struct trigger_look){.kind = STR("decided"), .older = 0, .may_say_why = true};
	assert_false(fires(TRIGGER_OVERTAKING, l, 0));
}

static void a_class_is_half_an_octave_of_working_time(void **state)
{
	(void)state;
	assert_int_equal(pace_class(0), 0);
	assert_int_equal(pace_class(14), 0);
	assert_int_equal(pace_class(15), 1);
	assert_int_equal(pace_class(21), 1);
	assert_int_equal(pace_class(22), 2);
	assert_int_equal(pace_class(30), 3);
	assert_int_equal(pace_class(60), 5);
	assert_int_equal(pace_class(61), 5);
	assert_int_equal(pace_class(570) + 2, pace_class(1140)); /* twice as long is two classes more */
	assert_int_equal(pace_class(INT32_MAX), PACE_CLASSES - 1);
}

static void a_pace_survives_being_written(void **state)
{
	(void)state;
	struct pace p = {{0}}, back;
	struct buf b;
	buf_init(&b, 1000);
	p.n[0] = 2;
	p.n[7] = 41;
	pace_write(&b, &p);
	assert_true(pace_read(buf_str(&b), &back));
	assert_memory_equal(&p, &back, sizeof p);
	assert_int_equal(pace_total(&back), 43);
	buf_release(&b);
	assert_false(pace_read(STR("1 -2"), &back));
	assert_false(pace_read(STR("1 x"), &back));
}

static void a_spread_far_above_the_colleagues_is_seen_from_ten_decisions_on(void **state)
{
	(void)state;
	struct trigger_look l = {.kind = STR("decided"), .is_counted = true};
	/* The colleagues: all within an octave. */
	for (int i = 0; i < 20; i++) {
		l.unit.n[10 + i % 3]++;
	}
	/* Some at once, some after very long. */
	l.own.n[2] = 5;
	l.own.n[14] = 5;
	assert_int_equal(pace_spread(&l.unit), 2);
	assert_int_equal(pace_spread(&l.own), 12);
	assert_true(fires(TRIGGER_SPREAD, l, 32));
	l.is_counted = false;
	assert_false(fires(TRIGGER_SPREAD, l, 0));
	l.is_counted = true;
	l.own.n[14] = 4; /* nine decisions say nothing */
	assert_false(fires(TRIGGER_SPREAD, l, 0));
	l.own = l.unit;
	assert_false(fires(TRIGGER_SPREAD, l, 0));
	l.own.n[2] = 1; /* one that stands out is below a tenth */
	assert_false(fires(TRIGGER_SPREAD, l, 0));
	/* Nobody to compare with. */
	l.own.n[2] = l.own.n[14] = 10;
	l.unit = (struct pace){{0}};
	l.unit.n[5] = 9;
	assert_false(fires(TRIGGER_SPREAD, l, 0));
}

static void every_trigger_has_its_words_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRIGGER_COUNT; i++) {
		assert_non_null(TRIGGERS[i].word);
		assert_non_null(TRIGGERS[i].title);
		assert_non_null(TRIGGERS[i].rule);
		assert_non_null(TRIGGERS[i].found);
		assert_ptr_equal(trigger_named(str_of(TRIGGERS[i].word)), &TRIGGERS[i]);
	}
	assert_null(trigger_named(STR("speeding")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_over_its_time_counts_while_the_whole_is_in_time),
		cmocka_unit_test(not_accepted_needs_a_reason_of_the_list),
		cmocka_unit_test(the_second_correction_is_one_too_many),
		cmocka_unit_test(forwarding_is_late_on_the_fourth_working_day),
		cmocka_unit_test(stopping_just_before_the_limit_is_seen_however_it_stops),
		cmocka_unit_test(opened_again_counts_unless_an_objection_was_won),
		cmocka_unit_test(overtaking_asks_for_a_reason_where_the_service_lists_some),
		cmocka_unit_test(a_class_is_half_an_octave_of_working_time),
		cmocka_unit_test(a_pace_survives_being_written),
		cmocka_unit_test(a_spread_far_above_the_colleagues_is_seen_from_ten_decisions_on),
		cmocka_unit_test(every_trigger_has_its_words_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
