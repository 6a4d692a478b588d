/* A simulated street's sensors (brain/rig_sensors.h) without a rig between: they tell `struct sense` counts of
 * detectors, the places of every tenth vehicle, who waits at crossings. Some messages are lost. */
#ifndef CITYHALL_TESTS_SENSORS_H
#define CITYHALL_TESTS_SENSORS_H

#include "base/rand.h"
#include "brain/rig_sensors.h"

struct sensors {
	struct sense sense;
	struct rig_sensors seen;
	const bool *green; /* by movement; NULL: as the city's signals show it */
	struct prng random;
	bool has_no_detectors; /* vehicles and crossings alone tell something */
	uint32_t lost_percent, gps_percent;
	float gps_errs_m;
};

bool sensors_init(struct sensors *s, const struct net *n, uint64_t seed, struct err *e) MUST_USE;
void sensors_release(struct sensors *s);
/* After a step of the street: in c->seen stands what the sensors tell, and nothing else. */
bool sensors_look(struct sensors *s, struct city *c, struct err *e) MUST_USE;

#endif
