/* Figures about single officials: the own ones, to which one can object, and the office's, with the ranking of a closed
 * month. A deployment switches them off, or shows them to each alone (app.h: officials_figures). */
#include "app/catalogue/office.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "app/statistics/pages.h"
#include "app/statistics/points.h"
#include "app/statistics/statistics.html.h"
#include "html/translate.h"
#include "store/tx.h"

enum { OBJECTIONS_MOST = 100, WORDS_MOST = 4000 };

struct objections {
	int64_t institution, month;
	struct objections_of_out *items;
	size_t n;
};

static bool objections_job(struct tx *tx, void *ctx, struct err *e)
{
	struct objections *l = ctx;
	struct objections_of_rows rows;
	l->n = 0;
	if (!objections_of_open(tx, &(struct objections_of_in){.institution = l->institution, .month = l->month}, &rows,
	                        e)) {
		return false;
	}
	while (l->n < OBJECTIONS_MOST && objections_of_next(&rows, &l->items[l->n])) {
		l->n++;
	}
	return objections_of_close(&rows, e);
}

/* A month of an office, as both pages read it. */
struct office_month {
	const struct institution *in;
	struct picture p;
	struct closing_get_out closing;
	struct objections objections;
	int64_t day_minutes, now, month;
};

/* Another time than a month is not closed and nobody objects to it: m->month is 0 then. */
static bool read_office(struct req *r, const struct institution *in, day_number from, day_number to,
                        struct office_month *m, struct err *e)
{
	*m = (struct office_month){.in = in, .day_minutes = figures_day_minutes(r, in), .now = figures_this_month(r, in)};
	m->p = (struct picture){.institution = in->id, .from = from, .to = to, .has_officials = true};
	m->month = picture_is_month(&m->p) ? month_of_day(from) : 0;
	m->objections = (struct objections){.institution = in->id,
	                                    .month = m->month,
	                                    .items = arena_new(&r->arena, struct objections_of_out, OBJECTIONS_MOST)};
	if (m->objections.items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for figures");
	}
	return figures_closing(r, in->id, m->month, &m->closing, e) && figures_read(r, &m->p, e) &&
	       store_read(r->app->store, in->id, &r->arena, objections_job, &m->objections, e);
}

static bool read_month(struct req *r, const struct institution *in, struct office_month *m, struct err *e)
{
	int64_t month;
	return figures_month(r, req_has_form(r, "month"), figures_this_month(r, in), &month, e) &&
	       read_office(r, in, month_first_day(month), month_last_day(month), m, e);
}

static struct str number(struct req *r, int64_t n)
{
	return arena_printf(&r->arena, "%lld", (long long)n);
}

static struct str points(struct req *r, int64_t tenths)
{
	return arena_printf(&r->arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

static size_t fill_objections(struct req *r, const struct office_month *m, int64_t of, struct objection_row *rows)
{
	size_t n = 0;
	for (size_t i = 0; i < m->objections.n; i++) {
		const struct objections_of_out *x = &m->objections.items[i];
		struct buf day;
		if (of != 0 && x->official != of) {
			continue;
		}
		buf_init(&day, 200);
		format_date(&day, r->lang, 0, page_local_time(r, x->objected_at).day, DATE_WITH_YEAR);
		rows[n++] = (struct objection_row){.id = arena_printf(&r->arena, "%s", id_text(x->id).c),
		                                   .name = x->name,
		                                   .words = x->words,
		                                   .when = arena_copy(&r->arena, buf_str(&day)),
		                                   .answer = x->answer,
		                                   .answerer = x->answerer,
		                                   .is_open = x->version == 1,
		                                   .is_right = x->is_right};
		buf_release(&day);
	}
	return n;
}

/* --- The own ones --------------------------------------------------------------------------------------------------
 */

static const struct figures *figures_of(const struct picture *p, int64_t official)
{
	static const struct figures none;
	for (size_t i = 0; i < p->official_n; i++) {
		if (p->officials[i].official == official) {
			return &p->officials[i].f;
		}
	}
	return &none;
}

static void tile(struct own_view *v, struct str term, struct str value, struct str note)
{
	v->tiles[v->tile_n++] = (struct figure_tile){.term = term, .value = value, .note = note};
}

static void fill_own(struct req *r, const struct office_month *m, struct own_view *v)
{
	const struct figures *f = figures_of(&m->p, r->viewer->account);
	const struct tr_arg half[] = {TR_O("time", figures_duration(r, f->median, m->day_minutes))};
	const struct tr_arg rated[] = {TR_O("n", number(r, f->n[FIG_RATED_BAD]))};
	const struct tr_arg stood[] = {TR_O("time", figures_duration(r, f->n[FIG_STOOD], m->day_minutes))};
	const struct tr_arg late[] = {TR_O("n", number(r, f->n[FIG_PROMISED] - f->n[FIG_PROMISE_KEPT]))};
	const struct tr_arg refused[] = {TR_O("share", figures_percent(r, f->n[FIG_REFUSED], f->n[FIG_DECIDED]))};
	const struct tr_arg won[] = {TR_O("n", number(r, f->n[FIG_OBJECTIONS_WON]))};
	v->is_empty = f->n[FIG_DECIDED] == 0;
	/* All that the head's table says of this person. */
	tile(v, tr(r->lang, N_("Decided")), number(r, f->n[FIG_DECIDED]),
	     f->n[FIG_TIMED] > 0 ? figures_say(r, N_("Their clocks stood for {time}"), stood, 1) : STR_EMPTY);
	tile(v, tr(r->lang, N_("Promise kept")), figures_percent(r, f->n[FIG_PROMISE_KEPT], f->n[FIG_PROMISED]),
	     figures_say(r, N_("{n} later than promised"), late, 1));
	tile(v, tr(r->lang, N_("Nine of ten, in working days")),
	     f->n[FIG_TIMED] > 0 ? figures_days(r, f->p90, m->day_minutes) : STR("\xe2\x80\x93"),
	     f->n[FIG_TIMED] > 0 ? figures_say(r, N_("Half within {time}"), half, 1) : STR_EMPTY);
	tile(v, tr(r->lang, N_("Corrections asked")), number(r, f->n[FIG_CORRECTIONS]),
	     figures_say(r, N_("{share} of decisions refused"), refused, 1));
	tile(v, tr(r->lang, N_("Opened again")), number(r, f->n[FIG_REOPENED]),
	     figures_say(r, N_("Objections won: {n}"), won, 1));
	tile(v, tr(r->lang, N_("Ratings")), number(r, f->n[FIG_RATINGS]),
	     figures_say(r, N_("1 or 2 of five: {n}"), rated, 1));
	int64_t median = median_of_officials(&r->arena, &m->p, FIG_DECIDED);
	const struct tr_arg args[] = {TR_O("n", number(r, f->n[FIG_DECIDED])), TR_O("median", number(r, median)),
	                              TR_O("points", points(r, points_of(f)))};
	v->compared = figures_say(
		r, N_("You decided {n} cases; the middle of the office is {median}. By the formula that is {points} points."),
		args, 3);
}

static bool show_own(struct req *r, const struct office_month *m, struct own_view *v, struct err *e)
{
	v->r = r;
	v->op = req_new_op(r);
	v->office = text_in(&m->in->name, r->lang);
	v->at = m->in->pack_id;
	v->month = month_text(&r->arena, m->month);
	v->month_name = figures_month_name(r, m->month);
	v->before = figures_month_name(r, m->month - 1);
	v->before_href = arena_printf(&r->arena, "/figures/mine?month=%.*s", STR_ARG(month_text(&r->arena, m->month - 1)));
	if (m->month < m->now) {
		v->after = figures_month_name(r, m->month + 1);
		v->after_href =
			arena_printf(&r->arena, "/figures/mine?month=%.*s", STR_ARG(month_text(&r->arena, m->month + 1)));
	}
	v->is_closed = m->closing.found;
	v->is_off = r->app->officials_figures == OFFICIALS_FIGURES_OFF;
	v->objections = arena_new(&r->arena, struct objection_row, OBJECTIONS_MOST);
	if (v->objections == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for figures");
	}
	v->may_object = !v->is_closed && !v->is_off;
	if (!v->is_off) {
		fill_own(r, m, v);
		v->objection_n = fill_objections(r, m, r->viewer->account, v->objections);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Your figures"),
	                          .current = NAV_FIGURES,
	                          .is_desk = true,
	                          .has_errors = v->error.n > 0,
	                          .back_href = STR(PATH_QUEUE)});
	if (v->error.n > 0) {
		r->status = err_status(ERR_INVALID);
		form_errors(&o, &(struct form_error){.id = STR("words"), .text = v->error}, 1);
	}
	own_figures_page(&o, v);
	page_end(r, &o);
	return true;
}

bool figures_mine_get(struct req *r, struct err *e)
{
	struct office_month m;
	struct own_view v = {0};
	const struct institution *in = office_of_viewer(r, e);
	return in && read_month(r, in, &m, e) && show_own(r, &m, &v, e);
}

static bool object_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct objection_add_in *in = ctx;
	struct closing_get_out closing;
	if (!objection_add(tx, in, e) ||
	    !closing_get(tx, &(struct closing_get_in){.institution = in->institution, .month = in->month}, &closing, e)) {
		return false;
	}
	return !closing.found ||
	       err_tell(e, ERR_CONFLICT, N_("This month is closed: its figures stay."), "the month is closed");
}

bool figures_mine_post(struct req *r, struct err *e)
{
	struct office_month m;
	struct store_op op;
	struct own_view v = {0};
	const struct institution *in = office_of_viewer(r, e);
	if (in == NULL || !read_month(r, in, &m, e)) {
		return false;
	}
	v.words = str_trim(req_form(r, "words"));
	if (v.words.n == 0 || v.words.n > WORDS_MOST) {
		v.error = tr(r->lang, v.words.n == 0 ? N_("Write what is not right.") : N_("Write it in fewer words."));
		return show_own(r, &m, &v, e);
	}
	struct objection_add_in row = {.institution = in->id,
	                               .id = id_in_time(time_legal_us(&r->app->time)),
	                               .month = m.month,
	                               .official = r->viewer->account,
	                               .name = r->viewer->name,
	                               .words = v.words,
	                               .objected_at = time_legal_us(&r->app->time)};
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, in->id, &op, e) &&
	       app_write(r, &op, object_job, &row, e) &&
	       req_redirect(r,
	                    arena_printf(&r->arena, "/figures/mine?month=%.*s", STR_ARG(month_text(&r->arena, m.month))));
}

/* --- The office's ---------------------------------------------------------------------------------------------------
 */

static struct str name_of(struct req *r, const struct account_list *staff, int64_t account)
{
	for (size_t i = 0; i < staff->n; i++) {
		if (staff->items[i].account == account) {
			return staff->items[i].name;
		}
	}
	return tr(r->lang, N_("Somebody who no longer works here"));
}

static bool fill_people(struct req *r, const struct office_month *m, struct people_view *v, struct err *e)
{
	struct account_list staff;
	int64_t unranked[OBJECTIONS_MOST], most = 1, median = median_of_officials(&r->arena, &m->p, FIG_DECIDED);
	size_t unranked_n = 0;
	for (size_t i = 0; i < m->objections.n; i++) {
		if (m->objections.items[i].is_right) {
			unranked[unranked_n++] = m->objections.items[i].official;
		}
	}
	struct ranked *ranked = points_rank(&r->arena, &m->p, unranked, unranked_n);
	v->rows = arena_new(&r->arena, struct official_row, m->p.official_n + 1);
	if (ranked == NULL || v->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for figures");
	}
	if (!people_staff(r->app->store, &r->arena, m->in->id, &staff, e)) {
		return false;
	}
	for (size_t i = 0; i < m->p.official_n; i++) {
		int64_t n = m->p.officials[i].f.n[FIG_DECIDED];
		most = n > most ? n : most;
	}
	for (size_t i = 0; i < m->p.official_n; i++) {
		const struct figures *f = figures_of(&m->p, ranked[i].official);
		bool is_shown = v->is_closed && ranked[i].rank > 0;
		int64_t share = f->n[FIG_DECIDED] * 100 / most;
		struct str name = name_of(r, &staff, ranked[i].official);
		v->rows[v->n++] = (struct official_row){
			.name = name,
			.decided = number(r, f->n[FIG_DECIDED]),
			.share = arena_printf(&r->arena, "%lld%%", (long long)share),
			.id = arena_printf(&r->arena, "%lld%%", (long long)(language_is_rtl(r->lang) ? 100 - share : 0)),
			.mark =
				arena_printf(&r->arena, "%lld%%",
		                     (long long)(language_is_rtl(r->lang) ? 100 - median * 100 / most : median * 100 / most)),
			.kept = figures_percent(r, f->n[FIG_PROMISE_KEPT], f->n[FIG_PROMISED]),
			.corrections = number(r, f->n[FIG_CORRECTIONS]),
			.refused = figures_percent(r, f->n[FIG_REFUSED], f->n[FIG_DECIDED]),
			.stood = f->n[FIG_TIMED] > 0 ? figures_days(r, f->n[FIG_STOOD], m->day_minutes) : STR("\xe2\x80\x93"),
			.reopened = number(r, f->n[FIG_REOPENED]),
			.won = number(r, f->n[FIG_OBJECTIONS_WON]),
			.bad = number(r, f->n[FIG_RATED_BAD]),
			.points = is_shown ? points(r, ranked[i].tenths) : STR("\xe2\x80\x93"),
			.rank = is_shown ? number(r, ranked[i].rank) : STR("\xe2\x80\x93"),
			.is_first = is_shown && ranked[i].rank == 1,
		};
		if (is_shown && ranked[i].rank == 1) {
			v->first = v->first.n > 0 ? arena_printf(&r->arena, "%.*s, %.*s", STR_ARG(v->first), STR_ARG(name)) : name;
			v->first_points = points(r, ranked[i].tenths);
		}
	}
	v->median = number(r, median);
	v->least = v->is_period ? STR_EMPTY : number(r, points_least(median));
	return true;
}

static bool is_mine_to_see(struct req *r)
{
	return r->app->officials_figures == OFFICIALS_FIGURES_SHOWN;
}

static bool show_people(struct req *r, const struct institution *in, const struct office_month *m,
                        const struct time_asked *t, struct people_view *v, struct err *e)
{
	v->r = r;
	v->op = req_new_op(r);
	v->office = text_in(&in->name, r->lang);
	v->at = in->pack_id;
	v->month = month_text(&r->arena, m->month);
	v->time_name = figures_time_name(r, m->p.from, m->p.to);
	v->ratings = figures_ratings_of(r, &m->p);
	v->is_period = m->month == 0;
	v->is_closed = m->closing.found;
	v->is_off = !is_mine_to_see(r);
	v->objections = arena_new(&r->arena, struct objection_row, OBJECTIONS_MOST);
	if (v->objections == NULL || !figures_time_view(r, in, STR("/figures/people"), t, &v->time)) {
		return err_set(e, ERR_MEMORY, "no memory for figures");
	}
	v->objection_n = fill_objections(r, m, 0, v->objections);
	if (!v->is_off && !fill_people(r, m, v, e)) {
		return false;
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("People and ranking"),
	                          .current = NAV_FIGURES,
	                          .is_desk = true,
	                          .has_errors = v->error.n > 0,
	                          .back_href = figures_href(r, in, m->p.from, m->p.to)});
	if (v->error.n > 0) {
		r->status = err_status(ERR_INVALID);
		form_errors(&o, &(struct form_error){.id = STR("answer"), .text = v->error}, 1);
	}
	people_figures_page(&o, v);
	page_end(r, &o);
	return true;
}

bool figures_people_get(struct req *r, struct err *e)
{
	struct sight sight;
	struct office_month m;
	struct time_asked asked;
	struct people_view v = {0};
	if (!figures_sight(r, &sight, e)) {
		return false;
	}
	figures_time(r, false, sight.at, figures_this_month(r, sight.at), &asked);
	if (figures_time_is_wrong(&asked)) {
		return figures_show_wrong(r, sight.at, STR("/figures/people"), &asked, e);
	}
	if (!read_office(r, sight.at, asked.from, asked.to, &m, e)) {
		return false;
	}
	if (m.p.whole_alone != 0) {
		figures_time_is_cut(r, m.p.whole_alone, &asked);
		return figures_show_wrong(r, sight.at, STR("/figures/people"), &asked, e);
	}
	return show_people(r, sight.at, &m, &asked, &v, e);
}

static bool answer_job(struct tx *tx, void *ctx, struct err *e)
{
	return objection_answer(tx, ctx, e);
}

bool figures_people_post(struct req *r, struct err *e)
{
	struct sight sight;
	struct store_op op;
	struct office_month m;
	struct time_asked asked;
	struct people_view v = {.answer = str_trim(req_form(r, "answer")), .is_right = str_is(req_form(r, "right"), "yes")};
	struct objection_answer_in row = {
		.answer = v.answer, .answered_by = r->viewer->account, .answerer = r->viewer->name, .is_right = v.is_right};
	if (!figures_sight(r, &sight, e) || !read_month(r, sight.at, &m, e)) {
		return false;
	}
	if (!id_parse(req_form(r, "objection"), &row.id)) {
		return err_set(e, ERR_BAD_INPUT, "no objection");
	}
	if (row.answer.n == 0 || row.answer.n > WORDS_MOST) {
		v.error =
			tr(r->lang, row.answer.n == 0 ? N_("Write an answer to the objection.") : N_("Write it in fewer words."));
		figures_time(r, true, sight.at, m.month, &asked);
		return show_people(r, sight.at, &m, &asked, &v, e);
	}
	row.institution = sight.at->id;
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, row.institution, &op, e) &&
	       app_write(r, &op, answer_job, &row, e) &&
	       req_redirect(r, arena_printf(&r->arena, "/figures/people?at=%.*s&month=%.*s", STR_ARG(sight.at->pack_id),
	                                    STR_ARG(month_text(&r->arena, m.month))));
}
