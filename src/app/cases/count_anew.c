#include "app/cases/count_anew.h"

#include "app/cases/steps.h"
#include "app/catalogue/catalogue.h"
#include "app/installation/outage.h"
#include "store/timer.h"

/* Whole days: what nobody served in it comes after its end, and a day off gives way to the next that is worked. */
static day_number give_back(const struct calendar *c, day_number day, const struct clock_outage *outages, size_t n)
{
	const struct zone *zone = calendar_zone(c);
	int64_t end_us = zone_instant_us(zone, day + 1, 0), until_us = end_us;
	for (size_t i = 0; i < n && outages[i].from_us < until_us; i++) {
		until_us += outages[i].until_us - outages[i].from_us;
	}
	return until_us == end_us ? day : calendar_add(c, zone_local(zone, until_us - 1).day, 0);
}

static void take(struct case_anew *out, day_number was, day_number is)
{
	out->moves = out->moves || was != is;
	out->days = out->days != 0 ? out->days : is - was;
}

static void compare(const struct clock_face *was, const struct clock_face *is, struct case_anew *out)
{
	for (int i = 0; i < CLOCK_LIMITS; i++) {
		const struct clock_due *a = &was->due[i], *b = &is->due[i];
		if (a->is_there && b->is_there) {
			take(out, a->day, b->day);
			out->moves = out->moves || a->orange_us != b->orange_us || a->red_us != b->red_us || a->us != b->us;
		}
	}
	out->moves = out->moves || was->silence_us != is->silence_us;
}

static bool steps_move(const struct calendar *was, const struct calendar *is, const struct case_clock *k,
                       int64_t now_us)
{
	bool moves = false;
	for (size_t i = 0; i < k->step_n; i++) {
		struct clock_face before, after;
		case_step_read(was, k, &k->steps[i], now_us, &before);
		case_step_read(is, k, &k->steps[i], now_us, &after);
		moves = moves || before.due[CLOCK_COMMITTED].us != after.due[CLOCK_COMMITTED].us;
	}
	return moves;
}

/* Which day is it that moves it, for those who are told? */
static void find_day(const struct calendar *was, const struct calendar *is, day_number begun,
                     const struct clock_face *before, const struct clock_face *after, struct case_anew *out)
{
	enum { LOOKED_MOST = 400 };
	day_number last = 0;
	for (int i = 0; i < CLOCK_LIMITS; i++) {
		last = before->due[i].is_there && before->due[i].day > last ? before->due[i].day : last;
		last = after->due[i].is_there && after->due[i].day > last ? after->due[i].day : last;
	}
	for (day_number day = begun, n = 0; day <= last && n < LOOKED_MOST && out->changed == 0; day++, n++) {
		out->is_worked = calendar_is_working(is, day);
		out->changed = out->is_worked != calendar_is_working(was, day) ? day : 0;
	}
}

/* What the clock of a case is by both versions. */
struct both {
	const struct clock_outage *outages; /* all that there were, by their beginning */
	size_t outage_n;
	struct case_clock clock;
	struct clock_face after;
};

static bool look_anew(struct tx *tx, const struct casefile_get_out *c, const struct calendar *was,
                      const struct calendar *is, struct both *b, struct case_anew *out, struct err *e)
{
	struct clock_face before;
	const struct clock_outage *outages = b->outages;
	size_t n = b->outage_n;
	bool is_other = calendar_version(was) != calendar_version(is);
	for (; n > 0 && outages->until_us <= c->given_until; n--) {
		outages++;
	}
	*out = (struct case_anew){.given_until_us = c->given_until, .is_new = is_other || n > 0};
	if (!out->is_new) {
		return true;
	}
	if (!case_clock_load_with(tx, c, b->outages, b->outage_n, &b->clock, e)) {
		return false;
	}
	/* What it was told to be: without the outages that are not in its days yet. */
	struct legal_clock told = b->clock.clock;
	while (told.outage_n > 0 && told.outages[told.outage_n - 1].until_us > c->given_until) {
		told.outage_n--;
	}
	case_clock_face(was, &told, tx_now_us(tx), &before);
	case_clock_face(is, &b->clock.clock, tx_now_us(tx), &b->after);
	compare(&before, &b->after, out);
	out->moves = out->moves || (is_other && steps_move(was, is, &b->clock, tx_now_us(tx)));
	if (is_other && out->moves) {
		find_day(was, is, (day_number)c->start_day, &before, &b->after, out);
	}
	out->has_answer_day = c->state == CASE_ASKED && c->has_answer_day;
	out->has_gap_day = (c->flags & HAS_GAP) != 0 && c->has_gap_day;
	if (out->has_answer_day) {
		out->answer_day = give_back(is, c->answer_day, outages, n);
		take(out, c->answer_day, out->answer_day);
	}
	if (out->has_gap_day) {
		out->gap_day = give_back(is, c->gap_day, outages, n);
		take(out, c->gap_day, out->gap_day);
	}
	out->given_until_us = n > 0 ? outages[n - 1].until_us : c->given_until;
	out->why = is_other ? STR("calendar") : STR("outage");
	return true;
}

/* Of a case that names an older version, or one that is counted by outages alone. */
static const struct calendar *counted_by(const struct calendar *is, const struct calendar *was)
{
	return is != NULL && calendar_version(is) > calendar_version(was) ? is : was;
}

bool case_see_anew(struct tx *tx, struct case_count_anew *what, struct err *e)
{
	struct casefile_get_out c;
	struct clock_outage *outages;
	struct both both = {0};
	const struct calendar *was;
	what->is_looked_at = what->is_due = false;
	what->lacks = 0;
	what->anew = (struct case_anew){0};
	if (!casefile_get(tx, &(struct casefile_get_in){.party = what->party, .id = what->casefile}, &c, e)) {
		return false;
	}
	if (!c.found || !case_move_is_possible(MOVE_CLOCK_MOVED, c.state) ||
	    (what->is != NULL && !str_eq(calendar_id(what->is), c.calendar))) {
		return true;
	}
	what->calendar = c.calendar;
	if (!catalogue_calendar_in(tx, what->app, c.calendar, (int32_t)c.calendar_version, &was, e)) {
		what->lacks = e->code == ERR_NOT_FOUND ? (int32_t)c.calendar_version : 0;
		return what->lacks != 0;
	}
	what->counted_by = counted_by(what->is, was);
	what->version = c.version;
	what->is_looked_at = true;
	if (!outages_since(tx, 0, &outages, &both.outage_n, e)) {
		return false;
	}
	both.outages = outages;
	if (!look_anew(tx, &c, was, what->counted_by, &both, &what->anew, e)) {
		return false;
	}
	what->is_due = what->anew.is_new;
	return true;
}

bool case_count_anew_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct case_count_anew *what = ctx;
	const struct case_anew *anew = &what->anew;
	if (!anew->moves) {
		return casefile_count_on(tx,
		                         &(struct casefile_count_on_in){.party = what->party,
		                                                        .id = what->casefile,
		                                                        .version = what->version,
		                                                        .calendar_version = calendar_version(what->counted_by),
		                                                        .given_until = anew->given_until_us},
		                         e);
	}
	struct case_moved in = {
		.change = {.party = what->party,
	               .casefile = what->casefile,
	               .version = what->version,
	               .calendar = what->counted_by,
	               .app = what->app},
		.why = what->why.n > 0 && str_is(anew->why, "calendar") ? what->why : anew->why,
		.anew = anew,
	};
	return case_clock_moved_job(tx, &in, e);
}

/* --- Many --------------------------------------------------------------------------------------------------------- */

/* All of the row that a clock needs; its texts are the transaction's. */
static struct casefile_get_out casefile_of(const struct casefile_clocks_out *r)
{
	return (struct casefile_get_out){
		.party = r->party,
		.id = r->id,
		.version = r->version,
		.state = r->state,
		.flags = r->flags,
		.institution = r->institution,
		.received_at = r->received_at,
		.calendar = r->calendar,
		.calendar_version = r->calendar_version,
		.given_until = r->given_until,
		.start_day = r->start_day,
		.limit_unit = r->limit_unit,
		.clock_from = r->clock_from,
		.committed = r->committed,
		.statutory = r->statutory,
		.orange_percent = r->orange_percent,
		.orange_most = r->orange_most,
		.red_percent = r->red_percent,
		.red_most = r->red_most,
		.silence = r->silence,
		.extension = r->extension,
		.has_extended_at = r->has_extended_at,
		.extended_at = r->extended_at,
		.has_accepted_at = r->has_accepted_at,
		.accepted_at = r->accepted_at,
		.has_accepted_day = r->has_accepted_day,
		.accepted_day = r->accepted_day,
		.has_ended_at = r->has_ended_at,
		.ended_at = r->ended_at,
		.has_ended_day = r->has_ended_day,
		.ended_day = r->ended_day,
		.stops = r->stops,
		.steps = r->steps,
		.said_committed = r->said_committed,
		.said_statutory = r->said_statutory,
		.has_turns_at = r->has_turns_at,
		.turns_at = r->turns_at,
		.has_begun_day = r->has_begun_day,
		.begun_day = r->begun_day,
		.due_day = r->due_day,
		.due_at = r->due_at,
		.legal_day = r->legal_day,
		.stood_days = r->stood_days,
		.has_stood_until = r->has_stood_until,
		.stood_until = r->stood_until,
		.has_stands_since = r->has_stands_since,
		.stands_since = r->stands_since,
		.said_at = r->said_at,
		.has_gap_day = r->has_gap_day,
		.gap_day = r->gap_day,
		.has_answer_day = r->has_answer_day,
		.answer_day = r->answer_day,
		.has_was_due = r->has_was_due,
		.was_due = r->was_due,
		.has_was_legal = r->has_was_legal,
		.was_legal = r->was_legal,
		.moved_why = r->moved_why,
		.has_moved_day = r->has_moved_day,
		.moved_day = r->moved_day,
		.moved_worked = r->moved_worked,
		.has_moved_until = r->has_moved_until,
		.moved_until = r->moved_until,
	};
}

/* What steps are due now, where that is not what was said. */
static void count_steps(const struct casefile_get_out *c, const struct calendar *is, struct case_clock *k,
                        int64_t now_us, struct counted_clock *out)
{
	for (size_t i = 0; i < k->step_n; i++) {
		struct case_step *s = &k->steps[i];
		struct clock_face face;
		case_step_read(is, k, s, now_us, &face);
		const struct clock_due *due = &face.due[CLOCK_COMMITTED];
		if (due->us != s->due_us || due->day != s->due_day) {
			s->due_us = due->us;
			s->due_day = due->day;
			out->steps[out->step_n++] = (struct case_step_count_anew_in){
				.party = c->party, .casefile = c->id, .id = s->id, .due_at = due->us, .due_day = due->day};
		}
	}
}

/* The row as it will be. */
static void put_row(const struct casefile_get_out *was, const struct casefile_get_out *c, int64_t now_us,
                    struct casefile_count_anew_in *row)
{
	*row = (struct casefile_count_anew_in){
		.party = c->party,
		.id = c->id,
		.version = was->version,
		.was_version = was->calendar_version,
		.calendar_version = c->calendar_version,
		.given_until = c->given_until,
		.said_committed = c->said_committed,
		.said_statutory = c->said_statutory,
		.has_turns_at = c->has_turns_at,
		.turns_at = c->turns_at,
		.has_begun_day = c->has_begun_day,
		.begun_day = c->begun_day,
		.due_day = c->due_day,
		.due_at = c->due_at,
		.legal_day = c->legal_day,
		.stood_days = c->stood_days,
		.has_stood_until = c->has_stood_until,
		.stood_until = c->stood_until,
		.has_stands_since = c->has_stands_since,
		.stands_since = c->stands_since,
		.said_at = c->said_at,
		.has_gap_day = c->has_gap_day,
		.gap_day = c->gap_day,
		.has_answer_day = c->has_answer_day,
		.answer_day = c->answer_day,
		/* What was said last stays what it moved from. */
		.has_was_due = true,
		.was_due = was->has_was_due ? was->was_due : was->due_day,
		.has_was_legal = true,
		.was_legal = was->has_was_due ? was->was_legal : was->legal_day,
		.has_moved_at = true,
		.moved_at = now_us,
		.moved_why = c->moved_why,
		.has_moved_day = c->has_moved_day,
		.moved_day = c->moved_day,
		.moved_worked = c->moved_worked,
		.has_moved_until = c->has_moved_until,
		.moved_until = c->moved_until,
	};
}

static void name(struct casefile_get_out *c, bool has, day_number is, day_number *day)
{
	if (has && *day != is) {
		*day = c->moved_until = is;
		c->has_moved_until = true;
	}
}

static bool count_one(struct tx *tx, const struct casefile_get_out *was, const struct calendar *by_was,
                      const struct count_clocks *j, struct both *b, struct counted_clock *out, struct err *e)
{
	const struct calendar *is = counted_by(j->is, by_was);
	int64_t now_us = tx_now_us(tx);
	struct case_anew anew;
	*out = (struct counted_clock){.party = was->party, .casefile = was->id};
	if (!look_anew(tx, was, by_was, is, b, &anew, e)) {
		return false;
	}
	out->is_due = anew.is_new;
	out->moves = anew.moves;
	out->was_moved = !anew.is_new && was->has_was_due;
	if (out->was_moved) {
		take(&anew, was->was_due, was->due_day);
		take(&anew, was->was_legal, was->legal_day);
	}
	out->days = anew.days;
	if (!anew.is_new) {
		return true;
	}
	struct casefile_get_out c = *was;
	c.calendar_version = calendar_version(is);
	c.given_until = anew.given_until_us;
	if (anew.moves) {
		bool is_calendar = str_is(anew.why, "calendar");
		name(&c, anew.has_gap_day, anew.gap_day, &c.gap_day);
		name(&c, anew.has_answer_day, anew.answer_day, &c.answer_day);
		count_steps(was, is, &b->clock, now_us, out);
		case_clock_say(&b->clock, &b->after, now_us, &c);
		case_clock_lower(&c, &b->after);
		c.turns_at = case_clock_turns_at(&c, is, &b->clock, &b->after, now_us);
		c.has_turns_at = c.turns_at != CLOCK_NEVER;
		out->has_other_turn = c.has_turns_at != was->has_turns_at || (c.has_turns_at && c.turns_at != was->turns_at);
		c.moved_why = is_calendar ? j->why : MOVED_BY_OUTAGE;
		if (anew.changed != 0) {
			c.has_moved_day = true;
			c.moved_day = anew.changed;
			c.moved_worked = anew.is_worked;
		}
	}
	put_row(was, &c, now_us, &out->row);
	return true;
}

bool count_clocks_job(struct tx *tx, void *ctx, struct err *e)
{
	struct count_clocks *j = ctx;
	struct casefile_clocks_rows rows;
	struct casefile_clocks_out *all = arena_new(tx_arena(tx), struct casefile_clocks_out, j->most);
	struct clock_outage *outages;
	struct both both = {0};
	const struct calendar *was = NULL;
	j->n = 0;
	j->lacks = 0;
	if (all == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to count clocks anew");
	}
	if (!outages_since(tx, 0, &outages, &both.outage_n, e)) {
		return false;
	}
	both.outages = outages;
	struct casefile_clocks_in in = {.calendar = j->calendar,
	                                .party = j->after_party,
	                                .id = j->after_casefile,
	                                .until = j->until_party,
	                                .below = !j->only_behind ? INT64_MAX
	                                         : j->is != NULL ? calendar_version(j->is)
	                                                         : 0,
	                                .given = both.outage_n > 0 ? outages[both.outage_n - 1].until_us : 0,
	                                .most = (int64_t)j->most};
	if (!casefile_clocks_open(tx, &in, &rows, e)) {
		return false;
	}
	while (j->n < j->most && casefile_clocks_next(&rows, &all[j->n])) {
		j->n++;
	}
	if (!casefile_clocks_close(&rows, e)) {
		return false;
	}
	for (size_t i = 0; i < j->n; i++) {
		struct casefile_get_out c = casefile_of(&all[i]);
		/* Nearly always that of the one before. */
		if ((was == NULL || calendar_version(was) != c.calendar_version) &&
		    !catalogue_calendar_in(tx, j->app, c.calendar, (int32_t)c.calendar_version, &was, e)) {
			j->lacks = e->code == ERR_NOT_FOUND ? (int32_t)c.calendar_version : 0;
			return j->lacks != 0;
		}
		if (!count_one(tx, &c, was, j, &both, &j->clocks[i], e)) {
			return false;
		}
	}
	return true;
}

static bool write_one(struct tx *tx, const struct counted_clock *c, struct err *e)
{
	const struct casefile_count_anew_in *row = &c->row;
	const struct str timer = STR(CASE_CLOCK_TIMER);
	if (!c->moves) {
		return casefile_count_over(tx,
		                           &(struct casefile_count_over_in){.party = row->party,
		                                                            .id = row->id,
		                                                            .version = row->version,
		                                                            .calendar_version = row->calendar_version,
		                                                            .given_until = row->given_until},
		                           e);
	}
	bool ok = casefile_count_anew(tx, row, e);
	for (size_t i = 0; ok && i < c->step_n; i++) {
		ok = case_step_count_anew(tx, &c->steps[i], e);
	}
	return ok &&
	       (!c->has_other_turn || (row->has_turns_at ? timer_set_near(tx, row->party, timer, row->id, row->turns_at, e)
	                                                 : timer_clear_near(tx, row->party, timer, row->id, e)));
}

bool write_clocks_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct write_clocks *w = ctx;
	bool ok = true;
	for (size_t i = 0; ok && i < w->n; i++) {
		ok = write_one(tx, w->clocks[i], e);
	}
	return ok;
}
