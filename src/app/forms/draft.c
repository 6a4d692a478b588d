#include "app/forms/draft.h"

#include <unistd.h>

#include "app/catalogue/catalogue.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/forms.sql.h"
#include "app/forms/intake.h"
#include "app/forms/lapse.h"
#include "app/forms/value.h"
#include "base/json.h"
#include "os/file.h"
#include "os/render_client.h"

enum { FILES_MOST = 1000, HELD_MOST = 200 };

bool draft_get(struct tx *tx, int64_t party, int64_t id, struct draft *out, struct err *e)
{
	struct draft_row_out row;
	if (!draft_row(tx, &(struct draft_row_in){.party = party, .id = id}, &row, e)) {
		return false;
	}
	if (!row.found) {
		return err_set(e, ERR_NOT_FOUND, "no such draft");
	}
	if (row.definition.n != SHA256_BYTES) {
		return err_set(e, ERR_CORRUPT, "a draft names a definition of %zu bytes", row.definition.n);
	}
	*out = (struct draft){
		.party = party,
		.id = id,
		.service = row.service,
		.state = (enum draft_state)row.state,
		.channel = (enum channel)row.channel,
		.version = row.version,
		.answers_json = row.answers,
		.former = row.former,
		.lost_json = row.lost,
		.begun_by = row.begun_by,
		.asked = {row.asked_by, row.enquiry},
		.changed_us = row.changed_at,
	};
	memcpy(out->definition, row.definition.p, SHA256_BYTES);
	return true;
}

bool draft_submit(struct tx *tx, int64_t party, int64_t id, int64_t version, struct err *e)
{
	return draft_close(
			   tx, &(struct draft_close_in){.party = party, .id = id, .version = version, .changed_at = tx_now_us(tx)},
			   e) &&
	       lapse_end(tx, party, id, e);
}

bool draft_correction_begin(struct tx *tx, int64_t party, int64_t id, struct err *e)
{
	return draft_open_correction(
		tx, &(struct draft_open_correction_in){.party = party, .id = id, .changed_at = tx_now_us(tx)}, e);
}

bool draft_correction_end(struct tx *tx, int64_t party, int64_t id, int64_t version, struct err *e)
{
	return draft_close_correction(
		tx,
		&(struct draft_close_correction_in){.party = party, .id = id, .version = version, .changed_at = tx_now_us(tx)},
		e);
}

bool held_add(struct tx *tx, int64_t party, const struct held_paper *p, struct err *e)
{
	int64_t rows;
	return held_insert(tx,
	                   &(struct held_insert_in){.party = party,
	                                            .document = p->document,
	                                            .casefile = p->casefile,
	                                            .service = p->service,
	                                            .number = p->number,
	                                            .issued_on = p->issued_on,
	                                            .has_valid_until = p->valid_until != INT32_MAX,
	                                            .valid_until = p->valid_until},
	                   &rows, e);
}

bool held_name(struct tx *tx, int64_t party, struct str document, int64_t casefile, struct str number, bool has_end,
               day_number valid_until, struct err *e)
{
	return held_set(tx,
	                &(struct held_set_in){.party = party,
	                                      .document = document,
	                                      .casefile = casefile,
	                                      .number = number,
	                                      .has_valid_until = has_end,
	                                      .valid_until = valid_until},
	                NULL, e);
}

bool held_of(struct tx *tx, int64_t party, struct file_list *files, struct err *e)
{
	struct held_list_rows rows;
	struct held_list_out row;
	struct held_paper *list = arena_new(tx_arena(tx), struct held_paper, HELD_MOST);
	files->held = list;
	files->held_n = 0;
	if (list == NULL) {
		return err_set(e, ERR_MEMORY, "no room for papers");
	}
	if (!held_list_open(tx, &(struct held_list_in){.party = party}, &rows, e)) {
		return false;
	}
	while (files->held_n < HELD_MOST && held_list_next(&rows, &row)) {
		list[files->held_n++] = (struct held_paper){
			.document = row.document,
			.casefile = row.casefile,
			.service = row.service,
			.number = row.number,
			.issued_on = row.issued_on,
			.valid_until = row.has_valid_until ? row.valid_until : INT32_MAX,
		};
	}
	return held_list_close(&rows, e);
}

static bool job_held(struct tx *tx, void *ctx, struct err *e)
{
	return held_of(tx, tx_route(tx), ctx, e);
}

bool held_documents(struct req *r, int64_t party, struct str **out, size_t *n, struct err *e)
{
	struct file_list all = {0};
	day_number today = catalogue_today(r->app);
	*n = 0;
	if (!store_read(r->app->store, party, &r->arena, job_held, &all, e)) {
		return false;
	}
	*out = arena_new(&r->arena, struct str, all.held_n + 1);
	for (size_t i = 0; *out && i < all.held_n; i++) {
		if (all.held[i].valid_until >= today) {
			(*out)[(*n)++] = all.held[i].document;
		}
	}
	return *out != NULL || err_set(e, ERR_MEMORY, "no memory for a list of papers");
}

const struct held_paper *held_for(const struct service *s, const struct question *q, const struct file_list *files,
                                  day_number today)
{
	const struct evidence *ev = q->type == QUESTION_FILES ? service_evidence(s, q->evidence) : NULL;
	const struct held_paper *found = NULL;
	for (size_t i = 0; ev && ev->document.n > 0 && i < files->held_n; i++) {
		const struct held_paper *p = &files->held[i];
		if (str_eq(p->document, ev->document) && p->valid_until >= today) {
			found = p; /* of one kind they are in order of time */
		}
	}
	return found;
}

bool draft_part_add(struct tx *tx, const struct draft_part *p, struct err *e)
{
	return draft_insert_part(tx,
	                         &(struct draft_insert_part_in){.party = p->party,
	                                                        .id = p->id,
	                                                        .state = p->state,
	                                                        .channel = p->channel ? p->channel : CHANNEL_WEB,
	                                                        .service = p->service->id,
	                                                        .definition = str_from(p->service->digest, SHA256_BYTES),
	                                                        .answers = p->answers_json,
	                                                        .former = STR_EMPTY,
	                                                        .lost = STR("{}"),
	                                                        .begun_by = p->begun_by,
	                                                        .begun_at = tx_now_us(tx)},
	                         e);
}

static bool end_wait(struct tx *tx, int64_t party, int64_t id, enum draft_state state, struct err *e)
{
	return draft_end_wait(
		tx, &(struct draft_end_wait_in){.state = state, .changed_at = tx_now_us(tx), .party = party, .id = id}, e);
}

bool draft_wait_end(struct tx *tx, int64_t party, int64_t id, struct err *e)
{
	return end_wait(tx, party, id, DRAFT_SUBMITTED, e);
}

bool draft_give_back(struct tx *tx, const struct app *app, int64_t party, int64_t id, struct err *e)
{
	return end_wait(tx, party, id, DRAFT_OPEN, e) && lapse_begin(tx, app->draft_keep_us, party, id, tx_now_us(tx), e);
}

static bool insert_file(struct tx *tx, const struct file_row *f, struct err *e)
{
	return file_insert(tx,
	                   &(struct file_insert_in){.party = f->party,
	                                            .id = f->id,
	                                            .casefile = f->casefile,
	                                            .question = f->question,
	                                            .filename = f->filename,
	                                            .digest = str_from(f->original.digest, SHA256_BYTES),
	                                            .bytes = f->original.bytes,
	                                            .pages_digest = str_from(f->pages.digest, SHA256_BYTES),
	                                            .pages_bytes = f->pages.bytes,
	                                            .layout = f->layout,
	                                            .page_n = f->page_n,
	                                            .added_at = tx_now_us(tx)},
	                   e);
}

bool file_give(struct tx *tx, const struct file_row *f, int64_t casefile, struct str question, struct err *e)
{
	struct file_row copy = *f;
	copy.id = id_in_time(tx_now_us(tx));
	copy.casefile = casefile;
	copy.question = question;
	return insert_file(tx, &copy, e);
}

/* --- Jobs of this room ------------------------------------------------------------------------------------------- */

bool draft_job_begin(struct tx *tx, void *ctx, struct err *e)
{
	const struct draft_begin *b = ctx;
	int64_t open = 0;
	if (!draft_insert(tx,
	                  &(struct draft_insert_in){.party = b->party,
	                                            .id = b->id,
	                                            .channel = b->intake != NULL ? b->intake->channel
	                                                       : b->channel != 0 ? b->channel
	                                                                         : CHANNEL_WEB,
	                                            .asked_by = b->asked.party,
	                                            .enquiry = b->asked.id,
	                                            .service = b->service,
	                                            .definition = str_from(b->definition, SHA256_BYTES),
	                                            .answers = STR("{}"),
	                                            .former = STR_EMPTY,
	                                            .lost = STR("{}"),
	                                            .begun_by = b->begun_by,
	                                            .begun_at = tx_now_us(tx)},
	                  e) ||
	    !draft_open_count(tx, &(struct draft_open_count_in){.party = b->party}, &open, e)) {
		return false;
	}
	if (open > DRAFTS_MOST) {
		return err_tell(
			e, ERR_TOO_MANY,
			N_("There are too many applications that you began and did not send. Finish one or throw it away."),
			"too many open drafts");
	}
	tx_result(tx, 0, b->id);
	return (b->intake == NULL || intake_begin(tx, b->intake, b->id, e)) &&
	       lapse_begin(tx, b->keep_us, b->party, b->id, tx_now_us(tx), e);
}

bool draft_job_save(struct tx *tx, void *ctx, struct err *e)
{
	const struct draft_save *s = ctx;
	struct draft d;
	struct answers all;
	struct buf json;
	if (!draft_touch(
			tx,
			&(struct draft_touch_in){.party = s->party, .id = s->id, .state = DRAFT_OPEN, .changed_at = tx_now_us(tx)},
			e) ||
	    !draft_get(tx, s->party, s->id, &d, e) || !answers_parse(tx_arena(tx), d.answers_json, &all, e)) {
		return false;
	}
	if (s->version > 0 && d.version != s->version + 1) {
		return err_set(e, ERR_CONFLICT, "the draft was changed since its page was compared");
	}
	for (size_t i = 0; i < s->page.n; i++) {
		if (!answers_set(tx_arena(tx), &all, &s->page.items[i], e)) {
			return false;
		}
	}
	buf_init(&json, DRAFT_BYTES_MAX);
	answers_put_json(&json, &all);
	bool ok =
		json.failed
			? err_tell(e, ERR_TOO_LARGE, N_("That is more than one application can hold."), "answers too long")
			: draft_set_answers(
				  tx, &(struct draft_set_answers_in){.party = s->party, .id = s->id, .answers = buf_str(&json)}, e);
	buf_release(&json);
	return ok;
}

bool draft_job_migrate(struct tx *tx, void *ctx, struct err *e)
{
	const struct draft_migration *m = ctx;
	if (!draft_set_definition(tx,
	                          &(struct draft_set_definition_in){.party = m->party,
	                                                            .id = m->id,
	                                                            .version = m->version,
	                                                            .service = m->service,
	                                                            .definition = str_from(m->definition, SHA256_BYTES),
	                                                            .former = str_from(m->former, SHA256_BYTES),
	                                                            .answers = m->answers,
	                                                            .lost = m->lost,
	                                                            .changed_at = tx_now_us(tx)},
	                          e)) {
		return false;
	}
	for (size_t i = 0; i < m->file_n; i++) {
		int64_t rows = 0;
		if (!file_set_question(
				tx,
				&(struct file_set_question_in){
					.party = m->party, .casefile = m->id, .question = m->files[i].to, .old_question = m->files[i].from},
				&rows, e)) {
			return false;
		}
	}
	return true;
}

bool draft_job_read_lost(struct tx *tx, void *ctx, struct err *e)
{
	const struct draft_save *s = ctx;
	return draft_set_lost(tx, &(struct draft_set_lost_in){.party = s->party, .id = s->id, .lost = STR("{}")}, e);
}

bool draft_job_discard(struct tx *tx, void *ctx, struct err *e)
{
	const struct draft_save *s = ctx;
	int64_t gone = 0;
	return draft_delete(tx, &(struct draft_delete_in){.party = s->party, .id = s->id}, e) &&
	       intake_delete(tx, &(struct intake_delete_in){.party = s->party, .draft = s->id}, &gone, e) &&
	       file_delete_all(tx, &(struct file_delete_all_in){.party = s->party, .casefile = s->id}, &gone, e) &&
	       lapse_end(tx, s->party, s->id, e);
}

bool draft_job_add_file(struct tx *tx, void *ctx, struct err *e)
{
	const struct file_change *c = ctx;
	const struct file_row *f = &c->file;
	return draft_touch(tx,
	                   &(struct draft_touch_in){
						   .party = f->party, .id = f->casefile, .state = c->state, .changed_at = tx_now_us(tx)},
	                   e) &&
	       insert_file(tx, f, e);
}

bool draft_job_remove_file(struct tx *tx, void *ctx, struct err *e)
{
	const struct file_change *c = ctx;
	const struct file_row *f = &c->file;
	int64_t rows = 0;
	if (!draft_touch(tx,
	                 &(struct draft_touch_in){
						 .party = f->party, .id = f->casefile, .state = c->state, .changed_at = tx_now_us(tx)},
	                 e)) {
		return false;
	}
	return c->state == DRAFT_OPEN
	           ? file_delete(tx, &(struct file_delete_in){.party = f->party, .id = f->id, .casefile = f->casefile},
	                         &rows, e)
	           : file_set_replaced(
					 tx, &(struct file_set_replaced_in){.party = f->party, .id = f->id, .casefile = f->casefile}, &rows,
					 e);
}

/* --- Lists ------------------------------------------------------------------------------------------------------- */

bool drafts_open(struct tx *tx, int64_t party, struct draft_line **out, size_t *n, struct err *e)
{
	struct draft_open_list_rows rows;
	struct draft_open_list_out row;
	*n = 0;
	*out = arena_new(tx_arena(tx), struct draft_line, DRAFTS_MOST);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no room for drafts");
	}
	if (!draft_open_list_open(tx, &(struct draft_open_list_in){.party = party}, &rows, e)) {
		return false;
	}
	while (draft_open_list_next(&rows, &row) && *n < DRAFTS_MOST) {
		struct draft_line *l = &(*out)[(*n)++];
		*l = (struct draft_line){.party = party, .id = row.id, .service = row.service, .changed_us = row.changed_at};
		if (row.definition.n == SHA256_BYTES) {
			memcpy(l->definition, row.definition.p, SHA256_BYTES);
		}
	}
	return draft_open_list_close(&rows, e);
}

static bool blob_of(int64_t party, struct str digest, int64_t bytes, struct blob_ref *out, struct err *e)
{
	if (digest.n != SHA256_BYTES) {
		return err_set(e, ERR_CORRUPT, "a file names a blob by %zu bytes", digest.n);
	}
	*out = (struct blob_ref){.party = party, .bytes = bytes};
	memcpy(out->digest, digest.p, SHA256_BYTES);
	return true;
}

static bool take_row(const struct file_list_of_out *row, struct file_row *out, struct err *e)
{
	*out = (struct file_row){
		.party = row->party,
		.id = row->id,
		.casefile = row->casefile,
		.question = row->question,
		.filename = row->filename,
		.layout = row->layout,
		.page_n = (int)row->page_n,
		.bytes = row->bytes,
		.added_us = row->added_at,
		.is_replaced = row->is_replaced,
	};
	return blob_of(row->party, row->digest, row->bytes, &out->original, e) &&
	       blob_of(row->party, row->pages_digest, row->pages_bytes, &out->pages, e);
}

bool files_of(struct tx *tx, int64_t party, int64_t casefile, struct file_list *out, struct err *e)
{
	struct file_list_of_rows rows;
	struct file_list_of_out row;
	size_t room = 0;
	bool ok = true;
	*out = (struct file_list){0};
	if (!file_list_of_open(tx, &(struct file_list_of_in){.party = party, .casefile = casefile}, &rows, e)) {
		return false;
	}
	while (ok && file_list_of_next(&rows, &row) && out->n < FILES_MOST) {
		if (out->n == room) {
			room = room == 0 ? 16 : room * 2;
			struct file_row *items = arena_new(tx_arena(tx), struct file_row, room);
			if (items == NULL) {
				ok = err_set(e, ERR_MEMORY, "no room for files");
				break;
			}
			if (out->n > 0) {
				memcpy(items, out->items, out->n * sizeof(*items));
			}
			out->items = items;
		}
		ok = take_row(&row, &out->items[out->n], e);
		out->n += ok;
	}
	struct err closing = {0};
	bool is_closed = file_list_of_close(&rows, &closing);
	if (ok && !is_closed) {
		*e = closing;
	}
	return ok && is_closed;
}

bool file_get(struct tx *tx, int64_t party, int64_t id, struct file_row *out, struct err *e)
{
	struct file_row_get_out row;
	if (!file_row_get(tx, &(struct file_row_get_in){.party = party, .id = id}, &row, e)) {
		return false;
	}
	if (!row.found) {
		return err_set(e, ERR_NOT_FOUND, "no such file");
	}
	struct file_list_of_out same = {
		.party = row.party,
		.id = row.id,
		.casefile = row.casefile,
		.question = row.question,
		.filename = row.filename,
		.digest = row.digest,
		.bytes = row.bytes,
		.pages_digest = row.pages_digest,
		.pages_bytes = row.pages_bytes,
		.layout = row.layout,
		.page_n = row.page_n,
		.added_at = row.added_at,
		.is_replaced = row.is_replaced,
	};
	return take_row(&same, out, e);
}

struct blob_look {
	struct str digest;
	int64_t n;
};

static bool job_is_named(struct tx *tx, void *ctx, struct err *e)
{
	struct blob_look *l = ctx;
	return file_naming_blob(tx, &(struct file_naming_blob_in){.party = tx_route(tx), .digest = l->digest}, &l->n, e);
}

bool file_blob_is_named(struct store *s, int64_t party, const uint8_t digest[SHA256_BYTES], bool *is_named,
                        struct err *e)
{
	struct arena a;
	struct blob_look l = {.digest = str_from(digest, SHA256_BYTES)};
	arena_init(&a, 64 * 1024);
	bool ok = store_read(s, party, &a, job_is_named, &l, e);
	arena_release(&a);
	*is_named = l.n > 0;
	return ok;
}

/* --- Pages of a file --------------------------------------------------------------------------------------------- */

/* [[type, width, height, offset, bytes], ...] */
void file_put_layout(struct buf *to, const struct render_result *r)
{
	struct json_out j = {.to = to};
	json_begin_array(&j);
	for (size_t i = 0; i < r->page_n; i++) {
		const struct render_page *p = &r->pages[i];
		json_begin_array(&j);
		json_put_int(&j, p->type);
		json_put_int(&j, p->width);
		json_put_int(&j, p->height);
		json_put_int(&j, p->offset);
		json_put_int(&j, p->bytes);
		json_end_array(&j);
	}
	json_end_array(&j);
}

static bool read_page(const struct json *j, int64_t container_bytes, struct file_page *out)
{
	int64_t v[5] = {0};
	size_t n = 0;
	for (const struct json *x = j->first; x != NULL; x = x->next, n++) {
		if (n >= 5 || x->kind != JSON_INT || x->integer < 0) {
			return false;
		}
		v[n] = x->integer;
	}
	*out = (struct file_page){.content_type = page_content_type((enum page_type)v[0]),
	                          .width = (int32_t)v[1],
	                          .height = (int32_t)v[2],
	                          .offset = v[3],
	                          .bytes = v[4]};
	return n == 5 && (v[0] == PAGE_JPEG || v[0] == PAGE_PNG) && v[1] <= INT32_MAX && v[2] <= INT32_MAX &&
	       v[3] <= container_bytes && v[4] <= container_bytes - v[3];
}

bool file_pages(struct arena *a, const struct file_row *f, struct file_page **out, size_t *n, struct err *e)
{
	struct json *root = NULL;
	*n = 0;
	if (!json_parse(a, f->layout, &root, e)) {
		return false;
	}
	*out = arena_new(a, struct file_page, RENDER_PAGES_MAX);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no room for pages");
	}
	for (const struct json *j = root->first; j != NULL; j = j->next) {
		if (*n == RENDER_PAGES_MAX || !read_page(j, f->pages.bytes, &(*out)[*n])) {
			return err_set(e, ERR_CORRUPT, "layout of a file");
		}
		(*n)++;
	}
	return *n == (size_t)f->page_n || err_set(e, ERR_CORRUPT, "a file has another number of pages than its layout");
}

bool file_send_page(struct req *r, const struct file_row *f, int64_t page, struct err *e)
{
	struct file_page *pages = NULL;
	size_t n = 0;
	int container = -1;
	if (!file_pages(&r->arena, f, &pages, &n, e)) {
		return false;
	}
	if (page < 0 || (uint64_t)page >= n) {
		return err_set(e, ERR_NOT_FOUND, "no such page");
	}
	if (!blobs_get(r->app->blobs, &f->pages, &container, e)) {
		return false;
	}
	struct render_result whole = {.page_n = 1, .fd = container};
	whole.pages[0] = (struct render_page){.offset = pages[page].offset, .bytes = pages[page].bytes};
	int fd = -1;
	bool ok = render_page_fd(&whole, 0, &fd, e);
	close(container);
	return ok && req_send_file(r, fd, pages[page].content_type, STR_EMPTY);
}

/* --- The whole application --------------------------------------------------------------------------------------- */

size_t answers_check(struct arena *a, const struct service *s, const struct answers *as, const struct file_list *files,
                     int32_t today, struct str **questions_out)
{
	struct answers shown;
	struct value_rules rules = {
		.arena = a, .lang = STR("en"), .today = today, .calling_code = STR_EMPTY, .shown = &shown};
	size_t n = 0;
	*questions_out = arena_new(a, struct str, service_question_count(s) + 2);
	if (*questions_out == NULL || !answers_shown(a, s, as, &shown, NULL)) {
		return 1; /* never "all is well" without having looked */
	}
	for (size_t i = 0; i < s->page_n; i++) {
		const struct form_page *p = &s->pages[i];
		for (size_t k = 0; k < p->question_n; k++) {
			const struct question *q = &p->questions[k];
			struct value_fault why;
			if (!question_is_shown(p, q, &shown)) {
				continue;
			}
			bool is_good = q->type == QUESTION_FILES
			                   ? files_fit(q, files_count(files, q->id)) || held_for(s, q, files, today) != NULL ||
			                         files_were_seen(q, files)
			                   : value_check(&rules, q, answers_find(&shown, q->id), &why);
			if (!is_good) {
				(*questions_out)[n++] = q->id;
			}
		}
	}
	if (files->needs_scan && files_count(files, STR(INTAKE_SCAN)) == 0) {
		(*questions_out)[n++] = STR(INTAKE_SCAN);
	}
	return n;
}

bool files_were_seen(const struct question *q, const struct file_list *files)
{
	for (size_t i = 0; i < files->seen_n; i++) {
		if (str_eq(files->seen[i], q->evidence)) {
			return true;
		}
	}
	return false;
}

size_t files_count(const struct file_list *files, struct str question)
{
	size_t n = 0;
	for (size_t i = 0; i < files->n; i++) {
		n += str_eq(files->items[i].question, question) && !files->items[i].is_replaced;
	}
	return n;
}

bool files_fit(const struct question *q, size_t n)
{
	return (n > 0 || q->is_optional) && n <= (size_t)(q->files_max > 0 ? q->files_max : 1);
}
