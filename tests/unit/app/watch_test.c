/* From events to findings, and from a finding to an inquiry, its answer, a card and an appeal. */
#include "app/supervision/inquiry.h"
#include "app/supervision/triggers.h"
#include "app/supervision/watch.h"
#include "case_world.h"
#include "store/event.sql.h"

enum { SUPERVISOR = 7101, HIGHER = 7102 };

static int64_t found(struct world *w, enum trigger_id id)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from finding where sign = '%s'", TRIGGERS[id].word);
	return sql_number(w, sql);
}

static int64_t found_in_all(struct world *w)
{
	return sql_number(w, "select count(*) from finding");
}

static void pass_days(struct world *w, int days)
{
	time_source_advance(&w->app.time, days * US_PER_DAY);
}

static struct case_at numbered(struct world *w, int n, enum case_state state)
{
	char number[40];
	struct case_at at = begin_draft(w);
	snprintf(number, sizeof number, "PL-2026-%06d-00", n);
	struct mover m = {.actor = APPLICANT, .number = str_of(number), .code = {(uint8_t)n}};
	world_ok(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
	at.version = 1;
	if (state == CASE_IN_WORK) {
		must_move(w, MOVE_TAKEN, &at);
	}
	return at;
}

/* --- Findings
 * ------------------------------------------------------------------------------------------------------------ */

static void a_case_that_goes_its_way_leaves_nothing_to_judge(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = case_in(w, CASE_CLOSED);
	(void)at;
	relayed(w);
	assert_int_equal(found_in_all(w), 0);
}

static void the_second_correction_is_found_once(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = case_in(w, CASE_CORRECTED);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_CORRECTED_AGAIN), 0);
	must_move(w, MOVE_ASKED, &at);
	must_move(w, MOVE_ANSWERED, &at);
	must_move(w, MOVE_ASKED, &at);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_CORRECTED_AGAIN), 1);
	assert_int_equal(sql_number(w, "select figure from finding where sign = 'corrected-again'"), 2);
	assert_int_equal(sql_number(w, "select official from finding where sign = 'corrected-again'"), OFFICIAL);
	assert_int_equal(sql_number(w, "select casefile from finding where sign = 'corrected-again'"), at.id);
}

static void forwarding_after_a_week_is_found_where_it_lay(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at soon = numbered(w, 1, CASE_IN_WORK), late = numbered(w, 2, CASE_IN_WORK);
	must_move(w, MOVE_FORWARDED, &soon);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_FORWARDED_LATE), 0);
	pass_days(w, 7);
	must_move(w, MOVE_FORWARDED, &late);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_FORWARDED_LATE), 1);
	assert_int_equal(sql_number(w, "select institution from finding where sign = 'forwarded-late'"),
	                 w->institution->id);
	day_number came = case_today(w->institution->calendar, NOW_US);
	assert_int_equal(sql_number(w, "select figure from finding where sign = 'forwarded-late'"),
	                 calendar_between(w->institution->calendar, came, came + 7));
	/* The other office watches them now, from the day on which they came. */
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from case_watch where institution = %lld",
	         (long long)w->institution->id);
	assert_int_equal(sql_number(w, sql), 0);
	snprintf(sql, sizeof sql, "select count(*) from case_watch where institution = %lld", (long long)w->other->id);
	assert_int_equal(sql_number(w, sql), 2);
}

static void opening_a_closed_case_again_is_found(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = case_in(w, CASE_CLOSED);
	must_move(w, MOVE_REOPENED, &at);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_REOPENED), 1);
	/* It is in the queue again, and whoever decided it is named. */
	assert_int_equal(sql_number(w, "select official from finding where sign = 'reopened'"), OFFICIAL);
}

static void not_accepted_with_a_reason_of_the_list_is_in_order(void **state)
{
	struct world *w = *state;
	world_relay(w);
	(void)case_in(w, CASE_NOT_ACCEPTED);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_NO_REASON), 0);
	assert_int_equal(sql_number(w, "select count(*) from case_watch"), 0);
}

static void deciding_a_later_case_first_is_found_with_the_older_ones(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at old = numbered(w, 1, CASE_IN_WORK), other_hand = numbered(w, 2, CASE_RECEIVED);
	(void)other_hand; /* nobody has it: nobody passed it over */
	pass_days(w, 2);
	struct case_at late = numbered(w, 3, CASE_IN_WORK);
	relayed(w);
	must_move(w, MOVE_DECIDED, &late);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_OVERTAKING), 1);
	assert_int_equal(sql_number(w, "select figure from finding where sign = 'overtaking'"), 1);
	char sql[300];
	snprintf(sql, sizeof sql, "select count(*) from finding where sign = 'overtaking' and cases like '%%%lld%%'",
	         (long long)old.id);
	assert_int_equal(sql_number(w, sql), 1);
	/* The oldest first is how it should be. */
	must_move(w, MOVE_DECIDED, &old);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_OVERTAKING), 1);
}

static void an_older_case_that_waits_for_its_applicant_is_not_overtaken(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at old = numbered(w, 1, CASE_IN_WORK);
	must_move(w, MOVE_ASKED, &old);
	pass_days(w, 2);
	struct case_at late = numbered(w, 2, CASE_IN_WORK);
	must_move(w, MOVE_DECIDED, &late);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_OVERTAKING), 0);
}

static void a_reason_of_the_list_makes_overtaking_right(void **state)
{
	struct world *w = *state;
	world_relay(w);
	(void)numbered(w, 1, CASE_IN_WORK);
	pass_days(w, 2);
	struct case_at late = numbered(w, 2, CASE_IN_WORK);
	struct case_decide in = {.change = {.party = late.party,
	                                    .casefile = late.id,
	                                    .version = late.version,
	                                    .actor = OFFICIAL,
	                                    .actor_name = STR("Jonas Adeyemi"),
	                                    .calendar = w->institution->calendar,
	                                    .service = w->service,
	                                    .app = &w->app},
	                         .outcome = OUTCOME_GRANTED,
	                         .reason = STR("All is there."),
	                         .overtook = STR("hardship"),
	                         .letter_delay_us = w->app.letter_delay_us};
	struct store_op op = {.route = late.party};
	world_ok(w, store_write(w->app.store, &op, case_decide_job, &in, &w->e));
	relayed(w);
	assert_int_equal(found(w, TRIGGER_OVERTAKING), 0);
}

/* By whom, as rightful() has it for nobody else. */
static void move_by(struct world *w, enum case_move move, struct case_at *at, int64_t actor)
{
	struct mover m = {.actor = actor};
	world_ok(w, make_move(w, move, at, &m, &w->e));
	at->version++;
}

static void until_left(struct world *w, const struct case_at *at, int days)
{
	for (int i = 0; i < 60 && dates_seen(w, at).left_days != days; i++) {
		pass_days(w, 1);
	}
	assert_int_equal(dates_seen(w, at).left_days, days);
}

static void a_real_case_whose_clock_is_stopped_on_the_last_day_is_found(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at hearing = numbered(w, 1, CASE_IN_WORK), asked = numbered(w, 2, CASE_IN_WORK),
				   early = numbered(w, 3, CASE_IN_WORK);
	until_left(w, &early, 3);
	must_move(w, MOVE_STOPPED, &early);
	until_left(w, &hearing, 1);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_STOPPED_LATE), 0);
	must_move(w, MOVE_STOPPED, &hearing);
	must_move(w, MOVE_ASKED, &asked);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_STOPPED_LATE), 2);
	assert_int_equal(sql_number(w, "select max(figure) from finding where sign = 'stopped-late'"), 1);
	/* Past its limit nothing is gained by a stop. */
	struct case_at late = numbered(w, 4, CASE_IN_WORK);
	until_left(w, &late, -1);
	wait_for(w, &late, MOVE_CLOCK_PAST);
	must_move(w, MOVE_STOPPED, &late);
	relayed(w);
	assert_int_equal(found(w, TRIGGER_STOPPED_LATE), 2);
	assert_int_equal(found_in_all(w), 2);
}

/* What came on one day: half of an official's within the hour, half in two weeks; a colleague's all in two days. */
static void real_decisions_that_spread_far_are_found_and_steady_ones_are_not(void **state)
{
	enum { EACH = 12 };
	struct world *w = *state;
	struct case_at own[EACH], other[EACH];
	world_relay(w);
	for (int i = 0; i < EACH; i++) {
		own[i] = numbered(w, 10 + i, CASE_IN_WORK);
		other[i] = numbered(w, 40 + i, CASE_RECEIVED);
		move_by(w, MOVE_TAKEN, &other[i], COLLEAGUE);
	}
	time_source_advance(&w->app.time, 60 * US_PER_MIN);
	for (int i = 0; i < EACH; i += 2) {
		must_move(w, MOVE_DECIDED, &own[i]);
	}
	pass_days(w, 2);
	for (int i = 0; i < EACH; i++) {
		move_by(w, MOVE_DECIDED, &other[i], COLLEAGUE);
		time_source_advance(&w->app.time, 10 * US_PER_MIN);
	}
	relayed(w);
	assert_int_equal(found_in_all(w), 0);
	pass_days(w, 10);
	for (int i = 1; i < EACH; i += 2) {
		must_move(w, MOVE_DECIDED, &own[i]);
	}
	relayed(w);
	assert_int_equal(found(w, TRIGGER_SPREAD), 1);
	assert_int_equal(sql_number(w, "select official from finding where sign = 'spread'"), OFFICIAL);
	assert_int_equal(found_in_all(w), 1);
}

/* --- The rules on events as they come
 * ------------------------------------------------------------------------------------ */

struct feed {
	struct world *w;
	struct event ev;
};

static bool job_feed(struct tx *tx, void *ctx, struct err *e)
{
	struct feed *f = ctx;
	return applied_insert(tx,
	                      &(struct applied_insert_in){
							  .target = f->ev.institution, .subscriber = STR("triggers"), .event = f->ev.id},
	                      NULL, e) &&
	       watch_apply(tx, &f->ev, &f->w->app, e);
}

/* An event as the relay would bring it. */
static void feed(struct world *w, int64_t casefile, const char *kind, int64_t hand, int day, const char *more)
{
	static int64_t id;
	char payload[400];
	day_number today = case_today(w->institution->calendar, NOW_US) + day;
	snprintf(payload, sizeof payload,
	         "{\"number\":\"PL-%lld\",\"start\":%d,\"state\":%d,\"waits\":2,\"handler\":%lld%s%s}", (long long)casefile,
	         (int)case_today(w->institution->calendar, NOW_US),
	         strcmp(kind, "decided") == 0 ? CASE_DECIDED : CASE_IN_WORK, (long long)hand, more[0] ? "," : "", more);
	struct feed f = {.w = w,
	                 .ev = {.route = 5,
	                        .id = ++id,
	                        .room = STR("cases"),
	                        .kind = str_of(kind),
	                        .casefile = casefile,
	                        .institution = w->institution->id,
	                        .service = w->service->id,
	                        .effective_us = zone_instant_us(calendar_zone(w->institution->calendar), today, 36000),
	                        .public_payload = str_of(payload)}};
	struct store_op op = {.route = w->institution->id, .is_background = true};
	world_ok(w, store_write(w->app.store, &op, job_feed, &f, &w->e));
}

static void stops_and_steps_are_found_by_what_the_clock_says(void **state)
{
	struct world *w = *state;
	feed(w, 1, "submitted", OFFICIAL, 0, "\"level\":0,\"left\":5");
	feed(w, 1, "stopped", OFFICIAL, 1, "\"level\":0,\"left\":4,\"stands\":1");
	assert_int_equal(found(w, TRIGGER_STOPPED_LATE), 0);
	feed(w, 1, "went-on", OFFICIAL, 3, "\"level\":0,\"left\":4,\"stands\":0");
	feed(w, 1, "clock-red", OFFICIAL, 7, "\"level\":2,\"left\":1,\"stands\":0");
	assert_int_equal(found(w, TRIGGER_STOPPED_LATE), 0);
	feed(w, 1, "stopped", OFFICIAL, 7, "\"level\":2,\"left\":1,\"stands\":1");
	assert_int_equal(found(w, TRIGGER_STOPPED_LATE), 1);

	feed(w, 2, "submitted", OFFICIAL, 0, "\"level\":0,\"left\":5");
	feed(w, 2, "clock-orange", OFFICIAL, 3, "\"level\":1,\"left\":2");
	assert_int_equal(found(w, TRIGGER_STEP_LATE), 0);
	feed(w, 2, "step-past", OFFICIAL, 3, "\"level\":1,\"left\":2");
	assert_int_equal(found(w, TRIGGER_STEP_LATE), 1);
	feed(w, 3, "submitted", OFFICIAL, 0, "\"level\":0,\"left\":5");
	feed(w, 3, "step-past", OFFICIAL, 9, "\"level\":3,\"left\":-1");
	assert_int_equal(found(w, TRIGGER_STEP_LATE), 1);
}

static void an_official_whose_times_spread_is_found_once_a_quarter(void **state)
{
	struct world *w = *state;
	char ran[60];
	for (int i = 0; i < 12; i++) {
		snprintf(ran, sizeof ran, "\"ran_minutes\":%d", 500 + 20 * i);
		feed(w, 100 + i, "submitted", COLLEAGUE, 0, "");
		feed(w, 100 + i, "decided", COLLEAGUE, 2, ran);
	}
	for (int i = 0; i < 14; i++) {
		assert_int_equal(found(w, TRIGGER_SPREAD), i < 10 ? 0 : 1);
		snprintf(ran, sizeof ran, "\"ran_minutes\":%d", i % 2 ? 20 : 4000);
		feed(w, 200 + i, "submitted", OFFICIAL, 0, "");
		feed(w, 200 + i, "decided", OFFICIAL, 9, ran);
	}
	assert_int_equal(found(w, TRIGGER_SPREAD), 1);
	assert_int_equal(sql_number(w, "select official from finding where sign = 'spread'"), OFFICIAL);
	/* Decided again, after it was taken back, it counts no second time. */
	int64_t n = sql_number(w, "select count(*) from case_watch where decided_day is not null");
	feed(w, 200, "recalled", OFFICIAL, 9, "");
	feed(w, 200, "decided", OFFICIAL, 10, "\"ran_minutes\":9000");
	assert_int_equal(sql_number(w, "select count(*) from case_watch where decided_day is not null"), n);
	assert_int_equal(sql_number(w, "select ran_minutes from case_watch where casefile = 200"), 4000);
	/* What was decided long ago is forgotten, with the next decision. */
	feed(w, 300, "submitted", OFFICIAL, 290, "");
	feed(w, 300, "decided", OFFICIAL, 300, "\"ran_minutes\":700");
	assert_int_equal(sql_number(w, "select count(*) from case_watch where handler = 7001"), 1);
}

/* --- Inquiries
 * ----------------------------------------------------------------------------------------------------------- */

static int64_t begin(struct world *w, int days)
{
	struct inquiry_insert_in row = {.institution = w->institution->id,
	                                .service = w->service->id,
	                                .official = OFFICIAL,
	                                .cases = STR("[]"),
	                                .office = 99,
	                                .asked_by = SUPERVISOR,
	                                .asked_name = STR("Ines Calloway")};
	struct inquiry_begin in = {
		.row = &row, .words = STR("Why is it red?"), .days = days, .calendar = w->institution->calendar};
	struct store_op op = {.route = w->institution->id};
	world_ok(w, store_write(w->app.store, &op, inquiry_begin_job, &in, &w->e));
	return op.result[0];
}

static int64_t column(struct world *w, int64_t id, const char *name)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select %s from inquiry where id = %lld", name, (long long)id);
	return sql_number(w, sql);
}

static bool step(struct world *w, int64_t id, enum inquiry_move move, int64_t account, enum inquiry_outcome outcome)
{
	struct inquiry_step s = {.institution = w->institution->id,
	                         .id = id,
	                         .version = column(w, id, "version"),
	                         .move = move,
	                         .account = account,
	                         .name = STR("Somebody"),
	                         .words = STR("So it is said."),
	                         .outcome = outcome,
	                         .calendar = w->institution->calendar};
	struct store_op op = {.route = w->institution->id};
	return store_write(w->app.store, &op, inquiry_step_job, &s, &w->e);
}

static void every_step_leads_only_from_where_the_table_says(void **state)
{
	struct world *w = *state;
	static const struct {
		enum inquiry_move way[4];
		enum inquiry_state state;
	} to[] = {{{INQUIRY_ASK}, INQUIRY_ASKED},
	          {{INQUIRY_ANSWER}, INQUIRY_ANSWERED},
	          {{INQUIRY_ANSWER, INQUIRY_CLOSE}, INQUIRY_CLOSED},
	          {{INQUIRY_ANSWER, INQUIRY_CLOSE, INQUIRY_APPEAL}, INQUIRY_APPEALED},
	          {{INQUIRY_ANSWER, INQUIRY_CLOSE, INQUIRY_APPEAL, INQUIRY_SETTLE}, INQUIRY_FINAL}};
	for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
		for (int move = INQUIRY_REMIND; move < INQUIRY_MOVE_COUNT; move++) {
			int64_t id = begin(w, 3);
			for (size_t k = 0; k < 4 && to[i].way[k] != INQUIRY_ASK; k++) {
				bool is_end = to[i].way[k] == INQUIRY_CLOSE || to[i].way[k] == INQUIRY_SETTLE;
				assert_true(step(w, id, to[i].way[k], to[i].way[k] == INQUIRY_SETTLE ? HIGHER : SUPERVISOR,
				                 is_end ? INQUIRY_RED : INQUIRY_NO_OUTCOME));
			}
			assert_int_equal(column(w, id, "state"), to[i].state);
			bool fits = inquiry_move_fits((enum inquiry_move)move, to[i].state);
			bool is_end = move == INQUIRY_CLOSE || move == INQUIRY_SETTLE;
			bool went = step(w, id, (enum inquiry_move)move, HIGHER, is_end ? INQUIRY_YELLOW : INQUIRY_NO_OUTCOME);
			assert_int_equal(went, fits);
			if (!fits) {
				assert_int_equal(w->e.code, ERR_CONFLICT);
				assert_int_equal(column(w, id, "state"), to[i].state);
			}
		}
	}
}

static void only_a_card_is_appealed_against_in_time_and_decided_by_another(void **state)
{
	struct world *w = *state;
	int64_t explained = begin(w, 3), late = begin(w, 3), own = begin(w, 3);
	assert_true(step(w, explained, INQUIRY_ANSWER, HEAD, INQUIRY_NO_OUTCOME));
	assert_true(step(w, explained, INQUIRY_CLOSE, SUPERVISOR, INQUIRY_EXPLAINED));
	assert_conflict(w, step(w, explained, INQUIRY_APPEAL, HEAD, INQUIRY_NO_OUTCOME));
	assert_true(step(w, late, INQUIRY_ANSWER, HEAD, INQUIRY_NO_OUTCOME));
	assert_true(step(w, late, INQUIRY_CLOSE, SUPERVISOR, INQUIRY_YELLOW));
	assert_true(step(w, own, INQUIRY_ANSWER, HEAD, INQUIRY_NO_OUTCOME));
	assert_true(step(w, own, INQUIRY_CLOSE, SUPERVISOR, INQUIRY_RED));
	assert_true(step(w, own, INQUIRY_APPEAL, HEAD, INQUIRY_NO_OUTCOME));
	assert_false(step(w, own, INQUIRY_SETTLE, SUPERVISOR, INQUIRY_RED));
	assert_int_equal(w->e.code, ERR_FORBIDDEN);
	assert_true(step(w, own, INQUIRY_SETTLE, HIGHER, INQUIRY_EXPLAINED));
	assert_int_equal(column(w, own, "outcome"), INQUIRY_EXPLAINED);
	assert_conflict(w, step(w, own, INQUIRY_APPEAL, HEAD, INQUIRY_NO_OUTCOME)); /* once */
	pass_days(w, 8); /* five working days and a weekend, and one more */
	assert_conflict(w, step(w, late, INQUIRY_APPEAL, HEAD, INQUIRY_NO_OUTCOME));
}

static bool job_cards(struct tx *tx, void *ctx, struct err *e)
{
	return inquiry_cards_of(tx, tx_route(tx), ctx, e);
}

static void cards_count_for_a_year(void **state)
{
	struct world *w = *state;
	struct inquiry_cards cards;
	int64_t id = begin(w, 3);
	assert_true(step(w, id, INQUIRY_ANSWER, HEAD, INQUIRY_NO_OUTCOME));
	assert_true(step(w, id, INQUIRY_CLOSE, SUPERVISOR, INQUIRY_RED));
	world_ok(w, store_read(w->app.store, w->institution->id, &w->arena, job_cards, &cards, &w->e));
	assert_int_equal(cards.red, 1);
	assert_int_equal(cards.yellow, 0);
	pass_days(w, 366);
	world_ok(w, store_read(w->app.store, w->institution->id, &w->arena, job_cards, &cards, &w->e));
	assert_int_equal(cards.red, 0);
}

static void two_answers_at_once_are_one(void **state)
{
	struct world *w = *state;
	int64_t id = begin(w, 3);
	struct inquiry_step s = {.institution = w->institution->id,
	                         .id = id,
	                         .version = 1,
	                         .move = INQUIRY_ANSWER,
	                         .account = HEAD,
	                         .name = STR("Mei Castellan"),
	                         .words = STR("The expert was ill."),
	                         .calendar = w->institution->calendar};
	struct store_op op = {.route = w->institution->id}, again = op;
	world_ok(w, store_write(w->app.store, &op, inquiry_step_job, &s, &w->e));
	assert_conflict(w, store_write(w->app.store, &again, inquiry_step_job, &s, &w->e));
}

static void the_head_is_reminded_on_the_last_day_and_its_passing_is_noted_once(void **state)
{
	struct world *w = *state;
	struct timer_kind kinds[] = {{.name = INQUIRY_TIMER, .fire = inquiry_due, .ctx = &w->app}};
	struct timers *timers;
	int64_t id = begin(w, 3), answered = begin(w, 3); /* Monday: by Thursday */
	assert_true(step(w, answered, INQUIRY_ANSWER, HEAD, INQUIRY_NO_OUTCOME));
	world_ok(w, timers_start(w->app.store, NULL, &w->app.time, kinds, 1, &timers, &w->e));
	pass_days(w, 2);
	timers_nudge(timers);
	assert_true(timers_drain(timers, WAIT_US));
	assert_int_equal(sql_number(w, "select count(*) from inquiry_step where kind = 1"), 0);
	pass_days(w, 1);
	timers_nudge(timers);
	assert_true(timers_drain(timers, WAIT_US));
	assert_int_equal(sql_number(w, "select count(*) from inquiry_step where kind = 1"), 1);
	assert_int_equal(column(w, id, "is_overdue"), 0);
	pass_days(w, 10);
	timers_nudge(timers);
	assert_true(timers_drain(timers, WAIT_US));
	assert_int_equal(column(w, id, "is_overdue"), 1);
	assert_int_equal(column(w, answered, "is_overdue"), 0);
	assert_int_equal(sql_number(w, "select count(*) from inquiry_step where kind = 2"), 1);
	timers_stop(timers);
	/* Late, it can be answered still, and closed without an answer too. */
	assert_true(step(w, id, INQUIRY_CLOSE, SUPERVISOR, INQUIRY_YELLOW));
}

static void a_finding_is_judged_once(void **state)
{
	struct world *w = *state;
	feed(w, 2, "submitted", OFFICIAL, 0, "\"level\":0,\"left\":5");
	feed(w, 2, "step-past", OFFICIAL, 3, "\"level\":1,\"left\":2");
	int64_t finding = sql_number(w, "select id from finding");
	struct finding_aside aside = {.institution = w->institution->id,
	                              .id = finding,
	                              .version = 1,
	                              .account = SUPERVISOR,
	                              .name = STR("Ines Calloway"),
	                              .words = STR("The expert was ill.")};
	struct store_op op = {.route = w->institution->id};
	world_ok(w, store_write(w->app.store, &op, finding_aside_job, &aside, &w->e));
	assert_int_equal(sql_number(w, "select state from finding"), FINDING_SET_ASIDE);
	struct inquiry_insert_in row = {.institution = w->institution->id,
	                                .finding = finding,
	                                .cases = STR("[]"),
	                                .asked_by = SUPERVISOR,
	                                .office = 99};
	struct inquiry_begin in = {.row = &row, .finding_version = 2, .days = 3, .calendar = w->institution->calendar};
	struct store_op ask = {.route = w->institution->id};
	assert_conflict(w, store_write(w->app.store, &ask, inquiry_begin_job, &in, &w->e));
	assert_int_equal(sql_number(w, "select count(*) from inquiry"), 0);
	/* Found again, it is the same, and stays judged. */
	feed(w, 2, "step-past", OFFICIAL, 4, "\"level\":1,\"left\":1");
	assert_int_equal(found_in_all(w), 1);
	assert_int_equal(sql_number(w, "select state from finding"), FINDING_SET_ASIDE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_case_that_goes_its_way_leaves_nothing_to_judge),
		T(the_second_correction_is_found_once),
		T(forwarding_after_a_week_is_found_where_it_lay),
		T(opening_a_closed_case_again_is_found),
		T(not_accepted_with_a_reason_of_the_list_is_in_order),
		T(deciding_a_later_case_first_is_found_with_the_older_ones),
		T(an_older_case_that_waits_for_its_applicant_is_not_overtaken),
		T(a_reason_of_the_list_makes_overtaking_right),
		T(a_real_case_whose_clock_is_stopped_on_the_last_day_is_found),
		T(real_decisions_that_spread_far_are_found_and_steady_ones_are_not),
		T(stops_and_steps_are_found_by_what_the_clock_says),
		T(an_official_whose_times_spread_is_found_once_a_quarter),
		T(every_step_leads_only_from_where_the_table_says),
		T(only_a_card_is_appealed_against_in_time_and_decided_by_another),
		T(cards_count_for_a_year),
		T(two_answers_at_once_are_one),
		T(the_head_is_reminded_on_the_last_day_and_its_passing_is_noted_once),
		T(a_finding_is_judged_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
