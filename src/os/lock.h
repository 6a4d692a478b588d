/* The lock on a data folder: one installation works on it at a time. An flock on <dir>/lock, whose text says who holds
 * it. The parent takes it and `serve` inherits the descriptor, so it is held until both are gone; the kernel releases
 * the lock of a process that died. Any thread. */
#ifndef CITYHALL_OS_LOCK_H
#define CITYHALL_OS_LOCK_H

#include "base/err.h"
#include "base/str.h"

struct lock {
	int fd;
};

/* `who`: "serve", "backup". ERR_CONFLICT names the holder: "held by serve, process 1234". */
bool lock_take(struct str dir, const char *who, struct lock *out, struct err *e) MUST_USE;
void lock_release(struct lock *l);
/* Asks without taking. `holder` (may be NULL) gets "serve, process 1234" or "". */
bool lock_is_held(struct str dir, bool *out, char holder[64], struct err *e) MUST_USE;

#endif
