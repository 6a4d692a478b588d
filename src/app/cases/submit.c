/* The last button: a draft becomes a casefile, exactly once. */
#include "app/cases/submit.h"
#include "app/cases/applicant.h"
#include "app/cases/bundle.h"
#include "app/cases/facts.h"
#include "app/cases/look_up.h"
#include "app/cases/serials.h"
#include "app/forms/page_state.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/caseno.h"
#include "base/rand.h"
#include "http/server.h"

struct draft_load {
	int64_t party, id;
	struct draft draft;
	struct file_list files;
	bool has_intake;
	struct intake intake;
	struct draft_door door;
};

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct draft_load *in = ctx;
	if (!draft_get(tx, in->party, in->id, &in->draft, e) || !files_of(tx, in->party, in->id, &in->files, e) ||
	    !held_of(tx, in->party, &in->files, e) ||
	    (channel_is_intake(in->draft.channel) && !intake_of(tx, in->party, in->id, &in->intake, &in->has_intake, e))) {
		return false;
	}
	in->intake.channel = in->draft.channel;
	if (in->has_intake) {
		intake_fill_seen(tx_arena(tx), &in->intake, &in->files);
	}
	return true;
}

/* Among the parties that the viewer acts for, or by the right to take it in. */
static bool find_draft(struct req *r, int64_t id, struct draft_load *out, struct err *e)
{
	struct draft_door *doors = NULL;
	size_t n = 0;
	if (!draft_doors(r, id, &doors, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		*out = (struct draft_load){.party = doors[i].p.party, .id = id, .door = doors[i]};
		if (store_read(r->app->store, out->party, &r->arena, load, out, e)) {
			return true;
		}
		if (e->code != ERR_NOT_FOUND) {
			return false;
		}
	}
	return err_tell(e, ERR_NOT_FOUND, N_("You have no such application."), "no such draft for this viewer");
}

/* What was asked and shown, without answers to questions that a later answer hid. */
static struct str shown_answers(struct req *r, const struct service *s, const struct answers *all,
                                const struct file_list *files)
{
	struct answers shown;
	if (!answers_shown(&r->arena, s, all, &shown, NULL) ||
	    !case_note_held(&r->arena, s, &shown, files, form_today(r->app, s))) {
		return STR_EMPTY; /* the arena is full: the request ends as an error */
	}
	struct buf b;
	buf_init(&b, 1024 * 1024);
	answers_put_json(&b, &shown);
	return case_keep(r, &b);
}

bool case_note_held(struct arena *a, const struct service *s, struct answers *as, const struct file_list *files,
                    day_number today)
{
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		for (size_t k = 0; k < p->question_n; k++) {
			const struct question *q = &p->questions[k];
			if (q->type != QUESTION_FILES || files_count(files, q->id) > 0 || !question_is_shown(p, q, as)) {
				continue;
			}
			const struct held_paper *held = held_for(s, q, files, today);
			struct str *number = held ? arena_new(a, struct str, 1) : NULL;
			if (number) {
				*number = held->number;
			}
			if (held &&
			    (!number ||
			     !answers_set(a, as, &(struct answer){.question = q->id, .values = number, .value_n = 1}, NULL))) {
				return false;
			}
		}
	}
	return true;
}

bool case_birth_of(struct app *app, const struct service *s, struct case_birth *b, struct err *e)
{
	const struct institution *institution = catalogue_institution_named(app, s->institution);
	if (institution == NULL) {
		return err_set(e, ERR_INTERNAL, "a service of an institution that the catalogue does not know");
	}
	b->service = s->id;
	b->definition = str_from(s->digest, SHA256_BYTES);
	b->institution = institution->id;
	b->clock = s->clock;
	b->step_limits = s->step_limits;
	return true;
}

bool case_birth_number(struct app *app, struct arena *a, struct case_birth *b, struct err *e)
{
	const struct institution *institution = catalogue_institution(app, b->institution);
	const struct jurisdiction *place = institution ? catalogue_jurisdiction(app, institution->jurisdiction) : NULL;
	if (place == NULL) {
		return err_set(e, ERR_INTERNAL, "a service of an institution that the catalogue does not know");
	}
	/* A district may have no code of its own: its cases carry that of the city around it. */
	while (place && place->code.n == 0) {
		place = catalogue_jurisdiction(app, place->parent);
	}
	if (place == NULL) {
		return err_set(e, ERR_INTERNAL, "a jurisdiction without a code, and none around it");
	}
	/* The year in the number is the year where the jurisdiction is, not where the machine is. */
	int32_t year = date_of_day(zone_local(place->zone, time_legal_us(&app->time)).day).year;
	uint64_t serial;
	struct caseno number;
	char text[CASENO_CHARS_MAX + 1];
	uint8_t *code = arena_alloc(a, RECEIPT_CODE_BYTES, 1);
	if (code == NULL || !case_serial_next(app, jurisdiction_id(place->code), year, &serial, e)) {
		return code ? false : err_set(e, ERR_MEMORY, "no memory for a receipt code");
	}
	rand_bytes(code, RECEIPT_CODE_BYTES);
	if (!caseno_make(place->code, year, serial, &number)) {
		return err_set(e, ERR_INTERNAL, "no case number for serial %llu", (unsigned long long)serial);
	}
	caseno_format(&number, text);
	b->number = arena_copy(a, str_of(text));
	b->code = str_from(code, RECEIPT_CODE_BYTES);
	return true;
}

bool case_birth_fill(struct app *app, struct arena *a, const struct case_birth *b, int64_t now_us,
                     struct casefile_insert_in *row, struct case_submit *submit, struct err *e)
{
	const struct institution *institution = catalogue_institution(app, b->institution);
	if (institution == NULL) {
		return err_set(e, ERR_INTERNAL, "a service of an institution that the catalogue does not know");
	}
	const struct calendar *calendar = institution->calendar;
	/* The clock of what came on paper starts on the day of its receipt. */
	int64_t received_us = b->intake && b->intake->received_us < now_us ? b->intake->received_us : now_us;
	*row = (struct casefile_insert_in){
		.party = b->party,
		.id = b->id,
		.number = b->number,
		.state = CASE_RECEIVED,
		.service = b->service,
		.institution = b->institution,
		.submitted_by = b->submitted_by,
		.submitted_at = now_us,
		.channel = b->intake    ? b->intake->channel
	               : b->channel ? b->channel
	                            : CHANNEL_WEB,
		.received_at = received_us,
		.intake_by = b->intake ? b->intake->taken_by : 0,
		.calendar = calendar_id(calendar),
		.calendar_version = calendar_version(calendar),
		.given_until = now_us,
		.start_day = case_today(calendar, received_us),
		.step_limits = b->step_limits,
		.bundle = b->bundle,
	};
	case_rule_copy(&b->clock, row);
	*submit = (struct case_submit){
		.row = row,
		.wide = {.definition = b->definition, .answers = b->answers, .receipt_code = b->code},
		.actor = b->submitted_by,
		.applicant = b->applicant,
		.calendar = calendar,
		.intake = b->intake,
	};
	/* Of a service that is no longer in force no number is found by: its definition may lie in the store alone. */
	struct answers answers;
	const struct service *s = catalogue_service(app, b->service);
	if (s && !answers_parse(a, b->answers, &answers, e)) {
		return false;
	}
	submit->identity_marks = s ? identity_marks(app->column_keys, a, s, &answers) : STR_EMPTY;
	return case_marks_of(app, a, b->number, (const uint8_t *)b->code.p, &submit->marks, e);
}

static bool sent(const struct draft_load *d, bool is_bundle, struct submission *out)
{
	*out = (struct submission){
		.end = SUBMIT_SENT, .party = d->party, .is_bundle = is_bundle, .at_counter = d->door.institution != 0};
	return true;
}

/* What may be sent: whole, declared, and offered still; else *out says what it is not. */
static bool is_ready(struct req *r, const struct draft_load *d, const struct service *s, const struct answers *answers,
                     bool is_declared, struct submission *out)
{
	bool has_declared = text_is_empty(&s->declaration) || is_declared;
	*out = (struct submission){.end = SUBMIT_INCOMPLETE, .party = d->party, .is_undeclared = !has_declared};
	out->open_n = answers_check(&r->arena, s, answers, &d->files, form_today(r->app, s), &out->open);
	return out->open_n == 0 && has_declared;
}

/* No day is promised that the office's calendar does not know. */
static bool can_promise(struct app *app, const struct service *s, struct err *e)
{
	const struct institution *at = catalogue_institution_named(app, s->institution);
	int64_t now_us = time_legal_us(&app->time);
	if (at == NULL) {
		return err_set(e, ERR_INTERNAL, "a service of an institution that the catalogue does not know");
	}
	struct legal_clock clock = {.rule = s->clock, .submitted = clock_moment_at(at->calendar, now_us)};
	struct clock_face face;
	case_clock_face(at->calendar, &clock, now_us, &face);
	for (int i = 0; i < CLOCK_LIMITS; i++) {
		if (face.due[i].is_there && !face.due[i].is_covered) {
			return err_tell(
				e, ERR_CONFLICT,
				N_("The calendar of this office ends before the day that we would promise. Nothing was sent, "
			       "and your answers are kept. Tell the office."),
				"the calendar %.*s ends too early for %.*s", STR_ARG(calendar_id(at->calendar)), STR_ARG(s->id));
		}
	}
	return true;
}

static bool can_promise_all(struct app *app, const struct service *s, struct err *e)
{
	bool ok = s->member_n > 0 || can_promise(app, s, e);
	for (size_t i = 0; ok && i < s->member_n; i++) {
		ok = can_promise(app, s->members[i].service, e);
	}
	return ok;
}

bool case_submit(struct req *r, int64_t id, bool is_declared, struct submission *out, struct err *e)
{
	struct draft_load d;
	const struct service *s;
	struct answers answers;
	if (!find_draft(r, id, &d, e)) {
		return false;
	}
	/* Pressed twice, from two tabs, or again after a lost answer: there is one case, and this is the way to it. */
	if (d.draft.state != DRAFT_OPEN) {
		return sent(&d, false, out);
	}
	if (!catalogue_service(r->app, d.draft.service) && !catalogue_bundle(r->app, d.draft.service)) {
		*out = (struct submission){.end = SUBMIT_WITHDRAWN, .party = d.party};
		return true;
	}
	if (!catalogue_definition(r->app, d.draft.definition, &s, e) ||
	    !answers_parse(&r->arena, d.draft.answers_json, &answers, e) || !answers_add_usual(&r->arena, s, &answers, e)) {
		return false;
	}
	if (!is_ready(r, &d, s, &answers, is_declared, out)) {
		return true;
	}
	if (d.door.institution != 0 && !people_still_allowed(r->app->store, r->viewer, e)) {
		return false;
	}
	if (!can_promise_all(r->app, s, e)) {
		return false;
	}
	if (s->member_n > 0) {
		const struct bundle_sent what = {.draft = &d.draft,
		                                 .files = &d.files,
		                                 .whole = s,
		                                 .all = &answers,
		                                 .applicant = d.door.p.name,
		                                 .intake = d.has_intake ? &d.intake : NULL};
		return bundle_submit(r, &what, e) && sent(&d, true, out);
	}
	struct casefile_insert_in row;
	struct store_op op;
	struct case_submit submit;
	struct case_birth birth = {
		.party = d.party,
		.id = d.id,
		.submitted_by = r->viewer->account,
		.answers = shown_answers(r, s, &answers, &d.files),
		.applicant = d.door.p.name,
		.channel = d.draft.channel,
		.intake = d.has_intake ? &d.intake : NULL,
	};
	if (birth.answers.n == 0) {
		return err_set(e, ERR_MEMORY, "no memory for the answers");
	}
	if (!case_birth_of(r->app, s, &birth, e) || !case_birth_number(r->app, &r->arena, &birth, e) ||
	    !case_birth_fill(r->app, &r->arena, &birth, time_legal_us(&r->app->time), &row, &submit, e) ||
	    !app_op(r, d.party, &op, e)) {
		return false;
	}
	submit.draft_version = d.draft.version;
	if (!app_write(r, &op, case_submit_job, &submit, e)) {
		struct err again;
		/* Somebody else's press won, or the draft changed in another tab meanwhile. */
		return e->code == ERR_CONFLICT && find_draft(r, id, &d, &again) && d.draft.state != DRAFT_OPEN &&
		       sent(&d, false, out);
	}
	return sent(&d, false, out);
}

bool case_submit_post(struct req *r, struct err *e)
{
	int64_t id;
	struct submission s;
	if (!req_arg_id(r, 0, &id, e) || !case_submit(r, id, str_is(req_form(r, "declaration"), "yes"), &s, e)) {
		return false;
	}
	if (s.end == SUBMIT_WITHDRAWN) {
		return req_redirect(r, arena_printf(&r->arena, "/draft/%s", id_text(id).c)); /* which says that it is gone */
	}
	if (s.end == SUBMIT_INCOMPLETE) {
		return req_redirect(r, arena_printf(&r->arena, "/draft/%s/check?look=again", id_text(id).c));
	}
	/* The receipt's page knows bundles that were sent before, too. */
	return req_redirect(r, s.at_counter ? arena_printf(&r->arena, PATH_COUNTER "/receipt/%s", id_text(id).c)
	                                    : arena_printf(&r->arena, s.is_bundle ? "/cases/%s/steps" : "/cases/%s/receipt",
	                                                   id_text(id).c));
}
