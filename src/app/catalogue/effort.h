/* The citizen's effort for a service, counted from the citizen's door: what this service itself asks, and what comes
 * before it, to the end of the chain of papers that other services of the pack issue. A paper is counted once, whoever
 * asks for it; one that is here already is not counted, and neither is what it would take to get it. What only some
 * people need (optional, or asked under a condition) is not counted. */
#ifndef CITYHALL_APP_CATALOGUE_EFFORT_H
#define CITYHALL_APP_CATALOGUE_EFFORT_H

#include "app/catalogue/catalogue.h"

struct effort_sum {
	int visits;
	int documents;
};
struct effort {
	struct effort_sum here;  /* this service alone */
	struct effort_sum whole; /* with what must be fetched first */
	int days;                /* working days until the slowest paper is there; papers are fetched side by side */
	int64_t minor;           /* what the fetched papers cost, in the service's currency */
};
/* `services` by id, among which evidence names its origin. `held`: ids of documents that are here. */
void effort_of(struct service_list services, const struct service *s, const struct str *held, size_t held_n,
               struct effort *out);
bool effort_is_held(const struct evidence *ev, const struct str *held, size_t held_n);

#endif
