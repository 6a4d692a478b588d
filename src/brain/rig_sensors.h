/* Sensors that look at a simulated street: detectors count and are occupied, as real ones would tell.
 *
 * They lie 3 m before the line of each lane with a signal, at most 60 m before it (where the map cuts a lane short, on
 * those that lead to it), and at the begin of each link that cars come to from a signal or from outside. One owner. */
#ifndef CITYHALL_BRAIN_RIG_SENSORS_H
#define CITYHALL_BRAIN_RIG_SENSORS_H

#include "brain/sense.h"

struct rig_before;
struct rig_sensors {
	struct sense_detector *detectors;
	uint32_t detector_n;
	uint32_t *first;           /* by lane: detectors[first[lane] ...] */
	uint32_t *total;           /* by detector: so many passed */
	uint32_t *counted;         /* by detector, in this second */
	float *occupied;           /* share of this second */
	struct rig_before *before; /* where each car was */
	uint32_t before_n;
};

bool rig_sensors_init(struct rig_sensors *s, const struct net *n, struct err *e) MUST_USE;
void rig_sensors_release(struct rig_sensors *s);
/* After a step of the street. */
bool rig_sensors_look(struct rig_sensors *s, const struct street *street, struct err *e) MUST_USE;

#endif
