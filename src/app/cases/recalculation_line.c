#include "app/cases/facts.h"
#include "app/cases/recalculation.h"

bool recalculation_line(struct req *r, struct str calendar, struct str *out, struct err *e)
{
	struct recalculation_get_out c;
	*out = STR_EMPTY;
	if (!recalculation_under_way(r->app, &r->arena, calendar, &c, e)) {
		return false;
	}
	if (c.found && c.state == RECALC_RUNNING) {
		*out = CASE_SAY(
			r,
			N_("Time limits are being counted anew: {n} moved so far. Lists may show the days before; the page "
		       "of a case shows what counts."),
			TR_N("n", c.moved));
	} else if (c.found && c.moved > c.told) {
		*out = CASE_SAY(r,
		                N_("{n} time limits were counted anew; lists and messages follow: {told} so far. Until then "
		                   "lists may show the days before; the page of a case shows what counts."),
		                TR_N("n", c.moved), TR_N("told", c.told));
	}
	return true;
}
