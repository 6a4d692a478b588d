/* What the relay counts of cases: events as the rooms append them, figures as pages read them. */
#include "../unit.h"

#include "case_world.h"

#include "app/statistics/figures.h"
#include "app/statistics/statistics.h"

static int set_up(void **state)
{
	struct world *w = malloc(sizeof *w);
	world_open(w);
	w->subscriber_n = 0;
	for (const struct event_subscriber *s = statistics_subscribers; s->name; s++) {
		w->subscribers[w->subscriber_n] = *s;
		w->subscribers[w->subscriber_n++].ctx = &w->app;
	}
	world_relay(w);
	*state = w;
	return 0;
}

/* --- Events as of the rooms that append them
 * ---------------------------------------------------------------------------------------- */

struct said {
	struct draft_begin begin; /* a row to begin with: each job has one */
	struct event ev;
};

static bool say_job(struct tx *tx, void *ctx, struct err *e)
{
	struct said *s = ctx;
	return draft_job_begin(tx, &s->begin, e) && event_append(tx, &s->ev, e);
}

static void say_of(struct world *w, const char *room, const char *service, int64_t casefile, const char *kind,
                   const char *payload)
{
	int64_t party = casefile + 1000000;
	struct said s = {
		.begin = {.party = party,
	              .id = id_random(),
	              .begun_by = APPLICANT,
	              .keep_us = w->app.draft_keep_us,
	              .service = w->service->id},
		.ev = {.route = party,
	           .room = str_of(room),
	           .kind = str_of(kind),
	           .version = 1,
	           .casefile = casefile,
	           .institution = w->institution->id,
	           .service = str_of(service),
	           .public_payload = str_of(payload),
	           .personal_payload = STR_EMPTY,
	           .effective_us = time_legal_us(&w->app.time),
	           .is_first = str_is(str_of(kind), "submitted")},
	};
	memcpy(s.begin.definition, w->service->digest, SHA256_BYTES);
	struct store_op op = {.route = party};
	world_ok(w, store_write(w->app.store, &op, say_job, &s, &w->e));
	relay_nudge(w->app.relay);
}

static void say(struct world *w, int64_t casefile, const char *kind, const char *payload)
{
	say_of(w, "cases", "labour-dispatch-permit", casefile, kind, payload);
}

#define BEGUN "{\"state\":1,\"start\":20717,\"due\":20750,\"legal\":20780}"

/* A whole case: decided after so many minutes, its letter sent. */
static void decide(struct world *w, int64_t casefile, int64_t official, int64_t minutes, int outcome, int32_t due)
{
	char text[300];
	say(w, casefile, "submitted", BEGUN);
	snprintf(text, sizeof text,
	         "{\"state\":6,\"handler\":%lld,\"due\":%d,\"legal\":20780,\"ran_minutes\":%lld,"
	         "\"stood_minutes\":30,\"outcome\":%d}",
	         (long long)official, due, (long long)minutes, outcome);
	say(w, casefile, "decided", text);
	snprintf(text, sizeof text, "{\"state\":7,\"handler\":%lld,\"due\":%d,\"legal\":20780,\"ran_minutes\":%lld}",
	         (long long)official, due, (long long)minutes);
	say(w, casefile, "letter-left", text);
}

static int64_t this_month(struct world *w)
{
	return month_of_day(case_today(w->institution->calendar, time_legal_us(&w->app.time)));
}

static struct picture picture(struct world *w, int64_t from, int64_t to)
{
	struct picture p = {.institution = w->institution->id,
	                    .from = month_first_day(from),
	                    .to = month_last_day(to),
	                    .has_officials = true,
	                    .has_columns = true};
	relayed(w);
	world_ok(w, picture_read(w->app.store, &w->arena, &p, &w->e));
	return p;
}

static bool close_job(struct tx *tx, void *ctx, struct err *e)
{
	return closing_add(tx, ctx, e);
}

static void close_month(struct world *w, int64_t month, day_number until)
{
	struct closing_add_in row = {
		.institution = w->institution->id, .month = month, .until = until, .name = STR("Mei Castellan")};
	struct store_op op = {.route = row.institution};
	world_ok(w, store_write(w->app.store, &op, close_job, &row, &w->e));
}

static struct picture now(struct world *w)
{
	return picture(w, this_month(w), this_month(w));
}

#define TODAY 20717 /* NOW_US in the city */

/* --- Tests
 * --------------------------------------------------------------------------------------------------------------------
 */

static void decided_cases_are_counted_by_service_official_and_month(void **state)
{
	struct world *w = *state;
	assert_int_equal(case_today(w->institution->calendar, NOW_US), TODAY);
	decide(w, 1, OFFICIAL, 100, OUTCOME_GRANTED, TODAY);
	decide(w, 2, OFFICIAL, 200, OUTCOME_REFUSED, TODAY - 1);
	decide(w, 3, COLLEAGUE, 300, OUTCOME_GRANTED, 0);
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_APPLICATIONS], 3);
	assert_int_equal(p.all.n[FIG_CASES], 3);
	assert_int_equal(p.all.n[FIG_DECIDED], 3);
	assert_int_equal(p.all.n[FIG_GRANTED], 2);
	assert_int_equal(p.all.n[FIG_REFUSED], 1);
	assert_int_equal(p.all.n[FIG_PROMISED], 2);
	assert_int_equal(p.all.n[FIG_PROMISE_KEPT], 1);
	assert_int_equal(p.all.n[FIG_LAW_KEPT], 3);
	assert_int_equal(p.all.n[FIG_RAN], 600);
	assert_int_equal(p.all.n[FIG_STOOD], 90);
	assert_in_range(p.all.median, 198, 202);
	assert_in_range(p.all.p90, 297, 303);
	assert_int_equal(p.service_n, 1);
	assert_true(str_is(p.services[0].service, "labour-dispatch-permit"));
	assert_int_equal(p.services[0].f.p90, p.all.p90);
	assert_int_equal(p.official_n, 2);
	assert_int_equal(p.officials[0].official, OFFICIAL);
	assert_int_equal(p.officials[0].f.n[FIG_DECIDED], 2);
	assert_in_range(p.officials[1].f.median, 297, 303);
	assert_int_equal(median_of_officials(&w->arena, &p, FIG_DECIDED), 1);
	assert_int_equal(p.column_n, 12);
	assert_int_equal(p.columns[11].f.n[FIG_DECIDED], 3);
	assert_int_equal(p.columns[11].f.median, p.all.median);
	assert_int_equal(p.columns[10].f.n[FIG_DECIDED], 0);
	/* Another month begins empty, and a period holds both. */
	time_source_advance(&w->app.time, 31 * US_PER_DAY);
	decide(w, 4, OFFICIAL, 100, OUTCOME_GRANTED, TODAY);
	assert_int_equal(now(w).all.n[FIG_DECIDED], 1);
	assert_int_equal(picture(w, this_month(w) - 1, this_month(w)).all.n[FIG_DECIDED], 4);
}

/* Promise and law are told apart, also where both are hours. */
static void late_for_the_law_is_later_than_promised(void **state)
{
	struct world *w = *state;
	char text[300];
	say(w, 1, "submitted", "{\"state\":1,\"start\":20700,\"due\":20710,\"legal\":20716}");
	say(w, 1, "decided",
	    "{\"state\":6,\"handler\":7001,\"due\":20710,\"legal\":20716,\"ran_minutes\":9,\"outcome\":1}");
	say(w, 1, "letter-left", "{\"state\":7,\"handler\":7001,\"due\":20710,\"legal\":20716,\"ran_minutes\":9}");
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_PROMISED], 1);
	assert_int_equal(p.all.n[FIG_PROMISE_KEPT], 0);
	assert_int_equal(p.all.n[FIG_LIMITED], 1);
	assert_int_equal(p.all.n[FIG_LAW_KEPT], 0);
	/* In time on its day, and an hour late. */
	say(w, 2, "submitted", BEGUN);
	snprintf(
		text, sizeof text,
		"{\"state\":6,\"handler\":7001,\"due\":20717,\"due_at\":%lld,\"legal\":20717,\"ran_minutes\":9,\"outcome\":1}",
		(long long)(NOW_US - 60 * US_PER_MIN));
	say(w, 2, "decided", text);
	say(w, 2, "letter-left", "{\"state\":7,\"handler\":7001}");
	p = now(w);
	assert_int_equal(p.all.n[FIG_PROMISED], 2);
	assert_int_equal(p.all.n[FIG_PROMISE_KEPT], 0);
	assert_int_equal(p.all.n[FIG_LAW_KEPT], 1);
	/* The law's limit in hours has run out on the day itself. */
	say(w, 3, "submitted", BEGUN);
	say(w, 3, "decided",
	    "{\"state\":6,\"handler\":7001,\"due\":20717,\"legal\":20717,\"unit\":\"working-hours\",\"legal_level\":3,"
	    "\"ran_minutes\":9,\"outcome\":1}");
	say(w, 3, "letter-left", "{\"state\":7,\"handler\":7001}");
	assert_int_equal(now(w).all.n[FIG_LAW_KEPT], 1);
}

static void a_recalled_decision_counts_when_its_letter_has_left_alone(void **state)
{
	struct world *w = *state;
	say(w, 1, "submitted", BEGUN);
	say(w, 1, "decided", "{\"state\":6,\"handler\":7001,\"due\":20700,\"ran_minutes\":50,\"outcome\":2}");
	assert_int_equal(now(w).all.n[FIG_DECIDED], 0);
	say(w, 1, "recalled", "{\"state\":2,\"handler\":7001,\"due\":20750}");
	say(w, 1, "decided", "{\"state\":6,\"handler\":7001,\"due\":20750,\"ran_minutes\":70,\"outcome\":1}");
	say(w, 1, "letter-left", "{\"state\":7,\"handler\":7001,\"due\":20750,\"ran_minutes\":70}");
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_DECIDED], 1);
	assert_int_equal(p.all.n[FIG_GRANTED], 1);
	assert_int_equal(p.all.n[FIG_REFUSED], 0);
	assert_int_equal(p.all.n[FIG_PROMISE_KEPT], 1);
	assert_int_equal(p.all.median, 70);
}

static void what_is_opened_again_is_decided_once_and_counts_against_who_decided(void **state)
{
	struct world *w = *state;
	decide(w, 1, OFFICIAL, 100, OUTCOME_REFUSED, TODAY);
	say(w, 1, "objected-to", "{\"state\":7,\"handler\":7001}");
	say(w, 1, "reopened", "{\"state\":1,\"handler\":0,\"reason\":\"objection\",\"start\":20717}");
	say(w, 1, "taken", "{\"state\":2,\"handler\":7002}");
	say(w, 1, "decided", "{\"state\":6,\"handler\":7002,\"outcome\":1,\"ran_minutes\":900}");
	say(w, 1, "letter-left", "{\"state\":7,\"handler\":7002}");
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_CASES], 1);
	assert_int_equal(p.all.n[FIG_DECIDED], 1);
	assert_int_equal(p.all.n[FIG_REFUSED], 1);
	assert_int_equal(p.all.n[FIG_OBJECTIONS], 1);
	assert_int_equal(p.all.n[FIG_OBJECTIONS_WON], 1);
	assert_int_equal(p.all.n[FIG_REOPENED], 1);
	assert_int_equal(p.all.median, 100);
	assert_int_equal(p.official_n, 1);
	assert_int_equal(p.officials[0].official, OFFICIAL);
	assert_int_equal(p.officials[0].f.n[FIG_REOPENED], 1);
}

static void what_was_sent_at_once_for_several_offices_is_one_application(void **state)
{
	struct world *w = *state;
	say(w, 1, "submitted", BEGUN);
	say(w, 2, "submitted", "{\"state\":1,\"start\":20717,\"joint\":1}");
	say(w, 3, "submitted", "{\"state\":1,\"start\":20717,\"intake_by\":7001}");
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_APPLICATIONS], 2);
	assert_int_equal(p.all.n[FIG_CASES], 3);
	assert_int_equal(p.all.n[FIG_AT_COUNTER], 1);
}

static void stops_are_summed_by_their_reason(void **state)
{
	struct world *w = *state;
	say(w, 1, "submitted", BEGUN);
	say(w, 1, "opinion-asked", "{\"state\":2,\"handler\":7001,\"stands\":1,\"stop\":\"expert\",\"stood_minutes\":0}");
	say(w, 1, "correction-asked",
	    "{\"state\":3,\"handler\":7001,\"stands\":1,\"stop\":\"applicant\",\"stood_minutes\":480}");
	say(w, 1, "correction-answered", "{\"state\":4,\"handler\":7001,\"stands\":0,\"stood_minutes\":600}");
	struct picture p = now(w);
	assert_int_equal(p.stop_n, 2);
	assert_true(str_is(p.stops[0].reason, "applicant"));
	assert_int_equal(p.stops[0].minutes, 120);
	assert_int_equal(p.stops[1].minutes, 480);
	assert_int_equal(p.all.n[FIG_CORRECTIONS], 1);
	assert_int_equal(p.officials[0].f.n[FIG_CORRECTIONS], 1);
}

static void ends_without_a_decision_and_drafts_never_sent_are_told_apart(void **state)
{
	struct world *w = *state;
	say(w, 1, "submitted", BEGUN);
	say(w, 1, "withdrawn", "{\"state\":8,\"handler\":0}");
	say(w, 2, "submitted", BEGUN);
	say(w, 2, "lapsed", "{\"state\":10,\"handler\":7001}");
	say(w, 3, "submitted", BEGUN);
	say(w, 3, "not-accepted", "{\"state\":9,\"handler\":7001}");
	say_of(w, "forms", "labour-dispatch-permit", 0, "draft-lapsed", "{\"draft\":7}");
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_WITHDRAWN], 1);
	assert_int_equal(p.all.n[FIG_LAPSED], 1);
	assert_int_equal(p.all.n[FIG_NOT_ACCEPTED], 1);
	assert_int_equal(p.all.n[FIG_NEVER_SENT], 1);
	assert_int_equal(p.all.n[FIG_DECIDED], 0);
	assert_int_equal(p.all.median, 0);
}

static void ratings_count_in_the_month_of_what_was_rated_and_are_taken_off_when_struck(void **state)
{
	struct world *w = *state;
	say_of(w, "ratings", "labour-dispatch-permit", 91, "rated", "{\"level\":1,\"handler\":7001,\"month\":202609}");
	say_of(w, "ratings", "labour-dispatch-permit", 92, "rated", "{\"level\":5,\"handler\":7001,\"month\":202609}");
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_RATINGS], 2);
	assert_int_equal(p.all.n[FIG_RATING_SUM], 6);
	assert_int_equal(p.officials[0].f.n[FIG_RATED_BAD], 1);
	int64_t september = this_month(w);
	time_source_advance(&w->app.time, 20 * US_PER_DAY); /* into October */
	say_of(w, "ratings", "labour-dispatch-permit", 91, "appeal-upheld",
	       "{\"level\":1,\"handler\":7001,\"month\":202609}");
	p = picture(w, september, september);
	assert_int_equal(p.all.n[FIG_RATINGS], 1);
	assert_int_equal(p.all.n[FIG_RATED_BAD], 0);
	assert_int_equal(now(w).all.n[FIG_RATINGS], 0);
}

/* Paper that was received in a month that is closed stands beside it. */
static void a_closed_month_stays_as_it_was(void **state)
{
	struct world *w = *state;
	int64_t september = this_month(w);
	decide(w, 1, OFFICIAL, 100, OUTCOME_GRANTED, TODAY);
	relayed(w);
	time_source_advance(&w->app.time, 14 * US_PER_DAY); /* 5 October */
	struct said late = {.begin = {.party = 55,
	                              .id = id_random(),
	                              .begun_by = APPLICANT,
	                              .keep_us = US_PER_DAY,
	                              .service = w->service->id},
	                    .ev = {.route = 55,
	                           .room = STR("cases"),
	                           .kind = STR("submitted"),
	                           .version = 1,
	                           .casefile = 5,
	                           .institution = w->institution->id,
	                           .service = STR("labour-dispatch-permit"),
	                           .public_payload = STR(BEGUN),
	                           .personal_payload = STR_EMPTY,
	                           .effective_us = NOW_US,
	                           .is_first = true}};
	struct store_op op = {.route = 55};
	day_number today = case_today(w->institution->calendar, time_legal_us(&w->app.time));
	memcpy(late.begin.definition, w->service->digest, SHA256_BYTES);
	world_ok(w, store_write(w->app.store, &op, say_job, &late, &w->e));
	relay_nudge(w->app.relay);
	/* Not closed it is in. */
	struct picture open = picture(w, september, september);
	assert_int_equal(open.all.n[FIG_CASES], 2);
	assert_false(open.has_later);
	assert_int_equal(open.closed_n, 0);
	close_month(w, september, today);
	struct picture closed = picture(w, september, september);
	assert_int_equal(closed.all.n[FIG_CASES], 1);
	assert_int_equal(closed.columns[11].f.n[FIG_CASES], 1);
	assert_true(closed.has_later);
	assert_int_equal(closed.later.n[FIG_CASES], 1);
	assert_int_equal(closed.closed_n, 1);
	/* In a longer time the month is what it was, too. */
	struct picture both = picture(w, september, september + 1);
	assert_int_equal(both.all.n[FIG_CASES], 1);
	assert_int_equal(both.later.n[FIG_CASES], 1);
}

static void a_forwarded_case_is_counted_by_who_decides_it(void **state)
{
	struct world *w = *state;
	char text[200];
	say(w, 1, "submitted", BEGUN);
	snprintf(text, sizeof text, "{\"state\":1,\"start\":20717,\"others\":[%lld]}", (long long)w->other->id);
	say(w, 1, "forwarded", text); /* from the other institution to ours, which knows it already */
	say(w, 2, "forwarded", text);
	relayed(w);
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_CASES], 2);
	assert_int_equal(p.all.n[FIG_APPLICATIONS], 1);
	assert_int_equal(p.all.n[FIG_FORWARDED], 1);
}

/* The moves themselves, as their room makes them. */
static void a_case_that_is_moved_is_counted(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_CLOSED);
	(void)at;
	struct case_at asked = case_in(w, CASE_CORRECTED);
	(void)asked;
	struct picture p = now(w);
	assert_int_equal(p.all.n[FIG_CASES], 2);
	assert_int_equal(p.all.n[FIG_DECIDED], 1);
	assert_int_equal(p.all.n[FIG_GRANTED], 1);
	assert_int_equal(p.all.n[FIG_PROMISE_KEPT], 1);
	assert_int_equal(p.all.n[FIG_CORRECTIONS], 1);
	assert_int_equal(p.officials[0].official, OFFICIAL);
	assert_int_equal(p.officials[0].f.n[FIG_DECIDED], 1);
}

static void months_are_read_and_written(void **state)
{
	struct world *w = *state;
	int64_t month;
	assert_true(month_parse(STR("2026-11"), &month));
	assert_int_equal(month, 2026 * 12 + 10);
	assert_true(str_is(month_text(&w->arena, month), "2026-11"));
	assert_int_equal(month_last_day(month) - month_first_day(month), 29);
	assert_false(month_parse(STR("2026-13"), &month));
	assert_false(month_parse(STR("2026-1"), &month));
	assert_false(month_parse(STR("2026-1x"), &month));
	assert_int_equal(percent_of(2, 3), 67);
	assert_int_equal(percent_of(0, 0), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(decided_cases_are_counted_by_service_official_and_month),
		TEST(late_for_the_law_is_later_than_promised),
		TEST(a_recalled_decision_counts_when_its_letter_has_left_alone),
		TEST(what_is_opened_again_is_decided_once_and_counts_against_who_decided),
		TEST(what_was_sent_at_once_for_several_offices_is_one_application),
		TEST(stops_are_summed_by_their_reason),
		TEST(ends_without_a_decision_and_drafts_never_sent_are_told_apart),
		TEST(ratings_count_in_the_month_of_what_was_rated_and_are_taken_off_when_struck),
		TEST(a_closed_month_stays_as_it_was),
		TEST(a_forwarded_case_is_counted_by_who_decides_it),
		TEST(a_case_that_is_moved_is_counted),
		TEST(months_are_read_and_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
