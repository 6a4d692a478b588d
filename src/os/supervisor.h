/* The parent of an installation: starts the children, starts again those that die, stops them in order.
 *
 * It binds every listening socket before the first child and hands each child its descriptors, so a child that was
 * restarted finds its socket with whoever waits in it. Single-threaded; it touches no data. Children get SIGTERM when
 * the parent dies. A child is a function run after fork, or a program (argv). */
#ifndef CITYHALL_OS_SUPERVISOR_H
#define CITYHALL_OS_SUPERVISOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Exit codes of children and of the parent. */
enum {
	EXIT_STOPPED = 0,  /* asked to stop; or the work is done */
	EXIT_FAILED = 1,   /* died: start it again */
	EXIT_UNUSABLE = 2, /* starting again will not help: bad settings, data folder, keys */
};

#define CHILD_FDS_MAX 6

struct supervisor_child {
	const char *name;
	/* Runs in the child; its result is the exit code. fds are the child's numbers, in the order below. */
	int (*run)(void *ctx, const int *fds);
	void *ctx;
	/* Or, with run NULL: execv(argv[0], argv); the descriptors are 3, 4, ... */
	char *const *argv;
	int fds[CHILD_FDS_MAX]; /* handed on; all others but 0, 1, 2 are closed in the child */
	size_t fd_n;
	int stop_order;    /* lower ones are stopped first, the next when they are gone */
	int64_t grace_us;  /* between SIGTERM and SIGKILL */
	bool wants_reload; /* SIGHUP is passed on */
	bool is_main;      /* when it ends with EXIT_STOPPED, everything stops */
};

struct supervisor_options {
	const struct supervisor_child *children;
	size_t child_n;
	int64_t backoff_first_us; /* 0: 100 ms; doubles up to backoff_last_us (0: 10 s), forgotten after 30 s of life */
	int64_t backoff_last_us;
	void (*started)(void *ctx); /* once, when all children were forked; may be NULL */
	void *ctx;
};

/* Until SIGTERM or SIGINT (a second one kills at once), or until a child exits with EXIT_UNUSABLE. Returns the exit
 * code of the program. Children run in process groups of their own, so that a terminal's Ctrl-C reaches the parent
 * alone. */
int supervisor_run(const struct supervisor_options *o);

#endif
