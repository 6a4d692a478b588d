/* Recomputes what the sealer did. Everything that is wrong is said in words that tell a changed event from a removed
 * one, from a batch in another's place, from a store that was rolled back. */
#include <sodium.h>
#include <stdarg.h>

#include "base/fault.h"
#include "store/event.h"
#include "store/event.sql.h"
#include "store/merkle.h"
#include "store/seal_row.h"

enum { READ_MOST = 512, READ_BYTES = 32 << 20, MESSAGE_MOST = 512, COUNT_MOST = 20000, UNLOGGED_AT_ONCE = 64 };

struct verify {
	struct store *store;
	const uint8_t *public_key;
	struct outside_file outside;
	struct arena arena;
	int64_t last_batch;
	/* What the next seal must begin with. */
	int64_t batch, position;
	uint8_t previous[SHA256_BYTES];
	/* Of the batch at hand. */
	struct merkle tree;
	int64_t to; /* first position that is not of it */
	int64_t most;
	int64_t n; /* out of a read */
};

static bool wrong(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(struct err *e, const char *fmt, ...)
{
	char text[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return err_set(e, ERR_CORRUPT, "%s", text);
}

/* A row of the log with what it stands for. */
struct sealed {
	int64_t position, route, event;
	struct str leaf;
	struct event_sealed_out is;
};

static bool verify_payload(const struct sealed *r, struct err *e)
{
	uint8_t digest[SHA256_BYTES];
	if (!r->is.has_payload) {
		return true; /* there was none, or it was erased */
	}
	struct sha256 *h = sha256_new();
	sha256_add(h, r->is.salt);
	sha256_add(h, r->is.payload);
	sha256_end(h, digest);
	return str_eq(r->is.payload_digest, str_from(digest, sizeof digest)) ||
	       wrong(e, "the personal payload of event %lld was changed", (long long)r->event);
}

static bool verify_event(const struct sealed *r, struct err *e)
{
	uint8_t leaf[SHA256_BYTES];
	if (!r->is.found) {
		return wrong(e, "event %lld was removed", (long long)r->event);
	}
	struct event ev = {
		.route = r->route,
		.id = r->event,
		.room = r->is.room,
		.kind = r->is.kind,
		.version = (int32_t)r->is.version,
		.casefile = r->is.casefile,
		.institution = r->is.institution,
		.service = r->is.service,
		.actor = r->is.actor,
		.effective_us = r->is.effective_at,
		.recorded_us = r->is.recorded_at,
		.public_payload = r->is.public_payload,
		.payload_digest = r->is.payload_digest,
	};
	if (!event_leaf(&ev, leaf, e)) {
		return false;
	}
	return str_eq(r->leaf, str_from(leaf, sizeof leaf)) || wrong(e, "event %lld was changed", (long long)r->event);
}

/* The log and the events may lie in different places: first a page of the log, then each event where it is. */
static bool read_log(struct tx *tx, const struct verify *v, struct sealed *rows, int64_t *n, struct err *e)
{
	struct event_log_page_rows log;
	struct event_log_page_out o;
	*n = 0;
	if (!event_log_page_open(
			tx, &(struct event_log_page_in){.most = v->most, .log = EVENT_LOG, .position = v->position}, &log, e)) {
		return false;
	}
	while (*n < v->most && event_log_page_next(&log, &o)) {
		rows[(*n)++] = (struct sealed){.position = o.position, .route = o.route, .event = o.event, .leaf = o.leaf};
	}
	return event_log_page_close(&log, e);
}

static bool page_job(struct tx *tx, void *ctx, struct err *e)
{
	struct verify *v = ctx;
	struct merkle tree = v->tree;
	struct sealed *rows = arena_new(tx_arena(tx), struct sealed, (size_t)v->most);
	int64_t n;
	v->n = 0;
	if (!rows) {
		return err_set(e, ERR_MEMORY, "no memory for a page of the event log");
	}
	if (!read_log(tx, v, rows, &n, e)) {
		return false;
	}
	for (int64_t i = 0; i < n; i++) {
		struct sealed *r = &rows[i];
		if (r->position != v->position + i) {
			return wrong(e, "position %lld was removed from the event log", (long long)(v->position + i));
		}
		if (!event_sealed(tx, &(struct event_sealed_in){r->route, r->event}, &r->is, e) || !verify_event(r, e) ||
		    !verify_payload(r, e)) {
			return false;
		}
		merkle_add(&tree, (const uint8_t *)r->leaf.p);
	}
	v->n = n;
	v->tree = tree;
	return true;
}

/* Events from v->position to before v->to, or to the end of the log when that is 0. */
static bool verify_events(struct verify *v, const char *of, int64_t batch, struct err *e)
{
	int64_t most = READ_MOST;
	merkle_init(&v->tree);
	for (;;) {
		int64_t left = v->to == 0 ? most : v->to - v->position;
		if (left == 0) {
			return true;
		}
		v->most = left < most ? left : most;
		arena_reset(&v->arena);
		struct err why;
		if (!store_read(v->store, 0, &v->arena, page_job, v, &why)) {
			if (why.code == ERR_MEMORY && most > 1) {
				most /= 2; /* long payloads */
				continue;
			}
			if (why.code != ERR_CORRUPT) {
				*e = why;
				return false;
			}
			return batch ? wrong(e, "batch %lld: %s", (long long)batch, why.text) : wrong(e, "%s: %s", of, why.text);
		}
		v->position += v->n;
		if (v->n < v->most) {
			return v->to == 0 || v->position == v->to ||
			       wrong(e, "batch %lld: position %lld was removed from the event log", (long long)batch,
			             (long long)v->position);
		}
	}
}

/* All lines of the outside file about batches up to this one. */
static bool verify_outside(struct verify *v, const struct seal *s, struct err *e)
{
	for (; v->outside.has_line && v->outside.now.batch <= s->batch; outside_next(&v->outside)) {
		const struct outside_line *line = &v->outside.now;
		struct find_seal older = {.found = true, .seal = *s};
		if (line->batch < s->batch && !seal_find(v->store, line->batch, &older, e)) {
			return false;
		}
		if (!older.found || memcmp(line->hash, older.seal.hash, SHA256_BYTES) != 0 ||
		    memcmp(line->root, older.seal.root, SHA256_BYTES) != 0) {
			return wrong(e, "batch %lld is not the one that the file outside of the store has", (long long)line->batch);
		}
	}
	return true;
}

static bool verify_seal(struct verify *v, const struct seal *s, struct err *e)
{
	uint8_t hash[SHA256_BYTES];
	struct buf message;
	buf_init(&message, MESSAGE_MOST);
	seal_message(&message, s);
	sha256_of(buf_str(&message), hash);
	bool is_signed = !message.failed && crypto_sign_verify_detached(s->signature, (const unsigned char *)message.p,
	                                                                message.n, v->public_key) == 0;
	buf_release(&message);
	long long n = s->batch;
	if (!is_signed || memcmp(hash, s->hash, sizeof hash) != 0) {
		return wrong(e, "seal %lld was changed, or stands in another's place: its signature does not fit", n);
	}
	if (memcmp(s->previous, v->previous, sizeof s->previous) != 0) {
		return wrong(e, "seal %lld does not follow the one before it", n);
	}
	if (s->first != v->position || s->leaves < 1) {
		return wrong(e, "seal %lld begins at position %lld, not %lld", n, (long long)s->first, (long long)v->position);
	}
	v->to = s->first + s->leaves;
	uint8_t root[SHA256_BYTES];
	if (!verify_events(v, "", s->batch, e)) {
		return false;
	}
	merkle_root(&v->tree, root);
	if (memcmp(root, s->root, sizeof root) != 0) {
		return wrong(e, "batch %lld: its events are not those that were sealed, or not in that order", n);
	}
	memcpy(v->previous, s->hash, sizeof v->previous);
	return verify_outside(v, s, e);
}

static bool verify_seals(struct verify *v, struct err *e)
{
	struct find_seal f;
	int64_t before;
	v->position = v->batch = 1;
	v->last_batch = 0;
	/* A sealer may be at work: what the file outside knows more stands in the store by then. */
	do {
		before = v->last_batch;
		if (!seal_find(v->store, 0, &f, e)) {
			return false;
		}
		v->last_batch = f.found ? f.seal.batch : 0;
		for (; v->batch <= v->last_batch; v->batch++) {
			if (!seal_find(v->store, v->batch, &f, e)) {
				return false;
			}
			if (!f.found) {
				return wrong(e, "seal %lld was removed", (long long)v->batch);
			}
			if (!verify_seal(v, &f.seal, e)) {
				return false;
			}
		}
	} while (v->outside.has_line && v->last_batch > before);
	if (v->outside.has_line) {
		return wrong(e,
		             "the store ends with seal %lld, but the file outside of it knows seal %lld: the store was cut off "
		             "or is an old copy",
		             (long long)v->last_batch, (long long)v->outside.now.batch);
	}
	if (v->last_batch > 0 && !v->outside.f) {
		return wrong(e, "the file outside of the store is missing, though there are %lld seals",
		             (long long)v->last_batch);
	}
	return true;
}

struct counts {
	int64_t route, id; /* counted up to this event */
	int64_t page, events, log, unlogged;
};

static bool event_count_job(struct tx *tx, void *ctx, struct err *e)
{
	struct counts *c = ctx;
	struct event_keys_rows rows;
	struct event_keys_out r;
	struct event_keys_in in = {.most = COUNT_MOST, .route = c->route, .id = c->id};
	struct counts next = {.route = c->route, .id = c->id, .events = c->events};
	if (!event_keys_open(tx, &in, &rows, e)) {
		return false;
	}
	while (event_keys_next(&rows, &r)) {
		next.page++;
		next.route = r.route;
		next.id = r.id;
	}
	if (!event_keys_close(&rows, e)) {
		return false;
	}
	next.events += next.page;
	*c = next;
	return true;
}

struct unlogged {
	struct event_log_has_in keys; /* event ids after one another */
	int64_t routes[STORE_LIST_MAX];
	int64_t route, id; /* the last one */
	int64_t n;
};

/* The next few of the outbox that the log does not have; *left: there may be more. */
static bool unlogged_some(struct tx *tx, struct unlogged *u, bool *left, struct err *e)
{
	struct outbox_unlogged_rows rows;
	struct outbox_unlogged_out o;
	struct event_log_has_rows has;
	struct event_log_has_out h;
	u->keys = (struct event_log_has_in){.log = EVENT_LOG};
	if (!outbox_unlogged_open(tx, &(struct outbox_unlogged_in){STORE_LIST_MAX, u->route, u->id}, &rows, e)) {
		return false;
	}
	while (u->keys.events_n < STORE_LIST_MAX && outbox_unlogged_next(&rows, &o)) {
		u->routes[u->keys.events_n] = u->route = o.route;
		u->keys.events[u->keys.events_n++] = u->id = o.id;
	}
	if (!outbox_unlogged_close(&rows, e)) {
		return false;
	}
	*left = u->keys.events_n == STORE_LIST_MAX;
	u->n += (int64_t)u->keys.events_n;
	if (u->keys.events_n == 0) {
		return true;
	}
	if (!event_log_has_open(tx, &u->keys, &has, e)) {
		return false;
	}
	while (event_log_has_next(&has, &h)) {
		for (size_t i = 0; i < u->keys.events_n; i++) {
			u->n -= u->keys.events[i] == h.event && u->routes[i] == h.route;
		}
	}
	return event_log_has_close(&has, e);
}

struct waiting {
	struct unlogged u;
	bool left;
};

static bool waiting_job(struct tx *tx, void *ctx, struct err *e)
{
	struct waiting *w = ctx;
	struct waiting next = *w;
	for (int i = 0; i < UNLOGGED_AT_ONCE && next.left; i++) {
		if (!unlogged_some(tx, &next.u, &next.left, e)) {
			return false;
		}
	}
	*w = next;
	return true;
}

static bool end_job(struct tx *tx, void *ctx, struct err *e)
{
	return event_log_end(tx, &(struct event_log_end_in){EVENT_LOG}, ctx, e);
}

/* What waits is counted before the log: an event that is logged meanwhile counts twice and raises no alarm. */
bool seal_count(struct store *s, int64_t *logged, int64_t *waiting, struct err *e)
{
	struct waiting w = {.u = {.route = INT64_MIN}, .left = true};
	struct arena a;
	bool ok = true;
	arena_init(&a, READ_BYTES);
	while (ok && w.left) {
		ok = store_read(s, 0, &a, waiting_job, &w, e);
	}
	ok = ok && store_read(s, 0, &a, end_job, logged, e);
	arena_release(&a);
	*waiting = w.u.n;
	return ok;
}

/* Events that nobody appended. Counted before the log, which only grows: what is appended meanwhile raises no alarm. */
static bool verify_counts(struct verify *v, struct err *e)
{
	struct counts c = {0};
	do {
		if (!store_read(v->store, 0, &v->arena, event_count_job, &c, e)) {
			return false;
		}
	} while (c.page == COUNT_MOST);
	if (!seal_count(v->store, &c.log, &c.unlogged, e)) {
		return false;
	}
	return c.events <= c.log + c.unlogged ||
	       wrong(e, "%lld events were added that no batch holds and that do not wait for one",
	             (long long)(c.events - c.log - c.unlogged));
}

bool seal_verify(struct store *s, const uint8_t public_key[32], struct str outside_path, uint64_t *events,
                 uint64_t *batches, struct err *e)
{
	*events = *batches = 0;
	struct verify *v = mem_alloc(1, sizeof *v);
	char *path = file_path(outside_path, STR_EMPTY);
	bool ok = false;
	if (!v || !path || sodium_init() < 0) {
		err_set(e, ERR_MEMORY, "no memory to verify the seals");
		goto out;
	}
	v->store = s;
	v->public_key = public_key;
	arena_init(&v->arena, READ_BYTES);
	ok = outside_open(&v->outside, path, e) && verify_seals(v, e);
	if (ok) {
		*batches = (uint64_t)v->last_batch;
		*events = (uint64_t)(v->position - 1);
		v->to = 0;
		ok = verify_events(v, "after the last seal", 0, e) && verify_counts(v, e);
	}
	outside_close(&v->outside);
	arena_release(&v->arena);
out:
	mem_free(path);
	mem_free(v);
	return ok;
}
