#include "base/buf.h"

#include "base/fault.h"
#include "unit/unit.h"

static void collects_what_is_put(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1000);
	assert_int_equal(buf_str(&b).n, 0);
	assert_string_equal(buf_cstr(&b), "");
	buf_put(&b, STR("a"));
	buf_put_c(&b, "bc");
	buf_put_byte(&b, ' ');
	buf_put_u64(&b, UINT64_MAX);
	buf_put_byte(&b, ' ');
	buf_put_i64(&b, INT64_MIN);
	buf_put_byte(&b, ' ');
	buf_put_padded(&b, 42, 6);
	buf_put_padded(&b, 1234567, 6);
	buf_put_hex(&b, "\x00\xAB", 2);
	buf_printf(&b, " %s-%d", "x", 7);
	assert_str(buf_str(&b), "abc 18446744073709551615 -9223372036854775808 000042123456700ab x-7");
	assert_int_equal(strlen(buf_cstr(&b)), b.n);
	struct err e;
	assert_true(buf_ok(&b, &e));
	buf_release(&b);
}

static void writes_runes_as_utf8(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 100);
	static const uint32_t runes[] = {'a', 0x7F, 0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, 0x10FFFF};
	for (size_t i = 0; i < 8; i++) {
		buf_put_rune(&b, runes[i]);
	}
	assert_true(str_is_utf8(buf_str(&b)));
	size_t at = 0;
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(str_rune(buf_str(&b), &at), runes[i]);
	}
	assert_int_equal(at, b.n);
	buf_release(&b);
}

static void keeps_what_it_has_when_the_cap_is_reached(void **state)
{
	(void)state;
	struct buf b;
	struct err e;
	buf_init(&b, 10);
	buf_put(&b, STR("12345678"));
	buf_put(&b, STR("abc"));
	buf_put(&b, STR("z")); /* would fit, but the failure is sticky */
	assert_true(b.failed);
	assert_int_equal(b.n, 8);
	assert_false(buf_ok(&b, &e));
	buf_reset(&b);
	buf_put(&b, STR("1234567890"));
	assert_true(buf_ok(&b, &e));
	assert_string_equal(buf_cstr(&b), "1234567890");
	buf_put_byte(&b, '1');
	assert_false(buf_ok(&b, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	buf_release(&b);
}

static void lends_room_and_truncates(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 4096);
	char *p = buf_reserve(&b, 1000);
	assert_non_null(p);
	memcpy(p, "hello", 5);
	buf_added(&b, 5);
	assert_str(buf_str(&b), "hello");
	buf_truncate(&b, 2);
	assert_str(buf_str(&b), "he");
	assert_null(buf_reserve(&b, 5000));
	assert_true(b.failed);
	buf_release_secret(&b);
	assert_null(b.p);
}

static void grows_to_any_size_below_the_cap(void **state)
{
	(void)state;
	struct prng r = seeded();
	struct buf b;
	buf_init(&b, 100000);
	size_t total = 0;
	while (total < 90000) {
		size_t n = prng_below(&r, 700);
		char piece[700];
		memset(piece, (int)('a' + n % 26), n);
		buf_put_bytes(&b, piece, n);
		total += n;
		assert_int_equal(b.n, total);
		if (n > 0) {
			assert_int_equal(b.p[total - 1], (char)('a' + n % 26));
		}
	}
	assert_false(b.failed);
	buf_release(&b);
}

#ifdef CITYHALL_FAULT
static void says_memory_when_memory_is_out(void **state)
{
	(void)state;
	struct buf b;
	struct err e;
	buf_init(&b, 1 << 20);
	fault_arm(FAULT_ALLOC, 2);
	for (int i = 0; i < 100; i++) {
		buf_put(&b, STR("some more text"));
	}
	fault_arm(FAULT_ALLOC, 0);
	assert_false(buf_ok(&b, &e));
	assert_int_equal(e.code, ERR_MEMORY);
	assert_true(b.n > 0);
	buf_release(&b);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collects_what_is_put),
		cmocka_unit_test(writes_runes_as_utf8),
		cmocka_unit_test(keeps_what_it_has_when_the_cap_is_reached),
		cmocka_unit_test(lends_room_and_truncates),
		cmocka_unit_test(grows_to_any_size_below_the_cap),
#ifdef CITYHALL_FAULT
		cmocka_unit_test(says_memory_when_memory_is_out),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
