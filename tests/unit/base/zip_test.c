#include "base/zip.h"

#include "unit/unit.h"

static const struct zip_limits limits = {.files = 10, .file_bytes = 1000, .all_bytes = 3000};

struct archive {
	struct buf bytes;
	struct arena arena;
	struct zip_files files;
	struct err e;
};

static void begin(struct archive *z)
{
	*z = (struct archive){0};
	buf_init(&z->bytes, 1 << 20);
	arena_init(&z->arena, 1 << 20);
}

static void end(struct archive *z)
{
	buf_release(&z->bytes);
	arena_release(&z->arena);
}

static bool is_read(struct archive *z)
{
	return zip_read(&z->arena, buf_str(&z->bytes), &limits, &z->files, &z->e);
}

static void write_one(struct archive *z, struct str path, struct str bytes)
{
	struct zip_out out;
	buf_reset(&z->bytes);
	zip_begin(&out, &z->bytes);
	zip_put(&out, path, bytes);
	assert_true(zip_end(&out, &z->e));
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	struct archive z;
	struct zip_out out;
	begin(&z);
	zip_begin(&out, &z.bytes);
	zip_put(&out, STR("pack.yaml"), STR("format: 1\n"));
	zip_put(&out, STR("services/stall/service.yaml"), STR_EMPTY);
	assert_true(zip_end(&out, &z.e));
	assert_true(is_read(&z));
	assert_int_equal(z.files.n, 2);
	assert_true(str_is(z.files.items[0].path, "pack.yaml"));
	assert_true(str_is(z.files.items[0].bytes, "format: 1\n"));
	assert_true(str_is(z.files.items[1].path, "services/stall/service.yaml"));
	assert_int_equal(z.files.items[1].bytes.n, 0);
	end(&z);
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = {"../pack.yaml",
	                                    "/etc/passwd",
	                                    "a//b",
	                                    "a/../b",
	                                    "a\\b",
	                                    "C:pack.yaml",
	                                    ".",
	                                    "a/./b.txt",
	                                    "a\x01b",
	                                    "a\xff"
	                                    "b"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct archive z;
		begin(&z);
		write_one(&z, str_of(names[i]), STR("x"));
		assert_false(is_read(&z));
		assert_int_equal(z.e.code, ERR_BAD_INPUT);
		end(&z);
	}
}

/* The byte at `at` of the only entry in the directory. */
static char *entry(struct archive *z, size_t at)
{
	size_t from = str_find(buf_str(&z->bytes), STR("PK\1\2"));
	assert_true(from != SIZE_MAX);
	return z->bytes.p + from + at;
}

static void links_passwords_and_odd_packings_are_refused(void **state)
{
	(void)state;
	struct archive z;
	begin(&z);
	write_one(&z, STR("link"), STR("/etc/passwd"));
	*entry(&z, 41) = (char)0xa1; /* a symbolic link */
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_BAD_INPUT);
	write_one(&z, STR("locked"), STR("x"));
	*entry(&z, 8) |= 1;
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_UNSUPPORTED);
	write_one(&z, STR("lzma"), STR("x"));
	*entry(&z, 10) = 14;
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_UNSUPPORTED);
	write_one(&z, STR("sum"), STR("x"));
	*entry(&z, 16) ^= 1;
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_BAD_INPUT);
	write_one(&z, STR("far"), STR("x"));
	*entry(&z, 42) = 100;
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_BAD_INPUT);
	end(&z);
}

static void nothing_is_unpacked_beyond_the_limits(void **state)
{
	(void)state;
	struct archive z;
	struct zip_out out;
	char big[1001];
	memset(big, 'x', sizeof big);
	begin(&z);
	write_one(&z, STR("big"), str_from(big, sizeof big));
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_TOO_LARGE);
	/* Four of 900 bytes are more than all may have. */
	buf_reset(&z.bytes);
	zip_begin(&out, &z.bytes);
	for (int i = 0; i < 4; i++) {
		zip_put(&out, (struct str){"abcd" + i, 1}, str_from(big, 900));
	}
	assert_true(zip_end(&out, &z.e));
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_TOO_LARGE);
	buf_reset(&z.bytes);
	zip_begin(&out, &z.bytes);
	for (int i = 0; i < 11; i++) {
		zip_put(&out, (struct str){"abcdefghijk" + i, 1}, STR("x"));
	}
	assert_true(zip_end(&out, &z.e));
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_TOO_LARGE);
	end(&z);
}

static void two_files_of_one_name_and_no_zip_at_all_are_refused(void **state)
{
	(void)state;
	struct archive z;
	struct zip_out out;
	begin(&z);
	zip_begin(&out, &z.bytes);
	zip_put(&out, STR("a"), STR("x"));
	zip_put(&out, STR("a"), STR("y"));
	assert_true(zip_end(&out, &z.e));
	assert_false(is_read(&z));
	buf_reset(&z.bytes);
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_UNSUPPORTED);
	buf_put(&z.bytes, STR("%PDF-1.7 this is something else altogether"));
	assert_false(is_read(&z));
	assert_int_equal(z.e.code, ERR_UNSUPPORTED);
	end(&z);
}

/* What is written away between the pieces comes back with the rest. */
static void a_file_that_comes_in_pieces_is_read_again_whole(void **state)
{
	(void)state;
	struct archive z;
	struct zip_out out;
	struct buf to, whole;
	begin(&z);
	buf_init(&to, 1 << 20);
	buf_init(&whole, 1 << 20);
	zip_begin(&out, &to);
	zip_put(&out, STR("a"), STR("first"));
	zip_open(&out, STR("b"));
	for (int i = 0; i < 5000; i++) {
		char line[60];
		int n = snprintf(line, sizeof line, "line %d of what is long\n", i);
		buf_put_bytes(&whole, line, (size_t)n);
		zip_add(&out, str_from(line, (size_t)n));
		if (i % 100 == 0) {
			buf_put(&z.bytes, buf_str(&to));
			zip_taken(&out);
			assert_int_equal(to.n, 0);
		}
	}
	zip_close(&out);
	zip_put(&out, STR("c"), STR("last"));
	assert_true(zip_end(&out, &z.e));
	buf_put(&z.bytes, buf_str(&to));
	struct zip_files files;
	struct arena a;
	arena_init(&a, 4 << 20);
	assert_true(zip_read(&a, buf_str(&z.bytes),
	                     &(struct zip_limits){.files = 10, .file_bytes = 1 << 20, .all_bytes = 2 << 20}, &files, &z.e));
	assert_int_equal(files.n, 3);
	assert_true(str_eq(files.items[1].bytes, buf_str(&whole)));
	assert_true(str_is(files.items[2].bytes, "last"));
	arena_release(&a);
	buf_release(&whole);
	buf_release(&to);
	end(&z);
}

static void an_archive_cut_anywhere_is_refused(void **state)
{
	(void)state;
	struct archive z;
	begin(&z);
	write_one(&z, STR("services/stall/service.yaml"), STR("format: 1\n"));
	while (z.bytes.n > 0) {
		buf_truncate(&z.bytes, z.bytes.n - 1);
		assert_false(is_read(&z));
	}
	end(&z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(names_that_lead_elsewhere_are_refused),
		cmocka_unit_test(links_passwords_and_odd_packings_are_refused),
		cmocka_unit_test(nothing_is_unpacked_beyond_the_limits),
		cmocka_unit_test(two_files_of_one_name_and_no_zip_at_all_are_refused),
		cmocka_unit_test(a_file_that_comes_in_pieces_is_read_again_whole),
		cmocka_unit_test(an_archive_cut_anywhere_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
