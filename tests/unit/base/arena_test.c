#include "base/arena.h"

#include "base/fault.h"
#include "unit/unit.h"

static void gives_zeroed_aligned_pieces_that_do_not_overlap(void **state)
{
	(void)state;
	struct prng r = seeded();
	struct arena a;
	arena_init(&a, 8 << 20);
	enum { PIECES = 500 };
	unsigned char *pieces[PIECES];
	size_t sizes[PIECES];
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < PIECES; i++) {
			sizes[i] = i % 100 == 7 ? 40000 : prng_below(&r, 300);
			pieces[i] = arena_alloc(&a, sizes[i], 1);
			assert_non_null(pieces[i]);
			assert_int_equal((uintptr_t)pieces[i] % 16, 0);
			for (size_t k = 0; k < sizes[i]; k++) {
				assert_int_equal(pieces[i][k], 0);
			}
			memset(pieces[i], (int)(i & 255), sizes[i]);
		}
		for (size_t i = 0; i < PIECES; i++) {
			for (size_t k = 0; k < sizes[i]; k++) {
				assert_int_equal(pieces[i][k], i & 255);
			}
		}
		arena_reset(&a);
		assert_int_equal(a.used_bytes, 0);
	}
	arena_release(&a);
}

static void copies_and_prints_text(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1000);
	char from[] = "hello";
	struct str copy = arena_copy(&a, str_of(from));
	from[0] = 'j';
	assert_str(copy, "hello");
	assert_int_equal(copy.p[copy.n], '\0');
	assert_string_equal(arena_cstr(&a, STR("x")), "x");
	assert_str(arena_printf(&a, "%d-%s", 7, "y"), "7-y");
	arena_release(&a);
}

static void stays_full_once_the_cap_is_reached(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 100);
	assert_non_null(arena_alloc(&a, 90, 1));
	assert_false(a.is_full);
	assert_null(arena_alloc(&a, 11, 1));
	assert_true(a.is_full);
	assert_int_equal(arena_copy(&a, STR("more than is left")).n, 0);
	assert_int_equal(arena_printf(&a, "%s", "more than is left").n, 0);
	assert_true(a.is_full);
	arena_reset(&a);
	assert_false(a.is_full);
	assert_non_null(arena_alloc(&a, 100, 1));
	arena_release(&a);
}

static void refuses_sizes_that_overflow(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, SIZE_MAX / 2);
	assert_null(arena_alloc(&a, SIZE_MAX / 2, 4));
	assert_true(a.is_full);
	assert_null(arena_alloc(&a, SIZE_MAX, 1));
	arena_release(&a);
}

#ifdef CITYHALL_FAULT
static void is_full_when_memory_is_out(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1000);
	fault_arm(FAULT_ALLOC, 1);
	assert_null(arena_alloc(&a, 1, 1));
	fault_arm(FAULT_ALLOC, 0);
	assert_true(a.is_full);
	arena_release(&a);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_pieces_that_do_not_overlap),
		cmocka_unit_test(copies_and_prints_text),
		cmocka_unit_test(stays_full_once_the_cap_is_reached),
		cmocka_unit_test(refuses_sizes_that_overflow),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(is_full_when_memory_is_out),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
