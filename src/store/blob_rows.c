/* Blobs in rows: the bytes that would be a file, in pieces, each in a transaction of its own; the row that names them
 * comes last. */
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/id.h"
#include "base/time_source.h"
#include "store/blob.sql.h"
#include "store/blobs_inside.h"

enum { PIECE_BYTES = 256 * 1024, PAGE_ROWS = 256, TRIES = 5 };

/* The machine's clock, because legal time of a demo jumps by days. */
static int64_t clock_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static struct str digest_of(const uint8_t digest[SHA256_BYTES])
{
	return str_from(digest, SHA256_BYTES);
}

/* --- Storing
 * ------------------------------------------------------------------------------------------------------------ */

static bool piece_job(struct tx *tx, void *ctx, struct err *e)
{
	return blob_piece_insert(tx, ctx, e);
}

static bool name_job(struct tx *tx, void *ctx, struct err *e)
{
	return blob_insert(tx, ctx, e);
}

/* The content is there already: it becomes new, and these pieces go. */
static bool refresh_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct blob_insert_in *in = ctx;
	struct blob_refresh_in refresh = {.party = in->party, .digest = in->digest, .stored_at = in->stored_at};
	struct blob_get_in get = {.party = in->party, .digest = in->digest};
	struct blob_pieces_remove_in remove = {.party = in->party, .digest = in->digest, .put = in->put};
	struct blob_get_out out;
	int64_t rows;
	return blob_refresh(tx, &refresh, e) && blob_get(tx, &get, &out, e) &&
	       (out.put == in->put || blob_pieces_remove(tx, &remove, &rows, e));
}

/* A piece belongs to this put alone: when it is there it is the one that was sent before. */
static bool put_piece(struct blobs *b, const struct blob_piece_insert_in *in, struct err *e)
{
	for (int i = 0; i < TRIES; i++) {
		struct store_op op = {.route = in->party};
		struct blob_piece_insert_in copy = *in;
		if (store_write(b->store, &op, piece_job, &copy, e) || (i > 0 && e->code == ERR_CONFLICT)) {
			return true;
		}
		if (e->code != ERR_UNKNOWN) {
			return false;
		}
	}
	return false;
}

/* Naming and the sweep may meet: whoever comes second looks again. */
static bool name_it(struct blobs *b, struct blob_insert_in *in, struct err *e)
{
	bool is_named = false;
	for (int i = 0; i < TRIES && !is_named; i++) {
		struct store_op op = {.route = in->party};
		is_named = store_write(b->store, &op, name_job, in, e);
		if (!is_named && e->code == ERR_CONFLICT) {
			is_named = store_write(b->store, &op, refresh_job, in, e);
		}
		if (!is_named && e->code != ERR_CONFLICT && e->code != ERR_UNKNOWN) {
			return false;
		}
	}
	return is_named;
}

bool rows_put_sealed(struct blobs *b, const struct blob_ref *ref, int sealed, struct err *e)
{
	char *room = mem_alloc(1, PIECE_BYTES);
	if (room == NULL) {
		return err_set(e, ERR_MEMORY, "no memory to store a blob");
	}
	struct blob_insert_in name = {.party = ref->party, .digest = digest_of(ref->digest), .put = id_in_time(clock_us())};
	size_t n = PIECE_BYTES;
	bool ok = lseek(sealed, 0, SEEK_SET) == 0 || err_errno(e, "cannot rewind an anonymous file");
	while (ok && n == PIECE_BYTES) {
		ok = file_read_full(sealed, room, PIECE_BYTES, &n, e);
		if (ok && n > 0) {
			struct blob_piece_insert_in piece = {.party = name.party,
			                                     .digest = name.digest,
			                                     .put = name.put,
			                                     .n = name.pieces++,
			                                     .data = str_from(room, n)};
			ok = put_piece(b, &piece, e);
		}
	}
	mem_free(room);
	name.stored_at = clock_us();
	return ok && name_it(b, &name, e);
}

bool rows_put(struct blobs *b, int64_t party, int from_fd, int64_t max_bytes, struct blob_ref *out, struct err *e)
{
	memset(out, 0, sizeof *out);
	int sealed = memfd_create("blob", MFD_CLOEXEC);
	if (sealed < 0) {
		return err_errno(e, "cannot make an anonymous file");
	}
	bool ok = blob_seal(b, party, from_fd, sealed, max_bytes, out, e) && rows_put_sealed(b, out, sealed, e);
	file_close(&file_layer_real, sealed);
	return ok;
}

/* --- Reading
 * ------------------------------------------------------------------------------------------------------------ */

struct look {
	struct blob_get_in in;
	struct blob_get_out out;
};

static bool look_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	return blob_get(tx, &l->in, &l->out, e);
}

struct piece {
	struct blob_piece_get_in in;
	struct blob_piece_get_out out;
};

static bool read_piece_job(struct tx *tx, void *ctx, struct err *e)
{
	struct piece *p = ctx;
	return blob_piece_get(tx, &p->in, &p->out, e);
}

bool rows_open_sealed(struct blobs *b, const struct blob_ref *ref, int *out_fd, struct err *e)
{
	struct look l = {.in = {.party = ref->party, .digest = digest_of(ref->digest)}};
	struct arena a;
	int sealed = -1;
	bool ok = false;
	arena_init(&a, 4 * PIECE_BYTES);
	if (!store_read(b->store, ref->party, &a, look_job, &l, e)) {
		goto out;
	}
	if (!l.out.found) {
		err_set(e, ERR_NOT_FOUND, "there is no such blob");
		goto out;
	}
	sealed = memfd_create("blob", MFD_CLOEXEC);
	if (sealed < 0) {
		err_errno(e, "cannot make an anonymous file");
		goto out;
	}
	for (int64_t i = 0; i < l.out.pieces; i++) {
		struct piece p = {.in = {.party = ref->party, .digest = l.in.digest, .put = l.out.put, .n = i}};
		arena_reset(&a);
		if (!store_read(b->store, ref->party, &a, read_piece_job, &p, e)) {
			goto out;
		}
		if (!p.out.found) {
			err_set(e, ERR_CORRUPT, "a blob is damaged: piece %lld is not there", (long long)i);
			goto out;
		}
		if (!file_write_all(&file_layer_real, sealed, p.out.data, e)) {
			goto out;
		}
	}
	if (lseek(sealed, 0, SEEK_SET) < 0) {
		err_errno(e, "cannot rewind an anonymous file");
		goto out;
	}
	*out_fd = sealed;
	sealed = -1;
	ok = true;
out:
	file_close(&file_layer_real, sealed);
	arena_release(&a);
	return ok;
}

/* --- Sweeping
 * ----------------------------------------------------------------------------------------------------------- */

struct found {
	int64_t party, put;
	uint8_t digest[SHA256_BYTES];
};

struct page {
	int64_t before; /* instant of blobs, id of puts */
	bool wants_orphans;
	struct found last;
	struct found rows[PAGE_ROWS];
	size_t n;
};

static bool take(struct page *p, int64_t party, struct str digest, int64_t put)
{
	if (digest.n != SHA256_BYTES || p->n == PAGE_ROWS) {
		return false;
	}
	struct found *f = &p->rows[p->n++];
	f->party = party;
	f->put = put;
	memcpy(f->digest, digest.p, SHA256_BYTES);
	return true;
}

static bool page_job(struct tx *tx, void *ctx, struct err *e)
{
	struct page *p = ctx;
	p->n = 0;
	if (p->wants_orphans) {
		struct blob_orphans_in in = {.before = p->before, .most = PAGE_ROWS};
		struct blob_orphans_rows rows;
		struct blob_orphans_out row;
		if (!blob_orphans_open(tx, &in, &rows, e)) {
			return false;
		}
		while (blob_orphans_next(&rows, &row) && take(p, row.party, row.digest, row.put)) {
		}
		return blob_orphans_close(&rows, e);
	}
	struct blob_page_in in = {
		.before = p->before, .most = PAGE_ROWS, .party = p->last.party, .digest = digest_of(p->last.digest)};
	struct blob_page_rows rows;
	struct blob_page_out row;
	if (!blob_page_open(tx, &in, &rows, e)) {
		return false;
	}
	while (blob_page_next(&rows, &row) && take(p, row.party, row.digest, row.put)) {
	}
	return blob_page_close(&rows, e);
}

static bool read_page(struct blobs *b, struct page *p, struct err *e)
{
	struct arena a;
	arena_init(&a, 1 << 20);
	bool ok = store_read(b->store, 0, &a, page_job, p, e);
	arena_release(&a);
	if (ok && p->n > 0) {
		p->last = p->rows[p->n - 1];
	}
	return ok;
}

struct removal {
	const struct found *what;
	int64_t before;
	bool is_orphan;
};

static bool remove_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct removal *r = ctx;
	struct str digest = digest_of(r->what->digest);
	struct blob_remove_in blob = {.before = r->before, .party = r->what->party, .digest = digest, .put = r->what->put};
	struct blob_first_piece_remove_in first = {.party = r->what->party, .digest = digest, .put = r->what->put};
	struct blob_pieces_remove_in pieces = {.party = r->what->party, .digest = digest, .put = r->what->put};
	int64_t rows;
	return (r->is_orphan ? blob_first_piece_remove(tx, &first, e) : blob_remove(tx, &blob, e)) &&
	       blob_pieces_remove(tx, &pieces, &rows, e);
}

/* *removed: it was still what it had been. */
static bool remove_one(struct blobs *b, const struct removal *r, uint64_t *removed, struct err *e)
{
	struct store_op op = {.route = r->what->party, .is_background = true};
	struct removal copy = *r;
	if (store_write(b->store, &op, remove_job, &copy, e)) {
		++*removed;
		return true;
	}
	return e->code == ERR_CONFLICT;
}

bool rows_sweep(struct blobs *b, int64_t age_us,
                bool (*is_named)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES]), void *ctx,
                uint64_t *removed, struct err *e)
{
	int64_t before_us = clock_us() - age_us;
	bool ok = true;
	*removed = 0;
	struct page *p = mem_alloc(1, sizeof *p);
	if (p == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a sweep");
	}
	p->before = before_us;
	do {
		ok = read_page(b, p, e);
		for (size_t i = 0; ok && i < p->n; i++) {
			const struct found *f = &p->rows[i];
			struct removal r = {.what = f, .before = before_us};
			ok = is_named(ctx, f->party, f->digest) || remove_one(b, &r, removed, e);
		}
	} while (ok && p->n == PAGE_ROWS);
	/* A put that began then had an id below this: 22 bits stand under the milliseconds. */
	p->before = id_in_time(clock_us()) - ((age_us / 1000) << 22);
	p->wants_orphans = true;
	uint64_t before_round;
	do {
		before_round = *removed;
		ok = ok && read_page(b, p, e);
		for (size_t i = 0; ok && i < p->n; i++) {
			struct removal r = {.what = &p->rows[i], .is_orphan = true};
			ok = remove_one(b, &r, removed, e);
		}
	} while (ok && *removed > before_round);
	mem_free(p);
	return ok;
}

bool rows_each(struct blobs *b,
               bool (*each)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES], struct err *e), void *ctx,
               struct err *e)
{
	struct page *p = mem_alloc(1, sizeof *p);
	if (p == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a list of blobs");
	}
	p->before = INT64_MAX;
	bool ok;
	do {
		ok = read_page(b, p, e);
		for (size_t i = 0; ok && i < p->n; i++) {
			ok = each(ctx, p->rows[i].party, p->rows[i].digest, e);
		}
	} while (ok && p->n == PAGE_ROWS);
	mem_free(p);
	return ok;
}
