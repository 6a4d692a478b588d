/* The offices where an official works, and the one whose desk this is: chosen with ?office=, remembered in a cookie,
 * else the first that the official was given. Request threads. */
#ifndef CITYHALL_APP_CATALOGUE_OFFICE_H
#define CITYHALL_APP_CATALOGUE_OFFICE_H

#include "app/catalogue/catalogue.h"
#include "html/out.h"

struct office_list { /* those that the pack still has; in the request's arena */
	const struct institution **items;
	size_t n, at; /* at: the one whose desk this is */
};
/* ERR_FORBIDDEN for who works at none. */
bool offices_of_viewer(struct req *r, struct office_list *out, struct err *e) MUST_USE;
/* The one office, for pages that show no choice; NULL with the same error. */
const struct institution *office_of_viewer(struct req *r, struct err *e);
/* A link for each, when there are several; `path` is the page that shows the desk. */
void office_chips(struct html_out *o, const struct office_list *l, const char *path);

#endif
