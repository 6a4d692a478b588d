/* Codes that people read off a paper and type: characters of Crockford's base 32 (no I, L, O, U, which are taken for
 * others), the last of them a check. It is a sum over GF(32) in which each place has a weight of its own, so that every
 * single wrong character and every swap of any two is found before anything is looked up. A plain value, any thread. */
#ifndef CITYHALL_BASE_TYPED_CODE_H
#define CITYHALL_BASE_TYPED_CODE_H

#include "base/buf.h"

#define TYPED_CODE_MAX 31 /* characters with the check: the places that have different weights */

/* n characters (2 to TYPED_CODE_MAX) and a NUL: the low five bits of n - 1 random bytes, then the check. */
void typed_code_make(const uint8_t *random, size_t n, char *out);
/* As people type it: either case, hyphens and spaces anywhere, O for 0, I and L for 1, letters and digits of full
 * width. False, and *out untouched, unless it has n characters and the right check. */
bool typed_code_parse(struct str typed, size_t n, char *out) MUST_USE;
/* In groups of four: "7K3M-9Q2T". */
void typed_code_put(struct buf *to, struct str code);

#endif
