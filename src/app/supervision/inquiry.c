#include "app/supervision/inquiry.h"

#include "app/catalogue/catalogue.h"
#include "app/people/viewer.h"
#include "app/supervision/watch.h"

enum { PAYLOAD_BYTES = 4096, YEAR_DAYS = 365 };

static const struct {
	const char *kind;
	unsigned from;
	enum inquiry_state to;
	const char *title;
} moves[INQUIRY_MOVE_COUNT] = {
#define X(move, kind, from, to, title) {kind, from, to, title},
	INQUIRY_MOVES(X)
#undef X
};

const char *inquiry_move_title(enum inquiry_move move)
{
	return moves[move].title;
}

bool inquiry_move_fits(enum inquiry_move move, int64_t state)
{
	return state > 0 && state < INQUIRY_STATE_END && (moves[move].from & OUT_OF(state)) != 0;
}

static const struct {
	const char *word, *title;
} outcomes[INQUIRY_OUTCOME_END] = {
	[INQUIRY_NO_OUTCOME] = {"", ""},
	[INQUIRY_EXPLAINED] = {"explained", N_("Explained")},
	[INQUIRY_REMEDIED] = {"remedied", N_("Remedied")},
	[INQUIRY_YELLOW] = {"yellow", N_("Yellow card")},
	[INQUIRY_RED] = {"red", N_("Red card")},
};

const char *inquiry_outcome_title(int64_t outcome)
{
	return outcome > 0 && outcome < INQUIRY_OUTCOME_END ? outcomes[outcome].title : "";
}

enum inquiry_outcome inquiry_outcome_of(struct str word)
{
	for (int i = INQUIRY_EXPLAINED; i < INQUIRY_OUTCOME_END; i++) {
		if (str_is(word, outcomes[i].word)) {
			return (enum inquiry_outcome)i;
		}
	}
	return INQUIRY_NO_OUTCOME;
}

/* --- What every step does
 * --------------------------------------------------------------------------------------------- */

static day_number today_of(struct tx *tx, const struct calendar *c)
{
	return zone_local(calendar_zone(c), tx_now_us(tx)).day;
}

static int64_t begin_of_us(const struct calendar *c, day_number day)
{
	return zone_instant_us(calendar_zone(c), day, 0);
}

/* Its row and its event: without a word that somebody wrote. */
static bool note(struct tx *tx, const struct inquiry_get_out *q, const struct inquiry_step *s, struct err *e)
{
	struct buf b;
	buf_init(&b, PAYLOAD_BYTES);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("state"));
	json_put_int(&j, moves[s->move].to);
	json_key(&j, STR("outcome"));
	json_put_int(&j, q->outcome);
	json_key(&j, STR("rule"));
	json_put_string(&j, q->sign);
	json_key(&j, STR("office"));
	json_put_int(&j, q->office);
	json_key(&j, STR("due"));
	json_put_int(&j, q->due_day);
	json_end_object(&j);
	struct event ev = {
		.route = s->institution,
		.room = STR("supervision"),
		.kind = str_of(moves[s->move].kind),
		.version = 1,
		.casefile = s->id,
		.institution = s->institution,
		.service = q->service,
		.actor = s->account,
		.is_first = s->move == INQUIRY_ASK,
		.public_payload = buf_str(&b),
	};
	bool ok = buf_ok(&b, e) &&
	          inquiry_step_add(tx,
	                           &(struct inquiry_step_add_in){.institution = s->institution,
	                                                         .inquiry = s->id,
	                                                         .id = id_in_time(tx_now_us(tx)),
	                                                         .kind = s->move,
	                                                         .account = s->account,
	                                                         .name = s->name,
	                                                         .words = s->words,
	                                                         .outcome = s->outcome,
	                                                         .at = tx_now_us(tx)},
	                           e) &&
	          event_append(tx, &ev, e);
	buf_release(&b);
	return ok;
}

/* --- Asked
 * ------------------------------------------------------------------------------------------------------------ */

static bool insert(struct tx *tx, const struct inquiry_insert_in *row, struct err *e)
{
	return row->finding != 0 ? inquiry_insert(tx, row, e)
	                         : inquiry_begin(tx,
	                                         &(struct inquiry_begin_in){.institution = row->institution,
	                                                                    .id = row->id,
	                                                                    .service = row->service,
	                                                                    .official = row->official,
	                                                                    .cases = row->cases,
	                                                                    .office = row->office,
	                                                                    .asked_by = row->asked_by,
	                                                                    .asked_name = row->asked_name,
	                                                                    .asked_at = row->asked_at,
	                                                                    .due_day = row->due_day},
	                                         e);
}

bool inquiry_begin_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct inquiry_begin *in = ctx;
	struct inquiry_insert_in row = *in->row;
	row.id = id_in_time(tx_now_us(tx));
	row.asked_at = tx_now_us(tx);
	row.due_day = calendar_add(in->calendar, today_of(tx, in->calendar), in->days);
	tx_result(tx, 0, row.id);
	/* The finding is the guard: it is judged once. */
	if (row.finding != 0 && !finding_judge(tx,
	                                       &(struct finding_judge_in){.institution = row.institution,
	                                                                  .id = row.finding,
	                                                                  .version = in->finding_version,
	                                                                  .state = FINDING_ASKED,
	                                                                  .judged_by = row.asked_by,
	                                                                  .judged_name = row.asked_name,
	                                                                  .has_judged_at = true,
	                                                                  .judged_at = tx_now_us(tx),
	                                                                  .words = STR_EMPTY,
	                                                                  .inquiry = row.id},
	                                       e)) {
		return false;
	}
	struct inquiry_get_out q = {.sign = row.sign, .service = row.service, .office = row.office, .due_day = row.due_day};
	struct inquiry_step s = {.institution = row.institution,
	                         .id = row.id,
	                         .move = INQUIRY_ASK,
	                         .account = row.asked_by,
	                         .name = row.asked_name,
	                         .words = in->words};
	return insert(tx, &row, e) && note(tx, &q, &s, e) &&
	       timer_set(tx, row.institution, STR(INQUIRY_TIMER), row.id, begin_of_us(in->calendar, row.due_day), e);
}

bool finding_aside_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct finding_aside *in = ctx;
	tx_result(tx, 0, in->id);
	return finding_judge(tx,
	                     &(struct finding_judge_in){.institution = in->institution,
	                                                .id = in->id,
	                                                .version = in->version,
	                                                .state = FINDING_SET_ASIDE,
	                                                .judged_by = in->account,
	                                                .judged_name = in->name,
	                                                .has_judged_at = true,
	                                                .judged_at = tx_now_us(tx),
	                                                .words = in->words,
	                                                .inquiry = 0},
	                     e);
}

/* --- Answered, closed, appealed against
 * ------------------------------------------------------------------------------------ */

static bool may_step(struct tx *tx, const struct inquiry_step *s, const struct inquiry_get_out *q, struct err *e)
{
	if (!inquiry_move_fits(s->move, q->state)) {
		return err_set(e, ERR_CONFLICT, "%s from state %lld", moves[s->move].kind, (long long)q->state);
	}
	if (s->move == INQUIRY_APPEAL && !inquiry_is_card(q->outcome)) {
		return err_tell(e, ERR_CONFLICT, N_("There is no card to appeal against."), "an appeal without a card");
	}
	if (s->move == INQUIRY_APPEAL && today_of(tx, s->calendar) > q->due_day) {
		return err_tell(e, ERR_CONFLICT, N_("The time for an appeal is over."), "a late appeal");
	}
	if (s->move == INQUIRY_SETTLE && s->account == q->closed_by) {
		return err_tell(e, ERR_FORBIDDEN, N_("Somebody else decides on the appeal against your card."),
		                "an appeal decided by who gave the card");
	}
	return true;
}

bool inquiry_step_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct inquiry_step *s = ctx;
	struct inquiry_get_out q;
	if (!inquiry_move(tx, &(struct inquiry_move_in){.institution = s->institution, .id = s->id, .version = s->version},
	                  e) ||
	    !inquiry_get(tx, &(struct inquiry_get_in){.institution = s->institution, .id = s->id}, &q, e) ||
	    !may_step(tx, s, &q, e)) {
		return false;
	}
	tx_result(tx, 0, s->id);
	q.state = moves[s->move].to;
	if (s->outcome != INQUIRY_NO_OUTCOME) {
		q.outcome = s->outcome;
	}
	if (s->move == INQUIRY_CLOSE) {
		q.has_closed_at = true;
		q.closed_at = tx_now_us(tx);
		q.closed_by = s->account;
		q.due_day = calendar_add(s->calendar, today_of(tx, s->calendar), INQUIRY_APPEAL_DAYS);
	}
	q.is_overdue = q.is_overdue || s->move == INQUIRY_MISS;
	bool was_waited_for = s->move == INQUIRY_ANSWER || s->move == INQUIRY_CLOSE;
	return inquiry_set(tx,
	                   &(struct inquiry_set_in){.institution = s->institution,
	                                            .id = s->id,
	                                            .state = q.state,
	                                            .outcome = q.outcome,
	                                            .due_day = q.due_day,
	                                            .is_overdue = q.is_overdue,
	                                            .has_closed_at = q.has_closed_at,
	                                            .closed_at = q.closed_at,
	                                            .closed_by = q.closed_by},
	                   e) &&
	       note(tx, &q, s, e) && (!was_waited_for || timer_clear(tx, s->institution, STR(INQUIRY_TIMER), s->id, e));
}

bool inquiry_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct inquiry_get_out q;
	const struct institution *at = catalogue_institution(ctx, t->route);
	if (!inquiry_get(tx, &(struct inquiry_get_in){.institution = t->route, .id = t->subject}, &q, e)) {
		return false;
	}
	if (!q.found || q.state != INQUIRY_ASKED || q.is_overdue) {
		return true;
	}
	if (at == NULL) {
		return err_set(e, ERR_INTERNAL, "an inquiry at an institution that the catalogue does not know");
	}
	int64_t begin_us = begin_of_us(at->calendar, q.due_day), end_us = begin_of_us(at->calendar, q.due_day + 1);
	if (tx_now_us(tx) < begin_us) {
		return timer_set(tx, t->route, t->kind, t->subject, begin_us, e);
	}
	bool is_over = end_us <= tx_now_us(tx);
	struct inquiry_step s = {.institution = t->route,
	                         .id = t->subject,
	                         .version = q.version,
	                         .move = is_over ? INQUIRY_MISS : INQUIRY_REMIND,
	                         .calendar = at->calendar};
	return inquiry_step_job(tx, &s, e) && (is_over || timer_set(tx, t->route, t->kind, t->subject, end_us, e));
}

/* --- Counted
 * ---------------------------------------------------------------------------------------------------------- */

bool inquiries_waiting(struct tx *tx, int64_t institution, const struct viewer *v, int64_t *n, struct err *e)
{
	bool is_head = viewer_has_role(v, ROLE_HEAD, institution);
	return inquiry_open_count(
		tx, &(struct inquiry_open_count_in){.institution = institution, .official = is_head ? 0 : v->account}, n, e);
}

bool inquiry_cards_of(struct tx *tx, int64_t institution, struct inquiry_cards *out, struct err *e)
{
	struct inquiry_card_count_in in = {
		.institution = institution, .outcome = INQUIRY_YELLOW, .since = tx_now_us(tx) - YEAR_DAYS * US_PER_DAY};
	if (!inquiry_card_count(tx, &in, &out->yellow, e)) {
		return false;
	}
	in.outcome = INQUIRY_RED;
	return inquiry_card_count(tx, &in, &out->red, e);
}
