/* How numbers are spread: counts in buckets that grow with the numbers, so that a median or a 90th percentile comes out
 * at most 1% wrong, whatever the numbers are, and spreads of months or institutions are added up by adding counts.
 *
 * Numbers below SPREAD_EXACT have a bucket each. From there on each doubling has 64 buckets of equal width, and a
 * bucket stands for its middle: at most 1/128 off. Below 0 counts as 0, above SPREAD_MOST as SPREAD_MOST. Plain values,
 * any thread. */
#ifndef CITYHALL_BASE_SPREAD_H
#define CITYHALL_BASE_SPREAD_H

#include <stdint.h>

enum { SPREAD_EXACT = 128, SPREAD_BUCKETS = SPREAD_EXACT + 24 * 64 };
#define SPREAD_MOST INT64_C(0x7fffffff)

struct spread {
	int64_t n[SPREAD_BUCKETS];
	int64_t all;
};

int32_t spread_bucket(int64_t value);
int64_t spread_value(int32_t bucket); /* what it stands for */
/* n may be below 0. A bucket that does not exist is left out. */
void spread_add(struct spread *s, int64_t bucket, int64_t n);
void spread_add_all(struct spread *s, const struct spread *other);
/* By nearest rank: the smallest number that at least `percent` (1 to 100) of all do not exceed; 0 when there is none.
 */
int64_t spread_quantile(const struct spread *s, int percent);
/* How many numbers lie at or below a limit, to a bucket. */
int64_t spread_within(const struct spread *s, int64_t limit);

#endif
