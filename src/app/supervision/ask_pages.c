/* An inquiry about a case that no trigger found: from the board, an alert, a complaint. */
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/supervision/about.h"
#include "app/supervision/findings.html.h"
#include "app/supervision/pages.h"
#include "app/supervision/watch.h"
#include "base/legal_clock.h"

enum { QUESTION_CHARS = 2000 };

struct ask {
	const struct institution *at, *office;
	int64_t casefile;
	struct case_watch_get_out row;
	struct str cases;
};

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct ask *in = ctx;
	return case_watch_get(tx, &(struct case_watch_get_in){.institution = in->at->id, .casefile = in->casefile},
	                      &in->row, e);
}

static bool open_case(struct req *r, struct ask *in, struct err *e)
{
	*in = (struct ask){0};
	in->at = supervised_of_path(r, 0, &in->office, e);
	if (in->at == NULL || !req_arg_id(r, 1, &in->casefile, e) ||
	    !store_read(r->app->store, in->at->id, &r->arena, load, in, e)) {
		return false;
	}
	if (!in->row.found) {
		return err_set(e, ERR_NOT_FOUND, "no such case at this institution");
	}
	const struct named_case named = {in->casefile, in->row.party, in->row.number, in->row.start_day,
	                                 in->row.ran_minutes};
	in->cases = named_cases_write(&r->arena, &named, 1);
	return true;
}

static const struct {
	enum tag_sign sign;
	const char *word; /* msgid */
} levels[] = {[CLOCK_GREEN] = {TAG_RUN, N_("In time")},
              [CLOCK_ORANGE] = {TAG_ORANGE, N_("Orange")},
              [CLOCK_RED] = {TAG_RED, N_("Red")},
              [CLOCK_PAST] = {TAG_RED, N_("Past its limit")}};

static bool show(struct req *r, const struct ask *in, struct ask_view *v, struct err *e)
{
	const struct about about = {
		.at = in->at, .service = in->row.service, .cases = in->cases, .official = in->row.handler};
	if (!about_fill(r, &about, &v->about, e)) {
		return false;
	}
	int64_t level = in->row.level;
	bool is_ended = in->row.has_decided_day || level < CLOCK_GREEN || level > CLOCK_PAST;
	v->sign = is_ended ? TAG_DONE : levels[level].sign;
	v->level = is_ended ? N_("Decided") : levels[level].word;
	v->r = r;
	v->action = r->path;
	v->op = req_new_op(r);
	if (v->error.n > 0) {
		r->status = err_status(ERR_INVALID);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Ask the head of the office"),
	                          .current = NAV_BOARD,
	                          .width = PAGE_NOTE,
	                          .has_errors = v->error.n > 0,
	                          .back_href = STR(PATH_BOARD)});
	ask_page(&o, v);
	page_end(r, &o);
	return true;
}

bool ask_about_get(struct req *r, struct err *e)
{
	struct ask in;
	struct ask_view v = {0};
	return open_case(r, &in, e) && show(r, &in, &v, e);
}

bool ask_about_post(struct req *r, struct err *e)
{
	struct ask in;
	struct ask_view v = {.days = req_form(r, "days")};
	struct store_op op;
	if (!open_case(r, &in, e)) {
		return false;
	}
	v.typed = about_words(r, "question", QUESTION_CHARS, &v.error);
	if (v.error.n > 0) {
		return show(r, &in, &v, e);
	}
	const struct inquiry_insert_in row = {.institution = in.at->id,
	                                      .service = in.row.service,
	                                      .official = in.row.handler,
	                                      .cases = in.cases,
	                                      .office = in.office->id,
	                                      .asked_by = r->viewer->account,
	                                      .asked_name = r->viewer->name};
	struct inquiry_begin begin = {
		.row = &row, .words = v.typed, .days = inquiry_days(v.days), .calendar = in.at->calendar};
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, in.at->id, &op, e) &&
	       app_write(r, &op, inquiry_begin_job, &begin, e) && req_redirect(r, inquiry_path(r, in.at, op.result[0]));
}
