#include <pthread.h>

#include "../unit.h"
#include "base/time_source.h"
#include "http/throttle.h"

static const uint8_t key[32] = {7};
static const struct throttle_rule rule = {"r", 3, 10 * US_PER_S};
static const struct throttle_rule other = {"s", 3, 10 * US_PER_S};

struct state {
	struct time_source time;
	struct throttle *t;
};

static int setup(void **state)
{
	struct state *st = calloc(1, sizeof *st);
	struct err e;
	time_source_fixed(&st->time, 0);
	assert_true(throttle_new(&st->time, key, &st->t, &e));
	*state = st;
	return 0;
}

static int teardown(void **state)
{
	struct state *st = *state;
	throttle_free(st->t);
	free(st);
	return 0;
}

static void a_burst_and_then_one_at_a_time(void **state)
{
	struct state *st = *state;
	struct err e = {0};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(throttle_peek(st->t, &rule, STR("a")), 3 - i);
		assert_true(throttle_take(st->t, &rule, STR("a"), &e));
	}
	assert_false(throttle_take(st->t, &rule, STR("a"), &e));
	assert_int_equal(e.code, ERR_TOO_MANY);
	/* others and other rules have buckets of their own */
	assert_true(throttle_take(st->t, &rule, STR("b"), &e));
	assert_true(throttle_take(st->t, &other, STR("a"), &e));
	time_source_advance(&st->time, 10 * US_PER_S - 1);
	assert_false(throttle_take(st->t, &rule, STR("a"), &e));
	time_source_advance(&st->time, 1);
	assert_true(throttle_take(st->t, &rule, STR("a"), &e));
	assert_false(throttle_take(st->t, &rule, STR("a"), &e));
	time_source_advance(&st->time, 300 * US_PER_DAY);
	for (int i = 0; i < 3; i++) {
		assert_true(throttle_take(st->t, &rule, STR("a"), &e));
	}
	assert_false(throttle_take(st->t, &rule, STR("a"), &e));
}

static void a_try_can_be_given_back(void **state)
{
	struct state *st = *state;
	struct err e;
	for (int i = 0; i < 10; i++) {
		assert_true(throttle_take(st->t, &rule, STR("a"), &e));
		throttle_give_back(st->t, &rule, STR("a"));
	}
	throttle_give_back(st->t, &rule, STR("a"));
	assert_int_equal(throttle_peek(st->t, &rule, STR("a")), 3);
	/* Several at once: all or none. */
	assert_true(throttle_take_n(st->t, &rule, STR("a"), 2, NULL));
	assert_false(throttle_take_n(st->t, &rule, STR("a"), 2, NULL));
	assert_int_equal(throttle_peek(st->t, &rule, STR("a")), 1);
	throttle_give_back_n(st->t, &rule, STR("a"), 2);
	assert_int_equal(throttle_peek(st->t, &rule, STR("a")), 3);
}

static void many_strangers_do_not_free_one_who_is_stopped(void **state)
{
	struct state *st = *state;
	struct err e;
	while (throttle_take(st->t, &rule, STR("a"), &e)) {
	}
	for (int i = 0; i < 200000; i++) {
		char who[32];
		snprintf(who, sizeof who, "stranger %d", i);
		assert_true(throttle_take(st->t, &rule, str_of(who), &e));
	}
	assert_false(throttle_take(st->t, &rule, STR("a"), &e));
}

static void an_address_stands_for_its_network(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 4096);
	assert_str(throttle_network(&a, STR("192.0.2.77")), "192.0.2.0/24");
	assert_str(throttle_network(&a, STR("::ffff:192.0.2.77")), "192.0.2.0/24");
	assert_str(throttle_network(&a, STR("2001:db8:1:2:3:4:5:6")), "2001:0db8:0001:0002::/64");
	assert_str(throttle_network(&a, STR("")), "unknown");
	assert_str(throttle_network(&a, STR("nobody")), "unknown");
	arena_release(&a);
}

static void *takes(void *arg)
{
	struct state *st = arg;
	intptr_t got = 0;
	static const struct throttle_rule thousand = {"t", 1000, US_PER_DAY};
	for (int i = 0; i < 600; i++) {
		got += throttle_take(st->t, &thousand, STR("x"), NULL);
	}
	return (void *)got;
}

static void threads_share_one_bucket(void **state)
{
	struct state *st = *state;
	pthread_t threads[4];
	intptr_t sum = 0;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, takes, st), 0);
	}
	for (int i = 0; i < 4; i++) {
		void *got;
		pthread_join(threads[i], &got);
		sum += (intptr_t)got;
	}
	assert_int_equal(sum, 1000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_burst_and_then_one_at_a_time),
		T(a_try_can_be_given_back),
		T(many_strangers_do_not_free_one_who_is_stopped),
		T(an_address_stands_for_its_network),
		T(threads_share_one_bucket),
	};
	return cmocka_run_group_tests_name("throttle", tests, NULL, NULL);
}
