/* A month's statistics of all institutions of a nation, those of an odd time, and a file of cases in flat memory. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/statistics/figures.h"
#include "app/statistics/statistics.h"
#include "figures.h"

enum { MONTHS = 12, EXPORT_LINES = 1000000, FIRST_OFFICE = 1000000, MONTH = 2026 * 12, EXPORTS = 7 };
enum { CASES_USUAL = 3000000, CASES_OF_OFFICE = 3000, OFFICES_MOST = 100000 /* of a million lines at most */ };

/* CASES=n, 3 million unless told: each office decides 250 a month of ten services by ten officials, 25 of each
 * service. */
static int offices_asked(void)
{
	const char *asked = getenv("CASES");
	int64_t cases = CASES_USUAL;
	if (asked &&
	    (!str_to_i64(str_of(asked), &cases) || cases < CASES_OF_OFFICE || cases / CASES_OF_OFFICE > OFFICES_MOST)) {
		fprintf(stderr, "bench: CASES is a number from %d on\n", CASES_OF_OFFICE);
		exit(1);
	}
	return (int)(cases / CASES_OF_OFFICE);
}

static const char *const fill[] = {
	"pragma synchronous = off",
	"pragma journal_mode = off",
	"create temp table n (i integer primary key)",
	"insert into n with recursive c(i) as (select 0 union all select i + 1 from c where i < 999999) select i from c",
	"insert into service_figure select 1000000 + a.i / 10, 24312 + m.i, 0, 's' || (a.i % 10), b.i + 1, 25 from n m, n "
	"a, n b "
	"where m.i < 12 and a.i < (select i from lines) and b.i < 12",
	"insert into service_spread select 1000000 + a.i / 10, 24312 + m.i, 0, 's' || (a.i % 10), 200 + b.i * 7, 1 from n "
	"m, n a, "
	"n b where m.i < 12 and a.i < (select i from lines) and b.i < 25",
	"insert into official_figure select 1000000 + a.i / 10, 24312 + m.i, 0, a.i % 10 + 1, b.i + 1, 25 from n m, n a, n "
	"b "
	"where m.i < 12 and a.i < (select i from lines) and b.i < 12",
	"insert into official_spread select 1000000 + a.i / 10, 24312 + m.i, 0, a.i % 10 + 1, 200 + b.i * 7, 1 from n m, n "
	"a, n b "
	"where m.i < 12 and a.i < (select i from lines) and b.i < 25",
	/* Days of the fourth and the eighth month, which the odd time cuts: each service's decisions by ten officials, 25 a
     * month of 30 days, on as many days. */
	"create temp table f as select d.i / 30 as month, d.i % 30 as day, a.i as line from n d, n a where d.i < 60 and "
	"a.i < (select i from lines) and d.i % 30 < 25",
	"insert into day_figure select 1000000 + line / 10, d.first + f.day, 0, 's' || (line % 10), (line + day) % 10 + 1, "
	"1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1000, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0 "
	"from f join (select 0 as month, 20544 as first union all select 1, 20666) d on d.month = f.month",
	"insert into day_spread select 1000000 + line / 10, d.first + f.day, 0, 's' || (line % 10), (line + day) % 10 + 1, "
	"200 + f.day * 7, 1 "
	"from f join (select 0 as month, 20544 as first union all select 1, 20666) d on d.month = f.month",
	"insert into counted_case select 7, 5000000000 + i, 'labour-dispatch-permit', i % 20 + 1, 20000, 20454 + i % 365, "
	"1, 1, "
	"20010, 20020, 20030, 0, 1000 + i % 3000, 100, '', 0, 0, 1 from n",
	"insert into figure_export values (7, 1, 1, 7, 20454, 20818, 1, 'en', 1, 0, 0, 0)",
	"insert into figure_export values (7, 2, 1, 7, 20454, 20818, 2, 'en', 1, 0, 0, 0)",
};

static void fill_city(const char *path, int offices)
{
	char file[500], lines[100], *why = NULL;
	sqlite3 *db = NULL;
	snprintf(file, sizeof file, "%s/cityhall.db", path);
	if (sqlite3_open(file, &db) != SQLITE_OK) {
		fprintf(stderr, "bench: cannot open %s\n", file);
		exit(1);
	}
	snprintf(lines, sizeof lines, "create temp table lines as select %d as i", offices * 10);
	if (sqlite3_exec(db, lines, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "bench: %s\n", why);
		exit(1);
	}
	for (size_t i = 0; i < sizeof fill / sizeof *fill; i++) {
		if (sqlite3_exec(db, fill[i], NULL, NULL, &why) != SQLITE_OK) {
			fprintf(stderr, "bench: %s: %s\n", fill[i], why);
			exit(1);
		}
	}
	sqlite3_exec(db, "pragma journal_mode = wal", NULL, NULL, NULL);
	sqlite3_close(db);
}

static double resident_mib(void)
{
	long pages = 0, all = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	if (f == NULL || fscanf(f, "%ld %ld", &all, &pages) != 2) {
		pages = 0;
	}
	if (f) {
		fclose(f);
	}
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

/* Of this process: what a busy machine does not change. */
static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The time of every office, one read each, as the page of who supervises the nation makes them. */
static double read_all(struct app *app, int offices, day_number first, day_number last, bool has_officials,
                       int64_t *decided, double *cpu)
{
	double from = host_now_s(), cpu_from = cpu_s();
	struct arena a;
	arena_init(&a, 64 << 20);
	*decided = 0;
	for (int64_t i = 0; i < offices; i++) {
		struct picture p = {.institution = FIRST_OFFICE + i, .from = first, .to = last, .has_officials = has_officials};
		struct err e;
		if (!picture_read(app->store, &a, &p, &e)) {
			fprintf(stderr, "bench: %s\n", e.text);
			exit(1);
		}
		*decided += p.all.n[FIG_DECIDED];
		arena_reset(&a);
	}
	arena_release(&a);
	*cpu = cpu_s() - cpu_from;
	return host_now_s() - from;
}

static double export_one(struct app *app, int64_t id, double *grown, double *cpu_us)
{
	struct errand errand = {.route = EXPORTS, .kind = STR("statistics.export"), .subject = id};
	struct err why = {0};
	double before = resident_mib(), from = host_now_s(), cpu_from = cpu_s();
	if (statistics_errands[0].run(&errand, app, &why) != ERRAND_DONE) {
		fprintf(stderr, "bench: an export failed: %s\n", why.text);
		exit(1);
	}
	double took = host_now_s() - from;
	*grown = resident_mib() - before;
	*cpu_us = (cpu_s() - cpu_from) * 1e6 / EXPORT_LINES;
	return EXPORT_LINES / took;
}

void measure_statistics(struct bench *b)
{
	static double all[ROUNDS_MAX], people[ROUNDS_MAX], odd[ROUNDS_MAX], cpu[3][ROUNDS_MAX];
	day_number month_from = month_first_day(MONTH + 5), month_to = month_last_day(MONTH + 5);
	day_number odd_from = month_first_day(MONTH + 3) + 2, odd_to = month_first_day(MONTH + 7) + 23;
	char path[400];
	struct seed s = {0};
	int64_t decided = 0, odd_decided = 0;
	double csv_grown, xlsx_grown, csv_us, xlsx_us;
	int offices = offices_asked();
	bench_copy(b, "statistics", path);
	fprintf(stderr, "filling the figures of %d cases\n", offices * CASES_OF_OFFICE);
	fill_city(path, offices);
	seed_open(&s, path);
	struct app *app = &s.o.app;
	for (int round = 0; round < b->rounds; round++) {
		all[round] = read_all(app, offices, month_from, month_to, false, &decided, &cpu[0][round]);
		people[round] = read_all(app, offices, month_from, month_to, true, &decided, &cpu[1][round]);
		odd[round] = read_all(app, offices, odd_from, odd_to, false, &odd_decided, &cpu[2][round]);
		fprintf(stderr, "round %d: %.3f s, with officials %.3f s, an odd time %.3f s\n", round + 1, all[round],
		        people[round], odd[round]);
	}
	double csv = export_one(app, 1, &csv_grown, &csv_us), xlsx = export_one(app, 2, &xlsx_grown, &xlsx_us);
	double month = host_median(all, b->rounds);
	bench_say(b,
	          "### Statistics\n\nThe counts of %d cases in twelve months and %d offices; a month is read from the "
	          "counts of each office, %lld decisions.\n\n| what | to reach | measured | |\n|---|---|---|---|\n",
	          offices * CASES_OF_OFFICE, offices, (long long)decided);
	bench_say(b, "| a month of all offices | below 1 s | %.2f s, CPU %.2f s | %s |\n", month,
	          host_median(cpu[0], b->rounds), bench_verdict(b, month < 1));
	bench_say(b, "| with every official | | %.2f s, CPU %.2f s | |\n", host_median(people, b->rounds),
	          host_median(cpu[1], b->rounds));
	bench_say(b,
	          "| 3 April to 24 August of all offices, three months and the days around them, %lld decisions | | %.2f "
	          "s, CPU %.2f s | |\n",
	          (long long)odd_decided, host_median(odd, b->rounds), host_median(cpu[2], b->rounds));
	bench_say(b, "| lines of CSV a second, %d lines | 100,000 | %.0f, CPU %.1f us a line | %s |\n", EXPORT_LINES, csv,
	          csv_us, bench_verdict(b, csv >= 100000));
	bench_say(b, "| memory that it grows by | flat | %.1f MiB | %s |\n", csv_grown, bench_verdict(b, csv_grown < 16));
	bench_say(b,
	          "| lines of XLSX a second | | %.0f, CPU %.1f us a line | |\n| memory that it grows by | flat | %.1f MiB "
	          "| %s |\n\n",
	          xlsx, xlsx_us, xlsx_grown, bench_verdict(b, xlsx_grown < 16));
	seed_close(&s);
	seed_free(&s);
	host_remove(path);
}
