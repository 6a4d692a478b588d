/* Asking for publication, and the second author's answer. */
#include <stdio.h>

#include "app/authoring/authoring.h"
#include "app/authoring/pages.h"
#include "app/catalogue/catalogue.h"
#include "app/page.h"
#include "app/people/accounts.h"
#include "app/people/viewer.h"
#include "base/yaml.h"
#include "http/server.h"

static bool note(struct change_forms *f, struct form_field *field, struct str say)
{
	field->error = say;
	f->errors[f->error_n++] = (struct form_error){field->name, say};
	return false;
}

static bool read_version(struct req *r, int64_t *version, struct err *e)
{
	return str_to_i64(req_form(r, "version"), version) || err_set(e, ERR_BAD_INPUT, "no version of the change");
}

/* --- Asking ------------------------------------------------------------------------------------------------------ */

static bool read_from(struct req *r, struct change_forms *f, day_number *day)
{
	struct str parts[3] = {req_form(r, "from-year"), req_form(r, "from-month"), req_form(r, "from-day")};
	int64_t n[3] = {0};
	f->from = (struct form_date){.day = parts[2], .month = parts[1], .year = parts[0]};
	bool ok = true;
	for (int i = 0; i < 3; i++) {
		ok = ok && str_to_i64(str_trim(parts[i]), &n[i]) && n[i] > 0 && n[i] <= 9999;
	}
	struct date d = {.year = (int32_t)n[0], .month = (int32_t)n[1], .day = (int32_t)n[2]};
	if (!ok || !date_is_valid(d)) {
		return note(f, &f->from_field, tr(r->lang, N_("Write a day with month and year, such as 1 3 2027.")));
	}
	*day = date_to_day(d);
	return *day >= catalogue_today(r->app) ||
	       note(f, &f->from_field, tr(r->lang, N_("The day is past. Write today or a later one.")));
}

/* `key: value` in the place of the line at which a key of the top stands. */
static bool put_key(struct req *r, struct str *body, const struct yaml *root, const char *key, const char *value)
{
	const struct yaml *c = yaml_get(root, key);
	struct buf b;
	struct str rest = *body, line;
	if (c == NULL || c->kind != YAML_TEXT || c->key_line != c->line) {
		return false;
	}
	buf_init(&b, PACK_FILE_BYTES_MAX + 200);
	bool is_put = false;
	for (int at = 1; rest.n > 0; at++) {
		str_cut(rest, '\n', &line, &rest);
		if (at == c->key_line && str_starts(line, str_of(key))) {
			buf_printf(&b, "%s: %s\n", key, value);
			is_put = true;
		} else {
			buf_put(&b, line);
			buf_put_byte(&b, '\n');
		}
	}
	*body = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return is_put;
}

/* The day and the next version are the program's to write into the services that change. */
static bool stamp(struct req *r, struct change_view *v, const struct change_file_list_out *f, day_number from,
                  struct change_save_file *out)
{
	const struct service *after = pack_service(v->pack, pack_service_folder(f->path));
	const struct service *before = published_service(r->app, after->id);
	struct yaml *root = NULL;
	struct err ignored;
	char day[11], version[24];
	struct str body = f->body;
	date_format(from, day);
	snprintf(version, sizeof version, "%d", before ? before->version + 1 : after->version);
	bool ok = yaml_parse(&v->arena, body, &root, &ignored) && put_key(r, &body, root, "in_force", day) &&
	          ((before && after->version > before->version) || put_key(r, &body, root, "version", version));
	*out = (struct change_save_file){
		.path = f->path, .body = body, .base_digest = f->base_digest, .what = FILE_TEXT, .seen = f->version};
	return ok;
}

static bool stamp_all(struct req *r, struct change_view *v, day_number from, struct change_ask *ask,
                      struct change_forms *forms, struct err *e)
{
	struct change_save_file *files = arena_new(&r->arena, struct change_save_file, v->file_n + 1);
	if (files == NULL) {
		return err_set(e, ERR_MEMORY, "no room for files");
	}
	for (size_t i = 0; i < v->file_n; i++) {
		const struct change_file_list_out *f = &v->files[i];
		if (pack_service_folder(f->path).n == 0 || f->what != FILE_TEXT) {
			continue;
		}
		if (!stamp(r, v, f, from, &files[ask->save.n])) {
			note(forms, &forms->from_field,
			     AUTHOR_SAY(
					 r,
					 N_("The day cannot be written into {path}. Put “in_force” and “version” on lines of their own."),
					 TR_O("path", f->path)));
			return true;
		}
		ask->save.n++;
	}
	ask->save.files = files;
	return true;
}

/* Nothing is asked for that could not be published now. */
static void object(struct req *r, const struct change_view *v, struct change_forms *f)
{
	struct sentences objections;
	size_t stale = 0;
	for (size_t i = 0; i < v->file_n; i++) {
		stale += change_is_stale(v, &v->files[i]);
	}
	if (v->file_n == 0) {
		note(f, &f->reason, tr(r->lang, N_("Nothing is changed yet. Change a file first.")));
	} else if (v->mistake_n > 0) {
		note(f, &f->reason,
		     tr(r->lang, N_("There are mistakes. Correct them first: nothing is published while there is one.")));
	} else if (stale > 0) {
		note(f, &f->reason,
		     tr(r->lang,
		        N_("Somebody published another version of a file meanwhile. Open it, look, and save it again.")));
	}
	sentences_init(&objections, &r->arena, r->lang);
	if (v->row.kind == CHANGE_REPAIR && f->error_n == 0) {
		const struct service *before = NULL, *after = pack_service(v->pack, v->row.service);
		struct err ignored;
		if (after != NULL && catalogue_definition(r->app, (const uint8_t *)v->row.from_digest.p, &before, &ignored)) {
			repair_objections(&objections, before, after);
		}
		if (before == NULL || after == NULL || objections.n > 0) {
			note(f, &f->reason,
			     tr(r->lang, N_("A repair may not do this. The list above says what stands in its way.")));
		}
	}
}

bool change_ask_post(struct req *r, struct err *e)
{
	struct change_view v;
	struct change_forms forms = {.reason = {.name = STR("reason"), .value = str_trim(req_form(r, "reason"))},
	                             .from_field = {.name = STR("from")}};
	struct change_ask ask = {0};
	int64_t version = 0;
	struct store_op op;
	bool ok = change_of_path(r, &v, e) && read_version(r, &version, e) && author_may_all(r, &v, e) &&
	          app_op(r, CATALOGUE_ROUTE, &op, e);
	if (ok && v.row.state == CHANGE_OPEN) {
		if (forms.reason.value.n == 0 || str_runes(forms.reason.value) > REASON_CHARS_MAX) {
			note(&forms, &forms.reason, tr(r->lang, N_("Say in a sentence or two what changes and why.")));
		} else {
			object(r, &v, &forms);
		}
		ask.reason = forms.reason.value;
		if (v.row.kind == CHANGE_PUBLICATION && read_from(r, &forms, &ask.from_day) && forms.error_n == 0) {
			ok = stamp_all(r, &v, ask.from_day, &ask, &forms, e);
		}
	}
	if (ok && forms.error_n > 0) {
		r->status = 422;
		ok = change_show(r, &v, &forms, e);
	} else if (ok) {
		ask.save.who = author_who(r, v.row.id, version);
		ok = app_write(r, &op, change_ask_job, &ask, e) && req_redirect(r, change_path(r, v.row.id, ""));
	}
	change_release(&v);
	return ok;
}

/* --- The second author's answer ---------------------------------------------------------------------------------- */

bool change_return_post(struct req *r, struct err *e)
{
	struct change_view v;
	struct change_forms forms = {.answer = {.name = STR("answer"), .value = str_trim(req_form(r, "answer"))}};
	int64_t version = 0;
	struct store_op op;
	bool ok = change_of_path(r, &v, e) && read_version(r, &version, e) && author_may_all(r, &v, e) &&
	          app_op(r, CATALOGUE_ROUTE, &op, e);
	bool is_own = ok && v.row.asked_by == r->viewer->account;
	if (ok && !is_own && (forms.answer.value.n == 0 || str_runes(forms.answer.value) > REASON_CHARS_MAX)) {
		note(&forms, &forms.answer, tr(r->lang, N_("Say what has to be put right.")));
		r->status = 422;
		ok = change_show(r, &v, &forms, e);
	} else if (ok) {
		struct change_answer a = {.who = author_who(r, v.row.id, version),
		                          .reason = is_own ? STR_EMPTY : forms.answer.value};
		ok = app_write(r, &op, change_return_job, &a, e) && req_redirect(r, change_path(r, v.row.id, ""));
	}
	change_release(&v);
	return ok;
}

static bool publish(struct req *r, struct change_view *v, int64_t version, struct store_op *op, struct err *e)
{
	struct publication *p = NULL;
	struct change_answer a = {.who = author_who(r, v->row.id, version), .reason = STR_EMPTY};
	bool is_repair = v->row.kind == CHANGE_REPAIR;
	if (is_repair) {
		a.repaired = pack_service(v->pack, v->row.service);
		a.repaired_body = v->files[0].body;
	}
	/* A newer version may be offered already: then only the running cases change. */
	const struct service *newest = is_repair ? published_service(r->app, v->row.service) : NULL;
	bool changes_catalogue =
		!is_repair || (newest != NULL && memcmp(newest->digest, v->row.from_digest.p, SHA256_BYTES) == 0);
	if (changes_catalogue && !publication_plan(r->app, &v->merged, v->pack, v->published_version, NULL, &p, e)) {
		return false;
	}
	a.publication = p;
	bool ok = people_still_allowed(r->app->store, r->viewer, e) && app_write(r, op, change_publish_job, &a, e) &&
	          (!changes_catalogue || catalogue_reload(r->app, e)) && req_redirect(r, change_path(r, v->row.id, ""));
	if (ok && is_repair) {
		repairs_nudge(r->app->repairs);
	}
	publication_free(p);
	return ok;
}

bool change_publish_post(struct req *r, struct err *e)
{
	struct change_view v;
	struct change_forms forms = {.reason = {.name = STR("reason")}};
	int64_t version = 0;
	struct store_op op;
	bool ok = change_of_path(r, &v, e) && read_version(r, &version, e) && author_may_all(r, &v, e) &&
	          app_op(r, CATALOGUE_ROUTE, &op, e);
	if (ok && v.row.state == CHANGE_ASKED) {
		if (v.row.asked_by == r->viewer->account) {
			ok = err_tell(e, ERR_FORBIDDEN, N_("You asked for it: another author has to look and publish."),
			              "published by who asked");
		}
		object(r, &v, &forms);
		if (forms.error_n == 0 && v.row.has_from_day && v.row.from_day < catalogue_today(r->app)) {
			note(&forms, &forms.reason,
			     tr(r->lang, N_("The day that was asked for is past. Return it, so that another day is chosen.")));
		}
	}
	if (ok && forms.error_n > 0) {
		r->status = 422;
		ok = change_show(r, &v, &forms, e);
	} else if (ok) {
		ok = publish(r, &v, version, &op, e);
	}
	change_release(&v);
	return ok;
}

bool change_discard_post(struct req *r, struct err *e)
{
	struct change_view v;
	int64_t version = 0;
	struct store_op op;
	bool ok = change_of_path(r, &v, e) && read_version(r, &version, e) && author_may_all(r, &v, e) &&
	          app_op(r, CATALOGUE_ROUTE, &op, e);
	struct change_answer a = {.who = author_who(r, v.row.id, version), .reason = STR_EMPTY};
	ok = ok && app_write(r, &op, change_discard_job, &a, e) && req_redirect(r, STR(PATH_AUTHORING));
	change_release(&v);
	return ok;
}
