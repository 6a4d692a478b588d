/* Documents set by render, stored as blobs, sealed by keys: what happens outside of transactions. */
#include <unistd.h>

#include "app/credentials/credentials.h"
#include "app/credentials/seal.h"
#include "os/keys_client.h"
#include "os/render_protocol.h"

enum { PDF_MAX = 64 * 1024 * 1024, STATEMENT_MAX = 4096 };

const struct language *paper_language(size_t i)
{
	for (const struct language *l = languages; l->tag; l++) {
		if (l->is_offered && i-- == 0) {
			return l;
		}
	}
	return NULL;
}

void document_source(const struct document *d, uint8_t out[SHA256_BYTES])
{
	struct buf b;
	buf_init(&b, DOCUMENT_BYTES_MAX * 2);
	document_put(&b, d);
	/* Cut short it is no less the document's own: what it is compared with is cut alike. */
	sha256_of(buf_str(&b), out);
	buf_release(&b);
}

bool print_make(struct app *app, int64_t party, const struct document *d, struct made_paper *out, struct err *e)
{
	int fd = -1;
	struct blob_ref ref;
	if (!render_pdf(app->render, d, &fd, e)) {
		return false;
	}
	bool ok = blobs_put(app->blobs, party, fd, PDF_MAX, &ref, e);
	close(fd);
	if (ok) {
		*out = (struct made_paper){.lang = d->lang, .bytes = ref.bytes};
		memcpy(out->digest, ref.digest, sizeof out->digest);
		document_source(d, out->source);
	}
	return ok;
}

bool credential_make(struct app *app, struct arena *a, int64_t party, const struct credential_source *s,
                     struct made_credential *out, struct err *e)
{
	const struct seal_facts facts = {
		.institution = s->institution->pack_id,
		.document = s->service->issues_document,
		.number = s->number,
		.holder = s->holder,
		.page = credential_url(app, a, s->code),
		.issued_on = s->issued_on,
		.valid_until = s->valid_until,
		.has_end = s->has_end,
	};
	struct buf statement;
	bool ok = true;
	buf_init(&statement, STATEMENT_MAX);
	seal_put_statement(&statement, &facts);
	out->paper_n = 0;
	for (const struct language *l;
	     ok && (l = paper_language(out->paper_n)) != NULL && out->paper_n < PAPER_LANGS_MAX;) {
		struct document d;
		struct made_paper *p = &out->papers[out->paper_n];
		ok = credential_compose(app, a, s, str_of(l->tag), &d, e) && print_make(app, party, &d, p, e);
		if (ok) {
			seal_put_paper(&statement, p->lang, p->digest);
			out->paper_n++;
		}
	}
	ok = ok && buf_ok(&statement, e) &&
	     keys_sign_document(app->keys, s->institution->pack_id, buf_str(&statement), out->signature, e);
	out->statement = ok ? arena_copy(a, buf_str(&statement)) : STR_EMPTY;
	buf_release(&statement);
	return ok;
}

/* --- Rows
 * ---------------------------------------------------------------------------------------------------------------- */

bool credential_of(struct tx *tx, int64_t party, int64_t casefile, struct credential_get_out *out, struct err *e)
{
	return credential_get(tx, &(struct credential_get_in){.party = party, .casefile = casefile}, out, e);
}

bool credential_papers_put(struct tx *tx, int64_t party, int64_t casefile, const struct made_credential *m,
                           struct err *e)
{
	for (size_t i = 0; i < m->paper_n; i++) {
		const struct made_paper *p = &m->papers[i];
		if (!print_put(tx,
		               &(struct print_put_in){.party = party,
		                                      .casefile = casefile,
		                                      .kind = PAPER_CREDENTIAL,
		                                      .lang = p->lang,
		                                      .source = str_from(p->source, SHA256_BYTES),
		                                      .digest = str_from(p->digest, SHA256_BYTES),
		                                      .bytes = p->bytes,
		                                      .made_at = tx_now_us(tx)},
		               NULL, e)) {
			return false;
		}
	}
	return true;
}

struct paper_look {
	int64_t party, casefile;
	enum paper_kind kind;
	struct str lang;
	struct print_get_out row;
};

static bool paper_job(struct tx *tx, void *ctx, struct err *e)
{
	struct paper_look *l = ctx;
	return print_get(
		tx, &(struct print_get_in){.party = l->party, .casefile = l->casefile, .kind = l->kind, .lang = l->lang},
		&l->row, e);
}

bool print_open(struct app *app, int64_t party, int64_t casefile, enum paper_kind kind, struct str lang,
                const uint8_t *source, int *fd, struct err *e)
{
	struct arena a;
	struct paper_look l = {.party = party, .casefile = casefile, .kind = kind, .lang = lang};
	struct blob_ref ref = {.party = party};
	arena_init(&a, 64 * 1024);
	*fd = -1;
	bool ok = store_read(app->store, party, &a, paper_job, &l, e);
	bool fits = ok && l.row.found && l.row.digest.n == SHA256_BYTES && l.row.source.n == SHA256_BYTES &&
	            (source == NULL || memcmp(l.row.source.p, source, SHA256_BYTES) == 0);
	if (fits) {
		memcpy(ref.digest, l.row.digest.p, SHA256_BYTES);
		ref.bytes = l.row.bytes;
		ok = blobs_get(app->blobs, &ref, fd, e);
	}
	arena_release(&a);
	return ok;
}

struct paper_write {
	struct paper_look look;
	const struct made_paper *made;
};

static bool keep_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct paper_write *w = ctx;
	const struct paper_look *l = &w->look;
	struct str source = str_from(w->made->source, SHA256_BYTES), digest = str_from(w->made->digest, SHA256_BYTES);
	if (l->row.found) {
		return print_again(tx,
		                   &(struct print_again_in){.party = l->party,
		                                            .casefile = l->casefile,
		                                            .kind = l->kind,
		                                            .lang = l->lang,
		                                            .former = l->row.source,
		                                            .source = source,
		                                            .digest = digest,
		                                            .bytes = w->made->bytes,
		                                            .made_at = tx_now_us(tx)},
		                   e);
	}
	return print_first(tx,
	                   &(struct print_first_in){.party = l->party,
	                                            .casefile = l->casefile,
	                                            .kind = l->kind,
	                                            .lang = l->lang,
	                                            .source = source,
	                                            .digest = digest,
	                                            .bytes = w->made->bytes,
	                                            .made_at = tx_now_us(tx)},
	                   e);
}

bool print_keep(struct app *app, int64_t party, int64_t casefile, enum paper_kind kind, const struct made_paper *m,
                struct err *e)
{
	struct arena a;
	struct paper_write w = {.look = {.party = party, .casefile = casefile, .kind = kind, .lang = m->lang}, .made = m};
	arena_init(&a, 64 * 1024);
	bool ok = store_read(app->store, party, &a, paper_job, &w.look, e) &&
	          store_write(app->store, &(struct store_op){.route = party}, keep_job, &w, e);
	arena_release(&a);
	return ok;
}

struct blob_look {
	struct str digest;
	int64_t n;
};

static bool named_job(struct tx *tx, void *ctx, struct err *e)
{
	struct blob_look *l = ctx;
	return print_naming_blob(tx, &(struct print_naming_blob_in){.party = tx_route(tx), .digest = l->digest}, &l->n, e);
}

bool print_blob_is_named(struct store *s, int64_t party, const uint8_t digest[SHA256_BYTES], bool *is_named,
                         struct err *e)
{
	struct arena a;
	struct blob_look l = {.digest = str_from(digest, SHA256_BYTES)};
	arena_init(&a, 64 * 1024);
	bool ok = store_read(s, party, &a, named_job, &l, e);
	*is_named = l.n > 0;
	arena_release(&a);
	return ok;
}
