/* What an office sees whose opinion is asked: no more than who asked chose for it. */
#include "app/cases/desk.h"
#include "app/cases/desk.html.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/json.h"

const char *opinion_words(int64_t opinion)
{
	static const char *const words[] = {
		[OPINION_NONE] = N_("Given"),
		[OPINION_FOR] = N_("Nothing speaks against it"),
		[OPINION_AGAINST] = N_("It should not be granted"),
		[OPINION_CONDITIONS] = N_("Under conditions"),
	};
	return opinion >= OPINION_NONE && opinion <= OPINION_CONDITIONS ? words[opinion] : words[OPINION_NONE];
}

/* The newest that was asked of an office where the viewer works; an open one goes before those that were given. */
static const struct matter_list_out *matter_of(const struct req *r, const struct case_facts *f)
{
	const struct matter_list_out *newest = NULL;
	for (size_t i = 0; i < f->matter_n; i++) {
		const struct matter_list_out *m = &f->matters[i];
		bool is_ours = m->kind == MATTER_OPINION && viewer_has_role(r->viewer, ROLE_OFFICIAL, m->institution);
		if (is_ours && (newest == NULL || newest->has_closed_at || !m->has_closed_at)) {
			newest = m;
		}
	}
	return newest;
}

bool desk_opinion(struct req *r, const struct case_facts *f, struct opinion_view *out, struct err *e)
{
	struct opinion_view v = {.f = f, .matter = matter_of(r, f)};
	struct json *list = NULL;
	size_t most = service_question_count(f->service);
	struct str *ids = arena_new(&r->arena, struct str, most + 1);
	if (ids == NULL || (v.matter && !json_parse(&r->arena, v.matter->about, &list, e))) {
		return ids ? false : err_set(e, ERR_MEMORY, "no memory for an opinion");
	}
	for (const struct json *q = list ? list->first : NULL; q && v.question_n < most; q = q->next) {
		ids[v.question_n++] = q->string;
	}
	v.questions = ids;
	v.may_give = v.matter && !v.matter->has_closed_at;
	*out = v;
	return true;
}

bool desk_opinion_page(struct req *r, const struct case_facts *f, struct err *e)
{
	struct opinion_view v;
	if (!desk_opinion(r, f, &v, e)) {
		return false;
	}
	v.until = v.matter && v.matter->has_due_day ? case_date(r, f, v.matter->due_day, DATE_LONG) : STR_EMPTY;
	struct html_out o;
	struct nav_item trail[] = {{.href = STR(PATH_QUEUE), .text = tr(r->lang, N_("Queue"))}};
	page_begin(
		r, &o,
		&(struct page){.title = f->c.number, .current = NAV_QUEUE, .is_desk = true, .trail = trail, .trail_n = 1});
	opinion_page(&o, &v);
	page_end(r, &o);
	return true;
}
