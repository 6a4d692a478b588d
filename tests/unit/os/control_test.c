#include "os/control.h"

#include "base/fault.h"
#include "os/socket.h"
#include "unit/os/os_test.h"

struct counted {
	int calls;
};

static bool say_hello(void *ctx, struct str request, struct buf *reply, struct err *e)
{
	(void)e;
	((struct counted *)ctx)->calls++;
	buf_put(reply, STR("hello "));
	buf_put(reply, request);
	return true;
}

static bool refuse(void *ctx, struct str request, struct buf *reply, struct err *e)
{
	(void)ctx;
	(void)request;
	(void)reply;
	return err_set(e, ERR_CONFLICT, "there is an account of that name");
}

static const struct control_command commands[] = {{"hello", say_hello}, {"refuse", refuse}, {NULL, NULL}};

static struct counted counted;
static struct control *control;

static int start(void **state)
{
	int fd = -1;
	struct err e;
	if (test_dir_make(state) != 0 || !control_bind(str_of(test_dir), &fd, &e)) {
		return -1;
	}
	return control_start(fd, commands, &counted, &control, &e) ? 0 : -1;
}

static int stop(void **state)
{
	control_stop(control);
	return test_dir_remove(state);
}

static void a_command_gets_its_bytes_and_answers(void **state)
{
	(void)state;
	struct buf reply;
	buf_init(&reply, 1000);
	int before = counted.calls;
	assert_ok(control_call(str_of(test_dir), "hello", STR("you"), 5000000, &reply, e));
	assert_str(buf_str(&reply), "hello you");
	assert_int_equal(counted.calls, before + 1);
	buf_release(&reply);
}

static void an_error_arrives_with_its_code_and_text(void **state)
{
	(void)state;
	struct buf reply;
	struct err why = {0};
	buf_init(&reply, 1000);
	assert_false(control_call(str_of(test_dir), "refuse", STR_EMPTY, 5000000, &reply, &why));
	assert_int_equal(why.code, ERR_CONFLICT);
	assert_string_equal(why.text, "there is an account of that name");
	assert_refused(control_call(str_of(test_dir), "nothing", STR_EMPTY, 5000000, &reply, e), ERR_NOT_FOUND);
	buf_release(&reply);
}

static void only_this_user_may_open_it(void **state)
{
	(void)state;
	struct stat st;
	assert_int_equal(stat(test_path("run/control.sock").p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(test_path("run").p, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static int call_as_nobody(void *arg)
{
	(void)arg;
	struct buf reply;
	struct err e = {0};
	buf_init(&reply, 1000);
	if (setgid(65534) != 0 || setuid(65534) != 0) {
		return 9;
	}
	return control_call(str_of(test_dir), "hello", STR("x"), 5000000, &reply, &e) ? 1 : 0;
}

static void another_user_is_not_answered_even_when_the_file_lets_him_in(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		skip(); /* only root can become another user */
	}
	int before = counted.calls;
	chmod(test_dir, 0755);
	chmod(test_path("run").p, 0755);
	chmod(test_path("run/control.sock").p, 0666);
	int status = test_wait(test_fork(call_as_nobody, NULL));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(counted.calls, before);
	chmod(test_path("run").p, 0700);
	chmod(test_path("run/control.sock").p, 0600);
}

static void rubbish_does_not_end_it(void **state)
{
	(void)state;
	struct buf reply;
	struct message m;
	buf_init(&reply, 1000);
	message_init(&m, 1000);
	assert_ok(message_call(test_path("run/control.sock"), STR("\xff\xff\xff\xffrubbish"), NULL, 0, &m,
	                       deadline_in(5000000), e));
	assert_int_equal(m.bytes.p[0], 0);
	assert_ok(control_call(str_of(test_dir), "hello", STR_EMPTY, 5000000, &reply, e));
	message_release(&m);
	buf_release(&reply);
}

static void nobody_there_is_busy(void **state)
{
	(void)state;
	struct buf reply;
	buf_init(&reply, 1000);
	assert_refused(control_call(test_path("elsewhere"), "hello", STR_EMPTY, 1000000, &reply, e), ERR_BUSY);
	buf_release(&reply);
}

#ifdef CITYHALL_FAULT
/* Either side's n-th allocation fails: a clean error, and the next call is served. */
static void a_fault_is_an_error_and_no_more(void **state)
{
	(void)state;
	uint64_t seen = 0;
	for (uint64_t n = 1; n == 1 || seen >= n - 1; n++) {
		struct buf reply;
		struct err e = {0};
		buf_init(&reply, 1000);
		fault_arm(FAULT_ALLOC, n);
		bool ok = control_call(str_of(test_dir), "hello", STR("you"), 5000000, &reply, &e);
		seen = fault_seen(FAULT_ALLOC);
		fault_arm(FAULT_ALLOC, 0);
		assert_true(ok || e.code != ERR_NONE);
		buf_reset(&reply);
		assert_true(control_call(str_of(test_dir), "hello", STR("you"), 5000000, &reply, &e));
		buf_release(&reply);
	}
	assert_true(seen > 3);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_gets_its_bytes_and_answers),
		cmocka_unit_test(an_error_arrives_with_its_code_and_text),
		cmocka_unit_test(only_this_user_may_open_it),
		cmocka_unit_test(another_user_is_not_answered_even_when_the_file_lets_him_in),
		cmocka_unit_test(rubbish_does_not_end_it),
		cmocka_unit_test(nobody_there_is_busy),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(a_fault_is_an_error_and_no_more),
#endif
	};
	return cmocka_run_group_tests(tests, start, stop);
}
