#include "app/cases/count_anew.h"

#include "app/cases/steps.h"
#include "app/catalogue/catalogue.h"
#include "app/installation/outage.h"

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

bool case_look_anew(struct tx *tx, const struct casefile_get_out *c, const struct calendar *was,
                    const struct calendar *is, struct case_anew *out, struct err *e)
{
	struct case_clock k;
	struct clock_face before, after;
	struct clock_outage *outages;
	size_t n;
	bool is_other = calendar_version(was) != calendar_version(is);
	*out = (struct case_anew){.given_until_us = c->given_until};
	if (!outages_since(tx, c->given_until, &outages, &n, e)) {
		return false;
	}
	out->is_new = is_other || n > 0;
	if (!out->is_new) {
		return true;
	}
	if (!case_clock_load(tx, c, &k, e)) {
		return false;
	}
	/* What it was told to be: without the outages that are not in its days yet. */
	struct legal_clock told = k.clock;
	while (told.outage_n > 0 && told.outages[told.outage_n - 1].until_us > c->given_until) {
		told.outage_n--;
	}
	case_clock_face(was, &told, tx_now_us(tx), &before);
	case_clock_face(is, &k.clock, tx_now_us(tx), &after);
	compare(&before, &after, out);
	out->moves = out->moves || (is_other && steps_move(was, is, &k, tx_now_us(tx)));
	if (is_other && out->moves) {
		find_day(was, is, (day_number)c->start_day, &before, &after, out);
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

bool case_see_anew(struct tx *tx, struct case_count_anew *what, struct err *e)
{
	struct casefile_get_out c;
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
	bool is_newer = what->is != NULL && calendar_version(what->is) > calendar_version(was);
	what->counted_by = is_newer ? what->is : was;
	what->version = c.version;
	what->is_looked_at = true;
	if (!case_look_anew(tx, &c, was, what->counted_by, &what->anew, e)) {
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
