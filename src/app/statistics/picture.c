/* How any time is read: its whole months from the counts by month, and the days of those that it cuts from the counts
 * by day. */
#include <stdlib.h>

#include "app/statistics/figures.h"
#include "base/fault.h"
#include "store/tx.h"

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

/* --- What a time is made of: whole months, and days of others. */

struct span { /* days of one month */
	day_number from, to, until;
};
enum { SPANS_MOST = 2 };

struct reading {
	struct tx *tx;
	struct picture *p;
	int64_t from_month, to_month; /* whole ones: to below from when there are none */
	struct span spans[SPANS_MOST];
	size_t span_n;
	struct spread *spreads; /* of services, then officials, then columns */
	struct err *e;
};

static day_number until_of(const struct picture *p, int64_t month)
{
	for (size_t i = 0; i < p->closed_n; i++) {
		if (p->closed[i].month == month) {
			return p->closed[i].until;
		}
	}
	return DAY_MAX;
}

static void add_span(struct reading *r, day_number from, day_number to)
{
	day_number last = month_last_day(month_of_day(from));
	r->spans[r->span_n++] = (struct span){from, to < last ? to : last, until_of(r->p, month_of_day(from))};
}

static void plan(struct reading *r)
{
	const struct picture *p = r->p;
	int64_t first = month_of_day(p->from), last = month_of_day(p->to);
	r->from_month = first;
	r->to_month = last;
	if (p->from != month_first_day(first)) {
		add_span(r, p->from, p->to);
		r->from_month++;
	}
	if (p->to != month_last_day(last) && r->from_month <= last) {
		add_span(r, month_first_day(last), p->to);
		r->to_month--;
	}
}

static bool has_months(const struct reading *r)
{
	return r->from_month <= r->to_month;
}

static bool read_closed(struct reading *r)
{
	struct picture *p = r->p;
	struct closings_of_rows rows;
	struct closings_of_out row;
	struct closings_of_in in = {
		.institution = p->institution, .from_month = month_of_day(p->from), .to_month = month_of_day(p->to)};
	p->closed = arena_new(tx_arena(r->tx), struct closed_month, (size_t)(in.to_month - in.from_month + 1));
	if (p->closed == NULL) {
		return no_memory(r->e);
	}
	if (!closings_of_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (closings_of_next(&rows, &row)) {
		p->closed[p->closed_n++] = (struct closed_month){row.month, row.until};
	}
	return closings_of_close(&rows, r->e);
}

static bool find_whole_alone(struct reading *r)
{
	for (size_t i = 0; i < r->span_n && r->p->whole_alone == 0; i++) {
		int64_t month = month_of_day(r->spans[i].from);
		struct brought_whole_out out;
		if (!brought_whole(
				r->tx,
				&(struct brought_whole_in){.institution = r->p->institution, .from_month = month, .to_month = month},
				&out, r->e)) {
			return false;
		}
		r->p->whole_alone = out.found ? month : 0;
	}
	return true;
}

/* --- Lines of services and officials. NULL: memory is out. */

static struct service_line *service_at(struct picture *p, struct str service)
{
	/* The one before is often the same. */
	for (size_t i = p->service_n; i > 0; i--) {
		if (str_eq(p->services[i - 1].service, service)) {
			return &p->services[i - 1];
		}
	}
	return NULL;
}

static struct official_line *official_at(struct picture *p, int64_t official)
{
	for (size_t i = p->official_n; i > 0; i--) {
		if (p->officials[i - 1].official == official) {
			return &p->officials[i - 1];
		}
	}
	return NULL;
}

static struct service_line *service_of(struct reading *r, struct str service)
{
	struct picture *p = r->p;
	struct service_line *at = service_at(p, service);
	if (at == NULL) {
		p->services = grown(tx_arena(r->tx), p->services, p->service_n, sizeof *p->services);
		at = p->services ? &p->services[p->service_n++] : NULL;
		if (at != NULL) {
			*at = (struct service_line){.service = service};
		}
	}
	return at;
}

static struct official_line *official_of(struct reading *r, int64_t official)
{
	struct picture *p = r->p;
	struct official_line *at = official_at(p, official);
	if (at == NULL) {
		p->officials = grown(tx_arena(r->tx), p->officials, p->official_n, sizeof *p->officials);
		at = p->officials ? &p->officials[p->official_n++] : NULL;
		if (at != NULL) {
			*at = (struct official_line){.official = official};
		}
	}
	return at;
}

static int by_service(const void *a, const void *b)
{
	return str_cmp(((const struct service_line *)a)->service, ((const struct service_line *)b)->service);
}

static int by_account(const void *a, const void *b)
{
	int64_t x = ((const struct official_line *)a)->official, y = ((const struct official_line *)b)->official;
	return (x > y) - (x < y);
}

/* --- Columns. */

static size_t column_at(const struct picture *p, day_number day)
{
	size_t at = 0;
	while (at < p->column_n && p->columns[at].to < day) {
		at++;
	}
	return at;
}

static bool make_columns(struct reading *r)
{
	struct picture *p = r->p;
	bool is_days = !has_months(r) && p->to - p->from < COLUMN_DAYS_MOST;
	int64_t first = month_of_day(p->from), last = month_of_day(p->to);
	if (!p->has_columns) {
		return true;
	}
	if (picture_is_months(p) && last - first < COLUMN_MONTHS_LEAST - 1) {
		first = last - COLUMN_MONTHS_LEAST + 1;
	}
	p->column_n = is_days ? (size_t)(p->to - p->from + 1) : (size_t)(last - first + 1);
	p->columns = arena_new(tx_arena(r->tx), struct column_line, p->column_n);
	if (p->columns == NULL) {
		return no_memory(r->e);
	}
	for (size_t i = 0; i < p->column_n; i++) {
		struct column_line *c = &p->columns[i];
		c->from = is_days ? p->from + (day_number)i : month_first_day(first + (int64_t)i);
		c->to = is_days ? c->from : month_last_day(first + (int64_t)i);
		if (!picture_is_months(p)) {
			c->from = c->from > p->from ? c->from : p->from;
			c->to = c->to < p->to ? c->to : p->to;
		}
	}
	return true;
}

/* The whole months among the columns, with those that are shown before the time begins. */
static bool read_months(struct reading *r)
{
	struct picture *p = r->p;
	struct month_figures_rows rows;
	struct month_figures_out row;
	struct month_figures_in in = {.institution = p->institution, .from_month = r->from_month, .to_month = r->to_month};
	if (p->column_n == 0 || !has_months(r)) {
		return true;
	}
	if (picture_is_months(p)) {
		in.from_month = month_of_day(p->columns[0].from);
	}
	if (!month_figures_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (month_figures_next(&rows, &row)) {
		put_figure(&p->columns[column_at(p, month_first_day(row.month))].f, row.kind, row.total);
	}
	return month_figures_close(&rows, r->e);
}

static bool read_services(struct reading *r)
{
	struct picture *p = r->p;
	struct service_figures_rows rows;
	struct service_figures_out row;
	struct service_figures_in in = {
		.institution = p->institution, .from_month = r->from_month, .to_month = r->to_month};
	struct service_line *at = NULL;
	if (!has_months(r)) {
		return true;
	}
	if (!service_figures_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (service_figures_next(&rows, &row) && (at = service_of(r, row.service)) != NULL) {
		put_figure(&at->f, row.kind, row.total);
		put_figure(&p->all, row.kind, row.total);
	}
	return service_figures_close(&rows, r->e) && (p->service_n == 0 || at != NULL || no_memory(r->e));
}

static bool read_officials(struct reading *r)
{
	struct picture *p = r->p;
	struct official_figures_rows rows;
	struct official_figures_out row;
	struct official_figures_in in = {
		.institution = p->institution, .from_month = r->from_month, .to_month = r->to_month};
	struct official_line *at = NULL;
	if (!has_months(r) || !p->has_officials) {
		return true;
	}
	if (!official_figures_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (official_figures_next(&rows, &row) && (at = official_of(r, row.official)) != NULL) {
		put_figure(&at->f, row.kind, row.total);
	}
	return official_figures_close(&rows, r->e) && (p->official_n == 0 || at != NULL || no_memory(r->e));
}

static void add_day(struct figures *f, const struct day_figures_out *row)
{
#define X(name, number, key, column) f->n[name] += row->column;
	DAY_FIGURES(X)
#undef X
}

static bool read_days(struct reading *r, const struct span *s)
{
	struct picture *p = r->p;
	struct day_figures_rows rows;
	struct day_figures_out row;
	struct day_figures_in in = {
		.institution = p->institution, .from_day = s->from, .to_day = s->to, .until_entered = s->until};
	bool ok = true;
	if (!day_figures_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (ok && day_figures_next(&rows, &row)) {
		struct service_line *service = service_of(r, row.service);
		struct official_line *official = p->has_officials && row.official != 0 ? official_of(r, row.official) : NULL;
		ok = service != NULL && (official != NULL || !p->has_officials || row.official == 0);
		if (!ok) {
			break;
		}
		add_day(&p->all, &row);
		add_day(&service->f, &row);
		if (official != NULL) {
			add_day(&official->f, &row);
		}
		if (p->column_n > 0) {
			add_day(&p->columns[column_at(p, row.day)].f, &row);
		}
	}
	return day_figures_close(&rows, r->e) && (ok || no_memory(r->e));
}

/* --- How long it took. Each line has its spread, found by its place in the list; a line is there for whatever was
 * decided. */

static struct spread *spread_of_service(struct reading *r, struct str service)
{
	const struct service_line *at = service_at(r->p, service);
	return at ? &r->spreads[at - r->p->services] : NULL;
}

static struct spread *spread_of_official(struct reading *r, int64_t official)
{
	const struct official_line *at = official_at(r->p, official);
	return at ? &r->spreads[r->p->service_n + (size_t)(at - r->p->officials)] : NULL;
}

static struct spread *spread_of_day(struct reading *r, day_number day)
{
	const struct picture *p = r->p;
	return p->column_n > 0 ? &r->spreads[p->service_n + p->official_n + column_at(p, day)] : NULL;
}

static void add_time(struct spread *s, int64_t bucket, int64_t n)
{
	if (s != NULL) {
		spread_add(s, bucket, n);
	}
}

static bool read_month_spreads(struct reading *r)
{
	const struct picture *p = r->p;
	struct month_spreads_rows rows;
	struct month_spreads_out row;
	struct month_spreads_in in = {.institution = p->institution, .from_month = r->from_month, .to_month = r->to_month};
	if (p->column_n == 0 || !has_months(r)) {
		return true;
	}
	if (picture_is_months(p)) {
		in.from_month = month_of_day(p->columns[0].from);
	}
	if (!month_spreads_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (month_spreads_next(&rows, &row)) {
		add_time(spread_of_day(r, month_first_day(row.month)), row.bucket, row.total);
	}
	return month_spreads_close(&rows, r->e);
}

static bool read_service_spreads(struct reading *r)
{
	struct service_spreads_rows rows;
	struct service_spreads_out row;
	struct service_spreads_in in = {
		.institution = r->p->institution, .from_month = r->from_month, .to_month = r->to_month};
	if (!has_months(r)) {
		return true;
	}
	if (!service_spreads_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (service_spreads_next(&rows, &row)) {
		add_time(spread_of_service(r, row.service), row.bucket, row.total);
		spread_add(r->p->spread, row.bucket, row.total);
	}
	return service_spreads_close(&rows, r->e);
}

static bool read_official_spreads(struct reading *r)
{
	struct official_spreads_rows rows;
	struct official_spreads_out row;
	struct official_spreads_in in = {
		.institution = r->p->institution, .from_month = r->from_month, .to_month = r->to_month};
	if (!has_months(r) || !r->p->has_officials) {
		return true;
	}
	if (!official_spreads_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (official_spreads_next(&rows, &row)) {
		add_time(spread_of_official(r, row.official), row.bucket, row.total);
	}
	return official_spreads_close(&rows, r->e);
}

static bool read_day_spreads(struct reading *r, const struct span *s)
{
	struct day_spreads_rows rows;
	struct day_spreads_out row;
	struct day_spreads_in in = {
		.institution = r->p->institution, .from_day = s->from, .to_day = s->to, .until_entered = s->until};
	if (!day_spreads_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (day_spreads_next(&rows, &row)) {
		add_time(spread_of_service(r, row.service), row.bucket, row.n);
		add_time(spread_of_official(r, row.official), row.bucket, row.n);
		add_time(spread_of_day(r, row.day), row.bucket, row.n);
		spread_add(r->p->spread, row.bucket, row.n);
	}
	return day_spreads_close(&rows, r->e);
}

static bool read_times(struct reading *r)
{
	struct picture *p = r->p;
	size_t n = p->service_n + p->official_n + p->column_n, at = 0;
	r->spreads = mem_alloc(n + 1, sizeof *r->spreads);
	if (r->spreads == NULL) {
		return no_memory(r->e);
	}
	bool ok = read_month_spreads(r) && read_service_spreads(r) && read_official_spreads(r);
	for (size_t i = 0; ok && i < r->span_n; i++) {
		ok = read_day_spreads(r, &r->spans[i]);
	}
	for (size_t i = 0; i < p->service_n; i++) {
		put_quantiles(&p->services[i].f, &r->spreads[at++]);
	}
	for (size_t i = 0; i < p->official_n; i++) {
		put_quantiles(&p->officials[i].f, &r->spreads[at++]);
	}
	for (size_t i = 0; i < p->column_n; i++) {
		put_quantiles(&p->columns[i].f, &r->spreads[at++]);
	}
	put_quantiles(&p->all, p->spread);
	mem_free(r->spreads);
	return ok;
}

/* --- Why clocks stood, and what came later. */

static bool add_stop(struct reading *r, struct str reason, int64_t times, int64_t minutes)
{
	struct picture *p = r->p;
	size_t at = 0;
	while (at < p->stop_n && str_cmp(p->stops[at].reason, reason) < 0) {
		at++;
	}
	if (at == p->stop_n || !str_eq(p->stops[at].reason, reason)) {
		p->stops = grown(tx_arena(r->tx), p->stops, p->stop_n, sizeof *p->stops);
		if (p->stops == NULL) {
			return no_memory(r->e);
		}
		memmove(&p->stops[at + 1], &p->stops[at], (p->stop_n - at) * sizeof *p->stops);
		p->stops[at] = (struct stop_line){.reason = reason};
		p->stop_n++;
	}
	p->stops[at].times += times;
	p->stops[at].minutes += minutes;
	return true;
}

static bool read_stops(struct reading *r)
{
	struct service_stops_rows rows;
	struct service_stops_out row;
	struct service_stops_in in = {
		.institution = r->p->institution, .from_month = r->from_month, .to_month = r->to_month};
	bool ok = true;
	if (!has_months(r)) {
		return true;
	}
	if (!service_stops_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (ok && service_stops_next(&rows, &row)) {
		ok = add_stop(r, row.reason, row.times, row.stood);
	}
	return service_stops_close(&rows, r->e) && ok;
}

static bool read_day_stops(struct reading *r, const struct span *s)
{
	struct day_stops_rows rows;
	struct day_stops_out row;
	struct day_stops_in in = {
		.institution = r->p->institution, .from_day = s->from, .to_day = s->to, .until_entered = s->until};
	bool ok = true;
	if (!day_stops_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (ok && day_stops_next(&rows, &row)) {
		ok = add_stop(r, row.reason, row.times, row.stood);
	}
	return day_stops_close(&rows, r->e) && ok;
}

static bool read_later(struct reading *r)
{
	struct picture *p = r->p;
	struct service_later_rows rows;
	struct service_later_out row;
	struct service_later_in in = {.institution = p->institution, .from_month = r->from_month, .to_month = r->to_month};
	if (!has_months(r) || p->closed_n == 0) {
		return true;
	}
	if (!service_later_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (service_later_next(&rows, &row)) {
		put_figure(&p->later, row.kind, row.total);
		p->has_later = true;
	}
	return service_later_close(&rows, r->e);
}

static bool read_later_days(struct reading *r, const struct span *s)
{
	struct day_figures_rows rows;
	struct day_figures_out row;
	struct day_figures_in in = {.institution = r->p->institution,
	                            .from_day = s->from,
	                            .to_day = s->to,
	                            .from_entered = s->until,
	                            .until_entered = DAY_MAX};
	if (s->until == DAY_MAX) {
		return true;
	}
	if (!day_figures_open(r->tx, &in, &rows, r->e)) {
		return false;
	}
	while (day_figures_next(&rows, &row)) {
		add_day(&r->p->later, &row);
		r->p->has_later = true;
	}
	return day_figures_close(&rows, r->e);
}

static bool read_lines(struct reading *r)
{
	struct picture *p = r->p;
	if (!read_months(r) || !read_services(r) || !read_officials(r) || !read_stops(r) || !read_later(r)) {
		return false;
	}
	for (size_t i = 0; i < r->span_n; i++) {
		if (!read_days(r, &r->spans[i]) || !read_day_stops(r, &r->spans[i]) || !read_later_days(r, &r->spans[i])) {
			return false;
		}
	}
	if (p->service_n > 0) {
		qsort(p->services, p->service_n, sizeof *p->services, by_service);
	}
	if (p->official_n > 0) {
		qsort(p->officials, p->official_n, sizeof *p->officials, by_account);
	}
	return true;
}

bool picture_job(struct tx *tx, void *ctx, struct err *e)
{
	struct picture *p = ctx;
	struct reading r = {.tx = tx, .p = p, .e = e};
	*p = (struct picture){.institution = p->institution,
	                      .from = p->from,
	                      .to = p->to,
	                      .has_officials = p->has_officials,
	                      .has_columns = p->has_columns};
	p->spread = arena_new(tx_arena(tx), struct spread, 1);
	if (p->spread == NULL) {
		return no_memory(e);
	}
	if (!read_closed(&r)) {
		return false;
	}
	plan(&r);
	if (!find_whole_alone(&r)) {
		return false;
	}
	return p->whole_alone != 0 || (make_columns(&r) && read_lines(&r) && read_times(&r));
}

static void *kept(struct arena *a, const void *items, size_t n, size_t size)
{
	void *copy = arena_alloc(a, n + 1, size);
	if (copy && n > 0) {
		memcpy(copy, items, n * size);
	}
	return copy;
}

bool picture_read(struct store *s, struct arena *a, struct picture *p, struct err *e)
{
	struct arena rows;
	arena_init(&rows, PICTURE_BYTES_MOST);
	bool ok = store_read(s, p->institution, &rows, picture_job, p, e);
	if (ok) {
		p->spread = kept(a, p->spread, 1, sizeof *p->spread);
		p->services = kept(a, p->services, p->service_n, sizeof *p->services);
		p->officials = kept(a, p->officials, p->official_n, sizeof *p->officials);
		p->stops = kept(a, p->stops, p->stop_n, sizeof *p->stops);
		p->columns = kept(a, p->columns, p->column_n, sizeof *p->columns);
		p->closed = kept(a, p->closed, p->closed_n, sizeof *p->closed);
		ok = (p->spread && p->services && p->officials && p->stops && p->columns && p->closed) || no_memory(e);
	}
	for (size_t i = 0; ok && i < p->service_n; i++) {
		p->services[i].service = arena_copy(a, p->services[i].service);
	}
	for (size_t i = 0; ok && i < p->stop_n; i++) {
		p->stops[i].reason = arena_copy(a, p->stops[i].reason);
	}
	arena_release(&rows);
	return ok;
}
