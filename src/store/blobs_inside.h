/* Inside of blobs.c and blob_rows.c: where blobs lie, and how their bytes are encrypted. */
#ifndef CITYHALL_STORE_BLOBS_INSIDE_H
#define CITYHALL_STORE_BLOBS_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/blobs.h"

struct blobs {
	struct store *store; /* in rows of this store; NULL: in the folder dir */
	const struct file_layer *files;
	char *dir;
	uint8_t master_key[32];
	/* Held for the rename of a put and for the removal of a sweep, so that a sweep never removes what was just put. */
	pthread_mutex_t naming;
	/* The two-hex folders whose own name is known to be durable. */
	_Atomic bool is_folder_durable[256];
	_Atomic bool is_broken; /* a folder's fsync failed */
};

/* Encrypts from_fd to its end into `to`; fills *out. */
bool blob_seal(const struct blobs *b, int64_t party, int from_fd, int to, int64_t max_bytes, struct blob_ref *out,
               struct err *e) MUST_USE;
/* The other way round: to a new anonymous file, positioned at its start. */
bool blob_unseal(const struct blobs *b, const struct blob_ref *ref, int from, int *out_fd, struct err *e) MUST_USE;

/* The bytes as they lie, to carry them from one place to another under the same key: no copy is encrypted anew. `ref`
 * may have a size below 0: not known. ERR_NOT_FOUND: there is no such file. */
bool blob_open_sealed(struct blobs *b, const struct blob_ref *ref, int *out_fd, struct err *e) MUST_USE;
bool blob_put_sealed(struct blobs *b, const struct blob_ref *ref, int sealed, struct err *e) MUST_USE;
/* Opens them to the end and compares with the digest. */
bool blob_verify_sealed(const struct blobs *b, const struct blob_ref *ref, int sealed, struct err *e) MUST_USE;

bool rows_open_sealed(struct blobs *b, const struct blob_ref *ref, int *out_fd, struct err *e) MUST_USE;
bool rows_put_sealed(struct blobs *b, const struct blob_ref *ref, int sealed, struct err *e) MUST_USE;
bool rows_put(struct blobs *b, int64_t party, int from_fd, int64_t max_bytes, struct blob_ref *out,
              struct err *e) MUST_USE;
bool rows_sweep(struct blobs *b, int64_t age_us,
                bool (*is_named)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES]), void *ctx,
                uint64_t *removed, struct err *e) MUST_USE;
bool rows_each(struct blobs *b,
               bool (*each)(void *ctx, int64_t party, const uint8_t digest[SHA256_BYTES], struct err *e), void *ctx,
               struct err *e) MUST_USE;

#endif
