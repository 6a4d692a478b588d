/* A broker of the tests' own: mosquitto on a free port of loopback, with the access list that we ship. It lives in a
 * folder of the test and ends by its process id, or with the test. */
#ifndef CITYHALL_TESTS_BROKER_H
#define CITYHALL_TESTS_BROKER_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct broker {
	char dir[200];
	char address[40]; /* HOST:PORT */
	pid_t pid;
};

/* Names that are their own passwords. Also writes secrets.json for a field and a rig. */
bool broker_make(struct broker *b, const char *dir, const char *const *users, struct err *e) MUST_USE;
bool broker_start(struct broker *b, struct err *e) MUST_USE; /* on the same port each time */
void broker_stop(struct broker *b);

#endif
