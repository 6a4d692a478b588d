/* The last button: a draft becomes a casefile, exactly once. */
#include "app/cases/applicant.h"
#include "app/cases/facts.h"
#include "app/cases/look_up.h"
#include "app/cases/serials.h"
#include "app/forms/page_state.h"
#include "app/people/viewer.h"
#include "base/caseno.h"
#include "base/rand.h"
#include "http/server.h"

struct draft_load {
	int64_t party, id;
	struct draft draft;
	struct file_list files;
};

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct draft_load *in = ctx;
	return draft_get(tx, in->party, in->id, &in->draft, e) && files_of(tx, in->party, in->id, &in->files, e);
}

/* Among the parties that the viewer acts for. */
static bool find_draft(struct req *r, int64_t id, struct draft_load *out, struct err *e)
{
	/* Those that a mandate names first: who has one mostly comes for them. */
	for (size_t i = r->viewer->party_n; i-- > 0;) {
		*out = (struct draft_load){.party = r->viewer->parties[i].party, .id = id};
		if (store_read(r->app->store, out->party, &r->arena, load, out, e)) {
			return true;
		}
		if (e->code != ERR_NOT_FOUND) {
			return false;
		}
	}
	return err_tell(e, ERR_NOT_FOUND, N_("You have no such application."), "no such draft for this viewer");
}

static bool go_to_receipt(struct req *r, int64_t id)
{
	return req_redirect(r, arena_printf(&r->arena, "/cases/%s/receipt", id_text(id).c));
}

/* What was asked and shown, without answers to questions that a later answer hid. */
static struct str shown_answers(struct req *r, const struct service *s, const struct answers *all)
{
	struct answers shown;
	if (!answers_shown(&r->arena, s, all, &shown, NULL)) {
		return STR_EMPTY; /* the arena is full: the request ends as an error */
	}
	struct buf b;
	buf_init(&b, 1024 * 1024);
	answers_put_json(&b, &shown);
	return case_keep(r, &b);
}

/* Number, code, clock: all that a casefile is born with. */
static bool prepare(struct req *r, const struct draft_load *d, const struct service *s, struct casefile_insert_in *row,
                    const struct calendar **calendar, struct err *e)
{
	const struct institution *institution = catalogue_institution_named(r->app, s->institution);
	const struct jurisdiction *place = institution ? catalogue_jurisdiction(r->app, institution->jurisdiction) : NULL;
	if (place == NULL) {
		return err_set(e, ERR_INTERNAL, "a service of an institution that the catalogue does not know");
	}
	/* A district may have no code of its own: its cases carry that of the city around it. */
	while (place && place->code.n == 0) {
		place = catalogue_jurisdiction(r->app, place->parent);
	}
	if (place == NULL) {
		return err_set(e, ERR_INTERNAL, "a jurisdiction without a code, and none around it");
	}
	*calendar = institution->calendar;
	int64_t now_us = time_legal_us(&r->app->time);
	/* The year in the number is the year where the jurisdiction is, not where the machine is. */
	int32_t year = date_of_day(zone_local(place->zone, now_us).day).year;
	uint64_t serial;
	struct caseno number;
	char text[CASENO_CHARS_MAX + 1];
	uint8_t *code = arena_alloc(&r->arena, RECEIPT_CODE_BYTES, 1);
	if (code == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a receipt code");
	}
	/* Once in a thousand times it writes, and all others wait for that. */
	http_place_release(r);
	bool has_serial = case_serial_next(r->app, jurisdiction_id(place->code), year, &serial, e);
	http_place_take(r);
	if (!has_serial) {
		return false;
	}
	rand_bytes(code, RECEIPT_CODE_BYTES);
	if (!caseno_make(place->code, year, serial, &number)) {
		return err_set(e, ERR_INTERNAL, "no case number for serial %llu", (unsigned long long)serial);
	}
	caseno_format(&number, text);
	*row = (struct casefile_insert_in){
		.party = d->party,
		.id = d->id,
		.number = arena_copy(&r->arena, str_of(text)),
		.state = CASE_RECEIVED,
		.service = s->id,
		.definition = str_from(d->draft.definition, SHA256_BYTES),
		.institution = institution->id,
		.submitted_by = r->viewer->account,
		.submitted_at = now_us,
		.receipt_code = str_from(code, RECEIPT_CODE_BYTES),
		.calendar = calendar_id(*calendar),
		.calendar_version = calendar_version(*calendar),
		.start_day = case_today(*calendar, now_us),
		.start_minute = calendar_minutes_at(*calendar, now_us),
		.committed_days = s->committed_days,
		.statutory_days = s->statutory_days,
	};
	return true;
}

static struct str hex(struct req *r, const void *bytes, size_t n)
{
	struct buf b;
	buf_init(&b, 2 * n);
	buf_put_hex(&b, bytes, n);
	return case_keep(r, &b);
}

bool case_submit_post(struct req *r, struct err *e)
{
	int64_t id;
	struct draft_load d;
	const struct service *s;
	struct answers answers;
	if (!req_arg_id(r, 0, &id, e) || !find_draft(r, id, &d, e)) {
		return false;
	}
	/* Pressed twice, from two tabs, or again after a lost answer: there is one case, and this is the way to it. */
	if (d.draft.state != DRAFT_OPEN) {
		return go_to_receipt(r, id);
	}
	if (!catalogue_definition(r->app, d.draft.definition, &s, e) ||
	    !answers_parse(&r->arena, d.draft.answers_json, &answers, e)) {
		return false;
	}
	struct str *open;
	day_number today = form_today(r->app, s);
	bool is_declared = text_is_empty(&s->declaration) || str_is(req_form(r, "declaration"), "yes");
	if (answers_check(&r->arena, s, &answers, &d.files, today, &open) > 0 || !is_declared) {
		return req_redirect(r, arena_printf(&r->arena, "/draft/%s/check?look=again", id_text(id).c));
	}
	struct casefile_insert_in row;
	struct store_op op;
	struct case_submit submit = {.row = &row, .draft_version = d.draft.version, .actor = r->viewer->account};
	if (!prepare(r, &d, s, &row, &submit.calendar, e) || !app_op(r, d.party, &op, e)) {
		return false;
	}
	row.answers = shown_answers(r, s, &answers);
	if (row.answers.n == 0) {
		return err_set(e, ERR_MEMORY, "no memory for the answers");
	}
	submit.applicant = viewer_acts_for(r->viewer, d.party)->name;
	struct receipt_key key = receipt_key_of(r->app, (const uint8_t *)row.receipt_code.p);
	submit.number_bucket = number_bucket(row.number);
	submit.receipt_bucket = key.bucket;
	submit.receipt_hash_hex = hex(r, key.hash, sizeof key.hash);
	if (!app_write(r, &op, case_submit_job, &submit, e)) {
		struct err again;
		/* Somebody else's press won, or the draft changed in another tab meanwhile. */
		if (e->code == ERR_CONFLICT && find_draft(r, id, &d, &again) && d.draft.state != DRAFT_OPEN) {
			return go_to_receipt(r, id);
		}
		return false;
	}
	return go_to_receipt(r, id);
}
