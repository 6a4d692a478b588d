#include "app/cases/receipt.h"

#include "app/cases/bundle.h"
#include "app/cases/cases.html.h"
#include "app/cases/desk.h"
#include "app/cases/documents.h"
#include "app/cases/look_up.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/caseno.h"
#include "base/code128.h"
#include "base/rand.h"
#include "base/typed_code.h"
#include "http/server.h"
#include "http/throttle.h"
#include "os/render_client.h"
#include "store/standing.h"

/* --- The receipt
 * ------------------------------------------------------------------------------------------------------------ */

static struct html qr_svg(struct req *r, struct str text)
{
	struct render_qr qr = {0};
	struct err e;
	struct buf b;
	buf_init(&b, 64 * 1024);
	if (render_qr(r->app->render, text, QR_M, &qr, &e)) {
		buf_printf(&b, "<svg viewBox=\"-4 -4 %u %u\" shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"",
		           qr.side + 8, qr.side + 8);
		struct html_out o = {.to = &b, .lang = r->lang};
		html_put_text(&o, tr(r->lang, N_("QR code that opens the page of this case")));
		buf_printf(&b, "\"><path d=\"%.*s\"/></svg>", STR_ARG(buf_str(&qr.path)));
		render_qr_release(&qr);
	}
	/* Without render the receipt stands all the same: number and address say what the code says. */
	return (struct html){case_keep(r, &b)};
}

static struct html barcode_svg(struct req *r, struct str number)
{
	struct code128 c;
	struct buf b;
	buf_init(&b, 16 * 1024);
	if (code128_make(number, &c)) {
		/* Stretched to the height of its place; ten modules of quiet at both sides. */
		buf_printf(&b,
		           "<svg viewBox=\"-10 0 %u 1\" preserveAspectRatio=\"none\" shape-rendering=\"crispEdges\" "
		           "role=\"img\" aria-label=\"",
		           c.modules + 20);
		struct html_out o = {.to = &b, .lang = r->lang};
		html_put_text(&o, tr(r->lang, N_("Barcode of the case number")));
		buf_put_c(&b, "\"><path d=\"");
		code128_put_path(&c, &b);
		buf_put_c(&b, "\"/></svg>");
	}
	return (struct html){case_keep(r, &b)};
}

/* `base`: "/cases/<id>" or "/queue/<id>". */
static bool put_receipt(struct req *r, struct case_facts *f, struct str base, bool is_desk, struct err *e)
{
	(void)e;
	struct legal_clock as_promised;
	struct clock_face face;
	case_clock_promised(&f->c, &as_promised);
	case_clock_face(f->calendar, &as_promised, f->c.received_at, &face);
	case_dates_of(&face, (enum clock_unit)f->c.limit_unit, &f->dates);
	struct summary_row rows[] = {
		{.term = tr(r->lang, N_("Decided by")), .value = text_in(&f->institution->name, r->lang)},
		{.term = tr(r->lang, N_("Papers received")), .value = papers_line(r, f)},
		{.term = tr(r->lang, N_("Taken from registers")), .value = registers_line(r, f)},
		{.term = tr(r->lang, N_("Fee")), .value = fee_line(r, f->service)},
	};
	struct receipt_view v = {
		.r = r,
		.base = base,
		.is_desk = is_desk,
		.lead = f->has_intake ? case_came(r, f)
	                          : CASE_SAY(r,
	                                     N_("Sent by {who} for {party} on {when}. It is safely stored; you can close "
	                                        "this page."),
	                                     TR_S("who", f->submitter), TR_S("party", f->applicant),
	                                     TR_O("when", case_moment(r, f, f->c.submitted_at))),
		.slip = {.service = text_in(&f->service->name, r->lang),
	             .number = f->c.number,
	             .has_promised = true,
	             .has_law = true,
	             .promised = f->dates.promised,
	             .law = f->dates.legal,
	             .promised_days = f->dates.unit == CLOCK_WORKING_DAYS ? (int32_t)f->c.committed : 0,
	             .law_days = f->dates.unit == CLOCK_WORKING_DAYS ? (int32_t)f->c.statutory : 0,
	             .qr = qr_svg(r, receipt_url(r, f)),
	             .barcode = barcode_svg(r, f->c.number),
	             .code = receipt_typed_code(r, f),
	             .rows = rows,
	             .row_n = sizeof rows / sizeof rows[0]},
		.track_url = receipt_url(r, f),
	};
	v.steps = receipt_steps(r, f, &v.step_n);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = CASE_SAY(r, N_("Receipt {number}"), TR_O("number", f->c.number)),
	                          .current = is_desk ? NAV_QUEUE : NAV_CASES,
	                          .is_desk = is_desk,
	                          .width = PAGE_NOTE});
	receipt_page(&o, &v);
	page_end(r, &o);
	return true;
}

static struct str base_of(struct req *r, int64_t id, bool is_desk)
{
	return arena_printf(&r->arena, is_desk ? "/queue/%s" : "/cases/%s", id_text(id).c);
}

bool case_receipt_get(struct req *r, struct err *e)
{
	int64_t id;
	struct case_facts f;
	if (!req_arg_id(r, 0, &id, e)) {
		return false;
	}
	if (!case_facts_own(r, id, &f, e)) {
		/* What was sent as several cases has a receipt for each. */
		return e->code == ERR_NOT_FOUND && bundle_redirect(r, id, e);
	}
	return put_receipt(r, &f, base_of(r, id, false), false, e);
}

bool desk_receipt_get(struct req *r, struct err *e)
{
	struct case_facts f;
	return desk_open_case(r, ACCESS_DECIDE, &f, e) && put_receipt(r, &f, base_of(r, f.c.id, true), true, e);
}

static bool send_pdf(struct req *r, const struct case_facts *f, struct err *e)
{
	int fd;
	return receipt_pdf(r, f, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "receipt-%.*s.pdf", STR_ARG(f->c.number)));
}

bool case_receipt_pdf_get(struct req *r, struct err *e)
{
	int64_t id;
	struct case_facts f;
	return req_arg_id(r, 0, &id, e) && case_facts_own(r, id, &f, e) && send_pdf(r, &f, e);
}

bool desk_receipt_pdf_get(struct req *r, struct err *e)
{
	struct case_facts f;
	return desk_open_case(r, ACCESS_DECIDE, &f, e) && send_pdf(r, &f, e);
}

/* --- A lost receipt
 * --------------------------------------------------------------------------------------------------------- */

static void put_new_code(struct req *r, const struct case_facts *f, bool is_desk)
{
	struct new_code_view v = {
		.r = r, .f = f, .base = base_of(r, f->c.id, is_desk), .op = req_new_op(r), .is_desk = is_desk};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("A new receipt"),
	                          .current = is_desk ? NAV_QUEUE : NAV_CASES,
	                          .is_desk = is_desk,
	                          .width = PAGE_FORM,
	                          .back_href = v.base});
	new_code_page(&o, &v);
	page_end(r, &o);
}

bool receipt_renew(struct req *r, const struct case_facts *f, bool is_desk, struct err *e)
{
	uint8_t *code = arena_alloc(&r->arena, RECEIPT_CODE_BYTES, 1);
	struct store_op op;
	if (code == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a receipt code");
	}
	rand_bytes(code, RECEIPT_CODE_BYTES);
	struct case_receipt move = {
		.change = {.party = f->c.party,
	               .casefile = f->c.id,
	               .version = f->c.version,
	               .actor = r->viewer->account,
	               .actor_name = is_desk ? r->viewer->name : STR_EMPTY,
	               .calendar = f->calendar,
	               .app = r->app},
		.code = str_from(code, RECEIPT_CODE_BYTES),
	};
	return case_marks_of(r->app, &r->arena, f->c.number, code, &move.marks, e) &&
	       (!is_desk || people_still_allowed(r->app->store, r->viewer, e)) && app_op(r, f->c.party, &op, e) &&
	       app_write(r, &op, case_renew_receipt_job, &move, e);
}

static bool renew(struct req *r, const struct case_facts *f, bool is_desk, struct err *e)
{
	return receipt_renew(r, f, is_desk, e) &&
	       req_redirect(r, arena_printf(&r->arena, "%.*s/receipt", STR_ARG(base_of(r, f->c.id, is_desk))));
}

bool case_new_code_get(struct req *r, struct err *e)
{
	int64_t id;
	struct case_facts f;
	if (!req_arg_id(r, 0, &id, e) || !case_facts_own(r, id, &f, e)) {
		return false;
	}
	put_new_code(r, &f, false);
	return true;
}

bool case_new_code_post(struct req *r, struct err *e)
{
	int64_t id;
	struct case_facts f;
	return req_arg_id(r, 0, &id, e) && case_facts_own(r, id, &f, e) && renew(r, &f, false, e);
}

bool desk_new_code_get(struct req *r, struct err *e)
{
	struct case_facts f;
	if (!desk_open_case(r, ACCESS_PURPOSE_COUNT, &f, e)) {
		return false;
	}
	put_new_code(r, &f, true);
	return true;
}

bool desk_new_code_post(struct req *r, struct err *e)
{
	struct case_facts f;
	return desk_open_case(r, ACCESS_PURPOSE_COUNT, &f, e) && renew(r, &f, true, e);
}

/* --- For whoever holds the receipt
 * ------------------------------------------------------------------------------------------ */

static const struct throttle_rule look_rule = {.name = "receipt", .burst = 30, .every_us = 2 * US_PER_S};
/* A code of eight characters has 35 random bits; wrong ones are counted in the store, for all servers (look_up.h). This
 * keeps one network from asking many times before the first answer was counted. */
static const struct throttle_rule number_rule = {.name = "receipt-number", .burst = 20, .every_us = 30 * US_PER_S};

static bool by_typed(struct req *r, struct str number, struct str typed, struct case_ref *ref, struct err *e)
{
	bool is_wrong;
	struct str network = throttle_site(&r->arena, r->client);
	struct str who = arena_printf(&r->arena, "%.*s %.*s", STR_ARG(number), STR_ARG(network));
	const struct code_try try = {.number = number, .network = network, .viewer = r->viewer};
	/* The owner may be signed in, and waits for nobody; others who are find the same count in the store. */
	bool is_visitor = !viewer_is_signed_in(r->viewer);
	if ((is_visitor && !throttle_take(r->app->throttle, &number_rule, who, e)) ||
	    !case_by_typed(r->app, &r->arena, &try, typed, ref, &is_wrong, e)) {
		return false;
	}
	if (!is_wrong || store_is_closed(r->app->store)) {
		return true;
	}
	http_place_release(r);
	bool ok = case_wrong_code(r->app, &try, e);
	http_place_take(r);
	return ok;
}

bool receipt_waits(const struct case_facts *f)
{
	return !case_is_ended(f->c.state) || (case_waits(f->c.state, f->c.flags) & ~(unsigned)WAITS_OFFICE) != 0;
}

static void fill_public(struct req *r, struct case_facts *f, struct public_view *v)
{
	const char *who = receipt_waits(f) ? case_waits_words(f->c.state, case_waits(f->c.state, f->c.flags)) : NULL;
	case_hide_the_undelivered(f);
	*v = (struct public_view){
		.is_found = true,
		.tag = case_tag(f->c.state, f->c.outcome, false),
		.submitted = case_date(r, f, f->c.start_day, DATE_LONG),
		.promised = case_date(r, f, f->dates.promised, DATE_LONG),
		.legal = case_date(r, f, f->dates.legal, DATE_LONG),
		.waits = who ? tr(r->lang, who) : STR_EMPTY,
		.clock = case_clock_view(r, f),
	};
	/* Granted or refused is content; that it is decided is a state. */
	if (f->c.state == CASE_CLOSED) {
		v->tag = (struct case_tag){TAG_RUN, N_("Decided")};
	}
}

static void put_public(struct req *r, struct public_view *v)
{
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Where the case is"), .width = PAGE_NOTE});
	public_page(&o, v);
	page_end(r, &o);
}

static bool is_its_receipt(struct req *r, const struct case_facts *f, const uint8_t *code, const char *typed)
{
	char now[RECEIPT_TYPED_CHARS + 1];
	receipt_typed(r->app, (const uint8_t *)f->c.receipt_code.p, now);
	return code ? str_eq(f->c.receipt_code, str_from(code, RECEIPT_CODE_BYTES)) : strcmp(typed, now) == 0;
}

/* The case behind a receipt, when `is_current` says that this is still its receipt. */
static bool read_public(struct req *r, const struct case_ref *ref, const uint8_t *code, const char *typed,
                        struct public_view *v, struct err *e)
{
	struct case_facts f;
	if (!ref->found) {
		return true;
	}
	if (!case_facts(r, ref->party, ref->casefile, &f, e)) {
		return false;
	}
	if (is_its_receipt(r, &f, code, typed)) {
		fill_public(r, &f, v);
	}
	return true;
}

bool case_public_get(struct req *r, struct err *e)
{
	uint8_t code[RECEIPT_CODE_BYTES];
	struct case_ref ref = {0};
	struct public_view v = {0};
	if (!throttle_take(r->app->throttle, &look_rule, throttle_network(&r->arena, r->client), e)) {
		return false;
	}
	if (str_to_bytes(r->path_args[0], code, sizeof code) && !case_by_receipt(r->app, &r->arena, code, &ref, e)) {
		return false;
	}
	if (!read_public(r, &ref, code, NULL, &v, e)) {
		return false;
	}
	r->status = v.is_found ? 200 : 404;
	put_public(r, &v);
	return true;
}

static void put_track(struct req *r, struct track_view *v)
{
	struct form_error errors[2];
	size_t n = 0;
	if (v->number_error.n > 0) {
		errors[n++] = (struct form_error){STR("number"), v->number_error};
	}
	if (v->code_error.n > 0) {
		errors[n++] = (struct form_error){STR("code"), v->code_error};
	}
	struct html_out o;
	v->r = r;
	r->status = n > 0 ? err_status(ERR_INVALID) : 200;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Where is my case?"), .width = PAGE_FORM, .has_errors = n > 0});
	form_errors(&o, errors, n);
	track_page(&o, v);
	page_end(r, &o);
}

bool case_track_get(struct req *r, struct err *e)
{
	(void)e;
	put_track(r, &(struct track_view){.number = req_query(r, "number")});
	return true;
}

bool case_track_post(struct req *r, struct err *e)
{
	struct caseno number;
	struct case_ref ref;
	struct public_view public = {0};
	struct track_view v = {.number = str_trim(req_form(r, "number")), .code = str_trim(req_form(r, "code"))};
	char text[CASENO_CHARS_MAX + 1], typed[RECEIPT_TYPED_CHARS + 1];
	if (!throttle_take(r->app->throttle, &look_rule, throttle_network(&r->arena, r->client), e)) {
		return false;
	}
	if (!caseno_parse_typed(v.number, &number)) {
		v.number_error =
			tr(r->lang, N_("That is no case number. It stands on your receipt and looks like PL-2026-048176-71."));
	}
	if (!typed_code_parse(v.code, RECEIPT_TYPED_CHARS, typed)) {
		v.code_error =
			tr(r->lang, N_("That is no code. It has 8 letters and figures and looks like 7K3M-9Q2T; it stands "
		                   "beside the number on the receipt."));
	}
	if (v.number_error.n > 0 || v.code_error.n > 0) {
		put_track(r, &v);
		return true;
	}
	caseno_format(&number, text);
	if (!by_typed(r, str_of(text), str_of(typed), &ref, e) || !read_public(r, &ref, NULL, typed, &public, e)) {
		return false;
	}
	if (public.is_found) {
		put_public(r, &public);
		return true;
	}
	v.code_error = tr(r->lang, N_("We know no case with this number and this code. Compare both with the receipt; the "
	                              "newest receipt counts."));
	put_track(r, &v);
	return true;
}

bool case_number_get(struct req *r, struct err *e)
{
	struct caseno number;
	char text[CASENO_CHARS_MAX + 1];
	struct case_ref ref;
	if (!caseno_parse_typed(req_query(r, "number"), &number)) {
		return err_tell(e, ERR_NOT_FOUND,
		                N_("That is no case number. It stands on your receipt and looks like PL-2026-048176-71."),
		                "not a case number");
	}
	caseno_format(&number, text);
	if (!case_by_number(r->app, &r->arena, str_of(text), &ref, e)) {
		return false;
	}
	/* The number alone opens nothing: whose it is not, learns not even that it exists. */
	if (!ref.found || viewer_acts_for(r->viewer, ref.party) == NULL) {
		return err_tell(e, ERR_NOT_FOUND, N_("You have no case with this number."), "not this viewer's case");
	}
	return req_redirect(r, base_of(r, ref.casefile, false));
}

/* --- For programs
 * ----------------------------------------------------------------------------------------------------------- */

bool receipt_opens(struct req *r, struct str code, struct str number, struct case_facts *f, bool *is_found,
                   struct err *e)
{
	uint8_t bytes[RECEIPT_CODE_BYTES];
	char text[CASENO_CHARS_MAX + 1], typed[RECEIPT_TYPED_CHARS + 1];
	struct caseno no;
	struct case_ref ref = {0};
	bool by_number = number.n > 0;
	*is_found = false;
	if (!throttle_take(r->app->throttle, &look_rule, throttle_network(&r->arena, r->client), e)) {
		return false;
	}
	if (by_number && caseno_parse_typed(number, &no) && typed_code_parse(code, RECEIPT_TYPED_CHARS, typed)) {
		caseno_format(&no, text);
		if (!by_typed(r, str_of(text), str_of(typed), &ref, e)) {
			return false;
		}
	} else if (!by_number && str_to_bytes(code, bytes, sizeof bytes) &&
	           !case_by_receipt(r->app, &r->arena, bytes, &ref, e)) {
		return false;
	}
	if (!ref.found) {
		return true;
	}
	if (!case_facts(r, ref.party, ref.casefile, f, e)) {
		return false;
	}
	*is_found = is_its_receipt(r, f, by_number ? NULL : bytes, typed);
	if (*is_found) {
		case_hide_the_undelivered(f);
	}
	return true;
}
