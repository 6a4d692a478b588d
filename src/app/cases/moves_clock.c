/* Moves of the clock: stopped and going on, extended by what the service allows; and what it does by itself, each once,
 * as of the instant at which it turned, however late the program comes to it. */
#include "app/cases/count_anew.h"
#include "app/cases/move_steps.h"
#include "app/cases/steps.h"
#include "store/timer.h"

/* --- The row's clock
 * -------------------------------------------------------------------------------------------------------------- */

static bool end_stop(struct tx *tx, struct move_step *m, int64_t id, struct clock_moment at, bool has_lapsed,
                     struct err *e)
{
	return clock_stop_end(tx,
	                      &(struct clock_stop_end_in){.party = m->change->party,
	                                                  .casefile = m->change->casefile,
	                                                  .id = id,
	                                                  .has_until_at = true,
	                                                  .until_at = at.us,
	                                                  .has_until_day = true,
	                                                  .until_day = at.day,
	                                                  .lapsed = has_lapsed},
	                      e);
}

static struct clock_moment moment(struct tx *tx, const struct move_step *m)
{
	return clock_moment_at(m->change->calendar, m->effective_us ? m->effective_us : tx_now_us(tx));
}

/* Does what the stop waits for still stand beside the state? */
static bool still_waits(const struct casefile_get_out *c, int64_t ends)
{
	switch ((enum stop_end)ends) {
	case STOP_ENDS_BY_ANSWER:
		return c->state == CASE_ASKED;
	case STOP_ENDS_BY_OPINION:
		return c->state < CASE_DECIDED && (c->flags & HAS_OPINION) != 0;
	case STOP_ENDS_BY_HAND:
		return c->state < CASE_DECIDED && (c->flags & IS_STOPPED) != 0;
	case STOP_ENDS_AT_ONCE:
		return false;
	}
	return false;
}

/* Whatever the move was: a stop ends with what it waited for. */
static bool end_stops(struct tx *tx, struct move_step *m, struct err *e)
{
	struct clock_stop *stops = NULL;
	for (size_t i = 0; i < m->clock.clock.stop_n; i++) {
		const struct clock_stop_list_out *row = &m->clock.rows[i];
		if (row->has_until_at || still_waits(&m->c, row->ends)) {
			continue;
		}
		stops = stops ? stops : arena_new(tx_arena(tx), struct clock_stop, m->clock.clock.stop_n);
		struct clock_stop_list_out *rows = arena_new(tx_arena(tx), struct clock_stop_list_out, m->clock.clock.stop_n);
		if (stops == NULL || rows == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for stops of a clock");
		}
		memcpy(stops, m->clock.clock.stops, m->clock.clock.stop_n * sizeof *stops);
		memcpy(rows, m->clock.rows, m->clock.clock.stop_n * sizeof *rows);
		stops[i].until = moment(tx, m);
		stops[i].has_ended = rows[i].has_until_at = rows[i].has_until_day = true;
		rows[i].until_at = stops[i].until.us;
		rows[i].until_day = stops[i].until.day;
		m->clock.clock.stops = stops;
		m->clock.rows = rows;
		if (!end_stop(tx, m, row->id, stops[i].until, false, e)) {
			return false;
		}
	}
	return true;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void case_clock_lower(struct casefile_get_out *c, const struct clock_face *face)
{
	if (!face->has_ended) {
		c->said_committed = least(c->said_committed, face->due[CLOCK_COMMITTED].level);
		c->said_statutory = least(c->said_statutory, face->due[CLOCK_STATUTORY].level);
	}
}

bool move_look_at_clock(struct tx *tx, struct move_step *m, struct err *e)
{
	m->c.party = m->change->party;
	m->c.id = m->change->casefile;
	if (!case_clock_load(tx, &m->c, &m->clock, e)) {
		return false;
	}
	case_clock_face(m->change->calendar, &m->clock.clock, tx_now_us(tx), &m->face);
	return true;
}

bool move_read_clock(struct tx *tx, struct move_step *m, struct err *e)
{
	struct casefile_get_out *c = &m->c;
	const struct calendar *calendar = m->change->calendar;
	int64_t now_us = m->effective_us ? m->effective_us : tx_now_us(tx);
	c->party = m->change->party;
	c->id = m->change->casefile;
	if (!case_clock_load(tx, c, &m->clock, e) || !end_stops(tx, m, e) || !move_read_steps(tx, m, now_us, e)) {
		return false;
	}
	case_clock_face(calendar, &m->clock.clock, now_us, &m->face);
	case_clock_say(&m->clock, &m->face, now_us, c);
	case_clock_lower(c, &m->face);
	c->turns_at = case_clock_turns_at(c, calendar, &m->clock, &m->face, now_us);
	c->has_turns_at = c->turns_at != CLOCK_NEVER;
	return true;
}

bool move_stand(struct tx *tx, struct move_step *m, struct str reason, enum stop_end ends, int32_t most_days,
                struct err *e)
{
	struct clock_moment now = clock_moment_at(m->change->calendar, tx_now_us(tx));
	if (m->c.stops >= STOPS_MOST) {
		return err_tell(e, ERR_CONFLICT, N_("This clock was stopped a hundred times: decide now."), "too many stops");
	}
	m->c.stops++;
	return clock_stop_insert(tx,
	                         &(struct clock_stop_insert_in){.party = m->change->party,
	                                                        .casefile = m->change->casefile,
	                                                        .id = id_in_time(now.us),
	                                                        .reason = reason,
	                                                        .ends = ends,
	                                                        .most = most_days,
	                                                        .since_at = now.us,
	                                                        .since_day = now.day},
	                         e);
}

void move_stop_clock(struct tx *tx, struct move_step *m)
{
	struct clock_moment now = moment(tx, m);
	m->c.has_ended_at = m->c.has_ended_day = true;
	m->c.ended_at = now.us;
	m->c.ended_day = now.day;
}

void move_is_accepted(struct tx *tx, struct move_step *m)
{
	struct clock_moment now = moment(tx, m);
	if (!m->c.has_accepted_at) {
		m->c.has_accepted_at = m->c.has_accepted_day = true;
		m->c.accepted_at = now.us;
		m->c.accepted_day = now.day;
	}
}

/* --- By people: only what the service lists
 * ------------------------------------------------------------------------------------------ */

/* What is left of a reason's longest time, which its stops share: who stops a clock again gets no new time. */
static int32_t most_left(const struct move_step *m, const struct stop_reason *reason)
{
	int32_t left = reason->most_days;
	for (size_t i = 0; i < m->clock.clock.stop_n; i++) {
		const struct clock_stop_list_out *row = &m->clock.rows[i];
		if (str_eq(row->reason, reason->id) && row->has_until_at && row->until_day > row->since_day) {
			left -= calendar_between(m->change->calendar, row->since_day, row->until_day);
		}
	}
	return left;
}

bool case_stop_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	const struct stop_reason *reason =
		in->change.service ? service_stop(in->change.service, in->ground, STOP_ENDS_BY_HAND) : NULL;
	struct move_step m;
	if (!move_begin(tx, MOVE_STOPPED, &in->change, &m, e)) {
		return false;
	}
	if (reason == NULL) {
		return err_set(e, ERR_CONFLICT, "the service lists no such reason");
	}
	if (!move_look_at_clock(tx, &m, e)) {
		return false;
	}
	int32_t left = most_left(&m, reason);
	if (reason->most_days > 0 && left <= 0) {
		return err_tell(e, ERR_CONFLICT, N_("The clock stood for this reason as long as it may."), "stopped too long");
	}
	m.text = in->text;
	m.reason = in->ground;
	return move_stand(tx, &m, in->ground, STOP_ENDS_BY_HAND, reason->most_days > 0 ? left : 0, e) &&
	       move_end(tx, &m, e);
}

bool case_go_on_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_WENT_ON, &in->change, &m, e)) {
		return false;
	}
	m.text = in->text;
	return move_end(tx, &m, e);
}

bool case_extend_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_EXTENDED, &in->change, &m, e)) {
		return false;
	}
	if (in->change.service == NULL || in->change.service->extension == 0) {
		return err_set(e, ERR_CONFLICT, "the service allows no extension");
	}
	if (!move_look_at_clock(tx, &m, e)) {
		return false;
	}
	/* What has run out already is not brought back: a promise that was broken stays so (base/legal_clock.h). */
	if (m.face.due[CLOCK_STATUTORY].level == CLOCK_PAST) {
		return err_tell(e, ERR_CONFLICT, N_("The limit by law has run out already."), "extended too late");
	}
	m.c.extension = in->change.service->extension;
	m.c.has_extended_at = true;
	m.c.extended_at = tx_now_us(tx);
	m.text = in->text;
	return move_end(tx, &m, e);
}

/* --- By itself
 * ---------------------------------------------------------------------------------------------------------------- */

static void earliest(struct case_turn *turn, bool *found, struct case_turn other)
{
	if (!*found || other.at_us < turn->at_us) {
		*turn = other;
	}
	*found = true;
}

/* The longest time of a stop that is open. */
static void look_at_stops(const struct case_clock *k, const struct calendar *calendar, int64_t now_us,
                          struct case_turn *turn, bool *found)
{
	for (size_t i = 0; i < k->clock.stop_n; i++) {
		const struct clock_stop *s = &k->clock.stops[i];
		struct clock_due due;
		if (s->has_ended || s->most.n == 0) {
			continue;
		}
		legal_clock_deadline(calendar, &s->since, s->most, k->clock.outages, s->is_applicants ? k->clock.outage_n : 0,
		                     &due);
		if (due.us <= now_us) {
			earliest(turn, found, (struct case_turn){.move = MOVE_STOP_ENDED, .at_us = due.us, .row = k->rows[i].id});
		}
	}
}

static void look_at_level(const struct clock_due *due, enum clock_which limit, int64_t said, int64_t now_us,
                          struct case_turn *turn, bool *found)
{
	static const enum case_move moves[] = {
		[CLOCK_ORANGE] = MOVE_CLOCK_ORANGE, [CLOCK_RED] = MOVE_CLOCK_RED, [CLOCK_PAST] = MOVE_CLOCK_PAST};
	const int64_t at[] = {[CLOCK_ORANGE] = due->orange_us, [CLOCK_RED] = due->red_us, [CLOCK_PAST] = due->us};
	for (int level = CLOCK_PAST; due->is_there && level > said && level > CLOCK_GREEN; level--) {
		/* Of those that turn at one instant the highest is said. */
		bool is_first = *found && turn->limit == limit && turn->at_us == at[level] && turn->move != MOVE_STOP_ENDED;
		if (at[level] <= now_us && !is_first) {
			earliest(turn, found, (struct case_turn){.move = moves[level], .at_us = at[level], .limit = limit});
		}
	}
}

static bool find_turn(const struct casefile_get_out *c, const struct calendar *calendar, const struct case_clock *k,
                      const struct clock_face *face, int64_t now_us, struct case_turn *out)
{
	static const enum case_move silences[] = {[SILENCE_GRANTS] = MOVE_SILENCE_GRANTED,
	                                          [SILENCE_REFUSES] = MOVE_SILENCE_REFUSED,
	                                          [SILENCE_ESCALATES] = MOVE_SILENCE_ESCALATED};
	const int64_t said[CLOCK_LIMITS] = {[CLOCK_COMMITTED] = c->said_committed, [CLOCK_STATUTORY] = c->said_statutory};
	bool found = false, is_open = c->state < CASE_DECIDED && !face->has_ended;
	int64_t step_us;
	if (is_open && face->has_begun) {
		look_at_stops(k, calendar, now_us, out, &found);
	}
	/* A step runs also before the clock does, which may wait for the acceptance, and after it. */
	const struct case_step *step = case_step_ran_out(calendar, k, now_us, &step_us);
	if (step != NULL) {
		earliest(out, &found, (struct case_turn){.move = MOVE_STEP_PAST, .at_us = step_us, .row = step->id});
	}
	if (!is_open || !face->has_begun) {
		return found;
	}
	for (int i = 0; i < CLOCK_LIMITS && !face->stands; i++) {
		look_at_level(&face->due[i], (enum clock_which)i, said[i], now_us, out, &found);
	}
	if (face->silence_us <= now_us && (c->flags & IS_ESCALATED) == 0) {
		/* After the limit has run out, which is said first. */
		earliest(out, &found, (struct case_turn){.move = silences[k->clock.rule.silence], .at_us = face->silence_us});
	}
	return found;
}

bool case_clock_turn(const struct casefile_get_out *c, const struct calendar *calendar, const struct case_clock *k,
                     int64_t now_us, struct case_turn *out)
{
	struct clock_face face;
	case_clock_face(calendar, &k->clock, now_us, &face);
	return find_turn(c, calendar, k, &face, now_us, out);
}

int64_t case_clock_turns_at(const struct casefile_get_out *c, const struct calendar *calendar,
                            const struct case_clock *k, const struct clock_face *face, int64_t now_us)
{
	struct case_turn turn;
	return find_turn(c, calendar, k, face, now_us, &turn) ? turn.at_us : case_clock_next(calendar, k, face, now_us);
}

/* No decision in time is one: made by nobody, at the instant the law says. */
static bool decide_by_silence(struct tx *tx, struct move_step *m, struct err *e)
{
	const struct case_change *change = m->change;
	int64_t id = id_in_time(tx_now_us(tx));
	if ((m->c.decision != 0 && !move_take_back(tx, m, STR_EMPTY, e)) || !matters_end(tx, m, e) ||
	    !move_close_draft(tx, m, e)) {
		return false;
	}
	m->c.decision = m->subject = id;
	m->c.outcome = m->move == MOVE_SILENCE_GRANTED ? OUTCOME_GRANTED : OUTCOME_REFUSED;
	m->text = STR_EMPTY;
	move_stop_clock(tx, m);
	/* The day that ends at that instant. */
	m->c.ended_day = clock_moment_at(change->calendar, m->effective_us - 1).day;
	const struct service *s = change->service;
	bool gives = m->c.outcome == OUTCOME_GRANTED && s != NULL;
	return decision_insert(tx,
	                       &(struct decision_insert_in){.party = change->party,
	                                                    .casefile = change->casefile,
	                                                    .id = id,
	                                                    .outcome = m->c.outcome,
	                                                    .decided_at = m->effective_us,
	                                                    .document = gives ? s->issues_document : STR_EMPTY,
	                                                    .valid_years = gives ? s->issues_years : 0},
	                       e) &&
	       move_set_letter(tx, m, 0, e);
}

bool case_clock_turn_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	const struct calendar *calendar = in->change.calendar;
	struct case_clock k;
	struct case_turn turn;
	struct move_step m;
	if (!move_begin(tx, in->move, &in->change, &m, e)) {
		return false;
	}
	m.c.party = in->change.party;
	m.c.id = in->change.casefile;
	if (!case_clock_load(tx, &m.c, &k, e)) {
		return false;
	}
	if (!case_clock_turn(&m.c, calendar, &k, tx_now_us(tx), &turn) || turn.move != in->move) {
		return err_set(e, ERR_CONFLICT, "%s is not what the clock does now", case_move_kind(in->move));
	}
	m.effective_us = turn.at_us;
	switch (turn.move) {
	case MOVE_STOP_ENDED: {
		/* Its last day is the one that ends at that instant. */
		struct clock_moment at = {clock_moment_at(calendar, turn.at_us - 1).day, turn.at_us};
		struct str reason = STR_EMPTY;
		for (size_t i = 0; i < k.clock.stop_n; i++) {
			if (k.rows[i].id == turn.row) {
				reason = k.rows[i].reason;
				m.c.flags &= k.rows[i].ends == STOP_ENDS_BY_HAND ? ~(int64_t)IS_STOPPED : ~INT64_C(0);
			}
		}
		m.reason = reason;
		return end_stop(tx, &m, turn.row, at, true, e) && move_end(tx, &m, e);
	}
	case MOVE_STEP_PAST:
		m.step = turn.row;
		return case_step_say(tx,
		                     &(struct case_step_say_in){
								 .party = in->change.party, .casefile = in->change.casefile, .id = turn.row},
		                     e) &&
		       move_end(tx, &m, e);
	case MOVE_SILENCE_GRANTED:
	case MOVE_SILENCE_REFUSED:
		return decide_by_silence(tx, &m, e) && move_end(tx, &m, e);
	case MOVE_SILENCE_ESCALATED:
		return move_end(tx, &m, e);
	default:
		break;
	}
	int64_t level = turn.move == MOVE_CLOCK_PAST ? CLOCK_PAST : turn.move == MOVE_CLOCK_RED ? CLOCK_RED : CLOCK_ORANGE;
	*(turn.limit == CLOCK_COMMITTED ? &m.c.said_committed : &m.c.said_statutory) = level;
	m.turned = turn.limit == CLOCK_COMMITTED ? STR("committed") : STR("statutory");
	m.tells = turn.limit == CLOCK_COMMITTED ? m.tells : MAIL_NONE;
	m.until = turn.move == MOVE_CLOCK_PAST && turn.limit == CLOCK_COMMITTED ? m.c.legal_day : 0;
	return move_end(tx, &m, e);
}

/* Citizens' own limits too have moved by a time in which nobody served; gives the day that is named to them. */
static day_number take_anew(struct casefile_get_out *c, const struct case_anew *anew)
{
	day_number named = 0;
	if (anew == NULL) {
		return named;
	}
	c->given_until = anew->given_until_us;
	if (anew->has_gap_day && c->gap_day != anew->gap_day) {
		c->gap_day = named = anew->gap_day;
	}
	if (anew->has_answer_day && c->answer_day != anew->answer_day) {
		c->answer_day = named = anew->answer_day;
	}
	return named;
}

bool case_clock_moved_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_moved *in = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_CLOCK_MOVED, &in->change, &m, e)) {
		return false;
	}
	/* What was moved with others before, and was not said yet, is said with it. */
	m.was_due = m.c.has_was_due ? m.c.was_due : m.c.due_day;
	m.was_legal = m.c.has_was_due ? m.c.was_legal : m.c.legal_day;
	m.turned = in->why;
	m.anew = in->anew;
	m.c.calendar_version = calendar_version(in->change.calendar);
	day_number before = m.c.has_moved_until ? m.c.moved_until : 0, now = take_anew(&m.c, in->anew);
	day_number named = now != 0 ? now : before;
	/* Nobody is told of what the same promised day was counted from. */
	if (!move_read_clock(tx, &m, e)) {
		return false;
	}
	bool is_moved = m.was_due != m.c.due_day || m.was_legal != m.c.legal_day;
	m.tells = is_moved ? m.tells : named != 0 ? MAIL_MORE_TIME : MAIL_NONE;
	m.until = named;
	return move_end(tx, &m, e);
}

/* --- Moved with others (count_anew.h): the row was written then, and this says it
 * ------------------------------------- */

const char *const case_moved_words[] = {
	[MOVED_NOT] = "",
	[MOVED_BY_CALENDAR] = "calendar",
	[MOVED_BY_ZONE] = "zone",
	[MOVED_BY_OUTAGE] = "outage",
};

bool move_say_moved(struct tx *tx, struct move_step *m, struct err *e)
{
	struct case_change change = *m->change;
	const struct casefile_get_out *c = &m->c;
	struct case_anew anew = {.changed = c->has_moved_day ? c->moved_day : 0, .is_worked = c->moved_worked};
	change.actor = 0;
	change.actor_name = STR_EMPTY;
	struct move_step moved = {.move = MOVE_CLOCK_MOVED,
	                          .change = &change,
	                          .c = m->c,
	                          .effective_us = c->moved_at,
	                          .was_due = c->was_due,
	                          .was_legal = c->was_legal,
	                          .turned = str_of(case_moved_words[c->moved_why]),
	                          .anew = &anew};
	bool is_moved = c->was_due != c->due_day || c->was_legal != c->legal_day;
	moved.tells = is_moved ? MAIL_CLOCK_MOVED : c->has_moved_until ? MAIL_MORE_TIME : MAIL_NONE;
	moved.until = is_moved ? c->due_day : c->has_moved_until ? c->moved_until : 0;
	moved.c.party = change.party;
	moved.c.id = change.casefile;
	if (!case_clock_load(tx, &moved.c, &moved.clock, e)) {
		return false;
	}
	case_clock_face(change.calendar, &moved.clock.clock, moved.effective_us, &moved.face);
	return move_append(tx, &moved, e);
}

bool case_say_moved_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_change *change = ctx;
	struct move_step m = {.move = MOVE_CLOCK_MOVED, .change = change};
	if (!casefile_move(
			tx, &(struct casefile_move_in){.party = change->party, .id = change->casefile, .version = change->version},
			e) ||
	    !casefile_get(tx, &(struct casefile_get_in){.party = change->party, .id = change->casefile}, &m.c, e)) {
		return false;
	}
	if (!m.c.has_was_due || calendar_version(change->calendar) != m.c.calendar_version) {
		return err_set(e, ERR_CONFLICT, "its clock is said, or was moved again");
	}
	return move_say_moved(tx, &m, e) &&
	       casefile_said(tx, &(struct casefile_said_in){.party = change->party, .id = change->casefile}, e);
}
