/* What stands in a city's street, as docs/schema/field.schema.json has it: where the broker is, which controller leads
 * which signal, which device owns which detectors, which operators tell places. Written by the rig for its own street,
 * and by a city for its. The secrets are in a file of their own, which nobody else may read. Constant once read. */
#ifndef CITYHALL_BRAIN_FIELD_FILE_H
#define CITYHALL_BRAIN_FIELD_FILE_H

#include "base/json.h"
#include "brain/ntcip.h"
#include "brain/sense.h"

enum { FIELD_MAX_BYTES = 256 * 1024 * 1024 };

struct field_name { /* sorted */
	struct str name;
	uint32_t number; /* of a detector or device */
};
struct field_device {
	struct str name;
	bool is_fleet;     /* tells places */
	bool is_announcer; /* says who goes before others */
};

struct field_file {
	struct arena arena;
	const char *host, *authorities;
	uint16_t port;
	const char *mqtt_user, *mqtt_password;
	struct ntcip_secret snmp;
	struct str clock;         /* the device whose clock is the street's (of a simulation); empty: this machine's */
	struct ntcip_peer *peers; /* [peer_n] */
	uint32_t *signals;        /* of each peer */
	uint32_t peer_n;
	struct sense_detector *detectors;
	uint32_t *owner; /* of each detector: its device */
	struct field_name *detector_names, *device_names;
	struct field_device *devices;
	uint32_t detector_n, device_n;
};

/* What the net does not have is an error (ERR_CONFIG). Phases and channels of peers are left to the caller. */
bool field_file_read(struct field_file *f, const char *path, const struct net *n, struct err *e) MUST_USE;
/* "mqtt" or "rig": who comes to the broker; beside the field's file, when `name` is no path. */
bool field_secrets(struct arena *a, const char *field, struct str name, const char *who, const char **user,
                   const char **password, struct ntcip_secret *snmp, struct err *e) MUST_USE;
void field_file_release(struct field_file *f);
uint32_t field_find(const struct field_name *names, uint32_t n, struct str name); /* NET_NONE: unknown */

#endif
