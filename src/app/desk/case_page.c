/* A case at the desk: what the cases room shows of it, and what is said about it inside the office. */
#include "app/cases/desk.h"
#include "app/desk/look.h"
#include "app/desk/pages.h"
#include "app/page.h"

bool desk_case_get(struct req *r, struct err *e)
{
	struct case_facts f;
	struct look_since since;
	if (!desk_open_any_case(r, ACCESS_DECIDE, &f, e)) {
		return false;
	}
	if (f.is_for_opinion) {
		return desk_opinion_page(r, &f, e);
	}
	if (!look_at_case(r, &f, &since, e)) {
		return false;
	}
	struct desk_view *v = desk_view_of(r, &f, e);
	if (v == NULL) {
		return false;
	}
	struct html_out o;
	struct nav_item trail[] = {{.href = STR(PATH_QUEUE), .text = tr(r->lang, N_("Queue"))}};
	page_begin(
		r, &o,
		&(struct page){.title = f.c.number, .current = NAV_QUEUE, .is_desk = true, .trail = trail, .trail_n = 1});
	desk_case_head(&o, v);
	desk_case_body(&o, v);
	desk_case_end(&o, v);
	page_end(r, &o);
	return true;
}
