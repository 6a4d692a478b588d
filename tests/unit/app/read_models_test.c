/* What the relay makes of a case's events: queue, participation, look-ups; once, again, from nothing, and without names
 * that were erased. */
#include "app/cases/queue.h"
#include "case_world.h"
#include "store/event.sql.h"

struct queue_look {
	int64_t institution, casefile;
	struct queue_get_out out;
	struct queue_rows_out rows[8];
	size_t n;
};

static bool job_queue_get(struct tx *tx, void *ctx, struct err *e)
{
	struct queue_look *l = ctx;
	return queue_get(tx, &(struct queue_get_in){.institution = l->institution, .casefile = l->casefile}, &l->out, e);
}

static struct queue_get_out queued(struct world *w, const struct case_at *at)
{
	struct queue_look l = {.institution = w->institution->id, .casefile = at->id};
	world_ok(w, store_read(w->app.store, l.institution, &w->arena, job_queue_get, &l, &w->e));
	return l.out;
}

static bool job_queue_page(struct tx *tx, void *ctx, struct err *e)
{
	struct queue_look *l = ctx;
	struct queue_key keys[QUEUE_STEP];
	int64_t cases[8];
	struct queue_way way = {.institution = l->institution, .until = INT32_MAX};
	if (!queue_step(tx, &way, QUEUE_START, keys, &l->n, e)) {
		return false;
	}
	assert_true(l->n <= 8);
	for (size_t i = 0; i < l->n; i++) {
		cases[i] = keys[i].at.casefile;
	}
	return queue_rows_of(tx, l->institution, cases, l->n, l->rows, e);
}

static struct queue_look queue_of(struct world *w)
{
	struct queue_look l = {.institution = w->institution->id};
	world_ok(w, store_read(w->app.store, l.institution, &w->arena, job_queue_page, &l, &w->e));
	return l;
}

static struct case_at submitted_as(struct world *w, const char *number, uint8_t code)
{
	struct case_at at = begin_draft(w);
	struct mover m = {.actor = APPLICANT, .number = str_of(number), .code = {code}};
	world_ok(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
	at.version = 1;
	return at;
}

/* --- Queue ---------------------------------------------------------------------------------------------------------
 */

static void the_queue_shows_what_is_submitted_and_follows_it_until_the_letter_left(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = submitted_as(w, "PL-2026-000001-13", 1);
	relayed(w);
	struct queue_get_out q = queued(w, &at);
	assert_true(q.found);
	assert_int_equal(q.state, CASE_RECEIVED);
	assert_int_equal(q.handler, 0);
	assert_int_equal(q.party, at.party);
	assert_str(q.number, "PL-2026-000001-13");
	static const struct {
		enum case_move move;
		enum case_state state;
	} way[] = {{MOVE_TAKEN, CASE_IN_WORK},   {MOVE_ASKED, CASE_ASKED},      {MOVE_ANSWERED, CASE_CORRECTED},
	           {MOVE_DECIDED, CASE_DECIDED}, {MOVE_RECALLED, CASE_IN_WORK}, {MOVE_REPAIRED, CASE_IN_WORK},
	           {MOVE_DECIDED, CASE_DECIDED}};
	for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
		must_move(w, way[i].move, &at);
		relayed(w);
		q = queued(w, &at);
		assert_true(q.found);
		assert_int_equal(q.state, way[i].state);
		assert_int_equal(q.handler, OFFICIAL);
		assert_str(q.handler_name, "Jonas Adeyemi");
	}
	must_move(w, MOVE_LETTER_LEFT, &at);
	relayed(w);
	assert_false(queued(w, &at).found);
	/* The institution finds it all the same. */
	struct case_ref ref;
	world_ok(w, case_of_institution(&w->app, &w->arena, w->institution->id, at.id, &ref, &w->e));
	assert_true(ref.found);
	assert_int_equal(ref.party, at.party);
}

static void what_is_due_first_comes_first_and_a_stop_moves_it_back(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at first = case_in(w, CASE_RECEIVED);
	time_source_advance(&w->app.time, US_PER_DAY);
	struct case_at second = case_in(w, CASE_RECEIVED);
	relayed(w);
	struct queue_look l = queue_of(w);
	assert_int_equal(l.n, 2);
	assert_int_equal(l.rows[0].casefile, first.id);
	assert_int_equal(l.rows[1].casefile, second.id);
	assert_true(l.rows[0].due_day < l.rows[1].due_day);
	assert_str(l.rows[0].applicant, "Kestrel Staffing");
	must_move(w, MOVE_TAKEN, &first);
	must_move(w, MOVE_ASKED, &first);
	relayed(w);
	assert_true(queue_of(w).rows[0].has_stands_since);
	time_source_advance(&w->app.time, 3 * US_PER_DAY);
	must_move(w, MOVE_ANSWERED, &first);
	relayed(w);
	l = queue_of(w);
	assert_int_equal(l.rows[0].casefile, second.id);
	assert_int_equal(l.rows[1].casefile, first.id);
	assert_false(l.rows[1].has_stands_since);
	assert_int_equal(l.rows[1].stood_days, see(w, &first).stood_days);
	assert_int_equal(l.rows[1].due_day, dates_seen(w, &first).promised);
}

static void another_institution_does_not_find_it(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = case_in(w, CASE_RECEIVED);
	relayed(w);
	struct case_ref ref = {.found = true};
	world_ok(w, case_of_institution(&w->app, &w->arena, w->institution->id + 1, at.id, &ref, &w->e));
	assert_false(ref.found);
}

/* --- Look-ups ------------------------------------------------------------------------------------------------------
 */

static void a_case_is_found_by_its_number_and_by_its_receipt_code(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at one = submitted_as(w, "PL-2026-000001-13", 1), two = submitted_as(w, "PL-2026-000002-10", 2);
	relayed(w);
	struct case_ref ref;
	world_ok(w, case_by_number(&w->app, &w->arena, STR("PL-2026-000001-13"), &ref, &w->e));
	assert_true(ref.found && ref.party == one.party && ref.casefile == one.id);
	world_ok(w, case_by_number(&w->app, &w->arena, STR("PL-2026-000003-07"), &ref, &w->e));
	assert_false(ref.found);
	uint8_t code[RECEIPT_CODE_BYTES] = {2};
	world_ok(w, case_by_receipt(&w->app, &w->arena, code, &ref, &w->e));
	assert_true(ref.found && ref.party == two.party && ref.casefile == two.id);
	code[15] = 1;
	world_ok(w, case_by_receipt(&w->app, &w->arena, code, &ref, &w->e));
	assert_false(ref.found);
	/* The code itself stands in no read model and in no event. */
	assert_int_equal(sql_number(w, "select count(*) from event where public_payload like '%02000000%'"), 0);
}

/* --- Again and from nothing ----------------------------------------------------------------------------------------
 */

static void make_cases(struct world *w)
{
	for (enum case_state s = CASE_RECEIVED; s < CASE_STATE_END; s++) {
		struct case_at at = case_in(w, s);
		time_source_advance(&w->app.time, US_PER_MIN);
		if (s == CASE_DECIDED) {
			must_move(w, MOVE_RECALLED, &at);
		}
	}
}

static void events_relayed_twice_count_once(void **state)
{
	struct world *w = *state;
	world_relay(w);
	make_cases(w);
	relayed(w);
	uint64_t queue = rows_digest(w, "queue"), others = rows_digest(w, "%lookup") ^ rows_digest(w, "participation");
	/* As if the relay had been killed between its two transactions, for every event. */
	sql_run(w, "insert into outbox (route, id, tries, is_logged) select route, id, 0, 1 from event");
	relayed(w);
	assert_int_equal(rows_digest(w, "queue"), queue);
	assert_int_equal(rows_digest(w, "%lookup") ^ rows_digest(w, "participation"), others);
	assert_int_equal(sql_number(w, "select count(*) from outbox"), 0);
}

static void read_models_dropped_are_built_again_the_same(void **state)
{
	struct world *w = *state;
	world_relay(w);
	make_cases(w);
	relayed(w);
	uint64_t numbers = rows_digest(w, "number_lookup"), receipts = rows_digest(w, "receipt_lookup"),
			 takes_part = rows_digest(w, "participation");
	int64_t rows = sql_number(w, "select count(*) from queue");
	int64_t sum =
		sql_number(w, "select sum(casefile % 100003 + state * 7 + handler + due_day + stood_days + event % 97) "
	                  "from queue");
	assert_int_equal(rows, 6);
	sql_run(w, "delete from queue; delete from participation; delete from number_lookup; delete from receipt_lookup;"
	           "delete from applied;"
	           "insert into outbox (route, id, tries, is_logged) select route, id, 0, 1 from event");
	relayed(w);
	assert_int_equal(rows_digest(w, "number_lookup"), numbers);
	assert_int_equal(rows_digest(w, "receipt_lookup"), receipts);
	assert_int_equal(rows_digest(w, "participation"), takes_part);
	assert_int_equal(sql_number(w, "select count(*) from queue"), rows);
	assert_int_equal(sql_number(w, "select sum(casefile % 100003 + state * 7 + handler + due_day + stood_days + event "
	                               "% 97) from queue"),
	                 sum);
}

static void a_name_that_was_erased_leaves_the_case_in_the_queue(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_IN_WORK);
	sql_run(w, "delete from event_payload");
	world_relay(w);
	relayed(w);
	struct queue_look l = queue_of(w);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.rows[0].casefile, at.id);
	assert_int_equal(l.rows[0].state, CASE_IN_WORK);
	assert_int_equal(l.rows[0].applicant.n, 0);
}

static void an_event_of_another_room_is_none_of_ours(void **state)
{
	(void)state;
	struct event ev = {.route = 1,
	                   .room = STR("people"),
	                   .kind = STR("submitted"),
	                   .institution = 5,
	                   .public_payload = STR("{\"number_bucket\":7,\"receipt_bucket\":8}")};
	for (const struct event_subscriber *s = cases_subscribers; s->name; s++) {
		assert_int_equal(s->target(&ev), 0);
	}
	ev.room = STR("cases");
	assert_int_equal(cases_subscribers[0].target(&ev), 5);
	assert_int_equal(cases_subscribers[1].target(&ev), 7);
	assert_int_equal(cases_subscribers[2].target(&ev), 8);
	ev.kind = STR("unheard-of");
	for (const struct event_subscriber *s = cases_subscribers; s->name; s++) {
		assert_int_equal(s->target(&ev), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		T(the_queue_shows_what_is_submitted_and_follows_it_until_the_letter_left),
		T(what_is_due_first_comes_first_and_a_stop_moves_it_back),
		T(another_institution_does_not_find_it),
		T(a_case_is_found_by_its_number_and_by_its_receipt_code),
		T(events_relayed_twice_count_once),
		T(read_models_dropped_are_built_again_the_same),
		T(a_name_that_was_erased_leaves_the_case_in_the_queue),
		cmocka_unit_test(an_event_of_another_room_is_none_of_ours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
