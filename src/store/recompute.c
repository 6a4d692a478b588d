#include "store/recompute.h"

#include "base/time_source.h"
#include "store/engine.h"
#include "store/event.sql.h"
#include "store/store.sql.h"

enum { PAGE_EVENTS = 256, PAGE_OPERATIONS = 2000, PAGE_BYTES = 32 << 20 };

struct page {
	struct recompute *r;
	int64_t route, id; /* after this one */
	int64_t most;
	struct event items[PAGE_EVENTS];
	bool waits[PAGE_EVENTS];
	size_t n;
};

static bool page_job(struct tx *tx, void *ctx, struct err *e)
{
	struct page *p = ctx;
	struct event_page_rows rows;
	struct event_page_out o;
	p->n = 0;
	struct event_page_in in = {.most = p->most, .route = p->route, .id = p->id};
	if (!event_page_open(tx, &in, &rows, e)) {
		return false;
	}
	while (p->n < PAGE_EVENTS && event_page_next(&rows, &o)) {
		p->waits[p->n] = o.waits;
		p->items[p->n++] = (struct event){
			.route = o.route,
			.id = o.id,
			.room = o.room,
			.kind = o.kind,
			.version = (int32_t)o.version,
			.casefile = o.casefile,
			.institution = o.institution,
			.service = o.service,
			.actor = o.actor,
			.effective_us = o.effective_at,
			.recorded_us = o.recorded_at,
			.public_payload = o.public_payload,
			.personal_payload = o.payload,
			.payload_digest = o.payload_digest,
		};
	}
	return event_page_close(&rows, e);
}

/* Many targets in one transaction, which no room may do: nobody else uses this store. */
static bool apply_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct page *p = ctx;
	const struct recompute *r = p->r;
	tx->is_own = true;
	for (size_t i = 0; i < p->n; i++) {
		for (size_t k = 0; k < r->subs_n && !p->waits[i]; k++) {
			tx->route = r->subs[k].target(&p->items[i]);
			if (tx->route != 0 && !r->subs[k].apply(tx, &p->items[i], r->subs[k].ctx, e)) {
				return false;
			}
		}
	}
	return true;
}

static bool recompute(struct recompute *r, struct page *p, struct arena *a, struct err *e)
{
	*p = (struct page){.r = r, .most = PAGE_EVENTS};
	do {
		arena_reset(a);
		if (!store_read(r->from, 0, a, page_job, p, e)) {
			if (e->code == ERR_MEMORY && p->most > 1) {
				p->most /= 2; /* long payloads */
				p->n = (size_t)p->most;
				continue;
			}
			return false;
		}
		struct store_op op = {.route = 0, .is_background = true};
		if (p->n > 0 && !store_write(r->to, &op, apply_job, p, e)) {
			return false;
		}
		for (size_t i = 0; i < p->n; i++) {
			if (p->waits[i] && r->waits) {
				r->waits(r->ctx, &p->items[i]);
			}
		}
		if (p->n > 0) {
			p->route = p->items[p->n - 1].route;
			p->id = p->items[p->n - 1].id;
		}
		r->events += p->n;
		if (r->progress) {
			r->progress(r->ctx, r->events);
		}
	} while (p->n == (size_t)p->most);
	return true;
}

bool store_recompute(struct recompute *r, struct err *e)
{
	struct arena a, own;
	arena_init(&a, PAGE_BYTES);
	arena_init(&own, sizeof(struct page) + 4096);
	r->events = 0;
	struct page *p = arena_new(&own, struct page, 1);
	bool ok = p ? recompute(r, p, &a, e) : err_set(e, ERR_MEMORY, "no memory to recompute");
	arena_release(&own);
	arena_release(&a);
	return ok;
}

/* --- Operations ---------------------------------------------------------------------------------------------------
 */

struct operations {
	int64_t route;
	struct str id;
	uint8_t id_bytes[64];
	int64_t n;
};

static bool operations_job(struct tx *tx, void *ctx, struct err *e)
{
	struct operations *o = ctx;
	struct operation_page_rows rows;
	struct operation_page_out row;
	struct err why = {0};
	int64_t n = 0;
	struct operation_page_in in = {.most = PAGE_OPERATIONS, .route = o->route, .id = o->id};
	if (!operation_page_open(tx, &in, &rows, e)) {
		return false;
	}
	while (why.code == ERR_NONE && operation_page_next(&rows, &row)) {
		const char *what = row.id.n != OPID_BYTES                      ? "has no id of 16 bytes"
		                   : row.digest.n != SHA256_BYTES              ? "has no digest of its content"
		                   : row.recorded_at > tx->now_us + US_PER_DAY ? "was recorded in the future"
		                                                               : NULL;
		if (what) {
			err_set(&why, ERR_CORRUPT, "an operation of %lld %s", (long long)row.route, what);
			break;
		}
		o->route = row.route;
		memcpy(o->id_bytes, row.id.p, OPID_BYTES);
		o->id = str_from(o->id_bytes, OPID_BYTES);
		n++;
	}
	o->n = n;
	if (!operation_page_close(&rows, e)) {
		return false;
	}
	if (why.code != ERR_NONE) {
		*e = why;
		return false;
	}
	return true;
}

bool store_check_operations(struct store *s, uint64_t *operations, struct err *e)
{
	struct operations o = {.route = INT64_MIN, .id = STR_EMPTY};
	struct arena a;
	bool ok = true;
	*operations = 0;
	arena_init(&a, PAGE_BYTES);
	do {
		arena_reset(&a);
		ok = store_read(s, 0, &a, operations_job, &o, e);
		*operations += ok ? (uint64_t)o.n : 0;
	} while (ok && o.n == PAGE_OPERATIONS);
	arena_release(&a);
	return ok;
}
