/* Signals as something one waits for: blocked in every thread, read from a descriptor by the first one. SIGPIPE is
 * ignored. Called before the process makes its first thread; one per process. */
#ifndef CITYHALL_OS_SIGNAL_H
#define CITYHALL_OS_SIGNAL_H

#include <stdint.h>

#include "base/err.h"

enum signal_kind {
	SIGNAL_NONE,   /* the time-out passed */
	SIGNAL_STOP,   /* SIGTERM, SIGINT: finish and go */
	SIGNAL_RELOAD, /* SIGHUP */
	SIGNAL_CHILD,  /* SIGCHLD: some child changed; reap all */
};

struct signals {
	int fd; /* readable when a signal waits: for a poll loop of one's own */
};

bool signals_open(struct signals *out, struct err *e) MUST_USE;
void signals_close(struct signals *s); /* leaves them blocked */
/* timeout_us < 0: without end; 0: only looks. */
enum signal_kind signals_wait(struct signals *s, int64_t timeout_us);
/* In a child after fork: default dispositions, nothing blocked. */
void signals_reset(void);

#endif
