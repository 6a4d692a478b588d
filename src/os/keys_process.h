/* The keys process: signs seals and documents and unwraps data keys, a closed set of messages; it has no network, no
 * store and after its start no files. Single-threaded; one per installation, started by the supervisor. */
#ifndef CITYHALL_OS_KEYS_PROCESS_H
#define CITYHALL_OS_KEYS_PROCESS_H

#include "base/err.h"
#include "base/str.h"

/* Messages: a byte that says which, then fields of base/codec.h. The reply begins with a flag: 1, then the answer's
 * fields; or 0, error code (u32) and text. */
enum keys_message {
	KEYS_STATUS = 1,             /* -> requests served (i64), applied sandbox (str) */
	KEYS_PUBLIC = 2,             /* -> the seal's public key (32 bytes) */
	KEYS_SIGN_SEAL = 3,          /* message (bytes, at most KEYS_SIGN_MAX) -> signature (64 bytes) */
	KEYS_UNWRAP = 4,             /* wrapped (bytes) -> key (32 bytes) */
	KEYS_INSTITUTION_PUBLIC = 5, /* institution (str) -> the public key of its documents (32 bytes) */
	/* institution (str), statement (bytes) -> signature (64 bytes). Only a statement that begins as KEYS_STATEMENT
	 * says, with that institution in it: nothing else is ever signed with these keys. */
	KEYS_SIGN_DOCUMENT = 6,
};
#define KEYS_SIGN_MAX 4096

/* Where the supervisor binds it: <dir>/run/keys.sock. */
#define KEYS_SOCKET "run/keys.sock"

/* Reads the key files under dir, locks itself, serves until SIGTERM. Returns the exit code: 0 stopped, 2 the key files
 * cannot be used (do not restart), 1 anything else. */
int keys_process_run(struct str dir, int listen_fd);

#endif
