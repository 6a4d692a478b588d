/* An emergency vehicle on its way across the demo net, for the bench: departs at EMERGENCY_DEPARTS_S, keeps to the
 * signals and drives half as fast again as others (vClass and guiShape emergency). Its blue-light device is off: with
 * it SUMO lets others make room and the vehicle pass at red, with or without priority. */
#ifndef CITYHALL_TESTS_BRAIN_EMERGENCY_H
#define CITYHALL_TESTS_BRAIN_EMERGENCY_H

#include "brain/city.h"

#define EMERGENCY_DEPARTS_S 900.0
#define EMERGENCY_ENDS_S 1500.0

/* Another way for each number, from rim to rim; written as a route file, and ordered of the city when it is to have
 * priority. */
bool emergency_write(const struct net *n, uint64_t number, const char *path, struct err *e) MUST_USE;
bool emergency_order(struct city *c, uint64_t number, struct err *e) MUST_USE;

#endif
