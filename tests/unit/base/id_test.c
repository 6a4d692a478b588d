#include "base/id.h"

#include <pthread.h>

#include "base/time_source.h"
#include "unit/unit.h"

enum { THREADS = 4, IDS = 20000 };

#define NOW_US INT64_C(1790000000000000) /* in September 2026 */

static void travels_as_thirteen_characters(void **state)
{
	(void)state;
	char text[ID_CHARS + 1];
	int64_t back;
	id_format(1, text);
	assert_string_equal(text, "0000000000001");
	id_format(INT64_MAX, text);
	assert_string_equal(text, "7zzzzzzzzzzzz");
	for (int i = 0; i < 10000; i++) {
		int64_t id = id_random();
		assert_true(id > 0);
		id_format(id, text);
		assert_int_equal(strlen(text), ID_CHARS);
		assert_true(id_parse(str_of(text), &back));
		assert_true(back == id);
	}
	struct buf b;
	buf_init(&b, 100);
	buf_put_id(&b, 32);
	assert_str(buf_str(&b), "0000000000010");
	buf_release(&b);
}

static void refuses_every_other_way_of_writing(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		"000000000000",   /* short */
		"00000000000001", /* long */
		"0000000000000",  /* no id is 0 */
		"8000000000000",  /* more than 63 bits */
		"000000000000A",  /* upper case */
		"000000000000i",
		"000000000000l",
		"000000000000o",
		"000000000000u", /* not in the alphabet */
		"-000000000001",
		" 000000000001",
		"00000000-0001",
		"\xEF\xBC\x91"
		"0000000000",
	};
	int64_t out = 7;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(id_parse(str_of(wrong[i]), &out));
	}
	assert_false(id_parse(STR("000000\0000001"), &out));
	assert_true(out == 7);
}

static void later_ids_are_greater_even_in_one_millisecond(void **state)
{
	(void)state;
	int64_t before = 0;
	for (int i = 0; i < 100000; i++) {
		int64_t id = id_in_time(NOW_US + i / 1000);
		assert_true(id > before);
		before = id;
	}
	/* The wall clock is put back: order goes on. */
	int64_t id = id_in_time(NOW_US - 3600 * US_PER_S);
	assert_true(id > before);
}

static void tells_its_millisecond(void **state)
{
	(void)state;
	int64_t at = NOW_US + 3600 * US_PER_S;
	int64_t ms = (id_in_time(at) >> 22) + INT64_C(1577836800000);
	assert_true(ms == at / 1000);
	/* In order as text, too. */
	char a[ID_CHARS + 1], b[ID_CHARS + 1];
	id_format(id_in_time(at), a);
	id_format(id_in_time(at + US_PER_S), b);
	assert_true(strcmp(a, b) < 0);
}

static void *make_ids(void *arg)
{
	int64_t *ids = arg;
	for (int i = 0; i < IDS; i++) {
		ids[i] = id_in_time(NOW_US + 2 * 3600 * US_PER_S);
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static void threads_never_share_an_id(void **state)
{
	(void)state;
	int64_t *ids = calloc(THREADS * IDS, sizeof *ids);
	assert_non_null(ids);
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids + i * IDS), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		for (int k = 1; k < IDS; k++) {
			assert_true(ids[i * IDS + k] > ids[i * IDS + k - 1]);
		}
	}
	qsort(ids, THREADS * IDS, sizeof *ids, compare);
	for (int k = 1; k < THREADS * IDS; k++) {
		assert_true(ids[k] != ids[k - 1]);
	}
	free(ids);
}

static void is_an_id_at_any_time(void **state)
{
	(void)state;
	/* Last of this program's tests: ids of the far future push all later ones ahead. */
	assert_true(id_in_time(0) > 0);
	assert_true(id_in_time(INT64_MIN) > 0);
	assert_true(id_in_time(INT64_MAX) > 0);
	assert_true(id_in_time(INT64_C(1577836800000000) + ((INT64_C(1) << 41) - 1) * 1000) > 0);
	for (int i = 0; i < 100000; i++) {
		assert_true(id_in_time(NOW_US) > 0);
	}
}

static void check_digits_are_those_of_iso_7064(void **state)
{
	(void)state;
	/* ISO 7064's own example for MOD 97-10: 794 has the check digits 44. */
	assert_int_equal(check_mod97(STR("794")), 44);
	assert_true(check_mod97_is_valid(STR("79444")));
	/* An LEI (ISO 17442) uses the same system with letters. */
	assert_int_equal(check_mod97(STR("5493000IBP32UQZ0KL")), 24);
	assert_true(check_mod97_is_valid(STR("5493000IBP32UQZ0KL24")));
	assert_true(check_mod97_is_valid(STR("5493000ibp32-uqz0 kl24")));
	assert_false(check_mod97_is_valid(STR("5493000IBP32UQZ0KL42")));
	assert_false(check_mod97_is_valid(STR("44")));
	assert_false(check_mod97_is_valid(STR("")));
	assert_false(check_mod97_is_valid(STR("7944A")));
}

static void one_of_three_equal_rests_counts(void **state)
{
	(void)state;
	/* 02 and 99, 00 and 97, 01 and 98 leave the same rest; only 02 to 98 are check digits. */
	char text[32];
	for (int n = 0; n < 2000; n++) {
		snprintf(text, sizeof text, "%d", n);
		int check = check_mod97(str_of(text));
		assert_in_range(check, 2, 98);
		int valid = 0;
		for (int k = 0; k < 100; k++) {
			snprintf(text, sizeof text, "%d%02d", n, k);
			valid += check_mod97_is_valid(str_of(text));
		}
		assert_int_equal(valid, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(travels_as_thirteen_characters),
		cmocka_unit_test(refuses_every_other_way_of_writing),
		cmocka_unit_test(later_ids_are_greater_even_in_one_millisecond),
		cmocka_unit_test(tells_its_millisecond),
		cmocka_unit_test(threads_never_share_an_id),
		cmocka_unit_test(is_an_id_at_any_time),
		cmocka_unit_test(check_digits_are_those_of_iso_7064),
		cmocka_unit_test(one_of_three_equal_rests_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
