/* The key files of one installation, <data>/keys/, all with mode 0600 in a folder with mode 0700:
 *
 *   master    the master key (32 random bytes) and the seed of the seal's Ed25519 key, with a checksum
 *   wrapped   the data keys, each encrypted under the master key (XChaCha20-Poly1305, its name as associated data)
 *   seal.pub  the seal's public key as 64 hexadecimal digits, for whoever verifies
 *
 * A backup of the data is worthless without `master`, so keys are backed up apart, into one file under a passphrase
 * (Argon2id, XChaCha20-Poly1305). Other modes or owners than ours are refused. Sub-commands call this; while serving
 * only the keys process reads `master`. Any thread. */
#ifndef CITYHALL_OS_KEYS_FILES_H
#define CITYHALL_OS_KEYS_FILES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* name, what for. The name is bound into the wrapped key; never reuse one. */
#define DATA_KEYS(X)                                                     \
	X(columns, "encrypts identity and secret columns")                   \
	X(column_hash, "keyed hash by which encrypted columns are searched") \
	X(blobs, "wraps the parties' keys of their files")                   \
	X(csrf, "makes form tokens")                                         \
	X(sessions, "hash of session cookies")

struct data_keys {
#define X(name, what) uint8_t name[32];
	DATA_KEYS(X)
#undef X
};
enum {
#define X(name, what) DATA_KEY_##name,
	DATA_KEYS(X)
#undef X
		DATA_KEY_COUNT
};

/* Makes the folder <dir>/keys and its files, fsynced. ERR_CONFLICT when keys are there already. */
bool keys_create(struct str dir, struct err *e) MUST_USE;
bool keys_read_public(struct str dir, uint8_t seal_public[32], struct err *e) MUST_USE;
/* For a sub-command while nothing runs: unwraps in this process. Wipe *out with mem_wipe. */
bool keys_open_local(struct str dir, struct data_keys *out, struct err *e) MUST_USE;
/* Checks what keys_open_local and the keys process would need, in words for `doctor`. */
bool keys_check(struct str dir, struct err *e) MUST_USE;

/* A passphrase has at least KEYS_PASSPHRASE_MIN bytes. The file is new (ERR_CONFLICT when it exists), mode 0600,
 * fsynced, and read back before true. Takes about a second and 256 MiB. */
#define KEYS_PASSPHRASE_MIN 12
bool keys_export(struct str dir, struct str passphrase, struct str out_path, struct err *e) MUST_USE;
/* Into a folder that has no keys. ERR_FORBIDDEN: wrong passphrase (or a changed file: they cannot be told apart). */
bool keys_import(struct str dir, struct str passphrase, struct str from_path, struct err *e) MUST_USE;

/* What the keys process holds. */
struct key_material {
	uint8_t master[32];
	uint8_t seal_seed[32];
};
bool keys_read_master(struct str dir, struct key_material *out, struct err *e) MUST_USE;
/* An institution's own Ed25519 key, with which its documents are sealed: made of the seal's seed and the institution's
 * pack id (small letters, digits, hyphens), so that it is provisioned and backed up with it. */
#define KEYS_INSTITUTION_MAX 64
bool keys_institution_seed(const struct key_material *m, struct str institution, uint8_t seed[32],
                           struct err *e) MUST_USE;
/* What every statement about a document begins with; then the institution's id and a line feed. */
#define KEYS_STATEMENT "cityhall document 1\ninstitution: "

/* One wrapped key as it stands in the file: key name (1 length byte + text), nonce, ciphertext and tag. */
bool keys_unwrap_with(const struct key_material *m, struct str wrapped, uint8_t out[32], struct err *e) MUST_USE;
/* The wrapped keys in the order of DATA_KEYS; pieces of *file. */
bool keys_read_wrapped(struct str dir, struct buf *file, struct str wrapped[DATA_KEY_COUNT], struct err *e) MUST_USE;

#endif
