/* How many stopped vehicles are found, how soon, and how often one is told of that is not there: by all that sensors
 * tell, and by GPS alone. INCIDENTS=1 in the environment names each. */
#ifndef CITYHALL_TESTS_BENCH_INCIDENTS_H
#define CITYHALL_TESTS_BENCH_INCIDENTS_H

#include <stdint.h>

#include "base/err.h"

struct bench_street {
	const char *title, *net, *const *files; /* as SUMO takes them */
	double begin_s, end_s;
	bool stops; /* every ten minutes a vehicle stops somewhere on a busy link for five; else nobody does */
};
/* A run for each seed, the first and those after it. Prints a table. */
bool bench_incidents(const struct bench_street *of, uint64_t first, int seeds,
                     void (*progress)(uint32_t done, uint32_t all), struct err *e) MUST_USE;

#endif
