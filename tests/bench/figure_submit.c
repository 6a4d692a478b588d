/* Durable submissions: the real last POST, against the bare writer and against one commit each. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"

enum { KINDS = 2, WARM = 300 };
static const int connections[KINDS] = {64, 256};

struct sample {
	double rate, cpu_us, p50_ms, p99_ms, relayed_rate;
};

/* Every answer has to be the way to the receipt, or that the server is too busy now (sent again, not counted): anything
 * else ends the run. */
static atomic_uint_fast64_t busy;
static bool is_receipt(struct load_task *t, const struct load_answer *a)
{
	if (a->status == 503) {
		atomic_fetch_add(&busy, 1);
		t->delay_us = 50000;
		return true;
	}
	struct str to = load_header(a, "location:");
	if (a->status != 303 || !str_ends(to, STR("/receipt"))) {
		fprintf(stderr, "bench: a submission was answered with %d %.*s\n%.*s\n", a->status, STR_ARG(to),
		        (int)(a->body.n > 3000 ? 3000 : a->body.n), a->body.p);
		exit(1);
	}
	return false;
}

static struct sample submit(struct bench *b, const struct served *s, size_t first, size_t n, int links)
{
	struct load_task *tasks = calloc(n, sizeof *tasks);
	struct load_result r;
	struct buf q;
	buf_init(&q, 64 * 1024);
	if (tasks == NULL || first + n > b->seed.draft_n) {
		fprintf(stderr, "bench: no drafts left\n");
		exit(1);
	}
	for (size_t i = 0; i < n; i++) {
		seed_put_submit(&q, &b->seed.drafts[first + i]);
		tasks[i].request = bench_keep(&q);
	}
	host_wait_relayed(s->port);
	int64_t cpu_us = host_cpu_us(s->pid);
	double began = host_now_s();
	load_run(
		&(struct load_spec){.port = s->port, .connections = links, .tasks = tasks, .task_n = n, .answered = is_receipt},
		&r);
	/* What the relay still has to do belongs to the submissions. */
	host_wait_relayed(s->port);
	double relayed = host_now_s() - began;
	cpu_us = host_cpu_us(s->pid) - cpu_us;
	if (r.by_class[3] != n || r.broken > 0) {
		fprintf(stderr, "bench: %llu of %zu submissions were answered, %llu connections broke\n",
		        (unsigned long long)r.by_class[3], n, (unsigned long long)r.broken);
		exit(1);
	}
	for (size_t i = 0; i < n; i++) {
		free((char *)(uintptr_t)tasks[i].request.p);
	}
	free(tasks);
	buf_release(&q);
	return (struct sample){(double)n / r.seconds, (double)cpu_us / (double)n, r.p50_ms, r.p99_ms, (double)n / relayed};
}

struct columns {
	double rate[ROUNDS_MAX], cpu[ROUNDS_MAX], p50[ROUNDS_MAX], p99[ROUNDS_MAX], relayed[ROUNDS_MAX];
};

static void keep(struct columns *c, int round, struct sample s)
{
	c->rate[round] = s.rate;
	c->cpu[round] = s.cpu_us;
	c->p50[round] = s.p50_ms;
	c->p99[round] = s.p99_ms;
	c->relayed[round] = s.relayed_rate;
}

static void put_row(struct bench *b, const char *what, const struct columns *c, int n)
{
	bench_say(b, "| %s | %.0f | %.0f | %.0f | %.1f | %.1f |\n", what, host_median(c->rate, n), host_median(c->cpu, n),
	          host_median(c->relayed, n), host_median(c->p50, n), host_median(c->p99, n));
}

void measure_submissions(struct bench *b)
{
	static struct columns grouped[KINDS], single[KINDS], bare[KINDS];
	static const char *const off[] = {"--group-commit=off", NULL};
	static double cpu_ratio[KINDS][ROUNDS_MAX], single_ratio[KINDS][ROUNDS_MAX];
	char path[3][400], name[80];
	struct served many, one;
	bench_copy(b, "grouped", path[0]);
	bench_copy(b, "single", path[1]);
	bench_copy(b, "bare", path[2]);
	struct seed writer;
	host_serve(b->program, path[0], NULL, &many);
	host_serve(b->program, path[1], off, &one);
	seed_open(&writer, path[2]);
	writer.drafts = b->seed.drafts;
	writer.draft_n = b->seed.draft_n;
	size_t next = 0, next_single = 0;
	submit(b, &many, next, WARM, 64);
	submit(b, &one, next_single, WARM, 64);
	struct bare_result r;
	bare_run(&writer, next, WARM, &r);
	next += WARM;
	next_single += WARM;
	for (int round = 0; round < b->rounds; round++) {
		for (int k = 0; k < KINDS; k++) {
			bench_sync_rate(b);
			keep(&grouped[k], round, submit(b, &many, next, SUBMISSIONS, connections[k]));
			bare_run(&writer, next, SUBMISSIONS, &r);
			keep(&bare[k], round, (struct sample){SUBMISSIONS / r.seconds, r.cpu_us, 0, 0, SUBMISSIONS / r.seconds});
			next += SUBMISSIONS;
			keep(&single[k], round, submit(b, &one, next_single, SUBMISSIONS_SINGLE, connections[k]));
			next_single += SUBMISSIONS_SINGLE;
			cpu_ratio[k][round] = grouped[k].cpu[round] / bare[k].cpu[round];
			single_ratio[k][round] = grouped[k].rate[round] / single[k].rate[round];
			fprintf(stderr, "round %d, %d connections: %.0f/s, CPU %.0f us; bare CPU %.0f us; one commit each %.0f/s\n",
			        round + 1, connections[k], grouped[k].rate[round], grouped[k].cpu[round], bare[k].cpu[round],
			        single[k].rate[round]);
		}
	}
	bool is_well = host_stop(&many) & host_stop(&one);
	writer.drafts = NULL;
	seed_free(&writer);
	bench_say(
		b,
		"### Durable submissions\n\n"
		"| | acknowledged/s | CPU us each | with all read models/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|\n");
	for (int k = 0; k < KINDS; k++) {
		snprintf(name, sizeof name, "HTTP, %d connections", connections[k]);
		put_row(b, name, &grouped[k], b->rounds);
		put_row(b, "bare group-commit writer, 64 threads", &bare[k], b->rounds);
		snprintf(name, sizeof name, "HTTP, %d connections, one commit each", connections[k]);
		put_row(b, name, &single[k], b->rounds);
	}
	if (atomic_load(&busy) > 0) {
		bench_say(b, "\n%llu times the server was too busy (503) and was asked again.\n",
		          (unsigned long long)atomic_load(&busy));
	}
	bench_say(b, "\n| what | to reach | measured | |\n|---|---|---|---|\n");
	double syncs = host_median(b->syncs, b->sync_n);
	for (int k = 0; k < KINDS; k++) {
		double ratio = host_median(cpu_ratio[k], b->rounds), rate = host_median(grouped[k].rate, b->rounds);
		double times = host_median(single_ratio[k], b->rounds);
		bench_say(b, "| CPU against the bare writer, %d connections | at most 3 times | %.2f | %s |\n", connections[k],
		          ratio, bench_verdict(b, ratio <= 3));
		if (syncs * 16 >= 2000) {
			bench_say(b, "| acknowledged per second, %d connections | 2,000 | %.0f | %s |\n", connections[k], rate,
			          bench_verdict(b, rate >= 2000));
		} else {
			bench_say(b,
			          "| acknowledged per second, %d connections | 2,000 where the disk allows it | %.0f | the disk "
			          "does not: %.0f x 16 |\n",
			          connections[k], rate, syncs);
		}
		bench_say(b, "| group commit against one commit each, %d connections | 4 times | %.1f | %s |\n", connections[k],
		          times, bench_verdict(b, times >= 4));
	}
	bench_say(b, "\n");
	for (int i = 0; i < 3; i++) {
		host_remove(path[i]);
	}
	if (!is_well) {
		fprintf(stderr, "bench: a server did not end well\n");
		exit(1);
	}
}
