#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"

static char dir[256];

static int make_dir(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, sizeof dir, "%s/file-test-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	char path[300];
	snprintf(path, sizeof path, "%s/f", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/f.new", dir);
	unlink(path);
	snprintf(path, sizeof path, "%s/d", dir);
	rmdir(path);
	return rmdir(dir);
}

/* A layer that writes at most three bytes at a time, counts, and fails where told. */
struct scripted {
	struct file_layer layer;
	char log[200]; /* one letter a call: o w s r u c */
	size_t n;
	char fail_at; /* the letter whose first call fails */
	int error;
};

static bool note(struct scripted *s, char letter)
{
	if (s->n < sizeof s->log - 1) {
		s->log[s->n++] = letter;
	}
	if (s->fail_at == letter) {
		s->fail_at = 0;
		errno = s->error;
		return false;
	}
	return true;
}

static int s_open(void *ctx, const char *path, int flags, mode_t mode)
{
	return note(ctx, flags & O_DIRECTORY ? 'd' : 'o') ? file_layer_real.open(NULL, path, flags, mode) : -1;
}

static ssize_t s_write(void *ctx, int fd, const void *bytes, size_t n)
{
	return note(ctx, 'w') ? file_layer_real.write(NULL, fd, bytes, n > 3 ? 3 : n) : -1;
}

static int s_fsync(void *ctx, int fd)
{
	return note(ctx, 's') ? file_layer_real.fsync(NULL, fd) : -1;
}

static int s_rename(void *ctx, const char *from, const char *to)
{
	return note(ctx, 'r') ? file_layer_real.rename(NULL, from, to) : -1;
}

static int s_unlink(void *ctx, const char *path)
{
	return note(ctx, 'u') ? file_layer_real.unlink(NULL, path) : -1;
}

static int s_mkdir(void *ctx, const char *path, mode_t mode)
{
	return note(ctx, 'm') ? file_layer_real.mkdir(NULL, path, mode) : -1;
}

static int s_close(void *ctx, int fd)
{
	note(ctx, 'c');
	return file_layer_real.close(NULL, fd);
}

static struct scripted scripted(char fail_at, int error)
{
	return (struct scripted){
		.layer = {NULL, s_open, s_write, s_fsync, s_rename, s_unlink, s_mkdir, s_close},
		.fail_at = fail_at,
		.error = error,
	};
}

static void assert_file_is(const char *path, const char *text)
{
	struct buf b;
	struct err e;
	buf_init(&b, 1000);
	assert_true(file_read_whole(path, &b, &e));
	assert_string_equal(buf_cstr(&b), text);
	buf_release(&b);
}

static void replace_makes_bytes_durable_before_the_name_and_the_name_before_it_returns(void **state)
{
	(void)state;
	struct err e;
	struct scripted s = scripted(0, 0);
	s.layer.ctx = &s;
	char *path = file_path(str_of(dir), STR("f"));
	assert_true(file_replace(&s.layer, path, STR("1234"), 0600, &e));
	assert_string_equal(s.log, "owwsrdscc");
	assert_file_is(path, "1234");
	assert_true(file_replace(&s.layer, path, STR(""), 0600, &e));
	assert_file_is(path, "");
	mem_free(path);
}

static void replace_that_fails_anywhere_leaves_the_old_file_and_no_other(void **state)
{
	(void)state;
	struct err e;
	char *path = file_path(str_of(dir), STR("f"));
	char *temp = file_path(str_of(dir), STR("f.new"));
	assert_true(file_replace(&file_layer_real, path, STR("old"), 0600, &e));
	static const char steps[] = "owsr";
	for (const char *step = steps; *step; step++) {
		struct scripted s = scripted(*step, EIO);
		s.layer.ctx = &s;
		assert_false(file_replace(&s.layer, path, STR("new"), 0600, &e));
		assert_int_equal(e.code, ERR_IO);
		assert_file_is(path, "old");
		assert_int_equal(access(temp, F_OK), -1);
	}
	mem_free(path);
	mem_free(temp);
}

static void an_interrupted_write_goes_on_and_a_full_disk_is_told_apart(void **state)
{
	(void)state;
	struct err e;
	char *path = file_path(str_of(dir), STR("f"));
	struct scripted s = scripted('w', EINTR);
	s.layer.ctx = &s;
	assert_true(file_replace(&s.layer, path, STR("abc"), 0600, &e));
	assert_file_is(path, "abc");
	s = scripted('w', ENOSPC);
	s.layer.ctx = &s;
	assert_false(file_replace(&s.layer, path, STR("xyz"), 0600, &e));
	assert_int_equal(e.code, ERR_DISK_FULL);
	mem_free(path);
}

static void a_failed_fsync_is_never_tried_again(void **state)
{
	(void)state;
	struct err e;
	char *path = file_path(str_of(dir), STR("f"));
	struct scripted s = scripted('s', EINTR);
	s.layer.ctx = &s;
	assert_false(file_append_durable(&s.layer, path, STR("a"), 0600, &e));
	assert_string_equal(s.log, "owsc");
	mem_free(path);
}

static void append_adds_at_the_end_and_fsyncs_the_folder(void **state)
{
	(void)state;
	struct err e;
	char *path = file_path(str_of(dir), STR("f"));
	struct scripted s = scripted(0, 0);
	s.layer.ctx = &s;
	assert_true(file_append_durable(&s.layer, path, STR("one"), 0600, &e));
	assert_true(file_append_durable(&s.layer, path, STR("two"), 0600, &e));
	assert_string_equal(s.log, "owsdsccowsdscc");
	assert_file_is(path, "onetwo");
	mem_free(path);
}

static void reading_says_when_there_is_no_file_or_too_much_of_it(void **state)
{
	(void)state;
	struct err e;
	struct buf b;
	char *path = file_path(str_of(dir), STR("f"));
	buf_init(&b, 4);
	assert_false(file_read_whole(path, &b, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_true(file_replace(&file_layer_real, path, STR("12345"), 0600, &e));
	assert_false(file_read_whole(path, &b, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	buf_release(&b);
	mem_free(path);
}

static void a_folder_that_is_there_is_no_error_but_a_file_in_its_place_is(void **state)
{
	(void)state;
	struct err e;
	char *path = file_path(str_of(dir), STR("d"));
	assert_true(file_mkdir(&file_layer_real, path, 0700, &e));
	assert_true(file_mkdir(&file_layer_real, path, 0700, &e));
	mem_free(path);
	path = file_path(str_of(dir), STR("f"));
	assert_true(file_replace(&file_layer_real, path, STR("x"), 0600, &e));
	assert_false(file_mkdir(&file_layer_real, path, 0700, &e));
	assert_true(file_unlink(&file_layer_real, path, &e));
	assert_true(file_unlink(&file_layer_real, path, &e));
	mem_free(path);
}

#ifdef CITYHALL_FAULT
static void faults_come_through_as_errors(void **state)
{
	(void)state;
	struct err e;
	char *path = file_path(str_of(dir), STR("f"));
	fault_arm(FAULT_WRITE, 1);
	assert_false(file_replace(&file_layer_real, path, STR("x"), 0600, &e));
	assert_int_equal(e.code, ERR_DISK_FULL);
	fault_arm(FAULT_WRITE, 0);
	fault_arm(FAULT_FSYNC, 2);
	assert_false(file_replace(&file_layer_real, path, STR("x"), 0600, &e));
	assert_int_equal(e.code, ERR_IO);
	fault_arm(FAULT_FSYNC, 0);
	mem_free(path);
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(replace_makes_bytes_durable_before_the_name_and_the_name_before_it_returns),
		TEST(replace_that_fails_anywhere_leaves_the_old_file_and_no_other),
		TEST(an_interrupted_write_goes_on_and_a_full_disk_is_told_apart),
		TEST(a_failed_fsync_is_never_tried_again),
		TEST(append_adds_at_the_end_and_fsyncs_the_folder),
		TEST(reading_says_when_there_is_no_file_or_too_much_of_it),
		TEST(a_folder_that_is_there_is_no_error_but_a_file_in_its_place_is),
#ifdef CITYHALL_FAULT
		TEST(faults_come_through_as_errors),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
