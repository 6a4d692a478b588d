#include "app/people/kept_form.h"

#include "app/page.h"
#include "app/people/admission.h"
#include "app/people/people.sql.h"
#include "base/json.h"

struct kept {
	int64_t account, now_us;
	struct str token, path, form;
	bool is_there;
};

static bool is_ours(struct str name)
{
	return str_is(name, "csrf") || str_is(name, "op");
}

/* Name, value, name, value ... in the order they came. */
static bool put_form(struct req *r, struct str *out, struct err *e)
{
	struct buf b;
	struct json_out j = {.to = &b};
	buf_init(&b, KEPT_FORM_BYTES_MAX);
	json_begin_array(&j);
	for (size_t i = 0; i < r->form.n; i++) {
		if (!is_ours(r->form.items[i].name)) {
			json_put_string(&j, r->form.items[i].name);
			json_put_string(&j, r->form.items[i].value);
		}
	}
	json_end_array(&j);
	bool ok = buf_ok(&b, e);
	*out = ok ? arena_copy(&r->arena, buf_str(&b)) : STR_EMPTY;
	buf_release(&b);
	return ok;
}

static bool take_form(struct req *r, struct str json, struct err *e)
{
	struct json *root = NULL;
	size_t n = 0;
	if (!json_parse(&r->arena, json, &root, e)) {
		return false;
	}
	for (const struct json *v = root->first; v != NULL; v = v->next) {
		n++;
	}
	struct param *items = arena_new(&r->arena, struct param, n / 2 + 1);
	if (items == NULL || n % 2 != 0) {
		return err_set(e, items ? ERR_CORRUPT : ERR_MEMORY, "a kept form of %zu texts", n);
	}
	n = 0;
	for (const struct json *v = root->first; v != NULL; v = v->next->next) {
		items[n++] = (struct param){.name = v->string, .value = v->next->string};
	}
	r->form = (struct params){.items = items, .n = n};
	return true;
}

static bool job_keep(struct tx *tx, void *ctx, struct err *e)
{
	const struct kept *k = ctx;
	int64_t gone = 0;
	return session_hold(tx, &(struct session_hold_in){.account = k->account, .token = k->token}, e) &&
	       kept_form_delete(tx, &(struct kept_form_delete_in){.account = k->account, .token = k->token}, &gone, e) &&
	       kept_form_insert(
			   tx,
			   &(struct kept_form_insert_in){
				   .account = k->account, .token = k->token, .path = k->path, .form = k->form, .kept_at = k->now_us},
			   e);
}

bool people_keeps_form(struct req *r, bool *is_kept, struct err *e)
{
	const struct viewer *v = r->viewer;
	*is_kept = !viewer_is_signed_in(v);
	if (!*is_kept) {
		return true;
	}
	struct kept k = {.account = v->ended_account,
	                 .now_us = people_now_us(r->app),
	                 .token = people_token(r, req_sid(r)),
	                 .path = r->path};
	struct store_op op = {.route = k.account};
	if (!put_form(r, &k.form, e) || !app_write(r, &op, job_keep, &k, e)) {
		return false;
	}
	struct buf b;
	buf_init(&b, 8192);
	struct html_out o = {.to = &b, .lang = r->lang};
	buf_put_c(&b, PATH_SIGN_IN "?back=");
	html_put_url_part(&o, r->path);
	struct str to = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return req_redirect(r, to);
}

static bool job_read(struct tx *tx, void *ctx, struct err *e)
{
	struct kept *k = ctx;
	struct kept_form_get_out row;
	if (!kept_form_get(tx, &(struct kept_form_get_in){.account = k->account, .token = k->token}, &row, e)) {
		return false;
	}
	k->is_there = row.found && str_eq(row.path, k->path) && k->now_us - row.kept_at < KEPT_FORM_US;
	k->form = row.form;
	return true;
}

bool people_kept_form(struct req *r, bool *is_there, struct err *e)
{
	struct kept k = {.account = r->viewer->account,
	                 .now_us = people_now_us(r->app),
	                 .token = people_token(r, req_sid(r)),
	                 .path = r->path};
	bool ok =
		store_read(r->app->store, k.account, &r->arena, job_read, &k, e) && (!k.is_there || take_form(r, k.form, e));
	*is_there = k.is_there;
	return ok;
}

static bool job_drop(struct tx *tx, void *ctx, struct err *e)
{
	const struct kept *k = ctx;
	int64_t gone = 0;
	return session_hold(tx, &(struct session_hold_in){.account = k->account, .token = k->token}, e) &&
	       kept_form_delete(tx, &(struct kept_form_delete_in){.account = k->account, .token = k->token}, &gone, e);
}

bool people_drop_form(struct req *r, struct err *e)
{
	struct kept k = {.account = r->viewer->account, .token = people_token(r, req_sid(r))};
	struct store_op op = {.route = k.account};
	return app_write(r, &op, job_drop, &k, e);
}
