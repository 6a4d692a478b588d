/* Alerts, as people answer them. Orange is for who has the case and the heads of the office; the supervision office
 * that is nearest above hears of what nobody acted on or answered for half of the working time that was left, and of
 * every red at once; the next one above, and so on, of what is still unanswered, each by its own rule (struct
 * hearing_rule: from which level on, how many working days later). An alert is
 * answered by an act on the case, or by a word of somebody of the office. Plain arithmetic; any thread. */
#ifndef CITYHALL_APP_SUPERVISION_ALERTS_H
#define CITYHALL_APP_SUPERVISION_ALERTS_H

#include "app/app.h"
#include "app/catalogue/definition.h"
#include "base/calendar.h"
#include "base/legal_clock.h"

enum { ALERTS_OF_CASE = 16 };

struct alert_hearing {
	enum clock_level level;
	int64_t raised_us, due_us;
	int64_t answered_us; /* by an act or a word; 0: not yet */
};
/* When the nearest office above hears of it, if nobody answered before. */
int64_t alert_reaches_us(const struct calendar *c, const struct alert_hearing *a);
/* When another one further above does, by its own rule, after the last one below it that hears of it does, at
 * `below_us`. CLOCK_NEVER: not of this alert. */
int64_t alert_climbs_us(const struct calendar *c, const struct alert_hearing *a, const struct hearing_rule *rule,
                        int64_t below_us);
/* Who was not yet told before it was answered is not told any more. */
bool alert_is_heard(const struct alert_hearing *a, int64_t reaches_us, int64_t now_us);

#endif
