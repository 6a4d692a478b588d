/* The start of an application: for whom, what is needed, and what was begun before. */
#include "app/catalogue/catalogue.h"
#include "app/enquiries/enquiries.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/forms.html.h"
#include "app/forms/page_state.h"
#include "app/forms/pages.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "html/translate.h"

static const struct service *find_service(struct req *r, struct err *e)
{
	const struct service *s = catalogue_service(r->app, r->path_args[0]);
	s = s ? s : catalogue_bundle(r->app, r->path_args[0]);
	if (s == NULL) {
		err_set(e, ERR_NOT_FOUND, "no such service in force");
	}
	return s;
}

bool draft_may_begin(const struct service *s, const struct viewer_party *p)
{
	return !p->is_joined && (s->audience & (p->is_organisation ? FOR_ORGANISATIONS : FOR_PERSONS)) != 0;
}

struct offers_job {
	struct req *r;
	const struct service *service;
	struct str applicant;
	struct draft_offer *items;
	size_t n, most;
};

static bool job_offers(struct tx *tx, void *ctx, struct err *e)
{
	struct offers_job *j = ctx;
	struct draft_line *lines = NULL;
	size_t n = 0;
	if (!drafts_open(tx, tx_route(tx), &lines, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n && j->n < j->most; i++) {
		if (str_eq(lines[i].service, j->service->id)) {
			j->items[j->n++] = (struct draft_offer){.href = draft_path(j->r, lines[i].id, ""),
			                                        .applicant = j->applicant,
			                                        .day = page_local_time(j->r, lines[i].changed_us).day};
		}
	}
	return true;
}

static bool fill_parties(struct req *r, const struct service *s, struct apply_view *v, struct err *e)
{
	const struct viewer *viewer = r->viewer;
	struct form_choice *parties = arena_new(&r->arena, struct form_choice, viewer->party_n + 1);
	struct offers_job j = {
		.r = r, .service = s, .items = arena_new(&r->arena, struct draft_offer, DRAFTS_MOST), .most = DRAFTS_MOST};
	if (parties == NULL || j.items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for parties");
	}
	for (size_t i = 0; i < viewer->party_n; i++) {
		const struct viewer_party *p = &viewer->parties[i];
		if (!draft_may_begin(s, p)) {
			continue;
		}
		j.applicant = p->name;
		if (!store_read(r->app->store, p->party, &r->arena, job_offers, &j, e)) {
			return false;
		}
		parties[v->party_n++] = (struct form_choice){
			.value = arena_copy(&r->arena, str_of(id_text(p->party).c)), .label = p->name, .hint = p->identifier};
	}
	v->parties = parties;
	v->drafts = j.items;
	v->draft_n = j.n;
	v->is_for_nobody = v->party_n == 0;
	if (v->party_n > 0) {
		v->party_id = parties[0].value;
		v->party_name = parties[0].label;
	}
	return true;
}

/* The question to an office that one comes from, when it was about this. */
static bool find_asked(struct req *r, const struct service *s, struct enquiry_ref *out, struct err *e)
{
	return enquiry_of_viewer(r, r->method == METHOD_POST ? req_form(r, "enquiry") : req_query(r, "enquiry"), s->id, out,
	                         e);
}

static bool show_apply(struct req *r, const struct service *s, bool needs_party, struct err *e)
{
	struct enquiry_ref asked;
	struct apply_view v = {
		.csrf = r->csrf,
		.op = req_new_op(r),
		.action = arena_printf(&r->arena, PATH_APPLY "%.*s", STR_ARG(s->id)),
		.service = text_in(&s->name, r->lang),
		.service_href =
			arena_printf(&r->arena, s->member_n > 0 ? PATH_BUNDLES "/%.*s" : PATH_SERVICES "/%.*s", STR_ARG(s->id)),
		.minutes = s->minutes,
		.evidence = s->evidence,
		.evidence_n = s->evidence_n,
		.papers = (int64_t)service_papers(s),
		.papers_of_some = (int64_t)service_papers_of_some(s),
		.lang = r->lang,
		.account_name = r->viewer->name,
		.field = {.name = STR("party"), .label = tr(r->lang, N_("For whom do you apply?"))},
	};
	if (!fill_parties(r, s, &v, e) || !find_asked(r, s, &asked, e) || !enquiry_words(r, asked, false, &v.asked, e)) {
		return false;
	}
	v.enquiry = asked.id != 0 ? arena_copy(&r->arena, str_of(id_text(asked.id).c)) : STR_EMPTY;
	if (needs_party && v.party_n > 1) {
		v.field.error = tr(r->lang, N_("Choose for whom you apply."));
		v.errors[v.error_n++] = (struct form_error){.id = v.field.name, .text = v.field.error};
		r->status = 422;
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v.service,
	                          .current = NAV_SERVICES,
	                          .width = PAGE_FORM,
	                          .has_errors = v.error_n > 0,
	                          .back_href = v.service_href});
	apply_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool apply_get(struct req *r, struct err *e)
{
	const struct service *s = find_service(r, e);
	return s != NULL && show_apply(r, s, false, e);
}

bool draft_start(struct req *r, const struct service *s, int64_t party, struct enquiry_ref asked, int64_t *id,
                 struct err *e)
{
	struct draft_begin b = {.party = party,
	                        .id = id_in_time(time_legal_us(&r->app->time)),
	                        .begun_by = r->viewer->account,
	                        .keep_us = r->app->draft_keep_us,
	                        .channel = r->viewer->token ? CHANNEL_API : CHANNEL_WEB,
	                        .service = s->id,
	                        .asked = asked};
	struct store_op op;
	memcpy(b.definition, s->digest, SHA256_BYTES);
	if (!catalogue_keep(r->app, s, e) || !app_op(r, party, &op, e) || !app_write(r, &op, draft_job_begin, &b, e)) {
		return false;
	}
	*id = op.result[0];
	return true;
}

bool apply_post(struct req *r, struct err *e)
{
	const struct service *s = find_service(r, e);
	int64_t party = 0;
	if (s == NULL) {
		return false;
	}
	const struct viewer_party *p = id_parse(req_form(r, "party"), &party) ? viewer_acts_for(r->viewer, party) : NULL;
	if (p == NULL || !draft_may_begin(s, p)) {
		return show_apply(r, s, true, e);
	}
	struct open_draft o;
	struct enquiry_ref asked;
	int64_t id;
	if (!find_asked(r, s, &asked, e) || !draft_start(r, s, party, asked, &id, e) ||
	    (asked.id != 0 && !enquiry_link(r, asked, id, e)) || !draft_open(r, id, &o, e)) {
		return false;
	}
	size_t first = draft_next_page(&o, SIZE_MAX);
	return req_redirect(r, first == SIZE_MAX ? draft_path(r, o.d.id, "/check") : draft_page_path(r, &o, first));
}
