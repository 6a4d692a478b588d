/* The receipt of what was taken in: one key away, for the official who took it. */
#include "app/access/access.h"
#include "app/cases/documents.h"
#include "app/cases/facts.h"
#include "app/counter/counter.html.h"
#include "app/counter/pages.h"
#include "app/forms/intake.h"
#include "app/page.h"
#include "html/translate.h"

/* A case that the viewer took in, however it goes on; the look is recorded. */
static bool open_taken(struct req *r, struct case_facts *f, struct err *e)
{
	struct draft_door *doors = NULL;
	size_t n = 0;
	int64_t id = 0;
	if (!req_arg_id(r, 0, &id, e) || !draft_doors(r, id, &doors, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (doors[i].institution != 0) {
			return access_look(r, doors[i].p.party, id, doors[i].institution, ACCESS_INTAKE, e) &&
			       case_facts(r, doors[i].p.party, id, f, e);
		}
	}
	return err_tell(e, ERR_NOT_FOUND, N_("You took in no such application."), "no right to this draft");
}

bool counter_receipt_get(struct req *r, struct err *e)
{
	struct case_facts f;
	struct record rec;
	if (!open_taken(r, &f, e) || !people_record(r->app->store, &r->arena, f.c.party, &rec, e) ||
	    !intake_leave(r, r->viewer->account, e)) {
		return false;
	}
	struct counter_receipt_view v = {
		.csrf = r->csrf,
		.number = f.c.number,
		.service = text_in(&f.service->name, r->lang),
		.name = f.applicant,
		.came = case_came(r, &f),
		.promised = case_date(r, &f, f.dates.promised, DATE_LONG),
		.legal = case_date(r, &f, f.dates.legal, DATE_LONG),
		.pdf_href = arena_printf(&r->arena, "%.*s/pdf", STR_ARG(r->path)),
		.record_href = arena_printf(&r->arena, PATH_COUNTER "/person/%s", id_text(f.c.party).c),
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
	struct case_facts f;
	int fd = -1;
	return open_taken(r, &f, e) && receipt_pdf(r, &f, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "receipt-%.*s.pdf", STR_ARG(f.c.number)));
}
