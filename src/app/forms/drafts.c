/* What the pages of a draft share. */
#include "app/forms/pages.h"

#include "app/catalogue/catalogue.h"
#include "app/forms/page_state.h"
#include "app/people/viewer.h"

struct load {
	int64_t party, id;
	struct open_draft *out;
};

static bool job_load(struct tx *tx, void *ctx, struct err *e)
{
	struct load *l = ctx;
	return draft_get(tx, l->party, l->id, &l->out->d, e) && files_of(tx, l->party, l->id, &l->out->files, e) &&
	       held_of(tx, l->party, &l->out->files, e);
}

static bool find_draft(struct req *r, int64_t id, struct open_draft *o, struct err *e)
{
	const struct viewer *v = r->viewer;
	/* Those that a mandate names first: who has one mostly comes for them. */
	for (size_t i = v->party_n; i-- > 0;) {
		struct load l = {.party = v->parties[i].party, .id = id, .out = o};
		struct err why = {0};
		if (store_read(r->app->store, l.party, &r->arena, job_load, &l, &why)) {
			o->applicant = v->parties[i].name;
			return true;
		}
		if (why.code != ERR_NOT_FOUND) {
			*e = why;
			return false;
		}
	}
	return err_tell(e, ERR_NOT_FOUND, N_("You have no such application."), "no such draft of the viewer's parties");
}

bool draft_open(struct req *r, int64_t id, struct open_draft *o, struct err *e)
{
	*o = (struct open_draft){.applicant = STR_EMPTY};
	if (!find_draft(r, id, o, e) || !catalogue_definition(r->app, o->d.definition, &o->service, e) ||
	    !answers_parse(&r->arena, o->d.answers_json, &o->all, e) ||
	    !answers_shown(&r->arena, o->service, &o->all, &o->shown, e)) {
		return false;
	}
	o->today = form_today(r->app, o->service);
	o->open_n = answers_check(&r->arena, o->service, &o->all, &o->files, o->today, &o->open);
	return o->open != NULL || err_set(e, ERR_MEMORY, "no room for a draft");
}

bool draft_open_arg(struct req *r, struct open_draft *o, bool *is_answered, struct err *e)
{
	int64_t id = 0;
	*is_answered = false;
	if (!req_arg_id(r, 0, &id, e) || !draft_open(r, id, o, e)) {
		return false;
	}
	if (o->d.state != DRAFT_OPEN) {
		*is_answered = true;
		return req_redirect(r, arena_printf(&r->arena, "/cases/%s", id_text(id).c));
	}
	return true;
}

struct str draft_path(struct req *r, int64_t id, const char *rest)
{
	return arena_printf(&r->arena, "/draft/%s%s", id_text(id).c, rest);
}

struct str draft_page_path(struct req *r, const struct open_draft *o, size_t page)
{
	return arena_printf(&r->arena, "/draft/%s/page/%.*s", id_text(o->d.id).c, STR_ARG(o->service->pages[page].id));
}

static bool is_open(const struct open_draft *o, struct str question)
{
	for (size_t i = 0; i < o->open_n; i++) {
		if (str_eq(o->open[i], question)) {
			return true;
		}
	}
	return false;
}

void draft_page_counts(const struct open_draft *o, const struct form_page *p, size_t *open, size_t *answered,
                       size_t *asked)
{
	*open = 0;
	*answered = 0;
	*asked = 0;
	for (size_t i = 0; i < p->question_n; i++) {
		const struct question *q = &p->questions[i];
		if (!question_is_shown(p, q, &o->shown)) {
			continue;
		}
		const struct answer *a = answers_find(&o->shown, q->id);
		bool has_answer = q->type == QUESTION_FILES ? files_count(&o->files, q->id) > 0 ||
		                                                  held_for(o->service, q, &o->files, o->today) != NULL
		                                            : answer_is_given(a);
		*answered += has_answer;
		*open += is_open(o, q->id);
		(*asked)++;
	}
}

/* A page is shown when one of its questions is. */
size_t draft_next_page(const struct open_draft *o, size_t after)
{
	for (size_t i = after == SIZE_MAX ? 0 : after + 1; i < o->service->page_n; i++) {
		const struct form_page *p = &o->service->pages[i];
		for (size_t k = 0; k < p->question_n; k++) {
			if (question_is_shown(p, &p->questions[k], &o->shown)) {
				return i;
			}
		}
	}
	return SIZE_MAX;
}
