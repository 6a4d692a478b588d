#include "store/errand.h"

#include <pthread.h>
#include <stdatomic.h>

#include "store/process.h"

#include "history.h"
#include "tests/history.sql.c" /* NOLINT: the generated calls of these tests */

enum { LONG_US = 60000000, SUBJECTS = 3000 };

struct add {
	int64_t route, first, n, due_us;
	const char *kind;
	bool drops, fails;
};

static bool add_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct add *a = ctx;
	bool ok = note_add(tx, &(struct note_add_in){a->route, id_random(), STR("x")}, e);
	for (int64_t i = 0; ok && i < (a->n ? a->n : 1); i++) {
		ok = a->drops ? errand_drop(tx, a->route, str_of(a->kind), a->first + i, e)
		              : errand_add(tx, a->route, str_of(a->kind), a->first + i, a->due_us, e);
	}
	return ok && (!a->fails || err_set(e, ERR_INVALID, "thought better of it"));
}

static bool add(struct fixture *f, struct add a)
{
	struct store_op op = {.route = a.route};
	a.due_us = a.due_us ? a.due_us : NOON_US;
	return store_write(f->store, &op, add_job, &a, &f->e);
}

/* What was run, and how it is to end. */
struct world {
	_Atomic int runs[SUBJECTS], unsure[SUBJECTS];
	_Atomic int again_left, running, running_most;
	_Atomic bool is_held, fails;
	struct fixture *adds_in; /* adds the subject again while it runs, once */
};

static enum errand_end ran(const struct errand *errand, void *ctx, struct err *why)
{
	struct world *w = ctx;
	int n = atomic_fetch_add(&w->running, 1) + 1;
	int most = atomic_load(&w->running_most);
	while (n > most && !atomic_compare_exchange_weak(&w->running_most, &most, n)) {
	}
	atomic_fetch_add(&w->runs[errand->subject], 1);
	while (atomic_load(&w->is_held)) {
		sched_yield();
	}
	struct fixture *f = w->adds_in;
	if (f) {
		w->adds_in = NULL;
		assert_ok(f, add(f, (struct add){errand->route, errand->subject, .kind = "plain"}));
	}
	atomic_fetch_sub(&w->running, 1);
	if (atomic_fetch_sub(&w->again_left, 1) > 0) {
		err_set(why, ERR_GONE, "nobody there");
		return ERRAND_AGAIN;
	}
	return atomic_load(&w->fails) ? ERRAND_FAILED : ERRAND_DONE;
}

static enum errand_end found(const struct errand *errand, void *ctx, struct err *why)
{
	struct world *w = ctx;
	(void)why;
	atomic_fetch_add(&w->unsure[errand->subject], 1);
	return ERRAND_DONE;
}

static enum errand_end ran_late(const struct errand *errand, void *ctx, struct err *why)
{
	struct world *w = ctx;
	if (atomic_load(&w->fails)) {
		return ERRAND_AGAIN; /* before the point of no return */
	}
	return errand_begin(errand, why) ? ran(errand, ctx, why) : ERRAND_AGAIN;
}

static struct errands *start_as(struct fixture *f, struct world *w, const struct process *process)
{
	const struct errand_kind kinds[] = {
		{.name = "plain", .run = ran, .at_once = 4, .ctx = w},
		{.name = "once", .run = ran, .unsure = found, .ctx = w},
		{.name = "late", .run = ran_late, .unsure = found, .begins_late = true, .ctx = w},
		{.name = "other", .run = ran, .ctx = w + 1},
	};
	struct errands *t;
	assert_ok(f, errands_start(f->store, process, &f->time, kinds, 4, &t, &f->e));
	return t;
}

static struct errands *start(struct fixture *f, struct world *w)
{
	return start_as(f, w, NULL);
}

static struct world *new_world(void)
{
	struct world *w = calloc(2, sizeof *w);
	assert_non_null(w);
	return w;
}

static int64_t waiting(struct fixture *f)
{
	int64_t n;
	assert_ok(f, errands_waiting(f->store, &n, &f->e));
	return n;
}

static void an_errand_is_run_when_its_legal_time_has_come_and_once(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	struct errands *t = start(f, w);
	assert_ok(f, add(f, (struct add){1, 5, .kind = "plain", .due_us = NOON_US + 100}));
	assert_true(errands_drain(t, LONG_US));
	assert_int_equal(w->runs[5], 0);
	time_source_advance(&f->time, 100);
	assert_true(errands_drain(t, LONG_US));
	assert_true(errands_drain(t, LONG_US));
	assert_int_equal(w->runs[5], 1);
	assert_int_equal(waiting(f), 0);
	struct errand_counters c;
	errands_count(t, &c);
	assert_int_equal(c.done, 1);
	errands_stop(t);
	free(w);
}

static void an_errand_of_a_move_that_failed_or_that_was_dropped_is_not_run(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	assert_false(add(f, (struct add){1, 5, .kind = "plain", .fails = true}));
	assert_ok(f, add(f, (struct add){1, 6, .kind = "plain"}));
	assert_ok(f, add(f, (struct add){1, 6, .kind = "plain", .drops = true}));
	struct errands *t = start(f, w);
	assert_true(errands_drain(t, LONG_US));
	assert_int_equal(w->runs[5] + w->runs[6], 0);
	errands_stop(t);
	free(w);
}

static void one_that_is_to_be_run_again_waits_longer_each_time(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	w->again_left = 8;
	assert_ok(f, add(f, (struct add){1, 5, .kind = "plain"}));
	struct errands *t = start(f, w);
	int64_t before = 0, waited = 0;
	for (int runs = 1; runs <= 8; runs++) {
		assert_true(errands_drain(t, LONG_US));
		assert_int_equal(w->runs[5], runs);
		assert_true(waited >= before);
		before = waited / 2;
		for (waited = 0; w->runs[5] == runs; waited++) {
			time_source_advance(&f->time, 3 * US_PER_S);
			assert_true(errands_drain(t, LONG_US));
		}
	}
	assert_int_equal(waiting(f), 0);
	struct errand_counters c;
	errands_count(t, &c);
	assert_int_equal(c.again, 8);
	assert_int_equal(c.done, 1);
	errands_stop(t);
	free(w);
}

static void one_that_failed_for_good_is_gone(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	w->fails = true;
	assert_ok(f, add(f, (struct add){1, 5, .kind = "plain"}));
	struct errands *t = start(f, w);
	assert_true(errands_drain(t, LONG_US));
	assert_int_equal(w->runs[5], 1);
	assert_int_equal(waiting(f), 0);
	errands_stop(t);
	free(w);
}

static void more_than_can_be_held_at_once_are_all_run_once(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	for (int64_t i = 0; i < SUBJECTS; i += 100) {
		assert_ok(f, add(f, (struct add){1 + i / 500, i, 100, .kind = i % 200 ? "plain" : "once"}));
	}
	struct errands *t = start(f, w);
	assert_true(errands_drain(t, LONG_US));
	for (int i = 0; i < SUBJECTS; i++) {
		assert_int_equal(w->runs[i], 1);
		assert_int_equal(w->unsure[i], 0);
	}
	assert_int_equal(waiting(f), 0);
	assert_true(w->running_most <= 5);
	errands_stop(t);
	free(w);
}

static void a_kind_that_hangs_holds_up_no_other(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	w->is_held = true;
	assert_ok(f, add(f, (struct add){1, 0, 1000, .kind = "plain"}));
	assert_ok(f, add(f, (struct add){1, 5, .kind = "other"}));
	struct errands *t = start(f, w);
	while (atomic_load(&w[1].runs[5]) == 0) {
		assert_false(errands_drain(t, 1000));
	}
	atomic_store(&w->is_held, false);
	assert_true(errands_drain(t, LONG_US));
	errands_stop(t);
	free(w);
}

static void one_that_is_added_while_it_runs_runs_again(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	w->adds_in = f;
	assert_ok(f, add(f, (struct add){1, 5, .kind = "plain"}));
	struct errands *t = start(f, w);
	assert_true(errands_drain(t, LONG_US));
	assert_int_equal(w->runs[5], 2);
	assert_int_equal(waiting(f), 0);
	errands_stop(t);
	free(w);
}

static void what_a_process_that_died_had_begun_is_decided_and_never_run_again(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	assert_ok(f, add(f, (struct add){1, 5, 2, .kind = "once"}));
	assert_ok(f, add(f, (struct add){1, 5, .kind = "plain"}));
	fixture_close(f);
	sql(f, "update errand set begun = 77 where subject = 5 and kind = 'once'");
	fixture_open(f);
	struct errands *t = start(f, w);
	assert_true(errands_drain(t, LONG_US));
	assert_int_equal(w->runs[5], 1); /* the plain one */
	assert_int_equal(w->unsure[5], 1);
	assert_int_equal(w->runs[6], 1);
	assert_int_equal(w->unsure[6], 0);
	assert_int_equal(waiting(f), 0);
	errands_stop(t);
	free(w);
}

static void one_that_begins_late_is_marked_only_past_the_point_of_no_return(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	w->fails = true;
	w->is_held = true;
	assert_ok(f, add(f, (struct add){1, 5, .kind = "late"}));
	struct errands *t = start(f, w);
	assert_true(errands_drain(t, LONG_US));
	assert_int_equal(sql(f, "select begun from errand"), 0);
	assert_int_equal(sql(f, "select tries from errand"), 1);
	w->fails = false;
	time_source_advance(&f->time, US_PER_DAY);
	errands_nudge(t);
	while (atomic_load(&w->running) == 0) {
		sched_yield();
	}
	assert_true(sql(f, "select begun from errand") != 0);
	atomic_store(&w->is_held, false);
	assert_true(errands_drain(t, LONG_US));
	assert_int_equal(w->runs[5], 1);
	assert_int_equal(w->unsure[5], 0);
	assert_int_equal(waiting(f), 0);
	errands_stop(t);
	free(w);
}

static void stopping_waits_for_what_runs_and_leaves_the_rest(void **state)
{
	struct fixture *f = *state;
	struct world *w = new_world();
	w->is_held = true;
	assert_ok(f, add(f, (struct add){1, 0, 10, .kind = "once"}));
	struct errands *t = start(f, w);
	while (atomic_load(&w->running) == 0) {
		sched_yield();
	}
	assert_false(errands_retire(t, 0));
	atomic_store(&w->is_held, false);
	assert_true(errands_retire(t, LONG_US));
	errands_stop(t);
	assert_int_equal(waiting(f), 9);
	t = start(f, w);
	assert_true(errands_drain(t, LONG_US));
	for (int i = 0; i < 10; i++) {
		assert_int_equal(w->runs[i], 1);
		assert_int_equal(w->unsure[i], 0);
	}
	errands_stop(t);
	free(w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_history, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_errand_is_run_when_its_legal_time_has_come_and_once),
		TEST(an_errand_of_a_move_that_failed_or_that_was_dropped_is_not_run),
		TEST(one_that_is_to_be_run_again_waits_longer_each_time),
		TEST(one_that_failed_for_good_is_gone),
		TEST(more_than_can_be_held_at_once_are_all_run_once),
		TEST(a_kind_that_hangs_holds_up_no_other),
		TEST(one_that_is_added_while_it_runs_runs_again),
		TEST(what_a_process_that_died_had_begun_is_decided_and_never_run_again),
		TEST(one_that_begins_late_is_marked_only_past_the_point_of_no_return),
		TEST(stopping_waits_for_what_runs_and_leaves_the_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
