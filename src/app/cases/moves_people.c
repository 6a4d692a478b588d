/* Moves by which others come to it: another official, another institution, its opinion. */
#include "app/cases/move_steps.h"

bool case_hand_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_hand *in = ctx;
	struct move_step m;
	if (!move_begin(tx, in->move, &in->change, &m, e) || !move_not_the_same(tx, &m.c, in->to, e)) {
		return false;
	}
	if (in->to == 0 || in->to == m.c.handler) {
		return err_set(e, ERR_CONFLICT, "that one has it already");
	}
	if (m.c.acceptance == ACCEPTANCE_NONE && !(in->change.service && in->change.service->accepts_by_act)) {
		m.c.acceptance = ACCEPTANCE_FULL;
		move_is_accepted(tx, &m);
	}
	m.c.handler = m.subject = in->to;
	m.holder = in->to_name;
	m.text = in->reason;
	return move_end(tx, &m, e);
}

bool case_forward_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_hand *in = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_FORWARDED, &in->change, &m, e)) {
		return false;
	}
	if (in->to == 0 || in->to == m.c.institution) {
		return err_set(e, ERR_CONFLICT, "it is there already");
	}
	m.others[m.other_n++] = m.c.institution;
	m.subject = in->to;
	m.c.institution = in->to;
	m.c.handler = 0;
	m.text = in->reason;
	m.is_whole = true;
	return move_end(tx, &m, e);
}

/* --- Opinions
 * -------------------------------------------------------------------------------------------------------------- */

bool case_ask_opinion_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_opinion *in = ctx;
	struct matter_open_list_out open[OPINIONS_MOST];
	struct move_step m;
	size_t n;
	if (!move_begin(tx, MOVE_OPINION_ASKED, &in->change, &m, e) ||
	    !matters_open_of(tx, &in->change, MATTER_OPINION, open, OPINIONS_MOST, &n, e)) {
		return false;
	}
	bool is_asked = in->institution == m.c.institution;
	for (size_t i = 0; i < n; i++) {
		is_asked = is_asked || open[i].institution == in->institution;
	}
	if (is_asked || n == OPINIONS_MOST) {
		return err_set(e, ERR_CONFLICT, is_asked ? "that institution is asked already" : "enough are asked");
	}
	m.text = in->text;
	m.until = in->until;
	m.others[m.other_n++] = in->institution;
	m.is_whole = true;
	const struct stop_reason *stop =
		in->change.service ? service_stop(in->change.service, STR_EMPTY, STOP_ENDS_BY_OPINION) : NULL;
	/* The first of several stops the clock; it runs again with the last. */
	if (stop && n == 0 && !move_stand(tx, &m, stop->id, STOP_ENDS_BY_OPINION, stop->most_days, e)) {
		return false;
	}
	m.c.flags |= HAS_OPINION;
	return matter_open(tx, &m,
	                   &(struct matter_insert_in){.kind = MATTER_OPINION,
	                                              .institution = in->institution,
	                                              .words = in->text,
	                                              .about = in->questions_json,
	                                              .has_due_day = in->until != 0,
	                                              .due_day = in->until},
	                   e) &&
	       move_end(tx, &m, e);
}

bool case_give_opinion_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_opinion *in = ctx;
	const struct case_change *change = &in->change;
	struct matter_open_list_out open[OPINIONS_MOST];
	struct move_step m;
	size_t n, at = 0;
	if (!move_begin(tx, MOVE_OPINION_GIVEN, change, &m, e) ||
	    !matters_open_of(tx, change, MATTER_OPINION, open, OPINIONS_MOST, &n, e)) {
		return false;
	}
	while (at < n && (open[at].institution != in->institution || (in->matter != 0 && open[at].id != in->matter))) {
		at++;
	}
	if (at == n) {
		return err_set(e, ERR_CONFLICT, "no opinion of this institution is waited for");
	}
	m.subject = open[at].id;
	m.text = in->text;
	m.others[m.other_n++] = in->institution;
	if (n == 1) {
		m.c.flags &= ~(int64_t)HAS_OPINION;
	}
	return matter_close(tx,
	                    &(struct matter_close_in){.party = change->party,
	                                              .casefile = change->casefile,
	                                              .id = open[at].id,
	                                              .closed_by = change->actor,
	                                              .closed_name = change->actor_name,
	                                              .has_closed_at = true,
	                                              .closed_at = tx_now_us(tx),
	                                              .answer = in->text,
	                                              .opinion = in->opinion},
	                    e) &&
	       move_end(tx, &m, e);
}

bool case_drop_opinions_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_OPINION_DROPPED, &in->change, &m, e)) {
		return false;
	}
	m.text = in->text;
	return matters_end(tx, &m, e) && move_end(tx, &m, e);
}
