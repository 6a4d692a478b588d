/* Debian's smtp-sink as the mail server of a script: every mail that came lies in a file of its own. */
#ifndef CITYHALL_TESTS_HTTP_MAILS_H
#define CITYHALL_TESTS_HTTP_MAILS_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

struct mails {
	char dir[200];
	int port;
	pid_t pid; /* 0: not running */
};

/* On the port of before, or a free one. */
bool mails_start(struct mails *m, const char *dir, struct err *e) MUST_USE;
void mails_stop(struct mails *m);
/* Waits, at most 20 s, until so many have come. False: fewer, or more. */
bool mails_wait(struct mails *m, size_t n, size_t *seen);
/* The n-th that came, from 1: envelope and head as they are, body decoded. */
bool mails_read(struct mails *m, struct arena *a, size_t n, struct str *out, struct err *e) MUST_USE;
/* The first that holds all these texts; waits for it, at most 20 s. False: none, or several when only one may. */
bool mails_find(struct mails *m, struct arena *a, const struct str *pieces, size_t n, bool is_only, struct str *out,
                struct err *e) MUST_USE;
/* A delivery report that says that the n-th could not be delivered, in a file. */
bool mails_bounce(struct mails *m, struct arena *a, size_t n, char *path, size_t room, struct err *e) MUST_USE;

#endif
