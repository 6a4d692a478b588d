#include "history.h"
#include "tests/history.sql.c" /* NOLINT: the generated calls of these tests */

struct listing {
	int64_t route, casefile;
	struct event_list list;
};

static bool list_job(struct tx *tx, void *ctx, struct err *e)
{
	struct listing *l = ctx;
	return event_list_of_case(tx, l->route, l->casefile, &l->list, e);
}

static struct event_list list_of(struct fixture *f, int64_t route, int64_t casefile)
{
	struct listing l = {.route = route, .casefile = casefile};
	assert_ok(f, store_read(f->store, route, &f->arena, list_job, &l, &f->e));
	return l.list;
}

static void events_of_a_case_come_back_whole_and_in_order(void **state)
{
	struct fixture *f = *state;
	struct move first = {.party = 1, .institution = 9, .casefile = 7, .kind = "submitted", .personal = "{\"n\":1}"};
	struct move second = {.party = 1, .casefile = 7, .kind = "taken"};
	struct move other = {.party = 1, .casefile = 8, .kind = "submitted"};
	struct move stranger = {.party = 2, .casefile = 7, .kind = "submitted"};
	assert_ok(f, make_move(f, &first));
	assert_ok(f, make_move(f, &other));
	assert_ok(f, make_move(f, &stranger));
	assert_ok(f, make_move(f, &second));
	struct event_list l = list_of(f, 1, 7);
	assert_int_equal(l.n, 2);
	assert_str(l.items[0].kind, "submitted");
	assert_str(l.items[0].personal_payload, "{\"n\":1}");
	assert_str(l.items[0].public_payload, "{\"a\":1}");
	assert_int_equal(l.items[0].payload_digest.n, SHA256_BYTES);
	assert_int_equal(l.items[0].institution, 9);
	assert_int_equal(l.items[0].recorded_us, NOON_US);
	assert_int_equal(l.items[0].effective_us, NOON_US);
	assert_int_equal(l.items[0].id, first.ev.id);
	assert_str(l.items[1].kind, "taken");
	assert_int_equal(l.items[1].personal_payload.n, 0);
	assert_int_equal(l.items[1].payload_digest.n, 0);
	assert_true(l.items[0].id < l.items[1].id);
	assert_int_equal(list_of(f, 3, 7).n, 0);
}

static void a_long_history_is_listed_to_its_end(void **state)
{
	struct fixture *f = *state;
	struct appended appended[100];
	make_moves(f, 100, 1, 0, appended);
	struct event_list l = list_of(f, 1, 7);
	assert_int_equal(l.n, 100);
	for (size_t i = 0; i < 100; i++) {
		assert_int_equal(l.items[i].id, appended[i].id);
	}
}

static void a_move_that_fails_leaves_no_event_and_nothing_to_relay(void **state)
{
	struct fixture *f = *state;
	struct move m = {.party = 1, .casefile = 7, .kind = "moved", .personal = "{}", .fails = true};
	assert_false(make_move(f, &m));
	assert_int_equal(sql(f, "select (select count(*) from event) + (select count(*) from event_payload) + "
	                        "(select count(*) from outbox) + (select count(*) from note)"),
	                 0);
}

static bool erase_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct event *ev = ctx;
	/* Erasure is a move of its own: its root row comes first. */
	return note_add(tx, &(struct note_add_in){ev->route, id_random(), STR("erased")}, e) &&
	       event_erase_payload(tx, ev->route, ev->id, e);
}

static void erasure_takes_payload_and_salt_and_leaves_the_digest(void **state)
{
	struct fixture *f = *state;
	struct move m = {.party = 1, .casefile = 7, .kind = "moved", .personal = "{\"name\":\"Anna\"}"};
	assert_ok(f, make_move(f, &m));
	struct event before = list_of(f, 1, 7).items[0];
	struct store_op op = {.route = 1};
	assert_ok(f, store_write(f->store, &op, erase_job, &m.ev, &f->e));
	assert_ok(f, store_write(f->store, &op, erase_job, &m.ev, &f->e));
	struct event after = list_of(f, 1, 7).items[0];
	assert_int_equal(after.personal_payload.n, 0);
	assert_true(str_eq(after.payload_digest, before.payload_digest));
	assert_int_equal(sql(f, "select count(*) from event_payload"), 0);
}

static void the_digest_is_over_salt_and_payload_and_the_salt_is_new_each_time(void **state)
{
	struct fixture *f = *state;
	struct move m = {.party = 1, .casefile = 7, .kind = "moved", .personal = "{\"name\":\"Anna\"}"};
	assert_ok(f, make_move(f, &m));
	assert_ok(f, make_move(f, &m));
	struct event_list l = list_of(f, 1, 7);
	assert_false(str_eq(l.items[0].payload_digest, l.items[1].payload_digest));
	assert_int_equal(sql(f, "select min(length(salt)) from event_payload"), 16);
}

static void every_field_of_an_event_is_in_its_leaf(void **state)
{
	(void)state;
	const struct event base = {
		.route = 1,
		.id = 2,
		.room = STR("r"),
		.kind = STR("k"),
		.version = 3,
		.casefile = 4,
		.institution = 5,
		.service = STR("s"),
		.actor = 6,
		.effective_us = 7,
		.recorded_us = 8,
		.public_payload = STR("{}"),
		.payload_digest = STR("0123456789abcdef0123456789abcdef"),
	};
	struct event changed[13];
	for (size_t i = 0; i < 13; i++) {
		changed[i] = base;
	}
	changed[0].route = 99;
	changed[1].id = 99;
	changed[2].room = STR("q");
	changed[3].kind = STR("q");
	changed[4].version = 99;
	changed[5].casefile = 99;
	changed[6].institution = 99;
	changed[7].service = STR("q");
	changed[8].actor = 99;
	changed[9].effective_us = 99;
	changed[10].recorded_us = 99;
	changed[11].public_payload = STR("{ }");
	changed[12].payload_digest = STR_EMPTY;
	uint8_t want[SHA256_BYTES], got[SHA256_BYTES];
	struct err e;
	assert_true(event_leaf(&base, want, &e));
	for (size_t i = 0; i < 13; i++) {
		assert_true(event_leaf(&changed[i], got, &e));
		assert_memory_not_equal(got, want, sizeof want);
	}
	/* The personal payload itself is not: it may be erased. */
	struct event erased = base;
	erased.personal_payload = STR("{\"name\":\"Anna\"}");
	assert_true(event_leaf(&erased, got, &e));
	assert_memory_equal(got, want, sizeof want);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_history, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(events_of_a_case_come_back_whole_and_in_order),
		TEST(a_long_history_is_listed_to_its_end),
		TEST(a_move_that_fails_leaves_no_event_and_nothing_to_relay),
		TEST(erasure_takes_payload_and_salt_and_leaves_the_digest),
		TEST(the_digest_is_over_salt_and_payload_and_the_salt_is_new_each_time),
		cmocka_unit_test(every_field_of_an_event_is_in_its_leaf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
