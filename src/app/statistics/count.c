/* What the relay counts: each event in a transaction of the institution, from what the event itself says and what was
 * counted of its case before. Events of a case come in their order; those of different cases in any. */
#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/statistics/brought.h"
#include "app/statistics/figures.h"
#include "app/statistics/statistics.h"
#include "base/json.h"
#include "base/legal_clock.h"
#include "base/zone.h"
#include "store/tx.h"

enum { TARGET_ARENA_BYTES = 64 * 1024, RATING_BAD = 2, LATE_PROMISE = 1, LATE_LAW = 2 };

/* One event as it is counted. */
struct count {
	struct tx *tx;
	const struct event *ev;
	const struct json *open;
	day_number day; /* on which it counts, in the institution's zone */
	int64_t month;
	day_number entered; /* 0: in the same month */
	struct counted_get_out c;
	bool is_known, is_changed; /* the case */
	struct {
		int64_t official;
		int64_t n[FIGURE_COUNT];
		bool has_any;
	} of_day; /* not written yet: an event adds to one row of days, seldom to two */
	struct err *e;
};

static int64_t integer(const struct count *k, const char *key, int64_t otherwise)
{
	const struct json *v = json_get(k->open, str_of(key));
	return v && v->kind == JSON_INT ? v->integer : otherwise;
}

static day_number day_in(struct app *app, int64_t institution, int64_t us)
{
	const struct institution *in = app && app->catalogue ? catalogue_institution(app, institution) : NULL;
	if (in) {
		return zone_local(calendar_zone(in->calendar), us).day;
	}
	return (day_number)(us / US_PER_DAY - (us % US_PER_DAY < 0));
}

/* Writes what the event has added to the day. */
static bool put_day(struct count *k)
{
	struct day_figure_add_in row = {.institution = tx_route(k->tx),
	                                .day = k->day,
	                                .entered = k->entered,
	                                .service = k->ev->service,
	                                .official = k->of_day.official,
#define X(name, number, key, column) .column = k->of_day.n[name],
	                                DAY_FIGURES(X)
#undef X
	};
	bool has_any = k->of_day.has_any;
	memset(&k->of_day, 0, sizeof k->of_day);
	return !has_any || day_figure_add(k->tx, &row, k->e);
}

static bool add_to_day(struct count *k, enum figure_at at, int64_t official, int64_t n)
{
	if (k->of_day.has_any && k->of_day.official != official && !put_day(k)) {
		return false;
	}
	k->of_day.has_any = true;
	k->of_day.official = official;
	k->of_day.n[at] += n;
	return true;
}

/* Of the service, and of the official when there is one. */
static bool add_to_month(struct count *k, enum figure_at at, int64_t official, int64_t n)
{
	int64_t institution = tx_route(k->tx);
	return service_figure_add(k->tx,
	                          &(struct service_figure_add_in){.institution = institution,
	                                                          .month = k->month,
	                                                          .entered = k->entered,
	                                                          .service = k->ev->service,
	                                                          .kind = figure_number(at),
	                                                          .n = n},
	                          k->e) &&
	       (official == 0 || official_figure_add(k->tx,
	                                             &(struct official_figure_add_in){.institution = institution,
	                                                                              .month = k->month,
	                                                                              .entered = k->entered,
	                                                                              .official = official,
	                                                                              .kind = figure_number(at),
	                                                                              .n = n},
	                                             k->e));
}

static bool add_for(struct count *k, enum figure_at at, int64_t official, int64_t n)
{
	return add_to_day(k, at, official, n) && add_to_month(k, at, official, n);
}

static bool add(struct count *k, enum figure_at at)
{
	return add_for(k, at, k->c.handler, 1);
}

static bool add_all(struct count *k, const enum figure_at *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!add(k, list[i])) {
			return false;
		}
	}
	return true;
}

static bool add_time(struct count *k)
{
	int64_t institution = tx_route(k->tx), bucket = spread_bucket(k->c.ran);
	return add(k, FIG_TIMED) && add_for(k, FIG_RAN, k->c.handler, k->c.ran) &&
	       add_for(k, FIG_STOOD, k->c.handler, k->c.stood) &&
	       service_spread_add(k->tx,
	                          &(struct service_spread_add_in){.institution = institution,
	                                                          .month = k->month,
	                                                          .entered = k->entered,
	                                                          .service = k->ev->service,
	                                                          .bucket = bucket,
	                                                          .n = 1},
	                          k->e) &&
	       day_spread_add(k->tx,
	                      &(struct day_spread_add_in){.institution = institution,
	                                                  .day = k->day,
	                                                  .entered = k->entered,
	                                                  .service = k->ev->service,
	                                                  .official = k->c.handler,
	                                                  .bucket = bucket,
	                                                  .n = 1},
	                      k->e) &&
	       (k->c.handler == 0 || official_spread_add(k->tx,
	                                                 &(struct official_spread_add_in){.institution = institution,
	                                                                                  .month = k->month,
	                                                                                  .entered = k->entered,
	                                                                                  .official = k->c.handler,
	                                                                                  .bucket = bucket,
	                                                                                  .n = 1},
	                                                 k->e));
}

/* --- What an event says of its case
 * ------------------------------------------------------------------------------------------------ */

/* The clock, as the event carries it; what it does not carry stays what it was. */
static bool follow_clock(struct count *k)
{
	struct counted_get_out *c = &k->c;
	int64_t stood = integer(k, "stood_minutes", c->stood);
	struct str stop = json_string(k->open, STR("stop"));
	bool has_stop = json_get(k->open, STR("stands")) != NULL;
	c->due_day = (int32_t)integer(k, "due", c->due_day);
	c->legal_day = (int32_t)integer(k, "legal", c->legal_day);
	c->ran = integer(k, "ran_minutes", c->ran);
	c->stood = stood;
	if (has_stop && !str_eq(stop, c->stop)) {
		if (c->stop.n > 0) {
			if (!add(k, FIG_STOPS) ||
			    !service_stop_add(k->tx,
			                      &(struct service_stop_add_in){.institution = tx_route(k->tx),
			                                                    .month = k->month,
			                                                    .entered = k->entered,
			                                                    .service = k->ev->service,
			                                                    .reason = c->stop,
			                                                    .n = 1,
			                                                    .minutes = stood - c->stood_before},
			                      k->e) ||
			    !day_stop_add(k->tx,
			                  &(struct day_stop_add_in){.institution = tx_route(k->tx),
			                                            .day = k->day,
			                                            .entered = k->entered,
			                                            .service = k->ev->service,
			                                            .reason = c->stop,
			                                            .n = 1,
			                                            .minutes = stood - c->stood_before},
			                  k->e)) {
				return false;
			}
		}
		c->stop = stop;
		c->stood_before = stood;
	}
	return true;
}

static enum fate fate_of(const struct count *k, int64_t state)
{
	switch (state) {
	case CASE_CLOSED:
		return k->c.outcome == OUTCOME_GRANTED   ? FATE_GRANTED
		       : k->c.outcome == OUTCOME_REFUSED ? FATE_REFUSED
		                                         : FATE_OTHERWISE;
	case CASE_NOT_ACCEPTED:
		return FATE_NOT_ACCEPTED;
	case CASE_WITHDRAWN:
		return FATE_WITHDRAWN;
	case CASE_LAPSED:
		return FATE_LAPSED;
	default:
		return FATE_NONE;
	}
}

/* When it was decided, and whether that was in time: a limit in hours has run out at an instant. */
static void note_decision(struct count *k)
{
	struct counted_get_out *c = &k->c;
	int64_t due_at = integer(k, "due_at", 0);
	bool is_hours = str_is(json_string(k->open, STR("unit")), "working-hours");
	bool is_late = due_at > 0 ? k->ev->effective_us > due_at : k->day > c->due_day;
	bool is_past = k->day > c->legal_day || (is_hours && integer(k, "legal_level", 0) == CLOCK_PAST);
	c->decided_day = k->day;
	c->late = (is_late ? LATE_PROMISE : 0) | (is_past ? LATE_LAW : 0);
}

/* It has ended. What was decided once is not counted as decided again, however often it is opened. */
static bool count_end(struct count *k, enum fate fate)
{
	static const enum figure_at of_fate[] = {
		[FATE_GRANTED] = FIG_GRANTED,           [FATE_REFUSED] = FIG_REFUSED,     [FATE_OTHERWISE] = FIG_DECIDED,
		[FATE_NOT_ACCEPTED] = FIG_NOT_ACCEPTED, [FATE_WITHDRAWN] = FIG_WITHDRAWN, [FATE_LAPSED] = FIG_LAPSED};
	struct counted_get_out *c = &k->c;
	bool is_decided = fate == FATE_GRANTED || fate == FATE_REFUSED || fate == FATE_OTHERWISE;
	enum figure_at list[8];
	size_t n = 0;
	bool is_first = c->times_ended == 0;
	if (is_decided && c->decided_day == 0) {
		note_decision(k);
	}
	c->decided_day = is_decided ? c->decided_day : 0;
	c->end_day = k->day;
	c->fate = fate;
	c->times_ended++;
	if (!is_first) {
		return true;
	}
	list[n++] = of_fate[fate];
	if (is_decided && fate != FATE_OTHERWISE) {
		list[n++] = FIG_DECIDED;
	}
	if (is_decided && c->due_day > 0) {
		list[n++] = FIG_PROMISED;
		if ((c->late & LATE_PROMISE) == 0) {
			list[n++] = FIG_PROMISE_KEPT;
		}
	}
	if (is_decided && c->legal_day > 0) {
		list[n++] = FIG_LIMITED;
		if ((c->late & LATE_LAW) == 0) {
			list[n++] = FIG_LAW_KEPT;
		}
	}
	if (is_decided && c->corrections > 0) {
		list[n++] = FIG_CORRECTED;
	}
	return add_all(k, list, n) && (!is_decided || c->ran < 0 || add_time(k));
}

static bool count_begin(struct count *k)
{
	bool is_forwarded = case_move_of(k->ev->kind) == MOVE_FORWARDED;
	k->c = (struct counted_get_out){.found = true,
	                                .service = k->ev->service,
	                                .stop = STR_EMPTY,
	                                .ran = -1,
	                                .start_day = (int32_t)integer(k, "start", 0)};
	k->is_known = true;
	/* Whom it came through is no official's figure. */
	return (is_forwarded || integer(k, "joint", 0) != 0 || add(k, FIG_APPLICATIONS)) && add(k, FIG_CASES) &&
	       (!is_forwarded || add(k, FIG_FORWARDED)) && (integer(k, "intake_by", 0) == 0 || add(k, FIG_AT_COUNTER));
}

/* What only one move means. */
static bool count_move(struct count *k, enum case_move move)
{
	switch (move) {
	case MOVE_ASKED:
		k->c.corrections++;
		return add(k, FIG_CORRECTIONS);
	case MOVE_RECALLED:
	case MOVE_SENT_BACK:
		k->c.decided_day = 0;
		k->c.outcome = 0;
		return true;
	case MOVE_OBJECTED:
		return add(k, FIG_OBJECTIONS);
	case MOVE_REOPENED: {
		bool is_won = str_is(json_string(k->open, STR("reason")), "objection");
		bool ok = add(k, FIG_REOPENED) && (!is_won || add(k, FIG_OBJECTIONS_WON));
		k->c.fate = FATE_NONE;
		k->c.outcome = 0;
		k->c.end_day = k->c.decided_day = 0;
		return ok;
	}
	default:
		return move == MOVE_CLOCK_ORANGE ? add(k, FIG_ORANGE) : move == MOVE_CLOCK_RED ? add(k, FIG_RED) : true;
	}
}

/* Who has it counts, or had it: what comes after the end (a letter by the program, an objection) is counted for whom
 * decided. */
static void follow_handler(struct count *k)
{
	int64_t who = integer(k, "handler", 0);
	k->c.handler = who != 0 ? who : k->c.handler;
}

static bool count_case(struct count *k)
{
	enum case_move move = case_move_of(k->ev->kind);
	int64_t state = integer(k, "state", 0);
	bool was_ended = k->is_known && k->c.fate != FATE_NONE;
	if (!k->is_known && !count_begin(k)) {
		return false;
	}
	follow_handler(k);
	if ((!was_ended && !follow_clock(k)) || !count_move(k, move)) {
		return false;
	}
	if (state == CASE_DECIDED || state == CASE_TO_SIGN) {
		k->c.outcome = integer(k, "outcome", k->c.outcome);
	}
	if (state == CASE_DECIDED && k->c.decided_day == 0) {
		note_decision(k);
	}
	enum fate fate = fate_of(k, state);
	if (fate != FATE_NONE && k->c.fate == FATE_NONE && !count_end(k, fate)) {
		return false;
	}
	struct counted_put_in row = {
		.institution = tx_route(k->tx),
		.casefile = k->ev->casefile,
		.service = k->ev->service,
		.handler = k->c.handler,
		.start_day = k->c.start_day,
		.end_day = k->c.end_day,
		.fate = k->c.fate,
		.outcome = k->c.outcome,
		.decided_day = k->c.decided_day,
		.due_day = k->c.due_day,
		.legal_day = k->c.legal_day,
		.late = k->c.late,
		.ran = k->c.ran,
		.stood = k->c.stood,
		.stop = k->c.stop,
		.stood_before = k->c.stood_before,
		.corrections = k->c.corrections,
		.times_ended = k->c.times_ended,
	};
	return counted_put(k->tx, &row, k->e);
}

/* A rating counts for whom it is about, in the month of what was rated; struck, it is taken off there. The event says
 * both. */
static bool count_rating(struct count *k)
{
	int64_t level = integer(k, "level", 0), official = integer(k, "handler", 0), month = integer(k, "month", 0);
	int64_t n = str_is(k->ev->kind, "rated") ? 1 : -1;
	if (month > 0) {
		day_number recorded = k->entered ? k->entered : k->day;
		k->month = month / 100 * 12 + month % 100 - 1;
		k->entered = month_of_day(recorded) > k->month ? recorded : 0;
	}
	return level == 0 ||
	       (add_to_month(k, FIG_RATINGS, official, n) && add_to_month(k, FIG_RATING_SUM, official, n * level) &&
	        (level > RATING_BAD || add_to_month(k, FIG_RATED_BAD, official, n)));
}

/* --- Subscribers
 * ------------------------------------------------------------------------------------------------------------- */

static bool is_rating(const struct event *ev)
{
	return str_is(ev->room, "ratings") && (str_is(ev->kind, "rated") || str_is(ev->kind, "appeal-upheld"));
}

static bool is_never_sent(const struct event *ev)
{
	return str_is(ev->room, "forms") && str_is(ev->kind, "draft-lapsed");
}

static bool is_brought(const struct event *ev)
{
	return str_is(ev->room, "statistics") && str_is(ev->kind, "brought-over");
}

static int64_t count_target(const struct event *ev)
{
	bool is_case = str_is(ev->room, "cases") && case_move_of(ev->kind) < CASE_MOVE_COUNT;
	bool is_counted = ev->service.n > 0 && (is_case || is_rating(ev) || is_never_sent(ev));
	return is_counted || is_brought(ev) ? ev->institution : 0;
}

static bool count_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct json *open = NULL;
	struct count k = {.tx = tx, .ev = ev, .e = e};
	if (ev->public_payload.n > 0 && !json_parse(tx_arena(tx), ev->public_payload, &open, e)) {
		return false;
	}
	if (is_brought(ev)) {
		return brought_count(tx, open, e);
	}
	k.open = open;
	k.day = day_in(ctx, ev->institution, ev->effective_us ? ev->effective_us : ev->recorded_us);
	k.month = month_of_day(k.day);
	day_number recorded = day_in(ctx, ev->institution, ev->recorded_us);
	k.entered = month_of_day(recorded) > k.month ? recorded : 0;
	if (is_never_sent(ev)) {
		return add(&k, FIG_NEVER_SENT) && put_day(&k);
	}
	if (is_rating(ev)) {
		return count_rating(&k);
	}
	if (!counted_get(tx, &(struct counted_get_in){.institution = tx_route(tx), .casefile = ev->casefile}, &k.c, e)) {
		return false;
	}
	k.is_known = k.c.found;
	return count_case(&k) && put_day(&k);
}

/* Forwarded: the office that it came from counts it no more. */
static int64_t left_target(const struct event *ev)
{
	struct arena a;
	struct json *open = NULL;
	struct err ignored;
	if (!str_is(ev->room, "cases") || case_move_of(ev->kind) != MOVE_FORWARDED) {
		return 0;
	}
	arena_init(&a, TARGET_ARENA_BYTES);
	bool ok = json_parse(&a, ev->public_payload, &open, &ignored);
	const struct json *others = ok ? json_get(open, STR("others")) : NULL;
	int64_t from = others && others->first && others->first->kind == JSON_INT ? others->first->integer : 0;
	arena_release(&a);
	return from != ev->institution ? from : 0;
}

static bool left_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	return counted_forget(tx, &(struct counted_forget_in){.institution = tx_route(tx), .casefile = ev->casefile}, NULL,
	                      e);
}

const struct event_subscriber statistics_subscribers[] = {
	{.name = "figures", .target = count_target, .apply = count_apply},
	{.name = "figures-left", .target = left_target, .apply = left_apply},
	{0},
};
