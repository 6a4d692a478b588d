/* Random bytes from the kernel (libsodium's generator). Any thread. Tests that need repeatable numbers use struct prng
 * and print its seed. */
#ifndef CITYHALL_BASE_RAND_H
#define CITYHALL_BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *out, size_t n);
uint64_t rand_u64(void);

struct prng {
	uint64_t s[2];
};
void prng_seed(struct prng *r, uint64_t seed);
uint64_t prng_next(struct prng *r);
uint64_t prng_below(struct prng *r, uint64_t limit); /* limit > 0, without bias */

#endif
