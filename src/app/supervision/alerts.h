/* Alerts, as people answer them. Orange is for who has the case and the heads of the office; the supervision office
 * that is nearest above hears of what nobody acted on or answered for half of the working time that was left, and of
 * every red at once; the next one above, and so on, of what is still unanswered each working day later. An alert is
 * answered by an act on the case, or by a word of somebody of the office. Plain arithmetic; any thread. */
#ifndef CITYHALL_APP_SUPERVISION_ALERTS_H
#define CITYHALL_APP_SUPERVISION_ALERTS_H

#include "app/app.h"
#include "base/calendar.h"
#include "base/legal_clock.h"

enum { ALERTS_OF_CASE = 16 };

struct alert_hearing {
	enum clock_level level;
	int64_t raised_us, due_us;
	int64_t answered_us; /* by an act or a word; 0: not yet */
};
/* When the n-th office above hears of it, if nobody answered before; n = 0 is the nearest. */
int64_t alert_reaches_us(const struct calendar *c, const struct alert_hearing *a, int n);
/* How many offices above have heard of it by now. */
int alert_reached(const struct calendar *c, const struct alert_hearing *a, int64_t now_us);

#endif
