#include "store/merkle.h"

static void node(const uint8_t left[SHA256_BYTES], const uint8_t right[SHA256_BYTES], uint8_t out[SHA256_BYTES])
{
	uint8_t both[1 + 2 * SHA256_BYTES];
	both[0] = 1;
	memcpy(both + 1, left, SHA256_BYTES);
	memcpy(both + 1 + SHA256_BYTES, right, SHA256_BYTES);
	sha256_of(str_from(both, sizeof both), out);
}

void merkle_init(struct merkle *m)
{
	m->leaves = 0;
}

void merkle_leaf(struct str bytes, uint8_t out[SHA256_BYTES])
{
	struct sha256 *h = sha256_new();
	sha256_add(h, str_from("\0", 1));
	sha256_add(h, bytes);
	sha256_end(h, out);
}

void merkle_add(struct merkle *m, const uint8_t leaf[SHA256_BYTES])
{
	uint8_t carry[SHA256_BYTES];
	memcpy(carry, leaf, sizeof carry);
	int k = 0;
	for (; m->leaves >> k & 1; k++) {
		node(m->full[k], carry, carry);
	}
	memcpy(m->full[k], carry, sizeof carry);
	m->leaves++;
}

void merkle_root(const struct merkle *m, uint8_t out[SHA256_BYTES])
{
	bool is_empty = true;
	/* The smallest subtree is the rightmost. */
	for (int k = 0; k < 64; k++) {
		if (!(m->leaves >> k & 1)) {
			continue;
		}
		if (is_empty) {
			memcpy(out, m->full[k], SHA256_BYTES);
			is_empty = false;
		} else {
			node(m->full[k], out, out);
		}
	}
	if (is_empty) {
		sha256_of(STR_EMPTY, out);
	}
}
