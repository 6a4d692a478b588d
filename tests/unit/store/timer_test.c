#include "store/timer.h"

#include <stdatomic.h>

#include "history.h"
#include "tests/history.sql.c" /* NOLINT: the generated calls of these tests */

enum { LONG_US = 60000000 };

struct set {
	int64_t route, subject, due_us;
	const char *kind;
	bool clears, fails;
};

static bool set_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct set *s = ctx;
	struct str kind = str_of(s->kind);
	if (!note_add(tx, &(struct note_add_in){s->route, id_random(), STR("x")}, e)) {
		return false;
	}
	bool ok = s->clears ? timer_clear(tx, s->route, kind, s->subject, e)
	                    : timer_set(tx, s->route, kind, s->subject, s->due_us, e);
	return ok && (!s->fails || err_set(e, ERR_INVALID, "thought better of it"));
}

static bool set(struct fixture *f, struct set s)
{
	struct store_op op = {.route = s.route};
	return store_write(f->store, &op, set_job, &s, &f->e);
}

/* What fired, as rows of the store: it counts only with its transaction. */
static bool note_fired(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	(void)ctx;
	return note_seen(tx, "fired", t->route, t->subject, e);
}

struct moody {
	_Atomic int fails_left;
	_Atomic int tries;
};

static bool fire_moodily(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct moody *m = ctx;
	atomic_fetch_add(&m->tries, 1);
	if (!note_fired(tx, t, NULL, e)) {
		return false;
	}
	return atomic_fetch_sub(&m->fails_left, 1) <= 0 || err_set(e, ERR_INVALID, "not today");
}

static bool fire_again(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	(void)ctx;
	return note_fired(tx, t, NULL, e) && timer_set(tx, t->route, t->kind, t->subject, t->due_us + US_PER_DAY, e);
}

static struct timers *start(struct fixture *f, struct moody *moody)
{
	const struct timer_kind kinds[] = {
		{"plain", note_fired, NULL},
		{"moody", fire_moodily, moody},
		{"daily", fire_again, NULL},
	};
	struct timers *t;
	assert_ok(f, timers_start(f->store, NULL, &f->time, kinds, 3, &t, &f->e));
	return t;
}

static void a_timer_fires_when_its_legal_time_has_come_and_only_once(void **state)
{
	struct fixture *f = *state;
	struct timers *t = start(f, NULL);
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 5, .kind = "plain", .due_us = NOON_US + 100}));
	assert_true(timers_drain(t, LONG_US));
	assert_int_equal(seen_by(f, "fired", 1).n, 0);
	time_source_advance(&f->time, 99);
	assert_true(timers_drain(t, LONG_US));
	assert_int_equal(seen_by(f, "fired", 1).n, 0);
	time_source_advance(&f->time, 1);
	assert_true(timers_drain(t, LONG_US));
	assert_true(timers_drain(t, LONG_US));
	struct seen s = seen_by(f, "fired", 1);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.events[0], 5);
	struct timer_counters c;
	timers_count(t, &c);
	assert_int_equal(c.fired, 1);
	timers_stop(t);
}

static void setting_again_moves_a_timer_and_clearing_removes_it(void **state)
{
	struct fixture *f = *state;
	struct timers *t = start(f, NULL);
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 5, .kind = "plain", .due_us = NOON_US + 100}));
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 5, .kind = "plain", .due_us = NOON_US + 1000}));
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 6, .kind = "plain", .due_us = NOON_US + 100}));
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 6, .kind = "plain", .clears = true}));
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 6, .kind = "plain", .clears = true}));
	time_source_advance(&f->time, 500);
	assert_true(timers_drain(t, LONG_US));
	assert_int_equal(seen_by(f, "fired", 1).n, 0);
	time_source_advance(&f->time, 500);
	assert_true(timers_drain(t, LONG_US));
	assert_int_equal(seen_by(f, "fired", 1).n, 1);
	timers_stop(t);
}

static void a_timer_of_a_move_that_fails_was_never_set(void **state)
{
	struct fixture *f = *state;
	assert_false(set(f, (struct set){.route = 1, .subject = 5, .kind = "plain", .due_us = NOON_US, .fails = true}));
	assert_int_equal(sql(f, "select count(*) from timer"), 0);
}

static void a_timer_that_fails_is_tried_again_and_holds_up_no_other(void **state)
{
	struct fixture *f = *state;
	struct moody moody = {.fails_left = 2};
	struct timers *t = start(f, &moody);
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 5, .kind = "moody", .due_us = NOON_US - 2}));
	assert_ok(f, set(f, (struct set){.route = 2, .subject = 6, .kind = "plain", .due_us = NOON_US - 1}));
	assert_false(timers_drain(t, 0));
	while (atomic_load(&moody.tries) == 0 || seen_by(f, "fired", 2).n == 0) {
		assert_false(timers_drain(t, 1000));
	}
	assert_int_equal(seen_by(f, "fired", 1).n, 0);
	/* Time stands: not before its pause is over. */
	assert_false(timers_drain(t, 1000));
	assert_int_equal(atomic_load(&moody.tries), 1);
	bool is_quiet = false;
	while (!is_quiet) {
		time_source_advance(&f->time, 600 * US_PER_S);
		is_quiet = timers_drain(t, 1000);
	}
	assert_true(timers_drain(t, LONG_US));
	assert_int_equal(seen_by(f, "fired", 1).n, 1);
	assert_int_equal(sql(f, "select count(*) from timer"), 0);
	timers_stop(t);
}

static void a_timer_may_set_itself_again(void **state)
{
	struct fixture *f = *state;
	struct timers *t = start(f, NULL);
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 5, .kind = "daily", .due_us = NOON_US}));
	for (int day = 1; day <= 3; day++) {
		assert_true(timers_drain(t, LONG_US));
		assert_int_equal(seen_by(f, "fired", 1).n, day);
		time_source_advance(&f->time, US_PER_DAY);
	}
	timers_stop(t);
}

static void what_became_due_while_the_program_was_away_fires_after_its_start(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 5, .kind = "plain", .due_us = NOON_US + 100}));
	fixture_close(f);
	time_source_advance(&f->time, US_PER_DAY);
	fixture_open(f);
	struct timers *t = start(f, NULL);
	assert_true(timers_drain(t, LONG_US));
	assert_int_equal(seen_by(f, "fired", 1).n, 1);
	timers_stop(t);
}

static void a_kind_that_nobody_registered_stays_and_holds_up_no_other(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 5, .kind = "unknown", .due_us = NOON_US - 1}));
	assert_ok(f, set(f, (struct set){.route = 1, .subject = 6, .kind = "plain", .due_us = NOON_US}));
	struct timers *t = start(f, NULL);
	assert_true(timers_drain(t, LONG_US));
	assert_int_equal(seen_by(f, "fired", 1).n, 1);
	assert_int_equal(sql(f, "select count(*) from timer"), 1);
	timers_stop(t);
}

static bool set_many_job(struct tx *tx, void *ctx, struct err *e)
{
	int64_t n = *(const int64_t *)ctx;
	if (!note_add(tx, &(struct note_add_in){1, id_random(), STR("x")}, e)) {
		return false;
	}
	for (int64_t i = 1; i <= n; i++) {
		if (!timer_set(tx, 1, STR("plain"), i, NOON_US, e)) {
			return false;
		}
	}
	return true;
}

static void more_timers_than_a_page_all_fire_once(void **state)
{
	struct fixture *f = *state;
	int64_t n = 300;
	struct store_op op = {.route = 1};
	assert_ok(f, store_write(f->store, &op, set_many_job, &n, &f->e));
	struct timers *t = start(f, NULL);
	assert_true(timers_drain(t, LONG_US));
	struct seen s = seen_by(f, "fired", 1);
	assert_int_equal(s.n, n);
	for (size_t i = 0; i < s.n; i++) {
		assert_int_equal(s.events[i], (int64_t)i + 1);
	}
	assert_int_equal(sql(f, "select count(*) from timer"), 0);
	timers_stop(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_history, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_timer_fires_when_its_legal_time_has_come_and_only_once),
		TEST(setting_again_moves_a_timer_and_clearing_removes_it),
		TEST(a_timer_of_a_move_that_fails_was_never_set),
		TEST(a_timer_that_fails_is_tried_again_and_holds_up_no_other),
		TEST(a_timer_may_set_itself_again),
		TEST(what_became_due_while_the_program_was_away_fires_after_its_start),
		TEST(a_kind_that_nobody_registered_stays_and_holds_up_no_other),
		TEST(more_timers_than_a_page_all_fire_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
