/* A page of questions as HTML: error summary, fields, why each is asked. */
#include "app/forms/forms.html.h"
#include "app/forms/page_state.h"

#include "html/form.h"
#include "html/translate.h"

struct page_put {
	struct html_out *o;
	struct req *r;
	const struct answers *as;
	const struct file_list *files;
	const struct form_state *state;
};

static const struct field_state *state_of(const struct form_state *f, const struct question *q)
{
	for (size_t i = 0; f != NULL && i < f->n; i++) {
		if (f->items[i].question == q) {
			return &f->items[i];
		}
	}
	return NULL;
}

/* "How many people will work there? Write a whole number in figures, such as 12." The service's own sentences say what
 * they are about. */
static struct str summary_text(struct req *r, const struct field_state *item)
{
	struct str label = text_in(&item->question->label, r->lang);
	if (item->fault.is_own || label.n == 0) {
		return item->fault.say;
	}
	bool is_zh = str_starts(r->lang, STR("zh"));
	bool has_end = str_ends(label, STR("?")) || str_ends(label, STR(".")) || str_ends(label, STR("？")) ||
	               str_ends(label, STR("。"));
	return arena_printf(&r->arena, "%.*s%s%.*s", STR_ARG(label),
	                    has_end ? (is_zh ? "" : " ")
	                    : is_zh ? "："
	                            : ": ",
	                    STR_ARG(item->fault.say));
}

/* The control that wants another look. */
static struct str control_of(struct req *r, const struct field_state *item)
{
	const struct value_fault *f = &item->fault;
	const char *part = f->is_day || (!f->is_month && !f->is_year) ? "" : f->is_month ? "-month" : "-year";
	return item->question->type == QUESTION_DATE ? arena_printf(&r->arena, "%.*s%s", STR_ARG(item->question->id), part)
	                                             : item->question->id;
}

void form_put_errors_of(struct html_out *o, struct req *r, const struct form_state *const *states, size_t n)
{
	size_t count = 0;
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		count += form_error_count(states[i]);
	}
	struct form_error *errors = arena_new(&r->arena, struct form_error, count + 1);
	for (size_t i = 0; errors != NULL && i < n; i++) {
		const struct form_state *f = states[i];
		for (size_t k = 0; !f->stays && k < f->n; k++) {
			if (f->items[k].fault.say.n > 0) {
				errors[at++] =
					(struct form_error){.id = control_of(r, &f->items[k]), .text = summary_text(r, &f->items[k])};
			}
		}
	}
	form_errors(o, errors, at);
}

void form_put_errors(struct html_out *o, struct req *r, const struct form_state *f)
{
	if (f != NULL) {
		form_put_errors_of(o, r, &f, 1);
	}
}

void form_put_default_button(struct html_out *o, struct str label)
{
	default_button(o, label);
}

static bool is_chosen(const struct typed *t, const struct question *q, struct str id)
{
	if (q->type != QUESTION_SEVERAL_OF) {
		return str_eq(t->text, id);
	}
	for (size_t i = 0; i < t->chosen_n; i++) {
		if (str_eq(t->chosen[i], id)) {
			return true;
		}
	}
	return false;
}

static void put_choices(struct page_put *p, const struct question *q, const struct form_field *f, const struct typed *t)
{
	size_t n = q->type == QUESTION_YES_NO ? 2 : q->choice_n;
	struct form_choice *list = arena_new(&p->r->arena, struct form_choice, n + 1);
	if (list == NULL) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (q->type == QUESTION_YES_NO) {
			list[i] = (struct form_choice){.value = i == 0 ? STR("yes") : STR("no"),
			                               .label = tr(p->r->lang, i == 0 ? N_("Yes") : N_("No"))};
		} else {
			list[i] = (struct form_choice){.value = q->choices[i].id,
			                               .label = text_in(&q->choices[i].label, p->r->lang),
			                               .hint = text_in(&q->choices[i].hint, p->r->lang)};
		}
		list[i].is_chosen = is_chosen(t, q, list[i].value);
	}
	if (q->type == QUESTION_SEVERAL_OF) {
		field_checkboxes(p->o, f, list, n);
	} else {
		field_radios(p->o, f, list, n);
	}
}

static void put_files(struct page_put *p, const struct question *q, const struct form_field *f)
{
	size_t n = 0;
	struct form_file *list = arena_new(&p->r->arena, struct form_file, (p->files ? p->files->n : 0) + 1);
	const char *base = str_starts(p->r->path, STR("/cases/")) ? "/cases" : "/draft";
	for (size_t i = 0; list != NULL && p->files != NULL && i < p->files->n; i++) {
		const struct file_row *row = &p->files->items[i];
		if (row->is_replaced || !str_eq(row->question, q->id)) {
			continue;
		}
		struct buf note;
		buf_init(&note, 400);
		tr_put_plain(&note, trn(p->r->lang, "1 page", "{n} pages", row->page_n),
		             (const struct tr_arg[]){TR_N("n", row->page_n)}, 1);
		list[n++] = (struct form_file){
			.name = row->filename,
			.bytes = row->bytes,
			.note = arena_copy(&p->r->arena, buf_str(&note)),
			.href = arena_printf(&p->r->arena, "%s/%s/file/%s", base, id_text(row->casefile).c, id_text(row->id).c),
			.remove_value = arena_copy(&p->r->arena, str_of(id_text(row->id).c)),
		};
		buf_release(&note);
	}
	field_file(p->o, f, list, n, ".pdf,.jpg,.jpeg,.png", FILE_BYTES_MAX, q->files_max > 1);
}

static enum field_width number_width(const struct question *q)
{
	return q->has_max && q->max < 1000 ? FIELD_W4 : FIELD_W8;
}

static void put_question(struct page_put *p, const struct question *q)
{
	struct str lang = p->r->lang;
	const struct field_state *item = state_of(p->state, q);
	bool complains = item != NULL && !p->state->stays;
	struct typed t;
	if (item != NULL) {
		t = item->typed;
	} else {
		value_to_typed(&p->r->arena, q, answers_find(p->as, q->id), &t);
	}
	struct form_field f = {
		.name = q->id,
		.label = text_in(&q->label, lang),
		.hint = text_in(&q->hint, lang),
		.error = complains ? item->fault.say : STR_EMPTY,
		.value = t.text,
		.is_optional = q->is_optional,
		.unit = text_in(&q->unit, lang),
		.autocomplete = q->autocomplete.n > 0 ? arena_cstr(&p->r->arena, q->autocomplete) : NULL,
	};
	switch (q->type) {
	case QUESTION_TEXT:
		break;
	case QUESTION_LONG_TEXT:
		field_textarea(p->o, &f);
		return;
	case QUESTION_WHOLE:
		f.inputmode = "numeric";
		f.width = number_width(q);
		break;
	case QUESTION_MONEY:
		f.inputmode = "decimal";
		f.width = FIELD_W16;
		field_money(p->o, &f, q->currency);
		return;
	case QUESTION_DATE:
		field_date(p->o, &f,
		           &(struct form_date){
					   .day = t.day, .month = t.month, .year = t.year, .is_birth = str_is(q->autocomplete, "bday")});
		return;
	case QUESTION_YES_NO:
	case QUESTION_ONE_OF:
	case QUESTION_SEVERAL_OF:
		put_choices(p, q, &f, &t);
		return;
	case QUESTION_EMAIL:
		f.type = "email";
		f.autocomplete = f.autocomplete ? f.autocomplete : "off";
		break;
	case QUESTION_PHONE:
		f.type = "tel";
		f.width = FIELD_W16;
		break;
	case QUESTION_IDENTIFIER:
		f.width = FIELD_W16;
		break;
	case QUESTION_FILES:
		put_files(p, q, &f);
		return;
	}
	field_text(p->o, &f);
}

void form_put_fields(struct html_out *o, struct req *r, const struct service *s, const struct form_page *p,
                     const struct str *only_questions, size_t only_n, const struct answers *as,
                     const struct file_list *files, const struct form_state *state)
{
	struct answers shown;
	struct page_put put = {.o = o, .r = r, .as = as, .files = files, .state = state};
	if (!answers_shown(&r->arena, s, as, &shown, NULL)) {
		return; /* the arena is full: the request ends as an error */
	}
	for (size_t i = 0; i < p->question_n; i++) {
		if (form_asks(p, &p->questions[i], only_questions, only_n, &shown)) {
			put_question(&put, &p->questions[i]);
		}
	}
}

void form_put_page(struct html_out *o, struct req *r, const struct service *s, const struct form_page *p,
                   const struct str *only_questions, size_t only_n, const struct answers *as,
                   const struct file_list *files, const struct form_state *state)
{
	form_put_errors(o, r, state);
	form_put_fields(o, r, s, p, only_questions, only_n, as, files, state);
}
