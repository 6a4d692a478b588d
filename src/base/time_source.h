/* Where the program takes time from. Passed in, never global.
 *
 * Legal time is the wall clock in microseconds since 1970-01-01 UTC plus an offset that only a demo data folder has
 * (forward-only). It dates events and deadlines and may jump. Running time is monotonic microseconds, those that the
 * machine slept included: time-outs, leases, throttles. Tests use time_source_fixed(). Any thread. */
#ifndef CITYHALL_BASE_TIME_SOURCE_H
#define CITYHALL_BASE_TIME_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define US_PER_S INT64_C(1000000)
#define US_PER_MIN (60 * US_PER_S)
#define US_PER_DAY (86400 * US_PER_S)

struct time_source {
	bool is_fixed; /* tests: both clocks stand until moved */
	_Atomic int64_t fixed_legal_us;
	_Atomic int64_t fixed_running_us;
	_Atomic int64_t offset_us; /* demo time travel, added to legal time */
};

void time_source_init(struct time_source *t);
void time_source_fixed(struct time_source *t, int64_t legal_us);
void time_source_advance(struct time_source *t,
                         int64_t by_us); /* fixed: both clocks; else the demo offset; by_us >= 0 */
/* Demo time travel up to an offset: further it has gone already, it stays. */
void time_source_follow(struct time_source *t, int64_t offset_us);
int64_t time_legal_us(const struct time_source *t);
int64_t time_running_us(const struct time_source *t);

#endif
