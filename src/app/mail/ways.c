/* How a party wants to be told: chosen on the account's pages, an address confirmed by the link that is sent there. */
#include "app/mail/mail.html.h"
#include "app/mail/pages.h"
#include "app/page.h"
#include "app/people/email.h"
#include "app/people/viewer.h"
#include "html/translate.h"
#include "http/throttle.h"

enum { PHONE_DIGITS_LEAST = 7, PHONE_DIGITS_MOST = 15, ADDRESS_CHARS = 300 };

/* Mails to addresses that nobody has confirmed: few, for an account. */
static const struct throttle_rule confirmations = {"address-confirm", 5, 600 * US_PER_S};

struct chosen {
	int64_t party;
	struct way_get_out row;
};

static bool read_job(struct tx *tx, void *ctx, struct err *e)
{
	struct chosen *c = ctx;
	return way_get(tx, &(struct way_get_in){.party = c->party}, &c->row, e);
}

static bool read_chosen(struct req *r, int64_t party, struct chosen *c, struct err *e)
{
	*c = (struct chosen){.party = party};
	return store_read(r->app->store, party, &r->arena, read_job, c, e);
}

static struct str way_name(struct req *r, int64_t way)
{
	return way == WAY_EMAIL ? tr(r->lang, N_("By e-mail"))
	       : way == WAY_SMS ? tr(r->lang, N_("By text message"))
	                        : tr(r->lang, N_("By letter"));
}

static struct str how(struct req *r, const struct way_get_out *w)
{
	int64_t way = w->found && !w->has_failed_at ? w->way : WAY_LETTER;
	struct str address = way == WAY_EMAIL ? w->email : way == WAY_SMS ? w->phone : STR_EMPTY;
	if (address.n == 0) {
		return way_name(r, WAY_LETTER);
	}
	return arena_printf(&r->arena, "%.*s: %.*s", STR_ARG(way_name(r, way)), STR_ARG(address));
}

bool ways_get(struct req *r, struct err *e)
{
	const struct viewer *v = r->viewer;
	struct way_row *rows = arena_new(&r->arena, struct way_row, v->party_n);
	struct ways_view view = {.rows = rows,
	                         .is_saved = str_is(req_query(r, "done"), "saved"),
	                         .is_confirmed = str_is(req_query(r, "done"), "confirmed")};
	for (size_t i = 0; rows && i < v->party_n; i++) {
		struct chosen c;
		if (!read_chosen(r, v->parties[i].party, &c, e)) {
			return false;
		}
		rows[view.n++] = (struct way_row){
			.name = v->parties[i].name,
			.how = how(r, &c.row),
			.href = arena_printf(&r->arena, PATH_WAYS "/%s", id_text(c.party).c),
			.is_waiting = c.row.found && c.row.way == WAY_EMAIL && c.row.email_asked.n > 0,
			.waiting = c.row.email_asked,
		};
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("How you are told"),
	                          .current = NAV_ACCOUNT,
	                          .width = PAGE_NOTE,
	                          .back_href = STR(PATH_ACCOUNT)});
	ways_page(&o, &view);
	page_end(r, &o);
	return true;
}

/* --- Choosing ------------------------------------------------------------------------------------------------------
 */

static bool open_own(struct req *r, const struct viewer_party **who, struct chosen *c, struct err *e)
{
	int64_t party;
	if (!req_arg_id(r, 0, &party, e)) {
		return false;
	}
	*who = viewer_acts_for(r->viewer, party);
	return *who ? read_chosen(r, party, c, e) : err_set(e, ERR_NOT_FOUND, "the way of somebody else");
}

struct typed {
	enum mail_way way;
	struct str email, phone, post;
};

static void show(struct req *r, const struct viewer_party *who, const struct typed *t, struct way_form_view *v)
{
	static const enum mail_way ways[] = {WAY_EMAIL, WAY_SMS, WAY_LETTER};
	static const char *const values[] = {"email", "sms", "letter"};
	struct form_choice choices[3];
	for (size_t i = 0; i < 3; i++) {
		bool is_there = ways[i] == WAY_EMAIL ? r->app->has_mail : ways[i] == WAY_SMS ? r->app->has_sms : true;
		if (is_there || t->way == ways[i]) {
			choices[v->choice_n++] = (struct form_choice){
				.value = str_of(values[i]), .label = way_name(r, ways[i]), .is_chosen = t->way == ways[i]};
		}
	}
	v->choices = choices;
	v->name = who->name;
	v->action = arena_printf(&r->arena, PATH_WAYS "/%s", id_text(who->party).c);
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->way.name = STR("way");
	v->way.label = tr(r->lang, N_("How shall we tell you that a message waits?"));
	v->email.name = STR("email");
	v->email.label = tr(r->lang, N_("E-mail address"));
	v->email.hint = tr(r->lang, N_("We send a link there first, to be sure that it is yours."));
	v->email.type = "email";
	v->email.autocomplete = "email";
	v->email.value = t->email;
	v->email.is_optional = true;
	v->phone.name = STR("phone");
	v->phone.label = tr(r->lang, N_("Mobile number"));
	v->phone.hint = tr(r->lang, N_("With the country: +86 138 0013 8000"));
	v->phone.type = "tel";
	v->phone.autocomplete = "tel";
	v->phone.value = t->phone;
	v->phone.is_optional = true;
	v->post.name = STR("post");
	v->post.label = tr(r->lang, N_("Postal address"));
	v->post.hint = tr(r->lang, N_("For letters, as on an envelope, without your name."));
	v->post.autocomplete = "street-address";
	v->post.value = t->post;
	v->post.rows = 3;
	v->post.is_optional = true;
	v->post.chars_max = ADDRESS_CHARS;
	struct html_out o;
	r->status = v->error_n > 0 ? 422 : 200;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("How you are told"),
	                          .current = NAV_ACCOUNT,
	                          .width = PAGE_FORM,
	                          .has_errors = v->error_n > 0,
	                          .back_href = STR(PATH_WAYS)});
	way_form_page(&o, v);
	page_end(r, &o);
}

bool way_get_page(struct req *r, struct err *e)
{
	const struct viewer_party *who;
	struct chosen c;
	struct way_form_view v = {0};
	if (!open_own(r, &who, &c, e)) {
		return false;
	}
	const struct way_get_out *w = &c.row;
	struct typed t = {.way = w->found ? (enum mail_way)w->way : WAY_LETTER,
	                  .email = w->email_asked.n > 0 ? w->email_asked : w->email,
	                  .phone = w->phone,
	                  .post = w->post_address};
	if (!w->found && who->party == r->viewer->account) {
		t.email = r->viewer->email;
	}
	show(r, who, &t, &v);
	return true;
}

/* "+86 138 0013 8000" as "+8613800138000". */
static bool read_phone(struct arena *a, struct str typed, struct str *out)
{
	char digits[PHONE_DIGITS_MOST + 2] = "+";
	size_t n = 1;
	typed = str_trim(typed);
	if (typed.n == 0 || typed.p[0] != '+') {
		return false;
	}
	for (size_t i = 1; i < typed.n; i++) {
		char c = typed.p[i];
		if (c == ' ' || c == '-' || c == '(' || c == ')' || c == '.') {
			continue;
		}
		if (c < '0' || c > '9' || n > PHONE_DIGITS_MOST) {
			return false;
		}
		digits[n++] = c;
	}
	*out = arena_copy(a, str_from(digits, n));
	return n > PHONE_DIGITS_LEAST;
}

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0x7f || (unsigned char)s.p[i] <= 0x20) {
			return false;
		}
	}
	return true;
}

static void wrong(struct req *r, struct way_form_view *v, struct form_field *f, const char *name, const char *msgid)
{
	f->error = tr(r->lang, msgid);
	v->errors[v->error_n++] = (struct form_error){str_of(name), f->error};
}

static bool read_typed(struct req *r, struct typed *t, struct way_form_view *v)
{
	struct str way = req_form(r, "way"), fine;
	*t = (struct typed){
		.way = str_is(way, "email") ? WAY_EMAIL
	           : str_is(way, "sms") ? WAY_SMS
	                                : WAY_LETTER,
		.email = str_trim(req_form(r, "email")),
		.phone = str_trim(req_form(r, "phone")),
		.post = str_trim(req_form(r, "post")),
	};
	if (t->email.n > 0 || t->way == WAY_EMAIL) {
		if (email_read(&r->arena, t->email, &fine) && is_ascii(fine)) {
			t->email = fine;
		} else {
			wrong(r, v, &v->email, "email", N_("Write an e-mail address such as name@example.org."));
		}
	}
	if (t->phone.n > 0 || t->way == WAY_SMS) {
		if (read_phone(&r->arena, t->phone, &fine)) {
			t->phone = fine;
		} else {
			wrong(r, v, &v->phone, "phone", N_("Write the number with its country: + and 8 to 15 digits."));
		}
	}
	if (str_runes(t->post) > ADDRESS_CHARS) {
		wrong(r, v, &v->post, "post", N_("Write at most 300 characters."));
	}
	if ((t->way == WAY_EMAIL && !r->app->has_mail) || (t->way == WAY_SMS && !r->app->has_sms)) {
		wrong(r, v, &v->way, "way", N_("This way is not to be had here. Choose another one."));
	}
	return v->error_n == 0;
}

struct saving {
	int64_t party, version; /* 0: there is no row yet */
	const struct typed *typed;
	struct way_get_out was;
	struct str lang;
};

static bool save_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct saving *s = ctx;
	const struct typed *t = s->typed;
	bool is_known = s->was.found && str_eq(t->email, s->was.email);
	bool asks = t->email.n > 0 && !is_known;
	int64_t now_us = tx_now_us(tx);
	/* The same address chosen again after mail came back from it is asked to confirm anew. */
	if (is_known && s->was.has_failed_at && t->way == WAY_EMAIL) {
		asks = true;
	}
	struct way_set_in in = {
		.way = t->way,
		.email = asks || t->email.n == 0 ? STR_EMPTY : s->was.email,
		.email_asked = asks ? t->email : STR_EMPTY,
		.asked_at = asks ? now_us : s->was.asked_at,
		.phone = t->phone,
		.post_address = t->post,
		.lang = s->lang,
		.party = s->party,
		.version = s->version,
	};
	struct way_insert_in fresh = {
		.party = s->party,
		.way = in.way,
		.email = in.email,
		.email_asked = in.email_asked,
		.asked_at = in.asked_at,
		.phone = in.phone,
		.post_address = in.post_address,
		.lang = in.lang,
	};
	return (s->was.found ? way_set(tx, &in, e) : way_insert(tx, &fresh, e)) &&
	       (!asks || errand_add(tx, s->party, STR(MAIL_CONFIRM), s->party, now_us, e));
}

bool way_post(struct req *r, struct err *e)
{
	const struct viewer_party *who;
	struct chosen c;
	struct typed t;
	struct way_form_view v = {0};
	struct store_op op;
	if (!open_own(r, &who, &c, e)) {
		return false;
	}
	if (!read_typed(r, &t, &v)) {
		show(r, who, &t, &v);
		return true;
	}
	if (t.email.n > 0 && !str_eq(t.email, c.row.email) &&
	    !throttle_take(r->app->throttle, &confirmations, str_of(id_text(r->viewer->account).c), e)) {
		return false;
	}
	struct saving s = {.party = who->party, .version = c.row.version, .typed = &t, .was = c.row, .lang = r->lang};
	return app_op(r, who->party, &op, e) && app_write(r, &op, save_job, &s, e) &&
	       req_redirect(r, STR(PATH_WAYS "?done=saved"));
}

/* --- Confirming ----------------------------------------------------------------------------------------------------
 */

static bool open_asked(struct req *r, struct chosen *c, struct err *e)
{
	const struct viewer_party *who;
	char code[CONFIRM_CHARS + 1];
	if (!open_own(r, &who, c, e)) {
		return false;
	}
	mail_confirm_code(r->app, c->party, c->row.email_asked, c->row.asked_at, code);
	if (!c->row.found || c->row.email_asked.n == 0 || !str_eq(r->path_args[1], str_of(code))) {
		return err_tell(e, ERR_GONE, N_("This link is no longer good. Write your address once more."),
		                "a link that confirms nothing");
	}
	return true;
}

bool way_confirm_get(struct req *r, struct err *e)
{
	struct chosen c;
	if (!open_asked(r, &c, e)) {
		return false;
	}
	struct confirm_view v = {.email = c.row.email_asked, .action = r->path, .csrf = r->csrf, .op = req_new_op(r)};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title_msgid = N_("Confirm your address"), .current = NAV_ACCOUNT, .width = PAGE_FORM});
	confirm_page(&o, &v);
	page_end(r, &o);
	return true;
}

static bool confirm_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct way_get_out *w = &((const struct chosen *)ctx)->row;
	return way_set(tx,
	               &(struct way_set_in){.way = w->way,
	                                    .email = w->email_asked,
	                                    .email_asked = STR_EMPTY,
	                                    .asked_at = w->asked_at,
	                                    .phone = w->phone,
	                                    .post_address = w->post_address,
	                                    .lang = w->lang,
	                                    .party = w->party,
	                                    .version = w->version},
	               e);
}

bool way_confirm_post(struct req *r, struct err *e)
{
	struct chosen c;
	struct store_op op;
	return open_asked(r, &c, e) && app_op(r, c.party, &op, e) && app_write(r, &op, confirm_job, &c, e) &&
	       req_redirect(r, STR(PATH_WAYS "?done=confirmed"));
}
