/* What officials do to a case that they have: what each act checks and writes beyond the table. */
#include "app/cases/act_runs.h"
#include "app/people/viewer.h"
#include "base/json.h"

/* --- Taking
 * ---------------------------------------------------------------------------------------------------------------- */

bool act_is_mine(const struct case_facts *f, const struct viewer *v)
{
	return f->c.handler == v->account;
}

bool run_take(struct act_call *a, struct err *e)
{
	return act_write(a, case_take_job, &a->change, e);
}

/* --- Asking for a correction
 * -------------------------------------------------------------------------------------------------- */

/* Ids of the chosen questions as JSON, and what they are answered with now. */
static void put_asked(struct act_call *a, const struct str *ids, size_t n, struct case_ask *move)
{
	struct answers old = {arena_new(&a->r->arena, struct answer, n + 1), 0};
	struct buf list, answers;
	buf_init(&list, 64 * 1024);
	buf_init(&answers, 1024 * 1024);
	struct json_out j = {.to = &list};
	json_begin_array(&j);
	for (size_t i = 0; old.items && i < n; i++) {
		const struct answer *was = answers_find(&a->f->answers, ids[i]);
		json_put_string(&j, ids[i]);
		if (was) {
			old.items[old.n++] = *was;
		}
	}
	json_end_array(&j);
	answers_put_json(&answers, &old);
	move->questions_json = case_keep(a->r, &list);
	move->before_json = case_keep(a->r, &answers);
}

bool run_ask(struct act_call *a, struct err *e)
{
	struct case_ask move = {.change = a->change, .reason = act_value(a->input, "reason")};
	struct str *ids;
	size_t n;
	if (a->out->end == ACT_INVALID) {
		return true;
	}
	if (!act_chosen(a, "question", &ids, &n, e)) {
		return false;
	}
	if (a->f->service->lapses_after_days > 0) {
		move.answer_day = calendar_add(a->f->institution->calendar, a->f->today, a->f->service->lapses_after_days);
	}
	put_asked(a, ids, n, &move);
	return act_write(a, case_ask_job, &move, e);
}

/* --- Deciding
 * ---------------------------------------------------------------------------------------------------------------- */

bool act_outcomes(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	out->items = arena_new(&r->arena, struct form_choice, 2);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for outcomes");
	}
	out->items[out->n++] = (struct form_choice){
		.value = STR("grant"), .label = tr(r->lang, N_("Grant")), .hint = text_in(&f->service->output, r->lang)};
	out->items[out->n++] = (struct form_choice){.value = STR("refuse"), .label = tr(r->lang, N_("Refuse"))};
	return true;
}

bool act_grounds(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct service *s = f->service;
	out->items = arena_new(&r->arena, struct form_choice, s->refusal_reason_n + 1);
	for (size_t i = 0; out->items && i < s->refusal_reason_n; i++) {
		out->items[out->n++] = (struct form_choice){.value = s->refusal_reason_ids[i],
		                                            .label = text_in(&s->refusal_reasons[i].term, r->lang)};
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for grounds");
}

struct older {
	struct queue_older_in in;
	int64_t n;
};

static bool count_older(struct tx *tx, void *ctx, struct err *e)
{
	struct older *o = ctx;
	return queue_older(tx, &o->in, &o->n, e);
}

/* None where nothing is overtaken, or where the service lists no reasons. */
bool act_overtaking_reasons(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct service *s = f->service;
	struct older older = {.in = {.institution = f->c.institution,
	                             .handler = f->c.handler,
	                             .service = f->c.service,
	                             .before = f->c.begun_day}};
	if (s->overtaking_n == 0 || !f->c.has_begun_day) {
		return true;
	}
	if (!store_read(r->app->store, f->c.institution, &r->arena, count_older, &older, e)) {
		return false;
	}
	out->items = arena_new(&r->arena, struct form_choice, s->overtaking_n);
	for (size_t i = 0; out->items && older.n > 0 && i < s->overtaking_n; i++) {
		out->items[out->n++] = (struct form_choice){.value = s->overtaking_ids[i],
		                                            .label = text_in(&s->overtaking_reasons[i].term, r->lang)};
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for reasons");
}

bool act_may_decide(const struct case_facts *f, const struct viewer *v, const char **why)
{
	bool is_unaccepted = act_waits_for_acceptance(f) && case_move_is_possible(MOVE_DECIDED, f->c.state);
	(void)v;
	*why = is_unaccepted ? N_("It has to be accepted before it is decided.")
	                     : N_("It can be decided when the opinion is there.");
	return !is_unaccepted && ((f->c.flags & HAS_OPINION) == 0 || case_is_ended(f->c.state));
}

struct str act_decide_lead(struct req *r, const struct case_facts *f)
{
	int64_t n = r->app->letter_delay_us / US_PER_MIN;
	const struct tr_arg args[] = {TR_I("n", n)};
	struct buf b;
	(void)f;
	buf_init(&b, 1024);
	tr_put_plain(&b,
	             trn(r->lang, "You can take the decision back for 1 minute; then the letter leaves.",
	                 "You can take the decision back for {n} minutes; then the letter leaves.", n),
	             args, 1);
	return case_keep(r, &b);
}

bool run_decide(struct act_call *a, struct err *e)
{
	struct str outcome = act_value(a->input, "outcome"), ground = act_value(a->input, "ground");
	bool is_refusal = str_is(outcome, "refuse");
	if (is_refusal && ground.n == 0) {
		act_wrong(a, "ground", N_("Choose the ground on which you refuse."));
	}
	if (str_is(outcome, "grant") && ground.n > 0) {
		act_wrong(a, "ground", N_("You grant: choose no ground for a refusal."));
	}
	if (a->out->end == ACT_INVALID) {
		return true;
	}
	struct case_decide move = {
		.change = a->change,
		.outcome = is_refusal ? OUTCOME_REFUSED : OUTCOME_GRANTED,
		.ground = ground,
		.reason = act_value(a->input, "reason"),
		.overtook = act_value(a->input, "overtaking"),
		.document = a->f->service->issues_document,
		.valid_years = a->f->service->issues_years,
		.letter_delay_us = a->r->app->letter_delay_us,
		.is_to_sign = a->f->service->needs_second_signature,
	};
	return act_write(a, case_decide_job, &move, e);
}

/* --- Taking back, sending
 * ----------------------------------------------------------------------------------------------------- */

bool act_may_recall(const struct case_facts *f, const struct viewer *v, const char **why)
{
	(void)v;
	*why = N_("The letter has left. The decision can no longer be taken back.");
	return f->c.state != CASE_CLOSED;
}

bool act_is_sent(const struct case_facts *f, const struct viewer *v)
{
	(void)v;
	return f->c.state == CASE_CLOSED;
}

bool run_send(struct act_call *a, struct err *e)
{
	return act_write(a, case_letter_leaves_job, &a->change, e);
}

/* --- Words alone
 * ----------------------------------------------------------------------------------------------------------- */

bool run_words(struct act_call *a, struct err *e)
{
	static const struct {
		enum case_move move;
		store_job *job;
	} jobs[] = {
		{MOVE_RECALLED, case_recall_job},
		{MOVE_SENT_BACK, case_send_back_job},
		{MOVE_QUESTION_ASKED, case_open_matter_job},
		{MOVE_REPLIED, case_close_matter_job},
		{MOVE_ENQUIRED, case_open_matter_job},
		{MOVE_QUESTION_ANSWERED, case_close_matter_job},
		{MOVE_OPINION_DROPPED, case_drop_opinions_job},
		{MOVE_REOPENED, case_reopen_job},
		{MOVE_CHECKED, case_note_job},
		{MOVE_SUSPENDED, case_permit_job},
		{MOVE_RESUMED, case_permit_job},
		{MOVE_REVOKED, case_permit_job},
		{MOVE_WITHDRAWN, case_withdraw_job},
		{MOVE_WENT_ON, case_go_on_job},
		{MOVE_EXTENDED, case_extend_job},
	};
	struct case_words move = {.change = a->change, .move = a->act->move, .text = act_value(a->input, "reason")};
	size_t i = 0;
	while (jobs[i].move != a->act->move) {
		i++;
		must(i < sizeof jobs / sizeof jobs[0]);
	}
	if (a->out->end != ACT_INVALID && !act_write(a, jobs[i].job, &move, e)) {
		return false;
	}
	if (a->out->end == ACT_DONE && jobs[i].job == case_permit_job && a->f->credential.found) {
		credential_changed(a->r->app, a->f->credential.code);
	}
	return true;
}

/* --- Accepted, or not
 * --------------------------------------------------------------------------------------------------------- */

bool act_waits_for_acceptance(const struct case_facts *f)
{
	return f->service->accepts_by_act && f->c.acceptance == ACCEPTANCE_NONE;
}

bool act_may_have_gap(const struct case_facts *f)
{
	return f->service->gap_paper_n > 0 && (f->c.acceptance == ACCEPTANCE_FULL || f->c.acceptance == ACCEPTANCE_NONE);
}

bool act_has_commitment(const struct case_facts *f)
{
	return f->service->commitment_question.n > 0 &&
	       (f->c.acceptance == ACCEPTANCE_FULL || f->c.acceptance == ACCEPTANCE_NONE) &&
	       str_is(answers_value(&f->answers, f->service->commitment_question), "yes");
}

bool act_gap_papers(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct service *s = f->service;
	out->items = arena_new(&r->arena, struct form_choice, s->gap_paper_n + 1);
	for (size_t i = 0; out->items && i < s->gap_paper_n; i++) {
		const struct evidence *ev = service_evidence(s, s->gap_papers[i]);
		if (ev) {
			out->items[out->n++] = (struct form_choice){.value = ev->id, .label = text_in(&ev->name, r->lang)};
		}
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for papers");
}

bool act_not_accepted_grounds(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct service *s = f->service;
	out->items = arena_new(&r->arena, struct form_choice, s->not_accepted_n + 1);
	for (size_t i = 0; out->items && i < s->not_accepted_n; i++) {
		out->items[out->n++] = (struct form_choice){.value = s->not_accepted_ids[i],
		                                            .label = text_in(&s->not_accepted_reasons[i].term, r->lang)};
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for grounds");
}

bool run_accept(struct act_call *a, struct err *e)
{
	const struct service *s = a->f->service;
	const struct calendar *calendar = a->f->institution->calendar;
	struct case_accept move = {.change = a->change, .how = ACCEPTANCE_FULL};
	struct str *papers = NULL;
	if (a->out->end == ACT_INVALID) {
		return true;
	}
	if (a->act->move == MOVE_ACCEPTED_GAP) {
		move.how = ACCEPTANCE_GAP;
		move.until = calendar_add(calendar, a->f->today, s->gap_days);
		move.lapses = s->gap_lapses;
		if (!act_chosen(a, "paper", &papers, &move.paper_n, e)) {
			return false;
		}
		move.papers = papers;
	} else if (a->act->move == MOVE_ACCEPTED_COMMITMENT) {
		move.how = ACCEPTANCE_COMMITMENT;
		move.until = calendar_add(calendar, a->f->today, s->commitment_days);
	}
	return act_write(a, case_accept_job, &move, e);
}

bool run_not_accept(struct act_call *a, struct err *e)
{
	struct case_words move = {.change = a->change,
	                          .move = MOVE_NOT_ACCEPTED,
	                          .ground = act_value(a->input, "ground"),
	                          .text = act_value(a->input, "reason")};
	return a->out->end == ACT_INVALID || act_write(a, case_not_accept_job, &move, e);
}

/* --- The clock: what the service lists, and nothing else
 * ----------------------------------------------------------------------- */

bool act_has_stops(const struct case_facts *f)
{
	return service_stop(f->service, STR_EMPTY, STOP_ENDS_BY_HAND) != NULL;
}

bool act_has_extension(const struct case_facts *f)
{
	return f->service->extension > 0;
}

bool act_stop_reasons(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct service *s = f->service;
	out->items = arena_new(&r->arena, struct form_choice, s->stop_n + 1);
	for (size_t i = 0; out->items && i < s->stop_n; i++) {
		if (s->stops[i].ends == STOP_ENDS_BY_HAND) {
			out->items[out->n++] =
				(struct form_choice){.value = s->stops[i].id, .label = text_in(&s->stops[i].name, r->lang)};
		}
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for reasons");
}

bool run_stop(struct act_call *a, struct err *e)
{
	struct case_words move = {.change = a->change,
	                          .move = MOVE_STOPPED,
	                          .ground = act_value(a->input, "ground"),
	                          .text = act_value(a->input, "reason")};
	return a->out->end == ACT_INVALID || act_write(a, case_stop_job, &move, e);
}

/* --- Signing, putting right
 * --------------------------------------------------------------------------------------------------- */

bool run_sign(struct act_call *a, struct err *e)
{
	struct case_sign move = {.change = a->change, .letter_delay_us = a->r->app->letter_delay_us};
	return act_write(a, case_sign_job, &move, e);
}

bool run_amend(struct act_call *a, struct err *e)
{
	struct case_amend move = {
		.change = a->change, .reason = act_value(a->input, "reason"), .why = act_value(a->input, "why")};
	return a->out->end == ACT_INVALID || act_write(a, case_amend_job, &move, e);
}
