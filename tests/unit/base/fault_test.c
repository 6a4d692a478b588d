#include "base/fault.h"

#include "unit/unit.h"

static void allocates_zeroed_and_checks_products(void **state)
{
	(void)state;
	unsigned char *p = mem_alloc(100, 3);
	assert_non_null(p);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(p[i], 0);
	}
	memset(p, 7, 300);
	unsigned char *bigger = mem_resize(p, 1000, 3);
	assert_non_null(bigger);
	assert_int_equal(bigger[299], 7);
	assert_null(mem_alloc(SIZE_MAX / 2, 4));
	assert_null(mem_resize(bigger, SIZE_MAX / 2, 4));
	assert_int_equal(bigger[299], 7); /* a resize that fails leaves the old piece */
	mem_free(bigger);
	void *nothing = mem_alloc(0, 0);
	assert_non_null(nothing);
	mem_free(nothing);
	mem_free(NULL);
}

static void wipes(void **state)
{
	(void)state;
	char secret[] = "secret";
	mem_wipe(secret, sizeof secret);
	for (size_t i = 0; i < sizeof secret; i++) {
		assert_int_equal(secret[i], 0);
	}
}

#ifdef CITYHALL_FAULT
static void fails_the_nth_and_only_the_nth(void **state)
{
	(void)state;
	fault_arm(FAULT_WRITE, 3);
	assert_false(fault_here(FAULT_WRITE));
	assert_false(fault_here(FAULT_FSYNC)); /* kinds are counted apart */
	assert_false(fault_here(FAULT_WRITE));
	assert_true(fault_here(FAULT_WRITE));
	assert_false(fault_here(FAULT_WRITE));
	assert_int_equal(fault_seen(FAULT_WRITE), 4);
	fault_arm(FAULT_WRITE, 0);
	assert_false(fault_here(FAULT_WRITE));
}

static void fails_an_allocation(void **state)
{
	(void)state;
	fault_arm(FAULT_ALLOC, 2);
	void *first = mem_alloc(1, 1);
	void *second = mem_alloc(1, 1);
	void *third = mem_alloc(1, 1);
	fault_arm(FAULT_ALLOC, 0);
	assert_non_null(first);
	assert_null(second);
	assert_non_null(third);
	mem_free(first);
	mem_free(third);
}
#else
static void never_fails_outside_of_the_fault_build(void **state)
{
	(void)state;
	for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
		assert_false(fault_here((enum fault_kind)kind));
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocates_zeroed_and_checks_products),
		cmocka_unit_test(wipes),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(fails_the_nth_and_only_the_nth),
		cmocka_unit_test(fails_an_allocation),
#else
		cmocka_unit_test(never_fails_outside_of_the_fault_build),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
