#include "base/codec.h"

#include "unit/unit.h"

static void put_one_of_each(struct buf *b)
{
	codec_put_u8(b, 0xA5);
	codec_put_flag(b, true);
	codec_put_u32(b, 0x01020304);
	codec_put_i64(b, -2);
	codec_put_bytes(b, STR("\x00\xFF"));
	codec_put_str(b, STR("h\xC3\xA9"));
}

static void reads_what_was_written_in_the_same_order(void **state)
{
	(void)state;
	struct buf b;
	struct err e;
	buf_init(&b, 1000);
	put_one_of_each(&b);
	assert_memory_equal(
		b.p, "\xA5\x01\x01\x02\x03\x04\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE\0\0\0\2\x00\xFF\0\0\0\3h\xC3\xA9", b.n);
	assert_int_equal(b.n, 27);
	struct codec c = codec_of(buf_str(&b));
	assert_int_equal(codec_u8(&c), 0xA5);
	assert_true(codec_flag(&c));
	assert_int_equal(codec_u32(&c), 0x01020304);
	assert_true(codec_i64(&c) == -2);
	assert_true(str_eq(codec_bytes(&c, 2), STR("\x00\xFF")));
	assert_str(codec_str(&c, 100), "h\xC3\xA9");
	assert_true(codec_end(&c, &e));
	buf_release(&b);
}

static void a_message_cut_anywhere_is_an_error_and_reads_as_nothing(void **state)
{
	(void)state;
	struct buf b;
	struct err e;
	buf_init(&b, 1000);
	put_one_of_each(&b);
	for (size_t n = 0; n < b.n; n++) {
		/* On the heap with the exact size, so that a read past the end is seen by the sanitizer. */
		char *cut = malloc(n ? n : 1);
		assert_non_null(cut);
		memcpy(cut, b.p, n);
		struct codec c = codec_of(str_from(cut, n));
		codec_u8(&c);
		codec_flag(&c);
		codec_u32(&c);
		codec_i64(&c);
		codec_bytes(&c, 100);
		struct str last = codec_str(&c, 100);
		assert_int_equal(last.n, 0);
		assert_false(codec_end(&c, &e));
		assert_int_equal(e.code, ERR_CORRUPT);
		free(cut);
	}
	buf_release(&b);
}

static void leftover_bytes_are_an_error(void **state)
{
	(void)state;
	struct err e;
	struct codec c = codec_of(STR("\x01\x02"));
	assert_int_equal(codec_u8(&c), 1);
	assert_false(codec_end(&c, &e));
	assert_int_equal(codec_u8(&c), 2);
	assert_true(codec_end(&c, &e));
}

static void an_error_is_sticky(void **state)
{
	(void)state;
	struct err e;
	struct codec c = codec_of(STR("\0\0\0\005abcde\007"));
	assert_int_equal(codec_bytes(&c, 4).n, 0); /* longer than its reader allows */
	assert_int_equal(codec_u8(&c), 0);
	assert_false(codec_end(&c, &e));
	c = codec_of(STR("\xFF\xFF\xFF\xFF"
	                 "ab"));
	assert_int_equal(codec_bytes(&c, SIZE_MAX).n, 0);
	assert_false(codec_end(&c, &e));
	c = codec_of(STR("\x02"));
	assert_false(codec_flag(&c));
	assert_false(codec_end(&c, &e));
	c = codec_of(STR("\0\0\0\x01\xFF"));
	assert_int_equal(codec_str(&c, 10).n, 0); /* no UTF-8 */
	assert_false(codec_end(&c, &e));
}

static void a_count_is_believed_only_when_its_least_bytes_are_there(void **state)
{
	(void)state;
	struct str three = STR("\0\0\0\003abcdef");
	struct codec c = codec_of(three);
	assert_int_equal(codec_count(&c, 3, 2), 3);
	assert_true(str_is(c.rest, "abcdef") && !c.failed);
	c = codec_of(three);
	assert_int_equal(codec_count(&c, 2, 2), 0); /* more than its reader allows */
	assert_true(c.failed);
	c = codec_of(three);
	assert_int_equal(codec_count(&c, 3, 3), 0); /* nine bytes are not there */
	assert_true(c.failed);
	c = codec_of(STR("\xFF\xFF\xFF\xFF"));
	assert_int_equal(codec_count(&c, UINT32_MAX, SIZE_MAX), 0);
	assert_true(c.failed);
	c = codec_of(STR("\0\0"));
	assert_int_equal(codec_count(&c, UINT32_MAX, 0), 0);
	assert_true(c.failed);
}

static void a_number_beyond_its_bounds_is_an_error(void **state)
{
	(void)state;
	const int64_t numbers[] = {0, 7, -7, 8, -8, INT64_MAX, INT64_MIN};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		struct buf b;
		buf_init(&b, 100);
		codec_put_i64(&b, numbers[i]);
		struct codec c = codec_of(buf_str(&b));
		assert_int_equal(codec_within(&c, 7), i < 3 ? numbers[i] : 0);
		assert_true(c.failed == (i >= 3));
		buf_release(&b);
	}
}

static void writing_past_the_cap_fails_the_buf(void **state)
{
	(void)state;
	struct buf b;
	struct err e;
	buf_init(&b, 5);
	codec_put_bytes(&b, STR("ab"));
	assert_false(buf_ok(&b, &e));
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written_in_the_same_order),
		cmocka_unit_test(a_message_cut_anywhere_is_an_error_and_reads_as_nothing),
		cmocka_unit_test(leftover_bytes_are_an_error),
		cmocka_unit_test(an_error_is_sticky),
		cmocka_unit_test(a_count_is_believed_only_when_its_least_bytes_are_there),
		cmocka_unit_test(a_number_beyond_its_bounds_is_an_error),
		cmocka_unit_test(writing_past_the_cap_fails_the_buf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
