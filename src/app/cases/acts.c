#include "app/cases/acts.h"

#include <stdio.h>

#include "app/people/accounts.h"
#include "app/people/viewer.h"

enum { ERRORS_MAX = 2 * ACT_FIELDS_MAX, CHOSEN_MAX = 200 };

const struct act *act_named(struct str name)
{
	for (const struct act *a = acts; a->name; a++) {
		if (str_is(name, a->name)) {
			return a;
		}
	}
	return NULL;
}

bool act_is_first(const struct act *a)
{
	static const char *const first[] = {"take",   "take-over", "accept", "accept-commitment", "reply", "decide", "ask",
	                                    "recall", "send",      "sign",   "give-opinion",      NULL};
	const char *const *name = first;
	while (*name && strcmp(*name, a->name) != 0) {
		name++;
	}
	return *name != NULL;
}

/* --- Input
 * ---------------------------------------------------------------------------------------------------------------- */

struct str act_value(const struct params *input, const char *name)
{
	for (size_t i = 0; i < input->n; i++) {
		if (str_is(input->items[i].name, name)) {
			return str_trim(input->items[i].value);
		}
	}
	return STR_EMPTY;
}

void act_wrong(struct act_call *a, const char *field, const char *msgid)
{
	act_wrong_text(a, field, tr(a->r->lang, msgid));
}

void act_wrong_text(struct act_call *a, const char *field, struct str text)
{
	struct act_outcome *out = a->out;
	if (out->errors == NULL) {
		out->errors = arena_new(&a->r->arena, struct form_error, ERRORS_MAX);
	}
	out->end = ACT_INVALID;
	if (out->errors && out->error_n < ERRORS_MAX) {
		out->errors[out->error_n++] = (struct form_error){str_of(field), text};
	}
}

static bool choices_of(struct req *r, const struct act_field *field, const struct case_facts *f,
                       struct act_choices *out, struct err *e)
{
	*out = (struct act_choices){0};
	return field->kind == ACT_QUESTIONS ? act_questions(r, f, out, e)
	                                    : field->choices == NULL || field->choices(r, f, out, e);
}

static const struct act_field *field_named(const struct act *act, const char *name)
{
	const struct act_field *field = act->fields;
	while (strcmp(field->name, name) != 0) {
		field++;
		must(field->name != NULL);
	}
	return field;
}

static const struct form_choice *choice_of(const struct act_choices *all, struct str value)
{
	for (size_t i = 0; i < all->n; i++) {
		if (str_eq(all->items[i].value, value)) {
			return &all->items[i];
		}
	}
	return NULL;
}

bool act_chosen(struct act_call *a, const char *name, struct str **out, size_t *n, struct err *e)
{
	struct act_choices all;
	*n = 0;
	if (!choices_of(a->r, field_named(a->act, name), a->f, &all, e)) {
		return false;
	}
	*out = arena_new(&a->r->arena, struct str, all.n + 1);
	for (size_t i = 0; *out && i < all.n; i++) {
		for (size_t k = 0; k < a->input->n; k++) {
			if (str_is(a->input->items[k].name, name) && str_eq(a->input->items[k].value, all.items[i].value)) {
				(*out)[(*n)++] = all.items[i].value;
				break;
			}
		}
	}
	return *out ? true : err_set(e, ERR_MEMORY, "no memory for what was chosen");
}

bool act_questions(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	const struct service *s = f->service;
	out->n = 0;
	out->items = arena_new(&r->arena, struct form_choice, service_question_count(s) + 1);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for questions");
	}
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *page = &s->pages[i];
		for (size_t k = 0; page_is_shown(page, &f->answers) && k < page->question_n; k++) {
			if (question_is_shown(page, &page->questions[k], &f->answers)) {
				out->items[out->n++] = (struct form_choice){.value = page->questions[k].id,
				                                            .label = text_in(&page->questions[k].label, r->lang)};
			}
		}
	}
	return true;
}

/* What one field says wrong about itself. */
static bool check_field(struct act_call *a, const struct act_field *field, struct err *e)
{
	if (field->is_asked && !field->is_asked(a->f)) {
		return true;
	}
	struct act_choices all;
	struct str value = act_value(a->input, field->name);
	struct str *chosen;
	size_t n;
	day_number day;
	switch (field->kind) {
	case ACT_WORDS:
	case ACT_LINE:
		if (value.n == 0 && field->missing) {
			act_wrong(a, field->name, field->missing);
		} else if (str_runes(value) > (size_t)field->chars_max) {
			act_wrong(a, field->name,
			          field->chars_max >= 4000 ? N_("Write at most 4,000 characters.")
			                                   : N_("Write at most 200 characters."));
		}
		return true;
	case ACT_RADIOS:
	case ACT_SELECT:
		if (!choices_of(a->r, field, a->f, &all, e)) {
			return false;
		}
		if (all.n == 0 && field->only_if_any) {
			return true;
		}
		if (choice_of(&all, value) == NULL && (field->missing || value.n > 0)) {
			act_wrong(a, field->name, field->missing ? field->missing : N_("Choose one from the list."));
		}
		return true;
	case ACT_CHECKS:
	case ACT_QUESTIONS:
		if (!act_chosen(a, field->name, &chosen, &n, e)) {
			return false;
		}
		if (n == 0 && field->missing) {
			act_wrong(a, field->name, field->missing);
		}
		return true;
	case ACT_DAY:
		if (!act_day(a->input, field->name, &day) && (field->missing || act_day_is_typed(a->input, field->name))) {
			act_wrong(a, field->name, field->missing ? field->missing : N_("Enter a day that exists, as 24 11 2026."));
		}
		return true;
	case ACT_PAPERS: /* checked when they are stored */
		return true;
	}
	return true;
}

static struct str part_of(const struct params *input, const char *name, const char *part)
{
	char whole[64];
	snprintf(whole, sizeof whole, "%s-%s", name, part);
	return act_value(input, whole);
}

bool act_day_is_typed(const struct params *input, const char *name)
{
	return act_value(input, name).n > 0 || part_of(input, name, "day").n > 0 || part_of(input, name, "month").n > 0 ||
	       part_of(input, name, "year").n > 0;
}

bool act_day(const struct params *input, const char *name, day_number *out)
{
	struct str day = part_of(input, name, "day"), month = part_of(input, name, "month"),
			   year = part_of(input, name, "year");
	char iso[32];
	if (act_value(input, name).n > 0) {
		return date_parse(act_value(input, name), out);
	}
	snprintf(iso, sizeof iso, "%.*s-%s%.*s-%s%.*s", (int)(year.n < 5 ? year.n : 5), year.p ? year.p : "",
	         month.n == 1 ? "0" : "", (int)(month.n < 3 ? month.n : 3), month.p ? month.p : "", day.n == 1 ? "0" : "",
	         (int)(day.n < 3 ? day.n : 3), day.p ? day.p : "");
	return date_parse(str_of(iso), out);
}

/* --- Who, and whether now
 * ------------------------------------------------------------------------------------------------- */

static bool refuse(struct act_outcome *out, enum act_end end, const char *why)
{
	out->end = end;
	out->why = why;
	return false;
}

int64_t act_asked_office(const struct req *r, const struct case_facts *f)
{
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		if (role->kind == ROLE_OFFICIAL && case_open_matter(f, MATTER_OPINION, role->institution)) {
			return role->institution;
		}
	}
	return 0;
}

static bool is_the_person(const struct req *r, const struct act *a, const struct case_facts *f, struct act_outcome *out)
{
	const struct viewer *v = r->viewer;
	bool has_it = f->c.handler != 0 && f->c.handler == v->account;
	if (a->who == BY_APPLICANT) {
		return viewer_acts_for(v, f->c.party) != NULL ||
		       refuse(out, ACT_FORBIDDEN, N_("You do not act for who applied."));
	}
	/* Nobody works on the own case. */
	if (viewer_acts_for(v, f->c.party) != NULL) {
		return refuse(out, ACT_FORBIDDEN, N_("You act for who applied. A colleague works on this case."));
	}
	if (a->who == BY_EXPERT && has_it) {
		return refuse(out, ACT_CONFLICT, N_("You asked for it. Somebody else gives the opinion."));
	}
	if (a->who == BY_EXPERT) {
		return act_asked_office(r, f) != 0 || refuse(out, ACT_CONFLICT, N_("Your opinion is not waited for."));
	}
	bool is_heads = a->who == BY_HEAD || a->who == BY_SIGNER;
	if (!viewer_has_role(v, is_heads ? ROLE_HEAD : ROLE_OFFICIAL, f->c.institution)) {
		return refuse(out, ACT_FORBIDDEN,
		              is_heads ? N_("Only a head of the office can do this.") : N_("Your office has no such case."));
	}
	if (a->who == BY_SIGNER && (f->decision.decided_by == v->account || has_it)) {
		return refuse(out, ACT_CONFLICT, N_("Somebody else has to sign second."));
	}
	if ((a->who == BY_HANDLER && !has_it) || (a->move == MOVE_TAKEN && f->c.handler != 0 && !has_it)) {
		out->taken_by = f->handler;
		return refuse(out, ACT_CONFLICT, f->c.handler ? NULL : N_("Take the case first."));
	}
	if (a->who == BY_AUTHOR && (!f->decision.found || f->decision.decided_by != v->account)) {
		return refuse(out, ACT_CONFLICT,
		              a->move == MOVE_RECALLED
		                  ? N_("Only who decided can take the decision back, until the letter leaves.")
		                  : N_("Only who decided can do this."));
	}
	return true;
}

bool case_act_may(struct req *r, const struct act *a, const struct case_facts *f, struct act_outcome *out)
{
	*out = (struct act_outcome){0};
	if (a->is_offered && !a->is_offered(f)) {
		return refuse(out, ACT_CONFLICT, N_("This service does not provide for it."));
	}
	if (!is_the_person(r, a, f, out)) {
		return false;
	}
	if (a->may && !a->may(f, r->viewer, &out->why)) {
		return refuse(out, ACT_CONFLICT, out->why);
	}
	return case_move_fits(a->move, f->c.state, f->c.flags) ||
	       (a->or_move != MOVE_SUBMITTED && case_move_fits(a->or_move, f->c.state, f->c.flags)) ||
	       refuse(out, ACT_CONFLICT, NULL);
}

bool case_acts_now(struct req *r, const struct case_facts *f, bool is_applicants, const struct act ***out, size_t *n,
                   struct err *e)
{
	size_t all = 0;
	while (acts[all].name) {
		all++;
	}
	*n = 0;
	*out = arena_new(&r->arena, const struct act *, all);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for acts");
	}
	for (const struct act *a = acts; a->name; a++) {
		struct act_outcome ignored;
		if (act_is_applicants(a) == is_applicants && case_act_may(r, a, f, &ignored)) {
			(*out)[(*n)++] = a;
		}
	}
	return true;
}

/* --- Doing it
 * ------------------------------------------------------------------------------------------------------------- */

bool act_write(struct act_call *a, store_job *job, void *ctx, struct err *e)
{
	return (act_is_applicants(a->act) || people_still_allowed(a->r->app->store, a->r->viewer, e)) &&
	       app_write(a->r, a->op, job, ctx, e);
}

static bool run(struct act_call *a, struct err *e)
{
	for (const struct act_field *field = a->act->fields; field->name; field++) {
		if (!check_field(a, field, e)) {
			return false;
		}
	}
	return a->act->run(a, e);
}

bool case_act(struct req *r, const struct act *a, struct case_facts *f, const struct params *input, struct store_op *op,
              struct act_outcome *out, struct err *e)
{
	if (!case_act_may(r, a, f, out)) {
		if (out->end == ACT_CONFLICT && ((a->is_done && a->is_done(f, r->viewer)) || app_op_was_done(r, op))) {
			*out = (struct act_outcome){.end = ACT_DONE};
		}
		return true;
	}
	struct act_call call = {
		.r = r,
		.act = a,
		.f = f,
		.input = input,
		.op = op,
		.out = out,
		.change = {.party = f->c.party,
	               .casefile = f->c.id,
	               .version = f->c.version,
	               .actor = r->viewer->account,
	               .actor_name = r->viewer->name,
	               .calendar = f->calendar,
	               .service = f->service,
	               .app = r->app},
	};
	if (run(&call, e)) {
		return true;
	}
	struct err again;
	if (e->code != ERR_CONFLICT || !case_facts(r, f->c.party, f->c.id, f, &again)) {
		return false;
	}
	out->end = ACT_CONFLICT;
	out->why = e->say;
	out->taken_by = f->c.handler != 0 && f->c.handler != r->viewer->account ? f->handler : STR_EMPTY;
	return true;
}
