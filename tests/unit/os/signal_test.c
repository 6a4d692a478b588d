#include "os/signal.h"

#include <sys/resource.h>

#include "os/thread.h"
#include "unit/os/os_test.h"

static struct signals signals;

static int open_signals(void **state)
{
	(void)state;
	struct err e;
	return signals_open(&signals, &e) ? 0 : -1;
}

static int close_signals(void **state)
{
	(void)state;
	signals_close(&signals);
	return 0;
}

static void each_signal_is_told_by_what_it_asks_for(void **state)
{
	(void)state;
	kill(getpid(), SIGHUP);
	assert_int_equal(signals_wait(&signals, -1), SIGNAL_RELOAD);
	kill(getpid(), SIGTERM);
	assert_int_equal(signals_wait(&signals, -1), SIGNAL_STOP);
	kill(getpid(), SIGINT);
	assert_int_equal(signals_wait(&signals, -1), SIGNAL_STOP);
	kill(getpid(), SIGCHLD);
	assert_int_equal(signals_wait(&signals, -1), SIGNAL_CHILD);
}

static void waiting_ends_without_a_signal(void **state)
{
	(void)state;
	assert_int_equal(signals_wait(&signals, 0), SIGNAL_NONE);
	assert_int_equal(signals_wait(&signals, 1000), SIGNAL_NONE);
}

static void a_closed_pipe_does_not_kill(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	close(ends[1]);
}

static void *look_at_mask(void *arg)
{
	sigset_t now;
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	*(bool *)arg = sigismember(&now, SIGTERM) && sigismember(&now, SIGUSR1);
	return NULL;
}

static void threads_take_no_signals(void **state)
{
	(void)state;
	struct thread t;
	bool is_blocked = false;
	assert_ok(thread_start(&t, "mask", 0, look_at_mask, &is_blocked, e));
	thread_join(&t);
	assert_true(is_blocked);
}

static void *look_at_name(void *arg)
{
	pthread_getname_np(pthread_self(), arg, 16);
	return NULL;
}

static void a_thread_bears_its_name(void **state)
{
	(void)state;
	struct thread t;
	char name[16] = "";
	assert_ok(thread_start(&t, "fifteen-letters", 0, look_at_name, name, e));
	thread_join(&t);
	assert_string_equal(name, "fifteen-letters");
}

static void *become_idle(void *arg)
{
	struct sched_param p;
	thread_set_idle();
	pthread_getschedparam(pthread_self(), arg, &p);
	return NULL;
}

static void a_thread_can_step_back(void **state)
{
	(void)state;
	struct thread t;
	int policy = -1;
	assert_ok(thread_start(&t, "idle", 0, become_idle, &policy, e));
	thread_join(&t);
	assert_int_equal(policy, SCHED_IDLE);
}

static void *become_lower(void *arg)
{
	thread_set_low();
	*(int *)arg = getpriority(PRIO_PROCESS, 0);
	return NULL;
}

static void a_thread_goes_a_little_lower_alone(void **state)
{
	(void)state;
	struct thread t;
	int was = getpriority(PRIO_PROCESS, 0), is = was;
	assert_ok(thread_start(&t, "lower", 0, become_lower, &is, e));
	thread_join(&t);
	assert_true(is > was || was == 19);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), was);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_signal_is_told_by_what_it_asks_for),
		cmocka_unit_test(waiting_ends_without_a_signal),
		cmocka_unit_test(a_closed_pipe_does_not_kill),
		cmocka_unit_test(threads_take_no_signals),
		cmocka_unit_test(a_thread_bears_its_name),
		cmocka_unit_test(a_thread_can_step_back),
		cmocka_unit_test(a_thread_goes_a_little_lower_alone),
	};
	return cmocka_run_group_tests(tests, open_signals, close_signals);
}
