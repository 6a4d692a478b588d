/* The pool: right and wrong passwords, refusal when the queue is full, known devices first, its share of the
 * processors; and which passwords are refused. */
#include "app/people/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

/* Small costs: what is tested is the pool. */
static struct password_pool *cheap_pool(const struct password_options *more)
{
	struct password_options o = *more;
	o.passes = 1;
	o.memory_bytes = 64 * 1024;
	struct password_pool *p = NULL;
	struct err e = {0};
	assert_true(password_pool_start(&o, &p, &e));
	return p;
}

static void right_password_passes_and_wrong_does_not(void **state)
{
	(void)state;
	struct password_pool *p = cheap_pool(&(struct password_options){.percent = 100});
	struct err e = {0};
	char hash[PASSWORD_HASH_MAX] = "";
	bool is_right = false;
	assert_true(password_hash(p, STR("four words of mine"), hash, &e));
	assert_memory_equal(hash, "$argon2id$", 10);
	assert_true(password_check(p, STR("four words of mine"), hash, false, &is_right, &e));
	assert_true(is_right);
	assert_true(password_check(p, STR("four words of Mine"), hash, false, &is_right, &e));
	assert_false(is_right);
	assert_true(password_check(p, STR(""), hash, true, &is_right, &e));
	assert_false(is_right);
	password_pool_stop(p);
}

static void same_password_is_stored_differently_each_time(void **state)
{
	(void)state;
	struct password_pool *p = cheap_pool(&(struct password_options){.percent = 100});
	struct err e = {0};
	char one[PASSWORD_HASH_MAX] = "";
	char two[PASSWORD_HASH_MAX] = "";
	assert_true(password_hash(p, STR("the same for both"), one, &e));
	assert_true(password_hash(p, STR("the same for both"), two, &e));
	assert_string_not_equal(one, two);
	password_pool_stop(p);
}

static void unknown_account_is_never_right(void **state)
{
	(void)state;
	struct password_pool *p = cheap_pool(&(struct password_options){.percent = 100});
	struct err e = {0};
	bool is_right = true;
	assert_true(password_check(p, STR("whatever it may be"), NULL, false, &is_right, &e));
	assert_false(is_right);
	password_pool_stop(p);
}

struct asker {
	struct password_pool *pool;
	const char *hash;
	bool is_known_device;
	bool is_right, is_answered;
	struct err e;
	pthread_t id;
};

static void *ask(void *arg)
{
	struct asker *a = arg;
	a->is_answered =
		password_check(a->pool, STR("the right one here"), a->hash, a->is_known_device, &a->is_right, &a->e);
	return NULL;
}

static void wait_for_waiting(struct password_pool *p, size_t n)
{
	while (password_pool_waiting(p) != n) {
		struct timespec t = {.tv_nsec = 200000};
		nanosleep(&t, NULL);
	}
}

static void full_queue_refuses_at_once_and_known_devices_have_places_of_their_own(void **state)
{
	(void)state;
	struct password_pool *p = cheap_pool(&(struct password_options){.percent = 100, .queue_max = 2});
	struct err e = {0};
	char hash[PASSWORD_HASH_MAX] = "";
	assert_true(password_hash(p, STR("the right one here"), hash, &e));
	password_pool_allow(p, 0);
	struct asker strangers[2] = {0};
	for (size_t i = 0; i < 2; i++) {
		strangers[i] = (struct asker){.pool = p, .hash = hash};
		assert_int_equal(pthread_create(&strangers[i].id, NULL, ask, &strangers[i]), 0);
	}
	wait_for_waiting(p, 2);
	bool is_right = false;
	assert_false(password_check(p, STR("the right one here"), hash, false, &is_right, &e));
	assert_int_equal(e.code, ERR_TOO_MANY);
	struct asker owner = {.pool = p, .hash = hash, .is_known_device = true};
	assert_int_equal(pthread_create(&owner.id, NULL, ask, &owner), 0);
	wait_for_waiting(p, 3);
	password_pool_allow(p, -1);
	pthread_join(owner.id, NULL);
	for (size_t i = 0; i < 2; i++) {
		pthread_join(strangers[i].id, NULL);
		assert_true(strangers[i].is_answered);
		assert_true(strangers[i].is_right);
	}
	assert_true(owner.is_answered);
	assert_true(owner.is_right);
	password_pool_stop(p);
}

static void waiting_too_long_is_refused(void **state)
{
	(void)state;
	struct password_pool *p = cheap_pool(&(struct password_options){.is_held = true, .wait_us = 1000});
	struct err e = {0};
	bool is_right = true;
	assert_false(password_check(p, STR("the right one here"), NULL, false, &is_right, &e));
	assert_int_equal(e.code, ERR_TOO_MANY);
	assert_int_equal(password_pool_waiting(p), 0);
	password_pool_stop(p);
}

static void rest_keeps_the_share(void **state)
{
	(void)state;
	assert_int_equal(password_rest_us(1000, 1, 2, 25), 1000); /* half of one of two */
	assert_int_equal(password_rest_us(1000, 1, 4, 25), 0);
	assert_int_equal(password_rest_us(1000, 1, 1, 25), 3000);
	assert_int_equal(password_rest_us(1000, 2, 6, 25), 334); /* 2 * 1000 / 1334 = 1.5 of 6 */
	for (int processors = 1; processors <= 64; processors++) {
		int threads = (processors + 3) / 4;
		int64_t rest = password_rest_us(22000, threads, processors, 25);
		assert_true((int64_t)threads * 22000 * 100 <= (int64_t)processors * 25 * (22000 + rest));
	}
}

static void work_is_followed_by_rest(void **state)
{
	(void)state;
	struct password_pool *p = NULL;
	struct err e = {0};
	struct password_options o = {.threads = 1, .percent = 1, .passes = 1, .memory_bytes = 1024 * 1024};
	assert_true(password_pool_start(&o, &p, &e));
	char hash[PASSWORD_HASH_MAX] = "";
	struct timespec from = {0};
	struct timespec cpu_from = {0};
	struct timespec to = {0};
	struct timespec cpu_to = {0};
	clock_gettime(CLOCK_MONOTONIC, &from);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_from);
	for (int i = 0; i < 6; i++) {
		assert_true(password_hash(p, STR("the same for both"), hash, &e));
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_to);
	double wall = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	double cpu = (double)(cpu_to.tv_sec - cpu_from.tv_sec) + (double)(cpu_to.tv_nsec - cpu_from.tv_nsec) / 1e9;
	/* A hundredth of all processors, with room for the threads' own overhead. */
	assert_true(cpu < wall * (0.1 + 0.02 * (double)sysconf(_SC_NPROCESSORS_ONLN)));
	password_pool_stop(p);
}

static void owner_goes_first(void **state)
{
	(void)state;
	struct password_pool *p = cheap_pool(&(struct password_options){.threads = 1, .percent = 100, .is_held = true});
	struct asker a[5] = {0};
	for (size_t i = 0; i < 5; i++) {
		a[i] = (struct asker){.pool = p, .is_known_device = i == 4};
		assert_int_equal(pthread_create(&a[i].id, NULL, ask, &a[i]), 0);
		wait_for_waiting(p, i + 1);
	}
	password_pool_allow(p, 1);
	pthread_join(a[4].id, NULL); /* the last to come is the first to be served */
	assert_true(a[4].is_answered);
	assert_int_equal(password_pool_waiting(p), 4);
	password_pool_allow(p, -1);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(a[i].id, NULL);
		assert_true(a[i].is_answered);
	}
	password_pool_stop(p);
}

static void weak_passwords_are_refused_with_a_reason(void **state)
{
	(void)state;
	static const char *const weak[] = {
		"short",
		"eleven char",
		"password1234",
		"P@ssw0rd2024!!",
		"passwordpassword",
		"123456789012",
		"111111111111",
		"abcabcabcabc",
		"qwertyuiop12",
		"qwerty123456",
		"abcdefghijkl",
		"210987654321",
		"1qaz2wsx3edc",
		"iloveyou2025!!",
		"administrator1",
		"woaini5201314",
		"\xe6\x88\x91\xe7\x88\xb1\xe4\xbd\xa0",
	};
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		if (password_weakness(str_of(weak[i]), STR_EMPTY, STR_EMPTY) == NULL) {
			fail_msg("accepted: %s", weak[i]);
		}
	}
	assert_non_null(password_weakness(STR("LinXiaohe2024"), STR("Lin Xiaohe"), STR_EMPTY));
	assert_non_null(password_weakness(STR("lin.xiaohe@example.org"), STR_EMPTY, STR("lin.xiaohe@example.org")));
	assert_non_null(password_weakness(STR("lin.xiaohe123"), STR_EMPTY, STR("lin.xiaohe@example.org")));
}

static void ordinary_passwords_pass(void **state)
{
	(void)state;
	static const char *const good[] = {
		"four words of mine",         "correct boat teapot",          "kettle-window-7-moss", "Tr4ub&dor zwei Mal",
		"四个互不相关的词语没有规律", "my password is none of these", "0f8a7c99d1e2",
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *why = password_weakness(str_of(good[i]), STR("Lin Xiaohe"), STR("lin@example.org"));
		if (why != NULL) {
			fail_msg("refused: %s (%s)", good[i], why);
		}
	}
	char long_one[PASSWORD_BYTES_MAX + 40];
	for (size_t i = 0; i < sizeof(long_one); i++) {
		long_one[i] = (char)('a' + i * i * 7 % 26);
	}
	assert_null(password_weakness(str_from(long_one, PASSWORD_BYTES_MAX), STR_EMPTY, STR_EMPTY));
	assert_non_null(password_weakness(str_from(long_one, sizeof(long_one)), STR_EMPTY, STR_EMPTY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_password_passes_and_wrong_does_not),
		cmocka_unit_test(same_password_is_stored_differently_each_time),
		cmocka_unit_test(unknown_account_is_never_right),
		cmocka_unit_test(full_queue_refuses_at_once_and_known_devices_have_places_of_their_own),
		cmocka_unit_test(waiting_too_long_is_refused),
		cmocka_unit_test(rest_keeps_the_share),
		cmocka_unit_test(work_is_followed_by_rest),
		cmocka_unit_test(owner_goes_first),
		cmocka_unit_test(weak_passwords_are_refused_with_a_reason),
		cmocka_unit_test(ordinary_passwords_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
