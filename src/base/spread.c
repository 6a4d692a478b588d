#include "base/spread.h"

enum { HALF_BITS = 6, EXACT_BITS = 7 };

int32_t spread_bucket(int64_t value)
{
	uint32_t v = value < 0 ? 0 : value > SPREAD_MOST ? (uint32_t)SPREAD_MOST : (uint32_t)value;
	if (v < SPREAD_EXACT) {
		return (int32_t)v;
	}
	int top = 31 - __builtin_clz(v); /* 7 to 30 */
	return SPREAD_EXACT + (top - EXACT_BITS) * 64 + (int32_t)(v >> (top - HALF_BITS)) - 64;
}

int64_t spread_value(int32_t bucket)
{
	if (bucket < SPREAD_EXACT) {
		return bucket < 0 ? 0 : bucket;
	}
	int top = (bucket - SPREAD_EXACT) / 64 + EXACT_BITS;
	int64_t width = INT64_C(1) << (top - HALF_BITS);
	return (64 + (bucket - SPREAD_EXACT) % 64) * width + width / 2;
}

void spread_add(struct spread *s, int64_t bucket, int64_t n)
{
	if (bucket >= 0 && bucket < SPREAD_BUCKETS) {
		s->n[bucket] += n;
		s->all += n;
	}
}

void spread_add_all(struct spread *s, const struct spread *other)
{
	for (int32_t i = 0; i < SPREAD_BUCKETS; i++) {
		s->n[i] += other->n[i];
	}
	s->all += other->all;
}

int64_t spread_quantile(const struct spread *s, int percent)
{
	int64_t rank = (s->all * percent + 99) / 100, seen = 0;
	for (int32_t i = 0; i < SPREAD_BUCKETS && s->all > 0; i++) {
		seen += s->n[i];
		if (seen >= rank && seen > 0) {
			return spread_value(i);
		}
	}
	return 0;
}

int64_t spread_within(const struct spread *s, int64_t limit)
{
	int64_t n = 0;
	for (int32_t i = 0; limit >= 0 && i <= spread_bucket(limit); i++) {
		n += s->n[i];
	}
	return n;
}
