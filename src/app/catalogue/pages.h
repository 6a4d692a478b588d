/* Pages of the catalogue, and what the home page shows of it. Request threads. */
#ifndef CITYHALL_APP_CATALOGUE_PAGES_H
#define CITYHALL_APP_CATALOGUE_PAGES_H

#include "app/catalogue/views.h"
#include "http/req.h"

extern const struct route catalogue_routes[];
extern const struct store_schema catalogue_schema;

/* Services for persons, or for organisations; those for both stand in either list. In the request's arena. */
struct service_list services_for(struct req *r, enum audience audience);
struct service_list services_all(struct req *r);
struct opening opening_today(struct app *app, const struct institution *in);

/* Templates of catalogue.html that other rooms' pages use. */
void service_rows(struct html_out *o, struct service_list list);
void search_form(struct html_out *o, struct str query);
void opening_sentence(struct html_out *o, struct opening open); /* "Open today until 18:00." */

/* search.c: services that the query may mean, best first, at most `most` (100). Any thread. */
struct service_list services_found(struct app *app, struct arena *a, struct str lang, struct str query, bool is_typing,
                                   size_t most);

#endif
