/* The counter room for rooms.c: where an official takes in what people bring, send on paper or say by phone; numbered
 * paper forms for an outage; the applicant's own screen. What is taken in is a draft (forms/intake.h). */
#ifndef CITYHALL_APP_COUNTER_COUNTER_H
#define CITYHALL_APP_COUNTER_COUNTER_H

#include "http/req.h"
#include "store/event.h"

extern const struct route counter_routes[];
extern const struct event_subscriber counter_subscribers[]; /* ended by name NULL */

#endif
