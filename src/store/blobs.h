/* Blobs: files of people (uploads, letters), content-addressed within a party, encrypted under the party's data key,
 * streamed.
 *
 * Beside SQLite: blobs/<first 2 hex>/<party>-<digest>. A blob's file and its directory are fsynced before a row may
 * name it. Never shared between parties. What no row named for two days is swept. Any thread. */
#ifndef CITYHALL_STORE_BLOBS_H
#define CITYHALL_STORE_BLOBS_H

#include "base/digest.h"
#include "store/store.h"

struct blob_ref {
	int64_t party;
	uint8_t digest[SHA256_BYTES]; /* of the plain bytes */
	int64_t bytes;
};

struct blobs;
bool blobs_open(struct str dir, const uint8_t master_key[32], struct blobs **out, struct err *e) MUST_USE;
void blobs_close(struct blobs *b);
/* Reads `from_fd` to its end (at most max_bytes, else ERR_TOO_LARGE) and stores it durably. */
bool blobs_put(struct blobs *b, int64_t party, int from_fd, int64_t max_bytes, struct blob_ref *out,
               struct err *e) MUST_USE;
/* Decrypts to a new anonymous file (memfd), positioned at its start; the caller closes it. */
bool blobs_get(struct blobs *b, const struct blob_ref *ref, int *out_fd, struct err *e) MUST_USE;
/* Removes blobs older than age_us that `is_named` denies. */
bool blobs_sweep(struct blobs *b, int64_t age_us,
                 bool (*is_named)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES]), void *ctx,
                 uint64_t *removed, struct err *e) MUST_USE;

#endif
