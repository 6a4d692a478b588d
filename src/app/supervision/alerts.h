/* Alerts: who is told, and when. Orange goes to who has the case and the heads of the office; the supervision office
 * that is nearest above is told of what nobody acted on for half of the time that was left, and of every red; the next
 * one above of what nobody acted on or acknowledged for another working day, or by its own rule. Never twice. */
#ifndef CITYHALL_APP_SUPERVISION_ALERTS_H
#define CITYHALL_APP_SUPERVISION_ALERTS_H

#include "app/app.h"
#include "store/store.h"

enum { ALERTS_OF_CASE = 16 };

/* In the job that raised one, routed to the institution: those who are to know are told after it. */
bool alert_raised(struct tx *tx, int64_t casefile, struct err *e) MUST_USE;

#endif
