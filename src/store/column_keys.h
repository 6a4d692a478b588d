/* Keys of encrypted columns (data classes identity and secret): XChaCha20-Poly1305 with the row's key as associated
 * data, and a keyed hash for searching. Immutable after start, any thread. The key material comes unwrapped from the
 * `keys` process. */
#ifndef CITYHALL_STORE_COLUMN_KEYS_H
#define CITYHALL_STORE_COLUMN_KEYS_H

#include "base/arena.h"
#include "base/err.h"

struct column_keys {
	uint8_t key_id;       /* stored in front of each ciphertext */
	uint8_t data_key[32]; /* encryption */
	uint8_t hash_key[32]; /* HMAC-SHA-256 for look-ups */
};

/* Stored form: key id (1), nonce (24), ciphertext and tag. `ad` names table, column and row key. The result lives in
 * the arena. */
bool column_seal(const struct column_keys *k, struct arena *a, struct str ad, struct str plain, struct str *out,
                 struct err *e) MUST_USE;
bool column_open(const struct column_keys *k, struct arena *a, struct str ad, struct str sealed, struct str *out,
                 struct err *e) MUST_USE;
/* 32 bytes; `what` separates look-ups from each other ("email"). */
void column_hash(const struct column_keys *k, struct str what, struct str plain, uint8_t out[32]);

#endif
