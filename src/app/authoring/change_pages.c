/* One change: what it holds, its files in an editor, archives that are put into it, what it changes. */
#include "app/authoring/authoring.html.h"
#include "app/authoring/pages.h"
#include "app/authoring/skeleton.h"
#include "app/catalogue/catalogue.h"
#include "app/page.h"
#include "app/people/viewer.h"
#include "base/zip.h"

#include <unistd.h>

enum { BESIDE_LINES = 3, SPARE_LINES = 12, MISTAKES_SHOWN = 200, OTHERS_SHOWN = 2000 };

static size_t mistakes_of(const struct change_view *v, struct str path)
{
	size_t n = 0;
	for (size_t i = 0; i < v->mistake_n; i++) {
		n += str_eq(v->mistakes[i].path, path);
	}
	return n;
}

static struct str file_href(struct req *r, int64_t change, struct str path)
{
	return arena_printf(&r->arena, PATH_CHANGE "%s/file?path=%.*s", id_text(change).c, STR_ARG(path));
}

struct str change_action(const struct change_page_view *v, const char *rest)
{
	return arena_printf(v->arena, "%.*s%s", STR_ARG(v->base), rest);
}

bool line_is_near(const struct line_diff *d, size_t at)
{
	size_t from = at > BESIDE_LINES ? at - BESIDE_LINES : 0;
	for (size_t i = from; i <= at + BESIDE_LINES && i < d->n; i++) {
		if (d->steps[i].change != LINE_SAME) {
			return true;
		}
	}
	return false;
}

bool line_begins_gap(const struct line_diff *d, size_t at)
{
	return at > 0 && !line_is_near(d, at) && line_is_near(d, at - 1);
}

/* --- The page of a change ---------------------------------------------------------------------------------------- */

static void fill_files(struct req *r, const struct change_view *v, struct change_page_view *out)
{
	struct change_file_row *rows = arena_new(&r->arena, struct change_file_row, v->file_n + 1);
	for (size_t i = 0; rows != NULL && i < v->file_n; i++) {
		const struct change_file_list_out *f = &v->files[i];
		struct str service = pack_service_folder(f->path);
		struct change_file_row *row = &rows[out->file_n++];
		*row = (struct change_file_row){.path = f->path,
		                                .href = file_href(r, v->row.id, f->path),
		                                .mistakes = mistakes_of(v, f->path),
		                                .is_out = f->what == FILE_OUT,
		                                .is_new = pack_files_find(&v->published, f->path) == NULL,
		                                .is_stale = change_is_stale(v, f)};
		if (service.n > 0 && pack_service(v->pack, service) != NULL) {
			row->preview_href =
				arena_printf(&r->arena, PATH_CHANGE "%s/preview/%.*s", id_text(v->row.id).c, STR_ARG(service));
		}
		out->stale += row->is_stale;
		out->has_shared = out->has_shared || service.n == 0;
	}
	out->files = rows;
}

static void fill_mistakes(struct req *r, const struct change_view *v, struct change_page_view *out)
{
	struct mistake_row *rows = arena_new(&r->arena, struct mistake_row, MISTAKES_SHOWN);
	for (size_t i = 0; rows != NULL && i < v->mistake_n && i < MISTAKES_SHOWN; i++) {
		const struct author_mistake *m = &v->mistakes[i];
		rows[out->mistake_n++] = (struct mistake_row){
			.href = arena_printf(&r->arena, "%.*s#line-%d", STR_ARG(file_href(r, v->row.id, m->path)), m->line),
			.where = arena_printf(&r->arena, "%.*s:%d", STR_ARG(m->path), m->line),
			.say = arena_copy(&r->arena, m->say)};
	}
	out->mistakes = rows;
}

/* Files that could be changed too. */
static void fill_others(struct req *r, const struct change_view *v, struct change_page_view *out)
{
	struct form_choice *rows = arena_new(&r->arena, struct form_choice, OTHERS_SHOWN);
	for (size_t i = 0; rows != NULL && i < v->merged.n && out->other_n < OTHERS_SHOWN; i++) {
		struct str path = v->merged.items[i].path, service = pack_service_folder(path);
		const struct service *s = service.n > 0 ? published_service(r->app, service) : NULL;
		if (change_file(v, path) == NULL && author_may(r, path, s, s)) {
			struct str shown = arena_printf(&r->arena, "\u2068%.*s\u2069", STR_ARG(path));
			rows[out->other_n++] = (struct form_choice){
				.value = arena_copy(&r->arena, path),
				.label = s ? arena_printf(&r->arena, "%.*s (%.*s)", STR_ARG(text_in(&s->name, r->lang)), STR_ARG(shown))
			               : shown};
		}
	}
	out->others = rows;
	out->other = (struct form_field){.name = STR("path"), .label = tr(r->lang, N_("Another file"))};
}

static const struct service *repaired_from(struct req *r, const struct change_view *v)
{
	const struct service *s = NULL;
	struct err ignored;
	return v->row.from_digest.n == SHA256_BYTES &&
	               catalogue_definition(r->app, (const uint8_t *)v->row.from_digest.p, &s, &ignored)
	           ? s
	           : NULL;
}

static void fill_objections(struct req *r, const struct change_view *v, struct change_page_view *out)
{
	const struct service *before = repaired_from(r, v), *after = pack_service(v->pack, v->row.service);
	struct sentences s;
	sentences_init(&s, &r->arena, r->lang);
	if (before != NULL && after != NULL) {
		repair_objections(&s, before, after);
	}
	out->objections = s.items;
	out->objection_n = s.n;
}

static void label_forms(struct req *r, struct change_forms *f)
{
	f->reason.name = STR("reason");
	f->reason.label = tr(r->lang, N_("What changes, and why"));
	f->reason.hint = tr(r->lang, N_("For the second author. At a repair the applicants read it too"));
	f->reason.chars_max = REASON_CHARS_MAX;
	f->reason.rows = 4;
	f->from_field.name = STR("from");
	f->from_field.label = tr(r->lang, N_("From which day on?"));
	f->from_field.hint = tr(r->lang, N_("Today or later. Until then the version before goes on"));
	f->answer.name = STR("answer");
	f->answer.label = tr(r->lang, N_("Why does it go back?"));
	f->answer.chars_max = REASON_CHARS_MAX;
	f->answer.rows = 3;
	f->file.name = STR("zip");
	f->file.label = tr(r->lang, N_("Zip file"));
	f->file.hint =
		tr(r->lang, N_("A whole pack, or the folder of one service. A whole pack takes out what it does not hold"));
	f->new_path.name = STR("new");
	f->new_path.label = tr(r->lang, N_("A new service: its id"));
	f->new_path.hint = tr(r->lang, N_("Small letters, digits and hyphens, such as market-stall"));
	f->new_path.chars_max = 64;
}

bool change_show(struct req *r, const struct change_view *v, const struct change_forms *posted, struct err *e)
{
	struct err why;
	struct change_forms forms = posted ? *posted : (struct change_forms){0};
	label_forms(r, &forms);
	if (posted == NULL) {
		struct date d = date_of_day(catalogue_today(r->app));
		forms.from = (struct form_date){.day = arena_printf(&r->arena, "%d", d.day),
		                                .month = arena_printf(&r->arena, "%d", d.month),
		                                .year = arena_printf(&r->arena, "%d", d.year)};
		forms.reason.value = v->row.reason;
	}
	struct change_page_view out = {
		.arena = &r->arena,
		.csrf = r->csrf,
		.op = req_new_op(r),
		.base = change_path(r, v->row.id, ""),
		.title = v->row.title,
		.begun_name = v->row.begun_name,
		.changed_name = v->row.changed_name,
		.asked_name = v->row.asked_name,
		.closed_name = v->row.closed_name,
		.returned = v->row.returned,
		.returned_name = v->row.returned_name,
		.reason = v->row.reason,
		.version = v->row.version,
		.state = v->row.state,
		.is_repair = v->row.kind == CHANGE_REPAIR,
		.is_own = v->row.asked_by == r->viewer->account,
		.may = author_may_all(r, v, &why),
		.has_from = v->row.has_from_day,
		.from = v->row.from_day,
		.is_running = v->row.is_running,
		.moved = v->row.moved,
		.forms = &forms,
	};
	fill_files(r, v, &out);
	fill_mistakes(r, v, &out);
	if (out.is_repair) {
		fill_objections(r, v, &out);
	} else if (v->row.state == CHANGE_OPEN) {
		fill_others(r, v, &out);
	}
	if (r->arena.is_full) {
		return err_set(e, ERR_MEMORY, "no room for a change");
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v->row.title,
	                          .current = NAV_AUTHORING,
	                          .width = PAGE_NOTE,
	                          .has_errors = forms.error_n > 0,
	                          .back_href = STR(PATH_AUTHORING)});
	change_page(&o, &out);
	page_end(r, &o);
	return true;
}

bool change_get_page(struct req *r, struct err *e)
{
	struct change_view v;
	bool ok = change_of_path(r, &v, e) && change_show(r, &v, NULL, e);
	change_release(&v);
	return ok;
}

/* --- The editor -------------------------------------------------------------------------------------------------- */

static size_t count_lines(struct str s)
{
	size_t n = 1;
	for (size_t i = 0; i < s.n; i++) {
		n += s.p[i] == '\n';
	}
	return n;
}

/* A fresh service.yaml of the author's office, so that nobody begins with an empty page. */
static struct str template_of(struct req *r, const struct change_view *v, struct str path)
{
	struct str service = pack_service_folder(path), office = STR_EMPTY;
	for (size_t i = 0; i < r->viewer->role_n; i++) {
		const struct institution *in = catalogue_institution(r->app, r->viewer->roles[i].institution);
		if (r->viewer->roles[i].kind == ROLE_AUTHOR && in != NULL) {
			office = in->pack_id;
		}
	}
	return service.n == 0 ? STR_EMPTY
	                      : service_skeleton(&r->arena, service, office, catalogue_today(r->app),
	                                         v->pack != NULL && v->pack->has_lang[1]);
}

struct editing {
	struct str path, body;
	int64_t seen;
	bool is_conflict, is_saved;
	struct str theirs; /* of a conflict: what somebody else saved */
	struct str by;
};

static bool show_editor(struct req *r, struct change_view *v, const struct editing *ed, struct err *e)
{
	struct str service = pack_service_folder(ed->path);
	const struct change_file_list_out *f = change_file(v, ed->path);
	size_t n = mistakes_of(v, ed->path), k = 0;
	struct mistake_row *rows = arena_new(&r->arena, struct mistake_row, n + 1);
	int *lines = arena_new(&r->arena, int, n + 1);
	struct line_diff difference;
	if (rows == NULL || lines == NULL) {
		return err_set(e, ERR_MEMORY, "no room for mistakes");
	}
	for (size_t i = 0; i < v->mistake_n && !ed->is_conflict; i++) {
		const struct author_mistake *m = &v->mistakes[i];
		if (str_eq(m->path, ed->path)) {
			rows[k] = (struct mistake_row){.href = arena_printf(&r->arena, "#line-%d", m->line), .say = m->say};
			lines[k++] = m->line;
		}
	}
	struct editor_view out = {
		.csrf = r->csrf,
		.action = change_path(r, v->row.id, "/file"),
		.path = ed->path,
		.body = ed->body,
		.back_href = change_path(r, v->row.id, ""),
		.by = ed->by,
		.seen = ed->seen,
		.lines = count_lines(ed->body) + SPARE_LINES,
		.mistakes = rows,
		.mistake_lines = lines,
		.mistake_n = k,
		.elsewhere = v->mistake_n - n,
		.is_saved = ed->is_saved,
		.is_conflict = ed->is_conflict,
		.is_stale = f != NULL && change_is_stale(v, f),
		.is_out = f != NULL && f->what == FILE_OUT,
		.may = v->row.state == CHANGE_OPEN,
		.is_published_there = pack_files_find(&v->published, ed->path) != NULL && v->row.kind != CHANGE_REPAIR,
	};
	if (ed->is_conflict) {
		if (!line_diff(&v->arena, ed->theirs, ed->body, &difference, e)) {
			return false;
		}
		out.difference = &difference;
	}
	if (service.n > 0 && pack_service(v->pack, service) != NULL && !ed->is_conflict) {
		out.preview_href =
			arena_printf(&r->arena, PATH_CHANGE "%s/preview/%.*s", id_text(v->row.id).c, STR_ARG(service));
	}
	struct html_out o;
	r->status = ed->is_conflict ? 409 : out.mistake_n > 0 && ed->is_saved ? 422 : 200;
	page_begin(r, &o,
	           &(struct page){.title = ed->path,
	                          .current = NAV_AUTHORING,
	                          .is_desk = true,
	                          .has_errors = ed->is_conflict || out.mistake_n > 0,
	                          .back_href = out.back_href});
	editor_page(&o, &out);
	page_end(r, &o);
	return true;
}

/* May this file of this change be written here? */
static bool check_path(struct req *r, const struct change_view *v, struct str path, struct err *e)
{
	struct str service = pack_service_folder(path);
	const struct service *before = service.n > 0 ? published_service(r->app, service) : NULL;
	if (!pack_path_is_good(path)) {
		return err_tell(e, ERR_NOT_FOUND, N_("A pack has no file of this name."), "no name of a pack's file");
	}
	if (v->row.kind == CHANGE_REPAIR && !str_eq(path, service_path(r, v->row.service))) {
		return err_set(e, ERR_NOT_FOUND, "a repair has one file");
	}
	if (!author_may(r, path, before, pack_service(v->pack, service))) {
		return err_tell(e, ERR_FORBIDDEN, N_("Another institution writes this file."),
		                "an author of another institution");
	}
	return true;
}

static void present(struct req *r, const struct change_view *v, struct str path, struct editing *ed)
{
	const struct change_file_list_out *f = change_file(v, path);
	const struct pack_file *p = pack_files_find(&v->published, path);
	*ed = (struct editing){.path = path,
	                       .body = f && f->what == FILE_TEXT ? f->body
	                               : p                       ? p->bytes
	                                                         : template_of(r, v, path),
	                       .seen = f ? f->version : 0};
}

/* The newest version counts also where it says "as published". */
struct seen_job {
	struct change_file_get_in in;
	struct change_file_get_out out;
};

static bool read_seen(struct tx *tx, void *ctx, struct err *e)
{
	struct seen_job *j = ctx;
	return change_file_get(tx, &j->in, &j->out, e);
}

static bool seen_of(struct req *r, const struct change_view *v, struct editing *ed, struct err *e)
{
	struct seen_job j = {.in = {.change = v->row.id, .path = ed->path}};
	if (!store_read(r->app->store, CATALOGUE_ROUTE, &r->arena, read_seen, &j, e)) {
		return false;
	}
	ed->seen = j.out.found ? j.out.version : 0;
	ed->by = j.out.found ? j.out.saved_name : STR_EMPTY;
	ed->theirs = j.out.found && j.out.what == FILE_TEXT ? j.out.body : ed->theirs;
	return true;
}

bool change_file_get_page(struct req *r, struct err *e)
{
	struct change_view v;
	struct editing ed;
	struct str path = req_query(r, "path"), fresh = str_trim(req_query(r, "new"));
	if (fresh.n > 0) {
		path = service_path(r, fresh);
	}
	bool ok = change_of_path(r, &v, e) && check_path(r, &v, path, e);
	if (ok) {
		present(r, &v, path, &ed);
		ok = seen_of(r, &v, &ed, e) && show_editor(r, &v, &ed, e);
	}
	change_release(&v);
	return ok;
}

static struct str digest_of_published(struct req *r, const struct change_view *v, struct str path)
{
	const struct pack_file *p = pack_files_find(&v->published, path);
	uint8_t digest[SHA256_BYTES];
	if (v->row.kind == CHANGE_REPAIR) {
		return v->row.from_digest;
	}
	if (p == NULL) {
		return STR_EMPTY;
	}
	sha256_of(p->bytes, digest);
	return arena_copy(&r->arena, str_from(digest, sizeof digest));
}

/* What was posted, into the change. A conflict: *ed says with what. */
static bool save(struct req *r, const struct change_view *v, struct editing *ed, struct err *e)
{
	const struct pack_file *p = pack_files_find(&v->published, ed->path);
	bool is_out = req_has_form(r, "out"), is_back = req_has_form(r, "back");
	bool is_same = v->row.kind != CHANGE_REPAIR && p != NULL && str_eq(p->bytes, ed->body);
	struct change_save_file file = {.path = ed->path,
	                                .body = is_out || is_back || is_same ? STR_EMPTY : ed->body,
	                                .base_digest = digest_of_published(r, v, ed->path),
	                                .what = is_back || is_same || (is_out && p == NULL) ? FILE_AS_PUBLISHED
	                                        : is_out                                    ? FILE_OUT
	                                                                                    : FILE_TEXT,
	                                .seen = ed->seen};
	struct change_save s = {.who = author_who(r, v->row.id, 0), .files = &file, .n = 1};
	struct store_op op = {.route = CATALOGUE_ROUTE};
	struct err why;
	if (app_write(r, &op, change_save_job, &s, &why)) {
		ed->is_saved = true;
		return true;
	}
	*e = why;
	if (why.code != ERR_CONFLICT || v->row.state != CHANGE_OPEN) {
		return false;
	}
	ed->is_conflict = true;
	ed->theirs = p ? p->bytes : STR_EMPTY;
	return seen_of(r, v, ed, e);
}

bool change_file_post(struct req *r, struct err *e)
{
	struct change_view v, after;
	struct editing ed = {.path = req_form(r, "path"), .body = req_form(r, "body")};
	bool is_moved = req_has_form(r, "out") || req_has_form(r, "back");
	bool ok = change_of_path(r, &v, e) && check_path(r, &v, ed.path, e);
	if (ok && ed.body.n > PACK_FILE_BYTES_MAX) {
		ok = err_tell(e, ERR_TOO_LARGE, N_("A file may have 512 KiB. Divide it."), "a file of %zu bytes", ed.body.n);
	}
	if (ok && !str_to_i64(req_form(r, "seen"), &ed.seen)) {
		ok = err_set(e, ERR_BAD_INPUT, "no version that was seen");
	}
	/* A text area's last line often lacks its end. */
	if (ok && ed.body.n > 0 && !str_ends(ed.body, STR("\n"))) {
		ed.body = arena_printf(&r->arena, "%.*s\n", STR_ARG(ed.body));
	}
	ok = ok && save(r, &v, &ed, e);
	if (ok && ed.is_conflict) {
		ok = show_editor(r, &v, &ed, e);
	} else if (ok && is_moved) {
		ok = req_redirect(r, change_path(r, v.row.id, ""));
	} else if (ok) {
		ok = change_open(r->app, v.row.id, &after, e) && seen_of(r, &after, &ed, e) && show_editor(r, &after, &ed, e);
		change_release(&after);
	}
	change_release(&v);
	return ok;
}

/* --- Archives ---------------------------------------------------------------------------------------------------- */

static const struct zip_limits zip_limits = {
	.files = PACK_FILES_MAX, .file_bytes = PACK_FILE_BYTES_MAX, .all_bytes = 64 * 1024 * 1024};

/* What the systems of authors put beside their files. */
static bool is_litter(struct str path)
{
	return str_starts(path, STR("__MACOSX/")) || str_ends(path, STR(".DS_Store")) ||
	       str_ends(path, STR("desktop.ini")) || str_ends(path, STR("Thumbs.db"));
}

/* Many systems wrap the folder itself: "mine/pack.yaml". Cuts to where pack.yaml or service.yaml stands. */
static struct str wrapping(const struct zip_files *z, const char *name)
{
	for (size_t i = 0; i < z->n; i++) {
		struct str path = z->items[i].path;
		size_t n = strlen(name);
		if (!is_litter(path) && str_ends(path, str_of(name)) && (path.n == n || path.p[path.n - n - 1] == '/')) {
			return str_sub(path, 0, path.n - n);
		}
	}
	return STR_EMPTY;
}

struct unpacking {
	struct req *r;
	const struct change_view *v;
	struct change_save_file *files;
	size_t n;
};

static bool take(struct unpacking *u, struct str path, struct str body, enum file_what what, struct err *e)
{
	const struct pack_file *p = pack_files_find(&u->v->published, path);
	bool is_same = what == FILE_TEXT && p != NULL && str_eq(p->bytes, body);
	if (is_same && change_file(u->v, path) == NULL) {
		return true;
	}
	if (!check_path(u->r, u->v, path, e)) {
		return false;
	}
	u->files[u->n++] = (struct change_save_file){.path = path,
	                                             .body = is_same ? STR_EMPTY : body,
	                                             .base_digest = digest_of_published(u->r, u->v, path),
	                                             .what = is_same ? FILE_AS_PUBLISHED : what,
	                                             .seen = -1};
	return true;
}

static bool is_text(struct str s)
{
	return str_is_utf8(s) && !str_has_control(s, "\n\r\t");
}

static bool take_service(struct unpacking *u, const struct zip_files *z, struct str prefix, struct err *e)
{
	struct str path = arena_printf(&u->r->arena, "%.*sservice.yaml", STR_ARG(prefix));
	for (size_t i = 0; i < z->n; i++) {
		if (str_eq(z->items[i].path, path)) {
			/* The id within says which one it is; the folder may have been called anything. */
			struct str rest = z->items[i].bytes, line, id = STR_EMPTY;
			while (id.n == 0 && str_next(&rest, '\n', &line)) {
				id = str_starts(line, STR("id:")) ? str_trim(str_sub(line, 3, SIZE_MAX)) : STR_EMPTY;
			}
			return is_text(z->items[i].bytes)
			           ? take(u, service_path(u->r, id), z->items[i].bytes, FILE_TEXT, e)
			           : err_tell(e, ERR_UNSUPPORTED, N_("A file in it is no text in UTF-8."), "no text");
		}
	}
	return err_tell(e, ERR_UNSUPPORTED, N_("There is no pack.yaml and no service.yaml in it."),
	                "neither pack nor service");
}

static bool take_pack(struct unpacking *u, const struct zip_files *z, struct str prefix, struct err *e)
{
	struct pack_files held;
	pack_files_init(&held);
	bool ok = true;
	for (size_t i = 0; ok && i < z->n; i++) {
		struct str path = z->items[i].path;
		if (is_litter(path) || !str_starts(path, prefix)) {
			continue;
		}
		path = str_sub(path, prefix.n, SIZE_MAX);
		bool is_yaml = str_ends(path, STR(".yaml")) || str_ends(path, STR(".yml"));
		if (!pack_path_is_good(path)) {
			/* Remarks and pictures beside it are left out; a file that looks like one of a pack is not. */
			ok = !is_yaml || err_tell(e, ERR_INVALID, N_("It holds a YAML file whose name no file of a pack has."),
			                          "a file that a pack does not have");
			continue;
		}
		ok = (is_text(z->items[i].bytes) ||
		      err_tell(e, ERR_UNSUPPORTED, N_("A file in it is no text in UTF-8."), "no text")) &&
		     take(u, path, z->items[i].bytes, FILE_TEXT, e) && pack_files_put(&held, path, STR_EMPTY, 1, e);
	}
	for (size_t i = 0; ok && i < u->v->merged.n; i++) {
		struct str path = u->v->merged.items[i].path;
		if (pack_files_find(&held, path) == NULL) {
			bool is_published = pack_files_find(&u->v->published, path) != NULL;
			ok = take(u, path, STR_EMPTY, is_published ? FILE_OUT : FILE_AS_PUBLISHED, e);
		}
	}
	pack_files_release(&held);
	return ok;
}

static bool unpack(struct req *r, const struct change_view *v, const struct upload *up, struct err *e)
{
	struct arena a;
	struct buf b;
	struct zip_files z;
	arena_init(&a, 96 * 1024 * 1024);
	buf_init(&b, ZIP_BYTES_MAX);
	char *at = up->bytes <= ZIP_BYTES_MAX ? buf_reserve(&b, (size_t)up->bytes) : NULL;
	ssize_t n = at ? pread(up->fd, at, (size_t)up->bytes, 0) : -1;
	bool ok = at == NULL ? err_tell(e, ERR_TOO_LARGE, N_("The zip file is larger than 16 MB."), "a zip of %lld bytes",
	                                (long long)up->bytes)
	          : n != (ssize_t)up->bytes ? err_errno(e, "an upload cannot be read")
	                                    : true;
	if (ok) {
		buf_added(&b, (size_t)n);
		ok = zip_read(&a, buf_str(&b), &zip_limits, &z, e);
	}
	struct unpacking u = {.r = r, .v = v};
	if (ok) {
		u.files = arena_new(&a, struct change_save_file, z.n + v->merged.n + 1);
		struct str pack = wrapping(&z, "pack.yaml");
		bool has_pack = pack.n > 0;
		for (size_t i = 0; i < z.n; i++) {
			has_pack = has_pack || str_is(z.items[i].path, "pack.yaml");
		}
		ok = u.files == NULL                             ? err_set(e, ERR_MEMORY, "no room for files")
		     : v->row.kind == CHANGE_REPAIR || !has_pack ? take_service(&u, &z, wrapping(&z, "service.yaml"), e)
		                                                 : take_pack(&u, &z, pack, e);
	}
	struct change_save s = {.who = author_who(r, v->row.id, 0), .files = u.files, .n = u.n};
	ok = ok && (u.n == 0 || app_write(r, &(struct store_op){.route = CATALOGUE_ROUTE}, change_save_job, &s, e));
	buf_release(&b);
	arena_release(&a);
	return ok;
}

bool change_upload_post(struct req *r, struct err *e)
{
	struct change_view v;
	struct change_forms forms = {0};
	const struct upload *up = req_upload(r, "zip");
	struct err why = {0};
	bool ok = change_of_path(r, &v, e);
	if (ok && up != NULL && unpack(r, &v, up, &why)) {
		ok = req_redirect(r, change_path(r, v.row.id, ""));
	} else if (ok &&
	           (up == NULL || why.code == ERR_UNSUPPORTED || why.code == ERR_TOO_LARGE || why.code == ERR_INVALID ||
	            why.code == ERR_BAD_INPUT || why.code == ERR_NOT_FOUND || why.code == ERR_FORBIDDEN)) {
		forms.file.error = up == NULL ? tr(r->lang, N_("Choose a zip file.")) : tr(r->lang, err_say(&why));
		forms.errors[forms.error_n++] = (struct form_error){STR("zip"), forms.file.error};
		r->status = 422;
		ok = change_show(r, &v, &forms, e);
	} else if (ok) {
		*e = why;
		ok = false;
	}
	change_release(&v);
	return ok;
}

/* --- What it changes --------------------------------------------------------------------------------------------- */

static bool difference_of(struct req *r, struct change_view *v, const struct change_file_list_out *f,
                          struct file_difference *out, struct err *e)
{
	struct str service = pack_service_folder(f->path);
	const struct pack_file *p = pack_files_find(&v->published, f->path);
	const struct service *before = NULL;
	struct sentences words;
	struct str old = p ? p->bytes : STR_EMPTY, owner;
	sentences_init(&words, &r->arena, r->lang);
	if (v->row.kind == CHANGE_REPAIR) {
		before = repaired_from(r, v);
		if (!definition_body(r->app, &v->arena, (const uint8_t *)v->row.from_digest.p, &owner, &old, e)) {
			return false;
		}
	} else if (service.n > 0) {
		before = published_service(r->app, service);
	}
	if (service.n > 0) {
		difference_in_words(&words, before, pack_service(v->pack, service));
	}
	*out = (struct file_difference){.path = f->path, .words = words.items, .word_n = words.n};
	return line_diff(&v->arena, old, f->what == FILE_OUT ? STR_EMPTY : f->body, &out->lines, e);
}

bool change_difference_get(struct req *r, struct err *e)
{
	struct change_view v;
	struct difference_view out = {0};
	bool ok = change_of_path(r, &v, e);
	struct file_difference *files = ok ? arena_new(&r->arena, struct file_difference, v.file_n + 1) : NULL;
	for (size_t i = 0; ok && files != NULL && i < v.file_n; i++) {
		ok = difference_of(r, &v, &v.files[i], &files[out.file_n++], e);
	}
	if (ok) {
		struct html_out o;
		out.base = change_path(r, v.row.id, "");
		out.title = v.row.title;
		out.files = files;
		page_begin(r, &o,
		           &(struct page){.title = AUTHOR_SAY(r, N_("What “{title}” changes"), TR_O("title", v.row.title)),
		                          .current = NAV_AUTHORING,
		                          .back_href = out.base});
		difference_page(&o, &out);
		page_end(r, &o);
	}
	change_release(&v);
	return ok;
}
