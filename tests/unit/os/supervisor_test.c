#include "os/supervisor.h"

#include <errno.h>
#include <fcntl.h>

#include "os/signal.h"
#include "os/socket.h"
#include "unit/os/os_test.h"

/* The supervisor runs in a child of the test; its children report to a pipe: letter and process id, one record each. */
struct report {
	char what;
	pid_t pid;
};

static int report_to;

static void tell(char what)
{
	struct report r = {what, getpid()};
	if (write(report_to, &r, sizeof r) != (ssize_t)sizeof r) {
		_exit(77);
	}
}

/* Waits for SIGTERM, then says so. */
static int live(void *ctx, const int *fds)
{
	const char *letters = ctx;
	struct signals s;
	struct err e;
	report_to = fds[0];
	if (!signals_open(&s, &e)) {
		return 1;
	}
	tell(letters[0]);
	for (;;) {
		switch (signals_wait(&s, -1)) {
		case SIGNAL_STOP:
			tell(letters[1]);
			return EXIT_STOPPED;
		case SIGNAL_RELOAD:
			tell('h');
			break;
		default:
			break;
		}
	}
}

static int never_stop(void *ctx, const int *fds)
{
	struct signals s;
	struct err e;
	report_to = fds[0];
	if (!signals_open(&s, &e)) {
		return 1;
	}
	tell(*(const char *)ctx);
	for (;;) {
		(void)signals_wait(&s, -1);
	}
}

static int be_unusable(void *ctx, const int *fds)
{
	(void)ctx;
	(void)fds;
	return EXIT_UNUSABLE;
}

static int give_up(void *ctx, const int *fds)
{
	(void)ctx;
	report_to = fds[0];
	tell('f');
	return EXIT_FAILED;
}

static int count_open_fds(void *ctx, const int *fds)
{
	(void)ctx;
	report_to = fds[0];
	/* Two were handed over, so nothing else may be open from 5 on; the second is the first again. */
	for (int fd = 5; fd < 256; fd++) {
		if (fcntl(fd, F_GETFD) >= 0) {
			tell('x');
			return EXIT_UNUSABLE;
		}
	}
	report_to = fds[1];
	tell('o');
	return EXIT_STOPPED;
}

static char s_letters[] = "Ss", k_letters[] = "Kk";
static int pipe_ends[2];

static struct supervisor_child child_of(const char *name, int (*run)(void *, const int *), char *letters)
{
	return (struct supervisor_child){
		.name = name, .run = run, .ctx = letters, .fds = {pipe_ends[1]}, .fd_n = 1, .grace_us = 5000000};
}

static int run_supervisor(void *arg)
{
	return supervisor_run(arg);
}

static pid_t begin(struct supervisor_options *o)
{
	o->backoff_first_us = 1000;
	o->backoff_last_us = 5000;
	return test_fork(run_supervisor, o);
}

static struct report next_report(void)
{
	struct report r = {0, 0};
	assert_int_equal(read(pipe_ends[0], &r, sizeof r), sizeof r);
	return r;
}

static int open_pipe(void **state)
{
	(void)state;
	return pipe2(pipe_ends, O_CLOEXEC);
}

static int close_pipe(void **state)
{
	(void)state;
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return 0;
}

static void assert_exit(pid_t pid, int code)
{
	int status = test_wait(pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static void a_killed_child_is_started_again(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("serve", live, s_letters)};
	struct supervisor_options o = {.children = c, .child_n = 1};
	pid_t parent = begin(&o);
	struct report first = next_report();
	kill(first.pid, SIGKILL);
	struct report second = next_report();
	assert_int_equal(second.what, 'S');
	assert_int_not_equal(second.pid, first.pid);
	kill(second.pid, SIGABRT);
	struct report third = next_report();
	assert_int_equal(third.what, 'S');
	kill(parent, SIGTERM);
	assert_int_equal(next_report().what, 's');
	assert_exit(parent, 0);
}

static void children_stop_in_their_order(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("keys", live, k_letters), child_of("serve", live, s_letters)};
	c[0].stop_order = 2;
	c[1].stop_order = 1;
	struct supervisor_options o = {.children = c, .child_n = 2};
	pid_t parent = begin(&o);
	next_report();
	next_report();
	kill(parent, SIGINT);
	assert_int_equal(next_report().what, 's');
	assert_int_equal(next_report().what, 'k');
	assert_exit(parent, 0);
}

static void a_child_that_does_not_stop_is_killed_after_its_grace(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("serve", never_stop, s_letters)};
	c[0].grace_us = 1000;
	struct supervisor_options o = {.children = c, .child_n = 1};
	pid_t parent = begin(&o);
	struct report r = next_report();
	kill(parent, SIGTERM);
	assert_exit(parent, 0);
	assert_int_equal(kill(r.pid, 0), -1);
}

static void a_second_stop_does_not_wait(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("serve", never_stop, s_letters), child_of("keys", live, k_letters)};
	c[0].grace_us = 600000000;
	c[1].stop_order = 0;
	c[1].grace_us = 600000000;
	struct supervisor_options o = {.children = c, .child_n = 2};
	pid_t parent = begin(&o);
	next_report();
	next_report();
	kill(parent, SIGINT);
	assert_int_equal(next_report().what, 'k'); /* the first stop was heard */
	kill(parent, SIGINT);
	assert_exit(parent, 0);
}

static void an_unusable_child_ends_everything_with_its_code(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("serve", live, s_letters), child_of("keys", be_unusable, k_letters)};
	struct supervisor_options o = {.children = c, .child_n = 2};
	assert_exit(begin(&o), EXIT_UNUSABLE);
}

static void a_program_that_is_not_there_ends_everything(void **state)
{
	(void)state;
	char path[] = "/nonexistent/cityhall-render";
	char *argv[] = {path, NULL};
	struct supervisor_child c[] = {{.name = "render", .argv = argv}};
	struct supervisor_options o = {.children = c, .child_n = 1};
	assert_exit(begin(&o), EXIT_UNUSABLE);
}

static void a_program_is_run_with_its_descriptors(void **state)
{
	(void)state;
	char path[] = "/bin/sh", flag[] = "-c", script[] = "printf 12345678 >&3; exit 2";
	char *argv[] = {path, flag, script, NULL};
	struct supervisor_child c[] = {{.name = "sh", .argv = argv, .fds = {pipe_ends[1]}, .fd_n = 1}};
	struct supervisor_options o = {.children = c, .child_n = 1};
	pid_t parent = begin(&o);
	char text[8];
	assert_int_equal(read(pipe_ends[0], text, 8), 8);
	assert_memory_equal(text, "12345678", 8);
	assert_exit(parent, EXIT_UNUSABLE);
}

static void the_main_child_ends_everything_when_it_is_done(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("serve", count_open_fds, NULL), child_of("keys", live, k_letters)};
	c[0].is_main = true;
	c[0].fds[1] = pipe_ends[1];
	c[0].fd_n = 2;
	int extra = dup(pipe_ends[1]);
	struct supervisor_options o = {.children = c, .child_n = 2};
	assert_exit(begin(&o), 0);
	close(extra);
	close(pipe_ends[1]);
	struct report r;
	bool was_clean = false;
	while (read(pipe_ends[0], &r, sizeof r) == (ssize_t)sizeof r) {
		assert_int_not_equal(r.what, 'x');
		was_clean |= r.what == 'o';
	}
	assert_true(was_clean);
}

static void a_reload_reaches_those_who_want_it(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("serve", live, s_letters)};
	c[0].wants_reload = true;
	struct supervisor_options o = {.children = c, .child_n = 1};
	pid_t parent = begin(&o);
	next_report();
	kill(parent, SIGHUP);
	assert_int_equal(next_report().what, 'h');
	kill(parent, SIGTERM);
	assert_int_equal(next_report().what, 's');
	assert_exit(parent, 0);
}

static void a_failing_child_is_tried_again_and_again(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("serve", give_up, NULL)};
	struct supervisor_options o = {.children = c, .child_n = 1};
	pid_t parent = begin(&o);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(next_report().what, 'f');
	}
	kill(parent, SIGTERM);
	assert_exit(parent, 0);
}

static void children_stop_when_the_parent_is_killed(void **state)
{
	(void)state;
	struct supervisor_child c[] = {child_of("serve", live, s_letters)};
	struct supervisor_options o = {.children = c, .child_n = 1};
	pid_t parent = begin(&o);
	next_report();
	kill(parent, SIGKILL);
	test_wait(parent);
	assert_int_equal(next_report().what, 's');
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_pipe, close_pipe)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_killed_child_is_started_again),
		CASE(children_stop_in_their_order),
		CASE(a_child_that_does_not_stop_is_killed_after_its_grace),
		CASE(a_second_stop_does_not_wait),
		CASE(an_unusable_child_ends_everything_with_its_code),
		CASE(a_program_that_is_not_there_ends_everything),
		CASE(a_program_is_run_with_its_descriptors),
		CASE(the_main_child_ends_everything_when_it_is_done),
		CASE(a_reload_reaches_those_who_want_it),
		CASE(a_failing_child_is_tried_again_and_again),
		CASE(children_stop_when_the_parent_is_killed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
