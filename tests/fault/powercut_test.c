/* The power goes at a sync point, the store is opened on what the disk kept, and everything that was acknowledged must
 * be there. ./test tries a seeded sample of sync points, `make soak-powercut` (POWERCUT_ALL=1) each one. So that the
 * test is known to notice a loss, it is run again with an fsync left out, and must find one. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "fault/disk.h"
#include "fault/submission.h"
#include "unit/unit.h"

enum { SUBMISSIONS = 1000, LESS = 200, THREADS = 8, SAMPLE = 60, LIES_SAMPLE = 40, AGAIN = 4 };

static char base[200];
static struct prng prng;

static void remove_tree(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL) {
		if (str_is(str_of(entry->d_name), ".") || str_is(str_of(entry->d_name), "..")) {
			continue;
		}
		char *path = file_path(str_of(dir), str_of(entry->d_name));
		if (unlink(path) != 0) {
			remove_tree(path);
		}
		mem_free(path);
	}
	if (d) {
		closedir(d);
	}
	rmdir(dir);
}

/* In memory where there is such a place: the recorder plays the disk. */
static int make_base(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	if (!tmp) {
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	}
	snprintf(base, sizeof base, "%s/cityhall-powercut-XXXXXX", tmp);
	prng = seeded();
	log_open(2, LOG_ERROR);
	return mkdtemp(base) ? 0 : -1;
}

static int remove_base(void **state)
{
	(void)state;
	remove_tree(base);
	return 0;
}

/* --- The workload --------------------------------------------------------------------------------------------------
 */

struct work {
	struct city *city;
	struct disk *disk;
	_Atomic uint32_t *next;
	uint32_t n;
	bool failed;
};

static void *submit_all(void *arg)
{
	struct work *w = arg;
	for (;;) {
		uint32_t number = atomic_fetch_add(w->next, 1);
		struct err e;
		if (number >= w->n) {
			return NULL;
		}
		if (!city_submit(w->city, number, NULL, &e)) {
			print_error("submission %u: %s\n", number, e.text);
			w->failed = true;
			return NULL;
		}
		disk_note_ack(w->disk, number);
	}
}

static struct disk *run_workload(enum disk_lie lie, uint32_t n)
{
	char dir[300];
	snprintf(dir, sizeof dir, "%s/live", base);
	assert_int_equal(mkdir(dir, 0700), 0);
	struct disk *d = disk_new(dir, lie);
	disk_vfs_register(d, "powercut");
	struct city city;
	struct err e;
	if (!city_open(&city,
	               &(struct city_options){
					   .dir = dir, .vfs = "powercut", .files = disk_layer(d), .has_relay = lie == DISK_HONEST},
	               &e)) {
		fail_msg("%s", e.text);
	}
	_Atomic uint32_t next = 0;
	struct work work[THREADS];
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		work[i] = (struct work){&city, d, &next, n, false};
		assert_int_equal(pthread_create(&threads[i], NULL, submit_all, &work[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(work[i].failed);
	}
	city_close(&city);
	disk_vfs_unregister(d);
	remove_tree(dir);
	return d;
}

/* --- After the cut -------------------------------------------------------------------------------------------------
 */

/* Sends some again, acknowledged or not: each still counts once. */
static bool submit_again(struct city *city, bool *is_acked, uint32_t n, struct err *e)
{
	for (int i = 0; i < AGAIN; i++) {
		uint32_t number = (uint32_t)prng_below(&prng, n);
		bool is_replay;
		if (!city_submit(city, number, &is_replay, e)) {
			return false;
		}
		if (is_acked[number] && !is_replay) {
			return err_set(e, ERR_CORRUPT, "submission %u was acknowledged, but its operation is forgotten", number);
		}
		is_acked[number] = true;
	}
	return true;
}

static bool check_image(const char *dir, bool *is_acked, uint32_t n, struct err *e)
{
	struct city city;
	uint32_t found;
	bool ok = city_open(&city, &(struct city_options){.dir = dir, .has_relay = true}, e) &&
	          city_check(&city, is_acked, n, &found, e) && submit_again(&city, is_acked, n, e) &&
	          city_check(&city, is_acked, n, &found, e) && city_check_history(&city, found, e);
	city_close(&city);
	return ok;
}

static int compare(const void *a, const void *b)
{
	size_t x = *(const size_t *)a;
	size_t y = *(const size_t *)b;
	return x < y ? -1 : x > y;
}

/* Returns how many of the images had lost something; says each, or stops at the first when that `is_enough`. */
static size_t cut_and_check(struct disk *d, uint32_t n, size_t sample, bool is_enough)
{
	size_t syncs = disk_syncs(d);
	size_t cuts = sample == 0 || sample > syncs + 1 ? syncs + 1 : sample;
	size_t *at = calloc(cuts, sizeof *at);
	bool *is_acked = calloc(n, sizeof *is_acked);
	size_t bad = 0;
	uint64_t lost = 0;
	for (size_t i = 0; i < cuts; i++) {
		at[i] = cuts == syncs + 1 ? i : (size_t)prng_below(&prng, syncs + 1);
	}
	qsort(at, cuts, sizeof *at, compare);
	for (size_t i = 0; i < cuts; i++) {
		char dir[300];
		struct err e;
		uint64_t seed = prng_next(&prng);
		snprintf(dir, sizeof dir, "%s/image", base);
		assert_int_equal(mkdir(dir, 0700), 0);
		lost += disk_cut(d, at[i], seed, dir, is_acked, n);
		if (!check_image(dir, is_acked, n, &e)) {
			bad++;
			if (!is_enough) {
				print_error("cut at sync %zu of %zu, seed %llu: %s\n", at[i], syncs, (unsigned long long)seed, e.text);
			}
		}
		remove_tree(dir);
		if (bad > 0 && is_enough) {
			cuts = i + 1;
		}
	}
	print_message("%zu cuts of %zu sync points, %llu sectors and names lost, %zu images with a loss\n", cuts, syncs + 1,
	              (unsigned long long)lost, bad);
	free(at);
	free(is_acked);
	return bad;
}

static void whatever_a_power_cut_takes_what_was_acknowledged_is_there_once(void **state)
{
	(void)state;
	const char *all = getenv("POWERCUT_ALL");
	struct disk *d = run_workload(DISK_HONEST, SUBMISSIONS);
	size_t bad = cut_and_check(d, SUBMISSIONS, all ? 0 : SAMPLE, false);
	disk_free(d);
	assert_int_equal(bad, 0);
}

static void notices(enum disk_lie lie)
{
	struct disk *d = run_workload(lie, LESS);
	size_t bad = cut_and_check(d, LESS, LIES_SAMPLE, true);
	disk_free(d);
	assert_true(bad > 0);
}

static void the_test_notices_synchronous_off(void **state)
{
	(void)state;
	notices(DISK_NO_SYNC_OF_SQLITE);
}

static void the_test_notices_a_folder_that_is_not_fsynced(void **state)
{
	(void)state;
	notices(DISK_NO_SYNC_OF_FOLDERS);
}

static void the_test_notices_a_parent_folder_that_is_not_fsynced(void **state)
{
	(void)state;
	notices(DISK_NO_SYNC_OF_PARENT);
}

static void the_test_notices_an_upload_that_is_not_fsynced(void **state)
{
	(void)state;
	notices(DISK_NO_SYNC_OF_FILES);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_base, remove_base)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whatever_a_power_cut_takes_what_was_acknowledged_is_there_once),
		TEST(the_test_notices_synchronous_off),
		TEST(the_test_notices_a_folder_that_is_not_fsynced),
		TEST(the_test_notices_a_parent_folder_that_is_not_fsynced),
		TEST(the_test_notices_an_upload_that_is_not_fsynced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
