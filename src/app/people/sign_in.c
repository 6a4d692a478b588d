/* Signing in, up and out. */
#include "app/app.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/admission.h"
#include "app/people/email.h"
#include "app/people/pages.h"
#include "app/people/people.html.h"
#include "base/fault.h"
#include "html/translate.h"
#include "http/server.h"
#include "http/throttle.h"

/* Tries with passwords. Strangers are counted by their network, then by account and network together, so that nobody
 * can use up the owner's tries from elsewhere; a device that signed in before has tries of its own, so not from the
 * same network either. A right password gives its tries back. */
static const struct throttle_rule by_network = {"sign-in-network", 100, 3 * US_PER_S};
static const struct throttle_rule by_account_and_network = {"sign-in-account", 10, US_PER_MIN};
static const struct throttle_rule by_device = {"sign-in-device", 20, 30 * US_PER_S};
static const struct throttle_rule sign_ups = {"sign-up-network", 30, 30 * US_PER_S};

void note_error(struct req *r, struct form_error *list, size_t *n, struct form_field *field, const char *say)
{
	struct str text = tr(r->lang, say);
	field->error = text;
	if (*n < VIEW_ERRORS_MAX) {
		list[(*n)++] = (struct form_error){.id = field->name, .text = text};
	}
}

static struct str with_back(struct req *r, const char *path, struct str back)
{
	if (back.n == 0) {
		return str_of(path);
	}
	struct buf b;
	buf_init(&b, 8192);
	struct html_out o = {.to = &b, .lang = r->lang};
	buf_put_c(&b, path);
	buf_put_c(&b, "?back=");
	html_put_url_part(&o, back);
	struct str out = b.failed ? str_of(path) : arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

/* --- Sign in ----------------------------------------------------------------------------------------------------- */

static void begin_sign_in(struct req *r, struct sign_in_view *v, struct str back)
{
	*v = (struct sign_in_view){
		.csrf = r->csrf,
		.back = people_back(r, back, ""),
		.email = {.name = STR("email"),
	              .label = tr(r->lang, N_("E-mail address")),
	              .type = "email",
	              .autocomplete = "username",
	              .chars_max = EMAIL_BYTES_MAX},
		.password = {.name = STR("password"),
	                 .label = tr(r->lang, N_("Password")),
	                 .type = "password",
	                 .autocomplete = "current-password"},
	};
	v->sign_up_href = with_back(r, PATH_SIGN_UP, v->back);
}

static bool show_sign_in(struct req *r, const struct sign_in_view *v)
{
	struct html_out o;
	r->status = v->error_n > 0 ? 422 : 200;
	page_begin(
		r, &o,
		&(struct page){
			.title_msgid = N_("Sign in"), .current = NAV_SIGN_IN, .width = PAGE_FORM, .has_errors = v->error_n > 0});
	sign_in_page(&o, v);
	page_end(r, &o);
	return true;
}

bool sign_in_get(struct req *r, struct err *e)
{
	(void)e;
	struct sign_in_view v;
	if (viewer_is_signed_in(r->viewer)) {
		return req_redirect(r, people_back(r, req_query(r, "back"), PATH_HOME));
	}
	begin_sign_in(r, &v, req_query(r, "back"));
	v.is_new = str_is(req_query(r, "new"), "1");
	return show_sign_in(r, &v);
}

struct attempt {
	int64_t account; /* 0: no such account */
	bool is_known_device;
	struct str device, network, account_and_network;
};

/* ERR_TOO_MANY when no try is left. */
static bool take_try(struct req *r, struct attempt *t, struct err *e)
{
	struct throttle *th = r->app->throttle;
	if (t->is_known_device && throttle_take(th, &by_device, t->device, NULL)) {
		return true;
	}
	t->is_known_device = false;
	return throttle_take(th, &by_network, t->network, e) &&
	       throttle_take(th, &by_account_and_network, t->account_and_network, e);
}

static void give_try_back(struct req *r, const struct attempt *t)
{
	struct throttle *th = r->app->throttle;
	if (t->is_known_device) {
		throttle_give_back(th, &by_device, t->device);
		return;
	}
	throttle_give_back(th, &by_network, t->network);
	throttle_give_back(th, &by_account_and_network, t->account_and_network);
}

static bool find_account(struct req *r, struct str email, struct attempt *t, struct err *e)
{
	struct err why = {0};
	if (!people_find(r->app->store, r->app->column_keys, email, &t->account, &why)) {
		t->account = 0;
		if (why.code != ERR_NOT_FOUND) {
			*e = why;
			return false;
		}
	}
	t->is_known_device = t->account != 0 && people_is_known_device(r, t->account, &t->device);
	t->network = throttle_network(&r->arena, r->client);
	t->account_and_network =
		arena_printf(&r->arena, "%.*s %.*s", STR_ARG(email_key(&r->arena, email)), STR_ARG(t->network));
	return true;
}

bool sign_in_post(struct req *r, struct err *e)
{
	struct sign_in_view v;
	struct attempt t = {.device = STR_EMPTY};
	struct str password = req_form(r, "password");
	struct str email;
	begin_sign_in(r, &v, req_form(r, "back"));
	v.email.value = req_form(r, "email");
	if (!email_read(&r->arena, v.email.value, &email)) {
		note_error(r, v.errors, &v.error_n, &v.email,
		           N_("Write the e-mail address of your account, such as name@example.org."));
	}
	if (password.n == 0) {
		note_error(r, v.errors, &v.error_n, &v.password, N_("Write your password."));
	}
	if (v.error_n > 0) {
		password_wipe(password);
		return show_sign_in(r, &v);
	}
	struct password_verdict verdict = {0};
	bool ok = find_account(r, email, &t, e) && take_try(r, &t, e) &&
	          people_check_password(r, t.account, password, t.is_known_device, &verdict, e);
	password_wipe(password);
	if (!ok) {
		return false;
	}
	struct err why = {0};
	bool is_right = verdict.is_right;
	if (is_right && viewer_is_signed_in(r->viewer) && !people_close_session(r, e)) {
		return false; /* no session is left behind when somebody else signs in on the same browser */
	}
	if (is_right && !people_open_session(r, t.account, verdict.password_us, &why)) {
		if (why.code != ERR_CONFLICT) {
			*e = why;
			return false;
		}
		is_right = false; /* disabled, or changed meanwhile: nothing is said that a wrong password would not be told */
	}
	if (!is_right) {
		note_error(r, v.errors, &v.error_n, &v.email,
		           N_("This address and this password do not belong together. Check both."));
		return show_sign_in(r, &v);
	}
	give_try_back(r, &t);
	return req_redirect(r, people_back(r, v.back, PATH_HOME));
}

bool sign_out_post(struct req *r, struct err *e)
{
	return people_close_session(r, e) && req_redirect(r, STR(PATH_HOME));
}

/* --- Sign up ----------------------------------------------------------------------------------------------------- */

static void begin_sign_up(struct req *r, struct sign_up_view *v, struct str back)
{
	*v = (struct sign_up_view){
		.csrf = r->csrf,
		.back = people_back(r, back, ""),
		.name = {.name = STR("name"),
	             .label = tr(r->lang, N_("Full name")),
	             .hint = tr(r->lang, N_("As it stands on your passport or identity card")),
	             .autocomplete = "name",
	             .chars_max = NAME_CHARS_MAX},
		.email = {.name = STR("email"),
	              .label = tr(r->lang, N_("E-mail address")),
	              .hint = tr(r->lang, N_("You sign in with it")),
	              .type = "email",
	              .autocomplete = "username",
	              .chars_max = EMAIL_BYTES_MAX},
		.password = {.name = STR("password"),
	                 .label = tr(r->lang, N_("Password")),
	                 .hint =
	                     tr(r->lang, N_("12 characters or longer. Three or four words that do not belong together are "
	                                    "easy to remember.")),
	                 .type = "password",
	                 .autocomplete = "new-password"},
	};
	v->sign_in_href = with_back(r, PATH_SIGN_IN, v->back);
}

static bool show_sign_up(struct req *r, const struct sign_up_view *v)
{
	struct html_out o;
	r->status = v->error_n > 0 ? 422 : 200;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Make an account"),
	                          .current = NAV_SIGN_IN,
	                          .width = PAGE_FORM,
	                          .has_errors = v->error_n > 0});
	sign_up_page(&o, v);
	page_end(r, &o);
	return true;
}

bool sign_up_get(struct req *r, struct err *e)
{
	(void)e;
	struct sign_up_view v;
	if (viewer_is_signed_in(r->viewer)) {
		return req_redirect(r, people_back(r, req_query(r, "back"), PATH_HOME));
	}
	begin_sign_up(r, &v, req_query(r, "back"));
	return show_sign_up(r, &v);
}

/* Whether the address had an account already is not told: the page after it is the same, and the account that was there
 * stays as it was. A letter to the address will make this exact once there is mail. */
static bool make_account(struct req *r, const struct sign_up_view *v, struct str name, struct str email,
                         struct str password, struct err *e)
{
	char hash[PASSWORD_HASH_MAX] = "";
	int64_t party = 0;
	struct err why = {0};
	struct person_spec spec = {.name = name, .email = email, .password = STR_EMPTY, .lang = r->lang, .hash = hash};
	http_place_release(r);
	bool ok = password_hash(r->app->passwords, password, hash, &why) &&
	          people_add_person(r->app->store, r->app->column_keys, &spec, &party, &why);
	http_place_take(r);
	mem_wipe(hash, sizeof(hash));
	if (!ok && why.code != ERR_CONFLICT) {
		*e = why;
		return false;
	}
	struct str to = with_back(r, PATH_SIGN_IN, v->back);
	return req_redirect(r, arena_printf(&r->arena, "%.*s%snew=1", STR_ARG(to), v->back.n > 0 ? "&" : "?"));
}

bool sign_up_post(struct req *r, struct err *e)
{
	struct sign_up_view v;
	struct str name = STR_EMPTY;
	struct str email = STR_EMPTY;
	struct str password = req_form(r, "password");
	begin_sign_up(r, &v, req_form(r, "back"));
	v.name.value = req_form(r, "name");
	v.email.value = req_form(r, "email");
	if (!people_read_name(&r->arena, v.name.value, &name)) {
		note_error(r, v.errors, &v.error_n, &v.name, N_("Write your full name, in at most 200 characters."));
	}
	if (!email_read(&r->arena, v.email.value, &email)) {
		note_error(r, v.errors, &v.error_n, &v.email,
		           N_("Write an e-mail address with an @ and a full stop after it, such as name@example.org."));
	}
	const char *weakness = password_weakness(password, name, email);
	if (weakness != NULL) {
		note_error(r, v.errors, &v.error_n, &v.password, weakness);
	}
	bool ok;
	if (v.error_n > 0) {
		ok = show_sign_up(r, &v);
	} else {
		ok = throttle_take(r->app->throttle, &sign_ups, throttle_network(&r->arena, r->client), e) &&
		     make_account(r, &v, name, email, password, e);
	}
	password_wipe(password);
	return ok;
}
