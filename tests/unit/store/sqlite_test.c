#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "base/fault.h"
#include "fixture.h"
#include "tests/sample.sql.c" /* NOLINT: the generated calls of these tests */

/* A room with a deferred key, which sqlgen cannot declare: the error that only COMMIT finds. */
static const struct store_table loose_tables[] = {
	{"loose", "", NULL, 0, "loose\n",
     "create table loose_parent (id integer primary key) strict;"
     "create table loose (party integer not null, id integer not null,"
     " parent integer references loose_parent (id) deferrable initially deferred, primary key (party, id)) strict;",
     ""},
};
static const struct store_statement loose_statements[] = {
	{.name = "loose_add",
     .sqlite = "insert into loose (party, id, parent) values (?1, ?2, ?3)",
     .kind = STORE_EXEC,
     .rows = 1,
     .params = 3,
     .route = 1,
     .is_write = true,
     .is_root = true},
};
static const struct store_schema loose_schema = {"loose", loose_tables, 1, loose_statements, 1};
static const struct store_schema *const sample_and_loose[] = {&sample_schema, &loose_schema, NULL};

static bool add_orphan(struct tx *tx, void *ctx, struct err *e)
{
	struct account_row *row = ctx;
	struct tx_query q;
	tx_open(&q, tx, &loose_statements[0]);
	tx_bind_i64(&q, 1, row->party);
	tx_bind_i64(&q, 2, row->id);
	tx_bind_i64(&q, 3, 12345);
	return tx_exec(&q, NULL, e) && add_account(tx, ctx, e);
}

static struct sqlite *engine_of(struct fixture *f)
{
	return f->store->state;
}

/* The store is opened by the child: threads do not come along with a fork. What the child says comes back as text. */
static int in_child(struct fixture *f, int (*body)(struct fixture *f), char *said, size_t room)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		int code = body(f);
		_exit(code);
	}
	close(ends[1]);
	size_t n = 0;
	ssize_t got = 1;
	char rest[512];
	while (got > 0) {
		got = n < room - 1 ? read(ends[0], said + n, room - 1 - n) : read(ends[0], rest, sizeof rest);
		n += n < room - 1 && got > 0 ? (size_t)got : 0;
	}
	said[n] = '\0';
	close(ends[0]);
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

#define assert_says(said, words)                                     \
	do {                                                             \
		if (strstr((said), (words)) == NULL) {                       \
			fail_msg("\"%s\" does not say \"%s\"", (said), (words)); \
		}                                                            \
	} while (0)

/* --- One bad job
 * -------------------------------------------------------------------------------------------------------- */

/* Set while a statement of the slow job runs: only then it is interrupted, so that the fault is surely its own. */
struct slow {
	int64_t party;
	sqlite3 *db;
	atomic_bool is_in_statement, is_over;
	atomic_int runs;
};

static void *interrupt_it(void *ctx)
{
	struct slow *s = ctx;
	while (!atomic_load(&s->is_over)) {
		if (atomic_load(&s->is_in_statement)) {
			sqlite3_interrupt(s->db);
		}
		sched_yield();
	}
	return NULL;
}

static bool write_slowly(struct tx *tx, void *ctx, struct err *e)
{
	struct slow *s = ctx;
	struct account_touch_in touch = {.party = s->party, .id = 1, .version = 1, .by = 5000};
	if (!account_touch(tx, &touch, e)) {
		return false;
	}
	atomic_fetch_add(&s->runs, 1);
	struct child_slow_in in = {.party = s->party};
	int64_t rows;
	atomic_store(&s->is_in_statement, true);
	bool is_good = child_slow(tx, &in, &rows, e);
	atomic_store(&s->is_in_statement, false);
	return is_good;
}

struct child_row {
	int64_t account, id;
};

static bool add_children(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	struct account_add_in account = {.party = tx_route(tx), .id = 1, .sum = 100, .note = STR("with children")};
	if (!account_add(tx, &account, e)) {
		return false;
	}
	for (int i = 1; i <= 300; i++) {
		struct child_add_in in = {.party = tx_route(tx), .account = 1, .id = i, .value = i};
		if (!child_add(tx, &in, e)) {
			return false;
		}
	}
	return true;
}

static bool add_to_nobody(struct tx *tx, void *ctx, struct err *e)
{
	struct child_add_in in = {.party = tx_route(tx), .account = 404, .id = 1, .value = 1};
	return add_account(tx, ctx, e) && child_add(tx, &in, e);
}

static bool add_and_refuse(struct tx *tx, void *ctx, struct err *e)
{
	return add_account(tx, ctx, e) && err_set(e, ERR_INVALID, "refused");
}

enum { GOOD = 0, DUPLICATE, ORPHAN_NOW, ORPHAN_AT_COMMIT, INTERRUPTED, REFUSED, TOO_BIG, KINDS };

/* Every second job of the batch is good; `bad` lists the others. */
static void run_mixed_batch(struct fixture *f, const int *bad, int n)
{
	static char big[3 << 20];
	memset(big, 'b', sizeof big);
	enum { MOST = 40 };
	struct account_row rows[MOST];
	struct call calls[MOST];
	struct slow slow = {.party = 900, .db = engine_of(f)->writer.db};
	char notes[MOST][16];
	static const enum err_code codes[KINDS] = {
		[DUPLICATE] = ERR_CONFLICT, [ORPHAN_NOW] = ERR_INTERNAL, [ORPHAN_AT_COMMIT] = ERR_INTERNAL,
		[INTERRUPTED] = ERR_BUSY,   [REFUSED] = ERR_INVALID,     [TOO_BIG] = ERR_DISK_FULL};
	struct store_op op = {.route = slow.party};
	assert_ok(f, store_write(f->store, &op, add_children, NULL, &f->e));
	assert_ok(f, write_account(f, 800, 1, STR("there already")));
	pthread_t interrupter;
	assert_int_equal(pthread_create(&interrupter, NULL, interrupt_it, &slow), 0);
	struct gate g;
	gate_close(&g, f->store);
	int total = 2 * n + 1;
	for (int i = 0; i < total; i++) {
		int kind = i % 2 ? bad[i / 2] : GOOD;
		snprintf(notes[i], sizeof notes[i], "n%d", i);
		rows[i] = (struct account_row){kind == GOOD ? 700 : 800 + i, i + 1, 100, str_of(notes[i])};
		store_job *job = add_account;
		void *ctx = &rows[i];
		if (kind == DUPLICATE) {
			rows[i].party = 800;
			rows[i].id = 1;
		} else if (kind == ORPHAN_NOW) {
			job = add_to_nobody;
		} else if (kind == ORPHAN_AT_COMMIT) {
			job = add_orphan;
		} else if (kind == INTERRUPTED) {
			job = write_slowly;
			ctx = &slow;
			rows[i].party = slow.party;
		} else if (kind == REFUSED) {
			job = add_and_refuse;
		} else if (kind == TOO_BIG) {
			rows[i].note = str_from(big, sizeof big);
		}
		calls[i] = (struct call){.store = f->store,
		                         .op = {.route = rows[i].party, .id = {(uint8_t)(i + 1), 1}, .digest = {7}},
		                         .job = job,
		                         .ctx = ctx};
		call_start(&calls[i]);
		wait_until_queued(f->store, i + 1); /* in this order */
	}
	gate_open(&g);
	for (int i = 0; i < total; i++) {
		call_end(&calls[i]);
		int kind = i % 2 ? bad[i / 2] : GOOD;
		if (calls[i].is_ok != (kind == GOOD)) {
			fail_msg("job %d of kind %d: %s", i, kind, calls[i].is_ok ? "went through" : calls[i].e.text);
		}
		if (kind != GOOD) {
			assert_int_equal(calls[i].e.code, codes[kind]);
			struct account_seen seen = {.party = rows[i].party, .id = rows[i].id};
			assert_ok(f, store_read(f->store, 0, &f->arena, see_account, &seen, &f->e));
			assert_int_equal(seen.out.found, kind == DUPLICATE);
		} else {
			assert_int_equal(calls[i].op.result[0], i + 1);
		}
	}
	atomic_store(&slow.is_over, true);
	pthread_join(interrupter, NULL);
	assert_int_equal(accounts_of(f, 700), n + 1);
	struct account_seen root = {.party = slow.party, .id = 1};
	assert_ok(f, store_read(f->store, 0, &f->arena, see_account, &root, &f->e));
	assert_int_equal(root.out.sum, 100);
	assert_ok(f, store_check(f->store, &f->e));
	/* And the writer goes on as before. */
	assert_ok(f, write_account(f, 701, 1, STR("after")));
}

static void a_batch_with_bad_jobs(struct fixture *f, const int *bad, int n)
{
	f->options.schemas = sample_and_loose;
	fixture_open(f);
	run_mixed_batch(f, bad, n);
}

static void a_broken_constraint_spoils_no_other_job_of_the_batch(void **state)
{
	a_batch_with_bad_jobs(*state, (const int[]){DUPLICATE, REFUSED, ORPHAN_NOW}, 3);
}

static void an_interrupted_job_spoils_no_other_job_of_the_batch(void **state)
{
	a_batch_with_bad_jobs(*state, (const int[]){INTERRUPTED}, 1);
}

static void a_deferred_key_that_breaks_the_commit_spoils_no_other_job_of_the_batch(void **state)
{
	a_batch_with_bad_jobs(*state, (const int[]){ORPHAN_AT_COMMIT, ORPHAN_AT_COMMIT}, 2);
}

static void a_job_that_fills_the_disk_spoils_no_other_job_of_the_batch(void **state)
{
	struct fixture *f = *state;
	f->options.schemas = sample_and_loose;
	fixture_open(f);
	assert_ok(f, conn_exec(&engine_of(f)->writer, "test", "pragma max_page_count = 300", &f->e));
	run_mixed_batch(f, (const int[]){TOO_BIG}, 1);
}

static void all_kinds_of_bad_jobs_in_one_batch_spoil_only_themselves(void **state)
{
	struct fixture *f = *state;
	f->options.schemas = sample_and_loose;
	fixture_open(f);
	assert_ok(f, conn_exec(&engine_of(f)->writer, "test", "pragma max_page_count = 300", &f->e));
	run_mixed_batch(f, (const int[]){DUPLICATE, ORPHAN_AT_COMMIT, INTERRUPTED, REFUSED, TOO_BIG, ORPHAN_NOW, DUPLICATE},
	                7);
}

static void a_batch_is_one_commit(void **state)
{
	enum { JOBS = 50 };
	struct fixture *f = *state;
	struct store_counters before, after;
	struct account_row rows[JOBS];
	struct call calls[JOBS];
	char notes[JOBS][16];
	struct gate g;
	store_count(f->store, &before);
	gate_close(&g, f->store);
	for (int i = 0; i < JOBS; i++) {
		snprintf(notes[i], sizeof notes[i], "n%d", i);
		rows[i] = (struct account_row){5, i + 1, 100, str_of(notes[i])};
		calls[i] = (struct call){.store = f->store, .op = {.route = 5}, .job = add_account, .ctx = &rows[i]};
		call_start(&calls[i]);
	}
	wait_until_queued(f->store, JOBS);
	gate_open(&g);
	for (int i = 0; i < JOBS; i++) {
		call_end(&calls[i]);
		assert_true(calls[i].is_ok);
	}
	store_count(f->store, &after);
	assert_int_equal(after.writes - before.writes, JOBS + 1);
	assert_int_equal(after.batches - before.batches, 1);
}

/* --- kill -9
 * ------------------------------------------------------------------------------------------------------------ */

enum { KILL_THREADS = 8, KILL_CHILDREN = 3 };

struct killed_writer {
	struct fixture *f;
	int64_t party;
	int64_t first_id;
};

static bool add_family(struct tx *tx, void *ctx, struct err *e)
{
	const int64_t *row = ctx;
	struct account_add_in account = {.party = row[0], .id = row[1], .sum = 1};
	char note[32];
	snprintf(note, sizeof note, "%lld", (long long)row[1]);
	account.note = str_of(note);
	if (!account_add(tx, &account, e)) {
		return false;
	}
	for (int i = 0; i < KILL_CHILDREN; i++) {
		struct child_add_in child = {.party = row[0], .account = row[1], .id = i + 1, .value = i};
		if (!child_add(tx, &child, e)) {
			return false;
		}
	}
	return true;
}

static void *write_until_killed(void *arg)
{
	struct killed_writer *k = arg;
	for (int64_t id = k->first_id;; id++) {
		int64_t row[2] = {k->party, id};
		struct store_op op = {.route = k->party, .digest = {1}};
		memcpy(op.id, &id, sizeof id);
		op.id[15] = 1;
		struct err e;
		if (!store_write(k->f->store, &op, add_family, row, &e) ||
		    write(STDERR_FILENO, row, sizeof row) != sizeof row) {
			_exit(3);
		}
	}
}

/* Party and id of what was acknowledged go to the pipe; a record is written in one piece. */
static pid_t start_victim(struct fixture *f, int64_t first_id, int *from)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		if (!fixture_opens(f)) {
			_exit(4);
		}
		static struct killed_writer writers[KILL_THREADS];
		for (int i = 0; i < KILL_THREADS; i++) {
			pthread_t t;
			writers[i] = (struct killed_writer){f, i + 1, first_id};
			if (pthread_create(&t, NULL, write_until_killed, &writers[i]) != 0) {
				_exit(5);
			}
		}
		for (;;) {
			pause();
		}
	}
	close(ends[1]);
	*from = ends[0];
	return pid;
}

static bool count_children(struct tx *tx, void *ctx, struct err *e)
{
	int64_t *n = ctx;
	struct child_join_in in = {.party = tx_route(tx)};
	struct child_join_rows rows;
	struct child_join_out row;
	*n = 0;
	if (!child_join_open(tx, &in, &rows, e)) {
		return false;
	}
	while (child_join_next(&rows, &row)) {
		(*n)++;
	}
	return child_join_close(&rows, e);
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
	struct fixture *f = *state;
	struct prng random = seeded();
	enum { ROUNDS = 5, MOST = 20000 };
	static int64_t acknowledged[MOST][2];
	int n = 0;
	for (int round = 0; round < ROUNDS; round++) {
		int from;
		pid_t pid = start_victim(f, 1 + round * 1000000, &from);
		int until = n + 50 + (int)prng_below(&random, 400);
		bool is_killed = false;
		while (n < MOST && read(from, acknowledged[n], sizeof acknowledged[n]) == sizeof acknowledged[n]) {
			if (++n >= until && !is_killed) {
				assert_int_equal(kill(pid, SIGKILL), 0);
				is_killed = true;
			}
		}
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(is_killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		close(from);
		fixture_open(f);
		assert_ok(f, store_check(f->store, &f->e));
		for (int i = 0; i < n; i++) {
			struct account_seen seen = {.party = acknowledged[i][0], .id = acknowledged[i][1]};
			assert_ok(f, store_read(f->store, seen.party, &f->arena, see_account, &seen, &f->e));
			assert_true(seen.out.found);
			arena_reset(&f->arena);
		}
		for (int64_t party = 1; party <= KILL_THREADS; party++) {
			int64_t children;
			assert_ok(f, store_read(f->store, party, &f->arena, count_children, &children, &f->e));
			assert_int_equal(children, KILL_CHILDREN * accounts_of(f, party)); /* no half family */
			arena_reset(&f->arena);
		}
		/* Each can be asked for again and counts once. */
		int64_t last[2] = {acknowledged[n - 1][0], acknowledged[n - 1][1]};
		struct store_op op = {.route = last[0], .digest = {1}};
		memcpy(op.id, &last[1], sizeof last[1]);
		op.id[15] = 1;
		assert_ok(f, store_write(f->store, &op, add_family, last, &f->e));
		assert_true(op.is_replay);
		fixture_close(f);
	}
}

/* --- Disks that fail
 * ---------------------------------------------------------------------------------------------------- */

static sqlite3_vfs failing_vfs;
static sqlite3_io_methods failing_methods;
static const sqlite3_io_methods *real_methods;
static int (*real_open)(sqlite3_vfs *, const char *, sqlite3_file *, int, int *);
static atomic_bool is_sync_failing;

static int failing_sync(sqlite3_file *file, int flags)
{
	return atomic_load(&is_sync_failing) ? SQLITE_IOERR_FSYNC : real_methods->xSync(file, flags);
}

static int failing_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	int rc = real_open(vfs, name, file, flags, out_flags);
	if (rc == SQLITE_OK && (flags & SQLITE_OPEN_WAL)) {
		real_methods = file->pMethods;
		failing_methods = *real_methods;
		failing_methods.xSync = failing_sync;
		file->pMethods = &failing_methods;
	}
	return rc;
}

static int write_to_a_disk_that_does_not_confirm(struct fixture *f)
{
	failing_vfs = *sqlite3_vfs_find(NULL);
	real_open = failing_vfs.xOpen;
	failing_vfs.zName = "failing";
	failing_vfs.xOpen = failing_open;
	sqlite3_vfs_register(&failing_vfs, 0);
	f->options.vfs = "failing";
	if (!fixture_opens(f) || !write_account(f, 5, 1, STR("x"))) {
		return 1;
	}
	atomic_store(&is_sync_failing, true);
	bool is_answered = write_account(f, 5, 2, STR("y"));
	fprintf(stderr, "answered %d", is_answered);
	return 2;
}

static void a_failed_fsync_ends_the_process_unanswered(void **state)
{
	struct fixture *f = *state;
	char said[1024];
	int status = in_child(f, write_to_a_disk_that_does_not_confirm, said, sizeof said);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EX_IOERR);
	assert_says(said, "The disk did not confirm");
	assert_null(strstr(said, "answered"));
	fixture_open(f);
	assert_true(accounts_of(f, 5) >= 1);
}

static int fill(struct fixture *f, enum err_code *code, int *accepted, size_t bytes)
{
	static char text[100000];
	memset(text, 't', sizeof text);
	*accepted = 0;
	for (int i = 1; i <= 1000; i++) {
		snprintf(text, 16, "%010d", i);
		text[10] = 't';
		struct account_row row = {5, i, 100, str_from(text, bytes)};
		struct store_op op = {.route = 5, .id = {1, (uint8_t)i, (uint8_t)(i >> 8)}};
		if (!store_write(f->store, &op, add_account, &row, &f->e)) {
			*code = f->e.code;
			return i;
		}
		(*accepted)++;
	}
	return 0;
}

static int write_into_a_full_file_system(struct fixture *f)
{
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", f->dir, "tmpfs", 0, "size=4m,mode=700") != 0) {
		return 77;
	}
	char filler[300];
	snprintf(filler, sizeof filler, "%s/filler", f->dir);
	int fd = open(filler, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || posix_fallocate(fd, 0, 2 << 20) != 0 || !fixture_opens(f)) {
		return 1;
	}
	enum err_code code = ERR_NONE;
	int accepted;
	int failed = fill(f, &code, &accepted, 20000);
	if (failed == 0 || code != ERR_DISK_FULL) {
		fprintf(stderr, "failed %d code %d: %s", failed, code, f->e.text);
		return 2;
	}
	int64_t n = 0;
	if (!store_read(f->store, 5, &f->arena, count_accounts, &n, &f->e) || n != accepted) {
		return 3;
	}
	unlink(filler);
	close(fd);
	/* Room again: the same operation goes through, once. */
	static char text[20000];
	memset(text, 't', sizeof text);
	struct account_row row = {5, failed, 100, str_from(text, sizeof text)};
	struct store_op op = {.route = 5, .id = {1, (uint8_t)failed, (uint8_t)(failed >> 8)}};
	if (!store_write(f->store, &op, add_account, &row, &f->e) || op.is_replay) {
		fprintf(stderr, "%s", f->e.text);
		return 4;
	}
	if (!store_check(f->store, &f->e) || !store_read(f->store, 5, &f->arena, count_accounts, &n, &f->e)) {
		return 5;
	}
	store_close(f->store);
	return n == accepted + 1 ? 0 : 6;
}

static void a_full_disk_is_said_and_passes_when_there_is_room_again(void **state)
{
	struct fixture *f = *state;
	char said[1024];
	int status = in_child(f, write_into_a_full_file_system, said, sizeof said);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("needs the right to mount\n");
		skip();
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fail_msg("status %x: %s", (unsigned)status, said);
	}
}

static int write_beyond_the_file_size_limit(struct fixture *f)
{
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit limit, small;
	getrlimit(RLIMIT_FSIZE, &limit);
	if (!fixture_opens(f)) {
		return 1;
	}
	small = limit;
	small.rlim_cur = 400000;
	setrlimit(RLIMIT_FSIZE, &small);
	enum err_code code = ERR_NONE;
	int accepted;
	int failed = fill(f, &code, &accepted, 20000);
	setrlimit(RLIMIT_FSIZE, &limit);
	if (failed == 0 || code != ERR_UNKNOWN) {
		fprintf(stderr, "failed %d, code %d: %s", failed, code, f->e.text);
		return 2;
	}
	/* Unknown means: ask again with the same operation. */
	struct account_row row = {5, failed, 100, STR("again")};
	struct store_op op = {.route = 5, .id = {1, (uint8_t)failed, (uint8_t)(failed >> 8)}};
	int64_t n = 0;
	if (!store_write(f->store, &op, add_account, &row, &f->e) || !store_check(f->store, &f->e) ||
	    !store_read(f->store, 5, &f->arena, count_accounts, &n, &f->e)) {
		fprintf(stderr, "%s", f->e.text);
		return 3;
	}
	store_close(f->store);
	return n == accepted + 1 ? 0 : 4;
}

static void a_write_error_is_unknown_until_the_operation_is_sent_again(void **state)
{
	struct fixture *f = *state;
	char said[1024];
	int status = in_child(f, write_beyond_the_file_size_limit, said, sizeof said);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fail_msg("status %x: %s", (unsigned)status, said);
	}
}

/* --- Folders and files that cannot be used
 * ------------------------------------------------------------------------------ */

enum { NOBODY = 65534 };

static int open_as_nobody(struct fixture *f)
{
	if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
		return 1;
	}
	if (fixture_opens(f)) {
		return 2;
	}
	fprintf(stderr, "%s: %s", err_name(f->e.code), f->e.text);
	return 0;
}

static void expect_refusal(struct fixture *f, const char *words)
{
	char said[1024];
	int status = in_child(f, open_as_nobody, said, sizeof said);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_says(said, "config: opening the store");
	assert_says(said, words);
	assert_says(said, f->dir);
}

static void own(const char *path, mode_t mode)
{
	assert_int_equal(chmod(path, mode), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	}
}

static void path_in(const struct fixture *f, const char *name, char path[512])
{
	snprintf(path, 512, "%s/%s", f->dir, name);
}

static void wrong_permissions_are_said_with_file_and_reason(void **state)
{
	struct fixture *f = *state;
	char path[512];
	path_in(f, "cityhall.db", path);
	own(f->dir, 0500);
	expect_refusal(f, "no permission to write into the folder");
	own(f->dir, 0700);
	/* Made properly, then taken away. */
	fixture_open(f);
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	fixture_close(f);
	own(path, 0400);
	expect_refusal(f, "no permission to read and write");
	own(path, 0600);
	own(f->dir, 0500);
	expect_refusal(f, "no permission to write into the folder");
	own(f->dir, 0700);
	fixture_open(f);
	assert_int_equal(accounts_of(f, 5), 1);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(rmdir(f->dir), 0);
	assert_false(fixture_opens(f));
	assert_int_equal(f->e.code, ERR_CONFIG);
	assert_says(f->e.text, "is not there");
	int fd = open(f->dir, O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_false(fixture_opens(f));
	assert_int_equal(f->e.code, ERR_CONFIG);
	assert_says(f->e.text, "is no folder");
	unlink(f->dir);
}

static void a_folder_in_the_place_of_the_file_is_said(void **state)
{
	struct fixture *f = *state;
	char path[512];
	path_in(f, "cityhall.db", path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(fixture_opens(f));
	assert_int_equal(f->e.code, ERR_CONFIG);
	assert_says(f->e.text, "is no plain file");
	rmdir(path);
}

static void only_the_owner_can_read_the_files(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	static const char *const names[] = {"cityhall.db", "cityhall.db-wal", "cityhall.db-shm"};
	for (int i = 0; i < 3; i++) {
		char path[512];
		struct stat st;
		path_in(f, names[i], path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
}

static void put_bytes_at(const char *path, off_t at, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	char junk[4096];
	memset(junk, 0x5a, sizeof junk);
	for (size_t done = 0; done < n; done += sizeof junk) {
		assert_true(pwrite(fd, junk, sizeof junk, at + (off_t)done) == sizeof junk);
	}
	close(fd);
}

static void a_damaged_file_is_said_and_left_alone(void **state)
{
	struct fixture *f = *state;
	char path[512];
	path_in(f, "cityhall.db", path);
	put_bytes_at(path, 0, 8192);
	assert_false(fixture_opens(f));
	assert_int_equal(f->e.code, ERR_CORRUPT);
	assert_says(f->e.text, path);
	assert_says(f->e.text, "restore the last backup");
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8192);
}

static void damage_in_the_middle_is_found_by_the_check(void **state)
{
	struct fixture *f = *state;
	char path[512];
	path_in(f, "cityhall.db", path);
	fixture_open(f);
	for (int i = 1; i <= 300; i++) {
		char note[600];
		snprintf(note, sizeof note, "%0500d", i);
		assert_ok(f, write_account(f, 5, i, str_of(note)));
	}
	assert_ok(f, store_check(f->store, &f->e));
	fixture_close(f);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	put_bytes_at(path, (st.st_size / 2) & ~4095, 4096);
	if (fixture_opens(f)) {
		assert_false(store_check(f->store, &f->e));
	}
	assert_int_equal(f->e.code, ERR_CORRUPT);
	fixture_close(f);
	/* Half of the file is gone. */
	assert_int_equal(truncate(path, (st.st_size / 2) & ~4095), 0);
	if (fixture_opens(f)) {
		assert_false(store_check(f->store, &f->e));
	}
	assert_int_equal(f->e.code, ERR_CORRUPT);
}

static void a_database_of_another_program_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[512];
	sqlite3 *db;
	path_in(f, "cityhall.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "create table other (x)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_false(fixture_opens(f));
	assert_int_equal(f->e.code, ERR_CONFIG);
	assert_says(f->e.text, "another program");
}

static void a_newer_format_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[512];
	sqlite3 *db;
	path_in(f, "cityhall.db", path);
	fixture_open(f);
	fixture_close(f);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "pragma user_version = 2", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_false(fixture_opens(f));
	assert_int_equal(f->e.code, ERR_CONFIG);
	assert_says(f->e.text, "format 2");
}

static void new_tables_are_made_and_changed_ones_are_refused(void **state)
{
	struct fixture *f = *state;
	static const struct store_table first[] = {
		{"one", "", NULL, 0, "a int\nkey a\n", "create table one (a integer primary key) strict;", ""}};
	static const struct store_table second[] = {
		{"one", "", NULL, 0, "a int\nkey a\n", "create table one (a integer primary key) strict;", ""},
		{"two", "", NULL, 0, "b int\nkey b\n", "create table two (b integer primary key) strict;", ""}};
	static const struct store_table third[] = {
		{"one", "", NULL, 0, "a int\nc text\nkey a\n", "create table one (a integer primary key, c text) strict;", ""}};
	static const struct store_schema schemas[] = {{"room", first, 1, NULL, 0},
	                                              {"room", second, 2, NULL, 0},
	                                              {"room", third, 1, NULL, 0},
	                                              {"other", first, 1, NULL, 0}};
	const struct store_schema *list[] = {&schemas[0], NULL};
	f->options.schemas = list;
	fixture_open(f);
	fixture_close(f);
	list[0] = &schemas[1];
	fixture_open(f);
	bool has_it;
	assert_ok(f, conn_has_table(&engine_of(f)->checkpointer, "two", &has_it, &f->e));
	assert_true(has_it);
	fixture_close(f);
	list[0] = &schemas[2];
	assert_false(fixture_opens(f));
	assert_int_equal(f->e.code, ERR_CONFIG);
	assert_says(f->e.text, "table one of room room");
	assert_says(f->e.text, "c text");
	list[0] = &schemas[3];
	assert_false(fixture_opens(f));
	assert_says(f->e.text, "both have a table one");
}

/* --- Log and copies
 * ----------------------------------------------------------------------------------------------------- */

static void the_log_is_copied_into_the_file_while_serving(void **state)
{
	struct fixture *f = *state;
	static char text[40000];
	memset(text, 't', sizeof text);
	struct store_counters c = {0};
	int i = 0;
	/* Until the log was copied and begun anew, or far more was written than that takes. */
	uint64_t longest = 0;
	while ((c.checkpoints == 0 || c.wal_pages >= longest) && i < 3000) {
		snprintf(text, 16, "%010d", ++i);
		struct account_row row = {5, i, 100, str_from(text, sizeof text)};
		struct store_op op = {.route = 5};
		assert_ok(f, store_write(f->store, &op, add_account, &row, &f->e));
		longest = c.wal_pages > longest ? c.wal_pages : longest;
		store_count(f->store, &c);
		/* Who copies gets a moment, on a machine that is busy too. */
		if (longest >= CHECKPOINT_PAGES) {
			usleep(1000);
		}
	}
	assert_true(c.checkpoints > 0);
	assert_true(longest >= CHECKPOINT_PAGES);
	assert_true(i < 3000);
	fixture_close(f);
	char path[512];
	path_in(f, "cityhall.db-wal", path);
	assert_int_equal(access(path, F_OK), -1); /* a clean end leaves one file */
	fixture_open(f);
	assert_int_equal(accounts_of(f, 5), i);
}

struct writing {
	struct fixture *f;
	atomic_bool is_over;
	int written;
};

static void *keep_writing(void *arg)
{
	struct writing *w = arg;
	for (int64_t id = 1000; !atomic_load(&w->is_over) || id < 1010; id++) {
		int64_t row[2] = {6, id};
		struct store_op op = {.route = 6};
		struct err e;
		w->written += store_write(w->f->store, &op, add_family, row, &e);
	}
	return NULL;
}

static void a_copy_made_while_serving_is_whole(void **state)
{
	struct fixture *f = *state;
	for (int i = 1; i <= 100; i++) {
		char note[16];
		snprintf(note, sizeof note, "n%d", i);
		assert_ok(f, write_account(f, 5, i, str_of(note)));
	}
	struct fixture copy;
	fixture_folder(&copy);
	char path[512];
	path_in(&copy, "cityhall.db", path);
	struct writing w = {.f = f};
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, keep_writing, &w), 0);
	assert_ok(f, store_copy_to(f->store, str_of(path), &f->e));
	assert_false(store_copy_to(f->store, str_of(path), &f->e));
	assert_int_equal(f->e.code, ERR_CONFIG);
	assert_says(f->e.text, "is there already");
	atomic_store(&w.is_over, true);
	pthread_join(writer, NULL);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	fixture_open(&copy);
	assert_ok(&copy, store_check(copy.store, &copy.e));
	assert_int_equal(accounts_of(&copy, 5), 100);
	int64_t children;
	assert_ok(&copy, store_read(copy.store, 6, &copy.arena, count_children, &children, &copy.e));
	assert_int_equal(children, KILL_CHILDREN * accounts_of(&copy, 6));
	fixture_close(&copy);
	arena_release(&copy.arena);
	remove_folder(copy.dir);
}

static void a_copy_into_a_folder_that_is_not_there_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	char path[512];
	path_in(f, "nowhere/copy.db", path);
	assert_false(store_copy_to(f->store, str_of(path), &f->e));
	path_in(f, "nowhere/copy.db.part", path);
	assert_int_equal(access(path, F_OK), -1);
	assert_ok(f, write_account(f, 5, 1, STR("x")));
}

/* --- Faults on demand
 * --------------------------------------------------------------------------------------------------- */

#ifdef CITYHALL_FAULT
static void each_sql_step_may_fail_and_a_write_is_whole_or_absent(void **state)
{
	struct fixture *f = *state;
	bool was_reached = true;
	for (uint64_t n = 1; was_reached; n++) {
		int64_t row[2] = {5, (int64_t)n};
		struct store_op op = {.route = 5, .id = {(uint8_t)n, (uint8_t)(n >> 8), 1}};
		fault_arm(FAULT_SQL, n);
		bool is_ok = store_write(f->store, &op, add_family, row, &f->e);
		was_reached = fault_seen(FAULT_SQL) >= n;
		fault_arm(FAULT_SQL, 0);
		struct account_seen seen = {.party = 5, .id = row[1]};
		int64_t children;
		assert_ok(f, store_read(f->store, 5, &f->arena, see_account, &seen, &f->e));
		assert_int_equal(seen.out.found, is_ok);
		assert_ok(f, store_read(f->store, 5, &f->arena, count_children, &children, &f->e));
		assert_int_equal(children, KILL_CHILDREN * accounts_of(f, 5));
		/* Whatever happened, the same operation again ends it. */
		assert_ok(f, store_write(f->store, &op, add_family, row, &f->e));
		assert_int_equal(op.is_replay, is_ok);
		arena_reset(&f->arena);
	}
}

static void each_sql_step_and_allocation_may_fail_while_reading_and_opening(void **state)
{
	struct fixture *f = *state;
	fixture_open(f);
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	static const enum fault_kind kinds[] = {FAULT_SQL, FAULT_ALLOC, FAULT_WRITE, FAULT_FSYNC};
	for (int k = 0; k < 4; k++) {
		bool was_reached = true;
		for (uint64_t n = 1; was_reached; n++) {
			fault_arm(kinds[k], n);
			struct account_seen seen = {.party = 5, .id = 1};
			bool is_ok = store_read(f->store, 5, &f->arena, see_account, &seen, &f->e);
			was_reached = fault_seen(kinds[k]) >= n;
			fault_arm(kinds[k], 0);
			assert_true(!is_ok || seen.out.found);
			arena_release(&f->arena);
		}
		was_reached = true;
		for (uint64_t n = 1; was_reached; n++) {
			struct fixture other;
			fixture_folder(&other);
			fault_arm(kinds[k], n);
			bool is_ok = fixture_opens(&other);
			was_reached = fault_seen(kinds[k]) >= n;
			fault_arm(kinds[k], 0);
			if (!is_ok) {
				assert_null(other.store);
				fixture_open(&other);
			}
			assert_ok(&other, write_account(&other, 5, 1, STR("x")));
			fixture_close(&other);
			arena_release(&other.arena);
			remove_folder(other.dir);
		}
		was_reached = true;
		for (uint64_t n = 1; was_reached; n++) {
			char path[512];
			path_in(f, "copy", path);
			fault_arm(kinds[k], n);
			bool is_ok = store_copy_to(f->store, str_of(path), &f->e);
			was_reached = fault_seen(kinds[k]) >= n;
			fault_arm(kinds[k], 0);
			assert_true(!is_ok || access(path, F_OK) == 0);
			unlink(path);
		}
	}
}
#endif

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up_folder, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_STORE(a_batch_is_one_commit),
		WITH_FOLDER(a_broken_constraint_spoils_no_other_job_of_the_batch),
		WITH_FOLDER(an_interrupted_job_spoils_no_other_job_of_the_batch),
		WITH_FOLDER(a_deferred_key_that_breaks_the_commit_spoils_no_other_job_of_the_batch),
		WITH_FOLDER(a_job_that_fills_the_disk_spoils_no_other_job_of_the_batch),
		WITH_FOLDER(all_kinds_of_bad_jobs_in_one_batch_spoil_only_themselves),
		WITH_FOLDER(what_was_acknowledged_survives_kill_9),
		WITH_FOLDER(a_failed_fsync_ends_the_process_unanswered),
		WITH_FOLDER(a_full_disk_is_said_and_passes_when_there_is_room_again),
		WITH_FOLDER(a_write_error_is_unknown_until_the_operation_is_sent_again),
		WITH_FOLDER(wrong_permissions_are_said_with_file_and_reason),
		WITH_FOLDER(a_folder_that_is_not_there_is_said),
		WITH_FOLDER(a_folder_in_the_place_of_the_file_is_said),
		WITH_STORE(only_the_owner_can_read_the_files),
		WITH_FOLDER(a_damaged_file_is_said_and_left_alone),
		WITH_FOLDER(damage_in_the_middle_is_found_by_the_check),
		WITH_FOLDER(a_database_of_another_program_is_refused),
		WITH_FOLDER(a_newer_format_is_refused),
		WITH_FOLDER(new_tables_are_made_and_changed_ones_are_refused),
		WITH_STORE(the_log_is_copied_into_the_file_while_serving),
		WITH_STORE(a_copy_made_while_serving_is_whole),
		WITH_STORE(a_copy_into_a_folder_that_is_not_there_leaves_nothing),
#ifdef CITYHALL_FAULT
		WITH_STORE(each_sql_step_may_fail_and_a_write_is_whole_or_absent),
		WITH_FOLDER(each_sql_step_and_allocation_may_fail_while_reading_and_opening),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
