/* What the pages of this room share, and the list of services and changes. */
#include "app/authoring/pages.h"

#include "app/authoring/authoring.h"
#include "app/authoring/authoring.html.h"
#include "app/catalogue/catalogue.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/zip.h"
#include "os/file.h"

#include <unistd.h>

enum { CHANGES_SHOWN = 50 };

const struct route authoring_routes[] = {
	ROUTE(METHOD_GET, PATH_AUTHORING, MAY_AUTHOR, authoring_get),
	ROUTE(METHOD_POST, PATH_AUTHORING, MAY_AUTHOR, authoring_begin_post, .body_max = 8192),
	ROUTE(METHOD_GET, PATH_AUTHORING "/service/:service", MAY_AUTHOR, authoring_service_get),
	ROUTE(METHOD_GET, PATH_AUTHORING "/pack.zip", MAY_AUTHOR, authoring_zip_get),
	ROUTE(METHOD_GET, PATH_CHANGE ":id", MAY_AUTHOR, change_get_page),
	ROUTE(METHOD_POST, PATH_CHANGE ":id/upload", MAY_AUTHOR, change_upload_post, .body_max = ZIP_BYTES_MAX + 65536,
          .has_files = true),
	ROUTE(METHOD_GET, PATH_CHANGE ":id/file", MAY_AUTHOR, change_file_get_page),
	ROUTE(METHOD_POST, PATH_CHANGE ":id/file", MAY_AUTHOR, change_file_post, .body_max = EDIT_BODY_MAX,
          .has_files = true),
	ROUTE(METHOD_GET, PATH_CHANGE ":id/difference", MAY_AUTHOR, change_difference_get),
	ROUTE(METHOD_POST, PATH_CHANGE ":id/ask", MAY_AUTHOR, change_ask_post, .body_max = 65536),
	ROUTE(METHOD_POST, PATH_CHANGE ":id/return", MAY_AUTHOR, change_return_post, .body_max = 65536),
	ROUTE(METHOD_POST, PATH_CHANGE ":id/publish", MAY_AUTHOR, change_publish_post, .body_max = 8192),
	ROUTE(METHOD_POST, PATH_CHANGE ":id/discard", MAY_AUTHOR, change_discard_post, .body_max = 8192),
	ROUTE(METHOD_GET, PATH_CHANGE ":id/preview/:service", MAY_AUTHOR, preview_service_get),
	ROUTE(METHOD_GET, PATH_CHANGE ":id/preview/:service/form/:page", MAY_AUTHOR, preview_form_get),
	ROUTE(METHOD_POST, PATH_CHANGE ":id/preview/:service/form/:page", MAY_AUTHOR, preview_form_post,
          .body_max = 512 * 1024),
	ROUTE(METHOD_GET, PATH_CHANGE ":id/preview/:service/answers", MAY_AUTHOR, preview_answers_get),
	ROUTE(METHOD_GET, "/desk/days", MAY_OFFICIAL, days_get),
	ROUTE(METHOD_POST, "/desk/days", MAY_OFFICIAL, days_post, .body_max = 8192),
	ROUTE(METHOD_GET, "/desk/days/:id", MAY_OFFICIAL, day_change_get),
	ROUTE(METHOD_POST, "/desk/days/:id", MAY_OFFICIAL, day_change_post, .body_max = 8192),
	ROUTES_END,
};

/* --- Rights ------------------------------------------------------------------------------------------------------ */

static bool is_at_front_office(struct req *r)
{
	const struct institution *in = catalogue_front_office(r->app);
	return in == NULL || viewer_has_role(r->viewer, ROLE_AUTHOR, in->id);
}

static bool writes_for(struct req *r, const struct service *s)
{
	const struct institution *in = s ? catalogue_institution_named(r->app, s->institution) : NULL;
	return s == NULL || (in != NULL && viewer_has_role(r->viewer, ROLE_AUTHOR, in->id));
}

bool author_may(struct req *r, struct str path, const struct service *before, const struct service *after)
{
	return is_at_front_office(r) || (pack_service_folder(path).n > 0 && writes_for(r, before) && writes_for(r, after));
}

bool author_may_all(struct req *r, const struct change_view *v, struct err *e)
{
	for (size_t i = 0; i < v->file_n; i++) {
		struct str service = pack_service_folder(v->files[i].path);
		if (!author_may(r, v->files[i].path, published_service(r->app, service), pack_service(v->pack, service))) {
			return err_tell(
				e, ERR_FORBIDDEN,
				N_("The change holds files of other institutions. An author at the front office may write them."),
				"an author of another institution");
		}
	}
	return true;
}

struct change_who author_who(struct req *r, int64_t change, int64_t version)
{
	return (struct change_who){
		.change = change, .version = version, .account = r->viewer->account, .name = r->viewer->name};
}

/* --- Small things ------------------------------------------------------------------------------------------------ */

bool change_of_path(struct req *r, struct change_view *v, struct err *e)
{
	int64_t id = 0;
	if (!req_arg_id(r, 0, &id, e)) {
		id = 0;
	}
	return change_open(r->app, id, v, e);
}

struct str change_path(struct req *r, int64_t id, const char *rest)
{
	return arena_printf(&r->arena, PATH_CHANGE "%s%s", id_text(id).c, rest);
}

struct str service_path(struct req *r, struct str service)
{
	return arena_printf(&r->arena, "services/%.*s/service.yaml", STR_ARG(service));
}

struct str author_say(struct req *r, const char *msgid, const struct tr_arg *args, size_t n)
{
	struct buf b;
	buf_init(&b, 64 * 1024);
	tr_put_plain(&b, tr(r->lang, msgid), args, n);
	struct str s = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return s;
}

/* --- The list ---------------------------------------------------------------------------------------------------- */

struct list_job {
	struct req *r;
	int64_t state;
	struct author_change_row *rows;
	size_t n;
};

static void say_state(struct req *r, const struct change_list_of_state_out *row, int64_t state,
                      struct author_change_row *out)
{
	if (state == CHANGE_OPEN) {
		out->sign = TAG_RUN;
		out->state = tr(r->lang, N_("Being written"));
	} else if (state == CHANGE_ASKED) {
		out->sign = row->asked_by == r->viewer->account ? TAG_WAIT : TAG_NEW;
		out->state = tr(r->lang, row->asked_by == r->viewer->account ? N_("Waits for a second author")
		                                                             : N_("Waits for you or another author"));
	} else if (row->is_running) {
		out->sign = TAG_RUN;
		out->state = AUTHOR_SAY(r, N_("Repair under way: {n} cases moved"), TR_N("n", row->moved));
	} else {
		out->sign = TAG_DONE;
		out->state = tr(r->lang, row->kind == CHANGE_REPAIR ? N_("Repaired") : N_("Published"));
	}
}

static bool read_changes(struct tx *tx, void *ctx, struct err *e)
{
	struct list_job *j = ctx;
	struct change_list_of_state_rows rows;
	struct change_list_of_state_out row;
	j->n = 0;
	if (!change_list_of_state_open(tx, &(struct change_list_of_state_in){.state = j->state}, &rows, e)) {
		return false;
	}
	while (change_list_of_state_next(&rows, &row) && j->n < CHANGES_SHOWN) {
		struct author_change_row *out = &j->rows[j->n++];
		int64_t us = row.has_closed_at ? row.closed_at : row.changed_at;
		*out = (struct author_change_row){.href = change_path(j->r, row.id, ""),
		                                  .title = row.title,
		                                  .who = row.has_closed_at ? row.closed_name : row.changed_name,
		                                  .day = page_local_time(j->r, us).day};
		say_state(j->r, &row, j->state, out);
	}
	return change_list_of_state_close(&rows, e);
}

static bool list_of(struct req *r, int64_t state, struct author_change_row **rows, size_t *n, struct err *e)
{
	struct list_job j = {.r = r, .state = state, .rows = arena_new(&r->arena, struct author_change_row, CHANGES_SHOWN)};
	bool ok = j.rows != NULL || err_set(e, ERR_MEMORY, "no room for changes");
	ok = ok && store_read(r->app->store, CATALOGUE_ROUTE, &r->arena, read_changes, &j, e);
	*rows = j.rows;
	*n = j.n;
	return ok;
}

static void fill_services(struct req *r, struct authoring_view *v)
{
	struct offer *offers = NULL;
	size_t n = catalogue_offers(r->app, &r->arena, &offers);
	struct author_service_row *rows = arena_new(&r->arena, struct author_service_row, n + 1);
	day_number today = catalogue_today(r->app);
	for (size_t i = 0; rows != NULL && i < n; i++) {
		const struct service *s = offers[i].service;
		bool is_over = i + 1 < n && offers[i + 1].in_force <= today && str_eq(offers[i + 1].service->id, s->id);
		if (!is_over) {
			rows[v->service_n++] = (struct author_service_row){
				.href = arena_printf(&r->arena, PATH_AUTHORING "/service/%.*s", STR_ARG(s->id)),
				.name = text_in(&s->name, r->lang),
				.version = s->version,
				.day = offers[i].in_force,
				.is_planned = offers[i].in_force > today};
		}
	}
	v->services = rows;
}

static bool show_list(struct req *r, struct authoring_view *v, struct err *e)
{
	struct author_change_row *asked = NULL, *open = NULL, *closed = NULL;
	size_t asked_n = 0, open_n = 0;
	if (!list_of(r, CHANGE_ASKED, &asked, &asked_n, e) || !list_of(r, CHANGE_OPEN, &open, &open_n, e) ||
	    !list_of(r, CHANGE_PUBLISHED, &closed, &v->closed_n, e)) {
		return false;
	}
	struct author_change_row *rows = arena_new(&r->arena, struct author_change_row, asked_n + open_n + 1);
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no room for changes");
	}
	memcpy(rows, asked, asked_n * sizeof *rows);
	memcpy(rows + asked_n, open, open_n * sizeof *rows);
	v->csrf = r->csrf;
	v->op = req_new_op(r);
	v->changes = rows;
	v->change_n = asked_n + open_n;
	v->closed = closed;
	v->may_all = is_at_front_office(r);
	v->title.name = STR("title");
	v->title.label = tr(r->lang, N_("What is the change about?"));
	v->title.hint = tr(r->lang, N_("Such as: lease asked for in other words"));
	v->title.chars_max = TITLE_CHARS_MAX;
	fill_services(r, v);
	struct html_out o;
	r->status = v->error_n > 0 ? 422 : 200;
	page_begin(
		r, &o,
		&(struct page){.title_msgid = N_("Define services"), .current = NAV_AUTHORING, .has_errors = v->error_n > 0});
	authoring_page(&o, v);
	page_end(r, &o);
	return true;
}

bool authoring_get(struct req *r, struct err *e)
{
	struct authoring_view v = {0};
	return show_list(r, &v, e);
}

/* --- One service: its versions ----------------------------------------------------------------------------------- */

bool authoring_service_get(struct req *r, struct err *e)
{
	struct str id = r->path_args[0];
	const struct service *s = published_service(r->app, id);
	struct definition_line *lines = NULL;
	struct offer *offers = NULL;
	size_t n = 0;
	if (s == NULL) {
		return err_set(e, ERR_NOT_FOUND, "no such service");
	}
	if (!definitions_of(r->app, &r->arena, id, &lines, &n, e)) {
		return false;
	}
	size_t offer_n = catalogue_offers(r->app, &r->arena, &offers);
	struct author_version_row *rows = arena_new(&r->arena, struct author_version_row, n + 1);
	struct author_service_view v = {.csrf = r->csrf,
	                                .op = req_new_op(r),
	                                .service = id,
	                                .name = text_in(&s->name, r->lang),
	                                .title = text_in(&s->name, r->lang),
	                                .may = author_may(r, service_path(r, id), s, s),
	                                .versions = rows};
	for (size_t i = 0; rows != NULL && i < n; i++) {
		struct buf hex;
		buf_init(&hex, 2 * SHA256_BYTES);
		buf_put_hex(&hex, lines[i].digest, SHA256_BYTES);
		struct author_version_row *row = &rows[v.version_n++];
		*row = (struct author_version_row){.version = lines[i].version,
		                                   .in_force = lines[i].in_force,
		                                   .published = page_local_time(r, lines[i].published_us).day,
		                                   .digest = arena_copy(&r->arena, buf_str(&hex)),
		                                   .may = v.may};
		for (size_t k = 0; k < offer_n; k++) {
			row->is_offered = row->is_offered || memcmp(offers[k].service->digest, lines[i].digest, SHA256_BYTES) == 0;
		}
		buf_release(&hex);
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title = v.name, .current = NAV_AUTHORING, .back_href = STR(PATH_AUTHORING)});
	author_service_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* --- Beginning --------------------------------------------------------------------------------------------------- */

static struct str cut_title(struct req *r, struct str typed)
{
	struct str s = str_trim(typed);
	size_t at = 0;
	for (size_t i = 0; i < TITLE_CHARS_MAX && at < s.n; i++) {
		(void)str_rune(s, &at);
	}
	return str_has_control(s, "") ? STR_EMPTY : arena_copy(&r->arena, str_sub(s, 0, at));
}

static bool begin(struct req *r, struct change_begin *b, struct str then, struct err *e)
{
	struct store_op op;
	b->who = author_who(r, id_in_time(time_legal_us(&r->app->time)), 0);
	if (!app_op(r, CATALOGUE_ROUTE, &op, e) || !app_write(r, &op, change_begin_job, b, e)) {
		return false;
	}
	return req_redirect(r, arena_printf(&r->arena, PATH_CHANGE "%s%.*s", id_text(op.result[0]).c, STR_ARG(then)));
}

bool authoring_begin_post(struct req *r, struct err *e)
{
	struct str service = req_form(r, "service"), digest = req_form(r, "repair");
	struct change_begin b = {.title = cut_title(r, req_form(r, "title")),
	                         .service = STR_EMPTY,
	                         .body = STR_EMPTY,
	                         .path = STR_EMPTY,
	                         .kind = CHANGE_PUBLICATION};
	if (b.title.n == 0) {
		struct authoring_view v = {0};
		v.title.error = tr(r->lang, N_("Write in a few words what the change is about."));
		v.errors[v.error_n++] = (struct form_error){STR("title"), v.title.error};
		return show_list(r, &v, e);
	}
	if (service.n == 0) {
		return begin(r, &b, STR_EMPTY, e);
	}
	const struct service *s = published_service(r->app, service);
	if (s == NULL || !author_may(r, service_path(r, service), s, s)) {
		return err_set(e, s ? ERR_FORBIDDEN : ERR_NOT_FOUND, "not a service that this author writes");
	}
	struct str path = service_path(r, s->id);
	if (digest.n == 0) {
		return begin(r, &b, arena_printf(&r->arena, "/file?path=%.*s", STR_ARG(path)), e);
	}
	struct str owner = STR_EMPTY;
	const struct service *from = NULL;
	if (!str_to_bytes(digest, b.from, SHA256_BYTES)) {
		return err_set(e, ERR_BAD_INPUT, "a version that is no digest");
	}
	if (!definition_body(r->app, &r->arena, b.from, &owner, &b.body, e) ||
	    !catalogue_definition(r->app, b.from, &from, e)) {
		return false;
	}
	const struct institution *in = catalogue_institution_named(r->app, from->institution);
	if (!str_eq(owner, service) || in == NULL || !author_may(r, path, s, from)) {
		return err_set(e, ERR_FORBIDDEN, "a version of another service or institution");
	}
	b.kind = CHANGE_REPAIR;
	b.service = s->id;
	b.institution = in->id;
	b.path = path;
	return begin(r, &b, arena_printf(&r->arena, "/file?path=%.*s", STR_ARG(path)), e);
}

/* --- The published pack as a file -------------------------------------------------------------------------------- */

bool authoring_zip_get(struct req *r, struct err *e)
{
	struct pack_files files;
	struct buf b;
	struct zip_out z;
	int64_t version = 0;
	if (!published_files(r->app, &files, &version, e)) {
		return false;
	}
	buf_init(&b, 256 * 1024 * 1024);
	zip_begin(&z, &b);
	for (size_t i = 0; i < files.n; i++) {
		zip_put(&z, files.items[i].path, files.items[i].bytes);
	}
	pack_files_release(&files);
	bool ok = zip_end(&z, e);
	if (ok && b.n <= r->out.cap) {
		buf_put(&r->out, buf_str(&b));
		r->content_type = STR("application/zip");
		req_set_header(r, "Content-Disposition", STR("attachment; filename=\"pack.zip\""));
	} else if (ok) {
		ok = err_tell(e, ERR_TOO_LARGE,
		              N_("The pack is too large to be saved from here. Ask the operator for its folder."),
		              "a pack of %zu bytes", b.n);
	}
	buf_release(&b);
	return ok;
}
