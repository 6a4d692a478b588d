/* The guide: the catalogue as the public sees it. Search with suggestions, services by life event, by office, for a
 * person and for a firm, a service's page, an office's page. Request threads. */
#ifndef CITYHALL_APP_GUIDE_GUIDE_H
#define CITYHALL_APP_GUIDE_GUIDE_H

#include "app/guide/views.h"
#include "http/req.h"

extern const struct route guide_routes[];

handler service_get;      /* service_page.c: /services/:id */
handler bundle_page_get;  /* bundle_page.c: /bundles/:id */
handler institution_get;  /* offices.c: /institutions/:id */
handler institutions_get; /* /institutions */
handler life_event_get;   /* /life-events/:id */

struct opening opening_today(struct app *app, const struct institution *in);
/* Life events of the pack with services in force, in its order. */
struct event_list_view life_events_of(struct req *r);

/* What stands on a service's page; also of a definition that is not published. Before page_begin. */
bool service_view_fill(struct req *r, const struct service *s, struct str apply_href, struct service_view *v,
                       struct err *e) MUST_USE;
void service_page_put(struct html_out *o, const struct service_view *v);

/* Templates of guide.html that other rooms' pages use. */
void service_rows(struct html_out *o, struct service_list list);
void search_form(struct html_out *o, struct str query);
void audience_rows(struct html_out *o, struct service_list first, size_t all_n, const char *whom);
void event_arcade(struct html_out *o, const struct event_list_view *v);
void opening_sentence(struct html_out *o, struct opening open); /* "Open today until 18:00." */

enum { GUIDE_ROWS = 50 }; /* of a long list on one page */

#endif
