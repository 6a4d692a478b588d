#include "os/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>

bool thread_start(struct thread *t, const char *name, size_t stack_bytes, void *(*run)(void *), void *arg,
                  struct err *e)
{
	pthread_attr_t attr;
	sigset_t all, before;
	t->is_started = false;
	errno = pthread_attr_init(&attr);
	if (errno != 0) {
		return err_errno(e, "cannot prepare the thread %s", name);
	}
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	stack_bytes = 8U * 1024 * 1024; /* instrumented frames are several times as large */
#endif
	errno = pthread_attr_setstacksize(&attr, stack_bytes > 0 ? stack_bytes : THREAD_STACK_BYTES);
	if (errno == 0) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		errno = pthread_create(&t->id, &attr, run, arg);
		int number = errno;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		errno = number;
	}
	int number = errno;
	pthread_attr_destroy(&attr);
	errno = number;
	if (errno != 0) {
		return err_errno(e, "cannot start the thread %s", name);
	}
	pthread_setname_np(t->id, name);
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
