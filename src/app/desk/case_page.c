/* A case at the desk: what the cases room shows of it, what changed since the reader looked, and what officials say to
 * each other about it. */
#include "app/cases/desk.h"
#include "app/desk/case.html.h"
#include "app/desk/desk.sql.h"
#include "app/desk/look.h"
#include "app/desk/pages.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "store/event.h"

enum { NOTE_CHARS_MAX = 2000, NOTES_MAX = 200 };

/* --- What changed
 * --------------------------------------------------------------------------------------------------------- */

/* The answers as they were at an instant: what corrections changed since is put back, the newest first. */
static bool answers_at(struct req *r, const struct case_facts *f, int64_t us, struct answers *out, struct err *e)
{
	*out = f->answers;
	out->items = arena_new(&r->arena, struct answer, f->answers.n + 1);
	if (out->items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for answers");
	}
	memcpy(out->items, f->answers.items, f->answers.n * sizeof *out->items);
	for (size_t i = f->correction_n; i-- > 0;) {
		struct answers before;
		if (!f->corrections[i].has_answered_at || f->corrections[i].answered_at <= us) {
			continue;
		}
		if (!answers_parse(&r->arena, f->corrections[i].before, &before, e)) {
			return false;
		}
		for (size_t k = 0; k < before.n; k++) {
			if (!answers_set(&r->arena, out, &before.items[k], e)) {
				return false;
			}
		}
	}
	return true;
}

static bool is_same_answer(const struct answer *a, const struct answer *b)
{
	struct buf x, y;
	struct answer one = a ? *a : (struct answer){0}, other = b ? *b : (struct answer){0};
	buf_init(&x, 1024 * 1024);
	buf_init(&y, 1024 * 1024);
	answers_put_json(&x, &(struct answers){&one, answer_is_given(a) ? 1 : 0});
	answers_put_json(&y, &(struct answers){&other, answer_is_given(b) ? 1 : 0});
	bool is_same = str_eq(buf_str(&x), buf_str(&y));
	buf_release(&x);
	buf_release(&y);
	return is_same;
}

/* Did papers come for this question since? */
static bool has_new_files(const struct case_facts *f, struct str question, int64_t us)
{
	for (size_t i = 0; i < f->files.n; i++) {
		if (str_eq(f->files.items[i].question, question) && !f->files.items[i].is_replaced &&
		    f->files.items[i].added_us > us) {
			return true;
		}
	}
	return false;
}

static bool fill_changes(struct req *r, const struct case_facts *f, const struct look_since *since,
                         struct changes_view *v, struct err *e)
{
	struct answers *before = arena_new(&r->arena, struct answers, 1);
	struct change_row *rows = arena_new(&r->arena, struct change_row, service_question_count(f->service) + 1);
	struct case_facts news = *f;
	news.events = (struct event_list){.items = arena_new(&r->arena, struct event, f->events.n + 1)};
	if (before == NULL || rows == NULL || news.events.items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for changes");
	}
	for (size_t i = 0; i < f->events.n; i++) {
		if (f->events.items[i].id > since->event && f->events.items[i].actor != r->viewer->account) {
			news.events.items[news.events.n++] = f->events.items[i];
		}
	}
	if (!answers_at(r, f, since->since_us, before, e)) {
		return false;
	}
	for (size_t i = 0; i < f->service->page_n; i++) {
		const struct form_page *page = &f->service->pages[i];
		for (size_t k = 0; k < page->question_n; k++) {
			const struct question *q = &page->questions[k];
			bool is_new = q->type == QUESTION_FILES
			                  ? has_new_files(f, q->id, since->since_us)
			                  : !is_same_answer(answers_find(before, q->id), answers_find(&f->answers, q->id));
			if (is_new) {
				rows[v->n++] = (struct change_row){q};
			}
		}
	}
	struct story_item *items = case_story(r, &news, true, &v->item_n);
	while (v->item_n > 0 && items[v->item_n - 1].is_next) {
		v->item_n--;
	}
	v->items = items;
	v->f = f;
	v->before = before;
	v->rows = rows;
	v->since = case_moment(r, f, since->since_us);
	return true;
}

/* --- Notes
 * -------------------------------------------------------------------------------------------------------------------
 */

struct notes_load {
	int64_t party, casefile;
	struct note_list_out *rows;
	size_t n;
};

static bool load_notes(struct tx *tx, void *ctx, struct err *e)
{
	struct notes_load *in = ctx;
	struct note_list_rows rows;
	in->n = 0;
	in->rows = arena_new(tx_arena(tx), struct note_list_out, NOTES_MAX);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for notes");
	}
	if (!note_list_open(tx, &(struct note_list_in){.party = in->party, .casefile = in->casefile}, &rows, e)) {
		return false;
	}
	while (in->n < NOTES_MAX && note_list_next(&rows, &in->rows[in->n])) {
		in->n++;
	}
	return note_list_close(&rows, e);
}

static bool fill_notes(struct req *r, const struct case_facts *f, struct notes_view *v, struct err *e)
{
	struct notes_load in = {.party = f->c.party, .casefile = f->c.id};
	if (!store_read(r->app->store, f->c.party, &r->arena, load_notes, &in, e)) {
		return false;
	}
	struct note_row *rows = arena_new(&r->arena, struct note_row, in.n + 1);
	for (size_t i = 0; rows && i < in.n; i++) {
		rows[v->n++] = (struct note_row){
			.name = in.rows[i].name, .when = case_moment(r, f, in.rows[i].noted_at), .words = in.rows[i].words};
	}
	v->rows = rows;
	v->r = r;
	v->action = arena_printf(&r->arena, PATH_QUEUE "/%s/note", id_text(f->c.id).c);
	v->op = req_new_op(r);
	return true;
}

struct note_in {
	struct note_insert_in row;
	int64_t institution;
	struct str service;
};

static bool add_note(struct tx *tx, void *ctx, struct err *e)
{
	const struct note_in *in = ctx;
	struct note_insert_in row = in->row;
	row.id = id_in_time(tx_now_us(tx));
	row.noted_at = tx_now_us(tx);
	/* The event says that there is a note; its words stand in the note alone, encrypted. */
	struct event event = {
		.route = row.party,
		.room = STR("desk"),
		.kind = STR("noted"),
		.version = 1,
		.casefile = row.casefile,
		.institution = in->institution,
		.service = in->service,
		.actor = row.account,
	};
	return note_insert(tx, &row, e) && event_append(tx, &event, e);
}

/* --- The page
 * ---------------------------------------------------------------------------------------------------------------- */

static bool put_page(struct req *r, const struct case_facts *f, const struct look_since *since, struct notes_view *n,
                     struct err *e)
{
	struct changes_view c = {0};
	struct desk_view *v = desk_view_of(r, f, e);
	struct next_view next = {
		.r = r, .id = arena_printf(&r->arena, "%s", id_text(f->c.id).c), .op = req_new_op(r), .due = f->dates.promised};
	if (v == NULL || !fill_notes(r, f, n, e) || (since->is_known && !fill_changes(r, f, since, &c, e))) {
		return false;
	}
	struct html_out o;
	struct nav_item trail[] = {{.href = STR(PATH_QUEUE), .text = tr(r->lang, N_("Queue"))}};
	page_begin(r, &o,
	           &(struct page){.title = f->c.number,
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .has_errors = n->error.n > 0,
	                          .trail = trail,
	                          .trail_n = 1});
	if (n->error.n > 0) {
		r->status = err_status(ERR_INVALID);
		form_errors(&o, &(struct form_error){STR("note"), n->error}, 1);
	}
	desk_case_head(&o, v);
	if (c.n > 0 || c.item_n > 0) {
		changes(&o, &c);
	}
	desk_case_body(&o, v);
	notes(&o, n);
	next_case(&o, &next);
	desk_case_end(&o, v);
	page_end(r, &o);
	return true;
}

/* Whoever asks the office that had it is told where it is, and nothing of what stands in it. */
static void put_forwarded(struct req *r, const struct case_facts *f)
{
	struct html_out o;
	struct nav_item trail[] = {{.href = STR(PATH_QUEUE), .text = tr(r->lang, N_("Queue"))}};
	page_begin(r, &o,
	           &(struct page){.title = f->c.number,
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_NOTE,
	                          .trail = trail,
	                          .trail_n = 1});
	forwarded_page(&o, f);
	page_end(r, &o);
}

bool desk_case_get(struct req *r, struct err *e)
{
	struct case_facts f;
	struct look_since since;
	struct notes_view n = {0};
	if (!desk_open_any_case(r, ACCESS_DECIDE, &f, e)) {
		struct err why = *e;
		if (why.code == ERR_NOT_FOUND && desk_case_went(r, &f, e)) {
			put_forwarded(r, &f);
			return true;
		}
		*e = why;
		return false;
	}
	if (f.is_for_opinion) {
		return desk_opinion_page(r, &f, e);
	}
	return look_at_case(r, &f, &since, e) && put_page(r, &f, &since, &n, e);
}

bool desk_note_post(struct req *r, struct err *e)
{
	int64_t id;
	struct case_ref ref;
	struct case_facts f;
	struct store_op op;
	struct notes_view n = {.words = str_trim(req_form(r, "note"))};
	if (!req_arg_id(r, 0, &id, e) || !desk_case_of(r, id, ACCESS_DECIDE, &ref, e)) {
		return false;
	}
	/* A mistake shows the whole case again: not to whose opinion alone is asked. */
	if (ref.part == AS_EXPERT) {
		return err_tell(e, ERR_NOT_FOUND, N_("Your office has no such case."), "asked for an opinion alone");
	}
	if (!case_facts(r, ref.party, id, &f, e)) {
		return false;
	}
	if (n.words.n == 0) {
		n.error = tr(r->lang, N_("Write the note first."));
	} else if (str_runes(n.words) > NOTE_CHARS_MAX) {
		n.error = tr(r->lang, N_("Write at most 2,000 characters."));
	}
	if (n.error.n > 0) {
		return put_page(r, &f, &(struct look_since){0}, &n, e);
	}
	struct note_in in = {
		.row = {.party = f.c.party,
	            .casefile = f.c.id,
	            .account = r->viewer->account,
	            .name = r->viewer->name,
	            .words = n.words},
		.institution = f.c.institution,
		.service = f.c.service,
	};
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, f.c.party, &op, e) &&
	       app_write(r, &op, add_note, &in, e) &&
	       req_redirect(r, arena_printf(&r->arena, PATH_QUEUE "/%s#notes", id_text(f.c.id).c));
}
