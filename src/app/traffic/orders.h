/* What people order: modes of signals, giving them back, weights of priorities, ways of emergency vehicles, school
 * hours. Each order is a row with the number by which the brain acknowledges it, and an event. Who may, the pages
 * decide. Within the room and for its tests. */
#ifndef CITYHALL_APP_TRAFFIC_ORDERS_H
#define CITYHALL_APP_TRAFFIC_ORDERS_H

#include "app/app.h"
#include "brain/orders.h"

#define TRAFFIC_ROOM "traffic"

struct traffic_order {
	struct order order; /* its number is given by the job; of the list: the one signal, or none */
	struct str signal;  /* its id in the net; empty: the whole street */
	/* Of a way or of school hours (street_rule in traffic.sql), which are new when the order has no id yet. */
	struct str name, first, last;
	uint8_t vehicle;
	uint8_t days; /* local, as from_min and until_min; in the order all of them are UTC */
	uint16_t from_min, until_min;
};
struct traffic_orders { /* a job; result 0: the newest number */
	int64_t institution;
	int64_t version; /* of the street's root row */
	int64_t taken;   /* the newest number that the brain knows: numbers go on from there */
	const struct traffic_order *items;
	size_t n;
	struct str reason, name;
	int64_t account;
};
store_job traffic_orders_job;

/* The street's root row's version; ERR_NOT_FOUND: no brain ever told of a street. */
bool traffic_orders_version(struct app *app, int64_t institution, struct arena *a, int64_t *version,
                            struct err *e) MUST_USE;

#endif
