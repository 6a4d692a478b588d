/* Finding a case by what stands on its receipt: the number (for those who may see the case), the QR code's 128 random
 * bits, and the number with the code of eight characters beside it (both for whoever holds it: state and dates only).
 * These are read models, a moment behind: they may still know a code that is dead, so whoever reads the case asks
 * receipt_is_current. A code that was never given costs one look-up. Any thread. */
#ifndef CITYHALL_APP_CASES_LOOK_UP_H
#define CITYHALL_APP_CASES_LOOK_UP_H

#include "app/app.h"
#include "app/catalogue/definition.h"
#include "app/forms/answers.h"

#define RECEIPT_CODE_BYTES 16
#define RECEIPT_TYPED_CHARS 8

int64_t number_bucket(struct str number); /* canonical form of base/caseno.h */
int64_t jurisdiction_id(struct str code); /* route of its serials */
struct receipt_key {
	int64_t bucket;
	uint8_t hash[32];
};
struct receipt_key receipt_key_of(const struct app *app, const uint8_t code[RECEIPT_CODE_BYTES]);
/* The code to type (base/typed_code.h). It is made of the QR code's bits, so that both live and die together. */
void receipt_typed(const struct app *app, const uint8_t code[RECEIPT_CODE_BYTES], char out[RECEIPT_TYPED_CHARS + 1]);
int64_t receipt_typed_hash(const struct app *app, struct str number, struct str typed);

/* Where a case is found by its receipt, as its events say it to the read models. */
struct case_marks {
	struct str number;
	int64_t number_bucket, receipt_bucket, typed_hash;
	struct str receipt_hash_hex;
};
bool case_marks_of(const struct app *app, struct arena *a, struct str number, const uint8_t code[RECEIPT_CODE_BYTES],
                   struct case_marks *out, struct err *e) MUST_USE;

struct case_ref {
	bool found;
	int64_t party, casefile;
	int64_t part; /* of case_of_institution(): enum case_part */
};
bool case_by_number(struct app *app, struct arena *a, struct str number, struct case_ref *out, struct err *e) MUST_USE;
bool case_by_receipt(struct app *app, struct arena *a, const uint8_t code[RECEIPT_CODE_BYTES], struct case_ref *out,
                     struct err *e) MUST_USE;
/* Who types a code for which number. */
struct viewer;
struct code_try {
	struct str number, network;  /* network: throttle_site() */
	const struct viewer *viewer; /* who acts for the applicant is never locked out; NULL: nobody is signed in */
};
/* `typed` as typed_code_parse gives it; found only when both belong together. ERR_TOO_MANY: too many wrong ones were
 * typed for this number, at whichever server, from this network; or from all, and some from this one. *is_wrong: there
 * is such a number, and this is not its code; say so with case_wrong_code(), which costs a write. */
bool case_by_typed(struct app *app, struct arena *a, const struct code_try *try, struct str typed, struct case_ref *out,
                   bool *is_wrong, struct err *e) MUST_USE;
bool case_wrong_code(struct app *app, const struct code_try *try, struct err *e) MUST_USE;
/* The case that an institution takes part in. */
bool case_of_institution(struct app *app, struct arena *a, int64_t institution, int64_t casefile, struct case_ref *out,
                         struct err *e) MUST_USE;

/* Identity and register numbers, for those who search by one: a keyed hash in hex of the number's letters and digits.
 * It stands in an event's personal part, which is erased with the person's data; no number does. */
#define IDENTITY_HASH "identity"
struct str identity_plain(struct arena *a, struct str number); /* what is hashed; empty: no letter and no digit */
struct str identity_mark(const struct column_keys *keys, struct arena *a, struct str number);
/* Those of a case: of its answers that are identifiers, with spaces between. */
struct str identity_marks(const struct column_keys *keys, struct arena *a, const struct service *s,
                          const struct answers *as);

#endif
