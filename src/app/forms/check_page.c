/* The review: every answer with the way to change it, the papers, the declaration, the last button. */
#include "app/catalogue/catalogue.h"
#include "app/forms/forms.html.h"
#include "app/forms/page_state.h"
#include "app/forms/pages.h"
#include "app/page.h"
#include "html/translate.h"

static struct str keep(struct req *r, struct buf *b)
{
	struct str s = b->failed ? STR_EMPTY : arena_copy(&r->arena, buf_str(b));
	buf_release(b);
	return s;
}

static void put_file_links(struct html_out *out, const struct open_draft *o, const struct question *q)
{
	bool is_first = true;
	for (size_t i = 0; i < o->files.n; i++) {
		const struct file_row *f = &o->files.items[i];
		if (f->is_replaced || !str_eq(f->question, q->id)) {
			continue;
		}
		check_file(out, is_first, id_text(o->d.id).c, id_text(f->id).c, f->filename);
		is_first = false;
	}
	const struct held_paper *held = is_first ? held_for(o->service, q, &o->files, o->today) : NULL;
	if (held) {
		tr_put(out, tr(out->lang, N_("We issued it ourselves: case {number}.")),
		       (const struct tr_arg[]){TR_S("number", held->number)}, 1);
	} else if (is_first && files_were_seen(q, &o->files)) {
		html_put_text(out, paper_words(out->lang, &o->intake, q->evidence));
	} else if (is_first) {
		html_put_text(out, tr(out->lang, N_("Not answered")));
	}
}

static struct html answer_html(struct req *r, const struct open_draft *o, const struct question *q)
{
	struct buf b;
	buf_init(&b, 256 * 1024);
	struct html_out out = {.to = &b, .lang = r->lang, .year = date_of_day(o->today).year};
	if (q->type == QUESTION_FILES) {
		put_file_links(&out, o, q);
	} else {
		answer_put_html(&out, q, &o->shown);
	}
	return (struct html){keep(r, &b)};
}

static size_t fill_rows(struct req *r, const struct open_draft *o, size_t page, struct summary_row *rows)
{
	const struct form_page *p = &o->service->pages[page];
	struct str path = draft_page_path(r, o, page);
	size_t n = 0;
	for (size_t i = 0; i < p->question_n; i++) {
		const struct question *q = &p->questions[i];
		if (question_is_shown(p, q, &o->shown)) {
			rows[n++] = (struct summary_row){
				.term = text_in(&q->label, r->lang),
				.value = STR_EMPTY,
				.html = answer_html(r, o, q),
				.change_href = arena_printf(&r->arena, "%.*s?then=check#%.*s", STR_ARG(path), STR_ARG(q->id))};
		}
	}
	return n;
}

static bool fill_parts(struct req *r, const struct open_draft *o, struct check_view *v, struct err *e)
{
	struct check_part *parts = arena_new(&r->arena, struct check_part, o->service->page_n + 1);
	if (parts == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the review");
	}
	for (size_t i = draft_next_page(o, SIZE_MAX); i != SIZE_MAX; i = draft_next_page(o, i)) {
		const struct form_page *p = &o->service->pages[i];
		struct summary_row *rows = arena_new(&r->arena, struct summary_row, p->question_n + 1);
		if (rows == NULL) {
			return err_set(e, ERR_MEMORY, "no room for the review");
		}
		parts[v->part_n++] =
			(struct check_part){.title = text_in(&p->title, r->lang), .rows = rows, .row_n = fill_rows(r, o, i, rows)};
	}
	v->parts = parts;
	return true;
}

static size_t files_for(const struct open_draft *o, const struct evidence *ev)
{
	size_t n = 0;
	for (size_t i = 0; i < o->service->page_n; i++) {
		const struct form_page *p = &o->service->pages[i];
		for (size_t k = 0; k < p->question_n; k++) {
			const struct question *q = &p->questions[k];
			if (str_eq(q->evidence, ev->id) && question_is_shown(p, q, &o->shown)) {
				n += files_count(&o->files, q->id);
			}
		}
	}
	return n;
}

static struct str how_it_comes(struct req *r, const struct open_draft *o, const struct evidence *ev)
{
	switch (ev->source) {
	case EVIDENCE_REGISTRY:
		return tr(r->lang, N_("Our office looks it up. You do nothing."));
	case EVIDENCE_DECLARATION:
		return tr(r->lang, N_("You declare it below."));
	case EVIDENCE_UPLOAD:
		break;
	}
	size_t n = files_for(o, ev);
	for (size_t i = 0; n == 0 && ev->document.n > 0 && i < o->files.held_n; i++) {
		const struct held_paper *held = &o->files.held[i];
		if (str_eq(held->document, ev->document) && held->valid_until >= o->today) {
			return tr(r->lang, N_("We issued it ourselves. You do nothing."));
		}
	}
	struct buf b;
	buf_init(&b, 400);
	struct str words = paper_words(r->lang, &o->intake, ev->id);
	if (n == 0 && words.n > 0) {
		buf_put(&b, words);
	} else if (n == 0) {
		buf_put(&b, tr(r->lang, N_("Not added")));
	} else {
		tr_put_plain(&b, trn(r->lang, "One file added", "{n} files added", (int64_t)n),
		             (const struct tr_arg[]){TR_N("n", n)}, 1);
	}
	return keep(r, &b);
}

static bool fill_evidence(struct req *r, const struct open_draft *o, struct check_view *v, struct err *e)
{
	const struct service *s = o->service;
	struct check_evidence *list = arena_new(&r->arena, struct check_evidence, s->evidence_n + 1);
	if (list == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the review");
	}
	for (size_t i = 0; i < s->evidence_n; i++) {
		if (condition_holds(&s->evidence[i].show_if, &o->shown)) {
			list[v->evidence_n++] = (struct check_evidence){.name = text_in(&s->evidence[i].name, r->lang),
			                                                .how = how_it_comes(r, o, &s->evidence[i])};
		}
	}
	v->evidence = list;
	return true;
}

/* What is missing, each with the way to its page. */
static bool fill_open(struct req *r, const struct open_draft *o, struct check_view *v, struct err *e)
{
	struct missing_row *list = arena_new(&r->arena, struct missing_row, o->open_n + 1);
	if (list == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the review");
	}
	for (size_t i = 0; i < o->open_n; i++) {
		const struct form_page *p = NULL;
		const struct question *q = service_question(o->service, o->open[i], &p);
		if (str_is(o->open[i], INTAKE_SCAN)) {
			list[v->open_n++] = (struct missing_row){.href = intake_path(r, o->d.id),
			                                         .text = tr(r->lang, N_("The scan that shows the day of receipt"))};
		}
		if (q != NULL) {
			list[v->open_n++] =
				(struct missing_row){.href = arena_printf(&r->arena, "/draft/%s/page/%.*s?then=check#%.*s",
			                                              id_text(o->d.id).c, STR_ARG(p->id), STR_ARG(q->id)),
			                         .text = text_in(&q->label, r->lang)};
		}
	}
	v->open = list;
	return true;
}

static struct str promise(struct req *r, const struct open_draft *o)
{
	const struct institution *in = catalogue_institution_named(r->app, o->service->institution);
	struct buf b;
	if (in == NULL || o->service->clock.committed.n <= 0 || o->service->clock.committed.unit != CLOCK_WORKING_DAYS) {
		return STR_EMPTY;
	}
	buf_init(&b, 2000);
	const struct tr_arg args[] = {TR_N("n", o->service->clock.committed.n),
	                              TR_O("office", text_in(&in->name, r->lang))};
	tr_put_plain(&b,
	             trn(r->lang, "{office} promises a decision within one working day.",
	                 "{office} promises a decision within {n} working days.", o->service->clock.committed.n),
	             args, 2);
	return keep(r, &b);
}

bool draft_check_get(struct req *r, struct err *e)
{
	struct open_draft o;
	bool is_answered = false;
	if (!draft_open_arg(r, &o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	if (o.is_withdrawn) { /* the list of its parts says so */
		return req_redirect(r, draft_path(r, o.d.id, ""));
	}
	bool is_complaining = str_is(req_query(r, "look"), "again");
	struct check_view v = {
		.csrf = r->csrf,
		.op = req_new_op(r),
		.action = draft_path(r, o.d.id, "/submit"),
		.service = text_in(&o.service->name, r->lang),
		.applicant = o.applicant,
		.tasks_href = draft_path(r, o.d.id, ""),
		.declaration = text_in(&o.service->declaration, r->lang),
		.version = o.d.version,
		.promised = promise(r, &o),
		.declare = {.name = STR("declaration"),
	                .label = tr(r->lang, N_("I declare this, and all that I wrote is true.")),
	                .value = STR("yes")},
	};
	if (o.intake_at != 0) {
		v.is_intake = true;
		v.is_confirmed = o.intake.confirmed_version == o.d.version;
		v.intake_href = intake_path(r, o.d.id);
		v.declare.label = tr(r->lang, N_("The applicant declares this, signed on paper or said here."));
	}
	if (!draft_show(r, &o, e) || !enquiry_words(r, o.d.asked, false, &v.asked, e) || !fill_parts(r, &o, &v, e) ||
	    !fill_evidence(r, &o, &v, e) || !fill_open(r, &o, &v, e)) {
		return false;
	}
	v.is_complaining = is_complaining && v.open_n == 0 && v.declaration.n > 0;
	if (v.is_complaining) {
		v.declare.error = tr(r->lang, N_("Tick the declaration. Without it we cannot take the application."));
	}
	struct html_out out;
	page_begin(r, &out,
	           &(struct page){.title_msgid = N_("Check your answers"),
	                          .current = draft_nav(&o),
	                          .width = PAGE_NOTE,
	                          .has_errors = v.is_complaining,
	                          .back_href = v.tasks_href});
	check_page(&out, &v);
	page_end(r, &out);
	return true;
}
