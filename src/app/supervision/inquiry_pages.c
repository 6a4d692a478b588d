/* Inquiries on both sides: the supervisor's list over all institutions, the institution's own on its desk, and one of
 * them with its story and the one form that is the reader's turn. */
#include "app/access/access.h"
#include "app/cases/facts.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/supervision/about.h"
#include "app/supervision/findings.html.h"
#include "app/supervision/pages.h"
#include "app/supervision/watch.h"
#include "html/translate.h"

enum { INQUIRY_LIST = 50, STEPS_MOST = 20, WORDS_CHARS = 4000, QUESTION_CHARS = 2000 };

static const struct {
	const char *supervisor, *desk; /* msgids */
	enum tag_sign sign;
} states[INQUIRY_STATE_END] = {
	[INQUIRY_ASKED] = {N_("Waits for the head"), N_("To answer"), TAG_WAIT},
	[INQUIRY_ANSWERED] = {N_("Answered"), N_("Answered"), TAG_RUN},
	[INQUIRY_APPEALED] = {N_("Appeal"), N_("Appeal"), TAG_RUN},
};

static enum tag_sign sign_of(int64_t state, int64_t outcome)
{
	return state == INQUIRY_CLOSED || state == INQUIRY_FINAL ? (outcome == INQUIRY_RED      ? TAG_RED
	                                                            : outcome == INQUIRY_YELLOW ? TAG_ORANGE
	                                                                                        : TAG_DONE)
	                                                         : states[state].sign;
}

static struct str state_of(struct req *r, int64_t state, int64_t outcome, bool is_desk)
{
	return tr(r->lang, state == INQUIRY_CLOSED || state == INQUIRY_FINAL ? inquiry_outcome_title(outcome)
	                   : is_desk                                         ? states[state].desk
	                                                                     : states[state].supervisor);
}

static struct str say_day(struct req *r, const char *msgid, const struct institution *at, day_number day)
{
	const struct tr_arg args[] = {TR_O("date", about_day(r, at, day))};
	struct buf b;
	buf_init(&b, 1024);
	tr_put_plain(&b, tr(r->lang, msgid), args, 1);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* --- Lists
 * --------------------------------------------------------------------------------------------------------------- */

struct asked {
	const struct institution *at;
	struct inquiry_list_out row;
};
struct list {
	const struct institution *at;
	int64_t before;
	int64_t official; /* only those that concern this account; 0: all */
	struct asked *rows;
	size_t n;
};

/* One institution's, newest first among what is there already. */
static bool load_list(struct tx *tx, void *ctx, struct err *e)
{
	struct list *in = ctx;
	struct inquiry_list_rows rows;
	struct inquiry_list_out row;
	if (!inquiry_list_open(
			tx, &(struct inquiry_list_in){.institution = in->at->id, .before = in->before, .most = INQUIRY_LIST + 1},
			&rows, e)) {
		return false;
	}
	while (inquiry_list_next(&rows, &row) && (in->n <= INQUIRY_LIST || row.id > in->rows[INQUIRY_LIST].row.id)) {
		if (in->official != 0 && row.official != in->official) {
			continue;
		}
		size_t k = in->n <= INQUIRY_LIST ? in->n++ : INQUIRY_LIST;
		for (; k > 0 && row.id > in->rows[k - 1].row.id; k--) {
			in->rows[k] = in->rows[k - 1];
		}
		in->rows[k] = (struct asked){in->at, row};
	}
	return inquiry_list_close(&rows, e);
}

static bool list_begin(struct req *r, struct list *in, struct err *e)
{
	in->rows = arena_new(&r->arena, struct asked, INQUIRY_LIST + 1);
	if (!id_parse(req_query(r, "before"), &in->before)) {
		in->before = INT64_MAX;
	}
	return in->rows ? true : err_set(e, ERR_MEMORY, "no memory for inquiries");
}

static bool show_list(struct req *r, const struct list *in, struct inquiries_view *v, struct err *e)
{
	struct inquiry_row *rows = arena_new(&r->arena, struct inquiry_row, INQUIRY_LIST);
	for (size_t i = 0; rows && i < in->n && i < INQUIRY_LIST; i++) {
		const struct inquiry_list_out *q = &in->rows[i].row;
		const struct institution *at = in->rows[i].at;
		struct inquiry_row *row = &rows[v->n++];
		*row = (struct inquiry_row){
			.href = v->is_desk
		                ? arena_printf(&r->arena, PATH_INQUIRIES "/%.*s/%s", STR_ARG(at->pack_id), id_text(q->id).c)
		                : inquiry_path(r, at, q->id),
			.title = about_title(r, q->sign),
			.office = text_in(&at->name, r->lang),
			.when = page_moment(r, q->asked_at),
			.sign = sign_of(q->state, q->outcome),
			.state = state_of(r, q->state, q->outcome, v->is_desk),
		};
		if (q->state == INQUIRY_ASKED) {
			row->due = say_day(r, q->is_overdue ? N_("Was due by {date}") : N_("By {date}"), at, q->due_day);
		}
		if (!about_name(r, q->official, &row->official, e)) {
			return false;
		}
	}
	v->r = r;
	v->rows = rows;
	v->page_size = INQUIRY_LIST;
	if (in->n > INQUIRY_LIST) {
		v->next_href = arena_printf(&r->arena, "%s?before=%s", v->is_desk ? PATH_INQUIRIES : PATH_BOARD_INQUIRIES,
		                            id_text(in->rows[INQUIRY_LIST - 1].row.id).c);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Inquiries"),
	                          .current = v->is_desk ? NAV_QUEUE : NAV_BOARD,
	                          .is_desk = true,
	                          .back_href = v->is_desk ? STR(PATH_QUEUE) : STR(PATH_FINDINGS)});
	inquiries_page(&o, v);
	page_end(r, &o);
	return true;
}

bool inquiries_get(struct req *r, struct err *e)
{
	struct supervision s;
	struct list in = {0};
	struct inquiries_view v = {
		.lead = tr(r->lang, N_("What heads of offices were asked, and what came of it. Cards count for a year."))};
	const struct institution *all;
	size_t n = catalogue_institutions(r->app, &all);
	if (!supervision_of_viewer(r, &s, e) || !list_begin(r, &in, e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		in.at = &all[i];
		if (supervision_covers(r->app, s.office, in.at) &&
		    !store_read(r->app->store, in.at->id, &r->arena, load_list, &in, e)) {
			return false;
		}
	}
	v.office = text_in(&s.office->name, r->lang);
	return show_list(r, &in, &v, e);
}

/* Heads see all of their institution, officials those about their own work. */
bool desk_inquiries_get(struct req *r, struct err *e)
{
	struct list in = {0};
	struct inquiries_view v = {.is_desk = true,
	                           .lead = tr(r->lang, N_("What the supervision office asks your office: the head answers, "
	                                                  "and whom it concerns can read along."))};
	if (!list_begin(r, &in, e)) {
		return false;
	}
	bool works_somewhere = false;
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		const struct viewer_role *role = &r->viewer->roles[i];
		bool is_head = viewer_has_role(r->viewer, ROLE_HEAD, role->institution);
		/* Who is both is asked about once. */
		if (role->kind != ROLE_HEAD && (role->kind != ROLE_OFFICIAL || is_head)) {
			continue;
		}
		works_somewhere = true;
		in.at = catalogue_institution(r->app, role->institution);
		in.official = is_head ? 0 : r->viewer->account;
		if (in.at && !store_read(r->app->store, in.at->id, &r->arena, load_list, &in, e)) {
			return false;
		}
		v.office = in.at && v.office.n == 0 ? text_in(&in.at->name, r->lang) : v.office;
	}
	return works_somewhere ? show_list(r, &in, &v, e) : err_set(e, ERR_FORBIDDEN, "inquiries of no office");
}

/* --- One of them
 * --------------------------------------------------------------------------------------------------------- */

struct one {
	const struct institution *at, *office; /* office: as whose supervisor it is looked at; NULL: at the desk */
	int64_t id;
	struct inquiry_get_out row;
	struct inquiry_steps_out *steps;
	size_t n;
};

static bool load_one(struct tx *tx, void *ctx, struct err *e)
{
	struct one *in = ctx;
	struct inquiry_steps_rows rows;
	in->n = 0;
	in->steps = arena_new(tx_arena(tx), struct inquiry_steps_out, STEPS_MOST);
	if (in->steps == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for an inquiry");
	}
	if (!inquiry_get(tx, &(struct inquiry_get_in){.institution = in->at->id, .id = in->id}, &in->row, e) ||
	    !inquiry_steps_open(
			tx, &(struct inquiry_steps_in){.institution = in->at->id, .inquiry = in->id, .most = STEPS_MOST}, &rows,
			e)) {
		return false;
	}
	while (in->n < STEPS_MOST && inquiry_steps_next(&rows, &in->steps[in->n])) {
		in->n++;
	}
	return inquiry_steps_close(&rows, e);
}

static bool read_one(struct req *r, struct one *in, struct err *e)
{
	if (!req_arg_id(r, 1, &in->id, e) || !store_read(r->app->store, in->at->id, &r->arena, load_one, in, e)) {
		return false;
	}
	return in->row.found || err_set(e, ERR_NOT_FOUND, "no such inquiry");
}

static bool open_as_supervisor(struct req *r, struct one *in, struct err *e)
{
	*in = (struct one){0};
	in->at = supervised_of_path(r, 0, &in->office, e);
	return in->at && read_one(r, in, e);
}

static bool open_at_desk(struct req *r, struct one *in, struct err *e)
{
	*in = (struct one){.at = catalogue_institution_named(r->app, r->path_args[0])};
	bool is_head = in->at && viewer_has_role(r->viewer, ROLE_HEAD, in->at->id);
	if (!is_head && !(in->at && viewer_has_role(r->viewer, ROLE_OFFICIAL, in->at->id))) {
		return err_set(e, ERR_NOT_FOUND, "an inquiry of another office");
	}
	return read_one(r, in, e) &&
	       (is_head || in->row.official == r->viewer->account ||
	        err_tell(e, ERR_FORBIDDEN, N_("This inquiry concerns a colleague."), "an inquiry about another official"));
}

/* The next office above the one that asked; where there is none, a colleague there of who gave the card. */
static bool settles(struct req *r, const struct one *in)
{
	const struct institution *office = catalogue_institution(r->app, in->row.office);
	const struct institution *above = office ? supervision_above(r->app, in->at, office) : NULL;
	return above
	           ? viewer_has_role(r->viewer, ROLE_SUPERVISOR, above->id)
	           : viewer_has_role(r->viewer, ROLE_SUPERVISOR, in->row.office) && in->row.closed_by != r->viewer->account;
}

/* Whose turn it is: at most one form. */
static enum inquiry_form form_of(struct req *r, const struct one *in)
{
	const struct inquiry_get_out *q = &in->row;
	if (in->office == NULL) {
		if (!viewer_has_role(r->viewer, ROLE_HEAD, in->at->id)) {
			return INQUIRY_NO_FORM;
		}
		day_number today = zone_local(calendar_zone(in->at->calendar), time_legal_us(&r->app->time)).day;
		return q->state == INQUIRY_ASKED                                                          ? INQUIRY_FORM_ANSWER
		       : q->state == INQUIRY_CLOSED && inquiry_is_card(q->outcome) && today <= q->due_day ? INQUIRY_FORM_APPEAL
		                                                                                          : INQUIRY_NO_FORM;
	}
	if (q->state == INQUIRY_APPEALED) {
		return settles(r, in) ? INQUIRY_FORM_SETTLE : INQUIRY_NO_FORM;
	}
	bool may_close = viewer_has_role(r->viewer, ROLE_SUPERVISOR, q->office) &&
	                 (q->state == INQUIRY_ANSWERED || (q->state == INQUIRY_ASKED && q->is_overdue));
	return may_close ? INQUIRY_FORM_CLOSE : INQUIRY_NO_FORM;
}

static struct str due_of(struct req *r, const struct one *in, enum inquiry_form form)
{
	const struct inquiry_get_out *q = &in->row;
	switch (q->state) {
	case INQUIRY_ASKED:
		return say_day(r,
		               q->is_overdue ? N_("The answer was due by {date}; it has not come.")
		                             : N_("The head of the office answers by {date}."),
		               in->at, q->due_day);
	case INQUIRY_ANSWERED:
		return tr(r->lang, N_("The head has answered. The supervisor now says what comes of it."));
	case INQUIRY_CLOSED:
		return inquiry_is_card(q->outcome) ? say_day(r, N_("The head can appeal until {date}."), in->at, q->due_day)
		                                   : tr(r->lang, N_("It is closed."));
	case INQUIRY_APPEALED:
		return form == INQUIRY_FORM_SETTLE ? tr(r->lang, N_("You decide on the appeal; then it stands."))
		                                   : tr(r->lang, N_("The supervision office above decides on the appeal."));
	default:
		return tr(r->lang, N_("The appeal was decided. It stands."));
	}
}

static void fill_story(struct req *r, const struct one *in, struct inquiry_view *v)
{
	struct story_item *items = arena_new(&r->arena, struct story_item, STEPS_MOST);
	for (size_t i = 0; items && i < in->n; i++) {
		const struct inquiry_steps_out *s = &in->steps[i];
		const struct tr_arg args[] = {TR_S("name", s->name)};
		struct buf b;
		buf_init(&b, 1024);
		tr_put_plain(&b, tr(r->lang, inquiry_move_title((enum inquiry_move)s->kind)), args, 1);
		struct local_time t = page_local_time(r, s->at);
		char iso[11];
		date_format(t.day, iso);
		items[v->n++] = (struct story_item){
			.iso = arena_printf(&r->arena, "%sT%02d:%02d", iso, t.second / 3600, t.second / 60 % 60),
			.when = page_moment(r, s->at),
			.title = arena_copy(&r->arena, buf_str(&b)),
			.quote = s->words,
			.tag = s->outcome ? tr(r->lang, inquiry_outcome_title(s->outcome)) : STR_EMPTY,
			.tag_sign = sign_of(INQUIRY_CLOSED, s->outcome),
		};
		buf_release(&b);
	}
	v->items = items;
}

/* Is there still something to be said by the office? */
static bool is_open_for(struct req *r, const struct one *in)
{
	const struct inquiry_get_out *q = &in->row;
	day_number today = zone_local(calendar_zone(in->at->calendar), time_legal_us(&r->app->time)).day;
	return q->state == INQUIRY_ASKED || q->state == INQUIRY_ANSWERED || q->state == INQUIRY_APPEALED ||
	       (q->state == INQUIRY_CLOSED && inquiry_is_card(q->outcome) && today <= q->due_day);
}

/* Of cases that it forwarded an office sees only where they went; who answers for it sees its own part, and the look is
 * recorded. Nobody does of the own case. */
static bool fill_parts(struct req *r, const struct one *in, struct inquiry_view *v, struct err *e)
{
	struct named_case named[NAMED_MOST];
	size_t n;
	if (in->office != NULL || !is_open_for(r, in)) {
		return true;
	}
	if (!named_cases_read(&r->arena, in->row.cases, named, &n, e)) {
		return false;
	}
	struct own_part *parts = arena_new(&r->arena, struct own_part, n + 1);
	v->parts = parts;
	for (size_t i = 0; parts && i < n; i++) {
		struct case_ref ref;
		if (!case_of_institution(r->app, &r->arena, in->at->id, named[i].casefile, &ref, e)) {
			return false;
		}
		struct case_facts *f = arena_new(&r->arena, struct case_facts, 1);
		if (!ref.found || ref.part != AS_FORMER || viewer_acts_for(r->viewer, ref.party) != NULL || f == NULL) {
			continue;
		}
		if (!access_look(r, ref.party, ref.casefile, in->at->id, ACCESS_INQUIRY, e) ||
		    !case_facts(r, ref.party, ref.casefile, f, e)) {
			return false;
		}
		struct own_part *part = &parts[v->part_n++];
		*part = (struct own_part){.number = f->c.number};
		part->items = case_story_while_at(r, f, in->at->id, &part->n);
	}
	return true;
}

static bool show(struct req *r, const struct one *in, struct inquiry_view *v, struct err *e)
{
	const struct inquiry_get_out *q = &in->row;
	const struct about about = {.at = in->at,
	                            .rule = q->sign,
	                            .service = q->service,
	                            .cases = q->cases,
	                            .official = q->official,
	                            .is_desk = in->office == NULL};
	if (!about_fill(r, &about, &v->about, e) || !fill_parts(r, in, v, e)) {
		return false;
	}
	bool has_errors = v->error.n > 0 || v->outcome_error.n > 0;
	v->r = r;
	v->form = form_of(r, in);
	v->due = due_of(r, in, v->form);
	v->sign = sign_of(q->state, q->outcome);
	v->state = state_of(r, q->state, q->outcome, in->office == NULL);
	v->action = r->path;
	v->op = req_new_op(r);
	fill_story(r, in, v);
	if (has_errors) {
		r->status = err_status(ERR_INVALID);
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v->about.title,
	                          .current = in->office ? NAV_BOARD : NAV_QUEUE,
	                          .width = PAGE_NOTE,
	                          .has_errors = has_errors,
	                          .back_href = in->office ? STR(PATH_BOARD_INQUIRIES) : STR(PATH_INQUIRIES)});
	inquiry_page(&o, v);
	page_end(r, &o);
	return true;
}

bool inquiry_get_page(struct req *r, struct err *e)
{
	struct one in;
	struct inquiry_view v = {0};
	return open_as_supervisor(r, &in, e) && show(r, &in, &v, e);
}

bool desk_inquiry_get(struct req *r, struct err *e)
{
	struct one in;
	struct inquiry_view v = {0};
	return open_at_desk(r, &in, e) && show(r, &in, &v, e);
}

/* The button says which step it is; whether it is the reader's turn, form_of(). */
static bool step_of(struct req *r, const struct one *in, enum inquiry_move *move, struct err *e)
{
	static const struct {
		const char *word;
		enum inquiry_form form;
		enum inquiry_move move;
	} steps[] = {{"answer", INQUIRY_FORM_ANSWER, INQUIRY_ANSWER},
	             {"close", INQUIRY_FORM_CLOSE, INQUIRY_CLOSE},
	             {"appeal", INQUIRY_FORM_APPEAL, INQUIRY_APPEAL},
	             {"settle", INQUIRY_FORM_SETTLE, INQUIRY_SETTLE}};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		if (str_is(req_form(r, "step"), steps[i].word)) {
			*move = steps[i].move;
			return form_of(r, in) == steps[i].form || err_set(e, ERR_CONFLICT, "not this person's turn");
		}
	}
	return err_set(e, ERR_BAD_INPUT, "no such step of an inquiry");
}

static bool post(struct req *r, const struct one *in, struct err *e)
{
	struct inquiry_view v = {.outcome = req_form(r, "outcome")};
	struct inquiry_step s = {.institution = in->at->id,
	                         .id = in->id,
	                         .version = in->row.version,
	                         .account = r->viewer->account,
	                         .name = r->viewer->name,
	                         .calendar = in->at->calendar};
	struct store_op op;
	if (!step_of(r, in, &s.move, e)) {
		return e->code == ERR_CONFLICT && app_was_done(r, in->at->id) ? req_redirect(r, r->path) : false;
	}
	v.typed = s.words = about_words(r, "words", WORDS_CHARS, &v.error);
	if (s.move == INQUIRY_CLOSE || s.move == INQUIRY_SETTLE) {
		s.outcome = inquiry_outcome_of(v.outcome);
		v.outcome_error = s.outcome ? STR_EMPTY : tr(r->lang, N_("Choose what comes of it."));
	}
	if (v.error.n > 0 || v.outcome_error.n > 0) {
		return show(r, in, &v, e);
	}
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, in->at->id, &op, e) &&
	       app_write(r, &op, inquiry_step_job, &s, e) && req_redirect(r, r->path);
}

bool inquiry_post(struct req *r, struct err *e)
{
	struct one in;
	return open_as_supervisor(r, &in, e) && post(r, &in, e);
}

bool desk_inquiry_post(struct req *r, struct err *e)
{
	struct one in;
	return open_at_desk(r, &in, e) && post(r, &in, e);
}
