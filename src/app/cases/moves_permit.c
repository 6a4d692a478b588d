/* Moves of what was granted: the document made out, handed over, suspended, in force again, withdrawn, renewed. The
 * document itself is the credentials room's; what a move changes of it changes in the move's transaction. */
#include "app/cases/made_out.h"
#include "app/cases/move_steps.h"
#include "app/credentials/credentials.h"
#include "app/forms/draft.h"
#include "store/errand.h"
#include "store/timer.h"

/* What is collected or posted stands in the institution's queue until it was handed over. */
static void wait_for(struct move_step *m, enum hand_over way)
{
	m->c.flags &= ~(int64_t)(IS_TO_HAND_OVER | IS_TO_POST);
	if (way != HAND_OVER_DOWNLOAD) {
		m->c.flags |= way == HAND_OVER_POST ? IS_TO_HAND_OVER | IS_TO_POST : IS_TO_HAND_OVER;
		m->is_whole = true; /* the queue has forgotten it when its letter left */
	}
	m->reason = str_of(hand_over_of(way)->id);
}

bool case_make_out_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_make_out *in = ctx;
	const struct case_change *change = &in->change;
	struct credential_insert_in row = *in->row;
	struct move_step m;
	if (!move_begin(tx, MOVE_MADE_OUT, change, &m, e)) {
		return false;
	}
	if (m.c.outcome != OUTCOME_GRANTED || m.c.decision != in->decision) {
		return err_set(e, ERR_CONFLICT, "a document of what was not granted");
	}
	row.made_at = tx_now_us(tx);
	m.subject = row.id;
	wait_for(&m, (enum hand_over)row.way);
	m.tells = row.way == HAND_OVER_COLLECT    ? MAIL_READY_TO_COLLECT
	          : row.way == HAND_OVER_DOWNLOAD ? MAIL_READY_TO_DOWNLOAD
	                                          : MAIL_NONE; /* when it is posted */
	return credential_insert(tx, &row, e) && credential_papers_put(tx, change->party, change->casefile, in->made, e) &&
	       held_name(tx, change->party, row.document, change->casefile, row.number, row.has_valid_until,
	                 row.valid_until, e) &&
	       (!row.has_valid_until ||
	        timer_set(tx, change->party, STR(CASE_PERMIT_TIMER), change->casefile, in->first_notice_us, e)) &&
	       move_end(tx, &m, e);
}

/* The document of the case; *found false: none was made, and there is nothing of it to change. */
static bool document(struct tx *tx, const struct case_change *change, struct credential_get_out *c, struct err *e)
{
	return credential_of(tx, change->party, change->casefile, c, e);
}

static bool suspend(struct tx *tx, const struct credential_get_out *c, bool is_suspended, struct err *e)
{
	return credential_set_suspended(tx,
	                                &(struct credential_set_suspended_in){.party = c->party,
	                                                                      .casefile = c->casefile,
	                                                                      .id = c->id,
	                                                                      .has_suspended_at = is_suspended,
	                                                                      .suspended_at = tx_now_us(tx)},
	                                e);
}

/* What is withdrawn is held no more: it is asked for again where it is needed. */
static bool withdraw(struct tx *tx, const struct credential_get_out *c, day_number today, struct err *e)
{
	return credential_set_withdrawn(tx,
	                                &(struct credential_set_withdrawn_in){.party = c->party,
	                                                                      .casefile = c->casefile,
	                                                                      .id = c->id,
	                                                                      .has_withdrawn_at = true,
	                                                                      .withdrawn_at = tx_now_us(tx)},
	                                e) &&
	       held_name(tx, c->party, c->document, c->casefile, c->number, true, today - 1, e) &&
	       timer_clear(tx, c->party, STR(CASE_PERMIT_TIMER), c->casefile, e);
}

/* The next edition of its papers, with the new day in it, is made by the errand. */
static bool renew(struct tx *tx, const struct case_change *change, const struct credential_get_out *c, day_number until,
                  struct err *e)
{
	return credential_set_validity(tx,
	                               &(struct credential_set_validity_in){.party = c->party,
	                                                                    .casefile = c->casefile,
	                                                                    .id = c->id,
	                                                                    .has_valid_until = true,
	                                                                    .valid_until = until},
	                               e) &&
	       held_name(tx, c->party, c->document, c->casefile, c->number, true, until, e) &&
	       timer_set(tx, c->party, STR(CASE_PERMIT_TIMER), c->casefile, tx_now_us(tx), e) &&
	       errand_add(tx, change->party, STR(CASE_MAKE_ERRAND), change->casefile, tx_now_us(tx), e);
}

bool case_permit_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	const struct case_change *change = &in->change;
	struct move_step m;
	struct credential_get_out c;
	if (!move_begin(tx, in->move, change, &m, e) || !document(tx, change, &c, e)) {
		return false;
	}
	if (in->move == MOVE_RENEWED && c.found && (!c.has_valid_until || in->until <= c.valid_until)) {
		return err_set(e, ERR_CONFLICT, "renewed for less than it is valid");
	}
	m.text = in->text;
	m.until = in->until;
	m.subject = c.found ? c.id : m.c.decision;
	bool ok = !c.found ||
	          (in->move == MOVE_SUSPENDED || in->move == MOVE_RESUMED ? suspend(tx, &c, in->move == MOVE_SUSPENDED, e)
	           : in->move == MOVE_REVOKED ? withdraw(tx, &c, case_today(change->calendar, tx_now_us(tx)), e)
	                                      : renew(tx, change, &c, in->until, e));
	return ok && move_end(tx, &m, e);
}

/* Before it is made out the wish is an answer of the application; then the document's own. */
bool case_choose_way_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_hand_over *in = ctx;
	const struct case_change *change = &in->change;
	struct move_step m;
	struct credential_get_out c;
	if (!move_begin(tx, MOVE_WAY_CHOSEN, change, &m, e) || !document(tx, change, &c, e)) {
		return false;
	}
	if (c.found && c.has_handed_at && c.way != HAND_OVER_DOWNLOAD) {
		return err_set(e, ERR_CONFLICT, "handed over already");
	}
	if (m.c.state == CASE_CLOSED && m.c.outcome != OUTCOME_GRANTED) {
		return err_set(e, ERR_CONFLICT, "nothing was granted that could be handed over");
	}
	m.reason = str_of(hand_over_of(in->way)->id);
	if (!c.found) {
		return application_set_answers(tx,
		                               &(struct application_set_answers_in){.party = change->party,
		                                                                    .casefile = change->casefile,
		                                                                    .answers = in->answers_json},
		                               e) &&
		       move_end(tx, &m, e);
	}
	wait_for(&m, in->way);
	m.tells = in->way == HAND_OVER_COLLECT ? MAIL_READY_TO_COLLECT : MAIL_NONE;
	m.subject = c.id;
	return credential_set_way(tx,
	                          &(struct credential_set_way_in){.party = change->party,
	                                                          .casefile = change->casefile,
	                                                          .id = c.id,
	                                                          .way = in->way,
	                                                          .way_by = change->actor,
	                                                          .second = in->second,
	                                                          .address = in->address},
	                          e) &&
	       move_end(tx, &m, e);
}

bool case_hand_over_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_hand_over *in = ctx;
	struct move_step m;
	struct credential_get_out c;
	if (!move_begin(tx, MOVE_HANDED_OVER, &in->change, &m, e) || !document(tx, &in->change, &c, e)) {
		return false;
	}
	/* The holder downloads it; everything else waits for the office, and is done once. */
	if (c.found && in->way != HAND_OVER_DOWNLOAD && (c.way != in->way || c.has_handed_at)) {
		return err_set(e, ERR_CONFLICT, "handed over already, or in another way than the holder chose");
	}
	m.subject = c.found ? c.id : m.c.decision;
	m.reason = str_of(hand_over_of(in->way)->id);
	m.text = in->receiver.n > 0 ? in->receiver : in->tracking;
	m.tells = in->way == HAND_OVER_DOWNLOAD ? MAIL_NONE : in->way == HAND_OVER_POST ? MAIL_POSTED : MAIL_HANDED_OVER;
	return (!c.found || credential_set_handed(tx,
	                                          &(struct credential_set_handed_in){.party = in->change.party,
	                                                                             .casefile = in->change.casefile,
	                                                                             .id = c.id,
	                                                                             .way = in->way,
	                                                                             .has_handed_at = true,
	                                                                             .handed_at = tx_now_us(tx),
	                                                                             .handed_by = in->change.actor,
	                                                                             .official = in->change.actor_name,
	                                                                             .receiver = in->receiver,
	                                                                             .tracking = in->tracking},
	                                          e)) &&
	       move_end(tx, &m, e);
}
