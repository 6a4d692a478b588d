/* Who answers: the institution's questions, the answer, and what of it becomes a service's page. */
#include "app/access/access.h"
#include "app/catalogue/office.h"
#include "app/enquiries/enquiries.h"
#include "app/enquiries/enquiries.html.h"
#include "app/enquiries/thread.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "html/translate.h"

enum { FAQ_LIST_MAX = 100, FAQ_CHARS = 1000 };

static struct str path_of(struct req *r, int64_t id, const char *more)
{
	return arena_printf(&r->arena, PATH_DESK_QUESTIONS "/%s%s", id_text(id).c, more);
}

/* --- The list --- */

struct list {
	int64_t institution, after;
	enum enquiry_state state;
	struct enquiry_queue_page_out *rows; /* one more than a page */
	size_t n;
};

static bool load_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list *in = ctx;
	struct enquiry_queue_page_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct enquiry_queue_page_out, ENQUIRY_LIST + 1);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of enquiries");
	}
	if (!enquiry_queue_page_open(
			tx,
			&(struct enquiry_queue_page_in){
				.institution = in->institution, .state = in->state, .after = in->after, .most = ENQUIRY_LIST + 1},
			&rows, e)) {
		return false;
	}
	while (in->n <= ENQUIRY_LIST && enquiry_queue_page_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return enquiry_queue_page_close(&rows, e);
}

bool desk_questions_get(struct req *r, struct err *e)
{
	struct desk_list_view v = {.is_answered = str_is(req_query(r, "view"), "answered")};
	if (!offices_of_viewer(r, &v.offices, e)) {
		return false;
	}
	const struct institution *at = v.offices.items[v.offices.at];
	struct list in = {.institution = at->id, .state = v.is_answered ? ENQUIRY_ANSWERED : ENQUIRY_ASKED};
	if (!id_parse(req_query(r, "after"), &in.after)) {
		in.after = 0;
	}
	if (!store_read(r->app->store, at->id, &r->arena, load_list, &in, e)) {
		return false;
	}
	v.list.items = arena_new(&r->arena, struct question_row, ENQUIRY_LIST);
	for (size_t i = 0; v.list.items && i < in.n && i < ENQUIRY_LIST; i++) {
		v.list.items[v.list.n++] = (struct question_row){
			.href = path_of(r, in.rows[i].enquiry, ""),
			.about = thread_about(r, in.rows[i].service, at->id),
			.when = page_moment(r, in.rows[i].changed_at),
			.name = in.rows[i].name,
			.is_answered = v.is_answered,
		};
	}
	if (in.n > ENQUIRY_LIST) {
		v.next_href = arena_printf(&r->arena, PATH_DESK_QUESTIONS "?%safter=%s", v.is_answered ? "view=answered&" : "",
		                           id_text(in.rows[ENQUIRY_LIST - 1].enquiry).c);
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Questions"), .current = NAV_QUEUE, .is_desk = true});
	desk_list_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- One of them --- */

struct find {
	int64_t institution, enquiry;
	struct enquiry_queue_get_out row;
};

static bool find(struct tx *tx, void *ctx, struct err *e)
{
	struct find *in = ctx;
	return enquiry_queue_get(tx, &(struct enquiry_queue_get_in){.institution = in->institution, .enquiry = in->enquiry},
	                         &in->row, e);
}

/* The look is recorded before anything is read. */
static bool open_one(struct req *r, const struct institution **at, struct thread *t, struct err *e)
{
	struct find in = {0};
	*at = office_of_viewer(r, e);
	if (*at == NULL || !req_arg_id(r, 0, &in.enquiry, e)) {
		return false;
	}
	in.institution = (*at)->id;
	if (!store_read(r->app->store, in.institution, &r->arena, find, &in, e)) {
		return false;
	}
	if (!in.row.found) {
		return err_tell(e, ERR_NOT_FOUND, N_("Your office was not asked this."),
		                "no such enquiry for this institution");
	}
	if (viewer_acts_for(r->viewer, in.row.party) != NULL) {
		return err_tell(e, ERR_FORBIDDEN, N_("You asked this yourself. A colleague answers it."),
		                "an official who acts for who asks");
	}
	return access_look(r, in.row.party, in.enquiry, in.institution, ACCESS_ENQUIRY, e) &&
	       thread_read(r, in.row.party, in.enquiry, t, e);
}

static void show(struct req *r, const struct thread *t, struct str text, struct str error)
{
	struct thread_view v = {.text = text, .error = error, .action = path_of(r, t->row.id, ""), .is_desk = true};
	thread_fill(r, t, &v);
	if (t->row.service.n > 0 && v.is_answered) {
		v.propose_href = path_of(r, t->row.id, "/page");
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v.about,
	                          .current = NAV_QUEUE,
	                          .width = PAGE_NOTE,
	                          .has_errors = error.n > 0,
	                          .back_href = STR(PATH_DESK_QUESTIONS)});
	thread_page(&o, &v);
	page_end(r, &o);
}

bool desk_question_get(struct req *r, struct err *e)
{
	const struct institution *at;
	struct thread t;
	if (!open_one(r, &at, &t, e)) {
		return false;
	}
	show(r, &t, STR_EMPTY, STR_EMPTY);
	return true;
}

bool desk_question_post(struct req *r, struct err *e)
{
	const struct institution *at;
	struct thread t;
	struct str text = str_trim(req_form(r, "text")), error = STR_EMPTY;
	if (!open_one(r, &at, &t, e)) {
		return false;
	}
	if (!thread_text_is_right(r, text, &error)) {
		r->status = 422;
		show(r, &t, text, error);
		return true;
	}
	struct enquiry_say say = {
		.party = t.row.party,
		.id = t.row.id,
		.version = t.row.version,
		.actor = r->viewer->account,
		.name = r->viewer->name,
		.text = text,
		.is_office = true,
	};
	struct store_op op;
	if (!app_op(r, say.party, &op, e) || !app_write(r, &op, enquiry_say_job, &say, e)) {
		return app_was_done(r, say.party) ? req_redirect(r, path_of(r, t.row.id, "")) : false;
	}
	return req_redirect(r, path_of(r, t.row.id, ""));
}

/* --- For the service's page --- */

static void show_propose(struct req *r, const struct thread *t, struct propose_view *v)
{
	v->action = path_of(r, t->row.id, "/page");
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("For the service's page"),
	                          .current = NAV_QUEUE,
	                          .width = PAGE_FORM,
	                          .has_errors = v->error.n > 0,
	                          .back_href = path_of(r, t->row.id, "")});
	propose_page(&o, v);
	page_end(r, &o);
}

bool desk_propose_get(struct req *r, struct err *e)
{
	const struct institution *at;
	struct thread t;
	struct propose_view v = {0};
	if (!open_one(r, &at, &t, e)) {
		return false;
	}
	/* Empty: what was said is somebody's, and what stands on the page must be nobody's. */
	show_propose(r, &t, &v);
	return true;
}

static bool is_whole(struct str question, struct str answer)
{
	return (question.n > 0) == (answer.n > 0) && str_runes(question) <= FAQ_CHARS && str_runes(answer) <= FAQ_CHARS;
}

bool desk_propose_post(struct req *r, struct err *e)
{
	const struct institution *at;
	struct thread t;
	if (!open_one(r, &at, &t, e)) {
		return false;
	}
	struct propose_view v = {
		.question_en = str_trim(req_form(r, "question_en")),
		.answer_en = str_trim(req_form(r, "answer_en")),
		.question_zh = str_trim(req_form(r, "question_zh")),
		.answer_zh = str_trim(req_form(r, "answer_zh")),
	};
	bool has_any = v.question_en.n > 0 || v.question_zh.n > 0;
	if (!has_any || !is_whole(v.question_en, v.answer_en) || !is_whole(v.question_zh, v.answer_zh)) {
		v.error =
			tr(r->lang, N_("Write question and answer, in one language or in both, at most 1,000 characters each."));
		r->status = 422;
		show_propose(r, &t, &v);
		return true;
	}
	struct faq_propose p = {
		.institution = at->id,
		.id = id_in_time(time_legal_us(&r->app->time)),
		.proposed_by = r->viewer->account,
		.service = t.row.service,
		.proposed_name = r->viewer->name,
		.question_en = v.question_en,
		.answer_en = v.answer_en,
		.question_zh = v.question_zh,
		.answer_zh = v.answer_zh,
	};
	struct store_op op;
	return app_op(r, at->id, &op, e) && app_write(r, &op, faq_propose_job, &p, e) &&
	       req_redirect(r, STR(PATH_DESK_ANSWERS));
}

struct answers_load {
	int64_t institution;
	struct faq_of_office_out *rows;
	size_t n;
};

static bool load_answers(struct tx *tx, void *ctx, struct err *e)
{
	struct answers_load *in = ctx;
	struct faq_of_office_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct faq_of_office_out, FAQ_LIST_MAX);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of answers");
	}
	if (!faq_of_office_open(tx, &(struct faq_of_office_in){.institution = in->institution, .most = FAQ_LIST_MAX}, &rows,
	                        e)) {
		return false;
	}
	while (in->n < FAQ_LIST_MAX && faq_of_office_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return faq_of_office_close(&rows, e);
}

bool desk_answers_get(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	if (at == NULL) {
		return false;
	}
	struct answers_load in = {.institution = at->id};
	if (!store_read(r->app->store, at->id, &r->arena, load_answers, &in, e)) {
		return false;
	}
	struct proposal_view *items = arena_new(&r->arena, struct proposal_view, in.n + 1);
	struct proposals_view v = {.csrf = r->csrf, .items = items};
	for (size_t i = 0; items && i < in.n; i++) {
		const struct faq_of_office_out *f = &in.rows[i];
		items[v.n++] = (struct proposal_view){
			.service = thread_about(r, f->service, at->id),
			.who = f->proposed_name,
			.action = arena_printf(&r->arena, PATH_DESK_ANSWERS "/%s", id_text(f->id).c),
			.op = req_new_op(r),
			.question_en = f->question_en,
			.answer_en = f->answer_en,
			.question_zh = f->question_zh,
			.answer_zh = f->answer_zh,
			.is_published = f->state == FAQ_PUBLISHED,
			.is_own = f->proposed_by == r->viewer->account,
		};
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Answers for the pages"),
	                          .current = NAV_QUEUE,
	                          .width = PAGE_NOTE,
	                          .back_href = STR(PATH_DESK_QUESTIONS)});
	proposals_page(&o, &v);
	page_end(r, &o);
	return true;
}

struct faq_find {
	int64_t institution, id;
	struct faq_get_out row;
};

static bool find_faq(struct tx *tx, void *ctx, struct err *e)
{
	struct faq_find *in = ctx;
	return faq_get(tx, &(struct faq_get_in){.institution = in->institution, .id = in->id}, &in->row, e);
}

bool desk_answers_post(struct req *r, struct err *e)
{
	const struct institution *at = office_of_viewer(r, e);
	struct faq_find in = {0};
	if (at == NULL || !req_arg_id(r, 0, &in.id, e)) {
		return false;
	}
	in.institution = at->id;
	if (!store_read(r->app->store, at->id, &r->arena, find_faq, &in, e)) {
		return false;
	}
	bool is_publication = str_is(req_form(r, "do"), "publish");
	struct faq_change change = {
		.institution = at->id,
		.id = in.id,
		.version = in.row.version,
		.actor = r->viewer->account,
		.to = is_publication ? FAQ_PUBLISHED : FAQ_GONE,
	};
	if (!in.row.found || in.row.state >= (int64_t)change.to) {
		return in.row.found && in.row.state == (int64_t)change.to
		           ? req_redirect(r, STR(PATH_DESK_ANSWERS))
		           : err_set(e, ERR_NOT_FOUND, "no such proposal, or it went on already");
	}
	struct store_op op;
	return app_op(r, at->id, &op, e) && app_write(r, &op, faq_change_job, &change, e) &&
	       req_redirect(r, STR(PATH_DESK_ANSWERS));
}

/* --- On the service's page --- */

struct published_load {
	int64_t institution;
	struct str service;
	struct faq_of_service_out *rows;
	size_t n;
};

static bool load_published(struct tx *tx, void *ctx, struct err *e)
{
	struct published_load *in = ctx;
	struct faq_of_service_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct faq_of_service_out, FAQ_LIST_MAX);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of answers");
	}
	if (!faq_of_service_open(
			tx,
			&(struct faq_of_service_in){.institution = in->institution, .service = in->service, .most = FAQ_LIST_MAX},
			&rows, e)) {
		return false;
	}
	while (in->n < FAQ_LIST_MAX && faq_of_service_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return faq_of_service_close(&rows, e);
}

bool enquiries_faq(struct req *r, const struct institution *in, struct str service, struct faq_list_view *out,
                   struct err *e)
{
	struct published_load load = {.institution = in->id, .service = service};
	*out = (struct faq_list_view){0};
	if (!store_read(r->app->store, in->id, &r->arena, load_published, &load, e)) {
		return false;
	}
	out->items = arena_new(&r->arena, struct faq_row, load.n + 1);
	for (size_t i = 0; out->items && i < load.n; i++) {
		const struct faq_of_service_out *f = &load.rows[i];
		bool is_zh = (text_language(r->lang) == 1 && f->question_zh.n > 0) || f->question_en.n == 0;
		out->items[out->n++] =
			is_zh ? (struct faq_row){f->question_zh, f->answer_zh} : (struct faq_row){f->question_en, f->answer_en};
	}
	return true;
}
