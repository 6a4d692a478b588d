/* School hours: at which signals, on which days, from when until when. An engineer sets them. */
#include <stdlib.h>

#include "app/people/viewer.h"
#include "app/traffic/pages.h"
#include "app/traffic/rules.h"
#include "app/traffic/rules.html.h"
#include "html/translate.h"

enum { WEEK_DAYS = 7, SIGNALS_MOST = 16, HOUR_MIN = 60 };

static bool is_ticked(const struct req *r, const char *name, struct str value)
{
	for (size_t i = 0; i < r->form.n; i++) {
		if (str_is(r->form.items[i].name, name) && str_eq(r->form.items[i].value, value)) {
			return true;
		}
	}
	return false;
}

static bool has_line(struct str lines, struct str id)
{
	struct str line;
	while (str_next(&lines, '\n', &line)) {
		if (str_eq(line, id)) {
			return true;
		}
	}
	return false;
}

/* What stands in the form: what was typed, or what holds; q may be NULL. */
static bool fill(struct req *r, const struct live_seen *seen, struct school_view *v, const struct street_rules_out *q,
                 struct err *e)
{
	static const char *const names[WEEK_DAYS] = {N_("Monday"), N_("Tuesday"),  N_("Wednesday"), N_("Thursday"),
	                                             N_("Friday"), N_("Saturday"), N_("Sunday")};
	const struct outline *o = seen->outline;
	bool is_typed = r->method == METHOD_POST;
	int64_t days = q != NULL ? q->days : 0x1f;
	v->signals = arena_new(&r->arena, struct form_choice, PLACES_MOST);
	if (v->signals == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for signals");
	}
	for (int d = 0; d < WEEK_DAYS; d++) {
		struct str value = arena_printf(&r->arena, "%d", d);
		v->days[d] = (struct form_choice){.value = value,
		                                  .label = tr(r->lang, names[d]),
		                                  .is_chosen = is_typed ? is_ticked(r, "days", value) : (days >> d & 1) != 0};
	}
	for (uint32_t i = 0; i < o->signal_n; i++) {
		struct str id = o->signals[i].id, name = traffic_signal_name(r, &o->signals[i]);
		bool is_chosen = is_typed ? is_ticked(r, "signals", id) : q != NULL && has_line(q->first, id);
		/* What is chosen stays, whatever is looked for. */
		if (!is_chosen && v->filter.n > 0 && !rules_matches(name, v->filter)) {
			continue;
		}
		v->is_cut = v->is_cut || v->signal_n == PLACES_MOST;
		if (v->signal_n < PLACES_MOST) {
			v->signals[v->signal_n++] = (struct form_choice){.value = id, .label = name, .is_chosen = is_chosen};
		}
	}
	if (!is_typed) {
		uint32_t w = seen->frame != NULL ? seen->frame->weight_10[PRIORITY_SCHOOL] : 30;
		v->weight = arena_printf(&r->arena, "%u.%u", w / 10, w % 10);
		v->called = q != NULL ? q->name : STR_EMPTY;
		v->from = q != NULL
		              ? arena_printf(&r->arena, "%d:%02d", (int)(q->from_min / HOUR_MIN), (int)(q->from_min % HOUR_MIN))
		              : STR("7:30");
		v->until = q != NULL ? arena_printf(&r->arena, "%d:%02d", (int)(q->until_min / HOUR_MIN),
		                                    (int)(q->until_min % HOUR_MIN))
		                     : STR("8:15");
	}
	return true;
}

static bool show(struct req *r, const struct live_seen *seen, struct school_view *v, const struct street_rules_out *q,
                 struct err *e)
{
	v->action = STR(PATH_TRAFFIC_SCHOOL);
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->is_stale = !seen->is_fresh;
	v->filter = str_trim(req_query(r, "street"));
	if (!rules_map(r, seen, &v->map, e) || !fill(r, seen, v, q, e)) {
		return false;
	}
	v->error_n = rules_errors(v->errors,
	                          (const struct form_error[]){{STR("called"), v->error_called},
	                                                      {STR("days"), v->error_days},
	                                                      {STR("from"), v->error_from},
	                                                      {STR("until"), v->error_until},
	                                                      {STR("signals"), v->error_signals},
	                                                      {STR("weight"), v->error_weight},
	                                                      {STR("because"), v->error_reason}},
	                          RULE_ERRORS);
	bool has_errors = v->error_n > 0;
	r->status = has_errors ? 422 : 200;
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("School hours"),
	                          .current = NAV_TRAFFIC,
	                          .is_desk = true,
	                          .has_errors = has_errors,
	                          .back_href = STR(PATH_TRAFFIC_PRIORITIES)});
	school_page(&o, v);
	page_end(r, &o);
	return true;
}

/* "7:30" in minutes; -1: no time of a day. */
static int64_t minutes_of(struct str typed)
{
	struct str hour, minute;
	int64_t h = -1, m = -1;
	if (!str_next(&typed, ':', &hour) || typed.n != 2 || !str_next(&typed, ':', &minute) || !str_to_i64(hour, &h) ||
	    !str_to_i64(minute, &m) || h < 0 || h > 23 || m < 0 || m >= HOUR_MIN) {
		return -1;
	}
	return h * HOUR_MIN + m;
}

/* By the street's clock, which counts UTC, with the offset that holds today. */
static void to_utc(struct req *r, struct traffic_order *t)
{
	int64_t shift = page_local_time(r, time_legal_us(&r->app->time)).offset_s / 60, from = t->from_min - shift;
	int64_t until = t->until_min - shift, days = from < 0 ? -1 : from >= RULE_MINUTES ? 1 : 0;
	t->order.from_min = (uint16_t)((from + RULE_MINUTES) % RULE_MINUTES);
	t->order.until_min = (uint16_t)((until + RULE_MINUTES) % RULE_MINUTES);
	for (int d = 0; d < WEEK_DAYS; d++) {
		if ((t->days >> d & 1) != 0) {
			t->order.days |= (uint8_t)(1U << (d + days + WEEK_DAYS) % WEEK_DAYS);
		}
	}
}

struct typed {
	struct traffic_order items[2];
	size_t n;
	uint32_t signals[SIGNALS_MOST];
	uint32_t signal_n;
};

static void take(struct req *r, const struct live_seen *seen, struct school_view *v, struct typed *t)
{
	const struct outline *o = seen->outline;
	struct traffic_order *item = &t->items[0];
	struct buf ids;
	int64_t from, until, weight = -1;
	char *end;
	uint32_t ticked = 0;
	buf_init(&ids, 8192);
	v->called = str_trim(req_form(r, "called"));
	v->from = str_trim(req_form(r, "from"));
	v->until = str_trim(req_form(r, "until"));
	v->weight = str_trim(req_form(r, "weight"));
	v->reason = str_trim(req_form(r, "because"));
	for (uint32_t i = 0; i < o->signal_n; i++) {
		if (is_ticked(r, "signals", o->signals[i].id)) {
			if (t->signal_n < SIGNALS_MOST) {
				t->signals[t->signal_n++] = i;
				buf_printf(&ids, "%s%.*s", ids.n > 0 ? "\n" : "", STR_ARG(o->signals[i].id));
			}
			ticked++;
		}
	}
	for (int d = 0; d < WEEK_DAYS; d++) {
		item->days |= (uint8_t)(is_ticked(r, "days", arena_printf(&r->arena, "%d", d)) << d);
	}
	from = minutes_of(v->from);
	until = minutes_of(v->until);
	struct str copy = arena_printf(&r->arena, "%.*s", STR_ARG(v->weight));
	double w = strtod(copy.p, &end);
	if (copy.n > 0 && copy.n < 8 && *end == '\0' && w >= 0 && w <= (double)PRIORITY_WEIGHT_MOST) {
		weight = (int64_t)(w * 10 + 0.5);
	}
	struct str time = tr(r->lang, N_("Write a time such as 7:30."));
	v->error_called = v->called.n == 0 || str_runes(v->called) > NAMES_CHARS
	                      ? tr(r->lang, N_("Write the school's name, in at most 60 characters."))
	                      : STR_EMPTY;
	v->error_days = item->days == 0 ? tr(r->lang, N_("Tick at least one day.")) : STR_EMPTY;
	v->error_from = from < 0 ? time : STR_EMPTY;
	v->error_until = until < 0 ? time : until <= from ? tr(r->lang, N_("Write a time after the begin.")) : STR_EMPTY;
	v->error_signals = ticked == 0 || ticked > SIGNALS_MOST ? tr(r->lang, N_("Tick from 1 to 16 signals.")) : STR_EMPTY;
	v->error_weight = weight < 0 ? tr(r->lang, N_("Write a number from 0 to 1000, such as 4 or 0.5.")) : STR_EMPTY;
	v->error_reason = v->reason.n == 0 || str_runes(v->reason) > REASON_CHARS
	                      ? tr(r->lang, N_("Write why, in a sentence."))
	                      : STR_EMPTY;
	item->order = (struct order){.kind = ORDER_SCHOOL, .list = t->signals, .list_n = t->signal_n};
	item->name = v->called;
	item->first = arena_copy(&r->arena, buf_str(&ids));
	item->from_min = (uint16_t)(from > 0 ? from : 0);
	item->until_min = (uint16_t)(until > 0 ? until : 0);
	to_utc(r, item);
	t->n = 1;
	if (weight >= 0 && (seen->frame == NULL || weight != seen->frame->weight_10[PRIORITY_SCHOOL])) {
		t->items[t->n++] = (struct traffic_order){
			.order = {.kind = ORDER_WEIGHT, .priority = PRIORITY_SCHOOL, .weight = (float)weight / 10}};
	}
	buf_release(&ids);
}

static bool order(struct req *r, const struct live_seen *seen, struct school_view *v, const struct street_rules_out *q,
                  struct err *e)
{
	struct typed t = {0};
	if (seen->outline == NULL) {
		return err_tell(e, ERR_NOT_FOUND, N_("No brain has told of a street yet."), "no street");
	}
	take(r, seen, v, &t);
	if (v->error_called.n + v->error_days.n + v->error_from.n + v->error_until.n + v->error_signals.n +
	        v->error_weight.n + v->error_reason.n >
	    0) {
		return show(r, seen, v, q, e);
	}
	t.items[0].order.id = q != NULL ? (uint32_t)q->number : 0;
	return rules_order(r, seen, t.items, t.n, v->reason, e);
}

static bool answer(struct req *r, struct err *e)
{
	struct live_seen seen;
	struct school_view *v = arena_new(&r->arena, struct school_view, 1);
	struct rules *all = arena_new(&r->arena, struct rules, 1);
	const struct street_rules_out *q = NULL;
	int64_t number;
	live_take(r->app, &seen);
	bool ok = v == NULL || all == NULL
	              ? err_set(e, ERR_MEMORY, "no memory for school hours")
	              : traffic_is_engineer(r, seen.institution) ||
	                    err_tell(e, ERR_FORBIDDEN, N_("Only a traffic engineer sets these."), "no engineer");
	if (ok) {
		v->number = r->method == METHOD_POST ? req_form(r, "rule") : req_query(r, "rule");
		ok = v->number.n == 0 || rules_read(r, seen.institution, all, e);
	}
	if (ok && v->number.n > 0) {
		q = str_to_i64(v->number, &number) ? rules_find(all, number, ORDER_SCHOOL) : NULL;
		ok = q != NULL || err_tell(e, ERR_NOT_FOUND, N_("These school hours were ended."), "no such school hours");
	}
	ok = ok && (r->method == METHOD_POST ? order(r, &seen, v, q, e) : show(r, &seen, v, q, e));
	live_release(&seen);
	return ok;
}

bool traffic_school_get(struct req *r, struct err *e)
{
	return answer(r, e);
}

bool traffic_school_post(struct req *r, struct err *e)
{
	return answer(r, e);
}
