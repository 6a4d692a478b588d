/* Memory of one request or one job: many small pieces, freed together.
 *
 * An arena has a cap. When it is reached (or memory is out) arena_alloc returns NULL and the arena stays `is_full`: the
 * request's glue answers 503 from that flag, so a handler only has to avoid using the NULL. Functions that return text
 * return the empty str then. Under AddressSanitizer each piece is an allocation of its own and nothing is recycled. One
 * owner; no locking. Pieces are aligned for any type and zeroed. */
#ifndef CITYHALL_BASE_ARENA_H
#define CITYHALL_BASE_ARENA_H

#include <stdarg.h>

#include "base/str.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* newest first */
	struct arena_chunk *spare;  /* empty ones from before the last reset */
	size_t used_bytes;          /* asked for, over all chunks */
	size_t cap_bytes;
	bool is_full;
};

void arena_init(struct arena *a, size_t cap_bytes); /* allocates nothing */
void arena_release(struct arena *a);
void arena_reset(struct arena *a); /* empties; keeps a few chunks for reuse */

/* count * size is checked for overflow. */
void *arena_alloc(struct arena *a, size_t count, size_t size);
#define arena_new(a, type, count) ((type *)arena_alloc((a), (count), sizeof(type)))
struct str arena_copy(struct arena *a, struct str s); /* the copy is followed by a NUL that is not counted */
char *arena_cstr(struct arena *a, struct str s);      /* NULL when full */
struct str arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
