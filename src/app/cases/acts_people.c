/* Acts by which others come to a case: a colleague, another office, its opinion. */
#include "app/cases/act_runs.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/json.h"

enum { OPINION_DAYS = 5 }; /* working days that another office has when no day is named */

/* --- To a colleague
 * ----------------------------------------------------------------------------------------------------------- */

bool act_colleagues(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	struct account_list list;
	if (!people_staff(r->app->store, &r->arena, f->c.institution, &list, e)) {
		return false;
	}
	out->items = arena_new(&r->arena, struct form_choice, list.n + 1);
	for (size_t i = 0; out->items && i < list.n; i++) {
		const struct account_line *line = &list.items[i];
		bool is_official = false;
		for (size_t k = 0; k < line->role_n; k++) {
			is_official = is_official || line->roles[k].kind == ROLE_OFFICIAL;
		}
		if (is_official && !line->is_disabled && line->account != f->c.handler) {
			out->items[out->n++] = (struct form_choice){
				.value = arena_copy(&r->arena, str_of(id_text(line->account).c)), .label = line->name};
		}
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for colleagues");
}

bool run_hand(struct act_call *a, struct err *e)
{
	struct act_choices all = {0};
	struct str to = act_value(a->input, "colleague");
	struct case_hand move = {.change = a->change,
	                         .move = a->act->move == MOVE_MOVED && a->f->c.state == CASE_RECEIVED ? MOVE_ASSIGNED
	                                                                                              : a->act->move,
	                         .reason = act_value(a->input, "reason")};
	if (a->out->end == ACT_INVALID) {
		return true;
	}
	if (!act_colleagues(a->r, a->f, &all, e)) {
		return false;
	}
	for (size_t i = 0; i < all.n; i++) {
		if (str_eq(all.items[i].value, to) && id_parse(to, &move.to)) {
			move.to_name = all.items[i].label;
		}
	}
	return act_write(a, case_hand_job, &move, e);
}

bool act_may_take_over(const struct case_facts *f, const struct viewer *v, const char **why)
{
	*why = NULL;
	return f->c.handler != 0 && f->c.handler != v->account && (f->is_handler_gone || f->stands_in);
}

bool run_take_over(struct act_call *a, struct err *e)
{
	struct case_hand move = {.change = a->change,
	                         .move = MOVE_TAKEN_OVER,
	                         .to = a->r->viewer->account,
	                         .to_name = a->r->viewer->name,
	                         .reason = act_value(a->input, "reason")};
	return a->out->end == ACT_INVALID || act_write(a, case_hand_job, &move, e);
}

/* --- To another office, and its opinion
 * --------------------------------------------------------------------------------------- */

bool act_offices(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct institution *offices;
	size_t n = catalogue_institutions(r->app, &offices);
	out->items = arena_new(&r->arena, struct form_choice, n + 1);
	for (size_t i = 0; out->items && i < n; i++) {
		if (offices[i].id != f->c.institution && offices[i].supervises.n == 0 &&
		    !case_open_matter(f, MATTER_OPINION, offices[i].id)) {
			out->items[out->n++] =
				(struct form_choice){.value = offices[i].pack_id, .label = text_in(&offices[i].name, r->lang)};
		}
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for offices");
}

static int64_t office_of(struct act_call *a)
{
	const struct institution *at = catalogue_institution_named(a->r->app, act_value(a->input, "office"));
	return at ? at->id : 0;
}

bool run_forward(struct act_call *a, struct err *e)
{
	struct case_hand move = {
		.change = a->change, .move = MOVE_FORWARDED, .to = office_of(a), .reason = act_value(a->input, "reason")};
	return a->out->end == ACT_INVALID || act_write(a, case_forward_job, &move, e);
}

static struct str ids_json(struct req *r, const struct str *ids, size_t n)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	struct json_out j = {.to = &b};
	json_begin_array(&j);
	for (size_t i = 0; i < n; i++) {
		json_put_string(&j, ids[i]);
	}
	json_end_array(&j);
	return case_keep(r, &b);
}

bool run_ask_opinion(struct act_call *a, struct err *e)
{
	const struct calendar *calendar = a->f->institution->calendar;
	struct case_opinion move = {
		.change = a->change, .institution = office_of(a), .text = act_value(a->input, "reason")};
	struct str *ids;
	size_t n;
	if (!act_day(a->input, "until", &move.until)) {
		move.until = calendar_add(calendar, a->f->today, OPINION_DAYS);
	} else if (move.until <= a->f->today || move.until > a->f->today + 366) {
		act_wrong(a, "until", N_("Choose a day after today, within a year."));
	}
	if (a->out->end == ACT_INVALID) {
		return true;
	}
	if (!act_chosen(a, "question", &ids, &n, e)) {
		return false;
	}
	move.questions_json = ids_json(a->r, ids, n);
	return act_write(a, case_ask_opinion_job, &move, e);
}

bool act_opinions(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	(void)f;
	out->items = arena_new(&r->arena, struct form_choice, 3);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for opinions");
	}
	out->items[out->n++] =
		(struct form_choice){.value = STR("for"), .label = tr(r->lang, N_("Nothing speaks against it"))};
	out->items[out->n++] =
		(struct form_choice){.value = STR("conditions"), .label = tr(r->lang, N_("Under conditions"))};
	out->items[out->n++] =
		(struct form_choice){.value = STR("against"), .label = tr(r->lang, N_("It should not be granted"))};
	return true;
}

struct str act_opinion_lead(struct req *r, const struct case_facts *f)
{
	int64_t office = act_asked_office(r, f);
	const struct matter_list_out *m = office ? case_open_matter(f, MATTER_OPINION, office) : NULL;
	return m ? m->words : STR_EMPTY;
}

bool run_give_opinion(struct act_call *a, struct err *e)
{
	struct str opinion = act_value(a->input, "opinion");
	struct case_opinion move = {
		.change = a->change,
		.institution = act_asked_office(a->r, a->f),
		.text = act_value(a->input, "reason"),
		.opinion = str_is(opinion, "for")       ? OPINION_FOR
	               : str_is(opinion, "against") ? OPINION_AGAINST
	                                            : OPINION_CONDITIONS,
	};
	return a->out->end == ACT_INVALID || act_write(a, case_give_opinion_job, &move, e);
}
