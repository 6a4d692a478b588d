/* The store's figures on PostgreSQL: durable submissions through HTTP against the same rows written by a function
 * inside of the server (pgbench), processor time of a submission on the two engines, two serving processes against one.
 *
 *   tests/pg.sh bench_store [--rounds N] [--write FILE]
 *
 * All in each round, on one cluster; processor time counts the server's processes and the database's. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "figures.h"
#include "siege.h"

enum { EACH = 2000, WARM = 200, CONNECTIONS = 64, CLIENTS = 64, BENCH_FIRMS = 600, KINDS = 3 };

struct place { /* a city, and who serves it */
	const char *name;
	char url[400]; /* empty: SQLite */
	struct served serve[2];
	int serve_n;
	size_t next; /* draft */
};

struct store_bench {
	struct bench b;
	char url[300]; /* of the cluster */
	pid_t cluster;
	struct seed on_file, on_server;
};

struct sample {
	double rate, relayed, cpu_us, p50_ms, p99_ms;
};

static void die(const char *what)
{
	fprintf(stderr, "bench-store: %s\n", what);
	exit(1);
}

/* --- Databases -----------------------------------------------------------------------------------------------------
 */

static void url_of(const struct store_bench *s, const char *name, char out[400])
{
	const char *at = strstr(s->url, "/postgres?");
	if (at == NULL) {
		die("CITYHALL_TEST_PG is not what tests/pg.sh says");
	}
	snprintf(out, 400, "%.*s/%s%s", (int)(at - s->url), s->url, name, at + strlen("/postgres"));
}

static void do_in(const char *url, const char *sql)
{
	struct inside *in = inside_open(NULL, url);
	inside_do(in, sql);
	inside_close(in);
}

static void make_database(const struct store_bench *s, const char *name, const char *like, char url[400])
{
	char sql[200];
	snprintf(sql, sizeof sql, "create database %s template %s", name, like);
	do_in(s->url, sql);
	url_of(s, name, url);
}

static void use_store(const char *url)
{
	if (*url) {
		setenv("CITYHALL_STORE", url, 1);
	} else {
		unsetenv("CITYHALL_STORE");
	}
}

static void fill(struct store_bench *s, struct seed *seed, const char *url, const char *folder, size_t drafts)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s", s->b.dir, folder);
	use_store(url);
	host_make_city(s->b.program, path);
	seed_open(seed, path);
	seed_firms(seed, BENCH_FIRMS);
	seed_drafts(seed, drafts);
	seed_close(seed);
}

/* --- Submissions through HTTP --------------------------------------------------------------------------------------
 */

static bool is_receipt(struct load_task *t, const struct load_answer *a)
{
	if (a->status == 503) {
		t->delay_us = 50000;
		return true;
	}
	if (a->status != 303 || !str_ends(load_header(a, "location:"), STR("/receipt"))) {
		fprintf(stderr, "bench-store: a submission was answered with %d\n%.*s\n", a->status,
		        (int)(a->body.n > 2000 ? 2000 : a->body.n), a->body.p);
		exit(1);
	}
	return false;
}

struct half {
	struct load_spec spec;
	struct load_result result;
	pthread_t thread;
};

static void *run_half(void *arg)
{
	struct half *h = arg;
	load_run(&h->spec, &h->result);
	return NULL;
}

static int64_t cpu_of(const struct store_bench *s, const struct place *p)
{
	int64_t us = *p->url ? host_cpu_us(s->cluster) : 0;
	for (int i = 0; i < p->serve_n; i++) {
		us += host_cpu_us(p->serve[i].pid);
	}
	return us;
}

static struct sample submit(struct store_bench *s, struct place *p, size_t n)
{
	const struct seed *seed = *p->url ? &s->on_server : &s->on_file;
	struct load_task *tasks = calloc(n, sizeof *tasks);
	struct half half[2];
	struct buf q;
	buf_init(&q, 64 * 1024);
	if (tasks == NULL || p->next + n > seed->draft_n) {
		die("no drafts left");
	}
	for (size_t i = 0; i < n; i++) {
		seed_put_submit(&q, &seed->drafts[p->next + i]);
		tasks[i].request = bench_keep(&q);
	}
	p->next += n;
	int64_t cpu_us = cpu_of(s, p);
	double began = host_now_s();
	size_t share = n / (size_t)p->serve_n;
	for (int i = 0; i < p->serve_n; i++) {
		half[i].spec = (struct load_spec){.port = p->serve[i].port,
		                                  .connections = CONNECTIONS / p->serve_n,
		                                  .threads = 2 / p->serve_n,
		                                  .tasks = tasks + (size_t)i * share,
		                                  .task_n = share,
		                                  .answered = is_receipt};
		if (pthread_create(&half[i].thread, NULL, run_half, &half[i]) != 0) {
			die("no thread");
		}
	}
	struct sample out = {0};
	double seconds = 0;
	for (int i = 0; i < p->serve_n; i++) {
		pthread_join(half[i].thread, NULL);
		const struct load_result *r = &half[i].result;
		if (r->by_class[3] != share || r->broken > 0) {
			die("submissions were not answered");
		}
		seconds = r->seconds > seconds ? r->seconds : seconds;
		out.p50_ms = r->p50_ms > out.p50_ms ? r->p50_ms : out.p50_ms;
		out.p99_ms = r->p99_ms > out.p99_ms ? r->p99_ms : out.p99_ms;
	}
	/* What the relay still has to do belongs to the submissions. */
	host_wait_relayed(p->serve[0].port);
	out.rate = (double)n / seconds;
	out.relayed = (double)n / (host_now_s() - began);
	out.cpu_us = (double)(cpu_of(s, p) - cpu_us) / (double)n;
	for (size_t i = 0; i < n; i++) {
		free((char *)(uintptr_t)tasks[i].request.p);
	}
	free(tasks);
	buf_release(&q);
	return out;
}

static void open_place(struct store_bench *s, struct place *p, const char *folder)
{
	for (int i = 0; i < p->serve_n; i++) {
		char from[400], to[400];
		snprintf(from, sizeof from, "%.280s/%s", s->b.dir, folder);
		snprintf(to, sizeof to, "%.280s/%s-%d", s->b.dir, p->name, i);
		host_copy(from, to);
		use_store(p->url);
		host_serve(s->b.program, to, NULL, &p->serve[i]);
	}
	submit(s, p, WARM);
}

static void close_place(struct store_bench *s, struct place *p)
{
	struct siege rules = {.url = *p->url ? p->url : NULL};
	snprintf(rules.data, sizeof rules.data, "%s", p->serve[0].data);
	for (int i = 0; i < p->serve_n; i++) {
		if (!host_stop(&p->serve[i])) {
			die("a server did not end well");
		}
	}
	siege_hold(&rules); /* nothing twice, nothing left out */
	if (rules.failed > 0) {
		die(p->name);
	}
	(void)s;
}

/* --- The function inside of the server -----------------------------------------------------------------------------
 */

static void put_reference(const struct store_bench *s, const char *url)
{
	struct buf sql;
	char chunk[4096];
	size_t n;
	buf_init(&sql, 1 << 20);
	FILE *f = fopen("tests/bench/reference.sql", "r");
	while (f && (n = fread(chunk, 1, sizeof chunk, f)) > 0) {
		buf_put_bytes(&sql, chunk, n);
	}
	if (f == NULL) {
		die("tests/bench/reference.sql is not there");
	}
	fclose(f);
	do_in(url, buf_cstr(&sql));
	buf_release(&sql);
	(void)s;
}

static double pgbench(const struct store_bench *s, const char *url, const char *call, int n)
{
	char script[400], command[1600], line[300];
	double rate = 0;
	snprintf(script, sizeof script, "%s/pgbench.sql", s->b.dir);
	FILE *f = fopen(script, "w");
	if (f == NULL) {
		die("no script");
	}
	fprintf(f, "select %s;\n", call);
	fclose(f);
	snprintf(command, sizeof command, "pgbench -n -M prepared -c %d -j 2 -t %d -f '%s' '%s' 2>/dev/null", CLIENTS,
	         n / CLIENTS, script, url);
	FILE *out = popen(command, "r"); /* NOLINT */
	while (out && fgets(line, sizeof line, out)) {
		sscanf(line, "tps = %lf", &rate);
	}
	if (out == NULL || pclose(out) != 0 || rate <= 0) {
		die("pgbench");
	}
	return rate;
}

/* --- All together --------------------------------------------------------------------------------------------------
 */

struct columns {
	double rate[ROUNDS_MAX], relayed[ROUNDS_MAX], cpu[ROUNDS_MAX], p50[ROUNDS_MAX], p99[ROUNDS_MAX];
};

static void keep(struct columns *c, int round, struct sample s)
{
	c->rate[round] = s.rate;
	c->relayed[round] = s.relayed;
	c->cpu[round] = s.cpu_us;
	c->p50[round] = s.p50_ms;
	c->p99[round] = s.p99_ms;
}

static void put_row(struct bench *b, const char *what, const struct columns *c)
{
	int n = b->rounds;
	bench_say(b, "| %s | %.0f | %.0f | %.0f | %.1f | %.1f |\n", what, host_median(c->rate, n), host_median(c->cpu, n),
	          host_median(c->relayed, n), host_median(c->p50, n), host_median(c->p99, n));
}

static void measure(struct store_bench *s)
{
	static struct columns at[KINDS];
	static double own[ROUNDS_MAX], all[ROUNDS_MAX], ratio[4][ROUNDS_MAX];
	struct place place[KINDS] = {
		{.name = "file", .serve_n = 1}, {.name = "one", .serve_n = 1}, {.name = "two", .serve_n = 2}};
	struct bench *b = &s->b;
	char reference[400];
	make_database(s, "one", "seed", place[1].url);
	make_database(s, "two", "seed", place[2].url);
	make_database(s, "reference", "seed", reference);
	put_reference(s, reference);
	for (int k = 0; k < KINDS; k++) {
		open_place(s, &place[k], k == 0 ? "file" : "server");
	}
	pgbench(s, reference, "bench_submit()", CLIENTS);
	for (int r = 0; r < b->rounds; r++) {
		bench_sync_rate(b);
		for (int k = 0; k < KINDS; k++) {
			keep(&at[k], r, submit(s, &place[k], EACH));
		}
		own[r] = pgbench(s, reference, "bench_submit()", EACH);
		all[r] = pgbench(s, reference, "bench_submit_and_relay()", EACH);
		ratio[0][r] = at[1].rate[r] / own[r];
		ratio[1][r] = at[1].relayed[r] / all[r];
		ratio[2][r] = at[0].cpu[r] / at[1].cpu[r];
		ratio[3][r] = at[2].rate[r] / at[1].rate[r];
		fprintf(stderr,
		        "round %d: file %.0f/s %.0f us, server %.0f/s %.0f us, two %.0f/s %.0f us, function %.0f and %.0f/s\n",
		        r + 1, at[0].rate[r], at[0].cpu[r], at[1].rate[r], at[1].cpu[r], at[2].rate[r], at[2].cpu[r], own[r],
		        all[r]);
	}
	for (int k = 0; k < KINDS; k++) {
		close_place(s, &place[k]);
	}
	bench_say(b,
	          "### Durable submissions over PostgreSQL, %d connections\n\n"
	          "| | acknowledged/s | CPU us each, database included | with all read models/s | p50 ms | p99 ms "
	          "|\n|---|---|---|---|---|---|\n",
	          CONNECTIONS);
	put_row(b, "HTTP over SQLite", &at[0]);
	put_row(b, "HTTP over PostgreSQL", &at[1]);
	put_row(b, "HTTP over PostgreSQL, two processes", &at[2]);
	bench_say(b, "| pgbench, %d clients: one function writes the submission's rows | %.0f | | | | |\n", CLIENTS,
	          host_median(own, b->rounds));
	bench_say(b, "| pgbench: the same and the relay's rows | | | %.0f | | |\n", host_median(all, b->rounds));
	double m[4];
	for (int i = 0; i < 4; i++) {
		m[i] = host_median(ratio[i], b->rounds);
	}
	bench_say(b, "\n| what | to reach | measured | |\n|---|---|---|---|\n");
	bench_say(b, "| acknowledged against pgbench with the submission's rows | 0.6 | %.2f | %s |\n", m[0],
	          bench_verdict(b, m[0] >= 0.6));
	bench_say(b, "| with all read models against pgbench with all rows | | %.2f | |\n", m[1]);
	bench_say(b, "| CPU on SQLite against PostgreSQL | at most 0.33 | %.2f | %s |\n", m[2],
	          bench_verdict(b, m[2] <= 1.0 / 3));
	bench_say(b, "| two processes against one, nothing twice | 0.9 | %.2f | %s |\n", m[3],
	          bench_verdict(b, m[3] >= 0.9));
}

int main(int argc, char **argv)
{
	static struct store_bench s;
	const char *url = getenv("CITYHALL_TEST_PG"), *pid = getenv("PG_PID"), *write_to = NULL, *tmp = getenv("TMPDIR");
	char self[300], seed_url[400];
	s.b.rounds = 3;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--rounds") == 0) {
			s.b.rounds = (int)strtol(argv[i + 1], NULL, 10);
		} else if (strcmp(argv[i], "--write") == 0) {
			write_to = argv[i + 1];
		}
	}
	if (url == NULL || pid == NULL || argc % 2 == 0 || s.b.rounds < 1 || s.b.rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: tests/pg.sh bench_store [--rounds N] [--write FILE]\n");
		return 2;
	}
	snprintf(s.url, sizeof s.url, "%s", url);
	unsetenv("CITYHALL_TEST_PG"); /* it is no setting */
	s.cluster = (pid_t)strtol(pid, NULL, 10);
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(self, '/');
		*(slash ? slash : self) = '\0';
	}
	snprintf(s.b.program, sizeof s.b.program, "%.300s/cityhall", self);
	snprintf(s.b.dir, sizeof s.b.dir, "%.200s/cityhall-bench-XXXXXX", tmp ? tmp : "/var/tmp");
	if (access(s.b.program, X_OK) != 0 || mkdtemp(s.b.dir) == NULL) {
		die("the program and a folder are needed");
	}
	buf_init(&s.b.report, 1 << 20);
	size_t drafts = WARM + (size_t)s.b.rounds * EACH;
	fill(&s, &s.on_file, "", "file", drafts);
	do_in(s.url, "create database seed");
	url_of(&s, "seed", seed_url);
	/* The reference takes two drafts for each of ours. */
	fill(&s, &s.on_server, seed_url, "server", 2 * drafts);
	bench_describe(&s.b);
	measure(&s);
	seed_free(&s.on_file);
	s.b.seed = s.on_server;
	bench_end(&s.b);
	bool is_written = write_to == NULL || bench_write(&s.b, write_to, "make bench-store");
	buf_release(&s.b.report);
	return is_written && s.b.missed == 0 ? 0 : 1;
}
