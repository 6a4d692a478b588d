#include "app/statistics/published.h"

static int64_t late_of(const struct figures *f)
{
	return f->n[FIG_PROMISED] - f->n[FIG_PROMISE_KEPT];
}

static int64_t past_of(const struct figures *f)
{
	return f->n[FIG_LIMITED] - f->n[FIG_LAW_KEPT];
}

bool published_is_late(const struct figures *f)
{
	return f->n[FIG_DECIDED] == 0 || (few_is_share_told(late_of(f), f->n[FIG_DECIDED]) &&
	                                  few_is_told(f->n[FIG_PROMISED]) && few_is_told(f->n[FIG_PROMISE_KEPT]));
}

bool published_is_past(const struct figures *f)
{
	int64_t apart = late_of(f) - past_of(f);
	return f->n[FIG_DECIDED] == 0 ||
	       (few_is_share_told(past_of(f), f->n[FIG_DECIDED]) && few_is_told(f->n[FIG_LIMITED]) &&
	        few_is_told(f->n[FIG_LAW_KEPT]) && few_is_told(apart < 0 ? -apart : apart));
}

bool published_is_time(const struct figures *f)
{
	return f->n[FIG_TIMED] >= 2 * FEW_LEAST;
}

struct published published_of(const struct picture *p)
{
	struct published t = {.is_whole = true};
	for (size_t i = 0; i < p->service_n; i++) {
		const struct figures *f = &p->services[i].f;
		bool is_decided_told = few_is_told(f->n[FIG_DECIDED]), is_late_told = published_is_late(f);
		t.is_whole = t.is_whole && is_decided_told && is_late_told;
		t.decided += is_decided_told ? f->n[FIG_DECIDED] : 0;
		t.kept += is_late_told ? f->n[FIG_PROMISE_KEPT] : 0;
		t.promised += is_late_told ? f->n[FIG_PROMISED] : 0;
	}
	return t;
}
