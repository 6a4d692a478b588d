/* The store's figures: durable submissions per second with group commit against one commit each, in the same run, with
 * CPU beside each rate, and the disk's own fdatasync/s. Medians of several rounds, all variants in each round.
 *
 *   build/release/bench/store [rounds [seconds [folder]]] */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/time_source.h"
#include "bench/store_rows.sql.h"
#include "store/store.h"

enum { THREADS_MAX = 256, ROUNDS_MAX = 31, ANSWERS = 2048, PAYLOAD = 300 };

static double now_s(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void end(const char *what, const struct err *e)
{
	fprintf(stderr, "%s: %s\n", what, e->text);
	exit(1);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_value);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* --- The disk
 * ----------------------------------------------------------------------------------------------------------- */

/* Appending is what a write-ahead log does; overwriting what it does once it has its length. */
static double syncs_per_second(const char *dir, bool is_append, double seconds)
{
	char path[600], block[4096];
	memset(block, 7, sizeof block);
	snprintf(path, sizeof path, "%s/sync", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (int i = 0; i < 256 && !is_append; i++) {
		if (pwrite(fd, block, sizeof block, i * 4096) != sizeof block) {
			break;
		}
	}
	fsync(fd);
	int n = 0;
	double began = now_s(CLOCK_MONOTONIC), last = began;
	for (; last - began < seconds; n++) {
		off_t at = is_append ? n * 4096L : n % 256 * 4096L;
		if (pwrite(fd, block, sizeof block, at) != sizeof block || fdatasync(fd) != 0) {
			break;
		}
		last = now_s(CLOCK_MONOTONIC);
	}
	close(fd);
	unlink(path);
	return n / (last - began);
}

/* --- Writes
 * ------------------------------------------------------------------------------------------------------------- */

struct submission {
	int64_t party, id;
	struct str answers, payload;
	uint8_t salt[16], digest[32];
};

static bool submit(struct tx *tx, void *ctx, struct err *e)
{
	struct submission *s = ctx;
	char number[32];
	snprintf(number, sizeof number, "TH-2026-%lld", (long long)(s->id & 0xffffff));
	struct application_add_in application = {
		.party = s->party, .id = s->id, .number = str_of(number), .due = 20500, .answers = s->answers};
	struct step_add_in step = {.party = s->party,
	                           .id = s->id,
	                           .kind = STR("submitted"),
	                           .at = tx_now_us(tx),
	                           .digest = str_from(s->digest, sizeof s->digest)};
	struct step_payload_add_in payload = {
		.party = s->party, .id = s->id, .salt = str_from(s->salt, sizeof s->salt), .payload = s->payload};
	struct step_out_add_in out = {.party = s->party, .id = s->id};
	tx_result(tx, 0, s->id);
	return application_add(tx, &application, e) && step_add(tx, &step, e) && step_payload_add(tx, &payload, e) &&
	       step_out_add(tx, &out, e);
}

struct worker {
	struct store *store;
	pthread_t thread;
	atomic_bool *is_over;
	uint64_t done;
	double worst_s;
	int64_t last_party, last_id;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	static char answers[ANSWERS], payload[PAYLOAD];
	struct submission s = {.answers = str_from(answers, ANSWERS), .payload = str_from(payload, PAYLOAD)};
	while (!atomic_load_explicit(w->is_over, memory_order_relaxed)) {
		s.party = id_random();
		s.id = id_in_time(INT64_C(1750000000) * US_PER_S);
		rand_bytes(s.salt, sizeof s.salt);
		struct store_op op = {.route = s.party};
		rand_bytes(op.id, sizeof op.id);
		struct err e;
		double began = now_s(CLOCK_MONOTONIC);
		if (!store_write(w->store, &op, submit, &s, &e)) {
			end("write", &e);
		}
		double took = now_s(CLOCK_MONOTONIC) - began;
		w->worst_s = took > w->worst_s ? took : w->worst_s;
		w->done++;
		w->last_party = s.party;
		w->last_id = s.id;
	}
	return NULL;
}

struct figures {
	double rate, cpu_us, writer_us, batch, worst_ms;
};

static struct worker workers[THREADS_MAX];

static struct figures measure_writes(struct store *store, int threads, double seconds)
{
	atomic_bool is_over = false;
	struct store_counters before, after;
	store_count(store, &before);
	double began = now_s(CLOCK_MONOTONIC), cpu = now_s(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < threads; i++) {
		workers[i] = (struct worker){.store = store, .is_over = &is_over};
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
	nanosleep(&pause, NULL);
	atomic_store(&is_over, true);
	struct figures f = {0};
	double done = 0;
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		done += (double)workers[i].done;
		f.worst_ms = workers[i].worst_s * 1e3 > f.worst_ms ? workers[i].worst_s * 1e3 : f.worst_ms;
	}
	double took = now_s(CLOCK_MONOTONIC) - began;
	store_count(store, &after);
	f.rate = done / took;
	f.cpu_us = (now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / done;
	f.writer_us = (double)(after.writer_cpu_us - before.writer_cpu_us) / done;
	f.batch = done / (double)(after.batches - before.batches);
	return f;
}

/* --- Reads
 * -------------------------------------------------------------------------------------------------------------- */

static bool get(struct tx *tx, void *ctx, struct err *e)
{
	struct application_get_in *in = ctx;
	struct application_get_out out;
	return application_get(tx, in, &out, e);
}

static struct figures measure_reads(struct store *store, double seconds)
{
	struct arena a;
	struct err e;
	arena_init(&a, 1 << 16);
	struct application_get_in in = {workers[0].last_party, workers[0].last_id};
	double began = now_s(CLOCK_MONOTONIC), cpu = now_s(CLOCK_THREAD_CPUTIME_ID), took = 0, n = 0;
	for (; took < seconds; n += 100) {
		for (int i = 0; i < 100; i++) {
			if (!store_read(store, in.party, &a, get, &in, &e)) {
				end("read", &e);
			}
			arena_reset(&a);
		}
		took = now_s(CLOCK_MONOTONIC) - began;
	}
	arena_release(&a);
	return (struct figures){.rate = n / took, .cpu_us = (now_s(CLOCK_THREAD_CPUTIME_ID) - cpu) * 1e6 / n};
}

/* --- All together
 * ------------------------------------------------------------------------------------------------------- */

static struct store *open_in(const char *dir, bool one_commit_each, struct time_source *time)
{
	static const struct store_schema *const schemas[] = {&bench_schema, NULL};
	struct store *s;
	struct err e;
	mkdir(dir, 0700);
	struct store_options o = {.dir = str_of(dir), .schemas = schemas, .time = time, .one_commit_each = one_commit_each};
	if (!store_open(&o, &s, &e)) {
		end("open", &e);
	}
	return s;
}

static void remove_store(const char *dir)
{
	static const char *const names[] = {"cityhall.db", "cityhall.db-wal", "cityhall.db-shm"};
	char path[600];
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static long resident_kib(void)
{
	long pages = 0, ignored;
	FILE *f = fopen("/proc/self/statm", "r");
	if (f == NULL || fscanf(f, "%ld %ld", &ignored, &pages) != 2) {
		pages = 0;
	}
	if (f) {
		fclose(f);
	}
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
	double seconds = argc > 2 ? strtod(argv[2], NULL) : 1.0;
	const char *base = argc > 3 ? argv[3] : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
	char dir[300], grouped_dir[400], single_dir[400];
	snprintf(dir, sizeof dir, "%s/cityhall-bench-XXXXXX", base);
	if (rounds < 1 || rounds > ROUNDS_MAX || mkdtemp(dir) == NULL) {
		fprintf(stderr, "usage: store [rounds [seconds [folder]]]\n");
		return 2;
	}
	snprintf(grouped_dir, sizeof grouped_dir, "%s/grouped", dir);
	snprintf(single_dir, sizeof single_dir, "%s/single", dir);
	struct time_source time;
	time_source_init(&time);
	struct store *grouped = open_in(grouped_dir, false, &time), *single = open_in(single_dir, true, &time);
	long resident = resident_kib();
	static const struct {
		const char *name;
		int threads;
		bool is_single;
	} kinds[] = {{"group commit, 1 caller", 1, false},
	             {"group commit, 16 callers", 16, false},
	             {"group commit, 64 callers", 64, false},
	             {"group commit, 256 callers", 256, false},
	             {"one commit each, 64 callers", 64, true}};
	enum { KINDS = sizeof kinds / sizeof *kinds };
	static double values[KINDS][5][ROUNDS_MAX], sync_append[ROUNDS_MAX], sync_over[ROUNDS_MAX], reads[2][ROUNDS_MAX];
	for (int r = 0; r < rounds; r++) {
		sync_over[r] = syncs_per_second(dir, false, seconds / 2);
		sync_append[r] = syncs_per_second(dir, true, seconds / 2);
		for (int k = 0; k < KINDS; k++) {
			struct figures f = measure_writes(kinds[k].is_single ? single : grouped, kinds[k].threads, seconds);
			double of[5] = {f.rate, f.cpu_us, f.writer_us, f.batch, f.worst_ms};
			for (int v = 0; v < 5; v++) {
				values[k][v][r] = of[v];
			}
			if (k == 0) {
				struct figures read = measure_reads(grouped, seconds / 2);
				reads[0][r] = read.rate;
				reads[1][r] = read.cpu_us;
			}
		}
	}
	printf("median of %d rounds of %.1f s; resident with both stores open, before the first write: %ld KiB\n", rounds,
	       seconds, resident);
	printf("disk, 4 KiB and fdatasync, one thread: overwrite %.0f/s, append %.0f/s\n", median(sync_over, rounds),
	       median(sync_append, rounds));
	printf("%-30s %10s %12s %12s %10s %10s\n", "durable submissions (4 rows)", "per second", "CPU us each", "writer us",
	       "per batch", "worst ms");
	double rate[KINDS];
	for (int k = 0; k < KINDS; k++) {
		double m[5];
		for (int v = 0; v < 5; v++) {
			m[v] = median(values[k][v], rounds);
		}
		rate[k] = m[0];
		printf("%-30s %10.0f %12.1f %12.1f %10.1f %10.1f\n", kinds[k].name, m[0], m[1], m[2], m[3], m[4]);
	}
	printf("group commit over one commit each, 64 callers: %.1f times\n", rate[2] / rate[4]);
	printf("point reads, one thread: %.0f/s, CPU %.1f us\n", median(reads[0], rounds), median(reads[1], rounds));
	store_close(grouped);
	store_close(single);
	remove_store(grouped_dir);
	remove_store(single_dir);
	rmdir(dir);
	return 0;
}
