#include "app/cases/applicant.h"

#include "app/cases/acts.h"
#include "app/cases/bundle.h"
#include "app/cases/cases.html.h"
#include "app/cases/documents.h"
#include "app/cases/look_up.h"
#include "app/cases/own.h"
#include "app/forms/lapse.h"
#include "app/mail/mail.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/caseno.h"
#include "base/json.h"
#include "http/throttle.h"
#include "os/render_client.h"

enum { LIST_MAX = 100 };

static struct str base_of(struct req *r, int64_t id)
{
	return arena_printf(&r->arena, "/cases/%s", id_text(id).c);
}

/* --- My cases
 * --------------------------------------------------------------------------------------------------------------- */

struct list_load {
	int64_t party;
	struct casefile_of_party_out *rows;
	size_t n;
	struct draft_line *drafts;
	size_t draft_n;
	struct bundle_line *bundles;
	size_t bundle_n;
};

bool cases_of_party(struct tx *tx, int64_t party, int64_t before, size_t most, struct casefile_of_party_out *out,
                    size_t *n, struct err *e)
{
	struct casefile_of_party_rows rows;
	*n = 0;
	if (!casefile_of_party_open(
			tx, &(struct casefile_of_party_in){.party = party, .before = before, .most = (int64_t)most}, &rows, e)) {
		return false;
	}
	while (*n < most && casefile_of_party_next(&rows, &out[*n])) {
		(*n)++;
	}
	return casefile_of_party_close(&rows, e);
}

static bool load_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list_load *in = ctx;
	in->rows = arena_new(tx_arena(tx), struct casefile_of_party_out, LIST_MAX);
	if (in->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of cases");
	}
	return cases_of_party(tx, in->party, INT64_MAX, LIST_MAX, in->rows, &in->n, e) &&
	       drafts_open(tx, in->party, &in->drafts, &in->draft_n, e) &&
	       bundles_of(tx, in->party, &in->bundles, &in->bundle_n, e);
}

/* One row of the list from what the casefile's row holds. */
static bool fill_row(struct req *r, const struct casefile_of_party_out *c, const struct viewer_party *party,
                     struct case_row *row, struct err *e)
{
	const struct service *service;
	const struct institution *institution = catalogue_institution(r->app, c->institution);
	if (institution == NULL || !catalogue_definition(r->app, (const uint8_t *)c->definition.p, &service, e)) {
		return institution ? false : err_set(e, ERR_INTERNAL, "a case of an unknown institution");
	}
	struct case_facts f = {0};
	if (!catalogue_calendar(r->app, c->calendar, (int32_t)c->calendar_version, &f.calendar, e)) {
		return false;
	}
	f.zone = calendar_zone(f.calendar);
	f.today = case_today(f.calendar, time_legal_us(&r->app->time));
	struct case_said said = CASE_SAID(c, CLOCK_GREEN, c->has_ended_day, c->ended_day);
	case_dates_said(f.calendar, &said, time_legal_us(&r->app->time), &f.dates);
	*row = (struct case_row){
		.href = base_of(r, c->id),
		.service = text_in(&service->name, r->lang),
		.number = c->number,
		.party = party->name,
		.is_organisation = party->is_organisation,
		.tag = case_tag_now(c->state, c->outcome, case_waits(c->state, c->flags), false),
		.has_stone = !case_is_ended(c->state),
		.stone = {.days_left = f.dates.left_days,
	              .alert = case_alert(f.dates.level),
	              .is_later = f.dates.promised > f.today,
	              .is_standing = f.dates.stands},
	};
	/* While the clock stands the day moves on; the case's own page reads the whole clock. */
	row->promise =
		c->state == CASE_CLOSED
			? CASE_SAY(r, N_("Decided {date}"), TR_O("date", case_date(r, &f, c->ended_day, DATE_SHORT)))
		: case_is_ended(c->state) && c->has_ended_day
			? CASE_SAY(r, N_("Ended {date}"), TR_O("date", case_date(r, &f, c->ended_day, DATE_SHORT)))
		: f.dates.stands
			? CASE_SAY(r, N_("Stands since {date}"), TR_O("date", case_date(r, &f, c->stands_since, DATE_SHORT)))
			: CASE_SAY(r, N_("Promised {date}"), TR_O("date", case_date(r, &f, f.dates.promised, DATE_SHORT)));
	return true;
}

static bool fill_draft(struct req *r, const struct draft_line *d, const struct viewer_party *party,
                       struct draft_row *row, struct err *e)
{
	const struct service *service;
	const struct jurisdiction *home = catalogue_home(r->app);
	if (!catalogue_definition(r->app, d->definition, &service, e)) {
		return false;
	}
	struct case_facts now = {.zone = home ? home->zone : NULL, .today = catalogue_today(r->app)};
	*row = (struct draft_row){
		.href = arena_printf(&r->arena, "/draft/%s", id_text(d->id).c),
		.service = text_in(&service->name, r->lang),
		.party = party->name,
		.changed =
			now.zone ? CASE_SAY(r, N_("Changed {when}"), TR_O("when", case_moment(r, &now, d->changed_us))) : STR_EMPTY,
		.kept_until = lapse_kept_until(r, d->changed_us),
		.is_near = lapse_is_near(r, d->changed_us),
	};
	return true;
}

static bool fill_bundle(struct req *r, const struct bundle_line *b, const struct viewer_party *party,
                        struct bundle_row *row, struct err *e)
{
	const struct service *whole;
	if (!catalogue_definition(r->app, b->definition, &whole, e)) {
		return false;
	}
	*row = (struct bundle_row){
		.href = arena_printf(&r->arena, "/cases/%s/steps", id_text(b->id).c),
		.name = text_in(&whole->name, r->lang),
		.party = party->name,
		.begun = b->begun,
		.all = b->all,
	};
	return true;
}

bool cases_get(struct req *r, struct err *e)
{
	struct case_list_view view = {0};
	struct case_row *rows = arena_new(&r->arena, struct case_row, r->viewer->party_n * LIST_MAX + 1);
	struct draft_row *drafts = arena_new(&r->arena, struct draft_row, r->viewer->party_n * DRAFTS_MOST + 1);
	struct bundle_row *bundles = arena_new(&r->arena, struct bundle_row, r->viewer->party_n * BUNDLES_MOST + 1);
	if (rows == NULL || drafts == NULL || bundles == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of cases");
	}
	for (size_t i = 0; i < r->viewer->party_n; i++) {
		struct list_load in = {.party = r->viewer->parties[i].party};
		if (!store_read(r->app->store, in.party, &r->arena, load_list, &in, e)) {
			return false;
		}
		for (size_t k = 0; k < in.n; k++) {
			if (!fill_row(r, &in.rows[k], &r->viewer->parties[i], &rows[view.n++], e)) {
				return false;
			}
		}
		for (size_t k = 0; k < in.draft_n; k++) {
			if (!fill_draft(r, &in.drafts[k], &r->viewer->parties[i], &drafts[view.draft_n], e)) {
				return false;
			}
			view.near_n += drafts[view.draft_n++].is_near;
		}
		for (size_t k = 0; k < in.bundle_n; k++) {
			if (!fill_bundle(r, &in.bundles[k], &r->viewer->parties[i], &bundles[view.bundle_n++], e)) {
				return false;
			}
		}
	}
	view.rows = rows;
	view.drafts = drafts;
	view.keep_days = r->app->draft_keep_us / US_PER_DAY;
	view.bundles = bundles;
	if (!enquiries_mine(r, &view.questions, e)) {
		return false;
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("My cases"), .current = NAV_CASES});
	case_list_page(&o, &view);
	page_end(r, &o);
	return true;
}

/* --- One case
 * --------------------------------------------------------------------------------------------------------------- */

static struct str lead(struct req *r, const struct case_facts *f)
{
	static const char *const say[] = {
		[CASE_RECEIVED] = N_("We have your application. You need to do nothing."),
		[CASE_IN_WORK] = N_("We have everything we need and are preparing the decision. You need to do nothing."),
		[CASE_ASKED] = N_("We cannot go on without you. The clock stands until you answer."),
		[CASE_CORRECTED] = N_("We have your corrections and are preparing the decision. You need to do nothing."),
		[CASE_DECIDED] = N_("We have everything we need and are preparing the decision. You need to do nothing."),
		[CASE_TO_SIGN] = N_("We have everything we need and are preparing the decision. You need to do nothing."),
		[CASE_CLOSED] = N_("We have decided. Read the decision and its reasons."),
		[CASE_WITHDRAWN] = N_("You withdrew your application. Nothing more happens with it."),
		[CASE_NOT_ACCEPTED] = N_("We could not accept your application. Below stands why; you can apply again."),
		[CASE_LAPSED] = N_("We waited for you until the last day, and your application lapsed. You can apply again."),
	};
	if (f->c.state != CASE_ASKED && (case_waits(f->c.state, f->c.flags) & WAITS_APPLICANT) != 0) {
		return tr(r->lang, N_("We work on it, and wait for something from you."));
	}
	return tr(r->lang, say[f->c.state]);
}

/* "7 working days left" and how it came to that. */
static void clock_words(struct req *r, const struct case_facts *f, struct case_view *v)
{
	struct buf b;
	buf_init(&b, 1024);
	if (f->c.has_ended_day) {
		buf_put(&b, case_ended_after(r, f));
	} else if (f->dates.stands) {
		buf_put(&b, tr(r->lang, N_("The clock stands")));
	} else {
		buf_put(&b, case_left(r, &f->dates));
	}
	v->clock_title = case_keep(r, &b);
	v->clock_line = case_clock_line(r, f);
	struct str promised = case_date(r, f, f->dates.promised, DATE_LONG);
	if (!f->dates.has_begun) {
		v->clock_text = tr(r->lang, N_("The clock begins when the application is accepted."));
	} else if (f->dates.unit != CLOCK_WORKING_DAYS) {
		v->clock_text = CASE_SAY(r, N_("Promised by {date}."), TR_O("date", promised));
	} else if (f->dates.stood_days == 0) {
		v->clock_text = CASE_SAY(r, N_("Promised by {date}. We have used {ran} of {all} working days."),
		                         TR_O("date", promised), TR_I("ran", f->dates.ran_days), TR_I("all", f->c.committed));
	} else {
		v->clock_text = CASE_SAY(r,
		                         N_("Promised by {date}. We have used {ran} of {all} working days; the clock stood for "
		                            "{stood}."),
		                         TR_O("date", promised), TR_I("ran", f->dates.ran_days), TR_I("all", f->c.committed),
		                         TR_I("stood", f->dates.stood_days));
	}
}

static struct str not_accepted_ground(struct req *r, const struct case_facts *f)
{
	const struct service *s = f->service;
	for (size_t i = 0; f->decision.found && i < s->not_accepted_n; i++) {
		if (str_eq(s->not_accepted_ids[i], f->decision.ground)) {
			return text_in(&s->not_accepted_reasons[i].text, r->lang);
		}
	}
	return STR_EMPTY;
}

bool case_get(struct req *r, struct err *e)
{
	int64_t id;
	struct case_facts f;
	if (!req_arg_id(r, 0, &id, e)) {
		return false;
	}
	if (!case_facts_own(r, id, &f, e)) {
		return e->code == ERR_NOT_FOUND && bundle_redirect(r, id, e);
	}
	if (!mail_note_shown(r, f.c.party, id, MAIL_EVERY_KIND, e)) {
		return false;
	}
	case_hide_the_undelivered(&f);
	struct case_view v = {
		.f = &f,
		.r = r,
		.base = base_of(r, id),
		.document = document_box_of(r, &f, base_of(r, id), false),
		.tag = case_tag_now(f.c.state, f.c.outcome, case_waits(f.c.state, f.c.flags), false),
		.number = f.c.number,
		.service = text_in(&f.service->name, r->lang),
		.lead = lead(r, &f),
		.clock = case_clock_view(r, &f),
		.asks = f.c.state == CASE_ASKED && f.has_correction,
		.answer_by = f.c.has_answer_day ? case_date(r, &f, f.c.answer_day, DATE_LONG) : STR_EMPTY,
		.question = (f.c.flags & HAS_QUESTION) != 0 && !case_is_ended(f.c.state)
	                    ? case_open_matter(&f, MATTER_QUESTION, 0)
	                    : NULL,
		.paper_by = (f.c.flags & HAS_GAP) != 0 && !case_is_ended(f.c.state) && f.c.has_gap_day
	                    ? case_date(r, &f, f.c.gap_day, DATE_LONG)
	                    : STR_EMPTY,
		.ground = not_accepted_ground(r, &f),
	};
	if (!case_acts_now(r, &f, true, &v.acts, &v.act_n, e) || !enquiry_words(r, f.asked, false, &v.asked, e) ||
	    !rooms_ask(r, f.c.party, id, &v.asked_of, e)) {
		return false;
	}
	clock_words(r, &f, &v);
	v.story = case_story(r, &f, false, &v.story_n);
	struct html_out o;
	struct nav_item trail[] = {{.href = STR(PATH_CASES), .text = tr(r->lang, N_("My cases"))}};
	page_begin(r, &o, &(struct page){.title = v.service, .current = NAV_CASES, .trail = trail, .trail_n = 1});
	case_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Decision
 * --------------------------------------------------------------------------------------------------------------- */

static struct str pdf_name(struct req *r, const char *what, struct str number)
{
	return arena_printf(&r->arena, "%s-%.*s.pdf", what, STR_ARG(number));
}

bool case_note_letter(struct req *r, const struct case_facts *f, struct err *e)
{
	return mail_note_shown(r, f->c.party, f->c.id, MAIL_KIND_BIT(MAIL_DECIDED) | MAIL_KIND_BIT(MAIL_DECISION_CHANGED),
	                       e);
}

static bool told_facts(struct req *r, int64_t *id, struct case_facts *f, struct err *e)
{
	if (!req_arg_id(r, 0, id, e) || !case_facts_own(r, *id, f, e)) {
		return false;
	}
	return case_is_told(f)
	           ? case_note_letter(r, f, e)
	           : err_tell(e, ERR_NOT_FOUND, N_("There is no decision to read yet."), "the letter has not left");
}

void case_letter_fill(struct req *r, const struct case_facts *f, struct str base, struct letter_view *v)
{
	*v = (struct letter_view){
		.base = base,
		.is_granted = f->decision.outcome == OUTCOME_GRANTED,
		.number = f->c.number,
		.service = text_in(&f->service->name, r->lang),
		.applicant = f->applicant,
		.institution = text_in(&f->institution->name, r->lang),
		.date = case_date(r, f, zone_local(f->zone, f->decision.decided_at).day, DATE_WITH_YEAR),
		.official = f->decision.official,
		.ground = ground_sentence(r, f),
		.reason = f->decision.reason,
		.output = text_in(&f->service->output, r->lang),
		.objection = text_in(&f->service->objection, r->lang),
		.signer = f->decision.signer,
		.corrected = case_corrected_on(r, f),
	};
}

bool case_letter_get(struct req *r, struct err *e)
{
	int64_t id;
	struct case_facts f;
	struct letter_view v;
	if (!told_facts(r, &id, &f, e)) {
		return false;
	}
	case_letter_fill(r, &f, base_of(r, id), &v);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = CASE_SAY(r, N_("Decision {number}"), TR_O("number", f.c.number)),
	                          .current = NAV_CASES,
	                          .width = PAGE_NOTE});
	letter_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool case_letter_pdf_get(struct req *r, struct err *e)
{
	int64_t id;
	int fd;
	struct case_facts f;
	return told_facts(r, &id, &f, e) && letter_pdf(r, &f, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", pdf_name(r, "decision", f.c.number));
}

/* --- Papers
 * ----------------------------------------------------------------------------------------------------------------- */

bool case_file_get(struct req *r, struct err *e)
{
	int64_t id, file;
	uint64_t page;
	struct case_facts f;
	if (!req_arg_id(r, 0, &id, e) || !req_arg_id(r, 1, &file, e) || !case_facts_own(r, id, &f, e)) {
		return false;
	}
	if (r->path_arg_n < 3) {
		return case_show_file(r, &f, file, base_of(r, id), false, e);
	}
	return str_to_u64(r->path_args[2], &page) && page < RENDER_PAGES_MAX ? case_send_page(r, &f, file, (int64_t)page, e)
	                                                                     : err_set(e, ERR_NOT_FOUND, "no such page");
}

/* --- Correction
 * ------------------------------------------------------------------------------------------------------------- */

struct open_correction {
	struct case_facts f;
	struct str *questions;
	size_t question_n;
};

static bool open_correction(struct req *r, struct open_correction *c, struct err *e)
{
	int64_t id;
	struct json *list = NULL;
	if (!req_arg_id(r, 0, &id, e) || !case_facts_own(r, id, &c->f, e)) {
		return false;
	}
	if (c->f.c.state != CASE_ASKED || !c->f.has_correction) {
		return err_tell(e, ERR_CONFLICT, N_("Nothing waits for your correction. Perhaps it was sent already."),
		                "no open correction");
	}
	if (!json_parse(&r->arena, c->f.correction.questions, &list, e)) {
		return false;
	}
	c->question_n = 0;
	c->questions = arena_new(&r->arena, struct str, service_question_count(c->f.service) + 1);
	for (const struct json *q = list->first; c->questions && q && c->question_n < service_question_count(c->f.service);
	     q = q->next) {
		c->questions[c->question_n++] = q->string;
	}
	return c->questions ? true : err_set(e, ERR_MEMORY, "no memory for a correction");
}

static void put_correction(struct req *r, const struct open_correction *c, const struct answers *answers,
                           const struct form_state *const *states, bool has_errors)
{
	struct correct_view v = {
		.r = r,
		.action = arena_printf(&r->arena, "/cases/%s/correct", id_text(c->f.c.id).c),
		.op = req_new_op(r),
		.reason = c->f.correction.reason,
		.official = c->f.handler,
		.service = text_in(&c->f.service->name, r->lang),
		.number = c->f.c.number,
		.version = c->f.c.version,
		.f = &c->f,
		.answers = answers,
		.questions = c->questions,
		.question_n = c->question_n,
		.states = states,
	};
	for (size_t i = 0; i < c->question_n; i++) {
		const struct question *q = service_question(c->f.service, c->questions[i], NULL);
		v.has_files = v.has_files || (q != NULL && q->type == QUESTION_FILES);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Correct your application"),
	                          .current = NAV_CASES,
	                          .width = PAGE_FORM,
	                          .has_errors = has_errors,
	                          .back_href = base_of(r, c->f.c.id)});
	correct_page(&o, &v);
	page_end(r, &o);
}

bool case_correct_get(struct req *r, struct err *e)
{
	struct open_correction c;
	if (!open_correction(r, &c, e) ||
	    !mail_note_shown(r, c.f.c.party, c.f.c.id, MAIL_KIND_BIT(MAIL_CORRECTION_ASKED), e)) {
		return false;
	}
	put_correction(r, &c, &c.f.answers, NULL, false);
	return true;
}

struct draft_look {
	int64_t party, id;
	struct draft draft;
	struct file_list files;
};

static bool look_at_draft(struct tx *tx, void *ctx, struct err *e)
{
	struct draft_look *in = ctx;
	return draft_get(tx, in->party, in->id, &in->draft, e) && files_of(tx, in->party, in->id, &in->files, e);
}

/* Another tab may have taken away a file since this one's was stored. */
static bool has_asked_files(const struct open_correction *c, const struct answers *answers,
                            const struct file_list *files, struct req *r, struct err *e)
{
	struct answers shown;
	if (!answers_shown(&r->arena, c->f.service, answers, &shown, e)) {
		return false;
	}
	for (size_t i = 0; i < c->question_n; i++) {
		const struct form_page *page = NULL;
		const struct question *q = service_question(c->f.service, c->questions[i], &page);
		if (q && q->type == QUESTION_FILES && question_is_shown(page, q, &shown) &&
		    !files_fit(q, files_count(files, q->id))) {
			return err_set(e, ERR_CONFLICT, "a file went while the correction was sent");
		}
	}
	return true;
}

static bool send_correction(struct req *r, const struct open_correction *c, const struct answers *answers,
                            struct err *e)
{
	struct draft_look look = {.party = c->f.c.party, .id = c->f.c.id};
	if (!store_read(r->app->store, look.party, &r->arena, look_at_draft, &look, e) ||
	    !has_asked_files(c, answers, &look.files, r, e)) {
		return false;
	}
	struct buf b;
	struct store_op op;
	buf_init(&b, 1024 * 1024);
	answers_put_json(&b, answers);
	if (!buf_ok(&b, e)) {
		buf_release(&b);
		return false;
	}
	struct case_answer move = {
		.draft_version = look.draft.version,
		.change = {.party = c->f.c.party,
	               .casefile = c->f.c.id,
	               .version = c->f.c.version,
	               .actor = r->viewer->account,
	               .calendar = c->f.calendar},
		.answers_json = case_keep(r, &b),
	};
	return app_op(r, c->f.c.party, &op, e) && app_write(r, &op, case_answer_job, &move, e);
}

bool case_correct(struct req *r, struct correction_try *x, struct err *e)
{
	struct open_correction c = {0};
	*x = (struct correction_try){0};
	if (!open_correction(r, &c, e)) {
		x->casefile = c.f.c.id;
		x->is_sent = e->code == ERR_CONFLICT && app_was_done(r, c.f.c.party);
		return x->is_sent;
	}
	const struct service *s = c.f.service;
	struct answers answers = c.f.answers;
	struct form_state **states = arena_new(&r->arena, struct form_state *, s->page_n + 1);
	bool is_shown_again = false;
	if (states == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a correction");
	}
	for (size_t i = 0; i < s->page_n; i++) {
		states[i] = form_read_page(r, s, &s->pages[i], c.questions, c.question_n, &answers, c.f.today);
		if (!form_store_uploads(r, s, &s->pages[i], c.f.c.party, c.f.c.id, states[i], e)) {
			return false;
		}
		is_shown_again = is_shown_again || form_has_errors(states[i]);
		x->error_n += form_error_count(states[i]);
	}
	x->casefile = c.f.c.id;
	x->service = s;
	x->answers = answers;
	x->states = (const struct form_state *const *)states;
	x->state_n = s->page_n;
	return is_shown_again || (x->is_sent = send_correction(r, &c, &answers, e));
}

bool case_correct_post(struct req *r, struct err *e)
{
	struct open_correction c = {0};
	struct correction_try x;
	if (!case_correct(r, &x, e)) {
		return false;
	}
	if (x.is_sent) {
		return req_redirect(r, base_of(r, x.casefile));
	}
	if (!open_correction(r, &c, e)) { /* files came or went */
		return false;
	}
	r->status = x.error_n > 0 ? err_status(ERR_INVALID) : 200;
	put_correction(r, &c, &x.answers, x.states, x.error_n > 0);
	return true;
}
