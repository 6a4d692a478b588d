/* A draft: its parts, one page of questions, its files, throwing it away. */
#include "app/catalogue/catalogue.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/forms.html.h"
#include "app/forms/lapse.h"
#include "app/forms/page_state.h"
#include "app/forms/pages.h"
#include "app/forms/pieces.h"
#include "app/forms/told.h"
#include "app/forms/versions.h"
#include "app/page.h"
#include "app/people/kept_form.h"
#include "html/translate.h"
#include "http/server.h"
#include "os/render_client.h"

/* --- Parts ------------------------------------------------------------------------------------------------------- */

static struct task_row task_of(struct req *r, const struct open_draft *o, size_t page, bool *is_done)
{
	const struct form_page *p = &o->service->pages[page];
	struct task_row row = {.href = draft_page_path(r, o, page), .text = text_in(&p->title, r->lang)};
	size_t open;
	size_t answered;
	size_t asked;
	draft_page_counts(o, p, &open, &answered, &asked);
	*is_done = open == 0;
	if (open == 0) {
		row.sign = TAG_DONE;
		row.state = tr(r->lang, N_("Done"));
	} else if (answered == 0) {
		row.sign = TAG_NEW;
		row.state = tr(r->lang, N_("Not started"));
	} else {
		struct buf b;
		buf_init(&b, 400);
		row.sign = TAG_RUN;
		tr_put_plain(&b, trn(r->lang, "One answer to go", "{n} answers to go", (int64_t)open),
		             (const struct tr_arg[]){TR_N("n", open)}, 1);
		row.state = arena_copy(&r->arena, buf_str(&b));
		buf_release(&b);
	}
	return row;
}

/* What a new version of the service has no place for, as it was said under the version before. */
static bool fill_lost(struct req *r, const struct open_draft *o, struct tasks_view *v, struct err *e)
{
	struct answers lost;
	const struct service *former = NULL;
	if (o->d.former.n != SHA256_BYTES) {
		return true;
	}
	if (!answers_parse(&r->arena, o->d.lost_json, &lost, e)) {
		return false;
	}
	struct err why = {0};
	if (lost.n == 0 || !catalogue_definition(r->app, (const uint8_t *)o->d.former.p, &former, &why)) {
		return true; /* kept as long as a draft names it; without it nothing can be said */
	}
	struct summary_row *rows = arena_new(&r->arena, struct summary_row, lost.n + 1);
	for (size_t i = 0; rows != NULL && i < lost.n; i++) {
		const struct question *q = service_question(former, lost.items[i].question, NULL);
		struct buf b;
		if (q != NULL) {
			buf_init(&b, 256 * 1024);
			answer_put_plain(&b, r->lang, q, &lost);
			rows[v->lost_n++] =
				(struct summary_row){.term = text_in(&q->label, r->lang), .value = arena_copy(&r->arena, buf_str(&b))};
			buf_release(&b);
		}
	}
	v->lost = rows;
	v->lost_action = draft_path(r, o->d.id, "/changed");
	v->csrf = r->csrf;
	return rows != NULL || err_set(e, ERR_MEMORY, "no room for a list");
}

bool draft_lost_post(struct req *r, struct err *e)
{
	struct open_draft o;
	bool is_answered = false;
	if (!draft_open_arg(r, &o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	struct draft_save what = {.party = o.d.party, .id = o.d.id};
	struct store_op op = {.route = o.d.party};
	return app_write(r, &op, draft_job_read_lost, &what, e) && req_redirect(r, draft_path(r, o.d.id, ""));
}

bool draft_tasks_get(struct req *r, struct err *e)
{
	struct open_draft o;
	bool is_answered = false;
	if (!draft_open_arg(r, &o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	struct task_row *rows = arena_new(&r->arena, struct task_row, o.service->page_n + 1);
	struct tasks_view v = {.service = text_in(&o.service->name, r->lang),
	                       .applicant = o.applicant,
	                       .rows = rows,
	                       .check_href = draft_path(r, o.d.id, "/check"),
	                       .discard_href = draft_path(r, o.d.id, "/discard"),
	                       .kept_until = lapse_kept_until(r, o.d.changed_us),
	                       .intake_href = o.intake_at != 0 ? intake_path(r, o.d.id) : STR_EMPTY,
	                       .is_complete = o.open_n == 0 && !o.is_withdrawn,
	                       .is_withdrawn = o.is_withdrawn,
	                       .ask_href =
	                           arena_printf(&r->arena, PATH_ASK "?office=%.*s", STR_ARG(o.service->institution))};
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a list");
	}
	for (size_t i = draft_next_page(&o, SIZE_MAX); i != SIZE_MAX; i = draft_next_page(&o, i)) {
		bool is_done = false;
		rows[v.row_n++] = task_of(r, &o, i, &is_done);
		bool is_part = !o.service->pages[i].is_at_review;
		v.done += is_part && is_done;
		v.parts += is_part;
	}
	rows[v.row_n++] = (struct task_row){.href = v.is_complete ? v.check_href : STR_EMPTY,
	                                    .text = tr(r->lang, N_("Check and send")),
	                                    .sign = v.is_complete ? TAG_NEW : TAG_WAIT,
	                                    .state = o.is_withdrawn  ? tr(r->lang, N_("Not offered any more"))
	                                             : v.is_complete ? tr(r->lang, N_("Not sent yet"))
	                                                             : tr(r->lang, N_("When all parts are done"))};
	if (!fill_lost(r, &o, &v, e) || !enquiry_words(r, o.d.asked, false, &v.asked, e) || !draft_show(r, &o, e)) {
		return false;
	}
	struct html_out out;
	page_begin(
		r, &out,
		&(struct page){.title = v.service, .current = draft_nav(&o), .width = PAGE_FORM, .back_href = draft_home(&o)});
	tasks_page(&out, &v);
	page_end(r, &out);
	return true;
}

/* --- One page ---------------------------------------------------------------------------------------------------- */

/* Question numbers count what is shown with the answers so far. */
static void fill_progress(struct req *r, const struct open_draft *o, size_t page, struct form_progress *p)
{
	*p = (struct form_progress){.what = text_in(&o->service->name, r->lang)};
	for (size_t i = draft_next_page(o, SIZE_MAX); i != SIZE_MAX; i = draft_next_page(o, i)) {
		size_t open;
		size_t answered;
		size_t asked;
		if (o->service->pages[i].is_at_review && i != page) {
			continue;
		}
		draft_page_counts(o, &o->service->pages[i], &open, &answered, &asked);
		p->parts++;
		if (i < page) {
			p->part++;
			p->question += (int)asked;
		}
		p->questions += (int)asked;
	}
	p->part++;
	p->question++;
}

static bool asks_for_files(const struct open_draft *o, const struct form_page *p)
{
	for (size_t i = 0; i < p->question_n; i++) {
		if (p->questions[i].type == QUESTION_FILES && question_is_shown(p, &p->questions[i], &o->shown)) {
			return true;
		}
	}
	return false;
}

/* The page before this one, or where one came from. */
static struct str back_of(struct req *r, const struct open_draft *o, size_t page, struct str then)
{
	if (then.n > 0) {
		return draft_path(r, o->d.id, "/check");
	}
	size_t before = SIZE_MAX;
	for (size_t i = draft_next_page(o, SIZE_MAX); i < page; i = draft_next_page(o, i)) {
		before = i;
	}
	return before == SIZE_MAX ? draft_path(r, o->d.id, "") : draft_page_path(r, o, before);
}

/* Why each question is asked, for those who want to know. */
static size_t fill_purposes(struct req *r, const struct open_draft *o, const struct form_page *p,
                            struct summary_row *rows)
{
	size_t n = 0;
	for (size_t i = 0; rows != NULL && i < p->question_n; i++) {
		const struct question *q = &p->questions[i];
		if (!text_is_empty(&q->purpose) && question_is_shown(p, q, &o->shown)) {
			rows[n++] =
				(struct summary_row){.term = text_in(&q->label, r->lang), .value = text_in(&q->purpose, r->lang)};
		}
	}
	return n;
}

static bool show_page(struct req *r, const struct open_draft *o, size_t page, const struct answers *as,
                      const struct form_state *state, const struct told_list *told, struct str then, bool is_kept,
                      struct err *e)
{
	const struct form_page *p = &o->service->pages[page];
	struct question_view v = {
		.r = r,
		.action = draft_page_path(r, o, page),
		.op = req_new_op(r),
		.title = text_in(&p->title, r->lang),
		.intro = text_in(&p->intro, r->lang),
		.then = then,
		.tasks_href = draft_path(r, o->d.id, ""),
		.seen = page_marks(&r->arena, p, &o->all),
		.has_files = asks_for_files(o, p),
		.is_kept = is_kept,
		.for_name = o->intake_at != 0 ? o->applicant : STR_EMPTY,
		.service = o->service,
		.page = p,
		.as = as,
		.files = &o->files,
		.state = state,
	};
	struct summary_row *purposes = arena_new(&r->arena, struct summary_row, p->question_n + 1);
	if (!enquiry_words(r, o->d.asked, false, &v.asked, e)) {
		return false;
	}
	v.told = told_rows(r, o, told);
	v.told_n = v.told ? told->n : 0;
	v.purposes = purposes;
	v.purpose_n = fill_purposes(r, o, p, purposes);
	struct html_out out;
	fill_progress(r, o, page, &v.progress);
	page_begin(r, &out,
	           &(struct page){.title = v.title,
	                          .current = draft_nav(o),
	                          .width = PAGE_FORM,
	                          .has_errors = state != NULL && form_error_count(state) > 0,
	                          .back_href = back_of(r, o, page, then)});
	question_page(&out, &v);
	page_end(r, &out);
	return true;
}

/* The page of the path, if the answers so far show it; else *page is SIZE_MAX and the way to the parts stands. */
static bool find_page(struct req *r, const struct open_draft *o, size_t *page, struct err *e)
{
	if (service_page(o->service, r->path_args[1], page) == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such page in this service");
	}
	for (size_t i = draft_next_page(o, SIZE_MAX); i != SIZE_MAX; i = draft_next_page(o, i)) {
		if (i == *page) {
			return true;
		}
	}
	*page = SIZE_MAX;
	return req_redirect(r, draft_path(r, o->d.id, ""));
}

static struct str then_of(struct str asked)
{
	return str_is(asked, "check") ? STR("check") : STR_EMPTY;
}

/* answers_set writes into the list it is given; what was read stays as it was. */
static bool copy_answers(struct req *r, const struct answers *from, struct answers *to, struct err *e)
{
	*to = (struct answers){.items = arena_new(&r->arena, struct answer, from->n + 1), .n = from->n};
	if (to->items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for answers");
	}
	if (from->n > 0) {
		memcpy(to->items, from->items, from->n * sizeof(*to->items));
	}
	return true;
}

/* To the next page; to the review after the last one, and for those who came from there. What has usual answers is
 * passed by, but an answer there can ask for another one. */
static struct str way_on(struct req *r, const struct open_draft *o, size_t page, struct str then)
{
	bool is_at_review = o->service->pages[page].is_at_review;
	size_t next = then.n > 0 && !is_at_review ? SIZE_MAX : draft_next_page(o, page);
	while (next != SIZE_MAX && o->service->pages[next].is_at_review && !is_at_review) {
		next = draft_next_page(o, next);
	}
	if (next == SIZE_MAX || (then.n > 0 && !o->service->pages[next].is_at_review)) {
		return draft_path(r, o->d.id, "/check");
	}
	return arena_printf(&r->arena, "%.*s%s", STR_ARG(draft_page_path(r, o, next)), then.n > 0 ? "?then=check" : "");
}

bool draft_page_get(struct req *r, struct err *e)
{
	struct open_draft o;
	bool is_answered = false;
	size_t page = 0;
	if (!draft_open_arg(r, &o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	if (!find_page(r, &o, &page, e) || page == SIZE_MAX) {
		return page == SIZE_MAX;
	}
	bool is_kept = false;
	struct answers as = o.all;
	struct form_state *state = NULL;
	struct told_list told;
	if (!people_kept_form(r, &is_kept, e) || !draft_show(r, &o, e) || (is_kept && !copy_answers(r, &o.all, &as, e)) ||
	    !told_for(r, &o, &o.service->pages[page], &told, e)) {
		return false;
	}
	if (is_kept) {
		state = form_read_page(r, o.service, &o.service->pages[page], NULL, 0, &as, o.today);
		bool is_compared = page_conflicts(r, state, req_form(r, "seen"), &o.all, &as) > 0;
		state->stays = !is_compared;
	}
	struct str then = then_of(is_kept ? req_form(r, "then") : req_query(r, "then"));
	return show_page(r, &o, page, &as, state, &told, then, is_kept, e);
}

/* Answers that are good are kept even when others on the page are not. The same page saved twice is the same; so the
 * operation carries no id: going back and changing an answer is no conflict. */
static bool save_page(struct req *r, const struct open_draft *o, const struct form_state *state,
                      const struct answers *as, struct err *e)
{
	struct draft_save save = {.party = o->d.party, .id = o->d.id, .version = o->d.version};
	struct store_op op = {.route = o->d.party};
	return form_good_answers(&r->arena, state, as, &save.page, e) &&
	       (save.page.n == 0 || app_write(r, &op, draft_job_save, &save, e));
}

/* What was sent is compared with what is stored now and saved; when somebody is faster, once more. */
static bool compare_and_save(struct req *r, struct open_draft *o, struct form_state *state, struct answers *as,
                             struct err *e)
{
	enum { TRIES = 3 };
	for (int i = 0;; i++) {
		(void)page_conflicts(r, state, req_form(r, "seen"), &o->all, as);
		if (save_page(r, o, state, as, e)) {
			return true;
		}
		int64_t id = o->d.id;
		struct err why = *e;
		if (why.code != ERR_CONFLICT || i == TRIES - 1 || !draft_open(r, id, o, e) || o->d.state != DRAFT_OPEN) {
			*e = why;
			return false;
		}
	}
}

bool draft_page_post(struct req *r, struct err *e)
{
	struct open_draft o;
	bool is_answered = false;
	size_t page = 0;
	if (!people_keeps_form(r, &is_answered, e) || is_answered) {
		return is_answered;
	}
	if (!draft_open_arg(r, &o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	if (!find_page(r, &o, &page, e) || page == SIZE_MAX) {
		return page == SIZE_MAX;
	}
	const struct form_page *p = &o.service->pages[page];
	struct str then = then_of(req_form(r, "then"));
	struct answers as;
	struct err why = {0};
	int64_t id = o.d.id;
	struct told_list told;
	if (!copy_answers(r, &o.all, &as, e) || !told_for(r, &o, p, &told, e)) {
		return false;
	}
	struct form_state *state = form_read_page(r, o.service, p, NULL, 0, &as, o.today);
	told_use(r, &o, &told, state);
	bool ok = form_store_uploads(r, o.service, p, o.d.party, id, state, &why) && draft_open(r, id, &o, &why) &&
	          (o.d.state == DRAFT_OPEN || err_set(&why, ERR_CONFLICT, "sent meanwhile")) &&
	          (state->sent != NULL || compare_and_save(r, &o, state, &as, &why)) &&
	          (req_form(r, "kept").n == 0 || people_drop_form(r, &why)) && draft_open(r, id, &o, &why);
	if (!ok) {
		if (why.code == ERR_CONFLICT) { /* sent from another tab meanwhile */
			return req_redirect(r, draft_path(r, id, ""));
		}
		*e = why;
		return false;
	}
	bool is_later = req_form(r, "later").n > 0 && !state->stays;
	if (form_has_errors(state) && !is_later) {
		r->status = form_error_count(state) > 0 ? 422 : 200;
		return show_page(r, &o, page, &as, state, &told, then, false, e);
	}
	if (is_later) {
		return req_redirect(r, draft_path(r, id, ""));
	}
	return req_redirect(r, way_on(r, &o, page, then));
}

/* --- Files ------------------------------------------------------------------------------------------------------- */

static const struct file_row *find_file(const struct open_draft *o, int64_t id)
{
	for (size_t i = 0; i < o->files.n; i++) {
		if (o->files.items[i].id == id && !o->files.items[i].is_replaced) {
			return &o->files.items[i];
		}
	}
	return NULL;
}

static bool show_file(struct req *r, const struct open_draft *o, const struct file_row *f, struct err *e)
{
	struct file_page *pages = NULL;
	size_t n = 0;
	if (!file_pages(&r->arena, f, &pages, &n, e)) {
		return false;
	}
	struct page_image *images = arena_new(&r->arena, struct page_image, n + 1);
	const struct form_page *p = NULL;
	if (images == NULL) {
		return err_set(e, ERR_MEMORY, "no room for pages");
	}
	for (size_t i = 0; i < n; i++) {
		struct str src = arena_printf(&r->arena, "/draft/%s/file/%s/%zu", id_text(o->d.id).c, id_text(f->id).c, i);
		images[i] = (struct page_image){.src = src, .href = src, .width = pages[i].width, .height = pages[i].height};
	}
	struct draft_file_view v = {.name = f->filename, .bytes = f->bytes, .pages = images, .page_n = n};
	v.back_href = service_question(o->service, f->question, &p) != NULL
	                  ? arena_printf(&r->arena, "/draft/%s/page/%.*s", id_text(o->d.id).c, STR_ARG(p->id))
	                  : draft_path(r, o->d.id, "");
	struct html_out out;
	page_begin(
		r, &out,
		&(struct page){.title = f->filename, .current = draft_nav(o), .width = PAGE_NOTE, .back_href = v.back_href});
	draft_file_page(&out, &v);
	page_end(r, &out);
	return true;
}

bool draft_file_get(struct req *r, struct err *e)
{
	struct open_draft o;
	int64_t id = 0;
	int64_t file = 0;
	uint64_t page = 0;
	/* The pictures of a file that was sent with the application stay at the case. */
	if (!req_arg_id(r, 0, &id, e) || !req_arg_id(r, 1, &file, e) || !draft_open(r, id, &o, e)) {
		return false;
	}
	const struct file_row *f = find_file(&o, file);
	if (f == NULL || (o.intake_at != 0 && o.d.state != DRAFT_OPEN)) {
		return err_set(e, ERR_NOT_FOUND, "no such file in this draft");
	}
	if (r->path_arg_n < 3) {
		return show_file(r, &o, f, e);
	}
	if (!str_to_u64(r->path_args[2], &page) || page >= RENDER_PAGES_MAX) {
		return err_set(e, ERR_NOT_FOUND, "no such page");
	}
	return file_send_page(r, f, (int64_t)page, e);
}

/* --- Files in pieces, for assets/upload.js: answered with the offset to go on from ---
 *
 * The page's form then names what is whole (`whole`, `key`, `total`, `name`), and it is as if the file had come in it.
 */

static bool piece_open(struct req *r, struct pieces *p, struct err *e)
{
	struct open_draft o;
	int64_t id = 0;
	const struct question *q = NULL;
	if (!req_arg_id(r, 0, &id, e) || !draft_open(r, id, &o, e)) {
		return false;
	}
	if (o.d.state != DRAFT_OPEN && o.d.state != DRAFT_CORRECTING) {
		return err_set(e, ERR_GONE, "a piece for what was sent");
	}
	q = service_question(o.service, r->path_args[1], NULL);
	if (q == NULL || q->type != QUESTION_FILES) {
		return err_set(e, ERR_NOT_FOUND, "no such question for files");
	}
	return pieces_of(r, id, q->id, p, e);
}

static bool answer_offset(struct req *r, int64_t offset)
{
	buf_printf(&r->out, "%lld\n", (long long)offset);
	r->content_type = STR("text/plain; charset=utf-8");
	return true;
}

bool draft_piece_get(struct req *r, struct err *e)
{
	struct pieces p;
	int64_t offset = 0;
	return piece_open(r, &p, e) && pieces_offset(&p, &offset, e) && answer_offset(r, offset);
}

bool draft_piece_post(struct req *r, struct err *e)
{
	struct pieces p;
	uint64_t offset = 0;
	int64_t now = 0;
	struct err why = {0};
	const struct upload *piece = req_upload(r, "piece");
	if (!piece_open(r, &p, e)) {
		return false;
	}
	if (piece == NULL || !str_to_u64(req_form(r, "offset"), &offset) || offset > FILE_BYTES_MAX) {
		return err_set(e, ERR_BAD_INPUT, "no piece, or no place for it");
	}
	http_place_release(r);
	bool ok = pieces_add(&p, (int64_t)offset, piece->fd, piece->bytes, &now, &why);
	http_place_take(r);
	if (!ok && why.code != ERR_CONFLICT) {
		*e = why;
		return false;
	}
	r->status = ok ? 200 : 409;
	return answer_offset(r, now);
}

/* --- Throwing away ----------------------------------------------------------------------------------------------- */

bool draft_discard_get(struct req *r, struct err *e)
{
	struct open_draft o;
	bool is_answered = false;
	if (!draft_open_arg(r, &o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	struct discard_view v = {.csrf = r->csrf,
	                         .action = draft_path(r, o.d.id, "/discard"),
	                         .back_href = draft_path(r, o.d.id, ""),
	                         .service = text_in(&o.service->name, r->lang)};
	struct html_out out;
	page_begin(r, &out,
	           &(struct page){.title_msgid = N_("Throw this application away?"),
	                          .current = draft_nav(&o),
	                          .width = PAGE_FORM,
	                          .back_href = v.back_href});
	discard_page(&out, &v);
	page_end(r, &out);
	return true;
}

bool draft_discard_post(struct req *r, struct err *e)
{
	struct open_draft o;
	bool is_answered = false;
	if (!draft_open_arg(r, &o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	struct draft_save what = {.party = o.d.party, .id = o.d.id};
	struct store_op op = {.route = o.d.party};
	struct err why = {0};
	if (!app_write(r, &op, draft_job_discard, &what, &why) && why.code != ERR_CONFLICT) {
		*e = why;
		return false;
	}
	/* A conflict: it was sent, or thrown away already; either way the list says so. */
	return req_redirect(r, draft_home(&o));
}
