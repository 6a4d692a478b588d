#include "app/statistics/points.h"

int64_t points_of(const struct figures *f)
{
	int64_t decided = f->n[FIG_DECIDED];
	int64_t kept = decided - (f->n[FIG_PROMISED] - f->n[FIG_PROMISE_KEPT]);
	int64_t against = f->n[FIG_REOPENED] * POINTS_REOPENED + f->n[FIG_OBJECTIONS_WON] * POINTS_OBJECTION_WON +
	                  f->n[FIG_RATED_BAD] * POINTS_RATED_BAD;
	int64_t points = decided > 0 ? (kept - against) * 1000 / decided : 0;
	return points > 0 ? points : 0;
}

int64_t points_of_office(const struct figures *f)
{
	return f->n[FIG_DECIDED] >= POINTS_CASES_LEAST ? points_of(f) : -1;
}

int64_t points_least(int64_t median)
{
	return (median + 1) / 2 > POINTS_CASES_LEAST ? (median + 1) / 2 : POINTS_CASES_LEAST;
}

static bool is_ranked(const struct official_line *l, int64_t least, const int64_t *unranked, size_t n)
{
	bool is = l->f.n[FIG_DECIDED] >= least;
	for (size_t i = 0; i < n; i++) {
		is = is && unranked[i] != l->official;
	}
	return is;
}

struct ranked *points_rank(struct arena *a, const struct picture *p, const int64_t *unranked, size_t unranked_n)
{
	struct ranked *r = arena_new(a, struct ranked, p->official_n + 1);
	int64_t least = points_least(median_of_officials(a, p, FIG_DECIDED));
	for (size_t i = 0; r && i < p->official_n; i++) {
		struct ranked one = {.official = p->officials[i].official, .tenths = points_of(&p->officials[i].f)};
		one.rank = is_ranked(&p->officials[i], least, unranked, unranked_n) ? 1 : 0;
		size_t k = i;
		for (; k > 0 && one.rank > 0 && (r[k - 1].rank == 0 || r[k - 1].tenths < one.tenths); k--) {
			r[k] = r[k - 1];
		}
		r[k] = one;
	}
	for (size_t i = 0; r && i < p->official_n; i++) {
		if (r[i].rank > 0) {
			r[i].rank = i > 0 && r[i - 1].tenths == r[i].tenths ? r[i - 1].rank : (int)i + 1;
		}
	}
	return r;
}
