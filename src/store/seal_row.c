#include "store/seal_row.h"

#include <errno.h>

#include "base/codec.h"
#include "base/fault.h"
#include "base/json.h"
#include "store/event.h"
#include "store/event.sql.h"

void seal_message(struct buf *b, const struct seal *s)
{
	codec_put_str(b, STR("cityhall seal 1"));
	codec_put_i64(b, s->batch);
	codec_put_i64(b, s->first);
	codec_put_i64(b, s->leaves);
	codec_put_i64(b, s->sealed_us);
	codec_put_bytes(b, str_from(s->root, sizeof s->root));
	codec_put_bytes(b, str_from(s->previous, sizeof s->previous));
}

static bool take(uint8_t *to, size_t n, struct str from)
{
	if (from.n != n) {
		return false;
	}
	memcpy(to, from.p, n);
	return true;
}

static bool seal_of_row(const struct seal_last_out *r, struct seal *s, struct err *e)
{
	*s = (struct seal){.batch = r->batch, .first = r->first, .leaves = r->leaves, .sealed_us = r->sealed_at};
	if (!take(s->root, sizeof s->root, r->root) || !take(s->previous, sizeof s->previous, r->previous) ||
	    !take(s->hash, sizeof s->hash, r->hash) || !take(s->signature, sizeof s->signature, r->signature)) {
		return err_set(e, ERR_CORRUPT, "seal %lld is damaged: a field has another length", (long long)r->batch);
	}
	return true;
}

static bool find_seal_job(struct tx *tx, void *ctx, struct err *e)
{
	struct find_seal *f = ctx;
	struct seal_last_out last;
	struct seal_get_out got;
	if (f->batch == 0) {
		if (!seal_last(tx, &(struct seal_last_in){EVENT_LOG}, &last, e)) {
			return false;
		}
	} else {
		if (!seal_get(tx, &(struct seal_get_in){EVENT_LOG, f->batch}, &got, e)) {
			return false;
		}
		last = (struct seal_last_out){
			.found = got.found,
			.batch = got.batch,
			.first = got.first,
			.leaves = got.leaves,
			.root = got.root,
			.previous = got.previous,
			.hash = got.hash,
			.signature = got.signature,
			.sealed_at = got.sealed_at,
		};
	}
	f->found = last.found;
	return !last.found || seal_of_row(&last, &f->seal, e);
}

bool seal_find(struct store *s, int64_t batch, struct find_seal *out, struct err *e)
{
	struct arena a;
	arena_init(&a, 65536);
	*out = (struct find_seal){.batch = batch};
	bool ok = store_read(s, 0, &a, find_seal_job, out, e);
	arena_release(&a);
	return ok;
}

static bool parse_line(struct str line, struct outside_line *out)
{
	struct arena a;
	struct json *json = NULL;
	struct err ignored;
	arena_init(&a, 65536);
	bool ok = json_parse(&a, line, &json, &ignored);
	const struct json *batch = ok ? json_get(json, STR("batch")) : NULL;
	const struct json *events = ok ? json_get(json, STR("events")) : NULL;
	ok = batch && batch->kind == JSON_INT && events && events->kind == JSON_INT &&
	     str_to_bytes(json_string(json, STR("root")), out->root, sizeof out->root) &&
	     str_to_bytes(json_string(json, STR("hash")), out->hash, sizeof out->hash);
	if (ok) {
		out->batch = batch->integer;
		out->events = events->integer;
	}
	arena_release(&a);
	return ok;
}

void outside_next(struct outside_file *o)
{
	o->has_line = false;
	while (o->f && !o->has_line) {
		size_t n = 0;
		int c;
		/* What a power cut left may hold any bytes, NUL as well. */
		while ((c = getc(o->f)) != EOF && c != '\n') {
			if (n < sizeof o->line) {
				o->line[n] = (char)c;
			}
			n++;
		}
		if (c == EOF && n == 0) {
			return;
		}
		o->is_ended = c == '\n';
		o->has_line = o->is_ended && n <= sizeof o->line && parse_line(str_from(o->line, n), &o->now);
	}
}

bool outside_open(struct outside_file *o, const char *path, struct err *e)
{
	*o = (struct outside_file){.f = fopen(path, "re"), .is_ended = true};
	if (!o->f && errno != ENOENT) {
		return err_errno(e, "cannot read the file of seals outside of the store");
	}
	outside_next(o);
	return true;
}

void outside_close(struct outside_file *o)
{
	if (o->f) {
		fclose(o->f);
	}
}
