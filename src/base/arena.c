#include "base/arena.h"

#include <stdio.h>

#include "base/err.h"
#include "base/fault.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_STANDALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_STANDALONE 1
#endif
#endif

enum { CHUNK_BYTES = 16 * 1024, SPARE_MAX = 4, ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t room;
	size_t used;
	_Alignas(ALIGN) char bytes[];
};

void arena_init(struct arena *a, size_t cap_bytes)
{
	*a = (struct arena){.cap_bytes = cap_bytes};
}

static void free_chunks(struct arena_chunk *c)
{
	while (c) {
		struct arena_chunk *next = c->next;
		mem_free(c);
		c = next;
	}
}

void arena_release(struct arena *a)
{
	free_chunks(a->chunks);
	free_chunks(a->spare);
	arena_init(a, a->cap_bytes);
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *spare = a->spare;
#ifndef ARENA_STANDALONE
	int n = 0;
	for (const struct arena_chunk *c = spare; c; c = c->next) {
		n++;
	}
	for (struct arena_chunk **at = &a->chunks; *at && n < SPARE_MAX;) {
		struct arena_chunk *c = *at;
		if (c->room != CHUNK_BYTES) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		/* Zeroed on the way out, so that no request's words wait here for the next one. */
		memset(c->bytes, 0, c->used);
		c->used = 0;
		c->next = spare;
		spare = c;
		n++;
	}
#endif
	free_chunks(a->chunks);
	arena_init(a, a->cap_bytes);
	a->spare = spare;
}

static struct arena_chunk *add_chunk(struct arena *a, size_t room)
{
	struct arena_chunk *c = a->spare;
	if (c && room == CHUNK_BYTES) {
		a->spare = c->next;
	} else {
		c = mem_alloc(1, sizeof *c + room);
	}
	if (c) {
		c->room = room;
		c->next = a->chunks;
		a->chunks = c;
	}
	return c;
}

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
	size_t n;
	if (__builtin_mul_overflow(count, size, &n) || n > SIZE_MAX / 2 || a->used_bytes + n > a->cap_bytes) {
		a->is_full = true;
		return NULL;
	}
	size_t take = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (take == 0) {
		take = ALIGN;
	}
	struct arena_chunk *c = a->chunks;
#ifdef ARENA_STANDALONE
	take = n ? n : 1;
	c = add_chunk(a, take);
#else
	if (c == NULL || take > c->room - c->used) {
		c = add_chunk(a, take > CHUNK_BYTES ? take : CHUNK_BYTES);
	}
#endif
	if (c == NULL) {
		a->is_full = true;
		return NULL;
	}
	void *p = c->bytes + c->used;
	c->used += take;
	a->used_bytes += n;
	return p;
}

char *arena_cstr(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1, 1);
	if (p && s.n > 0) {
		memcpy(p, s.p, s.n);
	}
	return p;
}

struct str arena_copy(struct arena *a, struct str s)
{
	char *p = arena_cstr(a, s);
	return p ? (struct str){p, s.n} : STR_EMPTY;
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	must(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1, 1);
	if (p == NULL) {
		return STR_EMPTY;
	}
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return (struct str){p, (size_t)n};
}
