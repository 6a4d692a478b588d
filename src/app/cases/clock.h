/* The legal clock of a casefile, in whole working days of the institution's calendar. Plain values and arithmetic; any
 * thread.
 *
 * The day of submission is not counted; the first working day after it is day 1, and the limit's last day is the due
 * day. While the applicant is asked, the clock stands: from the working day after the asking up to and including the
 * day of the answer; it runs again on the working day after. Both limits move by the days it stood. */
#ifndef CITYHALL_APP_CASES_CLOCK_H
#define CITYHALL_APP_CASES_CLOCK_H

#include "base/calendar.h"

struct case_clock {
	day_number start_day; /* local date of submission */
	int32_t committed_days, statutory_days;
	int32_t stood_days; /* working days of finished stops */
	bool stands;
	day_number stands_since; /* asked on this day; valid while `stands` */
	bool has_ended;
	day_number ended_day; /* decided on this day */
};

struct case_dates {
	day_number promised, legal; /* as of `today`: while the clock stands they move on with every working day */
	int32_t
		left_days; /* until the promised day, today counted: 1 is due today; negative: late by so many working days */
	int32_t ran_days;   /* counted days that are over, without those that stood; the day of the decision counts */
	int32_t stood_days; /* up to today */
	bool stands;
};

void case_clock_dates(const struct calendar *c, const struct case_clock *clock, day_number today,
                      struct case_dates *out);
/* Working days that a stop begun on `since` has stood when it ends on `until`. */
int32_t case_clock_stood(const struct calendar *c, day_number since, day_number until);

#endif
