#include "app/app.h"

#include "base/digest.h"
#include "base/log.h"
#include "http/server.h"

static void add(struct sha256 *h, struct str s)
{
	/* The length first, so that no two lists of fields give the same bytes. */
	uint8_t n[8];
	for (int i = 0; i < 8; i++) {
		n[i] = (uint8_t)((uint64_t)s.n >> (56 - 8 * i));
	}
	sha256_add(h, str_from(n, sizeof n));
	sha256_add(h, s);
}

bool app_op(struct req *r, int64_t route, struct store_op *op, struct err *e)
{
	*op = (struct store_op){.route = route};
	if (!req_op(r, op->id, e)) {
		return false;
	}
	struct sha256 *h = sha256_new();
	if (h == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a digest");
	}
	add(h, str_from(&route, sizeof route));
	add(h, r->path);
	for (size_t i = 0; i < r->form.n; i++) {
		if (!str_is(r->form.items[i].name, "csrf")) {
			add(h, r->form.items[i].name);
			add(h, r->form.items[i].value);
		}
	}
	sha256_end(h, op->digest);
	return true;
}

bool app_write(struct req *r, struct store_op *op, store_job *job, void *ctx, struct err *e)
{
	http_place_release(r);
	bool ok = store_write(r->app->store, op, job, ctx, e);
	http_place_take(r);
	if (ok && r->app->relay) {
		relay_nudge(r->app->relay);
	}
	return ok;
}

/* Reached only when the operation is new: the store answers a repeated one by itself. */
static bool refuse(struct tx *tx, void *ctx, struct err *e)
{
	(void)tx;
	(void)ctx;
	return err_set(e, ERR_CONFLICT, "not done before");
}

bool app_op_was_done(struct req *r, struct store_op *op)
{
	struct err why;
	return app_write(r, op, refuse, NULL, &why);
}

bool app_was_done(struct req *r, int64_t route)
{
	struct store_op op;
	struct err why;
	return app_op(r, route, &op, &why) && app_op_was_done(r, &op);
}
