/* The catalogue, in the language asked for. */
#include "app/catalogue/catalogue.h"

#include "app/api/endpoints.h"
#include "app/cases/steps.h"
#include "app/catalogue/effort.h"
#include "app/people/viewer.h"

/* --- Services ---------------------------------------------------------------------------------------------------- */

static void put_words(struct json_out *j, const char *key, const struct str *words, size_t n)
{
	put_key(j, key);
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_put_string(j, words[i]);
	}
	json_end_array(j);
}

static void put_service_line(struct req *r, struct json_out *j, const struct service *s)
{
	put_str(j, "id", s->id);
	put_text(r, j, "name", &s->name);
	put_text(r, j, "summary", &s->summary);
	put_key(j, "audience");
	json_begin_array(j);
	if ((unsigned)s->audience & FOR_PERSONS) {
		json_put_string(j, STR("persons"));
	}
	if ((unsigned)s->audience & FOR_ORGANISATIONS) {
		json_put_string(j, STR("organisations"));
	}
	json_end_array(j);
	put_str(j, "institution", s->institution);
	put_words(j, "life_events", s->life_events, s->life_event_n);
	put_int(j, "promised_days", s->clock.committed.n);
	put_int(j, "legal_days", s->clock.statutory.n);
	if (s->fee_currency.n > 0) {
		put_money(j, "fee", s->fee_minor, s->fee_currency);
	} else {
		put_null(j, "fee");
	}
}

static void put_service_items(struct req *r, struct json_out *j, struct service_list list)
{
	put_key(j, "items");
	json_begin_array(j);
	for (size_t i = 0; i < list.n; i++) {
		json_begin_object(j);
		put_service_line(r, j, list.items[i]);
		json_end_object(j);
	}
	json_end_array(j);
}

static bool is_of_event(const struct service *s, struct str event)
{
	for (size_t i = 0; i < s->life_event_n; i++) {
		if (str_eq(s->life_events[i], event)) {
			return true;
		}
	}
	return false;
}

static struct service_list wanted(struct req *r)
{
	struct str audience = req_query(r, "audience");
	struct str office = req_query(r, "institution");
	struct str event = req_query(r, "life_event");
	unsigned whom = str_is(audience, "persons")         ? FOR_PERSONS
	                : str_is(audience, "organisations") ? FOR_ORGANISATIONS
	                                                    : FOR_PERSONS | FOR_ORGANISATIONS;
	struct service_list all = services_all(r->app);
	const struct service **items = arena_new(&r->arena, const struct service *, all.n + 1);
	size_t n = 0;
	for (size_t i = 0; items && i < all.n; i++) {
		const struct service *s = all.items[i];
		if (((unsigned)s->audience & whom) && (office.n == 0 || str_eq(s->institution, office)) &&
		    (event.n == 0 || is_of_event(s, event))) {
			items[n++] = s;
		}
	}
	return (struct service_list){items, n};
}

bool api_list_services(struct req *r, struct api_call *c, struct err *e)
{
	(void)e;
	struct str after;
	struct str next;
	if (!api_after(r, c, &after)) {
		return api_invalid(r, c);
	}
	struct service_list page = services_page(wanted(r), after, api_limit(r), &next);
	json_begin_object(&c->j);
	put_service_items(r, &c->j, page);
	api_put_next(r, c, next);
	json_end_object(&c->j);
	return true;
}

bool api_search_services(struct req *r, struct api_call *c, struct err *e)
{
	(void)e;
	struct str query = str_trim(req_query(r, "q"));
	json_begin_object(&c->j);
	put_service_items(r, &c->j, services_found(r->app, &r->arena, r->lang, query, false, api_limit(r)));
	json_end_object(&c->j);
	return true;
}

/* --- The form ---------------------------------------------------------------------------------------------------- */

static const char *const type_words[] = {
	[QUESTION_TEXT] = "text",
	[QUESTION_LONG_TEXT] = "long-text",
	[QUESTION_WHOLE] = "whole",
	[QUESTION_MONEY] = "money",
	[QUESTION_DATE] = "date",
	[QUESTION_YES_NO] = "yes-no",
	[QUESTION_ONE_OF] = "one-of",
	[QUESTION_SEVERAL_OF] = "several-of",
	[QUESTION_EMAIL] = "email",
	[QUESTION_PHONE] = "phone",
	[QUESTION_IDENTIFIER] = "identifier",
	[QUESTION_FILES] = "files",
	[QUESTION_DECIMAL] = "decimal",
	[QUESTION_ADDRESS] = "address",
	[QUESTION_PERSON_NAME] = "name",
	[QUESTION_GROUP] = "group",
};

static void put_text_if(struct req *r, struct json_out *j, const char *key, const struct text *t)
{
	if (!text_is_empty(t)) {
		put_text(r, j, key, t);
	}
}

static void put_str_if(struct json_out *j, const char *key, struct str s)
{
	if (s.n > 0) {
		put_str(j, key, s);
	}
}

static void put_condition(struct json_out *j, const struct condition *c)
{
	if (c->question.n > 0) {
		put_key(j, "show_if");
		json_begin_object(j);
		put_str(j, "question", c->question);
		put_flag(j, "is_not", c->is_not);
		put_str(j, "value", c->value);
		json_end_object(j);
	}
}

static void put_limits(struct json_out *j, const struct question *q)
{
	bool counts = q->type == QUESTION_WHOLE || q->type == QUESTION_MONEY || q->type == QUESTION_GROUP;
	if (counts && q->has_min) {
		put_int(j, "min", q->min);
	}
	if ((counts || q->type == QUESTION_TEXT || q->type == QUESTION_LONG_TEXT) && q->has_max) {
		put_int(j, "max", q->max);
	}
	if (q->type == QUESTION_DECIMAL) {
		put_int(j, "digits", q->digits);
	}
	if (q->type == QUESTION_FILES) {
		put_int(j, "files_max", q->files_max > 0 ? q->files_max : 1);
	}
}

static void put_choices(struct req *r, struct json_out *j, const struct question *q)
{
	if (q->choice_n == 0) {
		return;
	}
	put_key(j, "choices");
	json_begin_array(j);
	for (size_t i = 0; i < q->choice_n; i++) {
		json_begin_object(j);
		put_str(j, "id", q->choices[i].id);
		put_text(r, j, "label", &q->choices[i].label);
		put_text_if(r, j, "hint", &q->choices[i].hint);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_question(struct req *r, struct json_out *j, const struct question *q) // NOLINT(misc-no-recursion)
{
	const char *const *parts = question_parts(q->type);
	json_begin_object(j);
	put_str(j, "id", q->id);
	put_str(j, "type", str_of(type_words[q->type]));
	put_text(r, j, "label", &q->label);
	put_text_if(r, j, "hint", &q->hint);
	put_text_if(r, j, "purpose", &q->purpose);
	put_flag(j, "is_optional", q->is_optional);
	put_condition(j, &q->show_if);
	put_choices(r, j, q);
	put_limits(j, q);
	put_str_if(j, "currency", q->currency);
	put_str_if(j, "scheme", q->scheme);
	put_text_if(r, j, "unit", &q->unit);
	put_str_if(j, "evidence", q->evidence);
	put_str_if(j, "fact", q->fact);
	if (parts && q->type != QUESTION_DATE) {
		put_key(j, "parts");
		json_begin_array(j);
		for (; *parts; parts++) {
			json_put_string(j, str_of(*parts));
		}
		json_end_array(j);
	}
	if (q->type == QUESTION_GROUP) { /* which holds no groups */
		put_text(r, j, "item", &q->item);
		put_key(j, "questions");
		json_begin_array(j);
		for (size_t i = 0; i < q->question_n; i++) {
			put_question(r, j, &q->questions[i]);
		}
		json_end_array(j);
	}
	json_end_object(j);
}

static void put_pages(struct req *r, struct json_out *j, const struct service *s)
{
	put_key(j, "pages");
	json_begin_array(j);
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		json_begin_object(j);
		put_str(j, "id", p->id);
		put_text(r, j, "title", &p->title);
		put_text_if(r, j, "intro", &p->intro);
		put_condition(j, &p->show_if);
		put_key(j, "questions");
		json_begin_array(j);
		for (size_t k = 0; k < p->question_n; k++) {
			put_question(r, j, &p->questions[k]);
		}
		json_end_array(j);
		json_end_object(j);
	}
	json_end_array(j);
}

/* --- One service ------------------------------------------------------------------------------------------------- */

static void put_terms(struct req *r, struct json_out *j, const char *key, const struct pair_of_texts *terms, size_t n)
{
	put_key(j, key);
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(j);
		put_text(r, j, "term", &terms[i].term);
		put_text(r, j, "text", &terms[i].text);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_evidence(struct req *r, struct json_out *j, const struct service *s)
{
	static const char *const sources[] = {
		[EVIDENCE_REGISTRY] = "registry", [EVIDENCE_UPLOAD] = "upload", [EVIDENCE_DECLARATION] = "declaration"};
	put_key(j, "evidence");
	json_begin_array(j);
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		json_begin_object(j);
		put_str(j, "id", ev->id);
		put_text(r, j, "name", &ev->name);
		put_str(j, "source", str_of(sources[ev->source]));
		put_flag(j, "is_optional", ev->is_optional);
		put_condition(j, &ev->show_if);
		put_str_if(j, "document", ev->document);
		put_str_if(j, "from", ev->from);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_effort(struct req *r, struct json_out *j, const struct service *s)
{
	struct effort effort;
	effort_of(services_all(r->app), s, NULL, 0, &effort);
	put_key(j, "effort");
	json_begin_object(j);
	put_int(j, "visits", effort.here.visits);
	put_int(j, "documents", effort.here.documents);
	put_int(j, "whole_visits", effort.whole.visits);
	put_int(j, "whole_documents", effort.whole.documents);
	put_int(j, "days", effort.days);
	json_end_object(j);
}

static void put_refusals(struct req *r, struct json_out *j, const struct service *s)
{
	put_key(j, "refusal_reasons");
	json_begin_array(j);
	for (size_t i = 0; i < s->refusal_reason_n; i++) {
		json_begin_object(j);
		put_str(j, "id", s->refusal_reason_ids[i]);
		put_text(r, j, "term", &s->refusal_reasons[i].term);
		put_text(r, j, "text", &s->refusal_reasons[i].text);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_step_limits(struct json_out *j, const struct service *s)
{
	put_key(j, "step_limits");
	json_begin_array(j);
	for (int i = 0; i < STEP_KINDS; i++) {
		struct clock_limit limit = case_step_limit(s->step_limits, (enum case_step_kind)i);
		if (limit.n > 0) {
			json_begin_object(j);
			put_str(j, "step", str_of(case_step_words[i]));
			put_int(j, "limit", limit.n);
			put_str(j, "unit", clock_unit_word(limit.unit));
			json_end_object(j);
		}
	}
	json_end_array(j);
}

static void put_members(struct json_out *j, const struct service *s)
{
	put_key(j, "members");
	json_begin_array(j);
	for (size_t i = 0; i < s->member_n; i++) {
		json_begin_object(j);
		put_str(j, "service", s->members[i].service->id);
		put_words(j, "after", s->members[i].after, s->members[i].after_n);
		json_end_object(j);
	}
	json_end_array(j);
}

static bool put_service(struct req *r, struct api_call *c, const struct service *s)
{
	struct json_out *j = &c->j;
	struct buf digest;
	json_begin_object(j);
	put_service_line(r, j, s);
	buf_init(&digest, 2 * SHA256_BYTES);
	buf_put_hex(&digest, s->digest, SHA256_BYTES);
	put_int(j, "version", s->version);
	put_str(j, "digest", buf_str(&digest));
	buf_release(&digest);
	put_int(j, "minutes", s->minutes);
	put_int(j, "visits", s->visits);
	put_effort(r, j, s);
	put_terms(r, j, "conditions", s->conditions, s->condition_n);
	put_terms(r, j, "steps", s->steps, s->step_n);
	put_step_limits(j, s);
	put_terms(r, j, "law", s->law, s->law_n);
	put_evidence(r, j, s);
	put_pages(r, j, s);
	put_text(r, j, "declaration", &s->declaration);
	put_text(r, j, "output", &s->output);
	put_text(r, j, "objection", &s->objection);
	put_refusals(r, j, s);
	if (s->member_n > 0) {
		put_members(j, s);
	}
	json_end_object(j);
	return true;
}

bool api_read_service(struct req *r, struct api_call *c, struct err *e)
{
	const struct service *s = catalogue_service(r->app, r->path_args[0]);
	return s ? put_service(r, c, s) : err_set(e, ERR_NOT_FOUND, "no such service");
}

bool api_read_bundle(struct req *r, struct api_call *c, struct err *e)
{
	const struct service *s = catalogue_bundle(r->app, r->path_args[0]);
	return s ? put_service(r, c, s) : err_set(e, ERR_NOT_FOUND, "no such bundle");
}

/* --- Institutions, life events, bundles -------------------------------------------------------------------------- */

static void put_institution(struct req *r, struct json_out *j, const struct institution *in)
{
	json_begin_object(j);
	put_str(j, "id", in->pack_id);
	put_text(r, j, "name", &in->name);
	put_text(r, j, "address", &in->address);
	put_text(r, j, "hours", &in->hours);
	put_str_or_null(j, "phone", in->phone);
	put_str_or_null(j, "email", in->email);
	put_str(j, "jurisdiction", in->jurisdiction);
	json_end_object(j);
}

bool api_list_institutions(struct req *r, struct api_call *c, struct err *e)
{
	(void)e;
	const struct institution *all;
	size_t n = catalogue_institutions(r->app, &all);
	json_begin_object(&c->j);
	put_key(&c->j, "items");
	json_begin_array(&c->j);
	for (size_t i = 0; i < n; i++) {
		put_institution(r, &c->j, &all[i]);
	}
	json_end_array(&c->j);
	json_end_object(&c->j);
	return true;
}

bool api_read_institution(struct req *r, struct api_call *c, struct err *e)
{
	const struct institution *in = catalogue_institution_named(r->app, r->path_args[0]);
	if (in == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such institution");
	}
	put_institution(r, &c->j, in);
	return true;
}

static void put_ids(struct json_out *j, const char *key, const struct service *const *list, size_t n)
{
	put_key(j, key);
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		json_put_string(j, list[i]->id);
	}
	json_end_array(j);
}

static void put_life_event(struct req *r, struct json_out *j, const struct life_event *event)
{
	const struct service *const *bundles;
	struct service_list services = services_of_event(r->app, event->id);
	size_t n = catalogue_bundles(r->app, &bundles);
	json_begin_object(j);
	put_str(j, "id", event->id);
	put_text(r, j, "name", &event->name);
	put_ids(j, "services", services.items, services.n);
	put_key(j, "bundles");
	json_begin_array(j);
	for (size_t i = 0; i < n; i++) {
		if (str_eq(catalogue_bundle_event(r->app, bundles[i]->id), event->id)) {
			json_put_string(j, bundles[i]->id);
		}
	}
	json_end_array(j);
	json_end_object(j);
}

bool api_list_life_events(struct req *r, struct api_call *c, struct err *e)
{
	(void)e;
	const struct life_event *events;
	size_t n = catalogue_life_events(r->app, &events);
	json_begin_object(&c->j);
	put_key(&c->j, "items");
	json_begin_array(&c->j);
	for (size_t i = 0; i < n; i++) {
		put_life_event(r, &c->j, &events[i]);
	}
	json_end_array(&c->j);
	json_end_object(&c->j);
	return true;
}

bool api_list_bundles(struct req *r, struct api_call *c, struct err *e)
{
	(void)e;
	const struct service *const *bundles;
	size_t n = catalogue_bundles(r->app, &bundles);
	json_begin_object(&c->j);
	put_key(&c->j, "items");
	json_begin_array(&c->j);
	for (size_t i = 0; i < n; i++) {
		json_begin_object(&c->j);
		put_str(&c->j, "id", bundles[i]->id);
		put_text(r, &c->j, "name", &bundles[i]->name);
		put_text(r, &c->j, "summary", &bundles[i]->summary);
		put_str(&c->j, "life_event", catalogue_bundle_event(r->app, bundles[i]->id));
		put_key(&c->j, "services");
		json_begin_array(&c->j);
		for (size_t k = 0; k < bundles[i]->member_n; k++) {
			json_put_string(&c->j, bundles[i]->members[k].service->id);
		}
		json_end_array(&c->j);
		json_end_object(&c->j);
	}
	json_end_array(&c->j);
	json_end_object(&c->j);
	return true;
}

/* --- The token's owner ------------------------------------------------------------------------------------------- */

static void put_parties(struct json_out *j, const struct viewer *v)
{
	put_key(j, "parties");
	json_begin_array(j);
	for (size_t i = v->is_program ? 1 : 0; i < v->party_n; i++) {
		json_begin_object(j);
		put_id(j, "id", v->parties[i].party);
		put_str(j, "name", v->parties[i].name);
		put_flag(j, "is_organisation", v->parties[i].is_organisation);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_roles(struct req *r, struct json_out *j)
{
	put_key(j, "roles");
	json_begin_array(j);
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		const struct institution *in = catalogue_institution(r->app, r->viewer->roles[i].institution);
		json_begin_object(j);
		put_str(j, "role", str_of(role_name(r->viewer->roles[i].kind)));
		put_str_or_null(j, "institution", in ? in->pack_id : STR_EMPTY);
		json_end_object(j);
	}
	json_end_array(j);
}

bool api_me(struct req *r, struct api_call *c, struct err *e)
{
	(void)e;
	struct json_out *j = &c->j;
	json_begin_object(j);
	put_id(j, "account", r->viewer->account);
	put_str(j, "name", r->viewer->name);
	put_id(j, "token", c->token->id);
	put_str(j, "program", c->token->name);
	put_key(j, "scopes");
	json_begin_array(j);
	for (const struct scope_line *l = scope_lines; l->bit; l++) {
		if (c->token->scopes & l->bit) {
			json_put_string(j, str_of(l->word));
		}
	}
	json_end_array(j);
	put_instant(j, "ends_at", c->token->ends_us);
	put_parties(j, r->viewer);
	put_roles(r, j);
	json_end_object(j);
	return true;
}
