#include "app/forms/draft.h"
#include "app/guide/guide.h"
#include "app/guide/guide.html.h"
#include "app/page.h"
#include "app/people/viewer.h"

static struct str said(struct req *r, struct str sentence, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 400);
	tr_put_plain(&b, sentence, args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str days_note(struct req *r, int days)
{
	return said(r, trn(r->lang, "One working day", "{n} working days", days), &TR_I("n", days), 1);
}

/* The promise and the law, before anything ran. */
static struct clock_view promise_clock(struct req *r, const struct service *s)
{
	/* One stone is one working day: limits that are counted otherwise are said in words alone. */
	size_t n = s->clock.statutory.unit == CLOCK_WORKING_DAYS ? (size_t)s->clock.statutory.n : 0;
	uint8_t *days = arena_new(&r->arena, uint8_t, n + 1);
	struct clock_view c = {.days = days, .n = days ? n : 0};
	if (days == NULL || n == 0) {
		return c;
	}
	memset(days, DAY_LEFT, n);
	c.promised = (struct clock_mark){.at = s->clock.committed.n - 1, .note = days_note(r, s->clock.committed.n)};
	c.law = (struct clock_mark){.at = s->clock.statutory.n - 1, .note = days_note(r, s->clock.statutory.n)};
	const struct tr_arg args[] = {TR_I("n", s->clock.committed.n), TR_I("law", s->clock.statutory.n)};
	c.sentence = said(r,
	                  trn(r->lang, "We promise a decision within one working day; the law allows {law}.",
	                      "We promise a decision within {n} working days; the law allows {law}.", s->clock.committed.n),
	                  args, 2);
	return c;
}

/* Whose papers count: the person's own, or those of the one firm that the person acts for. 0: nobody's. */
static int64_t party_of(const struct viewer *v, const struct service *s)
{
	if (!viewer_is_signed_in(v)) {
		return 0;
	}
	if (((unsigned)s->audience & FOR_PERSONS) != 0) {
		return v->parties[0].party;
	}
	return v->party_n == 2 ? v->parties[1].party : 0;
}

static void say_effort(struct req *r, struct service_view *v)
{
	const struct effort_sum *here = &v->effort.here, *whole = &v->effort.whole;
	struct tr_arg args[] = {
		TR_O("visits", said(r, trn(r->lang, "one visit", "{n} visits", here->visits), &TR_I("n", here->visits), 1)),
		TR_O("documents",
	         said(r, trn(r->lang, "one document", "{n} documents", here->documents), &TR_I("n", here->documents), 1))};
	v->effort_here = said(r, tr(r->lang, N_("{visits}, {documents}")), args, 2);
	if (whole->visits == here->visits && whole->documents == here->documents && v->effort.days == 0) {
		return;
	}
	struct tr_arg all[] = {
		TR_O("visits", said(r, trn(r->lang, "one visit", "{n} visits", whole->visits), &TR_I("n", whole->visits), 1)),
		TR_O("documents",
	         said(r, trn(r->lang, "one document", "{n} documents", whole->documents), &TR_I("n", whole->documents), 1)),
		TR_O("days", said(r, trn(r->lang, "one working day", "{n} working days of waiting", v->effort.days),
	                      &TR_I("n", v->effort.days), 1))};
	v->effort_whole = v->effort.days > 0 ? said(r, tr(r->lang, N_("{visits}, {documents}, {days}")), all, 3)
	                                     : said(r, tr(r->lang, N_("{visits}, {documents}")), all, 2);
}

static bool fill_papers(struct req *r, struct service_view *v, struct err *e)
{
	const struct service *s = v->service;
	struct str *held = NULL;
	size_t held_n = 0;
	int64_t party = party_of(r->viewer, s);
	if (party != 0 && !held_documents(r, party, &held, &held_n, e)) {
		return false;
	}
	effort_of(services_all(r->app), s, held, held_n, &v->effort);
	say_effort(r, v);
	v->papers = arena_new(&r->arena, struct paper_view, s->evidence_n + 1);
	if (v->papers == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of papers");
	}
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		struct paper_view *p = &v->papers[v->paper_n++];
		*p = (struct paper_view){.evidence = ev, .is_held = effort_is_held(ev, held, held_n)};
		v->held_n += p->is_held;
		p->from = ev->from.n > 0 ? catalogue_service(r->app, ev->from) : NULL;
		if (p->from != NULL) {
			p->from_href = arena_printf(&r->arena, PATH_SERVICES "/%.*s", STR_ARG(p->from->id));
		}
	}
	return true;
}

bool service_view_fill(struct req *r, const struct service *s, struct str apply_href, struct service_view *v,
                       struct err *e)
{
	const struct institution *in = catalogue_institution_named(r->app, s->institution);
	*v = (struct service_view){
		.service = s,
		.institution = in,
		.front_office = catalogue_front_office(r->app),
		.apply_href = apply_href,
		.papers_of_some = (int64_t)service_papers_of_some(s),
		.questions_least = (int64_t)service_question_least(s),
		.questions_most = (int64_t)service_question_most(s),
		.clock = promise_clock(r, s),
	};
	if (in != NULL) {
		v->institution_href = arena_printf(&r->arena, PATH_INSTITUTIONS "/%.*s", STR_ARG(in->pack_id));
		v->ask_href = arena_printf(&r->arena, PATH_ASK "?service=%.*s", STR_ARG(s->id));
		if (s->member_n == 0 && catalogue_service(r->app, s->id)) {
			v->performance_href =
				arena_printf(&r->arena, PATH_PERFORMANCE "/%.*s/%.*s", STR_ARG(in->pack_id), STR_ARG(s->id));
		}
		v->opening = opening_today(r->app, in);
		if (!enquiries_faq(r, in, s->id, &v->asked, e)) {
			return false;
		}
	}
	return fill_papers(r, v, e);
}

bool service_get(struct req *r, struct err *e)
{
	const struct service *s = catalogue_service(r->app, r->path_args[0]);
	if (s == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such service");
	}
	struct service_view v;
	if (!service_view_fill(r, s, arena_printf(&r->arena, PATH_APPLY "%.*s", STR_ARG(s->id)), &v, e)) {
		return false;
	}
	bool is_firms = s->audience == FOR_ORGANISATIONS;
	const struct life_event *event = s->life_event_n > 0 ? catalogue_life_event(r->app, s->life_events[0]) : NULL;
	const struct nav_item trail[] = {
		{.href = STR(PATH_SERVICES), .text = tr(r->lang, N_("Services"))},
		{.href = is_firms ? STR(PATH_SERVICES "?for=organisations") : STR(PATH_SERVICES "?for=persons"),
	     .text = is_firms ? tr(r->lang, N_("For your firm")) : tr(r->lang, N_("For you"))},
		{.href = event ? arena_printf(&r->arena, PATH_LIFE_EVENTS "/%.*s", STR_ARG(event->id)) : STR_EMPTY,
	     .text = event ? text_in(&event->name, r->lang) : STR_EMPTY},
	};
	struct html_out o;
	page_begin(
		r, &o,
		&(struct page){
			.title = text_in(&s->name, r->lang), .current = NAV_SERVICES, .trail = trail, .trail_n = event ? 3 : 2});
	service_page_put(&o, &v);
	page_end(r, &o);
	return true;
}
