/* Blobs in rows, on either engine. */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include "history.h"
#include "store/blob.sql.h"
#include "store/blobs.h"
#include "tests/history.sql.c" /* NOLINT: the schema of the helpers */

enum { ANNA = 77, BEN = 78, MOST = 10 << 20, PIECE = 256 * 1024 };
static const uint8_t master[32] = {1, 2, 3};
static const struct store_schema *const schemas[] = {&blob_schema, NULL};
static struct blobs *blobs;

static int set_up_rows(void **state)
{
	set_up_folder(state);
	struct fixture *f = *state;
	f->options =
		(struct store_options){.dir = str_of(f->dir), .url = str_of(f->url), .time = &f->time, .schemas = schemas};
	assert_ok(f, store_open(&f->options, &f->store, &f->e));
	assert_ok(f, blobs_open_in(f->store, master, &blobs, &f->e));
	return 0;
}

static int tear_down_rows(void **state)
{
	blobs_close(blobs);
	return tear_down(state);
}

static bool put(int64_t party, const void *bytes, size_t n, struct blob_ref *ref, struct err *e)
{
	int fd = memfd_create("in", MFD_CLOEXEC);
	assert_true(file_write_all(&file_layer_real, fd, str_from(bytes, n), e));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	bool ok = blobs_put(blobs, party, fd, MOST, ref, e);
	close(fd);
	return ok;
}

static void assert_holds(const struct blob_ref *ref, const void *bytes, size_t n)
{
	int fd;
	struct err e;
	size_t got;
	if (!blobs_get(blobs, ref, &fd, &e)) {
		fail_msg("%s", e.text);
	}
	char *room = malloc(n + 1);
	assert_true(file_read_full(fd, room, n + 1, &got, &e));
	assert_int_equal(got, n);
	assert_memory_equal(room, bytes, n);
	free(room);
	close(fd);
}

static void files_of_all_sizes_around_a_piece_come_back_as_they_were(void **state)
{
	struct fixture *f = *state;
	static const size_t sizes[] = {0, 1, PIECE - 1, PIECE, PIECE + 1, 4 * PIECE + 77};
	char *bytes = malloc(5 * PIECE);
	for (size_t i = 0; i < 5 * PIECE; i++) {
		bytes[i] = (char)(i * 31 + i / 251);
	}
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct blob_ref ref;
		assert_ok(f, put(ANNA, bytes, sizes[i], &ref, &f->e));
		assert_int_equal(ref.bytes, (int64_t)sizes[i]);
		assert_holds(&ref, bytes, sizes[i]);
	}
	assert_int_equal(sql(f, "select max(length(data)) from blob_piece"), PIECE);
	free(bytes);
}

static void a_file_over_the_limit_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct blob_ref ref;
	int fd = memfd_create("in", MFD_CLOEXEC);
	assert_true(file_write_all(&file_layer_real, fd, STR("12345"), &f->e));
	lseek(fd, 0, SEEK_SET);
	assert_false(blobs_put(blobs, ANNA, fd, 4, &ref, &f->e));
	assert_int_equal(f->e.code, ERR_TOO_LARGE);
	assert_int_equal(sql(f, "select (select count(*) from blob) + (select count(*) from blob_piece)"), 0);
	close(fd);
}

static void the_same_content_again_is_one_file_but_never_shared_between_parties(void **state)
{
	struct fixture *f = *state;
	struct blob_ref one, two, other;
	int fd;
	assert_ok(f, put(ANNA, "same", 4, &one, &f->e));
	assert_ok(f, put(ANNA, "same", 4, &two, &f->e));
	assert_int_equal(sql(f, "select count(*) from blob_piece"), 1);
	assert_ok(f, put(BEN, "same", 4, &other, &f->e));
	assert_int_equal(sql(f, "select count(*) from blob_piece"), 2);
	assert_holds(&one, "same", 4);
	other.party = 79;
	assert_false(blobs_get(blobs, &other, &fd, &f->e));
	assert_int_equal(f->e.code, ERR_NOT_FOUND);
	/* What is Anna's does not open under Ben's key. */
	sql(f, "update blob_piece set data = (select data from blob_piece where party = 77) where party = 78");
	other.party = BEN;
	assert_false(blobs_get(blobs, &other, &fd, &f->e));
	assert_int_equal(f->e.code, ERR_CORRUPT);
}

static void every_kind_of_damage_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct blob_ref ref;
	int fd;
	static const char *const damages[] = {
		"update blob_piece set n = 9 where n = 1",
		"update blob set pieces = 1",
		"update blob_piece set data = (select data from blob_piece where n = 0) where n = 1",
		"delete from blob_piece where n = 0",
	};
	char *bytes = calloc(2, PIECE);
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		assert_ok(f, put(ANNA, bytes, 2 * PIECE, &ref, &f->e));
		assert_holds(&ref, bytes, 2 * PIECE);
		sql(f, damages[i]);
		assert_false(blobs_get(blobs, &ref, &fd, &f->e));
		assert_int_equal(f->e.code, ERR_CORRUPT);
		sql(f, "delete from blob");
		sql(f, "delete from blob_piece");
	}
	free(bytes);
}

enum { PUTTERS = 8 };

static void *put_same(void *arg)
{
	struct err e;
	static char bytes[PIECE + 5];
	return put(ANNA, bytes, sizeof bytes, arg, &e) ? arg : NULL;
}

static void many_puts_of_one_content_at_once_leave_one_whole_file(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[PUTTERS];
	struct blob_ref refs[PUTTERS];
	static char bytes[PIECE + 5];
	for (int i = 0; i < PUTTERS; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, put_same, &refs[i]), 0);
	}
	for (int i = 0; i < PUTTERS; i++) {
		void *ok;
		pthread_join(threads[i], &ok);
		assert_non_null(ok);
	}
	assert_holds(&refs[0], bytes, sizeof bytes);
	assert_int_equal(sql(f, "select count(*) from blob_piece"), 2);
}

static bool is_named(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES])
{
	const struct blob_ref *named = ctx;
	return party == named->party && memcmp(digest, named->digest, SHA256_BYTES) == 0;
}

static bool count_one(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES], struct err *e)
{
	(void)party;
	(void)digest;
	(void)e;
	++*(int *)ctx;
	return true;
}

static void the_sweep_takes_what_is_old_and_unnamed_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct blob_ref named, orphan, fresh, again;
	uint64_t removed = 99;
	int fd, n = 0;
	assert_ok(f, put(ANNA, "named", 5, &named, &f->e));
	assert_ok(f, put(BEN, "orphan", 6, &orphan, &f->e));
	assert_ok(f, put(BEN, "again", 5, &again, &f->e));
	sql(f, "update blob set stored_at = 1000");
	assert_ok(f, put(BEN, "fresh", 5, &fresh, &f->e));
	assert_ok(f, put(BEN, "again", 5, &again, &f->e));
	/* Two puts that did not end, one of them now. */
	sql(f, "insert into blob_piece (party, digest, put, n, data) select party, digest, 5, n, data from blob_piece "
	       "where party = 77");
	sql(f,
	    "insert into blob_piece (party, digest, put, n, data) select party, digest, put + 1, n, data from blob_piece "
	    "where party = 77 and put > 5");
	assert_ok(f, blobs_sweep(blobs, 2 * US_PER_DAY, is_named, &named, &removed, &f->e));
	assert_int_equal(removed, 2);
	assert_holds(&named, "named", 5);
	assert_holds(&fresh, "fresh", 5);
	assert_holds(&again, "again", 5);
	assert_false(blobs_get(blobs, &orphan, &fd, &f->e));
	assert_int_equal(sql(f, "select count(*) from blob_piece where put = 5"), 0);
	assert_int_equal(sql(f, "select count(*) from blob_piece"), 4);
	assert_ok(f, blobs_each(blobs, count_one, &n, &f->e));
	assert_int_equal(n, 3);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_rows, tear_down_rows)
	const struct CMUnitTest tests[] = {
		TEST(files_of_all_sizes_around_a_piece_come_back_as_they_were),
		TEST(a_file_over_the_limit_leaves_nothing),
		TEST(the_same_content_again_is_one_file_but_never_shared_between_parties),
		TEST(every_kind_of_damage_is_noticed),
		TEST(many_puts_of_one_content_at_once_leave_one_whole_file),
		TEST(the_sweep_takes_what_is_old_and_unnamed_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
