#include "app/cases/look_up.h"

#include "app/cases/cases.sql.h"
#include "base/digest.h"
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

struct look {
	int64_t route;
	struct str key; /* number or hash */
	int64_t casefile;
	struct case_ref *out;
};

static bool number_job(struct tx *tx, void *ctx, struct err *e)
{
	const struct look *look = ctx;
	struct number_get_out row;
	if (!number_get(tx, &(struct number_get_in){.bucket = look->route, .number = look->key}, &row, e)) {
		return false;
	}
	*look->out = (struct case_ref){row.found, row.party, row.casefile};
	return true;
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
	*look->out = (struct case_ref){row.found, row.party, row.casefile};
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
	*look->out = (struct case_ref){row.found, row.party, look->casefile};
	return true;
}

bool case_of_institution(struct app *app, struct arena *a, int64_t institution, int64_t casefile, struct case_ref *out,
                         struct err *e)
{
	struct look look = {.route = institution, .casefile = casefile, .out = out};
	return store_read(app->store, institution, a, participation_job, &look, e);
}
