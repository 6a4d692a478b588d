/* My account: who I am here, for whom I act, where I am signed in, my password. */
#include "app/app.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/admission.h"
#include "app/people/pages.h"
#include "app/people/people.html.h"
#include "app/people/people.sql.h"
#include "base/fault.h"
#include "html/translate.h"
#include "http/server.h"
#include "http/throttle.h"

static const struct throttle_rule changes = {"password-change", 10, US_PER_MIN};

enum { SESSIONS_SHOWN = 100 };

struct sessions_job {
	struct req *r;
	struct str token;
	struct session_view *items;
	size_t n;
	int64_t now_us;
};

static bool job_sessions(struct tx *tx, void *ctx, struct err *e)
{
	struct sessions_job *j = ctx;
	struct session_list_rows rows;
	struct session_list_out row;
	j->n = 0;
	if (!session_list_open(tx, &(struct session_list_in){.account = tx_route(tx)}, &rows, e)) {
		return false;
	}
	while (session_list_next(&rows, &row) && j->n < SESSIONS_SHOWN) {
		if (j->now_us - row.made_at > SESSION_MAX_US || j->now_us - row.seen_at > people_idle_us(j->r->app)) {
			continue;
		}
		struct local_time at = page_local_time(j->r, row.seen_at);
		j->items[j->n++] = (struct session_view){
			.device = row.device, .day = at.day, .second = at.second, .is_this = str_eq(row.token, j->token)};
	}
	return session_list_close(&rows, e);
}

static size_t fill_parties(struct req *r, struct summary_row *rows)
{
	const struct viewer *v = r->viewer;
	size_t n = 0;
	for (size_t i = 1; i < v->party_n; i++) {
		if (v->parties[i].is_joined) {
			continue;
		}
		rows[n++] = (struct summary_row){.term = v->parties[i].name,
		                                 .is_name = true,
		                                 .value = v->parties[i].identifier.n > 0 ? v->parties[i].identifier
		                                                                         : tr(r->lang, N_("organisation"))};
	}
	return n;
}

static size_t fill_roles(struct req *r, struct summary_row *rows)
{
	static const char *const names[] = {
		[ROLE_OFFICIAL] = N_("Official"),     [ROLE_ADMINISTRATOR] = N_("Administrator"),
		[ROLE_AUTHOR] = N_("Author"),         [ROLE_HEAD] = N_("Head"),
		[ROLE_SUPERVISOR] = N_("Supervisor"), [ROLE_TRAFFIC_ENGINEER] = N_("Traffic engineer")};
	const struct viewer *v = r->viewer;
	size_t n = 0;
	for (size_t i = 0; i < v->role_n; i++) {
		rows[n++] = (struct summary_row){.term = page_institution(r, v->roles[i].institution),
		                                 .value = tr(r->lang, names[v->roles[i].kind])};
	}
	return n;
}

bool account_get_page(struct req *r, struct err *e)
{
	const struct viewer *v = r->viewer;
	struct summary_row *rows = arena_new(&r->arena, struct summary_row, 3 + v->party_n + v->role_n);
	struct sessions_job j = {.r = r,
	                         .token = people_token(r, req_sid(r)),
	                         .items = arena_new(&r->arena, struct session_view, SESSIONS_SHOWN),
	                         .now_us = people_now_us(r->app)};
	if (rows == NULL || j.items == NULL) {
		return err_set(e, ERR_MEMORY, "no room for the account page");
	}
	if (!store_read(r->app->store, v->account, &r->arena, job_sessions, &j, e)) {
		return false;
	}
	rows[0] = (struct summary_row){.term = tr(r->lang, N_("Full name")), .value = v->name};
	rows[1] = (struct summary_row){.term = tr(r->lang, N_("E-mail address")), .value = v->email};
	rows[2] = (struct summary_row){.term = tr(r->lang, N_("Password")),
	                               .value = tr(r->lang, N_("Kept where nobody can read it")),
	                               .change_href = STR(PATH_ACCOUNT "/password")};
	struct account_view view = {.csrf = r->csrf,
	                            .rows = rows,
	                            .row_n = 3,
	                            .parties = rows + 3,
	                            .party_n = fill_parties(r, rows + 3),
	                            .roles = rows + 3 + v->party_n,
	                            .role_n = fill_roles(r, rows + 3 + v->party_n),
	                            .is_administrator = viewer_has_role(v, ROLE_ADMINISTRATOR, 0),
	                            .sessions = j.items,
	                            .session_n = j.n,
	                            .is_password_changed = str_is(req_query(r, "done"), "password"),
	                            .is_signed_out_elsewhere = str_is(req_query(r, "done"), "sessions")};
	struct joined_view *joined = arena_new(&r->arena, struct joined_view, v->party_n);
	for (size_t i = 1; joined != NULL && i < v->party_n; i++) {
		if (v->parties[i].is_joined) {
			joined[view.joined_n++] = (struct joined_view){
				.id = arena_copy(&r->arena, str_of(id_text(v->parties[i].party).c)), .name = v->parties[i].name};
		}
	}
	view.joined = joined;
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("My account"), .current = NAV_ACCOUNT, .width = PAGE_NOTE});
	account_page(&o, &view);
	page_end(r, &o);
	return true;
}

bool account_sessions_post(struct req *r, struct err *e)
{
	struct str token = people_token(r, req_sid(r));
	http_place_release(r);
	bool ok = people_end_sessions(r->app->store, r->viewer->account, token, e);
	http_place_take(r);
	return ok && req_redirect(r, STR(PATH_ACCOUNT "?done=sessions"));
}

/* --- Password ---------------------------------------------------------------------------------------------------- */

static void begin_password(struct req *r, struct password_view *v)
{
	*v = (struct password_view){
		.csrf = r->csrf,
		.email = r->viewer->email,
		.old = {.name = STR("old"),
	            .label = tr(r->lang, N_("Your password until now")),
	            .type = "password",
	            .autocomplete = "current-password"},
		.fresh = {.name = STR("new"),
	              .label = tr(r->lang, N_("New password")),
	              .hint = tr(r->lang,
	                         N_("12 characters or longer. Three or four words that do not belong together are easy "
	                            "to remember.")),
	              .type = "password",
	              .autocomplete = "new-password"},
	};
}

static bool show_password(struct req *r, const struct password_view *v)
{
	struct html_out o;
	r->status = v->error_n > 0 ? 422 : 200;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Change the password"),
	                          .current = NAV_ACCOUNT,
	                          .width = PAGE_FORM,
	                          .has_errors = v->error_n > 0,
	                          .back_href = STR(PATH_ACCOUNT)});
	password_page(&o, v);
	page_end(r, &o);
	return true;
}

bool account_password_get(struct req *r, struct err *e)
{
	(void)e;
	struct password_view v;
	begin_password(r, &v);
	return show_password(r, &v);
}

static bool change_password(struct req *r, struct str fresh, int64_t old_us, struct err *e)
{
	char hash[PASSWORD_HASH_MAX] = "";
	int64_t account = r->viewer->account;
	struct str token = people_token(r, req_sid(r));
	http_place_release(r);
	bool ok = password_hash(r->app->passwords, fresh, hash, e) &&
	          people_set_password(r->app->store, account, hash, old_us, token, account, e);
	http_place_take(r);
	mem_wipe(hash, sizeof(hash));
	return ok && req_redirect(r, STR(PATH_ACCOUNT "?done=password"));
}

bool account_password_post(struct req *r, struct err *e)
{
	struct password_view v;
	struct str old = req_form(r, "old");
	struct str fresh = req_form(r, "new");
	struct password_verdict verdict = {0};
	bool ok = true;
	char id[ID_CHARS + 1];
	begin_password(r, &v);
	const char *weakness = password_weakness(fresh, r->viewer->name, r->viewer->email);
	if (old.n == 0) {
		note_error(r, v.errors, &v.error_n, &v.old, N_("Write the password that you use now."));
	}
	if (weakness != NULL) {
		note_error(r, v.errors, &v.error_n, &v.fresh, weakness);
	}
	if (v.error_n == 0) {
		id_format(r->viewer->account, id);
		ok = throttle_take(r->app->throttle, &changes, str_of(id), e) &&
		     people_check_password(r, r->viewer->account, old, true, &verdict, e);
		if (ok && !verdict.is_right) {
			note_error(r, v.errors, &v.error_n, &v.old,
			           N_("This is not the password of this account. Write it again."));
		}
	}
	if (ok) {
		ok = v.error_n > 0 ? show_password(r, &v) : change_password(r, fresh, verdict.password_us, e);
	}
	password_wipe(old);
	password_wipe(fresh);
	return ok;
}
