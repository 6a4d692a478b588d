/* The figures of docs/performance.md: each row with its reference in the same round, medians of several rounds, CPU per
 * request beside each rate.
 *
 *   bench [--rounds N] [--clocks N] [--dir FOLDER] [--write FILE] [submit] [page] [life] [memory] [town] [calendar]
 *         [outbox] [letter] [statistics] [turned] [recount] [board] [bulk]
 *
 * Without a name all rows are measured. `recount` makes so many clocks first (1 million), which takes a minute or
 * two. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "figures.h"

static void usage(void)
{
	fprintf(stderr, "usage: bench [--rounds N] [--clocks N] [--dir FOLDER] [--write FILE] [submit] [page] [life] "
	                "[memory] [town] [calendar] [outbox] [letter] [statistics] [turned] [recount] [board] [bulk]\n");
	exit(2);
}

int main(int argc, char **argv)
{
	struct bench b;
	char self[300];
	bool has_name = false;
	const char *tmp = getenv("TMPDIR"), *write_to = NULL, *base = NULL;
	b = (struct bench){.rounds = 5, .clocks = 1000000};
	for (int i = 1; i < argc; i++) {
		const struct figure *f = figures;
		while (f->name && strcmp(f->name, argv[i]) != 0) {
			f++;
		}
		if (f->name) {
			b.is_wanted[f - figures] = has_name = true;
		} else if (i + 1 < argc && strcmp(argv[i], "--rounds") == 0) {
			b.rounds = (int)strtol(argv[++i], NULL, 10);
		} else if (i + 1 < argc && strcmp(argv[i], "--clocks") == 0) {
			b.clocks = (int)strtol(argv[++i], NULL, 10);
		} else if (i + 1 < argc && strcmp(argv[i], "--dir") == 0) {
			base = argv[++i];
		} else if (i + 1 < argc && strcmp(argv[i], "--write") == 0) {
			write_to = argv[++i];
		} else {
			usage();
		}
	}
	if (b.rounds < 1 || b.rounds > ROUNDS_MAX || b.clocks < 1) {
		usage();
	}
	/* build/MODE/bench/bench measures build/MODE/cityhall. */
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(self, '/');
		*(slash ? slash : self) = '\0';
	}
	snprintf(b.program, sizeof b.program, "%.300s/cityhall", self);
	snprintf(b.dir, sizeof b.dir, "%.200s/cityhall-bench-XXXXXX", base ? base : tmp ? tmp : "/var/tmp");
	if (access(b.program, X_OK) != 0 || mkdtemp(b.dir) == NULL) {
		fprintf(stderr, "bench: %s and a folder in %s are needed: %s\n", b.program, b.dir, strerror(errno));
		return 1;
	}
	buf_init(&b.report, 1 << 20);
	bench_begin(&b);
	for (const struct figure *f = figures; f->name; f++) {
		if (!has_name || b.is_wanted[f - figures]) {
			f->measure(&b);
		}
	}
	bench_end(&b);
	bool is_written = write_to == NULL || bench_write(&b, write_to, "make bench");
	buf_release(&b.report);
	return is_written && b.missed == 0 ? 0 : 1;
}
