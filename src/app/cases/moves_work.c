/* Moves from the submission to the acceptance; and the repair of what a case follows. */
#include "app/cases/move_steps.h"
#include "app/forms/draft.h"
#include "store/timer.h"

/* --- Submitted, taken
 * --------------------------------------------------------------------------------------------------------- */

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
	tx_result(tx, 0, row->id);
	struct case_change change = {
		.party = row->party, .casefile = row->id, .actor = in->actor, .calendar = in->calendar};
	struct move_step m = {
		.move = MOVE_SUBMITTED,
		.change = &change,
		.c = {.number = row->number,
	          .state = row->state,
	          .institution = row->institution,
	          .service = row->service,
	          .received_at = row->received_at,
	          .start_day = row->start_day,
	          .limit_unit = row->limit_unit,
	          .clock_from = row->clock_from,
	          .committed = row->committed,
	          .statutory = row->statutory,
	          .orange_percent = row->orange_percent,
	          .orange_most = row->orange_most,
	          .red_percent = row->red_percent,
	          .red_most = row->red_most,
	          .silence = row->silence,
	          .step_limits = row->step_limits},
		.name = in->applicant,
		.is_whole = true,
		.effective_us = in->intake ? row->received_at : 0,
		.submission = in,
		/* Of an objection the first case tells. */
		.tells = row->objects_to == 0 ? MAIL_RECEIVED : MAIL_NONE,
	};
	if (!move_read_clock(tx, &m, e)) {
		return false;
	}
	struct casefile_insert_in whole = *row;
	whole.steps = m.c.steps;
	whole.has_turns_at = m.c.has_turns_at;
	whole.turns_at = m.c.turns_at;
	whole.has_begun_day = m.c.has_begun_day;
	whole.begun_day = m.c.begun_day;
	whole.due_day = m.c.due_day;
	whole.due_at = m.c.due_at;
	whole.legal_day = m.c.legal_day;
	whole.said_at = m.c.said_at;
	struct application_insert_in wide = in->wide;
	wide.party = row->party;
	wide.casefile = row->id;
	return casefile_insert(tx, &whole, e) && application_insert(tx, &wide, e) && move_end(tx, &m, e);
}

bool case_take_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_change *change = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_TAKEN, change, &m, e) || !move_not_the_same(tx, &m.c, change->actor, e)) {
		return false;
	}
	m.c.handler = change->actor;
	m.holder = change->actor_name;
	/* Where the service does not ask for an act of its own, taking it in is accepting it. */
	if (m.c.acceptance == ACCEPTANCE_NONE && !(change->service && change->service->accepts_by_act)) {
		m.c.acceptance = ACCEPTANCE_FULL;
		move_is_accepted(tx, &m);
	}
	return move_end(tx, &m, e);
}

bool case_renew_receipt_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_receipt *in = ctx;
	const struct case_submit marks = {.marks = in->marks};
	struct move_step m;
	if (!move_begin(tx, MOVE_RECEIPT_RENEWED, &in->change, &m, e)) {
		return false;
	}
	m.submission = &marks;
	return application_set_receipt(tx,
	                               &(struct application_set_receipt_in){.party = in->change.party,
	                                                                    .casefile = in->change.casefile,
	                                                                    .receipt_code = in->code},
	                               e) &&
	       move_end(tx, &m, e);
}

/* --- Accepted, or not
 * --------------------------------------------------------------------------------------------------------- */

/* One matter for each promised paper: its `about` is the evidence's id. */
static bool promise_papers(struct tx *tx, struct move_step *m, const struct case_accept *in, struct err *e)
{
	for (size_t i = 0; i < in->paper_n; i++) {
		if (!matter_open(
				tx, m,
				&(struct matter_insert_in){.kind = MATTER_GAP,
		                                   .about = arena_printf(tx_arena(tx), "[\"%.*s\"]", STR_ARG(in->papers[i])),
		                                   .has_due_day = true,
		                                   .due_day = in->until},
				e)) {
			return false;
		}
	}
	m->c.has_gap_day = true;
	m->c.gap_day = in->until;
	m->c.flags |= in->lapses ? GAP_LAPSES : 0;
	return timer_set(tx, m->change->party, STR(CASE_GAP_TIMER), m->change->casefile,
	                 move_day_end_us(m->change->calendar, in->until), e);
}

bool case_accept_job(struct tx *tx, void *ctx, struct err *e)
{
	static const enum case_move moves[] = {[ACCEPTANCE_FULL] = MOVE_ACCEPTED,
	                                       [ACCEPTANCE_GAP] = MOVE_ACCEPTED_GAP,
	                                       [ACCEPTANCE_COMMITMENT] = MOVE_ACCEPTED_COMMITMENT};
	const struct case_accept *in = ctx;
	struct move_step m;
	if (!move_begin(tx, moves[in->how], &in->change, &m, e)) {
		return false;
	}
	/* Taken in whole by taking, it can still be found that a paper is missing; not the other way round. */
	if (m.c.acceptance != ACCEPTANCE_NONE && (in->how == ACCEPTANCE_FULL || m.c.acceptance != ACCEPTANCE_FULL)) {
		return err_set(e, ERR_CONFLICT, "it was accepted already");
	}
	m.c.acceptance = in->how;
	move_is_accepted(tx, &m);
	m.until = in->how == ACCEPTANCE_FULL ? 0 : in->until;
	if (in->how == ACCEPTANCE_GAP && !promise_papers(tx, &m, in, e)) {
		return false;
	}
	if (in->how == ACCEPTANCE_COMMITMENT &&
	    !matter_open(tx, &m,
	                 &(struct matter_insert_in){.kind = MATTER_CHECK, .has_due_day = true, .due_day = in->until}, e)) {
		return false;
	}
	return move_end(tx, &m, e);
}

/* Kept as a decision is: who, why, on which ground. */
bool case_not_accept_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	const struct case_change *change = &in->change;
	struct move_step m;
	int64_t id = id_in_time(tx_now_us(tx));
	if (!move_begin(tx, MOVE_NOT_ACCEPTED, change, &m, e)) {
		return false;
	}
	if (m.c.acceptance != ACCEPTANCE_NONE) {
		return err_set(e, ERR_CONFLICT, "it was accepted already");
	}
	if (!decision_insert(tx,
	                     &(struct decision_insert_in){.party = change->party,
	                                                  .casefile = change->casefile,
	                                                  .id = id,
	                                                  .outcome = OUTCOME_NOT_ACCEPTED,
	                                                  .ground = in->ground,
	                                                  .reason = in->text,
	                                                  .decided_by = change->actor,
	                                                  .official = change->actor_name,
	                                                  .decided_at = tx_now_us(tx)},
	                     e) ||
	    !matters_end(tx, &m, e)) {
		return false;
	}
	m.c.decision = m.subject = id;
	m.text = in->text;
	m.reason = m.ground = in->ground;
	move_stop_clock(tx, &m);
	return move_end(tx, &m, e) && move_ends(tx, &m, e);
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
	struct move_step m;
	if (!move_begin(tx, MOVE_REPAIRED, &in->change, &m, e)) {
		return false;
	}
	m.c.committed = shorter(m.c.committed, in->to->clock.committed.n);
	m.c.statutory = shorter(m.c.statutory, in->to->clock.statutory.n);
	if (!str_eq(m.c.step_limits, in->to->step_limits)) {
		m.c.step_limits = in->to->step_limits;
		m.has_other_steps = true;
		if (!casefile_set_step_limits(tx,
		                              &(struct casefile_set_step_limits_in){.party = in->change.party,
		                                                                    .id = in->change.casefile,
		                                                                    .step_limits = in->to->step_limits},
		                              e)) {
			return false;
		}
	}
	m.reason = in->reason;
	return application_set_definition(
			   tx,
			   &(struct application_set_definition_in){.party = in->change.party,
	                                                   .casefile = in->change.casefile,
	                                                   .definition = str_from(in->to->digest, SHA256_BYTES)},
			   e) &&
	       move_end(tx, &m, e);
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
