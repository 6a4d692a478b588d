/* What the sealer and the verification share: a row of the table seal, the message that is signed, and the lines of the
 * file outside of the store. For src/store/seal*.c only. */
#ifndef CITYHALL_STORE_SEAL_ROW_H
#define CITYHALL_STORE_SEAL_ROW_H

#include <stdio.h>

#include "base/buf.h"
#include "store/seal.h"

/* One row of the table seal, in memory of its own. */
struct seal {
	int64_t batch;
	int64_t first;
	int64_t leaves;
	int64_t sealed_us;
	uint8_t root[SHA256_BYTES];
	uint8_t previous[SHA256_BYTES];
	uint8_t hash[SHA256_BYTES];
	uint8_t signature[SEAL_SIGNATURE_BYTES];
};

/* What is signed, and what the next seal's `previous` is the hash of. */
void seal_message(struct buf *b, const struct seal *s);

struct find_seal {
	int64_t batch; /* 0: the last */
	bool found;
	struct seal seal;
};

bool seal_find(struct store *s, int64_t batch, struct find_seal *out, struct err *e) MUST_USE;

struct outside_line {
	int64_t batch;
	int64_t events; /* in all batches up to this one */
	uint8_t root[SHA256_BYTES];
	uint8_t hash[SHA256_BYTES];
};

/* Goes through the lines of the outside file. Lines that cannot be read are what a power cut left of an append; the
 * sealer ends such a line and writes the newest seal again. */
enum { OUTSIDE_LINE_MOST = 1024 };
struct outside_file {
	FILE *f; /* NULL: there is none */
	char line[OUTSIDE_LINE_MOST];
	bool has_line; /* `now` holds one */
	bool is_ended; /* what was read last ends with a newline */
	struct outside_line now;
};

/* Stands on the first line. No file is no error. */
bool outside_open(struct outside_file *o, const char *path, struct err *e) MUST_USE;
void outside_next(struct outside_file *o);
void outside_close(struct outside_file *o);

#endif
