/* Applications: begun, filled in, checked and sent by a program, with what the pages ask and say. */
#include "app/api/answers.h"
#include "app/api/endpoints.h"
#include "app/cases/facts.h"
#include "app/cases/submit.h"
#include "app/catalogue/catalogue.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/lapse.h"
#include "app/forms/page_state.h"
#include "app/forms/pages.h"
#include "app/forms/told.h"
#include "app/people/viewer.h"

/* --- Reading ----------------------------------------------------------------------------------------------------- */

static bool open_draft(struct req *r, struct open_draft *o, struct err *e)
{
	int64_t id;
	return req_arg_id(r, 0, &id, e) && draft_open(r, id, o, e);
}

/* The same to change it: what was sent is gone from here. */
static bool open_to_write(struct req *r, struct open_draft *o, struct err *e)
{
	return open_draft(r, o, e) &&
	       (o->d.state == DRAFT_OPEN ||
	        err_tell(e, ERR_GONE, N_("This application was sent. Look at its case."), "a draft that was sent"));
}

static void put_files(struct json_out *j, const struct file_list *files)
{
	put_key(j, "files");
	json_begin_array(j);
	for (size_t i = 0; i < files->n; i++) {
		const struct file_row *f = &files->items[i];
		if (f->is_replaced || f->question.n == 0 || f->question.p[0] == '-') {
			continue;
		}
		json_begin_object(j);
		put_id(j, "id", f->id);
		put_str(j, "question", f->question);
		put_str(j, "name", f->filename);
		put_int(j, "bytes", f->bytes);
		put_int(j, "pages", f->page_n);
		put_instant(j, "added_at", f->added_us);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_pages(struct json_out *j, const struct open_draft *o)
{
	put_key(j, "pages");
	json_begin_array(j);
	for (size_t i = draft_next_page(o, SIZE_MAX); i != SIZE_MAX; i = draft_next_page(o, i)) {
		const struct form_page *p = &o->service->pages[i];
		json_begin_object(j);
		put_str(j, "id", p->id);
		put_key(j, "questions");
		json_begin_array(j);
		for (size_t k = 0; k < p->question_n; k++) {
			if (question_is_shown(p, &p->questions[k], &o->shown)) {
				json_put_string(j, p->questions[k].id);
			}
		}
		json_end_array(j);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_list(struct json_out *j, const char *key, const struct str *items, size_t n)
{
	put_key(j, key);
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_put_string(j, items[i]);
	}
	json_end_array(j);
}

static bool put_draft(struct req *r, struct api_call *c, const struct open_draft *o)
{
	struct json_out *j = &c->j;
	api_put_etag(r, o->d.version);
	json_begin_object(j);
	put_id(j, "id", o->d.id);
	put_str(j, "service", o->d.service);
	put_id(j, "party", o->d.party);
	put_str(j, "applicant", o->applicant);
	put_flag(j, "is_sent", o->d.state != DRAFT_OPEN);
	put_flag(j, "is_offered", !o->is_withdrawn);
	put_instant(j, "changed_at", o->d.changed_us);
	put_day(j, "kept_until", lapse_kept_until(r, o->d.changed_us));
	put_answers(r, j, "answers", o->service, &o->all, &o->files);
	put_files(j, &o->files);
	put_pages(j, o);
	put_list(j, "open", o->open, o->open_n);
	json_end_object(j);
	return true;
}

bool api_read_draft(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	return open_draft(r, &o, e) && put_draft(r, c, &o);
}

struct lines {
	struct draft_line *items;
	size_t n;
};

static bool job_lines(struct tx *tx, void *ctx, struct err *e)
{
	struct lines *l = ctx;
	return drafts_open(tx, tx_route(tx), &l->items, &l->n, e);
}

bool api_list_drafts(struct req *r, struct api_call *c, struct err *e)
{
	struct json_out *j = &c->j;
	json_begin_object(j);
	put_key(j, "items");
	json_begin_array(j);
	for (size_t i = r->viewer->is_program ? 1 : 0; i < r->viewer->party_n; i++) {
		struct lines l = {0};
		int64_t party = r->viewer->parties[i].party;
		if (!store_read(r->app->store, party, &r->arena, job_lines, &l, e)) {
			return false;
		}
		for (size_t k = 0; k < l.n; k++) {
			json_begin_object(j);
			put_id(j, "id", l.items[k].id);
			put_str(j, "service", l.items[k].service);
			put_id(j, "party", party);
			put_instant(j, "changed_at", l.items[k].changed_us);
			put_day(j, "kept_until", lapse_kept_until(r, l.items[k].changed_us));
			json_end_object(j);
		}
	}
	json_end_array(j);
	json_end_object(j);
	return true;
}

/* --- Beginning and throwing away --------------------------------------------------------------------------------- */

/* The party that was named; else the only one that may apply. */
static const struct viewer_party *party_of(struct req *r, const struct service *s, struct str named, const char **why)
{
	const struct viewer *v = r->viewer;
	const struct viewer_party *found = NULL;
	int64_t party = 0;
	if (named.n > 0) {
		found = id_parse(named, &party) ? viewer_acts_for(v, party) : NULL;
		bool is_own = found == &v->parties[0] && v->is_program;
		*why = found == NULL || is_own      ? N_("The token's owner does not act for this party.")
		       : !draft_may_begin(s, found) ? N_("This service is for somebody else: look at its audience.")
		                                    : NULL;
		return found;
	}
	*why = N_("The token's owner acts for nobody who may apply.");
	for (size_t i = v->is_program ? 1 : 0; i < v->party_n; i++) {
		if (draft_may_begin(s, &v->parties[i])) {
			*why = found ? N_("Say for which party: the owner acts for several.") : NULL;
			found = &v->parties[i];
		}
	}
	return found;
}

bool api_begin_draft(struct req *r, struct api_call *c, struct err *e)
{
	struct str id = json_string(c->body, STR("service"));
	const struct service *s = catalogue_service(r->app, id);
	const char *why = NULL;
	struct open_draft o;
	int64_t draft;
	s = s ? s : catalogue_bundle(r->app, id);
	if (s == NULL) {
		api_fault_at(r, c, STR("/service"), tr(r->lang, N_("There is no such service in force.")));
		return api_invalid(r, c);
	}
	const struct viewer_party *p = party_of(r, s, json_string(c->body, STR("party")), &why);
	if (why != NULL) {
		api_fault_at(r, c, STR("/party"), tr(r->lang, why));
		return api_invalid(r, c);
	}
	/* What was sent counts as the operation's content. */
	struct param *form = arena_new(&r->arena, struct param, 3);
	if (form == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a form");
	}
	form[0] = r->form.items[0];
	form[1] = (struct param){STR("service"), s->id};
	form[2] = (struct param){STR("party"), arena_copy(&r->arena, str_of(id_text(p->party).c))};
	r->form = (struct params){form, 3};
	return draft_start(r, s, p->party, (struct enquiry_ref){0}, &draft, e) && draft_open(r, draft, &o, e) &&
	       put_draft(r, c, &o);
}

bool api_discard_draft(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	if (!open_to_write(r, &o, e) || !api_matches(r, o.d.version)) {
		return r->status == 412;
	}
	struct draft_save what = {.party = o.d.party, .id = o.d.id};
	struct store_op op = {.route = o.d.party};
	(void)c;
	r->status = 204;
	return app_write(r, &op, draft_job_discard, &what, e);
}

/* --- Answers ----------------------------------------------------------------------------------------------------- */

struct saving {
	struct req *r;
	struct api_call *c;
	const struct json *sent;
	struct open_draft *o;
	struct answers as; /* as they will be */
	struct str *left;  /* questions that were sent and not read yet */
	size_t left_n;
	struct answer *good;
	size_t good_n;
};

static void note_state(struct saving *s, const struct form_state *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct field_state *item = &f->items[i];
		if (item->fault.say.n == 0) {
			continue;
		}
		const char *const *parts = question_parts(item->question->type);
		struct str at = answers_pointer(s->r, item->name);
		bool has_part = parts && item->question->type != QUESTION_DATE && item->fault.part >= 0;
		api_fault_at(s->r, s->c, has_part ? api_pointer(s->r, at, str_of(parts[item->fault.part])) : at,
		             item->fault.say);
	}
}

/* Takes those that the page asked off the list. */
static bool was_asked(struct saving *s, const struct form_state *f)
{
	size_t n = 0;
	for (size_t i = 0; i < s->left_n; i++) {
		if (form_field_state(f, s->left[i]) == NULL) {
			s->left[n++] = s->left[i];
		}
	}
	bool any = n < s->left_n;
	s->left_n = n;
	return any;
}

static bool read_pages(struct saving *s, bool *any, struct err *e)
{
	const struct service *service = s->o->service;
	*any = false;
	for (size_t i = 0; i < service->page_n && s->left_n > 0; i++) {
		const struct form_page *p = &service->pages[i];
		struct answers good;
		struct form_state *f = form_read_page(s->r, service, p, s->left, s->left_n, &s->as, s->o->today);
		if (f->n == 0) {
			continue;
		}
		if (!form_good_answers(&s->r->arena, f, &s->as, &good, e)) {
			return false;
		}
		for (size_t k = 0; k < good.n; k++) {
			s->good[s->good_n++] = good.items[k];
		}
		note_state(s, f);
		*any = was_asked(s, f) || *any;
	}
	return true;
}

/* All that was sent, page after page; again, as long as an answer makes something be asked that was sent as well. */
static bool read_answers(struct saving *s, struct err *e)
{
	size_t n = 0;
	for (const struct json *x = s->sent->first; x; x = x->next) {
		n++;
	}
	s->left = arena_new(&s->r->arena, struct str, n + 1);
	s->good = arena_new(&s->r->arena, struct answer, n + 1);
	s->as.items = arena_new(&s->r->arena, struct answer, s->o->all.n + n + 1);
	if (s->left == NULL || s->good == NULL || s->as.items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	s->as.n = s->o->all.n;
	if (s->as.n > 0) {
		memcpy(s->as.items, s->o->all.items, s->as.n * sizeof(struct answer));
	}
	s->left_n = s->good_n = 0;
	for (const struct json *x = s->sent->first; x; x = x->next) {
		s->left[s->left_n++] = x->key;
	}
	for (bool any = true; any && s->left_n > 0;) {
		if (!read_pages(s, &any, e)) {
			return false;
		}
	}
	for (size_t i = 0; i < s->left_n; i++) {
		api_fault_at(s->r, s->c, api_pointer(s->r, STR("/answers"), s->left[i]),
		             tr(s->r->lang, N_("This is not asked, as the other answers are.")));
	}
	return true;
}

static bool save(struct saving *s, struct err *e)
{
	struct draft_save what = {.party = s->o->d.party,
	                          .id = s->o->d.id,
	                          .version = s->o->d.version,
	                          .page = {.items = s->good, .n = s->good_n}};
	struct store_op op = {.route = s->o->d.party};
	return s->good_n == 0 || app_write(s->r, &op, draft_job_save, &what, e);
}

bool api_save_answers(struct req *r, struct api_call *c, struct err *e)
{
	enum { TRIES = 3 };
	struct open_draft o;
	struct saving s = {.r = r, .c = c, .o = &o, .sent = json_get(c->body, STR("answers"))};
	if (!open_to_write(r, &o, e) || !api_matches(r, o.d.version)) {
		return r->status == 412;
	}
	if (!answers_to_form(r, c, o.service, s.sent)) {
		return err_set(e, ERR_TOO_LARGE, "too many answers at once");
	}
	for (int i = 0; c->fault_n == 0; i++) {
		struct err why = {0};
		if (!read_answers(&s, e)) {
			return false;
		}
		if (c->fault_n > 0 || save(&s, &why)) {
			break;
		}
		/* Somebody was faster: once more, unless the client said what it had read. */
		if (why.code != ERR_CONFLICT || i == TRIES - 1) {
			*e = why;
			return false;
		}
		if (!open_to_write(r, &o, e) || !api_matches(r, o.d.version)) {
			return r->status == 412;
		}
	}
	return c->fault_n > 0 ? api_invalid(r, c) : open_draft(r, &o, e) && put_draft(r, c, &o);
}

/* --- Checking, tell-once ----------------------------------------------------------------------------------------- */

/* The sentence that the page would say beside the field. */
static struct str why_open(struct req *r, const struct open_draft *o, const struct question *q)
{
	struct value_rules rules = {.arena = &r->arena,
	                            .lang = r->lang,
	                            .today = o->today,
	                            .calling_code = form_calling_code(r->app, o->service),
	                            .shown = &o->shown};
	struct value_fault why = {.say = STR_EMPTY};
	if (q->type == QUESTION_FILES) {
		struct str own = text_in(&q->error, r->lang);
		return own.n > 0 ? own : tr(r->lang, N_("Add the file here."));
	}
	return value_check(&rules, q, answers_find(&o->shown, q->id), &why) ? STR_EMPTY : why.say;
}

static void put_open(struct req *r, struct json_out *j, const struct service *s, const struct open_draft *o,
                     const struct str *open, size_t n)
{
	put_key(j, "open");
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		const struct form_page *p = NULL;
		const struct question *q = service_question(s, open[i], &p);
		if (q != NULL) {
			json_begin_object(j);
			put_str(j, "question", q->id);
			put_str(j, "page", p->id);
			put_str(j, "detail", why_open(r, o, q));
			json_end_object(j);
		}
	}
	json_end_array(j);
}

bool api_check_draft(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	if (!open_draft(r, &o, e)) {
		return false;
	}
	json_begin_object(&c->j);
	put_flag(&c->j, "is_complete", o.open_n == 0);
	put_text(r, &c->j, "declaration", &o.service->declaration);
	put_open(r, &c->j, o.service, &o, o.open, o.open_n);
	json_end_object(&c->j);
	return true;
}

bool api_list_offers(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	struct json_out *j = &c->j;
	if (!open_draft(r, &o, e)) {
		return false;
	}
	json_begin_object(j);
	put_key(j, "items");
	json_begin_array(j);
	for (size_t i = draft_next_page(&o, SIZE_MAX); i != SIZE_MAX; i = draft_next_page(&o, i)) {
		struct told_list told;
		if (!told_for(r, &o, &o.service->pages[i], &told, e)) {
			return false;
		}
		for (size_t k = 0; k < told.n; k++) {
			json_begin_object(j);
			put_str(j, "question", told.items[k].question->id);
			put_key(j, "answer");
			put_answer(r, j, told.items[k].question, &told.items[k].answer);
			put_str(j, "service", told.items[k].service);
			put_instant(j, "told_at", told.items[k].at_us);
			json_end_object(j);
		}
	}
	json_end_array(j);
	json_end_object(j);
	return true;
}

/* --- Sending ----------------------------------------------------------------------------------------------------- */

static bool put_sent(struct req *r, struct api_call *c, int64_t id, struct err *e)
{
	struct case_facts f;
	struct err why = {0};
	bool is_case = case_facts_own(r, id, &f, &why);
	if (!is_case && why.code != ERR_NOT_FOUND) {
		*e = why;
		return false;
	}
	json_begin_object(&c->j);
	put_id(&c->j, "case", is_case ? id : 0);
	put_id(&c->j, "bundle", is_case ? 0 : id);
	put_str_or_null(&c->j, "number", is_case ? f.c.number : STR_EMPTY);
	json_end_object(&c->j);
	return true;
}

bool api_submit_draft(struct req *r, struct api_call *c, struct err *e)
{
	int64_t id;
	struct submission s;
	struct open_draft o;
	const struct json *declared = json_get(c->body, STR("declaration"));
	if (!req_arg_id(r, 0, &id, e) || !draft_open(r, id, &o, e)) {
		return false;
	}
	if (o.d.state == DRAFT_OPEN && !api_matches(r, o.d.version)) {
		return true;
	}
	if (!case_submit(r, id, declared && declared->kind == JSON_TRUE, &s, e)) {
		return false;
	}
	if (s.end == SUBMIT_SENT) {
		return put_sent(r, c, id, e);
	}
	if (s.end == SUBMIT_WITHDRAWN) {
		return err_tell(e, ERR_GONE, N_("This service is not offered any more."), "a service that was withdrawn");
	}
	for (size_t i = 0; i < s.open_n; i++) {
		const struct question *q = service_question(o.service, s.open[i], NULL);
		api_fault_at(r, c, answers_pointer(r, s.open[i]), q ? why_open(r, &o, q) : STR_EMPTY);
	}
	if (s.is_undeclared) {
		api_fault_at(r, c, STR("/declaration"),
		             tr(r->lang, N_("Tick the declaration. Without it we cannot take the application.")));
	}
	return api_invalid(r, c);
}
