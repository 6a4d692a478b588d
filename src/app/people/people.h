/* The people room for rooms.c: its routes and its read model. */
#ifndef CITYHALL_APP_PEOPLE_PEOPLE_H
#define CITYHALL_APP_PEOPLE_PEOPLE_H

#include "app/check.h"
#include "http/req.h"
#include "store/event.h"

extern const struct route people_routes[];
extern const struct event_subscriber people_subscribers[]; /* ended by name NULL */
extern const struct store_schema people_schema;
extern const struct read_model people_read_models[]; /* ended by table NULL */
bool people_check(struct check *c, struct err *e) MUST_USE;

#endif
