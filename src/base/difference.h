/* The difference between before and after, honestly: of a value by quarters of an hour, with an interval that holds the
 * true one in 95 of 100 cases.
 *
 * Quarters are compared with the same quarter of other days, so that a morning never stands against a night. Which of
 * two intervals it is, is said in `how`:
 *  - where both stretches have five days or more: Student's t over days (Welch), each day's mean after taking away what
 *    its quarters usually are. Days are what differs independently: rain, a match.
 *  - else Student's t over the quarters of the day, after less before, with the variance from moving blocks of up to
 *    three hours (overlapping batch means; Meketon and Schmeiser 1984), because a quarter is like the one before. This
 *    knows nothing of how days differ.
 * Runs with the same seed are independent pairs: difference_of_pairs(). Plain values, any thread. */
#ifndef CITYHALL_BASE_DIFFERENCE_H
#define CITYHALL_BASE_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUARTER_S = 900, QUARTERS_A_DAY = 96 };
enum { DIFFERENCE_DAYS_LEAST = 5, DIFFERENCE_BLOCK = 12, DIFFERENCE_QUARTERS_LEAST = 24 };

enum difference_how { DIFFERENCE_TOO_LITTLE, DIFFERENCE_BY_BLOCKS, DIFFERENCE_BY_DAYS, DIFFERENCE_BY_PAIRS };
struct difference {
	enum difference_how how;
	double before, after; /* means over the quarters that both have */
	double by;            /* after less before */
	double least, most;   /* the interval */
	size_t quarters;      /* of the day that both have */
	size_t pairs;         /* quarters, runs, or days of the shorter stretch */
	size_t days_before, days_after;
};
static inline bool difference_is_shown(const struct difference *d)
{
	return d->how != DIFFERENCE_TOO_LITTLE && (d->least > 0 || d->most < 0);
}

/* A value by quarter, ascending; those without one are left out. */
struct quarter_value {
	int64_t quarter; /* since a clock's zero; the day begins where it is a multiple of QUARTERS_A_DAY */
	double value;
};
void difference_of_quarters(const struct quarter_value *before, size_t before_n, const struct quarter_value *after,
                            size_t after_n, struct difference *d);
void difference_of_pairs(const double *before, const double *after, size_t n, struct difference *d);

/* Two-sided 95% of Student's t; df from 1 on, need not be whole. */
double student_t95(double df);

#endif
