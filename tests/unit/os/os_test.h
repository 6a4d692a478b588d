/* A temporary folder for a test, processes started and ended by it. */
#ifndef CITYHALL_TESTS_OS_TEST_H
#define CITYHALL_TESTS_OS_TEST_H

#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/str.h"
#include "unit/unit.h"

static char test_dir[256];

static inline int test_dir_make(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(test_dir, sizeof test_dir, "%s/os-test-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(test_dir) ? 0 : -1;
}

static inline int test_remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline int test_dir_remove(void **state)
{
	(void)state;
	return nftw(test_dir, test_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct str test_path(const char *name)
{
	static char paths[8][512];
	static int next;
	char *to = paths[next++ % 8];
	snprintf(to, sizeof paths[0], "%s/%s", test_dir, name);
	return str_of(to);
}

/* Fails with the text of the error. */
#define assert_ok(call)                                          \
	do {                                                         \
		struct err ok_err_ = {0};                                \
		struct err *e = &ok_err_;                                \
		if (!(call)) {                                           \
			print_error("%s: %s\n", err_name(e->code), e->text); \
			_fail(__FILE__, __LINE__);                           \
		}                                                        \
	} while (0)
#define assert_refused(call, wanted)                                                             \
	do {                                                                                         \
		struct err ok_err_ = {0};                                                                \
		struct err *e = &ok_err_;                                                                \
		if (call) {                                                                              \
			print_error("it was not refused\n");                                                 \
			_fail(__FILE__, __LINE__);                                                           \
		}                                                                                        \
		if (e->code != (wanted)) {                                                               \
			print_error("%s instead of %s: %s\n", err_name(e->code), err_name(wanted), e->text); \
			_fail(__FILE__, __LINE__);                                                           \
		}                                                                                        \
	} while (0)

/* Forks a child that runs `run` and exits with its result. */
static inline pid_t test_fork(int (*run)(void *arg), void *arg)
{
	fflush(NULL);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		_exit(run(arg));
	}
	return pid;
}

/* The status as waitpid gives it. */
static inline int test_wait(pid_t pid)
{
	int status = -1;
	while (waitpid(pid, &status, 0) < 0) {
	}
	return status;
}

#endif
