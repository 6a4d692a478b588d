/* For `store check`: each document says of itself what its row says and is found by its code, each code leads to a
 * document, and the PDF of each paper is there. The seal of a document is checked by whoever has one: `verify`. */
#include <stdio.h>
#include <unistd.h>

#include "app/check.h"
#include "app/credentials/credentials.h"
#include "app/credentials/pages.h"
#include "app/credentials/seal.h"

/* A code is made known by an errand after its document was made out. */
enum { KNOWN_WITHIN_MIN = 60 };

struct look {
	struct check_page page;
	struct app *app;
	int64_t party, casefile, id, kind, bucket; /* after this one */
	char lang[32];
	uint8_t hash[SHA256_BYTES];
	struct paper {
		int64_t casefile;
		struct blob_ref blob;
		bool is_damaged;
	} papers[CHECK_PAGE];
	size_t paper_n;
};

static bool document_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct credential_all_rows rows;
	struct credential_all_out *all = arena_new(tx_arena(tx), struct credential_all_out, CHECK_PAGE);
	if (all == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to look at documents");
	}
	if (!credential_all_open(
			tx,
			&(struct credential_all_in){
				.most = CHECK_PAGE, .after_party = l->party, .after_casefile = l->casefile, .after_id = l->id},
			&rows, e)) {
		return false;
	}
	while (l->page.n < CHECK_PAGE && credential_all_next(&rows, &all[l->page.n])) {
		l->page.n++;
	}
	if (!credential_all_close(&rows, e)) {
		return false;
	}
	for (size_t i = 0; i < l->page.n; i++) {
		const struct credential_all_out *c = &all[i];
		struct credential_lookup_get_out found;
		uint8_t hash[SHA256_BYTES];
		int64_t bucket = credential_bucket(l->app, c->code, hash);
		if (!credential_lookup_get(
				tx, &(struct credential_lookup_get_in){.bucket = bucket, .hash = str_from(hash, sizeof hash)}, &found,
				e)) {
			return false;
		}
		bool is_new = tx_now_us(tx) - c->made_at < KNOWN_WITHIN_MIN * US_PER_MIN;
		check_found(&l->page, c->casefile,
		            !str_eq(seal_line(c->statement, "number"), c->number)
		                ? "its document's statement names another number"
		            : found.found && found.credential != c->id ? "its document's code leads to another document"
		            : !found.found && !is_new                  ? "its document is not found by its code"
		                                                       : NULL);
		l->party = c->party;
		l->casefile = c->casefile;
		l->id = c->id;
	}
	return true;
}

static bool code_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct credential_lookup_all_rows rows;
	struct credential_lookup_all_out *all = arena_new(tx_arena(tx), struct credential_lookup_all_out, CHECK_PAGE);
	if (all == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to look at codes");
	}
	if (!credential_lookup_all_open(tx,
	                                &(struct credential_lookup_all_in){.most = CHECK_PAGE,
	                                                                   .after_bucket = l->bucket,
	                                                                   .after_hash = str_from(l->hash, sizeof l->hash)},
	                                &rows, e)) {
		return false;
	}
	while (l->page.n < CHECK_PAGE && credential_lookup_all_next(&rows, &all[l->page.n])) {
		l->page.n++;
	}
	if (!credential_lookup_all_close(&rows, e)) {
		return false;
	}
	for (size_t i = 0; i < l->page.n; i++) {
		struct credential_get_out c;
		if (!credential_get(tx, &(struct credential_get_in){.party = all[i].party, .casefile = all[i].casefile}, &c,
		                    e)) {
			return false;
		}
		check_found(&l->page, all[i].casefile, c.found ? NULL : "a code leads to its document, which is missing");
		l->bucket = all[i].bucket;
		memcpy(l->hash, all[i].hash.p, all[i].hash.n < sizeof l->hash ? all[i].hash.n : sizeof l->hash);
	}
	return true;
}

static bool paper_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	struct print_all_rows rows;
	struct print_all_out p;
	struct print_all_in in = {.most = CHECK_PAGE,
	                          .after_party = l->party,
	                          .after_casefile = l->casefile,
	                          .after_kind = l->kind,
	                          .after_lang = str_of(l->lang)};
	l->paper_n = 0;
	if (!print_all_open(tx, &in, &rows, e)) {
		return false;
	}
	while (l->page.n < CHECK_PAGE && print_all_next(&rows, &p)) {
		struct paper *to = &l->papers[l->paper_n++];
		*to = (struct paper){.casefile = p.casefile,
		                     .blob = {.party = p.party, .bytes = p.bytes},
		                     .is_damaged = p.digest.n != SHA256_BYTES};
		if (!to->is_damaged) {
			memcpy(to->blob.digest, p.digest.p, SHA256_BYTES);
		}
		l->party = p.party;
		l->casefile = p.casefile;
		l->kind = p.kind;
		snprintf(l->lang, sizeof l->lang, "%.*s", STR_ARG(p.lang));
		l->page.n++;
	}
	return print_all_close(&rows, e);
}

static void check_papers(struct check *c, struct check_page *page)
{
	const struct look *l = (struct look *)page;
	for (size_t i = 0; i < l->paper_n; i++) {
		const struct paper *p = &l->papers[i];
		struct err why;
		int fd = -1;
		if (p->is_damaged) {
			check_wrong(c, "%s: the row of a paper names no digest", id_text(p->casefile).c);
		} else if (blobs_get(c->app->blobs, &p->blob, &fd, &why)) {
			close(fd);
		} else {
			check_wrong(c, "%s: the PDF of a paper cannot be read: %s", id_text(p->casefile).c, why.text);
		}
	}
}

bool credentials_check(struct check *c, struct err *e)
{
	store_job *const jobs[] = {document_job, code_job, paper_job};
	struct look *l = arena_new(c->arena, struct look, 1);
	bool ok = l || err_set(e, ERR_MEMORY, "no memory to look at documents");
	check_begin(c, "documents");
	for (size_t i = 0; ok && i < sizeof jobs / sizeof *jobs; i++) {
		*l = (struct look){.app = c->app};
		ok = check_pages(c, jobs[i], &l->page, check_papers, e);
	}
	if (ok) {
		check_end(c, "%llu documents, codes and papers are there and fit each other", (unsigned long long)c->looked);
	}
	arena_reset(c->arena);
	return ok;
}
