/* Blobs: files of people (uploads, letters), content-addressed within a party, encrypted under the party's data key,
 * streamed.
 *
 * Beside SQLite: <dir>/<first 2 hex>/<party>-<digest>. A blob's file and its directory are fsynced before blobs_put
 * returns, so a row that names it is written after that and never points at nothing. Never shared between parties. What
 * no row named for two days is swept; storing the same bytes again begins the two days anew. Any thread; a folder
 * belongs to one process.
 *
 * Beside PostgreSQL: the same encrypted bytes in rows of 256 KiB (blob.sql), for any number of processes.
 *
 * When a folder cannot be made durable nobody can say any more what a later fsync of it would mean: from then on every
 * blobs_put is refused with ERR_IO until the program starts again. Reading goes on. */
#ifndef CITYHALL_STORE_BLOBS_H
#define CITYHALL_STORE_BLOBS_H

#include "base/digest.h"
#include "os/file.h"
#include "store/store.h"

struct blob_ref {
	int64_t party;
	uint8_t digest[SHA256_BYTES]; /* of the plain bytes */
	int64_t bytes;
};

struct blobs;
/* Makes `dir` when it is not there (its parent is). */
bool blobs_open(struct str dir, const uint8_t master_key[32], struct blobs **out, struct err *e) MUST_USE;
/* The same over a file layer of a test; `files` outlives the blobs. */
bool blobs_open_on(const struct file_layer *files, struct str dir, const uint8_t master_key[32], struct blobs **out,
                   struct err *e) MUST_USE;
/* In rows of the store, which is opened with blob_schema and outlives the blobs. */
bool blobs_open_in(struct store *store, const uint8_t master_key[32], struct blobs **out, struct err *e) MUST_USE;
void blobs_close(struct blobs *b);
/* Reads `from_fd` to its end (at most max_bytes, else ERR_TOO_LARGE) and stores it durably. The same content again is
 * written again and takes the place of the first: as durable, and as new to the sweep. */
bool blobs_put(struct blobs *b, int64_t party, int from_fd, int64_t max_bytes, struct blob_ref *out,
               struct err *e) MUST_USE;
/* Decrypts to a new anonymous file (memfd), positioned at its start; the caller closes it. ERR_NOT_FOUND when there is
 * no such file, ERR_CORRUPT when it is not what the reference says, to the byte. */
bool blobs_get(struct blobs *b, const struct blob_ref *ref, int *out_fd, struct err *e) MUST_USE;
/* Removes blobs older than age_us (by the file's time) that `is_named` denies, and what crashes left half written. */
bool blobs_sweep(struct blobs *b, int64_t age_us,
                 bool (*is_named)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES]), void *ctx,
                 uint64_t *removed, struct err *e) MUST_USE;
/* Calls `each` for every blob that is there, in no order; false ends it. */
bool blobs_each(struct blobs *b,
                bool (*each)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES], struct err *e), void *ctx,
                struct err *e) MUST_USE;

#endif
