/* What everybody may be told of figures: none of fewer than five cases (base/few.h), and none from which such a one
 * would follow when others that are told are taken off it. Pages and open data ask here alone. Plain values, any
 * thread. */
#ifndef CITYHALL_APP_STATISTICS_PUBLISHED_H
#define CITYHALL_APP_STATISTICS_PUBLISHED_H

#include "app/statistics/figures.h"
#include "base/few.h"

/* Of the decided ones, of a service: may it be told how many were later than promised, and than the law allows? Of the
 * second, also those that are the first and not the second are none or enough. */
bool published_is_late(const struct figures *f);
bool published_is_past(const struct figures *f);
/* Times have no tenth part below ten cases. */
bool published_is_time(const struct figures *f);

/* All services together: the sum of what is told of each, so that nothing is left when the told ones are taken off. */
struct published {
	int64_t decided, kept, promised;
	bool is_whole; /* nothing was left out */
};
struct published published_of(const struct picture *p);

#endif
