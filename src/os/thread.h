/* Threads with a name and a small stack, and a way to work only when nobody else wants the processor. Signals are
 * blocked in them: the first thread takes all (os/signal.h). */
#ifndef CITYHALL_OS_THREAD_H
#define CITYHALL_OS_THREAD_H

#include <pthread.h>

#include "base/err.h"

#define THREAD_STACK_BYTES (256 * 1024)

struct thread {
	pthread_t id;
	bool is_started;
};

/* `name` has at most 15 characters and static storage; stack_bytes 0: THREAD_STACK_BYTES. */
bool thread_start(struct thread *t, const char *name, size_t stack_bytes, void *(*run)(void *), void *arg,
                  struct err *e) MUST_USE;
void thread_join(struct thread *t); /* does nothing when it was never started */
/* The calling thread from now on runs at idle priority (SCHED_IDLE), for password hashing and long work. */
void thread_set_idle(void);
/* A little below the others, about half of what they get when both want to run. */
void thread_set_low(void);

#endif
