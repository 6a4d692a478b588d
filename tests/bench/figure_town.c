/* The catalogue of a large town: 636 services of 100 offices against the sixteen of the demonstration, and what
 * publishing them does to who is reading meanwhile. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "app/catalogue/snapshot.h"
#include "figures.h"
#include "html/assets.h"
#include "os/file.h"

enum { LINKS = 16, REQUESTS = 12000, SERVICES = 636, PACKED_BYTES_MAX = 4 << 20 };
#define TIMES_MOST 1.3
#define SEARCH_US_MOST 1000
#define FIRST_BYTES_MOST (60 * 1024)
#define FURTHER_BYTES_MOST (12 * 1024)
#define PUBLISH_S_MOST 3
#define WAIT_MS_MOST 100

static const struct place {
	const char *name, *path;
} places[] = {
	{"home", "/"},
	{"search", "/services?q=dog+registration"},
	{"search in Chinese", "/services?q=%E5%87%BA%E7%94%9F%E7%99%BB%E8%AE%B0"},
	{"services", "/services"},
	{"a service", "/services/dog-registration"},
	{"a life event", "/life-events/moving"},
	{"an office", "/institutions/citizens-office"},
	{"offices", "/institutions"},
};
enum { PLACES = sizeof places / sizeof *places, COMPARED = 5 };

struct visits {
	size_t left;
	struct str body; /* of the first answer */
};

static bool answered(struct load_task *t, const struct load_answer *a)
{
	struct visits *v = t->ctx;
	if (a->status != 200) {
		fprintf(stderr, "bench: a page was answered with %d\n%.*s\n", a->status, (int)a->body.n, a->body.p);
		exit(1);
	}
	if (v->body.n == 0) {
		char *p = malloc(a->body.n);
		if (p != NULL) {
			memcpy(p, a->body.p, a->body.n);
			v->body = str_from(p, a->body.n);
		}
	}
	return v->left-- > 1;
}

static struct str request_of(const char *path)
{
	struct buf q;
	buf_init(&q, 4096);
	buf_printf(&q, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
	return bench_keep(&q);
}

/* Microseconds of CPU a page; its bytes as gzip -6 leaves them. */
static double visit(const struct served *city, struct str request, size_t *packed)
{
	struct load_task tasks[LINKS];
	struct visits v[LINKS] = {{0}};
	struct load_result r;
	for (int i = 0; i < LINKS; i++) {
		v[i].left = REQUESTS / LINKS;
		tasks[i] = (struct load_task){.request = request, .ctx = &v[i]};
	}
	int64_t before = host_cpu_us(city->pid);
	load_run(
		&(struct load_spec){
			.port = city->port, .connections = LINKS, .tasks = tasks, .task_n = LINKS, .answered = answered},
		&r);
	double cpu = (double)(host_cpu_us(city->pid) - before) / (double)r.answers;
	uLongf n = compressBound((uLong)v[0].body.n);
	Bytef *to = malloc(n);
	*packed = to && compress2(to, &n, (const Bytef *)v[0].body.p, (uLong)v[0].body.n, 6) == Z_OK ? n : 0;
	free(to);
	for (int i = 0; i < LINKS; i++) {
		free((void *)(uintptr_t)v[i].body.p);
	}
	return cpu;
}

static void run(const char *program, const char *from, const char *to)
{
	char command[1200];
	snprintf(command, sizeof command, "%s '%s' '%s'", program, from, to);
	FILE *p = popen(command, "r");
	if (p == NULL || pclose(p) != 0) {
		fprintf(stderr, "bench: %s\n", command);
		exit(1);
	}
}

/* --- One search, without a server --- */

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* All written queries, again and again: microseconds of CPU a search. */
static double search_us(const struct pack *p, size_t lang, const char *file)
{
	struct err e;
	struct search_index *x;
	struct buf lines;
	struct arena a;
	size_t n = 0;
	buf_init(&lines, 1 << 20);
	arena_init(&a, 1 << 20);
	if (!file_read_whole(file, &lines, &e) || !search_index_services(p, p->services, p->service_n, lang, &x, &e)) {
		fprintf(stderr, "bench: %s: %s\n", file, e.text);
		exit(1);
	}
	double begin = cpu_s();
	for (int round = 0; round < 20; round++) {
		struct str rest = buf_str(&lines), line, query, service;
		while (str_next(&rest, '\n', &line)) {
			struct search_hit hits[50];
			if (str_cut(line, '\t', &query, &service)) {
				search_index_find(x, &a, query, false, hits, 50);
				arena_reset(&a);
				n++;
			}
		}
	}
	double us = (cpu_s() - begin) * 1e6 / (double)n;
	search_index_free(x);
	arena_release(&a);
	buf_release(&lines);
	return us;
}

static void measure_search(struct bench *b, const char *pack)
{
	struct err e;
	struct pack_report report;
	struct pack_files files;
	struct pack *p;
	pack_report_init(&report);
	if (!pack_files_read(str_of(pack), &files, &report, &e) || !pack_read(&files, &report, &p, &e)) {
		fprintf(stderr, "bench: %s: %s\n", pack, e.text);
		exit(1);
	}
	double en = search_us(p, 0, "tests/data/search/en.tsv"), zh = search_us(p, 1, "tests/data/search/zh-Hans.tsv");
	bench_say(b,
	          "A search among %zu services takes %.0f us of CPU in English and %.0f us in Chinese (below %d: %s).\n\n",
	          p->service_n, en, zh, SEARCH_US_MOST, bench_verdict(b, en < SEARCH_US_MOST && zh < SEARCH_US_MOST));
	pack_free(p);
	pack_files_release(&files);
	pack_report_release(&report);
}

/* --- Publishing while serving --- */

struct readers {
	int port;
	atomic_bool stop;
	struct load_result result;
};

static bool goes_on(struct load_task *t, const struct load_answer *a)
{
	(void)t;
	(void)a;
	return true;
}

/* Four readers with a pause between pages, as people have: what they wait is the server's doing, not the queue's. */
static void *read_on(void *ctx)
{
	struct readers *r = ctx;
	struct load_task tasks[4];
	for (int i = 0; i < 4; i++) {
		tasks[i] = (struct load_task){.request = request_of(places[i].path), .delay_us = 5000};
	}
	load_run(&(struct load_spec){.port = r->port,
	                             .connections = 4,
	                             .threads = 1,
	                             .tasks = tasks,
	                             .task_n = 4,
	                             .answered = goes_on,
	                             .stop = &r->stop},
	         &r->result);
	return NULL;
}

static void measure_publishing(struct bench *b, const char *town, const char *pack, const struct served *city)
{
	struct readers r = {.port = city->port};
	pthread_t thread;
	run("cp -rT", town, pack);
	if (pthread_create(&thread, NULL, read_on, &r) != 0) {
		exit(1);
	}
	usleep(300000);
	double begin = host_now_s();
	kill(city->pid, SIGHUP);
	while (host_get(city->port, "/services/skip-permit") != 200 && host_now_s() < begin + 60) {
		usleep(10000);
	}
	double seconds = host_now_s() - begin;
	usleep(300000);
	r.stop = true;
	pthread_join(thread, NULL);
	uint64_t failed = r.result.answers - r.result.by_class[2] + r.result.broken;
	bench_say(b,
	          "Publishing %d services while serving takes %.2f s (at most %d: %s). Of %llu pages read meanwhile %llu "
	          "failed, and the slowest took %.0f ms (at most %d: %s).\n\n",
	          SERVICES, seconds, PUBLISH_S_MOST, bench_verdict(b, seconds <= PUBLISH_S_MOST),
	          (unsigned long long)r.result.answers, (unsigned long long)failed, r.result.worst_ms, WAIT_MS_MOST,
	          bench_verdict(b, failed == 0 && r.result.worst_ms <= WAIT_MS_MOST));
}

void measure_town(struct bench *b)
{
	static double cpu[2][PLACES][ROUNDS_MAX];
	size_t packed[PLACES] = {0}, ignored;
	char town[400], pack[400], data[400], setting[420];
	struct served city;
	struct str requests[PLACES];
	snprintf(town, sizeof town, "%s/services-636", b->dir);
	snprintf(pack, sizeof pack, "%s/pack", b->dir);
	snprintf(setting, sizeof setting, "--pack=%s", pack);
	snprintf(data, sizeof data, "%s/town", b->dir);
	run("mkdir -p", town, town);
	run("tests/data/services-636/make.sh >", "/dev/null", town);
	run("cp -rT", "packs/demo", pack);
	host_make_city(b->program, data);
	host_serve(b->program, data, (const char *const[]){setting, NULL}, &city);
	bench_say(b, "### The catalogue: 16 services and %d\n\n", SERVICES);
	measure_search(b, town);
	for (size_t i = 0; i < PLACES; i++) {
		requests[i] = request_of(places[i].path);
		visit(&city, requests[i], &ignored);
	}
	for (int k = 0; k < 2; k++) {
		for (int round = 0; round < b->rounds; round++) {
			for (size_t i = 0; i < PLACES; i++) {
				cpu[k][i][round] = visit(&city, requests[i], &packed[i]);
			}
		}
		if (k == 0) {
			measure_publishing(b, town, pack, &city);
		}
	}
	size_t first = packed[0];
	for (size_t i = 0; i < asset_n; i++) {
		first += assets[i].gzip_n > 0 ? assets[i].gzip_n : assets[i].n;
	}
	bool is_well = host_stop(&city);
	bench_say(b, "The first page weighs %zu bytes with all style, signs and scripts (at most %d: %s).\n\n", first,
	          FIRST_BYTES_MOST, bench_verdict(b, first <= FIRST_BYTES_MOST));
	bench_say(b, "| page | 16 services | %d | times | bytes, gzip -6 |\n|---|---|---|---|---|\n", SERVICES);
	for (size_t i = 0; i < PLACES; i++) {
		double few = host_median(cpu[0][i], b->rounds), many = host_median(cpu[1][i], b->rounds);
		bool is_reached = (i >= COMPARED || many <= few * TIMES_MOST) && packed[i] <= FURTHER_BYTES_MOST;
		bench_say(b, "| %s | %.0f us | %.0f us | %.2f | %zu, %s |\n", places[i].name, few, many, many / few, packed[i],
		          bench_verdict(b, is_reached));
	}
	bench_say(b, "\nCPU of all processes a page. At most %.1f times for the first %d; pages at most %d bytes.%s\n\n",
	          TIMES_MOST, COMPARED, FURTHER_BYTES_MOST, is_well ? "" : " The server did not end well.");
}
