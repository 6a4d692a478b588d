/* Each allocation, write, fsync and SQL step fails in turn (needs MODE=fault).
 *
 * A child process runs a fixed scenario with FAULT=kind:n: open the store, submit with uploads from two threads, relay,
 * seal, close. It says on standard output what was acknowledged. It may end well (0), with an error that it says (1),
 * or, when an fsync failed, as documented without answering (EX_IOERR); never by a signal, with a leak, or not at all.
 * A second child then opens the folder without faults: all that was acknowledged is there once, the seals verify.
 *
 * `fault_test n` tries at most n points of each kind, spread evenly; without n all. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "fault/disk.h"
#include "fault/submission.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef CITYHALL_FAULT
#error "this test is for MODE=fault"
#endif

enum { SUBMISSIONS = 12, CHILD_S = 60, SANITIZER_EXIT = 99 };
#define DRAIN_US INT64_C(20000000)

/* --- The child -----------------------------------------------------------------------------------------------------
 */

struct half {
	struct city *city;
	uint32_t from;
	bool failed;
};

static void say(const char *word, uint64_t n)
{
	char line[64];
	int length = snprintf(line, sizeof line, "%s %llu\n", word, (unsigned long long)n);
	must(write(1, line, (size_t)length) == length);
}

static void *submit_half(void *arg)
{
	struct half *h = arg;
	for (uint32_t number = h->from; number < SUBMISSIONS; number += 2) {
		struct err e;
		if (city_submit(h->city, number, NULL, &e)) {
			say("ack", number);
		} else {
			fprintf(stderr, "submission %u: %s\n", number, e.text);
			h->failed = true;
		}
	}
	return NULL;
}

static bool scenario(const char *dir)
{
	struct city city;
	struct err e;
	bool ok = true;
	disk_vfs_register(NULL, "faulty");
	if (!city_open(&city, &(struct city_options){.dir = dir, .vfs = "faulty", .has_relay = true}, &e)) {
		fprintf(stderr, "open: %s\n", e.text);
		city_close(&city);
		disk_vfs_unregister(NULL);
		return false;
	}
	struct half halves[2] = {{&city, 0, false}, {&city, 1, false}};
	pthread_t other;
	must(pthread_create(&other, NULL, submit_half, &halves[1]) == 0);
	submit_half(&halves[0]);
	pthread_join(other, NULL);
	ok = !halves[0].failed && !halves[1].failed;
	if (!relay_drain(city.relay, DRAIN_US)) {
		fprintf(stderr, "the relay did not come to its end\n");
		ok = false;
	}
	if (!sealer_seal(city.sealer, &e)) {
		fprintf(stderr, "seal: %s\n", e.text);
		ok = false;
	}
	city_close(&city);
	disk_vfs_unregister(NULL);
	return ok;
}

static int run_child(const char *dir)
{
	alarm(CHILD_S);
	bool ok = scenario(dir);
	for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
		static const char *const names[] = {
#define X(kind_, name) [kind_] = name,
			FAULT_KINDS(X)
#undef X
		};
		say(names[kind], fault_seen((enum fault_kind)kind));
	}
	return ok ? 0 : 1;
}

/* Reads "ack n" lines from standard input. */
static int check_child(const char *dir)
{
	bool is_acked[SUBMISSIONS] = {false};
	char line[64];
	alarm(CHILD_S);
	while (fgets(line, sizeof line, stdin)) {
		struct str word, rest;
		uint64_t n;
		if (str_cut(str_trim(str_of(line)), ' ', &word, &rest) && str_is(word, "ack") && str_to_u64(rest, &n) &&
		    n < SUBMISSIONS) {
			is_acked[n] = true;
		}
	}
	struct city city;
	struct err e;
	uint32_t found;
	bool ok = city_open(&city, &(struct city_options){.dir = dir, .has_relay = true}, &e) &&
	          city_check(&city, is_acked, SUBMISSIONS, &found, &e);
	/* All of it once more: what was done is a replay, what failed is done now. */
	for (uint32_t i = 0; ok && i < SUBMISSIONS; i++) {
		bool is_replay = false;
		ok = city_submit(&city, i, &is_replay, &e) &&
		     (is_replay || !is_acked[i] || err_set(&e, ERR_CORRUPT, "submission %u was forgotten", i));
		is_acked[i] = true;
	}
	ok = ok && city_check(&city, is_acked, SUBMISSIONS, &found, &e) && city_check_history(&city, SUBMISSIONS, &e);
	if (!ok) {
		fprintf(stderr, "afterwards: %s\n", e.text);
	}
	city_close(&city);
	return ok ? 0 : 1;
}

/* --- The driver ----------------------------------------------------------------------------------------------------
 */

static char base[200];

static void remove_tree(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	while (d && (entry = readdir(d)) != NULL) {
		if (str_is(str_of(entry->d_name), ".") || str_is(str_of(entry->d_name), "..")) {
			continue;
		}
		char *path = file_path(str_of(dir), str_of(entry->d_name));
		if (unlink(path) != 0) {
			remove_tree(path);
		}
		mem_free(path);
	}
	if (d) {
		closedir(d);
	}
	rmdir(dir);
}

struct paths {
	char dir[300], out[300], errors[300];
};

static struct paths paths_of(int slot)
{
	struct paths p;
	snprintf(p.dir, sizeof p.dir, "%s/%d", base, slot);
	snprintf(p.out, sizeof p.out, "%s/%d.out", base, slot);
	snprintf(p.errors, sizeof p.errors, "%s/%d.err", base, slot);
	return p;
}

static void redirect(const char *path, int fd, int flags)
{
	int file = open(path, flags | O_CLOEXEC, 0600);
	must(file >= 0 && dup2(file, fd) == fd);
}

static pid_t start(const struct paths *p, const char *what, const char *fault)
{
	pid_t pid = fork();
	must(pid >= 0);
	if (pid > 0) {
		return pid;
	}
	bool is_check = fault == NULL;
	redirect(is_check ? p->out : "/dev/null", 0, O_RDONLY);
	redirect(is_check ? "/dev/null" : p->out, 1, O_WRONLY | O_CREAT | O_TRUNC);
	redirect(p->errors, 2, O_WRONLY | O_CREAT | (is_check ? O_APPEND : O_TRUNC));
	if (fault) {
		setenv("FAULT", fault, 1);
	} else {
		unsetenv("FAULT");
	}
	char exit_code[64];
	snprintf(exit_code, sizeof exit_code, "exitcode=%d", SANITIZER_EXIT);
	setenv("ASAN_OPTIONS", exit_code, 1);
	setenv("LSAN_OPTIONS", exit_code, 1);
	execl("/proc/self/exe", "fault_test", what, p->dir, (char *)NULL);
	_exit(127);
}

static int wait_for(pid_t pid)
{
	int status;
	must(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void show(const char *path)
{
	struct buf b;
	struct err e;
	buf_init(&b, 1 << 20);
	if (file_read_whole(path, &b, &e)) {
		fwrite(b.p, 1, b.n, stderr);
	}
	buf_release(&b);
}

/* How many of a kind the run asked for. */
static uint64_t asked_in(const char *path, const char *kind)
{
	struct buf b;
	struct err e;
	uint64_t n = 0;
	buf_init(&b, 1 << 20);
	must(file_read_whole(path, &b, &e));
	struct str rest = buf_str(&b), line, word, number;
	while (str_next(&rest, '\n', &line)) {
		if (str_cut(line, ' ', &word, &number) && str_is(word, kind)) {
			str_to_u64(number, &n);
		}
	}
	buf_release(&b);
	return n;
}

static bool try_one(int slot, const char *fault, int *code)
{
	struct paths p = paths_of(slot);
	must(mkdir(p.dir, 0700) == 0);
	*code = wait_for(start(&p, "run", fault));
	bool is_fsync = strncmp(fault, "fsync:", 6) == 0;
	bool ok = *code == 0 || *code == 1 || (is_fsync && *code == EX_IOERR);
	if (!ok) {
		fprintf(stderr, "FAULT=%s: the process ended with %s %d\n", fault, *code < 0 ? "signal" : "code",
		        *code < 0 ? -*code : *code);
	} else {
		int after = wait_for(start(&p, "check", NULL));
		ok = after == 0;
		if (!ok) {
			fprintf(stderr, "FAULT=%s (code %d): the store is not right afterwards (%d)\n", fault, *code, after);
		}
	}
	if (!ok) {
		show(p.errors);
	}
	remove_tree(p.dir);
	return ok;
}

static bool try_kind(const char *kind, uint64_t most, uint64_t *tried, uint64_t *failed)
{
	char fault[64];
	int code;
	snprintf(fault, sizeof fault, "%s:0", kind);
	bool ok = try_one(0, fault, &code);
	uint64_t all = asked_in(paths_of(0).out, kind);
	if (!ok || code != 0 || all == 0) {
		fprintf(stderr, "without a fault the scenario must end well and ask for some %s\n", kind);
		return false;
	}
	/* The threads make the number differ from run to run: some more, so that the last ones are met too. */
	uint64_t last = all + all / 10 + 2;
	uint64_t points = most && most < last ? most : last;
	uint64_t bad = 0, said = 0, ended = 0;
	for (uint64_t i = 0; i < points; i++) {
		uint64_t n = 1 + i * last / points;
		snprintf(fault, sizeof fault, "%s:%llu", kind, (unsigned long long)n);
		bad += !try_one(0, fault, &code);
		said += code == 1;
		ended += code == EX_IOERR;
	}
	printf("%s: %llu in a run, %llu tried: %llu errors said, %llu ended as documented, %llu wrong\n", kind,
	       (unsigned long long)all, (unsigned long long)points, (unsigned long long)said, (unsigned long long)ended,
	       (unsigned long long)bad);
	fflush(stdout);
	*tried += points;
	*failed += bad;
	return bad == 0;
}

static int drive(uint64_t most)
{
	static const char *const kinds[] = {
#define X(kind, name) name,
		FAULT_KINDS(X)
#undef X
	};
	const char *tmp = getenv("TMPDIR");
	uint64_t tried = 0, failed = 0;
	bool ok = true;
	if (!tmp) {
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	}
	snprintf(base, sizeof base, "%s/cityhall-fault-XXXXXX", tmp);
	must(mkdtemp(base) != NULL);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		ok = try_kind(kinds[i], most, &tried, &failed) && ok;
	}
	remove_tree(base);
	printf("%llu passed, %llu failed\n", (unsigned long long)(tried - failed),
	       (unsigned long long)(failed + (!ok && failed == 0)));
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "run") == 0) {
		log_open(2, LOG_WARN);
		return run_child(argv[2]);
	}
	if (argc == 3 && strcmp(argv[1], "check") == 0) {
		log_open(2, LOG_WARN);
		return check_child(argv[2]);
	}
	uint64_t most = 0;
	if (argc > 2 || (argc == 2 && !str_to_u64(str_of(argv[1]), &most))) {
		fprintf(stderr, "fault_test [POINTS OF EACH KIND]\n");
		return EX_USAGE;
	}
	return drive(most);
}
