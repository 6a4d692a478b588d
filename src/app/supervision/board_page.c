/* The live board: of a jurisdiction, rolled up from what this process holds (board.h), and of an institution, down to
 * its cases. No page counts cases. */
#include <stdio.h>
#include <stdlib.h>

#include "app/cases/facts.h"
#include "app/cases/recalculation.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/supervision/inquiry.h"
#include "app/supervision/office.h"
#include "app/supervision/pages.h"
#include "app/supervision/supervision.html.h"
#include "app/supervision/supervision.sql.h"
#include "base/legal_clock.h"

enum {
	ROWS_MOST = 64,
	OPEN_MOST = 40,
	PARTS_MOST = 24,
	TURNED_MOST = 6,
	CASES_PAGE = 50,
	WEEK_AHEAD = 5,
	LABEL_COLUMNS = 2
};

/* --- Words and figures
 * -------------------------------------------------------------------------------------------------- */

static void put_share(char out[24], int64_t part, int64_t whole)
{
	double share = whole > 0 ? 100.0 * (double)part / (double)whole : 0;
	snprintf(out, 24, "%.2f%%", share < 0 ? 0 : share > 100 ? 100 : share);
}

/* "97.6": tenths, cut off so that not even one among a million is rounded away. */
static void put_tenths(char out[24], int64_t part, int64_t whole, const char *unit)
{
	int64_t tenths = whole > 0 ? part * 1000 / whole : 0;
	snprintf(out, 24, "%d.%d%s", (int)(tenths / 10), (int)(tenths % 10), unit);
}

static int64_t alerts_of(const struct board_sums *s)
{
	return s->orange + s->red + s->past;
}

static struct str moment(struct req *r, int64_t us)
{
	struct local_time at = page_local_time(r, us), now = page_local_time(r, time_legal_us(&r->app->time));
	struct buf b;
	buf_init(&b, 100);
	if (at.day == now.day) {
		format_time(&b, at.second);
	} else {
		format_date(&b, r->lang, date_of_day(now.day).year, at.day, DATE_SHORT);
	}
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* The last working day of this week; on that day itself, and after it, of the next one. */
static day_number foreseen_until(const struct calendar *c, day_number today)
{
	int weekday = date_weekday(today);
	day_number friday = today + (4 - weekday) + (weekday >= 4 ? 7 : 0);
	for (int i = 0; i < WEEK_AHEAD && !calendar_is_working(c, friday) && friday > today + 1; i++) {
		friday--;
	}
	return friday;
}

/* --- Rolled up
 * ---------------------------------------------------------------------------------------------------------- */

struct tree {
	struct req *r;
	struct board_view *v;
	const struct board_seen *seen;
	const struct jurisdiction *areas;
	const struct institution *offices;
	size_t area_n, office_n;
	bool is_whole;                /* offices of jurisdictions further down are shown too */
	struct board_sums *area_sums; /* by the index of the jurisdiction, all below included */
	const struct calendar *calendar;
};

static int area_index(const struct tree *t, struct str id)
{
	return board_area(t->areas, t->area_n, id);
}

static struct tree_row *add_row(struct tree *t, const struct tree_row *parent, struct str name, struct str href,
                                const struct board_sums *sums, bool is_last)
{
	struct board_view *v = t->v;
	if (v->row_n == ROWS_MOST || (parent && parent->depth + 1 >= TREE_DEEP)) {
		return NULL;
	}
	struct tree_row *row = &v->rows[v->row_n++];
	*row = (struct tree_row){.name = name, .href = href, .sums = *sums, .is_last = is_last};
	if (parent != NULL) {
		row->depth = parent->depth + 1;
		memcpy(row->is_open, parent->is_open, sizeof row->is_open);
		row->is_open[parent->depth] = !is_last;
	}
	int64_t whole = alerts_of(&v->sums), red = sums->red + sums->past;
	put_share(row->red_x, 0, 1);
	put_share(row->red_w, red, whole);
	put_share(row->orange_x, red, whole);
	put_share(row->orange_w, sums->orange, whole);
	put_tenths(row->rate, alerts_of(sums), sums->running, "");
	return row;
}

static struct board_sums sums_at(const struct tree *t, const struct institution *in)
{
	const struct board_office *o = board_office(t->seen, in->id);
	return o ? o->sums : (struct board_sums){0};
}

static void add_area(struct tree *t, const struct tree_row *parent, int at, bool is_last)
{
	const struct jurisdiction *j = &t->areas[at];
	struct tree_row *row =
		add_row(t, parent, text_in(&j->name, t->r->lang),
	            arena_printf(&t->r->arena, PATH_BOARD "/in/%.*s", STR_ARG(j->pack_id)), &t->area_sums[at], is_last);
	if (row == NULL || (parent != NULL && !t->is_whole)) {
		return;
	}
	size_t left = 0;
	for (size_t i = 0; i < t->area_n; i++) {
		left += str_eq(t->areas[i].parent, j->pack_id);
	}
	for (size_t i = 0; i < t->office_n; i++) {
		left += str_eq(t->offices[i].jurisdiction, j->pack_id) && t->offices[i].supervises.n == 0;
	}
	for (size_t i = 0; i < t->office_n; i++) {
		const struct institution *in = &t->offices[i];
		if (str_eq(in->jurisdiction, j->pack_id) && in->supervises.n == 0) {
			struct board_sums sums = sums_at(t, in);
			add_row(t, row, text_in(&in->name, t->r->lang),
			        arena_printf(&t->r->arena, PATH_BOARD "/at/%.*s", STR_ARG(in->pack_id)), &sums, --left == 0);
		}
	}
	for (size_t i = 0; i < t->area_n; i++) {
		if (str_eq(t->areas[i].parent, j->pack_id)) {
			add_area(t, row, (int)i, --left == 0);
		}
	}
}

static void add_part(struct part_row *parts, size_t *n, size_t most, struct str key, int64_t who,
                     const struct board_sums *sums)
{
	size_t i = 0;
	while (i < *n && !(str_eq(parts[i].name, key) && parts[i].handler == who)) {
		i++;
	}
	if (i == *n && *n < most) {
		parts[(*n)++] = (struct part_row){.name = key, .handler = who};
	}
	if (i < *n) {
		board_sums_add(&parts[i].sums, sums);
	}
}

static int by_alerts(const void *a, const void *b)
{
	const struct part_row *x = a, *y = b;
	int64_t red = y->sums.red + y->sums.past - x->sums.red - x->sums.past, orange = y->sums.orange - x->sums.orange;
	int64_t running = y->sums.running - x->sums.running;
	int64_t first = red ? red : orange ? orange : running;
	return first ? (first > 0) - (first < 0) : str_cmp(x->name, y->name);
}

static struct str service_name(struct req *r, struct str id)
{
	const struct service *s = catalogue_service(r->app, id);
	return s ? text_in(&s->name, r->lang) : arena_copy(&r->arena, id);
}

/* Newest first, of all offices. */
static void add_turned(struct tree *t, const struct board_office *o, const struct board_alert **newest, size_t *n)
{
	(void)t;
	for (size_t i = 0; i < o->alert_n; i++) {
		size_t at = *n;
		while (at > 0 && newest[at - 1]->raised_us < o->alerts[i].raised_us) {
			at--;
		}
		if (at == TURNED_MOST) {
			continue;
		}
		*n += *n < TURNED_MOST;
		for (size_t k = *n - 1; k > at; k--) {
			newest[k] = newest[k - 1];
		}
		newest[at] = &o->alerts[i];
	}
}

static void fill_turned(struct tree *t, const struct board_alert *const *newest, size_t n)
{
	struct req *r = t->r;
	t->v->turned = arena_new(&r->arena, struct turned_row, n + 1);
	for (size_t i = 0; t->v->turned && i < n; i++) {
		const struct institution *in = catalogue_institution(r->app, newest[i]->institution);
		struct str number = arena_copy(&r->arena, str_of(newest[i]->number));
		t->v->turned[t->v->turned_n++] = (struct turned_row){
			.number = number.n > 0 ? number : tr(r->lang, N_("A case")),
			.href = in ? arena_printf(&r->arena, PATH_BOARD "/at/%.*s/%s", STR_ARG(in->pack_id),
		                              id_text(newest[i]->casefile).c)
		               : STR(PATH_BOARD),
			.what = t->v->base.n > 0
		                ? service_name(r, str_of(newest[i]->service))
		                : arena_printf(&r->arena, "%.*s, %.*s", STR_ARG(service_name(r, str_of(newest[i]->service))),
		                               STR_ARG(in ? text_in(&in->name, r->lang) : STR_EMPTY)),
			.when = moment(r, newest[i]->raised_us),
			.sign = newest[i]->level == CLOCK_ORANGE ? TAG_ORANGE : TAG_RED,
		};
	}
}

/* --- The chart: open alerts at the end of each working day, from what stands now back
 * ---------------------------------------------- */

/* The distance of five lines of which the last is at the top or above it: a round number. */
static int64_t grid_step(int64_t top)
{
	static const int64_t round[] = {10, 15, 20, 25, 30, 40, 50, 60, 80, 100};
	int64_t step = (top + 3) / 4, tens = 1;
	size_t i = 0;
	while (step > 100 * tens) {
		tens *= 10;
	}
	while (round[i] * tens < step) {
		i++;
	}
	return step < 10 ? step : round[i] * tens;
}

static void fill_chart(struct board_view *v, const struct board_office_day *changes, day_number today,
                       const struct calendar *c)
{
	struct chart_day days[CHART_DAYS];
	int64_t orange = v->sums.orange, red = v->sums.red + v->sums.past, top = 4;
	size_t n = 0;
	for (int back = 0; back < BOARD_DAYS && n < CHART_DAYS; back++) {
		if (calendar_is_working(c, today - back) || back == 0) {
			days[n++] = (struct chart_day){.day = today - back, .orange = orange, .red = red};
			top = orange + red > top ? orange + red : top;
		}
		orange -= changes[back].orange;
		red -= changes[back].red;
	}
	int64_t step = grid_step(top);
	for (int i = 0; i < 5; i++) {
		v->grid[i] = step * i;
		snprintf(v->grid_y[i], sizeof v->grid_y[i], "%d", 200 - 45 * i);
	}
	double unit = 180.0 / (double)(step * 4), width = 93.0 / (double)n;
	for (size_t i = 0; i < n; i++) {
		struct chart_day *d = &v->chart[v->chart_n++];
		*d = days[n - 1 - i];
		double red_h = unit * (double)d->red, orange_h = unit * (double)d->orange, gap = d->red > 0 ? 2 : 0;
		orange_h = orange_h > gap ? orange_h - gap : 0;
		snprintf(d->x, sizeof d->x, "%.2f%%", 7 + width * (double)i);
		snprintf(d->w, sizeof d->w, "%.2f%%", width * 0.62);
		snprintf(d->red_y, sizeof d->red_y, "%.1f", 200 - red_h);
		snprintf(d->red_h, sizeof d->red_h, "%.1f", red_h);
		snprintf(d->orange_y, sizeof d->orange_y, "%.1f", 200 - red_h - gap - orange_h);
		snprintf(d->orange_h, sizeof d->orange_h, "%.1f", orange_h);
		d->has_label = date_weekday(d->day) == 0;
		bool is_first = i < LABEL_COLUMNS, is_last = i + LABEL_COLUMNS >= n;
		d->anchor = is_first ? "start" : is_last ? "end" : "middle";
		snprintf(d->label_x, sizeof d->label_x, "%.2f%%",
		         7 + width * ((double)i + (is_first  ? 0
		                                   : is_last ? 0.62
		                                             : 0.31)));
	}
	/* Where there is little room every second label is left out, the newest stays. */
	bool is_spare = false;
	for (size_t i = v->chart_n; i > 0; i--) {
		v->chart[i - 1].is_spare = is_spare;
		is_spare = is_spare != v->chart[i - 1].has_label;
	}
}

/* --- Filling
 * ------------------------------------------------------------------------------------------------------------ */

/* Everything that stands on both pages, of the offices that `is_in` says. */
static bool roll_up(struct tree *t, bool (*is_in)(const struct tree *t, const struct institution *in, const void *ctx),
                    const void *ctx, struct err *e)
{
	struct board_view *v = t->v;
	struct req *r = t->r;
	struct board_office_day changes[BOARD_DAYS] = {{0}};
	const struct board_alert *newest[TURNED_MOST];
	size_t newest_n = 0;
	day_number today = catalogue_today(r->app);
	v->services = arena_new(&r->arena, struct part_row, PARTS_MOST * 4);
	t->area_sums = arena_new(&r->arena, struct board_sums, t->area_n + 1);
	if (v->services == NULL || t->area_sums == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a board");
	}
	v->until = foreseen_until(t->calendar, today);
	for (size_t i = 0; i < t->office_n; i++) {
		const struct institution *in = &t->offices[i];
		const struct board_office *o = is_in(t, in, ctx) ? board_office(t->seen, in->id) : NULL;
		if (o == NULL) {
			continue;
		}
		board_sums_add(&v->sums, &o->sums);
		board_roll_up(t->areas, t->area_n, in->jurisdiction, &o->sums, t->area_sums);
		for (size_t k = 0; k < o->service_n; k++) {
			add_part(v->services, &v->service_n, PARTS_MOST * 4, o->services[k].service, 0, &o->services[k].sums);
		}
		for (size_t k = 0; k < o->day_n; k++) {
			day_number back = today - o->days[k].day;
			if (back >= 0 && back < BOARD_DAYS) {
				changes[back].orange += o->days[k].orange;
				changes[back].red += o->days[k].red;
				v->raised += back < 30 ? o->days[k].raised : 0;
				v->acted += back < 30 ? o->days[k].acted : 0;
			}
		}
		board_foresee(o, in->calendar, today, v->until, &v->forecast);
		add_turned(t, o, newest, &newest_n);
	}
	qsort(v->services, v->service_n, sizeof *v->services, by_alerts);
	v->service_n = v->service_n < PARTS_MOST ? v->service_n : PARTS_MOST;
	for (size_t i = 0; i < v->service_n; i++) {
		if (v->base.n > 0) {
			v->services[i].href =
				arena_printf(&r->arena, "%.*s?service=%.*s#cases", STR_ARG(v->base), STR_ARG(v->services[i].name));
		}
		v->services[i].name = service_name(r, v->services[i].name);
	}
	put_tenths(v->quiet_percent, v->sums.running - alerts_of(&v->sums), v->sums.running, "%");
	snprintf(v->acted_percent, sizeof v->acted_percent, "%lld%%",
	         (long long)(v->raised > 0 ? v->acted * 100 / v->raised : 0));
	fill_chart(v, changes, today, t->calendar);
	fill_turned(t, newest, newest_n);
	struct local_time exact = page_local_time(r, t->seen->exact_us);
	v->exact_day = exact.day;
	v->exact_time =
		arena_printf(&r->arena, "%d:%02d:%02d", exact.second / 3600, exact.second / 60 % 60, exact.second % 60);
	v->version = t->seen->version;
	return true;
}

static void tree_begin(struct tree *t, struct req *r, struct board_view *v, const struct board_seen *seen)
{
	const struct institution *front = catalogue_front_office(r->app);
	*t = (struct tree){.r = r, .v = v, .seen = seen, .calendar = front ? front->calendar : NULL};
	t->area_n = catalogue_jurisdictions(r->app, &t->areas);
	t->office_n = catalogue_institutions(r->app, &t->offices);
}

/* Of a calendar, or of any (empty). */
static bool show(struct req *r, struct board_view *v, struct str calendar, struct err *e)
{
	struct html_out o;
	if (!recalculation_line(r, calendar, &v->anew, e)) {
		return false;
	}
	struct buf title;
	int64_t red = v->sums.red + v->sums.past;
	buf_init(&title, 400);
	const struct tr_arg args[] = {TR_O("name", v->name), TR_N("red", red), TR_N("orange", v->sums.orange)};
	tr_put_plain(&title, tr(r->lang, N_("{name}, {red} red and {orange} orange")), args, 3);
	struct str said = arena_copy(&r->arena, buf_str(&title));
	buf_release(&title);
	const struct nav_item trail[] = {{.href = STR(PATH_BOARD), .text = tr(r->lang, N_("Board"))}};
	page_begin(r, &o,
	           &(struct page){.title = said,
	                          .current = NAV_BOARD,
	                          .is_desk = true,
	                          .trail = trail,
	                          .trail_n = str_is(r->path, PATH_BOARD) ? 0 : 1});
	board_page(&o, v);
	page_end(r, &o);
	return true;
}

/* --- Of a jurisdiction
 * -------------------------------------------------------------------------------------------------- */

static bool is_below(const struct tree *t, const struct institution *in, const void *ctx)
{
	const struct jurisdiction *j = ctx;
	return jurisdiction_is_within(t->r->app, in->jurisdiction, j->pack_id);
}

static bool show_area(struct req *r, const struct supervision *at, const struct jurisdiction *j, struct err *e)
{
	struct board_view *v = arena_new(&r->arena, struct board_view, 1);
	struct board_seen seen;
	struct tree t;
	if (v == NULL || !board_take(r->app, &seen, e)) {
		return v ? false : err_set(e, ERR_MEMORY, "no memory for a board");
	}
	tree_begin(&t, r, v, &seen);
	v->office = text_in(&at->office->name, r->lang);
	v->name = text_in(&j->name, r->lang);
	v->rows = arena_new(&r->arena, struct tree_row, ROWS_MOST);
	bool ok = v->rows ? roll_up(&t, is_below, j, e) : err_set(e, ERR_MEMORY, "no memory for a board");
	if (ok) {
		size_t below = 0;
		for (size_t i = 0; i < t.office_n; i++) {
			below += is_below(&t, &t.offices[i], j);
		}
		t.is_whole = below <= OPEN_MOST;
		add_area(&t, NULL, area_index(&t, j->pack_id), true);
	}
	board_release(&seen);
	return ok && show(r, v, STR_EMPTY, e);
}

bool board_get(struct req *r, struct err *e)
{
	struct supervision at;
	return supervision_of_viewer(r, &at, e) && show_area(r, &at, at.jurisdiction, e);
}

bool board_in_get(struct req *r, struct err *e)
{
	struct supervision at;
	const struct jurisdiction *j = catalogue_jurisdiction(r->app, r->path_args[0]);
	if (j == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such jurisdiction");
	}
	return supervision_over(r, j->pack_id, &at, e) && show_area(r, &at, j, e);
}

/* --- Of an institution
 * -------------------------------------------------------------------------------------------------- */

struct cases_job {
	struct req *r;
	const struct institution *in;
	const char *level;
	struct str service;
	int64_t official, after_case;
	bool has_official;
	int32_t after_due;
	struct board_cases_at_out rows[CASES_PAGE + 1];
	size_t n;
	struct board_count_list_out *counts;
	size_t count_n;
	struct inquiry_cards cards;
};

enum { COUNTS_MOST = 2000 };

static bool read_counts(struct tx *tx, struct cases_job *j, struct err *e)
{
	struct board_count_list_rows rows;
	struct board_count_list_out c;
	j->counts = arena_new(&j->r->arena, struct board_count_list_out, COUNTS_MOST);
	if (j->counts == NULL ||
	    !board_count_list_open(tx, &(struct board_count_list_in){.institution = j->in->id}, &rows, e)) {
		return j->counts ? false : err_set(e, ERR_MEMORY, "no memory for officials");
	}
	while (j->count_n < COUNTS_MOST && board_count_list_next(&rows, &c)) {
		j->counts[j->count_n++] = c;
	}
	return board_count_list_close(&rows, e);
}

static bool read_level(struct tx *tx, struct cases_job *j, int64_t level, bool stands, struct err *e)
{
	struct board_cases_at_rows rows;
	struct board_cases_at_in in = {.institution = j->in->id,
	                               .level = level,
	                               .stands = stands,
	                               .after_due = j->after_due,
	                               .after_case = j->after_case,
	                               .most = CASES_PAGE + 1};
	if (!board_cases_at_open(tx, &in, &rows, e)) {
		return false;
	}
	while (j->n < CASES_PAGE + 1 && board_cases_at_next(&rows, &j->rows[j->n])) {
		j->n++;
	}
	return board_cases_at_close(&rows, e);
}

/* Rows of the three ways are alike. */
#define KEEP(o)                                                                                           \
	(struct board_cases_at_out)                                                                           \
	{                                                                                                     \
		(o).casefile, (o).party, (o).number, (o).service, (o).handler, (o).level, (o).stands, (o).due_day \
	}

static bool read_service(struct tx *tx, struct cases_job *j, struct err *e)
{
	struct board_cases_of_service_rows rows;
	struct board_cases_of_service_out o;
	struct board_cases_of_service_in in = {.institution = j->in->id,
	                                       .service = j->service,
	                                       .after_due = j->after_due,
	                                       .after_case = j->after_case,
	                                       .most = CASES_PAGE + 1};
	if (!board_cases_of_service_open(tx, &in, &rows, e)) {
		return false;
	}
	while (j->n < CASES_PAGE + 1 && board_cases_of_service_next(&rows, &o)) {
		j->rows[j->n++] = KEEP(o);
	}
	return board_cases_of_service_close(&rows, e);
}

static bool read_official(struct tx *tx, struct cases_job *j, struct err *e)
{
	struct board_cases_of_handler_rows rows;
	struct board_cases_of_handler_out o;
	struct board_cases_of_handler_in in = {.institution = j->in->id,
	                                       .handler = j->official,
	                                       .after_due = j->after_due,
	                                       .after_case = j->after_case,
	                                       .most = CASES_PAGE + 1};
	if (!board_cases_of_handler_open(tx, &in, &rows, e)) {
		return false;
	}
	while (j->n < CASES_PAGE + 1 && board_cases_of_handler_next(&rows, &o)) {
		j->rows[j->n++] = KEEP(o);
	}
	return board_cases_of_handler_close(&rows, e);
}

static bool cases_job(struct tx *tx, void *ctx, struct err *e)
{
	struct cases_job *j = ctx;
	j->n = j->count_n = 0;
	if (!read_counts(tx, j, e) || !inquiry_cards_of(tx, j->in->id, &j->cards, e)) {
		return false;
	}
	if (j->service.n > 0) {
		return read_service(tx, j, e);
	}
	if (j->has_official) {
		return read_official(tx, j, e);
	}
	/* A list of one level goes on from page to page; all alerts together are the first page of each. */
	return strcmp(j->level, "orange") == 0 ? read_level(tx, j, CLOCK_ORANGE, false, e)
	       : strcmp(j->level, "standing") == 0
	           ? read_level(tx, j, CLOCK_GREEN, true, e) && read_level(tx, j, CLOCK_ORANGE, true, e) &&
	                 read_level(tx, j, CLOCK_RED, true, e) && read_level(tx, j, CLOCK_PAST, true, e)
	       : strcmp(j->level, "running") == 0 ? read_level(tx, j, CLOCK_GREEN, false, e)
	       : strcmp(j->level, "red") == 0
	           ? read_level(tx, j, CLOCK_PAST, false, e) && read_level(tx, j, CLOCK_RED, false, e)
	           : read_level(tx, j, CLOCK_PAST, false, e) && read_level(tx, j, CLOCK_RED, false, e) &&
	                 read_level(tx, j, CLOCK_ORANGE, false, e);
}

static struct str name_of(const struct account_list *staff, struct str lang, int64_t account)
{
	for (size_t i = 0; i < staff->n; i++) {
		if (staff->items[i].account == account) {
			return staff->items[i].name;
		}
	}
	return account == 0 ? tr(lang, N_("Nobody yet")) : tr(lang, N_("Somebody who left"));
}

static struct id_text official_text(int64_t account)
{
	return account ? id_text(account) : (struct id_text){"nobody"};
}

static void fill_officials(struct req *r, struct board_view *v, const struct cases_job *j,
                           const struct account_list *staff)
{
	for (size_t i = 0; i < j->count_n; i++) {
		const struct board_count_list_out *c = &j->counts[i];
		struct board_sums sums = {c->running, c->standing, c->orange, c->red, c->past};
		add_part(v->officials, &v->official_n, PARTS_MOST * 8, STR_EMPTY, c->handler, &sums);
	}
	for (size_t i = 0; i < v->official_n; i++) {
		v->officials[i].name = name_of(staff, r->lang, v->officials[i].handler);
		v->officials[i].href = arena_printf(&r->arena, "%.*s?official=%s#cases", STR_ARG(v->base),
		                                    official_text(v->officials[i].handler).c);
	}
	qsort(v->officials, v->official_n, sizeof *v->officials, by_alerts);
	v->official_n = v->official_n < PARTS_MOST * 2 ? v->official_n : PARTS_MOST * 2;
}

static struct str day_text(struct req *r, day_number day)
{
	struct buf b;
	buf_init(&b, 100);
	format_date(&b, r->lang, date_of_day(catalogue_today(r->app)).year, day, DATE_SHORT);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

static void fill_cases(struct req *r, struct board_view *v, const struct cases_job *j, const struct account_list *staff)
{
	const struct calendar *c = j->in->calendar;
	day_number today = zone_local(calendar_zone(c), time_legal_us(&r->app->time)).day;
	for (size_t i = 0; i < j->n && i < CASES_PAGE; i++) {
		const struct board_cases_at_out *o = &j->rows[i];
		/* Days left, today counted; late is negative. */
		int32_t left = calendar_between(c, today - (o->due_day >= today), o->due_day);
		v->cases[v->case_n++] = (struct case_row){
			.href = arena_printf(&r->arena, "%.*s/%s", STR_ARG(v->base), id_text(o->casefile).c),
			.number = o->number.n > 0 ? o->number : arena_copy(&r->arena, str_of(id_text(o->casefile).c)),
			.service = service_name(r, o->service),
			.official = name_of(staff, r->lang, o->handler),
			.stone = {.days_left = left > 0 ? left : left - (left == 0),
		              .is_later = o->due_day > today,
		              .alert = case_alert((enum clock_level)o->level),
		              .is_standing = o->stands},
			.due = day_text(r, o->due_day),
			/* The limit that comes next is the law's, once the promise is past. */
			.note = o->level == CLOCK_PAST && !o->stands ? case_left_by_law(r, c, today, o->due_day) : STR_EMPTY,
		};
	}
}

static bool is_this(const struct tree *t, const struct institution *in, const void *ctx)
{
	(void)t;
	return in == ctx;
}

static void say_list(struct req *r, struct board_view *v, const struct cases_job *j, const struct account_list *staff)
{
	const char *words = strcmp(j->level, "orange") == 0     ? N_("Orange")
	                    : strcmp(j->level, "standing") == 0 ? N_("Standing")
	                    : strcmp(j->level, "running") == 0  ? N_("Running without alert")
	                    : strcmp(j->level, "red") == 0      ? N_("Red")
	                                                        : N_("With an alert");
	v->listing = j->service.n > 0  ? service_name(r, j->service)
	             : j->has_official ? name_of(staff, r->lang, j->official)
	                               : tr(r->lang, words);
	/* Where one index was read, the next page goes on along it. */
	bool goes_on =
		j->service.n > 0 || j->has_official || strcmp(j->level, "orange") == 0 || strcmp(j->level, "running") == 0;
	if (goes_on && j->n > CASES_PAGE) {
		const struct board_cases_at_out *last = &j->rows[CASES_PAGE - 1];
		struct str kind = j->service.n > 0  ? arena_printf(&r->arena, "service=%.*s", STR_ARG(j->service))
		                  : j->has_official ? arena_printf(&r->arena, "official=%s", official_text(j->official).c)
		                                    : arena_printf(&r->arena, "level=%s", j->level);
		v->next_href = arena_printf(&r->arena, "%.*s?%.*s&after=%d.%s#cases", STR_ARG(v->base), STR_ARG(kind),
		                            last->due_day, id_text(last->casefile).c);
	}
}

static void read_after(struct req *r, struct cases_job *j)
{
	struct str day, id;
	uint64_t days = 0;
	j->after_due = INT32_MIN;
	if (str_cut(req_query(r, "after"), '.', &day, &id) && str_to_u64(day, &days) && days < INT32_MAX &&
	    id_parse(id, &j->after_case)) {
		j->after_due = (int32_t)days;
	}
}

bool board_at_get(struct req *r, struct err *e)
{
	static const char *const levels[] = {"orange", "red", "running", "standing"};
	struct supervision at;
	struct board_seen seen;
	struct tree t;
	struct account_list staff;
	const struct institution *in = catalogue_institution_named(r->app, r->path_args[0]);
	struct board_view *v = arena_new(&r->arena, struct board_view, 1);
	struct cases_job *j = arena_new(&r->arena, struct cases_job, 1);
	if (v == NULL || j == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a board");
	}
	if (in == NULL || in->supervises.n > 0) {
		return err_set(e, ERR_NOT_FOUND, "no such institution");
	}
	*j = (struct cases_job){.r = r, .in = in, .level = "", .service = req_query(r, "service")};
	/* Nobody's cases are asked for by a word. */
	j->has_official = str_is(req_query(r, "official"), "nobody") || id_parse(req_query(r, "official"), &j->official);
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (str_is(req_query(r, "level"), levels[i])) {
			j->level = levels[i];
		}
	}
	read_after(r, j);
	if (!supervision_over(r, in->jurisdiction, &at, e) ||
	    !store_read(r->app->store, in->id, &r->arena, cases_job, j, e) ||
	    !people_staff(r->app->store, &r->arena, in->id, &staff, e) || !board_take(r->app, &seen, e)) {
		return false;
	}
	tree_begin(&t, r, v, &seen);
	t.calendar = in->calendar;
	v->office = text_in(&at.office->name, r->lang);
	v->name = text_in(&in->name, r->lang);
	v->yellow = j->cards.yellow;
	v->red = j->cards.red;
	v->base = arena_printf(&r->arena, PATH_BOARD "/at/%.*s", STR_ARG(in->pack_id));
	v->officials = arena_new(&r->arena, struct part_row, PARTS_MOST * 8);
	v->cases = arena_new(&r->arena, struct case_row, CASES_PAGE);
	bool ok = v->officials && v->cases ? roll_up(&t, is_this, in, e) : err_set(e, ERR_MEMORY, "no memory for a board");
	board_release(&seen);
	if (!ok) {
		return false;
	}
	fill_officials(r, v, j, &staff);
	fill_cases(r, v, j, &staff);
	say_list(r, v, j, &staff);
	return show(r, v, in->calendar_id, e);
}

/* --- Live: one line, and the browser asks again two seconds later. No connection is held.
 * --------------------------------------------- */

bool board_live_get(struct req *r, struct err *e)
{
	struct board_seen seen;
	if (!board_take(r->app, &seen, e)) {
		return false;
	}
	buf_printf(&r->out, "retry: 2000\ndata: %lld\n\n", (long long)seen.version);
	board_release(&seen);
	r->content_type = STR("text/event-stream");
	return true;
}
