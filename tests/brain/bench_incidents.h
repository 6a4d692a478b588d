/* How many stopped vehicles are found, how soon, and how often one is told of that is not there: by all that sensors
 * tell, and by GPS alone. INCIDENTS=1 in the environment names each. */
#ifndef CITYHALL_TESTS_BENCH_INCIDENTS_H
#define CITYHALL_TESTS_BENCH_INCIDENTS_H

#include <stdint.h>

#include "base/err.h"

/* The demo net of this folder; an hour for each seed, every ten minutes a vehicle stops somewhere on a busy link for
 * five. Prints a table. */
bool bench_incidents(const char *dir, int seeds, void (*progress)(uint32_t done, uint32_t all), struct err *e) MUST_USE;

#endif
