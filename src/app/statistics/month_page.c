/* The page of a month, or of any time: what was decided, how fast, why clocks stood, what became of applications; and
 * the offices beside each other. */
#include "app/page.h"
#include "app/people/viewer.h"
#include "app/statistics/pages.h"
#include "app/statistics/points.h"
#include "app/statistics/statistics.html.h"
#include "html/translate.h"
#include "store/tx.h"

enum { PLACES_MOST = 1200, EFFORTS_MOST = 400, DAYS_SHOWN = 11 };

struct shown {
	struct req *r;
	struct sight sight;
	const struct institution *in;
	int64_t day_minutes;
	struct picture p;
	struct time_asked asked;
	struct closing_get_out closing;
	struct month_view *v;
};

static struct str number(struct req *r, int64_t n)
{
	struct buf b;
	buf_init(&b, 40);
	format_number(&b, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str dash(void)
{
	return STR("\xe2\x80\x93");
}

static struct str rating(struct req *r, const struct figures *f)
{
	if (f->n[FIG_RATINGS] <= 0) {
		return dash();
	}
	int64_t tenths = (f->n[FIG_RATING_SUM] * 20 + f->n[FIG_RATINGS]) / (f->n[FIG_RATINGS] * 2);
	return arena_printf(&r->arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

static struct str duration(struct shown *s, const struct figures *f, int64_t minutes)
{
	return f->n[FIG_TIMED] > 0 ? figures_duration(s->r, minutes, s->day_minutes) : dash();
}

/* --- Parts ---------------------------------------------------------------------------------------------------------
 */

static void fill_lead(struct shown *s)
{
	struct req *r = s->r;
	const struct figures *f = &s->p.all;
	if (f->n[FIG_DECIDED] == 0) {
		s->v->lead = tr(r->lang, N_("No case was decided in this time."));
		return;
	}
	const struct tr_arg args[] = {TR_O("n", number(r, f->n[FIG_DECIDED])),
	                              TR_O("kept", figures_percent(r, f->n[FIG_PROMISE_KEPT], f->n[FIG_PROMISED])),
	                              TR_O("law", figures_percent(r, f->n[FIG_LAW_KEPT], f->n[FIG_LIMITED])),
	                              TR_O("p90", duration(s, f, f->p90))};
	s->v->lead =
		f->n[FIG_TIMED] > 0
			? figures_say(
				  r,
				  N_("Of {n} decisions {kept} came by the promised day and {law} by the day of the law. Nine of "
	                 "ten were there within {p90}."),
				  args, 4)
			: figures_say(r, N_("Of {n} decisions {kept} came by the promised day and {law} by the day of the law."),
	                      args, 3);
}

static void add_tile(struct month_view *v, struct str term, struct str value, struct str note)
{
	v->tiles[v->tile_n++] = (struct figure_tile){.term = term, .value = value, .note = note};
}

static void fill_tiles(struct shown *s)
{
	struct req *r = s->r;
	const struct figures *f = &s->p.all;
	const struct tr_arg begun[] = {TR_O("n", number(r, f->n[FIG_CASES]))};
	const struct tr_arg half[] = {TR_O("time", duration(s, f, f->median))};
	const struct tr_arg refused[] = {TR_O("share", figures_percent(r, f->n[FIG_REFUSED], f->n[FIG_DECIDED]))};
	const struct tr_arg late[] = {TR_O("n", number(r, f->n[FIG_PROMISED] - f->n[FIG_PROMISE_KEPT]))};
	const struct tr_arg past[] = {TR_O("n", number(r, f->n[FIG_LIMITED] - f->n[FIG_LAW_KEPT]))};
	const struct tr_arg rated[] = {TR_O("n", number(r, f->n[FIG_RATINGS]))};
	add_tile(s->v, tr(r->lang, N_("Decided")), number(r, f->n[FIG_DECIDED]), figures_say(r, N_("{n} begun"), begun, 1));
	add_tile(s->v, tr(r->lang, N_("Promise kept")), figures_percent(r, f->n[FIG_PROMISE_KEPT], f->n[FIG_PROMISED]),
	         figures_say(r, N_("{n} later than promised"), late, 1));
	add_tile(s->v, tr(r->lang, N_("Law kept")), figures_percent(r, f->n[FIG_LAW_KEPT], f->n[FIG_LIMITED]),
	         figures_say(r, N_("{n} later than the law allows"), past, 1));
	add_tile(s->v, tr(r->lang, N_("Nine of ten, in working days")),
	         f->n[FIG_TIMED] > 0 ? figures_days(r, f->p90, s->day_minutes) : dash(),
	         f->n[FIG_TIMED] > 0 ? figures_say(r, N_("Half within {time}"), half, 1) : STR_EMPTY);
	add_tile(s->v, tr(r->lang, N_("Corrections asked")), number(r, f->n[FIG_CORRECTIONS]),
	         figures_say(r, N_("{share} of decisions refused"), refused, 1));
	add_tile(s->v, tr(r->lang, N_("Rating, of five")), rating(r, f), figures_say(r, N_("Ratings: {n}"), rated, 1));
}

/* A column under the axis and in the table: a month, a part of it as its days, or a day. */
static void name_column(struct req *r, const struct column_line *c, bool is_day, struct str *label, struct str *name)
{
	*label = is_day ? arena_printf(&r->arena, "%d", (int)date_of_day(c->from).day)
	                : figures_short_month(r, month_of_day(c->from));
	*name = figures_time_name(r, c->from, c->to);
}

/* Month by month up to the last one that is shown, or day by day: who kept what, and how long it took. */
static bool fill_columns(struct shown *s)
{
	struct req *r = s->r;
	const struct picture *p = &s->p;
	size_t n = p->column_n;
	bool is_days = n > 0 && p->columns[0].from == p->columns[0].to && !picture_is_months(p);
	struct str *labels = arena_new(&r->arena, struct str, n), *names = arena_new(&r->arena, struct str, n);
	struct str *texts = arena_new(&r->arena, struct str, n * 2);
	int64_t *kept = arena_new(&r->arena, int64_t, n), *late = arena_new(&r->arena, int64_t, n);
	int64_t *past = arena_new(&r->arena, int64_t, n), *half = arena_new(&r->arena, int64_t, n);
	int64_t *p90 = arena_new(&r->arena, int64_t, n);
	if (!labels || !names || !texts || !kept || !late || !past || !half || !p90) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		const struct figures *f = &p->columns[i].f;
		bool is_timed = f->n[FIG_TIMED] > 0;
		name_column(r, &p->columns[i], is_days, &labels[i], &names[i]);
		past[i] = f->n[FIG_LIMITED] - f->n[FIG_LAW_KEPT];
		late[i] = f->n[FIG_PROMISED] - f->n[FIG_PROMISE_KEPT] - past[i];
		late[i] = late[i] > 0 ? late[i] : 0;
		kept[i] = f->n[FIG_DECIDED] - late[i] - past[i];
		half[i] = is_timed ? f->median : -1;
		p90[i] = is_timed ? f->p90 : -1;
		texts[i] = is_timed ? figures_days(r, f->median, s->day_minutes) : dash();
		texts[n + i] = is_timed ? figures_days(r, f->p90, s->day_minutes) : dash();
	}
	const struct figures *last = &p->columns[n - 1].f;
	const struct tr_arg decided[] = {TR_O("month", names[n - 1]), TR_O("n", number(r, last->n[FIG_DECIDED])),
	                                 TR_O("late", number(r, late[n - 1] + past[n - 1]))};
	const struct tr_arg times[] = {TR_O("month", names[n - 1]), TR_O("half", texts[n - 1]),
	                               TR_O("p90", texts[2 * n - 1])};
	struct str head = is_days ? tr(r->lang, N_("Day")) : tr(r->lang, N_("Month"));
	s->v->charts[s->v->chart_n++] = (struct chart){
		.kind = CHART_BARS,
		.title = is_days ? tr(r->lang, N_("Decisions by day")) : tr(r->lang, N_("Decisions by month")),
		.sentence = is_days
	                    ? figures_say(r, N_("Decisions by day: {n} on {month}, {late} of them later than promised."),
	                                  decided, 3)
	                    : figures_say(r, N_("Decisions by month: {n} in {month}, {late} of them later than promised."),
	                                  decided, 3),
		.head = head,
		.labels = labels,
		.names = names,
		.n = n,
		.series = {{.name = tr(r->lang, N_("As promised")), .look = "c1", .values = kept},
	               {.name = tr(r->lang, N_("Later than promised")), .look = "late", .values = late},
	               {.name = tr(r->lang, N_("Later than the law allows")), .look = "past", .values = past}},
		.series_n = 3,
	};
	s->v->charts[s->v->chart_n++] = (struct chart){
		.kind = CHART_LINES,
		.title = is_days ? tr(r->lang, N_("Working time by day")) : tr(r->lang, N_("Working time by month")),
		.sentence =
			is_days ? figures_say(r,
	                              N_("Working time by day, in working days: on {month} half of the decisions were "
	                                 "there within {half}, nine of ten within {p90}."),
	                              times, 3)
					: figures_say(r,
	                              N_("Working time by month, in working days: in {month} half of the decisions were "
	                                 "there within {half}, nine of ten within {p90}."),
	                              times, 3),
		.head = head,
		.unit = tr(r->lang, N_("Working days")),
		.labels = labels,
		.names = names,
		.n = n,
		.scale = s->day_minutes,
		.series = {{.name = tr(r->lang, N_("Nine of ten within")), .look = "c1", .values = p90, .texts = texts + n},
	               {.name = tr(r->lang, N_("Half within")), .look = "c2", .values = half, .texts = texts}},
		.series_n = 2,
	};
	return true;
}

/* How many decisions took how many working days. */
static bool fill_spread(struct shown *s)
{
	struct req *r = s->r;
	struct str *labels = arena_new(&r->arena, struct str, DAYS_SHOWN),
			   *names = arena_new(&r->arena, struct str, DAYS_SHOWN);
	int64_t *v = arena_new(&r->arena, int64_t, DAYS_SHOWN);
	int64_t before = 0, over = s->p.spread->all;
	if (labels == NULL || names == NULL || v == NULL) {
		return false;
	}
	for (int i = 0; i < DAYS_SHOWN; i++) {
		bool is_last = i == DAYS_SHOWN - 1;
		int64_t within = is_last ? over : spread_within(s->p.spread, (i + 1) * s->day_minutes - 1);
		v[i] = within - before;
		before = within;
		labels[i] = arena_printf(&r->arena, is_last ? "%d+" : "%d", is_last ? i + 1 : i + 1);
		const struct tr_arg args[] = {TR_I("n", i + 1)};
		names[i] = is_last ? figures_say(r, N_("On day {n} or later"), args, 1)
		                   : figures_say(r, N_("On working day {n}"), args, 1);
	}
	const struct tr_arg args[] = {TR_O("n", number(r, v[0])), TR_O("all", number(r, over))};
	s->v->charts[s->v->chart_n++] = (struct chart){
		.kind = CHART_BARS,
		.title = tr(r->lang, N_("How long decisions took")),
		.sentence = figures_say(
			r, N_("How long decisions took: {n} of {all} were made on the first working day of their clock."), args, 2),
		.head = tr(r->lang, N_("Decided")),
		.unit = tr(r->lang, N_("Decisions, by the working day on which they were made")),
		.labels = labels,
		.names = names,
		.n = DAYS_SHOWN,
		.series = {{.name = tr(r->lang, N_("Decisions")), .look = "c1", .values = v}},
		.series_n = 1,
	};
	return true;
}

static struct str share(struct req *r, int64_t part, int64_t most)
{
	return arena_printf(&r->arena, "%lld%%", (long long)(most > 0 ? part * 100 / most : 0));
}

static struct figure_bar bar(struct req *r, struct str name, struct str text, int64_t part, int64_t most)
{
	return (struct figure_bar){
		.name = name, .text = text, .share = share(r, part, most), .mark = share(r, most - part, most)};
}

static bool fill_stops(struct shown *s)
{
	struct req *r = s->r;
	int64_t most = 1;
	s->v->stops = arena_new(&r->arena, struct figure_bar, s->p.stop_n + 1);
	if (s->v->stops == NULL) {
		return false;
	}
	for (size_t i = 0; i < s->p.stop_n; i++) {
		most = s->p.stops[i].minutes > most ? s->p.stops[i].minutes : most;
	}
	for (size_t i = 0; i < s->p.stop_n; i++) {
		const struct stop_line *l = &s->p.stops[i];
		struct str text = arena_printf(&r->arena, "%.*s \xc2\xb7 %.*s", STR_ARG(number(r, l->times)),
		                               STR_ARG(figures_days(r, l->minutes, s->day_minutes)));
		s->v->stops[s->v->stop_n++] = bar(r, figures_reason_name(r, s->in, l->reason), text, l->minutes, most);
	}
	return true;
}

static void fill_fates(struct shown *s)
{
	static const struct {
		const char *name;
		enum figure_at at;
	} fates[] = {{N_("Granted"), FIG_GRANTED},
	             {N_("Refused"), FIG_REFUSED},
	             {N_("Not accepted"), FIG_NOT_ACCEPTED},
	             {N_("Withdrawn"), FIG_WITHDRAWN},
	             {N_("Not answered in time"), FIG_LAPSED},
	             {N_("Begun and never sent"), FIG_NEVER_SENT}};
	struct req *r = s->r;
	const int64_t *n = s->p.all.n;
	int64_t ended = n[FIG_DECIDED] + n[FIG_NOT_ACCEPTED] + n[FIG_WITHDRAWN] + n[FIG_LAPSED] + n[FIG_NEVER_SENT];
	if (ended == 0) {
		return;
	}
	int64_t most = 1;
	for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
		most = n[fates[i].at] > most ? n[fates[i].at] : most;
	}
	for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
		s->v->fates[s->v->fate_n++] =
			bar(r, tr(r->lang, fates[i].name), number(r, n[fates[i].at]), n[fates[i].at], most);
	}
	const struct tr_arg args[] = {TR_O("share", figures_percent(r, n[FIG_DECIDED], ended)),
	                              TR_O("n", number(r, ended))};
	s->v->fate_sentence = figures_say(
		r, N_("Of {n} applications that ended, those never sent included, {share} ended with a decision."), args, 2);
}

static void fill_cells(struct shown *s, const struct figures *f, struct str cells[10])
{
	struct req *r = s->r;
	size_t n = 0;
	cells[n++] = number(r, f->n[FIG_CASES]);
	cells[n++] = number(r, f->n[FIG_DECIDED]);
	cells[n++] = figures_percent(r, f->n[FIG_PROMISE_KEPT], f->n[FIG_PROMISED]);
	cells[n++] = figures_percent(r, f->n[FIG_LAW_KEPT], f->n[FIG_LIMITED]);
	cells[n++] = duration(s, f, f->median);
	cells[n++] = duration(s, f, f->p90);
	cells[n++] = number(r, f->n[FIG_CORRECTIONS]);
	cells[n++] = number(r, f->n[FIG_REFUSED]);
	cells[n++] = number(r, f->n[FIG_OBJECTIONS_WON]);
	cells[n++] = rating(r, f);
}

static bool fill_services(struct shown *s)
{
	struct req *r = s->r;
	s->v->services = arena_new(&r->arena, struct service_row, s->p.service_n + 1);
	if (s->v->services == NULL) {
		return false;
	}
	for (size_t i = 0; i < s->p.service_n; i++) {
		struct service_row *row = &s->v->services[s->v->service_n++];
		row->name = figures_service_name(r, s->p.services[i].service);
		row->href = arena_printf(&r->arena, "/performance/%.*s/%.*s", STR_ARG(s->in->pack_id),
		                         STR_ARG(s->p.services[i].service));
		fill_cells(s, &s->p.services[i].f, row->cells);
	}
	fill_cells(s, &s->p.all, s->v->all.cells);
	return true;
}

struct efforts {
	int64_t institution, from, to;
	struct efforts_of_out *items;
	size_t n;
};

static bool efforts_job(struct tx *tx, void *ctx, struct err *e)
{
	struct efforts *l = ctx;
	struct efforts_of_rows rows;
	l->n = 0;
	if (!efforts_of_open(
			tx, &(struct efforts_of_in){.institution = l->institution, .from_month = l->from, .to_month = l->to}, &rows,
			e)) {
		return false;
	}
	while (l->n < EFFORTS_MOST && efforts_of_next(&rows, &l->items[l->n])) {
		l->n++;
	}
	return efforts_of_close(&rows, e);
}

/* Was it the same in the closed month before? Lines are in the order of months. */
static bool has_effort_before(const struct efforts *l, size_t at)
{
	const struct efforts_of_out *x = &l->items[at];
	for (size_t i = at; i > 0; i--) {
		const struct efforts_of_out *was = &l->items[i - 1];
		if (str_eq(was->service, x->service)) {
			return was->visits == x->visits && was->documents == x->documents && was->questions == x->questions &&
			       was->days == x->days;
		}
	}
	return false;
}

static bool fill_efforts(struct shown *s, struct err *e)
{
	struct req *r = s->r;
	struct efforts l = {.institution = s->in->id,
	                    .from = month_of_day(s->p.columns[0].from),
	                    .to = month_of_day(s->p.to),
	                    .items = arena_new(&r->arena, struct efforts_of_out, EFFORTS_MOST)};
	s->v->efforts = arena_new(&r->arena, struct service_row, EFFORTS_MOST);
	if (l.items == NULL || s->v->efforts == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for figures");
	}
	if (!store_read(r->app->store, s->in->id, &r->arena, efforts_job, &l, e)) {
		return false;
	}
	for (size_t i = 0; i < l.n; i++) {
		if (has_effort_before(&l, i)) {
			continue;
		}
		struct service_row *row = &s->v->efforts[s->v->effort_n++];
		row->name = figures_service_name(r, l.items[i].service);
		row->cells[0] = figures_month_name(r, l.items[i].month);
		row->cells[1] = number(r, l.items[i].visits);
		row->cells[2] = number(r, l.items[i].documents);
		row->cells[3] = number(r, l.items[i].questions);
		row->cells[4] = number(r, l.items[i].days);
	}
	return true;
}

static void fill_later(struct shown *s)
{
	struct req *r = s->r;
	const int64_t *n = s->p.later.n;
	if (!s->p.has_later) {
		return;
	}
	const struct tr_arg args[] = {TR_O("cases", number(r, n[FIG_CASES])), TR_O("decided", number(r, n[FIG_DECIDED])),
	                              TR_O("ratings", number(r, n[FIG_RATINGS]))};
	s->v->later = figures_say(r,
	                          N_("Entered since then, and not in the figures above: {cases} cases begun, {decided} "
	                             "decided, {ratings} ratings."),
	                          args, 3);
}

/* An office's line: its months as they were when they were closed, ranked when that is done. An office whose days are
 * not known is left out. */
static bool fill_place(struct shown *s, const struct institution *in, struct arena *scratch, struct place_row *row,
                       bool *is_empty, struct err *e)
{
	struct req *r = s->r;
	struct shown of = {.r = r, .in = in, .day_minutes = figures_day_minutes(r, in)};
	of.p = (struct picture){.institution = in->id, .from = s->p.from, .to = s->p.to};
	arena_reset(scratch);
	if (!picture_read(r->app->store, scratch, &of.p, e)) {
		return false;
	}
	const struct figures *f = &of.p.all;
	*is_empty = of.p.service_n == 0;
	*row = (struct place_row){
		.name = text_in(&in->name, r->lang),
		.href = figures_href(r, in, s->p.from, s->p.to),
		.decided = number(r, f->n[FIG_DECIDED]),
		.kept = figures_percent(r, f->n[FIG_PROMISE_KEPT], f->n[FIG_PROMISED]),
		.law = figures_percent(r, f->n[FIG_LAW_KEPT], f->n[FIG_LIMITED]),
		.p90 = duration(&of, f, f->p90),
		.rating = rating(r, f),
		.points = dash(),
		.rank = dash(),
		.tenths = picture_is_month(&of.p) && of.p.closed_n > 0 ? points_of_office(f) : -1,
		.is_here = in == s->in,
	};
	if (row->tenths >= 0) {
		row->points =
			arena_printf(&r->arena, "%lld.%lld", (long long)(row->tenths / 10), (long long)(row->tenths % 10));
	}
	return true;
}

/* The offices that the reader may see, by rank, those without one as they stand in the list; equal points share it. */
static bool fill_places(struct shown *s, struct err *e)
{
	struct req *r = s->r;
	size_t most = s->sight.n < PLACES_MOST ? s->sight.n : PLACES_MOST;
	struct place_row *rows = arena_new(&r->arena, struct place_row, most + 1);
	struct arena scratch; /* of one office after the other: a nation has a thousand */
	size_t n = 0;
	bool ok = true;
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of offices");
	}
	arena_init(&scratch, PICTURE_BYTES_MOST);
	for (size_t i = 0; ok && s->sight.n > 1 && i < most; i++) {
		struct place_row row;
		bool is_empty = false;
		ok = fill_place(s, s->sight.items[i], &scratch, &row, &is_empty, e);
		if (!ok) {
			break;
		}
		if (is_empty && !row.is_here) {
			continue;
		}
		size_t at = n++;
		for (; at > 0 && rows[at - 1].tenths < row.tenths; at--) {
			rows[at] = rows[at - 1];
		}
		rows[at] = row;
	}
	arena_release(&scratch);
	for (size_t i = 0, rank = 1; i < n && rows[i].tenths >= 0; i++) {
		rank = i > 0 && rows[i].tenths == rows[i - 1].tenths ? rank : i + 1;
		rows[i].rank = number(r, (int64_t)rank);
	}
	s->v->places = rows;
	s->v->place_n = n;
	return ok;
}

static bool count_open_objections(struct tx *tx, void *ctx, struct err *e)
{
	struct shown *s = ctx;
	return objections_open(tx, &(struct objections_open_in){.institution = s->in->id, .month = month_of_day(s->p.from)},
	                       &s->v->open_objections, e);
}

/* Which months of a time are closed: of them it shows what they were then. */
static struct str closed_months(struct shown *s)
{
	struct req *r = s->r;
	const struct picture *p = &s->p;
	struct str names = STR_EMPTY;
	if (p->closed_n == 0) {
		return tr(r->lang, N_("No month of this time is closed: as it stands today."));
	}
	for (size_t i = 0; i < p->closed_n; i++) {
		struct str name = figures_month_name(r, p->closed[i].month);
		names = i > 0 ? arena_printf(&r->arena, "%.*s, %.*s", STR_ARG(names), STR_ARG(name)) : name;
	}
	const struct tr_arg args[] = {TR_O("months", names)};
	bool is_cut = p->from != month_first_day(month_of_day(p->from)) || p->to != month_last_day(month_of_day(p->to));
	return is_cut
	           ? figures_say(r,
	                         N_("Closed: {months}. Of a closed month the days are as they were when it was closed, and "
	                            "are only a part of it where this time begins or ends within it."),
	                         args, 1)
	           : figures_say(r, N_("Closed: {months}. Closed months are as they were when they were closed."), args, 1);
}

static bool fill_state(struct shown *s, struct err *e)
{
	struct req *r = s->r;
	struct month_view *v = s->v;
	v->is_period = !picture_is_month(&s->p);
	v->is_over = s->p.to < figures_today(r, s->in);
	v->is_closed = !v->is_period && s->closing.found;
	v->ratings = figures_ratings_of(r, &s->p);
	if (v->is_closed) {
		struct buf day;
		buf_init(&day, 200);
		format_date(&day, r->lang, 0, s->closing.until, DATE_WITH_YEAR);
		const struct tr_arg args[] = {TR_O("day", arena_copy(&r->arena, buf_str(&day))), TR_S("name", s->closing.name)};
		buf_release(&day);
		v->closed = figures_say(r, N_("by {name} on {day}: these figures stay."), args, 2);
		return true;
	}
	if (v->is_period) {
		v->closed = closed_months(s);
		return true;
	}
	if (!v->is_over) {
		return true;
	}
	if (!store_read(r->app->store, s->in->id, &r->arena, count_open_objections, s, e)) {
		return false;
	}
	if (v->open_objections > 0) {
		v->blocked = tr(r->lang, N_("Objections to figures wait for an answer first."));
	}
	v->may_close = v->open_objections == 0;
	return true;
}

static void fill_links(struct shown *s)
{
	struct req *r = s->r;
	struct month_view *v = s->v;
	v->office = text_in(&s->in->name, r->lang);
	v->at = s->in->pack_id;
	v->month = month_text(&r->arena, month_of_day(s->p.from));
	v->title = figures_time_name(r, s->p.from, s->p.to);
	if (picture_is_month(&s->p)) {
		int64_t month = month_of_day(s->p.from);
		v->before = figures_month_name(r, month - 1);
		v->before_href = figures_href(r, s->in, month_first_day(month - 1), month_last_day(month - 1));
		if (month < figures_this_month(r, s->in)) {
			v->after = figures_month_name(r, month + 1);
			v->after_href = figures_href(r, s->in, month_first_day(month + 1), month_last_day(month + 1));
		}
	}
	v->people_href = arena_printf(&r->arena, "/figures/people?at=%.*s&%.*s", STR_ARG(v->at),
	                              STR_ARG(figures_time_query(r, s->p.from, s->p.to)));
	v->exports_href = arena_printf(&r->arena, "/figures/files?at=%.*s", STR_ARG(v->at));
}

bool figures_get(struct req *r, struct err *e)
{
	struct month_view *v = arena_new(&r->arena, struct month_view, 1);
	struct shown s = {.r = r, .v = v};
	bool may_see = viewer_has_role(r->viewer, ROLE_HEAD, 0) || viewer_has_role(r->viewer, ROLE_SUPERVISOR, 0);
	if (!may_see && viewer_has_role(r->viewer, ROLE_OFFICIAL, 0)) {
		return req_redirect(r, STR("/figures/mine"));
	}
	if (v == NULL || !figures_sight(r, &s.sight, e)) {
		return v ? false : err_set(e, ERR_MEMORY, "no memory for a page");
	}
	s.in = s.sight.at;
	s.day_minutes = figures_day_minutes(r, s.in);
	figures_time(r, false, s.in, figures_this_month(r, s.in), &s.asked);
	if (figures_time_is_wrong(&s.asked)) {
		return figures_show_wrong(r, s.in, STR("/figures"), &s.asked, e);
	}
	s.p = (struct picture){.institution = s.in->id, .from = s.asked.from, .to = s.asked.to, .has_columns = true};
	if (picture_is_month(&s.p) && !figures_closing(r, s.in->id, month_of_day(s.p.from), &s.closing, e)) {
		return false;
	}
	if (!figures_read(r, &s.p, e)) {
		return false;
	}
	if (s.p.whole_alone != 0) {
		figures_time_is_cut(r, s.p.whole_alone, &s.asked);
		return figures_show_wrong(r, s.in, STR("/figures"), &s.asked, e);
	}
	v->r = r;
	v->op = req_new_op(r);
	fill_links(&s);
	v->is_empty = s.p.service_n == 0;
	if (!fill_state(&s, e)) {
		return false;
	}
	if (!v->is_empty) {
		fill_lead(&s);
		fill_tiles(&s);
		fill_fates(&s);
		fill_later(&s);
	} else {
		v->lead = STR_EMPTY;
	}
	if (!fill_columns(&s) || (s.p.spread->all > 0 && !fill_spread(&s)) || !fill_stops(&s) || !fill_services(&s) ||
	    !figures_time_view(r, s.in, STR("/figures"), &s.asked, &v->time)) {
		return err_set(e, ERR_MEMORY, "no memory for figures");
	}
	if (!fill_efforts(&s, e) || !fill_places(&s, e)) {
		return false;
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title = v->title, .current = NAV_FIGURES, .is_desk = true});
	month_page(&o, v);
	page_end(r, &o);
	return true;
}
