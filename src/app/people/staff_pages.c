/* An administrator's page: who has which role at the institution. */
#include "app/app.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/email.h"
#include "app/people/pages.h"
#include "app/people/people.html.h"
#include "html/translate.h"
#include "http/server.h"

/* The institution asked for, if the viewer administers it; else the first that the viewer does. */
static bool find_institution(struct req *r, struct str asked, int64_t *institution, struct err *e)
{
	const struct viewer *v = r->viewer;
	int64_t id = 0;
	if (asked.n > 0) {
		if (!id_parse(asked, &id) || !viewer_has_role(v, ROLE_ADMINISTRATOR, id)) {
			return err_set(e, ERR_NOT_FOUND, "not an institution that the viewer administers");
		}
		*institution = id;
		return true;
	}
	for (size_t i = 0; i < v->role_n; i++) {
		if (v->roles[i].kind == ROLE_ADMINISTRATOR) {
			*institution = v->roles[i].institution;
			return true;
		}
	}
	return err_set(e, ERR_FORBIDDEN, "no administrator");
}

static struct str id_str(struct req *r, int64_t id)
{
	char text[ID_CHARS + 1];
	id_format(id, text);
	return arena_copy(&r->arena, str_of(text));
}

static void begin_staff(struct req *r, struct staff_view *v, int64_t institution)
{
	*v = (struct staff_view){
		.csrf = r->csrf,
		.institution_id = id_str(r, institution),
		.institution = page_institution(r, institution),
		.email = {.name = STR("email"),
	              .label = tr(r->lang, N_("E-mail address")),
	              .hint = tr(r->lang, N_("Of the person's account here")),
	              .type = "email",
	              .chars_max = EMAIL_BYTES_MAX},
		.role = {.name = STR("role"), .label = tr(r->lang, N_("Role"))},
		.roles = {{.value = STR("official"),
	               .label = tr(r->lang, N_("Official")),
	               .hint = tr(r->lang, N_("Works on cases")),
	               .is_chosen = true},
	              {.value = STR("administrator"),
	               .label = tr(r->lang, N_("Administrator")),
	               .hint = tr(r->lang, N_("Gives roles and takes them away"))},
	              {.value = STR("author"),
	               .label = tr(r->lang, N_("Author")),
	               .hint = tr(r->lang, N_("Defines services; at the front office all of them"))},
	              {.value = STR("head"),
	               .label = tr(r->lang, N_("Head")),
	               .hint = tr(r->lang, N_("Gives cases to officials and signs second"))},
	              {.value = STR("supervisor"),
	               .label = tr(r->lang, N_("Supervisor")),
	               .hint = tr(r->lang, N_("Sees what is late in the institutions that this one supervises"))},
	              {.value = STR("traffic-engineer"),
	               .label = tr(r->lang, N_("Traffic engineer")),
	               .hint = tr(r->lang, N_("Says how far the city's brain may lead signals; at the office that looks "
	                                      "after them"))}},
	};
}

static void fill_others(struct req *r, struct staff_view *v, int64_t institution)
{
	const struct viewer *viewer = r->viewer;
	struct staff_place *others = arena_new(&r->arena, struct staff_place, viewer->role_n + 1);
	for (size_t i = 0; others != NULL && i < viewer->role_n; i++) {
		int64_t id = viewer->roles[i].institution;
		if (viewer->roles[i].kind == ROLE_ADMINISTRATOR && id != institution) {
			others[v->other_n++] =
				(struct staff_place){.href = arena_printf(&r->arena, "/staff?institution=%s", id_text(id).c),
			                         .name = page_institution(r, id)};
		}
	}
	v->others = others;
}

static bool show_staff(struct req *r, struct staff_view *v, int64_t institution, struct err *e)
{
	struct account_list list;
	if (!people_staff(r->app->store, &r->arena, institution, &list, e)) {
		return false;
	}
	struct staff_row *rows = arena_new(&r->arena, struct staff_row, list.n + 1);
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the list");
	}
	for (size_t i = 0; i < list.n; i++) {
		const struct account_line *l = &list.items[i];
		rows[i] = (struct staff_row){.name = l->name,
		                             .email = l->email,
		                             .is_disabled = l->is_disabled,
		                             .is_self = l->account == r->viewer->account,
		                             .id = id_str(r, l->account)};
		for (size_t k = 0; k < l->role_n; k++) {
			rows[i].is_official = rows[i].is_official || l->roles[k].kind == ROLE_OFFICIAL;
			rows[i].is_administrator = rows[i].is_administrator || l->roles[k].kind == ROLE_ADMINISTRATOR;
			rows[i].is_author = rows[i].is_author || l->roles[k].kind == ROLE_AUTHOR;
			rows[i].is_head = rows[i].is_head || l->roles[k].kind == ROLE_HEAD;
			rows[i].is_supervisor = rows[i].is_supervisor || l->roles[k].kind == ROLE_SUPERVISOR;
			rows[i].is_engineer = rows[i].is_engineer || l->roles[k].kind == ROLE_TRAFFIC_ENGINEER;
		}
	}
	v->rows = rows;
	v->row_n = list.n;
	fill_others(r, v, institution);
	struct html_out o;
	r->status = v->error_n > 0 ? 422 : 200;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("People and roles"),
	                          .current = NAV_ACCOUNT,
	                          .is_desk = true,
	                          .has_errors = v->error_n > 0,
	                          .back_href = STR(PATH_ACCOUNT)});
	staff_page(&o, v);
	page_end(r, &o);
	return true;
}

bool staff_get(struct req *r, struct err *e)
{
	int64_t institution = 0;
	struct staff_view v;
	if (!find_institution(r, req_query(r, "institution"), &institution, e)) {
		return false;
	}
	begin_staff(r, &v, institution);
	v.is_done = str_is(req_query(r, "done"), "1");
	return show_staff(r, &v, institution, e);
}

static bool set_role(struct req *r, int64_t account, enum role_kind kind, int64_t institution, bool is_granted,
                     struct err *e)
{
	http_place_release(r);
	bool ok = people_still_allowed(r->app->store, r->viewer, e) &&
	          people_set_role(r->app->store, account, kind, institution, is_granted, r->viewer->account, e);
	http_place_take(r);
	if (!ok) {
		return false;
	}
	if (r->app->relay != NULL) {
		relay_nudge(r->app->relay);
	}
	return req_redirect(r, arena_printf(&r->arena, "/staff?institution=%.*s&done=1", STR_ARG(id_str(r, institution))));
}

bool staff_post(struct req *r, struct err *e)
{
	int64_t institution = 0;
	int64_t account = 0;
	struct staff_view v;
	struct str email;
	struct err why = {0};
	if (!find_institution(r, req_form(r, "institution"), &institution, e)) {
		return false;
	}
	enum role_kind kind = role_of(req_form(r, "role"));
	if (kind == 0) {
		return err_set(e, ERR_BAD_INPUT, "no such role");
	}
	if (str_is(req_form(r, "action"), "revoke")) {
		if (!id_parse(req_form(r, "account"), &account)) {
			return err_set(e, ERR_BAD_INPUT, "no account");
		}
		if (kind == ROLE_ADMINISTRATOR && account == r->viewer->account) {
			return err_tell(e, ERR_FORBIDDEN, N_("Another administrator has to take this role from you."),
			                "own role of administrator");
		}
		return set_role(r, account, kind, institution, false, e);
	}
	begin_staff(r, &v, institution);
	v.email.value = req_form(r, "email");
	for (size_t i = 0; i < sizeof(v.roles) / sizeof(v.roles[0]); i++) {
		v.roles[i].is_chosen = role_of(v.roles[i].value) == kind;
	}
	if (!email_read(&r->arena, v.email.value, &email)) {
		note_error(r, v.errors, &v.error_n, &v.email,
		           N_("Write the e-mail address of the person's account, such as name@example.org."));
		return show_staff(r, &v, institution, e);
	}
	if (people_find(r->app->store, r->app->column_keys, email, &account, &why)) {
		return set_role(r, account, kind, institution, true, e);
	}
	if (why.code != ERR_NOT_FOUND) {
		*e = why;
		return false;
	}
	note_error(r, v.errors, &v.error_n, &v.email,
	           N_("No account has this address. The person makes one first, under \"Sign in\"."));
	return show_staff(r, &v, institution, e);
}
