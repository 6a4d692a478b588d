/* What every unit test needs: cmocka with the headers it asks for, text comparison, and a seed that is printed. */
#ifndef CITYHALL_TESTS_UNIT_H
#define CITYHALL_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rand.h"
#include "base/str.h"

#define assert_str(got, want) assert_str_at((got), (want), __FILE__, __LINE__)
static inline void assert_str_at(struct str got, const char *want, const char *file, int line)
{
	if (!str_is(got, want)) {
		print_error("got \"%.*s\", want \"%s\"\n", STR_ARG(got), want);
		_fail(file, line);
	}
}

/* SEED=n in the environment repeats a run. */
static inline struct prng seeded(void)
{
	const char *given = getenv("SEED");
	uint64_t seed;
	if (!str_to_u64(str_of(given), &seed)) {
		seed = rand_u64();
	}
	print_message("SEED=%llu\n", (unsigned long long)seed);
	struct prng r;
	prng_seed(&r, seed);
	return r;
}

#endif
