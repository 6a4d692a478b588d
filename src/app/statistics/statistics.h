/* Room of the figures: counts by month that the relay feeds, months that are closed, an official's own figures,
 * exports, the public page and open data. */
#ifndef CITYHALL_APP_STATISTICS_STATISTICS_H
#define CITYHALL_APP_STATISTICS_STATISTICS_H

#include "app/app.h"
#include "app/check.h"
#include "store/errand.h"

extern const struct route statistics_routes[];
extern const struct event_subscriber statistics_subscribers[]; /* ended by name NULL */
extern const struct errand_kind statistics_errands[];          /* ended by name NULL; ctx is the app */
extern const struct read_model statistics_read_models[];       /* ended by table NULL */
extern const struct store_schema statistics_schema;

#endif
