#include "app/cases/clock.h"

#include "app/cases/steps.h"
#include "app/installation/outage.h"
#include "store/tx.h"

static const char *const unit_words[] = {"working-hours", "working-days", "calendar-days", "months"};

struct str clock_unit_word(enum clock_unit unit)
{
	return str_of(unit_words[unit]);
}

enum clock_unit clock_unit_named(struct str word)
{
	for (int i = 0; i <= CLOCK_MONTHS; i++) {
		if (str_is(word, unit_words[i])) {
			return (enum clock_unit)i;
		}
	}
	return CLOCK_WORKING_DAYS;
}

/* --- The whole clock ---------------------------------------------------------------------------------------------- */

static struct clock_lead lead_of(enum clock_unit unit, int64_t percent, int64_t most)
{
	enum clock_unit of_most = unit == CLOCK_WORKING_HOURS ? CLOCK_WORKING_HOURS : CLOCK_WORKING_DAYS;
	return (struct clock_lead){.percent = (int32_t)percent, .most = {of_most, (int32_t)most}};
}

void case_rule_copy(const struct clock_rule *rule, struct casefile_insert_in *row)
{
	row->limit_unit = rule->committed.unit;
	row->clock_from = rule->from;
	row->committed = rule->committed.n;
	row->statutory = rule->statutory.n;
	row->orange_percent = rule->orange.percent;
	row->orange_most = rule->orange.most.n;
	row->red_percent = rule->red.percent;
	row->red_most = rule->red.most.n;
	row->silence = rule->silence;
}

void case_clock_promised(const struct casefile_get_out *c, struct legal_clock *out)
{
	enum clock_unit unit = (enum clock_unit)c->limit_unit;
	*out = (struct legal_clock){
		.rule = {.from = (enum clock_start)c->clock_from,
	             .committed = {unit, (int32_t)c->committed},
	             .statutory = {unit, (int32_t)c->statutory},
	             .orange = lead_of(unit, c->orange_percent, c->orange_most),
	             .red = lead_of(unit, c->red_percent, c->red_most),
	             .silence = (enum clock_silence)c->silence},
		.submitted = {c->start_day, c->received_at},
	};
}

/* Rows are in the order in which they began. */
static bool load_stops(struct tx *tx, const struct casefile_get_out *c, struct case_clock *out, struct err *e)
{
	struct clock_stop_list_rows rows;
	size_t most = c->stops < STOPS_MOST ? (size_t)c->stops : STOPS_MOST;
	struct clock_stop_list_out *kept = arena_new(tx_arena(tx), struct clock_stop_list_out, most);
	struct clock_stop *stops = arena_new(tx_arena(tx), struct clock_stop, most);
	if (kept == NULL || stops == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for stops of a clock");
	}
	if (!clock_stop_list_open(
			tx, &(struct clock_stop_list_in){.party = c->party, .casefile = c->id, .most = (int64_t)most}, &rows, e)) {
		return false;
	}
	struct clock_stop_list_out *row = kept;
	for (; out->clock.stop_n < most && clock_stop_list_next(&rows, row); row++) {
		stops[out->clock.stop_n] = (struct clock_stop){
			.since = {row->since_day, row->since_at},
			.until = {row->until_day, row->until_at},
			.has_ended = row->has_until_at,
			.is_applicants = row->ends == STOP_ENDS_BY_ANSWER,
			.most = {CLOCK_WORKING_DAYS, (int32_t)row->most},
			.reason = (int32_t)out->clock.stop_n,
		};
		out->clock.stop_n++;
	}
	out->clock.stops = stops;
	out->rows = kept;
	return clock_stop_list_close(&rows, e);
}

/* Times in which nobody served: only silence and what the applicant has time for wait for them. */
static bool needs_outages(const struct casefile_get_out *c, const struct case_clock *k)
{
	bool is_needed = c->silence != SILENCE_NOTHING;
	for (size_t i = 0; i < k->clock.stop_n; i++) {
		is_needed = is_needed || (k->clock.stops[i].is_applicants && k->clock.stops[i].most.n > 0);
	}
	return is_needed;
}

static bool load(struct tx *tx, const struct casefile_get_out *c, struct case_clock *out, struct err *e)
{
	*out = (struct case_clock){0};
	case_clock_promised(c, &out->clock);
	out->clock.is_accepted = c->has_accepted_at;
	out->clock.accepted = (struct clock_moment){c->accepted_day, c->accepted_at};
	out->clock.has_ended = c->has_ended_at;
	out->clock.ended = (struct clock_moment){c->ended_day, c->ended_at};
	out->clock.extension = (struct clock_limit){out->clock.rule.committed.unit, (int32_t)c->extension};
	out->clock.extended_us = c->has_extended_at ? c->extended_at : 0;
	return (c->stops == 0 || load_stops(tx, c, out, e)) && (c->steps == 0 || case_steps_load(tx, c, out, e));
}

bool case_clock_load(struct tx *tx, const struct casefile_get_out *c, struct case_clock *out, struct err *e)
{
	struct clock_outage *items = NULL;
	bool ok = load(tx, c, out, e) &&
	          (!needs_outages(c, out) || outages_since(tx, c->received_at, &items, &out->clock.outage_n, e));
	out->clock.outages = items;
	return ok;
}

bool case_clock_load_with(struct tx *tx, const struct casefile_get_out *c, const struct clock_outage *outages, size_t n,
                          struct case_clock *out, struct err *e)
{
	if (!load(tx, c, out, e)) {
		return false;
	}
	for (; n > 0 && outages->until_us <= c->received_at; n--) {
		outages++;
	}
	out->clock.outage_n = needs_outages(c, out) ? n : 0;
	out->clock.outages = outages;
	return true;
}

struct str case_clock_stop(const struct case_clock *k, int64_t now_us)
{
	for (size_t i = k->clock.stop_n; i-- > 0;) {
		if (!k->rows[i].has_until_at && k->rows[i].since_at <= now_us) {
			return k->rows[i].reason;
		}
	}
	return STR_EMPTY;
}

/* Of several stops the one whose longest time is over first is said first, though the clock stands on. */
static void look_for_lapses(const struct calendar *c, const struct legal_clock *clock, int64_t now_us,
                            struct clock_face *out)
{
	for (size_t i = 0; i < clock->stop_n; i++) {
		const struct clock_stop *s = &clock->stops[i];
		struct clock_due due;
		if (!s->has_ended && s->most.n > 0) {
			legal_clock_deadline(c, &s->since, s->most, clock->outages, s->is_applicants ? clock->outage_n : 0, &due);
			out->turns_us = due.us > now_us && due.us < out->turns_us ? due.us : out->turns_us;
		}
	}
}

void case_clock_face(const struct calendar *c, const struct legal_clock *clock, int64_t now_us, struct clock_face *out)
{
	struct legal_clock as_if = *clock;
	legal_clock_read(c, clock, now_us, out);
	if (out->stands) {
		look_for_lapses(c, clock, now_us, out);
	}
	if (!out->has_begun) {
		as_if.rule.from = CLOCK_FROM_SUBMISSION;
		as_if.has_ended = false;
		legal_clock_read(c, &as_if, clock->submitted.us, out);
		out->has_begun = false;
		out->has_ended = clock->has_ended && clock->ended.us <= now_us;
		out->level = CLOCK_GREEN;
		out->turns_us = out->silence_us = CLOCK_NEVER;
	}
}

int64_t case_clock_next(const struct calendar *c, const struct case_clock *k, const struct clock_face *face,
                        int64_t now_us)
{
	int64_t next = face->has_ended ? CLOCK_NEVER : face->turns_us;
	for (size_t i = 0; i < k->step_n; i++) {
		struct clock_face step;
		case_step_read(c, k, &k->steps[i], now_us, &step);
		next = !k->steps[i].is_said && step.turns_us < next ? step.turns_us : next;
	}
	return next;
}

void case_clock_say(const struct case_clock *k, const struct clock_face *face, int64_t now_us,
                    struct casefile_get_out *c)
{
	c->has_begun_day = face->has_begun;
	c->begun_day = c->clock_from == CLOCK_FROM_ACCEPTANCE ? c->accepted_day : c->start_day;
	c->due_day = face->due[CLOCK_COMMITTED].day;
	c->due_at = face->due[CLOCK_COMMITTED].us;
	c->legal_day = face->due[CLOCK_STATUTORY].day;
	c->stood_days = face->stood_days;
	c->said_at = now_us;
	c->has_stands_since = c->has_stood_until = false;
	for (size_t i = 0; i < k->clock.stop_n; i++) {
		const struct clock_stop_list_out *row = &k->rows[i];
		if (face->stands && !row->has_until_at && !c->has_stands_since) {
			c->has_stands_since = true;
			c->stands_since = row->since_day;
		}
		if (row->has_until_at && row->until_day > row->since_day &&
		    (!c->has_stood_until || row->until_day > c->stood_until)) {
			c->has_stood_until = true;
			c->stood_until = row->until_day;
		}
	}
}

/* --- What is shown ------------------------------------------------------------------------------------------------ */

/* The day after the last one is late, also when it is a day off. */
static int32_t or_late(int32_t left_days, enum clock_unit unit, bool is_past)
{
	return left_days == 0 && unit != CLOCK_WORKING_HOURS && is_past ? -1 : left_days;
}

void case_dates_of(const struct clock_face *face, enum clock_unit unit, struct case_dates *out)
{
	const struct clock_due *promised = &face->due[CLOCK_COMMITTED];
	*out = (struct case_dates){
		.has_begun = face->has_begun,
		.unit = unit,
		.level = face->level,
		.promised = promised->day,
		.legal = face->due[CLOCK_STATUTORY].day,
		.promised_us = promised->us,
		.left_days = or_late(promised->left_days, unit, promised->level == CLOCK_PAST && !face->stands),
		.left_minutes = promised->left_minutes,
		.ran_days = face->ran_days,
		.stood_days = face->stood_days,
		.stands = face->stands,
		.has_ended = face->has_ended,
	};
}

/* A day that moves on while the clock stands, and cannot run out meanwhile; unless it had run out before. */
static day_number moved(const struct calendar *c, const struct case_said *said, day_number day, day_number from,
                        day_number to)
{
	if (day < said->stands_since) {
		return day;
	}
	day = said->unit == CLOCK_WORKING_DAYS ? calendar_add(c, day, calendar_between(c, from, to)) : day + (to - from);
	return calendar_add(c, day > to ? day : to, 0);
}

void case_dates_said(const struct calendar *c, const struct case_said *said, int64_t now_us, struct case_dates *out)
{
	day_number today = clock_moment_at(c, now_us).day, said_on = clock_moment_at(c, said->said_us).day;
	/* A decided case is looked at as on the day of its decision. */
	day_number now = said->has_ended && said->ended < today ? said->ended : today;
	*out = (struct case_dates){.has_begun = said->has_begun,
	                           .unit = said->unit,
	                           .level = said->level,
	                           .promised = said->due,
	                           .promised_us = said->due_us,
	                           .legal = said->legal,
	                           .stood_days = said->stood_days,
	                           .stands = said->stands && !said->has_ended,
	                           .has_ended = said->has_ended};
	if (out->stands && now > said_on) {
		out->stood_days += calendar_between(c, said_on, now);
		out->promised = moved(c, said, said->due, said_on, now);
		out->legal = moved(c, said, said->legal, said_on, now);
	}
	if (out->stands && said->unit == CLOCK_WORKING_HOURS && said->due_us > said->said_us) {
		int64_t minute = calendar_minutes_at(c, said->due_us) + calendar_minutes_at(c, now_us) -
		                 calendar_minutes_at(c, said->said_us);
		out->promised_us = calendar_instant_of(c, minute);
		out->promised = clock_moment_at(c, out->promised_us).day;
	}
	/* Today is left, not used, unless it stands or the case was decided on it. */
	day_number begun = said->has_begun ? said->begun : now;
	bool stood_today =
		said->has_begun && ((out->stands && now > said->stands_since) || (said->has_stood && now <= said->stood_until));
	int32_t gone = calendar_between(c, begun, said->has_ended || stood_today ? now : now - 1);
	out->ran_days = gone > out->stood_days ? gone - out->stood_days : 0;
	/* On a day off, on the day it began and while the clock stands, today is not counted: what is left begins with the
	   next working day. */
	bool is_counted = calendar_is_working(c, now) && now > begun && !stood_today && out->promised >= now;
	out->left_days =
		or_late(calendar_between(c, now, out->promised) + is_counted, said->unit, out->promised < now && !out->stands);
	out->left_minutes = calendar_minutes_at(c, out->promised_us) - calendar_minutes_at(c, now_us);
}
