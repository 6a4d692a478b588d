/* Four databases as one store: where rows lie, what is refused, and that relay, log and seal work over all of them. */
#include <sodium.h>

#include "history.h"
#include "store/relay.h"
#include "store/seal.h"
#include "tests/history.sql.c" /* NOLINT: the generated calls of these tests */

enum { PLACES = 4, LONG_US = 60000000 };

static int set_up_router(void **state)
{
	set_up_folder(state);
	struct fixture *f = *state;
	snprintf(f->url, sizeof f->url, "router:%d", PLACES);
	fixture_open(f);
	return 0;
}

/* In one of the files alone, while the store is closed. */
static int64_t sql_in(struct fixture *f, int place, const char *text)
{
	char dir[sizeof f->dir];
	memcpy(dir, f->dir, sizeof dir);
	if (place > 0) {
		snprintf(f->dir, sizeof f->dir, "%.200s/router-%d", dir, place);
	}
	int64_t n = sql(f, text);
	memcpy(f->dir, dir, sizeof dir);
	return n;
}

static void rows_lie_where_the_hash_of_their_route_sends_them(void **state)
{
	struct fixture *f = *state;
	enum { PARTIES = 40 };
	int64_t sum = 0;
	make_moves(f, PARTIES * EVENTS_A_MOVE, PARTIES, 0, NULL);
	assert_int_equal(store_places(f->store), PLACES);
	int places[PARTIES + 1];
	for (int64_t party = 1; party <= PARTIES; party++) {
		places[party] = store_place(f->store, party);
	}
	fixture_close(f);
	for (int place = 0; place < PLACES; place++) {
		int64_t n = sql_in(f, place, "select count(*) from note");
		assert_true(n > 0 && n < PARTIES * EVENTS_A_MOVE);
		sum += n;
		assert_int_equal(sql_in(f, place, "select count(*) from event"), n);
		/* Replicated: everywhere the same. */
		assert_int_equal(sql_in(f, place, "select count(*) from schema_table"),
		                 sql_in(f, 0, "select count(*) from schema_table"));
	}
	assert_int_equal(sum, PARTIES * EVENTS_A_MOVE);
	for (int64_t party = 1; party <= PARTIES; party++) {
		char text[100];
		snprintf(text, sizeof text, "select count(*) from note where party = %lld", (long long)party);
		for (int place = 0; place < PLACES; place++) {
			assert_int_equal(sql_in(f, place, text), place == places[party] ? EVENTS_A_MOVE : 0);
		}
	}
	fixture_open(f);
}

static bool job_count(struct tx *tx, void *ctx, struct err *e)
{
	return note_count(tx, ctx, e);
}

static void a_read_of_route_0_sees_all_and_one_of_a_route_its_own(void **state)
{
	struct fixture *f = *state;
	int64_t n = 0;
	make_moves(f, 200, 20, 0, NULL);
	assert_ok(f, store_read(f->store, 0, &f->arena, job_count, &n, &f->e));
	assert_int_equal(n, 200);
	assert_false(store_read(f->store, 1, &f->arena, job_count, &n, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	struct seen s = seen_by(f, "nobody", 3);
	assert_int_equal(s.n, 0);
}

struct pair {
	int64_t party[2];
	int64_t event[2];
};

static bool job_two_routes(struct tx *tx, void *ctx, struct err *e)
{
	const struct pair *p = ctx;
	return note_add(tx, &(struct note_add_in){p->party[0], 1, STR("x")}, e) &&
	       note_add(tx, &(struct note_add_in){p->party[1], 1, STR("x")}, e);
}

static bool job_two_outboxes(struct tx *tx, void *ctx, struct err *e)
{
	const struct pair *p = ctx;
	return outbox_done(tx, &(struct outbox_done_in){p->party[0], p->event[0]}, NULL, e) &&
	       outbox_done(tx, &(struct outbox_done_in){p->party[1], p->event[1]}, NULL, e);
}

/* Two parties in one place, or in two, each with an event. */
static struct pair pair_of(struct fixture *f, bool in_one_place)
{
	struct pair p = {.party = {1, 2}};
	while ((store_place(f->store, p.party[0]) == store_place(f->store, p.party[1])) != in_one_place) {
		p.party[1]++;
	}
	for (int i = 0; i < 2; i++) {
		struct move m = {.party = p.party[i], .kind = "moved"};
		assert_ok(f, make_move(f, &m));
		p.event[i] = m.ev.id;
	}
	return p;
}

static void a_job_reaches_one_place(void **state)
{
	struct fixture *f = *state;
	int64_t n;
	struct pair near = pair_of(f, true), far = pair_of(f, false);
	/* Of one place, but of another route than the job's: nobody relies on where routes lie. */
	struct store_op op = {.route = near.party[0]};
	assert_false(store_write(f->store, &op, job_two_routes, &near, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	op.route = far.party[0];
	op.is_background = true;
	assert_false(store_write(f->store, &op, job_two_routes, &far, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	/* Statements that say so go to other routes, of the same place. */
	assert_false(store_write(f->store, &op, job_two_outboxes, &far, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
	assert_non_null(strstr(f->e.text, "goes to another place"));
	assert_ok(f, store_read(f->store, 0, &f->arena, job_count, &n, &f->e));
	assert_int_equal(n, 4);
	op.route = near.party[0];
	assert_ok(f, store_write(f->store, &op, job_two_outboxes, &near, &f->e));
	/* And no job without a route touches rows that have one. */
	op.route = 0;
	assert_false(store_write(f->store, &op, job_two_outboxes, &far, &f->e));
	assert_int_equal(f->e.code, ERR_USAGE);
}

static int64_t to_institution(const struct event *ev)
{
	return ev->institution;
}

static bool note_queue(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	return note_seen(tx, "queue", ev->institution, ev->id, e);
}

struct keys {
	uint8_t open[32], secret[crypto_sign_SECRETKEYBYTES];
};

static bool sign(void *ctx, struct str message, uint8_t signature[64], struct err *e)
{
	const struct keys *k = ctx;
	(void)e;
	return crypto_sign_detached(signature, NULL, (const unsigned char *)message.p, message.n, k->secret) == 0;
}

static void relay_log_and_seal_work_over_all_places(void **state)
{
	struct fixture *f = *state;
	enum { N = 900, INSTITUTIONS = 6 };
	static const struct event_subscriber subs[] = {{"queue", to_institution, note_queue, NULL}};
	struct appended *all = calloc(N, sizeof *all);
	struct relay *r;
	struct sealer *sealer;
	struct keys keys;
	char outside[300];
	uint64_t events, batches;
	int64_t logged, waiting;
	assert_true(sodium_init() >= 0);
	crypto_sign_keypair(keys.open, keys.secret);
	snprintf(outside, sizeof outside, "%s/seal.log", f->dir);
	make_moves(f, N, 30, INSTITUTIONS, all);
	assert_ok(f, seal_count(f->store, &logged, &waiting, &f->e));
	assert_int_equal(logged, 0);
	assert_int_equal(waiting, N);
	assert_ok(f, relay_start(f->store, subs, 1, &r, &f->e));
	assert_true(relay_drain(r, LONG_US));
	relay_stop(r);
	for (int64_t institution = 1000; institution < 1000 + INSTITUTIONS; institution++) {
		struct seen s = seen_by(f, "queue", institution);
		size_t at = 0;
		for (size_t i = 0; i < N; i++) {
			if (all[i].institution == institution) {
				assert_true(at < s.n);
				assert_int_equal(s.events[at++], all[i].id);
			}
		}
		assert_int_equal(at, s.n);
	}
	struct seal_options o = {.store = f->store,
	                         .outside_path = str_of(outside),
	                         .sign = sign,
	                         .sign_ctx = &keys,
	                         .every_us = 3600 * US_PER_S};
	assert_ok(f, sealer_start(&o, &sealer, &f->e));
	sealer_stop(sealer);
	assert_ok(f, seal_verify(f->store, keys.open, str_of(outside), &events, &batches, &f->e));
	assert_int_equal(events, N);
	int log_place = store_place(f->store, EVENT_LOG);
	fixture_close(f);
	/* A change in any database is found. */
	for (int place = 0; place < PLACES; place++) {
		assert_int_equal(sql_in(f, place, "select count(*) from event_log"), place == log_place ? N : 0);
		assert_int_equal(sql_in(f, place, "select count(*) from outbox"), 0);
		sql_in(f, place, "update event set actor = actor + 1 where id = (select min(id) from event)");
		fixture_open(f);
		assert_false(seal_verify(f->store, keys.open, str_of(outside), &events, &batches, &f->e));
		assert_int_equal(f->e.code, ERR_CORRUPT);
		fixture_close(f);
		sql_in(f, place, "update event set actor = actor - 1 where id = (select min(id) from event)");
	}
	fixture_open(f);
	assert_ok(f, seal_verify(f->store, keys.open, str_of(outside), &events, &batches, &f->e));
	free(all);
}

static void every_statement_is_prepared_on_one_and_on_all(void **state)
{
	struct fixture *f = *state;
	assert_ok(f, store_prepare_all(f->store, &f->e));
	assert_ok(f, store_check(f->store, &f->e));
}

static void a_router_of_no_or_too_many_databases_is_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const wrong[] = {"router:", "router:0", "router:x", "router:99"};
	fixture_close(f);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct store_options o = f->options;
		o.url = str_of(wrong[i]);
		assert_false(store_open(&o, &f->store, &f->e));
		assert_int_equal(f->e.code, ERR_CONFIG);
	}
	fixture_open(f);
}

int main(void)
{
#define WITH(t) cmocka_unit_test_setup_teardown(t, set_up_router, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(rows_lie_where_the_hash_of_their_route_sends_them),
		WITH(a_read_of_route_0_sees_all_and_one_of_a_route_its_own),
		WITH(a_job_reaches_one_place),
		WITH(relay_log_and_seal_work_over_all_places),
		WITH(every_statement_is_prepared_on_one_and_on_all),
		WITH(a_router_of_no_or_too_many_databases_is_refused),
	};
#undef WITH
	return cmocka_run_group_tests(tests, NULL, NULL);
}
