#include "figures.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { FIRMS = 2500, OFFICIALS = 16 };

const struct figure figures[] = {
	{"submit", measure_submissions},
	{"page", measure_page},
	{"life", measure_lives},
	{"memory", measure_memory},
	{"town", measure_town},
	{"calendar", measure_calendar},
	{"outbox", measure_outbox},
	{"letter", measure_letter},
	{"statistics", measure_statistics},
	{"turned", measure_turned},
	{"recount", measure_recount},
	{"board", measure_board},
	{"bulk", measure_bulk},
	{0},
};

void bench_say(struct bench *b, const char *fmt, ...)
{
	size_t from = b->report.n;
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&b->report, fmt, ap);
	va_end(ap);
	fwrite(b->report.p + from, 1, b->report.n - from, stdout);
	fflush(stdout);
}

const char *bench_verdict(struct bench *b, bool is_reached)
{
	b->missed += !is_reached;
	return is_reached ? "reached" : "**missed**";
}

struct str bench_keep(struct buf *request)
{
	char *p = malloc(request->n + 1);
	if (p == NULL || request->failed) {
		fprintf(stderr, "bench: no memory for a request\n");
		exit(1);
	}
	memcpy(p, request->p, request->n);
	struct str s = str_from(p, request->n);
	buf_reset(request);
	return s;
}

/* --- Folders -------------------------------------------------------------------------------------------------------
 */

void bench_copy(struct bench *b, const char *name, char path[400])
{
	char from[400];
	snprintf(from, sizeof from, "%s/seed", b->dir);
	snprintf(path, 400, "%s/%s", b->dir, name);
	host_copy(from, path);
}

/* --- The run -------------------------------------------------------------------------------------------------------
 */

void bench_sync_rate(struct bench *b)
{
	if (b->sync_n < (int)(sizeof b->syncs / sizeof b->syncs[0])) {
		b->syncs[b->sync_n++] = host_syncs_per_second(b->dir, 0.5);
	}
}

static void put_line_of(struct bench *b, const char *file, const char *key, const char *say)
{
	char line[300];
	FILE *f = fopen(file, "r");
	while (f && fgets(line, sizeof line, f)) {
		char *value = strchr(line, ':');
		if (strncmp(line, key, strlen(key)) == 0 && value) {
			bench_say(b, "%s%s", say, str_trim(str_of(value + 1)).p);
			break;
		}
	}
	if (f) {
		fclose(f);
	}
}

void bench_describe(struct bench *b)
{
	char day[40] = "";
	time_t now = time(NULL);
	struct tm tm;
	double load[3] = {0};
	strftime(day, sizeof day, "%Y-%m-%d", gmtime_r(&now, &tm));
	if (getloadavg(load, 3) < 1) {
		load[0] = -1;
	}
	bench_say(b, "Measured on %s, %d rounds, medians; release build.\n", day, b->rounds);
	put_line_of(b, "/proc/cpuinfo", "model name", "Processor: ");
	bench_say(b, "Cores: %ld, shared by server, load generator and reference. Load average before the start: %.1f.\n\n",
	          sysconf(_SC_NPROCESSORS_ONLN), load[0]);
}

void bench_begin(struct bench *b)
{
	char path[400];
	size_t drafts = b->drafts ? b->drafts : (size_t)b->rounds * 2 * SUBMISSIONS + 2 * SUBMISSIONS_SINGLE;
	snprintf(path, sizeof path, "%s/seed", b->dir);
	fprintf(stderr, "seeding %zu applications in %s\n", drafts, path);
	host_make_city(b->program, path);
	seed_open(&b->seed, path);
	seed_firms(&b->seed, FIRMS);
	seed_officials(&b->seed, OFFICIALS);
	seed_drafts(&b->seed, drafts);
	seed_close(&b->seed);
	bench_describe(b);
}

void bench_end(struct bench *b)
{
	double rate = host_median(b->syncs, b->sync_n);
	if (b->sync_n > 0) {
		bench_say(b, "\nThe disk: %.0f times 4 KiB appended and fdatasync per second, one thread (median of %d).\n",
		          rate, b->sync_n);
	}
	seed_free(&b->seed);
	host_remove(b->dir);
}

bool bench_write(struct bench *b, const char *path, const char *command)
{
	char begin_mark[100], end_mark[100];
	snprintf(begin_mark, sizeof begin_mark, "<!-- %s writes from here -->\n", command);
	snprintf(end_mark, sizeof end_mark, "<!-- %s writes to here -->\n", command);
	struct buf text;
	char chunk[4096];
	size_t n;
	bool ok = false;
	buf_init(&text, 4 << 20);
	FILE *f = fopen(path, "r");
	while (f && (n = fread(chunk, 1, sizeof chunk, f)) > 0) {
		buf_put_bytes(&text, chunk, n);
	}
	if (f) {
		fclose(f);
	}
	size_t from = str_find(buf_str(&text), str_of(begin_mark)), to = str_find(buf_str(&text), str_of(end_mark));
	if (from != SIZE_MAX && to != SIZE_MAX && from < to && (f = fopen(path, "w")) != NULL) {
		fwrite(text.p, 1, from + strlen(begin_mark), f);
		fputc('\n', f);
		fwrite(b->report.p, 1, b->report.n, f);
		fputc('\n', f);
		fwrite(text.p + to, 1, text.n - to, f);
		ok = fclose(f) == 0;
	}
	if (!ok) {
		fprintf(stderr, "bench: %s has no markers, or cannot be written\n", path);
	}
	buf_release(&text);
	return ok;
}
