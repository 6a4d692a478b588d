/* For `store check`: every file that a row names is there, whole, and belongs to a draft. */
#include "app/check.h"

#include <unistd.h>

#include "app/forms/draft.h"
#include "app/forms/forms.h"
#include "app/forms/forms.sql.h"

struct named {
	int64_t id, casefile;
	bool has_draft, is_damaged;
	struct blob_ref blobs[2]; /* the original, its pictures */
};

struct look {
	struct check_page page;
	int64_t party, id; /* after this one */
	struct named files[CHECK_PAGE];
};

static bool files_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct file_all_rows all;
	struct file_all_out o;
	size_t n = 0;
	if (!file_all_open(tx, &(struct file_all_in){.most = CHECK_PAGE, .party = l->party, .id = l->id}, &all, e)) {
		return false;
	}
	while (n < CHECK_PAGE && file_all_next(&all, &o)) {
		struct named *f = &l->files[n++];
		*f = (struct named){.id = o.id, .casefile = o.casefile, .has_draft = o.has_draft};
		f->blobs[0] = (struct blob_ref){.party = o.party, .bytes = o.bytes};
		f->blobs[1] = (struct blob_ref){.party = o.party, .bytes = o.pages_bytes};
		f->is_damaged = o.digest.n != SHA256_BYTES || o.pages_digest.n != SHA256_BYTES;
		if (!f->is_damaged) {
			memcpy(f->blobs[0].digest, o.digest.p, SHA256_BYTES);
			memcpy(f->blobs[1].digest, o.pages_digest.p, SHA256_BYTES);
		}
	}
	if (!file_all_close(&all, e)) {
		return false;
	}
	if (n > 0) {
		l->party = l->files[n - 1].blobs[0].party;
		l->id = l->files[n - 1].id;
	}
	l->page.n = n;
	return true;
}

static void check_file(struct check *c, const struct named *f)
{
	static const char *const what[] = {"the file", "the container of its pictures"};
	if (!f->has_draft) {
		check_wrong(c, "%s: the draft or case %s that it belongs to is missing", id_text(f->id).c,
		            id_text(f->casefile).c);
	}
	if (f->is_damaged) {
		check_wrong(c, "%s: the row names no digest", id_text(f->id).c);
		return;
	}
	for (int i = 0; i < 2; i++) {
		struct err why;
		int fd = -1;
		if (blobs_get(c->app->blobs, &f->blobs[i], &fd, &why)) {
			close(fd);
		} else {
			check_wrong(c, "%s: %s cannot be read: %s", id_text(f->id).c, what[i], why.text);
		}
	}
}

static void check_files(struct check *c, struct check_page *page)
{
	const struct look *l = (struct look *)page;
	for (size_t i = 0; i < page->n; i++) {
		check_file(c, &l->files[i]);
	}
}

struct unnamed {
	struct check *c;
	uint64_t n, all;
};

static bool count_unnamed(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES], struct err *e)
{
	struct unnamed *u = ctx;
	bool is_named;
	if (!file_blob_is_named(u->c->app->store, party, digest, &is_named, e)) {
		return false;
	}
	u->n += !is_named;
	u->all++;
	return true;
}

bool forms_check(struct check *c, struct err *e)
{
	struct look *l = arena_new(c->arena, struct look, 1);
	bool ok = l || err_set(e, ERR_MEMORY, "no memory to look at files");
	check_begin(c, "files");
	if (ok) {
		*l = (struct look){0};
		ok = check_pages(c, files_job, &l->page, check_files, e);
	}
	struct unnamed u = {.c = c};
	ok = ok && blobs_each(c->app->blobs, count_unnamed, &u, e);
	if (ok) {
		check_end(c, "%llu are there and whole; of %llu stored, %llu are named by no row",
		          (unsigned long long)c->looked, (unsigned long long)u.all, (unsigned long long)u.n);
	}
	arena_reset(c->arena);
	return ok;
}
