/* A street for a brain that is to see no simulator: SUMO behind controllers that speak only SNMP (agent.h, ntcip.h) and
 * sensors that speak only MQTT (report.h), with what sensors do wrong: loss, lateness, doubling, noise. It writes the
 * field's file (field_file.h) for its own street. One owner. */
#ifndef CITYHALL_BRAIN_RIG_H
#define CITYHALL_BRAIN_RIG_H

#include "base/rand.h"
#include "brain/field_file.h"
#include "brain/mqtt.h"
#include "brain/rig_sensors.h"
#include "brain/sumo.h"

enum { RIG_LATE_S = 3 };

struct rig_options {
	const char *field, *secrets; /* files: one to write, one to read (beside it, when it is no path) */
	const char *broker;          /* HOST or HOST:PORT */
	uint16_t port;               /* of SNMP, 0: a free one */
	int64_t orders_within_us;    /* longer they are not waited for; 0: a second */
	double pace;                 /* street seconds in a second, at most; 0: as fast as orders come */
	double gps_percent, lost_percent, late_percent, doubled_percent;
	double noise_m; /* of places: at most so far off */
	uint64_t seed;
};

struct rig {
	struct rig_options o;
	struct arena arena;
	struct city *city; /* who shows the lamps to the simulation */
	struct agent *agents;
	uint64_t *sets;
	struct ntcip_server *server;
	struct mqtt *mqtt;
	struct rig_sensors sensors;
	uint32_t *device; /* by detector */
	uint32_t device_n;
	struct buf later[RIG_LATE_S + 1]; /* what is told late, by second */
	struct prng random;
	bool was_led;
	uint64_t ticks, by_plan; /* by_plan: seconds of signals */
};

/* `c` was made for the simulation, its signals are led from here. */
bool rig_begin(struct rig *r, const struct rig_options *o, struct city *c, struct err *e) MUST_USE;
void rig_end(struct rig *r);
/* After a step of the simulation: tells what sensors see, takes orders until all came or the second is over, and lets
 * the controllers go on. */
bool rig_tick(struct rig *r, struct err *e) MUST_USE;
/* Waits until somebody leads. */
bool rig_await(struct rig *r, int64_t deadline, struct err *e) MUST_USE;

#endif
