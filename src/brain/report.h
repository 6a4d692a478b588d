/* What sensors publish over MQTT, and what the brain takes of it: docs/schema/street-*.schema.json is the same for
 * people. A topic is street/v1/DEVICE/KIND; a device is what the broker gave a name and a password: a cabinet with
 * detectors, a camera, an operator of vehicles. Any bytes are answered with true or ERR_BAD_INPUT. Any thread. */
#ifndef CITYHALL_BRAIN_REPORT_H
#define CITYHALL_BRAIN_REPORT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { REPORT_MAX_BYTES = 64 * 1024, REPORT_LIST_MAX = 512, REPORT_NAME_MAX = 128 };

enum report_kind { REPORT_COUNTS, REPORT_PLACE, REPORT_CLOCK, REPORT_PRIORITY };

struct report_count {
	struct str detector;
	uint32_t total; /* vehicles since the detector was switched on; wraps */
	float occupied; /* share of the second that ended at at_ms */
};
struct report_walkers {
	struct str crossing;
	uint32_t waiting;
	float longest_s;
};
struct report {
	enum report_kind kind;
	struct str device;
	int64_t at_ms; /* since 1970, by the device's clock */
	/* REPORT_COUNTS: */
	struct report_count *counts;
	struct report_walkers *walkers;
	uint32_t count_n, walker_n;
	/* REPORT_PLACE, REPORT_PRIORITY: metres of the network */
	struct str vehicle;
	float x, y, speed_mps;
	float heading_deg; /* below 0: not said */
	/* REPORT_PRIORITY: */
	bool is_emergency; /* false: a bus */
	float late_s;
};

/* What is read points into the arena. */
bool report_read(struct arena *a, struct str topic, struct str payload, struct report *r, struct err *e) MUST_USE;
/* The same the other way round, for the rig. */
void report_put_topic(struct buf *to, const struct report *r);
void report_put(struct buf *to, const struct report *r);

#endif
