#include "os/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/fault.h"

struct start {
	const char *name;
	void *(*run)(void *);
	void *arg;
};

/* A thread names itself: naming another one goes through a file in /proc that the sandbox does not open. */
static void *begin(void *arg)
{
	struct start s = *(struct start *)arg;
	mem_free(arg);
	prctl(PR_SET_NAME, s.name);
	return s.run(s.arg);
}

bool thread_start(struct thread *t, const char *name, size_t stack_bytes, void *(*run)(void *), void *arg,
                  struct err *e)
{
	pthread_attr_t attr;
	sigset_t all, before;
	t->is_started = false;
	struct start *start = mem_alloc(1, sizeof *start);
	if (!start) {
		return err_set(e, ERR_MEMORY, "no memory to start the thread %s", name);
	}
	*start = (struct start){name, run, arg};
	errno = pthread_attr_init(&attr);
	if (errno != 0) {
		mem_free(start);
		return err_errno(e, "cannot prepare the thread %s", name);
	}
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	stack_bytes = 8U * 1024 * 1024; /* instrumented frames are several times as large */
#endif
	errno = pthread_attr_setstacksize(&attr, stack_bytes > 0 ? stack_bytes : THREAD_STACK_BYTES);
	if (errno == 0) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		errno = pthread_create(&t->id, &attr, begin, start);
		int number = errno;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		errno = number;
	}
	int number = errno;
	pthread_attr_destroy(&attr);
	errno = number;
	if (errno != 0) {
		mem_free(start);
		errno = number;
		return err_errno(e, "cannot start the thread %s", name);
	}
	t->is_started = true;
	return true;
}

void thread_join(struct thread *t)
{
	if (t->is_started) {
		pthread_join(t->id, NULL);
		t->is_started = false;
	}
}

void thread_set_idle(void)
{
	struct sched_param none = {0};
	/* Without the right to do so the thread stays as it is, which is only slower for others. */
	(void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
}

void thread_set_low(void)
{
	enum { LOWER = 3 };
	/* Of the calling thread alone, on Linux. */
	(void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + LOWER);
}
