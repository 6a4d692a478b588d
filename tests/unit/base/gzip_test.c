#include "base/gzip.h"

#include <zlib.h>

#include "unit/unit.h"

static void pack(struct buf *to, struct str bytes)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes.p, .avail_in = (uInt)bytes.n};
	size_t room = bytes.n + 1000;
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (Bytef *)buf_reserve(to, room);
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_added(to, room - z.avail_out);
	deflateEnd(&z);
}

static void unpacks_what_was_packed_and_no_more_than_allowed(void **state)
{
	(void)state;
	struct err e = {0};
	struct buf plain, packed, out;
	buf_init(&plain, 4 << 20);
	buf_init(&packed, 8 << 20);
	for (int i = 0; i < 200000; i++) {
		buf_printf(&plain, "%d,", i);
	}
	pack(&packed, buf_str(&plain));
	size_t first = packed.n;
	pack(&packed, STR("and a second member"));
	assert_true(gzip_is(buf_str(&packed)));
	buf_init(&out, plain.n + 19); /* exactly as much */
	assert_true(gzip_unpack(buf_str(&packed), &out, &e));
	assert_true(str_eq(str_sub(buf_str(&out), 0, plain.n), buf_str(&plain)));
	assert_str(str_sub(buf_str(&out), plain.n, SIZE_MAX), "and a second member");
	buf_release(&out);
	buf_init(&out, plain.n + 18);
	assert_false(gzip_unpack(buf_str(&packed), &out, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	buf_release(&out);
	for (size_t cut = 1; cut < first; cut += first / 9) {
		buf_init(&out, 4 << 20);
		assert_false(gzip_unpack(str_sub(buf_str(&packed), 0, first - cut), &out, &e));
		assert_int_equal(e.code, ERR_BAD_INPUT);
		buf_release(&out);
	}
	buf_init(&out, 100);
	assert_false(gzip_unpack(STR("\x1f\x8bnothing of the kind"), &out, &e));
	buf_release(&out);
	buf_release(&packed);
	buf_release(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(unpacks_what_was_packed_and_no_more_than_allowed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
