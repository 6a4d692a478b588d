/* Moves of the decision: made, proposed, signed second, taken back, its letter, put right, objected to, opened again.
 */
#include "app/cases/bundle.h"
#include "app/cases/made_out.h"
#include "app/cases/move_steps.h"
#include "app/forms/draft.h"
#include "store/timer.h"

/* It can be recalled until the letter's time. */
bool move_set_letter(struct tx *tx, struct move_step *m, int64_t delay_us, struct err *e)
{
	m->c.has_letter_at = true;
	m->c.letter_at = tx_now_us(tx) + delay_us;
	return timer_set(tx, m->change->party, STR(CASE_LETTER_TIMER), m->change->casefile, m->c.letter_at, e);
}

static bool get_decision(struct tx *tx, const struct move_step *m, struct decision_get_out *d, struct err *e)
{
	return decision_get(
		tx, &(struct decision_get_in){.party = m->change->party, .casefile = m->change->casefile, .id = m->c.decision},
		d, e);
}

bool case_decide_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_decide *in = ctx;
	const struct case_change *change = &in->change;
	struct move_step m;
	int64_t id = id_in_time(tx_now_us(tx));
	if (!move_begin(tx, in->is_to_sign ? MOVE_PROPOSED : MOVE_DECIDED, change, &m, e) ||
	    !move_not_the_same(tx, &m.c, change->actor, e)) {
		return false;
	}
	if (m.c.acceptance == ACCEPTANCE_NONE && change->service && change->service->accepts_by_act) {
		return err_tell(e, ERR_CONFLICT, N_("It has to be accepted before it is decided."), "not accepted yet");
	}
	if (in->outcome == OUTCOME_GRANTED && (m.c.flags & HAS_GAP) != 0) {
		return err_tell(e, ERR_CONFLICT, N_("A promised paper is missing. Grant it when the paper is there."),
		                "granted with a gap");
	}
	m.subject = m.c.decision = id;
	m.c.outcome = in->outcome;
	m.text = in->reason;
	m.ground = in->ground;
	m.overtook = in->overtook;
	if (!in->is_to_sign) {
		move_stop_clock(tx, &m);
	}
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
	       (in->is_to_sign || move_set_letter(tx, &m, in->letter_delay_us, e)) && move_end(tx, &m, e);
}

bool case_sign_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_sign *in = ctx;
	const struct case_change *change = &in->change;
	struct move_step m;
	if (!move_begin(tx, MOVE_SIGNED, change, &m, e) || !move_not_the_same(tx, &m.c, change->actor, e)) {
		return false;
	}
	if (m.c.handler == change->actor) {
		return err_set(e, ERR_CONFLICT, "both signatures by one official");
	}
	struct decision_get_out d;
	if (!get_decision(tx, &m, &d, e)) {
		return false;
	}
	m.subject = m.c.decision;
	m.ground = d.ground;
	move_stop_clock(tx, &m);
	return decision_sign(tx,
	                     &(struct decision_sign_in){.party = change->party,
	                                                .casefile = change->casefile,
	                                                .id = m.c.decision,
	                                                .signed_by = change->actor,
	                                                .signer = change->actor_name,
	                                                .decided_at = tx_now_us(tx)},
	                     e) &&
	       move_set_letter(tx, &m, in->letter_delay_us, e) && move_end(tx, &m, e);
}

/* --- Taken back
 * ------------------------------------------------------------------------------------------------------------ */

bool move_take_back(struct tx *tx, struct move_step *m, struct str why, struct err *e)
{
	m->subject = m->c.decision;
	m->text = why;
	m->c.decision = 0;
	m->c.outcome = OUTCOME_NONE;
	m->c.has_ended_at = m->c.has_ended_day = m->c.has_letter_at = false;
	return decision_recall(tx,
	                       &(struct decision_recall_in){.party = m->change->party,
	                                                    .casefile = m->change->casefile,
	                                                    .id = m->subject,
	                                                    .has_recalled_at = true,
	                                                    .recalled_at = tx_now_us(tx),
	                                                    .recall_reason = why},
	                       e);
}

bool case_recall_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_RECALLED, &in->change, &m, e)) {
		return false;
	}
	if (m.c.has_letter_at && m.c.letter_at <= tx_now_us(tx)) {
		return err_set(e, ERR_CONFLICT, "recalled after the letter's time");
	}
	return move_take_back(tx, &m, in->text, e) && move_end(tx, &m, e);
}

bool case_send_back_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	return move_begin(tx, MOVE_SENT_BACK, &in->change, &m, e) && move_take_back(tx, &m, in->text, e) &&
	       move_end(tx, &m, e);
}

/* --- The letter
 * ------------------------------------------------------------------------------------------------------------ */

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

/* An objection that was granted opens the case again that it objects to. */
static bool reopen_first(struct tx *tx, const struct move_step *m, struct err *e)
{
	struct casefile_get_out first;
	if (m->c.objects_to == 0 || m->c.outcome != OUTCOME_GRANTED) {
		return true;
	}
	if (!casefile_get(tx, &(struct casefile_get_in){.party = m->change->party, .id = m->c.objects_to}, &first, e)) {
		return false;
	}
	/* What has a document in force is left to who suspends or withdraws that first. */
	if (!first.found || !case_move_fits(MOVE_REOPENED, first.state, first.flags)) {
		return true;
	}
	struct case_change change = *m->change;
	change.casefile = first.id;
	change.version = first.version;
	change.actor = 0;
	change.actor_name = STR_EMPTY;
	return move_reopen(tx, &change, STR_EMPTY, e);
}

bool case_letter_leaves_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_change *change = ctx;
	struct move_step m;
	struct decision_get_out d;
	if (!move_begin(tx, MOVE_LETTER_LEFT, change, &m, e)) {
		return false;
	}
	if (change->actor == 0 && (!m.c.has_letter_at || m.c.letter_at > tx_now_us(tx))) {
		return err_set(e, ERR_CONFLICT, "the letter's time has not come");
	}
	if (!get_decision(tx, &m, &d, e)) {
		return false;
	}
	if (change->actor != 0 && (!d.found || d.decided_by != change->actor)) {
		return err_set(e, ERR_CONFLICT, "the letter was sent by another than the author");
	}
	if (m.c.outcome != OUTCOME_GRANTED) {
		m.c.flags &= ~(int64_t)HAS_CHECK; /* there is nothing to withdraw if it was untrue */
	}
	m.subject = m.c.decision;
	m.name = STR_EMPTY;
	bool makes = m.c.outcome == OUTCOME_GRANTED && d.document.n > 0;
	return move_end(tx, &m, e) && hand_over(tx, &m.c, &d, e) &&
	       errand_add(tx, change->party, STR(CASE_LETTER_ERRAND), change->casefile, tx_now_us(tx), e) &&
	       (!makes || errand_add(tx, change->party, STR(CASE_MAKE_ERRAND), change->casefile, tx_now_us(tx), e)) &&
	       reopen_first(tx, &m, e) && move_ends(tx, &m, e);
}

/* --- Afterwards
 * ------------------------------------------------------------------------------------------------------------ */

bool case_amend_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_amend *in = ctx;
	const struct case_change *change = &in->change;
	struct decision_get_out d;
	struct move_step m;
	int64_t id = id_in_time(tx_now_us(tx));
	if (!move_begin(tx, MOVE_AMENDED, change, &m, e) || !get_decision(tx, &m, &d, e)) {
		return false;
	}
	m.text = in->why;
	m.subject = id;
	if (!decision_recall(tx,
	                     &(struct decision_recall_in){.party = change->party,
	                                                  .casefile = change->casefile,
	                                                  .id = m.c.decision,
	                                                  .has_recalled_at = true,
	                                                  .recalled_at = tx_now_us(tx),
	                                                  .recall_reason = in->why},
	                     e) ||
	    !decision_insert(tx,
	                     &(struct decision_insert_in){.party = change->party,
	                                                  .casefile = change->casefile,
	                                                  .id = id,
	                                                  .outcome = d.outcome,
	                                                  .ground = d.ground,
	                                                  .reason = in->reason,
	                                                  .decided_by = change->actor,
	                                                  .official = change->actor_name,
	                                                  .decided_at = tx_now_us(tx),
	                                                  .document = d.document,
	                                                  .valid_years = d.valid_years,
	                                                  .signed_by = d.signed_by,
	                                                  .signer = d.signer},
	                     e)) {
		return false;
	}
	m.c.decision = id;
	return move_end(tx, &m, e) &&
	       errand_add(tx, change->party, STR(CASE_LETTER_ERRAND), change->casefile, tx_now_us(tx), e);
}

/* Two roots of one party: the case that is objected to, guarded at its version, and the objection, which is new. */
bool case_object_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_object *in = ctx;
	const struct case_change *change = &in->change;
	const struct casefile_insert_in *row = in->submit->row;
	struct move_step m;
	if (!move_begin(tx, MOVE_OBJECTED, change, &m, e)) {
		return false;
	}
	m.c.objection = m.subject = row->id;
	m.text = in->reason;
	return draft_part_add(tx,
	                      &(struct draft_part){.party = change->party,
	                                           .id = row->id,
	                                           .begun_by = change->actor,
	                                           .state = DRAFT_SUBMITTED,
	                                           .service = in->service,
	                                           .answers_json = in->submit->wide.answers},
	                      e) &&
	       move_end(tx, &m, e) && case_begin(tx, in->submit, e);
}

/* From its end until now, as a stop that is over. */
static bool stand_while_closed(struct tx *tx, struct move_step *m, struct err *e)
{
	struct clock_moment now = clock_moment_at(m->change->calendar, tx_now_us(tx));
	m->c.stops++;
	return clock_stop_insert(tx,
	                         &(struct clock_stop_insert_in){.party = m->change->party,
	                                                        .casefile = m->change->casefile,
	                                                        .id = id_in_time(now.us),
	                                                        .reason = STR(STOP_CLOSED),
	                                                        .ends = STOP_ENDS_AT_ONCE,
	                                                        .since_at = m->c.ended_at,
	                                                        .since_day = m->c.ended_day,
	                                                        .has_until_at = true,
	                                                        .until_at = now.us,
	                                                        .has_until_day = true,
	                                                        .until_day = now.day},
	                         e);
}

bool move_reopen(struct tx *tx, const struct case_change *change, struct str reason, struct err *e)
{
	struct move_step m;
	if (!move_begin(tx, MOVE_REOPENED, change, &m, e)) {
		return false;
	}
	/* The days on which nobody was to work on it do not count. */
	if (m.c.has_ended_at && !stand_while_closed(tx, &m, e)) {
		return false;
	}
	if (m.c.decision != 0 && !move_take_back(tx, &m, reason, e)) {
		return false;
	}
	m.c.has_ended_at = m.c.has_ended_day = m.c.has_letter_at = m.c.has_gap_day = false;
	m.c.handler = 0;
	m.c.acceptance = ACCEPTANCE_NONE;
	m.text = reason;
	m.reason = change->actor == 0 ? STR("objection") : STR_EMPTY;
	m.is_whole = true;
	return move_end(tx, &m, e);
}

bool case_reopen_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	return move_reopen(tx, &in->change, in->text, e);
}
