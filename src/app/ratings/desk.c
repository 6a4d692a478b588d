/* The office: what was said of it, the loops that bad ratings opened, and the appeals that others judge. */
#include "app/access/access.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "app/ratings/occasion.h"
#include "app/ratings/ratings.html.h"
#include "app/supervision/office.h"
#include "html/translate.h"

enum { APPEALS_MOST = 100, JUDGED_MOST = 64 };

/* --- The list --- */

struct list {
	int64_t institution, before;
	bool is_open;
	struct rating_line_page_out *rows; /* one more than a page */
	size_t n;
};

static bool load_open(struct tx *tx, struct list *in, int64_t state, struct err *e)
{
	struct rating_line_by_due_rows rows;
	struct rating_line_by_due_out q;
	if (!rating_line_by_due_open(
			tx, &(struct rating_line_by_due_in){.institution = in->institution, .state = state, .most = RATING_LIST},
			&rows, e)) {
		return false;
	}
	while (in->n < RATING_LIST && rating_line_by_due_next(&rows, &q)) {
		in->rows[in->n++] = (struct rating_line_page_out){
			.rating = q.rating,
			.service = q.service,
			.occasion = q.occasion,
			.month = q.month,
			.level = q.level,
			.has_words = q.has_words,
			.handler = q.handler,
			.state = q.state,
			.due = q.due,
		};
	}
	return rating_line_by_due_close(&rows, e);
}

static bool load_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list *in = ctx;
	struct rating_line_page_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct rating_line_page_out, RATING_LIST + 1);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of ratings");
	}
	if (in->is_open) {
		return load_open(tx, in, RATING_OPEN, e) && load_open(tx, in, RATING_CONTACTED, e) &&
		       load_open(tx, in, RATING_APPEALED, e);
	}
	if (!rating_line_page_open(tx,
	                           &(struct rating_line_page_in){
								   .institution = in->institution, .before = in->before, .most = RATING_LIST + 1},
	                           &rows, e)) {
		return false;
	}
	while (in->n <= RATING_LIST && rating_line_page_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return rating_line_page_close(&rows, e);
}

static enum tag_sign sign_of(int64_t state)
{
	static const enum tag_sign signs[RATING_STATE_END] = {
		[RATING_SETTLED] = TAG_DONE,  [RATING_OPEN] = TAG_NEW,      [RATING_CONTACTED] = TAG_RUN,
		[RATING_REMEDIED] = TAG_DONE, [RATING_APPEALED] = TAG_WAIT, [RATING_STRUCK] = TAG_NO,
	};
	return signs[state > 0 && state < RATING_STATE_END ? state : RATING_SETTLED];
}

/* Working days left, today counted, as on cases. */
static struct day_stone stone_of(struct req *r, const struct institution *in, day_number due)
{
	day_number today = zone_local(calendar_zone(in->calendar), time_legal_us(&r->app->time)).day;
	int32_t left =
		today <= due ? calendar_between(in->calendar, today - 1, due) : -calendar_between(in->calendar, due, today);
	return (struct day_stone){.days_left = left,
	                          .alert = left <= 1   ? ALERT_RED
	                                   : left <= 2 ? ALERT_ORANGE
	                                               : ALERT_NONE};
}

bool desk_ratings_get(struct req *r, struct err *e)
{
	struct rating_list_view v = {.is_all = str_is(req_query(r, "view"), "all"), .is_judge = ratings_is_judge(r)};
	if (!offices_of_viewer(r, &v.offices, e)) {
		return false;
	}
	const struct institution *at = v.offices.items[v.offices.at];
	struct list in = {.institution = at->id, .is_open = !v.is_all, .before = INT64_MAX};
	if (!id_parse(req_query(r, "before"), &in.before)) {
		in.before = INT64_MAX;
	}
	if (!store_read(r->app->store, at->id, &r->arena, load_list, &in, e)) {
		return false;
	}
	struct rating_row *rows = arena_new(&r->arena, struct rating_row, RATING_LIST);
	for (size_t i = 0; rows && i < in.n && i < RATING_LIST; i++) {
		const struct rating_line_page_out *q = &in.rows[i];
		rows[v.n++] = (struct rating_row){
			.href = arena_printf(&r->arena, PATH_DESK_RATINGS "/%s", id_text(q->rating).c),
			.service = rating_service(r, q->service),
			.level = tr(r->lang, rating_level_word(q->level)),
			.what = tr(r->lang, rating_what_word((enum rating_occasion)q->occasion)),
			.month = rating_month_text(r, q->month),
			.state = tr(r->lang, rating_state_word(q->state, true)),
			.sign = sign_of(q->state),
			.has_words = q->has_words,
			.is_due = q->due != 0,
			.stone = q->due != 0 ? stone_of(r, at, q->due) : (struct day_stone){0},
		};
	}
	v.rows = rows;
	if (v.is_all && in.n > RATING_LIST) {
		v.next_href = arena_printf(&r->arena, PATH_DESK_RATINGS "?view=all&before=%s",
		                           id_text(in.rows[RATING_LIST - 1].rating).c);
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Ratings"), .current = NAV_QUEUE, .is_desk = true});
	rating_list_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- One of them --- */

struct find {
	int64_t institution, rating;
	struct rating_line_get_out row;
};

static bool find(struct tx *tx, void *ctx, struct err *e)
{
	struct find *in = ctx;
	return rating_line_get(tx, &(struct rating_line_get_in){.institution = in->institution, .rating = in->rating},
	                       &in->row, e);
}

/* Of this institution. The look is recorded before anything is read. */
static bool open_one(struct req *r, const struct institution *at, int64_t id, struct rating_read *out, struct err *e)
{
	struct find in = {.institution = at->id, .rating = id};
	if (!store_read(r->app->store, at->id, &r->arena, find, &in, e)) {
		return false;
	}
	if (!in.row.found) {
		return err_tell(e, ERR_NOT_FOUND, N_("Nobody rated your office so."), "no such rating of this institution");
	}
	if (viewer_acts_for(r->viewer, in.row.party) != NULL) {
		return err_tell(e, ERR_FORBIDDEN, N_("This is your own rating. A colleague answers it."),
		                "an official who acts for who rated");
	}
	if (!rating_read(r, in.row.party, id, false, out, e)) {
		return false;
	}
	return (out->row.found && out->institution != NULL) || err_set(e, ERR_NOT_FOUND, "a line without its rating");
}

struct person {
	int64_t party;
	struct str name;
};

static bool load_name(struct tx *tx, void *ctx, struct err *e)
{
	struct person *p = ctx;
	return people_name(tx, p->party, &p->name, e);
}

static bool show(struct req *r, const struct rating_read *t, struct rating_desk_view *v, struct str back, struct err *e)
{
	const struct rating_get_out *row = &t->row;
	bool is_own = row->handler == r->viewer->account;
	v->service = rating_service(r, row->service);
	v->office = text_in(&t->institution->name, r->lang);
	v->level = tr(r->lang, rating_level_word(row->level));
	v->what = tr(r->lang, rating_what_word((enum rating_occasion)row->occasion));
	v->month = rating_month_text(r, row->month);
	v->state = tr(r->lang, rating_state_word(row->state, true));
	v->sign = sign_of(row->state);
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->said = t->said;
	v->said_n = t->said_n;
	v->contact_by = row->state == RATING_OPEN ? row->contact_by : 0;
	v->remedy_by = rating_move_fits(RATE_REMEDIED, row->state) ? row->remedy_by : 0;
	v->is_about_viewer = is_own && rating_move_fits(RATE_ANSWERED, row->state) && !v->may_judge;
	if (!v->may_judge && !is_own) {
		v->may_write = rating_move_fits(RATE_REMEDIED, row->state);
		v->may_appeal = v->may_write && row->appealed_by == 0;
	}
	if (row->is_named && !v->may_judge) {
		struct person p = {.party = row->party};
		if (!access_look(r, row->party, row->casefile, row->institution, ACCESS_RATING, e) ||
		    !store_read(r->app->store, row->party, &r->arena, load_name, &p, e)) {
			return false;
		}
		v->name = p.name;
		v->case_href = arena_printf(&r->arena, PATH_QUEUE "/%s", id_text(row->casefile).c);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Rating"),
	                          .current = NAV_QUEUE,
	                          .width = PAGE_NOTE,
	                          .has_errors = v->error.n > 0,
	                          .back_href = back});
	rating_desk_page(&o, v);
	page_end(r, &o);
	return true;
}

static struct str path_of(struct req *r, int64_t id)
{
	return arena_printf(&r->arena, PATH_DESK_RATINGS "/%s", id_text(id).c);
}

bool desk_rating_get(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	struct rating_read t;
	int64_t id;
	if (at == NULL || !req_arg_id(r, 0, &id, e) || !open_one(r, at, id, &t, e)) {
		return false;
	}
	struct rating_desk_view v = {.action = path_of(r, id)};
	return show(r, &t, &v, STR(PATH_DESK_RATINGS), e);
}

/* The move that the pressed button means; RATING_MOVE_COUNT: none. */
static enum rating_move pressed(struct req *r, const struct rating_get_out *row)
{
	struct str what = req_form(r, "do");
	if (str_is(what, "write")) {
		return row->has_contacted_at ? RATE_WRITTEN : RATE_CONTACTED;
	}
	return str_is(what, "remedied")  ? RATE_REMEDIED
	       : str_is(what, "appeal")  ? RATE_APPEALED
	       : str_is(what, "uphold")  ? RATE_UPHELD
	       : str_is(what, "dismiss") ? RATE_DISMISSED
	                                 : RATING_MOVE_COUNT;
}

static bool carry_out(struct req *r, const struct rating_read *t, enum rating_move move, struct str text,
                      struct str back, struct err *e)
{
	struct rating_change in = {
		.party = t->row.party,
		.id = t->row.id,
		.version = t->row.version,
		.move = move,
		.actor = r->viewer->account,
		.name = r->viewer->name,
		.text = text,
		.institution = t->institution,
	};
	struct store_op op;
	if (!app_op(r, in.party, &op, e) || !app_write(r, &op, rating_change_job, &in, e)) {
		return app_was_done(r, in.party) ? req_redirect(r, back) : false;
	}
	return req_redirect(r, back);
}

bool desk_rating_post(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	struct rating_read t;
	int64_t id;
	struct str text = str_trim(req_form(r, "text")), error = STR_EMPTY;
	if (at == NULL || !req_arg_id(r, 0, &id, e) || !open_one(r, at, id, &t, e)) {
		return false;
	}
	enum rating_move move = pressed(r, &t.row);
	if (move == RATING_MOVE_COUNT || move == RATE_UPHELD || move == RATE_DISMISSED) {
		return err_set(e, ERR_BAD_INPUT, "no such button");
	}
	if (t.row.handler == r->viewer->account) {
		return err_tell(e, ERR_FORBIDDEN, N_("This is about your own work. A colleague answers it."),
		                "the rated official works the loop");
	}
	if (!rating_text_is_right(r, text, &error)) {
		struct rating_desk_view v = {.action = path_of(r, id), .text = text, .error = error};
		r->status = 422;
		return show(r, &t, &v, STR(PATH_DESK_RATINGS), e);
	}
	return carry_out(r, &t, move, text, path_of(r, id), e);
}

/* --- Appeals: judged by somebody outside of the office, in its jurisdiction or above --- */

/* The jurisdiction in which a role lets its holder judge; empty: none. */
static struct str judged_by(struct req *r, const struct viewer_role *role)
{
	const struct institution *own = catalogue_institution(r->app, role->institution);
	return own == NULL                     ? STR_EMPTY
	       : role->kind == ROLE_SUPERVISOR ? own->supervises
	       : role->kind == ROLE_HEAD       ? own->jurisdiction
	                                       : STR_EMPTY;
}

bool ratings_is_judge(struct req *r)
{
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		if (judged_by(r, &r->viewer->roles[i]).n > 0) {
			return true;
		}
	}
	return false;
}

bool ratings_may_judge(struct req *r, const struct institution *in)
{
	const struct viewer *v = r->viewer;
	if (viewer_has_role(v, ROLE_OFFICIAL, in->id) || viewer_has_role(v, ROLE_HEAD, in->id)) {
		return false;
	}
	for (size_t i = 0; i < v->role_n; i++) {
		struct str own = judged_by(r, &v->roles[i]);
		if (own.n > 0 && jurisdiction_is_within(r->app, in->jurisdiction, own)) {
			return true;
		}
	}
	return false;
}

struct appeals {
	struct rating_appeal_page_out *rows;
	size_t n;
};

static bool load_appeals(struct tx *tx, void *ctx, struct err *e)
{
	struct appeals *in = ctx;
	struct rating_appeal_page_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct rating_appeal_page_out, APPEALS_MOST);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for appeals");
	}
	if (!rating_appeal_page_open(
			tx, &(struct rating_appeal_page_in){.jurisdiction = tx_route(tx), .most = APPEALS_MOST}, &rows, e)) {
		return false;
	}
	while (in->n < APPEALS_MOST && rating_appeal_page_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return rating_appeal_page_close(&rows, e);
}

static struct str appeal_path(struct req *r, const struct institution *in, int64_t id)
{
	return arena_printf(&r->arena, PATH_DESK_APPEALS "/%.*s/%s", STR_ARG(in->pack_id), id_text(id).c);
}

/* Does any of the viewer's roles reach this jurisdiction? */
static bool reaches(struct req *r, struct str jurisdiction)
{
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		struct str own = judged_by(r, &r->viewer->roles[i]);
		if (own.n > 0 && jurisdiction_is_within(r->app, jurisdiction, own)) {
			return true;
		}
	}
	return false;
}

bool appeals_get(struct req *r, struct err *e)
{
	const struct jurisdiction *list;
	size_t n = catalogue_jurisdictions(r->app, &list);
	struct rating_list_view v = {.is_judge = true};
	struct rating_row *rows = arena_new(&r->arena, struct rating_row, APPEALS_MOST);
	if (!ratings_is_judge(r)) {
		return err_tell(e, ERR_FORBIDDEN, N_("You judge no appeals."), "no role that judges");
	}
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for appeals");
	}
	for (size_t i = 0; i < n && v.n < APPEALS_MOST; i++) {
		struct appeals in = {0};
		if (!reaches(r, list[i].pack_id)) {
			continue;
		}
		if (!store_read(r->app->store, ratings_judges(list[i].pack_id), &r->arena, load_appeals, &in, e)) {
			return false;
		}
		for (size_t k = 0; k < in.n && v.n < APPEALS_MOST; k++) {
			const struct institution *at = catalogue_institution(r->app, in.rows[k].institution);
			if (at == NULL || !ratings_may_judge(r, at)) {
				continue;
			}
			rows[v.n++] = (struct rating_row){
				.href = appeal_path(r, at, in.rows[k].rating),
				.service = rating_service(r, in.rows[k].service),
				.office = text_in(&at->name, r->lang),
				.level = tr(r->lang, rating_level_word(in.rows[k].level)),
				.state = tr(r->lang, rating_state_word(RATING_APPEALED, true)),
				.sign = sign_of(RATING_APPEALED),
			};
		}
	}
	v.rows = rows;
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Appeals against ratings"), .current = NAV_QUEUE, .is_desk = true});
	appeal_list_page(&o, &v);
	page_end(r, &o);
	return true;
}

static bool open_appeal(struct req *r, struct rating_read *t, struct rating_desk_view *v, struct err *e)
{
	const struct institution *in = catalogue_institution_named(r->app, r->path_args[0]);
	int64_t id;
	*v = (struct rating_desk_view){.may_judge = true};
	if (!req_arg_id(r, 1, &id, e)) {
		return false;
	}
	if (in == NULL || !ratings_may_judge(r, in)) {
		return err_tell(e, ERR_FORBIDDEN, N_("You judge no appeals of this office."), "no judge of this institution");
	}
	if (!open_one(r, in, id, t, e)) {
		return false;
	}
	v->action = appeal_path(r, in, id);
	return rating_move_fits(RATE_UPHELD, t->row.state) || app_was_done(r, t->row.party) ||
	       err_tell(e, ERR_CONFLICT, N_("This appeal was judged already."), "no open appeal");
}

bool appeal_get(struct req *r, struct err *e)
{
	struct rating_read t;
	struct rating_desk_view v;
	return open_appeal(r, &t, &v, e) && show(r, &t, &v, STR(PATH_DESK_APPEALS), e);
}

bool appeal_post(struct req *r, struct err *e)
{
	struct rating_read t;
	struct rating_desk_view v;
	struct str text = str_trim(req_form(r, "text"));
	if (!open_appeal(r, &t, &v, e)) {
		return false;
	}
	enum rating_move move = pressed(r, &t.row);
	if (move != RATE_UPHELD && move != RATE_DISMISSED) {
		return err_set(e, ERR_BAD_INPUT, "no such button");
	}
	if (!rating_text_is_right(r, text, &v.error)) {
		v.text = text;
		r->status = 422;
		return show(r, &t, &v, STR(PATH_DESK_APPEALS), e);
	}
	return carry_out(r, &t, move, text, STR(PATH_DESK_APPEALS), e);
}
