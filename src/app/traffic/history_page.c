/* Before and after, for who works at the office that looks after the signals. */
#include <math.h>
#include <stdlib.h>

#include "app/page.h"
#include "app/traffic/area.h"
#include "app/traffic/history.h"
#include "app/traffic/history.html.h"
#include "base/calendar.h"

enum { USUAL_SPAN = 7, SPAN_MOST = 180, SHOWN_STREETS = 10, KILOMETRE_M = 1000 };

enum asked_at { BEFORE_FROM, BEFORE_TO, AFTER_FROM, AFTER_TO, ASKED };
static const char *const asked_names[ASKED] = {"before-from", "before-to", "after-from", "after-to"};

/* Days, `to` included, as typed; false when a sentence says what is wrong. */
static bool take_days(struct req *r, day_number newest, day_number *days, struct before_view *v)
{
	const day_number usual[ASKED] = {newest - 2 * USUAL_SPAN + 1, newest - USUAL_SPAN, newest - USUAL_SPAN + 1, newest};
	bool ok = true;
	for (int i = 0; i < ASKED; i++) {
		char text[11];
		struct str typed = str_trim(req_query(r, asked_names[i]));
		days[i] = usual[i];
		date_format(usual[i], text);
		v->dates[i] = typed.n > 0 ? typed : arena_copy(&r->arena, str_of(text));
		if (typed.n > 0 && !date_parse(typed, &days[i])) {
			const struct tr_arg args[] = {TR_O("example", arena_copy(&r->arena, str_of(text)))};
			v->errors[i] = history_say(r, N_("This is no day. Write year, month and day, such as {example}."), args, 1);
			ok = false;
		}
	}
	for (int i = 0; ok && i < ASKED; i += 2) {
		const struct tr_arg args[] = {TR_I("n", SPAN_MOST)};
		if (days[i + 1] < days[i]) {
			v->errors[i + 1] = tr(r->lang, N_("The time ends before it begins. Choose a later day as its end."));
			ok = false;
		} else if (days[i + 1] - days[i] >= SPAN_MOST) {
			v->errors[i + 1] = history_say(r, N_("Choose at most {n} days."), args, 1);
			ok = false;
		}
	}
	if (ok && days[AFTER_FROM] <= days[BEFORE_TO] && days[AFTER_TO] >= days[BEFORE_FROM]) {
		v->errors[AFTER_FROM] =
			tr(r->lang, N_("The two times overlap. Choose days that are only before, or only after."));
		ok = false;
	}
	return ok;
}

static struct str how(struct req *r, const struct difference *d)
{
	const struct tr_arg days[] = {TR_I("before", (int64_t)d->days_before), TR_I("after", (int64_t)d->days_after)};
	const struct tr_arg quarters[] = {TR_I("n", (int64_t)d->quarters), TR_I("least", DIFFERENCE_QUARTERS_LEAST)};
	switch (d->how) {
	case DIFFERENCE_BY_DAYS:
		return history_say(r,
		                   N_("{before} days before and {after} after, each quarter of an hour against the same one of "
		                      "the other days. "
		                      "The interval holds the true difference in 95 of 100 cases (Student's t over days)."),
		                   days, 2);
	case DIFFERENCE_BY_BLOCKS:
		return history_say(r,
		                   N_("{n} quarters of an hour that both have, each against itself. The interval holds the "
		                      "true difference in 95 "
		                      "of 100 cases (Student's t, moving blocks of quarters), but knows nothing of how days "
		                      "differ: that takes "
		                      "five days before and after."),
		                   quarters, 2);
	default:
		return history_say(
			r,
			N_("Both have {n} quarters of the day in common. It takes {least} to say how sure a difference "
		       "is."),
			quarters, 2);
	}
}

static struct str verdict(struct req *r, const struct history_measure *m, const struct difference *d)
{
	if (d->how == DIFFERENCE_TOO_LITTLE) {
		return tr(r->lang, N_("Too little was seen"));
	}
	if (!difference_is_shown(d)) {
		return tr(r->lang, N_("No difference shown"));
	}
	return m->better == 0                   ? tr(r->lang, N_("Different"))
	       : (d->by < 0) == (m->better < 0) ? tr(r->lang, N_("Better"))
	                                        : tr(r->lang, N_("Worse"));
}

static struct difference_row row_of(struct req *r, const struct history_measure *m, const struct difference *d)
{
	struct difference_row row = {
		.name = tr(r->lang, m->name),
		.before = history_number(r, d->before, m->decimals),
		.after = history_number(r, d->after, m->decimals),
		.by = arena_printf(&r->arena, "%+.*f", m->decimals, d->by),
		.interval = STR("\xe2\x80\x93"),
		.verdict = verdict(r, m, d),
		.is_shown = difference_is_shown(d),
	};
	if (d->how != DIFFERENCE_TOO_LITTLE) {
		row.interval = arena_printf(&r->arena, "%+.*f \xe2\x80\xa6 %+.*f", m->decimals, d->least, m->decimals, d->most);
	}
	return row;
}

static void say_first(struct req *r, const struct difference *d, struct before_view *v)
{
	double percent = d->before > 0 ? 100 * fabs(d->by) / d->before : 0;
	const struct tr_arg args[] = {TR_O("before", history_number(r, d->before, 2)),
	                              TR_O("after", history_number(r, d->after, 2)),
	                              TR_O("percent", arena_printf(&r->arena, "%.0f%%", percent))};
	if (d->quarters == 0) {
		v->lead = tr(r->lang, N_("These days have no quarter of an hour in common that was counted."));
	} else if (!difference_is_shown(d)) {
		v->lead = history_say(
			r,
			N_("A kilometre took {before} minutes before and {after} after. No difference is shown: it may be "
		       "chance."),
			args, 3);
	} else {
		v->lead = history_say(
			r,
			d->by < 0 ? N_("A kilometre took {before} minutes before and takes {after} after: {percent} less.")
					  : N_("A kilometre took {before} minutes before and takes {after} after: {percent} more."),
			args, 3);
	}
}

/* The usual day of a stretch. */
static void by_quarter(const struct city_history *h, const day_number *span, struct city_sums *to)
{
	for (size_t i = 0; i < h->n; i++) {
		day_number day = history_day(h->rows[i].quarter);
		if (day >= span[0] && day < span[1]) {
			history_sum(&to[h->rows[i].quarter % QUARTERS_A_DAY], &h->rows[i].s);
		}
	}
}

struct changed {
	size_t link;
	double before, after;
};

static int by_change(const void *a, const void *b)
{
	const struct changed *x = a, *y = b;
	double d = fabs(x->after - x->before), f = fabs(y->after - y->before);
	return (d < f) - (d > f);
}

static int64_t minute_of(const struct city_history *h, day_number day)
{
	return zone_instant_us(calendar_zone(h->in->calendar), day, 0) / (60 * US_PER_S);
}

static bool fill_streets(struct req *r, const struct city_history *h, const day_number before[2],
                         const day_number after[2], struct before_view *v, struct err *e)
{
	struct str *names;
	size_t link_n;
	if (!history_street_names(r, h, &names, &link_n, e)) {
		return false;
	}
	struct street_sums *a = arena_new(&r->arena, struct street_sums, link_n + 1);
	struct street_sums *b = arena_new(&r->arena, struct street_sums, link_n + 1);
	struct changed *c = arena_new(&r->arena, struct changed, link_n + 1);
	v->streets = arena_new(&r->arena, struct difference_row, SHOWN_STREETS);
	size_t n = 0;
	if (a == NULL || b == NULL || c == NULL || v->streets == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for streets");
	}
	if (!history_streets(r, h, minute_of(h, before[0]), minute_of(h, before[1]), a, link_n, e) ||
	    !history_streets(r, h, minute_of(h, after[0]), minute_of(h, after[1]), b, link_n, e)) {
		return false;
	}
	for (size_t i = 0; i < link_n; i++) {
		if (a[i].metres >= KILOMETRE_M && b[i].metres >= KILOMETRE_M) {
			c[n++] = (struct changed){i, KILOMETRE_M * (double)a[i].delay_s / (double)a[i].metres,
			                          KILOMETRE_M * (double)b[i].delay_s / (double)b[i].metres};
		}
	}
	qsort(c, n, sizeof *c, by_change);
	for (size_t i = 0; i < n && i < SHOWN_STREETS; i++) {
		v->streets[v->street_n++] = (struct difference_row){
			.name = names[c[i].link],
			.before = history_number(r, c[i].before, 0),
			.after = history_number(r, c[i].after, 0),
			.by = arena_printf(&r->arena, "%+.0f", c[i].after - c[i].before),
		};
	}
	return true;
}

static bool compare(struct req *r, struct city_history *h, const struct area *where, const day_number *days,
                    struct before_view *v, struct err *e)
{
	const day_number before[2] = {days[BEFORE_FROM], days[BEFORE_TO] + 1},
					 after[2] = {days[AFTER_FROM], days[AFTER_TO] + 1};
	h->since = before[0] < after[0] ? before[0] : after[0];
	h->until = before[1] > after[1] ? before[1] : after[1];
	if (!city_history_read(r, h, e) || (where->signal_n > 0 && !area_read(r, h, where, e))) {
		return false;
	}
	for (int i = 0; i < HISTORY_MEASURES; i++) {
		struct difference d;
		if (!history_compare(r, h, before, after, &HISTORY_MEASURE[i], &d, e)) {
			return false;
		}
		if (i == HISTORY_PACE) {
			say_first(r, &d, v);
			v->how = how(r, &d);
			v->has_common = d.quarters > 0;
		}
		v->rows[v->n++] = row_of(r, &HISTORY_MEASURE[i], &d);
	}
	struct city_sums a[QUARTERS_A_DAY] = {{0}}, b[QUARTERS_A_DAY] = {{0}};
	const struct history_line lines[] = {{N_("Before"), a}, {N_("After"), b}};
	by_quarter(h, before, a);
	by_quarter(h, after, b);
	return history_day_chart(r, v->lead, lines, &v->chart, &v->has_chart, e) &&
	       (where->signal_n > 0 || fill_streets(r, h, before, after, v, e));
}

bool traffic_before_get(struct req *r, struct err *e)
{
	struct city_history h = {.in = history_sight(r, e)};
	day_number days[ASKED];
	struct before_view v = {0};
	struct area where = {.typed = str_trim(req_query(r, "where"))};
	if (h.in == NULL || !city_history_read(r, &h, e) || !area_find(r, &h, &where, e)) {
		return false;
	}
	v.office = text_in(&h.in->name, r->lang);
	v.lead = tr(r->lang, N_("Two times are compared, quarter of an hour by quarter of an hour."));
	bool ok = take_days(r, h.newest == INT64_MIN ? catalogue_today(r->app) : history_day(h.newest), days, &v);
	if (h.newest == INT64_MIN) {
		v.lead = tr(r->lang, N_("Nothing was counted yet."));
	} else if (ok && !compare(r, &h, &where, days, &v, e)) {
		return false;
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Before and after"),
	                          .has_charts = true,
	                          .current = NAV_TRAFFIC,
	                          .is_desk = true,
	                          .has_errors = !ok});
	v.where = where.choices;
	v.where_n = where.choice_n;
	before_page(&o, r, &v);
	page_end(r, &o);
	return true;
}
