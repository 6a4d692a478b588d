/* A part of the city, for before and after: one signal, or all of those along a street, with the links that lead to
 * them. */
#ifndef CITYHALL_APP_TRAFFIC_AREA_H
#define CITYHALL_APP_TRAFFIC_AREA_H

#include "app/traffic/history.h"
#include "app/traffic/views.h"

struct area {
	struct str typed; /* in: as the page's address has it; empty: the whole city */
	struct form_choice *choices;
	size_t choice_n;
	uint32_t *signals;
	size_t signal_n; /* 0: the whole city */
};
bool area_find(struct req *r, const struct city_history *h, struct area *a, struct err *e) MUST_USE;
/* Of the same quarters, the sums of these signals in the place of the city's. */
bool area_read(struct req *r, struct city_history *h, const struct area *a, struct err *e) MUST_USE;

#endif
