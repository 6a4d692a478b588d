/* A street's sensors, in a simulation: they look at what truly is there and tell `struct sense` as much as sensors
 * would: counts of detectors, the places of every tenth vehicle, who waits at crossings. Some messages are lost.
 *
 * Detectors lie 3 m before the line of each lane with a signal, at most 60 m before it, and at the begin of each link
 * that cars come to from a signal or from outside. */
#ifndef CITYHALL_TESTS_SENSORS_H
#define CITYHALL_TESTS_SENSORS_H

#include "base/rand.h"
#include "brain/sense.h"

struct sensors_before;
struct sensors {
	struct sense sense;
	struct sense_detector *detectors;
	uint32_t detector_n;
	uint32_t *counted; /* by detector, in this second */
	uint32_t *total;
	const bool *green; /* by movement; NULL: as the city's signals show it */
	float *occupied;
	uint32_t *first; /* by lane: detectors[first[lane] ...] */
	struct sensors_before *before;
	uint32_t before_n;
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
