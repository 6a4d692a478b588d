/* A client of the broker (libmosquitto): publishes, and collects what it subscribed to. A broker that is away is come
 * back to by the library's own thread; what is published meanwhile is lost, as it would be old. Any thread; what was
 * collected belongs to whoever takes it. */
#ifndef CITYHALL_BRAIN_MQTT_H
#define CITYHALL_BRAIN_MQTT_H

#include "base/buf.h"

enum { MQTT_WAITING_MAX_BYTES = 64 * 1024 * 1024 };

struct mqtt;
struct mqtt_options {
	const char *host;
	uint16_t port;
	const char *user, *password;
	const char *authorities; /* file of certificates (PEM): TLS; NULL: none, for a broker on this machine */
	const char *subscribe;   /* topics; NULL: none */
};
/* Does not wait for the broker. */
bool mqtt_begin(struct mqtt **out, const struct mqtt_options *o, struct err *e) MUST_USE;
void mqtt_end(struct mqtt *m);
bool mqtt_is_up(const struct mqtt *m);
void mqtt_publish(struct mqtt *m, struct str topic, struct str payload);

/* Waits until something came, or the deadline passed; then moves all of it here: mqtt_next() takes it apart. */
void mqtt_collect(struct mqtt *m, struct buf *into, int64_t deadline);
bool mqtt_next(struct str *rest, struct str *topic, struct str *payload);

#endif
