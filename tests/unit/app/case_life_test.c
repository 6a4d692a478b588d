/* What the moves mean beyond the state that they lead to: who may have nothing to do with a case, what lapses and when,
 * whose queues know of it, what its applicant is told. */
#include "app/people/absence.h"
#include "case_world.h"

#include "app/people/viewer.h"

extern const struct timer_kind cases_timers[];

static struct timers *start_timers(struct world *w)
{
	struct timers *t;
	struct timer_kind kinds[8];
	size_t n = 0;
	for (const struct timer_kind *k = cases_timers; k->name; k++) {
		kinds[n] = *k;
		kinds[n++].ctx = &w->app;
	}
	world_ok(w, timers_start(w->app.store, NULL, &w->app.time, kinds, n, &t, &w->e));
	return t;
}

/* The objection to a case that OFFICIAL refused. */
static struct case_at objection_to(struct world *w, struct case_at *first)
{
	*first = case_in(w, CASE_IN_WORK);
	struct mover m = {.actor = OFFICIAL, .outcome = OUTCOME_REFUSED};
	world_ok(w, make_move(w, MOVE_DECIDED, first, &m, &w->e));
	first->version++;
	must_move(w, MOVE_LETTER_LEFT, first);
	must_move(w, MOVE_OBJECTED, first);
	return (struct case_at){.party = first->party, .id = see(w, first).objection, .version = 1};
}

static void who_decided_has_nothing_to_do_with_the_objection(void **state)
{
	struct world *w = *state;
	struct case_at first, objection = objection_to(w, &first);
	assert_int_equal(see(w, &objection).objects_to, first.id);
	struct mover same = {.actor = OFFICIAL}, other = {.actor = COLLEAGUE};
	assert_conflict(w, make_move(w, MOVE_TAKEN, &objection, &same, &w->e));
	world_ok(w, make_move(w, MOVE_TAKEN, &objection, &other, &w->e));
	objection.version++;
	/* Nor is it given to that official by a head. */
	struct case_hand back = {.change = {.party = objection.party,
	                                    .casefile = objection.id,
	                                    .version = objection.version,
	                                    .actor = HEAD,
	                                    .calendar = w->institution->calendar},
	                         .move = MOVE_MOVED,
	                         .to = OFFICIAL,
	                         .to_name = STR("Jonas Adeyemi")};
	assert_conflict(
		w, store_write(w->app.store, &(struct store_op){.route = objection.party}, case_hand_job, &back, &w->e));
	assert_int_equal(see(w, &objection).handler, COLLEAGUE);
}

static void an_objection_that_is_won_opens_the_first_case_again_and_one_that_is_lost_does_not(void **state)
{
	struct world *w = *state;
	for (int is_won = 0; is_won < 2; is_won++) {
		struct case_at first, objection = objection_to(w, &first);
		struct mover other = {.actor = COLLEAGUE, .outcome = is_won ? OUTCOME_GRANTED : OUTCOME_REFUSED};
		for (const enum case_move *m = (const enum case_move[]){MOVE_TAKEN, MOVE_DECIDED, MOVE_LETTER_LEFT, 0}; *m;
		     m++) {
			world_ok(w, make_move(w, *m, &objection, &other, &w->e));
			objection.version++;
		}
		struct casefile_get_out c = see(w, &first);
		assert_int_equal(c.state, is_won ? CASE_RECEIVED : CASE_CLOSED);
		assert_int_equal(c.outcome, is_won ? OUTCOME_NONE : OUTCOME_REFUSED);
		assert_int_equal(c.handler, is_won ? 0 : OFFICIAL);
		assert_int_equal(events_of(w, &first, MOVE_REOPENED), is_won);
	}
}

static void the_second_signature_is_never_by_who_decided(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_TO_SIGN);
	struct mover same = {.actor = OFFICIAL};
	assert_conflict(w, make_move(w, MOVE_SIGNED, &at, &same, &w->e));
	assert_conflict(w, make_move(w, MOVE_SENT_BACK, &at, &same, &w->e));
	assert_false(see(w, &at).has_ended_day);
	must_move(w, MOVE_SIGNED, &at);
	struct casefile_get_out c = see(w, &at);
	/* The clock ends, and the letter's time begins, with the second signature. */
	assert_true(c.has_ended_day);
	assert_int_equal(c.letter_at, time_legal_us(&w->app.time) + w->app.letter_delay_us);
	assert_int_equal(sql_number(w, "select signed_by from decision"), HEAD);
}

static void what_is_not_answered_lapses_when_its_last_day_is_over_and_not_before(void **state)
{
	struct world *w = *state;
	w->lapses = true;
	struct case_at at = case_in(w, CASE_ASKED), answered = case_in(w, CASE_ASKED);
	struct timers *t = start_timers(w);
	day_number last = see(w, &at).answer_day;
	must_move(w, MOVE_ANSWERED, &answered);
	int64_t end_us = zone_instant_us(calendar_zone(w->institution->calendar), last + 1, 0);
	time_source_advance(&w->app.time, end_us - time_legal_us(&w->app.time) - 1);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(see(w, &at).state, CASE_ASKED);
	time_source_advance(&w->app.time, 1);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(see(w, &at).state, CASE_LAPSED);
	assert_int_equal(see(w, &at).correction, 0);
	assert_int_equal(see(w, &answered).state, CASE_CORRECTED);
	timers_stop(t);
}

static void a_promised_paper_has_a_clock_of_its_own(void **state)
{
	struct world *w = *state;
	struct case_at lapses, goes_on, brought;
	w->lapses = true;
	lapses = case_in(w, CASE_IN_WORK);
	must_move(w, MOVE_ACCEPTED_GAP, &lapses);
	w->lapses = false;
	goes_on = case_in(w, CASE_IN_WORK);
	must_move(w, MOVE_ACCEPTED_GAP, &goes_on);
	brought = case_in(w, CASE_IN_WORK);
	must_move(w, MOVE_ACCEPTED_GAP, &brought);
	assert_false(see(w, &brought).has_stands_since);
	/* Nothing is granted while it is missing; a refusal is possible. */
	struct mover official = {.actor = OFFICIAL};
	assert_conflict(w, make_move(w, MOVE_DECIDED, &brought, &official, &w->e));
	must_move(w, MOVE_GAP_BROUGHT, &brought);
	assert_int_equal(see(w, &brought).flags, 0);
	struct timers *t = start_timers(w);
	time_source_advance(&w->app.time, 6 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(see(w, &lapses).state, CASE_LAPSED);
	assert_int_equal(see(w, &goes_on).state, CASE_IN_WORK);
	assert_int_equal(see(w, &goes_on).flags, HAS_MISSED);
	assert_int_equal(see(w, &brought).state, CASE_IN_WORK);
	must_move(w, MOVE_DECIDED, &brought);
	timers_stop(t);
}

static int64_t rows_at(struct world *w, const char *table, int64_t institution)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from %s where institution = %lld", table, (long long)institution);
	return sql_number(w, sql);
}

static int64_t part_of(struct world *w, int64_t institution, int64_t casefile)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select part from participation where institution = %lld and casefile = %lld",
	         (long long)institution, (long long)casefile);
	return sql_number(w, sql);
}

static void a_forwarded_case_changes_queues_and_the_first_office_knows_where_it_went(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = case_in(w, CASE_IN_WORK);
	must_move(w, MOVE_FORWARDED, &at);
	relayed(w);
	assert_int_equal(rows_at(w, "queue", w->institution->id), 0);
	assert_int_equal(rows_at(w, "queue", w->other->id), 1);
	assert_int_equal(rows_at(w, "participation", w->institution->id), 1);
	assert_int_equal(rows_at(w, "participation", w->other->id), 1);
	assert_int_equal(part_of(w, w->institution->id, at.id), AS_FORMER);
	assert_int_equal(part_of(w, w->other->id, at.id), AS_OWNER);
	assert_int_equal(sql_number(w, "select handler from queue"), 0);
	struct mover there = {.actor = COLLEAGUE};
	world_ok(w, make_move(w, MOVE_TAKEN, &at, &there, &w->e));
	relayed(w);
	assert_int_equal(sql_number(w, "select handler from queue"), COLLEAGUE);
}

static void whose_opinion_is_asked_has_a_row_without_a_name_until_it_is_given_or_not_needed(void **state)
{
	static const enum case_move ends[] = {MOVE_OPINION_GIVEN, MOVE_OPINION_DROPPED, MOVE_WITHDRAWN};
	struct world *w = *state;
	world_relay(w);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct case_at at = case_in(w, CASE_IN_WORK);
		must_move(w, MOVE_OPINION_ASKED, &at);
		relayed(w);
		assert_int_equal(rows_at(w, "queue", w->other->id), 1);
		char sql[200];
		snprintf(sql, sizeof sql, "select waits from queue where institution = %lld", (long long)w->other->id);
		assert_int_equal(sql_number(w, sql), WAITS_OPINION);
		assert_int_equal(part_of(w, w->other->id, at.id), AS_EXPERT);
		snprintf(sql, sizeof sql, "select waits from queue where institution = %lld and casefile = %lld",
		         (long long)w->institution->id, (long long)at.id);
		assert_int_equal(sql_number(w, sql), WAITS_OPINION);
		must_move(w, ends[i], &at);
		relayed(w);
		assert_int_equal(rows_at(w, "queue", w->other->id), 0);
	}
	/* Neither name nor answers stand in what the other office's queue is made of. */
	assert_int_equal(sql_number(w, "select count(*) from queue where part = 2"), 0);
}

static void each_move_that_concerns_the_applicant_tells_it_once(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_IN_WORK);
	int64_t before = sql_number(w, "select count(*) from message");
	assert_int_equal(before, 1); /* received */
	must_move(w, MOVE_QUESTION_ASKED, &at);
	must_move(w, MOVE_QUESTION_ANSWERED, &at);
	must_move(w, MOVE_HANDED, &at);
	assert_int_equal(sql_number(w, "select count(*) from message"), 2);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'question'"), 1);
	must_move(w, MOVE_WITHDRAWN, &at);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'withdrawn'"), 1);
}

static void a_granted_commitment_waits_to_be_checked_and_a_refused_one_does_not(void **state)
{
	struct world *w = *state;
	for (enum case_outcome outcome = OUTCOME_GRANTED; outcome <= OUTCOME_REFUSED; outcome++) {
		struct case_at at = case_in(w, CASE_IN_WORK);
		must_move(w, MOVE_ACCEPTED_COMMITMENT, &at);
		struct mover m = {.actor = OFFICIAL, .outcome = outcome};
		world_ok(w, make_move(w, MOVE_DECIDED, &at, &m, &w->e));
		at.version++;
		must_move(w, MOVE_LETTER_LEFT, &at);
		struct casefile_get_out c = see(w, &at);
		assert_int_equal(case_waits(c.state, c.flags), outcome == OUTCOME_GRANTED ? WAITS_OFFICE : 0);
	}
}

static void a_question_about_a_closed_case_brings_it_back_into_the_queue_until_it_is_answered(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = case_in(w, CASE_CLOSED);
	relayed(w);
	assert_int_equal(rows_at(w, "queue", w->institution->id), 0);
	must_move(w, MOVE_ENQUIRED, &at);
	relayed(w);
	assert_int_equal(rows_at(w, "queue", w->institution->id), 1);
	assert_int_equal(sql_number(w, "select waits from queue"), WAITS_OFFICE);
	assert_int_equal(sql_number(w, "select handler from queue"), OFFICIAL);
	must_move(w, MOVE_REPLIED, &at);
	relayed(w);
	assert_int_equal(rows_at(w, "queue", w->institution->id), 0);
}

static void who_waits_longer_than_promised_is_told_once_and_who_was_decided_on_is_not(void **state)
{
	struct world *w = *state;
	struct case_at late = case_in(w, CASE_IN_WORK), done = case_in(w, CASE_CLOSED), asked = case_in(w, CASE_ASKED);
	struct timers *t = start_timers(w);
	time_source_advance(&w->app.time, 40 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	time_source_advance(&w->app.time, 5 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	char sql[200];
	const struct case_at *all[] = {&late, &done, &asked};
	for (int i = 0; i < 3; i++) {
		snprintf(sql, sizeof sql, "select count(*) from message where kind = 'takes-longer' and party = %lld",
		         (long long)all[i]->party);
		/* The clock stands while the applicant is asked: nothing is late. */
		assert_int_equal(sql_number(w, sql), i == 0);
	}
	/* Each level was said once, of either limit, as of its own instant; who is asked waits. */
	assert_int_equal(see(w, &late).version, late.version + 7);
	assert_int_equal(events_of(w, &late, MOVE_SILENCE_ESCALATED), 1);
	assert_int_equal(events_of(w, &late, MOVE_CLOCK_ORANGE), 2);
	assert_int_equal(events_of(w, &late, MOVE_CLOCK_RED), 2);
	assert_int_equal(events_of(w, &late, MOVE_CLOCK_PAST), 2);
	assert_int_equal(see(w, &asked).version, asked.version);
	timers_stop(t);
}

static void no_decision_in_time_is_one_as_of_its_instant_also_when_the_program_was_off(void **state)
{
	struct world *w = *state;
	w->rule.silence = SILENCE_GRANTS;
	struct case_at at = case_in(w, CASE_IN_WORK);
	day_number last = dates_seen(w, &at).legal;
	const struct calendar *calendar = w->institution->calendar;
	/* Nobody serves until three weeks after the last day. */
	time_source_advance(&w->app.time, 50 * US_PER_DAY);
	struct timers *t = start_timers(w);
	assert_true(timers_drain(t, WAIT_US));
	timers_stop(t);
	struct casefile_get_out c = see(w, &at);
	assert_int_equal(c.state, CASE_CLOSED);
	assert_int_equal(c.outcome, OUTCOME_GRANTED);
	assert_int_equal(c.ended_at, zone_instant_us(calendar_zone(calendar), last + 1, 0));
	assert_int_equal(c.ended_day, last);
	assert_int_equal(events_of(w, &at, MOVE_SILENCE_GRANTED), 1);
	assert_int_equal(sql_number(w, "select effective_at from event where kind = 'silence-granted'"), c.ended_at);
	assert_int_equal(sql_number(w, "select decided_by from decision"), 0);
	assert_int_equal(sql_number(w, "select decided_at from decision"), c.ended_at);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'decided'"), 1);
	/* Everything before it was said too, in order, each as of its own instant. */
	assert_int_equal(sql_number(w, "select count(*) from event where kind like 'clock-%'"), 6);
	assert_int_equal(sql_number(w, "select count(*) from event a, event b where a.kind like 'clock-%' and b.kind like "
	                               "'clock-%' and a.id < b.id and a.effective_at > b.effective_at"),
	                 0);
	assert_int_equal(c.version, at.version + 8);
}

static void silence_is_refused_or_escalated_once_and_waits_while_the_clock_stands(void **state)
{
	struct world *w = *state;
	w->rule.silence = SILENCE_REFUSES;
	struct case_at refused = case_in(w, CASE_RECEIVED), asked = case_in(w, CASE_ASKED);
	w->rule.silence = SILENCE_ESCALATES;
	struct case_at escalated = case_in(w, CASE_TO_SIGN);
	struct timers *t = start_timers(w);
	time_source_advance(&w->app.time, 40 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	time_source_advance(&w->app.time, 5 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	timers_stop(t);
	assert_int_equal(see(w, &refused).outcome, OUTCOME_REFUSED);
	assert_int_equal(see(w, &refused).state, CASE_CLOSED);
	assert_int_equal(see(w, &asked).state, CASE_ASKED);
	assert_int_equal(see(w, &asked).version, asked.version);
	assert_int_equal(see(w, &escalated).state, CASE_TO_SIGN);
	assert_int_equal(events_of(w, &escalated, MOVE_SILENCE_ESCALATED), 1);
}

/* The program was off when the law decided: an official who is faster than its timers decides nothing any more. */
static void what_the_law_has_decided_is_nobody_s_to_decide(void **state)
{
	struct world *w = *state;
	w->rule.silence = SILENCE_GRANTS;
	static const enum case_move moves[] = {MOVE_DECIDED, MOVE_STOPPED, MOVE_EXTENDED, MOVE_ASKED, MOVE_WITHDRAWN};
	struct case_at at = case_in(w, CASE_IN_WORK);
	time_source_advance(&w->app.time, 60 * US_PER_DAY);
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		struct mover m = rightful(moves[i]);
		m.outcome = OUTCOME_REFUSED;
		assert_conflict(w, make_move(w, moves[i], &at, &m, &w->e));
	}
	struct timers *t = start_timers(w);
	assert_true(timers_drain(t, WAIT_US));
	timers_stop(t);
	assert_int_equal(see(w, &at).outcome, OUTCOME_GRANTED);
}

static void stops_for_one_reason_share_its_longest_time(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_IN_WORK);
	struct timers *t = start_timers(w);
	must_move(w, MOVE_STOPPED, &at);
	time_source_advance(&w->app.time, 14 * US_PER_DAY);
	must_move(w, MOVE_WENT_ON, &at);
	int64_t stood = see(w, &at).stood_days;
	assert_in_range(stood, 1, 10);
	/* Of twenty days the rest is left, and then none. */
	must_move(w, MOVE_STOPPED, &at);
	time_source_advance(&w->app.time, 60 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	timers_stop(t);
	assert_int_equal(events_of(w, &at, MOVE_STOP_ENDED), 1);
	assert_int_equal(see(w, &at).stood_days, 20);
	at.version = see(w, &at).version;
	struct mover m = rightful(MOVE_STOPPED);
	assert_conflict(w, make_move(w, MOVE_STOPPED, &at, &m, &w->e));
}

static void a_broken_promise_stays_broken_when_the_time_is_extended(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_IN_WORK);
	struct case_dates before = dates_seen(w, &at);
	struct timers *t = start_timers(w);
	time_source_advance(&w->app.time, zone_instant_us(calendar_zone(w->institution->calendar), before.promised + 1, 0) -
	                                      time_legal_us(&w->app.time));
	assert_true(timers_drain(t, WAIT_US));
	at.version = see(w, &at).version;
	must_move(w, MOVE_EXTENDED, &at);
	timers_stop(t);
	assert_int_equal(dates_seen(w, &at).promised, before.promised);
	assert_int_equal(see(w, &at).said_committed, CLOCK_PAST);
	assert_int_equal(dates_seen(w, &at).legal, calendar_add(w->institution->calendar, before.legal, 10));
}

static void a_stop_runs_again_by_hand_or_when_its_longest_time_is_over(void **state)
{
	struct world *w = *state;
	struct case_at by_hand = case_in(w, CASE_IN_WORK), forgotten = case_in(w, CASE_IN_WORK);
	day_number promised = dates_seen(w, &by_hand).promised;
	const struct calendar *calendar = w->institution->calendar;
	must_move(w, MOVE_STOPPED, &by_hand);
	must_move(w, MOVE_STOPPED, &forgotten);
	assert_true(dates_seen(w, &by_hand).stands);
	assert_int_equal(case_waits(CASE_IN_WORK, see(w, &by_hand).flags), 0);
	struct timers *t = start_timers(w);
	time_source_advance(&w->app.time, 3 * US_PER_DAY);
	must_move(w, MOVE_WENT_ON, &by_hand);
	assert_int_equal(dates_seen(w, &by_hand).promised, calendar_add(calendar, promised, 3));
	time_source_advance(&w->app.time, 33 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	timers_stop(t);
	assert_int_equal(events_of(w, &forgotten, MOVE_STOP_ENDED), 1);
	struct casefile_get_out c = see(w, &forgotten);
	assert_int_equal(c.flags & IS_STOPPED, 0);
	assert_int_equal(c.stood_days, 20);
	assert_int_equal(c.due_day, calendar_add(calendar, promised, 20));
	assert_int_equal(sql_number(w, "select count(*) from clock_stop where lapsed = 1"), 1);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'clock-runs'"), 2);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'clock-stopped'"), 2);
}

static void an_extension_moves_both_limits_once_and_the_applicant_reads_why(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_IN_WORK);
	struct case_dates before = dates_seen(w, &at);
	struct timers *t = start_timers(w);
	/* It turned orange; with more time it is green again, and will be said again. */
	time_source_advance(&w->app.time, 21 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(events_of(w, &at, MOVE_CLOCK_ORANGE), 1);
	at.version = see(w, &at).version;
	must_move(w, MOVE_EXTENDED, &at);
	struct case_dates after = dates_seen(w, &at);
	assert_int_equal(after.promised, calendar_add(w->institution->calendar, before.promised, 10));
	assert_int_equal(after.legal, calendar_add(w->institution->calendar, before.legal, 10));
	assert_int_equal(after.level, CLOCK_GREEN);
	assert_int_equal(see(w, &at).said_committed, CLOCK_GREEN);
	struct mover m = rightful(MOVE_EXTENDED);
	assert_conflict(w, make_move(w, MOVE_EXTENDED, &at, &m, &w->e));
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'extended'"), 1);
	time_source_advance(&w->app.time, 15 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	timers_stop(t);
	assert_int_equal(events_of(w, &at, MOVE_CLOCK_ORANGE), 2);
}

static void who_is_to_answer_is_reminded_before_it_lapses(void **state)
{
	struct world *w = *state;
	w->lapses = true;
	struct case_at at = case_in(w, CASE_ASKED);
	struct timers *t = start_timers(w);
	time_source_advance(&w->app.time, 4 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'lapses-soon'"), 1);
	assert_int_equal(see(w, &at).state, CASE_ASKED);
	time_source_advance(&w->app.time, 3 * US_PER_DAY);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(see(w, &at).state, CASE_LAPSED);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'lapses-soon'"), 1);
	assert_int_equal(sql_number(w, "select count(*) from message where kind = 'lapsed'"), 1);
	timers_stop(t);
}

/* An absence is of days of the office's own clock: from the first minute of the first to the last of the last. */
static void a_deputy_stands_in_from_the_first_minute_to_the_last(void **state)
{
	struct world *w = *state;
	const struct calendar *c = w->institution->calendar;
	const struct zone *zone = calendar_zone(c);
	day_number first = case_today(c, time_legal_us(&w->app.time)) + 3, last = first + 4;
	struct absence_change away = {.institution = w->institution->id,
	                              .absence = {.account = OFFICIAL,
	                                          .name = STR("Jonas"),
	                                          .deputy = COLLEAGUE,
	                                          .deputy_name = STR("Rosa"),
	                                          .from = first,
	                                          .until = last}};
	world_ok(w, store_write(w->app.store, &(struct store_op){.route = away.institution}, people_absence_add_job, &away,
	                        &w->e));
	const struct {
		int64_t at_us;
		size_t n;
	} moments[] = {{zone_instant_us(zone, first, 0) - 1, 0},
	               {zone_instant_us(zone, first, 0), 1},
	               {zone_instant_us(zone, last + 1, 0) - 1, 1},
	               {zone_instant_us(zone, last + 1, 0), 0}};
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		day_number today = case_today(c, moments[i].at_us);
		int64_t of[STAND_IN_MOST];
		size_t n;
		world_ok(w, people_stands_in_for(w->app.store, &w->arena, away.institution, today, COLLEAGUE, of, &n, &w->e));
		assert_int_equal(n, moments[i].n);
		assert_true(n == 0 || of[0] == OFFICIAL);
		/* Nor does the one who is away stand in for the deputy, nor anybody at another office. */
		world_ok(w, people_stands_in_for(w->app.store, &w->arena, away.institution, today, OFFICIAL, of, &n, &w->e));
		assert_int_equal(n, 0);
		world_ok(w, people_stands_in_for(w->app.store, &w->arena, w->other->id, today, COLLEAGUE, of, &n, &w->e));
		assert_int_equal(n, 0);
	}
}

/* What one server counted, another one knows: the store is all that they have in common. */
static void wrong_codes_for_a_number_are_counted_in_the_store(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = case_in(w, CASE_IN_WORK);
	relayed(w);
	struct casefile_get_out c = see(w, &at);
	char right[RECEIPT_TYPED_CHARS + 1];
	struct case_ref ref;
	bool is_wrong;
	receipt_typed(&w->app, (const uint8_t *)c.receipt_code.p, right);
	const struct code_try here = {.number = c.number, .network = STR("192.0.2.0/24")};
	for (int i = 0; i < 10; i++) {
		world_ok(w, case_by_typed(&w->app, &w->arena, &here, STR("00000000"), &ref, &is_wrong, &w->e));
		assert_true(is_wrong && !ref.found);
		world_ok(w, case_wrong_code(&w->app, &here, &w->e));
	}
	assert_false(case_by_typed(&w->app, &w->arena, &here, str_of(right), &ref, &is_wrong, &w->e));
	assert_int_equal(w->e.code, ERR_TOO_MANY);
	time_source_advance(&w->app.time, 120 * US_PER_MIN);
	world_ok(w, case_by_typed(&w->app, &w->arena, &here, str_of(right), &ref, &is_wrong, &w->e));
	assert_true(ref.found && ref.casefile == at.id && !is_wrong);
	/* A number that is none costs no row: one of all networks, one of this one. */
	const struct code_try none = {.number = STR("PL-2026-999999-99"), .network = here.network};
	world_ok(w, case_by_typed(&w->app, &w->arena, &none, STR("00000000"), &ref, &is_wrong, &w->e));
	assert_true(!ref.found && !is_wrong);
	assert_int_equal(sql_number(w, "select count(*) from receipt_try"), 2);
}

static struct str network_no(struct world *w, int n)
{
	return arena_printf(&w->arena, "10.0.%d.0/24", n);
}

/* Strangers who type wrong codes from many networks get few tries there, and lock out nobody but themselves. */
static void strangers_lock_out_themselves_and_not_the_owner(void **state)
{
	struct world *w = *state;
	world_relay(w);
	struct case_at at = case_in(w, CASE_IN_WORK);
	relayed(w);
	struct casefile_get_out c = see(w, &at);
	char right[RECEIPT_TYPED_CHARS + 1];
	struct case_ref ref;
	bool is_wrong;
	receipt_typed(&w->app, (const uint8_t *)c.receipt_code.p, right);
	int tried = 0;
	for (int network = 0; network < 40; network++) {
		const struct code_try there = {.number = c.number, .network = network_no(w, network)};
		for (int i = 0; i < 20; i++) {
			if (!case_by_typed(&w->app, &w->arena, &there, STR("00000000"), &ref, &is_wrong, &w->e)) {
				assert_int_equal(w->e.code, ERR_TOO_MANY);
				break;
			}
			world_ok(w, case_wrong_code(&w->app, &there, &w->e));
			tried++;
		}
	}
	/* The first two networks have ten each, then all together have none left, and each further one has three. */
	assert_int_equal(tried, 20 + 38 * 3);
	/* The owner, at home, may mistype twice. */
	const struct code_try home = {.number = c.number, .network = STR("198.51.100.0/24")};
	for (int i = 0; i < 2; i++) {
		world_ok(w, case_by_typed(&w->app, &w->arena, &home, STR("00000000"), &ref, &is_wrong, &w->e));
		world_ok(w, case_wrong_code(&w->app, &home, &w->e));
	}
	world_ok(w, case_by_typed(&w->app, &w->arena, &home, str_of(right), &ref, &is_wrong, &w->e));
	assert_true(ref.found && ref.casefile == at.id);
	/* Signed in, from where the stranger is: never locked out, and nothing is counted. */
	struct viewer_party own = {.party = at.party};
	const struct viewer owner = {.account = APPLICANT, .parties = &own, .party_n = 1};
	const struct code_try signed_in = {.number = c.number, .network = network_no(w, 0), .viewer = &owner};
	world_ok(w, case_by_typed(&w->app, &w->arena, &signed_in, STR("00000000"), &ref, &is_wrong, &w->e));
	assert_true(!ref.found && !is_wrong);
	world_ok(w, case_by_typed(&w->app, &w->arena, &signed_in, str_of(right), &ref, &is_wrong, &w->e));
	assert_true(ref.found);
	/* A day later nobody's row is kept but those of whoever tries again. */
	time_source_advance(&w->app.time, US_PER_DAY);
	world_ok(w, case_wrong_code(&w->app, &home, &w->e));
	assert_int_equal(sql_number(w, "select count(*) from receipt_try"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		T(who_decided_has_nothing_to_do_with_the_objection),
		T(an_objection_that_is_won_opens_the_first_case_again_and_one_that_is_lost_does_not),
		T(the_second_signature_is_never_by_who_decided),
		T(what_is_not_answered_lapses_when_its_last_day_is_over_and_not_before),
		T(a_promised_paper_has_a_clock_of_its_own),
		T(a_deputy_stands_in_from_the_first_minute_to_the_last),
		T(wrong_codes_for_a_number_are_counted_in_the_store),
		T(strangers_lock_out_themselves_and_not_the_owner),
		T(a_forwarded_case_changes_queues_and_the_first_office_knows_where_it_went),
		T(whose_opinion_is_asked_has_a_row_without_a_name_until_it_is_given_or_not_needed),
		T(each_move_that_concerns_the_applicant_tells_it_once),
		T(a_question_about_a_closed_case_brings_it_back_into_the_queue_until_it_is_answered),
		T(who_waits_longer_than_promised_is_told_once_and_who_was_decided_on_is_not),
		T(no_decision_in_time_is_one_as_of_its_instant_also_when_the_program_was_off),
		T(silence_is_refused_or_escalated_once_and_waits_while_the_clock_stands),
		T(what_the_law_has_decided_is_nobody_s_to_decide),
		T(stops_for_one_reason_share_its_longest_time),
		T(a_broken_promise_stays_broken_when_the_time_is_extended),
		T(a_stop_runs_again_by_hand_or_when_its_longest_time_is_over),
		T(an_extension_moves_both_limits_once_and_the_applicant_reads_why),
		T(who_is_to_answer_is_reminded_before_it_lapses),
		T(a_granted_commitment_waits_to_be_checked_and_a_refused_one_does_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
