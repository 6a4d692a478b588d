/* Moves by which something is asked and answered, added and brought, and what follows when nothing comes. */
#include "app/cases/move_steps.h"
#include "app/forms/draft.h"
#include "store/timer.h"

/* --- Corrections: the clock stands
 * ------------------------------------------------------------------------------------------- */

/* Two working days before the last, else at once with the lapse. */
static int64_t reminder_us(const struct calendar *calendar, day_number asked, day_number last)
{
	day_number day = calendar_add(calendar, last, -2);
	return move_day_end_us(calendar, day > asked ? day - 1 : last);
}

bool case_ask_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_ask *in = ctx;
	const struct case_change *change = &in->change;
	struct move_step m;
	int64_t id = id_in_time(tx_now_us(tx));
	if (!move_begin(tx, MOVE_ASKED, change, &m, e)) {
		return false;
	}
	day_number today = case_today(change->calendar, tx_now_us(tx));
	const struct stop_reason *stop =
		change->service ? service_stop(change->service, STR_EMPTY, STOP_ENDS_BY_ANSWER) : NULL;
	if (!move_stand(tx, &m, stop ? stop->id : STR(STOP_APPLICANT), STOP_ENDS_BY_ANSWER, stop ? stop->most_days : 0,
	                e)) {
		return false;
	}
	m.c.correction = m.subject = id;
	m.c.has_answer_day = in->answer_day != 0;
	m.c.answer_day = m.until = in->answer_day;
	m.text = in->reason;
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
	       draft_correction_begin(tx, change->party, change->casefile, e) && move_end(tx, &m, e) &&
	       (in->answer_day == 0 || timer_set(tx, change->party, STR(CASE_ANSWER_TIMER), change->casefile,
	                                         reminder_us(change->calendar, today, in->answer_day), e));
}

bool case_answer_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_answer *in = ctx;
	const struct case_change *change = &in->change;
	struct move_step m;
	if (!move_begin(tx, MOVE_ANSWERED, change, &m, e)) {
		return false;
	}
	m.c.has_answer_day = false;
	m.subject = m.c.correction;
	m.c.correction = 0;
	m.name = STR_EMPTY;
	return draft_correction_end(tx, change->party, change->casefile, in->draft_version, e) &&
	       correction_answer(tx,
	                         &(struct correction_answer_in){.party = change->party,
	                                                        .casefile = change->casefile,
	                                                        .id = m.subject,
	                                                        .answered_by = change->actor,
	                                                        .has_answered_at = true,
	                                                        .answered_at = tx_now_us(tx)},
	                         e) &&
	       application_set_answers(tx,
	                               &(struct application_set_answers_in){.party = change->party,
	                                                                    .casefile = change->casefile,
	                                                                    .answers = in->answers_json},
	                               e) &&
	       move_end(tx, &m, e);
}

/* --- Questions, either way, and what is added: the clock runs on
 * ------------------------------------------------------------- */

static enum matter_kind kind_of(enum case_move move)
{
	switch (move) {
	case MOVE_QUESTION_ASKED:
	case MOVE_QUESTION_ANSWERED:
		return MATTER_QUESTION;
	case MOVE_ENQUIRED:
	case MOVE_REPLIED:
		return MATTER_ENQUIRY;
	case MOVE_GAP_BROUGHT:
		return MATTER_GAP;
	default:
		return MATTER_CHECK;
	}
}

bool case_open_matter_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, in->move, &in->change, &m, e)) {
		return false;
	}
	m.text = in->text;
	return matter_open(tx, &m, &(struct matter_insert_in){.kind = kind_of(in->move), .words = in->text}, e) &&
	       move_end(tx, &m, e);
}

bool case_close_matter_job(struct tx *tx, void *ctx, struct err *e)
{
	enum { OPEN_MOST = 32 };
	const struct case_words *in = ctx;
	const struct case_change *change = &in->change;
	struct matter_open_list_out open[OPEN_MOST];
	struct move_step m;
	size_t n, at = 0;
	if (!move_begin(tx, in->move, change, &m, e) ||
	    !matters_open_of(tx, change, kind_of(in->move), open, OPEN_MOST, &n, e)) {
		return false;
	}
	while (at < n && in->matter != 0 && open[at].id != in->matter) {
		at++;
	}
	if (at == n) {
		return err_set(e, ERR_CONFLICT, "it was answered already");
	}
	m.subject = open[at].id;
	m.text = in->text;
	m.reason = in->ground;
	/* The gap is closed by its last paper. */
	if (in->move == MOVE_GAP_BROUGHT && n == 1) {
		m.c.flags &= ~(int64_t)(HAS_GAP | GAP_LAPSES);
		m.c.has_gap_day = false;
	}
	return matter_close(tx,
	                    &(struct matter_close_in){.party = change->party,
	                                              .casefile = change->casefile,
	                                              .id = open[at].id,
	                                              .closed_by = change->actor,
	                                              .closed_name = change->actor_name,
	                                              .has_closed_at = true,
	                                              .closed_at = tx_now_us(tx),
	                                              .answer = in->text},
	                    e) &&
	       move_end(tx, &m, e);
}

bool case_note_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, in->move, &in->change, &m, e)) {
		return false;
	}
	m.text = in->text;
	m.reason = in->ground;
	return move_end(tx, &m, e);
}

/* --- When nothing comes
 * -------------------------------------------------------------------------------------------------------- */

/* The day after `day` has begun. */
static bool is_past(struct tx *tx, const struct case_change *change, bool has_day, day_number day)
{
	return has_day && case_today(change->calendar, tx_now_us(tx)) > day;
}

static bool correction_is_over(struct tx *tx, const struct move_step *m)
{
	return m->c.state == CASE_ASKED && is_past(tx, m->change, m->c.has_answer_day, m->c.answer_day);
}

static bool gap_is_over(struct tx *tx, const struct move_step *m)
{
	return (m->c.flags & HAS_GAP) != 0 && is_past(tx, m->change, m->c.has_gap_day, m->c.gap_day);
}

bool move_close_draft(struct tx *tx, struct move_step *m, struct err *e)
{
	struct draft d;
	if (m->c.state != CASE_ASKED) {
		return true;
	}
	m->c.correction = 0;
	m->c.has_answer_day = false;
	return draft_get(tx, m->change->party, m->change->casefile, &d, e) &&
	       draft_correction_end(tx, m->change->party, m->change->casefile, d.version, e);
}

bool case_lapse_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_LAPSED, &in->change, &m, e)) {
		return false;
	}
	bool is_gap = gap_is_over(tx, &m) && (m.c.flags & GAP_LAPSES) != 0;
	if (!is_gap && !correction_is_over(tx, &m)) {
		return err_set(e, ERR_CONFLICT, "its day has not passed");
	}
	m.reason = is_gap ? STR("paper") : STR("answer");
	if (!matters_end(tx, &m, e) || !move_close_draft(tx, &m, e)) {
		return false;
	}
	move_stop_clock(tx, &m);
	return move_end(tx, &m, e) && move_ends(tx, &m, e);
}

bool case_gap_missed_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct matter_open_list_out open[32];
	struct move_step m;
	size_t n;
	if (!move_begin(tx, MOVE_GAP_MISSED, &in->change, &m, e)) {
		return false;
	}
	if (!gap_is_over(tx, &m)) {
		return err_set(e, ERR_CONFLICT, "its day has not passed");
	}
	if (!matters_open_of(tx, &in->change, MATTER_GAP, open, 32, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!matter_close(tx,
		                  &(struct matter_close_in){.party = in->change.party,
		                                            .casefile = in->change.casefile,
		                                            .id = open[i].id,
		                                            .has_closed_at = true,
		                                            .closed_at = tx_now_us(tx)},
		                  e)) {
			return false;
		}
	}
	m.c.has_gap_day = false;
	return move_end(tx, &m, e);
}

bool case_withdraw_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_words *in = ctx;
	struct move_step m;
	if (!move_begin(tx, MOVE_WITHDRAWN, &in->change, &m, e) || !matters_end(tx, &m, e) ||
	    !move_close_draft(tx, &m, e)) {
		return false;
	}
	m.text = in->text;
	/* What waited for a signature is no decision any more. */
	m.c.decision = 0;
	m.c.outcome = OUTCOME_NONE;
	move_stop_clock(tx, &m);
	return move_end(tx, &m, e) && move_ends(tx, &m, e);
}
