#include "app/people/records.h"

#include <stdlib.h>

#include "app/people/accounts.h"
#include "app/people/email.h"
#include "app/people/people.sql.h"
#include "base/fold.h"
#include "base/json.h"
#include "base/rand.h"
#include "store/event.h"

#define SCRATCH_BYTES (512 * 1024)

enum { WORDS_MOST = 12 };

static const struct {
	const char *word, *say;
} kinds[TWIN_KIND_COUNT] = {
#define X(kind, word, say) {word, say},
	TWIN_KINDS(X)
#undef X
};

const char *twin_words(enum twin_kind kind)
{
	return kinds[kind].say;
}

/* --- What is shared ---------------------------------------------------------------------------------------------- */

struct shared {
	int64_t bucket; /* 0: the record says nothing of this kind */
	uint8_t hash[32];
};

static int compare(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The words of a name in one order: given and family name stand either way round. */
static struct str name_key(struct arena *a, struct str name)
{
	struct str words[WORDS_MOST] = {0}, rest = fold_name(a, name), word;
	size_t n = 0;
	while (n < WORDS_MOST && str_next(&rest, ' ', &word)) {
		words[n++] = word;
	}
	qsort(words, n, sizeof *words, compare);
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < n; i++) {
		buf_put(&b, words[i]);
	}
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct str shared_text(struct arena *a, enum twin_kind kind, const struct record *r)
{
	switch (kind) {
	case TWIN_NUMBER:
		return r->identifier.n > 0 ? arena_printf(a, "%.*s %.*s", STR_ARG(r->scheme), STR_ARG(r->identifier))
		                           : STR_EMPTY;
	case TWIN_NAME:
		return r->birth.n > 0 ? arena_printf(a, "%.*s %.*s", STR_ARG(name_key(a, r->name)), STR_ARG(r->birth))
		                      : STR_EMPTY;
	case TWIN_PHONE:
		return r->phone;
	case TWIN_EMAIL:
	default:
		return r->email.n > 0 ? email_key(a, r->email) : STR_EMPTY;
	}
}

static int64_t bucket_of(const uint8_t hash[32])
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++) {
		v = v << 8 | hash[i];
	}
	v &= INT64_MAX;
	return v != 0 ? (int64_t)v : 1;
}

static void shared_of(const struct column_keys *k, struct arena *a, const struct record *r,
                      struct shared out[TWIN_KIND_COUNT])
{
	for (int i = 0; i < TWIN_KIND_COUNT; i++) {
		struct str text = shared_text(a, (enum twin_kind)i, r);
		out[i] = (struct shared){0};
		if (text.n > 0) {
			column_hash(k, arena_printf(a, "twin-%s", kinds[i].word), text, out[i].hash);
			out[i].bucket = bucket_of(out[i].hash);
		}
	}
}

struct twin_look {
	struct shared shared;
	int64_t parties[TWINS_MOST];
	size_t n;
};

static bool job_twins(struct tx *tx, void *ctx, struct err *e)
{
	struct twin_look *l = ctx;
	struct twin_list_rows rows;
	struct twin_list_out row;
	l->n = 0;
	if (!twin_list_open(
			tx,
			&(struct twin_list_in){.bucket = l->shared.bucket, .hash = str_from(l->shared.hash, sizeof l->shared.hash)},
			&rows, e)) {
		return false;
	}
	while (l->n < TWINS_MOST && twin_list_next(&rows, &row)) {
		l->parties[l->n++] = row.party;
	}
	return twin_list_close(&rows, e);
}

static void note_twin(struct twin *list, size_t *n, int64_t party, enum twin_kind kind)
{
	size_t i = 0;
	while (i < *n && list[i].party != party) {
		i++;
	}
	if (i == TWINS_MOST) {
		return;
	}
	if (i == *n) {
		list[(*n)++] = (struct twin){.party = party};
	}
	list[i].shared |= 1U << kind;
}

static int by_shared(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;
	int more = __builtin_popcount(y->shared) - __builtin_popcount(x->shared);
	return more != 0 ? more : (x->party > y->party) - (x->party < y->party);
}

bool people_twins(struct store *s, const struct column_keys *k, struct arena *a, const struct record *of,
                  struct twin **out, size_t *n, struct err *e)
{
	struct shared shared[TWIN_KIND_COUNT];
	*n = 0;
	*out = arena_new(a, struct twin, TWINS_MOST);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no room for twins");
	}
	shared_of(k, a, of, shared);
	for (int i = 0; i < TWIN_KIND_COUNT; i++) {
		struct twin_look l = {.shared = shared[i]};
		if (shared[i].bucket == 0) {
			continue;
		}
		if (!store_read(s, shared[i].bucket, a, job_twins, &l, e)) {
			return false;
		}
		for (size_t x = 0; x < l.n; x++) {
			if (l.parties[x] != of->party) {
				note_twin(*out, n, l.parties[x], (enum twin_kind)i);
			}
		}
	}
	/* Who has an account is found by its address, though no official wrote anything down. */
	int64_t account = 0;
	struct err why = {0};
	if (of->email.n > 0 && people_find(s, k, of->email, &account, &why)) {
		if (account != of->party) {
			note_twin(*out, n, account, TWIN_EMAIL);
		}
	} else if (of->email.n > 0 && why.code != ERR_NOT_FOUND) {
		*e = why;
		return false;
	}
	if (*n > 1) {
		qsort(*out, *n, sizeof **out, by_shared);
	}
	return true;
}

/* --- Records ----------------------------------------------------------------------------------------------------- */

static bool job_record(struct tx *tx, void *ctx, struct err *e)
{
	struct record *r = ctx;
	int64_t party = tx_route(tx);
	struct party_get_out p;
	struct record_get_out row;
	struct account_get_out account;
	if (!party_get(tx, &(struct party_get_in){.party = party}, &p, e) ||
	    !record_get(tx, &(struct record_get_in){.party = party}, &row, e) ||
	    !account_get(tx, &(struct account_get_in){.account = party}, &account, e)) {
		return false;
	}
	if (!p.found) {
		return err_set(e, ERR_NOT_FOUND, "no such party");
	}
	*r = (struct record){.party = party,
	                     .is_organisation = p.kind == PARTY_ORGANISATION,
	                     .name = p.name,
	                     .birth = STR_EMPTY,
	                     .scheme = p.has_scheme ? p.scheme : STR_EMPTY,
	                     .identifier = p.has_identifier ? p.identifier : STR_EMPTY,
	                     .phone = STR_EMPTY,
	                     .email = account.found ? account.email : STR_EMPTY,
	                     .has_account = account.found,
	                     .is_written_down = row.found};
	if (row.found) {
		r->birth = row.birth;
		r->scheme = row.scheme.n > 0 ? row.scheme : r->scheme;
		r->identifier = row.identifier.n > 0 ? row.identifier : r->identifier;
		r->phone = row.phone;
		r->email = row.email.n > 0 ? row.email : r->email;
	}
	return true;
}

bool people_record(struct store *s, struct arena *a, int64_t party, struct record *out, struct err *e)
{
	return store_read(s, party, a, job_record, out, e);
}

struct making_job {
	const struct record_making *m;
	struct shared shared[TWIN_KIND_COUNT];
};

static void put_shared(struct json_out *j, const struct making_job *m)
{
	for (int i = 0; i < TWIN_KIND_COUNT; i++) {
		if (m->shared[i].bucket != 0) {
			struct buf hex;
			buf_init(&hex, 2 * sizeof m->shared[i].hash);
			buf_put_hex(&hex, m->shared[i].hash, sizeof m->shared[i].hash);
			json_key(j, str_of(kinds[i].word));
			json_put_string(j, buf_str(&hex));
			buf_release(&hex);
		}
	}
}

static bool append(struct tx *tx, const char *kind, int64_t institution, int64_t by, struct str payload, struct err *e)
{
	struct event ev = {.route = tx_route(tx),
	                   .room = STR("people"),
	                   .kind = str_of(kind),
	                   .version = 1,
	                   .institution = institution,
	                   .service = STR_EMPTY,
	                   .actor = by,
	                   .effective_us = tx_now_us(tx),
	                   .public_payload = payload,
	                   .personal_payload = STR_EMPTY};
	return event_append(tx, &ev, e);
}

static bool job_make(struct tx *tx, void *ctx, struct err *e)
{
	const struct making_job *j = ctx;
	const struct record *r = &j->m->record;
	int64_t now = tx_now_us(tx);
	struct buf b;
	buf_init(&b, 4096);
	struct json_out out = {.to = &b};
	json_begin_object(&out);
	put_shared(&out, j);
	json_end_object(&out);
	bool ok = party_insert(tx,
	                       &(struct party_insert_in){.party = r->party,
	                                                 .kind = r->is_organisation ? PARTY_ORGANISATION : PARTY_PERSON,
	                                                 .name = r->name,
	                                                 .has_scheme = r->is_organisation && r->identifier.n > 0,
	                                                 .scheme = r->scheme,
	                                                 .has_identifier = r->is_organisation && r->identifier.n > 0,
	                                                 .identifier = r->identifier,
	                                                 .made_at = now},
	                       e) &&
	          record_insert(tx,
	                        &(struct record_insert_in){.party = r->party,
	                                                   .birth = r->birth,
	                                                   .scheme = r->scheme,
	                                                   .identifier = r->identifier,
	                                                   .phone = r->phone,
	                                                   .email = r->email,
	                                                   .made_at = now,
	                                                   .made_by = j->m->by,
	                                                   .institution = j->m->institution},
	                        e) &&
	          buf_ok(&b, e) && append(tx, "record_made", j->m->institution, j->m->by, buf_str(&b), e);
	buf_release(&b);
	tx_result(tx, 0, r->party);
	return ok;
}

bool people_make_record(struct store *s, struct store_op *op, const struct column_keys *k,
                        const struct record_making *m, struct err *e)
{
	struct arena a;
	struct making_job j = {.m = m};
	arena_init(&a, SCRATCH_BYTES);
	shared_of(k, &a, &m->record, j.shared);
	bool ok = store_write(s, op, job_make, &j, e);
	arena_release(&a);
	return ok;
}

/* --- The read model: one subscriber a kind, since each kind lies in a bucket of its own --------------------------- */

static bool hash_in(struct arena *a, const struct event *ev, enum twin_kind kind, uint8_t hash[32])
{
	struct json *root = NULL;
	struct err ignored;
	return str_is(ev->room, "people") && str_is(ev->kind, "record_made") &&
	       json_parse(a, ev->public_payload, &root, &ignored) &&
	       str_to_bytes(json_string(root, str_of(kinds[kind].word)), hash, 32);
}

static int64_t target(const struct event *ev, enum twin_kind kind)
{
	struct arena a;
	uint8_t hash[32];
	if (!str_is(ev->kind, "record_made")) {
		return 0;
	}
	arena_init(&a, 64 * 1024);
	int64_t bucket = hash_in(&a, ev, kind, hash) ? bucket_of(hash) : 0;
	arena_release(&a);
	return bucket;
}

static bool apply(struct tx *tx, const struct event *ev, enum twin_kind kind, struct err *e)
{
	uint8_t hash[32];
	int64_t rows = 0;
	if (!hash_in(tx_arena(tx), ev, kind, hash)) {
		return err_set(e, ERR_CORRUPT, "an event of a record without its hash");
	}
	return twin_add(tx,
	                &(struct twin_add_in){
						.bucket = tx_route(tx), .hash = str_from(hash, sizeof hash), .party = ev->route, .kind = kind},
	                &rows, e);
}

#define X(name_, kind_)                                                                 \
	int64_t name_##_target(const struct event *ev)                                      \
	{                                                                                   \
		return target(ev, kind_);                                                       \
	}                                                                                   \
	bool name_##_apply(struct tx *tx, const struct event *ev, void *ctx, struct err *e) \
	{                                                                                   \
		(void)ctx;                                                                      \
		return apply(tx, ev, kind_, e);                                                 \
	}
TWIN_SUBSCRIBERS(X)
#undef X

/* --- Joining ----------------------------------------------------------------------------------------------------- */

struct join_job {
	int64_t party, other, by, institution;
	struct str name;
	bool has_account; /* of the one that will see the other */
};

static struct str other_payload(struct tx *tx, const struct join_job *j)
{
	return arena_printf(tx_arena(tx), "{\"other\":\"%s\"}", id_text(j->other).c);
}

/* The account's rights change with it: sessions read them anew. */
static bool job_join(struct tx *tx, void *ctx, struct err *e)
{
	const struct join_job *j = ctx;
	return same_as_put(
			   tx,
			   &(struct same_as_put_in){
				   .party = j->party, .other = j->other, .name = j->name, .made_at = tx_now_us(tx), .made_by = j->by},
			   e) &&
	       (!j->has_account || (account_raise_epoch(tx, &(struct account_raise_epoch_in){.account = j->party}, e) &&
	                            account_has_mandates(tx, &(struct account_has_mandates_in){.account = j->party}, e))) &&
	       append(tx, "joined", j->institution, j->by, other_payload(tx, j), e);
}

static bool job_take_apart(struct tx *tx, void *ctx, struct err *e)
{
	const struct join_job *j = ctx;
	struct account_get_out account;
	return same_as_end(tx,
	                   &(struct same_as_end_in){.party = j->party,
	                                            .other = j->other,
	                                            .has_ended_at = true,
	                                            .ended_at = tx_now_us(tx),
	                                            .ended_by = j->by},
	                   e) &&
	       account_get(tx, &(struct account_get_in){.account = j->party}, &account, e) &&
	       (!account.found || account_raise_epoch(tx, &(struct account_raise_epoch_in){.account = j->party}, e)) &&
	       append(tx, "taken_apart", j->institution, j->by, other_payload(tx, j), e);
}

bool people_join(struct store *s, int64_t party, int64_t other, int64_t by, int64_t institution, struct err *e)
{
	struct arena a;
	struct record mine, theirs;
	arena_init(&a, SCRATCH_BYTES);
	bool ok = people_record(s, &a, party, &mine, e) && people_record(s, &a, other, &theirs, e);
	if (ok && (party == other || theirs.has_account || mine.is_organisation || theirs.is_organisation)) {
		ok = err_tell(e, ERR_INVALID,
		              N_("Only a person’s record without an account of its own can be joined to another one."),
		              "joining what has an account, an organisation, or itself");
	}
	if (ok) {
		struct join_job j = {.party = party,
		                     .other = other,
		                     .by = by,
		                     .institution = institution,
		                     .name = theirs.name,
		                     .has_account = mine.has_account};
		ok = store_write(s, &(struct store_op){.route = party}, job_join, &j, e);
	}
	arena_release(&a);
	return ok;
}

bool people_take_apart(struct store *s, int64_t party, int64_t other, int64_t by, int64_t institution, struct err *e)
{
	struct join_job j = {.party = party, .other = other, .by = by, .institution = institution};
	return store_write(s, &(struct store_op){.route = party}, job_take_apart, &j, e);
}

bool people_joined(struct tx *tx, int64_t party, struct joined **out, size_t *n, struct err *e)
{
	struct same_as_list_rows rows;
	struct same_as_list_out row;
	*n = 0;
	*out = arena_new(tx_arena(tx), struct joined, JOINED_MOST);
	if (*out == NULL) {
		return err_set(e, ERR_MEMORY, "no room for records");
	}
	if (!same_as_list_open(tx, &(struct same_as_list_in){.party = party}, &rows, e)) {
		return false;
	}
	while (*n < JOINED_MOST && same_as_list_next(&rows, &row)) {
		(*out)[(*n)++] = (struct joined){.other = row.other, .made_us = row.made_at, .name = row.name};
	}
	return same_as_list_close(&rows, e);
}

/* --- Invitations ------------------------------------------------------------------------------------------------- */

struct invitation {
	int64_t bucket, party, by;
	uint8_t hash[32];
	bool is_open; /* out */
};

static void invitation_of(const struct column_keys *k, const char *code, struct invitation *out)
{
	column_hash(k, STR("invitation"), str_of(code), out->hash);
	out->bucket = bucket_of(out->hash);
}

static struct str hash_of(const struct invitation *i)
{
	return str_from(i->hash, sizeof i->hash);
}

static bool job_invite(struct tx *tx, void *ctx, struct err *e)
{
	const struct invitation *i = ctx;
	return invitation_insert(
		tx,
		&(struct invitation_insert_in){
			.bucket = i->bucket, .hash = hash_of(i), .party = i->party, .made_at = tx_now_us(tx), .made_by = i->by},
		e);
}

bool people_invite(struct store *s, const struct column_keys *k, int64_t party, int64_t by,
                   char code[INVITATION_CHARS + 1], struct err *e)
{
	uint8_t random[INVITATION_CHARS];
	struct invitation i = {.party = party, .by = by};
	rand_bytes(random, sizeof random);
	typed_code_make(random, INVITATION_CHARS, code);
	invitation_of(k, code, &i);
	return store_write(s, &(struct store_op){.route = i.bucket}, job_invite, &i, e);
}

static bool job_invited(struct tx *tx, void *ctx, struct err *e)
{
	struct invitation *i = ctx;
	struct invitation_get_out row;
	if (!invitation_get(tx, &(struct invitation_get_in){.bucket = i->bucket, .hash = hash_of(i)}, &row, e)) {
		return false;
	}
	i->is_open = row.found && !row.has_used_at && tx_now_us(tx) - row.made_at <= INVITATION_US;
	i->party = row.found ? row.party : 0;
	return true;
}

bool people_invited(struct store *s, const struct column_keys *k, struct str typed, int64_t *party, struct err *e)
{
	char code[INVITATION_CHARS + 1];
	struct arena a;
	struct invitation i = {0};
	bool ok = true;
	if (typed_code_parse(typed, INVITATION_CHARS, code)) {
		arena_init(&a, SCRATCH_BYTES);
		invitation_of(k, code, &i);
		ok = store_read(s, i.bucket, &a, job_invited, &i, e);
		arena_release(&a);
	}
	if (ok && !i.is_open) {
		return err_tell(e, ERR_NOT_FOUND, N_("This code opens nothing. Perhaps it was used already, or is too old."),
		                "no such invitation");
	}
	*party = i.party;
	return ok;
}

static bool job_use(struct tx *tx, void *ctx, struct err *e)
{
	const struct invitation *i = ctx;
	return invitation_use(
		tx,
		&(struct invitation_use_in){
			.bucket = i->bucket, .hash = hash_of(i), .has_used_at = true, .used_at = tx_now_us(tx), .used_by = i->by},
		e);
}

bool people_invitation_use(struct store *s, const struct column_keys *k, struct str typed, int64_t account,
                           struct err *e)
{
	char code[INVITATION_CHARS + 1];
	struct invitation i = {.by = account};
	if (!typed_code_parse(typed, INVITATION_CHARS, code)) {
		return err_set(e, ERR_NOT_FOUND, "no such invitation");
	}
	invitation_of(k, code, &i);
	return store_write(s, &(struct store_op){.route = i.bucket}, job_use, &i, e);
}
