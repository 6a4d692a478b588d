/* An office's working days: a head adds one, sees first which time limits it moves, and publishes it; then all running
 * clocks are counted anew (cases/recalculation.h). */
#include "app/authoring/authoring.h"
#include "app/authoring/days.html.h"
#include "app/authoring/pages.h"
#include "app/cases/acts.h"
#include "app/cases/recalculation.h"
#include "app/catalogue/calendar_change.h"
#include "app/catalogue/office.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/fault.h"

#define PATH_DAYS "/desk/days"
enum { CHANGES_SHOWN = 5, DAY_NAME_CHARS_MAX = 80, AHEAD_MOST = 366 };

static const struct {
	const char *id, *label, *said;
	enum calendar_entry_kind kind;
} kinds[DAY_KINDS] = {
	{"off", N_("Nobody works"), N_("nobody works"), ENTRY_HOLIDAY},
	{"worked", N_("It is worked, though it is a weekend"), N_("it is worked"), ENTRY_WORKDAY},
	{"half", N_("Only the morning is worked, until 12:00"), N_("other hours"), ENTRY_HALF_DAY},
};

struct office {
	const struct institution *at;
	day_number today;
	bool is_of_all; /* the viewer is head of all that count by its calendar */
	size_t others;
};

static bool open_office(struct req *r, struct office *o, struct err *e)
{
	const struct institution *all;
	size_t n = catalogue_institutions(r->app, &all);
	*o = (struct office){.at = office_of_viewer(r, e), .is_of_all = true};
	if (o->at == NULL) {
		return false;
	}
	o->today = case_today(o->at->calendar, time_legal_us(&r->app->time));
	for (size_t i = 0; i < n; i++) {
		/* Who only watches over others has no time limits of its own by it. */
		if (str_eq(all[i].calendar_id, o->at->calendar_id) && all[i].supervises.n == 0) {
			o->is_of_all = o->is_of_all && viewer_has_role(r->viewer, ROLE_HEAD, all[i].id);
			o->others += all[i].id != o->at->id;
		}
	}
	return true;
}

static struct str short_day(struct req *r, const struct office *o, day_number day)
{
	struct case_facts f = {.calendar = o->at->calendar, .zone = calendar_zone(o->at->calendar), .today = o->today};
	return case_date(r, &f, day, DATE_SHORT);
}

/* "Moves 41 of 52 time limits" and by how much. */
static void say_effect(struct req *r, const struct recalculation_get_out *c, struct str *effect, struct str *by)
{
	*effect =
		AUTHOR_SAY(r, N_("It moves {n} of {all} running time limits."), TR_N("n", c->moved), TR_I("all", c->looked));
	if (c->moved == 0) {
		*effect = AUTHOR_SAY(r, N_("It moves none of {all} running time limits."), TR_I("all", c->looked));
		*by = STR_EMPTY;
	} else if (c->least_days == c->most_days && c->most_days > 0) {
		*by = AUTHOR_SAY(r, N_("Each comes {n} days later."), TR_N("n", c->most_days));
	} else if (c->least_days > 0) {
		*by = AUTHOR_SAY(r, N_("Each comes {least} to {most} days later."), TR_I("least", c->least_days),
		                 TR_I("most", c->most_days));
	} else {
		*by = AUTHOR_SAY(r, N_("They come up to {n} days earlier."), TR_N("n", -c->least_days));
	}
}

static struct str title_of(struct req *r, const struct recalculation_get_out *c)
{
	return c->title.n > 0             ? c->title
	       : c->cause == CAUSE_ZONE   ? tr(r->lang, N_("Other data of the time zone"))
	       : c->cause == CAUSE_OUTAGE ? tr(r->lang, N_("A time in which nobody served"))
	                                  : tr(r->lang, N_("A calendar that was published"));
}

static struct str say_progress(struct req *r, const struct recalculation_get_out *c)
{
	switch ((enum recalculation_state)c->state) {
	case RECALC_COUNTING:
		return AUTHOR_SAY(r, N_("It is being counted: {n} time limits looked at."), TR_N("n", c->looked));
	case RECALC_COUNTED:
		return tr(r->lang, N_("Nothing is changed yet."));
	case RECALC_RUNNING:
		return AUTHOR_SAY(r, N_("Under way: {n} time limits moved."), TR_N("n", c->moved));
	case RECALC_TELLING:
		return AUTHOR_SAY(r, N_("{n} time limits moved. Those concerned are being told: {told} so far."),
		                  TR_N("n", c->moved), TR_I("told", c->told));
	case RECALC_DONE:
		return AUTHOR_SAY(r, N_("Done: {n} time limits moved."), TR_N("n", c->moved));
	case RECALC_DISCARDED:
		break;
	}
	return STR_EMPTY;
}

/* --- The list ---------------------------------------------------------------------------------------------------- */

static bool fill_changes(struct req *r, const struct office *o, struct days_view *v, struct err *e)
{
	struct recalculation_get_out rows[CHANGES_SHOWN];
	size_t n;
	if (!recalculations_of(r->app, &r->arena, o->at->calendar_id, rows, CHANGES_SHOWN, &n, e)) {
		return false;
	}
	v->changes = arena_new(&r->arena, struct day_change_row, n + 1);
	for (size_t i = 0; v->changes != NULL && i < n; i++) {
		bool is_done = rows[i].state == RECALC_DONE;
		v->changes[v->change_n++] =
			(struct day_change_row){.href = arena_printf(&r->arena, PATH_DAYS "/%s", id_text(rows[i].id).c),
		                            .title = title_of(r, &rows[i]),
		                            .text = say_progress(r, &rows[i]),
		                            .sign = is_done ? TAG_DONE : TAG_RUN,
		                            .state = tr(r->lang, is_done ? N_("Done") : N_("Under way"))};
	}
	return v->changes != NULL || err_set(e, ERR_MEMORY, "no memory for changes");
}

static bool fill_days(struct req *r, const struct office *o, struct days_view *v, struct calendar_file *f,
                      struct err *e)
{
	if (!calendar_entries(r->app, &r->arena, o->at->calendar_id, f, e)) {
		return false;
	}
	v->days = arena_new(&r->arena, struct day_row, f->n + 1);
	for (size_t i = 0; v->days != NULL && i < f->n; i++) {
		const struct calendar_entry *d = &f->entries[i];
		if (d->to < o->today || d->from > o->today + AHEAD_MOST) {
			continue;
		}
		const char *said = kinds[d->kind == ENTRY_HOLIDAY ? 0 : d->kind == ENTRY_WORKDAY ? 1 : 2].said;
		struct str from = short_day(r, o, d->from);
		v->days[v->day_n++] =
			(struct day_row){.day = d->from == d->to ? from
		                                             : AUTHOR_SAY(r, N_("{from} to {until}"), TR_O("from", from),
		                                                          TR_O("until", short_day(r, o, d->to))),
		                     .title = text_in(&d->name, r->lang),
		                     .text = tr(r->lang, said)};
	}
	return v->days != NULL || err_set(e, ERR_MEMORY, "no memory for days");
}

static struct str name_field(struct req *r, size_t lang)
{
	return arena_printf(&r->arena, "name-%s", languages[lang].tag);
}

/* The languages that the calendar's own names have: what it lacks is not asked for. */
static void fill_names(struct req *r, const struct calendar_file *f, struct days_view *v)
{
	for (size_t i = 0; i < LANG_COUNT && languages[i].tag; i++) {
		bool is_needed = i == 0;
		for (size_t k = 0; i != LANG_MADE_UP && k < f->n; k++) {
			is_needed = is_needed || f->entries[k].name.in[i].n > 0;
		}
		if (is_needed) {
			struct form_field *n = &v->names[v->name_n++];
			n->name = name_field(r, i);
			n->label = AUTHOR_SAY(r, N_("What it is called ({language})"), TR_O("language", str_of(languages[i].name)));
			n->value = str_trim(req_form(r, arena_cstr(&r->arena, n->name)));
			n->chars_max = DAY_NAME_CHARS_MAX;
		}
	}
}

static bool show_days(struct req *r, const struct office *o, struct days_view *v, struct err *e)
{
	struct form_error errors[1 + LANG_COUNT];
	size_t error_n = 0;
	struct html_out out;
	if (!fill_changes(r, o, v, e)) {
		return false;
	}
	v->r = r;
	v->op = req_new_op(r);
	v->office = text_in(&o->at->name, r->lang);
	v->may_add = o->is_of_all;
	v->shared = o->others == 0
	                ? tr(r->lang, N_("No other office counts by this calendar."))
	                : AUTHOR_SAY(r, N_("{n} other offices count by the same calendar."), TR_N("n", o->others));
	for (size_t i = 0; i < DAY_KINDS; i++) {
		struct str id = str_of(kinds[i].id), typed = req_form(r, "kind");
		v->kinds[v->kind_n++] = (struct form_choice){
			.value = id, .label = tr(r->lang, kinds[i].label), .is_chosen = typed.n > 0 ? str_eq(typed, id) : i == 0};
	}
	if (v->day_error.n > 0) {
		errors[error_n++] = (struct form_error){STR("day"), v->day_error};
	}
	for (size_t i = 0; i < v->name_n; i++) {
		if (v->names[i].error.n > 0) {
			errors[error_n++] = (struct form_error){v->names[i].name, v->names[i].error};
		}
	}
	page_begin(r, &out,
	           &(struct page){.title_msgid = N_("Working days of the office"),
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_FORM,
	                          .has_errors = error_n > 0,
	                          .back_href = STR("/queue")});
	if (error_n > 0) {
		r->status = err_status(ERR_INVALID);
	}
	form_errors(&out, errors, error_n);
	days_page(&out, v);
	page_end(r, &out);
	return true;
}

bool days_get(struct req *r, struct err *e)
{
	struct office o;
	struct days_view v = {0};
	struct calendar_file f;
	if (!open_office(r, &o, e) || !fill_days(r, &o, &v, &f, e)) {
		return false;
	}
	fill_names(r, &f, &v);
	/* Most often it is the next one. */
	struct date next = date_of_day(calendar_add(o.at->calendar, o.today, 1));
	v.day = (struct form_date){.day = arena_printf(&r->arena, "%d", (int)next.day),
	                           .month = arena_printf(&r->arena, "%d", (int)next.month),
	                           .year = arena_printf(&r->arena, "%d", (int)next.year)};
	return show_days(r, &o, &v, e);
}

/* --- Adding ------------------------------------------------------------------------------------------------------ */

static struct str mistake_of_day(struct req *r, const struct office *o, const struct calendar_file *f, bool is_typed,
                                 const struct calendar_new_day *d)
{
	if (!is_typed) {
		return tr(r->lang, N_("Enter the day, as 24 11 2026."));
	}
	if (d->day < o->today) {
		return tr(r->lang, N_("This day is over."));
	}
	if (d->day > f->last || d->day > o->today + AHEAD_MOST) {
		return tr(r->lang, N_("Enter a day within a year."));
	}
	for (size_t i = 0; i < f->n; i++) {
		if (f->entries[i].from <= d->day && d->day <= f->entries[i].to) {
			return AUTHOR_SAY(r, N_("The calendar says something of this day already: {name}."),
			                  TR_O("name", text_in(&f->entries[i].name, r->lang)));
		}
	}
	bool is_weekend = (f->weekend >> date_weekday(d->day) & 1) != 0;
	if (d->kind == ENTRY_WORKDAY && !is_weekend) {
		return tr(r->lang, N_("This is a working day anyway."));
	}
	if (d->kind != ENTRY_WORKDAY && is_weekend) {
		return tr(r->lang, N_("Nobody works on this day anyway."));
	}
	return STR_EMPTY;
}

/* The file as it would be, from the one that is published. */
static bool ask(struct req *r, const struct office *o, const struct calendar_new_day *d, struct str title,
                struct recalculation_ask *in, struct err *e)
{
	struct pack_files files;
	int64_t version;
	struct str path = arena_printf(&r->arena, "calendars/%.*s.yaml", STR_ARG(o->at->calendar_id));
	struct calendar_draft draft = {0};
	struct buf b;
	if (!published_files(r->app, &files, &version, e)) {
		return false;
	}
	buf_init(&b, PACK_FILE_BYTES_MAX + 1024);
	const struct pack_file *f = pack_files_find(&files, path);
	bool ok = f != NULL || err_set(e, ERR_NOT_FOUND, "no such calendar");
	ok = ok && (calendar_with_day(f->bytes, d, &b) ||
	            err_tell(e, ERR_CONFLICT, N_("The calendar's file is written so that only its author can change it."),
	                     "a list of days in one line"));
	ok = ok && calendar_draft_make(o->at->calendar_id, buf_str(&b), f->version + 1, &draft, e);
	*in = (struct recalculation_ask){.id = id_in_time(time_legal_us(&r->app->time)),
	                                 .institution = o->at->id,
	                                 .account = r->viewer->account,
	                                 .name = r->viewer->name,
	                                 .calendar = o->at->calendar_id,
	                                 .title = title,
	                                 .body = arena_copy(&r->arena, buf_str(&b)),
	                                 .version = f ? f->version : 0,
	                                 .day = d->day};
	calendar_draft_release(&draft);
	buf_release(&b);
	pack_files_release(&files);
	return ok;
}

static bool is_head_of_all(const struct office *o, struct err *e)
{
	return o->is_of_all ||
	       err_tell(e, ERR_FORBIDDEN,
	                N_("Only who is head of all offices that count by this calendar can change it here."),
	                "not head of all offices of a calendar");
}

bool days_post(struct req *r, struct err *e)
{
	struct office o;
	struct days_view v = {0};
	struct calendar_file f;
	struct calendar_new_day d = {.hours = STR("8:00-12:00")};
	struct recalculation_ask in;
	struct store_op op;
	if (!open_office(r, &o, e) || !is_head_of_all(&o, e) || !fill_days(r, &o, &v, &f, e)) {
		return false;
	}
	fill_names(r, &f, &v);
	v.day = (struct form_date){
		.day = req_form(r, "day-day"), .month = req_form(r, "day-month"), .year = req_form(r, "day-year")};
	for (size_t i = 0; i < DAY_KINDS; i++) {
		d.kind = str_is(req_form(r, "kind"), kinds[i].id) ? kinds[i].kind : d.kind;
	}
	bool is_typed = act_day(&r->form, "day", &d.day), has_names = true;
	v.day_error = mistake_of_day(r, &o, &f, is_typed, &d);
	for (size_t i = 0, k = 0; i < LANG_COUNT && k < v.name_n; i++) {
		if (!str_eq(v.names[k].name, name_field(r, i))) {
			continue;
		}
		d.names[i] = v.names[k].value;
		if (d.names[i].n == 0 || str_runes(d.names[i]) > DAY_NAME_CHARS_MAX) {
			v.names[k].error = tr(r->lang, N_("Say in a word or two why, such as Typhoon."));
			has_names = false;
		}
		k++;
	}
	if (v.day_error.n > 0 || !has_names) {
		return show_days(r, &o, &v, e);
	}
	struct str title = v.names[0].value;
	if (!ask(r, &o, &d, title, &in, e) || !people_still_allowed(r->app->store, r->viewer, e) ||
	    !app_op(r, CATALOGUE_ROUTE, &op, e) || !app_write(r, &op, recalculation_ask_job, &in, e)) {
		return false;
	}
	repairs_nudge(r->app->repairs);
	return req_redirect(r, arena_printf(&r->arena, PATH_DAYS "/%s", id_text(op.result[0]).c));
}

/* --- One change -------------------------------------------------------------------------------------------------- */

static bool open_change(struct req *r, struct office *o, struct recalculation_get_out *c, struct err *e)
{
	int64_t id = 0;
	return open_office(r, o, e) && req_arg_id(r, 0, &id, e) && recalculation_read(r->app, &r->arena, id, c, e) &&
	       (c->calendar.n == 0 || str_eq(c->calendar, o->at->calendar_id) ||
	        err_set(e, ERR_NOT_FOUND, "of another office's calendar"));
}

bool day_change_get(struct req *r, struct err *e)
{
	struct office o;
	struct recalculation_get_out c;
	if (!open_change(r, &o, &c, e)) {
		return false;
	}
	struct day_change_view v = {.r = r,
	                            .op = req_new_op(r),
	                            .href = arena_printf(&r->arena, PATH_DAYS "/%s", id_text(c.id).c),
	                            .version = arena_printf(&r->arena, "%lld", (long long)c.version),
	                            .title = title_of(r, &c),
	                            .is_counting = c.state == RECALC_COUNTING,
	                            .may_publish = c.state == RECALC_COUNTED && o.is_of_all,
	                            .progress = say_progress(r, &c)};
	v.what = c.has_day ? AUTHOR_SAY(r, N_("{day}, entered by {name}"), TR_O("day", short_day(r, &o, c.day)),
	                                TR_O("name", c.asked_name))
	                   : STR_EMPTY;
	if (c.state == RECALC_COUNTED) {
		say_effect(r, &c, &v.effect, &v.by);
	}
	if (c.state == RECALC_COUNTING || c.state == RECALC_RUNNING || c.state == RECALC_TELLING) {
		req_set_header(r, "Refresh", STR("2"));
	}
	struct html_out out;
	page_begin(
		r, &out,
		&(struct page){
			.title = v.title, .current = NAV_QUEUE, .is_desk = true, .width = PAGE_FORM, .back_href = STR(PATH_DAYS)});
	day_change_page(&out, &v);
	page_end(r, &out);
	return true;
}

static bool publish(struct req *r, const struct recalculation_get_out *c, struct recalculation_publish *in,
                    struct store_op *op, struct err *e)
{
	struct pack_files files;
	struct pack *pack = NULL;
	struct pack_report report;
	struct publication *p = NULL;
	int64_t version;
	struct str path = arena_printf(&r->arena, "calendars/%.*s.yaml", STR_ARG(c->calendar));
	if (!published_files(r->app, &files, &version, e)) {
		return false;
	}
	pack_report_init(&report);
	const struct pack_file *now = pack_files_find(&files, path);
	bool ok = (now != NULL && now->version == c->from_version) ||
	          err_tell(e, ERR_CONFLICT, N_("The calendar was changed meanwhile. Count again what the day moves."),
	                   "another version of the calendar is published");
	ok = ok && pack_files_put(&files, path, c->body, 1, e) && pack_read(&files, &report, &pack, e) &&
	     (report.mistakes == 0 || err_set(e, ERR_INVALID, "%.*s", STR_ARG(str_sub(buf_str(&report.text), 0, 300)))) &&
	     publication_plan(r->app, &files, pack, version, NULL, &p, e);
	in->publication = p;
	in->to_version = ok ? publication_version_of(p, path) : 0;
	ok = ok && app_write(r, op, recalculation_publish_job, in, e) && catalogue_reload(r->app, e);
	publication_free(p);
	pack_free(pack);
	pack_report_release(&report);
	pack_files_release(&files);
	return ok;
}

bool day_change_post(struct req *r, struct err *e)
{
	struct office o;
	struct recalculation_get_out c;
	struct store_op op;
	int64_t version = 0;
	if (!open_change(r, &o, &c, e) || !is_head_of_all(&o, e) || !app_op(r, CATALOGUE_ROUTE, &op, e)) {
		return false;
	}
	if (!str_to_i64(req_form(r, "version"), &version)) {
		return err_set(e, ERR_BAD_INPUT, "no version of the change");
	}
	struct recalculation_publish in = {
		.id = c.id, .version = version, .account = r->viewer->account, .name = r->viewer->name};
	if (c.state == RECALC_COUNTED &&
	    (!people_still_allowed(r->app->store, r->viewer, e) || !publish(r, &c, &in, &op, e))) {
		return false;
	}
	repairs_nudge(r->app->repairs);
	return req_redirect(r, arena_printf(&r->arena, PATH_DAYS "/%s", id_text(c.id).c));
}
