/* The figures of a large town (`make bench-large`): what a page of the queue, a search and a case cost with 10,000
 * cases and with 3 million, and a life with 100,000 and with 3 million. Some thousand cases are made by the rooms' own
 * jobs and the relay and copied within the database in the order of their keys (multiply.h), with 200 bytes of answers,
 * ten an applicant, all of one institution. All towns are served at the same time and measured turn by turn; everything
 * is removed afterwards, also when something fails.
 *
 *   large [--rounds N] [--dir FOLDER] [--write FILE] [--cases N] [--check CASES]
 *
 * `store check` looks at the towns up to so many cases (3 million take it a quarter of an hour). Beside the pages, the
 * statements behind them are run on the file alone: their plan, the rows that they give, the steps and the pages that
 * they touch. */
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cases/cases.sql.h"
#include "app/desk/desk.sql.h"
#include "app/supervision/supervision.sql.h"
#include "base/date.h"
#include "figures.h"
#include "multiply.h"
#include "store/event.h"
#include "store/event.sql.h"

enum { MADE = 2000, SMALL = 10000, MIDDLE = 100000, LARGE = 3000000, LOOKS_WARM = 200 };

#define TIMES_MOST_PAGE 1.3
#define TIMES_MOST_LIFE 2.0

static void end(const char *what, const char *why)
{
	fprintf(stderr, "large: %s: %s\n", what, why);
	exit(1);
}

/* --- Statements on the file ----------------------------------------------------------------------------------------
 */

enum { ARGS_MAX = 40, PLAN_BYTES = 400 };

/* A case in the middle of the town. */
struct sample {
	int64_t institution, casefile, party, handler, lane, due_day, hash, number_bucket, receipt_bucket;
	char number[40], service[80];
	uint8_t receipt_hash[64];
	int receipt_hash_n;
	int64_t others[32]; /* cases beside it */
};

struct touch {
	char plan[PLAN_BYTES];
	int rows, steps, sorts, scans, pages;
};

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK) {
		end(sql, sqlite3_errmsg(db));
	}
	return st;
}

static sqlite3_stmt *one_row(sqlite3 *db, const char *sql, int64_t a, int64_t b)
{
	sqlite3_stmt *st = prepare(db, sql);
	if (sqlite3_bind_parameter_count(st) > 0) {
		sqlite3_bind_int64(st, 1, a);
	}
	if (sqlite3_bind_parameter_count(st) > 1) {
		sqlite3_bind_int64(st, 2, b);
	}
	if (sqlite3_step(st) != SQLITE_ROW) {
		end(sql, sqlite3_errmsg(db));
	}
	return st;
}

static void take_text(sqlite3_stmt *st, int column, char *to, size_t room)
{
	snprintf(to, room, "%s", (const char *)sqlite3_column_text(st, column));
}

static void take_sample(sqlite3 *db, size_t cases, struct sample *s)
{
	sqlite3_stmt *st =
		one_row(db,
	            "select institution, casefile, party, handler, lane, due_day, number, service from queue "
	            "order by institution, casefile limit 1 offset ?1",
	            (int64_t)cases / 2, 0);
	int64_t *to[] = {&s->institution, &s->casefile, &s->party, &s->handler, &s->lane, &s->due_day};
	for (int i = 0; i < 6; i++) {
		*to[i] = sqlite3_column_int64(st, i);
	}
	take_text(st, 6, s->number, sizeof s->number);
	take_text(st, 7, s->service, sizeof s->service);
	sqlite3_finalize(st);
	st = prepare(db, "select casefile from queue where institution = ?1 and casefile >= ?2 order by casefile limit 32");
	sqlite3_bind_int64(st, 1, s->institution);
	sqlite3_bind_int64(st, 2, s->casefile);
	for (int i = 0; i < 32 && sqlite3_step(st) == SQLITE_ROW; i++) {
		s->others[i] = sqlite3_column_int64(st, 0);
	}
	sqlite3_finalize(st);
	st = one_row(db, "select hash from found_key where institution = ?1 order by hash limit 1 offset ?2",
	             s->institution, (int64_t)cases * 3);
	s->hash = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	st = one_row(db, "select bucket from number_lookup where casefile = ?1", s->casefile, 0);
	s->number_bucket = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	st = one_row(db, "select bucket, hash from receipt_lookup where casefile = ?1", s->casefile, 0);
	s->receipt_bucket = sqlite3_column_int64(st, 0);
	s->receipt_hash_n = sqlite3_column_bytes(st, 1);
	if (s->receipt_hash_n > (int)sizeof s->receipt_hash) {
		end("a receipt's hash", "too long");
	}
	memcpy(s->receipt_hash, sqlite3_column_blob(st, 1), (size_t)s->receipt_hash_n);
	sqlite3_finalize(st);
}

static void bind_keys(sqlite3_stmt *st, int from, const struct sample *s)
{
	/* The page behind the middle, 50 rows and one to see whether there are more. */
	sqlite3_bind_int64(st, from, s->due_day);
	sqlite3_bind_int64(st, from + 1, s->casefile);
	sqlite3_bind_int64(st, from + 2, DAY_MAX);
	sqlite3_bind_int64(st, from + 3, 51);
}

static void bind_queue_keys(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->institution);
	bind_keys(st, 2, s);
}

static void bind_of_handler(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->institution);
	sqlite3_bind_int64(st, 2, s->handler);
	bind_keys(st, 3, s);
}

static void bind_of_lane(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->institution);
	sqlite3_bind_int64(st, 2, s->lane);
	bind_keys(st, 3, s);
}

static void bind_of_service(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->institution);
	sqlite3_bind_text(st, 2, s->service, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 3, s->lane);
	bind_keys(st, 4, s);
}

static void bind_rows(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->institution);
	for (int i = 2; i <= sqlite3_bind_parameter_count(st); i++) {
		sqlite3_bind_int64(st, i, s->others[i - 2 < 32 ? i - 2 : 31]);
	}
}

static void bind_case_of_institution(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->institution);
	sqlite3_bind_int64(st, 2, s->casefile);
}

static void bind_casefile(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->party);
	sqlite3_bind_int64(st, 2, s->casefile);
}

static void bind_number(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->number_bucket);
	sqlite3_bind_text(st, 2, s->number, -1, SQLITE_STATIC);
}

static void bind_receipt(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->receipt_bucket);
	sqlite3_bind_blob(st, 2, s->receipt_hash, s->receipt_hash_n, SQLITE_STATIC);
}

static void bind_found_keys(sqlite3_stmt *st, const struct sample *s)
{
	sqlite3_bind_int64(st, 1, s->institution);
	sqlite3_bind_int64(st, 2, s->hash);
	sqlite3_bind_int64(st, 3, s->others[31]);
	sqlite3_bind_int64(st, 4, 32);
}

static void bind_log(sqlite3_stmt *st, const struct sample *s)
{
	(void)s;
	sqlite3_bind_int64(st, 1, EVENT_LOG);
}

static const struct look {
	const char *name, *what;
	const struct store_schema *schema;
	void (*bind)(sqlite3_stmt *st, const struct sample *s);
} looks[] = {
	{"queue_keys", "queue: 51 keys by due day", &cases_schema, bind_queue_keys},
	{"queue_keys_of_handler", "queue: of one official", &cases_schema, bind_of_handler},
	{"queue_keys_of_lane", "queue: waits for me", &cases_schema, bind_of_lane},
	{"queue_keys_of_service", "queue: of one service", &cases_schema, bind_of_service},
	{"queue_rows", "queue: 32 rows", &cases_schema, bind_rows},
	{"queue_get", "a case at the desk", &cases_schema, bind_case_of_institution},
	{"participation_get", "may the office see it", &cases_schema, bind_case_of_institution},
	{"casefile_get", "the case", &cases_schema, bind_casefile},
	{"number_get", "track: by number", &cases_schema, bind_number},
	{"receipt_get", "track: by the receipt's code", &cases_schema, bind_receipt},
	{"found_keys", "search: 32 keys of a name", &desk_schema, bind_found_keys},
	{"found_rows", "search: 32 rows", &desk_schema, bind_rows},
	{"event_of_casefile", "the case's story", &event_schema, bind_casefile},
	{"event_log_end", "the end of the log", &event_schema, bind_log},
	{"case_watch_get", "a case as the triggers know it", &supervision_schema, bind_case_of_institution},
};
enum { LOOK_N = sizeof looks / sizeof *looks };

static const char *text_of(const struct look *l)
{
	for (size_t i = 0; i < l->schema->statements_n; i++) {
		if (strcmp(l->schema->statements[i].name, l->name) == 0) {
			return l->schema->statements[i].sqlite;
		}
	}
	end(l->name, "there is no such statement");
	return NULL;
}

static int pages(sqlite3 *db)
{
	int hit = 0, miss = 0, most = 0;
	sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_HIT, &hit, &most, 1);
	sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &miss, &most, 1);
	return hit + miss;
}

static void read_plan(sqlite3 *db, const char *sql, char plan[PLAN_BYTES])
{
	char explain[4000];
	size_t n = 0;
	snprintf(explain, sizeof explain, "explain query plan %s", sql);
	sqlite3_stmt *st = prepare(db, explain);
	plan[0] = '\0';
	while (sqlite3_step(st) == SQLITE_ROW && n < PLAN_BYTES) {
		n += (size_t)snprintf(plan + n, PLAN_BYTES - n, "%s%s", n > 0 ? "; " : "", sqlite3_column_text(st, 3));
	}
	sqlite3_finalize(st);
}

static void touch_all(const char *dir, size_t cases, struct touch out[LOOK_N])
{
	char path[500];
	sqlite3 *db = NULL;
	struct sample s = {0};
	snprintf(path, sizeof path, "%s/cityhall.db", dir);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		end(path, sqlite3_errmsg(db));
	}
	take_sample(db, cases, &s);
	for (int i = 0; i < LOOK_N; i++) {
		struct touch *t = &out[i];
		const char *sql = text_of(&looks[i]);
		*t = (struct touch){.rows = 0};
		read_plan(db, sql, t->plan);
		sqlite3_stmt *st = prepare(db, sql);
		looks[i].bind(st, &s);
		(void)pages(db);
		while (sqlite3_step(st) == SQLITE_ROW) {
			t->rows++;
		}
		t->pages = pages(db);
		t->steps = sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 0);
		t->sorts = sqlite3_stmt_status(st, SQLITE_STMTSTATUS_SORT, 0);
		t->scans = sqlite3_stmt_status(st, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
		sqlite3_finalize(st);
	}
	sqlite3_close(db);
}

/* Trees grow by a level or two when they grow three hundred times: two pages more a look into a tree are not counted.
 */
static bool touches_alike(const struct touch *a, const struct touch *b, int trees)
{
	return a->rows == b->rows && strcmp(a->plan, b->plan) == 0 && b->sorts == 0 && b->scans == 0 &&
	       strstr(b->plan, "SCAN") == NULL && b->pages <= a->pages + 2 * trees;
}

static void say_statements(struct bench *b, size_t small, const struct touch *a, size_t large, const struct touch *z)
{
	bench_say(b, "### Statements: %zu cases against %zu\n\n", small, large);
	bench_say(b, "| statement | rows | steps | pages | plan | |\n|---|---|---|---|---|---|\n");
	for (int i = 0; i < LOOK_N; i++) {
		/* Rows that are named are looked for one by one, in the key's index and in the table; an event in its index and
		 * its key, its personal part in two more; what is wide of a case beside the case. */
		const char *name = looks[i].name;
		int trees = strstr(name, "_rows")      ? 2 * a[i].rows
		            : strstr(name, "_keys")    ? 8
		            : strstr(name, "event_of") ? 4
		            : strstr(name, "casefile") ? 3
		                                       : 2;
		bench_say(b, "| %s | %d, %d | %d, %d | %d, %d | %s | %s |\n", looks[i].what, a[i].rows, z[i].rows, a[i].steps,
		          z[i].steps, a[i].pages, z[i].pages, z[i].plan, bench_verdict(b, touches_alike(&a[i], &z[i], trees)));
	}
	bench_say(b, "\n");
}

/* --- Pages ---------------------------------------------------------------------------------------------------------
 */

enum { QUEUE, CASE_AT_DESK, SEARCH, OWN_CASE, PAGES };
static const char *const page_names[PAGES] = {"the queue, 50 rows", "a case at the desk", "a search by name",
                                              "the applicant follows the case"};
/* About half a second of CPU each: it is counted in hundredths. */
static const size_t looks_of[PAGES] = {250, 500, 500, 4000};

enum town_of { FEW, SOME, MANY, TOWNS };

struct town {
	size_t cases;
	char path[400];
	struct served city;
	double seconds, bytes; /* what it took to make it, and to keep a case */
	struct touch touched[LOOK_N];
	double cpu_us[PAGES][ROUNDS_MAX], p50_ms[PAGES][ROUNDS_MAX];
	double lives[ROUNDS_MAX], life_cpu_us[ROUNDS_MAX];
	struct str requests[PAGES];
};

/* What is not to be left behind. */
static struct town towns[TOWNS] = {{.cases = SMALL}, {.cases = MIDDLE}, {.cases = LARGE}};
static char folder[300];

static void clean(void)
{
	for (int i = 0; i < TOWNS; i++) {
		host_kill(&towns[i].city);
	}
	if (folder[0] != '\0') {
		host_remove(folder);
		folder[0] = '\0';
	}
}

static void stopped(int ignored)
{
	(void)ignored;
	for (int i = 0; i < TOWNS; i++) {
		if (towns[i].city.pid > 0) {
			kill(-towns[i].city.pid, SIGKILL);
		}
	}
	execl("/bin/rm", "rm", "-rf", folder, NULL);
	_exit(1);
}

struct visits {
	size_t left;
	int page;
};

static bool answered(struct load_task *t, const struct load_answer *a)
{
	struct visits *v = t->ctx;
	if (a->status != 200 || (v->page == SEARCH && str_find(a->body, STR(MULTIPLY_FIRM " ")) == SIZE_MAX)) {
		fprintf(stderr, "large: %s was answered with %d\n%.*s\n", page_names[v->page], a->status,
		        (int)(a->body.n > 4000 ? 4000 : a->body.n), a->body.p);
		exit(1);
	}
	return v->left-- > 1;
}

static void visit(struct town *t, int page, size_t n, int round)
{
	struct visits v = {n, page};
	struct load_task task = {.request = t->requests[page], .ctx = &v};
	struct load_result r;
	int64_t before = host_cpu_us(t->city.pid);
	load_run(
		&(struct load_spec){
			.port = t->city.port, .connections = 1, .threads = 1, .tasks = &task, .task_n = 1, .answered = answered},
		&r);
	t->cpu_us[page][round] = (double)(host_cpu_us(t->city.pid) - before) / (double)n;
	t->p50_ms[page][round] = r.p50_ms;
}

static void write_requests(struct bench *b, struct town *t, const struct seed *made)
{
	const struct seed_person *official = &b->seed.officials[0], *firm = &made->firms[made->firm_n / 2];
	char path[500];
	struct buf q;
	sqlite3 *db = NULL;
	snprintf(path, sizeof path, "%s/cityhall.db", t->path);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		end(path, sqlite3_errmsg(db));
	}
	sqlite3_stmt *st = one_row(db, "select id from casefile where party = ?1 order by id limit 1", firm->party, 0);
	int64_t own = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	st = one_row(db, "select casefile from queue order by institution, casefile limit 1 offset ?1",
	             (int64_t)t->cases / 2, 0);
	int64_t middle = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	buf_init(&q, 64 * 1024);
	seed_put_get(&q, official, "/queue");
	t->requests[QUEUE] = bench_keep(&q);
	snprintf(path, sizeof path, "/queue/%s", id_text(middle).c);
	seed_put_get(&q, official, path);
	t->requests[CASE_AT_DESK] = bench_keep(&q);
	seed_put_post(&q, official, "/queue/find", "q=" MULTIPLY_FIRM);
	t->requests[SEARCH] = bench_keep(&q);
	snprintf(path, sizeof path, "/cases/%s", id_text(own).c);
	seed_put_get(&q, firm, path);
	t->requests[OWN_CASE] = bench_keep(&q);
	buf_release(&q);
}

/* --- Towns ---------------------------------------------------------------------------------------------------------
 */

static double bytes_of(const char *dir)
{
	char path[500];
	struct stat st;
	snprintf(path, sizeof path, "%s/cityhall.db", dir);
	return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

/* What `store check` says of it, as it says it. */
static void check_town(struct bench *b, const struct town *t)
{
	char data[420], log[420], line[400];
	snprintf(data, sizeof data, "--data=%s", t->path);
	snprintf(log, sizeof log, "%s/check.log", b->dir);
	const char *words[] = {b->program, "store", "check", data, NULL};
	double began = host_now_s();
	bool is_right = host_run_words(words, log) == 0;
	bench_say(b, "`store check` of %zu cases, %.0f s: %s\n\n", t->cases, host_now_s() - began,
	          bench_verdict(b, is_right));
	FILE *f = fopen(log, "r");
	while (f && fgets(line, sizeof line, f)) {
		bench_say(b, "    %s", line);
	}
	if (f) {
		fclose(f);
	}
	remove(log);
	bench_say(b, "\n");
}

static void make_towns(struct bench *b, size_t check_most)
{
	char made_at[400];
	struct seed made;
	bench_copy(b, "made", made_at);
	double empty = bytes_of(made_at);
	seed_open(&made, made_at);
	struct column_keys keys = made.o.column_keys;
	seed_make_small(&made);
	seed_firms(&made, MADE / 10);
	seed_cases(&made, MADE);
	seed_close(&made);
	seed_sent(made_at);
	bench_say(b, "### Towns: %d cases made by the rooms' jobs, copied within the database\n\n", MADE);
	bench_say(b, "| cases | seconds | cases/s | bytes a case |\n|---|---|---|---|\n");
	for (int i = 0; i < TOWNS; i++) {
		struct town *t = &towns[i];
		double began = host_now_s();
		snprintf(t->path, sizeof t->path, "%s/town-%d", b->dir, i);
		host_copy(made_at, t->path);
		multiply_town(t->path, &keys, t->cases / MADE - 1);
		t->seconds = host_now_s() - began;
		t->bytes = (bytes_of(t->path) - empty) / (double)t->cases;
		bench_say(b, "| %zu | %.0f | %.0f | %.0f |\n", t->cases, t->seconds, (double)t->cases / t->seconds, t->bytes);
		write_requests(b, t, &made);
		touch_all(t->path, t->cases, t->touched);
	}
	bench_say(b, "\n");
	host_remove(made_at);
	seed_free(&made);
	for (int i = 0; i < TOWNS; i++) {
		if (towns[i].cases <= check_most) {
			check_town(b, &towns[i]);
		}
	}
}

/* What is counted after the start: until that is done. */
static void wait_idle(const struct town *t)
{
	int64_t before, now = host_cpu_us(t->city.pid);
	host_wait_relayed(t->city.port);
	for (int i = 0; i < 3600; i++) {
		before = now;
		sleep(1);
		now = host_cpu_us(t->city.pid);
		if (now - before < 50000) {
			return;
		}
	}
	end("the server", "is never idle");
}

/* A server that stops seals what is not sealed yet. */
static void serve_towns(struct bench *b)
{
	for (int i = 0; i < TOWNS; i++) {
		double began = host_now_s();
		host_serve(b->program, towns[i].path, NULL, &towns[i].city);
		if (!host_stop(&towns[i].city)) {
			end("a server", "did not end well");
		}
		fprintf(stderr, "%zu cases sealed after %.1f s\n", towns[i].cases, host_now_s() - began);
		host_serve(b->program, towns[i].path, NULL, &towns[i].city);
		fprintf(stderr, "%zu cases served after %.1f s", towns[i].cases, host_now_s() - began);
		wait_idle(&towns[i]);
		fprintf(stderr, ", idle after %.0f s, CPU %.1f s\n", host_now_s() - began,
		        (double)host_cpu_us(towns[i].city.pid) / 1e6);
	}
}

static void measure_pages(struct bench *b)
{
	static const enum town_of compared[] = {FEW, MANY};
	for (int page = 0; page < PAGES; page++) {
		for (int k = 0; k < 2; k++) {
			visit(&towns[compared[k]], page, LOOKS_WARM, 0);
		}
		for (int round = 0; round < b->rounds; round++) {
			for (int k = 0; k < 2; k++) {
				struct town *t = &towns[compared[k]];
				visit(t, page, looks_of[page], round);
				fprintf(stderr, "%zu cases, %s: %.0f us of CPU, %.2f ms\n", t->cases, page_names[page],
				        t->cpu_us[page][round], t->p50_ms[page][round]);
			}
		}
	}
}

static void measure_lives_of_towns(struct bench *b)
{
	static const enum town_of compared[] = {SOME, MANY};
	for (int k = 0; k < 2; k++) {
		bench_lives(b, &towns[compared[k]].city, 0, LIVES_WARM);
	}
	for (int round = 0; round < b->rounds; round++) {
		for (int k = 0; k < 2; k++) {
			struct town *t = &towns[compared[k]];
			struct life_sample s = bench_lives(b, &t->city, LIVES_WARM + (size_t)round * LIVES, LIVES);
			t->lives[round] = s.rate;
			t->life_cpu_us[round] = s.cpu_us;
			fprintf(stderr, "%zu cases: %.0f lives/s, CPU %.0f us\n", t->cases, s.rate, s.cpu_us);
		}
	}
}

static void say_pages(struct bench *b)
{
	const struct town *few = &towns[FEW], *many = &towns[MANY];
	bench_say(b, "### Pages, one after another over one connection, turn by turn\n\n");
	bench_say(b,
	          "| page | %zu cases: CPU us, p50 ms | %zu cases | times, CPU | times, p50 | at most %.1f (CPU) "
	          "|\n|---|---|---|---|---|---|\n",
	          few->cases, many->cases, TIMES_MOST_PAGE);
	for (int i = 0; i < PAGES; i++) {
		double cpu[2] = {host_median(few->cpu_us[i], b->rounds), host_median(many->cpu_us[i], b->rounds)};
		double p50[2] = {host_median(few->p50_ms[i], b->rounds), host_median(many->p50_ms[i], b->rounds)};
		bench_say(b, "| %s | %.0f, %.2f | %.0f, %.2f | %.2f | %.2f | %s |\n", page_names[i], cpu[0], p50[0], cpu[1],
		          p50[1], cpu[1] / cpu[0], p50[1] / p50[0], bench_verdict(b, cpu[1] <= cpu[0] * TIMES_MOST_PAGE));
	}
	bench_say(b, "\n");
}

static void say_lives(struct bench *b)
{
	const struct town *some = &towns[SOME], *many = &towns[MANY];
	double cpu[2] = {host_median(some->life_cpu_us, b->rounds), host_median(many->life_cpu_us, b->rounds)};
	double rate[2] = {host_median(some->lives, b->rounds), host_median(many->lives, b->rounds)};
	bench_say(b, "### Lives: submit, take, decide, send, read; %zu cases against %zu, warm cache, turn by turn\n\n",
	          some->cases, many->cases);
	bench_say(b,
	          "| | lives/s | CPU us a life |\n|---|---|---|\n| %zu cases | %.0f | %.0f |\n| %zu cases | %.0f | %.0f "
	          "|\n\n",
	          some->cases, rate[0], cpu[0], many->cases, rate[1], cpu[1]);
	bench_say(b, "| what | to reach | measured | |\n|---|---|---|---|\n");
	bench_say(b, "| CPU of a life against %zu cases | at most %.0f times | %.2f | %s |\n", some->cases, TIMES_MOST_LIFE,
	          cpu[1] / cpu[0], bench_verdict(b, cpu[1] <= cpu[0] * TIMES_MOST_LIFE));
	bench_say(b, "| time of a life against %zu cases | at most %.0f times | %.2f | %s |\n\n", some->cases,
	          TIMES_MOST_LIFE, rate[0] / rate[1], bench_verdict(b, rate[0] <= rate[1] * TIMES_MOST_LIFE));
}

int main(int argc, char **argv)
{
	struct bench b = {.rounds = 3};
	size_t check_most = MIDDLE;
	char self[300];
	const char *tmp = getenv("TMPDIR"), *write_to = NULL, *base = NULL;
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 < argc && strcmp(argv[i], "--rounds") == 0) {
			b.rounds = (int)strtol(argv[i + 1], NULL, 10);
		} else if (i + 1 < argc && strcmp(argv[i], "--dir") == 0) {
			base = argv[i + 1];
		} else if (i + 1 < argc && strcmp(argv[i], "--write") == 0) {
			write_to = argv[i + 1];
		} else if (i + 1 < argc && strcmp(argv[i], "--cases") == 0) {
			towns[MANY].cases = (size_t)strtoul(argv[i + 1], NULL, 10) / MADE * MADE;
		} else if (i + 1 < argc && strcmp(argv[i], "--check") == 0) {
			check_most = (size_t)strtoul(argv[i + 1], NULL, 10);
		} else {
			fprintf(stderr, "usage: large [--rounds N] [--dir FOLDER] [--write FILE] [--cases N] [--check CASES]\n");
			return 2;
		}
	}
	if (b.rounds < 1 || b.rounds > ROUNDS_MAX || towns[MANY].cases < SMALL) {
		fprintf(stderr, "large: 1 to %d rounds, %d cases and more\n", ROUNDS_MAX, SMALL);
		return 2;
	}
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(self, '/');
		*(slash ? slash : self) = '\0';
	}
	snprintf(b.program, sizeof b.program, "%.300s/cityhall", self);
	snprintf(b.dir, sizeof b.dir, "%.200s/cityhall-large-XXXXXX", base ? base : tmp ? tmp : "/var/tmp");
	if (access(b.program, X_OK) != 0 || mkdtemp(b.dir) == NULL) {
		end(b.program, strerror(errno));
	}
	snprintf(folder, sizeof folder, "%s", b.dir);
	atexit(clean);
	signal(SIGINT, stopped);
	signal(SIGTERM, stopped);
	buf_init(&b.report, 1 << 20);
	b.drafts = LIVES_WARM + (size_t)b.rounds * LIVES;
	bench_begin(&b);
	make_towns(&b, check_most);
	serve_towns(&b);
	measure_pages(&b);
	measure_lives_of_towns(&b);
	for (int i = 0; i < TOWNS; i++) {
		if (!host_stop(&towns[i].city)) {
			end("a server", "did not end well");
		}
	}
	say_pages(&b);
	say_statements(&b, towns[FEW].cases, towns[FEW].touched, towns[MANY].cases, towns[MANY].touched);
	say_lives(&b);
	bench_end(&b);
	bool is_written = write_to == NULL || bench_write(&b, write_to, "make bench-large");
	buf_release(&b.report);
	return is_written && b.missed == 0 ? 0 : 1;
}
