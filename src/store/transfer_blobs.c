/* Files of people, carried as they lie (encrypted), and opened at their new place to compare them with their digest. A
 * file is there when its name is, which comes last: so what is there already is only compared. */
#include "store/blobs_inside.h"
#include "store/transfer_inside.h"

enum { LOOK_FILES = 100 };

struct carry {
	struct transfer *x;
	struct blobs *from, *to;
	int64_t done, all;
};

static bool count_one(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES], struct err *e)
{
	(void)party;
	(void)digest;
	(void)e;
	struct carry *c = ctx;
	c->all++;
	return true;
}

static bool put(struct carry *c, const struct blob_ref *ref, struct err *e)
{
	int sealed = -1;
	bool ok = blob_open_sealed(c->from, ref, &sealed, e) && blob_put_sealed(c->to, ref, sealed, e);
	file_close(&file_layer_real, sealed);
	return ok;
}

static bool carry_one(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES], struct err *e)
{
	struct carry *c = ctx;
	struct blob_ref ref = {.party = party, .bytes = -1};
	int sealed = -1;
	memcpy(ref.digest, digest, sizeof ref.digest);
	bool ok = blob_open_sealed(c->to, &ref, &sealed, e);
	if (!ok && e->code == ERR_NOT_FOUND) {
		ok = put(c, &ref, e) && blob_open_sealed(c->to, &ref, &sealed, e);
	}
	ok = ok && blob_verify_sealed(c->to, &ref, sealed, e);
	file_close(&file_layer_real, sealed);
	c->done++;
	return ok && (c->done % LOOK_FILES != 0 || transfer_told(c->x, "files", "copying", c->done, c->all, e));
}

bool transfer_blobs(struct transfer *x, struct err *e)
{
	struct carry c = {.x = x, .from = x->o->from_blobs, .to = x->o->to_blobs};
	if (c.from == NULL || c.to == NULL || (c.from->store && c.to->store)) {
		return true; /* among the rows */
	}
	bool ok = blobs_each(c.from, count_one, &c, e) && transfer_told(x, "files", "copying", 0, c.all, e) &&
	          blobs_each(c.from, carry_one, &c, e);
	x->result->blobs = c.done;
	return ok;
}
