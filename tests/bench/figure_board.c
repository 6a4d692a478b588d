/* The live board of a nation: its page from counters, and how far it is behind while applications come in. Sizes are
 * settings: OFFICES=n and CASES=n. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/catalogue/catalogue.h"
#include "app/people/accounts.h"
#include "figures.h"

enum {
	PAGES = 1000,
	AREA_OFFICES = 10,
	SUBMIT_LINKS = 64,
	PER_SECOND = 1000,
	LOOK_US = 50000,
	FILLED_MOST = 20000,
	SERVICES = 10
};
#define FIRST_BYTE_MS_MOST 20
#define BEHIND_S_MOST 2

static long setting(const char *name, long otherwise)
{
	const char *v = getenv(name);
	return v && strtol(v, NULL, 10) > 0 ? strtol(v, NULL, 10) : otherwise;
}

static void end(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* --- A nation: the demonstration pack, and districts of ten offices each
 * ------------------------------------------------------------------------ */

static void make_pack(const char *pack, long offices)
{
	char command[900], path[500];
	snprintf(command, sizeof command, "cp -rT packs/demo '%s'", pack);
	FILE *p = popen(command, "r");
	if (p == NULL || pclose(p) != 0) {
		end(command);
	}
	snprintf(path, sizeof path, "%s/jurisdictions.yaml", pack);
	FILE *areas = fopen(path, "a");
	snprintf(path, sizeof path, "%s/institutions.yaml", pack);
	FILE *all = fopen(path, "a");
	if (areas == NULL || all == NULL) {
		end("cannot write a pack");
	}
	for (long i = 0; i * AREA_OFFICES < offices; i++) {
		fprintf(areas,
		        "  - id: ward-%ld\n    level: district\n    parent: port-linden\n    name:\n      en: Ward %ld\n      "
		        "zh-Hans: 第%ld区\n",
		        i, i, i);
	}
	for (long i = 0; i < offices; i++) {
		fprintf(
			all,
			"  - id: office-%ld\n    jurisdiction: ward-%ld\n    calendar: port-linden\n    name:\n      en: Office "
			"%ld\n      zh-Hans: 第%ld办公室\n    address:\n      en: 1 Quay\n      zh-Hans: 码头1号\n    hours:\n    "
			"  en: Daily\n      zh-Hans: 每天\n    phone: \"+999205550142\"\n",
			i, i / AREA_OFFICES, i, i);
	}
	if (fclose(areas) != 0 || fclose(all) != 0) {
		end("cannot write a pack");
	}
}

/* --- Its counters: every office has its share of the cases, ten services, ten officials, and six newest alerts
 * ---------------------------------------------------------------------------------------------------------- */

static const char *const fill[] = {
	"create temp table n (i integer primary key)",
	"insert into n with recursive c(i) as (select 0 union all select i + 1 from c where i < 99) select i from c",
	"insert into board_count select o.i, (select id from s where s.rowid = n.i / 10 + 1), 9000 + n.i % 10, o.c / 100, "
	"1, "
	"2, 1, 1 from o, n",
	"insert into board_total select o.i, o.c, 100, 200, 100, 100, 1000 from o",
	"insert into board_due select o.i, o.d + n.i, o.c / 20 from o, n where n.i < 20",
	"insert into board_day select o.i, o.d - n.i, 3, 1, 1, o.c / 40, 9, 8 from o, n where n.i < 32",
	"insert into alert select o.i, 5000000 + n.i, 6000000 + n.i, 7000, (select id from s where s.rowid = n.i + 1), 2, "
	"0, "
	"o.d, 1, 'PL-2026-000001-00', 9000, o.t, o.d, o.t, null from o, n where n.i < 6",
};

static void do_sql(sqlite3 *db, const char *sql)
{
	char *why = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "bench: %s: %s\n", sql, why);
		exit(1);
	}
}

static void fill_counters(const char *path, const int64_t *ids, size_t n, char services[SERVICES][100], long cases,
                          day_number today, int64_t now_us)
{
	char file[500], sql[300];
	sqlite3 *db = NULL;
	snprintf(file, sizeof file, "%s/cityhall.db", path);
	if (sqlite3_open(file, &db) != SQLITE_OK) {
		end("cannot open the city's file");
	}
	do_sql(db, "pragma synchronous = off");
	do_sql(db, "begin");
	do_sql(db, "create temp table o (i integer, c integer, d integer, t integer)");
	do_sql(db, "create temp table s (id text)");
	for (size_t i = 0; i < n; i++) {
		snprintf(sql, sizeof sql, "insert into o values (%lld, %ld, %d, %lld)", (long long)ids[i], cases / (long)n,
		         today, (long long)now_us);
		do_sql(db, sql);
	}
	for (size_t i = 0; i < SERVICES; i++) {
		snprintf(sql, sizeof sql, "insert into s values ('%.99s')", services[i]);
		do_sql(db, sql);
	}
	for (size_t i = 0; i < sizeof fill / sizeof *fill; i++) {
		do_sql(db, fill[i]);
	}
	do_sql(db, "commit");
	sqlite3_close(db);
}

/* Publishes the pack, fills the counters, and lets an official of the bench watch over the nation. */
static void make_nation(struct bench *b, const char *path, const char *flag, const char *pack, long offices, long cases)
{
	static int64_t ids[FILLED_MOST];
	static char services[SERVICES][100];
	struct served city;
	struct seed s = {0};
	struct err e;
	const struct institution *all;
	size_t n = 0, service_n = 0;
	make_pack(pack, offices);
	host_serve(b->program, path, (const char *const[]){flag, NULL}, &city);
	if (!host_stop(&city)) {
		end("the server did not end well");
	}
	seed_open(&s, path);
	struct app *app = &s.o.app;
	size_t all_n = catalogue_institutions(app, &all);
	for (size_t i = 0; i < all_n && n < FILLED_MOST; i++) {
		if (str_starts(all[i].pack_id, STR("office-"))) {
			ids[n++] = all[i].id;
		}
	}
	const struct institution *watch = catalogue_institution_named(app, STR("supervision-aldermark"));
	const struct service *const *offered;
	size_t offered_n = catalogue_services(app, &offered);
	while (service_n < SERVICES && service_n < offered_n) {
		snprintf(services[service_n], sizeof services[service_n], "%.*s", STR_ARG(offered[service_n]->id));
		service_n++;
	}
	if (n != (size_t)offices || service_n < SERVICES || watch == NULL ||
	    !people_set_role(app->store, b->seed.officials[0].account, ROLE_SUPERVISOR, watch->id, true, 0, &e)) {
		end("the nation was not published");
	}
	day_number today = catalogue_today(app);
	int64_t now_us = time_legal_us(&app->time);
	seed_close(&s);
	fill_counters(path, ids, n, services, cases, today, now_us);
	seed_free(&s);
}

/* --- The page
 * ---------------------------------------------------------------------------------------------------------- */

struct looks {
	size_t left, bytes;
	char *text; /* of the last answer */
};

static bool is_board(struct load_task *t, const struct load_answer *a)
{
	struct looks *l = t->ctx;
	/* After the start the counters of all offices are read once. */
	if (a->status == 503 && l->text == NULL) {
		t->delay_us = LOOK_US;
		return true;
	}
	t->delay_us = 0;
	if (a->status != 200) {
		fprintf(stderr, "bench: %.60s was answered with %d\n", t->request.p, a->status);
		exit(1);
	}
	l->bytes = a->body.n;
	free(l->text);
	l->text = strndup(a->body.p, a->body.n);
	return l->left-- > 1;
}

static struct load_result look(int port, struct str request, size_t n, struct looks *l)
{
	struct load_result r;
	struct load_task task = {.request = request, .ctx = l};
	l->left = n;
	load_run(
		&(struct load_spec){
			.port = port, .connections = 1, .threads = 1, .tasks = &task, .task_n = 1, .answered = is_board},
		&r);
	return r;
}

/* The running cases that a page says. */
static int64_t running_of(const char *text)
{
	const char *at = strstr(text, "<span class=\"days\">");
	int64_t n = 0;
	if (at == NULL) {
		end("the board says no number of running cases");
	}
	for (at = strchr(at, '>') + 1; *at != '<'; at++) {
		n = *at >= '0' && *at <= '9' ? n * 10 + (*at - '0') : n;
	}
	return n;
}

/* --- While applications come in: one connection looks, and each look is compared with when its last case was
 * acknowledged
 * ---------------------------------------------------------------------------------------------------------- */

struct arrivals {
	int port;
	struct load_task *tasks;
	size_t n;
	double *at; /* when the first, second ... was acknowledged */
	atomic_size_t done;
	struct load_result result;
};

static bool is_in(struct load_task *t, const struct load_answer *a)
{
	struct arrivals *v = t->ctx;
	if (a->status == 503) {
		t->delay_us = LOOK_US;
		return true;
	}
	if (a->status != 303) {
		end("an application was not taken");
	}
	size_t i = atomic_fetch_add(&v->done, 1);
	v->at[i] = host_now_s();
	return false;
}

static void *arrive(void *ctx)
{
	struct arrivals *v = ctx;
	load_run(
		&(struct load_spec){
			.port = v->port, .connections = SUBMIT_LINKS, .tasks = v->tasks, .task_n = v->n, .answered = is_in},
		&v->result);
	return NULL;
}

/* Seconds that the board was behind at most; *rate: applications a second. */
static double watch(struct bench *b, int port, struct str request, double *rate)
{
	struct arrivals v = {.port = port, .n = SUBMISSIONS};
	struct looks l = {0};
	struct buf q;
	pthread_t thread;
	double behind = 0;
	buf_init(&q, 64 * 1024);
	v.tasks = calloc(v.n, sizeof *v.tasks);
	v.at = calloc(v.n, sizeof *v.at);
	if (v.tasks == NULL || v.at == NULL) {
		end("no memory");
	}
	for (size_t i = 0; i < v.n; i++) {
		seed_put_submit(&q, &b->seed.drafts[i]);
		v.tasks[i] =
			(struct load_task){.request = bench_keep(&q), .ctx = &v, .delay_us = (int64_t)i * US_PER_S / PER_SECOND};
	}
	look(port, request, 1, &l);
	int64_t before = running_of(l.text);
	if (pthread_create(&thread, NULL, arrive, &v) != 0) {
		end("no thread");
	}
	for (size_t seen = 0; seen < v.n; usleep(LOOK_US)) {
		double now = host_now_s();
		look(port, request, 1, &l);
		seen = (size_t)(running_of(l.text) - before);
		/* The first that it does not show yet was acknowledged so long ago. */
		if (seen < atomic_load(&v.done) && v.at[seen] > 0) {
			behind = now - v.at[seen] > behind ? now - v.at[seen] : behind;
		}
	}
	pthread_join(thread, NULL);
	*rate = (double)v.n / v.result.seconds;
	for (size_t i = 0; i < v.n; i++) {
		free((char *)(uintptr_t)v.tasks[i].request.p);
	}
	free(v.tasks);
	free(v.at);
	free(l.text);
	buf_release(&q);
	return behind;
}

void measure_board(struct bench *b)
{
	static const struct {
		const char *name, *path;
	} places[] = {
		{"the nation", "/board"},
		{"the city, all its districts", "/board/in/port-linden"},
		{"a district, its offices", "/board/in/ward-0"},
		{"an office", "/board/at/office-0"},
	};
	enum { PLACES = sizeof places / sizeof *places };
	static double p50[PLACES][ROUNDS_MAX], p99[PLACES][ROUNDS_MAX], cpu[PLACES][ROUNDS_MAX];
	struct looks l = {0};
	struct str requests[PLACES], office;
	struct served city;
	struct buf q;
	char path[400], pack[400], flag[420];
	double rate = 0;
	long offices = setting("OFFICES", 1000), cases = setting("CASES", 3000000);
	bench_copy(b, "board", path);
	snprintf(pack, sizeof pack, "%s/nation", b->dir);
	snprintf(flag, sizeof flag, "--pack=%s", pack);
	make_nation(b, path, flag, pack, offices, cases);
	buf_init(&q, 64 * 1024);
	for (size_t i = 0; i < PLACES; i++) {
		seed_put_get(&q, &b->seed.officials[0], places[i].path);
		requests[i] = bench_keep(&q);
	}
	seed_put_get(&q, &b->seed.officials[0], "/board/at/work-and-social-security");
	office = bench_keep(&q);
	host_serve(b->program, path, (const char *const[]){flag, NULL}, &city);
	look(city.port, requests[0], 10, &l);
	for (int round = 0; round < b->rounds; round++) {
		for (size_t i = 0; i < PLACES; i++) {
			int64_t before = host_cpu_us(city.pid);
			struct load_result r = look(city.port, requests[i], PAGES, &l);
			cpu[i][round] = (double)(host_cpu_us(city.pid) - before) / PAGES;
			p50[i][round] = r.p50_ms;
			p99[i][round] = r.p99_ms;
		}
		fprintf(stderr, "round %d: %.2f ms, p99 %.2f ms, CPU %.0f us\n", round + 1, p50[0][round], p99[0][round],
		        cpu[0][round]);
	}
	double behind = watch(b, city.port, office, &rate);
	bench_say(b,
	          "### The live board of a nation: %ld offices, %ld running cases\n\n| page | p50 ms | p99 ms | CPU us "
	          "each | to reach |\n|---|---|---|---|---|\n",
	          offices, cases);
	for (size_t i = 0; i < PLACES; i++) {
		double worst = host_median(p99[i], b->rounds);
		bench_say(b, "| %s | %.2f | %.2f | %.0f | whole page below %d ms, 99 of 100: %s |\n", places[i].name,
		          host_median(p50[i], b->rounds), worst, host_median(cpu[i], b->rounds), FIRST_BYTE_MS_MOST,
		          bench_verdict(b, worst < FIRST_BYTE_MS_MOST));
	}
	bench_say(
		b,
		"\n| what | to reach | measured | |\n|---|---|---|---|\n| behind, at most, at %.0f applications a second | "
		"%d s | %.2f s | %s |\n\n",
		rate, BEHIND_S_MOST, behind, bench_verdict(b, behind <= BEHIND_S_MOST));
	if (!host_stop(&city)) {
		end("the server did not end well");
	}
	for (size_t i = 0; i < PLACES; i++) {
		free((char *)(uintptr_t)requests[i].p);
	}
	free((char *)(uintptr_t)office.p);
	free(l.text);
	buf_release(&q);
	host_remove(path);
}
