#include "app/statistics/figures.h"

#include "store/tx.h"

int64_t figure_number(enum figure_at at)
{
	static const int64_t numbers[] = {
#define X(name, number, key) [name] = number,
		FIGURES(X)
#undef X
	};
	return numbers[at];
}

const char *figure_key(enum figure_at at)
{
	static const char *const keys[] = {
#define X(name, number, key) [name] = key,
		FIGURES(X)
#undef X
	};
	return keys[at];
}

/* FIGURE_COUNT for a number that no figure has. */
static enum figure_at figure_of(int64_t number)
{
	int at = 0;
	while (at < FIGURE_COUNT && figure_number((enum figure_at)at) != number) {
		at++;
	}
	return (enum figure_at)at;
}

day_number month_first_day(int64_t month)
{
	return date_to_day((struct date){(int32_t)(month / 12), (int32_t)(month % 12) + 1, 1});
}

day_number month_last_day(int64_t month)
{
	return month_first_day(month + 1) - 1;
}

bool month_parse(struct str text, int64_t *out)
{
	char day[11];
	day_number first;
	if (text.n != 7) {
		return false;
	}
	memcpy(day, text.p, 7);
	memcpy(day + 7, "-01", 3);
	if (!date_parse(str_from(day, 10), &first)) {
		return false;
	}
	*out = month_of_day(first);
	return true;
}

struct str month_text(struct arena *a, int64_t month)
{
	return arena_printf(a, "%04d-%02d", (int)(month / 12), (int)(month % 12) + 1);
}

int64_t percent_of(int64_t part, int64_t of)
{
	return of > 0 ? (part * 200 + of) / (of * 2) : 0;
}

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static void put_figure(struct figures *f, int64_t number, int64_t n)
{
	enum figure_at at = figure_of(number);
	if (at < FIGURE_COUNT) {
		f->n[at] += n;
	}
}

static void put_quantiles(struct figures *f, const struct spread *s)
{
	f->median = spread_quantile(s, 50);
	f->p90 = spread_quantile(s, 90);
}

/* Room for one more; lists grow by doubling, the old piece stays in the arena. */
static void *grown(struct arena *a, void *items, size_t n, size_t size)
{
	if (n != 0 && (n & (n - 1)) != 0) {
		return items;
	}
	char *more = arena_alloc(a, n ? n * 2 : 1, size);
	if (more && n > 0) {
		memcpy(more, items, n * size);
	}
	return more;
}

static bool no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, "no memory for figures");
}

static bool read_months(struct tx *tx, struct picture *p, struct err *e)
{
	struct month_figures_rows rows;
	struct month_figures_out row;
	p->month_n = p->since > 0 && p->since <= p->to ? (size_t)(p->to - p->since + 1) : 0;
	p->months = arena_new(tx_arena(tx), struct month_line, p->month_n + 1);
	if (p->months == NULL) {
		return no_memory(e);
	}
	for (size_t i = 0; i < p->month_n; i++) {
		p->months[i].month = p->since + (int64_t)i;
	}
	if (p->month_n == 0) {
		return true;
	}
	if (!month_figures_open(
			tx, &(struct month_figures_in){.institution = p->institution, .from_month = p->since, .to_month = p->to},
			&rows, e)) {
		return false;
	}
	while (month_figures_next(&rows, &row)) {
		put_figure(&p->months[row.month - p->since].f, row.kind, row.total);
	}
	return month_figures_close(&rows, e);
}

static bool read_month_spreads(struct tx *tx, struct picture *p, struct spread *s, struct err *e)
{
	struct month_spreads_rows rows;
	struct month_spreads_out row;
	int64_t at = 0;
	if (p->month_n == 0) {
		return true;
	}
	if (!month_spreads_open(
			tx, &(struct month_spreads_in){.institution = p->institution, .from_month = p->since, .to_month = p->to},
			&rows, e)) {
		return false;
	}
	bool more = true;
	while (more) {
		more = month_spreads_next(&rows, &row);
		if (at != 0 && (!more || row.month != at)) {
			put_quantiles(&p->months[at - p->since].f, s);
		}
		if (more && row.month != at) {
			at = row.month;
			*s = (struct spread){0};
		}
		if (more) {
			spread_add(s, row.bucket, row.total);
		}
	}
	return month_spreads_close(&rows, e);
}

static bool read_services(struct tx *tx, struct picture *p, struct err *e)
{
	struct service_figures_rows rows;
	struct service_figures_out row;
	struct service_figures_in in = {.institution = p->institution,
	                                .from_month = p->from,
	                                .to_month = p->to,
	                                .until_entered = p->until ? p->until : DAY_MAX};
	if (!service_figures_open(tx, &in, &rows, e)) {
		return false;
	}
	while (service_figures_next(&rows, &row)) {
		if (p->service_n == 0 || !str_eq(p->services[p->service_n - 1].service, row.service)) {
			p->services = grown(tx_arena(tx), p->services, p->service_n, sizeof *p->services);
			if (p->services == NULL) {
				break;
			}
			p->services[p->service_n++] = (struct service_line){.service = row.service};
		}
		put_figure(&p->services[p->service_n - 1].f, row.kind, row.total);
		put_figure(&p->all, row.kind, row.total);
	}
	return service_figures_close(&rows, e) && (p->service_n == 0 || p->services != NULL || no_memory(e));
}

static struct service_line *service_at(struct picture *p, struct str service)
{
	for (size_t i = 0; i < p->service_n; i++) {
		if (str_eq(p->services[i].service, service)) {
			return &p->services[i];
		}
	}
	return NULL;
}

static bool read_service_spreads(struct tx *tx, struct picture *p, struct spread *s, struct err *e)
{
	struct service_spreads_rows rows;
	struct service_spreads_out row;
	struct service_line *at = NULL;
	struct service_spreads_in in = {.institution = p->institution,
	                                .from_month = p->from,
	                                .to_month = p->to,
	                                .until_entered = p->until ? p->until : DAY_MAX};
	if (!service_spreads_open(tx, &in, &rows, e)) {
		return false;
	}
	bool more = true;
	while (more) {
		more = service_spreads_next(&rows, &row);
		bool is_next = more && (at == NULL || !str_eq(at->service, row.service));
		if (at != NULL && (!more || is_next)) {
			put_quantiles(&at->f, s);
		}
		if (is_next) {
			at = service_at(p, row.service);
			*s = (struct spread){0};
		}
		if (more) {
			spread_add(s, row.bucket, row.total);
			spread_add(p->spread, row.bucket, row.total);
		}
	}
	put_quantiles(&p->all, p->spread);
	return service_spreads_close(&rows, e);
}

static bool read_officials(struct tx *tx, struct picture *p, struct err *e)
{
	struct official_figures_rows rows;
	struct official_figures_out row;
	struct official_figures_in in = {.institution = p->institution,
	                                 .from_month = p->from,
	                                 .to_month = p->to,
	                                 .until_entered = p->until ? p->until : DAY_MAX};
	if (!official_figures_open(tx, &in, &rows, e)) {
		return false;
	}
	while (official_figures_next(&rows, &row)) {
		if (p->official_n == 0 || p->officials[p->official_n - 1].official != row.official) {
			p->officials = grown(tx_arena(tx), p->officials, p->official_n, sizeof *p->officials);
			if (p->officials == NULL) {
				break;
			}
			p->officials[p->official_n++] = (struct official_line){.official = row.official};
		}
		put_figure(&p->officials[p->official_n - 1].f, row.kind, row.total);
	}
	return official_figures_close(&rows, e) && (p->official_n == 0 || p->officials != NULL || no_memory(e));
}

static bool read_official_spreads(struct tx *tx, struct picture *p, struct spread *s, struct err *e)
{
	struct official_spreads_rows rows;
	struct official_spreads_out row;
	size_t at = 0;
	struct official_spreads_in in = {.institution = p->institution,
	                                 .from_month = p->from,
	                                 .to_month = p->to,
	                                 .until_entered = p->until ? p->until : DAY_MAX};
	if (!official_spreads_open(tx, &in, &rows, e)) {
		return false;
	}
	*s = (struct spread){0};
	/* Both come by account. */
	while (official_spreads_next(&rows, &row)) {
		while (at < p->official_n && p->officials[at].official < row.official) {
			put_quantiles(&p->officials[at++].f, s);
			*s = (struct spread){0};
		}
		if (at < p->official_n && p->officials[at].official == row.official) {
			spread_add(s, row.bucket, row.total);
		}
	}
	if (at < p->official_n) {
		put_quantiles(&p->officials[at].f, s);
	}
	return official_spreads_close(&rows, e);
}

static bool read_stops(struct tx *tx, struct picture *p, struct err *e)
{
	struct service_stops_rows rows;
	struct service_stops_out row;
	struct service_stops_in in = {.institution = p->institution,
	                              .from_month = p->from,
	                              .to_month = p->to,
	                              .until_entered = p->until ? p->until : DAY_MAX};
	if (!service_stops_open(tx, &in, &rows, e)) {
		return false;
	}
	while (service_stops_next(&rows, &row)) {
		p->stops = grown(tx_arena(tx), p->stops, p->stop_n, sizeof *p->stops);
		if (p->stops == NULL) {
			break;
		}
		p->stops[p->stop_n++] = (struct stop_line){.reason = row.reason, .times = row.times, .minutes = row.stood};
	}
	return service_stops_close(&rows, e) && (p->stop_n == 0 || p->stops != NULL || no_memory(e));
}

static bool read_later(struct tx *tx, struct picture *p, struct err *e)
{
	struct service_figures_rows rows;
	struct service_figures_out row;
	struct service_figures_in in = {.institution = p->institution,
	                                .from_month = p->from,
	                                .to_month = p->to,
	                                .from_entered = p->until,
	                                .until_entered = DAY_MAX};
	if (p->until == 0) {
		return true;
	}
	if (!service_figures_open(tx, &in, &rows, e)) {
		return false;
	}
	while (service_figures_next(&rows, &row)) {
		put_figure(&p->later, row.kind, row.total);
		p->has_later = true;
	}
	return service_figures_close(&rows, e);
}

bool picture_job(struct tx *tx, void *ctx, struct err *e)
{
	struct picture *p = ctx;
	struct spread *s = arena_new(tx_arena(tx), struct spread, 2);
	*p = (struct picture){.institution = p->institution,
	                      .from = p->from,
	                      .to = p->to,
	                      .until = p->until,
	                      .has_officials = p->has_officials,
	                      .since = p->since};
	if (s == NULL) {
		return no_memory(e);
	}
	p->spread = &s[1];
	return read_months(tx, p, e) && read_month_spreads(tx, p, s, e) && read_services(tx, p, e) &&
	       read_service_spreads(tx, p, s, e) && read_stops(tx, p, e) && read_later(tx, p, e) &&
	       (!p->has_officials || (read_officials(tx, p, e) && read_official_spreads(tx, p, s, e)));
}

int64_t median_of_officials(struct arena *a, const struct picture *p, enum figure_at at)
{
	int64_t *v = arena_new(a, int64_t, p->official_n + 1);
	size_t n = 0;
	for (size_t i = 0; v && i < p->official_n; i++) {
		int64_t x = p->officials[i].f.n[at];
		size_t k = n;
		if (x == 0) {
			continue;
		}
		for (; k > 0 && v[k - 1] > x; k--) {
			v[k] = v[k - 1];
		}
		v[k] = x;
		n++;
	}
	return n > 0 ? v[(n - 1) / 2] : 0;
}
