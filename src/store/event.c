#include "store/event.h"

#include "base/codec.h"
#include "base/rand.h"
#include "store/event.sql.h"
#include "store/merkle.h"

enum { SALT_BYTES = 16, FIRST_ITEMS = 16 };

bool event_append(struct tx *tx, struct event *ev, struct err *e)
{
	uint8_t salt[SALT_BYTES];
	uint8_t digest[SHA256_BYTES];
	bool has_personal = ev->personal_payload.n > 0;
	struct event_newest_out newest = {0};
	/* The one before may have got its id from another process, whose clock is ahead. */
	if (!ev->is_first && !event_newest(tx, &(struct event_newest_in){ev->route, ev->casefile}, &newest, e)) {
		return false;
	}
	ev->recorded_us = tx_now_us(tx);
	ev->id = id_after(newest.found ? newest.id : 0, ev->recorded_us);
	if (ev->effective_us == 0) {
		ev->effective_us = ev->recorded_us;
	}
	if (has_personal) {
		rand_bytes(salt, sizeof salt);
		struct sha256 *h = sha256_new();
		sha256_add(h, str_from(salt, sizeof salt));
		sha256_add(h, ev->personal_payload);
		sha256_end(h, digest);
	}
	struct event_insert_in in = {
		.route = ev->route,
		.id = ev->id,
		.room = ev->room,
		.kind = ev->kind,
		.version = ev->version,
		.casefile = ev->casefile,
		.institution = ev->institution,
		.service = ev->service,
		.actor = ev->actor,
		.effective_at = ev->effective_us,
		.recorded_at = ev->recorded_us,
		.payload_digest = has_personal ? str_from(digest, sizeof digest) : STR_EMPTY,
		.public_payload = ev->public_payload,
	};
	struct event_payload_insert_in payload = {
		.route = ev->route,
		.event = ev->id,
		.salt = str_from(salt, sizeof salt),
		.payload = ev->personal_payload,
	};
	return event_insert(tx, &in, e) && (!has_personal || event_payload_insert(tx, &payload, e)) &&
	       outbox_insert(tx, &(struct outbox_insert_in){.route = ev->route, .id = ev->id}, e);
}

bool event_erase_payload(struct tx *tx, int64_t route, int64_t event, struct err *e)
{
	int64_t rows;
	return event_payload_erase(tx, &(struct event_payload_erase_in){.route = route, .event = event}, &rows, e);
}

bool event_list_of_case(struct tx *tx, int64_t route, int64_t casefile, struct event_list *out, struct err *e)
{
	*out = (struct event_list){0};
	size_t room = 0;
	struct event_of_casefile_rows rows;
	struct event_of_casefile_out r;
	struct event_of_casefile_in in = {.route = route, .casefile = casefile};
	if (!event_of_casefile_open(tx, &in, &rows, e)) {
		return false;
	}
	bool is_full = false;
	while (!is_full && event_of_casefile_next(&rows, &r)) {
		if (out->n == room) {
			room = room ? room * 2 : FIRST_ITEMS;
			struct event *more = arena_new(tx_arena(tx), struct event, room);
			if (!more) {
				is_full = true;
				break;
			}
			if (out->n > 0) {
				memcpy(more, out->items, out->n * sizeof *more);
			}
			out->items = more;
		}
		out->items[out->n++] = (struct event){
			.route = route,
			.id = r.id,
			.room = r.room,
			.kind = r.kind,
			.version = (int32_t)r.version,
			.casefile = casefile,
			.institution = r.institution,
			.service = r.service,
			.actor = r.actor,
			.effective_us = r.effective_at,
			.recorded_us = r.recorded_at,
			.public_payload = r.public_payload,
			.personal_payload = r.payload,
			.payload_digest = r.payload_digest,
		};
	}
	bool ok = event_of_casefile_close(&rows, e);
	return ok && (!is_full || err_set(e, ERR_MEMORY, "more events than one read can hold"));
}

bool event_leaf(const struct event *ev, uint8_t out[SHA256_BYTES], struct err *e)
{
	struct buf b;
	buf_init(&b, ev->public_payload.n + 4096);
	codec_put_str(&b, STR("cityhall event 1"));
	codec_put_i64(&b, ev->route);
	codec_put_i64(&b, ev->id);
	codec_put_str(&b, ev->room);
	codec_put_str(&b, ev->kind);
	codec_put_i64(&b, ev->version);
	codec_put_i64(&b, ev->casefile);
	codec_put_i64(&b, ev->institution);
	codec_put_str(&b, ev->service);
	codec_put_i64(&b, ev->actor);
	codec_put_i64(&b, ev->effective_us);
	codec_put_i64(&b, ev->recorded_us);
	codec_put_bytes(&b, ev->payload_digest);
	codec_put_str(&b, ev->public_payload);
	bool ok = buf_ok(&b, e);
	if (ok) {
		merkle_leaf(buf_str(&b), out);
	}
	buf_release(&b);
	return ok;
}
