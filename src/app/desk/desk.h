/* The desk room: an official's day. Queue and filters, the page of a case with what is said about it inside the office,
 * search, absences, one act on many cases. Moves themselves belong to the cases room. */
#ifndef CITYHALL_APP_DESK_DESK_H
#define CITYHALL_APP_DESK_DESK_H

#include "app/check.h"
#include "store/event.h"

extern const struct route desk_routes[];
extern const struct store_schema desk_schema;
extern const struct event_subscriber desk_subscribers[]; /* ended by name NULL */
extern const struct read_model desk_read_models[];       /* ended by table NULL */

#endif
