/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_CATALOGUE_VIEWS_H
#define CITYHALL_APP_CATALOGUE_VIEWS_H

#include "app/catalogue/catalogue.h"
#include "html/form.h"
#include "html/pieces.h"

struct service_list { /* in the order shown */
	const struct service *const *items;
	size_t n;
};
struct services_view {
	struct str query;          /* as typed; empty: all */
	struct service_list found; /* with a query */
	struct service_list persons, organisations;
	const struct institution *front_office;
};

struct service_view {
	const struct service *service;
	const struct institution *institution;  /* NULL when the pack has it no more */
	const struct institution *front_office; /* NULL: none */
	struct str apply_href, institution_href;
	int visits;
	int64_t papers, evidence;
	int64_t questions_least, questions_most;
	struct clock_view clock;
};

struct institution_view {
	const struct institution *institution;
	struct opening {
		bool is_open_today;
		int32_t until_s; /* second of the day at which it closes */
	} opening;
	struct service_list services;
};

#endif
