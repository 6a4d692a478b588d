#include "app/traffic/history.h"

#include "app/people/viewer.h"
#include "base/calendar.h"
#include "html/chart.h"
#include "store/tx.h"

enum { QUARTER_MIN = 15, LABEL_EVERY = 12, CHART_POINTS_LEAST = 3, DAY_MIN_N = 1440, ROWS_MOST = 400 * QUARTERS_A_DAY };
#define QUARTER_US (QUARTER_S * US_PER_S)

#define AT(field) offsetof(struct city_sums, field)
const struct history_measure HISTORY_MEASURE[HISTORY_MEASURES] = {
	[HISTORY_PACE] = {"pace", N_("Minutes for a kilometre"), 1000.0 / 60, AT(vehicle_s), AT(metres), 2, -1},
	[HISTORY_LOST] = {"lost", N_("Seconds lost on a kilometre"), 1000, AT(delay_s), AT(metres), 0, -1},
	[HISTORY_STANDING] = {"standing", N_("Vehicles standing"), 1, AT(halting_s), AT(seconds), 1, -1},
	[HISTORY_WAITING] = {"waiting", N_("People waiting at crossings"), 1, AT(walker_s), AT(seconds), 1, -1},
	[HISTORY_DRIVEN] = {"driven", N_("Kilometres driven in an hour"), 3.6, AT(metres), AT(seconds), 0, 0},
	[HISTORY_LED] = {"led", N_("Signals led by the brain, in percent"), 100, AT(brain_s), AT(signal_s), 0, 0},
};

static int64_t floor_of(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

bool history_add(struct tx *tx, int64_t institution, int64_t net, int64_t minute, const struct city_sums *s,
                 struct err *e)
{
	return city_quarter_add(tx,
	                        &(struct city_quarter_add_in){.institution = institution,
	                                                      .net = net,
	                                                      .quarter = floor_of(minute, QUARTER_MIN),
	                                                      .seconds = s->seconds,
	                                                      .signal_s = s->signal_s,
	                                                      .brain_s = s->brain_s,
	                                                      .vehicle_s = s->vehicle_s,
	                                                      .halting_s = s->halting_s,
	                                                      .delay_s = s->delay_s,
	                                                      .metres = s->metres,
	                                                      .walker_s = s->walker_s},
	                        NULL, e);
}

/* --- Whose it is -------------------------------------------------------------------------------------------------- */

const struct institution *history_sight(struct req *r, struct err *e)
{
	const struct institution *in = traffic_office(r->app);
	if (in == NULL) {
		err_set(e, ERR_NOT_FOUND, "no institution looks after signals");
		return NULL;
	}
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		if (r->viewer->roles[i].institution == in->id) {
			return in;
		}
	}
	err_tell(e, ERR_FORBIDDEN, N_("This page is for the office that looks after the city's signals."),
	         "not of the traffic office");
	return NULL;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static int64_t local_quarter(const struct institution *in, int64_t utc)
{
	struct local_time t = zone_local(calendar_zone(in->calendar), utc * QUARTER_US);
	return (int64_t)t.day * QUARTERS_A_DAY + t.second / QUARTER_S;
}

static bool read_rows(struct tx *tx, struct city_history *h, struct err *e)
{
	const struct zone *z = calendar_zone(h->in->calendar);
	struct city_quarters_rows rows;
	struct city_quarters_out row;
	struct city_quarters_in in = {.institution = h->in->id,
	                              .net = h->net,
	                              .since = floor_of(zone_instant_us(z, h->since, 0), QUARTER_US),
	                              .until = floor_of(zone_instant_us(z, h->until, 0), QUARTER_US)};
	int64_t most = in.until - in.since;
	if (most <= 0 || most > ROWS_MOST) {
		return most <= 0 || err_set(e, ERR_INVALID, "%lld quarters are too many", (long long)most);
	}
	h->rows = arena_new(tx_arena(tx), struct city_quarter, (size_t)most);
	if (h->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a history");
	}
	if (!city_quarters_open(tx, &in, &rows, e)) {
		return false;
	}
	while (city_quarters_next(&rows, &row) && h->n < (size_t)most) {
		h->rows[h->n++] = (struct city_quarter){.quarter = local_quarter(h->in, row.quarter),
		                                        .utc = row.quarter,
		                                        .s = {row.seconds, row.signal_s, row.brain_s, row.vehicle_s,
		                                              row.halting_s, row.delay_s, row.metres, row.walker_s}};
	}
	return city_quarters_close(&rows, e);
}

static bool history_job(struct tx *tx, void *ctx, struct err *e)
{
	struct city_history *h = ctx;
	struct city_quarter_newest_out newest;
	h->n = 0;
	h->net = 0;
	h->newest = INT64_MIN;
	if (!street_get(tx, &(struct street_get_in){.institution = h->in->id}, &h->street, e)) {
		return false;
	}
	if (!h->street.found) {
		return true;
	}
	h->net = h->street.net;
	if (!city_quarter_newest(tx, &(struct city_quarter_newest_in){.institution = h->in->id, .net = h->net}, &newest,
	                         e)) {
		return false;
	}
	h->newest = newest.found ? local_quarter(h->in, newest.quarter) : INT64_MIN;
	return read_rows(tx, h, e);
}

bool city_history_read(struct req *r, struct city_history *h, struct err *e)
{
	return store_read(r->app->store, h->in->id, &r->arena, history_job, h, e);
}

/* --- Measures ----------------------------------------------------------------------------------------------------- */

static double sum_at(const struct city_sums *s, size_t at)
{
	int64_t v;
	memcpy(&v, (const char *)s + at, sizeof v);
	return (double)v;
}

bool history_measured(const struct city_sums *s, const struct history_measure *m, double *out)
{
	double below = sum_at(s, m->below);
	*out = below > 0 ? m->times * sum_at(s, m->above) / below : 0;
	return below > 0;
}

void history_sum(struct city_sums *to, const struct city_sums *add)
{
	to->seconds += add->seconds;
	to->signal_s += add->signal_s;
	to->brain_s += add->brain_s;
	to->vehicle_s += add->vehicle_s;
	to->halting_s += add->halting_s;
	to->delay_s += add->delay_s;
	to->metres += add->metres;
	to->walker_s += add->walker_s;
}

static size_t values_of(const struct city_history *h, const day_number span[2], const struct history_measure *m,
                        struct quarter_value *to)
{
	size_t n = 0;
	for (size_t i = 0; i < h->n; i++) {
		day_number day = history_day(h->rows[i].quarter);
		to[n].quarter = h->rows[i].quarter;
		n += day >= span[0] && day < span[1] && history_measured(&h->rows[i].s, m, &to[n].value);
	}
	return n;
}

bool history_compare(struct req *r, const struct city_history *h, const day_number before[2], const day_number after[2],
                     const struct history_measure *m, struct difference *d, struct err *e)
{
	struct quarter_value *v = arena_new(&r->arena, struct quarter_value, h->n + 1);
	struct quarter_value *w = arena_new(&r->arena, struct quarter_value, h->n + 1);
	if (v == NULL || w == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to compare");
	}
	size_t n = values_of(h, before, m, v), k = values_of(h, after, m, w);
	difference_of_quarters(v, n, w, k, d);
	return true;
}

/* --- Words -------------------------------------------------------------------------------------------------------- */

struct str history_number(struct req *r, double v, int decimals)
{
	return arena_printf(&r->arena, "%.*f", decimals, v);
}

struct str history_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 4096);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

struct str history_date(struct req *r, day_number day, enum date_form form)
{
	struct buf b;
	buf_init(&b, 200);
	format_date(&b, r->lang, date_of_day(catalogue_today(r->app)).year, day, form);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

bool history_labels(struct req *r, struct str **labels, struct str **names)
{
	*labels = arena_new(&r->arena, struct str, QUARTERS_A_DAY);
	*names = arena_new(&r->arena, struct str, QUARTERS_A_DAY);
	for (int i = 0; *labels && *names && i < QUARTERS_A_DAY; i++) {
		(*names)[i] = arena_printf(&r->arena, "%d:%02d", i / 4, i % 4 * QUARTER_MIN);
		(*labels)[i] = i % LABEL_EVERY == 0 ? (*names)[i] : STR_EMPTY;
	}
	return *labels != NULL && *names != NULL;
}

bool history_series(struct req *r, const struct city_sums *by_quarter, const struct history_measure *m,
                    struct chart_series *out)
{
	int64_t *values = arena_new(&r->arena, int64_t, QUARTERS_A_DAY);
	struct str *texts = arena_new(&r->arena, struct str, QUARTERS_A_DAY);
	for (int i = 0; values && texts && i < QUARTERS_A_DAY; i++) {
		double v;
		bool has = history_measured(&by_quarter[i], m, &v);
		values[i] = has ? (int64_t)(v * HISTORY_SCALE + 0.5) : -1;
		texts[i] = has ? history_number(r, v, m->decimals) : STR("\xe2\x80\x93");
	}
	out->values = values;
	out->texts = texts;
	return values != NULL && texts != NULL;
}

bool history_day_chart(struct req *r, struct str sentence, const struct history_line lines[2], struct chart *out,
                       bool *has, struct err *e)
{
	static const char *const looks[] = {"c2", "c1"};
	const struct history_measure *m = &HISTORY_MEASURE[HISTORY_PACE];
	struct str *labels, *names;
	int most = 0;
	*out = (struct chart){
		.kind = CHART_LINES,
		.title = tr(r->lang, N_("Minutes for a kilometre, by quarter of an hour")),
		.sentence = sentence,
		.head = tr(r->lang, N_("Time")),
		.unit = tr(r->lang, N_("Minutes for a kilometre")),
		.n = QUARTERS_A_DAY,
		.scale = HISTORY_SCALE,
		.is_dense = true,
		.series_n = 2,
	};
	bool ok = history_labels(r, &labels, &names);
	for (int i = 0; ok && i < 2; i++) {
		int points = 0;
		out->series[i].name = tr(r->lang, lines[i].name);
		out->series[i].look = looks[i];
		ok = history_series(r, lines[i].by_quarter, m, &out->series[i]);
		for (int q = 0; ok && q < QUARTERS_A_DAY; q++) {
			points += out->series[i].values[q] >= 0;
		}
		most = points > most ? points : most;
	}
	out->labels = labels;
	out->names = names;
	*has = most >= CHART_POINTS_LEAST;
	return ok || err_set(e, ERR_MEMORY, "no memory for a chart");
}

/* --- Streets ------------------------------------------------------------------------------------------------------ */

struct streets_look {
	const struct city_history *h;
	int64_t since, until;
	struct street_sums *sums; /* by link */
	size_t n;
};

static bool streets_job(struct tx *tx, void *ctx, struct err *e)
{
	struct streets_look *l = ctx;
	struct link_minutes_sum_rows rows;
	struct link_minutes_sum_out row;
	if (!link_minutes_sum_open(tx,
	                           &(struct link_minutes_sum_in){
								   .institution = l->h->in->id, .net = l->h->net, .since = l->since, .until = l->until},
	                           &rows, e)) {
		return false;
	}
	while (link_minutes_sum_next(&rows, &row)) {
		if (row.link >= 0 && (size_t)row.link < l->n) {
			struct street_sums *s = &l->sums[row.link];
			s->vehicle_s += row.vehicle_s;
			s->delay_s += row.delay_s;
			s->metres += row.metres;
		}
	}
	return link_minutes_sum_close(&rows, e);
}

bool history_streets(struct req *r, const struct city_history *h, int64_t since_min, int64_t until_min,
                     struct street_sums *sums, size_t n, struct err *e)
{
	for (int64_t at = since_min; at < until_min; at += DAY_MIN_N) {
		struct streets_look l = {.h = h, .since = at, .until = at + DAY_MIN_N, .sums = sums, .n = n};
		l.until = l.until < until_min ? l.until : until_min;
		if (!store_read(r->app->store, h->in->id, &r->arena, streets_job, &l, e)) {
			return false;
		}
	}
	return true;
}
