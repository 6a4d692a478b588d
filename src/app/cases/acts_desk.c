/* What officials do to a case: the table, and what each act checks and writes beyond it. */
#include "app/cases/acts.h"
#include "app/people/viewer.h"
#include "base/json.h"

enum { REASON_MAX_CHARS = 4000 };

#define REASON_FIELD(label_, hint_)                                                                              \
	{                                                                                                            \
		.name = "reason", .kind = ACT_WORDS, .label = (label_), .hint = (hint_),                                 \
		.missing = N_("Write at least one sentence: the applicant will read it."), .chars_max = REASON_MAX_CHARS \
	}

/* --- Taking
 * ---------------------------------------------------------------------------------------------------------------- */

static bool is_mine(const struct case_facts *f, const struct viewer *v)
{
	return f->c.handler == v->account;
}

static bool run_take(struct act_call *a, struct err *e)
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

static bool run_ask(struct act_call *a, struct err *e)
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
	put_asked(a, ids, n, &move);
	return act_write(a, case_ask_job, &move, e);
}

/* --- Deciding
 * ---------------------------------------------------------------------------------------------------------------- */

static bool outcomes(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
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

static bool grounds(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct service *s = f->service;
	out->items = arena_new(&r->arena, struct form_choice, s->refusal_reason_n + 1);
	for (size_t i = 0; out->items && i < s->refusal_reason_n; i++) {
		out->items[out->n++] = (struct form_choice){.value = s->refusal_reason_ids[i],
		                                            .label = text_in(&s->refusal_reasons[i].term, r->lang)};
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for grounds");
}

static struct str decide_lead(struct req *r, const struct case_facts *f)
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

static bool run_decide(struct act_call *a, struct err *e)
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
		.document = a->f->service->issues_document,
		.valid_years = a->f->service->issues_years,
		.letter_delay_us = a->r->app->letter_delay_us,
	};
	return act_write(a, case_decide_job, &move, e);
}

/* --- Taking back, sending
 * ----------------------------------------------------------------------------------------------------- */

static bool may_recall(const struct case_facts *f, const struct viewer *v, const char **why)
{
	(void)v;
	*why = N_("The letter has left. The decision can no longer be taken back.");
	return f->c.state != CASE_CLOSED;
}

static bool run_recall(struct act_call *a, struct err *e)
{
	struct case_words move = {.change = a->change, .move = MOVE_RECALLED, .text = act_value(a->input, "reason")};
	return a->out->end == ACT_INVALID || act_write(a, case_recall_job, &move, e);
}

static bool is_sent(const struct case_facts *f, const struct viewer *v)
{
	(void)v;
	return f->c.state == CASE_CLOSED;
}

static bool run_send(struct act_call *a, struct err *e)
{
	return act_write(a, case_letter_leaves_job, &a->change, e);
}

/* --- The table
 * --------------------------------------------------------------------------------------------------------------- */

const struct act acts[] = {
	{.name = "take",
     .who = BY_OFFICIAL,
     .move = MOVE_TAKEN,
     .is_for_many = true,
     .button = N_("Take the case"),
     .is_done = is_mine,
     .run = run_take},
	{.name = "decide",
     .who = BY_HANDLER,
     .move = MOVE_DECIDED,
     .is_for_many = true,
     .title = N_("Decide"),
     .lead_of = decide_lead,
     .button = N_("Decide"),
     .fields = {{.name = "outcome",
                 .kind = ACT_RADIOS,
                 .label = N_("What do you decide?"),
                 .missing = N_("Choose whether you grant or refuse."),
                 .choices = outcomes},
                {.name = "ground",
                 .kind = ACT_SELECT,
                 .label = N_("Ground for a refusal"),
                 .hint = N_("Only when you refuse."),
                 .no_choice = N_("No ground chosen"),
                 .choices = grounds},
                REASON_FIELD(N_("Reasons"), N_("They stand in the letter as you write them."))},
     .run = run_decide},
	{.name = "ask",
     .who = BY_HANDLER,
     .move = MOVE_ASKED,
     .title = N_("Ask for a correction"),
     .lead = N_("The applicant sees the questions you choose and your reason. The clock stands from the next working "
                "day until the answer."),
     .button = N_("Send to the applicant"),
     .fields = {{.name = "question",
                 .kind = ACT_QUESTIONS,
                 .label = N_("Which answers are to be put right?"),
                 .missing = N_("Choose at least one answer that is to be put right.")},
                REASON_FIELD(N_("What is wrong, and what would be right?"),
                             N_("The applicant reads this as you write it."))},
     .run = run_ask},
	{.name = "send",
     .who = BY_AUTHOR,
     .move = MOVE_LETTER_LEFT,
     .is_for_many = true,
     .button = N_("Send the letter now"),
     .is_done = is_sent,
     .run = run_send},
	{.name = "recall",
     .who = BY_AUTHOR,
     .move = MOVE_RECALLED,
     .title = N_("Take the decision back"),
     .lead = N_("The letter has not left. The case is yours again, as before the decision; your reason is kept."),
     .button = N_("Take it back"),
     .fields = {REASON_FIELD(N_("Why?"), NULL)},
     .may = may_recall,
     .run = run_recall},
	{0},
};
