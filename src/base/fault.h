/* Faults on demand. In a build with -DCITYHALL_FAULT each of our allocations, writes, fsyncs and SQL steps asks here
 * first whether it shall fail; elsewhere the question is the constant false. Set by FAULT=kind:n in the environment
 * (the n-th of that kind fails, counted from 1) or by fault_arm(); `make check-fault` runs n from 1 until nothing fails
 * any more. */
#ifndef CITYHALL_BASE_FAULT_H
#define CITYHALL_BASE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAULT_KINDS(X) X(FAULT_ALLOC, "alloc") X(FAULT_WRITE, "write") X(FAULT_FSYNC, "fsync") X(FAULT_SQL, "sql")

enum fault_kind {
#define X(kind, name) kind,
	FAULT_KINDS(X)
#undef X
		FAULT_KIND_COUNT
};

#ifdef CITYHALL_FAULT
bool fault_here(enum fault_kind kind);
void fault_arm(enum fault_kind kind, uint64_t nth); /* 0 disarms */
uint64_t fault_seen(enum fault_kind kind);          /* how many were asked since the last arm */
#else
static inline bool fault_here(enum fault_kind kind)
{
	(void)kind;
	return false;
}
#endif

/* malloc family for our own code: count * size checked, may fail. */
void *mem_alloc(size_t count, size_t size);           /* zeroed */
void *mem_resize(void *p, size_t count, size_t size); /* contents kept, new part not zeroed; p stays valid on failure */
void mem_free(void *p);
void mem_wipe(void *p, size_t n); /* not optimised away */
/* For start-up only: aborts when memory is out. */
void *mem_must(size_t count, size_t size);

#endif
