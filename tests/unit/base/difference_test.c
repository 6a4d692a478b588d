#include "base/difference.h"

#include <math.h>

#include "unit/unit.h"

enum { DAYS_MOST = 8, VALUES_MOST = DAYS_MOST * QUARTERS_A_DAY, CASES = 1500 };

static double gauss(struct prng *r)
{
	double u = ((double)prng_below(r, 1 << 30) + 1) / (1 << 30), v = (double)prng_below(r, 1 << 30) / (1 << 30);
	return sqrt(-2 * log(u)) * cos(6.283185307 * v);
}

static bool is_near(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

static void knows_students_t(void **state)
{
	(void)state;
	const double known[][2] = {{1, 12.7062}, {2, 4.3027},  {7, 2.3646},  {10, 2.2281},
	                           {11, 2.2010}, {20, 2.0860}, {60, 2.0003}, {1e6, 1.95996}};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		assert_true(is_near(student_t95(known[i][0]), known[i][1], 0.001));
	}
	for (double df = 1; df < 40; df += 0.1) {
		assert_true(student_t95(df) > student_t95(df + 0.1));
	}
}

/* Five pairs that differ by 1, 2, 3, 4, 5: mean 3, standard error 1.5811 / sqrt(5) = 0.7071, t(4) = 2.7764. */
static void pairs_by_hand(void **state)
{
	(void)state;
	const double before[] = {10, 20, 30, 40, 50}, after[] = {11, 22, 33, 44, 55};
	struct difference d;
	difference_of_pairs(before, after, 5, &d);
	assert_true(d.how == DIFFERENCE_BY_PAIRS && is_near(d.by, 3, 1e-9) && is_near(d.before, 30, 1e-9));
	assert_true(is_near(d.least, 3 - 2.7764 * 0.70711, 1e-3) && is_near(d.most, 3 + 2.7764 * 0.70711, 1e-3));
	assert_true(difference_is_shown(&d));
	difference_of_pairs(before, after, 1, &d);
	assert_true(d.how == DIFFERENCE_TOO_LITTLE && !difference_is_shown(&d));
	difference_of_pairs(before, before, 5, &d);
	assert_true(!difference_is_shown(&d));
}

/* A day of traffic: its usual course, what is another day altogether, and quarters that resemble the one before. */
static size_t make(struct quarter_value *v, struct prng *r, int first_day, int days, double by, double day_sd,
                   double like_before)
{
	size_t n = 0;
	double off = 0;
	for (int day = first_day; day < first_day + days; day++) {
		double of_day = day_sd * gauss(r);
		for (int q = 0; q < QUARTERS_A_DAY; q++) {
			off = like_before * off + sqrt(1 - like_before * like_before) * gauss(r);
			v[n].quarter = (int64_t)day * QUARTERS_A_DAY + q;
			v[n++].value = 30 + 20 * sin(q * 0.13) + by + of_day + 3 * off;
		}
	}
	return n;
}

/* In so many of many cases the interval holds what is true. */
static double share_held(int days, double day_sd, double like_before, enum difference_how how, double *shown)
{
	struct quarter_value before[VALUES_MOST], after[VALUES_MOST];
	struct prng r;
	int held = 0, differ = 0;
	prng_seed(&r, 20261122);
	for (int i = 0; i < CASES; i++) {
		struct difference d;
		double by = i % 2 == 0 ? 0 : -2;
		size_t n = make(before, &r, 0, days, 0, day_sd, like_before);
		size_t k = make(after, &r, 20, days, by, day_sd, like_before);
		difference_of_quarters(before, n, after, k, &d);
		assert_true(d.how == how && d.quarters == QUARTERS_A_DAY);
		held += d.least <= by && by <= d.most;
		differ += i % 2 != 0 && difference_is_shown(&d);
	}
	*shown = 2.0 * differ / CASES;
	return (double)held / CASES;
}

static void the_interval_holds_the_truth_in_95_of_100(void **state)
{
	(void)state;
	const struct {
		int days;
		double day_sd, like_before;
		enum difference_how how;
		double least;
	} cases[] = {
		{1, 0, 0, DIFFERENCE_BY_BLOCKS, 0.93},   {1, 0, 0.3, DIFFERENCE_BY_BLOCKS, 0.93},
		{1, 0, 0.5, DIFFERENCE_BY_BLOCKS, 0.91}, {3, 0, 0.5, DIFFERENCE_BY_BLOCKS, 0.91},
		{5, 2, 0.5, DIFFERENCE_BY_DAYS, 0.93},   {8, 4, 0.5, DIFFERENCE_BY_DAYS, 0.93},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		double shown, held = share_held(cases[i].days, cases[i].day_sd, cases[i].like_before, cases[i].how, &shown);
		print_message("%d days, a day differs by %.0f, quarters are alike by %.1f: held %.3f, 2 s less shown in %.2f\n",
		              cases[i].days, cases[i].day_sd, cases[i].like_before, held, shown);
		assert_true(held >= cases[i].least && held <= 0.98);
	}
}

static void only_the_same_quarters_of_the_day_are_compared(void **state)
{
	(void)state;
	struct quarter_value before[VALUES_MOST], after[VALUES_MOST];
	struct difference d;
	struct prng r;
	prng_seed(&r, 1);
	/* The same street; what was seen before is the night, what came after the whole day. */
	size_t n = make(before, &r, 0, 1, 0, 0, 0), k = make(after, &r, 3, 1, 0, 0, 0);
	difference_of_quarters(before, n / 3, after, k, &d);
	assert_int_equal(d.quarters, QUARTERS_A_DAY / 3);
	assert_true(d.how == DIFFERENCE_BY_BLOCKS && d.least < 0 && d.most > 0);
	difference_of_quarters(before, DIFFERENCE_QUARTERS_LEAST - 1, after, k, &d);
	assert_true(d.how == DIFFERENCE_TOO_LITTLE);
	difference_of_quarters(before, n / 2, after + k / 2, k / 2, &d);
	assert_true(d.how == DIFFERENCE_TOO_LITTLE && d.quarters == 0);
	difference_of_quarters(before, 0, after, 0, &d);
	assert_true(d.how == DIFFERENCE_TOO_LITTLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_students_t),
		cmocka_unit_test(pairs_by_hand),
		cmocka_unit_test(the_interval_holds_the_truth_in_95_of_100),
		cmocka_unit_test(only_the_same_quarters_of_the_day_are_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
