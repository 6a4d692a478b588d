/* What anybody may see: the page behind a document's QR code, the seal to check without us, the institutions' keys.
 * Cached and throttled, for codes are found nowhere but on papers, and whoever calls many of them is not reading
 * papers. */
#include <pthread.h>

#include "app/credentials/credentials.h"
#include "app/credentials/credentials.html.h"
#include "app/credentials/pages.h"
#include "app/credentials/seal.h"
#include "app/page.h"
#include "base/fault.h"
#include "base/typed_code.h"
#include "http/throttle.h"
#include "os/keys_client.h"
#include "store/column_keys.h"

enum { SLOTS = 256, HOLDER_BYTES = 400, NUMBER_BYTES = 40 };
#define CACHE_US (5 * US_PER_S)

static const struct throttle_rule look_rule = {.name = "validity", .burst = 60, .every_us = US_PER_S};

/* --- What the page shows, for some seconds
 * ------------------------------------------------------------------------------------ */

struct shown {
	bool found;
	char holder[HOLDER_BYTES + 1], number[NUMBER_BYTES + 1];
	const struct service *service; /* these live as long as the program */
	const struct institution *institution;
	day_number issued_on, valid_until;
	bool has_end, is_suspended, is_withdrawn;
};
struct credential_cache {
	pthread_mutex_t mutex;
	struct slot {
		uint8_t hash[SHA256_BYTES];
		int64_t until_us; /* running time; 0: empty */
		struct shown shown;
	} slots[SLOTS];
};

bool credential_cache_new(struct credential_cache **out, struct err *e)
{
	struct credential_cache *c = mem_alloc(1, sizeof *c);
	if (c == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for public pages");
	}
	pthread_mutex_init(&c->mutex, NULL);
	*out = c;
	return true;
}

void credential_cache_free(struct credential_cache *c)
{
	if (c) {
		pthread_mutex_destroy(&c->mutex);
		mem_free(c);
	}
}

static void hash_of(const struct app *app, struct str code, uint8_t hash[SHA256_BYTES])
{
	column_hash(app->column_keys, STR("credential"), code, hash);
}

static int64_t bucket_of(const uint8_t hash[SHA256_BYTES])
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++) {
		v = v << 8 | hash[i];
	}
	v &= INT64_MAX;
	return v ? (int64_t)v : 1;
}

int64_t credential_bucket(const struct app *app, struct str code, uint8_t hash[SHA256_BYTES])
{
	hash_of(app, code, hash);
	return bucket_of(hash);
}

static bool cached(const struct app *app, const uint8_t hash[SHA256_BYTES], struct shown *out)
{
	struct credential_cache *c = app->credential_cache;
	bool is_there = false;
	if (c) {
		pthread_mutex_lock(&c->mutex);
		const struct slot *slot = &c->slots[hash[0]];
		is_there = slot->until_us > time_running_us(&app->time) && memcmp(slot->hash, hash, SHA256_BYTES) == 0;
		if (is_there) {
			*out = slot->shown;
		}
		pthread_mutex_unlock(&c->mutex);
	}
	return is_there;
}

static void cache(const struct app *app, const uint8_t hash[SHA256_BYTES], const struct shown *s)
{
	struct credential_cache *c = app->credential_cache;
	if (c) {
		pthread_mutex_lock(&c->mutex);
		struct slot *slot = &c->slots[hash[0]];
		memcpy(slot->hash, hash, SHA256_BYTES);
		slot->until_us = s ? time_running_us(&app->time) + CACHE_US : 0;
		slot->shown = s ? *s : (struct shown){.found = false};
		pthread_mutex_unlock(&c->mutex);
	}
}

void credential_changed(struct app *app, struct str code)
{
	uint8_t hash[SHA256_BYTES];
	hash_of(app, code, hash);
	cache(app, hash, NULL);
}

/* --- Finding it
 * ------------------------------------------------------------------------------------------------------------ */

struct str credential_url(const struct app *app, struct arena *a, struct str code)
{
	struct buf b;
	buf_init(&b, 1024);
	buf_put(&b, app->public_url);
	buf_put_c(&b, "/v/");
	typed_code_put(&b, code);
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

struct publication {
	int64_t bucket;
	struct str hash;
	const struct credential_get_out *c;
};

static bool publish_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct publication *p = ctx;
	return credential_lookup_add(tx,
	                             &(struct credential_lookup_add_in){.bucket = p->bucket,
	                                                                .hash = p->hash,
	                                                                .party = p->c->party,
	                                                                .casefile = p->c->casefile,
	                                                                .credential = p->c->id},
	                             e);
}

bool credential_publish(struct app *app, const struct credential_get_out *c, struct err *e)
{
	uint8_t hash[SHA256_BYTES];
	hash_of(app, c->code, hash);
	struct publication p = {bucket_of(hash), str_from(hash, sizeof hash), c};
	return store_write(app->store, &(struct store_op){.route = p.bucket}, publish_job, &p, e) ||
	       e->code == ERR_CONFLICT; /* it is there already: 256 bits are nobody else's */
}

struct look {
	int64_t bucket;
	struct str hash;
	struct credential_lookup_get_out found;
	struct credential_get_out row;
};

static bool find_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	return credential_lookup_get(tx, &(struct credential_lookup_get_in){.bucket = l->bucket, .hash = l->hash},
	                             &l->found, e);
}

static bool row_job(struct tx *tx, void *ctx, struct err *e)
{
	struct look *l = ctx;
	return credential_of(tx, l->found.party, l->found.casefile, &l->row, e);
}

/* One look-up for a code that was never given; l->row.found. Of a case that was granted again, only the newest counts.
 */
static bool find(struct req *r, struct str code, struct look *l, struct err *e)
{
	uint8_t hash[SHA256_BYTES];
	hash_of(r->app, code, hash);
	*l = (struct look){.bucket = bucket_of(hash), .hash = str_from(hash, sizeof hash)};
	if (!store_read(r->app->store, l->bucket, &r->arena, find_job, l, e)) {
		return false;
	}
	if (l->found.found && !store_read(r->app->store, l->found.party, &r->arena, row_job, l, e)) {
		return false;
	}
	return true;
}

static void copy_text(char *to, size_t most, struct str s)
{
	size_t n = s.n <= most ? s.n : most;
	while (n < s.n && n > 0 && ((uint8_t)s.p[n] & 0xC0) == 0x80) {
		n--;
	}
	memcpy(to, s.p, n);
	to[n] = '\0';
}

static bool read_shown(struct req *r, struct str code, struct shown *s, struct err *e)
{
	struct look l;
	uint8_t hash[SHA256_BYTES];
	hash_of(r->app, code, hash);
	*s = (struct shown){.found = false};
	if (cached(r->app, hash, s)) {
		return true;
	}
	if (!find(r, code, &l, e)) {
		return false;
	}
	if (l.row.found && l.row.definition.n == SHA256_BYTES) {
		if (!catalogue_definition(r->app, (const uint8_t *)l.row.definition.p, &s->service, e)) {
			return false;
		}
		s->institution = catalogue_institution(r->app, l.row.institution);
		s->found = s->institution != NULL;
		copy_text(s->holder, HOLDER_BYTES, l.row.holder);
		copy_text(s->number, NUMBER_BYTES, l.row.number);
		s->issued_on = l.row.issued_on;
		s->has_end = l.row.has_valid_until;
		s->valid_until = l.row.valid_until;
		s->is_suspended = l.row.has_suspended_at;
		/* A document that took this one's place has a page of its own. */
		s->is_withdrawn = l.row.has_withdrawn_at || l.row.id != l.found.credential;
	}
	cache(r->app, hash, s);
	return true;
}

static bool begin(struct req *r, char code[CREDENTIAL_CODE_CHARS + 1], bool *is_code, struct err *e)
{
	req_set_header(r, "X-Robots-Tag", STR("noindex, nofollow, noarchive"));
	*is_code = typed_code_parse(r->path_args[0], CREDENTIAL_CODE_CHARS, code);
	return throttle_take(r->app->throttle, &look_rule, throttle_network(&r->arena, r->client), e);
}

bool validity_get(struct req *r, struct err *e)
{
	char code[CREDENTIAL_CODE_CHARS + 1];
	bool is_code;
	struct shown s = {.found = false};
	if (!begin(r, code, &is_code, e) || (is_code && !read_shown(r, str_of(code), &s, e))) {
		return false;
	}
	struct validity_view v = {.is_found = s.found};
	if (s.found) {
		day_number today = zone_local(calendar_zone(s.institution->calendar), time_legal_us(&r->app->time)).day;
		v.state = credential_state_of(s.is_suspended, s.is_withdrawn, s.has_end, s.valid_until, today);
		v.title = text_in(&s.service->document.title, r->lang);
		v.office = text_in(&s.institution->name, r->lang);
		v.institution = s.institution->pack_id;
		v.number = str_of(s.number);
		v.holder = str_of(s.holder);
		v.issued_on = s.issued_on;
		v.has_end = s.has_end;
		v.valid_until = s.valid_until;
		v.base = arena_printf(&r->arena, "/v/%.*s", STR_ARG(r->path_args[0]));
	} else {
		r->status = 404;
	}
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Is this document valid?"), .width = PAGE_NOTE});
	validity_page(&o, &v);
	page_end(r, &o);
	return true;
}

/* The statement and its seal, as they were made: both name no more than the paper. */
static bool sealed(struct req *r, struct look *l, struct err *e)
{
	char code[CREDENTIAL_CODE_CHARS + 1];
	bool is_code;
	if (!begin(r, code, &is_code, e) || (is_code && !find(r, str_of(code), l, e))) {
		return false;
	}
	return (is_code && l->row.found && l->row.id == l->found.credential) ||
	       err_set(e, ERR_NOT_FOUND, "no document with this code");
}

static bool send(struct req *r, struct str bytes, const char *type, struct str name)
{
	r->content_type = str_of(type);
	if (name.n > 0) {
		req_set_header(r, "Content-Disposition",
		               arena_printf(&r->arena, "attachment; filename=\"%.*s\"", STR_ARG(name)));
	}
	buf_put(&r->out, bytes);
	return true;
}

bool validity_statement_get(struct req *r, struct err *e)
{
	struct look l;
	return sealed(r, &l, e) && send(r, l.row.statement, "text/plain; charset=utf-8",
	                                arena_printf(&r->arena, "%.*s.txt", STR_ARG(l.row.number)));
}

bool validity_seal_get(struct req *r, struct err *e)
{
	struct look l;
	return sealed(r, &l, e) && send(r, l.row.signature, "application/octet-stream",
	                                arena_printf(&r->arena, "%.*s.sig", STR_ARG(l.row.number)));
}

/* --- Keys
 * ----------------------------------------------------------------------------------------------------------------- */

static bool read_key(struct req *r, const struct institution *in, struct str *pem, struct err *e)
{
	uint8_t key[32];
	struct buf b;
	if (!keys_institution_public(r->app->keys, in->pack_id, key, e)) {
		return false;
	}
	buf_init(&b, 1024);
	seal_put_pem(&b, key);
	*pem = arena_copy(&r->arena, buf_str(&b));
	buf_release(&b);
	return true;
}

bool keys_get(struct req *r, struct err *e)
{
	const struct institution *all;
	size_t n = catalogue_institutions(r->app, &all);
	struct keys_view v = {.rows = NULL};
	struct key_row *rows = arena_new(&r->arena, struct key_row, n + 1);
	if (rows == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for keys");
	}
	if (!throttle_take(r->app->throttle, &look_rule, throttle_network(&r->arena, r->client), e)) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (all[i].code.n == 0) {
			continue; /* makes no documents */
		}
		struct key_row *row = &rows[v.n++];
		*row = (struct key_row){
			.name = text_in(&all[i].name, r->lang),
			.href = arena_printf(&r->arena, "/.well-known/cityhall-keys/%.*s.pem", STR_ARG(all[i].pack_id))};
		if (!read_key(r, &all[i], &row->pem, e)) {
			return false;
		}
	}
	v.rows = rows;
	struct html_out o;
	page_begin(r, &o, &(struct page){.title_msgid = N_("Keys of the offices"), .width = PAGE_NOTE});
	keys_page(&o, &v);
	page_end(r, &o);
	return true;
}

bool key_get(struct req *r, struct err *e)
{
	struct str name = r->path_args[0], pem;
	if (!str_ends(name, STR(".pem"))) {
		return err_set(e, ERR_NOT_FOUND, "no such key");
	}
	const struct institution *in = catalogue_institution_named(r->app, str_sub(name, 0, name.n - 4));
	if (in == NULL || in->code.n == 0) {
		return err_set(e, ERR_NOT_FOUND, "no such key");
	}
	return throttle_take(r->app->throttle, &look_rule, throttle_network(&r->arena, r->client), e) &&
	       read_key(r, in, &pem, e) && send(r, pem, "application/x-pem-file", name);
}
