/* How it came and when, and the service's checklist. The questions themselves are the draft's own pages. */
#include "app/cases/facts.h"
#include "app/counter/counter.html.h"
#include "app/counter/counter.sql.h"
#include "app/counter/pages.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/page_state.h"
#include "app/forms/pages.h"
#include "app/people/accounts.h"
#include "base/json.h"
#include "base/time_source.h"
#include "html/translate.h"

enum { NOON_S = 12 * 3600 };

/* --- How it came ------------------------------------------------------------------------------------------------- */

struct begin {
	const struct service *service;
	const struct institution *office;
	int64_t at; /* as whose official */
	struct record record;
	struct numbered form;
	bool has_form;
	day_number today;
};

static bool read_begin(struct req *r, struct begin *b, struct str *why, struct err *e)
{
	int64_t party = 0;
	bool is_post = r->method == METHOD_POST;
	struct str form = is_post ? req_form(r, "form") : req_query(r, "form");
	*b = (struct begin){0};
	if (!req_arg_id(r, 0, &party, e) || !counter_record(r, party, &b->record, e)) {
		return false;
	}
	if (form.n > 0) {
		if (!numbered_find(r, form, &b->form, why, e)) {
			return false;
		}
		b->has_form = true;
		b->service = b->form.service;
	} else {
		struct str id = is_post ? req_form(r, "service") : req_query(r, "service");
		b->service = catalogue_service(r->app, id);
		b->service = b->service ? b->service : catalogue_bundle(r->app, id);
	}
	if (b->service == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such service in force");
	}
	b->office = catalogue_institution_named(r->app, b->service->institution);
	b->at = counter_takes_in(r, b->service);
	if (b->at == 0 || b->office == NULL) {
		return err_tell(e, ERR_FORBIDDEN,
		                N_("This service is another office’s. It is taken in there, or at the front office."),
		                "an official of another office");
	}
	if (!(b->service->audience & (b->record.is_organisation ? FOR_ORGANISATIONS : FOR_PERSONS))) {
		return err_tell(e, ERR_FORBIDDEN, N_("This service is not for whom this record is of."), "another audience");
	}
	b->today = form_today(r->app, b->service);
	return true;
}

static const struct {
	enum channel channel;
	const char *word;
} channels[] = {
	{CHANNEL_COUNTER, "counter"}, {CHANNEL_PAPER, "paper"}, {CHANNEL_POST, "post"}, {CHANNEL_PHONE, "phone"}};

static void fill_begin(struct req *r, const struct begin *b, struct begin_view *v)
{
	bool is_post = r->method == METHOD_POST;
	struct str chosen = is_post ? req_form(r, "channel") : STR("counter");
	*v = (struct begin_view){
		.csrf = r->csrf,
		.op = req_new_op(r),
		.action = r->path,
		.back = arena_printf(&r->arena, PATH_COUNTER "/person/%s", id_text(b->record.party).c),
		.service = text_in(&b->service->name, r->lang),
		.service_id = b->service->id,
		.name = b->record.name,
		.form = b->has_form ? b->form.number : STR_EMPTY,
		.channel = {.name = STR("channel"), .label = tr(r->lang, N_("How did it come?"))},
		.day = {.name = STR("received"),
	            .label = tr(r->lang, N_("Day of receipt")),
	            .hint = tr(r->lang,
	                       N_("When it came on paper, by post or by phone on an earlier day. Else leave it empty.")),
	            .is_optional = true},
		.time = {.name = STR("time"),
	             .label = tr(r->lang, N_("Time of receipt")),
	             .hint = tr(r->lang, N_("As written on the form, such as 9:15")),
	             .value = str_trim(req_form(r, "time")),
	             .width = FIELD_W8,
	             .is_optional = true,
	             .chars_max = 8},
		.proof = {.name = STR("proof"), .label = tr(r->lang, N_("What shows the day?"))},
		.proofs = {{.value = STR("stamp"), .label = tr(r->lang, N_("Our stamp on the paper"))},
	               {.value = STR("scan"), .label = tr(r->lang, N_("A scan, added on the next page"))},
	               {.value = STR("call"), .label = tr(r->lang, N_("The note of the call"))}},
		.date = {.day = str_trim(req_form(r, "received-day")),
	             .month = str_trim(req_form(r, "received-month")),
	             .year = str_trim(req_form(r, "received-year"))},
		.earliest = receipt_day_earliest(b->office->calendar, b->today, b->service->receipt_back_days),
		.back_days = b->service->receipt_back_days,
	};
	for (size_t i = b->has_form ? 1 : 0; i < (b->has_form ? 2 : sizeof channels / sizeof *channels); i++) {
		v->channels[v->channel_n++] =
			(struct form_choice){.value = str_of(channels[i].word),
		                         .label = tr(r->lang, channel_words(channels[i].channel)),
		                         .is_chosen = b->has_form || str_is(chosen, channels[i].word)};
	}
	for (size_t i = 0; i < sizeof v->proofs / sizeof *v->proofs; i++) {
		v->proofs[i].is_chosen = str_eq(req_form(r, "proof"), v->proofs[i].value);
	}
}

static bool show_begin(struct req *r, const struct begin_view *v)
{
	struct html_out o;
	counter_begin(r, &o, N_("How did it come?"), v->error_n > 0, v->back);
	begin_page(&o, v);
	page_end(r, &o);
	return true;
}

/* A form, a record or a right in the way: said on the record's page or as an error. */
static bool refuse_begin(struct req *r, struct str why, struct err *e)
{
	if (why.n == 0) {
		return false;
	}
	struct html_out o;
	r->status = err_status(ERR_CONFLICT);
	counter_begin(r, &o, N_("This form cannot be entered"), false, STR(PATH_COUNTER));
	refused_page(&o, why);
	page_end(r, &o);
	(void)e;
	return true;
}

bool begin_get(struct req *r, struct err *e)
{
	struct begin b;
	struct begin_view v;
	struct str why = STR_EMPTY;
	if (!read_begin(r, &b, &why, e)) {
		return refuse_begin(r, why, e);
	}
	fill_begin(r, &b, &v);
	return show_begin(r, &v);
}

/* --- The day of receipt ------------------------------------------------------------------------------------------ */

struct refused_day {
	int64_t account, institution, party;
	struct str service;
	enum channel channel;
	day_number day;
	int64_t back_days;
};

/* What was refused is kept for supervision: at whose desk, for whom and which service, which day. The case that comes
 * of it says so in its story (cases/desk.c). */
static bool job_refused(struct tx *tx, void *ctx, struct err *e)
{
	const struct refused_day *in = ctx;
	char day[11];
	date_format(in->day, day);
	struct event ev = {
		.route = in->account,
		.room = STR("counter"),
		.kind = STR("backdating-refused"),
		.version = 1,
		.institution = in->institution,
		.service = in->service,
		.actor = in->account,
		.effective_us = tx_now_us(tx),
		.public_payload =
			arena_printf(tx_arena(tx), "{\"day\":\"%s\",\"channel\":%d,\"back_days\":%lld,\"party\":%lld}", day,
	                     (int)in->channel, (long long)in->back_days, (long long)in->party),
		.personal_payload = STR_EMPTY,
	};
	return clerk_touch(tx, &(struct clerk_touch_in){.account = in->account}, e) && event_append(tx, &ev, e);
}

static bool note_refused(struct req *r, const struct begin *b, enum channel channel, day_number day, struct err *e)
{
	struct refused_day in = {.account = r->viewer->account,
	                         .institution = b->at,
	                         .party = b->record.party,
	                         .service = b->service->id,
	                         .channel = channel,
	                         .day = day,
	                         .back_days = b->service->receipt_back_days};
	return app_write(r, &(struct store_op){.route = in.account}, job_refused, &in, e);
}

static struct str long_date(struct req *r, day_number day)
{
	struct buf b;
	buf_init(&b, 100);
	format_date(&b, r->lang, 0, day, DATE_LONG);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* "9:15", "09.15", "14：05": seconds of the day. */
static bool read_time(struct req *r, struct str typed, int32_t *second)
{
	struct str s = value_half_width(&r->arena, typed), hour, minute;
	uint64_t h = 0, m = 0;
	bool is_cut = str_cut(s, ':', &hour, &minute) || str_cut(s, '.', &hour, &minute);
	if (!is_cut || !str_to_u64(hour, &h) || !str_to_u64(minute, &m) || h > 23 || m > 59 || minute.n != 2) {
		return false;
	}
	*second = (int32_t)(h * 3600 + m * 60);
	return true;
}

static bool read_day(struct req *r, struct begin_view *v, day_number today, day_number *day)
{
	struct question q = {.id = STR("received"), .type = QUESTION_DATE, .is_optional = true};
	struct typed t = {.text = STR_EMPTY, .day = v->date.day, .month = v->date.month, .year = v->date.year};
	struct value_rules rules = {.arena = &r->arena, .lang = r->lang, .today = today, .calling_code = STR_EMPTY};
	struct answer a = {0};
	struct value_fault why = {.say = STR_EMPTY};
	*day = today;
	if (!value_read(&rules, &q, &t, &a, &why)) {
		counter_note(r, v->errors, &v->error_n, &v->day, why.say);
		return false;
	}
	return a.value_n == 0 || date_parse(a.values[0], day);
}

/* The day by the rule; refused in words, and recorded, when it breaks it. */
static bool judge_day(struct req *r, const struct begin *b, struct begin_view *v, struct intake *in, day_number day,
                      struct err *e)
{
	enum receipt_day_fault fault = receipt_day_check(b->office->calendar, b->today, day, b->service->receipt_back_days);
	if (in->channel == CHANNEL_COUNTER && day != b->today) {
		counter_note(r, v->errors, &v->error_n, &v->day,
		             tr(r->lang, N_("What is said in person counts from today. Only what came on paper, by post or by "
		                            "phone has an earlier day.")));
		return note_refused(r, b, in->channel, day, e);
	}
	if (fault == RECEIPT_DAY_AHEAD) {
		counter_note(r, v->errors, &v->error_n, &v->day, tr(r->lang, N_("The day of receipt is never after today.")));
		return note_refused(r, b, in->channel, day, e);
	}
	if (fault == RECEIPT_DAY_TOO_EARLY) {
		const struct tr_arg args[] = {TR_N("n", b->service->receipt_back_days),
		                              TR_O("date", long_date(r, v->earliest))};
		struct buf say;
		buf_init(&say, 1000);
		tr_put_plain(&say,
		             trn(r->lang,
		                 "For this service the day of receipt may lie at most one working day back: {date} is the "
		                 "earliest.",
		                 "For this service the day of receipt may lie at most {n} working days back: {date} is the "
		                 "earliest.",
		                 b->service->receipt_back_days),
		             args, 2);
		counter_note(r, v->errors, &v->error_n, &v->day, arena_copy(&r->arena, buf_str(&say)));
		buf_release(&say);
		return note_refused(r, b, in->channel, day, e);
	}
	return true;
}

static bool read_receipt(struct req *r, const struct begin *b, struct begin_view *v, struct intake *in, struct err *e)
{
	int64_t now = time_legal_us(&r->app->time);
	const struct zone *zone = calendar_zone(b->office->calendar);
	int32_t second = NOON_S;
	day_number day = b->today;
	in->received_us = now;
	if (!read_day(r, v, b->today, &day)) {
		return true;
	}
	if (!judge_day(r, b, v, in, day, e)) {
		return false;
	}
	bool has_time = v->time.value.n > 0;
	if (has_time && !read_time(r, v->time.value, &second)) {
		counter_note(r, v->errors, &v->error_n, &v->time,
		             tr(r->lang, N_("Write hours and minutes, such as 9:15 or 14:05.")));
	}
	if (in->channel == CHANNEL_COUNTER || (day == b->today && !has_time)) {
		return true;
	}
	in->received_us = zone_instant_us(zone, day, second);
	if (in->received_us > now) {
		counter_note(r, v->errors, &v->error_n, &v->time, tr(r->lang, N_("This time is still to come.")));
	}
	static const struct {
		const char *word;
		enum receipt_proof proof;
	} proofs[] = {{"stamp", PROOF_STAMP}, {"scan", PROOF_SCAN}, {"call", PROOF_CALL_NOTE}};
	in->proof = b->has_form ? PROOF_FORM : PROOF_NONE;
	for (size_t i = 0; i < sizeof proofs / sizeof *proofs; i++) {
		in->proof = str_is(req_form(r, "proof"), proofs[i].word) ? proofs[i].proof : in->proof;
	}
	if (in->proof == PROOF_NONE && day != b->today) {
		counter_note(r, v->errors, &v->error_n, &v->proof,
		             tr(r->lang, N_("Choose what shows the day: it is kept for supervision.")));
	}
	return true;
}

static enum channel read_channel(struct req *r, const struct begin *b)
{
	for (size_t i = 0; !b->has_form && i < sizeof channels / sizeof *channels; i++) {
		if (str_is(req_form(r, "channel"), channels[i].word)) {
			return channels[i].channel;
		}
	}
	return b->has_form ? CHANNEL_PAPER : 0;
}

bool begin_post(struct req *r, struct err *e)
{
	struct begin b;
	struct begin_view v;
	struct str why = STR_EMPTY;
	int64_t draft = 0;
	if (!read_begin(r, &b, &why, e)) {
		return refuse_begin(r, why, e);
	}
	fill_begin(r, &b, &v);
	struct intake in = {.party = b.record.party,
	                    .channel = read_channel(r, &b),
	                    .institution = b.at,
	                    .taken_by = r->viewer->account,
	                    .official = r->viewer->name,
	                    .form = v.form,
	                    .note = STR_EMPTY};
	if (in.channel == 0) {
		counter_note(r, v.errors, &v.error_n, &v.channel, tr(r->lang, N_("Choose how it came.")));
	}
	if (!read_receipt(r, &b, &v, &in, e)) {
		return false;
	}
	if (v.error_n > 0) {
		return show_begin(r, &v);
	}
	if (!people_still_allowed(r->app->store, r->viewer, e)) {
		return false;
	}
	if (b.has_form && !numbered_claim(r, &b.form, &why, e)) {
		return refuse_begin(r, why, e);
	}
	if (!intake_start(r, b.service, &in, &draft, e) ||
	    (b.has_form && !numbered_enter(r, &b.form, in.party, draft, e))) {
		return false;
	}
	return req_redirect(r, intake_path(r, draft));
}

/* --- The checklist ----------------------------------------------------------------------------------------------- */

static const char *const paper_choices[] = {
	[PAPER_ORIGINAL] = "original", [PAPER_COPY] = "copy", [PAPER_MISSING] = "missing"};

struct checklist {
	struct open_draft o;
	struct form_page page; /* questions for files, of all pages, and the scan's */
	const struct question *scan;
	struct paper_row *rows;
	size_t row_n;
};

/* The draft that the viewer takes in, open; else the way on stands. */
static bool open_intake(struct req *r, struct open_draft *o, bool *is_answered, struct err *e)
{
	if (!draft_open_arg(r, o, is_answered, e) || *is_answered) {
		return *is_answered;
	}
	return o->intake_at != 0 || err_set(e, ERR_NOT_FOUND, "no intake of this viewer");
}

static const struct question *add_file_question(struct checklist *c, const struct question *q)
{
	struct question *copy = &c->page.questions[c->page.question_n++];
	*copy = *q;
	copy->is_optional = true;
	copy->show_if = (struct condition){.question = STR_EMPTY};
	return copy;
}

static const struct question *question_for(const struct open_draft *o, struct str evidence)
{
	for (size_t p = 0; p < o->service->page_n; p++) {
		const struct form_page *page = &o->service->pages[p];
		for (size_t k = 0; k < page->question_n; k++) {
			const struct question *q = &page->questions[k];
			if (q->type == QUESTION_FILES && str_eq(q->evidence, evidence)) {
				return q;
			}
		}
	}
	return NULL;
}

static enum paper_state state_of(const struct intake *in, struct str evidence)
{
	for (size_t i = 0; i < in->paper_n; i++) {
		if (str_eq(in->papers[i].evidence, evidence)) {
			return in->papers[i].state;
		}
	}
	return PAPER_UNSEEN;
}

static bool make_checklist(struct req *r, struct checklist *c, struct err *e)
{
	const struct service *s = c->o.service;
	c->page = (struct form_page){.id = STR("papers"),
	                             .show_if = {.question = STR_EMPTY},
	                             .questions = arena_new(&r->arena, struct question, s->evidence_n + 1)};
	c->rows = arena_new(&r->arena, struct paper_row, s->evidence_n + 1);
	if (c->page.questions == NULL || c->rows == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a checklist");
	}
	for (size_t i = 0; i < s->evidence_n; i++) {
		const struct evidence *ev = &s->evidence[i];
		const struct question *q = question_for(&c->o, ev->id);
		if (ev->source != EVIDENCE_UPLOAD || q == NULL || !condition_holds(&ev->show_if, &c->o.shown)) {
			continue;
		}
		struct paper_row *row = &c->rows[c->row_n++];
		struct str name = arena_printf(&r->arena, "state-%.*s", STR_ARG(ev->id));
		enum paper_state now = state_of(&c->o.intake, ev->id);
		*row = (struct paper_row){.name = ev->id,
		                          .hint = text_in(&ev->hint, r->lang),
		                          .field = {.name = name, .label = text_in(&ev->name, r->lang)},
		                          .question = add_file_question(c, q)};
		static const char *const words[] = {[PAPER_ORIGINAL] = N_("Original seen"),
		                                    [PAPER_COPY] = N_("Copy kept: add the scan below"),
		                                    [PAPER_MISSING] = N_("Missing")};
		for (int k = PAPER_ORIGINAL; k <= PAPER_MISSING; k++) {
			bool is_chosen = r->method == METHOD_POST ? str_is(req_form(r, (const char *)name.p), paper_choices[k])
			                                          : now == (enum paper_state)k;
			row->choices[k - 1] = (struct form_choice){
				.value = str_of(paper_choices[k]), .label = tr(r->lang, words[k]), .is_chosen = is_chosen};
		}
	}
	struct question scan = {.id = STR(INTAKE_SCAN),
	                        .type = QUESTION_FILES,
	                        .is_optional = true,
	                        .files_max = 10,
	                        .evidence = STR_EMPTY,
	                        .show_if = {.question = STR_EMPTY}};
	for (int i = 0; i < LANG_COUNT; i++) {
		scan.label.in[i] = tr(r->lang, N_("Scan of the paper as it came"));
		scan.hint.in[i] = tr(r->lang, N_("With our stamp, if it has one."));
	}
	c->scan = add_file_question(c, &scan);
	return true;
}

static bool show_intake(struct req *r, struct checklist *c, const struct form_state *state, struct err *e)
{
	struct case_facts f = {.has_intake = true,
	                       .intake = c->o.intake,
	                       .zone =
	                           calendar_zone(catalogue_institution_named(r->app, c->o.service->institution)->calendar)};
	f.c.channel = c->o.d.channel;
	f.c.received_at = c->o.intake.received_us;
	f.c.submitted_at = c->o.intake.begun_us;
	f.today = c->o.today;
	struct intake_view v = {
		.r = r,
		.csrf = r->csrf,
		.action = r->path,
		.service = text_in(&c->o.service->name, r->lang),
		.name = c->o.applicant,
		.came = case_came(r, &f),
		.rows = c->rows,
		.row_n = c->row_n,
		.of = c->o.service,
		.page = &c->page,
		.scan = c->scan,
		.as = &c->o.all,
		.files = &c->o.files,
		.state = state,
		.note = {.name = STR("note"),
	             .label = tr(r->lang, N_("Note for colleagues")),
	             .hint = tr(r->lang, N_("The applicant’s screen does not show it.")),
	             .value = r->method == METHOD_POST ? req_form(r, "note") : c->o.intake.note,
	             .rows = 3,
	             .is_optional = true,
	             .chars_max = INTAKE_NOTE_CHARS_MAX},
	};
	bool has_errors = state != NULL && form_error_count(state) > 0;
	if (!intake_go(r, r->viewer->account, c->o.d.id, STR("/"), e)) {
		return false;
	}
	struct html_out o;
	counter_begin(r, &o, N_("How it came, and the papers"), has_errors, STR(PATH_COUNTER));
	intake_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool intake_get_page(struct req *r, struct err *e)
{
	struct checklist c = {0};
	bool is_answered = false;
	if (!open_intake(r, &c.o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	return make_checklist(r, &c, e) && show_intake(r, &c, NULL, e);
}

static bool save_papers(struct req *r, const struct checklist *c, struct err *e)
{
	struct intake_paper *list = arena_new(&r->arena, struct intake_paper, c->row_n + 1);
	struct str note = req_form(r, "note");
	struct buf b;
	size_t n = 0;
	if (list == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a checklist");
	}
	for (size_t i = 0; i < c->row_n; i++) {
		for (int k = PAPER_ORIGINAL; k <= PAPER_MISSING; k++) {
			if (c->rows[i].choices[k - 1].is_chosen) {
				list[n++] = (struct intake_paper){.evidence = c->rows[i].name, .state = (enum paper_state)k};
			}
		}
	}
	if (str_runes(note) > INTAKE_NOTE_CHARS_MAX) {
		return err_tell(e, ERR_INVALID, N_("Write at most 1,000 characters."), "a note that is too long");
	}
	buf_init(&b, 64 * 1024);
	intake_put_papers(&b, list, n);
	struct intake_papers in = {
		.party = c->o.d.party, .draft = c->o.d.id, .papers_json = arena_copy(&r->arena, buf_str(&b)), .note = note};
	bool ok = buf_ok(&b, e);
	buf_release(&b);
	return ok && app_write(r, &(struct store_op){.route = in.party}, intake_job_papers, &in, e);
}

bool intake_post(struct req *r, struct err *e)
{
	struct checklist c = {0};
	bool is_answered = false;
	struct err why = {0};
	if (!open_intake(r, &c.o, &is_answered, e) || is_answered) {
		return is_answered;
	}
	int64_t id = c.o.d.id;
	if (!make_checklist(r, &c, e)) {
		return false;
	}
	struct form_state *state = form_read_page(r, c.o.service, &c.page, NULL, 0, &c.o.all, c.o.today);
	bool ok = form_store_uploads(r, c.o.service, &c.page, c.o.d.party, id, state, &why) && save_papers(r, &c, &why) &&
	          draft_open(r, id, &c.o, &why);
	if (!ok && why.code == ERR_CONFLICT) { /* sent meanwhile */
		return req_redirect(r, draft_path(r, id, ""));
	}
	if (!ok) {
		*e = why;
		return false;
	}
	return form_has_errors(state) ? show_intake(r, &c, state, e) : req_redirect(r, draft_path(r, id, ""));
}
