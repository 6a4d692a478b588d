#include "app/people/admission.h"

#include "app/page.h"
#include "app/people/kept_form.h"
#include "app/people/password.h"
#include "app/people/people.sql.h"
#include "app/people/records.h"
#include "base/log.h"
#include "base/rand.h"
#include "html/translate.h"
#include "http/server.h"

enum { PARTIES_MOST = 101, ROLES_MOST = 100, NONCE_BYTES = 16, MAC_BYTES = 16 };
#define DEVICE_AGE_S (180 * 86400)

int64_t people_now_us(const struct app *app)
{
	return time_legal_us(&app->time) - atomic_load(&app->time.offset_us);
}

int64_t people_idle_us(const struct app *app)
{
	return app->session_idle_us > 0 ? app->session_idle_us : SESSION_IDLE_US;
}

struct str people_token(struct req *r, struct str sid)
{
	uint8_t digest[SHA256_BYTES];
	if (sid.n == 0) {
		return STR_EMPTY;
	}
	sha256_of(sid, digest);
	return arena_copy(&r->arena, str_from(digest, sizeof(digest)));
}

/* --- The viewer -------------------------------------------------------------------------------------------------- */

struct viewer_job {
	int64_t account;
	struct str token;
	int64_t now_us, idle_us;
	struct viewer *viewer;
	bool is_stale; /* last-seen wants to be written */
};

static bool add_mandates(struct tx *tx, struct viewer *v, struct err *e)
{
	struct mandate_list_rows rows;
	struct mandate_list_out row;
	if (!mandate_list_open(tx, &(struct mandate_list_in){.account = v->account}, &rows, e)) {
		return false;
	}
	while (mandate_list_next(&rows, &row) && v->party_n < PARTIES_MOST) {
		v->parties[v->party_n++] = (struct viewer_party){.party = row.party,
		                                                 .name = row.name,
		                                                 .is_organisation = true,
		                                                 .identifier = row.has_identifier ? row.identifier : STR_EMPTY};
	}
	return mandate_list_close(&rows, e);
}

/* Other records of the same person. */
static bool add_joined(struct tx *tx, struct viewer *v, struct err *e)
{
	struct joined *list = NULL;
	size_t n = 0;
	if (!people_joined(tx, v->account, &list, &n, e)) {
		return false;
	}
	for (size_t i = 0; i < n && v->party_n < PARTIES_MOST; i++) {
		v->parties[v->party_n++] = (struct viewer_party){
			.party = list[i].other, .name = list[i].name, .is_joined = true, .identifier = STR_EMPTY};
	}
	return true;
}

static bool add_roles(struct tx *tx, struct viewer *v, struct err *e)
{
	struct role_list_rows rows;
	struct role_list_out row;
	v->roles = arena_new(tx_arena(tx), struct viewer_role, ROLES_MOST);
	if (v->roles == NULL) {
		return err_set(e, ERR_MEMORY, "no room for roles");
	}
	if (!role_list_open(tx, &(struct role_list_in){.account = v->account}, &rows, e)) {
		return false;
	}
	while (role_list_next(&rows, &row) && v->role_n < ROLES_MOST) {
		v->roles[v->role_n++] = (struct viewer_role){(enum role_kind)row.kind, row.institution};
	}
	return role_list_close(&rows, e);
}

/* Leaves the viewer a nobody when the account is not there, or disabled. */
static bool read_account(struct tx *tx, int64_t id, struct viewer *v, struct err *e)
{
	struct account_viewer_out account;
	if (!account_viewer(tx, &(struct account_viewer_in){.account = id}, &account, e)) {
		return false;
	}
	if (!account.found || account.is_disabled) {
		return true;
	}
	v->parties = arena_new(tx_arena(tx), struct viewer_party, account.has_mandates ? PARTIES_MOST : 1);
	if (v->parties == NULL) {
		return err_set(e, ERR_MEMORY, "no room for parties");
	}
	v->account = account.account;
	v->name = account.name;
	v->email = account.email;
	v->epoch = account.epoch;
	v->lang = account.lang;
	v->is_program = account.kind == PARTY_PROGRAM;
	v->parties[v->party_n++] =
		(struct viewer_party){.party = account.account, .name = account.name, .identifier = STR_EMPTY};
	return (!account.has_mandates || (add_mandates(tx, v, e) && add_joined(tx, v, e))) &&
	       (!account.has_roles || add_roles(tx, v, e));
}

/* Leaves the viewer a nobody when the session is not there, ran out, or its account is disabled. */
static bool job_read_viewer(struct tx *tx, void *ctx, struct err *e)
{
	struct viewer_job *j = ctx;
	struct viewer *v = j->viewer;
	struct session_get_out session;
	*v = (struct viewer){.name = STR_EMPTY, .email = STR_EMPTY, .lang = STR_EMPTY};
	j->is_stale = false;
	if (!session_get(tx, &(struct session_get_in){.account = j->account, .token = j->token}, &session, e)) {
		return false;
	}
	/* A clock that was set back makes a session younger than it is; by more than a few minutes it ends. */
	if (!session.found) {
		return true;
	}
	if (j->now_us - session.made_at > SESSION_MAX_US || j->now_us - session.seen_at > j->idle_us ||
	    session.made_at - j->now_us > SESSION_SEEN_US) {
		v->ended_account = j->account;
		return true;
	}
	if (!read_account(tx, j->account, v, e)) {
		return false;
	}
	j->is_stale = v->account != 0 && j->now_us - session.seen_at > SESSION_SEEN_US;
	return true;
}

static bool job_touch(struct tx *tx, void *ctx, struct err *e)
{
	const struct viewer_job *j = ctx;
	return session_touch(
		tx,
		&(struct session_touch_in){
			.account = j->account, .token = j->token, .seen_at = j->now_us, .stale_at = j->now_us - SESSION_SEEN_US},
		e);
}

/* Losing this race, or not being able to write, is no reason to refuse the page. */
static void touch_session(struct req *r, struct viewer_job *j)
{
	struct err e = {0};
	struct store_op op = {.route = j->account, .is_background = true};
	if (!app_write(r, &op, job_touch, j, &e) && e.code != ERR_CONFLICT && e.code != ERR_CLOSED) {
		log_err(LOG_WARN, "session-touch", &e);
	}
}

/* What was chosen on this browser, what the account prefers, what the browser asks for. */
static void decide_language(struct req *r, struct str chosen)
{
	const struct language *l = language_find(chosen);
	if (!language_may_be_chosen(l, r->app->is_demo)) {
		l = r->viewer->lang.n > 0 ? language_find(r->viewer->lang) : NULL;
	}
	if (!language_may_be_chosen(l, r->app->is_demo)) {
		l = language_negotiate(req_header(r, "accept-language"));
	}
	r->lang = str_of(l->tag);
}

bool people_admit(struct req *r, struct err *e)
{
	/* A connection's thread does nothing else. */
	store_thread_answers();
	struct viewer *v = arena_new(&r->arena, struct viewer, 1);
	if (v == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a viewer");
	}
	*v = (struct viewer){.name = STR_EMPTY, .email = STR_EMPTY, .lang = STR_EMPTY};
	r->viewer = v;
	struct viewer_job j = {.token = people_token(r, req_sid(r)),
	                       .now_us = people_now_us(r->app),
	                       .idle_us = people_idle_us(r->app),
	                       .viewer = v};
	if (j.token.n > 0 && id_parse(req_cookie(r, COOKIE_WHO), &j.account)) {
		if (!store_read(r->app->store, j.account, &r->arena, job_read_viewer, &j, e)) {
			return false;
		}
		if (j.is_stale) {
			touch_session(r, &j);
		}
	}
	decide_language(r, req_cookie(r, COOKIE_LANGUAGE));
	return true;
}

static bool job_read_account(struct tx *tx, void *ctx, struct err *e)
{
	struct viewer_job *j = ctx;
	*j->viewer = (struct viewer){.name = STR_EMPTY, .email = STR_EMPTY, .lang = STR_EMPTY};
	return read_account(tx, j->account, j->viewer, e);
}

bool people_read_viewer(struct store *s, struct arena *a, int64_t account, struct viewer *out, struct err *e)
{
	struct viewer_job j = {.account = account, .viewer = out};
	return store_read(s, account, a, job_read_account, &j, e);
}

bool people_admit_account(struct req *r, int64_t account, struct err *e)
{
	store_thread_answers();
	struct viewer_job j = {.account = account, .viewer = arena_new(&r->arena, struct viewer, 1)};
	if (j.viewer == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a viewer");
	}
	*j.viewer = (struct viewer){.name = STR_EMPTY, .email = STR_EMPTY, .lang = STR_EMPTY};
	r->viewer = j.viewer;
	if (account != 0 && !store_read(r->app->store, account, &r->arena, job_read_account, &j, e)) {
		return false;
	}
	/* A program says in each request what it wants to read. */
	decide_language(r, req_header(r, "accept-language").n > 0
	                       ? str_of(language_negotiate(req_header(r, "accept-language"))->tag)
	                       : STR_EMPTY);
	return true;
}

static struct str escaped(struct req *r, struct str s)
{
	struct buf b;
	buf_init(&b, 8192);
	struct html_out o = {.to = &b, .lang = r->lang};
	html_put_url_part(&o, s);
	struct str out = b.failed ? STR_EMPTY : arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

bool people_allow(struct req *r, struct err *e)
{
	const struct viewer *v = r->viewer;
	int who = r->route->who;
	if (who == MAY_ANYONE) {
		return true;
	}
	if (!viewer_is_signed_in(v)) {
		if (r->method == METHOD_POST && r->route->keeps_form && v->ended_account != 0) {
			return true; /* its handler keeps what is posted and sends the person to sign in */
		}
		if (r->method != METHOD_POST) {
			struct str back = escaped(r, r->target.n <= 1000 ? r->target : r->path);
			return req_redirect(r, arena_printf(&r->arena, "%s?back=%.*s", PATH_SIGN_IN, STR_ARG(back)));
		}
		return err_set(e, ERR_NOT_SIGNED_IN, "route asks for an account");
	}
	switch (who) {
	case MAY_SIGNED_IN:
		return true;
	case MAY_OFFICIAL:
		return viewer_has_role(v, ROLE_OFFICIAL, 0) || err_set(e, ERR_FORBIDDEN, "route asks for an official");
	case MAY_ADMINISTRATOR:
		return viewer_has_role(v, ROLE_ADMINISTRATOR, 0) ||
		       err_set(e, ERR_FORBIDDEN, "route asks for an administrator");
	case MAY_AUTHOR:
		return viewer_has_role(v, ROLE_AUTHOR, 0) || err_set(e, ERR_FORBIDDEN, "route asks for an author");
	case MAY_SUPERVISOR:
		return viewer_has_role(v, ROLE_SUPERVISOR, 0) || err_set(e, ERR_FORBIDDEN, "route asks for a supervisor");
	case MAY_TRAFFIC:
		return viewer_has_role(v, ROLE_TRAFFIC_ENGINEER, 0) || viewer_has_role(v, ROLE_OFFICIAL, 0) ||
		       viewer_has_role(v, ROLE_HEAD, 0) ||
		       err_set(e, ERR_FORBIDDEN, "route asks for somebody of the traffic office");
	default:
		return err_set(e, ERR_FORBIDDEN, "route with an unknown permission");
	}
}

struct str people_back(struct req *r, struct str asked, const char *otherwise)
{
	bool is_ours = asked.n > 0 && asked.n <= 1000 && asked.p[0] == '/' &&
	               (asked.n == 1 || (asked.p[1] != '/' && asked.p[1] != '\\')) && !str_has_control(asked, "");
	/* Signing in does not lead back to signing in, nor out again. */
	is_ours = is_ours && !str_starts(asked, STR(PATH_SIGN_IN)) && !str_starts(asked, STR(PATH_SIGN_UP)) &&
	          !str_starts(asked, STR(PATH_SIGN_OUT));
	(void)r;
	return is_ours ? asked : str_of(otherwise);
}

/* --- Devices ----------------------------------------------------------------------------------------------------- */

static void device_mac(const struct app *app, struct str account_and_nonce, uint8_t out[SHA256_BYTES])
{
	struct buf b;
	buf_init(&b, 256);
	buf_put(&b, STR("device\n"));
	buf_put(&b, account_and_nonce);
	hmac_sha256(str_from(app->code_key, sizeof(app->code_key)), buf_str(&b), out);
	buf_release(&b);
}

/* account (13), nonce (32 hexadecimal digits), mac (32) */
bool people_is_known_device(struct req *r, int64_t account, struct str *device)
{
	struct str cookie = req_cookie(r, COOKIE_DEVICE);
	uint8_t mac[SHA256_BYTES];
	uint8_t sent[MAC_BYTES];
	int64_t owner = 0;
	*device = STR_EMPTY;
	if (cookie.n != ID_CHARS + 2 * (NONCE_BYTES + MAC_BYTES) || !id_parse(str_sub(cookie, 0, ID_CHARS), &owner) ||
	    owner != account ||
	    !str_to_bytes(str_sub(cookie, ID_CHARS + 2 * NONCE_BYTES, 2 * MAC_BYTES), sent, MAC_BYTES)) {
		return false;
	}
	struct str what = str_sub(cookie, 0, ID_CHARS + 2 * NONCE_BYTES);
	device_mac(r->app, what, mac);
	if (!str_eq_secret(str_from(mac, MAC_BYTES), str_from(sent, MAC_BYTES))) {
		return false;
	}
	*device = what;
	return true;
}

static void remember_device(struct req *r, int64_t account)
{
	struct str known;
	if (people_is_known_device(r, account, &known)) {
		return;
	}
	struct buf b;
	uint8_t nonce[NONCE_BYTES];
	uint8_t mac[SHA256_BYTES];
	buf_init(&b, 256);
	rand_bytes(nonce, sizeof(nonce));
	buf_put_id(&b, account);
	buf_put_hex(&b, nonce, sizeof(nonce));
	device_mac(r->app, buf_str(&b), mac);
	buf_put_hex(&b, mac, MAC_BYTES);
	req_set_cookie(r, COOKIE_DEVICE, arena_copy(&r->arena, buf_str(&b)), DEVICE_AGE_S);
	buf_release(&b);
}

/* "Firefox, Windows": enough for its owner to recognise it; nothing that tells two of a kind apart. */
static struct str device_name(struct req *r)
{
	static const char *const browsers[][2] = {
		{"Edg/", "Edge"},        {"OPR/", "Opera"},     {"MicroMessenger", "WeChat"},
		{"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}};
	static const char *const systems[][2] = {{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"},
	                                         {"iPad", "iPad"},       {"Mac OS", "Mac"},      {"Linux", "Linux"}};
	struct str agent = req_header(r, "user-agent");
	const char *browser = "";
	const char *system = "";
	for (size_t i = sizeof(browsers) / sizeof(browsers[0]); i-- > 0;) {
		browser = str_find(agent, str_of(browsers[i][0])) != SIZE_MAX ? browsers[i][1] : browser;
	}
	for (size_t i = sizeof(systems) / sizeof(systems[0]); i-- > 0;) {
		system = str_find(agent, str_of(systems[i][0])) != SIZE_MAX ? systems[i][1] : system;
	}
	return arena_printf(&r->arena, "%s%s%s", browser, *browser && *system ? ", " : "", system);
}

/* --- Passwords --------------------------------------------------------------------------------------------------- */

static bool job_read_hash(struct tx *tx, void *ctx, struct err *e)
{
	return password_get(tx, &(struct password_get_in){.account = tx_route(tx)}, ctx, e);
}

bool people_check_password(struct req *r, int64_t account, struct str password, bool is_known_device,
                           struct password_verdict *out, struct err *e)
{
	struct password_get_out row = {0};
	*out = (struct password_verdict){0};
	/* An account that is not there is looked up as well. */
	if (!store_read(r->app->store, account != 0 ? account : 1, &r->arena, job_read_hash, &row, e)) {
		return false;
	}
	const char *stored = row.found && row.hash.n > 0 ? arena_cstr(&r->arena, row.hash) : NULL;
	http_place_release(r);
	bool ok = password_check(r->app->passwords, password, stored, is_known_device, &out->is_right, e);
	http_place_take(r);
	out->password_us = row.changed_at;
	password_wipe(row.hash);
	return ok;
}

/* --- Sessions ---------------------------------------------------------------------------------------------------- */

struct session_job {
	int64_t account, now_us, idle_us;
	struct str token, old_token;
	struct str device;
	int64_t password_us;
};

/* To the session that follows on the same browser. The account stays: a row is sealed under its whole key. */
static bool move_kept_form(struct tx *tx, const struct session_job *j, struct err *e)
{
	struct kept_form_get_out row;
	int64_t gone = 0;
	if (j->old_token.n == 0) {
		return true;
	}
	if (!kept_form_get(tx, &(struct kept_form_get_in){.account = j->account, .token = j->old_token}, &row, e)) {
		return false;
	}
	return !row.found ||
	       (kept_form_insert(tx,
	                         &(struct kept_form_insert_in){.account = j->account,
	                                                       .token = j->token,
	                                                       .path = row.path,
	                                                       .form = row.form,
	                                                       .kept_at = row.kept_at},
	                         e) &&
	        kept_form_delete(tx, &(struct kept_form_delete_in){.account = j->account, .token = j->old_token}, &gone,
	                         e));
}

static bool job_open(struct tx *tx, void *ctx, struct err *e)
{
	const struct session_job *j = ctx;
	int64_t swept = 0;
	struct password_get_out now;
	if (!account_touch(tx, &(struct account_touch_in){.account = j->account}, e) ||
	    !password_get(tx, &(struct password_get_in){.account = j->account}, &now, e)) {
		return false;
	}
	if (!now.found || now.changed_at != j->password_us) {
		return err_set(e, ERR_CONFLICT, "the password was changed while it was checked");
	}
	return session_sweep(tx,
	                     &(struct session_sweep_in){.account = j->account,
	                                                .made_before = j->now_us - SESSION_MAX_US,
	                                                .seen_before = j->now_us - j->idle_us},
	                     &swept, e) &&
	       kept_form_sweep(tx,
	                       &(struct kept_form_sweep_in){.account = j->account, .kept_before = j->now_us - KEPT_FORM_US},
	                       &swept, e) &&
	       move_kept_form(tx, j, e) &&
	       session_insert(tx,
	                      &(struct session_insert_in){.account = j->account,
	                                                  .token = j->token,
	                                                  .made_at = j->now_us,
	                                                  .seen_at = j->now_us,
	                                                  .device = j->device},
	                      e);
}

bool people_open_session(struct req *r, int64_t account, int64_t password_us, struct err *e)
{
	struct session_job j = {.account = account,
	                        .now_us = people_now_us(r->app),
	                        .idle_us = people_idle_us(r->app),
	                        .old_token = people_token(r, req_sid(r)), /* before it is made anew */
	                        .token = people_token(r, req_new_sid(r)),
	                        .device = device_name(r),
	                        .password_us = password_us};
	struct store_op op = {.route = account};
	if (j.token.n == 0 || !app_write(r, &op, job_open, &j, e)) {
		return j.token.n > 0 ? false : err_set(e, ERR_MEMORY, "no room for a session");
	}
	char id[ID_CHARS + 1];
	id_format(account, id);
	req_set_cookie(r, COOKIE_WHO, arena_copy(&r->arena, str_of(id)), -1);
	remember_device(r, account);
	return true;
}

static bool job_close(struct tx *tx, void *ctx, struct err *e)
{
	const struct session_job *j = ctx;
	int64_t gone = 0;
	return session_end(tx, &(struct session_end_in){.account = j->account, .token = j->token}, e) &&
	       kept_form_delete(tx, &(struct kept_form_delete_in){.account = j->account, .token = j->token}, &gone, e);
}

bool people_close_session(struct req *r, struct err *e)
{
	struct session_job j = {.account = r->viewer->account, .token = people_token(r, req_sid(r))};
	struct err why = {0};
	if (j.account != 0 && j.token.n > 0) {
		struct store_op op = {.route = j.account};
		if (!app_write(r, &op, job_close, &j, &why) && why.code != ERR_CONFLICT) { /* conflict: it was gone */
			*e = why;
			return false;
		}
	}
	req_new_sid(r);
	req_set_cookie(r, COOKIE_WHO, STR_EMPTY, 0);
	return true;
}
