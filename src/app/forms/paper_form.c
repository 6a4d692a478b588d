#include "app/forms/paper_form.h"

#include "app/catalogue/catalogue.h"
#include "app/forms/forms.html.h"
#include "app/forms/page_state.h"
#include "app/forms/pages.h"
#include "app/page.h"
#include "html/translate.h"
#include "os/render_client.h"

enum { ENTRIES_ON_PAPER = 3, CHOICES_ON_PAPER = 40, LINES_MOST = DOCUMENT_BLOCKS_MAX - 20 };

struct paper_making {
	struct req *r;
	const struct service *service;
	struct paper_form *out;
};

static struct str say(struct req *r, struct str sentence, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 16 * 1024);
	tr_put_plain(&b, sentence, args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* "Only if "Your place of work" is answered "Rented"." */
static struct str condition_words(struct paper_making *m, const struct condition *c)
{
	struct str lang = m->r->lang;
	const struct question *q = service_question(m->service, c->question, NULL);
	if (c->question.n == 0 || q == NULL) {
		return STR_EMPTY;
	}
	struct str answer = c->value;
	if (q->type == QUESTION_YES_NO) {
		answer = tr(lang, str_is(c->value, "yes") ? N_("Yes") : N_("No"));
	}
	for (size_t i = 0; i < q->choice_n; i++) {
		answer = str_eq(q->choices[i].id, c->value) ? text_in(&q->choices[i].label, lang) : answer;
	}
	const struct tr_arg args[] = {TR_O("question", text_in(&q->label, lang)), TR_O("answer", answer)};
	return say(m->r,
	           tr(lang, c->is_not ? N_("Only if you did not answer “{answer}” to “{question}”.")
	                              : N_("Only if you answered “{answer}” to “{question}”.")),
	           args, 2);
}

static struct paper_line *add(struct paper_making *m, int kind, struct str title)
{
	static struct paper_line beyond;
	if (m->out->n == LINES_MOST) {
		return &beyond;
	}
	struct paper_line *l = &m->out->lines[m->out->n++];
	*l = (struct paper_line){
		.kind = kind, .title = title, .only_if = STR_EMPTY, .hint = STR_EMPTY, .unit = STR_EMPTY, .lines = 0};
	return l;
}

static void add_choices(struct paper_making *m, const struct question *q, struct paper_line *l)
{
	size_t n = q->type == QUESTION_YES_NO ? 2 : q->choice_n;
	struct str *list = arena_new(&m->r->arena, struct str, n + 1);
	if (list == NULL || n > CHOICES_ON_PAPER) {
		l->lines = 1; /* one writes it: the list is on the website */
		return;
	}
	for (size_t i = 0; i < n; i++) {
		list[i] = q->type == QUESTION_YES_NO ? tr(m->r->lang, i == 0 ? N_("Yes") : N_("No"))
		                                     : text_in(&q->choices[i].label, m->r->lang);
	}
	l->choices = list;
	l->choice_n = n;
}

static void add_question(struct paper_making *m, const struct question *q, int kind);

static void add_group(struct paper_making *m, const struct question *q)
{
	int64_t most = q->max < ENTRIES_ON_PAPER ? q->max : ENTRIES_ON_PAPER;
	for (int64_t i = 0; i < most; i++) {
		struct buf name;
		buf_init(&name, 4096);
		answer_put_entry_name(&name, m->r->lang, q, (size_t)i);
		add(m, PAPER_QUESTION, arena_copy(&m->r->arena, buf_str(&name)));
		buf_release(&name);
		for (size_t k = 0; k < q->question_n; k++) {
			add_question(m, &q->questions[k], PAPER_FIELD);
		}
	}
	if (q->max > most) {
		add(m, PAPER_FIELD, STR_EMPTY)->hint =
			tr(m->r->lang, N_("Are there more? Write them on another sheet in the same order."));
	}
}

/* The fields of an address and of a name, each with its box. */
static void add_parts(struct paper_making *m, const struct question *q)
{
	static const char *const address[] = {N_("Street and house number"), N_("Town or city"), N_("Postal code"),
	                                      N_("Country, if it is another one")};
	static const char *const name[] = {N_("Whole name, as on the document"), N_("Family name"), N_("Given name"),
	                                   N_("In Latin letters")};
	for (int i = 0; i < QUESTION_PARTS_MAX; i++) {
		const char *word = q->type == QUESTION_ADDRESS ? address[i] : name[i];
		add(m, PAPER_FIELD, tr(m->r->lang, word))->lines = q->type == QUESTION_ADDRESS && i == 0 ? 2 : 1;
	}
}

static void add_question(struct paper_making *m, const struct question *q, int kind)
{
	struct str lang = m->r->lang;
	struct str title = text_in(&q->label, lang);
	if (q->is_optional) {
		title = say(m->r, tr(lang, N_("{what} (optional)")), (const struct tr_arg[]){TR_O("what", title)}, 1);
	}
	struct paper_line *l = add(m, kind, title);
	l->hint = text_in(&q->hint, lang);
	l->unit = text_in(&q->unit, lang);
	l->only_if = condition_words(m, &q->show_if);
	switch (q->type) {
	case QUESTION_YES_NO:
	case QUESTION_ONE_OF:
	case QUESTION_SEVERAL_OF:
		add_choices(m, q, l);
		break;
	case QUESTION_ADDRESS:
	case QUESTION_PERSON_NAME:
		add_parts(m, q);
		break;
	case QUESTION_GROUP:
		add_group(m, q);
		break;
	case QUESTION_LONG_TEXT:
		l->lines = 5;
		break;
	case QUESTION_FILES:
		l->hint = tr(lang, N_("Put a copy of this paper with the form."));
		break;
	case QUESTION_DATE:
		l->unit = tr(lang, N_("day, month, year"));
		l->lines = 1;
		break;
	case QUESTION_MONEY:
		l->unit = q->currency;
		l->lines = 1;
		break;
	default:
		l->lines = 1;
		break;
	}
}

bool paper_form_make(struct req *r, const struct service *s, struct paper_form *out, struct err *e)
{
	struct paper_making m = {.r = r, .service = s, .out = out};
	*out = (struct paper_form){.lines = arena_new(&r->arena, struct paper_line, LINES_MOST)};
	if (out->lines == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a paper form");
	}
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		const struct tr_arg args[] = {TR_I("n", (int64_t)i + 1), TR_O("title", text_in(&p->title, r->lang))};
		struct paper_line *l = add(&m, PAPER_PART, say(r, tr(r->lang, N_("{n}. {title}")), args, 2));
		l->hint = text_in(&p->intro, r->lang);
		l->only_if = condition_words(&m, &p->show_if);
		for (size_t k = 0; k < p->question_n; k++) {
			add_question(&m, &p->questions[k], PAPER_QUESTION);
		}
	}
	return !r->arena.is_full || err_set(e, ERR_MEMORY, "no room for a paper form");
}

/* --- The page, and the PDF --------------------------------------------------------------------------------------- */

static const struct service *find(struct req *r, const struct institution **at, struct err *e)
{
	const struct service *s = catalogue_service(r->app, r->path_args[0]);
	*at = s ? catalogue_institution_named(r->app, s->institution) : NULL;
	if (s == NULL) {
		err_set(e, ERR_NOT_FOUND, "no such service in force");
	}
	return s;
}

static struct str where_to(struct req *r, const struct institution *at)
{
	const struct tr_arg args[] = {TR_O("office", text_in(&at->name, r->lang)),
	                              TR_O("address", text_in(&at->address, r->lang)),
	                              TR_O("hours", text_in(&at->hours, r->lang)), TR_S("phone", at->phone)};
	return say(r, tr(r->lang, N_("Bring or send it to {office}, {address}. {hours}. {phone}")), args, 4);
}

bool paper_form_get(struct req *r, struct err *e)
{
	const struct institution *at = NULL;
	const struct service *s = find(r, &at, e);
	struct paper_form form;
	if (s == NULL || !paper_form_make(r, s, &form, e)) {
		return false;
	}
	struct paper_form_view v = {.service = text_in(&s->name, r->lang),
	                            .where = at ? where_to(r, at) : STR_EMPTY,
	                            .declaration = text_in(&s->declaration, r->lang),
	                            .pdf_href = arena_printf(&r->arena, PATH_SERVICES "/%.*s/paper.pdf", STR_ARG(s->id)),
	                            .form = &form};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v.service,
	                          .current = NAV_SERVICES,
	                          .width = PAGE_NOTE,
	                          .back_href = arena_printf(&r->arena, PATH_SERVICES "/%.*s", STR_ARG(s->id))});
	paper_form_page(&o, &v);
	page_end(r, &o);
	return true;
}

static struct document_block block_of(struct req *r, const struct paper_line *l)
{
	struct document_block b = {.kind = BLOCK_FIELD, .level = (uint32_t)l->lines, .text = l->title};
	struct document_item *items = arena_new(&r->arena, struct document_item, l->choice_n + 1);
	if (l->kind == PAPER_FIELD) {
		b.style = PARAGRAPH_QUIET;
	}
	for (size_t i = 0; items != NULL && i < l->choice_n; i++) {
		items[b.item_n++].value = l->choices[i];
	}
	b.items = items;
	bool has_both = l->only_if.n > 0 && l->hint.n > 0;
	struct str unit = l->unit.n > 0
	                      ? arena_printf(&r->arena, "%s%.*s", l->only_if.n + l->hint.n > 0 ? " " : "", STR_ARG(l->unit))
	                      : STR_EMPTY;
	b.caption = arena_printf(&r->arena, "%.*s%s%.*s%.*s", STR_ARG(l->only_if), has_both ? " " : "", STR_ARG(l->hint),
	                         STR_ARG(unit));
	return b;
}

bool paper_form_document(struct req *r, const struct service *s, const struct paper_form *made,
                         const struct document_block *head, size_t head_n, int *fd, struct err *e)
{
	const struct institution *at = catalogue_institution_named(r->app, s->institution);
	struct paper_form form = *made;
	struct document_block *blocks = arena_new(&r->arena, struct document_block, 2 * form.n + head_n + 8);
	if (blocks == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a paper form");
	}
	size_t n = 0;
	blocks[n++] = (struct document_block){.kind = BLOCK_HEADING, .level = 1, .text = text_in(&s->name, r->lang)};
	if (at != NULL) {
		blocks[n++] =
			(struct document_block){.kind = BLOCK_PARAGRAPH, .style = PARAGRAPH_QUIET, .text = where_to(r, at)};
	}
	for (size_t i = 0; i < head_n; i++) {
		blocks[n++] = head[i];
	}
	for (size_t i = 0; i < form.n && n + 4 < DOCUMENT_BLOCKS_MAX; i++) {
		const struct paper_line *l = &form.lines[i];
		if (l->kind != PAPER_PART) {
			blocks[n++] = block_of(r, l);
			continue;
		}
		blocks[n++] = (struct document_block){.kind = BLOCK_HEADING, .level = 2, .text = l->title};
		bool has_both = l->only_if.n > 0 && l->hint.n > 0;
		if (l->only_if.n + l->hint.n > 0 && n + 4 < DOCUMENT_BLOCKS_MAX) {
			blocks[n++] = (struct document_block){.kind = BLOCK_PARAGRAPH,
			                                      .style = PARAGRAPH_QUIET,
			                                      .text = arena_printf(&r->arena, "%.*s%s%.*s", STR_ARG(l->only_if),
			                                                           has_both ? " " : "", STR_ARG(l->hint))};
		}
	}
	blocks[n++] = (struct document_block){.kind = BLOCK_PARAGRAPH, .text = text_in(&s->declaration, r->lang)};
	struct document_item sign[] = {{tr(r->lang, N_("Name")), STR_EMPTY, STR_EMPTY},
	                               {tr(r->lang, N_("Place, date, signature")), STR_EMPTY, STR_EMPTY}};
	blocks[n++] = (struct document_block){.kind = BLOCK_SIGNATURES, .items = sign, .item_n = 2};
	const struct jurisdiction *home = catalogue_home(r->app);
	struct document d = {
		.title = text_in(&s->name, r->lang),
		.lang = r->lang,
		.is_rtl = language_is_rtl(r->lang),
		.city = home ? text_in(&home->name, r->lang) : r->app->city_name,
		.place = tr(r->lang, N_("City Hall")),
		.institution = at ? text_in(&at->name, r->lang) : STR_EMPTY,
		.footer = at ? text_in(&at->address, r->lang) : STR_EMPTY,
		.page_label = tr(r->lang, N_("Page {page} of {pages}")),
		.blocks = blocks,
		.block_n = n,
	};
	return render_pdf(r->app->render, &d, fd, e);
}

bool paper_form_pdf(struct req *r, struct err *e)
{
	const struct institution *at = NULL;
	const struct service *s = find(r, &at, e);
	struct paper_form form;
	int fd = -1;
	return s != NULL && paper_form_make(r, s, &form, e) && paper_form_document(r, s, &form, NULL, 0, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "%.*s.pdf", STR_ARG(s->id)));
}
