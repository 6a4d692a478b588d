#include "fault/submission.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fault.h"
#include "fault/submission.sql.c" /* NOLINT: the generated calls of these tests */
#include "store/event.sql.h"

enum { ANSWERS = 3, UPLOAD_MOST = 80000 };
static const uint8_t master_key[32] = {9, 8, 7};
static const unsigned char seal_seed[crypto_sign_SEEDBYTES] = {1};
static const struct store_schema *const schemas[] = {&event_schema, &submission_schema, NULL};

static bool sign(void *ctx, struct str message, uint8_t signature[64], struct err *e)
{
	(void)ctx;
	(void)e;
	unsigned char public_key[32], secret_key[64];
	crypto_sign_seed_keypair(public_key, secret_key, seal_seed);
	crypto_sign_detached(signature, NULL, (const unsigned char *)message.p, message.n, secret_key);
	return true;
}

static int64_t to_institution(const struct event *ev)
{
	return ev->institution;
}

static bool note_arrival(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	return brought_add(tx, &(struct brought_add_in){.institution = ev->institution, .event = ev->id}, e);
}

static const struct event_subscriber subscribers[] = {{"arrival", to_institution, note_arrival, NULL}};

bool city_open(struct city *c, const struct city_options *o, struct err *e)
{
	char blobs[300];
	*c = (struct city){0};
	/* Stands: on a slow machine no read is cut short. */
	time_source_fixed(&c->time, INT64_C(1750000000) * US_PER_S);
	snprintf(blobs, sizeof blobs, "%s/blobs", o->dir);
	snprintf(c->outside, sizeof c->outside, "%s/seal.log", o->dir);
	const struct file_layer *files = o->files ? o->files : &file_layer_real;
	struct store_options store = {
		.dir = str_of(o->dir), .schemas = schemas, .time = &c->time, .readers = 2, .vfs = o->vfs};
	if (!store_open(&store, &c->store, e) || !blobs_open_on(files, str_of(blobs), master_key, &c->blobs, e)) {
		return false;
	}
	if (!o->has_relay) {
		return true;
	}
	struct seal_options seal = {
		.store = c->store,
		.outside_path = str_of(c->outside),
		.sign = sign,
		.every_us = 10000,
		.files = files,
	};
	struct relay_options relay = {.store = c->store, .subs = subscribers, .subs_n = 1, .workers = 2};
	return relay_start_with(&relay, &c->relay, e) && sealer_start(&seal, &c->sealer, e);
}

void city_close(struct city *c)
{
	relay_stop(c->relay);
	sealer_stop(c->sealer);
	blobs_close(c->blobs);
	if (c->store) {
		store_close(c->store);
	}
	*c = (struct city){0};
}

/* --- Submitting ----------------------------------------------------------------------------------------------------
 */

static int64_t party_of(uint32_t number)
{
	return 1 + number % PARTIES;
}

static size_t upload_of(uint32_t number, uint8_t *room)
{
	size_t n = number % 100 == 0 ? 70000 + number % 7 : (size_t)number * 7919 % 6000;
	for (size_t i = 0; i < n; i++) {
		room[i] = (uint8_t)(i * 31 + number * 17 + i / 256);
	}
	return n;
}

static bool put_upload(struct city *c, uint32_t number, struct blob_ref *ref, struct err *e)
{
	uint8_t *bytes = malloc(UPLOAD_MOST);
	must(bytes != NULL);
	size_t n = upload_of(number, bytes);
	int fd = memfd_create("upload", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0);
	bool ok = blobs_put(c->blobs, party_of(number), fd, UPLOAD_MOST, ref, e);
	close(fd);
	free(bytes);
	return ok;
}

struct submit {
	uint32_t number;
	struct blob_ref ref;
};

static bool submit_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct submit *s = ctx;
	int64_t party = party_of(s->number);
	int64_t id = (int64_t)s->number + 1;
	char text[700];
	memset(text, 'a' + (int)(s->number % 26), sizeof text);
	struct submission_add_in in = {
		party, id, s->number, str_from(s->ref.digest, sizeof s->ref.digest), s->ref.bytes,
	};
	if (!submission_add(tx, &in, e)) {
		return false;
	}
	for (int nr = 1; nr <= ANSWERS; nr++) {
		if (!answer_add(tx, &(struct answer_add_in){party, id, nr, str_from(text, sizeof text)}, e)) {
			return false;
		}
	}
	struct event ev = {
		.route = party,
		.room = STR("submission"),
		.kind = STR("submitted"),
		.version = 1,
		.casefile = id,
		.institution = INSTITUTION,
		.service = STR("test"),
		.actor = party,
		.public_payload = STR("{}"),
		.personal_payload = STR("{\"name\":\"Anna\"}"),
	};
	tx_result(tx, 0, id);
	return event_append(tx, &ev, e);
}

bool city_submit(struct city *c, uint32_t number, bool *is_replay, struct err *e)
{
	struct submit s = {.number = number};
	struct store_op op = {.route = party_of(number), .id = {0xc1}};
	if (!put_upload(c, number, &s.ref, e)) {
		return false;
	}
	memcpy(op.id + 4, &number, sizeof number);
	memcpy(op.digest, &number, sizeof number);
	if (!store_write(c->store, &op, submit_job, &s, e)) {
		return false;
	}
	if (is_replay) {
		*is_replay = op.is_replay;
	}
	return op.result[0] == (int64_t)number + 1 || err_set(e, ERR_CORRUPT, "submission %u has another result", number);
}

/* --- Checking ------------------------------------------------------------------------------------------------------
 */

struct found {
	int64_t party, id, number;
	struct blob_ref ref;
};

struct survey {
	struct found *items;
	size_t n, most;
	int64_t answers, unlogged, log;
};

static bool survey_job(struct tx *tx, void *ctx, struct err *e)
{
	struct survey *v = ctx;
	struct submission_all_rows rows;
	struct submission_all_out r;
	v->n = 0;
	if (!submission_all_open(tx, &rows, e)) {
		return false;
	}
	bool is_whole = true;
	while (is_whole && submission_all_next(&rows, &r)) {
		is_whole = v->n < v->most && r.answers == ANSWERS && r.digest.n == SHA256_BYTES;
		if (is_whole) {
			struct found *f = &v->items[v->n++];
			*f = (struct found){.party = r.party, .id = r.id, .number = r.number};
			f->ref.party = r.party;
			f->ref.bytes = r.bytes;
			memcpy(f->ref.digest, r.digest.p, SHA256_BYTES);
		}
	}
	if (!submission_all_close(&rows, e)) {
		return false;
	}
	return (is_whole || err_set(e, ERR_CORRUPT, "a submission is there in part")) && answer_count(tx, &v->answers, e);
}

struct history {
	const struct found *f;
	struct event_list list;
};

static bool history_job(struct tx *tx, void *ctx, struct err *e)
{
	struct history *h = ctx;
	return event_list_of_case(tx, h->f->party, h->f->id, &h->list, e);
}

static bool check_one(struct city *c, const struct found *f, struct arena *a, struct err *e)
{
	int fd;
	struct history h = {.f = f};
	arena_reset(a);
	if (!store_read(c->store, f->party, a, history_job, &h, e)) {
		return false;
	}
	if (h.list.n != 1 || !str_is(h.list.items[0].personal_payload, "{\"name\":\"Anna\"}")) {
		return err_set(e, ERR_CORRUPT, "submission %lld has %zu events", (long long)f->number, h.list.n);
	}
	if (!blobs_get(c->blobs, &f->ref, &fd, e)) {
		return false;
	}
	close(fd);
	return true;
}

bool city_check(struct city *c, const bool *is_acked, uint32_t n, uint32_t *found, struct err *e)
{
	struct arena a;
	arena_init(&a, 32 << 20);
	struct survey v = {.items = calloc(n, sizeof *v.items), .most = n};
	uint8_t *times = calloc(n, 1);
	must(v.items && times);
	bool ok = store_check(c->store, e) && store_read(c->store, 0, &a, survey_job, &v, e);
	*found = (uint32_t)v.n;
	for (size_t i = 0; ok && i < v.n; i++) {
		const struct found *f = &v.items[i];
		ok = (f->number < n || err_set(e, ERR_CORRUPT, "a submission with a wrong number")) &&
		     (times[f->number]++ == 0 ||
		      err_set(e, ERR_CORRUPT, "submission %lld is there twice", (long long)f->number)) &&
		     check_one(c, f, &a, e);
	}
	for (uint32_t i = 0; ok && i < n; i++) {
		ok = !is_acked[i] || times[i] == 1 || err_set(e, ERR_CORRUPT, "submission %u was acknowledged and is gone", i);
	}
	int64_t whole = (int64_t)v.n;
	ok = ok && seal_count(c->store, &v.log, &v.unlogged, e);
	/* An event may be in both: it is logged first and leaves the outbox in a second step. city_check_history counts. */
	bool is_logged = v.log <= whole && v.unlogged <= whole && v.log + v.unlogged >= whole;
	ok = ok && ((v.answers == whole * ANSWERS && is_logged) ||
	            err_set(e, ERR_CORRUPT, "%lld submissions, %lld answers, %lld events in the log, %lld not yet",
	                    (long long)whole, (long long)v.answers, (long long)v.log, (long long)v.unlogged));
	free(times);
	free(v.items);
	arena_release(&a);
	return ok;
}

struct arrivals {
	int64_t n, events;
};

static bool arrivals_job(struct tx *tx, void *ctx, struct err *e)
{
	struct arrivals *a = ctx;
	return brought_count(tx, &a->n, e) && brought_count_events(tx, &a->events, e);
}

bool city_check_history(struct city *c, uint32_t found, struct err *e)
{
	unsigned char public_key[32], secret_key[64];
	crypto_sign_seed_keypair(public_key, secret_key, seal_seed);
	if (!relay_drain(c->relay, INT64_C(60000000))) {
		return err_set(e, ERR_BUSY, "the relay does not come to an end");
	}
	uint64_t events, batches;
	struct arrivals n = {0};
	struct arena a;
	arena_init(&a, 65536);
	bool ok = sealer_seal(c->sealer, e) &&
	          seal_verify(c->store, public_key, str_of(c->outside), &events, &batches, e) &&
	          store_read(c->store, 0, &a, arrivals_job, &n, e);
	arena_release(&a);
	return ok && ((events == found && n.n == (int64_t)found && n.events == (int64_t)found) ||
	              err_set(e, ERR_CORRUPT, "%u submissions, %llu sealed events, %lld arrivals of %lld events", found,
	                      (unsigned long long)events, (long long)n.n, (long long)n.events));
}
