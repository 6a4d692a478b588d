#include "base/rand.h"

#include <pthread.h>
#include <sodium.h>

#include "base/err.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init(void)
{
	must(sodium_init() >= 0);
}

void rand_bytes(void *out, size_t n)
{
	pthread_once(&once, init);
	randombytes_buf(out, n);
}

uint64_t rand_u64(void)
{
	uint64_t v;
	rand_bytes(&v, sizeof v);
	return v;
}

static uint64_t rotate(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

/* splitmix64 (Steele, Lea, Flood 2014): spreads a small seed over the whole state, which then is never all zero. */
void prng_seed(struct prng *r, uint64_t seed)
{
	for (int i = 0; i < 2; i++) {
		seed += UINT64_C(0x9E3779B97F4A7C15);
		uint64_t z = seed;
		z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
		z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
		r->s[i] = z ^ z >> 31;
	}
}

/* xoroshiro128** (Blackman, Vigna 2018). */
uint64_t prng_next(struct prng *r)
{
	uint64_t a = r->s[0];
	uint64_t b = r->s[1] ^ a;
	uint64_t result = rotate(a * 5, 7) * 9;
	r->s[0] = rotate(a, 24) ^ b ^ b << 16;
	r->s[1] = rotate(b, 37);
	return result;
}

uint64_t prng_below(struct prng *r, uint64_t limit)
{
	must(limit > 0);
	/* The lowest 2^64 mod limit values are thrown away; what is left is a multiple of limit. */
	uint64_t least = (0U - limit) % limit;
	uint64_t v;
	do {
		v = prng_next(r);
	} while (v < least);
	return v % limit;
}
