/* SHA-256 and HMAC-SHA-256 (OpenSSL, algorithms fetched once). Any thread. */
#ifndef CITYHALL_BASE_DIGEST_H
#define CITYHALL_BASE_DIGEST_H

#include "base/str.h"

#define SHA256_BYTES 32

struct sha256; /* streaming */
void sha256_of(struct str bytes, uint8_t out[SHA256_BYTES]);
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, struct str bytes);
void sha256_end(struct sha256 *h, uint8_t out[SHA256_BYTES]); /* frees h */
void hmac_sha256(struct str key, struct str bytes, uint8_t out[SHA256_BYTES]);

#endif
