/* What is done to a case: every act of the table, with the fields that it asks for. */
#include "app/api/moves.h"

#include "app/api/answers.h"
#include "app/api/endpoints.h"
#include "app/cases/desk.h"
#include "app/cases/document_pages.h"
#include "app/cases/receipt.h"
#include "app/people/viewer.h"
#include "http/params.h"

bool move_has_papers(const struct act *a)
{
	for (const struct act_field *f = a->fields; f->name; f++) {
		if (f->kind == ACT_PAPERS) {
			return true;
		}
	}
	return false;
}

bool move_schema(struct req *r, const struct act *a, struct api_schema *out)
{
	struct api_field *fields = arena_new(&r->arena, struct api_field, ACT_FIELDS_MAX + 1);
	struct str name = arena_printf(&r->arena, "Move_%s", a->name);
	size_t n = 0;
	for (const struct act_field *f = a->fields; fields && f->name; f++) {
		if (f->kind == ACT_PAPERS) {
			continue;
		}
		bool is_list = f->kind == ACT_CHECKS || f->kind == ACT_QUESTIONS;
		/* What is missing the act says itself, in the page's words. */
		fields[n++] = (struct api_field){.name = f->name,
		                                 .type = f->kind == ACT_DAY ? API_DATE : API_TEXT,
		                                 .about = f->label,
		                                 .is_list = is_list,
		                                 .max = is_list ? 200 : f->chars_max,
		                                 .is_optional = true};
	}
	*out = (struct api_schema){name.p, a->title ? a->title : a->button, fields};
	return fields != NULL && name.n > 0;
}

static bool open_for(struct req *r, const struct act *a, struct case_facts *f, struct err *e)
{
	int64_t id;
	return act_is_applicants(a)  ? req_arg_id(r, 0, &id, e) && case_facts_own(r, id, f, e)
	       : a->who == BY_EXPERT ? desk_open_any_case(r, ACCESS_PURPOSE_COUNT, f, e)
	                             : desk_open_case(r, ACCESS_PURPOSE_COUNT, f, e);
}

/* The body as the fields of the act's form, behind what is there. */
static bool fill_form(struct req *r, const struct api_call *c)
{
	struct param *items = arena_new(&r->arena, struct param, PARAMS_MAX);
	size_t n = 0;
	for (size_t i = 0; items && i < r->form.n && n < PARAMS_MAX; i++) {
		items[n++] = r->form.items[i];
	}
	for (const struct json *x = c->body->first; items && x; x = x->next) {
		bool is_list = x->kind == JSON_ARRAY;
		for (const struct json *v = is_list ? x->first : x; v && n < PARAMS_MAX; v = is_list ? v->next : NULL) {
			char *text = arena_alloc(&r->arena, v->string.n + 1, 1);
			size_t text_n = v->string.n;
			if (text == NULL) {
				return false;
			}
			memcpy(text, v->string.p, text_n);
			(void)text_clean(text, &text_n);
			items[n++] = (struct param){x->key, str_from(text, text_n)};
		}
	}
	r->form = (struct params){items, n};
	return items != NULL && n < PARAMS_MAX;
}

static bool put_moved(struct req *r, struct api_call *c, const struct act *a, struct case_facts *f, struct err *e)
{
	/* The version after it, for whoever goes on. */
	if (!case_facts_to_act(r, f->c.party, f->c.id, f, e)) {
		return false;
	}
	api_put_etag(r, f->c.version);
	json_begin_object(&c->j);
	put_id(&c->j, "case", f->c.id);
	put_str(&c->j, "number", f->c.number);
	put_str(&c->j, "move", str_of(a->name));
	json_end_object(&c->j);
	return true;
}

static bool put_errors(struct req *r, struct api_call *c, const struct act_outcome *out)
{
	for (size_t i = 0; i < out->error_n; i++) {
		api_fault_at(r, c, api_pointer(r, STR_EMPTY, out->errors[i].id), out->errors[i].text);
	}
	return api_invalid(r, c);
}

static bool refuse(struct req *r, const struct act_outcome *out)
{
	struct str say = out->why ? tr(r->lang, out->why) : STR_EMPTY;
	if (out->taken_by.n > 0) {
		say = api_say(r, N_("{name} has this case."), &TR_S("name", out->taken_by), 1);
	}
	return out->end == ACT_FORBIDDEN ? api_refuse(r, 403, err_name(ERR_FORBIDDEN), say)
	                                 : api_refuse(r, 409, err_name(ERR_CONFLICT), say);
}

bool api_move_case(struct req *r, struct api_call *c, struct err *e)
{
	const struct act *a = act_named(r->path_args[1]);
	struct api_schema schema;
	struct case_facts f;
	struct store_op op;
	struct act_outcome out;
	if (a == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such act");
	}
	if (!move_schema(r, a, &schema)) {
		return err_set(e, ERR_MEMORY, "no room for an act");
	}
	api_check(r, c, &schema);
	if (c->fault_n > 0) {
		return api_invalid(r, c);
	}
	if (!open_for(r, a, &f, e)) {
		return false;
	}
	if (!fill_form(r, c)) {
		return err_set(e, ERR_TOO_LARGE, "too many values for an act");
	}
	if (!app_op(r, f.c.party, &op, e)) {
		return false;
	}
	if (!api_matches(r, f.c.version)) {
		/* Its own move may be what changed it: sent again, it is answered again. */
		if (!app_op_was_done(r, &op)) {
			return true;
		}
		buf_reset(&r->out);
		c->j = (struct json_out){.to = &r->out};
		r->status = c->endpoint->status;
		r->content_type = STR("application/json");
		return put_moved(r, c, a, &f, e);
	}
	if (!case_act(r, a, &f, &r->form, &op, &out, e)) {
		return false;
	}
	switch (out.end) {
	case ACT_DONE:
		return put_moved(r, c, a, &f, e);
	case ACT_INVALID:
		return put_errors(r, c, &out);
	case ACT_CONFLICT:
	case ACT_FORBIDDEN:
		break;
	}
	return refuse(r, &out);
}

/* --- What can be done now ---------------------------------------------------------------------------------------- */

static const char *kind_word(enum act_field_kind kind)
{
	static const char *const words[] = {
		[ACT_WORDS] = "text",    [ACT_LINE] = "text",         [ACT_RADIOS] = "one-of",
		[ACT_SELECT] = "one-of", [ACT_CHECKS] = "several-of", [ACT_QUESTIONS] = "several-of",
		[ACT_DAY] = "date",      [ACT_PAPERS] = "files"};
	return words[kind];
}

static bool put_act_field(struct req *r, struct json_out *j, const struct act_field *field, const struct case_facts *f,
                          struct err *e)
{
	struct act_choices all = {0};
	if (field->kind == ACT_QUESTIONS ? !act_questions(r, f, &all, e)
	                                 : field->choices && !field->choices(r, f, &all, e)) {
		return false;
	}
	json_begin_object(j);
	put_str(j, "name", str_of(field->name));
	put_str(j, "type", str_of(kind_word(field->kind)));
	put_str(j, "label", tr(r->lang, field->label));
	put_flag(j, "is_optional", field->missing == NULL);
	put_key(j, "choices");
	json_begin_array(j);
	for (size_t i = 0; i < all.n; i++) {
		json_begin_object(j);
		put_str(j, "id", all.items[i].value);
		put_str(j, "label", all.items[i].label);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
	return true;
}

bool api_list_moves(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	struct err why = {0};
	int64_t id;
	struct json_out *j = &c->j;
	if (!req_arg_id(r, 0, &id, e)) {
		return false;
	}
	/* An office whose opinion is asked can give it, and nothing of the case stands in that. */
	if (!case_facts_own(r, id, &f, &why) &&
	    (why.code != ERR_NOT_FOUND || !desk_open_any_case(r, ACCESS_DECIDE, &f, e))) {
		*e = why.code != ERR_NOT_FOUND ? why : *e;
		return false;
	}
	api_put_etag(r, f.c.version);
	json_begin_object(j);
	put_key(j, "items");
	json_begin_array(j);
	for (const struct act *a = acts; a->name; a++) {
		struct act_outcome out;
		if (!case_act_may(r, a, &f, &out)) {
			continue;
		}
		json_begin_object(j);
		put_str(j, "name", str_of(a->name));
		put_str(j, "title", tr(r->lang, a->title ? a->title : a->button));
		put_key(j, "fields");
		json_begin_array(j);
		for (const struct act_field *field = a->fields; field->name; field++) {
			if (field->is_asked && !field->is_asked(&f)) {
				continue;
			}
			if (!put_act_field(r, j, field, &f, e)) {
				return false;
			}
		}
		json_end_array(j);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
	return true;
}

/* --- Moves that are no form on a page ----------------------------------------------------------------------------- */

static void put_done(struct json_out *j, const struct case_facts *f, enum case_move move)
{
	json_begin_object(j);
	put_id(j, "case", f->c.id);
	put_str(j, "number", f->c.number);
	put_str(j, "move", str_of(case_move_kind(move)));
	json_end_object(j);
}

bool api_take_document(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	if (!case_document_take(r, &f, e)) {
		return false;
	}
	put_done(&c->j, &f, MOVE_HANDED_OVER);
	return true;
}

bool api_renew_receipt(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	struct err why = {0};
	int64_t id;
	/* The answer shows no more than whoever asks knows: no look. */
	if (!req_arg_id(r, 0, &id, e)) {
		return false;
	}
	bool is_own = case_facts_own(r, id, &f, &why);
	if (!is_own && (why.code != ERR_NOT_FOUND || !desk_open_case(r, ACCESS_PURPOSE_COUNT, &f, e))) {
		*e = why.code != ERR_NOT_FOUND ? why : *e;
		return false;
	}
	if (!receipt_renew(r, &f, !is_own, e)) {
		return false;
	}
	put_done(&c->j, &f, MOVE_RECEIPT_RENEWED);
	return true;
}

/* --- An opinion that is asked ------------------------------------------------------------------------------------- */

/* Of all answers those that whoever asked chose; papers are not among them, as on the page. */
static struct answers chosen_answers(struct req *r, const struct opinion_view *v)
{
	struct answers all = {.items = arena_new(&r->arena, struct answer, v->question_n + 1)};
	for (size_t i = 0; all.items && v->may_give && i < v->question_n; i++) {
		const struct question *q = service_question(v->f->service, v->questions[i], NULL);
		const struct answer *a = answers_find(&v->f->answers, v->questions[i]);
		if (q && q->type != QUESTION_FILES && a) {
			all.items[all.n++] = *a;
		}
	}
	return all;
}

bool api_read_opinion(struct req *r, struct api_call *c, struct err *e)
{
	static const char *const words[] = {
		[OPINION_FOR] = "for", [OPINION_AGAINST] = "against", [OPINION_CONDITIONS] = "conditions"};
	struct case_facts f;
	struct opinion_view v;
	struct json_out *j = &c->j;
	if (!desk_open_any_case(r, ACCESS_DECIDE, &f, e) || !desk_opinion(r, &f, &v, e)) {
		return false;
	}
	if (v.matter == NULL) {
		return err_tell(e, ERR_NOT_FOUND, N_("Your office is not asked for an opinion on this case."), "no opinion");
	}
	const struct matter_list_out *m = v.matter;
	struct answers chosen = chosen_answers(r, &v);
	bool is_given = m->has_closed_at && m->closed_by != 0;
	api_put_etag(r, f.c.version);
	json_begin_object(j);
	put_id(j, "case", f.c.id);
	put_str(j, "number", f.c.number);
	put_str(j, "service", f.c.service);
	put_str(j, "institution", f.institution->pack_id);
	put_str(j, "asked_by", m->opened_name);
	put_instant(j, "asked_at", m->opened_at);
	put_str(j, "question", m->words);
	put_key(j, "until");
	if (m->has_due_day) {
		char day[11];
		date_format(m->due_day, day);
		json_put_string(j, str_of(day));
	} else {
		json_put_null(j);
	}
	put_flag(j, "is_open", !m->has_closed_at);
	put_answers(r, j, "answers", f.service, &chosen, NULL);
	put_str_or_null(j, "opinion",
	                is_given && m->opinion >= OPINION_FOR && m->opinion <= OPINION_CONDITIONS
	                    ? str_of(words[m->opinion])
	                    : STR_EMPTY);
	put_str_or_null(j, "reason", is_given ? m->answer : STR_EMPTY);
	json_end_object(j);
	return true;
}
