/* Whole lives of cases with many others stored: the firm submits, an official takes, decides, sends the letter, the
 * firm reads the decision. The relay has to bring a submission to the queue before it can be taken: an official who
 * comes too early asks again. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"

enum { LINKS = 64, AT_ONCE = 256, AGAIN_US = 100000 };

enum stage { SUBMIT, TAKE, DECIDE, SEND, READ, STAGES };

struct life {
	struct str requests[STAGES];
	enum stage stage;
	int again;         /* how often the official came too early */
	struct life *then; /* whose turn it is when this one is over: AT_ONCE live at a time */
};

static bool next_stage(struct load_task *t, const struct load_answer *a)
{
	struct life *l = t->ctx;
	int want = l->stage == READ ? 200 : 303;
	if (l->stage == TAKE && a->status == 404) {
		l->again++;
		t->delay_us = AGAIN_US;
		return true;
	}
	if (a->status != want) {
		fprintf(stderr, "bench: stage %d of a life was answered with %d\n%.*s\n", (int)l->stage, a->status,
		        (int)(a->body.n > 3000 ? 3000 : a->body.n), a->body.p);
		exit(1);
	}
	if (l->stage == READ) {
		t->ctx = l = l->then;
	} else {
		l->stage++;
		t->delay_us = l->stage == TAKE ? AGAIN_US : 0;
	}
	if (l) {
		t->request = l->requests[l->stage];
	}
	return l != NULL;
}

static void write_down(struct bench *b, size_t i, struct life *l)
{
	const struct seed_draft *d = &b->seed.drafts[i];
	const struct seed_person *official = &b->seed.officials[i % b->seed.official_n];
	struct id_text id = id_text(d->id);
	struct buf q;
	char path[80];
	buf_init(&q, 64 * 1024);
	*l = (struct life){.stage = SUBMIT};
	seed_put_submit(&q, d);
	l->requests[SUBMIT] = bench_keep(&q);
	snprintf(path, sizeof path, "/queue/%s/take", id.c);
	seed_put_post(&q, official, path, "");
	l->requests[TAKE] = bench_keep(&q);
	snprintf(path, sizeof path, "/queue/%s/decide", id.c);
	seed_put_post(&q, official, path, "outcome=grant&reason=All+that+the+law+asks+for+is+there.");
	l->requests[DECIDE] = bench_keep(&q);
	snprintf(path, sizeof path, "/queue/%s/send", id.c);
	seed_put_post(&q, official, path, "");
	l->requests[SEND] = bench_keep(&q);
	snprintf(path, sizeof path, "/cases/%s/letter", id.c);
	seed_put_get(&q, d->firm, path);
	l->requests[READ] = bench_keep(&q);
	buf_release(&q);
}

struct life_sample bench_lives(struct bench *b, const struct served *s, size_t first, size_t n)
{
	struct load_task tasks[AT_ONCE] = {0};
	struct life *lives = calloc(n, sizeof *lives);
	struct load_result r;
	uint64_t again = 0;
	if (lives == NULL || n < AT_ONCE || first + n > b->seed.draft_n) {
		fprintf(stderr, "bench: no drafts left\n");
		exit(1);
	}
	for (size_t i = 0; i < n; i++) {
		write_down(b, first + i, &lives[i]);
		lives[i].then = i + AT_ONCE < n ? &lives[i + AT_ONCE] : NULL;
	}
	for (size_t i = 0; i < AT_ONCE; i++) {
		tasks[i] = (struct load_task){.request = lives[i].requests[SUBMIT], .ctx = &lives[i]};
	}
	host_wait_relayed(s->port);
	int64_t cpu_us = host_cpu_us(s->pid);
	load_run(
		&(struct load_spec){
			.port = s->port, .connections = LINKS, .tasks = tasks, .task_n = AT_ONCE, .answered = next_stage},
		&r);
	host_wait_relayed(s->port);
	cpu_us = host_cpu_us(s->pid) - cpu_us;
	for (size_t i = 0; i < n; i++) {
		again += (uint64_t)lives[i].again;
		for (int k = 0; k < STAGES; k++) {
			free((char *)(uintptr_t)lives[i].requests[k].p);
		}
	}
	free(lives);
	return (struct life_sample){(double)n / r.seconds, (double)cpu_us / (double)n, (double)again / (double)n, r.p99_ms};
}

void measure_lives(struct bench *b)
{
	enum { WARM = LIVES_WARM };
	static double rate[ROUNDS_MAX], cpu[ROUNDS_MAX], again[ROUNDS_MAX], p99[ROUNDS_MAX];
	char path[400];
	struct served city;
	struct seed store;
	bench_copy(b, "life", path);
	fprintf(stderr, "storing %d cases\n", STORED_CASES);
	double began = host_now_s();
	seed_open(&store, path);
	store.firms = b->seed.firms;
	store.firm_n = b->seed.firm_n;
	seed_cases(&store, STORED_CASES);
	store.firms = NULL;
	seed_free(&store);
	seed_sent(path);
	fprintf(stderr, "stored in %.0f s\n", host_now_s() - began);
	host_serve(b->program, path, NULL, &city);
	bench_lives(b, &city, 0, WARM);
	for (int round = 0; round < b->rounds; round++) {
		bench_sync_rate(b);
		struct life_sample s = bench_lives(b, &city, WARM + (size_t)round * LIVES, LIVES);
		rate[round] = s.rate;
		cpu[round] = s.cpu_us;
		again[round] = s.again;
		p99[round] = s.p99_ms;
		fprintf(stderr, "round %d: %.0f lives/s, CPU %.0f us, %.1f times too early\n", round + 1, s.rate, s.cpu_us,
		        s.again);
	}
	bool is_well = host_stop(&city);
	double lives = host_median(rate, b->rounds), syncs = host_median(b->syncs, b->sync_n);
	bench_say(b,
	          "### Lives of cases, %d cases stored, %d lives at a time over %d connections\n\n"
	          "| lives/s | CPU us a life | requests a life, those too early included | p99 ms of a request "
	          "|\n|---|---|---|---|\n"
	          "| %.0f | %.0f | %.1f | %.1f |\n\n",
	          STORED_CASES, AT_ONCE, LINKS, lives, host_median(cpu, b->rounds), 5 + host_median(again, b->rounds),
	          host_median(p99, b->rounds));
	bench_say(b, "| what | to reach | measured | |\n|---|---|---|---|\n");
	if (syncs * 16 >= 300) {
		bench_say(b, "| lives per second | 300 | %.0f | %s |\n\n", lives, bench_verdict(b, lives >= 300));
	} else {
		bench_say(b, "| lives per second | 300 where the disk allows it | %.0f | the disk does not: %.0f x 16 |\n\n",
		          lives, syncs);
	}
	host_remove(path);
	if (!is_well) {
		fprintf(stderr, "bench: a server did not end well\n");
		exit(1);
	}
}
