/* A page against nginx, and what the process that serves weighs. */
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"

enum { LINKS = 64, PAGES = 20000, NGINX = 60000, MANY = 256, REQUESTS = 100000 };

struct page_run {
	size_t left; /* not shared: tasks of one thread only */
	size_t bytes;
};

static bool is_page(struct load_task *t, const struct load_answer *a)
{
	struct page_run *p = t->ctx;
	if (a->status != 200) {
		fprintf(stderr, "bench: a page was answered with %d\n%.*s\n", a->status, (int)a->body.n, a->body.p);
		exit(1);
	}
	p->bytes = a->body.n;
	return p->left-- > 1;
}

/* `n` requests over `links` connections, spread over the given ones. */
static struct load_result fetch(int port, int links, size_t n, const struct str *requests, size_t request_n,
                                size_t *bytes)
{
	struct load_task *tasks = calloc((size_t)links, sizeof *tasks);
	struct page_run *runs = calloc((size_t)links, sizeof *runs);
	struct load_result r;
	if (tasks == NULL || runs == NULL) {
		perror("bench");
		exit(1);
	}
	for (size_t i = 0; i < (size_t)links; i++) {
		runs[i].left = n / (size_t)links;
		tasks[i] = (struct load_task){.request = requests[i % request_n], .ctx = &runs[i]};
	}
	load_run(
		&(struct load_spec){
			.port = port, .connections = links, .tasks = tasks, .task_n = (size_t)links, .answered = is_page},
		&r);
	*bytes = runs[0].bytes;
	free(tasks);
	free(runs);
	return r;
}

void measure_page(struct bench *b)
{
	static double rate[2][ROUNDS_MAX], cpu[2][ROUNDS_MAX], p99[2][ROUNDS_MAX], ratio[ROUNDS_MAX];
	char path[400];
	struct served city, nginx;
	struct str requests[LINKS], plain[1];
	struct buf q;
	size_t bytes;
	buf_init(&q, 64 * 1024);
	bench_copy(b, "page", path);
	host_serve(b->program, path, NULL, &city);
	for (size_t i = 0; i < LINKS; i++) {
		seed_put_get(&q, &b->seed.firms[i], "/services/labour-dispatch-permit");
		requests[i] = bench_keep(&q);
	}
	seed_put_get(&q, &b->seed.firms[0], "/");
	plain[0] = bench_keep(&q);
	fetch(city.port, LINKS, LINKS * 10, requests, LINKS, &bytes);
	bool has_nginx = host_nginx(b->dir, bytes, &nginx);
	for (int round = 0; round < b->rounds; round++) {
		int64_t before = host_cpu_us(city.pid);
		struct load_result r = fetch(city.port, LINKS, PAGES, requests, LINKS, &bytes);
		rate[0][round] = (double)r.answers / r.seconds;
		cpu[0][round] = (double)(host_cpu_us(city.pid) - before) / (double)r.answers;
		p99[0][round] = r.p99_ms;
		if (has_nginx) {
			size_t same;
			before = host_cpu_us(nginx.pid);
			r = fetch(nginx.port, LINKS, NGINX, plain, 1, &same);
			rate[1][round] = (double)r.answers / r.seconds;
			cpu[1][round] = (double)(host_cpu_us(nginx.pid) - before) / (double)r.answers;
			p99[1][round] = r.p99_ms;
			ratio[round] = rate[0][round] / rate[1][round];
		}
		fprintf(stderr, "round %d: %.0f pages/s, CPU %.1f us; nginx %.0f/s, CPU %.1f us\n", round + 1, rate[0][round],
		        cpu[0][round], rate[1][round], cpu[1][round]);
	}
	bool is_well = host_stop(&city);
	if (has_nginx) {
		host_stop(&nginx);
	}
	bench_say(b,
	          "### The page of a service, signed in, %zu bytes, %d connections\n\n"
	          "| | per second | CPU us each | p99 ms |\n|---|---|---|---|\n",
	          bytes, LINKS);
	bench_say(b, "| page | %.0f | %.1f | %.1f |\n", host_median(rate[0], b->rounds), host_median(cpu[0], b->rounds),
	          host_median(p99[0], b->rounds));
	if (has_nginx) {
		double times = host_median(ratio, b->rounds);
		bench_say(b, "| nginx, `return 200` with as many bytes | %.0f | %.1f | %.1f |\n",
		          host_median(rate[1], b->rounds), host_median(cpu[1], b->rounds), host_median(p99[1], b->rounds));
		bench_say(b,
		          "\n| what | to reach | measured | |\n|---|---|---|---|\n| pages per second against nginx | 0.12 | "
		          "%.3f | %s |\n",
		          times, bench_verdict(b, times >= 0.12));
	} else {
		bench_say(b, "\nThere is no nginx here to compare with.\n");
	}
	bench_say(b, "\n");
	for (size_t i = 0; i < LINKS; i++) {
		free((char *)(uintptr_t)requests[i].p);
	}
	free((char *)(uintptr_t)plain[0].p);
	buf_release(&q);
	host_remove(path);
	if (!is_well) {
		fprintf(stderr, "bench: a server did not end well\n");
		exit(1);
	}
}

void measure_memory(struct bench *b)
{
	static const char *const paths[] = {"/",      "/services", "/services/labour-dispatch-permit",
	                                    "/cases", "/account",  "/help"};
	enum { PATHS = sizeof paths / sizeof paths[0] };
	static double at_start[ROUNDS_MAX], after[ROUNDS_MAX];
	char path[400];
	struct str requests[MANY];
	struct served city;
	struct buf q;
	size_t bytes;
	buf_init(&q, 64 * 1024);
	bench_copy(b, "memory", path);
	for (size_t i = 0; i < MANY; i++) {
		/* Each fourth looks through what it is about to send: the longest page. */
		char check[80];
		snprintf(check, sizeof check, "/draft/%s/check", id_text(b->seed.drafts[i].id).c);
		seed_put_get(&q, b->seed.drafts[i].firm, i % 4 == 0 ? check : paths[i % PATHS]);
		requests[i] = bench_keep(&q);
	}
	for (int round = 0; round < b->rounds; round++) {
		host_serve(b->program, path, NULL, &city);
		host_wait_relayed(city.port);
		at_start[round] = (double)host_serve_rss_kib(city.pid) / 1024;
		fetch(city.port, MANY, REQUESTS, requests, MANY, &bytes);
		after[round] = (double)host_serve_rss_kib(city.pid) / 1024;
		fprintf(stderr, "round %d: %.1f MiB at start, %.1f after %d requests\n", round + 1, at_start[round],
		        after[round], REQUESTS);
		host_stop(&city);
	}
	double start = host_median(at_start, b->rounds), end = host_median(after, b->rounds);
	bench_say(b, "### Memory of the process that serves\n\n| what | at most, MiB | measured | |\n|---|---|---|---|\n");
	bench_say(b, "| resident after the start | 48 | %.1f | %s |\n", start, bench_verdict(b, start <= 48));
	bench_say(b, "| resident after %d requests over %d connections | 160 | %.1f | %s |\n\n", REQUESTS, MANY, end,
	          bench_verdict(b, end <= 160));
	for (size_t i = 0; i < MANY; i++) {
		free((char *)(uintptr_t)requests[i].p);
	}
	buf_release(&q);
	host_remove(path);
}
