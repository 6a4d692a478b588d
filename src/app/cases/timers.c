/* What the program does when a day or a moment has come: a decision's letter leaves, an application lapses that was not
 * answered, a promised paper was not brought. Each timer is a hint: the case may have moved on. */
#include "app/cases/cases.h"
#include "app/cases/count_anew.h"
#include "app/cases/made_out.h"
#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/mail/mail.h"

/* What falls due is looked at on the newest version of the calendar, with all that nobody served given back: if the
 * recalculation has not come here yet, this is it. */
static bool count_anew(struct tx *tx, const struct timer *t, struct app *app, const struct casefile_get_out *c,
                       bool *is_done, struct err *e)
{
	const struct institution *at = catalogue_institution(app, c->institution);
	bool is_same = at != NULL && at->calendar != NULL && str_eq(at->calendar_id, c->calendar);
	struct case_count_anew what = {
		.party = t->route, .casefile = t->subject, .is = is_same ? at->calendar : NULL, .app = app};
	bool ok = case_see_anew(tx, &what, e);
	if (ok && what.lacks != 0) {
		return err_set(e, ERR_NOT_FOUND, "version %d of a calendar is not here", what.lacks);
	}
	*is_done = ok && what.is_due;
	return ok && (!what.is_due || case_count_anew_job(tx, &what, e));
}

/* The case and the calendar that its clock is counted on; *c.found false: it is gone, or was counted anew and is looked
 * at once more. */
static bool look(struct tx *tx, const struct timer *t, struct app *app, struct casefile_get_out *c,
                 struct case_change *change, struct err *e)
{
	if (!casefile_get(tx, &(struct casefile_get_in){.party = t->route, .id = t->subject}, c, e)) {
		return false;
	}
	bool is_done = false;
	if (c->found && !count_anew(tx, t, app, c, &is_done, e)) {
		return false;
	}
	if (is_done) {
		c->found = false;
		return timer_set(tx, t->route, t->kind, t->subject, t->due_us, e);
	}
	*change = (struct case_change){.party = t->route, .casefile = t->subject, .version = c->version, .app = app};
	/* Nearly always in memory: a case follows an older definition or calendar only until it is repaired, or counted
	   anew. */
	return !c->found ||
	       (catalogue_calendar_in(tx, app, c->calendar, (int32_t)c->calendar_version, &change->calendar, e) &&
	        catalogue_definition_in(tx, app, (const uint8_t *)c->definition.p, &change->service, e));
}

static bool letter_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct casefile_get_out c;
	struct case_change change;
	if (!look(tx, t, ctx, &c, &change, e)) {
		return false;
	}
	/* The decision may have been recalled, or its letter sent by hand. */
	if (!c.found || c.state != CASE_DECIDED || !c.has_letter_at) {
		return true;
	}
	if (c.letter_at > tx_now_us(tx)) {
		return timer_set(tx, t->route, t->kind, t->subject, c.letter_at, e);
	}
	return case_letter_leaves_job(tx, &change, e);
}

/* Is the day over? Else the timer is set anew for its end. */
static bool is_over(struct tx *tx, const struct timer *t, const struct case_change *change, day_number day, bool *over,
                    struct err *e)
{
	int64_t end_us = zone_instant_us(calendar_zone(change->calendar), day + 1, 0);
	*over = end_us <= tx_now_us(tx);
	return *over || timer_set(tx, t->route, t->kind, t->subject, end_us, e);
}

/* In the mailbox, by the program: no move, for nothing of the case changes. */
static bool tell(struct tx *tx, const struct casefile_get_out *c, enum mail_kind kind, day_number date, struct err *e)
{
	return mail_post(tx,
	                 &(struct mail_message){.party = c->party,
	                                        .kind = kind,
	                                        .casefile = c->id,
	                                        .institution = c->institution,
	                                        .service = c->service,
	                                        .number = c->number,
	                                        .date = date},
	                 e);
}

/* One turn of the clock; the move sets the timer for the next, which may have passed already. */
static bool clock_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct casefile_get_out c;
	struct case_words turn = {0};
	struct case_clock k;
	struct case_turn next;
	if (!look(tx, t, ctx, &c, &turn.change, e)) {
		return false;
	}
	if (!c.found || (c.state >= CASE_DECIDED && c.steps == 0)) {
		return true;
	}
	if (!case_clock_load(tx, &c, &k, e)) {
		return false;
	}
	if (!case_clock_turn(&c, turn.change.calendar, &k, tx_now_us(tx), &next)) {
		struct clock_face face;
		case_clock_face(turn.change.calendar, &k.clock, tx_now_us(tx), &face);
		int64_t next_us = case_clock_next(turn.change.calendar, &k, &face, tx_now_us(tx));
		return next_us == CLOCK_NEVER || timer_set(tx, t->route, t->kind, t->subject, next_us, e);
	}
	turn.move = next.move;
	return case_clock_turn_job(tx, &turn, e);
}

static bool answer_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct casefile_get_out c;
	struct case_words lapse = {.move = MOVE_LAPSED};
	bool over;
	if (!look(tx, t, ctx, &c, &lapse.change, e)) {
		return false;
	}
	if (!c.found || c.state != CASE_ASKED || !c.has_answer_day) {
		return true;
	}
	if (!is_over(tx, t, &lapse.change, c.answer_day, &over, e)) {
		return false;
	}
	/* It fires first some days before, as a reminder (case_ask_job()). */
	return over ? case_lapse_job(tx, &lapse, e) : tell(tx, &c, MAIL_LAPSES_SOON, c.answer_day, e);
}

static bool gap_due(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	struct casefile_get_out c;
	struct case_words end = {0};
	bool over;
	if (!look(tx, t, ctx, &c, &end.change, e)) {
		return false;
	}
	if (!c.found || (c.flags & HAS_GAP) == 0 || !c.has_gap_day) {
		return true;
	}
	if (!is_over(tx, t, &end.change, c.gap_day, &over, e)) {
		return false;
	}
	if (!over) {
		return true;
	}
	end.move = (c.flags & GAP_LAPSES) != 0 ? MOVE_LAPSED : MOVE_GAP_MISSED;
	if (!case_move_fits(end.move, c.state, c.flags)) {
		/* A refusal waits for its second signature or its letter: look again tomorrow. */
		return case_is_ended(c.state) || timer_set(tx, t->route, t->kind, t->subject, tx_now_us(tx) + US_PER_DAY, e);
	}
	return end.move == MOVE_LAPSED ? case_lapse_job(tx, &end, e) : case_gap_missed_job(tx, &end, e);
}

const struct timer_kind cases_timers[] = {
	{.name = CASE_PERMIT_TIMER, .fire = permit_due}, {.name = CASE_LETTER_TIMER, .fire = letter_due},
	{.name = CASE_ANSWER_TIMER, .fire = answer_due}, {.name = CASE_GAP_TIMER, .fire = gap_due},
	{.name = CASE_CLOCK_TIMER, .fire = clock_due},   {0},
};

const struct errand_kind cases_errands[] = {
	{.name = CASE_MAKE_ERRAND, .run = made_out_run},
	{.name = CASE_LETTER_ERRAND, .run = letter_print_run},
	{0},
};
