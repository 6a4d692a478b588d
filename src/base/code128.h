/* One-line barcodes (ISO/IEC 15417, "Code 128") for hand scanners. Pure, any thread. */
#ifndef CITYHALL_BASE_CODE128_H
#define CITYHALL_BASE_CODE128_H

#include "base/buf.h"

#define CODE128_TEXT_MAX 48
/* Start, at most one symbol a character and one more each time the code set changes, check, stop. */
#define CODE128_MODULES_MAX (11 * (2 * CODE128_TEXT_MAX + 3) + 13)

/* Bars and spaces in turn as widths in modules, beginning with a bar. The quiet zone of 10 modules at both sides is the
 * page's. */
struct code128 {
	uint8_t widths[6 * (2 * CODE128_TEXT_MAX + 3) + 7];
	size_t width_n;
	uint32_t modules; /* the sum of the widths */
};
/* False when the text is empty, longer than CODE128_TEXT_MAX or has a character that is not printing ASCII. Runs of
 * digits take half the room. */
bool code128_make(struct str text, struct code128 *out) MUST_USE;
/* One module is one unit: "M0 0h2v1h-2z...". The d of one path in a view box of `modules` by 1. */
void code128_put_path(const struct code128 *c, struct buf *to);

#endif
