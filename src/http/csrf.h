/* Forged forms are refused: the token is HMAC-SHA-256 of the visitor's `sid` cookie under a key of the installation, so
 * it needs no store; and what browsers say of a request's origin has to fit. Any thread. */
#ifndef CITYHALL_HTTP_CSRF_H
#define CITYHALL_HTTP_CSRF_H

#include <sodium.h>

#include "http/req.h"

enum { SID_BYTES = 32, SID_CHARS = 43, CSRF_CHARS = 43 };

/* 43 characters of base64url without padding. */
void base64url_32(const uint8_t bytes[32], char out[43]);
/* 43 characters that decode to 32 bytes, in the one form that base64url_32 writes. */
bool sid_is_valid(struct str sid);

/* The key, taken in once: HMAC's two first blocks are the same for every token. */
struct csrf_key {
	crypto_auth_hmacsha256_state begun;
};
void csrf_key_init(struct csrf_key *k, const uint8_t key[32]);
void csrf_token(const struct csrf_key *k, struct str sid, char out[CSRF_CHARS]);
bool csrf_is_valid(const struct csrf_key *k, struct str sid, struct str token);

/* Origin (RFC 6454) names this host and Sec-Fetch-Site says that the form is ours; a header that is absent says
 * nothing. `host` is the request's Host header. */
bool csrf_origin_fits(const struct req *r, struct str host);

#endif
