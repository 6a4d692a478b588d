#include "os/lock.h"

#include <fcntl.h>

#include "os/socket.h"
#include "unit/os/os_test.h"

static void a_second_taker_is_told_who_holds_it(void **state)
{
	(void)state;
	struct lock first, second;
	struct err why = {0};
	char want[80];
	assert_ok(lock_take(str_of(test_dir), "serve", &first, e));
	assert_false(lock_take(str_of(test_dir), "backup", &second, &why));
	assert_int_equal(why.code, ERR_CONFLICT);
	snprintf(want, sizeof want, "held by serve, process %d", (int)getpid());
	assert_non_null(strstr(why.text, want));
	lock_release(&first);
	assert_ok(lock_take(str_of(test_dir), "backup", &second, e));
	lock_release(&second);
}

static void asking_takes_nothing(void **state)
{
	(void)state;
	struct lock mine;
	bool is_held = true;
	char holder[64];
	assert_ok(lock_is_held(str_of(test_dir), &is_held, holder, e));
	assert_false(is_held);
	assert_string_equal(holder, "");
	assert_ok(lock_take(str_of(test_dir), "serve", &mine, e));
	assert_ok(lock_is_held(str_of(test_dir), &is_held, holder, e));
	assert_true(is_held);
	assert_int_equal(strncmp(holder, "serve, process ", 15), 0);
	lock_release(&mine);
}

static int take_and_die(void *arg)
{
	struct lock l;
	struct err e;
	if (lock_take(str_of(test_dir), "serve", &l, &e)) {
		char byte = 'x';
		if (write(*(int *)arg, &byte, 1) == 1) {
			pause();
		}
	}
	return 1;
}

static void a_killed_holder_leaves_it_free(void **state)
{
	(void)state;
	int ready[2];
	char byte;
	struct lock l;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = test_fork(take_and_die, &ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_refused(lock_take(str_of(test_dir), "serve", &l, e), ERR_CONFLICT);
	kill(pid, SIGKILL);
	test_wait(pid);
	assert_ok(lock_take(str_of(test_dir), "serve", &l, e));
	lock_release(&l);
	close(ready[0]);
	close(ready[1]);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	struct lock l;
	assert_refused(lock_take(test_path("none"), "serve", &l, e), ERR_IO);
	assert_int_equal(l.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_taker_is_told_who_holds_it),
		cmocka_unit_test(asking_takes_nothing),
		cmocka_unit_test(a_killed_holder_leaves_it_free),
		cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, test_dir_make, test_dir_remove);
}
