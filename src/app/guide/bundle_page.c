#include "app/guide/bundles.html.h"
#include "app/guide/guide.h"
#include "app/page.h"
#include "html/translate.h"

bool bundle_page_get(struct req *r, struct err *e)
{
	const struct service *b = catalogue_bundle(r->app, r->path_args[0]);
	if (b == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such bundle");
	}
	struct bundle_view_of v = {
		.bundle = b,
		.apply_href = arena_printf(&r->arena, PATH_APPLY "%.*s", STR_ARG(b->id)),
		.papers = (int64_t)service_papers(b),
		.papers_of_some = (int64_t)service_papers_of_some(b),
		.questions_least = (int64_t)service_question_least(b),
		.questions_most = (int64_t)service_question_most(b),
	};
	for (size_t i = 0; i < b->member_n; i++) {
		v.questions_saved += (int64_t)service_question_most(b->members[i].service);
	}
	v.questions_saved -= v.questions_most;
	const struct nav_item trail[] = {{.href = STR(PATH_SERVICES), .text = tr(r->lang, N_("Services"))}};
	struct html_out o;
	page_begin(
		r, &o,
		&(struct page){.title = text_in(&b->name, r->lang), .current = NAV_SERVICES, .trail = trail, .trail_n = 1});
	bundle_page_put(&o, &v);
	page_end(r, &o);
	return true;
}
