#include "app/supervision/alerts.h"

enum { OFFICES_ABOVE_MOST = 4 };

int64_t alert_reaches_us(const struct calendar *c, const struct alert_hearing *a, int n)
{
	int64_t at_us = a->raised_us;
	if (a->level == CLOCK_ORANGE) {
		int64_t raised = calendar_minutes_at(c, a->raised_us), due = calendar_minutes_at(c, a->due_us);
		at_us = due > raised ? calendar_instant_of(c, raised + (due - raised + 1) / 2) : a->raised_us;
	}
	if (n == 0) {
		return at_us;
	}
	/* At the same time of the day, so many working days later. */
	struct local_time local = zone_local(calendar_zone(c), at_us);
	return zone_instant_us(calendar_zone(c), calendar_add(c, local.day, n), local.second);
}

int alert_reached(const struct calendar *c, const struct alert_hearing *a, int64_t now_us)
{
	int64_t until_us = a->answered_us != 0 && a->answered_us < now_us ? a->answered_us : now_us;
	int n = 0;
	while (n < OFFICES_ABOVE_MOST && alert_reaches_us(c, a, n) <= until_us) {
		n++;
	}
	return n;
}
