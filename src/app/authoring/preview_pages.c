/* The service's page and its form as they will be, with invented answers. Nothing here writes, and what is typed goes
 * from page to page in the form itself. */
#include "app/authoring/authoring.html.h"
#include "app/authoring/pages.h"
#include "app/catalogue/catalogue.h"
#include "app/forms/invent.h"
#include "app/guide/guide.h"
#include "app/page.h"
#include "html/translate.h"

enum { SO_FAR_BYTES_MAX = 256 * 1024 };

struct preview {
	struct change_view v;
	const struct service *s;
	struct answers as;
};

/* Also chooses the language of the page: what is looked at is asked for in the address. */
static bool preview_open(struct req *r, struct preview *p, struct err *e)
{
	struct str in = req_has_form(r, "in") ? req_form(r, "in") : req_query(r, "in");
	const struct language *l = in.n > 0 ? language_find(in) : NULL;
	*p = (struct preview){0};
	if (language_may_be_chosen(l, r->app->is_demo)) {
		r->lang = str_of(l->tag);
	}
	if (!change_of_path(r, &p->v, e)) {
		return false;
	}
	p->s = pack_service(p->v.pack, r->path_args[1]);
	return p->s != NULL ||
	       err_tell(e, ERR_NOT_FOUND, N_("This service cannot be read yet. Correct its mistakes first."),
	                "no such service in the change");
}

static struct str preview_path(struct req *r, const struct preview *p, const char *rest)
{
	return arena_printf(&r->arena, PATH_CHANGE "%s/preview/%.*s%s", id_text(p->v.row.id).c, STR_ARG(p->s->id), rest);
}

static struct str page_path(struct req *r, const struct preview *p, size_t page)
{
	return page == SIZE_MAX ? preview_path(r, p, "/answers")
	                        : arena_printf(&r->arena, "%.*s/form/%.*s", STR_ARG(preview_path(r, p, "")),
	                                       STR_ARG(p->s->pages[page].id));
}

static void fill_languages(struct req *r, struct str path, struct preview_view *out)
{
	for (const struct language *l = languages; l->tag != NULL && out->language_n < 3; l++) {
		if (l->is_offered && !str_is(r->lang, l->tag)) {
			out->languages[out->language_n].text = str_of(l->name);
			out->languages[out->language_n].tag = str_of(l->tag);
			out->languages[out->language_n++].href = arena_printf(&r->arena, "%.*s?in=%s", STR_ARG(path), l->tag);
		}
	}
}

static void begin_view(struct req *r, const struct preview *p, struct str path, struct preview_view *out)
{
	*out = (struct preview_view){.r = r,
	                             .csrf = r->csrf,
	                             .base = preview_path(r, p, ""),
	                             .action = path,
	                             .name = text_in(&p->s->name, r->lang),
	                             .back_href = change_path(r, p->v.row.id, ""),
	                             .service = p->s,
	                             .as = &p->as};
	fill_languages(r, path, out);
}

/* --- Invented answers -------------------------------------------------------------------------------------------- */

static bool invent(struct req *r, struct preview *p, struct err *e)
{
	day_number today = catalogue_today(r->app);
	for (size_t i = 0; i < p->s->page_n; i++) {
		for (size_t k = 0; k < p->s->pages[i].question_n; k++) {
			struct answer a;
			if (!answer_invent(&r->arena, &p->s->pages[i].questions[k], today, &a, e) ||
			    !answers_set(&r->arena, &p->as, &a, e)) {
				return false;
			}
		}
	}
	return true;
}

/* --- The service's page ------------------------------------------------------------------------------------------ */

bool preview_service_get(struct req *r, struct err *e)
{
	struct preview p;
	struct service_view page;
	bool ok =
		preview_open(r, &p, e) &&
		service_view_fill(r, p.s, p.s->page_n > 0 ? page_path(r, &p, 0) : preview_path(r, &p, "/answers"), &page, e);
	if (ok) {
		struct preview_view out;
		struct html_out o;
		begin_view(r, &p, preview_path(r, &p, ""), &out);
		page_begin(r, &o,
		           &(struct page){.title = AUTHOR_SAY(r, N_("Preview: {name}"), TR_O("name", out.name)),
		                          .current = NAV_AUTHORING,
		                          .back_href = out.back_href});
		preview_notice(&o, &out);
		service_page_put(&o, &page);
		page_end(r, &o);
	}
	change_release(&p.v);
	return ok;
}

/* --- The form ---------------------------------------------------------------------------------------------------- */

static size_t next_page(const struct preview *p, const struct answers *shown, size_t after)
{
	for (size_t i = after == SIZE_MAX ? 0 : after + 1; i < p->s->page_n; i++) {
		if (page_is_shown(&p->s->pages[i], shown)) {
			return i;
		}
	}
	return SIZE_MAX;
}

static void fill_progress(struct req *r, const struct preview *p, const struct answers *shown, size_t page,
                          struct form_progress *out)
{
	*out = (struct form_progress){.what = text_in(&p->s->name, r->lang)};
	for (size_t i = next_page(p, shown, SIZE_MAX); i != SIZE_MAX; i = next_page(p, shown, i)) {
		const struct form_page *fp = &p->s->pages[i];
		int asked = 0;
		for (size_t k = 0; k < fp->question_n; k++) {
			asked += question_is_shown(fp, &fp->questions[k], shown);
		}
		out->parts++;
		out->questions += asked;
		out->part += i < page;
		out->question += i < page ? asked : 0;
	}
	out->part++;
	out->question++;
}

static bool show_form(struct req *r, struct preview *p, size_t page, const struct form_state *state, struct err *e)
{
	struct preview_view out;
	struct answers shown;
	struct buf so_far;
	begin_view(r, p, page_path(r, p, page), &out);
	if (!answers_shown(&r->arena, p->s, &p->as, &shown, e)) {
		return false;
	}
	buf_init(&so_far, SO_FAR_BYTES_MAX);
	answers_put_json(&so_far, &p->as);
	out.so_far = arena_copy(&r->arena, buf_str(&so_far));
	buf_release(&so_far);
	out.page = &p->s->pages[page];
	out.title = text_in(&out.page->title, r->lang);
	out.intro = text_in(&out.page->intro, r->lang);
	out.state = state;
	fill_progress(r, p, &shown, page, &out.progress);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = AUTHOR_SAY(r, N_("Preview: {name}"), TR_O("name", out.title)),
	                          .current = NAV_AUTHORING,
	                          .width = PAGE_FORM,
	                          .has_errors = state != NULL && form_error_count(state) > 0,
	                          .back_href = out.base});
	preview_form_page(&o, &out);
	page_end(r, &o);
	return true;
}

static bool show_answers(struct req *r, struct preview *p, struct err *e)
{
	struct preview_view out;
	struct answers shown;
	begin_view(r, p, page_path(r, p, SIZE_MAX), &out);
	out.parts = arena_new(&r->arena, struct preview_part, p->s->page_n + 1);
	if (out.parts == NULL || !answers_shown(&r->arena, p->s, &p->as, &shown, e)) {
		return out.parts != NULL ? false : err_set(e, ERR_MEMORY, "no room for answers");
	}
	for (size_t i = next_page(p, &shown, SIZE_MAX); i != SIZE_MAX; i = next_page(p, &shown, i)) {
		const struct form_page *fp = &p->s->pages[i];
		struct summary_row *rows = arena_new(&r->arena, struct summary_row, fp->question_n + 1);
		struct preview_part *part = &out.parts[out.part_n++];
		*part = (struct preview_part){.title = text_in(&fp->title, r->lang), .rows = rows};
		for (size_t k = 0; rows != NULL && k < fp->question_n; k++) {
			struct buf b;
			if (!question_is_shown(fp, &fp->questions[k], &shown)) {
				continue;
			}
			buf_init(&b, SO_FAR_BYTES_MAX);
			struct html_out o = {.to = &b, .lang = r->lang};
			answer_put_html(&o, &fp->questions[k], &shown);
			rows[part->row_n++] = (struct summary_row){.term = text_in(&fp->questions[k].label, r->lang),
			                                           .html = {arena_copy(&r->arena, buf_str(&b))}};
			buf_release(&b);
		}
	}
	out.declaration = text_in(&p->s->declaration, r->lang);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = AUTHOR_SAY(r, N_("Preview: {name}"), TR_O("name", out.name)),
	                          .current = NAV_AUTHORING,
	                          .width = PAGE_FORM,
	                          .back_href = out.base});
	preview_answers_page(&o, &out);
	page_end(r, &o);
	return true;
}

bool preview_form_get(struct req *r, struct err *e)
{
	struct preview p;
	size_t page = 0;
	bool ok = preview_open(r, &p, e) &&
	          (service_page(p.s, r->path_args[2], &page) != NULL || err_set(e, ERR_NOT_FOUND, "no such page")) &&
	          invent(r, &p, e) && show_form(r, &p, page, NULL, e);
	change_release(&p.v);
	return ok;
}

bool preview_answers_get(struct req *r, struct err *e)
{
	struct preview p;
	bool ok = preview_open(r, &p, e) && invent(r, &p, e) && show_answers(r, &p, e);
	change_release(&p.v);
	return ok;
}

bool preview_form_post(struct req *r, struct err *e)
{
	struct preview p;
	struct answers shown;
	size_t page = 0;
	bool ok = preview_open(r, &p, e) &&
	          (service_page(p.s, r->path_args[2], &page) != NULL || err_set(e, ERR_NOT_FOUND, "no such page")) &&
	          (answers_parse(&r->arena, req_form(r, "so-far"), &p.as, e) ||
	           err_set(e, ERR_BAD_INPUT, "answers so far that are none"));
	if (ok) {
		const struct form_state *state =
			form_read_page(r, p.s, &p.s->pages[page], NULL, 0, &p.as, catalogue_today(r->app));
		if (form_has_errors(state)) {
			r->status = form_error_count(state) > 0 ? 422 : 200; /* a button of the page itself */
			ok = show_form(r, &p, page, state, e);
		} else if (answers_shown(&r->arena, p.s, &p.as, &shown, e)) {
			size_t next = next_page(&p, &shown, page);
			ok = next == SIZE_MAX ? show_answers(r, &p, e) : show_form(r, &p, next, NULL, e);
		} else {
			ok = false;
		}
	}
	change_release(&p.v);
	return ok;
}
