/* Papers of a case, shown as the pictures that render made of them. */
#include "app/cases/applicant.h"
#include "app/cases/desk.html.h"
#include "app/page.h"

static const struct file_row *find(const struct case_facts *f, int64_t id)
{
	for (size_t i = 0; i < f->files.n; i++) {
		if (f->files.items[i].id == id) {
			return &f->files.items[i];
		}
	}
	return NULL;
}

static const struct file_row *find_or_tell(const struct case_facts *f, int64_t id, struct err *e)
{
	const struct file_row *file = find(f, id);
	if (file == NULL) {
		err_tell(e, ERR_NOT_FOUND, N_("The case has no such paper."), "no such file in this case");
	}
	return file;
}

bool case_send_page(struct req *r, const struct case_facts *f, int64_t id, int64_t page, struct err *e)
{
	const struct file_row *file = find_or_tell(f, id, e);
	return file && file_send_page(r, file, page, e);
}

bool case_show_file(struct req *r, const struct case_facts *f, int64_t id, struct str base, bool is_desk, struct err *e)
{
	const struct file_row *file = find_or_tell(f, id, e);
	struct file_page *pages;
	size_t n;
	if (file == NULL || !file_pages(&r->arena, file, &pages, &n, e)) {
		return false;
	}
	struct page_image *images = arena_new(&r->arena, struct page_image, n + 1);
	if (images == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the pages of a paper");
	}
	for (size_t i = 0; i < n; i++) {
		struct str src = arena_printf(&r->arena, "%.*s/file/%s/%zu", STR_ARG(base), id_text(id).c, i);
		images[i] = (struct page_image){
			.src = src, .href = src, .width = (int32_t)pages[i].width, .height = (int32_t)pages[i].height};
	}
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = file->filename,
	                          .current = is_desk ? NAV_QUEUE : NAV_CASES,
	                          .is_desk = is_desk,
	                          .back_href = base});
	paper_page(&o, f, file, images, n, base);
	page_end(r, &o);
	return true;
}
