/* The same act on fifty cases at once: an official takes them, then decides them. One form, one connection, fifty
 * transactions with an event each; the answer names each case and what was done to it. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"

enum { CHOSEN = 50, WARM = 1, REACH_MS = 150 };

enum bulk_act { BULK_TAKE, BULK_DECIDE, BULK_DECIDE_AGAIN, BULK_ACTS };
static const struct {
	const char *name, *form;
} bulk_acts[BULK_ACTS] = {
	{"taken", "do=take"},
	{"decided", "do=decide&outcome=grant&reason=All+that+the+law+asks+for+is+there."},
	{"the same form again: nothing is done twice", NULL},
};

static void end(const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s\n", what, why);
	exit(1);
}

static void find_cases(const char *dir, int64_t *cases, int n)
{
	char path[500];
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	snprintf(path, sizeof path, "%s/cityhall.db", dir);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "select casefile from queue order by casefile", -1, &st, NULL) != SQLITE_OK) {
		end(path, sqlite3_errmsg(db));
	}
	for (int i = 0; i < n; i++) {
		if (sqlite3_step(st) != SQLITE_ROW) {
			end(path, "has too few cases");
		}
		cases[i] = sqlite3_column_int64(st, 0);
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static struct str write_form(const struct seed_person *official, const char *act, const int64_t cases[CHOSEN])
{
	struct buf q, form;
	buf_init(&q, 64 * 1024);
	buf_init(&form, 64 * 1024);
	buf_printf(&form, "%s", act);
	for (int i = 0; i < CHOSEN; i++) {
		buf_printf(&form, "&case=%s", id_text(cases[i]).c);
	}
	buf_put_byte(&form, '\0');
	seed_put_post(&q, official, "/queue/bulk", form.p);
	struct str request = bench_keep(&q);
	buf_release(&form);
	buf_release(&q);
	return request;
}

/* Fifty exact answers. */
static bool answered(struct load_task *t, const struct load_answer *a)
{
	(void)t;
	if (a->status != 200 || str_find(a->body, STR("Done to 50 of 50 cases.")) == SIZE_MAX) {
		fprintf(stderr, "bench: an act on 50 cases was answered with %d\n%.*s\n", a->status,
		        (int)(a->body.n > 6000 ? 6000 : a->body.n), a->body.p);
		exit(1);
	}
	return false;
}

void measure_bulk(struct bench *b)
{
	static double ms[BULK_ACTS][ROUNDS_MAX], cpu[BULK_ACTS][ROUNDS_MAX];
	static int64_t cases[(ROUNDS_MAX + WARM) * CHOSEN];
	int rounds = b->rounds + WARM;
	char path[400];
	struct seed store;
	struct served city;
	bench_copy(b, "bulk", path);
	seed_open(&store, path);
	seed_make_small(&store);
	seed_firms(&store, CHOSEN);
	seed_cases(&store, (size_t)rounds * CHOSEN);
	seed_free(&store);
	seed_sent(path);
	find_cases(path, cases, rounds * CHOSEN);
	host_serve(b->program, path, NULL, &city);
	for (int round = 0; round < rounds; round++) {
		struct str request = STR_EMPTY;
		bench_sync_rate(b);
		for (int act = 0; act < BULK_ACTS; act++) {
			request = bulk_acts[act].form
			              ? write_form(&b->seed.officials[0], bulk_acts[act].form, cases + round * CHOSEN)
			              : request;
			struct load_task task = {.request = request};
			struct load_result r;
			host_wait_relayed(city.port);
			int64_t before = host_cpu_us(city.pid);
			load_run(&(struct load_spec){.port = city.port,
			                             .connections = 1,
			                             .threads = 1,
			                             .tasks = &task,
			                             .task_n = 1,
			                             .answered = answered},
			         &r);
			if (round >= WARM) {
				ms[act][round - WARM] = r.p50_ms;
				cpu[act][round - WARM] = (double)(host_cpu_us(city.pid) - before) / 1e3;
			}
		}
	}
	bool is_well = host_stop(&city);
	bench_say(b, "### One act on %d cases, each a transaction and an event of its own\n\n", CHOSEN);
	bench_say(b, "From the form's arrival to the last of %d exact answers; relay and letters included in the CPU.\n\n",
	          CHOSEN);
	bench_say(b, "| act | ms | CPU ms | to reach | |\n|---|---|---|---|---|\n");
	for (int act = 0; act < BULK_ACTS; act++) {
		double m = host_median(ms[act], b->rounds);
		bench_say(b, "| %s | %.0f | %.0f | below %d ms | %s |\n", bulk_acts[act].name, m,
		          host_median(cpu[act], b->rounds), REACH_MS, bench_verdict(b, m < REACH_MS));
	}
	bench_say(b, "\n");
	host_remove(path);
	if (!is_well) {
		end("a server", "did not end well");
	}
}
