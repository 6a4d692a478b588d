/* The supervision room: who watches over institutions sees what is late before it is late. Alerts, the live board of a
 * jurisdiction; triggers, inquiries, cards. It is fed by the events of cases alone, and moves no case. */
#ifndef CITYHALL_APP_SUPERVISION_SUPERVISION_H
#define CITYHALL_APP_SUPERVISION_SUPERVISION_H

#include "app/app.h"
#include "app/check.h"
#include "store/errand.h"
#include "store/event.h"
#include "store/timer.h"

extern const struct route supervision_routes[];
extern const struct store_schema supervision_schema;
extern const struct event_subscriber supervision_subscribers[]; /* ended by name NULL */
extern const struct timer_kind supervision_timers[];            /* the same */
extern const struct errand_kind supervision_errands[];          /* the same */

#endif
