#include "base/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#ifdef CITYHALL_FAULT
#include <stdatomic.h>
#include <stdio.h>

#include "base/str.h"

static atomic_uint_fast64_t asked[FAULT_KIND_COUNT];
static atomic_uint_fast64_t armed[FAULT_KIND_COUNT];

void fault_arm(enum fault_kind kind, uint64_t nth)
{
	atomic_store(&asked[kind], 0);
	atomic_store(&armed[kind], nth);
}

uint64_t fault_seen(enum fault_kind kind)
{
	return atomic_load(&asked[kind]);
}

bool fault_here(enum fault_kind kind)
{
	uint64_t n = atomic_fetch_add(&asked[kind], 1) + 1;
	return n == atomic_load(&armed[kind]);
}

/* Runs before main, so that a process under test needs no call of its own. */
__attribute__((constructor)) static void read_environment(void)
{
	static const char *const names[] = {
#define X(kind, name) [kind] = name,
		FAULT_KINDS(X)
#undef X
	};
	struct str kind, nth;
	uint64_t n;
	if (!str_cut(str_of(getenv("FAULT")), ':', &kind, &nth) || !str_to_u64(nth, &n)) {
		return;
	}
	for (int i = 0; i < FAULT_KIND_COUNT; i++) {
		if (str_is(kind, names[i])) {
			fault_arm((enum fault_kind)i, n);
		}
	}
}
#endif

void *mem_alloc(size_t count, size_t size)
{
	size_t n;
	if (fault_here(FAULT_ALLOC) || __builtin_mul_overflow(count, size, &n)) {
		return NULL;
	}
	return calloc(n ? n : 1, 1);
}

void *mem_resize(void *p, size_t count, size_t size)
{
	size_t n;
	if (fault_here(FAULT_ALLOC) || __builtin_mul_overflow(count, size, &n)) {
		return NULL;
	}
	return realloc(p, n ? n : 1);
}

void mem_free(void *p)
{
	free(p);
}

void mem_wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}

void *mem_must(size_t count, size_t size)
{
	void *p = mem_alloc(count, size);
	must(p != NULL);
	return p;
}
