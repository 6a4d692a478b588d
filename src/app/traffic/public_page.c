/* How the city moves, for everybody: today against usual, and the same as open data. */
#include <stdlib.h>

#include "app/page.h"
#include "app/people/viewer.h"
#include "app/traffic/history.h"
#include "app/traffic/history.html.h"
#include "base/calendar.h"

enum {
	USUAL_DAYS = 28,
	DATA_DAYS = 35,
	SHOWN_STREETS = 10,
	HOUR_MIN = 60,
	QUARTER_MIN = 15,
	FRIDAY = 4,
	FEW_QUARTERS = 4,
	FEW_HOURS = 3
};
#define HOUR_S 3600.0

static bool is_weekend(day_number day)
{
	return date_weekday(day) > FRIDAY;
}

/* By quarter of the day: this one, and those of its kind before it. */
static void fill(const struct city_history *h, day_number today, struct city_sums *now, struct city_sums *usual)
{
	for (size_t i = 0; i < h->n; i++) {
		day_number day = history_day(h->rows[i].quarter);
		int64_t q = h->rows[i].quarter % QUARTERS_A_DAY;
		if (day == today) {
			history_sum(&now[q], &h->rows[i].s);
		} else if (is_weekend(day) == is_weekend(today)) {
			history_sum(&usual[q], &h->rows[i].s);
		}
	}
}

/* Of today so far and of the same quarters usually. */
static void sum_up(const struct city_sums *now, const struct city_sums *usual, struct city_sums *a, struct city_sums *b)
{
	for (int q = 0; q < QUARTERS_A_DAY; q++) {
		if (now[q].seconds > 0 && usual[q].seconds > 0) {
			history_sum(a, &now[q]);
			history_sum(b, &usual[q]);
		}
	}
}

static struct str percent_than_usual(struct req *r, double now, double usual)
{
	int64_t by = usual > 0 ? (int64_t)(100 * (now - usual) / usual + (now > usual ? 0.5 : -0.5)) : 0;
	const struct tr_arg args[] = {TR_O("percent", arena_printf(&r->arena, "%lld%%", (long long)(by < 0 ? -by : by)))};
	return by == 0
	           ? tr(r->lang, N_("as usual"))
	           : history_say(r, by < 0 ? N_("{percent} less than usual") : N_("{percent} more than usual"), args, 1);
}

struct slow {
	size_t link;
	struct street_sums s;
};

static int by_loss(const void *a, const void *b)
{
	const struct slow *x = a, *y = b;
	return (x->s.delay_s < y->s.delay_s) - (x->s.delay_s > y->s.delay_s);
}

/* The last hour that was told. */
static bool fill_streets(struct req *r, const struct city_history *h, int64_t newest_utc, struct today_view *v,
                         struct err *e)
{
	struct str *names;
	size_t link_n;
	if (!history_street_names(r, h, &names, &link_n, e)) {
		return false;
	}
	struct street_sums *sums = arena_new(&r->arena, struct street_sums, link_n + 1);
	struct slow *slow = arena_new(&r->arena, struct slow, link_n + 1);
	v->streets = arena_new(&r->arena, struct slow_street, SHOWN_STREETS);
	if (sums == NULL || slow == NULL || v->streets == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for streets");
	}
	int64_t until = (newest_utc + 1) * QUARTER_MIN;
	if (!history_streets(r, h, until - HOUR_MIN, until, sums, link_n, e)) {
		return false;
	}
	for (size_t i = 0; i < link_n; i++) {
		slow[i] = (struct slow){i, sums[i]};
	}
	qsort(slow, link_n, sizeof *slow, by_loss);
	v->is_minutes = link_n > 0 && (double)slow[0].s.delay_s < FEW_HOURS * HOUR_S;
	for (size_t i = 0; i < link_n && i < SHOWN_STREETS && slow[i].s.delay_s > 0; i++) {
		const struct street_sums *s = &slow[i].s;
		v->streets[v->street_n++] = (struct slow_street){
			.name = names[slow[i].link],
			.lost = v->is_minutes ? history_number(r, (double)s->delay_s / 60, 0)
		                          : history_number(r, (double)s->delay_s / HOUR_S, 1),
			.speed = history_number(r, s->vehicle_s > 0 ? 3.6 * (double)s->metres / (double)s->vehicle_s : 0, 0),
			.share = arena_printf(&r->arena, "%lld%%", (long long)(s->delay_s * 100 / slow[0].s.delay_s)),
		};
	}
	return true;
}

static void fill_tiles(struct req *r, struct today_view *v, const struct city_sums *last, const struct city_sums *now,
                       const struct city_sums *usual)
{
	struct city_sums a = {0}, b = {0};
	double pace, usually, lost, led, waiting;
	sum_up(now, usual, &a, &b);
	bool has_usual =
		history_measured(&b, &HISTORY_MEASURE[HISTORY_PACE], &usually) && b.seconds >= FEW_QUARTERS * QUARTER_S / 2;
	(void)history_measured(&a, &HISTORY_MEASURE[HISTORY_PACE], &pace);
	v->tiles[v->tile_n++] = (struct history_tile){
		.term = tr(r->lang, N_("Minutes for a kilometre, now")),
		.value = history_measured(last, &HISTORY_MEASURE[HISTORY_PACE], &lost) ? history_number(r, lost, 1)
	                                                                           : STR("\xe2\x80\x93"),
	};
	if (has_usual) {
		v->tiles[v->tile_n++] = (struct history_tile){
			.term = tr(r->lang, N_("Today so far")),
			.value = history_number(r, pace, 1),
			.note = percent_than_usual(r, pace, usually),
		};
	}
	if (history_measured(last, &HISTORY_MEASURE[HISTORY_WAITING], &waiting)) {
		v->tiles[v->tile_n++] = (struct history_tile){.term = tr(r->lang, N_("People waiting at crossings")),
		                                              .value = history_number(r, waiting, 0)};
	}
	if (history_measured(last, &HISTORY_MEASURE[HISTORY_LED], &led)) {
		v->tiles[v->tile_n++] = (struct history_tile){.term = tr(r->lang, N_("Signals led by the brain")),
		                                              .value = arena_printf(&r->arena, "%.0f%%", led)};
	}
	const struct tr_arg args[] = {TR_O("now", history_number(r, pace, 1)),
	                              TR_O("usual", history_number(r, usually, 1))};
	v->lead = has_usual
	              ? history_say(r,
	                            N_("Today a kilometre has taken {now} minutes so far. Usually it takes {usual} at "
	                               "these hours."),
	                            args, 2)
	              : tr(r->lang, N_("How long a kilometre takes. What is usual is known after some days."));
}

bool traffic_today_get(struct req *r, struct err *e)
{
	struct city_history h = {.in = traffic_office(r->app)};
	struct today_view v = {0};
	struct city_sums now[QUARTERS_A_DAY] = {{0}}, usual[QUARTERS_A_DAY] = {{0}};
	if (h.in == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no institution looks after signals");
	}
	if (!city_history_read(r, &h, e)) {
		return false;
	}
	v.is_empty = h.newest == INT64_MIN;
	v.lead = tr(r->lang, N_("How long a kilometre takes on the streets of the city, today and usually."));
	for (size_t i = 0; r->viewer && i < r->viewer->role_n; i++) {
		v.is_for_office = v.is_for_office || r->viewer->roles[i].institution == h.in->id;
	}
	if (!v.is_empty) {
		day_number today = history_day(h.newest);
		h.since = today - USUAL_DAYS;
		h.until = today + 1;
		if (!city_history_read(r, &h, e)) {
			return false;
		}
		if (h.n == 0) {
			return err_set(e, ERR_INTERNAL, "the newest quarter is not among those of its day");
		}
		const struct city_quarter *last = &h.rows[h.n - 1];
		fill(&h, today, now, usual);
		fill_tiles(r, &v, &last->s, now, usual);
		int64_t until = last->quarter % QUARTERS_A_DAY + 1;
		const struct tr_arg args[] = {TR_O("date", history_date(r, today, DATE_WITH_YEAR)),
		                              TR_O("time", arena_printf(&r->arena, "%lld:%02lld", (long long)(until / 4),
		                                                        (long long)(until % 4 * QUARTER_MIN)))};
		v.as_of = history_say(r, N_("{date}, counted until {time}"), args, 2);
		const struct history_line lines[] = {{N_("Usual"), usual}, {N_("Today"), now}};
		if (!history_day_chart(r, v.lead, lines, &v.chart, &v.has_chart, e)) {
			return false;
		}
		v.chart.key_n = (size_t)until;
		if (!fill_streets(r, &h, last->utc, &v, e)) {
			return false;
		}
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("How the city moves"), .has_charts = true, .width = PAGE_NOTE});
	today_page(&o, r, &v);
	page_end(r, &o);
	return true;
}

bool traffic_csv_get(struct req *r, struct err *e)
{
	struct city_history h = {.in = traffic_office(r->app)};
	if (h.in == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no institution looks after signals");
	}
	if (!city_history_read(r, &h, e)) {
		return false;
	}
	buf_put(&r->out, STR("quarter-begins,seconds-counted,vehicle-hours,hours-standing,hours-lost,kilometres,"
	                     "minutes-for-a-kilometre,people-waiting,signals-led-percent\r\n"));
	if (h.newest != INT64_MIN) {
		h.since = history_day(h.newest) - DATA_DAYS;
		h.until = history_day(h.newest) + 1;
		if (!city_history_read(r, &h, e)) {
			return false;
		}
	}
	for (size_t i = 0; i < h.n; i++) {
		const struct city_sums *s = &h.rows[i].s;
		char day[11];
		int64_t minute = h.rows[i].utc * QUARTER_MIN;
		double pace, waiting, led;
		date_format((day_number)(minute / 1440), day);
		(void)history_measured(s, &HISTORY_MEASURE[HISTORY_PACE], &pace);
		(void)history_measured(s, &HISTORY_MEASURE[HISTORY_WAITING], &waiting);
		(void)history_measured(s, &HISTORY_MEASURE[HISTORY_LED], &led);
		buf_printf(&r->out, "%sT%02lld:%02lldZ,%lld,%.2f,%.2f,%.2f,%.2f,%.3f,%.2f,%.1f\r\n", day,
		           (long long)(minute % 1440 / 60), (long long)(minute % 60), (long long)s->seconds,
		           (double)s->vehicle_s / HOUR_S, (double)s->halting_s / HOUR_S, (double)s->delay_s / HOUR_S,
		           (double)s->metres / 1000, pace, waiting, led);
	}
	r->content_type = STR("text/csv; charset=utf-8; header=present");
	r->is_cacheable = true;
	return true;
}
