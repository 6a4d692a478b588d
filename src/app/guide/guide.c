#include "app/guide/guide.h"

#include "app/guide/guide.html.h"
#include "app/page.h"

enum { FIRST_ROWS = 8, FOUND_MAX = 20, SUGGESTIONS_MAX = 6 };

struct opening opening_today(struct app *app, const struct institution *in)
{
	day_number today = catalogue_today(app);
	struct opening open = {0};
	if (in->calendar != NULL && calendar_is_working(in->calendar, today)) {
		struct office_hours hours = calendar_hours(in->calendar, today);
		int32_t second = zone_local(calendar_zone(in->calendar), time_legal_us(&app->time)).second;
		open.until_s = hours.spans[hours.n - 1].to_min * 60;
		open.is_open_today = second < open.until_s;
	}
	return open;
}

struct event_list_view life_events_of(struct req *r)
{
	const struct life_event *events;
	size_t n = catalogue_life_events(r->app, &events);
	struct event_list_view v = {.items = arena_new(&r->arena, struct event_row, n + 1)};
	for (size_t i = 0; v.items && i < n; i++) {
		size_t service_n = services_of_event(r->app, events[i].id).n;
		if (service_n > 0) {
			v.items[v.n++] = (struct event_row){&events[i], service_n};
		}
	}
	return v;
}

static struct service_list first_of(struct service_list all)
{
	return (struct service_list){all.items, all.n > FIRST_ROWS ? FIRST_ROWS : all.n};
}

/* /services?for=persons: all of them, page after page. */
static bool audience_get(struct req *r, bool is_firms)
{
	struct service_list all = services_for(r->app, is_firms ? FOR_ORGANISATIONS : FOR_PERSONS);
	struct str next;
	struct audience_view v = {.is_firms = is_firms, .list.all_n = all.n};
	v.list.page = services_page(all, req_query(r, "after"), GUIDE_ROWS, &next);
	if (next.n > 0) {
		v.list.next_href = arena_printf(&r->arena, PATH_SERVICES "?for=%s&after=%.*s",
		                                is_firms ? "organisations" : "persons", STR_ARG(next));
	}
	const struct nav_item trail[] = {{.href = STR(PATH_SERVICES), .text = tr(r->lang, N_("Services"))}};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = is_firms ? N_("For your firm") : N_("For you"),
	                          .current = NAV_SERVICES,
	                          .width = PAGE_NOTE,
	                          .trail = trail,
	                          .trail_n = 1});
	audience_page(&o, &v);
	page_end(r, &o);
	return true;
}

static bool services_get(struct req *r, struct err *e)
{
	(void)e;
	struct services_view v = {.query = str_trim(req_query(r, "q")), .front_office = catalogue_front_office(r->app)};
	struct str whom = req_query(r, "for");
	if (v.query.n == 0 && (str_is(whom, "persons") || str_is(whom, "organisations"))) {
		return audience_get(r, str_is(whom, "organisations"));
	}
	if (v.query.n > 0) {
		v.found = services_found(r->app, &r->arena, r->lang, v.query, false, FOUND_MAX);
	} else {
		const struct institution *offices;
		struct service_list persons = services_for(r->app, FOR_PERSONS);
		struct service_list organisations = services_for(r->app, FOR_ORGANISATIONS);
		v.persons = first_of(persons);
		v.person_n = persons.n;
		v.organisations = first_of(organisations);
		v.organisation_n = organisations.n;
		v.events = life_events_of(r);
		v.institution_n = catalogue_institutions(r->app, &offices);
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Services"), .current = NAV_SERVICES});
	services_page_put(&o, &v);
	page_end(r, &o);
	return true;
}

/* What assets/find.js shows below the field while somebody types: a list, not a page. */
static bool suggestions_get(struct req *r, struct err *e)
{
	(void)e;
	struct str query = str_trim(req_query(r, "q"));
	struct service_list found = services_found(r->app, &r->arena, r->lang, query, true, SUGGESTIONS_MAX);
	struct html_out o = {.to = &r->out, .lang = r->lang};
	suggestions_put(&o, found);
	r->content_type = STR("text/html; charset=utf-8");
	return true;
}

/* For other catalogues: CPSV-AP 3.2. */
static bool jsonld_get(struct req *r, struct err *e)
{
	(void)e;
	catalogue_put_jsonld(r->app, &r->out, r->app->public_url);
	r->content_type = STR("application/ld+json; charset=utf-8");
	return true;
}

const struct route guide_routes[] = {
	ROUTE(METHOD_GET, "/catalogue.jsonld", MAY_ANYONE, jsonld_get),
	ROUTE(METHOD_GET, PATH_SERVICES, MAY_ANYONE, services_get),
	ROUTE(METHOD_GET, PATH_SERVICES "/:id", MAY_ANYONE, service_get),
	ROUTE(METHOD_GET, PATH_BUNDLES "/:id", MAY_ANYONE, bundle_page_get),
	ROUTE(METHOD_GET, "/suggestions", MAY_ANYONE, suggestions_get),
	ROUTE(METHOD_GET, PATH_LIFE_EVENTS "/:id", MAY_ANYONE, life_event_get),
	ROUTE(METHOD_GET, PATH_INSTITUTIONS, MAY_ANYONE, institutions_get),
	ROUTE(METHOD_GET, PATH_INSTITUTIONS "/:id", MAY_ANYONE, institution_get),
	ROUTES_END,
};
