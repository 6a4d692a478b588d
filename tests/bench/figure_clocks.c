/* Running clocks: finding those that turned in the last minute among 3 million, and counting all of an office anew
 * after a day off was added to its calendar, while pages are served. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/cases/look_up.h"
#include "app/cases/moves.h"
#include "app/cases/recalculation.h"
#include "app/catalogue/calendar_change.h"
#include "app/catalogue/catalogue.h"
#include "app/catalogue/published.h"
#include "base/caseno.h"
#include "figures.h"
#include "store/event.sql.h"
#include "store/timer.h"

enum {
	TURNED = 1000,
	FEW = 30000,
	MANY = 3000000,
	PAGE = 128,
	CLOCKS_OF_A_FIRM = 40,
	DAYS_BACK = 3,
	LINKS = 16,
	SAMPLE = 16000,
	RESTS = 3,
	FOLLOW_S = 30,
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

/* Clocks of one firm, as submissions of the last days have left them: rows and timers, many a job. */
struct clocks {
	struct seed *s;
	size_t n;
	struct clock_row {
		struct casefile_insert_in row;
		struct application_insert_in wide;
		char number[32];
		uint8_t code[RECEIPT_CODE_BYTES];
	} rows[CLOCKS_OF_A_FIRM];
};

static bool insert_clock(struct tx *tx, const struct clocks *of, size_t n, struct err *e)
{
	struct casefile_insert_in row = of->rows[n].row;
	struct casefile_get_out c;
	struct case_clock k;
	struct clock_face face;
	const struct calendar *calendar = of->s->institution->calendar;
	int64_t now_us = tx_now_us(tx);
	row.received_at = row.submitted_at = now_us - (int64_t)(n % DAYS_BACK) * US_PER_DAY;
	row.start_day = case_today(calendar, row.received_at);
	c = (struct casefile_get_out){.party = row.party,
	                              .id = row.id,
	                              .state = row.state,
	                              .received_at = row.received_at,
	                              .start_day = row.start_day,
	                              .limit_unit = row.limit_unit,
	                              .clock_from = row.clock_from,
	                              .committed = row.committed,
	                              .statutory = row.statutory,
	                              .orange_percent = row.orange_percent,
	                              .orange_most = row.orange_most,
	                              .red_percent = row.red_percent,
	                              .red_most = row.red_most,
	                              .silence = row.silence};
	if (!case_clock_load_with(tx, &c, NULL, 0, &k, e)) {
		return false;
	}
	case_clock_face(calendar, &k.clock, now_us, &face);
	case_clock_say(&k, &face, now_us, &c);
	row.turns_at = case_clock_turns_at(&c, calendar, &k, &face, now_us);
	row.has_turns_at = row.turns_at != CLOCK_NEVER;
	row.has_begun_day = c.has_begun_day;
	row.begun_day = c.begun_day;
	row.due_day = c.due_day;
	row.due_at = c.due_at;
	row.legal_day = c.legal_day;
	row.said_at = now_us;
	return casefile_insert(tx, &row, e) && application_insert(tx, &of->rows[n].wide, e) &&
	       (!row.has_turns_at || timer_set(tx, row.party, STR(CASE_CLOCK_TIMER), row.id, row.turns_at, e));
}

static bool insert_clocks(struct tx *tx, void *ctx, struct err *e)
{
	const struct clocks *of = ctx;
	bool ok = true;
	for (size_t i = 0; ok && i < of->n; i++) {
		ok = insert_clock(tx, of, i, e);
	}
	return ok;
}

struct filling {
	struct seed *s;
	size_t n;
};

static void fill_firm(void *ctx, size_t i)
{
	struct filling *f = ctx;
	struct err e;
	size_t left = f->n - i * CLOCKS_OF_A_FIRM;
	struct seed_person *firm = &f->s->firms[i];
	struct clocks of = {.s = f->s, .n = left < CLOCKS_OF_A_FIRM ? left : CLOCKS_OF_A_FIRM};
	for (size_t k = 0; k < of.n; k++) {
		struct clock_row *r = &of.rows[k];
		struct seed_draft d = {.firm = firm, .id = id_in_time(time_legal_us(&f->s->o.app.time))};
		seed_case_row(f->s, &d, &r->row, r->number, r->code);
		r->wide = seed_case_wide(f->s, r->code);
		r->wide.party = r->row.party;
		r->wide.casefile = r->row.id;
	}
	if (!store_write(f->s->o.app.store, &(struct store_op){.route = firm->party}, insert_clocks, &of, &e)) {
		end("clocks", e.text);
	}
}

static void make_clocks(struct seed *s, size_t n)
{
	double began = host_now_s();
	seed_make_small(s);
	seed_firms(s, (n + CLOCKS_OF_A_FIRM - 1) / CLOCKS_OF_A_FIRM);
	seed_in_parallel(s->firm_n, fill_firm, &(struct filling){s, n});
	fprintf(stderr, "%zu clocks after %.0f s\n", n, host_now_s() - began);
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

/* A day is added, noticed at the start, and gone through; while pages are served, or alone. */
struct recount {
	double seconds, cpu_s, pages; /* how many pages */
	double followed;              /* events a second */
};

static void recount(struct bench *b, const char *path, int version, const struct str *requests, struct recount *out)
{
	char counted[200], told[200];
	struct seed s;
	struct served city;
	double p99;
	seed_open(&s, path);
	add_a_day(&s);
	seed_close(&s);
	seed_free(&s);
	sqlite3 *db = open_file(path);
	snprintf(counted, sizeof counted, "select count(*) from recalculation where to_version = %d and state in (%d, %d)",
	         version, RECALC_TELLING, RECALC_DONE);
	*out = (struct recount){0};
	double from = host_now_s();
	host_serve(b->program, path, NULL, &city);
	do {
		if (requests != NULL) {
			double rate = visit(&city, requests, &p99);
			out->pages += SAMPLE;
			fprintf(stderr, "%.0f s: %.0f pages/s, p99 %.1f ms, %lld moved\n", host_now_s() - from, rate, p99,
			        (long long)number(db, "select max(moved) from recalculation"));
		} else {
			usleep(100000);
		}
	} while (number(db, counted) == 0);
	out->seconds = host_now_s() - from;
	out->cpu_s = (double)host_cpu_us(city.pid) / 1e6;
	if (requests != NULL) {
		/* Events and messages follow: all of few, else as many as say how fast. */
		int64_t all = number(db, "select count(*) from casefile where was_due is not null");
		double since = host_now_s();
		int64_t left = all;
		while (left > 0 && host_now_s() - since < FOLLOW_S) {
			sleep(1);
			left = number(db, "select count(*) from casefile where was_due is not null");
		}
		out->followed = (double)(all - left) / (host_now_s() - since);
	}
	bool is_well = host_stop(&city);
	snprintf(counted, sizeof counted, "select count(*) from casefile where calendar_version = %d", version);
	snprintf(told, sizeof told, "select count(*) from event where kind = 'clock-moved'");
	int64_t moved = number(db, counted), events = number(db, told),
			unsaid = number(db, "select count(*) from casefile where was_due is not null");
	sqlite3_close(db);
	if (!is_well || moved != b->clocks || events + unsaid < b->clocks) {
		fprintf(stderr, "bench: %lld clocks moved, %lld events, %lld to come\n", (long long)moved, (long long)events,
		        (long long)unsaid);
		exit(1);
	}
}

void measure_recount(struct bench *b)
{
	double p99, rest = 0, page_cpu_us;
	char path[400];
	struct seed s;
	struct served city;
	struct str requests[LINKS];
	struct recount alone, serving;
	struct buf q;
	bench_copy(b, "recount", path);
	seed_open(&s, path);
	make_clocks(&s, (size_t)b->clocks);
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
	int64_t cpu_us = host_cpu_us(city.pid);
	for (int i = 0; i < RESTS; i++) {
		rest += visit(&city, requests, &p99) / RESTS;
	}
	page_cpu_us = (double)(host_cpu_us(city.pid) - cpu_us) / (RESTS * (double)SAMPLE);
	host_stop(&city);
	recount(b, path, 2, NULL, &alone);
	recount(b, path, 3, requests, &serving);
	double pages = serving.pages / serving.seconds, took = serving.seconds;
	double clock_us = (serving.cpu_s * 1e6 - serving.pages * page_cpu_us) / b->clocks;
	bench_say(b, "### %d running clocks of one office counted anew after a day off was added, while serving\n\n",
	          b->clocks);
	bench_say(b,
	          "Pages over %d connections, one after another: %.0f/s before, %.0f/s meanwhile. Alone, without pages: "
	          "%.1f s, %.1f us of CPU a clock with the start.\n\n",
	          LINKS, rest, pages, alone.seconds, alone.cpu_s * 1e6 / b->clocks);
	bench_say(b, "| what | to reach | measured | |\n|---|---|---|---|\n");
	bench_say(b, "| all counted anew, their alerts too | below 60 s a million | %.1f s, %.0f/s | %s |\n", took,
	          b->clocks / took, bench_verdict(b, took < 60.0 * b->clocks / 1e6));
	bench_say(b, "| CPU a clock, without that of the pages | | %.1f us | |\n", clock_us);
	bench_say(b, "| pages' rate against before | 0.7 | %.2f | %s |\n", pages / rest,
	          bench_verdict(b, pages >= 0.7 * rest));
	bench_say(b, "| events and messages that follow, while nothing else is asked | | %.0f/s | |\n\n", serving.followed);
	for (int i = 0; i < LINKS; i++) {
		free((char *)(uintptr_t)requests[i].p);
	}
	buf_release(&q);
	host_remove(path);
}
