/* The table of moves, and what every move does: guard, row, event, message. The moves themselves: moves_work.c (from
 * the submission to the acceptance), moves_asked.c, moves_people.c, moves_decide.c, moves_permit.c. */
#include "app/cases/moves.h"
#include "app/cases/count_anew.h"

#include "app/cases/bundle.h"
#include "app/cases/count_anew.h"
#include "app/cases/look_up.h"
#include "app/cases/move_steps.h"
#include "app/cases/steps.h"
#include "app/mail/mail.h"
#include "app/people/viewer.h"
#include "base/json.h"
#include "store/event.h"
#include "store/timer.h"
#include "store/tx.h"

enum { PAYLOAD_MAX_BYTES = 256 * 1024 };

static const struct {
	const char *kind;
	unsigned from;
	enum case_state to;
	enum case_mover by;
	unsigned needs, forbids, sets, clears; /* flags */
	enum mail_kind tells;
} moves[CASE_MOVE_COUNT] = {
#define X(move, kind, from, to, by, needs, forbids, sets, clears, tells) \
	{kind, from, to, by, needs, forbids, sets, clears, tells},
	CASE_MOVES(X)
#undef X
};

const char *case_move_kind(enum case_move move)
{
	return moves[move].kind;
}

bool case_move_is_applicants(enum case_move move)
{
	return moves[move].by == BY_APPLICANT;
}

bool case_move_is_possible(enum case_move move, int64_t state)
{
	return state >= CASE_RECEIVED && state < CASE_STATE_END && (moves[move].from & IN((unsigned)state)) != 0;
}

bool case_move_fits(enum case_move move, int64_t state, int64_t flags)
{
	unsigned has = (unsigned)flags;
	return case_move_is_possible(move, state) && (has & moves[move].needs) == moves[move].needs &&
	       (has & moves[move].forbids) == 0;
}

enum case_move case_move_of(struct str kind)
{
	int i = 0;
	while (i < CASE_MOVE_COUNT && !str_is(kind, moves[i].kind)) {
		i++;
	}
	return (enum case_move)i;
}

unsigned case_waits(int64_t state, int64_t flags)
{
	static const unsigned by_state[CASE_STATE_END] = {
		[CASE_RECEIVED] = WAITS_OFFICE,  [CASE_IN_WORK] = WAITS_OFFICE,    [CASE_ASKED] = WAITS_APPLICANT,
		[CASE_CORRECTED] = WAITS_OFFICE, [CASE_TO_SIGN] = WAITS_SIGNATURE,
	};
	unsigned waits = by_state[state];
	if (state < CASE_DECIDED) {
		/* Who waits for an answer or an opinion does not work on it meanwhile. */
		waits = flags & (HAS_QUESTION | HAS_OPINION | IS_STOPPED) ? waits & ~(unsigned)WAITS_OFFICE : waits;
		waits |= flags & (HAS_QUESTION | HAS_GAP) ? WAITS_APPLICANT : 0U;
		waits |= flags & HAS_OPINION ? WAITS_OPINION : 0U;
		waits |= flags & HAS_MISSED ? WAITS_OFFICE : 0U;
	}
	waits |= flags & HAS_ENQUIRY || (state == CASE_CLOSED && flags & HAS_CHECK) ? WAITS_OFFICE : 0U;
	waits |= state == CASE_CLOSED && flags & IS_TO_HAND_OVER ? WAITS_COLLECT : 0U;
	return waits;
}

day_number case_today(const struct calendar *c, int64_t now_us)
{
	return zone_local(calendar_zone(c), now_us).day;
}

int64_t move_day_end_us(const struct calendar *c, day_number day)
{
	return zone_instant_us(calendar_zone(c), day + 1, 0);
}

/* --- What every move does
 * ------------------------------------------------------------------------------------------------ */

/* Who the table says; the caller has decided all that does not stand in the case. */
static bool is_the_mover(struct tx *tx, const struct move_step *m, struct err *e)
{
	const struct case_change *change = m->change;
	enum case_mover by = moves[m->move].by;
	if (by == BY_HANDLER && m->c.handler != change->actor) {
		return err_set(e, ERR_CONFLICT, "%s by another than the handler", moves[m->move].kind);
	}
	if (by != BY_AUTHOR && by != BY_SIGNER) {
		return true;
	}
	struct decision_get_out d;
	if (!decision_get(
			tx, &(struct decision_get_in){.party = change->party, .casefile = change->casefile, .id = m->c.decision},
			&d, e)) {
		return false;
	}
	if (!d.found || (d.decided_by == change->actor) != (by == BY_AUTHOR)) {
		return err_set(e, ERR_CONFLICT, "%s by %s", moves[m->move].kind,
		               by == BY_AUTHOR ? "another than the author" : "the author");
	}
	return true;
}

/* What no decision in time meant by law is nobody's to change: the program, which may have been off, is about to say
 * it.
 */
static bool is_left_to_people(struct tx *tx, struct move_step *m, struct err *e)
{
	const struct casefile_get_out *c = &m->c;
	bool decides = c->silence == SILENCE_GRANTS || c->silence == SILENCE_REFUSES;
	if (moves[m->move].by == BY_PROGRAM || !decides || c->state >= CASE_DECIDED || !c->has_turns_at ||
	    c->turns_at > tx_now_us(tx)) {
		return true;
	}
	if (!move_look_at_clock(tx, m, e)) {
		return false;
	}
	return m->face.silence_us > tx_now_us(tx) ||
	       err_tell(e, ERR_CONFLICT,
	                N_("Nothing was decided in time, and so the law has decided. Look at the case again."),
	                "%s after silence has spoken", moves[m->move].kind);
}

bool move_begin(struct tx *tx, enum case_move move, const struct case_change *change, struct move_step *m,
                struct err *e)
{
	*m = (struct move_step){.move = move, .change = change, .name = change->actor_name, .tells = moves[move].tells};
	if (!casefile_move(
			tx, &(struct casefile_move_in){.party = change->party, .id = change->casefile, .version = change->version},
			e) ||
	    !casefile_get(tx, &(struct casefile_get_in){.party = change->party, .id = change->casefile}, &m->c, e)) {
		return false;
	}
	/* It may have been counted anew with others since the caller read it, which makes no version. */
	if (move != MOVE_CLOCK_MOVED && calendar_version(change->calendar) != m->c.calendar_version) {
		return err_set(e, ERR_CONFLICT, "%s on another version of the calendar", moves[move].kind);
	}
	if (!case_move_fits(move, m->c.state, m->c.flags)) {
		return err_set(e, ERR_CONFLICT, "%s from state %lld with %llx", moves[move].kind, (long long)m->c.state,
		               (unsigned long long)m->c.flags);
	}
	m->was_quiet = case_is_ended(m->c.state) && case_waits(m->c.state, m->c.flags) == 0;
	tx_result(tx, 0, change->casefile);
	return is_the_mover(tx, m, e) && is_left_to_people(tx, m, e) &&
	       (!m->c.has_was_due || move == MOVE_CLOCK_MOVED ||
	        (move_say_moved(tx, m, e) &&
	         casefile_say_two(tx, &(struct casefile_say_two_in){.party = change->party, .id = change->casefile}, e))) &&
	       move_say_steps(tx, m, e);
}

static void put_int(struct json_out *j, const char *key, int64_t value)
{
	json_key(j, str_of(key));
	json_put_int(j, value);
}

static void put_str(struct json_out *j, const char *key, struct str value)
{
	json_key(j, str_of(key));
	json_put_string(j, value);
}

/* Of a clock that was counted anew: the days before, and what moved it. */
static void put_moved(struct json_out *j, const struct move_step *m)
{
	put_int(j, "was_due", m->was_due);
	put_int(j, "was_legal", m->was_legal);
	if (m->anew != NULL && m->anew->changed != 0) {
		put_int(j, m->anew->is_worked ? "worked" : "off", m->anew->changed);
	}
	if (m->face.given_back_minutes > 0 && m->face.silence_us != CLOCK_NEVER) {
		put_int(j, "silence", clock_moment_at(m->change->calendar, m->face.silence_us - 1).day);
	}
}

/* The clock, as every event says it (moves.h). */
static void put_clock(struct json_out *j, const struct move_step *m)
{
	const struct casefile_get_out *c = &m->c;
	const struct clock_face *f = &m->face;
	struct str stop = f->stands ? case_clock_stop(&m->clock, c->said_at) : STR_EMPTY;
	bool is_law = f->next != CLOCK_COMMITTED;
	put_int(j, "due", c->due_day);
	put_int(j, "due_at", c->due_at);
	put_int(j, "legal", c->legal_day);
	if (c->has_begun_day) {
		put_int(j, "start", c->begun_day);
	}
	put_str(j, "unit", clock_unit_word((enum clock_unit)c->limit_unit));
	put_int(j, "committed", c->committed);
	put_int(j, "statutory", c->statutory);
	put_int(j, "level", f->level);
	put_int(j, "legal_level", f->due[CLOCK_STATUTORY].level);
	put_str(j, "limit", is_law ? STR("statutory") : STR("committed"));
	put_int(j, "left", f->due[is_law ? CLOCK_STATUTORY : CLOCK_COMMITTED].left_days);
	put_int(j, "stands", f->stands);
	if (stop.n > 0) {
		put_str(j, "stop", stop);
	}
	put_int(j, "ran_minutes", f->ran_minutes);
	put_int(j, "stood_minutes", f->stood_minutes);
	put_int(j, "stood", c->stood_days);
	if (c->has_stands_since) {
		put_int(j, "since", c->stands_since);
	}
	if (c->has_stood_until) {
		put_int(j, "stood_until", c->stood_until);
	}
	const struct case_step *step = case_step_first(&m->clock, m->step);
	if (step != NULL) {
		put_str(j, "step", str_of(case_step_words[step->kind]));
		put_str(j, "step_unit", clock_unit_word(step->limit.unit));
		put_int(j, "step_since", step->since.day);
		put_int(j, "step_due", step->due_day);
		put_int(j, "step_due_at", step->due_us);
	}
	if (m->turned.n > 0) {
		put_str(j, m->move == MOVE_CLOCK_MOVED ? "why" : "turned", m->turned);
	}
	if (m->move == MOVE_CLOCK_MOVED) {
		put_moved(j, m);
	}
}

/* What the read models need of a case, as public payload: no word of a person in it. */
static void put_open(struct json_out *j, const struct move_step *m)
{
	const struct casefile_get_out *c = &m->c;
	put_int(j, "state", c->state);
	put_int(j, "waits", case_waits(c->state, c->flags));
	put_int(j, "handler", c->handler);
	put_clock(j, m);
	if (c->outcome != OUTCOME_NONE) {
		put_int(j, "outcome", c->outcome);
	}
	if (m->ground.n > 0) {
		put_str(j, "ground", m->ground);
	}
	if (m->subject != 0) {
		json_key(j, STR("subject"));
		json_put_int(j, m->subject);
	}
	if (m->until != 0) {
		json_key(j, STR("until"));
		json_put_int(j, m->until);
	}
	if (m->reason.n > 0) {
		json_key(j, STR("reason"));
		json_put_string(j, m->reason);
	}
	if (m->has_other_steps) {
		put_str(j, "steps", c->step_limits);
	}
	if (m->overtook.n > 0) {
		json_key(j, STR("overtook"));
		json_put_string(j, m->overtook);
	}
	if (m->other_n > 0) {
		json_key(j, STR("others"));
		json_begin_array(j);
		for (size_t i = 0; i < m->other_n; i++) {
			json_put_int(j, m->others[i]);
		}
		json_end_array(j);
	}
}

/* How it came, when an official took it in. */
static void put_intake(struct json_out *j, const struct case_submit *in)
{
	const struct intake *intake = in->intake;
	json_key(j, STR("channel"));
	json_put_int(j, intake->channel);
	json_key(j, STR("intake_by"));
	json_put_int(j, intake->taken_by);
	json_key(j, STR("proof"));
	json_put_int(j, intake->proof);
	json_key(j, STR("confirmed"));
	json_put_bool(j, intake->confirmed_version != 0 && intake->confirmed_version == in->draft_version);
	if (intake->form.n > 0) {
		json_key(j, STR("form"));
		json_put_string(j, intake->form);
	}
}

/* Where the case is found. */
static void put_marks(struct json_out *j, const struct case_marks *m)
{
	json_key(j, STR("number"));
	json_put_string(j, m->number);
	json_key(j, STR("number_bucket"));
	json_put_int(j, m->number_bucket);
	json_key(j, STR("typed"));
	json_put_int(j, m->typed_hash);
	json_key(j, STR("receipt_bucket"));
	json_put_int(j, m->receipt_bucket);
	json_key(j, STR("receipt_hash"));
	json_put_string(j, m->receipt_hash_hex);
}

/* Where the case is found. */
static void put_whole(struct json_out *j, const struct move_step *m)
{
	if (m->submission) {
		put_marks(j, &m->submission->marks);
	} else if (m->is_whole) {
		json_key(j, STR("number"));
		json_put_string(j, m->c.number);
	}
	if (m->submission && m->submission->intake) {
		put_intake(j, m->submission);
	}
	if (m->submission && m->submission->is_joint) {
		json_key(j, STR("joint"));
		json_put_int(j, 1);
	}
}

static void put_personal(struct json_out *j, const char *key, struct str value)
{
	if (value.n > 0) {
		json_key(j, str_of(key));
		json_put_string(j, value);
	}
}

/* The marks of the answers and the hash of the party's own number, in hex with spaces between. */
static bool all_marks(struct tx *tx, const struct move_step *m, struct str *out, struct err *e)
{
	const struct case_change *change = m->change;
	struct str number = STR_EMPTY, marks = m->submission ? m->submission->identity_marks : STR_EMPTY;
	struct answers answers;
	struct err ignored;
	/* Answers that cannot be read hold no move up: by them nobody finds the case. */
	if (!m->submission && change->service && change->app &&
	    answers_parse(tx_arena(tx), m->c.answers, &answers, &ignored)) {
		marks = identity_marks(change->app->column_keys, tx_arena(tx), change->service, &answers);
	}
	if (!people_number(tx, m->change->party, &number, e)) {
		return false;
	}
	number = identity_plain(tx_arena(tx), number);
	struct str own = number.n > 0 ? tx_column_hash(tx, STR(IDENTITY_HASH), number) : STR_EMPTY;
	struct buf b;
	buf_init(&b, PAYLOAD_MAX_BYTES);
	buf_put(&b, marks);
	buf_put(&b, marks.n > 0 && own.n > 0 ? STR(" ") : STR_EMPTY);
	buf_put_hex(&b, own.p, own.n);
	*out = arena_copy(tx_arena(tx), buf_str(&b));
	buf_release(&b);
	return true;
}

static bool append(struct tx *tx, const struct move_step *m, struct err *e)
{
	const struct case_change *change = m->change;
	struct str applicant = STR_EMPTY, identity = STR_EMPTY;
	/* Whoever gets it now has to find it. */
	bool is_new_here = m->move == MOVE_SUBMITTED || m->move == MOVE_FORWARDED;
	if (is_new_here && !all_marks(tx, m, &identity, e)) {
		return false;
	}
	/* A queue that does not know the case yet needs the name too; whose opinion is asked needs none. */
	bool needs_name = m->is_whole && !m->submission && m->move != MOVE_OPINION_ASKED;
	if (needs_name && !people_name(tx, change->party, &applicant, e) && e->code != ERR_NOT_FOUND) {
		return false;
	}
	struct buf open, closed;
	buf_init(&open, PAYLOAD_MAX_BYTES);
	buf_init(&closed, PAYLOAD_MAX_BYTES);
	struct json_out j = {.to = &open};
	json_begin_object(&j);
	put_open(&j, m);
	put_whole(&j, m);
	json_end_object(&j);
	j = (struct json_out){.to = &closed};
	json_begin_object(&j);
	put_personal(&j, "name", m->name);
	put_personal(&j, "text", m->text);
	put_personal(&j, "holder", m->holder);
	put_personal(&j, "applicant", applicant);
	put_personal(&j, "marks", identity);
	json_end_object(&j);
	struct event event = {
		.route = change->party,
		.room = STR("cases"),
		.kind = str_of(moves[m->move].kind),
		.version = 1,
		.casefile = change->casefile,
		.institution = m->c.institution,
		.service = m->c.service,
		.actor = change->actor,
		.effective_us = m->effective_us ? m->effective_us : tx_now_us(tx),
		.is_first = m->move == MOVE_SUBMITTED,
		.public_payload = buf_str(&open),
		.personal_payload = buf_str(&closed),
	};
	bool ok = buf_ok(&open, e) && buf_ok(&closed, e) && event_append(tx, &event, e);
	buf_release(&open);
	buf_release(&closed);
	return ok;
}

/* Of what concerns the applicant, in the job that makes the move: no message without its move, no move without it. */
static bool post(struct tx *tx, const struct move_step *m, struct err *e)
{
	const struct case_change *change = m->change;
	bool is_officials = moves[m->move].by != BY_APPLICANT && change->actor != 0;
	return mail_post(
		tx,
		&(struct mail_message){.party = change->party,
	                           .kind = m->tells,
	                           .casefile = change->casefile,
	                           .institution = m->c.institution,
	                           .service = m->c.service,
	                           .words = is_officials ? m->text : STR_EMPTY,
	                           .official = is_officials ? m->name : STR_EMPTY,
	                           .number = m->c.number,
	                           .date = m->until,
	                           .has_letter = m->tells == MAIL_DECIDED || m->tells == MAIL_DECISION_CHANGED},
		e);
}

bool move_append(struct tx *tx, const struct move_step *m, struct err *e)
{
	return append(tx, m, e) && post(tx, m, e);
}

/* The next instant at which the clock turns; or none. Most moves leave it where it is. */
static bool set_timer(struct tx *tx, const struct move_step *m, int64_t was_us, struct err *e)
{
	const struct casefile_get_out *c = &m->c;
	int64_t is_us = c->has_turns_at ? c->turns_at : 0;
	const struct str kind = STR(CASE_CLOCK_TIMER);
	if (is_us == was_us && is_us > tx_now_us(tx) && moves[m->move].by != BY_PROGRAM) {
		return true;
	}
	return is_us == 0 ? was_us == 0 || timer_clear(tx, m->change->party, kind, m->change->casefile, e)
	                  : timer_set(tx, m->change->party, kind, m->change->casefile, is_us, e);
}

bool move_end(struct tx *tx, struct move_step *m, struct err *e)
{
	struct casefile_get_out *c = &m->c;
	if (moves[m->move].to != CASE_AS_IT_IS) {
		c->state = moves[m->move].to;
	}
	c->flags = (c->flags & ~(int64_t)moves[m->move].clears) | moves[m->move].sets;
	/* A case that had ended comes back into the queue, which has forgotten it, when something waits again. */
	m->is_whole = m->is_whole || (m->was_quiet && case_waits(c->state, c->flags) != 0);
	/* A submission has inserted its row as it is. */
	bool is_new = m->move == MOVE_SUBMITTED;
	int64_t turns = c->has_turns_at ? c->turns_at : 0;
	if (!is_new && !move_read_clock(tx, m, e)) {
		return false;
	}
	if (m->tells == MAIL_CLOCK_RUNS || m->tells == MAIL_EXTENDED || m->tells == MAIL_CLOCK_MOVED) {
		m->until = c->due_day;
	}
	if (!set_timer(tx, m, is_new ? 0 : turns, e)) {
		return false;
	}
	return (is_new || casefile_set(tx,
	                               &(struct casefile_set_in){.party = m->change->party,
	                                                         .id = m->change->casefile,
	                                                         .state = c->state,
	                                                         .outcome = c->outcome,
	                                                         .acceptance = c->acceptance,
	                                                         .flags = c->flags,
	                                                         .institution = c->institution,
	                                                         .handler = c->handler,
	                                                         .committed = c->committed,
	                                                         .statutory = c->statutory,
	                                                         .extension = c->extension,
	                                                         .has_extended_at = c->has_extended_at,
	                                                         .extended_at = c->extended_at,
	                                                         .calendar_version = c->calendar_version,
	                                                         .given_until = c->given_until,
	                                                         .has_accepted_at = c->has_accepted_at,
	                                                         .accepted_at = c->accepted_at,
	                                                         .has_accepted_day = c->has_accepted_at,
	                                                         .accepted_day = c->accepted_day,
	                                                         .has_ended_at = c->has_ended_at,
	                                                         .ended_at = c->ended_at,
	                                                         .has_ended_day = c->has_ended_at,
	                                                         .ended_day = c->ended_day,
	                                                         .stops = c->stops,
	                                                         .steps = c->steps,
	                                                         .said_committed = c->said_committed,
	                                                         .said_statutory = c->said_statutory,
	                                                         .has_turns_at = c->has_turns_at,
	                                                         .turns_at = c->turns_at,
	                                                         .has_begun_day = c->has_begun_day,
	                                                         .begun_day = c->begun_day,
	                                                         .due_day = c->due_day,
	                                                         .due_at = c->due_at,
	                                                         .legal_day = c->legal_day,
	                                                         .stood_days = c->stood_days,
	                                                         .has_stood_until = c->has_stood_until,
	                                                         .stood_until = c->stood_until,
	                                                         .has_stands_since = c->has_stands_since,
	                                                         .stands_since = c->stands_since,
	                                                         .said_at = c->said_at,
	                                                         .has_letter_at = c->has_letter_at,
	                                                         .letter_at = c->letter_at,
	                                                         .decision = c->decision,
	                                                         .correction = c->correction,
	                                                         .has_gap_day = c->has_gap_day,
	                                                         .gap_day = c->gap_day,
	                                                         .has_answer_day = c->has_answer_day,
	                                                         .answer_day = c->answer_day,
	                                                         .objection = c->objection,
	                                                         .runs = c->state < CASE_DECIDED},
	                               e)) &&
	       move_append(tx, m, e);
}

bool move_ends(struct tx *tx, struct move_step *m, struct err *e)
{
	return m->c.bundle == 0 || bundle_go_on(tx, m->change->app, m->change->party, m->c.bundle, e);
}

bool move_not_the_same(struct tx *tx, const struct casefile_get_out *c, int64_t account, struct err *e)
{
	int64_t n = 0;
	if (c->objects_to == 0) {
		return true;
	}
	if (!decision_by(tx, &(struct decision_by_in){.party = c->party, .casefile = c->objects_to, .account = account}, &n,
	                 e)) {
		return false;
	}
	return n == 0 || err_tell(e, ERR_CONFLICT, N_("You decided what this objects to. A colleague works on it."),
	                          "an objection for who decided the first");
}

/* --- Matters
 * --------------------------------------------------------------------------------------------------------------- */

bool matter_open(struct tx *tx, struct move_step *m, const struct matter_insert_in *row, struct err *e)
{
	struct matter_insert_in whole = *row;
	whole.party = m->change->party;
	whole.casefile = m->change->casefile;
	whole.id = id_in_time(tx_now_us(tx));
	whole.opened_by = m->change->actor;
	whole.opened_name = m->change->actor_name;
	whole.opened_at = tx_now_us(tx);
	whole.about = row->about.n > 0 ? row->about : STR("[]");
	m->subject = whole.id;
	return matter_insert(tx, &whole, e);
}

bool matters_open_of(struct tx *tx, const struct case_change *change, enum matter_kind kind,
                     struct matter_open_list_out *out, size_t most, size_t *n, struct err *e)
{
	struct matter_open_list_rows rows;
	*n = 0;
	if (!matter_open_list_open(
			tx,
			&(struct matter_open_list_in){
				.party = change->party, .casefile = change->casefile, .kind = kind, .most = (int64_t)most},
			&rows, e)) {
		return false;
	}
	while (*n < most && matter_open_list_next(&rows, &out[*n])) {
		(*n)++;
	}
	return matter_open_list_close(&rows, e);
}

bool matters_end(struct tx *tx, struct move_step *m, struct err *e)
{
	struct matter_open_list_out open[OPINIONS_MOST];
	size_t n = 0;
	if ((m->c.flags & HAS_OPINION) != 0 &&
	    !matters_open_of(tx, m->change, MATTER_OPINION, open, OPINIONS_MOST, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		m->others[m->other_n++] = open[i].institution;
		if (!matter_close(tx,
		                  &(struct matter_close_in){.party = m->change->party,
		                                            .casefile = m->change->casefile,
		                                            .id = open[i].id,
		                                            .has_closed_at = true,
		                                            .closed_at = tx_now_us(tx)},
		                  e)) {
			return false;
		}
	}
	return true;
}
