/* Files of an application: whole, or in pieces, through the page's own reader. */
#include <sys/mman.h>
#include <unistd.h>

#include "app/api/answers.h"
#include "app/api/endpoints.h"
#include "app/forms/draft_jobs.h"
#include "app/forms/page_state.h"
#include "app/forms/pages.h"
#include "app/forms/pieces.h"
#include "http/server.h"
#include "os/file.h"
#include "os/render_client.h"

/* The draft of the path, open, and its question for files in the next piece of the path. */
static bool open_question(struct req *r, struct open_draft *o, const struct form_page **page, const struct question **q,
                          struct err *e)
{
	int64_t id;
	if (!req_arg_id(r, 0, &id, e) || !draft_open(r, id, o, e)) {
		return false;
	}
	if (o->d.state != DRAFT_OPEN) {
		return err_tell(e, ERR_GONE, N_("This application was sent. Look at its case."), "a file for what was sent");
	}
	*q = service_question(o->service, r->path_args[1], page);
	return (*q != NULL && (*q)->type == QUESTION_FILES) || err_set(e, ERR_NOT_FOUND, "no such question for files");
}

/* Stores what the request brought for the question and answers with its files. */
static bool store(struct req *r, struct api_call *c, struct open_draft *o, const struct form_page *p,
                  const struct question *q, struct err *e)
{
	struct answers as = o->all;
	int64_t id = o->d.id;
	struct form_state *f = form_read_page(r, o->service, p, &q->id, 1, &as, o->today);
	struct field_state *item = f->n == 1 ? &f->items[0] : NULL;
	if (item == NULL) {
		api_fault_at(r, c, answers_pointer(r, q->id), tr(r->lang, N_("This is not asked, as the other answers are.")));
		return api_invalid(r, c);
	}
	if (!form_store_uploads(r, o->service, p, o->d.party, id, f, e) || !draft_open(r, id, o, e)) {
		return false;
	}
	if (item->fault.say.n > 0) {
		api_fault_at(r, c, answers_pointer(r, q->id), item->fault.say);
		return api_invalid(r, c);
	}
	struct json_out *j = &c->j;
	json_begin_object(j);
	put_key(j, "items");
	json_begin_array(j);
	for (size_t i = 0; i < o->files.n; i++) {
		const struct file_row *file = &o->files.items[i];
		if (file->is_replaced || !str_eq(file->question, q->id)) {
			continue;
		}
		json_begin_object(j);
		put_id(j, "id", file->id);
		put_str(j, "question", file->question);
		put_str(j, "name", file->filename);
		put_int(j, "bytes", file->bytes);
		put_int(j, "pages", file->page_n);
		put_instant(j, "added_at", file->added_us);
		json_end_object(j);
	}
	json_end_array(j);
	put_str_or_null(j, "note", item->note);
	json_end_object(j);
	return true;
}

bool api_add_file(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	const struct form_page *p = NULL;
	const struct question *q = NULL;
	if (!open_question(r, &o, &p, &q, e)) {
		return false;
	}
	if (r->upload_n != 1 || !str_is(r->uploads[0].field, "file") || r->uploads[0].bytes == 0) {
		api_fault_at(r, c, STR("/file"), tr(r->lang, N_("Send one file, in the field “file”.")));
		return api_invalid(r, c);
	}
	r->uploads[0].field = q->id;
	r->form.n = 0;
	return store(r, c, &o, p, q, e);
}

bool api_remove_file(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	int64_t id;
	int64_t file;
	(void)c;
	if (!req_arg_id(r, 0, &id, e) || !req_arg_id(r, 1, &file, e) || !draft_open(r, id, &o, e)) {
		return false;
	}
	if (o.d.state != DRAFT_OPEN) {
		return err_tell(e, ERR_GONE, N_("This application was sent. Look at its case."), "a file of what was sent");
	}
	for (size_t i = 0; i < o.files.n; i++) {
		if (o.files.items[i].id == file && !o.files.items[i].is_replaced) {
			struct file_change change = {.state = o.d.state, .file = o.files.items[i]};
			struct store_op op = {.route = o.d.party};
			r->status = 204;
			return app_write(r, &op, draft_job_remove_file, &change, e);
		}
	}
	return err_set(e, ERR_NOT_FOUND, "no such file in this draft");
}

bool api_read_draft_picture(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	int64_t id;
	int64_t file;
	uint64_t page;
	(void)c;
	if (!req_arg_id(r, 0, &id, e) || !req_arg_id(r, 1, &file, e) || !draft_open(r, id, &o, e)) {
		return false;
	}
	for (size_t i = 0; i < o.files.n; i++) {
		if (o.files.items[i].id == file && !o.files.items[i].is_replaced && str_to_u64(r->path_args[2], &page) &&
		    page < RENDER_PAGES_MAX) {
			return file_send_page(r, &o.files.items[i], (int64_t)page, e);
		}
	}
	return err_set(e, ERR_NOT_FOUND, "no such picture in this draft");
}

/* --- In pieces --------------------------------------------------------------------------------------------------- */

static bool put_offset(struct api_call *c, int64_t offset)
{
	json_begin_object(&c->j);
	put_int(&c->j, "offset", offset);
	json_end_object(&c->j);
	return true;
}

bool api_read_offset(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	const struct form_page *page;
	const struct question *q;
	struct pieces p;
	int64_t offset = 0;
	return open_question(r, &o, &page, &q, e) && pieces_of(r, o.d.id, q->id, &p, e) && pieces_offset(&p, &offset, e) &&
	       put_offset(c, offset);
}

/* The bytes of the request as a file, at its beginning. */
static bool body_as_file(const struct req *r, int *fd, struct err *e)
{
	*fd = memfd_create("piece", MFD_CLOEXEC);
	if (*fd < 0) {
		return err_errno(e, "cannot make an anonymous file");
	}
	if (file_write_all(&file_layer_real, *fd, r->body, e) &&
	    (lseek(*fd, 0, SEEK_SET) == 0 || err_errno(e, "cannot go to the beginning of a piece"))) {
		return true;
	}
	close(*fd);
	return false;
}

bool api_add_piece(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	const struct form_page *page;
	const struct question *q;
	struct pieces p;
	uint64_t offset = 0;
	int64_t now = 0;
	int fd = -1;
	r->form = r->query; /* key and total, where the page's form has them */
	if (!open_question(r, &o, &page, &q, e) || !pieces_of(r, o.d.id, q->id, &p, e)) {
		return false;
	}
	if (r->body.n == 0 || !str_to_u64(req_query(r, "offset"), &offset)) {
		return err_set(e, ERR_BAD_INPUT, "no piece, or no place for it");
	}
	if (!body_as_file(r, &fd, e)) {
		return false;
	}
	http_place_release(r);
	bool ok = pieces_add(&p, (int64_t)offset, fd, (int64_t)r->body.n, &now, e);
	http_place_take(r);
	close(fd);
	if (!ok && e->code == ERR_CONFLICT) {
		return err_tell(e, ERR_CONFLICT, N_("This piece belongs elsewhere. Ask for the offset and go on from there."),
		                "a piece elsewhere");
	}
	return ok && put_offset(c, now);
}

bool api_finish_pieces(struct req *r, struct api_call *c, struct err *e)
{
	struct open_draft o;
	const struct form_page *p = NULL;
	const struct question *q = NULL;
	const struct json *total = json_get(c->body, STR("total"));
	struct param *form = arena_new(&r->arena, struct param, 4);
	if (!open_question(r, &o, &p, &q, e)) {
		return false;
	}
	if (form == NULL || total == NULL) {
		return err_set(e, ERR_MEMORY, "no room for a form");
	}
	form[0] = (struct param){STR("whole"), q->id};
	form[1] = (struct param){STR("key"), json_string(c->body, STR("key"))};
	form[2] = (struct param){STR("total"), arena_printf(&r->arena, "%lld", (long long)total->integer)};
	form[3] = (struct param){STR("name"), json_string(c->body, STR("name"))};
	r->form = (struct params){form, 4};
	return store(r, c, &o, p, q, e);
}
