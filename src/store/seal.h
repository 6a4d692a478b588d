/* The seal: proves that no event was changed, removed, added or moved after it was sealed.
 *
 * Batch n covers the positions of the event log since batch n-1 and holds their Merkle root (store/merkle.h), the hash
 * of seal n-1 and an Ed25519 signature over both. The primary key n lets only one of two sealers win. The newest root
 * is also appended, one line of JSON, to a file outside of the store: who can rewrite the whole store cannot rewrite
 * that copy as well; each process keeps one. The sealer has a thread of its own; the calls may come from any thread. */
#ifndef CITYHALL_STORE_SEAL_H
#define CITYHALL_STORE_SEAL_H

#include "os/file.h"
#include "store/store.h"

#define SEAL_SIGNATURE_BYTES 64
#define SEAL_KEY_BYTES 32

struct process;
typedef bool seal_sign(void *ctx, struct str message, uint8_t signature[64], struct err *e);
struct sealer;
struct seal_options {
	struct store *store;
	const struct process *process; /* who holds the lease seals (store/process.h); NULL: alone */
	struct str outside_path;       /* the newest root is also appended to this file, fsynced */
	seal_sign *sign;
	void *sign_ctx;
	int64_t every_us;
	const struct file_layer *files; /* NULL: the real one */
};
bool sealer_start(const struct seal_options *o, struct sealer **out, struct err *e) MUST_USE;
/* Seals all that the log holds, unless that is another process's to do, and brings the outside file up to the newest
 * seal, now. */
bool sealer_seal(struct sealer *s, struct err *e) MUST_USE;
void sealer_stop(struct sealer *s); /* seals what is left; NULL is ignored */

/* Recomputes every seal from the events and compares the outside file; on false *e says in words which batch or event
 * is wrong and how. Personal payloads that were erased are no fault; those that are there must fit. */
bool seal_verify(struct store *s, const uint8_t public_key[32], struct str outside_path, uint64_t *events,
                 uint64_t *batches, struct err *e) MUST_USE;

/* How many events the log holds, and how many wait to come into it. */
bool seal_count(struct store *s, int64_t *logged, int64_t *waiting, struct err *e) MUST_USE;

#endif
