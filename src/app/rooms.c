#include "app/rooms.h"

#include "app/access/access.sql.h"
#include "app/api/api.h"
#include "app/api/api.sql.h"
#include "app/api/hook.h"
#include "app/authoring/authoring.h"
#include "app/authoring/authoring.sql.h"
#include "app/cases/cases.h"
#include "app/cases/cases.sql.h"
#include "app/catalogue/catalogue.sql.h"
#include "app/counter/counter.h"
#include "app/counter/counter.sql.h"
#include "app/credentials/credentials.h"
#include "app/desk/desk.h"
#include "app/desk/desk.sql.h"
#include "app/enquiries/enquiries.h"
#include "app/enquiries/enquiries.sql.h"
#include "app/forms/forms.h"
#include "app/forms/forms.sql.h"
#include "app/guide/guide.h"
#include "app/health/health.h"
#include "app/installation/installation.sql.h"
#include "app/mail/mail.h"
#include "app/mail/mail.sql.h"
#include "app/people/people.h"
#include "app/people/people.sql.h"
#include "app/ratings/ratings.h"
#include "app/ratings/ratings.sql.h"
#include "app/site/site.h"
#include "app/statistics/statistics.h"
#include "app/supervision/counts.h"
#include "app/supervision/supervision.h"
#include "app/traffic/traffic.h"

const struct room rooms[] = {
	{.name = "installation", .schema = &installation_schema},
	{.name = "people",
     .routes = people_routes,
     .schema = &people_schema,
     .subscribers = people_subscribers,
     .read_models = people_read_models,
     .check = people_check},
	{.name = "catalogue", .schema = &catalogue_schema},
	{.name = "access", .schema = &access_schema},
	{.name = "mail",
     .routes = mail_routes,
     .schema = &mail_schema,
     .subscribers = mail_subscribers,
     .timers = mail_timers,
     .errands = mail_errands,
     .read_models = mail_read_models},
	{.name = "enquiries",
     .routes = enquiries_routes,
     .schema = &enquiries_schema,
     .subscribers = enquiries_subscribers,
     .read_models = enquiries_read_models},
	{.name = "forms", .routes = forms_routes, .schema = &forms_schema, .timers = forms_timers, .check = forms_check},
	{.name = "credentials", .routes = credentials_routes, .schema = &credentials_schema, .check = credentials_check},
	{.name = "cases",
     .routes = cases_routes,
     .schema = &cases_schema,
     .subscribers = cases_subscribers,
     .timers = cases_timers,
     .errands = cases_errands,
     .digest = cases_digest,
     .read_models = cases_read_models,
     .check = cases_check},
	{.name = "supervision",
     .routes = supervision_routes,
     .schema = &supervision_schema,
     .subscribers = supervision_subscribers,
     .timers = supervision_timers,
     .errands = supervision_errands,
     .read_models = board_read_models},
	{.name = "ratings",
     .routes = ratings_routes,
     .schema = &ratings_schema,
     .subscribers = ratings_subscribers,
     .timers = ratings_timers,
     .asks = ratings_asks,
     .read_models = ratings_read_models},
	{.name = "traffic", .routes = traffic_routes, .schema = &traffic_schema},
	{.name = "desk",
     .routes = desk_routes,
     .schema = &desk_schema,
     .subscribers = desk_subscribers,
     .read_models = desk_read_models},
	{.name = "counter", .routes = counter_routes, .schema = &counter_schema, .subscribers = counter_subscribers},
	{.name = "guide", .routes = guide_routes},
	{.name = "statistics",
     .routes = statistics_routes,
     .schema = &statistics_schema,
     .subscribers = statistics_subscribers,
     .errands = statistics_errands,
     .read_models = statistics_read_models},
	{.name = "authoring", .routes = authoring_routes, .schema = &authoring_schema},
	{.name = "api",
     .routes = api_routes,
     .schema = &api_schema,
     .subscribers = hook_subscribers,
     .errands = hook_errands},
	{.name = "site", .routes = site_routes},
	{.name = "health", .routes = health_routes},
	{0},
};

size_t rooms_subscribers(struct app *app, struct event_subscriber *out, size_t most)
{
	size_t n = 0;
	for (const struct room *room = rooms; room->name; room++) {
		for (const struct event_subscriber *s = room->subscribers; s && s->name; s++) {
			must(n < most);
			out[n] = *s;
			out[n++].ctx = app;
		}
	}
	return n;
}

size_t rooms_timers(struct app *app, struct timer_kind *out, size_t most)
{
	size_t n = 0;
	for (const struct room *room = rooms; room->name; room++) {
		for (const struct timer_kind *t = room->timers; t && t->name; t++) {
			must(n < most);
			out[n] = *t;
			out[n++].ctx = app;
		}
	}
	return n;
}

bool rooms_ask(struct req *r, int64_t party, int64_t casefile, struct room_asks *out, struct err *e)
{
	*out = (struct room_asks){0};
	for (const struct room *room = rooms; room->name; room++) {
		if (room->asks && !room->asks(r, party, casefile, out, e)) {
			return false;
		}
	}
	return true;
}
