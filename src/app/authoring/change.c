#include "app/authoring/change.h"

#include "app/catalogue/catalogue.h"
#include "base/json.h"
#include "store/event.h"

enum { FILES_MOST = 20000, CHANGE_BYTES_MAX = 512 * 1024 * 1024, PAYLOAD_MAX_BYTES = 64 * 1024, NAMED_MOST = 50 };

/* --- Reading ----------------------------------------------------------------------------------------------------- */

struct read_job {
	struct change_view *v;
	int64_t id;
	size_t room;
};

static bool read_change(struct tx *tx, void *ctx, struct err *e)
{
	struct read_job *j = ctx;
	struct change_view *v = j->v;
	struct change_file_list_rows rows;
	struct change_file_list_out row;
	v->files = NULL;
	v->file_n = j->room = 0;
	if (!change_get(tx, &(struct change_get_in){.id = j->id}, &v->row, e)) {
		return false;
	}
	if (!v->row.found) {
		return err_set(e, ERR_NOT_FOUND, "no such change");
	}
	if (!change_file_list_open(tx, &(struct change_file_list_in){.change = j->id}, &rows, e)) {
		return false;
	}
	bool ok = true;
	while (ok && change_file_list_next(&rows, &row)) {
		if (row.what == FILE_AS_PUBLISHED) {
			continue;
		}
		if (v->file_n == j->room) {
			j->room = j->room == 0 ? 16 : j->room * 2;
			struct change_file_list_out *more = arena_new(&v->arena, struct change_file_list_out, j->room);
			ok = more != NULL || err_set(e, ERR_MEMORY, "no memory for a change");
			if (ok && v->file_n > 0) {
				memcpy(more, v->files, v->file_n * sizeof *more);
			}
			v->files = more;
		}
		if (ok) {
			v->files[v->file_n++] = row;
		}
	}
	return change_file_list_close(&rows, ok ? e : NULL) && ok;
}

/* "services/x/service.yaml:12: what. Remedy." */
struct author_mistake *report_mistakes(struct arena *a, const struct pack_report *report, size_t *n)
{
	struct author_mistake *items = arena_new(a, struct author_mistake, report->mistakes + 1);
	struct str rest = arena_copy(a, buf_str(&report->text)), line;
	*n = 0;
	while (items != NULL && *n < report->mistakes && str_next(&rest, '\n', &line)) {
		struct str path, number, say;
		uint64_t at = 1;
		if (!str_cut(line, ':', &path, &number) || !str_cut(number, ':', &number, &say) || !str_to_u64(number, &at)) {
			continue;
		}
		items[(*n)++] = (struct author_mistake){.path = path, .say = str_trim(say), .line = (int)at};
	}
	return items;
}

static bool check(struct change_view *v, struct err *e)
{
	if (!pack_read(&v->merged, &v->report, &v->pack, e)) {
		return false;
	}
	v->mistakes = report_mistakes(&v->arena, &v->report, &v->mistake_n);
	return v->mistakes != NULL || err_set(e, ERR_MEMORY, "no memory for mistakes");
}

static void view_init(struct change_view *v)
{
	*v = (struct change_view){0};
	arena_init(&v->arena, CHANGE_BYTES_MAX);
	pack_report_init(&v->report);
	pack_files_init(&v->published);
	pack_files_init(&v->merged);
}

static bool read_both(struct app *app, struct change_view *v, struct err *e)
{
	bool ok = published_files(app, &v->published, &v->published_version, e);
	for (size_t i = 0; ok && i < v->published.n; i++) {
		const struct pack_file *f = &v->published.items[i];
		ok = pack_files_put(&v->merged, f->path, f->bytes, f->version, e);
	}
	return ok;
}

bool change_open(struct app *app, int64_t id, struct change_view *v, struct err *e)
{
	struct read_job j = {.v = v, .id = id};
	view_init(v);
	bool ok = store_read(app->store, CATALOGUE_ROUTE, &v->arena, read_change, &j, e) && read_both(app, v, e);
	for (size_t i = 0; ok && i < v->file_n; i++) {
		if (v->files[i].what == FILE_OUT) {
			pack_files_drop(&v->merged, v->files[i].path);
		} else {
			ok = pack_files_put(&v->merged, v->files[i].path, v->files[i].body, 1, e);
		}
	}
	return ok && check(v, e);
}

bool change_open_published(struct app *app, struct change_view *v, struct err *e)
{
	view_init(v);
	return read_both(app, v, e) && check(v, e);
}

void change_release(struct change_view *v)
{
	pack_free(v->pack);
	pack_files_release(&v->published);
	pack_files_release(&v->merged);
	pack_report_release(&v->report);
	arena_release(&v->arena);
}

const struct change_file_list_out *change_file(const struct change_view *v, struct str path)
{
	for (size_t i = 0; i < v->file_n; i++) {
		if (str_eq(v->files[i].path, path)) {
			return &v->files[i];
		}
	}
	return NULL;
}

bool change_is_stale(const struct change_view *v, const struct change_file_list_out *f)
{
	const struct pack_file *now = pack_files_find(&v->published, f->path);
	uint8_t digest[SHA256_BYTES];
	if (v->row.kind == CHANGE_REPAIR) {
		return false; /* what it repairs stands still */
	}
	if (now == NULL) {
		return f->base_digest.n > 0;
	}
	sha256_of(now->bytes, digest);
	return !str_eq(f->base_digest, str_from(digest, sizeof digest)) && !str_eq(now->bytes, f->body);
}

const struct service *published_service(struct app *app, struct str id)
{
	struct arena a;
	struct offer *offers = NULL;
	const struct service *found = NULL;
	arena_init(&a, 16 * 1024 * 1024);
	size_t n = catalogue_offers(app, &a, &offers);
	for (size_t i = 0; i < n; i++) {
		found = str_eq(offers[i].service->id, id) ? offers[i].service : found; /* by day: the last is the newest */
	}
	arena_release(&a);
	return found;
}

/* --- Jobs -------------------------------------------------------------------------------------------------------- */

/* What happened, with the names of the files; no word of anybody in it. */
static bool append(struct tx *tx, const char *kind, const struct change_who *who, const struct change_save *files,
                   struct str service, struct err *e)
{
	struct buf b;
	buf_init(&b, PAYLOAD_MAX_BYTES);
	struct json_out j = {.to = &b};
	json_begin_object(&j);
	json_key(&j, STR("change"));
	json_put_int(&j, who->change);
	if (files != NULL) {
		json_key(&j, STR("files"));
		json_begin_array(&j);
		for (size_t i = 0; i < files->n && i < NAMED_MOST; i++) {
			json_put_string(&j, files->files[i].path);
		}
		json_end_array(&j);
	}
	json_end_object(&j);
	struct event ev = {
		.route = tx_route(tx),
		.room = STR("authoring"),
		.kind = str_of(kind),
		.version = 1,
		.service = service,
		.actor = who->account,
		.effective_us = tx_now_us(tx),
		.public_payload = buf_str(&b),
		.personal_payload = STR_EMPTY,
	};
	bool ok = buf_ok(&b, e) && event_append(tx, &ev, e);
	buf_release(&b);
	return ok;
}

static bool save_files(struct tx *tx, const struct change_save *s, struct err *e)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct change_save_file *f = &s->files[i];
		struct change_file_get_out now;
		if (!change_file_get(tx, &(struct change_file_get_in){.change = s->who.change, .path = f->path}, &now, e)) {
			return false;
		}
		int64_t version = now.found ? now.version : 0;
		if (f->seen >= 0 && f->seen != version) {
			return err_set(e, ERR_CONFLICT, "the file was saved by somebody else meanwhile");
		}
		if (!change_file_retire(tx, &(struct change_file_retire_in){.change = s->who.change, .path = f->path}, NULL,
		                        e) ||
		    !change_file_insert(tx,
		                        &(struct change_file_insert_in){.change = s->who.change,
		                                                        .path = f->path,
		                                                        .version = version + 1,
		                                                        .what = f->what,
		                                                        .body = f->body,
		                                                        .base_digest = f->base_digest,
		                                                        .saved_by = s->who.account,
		                                                        .saved_name = s->who.name,
		                                                        .saved_at = tx_now_us(tx)},
		                        e)) {
			return false;
		}
	}
	return true;
}

bool change_begin_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct change_begin *b = ctx;
	bool is_repair = b->kind == CHANGE_REPAIR;
	struct str from = is_repair ? str_from(b->from, SHA256_BYTES) : STR_EMPTY;
	struct change_save_file file = {.path = b->path, .body = b->body, .base_digest = from, .what = FILE_TEXT};
	struct change_save save = {.who = b->who, .files = &file, .n = is_repair ? 1 : 0};
	tx_result(tx, 0, b->who.change);
	return change_insert(tx,
	                     &(struct change_insert_in){.id = b->who.change,
	                                                .kind = b->kind,
	                                                .title = b->title,
	                                                .begun_by = b->who.account,
	                                                .begun_name = b->who.name,
	                                                .begun_at = tx_now_us(tx),
	                                                .service = b->service,
	                                                .from_digest = from,
	                                                .to_digest = STR_EMPTY,
	                                                .institution = b->institution},
	                     e) &&
	       save_files(tx, &save, e) &&
	       append(tx, is_repair ? "repair-begun" : "change-begun", &b->who, NULL, b->service, e);
}

bool change_save_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct change_save *s = ctx;
	return change_touch(
			   tx,
			   &(struct change_touch_in){.id = s->who.change, .changed_name = s->who.name, .changed_at = tx_now_us(tx)},
			   e) &&
	       save_files(tx, s, e);
}

bool change_ask_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct change_ask *a = ctx;
	const struct change_who *who = &a->save.who;
	return change_ask(tx,
	                  &(struct change_ask_in){.id = who->change,
	                                          .version = who->version,
	                                          .asked_by = who->account,
	                                          .asked_name = who->name,
	                                          .reason = a->reason,
	                                          .has_from_day = a->from_day != 0,
	                                          .from_day = a->from_day,
	                                          .changed_at = tx_now_us(tx)},
	                  e) &&
	       save_files(tx, &a->save, e) && append(tx, "publication-asked", who, &a->save, STR_EMPTY, e);
}

bool change_return_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct change_answer *a = ctx;
	return change_return(
			   tx,
			   &(struct change_return_in){
				   .id = a->who.change, .version = a->who.version, .returned = a->reason, .returned_name = a->who.name},
			   e) &&
	       append(tx, "publication-returned", &a->who, NULL, STR_EMPTY, e);
}

bool change_publish_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct change_answer *a = ctx;
	const struct service *s = a->repaired;
	return (a->publication == NULL || publication_make(tx, a->publication, e)) &&
	       change_publish(tx,
	                      &(struct change_publish_in){.id = a->who.change,
	                                                  .version = a->who.version,
	                                                  .closed_by = a->who.account,
	                                                  .closed_name = a->who.name,
	                                                  .has_closed_at = true,
	                                                  .closed_at = tx_now_us(tx),
	                                                  .to_digest = s ? str_from(s->digest, SHA256_BYTES) : STR_EMPTY,
	                                                  .is_running = s != NULL},
	                      e) &&
	       (s == NULL || definition_keep(tx, s, a->repaired_body, e)) &&
	       append(tx, s ? "repair-confirmed" : "published", &a->who, NULL, s ? s->id : STR_EMPTY, e);
}

bool change_discard_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct change_answer *a = ctx;
	return change_discard(tx,
	                      &(struct change_discard_in){.id = a->who.change,
	                                                  .version = a->who.version,
	                                                  .closed_by = a->who.account,
	                                                  .closed_name = a->who.name,
	                                                  .has_closed_at = true,
	                                                  .closed_at = tx_now_us(tx)},
	                      e) &&
	       append(tx, "change-discarded", &a->who, NULL, STR_EMPTY, e);
}
