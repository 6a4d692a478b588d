#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "os/file.h"
#include "os/socket.h"
#include "os/thread.h"
#include "unit/os/os_test.h"

/* Each attempt runs in a child that locks itself first. Exit 0: as it should be; another number says which line. */
#define CHECK(cond)                    \
	do {                               \
		if (!(cond)) {                 \
			return __LINE__ % 250 + 1; \
		}                              \
	} while (0)

static bool lock_in(enum sandbox_role role, struct sandbox_state *state)
{
	static char in[300], out[300];
	snprintf(in, sizeof in, "%s/in", test_dir);
	snprintf(out, sizeof out, "%s/out", test_dir);
	const char *readable[] = {in, NULL};
	const char *writable[] = {out, NULL};
	struct sandbox_spec spec = {.role = role, .readable = readable, .writable = writable, .files_max = 32};
	struct err e = {0};
	if (!sandbox_lock(&spec, state, &e)) {
		print_error("%s\n", e.text);
		return false;
	}
	return true;
}

static bool opens(const char *name, int flags)
{
	int fd = open(test_path(name).p, flags | O_CLOEXEC, 0600);
	bool ok = fd >= 0;
	socket_close(&fd);
	return ok;
}

static void *count_one(void *arg)
{
	++*(int *)arg;
	return NULL;
}

static int live_as_serve(void *arg)
{
	(void)arg;
	struct sandbox_state s;
	struct err e;
	struct thread t;
	int counted = 0, fd = -1;
	CHECK(lock_in(SANDBOX_SERVE, &s));
	CHECK(thread_start(&t, "one", 0, count_one, &counted, &e));
	thread_join(&t);
	CHECK(counted == 1);
	CHECK(opens("out/new", O_RDWR | O_CREAT));
	CHECK(rename(test_path("out/new").p, test_path("out/newer").p) == 0);
	CHECK(unlink(test_path("out/newer").p) == 0);
	CHECK(opens("in/given", O_RDONLY));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(fd >= 0);
	if (s.has_seccomp) {
		CHECK(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
		CHECK(socket(AF_NETLINK, SOCK_RAW, 0) < 0 && errno == EPERM);
		CHECK(fork() < 0);
		CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
		CHECK(kill(getppid(), 0) < 0);
	}
	if (s.landlock_abi > 0) {
		CHECK(!opens("in/given", O_RDWR));
		CHECK(!opens("secret", O_RDONLY));
		CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
		CHECK(!opens("created", O_RDWR | O_CREAT));
	}
	return 0;
}

static void serve_has_threads_and_its_folder_and_no_net(void **state)
{
	(void)state;
	int status = test_wait(test_fork(live_as_serve, NULL));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int live_as_keys(void *arg)
{
	struct sandbox_state s;
	CHECK(lock_in(SANDBOX_KEYS, &s));
	CHECK(write(*(int *)arg, "x", 1) == 1);
	if (s.has_seccomp) {
		CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == EPERM);
		CHECK(socket(AF_UNIX, SOCK_STREAM, 0) < 0);
		CHECK(fork() < 0);
	}
	struct rlimit l;
	if (!s.has_seccomp) {
		CHECK(getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_max == 32);
	}
	return 0;
}

static void keys_has_no_files(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	int status = test_wait(test_fork(live_as_keys, &ends[1]));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(ends[0]);
	close(ends[1]);
}

static int run_a_program(void *arg)
{
	(void)arg;
	struct sandbox_state s;
	CHECK(lock_in(SANDBOX_SERVE, &s));
	if (!s.has_seccomp) {
		signal(SIGSYS, SIG_DFL); /* cmocka catches it */
		kill(getpid(), SIGSYS);
	}
	char *const args[] = {strdup("/bin/true"), NULL};
	execv(args[0], args);
	return 99;
}

static void a_process_that_runs_a_program_dies(void **state)
{
	(void)state;
	int status = test_wait(test_fork(run_a_program, NULL));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int live_as_worker(void *arg)
{
	(void)arg;
	struct sandbox_state s;
	CHECK(lock_in(SANDBOX_RENDER, &s));
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid > 0) {
		int status = test_wait(pid);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 251;
	}
	struct sandbox_spec spec = {.role = SANDBOX_RENDER_WORKER, .memory_max_bytes = UINT64_C(1) << 30, .cpu_max_s = 1};
	struct err e = {0};
	CHECK(sandbox_lock(&spec, &s, &e));
	int counted = 0;
	struct thread t;
	CHECK(thread_start(&t, "one", 0, count_one, &counted, &e));
	thread_join(&t);
	CHECK(counted == 1);
	if (s.has_seccomp) {
		CHECK(fork() < 0);
		CHECK(socket(AF_UNIX, SOCK_STREAM, 0) < 0);
		CHECK(malloc((size_t)2 << 30) == NULL);
		CHECK(opens("in/given", O_RDONLY));
		CHECK(!opens("secret", O_RDONLY));
	}
	return 0;
}

static void a_worker_has_less_than_render(void **state)
{
	(void)state;
	int status = test_wait(test_fork(live_as_worker, NULL));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int say_state(void *arg)
{
	(void)arg;
	struct sandbox_state s;
	CHECK(lock_in(SANDBOX_KEYS, &s));
	CHECK(s.has_no_new_privileges);
	CHECK(s.is_relaxed == !s.has_seccomp);
	CHECK((strstr(s.text, "seccomp") != NULL) == s.has_seccomp);
	CHECK((strstr(s.text, "landlock") != NULL) == (s.landlock_abi > 0));
	CHECK((strstr(s.text, "relaxed") != NULL) == s.is_relaxed);
	return 0;
}

static void what_was_applied_is_said(void **state)
{
	(void)state;
	int status = test_wait(test_fork(say_state, NULL));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int set_up(void **state)
{
	struct err e;
	return test_dir_make(state) == 0 && mkdir(test_path("in").p, 0700) == 0 && mkdir(test_path("out").p, 0700) == 0 &&
	               file_replace(&file_layer_real, test_path("in/given").p, STR("g"), 0600, &e) &&
	               file_replace(&file_layer_real, test_path("secret").p, STR("s"), 0600, &e)
	           ? 0
	           : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serve_has_threads_and_its_folder_and_no_net),
		cmocka_unit_test(keys_has_no_files),
		cmocka_unit_test(a_process_that_runs_a_program_dies),
		cmocka_unit_test(a_worker_has_less_than_render),
		cmocka_unit_test(what_was_applied_is_said),
	};
	return cmocka_run_group_tests(tests, set_up, test_dir_remove);
}
