#include "store/standing.h"

#include <stdio.h>

#include "store/engine.h"
#include "store/store.sql.h"

static void copy_text(char *to, size_t room, struct str from)
{
	snprintf(to, room, "%.*s", STR_ARG(from));
}

bool standing_get_job(struct tx *tx, void *ctx, struct err *e)
{
	struct standing *out = ctx;
	struct standing_get_out row;
	*out = (struct standing){.kind = STANDING_OPEN};
	if (!standing_get(tx, &row, e)) {
		return false;
	}
	if (row.found) {
		out->kind =
			row.kind >= STANDING_OPEN && row.kind <= STANDING_ARRIVING ? (enum standing_kind)row.kind : STANDING_MOVED;
		out->since_us = row.since;
		memcpy(out->copy, row.copy.p, row.copy.n < sizeof out->copy ? row.copy.n : sizeof out->copy);
		copy_text(out->other, sizeof out->other, row.other);
		copy_text(out->until, sizeof out->until, row.until);
	}
	return true;
}

bool standing_put_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct standing *s = ctx;
	struct standing_put_in in = {.kind = s->kind,
	                             .copy = str_from(s->copy, sizeof s->copy),
	                             .other = str_of(s->other),
	                             .until = str_of(s->until),
	                             .since = tx_now_us(tx)};
	return standing_put(tx, &in, e);
}

bool store_standing(struct store *s, struct standing *out, struct err *e)
{
	struct arena a;
	arena_init(&a, 1 << 16);
	bool is_good = store_read(s, 1, &a, standing_get_job, out, e);
	arena_release(&a);
	return is_good;
}

void store_set_standing(struct store *s, enum standing_kind kind)
{
	atomic_store_explicit(&s->standing, kind, memory_order_relaxed);
}

bool store_is_closed(const struct store *s)
{
	return atomic_load_explicit(&s->standing, memory_order_relaxed) != STANDING_OPEN && !s->is_transfer;
}

bool standing_may_serve(const struct standing *standing, struct err *e)
{
	switch (standing->kind) {
	case STANDING_MOVED:
		return err_set(e, ERR_CONFIG, "the town was moved to %s: serve it from there", standing->other);
	case STANDING_ARRIVING:
		return err_set(e, ERR_CONFIG,
		               "the town is being copied here from %s and is not whole yet: run the same `cityhall store copy` "
		               "again",
		               standing->other);
	default:
		return true;
	}
}
