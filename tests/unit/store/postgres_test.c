/* What only PostgreSQL has: round trips, connections that break, commits that wait. Run by tests/pg.sh; alone it skips.
 */
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/fault.h"
#include "fixture.h"
#include "tests/sample.sql.c" /* NOLINT: the generated calls of these tests */

#define POSTGRES_ONLY()          \
	do {                         \
		if (!is_on_postgres()) { \
			skip();              \
		}                        \
	} while (0)

static struct postgres *engine_of(struct fixture *f)
{
	return f->store->state;
}

/* --- Round trips
 * -------------------------------------------------------------------------------------------------------- */

struct filing {
	int64_t version;
	bool has_read;
};

/* As a submission is: the root row, some rows, at most one look. */
static bool file_case(struct tx *tx, void *ctx, struct err *e)
{
	const struct filing *f = ctx;
	struct account_touch_in touch = {.party = 5, .id = 1, .version = f->version, .by = 1};
	if (!account_touch(tx, &touch, e)) {
		return false;
	}
	for (int i = 0; i < 10; i++) {
		struct child_add_in in = {.party = 5, .account = 1, .id = f->version * 100 + i, .value = i};
		if (!child_add(tx, &in, e)) {
			return false;
		}
	}
	tx_result(tx, 0, 7);
	int64_t n = 0;
	struct account_count_in count = {.party = 5};
	return !f->has_read || account_count(tx, &count, &n, e);
}

static void a_submission_costs_at_most_three_round_trips(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	for (int64_t i = 1; i <= 4; i++) {
		struct filing filing = {.version = i, .has_read = i > 2};
		struct store_op op = {.route = 5, .id = {(uint8_t)i}};
		uint64_t before = atomic_load(&engine_of(f)->round_trips);
		assert_ok(f, store_write(f->store, &op, file_case, &filing, &f->e));
		assert_int_equal(op.result[0], 7);
		assert_int_equal(atomic_load(&engine_of(f)->round_trips) - before, filing.has_read ? 3 : 2);
	}
	uint64_t before = atomic_load(&engine_of(f)->round_trips);
	assert_int_equal(accounts_of(f, 5), 1);
	assert_true(atomic_load(&engine_of(f)->round_trips) - before <= 2);
}

/* --- Sent late, wrong all the same
 * -------------------------------------------------------------------------------------------------------- */

static bool touch_and_go_on(struct tx *tx, void *ctx, struct err *e)
{
	struct filing f = {.version = 99};
	(void)ctx;
	return file_case(tx, &f, e);
}

static void a_count_that_is_wrong_undoes_the_job_however_late_it_is_known(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	char n[20];
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	struct store_op op = {.route = 5, .id = {1}};
	assert_false(store_write(f->store, &op, touch_and_go_on, NULL, &f->e));
	assert_int_equal(f->e.code, ERR_CONFLICT);
	assert_non_null(strstr(f->e.text, "account_touch"));
	pg_do(f->url, "select (select count(*) from child) + (select count(*) from operation)", n, sizeof n);
	assert_string_equal(n, "0");
	/* The connection goes on. */
	struct filing filing = {.version = 1};
	assert_ok(f, store_write(f->store, &op, file_case, &filing, &f->e));
}

/* --- Connections that break
 * --------------------------------------------------------------------------------------------------------- */

static void connections_that_the_server_ended_are_made_anew(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	for (int64_t i = 1; i <= 5; i++) {
		struct store_op op = {.route = 5, .id = {(uint8_t)i}};
		char note[8];
		snprintf(note, sizeof note, "n%d", (int)i);
		struct account_row row = {5, i, 100, str_of(note)};
		pg_do(getenv("CITYHALL_TEST_PG"),
		      "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'cityhall'", NULL,
		      0);
		assert_ok(f, store_write(f->store, &op, add_account, &row, &f->e));
		assert_false(op.is_replay);
		assert_int_equal(accounts_of(f, 5), i);
	}
}

enum cut { CUT_NOTHING, CUT_BEFORE, CUT_AFTER };

/* Between the store and the server. Told to, it drops the next connection that commits, before the server has heard of
 * it or after it has answered. */
struct proxy {
	char dir[64], to[108];
	int listener;
	pthread_t thread;
	atomic_int cut;
	atomic_int cuts;
	atomic_int lines;
	atomic_bool is_over;
};

struct line {
	struct proxy *p;
	int client, server;
};

static bool pass(int from, int to, char *bytes, size_t room, ssize_t *n)
{
	*n = recv(from, bytes, room, 0);
	return *n > 0 && send(to, bytes, (size_t)*n, MSG_NOSIGNAL) == *n;
}

static void *run_line(void *arg)
{
	struct line *l = arg;
	char bytes[65536];
	ssize_t n;
	struct pollfd fds[2] = {{.fd = l->client, .events = POLLIN}, {.fd = l->server, .events = POLLIN}};
	while (!atomic_load(&l->p->is_over) && poll(fds, 2, 50) >= 0) {
		if (fds[0].revents) {
			n = recv(l->client, bytes, sizeof bytes, 0);
			if (n <= 0) {
				break;
			}
			bool commits = memmem(bytes, (size_t)n, "commit", 7) != NULL;
			int cut = commits ? atomic_exchange(&l->p->cut, CUT_NOTHING) : CUT_NOTHING;
			if (cut == CUT_BEFORE) {
				atomic_fetch_add(&l->p->cuts, 1);
				break;
			}
			if (send(l->server, bytes, (size_t)n, MSG_NOSIGNAL) != n) {
				break;
			}
			if (cut == CUT_AFTER) {
				n = recv(l->server, bytes, sizeof bytes, 0); /* it has committed */
				atomic_fetch_add(&l->p->cuts, 1);
				break;
			}
		}
		if (fds[1].revents && !pass(l->server, l->client, bytes, sizeof bytes, &n)) {
			break;
		}
	}
	close(l->client);
	close(l->server);
	atomic_fetch_sub(&l->p->lines, 1);
	free(l);
	return NULL;
}

static int dial(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static void *run_proxy(void *arg)
{
	struct proxy *p = arg;
	struct pollfd fd = {.fd = p->listener, .events = POLLIN};
	while (!atomic_load(&p->is_over)) {
		if (poll(&fd, 1, 20) != 1) {
			continue;
		}
		struct line *l = malloc(sizeof *l);
		*l = (struct line){p, accept(p->listener, NULL, NULL), dial(p->to)};
		pthread_t t;
		atomic_fetch_add(&p->lines, 1);
		pthread_create(&t, NULL, run_line, l);
		pthread_detach(t);
	}
	return NULL;
}

/* The store goes through the proxy from now on. */
static void proxy_open(struct proxy *p, struct fixture *f)
{
	const char *host = strstr(f->url, "host=") + 5;
	size_t n = strcspn(host, "&");
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char url[512];
	*p = (struct proxy){0};
	snprintf(p->to, sizeof p->to, "%.*s/.s.PGSQL.5432", (int)n, host);
	snprintf(p->dir, sizeof p->dir, "/tmp/cityhall-proxy-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(a.sun_path, sizeof a.sun_path, "%s/.s.PGSQL.5432", p->dir);
	p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(p->listener, 50), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, run_proxy, p), 0);
	snprintf(url, sizeof url, "%.*s%s%s", (int)(host - f->url), f->url, p->dir, host + n);
	fixture_close(f);
	memcpy(f->url, url, sizeof url);
	fixture_open(f);
}

static void proxy_close(struct proxy *p, struct fixture *f)
{
	fixture_close(f);
	atomic_store(&p->is_over, true);
	pthread_join(p->thread, NULL);
	while (atomic_load(&p->lines) > 0) {
		sched_yield();
	}
	close(p->listener);
	char path[100];
	snprintf(path, sizeof path, "%s/.s.PGSQL.5432", p->dir);
	unlink(path);
	rmdir(p->dir);
}

static bool add_with_result(struct tx *tx, void *ctx, struct err *e)
{
	const struct account_row *row = ctx;
	tx_result(tx, 1, row->id * 3);
	return add_account(tx, ctx, e);
}

static void a_connection_that_breaks_around_commit_has_exactly_one_effect(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	struct proxy p;
	char n[20], sql[100], note[16];
	proxy_open(&p, f);
	for (int i = 1; i <= 20; i++) {
		snprintf(note, sizeof note, "n%d", i);
		struct account_row row = {5, i, 100, str_of(note)};
		struct store_op op = {.route = 5, .id = {(uint8_t)i, 1}, .digest = {1}}, again = op;
		atomic_store(&p.cut, i % 2 ? CUT_BEFORE : CUT_AFTER);
		assert_ok(f, store_write(f->store, &op, add_with_result, &row, &f->e));
		assert_false(op.is_replay);
		assert_int_equal(op.result[1], 3 * i);
		assert_int_equal(atomic_load(&p.cuts), i);
		assert_ok(f, store_write(f->store, &again, add_with_result, &row, &f->e));
		assert_true(again.is_replay);
		assert_memory_equal(again.result, op.result, sizeof op.result);
		snprintf(sql, sizeof sql, "select count(*) from account where id = %d and version = 1", i);
		pg_do(f->url, sql, n, sizeof n);
		assert_string_equal(n, "1");
	}
	/* Without an operation nobody can know. */
	struct account_row row = {5, 100, 100, STR("no operation")};
	struct store_op internal = {.route = 5};
	atomic_store(&p.cut, CUT_AFTER);
	assert_false(store_write(f->store, &internal, add_account, &row, &f->e));
	assert_int_equal(f->e.code, ERR_UNKNOWN);
	proxy_close(&p, f);
}

/* --- Several at once
 * ------------------------------------------------------------------------------------------------------------ */

enum { TOGETHER = 20 };

static void several_background_writes_cost_one_commit_and_one_that_fails_spoils_nobody(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	struct store_call calls[TOGETHER];
	struct account_row rows[TOGETHER];
	char notes[TOGETHER][16], n[20];
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < TOGETHER; i++) {
			snprintf(notes[i], sizeof notes[i], "%c%d", 'a' + turn, i);
			/* In the second turn one of them is there already. */
			bool is_there = turn == 1 && i == 7;
			rows[i] = (struct account_row){100 + i, is_there ? 1 : 1 + turn, 100, str_of(notes[i])};
			calls[i] = (struct store_call){
				.op = {.route = rows[i].party, .is_background = true}, .job = add_account, .ctx = &rows[i]};
		}
		struct store_counters before, after;
		store_count(f->store, &before);
		uint64_t trips = atomic_load(&engine_of(f)->round_trips);
		store_write_all(f->store, calls, TOGETHER);
		trips = atomic_load(&engine_of(f)->round_trips) - trips;
		store_count(f->store, &after);
		for (int i = 0; i < TOGETHER; i++) {
			assert_int_equal(calls[i].is_done_well, turn == 0 || i != 7);
		}
		assert_int_equal(after.writes - before.writes, turn == 0 ? TOGETHER : TOGETHER - 1);
		assert_int_equal(after.failed - before.failed, turn == 0 ? 0 : 1);
		if (turn == 0) {
			assert_int_equal(after.batches - before.batches, 1);
			assert_true(trips <= TOGETHER + 1);
		} else {
			assert_int_equal(calls[7].err.code, ERR_CONFLICT);
		}
	}
	pg_do(f->url, "select count(*) from account", n, sizeof n);
	assert_string_equal(n, "39");
	/* Nobody knows what became of those whose commit has no answer; told once for each. */
	for (int i = 0; i < TOGETHER; i++) {
		rows[i].id = 9;
		snprintf(notes[i], sizeof notes[i], "c%d", i);
	}
	struct proxy p;
	proxy_open(&p, f);
	atomic_store(&p.cut, CUT_AFTER);
	store_write_all(f->store, calls, TOGETHER);
	for (int i = 0; i < TOGETHER; i++) {
		assert_false(calls[i].is_done_well);
		assert_int_equal(calls[i].err.code, ERR_UNKNOWN);
	}
	/* Before COMMIT there is nothing to be known: they are run again. */
	for (int i = 0; i < TOGETHER; i++) {
		rows[i].id = 10;
		snprintf(notes[i], sizeof notes[i], "d%d", i);
	}
	pg_do(getenv("CITYHALL_TEST_PG"),
	      "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'cityhall'", NULL, 0);
	store_write_all(f->store, calls, TOGETHER);
	for (int i = 0; i < TOGETHER; i++) {
		assert_true(calls[i].is_done_well);
	}
	proxy_close(&p, f);
}

/* --- Commits that wait
 * ---------------------------------------------------------------------------------------------------------- */

/* Tried out, because the server reads its settings in its own time. */
static bool commits_wait(void)
{
	const char *url = getenv("CITYHALL_TEST_PG");
	PGconn *c = PQconnectdb(url);
	char sql[120], waits[20] = "0";
	snprintf(sql, sizeof sql, "select count(*) from pg_stat_activity where pid = %d and wait_event = 'SyncRep'",
	         PQbackendPID(c));
	assert_int_equal(PQsendQuery(c, "select pg_logical_emit_message(true, 'a', 'b')"), 1);
	while (strcmp(waits, "0") == 0 && PQconsumeInput(c) && PQisBusy(c)) {
		pg_do(url, sql, waits, sizeof waits);
	}
	char why[256];
	PGcancel *cancel = PQgetCancel(c);
	PQcancel(cancel, why, sizeof why);
	PQfreeCancel(cancel);
	PQfinish(c);
	return strcmp(waits, "0") != 0;
}

/* Commits wait for a standby of this name, or (NULL) for nobody. */
static void wait_for_standby(const char *name)
{
	char sql[200];
	const char *url = getenv("CITYHALL_TEST_PG");
	snprintf(sql, sizeof sql, "alter system set synchronous_standby_names = '%s'", name ? name : "");
	pg_do(url, sql, NULL, 0);
	pg_do(url, "select pg_reload_conf()", NULL, 0);
	while (commits_wait() != (name != NULL)) {
	}
}

static void a_standby_that_is_gone_leaves_writes_unknown_and_reads_as_they_are(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	struct account_row row = {5, 1, 100, STR("x")};
	struct store_op op = {.route = 5, .id = {1}, .digest = {1}};
	engine_of(f)->commit_us = 200000;
	wait_for_standby("nobody");
	assert_false(store_write(f->store, &op, add_account, &row, &f->e));
	assert_int_equal(f->e.code, ERR_UNKNOWN);
	/* Nobody sees what a failover could still take away. */
	assert_int_equal(accounts_of(f, 5), 0);
	/* Asked again, it is still not known. */
	assert_false(store_write(f->store, &op, add_account, &row, &f->e));
	assert_int_equal(err_status(f->e.code), 503);
	wait_for_standby(NULL);
	engine_of(f)->commit_us = PG_COMMIT_US;
	assert_ok(f, store_write(f->store, &op, add_account, &row, &f->e));
	assert_true(op.is_replay);
	assert_int_equal(op.result[0], 1);
	assert_int_equal(accounts_of(f, 5), 1);
	/* The connections that waited have come back. */
	for (int64_t i = 2; i < 40; i++) {
		char note[16];
		snprintf(note, sizeof note, "n%d", (int)i);
		assert_ok(f, write_account(f, 5, i, str_of(note)));
	}
}

static void a_commit_whose_wait_was_cancelled_is_not_called_durable(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	struct account_row row = {5, 1, 100, STR("x")};
	struct call c = {.store = f->store, .op = {.route = 5, .id = {1}, .digest = {1}}, .job = add_account, .ctx = &row};
	char n[20] = "0";
	assert_int_equal(accounts_of(f, 5), 0);
	engine_of(f)->commit_us = 3000000;
	wait_for_standby("nobody");
	call_start(&c);
	while (strcmp(n, "0") == 0) {
		pg_do(getenv("CITYHALL_TEST_PG"),
		      "select count(pg_cancel_backend(pid)) from pg_stat_activity where wait_event = 'SyncRep'", n, sizeof n);
	}
	/* It is there, but the same operation is not answered before the standby has it. */
	call_end(&c);
	assert_false(c.is_ok);
	assert_int_equal(c.e.code, ERR_UNKNOWN);
	wait_for_standby(NULL);
	assert_ok(f, store_write(f->store, &c.op, add_account, &row, &f->e));
	assert_true(c.op.is_replay);
	assert_int_equal(accounts_of(f, 5), 1);
}

/* --- Two at once
 * --------------------------------------------------------------------------------------------------------------- */

struct crossing {
	int64_t own, first, second;
	pthread_barrier_t *meet;
	int runs;
};

/* Once the other job has been there, in the second run, the rows' version is 2. */
static bool cross(struct tx *tx, void *ctx, struct err *e)
{
	struct crossing *c = ctx;
	int64_t version = ++c->runs;
	struct account_touch_in in = {.party = 5, .id = c->own, .version = 1, .by = 1};
	struct account_get_in get = {.party = 5, .id = c->first};
	struct account_get_out out = {0};
	if (!account_touch(tx, &in, e)) {
		return false;
	}
	while (out.version < version) {
		if (!account_get(tx, &get, &out, e)) {
			return false;
		}
	}
	in.id = c->first;
	in.version = version;
	if (!account_touch(tx, &in, e) || !account_get(tx, &get, &out, e)) {
		return false;
	}
	if (c->runs == 1) {
		pthread_barrier_wait(c->meet);
	}
	in.id = c->second;
	return account_touch(tx, &in, e);
}

static void jobs_that_lock_each_other_out_are_run_again(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	pthread_barrier_t meet;
	pthread_barrier_init(&meet, NULL, 2);
	assert_ok(f, write_account(f, 5, 1, STR("a")));
	assert_ok(f, write_account(f, 5, 2, STR("b")));
	assert_ok(f, write_account(f, 5, 11, STR("of a")));
	assert_ok(f, write_account(f, 5, 12, STR("of b")));
	struct crossing a = {11, 1, 2, &meet, 0}, b = {12, 2, 1, &meet, 0};
	struct call first = {.store = f->store, .op = {.route = 5, .id = {1}}, .job = cross, .ctx = &a};
	struct call second = {.store = f->store, .op = {.route = 5, .id = {2}}, .job = cross, .ctx = &b};
	call_start(&first);
	call_start(&second);
	call_end(&first);
	call_end(&second);
	assert_true(first.is_ok);
	assert_true(second.is_ok);
	assert_int_equal(a.runs + b.runs, 3);
	pthread_barrier_destroy(&meet);
}

static void two_programs_that_start_at_once_make_the_tables_once(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	enum { PROGRAMS = 4 };
	struct fixture others[PROGRAMS];
	for (int round = 0; round < 3; round++) {
		pid_t children[PROGRAMS];
		pg_schema(f->url, sizeof f->url);
		for (int i = 0; i < PROGRAMS; i++) {
			children[i] = fork();
			if (children[i] == 0) {
				others[i] = *f;
				bool is_open = fixture_opens(&others[i]);
				if (!is_open) {
					print_error("%s\n", others[i].e.text);
				}
				_exit(is_open ? 0 : 1);
			}
		}
		for (int i = 0; i < PROGRAMS; i++) {
			int status;
			assert_int_equal(waitpid(children[i], &status, 0), children[i]);
			assert_int_equal(status, 0);
		}
	}
}

static void an_address_that_leads_nowhere_is_told_in_words(void **state)
{
	POSTGRES_ONLY();
	struct fixture *f = *state;
	struct {
		const char *url;
		enum err_code code;
	} bad[] = {
		{"postgresql://cityhall@/postgres?host=/nowhere", ERR_BUSY},
		{"postgresql://cityhall@/postgres?hots=/nowhere", ERR_CONFIG},
		{"mysql://localhost/", ERR_CONFIG},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(f->url, sizeof f->url, "%s", bad[i].url);
		assert_false(fixture_opens(f));
		assert_int_equal(f->e.code, bad[i].code);
	}
	snprintf(f->url, sizeof f->url, "%.400s&dbname=missing", getenv("CITYHALL_TEST_PG"));
	assert_false(fixture_opens(f));
	assert_int_equal(f->e.code, ERR_CONFIG);
	assert_non_null(strstr(f->e.text, "missing"));
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up_folder, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_STORE(a_submission_costs_at_most_three_round_trips),
		WITH_STORE(several_background_writes_cost_one_commit_and_one_that_fails_spoils_nobody),
		WITH_STORE(a_count_that_is_wrong_undoes_the_job_however_late_it_is_known),
		WITH_STORE(connections_that_the_server_ended_are_made_anew),
		WITH_STORE(a_connection_that_breaks_around_commit_has_exactly_one_effect),
		WITH_STORE(a_standby_that_is_gone_leaves_writes_unknown_and_reads_as_they_are),
		WITH_STORE(a_commit_whose_wait_was_cancelled_is_not_called_durable),
		WITH_STORE(jobs_that_lock_each_other_out_are_run_again),
		WITH_FOLDER(two_programs_that_start_at_once_make_the_tables_once),
		WITH_FOLDER(an_address_that_leads_nowhere_is_told_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
