/* Merkle tree hashes by RFC 6962, section 2.1 (SHA-256): a leaf is hashed with 0x00 before it, a node with 0x01, and a
 * tree that is no power of two is split at the largest power of two below its size. Leaves are added one after another
 * in constant memory. A plain value; no locking. */
#ifndef CITYHALL_STORE_MERKLE_H
#define CITYHALL_STORE_MERKLE_H

#include "base/digest.h"

struct merkle {
	uint64_t leaves;
	/* Roots of the full subtrees: [k] has 2^k leaves and counts when bit k of `leaves` is set. */
	uint8_t full[64][SHA256_BYTES];
};

void merkle_init(struct merkle *m);
void merkle_leaf(struct str bytes, uint8_t out[SHA256_BYTES]);
/* `leaf` is what merkle_leaf gave. */
void merkle_add(struct merkle *m, const uint8_t leaf[SHA256_BYTES]);
/* May be asked at any time; the empty tree's root is the hash of nothing. */
void merkle_root(const struct merkle *m, uint8_t out[SHA256_BYTES]);

#endif
