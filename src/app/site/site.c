#include "app/site/site.h"

#include "app/page.h"
#include "app/people/viewer.h"
#include "app/site/site.html.h"
#include "base/caseno.h"
#include "html/assets.h"

enum { QUICK_MAX = 3, FIRST_ROWS = 6, COOKIE_AGE_S = 365 * 86400, BACK_BYTES_MAX = 1000 };

/* --- Home --- */

static struct str example_number(struct req *r)
{
	const struct jurisdiction *home = catalogue_home(r->app);
	struct str code = home && home->code.n > 0 ? home->code : STR("PL");
	struct caseno n;
	char text[CASENO_CHARS_MAX + 1] = "";
	if (caseno_make(code, date_of_day(catalogue_today(r->app)).year, 48176, &n)) {
		caseno_format(&n, text);
	}
	return arena_copy(&r->arena, str_of(text));
}

static const char *const weekdays[7] = {N_("Monday"), N_("Tuesday"),  N_("Wednesday"), N_("Thursday"),
                                        N_("Friday"), N_("Saturday"), N_("Sunday")};

static struct service_list first_of(struct service_list all)
{
	return (struct service_list){all.items, all.n > FIRST_ROWS ? FIRST_ROWS : all.n};
}

static bool home_get(struct req *r, struct err *e)
{
	(void)e;
	day_number today = catalogue_today(r->app);
	struct service_list persons = services_for(r->app, FOR_PERSONS);
	struct service_list organisations = services_for(r->app, FOR_ORGANISATIONS);
	struct home_view v = {
		.persons = first_of(persons),
		.person_n = persons.n,
		.organisations = first_of(organisations),
		.organisation_n = organisations.n,
		.quick = services_all(r->app),
		.events = life_events_of(r),
		.front_office = catalogue_front_office(r->app),
		.weekday = weekdays[date_weekday(today)],
		.lit_stone = -1,
		.number_example = example_number(r),
		.is_signed_in = viewer_is_signed_in(r->viewer),
	};
	v.quick.n = v.quick.n > QUICK_MAX ? QUICK_MAX : v.quick.n;
	if (v.front_office != NULL) {
		v.opening = opening_today(r->app, v.front_office);
		if (calendar_is_working(v.front_office->calendar, today)) {
			v.lit_stone = frame_lit_stone(date_weekday(today));
		}
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title = STR_EMPTY, .width = PAGE_FLUSH});
	home_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Pages of plain words --- */

static bool words(struct req *r, const char *title, void (*put)(struct html_out *, const struct words_view *))
{
	struct words_view v = {.front_office = catalogue_front_office(r->app),
	                       .is_demo = r->app->is_demo,
	                       .draft_days = r->app->draft_keep_us / US_PER_DAY};
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = title, .width = PAGE_NOTE});
	put(&o, &v);
	page_end(r, &o);
	return true;
}

static bool help_get(struct req *r, struct err *e)
{
	(void)e;
	return words(r, N_("Help and contact"), help_page);
}

static bool privacy_get(struct req *r, struct err *e)
{
	(void)e;
	return words(r, N_("Your data"), privacy_page);
}

static bool accessibility_get(struct req *r, struct err *e)
{
	(void)e;
	return words(r, N_("Accessibility"), accessibility_page);
}

static bool about_get(struct req *r, struct err *e)
{
	(void)e;
	return words(r, N_("Built on Cityhall"), about_page);
}

/* --- Language, light and dark --- */

/* Where the reader came from: a path of ours, never another host's address. */
static struct str back_path(const struct req *r)
{
	struct str back = req_query(r, "back");
	bool is_ours = back.n > 0 && back.n <= BACK_BYTES_MAX && back.p[0] == '/' &&
	               (back.n == 1 || (back.p[1] != '/' && back.p[1] != '\\')) && !str_has_control(back, "");
	return is_ours ? back : STR(PATH_HOME);
}

static bool language_get(struct req *r, struct err *e)
{
	const struct language *l = language_find(r->path_args[0]);
	if (!language_may_be_chosen(l, r->app->is_demo)) {
		return err_set(e, ERR_NOT_FOUND, "no such language");
	}
	req_set_cookie(r, COOKIE_LANGUAGE, str_of(l->tag), COOKIE_AGE_S);
	return req_redirect(r, back_path(r));
}

static bool theme_get(struct req *r, struct err *e)
{
	struct str name = r->path_args[0];
	if (str_is(name, "device")) {
		req_set_cookie(r, COOKIE_THEME, STR_EMPTY, 0);
	} else if (str_is(name, "light") || str_is(name, "dark")) {
		req_set_cookie(r, COOKIE_THEME, name, COOKIE_AGE_S);
	} else {
		return err_set(e, ERR_NOT_FOUND, "no such theme");
	}
	return req_redirect(r, back_path(r));
}

static bool appearance_get(struct req *r, struct err *e)
{
	(void)e;
	struct appearance_view v = {.theme = req_cookie(r, COOKIE_THEME), .back = back_path(r)};
	if (!str_is(v.theme, "light") && !str_is(v.theme, "dark")) {
		v.theme = STR_EMPTY;
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Light and dark"), .width = PAGE_FORM, .back_href = v.back});
	appearance_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Assets --- */

/* The address changes with the contents, so what was once sent is good for ever. */
static bool asset_get(struct req *r, struct err *e)
{
	const struct asset *a = asset_find(r->path);
	if (a == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such asset");
	}
	r->is_cacheable = true;
	req_set_header(r, "Cache-Control", STR("public, max-age=31536000, immutable"));
	req_set_header(r, "ETag", str_of(a->etag));
	req_set_header(r, "Vary", STR("Accept-Encoding"));
	r->content_type = str_of(a->type);
	if (str_is(req_header(r, "if-none-match"), a->etag)) {
		r->status = 304;
		return true;
	}
	bool takes_gzip = a->gzip_n > 0 && str_find(req_header(r, "accept-encoding"), STR("gzip")) != SIZE_MAX;
	if (takes_gzip) {
		req_set_header(r, "Content-Encoding", STR("gzip"));
	}
	buf_put_bytes(&r->out, takes_gzip ? a->gzip_bytes : a->bytes, takes_gzip ? a->gzip_n : a->n);
	return true;
}

const struct route site_routes[] = {
	ROUTE(METHOD_GET, PATH_HOME, MAY_ANYONE, home_get),
	ROUTE(METHOD_GET, PATH_HELP, MAY_ANYONE, help_get),
	ROUTE(METHOD_GET, PATH_PRIVACY, MAY_ANYONE, privacy_get),
	ROUTE(METHOD_GET, PATH_ACCESSIBILITY, MAY_ANYONE, accessibility_get),
	ROUTE(METHOD_GET, "/about", MAY_ANYONE, about_get),
	ROUTE(METHOD_GET, PATH_DEMO, MAY_ANYONE, demo_get),
	ROUTE(METHOD_POST, PATH_DEMO, MAY_ANYONE, demo_post, .body_max = 4 * 1024),
	ROUTE(METHOD_GET, "/language/:tag", MAY_ANYONE, language_get),
	ROUTE(METHOD_GET, "/theme/:name", MAY_ANYONE, theme_get),
	ROUTE(METHOD_GET, "/appearance", MAY_ANYONE, appearance_get),
	ROUTE(METHOD_GET, "/a/:file", MAY_ANYONE, asset_get),
	ROUTES_END,
};
