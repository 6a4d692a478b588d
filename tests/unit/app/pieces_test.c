#include "app/forms/pieces.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/forms/page_state.h"
#include "unit/unit.h"

enum { TOTAL = 3 * 4096 + 5 };

static char folder[] = "/tmp/pieces-test-XXXXXX";
static uint8_t bytes[TOTAL];

static int make_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] = (uint8_t)(i * 31 + i / 256);
	}
	return mkdtemp(folder) == NULL;
}

static int drop_folder(void **state)
{
	(void)state;
	char path[64];
	struct err e;
	int n = pieces_sweep(str_of(folder), -1, &e) ? 0 : 1;
	snprintf(path, sizeof path, "%s/pieces", folder);
	(void)rmdir(path); /* not there after a test that stored nothing */
	return n + rmdir(folder);
}

static struct pieces upload_of(int64_t account, const char *key)
{
	return (struct pieces){.data_dir = str_of(folder),
	                       .secret = STR("secret of a test, 32 bytes long.."),
	                       .account = account,
	                       .draft = 7,
	                       .question = STR("notice"),
	                       .key = str_of(key),
	                       .total = TOTAL};
}

static bool add(const struct pieces *p, size_t from, size_t n, int64_t *now, struct err *e)
{
	int fd = memfd_create("piece", MFD_CLOEXEC);
	assert_int_equal(write(fd, bytes + from, n), (ssize_t)n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	bool ok = pieces_add(p, (int64_t)from, fd, (int64_t)n, now, e);
	close(fd);
	return ok;
}

static void pieces_in_order_are_the_file(void **state)
{
	(void)state;
	struct pieces p = upload_of(1, "in order");
	struct err e;
	int64_t now = -1;
	int fd;
	uint8_t got[TOTAL + 1];
	assert_true(pieces_offset(&p, &now, &e));
	assert_int_equal(now, 0);
	assert_true(add(&p, 0, 4096, &now, &e));
	assert_int_equal(now, 4096);
	assert_false(pieces_whole(&p, &fd, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_true(add(&p, 4096, 4096, &now, &e));
	assert_true(add(&p, 8192, TOTAL - 8192, &now, &e));
	assert_int_equal(now, TOTAL);
	assert_true(pieces_whole(&p, &fd, &e));
	assert_int_equal(read(fd, got, sizeof got), TOTAL);
	assert_memory_equal(got, bytes, TOTAL);
	close(fd);
	pieces_drop(&p);
	assert_true(pieces_offset(&p, &now, &e));
	assert_int_equal(now, 0);
}

static void a_piece_that_a_crash_cut_is_sent_again_from_a_whole_block(void **state)
{
	(void)state;
	struct pieces p = upload_of(2, "cut");
	struct err e;
	int64_t now;
	int fd;
	uint8_t got[TOTAL];
	char command[160];
	assert_true(add(&p, 0, 4096, &now, &e));
	snprintf(command, sizeof command, "truncate -s %d %s/pieces/*", 24 + 4000, folder);
	assert_int_equal(system(command), 0);
	assert_true(pieces_offset(&p, &now, &e));
	assert_int_equal(now, 3968);
	assert_false(add(&p, 4096, 4096, &now, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_int_equal(now, 3968);
	assert_true(add(&p, 3968, TOTAL - 3968, &now, &e));
	assert_true(pieces_whole(&p, &fd, &e));
	assert_int_equal(read(fd, got, sizeof got), TOTAL);
	assert_memory_equal(got, bytes, TOTAL);
	close(fd);
	pieces_drop(&p);
}

static void nothing_of_the_file_can_be_read_on_the_disk(void **state)
{
	(void)state;
	struct pieces p = upload_of(3, "hidden");
	struct err e;
	int64_t now;
	char command[160];
	memcpy(bytes, "Amara Quill", 11);
	assert_true(add(&p, 0, 4096, &now, &e));
	snprintf(command, sizeof command, "grep -rq 'Amara' %s", folder);
	assert_int_not_equal(system(command), 0);
	pieces_drop(&p);
}

static void uploads_of_others_are_not_there_and_fill_no_room(void **state)
{
	(void)state;
	struct pieces p = upload_of(4, "0");
	struct pieces other = upload_of(5, "0");
	struct err e;
	int64_t now;
	char key[2] = "0";
	for (; key[0] < '0' + PIECES_OF_ACCOUNT_MAX; key[0]++) {
		p.key = str_of(key);
		assert_true(add(&p, 0, 64, &now, &e));
	}
	p.key = str_of(key);
	assert_false(add(&p, 0, 64, &now, &e));
	assert_int_equal(e.code, ERR_TOO_MANY);
	assert_true(pieces_offset(&other, &now, &e));
	assert_int_equal(now, 0);
	assert_true(add(&other, 0, 64, &now, &e));
	assert_true(pieces_sweep(str_of(folder), INT64_C(86400000000), &e)); /* none is old */
	assert_true(pieces_offset(&other, &now, &e));
	assert_int_equal(now, 64);
	assert_true(pieces_sweep(str_of(folder), -1, &e));
	assert_true(pieces_offset(&other, &now, &e));
	assert_int_equal(now, 0);
	assert_true(add(&p, 0, 64, &now, &e));
}

static void bounds_are_kept(void **state)
{
	(void)state;
	static const struct {
		int64_t total, offset, n;
		enum err_code code;
	} cases[] = {
		{TOTAL, 0, TOTAL + 1, ERR_BAD_INPUT},
		{TOTAL, 0, 0, ERR_BAD_INPUT},
		{TOTAL, 0, 100, ERR_BAD_INPUT},
		{TOTAL, -64, 64, ERR_BAD_INPUT},
		{TOTAL, INT64_MAX, 64, ERR_BAD_INPUT},
		{TOTAL, 64, 64, ERR_CONFLICT},
		{0, 0, 64, ERR_BAD_INPUT},
		{FILE_BYTES_MAX + 1, 0, 64, ERR_TOO_LARGE},
		{FILE_BYTES_MAX, 0, PIECE_BYTES_MAX + 64, ERR_TOO_LARGE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pieces p = upload_of(6, "bounds");
		struct err e = {0};
		int64_t now;
		p.total = cases[i].total;
		assert_false(pieces_add(&p, cases[i].offset, -1, cases[i].n, &now, &e));
		assert_int_equal(e.code, cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_in_order_are_the_file),
		cmocka_unit_test(a_piece_that_a_crash_cut_is_sent_again_from_a_whole_block),
		cmocka_unit_test(nothing_of_the_file_can_be_read_on_the_disk),
		cmocka_unit_test(uploads_of_others_are_not_there_and_fill_no_room),
		cmocka_unit_test(bounds_are_kept),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
