/* An emergency vehicle on its way across a net, for the bench: departs EMERGENCY_DEPARTS_S after the begin, keeps to
 * the signals and drives half as fast again as others (vClass and guiShape emergency). Its blue-light device is off:
 * with it SUMO lets others make room and the vehicle pass at red, with or without priority. */
#ifndef CITYHALL_TESTS_BRAIN_EMERGENCY_H
#define CITYHALL_TESTS_BRAIN_EMERGENCY_H

#include "brain/city.h"

#define EMERGENCY_DEPARTS_S 900.0
#define EMERGENCY_ENDS_S 1500.0 /* after the begin */

/* Another way for each number, from rim to rim. */
struct emergency_way {
	uint32_t links[PRIORITY_LINKS_MAX], n;
	double departs_s;
};
bool emergency_way(struct emergency_way *w, const struct net *n, uint64_t number, double begin_s,
                   struct err *e) MUST_USE;
/* As a route file; and ordered of the city when it is to have priority. */
bool emergency_write(const struct emergency_way *w, const struct net *n, const char *path, struct err *e) MUST_USE;
bool emergency_order(const struct emergency_way *w, struct city *c, struct err *e) MUST_USE;

/* Where its time went: each second is shared between driving, as fast as it may, and what kept it from that. */
enum emergency_cause {
	EMERGENCY_DRIVES,
	EMERGENCY_RED,   /* the light before it was not green */
	EMERGENCY_QUEUE, /* it was, and cars that had stood there were still going */
	EMERGENCY_SLOW,  /* a car went before it at its own pace */
	EMERGENCY_OWN,   /* nobody: it gathered speed, or drove round a corner */
	EMERGENCY_CAUSES
};
struct emergency_time {
	double s[EMERGENCY_CAUSES];
};
/* Once a tick, before the signals change. */
void emergency_look(struct emergency_time *t, const struct emergency_way *w, const struct city *c);

#endif
