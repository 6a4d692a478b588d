/* Search at the desk. What was typed is somebody's name or number: it comes as a form, so that it stands in no address
 * and no log. Each case that is shown is a look at its applicant's data, recorded before. */
#include "app/cases/desk.h"
#include "app/cases/look_up.h"
#include "app/cases/moves.h"
#include "app/cases/queue.h"
#include "app/catalogue/office.h"
#include "app/desk/find.h"
#include "app/desk/find.html.h"
#include "app/desk/pages.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/caseno.h"

/* A number of a case leads to the case, whose page records the look. *casefile 0: none that this office has. */
static bool by_number(struct req *r, const struct caseno *number, int64_t *casefile, struct err *e)
{
	char text[CASENO_CHARS_MAX + 1];
	struct case_ref ref, own;
	*casefile = 0;
	caseno_format(number, text);
	if (!case_by_number(r->app, &r->arena, str_of(text), &ref, e)) {
		return false;
	}
	if (!ref.found) {
		return true;
	}
	/* The page of one that was forwarded says where it is. */
	bool leads_there = desk_case_of(r, ref.casefile, ACCESS_PURPOSE_COUNT, &own, e) || own.part == AS_FORMER;
	*casefile = leads_there ? own.casefile : 0;
	return leads_there || err_status(e->code) < 500;
}

/* Four digits and more: no name has them. */
static bool is_number(struct str s)
{
	size_t digits = 0;
	for (size_t i = 0; i < s.n; i++) {
		digits += s.p[i] >= '0' && s.p[i] <= '9';
	}
	return digits >= 4;
}

struct found_load {
	struct find find;
	struct queue_rows_out open[FOUND_MOST]; /* of those that are still in the queue */
};

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct found_load *l = ctx;
	int64_t cases[FOUND_MOST];
	if (!find_job(tx, &l->find, e)) {
		return false;
	}
	for (size_t i = 0; i < l->find.n; i++) {
		cases[i] = l->find.found[i].casefile;
	}
	return queue_rows_of(tx, l->find.institution, cases, l->find.n, l->open, e);
}

/* Nobody finds at the desk what the own applications are up to. */
static bool is_own(struct req *r, const struct found_rows_out *row)
{
	return viewer_acts_for(r->viewer, row->party) != NULL;
}

static bool record_looks(struct req *r, const struct found_load *l, struct err *e)
{
	struct access_subject subjects[FOUND_MOST];
	size_t n = 0;
	for (size_t i = 0; i < l->find.n; i++) {
		if (!is_own(r, &l->find.found[i])) {
			subjects[n++] = (struct access_subject){l->find.found[i].party, l->find.found[i].casefile};
		}
	}
	return access_look_many(r, subjects, n, l->find.institution, ACCESS_SEARCH, e);
}

static void fill(struct req *r, const struct found_load *l, struct found_view *v)
{
	struct found_row *rows = arena_new(&r->arena, struct found_row, FOUND_MOST);
	for (size_t i = 0; rows && i < l->find.n; i++) {
		const struct found_rows_out *f = &l->find.found[i];
		const struct queue_rows_out *q = &l->open[i];
		const struct service *service = catalogue_service(r->app, f->service);
		if (is_own(r, f)) {
			continue;
		}
		rows[v->n++] = (struct found_row){
			.id = arena_printf(&r->arena, "%s", id_text(f->casefile).c),
			.name = f->name,
			.number = f->number,
			.service = service ? text_in(&service->name, r->lang) : f->service,
			.is_open = q->casefile != 0,
			.tag = q->casefile != 0 ? case_tag_now(q->state, OUTCOME_NONE, (unsigned)q->waits, true)
		                            : (struct case_tag){0},
			.handler = q->casefile != 0 ? q->handler_name : STR_EMPTY,
		};
	}
	v->rows = rows;
	v->before = l->find.is_more ? arena_printf(&r->arena, "%s", id_text(l->find.looked).c) : STR_EMPTY;
	v->is_too_short = l->find.is_too_short;
}

bool desk_find_post(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	struct str typed = str_trim(req_form(r, "q"));
	struct caseno number;
	struct found_view v = {.r = r, .typed = typed};
	if (at == NULL) {
		return false;
	}
	if (caseno_parse_typed(typed, &number)) {
		int64_t casefile;
		if (!by_number(r, &number, &casefile, e)) {
			return false;
		}
		if (casefile != 0) {
			return req_redirect(r, arena_printf(&r->arena, PATH_QUEUE "/%s", id_text(casefile).c));
		}
	} else {
		struct found_load *l = arena_new(&r->arena, struct found_load, 1);
		if (l == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for a search");
		}
		l->find =
			(struct find){.institution = at->id, .typed = typed, .is_number = is_number(typed), .before = INT64_MAX};
		if (req_form(r, "before").n > 0 && !id_parse(req_form(r, "before"), &l->find.before)) {
			l->find.before = INT64_MAX;
		}
		if (!store_read(r->app->store, at->id, &r->arena, load, l, e) || !record_looks(r, l, e)) {
			return false;
		}
		fill(r, l, &v);
	}
	v.institution = text_in(&at->name, r->lang);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Search"),
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_NOTE,
	                          .back_href = STR(PATH_QUEUE)});
	found_page(&o, &v);
	page_end(r, &o);
	return true;
}
