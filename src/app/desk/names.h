/* Finding a name by its beginning without keeping names in the clear. A name is folded (base/fold.h); it can be begun
 * at each of its words, and one in Han characters at its first. Of each such beginning a few lengths are kept as keyed
 * hashes. Who types looks under the longest of these lengths that is not longer than what was typed, and compares what
 * is found there, decrypted, with all of it. Pure, any thread. */
#ifndef CITYHALL_APP_DESK_NAMES_H
#define CITYHALL_APP_DESK_NAMES_H

#include "base/arena.h"

enum { NAME_PIECES_MAX = 24 };

/* What of a name is hashed: at most NAME_PIECES_MAX pieces, none twice. */
size_t name_pieces(struct arena *a, struct str name, struct str pieces[NAME_PIECES_MAX]);
/* The piece to look under for what was typed; empty: too short (one Han character or two letters are enough). */
struct str name_piece_of(struct arena *a, struct str typed);
/* Does the name, at one of its words, begin so? */
bool name_begins(struct arena *a, struct str name, struct str typed);

#endif
