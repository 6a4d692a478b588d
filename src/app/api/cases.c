/* Cases: those of the parties that the token's owner acts for, and those of the offices where it works. The same checks
 * and the same records of who looked as on the pages. */
#include "app/api/answers.h"
#include "app/api/endpoints.h"
#include "app/cases/acts.h"
#include "app/cases/applicant.h"
#include "app/cases/desk.h"
#include "app/cases/document_pages.h"
#include "app/cases/documents.h"
#include "app/cases/own.h"
#include "app/cases/receipt.h"
#include "app/cases/steps.h"
#include "app/desk/filter.h"
#include "app/desk/look.h"
#include "app/forms/page_state.h"
#include "app/mail/mail.h"
#include "app/people/viewer.h"
#include "os/render_client.h"

/* --- Words ------------------------------------------------------------------------------------------------------- */

static const char *const state_words[CASE_STATE_END] = {
	[CASE_RECEIVED] = "received", [CASE_IN_WORK] = "in-work",
	[CASE_ASKED] = "asked",       [CASE_CORRECTED] = "corrected",
	[CASE_TO_SIGN] = "to-sign",   [CASE_DECIDED] = "decided",
	[CASE_CLOSED] = "closed",     [CASE_WITHDRAWN] = "withdrawn",
	[CASE_LAPSED] = "lapsed",     [CASE_NOT_ACCEPTED] = "not-accepted",
};

/* What was decided is not told before its letter has left. */
static struct str word_of(int64_t state, bool is_desk)
{
	if (!is_desk && (state == CASE_TO_SIGN || state == CASE_DECIDED)) {
		state = CASE_IN_WORK;
	}
	const char *word = state > 0 && state < CASE_STATE_END ? state_words[state] : NULL;
	return str_of(word ? word : "open");
}

static struct str outcome_word(int64_t outcome)
{
	return outcome == OUTCOME_GRANTED ? STR("granted") : outcome == OUTCOME_REFUSED ? STR("refused") : STR_EMPTY;
}

static void put_int_or_null(struct json_out *j, const char *key, bool is_there, int64_t v)
{
	put_key(j, key);
	if (is_there) {
		json_put_int(j, v);
	} else {
		json_put_null(j);
	}
}

static void put_dates(struct json_out *j, const struct case_dates *d, const char *waits)
{
	bool in_hours = d->unit == CLOCK_WORKING_HOURS;
	put_day(j, "promised", d->promised);
	put_instant(j, "promised_at", in_hours ? d->promised_us : 0);
	put_day(j, "legal", d->legal);
	put_int_or_null(j, "days_left", !d->has_ended, d->left_days);
	put_int_or_null(j, "hours_left", !d->has_ended && in_hours, case_hours_left(d));
	put_flag(j, "clock_stands", d->stands);
	put_flag(j, "clock_ended", d->has_ended);
	put_str_or_null(j, "waits_for", waits ? str_of(waits) : STR_EMPTY);
}

/* --- Lists ------------------------------------------------------------------------------------------------------- */

struct own_list {
	int64_t party, before;
	size_t most, n;
	struct casefile_of_party_out *rows;
};

static bool job_own(struct tx *tx, void *ctx, struct err *e)
{
	struct own_list *l = ctx;
	l->rows = arena_new(tx_arena(tx), struct casefile_of_party_out, l->most);
	return l->rows ? cases_of_party(tx, l->party, l->before, l->most, l->rows, &l->n, e)
	               : err_set(e, ERR_MEMORY, "no room for a list of cases");
}

static bool put_own_line(struct req *r, struct json_out *j, const struct casefile_of_party_out *c, struct err *e)
{
	const struct institution *at = catalogue_institution(r->app, c->institution);
	if (at == NULL) {
		return err_set(e, ERR_INTERNAL, "a case of an unknown institution");
	}
	struct case_dates dates;
	const struct calendar *calendar;
	struct case_said said = CASE_SAID(c, CLOCK_GREEN, c->has_ended_day && case_is_ended(c->state), c->ended_day);
	if (!catalogue_calendar(r->app, c->calendar, (int32_t)c->calendar_version, &calendar, e)) {
		return false;
	}
	case_dates_said(calendar, &said, time_legal_us(&r->app->time), &dates);
	json_begin_object(j);
	put_id(j, "id", c->id);
	put_str(j, "number", c->number);
	put_str(j, "service", c->service);
	put_str(j, "institution", at->pack_id);
	put_id(j, "party", c->party);
	put_str(j, "state", word_of(c->state, false));
	put_str_or_null(j, "outcome", case_is_ended(c->state) ? outcome_word(c->outcome) : STR_EMPTY);
	put_instant(j, "submitted_at", c->submitted_at);
	put_dates(j, &dates, case_waits_word(c->state, case_waits(c->state, c->flags), false));
	json_end_object(j);
	return true;
}

/* "<party>.<case>": goes on with that party's cases before that one, then with the next party. */
bool api_list_cases(struct req *r, struct api_call *c, struct err *e)
{
	struct json_out *j = &c->j;
	const struct viewer *v = r->viewer;
	struct str after, party, id, next = STR_EMPTY;
	int64_t at = 0, before = INT64_MAX;
	size_t left = api_limit(r);
	if (!api_after(r, c, &after)) {
		return api_invalid(r, c);
	}
	if (after.n > 0 && !(str_cut(after, '.', &party, &id) && id_parse(party, &at) && id_parse(id, &before))) {
		return err_set(e, ERR_INTERNAL, "a cursor of our own that cannot be read");
	}
	json_begin_object(j);
	put_key(j, "items");
	json_begin_array(j);
	for (size_t i = v->is_program ? 1 : 0; i < v->party_n && next.n == 0; i++) {
		if (at != 0 && v->parties[i].party != at) {
			continue;
		}
		struct own_list l = {.party = v->parties[i].party, .before = at != 0 ? before : INT64_MAX, .most = left + 1};
		at = 0;
		if (!store_read(r->app->store, l.party, &r->arena, job_own, &l, e)) {
			return false;
		}
		for (size_t k = 0; k < l.n && k < left; k++) {
			if (!put_own_line(r, j, &l.rows[k], e)) {
				return false;
			}
		}
		bool has_more = l.n > left;
		size_t shown = has_more ? left : l.n;
		left -= shown;
		if (has_more || (left == 0 && i + 1 < v->party_n)) {
			int64_t last = shown > 0 ? l.rows[shown - 1].id : l.before;
			next = arena_printf(&r->arena, "%s.%s", id_text(l.party).c, id_text(last).c);
		}
	}
	json_end_array(j);
	api_put_next(r, c, next);
	json_end_object(j);
	return true;
}

/* --- One case ---------------------------------------------------------------------------------------------------- */

/* As its applicant, else as an official of an office that takes part in it. */
static bool open_case(struct req *r, enum access_purpose purpose, struct case_facts *f, bool *is_desk, struct err *e)
{
	int64_t id;
	struct err why = {0};
	if (!req_arg_id(r, 0, &id, e)) {
		return false;
	}
	*is_desk = false;
	if (case_facts_own(r, id, f, &why)) {
		case_hide_the_undelivered(f);
		return true;
	}
	if (why.code != ERR_NOT_FOUND || !viewer_has_role(r->viewer, ROLE_OFFICIAL, 0)) {
		*e = why;
		return false;
	}
	*is_desk = true;
	return desk_open_case(r, purpose, f, e);
}

static void put_correction(struct req *r, struct json_out *j, const struct case_facts *f)
{
	struct json *list = NULL;
	struct err ignored;
	if (!f->has_correction || !json_parse(&r->arena, f->correction.questions, &list, &ignored)) {
		put_null(j, "correction");
		return;
	}
	put_key(j, "correction");
	json_begin_object(j);
	put_id(j, "id", f->correction.id);
	put_instant(j, "asked_at", f->correction.asked_at);
	put_str(j, "reason", f->correction.reason);
	put_key(j, "questions");
	json_begin_array(j);
	for (const struct json *q = list->first; q; q = q->next) {
		json_put_string(j, q->string);
	}
	json_end_array(j);
	json_end_object(j);
}

static void put_decision(struct json_out *j, const struct case_facts *f, bool is_desk)
{
	if (!f->decision.found || !(is_desk || case_is_told(f))) {
		put_null(j, "decision");
		return;
	}
	put_key(j, "decision");
	json_begin_object(j);
	put_str(j, "outcome", outcome_word(f->decision.outcome));
	put_str_or_null(j, "ground", f->decision.ground);
	put_str(j, "reason", f->decision.reason);
	put_str(j, "official", f->decision.official);
	put_instant(j, "decided_at", f->decision.decided_at);
	json_end_object(j);
}

static void put_files(struct json_out *j, const struct case_facts *f)
{
	put_key(j, "files");
	json_begin_array(j);
	for (size_t i = 0; i < f->files.n; i++) {
		const struct file_row *file = &f->files.items[i];
		if (file->is_replaced || file->question.n == 0 || file->question.p[0] == '-') {
			continue;
		}
		json_begin_object(j);
		put_id(j, "id", file->id);
		put_str(j, "question", file->question);
		put_str(j, "name", file->filename);
		put_int(j, "bytes", file->bytes);
		put_int(j, "pages", file->page_n);
		put_instant(j, "added_at", file->added_us);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_story(struct req *r, struct json_out *j, const struct case_facts *f, bool is_desk)
{
	size_t n;
	const struct story_item *items = case_story(r, f, is_desk, &n);
	put_key(j, "story");
	json_begin_array(j);
	for (size_t i = 0; items && i < n; i++) {
		json_begin_object(j);
		put_str(j, "when", items[i].when);
		put_str(j, "title", items[i].title);
		put_str(j, "text", items[i].text.p ? items[i].text : STR_EMPTY);
		put_str(j, "quote", items[i].quote.p ? items[i].quote : STR_EMPTY);
		put_flag(j, "is_next", items[i].is_next);
		json_end_object(j);
	}
	json_end_array(j);
}

/* Nobody who applies is told whose hands it goes through at the office. */
static void put_steps(struct json_out *j, const struct case_facts *f, bool is_desk)
{
	put_key(j, "steps");
	json_begin_array(j);
	for (size_t i = 0; is_desk && i < f->clock.step_n; i++) {
		const struct case_step *s = &f->clock.steps[i];
		struct clock_face face;
		case_step_read(f->calendar, &f->clock, s, f->now_us, &face);
		const struct clock_due *due = &face.due[CLOCK_COMMITTED];
		json_begin_object(j);
		put_str(j, "step", str_of(case_step_words[s->kind]));
		put_int(j, "limit", s->limit.n);
		put_str(j, "unit", clock_unit_word(s->limit.unit));
		put_day(j, "since", s->since.day);
		put_day(j, "due", due->day);
		put_instant(j, "due_at", due->us);
		put_flag(j, "is_past", due->us <= f->now_us);
		json_end_object(j);
	}
	json_end_array(j);
}

static void put_looks(struct req *r, struct json_out *j, const struct case_facts *f)
{
	put_key(j, "looks");
	json_begin_array(j);
	for (size_t i = 0; i < f->looks.n; i++) {
		const struct access_entry *l = &f->looks.items[i];
		json_begin_object(j);
		put_str(j, "name", l->name);
		put_str(j, "purpose", tr(r->lang, access_sentence(l->purpose)));
		put_instant(j, "first_at", l->first_us);
		put_instant(j, "last_at", l->last_us);
		put_int(j, "times", l->times);
		json_end_object(j);
	}
	json_end_array(j);
}

bool api_read_case(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	bool is_desk;
	struct json_out *j = &c->j;
	if (!open_case(r, ACCESS_DECIDE, &f, &is_desk, e) ||
	    (!is_desk && !mail_note_shown(r, f.c.party, f.c.id, MAIL_EVERY_KIND, e))) {
		return false;
	}
	api_put_etag(r, f.c.version);
	json_begin_object(j);
	put_id(j, "id", f.c.id);
	put_str(j, "number", f.c.number);
	put_str(j, "service", f.c.service);
	put_str(j, "institution", f.institution->pack_id);
	put_id(j, "party", f.c.party);
	put_str(j, "applicant", f.applicant);
	put_str(j, "state", word_of(f.c.state, is_desk));
	put_str(j, "state_text", tr(r->lang, case_tag(f.c.state, f.c.outcome, is_desk).msgid));
	put_str_or_null(j, "outcome", is_desk || case_is_ended(f.c.state) ? outcome_word(f.c.outcome) : STR_EMPTY);
	put_str_or_null(j, "handler", f.handler);
	put_instant(j, "submitted_at", f.c.submitted_at);
	put_dates(j, &f.dates, case_waits_word(f.c.state, case_waits(f.c.state, f.c.flags), is_desk));
	put_steps(j, &f, is_desk);
	put_answers(r, j, "answers", f.service, &f.answers, &f.files);
	put_files(j, &f);
	put_correction(r, j, &f);
	put_decision(j, &f, is_desk);
	put_story(r, j, &f, is_desk);
	put_looks(r, j, &f);
	json_end_object(j);
	return true;
}

/* --- Documents --------------------------------------------------------------------------------------------------- */

static bool send_pdf(struct req *r, const char *what, const struct case_facts *f, int fd)
{
	return req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "%s-%.*s.pdf", what, STR_ARG(f->c.number)));
}

bool api_read_receipt(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	bool is_desk;
	int fd;
	(void)c;
	return open_case(r, ACCESS_DECIDE, &f, &is_desk, e) && receipt_pdf(r, &f, &fd, e) && send_pdf(r, "receipt", &f, fd);
}

bool api_read_letter(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	bool is_desk;
	int fd;
	(void)c;
	if (!open_case(r, ACCESS_AFTERWARDS, &f, &is_desk, e)) {
		return false;
	}
	if (!f.decision.found || !(is_desk || case_is_told(&f))) {
		return err_tell(e, ERR_NOT_FOUND, N_("There is no decision to read yet."), "no decision");
	}
	return (is_desk || case_note_letter(r, &f, e)) && letter_pdf(r, &f, &fd, e) && send_pdf(r, "decision", &f, fd);
}

bool api_read_document(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	bool is_desk;
	(void)c;
	if (!open_case(r, ACCESS_AFTERWARDS, &f, &is_desk, e)) {
		return false;
	}
	if (!is_desk && (f.service->document.ways & HAND_OVER_DOWNLOAD) == 0) {
		return err_tell(e, ERR_NOT_FOUND, N_("This document exists on paper alone."), "not to be downloaded");
	}
	return case_document_send(r, &f, e);
}

bool api_read_case_picture(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	bool is_desk;
	int64_t file;
	uint64_t page;
	(void)c;
	return req_arg_id(r, 1, &file, e) && open_case(r, ACCESS_PAPER, &f, &is_desk, e) &&
	       (str_to_u64(r->path_args[2], &page) && page < RENDER_PAGES_MAX
	            ? case_send_page(r, &f, file, (int64_t)page, e)
	            : err_set(e, ERR_NOT_FOUND, "no such page"));
}

/* --- A correction that was asked for ----------------------------------------------------------------------------- */

/* A page shows all that is asked with what was answered; here what is left out would take an answer away. */
static bool has_all(struct req *r, struct api_call *c, const struct case_facts *f, const struct json *sent,
                    struct err *e)
{
	struct json *list = NULL;
	if (!f->has_correction) {
		return true; /* the act itself says that nothing waits */
	}
	if (!json_parse(&r->arena, f->correction.questions, &list, e)) {
		return false;
	}
	for (const struct json *x = list->first; x; x = x->next) {
		const struct form_page *page = NULL;
		const struct question *q = service_question(f->service, x->string, &page);
		if (q && q->type != QUESTION_FILES && question_is_shown(page, q, &f->answers) &&
		    json_get(sent, q->id) == NULL) {
			api_fault_at(r, c, answers_pointer(r, q->id), tr(r->lang, N_("This is missing.")));
		}
	}
	return true;
}

bool api_send_correction(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	struct correction_try x;
	int64_t id;
	if (!req_arg_id(r, 0, &id, e) || !case_facts_own(r, id, &f, e)) {
		return false;
	}
	if (!has_all(r, c, &f, json_get(c->body, STR("answers")), e)) {
		return false;
	}
	if (!answers_to_form(r, c, f.service, json_get(c->body, STR("answers")))) {
		return err_set(e, ERR_TOO_LARGE, "too many answers at once");
	}
	if (c->fault_n > 0) {
		return api_invalid(r, c);
	}
	if (f.c.state == CASE_ASKED && !api_matches(r, f.c.version)) {
		return true;
	}
	if (!case_correct(r, &x, e)) {
		return false;
	}
	for (size_t i = 0; i < x.state_n && !x.is_sent; i++) {
		for (size_t k = 0; k < x.states[i]->n; k++) {
			const struct field_state *item = &x.states[i]->items[k];
			if (form_complains(x.states[i], item)) {
				api_fault_at(r, c, answers_pointer(r, item->name), item->fault.say);
			}
		}
	}
	if (!x.is_sent) {
		return api_invalid(r, c);
	}
	json_begin_object(&c->j);
	put_id(&c->j, "case", f.c.id);
	put_str(&c->j, "number", f.c.number);
	put_str(&c->j, "move", STR("answer"));
	json_end_object(&c->j);
	return true;
}

/* --- Where is my case? ------------------------------------------------------------------------------------------- */

bool api_track_case(struct req *r, struct api_call *c, struct err *e)
{
	struct case_facts f;
	struct json_out *j = &c->j;
	bool is_found;
	if (!receipt_opens(r, req_query(r, "code"), req_query(r, "number"), &f, &is_found, e)) {
		return false;
	}
	if (!is_found) {
		return err_tell(e, ERR_NOT_FOUND,
		                N_("We know no case with this number and this code. Compare both with the receipt; the newest "
		                   "receipt counts."),
		                "no such receipt");
	}
	json_begin_object(j);
	put_str(j, "state", word_of(f.c.state, false));
	put_str(j, "state_text", tr(r->lang, case_tag(f.c.state, f.c.outcome, false).msgid));
	put_instant(j, "submitted_at", f.c.submitted_at);
	put_dates(j, &f.dates,
	          receipt_waits(&f) ? case_waits_word(f.c.state, case_waits(f.c.state, f.c.flags), false) : NULL);
	json_end_object(j);
	return true;
}

/* --- The queue --------------------------------------------------------------------------------------------------- */

enum { LOOK_MOST = 40 * QUEUE_STEP, PAGE_MOST = 100 };

struct queue_load {
	const struct filter *filter;
	const struct filter_reader *reader;
	struct queue_place after;
	size_t most, n;
	bool is_more;
	int64_t cases[PAGE_MOST];
	struct queue_rows_out rows[PAGE_MOST];
};

static bool job_queue(struct tx *tx, void *ctx, struct err *e)
{
	struct queue_load *in = ctx;
	struct queue_way way = filter_way(in->filter, in->reader);
	struct queue_key *keys = arena_new(tx_arena(tx), struct queue_key, QUEUE_STEP);
	size_t step = QUEUE_STEP;
	in->n = 0;
	in->is_more = false;
	for (size_t looked = 0; keys && step == QUEUE_STEP && looked < LOOK_MOST && !in->is_more; looked += step) {
		if (!queue_step(tx, &way, in->after, keys, &step, e)) {
			return false;
		}
		for (size_t i = 0; i < step; i++) {
			if (in->n == in->most) {
				in->is_more = true;
				break;
			}
			in->after = keys[i].at;
			if (filter_wants(in->filter, in->reader, &keys[i])) {
				in->cases[in->n++] = keys[i].at.casefile;
			}
		}
	}
	in->is_more = in->is_more || step == QUEUE_STEP;
	return keys ? queue_rows_of(tx, in->reader->institution, in->cases, in->n, in->rows, e)
	            : err_set(e, ERR_MEMORY, "no room for a queue");
}

/* The office that was named, else the first where the owner works. */
static const struct institution *office_of(struct req *r, struct err *e)
{
	struct str named = req_query(r, "institution");
	const struct viewer *v = r->viewer;
	for (size_t i = 0; i < v->role_n; i++) {
		const struct institution *in = catalogue_institution(r->app, v->roles[i].institution);
		if (v->roles[i].kind == ROLE_OFFICIAL && in && (named.n == 0 || str_eq(in->pack_id, named))) {
			return in;
		}
	}
	err_tell(e, ERR_FORBIDDEN, N_("The token's owner does not work at this office."), "no official of that office");
	return NULL;
}

static void put_row(struct req *r, struct json_out *j, const struct institution *at, const struct queue_rows_out *q)
{
	struct case_dates dates;
	struct case_said said = CASE_SAID(q, q->level, q->part == AS_OWNER && q->state >= CASE_DECIDED, INT32_MAX);
	case_dates_said(at->calendar, &said, time_legal_us(&r->app->time), &dates);
	json_begin_object(j);
	put_id(j, "id", q->casefile);
	put_str(j, "number", q->number);
	put_str(j, "service", q->service);
	put_str(j, "applicant", q->applicant);
	put_str(j, "state", word_of(q->state, true));
	put_str_or_null(j, "handler", q->handler_name);
	put_flag(j, "is_mine", q->handler != 0 && q->handler == r->viewer->account);
	put_dates(j, &dates, case_waits_word(q->state, (unsigned)q->waits, true));
	json_end_object(j);
}

/* "<due day>.<case>" */
static bool place_of(struct str after, struct queue_place *out)
{
	struct str due, id;
	int64_t day;
	*out = QUEUE_START;
	if (after.n == 0) {
		return true;
	}
	if (!str_cut(after, '.', &due, &id) || !str_to_i64(due, &day) || !id_parse(id, &out->casefile)) {
		return false;
	}
	out->due = (day_number)day;
	return true;
}

bool api_read_queue(struct req *r, struct api_call *c, struct err *e)
{
	struct filter filter;
	struct str after;
	const struct institution *at = office_of(r, e);
	struct queue_load *in = arena_new(&r->arena, struct queue_load, 1);
	if (at == NULL || in == NULL) {
		return at ? err_set(e, ERR_MEMORY, "no room for a queue") : false;
	}
	if (!api_after(r, c, &after)) {
		return api_invalid(r, c);
	}
	struct filter_reader reader;
	if (!look_reader(r, at, &reader, e)) {
		return false;
	}
	filter_read(r, &filter);
	filter.is_new = false;
	*in = (struct queue_load){.filter = &filter, .reader = &reader, .most = api_limit(r)};
	if (!place_of(after, &in->after)) {
		return err_set(e, ERR_INTERNAL, "a cursor of our own that cannot be read");
	}
	if (!store_read(r->app->store, at->id, &r->arena, job_queue, in, e)) {
		return false;
	}
	json_begin_object(&c->j);
	put_str(&c->j, "institution", at->pack_id);
	put_key(&c->j, "items");
	json_begin_array(&c->j);
	for (size_t i = 0; i < in->n; i++) {
		if (in->rows[i].casefile != 0) {
			put_row(r, &c->j, at, &in->rows[i]);
		}
	}
	json_end_array(&c->j);
	api_put_next(r, c,
	             in->is_more ? arena_printf(&r->arena, "%d.%s", (int)in->after.due, id_text(in->after.casefile).c)
	                         : STR_EMPTY);
	json_end_object(&c->j);
	return true;
}
