/* A decision's letter leaves by itself when its time has come; until then the author can take the decision back. */
#include "app/cases/cases.h"
#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"

static bool letter_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct app *app = ctx;
	struct casefile_get_out c;
	if (!casefile_get(tx, &(struct casefile_get_in){.party = t->route, .id = t->subject}, &c, e)) {
		return false;
	}
	/* The timer is a hint: the decision may have been recalled, or its letter sent by hand. */
	if (!c.found || c.state != CASE_DECIDED || !c.has_letter_at) {
		return true;
	}
	if (c.letter_at > tx_now_us(tx)) {
		return timer_set(tx, t->route, t->kind, t->subject, c.letter_at, e);
	}
	const struct institution *institution = catalogue_institution(app, c.institution);
	if (institution == NULL) {
		return err_set(e, ERR_INTERNAL, "a case of an institution that the catalogue does not know");
	}
	struct case_change change = {
		.party = t->route, .casefile = t->subject, .version = c.version, .calendar = institution->calendar, .app = app};
	return case_letter_leaves_job(tx, &change, e);
}

const struct timer_kind cases_timers[] = {
	{.name = CASE_LETTER_TIMER, .fire = letter_due},
	{0},
};
