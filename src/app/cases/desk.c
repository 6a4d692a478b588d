#include "app/cases/desk.h"

#include "app/cases/acts.h"
#include "app/cases/applicant.h"
#include "app/cases/desk.html.h"
#include "app/cases/documents.h"
#include "app/cases/look_up.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/json.h"
#include "base/time_source.h"
#include "os/render_client.h"

static struct str base_of(struct req *r, const struct case_facts *f)
{
	return arena_printf(&r->arena, "/queue/%s", id_text(f->c.id).c);
}

static bool is_forwarded(struct err *e)
{
	return err_tell(e, ERR_NOT_FOUND, N_("Your office forwarded this case to another one."),
	                "a case that was forwarded from here");
}

bool desk_case_of(struct req *r, int64_t id, enum access_purpose purpose, struct case_ref *ref, struct err *e)
{
	int64_t at = 0;
	*ref = (struct case_ref){0};
	/* Of an official's several offices, the one whose case it is goes before one that is asked about it. */
	for (size_t i = 0; i < r->viewer->role_n && ref->part != AS_OWNER; i++) {
		struct case_ref here = {0};
		const struct viewer_role *role = &r->viewer->roles[i];
		if (role->kind == ROLE_OFFICIAL && !case_of_institution(r->app, &r->arena, role->institution, id, &here, e)) {
			return false;
		}
		if (here.found && (!ref->found || here.part < ref->part)) {
			*ref = here;
			at = role->institution;
		}
	}
	if (!ref->found) {
		return err_tell(e, ERR_NOT_FOUND, N_("Your office has no such case."), "no such case for this institution");
	}
	/* Nobody works on the own case, nor reads at the desk what its applicant is not told yet. */
	if (viewer_acts_for(r->viewer, ref->party) != NULL) {
		return err_tell(e, ERR_FORBIDDEN, N_("You act for who applied. A colleague works on this case."),
		                "an official who acts for the applicant");
	}
	if (ref->part == AS_FORMER) {
		return is_forwarded(e);
	}
	return purpose == ACCESS_PURPOSE_COUNT ||
	       access_look(r, ref->party, id, at, ref->part == AS_EXPERT ? ACCESS_OPINION : purpose, e);
}

bool desk_open_any_case(struct req *r, enum access_purpose purpose, struct case_facts *f, struct err *e)
{
	int64_t id;
	struct case_ref ref;
	if (!req_arg_id(r, 0, &id, e) || !desk_case_of(r, id, purpose, &ref, e)) {
		return false;
	}
	/* Whoever posts does something, and a page about it shows no more than the act itself. */
	if (!(r->method == METHOD_POST ? case_facts_to_act(r, ref.party, id, f, e) : case_facts(r, ref.party, id, f, e))) {
		return false;
	}
	f->is_for_opinion = ref.part == AS_EXPERT;
	/* Who takes part is a read model, a moment behind: whose it is stands in the case. */
	return f->is_for_opinion || viewer_has_role(r->viewer, ROLE_OFFICIAL, f->c.institution) || is_forwarded(e);
}

bool desk_case_went(struct req *r, struct case_facts *f, struct err *e)
{
	int64_t id;
	struct case_ref ref;
	struct err ignored;
	return req_arg_id(r, 0, &id, e) &&
	       (desk_case_of(r, id, ACCESS_PURPOSE_COUNT, &ref, &ignored) || ref.part == AS_FORMER) &&
	       ref.part != AS_EXPERT && case_facts_to_act(r, ref.party, id, f, e) &&
	       !viewer_has_role(r->viewer, ROLE_OFFICIAL, f->c.institution);
}

bool desk_open_case(struct req *r, enum access_purpose purpose, struct case_facts *f, struct err *e)
{
	if (!desk_open_any_case(r, purpose, f, e)) {
		return false;
	}
	return !f->is_for_opinion ||
	       err_tell(e, ERR_NOT_FOUND, N_("Your office has no such case."), "asked for an opinion alone");
}

/* --- The case
 * --------------------------------------------------------------------------------------------------------------- */

static void clock_words(struct req *r, const struct case_facts *f, struct desk_view *v)
{
	struct buf b;
	buf_init(&b, 1024);
	const char *who = case_waits_words(f->c.state, case_waits(f->c.state, f->c.flags));
	if (f->c.has_ended_day) {
		buf_put(&b, case_ended_after(r, f));
	} else if (f->dates.stands) {
		buf_put(&b, tr(r->lang, N_("The clock stands")));
	} else {
		buf_put(&b, case_left(r, &f->dates));
	}
	v->clock_title = case_keep(r, &b);
	v->clock_line = case_clock_line(r, f);
	v->steps_line = case_steps_line(r, f);
	v->clock_text = CASE_SAY(r, N_("Promised {promised}, law {legal}. It ran {ran} working days and stood {stood}."),
	                         TR_O("promised", case_date(r, f, f->dates.promised, DATE_LONG)),
	                         TR_O("legal", case_date(r, f, f->dates.legal, DATE_LONG)), TR_I("ran", f->dates.ran_days),
	                         TR_I("stood", f->dates.stood_days));
	if (f->c.has_ended_day && who != NULL) {
		v->waits_line = f->c.state == CASE_DECIDED
		                    ? tr(r->lang, N_("The letter leaves by itself."))
		                    : CASE_SAY(r, N_("It waits for {who}."), TR_O("who", tr(r->lang, who)));
	}
}

/* What the newest answered correction changed. */
static const struct answers *before_correction(struct req *r, const struct case_facts *f)
{
	for (size_t i = f->correction_n; i-- > 0;) {
		struct answers *before = arena_new(&r->arena, struct answers, 1);
		struct err ignored;
		if (f->corrections[i].has_answered_at && before &&
		    answers_parse(&r->arena, f->corrections[i].before, before, &ignored)) {
			return before;
		}
	}
	return NULL;
}

static struct str time_of_day(struct req *r, const struct case_facts *f, int64_t us)
{
	struct buf b;
	buf_init(&b, 64);
	format_time(&b, zone_local(f->zone, us).second);
	return case_keep(r, &b);
}

/* --- Days of receipt that were refused before this application was taken in
 * ------------------------------------------------------------- */

enum { REFUSED_MOST = 5 };
static const int64_t REFUSED_BEFORE_US = 24 * INT64_C(3600000000);

struct refused_days {
	const struct case_facts *f;
	const struct event *items[REFUSED_MOST];
	int64_t days[REFUSED_MOST];
	size_t n;
};

static bool refused_job(struct tx *tx, void *ctx, struct err *e)
{
	struct refused_days *out = ctx;
	const struct case_facts *f = out->f;
	struct event_list list;
	out->n = 0;
	if (!event_list_of_case(tx, tx_route(tx), 0, &list, e)) {
		return false;
	}
	for (size_t i = 0; i < list.n && out->n < REFUSED_MOST; i++) {
		const struct event *ev = &list.items[i];
		struct json *open;
		day_number day;
		bool is_near =
			ev->effective_us <= f->intake.begun_us && ev->effective_us > f->intake.begun_us - REFUSED_BEFORE_US;
		if (!is_near || !str_is(ev->kind, "backdating-refused") || !str_eq(ev->service, f->c.service)) {
			continue;
		}
		if (!json_parse(tx_arena(tx), ev->public_payload, &open, e)) {
			return false;
		}
		const struct json *party = json_get(open, STR("party"));
		if (party && party->kind == JSON_INT && party->integer == f->c.party &&
		    date_parse(json_string(open, STR("day")), &day)) {
			out->days[out->n] = day;
			out->items[out->n++] = ev;
		}
	}
	return true;
}

/* Who took it in had written another day first: officials, and who watches over them, read it where the story begins.
 */
static bool begin_with_refused(struct req *r, const struct case_facts *f, struct desk_view *v, struct err *e)
{
	struct refused_days refused = {.f = f};
	if (!f->has_intake || f->intake.taken_by == 0) {
		return true;
	}
	if (!store_read(r->app->store, f->intake.taken_by, &r->arena, refused_job, &refused, e)) {
		return false;
	}
	struct story_item *items = arena_new(&r->arena, struct story_item, refused.n + v->story_n + 1);
	if (items == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a story");
	}
	for (size_t i = 0; i < refused.n; i++) {
		items[i] = (struct story_item){
			.when = case_moment(r, f, refused.items[i]->effective_us),
			.title = CASE_SAY(r, N_("{date} was refused as the day of receipt"),
		                      TR_O("date", case_date(r, f, (day_number)refused.days[i], DATE_LONG))),
			.text =
				CASE_SAY(r, N_("{name} wrote it; this service does not allow it."), TR_S("name", f->intake.official)),
			.is_halt = false,
		};
	}
	if (v->story_n > 0) {
		memcpy(items + refused.n, v->story, v->story_n * sizeof *items);
	}
	v->story = items;
	v->story_n += refused.n;
	return true;
}

struct desk_view *desk_view_of(struct req *r, const struct case_facts *f, struct err *e)
{
	bool has_it = f->c.handler == r->viewer->account;
	struct act_outcome decide;
	bool may_decide = case_act_may(r, act_named(STR("decide")), f, &decide);
	struct desk_view *v = arena_new(&r->arena, struct desk_view, 1);
	if (v == NULL) {
		err_set(e, ERR_MEMORY, "no memory for a case");
		return NULL;
	}
	*v = (struct desk_view){
		.f = f,
		.r = r,
		.base = base_of(r, f),
		.document = document_box_of(r, f, base_of(r, f), true),
		.tag = case_tag_now(f->c.state, f->c.outcome, case_waits(f->c.state, f->c.flags), true),
		.number = f->c.number,
		.service = text_in(&f->service->name, r->lang),
		.clock = case_clock_view(r, f),
		.before = before_correction(r, f),
		.may_take = case_move_is_possible(MOVE_TAKEN, f->c.state),
		.may_work = has_it && case_move_is_possible(MOVE_DECIDED, f->c.state),
		.may_decide = may_decide,
		.why_not = decide.why,
		.may_recall = f->c.state == CASE_DECIDED && f->decision.found && f->decision.decided_by == r->viewer->account,
		.is_with_other = f->c.handler != 0 && !has_it,
		.letter_at = f->c.has_letter_at ? time_of_day(r, f, f->c.letter_at) : STR_EMPTY,
		.op = req_new_op(r),
	};
	if (!enquiry_words(r, f->asked, true, &v->asked, e) || !case_acts_now(r, f, false, &v->more, &v->more_n, e) ||
	    !mail_told(r, f->c.party, f->c.id, &v->told, e)) {
		return NULL;
	}
	clock_words(r, f, v);
	v->story = case_story(r, f, true, &v->story_n);
	return begin_with_refused(r, f, v, e) ? v : NULL;
}

/* --- Letter and papers
 * ------------------------------------------------------------------------------------------------------ */

static bool open_letter(struct req *r, struct case_facts *f, struct err *e)
{
	return desk_open_case(r, ACCESS_AFTERWARDS, f, e) &&
	       (f->decision.found && f->c.state != CASE_NOT_ACCEPTED
	            ? true
	            : err_tell(e, ERR_NOT_FOUND, N_("There is no decision to read yet."), "no decision"));
}

bool desk_letter_get(struct req *r, struct err *e)
{
	struct case_facts f;
	struct letter_view v;
	if (!open_letter(r, &f, e)) {
		return false;
	}
	case_letter_fill(r, &f, base_of(r, &f), &v);
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = CASE_SAY(r, N_("Decision {number}"), TR_O("number", f.c.number)),
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_NOTE});
	letter_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool desk_letter_pdf_get(struct req *r, struct err *e)
{
	int fd;
	struct case_facts f;
	return open_letter(r, &f, e) && letter_pdf(r, &f, &fd, e) &&
	       req_send_file(r, fd, "application/pdf", arena_printf(&r->arena, "decision-%.*s.pdf", STR_ARG(f.c.number)));
}

/* Is there a record, not older than an hour, of this viewer's look at the case's papers? Without one a picture was
 * asked for by its own address, past the page that shows it. */
static bool has_looked(const struct req *r, const struct case_facts *f)
{
	int64_t now_us = time_legal_us(&r->app->time);
	for (size_t i = 0; i < f->looks.n; i++) {
		const struct access_entry *l = &f->looks.items[i];
		if (l->account == r->viewer->account && str_eq(l->purpose, access_word(ACCESS_PAPER)) &&
		    now_us - l->last_us < 60 * US_PER_MIN) {
			return true;
		}
	}
	return false;
}

bool desk_file_get(struct req *r, struct err *e)
{
	int64_t file;
	uint64_t page;
	struct case_facts f;
	bool is_page = r->path_arg_n > 2;
	/* The look is recorded with the page that shows the pictures, not with each of them. */
	if (!req_arg_id(r, 1, &file, e) || !desk_open_case(r, is_page ? ACCESS_PURPOSE_COUNT : ACCESS_PAPER, &f, e)) {
		return false;
	}
	if (!is_page) {
		return case_show_file(r, &f, file, base_of(r, &f), true, e);
	}
	if (!has_looked(r, &f) && !access_look(r, f.c.party, f.c.id, f.c.institution, ACCESS_PAPER, e)) {
		return false;
	}
	return str_to_u64(r->path_args[2], &page) && page < RENDER_PAGES_MAX ? case_send_page(r, &f, file, (int64_t)page, e)
	                                                                     : err_set(e, ERR_NOT_FOUND, "no such page");
}
