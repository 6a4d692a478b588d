#include "app/catalogue/pages.h"

#include "app/catalogue/catalogue.html.h"
#include "app/page.h"

struct service_list services_all(struct req *r)
{
	struct service_list all = {0};
	all.n = catalogue_services(r->app, &all.items);
	return all;
}

static struct service_list filtered(struct req *r, bool (*keep)(const struct service *, const void *), const void *what)
{
	struct service_list all = services_all(r), some = {0};
	const struct service **items = arena_new(&r->arena, const struct service *, all.n + 1);
	for (size_t i = 0; items && i < all.n; i++) {
		if (keep(all.items[i], what)) {
			items[some.n++] = all.items[i];
		}
	}
	some.items = items;
	return some;
}

static bool is_for(const struct service *s, const void *what)
{
	const enum audience *audience = what;
	return ((unsigned)s->audience & (unsigned)*audience) != 0;
}

struct service_list services_for(struct req *r, enum audience audience)
{
	return filtered(r, is_for, &audience);
}

static bool is_decided_by(const struct service *s, const void *what)
{
	const struct str *institution = what;
	return str_eq(s->institution, *institution);
}

struct opening opening_today(struct app *app, const struct institution *in)
{
	day_number today = catalogue_today(app);
	struct opening open = {0};
	if (in->calendar != NULL && calendar_is_working(in->calendar, today)) {
		int from_min = 0, to_min = 0;
		calendar_hours(in->calendar, today, &from_min, &to_min);
		int32_t second = zone_local(calendar_zone(in->calendar), time_legal_us(&app->time)).second;
		open.until_s = to_min * 60;
		open.is_open_today = second < open.until_s;
	}
	return open;
}

static bool services_get(struct req *r, struct err *e)
{
	(void)e;
	struct services_view v = {.query = str_trim(req_query(r, "q")), .front_office = catalogue_front_office(r->app)};
	if (v.query.n > 0) {
		v.found = services_found(r->app, &r->arena, r->lang, v.query, false, SIZE_MAX);
	} else {
		v.persons = services_for(r, FOR_PERSONS);
		v.organisations = services_for(r, FOR_ORGANISATIONS);
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Services"), .current = NAV_SERVICES});
	services_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* What everybody has to do elsewhere first: papers that are not optional. */
static int visits_of(const struct service *s)
{
	int visits = 0;
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		visits += ev->is_optional || ev->show_if.question.n > 0 ? 0 : ev->effort_visits;
	}
	return visits;
}

static struct str days_note(struct req *r, int days)
{
	struct buf b;
	buf_init(&b, 200);
	tr_put_plain(&b, trn(r->lang, "One working day", "{n} working days", days), &TR_I("n", days), 1);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* The promise and the law, before anything ran. */
static struct clock_view promise_clock(struct req *r, const struct service *s)
{
	size_t n = (size_t)s->statutory_days;
	uint8_t *days = arena_new(&r->arena, uint8_t, n + 1);
	struct clock_view c = {.days = days, .n = days ? n : 0};
	if (days == NULL) {
		return c;
	}
	memset(days, DAY_LEFT, n);
	c.promised = (struct clock_mark){.at = s->committed_days - 1, .note = days_note(r, s->committed_days)};
	c.law = (struct clock_mark){.at = s->statutory_days - 1, .note = days_note(r, s->statutory_days)};
	struct buf b;
	buf_init(&b, 400);
	const struct tr_arg args[] = {TR_I("n", s->committed_days), TR_I("law", s->statutory_days)};
	tr_put_plain(&b,
	             trn(r->lang, "We promise a decision within one working day; the law allows {law}.",
	                 "We promise a decision within {n} working days; the law allows {law}.", s->committed_days),
	             args, 2);
	c.sentence = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return c;
}

static bool service_get(struct req *r, struct err *e)
{
	const struct service *s = catalogue_service(r->app, r->path_args[0]);
	if (s == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such service");
	}
	const struct institution *in = catalogue_institution_named(r->app, s->institution);
	struct service_view v = {
		.service = s,
		.institution = in,
		.front_office = catalogue_front_office(r->app),
		.apply_href = arena_printf(&r->arena, PATH_APPLY "%.*s", STR_ARG(s->id)),
		.visits = visits_of(s),
		.papers = (int64_t)service_papers(s),
		.evidence = (int64_t)s->evidence_n,
		.questions_least = (int64_t)service_question_least(s),
		.questions_most = (int64_t)service_question_count(s),
		.clock = promise_clock(r, s),
	};
	if (in != NULL) {
		v.institution_href = arena_printf(&r->arena, "/institutions/%.*s", STR_ARG(in->pack_id));
	}
	bool is_firms = s->audience == FOR_ORGANISATIONS;
	const struct nav_item trail[] = {
		{.href = STR(PATH_SERVICES), .text = tr(r->lang, N_("Services"))},
		{.href = is_firms ? STR(PATH_SERVICES "#organisations") : STR(PATH_SERVICES "#persons"),
	     .text = is_firms ? tr(r->lang, N_("For your firm")) : tr(r->lang, N_("For you"))},
	};
	struct html_out o;
	page_begin(
		r, &o,
		&(struct page){.title = text_in(&s->name, r->lang), .current = NAV_SERVICES, .trail = trail, .trail_n = 2});
	service_page_put(&o, &v);
	page_end(r, &o);
	return true;
}

static bool institution_get(struct req *r, struct err *e)
{
	const struct institution *in = catalogue_institution_named(r->app, r->path_args[0]);
	if (in == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such institution");
	}
	struct institution_view v = {
		.institution = in,
		.opening = opening_today(r->app, in),
		.services = filtered(r, is_decided_by, &in->pack_id),
	};
	struct html_out o;
	page_begin(r, &o, &(struct page){.title = text_in(&in->name, r->lang), .width = PAGE_NOTE});
	institution_page(&o, &v);
	page_end(r, &o);
	return true;
}

const struct route catalogue_routes[] = {
	ROUTE(METHOD_GET, PATH_SERVICES, MAY_ANYONE, services_get),
	ROUTE(METHOD_GET, PATH_SERVICES "/:id", MAY_ANYONE, service_get),
	ROUTE(METHOD_GET, "/institutions/:id", MAY_ANYONE, institution_get),
	ROUTES_END,
};
