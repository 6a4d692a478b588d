#include "app/cases/moves.h"

#include "app/cases/bundle.h"
#include "app/cases/look_up.h"
#include "app/catalogue/definition.h"
#include "app/forms/draft.h"
#include "app/people/viewer.h"
#include "base/json.h"
#include "store/timer.h"
#include "store/tx.h"

enum { PAYLOAD_MAX_BYTES = 256 * 1024 };

static const struct {
	const char *kind;
	unsigned from;
	enum case_state to;
	enum case_mover by;
} moves[CASE_MOVE_COUNT] = {
#define X(move, kind, from, to, by) {kind, from, to, by},
	CASE_MOVES(X)
#undef X
};

const char *case_move_kind(enum case_move move)
{
	return moves[move].kind;
}

bool case_move_is_possible(enum case_move move, int64_t state)
{
	return state >= CASE_RECEIVED && state < CASE_STATE_END && (moves[move].from & IN((unsigned)state)) != 0;
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
		waits = flags & (HAS_QUESTION | HAS_OPINION) ? waits & ~(unsigned)WAITS_OFFICE : waits;
		waits |= flags & (HAS_QUESTION | HAS_GAP) ? WAITS_APPLICANT : 0U;
		waits |= flags & HAS_OPINION ? WAITS_OPINION : 0U;
		waits |= flags & HAS_MISSED ? WAITS_OFFICE : 0U;
	}
	waits |= flags & HAS_ENQUIRY || (state == CASE_CLOSED && flags & HAS_CHECK) ? WAITS_OFFICE : 0U;
	waits |= state == CASE_CLOSED && flags & IS_TO_HAND_OVER ? WAITS_COLLECT : 0U;
	return waits;
}

struct case_clock casefile_clock(const struct casefile_get_out *c)
{
	return (struct case_clock){
		.start_day = c->start_day,
		.committed_days = (int32_t)c->committed_days,
		.statutory_days = (int32_t)c->statutory_days,
		.stood_days = (int32_t)c->stood_days,
		.stands = c->has_stands_since,
		.stands_since = c->stands_since,
		.has_ended = c->has_ended_day,
		.ended_day = c->ended_day,
	};
}

day_number case_today(const struct calendar *c, int64_t now_us)
{
	return zone_local(calendar_zone(c), now_us).day;
}

/* --- What every move does
 * ------------------------------------------------------------------------------------------------ */

/* Guard, row, state, mover. */
static bool begin(struct tx *tx, enum case_move move, const struct case_change *change, struct casefile_get_out *c,
                  struct err *e)
{
	if (!casefile_move(
			tx, &(struct casefile_move_in){.party = change->party, .id = change->casefile, .version = change->version},
			e) ||
	    !casefile_get(tx, &(struct casefile_get_in){.party = change->party, .id = change->casefile}, c, e)) {
		return false;
	}
	if (!case_move_is_possible(move, c->state)) {
		return err_set(e, ERR_CONFLICT, "%s from state %lld", moves[move].kind, (long long)c->state);
	}
	if (moves[move].by == BY_HANDLER && c->handler != change->actor) {
		return err_set(e, ERR_CONFLICT, "%s by another than the handler", moves[move].kind);
	}
	tx_result(tx, 0, change->casefile);
	return true;
}

/* What the read models need of a case, as public payload: no word of a person in it. */
static void put_state(struct json_out *j, const struct calendar *calendar, int64_t state, int64_t flags, int64_t holder,
                      const struct case_clock *clock, day_number today)
{
	struct case_dates dates;
	case_clock_dates(calendar, clock, today, &dates);
	json_key(j, STR("state"));
	json_put_int(j, state);
	json_key(j, STR("waits"));
	json_put_int(j, case_waits(state, flags));
	json_key(j, STR("handler"));
	json_put_int(j, holder);
	json_key(j, STR("due"));
	json_put_int(j, dates.promised);
	json_key(j, STR("legal"));
	json_put_int(j, dates.legal);
	json_key(j, STR("stood"));
	json_put_int(j, clock->stood_days);
	if (clock->stands) {
		json_key(j, STR("since"));
		json_put_int(j, clock->stands_since);
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

/* What a submission adds: where the case is found, and the limits of its clock. A new receipt (without a row) adds the
 * first alone. */
static void put_submission(struct json_out *j, const struct case_submit *in)
{
	put_marks(j, &in->marks);
	if (in->row == NULL) {
		return;
	}
	json_key(j, STR("start"));
	json_put_int(j, in->row->start_day);
	json_key(j, STR("committed"));
	json_put_int(j, in->row->committed_days);
	json_key(j, STR("statutory"));
	json_put_int(j, in->row->statutory_days);
	if (in->intake) {
		put_intake(j, in);
	}
}

/* The marks of the answers and the hash of the party's own number, in hex with spaces between. */
static struct str marks_with(struct arena *a, struct str marks, struct str own_hash)
{
	struct buf b;
	buf_init(&b, PAYLOAD_MAX_BYTES);
	buf_put(&b, marks);
	buf_put(&b, marks.n > 0 && own_hash.n > 0 ? STR(" ") : STR_EMPTY);
	buf_put_hex(&b, own_hash.p, own_hash.n);
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* Appends the move's event. `c` is the row before the move; `clock`, `holder` what they are after it. Personal fields:
 * name, text. */
static bool append(struct tx *tx, enum case_move move, const struct case_change *change,
                   const struct casefile_get_out *c, int64_t holder, const struct case_clock *clock, struct str name,
                   struct str text, int64_t subject, const struct case_submit *submission, struct err *e)
{
	struct buf open, closed;
	struct str own_number = STR_EMPTY, own_mark = STR_EMPTY;
	if (submission && !people_number(tx, change->party, &own_number, e)) {
		return false;
	}
	own_number = identity_plain(tx_arena(tx), own_number);
	own_mark = own_number.n > 0 ? tx_column_hash(tx, STR(IDENTITY_HASH), own_number) : STR_EMPTY;
	buf_init(&open, PAYLOAD_MAX_BYTES);
	buf_init(&closed, PAYLOAD_MAX_BYTES);
	struct json_out j = {.to = &open};
	json_begin_object(&j);
	enum case_state to = moves[move].to == CASE_AS_IT_IS ? (enum case_state)c->state : moves[move].to;
	put_state(&j, change->calendar, to, c->flags, holder, clock, case_today(change->calendar, tx_now_us(tx)));
	if (subject != 0) {
		json_key(&j, STR("subject"));
		json_put_int(&j, subject);
	}
	if (submission) {
		put_submission(&j, submission);
	}
	json_end_object(&j);
	j = (struct json_out){.to = &closed};
	json_begin_object(&j);
	if (name.n > 0) {
		json_key(&j, STR("name"));
		json_put_string(&j, name);
	}
	if (text.n > 0) {
		json_key(&j, STR("text"));
		json_put_string(&j, text);
	}
	if (submission && (submission->identity_marks.n > 0 || own_mark.n > 0)) {
		json_key(&j, STR("marks"));
		json_put_string(&j, marks_with(tx_arena(tx), submission->identity_marks, own_mark));
	}
	json_end_object(&j);
	struct event event = {
		.route = change->party,
		.room = STR("cases"),
		.kind = str_of(moves[move].kind),
		.version = 1,
		.casefile = change->casefile,
		.institution = c->institution,
		.service = c->service,
		.actor = change->actor,
		.effective_us = submission && submission->intake ? submission->row->received_at : tx_now_us(tx),
		.is_first = move == MOVE_SUBMITTED,
		.public_payload = buf_str(&open),
		.personal_payload = buf_str(&closed),
	};
	bool ok = buf_ok(&open, e) && buf_ok(&closed, e) && event_append(tx, &event, e);
	buf_release(&open);
	buf_release(&closed);
	return ok;
}

/* --- The moves
 * ------------------------------------------------------------------------------------------------------------- */

bool case_submit_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_submit *in = ctx;
	const struct casefile_insert_in *row = in->row;
	/* The root is the draft: it can be submitted once, and the case takes over its id. */
	return draft_submit(tx, row->party, row->id, in->draft_version, e) && case_begin(tx, in, e);
}

bool case_begin(struct tx *tx, const struct case_submit *in, struct err *e)
{
	const struct casefile_insert_in *row = in->row;
	if (!casefile_insert(tx, row, e)) {
		return false;
	}
	tx_result(tx, 0, row->id);
	struct case_change change = {
		.party = row->party, .casefile = row->id, .actor = in->actor, .calendar = in->calendar};
	struct casefile_get_out fresh = {.institution = row->institution, .service = row->service};
	struct case_clock clock = {
		.start_day = row->start_day,
		.committed_days = (int32_t)row->committed_days,
		.statutory_days = (int32_t)row->statutory_days,
	};
	return append(tx, MOVE_SUBMITTED, &change, &fresh, 0, &clock, in->applicant, STR_EMPTY, 0, in, e);
}

bool case_take_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_change *change = ctx;
	struct casefile_get_out c;
	if (!begin(tx, MOVE_TAKEN, change, &c, e) ||
	    !casefile_set_handler(
			tx,
			&(struct casefile_set_handler_in){
				.party = change->party, .id = change->casefile, .state = CASE_IN_WORK, .handler = change->actor},
			e)) {
		return false;
	}
	struct case_clock clock = casefile_clock(&c);
	return append(tx, MOVE_TAKEN, change, &c, change->actor, &clock, change->actor_name, STR_EMPTY, 0, NULL, e);
}

bool case_ask_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_ask *in = ctx;
	const struct case_change *change = &in->change;
	struct casefile_get_out c;
	int64_t id = id_in_time(tx_now_us(tx));
	if (!begin(tx, MOVE_ASKED, change, &c, e)) {
		return false;
	}
	struct case_clock clock = casefile_clock(&c);
	clock.stands = true;
	clock.stands_since = case_today(change->calendar, tx_now_us(tx));
	return correction_insert(tx,
	                         &(struct correction_insert_in){.party = change->party,
	                                                        .casefile = change->casefile,
	                                                        .id = id,
	                                                        .asked_by = change->actor,
	                                                        .asked_at = tx_now_us(tx),
	                                                        .questions = in->questions_json,
	                                                        .reason = in->reason,
	                                                        .before = in->before_json},
	                         e) &&
	       draft_correction_begin(tx, change->party, change->casefile, e) &&
	       casefile_set_asked(tx,
	                          &(struct casefile_set_asked_in){.party = change->party,
	                                                          .id = change->casefile,
	                                                          .state = CASE_ASKED,
	                                                          .correction = id,
	                                                          .has_stands_since = true,
	                                                          .stands_since = clock.stands_since},
	                          e) &&
	       append(tx, MOVE_ASKED, change, &c, c.handler, &clock, change->actor_name, in->reason, id, NULL, e);
}

bool case_answer_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_answer *in = ctx;
	const struct case_change *change = &in->change;
	struct casefile_get_out c;
	if (!begin(tx, MOVE_ANSWERED, change, &c, e)) {
		return false;
	}
	struct case_clock clock = casefile_clock(&c);
	clock.stood_days +=
		case_clock_stood(change->calendar, clock.stands_since, case_today(change->calendar, tx_now_us(tx)));
	clock.stands = false;
	return draft_correction_end(tx, change->party, change->casefile, in->draft_version, e) &&
	       correction_answer(tx,
	                         &(struct correction_answer_in){.party = change->party,
	                                                        .casefile = change->casefile,
	                                                        .id = c.correction,
	                                                        .answered_by = change->actor,
	                                                        .has_answered_at = true,
	                                                        .answered_at = tx_now_us(tx)},
	                         e) &&
	       casefile_set_corrected(tx,
	                              &(struct casefile_set_corrected_in){.party = change->party,
	                                                                  .id = change->casefile,
	                                                                  .state = CASE_CORRECTED,
	                                                                  .answers = in->answers_json,
	                                                                  .stood_days = clock.stood_days},
	                              e) &&
	       append(tx, MOVE_ANSWERED, change, &c, c.handler, &clock, STR_EMPTY, STR_EMPTY, c.correction, NULL, e);
}

bool case_decide_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_decide *in = ctx;
	const struct case_change *change = &in->change;
	struct casefile_get_out c;
	int64_t id = id_in_time(tx_now_us(tx)), letter_at = tx_now_us(tx) + in->letter_delay_us;
	if (!begin(tx, MOVE_DECIDED, change, &c, e)) {
		return false;
	}
	struct case_clock clock = casefile_clock(&c);
	clock.has_ended = true;
	clock.ended_day = case_today(change->calendar, tx_now_us(tx));
	return decision_insert(tx,
	                       &(struct decision_insert_in){.party = change->party,
	                                                    .casefile = change->casefile,
	                                                    .id = id,
	                                                    .outcome = in->outcome,
	                                                    .ground = in->ground,
	                                                    .reason = in->reason,
	                                                    .decided_by = change->actor,
	                                                    .official = change->actor_name,
	                                                    .decided_at = tx_now_us(tx),
	                                                    .document = in->document,
	                                                    .valid_years = in->valid_years},
	                       e) &&
	       casefile_set_decided(tx,
	                            &(struct casefile_set_decided_in){.party = change->party,
	                                                              .id = change->casefile,
	                                                              .state = CASE_DECIDED,
	                                                              .outcome = in->outcome,
	                                                              .decision = id,
	                                                              .has_ended_day = true,
	                                                              .ended_day = clock.ended_day,
	                                                              .has_letter_at = true,
	                                                              .letter_at = letter_at},
	                            e) &&
	       append(tx, MOVE_DECIDED, change, &c, c.handler, &clock, change->actor_name, in->reason, id, NULL, e) &&
	       timer_set(tx, change->party, STR(CASE_LETTER_TIMER), change->casefile, letter_at, e);
}

bool case_recall_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_recall *in = ctx;
	const struct case_change *change = &in->change;
	struct casefile_get_out c;
	struct decision_get_out d;
	if (!begin(tx, MOVE_RECALLED, change, &c, e) ||
	    !decision_get(tx,
	                  &(struct decision_get_in){.party = change->party, .casefile = change->casefile, .id = c.decision},
	                  &d, e)) {
		return false;
	}
	if (!d.found || d.decided_by != change->actor) {
		return err_set(e, ERR_CONFLICT, "recalled by another than the author");
	}
	if (c.has_letter_at && c.letter_at <= tx_now_us(tx)) {
		return err_set(e, ERR_CONFLICT, "recalled after the letter's time");
	}
	struct case_clock clock = casefile_clock(&c);
	clock.has_ended = false;
	return decision_recall(tx,
	                       &(struct decision_recall_in){.party = change->party,
	                                                    .casefile = change->casefile,
	                                                    .id = c.decision,
	                                                    .has_recalled_at = true,
	                                                    .recalled_at = tx_now_us(tx),
	                                                    .recall_reason = in->reason},
	                       e) &&
	       casefile_set_recalled(tx,
	                             &(struct casefile_set_recalled_in){
									 .party = change->party, .id = change->casefile, .state = CASE_IN_WORK},
	                             e) &&
	       append(tx, MOVE_RECALLED, change, &c, c.handler, &clock, change->actor_name, in->reason, c.decision, NULL,
	              e);
}

/* What was granted is with the party now: nobody asks for it again. */
static bool hand_over(struct tx *tx, const struct casefile_get_out *c, const struct decision_get_out *d, struct err *e)
{
	if (c->outcome != OUTCOME_GRANTED || d->document.n == 0) {
		return true;
	}
	struct held_paper paper = {
		.document = d->document,
		.casefile = c->id,
		.service = c->service,
		.number = c->number,
		.issued_on = c->ended_day,
		.valid_until = d->valid_years > 0 ? date_add_months(c->ended_day, (int)d->valid_years * 12) - 1 : INT32_MAX,
	};
	return held_add(tx, c->party, &paper, e);
}

bool case_letter_leaves_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_change *change = ctx;
	struct casefile_get_out c;
	struct decision_get_out d;
	if (!begin(tx, MOVE_LETTER_LEFT, change, &c, e)) {
		return false;
	}
	if (change->actor == 0 && (!c.has_letter_at || c.letter_at > tx_now_us(tx))) {
		return err_set(e, ERR_CONFLICT, "the letter's time has not come");
	}
	if (!decision_get(tx,
	                  &(struct decision_get_in){.party = change->party, .casefile = change->casefile, .id = c.decision},
	                  &d, e)) {
		return false;
	}
	if (change->actor != 0 && (!d.found || d.decided_by != change->actor)) {
		return err_set(e, ERR_CONFLICT, "the letter was sent by another than the author");
	}
	struct case_clock clock = casefile_clock(&c);
	return casefile_set_closed(
			   tx,
			   &(struct casefile_set_closed_in){.party = change->party, .id = change->casefile, .state = CASE_CLOSED},
			   e) &&
	       append(tx, MOVE_LETTER_LEFT, change, &c, c.handler, &clock, STR_EMPTY, STR_EMPTY, c.decision, NULL, e) &&
	       hand_over(tx, &c, &d, e) && (c.bundle == 0 || bundle_go_on(tx, change->app, change->party, c.bundle, e));
}

bool case_renew_receipt_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_receipt *in = ctx;
	const struct case_change *change = &in->change;
	struct casefile_get_out c;
	if (!begin(tx, MOVE_RECEIPT_RENEWED, change, &c, e)) {
		return false;
	}
	struct case_clock clock = casefile_clock(&c);
	return casefile_set_receipt(tx,
	                            &(struct casefile_set_receipt_in){
									.party = change->party, .id = change->casefile, .receipt_code = in->code},
	                            e) &&
	       append(tx, MOVE_RECEIPT_RENEWED, change, &c, c.handler, &clock, change->actor_name, STR_EMPTY, 0,
	              &(struct case_submit){.marks = in->marks}, e);
}

/* --- Repairs
 * ------------------------------------------------------------------------------------------------------------- */

static int32_t shorter(int64_t a, int32_t b)
{
	return a < b ? (int32_t)a : b;
}

bool case_repair_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_repair *in = ctx;
	const struct case_change *change = &in->change;
	struct casefile_get_out c;
	if (!begin(tx, MOVE_REPAIRED, change, &c, e)) {
		return false;
	}
	struct case_clock clock = casefile_clock(&c);
	clock.committed_days = shorter(c.committed_days, in->to->committed_days);
	clock.statutory_days = shorter(c.statutory_days, in->to->statutory_days);
	struct buf open;
	buf_init(&open, PAYLOAD_MAX_BYTES);
	struct json_out j = {.to = &open};
	json_begin_object(&j);
	put_state(&j, change->calendar, c.state, c.flags, c.handler, &clock, case_today(change->calendar, tx_now_us(tx)));
	json_key(&j, STR("committed"));
	json_put_int(&j, clock.committed_days);
	json_key(&j, STR("statutory"));
	json_put_int(&j, clock.statutory_days);
	json_key(&j, STR("reason"));
	json_put_string(&j, in->reason);
	json_end_object(&j);
	struct event event = {
		.route = change->party,
		.room = STR("cases"),
		.kind = str_of(moves[MOVE_REPAIRED].kind),
		.version = 1,
		.casefile = change->casefile,
		.institution = c.institution,
		.service = c.service,
		.actor = 0,
		.effective_us = tx_now_us(tx),
		.public_payload = buf_str(&open),
		.personal_payload = STR_EMPTY,
	};
	bool ok = buf_ok(&open, e) &&
	          casefile_set_definition(
				  tx,
				  &(struct casefile_set_definition_in){.party = change->party,
	                                                   .id = change->casefile,
	                                                   .definition = str_from(in->to->digest, SHA256_BYTES),
	                                                   .committed_days = clock.committed_days,
	                                                   .statutory_days = clock.statutory_days},
				  e) &&
	          event_append(tx, &event, e);
	buf_release(&open);
	return ok;
}

bool cases_open_of(struct tx *tx, int64_t institution, int64_t after, size_t most, struct open_case *out, size_t *n,
                   struct err *e)
{
	struct queue_after_rows rows;
	struct queue_after_out row;
	*n = 0;
	if (!queue_after_open(
			tx, &(struct queue_after_in){.institution = institution, .casefile = after, .most = (int64_t)most}, &rows,
			e)) {
		return false;
	}
	while (*n < most && queue_after_next(&rows, &row)) {
		out[(*n)++] = (struct open_case){.party = row.party, .casefile = row.casefile, .service = row.service};
	}
	return queue_after_close(&rows, e);
}
