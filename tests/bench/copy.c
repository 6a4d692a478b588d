/* The time a town takes from SQLite to PostgreSQL and back: build/release/bench/copy PROGRAM CASES..., with
 * CITYHALL_TEST_PG in the environment (tests/pg.sh). Each size is a demonstration city with so many small submitted
 * cases, made by the rooms' own jobs, one applicant for ten cases. Prints a line a copy: seconds, rows a second, the
 * copying process's CPU time and its most memory. KEEP=folder keeps the seeded folders there, and takes them when they
 * are there. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <postgresql/libpq-fe.h>

#include "seed.h"

static const char *program;

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Runs it with its output in `out`; ends the process when it fails. */
static void run(const char *const argv[], FILE *out, struct rusage *used)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(fileno(out), 1);
		dup2(fileno(out), 2);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, used) != pid || status != 0) {
		char line[400];
		rewind(out);
		while (fgets(line, sizeof line, out)) {
			fputs(line, stderr);
		}
		fprintf(stderr, "copy: %s %s failed\n", argv[0], argv[1]);
		exit(1);
	}
}

static void seed(const char *dir, size_t cases)
{
	char data[4200];
	struct rusage used;
	FILE *out = tmpfile();
	snprintf(data, sizeof data, "--data=%s", dir);
	const char *init[] = {program, "init", "--demo", data, NULL};
	run(init, out, &used);
	fclose(out);
	struct seed *s = calloc(1, sizeof *s);
	seed_open(s, dir);
	seed_make_small(s);
	seed_firms(s, cases / 10 + 1);
	seed_cases(s, cases);
	seed_free(s);
	free(s);
}

static void copy(const char *what, size_t cases, const char *keys, const char *from, const char *to)
{
	char data[4200], line[400];
	struct rusage used;
	long long rows = 0;
	FILE *out = tmpfile();
	snprintf(data, sizeof data, "--data=%s", keys);
	const char *argv[] = {program, "store", "copy", from, to, "--notice=0", data, NULL};
	double began = now_s();
	run(argv, out, &used);
	double took = now_s() - began;
	rewind(out);
	while (fgets(line, sizeof line, out)) {
		if (strstr(line, " rows in ")) {
			rows = atoll(line);
		}
		if (getenv("VERBOSE")) {
			fputs(line, stdout);
		}
	}
	fclose(out);
	printf("%-22s %8zu cases %9lld rows %7.1f s %8.0f rows/s  CPU %6.1f s  memory %4ld MiB\n", what, cases, rows, took,
	       (double)rows / took, seconds_of(used.ru_utime) + seconds_of(used.ru_stime), used.ru_maxrss / 1024);
	fflush(stdout);
}

static void pg_do(const char *url, const char *sql)
{
	PGconn *c = PQconnectdb(url);
	PGresult *r = PQexec(c, sql);
	if (PQresultStatus(r) != PGRES_COMMAND_OK) {
		fprintf(stderr, "copy: %s: %s\n", sql, PQerrorMessage(c));
		exit(1);
	}
	PQclear(r);
	PQfinish(c);
}

static void measure(const char *server, const char *keep, const char *scratch, size_t cases)
{
	char seeded[4096], from[4096], back[4096], sql[100], url[4096], command[9000];
	snprintf(seeded, sizeof seeded, "%s/town-%zu", keep, cases);
	snprintf(from, sizeof from, "%s/from-%zu", scratch, cases);
	snprintf(back, sizeof back, "%s/back-%zu", scratch, cases);
	if (access(seeded, F_OK) != 0) {
		double began = now_s();
		seed(seeded, cases);
		printf("%zu cases made in %.1f s\n", cases, now_s() - began);
		fflush(stdout);
	}
	/* A database and a folder of its own for each size; the seeded one stays as it is. */
	snprintf(sql, sizeof sql, "create database copy_%zu", cases);
	pg_do(server, sql);
	snprintf(url, sizeof url, "postgresql://cityhall@/copy_%zu?%s", cases, strchr(server, '?') + 1);
	snprintf(command, sizeof command, "cp -r '%s' '%s'", seeded, from);
	if (system(command) != 0) { /* NOLINT: our own paths */
		exit(1);
	}
	copy("SQLite to PostgreSQL", cases, from, from, url);
	copy("PostgreSQL to SQLite", cases, from, url, back);
	snprintf(sql, sizeof sql, "drop database copy_%zu", cases);
	pg_do(server, sql);
	snprintf(command, sizeof command, "rm -rf '%s' '%s'", from, back);
	if (system(command) != 0) { /* NOLINT: our own paths */
		exit(1);
	}
}

int main(int argc, char **argv)
{
	char scratch[] = "/tmp/cityhall-copy-XXXXXX", server[1000], command[100];
	const char *given = getenv("CITYHALL_TEST_PG"), *keep = getenv("KEEP");
	if (argc < 3 || given == NULL || mkdtemp(scratch) == NULL) {
		fputs("usage: tests/pg.sh build/release/bench/copy PROGRAM CASES...\n", stderr);
		return 2;
	}
	snprintf(server, sizeof server, "%s", given);
	unsetenv("CITYHALL_TEST_PG"); /* the program takes no word of its own that it does not know */
	program = argv[1];
	for (int i = 2; i < argc; i++) {
		measure(server, keep ? keep : scratch, scratch, strtoul(argv[i], NULL, 10));
	}
	snprintf(command, sizeof command, "rm -rf '%s'", scratch);
	return system(command) == 0 ? 0 : 1; /* NOLINT: our own path */
}
