#include "app/cases/look_up.h"

#include <stdio.h>

#include "app/cases/cases.sql.h"
#include "app/people/viewer.h"
#include "base/caseno.h"
#include "base/digest.h"
#include "base/fold.h"
#include "base/typed_code.h"
#include "store/column_keys.h"

static int64_t first_63_bits(const uint8_t *hash)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++) {
		v = v << 8 | hash[i];
	}
	v &= INT64_MAX;
	return v ? (int64_t)v : 1; /* 0 is no route */
}

static int64_t bucket_of(struct str s)
{
	uint8_t hash[SHA256_BYTES];
	sha256_of(s, hash);
	return first_63_bits(hash);
}

int64_t number_bucket(struct str number)
{
	return bucket_of(number);
}

int64_t jurisdiction_id(struct str code)
{
	return bucket_of(code);
}

struct receipt_key receipt_key_of(const struct app *app, const uint8_t code[RECEIPT_CODE_BYTES])
{
	struct receipt_key key;
	column_hash(app->column_keys, STR("receipt"), str_from(code, RECEIPT_CODE_BYTES), key.hash);
	key.bucket = first_63_bits(key.hash);
	return key;
}

void receipt_typed(const struct app *app, const uint8_t code[RECEIPT_CODE_BYTES], char out[RECEIPT_TYPED_CHARS + 1])
{
	uint8_t hash[SHA256_BYTES];
	column_hash(app->column_keys, STR("receipt typed"), str_from(code, RECEIPT_CODE_BYTES), hash);
	typed_code_make(hash, RECEIPT_TYPED_CHARS, out);
}

int64_t receipt_typed_hash(const struct app *app, struct str number, struct str typed)
{
	uint8_t hash[SHA256_BYTES];
	char both[CASENO_CHARS_MAX + RECEIPT_TYPED_CHARS + 2];
	int n = snprintf(both, sizeof both, "%.*s %.*s", STR_ARG(number), STR_ARG(typed));
	column_hash(app->column_keys, STR("number and typed"), (struct str){both, (size_t)n}, hash);
	return first_63_bits(hash);
}

/* No address is kept: what counts tries names nobody. */
static int64_t receipt_origin_hash(const struct app *app, struct str number, struct str network)
{
	enum { NETWORK_CHARS = 48 };
	uint8_t hash[SHA256_BYTES];
	char both[CASENO_CHARS_MAX + NETWORK_CHARS + 2];
	int n = snprintf(both, sizeof both, "%.*s %.*s", STR_ARG(number), STR_ARG(str_sub(network, 0, NETWORK_CHARS)));
	column_hash(app->column_keys, STR("number and network"), (struct str){both, (size_t)n}, hash);
	return first_63_bits(hash);
}

bool case_marks_of(const struct app *app, struct arena *a, struct str number, const uint8_t code[RECEIPT_CODE_BYTES],
                   struct case_marks *out, struct err *e)
{
	struct receipt_key key = receipt_key_of(app, code);
	char typed[RECEIPT_TYPED_CHARS + 1];
	struct buf hex;
	receipt_typed(app, code, typed);
	buf_init(&hex, 2 * sizeof key.hash);
	buf_put_hex(&hex, key.hash, sizeof key.hash);
	*out = (struct case_marks){
		.number = number,
		.number_bucket = number_bucket(number),
		.receipt_bucket = key.bucket,
		.typed_hash = receipt_typed_hash(app, number, str_of(typed)),
		.receipt_hash_hex = hex.failed ? STR_EMPTY : arena_copy(a, buf_str(&hex)),
	};
	buf_release(&hex);
	return out->receipt_hash_hex.n > 0 || err_set(e, ERR_MEMORY, "no memory for the marks of a case");
}

struct look {
	int64_t route;
	struct str key; /* number or hash */
	int64_t casefile;
	int64_t typed; /* of what was typed beside the number */
	int64_t origin;
	const struct viewer *viewer;
	struct case_ref *out;
	bool *is_wrong;
};

static bool number_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct look *look = ctx;
	struct number_get_out row;
	if (!number_get(tx, &(struct number_get_in){.bucket = look->route, .number = look->key}, &row, e)) {
		return false;
	}
	*look->out = row.found ? (struct case_ref){.found = true, .party = row.party, .casefile = row.casefile}
	                       : (struct case_ref){0};
	return true;
}

/* Buckets of tries as http/throttle.h has them, in legal time, which all servers share; a clock that was set back makes
 * nobody wait longer than for a whole one. Each network has its own for a number, and all of them one together. When
 * that one is empty, who has (nearly) all of the own is still heard: nobody locks another out, and who guesses from
 * many networks has a few tries a day in each. */
struct tries {
	int most;
	int64_t every_us;
};
static const struct tries of_all = {20, 30 * US_PER_S}, of_origin = {10, 120 * US_PER_MIN};
enum { HEARD_ANYWAY = 8 }; /* left of the own ones, at least */

static int64_t full_at(const struct tries *t, int64_t now_us)
{
	return now_us - t->most * t->every_us;
}

static bool tries_left(struct tx *tx, const struct look *look, const struct tries *t, int64_t origin, int64_t *left,
                       struct err *e)
{
	struct receipt_try_get_out row;
	int64_t now = tx_now_us(tx), full = full_at(t, now);
	if (!receipt_try_get(tx, &(struct receipt_try_get_in){.bucket = look->route, .number = look->key, .origin = origin},
	                     &row, e)) {
		return false;
	}
	int64_t empty = !row.found || row.empty_at < full ? full : row.empty_at > now ? now : row.empty_at;
	*left = (now - empty) / t->every_us;
	return true;
}

static bool typed_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct look *look = ctx;
	struct number_get_out row;
	int64_t all, own;
	*look->out = (struct case_ref){0};
	*look->is_wrong = false;
	if (!number_get(tx, &(struct number_get_in){.bucket = look->route, .number = look->key}, &row, e)) {
		return false;
	}
	if (!row.found) {
		return true;
	}
	bool is_owner = look->viewer != NULL && viewer_acts_for(look->viewer, row.party) != NULL;
	if (!is_owner) {
		if (!tries_left(tx, look, &of_all, 0, &all, e) || !tries_left(tx, look, &of_origin, look->origin, &own, e)) {
			return false;
		}
		if (own == 0 || (all == 0 && own < HEARD_ANYWAY)) {
			return err_set(e, ERR_TOO_MANY, "too many wrong codes for a number");
		}
	}
	*look->is_wrong = look->typed != row.typed && !is_owner;
	if (look->typed == row.typed) {
		*look->out = (struct case_ref){.found = true, .party = row.party, .casefile = row.casefile};
	}
	return true;
}

static struct look look_for(struct app *app, const struct code_try *try)
{
	return (struct look){.route = number_bucket(try->number),
	                     .key = try->number,
	                     .origin = receipt_origin_hash(app, try->number, try->network),
	                     .viewer = try->viewer};
}

bool case_by_typed(struct app *app, struct arena *a, const struct code_try *try, struct str typed, struct case_ref *out,
                   bool *is_wrong, struct err *e)
{
	struct look look = look_for(app, try);
	look.typed = receipt_typed_hash(app, try->number, typed);
	look.out = out;
	look.is_wrong = is_wrong;
	return store_read(app->store, look.route, a, typed_job, &look, e);
}

static bool take_try(struct tx *tx, const struct look *look, const struct tries *t, int64_t origin, struct err *e)
{
	int64_t full = full_at(t, tx_now_us(tx));
	return receipt_try_take(tx,
	                        &(struct receipt_try_take_in){.full = full,
	                                                      .every_us = t->every_us,
	                                                      .bucket = look->route,
	                                                      .number = look->key,
	                                                      .origin = origin,
	                                                      .empty_at = full + t->every_us},
	                        e);
}

static bool wrong_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct look *look = ctx;
	return take_try(tx, look, &of_all, 0, e) && take_try(tx, look, &of_origin, look->origin, e) &&
	       receipt_try_forget(tx,
	                          &(struct receipt_try_forget_in){.bucket = look->route,
	                                                          .number = look->key,
	                                                          .empty_at = full_at(&of_origin, tx_now_us(tx))},
	                          NULL, e);
}

bool case_wrong_code(struct app *app, const struct code_try *try, struct err *e)
{
	struct look look = look_for(app, try);
	return store_write(app->store, &(struct store_op){.route = look.route}, wrong_job, &look, e);
}

bool case_by_number(struct app *app, struct arena *a, struct str number, struct case_ref *out, struct err *e)
{
	struct look look = {.route = number_bucket(number), .key = number, .out = out};
	return store_read(app->store, look.route, a, number_job, &look, e);
}

static bool receipt_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct look *look = ctx;
	struct receipt_get_out row;
	if (!receipt_get(tx, &(struct receipt_get_in){.bucket = look->route, .hash = look->key}, &row, e)) {
		return false;
	}
	*look->out = (struct case_ref){.found = row.found, .party = row.party, .casefile = row.casefile};
	return true;
}

bool case_by_receipt(struct app *app, struct arena *a, const uint8_t code[RECEIPT_CODE_BYTES], struct case_ref *out,
                     struct err *e)
{
	struct receipt_key key = receipt_key_of(app, code);
	struct look look = {.route = key.bucket, .key = str_from(key.hash, sizeof key.hash), .out = out};
	return store_read(app->store, look.route, a, receipt_job, &look, e);
}

static bool participation_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct look *look = ctx;
	struct participation_get_out row;
	if (!participation_get(tx, &(struct participation_get_in){.institution = look->route, .casefile = look->casefile},
	                       &row, e)) {
		return false;
	}
	*look->out = (struct case_ref){row.found, row.party, look->casefile, row.part};
	return true;
}

bool case_of_institution(struct app *app, struct arena *a, int64_t institution, int64_t casefile, struct case_ref *out,
                         struct err *e)
{
	struct look look = {.route = institution, .casefile = casefile, .out = out};
	return store_read(app->store, institution, a, participation_job, &look, e);
}

/* --- Identity numbers
 * ---------------------------------------------------------------------------------------------------- */

enum { NUMBER_BYTES_MAX = 64, MARKS_BYTES_MAX = 16 * 1024 };

struct str identity_plain(struct arena *a, struct str number)
{
	char plain[NUMBER_BYTES_MAX];
	size_t n = 0, at = 0;
	while (n < sizeof plain && at < number.n) {
		uint32_t c = fold_width(str_rune(number, &at));
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) {
			plain[n++] = (char)c;
		}
	}
	return n > 0 ? arena_copy(a, str_from(plain, n)) : STR_EMPTY;
}

struct str identity_mark(const struct column_keys *keys, struct arena *a, struct str number)
{
	uint8_t hash[SHA256_BYTES];
	struct str plain = identity_plain(a, number);
	struct buf b;
	if (plain.n == 0 || keys == NULL) {
		return STR_EMPTY;
	}
	column_hash(keys, STR(IDENTITY_HASH), plain, hash);
	buf_init(&b, 2 * sizeof hash);
	buf_put_hex(&b, hash, sizeof hash);
	struct str s = arena_copy(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void put_marks(struct buf *b, const struct column_keys *keys, struct arena *a, const struct question *questions,
                      size_t n, const struct answers *as)
{
	for (size_t i = 0; i < n; i++) {
		const struct question *q = &questions[i];
		const struct answer *given = answers_find(as, q->id);
		for (size_t k = 0; given && q->type == QUESTION_IDENTIFIER && k < given->value_n; k++) {
			buf_put(b, buf_str(b).n ? STR(" ") : STR_EMPTY);
			buf_put(b, identity_mark(keys, a, given->values[k]));
		}
		for (size_t k = 0; given && q->type == QUESTION_GROUP && k < given->entry_n; k++) {
			put_marks(b, keys, a, q->questions, q->question_n, &given->entries[k]);
		}
	}
}

struct str identity_marks(const struct column_keys *keys, struct arena *a, const struct service *s,
                          const struct answers *as)
{
	struct buf b;
	buf_init(&b, MARKS_BYTES_MAX);
	for (size_t i = 0; i < s->page_n; i++) {
		put_marks(&b, keys, a, s->pages[i].questions, s->pages[i].question_n, as);
	}
	struct str marks = b.failed ? STR_EMPTY : arena_copy(a, buf_str(&b));
	buf_release(&b);
	return marks;
}
