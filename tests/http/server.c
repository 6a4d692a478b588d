#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_WAIT_MS = 60000, END_WAIT_MS = 60000 };

static int64_t now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_ms(int ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}

/* With both outputs to `out_path`. */
static pid_t spawn(const char *const *argv, const char *out_path, int flags)
{
	pid_t pid = fork();
	if (pid == 0) {
		int out = open(out_path, O_WRONLY | O_CREAT | flags, 0600);
		int in = open("/dev/null", O_RDONLY);
		/* When the runner dies nothing stays behind. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(in, 0);
		dup2(out, 1);
		dup2(out, 2);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	return pid;
}

bool run_program(const char *const *argv, const char *out_path, int *exit_code, struct err *e)
{
	pid_t pid = spawn(argv, out_path, O_TRUNC);
	int status = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		return err_errno(e, "running %s", argv[0]);
	}
	*exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

struct str read_whole(struct arena *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0) {
		if (fd >= 0) {
			close(fd);
		}
		return STR_EMPTY;
	}
	char *p = arena_alloc(a, (size_t)st.st_size + 1, 1);
	size_t n = 0;
	while (p && n < (size_t)st.st_size) {
		ssize_t r = read(fd, p + n, (size_t)st.st_size - n);
		if (r <= 0) {
			break;
		}
		n += (size_t)r;
	}
	close(fd);
	return str_from(p, n);
}

struct str server_log(struct server *s)
{
	return read_whole(s->arena, s->log);
}

static struct str tail(struct str s)
{
	return s.n > 1500 ? str_sub(s, s.n - 1500, 1500) : s;
}

/* A database of its own, a copy of the ready one. */
static bool make_database(struct server *s, const char *out, struct err *e)
{
	static int made;
	char name[64], sql[200];
	int code = 0;
	const char *query = strchr(s->postgres, '?');
	int before = (int)(strstr(s->postgres, "/postgres?") - s->postgres);
	snprintf(name, sizeof name, "hall_%d_%d", (int)getpid(), made++);
	snprintf(sql, sizeof sql, "create database %s%s%s", name, s->ready ? " template " : "",
	         s->ready ? s->ready_base : "");
	const char *psql[] = {"/usr/bin/psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", sql, s->postgres, NULL};
	snprintf(s->store, sizeof s->store, "%.*s/%s%s", before, s->postgres, name, query);
	return run_program(psql, out, &code, e) &&
	       (code == 0 || err_set(e, ERR_INTERNAL, "%s: %.*s", sql, STR_ARG(tail(read_whole(s->arena, out)))));
}

bool server_init(struct server *s, struct err *e)
{
	char out[200];
	int code = 0;
	snprintf(out, sizeof out, "%s/init.out", s->dir);
	const char *copy[] = {"/bin/cp", "-a", s->ready, s->data, NULL};
	const char *init[16] = {s->program, "init", "--demo", "--data", s->data, "--pack", "packs/demo"};
	if (s->postgres && !make_database(s, out, e)) {
		return false;
	}
	if (s->store[0]) {
		init[7] = "--store";
		init[8] = s->store;
	}
	for (int i = 0; i < s->init_flag_n; i++) {
		init[9 - 2 * (s->store[0] == '\0') + i] = s->init_flags[i];
	}
	if (!run_program(s->ready ? copy : init, out, &code, e)) {
		return false;
	}
	if (code != 0) {
		struct str said = tail(read_whole(s->arena, out));
		fprintf(stdout, "%.*s\n", STR_ARG(said));
		return err_set(e, ERR_INTERNAL, "init ended with %d", code);
	}
	return true;
}

static uint16_t free_port(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	uint16_t port = 0;
	if (fd >= 0 && bind(fd, (struct sockaddr *)&a, n) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0) {
		port = ntohs(a.sin_port);
	}
	close(fd);
	return port;
}

static bool answers(struct server *s)
{
	struct answer a;
	struct err e;
	struct str hello = arena_printf(s->arena, "GET /healthz HTTP/1.1\r\nHost: %.*s\r\n\r\n", STR_ARG(s->where.host));
	return talk(s->arena, &s->where, hello, false, &a, &e) && a.status == 200;
}

bool server_start(struct server *s, struct err *e)
{
	char listen[200];
	const char *argv[32] = {s->program, "serve", "--data", s->data};
	int n = 4;
	must(s->pid == 0);
	if (s->where.port == 0 && s->where.unix_path.n == 0) {
		s->where.port = free_port();
		s->where.host = arena_printf(s->arena, "localhost:%d", s->where.port);
	}
	argv[n++] = "--listen";
	if (s->where.unix_path.n > 0) {
		snprintf(listen, sizeof listen, "unix:%.*s", STR_ARG(s->where.unix_path));
	} else {
		snprintf(listen, sizeof listen, "127.0.0.1:%d", s->where.port);
	}
	argv[n++] = listen;
	if (s->store[0]) {
		argv[n++] = "--store";
		argv[n++] = s->store;
	}
	for (int i = 0; i < s->flag_n; i++) {
		argv[n++] = s->flags[i];
	}
	s->pid = spawn(argv, s->log, O_APPEND);
	if (s->pid < 0) {
		return err_errno(e, "starting the server");
	}
	for (int64_t until = now_ms() + START_WAIT_MS; now_ms() < until; pause_ms(20)) {
		int status;
		if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
			s->pid = 0;
			s->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			return err_set(e, ERR_INTERNAL, "the server ended with %d instead of serving", s->exit_code);
		}
		if (answers(s)) {
			return true;
		}
	}
	return err_set(e, ERR_BUSY, "the server does not answer /healthz with 200");
}

enum { CHILDREN_MAX = 16 };

static size_t children_of(pid_t pid, pid_t *out)
{
	char path[64];
	char text[512] = "";
	size_t n = 0;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
	if (fd >= 0) {
		close(fd);
	}
	struct str rest = str_from(text, got > 0 ? (size_t)got : 0);
	struct str one;
	while (rest.n > 0 && n < CHILDREN_MAX && str_next(&rest, ' ', &one)) {
		uint64_t child;
		if (str_to_u64(one, &child)) {
			out[n++] = (pid_t)child;
		}
	}
	return n;
}

bool server_end(struct server *s, int signal, struct err *e)
{
	if (s->pid == 0) {
		return err_set(e, ERR_INVALID, "no server runs");
	}
	/* A kill takes the whole house at once, as a power cut does; a stop asks the parent. */
	pid_t children[CHILDREN_MAX];
	size_t child_n = signal == SIGKILL ? children_of(s->pid, children) : 0;
	kill(s->pid, signal);
	for (size_t i = 0; i < child_n; i++) {
		kill(children[i], signal);
	}
	for (int64_t until = now_ms() + END_WAIT_MS; now_ms() < until; pause_ms(5)) {
		int status;
		if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
			/* Its children are not ours to wait for, but they hold the data folder until they are gone. */
			for (size_t i = 0; i < child_n; i++) {
				while (kill(children[i], 0) == 0 && now_ms() < until) {
					pause_ms(1);
				}
			}
			s->pid = 0;
			s->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			if (signal == SIGTERM && s->exit_code != 0) {
				return err_set(e, ERR_INTERNAL, "the server ended with %d", s->exit_code);
			}
			return true;
		}
	}
	return err_set(e, ERR_BUSY, "the server does not end");
}

bool server_command(struct server *s, struct str *words, size_t n, struct err *e)
{
	const char *argv[40];
	size_t at = 0;
	char out[200];
	argv[at++] = s->program;
	for (size_t i = 0; i < n && at < 36; i++) {
		argv[at++] = arena_cstr(s->arena, words[i]);
		if (i == 0 && !str_is(words[0], "version") && !str_is(words[0], "brain")) {
			argv[at++] = "--data";
			argv[at++] = s->data;
			if (s->store[0]) {
				argv[at++] = "--store";
				argv[at++] = s->store;
			}
		}
	}
	if (n > 0 && str_is(words[0], "brain")) { /* it opens no store, and speaks to who serves */
		argv[at++] = "--portal";
		argv[at++] = s->data;
	}
	argv[at] = NULL;
	snprintf(out, sizeof out, "%s/command.out", s->dir);
	if (!run_program(argv, out, &s->output_exit, e)) {
		return false;
	}
	s->output = read_whole(s->arena, out);
	return true;
}

bool server_join(const struct server *first, struct server *out, struct err *e)
{
	char from[200], to[220], said[200];
	int code = 0;
	if (first->postgres == NULL || first->store[0] == '\0') {
		return err_set(e, ERR_USAGE, "a second server needs a database that both reach: run it in tests/pg.sh");
	}
	*out = (struct server){.arena = first->arena, .program = first->program, .postgres = first->postgres};
	snprintf(out->dir, sizeof out->dir, "%s", first->dir);
	snprintf(out->data, sizeof out->data, "%s/other", first->dir);
	snprintf(out->log, sizeof out->log, "%s/other.log", first->dir);
	snprintf(out->store, sizeof out->store, "%s", first->store);
	snprintf(from, sizeof from, "%s/keys", first->data);
	snprintf(to, sizeof to, "%s/keys", out->data);
	snprintf(said, sizeof said, "%s/join.out", first->dir);
	const char *copy[] = {"/bin/cp", "-a", from, to, NULL};
	return (mkdir(out->data, 0700) == 0 || err_errno(e, "%s", out->data)) && run_program(copy, said, &code, e) &&
	       (code == 0 || err_set(e, ERR_IO, "the keys cannot be copied"));
}

bool server_freeze(struct server *s, bool freezes, struct err *e)
{
	pid_t children[CHILDREN_MAX];
	size_t n = s->pid > 0 ? children_of(s->pid, children) : 0;
	for (size_t i = 0; i < n; i++) {
		char path[64], name[32] = "";
		snprintf(path, sizeof path, "/proc/%d/comm", children[i]);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t got = fd >= 0 ? read(fd, name, sizeof name - 1) : -1;
		if (fd >= 0) {
			close(fd);
		}
		/* Keys and render have names of their own. */
		if (got > 0 && strcmp(name, "cityhall\n") == 0 && kill(children[i], freezes ? SIGSTOP : SIGCONT) == 0) {
			return true;
		}
	}
	return err_set(e, ERR_NOT_FOUND, "no process serves");
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	chmod(path, 0700);
	remove(path);
	return 0;
}

void server_clean(struct server *s)
{
	struct err e;
	if (s->pid > 0 && !server_end(s, SIGKILL, &e)) {
		fprintf(stdout, "%s\n", e.text);
	}
	if (s->dir[0] && getenv("KEEP") == NULL) {
		nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
}
