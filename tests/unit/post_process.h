/* cityhall-post under a supervisor of its own, for a test that has a folder (unit/os/os_test.h). */
#ifndef CITYHALL_TESTS_POST_PROCESS_H
#define CITYHALL_TESTS_POST_PROCESS_H

#include <limits.h>

#include "os/post_client.h"
#include "os/socket.h"
#include "os/supervisor.h"
#include "unit/os/os_test.h"

enum { POST_WORDS = 8 };

struct post_process {
	int listen_fd;
	pid_t supervisor;
	char words[POST_WORDS][300];
	int word_n;
};

/* cityhall-post stands two folders above a test. */
static inline char *post_program(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);
	assert_true(n > 0);
	path[n] = '\0';
	for (int i = 0; i < 3; i++) {
		*strrchr(path, '/') = '\0';
	}
	memcpy(path + strlen(path), "/cityhall-post", sizeof "/cityhall-post");
	return path;
}

static inline int post_supervise(void *arg)
{
	struct post_process *p = arg;
	char *argv[POST_WORDS + 2] = {post_program()};
	for (int i = 0; i < p->word_n; i++) {
		argv[i + 1] = p->words[i];
	}
	struct supervisor_child child[] = {
		{.name = "post", .argv = argv, .fds = {p->listen_fd}, .fd_n = 1, .grace_us = 5000000}};
	struct supervisor_options o = {.children = child, .child_n = 1, .backoff_first_us = 1000, .backoff_last_us = 1000};
	return supervisor_run(&o);
}

static inline void post_word(struct post_process *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline void post_word(struct post_process *p, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(p->words[p->word_n++], sizeof p->words[0], fmt, ap);
	va_end(ap);
}

/* `dir`/run is there. */
static inline void post_start(struct post_process *p, const char *dir)
{
	struct err e;
	char path[400];
	snprintf(path, sizeof path, "%s/%s", dir, POST_SOCKET);
	if (!socket_listen_unix(str_of(path), 0600, &p->listen_fd, &e)) {
		fail_msg("%s", e.text);
	}
	p->supervisor = test_fork(post_supervise, p);
}

/* The process itself, which its supervisor starts anew; 0: there is none just now. */
static inline pid_t post_child(const struct post_process *p)
{
	char path[64];
	int child = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)p->supervisor, (int)p->supervisor);
	FILE *f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%d", &child) != 1) {
			child = 0;
		}
		fclose(f);
	}
	return child;
}

static inline int post_stop(struct post_process *p)
{
	kill(p->supervisor, SIGTERM);
	int status = test_wait(p->supervisor);
	socket_close(&p->listen_fd);
	return status;
}

#endif
