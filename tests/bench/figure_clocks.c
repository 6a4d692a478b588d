/* Running clocks: finding those that turned in the last minute among 3 million, and counting all of an office anew
 * after a day off was added to its calendar, while pages are served. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/cases/moves.h"
#include "app/cases/recalculation.h"
#include "app/catalogue/calendar_change.h"
#include "app/catalogue/catalogue.h"
#include "app/catalogue/published.h"
#include "figures.h"
#include "store/event.sql.h"
#include "store/timer.h"

enum {
	TURNED = 1000,
	FEW = 30000,
	MANY = 3000000,
	PAGE = 128,
	CHUNK = 100000,
	LINKS = 16,
	SAMPLE = 16000,
	RESTS = 3,
};

static void end(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static sqlite3 *open_file(const char *path)
{
	char file[500];
	sqlite3 *db = NULL;
	snprintf(file, sizeof file, "%s/cityhall.db", path);
	if (sqlite3_open(file, &db) != SQLITE_OK || sqlite3_busy_timeout(db, 10000) != SQLITE_OK) {
		end(file, "cannot be opened");
	}
	return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW) {
		end(sql, sqlite3_errmsg(db));
	}
	int64_t n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* --- What turned in the last minute ------------------------------------------------------------------------------- */

/* One timer a clock; a thousand were due within the last minute, the others are in the next hundred days. */
static void fill_timers(const char *path, int clocks, int64_t now_us)
{
	char sql[900], *why = NULL;
	sqlite3 *db = open_file(path);
	snprintf(sql, sizeof sql,
	         "pragma synchronous = off; delete from timer;"
	         "insert into timer (route, kind, subject, bucket, due_at, tries) "
	         "with recursive c(i) as (select 1 union all select i + 1 from c where i < %d) "
	         "select 1000000 + i * 7919 %% 2147483647, '" CASE_CLOCK_TIMER "', i, i %% %d, "
	         "case when i <= %d then %lld - i * 59999 else %lld + i * 2879999 end, 0 from c",
	         clocks, TIMER_BUCKETS, TURNED, (long long)now_us, (long long)now_us + 3600 * US_PER_S);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
		end(sql, why);
	}
	sqlite3_close(db);
}

struct find_job {
	int64_t bucket, due_us, route, subject;
	char kind[64];
	size_t n;
};

static bool find_page(struct tx *tx, void *ctx, struct err *e)
{
	struct find_job *j = ctx;
	struct timer_due_rows rows;
	struct timer_due_out row;
	j->n = 0;
	if (!timer_due_open(tx,
	                    &(struct timer_due_in){.most = PAGE,
	                                           .now = tx_now_us(tx),
	                                           .bucket = j->bucket,
	                                           .after = j->due_us,
	                                           .route = j->route,
	                                           .kind = str_of(j->kind),
	                                           .subject = j->subject},
	                    &rows, e)) {
		return false;
	}
	while (timer_due_next(&rows, &row)) {
		j->n++;
		j->due_us = row.due_at;
		j->route = row.route;
		j->subject = row.subject;
		snprintf(j->kind, sizeof j->kind, "%.*s", STR_ARG(row.kind));
	}
	return timer_due_close(&rows, e);
}

/* Bucket by bucket and page by page, as the timers' thread looks: milliseconds. */
static double find_ms(struct seed *s, size_t *found)
{
	struct arena a;
	struct err e;
	double from = host_now_s();
	arena_init(&a, 1 << 20);
	*found = 0;
	for (int bucket = 0; bucket < TIMER_BUCKETS; bucket++) {
		struct find_job j = {.bucket = bucket, .due_us = INT64_MIN};
		do {
			arena_reset(&a);
			if (!store_read(s->o.app.store, 0, &a, find_page, &j, &e)) {
				end("looking for what is due", e.text);
			}
			*found += j.n;
		} while (j.n == PAGE);
	}
	arena_release(&a);
	return (host_now_s() - from) * 1e3;
}

static double find_among(struct bench *b, int clocks, double *by_all_ms)
{
	static double ms[ROUNDS_MAX], all_ms[ROUNDS_MAX];
	char path[400], name[40];
	struct seed s = {0};
	size_t found;
	snprintf(name, sizeof name, "turned-%d", clocks);
	bench_copy(b, name, path);
	seed_open(&s, path);
	int64_t now_us = time_legal_us(&s.o.app.time);
	seed_close(&s);
	seed_free(&s);
	fill_timers(path, clocks, now_us);
	seed_open(&s, path);
	sqlite3 *db = open_file(path);
	for (int round = 0; round < b->rounds; round++) {
		ms[round] = find_ms(&s, &found);
		double from = host_now_s();
		/* What one would write first: each clock is looked at. */
		int64_t other = number(db, "select count(*) from timer where due_at + 0 <= 4102444800000000 and kind = "
		                           "'" CASE_CLOCK_TIMER "' and tries >= 0");
		all_ms[round] = (host_now_s() - from) * 1e3;
		if (found != TURNED || other != clocks) {
			end("clocks", "not as many turned as were made to");
		}
		fprintf(stderr, "%d clocks, round %d: %.2f ms, by all of them %.1f ms\n", clocks, round + 1, ms[round],
		        all_ms[round]);
	}
	sqlite3_close(db);
	seed_close(&s);
	seed_free(&s);
	host_remove(path);
	*by_all_ms = host_median(all_ms, b->rounds);
	return host_median(ms, b->rounds);
}

void measure_turned(struct bench *b)
{
	double few_all, many_all;
	double few = find_among(b, FEW, &few_all), many = find_among(b, MANY, &many_all);
	bench_say(b, "### Clocks that turned in the last minute: %d\n\n", TURNED);
	bench_say(b, "| running clocks | found in ms | looking at each, ms |\n|---|---|---|\n");
	bench_say(b, "| %d | %.2f | %.1f |\n| %d | %.2f | %.1f |\n\n", FEW, few, few_all, MANY, many, many_all);
	bench_say(b, "| what | to reach | measured | |\n|---|---|---|---|\n");
	bench_say(b, "| found among %d | below 50 ms | %.1f ms | %s |\n", MANY, many, bench_verdict(b, many < 50));
	bench_say(b, "| against %d | at most 2 times | %.2f | %s |\n\n", FEW, many / few,
	          bench_verdict(b, many <= 2 * few));
}

/* --- All clocks of an office ----------------------------------------------------------------------------------------
 */

struct visits {
	size_t left;
};

static bool answered(struct load_task *t, const struct load_answer *a)
{
	struct visits *v = t->ctx;
	if (a->status != 200) {
		fprintf(stderr, "bench: a page was answered with %d\n", a->status);
		exit(1);
	}
	return v->left-- > 1;
}

/* Pages a second. */
static double visit(const struct served *city, const struct str requests[LINKS], double *p99_ms)
{
	struct load_task tasks[LINKS];
	struct visits v[LINKS];
	struct load_result r;
	for (int i = 0; i < LINKS; i++) {
		v[i].left = SAMPLE / LINKS;
		tasks[i] = (struct load_task){.request = requests[i], .ctx = &v[i]};
	}
	load_run(
		&(struct load_spec){
			.port = city->port, .connections = LINKS, .tasks = tasks, .task_n = LINKS, .answered = answered},
		&r);
	*p99_ms = r.p99_ms;
	return (double)r.answers / r.seconds;
}

static void make_cases(struct seed *s, int n)
{
	double began = host_now_s();
	seed_make_small(s);
	seed_firms(s, (size_t)n / 10 + 1);
	for (int made = 0; made < n; made += CHUNK) {
		seed_cases(s, (size_t)(n - made < CHUNK ? n - made : CHUNK));
		fprintf(stderr, "%d cases after %.0f s\n", made + CHUNK < n ? made + CHUNK : n, host_now_s() - began);
	}
}

static bool publish_job(struct tx *tx, void *ctx, struct err *e)
{
	return publication_make(tx, ctx, e);
}

/* The working day after next is off, as a head would have it. */
static void add_a_day(struct seed *s)
{
	struct app *app = &s->o.app;
	const struct calendar *c = s->institution->calendar;
	struct calendar_new_day day = {.kind = ENTRY_HOLIDAY,
	                               .day = calendar_add(c, case_today(c, time_legal_us(&app->time)), 2),
	                               .names = {STR("Typhoon"), STR("台风")}};
	struct pack_files files;
	struct pack *pack = NULL;
	struct pack_report report;
	struct publication *p = NULL;
	struct arena a;
	struct buf b;
	struct err e;
	int64_t version;
	arena_init(&a, 1 << 20);
	buf_init(&b, 1 << 20);
	pack_report_init(&report);
	struct str path = arena_printf(&a, "calendars/%.*s.yaml", STR_ARG(s->institution->calendar_id));
	bool ok = published_files(app, &files, &version, &e);
	const struct pack_file *f = ok ? pack_files_find(&files, path) : NULL;
	ok = f != NULL && calendar_with_day(f->bytes, &day, &b) && pack_files_put(&files, path, buf_str(&b), 1, &e) &&
	     pack_read(&files, &report, &pack, &e) && publication_plan(app, &files, pack, version, NULL, &p, &e) &&
	     store_write(app->store, &(struct store_op){.route = CATALOGUE_ROUTE}, publish_job, p, &e);
	if (!ok) {
		end("adding a day", f ? e.text : "no calendar");
	}
	publication_free(p);
	pack_free(pack);
	pack_report_release(&report);
	pack_files_release(&files);
	buf_release(&b);
	arena_release(&a);
}

/* What was made is sealed and counted after the start. */
static void wait_idle(const struct served *city)
{
	int64_t before, now = host_cpu_us(city->pid);
	host_wait_relayed(city->port);
	do {
		before = now;
		sleep(1);
		now = host_cpu_us(city->pid);
	} while (now - before > 50000);
}

void measure_recount(struct bench *b)
{
	double p99, rest = 0, took;
	char path[400], sql[200];
	struct seed s;
	struct served city;
	struct str requests[LINKS];
	struct buf q;
	int n = 0;
	bench_copy(b, "recount", path);
	seed_open(&s, path);
	make_cases(&s, b->clocks);
	seed_close(&s);
	buf_init(&q, 64 * 1024);
	for (int i = 0; i < LINKS; i++) {
		seed_put_get(&q, &b->seed.firms[i], "/services/labour-dispatch-permit");
		requests[i] = bench_keep(&q);
	}
	seed_free(&s);
	host_serve(b->program, path, NULL, &city);
	wait_idle(&city);
	visit(&city, requests, &p99);
	for (int i = 0; i < RESTS; i++) {
		rest += visit(&city, requests, &p99) / RESTS;
	}
	host_stop(&city);
	seed_open(&s, path);
	add_a_day(&s);
	seed_close(&s);
	seed_free(&s);
	/* It is noticed at the start, and gone through while pages are served. */
	sqlite3 *db = open_file(path);
	snprintf(sql, sizeof sql, "select count(*) from recalculation where state = %d", RECALC_DONE);
	double from = host_now_s();
	host_serve(b->program, path, NULL, &city);
	do {
		double rate = visit(&city, requests, &p99);
		fprintf(stderr, "%.0f s: %.0f pages/s, p99 %.1f ms, %lld moved\n", host_now_s() - from, rate, p99,
		        (long long)number(db, "select coalesce(max(moved), 0) from recalculation"));
		n++;
		took = host_now_s() - from;
	} while (number(db, sql) == 0);
	host_wait_relayed(city.port);
	double relayed = host_now_s() - from;
	bool is_well = host_stop(&city);
	int64_t moved = number(db, "select count(*) from casefile where calendar_version = 2"),
			events = number(db, "select count(*) from event where kind = 'clock-moved'");
	sqlite3_close(db);
	if (!is_well || moved != b->clocks || events != b->clocks) {
		fprintf(stderr, "bench: %lld clocks moved, %lld events\n", (long long)moved, (long long)events);
		exit(1);
	}
	double pages = n * (double)SAMPLE / took;
	bench_say(b, "### %d running clocks of one office counted anew after a day off was added, while serving\n\n",
	          b->clocks);
	bench_say(b, "Pages over %d connections, one after another: %.0f/s before, %.0f/s meanwhile.\n\n", LINKS, rest,
	          pages);
	bench_say(b, "| what | to reach | measured | |\n|---|---|---|---|\n");
	bench_say(b, "| all counted anew, and an event each | below 60 s a million | %.1f s | %s |\n", took,
	          bench_verdict(b, took < 60.0 * b->clocks / 1e6));
	bench_say(b, "| pages' rate against before | 0.7 | %.2f | %s |\n", pages / rest,
	          bench_verdict(b, pages >= 0.7 * rest));
	bench_say(b, "| until the queue and the messages have followed | | %.1f s | |\n\n", relayed);
	for (int i = 0; i < LINKS; i++) {
		free((char *)(uintptr_t)requests[i].p);
	}
	buf_release(&q);
	host_remove(path);
}
