/* The page of a demonstration: who one can be, journeys to walk, and legal time, which is moved forward here. On any
 * other data folder there is no such page. */
#include "app/installation/installation.h"
#include "app/page.h"
#include "app/people/demo_people.h"
#include "app/people/viewer.h"
#include "app/site/demo.html.h"
#include "app/site/site.h"
#include "base/time_source.h"

static const struct travel travels[] = {
	{"1h", N_("An hour on"), 60 * US_PER_MIN},
	{"1d", N_("A day on"), US_PER_DAY},
	{"1w", N_("A week on"), 7 * US_PER_DAY},
	{"4w", N_("Four weeks on"), 28 * US_PER_DAY},
};

bool demo_get(struct req *r, struct err *e)
{
	if (!r->app->is_demo) {
		return err_set(e, ERR_NOT_FOUND, "no demonstration");
	}
	struct local_time now = page_local_time(r, time_legal_us(&r->app->time));
	struct demo_view v = {.r = r,
	                      .today = now.day,
	                      .time = now.second,
	                      .travels = travels,
	                      .travel_n = sizeof travels / sizeof *travels,
	                      .me = viewer_is_signed_in(r->viewer) ? r->viewer->name : STR_EMPTY};
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Walk through the city"), .width = PAGE_NORMAL});
	demo_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool demo_post(struct req *r, struct err *e)
{
	if (!r->app->is_demo) {
		return err_set(e, ERR_NOT_FOUND, "no demonstration");
	}
	for (size_t i = 0; i < sizeof travels / sizeof *travels; i++) {
		if (str_is(req_form(r, "by"), travels[i].id)) {
			return installation_travel(r->app, travels[i].by_us, str_is(req_form(r, "off"), "yes"), e) &&
			       req_redirect(r, STR(PATH_DEMO));
		}
	}
	return err_set(e, ERR_INVALID, "how far to travel is not said");
}
