/* The legal clock once more, slow and obvious: days are walked one by one and minutes one by one, nothing is computed
 * in advance but whether a minute is worked. It shares only the inputs with base/legal_clock. Everything happens at
 * whole minutes. */
#ifndef CITYHALL_TESTS_SIM_SLOW_CLOCK_H
#define CITYHALL_TESTS_SIM_SLOW_CLOCK_H

#include "base/legal_clock.h"

struct slow_calendar {
	day_number first, last;
	int64_t begin_us; /* of minute 0 */
	int64_t n;        /* minutes */
	bool *works;      /* [minute] */
	int32_t *day;     /* [minute]: the local day that it belongs to */
	bool *day_works;  /* [day - first] */
};

void slow_new(struct slow_calendar *c, const struct calendar_spec *spec);
void slow_free(struct slow_calendar *c);
/* Looks at one day again after the spec has changed. */
void slow_day(struct slow_calendar *c, const struct calendar_spec *spec, day_number day);

struct slow_due {
	bool is_there;
	day_number day;
	int64_t us, orange_us, red_us;
	enum clock_level level;
	int32_t left_days;
	int64_t left_minutes;
};
struct slow_face {
	bool has_begun, stands;
	struct slow_due due[CLOCK_LIMITS];
	int32_t ran_days, stood_days;
	int64_t silence_us, given_back_minutes, turns_us;
};
void slow_read(const struct slow_calendar *c, const struct legal_clock *k, int64_t now_us, struct slow_face *out);

#endif
