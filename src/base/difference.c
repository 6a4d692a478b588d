#include "base/difference.h"

#include <math.h>

enum { BLOCKS_LEAST = 8, BLOCK_LEAST = 4 };

/* --- Student's t -----------------------------------------------------------------------------------------------------
 */

double student_t95(double df)
{
	static const double table[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281};
	enum { KNOWN = sizeof table / sizeof table[0] };
	if (!(df > 1)) {
		return table[0];
	}
	if (df < KNOWN) { /* between two whole ones by 1/df, in which it is nearly straight */
		size_t i = (size_t)df;
		double low = 1 / (double)i, high = 1 / (double)(i + 1);
		return table[i - 1] + (table[i] - table[i - 1]) * (low - 1 / df) / (low - high);
	}
	/* Cornish and Fisher's expansion around the normal quantile. */
	double z = 1.959964, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
	return z + (z3 + z) / (4 * df) + (5 * z5 + 16 * z3 + 3 * z) / (96 * df * df) +
	       (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * df * df * df);
}

static void interval(struct difference *d, double variance, double df)
{
	double half = student_t95(df) * sqrt(variance > 0 ? variance : 0);
	d->least = d->by - half;
	d->most = d->by + half;
}

void difference_of_pairs(const double *before, const double *after, size_t n, struct difference *d)
{
	*d = (struct difference){.pairs = n};
	double squares = 0;
	for (size_t i = 0; i < n; i++) {
		d->before += before[i] / (double)n;
		d->after += after[i] / (double)n;
	}
	d->by = d->after - d->before;
	for (size_t i = 0; i < n; i++) {
		double off = after[i] - before[i] - d->by;
		squares += off * off;
	}
	if (n >= 2) {
		d->how = DIFFERENCE_BY_PAIRS;
		interval(d, squares / ((double)n - 1) / (double)n, (double)n - 1);
	}
}

/* --- Quarters of the day ---------------------------------------------------------------------------------------------
 */

static size_t of_day(int64_t quarter)
{
	return (size_t)(((quarter % QUARTERS_A_DAY) + QUARTERS_A_DAY) % QUARTERS_A_DAY);
}

static int64_t day_of(int64_t quarter)
{
	return (quarter - (int64_t)of_day(quarter)) / QUARTERS_A_DAY;
}

struct usual { /* of each quarter of the day */
	double mean[QUARTERS_A_DAY];
	size_t n[QUARTERS_A_DAY];
};

static void usual_of(const struct quarter_value *v, size_t n, struct usual *u)
{
	*u = (struct usual){0};
	for (size_t i = 0; i < n; i++) {
		size_t q = of_day(v[i].quarter);
		u->n[q]++;
		u->mean[q] += (v[i].value - u->mean[q]) / (double)u->n[q];
	}
}

/* Of the days that have half of the common quarters: what each is above the usual, and how many there are. */
static size_t days_above(const struct quarter_value *v, size_t n, const struct usual *u, const bool *common,
                         size_t common_n, double *squares, double *sum)
{
	size_t days = 0;
	*squares = *sum = 0;
	for (size_t i = 0; i < n;) {
		int64_t day = day_of(v[i].quarter);
		double above = 0;
		size_t k = 0;
		for (; i < n && day_of(v[i].quarter) == day; i++) {
			size_t q = of_day(v[i].quarter);
			if (common[q]) {
				above += v[i].value - u->mean[q];
				k++;
			}
		}
		if (k * 2 >= common_n && k > 0) {
			above /= (double)k;
			days++;
			*sum += above;
			*squares += above * above;
		}
	}
	return days;
}

/* Moving blocks over the quarters of the day in their order; a block runs over quarters that are not common. */
static void by_blocks(const struct usual *u, const bool *common, struct difference *d)
{
	double pairs[QUARTERS_A_DAY] = {0}, sum = 0, squares = 0;
	size_t n = 0, b = d->quarters / BLOCKS_LEAST;
	b = b < BLOCK_LEAST ? BLOCK_LEAST : b > DIFFERENCE_BLOCK ? DIFFERENCE_BLOCK : b;
	for (size_t q = 0; q < QUARTERS_A_DAY; q++) {
		if (common[q]) {
			pairs[n++] = u[1].mean[q] - u[0].mean[q];
		}
	}
	for (size_t i = 0; i < n; i++) {
		sum += pairs[i] - (i >= b ? pairs[i - b] : 0);
		if (i + 1 >= b) {
			double off = sum / (double)b - d->by;
			squares += off * off;
		}
	}
	double k = (double)n, w = (double)b;
	/* Without bias where quarters are independent; the variance of their mean. */
	interval(d, w * squares / ((k - w + 1) * (k - w)), 1.5 * (k / w - 1));
	d->pairs = n;
	d->how = DIFFERENCE_BY_BLOCKS;
}

static void by_days(const struct quarter_value *before, size_t before_n, const struct quarter_value *after,
                    size_t after_n, const struct usual *u, const bool *common, struct difference *d)
{
	double squares[2], sum[2], variance[2];
	size_t days[2] = {days_above(before, before_n, &u[0], common, d->quarters, &squares[0], &sum[0]),
	                  days_above(after, after_n, &u[1], common, d->quarters, &squares[1], &sum[1])};
	d->days_before = days[0];
	d->days_after = days[1];
	if (days[0] < DIFFERENCE_DAYS_LEAST || days[1] < DIFFERENCE_DAYS_LEAST) {
		return;
	}
	for (int s = 0; s < 2; s++) {
		double n = (double)days[s];
		variance[s] = (squares[s] - sum[s] * sum[s] / n) / (n - 1) / n;
	}
	double all = variance[0] + variance[1];
	double df = all > 0 ? all * all /
	                          (variance[0] * variance[0] / ((double)days[0] - 1) +
	                           variance[1] * variance[1] / ((double)days[1] - 1))
	                    : (double)(days[0] + days[1] - 2);
	interval(d, all, df);
	d->pairs = days[0] < days[1] ? days[0] : days[1];
	d->how = DIFFERENCE_BY_DAYS;
}

void difference_of_quarters(const struct quarter_value *before, size_t before_n, const struct quarter_value *after,
                            size_t after_n, struct difference *d)
{
	struct usual u[2];
	bool common[QUARTERS_A_DAY];
	*d = (struct difference){0};
	usual_of(before, before_n, &u[0]);
	usual_of(after, after_n, &u[1]);
	for (size_t q = 0; q < QUARTERS_A_DAY; q++) {
		common[q] = u[0].n[q] > 0 && u[1].n[q] > 0;
		d->quarters += common[q];
	}
	for (size_t q = 0; q < QUARTERS_A_DAY; q++) {
		d->before += common[q] ? u[0].mean[q] / (double)d->quarters : 0;
		d->after += common[q] ? u[1].mean[q] / (double)d->quarters : 0;
	}
	d->by = d->after - d->before;
	by_days(before, before_n, after, after_n, u, common, d);
	if (d->how != DIFFERENCE_BY_DAYS && d->quarters >= DIFFERENCE_QUARTERS_LEAST) {
		by_blocks(u, common, d);
	}
}
