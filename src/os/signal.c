#include "os/signal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "os/socket.h"

static void our_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

bool signals_open(struct signals *out, struct err *e)
{
	sigset_t set;
	our_signals(&set);
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	out->fd = -1;
	if (sigaction(SIGPIPE, &ignore, NULL) != 0) {
		return err_errno(e, "cannot ignore SIGPIPE");
	}
	errno = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (errno != 0) {
		return err_errno(e, "cannot block signals");
	}
	out->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (out->fd < 0) {
		return err_errno(e, "cannot open a descriptor for signals");
	}
	return true;
}

void signals_close(struct signals *s)
{
	socket_close(&s->fd);
}

enum signal_kind signals_wait(struct signals *s, int64_t timeout_us)
{
	int64_t deadline = timeout_us < 0 ? DEADLINE_NEVER : deadline_in(timeout_us);
	for (;;) {
		struct signalfd_siginfo info;
		ssize_t n = read(s->fd, &info, sizeof info);
		if (n == (ssize_t)sizeof info) {
			switch (info.ssi_signo) {
			case SIGHUP:
				return SIGNAL_RELOAD;
			case SIGCHLD:
				return SIGNAL_CHILD;
			default:
				return SIGNAL_STOP;
			}
		}
		int64_t left = deadline_left(deadline);
		if (left == 0) {
			return SIGNAL_NONE;
		}
		struct pollfd p = {.fd = s->fd, .events = POLLIN};
		(void)poll(&p, 1, left == DEADLINE_NEVER ? -1 : (int)((left < 1000000 ? left + 999 : 1000000) / 1000));
	}
}

void signals_reset(void)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};
	static const int all[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		sigaction(all[i], &plain, NULL);
	}
	sigset_t none;
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
}
