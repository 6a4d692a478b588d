/* A virus scanner for uploads, where an installation has one: clamd over its unix socket, or any program. Off by
 * default. `serve` may start no program, so a small process of its own does that for it.
 *
 * The program gets the file on its standard input and answers by its exit code: 0 it may pass, 1 it may not, anything
 * else it could not look. */
#ifndef CITYHALL_OS_SCAN_H
#define CITYHALL_OS_SCAN_H

#include "base/err.h"
#include "base/str.h"

#define SCAN_SOCKET "run/scan.sock"
#define SCAN_SECONDS 30

/* Looks at the whole of fd, which stays the caller's. `scanner`: "unix:/path/of/clamd.sock", or a program's path, asked
 * through <dir>/run/scan.sock; empty: everything passes. False: ERR_UNSUPPORTED the scanner refused it, ERR_BUSY there
 * is no answer; both with a sentence for the person. Any thread. */
bool scan_file(struct str scanner, struct str dir, int fd, struct err *e) MUST_USE;
/* Is a process needed for it? */
bool scan_wants_process(struct str scanner);
/* The process: a child of the supervisor; ctx is the program's path as a C string, fds[0] its listening socket. */
int scan_child(void *ctx, const int *fds);

#endif
