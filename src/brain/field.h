/* A city's street as its driver's process has it: what sensors tell comes by MQTT (report.h), signals are led by NTCIP
 * over SNMP (ntcip.h). Each tick: what came is checked and kept for the brain (heard.h), signals are asked how they
 * stand, and after driver_decide() they are told where to go. `city` follows what controllers say of themselves; it
 * commands nothing.
 *
 * A signal that does not answer, or shows what is no stage, concerns itself alone. Signals are told anew each second;
 * left without orders they go by their plan after two (agent.h). Messages are not believed when they are of a device
 * that the field does not have, name what is another's, come twice, are too old, or of later than now; a device's clock
 * that is off by up to ten minutes is followed. One owner. */
#ifndef CITYHALL_BRAIN_FIELD_H
#define CITYHALL_BRAIN_FIELD_H

#include "brain/driver.h"
#include "brain/field_file.h"
#include "brain/mqtt.h"
#include "brain/report.h"

enum field_doubt { FIELD_GARBAGE, FIELD_STRANGER, FIELD_ANOTHERS, FIELD_TWICE, FIELD_LATE, FIELD_EARLY, FIELD_DOUBTS };
extern const char *const FIELD_DOUBTS_NAMES[FIELD_DOUBTS];

/* How a device's clock stands to ours. */
struct field_clock {
	int64_t newest_ms; /* of its messages, by its clock */
	uint64_t heard;    /* of the 64 seconds up to there */
	int64_t least_lag_ms, window_lag_ms, window_ends_ms;
	bool is_known, is_off;
};

struct field_signal {
	struct phases phases;
	bool is_silent, is_strange; /* as it was said in the log */
	uint64_t strange;
};

struct field {
	struct field_file file;
	struct city *city;
	struct mqtt *mqtt;
	struct ntcip_master *master;
	struct heard heard;
	struct buf came;
	struct arena reading;
	struct match match;
	struct field_clock *clocks;   /* by device */
	struct field_signal *signals; /* by peer */
	struct field_recent {
		uint64_t vehicle;
		int64_t at_ms;
	} * recent; /* places that were told, by vehicle: a few seconds */
	int64_t now_ms;
	uint64_t refused[FIELD_DOUBTS], told, said_refused;
};

bool field_begin(struct field *f, const char *path, struct city *c, struct err *e) MUST_USE;
void field_end(struct field *f);
/* Waits for the next second of the street, at most until the deadline: then false. c->now_ms and heard are filled, and
 * the signals' states. */
bool field_tick(struct field *f, int64_t deadline);
/* After driver_decide(): what each signal is to do. */
void field_act(struct field *f, const struct driver *d);

/* One message; for tests. True when it was believed. */
bool field_hear(struct field *f, struct str topic, struct str payload);

#endif
