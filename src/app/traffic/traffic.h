/* The traffic room: the live city as its brain tells it (brain/frame.h) - map, signals, who leads them and why, what
 * people ordered - and what is kept of it: sums by minute of links and signals. It is told over the control socket;
 * what people order goes back in the answer. The brain goes on without it, and it shows what it knows without the
 * brain. */
#ifndef CITYHALL_APP_TRAFFIC_TRAFFIC_H
#define CITYHALL_APP_TRAFFIC_TRAFFIC_H

#include "app/app.h"
#include "store/event.h"

extern const struct route traffic_routes[];
extern const struct store_schema traffic_schema;

/* For the desk of the office that looks after the signals: how many incidents in the street nobody looks after yet. In
 * a read routed to it. */
bool incidents_waiting(struct tx *tx, int64_t institution, int64_t *n, struct err *e) MUST_USE;

#endif
