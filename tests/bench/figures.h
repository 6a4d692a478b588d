/* One bench run: its folder, its cities, the report as it grows. A figure measures and appends its lines. */
#ifndef CITYHALL_TESTS_BENCH_FIGURES_H
#define CITYHALL_TESTS_BENCH_FIGURES_H

#include "bare.h"
#include "host.h"
#include "load.h"

enum { ROUNDS_MAX = 31, FIGURES_MAX = 16 };

struct bench {
	int rounds;
	int clocks;    /* that are counted anew: figure_clocks.c */
	size_t drafts; /* that bench_begin makes; 0: as many as submissions need */
	char program[400], dir[300];
	bool is_wanted[FIGURES_MAX];
	struct seed seed;  /* of the city that the others are copies of */
	struct buf report; /* Markdown */
	double syncs[ROUNDS_MAX * 4];
	int sync_n;
	int missed; /* figures below what they are to reach */
};

struct figure {
	const char *name;
	void (*measure)(struct bench *b);
};
extern const struct figure figures[]; /* ended by name NULL */

void measure_submissions(struct bench *b);
void measure_page(struct bench *b);
void measure_lives(struct bench *b);
void measure_memory(struct bench *b);
void measure_town(struct bench *b);
void measure_calendar(struct bench *b);
void measure_outbox(struct bench *b);
void measure_letter(struct bench *b);
void measure_statistics(struct bench *b);
void measure_turned(struct bench *b);
void measure_recount(struct bench *b);
void measure_board(struct bench *b);
void measure_bulk(struct bench *b);

/* Seeds the city `seed` that figures copy. */
void bench_begin(struct bench *b);
void bench_end(struct bench *b);
/* When, on what and under which load it was measured: the report's first lines. */
void bench_describe(struct bench *b);
/* Puts the report between the markers that name its command (`make bench`) in a file; false: it has none. */
bool bench_write(struct bench *b, const char *path, const char *command);
/* Samples the disk. */
void bench_sync_rate(struct bench *b);
/* A copy of the seeded city under another name; writes its path. */
void bench_copy(struct bench *b, const char *name, char path[400]);
/* To the report and to standard output. */
void bench_say(struct bench *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What was reached against what is to be reached; counts what is missed. */
const char *bench_verdict(struct bench *b, bool is_reached);

/* So many lives of cases, from that draft of the seeded city on: figure_life.c. */
enum { LIVES_WARM = 256 };
struct life_sample {
	double rate, cpu_us, again, p99_ms;
};
struct life_sample bench_lives(struct bench *b, const struct served *s, size_t first, size_t n);

/* A request kept until the end of the run. */
struct str bench_keep(struct buf *request);

/* Drafts of the seeded city, handed out in order; ends the run when there are no more. */
enum {
	SUBMISSIONS = 4000,        /* a measurement, group commit and reference */
	SUBMISSIONS_SINGLE = 1000, /* a measurement, one commit each */
	LIVES = 1500,
	STORED_CASES = 100000,
};

#endif
