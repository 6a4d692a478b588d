#include "app/cases/clock.h"

int32_t case_clock_stood(const struct calendar *c, day_number since, day_number until)
{
	int32_t n = calendar_between(c, since, until);
	return n > 0 ? n : 0;
}

void case_clock_dates(const struct calendar *c, const struct case_clock *clock, day_number today,
                      struct case_dates *out)
{
	/* A decided case is looked at as on the day of its decision. */
	day_number now = clock->has_ended && clock->ended_day < today ? clock->ended_day : today;
	*out = (struct case_dates){.stood_days = clock->stood_days, .stands = clock->stands && !clock->has_ended};
	if (out->stands) {
		out->stood_days += case_clock_stood(c, clock->stands_since, now);
	}
	out->promised = calendar_add(c, clock->start_day, clock->committed_days + out->stood_days);
	out->legal = calendar_add(c, clock->start_day, clock->statutory_days + out->stood_days);
	/* Today is left, not used, unless it stands or the case was decided on it. */
	bool stands_today = out->stands && now > clock->stands_since;
	bool is_used = clock->has_ended || stands_today;
	int32_t gone = calendar_between(c, clock->start_day, is_used ? now : now - 1);
	out->ran_days = gone > out->stood_days ? gone - out->stood_days : 0;
	/* On a day off, on the day of submission and while the clock stands, today is not counted: what is left begins with
	   the next working day. */
	bool is_counted = calendar_is_working(c, now) && now > clock->start_day && !stands_today;
	out->left_days = calendar_between(c, now, out->promised) + (is_counted ? 1 : 0);
	if (out->promised < now) {
		/* calendar_between counts (promised, now], so the first working day after the due day is -1. */
		out->left_days = calendar_between(c, now, out->promised);
	}
}
