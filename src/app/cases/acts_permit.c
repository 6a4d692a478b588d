/* Acts on the document of a grant: the applicant says how it is to come, an official hands it over and renews it. */
#include "app/cases/act_runs.h"

bool act_has_document(const struct case_facts *f)
{
	return f->credential.found;
}

bool act_has_ways(const struct case_facts *f)
{
	return hand_over_is_asked(f->service->document.ways) && !text_is_empty(&f->service->document.title);
}

bool act_may_choose_way(const struct case_facts *f, const struct viewer *v, const char **why)
{
	(void)v;
	bool is_over = f->credential.has_withdrawn_at || (f->c.state == CASE_CLOSED && f->c.outcome != OUTCOME_GRANTED);
	*why = is_over ? N_("There is nothing to hand over.") : N_("It was handed over already.");
	return !is_over && (!f->credential.has_handed_at || f->credential.way == HAND_OVER_DOWNLOAD);
}

bool act_may_hand_over(const struct case_facts *f, const struct viewer *v, const char **why)
{
	(void)v;
	*why = f->credential.has_handed_at ? N_("It was handed over already.") : N_("The holder downloads it.");
	return (f->c.flags & IS_TO_HAND_OVER) != 0;
}

bool act_may_renew(const struct case_facts *f, const struct viewer *v, const char **why)
{
	(void)v;
	*why = N_("It is valid without end.");
	return f->credential.has_valid_until;
}

bool act_ways(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	out->items = arena_new(&r->arena, struct form_choice, HAND_OVER_WAYS);
	for (size_t i = 0; out->items && i < HAND_OVER_WAYS; i++) {
		const struct hand_over_way *w = &hand_over_ways[i];
		if (f->service->document.ways & w->way) {
			out->items[out->n++] = (struct form_choice){
				.value = str_of(w->id), .label = tr(r->lang, w->name), .hint = tr(r->lang, w->hint)};
		}
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for ways");
}

/* As it stands: in the document, before that in the answers. */
bool act_way_now(struct req *r, const struct case_facts *f, struct params *out)
{
	const struct credential_get_out *c = &f->credential;
	const struct hand_over_way *w = c->found ? hand_over_of((enum hand_over)c->way)
	                                         : hand_over_named(answers_value(&f->answers, STR(HAND_OVER_QUESTION)));
	struct param *items = arena_new(&r->arena, struct param, 3);
	if (items == NULL || w == NULL) {
		return false;
	}
	items[0] = (struct param){STR("way"), str_of(w->id)};
	items[1] = (struct param){STR("second"), c->found ? c->second : answers_value(&f->answers, STR(HAND_OVER_SECOND))};
	items[2] =
		(struct param){STR("address"), c->found ? c->address : answers_value(&f->answers, STR(HAND_OVER_ADDRESS))};
	*out = (struct params){items, 3};
	return true;
}

static bool set_answer(struct req *r, struct answers *as, const char *question, struct str value, struct err *e)
{
	struct str *values = arena_new(&r->arena, struct str, 1);
	if (values == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for an answer");
	}
	*values = value;
	return answers_set(&r->arena, as,
	                   &(struct answer){.question = str_of(question), .values = values, .value_n = value.n > 0}, e);
}

/* The application's answers with this wish in them. */
static bool wish_in_answers(struct act_call *a, struct case_hand_over *move, struct err *e)
{
	struct answers as = {.items = arena_new(&a->r->arena, struct answer, a->f->answers.n + 1), .n = a->f->answers.n};
	struct buf b;
	if (as.items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for answers");
	}
	memcpy(as.items, a->f->answers.items, as.n * sizeof *as.items);
	if (!set_answer(a->r, &as, HAND_OVER_QUESTION, str_of(hand_over_of(move->way)->id), e) ||
	    !set_answer(a->r, &as, HAND_OVER_SECOND, move->second, e) ||
	    !set_answer(a->r, &as, HAND_OVER_ADDRESS, move->address, e)) {
		return false;
	}
	buf_init(&b, 1024 * 1024);
	answers_put_json(&b, &as);
	move->answers_json = case_keep(a->r, &b);
	return move->answers_json.n > 0 || err_set(e, ERR_MEMORY, "no memory for answers");
}

bool run_choose_way(struct act_call *a, struct err *e)
{
	const struct hand_over_way *way = hand_over_named(act_value(a->input, "way"));
	struct case_hand_over move = {.change = a->change,
	                              .way = way ? way->way : HAND_OVER_DOWNLOAD,
	                              .second = act_value(a->input, "second"),
	                              .address = act_value(a->input, "address")};
	if (move.way == HAND_OVER_POST && move.address.n == 0) {
		act_wrong(a, "address", N_("Write the address: name, street and house number, town, country."));
	}
	if (move.way != HAND_OVER_COLLECT) {
		move.second = STR_EMPTY;
	}
	if (move.way != HAND_OVER_POST) {
		move.address = STR_EMPTY;
	}
	return a->out->end == ACT_INVALID ||
	       ((a->f->credential.found || wish_in_answers(a, &move, e)) && act_write(a, case_choose_way_job, &move, e));
}

/* --- At the desk
 * ------------------------------------------------------------------------------------------------------------- */

bool act_receivers(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct credential_get_out *c = &f->credential;
	out->items = arena_new(&r->arena, struct form_choice, 2);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for receivers");
	}
	if (c->way == HAND_OVER_POST) {
		out->items[out->n++] = (struct form_choice){
			.value = STR("post"), .label = tr(r->lang, N_("The post takes it")), .hint = c->address};
		return true;
	}
	out->items[out->n++] =
		(struct form_choice){.value = STR("holder"),
	                         .label = c->holder,
	                         .hint = tr(r->lang, N_("The holder, or who acts for the organisation"))};
	if (c->second.n > 0) {
		out->items[out->n++] = (struct form_choice){
			.value = STR("second"), .label = c->second, .hint = tr(r->lang, N_("Named by the holder to collect it"))};
	}
	return true;
}

bool act_is_posted(const struct case_facts *f)
{
	return f->credential.way == HAND_OVER_POST;
}

bool act_is_collected(const struct case_facts *f)
{
	return !act_is_posted(f);
}

bool act_identity(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	(void)f;
	out->items = arena_new(&r->arena, struct form_choice, 1);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a choice");
	}
	out->items[out->n++] = (struct form_choice){
		.value = STR("seen"), .label = tr(r->lang, N_("I saw the identity card or passport, and it is this person."))};
	return true;
}

struct str act_hand_over_lead(struct req *r, const struct case_facts *f)
{
	return CASE_SAY(r, N_("{title}. {way}."), TR_O("title", text_in(&f->service->document.title, r->lang)),
	                TR_O("way", credential_way_word(r->lang, (enum hand_over)f->credential.way)));
}

bool run_hand_over(struct act_call *a, struct err *e)
{
	const struct credential_get_out *c = &a->f->credential;
	struct str receiver = act_value(a->input, "receiver"), tracking = act_value(a->input, "tracking");
	bool is_post = c->way == HAND_OVER_POST;
	struct case_hand_over move = {.change = a->change,
	                              .way = (enum hand_over)c->way,
	                              .receiver = is_post                      ? STR_EMPTY
	                                          : str_is(receiver, "second") ? c->second
	                                                                       : c->holder,
	                              .tracking = is_post ? tracking : STR_EMPTY};
	return a->out->end == ACT_INVALID || act_write(a, case_hand_over_job, &move, e);
}

struct str act_renew_lead(struct req *r, const struct case_facts *f)
{
	return CASE_SAY(r, N_("It is valid until {date}. Number and code stay; its papers are made anew with the new day."),
	                TR_O("date", case_date(r, f, f->credential.valid_until, DATE_WITH_YEAR)));
}

bool run_renew(struct act_call *a, struct err *e)
{
	day_number until;
	struct case_words move = {.change = a->change, .move = MOVE_RENEWED, .text = act_value(a->input, "reason")};
	if (!act_day(a->input, "until", &until)) {
		if (act_day_is_typed(a->input, "until")) {
			act_wrong(a, "until", N_("There is no such day. Write day, month and year, such as 31 12 2030."));
		}
	} else if (until <= a->f->credential.valid_until) {
		act_wrong(a, "until", N_("Write a day after the one until which it is valid now."));
	} else {
		move.until = until;
	}
	return a->out->end == ACT_INVALID || act_write(a, case_permit_job, &move, e);
}
