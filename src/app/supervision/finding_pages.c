/* Findings before a supervisor: the list over all institutions of the jurisdiction, one with its cases, and the
 * judgement: set aside with a reason, or an inquiry. */
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/supervision/about.h"
#include "app/supervision/findings.html.h"
#include "app/supervision/pages.h"
#include "app/supervision/watch.h"

enum { FINDING_LIST = 50, WORDS_CHARS = 2000 };

/* --- The list
 * ------------------------------------------------------------------------------------------------------------ */

struct found {
	const struct institution *at;
	struct finding_list_out row;
};
struct list {
	const struct institution *at;
	int64_t state, before_us, before_id;
	struct found *rows; /* newest first, one more than a page */
	size_t n;
};

static bool is_newer(const struct finding_list_out *a, const struct finding_list_out *b)
{
	return a->found_at != b->found_at ? a->found_at > b->found_at : a->id > b->id;
}

/* One institution's, put in among what is there already. */
static bool load_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list *in = ctx;
	struct finding_list_rows rows;
	struct finding_list_out row;
	if (!finding_list_open(tx,
	                       &(struct finding_list_in){.institution = in->at->id,
	                                                 .state = in->state,
	                                                 .before_at = in->before_us,
	                                                 .before_id = in->before_id,
	                                                 .most = FINDING_LIST + 1},
	                       &rows, e)) {
		return false;
	}
	while (finding_list_next(&rows, &row) && (in->n <= FINDING_LIST || is_newer(&row, &in->rows[FINDING_LIST].row))) {
		size_t k = in->n <= FINDING_LIST ? in->n++ : FINDING_LIST;
		for (; k > 0 && is_newer(&row, &in->rows[k - 1].row); k--) {
			in->rows[k] = in->rows[k - 1];
		}
		in->rows[k] = (struct found){in->at, row};
	}
	return finding_list_close(&rows, e);
}

static bool load_all(struct req *r, const struct institution *office, struct list *in, struct err *e)
{
	const struct institution *all;
	size_t n = catalogue_institutions(r->app, &all);
	in->rows = arena_new(&r->arena, struct found, FINDING_LIST + 1);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for findings");
	}
	for (size_t i = 0; i < n; i++) {
		in->at = &all[i];
		if (supervision_covers(r->app, office, in->at) &&
		    !store_read(r->app->store, in->at->id, &r->arena, load_list, in, e)) {
			return false;
		}
	}
	return true;
}

static struct str path_of(struct req *r, const struct institution *at, int64_t id)
{
	return arena_printf(&r->arena, PATH_FINDINGS "/%.*s/%s", STR_ARG(at->pack_id), id_text(id).c);
}

static struct str end_of(struct req *r, int64_t state)
{
	return state == FINDING_SET_ASIDE ? tr(r->lang, N_("Set aside"))
	       : state == FINDING_ASKED   ? tr(r->lang, N_("The head was asked"))
	                                  : STR_EMPTY;
}

/* "<moment>.<id>"; anything else begins with the newest. */
static void read_place(struct req *r, struct list *in)
{
	struct str us, id;
	in->before_us = in->before_id = INT64_MAX;
	if (str_cut(req_query(r, "before"), '.', &us, &id) &&
	    !(str_to_i64(us, &in->before_us) && id_parse(id, &in->before_id))) {
		in->before_us = in->before_id = INT64_MAX;
	}
}

bool findings_get(struct req *r, struct err *e)
{
	static const struct {
		const char *word, *title;
	} states[] = {{"open", N_("To judge")}, {"aside", N_("Set aside")}, {"asked", N_("Asked")}};
	struct supervision s;
	struct list in = {.state = FINDING_OPEN};
	struct findings_view v = {.r = r, .page_size = FINDING_LIST};
	if (!supervision_of_viewer(r, &s, e)) {
		return false;
	}
	for (int64_t i = 0; i < 3; i++) {
		if (str_is(req_query(r, "state"), states[i].word)) {
			in.state = FINDING_OPEN + i;
		}
	}
	for (int64_t i = 0; i < 3; i++) {
		v.states[i] = (struct chip){
			.href = arena_printf(&r->arena, PATH_FINDINGS "?state=%s", states[i].word),
			.text = tr(r->lang, states[i].title),
			.is_current = in.state == FINDING_OPEN + i,
		};
	}
	read_place(r, &in);
	if (!load_all(r, s.office, &in, e)) {
		return false;
	}
	struct finding_row *rows = arena_new(&r->arena, struct finding_row, FINDING_LIST);
	for (size_t i = 0; rows && i < in.n && i < FINDING_LIST; i++) {
		const struct found *f = &in.rows[i];
		struct named_case named[NAMED_MOST];
		size_t n;
		if (!named_cases_read(&r->arena, f->row.cases, named, &n, e)) {
			return false;
		}
		rows[v.n++] = (struct finding_row){
			.href = path_of(r, f->at, f->row.id),
			.title = about_title(r, f->row.sign),
			.said = about_said(r, f->row.sign, f->row.figure),
			.office = text_in(&f->at->name, r->lang),
			.number = f->row.casefile && n > 0 ? named[0].number : STR_EMPTY,
			.when = page_moment(r, f->row.found_at),
			.end = end_of(r, f->row.state),
		};
	}
	if (in.n > FINDING_LIST) {
		const struct finding_list_out *last = &in.rows[FINDING_LIST - 1].row;
		v.next_href = arena_printf(&r->arena, "%.*s&before=%lld.%s", STR_ARG(v.states[in.state - FINDING_OPEN].href),
		                           (long long)last->found_at, id_text(last->id).c);
	}
	v.rows = rows;
	v.office = text_in(&s.office->name, r->lang);
	v.is_open = in.state == FINDING_OPEN;
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Findings"), .current = NAV_BOARD, .is_desk = true});
	findings_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- One of them
 * --------------------------------------------------------------------------------------------------------- */

struct one {
	const struct institution *at, *office;
	int64_t id;
	struct finding_get_out row;
};

static bool load_one(struct tx *tx, void *ctx, struct err *e)
{
	struct one *in = ctx;
	return finding_get(tx, &(struct finding_get_in){.institution = in->at->id, .id = in->id}, &in->row, e);
}

static bool open_one(struct req *r, struct one *in, struct err *e)
{
	*in = (struct one){0};
	in->at = supervised_of_path(r, 0, &in->office, e);
	if (in->at == NULL || !req_arg_id(r, 1, &in->id, e) ||
	    !store_read(r->app->store, in->at->id, &r->arena, load_one, in, e)) {
		return false;
	}
	return in->row.found || err_set(e, ERR_NOT_FOUND, "no such finding");
}

static bool show(struct req *r, const struct one *in, struct finding_view *v, struct err *e)
{
	const struct about about = {.at = in->at,
	                            .rule = in->row.sign,
	                            .service = in->row.service,
	                            .cases = in->row.cases,
	                            .official = in->row.official,
	                            .figure = in->row.figure,
	                            .when_us = in->row.found_at};
	if (!about_fill(r, &about, &v->about, e)) {
		return false;
	}
	v->r = r;
	v->action = path_of(r, in->at, in->id);
	v->op = req_new_op(r);
	v->is_open = in->row.state == FINDING_OPEN;
	v->words = in->row.words;
	if (!v->is_open) {
		const struct tr_arg args[] = {TR_S("name", in->row.judged_name),
		                              TR_O("when", page_moment(r, in->row.judged_at))};
		struct buf b;
		buf_init(&b, 1024);
		tr_put_plain(&b,
		             tr(r->lang, in->row.state == FINDING_SET_ASIDE ? N_("{name} set it aside on {when}.")
		                                                            : N_("{name} asked the head on {when}.")),
		             args, 2);
		v->end = arena_copy(&r->arena, buf_str(&b));
		buf_release(&b);
	}
	if (in->row.inquiry != 0) {
		v->inquiry_href = inquiry_path(r, in->at, in->row.inquiry);
	}
	bool has_errors = v->error.n > 0 || v->aside_error.n > 0;
	if (has_errors) {
		r->status = err_status(ERR_INVALID);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v->about.title,
	                          .current = NAV_BOARD,
	                          .width = PAGE_NOTE,
	                          .has_errors = has_errors,
	                          .back_href = STR(PATH_FINDINGS)});
	finding_page(&o, v);
	page_end(r, &o);
	return true;
}

bool finding_get_page(struct req *r, struct err *e)
{
	struct one in;
	struct finding_view v = {0};
	return open_one(r, &in, e) && show(r, &in, &v, e);
}

bool finding_aside_post(struct req *r, struct err *e)
{
	struct one in;
	struct finding_view v = {0};
	struct store_op op;
	if (!open_one(r, &in, e)) {
		return false;
	}
	v.aside_typed = about_words(r, "reason", WORDS_CHARS, &v.aside_error);
	if (v.aside_error.n > 0) {
		return show(r, &in, &v, e);
	}
	struct finding_aside aside = {.institution = in.at->id,
	                              .id = in.id,
	                              .version = in.row.version,
	                              .account = r->viewer->account,
	                              .name = r->viewer->name,
	                              .words = v.aside_typed};
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, in.at->id, &op, e) &&
	       app_write(r, &op, finding_aside_job, &aside, e) && req_redirect(r, STR(PATH_FINDINGS));
}

bool finding_ask_post(struct req *r, struct err *e)
{
	struct one in;
	struct finding_view v = {.days = req_form(r, "days")};
	struct store_op op;
	if (!open_one(r, &in, e)) {
		return false;
	}
	v.typed = about_words(r, "question", WORDS_CHARS, &v.error);
	if (v.error.n > 0) {
		return show(r, &in, &v, e);
	}
	const struct inquiry_insert_in row = {.institution = in.at->id,
	                                      .finding = in.id,
	                                      .sign = in.row.sign,
	                                      .service = in.row.service,
	                                      .official = in.row.official,
	                                      .cases = in.row.cases,
	                                      .office = in.office->id,
	                                      .asked_by = r->viewer->account,
	                                      .asked_name = r->viewer->name};
	struct inquiry_begin begin = {.row = &row,
	                              .finding_version = in.row.version,
	                              .words = v.typed,
	                              .days = inquiry_days(v.days),
	                              .calendar = in.at->calendar};
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, in.at->id, &op, e) &&
	       app_write(r, &op, inquiry_begin_job, &begin, e) && req_redirect(r, inquiry_path(r, in.at, op.result[0]));
}
