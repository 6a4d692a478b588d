/* Ratings: each move from each state, the clock of a bad one, what the relay makes of it. */
#include "app/ratings/ratings.sql.h"
#include "case_world.h"

enum { RATER = 7003 };

struct see_rating {
	int64_t party, id;
	struct rating_get_out out;
};

static bool job_see_rating(struct tx *tx, void *ctx, struct err *e)
{
	struct see_rating *s = ctx;
	return rating_get(tx, &(struct rating_get_in){.party = s->party, .id = s->id}, &s->out, e);
}

static struct rating_get_out rated_row(struct world *w, int64_t party, int64_t id)
{
	struct see_rating s = {.party = party, .id = id};
	world_ok(w, store_read(w->app.store, party, &w->arena, job_see_rating, &s, &w->e));
	assert_true(s.out.found);
	return s.out;
}

static bool give(struct world *w, int64_t party, int64_t id, int64_t about, int64_t level, struct err *e)
{
	struct rating_give in = {
		.row = {.party = party,
	            .id = id,
	            .casefile = 5,
	            .about = about,
	            .institution = w->institution->id,
	            .service = w->service->id,
	            .occasion = RATING_DECISION,
	            .month = 202609,
	            .level = level,
	            .handler = OFFICIAL,
	            .rated_by = RATER},
		.name = STR("Lin Xiaohe"),
		.words = STR("I stood in the rain."),
		.institution = w->institution,
	};
	struct store_op op = {.route = party};
	return store_write(w->app.store, &op, rating_give_job, &in, e);
}

static bool move(struct world *w, enum rating_move m, int64_t party, int64_t id, struct err *e)
{
	struct rating_get_out r = rated_row(w, party, id);
	struct rating_change in = {
		.party = party,
		.id = id,
		.version = r.version,
		.move = m,
		.actor = m == RATE_CONTACT_LATE || m == RATE_REMEDY_LATE ? 0 : COLLEAGUE,
		.name = STR("Rosa Marchetti"),
		.text = STR("So it is said."),
		.institution = w->institution,
	};
	struct store_op op = {.route = party};
	return store_write(w->app.store, &op, rating_change_job, &in, e);
}

static void must_rate(struct world *w, enum rating_move m, int64_t party, int64_t id)
{
	world_ok(w, move(w, m, party, id, &w->e));
}

/* A fresh rating that went the shortest way to a state; its id is its party's too. */
static int64_t rating_in(struct world *w, enum rating_state state)
{
	int64_t id = id_random();
	world_ok(w, give(w, id, id, 1, state == RATING_SETTLED ? 4 : 1, &w->e));
	if (state == RATING_CONTACTED) {
		must_rate(w, RATE_CONTACTED, id, id);
	} else if (state == RATING_REMEDIED) {
		must_rate(w, RATE_REMEDIED, id, id);
	} else if (state == RATING_APPEALED || state == RATING_STRUCK) {
		must_rate(w, RATE_APPEALED, id, id);
	}
	if (state == RATING_STRUCK) {
		must_rate(w, RATE_UPHELD, id, id);
	}
	assert_int_equal(rated_row(w, id, id).state, state);
	return id;
}

static void each_move_is_made_from_the_states_of_the_table_and_from_no_other(void **state)
{
	struct world *w = *state;
	struct err e;
	for (int from = RATING_SETTLED; from < RATING_STATE_END; from++) {
		for (int m = RATE_RATED + 1; m < RATING_MOVE_COUNT; m++) {
			int64_t id = rating_in(w, (enum rating_state)from);
			bool fits = rating_move_fits((enum rating_move)m, from);
			struct rating_get_out before = rated_row(w, id, id);
			bool done = move(w, (enum rating_move)m, id, id, &e);
			if (done != fits) {
				fail_msg("move %d from state %d: %s", m, from, done ? "made" : e.text);
			}
			if (!done) {
				assert_int_equal(e.code, ERR_CONFLICT);
				assert_int_equal(rated_row(w, id, id).version, before.version);
			}
		}
	}
}

static void an_occasion_is_rated_once(void **state)
{
	struct world *w = *state;
	struct err e;
	world_ok(w, give(w, 10, 11, 100, 5, &w->e));
	assert_false(give(w, 10, 12, 100, 1, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_int_equal(rated_row(w, 10, 11).level, 5);
	world_ok(w, give(w, 10, 12, 101, 1, &w->e));
}

static void a_bad_rating_has_a_day_for_the_contact_and_one_for_the_remedy(void **state)
{
	struct world *w = *state;
	const struct calendar *c = w->institution->calendar;
	day_number today = case_today(c, NOW_US);
	int64_t good = rating_in(w, RATING_SETTLED), id = rating_in(w, RATING_OPEN);
	struct rating_get_out r = rated_row(w, good, good);
	assert_false(r.has_contact_by || r.has_remedy_by);
	r = rated_row(w, id, id);
	assert_int_equal(r.contact_by, calendar_add(c, today, 1));
	assert_int_equal(r.remedy_by, calendar_add(c, today, 15));
	/* An appeal that is dismissed gives back the working days that it took; it is made once. */
	must_rate(w, RATE_APPEALED, id, id);
	time_source_fixed(&w->app.time, NOW_US + 7 * US_PER_DAY);
	must_rate(w, RATE_DISMISSED, id, id);
	r = rated_row(w, id, id);
	assert_int_equal(r.state, RATING_OPEN);
	assert_int_equal(calendar_between(c, calendar_add(c, today, 15), r.remedy_by),
	                 calendar_between(c, today, case_today(c, NOW_US + 7 * US_PER_DAY)));
	struct err e;
	assert_false(move(w, RATE_APPEALED, id, id, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
}

static struct timers *start_timers(struct world *w)
{
	struct timer_kind kind = ratings_timers[0];
	struct timers *t = NULL;
	kind.ctx = &w->app;
	world_ok(w, timers_start(w->app.store, NULL, &w->app.time, &kind, 1, &t, &w->e));
	return t;
}

static int64_t rating_events(struct world *w, const char *kind)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from event where room = 'ratings' and kind = '%s'", kind);
	return sql_number(w, sql);
}

static void what_is_late_is_said_once_each_also_when_the_program_was_off(void **state)
{
	struct world *w = *state;
	int64_t slow = rating_in(w, RATING_OPEN), quick = rating_in(w, RATING_CONTACTED);
	(void)rating_in(w, RATING_REMEDIED);
	time_source_fixed(&w->app.time, NOW_US + 60 * US_PER_DAY);
	struct timers *t = start_timers(w);
	assert_true(timers_drain(t, WAIT_US));
	assert_true(timers_drain(t, WAIT_US)); /* what the first look set anew, already due */
	timers_stop(t);
	assert_int_equal(rating_events(w, "contact-late"), 1);
	assert_int_equal(rating_events(w, "remedy-late"), 2);
	assert_int_equal(rated_row(w, slow, slow).late, RATING_LATE_CONTACT | RATING_LATE_REMEDY);
	assert_int_equal(rated_row(w, quick, quick).late, RATING_LATE_REMEDY);
	t = start_timers(w);
	assert_true(timers_drain(t, WAIT_US));
	timers_stop(t);
	assert_int_equal(rating_events(w, "remedy-late"), 2);
}

static void the_relay_counts_occasions_and_takes_mistaken_ratings_off(void **state)
{
	struct world *w = *state;
	(void)case_in(w, CASE_CLOSED);
	(void)case_in(w, CASE_NOT_ACCEPTED);
	(void)case_in(w, CASE_WITHDRAWN);
	(void)rating_in(w, RATING_SETTLED);
	(void)rating_in(w, RATING_STRUCK);
	(void)rating_in(w, RATING_REMEDIED);
	(void)rating_in(w, RATING_APPEALED);
	world_relay(w);
	relayed(w);
	assert_int_equal(sql_number(w, "select sum(asked) from rating_count"), 2);
	assert_int_equal(sql_number(w, "select sum(good) from rating_count"), 1);
	assert_int_equal(sql_number(w, "select sum(very_bad) from rating_count"), 2);
	assert_int_equal(sql_number(w, "select sum(struck) from rating_count"), 1);
	assert_int_equal(sql_number(w, "select sum(loops) from rating_count"), 3);
	assert_int_equal(sql_number(w, "select sum(remedied) from rating_count"), 1);
	assert_int_equal(sql_number(w, "select count(*) from rating_line"), 4);
	assert_int_equal(sql_number(w, "select count(*) from rating_appeal"), 1);
}

static void occasions_are_decisions_and_visits_and_nothing_else(void **state)
{
	(void)state;
	static const struct {
		const char *room, *kind, *payload;
		enum rating_occasion is;
	} events[] = {
		{"cases", "letter-left", "{}", RATING_DECISION},
		{"cases", "not-accepted", "{}", RATING_DECISION},
		{"cases", "decided", "{}", RATING_NOT_ASKED},
		{"cases", "withdrawn", "{}", RATING_NOT_ASKED},
		{"cases", "submitted", "{\"state\":1}", RATING_NOT_ASKED},
		{"cases", "submitted", "{\"channel\":2,\"intake_by\":7}", RATING_COUNTER},
		{"cases", "submitted", "{\"channel\":3,\"intake_by\":7}", RATING_NOT_ASKED},
		{"cases", "handed-over", "{\"reason\":\"collect\"}", RATING_COUNTER},
		{"cases", "handed-over", "{\"reason\":\"post\"}", RATING_NOT_ASKED},
		{"cases", "handed-over", "no json", RATING_NOT_ASKED},
		{"desk", "letter-left", "{}", RATING_NOT_ASKED},
	};
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
		struct event ev = {.room = str_of(events[i].room),
		                   .kind = str_of(events[i].kind),
		                   .public_payload = str_of(events[i].payload)};
		if (rating_occasion_of(&ev) != events[i].is) {
			fail_msg("%s %s", events[i].kind, events[i].payload);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_move_is_made_from_the_states_of_the_table_and_from_no_other, world_set_up,
	                                    world_tear_down),
		cmocka_unit_test_setup_teardown(an_occasion_is_rated_once, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(a_bad_rating_has_a_day_for_the_contact_and_one_for_the_remedy, world_set_up,
	                                    world_tear_down),
		cmocka_unit_test_setup_teardown(what_is_late_is_said_once_each_also_when_the_program_was_off, world_set_up,
	                                    world_tear_down),
		cmocka_unit_test_setup_teardown(the_relay_counts_occasions_and_takes_mistaken_ratings_off, world_set_up,
	                                    world_tear_down),
		cmocka_unit_test(occasions_are_decisions_and_visits_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
