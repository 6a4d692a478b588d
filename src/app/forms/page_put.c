/* A page of questions as HTML: error summary, fields, why each is asked. */
#include "app/forms/forms.html.h"
#include "app/forms/page_state.h"

#include "html/form.h"
#include "html/translate.h"

struct page_put {
	struct html_out *o;
	struct req *r;
	const struct service *service;
	const struct answers *as, *shown;
	const struct file_list *files;
	const struct form_state *state;
};

/* "How many people will work there? Write a whole number in figures, such as 12." The service's own sentences say what
 * they are about. */
static struct str summary_text(struct req *r, const struct field_state *item)
{
	struct str label = text_in(&item->question->label, r->lang);
	if (item->group != NULL) { /* which child's birthday */
		struct buf b;
		buf_init(&b, 4096);
		answer_put_entry_name(&b, r->lang, item->group, item->entry);
		buf_put_c(&b, str_starts(r->lang, STR("zh")) ? "：" : ": ");
		buf_put(&b, label);
		label = arena_copy(&r->arena, buf_str(&b));
		buf_release(&b);
	} else if (item->fault.is_own || label.n == 0) {
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

/* The control that wants another look: the first of an answer's fields is called as the answer. */
static struct str control_of(struct req *r, const struct field_state *item)
{
	const struct value_fault *f = &item->fault;
	const char *const *parts = question_parts(item->question->type);
	int part = f->part;
	if (item->question->type == QUESTION_DATE) {
		part = f->is_day || (!f->is_month && !f->is_year) ? 0 : f->is_month ? 1 : 2;
	}
	return parts == NULL || part == 0 ? item->name
	                                  : arena_printf(&r->arena, "%.*s-%s", STR_ARG(item->name), parts[part]);
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
		for (size_t k = 0; k < f->n; k++) {
			if (form_complains(f, &f->items[k])) {
				errors[at++] =
					(struct form_error){.id = control_of(r, &f->items[k]), .text = summary_text(r, &f->items[k])};
			}
		}
	}
	form_errors(o, errors, at);
	/* Nothing is wrong, but something is to be looked at: said where the page begins, with the way to it. */
	for (size_t i = 0; at == 0 && i < n; i++) {
		for (size_t k = 0; k < states[i]->n; k++) {
			const struct field_state *item = &states[i]->items[k];
			if (item->note.n > 0) {
				form_note(o, item->name, item->note);
			}
		}
	}
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
	field_file(p->o, f, list, n, ".pdf,.jpg,.jpeg,.png,.heic,.heif,.tif,.tiff,.webp", FILE_BYTES_MAX, q->files_max > 1);
}

/* What we issued ourselves need not be sent. */
static void note_held(struct page_put *p, const struct question *q, struct form_field *f)
{
	const struct held_paper *held =
		p->files ? held_for(p->service, q, p->files, form_today(p->r->app, p->service)) : NULL;
	if (held == NULL) {
		return;
	}
	struct buf b, day;
	buf_init(&b, 1000);
	buf_init(&day, 200);
	format_date(&day, p->r->lang, 0, held->issued_on, DATE_WITH_YEAR);
	tr_put_plain(&b, tr(p->r->lang, N_("We issued it ourselves on {date}, case {number}. You need not send it.")),
	             (const struct tr_arg[]){TR_O("date", buf_str(&day)), TR_S("number", held->number)}, 2);
	f->hint = arena_copy(&p->r->arena, buf_str(&b));
	f->is_optional = true;
	buf_release(&day);
	buf_release(&b);
}

static enum field_width number_width(const struct question *q)
{
	return q->has_max && q->max < 1000 ? FIELD_W4 : FIELD_W8;
}

/* The fields of a name that few forms need stand behind a line that opens. */
static void put_parts(struct page_put *p, const struct question *q, const struct form_field *f, const struct typed *t,
                      int wrong)
{
	static const char *const address_words[] = {N_("Street and house number"), N_("Town or city"), N_("Postal code"),
	                                            N_("Country, if it is another one")};
	static const char *const name_words[] = {N_("Whole name, as on the document"), N_("Family name"), N_("Given name"),
	                                         N_("In Latin letters")};
	static const char *const address_tokens[] = {"street-address", "address-level2", "postal-code", "country-name"};
	static const char *const name_tokens[] = {"name", "family-name", "given-name", NULL};
	bool is_address = q->type == QUESTION_ADDRESS;
	struct form_part parts[QUESTION_PARTS_MAX];
	for (int i = 0; i < QUESTION_PARTS_MAX; i++) {
		const char *token = is_address ? address_tokens[i] : name_tokens[i];
		parts[i] = (struct form_part){
			.part = question_parts(q->type)[i],
			.label = tr(p->r->lang, is_address ? address_words[i] : name_words[i]),
			.value = t->parts[i],
			.autocomplete = q->autocomplete.n > 0 ? token : NULL,
			.is_wrong = f->error.n > 0 && wrong == i,
			.is_optional = is_address && i == 2,
			.rows = is_address && i == 0 ? 2 : 0,
			.width = is_address && i == 2 ? FIELD_W8 : FIELD_FULL,
		};
	}
	field_parts(p->o, f, parts, is_address ? 4 : 1, 4, tr(p->r->lang, N_("Parts of the name, Latin letters")));
}

static void put_question(struct page_put *p, const struct question *group, size_t entry, const struct question *q);

static void put_group(struct page_put *p, const struct question *q, const struct form_field *f)
{
	const struct field_state *item = form_field_state(p->state, q->id);
	size_t n = item != NULL ? item->entry : form_entries(q, answers_find(p->as, q->id));
	struct form_group g = {.field = f,
	                       .item = text_in(&q->item, p->r->lang),
	                       .action = p->r->path,
	                       .entry_n = (int)n,
	                       .has_room = (int64_t)n < q->max};
	struct buf name;
	buf_init(&name, 4096);
	group_begin(p->o, &g);
	for (size_t i = 0; i < n; i++) {
		buf_reset(&name);
		answer_put_entry_name(&name, p->r->lang, q, i);
		group_entry_begin(p->o, &g, (int)i + 1, buf_str(&name), n > 1 || q->is_optional || q->min == 0);
		for (size_t k = 0; k < q->question_n; k++) {
			if (condition_holds(&q->questions[k].show_if, p->shown)) {
				put_question(p, q, i, &q->questions[k]);
			}
		}
		group_entry_end(p->o);
	}
	group_end(p->o, &g);
	buf_release(&name);
}

/* What stands in the fields: as typed, or as answered. */
static struct typed typed_of(struct page_put *p, const struct question *group, size_t entry, const struct question *q,
                             const struct field_state *item)
{
	struct typed t;
	if (item != NULL) {
		return item->typed;
	}
	const struct answers *from = p->as;
	static const struct answers none;
	if (group != NULL) {
		const struct answer *all = answers_find(p->as, group->id);
		from = all != NULL && entry < all->entry_n ? &all->entries[entry] : &none;
	}
	value_to_typed(&p->r->arena, q, answers_find(from, q->id), &t);
	return t;
}

/* Above the field: what was written elsewhere, to be taken instead of what stands in it. */
static void put_other(struct page_put *p, const struct field_state *item)
{
	struct str line;
	struct buf b;
	buf_init(&b, 512 * 1024);
	struct html_out text = {.to = &b, .lang = p->o->lang, .year = p->o->year};
	bool is_first = true;
	for (struct str rest = item->other; str_next(&rest, '\n', &line); is_first = false) {
		buf_put_c(&b, is_first ? "" : "<br>");
		html_put_text(&text, line);
	}
	other_answer(p->o, item->question->id, (struct html){buf_str(&b)});
	buf_release(&b);
}

static void put_question(struct page_put *p, const struct question *group, size_t entry, const struct question *q)
{
	struct str lang = p->r->lang;
	struct str name = form_field_name(&p->r->arena, group, entry, q);
	const struct field_state *item = form_field_state(p->state, name);
	struct str error = item != NULL && form_complains(p->state, item) ? item->fault.say : STR_EMPTY;
	struct typed t = typed_of(p, group, entry, q, item);
	struct form_field f = {
		.name = name,
		.label = text_in(&q->label, lang),
		.hint = text_in(&q->hint, lang),
		.error = error,
		.note = item != NULL ? item->note : STR_EMPTY,
		.value = t.text,
		.is_optional = q->is_optional,
		.unit = text_in(&q->unit, lang),
		.autocomplete = q->autocomplete.n > 0 ? arena_cstr(&p->r->arena, q->autocomplete) : NULL,
	};
	if (item != NULL && item->other.n > 0) {
		put_other(p, item);
	}
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
	case QUESTION_DECIMAL:
		f.inputmode = "decimal";
		f.width = FIELD_W8;
		break;
	case QUESTION_ADDRESS:
	case QUESTION_PERSON_NAME:
		put_parts(p, q, &f, &t, item != NULL ? item->fault.part : 0);
		return;
	case QUESTION_GROUP:
		put_group(p, q, &f);
		return;
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
	case QUESTION_IDENTIFIER: /* an account number is read in groups of four, 34 characters at most */
		f.width = str_is(q->scheme, "iban") ? FIELD_FULL : FIELD_W16;
		break;
	case QUESTION_FILES:
		f.is_optional = f.is_optional || (p->files && files_were_seen(q, p->files));
		note_held(p, q, &f);
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
	struct page_put put = {.o = o, .r = r, .service = s, .as = as, .shown = &shown, .files = files, .state = state};
	if (!answers_shown(&r->arena, s, as, &shown, NULL)) {
		return; /* the arena is full: the request ends as an error */
	}
	for (size_t i = 0; i < p->question_n; i++) {
		if (form_asks(p, &p->questions[i], only_questions, only_n, &shown)) {
			put_question(&put, NULL, 0, &p->questions[i]);
		}
	}
}
