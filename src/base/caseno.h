/* Case numbers as people read, type and say them: PL-2026-048176-71 is the jurisdiction's code, the year in its zone,
 * the serial of that year and two check digits (ISO 7064 MOD 97-10 over all that stands before them), which find every
 * single wrong character and every swap of two neighbours. A plain value, any thread. */
#ifndef CITYHALL_BASE_CASENO_H
#define CITYHALL_BASE_CASENO_H

#include "base/err.h"
#include "base/str.h"

#define CASENO_JURISDICTION_MAX 8
#define CASENO_SERIAL_MAX UINT64_C(999999999999)
#define CASENO_CHARS_MAX 29 /* without the NUL */

struct caseno {
	char jurisdiction[CASENO_JURISDICTION_MAX + 1]; /* 2 to 8 letters A to Z */
	int32_t year;                                   /* 1970 to 9999 */
	uint64_t serial;                                /* 1 to CASENO_SERIAL_MAX */
};

/* False when a part is out of its range. */
bool caseno_make(struct str jurisdiction, int32_t year, uint64_t serial, struct caseno *out) MUST_USE;
/* The one way of writing: serial padded to 6 digits, more only where needed. n made by caseno_make or caseno_parse. */
void caseno_format(const struct caseno *n, char out[CASENO_CHARS_MAX + 1]);
/* Exactly as caseno_format writes it, check digits right; else false and *out untouched. */
bool caseno_parse(struct str text, struct caseno *out) MUST_USE;
/* As people type it: either case, with or without hyphens (of any length), spaces, points, slashes or underscores
 * anywhere; letters and digits of full width as Chinese keyboards write them. */
bool caseno_parse_typed(struct str text, struct caseno *out) MUST_USE;

#endif
