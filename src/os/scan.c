#include "os/scan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "os/file.h"
#include "os/socket.h"
#include "os/supervisor.h"

#define SCAN_US (SCAN_SECONDS * INT64_C(1000000))

static bool refused(struct err *e)
{
	return err_tell(e, ERR_UNSUPPORTED, N_("The virus scanner refuses this file. Send another one."),
	                "the scanner refused an upload");
}

static bool away(struct err *e, const char *why)
{
	return err_tell(e, ERR_BUSY, N_("We could not look at this file for viruses just now. Send it again later."),
	                "the scanner: %s", why);
}

bool scan_wants_process(struct str scanner)
{
	return scanner.n > 0 && !str_starts(scanner, STR("unix:"));
}

/* --- clamd: INSTREAM (clamd(8)) --------------------------------------------------------------------------------------
 */

static bool put(int socket, const void *bytes, size_t n)
{
	const char *at = bytes;
	while (n > 0) {
		ssize_t some = send(socket, at, n, MSG_NOSIGNAL);
		if (some < 0 && errno == EINTR) {
			continue;
		}
		if (some <= 0) {
			return false;
		}
		at += some;
		n -= (size_t)some;
	}
	return true;
}

static bool put_file(int socket, int fd)
{
	char bytes[64 * 1024];
	off_t at = 0;
	for (;;) {
		ssize_t got = pread(fd, bytes, sizeof bytes, at);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		uint32_t n = htonl(got > 0 ? (uint32_t)got : 0);
		if (got < 0 || !put(socket, &n, sizeof n)) {
			return false;
		}
		if (got == 0) {
			return true;
		}
		if (!put(socket, bytes, (size_t)got)) {
			return false;
		}
		at += got;
	}
}

static bool ask_clamd(struct str path, int fd, struct err *e)
{
	int socket = -1;
	char reply[1000];
	size_t n = 0;
	struct timeval most = {.tv_sec = SCAN_SECONDS};
	if (!socket_connect_unix(path, deadline_in(SCAN_US), &socket, e)) {
		return away(e, "clamd is not there");
	}
	bool ok = setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) == 0 &&
	          setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most) == 0 &&
	          put(socket, "zINSTREAM", sizeof "zINSTREAM") && put_file(socket, fd);
	for (ssize_t got = 1; ok && got > 0 && n < sizeof reply;) {
		got = recv(socket, reply + n, sizeof reply - n, 0);
		n += got > 0 ? (size_t)got : 0;
		ok = got >= 0 || errno == EINTR;
	}
	socket_close(&socket);
	struct str said = str_from(reply, n);
	while (said.n > 0 && (said.p[said.n - 1] == '\0' || said.p[said.n - 1] == '\n')) {
		said.n--;
	}
	if (ok && str_ends(said, STR(" FOUND"))) {
		return refused(e);
	}
	return (ok && str_ends(said, STR(": OK"))) || away(e, "clamd did not look at it");
}

/* --- A program -------------------------------------------------------------------------------------------------------
 */

static bool ask_program(struct str dir, int fd, struct err *e)
{
	struct message reply;
	char *path = file_path(dir, STR(SCAN_SOCKET));
	message_init(&reply, 64);
	bool ok = path && message_call(str_of(path), STR("scan"), &fd, 1, &reply, deadline_in(SCAN_US + SCAN_US / 2), e);
	char verdict = ok && reply.bytes.n == 1 ? reply.bytes.p[0] : '?';
	message_release(&reply);
	mem_free(path);
	return verdict == 'y' || (verdict == 'n' ? refused(e) : away(e, "the program did not look at it"));
}

bool scan_file(struct str scanner, struct str dir, int fd, struct err *e)
{
	if (scanner.n == 0) {
		return true;
	}
	return scan_wants_process(scanner) ? ask_program(dir, fd, e) : ask_clamd(str_sub(scanner, 5, SIZE_MAX), fd, e);
}

/* The program's exit code; -1: it did not end by itself. */
static int run(const char *program, int fd)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		char *const argv[] = {(char *)(uintptr_t)program, NULL};
		alarm(SCAN_SECONDS);
		if (lseek(fd, 0, SEEK_SET) != 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
			_exit(126);
		}
		execv(program, argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR) {
			return -1;
		}
	}
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void answer(const char *program, int connection) __attribute__((noreturn));
static void answer(const char *program, int connection)
{
	struct err e = {0};
	struct message m;
	signal(SIGCHLD, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	message_init(&m, 64);
	if (!socket_peer_is_ours(connection) || !message_recv(connection, &m, deadline_in(2000000), &e) || m.fd_n != 1) {
		_exit(0);
	}
	int code = run(program, m.fds[0]);
	if (code != 0 && code != 1) {
		log_line(LOG_WARN, "scanner-failed", LOG_I("exit", code));
	}
	struct str verdict = code == 0 ? STR("y") : code == 1 ? STR("n") : STR("?");
	if (!message_send(connection, verdict, NULL, 0, deadline_in(2000000), &e)) {
		log_err(LOG_WARN, "scanner-reply", &e);
	}
	_exit(0);
}

int scan_child(void *ctx, const int *fds)
{
	struct err e = {0};
	prctl(PR_SET_NAME, "scan");
	signal(SIGCHLD, SIG_IGN); /* those that answer are reaped by the kernel */
	signal(SIGTERM, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (;;) {
		int connection = -1;
		if (!socket_accept(fds[0], DEADLINE_NEVER, &connection, &e)) {
			log_err(LOG_ERROR, "scanner-accept", &e);
			return EXIT_FAILED;
		}
		pid_t pid = fork();
		if (pid == 0) {
			answer(ctx, connection);
		}
		if (pid < 0) {
			log_line(LOG_WARN, "scanner-not-started");
		}
		socket_close(&connection);
	}
}
