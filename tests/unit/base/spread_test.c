/* Medians and percentiles out of buckets, against those of the numbers themselves: at most 1% wrong. */
#include <stdlib.h>

#include "../unit.h"

#include "base/spread.h"

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static void each_number_lies_at_most_one_percent_from_what_its_bucket_stands_for(void **state)
{
	(void)state;
	for (int64_t v = 0; v < SPREAD_MOST; v += 1 + v / 1000) {
		int64_t off = llabs(spread_value(spread_bucket(v)) - v);
		if (off * 100 > v) {
			fail_msg("%lld stands as %lld", (long long)v, (long long)spread_value(spread_bucket(v)));
		}
	}
	assert_int_equal(spread_bucket(SPREAD_MOST), SPREAD_BUCKETS - 1);
	assert_int_equal(spread_bucket(INT64_MAX), SPREAD_BUCKETS - 1);
	assert_int_equal(spread_bucket(-5), 0);
}

static void buckets_follow_each_other_without_a_gap(void **state)
{
	(void)state;
	int32_t last = -1;
	for (int64_t v = 0; v < 200000; v++) {
		int32_t at = spread_bucket(v);
		assert_true(at == last || at == last + 1);
		last = at;
	}
}

static void quantiles_are_at_most_one_percent_from_the_exact_ones(void **state)
{
	(void)state;
	enum { NUMBERS = 3000, TRIES = 60 };
	static int64_t v[NUMBERS];
	static const int percents[] = {1, 10, 25, 50, 75, 90, 99, 100};
	static struct spread s, half;
	struct prng r = seeded();
	for (int t = 0; t < TRIES; t++) {
		size_t n = 1 + (size_t)prng_below(&r, NUMBERS);
		int bits = 1 + (int)prng_below(&r, 30);
		s = half = (struct spread){0};
		for (size_t i = 0; i < n; i++) {
			v[i] = (int64_t)(prng_next(&r) >> (63 - (int)prng_below(&r, (uint64_t)bits)));
			spread_add(i % 2 ? &s : &half, spread_bucket(v[i]), 1);
		}
		spread_add_all(&s, &half);
		qsort(v, n, sizeof *v, by_size);
		assert_int_equal(s.all, n);
		for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
			int64_t exact = v[(n * (size_t)percents[i] + 99) / 100 - 1], is = spread_quantile(&s, percents[i]);
			if (llabs(is - exact) * 100 > exact) {
				fail_msg("%d%% of %zu: %lld, exactly %lld", percents[i], n, (long long)is, (long long)exact);
			}
		}
		assert_int_equal(spread_within(&s, SPREAD_MOST), n);
	}
	s = (struct spread){0};
	assert_int_equal(spread_quantile(&s, 50), 0);
	spread_add(&s, spread_bucket(7), 3);
	spread_add(&s, SPREAD_BUCKETS, 3);
	assert_int_equal(spread_quantile(&s, 50), 7);
	assert_int_equal(spread_within(&s, 6), 0);
	assert_int_equal(spread_within(&s, 7), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_number_lies_at_most_one_percent_from_what_its_bucket_stands_for),
		cmocka_unit_test(buckets_follow_each_other_without_a_gap),
		cmocka_unit_test(quantiles_are_at_most_one_percent_from_the_exact_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
