#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/json.h"
#include "unit/unit.h"

enum { THREADS = 8, LINES = 200 };

static int file = -1;

static int open_file(void **state)
{
	(void)state;
	char path[300];
	const char *tmp = getenv("TMPDIR");
	snprintf(path, sizeof path, "%s/log-test-XXXXXX", tmp ? tmp : "/tmp");
	file = mkostemp(path, O_APPEND | O_CLOEXEC);
	unlink(path);
	log_open(file, LOG_INFO);
	return file < 0;
}

static int close_file(void **state)
{
	(void)state;
	log_open(STDERR_FILENO, LOG_INFO);
	return close(file);
}

/* All that was written. */
static struct str written(struct arena *a)
{
	off_t n = lseek(file, 0, SEEK_END);
	assert_true(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1, 1);
	assert_non_null(p);
	assert_int_equal(pread(file, p, (size_t)n, 0), n);
	return (struct str){p, (size_t)n};
}

static struct json *only_line(struct arena *a)
{
	struct str all = written(a), line, rest;
	assert_true(str_cut(all, '\n', &line, &rest));
	assert_int_equal(rest.n, 0);
	struct json *j;
	struct err e;
	if (!json_parse(a, line, &j, &e)) {
		fail_msg("%s in %.*s", e.text, STR_ARG(line));
	}
	return j;
}

static void writes_one_json_object_a_line(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	log_line(LOG_WARN, "listening", LOG_I("port", 8080), LOG_I("least", INT64_MIN), LOG_S("address", STR("::1")));
	struct json *j = only_line(&a);
	assert_str(json_string(j, STR("level")), "warn");
	assert_str(json_string(j, STR("event")), "listening");
	assert_str(json_string(j, STR("address")), "::1");
	assert_int_equal(json_get(j, STR("port"))->integer, 8080);
	assert_true(json_get(j, STR("least"))->integer == INT64_MIN);
	struct str time = json_string(j, STR("time"));
	day_number day;
	assert_int_equal(time.n, 24);
	assert_true(date_parse(str_sub(time, 0, 10), &day));
	assert_int_equal(time.p[10], 'T');
	assert_int_equal(time.p[23], 'Z');
	arena_release(&a);
}

static void escapes_whatever_stands_in_a_field(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	log_line(LOG_INFO, "odd", LOG_S("s", STR("a\"b\\c\nd\x01\x7F\xFF\xE6\xBC\xA2")));
	assert_str(json_string(only_line(&a), STR("s")), "a\"b\\c\nd\x01\x7F\xEF\xBF\xBD\xE6\xBC\xA2");
	arena_release(&a);
}

static void leaves_out_what_is_too_long_and_says_so(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	static char longer[10000];
	memset(longer, 'x', sizeof longer);
	log_line(LOG_INFO, "long", LOG_S("big", str_from(longer, sizeof longer)), LOG_I("small", 1));
	struct json *j = only_line(&a);
	assert_null(json_get(j, STR("big")));
	assert_int_equal(json_get(j, STR("small"))->integer, 1);
	assert_int_equal(json_get(j, STR("cut"))->kind, JSON_TRUE);
	arena_release(&a);
}

static void is_silent_below_its_level_and_keeps_errno(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	errno = ENOENT;
	log_line(LOG_DEBUG, "not-seen");
	assert_int_equal(written(&a).n, 0);
	log_line(LOG_ERROR, "seen");
	assert_int_equal(errno, ENOENT);
	assert_str(json_string(only_line(&a), STR("event")), "seen");
	arena_release(&a);
}

static void writes_an_error_with_code_place_and_text(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	struct err e;
	assert_false(err_set(&e, ERR_CORRUPT, "page %d", 3));
	log_err(LOG_ERROR, "store", &e);
	struct json *j = only_line(&a);
	assert_str(json_string(j, STR("code")), "corrupt");
	assert_str(json_string(j, STR("text")), "page 3");
	assert_str(json_string(j, STR("file")), __FILE__);
	assert_int_equal(json_get(j, STR("line"))->integer, e.line);
	arena_release(&a);
}

static void *write_lines(void *arg)
{
	for (int i = 0; i < LINES; i++) {
		log_line(LOG_INFO, "threads", LOG_I("thread", *(int *)arg), LOG_I("i", i),
		         LOG_S("fill", STR("0123456789012345678901234567890123456789")));
	}
	return NULL;
}

static void keeps_lines_whole_between_threads(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 16 << 20);
	pthread_t threads[THREADS];
	int numbers[THREADS];
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
	}
	struct str all = written(&a), line, rest;
	int64_t next[THREADS] = {0};
	while (str_cut(all, '\n', &line, &rest)) {
		struct json *j;
		struct err e;
		assert_true(json_parse(&a, line, &j, &e));
		int64_t thread = json_get(j, STR("thread"))->integer;
		assert_int_equal(json_get(j, STR("i"))->integer, next[thread]);
		next[thread]++;
		all = rest;
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(next[i], LINES);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_one_json_object_a_line, open_file, close_file),
		cmocka_unit_test_setup_teardown(escapes_whatever_stands_in_a_field, open_file, close_file),
		cmocka_unit_test_setup_teardown(leaves_out_what_is_too_long_and_says_so, open_file, close_file),
		cmocka_unit_test_setup_teardown(is_silent_below_its_level_and_keeps_errno, open_file, close_file),
		cmocka_unit_test_setup_teardown(writes_an_error_with_code_place_and_text, open_file, close_file),
		cmocka_unit_test_setup_teardown(keeps_lines_whole_between_threads, open_file, close_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
