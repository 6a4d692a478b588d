/* The counter's own page: one field for whatever a hand scanner reads, what is not sent yet, the applicant's screen. */
#include "app/cases/look_up.h"
#include "app/counter/counter.html.h"
#include "app/counter/form_number.h"
#include "app/counter/pages.h"
#include "app/forms/intake.h"
#include "app/page.h"
#include "base/caseno.h"
#include "html/translate.h"

/* --- What all pages of the room share ---------------------------------------------------------------------------- */

/* A bundle is taken in where all of its services are. */
int64_t counter_takes_in(struct req *r, const struct service *s)
{
	const struct institution *front = catalogue_front_office(r->app);
	const struct institution *own = catalogue_institution_named(r->app, s->institution);
	bool is_own = own != NULL && viewer_has_role(r->viewer, ROLE_OFFICIAL, own->id);
	for (size_t i = 0; i < s->member_n && is_own; i++) {
		const struct institution *at = catalogue_institution_named(r->app, s->members[i].service->institution);
		is_own = at != NULL && viewer_has_role(r->viewer, ROLE_OFFICIAL, at->id);
	}
	return is_own ? own->id : front && viewer_has_role(r->viewer, ROLE_OFFICIAL, front->id) ? front->id : 0;
}

static size_t add_taken_in(struct req *r, const struct service *const *all, size_t n, const struct service **out)
{
	size_t taken = 0;
	for (size_t i = 0; i < n; i++) {
		if (counter_takes_in(r, all[i]) != 0) {
			out[taken++] = all[i];
		}
	}
	return taken;
}

size_t counter_services(struct req *r, bool has_bundles, const struct service ***out)
{
	const struct service *const *all = NULL, *const *bundles = NULL;
	size_t n = catalogue_services(r->app, &all), bundle_n = has_bundles ? catalogue_bundles(r->app, &bundles) : 0;
	*out = arena_new(&r->arena, const struct service *, n + bundle_n + 1);
	size_t taken = *out ? add_taken_in(r, bundles, bundle_n, *out) : 0;
	return *out ? taken + add_taken_in(r, all, n, *out + taken) : 0;
}

struct str counter_id(struct req *r, int64_t id)
{
	return arena_copy(&r->arena, str_of(id_text(id).c));
}

void counter_begin(struct req *r, struct html_out *o, const char *title, bool has_errors, struct str back)
{
	if (has_errors) {
		r->status = err_status(ERR_INVALID);
	}
	page_begin(r, o,
	           &(struct page){.title_msgid = title,
	                          .current = NAV_COUNTER,
	                          .width = PAGE_FORM,
	                          .has_errors = has_errors,
	                          .back_href = back});
}

void counter_note(struct req *r, struct form_error *list, size_t *n, struct form_field *field, struct str say)
{
	(void)r;
	field->error = say;
	if (*n < COUNTER_ERRORS_MAX) {
		list[(*n)++] = (struct form_error){.id = field->name, .text = say};
	}
}

/* --- The page ---------------------------------------------------------------------------------------------------- */

struct row_job {
	struct req *r;
	int64_t draft;
	struct taken_row *row;
	bool is_open;
};

static bool job_row(struct tx *tx, void *ctx, struct err *e)
{
	struct row_job *j = ctx;
	struct draft d;
	struct err why = {0};
	j->is_open = false;
	if (!draft_get(tx, tx_route(tx), j->draft, &d, &why)) {
		*e = why;
		return why.code == ERR_NOT_FOUND;
	}
	const struct service *s = catalogue_service(j->r->app, d.service);
	s = s ? s : catalogue_bundle(j->r->app, d.service);
	j->is_open = d.state == DRAFT_OPEN;
	j->row->service = s ? text_in(&s->name, j->r->lang) : d.service;
	j->row->how = tr(j->r->lang, channel_words(d.channel));
	j->row->day = page_local_time(j->r, d.changed_us).day;
	return people_name(tx, tx_route(tx), &j->row->name, e);
}

/* What the official took in and has not sent: without the names' parties being opened, so no look is recorded but who
 * the intake is for, which the official wrote. */
static bool fill_rows(struct req *r, struct counter_view *v, struct err *e)
{
	struct intake_right *rights = NULL;
	size_t n = 0;
	if (!intake_rights(r, r->viewer->account, &rights, &n, e)) {
		return false;
	}
	struct taken_row *rows = arena_new(&r->arena, struct taken_row, n + 1);
	for (size_t i = 0; rows != NULL && i < n; i++) {
		struct taken_row *row = &rows[v->row_n];
		*row = (struct taken_row){.href = arena_printf(&r->arena, "/draft/%s", id_text(rights[i].draft).c),
		                          .name = STR_EMPTY};
		struct row_job j = {.r = r, .draft = rights[i].draft, .row = row};
		if (!viewer_has_role(r->viewer, ROLE_OFFICIAL, rights[i].institution)) {
			continue;
		}
		if (!store_read(r->app->store, rights[i].party, &r->arena, job_row, &j, e)) {
			return false;
		}
		v->row_n += j.is_open;
	}
	v->rows = rows;
	return rows != NULL || err_set(e, ERR_MEMORY, "no room for a list");
}

static bool show(struct req *r, struct str scanned, struct str scan_error, struct str code, struct str code_error,
                 struct err *e)
{
	struct counter_view v = {
		.csrf = r->csrf,
		.scan = {.name = STR("scanned"),
	             .label = tr(r->lang, N_("Scan or type")),
	             .hint = tr(r->lang, N_("The code or number of a receipt, of a document, or of a paper form.")),
	             .value = scanned,
	             .chars_max = 300},
		.pair = {.name = STR("code"),
	             .label = tr(r->lang, N_("Code on the applicant’s screen")),
	             .value = code,
	             .width = FIELD_W16,
	             .chars_max = 20},
	};
	v.screen_url = arena_printf(&r->arena, "%.*s/screen", STR_ARG(r->app->public_url));
	if (scan_error.n > 0) {
		counter_note(r, v.errors, &v.error_n, &v.scan, scan_error);
	}
	if (code_error.n > 0) {
		counter_note(r, v.errors, &v.error_n, &v.pair, code_error);
	}
	/* Here one is not on an intake: the applicant's screen goes blank. */
	if (!intake_leave(r, r->viewer->account, e) || !fill_rows(r, &v, e) || !counter_screen_of(r, &v.screen, e)) {
		return false;
	}
	v.has_screen = v.screen.n > 0;
	struct html_out o;
	counter_begin(r, &o, N_("Counter"), v.error_n > 0, STR_EMPTY);
	counter_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool counter_get(struct req *r, struct err *e)
{
	return show(r, STR_EMPTY, STR_EMPTY, STR_EMPTY, STR_EMPTY, e);
}

bool counter_show_pairing(struct req *r, struct str code, struct str error, struct err *e)
{
	return show(r, STR_EMPTY, STR_EMPTY, code, error, e);
}

/* --- What a hand scanner reads ----------------------------------------------------------------------------------- */

/* "https://.../r/CODE": 128 random bits in hexadecimal digits. */
static bool receipt_code(struct str s, uint8_t code[RECEIPT_CODE_BYTES])
{
	size_t at = str_find(s, STR("/r/"));
	return at != SIZE_MAX && str_to_bytes(str_sub(s, at + 3, 2 * RECEIPT_CODE_BYTES), code, RECEIPT_CODE_BYTES);
}

/* The one place that knows what opens what. A case opens at the desk, where the next step is: hand-over too. */
static bool open_case(struct req *r, const struct case_ref *ref, struct str scanned, struct err *e)
{
	struct case_ref at = {0};
	for (size_t i = 0; ref->found && i < r->viewer->role_n && !at.found; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		if (role->kind == ROLE_OFFICIAL &&
		    !case_of_institution(r->app, &r->arena, role->institution, ref->casefile, &at, e)) {
			return false;
		}
	}
	if (!ref->found) {
		return show(r, scanned,
		            tr(r->lang, N_("No case is known by this. A receipt is found here a moment after it was made.")),
		            STR_EMPTY, STR_EMPTY, e);
	}
	if (!at.found) {
		return show(r, scanned, tr(r->lang, N_("This case is another office’s. Send the person there.")), STR_EMPTY,
		            STR_EMPTY, e);
	}
	return req_redirect(r, arena_printf(&r->arena, PATH_QUEUE "/%s", id_text(ref->casefile).c));
}

bool counter_scan_post(struct req *r, struct err *e)
{
	struct str scanned = str_trim(req_form(r, "scanned"));
	uint8_t code[RECEIPT_CODE_BYTES];
	struct caseno no;
	struct case_ref ref = {0};
	if (receipt_code(scanned, code)) {
		return case_by_receipt(r->app, &r->arena, code, &ref, e) && open_case(r, &ref, scanned, e);
	}
	if (caseno_parse_typed(scanned, &no)) {
		char number[CASENO_CHARS_MAX + 1];
		caseno_format(&no, number);
		return case_by_number(r->app, &r->arena, arena_copy(&r->arena, str_of(number)), &ref, e) &&
		       open_case(r, &ref, scanned, e);
	}
	size_t document = str_find(scanned, STR("/v/")); /* the page that says whether a document is valid */
	if (document != SIZE_MAX && document + 3 < scanned.n) {
		return req_redirect(r, str_sub(scanned, document, 40));
	}
	struct numbered form;
	struct form_number n;
	struct str why = STR_EMPTY;
	if (form_number_parse(scanned, &n) || form_number_is_meant(scanned)) {
		if (!numbered_find(r, scanned, &form, &why, e)) {
			return why.n > 0 && show(r, scanned, why, STR_EMPTY, STR_EMPTY, e);
		}
		return req_redirect(r, arena_printf(&r->arena, PATH_COUNTER "/person?form=%.*s", STR_ARG(form.number)));
	}
	return show(r, scanned,
	            scanned.n == 0
	                ? tr(r->lang, N_("Scan a code, or type what stands on the paper."))
	                : tr(r->lang, N_("This is no receipt, no case number and no number of a paper form. Scan "
	                                 "it again, or look whether a character is wrong.")),
	            STR_EMPTY, STR_EMPTY, e);
}
