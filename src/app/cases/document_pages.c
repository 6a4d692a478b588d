#include "app/cases/document_pages.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/cases/act_runs.h"
#include "app/cases/desk.h"
#include "app/cases/document.html.h"
#include "app/cases/documents.h"
#include "app/cases/queue.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "os/render_client.h"

/* --- On the case's page
 * ------------------------------------------------------------------------------------------------------ */

static struct str validity(struct req *r, const struct case_facts *f)
{
	const struct credential_get_out *c = &f->credential;
	struct str from = case_date(r, f, c->issued_on, DATE_WITH_YEAR);
	if (!c->has_valid_until) {
		return CASE_SAY(r, N_("Issued on {from}, without end."), TR_O("from", from));
	}
	return CASE_SAY(r, N_("Issued on {from}, valid until {to}."), TR_O("from", from),
	                TR_O("to", case_date(r, f, c->valid_until, DATE_WITH_YEAR)));
}

static struct str handed(struct req *r, const struct case_facts *f)
{
	const struct credential_get_out *c = &f->credential;
	struct str when = c->has_handed_at ? case_moment(r, f, c->handed_at) : STR_EMPTY;
	if (!c->has_handed_at) {
		return STR_EMPTY;
	}
	if (c->way == HAND_OVER_DOWNLOAD) {
		return CASE_SAY(r, N_("Downloaded on {when}."), TR_O("when", when));
	}
	if (c->way == HAND_OVER_POST) {
		return c->tracking.n > 0 ? CASE_SAY(r, N_("Posted on {when}. Tracking number: {number}"), TR_O("when", when),
		                                    TR_S("number", c->tracking))
		                         : CASE_SAY(r, N_("Posted on {when}."), TR_O("when", when));
	}
	return CASE_SAY(r, N_("Handed to {name} by {official} on {when}."), TR_S("name", c->receiver),
	                TR_S("official", c->official), TR_O("when", when));
}

struct document_box document_box_of(struct req *r, const struct case_facts *f, struct str base, bool is_desk)
{
	const struct credential_get_out *c = &f->credential;
	const char *ignored;
	bool is_granted = f->c.state == CASE_CLOSED && f->c.outcome == OUTCOME_GRANTED;
	if (!c->found) {
		return (struct document_box){.is_desk = is_desk,
		                             .is_coming = is_granted && !text_is_empty(&f->service->document.title) &&
		                                          (f->c.flags & (HAS_PERMIT | IS_REVOKED)) == 0};
	}
	struct document_box d = {
		.is_there = true,
		.is_desk = is_desk,
		.base = base,
		.action = arena_printf(&r->arena, "%.*s/document", STR_ARG(base)),
		.csrf = r->csrf,
		.op = req_new_op(r),
		.title = text_in(&f->service->document.title, r->lang),
		.number = c->number,
		.validity = validity(r, f),
		.way = credential_way_word(r->lang, (enum hand_over)c->way),
		.handed = handed(r, f),
		.second = c->second,
		.address = c->address,
		.page = str_sub(credential_url(r->app, &r->arena, c->code), r->app->public_url.n, SIZE_MAX),
		.state =
			credential_state_of(c->has_suspended_at, c->has_withdrawn_at, c->has_valid_until, c->valid_until, f->today),
		.may_download = is_desk || (f->service->document.ways & HAND_OVER_DOWNLOAD) != 0,
		.may_hand_over = is_desk && (f->c.flags & IS_TO_HAND_OVER) != 0,
		.has_label = is_desk && c->way == HAND_OVER_POST,
		.may_choose = !is_desk && act_has_ways(f) && act_may_choose_way(f, r->viewer, &ignored),
	};
	return d;
}

/* --- Papers
 * ----------------------------------------------------------------------------------------------------------------- */

static bool no_document(struct err *e)
{
	return err_tell(e, ERR_NOT_FOUND, N_("There is no document yet."), "not made out");
}

bool case_document_send(struct req *r, const struct case_facts *f, struct err *e)
{
	const struct credential_get_out *c = &f->credential;
	int fd = -1;
	if (!c->found) {
		return no_document(e);
	}
	if (!print_open(r->app, f->c.party, f->c.id, PAPER_CREDENTIAL, r->lang, NULL, &fd, e) ||
	    (fd < 0 &&
	     !print_open(r->app, f->c.party, f->c.id, PAPER_CREDENTIAL, str_of(languages[0].tag), NULL, &fd, e))) {
		return false;
	}
	return (fd >= 0 || err_set(e, ERR_CORRUPT, "a document without its papers")) &&
	       req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "%.*s.pdf", STR_ARG(c->number)));
}

static bool open_own(struct req *r, struct case_facts *f, struct err *e)
{
	int64_t id;
	if (!req_arg_id(r, 0, &id, e) || !case_facts_own(r, id, f, e)) {
		return false;
	}
	return (f->service->document.ways & HAND_OVER_DOWNLOAD) != 0 ||
	       err_tell(e, ERR_NOT_FOUND, N_("This document exists on paper alone."), "not to be downloaded");
}

bool case_document_get(struct req *r, struct err *e)
{
	struct case_facts f;
	return open_own(r, &f, e) && case_document_send(r, &f, e);
}

bool case_document_take(struct req *r, struct case_facts *f, struct err *e)
{
	struct store_op op;
	if (!open_own(r, f, e)) {
		return false;
	}
	if (!f->credential.found) {
		return no_document(e);
	}
	struct case_hand_over move = {.change = {.party = f->c.party,
	                                         .casefile = f->c.id,
	                                         .version = f->c.version,
	                                         .actor = r->viewer->account,
	                                         .calendar = f->calendar,
	                                         .service = f->service,
	                                         .app = r->app},
	                              .way = HAND_OVER_DOWNLOAD};
	/* Pressed again, or on another device: it was handed over once, and the paper is the same. */
	return f->credential.has_handed_at || (f->c.flags & HAS_PERMIT) == 0 ||
	       (app_op(r, f->c.party, &op, e) &&
	        (app_write(r, &op, case_hand_over_job, &move, e) || e->code == ERR_CONFLICT));
}

bool case_document_post(struct req *r, struct err *e)
{
	struct case_facts f;
	return case_document_take(r, &f, e) &&
	       req_redirect(r, arena_printf(&r->arena, "/cases/%s/document.pdf", id_text(f.c.id).c));
}

bool desk_document_get(struct req *r, struct err *e)
{
	struct case_facts f;
	return desk_open_case(r, ACCESS_AFTERWARDS, &f, e) && case_document_send(r, &f, e);
}

bool desk_label_get(struct req *r, struct err *e)
{
	struct case_facts f;
	struct document d;
	int fd;
	if (!desk_open_case(r, ACCESS_AFTERWARDS, &f, e)) {
		return false;
	}
	if (!f.credential.found || f.credential.way != HAND_OVER_POST) {
		return err_tell(e, ERR_NOT_FOUND, N_("This document is not posted."), "no label");
	}
	return label_compose(r, &f, &d, e) && render_pdf(r->app->render, &d, &fd, e) &&
	       req_send_file(r, fd, "application/pdf",
	                     arena_printf(&r->arena, "label-%.*s.pdf", STR_ARG(f.credential.number)));
}

/* --- The list
 * -------------------------------------------------------------------------------------------------------------- */

enum { ROWS_MOST = 50, STEPS_MOST = 40 };

struct list_load {
	int64_t institution;
	struct queue_place after;
	struct queue_rows_out rows[ROWS_MOST];
	int64_t casefiles[ROWS_MOST];
	size_t n;
	bool has_more;
};

static bool load(struct tx *tx, void *ctx, struct err *e)
{
	struct list_load *in = ctx;
	struct queue_way way = {.institution = in->institution, .lane = queue_lane_of(WAITS_COLLECT), .until = INT32_MAX};
	struct queue_key keys[QUEUE_STEP];
	struct queue_place at = in->after;
	size_t n = QUEUE_STEP;
	in->n = 0;
	in->has_more = false;
	for (int step = 0; step < STEPS_MOST && n == QUEUE_STEP && !in->has_more; step++) {
		if (!queue_step(tx, &way, at, keys, &n, e)) {
			return false;
		}
		for (size_t i = 0; i < n; i++) {
			if (in->n == ROWS_MOST) {
				in->has_more = true;
				break;
			}
			at = keys[i].at;
			if (keys[i].waits & WAITS_COLLECT) {
				in->casefiles[in->n++] = keys[i].at.casefile;
			}
		}
	}
	in->has_more = in->has_more || n == QUEUE_STEP;
	in->after = at;
	return queue_rows_of(tx, in->institution, in->casefiles, in->n, in->rows, e);
}

bool hand_over_get(struct req *r, struct err *e)
{
	struct list_load *in = arena_new(&r->arena, struct list_load, 1);
	struct hand_over_row *rows = arena_new(&r->arena, struct hand_over_row, ROWS_MOST);
	struct hand_over_view v = {.rows = rows};
	int64_t due, after;
	char rest;
	if (in == NULL || rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list");
	}
	*in = (struct list_load){.institution = viewer_institution(r->viewer), .after = QUEUE_START};
	struct str from = arena_printf(&r->arena, "%.*s", STR_ARG(req_query(r, "after")));
	if (sscanf(from.p, "%20" SCNd64 ".%20" SCNd64 "%c", &due, &after, &rest) == 2) {
		in->after = (struct queue_place){(day_number)due, after};
	}
	if (!store_read(r->app->store, in->institution, &r->arena, load, in, e)) {
		return false;
	}
	for (size_t i = 0; i < in->n; i++) {
		const struct queue_rows_out *row = &in->rows[i];
		const struct service *s = row->casefile ? catalogue_service(r->app, row->service) : NULL;
		if (row->casefile == 0) {
			continue;
		}
		rows[v.n++] = (struct hand_over_row){
			.href = arena_printf(&r->arena, "/queue/%s/hand-over", id_text(row->casefile).c),
			.number = row->number,
			.applicant = row->applicant.n > 0 ? row->applicant : row->number,
			.service = s ? text_in(&s->name, r->lang) : row->service,
		};
	}
	if (in->has_more) {
		v.next_href = arena_printf(&r->arena, "/hand-over?after=%d.%lld", in->after.due, (long long)in->after.casefile);
	}
	v.institution = page_institution(r, in->institution);
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("To hand over"), .current = NAV_QUEUE, .is_desk = true});
	hand_over_page(&o, &v);
	page_end(r, &o);
	return true;
}
