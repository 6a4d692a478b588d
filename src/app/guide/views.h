/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_GUIDE_VIEWS_H
#define CITYHALL_APP_GUIDE_VIEWS_H

#include "app/catalogue/catalogue.h"
#include "app/catalogue/effort.h"
#include "app/enquiries/enquiries.h"
#include "html/form.h"
#include "html/pieces.h"

struct event_row {
	const struct life_event *event;
	size_t service_n;
};
struct event_list_view {
	struct event_row *items;
	size_t n;
};
/* A long list: what this page shows, and where it goes on. */
struct listing_view {
	struct service_list page;
	size_t all_n;
	struct str next_href; /* empty: nothing follows */
};

/* guide.html */
void icon_evidence(struct html_out *o, enum evidence_source source);
void papers_figure(struct html_out *o, int64_t n, int64_t of_some, int64_t of);
void questions_figure(struct html_out *o, int64_t least, int64_t most);
void papers_of_some_put(struct html_out *o, const struct service *s);

struct bundle_view_of {
	const struct service *bundle;
	struct str apply_href;
	int64_t papers, papers_of_some, questions_least, questions_most;
	int64_t questions_saved; /* than one by one */
};

struct services_view {
	struct str query;          /* as typed; empty: none */
	struct service_list found; /* with a query */
	struct event_list_view events;
	struct service_list persons, organisations; /* the first of each */
	size_t person_n, organisation_n, institution_n;
	const struct institution *front_office;
};
struct audience_view {
	bool is_firms;
	struct listing_view list;
};
struct life_event_view {
	const struct life_event *event;
	const struct service **bundles; /* services that are applied for together */
	size_t bundle_n;
	struct listing_view list;
};

struct paper_view {
	const struct evidence *evidence;
	const struct service *from; /* where to get it; NULL: not here */
	struct str from_href;
	bool is_held; /* issued here: nobody brings it */
};
struct service_view {
	const struct service *service;
	const struct institution *institution;  /* NULL when the pack has it no more */
	const struct institution *front_office; /* NULL: none */
	struct opening {
		bool is_open_today;
		int32_t until_s; /* second of the day at which it closes */
	} opening;
	struct str apply_href, institution_href, ask_href;
	struct str performance_href; /* how long it took other people */
	struct faq_list_view asked;  /* published from questions of others */
	struct effort effort;
	struct str effort_here, effort_whole; /* "0 visits, 2 documents"; whole is empty when nothing is fetched */
	struct paper_view *papers;
	size_t paper_n, held_n;
	int64_t papers_of_some, questions_least, questions_most;
	struct clock_view clock;
};

struct institution_view {
	const struct institution *institution;
	struct opening opening;
	struct str ask_href;
	struct str area; /* "Quayside, Port Linden, Estuary Province" */
	struct listing_view list;
};
struct area_view { /* a jurisdiction and its offices */
	struct str name, within;
	const struct institution **offices;
	size_t office_n;
	int depth;
};
struct institutions_view {
	struct area_view *areas;
	size_t area_n;
};

#endif
