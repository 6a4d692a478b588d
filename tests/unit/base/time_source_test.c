#include "base/time_source.h"

#include <time.h>

#include "unit/unit.h"

static void fixed_clocks_stand_until_moved(void **state)
{
	(void)state;
	struct time_source t;
	time_source_fixed(&t, 1000);
	int64_t running = time_running_us(&t);
	assert_true(time_legal_us(&t) == 1000);
	assert_true(time_legal_us(&t) == 1000);
	time_source_advance(&t, 5 * US_PER_MIN);
	assert_true(time_legal_us(&t) == 1000 + 5 * US_PER_MIN);
	assert_true(time_running_us(&t) == running + 5 * US_PER_MIN);
}

static void real_clocks_follow_the_machine(void **state)
{
	(void)state;
	struct time_source t;
	time_source_init(&t);
	int64_t before = (int64_t)time(NULL) * US_PER_S;
	int64_t legal = time_legal_us(&t);
	assert_true(legal >= before && legal < before + 10 * US_PER_S);
	int64_t running = time_running_us(&t);
	assert_true(time_running_us(&t) >= running);
}

static void travel_moves_legal_time_and_no_time_out(void **state)
{
	(void)state;
	struct time_source t;
	time_source_init(&t);
	int64_t legal = time_legal_us(&t), running = time_running_us(&t);
	time_source_advance(&t, 30 * US_PER_DAY);
	assert_true(time_legal_us(&t) >= legal + 30 * US_PER_DAY);
	assert_true(time_legal_us(&t) < legal + 31 * US_PER_DAY);
	assert_true(time_running_us(&t) < running + US_PER_DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_clocks_stand_until_moved),
		cmocka_unit_test(real_clocks_follow_the_machine),
		cmocka_unit_test(travel_moves_legal_time_and_no_time_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
