#include "os/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "os/signal.h"
#include "os/socket.h"

#define BACKOFF_FIRST_US INT64_C(100000)
#define BACKOFF_LAST_US INT64_C(10000000)
#define LONG_LIFE_US INT64_C(30000000)

enum { FIRST_FD = 3, EXEC_FAILED = 127 };

struct running {
	const struct supervisor_child *child;
	pid_t pid;        /* 0: not running */
	int64_t started;  /* running time, by deadline_in(0) */
	int64_t again_at; /* when it is started again */
	int64_t kill_at;  /* while it is being stopped */
	int64_t backoff_us;
};

struct supervisor {
	const struct supervisor_options *o;
	struct running *children;
	struct signals signals;
	bool is_stopping;
	int exit_code;
};

/* --- In the child ---------------------------------------------------------------------------------------------------
 */

/* Moves the child's descriptors to 3, 4, ... and closes everything else. */
static bool arrange_fds(const struct supervisor_child *c, int to[CHILD_FDS_MAX])
{
	int high[CHILD_FDS_MAX];
	for (size_t i = 0; i < c->fd_n; i++) {
		/* First out of the way, so that none is overwritten by another. */
		high[i] = fcntl(c->fds[i], F_DUPFD, FIRST_FD + CHILD_FDS_MAX);
		if (high[i] < 0) {
			return false;
		}
	}
	for (size_t i = 0; i < c->fd_n; i++) {
		to[i] = FIRST_FD + (int)i;
		if (dup2(high[i], to[i]) < 0 || (c->run && fcntl(to[i], F_SETFD, FD_CLOEXEC) != 0)) {
			return false;
		}
	}
	return close_range((unsigned)(FIRST_FD + (int)c->fd_n), ~0U, 0) == 0;
}

static void run_child(const struct supervisor_child *c, pid_t parent) __attribute__((noreturn));
static void run_child(const struct supervisor_child *c, pid_t parent)
{
	int fds[CHILD_FDS_MAX] = {-1, -1, -1, -1, -1, -1};
	signals_reset();
	setpgid(0, 0);
	/* Whoever loses its parent stops; the second line is for a parent that died before the first. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) {
		_exit(EXIT_FAILED);
	}
	if (!arrange_fds(c, fds)) {
		_exit(EXIT_FAILED);
	}
	if (c->run) {
		/* exit(), so that what the process's own buffers hold is written and its sanitizer speaks. */
		exit(c->run(c->ctx, fds));
	}
	execv(c->argv[0], c->argv);
	_exit(EXEC_FAILED);
}

/* --- In the parent --------------------------------------------------------------------------------------------------
 */

static struct str name_of(const struct running *r)
{
	return str_of(r->child->name);
}

static void begin_stop(struct supervisor *s, int exit_code)
{
	if (!s->is_stopping) {
		s->is_stopping = true;
		s->exit_code = exit_code;
	}
}

static void plan_restart(struct supervisor *s, struct running *r)
{
	int64_t first = s->o->backoff_first_us > 0 ? s->o->backoff_first_us : BACKOFF_FIRST_US;
	int64_t last = s->o->backoff_last_us > 0 ? s->o->backoff_last_us : BACKOFF_LAST_US;
	int64_t now = deadline_in(0);
	bool lived_long = now - r->started > LONG_LIFE_US;
	r->backoff_us = r->backoff_us == 0 || lived_long ? first : r->backoff_us * 2 > last ? last : r->backoff_us * 2;
	r->again_at = now + r->backoff_us;
}

static void start_child(struct supervisor *s, struct running *r)
{
	fflush(NULL); /* or the child would write it a second time */
	pid_t parent = getpid();
	r->started = deadline_in(0);
	r->kill_at = DEADLINE_NEVER;
	pid_t pid = fork();
	if (pid == 0) {
		run_child(r->child, parent);
	}
	if (pid < 0) {
		struct err e;
		err_errno(&e, "cannot start %s", r->child->name);
		log_err(LOG_ERROR, "child-not-started", &e);
		plan_restart(s, r);
		return;
	}
	r->pid = pid;
	log_line(LOG_INFO, "child-started", LOG_S("child", name_of(r)), LOG_I("process", pid));
}

static void log_end(const struct running *r, int status)
{
	bool is_signal = WIFSIGNALED(status);
	log_line(status == 0 ? LOG_INFO : LOG_WARN, "child-ended", LOG_S("child", name_of(r)), LOG_I("process", r->pid),
	         is_signal ? LOG_I("signal", WTERMSIG(status)) : LOG_I("exit", WEXITSTATUS(status)));
}

static void child_ended(struct supervisor *s, struct running *r, int status)
{
	log_end(r, status);
	r->pid = 0;
	r->kill_at = DEADLINE_NEVER;
	if (s->is_stopping) {
		return;
	}
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (code == EXIT_UNUSABLE || code == EXEC_FAILED) {
		if (code == EXEC_FAILED && !r->child->run) {
			struct err e;
			err_set(&e, ERR_CONFIG, "%s cannot be run", r->child->argv[0]);
			log_err(LOG_ERROR, "child-not-started", &e);
		}
		begin_stop(s, EXIT_UNUSABLE);
	} else if (code == EXIT_STOPPED && r->child->is_main) {
		begin_stop(s, EXIT_STOPPED);
	} else {
		plan_restart(s, r);
	}
}

static void reap(struct supervisor *s)
{
	int status;
	for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
		for (size_t i = 0; i < s->o->child_n; i++) {
			if (s->children[i].pid == pid) {
				child_ended(s, &s->children[i], status);
			}
		}
	}
}

static void signal_child(const struct running *r, int number)
{
	if (r->pid > 0) {
		kill(r->pid, number);
	}
}

static void kill_all(struct supervisor *s)
{
	for (size_t i = 0; i < s->o->child_n; i++) {
		signal_child(&s->children[i], SIGKILL);
	}
}

/* Asks the running children of the lowest order to stop, kills those whose time is over. False when none is left. */
static bool stop_some(struct supervisor *s)
{
	int lowest = INT32_MAX;
	for (size_t i = 0; i < s->o->child_n; i++) {
		const struct running *r = &s->children[i];
		if (r->pid > 0 && r->child->stop_order < lowest) {
			lowest = r->child->stop_order;
		}
	}
	bool is_any = false;
	for (size_t i = 0; i < s->o->child_n; i++) {
		struct running *r = &s->children[i];
		if (r->pid <= 0 || r->child->stop_order != lowest) {
			continue;
		}
		is_any = true;
		if (r->kill_at == DEADLINE_NEVER) {
			r->kill_at = deadline_in(r->child->grace_us);
			signal_child(r, SIGTERM);
		} else if (deadline_left(r->kill_at) == 0) {
			log_line(LOG_WARN, "child-killed", LOG_S("child", name_of(r)), LOG_I("process", r->pid));
			signal_child(r, SIGKILL);
			r->kill_at = deadline_in(1000000);
		}
	}
	return is_any;
}

static void start_due(struct supervisor *s)
{
	for (size_t i = 0; i < s->o->child_n; i++) {
		struct running *r = &s->children[i];
		if (r->pid == 0 && deadline_left(r->again_at) == 0) {
			start_child(s, r);
		}
	}
}

/* How long nothing needs to be done unless a signal comes; < 0 without end. */
static int64_t rest_us(const struct supervisor *s)
{
	int64_t least = DEADLINE_NEVER;
	for (size_t i = 0; i < s->o->child_n; i++) {
		const struct running *r = &s->children[i];
		int64_t left = r->pid > 0       ? deadline_left(r->kill_at)
		               : s->is_stopping ? DEADLINE_NEVER
		                                : deadline_left(r->again_at);
		least = left < least ? left : least;
	}
	return least == DEADLINE_NEVER ? -1 : least;
}

static void handle_signal(struct supervisor *s, enum signal_kind kind)
{
	switch (kind) {
	case SIGNAL_STOP:
		if (s->is_stopping) {
			kill_all(s);
		} else {
			log_line(LOG_INFO, "stopping", LOG_I("process", getpid()));
			begin_stop(s, EXIT_STOPPED);
		}
		break;
	case SIGNAL_RELOAD:
		for (size_t i = 0; i < s->o->child_n; i++) {
			if (s->children[i].child->wants_reload) {
				signal_child(&s->children[i], SIGHUP);
			}
		}
		break;
	case SIGNAL_CHILD:
	case SIGNAL_NONE:
		break;
	}
	reap(s);
}

int supervisor_run(const struct supervisor_options *o)
{
	struct supervisor s = {.o = o};
	struct err e;
	if (!signals_open(&s.signals, &e)) {
		log_err(LOG_ERROR, "not-started", &e);
		return EXIT_FAILED;
	}
	s.children = mem_must(o->child_n, sizeof *s.children);
	for (size_t i = 0; i < o->child_n; i++) {
		must(o->children[i].fd_n <= CHILD_FDS_MAX);
		s.children[i].child = &o->children[i];
		s.children[i].kill_at = DEADLINE_NEVER;
	}
	start_due(&s);
	if (o->started) {
		o->started(o->ctx);
	}
	for (;;) {
		if (s.is_stopping && !stop_some(&s)) {
			break;
		}
		if (!s.is_stopping) {
			start_due(&s);
		}
		handle_signal(&s, signals_wait(&s.signals, rest_us(&s)));
	}
	signals_close(&s.signals);
	mem_free(s.children);
	return s.exit_code;
}
