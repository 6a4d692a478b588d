/* The pages of acts: one form and one answer for all of them, made from the table. */
#include "app/cases/act_texts.h"
#include "app/cases/acts.h"
#include "app/cases/acts.html.h"
#include "app/cases/desk.h"
#include "app/cases/documents.h"
#include "app/page.h"
#include "app/people/viewer.h"

enum { PAPER_BYTES_MAX = 20000000 }; /* what people read as 20 MB */

static struct str error_of(const struct act_outcome *out, struct str name)
{
	for (size_t i = 0; out && i < out->error_n; i++) {
		if (str_eq(out->errors[i].id, name)) {
			return out->errors[i].text;
		}
	}
	return STR_EMPTY;
}

static struct str part_of(struct req *r, const struct params *input, const char *name, const char *part)
{
	return input ? act_value(input, arena_printf(&r->arena, "%s-%s", name, part).p) : STR_EMPTY;
}

static void put_chooser(struct html_out *o, struct req *r, const struct act_field *field, const struct form_field *ff,
                        const struct case_facts *f, const struct params *input)
{
	struct act_choices all = {0};
	struct err ignored;
	if (!field->choices(r, f, &all, &ignored)) {
		return; /* the arena is full: the request ends as an error */
	}
	size_t first = field->no_choice ? 1 : 0;
	struct form_choice *items = arena_new(&r->arena, struct form_choice, all.n + 1);
	for (size_t i = 0; items && i < all.n; i++) {
		items[i + first] = all.items[i];
		for (size_t k = 0; input && k < input->n; k++) {
			items[i + first].is_chosen |=
				str_is(input->items[k].name, field->name) && str_eq(input->items[k].value, all.items[i].value);
		}
	}
	if (items == NULL || all.n + first == 0) {
		return; /* in this case there is nothing to choose */
	}
	if (first) {
		items[0] = (struct form_choice){.label = tr(r->lang, field->no_choice)};
	}
	if (field->kind == ACT_RADIOS) {
		field_radios(o, ff, items, all.n);
	} else if (field->kind == ACT_SELECT) {
		field_select(o, ff, items, all.n + first);
	} else {
		field_checkboxes(o, ff, items, all.n);
	}
}

void act_put_fields(struct html_out *o, struct req *r, const struct act *a, const struct case_facts *f,
                    const struct params *input, const struct act_outcome *out)
{
	for (const struct act_field *field = a->fields; field->name; field++) {
		if (field->is_asked && !field->is_asked(f)) {
			continue;
		}
		struct form_field ff = {
			.name = str_of(field->name),
			.label = tr(r->lang, field->label),
			.hint = field->hint ? tr(r->lang, field->hint) : STR_EMPTY,
			.error = error_of(out, str_of(field->name)),
			.value = input ? act_value(input, field->name) : STR_EMPTY,
			.is_optional = field->missing == NULL,
			.chars_max = field->chars_max,
		};
		switch (field->kind) {
		case ACT_WORDS:
			field_textarea(o, &ff);
			break;
		case ACT_LINE:
			field_text(o, &ff);
			break;
		case ACT_RADIOS:
		case ACT_SELECT:
		case ACT_CHECKS:
			put_chooser(o, r, field, &ff, f, input);
			break;
		case ACT_QUESTIONS:
			act_questions_put(o, &ff, f, input);
			break;
		case ACT_DAY:
			field_date(o, &ff,
			           &(struct form_date){.day = part_of(r, input, field->name, "day"),
			                               .month = part_of(r, input, field->name, "month"),
			                               .year = part_of(r, input, field->name, "year")});
			break;
		case ACT_PAPERS:
			field_file(o, &ff, NULL, 0, ".pdf,.jpg,.jpeg,.png,.heic,.tif,.tiff,.webp", PAPER_BYTES_MAX, true);
			break;
		}
	}
}

static bool has_papers(const struct act *a)
{
	for (const struct act_field *field = a->fields; field->name; field++) {
		if (field->kind == ACT_PAPERS) {
			return true;
		}
	}
	return false;
}

static struct str base_of(struct req *r, const struct act *a, const struct case_facts *f)
{
	return arena_printf(&r->arena, "%s/%s", act_is_applicants(a) ? PATH_CASES : PATH_QUEUE, id_text(f->c.id).c);
}

static bool put_form(struct req *r, const struct act *a, const struct case_facts *f, const struct params *input,
                     const struct act_outcome *out, const struct letter_view *letter)
{
	bool has_errors = out && out->error_n > 0;
	struct act_view v = {
		.has_letter = a->move == MOVE_DECIDED,
		.letter = letter,
		.act = a,
		.f = f,
		.base = base_of(r, a, f),
		.lead = a->lead_of ? a->lead_of(r, f)
	            : a->lead  ? tr(r->lang, a->lead)
	                       : STR_EMPTY,
		.op = req_new_op(r),
		.input = input,
		.out = out,
		.has_papers = has_papers(a),
		.is_desk = !act_is_applicants(a),
	};
	v.blocks = act_blocks(r, a, f, &v.block_n);
	v.action = arena_printf(&r->arena, "%.*s/%s", STR_ARG(v.base), a->name);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = a->title,
	                          .current = v.is_desk ? NAV_QUEUE : NAV_CASES,
	                          .is_desk = v.is_desk,
	                          .width = PAGE_FORM,
	                          .has_errors = has_errors,
	                          .back_href = v.base});
	if (has_errors) {
		r->status = err_status(ERR_INVALID);
		form_errors(&o, out->errors, out->error_n);
	}
	act_page(&o, &v, r);
	page_end(r, &o);
	return true;
}

/* Why it cannot be: who has it, or a sentence. */
static bool tell_why(struct req *r, const struct act *a, const struct case_facts *f, const struct act_outcome *out,
                     struct err *e)
{
	if (out->end == ACT_FORBIDDEN) {
		return err_tell(e, ERR_FORBIDDEN, out->why, "not this person's act");
	}
	if (out->taken_by.n == 0 || act_is_applicants(a)) {
		return out->why ? err_tell(e, ERR_CONFLICT, out->why, "not now")
		                : err_set(e, ERR_CONFLICT, "the case was moved meanwhile");
	}
	struct html_out o;
	r->status = err_status(ERR_CONFLICT);
	page_begin(r, &o, &(struct page){.title = f->c.number, .current = NAV_QUEUE, .is_desk = true, .width = PAGE_NOTE});
	taken_page(&o, f);
	page_end(r, &o);
	return true;
}

/* Another button than the act's own was pressed: a text block is inserted, or the letter is looked at. Nothing is
 * written. False: the act's own. */
static bool act_try(struct req *r, const struct act *a, struct case_facts *f, bool *is_done, struct err *e)
{
	struct str what = req_form(r, "preview");
	struct act_outcome out;
	if (!req_has_form(r, "insert") && what.n == 0) {
		return false;
	}
	*is_done = true;
	if (!case_act_may(r, a, f, &out)) {
		*is_done = tell_why(r, a, f, &out, e);
	} else if (req_has_form(r, "insert")) {
		struct params input = act_with_block(r, a, f, &r->form);
		put_form(r, a, f, &input, NULL, NULL);
	} else if (!act_letter(r, a, f, &out)) {
		put_form(r, a, f, &r->form, &out, NULL);
	} else if (str_is(what, "pdf")) {
		int fd;
		*is_done = letter_pdf(r, f, &fd, e) && req_send_file(r, fd, "application/pdf", STR("preview.pdf"));
	} else {
		struct letter_view letter;
		case_letter_fill(r, f, base_of(r, a, f), &letter);
		put_form(r, a, f, &r->form, NULL, &letter);
	}
	return true;
}

bool act_show(struct req *r, const struct act *a, struct case_facts *f, struct err *e)
{
	struct act_outcome out;
	struct params input;
	if (case_act_may(r, a, f, &out)) {
		bool has_input = a->begin_with && a->begin_with(r, f, &input);
		return a->title ? put_form(r, a, f, has_input ? &input : NULL, NULL, NULL) : req_redirect(r, base_of(r, a, f));
	}
	/* Moved on meanwhile, and with nobody else: the case's page shows what can be done now. */
	if (out.end == ACT_CONFLICT && out.taken_by.n == 0 && out.why == NULL) {
		return req_redirect(r, base_of(r, a, f));
	}
	return tell_why(r, a, f, &out, e);
}

bool act_do(struct req *r, const struct act *a, struct case_facts *f, struct err *e)
{
	struct act_outcome out;
	struct store_op op;
	bool is_done;
	if (act_try(r, a, f, &is_done, e)) {
		return is_done;
	}
	if (!app_op(r, f->c.party, &op, e) || !case_act(r, a, f, &r->form, &op, &out, e)) {
		return false;
	}
	switch (out.end) {
	case ACT_DONE:
		return req_redirect(r, base_of(r, a, f));
	case ACT_INVALID:
		return put_form(r, a, f, &r->form, &out, NULL);
	case ACT_CONFLICT:
	case ACT_FORBIDDEN:
		break;
	}
	return tell_why(r, a, f, &out, e);
}

/* The act in the path, of the desk's or of the applicant's. */
static bool act_of(const struct req *r, bool is_applicants, const struct act **a, struct err *e)
{
	*a = act_named(r->path_args[1]);
	return (*a && act_is_applicants(*a) == is_applicants) || err_set(e, ERR_NOT_FOUND, "no such act");
}

/* A form that shows answers, or who collects the document and where it is posted, is a look at the case by itself. */
static enum access_purpose look_of(const struct act *a)
{
	for (const struct act_field *field = a->fields; field->name; field++) {
		if (field->kind == ACT_QUESTIONS) {
			return ACCESS_DECIDE;
		}
	}
	return a->move == MOVE_HANDED_OVER ? ACCESS_AFTERWARDS : ACCESS_PURPOSE_COUNT;
}

bool desk_act_get(struct req *r, struct err *e)
{
	const struct act *a;
	struct case_facts f;
	if (!act_of(r, false, &a, e)) {
		return false;
	}
	return desk_open_any_case(r, look_of(a), &f, e) && act_show(r, a, &f, e);
}

bool desk_act_post(struct req *r, struct err *e)
{
	const struct act *a;
	struct case_facts f;
	return act_of(r, false, &a, e) && desk_open_any_case(r, ACCESS_PURPOSE_COUNT, &f, e) && act_do(r, a, &f, e);
}

static bool open_own(struct req *r, struct case_facts *f, struct err *e)
{
	int64_t id;
	return req_arg_id(r, 0, &id, e) && case_facts_own(r, id, f, e);
}

bool case_act_get(struct req *r, struct err *e)
{
	const struct act *a;
	struct case_facts f;
	return act_of(r, true, &a, e) && open_own(r, &f, e) && act_show(r, a, &f, e);
}

bool case_act_post(struct req *r, struct err *e)
{
	const struct act *a;
	struct case_facts f;
	return act_of(r, true, &a, e) && open_own(r, &f, e) && act_do(r, a, &f, e);
}
