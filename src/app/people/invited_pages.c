/* From a record that an official made to "My cases": with the code on the receipt a person makes an account for it, or
 * joins it to the account that the person has. */
#include "app/app.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/email.h"
#include "app/people/pages.h"
#include "app/people/people.html.h"
#include "app/people/records.h"
#include "base/fault.h"
#include "html/translate.h"
#include "http/server.h"
#include "http/throttle.h"

static const struct throttle_rule tries = {"invitation-network", 20, 30 * US_PER_S};

static void begin(struct req *r, struct invited_view *v, struct str code)
{
	*v = (struct invited_view){
		.csrf = r->csrf,
		.is_signed_in = viewer_is_signed_in(r->viewer),
		.account_name = r->viewer->name,
		.code = {.name = STR("code"),
	             .label = tr(r->lang, N_("Code for an account")),
	             .hint =
	                 tr(r->lang, N_("It stands on the receipt that you got at the counter: 16 letters and digits.")),
	             .value = code,
	             .width = FIELD_W16,
	             .chars_max = 40},
		.email = {.name = STR("email"),
	              .label = tr(r->lang, N_("E-mail address")),
	              .type = "email",
	              .autocomplete = "email",
	              .chars_max = EMAIL_BYTES_MAX},
		.password = {.name = STR("password"),
	                 .label = tr(r->lang, N_("Password")),
	                 .hint = tr(r->lang,
	                            N_("12 characters or longer. Three or four words that do not belong together are easy "
	                               "to remember.")),
	                 .type = "password",
	                 .autocomplete = "new-password"},
	};
}

static bool show(struct req *r, const struct invited_view *v)
{
	struct html_out o;
	r->status = v->error_n > 0 ? 422 : 200;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("An account for what you handed in"),
	                          .current = NAV_SIGN_IN,
	                          .width = PAGE_FORM,
	                          .has_errors = v->error_n > 0});
	invited_page(&o, v);
	page_end(r, &o);
	return true;
}

bool invited_get(struct req *r, struct err *e)
{
	(void)e;
	struct invited_view v;
	begin(r, &v, req_query(r, "code"));
	return show(r, &v);
}

/* Errors that are to be read beside a field; false: *e is another one. */
static bool note(struct req *r, struct invited_view *v, struct form_field *f, const struct err *why, struct err *e)
{
	if (why->code != ERR_NOT_FOUND && why->code != ERR_CONFLICT && why->code != ERR_INVALID) {
		*e = *why;
		return false;
	}
	note_error(r, v->errors, &v->error_n, f, err_say(why));
	return true;
}

static bool join(struct req *r, struct invited_view *v, int64_t party, struct err *e)
{
	struct store *s = r->app->store;
	struct err why = {0};
	http_place_release(r);
	bool ok = people_join(s, r->viewer->account, party, r->viewer->account, 0, &why) &&
	          people_invitation_use(s, r->app->column_keys, v->code.value, r->viewer->account, &why);
	http_place_take(r);
	return ok ? req_redirect(r, STR(PATH_CASES)) : note(r, v, &v->code, &why, e) && show(r, v);
}

static bool make_account(struct req *r, struct invited_view *v, int64_t party, struct str email, struct str password,
                         struct err *e)
{
	char hash[PASSWORD_HASH_MAX] = "";
	struct err why = {0};
	struct person_spec spec = {.name = STR_EMPTY,
	                           .email = email,
	                           .password = STR_EMPTY,
	                           .lang = r->lang,
	                           .hash = hash,
	                           .party = party,
	                           .has_record = true};
	http_place_release(r);
	bool ok = password_hash(r->app->passwords, password, hash, &why) &&
	          people_add_person(r->app->store, r->app->column_keys, &spec, &party, &why) &&
	          people_invitation_use(r->app->store, r->app->column_keys, v->code.value, party, &why);
	http_place_take(r);
	mem_wipe(hash, sizeof(hash));
	return ok ? req_redirect(r, STR(PATH_SIGN_IN "?new=1&back=" PATH_CASES))
	          : note(r, v, &v->email, &why, e) && show(r, v);
}

static bool check_fields(struct req *r, struct invited_view *v, int64_t party, struct str *email, struct err *e)
{
	struct record record;
	if (!people_record(r->app->store, &r->arena, party, &record, e)) {
		return false;
	}
	if (record.has_account) {
		note_error(r, v->errors, &v->error_n, &v->code,
		           N_("There is an account for this record already: sign in with it."));
	}
	if (!email_read(&r->arena, v->email.value, email)) {
		note_error(r, v->errors, &v->error_n, &v->email,
		           N_("Write an e-mail address with an @ and a full stop after it, such as name@example.org."));
	}
	const char *weakness = password_weakness(req_form(r, "password"), record.name, *email);
	if (weakness != NULL) {
		note_error(r, v->errors, &v->error_n, &v->password, weakness);
	}
	return true;
}

bool invited_post(struct req *r, struct err *e)
{
	struct invited_view v;
	struct str email = STR_EMPTY;
	struct str password = req_form(r, "password");
	int64_t party = 0;
	struct err why = {0};
	begin(r, &v, req_form(r, "code"));
	v.email.value = req_form(r, "email");
	bool ok = throttle_take(r->app->throttle, &tries, throttle_network(&r->arena, r->client), e);
	if (ok && !people_invited(r->app->store, r->app->column_keys, v.code.value, &party, &why)) {
		ok = note(r, &v, &v.code, &why, e) && show(r, &v);
	} else if (ok && v.is_signed_in) {
		ok = join(r, &v, party, e);
	} else if (ok) {
		ok = check_fields(r, &v, party, &email, e) &&
		     (v.error_n > 0 ? show(r, &v) : make_account(r, &v, party, email, password, e));
	}
	password_wipe(password);
	return ok;
}

/* Who finds a record joined to the own account that is somebody else's takes it away again. */
bool account_joined_post(struct req *r, struct err *e)
{
	int64_t other = 0;
	if (!id_parse(req_form(r, "other"), &other)) {
		return err_set(e, ERR_BAD_INPUT, "no record");
	}
	struct err why = {0};
	http_place_release(r);
	bool ok = people_take_apart(r->app->store, r->viewer->account, other, r->viewer->account, 0, &why);
	http_place_take(r);
	if (!ok && why.code != ERR_CONFLICT) {
		*e = why;
		return false;
	}
	return req_redirect(r, STR(PATH_ACCOUNT));
}
