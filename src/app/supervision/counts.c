#include "app/supervision/counts.h"

#include "app/cases/moves.h"
#include "app/catalogue/catalogue.h"
#include "app/supervision/alerts.h"
#include "app/supervision/supervision.sql.h"
#include "app/supervision/told.h"
#include "base/json.h"

enum { TARGET_ARENA_BYTES = 64 * 1024 };

static bool is_ours(const struct event *ev)
{
	return str_is(ev->room, "cases") && ev->casefile != 0;
}

static int64_t integer(const struct json *j, const char *key)
{
	const struct json *v = json_get(j, str_of(key));
	return v && v->kind == JSON_INT ? v->integer : v && v->kind == JSON_TRUE;
}

/* Did somebody of the office make this move? Then an alert before it led to an act. */
static bool is_act(const struct event *ev)
{
	static const enum case_mover by[] = {
#define X(move, kind, from, to, mover, ...) [move] = mover,
		CASE_MOVES(X)
#undef X
	};
	enum case_move move = case_move_of(ev->kind);
	enum case_mover who = move < CASE_MOVE_COUNT ? by[move] : BY_PROGRAM;
	return ev->actor != 0 && who != BY_APPLICANT && who != BY_PROGRAM && who != BY_ANYBODY && who != BY_EXPERT;
}

static enum clock_level raised_level(const struct event *ev)
{
	return str_is(ev->kind, "clock-orange") ? CLOCK_ORANGE
	       : str_is(ev->kind, "clock-red")  ? CLOCK_RED
	       : str_is(ev->kind, "clock-past") ? CLOCK_PAST
	                                        : CLOCK_GREEN;
}

/* --- Sums and their differences
 * ---------------------------------------------------------------------------------------------- */

struct sums {
	int64_t running, standing, orange, red, past;
};

static struct sums sums_of(const struct board_case_get_out *c)
{
	bool runs = c->found && c->is_counted && !c->stands;
	return (struct sums){.running = runs,
	                     .standing = c->found && c->is_counted && c->stands,
	                     .orange = runs && c->level == CLOCK_ORANGE,
	                     .red = runs && c->level == CLOCK_RED,
	                     .past = runs && c->level == CLOCK_PAST};
}

static struct sums minus(struct sums a, struct sums b)
{
	return (struct sums){a.running - b.running, a.standing - b.standing, a.orange - b.orange, a.red - b.red,
	                     a.past - b.past};
}

static bool is_nothing(struct sums s)
{
	return s.running == 0 && s.standing == 0 && s.orange == 0 && s.red == 0 && s.past == 0;
}

static bool add_count(struct tx *tx, struct str service, int64_t who, struct sums s, struct err *e)
{
	return is_nothing(s) || board_count_add(tx,
	                                        &(struct board_count_add_in){.institution = tx_route(tx),
	                                                                     .service = service,
	                                                                     .handler = who,
	                                                                     .running = s.running,
	                                                                     .standing = s.standing,
	                                                                     .orange = s.orange,
	                                                                     .red = s.red,
	                                                                     .past = s.past},
	                                        NULL, e);
}

static bool add_due(struct tx *tx, const struct board_case_get_out *c, int64_t n, struct err *e)
{
	return sums_of(c).running == 0 ||
	       board_due_add(tx, &(struct board_due_add_in){.institution = tx_route(tx), .due_day = c->due_day, .n = n},
	                     NULL, e);
}

/* From what the board knew of the case to what it is now. */
static bool count(struct tx *tx, const struct board_case_get_out *was, const struct board_case_get_out *now,
                  struct err *e)
{
	struct sums before = sums_of(was), after = sums_of(now), change = minus(after, before);
	bool same_row = str_eq(was->service, now->service) && was->handler == now->handler;
	bool same_due = before.running == after.running && was->due_day == now->due_day;
	return (same_row ? add_count(tx, now->service, now->handler, change, e)
	                 : add_count(tx, was->service, was->handler, minus((struct sums){0}, before), e) &&
	                       add_count(tx, now->service, now->handler, after, e)) &&
	       (same_due || (add_due(tx, was, -1, e) && add_due(tx, now, 1, e))) &&
	       board_total_add(tx,
	                       &(struct board_total_add_in){.institution = tx_route(tx),
	                                                    .running = change.running,
	                                                    .standing = change.standing,
	                                                    .orange = change.orange,
	                                                    .red = change.red,
	                                                    .past = change.past,
	                                                    .event = now->event},
	                       NULL, e);
}

static bool keep_day(struct tx *tx, day_number day, struct sums change, bool has_ended, bool is_raised, struct err *e)
{
	if (is_nothing(change) && !has_ended && !is_raised) {
		return true;
	}
	return board_day_add(tx,
	                     &(struct board_day_add_in){.institution = tx_route(tx),
	                                                .day = day,
	                                                .running = change.running,
	                                                .orange = change.orange,
	                                                .red = change.red + change.past,
	                                                .ended = has_ended,
	                                                .raised = is_raised},
	                     NULL, e);
}

/* --- Alerts
 * ------------------------------------------------------------------------------------------------------------- */

/* The first act counts, on the day on which the alert was raised. */
static bool note_act(struct tx *tx, const struct event *ev, struct err *e)
{
	struct alert_of_case_rows rows;
	struct alert_of_case_out row, open[ALERTS_OF_CASE];
	size_t n = 0;
	if (!alert_of_case_open(
			tx,
			&(struct alert_of_case_in){.institution = tx_route(tx), .casefile = ev->casefile, .most = ALERTS_OF_CASE},
			&rows, e)) {
		return false;
	}
	while (n < ALERTS_OF_CASE && alert_of_case_next(&rows, &row)) {
		if (!row.has_acted_at) {
			open[n++] = row;
		}
	}
	bool ok = alert_of_case_close(&rows, e);
	for (size_t i = 0; ok && i < n; i++) {
		ok = alert_acted(tx,
		                 &(struct alert_acted_in){.institution = tx_route(tx),
		                                          .casefile = ev->casefile,
		                                          .id = open[i].id,
		                                          .has_acted_at = true,
		                                          .acted_at = ev->recorded_us},
		                 NULL, e) &&
		     board_day_act(tx, &(struct board_day_act_in){.institution = tx_route(tx), .day = open[i].day}, NULL, e);
	}
	return ok;
}

static bool raise_alert(struct tx *tx, const struct event *ev, const struct json *open, enum clock_level level,
                        const struct board_case_get_out *now, const struct zone *zone, day_number day, struct err *e)
{
	struct str turned = json_string(open, STR("turned")), limit = json_string(open, STR("limit"));
	bool is_legal = str_is(turned.n > 0 ? turned : limit, "statutory");
	day_number due = (day_number)integer(open, is_legal ? "legal" : "due");
	int64_t due_us = is_legal ? 0 : integer(open, "due_at");
	if (due_us == 0) {
		due_us = zone ? zone_instant_us(zone, due + 1, 0) : (int64_t)(due + 1) * US_PER_DAY;
	}
	struct alert_add_in in = {.institution = tx_route(tx),
	                          .casefile = ev->casefile,
	                          .id = ev->id,
	                          .party = ev->route,
	                          .service = ev->service,
	                          .number = now->number,
	                          .level = level,
	                          .is_legal = is_legal,
	                          .due_day = due,
	                          .left_days = integer(open, "left"),
	                          .handler = now->handler,
	                          .raised_at = ev->effective_us,
	                          .day = day,
	                          .due_at = due_us};
	return alert_add(tx, &in, NULL, e) && told_begin(tx, ev->id, ev->effective_us, e);
}

/* --- Subscribers
 * -------------------------------------------------------------------------------------------------------- */

static const struct zone *zone_at(struct app *app, int64_t institution)
{
	const struct institution *in = app && app->catalogue ? catalogue_institution(app, institution) : NULL;
	return in ? calendar_zone(in->calendar) : NULL;
}

static day_number day_at(const struct zone *zone, int64_t us)
{
	return zone ? zone_local(zone, us).day : (day_number)(us / US_PER_DAY);
}

static bool read_case(struct tx *tx, int64_t casefile, struct board_case_get_out *out, struct err *e)
{
	return board_case_get(tx, &(struct board_case_get_in){.institution = tx_route(tx), .casefile = casefile}, out, e);
}

int64_t board_target(const struct event *ev)
{
	return is_ours(ev) ? ev->institution : 0;
}

static struct board_case_get_out case_now(const struct event *ev, const struct json *open,
                                          const struct board_case_get_out *was)
{
	int64_t state = integer(open, "state");
	struct str number = json_string(open, STR("number"));
	bool is_legal = str_is(json_string(open, STR("limit")), "statutory");
	return (struct board_case_get_out){
		.found = true,
		.number = number.n > 0 ? number : was->number,
		.service = ev->service,
		.handler = integer(open, "handler"),
		.level = integer(open, "level"),
		.stands = integer(open, "stands") != 0,
		.is_counted = state >= CASE_RECEIVED && state < CASE_DECIDED,
		.due_day = (int32_t)integer(open, is_legal ? "legal" : "due"),
		.alerts = was->alerts,
		.event = ev->id,
	};
}

static bool keep_case(struct tx *tx, const struct event *ev, const struct board_case_get_out *c, bool is_over,
                      struct err *e)
{
	if (is_over) {
		return board_case_remove(
			tx, &(struct board_case_remove_in){.institution = tx_route(tx), .casefile = ev->casefile}, NULL, e);
	}
	return board_case_put(tx,
	                      &(struct board_case_put_in){.institution = tx_route(tx),
	                                                  .casefile = ev->casefile,
	                                                  .party = ev->route,
	                                                  .number = c->number,
	                                                  .service = c->service,
	                                                  .handler = c->handler,
	                                                  .level = c->level,
	                                                  .stands = c->stands,
	                                                  .is_counted = c->is_counted,
	                                                  .due_day = c->due_day,
	                                                  .alerts = c->alerts,
	                                                  .event = c->event},
	                      NULL, e);
}

bool board_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct json *open = NULL;
	struct board_case_get_out was;
	if (!json_parse(tx_arena(tx), ev->public_payload, &open, e) || !read_case(tx, ev->casefile, &was, e)) {
		return false;
	}
	int64_t state = integer(open, "state");
	/* What happens long after the end is nothing to the board. */
	if (state == 0 || (was.found && was.event >= ev->id) || (!was.found && state >= CASE_DECIDED)) {
		return true;
	}
	enum case_move move = case_move_of(ev->kind);
	struct board_case_get_out now = case_now(ev, open, &was);
	enum clock_level raised = raised_level(ev);
	const struct zone *zone = zone_at(ctx, ev->institution);
	day_number day = day_at(zone, ev->recorded_us);
	bool is_acted = was.alerts > 0 && is_act(ev);
	bool has_ended = was.found && was.is_counted && !now.is_counted && move != MOVE_WITHDRAWN;
	struct sums change = minus(sums_of(&now), sums_of(&was));
	now.alerts = (is_acted ? 0 : was.alerts) + (raised != CLOCK_GREEN);
	return (!is_acted || note_act(tx, ev, e)) &&
	       (raised == CLOCK_GREEN || raise_alert(tx, ev, open, raised, &now, zone, day, e)) &&
	       keep_case(tx, ev, &now, case_is_ended(state), e) && count(tx, &was, &now, e) &&
	       keep_day(tx, day, change, has_ended, raised != CLOCK_GREEN, e);
}

/* The first of "others" of a case that was forwarded. */
int64_t board_left_target(const struct event *ev)
{
	struct arena a;
	struct json *open = NULL;
	struct err ignored;
	int64_t v = 0;
	if (!is_ours(ev) || case_move_of(ev->kind) != MOVE_FORWARDED) {
		return 0;
	}
	arena_init(&a, TARGET_ARENA_BYTES);
	if (json_parse(&a, ev->public_payload, &open, &ignored)) {
		const struct json *others = json_get(open, STR("others"));
		v = others && others->first && others->first->kind == JSON_INT ? others->first->integer : 0;
	}
	arena_release(&a);
	return v;
}

bool board_left_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct board_case_get_out was;
	if (!read_case(tx, ev->casefile, &was, e)) {
		return false;
	}
	if (!was.found || was.event >= ev->id) {
		return true;
	}
	struct board_case_get_out now = was;
	now.is_counted = false;
	now.event = ev->id;
	day_number day = day_at(zone_at(ctx, tx_route(tx)), ev->recorded_us);
	return (was.alerts == 0 || note_act(tx, ev, e)) && keep_case(tx, ev, &now, true, e) && count(tx, &was, &now, e) &&
	       keep_day(tx, day, minus(sums_of(&now), sums_of(&was)), false, false, e);
}
