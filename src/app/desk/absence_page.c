/* Absences of an office: an official enters the own, a head those of all. And the page of keys. */
#include "app/cases/acts.h"
#include "app/catalogue/office.h"
#include "app/desk/absence.html.h"
#include "app/desk/pages.h"
#include "app/page.h"
#include "app/people/absence.h"
#include "app/people/accounts.h"

enum { ABSENCE_DAYS_MOST = 366 };

struct office {
	const struct institution *at;
	day_number today;
	bool is_head;
	struct account_list staff;
	struct absence_list absences;
};

static bool open_office(struct req *r, struct office *o, struct err *e)
{
	*o = (struct office){.at = office_of_viewer(r, e)};
	if (o->at == NULL) {
		return false;
	}
	o->today = case_today(o->at->calendar, time_legal_us(&r->app->time));
	o->is_head = viewer_has_role(r->viewer, ROLE_HEAD, o->at->id);
	return people_staff(r->app->store, &r->arena, o->at->id, &o->staff, e) &&
	       people_absences(r->app->store, &r->arena, o->at->id, o->today, &o->absences, e);
}

static bool is_official(const struct account_line *l)
{
	for (size_t i = 0; i < l->role_n; i++) {
		if (l->roles[i].kind == ROLE_OFFICIAL && !l->is_disabled) {
			return true;
		}
	}
	return false;
}

/* NULL: no official of the office has this id. */
static const struct account_line *official(const struct office *o, struct str id)
{
	int64_t account;
	for (size_t i = 0; id_parse(id, &account) && i < o->staff.n; i++) {
		if (o->staff.items[i].account == account && is_official(&o->staff.items[i])) {
			return &o->staff.items[i];
		}
	}
	return NULL;
}

static void choose(struct choices *c, struct str value, struct str label, bool is_chosen)
{
	if (c->n < CHOICES_MAX) {
		c->items[c->n++] = (struct form_choice){.value = value, .label = label, .is_chosen = is_chosen};
	}
}

static struct form_date typed_date(const struct req *r, const char *day, const char *month, const char *year)
{
	return (struct form_date){.day = req_form(r, day), .month = req_form(r, month), .year = req_form(r, year)};
}

static bool put_page(struct req *r, const struct office *o, struct absences_view *v)
{
	struct absence_row *rows = arena_new(&r->arena, struct absence_row, o->absences.n + 1);
	struct case_facts f = {.calendar = o->at->calendar, .zone = calendar_zone(o->at->calendar), .today = o->today};
	bool has_errors = v->from_error.n + v->until_error.n + v->deputy_error.n > 0;
	v->r = r;
	v->op = req_new_op(r);
	v->is_head = o->is_head;
	v->from = typed_date(r, "from-day", "from-month", "from-year");
	v->until = typed_date(r, "until-day", "until-month", "until-year");
	for (size_t i = 0; rows && i < o->absences.n; i++) {
		const struct absence *a = &o->absences.items[i];
		if (o->is_head || a->account == r->viewer->account || a->deputy == r->viewer->account) {
			rows[v->n++] = (struct absence_row){
				.id = arena_printf(&r->arena, "%s", id_text(a->id).c),
				.name = a->name,
				.deputy = a->deputy_name,
				.from = case_date(r, &f, a->from, DATE_SHORT),
				.until = case_date(r, &f, a->until, DATE_SHORT),
				.is_now = a->from <= o->today,
				.may_end = o->is_head || a->account == r->viewer->account,
			};
		}
	}
	v->rows = rows;
	choose(&v->deputies, STR_EMPTY, tr(r->lang, N_("Nobody stands in")), false);
	for (size_t i = 0; i < o->staff.n; i++) {
		const struct account_line *l = &o->staff.items[i];
		struct str id = arena_printf(&r->arena, "%s", id_text(l->account).c);
		if (is_official(l)) {
			bool is_me = l->account == r->viewer->account;
			struct str typed = req_form(r, "official");
			choose(&v->officials, id, l->name, typed.n > 0 ? str_eq(id, typed) : is_me);
			if (!is_me || o->is_head) {
				choose(&v->deputies, id, l->name, str_eq(id, req_form(r, "deputy")));
			}
		}
	}
	struct html_out out;
	page_begin(r, &out,
	           &(struct page){.title_msgid = N_("Absences"),
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_FORM,
	                          .has_errors = has_errors,
	                          .back_href = STR(PATH_QUEUE)});
	if (has_errors) {
		struct form_error errors[3];
		size_t n = 0;
		const struct form_error all[] = {
			{STR("from"), v->from_error}, {STR("until"), v->until_error}, {STR("deputy"), v->deputy_error}};
		for (size_t i = 0; i < 3; i++) {
			if (all[i].text.n > 0) {
				errors[n++] = all[i];
			}
		}
		r->status = err_status(ERR_INVALID);
		form_errors(&out, errors, n);
	}
	absences_page(&out, v);
	page_end(r, &out);
	return true;
}

bool desk_absences_get(struct req *r, struct err *e)
{
	struct office o;
	struct absences_view v = {0};
	return open_office(r, &o, e) && put_page(r, &o, &v);
}

bool desk_absences_post(struct req *r, struct err *e)
{
	struct office o;
	struct absences_view v = {0};
	struct store_op op;
	if (!open_office(r, &o, e)) {
		return false;
	}
	struct absence_change c = {.institution = o.at->id, .by = r->viewer->account};
	struct absence *a = &c.absence;
	const struct account_line *who = o.is_head ? official(&o, req_form(r, "official")) : NULL;
	const struct account_line *deputy = official(&o, req_form(r, "deputy"));
	a->account = who ? who->account : r->viewer->account;
	a->name = who ? who->name : r->viewer->name;
	a->deputy = deputy ? deputy->account : 0;
	a->deputy_name = deputy ? deputy->name : STR_EMPTY;
	if (!act_day(&r->form, "from", &a->from)) {
		v.from_error = tr(r->lang, N_("Enter the first day, as 24 11 2026."));
	}
	if (!act_day(&r->form, "until", &a->until)) {
		v.until_error = tr(r->lang, N_("Enter the last day, as 24 11 2026."));
	} else if (v.from_error.n == 0 && a->until < a->from) {
		v.until_error = tr(r->lang, N_("The last day comes after the first."));
	} else if (a->until < o.today) {
		v.until_error = tr(r->lang, N_("This day is over."));
	} else if (a->until > o.today + ABSENCE_DAYS_MOST) {
		v.until_error = tr(r->lang, N_("Enter a day within a year."));
	}
	if (deputy && deputy->account == a->account) {
		v.deputy_error = tr(r->lang, N_("Choose somebody else."));
	}
	if (v.from_error.n + v.until_error.n + v.deputy_error.n > 0) {
		return put_page(r, &o, &v);
	}
	return people_still_allowed(r->app->store, r->viewer, e) && app_op(r, o.at->id, &op, e) &&
	       app_write(r, &op, people_absence_add_job, &c, e) && req_redirect(r, STR("/desk/absences"));
}

bool desk_absence_end_post(struct req *r, struct err *e)
{
	struct office o;
	struct store_op op;
	int64_t id;
	if (!open_office(r, &o, e)) {
		return false;
	}
	for (size_t i = 0; id_parse(req_form(r, "absence"), &id) && i < o.absences.n; i++) {
		const struct absence *a = &o.absences.items[i];
		if (a->id != id || !(o.is_head || a->account == r->viewer->account)) {
			continue;
		}
		struct absence_ending c = {.institution = o.at->id, .id = id, .last = o.today - 1, .today = o.today};
		if (!app_op(r, o.at->id, &op, e) ||
		    (!app_write(r, &op, people_absence_end_job, &c, e) && e->code != ERR_CONFLICT)) {
			return false;
		}
	}
	return req_redirect(r, STR("/desk/absences"));
}

/* --- Keys
 * --------------------------------------------------------------------------------------------------------------------
 */

bool desk_keys_get(struct req *r, struct err *e)
{
	(void)e;
	const struct form_choice keys[] = {
		{.value = STR("Q"), .label = tr(r->lang, N_("The queue"))},
		{.value = STR("N"), .label = tr(r->lang, N_("The next case"))},
		{.value = STR("S"), .label = tr(r->lang, N_("To the search field"))},
		{.value = STR("T"), .label = tr(r->lang, N_("Take the case"))},
		{.value = STR("D"), .label = tr(r->lang, N_("Decide"))},
		{.value = STR("A"), .label = tr(r->lang, N_("Ask for a correction"))},
		{.value = STR("L"), .label = tr(r->lang, N_("Send the letter now"))},
		{.value = STR("C"), .label = tr(r->lang, N_("Choose all cases of the page"))},
		{.value = STR("W"), .label = tr(r->lang, N_("What to do with the chosen cases"))},
		{.value = STR("B"), .label = tr(r->lang, N_("Go on with the chosen cases"))},
		{.value = STR("G"), .label = tr(r->lang, N_("Do it: the button of a form"))},
		{.value = STR("I"), .label = tr(r->lang, N_("Insert a text block"))},
		{.value = STR("P"), .label = tr(r->lang, N_("Look at the letter first"))},
		{.value = STR("K"), .label = tr(r->lang, N_("This list"))},
	};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("One key for each"),
	                          .current = NAV_QUEUE,
	                          .is_desk = true,
	                          .width = PAGE_FORM,
	                          .back_href = STR(PATH_QUEUE)});
	access_keys_page(&o, sizeof keys / sizeof *keys, keys);
	page_end(r, &o);
	return true;
}
