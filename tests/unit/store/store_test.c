#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "fixture.h"
#include "tests/sample.sql.c" /* NOLINT: the generated calls of these tests */

/* --- One write path
 * ----------------------------------------------------------------------------------------------------- */

static void a_write_is_there_for_the_next_read(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, write_account(f, 5, 1, STR("first")));
	struct account_seen seen = {.party = 5, .id = 1};
	assert_ok(f, store_read(f->store, 5, &f->arena, see_account, &seen, &f->e));
	assert_true(seen.out.found);
	assert_int_equal(seen.out.sum, 100);
	assert_true(seen.out.is_open);
	assert_false(seen.out.has_due);
	assert_str(seen.out.note, "first");
}

static void rows_survive_closing_and_opening(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, write_account(f, 5, 1, STR("first")));
	fixture_close(f);
	fixture_open(f);
	assert_int_equal(accounts_of(f, 5), 1);
	assert_ok(f, store_check(f->store, &f->e));
	assert_ok(f, store_prepare_all(f->store, &f->e));
}

static bool add_and_fail(struct tx *tx, void *ctx, struct err *e)
{
	return add_account(tx, ctx, e) && err_set(e, ERR_INVALID, "thought better of it");
}

static void a_job_that_returns_false_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct account_row row = {5, 1, 100, STR("x")};
	struct store_op op = {.route = 5, .id = {1}};
	assert_false(store_write(f->store, &op, add_and_fail, &row, &f->e));
	assert_int_equal(f->e.code, ERR_INVALID);
	assert_int_equal(accounts_of(f, 5), 0);
	assert_int_equal(op.result[0], 0);
	/* The operation was not done either, so the same one may be sent again. */
	assert_ok(f, store_write(f->store, &op, add_account, &row, &f->e));
	assert_false(op.is_replay);
}

static bool say_nothing(struct tx *tx, void *ctx, struct err *e)
{
	(void)tx;
	(void)ctx;
	(void)e;
	return false;
}

static void a_job_that_fails_without_a_word_is_an_internal_error(void **state)
{
	struct fixture *f = *state;
	struct store_op op = {.route = 5};
	assert_false(store_write(f->store, &op, say_nothing, NULL, &f->e));
	assert_int_equal(f->e.code, ERR_INTERNAL);
}

static bool look_away(struct tx *tx, void *ctx, struct err *e)
{
	struct err ignored;
	bool is_first = add_account(tx, ctx, e);
	bool is_second = add_account(tx, ctx, &ignored);
	(void)is_second;
	return is_first;
}

static void a_job_that_looks_away_from_an_error_fails_all_the_same(void **state)
{
	struct fixture *f = *state;
	struct account_row row = {5, 1, 100, STR("x")};
	struct store_op op = {.route = 5};
	assert_false(store_write(f->store, &op, look_away, &row, &f->e));
	assert_int_equal(f->e.code, ERR_CONFLICT);
	assert_int_equal(accounts_of(f, 5), 0);
}

/* --- Operations
 * --------------------------------------------------------------------------------------------------------- */

struct counted {
	struct account_row row;
	atomic_int runs;
};

/* On PostgreSQL a job may have been begun before it is known that its operation is there; what it did is undone. */
static void assert_ran_once(const struct counted *c)
{
	assert_true(is_on_postgres() ? c->runs >= 1 : c->runs == 1);
}

static bool add_counted(struct tx *tx, void *ctx, struct err *e)
{
	struct counted *c = ctx;
	c->runs++;
	for (int i = 0; i < 4; i++) {
		tx_result(tx, i, c->row.id * 10 + i);
	}
	struct account_add_in in = {.party = c->row.party, .id = c->row.id, .sum = c->row.sum, .note = c->row.note};
	return account_add(tx, &in, e);
}

static void the_same_operation_sent_again_counts_once_and_gives_the_first_result(void **state)
{
	struct fixture *f = *state;
	struct counted c = {{5, 7, 100, STR("x")}, 0};
	struct store_op op = {.route = 5, .id = {1, 2}, .digest = {9}};
	assert_ok(f, store_write(f->store, &op, add_counted, &c, &f->e));
	assert_false(op.is_replay);
	assert_int_equal(op.result[3], 73);
	struct store_op again = {.route = 5, .id = {1, 2}, .digest = {9}};
	assert_ok(f, store_write(f->store, &again, add_counted, &c, &f->e));
	assert_true(again.is_replay);
	assert_memory_equal(again.result, op.result, sizeof op.result);
	assert_ran_once(&c);
	assert_int_equal(accounts_of(f, 5), 1);
	fixture_close(f);
	fixture_open(f);
	assert_ok(f, store_write(f->store, &again, add_counted, &c, &f->e));
	assert_true(again.is_replay);
	assert_ran_once(&c);
}

static void the_same_operation_with_other_content_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	struct counted c = {{5, 7, 100, STR("x")}, 0};
	struct store_op op = {.route = 5, .id = {1, 2}, .digest = {9}};
	assert_ok(f, store_write(f->store, &op, add_counted, &c, &f->e));
	struct store_op other = {.route = 5, .id = {1, 2}, .digest = {8}};
	c.row.id = 8;
	assert_false(store_write(f->store, &other, add_counted, &c, &f->e));
	assert_int_equal(f->e.code, ERR_CONFLICT);
	assert_int_equal(other.result[0], 0);
	assert_ran_once(&c);
	/* Another party's operation has nothing to do with it. */
	c.row.party = 6;
	struct store_op elsewhere = {.route = 6, .id = {1, 2}, .digest = {8}};
	assert_ok(f, store_write(f->store, &elsewhere, add_counted, &c, &f->e));
	assert_false(elsewhere.is_replay);
}

static void the_button_pressed_many_times_at_once_counts_once(void **state)
{
	enum { TIMES = 16 };
	struct fixture *f = *state;
	struct counted c = {{5, 7, 100, STR("x")}, 0};
	struct call calls[TIMES];
	struct gate g;
	gate_close(&g, f->store);
	for (int i = 0; i < TIMES; i++) {
		calls[i] = (struct call){
			.store = f->store, .op = {.route = 5, .id = {1}, .digest = {2}}, .job = add_counted, .ctx = &c};
		call_start(&calls[i]);
	}
	wait_until_queued(f->store, TIMES);
	gate_open(&g);
	int replays = 0;
	for (int i = 0; i < TIMES; i++) {
		call_end(&calls[i]);
		assert_true(calls[i].is_ok);
		assert_int_equal(calls[i].op.result[0], 70);
		replays += calls[i].op.is_replay;
	}
	assert_int_equal(replays, TIMES - 1);
	assert_ran_once(&c);
	assert_int_equal(accounts_of(f, 5), 1);
}

static void operations_are_forgotten_after_30_days(void **state)
{
	struct fixture *f = *state;
	int64_t removed;
	struct account_row row = {5, 1, 100, STR("x")};
	struct store_op op = {.route = 5, .id = {1}};
	assert_ok(f, store_write(f->store, &op, add_account, &row, &f->e));
	time_source_advance(&f->time, 30 * US_PER_DAY);
	assert_ok(f, store_trim(f->store, 100, &removed, &f->e));
	assert_int_equal(removed, 0);
	assert_ok(f, store_write(f->store, &op, add_account, &row, &f->e));
	assert_true(op.is_replay);
	time_source_advance(&f->time, 1);
	assert_ok(f, store_trim(f->store, 100, &removed, &f->e));
	assert_int_equal(removed, 1);
	assert_false(store_write(f->store, &op, add_account, &row, &f->e));
	assert_int_equal(f->e.code, ERR_CONFLICT); /* the row itself is there */
}

/* --- Statements
 * --------------------------------------------------------------------------------------------------------- */

struct touch {
	int64_t party, id, version, by;
};

static bool touch_account(struct tx *tx, void *ctx, struct err *e)
{
	const struct touch *t = ctx;
	struct account_touch_in in = {.party = t->party, .id = t->id, .version = t->version, .by = t->by};
	return account_touch(tx, &in, e);
}

static void a_root_row_that_moved_on_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	struct touch t = {5, 1, 1, 11};
	struct store_op op = {.route = 5};
	assert_ok(f, store_write(f->store, &op, touch_account, &t, &f->e));
	assert_false(store_write(f->store, &op, touch_account, &t, &f->e));
	assert_int_equal(f->e.code, ERR_CONFLICT);
	struct account_seen seen = {.party = 5, .id = 1};
	assert_ok(f, store_read(f->store, 5, &f->arena, see_account, &seen, &f->e));
	assert_int_equal(seen.out.sum, 111);
	assert_int_equal(seen.out.version, 2);
}

static void a_duplicate_key_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	assert_false(write_account(f, 5, 1, STR("y")));
	assert_int_equal(f->e.code, ERR_CONFLICT);
	assert_false(write_account(f, 5, 2, STR("x")));
	assert_int_equal(f->e.code, ERR_CONFLICT);
	assert_ok(f, write_account(f, 6, 1, STR("x")));
}

static bool read_all_kinds(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	struct account_get_in get = {.party = 5, .id = 99};
	struct account_get_out got;
	if (!account_get(tx, &get, &got, e)) {
		return false;
	}
	assert_false(got.found);
	assert_str(got.note, "");
	struct account_need_in need = {.party = 5, .id = 99};
	struct account_need_out needed;
	assert_false(account_need(tx, &need, &needed, e));
	assert_int_equal(e->code, ERR_NOT_FOUND);
	/* Not finding a row breaks nothing. */
	need.id = 2;
	assert_true(account_need(tx, &need, &needed, e));
	assert_str(needed.note, "b");
	struct account_sum_in sum = {.party = 5};
	struct account_sum_out sums;
	assert_true(account_sum(tx, &sum, &sums, e));
	assert_true(sums.has_total);
	assert_int_equal(sums.total, 600);
	assert_false(sums.has_least);
	sum.party = 77;
	return true;
}

static void each_kind_of_statement_says_what_it_found(void **state)
{
	struct fixture *f = *state;
	static const char *const notes[] = {"a", "b", "c", "d", "e", "f"};
	for (int i = 0; i < 6; i++) {
		assert_ok(f, write_account(f, 5, i + 1, str_of(notes[i])));
	}
	assert_ok(f, store_read(f->store, 5, &f->arena, read_all_kinds, NULL, &f->e));
	int64_t n = accounts_of(f, 77);
	assert_int_equal(n, 0);
}

static bool read_pages(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	struct account_page_in in = {.party = 5, .limit = 4};
	struct account_page_out row;
	struct account_page_rows rows;
	int64_t expected = 1;
	for (int page = 0; page < 4; page++) {
		if (!account_page_open(tx, &in, &rows, e)) {
			return false;
		}
		while (account_page_next(&rows, &row)) {
			assert_int_equal(row.id, expected++);
			in.after_sum = row.sum;
			in.after_id = row.id;
		}
		if (!account_page_close(&rows, e)) {
			return false;
		}
	}
	assert_int_equal(expected, 11);
	struct account_some_in some = {.party = 5, .ids = {9, 3, 77}, .ids_n = 3};
	struct account_some_rows list;
	struct account_some_out item;
	int64_t sum = 0;
	if (!account_some_open(tx, &some, &list, e)) {
		return false;
	}
	while (account_some_next(&list, &item)) {
		sum = sum * 10 + item.id;
	}
	assert_int_equal(sum, 39);
	return account_some_close(&list, e);
}

static bool list_too_much(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	struct account_some_in in = {.party = 5, .ids_n = STORE_LIST_MAX + 1};
	struct account_some_rows rows;
	return account_some_open(tx, &in, &rows, e);
}

static void lists_are_read_in_pages_and_by_bounded_lists(void **state)
{
	struct fixture *f = *state;
	for (int i = 1; i <= 10; i++) {
		char note[16];
		snprintf(note, sizeof note, "n%d", i);
		assert_ok(f, write_account(f, 5, i, str_of(note)));
		assert_ok(f, write_account(f, 6, i, str_of(note)));
	}
	assert_ok(f, store_read(f->store, 5, &f->arena, read_pages, NULL, &f->e));
	assert_false(store_read(f->store, 5, &f->arena, list_too_much, NULL, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
}

static bool leave_open(struct tx *tx, void *ctx, struct err *e)
{
	struct account_page_rows *rows = ctx;
	struct account_page_in in = {.party = 5, .limit = 4};
	struct account_page_out row;
	assert_true(account_page_open(tx, &in, rows, e));
	assert_true(account_page_next(rows, &row));
	/* The same statement twice at once is refused, not mixed up. */
	struct account_page_rows second;
	struct err nested;
	assert_false(account_page_open(tx, &in, &second, &nested));
	assert_int_equal(nested.code, ERR_USAGE);
	return true;
}

static void rows_left_open_are_closed_with_the_job(void **state)
{
	struct fixture *f = *state;
	struct account_page_rows rows;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	for (int i = 0; i < 20; i++) {
		assert_false(store_read(f->store, 5, &f->arena, leave_open, &rows, &f->e));
		assert_int_equal(f->e.code, ERR_USAGE);
	}
	assert_ok(f, write_account(f, 5, 2, STR("y")));
	assert_int_equal(accounts_of(f, 5), 2);
}

static bool close_all(struct tx *tx, void *ctx, struct err *e)
{
	struct account_close_in in = {.party = 5, .has_due = true, .due = 20000};
	struct touch t = {5, 1, 1, 0};
	return touch_account(tx, &t, e) && account_close(tx, &in, ctx, e);
}

static bool read_due(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	struct account_by_due_in in = {.party = 5, .has_due = true, .due = 20000};
	struct account_by_due_rows rows;
	struct account_by_due_out row;
	int64_t n = 0;
	for (int round = 0; round < 2; round++) {
		if (!account_by_due_open(tx, &in, &rows, e)) {
			return false;
		}
		while (account_by_due_next(&rows, &row)) {
			n += 1 + 10 * row.has_due;
		}
		if (!account_by_due_close(&rows, e)) {
			return false;
		}
		in.has_due = false; /* no filter */
	}
	assert_int_equal(n, 22 + 23);
	return true;
}

static void null_is_kept_apart_from_zero_and_filters_may_be_absent(void **state)
{
	struct fixture *f = *state;
	int64_t rows = 0;
	struct store_op op = {.route = 5};
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	assert_ok(f, write_account(f, 5, 2, STR("y")));
	assert_ok(f, store_write(f->store, &op, close_all, &rows, &f->e));
	assert_int_equal(rows, 2);
	assert_ok(f, write_account(f, 5, 3, STR("z")));
	assert_ok(f, store_read(f->store, 5, &f->arena, read_due, NULL, &f->e));
}

static void text_beyond_the_arena_is_an_ordinary_error(void **state)
{
	struct fixture *f = *state;
	static char big[100000];
	memset(big, 'a', sizeof big);
	assert_ok(f, write_account(f, 5, 1, str_from(big, sizeof big)));
	struct arena a;
	arena_init(&a, 50000);
	struct account_seen seen = {.party = 5, .id = 1};
	assert_false(store_read(f->store, 5, &a, see_account, &seen, &f->e));
	assert_int_equal(f->e.code, ERR_MEMORY);
	arena_release(&a);
}

static bool join(struct tx *tx, void *ctx, struct err *e)
{
	struct child_add_in in = {.party = 5, .account = *(int64_t *)ctx, .id = 1, .value = 42};
	struct touch t = {5, 1, 1, 0};
	struct child_join_in read = {.party = 5};
	struct child_join_rows rows;
	struct child_join_out row;
	if (!touch_account(tx, &t, e) || !child_add(tx, &in, e) || !child_join_open(tx, &read, &rows, e)) {
		return false;
	}
	if (child_join_next(&rows, &row)) {
		assert_str(row.note, "x");
		assert_int_equal(row.value, 42);
		assert_false(child_join_next(&rows, &row));
	}
	return child_join_close(&rows, e);
}

static void a_key_to_a_missing_row_is_refused_at_once(void **state)
{
	struct fixture *f = *state;
	struct store_op op = {.route = 5};
	int64_t account = 9;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	assert_false(store_write(f->store, &op, join, &account, &f->e));
	assert_int_equal(f->e.code, ERR_INTERNAL);
	account = 1;
	assert_ok(f, store_write(f->store, &op, join, &account, &f->e));
}

static bool note_time(struct tx *tx, void *ctx, struct err *e)
{
	(void)e;
	int64_t *seen = ctx;
	seen[0] = tx_now_us(tx);
	time_source_advance(*(struct time_source **)&seen[2], 5);
	seen[1] = tx_now_us(tx);
	return true;
}

static void a_job_has_one_time(void **state)
{
	struct fixture *f = *state;
	int64_t seen[3];
	struct time_source *t = &f->time;
	memcpy(&seen[2], &t, sizeof t);
	struct store_op op = {.route = 5};
	assert_ok(f, store_write(f->store, &op, note_time, seen, &f->e));
	assert_int_equal(seen[0], NOON_US);
	assert_int_equal(seen[1], NOON_US);
}

/* --- Rules
 * -------------------------------------------------------------------------------------------------------------- */

static bool begin_with_a_child(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	struct child_add_in in = {.party = 5, .account = 1, .id = 1};
	return child_add(tx, &in, e);
}

static bool begin_with_a_read(struct tx *tx, void *ctx, struct err *e)
{
	return count_accounts(tx, ctx, e);
}

static bool reach_all(struct tx *tx, void *ctx, struct err *e)
{
	return accounts_all(tx, ctx, e);
}

static void a_write_job_begins_with_its_root_row(void **state)
{
	struct fixture *f = *state;
	int64_t n;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	struct store_op op = {.route = 5, .id = {1}};
	assert_false(store_write(f->store, &op, begin_with_a_child, NULL, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	assert_false(store_write(f->store, &op, begin_with_a_read, &n, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
}

static void a_job_stays_within_its_route(void **state)
{
	struct fixture *f = *state;
	struct account_row row = {6, 1, 100, STR("x")};
	struct store_op op = {.route = 5};
	assert_false(store_write(f->store, &op, add_account, &row, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	struct account_seen seen = {.party = 6, .id = 1};
	assert_false(store_read(f->store, 5, &f->arena, see_account, &seen, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	/* Route 0 reads everything. */
	assert_ok(f, store_read(f->store, 0, &f->arena, see_account, &seen, &f->e));
}

static void scatter_statements_are_for_background_work_and_routeless_reads(void **state)
{
	struct fixture *f = *state;
	int64_t n = 0;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	assert_ok(f, write_account(f, 6, 1, STR("x")));
	assert_false(store_read(f->store, 5, &f->arena, reach_all, &n, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	assert_ok(f, store_read(f->store, 0, &f->arena, reach_all, &n, &f->e));
	assert_int_equal(n, 2);
	/* A write reaches one place, whoever asks. */
	struct store_op op = {.route = 5, .is_background = true};
	assert_false(store_write(f->store, &op, reach_all, &n, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	op.is_background = false;
	assert_false(store_write(f->store, &op, reach_all, &n, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
}

static void *answer_requests(void *arg)
{
	struct fixture *f = arg;
	struct account_seen seen = {.party = 6, .id = 1};
	int64_t n = 0;
	store_thread_answers();
	assert_false(store_read(f->store, 0, &f->arena, reach_all, &n, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	assert_non_null(strstr(f->e.text, "the thread answers requests"));
	assert_false(store_read(f->store, 0, &f->arena, see_account, &seen, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	assert_ok(f, store_read(f->store, 6, &f->arena, see_account, &seen, &f->e));
	return NULL;
}

static void a_thread_that_answers_requests_reaches_one_route_at_a_time(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;
	assert_ok(f, write_account(f, 6, 1, STR("x")));
	assert_int_equal(pthread_create(&thread, NULL, answer_requests, f), 0);
	pthread_join(thread, NULL);
}

static void a_read_cannot_write(void **state)
{
	struct fixture *f = *state;
	struct account_row row = {5, 1, 100, STR("x")};
	assert_false(store_read(f->store, 5, &f->arena, add_account, &row, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
}

static void statements_of_a_room_that_is_not_there_are_refused(void **state)
{
	struct fixture *f = *state;
	static const struct store_schema *const none[] = {NULL};
	f->options.schemas = none;
	fixture_open(f);
	assert_false(write_account(f, 5, 1, STR("x")));
	assert_int_equal(f->e.code, ERR_USAGE);
}

static bool write_again(struct tx *tx, void *ctx, struct err *e)
{
	(void)tx;
	struct fixture *f = ctx;
	struct store_op op = {.route = 5};
	return store_write(f->store, &op, say_nothing, NULL, e);
}

static bool write_within_read(struct tx *tx, void *ctx, struct err *e)
{
	return write_again(tx, ctx, e);
}

/* The store must be opened by the child: threads do not come along with a fork. */
static int in_child(struct fixture *f, int (*body)(struct fixture *f))
{
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		freopen("/dev/null", "w", stderr);
		_exit(fixture_opens(f) ? body(f) : 99);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int write_in_write(struct fixture *f)
{
	struct store_op op = {.route = 5};
	return store_write(f->store, &op, write_again, f, &f->e) ? 0 : 1;
}

static int write_in_read(struct fixture *f)
{
	return store_read(f->store, 5, &f->arena, write_within_read, f, &f->e) ? 0 : 1;
}

static void a_write_inside_a_job_is_a_mistake_that_ends_the_program(void **state)
{
	struct fixture *f = *state;
	int status = in_child(f, write_in_write);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	status = in_child(f, write_in_read);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* --- Reads
 * -------------------------------------------------------------------------------------------------------------- */

static bool read_twice(struct tx *tx, void *ctx, struct err *e)
{
	struct fixture *f = ctx;
	int64_t before, after;
	if (!count_accounts(tx, &before, e)) {
		return false;
	}
	struct account_row row = {5, 2, 100, STR("y")};
	struct call c = {.store = f->store, .op = {.route = 5}, .job = add_account, .ctx = &row};
	call_start(&c);
	call_end(&c);
	assert_true(c.is_ok);
	if (!count_accounts(tx, &after, e)) {
		return false;
	}
	assert_int_equal(before, 1);
	assert_int_equal(after, 1);
	return true;
}

static void a_read_sees_one_snapshot(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, write_account(f, 5, 1, STR("x")));
	assert_ok(f, store_read(f->store, 5, &f->arena, read_twice, f, &f->e));
	assert_int_equal(accounts_of(f, 5), 2);
}

static bool dawdle(struct tx *tx, void *ctx, struct err *e)
{
	struct fixture *f = ctx;
	int64_t n;
	if (!count_accounts(tx, &n, e)) {
		return false;
	}
	time_source_advance(&f->time, 1000001);
	return count_accounts(tx, &n, e);
}

struct mover {
	struct fixture *f;
	atomic_bool is_over;
};

static void *move_time(void *ctx)
{
	struct mover *m = ctx;
	while (!atomic_load(&m->is_over)) {
		time_source_advance(&m->f->time, 1000);
		sched_yield();
	}
	return NULL;
}

static bool search_for_ever(struct tx *tx, void *ctx, struct err *e)
{
	return account_slow(tx, ctx, e);
}

static void no_read_lasts_longer_than_a_second(void **state)
{
	struct fixture *f = *state;
	for (int i = 1; i <= 60; i++) {
		char note[16];
		snprintf(note, sizeof note, "n%d", i);
		assert_ok(f, write_account(f, 5, i, str_of(note)));
	}
	assert_false(store_read(f->store, 5, &f->arena, dawdle, f, &f->e));
	assert_int_equal(f->e.code, ERR_BUSY);
	/* 60^6 rows: it ends because it is stopped. */
	struct mover m = {.f = f};
	pthread_t mover;
	int64_t n;
	assert_int_equal(pthread_create(&mover, NULL, move_time, &m), 0);
	assert_false(store_read(f->store, 0, &f->arena, search_for_ever, &n, &f->e));
	assert_int_equal(f->e.code, ERR_BUSY);
	atomic_store(&m.is_over, true);
	pthread_join(mover, NULL);
	assert_int_equal(accounts_of(f, 5), 60);
}

/* --- Order and numbers
 * -------------------------------------------------------------------------------------------------- */

struct ordered {
	int64_t id;
	int *next;
	int place;
};

static bool take_place(struct tx *tx, void *ctx, struct err *e)
{
	(void)tx;
	(void)e;
	struct ordered *o = ctx;
	o->place = (*o->next)++;
	return true;
}

static void interactive_jobs_go_before_background_ones(void **state)
{
	enum { EACH = 5 };
	SQLITE_ONLY();
	struct fixture *f = *state;
	struct call calls[2 * EACH];
	struct ordered places[2 * EACH];
	struct gate g;
	int next = 0;
	gate_close(&g, f->store);
	for (int i = 0; i < 2 * EACH; i++) {
		places[i] = (struct ordered){i, &next, -1};
		calls[i] =
			(struct call){.store = f->store, .op = {.is_background = i < EACH}, .job = take_place, .ctx = &places[i]};
		call_start(&calls[i]);
	}
	wait_until_queued(f->store, 2 * EACH);
	gate_open(&g);
	for (int i = 0; i < 2 * EACH; i++) {
		call_end(&calls[i]);
		assert_true(calls[i].is_ok);
		assert_true(i < EACH ? places[i].place >= EACH : places[i].place < EACH);
	}
}

static void background_jobs_are_not_put_off_for_ever(void **state)
{
	enum { BUSY_JOBS = 30 };
	SQLITE_ONLY();
	struct fixture *f = *state;
	f->options.one_commit_each = true;
	fixture_open(f);
	struct call calls[BUSY_JOBS + 1];
	struct ordered places[BUSY_JOBS + 1];
	struct gate g;
	int next = 0;
	gate_close(&g, f->store);
	for (int i = 0; i <= BUSY_JOBS; i++) {
		places[i] = (struct ordered){i, &next, -1};
		calls[i] = (struct call){
			.store = f->store, .op = {.is_background = i == BUSY_JOBS}, .job = take_place, .ctx = &places[i]};
		call_start(&calls[i]);
	}
	wait_until_queued(f->store, BUSY_JOBS + 1);
	gate_open(&g);
	for (int i = 0; i <= BUSY_JOBS; i++) {
		call_end(&calls[i]);
	}
	assert_true(places[BUSY_JOBS].place <= BACKGROUND_AFTER + 1);
}

struct adder {
	struct fixture *f;
	int64_t account;
	int conflicts;
	pthread_t thread;
	bool is_ok;
};

enum { ADDERS = 64, ADDS = 20, SHARED = 4 };

static void *add_many(void *arg)
{
	struct adder *a = arg;
	struct arena arena;
	arena_init(&arena, 1 << 20);
	a->is_ok = true;
	for (int done = 0; done < ADDS && a->is_ok;) {
		struct account_seen seen = {.party = 5, .id = a->account};
		struct err e;
		a->is_ok = store_read(a->f->store, 5, &arena, see_account, &seen, &e);
		struct touch t = {5, a->account, seen.out.version, 1};
		struct store_op op = {.route = 5};
		if (store_write(a->f->store, &op, touch_account, &t, &e)) {
			done++;
		} else {
			a->is_ok = a->is_ok && e.code == ERR_CONFLICT;
			a->conflicts++;
		}
		arena_reset(&arena);
	}
	arena_release(&arena);
	return NULL;
}

static void many_writers_at_once_lose_nothing(void **state)
{
	struct fixture *f = *state;
	static struct adder adders[ADDERS];
	static const char *const notes[SHARED] = {"a", "b", "c", "d"};
	for (int i = 0; i < SHARED; i++) {
		assert_ok(f, write_account(f, 5, i + 1, str_of(notes[i])));
	}
	for (int i = 0; i < ADDERS; i++) {
		adders[i] = (struct adder){.f = f, .account = i % SHARED + 1};
		assert_int_equal(pthread_create(&adders[i].thread, NULL, add_many, &adders[i]), 0);
	}
	int conflicts = 0;
	for (int i = 0; i < ADDERS; i++) {
		pthread_join(adders[i].thread, NULL);
		assert_true(adders[i].is_ok);
		conflicts += adders[i].conflicts;
	}
	for (int i = 1; i <= SHARED; i++) {
		struct account_seen seen = {.party = 5, .id = i};
		assert_ok(f, store_read(f->store, 5, &f->arena, see_account, &seen, &f->e));
		assert_int_equal(seen.out.sum, 100 + ADDERS / SHARED * ADDS);
		assert_int_equal(seen.out.version, 1 + ADDERS / SHARED * ADDS);
	}
	struct store_counters c;
	store_count(f->store, &c);
	assert_int_equal(c.failed, conflicts);
	assert_true(c.writes >= ADDERS * ADDS);
	assert_true(c.batches < c.writes + c.failed);
	assert_true(c.reads > 0);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up_folder, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_STORE(a_write_is_there_for_the_next_read),
		WITH_STORE(rows_survive_closing_and_opening),
		WITH_STORE(a_job_that_returns_false_leaves_nothing),
		WITH_STORE(a_job_that_fails_without_a_word_is_an_internal_error),
		WITH_STORE(a_job_that_looks_away_from_an_error_fails_all_the_same),
		WITH_STORE(the_same_operation_sent_again_counts_once_and_gives_the_first_result),
		WITH_STORE(the_same_operation_with_other_content_is_a_conflict),
		WITH_STORE(the_button_pressed_many_times_at_once_counts_once),
		WITH_STORE(operations_are_forgotten_after_30_days),
		WITH_STORE(a_root_row_that_moved_on_is_a_conflict),
		WITH_STORE(a_duplicate_key_is_a_conflict),
		WITH_STORE(each_kind_of_statement_says_what_it_found),
		WITH_STORE(lists_are_read_in_pages_and_by_bounded_lists),
		WITH_STORE(rows_left_open_are_closed_with_the_job),
		WITH_STORE(null_is_kept_apart_from_zero_and_filters_may_be_absent),
		WITH_STORE(text_beyond_the_arena_is_an_ordinary_error),
		WITH_STORE(a_key_to_a_missing_row_is_refused_at_once),
		WITH_STORE(a_job_has_one_time),
		WITH_STORE(a_write_job_begins_with_its_root_row),
		WITH_STORE(a_job_stays_within_its_route),
		WITH_STORE(scatter_statements_are_for_background_work_and_routeless_reads),
		WITH_STORE(a_thread_that_answers_requests_reaches_one_route_at_a_time),
		WITH_STORE(a_read_cannot_write),
		WITH_FOLDER(statements_of_a_room_that_is_not_there_are_refused),
		WITH_FOLDER(a_write_inside_a_job_is_a_mistake_that_ends_the_program),
		WITH_STORE(a_read_sees_one_snapshot),
		WITH_STORE(no_read_lasts_longer_than_a_second),
		WITH_STORE(interactive_jobs_go_before_background_ones),
		WITH_FOLDER(background_jobs_are_not_put_off_for_ever),
		WITH_STORE(many_writers_at_once_lose_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
