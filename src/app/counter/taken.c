/* The receipt of what was taken in: one key away, for the official who took it. */
#include "app/access/access.h"
#include "app/cases/bundle.h"
#include "app/cases/documents.h"
#include "app/cases/facts.h"
#include "app/counter/counter.html.h"
#include "app/counter/pages.h"
#include "app/forms/intake.h"
#include "app/page.h"
#include "html/translate.h"

/* What the viewer took in, as one case or, by a bundle, as several. */
struct taken {
	int64_t id, party;
	bool is_bundle;
	struct bundle_taken bundle;
	struct case_facts f; /* of a bundle: what its receipt says of how it came */
};

static bool job_intake(struct tx *tx, void *ctx, struct err *e)
{
	struct taken *t = ctx;
	return intake_of(tx, t->party, t->id, &t->f.intake, &t->f.has_intake, e);
}

static bool open_bundle(struct req *r, const struct draft_door *door, struct taken *t, struct err *e)
{
	if (!bundle_taken_read(r, t->party, t->id, &t->bundle, e)) {
		return false;
	}
	struct case_facts *f = &t->f;
	*f = (struct case_facts){.institution = catalogue_institution(r->app, door->institution),
	                         .now_us = time_legal_us(&r->app->time)};
	if (f->institution == NULL || !store_read(r->app->store, t->party, &r->arena, job_intake, t, e)) {
		return f->institution ? false : err_set(e, ERR_INTERNAL, "taken in by an institution that is not known");
	}
	f->calendar = f->institution->calendar;
	f->zone = calendar_zone(f->calendar);
	f->today = case_today(f->calendar, f->now_us);
	f->applicant = door->p.name;
	f->c.channel = t->bundle.channel;
	f->c.received_at = f->intake.received_us;
	f->c.submitted_at = f->intake.begun_us;
	t->is_bundle = true;
	return true;
}

/* However it goes on; the look is recorded. */
static bool open_taken(struct req *r, struct taken *t, struct err *e)
{
	struct draft_door *doors = NULL;
	size_t n = 0;
	if (!req_arg_id(r, 0, &t->id, e) || !draft_doors(r, t->id, &doors, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (doors[i].institution == 0) {
			continue;
		}
		t->party = doors[i].p.party;
		return access_look(r, t->party, t->id, doors[i].institution, ACCESS_INTAKE, e) &&
		       (open_bundle(r, &doors[i], t, e) ||
		        (e->code == ERR_NOT_FOUND && case_facts(r, t->party, t->id, &t->f, e)));
	}
	return err_tell(e, ERR_NOT_FOUND, N_("You took in no such application."), "no right to this draft");
}

static struct counter_part_row *part_rows(struct req *r, const struct taken *t)
{
	struct counter_part_row *rows = arena_new(&r->arena, struct counter_part_row, t->bundle.n + 1);
	for (size_t i = 0; rows && i < t->bundle.n; i++) {
		const struct bundle_taken_part *p = &t->bundle.parts[i];
		rows[i] = (struct counter_part_row){
			.service = p->service,
			.number = p->number,
			.promised = p->is_begun ? case_date(r, &t->f, p->promised, DATE_LONG) : STR_EMPTY,
		};
	}
	return rows;
}

bool counter_receipt_get(struct req *r, struct err *e)
{
	struct taken *t = arena_new(&r->arena, struct taken, 1);
	struct record rec;
	if (t == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a receipt");
	}
	if (!open_taken(r, t, e) || !people_record(r->app->store, &r->arena, t->party, &rec, e) ||
	    !intake_leave(r, r->viewer->account, e)) {
		return false;
	}
	const struct case_facts *f = &t->f;
	struct counter_receipt_view v = {
		.csrf = r->csrf,
		.number = f->c.number,
		.service = t->is_bundle ? t->bundle.name : text_in(&f->service->name, r->lang),
		.name = f->applicant,
		.came = case_came(r, f),
		.promised = t->is_bundle ? STR_EMPTY : case_date(r, f, f->dates.promised, DATE_LONG),
		.legal = t->is_bundle ? STR_EMPTY : case_date(r, f, f->dates.legal, DATE_LONG),
		.parts = t->is_bundle ? part_rows(r, t) : NULL,
		.part_n = t->is_bundle ? t->bundle.n : 0,
		.pdf_href = arena_printf(&r->arena, "%.*s/pdf", STR_ARG(r->path)),
		.record_href = arena_printf(&r->arena, PATH_COUNTER "/person/%s", id_text(t->party).c),
		.has_account = rec.has_account,
	};
	struct html_out o;
	counter_begin(r, &o, N_("It is taken in"), false, STR(PATH_COUNTER));
	counter_receipt_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool counter_receipt_pdf_get(struct req *r, struct err *e)
{
	struct taken *t = arena_new(&r->arena, struct taken, 1);
	int fd = -1;
	if (t == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a receipt");
	}
	if (!open_taken(r, t, e) ||
	    !(t->is_bundle ? bundle_receipt_pdf(r, &t->f, &t->bundle, &fd, e) : receipt_pdf(r, &t->f, &fd, e))) {
		return false;
	}
	struct str number = t->is_bundle && t->bundle.n > 0 ? t->bundle.parts[0].number : t->f.c.number;
	return req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "receipt-%.*s.pdf", STR_ARG(number)));
}
