#include "store/blobs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"
#include "base/time_source.h"

enum { ANNA = 77, BEN = 78, CHUNK = 65536 };
static const uint8_t master[32] = {1, 2, 3};
#define MAX_BYTES (10 << 20)

struct room {
	char dir[256];
	struct blobs *b;
};

static int open_room(void **state)
{
	struct room *r = calloc(1, sizeof *r);
	const char *tmp = getenv("TMPDIR");
	snprintf(r->dir, sizeof r->dir, "%s/blobs-test-XXXXXX", tmp ? tmp : "/tmp");
	struct err e;
	if (!mkdtemp(r->dir) || !blobs_open(str_of(r->dir), master, &r->b, &e)) {
		return -1;
	}
	*state = r;
	return 0;
}

/* Calls f for each file below the room; returns how many there are. */
static size_t each_file(const char *dir, void (*f)(const char *path, void *ctx), void *ctx)
{
	size_t n = 0;
	DIR *d = opendir(dir);
	struct dirent *entry;
	assert_non_null(d);
	while ((entry = readdir(d))) {
		char path[1024];
		struct stat st;
		if (entry->d_name[0] == '.') {
			continue;
		}
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		assert_int_equal(stat(path, &st), 0);
		if (S_ISDIR(st.st_mode)) {
			n += each_file(path, f, ctx);
		} else {
			n++;
			f(path, ctx);
		}
	}
	closedir(d);
	return n;
}

static void nothing(const char *path, void *ctx)
{
	(void)path;
	(void)ctx;
}

static void remove_it(const char *path, void *ctx)
{
	(void)ctx;
	unlink(path);
}

static int close_room(void **state)
{
	struct room *r = *state;
	blobs_close(r->b);
	each_file(r->dir, remove_it, NULL);
	DIR *d = opendir(r->dir);
	struct dirent *entry;
	while ((entry = readdir(d))) {
		char path[1024];
		snprintf(path, sizeof path, "%s/%s", r->dir, entry->d_name);
		rmdir(path);
	}
	closedir(d);
	rmdir(r->dir);
	free(r);
	return 0;
}

static int file_with(const void *bytes, size_t n)
{
	int fd = memfd_create("in", MFD_CLOEXEC);
	struct err e;
	assert_true(fd >= 0);
	assert_true(file_write_all(&file_layer_real, fd, str_from(bytes, n), &e));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static bool put(struct blobs *b, int64_t party, const void *bytes, size_t n, struct blob_ref *ref, struct err *e)
{
	int fd = file_with(bytes, n);
	bool ok = blobs_put(b, party, fd, MAX_BYTES, ref, e);
	close(fd);
	return ok;
}

static void assert_holds(struct blobs *b, const struct blob_ref *ref, const void *bytes, size_t n)
{
	int fd;
	struct err e;
	size_t got;
	assert_true(blobs_get(b, ref, &fd, &e));
	char *room = malloc(n + 1);
	assert_true(file_read_full(fd, room, n + 1, &got, &e));
	assert_int_equal(got, n);
	assert_memory_equal(room, bytes, n);
	free(room);
	close(fd);
}

static void files_of_all_sizes_around_a_chunk_come_back_as_they_were(void **state)
{
	struct room *r = *state;
	struct err e;
	char *bytes = malloc(3 * CHUNK);
	for (size_t i = 0; i < 3 * CHUNK; i++) {
		bytes[i] = (char)(i * 31 + i / 251);
	}
	static const size_t sizes[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 7};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct blob_ref ref;
		uint8_t digest[SHA256_BYTES];
		assert_true(put(r->b, ANNA, bytes, sizes[i], &ref, &e));
		sha256_of(str_from(bytes, sizes[i]), digest);
		assert_memory_equal(ref.digest, digest, sizeof digest);
		assert_int_equal(ref.bytes, (int64_t)sizes[i]);
		assert_int_equal(ref.party, ANNA);
		assert_holds(r->b, &ref, bytes, sizes[i]);
	}
	free(bytes);
}

static void a_file_over_the_limit_is_refused_and_leaves_nothing(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref ref;
	int fd = file_with("12345", 5);
	assert_false(blobs_put(r->b, ANNA, fd, 4, &ref, &e));
	assert_int_equal(e.code, ERR_TOO_LARGE);
	assert_int_equal(each_file(r->dir, nothing, NULL), 0);
	lseek(fd, 0, SEEK_SET);
	assert_true(blobs_put(r->b, ANNA, fd, 5, &ref, &e));
	close(fd);
}

static void look_for_secret(const char *path, void *ctx)
{
	struct buf b;
	struct err e;
	buf_init(&b, 1 << 20);
	assert_true(file_read_whole(path, &b, &e));
	if (str_find(buf_str(&b), STR("secret words")) != SIZE_MAX) {
		*(bool *)ctx = true;
	}
	buf_release(&b);
}

static void what_is_on_disk_is_encrypted(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref ref;
	bool is_seen = false;
	assert_true(put(r->b, ANNA, "my secret words", 15, &ref, &e));
	assert_int_equal(each_file(r->dir, look_for_secret, &is_seen), 1);
	assert_false(is_seen);
}

static void the_same_content_again_is_one_file_but_never_shared_between_parties(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref one, again, other;
	assert_true(put(r->b, ANNA, "same", 4, &one, &e));
	assert_true(put(r->b, ANNA, "same", 4, &again, &e));
	assert_int_equal(each_file(r->dir, nothing, NULL), 1);
	assert_true(put(r->b, BEN, "same", 4, &other, &e));
	assert_int_equal(each_file(r->dir, nothing, NULL), 2);
	assert_memory_equal(one.digest, other.digest, SHA256_BYTES);
	assert_holds(r->b, &one, "same", 4);
	assert_holds(r->b, &other, "same", 4);
}

static void a_blob_that_is_not_there_is_not_found(void **state)
{
	struct room *r = *state;
	struct err e;
	int fd;
	struct blob_ref ref = {.party = ANNA, .bytes = 1};
	assert_false(blobs_get(r->b, &ref, &fd, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	assert_int_equal(fd, -1);
}

struct flip {
	size_t at;
	size_t cut_to; /* 0: keep the length */
};

static void damage(const char *path, void *ctx)
{
	const struct flip *f = ctx;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char c;
	assert_true(fd >= 0);
	if (f->cut_to) {
		assert_int_equal(ftruncate(fd, (off_t)f->cut_to), 0);
	} else {
		assert_int_equal(pread(fd, &c, 1, (off_t)f->at), 1);
		c = (char)(c ^ 1);
		assert_int_equal(pwrite(fd, &c, 1, (off_t)f->at), 1);
	}
	close(fd);
}

static void every_kind_of_damage_is_noticed(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref ref;
	char *bytes = calloc(2, CHUNK);
	enum { FRAME = CHUNK + 17, HEAD = 8 + 24 };
	static const struct flip flips[] = {
		{0, 0},
		{9, 0},
		{HEAD + 3, 0},
		{HEAD + CHUNK + 5, 0},
		{HEAD + FRAME + 1, 0},
		{0, HEAD + 20},
		{0, HEAD},
		{0, HEAD + FRAME},
		{0, 10},
	};
	for (size_t i = 0; i < sizeof flips / sizeof *flips; i++) {
		int fd;
		struct flip f = flips[i];
		assert_true(put(r->b, ANNA, bytes, CHUNK + 100, &ref, &e));
		each_file(r->dir, damage, &f);
		assert_false(blobs_get(r->b, &ref, &fd, &e));
		assert_int_equal(e.code, ERR_CORRUPT);
	}
	free(bytes);
}

struct swap {
	char paths[2][1024];
	size_t n;
};

static void collect(const char *path, void *ctx)
{
	struct swap *s = ctx;
	snprintf(s->paths[s->n++], sizeof s->paths[0], "%s", path);
}

static void two_files_of_one_party_that_change_places_are_noticed(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref one, two;
	int fd;
	assert_true(put(r->b, ANNA, "one", 3, &one, &e));
	assert_true(put(r->b, ANNA, "two", 3, &two, &e));
	struct swap s = {.n = 0};
	each_file(r->dir, collect, &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(rename(s.paths[0], s.paths[1]), 0);
	assert_false(blobs_get(r->b, &one, &fd, &e) && blobs_get(r->b, &two, &fd, &e));
	assert_true(e.code == ERR_CORRUPT || e.code == ERR_NOT_FOUND);
	struct blob_ref *left = e.code == ERR_CORRUPT ? &one : &two;
	assert_false(blobs_get(r->b, left, &fd, &e));
}

static void another_master_key_opens_nothing(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref ref;
	struct blobs *other;
	int fd;
	static const uint8_t wrong[32] = {1, 2, 4};
	assert_true(put(r->b, ANNA, "one", 3, &ref, &e));
	assert_true(blobs_open(str_of(r->dir), wrong, &other, &e));
	assert_false(blobs_get(other, &ref, &fd, &e));
	assert_int_equal(e.code, ERR_CORRUPT);
	blobs_close(other);
}

static void make_old(const char *path, void *ctx)
{
	(void)ctx;
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - 3 * 86400}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_named(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES])
{
	const struct blob_ref *named = ctx;
	return party == named->party && memcmp(digest, named->digest, SHA256_BYTES) == 0;
}

static void the_sweep_takes_what_is_old_and_unnamed_and_nothing_else(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref named, orphan, fresh;
	uint64_t removed = 99;
	char path[400];
	assert_true(put(r->b, ANNA, "named", 5, &named, &e));
	assert_true(put(r->b, BEN, "orphan", 6, &orphan, &e));
	snprintf(path, sizeof path, "%s/tmp/left-over", r->dir);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	each_file(r->dir, make_old, NULL);
	assert_true(put(r->b, BEN, "fresh", 5, &fresh, &e));
	assert_true(blobs_sweep(r->b, 2 * US_PER_DAY, is_named, &named, &removed, &e));
	assert_int_equal(removed, 2);
	assert_holds(r->b, &named, "named", 5);
	assert_holds(r->b, &fresh, "fresh", 5);
	assert_false(blobs_get(r->b, &orphan, &fd, &e));
}

static void what_is_stored_again_is_new_to_the_sweep(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref ref, none = {0};
	uint64_t removed;
	assert_true(put(r->b, ANNA, "again", 5, &ref, &e));
	each_file(r->dir, make_old, NULL);
	assert_true(put(r->b, ANNA, "again", 5, &ref, &e));
	assert_true(blobs_sweep(r->b, 2 * US_PER_DAY, is_named, &none, &removed, &e));
	assert_int_equal(removed, 0);
	assert_holds(r->b, &ref, "again", 5);
}

/* --- Durability ----------------------------------------------------------------------------------------------------
 */

struct watched {
	char log[64]; /* f: fsync of a file, d: of a folder, r: rename, m: mkdir that made one */
	size_t n;
	bool fail_folders;
};

static void note(struct watched *w, char c)
{
	w->log[w->n < sizeof w->log - 1 ? w->n++ : w->n] = c;
	w->log[w->n] = '\0';
}

static int w_open(void *ctx, const char *path, int flags, mode_t mode)
{
	(void)ctx;
	return file_layer_real.open(NULL, path, flags, mode);
}

static ssize_t w_write(void *ctx, int fd, const void *bytes, size_t n)
{
	(void)ctx;
	return file_layer_real.write(NULL, fd, bytes, n);
}

static int w_fsync(void *ctx, int fd)
{
	struct watched *w = ctx;
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	note(w, S_ISDIR(st.st_mode) ? 'd' : 'f');
	if (w->fail_folders && S_ISDIR(st.st_mode)) {
		errno = EIO;
		return -1;
	}
	return file_layer_real.fsync(NULL, fd);
}

static int w_rename(void *ctx, const char *from, const char *to)
{
	note(ctx, 'r');
	return file_layer_real.rename(NULL, from, to);
}

static int w_unlink(void *ctx, const char *path)
{
	(void)ctx;
	return file_layer_real.unlink(NULL, path);
}

static int w_mkdir(void *ctx, const char *path, mode_t mode)
{
	int rc = file_layer_real.mkdir(NULL, path, mode);
	if (rc == 0) {
		note(ctx, 'm');
	}
	return rc;
}

static int w_close(void *ctx, int fd)
{
	(void)ctx;
	return file_layer_real.close(NULL, fd);
}

static void bytes_then_folder_then_name_are_made_durable_in_this_order(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref ref;
	struct watched w = {.n = 0};
	struct file_layer layer = {&w, w_open, w_write, w_fsync, w_rename, w_unlink, w_mkdir, w_close};
	struct blobs *b;
	assert_true(blobs_open_on(&layer, str_of(r->dir), master, &b, &e));
	w = (struct watched){.n = 0};
	assert_true(put(b, ANNA, "x", 1, &ref, &e));
	assert_string_equal(w.log, "fmdrd");
	w = (struct watched){.n = 0};
	assert_true(put(b, ANNA, "x", 1, &ref, &e));
	assert_string_equal(w.log, "frd");
	blobs_close(b);
	/* Another process cannot know whether the folder that it finds was made durable. */
	assert_true(blobs_open_on(&layer, str_of(r->dir), master, &b, &e));
	w = (struct watched){.n = 0};
	assert_true(put(b, ANNA, "x", 1, &ref, &e));
	assert_string_equal(w.log, "fdrd");
	blobs_close(b);
}

static void after_a_folder_could_not_be_made_durable_nothing_is_stored_any_more(void **state)
{
	struct room *r = *state;
	struct err e;
	struct blob_ref ref, before;
	struct watched w = {.n = 0};
	struct file_layer layer = {&w, w_open, w_write, w_fsync, w_rename, w_unlink, w_mkdir, w_close};
	struct blobs *b;
	assert_true(blobs_open_on(&layer, str_of(r->dir), master, &b, &e));
	assert_true(put(b, ANNA, "before", 6, &before, &e));
	w.fail_folders = true;
	assert_false(put(b, ANNA, "x", 1, &ref, &e));
	assert_int_equal(e.code, ERR_IO);
	w.fail_folders = false;
	assert_false(put(b, ANNA, "x", 1, &ref, &e));
	assert_int_equal(e.code, ERR_IO);
	assert_holds(b, &before, "before", 6);
	blobs_close(b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_of_all_sizes_around_a_chunk_come_back_as_they_were),
		TEST(a_file_over_the_limit_is_refused_and_leaves_nothing),
		TEST(what_is_on_disk_is_encrypted),
		TEST(the_same_content_again_is_one_file_but_never_shared_between_parties),
		TEST(a_blob_that_is_not_there_is_not_found),
		TEST(every_kind_of_damage_is_noticed),
		TEST(two_files_of_one_party_that_change_places_are_noticed),
		TEST(another_master_key_opens_nothing),
		TEST(the_sweep_takes_what_is_old_and_unnamed_and_nothing_else),
		TEST(what_is_stored_again_is_new_to_the_sweep),
		TEST(bytes_then_folder_then_name_are_made_durable_in_this_order),
		TEST(after_a_folder_could_not_be_made_durable_nothing_is_stored_any_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
