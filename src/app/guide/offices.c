#include "app/guide/guide.h"
#include "app/guide/guide.html.h"
#include "app/page.h"

enum { DEPTH_MAX = 16 };

static struct listing_view listing(struct req *r, struct service_list all, const char *base, struct str id)
{
	struct str next;
	struct listing_view l = {.all_n = all.n};
	l.page = services_page(all, req_query(r, "after"), GUIDE_ROWS, &next);
	if (next.n > 0) {
		l.next_href = arena_printf(&r->arena, "%s/%.*s?after=%.*s", base, STR_ARG(id), STR_ARG(next));
	}
	return l;
}

/* --- Life events --- */

static void fill_bundles(struct req *r, struct life_event_view *v)
{
	const struct service *const *bundles;
	size_t n = catalogue_bundles(r->app, &bundles);
	v->bundles = arena_new(&r->arena, const struct service *, n + 1);
	for (size_t i = 0; v->bundles && i < n; i++) {
		if (str_eq(catalogue_bundle_event(r->app, bundles[i]->id), v->event->id)) {
			v->bundles[v->bundle_n++] = bundles[i];
		}
	}
}

bool life_event_get(struct req *r, struct err *e)
{
	struct life_event_view v = {.event = catalogue_life_event(r->app, r->path_args[0])};
	if (v.event == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such life event");
	}
	v.list = listing(r, services_of_event(r->app, v.event->id), PATH_LIFE_EVENTS, v.event->id);
	fill_bundles(r, &v);
	const struct nav_item trail[] = {{.href = STR(PATH_SERVICES), .text = tr(r->lang, N_("Services"))}};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = text_in(&v.event->name, r->lang),
	                          .current = NAV_SERVICES,
	                          .width = PAGE_NOTE,
	                          .trail = trail,
	                          .trail_n = 1});
	life_event_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Offices --- */

/* The jurisdiction and those that it lies in, from the smallest on: "Quayside, Port Linden, Estuary Province". */
static struct str area_name(struct req *r, struct str id, bool is_without_first)
{
	struct buf b;
	buf_init(&b, 2000);
	const struct jurisdiction *j = catalogue_jurisdiction(r->app, id);
	for (int depth = 0; j && depth < DEPTH_MAX; depth++) {
		if (depth > 0 || !is_without_first) {
			if (b.n > 0) {
				buf_put(&b, tr(r->lang, N_(", ")));
			}
			buf_put(&b, text_in(&j->name, r->lang));
		}
		j = j->parent.n > 0 ? catalogue_jurisdiction(r->app, j->parent) : NULL;
	}
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

bool institution_get(struct req *r, struct err *e)
{
	const struct institution *in = catalogue_institution_named(r->app, r->path_args[0]);
	if (in == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such institution");
	}
	struct institution_view v = {
		.institution = in,
		.opening = opening_today(r->app, in),
		.ask_href = arena_printf(&r->arena, PATH_ASK "?office=%.*s", STR_ARG(in->pack_id)),
		.area = area_name(r, in->jurisdiction, false),
		.list = listing(r, services_of_office(r->app, &r->arena, in->pack_id), PATH_INSTITUTIONS, in->pack_id),
	};
	const struct nav_item trail[] = {{.href = STR(PATH_SERVICES), .text = tr(r->lang, N_("Services"))},
	                                 {.href = STR(PATH_INSTITUTIONS), .text = tr(r->lang, N_("Offices"))}};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = text_in(&in->name, r->lang),
	                          .current = NAV_SERVICES,
	                          .width = PAGE_NOTE,
	                          .trail = trail,
	                          .trail_n = 2});
	institution_page(&o, &v);
	page_end(r, &o);
	return true;
}

struct tree {
	struct req *r;
	const struct jurisdiction *areas;
	size_t area_n;
	const struct institution *offices;
	size_t office_n;
	struct institutions_view *out;
};

/* A jurisdiction with offices of its own, then what lies in it. */
static void add_area(struct tree *t, const struct jurisdiction *j, int depth) // NOLINT(misc-no-recursion)
{
	struct area_view area = {.name = text_in(&j->name, t->r->lang), .depth = depth};
	area.offices = arena_new(&t->r->arena, const struct institution *, t->office_n + 1);
	for (size_t i = 0; area.offices && i < t->office_n; i++) {
		if (str_eq(t->offices[i].jurisdiction, j->pack_id)) {
			area.offices[area.office_n++] = &t->offices[i];
		}
	}
	if (area.office_n > 0) {
		area.within = area_name(t->r, j->pack_id, true);
		t->out->areas[t->out->area_n++] = area;
	}
	for (size_t i = 0; depth < DEPTH_MAX && i < t->area_n; i++) {
		if (str_eq(t->areas[i].parent, j->pack_id)) {
			add_area(t, &t->areas[i], depth + 1);
		}
	}
}

bool institutions_get(struct req *r, struct err *e)
{
	struct institutions_view v = {0};
	struct tree t = {.r = r, .out = &v};
	t.area_n = catalogue_jurisdictions(r->app, &t.areas);
	t.office_n = catalogue_institutions(r->app, &t.offices);
	v.areas = arena_new(&r->arena, struct area_view, t.area_n + 1);
	if (v.areas == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of offices");
	}
	for (size_t i = 0; i < t.area_n; i++) {
		if (t.areas[i].parent.n == 0) {
			add_area(&t, &t.areas[i], 0);
		}
	}
	const struct nav_item trail[] = {{.href = STR(PATH_SERVICES), .text = tr(r->lang, N_("Services"))}};
	struct html_out o;
	page_begin(
		r, &o,
		&(struct page){
			.title_msgid = N_("Offices"), .current = NAV_SERVICES, .width = PAGE_NOTE, .trail = trail, .trail_n = 1});
	institutions_page(&o, &v);
	page_end(r, &o);
	return true;
}
