/* Every move of CASE_MOVES on a real store: from every state, by everybody, twice, too late, and against each other. */
#include "app/api/endpoints.h"
#include "app/cases/acts.h"
#include "case_world.h"

enum { STATE_COUNT = CASE_STATE_END - CASE_RECEIVED, SUBMITTED_ROUNDS = 12, FIRST_MOST = 3 };

#define S(state) (1U << CASE_##state)
#define HAND (S(IN_WORK) | S(CORRECTED))
#define OPEN (S(RECEIVED) | S(IN_WORK) | S(ASKED) | S(CORRECTED) | S(TO_SIGN))

/* The table of moves, written down a second time: what is not here is forbidden. `to` 0: the state stays. `first`: what
 * the case has been through, for what stands beside its state; such a move is refused without it. */
static const struct allowed {
	enum case_move move;
	unsigned from;
	enum case_state to;
	enum case_move first[FIRST_MOST]; /* MOVE_SUBMITTED: no more */
	bool is_once;                     /* done again right away it is refused */
} allowed[] = {
	{MOVE_TAKEN, S(RECEIVED), CASE_IN_WORK, {0}, true},
	{MOVE_ACCEPTED, HAND, 0, {0}, true},
	{MOVE_ACCEPTED_GAP, HAND, 0, {0}, true},
	{MOVE_ACCEPTED_COMMITMENT, HAND, 0, {0}, true},
	{MOVE_NOT_ACCEPTED, HAND, CASE_NOT_ACCEPTED, {0}, true},
	{MOVE_GAP_BROUGHT, OPEN, 0, {MOVE_ACCEPTED_GAP}, true},
	{MOVE_GAP_MISSED, OPEN, 0, {MOVE_ACCEPTED_GAP}, true},
	{MOVE_ASKED, HAND, CASE_ASKED, {0}, true},
	{MOVE_ANSWERED, S(ASKED), CASE_CORRECTED, {0}, true},
	{MOVE_QUESTION_ASKED, HAND, 0, {0}, true},
	{MOVE_QUESTION_ANSWERED, OPEN, 0, {MOVE_QUESTION_ASKED}, true},
	{MOVE_ENQUIRED, OPEN | S(DECIDED) | S(CLOSED), 0, {0}, true},
	{MOVE_REPLIED, HAND | S(ASKED) | S(TO_SIGN) | S(DECIDED) | S(CLOSED), 0, {MOVE_ENQUIRED}, true},
	{MOVE_ADDED, OPEN, 0, {0}, false},
	{MOVE_OPINION_ASKED, HAND, 0, {0}, true}, /* of the same institution */
	{MOVE_OPINION_GIVEN, HAND | S(ASKED), 0, {MOVE_OPINION_ASKED}, true},
	{MOVE_OPINION_DROPPED, HAND, 0, {MOVE_OPINION_ASKED}, true},
	{MOVE_HANDED, HAND | S(ASKED), 0, {0}, true},
	{MOVE_ASSIGNED, S(RECEIVED), CASE_IN_WORK, {0}, true},
	{MOVE_MOVED, HAND | S(ASKED), 0, {0}, true}, /* to the same colleague */
	{MOVE_TAKEN_OVER, HAND | S(ASKED), 0, {0}, true},
	{MOVE_FORWARDED, HAND, CASE_RECEIVED, {0}, true},
	{MOVE_STOPPED, HAND, 0, {0}, true},
	{MOVE_WENT_ON, HAND | S(ASKED), 0, {MOVE_STOPPED}, true},
	{MOVE_STOP_ENDED, HAND | S(ASKED), 0, {MOVE_STOPPED}, true},
	{MOVE_EXTENDED, HAND, 0, {0}, true},
	{MOVE_CLOCK_ORANGE, OPEN, 0, {0}, true},
	{MOVE_CLOCK_RED, OPEN, 0, {0}, true},
	{MOVE_CLOCK_PAST, OPEN, 0, {0}, true},
	{MOVE_STEP_PAST, OPEN, 0, {0}, true},
	{MOVE_STEP_PAST, S(CLOSED), 0, {MOVE_MADE_OUT, MOVE_WAY_CHOSEN}, true},
	{MOVE_CLOCK_MOVED, OPEN, 0, {0}, false},
	{MOVE_SILENCE_GRANTED, OPEN, CASE_DECIDED, {0}, true},
	{MOVE_SILENCE_REFUSED, OPEN, CASE_DECIDED, {0}, true},
	{MOVE_SILENCE_ESCALATED, OPEN, 0, {0}, true},
	{MOVE_DECIDED, HAND, CASE_DECIDED, {0}, true},
	{MOVE_PROPOSED, HAND, CASE_TO_SIGN, {0}, true},
	{MOVE_SIGNED, S(TO_SIGN), CASE_DECIDED, {0}, true},
	{MOVE_SENT_BACK, S(TO_SIGN), CASE_IN_WORK, {0}, true},
	{MOVE_RECALLED, S(DECIDED) | S(TO_SIGN), CASE_IN_WORK, {0}, true},
	{MOVE_LETTER_LEFT, S(DECIDED), CASE_CLOSED, {0}, true},
	{MOVE_WITHDRAWN, OPEN, CASE_WITHDRAWN, {0}, true},
	{MOVE_LAPSED, S(RECEIVED) | HAND | S(ASKED), CASE_LAPSED, {0}, true}, /* see prepared() */
	{MOVE_AMENDED, S(CLOSED), 0, {0}, false},
	{MOVE_OBJECTED, S(CLOSED) | S(NOT_ACCEPTED), 0, {0}, true},
	{MOVE_REOPENED, S(CLOSED) | S(NOT_ACCEPTED) | S(LAPSED), CASE_RECEIVED, {0}, true},
	{MOVE_MADE_OUT, S(CLOSED), 0, {0}, true},
	{MOVE_HANDED_OVER, S(CLOSED), 0, {MOVE_MADE_OUT}, true},
	{MOVE_WAY_CHOSEN, S(RECEIVED) | HAND | S(TO_SIGN) | S(DECIDED) | S(CLOSED), 0, {0}, false},
	{MOVE_SUSPENDED, S(CLOSED), 0, {MOVE_MADE_OUT}, true},
	{MOVE_RESUMED, S(CLOSED), 0, {MOVE_MADE_OUT, MOVE_SUSPENDED}, true},
	{MOVE_REVOKED, S(CLOSED), 0, {MOVE_MADE_OUT}, true},
	{MOVE_RENEWED, S(CLOSED), 0, {MOVE_MADE_OUT}, false},
	{MOVE_CHECKED, S(CLOSED), 0, {MOVE_ACCEPTED_COMMITMENT}, true},
	{MOVE_REPAIRED, OPEN | S(DECIDED), 0, {0}, false},
	{MOVE_RECEIPT_RENEWED, OPEN | S(DECIDED) | S(CLOSED), 0, {0}, false},
};
enum { ALLOWED_COUNT = sizeof allowed / sizeof allowed[0] };

static const struct allowed *find_allowed(enum case_state from, enum case_move move)
{
	for (size_t i = 0; i < ALLOWED_COUNT; i++) {
		if (allowed[i].move == move && (allowed[i].from & 1U << from) != 0) {
			return &allowed[i];
		}
	}
	return NULL;
}

/* From in work to a state, keeping what stands beside it. */
static void go_on_to(struct world *w, enum case_state state, struct case_at *at)
{
	static const enum case_move way[CASE_STATE_END][2] = {
		[CASE_RECEIVED] = {MOVE_FORWARDED},
		[CASE_ASKED] = {MOVE_ASKED},
		[CASE_CORRECTED] = {MOVE_ASKED, MOVE_ANSWERED},
		[CASE_TO_SIGN] = {MOVE_PROPOSED},
		[CASE_DECIDED] = {MOVE_DECIDED},
		[CASE_CLOSED] = {MOVE_DECIDED, MOVE_LETTER_LEFT},
	};
	for (int i = 0; i < 2 && way[state][i] != MOVE_SUBMITTED; i++) {
		struct mover m = rightful(way[state][i]);
		/* With a promised paper missing, nothing is granted. */
		m.outcome = (see(w, at).flags & HAS_GAP) != 0 ? OUTCOME_REFUSED : OUTCOME_GRANTED;
		world_ok(w, make_move(w, way[state][i], at, &m, &w->e));
		at->version++;
	}
}

static bool by_itself(enum case_move move)
{
	return move == MOVE_STOP_ENDED || move == MOVE_CLOCK_ORANGE || move == MOVE_CLOCK_RED || move == MOVE_CLOCK_PAST ||
	       move == MOVE_STEP_PAST || move == MOVE_SILENCE_GRANTED || move == MOVE_SILENCE_REFUSED ||
	       move == MOVE_SILENCE_ESCALATED;
}

/* A case from which the move is allowed: in that state, and with what it needs beside it. */
static struct case_at prepared(struct world *w, const struct allowed *a, enum case_state from)
{
	enum case_move move = a->move;
	bool is_after = a->first[0] == MOVE_MADE_OUT;
	w->is_by_act = move == MOVE_ACCEPTED || move == MOVE_NOT_ACCEPTED;
	w->lapses = move == MOVE_LAPSED;
	w->rule = w->service->clock;
	w->step_limits =
		move == MOVE_STEP_PAST
			? STR("acceptance 2 working-days decision 2 working-days second-signature 2 working-days hand-over 2 "
	              "working-days")
			: STR_EMPTY;
	w->rule.silence = move == MOVE_SILENCE_GRANTED   ? SILENCE_GRANTS
	                  : move == MOVE_SILENCE_REFUSED ? SILENCE_REFUSES
	                  : by_itself(move)              ? SILENCE_ESCALATES
	                                                 : SILENCE_NOTHING;
	w->stops[0].most_days = by_itself(move) ? 10 : 0;
	if (by_itself(move)) {
		w->rule.committed.n = 5;
		w->rule.statutory.n = 7;
	}
	if ((a->first[0] == MOVE_SUBMITTED || is_after) && move != MOVE_LAPSED) {
		struct case_at at = case_in(w, from);
		for (int i = 0; i < FIRST_MOST && a->first[i] != MOVE_SUBMITTED; i++) {
			must_move(w, a->first[i], &at);
		}
		if (by_itself(move)) {
			wait_for(w, &at, move);
		}
		return at;
	}
	struct case_at at = case_in(w, CASE_IN_WORK);
	if (move == MOVE_LAPSED && from != CASE_ASKED) {
		must_move(w, MOVE_ACCEPTED_GAP, &at);
	}
	for (int i = 0; i < FIRST_MOST && a->first[i] != MOVE_SUBMITTED; i++) {
		must_move(w, a->first[i], &at);
	}
	go_on_to(w, from, &at);
	if (by_itself(move)) {
		wait_for(w, &at, move);
	}
	if (move == MOVE_LAPSED || move == MOVE_GAP_MISSED) {
		time_source_advance(&w->app.time, 6 * US_PER_DAY);
	}
	assert_int_equal(see(w, &at).state, from);
	return at;
}

/* --- The table -----------------------------------------------------------------------------------------------------
 */

static void an_allowed_move_leads_on_and_leaves_one_event(void **state)
{
	struct world *w = *state;
	size_t tried = 0;
	for (size_t i = 0; i < ALLOWED_COUNT; i++) {
		const struct allowed *a = &allowed[i];
		for (enum case_state from = CASE_RECEIVED; from < CASE_STATE_END; from++) {
			if ((a->from & 1U << from) == 0) {
				continue;
			}
			struct case_at at = prepared(w, a, from);
			struct casefile_get_out was = see(w, &at);
			assert_true(case_move_is_possible(a->move, from));
			assert_true(case_move_fits(a->move, from, was.flags));
			/* An objection begins a case of its own. */
			int64_t new_events = a->move == MOVE_OBJECTED ? 2 : 1;
			int64_t events = events_of(w, &at, a->move),
					all = sql_number(w, "select count(*) from event where room = 'cases'");
			must_move(w, a->move, &at);
			struct casefile_get_out c = see(w, &at);
			assert_int_equal(c.state, a->to ? a->to : from);
			assert_int_equal(c.version, at.version);
			assert_int_equal(events_of(w, &at, a->move), events + 1);
			assert_int_equal(sql_number(w, "select count(*) from event where room = 'cases'"), all + new_events);
			/* Each event is to be relayed. */
			assert_int_equal(sql_number(w, "select count(*) from outbox"), sql_number(w, "select count(*) from event"));
			tried++;
			if (a->is_once) {
				struct mover m = rightful(a->move);
				uint64_t before = rows_digest(w, "%");
				assert_conflict(w, make_move(w, a->move, &at, &m, &w->e));
				assert_int_equal(rows_digest(w, "%"), before);
			}
		}
	}
	assert_true(tried > 80);
}

static void a_forbidden_move_is_a_conflict_and_changes_nothing(void **state)
{
	struct world *w = *state;
	size_t tried = 0;
	for (enum case_state s = CASE_RECEIVED; s < CASE_STATE_END; s++) {
		w->is_by_act = w->lapses = false;
		struct case_at at = case_in(w, s);
		uint64_t before = rows_digest(w, "%");
		for (int move = 0; move < CASE_MOVE_COUNT; move++) {
			if (find_allowed(s, (enum case_move)move)) {
				continue;
			}
			struct mover m = rightful((enum case_move)move);
			assert_false(case_move_is_possible((enum case_move)move, s));
			assert_conflict(w, make_move(w, (enum case_move)move, &at, &m, &w->e));
			assert_int_equal(rows_digest(w, "%"), before);
			tried++;
		}
	}
	size_t pairs = 0;
	for (size_t i = 0; i < ALLOWED_COUNT; i++) {
		pairs += (size_t)__builtin_popcount(allowed[i].from);
	}
	assert_int_equal(tried, STATE_COUNT * CASE_MOVE_COUNT - pairs);
}

/* What answers, brings or ends something is refused where nothing was asked, promised or begun. */
static void a_move_without_what_it_needs_beside_the_state_is_a_conflict(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < ALLOWED_COUNT; i++) {
		const struct allowed *a = &allowed[i];
		for (enum case_state from = CASE_RECEIVED; from < CASE_STATE_END; from++) {
			if ((a->from & 1U << from) == 0 || (a->first[0] == MOVE_SUBMITTED && a->move != MOVE_LAPSED)) {
				continue;
			}
			w->is_by_act = w->lapses = false;
			struct case_at at = case_in(w, from);
			struct mover m = rightful(a->move);
			uint64_t before = rows_digest(w, "%");
			assert_conflict(w, make_move(w, a->move, &at, &m, &w->e));
			assert_int_equal(rows_digest(w, "%"), before);
		}
	}
}

static void a_case_that_is_not_there_cannot_be_moved(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_RECEIVED);
	struct case_at other = {.party = id_random(), .id = at.id, .version = at.version};
	struct mover m = rightful(MOVE_TAKEN);
	assert_conflict(w, make_move(w, MOVE_TAKEN, &other, &m, &w->e));
}

static void a_move_at_an_old_version_is_a_conflict_in_every_state(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < ALLOWED_COUNT; i++) {
		for (enum case_state from = CASE_RECEIVED; from < CASE_STATE_END; from++) {
			if ((allowed[i].from & 1U << from) == 0) {
				continue;
			}
			struct case_at at = prepared(w, &allowed[i], from);
			struct mover m = rightful(allowed[i].move);
			uint64_t before = rows_digest(w, "%");
			at.version--;
			assert_conflict(w, make_move(w, allowed[i].move, &at, &m, &w->e));
			at.version += 2;
			assert_conflict(w, make_move(w, allowed[i].move, &at, &m, &w->e));
			assert_int_equal(rows_digest(w, "%"), before);
		}
	}
}

static void a_repair_shortens_limits_and_leaves_answers_alone(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_IN_WORK);
	struct casefile_get_out before = see(w, &at);
	must_move(w, MOVE_REPAIRED, &at);
	struct casefile_get_out after = see(w, &at);
	assert_int_equal(after.committed, before.committed - 3);
	assert_int_equal(after.statutory, before.statutory);
	assert_true(str_eq(after.answers, before.answers));
	assert_false(str_eq(after.definition, before.definition));
	assert_int_equal(after.handler, before.handler);
	/* Done again it is no longer shorter, and changes no limit. */
	must_move(w, MOVE_REPAIRED, &at);
	assert_int_equal(see(w, &at).committed, after.committed);
}

/* --- Who -----------------------------------------------------------------------------------------------------------
 */

static void the_second_who_takes_is_refused_and_the_first_keeps_it(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_RECEIVED);
	struct case_at seen_by_both = at;
	must_move(w, MOVE_TAKEN, &at);
	struct mover second = {.actor = COLLEAGUE};
	assert_conflict(w, make_move(w, MOVE_TAKEN, &seen_by_both, &second, &w->e));
	assert_int_equal(see(w, &at).handler, OFFICIAL);
	/* Also when the colleague looks again: it is in work. */
	assert_conflict(w, make_move(w, MOVE_TAKEN, &at, &second, &w->e));
	assert_int_equal(see(w, &at).handler, OFFICIAL);
}

static void only_who_has_it_asks_and_decides(void **state)
{
	struct world *w = *state;
	struct mover colleague = {.actor = COLLEAGUE};
	for (int i = 0; i < 2; i++) {
		struct case_at at = case_in(w, i ? CASE_CORRECTED : CASE_IN_WORK);
		uint64_t before = rows_digest(w, "%");
		assert_conflict(w, make_move(w, MOVE_ASKED, &at, &colleague, &w->e));
		assert_conflict(w, make_move(w, MOVE_DECIDED, &at, &colleague, &w->e));
		assert_int_equal(rows_digest(w, "%"), before);
	}
}

static void only_the_author_recalls_and_sends(void **state)
{
	struct world *w = *state;
	struct mover colleague = {.actor = COLLEAGUE};
	struct case_at at = case_in(w, CASE_DECIDED);
	uint64_t before = rows_digest(w, "%");
	assert_conflict(w, make_move(w, MOVE_RECALLED, &at, &colleague, &w->e));
	assert_conflict(w, make_move(w, MOVE_LETTER_LEFT, &at, &colleague, &w->e));
	assert_int_equal(rows_digest(w, "%"), before);
}

/* --- Submission ----------------------------------------------------------------------------------------------------
 */

static struct store_op operation(const struct case_at *at, uint8_t id, uint8_t digest)
{
	return (struct store_op){.route = at->party, .id = {id}, .digest = {digest}};
}

static void submitting_again_with_the_same_operation_gives_the_first_result(void **state)
{
	struct world *w = *state;
	struct case_at at = begin_draft(w);
	for (int i = 0; i < 3; i++) {
		struct store_op op = operation(&at, 1, 1);
		struct mover m = {.actor = APPLICANT, .op = &op};
		world_ok(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
		assert_int_equal(op.is_replay, i > 0);
		assert_int_equal(op.result[0], at.id);
	}
	assert_int_equal(events_of(w, &at, MOVE_SUBMITTED), 1);
	assert_int_equal(sql_number(w, "select count(*) from casefile"), 1);
	/* Still so when the case went on. */
	at.version = 1;
	must_move(w, MOVE_TAKEN, &at);
	struct store_op op = operation(&at, 1, 1);
	struct mover m = {.actor = APPLICANT, .op = &op};
	world_ok(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
	assert_true(op.is_replay);
	assert_int_equal(see(w, &at).state, CASE_IN_WORK);
}

static void submitting_again_otherwise_is_a_conflict(void **state)
{
	struct world *w = *state;
	struct case_at at = begin_draft(w);
	struct store_op first = operation(&at, 1, 1), other_content = operation(&at, 1, 2), other = operation(&at, 2, 1);
	struct mover m = {.actor = APPLICANT, .op = &first};
	world_ok(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
	uint64_t before = rows_digest(w, "%");
	m.op = &other_content;
	assert_conflict(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
	m.op = &other;
	assert_conflict(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
	assert_int_equal(rows_digest(w, "%"), before);
}

static void a_draft_that_changed_meanwhile_is_not_submitted(void **state)
{
	struct world *w = *state;
	struct case_at at = begin_draft(w);
	struct mover m = {.actor = APPLICANT};
	struct draft_save save = {.party = at.party, .id = at.id};
	struct store_op op = {.route = at.party};
	world_ok(w, store_write(w->app.store, &op, draft_job_save, &save, &w->e));
	uint64_t before = rows_digest(w, "%");
	assert_conflict(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
	assert_int_equal(rows_digest(w, "%"), before);
	at.draft_version = 2;
	world_ok(w, make_move(w, MOVE_SUBMITTED, &at, &m, &w->e));
	/* And nothing is saved into it any more. */
	op = (struct store_op){.route = at.party};
	assert_conflict(w, store_write(w->app.store, &op, draft_job_save, &save, &w->e));
}

/* --- The clock -----------------------------------------------------------------------------------------------------
 */

static struct case_dates dates_of(struct world *w, const struct case_at *at)
{
	return dates_seen(w, at);
}

static void days_pass(struct world *w, int days)
{
	time_source_advance(&w->app.time, days * US_PER_DAY);
}

/* From Monday 21 September 2026. In Port Linden Saturday 26 is worked; 1 and 2 October are off. */
static void the_clock_stands_while_the_applicant_is_asked_and_runs_on_after(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_IN_WORK);
	day_number promised = dates_of(w, &at).promised, legal = dates_of(w, &at).legal;
	days_pass(w, 1);
	must_move(w, MOVE_ASKED, &at); /* Tuesday 22 */
	assert_true(see(w, &at).has_stands_since);
	assert_true(dates_of(w, &at).stands);
	assert_int_equal(dates_of(w, &at).promised, promised);
	days_pass(w, 6); /* Monday 28: 23, 24, 25, 26 and 28 stood */
	assert_int_equal(dates_of(w, &at).stood_days, 5);
	assert_int_equal(dates_of(w, &at).promised, calendar_add(w->institution->calendar, promised, 5));
	must_move(w, MOVE_ANSWERED, &at);
	struct casefile_get_out c = see(w, &at);
	assert_false(c.has_stands_since);
	assert_int_equal(c.stood_days, 5);
	assert_str(c.answers, "{\"workers\":41}");
	int32_t ran = dates_of(w, &at).ran_days;
	days_pass(w, 2); /* Wednesday 30: it runs */
	assert_false(dates_of(w, &at).stands);
	assert_true(dates_of(w, &at).ran_days > ran);
	assert_int_equal(dates_of(w, &at).promised, calendar_add(w->institution->calendar, promised, 5));
	/* A second stop adds to the first: asked on Wednesday 30, answered on Monday 5 October, the next working day. */
	must_move(w, MOVE_ASKED, &at);
	days_pass(w, 5);
	must_move(w, MOVE_ANSWERED, &at);
	assert_int_equal(see(w, &at).stood_days, 6);
	assert_int_equal(dates_of(w, &at).promised, calendar_add(w->institution->calendar, promised, 6));
	assert_int_equal(dates_of(w, &at).legal, calendar_add(w->institution->calendar, legal, 6));
}

static void the_clock_ends_with_the_decision_and_goes_on_when_it_is_recalled(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_IN_WORK);
	days_pass(w, 1);
	must_move(w, MOVE_DECIDED, &at);
	assert_true(see(w, &at).has_ended_day);
	assert_int_equal(see(w, &at).outcome, OUTCOME_GRANTED);
	must_move(w, MOVE_RECALLED, &at);
	struct casefile_get_out c = see(w, &at);
	assert_false(c.has_ended_day);
	assert_false(c.has_letter_at);
	assert_int_equal(c.outcome, OUTCOME_NONE);
	assert_int_equal(c.decision, 0);
	assert_int_equal(c.handler, OFFICIAL);
	days_pass(w, 1);
	assert_int_equal(dates_of(w, &at).ran_days, 1);
	/* The recalled decision is kept. */
	assert_int_equal(sql_number(w, "select count(*) from decision where recalled_at is not null"), 1);
}

/* --- The letter ----------------------------------------------------------------------------------------------------
 */

static void a_decision_is_recalled_until_the_letter_s_time_and_not_at_it(void **state)
{
	struct world *w = *state;
	struct mover author = rightful(MOVE_RECALLED);
	struct case_at early = case_in(w, CASE_DECIDED), late = case_in(w, CASE_DECIDED);
	time_source_advance(&w->app.time, 10 * US_PER_MIN - 1);
	world_ok(w, make_move(w, MOVE_RECALLED, &early, &author, &w->e));
	time_source_advance(&w->app.time, 1);
	uint64_t before = rows_digest(w, "%");
	assert_conflict(w, make_move(w, MOVE_RECALLED, &late, &author, &w->e));
	assert_int_equal(rows_digest(w, "%"), before);
}

static void the_program_sends_no_letter_before_its_time(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_DECIDED);
	struct mover program = {.actor = 0};
	time_source_advance(&w->app.time, 10 * US_PER_MIN - 1);
	assert_conflict(w, make_move(w, MOVE_LETTER_LEFT, &at, &program, &w->e));
	assert_int_equal(see(w, &at).state, CASE_DECIDED);
	time_source_advance(&w->app.time, 1);
	world_ok(w, make_move(w, MOVE_LETTER_LEFT, &at, &program, &w->e));
	assert_int_equal(see(w, &at).state, CASE_CLOSED);
}

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

static void the_letter_leaves_by_itself_when_its_time_has_come(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_DECIDED);
	struct timers *t = start_timers(w);
	time_source_advance(&w->app.time, 10 * US_PER_MIN - 1);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(see(w, &at).state, CASE_DECIDED);
	time_source_advance(&w->app.time, 1);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(see(w, &at).state, CASE_CLOSED);
	assert_int_equal(events_of(w, &at, MOVE_LETTER_LEFT), 1);
	assert_int_equal(sql_number(w, "select count(*) from timer where kind = 'cases.letter'"), 0);
	timers_stop(t);
}

static void a_timer_that_fires_early_does_nothing_and_waits_on(void **state)
{
	struct world *w = *state;
	struct case_at at = case_in(w, CASE_DECIDED);
	int64_t letter_at = see(w, &at).letter_at;
	uint64_t before = rows_digest(w, "casefile");
	sql_run(w, "update timer set due_at = 1");
	struct timers *t = start_timers(w);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(rows_digest(w, "casefile"), before);
	assert_int_equal(events_of(w, &at, MOVE_LETTER_LEFT), 0);
	assert_int_equal(sql_number(w, "select due_at from timer where kind = 'cases.letter'"), letter_at);
	time_source_advance(&w->app.time, 10 * US_PER_MIN);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(see(w, &at).state, CASE_CLOSED);
	timers_stop(t);
}

static void a_letter_sent_by_hand_or_recalled_does_not_leave_again(void **state)
{
	struct world *w = *state;
	struct case_at sent = case_in(w, CASE_CLOSED), recalled = case_in(w, CASE_DECIDED),
				   again = case_in(w, CASE_DECIDED);
	must_move(w, MOVE_RECALLED, &recalled);
	must_move(w, MOVE_RECALLED, &again);
	struct timers *t = start_timers(w);
	time_source_advance(&w->app.time, 9 * US_PER_MIN);
	must_move(w, MOVE_DECIDED, &again);
	time_source_advance(&w->app.time, 9 * US_PER_MIN);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(events_of(w, &sent, MOVE_LETTER_LEFT), 1);
	assert_int_equal(events_of(w, &recalled, MOVE_LETTER_LEFT), 0);
	assert_int_equal(see(w, &recalled).state, CASE_IN_WORK);
	/* The second decision has its own ten minutes. */
	assert_int_equal(see(w, &again).state, CASE_DECIDED);
	time_source_advance(&w->app.time, 1 * US_PER_MIN);
	assert_true(timers_drain(t, WAIT_US));
	assert_int_equal(see(w, &again).state, CASE_CLOSED);
	timers_stop(t);
}

/* --- Two at once ---------------------------------------------------------------------------------------------------
 */

struct racer {
	struct world *w;
	enum case_move move;
	struct case_at at;
	struct mover m;
	struct store_op op;
	pthread_barrier_t *start;
	pthread_t thread;
	bool won;
	struct err e;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	pthread_barrier_wait(r->start);
	r->won = make_move(r->w, r->move, &r->at, &r->m, &r->e);
	return NULL;
}

/* Both moves from the same state at the same version, each on a connection of its own that may write. Exactly one
 * counts, and what is left is what the winner alone would have left. */
static void race_pair(struct world *w, struct store *other, enum case_state from, enum case_move a, enum case_move b,
                      int64_t actor_b)
{
	pthread_barrier_t start;
	struct case_at at = from == 0 ? begin_draft(w) : case_in(w, from);
	int64_t events = sql_number(w, "select count(*) from event where room = 'cases'");
	struct racer racers[2] = {{.w = w, .move = a, .at = at, .m = rightful(a), .start = &start},
	                          {.w = w, .move = b, .at = at, .m = rightful(b), .start = &start}};
	racers[1].m.store = other;
	racers[1].m.actor = actor_b;
	for (int i = 0; i < 2; i++) {
		racers[i].op = operation(&at, (uint8_t)(i + 1), 1);
		racers[i].m.op = &racers[i].op;
	}
	pthread_barrier_init(&start, NULL, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
	}
	pthread_barrier_destroy(&start);
	if (racers[0].won == racers[1].won) {
		fail_msg("%s against %s: %s", case_move_kind(a), case_move_kind(b), racers[0].won ? "both won" : "none won");
	}
	const struct racer *loser = &racers[racers[0].won], *winner = &racers[racers[1].won];
	if (loser->e.code != ERR_CONFLICT) {
		fail_msg("%s against %s: the loser was told %s", case_move_kind(a), case_move_kind(b), loser->e.text);
	}
	struct casefile_get_out c = see(w, &at);
	assert_int_equal(c.version, at.version + 1);
	assert_int_equal(sql_number(w, "select count(*) from event where room = 'cases'"), events + 1);
	assert_true(events_of(w, &at, winner->move) > 0);
	if (winner->move == MOVE_TAKEN) {
		assert_int_equal(c.handler, winner->m.actor);
	}
	/* The loser's operation is not remembered: it may be sent again. */
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from operation where route = %lld", (long long)at.party);
	assert_int_equal(sql_number(w, sql), 1);
}

static void of_two_moves_at_once_exactly_one_counts(void **state)
{
	struct world *w = *state;
	static const struct {
		enum case_state from;
		enum case_move a, b;
		int64_t actor_b;
	} pairs[] = {
		{0, MOVE_SUBMITTED, MOVE_SUBMITTED, APPLICANT},
		{CASE_RECEIVED, MOVE_TAKEN, MOVE_TAKEN, COLLEAGUE},
		{CASE_IN_WORK, MOVE_ASKED, MOVE_ASKED, OFFICIAL},
		{CASE_IN_WORK, MOVE_ASKED, MOVE_DECIDED, OFFICIAL},
		{CASE_IN_WORK, MOVE_DECIDED, MOVE_DECIDED, OFFICIAL},
		{CASE_ASKED, MOVE_ANSWERED, MOVE_ANSWERED, APPLICANT},
		{CASE_ASKED, MOVE_ANSWERED, MOVE_DECIDED, OFFICIAL}, /* a decision at the corrected version would be next */
		{CASE_CORRECTED, MOVE_ASKED, MOVE_DECIDED, OFFICIAL},
		{CASE_DECIDED, MOVE_RECALLED, MOVE_LETTER_LEFT, OFFICIAL},
		{CASE_DECIDED, MOVE_RECALLED, MOVE_RECALLED, OFFICIAL},
		{CASE_DECIDED, MOVE_LETTER_LEFT, MOVE_LETTER_LEFT, OFFICIAL},
		{CASE_IN_WORK, MOVE_WITHDRAWN, MOVE_DECIDED, OFFICIAL},
		{CASE_IN_WORK, MOVE_MOVED, MOVE_MOVED, EXPERT}, /* two heads */
		{CASE_RECEIVED, MOVE_ASSIGNED, MOVE_TAKEN, COLLEAGUE},
		{CASE_TO_SIGN, MOVE_SIGNED, MOVE_WITHDRAWN, APPLICANT},
	};
	struct store *other = world_store(w);
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		for (int round = 0; round < SUBMITTED_ROUNDS; round++) {
			/* Two connections that write, and both in one writer's batch. */
			race_pair(w, round % 3 == 2 ? NULL : other, pairs[i].from, pairs[i].a, pairs[i].b, pairs[i].actor_b);
		}
	}
	store_close(other);
}

static void a_letter_leaves_while_its_author_recalls_and_the_case_is_whole(void **state)
{
	struct world *w = *state;
	struct timers *t = start_timers(w);
	int recalled = 0, rounds = 40;
	for (int i = 0; i < rounds; i++) {
		struct case_at at = case_in(w, CASE_DECIDED);
		struct mover author = rightful(MOVE_RECALLED);
		timers_nudge(t);
		time_source_advance(&w->app.time, 10 * US_PER_MIN - (i % 2));
		timers_nudge(t);
		bool won = make_move(w, MOVE_RECALLED, &at, &author, &w->e);
		time_source_advance(&w->app.time, 1);
		assert_true(timers_drain(t, WAIT_US));
		struct casefile_get_out c = see(w, &at);
		assert_int_equal(c.state, won ? CASE_IN_WORK : CASE_CLOSED);
		assert_int_equal(events_of(w, &at, MOVE_RECALLED), won);
		assert_int_equal(events_of(w, &at, MOVE_LETTER_LEFT), !won);
		recalled += won;
	}
	assert_int_equal(recalled, rounds / 2);
	timers_stop(t);
}

/* What a person may do on a page, a program does with that person's token: by an act, or by an endpoint of its own. */
static void every_move_of_a_person_is_reached_by_the_api(void **state)
{
	(void)state;
	static const struct {
		enum case_move move;
		enum case_mover by;
	} all[] = {
#define X(move, kind, from, to, by, needs, forbids, sets, clears, tells) {move, by},
		CASE_MOVES(X)
#undef X
	};
	static const struct {
		enum case_move move;
		const char *path;
	} beside[] = {{MOVE_SUBMITTED, "/drafts/:draft/submit"},
	              {MOVE_ANSWERED, "/cases/:case/correction"},
	              {MOVE_HANDED_OVER, "/cases/:case/document/take"},
	              {MOVE_RECEIPT_RENEWED, "/cases/:case/receipt/renew"}};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		bool is_reached = all[i].by == BY_PROGRAM;
		for (const struct act *a = acts; a->name; a++) {
			is_reached = is_reached || a->move == all[i].move || a->or_move == all[i].move;
		}
		for (size_t k = 0; k < sizeof beside / sizeof *beside; k++) {
			for (const struct api_endpoint *ep = api_endpoints; beside[k].move == all[i].move && ep->path; ep++) {
				is_reached = is_reached || strcmp(ep->path, beside[k].path) == 0;
			}
		}
		if (!is_reached) {
			print_error("no program can make the move %s\n", case_move_kind(all[i].move));
		}
		assert_true(is_reached);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		cmocka_unit_test(every_move_of_a_person_is_reached_by_the_api),
		T(an_allowed_move_leads_on_and_leaves_one_event),
		T(a_forbidden_move_is_a_conflict_and_changes_nothing),
		T(a_move_without_what_it_needs_beside_the_state_is_a_conflict),
		T(a_case_that_is_not_there_cannot_be_moved),
		T(a_move_at_an_old_version_is_a_conflict_in_every_state),
		T(a_repair_shortens_limits_and_leaves_answers_alone),
		T(the_second_who_takes_is_refused_and_the_first_keeps_it),
		T(only_who_has_it_asks_and_decides),
		T(only_the_author_recalls_and_sends),
		T(submitting_again_with_the_same_operation_gives_the_first_result),
		T(submitting_again_otherwise_is_a_conflict),
		T(a_draft_that_changed_meanwhile_is_not_submitted),
		T(the_clock_stands_while_the_applicant_is_asked_and_runs_on_after),
		T(the_clock_ends_with_the_decision_and_goes_on_when_it_is_recalled),
		T(a_decision_is_recalled_until_the_letter_s_time_and_not_at_it),
		T(the_program_sends_no_letter_before_its_time),
		T(the_letter_leaves_by_itself_when_its_time_has_come),
		T(a_timer_that_fires_early_does_nothing_and_waits_on),
		T(a_letter_sent_by_hand_or_recalled_does_not_leave_again),
		T(of_two_moves_at_once_exactly_one_counts),
		T(a_letter_leaves_while_its_author_recalls_and_the_case_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
