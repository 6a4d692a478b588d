/* Finding a case by what stands on its receipt: the number (for those who may see the case) and the QR code's 128
 * random bits (for whoever holds it: state and dates only). Both are read models, a moment behind. Any thread. */
#ifndef CITYHALL_APP_CASES_LOOK_UP_H
#define CITYHALL_APP_CASES_LOOK_UP_H

#include "app/app.h"

#define RECEIPT_CODE_BYTES 16

int64_t number_bucket(struct str number); /* canonical form of base/caseno.h */
int64_t jurisdiction_id(struct str code); /* route of its serials */
struct receipt_key {
	int64_t bucket;
	uint8_t hash[32];
};
struct receipt_key receipt_key_of(const struct app *app, const uint8_t code[RECEIPT_CODE_BYTES]);

struct case_ref {
	bool found;
	int64_t party, casefile;
};
bool case_by_number(struct app *app, struct arena *a, struct str number, struct case_ref *out, struct err *e) MUST_USE;
bool case_by_receipt(struct app *app, struct arena *a, const uint8_t code[RECEIPT_CODE_BYTES], struct case_ref *out,
                     struct err *e) MUST_USE;
/* The case that an institution takes part in. */
bool case_of_institution(struct app *app, struct arena *a, int64_t institution, int64_t casefile, struct case_ref *out,
                         struct err *e) MUST_USE;

#endif
