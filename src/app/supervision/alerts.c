#include "app/supervision/alerts.h"

int64_t alert_reaches_us(const struct calendar *c, const struct alert_hearing *a)
{
	if (a->level != CLOCK_ORANGE) {
		return a->raised_us;
	}
	int64_t raised = calendar_minutes_at(c, a->raised_us), due = calendar_minutes_at(c, a->due_us);
	return due > raised ? calendar_instant_of(c, raised + (due - raised + 1) / 2) : a->raised_us;
}

int64_t alert_climbs_us(const struct calendar *c, const struct alert_hearing *a, const struct hearing_rule *rule,
                        int64_t below_us)
{
	if (rule->level == 0 || (int)a->level < rule->level) {
		return CLOCK_NEVER;
	}
	/* At the same time of the day, so many working days later. */
	struct local_time local = zone_local(calendar_zone(c), below_us);
	return rule->days == 0 ? below_us
	                       : zone_instant_us(calendar_zone(c), calendar_add(c, local.day, rule->days), local.second);
}

bool alert_is_heard(const struct alert_hearing *a, int64_t reaches_us, int64_t now_us)
{
	return reaches_us <= now_us && (a->answered_us == 0 || reaches_us <= a->answered_us);
}
