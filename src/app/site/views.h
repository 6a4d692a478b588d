/* What the templates of this room show, already decided. */
#ifndef CITYHALL_APP_SITE_VIEWS_H
#define CITYHALL_APP_SITE_VIEWS_H

#include "app/guide/guide.h"

struct home_view {
	struct service_list persons, organisations; /* the first of each */
	size_t person_n, organisation_n;
	struct event_list_view events;
	struct service_list quick; /* named below the search field */
	const struct institution *front_office;
	struct opening opening;
	const char *weekday; /* msgid */
	int lit_stone;
	struct str number_example;
	bool is_signed_in;
};

struct appearance_view {
	struct str theme; /* "dark", "light" or empty */
	struct str back;  /* a path of ours */
};

/* Of a demonstration: how far time can be moved at once. */
struct travel {
	const char *id, *label; /* label: msgid */
	int64_t by_us;
};
struct demo_view {
	struct req *r;
	day_number today;
	int32_t time; /* seconds after midnight */
	const struct travel *travels;
	size_t travel_n;
	struct str me; /* who is signed in; or empty */
};

struct words_view {
	const struct institution *front_office;
	bool is_demo;
	int64_t draft_days;
};

#endif
