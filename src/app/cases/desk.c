#include "app/cases/desk.h"

#include "app/cases/applicant.h"
#include "app/cases/desk.html.h"
#include "app/cases/documents.h"
#include "app/cases/look_up.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/json.h"
#include "base/time_source.h"
#include "os/render_client.h"

enum { REASON_MAX_CHARS = 4000, TRIES = 3 };

static struct str base_of(struct req *r, const struct case_facts *f)
{
	return arena_printf(&r->arena, "/queue/%s", id_text(f->c.id).c);
}

/* The case in the path, if the viewer's institution takes part in it. The look is recorded before anything is read. */
static bool open_case(struct req *r, enum access_purpose purpose, struct case_facts *f, struct err *e)
{
	int64_t id;
	struct case_ref ref = {0};
	if (!req_arg_id(r, 0, &id, e)) {
		return false;
	}
	for (size_t i = 0; i < r->viewer->role_n && !ref.found; i++) {
		int64_t at = r->viewer->roles[i].institution;
		if (r->viewer->roles[i].kind == ROLE_OFFICIAL && !case_of_institution(r->app, &r->arena, at, id, &ref, e)) {
			return false;
		}
		/* Nobody works on the own case, nor reads at the desk what its applicant is not told yet. */
		if (ref.found && viewer_acts_for(r->viewer, ref.party) != NULL) {
			return err_tell(e, ERR_FORBIDDEN, N_("You act for who applied. A colleague works on this case."),
			                "an official who acts for the applicant");
		}
		if (ref.found && purpose != ACCESS_PURPOSE_COUNT && !access_look(r, ref.party, id, at, purpose, e)) {
			return false;
		}
	}
	if (!ref.found) {
		return err_tell(e, ERR_NOT_FOUND, N_("Your office has no such case."), "no such case for this institution");
	}
	/* Whoever posts does something, and a page about it shows no more than the act itself. */
	return r->method == METHOD_POST ? case_facts_to_act(r, ref.party, id, f, e) : case_facts(r, ref.party, id, f, e);
}

/* --- The case
 * --------------------------------------------------------------------------------------------------------------- */

static void clock_words(struct req *r, const struct case_facts *f, struct desk_view *v)
{
	int32_t left = f->dates.left_days;
	struct buf b;
	buf_init(&b, 1024);
	if (f->c.has_ended_day) {
		buf_put(&b, CASE_SAY(r, N_("Decided after {n} working days"), TR_I("n", f->dates.ran_days)));
	} else if (f->dates.stands) {
		buf_put(&b, tr(r->lang, N_("The clock stands")));
	} else {
		int32_t n = left < 0 ? -left : left;
		const struct tr_arg args[] = {TR_I("n", n)};
		tr_put_plain(&b,
		             left < 0 ? trn(r->lang, "1 working day late", "{n} working days late", n)
		                      : trn(r->lang, "1 working day left", "{n} working days left", n),
		             args, 1);
	}
	v->clock_title = case_keep(r, &b);
	v->clock_text = CASE_SAY(r, N_("Promised {promised}, law {legal}. It ran {ran} working days and stood {stood}."),
	                         TR_O("promised", case_date(r, f, f->dates.promised, DATE_LONG)),
	                         TR_O("legal", case_date(r, f, f->dates.legal, DATE_LONG)), TR_I("ran", f->dates.ran_days),
	                         TR_I("stood", f->dates.stood_days));
}

/* What the newest answered correction changed. */
static const struct answers *before_correction(struct req *r, const struct case_facts *f)
{
	for (size_t i = f->correction_n; i-- > 0;) {
		struct answers *before = arena_new(&r->arena, struct answers, 1);
		struct err ignored;
		if (f->corrections[i].has_answered_at && before &&
		    answers_parse(&r->arena, f->corrections[i].before, before, &ignored)) {
			return before;
		}
	}
	return NULL;
}

static struct str time_of_day(struct req *r, const struct case_facts *f, int64_t us)
{
	struct buf b;
	buf_init(&b, 64);
	format_time(&b, zone_local(f->zone, us).second);
	return case_keep(r, &b);
}

bool desk_case_get(struct req *r, struct err *e)
{
	struct case_facts f;
	if (!open_case(r, ACCESS_DECIDE, &f, e)) {
		return false;
	}
	bool has_it = f.c.handler == r->viewer->account;
	struct desk_view v = {
		.f = &f,
		.r = r,
		.base = base_of(r, &f),
		.tag = case_tag(f.c.state, f.c.outcome, true),
		.number = f.c.number,
		.service = text_in(&f.service->name, r->lang),
		.clock = case_clock_view(r, &f),
		.before = before_correction(r, &f),
		.may_take = case_move_is_possible(MOVE_TAKEN, f.c.state),
		.may_work = has_it && case_move_is_possible(MOVE_DECIDED, f.c.state),
		.may_recall = f.c.state == CASE_DECIDED && f.decision.found && f.decision.decided_by == r->viewer->account,
		.is_with_other = f.c.handler != 0 && !has_it,
		.letter_at = f.c.has_letter_at ? time_of_day(r, &f, f.c.letter_at) : STR_EMPTY,
		.op = req_new_op(r),
	};
	clock_words(r, &f, &v);
	v.story = case_story(r, &f, true, &v.story_n);
	struct html_out o;
	struct nav_item trail[] = {{.href = STR(PATH_QUEUE), .text = tr(r->lang, N_("Queue"))}};
	page_begin(
		r, &o,
		&(struct page){.title = f.c.number, .current = NAV_QUEUE, .is_desk = true, .trail = trail, .trail_n = 1});
	desk_case_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Acts
 * -------------------------------------------------------------------------------------------------------------------
 */

static struct case_change change_of(struct req *r, const struct case_facts *f)
{
	return (struct case_change){
		.party = f->c.party,
		.casefile = f->c.id,
		.version = f->c.version,
		.actor = r->viewer->account,
		.actor_name = r->viewer->name,
		.calendar = f->calendar,
		.app = r->app,
	};
}

/* Who has it, when it is not the viewer: the answer to a move that came too late. */
static bool tell_who(struct req *r, struct case_facts *f, struct err *e)
{
	if (f->c.handler == 0 || f->c.handler == r->viewer->account) {
		return err_set(e, ERR_CONFLICT, "the case was moved meanwhile");
	}
	struct html_out o;
	r->status = err_status(ERR_CONFLICT);
	page_begin(r, &o, &(struct page){.title = f->c.number, .current = NAV_QUEUE, .is_desk = true, .width = PAGE_NOTE});
	taken_page(&o, f);
	page_end(r, &o);
	return true;
}

/* Runs a move of this request. Right before, the viewer's rights are asked for again: a revocation counts at once. */
static bool do_move(struct req *r, struct case_facts *f, store_job *job, void *ctx, struct err *e)
{
	struct store_op op;
	if (!people_still_allowed(r->app->store, r->viewer, e) || !app_op(r, f->c.party, &op, e)) {
		return false;
	}
	if (app_write(r, &op, job, ctx, e)) {
		return req_redirect(r, base_of(r, f));
	}
	struct err again;
	if (e->code == ERR_CONFLICT && case_facts(r, f->c.party, f->c.id, f, &again)) {
		return tell_who(r, f, e);
	}
	return false;
}

bool desk_take_post(struct req *r, struct err *e)
{
	struct case_facts f;
	if (!open_case(r, ACCESS_PURPOSE_COUNT, &f, e)) {
		return false;
	}
	/* Taken by oneself already, perhaps by pressing twice: that is what was wanted. */
	if (f.c.handler == r->viewer->account) {
		return req_redirect(r, base_of(r, &f));
	}
	if (f.c.handler != 0) {
		return tell_who(r, &f, e);
	}
	struct case_change change = change_of(r, &f);
	return do_move(r, &f, case_take_job, &change, e);
}

bool desk_send_post(struct req *r, struct err *e)
{
	struct case_facts f;
	if (!open_case(r, ACCESS_PURPOSE_COUNT, &f, e)) {
		return false;
	}
	if (f.c.state == CASE_CLOSED) {
		return req_redirect(r, base_of(r, &f));
	}
	struct case_change change = change_of(r, &f);
	return do_move(r, &f, case_letter_leaves_job, &change, e);
}

/* A reason that people read: written, not too long. */
static bool check_reason(struct req *r, struct str reason, struct str *error)
{
	if (reason.n == 0) {
		*error = tr(r->lang, N_("Write at least one sentence: the applicant will read it."));
	} else if (str_runes(reason) > REASON_MAX_CHARS) {
		*error = tr(r->lang, N_("Write at most 4,000 characters."));
	}
	return error->n == 0;
}

static size_t collect_errors(const struct str *ids, const struct str *errors, size_t n, struct form_error *out)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		if (errors[i].n > 0) {
			out[found++] = (struct form_error){ids[i], errors[i]};
		}
	}
	return found;
}

static void begin_act(struct req *r, struct html_out *o, const struct case_facts *f, const char *title, bool has_errors)
{
	page_begin(r, o,
	           &(struct page){.title_msgid = title,
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_FORM,
	                          .has_errors = has_errors,
	                          .back_href = base_of(r, f)});
	if (has_errors) {
		r->status = err_status(ERR_INVALID);
	}
}

/* The case, when this official has it and may decide; else who has it, or why not. False with *done: answered already.
 */
static bool open_work(struct req *r, struct case_facts *f, bool *done, struct err *e)
{
	*done = false;
	if (!open_case(r, ACCESS_PURPOSE_COUNT, f, e)) {
		return false;
	}
	if (f->c.handler != r->viewer->account) {
		*done = tell_who(r, f, e);
		return false;
	}
	if (!case_move_is_possible(MOVE_DECIDED, f->c.state)) {
		*done = req_redirect(r, base_of(r, f));
		return false;
	}
	return true;
}

/* --- Asking
 * ----------------------------------------------------------------------------------------------------------------- */

static void put_ask(struct req *r, struct ask_view *v)
{
	struct form_error errors[2];
	size_t n = collect_errors((const struct str[]){STR("question"), STR("reason")},
	                          (const struct str[]){v->questions_error, v->reason_error}, 2, errors);
	struct html_out o;
	v->r = r;
	v->action = arena_printf(&r->arena, "%.*s/ask", STR_ARG(base_of(r, v->f)));
	v->op = req_new_op(r);
	begin_act(r, &o, v->f, N_("Ask for a correction"), n > 0);
	form_errors(&o, errors, n);
	ask_page(&o, v);
	page_end(r, &o);
}

bool desk_ask_get(struct req *r, struct err *e)
{
	bool done;
	struct case_facts f;
	struct ask_view v = {.f = &f};
	if (!open_work(r, &f, &done, e)) {
		return done;
	}
	put_ask(r, &v);
	return true;
}

/* The chosen questions that are really shown in this case, as JSON, and what they are answered with now. */
static size_t read_questions(struct req *r, const struct case_facts *f, struct ask_view *v, struct str *json,
                             struct str *before)
{
	struct str *chosen = arena_new(&r->arena, struct str, r->form.n + 1);
	struct answers old = {arena_new(&r->arena, struct answer, r->form.n + 1), 0};
	struct buf list, answers;
	buf_init(&list, 64 * 1024);
	buf_init(&answers, 1024 * 1024);
	struct json_out j = {.to = &list};
	json_begin_array(&j);
	for (size_t i = 0; chosen && old.items && i < r->form.n; i++) {
		const struct form_page *page = NULL;
		struct str id = r->form.items[i].value;
		const struct question *q =
			str_is(r->form.items[i].name, "question") ? service_question(f->service, id, &page) : NULL;
		bool is_again = false;
		for (size_t k = 0; k < v->chosen_n; k++) {
			is_again = is_again || str_eq(chosen[k], id);
		}
		if (q == NULL || is_again || !page_is_shown(page, &f->answers) || !question_is_shown(page, q, &f->answers)) {
			continue;
		}
		chosen[v->chosen_n++] = q->id;
		json_put_string(&j, q->id);
		for (size_t k = 0; k < f->answers.n; k++) {
			if (str_eq(f->answers.items[k].question, q->id)) {
				old.items[old.n++] = f->answers.items[k];
			}
		}
	}
	json_end_array(&j);
	answers_put_json(&answers, &old);
	v->chosen = chosen;
	*json = case_keep(r, &list);
	*before = case_keep(r, &answers);
	return v->chosen_n;
}

bool desk_ask_post(struct req *r, struct err *e)
{
	bool done;
	struct case_facts f;
	struct ask_view v = {.f = &f};
	struct case_ask move = {0};
	if (!open_work(r, &f, &done, e)) {
		return done;
	}
	v.reason = str_trim(req_form(r, "reason"));
	if (read_questions(r, &f, &v, &move.questions_json, &move.before_json) == 0) {
		v.questions_error = tr(r->lang, N_("Choose at least one answer that is to be put right."));
	}
	if (!check_reason(r, v.reason, &v.reason_error) || v.questions_error.n > 0) {
		put_ask(r, &v);
		return true;
	}
	move.change = change_of(r, &f);
	move.reason = v.reason;
	return do_move(r, &f, case_ask_job, &move, e);
}

/* --- Deciding
 * --------------------------------------------------------------------------------------------------------------- */

static void put_decide(struct req *r, struct decide_view *v)
{
	struct form_error errors[3];
	const struct service *s = v->f->service;
	size_t n = collect_errors((const struct str[]){STR("outcome"), STR("ground"), STR("reason")},
	                          (const struct str[]){v->outcome_error, v->ground_error, v->reason_error}, 3, errors);
	struct form_choice *grounds = arena_new(&r->arena, struct form_choice, s->refusal_reason_n + 1);
	if (grounds) {
		grounds[0] = (struct form_choice){.label = tr(r->lang, N_("No ground chosen"))};
	}
	for (size_t i = 0; grounds && i < s->refusal_reason_n; i++) {
		grounds[i + 1] = (struct form_choice){.value = s->refusal_reason_ids[i],
		                                      .label = text_in(&s->refusal_reasons[i].term, r->lang),
		                                      .is_chosen = str_eq(s->refusal_reason_ids[i], v->ground)};
	}
	struct html_out o;
	v->r = r;
	v->action = arena_printf(&r->arena, "%.*s/decide", STR_ARG(base_of(r, v->f)));
	v->op = req_new_op(r);
	v->minutes = r->app->letter_delay_us / US_PER_MIN;
	begin_act(r, &o, v->f, N_("Decide"), n > 0);
	form_errors(&o, errors, n);
	decide_page(&o, v, grounds, grounds ? s->refusal_reason_n + 1 : 0);
	page_end(r, &o);
}

bool desk_decide_get(struct req *r, struct err *e)
{
	bool done;
	struct case_facts f;
	struct decide_view v = {.f = &f};
	if (!open_work(r, &f, &done, e)) {
		return done;
	}
	put_decide(r, &v);
	return true;
}

static bool is_ground(const struct service *s, struct str id)
{
	for (size_t i = 0; i < s->refusal_reason_n; i++) {
		if (str_eq(s->refusal_reason_ids[i], id)) {
			return true;
		}
	}
	return false;
}

bool desk_decide_post(struct req *r, struct err *e)
{
	bool done;
	struct case_facts f;
	struct decide_view v = {.f = &f};
	if (!open_work(r, &f, &done, e)) {
		return done;
	}
	v.outcome = req_form(r, "outcome");
	v.ground = req_form(r, "ground");
	v.reason = str_trim(req_form(r, "reason"));
	bool is_refusal = str_is(v.outcome, "refuse");
	if (!is_refusal && !str_is(v.outcome, "grant")) {
		v.outcome_error = tr(r->lang, N_("Choose whether you grant or refuse."));
	}
	if (is_refusal && !is_ground(f.service, v.ground)) {
		v.ground_error = tr(r->lang, N_("Choose the ground on which you refuse."));
	}
	if (!is_refusal && v.ground.n > 0 && v.outcome_error.n == 0) {
		v.ground_error = tr(r->lang, N_("You grant: choose no ground for a refusal."));
	}
	if (!check_reason(r, v.reason, &v.reason_error) || v.outcome_error.n > 0 || v.ground_error.n > 0) {
		put_decide(r, &v);
		return true;
	}
	struct case_decide move = {
		.change = change_of(r, &f),
		.outcome = is_refusal ? OUTCOME_REFUSED : OUTCOME_GRANTED,
		.ground = is_refusal ? v.ground : STR_EMPTY,
		.reason = v.reason,
		.document = f.service->issues_document,
		.valid_years = f.service->issues_years,
		.letter_delay_us = r->app->letter_delay_us,
	};
	return do_move(r, &f, case_decide_job, &move, e);
}

/* --- Recalling
 * -------------------------------------------------------------------------------------------------------------- */

static bool open_recall(struct req *r, struct case_facts *f, struct err *e)
{
	if (!open_case(r, ACCESS_PURPOSE_COUNT, f, e)) {
		return false;
	}
	if (f->c.state == CASE_CLOSED) {
		return err_tell(e, ERR_CONFLICT, N_("The letter has left. The decision can no longer be taken back."),
		                "letter left");
	}
	if (f->c.state != CASE_DECIDED || !f->decision.found || f->decision.decided_by != r->viewer->account) {
		return err_tell(e, ERR_CONFLICT, N_("Only who decided can take the decision back, until the letter leaves."),
		                "not the author of a decision that waits");
	}
	return true;
}

static void put_recall(struct req *r, struct recall_view *v)
{
	struct form_error errors[1];
	size_t n = collect_errors((const struct str[]){STR("reason")}, (const struct str[]){v->reason_error}, 1, errors);
	struct html_out o;
	v->r = r;
	v->action = arena_printf(&r->arena, "%.*s/recall", STR_ARG(base_of(r, v->f)));
	v->op = req_new_op(r);
	begin_act(r, &o, v->f, N_("Take the decision back"), n > 0);
	form_errors(&o, errors, n);
	recall_page(&o, v);
	page_end(r, &o);
}

bool desk_recall_get(struct req *r, struct err *e)
{
	struct case_facts f;
	struct recall_view v = {.f = &f};
	if (!open_recall(r, &f, e)) {
		return false;
	}
	put_recall(r, &v);
	return true;
}

bool desk_recall_post(struct req *r, struct err *e)
{
	struct case_facts f;
	struct recall_view v = {.f = &f};
	if (!open_recall(r, &f, e)) {
		return e->code == ERR_CONFLICT && app_was_done(r, f.c.party) && req_redirect(r, base_of(r, &f));
	}
	v.reason = str_trim(req_form(r, "reason"));
	if (!check_reason(r, v.reason, &v.reason_error)) {
		put_recall(r, &v);
		return true;
	}
	struct case_recall move = {.change = change_of(r, &f), .reason = v.reason};
	return do_move(r, &f, case_recall_job, &move, e);
}

/* --- Letter and papers
 * ------------------------------------------------------------------------------------------------------ */

static bool open_letter(struct req *r, struct case_facts *f, struct err *e)
{
	return open_case(r, ACCESS_AFTERWARDS, f, e) &&
	       (f->decision.found ? true
	                          : err_tell(e, ERR_NOT_FOUND, N_("There is no decision to read yet."), "no decision"));
}

bool desk_letter_get(struct req *r, struct err *e)
{
	struct case_facts f;
	struct letter_view v;
	if (!open_letter(r, &f, e)) {
		return false;
	}
	case_letter_fill(r, &f, base_of(r, &f), &v);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = CASE_SAY(r, N_("Decision {number}"), TR_O("number", f.c.number)),
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_NOTE});
	letter_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool desk_letter_pdf_get(struct req *r, struct err *e)
{
	int fd;
	struct case_facts f;
	return open_letter(r, &f, e) && letter_pdf(r, &f, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "decision-%.*s.pdf", STR_ARG(f.c.number)));
}

/* Is there a record, not older than an hour, of this viewer's look at the case's papers? Without one a picture was
 * asked for by its own address, past the page that shows it. */
static bool has_looked(const struct req *r, const struct case_facts *f)
{
	int64_t now_us = time_legal_us(&r->app->time);
	for (size_t i = 0; i < f->looks.n; i++) {
		const struct access_entry *l = &f->looks.items[i];
		if (l->account == r->viewer->account && str_eq(l->purpose, access_word(ACCESS_PAPER)) &&
		    now_us - l->last_us < 60 * US_PER_MIN) {
			return true;
		}
	}
	return false;
}

bool desk_file_get(struct req *r, struct err *e)
{
	int64_t file;
	uint64_t page;
	struct case_facts f;
	bool is_page = r->path_arg_n > 2;
	/* The look is recorded with the page that shows the pictures, not with each of them. */
	if (!req_arg_id(r, 1, &file, e) || !open_case(r, is_page ? ACCESS_PURPOSE_COUNT : ACCESS_PAPER, &f, e)) {
		return false;
	}
	if (!is_page) {
		return case_show_file(r, &f, file, base_of(r, &f), true, e);
	}
	if (!has_looked(r, &f) && !access_look(r, f.c.party, f.c.id, f.c.institution, ACCESS_PAPER, e)) {
		return false;
	}
	return str_to_u64(r->path_args[2], &page) && page < RENDER_PAGES_MAX ? case_send_page(r, &f, file, (int64_t)page, e)
	                                                                     : err_set(e, ERR_NOT_FOUND, "no such page");
}
