/* Text into a form in which what people write differently is the same: small letters without accents, half width. For
 * look-ups by name; nothing is shown in this form. Pure, any thread. */
#ifndef CITYHALL_BASE_FOLD_H
#define CITYHALL_BASE_FOLD_H

#include "base/arena.h"
#include "base/str.h"

enum { FOLD_RUNES_MAX = 2 };

/* Full width as half, A to Z as small. */
uint32_t fold_width(uint32_t rune);
/* A letter up to U+017F without its accent and small ("ae" for the ligature); others as they are. Returns how many. */
size_t fold_rune(uint32_t rune, uint32_t out[FOLD_RUNES_MAX]);
/* A name: letters and digits folded, all else one space between, none at the ends: "lin xiaohe". Signs within a word
 * (O'Brien, Al-Amin) leave nothing. Empty when the arena is full. */
struct str fold_name(struct arena *a, struct str name);

#endif
