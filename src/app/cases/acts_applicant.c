/* What applicants do to their case beside correcting it. */
#include "app/cases/act_runs.h"
#include "app/cases/applicant.h"
#include "app/cases/bundle.h"
#include "app/people/viewer.h"
#include "base/json.h"

enum { PAPERS_MOST = 10 };

/* --- Asked and answered
 * -------------------------------------------------------------------------------------------------------- */

static struct str words_of(const struct case_facts *f, int64_t kind)
{
	const struct matter_list_out *m = case_open_matter(f, kind, 0);
	return m ? m->words : STR_EMPTY;
}

struct str act_question_lead(struct req *r, const struct case_facts *f)
{
	(void)r;
	return words_of(f, MATTER_QUESTION);
}

struct str act_enquiry_lead(struct req *r, const struct case_facts *f)
{
	(void)r;
	return words_of(f, MATTER_ENQUIRY);
}

/* --- Papers
 * --------------------------------------------------------------------------------------------------------------------
 */

/* Papers are stored first, each by itself, as in the form; then the move says that they came. */
static bool store_papers(struct act_call *a, const struct question *q, size_t *stored, bool *is_wrong, struct err *e)
{
	struct str why = STR_EMPTY;
	if (!form_store_papers(a->r, q, "papers", a->f->c.party, a->f->c.id, stored, &why, e)) {
		return false;
	}
	*is_wrong = why.n > 0;
	if (*is_wrong) {
		act_wrong_text(a, "papers", why);
	}
	return true;
}

bool run_add(struct act_call *a, struct err *e)
{
	static const struct question extra = {.id = {.p = CASE_ADDED_PAPERS, .n = sizeof CASE_ADDED_PAPERS - 1},
	                                      .type = QUESTION_FILES,
	                                      .files_max = PAPERS_MOST};
	struct case_words move = {.change = a->change, .move = MOVE_ADDED, .text = act_value(a->input, "reason")};
	size_t stored = 0;
	bool is_wrong = false;
	if (a->out->end == ACT_INVALID) {
		return true;
	}
	if (!store_papers(a, &extra, &stored, &is_wrong, e)) {
		return false;
	}
	if (!is_wrong && stored == 0 && move.text.n == 0) {
		act_wrong(a, "reason", N_("Write something, or choose a paper."));
		return true;
	}
	return is_wrong || act_write(a, case_note_job, &move, e);
}

/* The evidence that a promised paper is: ["id"]. */
static const struct evidence *evidence_of(struct req *r, const struct case_facts *f, const struct matter_list_out *m)
{
	struct json *list = NULL;
	struct err ignored;
	return json_parse(&r->arena, m->about, &list, &ignored) && list->first
	           ? service_evidence(f->service, list->first->string)
	           : NULL;
}

bool act_open_papers(struct req *r, const struct case_facts *f, struct act_choices *out, struct err *e)
{
	out->items = arena_new(&r->arena, struct form_choice, f->matter_n + 1);
	for (size_t i = 0; out->items && i < f->matter_n; i++) {
		const struct matter_list_out *m = &f->matters[i];
		const struct evidence *ev = m->kind == MATTER_GAP && !m->has_closed_at ? evidence_of(r, f, m) : NULL;
		if (ev) {
			out->items[out->n] = (struct form_choice){.value = arena_copy(&r->arena, str_of(id_text(m->id).c)),
			                                          .label = text_in(&ev->name, r->lang),
			                                          .is_chosen = out->n == 0};
			out->n++;
		}
	}
	return out->items ? true : err_set(e, ERR_MEMORY, "no memory for papers");
}

/* The question of the form that asks for this evidence: the paper stands in its place. */
static const struct question *question_for(const struct service *s, struct str evidence)
{
	for (size_t i = 0; i < s->page_n; i++) {
		for (size_t k = 0; k < s->pages[i].question_n; k++) {
			const struct question *q = &s->pages[i].questions[k];
			if (q->type == QUESTION_FILES && str_eq(q->evidence, evidence)) {
				return q;
			}
		}
	}
	return NULL;
}

bool run_bring(struct act_call *a, struct err *e)
{
	struct case_words move = {.change = a->change, .move = MOVE_GAP_BROUGHT};
	const struct question *q = NULL;
	size_t stored = 0;
	bool is_wrong = false;
	if (a->out->end == ACT_INVALID) {
		return true;
	}
	for (size_t i = 0; i < a->f->matter_n; i++) {
		const struct matter_list_out *m = &a->f->matters[i];
		if (str_is(act_value(a->input, "paper"), id_text(m->id).c)) {
			const struct evidence *ev = evidence_of(a->r, a->f, m);
			move.matter = m->id;
			q = ev ? question_for(a->f->service, ev->id) : NULL;
			move.ground = ev ? ev->id : STR_EMPTY;
		}
	}
	if (q == NULL) {
		return err_set(e, ERR_CONFLICT, "that paper is not waited for");
	}
	/* What was sent before stays beside it, and takes no room from it. */
	struct question brought = *q;
	brought.files_max = PAPERS_MOST + q->files_max;
	if (!store_papers(a, &brought, &stored, &is_wrong, e)) {
		return false;
	}
	if (!is_wrong && stored == 0) {
		act_wrong(a, "papers", N_("Choose the file of the paper."));
		return true;
	}
	return is_wrong || act_write(a, case_close_matter_job, &move, e);
}

/* --- Objecting
 * ----------------------------------------------------------------------------------------------------------------- */

bool act_may_be_objected(const struct case_facts *f)
{
	return f->service->objection_days > 0;
}

/* The last day on which it can be objected to: counted from the end, whole days. */
static day_number objection_day(const struct case_facts *f)
{
	return f->c.ended_day + f->service->objection_days;
}

bool act_may_object(const struct case_facts *f, const struct viewer *v, const char **why)
{
	(void)v;
	*why = N_("The time in which you could object is over.");
	return !f->c.has_ended_day || f->today <= objection_day(f);
}

struct str act_object_lead(struct req *r, const struct case_facts *f)
{
	return CASE_SAY(r,
	                N_("You can object until {date}. The objection is a case of its own; somebody else decides on it."),
	                TR_O("date", case_date(r, f, objection_day(f), DATE_LONG)));
}

/* The answers of the objection: its first long text holds the grounds. */
static struct str answers_of(struct act_call *a, const struct service *s, struct str grounds)
{
	struct answers all = {arena_new(&a->r->arena, struct answer, 1), 0};
	for (size_t i = 0; all.items && all.n == 0 && i < s->page_n; i++) {
		for (size_t k = 0; all.n == 0 && k < s->pages[i].question_n; k++) {
			if (s->pages[i].questions[k].type == QUESTION_LONG_TEXT) {
				struct str *value = arena_new(&a->r->arena, struct str, 1);
				if (value) {
					*value = grounds;
					all.items[all.n++] =
						(struct answer){.question = s->pages[i].questions[k].id, .values = value, .value_n = 1};
				}
			}
		}
	}
	struct buf b;
	buf_init(&b, 64 * 1024);
	answers_put_json(&b, &all);
	return case_keep(a->r, &b);
}

bool run_object(struct act_call *a, struct err *e)
{
	struct app *app = a->r->app;
	const struct service *s = catalogue_service(app, a->f->service->objection_service);
	struct casefile_insert_in row;
	struct case_submit submit;
	if (a->out->end == ACT_INVALID) {
		return true;
	}
	if (s == NULL) {
		return err_set(e, ERR_INTERNAL, "the service of objections is not in force");
	}
	struct case_birth birth = {
		.party = a->f->c.party,
		.id = id_in_time(time_legal_us(&app->time)),
		.submitted_by = a->r->viewer->account,
		.answers = answers_of(a, s, act_value(a->input, "reason")),
		.applicant = a->f->applicant,
	};
	if (!case_birth_of(app, s, &birth, e) || !case_birth_number(app, &a->r->arena, &birth, e) ||
	    !case_birth_fill(app, &a->r->arena, &birth, time_legal_us(&app->time), &row, &submit, e)) {
		return false;
	}
	row.objects_to = a->f->c.id;
	struct case_object move = {
		.change = a->change, .submit = &submit, .service = s, .reason = act_value(a->input, "reason")};
	return act_write(a, case_object_job, &move, e);
}
