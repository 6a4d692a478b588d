/* A town that moves between engines: what arrives, what an interruption leaves, who may write where. Run by
 * tests/pg.sh; alone it skips. */
#include <stdatomic.h>
#include <sys/wait.h>

#include "base/fault.h"
#include "fixture.h"
#include "store/transfer.h"
#include "tests/sample.sql.c" /* NOLINT: the generated calls of these tests */

enum { PARTIES = 3, ACCOUNTS = 40 };

struct town {
	struct fixture f; /* of the folder; its url is PostgreSQL's */
	char other_url[512];
	char back[300]; /* another folder */
	struct store *from, *to;
	int stop_at; /* the progress call that says stop; 0: never */
	int calls;
	const char *stop_table; /* or before it is compared */
	struct transfer_result result;
};

static int set_up_town(void **state)
{
	struct town *t = calloc(1, sizeof *t);
	fixture_folder(&t->f);
	pg_schema(t->other_url, sizeof t->other_url);
	snprintf(t->back, sizeof t->back, "%s-back", t->f.dir);
	mkdir(t->back, 0700);
	*state = t;
	return 0;
}

static int tear_down_town(void **state)
{
	struct town *t = *state;
	store_close(t->from);
	store_close(t->to);
	arena_release(&t->f.arena);
	remove_folder(t->f.dir);
	remove_folder(t->back);
	free(t);
	return 0;
}

#define POSTGRES_ONLY()          \
	do {                         \
		if (!is_on_postgres()) { \
			skip();              \
		}                        \
	} while (0)

static struct store *open_at(struct town *t, const char *where, bool is_transfer)
{
	bool is_url = strstr(where, "://") != NULL;
	struct store_options o = {.dir = is_url ? STR_EMPTY : str_of(where),
	                          .url = is_url ? str_of(where) : STR_EMPTY,
	                          .schemas = sample_only,
	                          .time = &t->f.time,
	                          .column_keys = &t->f.keys,
	                          .is_transfer = is_transfer};
	struct store *s = NULL;
	assert_ok(&t->f, store_open(&o, &s, &t->f.e));
	return s;
}

/* --- A town with every type of column, its extremes and its nulls
 * ------------------------------------------------------------------ */

static bool add_people(struct tx *tx, void *ctx, struct err *e)
{
	int64_t party = *(int64_t *)ctx;
	char long_text[3000], note[40];
	memset(long_text, 'x', sizeof long_text);
	for (int64_t i = 1; i <= ACCOUNTS; i++) {
		snprintf(note, sizeof note, "n%lld '\"\\ \n\t \xe5\xba\x9c", (long long)i);
		struct account_add_in a = {.party = party,
		                           .id = i % 2 ? INT64_MAX - i : INT64_MIN + i,
		                           .sum = i % 3 ? -i * 1000000007 : 0,
		                           .has_due = i % 4 != 0,
		                           .due = i % 4 == 1 ? INT32_MIN : INT32_MAX,
		                           .is_open = i % 2,
		                           .note = i == 7   ? str_from(long_text, sizeof long_text)
		                                   : i == 8 ? STR_EMPTY
		                                            : str_of(note)};
		struct person_add_in p = {.party = party,
		                          .id = i,
		                          .name = STR("Anna"),
		                          .has_number = i % 2,
		                          .number = STR("123"),
		                          .has_born = i % 3,
		                          .born = -5,
		                          .mail_hash = i == 5 ? STR_EMPTY : str_from(&i, sizeof i),
		                          .has_extra = i % 5,
		                          .extra = STR("{ \"b\" : 1, \"a\" : [1.0, null] }")};
		struct child_add_in c = {.party = party, .account = a.id, .id = i, .value = i - 20};
		if (!account_add(tx, &a, e) || !person_add(tx, &p, e) || !child_add(tx, &c, e)) {
			return false;
		}
	}
	return true;
}

static bool add_town(struct tx *tx, void *ctx, struct err *e)
{
	return town_add(tx, ctx, e);
}

static void fill(struct town *t, struct store *s)
{
	for (int64_t party = 1; party <= PARTIES; party++) {
		struct store_op op = {.route = party == 2 ? INT64_MAX : party, .id = {(uint8_t)party}, .digest = {9}};
		int64_t route = op.route;
		assert_ok(&t->f, store_write(s, &op, add_people, &route, &t->f.e));
	}
	static const char *const codes[] = {"", "a'b", "it''s \\ \xe5\xba\x9c"};
	for (size_t i = 0; i < 3; i++) {
		struct town_add_in in = {str_of(codes[i]), STR("a town")};
		struct store_op op = {.route = 1};
		assert_ok(&t->f, store_write(s, &op, add_town, &in, &t->f.e));
	}
}

/* All rows of a SQLite file as text that shows types too. */
static void dump(const char *dir, struct buf *out)
{
	static const char *const questions[] = {
		"select party, id, version, sum, quote(due), is_open, quote(note) from account order by 1, 2",
		"select party, id, quote(name), quote(number), quote(born), quote(mail_hash), quote(extra) from person order "
		"by 1, "
		"2",
		"select party, account, id, value from child order by 1, 2, 3",
		"select quote(code), quote(name) from town order by 1",
		"select route, quote(id), quote(digest), result_0, result_1, result_2, result_3, recorded_at from operation "
		"order "
		"by 1, 2",
		"select name, sql from sqlite_schema where type = 'index' and sql is not null order by 1",
	};
	char path[400];
	sqlite3 *db;
	sqlite3_stmt *st;
	snprintf(path, sizeof path, "%s/cityhall.db", dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		assert_int_equal(sqlite3_prepare_v2(db, questions[i], -1, &st, NULL), SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW) {
			for (int k = 0; k < sqlite3_column_count(st); k++) {
				/* An index is made again with "if not exists", which the file remembers otherwise. */
				const char *text = (const char *)sqlite3_column_text(st, k);
				buf_put_c(out, i == 5 && k == 1 ? strchr(text, '(') : text);
				buf_put_byte(out, '|');
			}
			buf_put_byte(out, '\n');
		}
		sqlite3_finalize(st);
	}
	sqlite3_close(db);
	assert_false(out->failed);
}

static void assert_same_rows(const char *a, const char *b)
{
	struct buf x, y;
	buf_init(&x, 16 << 20);
	buf_init(&y, 16 << 20);
	dump(a, &x);
	dump(b, &y);
	assert_true(x.n > 10000);
	assert_string_equal(buf_cstr(&x), buf_cstr(&y));
	buf_release(&x);
	buf_release(&y);
}

/* --- Moving
 * ------------------------------------------------------------------------------------------------------------- */

static bool look(void *ctx, const struct transfer_progress *p)
{
	struct town *t = ctx;
	assert_true(p->rows <= p->rows_all && p->done <= p->done_all);
	bool is_comparing = t->stop_table && strcmp(p->what, t->stop_table) == 0 && strcmp(p->doing, "comparing") == 0;
	return ++t->calls != t->stop_at && !is_comparing;
}

static bool move(struct town *t, const char *from, const char *to)
{
	t->from = open_at(t, from, true);
	t->to = open_at(t, to, true);
	struct transfer_options o = {
		.from = t->from, .to = t->to, .from_name = from, .to_name = to, .chunk_rows = 7, .progress = look, .ctx = t};
	t->calls = 0;
	bool is_good = transfer_run(&o, &t->result, &t->f.e);
	store_close(t->from);
	store_close(t->to);
	t->from = t->to = NULL;
	return is_good;
}

static void give_up(struct town *t, const char *from, bool even_moved, bool want)
{
	t->from = open_at(t, from, true);
	bool is_good = transfer_give_up(t->from, even_moved, &t->f.e);
	store_close(t->from);
	t->from = NULL;
	assert_int_equal(is_good, want);
}

static void fill_folder(struct town *t)
{
	struct store *s = open_at(t, t->f.dir, false);
	fill(t, s);
	store_close(s);
}

static bool writes(struct town *t, const char *where)
{
	struct store *s = open_at(t, where, false);
	struct town_add_in in = {STR("new"), STR("a new town")};
	struct store_op op = {.route = 1};
	bool is_good = store_write(s, &op, add_town, &in, &t->f.e);
	store_close(s);
	return is_good;
}

static void a_town_comes_back_from_the_other_engine_as_it_was(void **state)
{
	POSTGRES_ONLY();
	struct town *t = *state;
	fill_folder(t);
	assert_ok(&t->f, move(t, t->f.dir, t->f.url));
	assert_int_equal(t->result.rows, 3 * PARTIES * ACCOUNTS + 3 + PARTIES);
	assert_false(t->result.was_resumed);
	assert_ok(&t->f, move(t, t->f.url, t->other_url));
	assert_ok(&t->f, move(t, t->other_url, t->back));
	assert_same_rows(t->f.dir, t->back);
	/* Indexes and references are there again. */
	char n[20];
	pg_do(t->f.url, "select count(*) from pg_constraint where conrelid = 'child'::regclass and contype = 'f'", n,
	      sizeof n);
	assert_string_equal(n, "1");
	pg_do(t->f.url,
	      "select count(*) from pg_indexes where schemaname = current_schema and indexname = 'account_by_note'", n,
	      sizeof n);
	assert_string_equal(n, "1");
	/* A finished copy is done, and stays done. */
	assert_ok(&t->f, move(t, t->other_url, t->back));
	assert_true(t->result.was_finished);
	assert_true(writes(t, t->back));
	assert_false(writes(t, t->f.dir));
	assert_int_equal(t->f.e.code, ERR_CLOSED);
	assert_false(writes(t, t->f.url));
	assert_int_equal(t->f.e.code, ERR_CLOSED);
}

/* Stopped once at each place where it can be stopped. */
static void goes_on_from_everywhere(struct town *t, const char *from, const char *to)
{
	for (t->stop_at = 1;; t->stop_at++) {
		bool is_good = move(t, from, to);
		if (is_good && t->calls < t->stop_at) {
			break;
		}
		if (!is_good) {
			assert_int_equal(t->f.e.code, ERR_BUSY);
			assert_false(writes(t, from));
			assert_int_equal(t->f.e.code, ERR_CLOSED);
			assert_false(writes(t, to));
			assert_int_equal(t->f.e.code, ERR_CLOSED);
			t->stop_at = 1 + t->stop_at % 9; /* how far each time, in turn */
		}
		if (is_good) {
			break;
		}
	}
	t->stop_at = 0;
	assert_ok(&t->f, move(t, from, to));
	assert_true(t->result.was_finished);
}

static void a_copy_that_is_stopped_again_and_again_arrives_whole(void **state)
{
	POSTGRES_ONLY();
	struct town *t = *state;
	fill_folder(t);
	goes_on_from_everywhere(t, t->f.dir, t->f.url);
	goes_on_from_everywhere(t, t->f.url, t->back);
	assert_same_rows(t->f.dir, t->back);
}

/* The process dies where nobody asked it: each run in a child that is killed a moment later. */
static void a_copy_that_is_killed_anywhere_arrives_whole(void **state)
{
	POSTGRES_ONLY();
	struct town *t = *state;
	struct prng r = seeded();
	fill_folder(t);
	const char *ways[][2] = {{t->f.dir, t->f.url}, {t->f.url, t->back}};
	for (int way = 0; way < 2; way++) {
		int kills = 0;
		for (bool is_done = false; !is_done;) {
			pid_t pid = fork();
			assert_true(pid >= 0);
			if (pid == 0) {
				_exit(move(t, ways[way][0], ways[way][1]) ? 0 : 7);
			}
			uint64_t ms = prng_below(&r, kills < 12 ? 80 : 3000);
			struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
			nanosleep(&pause, NULL);
			kill(pid, SIGKILL);
			int status;
			assert_int_equal(waitpid(pid, &status, 0), pid);
			/* An error is a failure here: nothing else was in its way, but what the killed one left on the server. */
			if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
				fail_msg("a copy that goes on failed after %d kills", kills);
			}
			is_done = WIFEXITED(status);
			kills++;
		}
		print_message("%d kills\n", kills - 1);
	}
	assert_same_rows(t->f.dir, t->back);
}

/* --- What is refused
 * ---------------------------------------------------------------------------------------------------- */

static void a_town_only_moves_into_an_empty_place(void **state)
{
	POSTGRES_ONLY();
	struct town *t = *state;
	fill_folder(t);
	assert_true(writes(t, t->f.url));
	assert_false(move(t, t->f.dir, t->f.url));
	assert_int_equal(t->f.e.code, ERR_CONFIG);
	assert_non_null(strstr(t->f.e.text, "not empty"));
	/* Nobody was closed for that. */
	struct town_add_in in = {STR("still open"), STR("x")};
	struct store *s = open_at(t, t->f.dir, false);
	struct store_op op = {.route = 1};
	assert_ok(&t->f, store_write(s, &op, add_town, &in, &t->f.e));
	store_close(s);
	assert_false(move(t, t->f.dir, t->back));
	assert_int_equal(t->f.e.code, ERR_CONFIG);
}

static void an_unfinished_copy_is_not_mixed_with_another(void **state)
{
	POSTGRES_ONLY();
	struct town *t = *state;
	fill_folder(t);
	t->stop_at = 8;
	assert_false(move(t, t->f.dir, t->f.url));
	t->stop_at = 0;
	/* It cannot be copied on itself. */
	assert_false(move(t, t->f.url, t->back));
	assert_non_null(strstr(t->f.e.text, "unfinished copy"));
	/* Given up, the town is open, and what came is of no use for the next copy. */
	give_up(t, t->f.url, true, false);
	give_up(t, t->f.dir, false, true);
	assert_true(writes(t, t->f.dir));
	assert_false(move(t, t->f.dir, t->f.url));
	assert_int_equal(t->f.e.code, ERR_CONFIG);
	assert_non_null(strstr(t->f.e.text, "unfinished copy"));
	/* Another empty place takes the town; the first never becomes it. */
	assert_ok(&t->f, move(t, t->f.dir, t->other_url));
	assert_false(move(t, t->f.dir, t->f.url));
	assert_non_null(strstr(t->f.e.text, "was moved"));
	assert_false(writes(t, t->f.url));
	/* One that was moved is reopened only by somebody who says that the other is lost. */
	give_up(t, t->f.dir, false, false);
	assert_non_null(strstr(t->f.e.text, "goes on there"));
	give_up(t, t->f.dir, true, true);
	struct store *s = open_at(t, t->f.dir, false);
	struct standing standing;
	assert_ok(&t->f, store_standing(s, &standing, &t->f.e));
	assert_int_equal(standing.kind, STANDING_OPEN);
	store_close(s);
}

static void rows_that_changed_on_the_way_are_noticed(void **state)
{
	POSTGRES_ONLY();
	static const struct {
		const char *table, *sql;
	} changes[] = {
		{"account", "update account set note = note || 'x' where note like 'n3 %'"},
		{"child", "delete from child where party = 1 and id = 3"},
		{"person", "update person set extra = null where party = 1 and id = 2"},
		{"operation", "insert into operation values (77, '\\x00', '\\x00', 0, 0, 0, 0, 0)"},
	};
	struct town *t = *state;
	fill_folder(t);
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		char url[512];
		pg_schema(url, sizeof url);
		/* Stopped when its rows are there and not compared yet. */
		t->stop_table = changes[i].table;
		assert_false(move(t, t->f.dir, url));
		assert_int_equal(t->f.e.code, ERR_BUSY);
		pg_do(url, changes[i].sql, NULL, 0);
		t->stop_table = NULL;
		for (int again = 0; again < 2; again++) {
			assert_false(move(t, t->f.dir, url));
			assert_int_equal(t->f.e.code, ERR_CORRUPT);
			assert_non_null(strstr(t->f.e.text, changes[i].table));
		}
		assert_false(writes(t, url));
	}
}

/* --- Who writes while the town moves
 * ------------------------------------------------------------------------------------- */

struct writer {
	struct town *t;
	struct store *store;
	atomic_int has_begun, may_end;
	bool is_good;
	struct err e;
	char code[20];
};

/* A job that has passed the gate and takes its time: it has written nothing yet. */
static bool slow_job(struct tx *tx, void *ctx, struct err *e)
{
	struct writer *w = ctx;
	struct towns_rows rows;
	struct towns_out row;
	/* An answer of the database: what was sent before it has been done. */
	tx->is_own = true;
	if (!towns_open(tx, &rows, e)) {
		return false;
	}
	while (towns_next(&rows, &row)) {
	}
	if (!towns_close(&rows, e)) {
		return false;
	}
	atomic_store(&w->has_begun, 1);
	while (!atomic_load(&w->may_end)) {
		sched_yield();
	}
	struct town_add_in in = {str_of(w->code), STR("written at the last moment")};
	return town_add(tx, &in, e);
}

static void *run_writer(void *arg)
{
	struct writer *w = arg;
	struct store_op op = {.route = 1};
	w->is_good = store_write(w->store, &op, slow_job, w, &w->e);
	return NULL;
}

/* The copy waits for it (seen by the lock that it asks for), so what it acknowledges is in the copy. */
static void a_write_under_way_is_waited_for_and_comes_along(void **state)
{
	POSTGRES_ONLY();
	struct town *t = *state;
	fill_folder(t);
	assert_ok(&t->f, move(t, t->f.dir, t->f.url));
	struct writer w = {.t = t, .store = open_at(t, t->f.url, false), .code = "late"};
	pthread_t writer;
	assert_int_equal(pthread_create(&writer, NULL, run_writer, &w), 0);
	while (!atomic_load(&w.has_begun)) {
		sched_yield();
	}
	pid_t pid = fork();
	if (pid == 0) {
		_exit(move(t, t->f.url, t->back) ? 0 : 7);
	}
	char n[20] = "0";
	while (strcmp(n, "0") == 0) {
		pg_do(t->f.url, "select count(*) from pg_locks where relation = 'standing'::regclass and not granted", n,
		      sizeof n);
	}
	atomic_store(&w.may_end, 1);
	pthread_join(writer, NULL);
	assert_ok(&t->f, w.is_good);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	char path[400];
	sqlite3 *db;
	snprintf(path, sizeof path, "%s/cityhall.db", t->back);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	sqlite3_stmt *st;
	assert_int_equal(sqlite3_prepare_v2(db, "select count(*) from town where code = 'late'", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 1);
	sqlite3_finalize(st);
	sqlite3_close(db);
	/* The same process, which knows of nothing, does not write any more. */
	struct writer again = {.t = t, .store = w.store, .may_end = 1, .code = "too late"};
	run_writer(&again);
	assert_false(again.is_good);
	assert_int_equal(again.e.code, ERR_CLOSED);
	store_close(w.store);
}

/* On SQLite beside a process that serves the file: it is refused during the copy and after it. */
static void a_process_that_serves_the_file_is_refused(void **state)
{
	POSTGRES_ONLY();
	struct town *t = *state;
	fill_folder(t);
	struct store *serving = open_at(t, t->f.dir, false);
	struct town_add_in in = {STR("one more"), STR("x")};
	struct store_op op = {.route = 1, .id = {77}};
	assert_ok(&t->f, store_write(serving, &op, add_town, &in, &t->f.e));
	t->stop_at = 20;
	assert_false(move(t, t->f.dir, t->f.url));
	t->stop_at = 0;
	struct town_add_in other = {STR("and another"), STR("x")};
	struct store_op op2 = {.route = 1, .id = {78}};
	assert_false(store_write(serving, &op2, add_town, &other, &t->f.e));
	assert_int_equal(t->f.e.code, ERR_CLOSED);
	/* It still reads. */
	struct standing standing;
	assert_ok(&t->f, store_standing(serving, &standing, &t->f.e));
	assert_int_equal(standing.kind, STANDING_MOVING);
	assert_string_equal(standing.other, t->f.url);
	assert_true(standing_may_serve(&standing, &t->f.e));
	assert_ok(&t->f, move(t, t->f.dir, t->f.url));
	assert_false(store_write(serving, &op2, add_town, &other, &t->f.e));
	assert_int_equal(t->f.e.code, ERR_CLOSED);
	assert_ok(&t->f, store_standing(serving, &standing, &t->f.e));
	assert_int_equal(standing.kind, STANDING_MOVED);
	assert_false(standing_may_serve(&standing, &t->f.e));
	store_close(serving);
	/* What it acknowledged is at the new place: the operation gives its first result again. */
	serving = open_at(t, t->f.url, false);
	assert_ok(&t->f, store_write(serving, &op, add_town, &in, &t->f.e));
	assert_true(op.is_replay);
	store_close(serving);
}

static void what_a_process_knows_refuses_at_once(void **state)
{
	POSTGRES_ONLY();
	struct town *t = *state;
	struct store *s = open_at(t, t->f.dir, false);
	struct town_add_in in = {STR("a"), STR("b")};
	struct store_op op = {.route = 1};
	store_set_standing(s, STANDING_MOVING);
	assert_false(store_write(s, &op, add_town, &in, &t->f.e));
	assert_int_equal(t->f.e.code, ERR_CLOSED);
	store_set_standing(s, STANDING_OPEN);
	assert_ok(&t->f, store_write(s, &op, add_town, &in, &t->f.e));
	store_close(s);
}

int main(void)
{
#define IN_TOWN(test) cmocka_unit_test_setup_teardown(test, set_up_town, tear_down_town)
	const struct CMUnitTest tests[] = {
		IN_TOWN(a_town_comes_back_from_the_other_engine_as_it_was),
		IN_TOWN(a_copy_that_is_stopped_again_and_again_arrives_whole),
		IN_TOWN(a_copy_that_is_killed_anywhere_arrives_whole),
		IN_TOWN(a_town_only_moves_into_an_empty_place),
		IN_TOWN(an_unfinished_copy_is_not_mixed_with_another),
		IN_TOWN(rows_that_changed_on_the_way_are_noticed),
		IN_TOWN(a_write_under_way_is_waited_for_and_comes_along),
		IN_TOWN(a_process_that_serves_the_file_is_refused),
		IN_TOWN(what_a_process_knows_refuses_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
