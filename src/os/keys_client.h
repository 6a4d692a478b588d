/* How `serve` speaks to the keys process. Any thread. Every call is a connection of its own with a deadline of 5 s; it
 * is tried once more when the keys process died under it (the supervisor restarts it), then fails with ERR_BUSY. */
#ifndef CITYHALL_OS_KEYS_CLIENT_H
#define CITYHALL_OS_KEYS_CLIENT_H

#include "os/keys_files.h"

struct keys_client;
/* dir: the data folder. Does not connect yet. */
bool keys_client_new(struct str dir, struct keys_client **out, struct err *e) MUST_USE;
void keys_client_free(struct keys_client *c);
void keys_client_set_timeout(struct keys_client *c, int64_t us); /* tests */

bool keys_public(struct keys_client *c, uint8_t seal_public[32], struct err *e) MUST_USE;
/* ctx is the struct keys_client *: has the type `seal_sign` of store/event.h. */
bool keys_sign_seal(void *ctx, struct str message, uint8_t signature[64], struct err *e) MUST_USE;
/* The key of an institution's documents, and a detached signature with it over a statement (KEYS_STATEMENT). */
bool keys_institution_public(struct keys_client *c, struct str institution, uint8_t out[32], struct err *e) MUST_USE;
bool keys_sign_document(struct keys_client *c, struct str institution, struct str statement, uint8_t signature[64],
                        struct err *e) MUST_USE;
bool keys_unwrap(struct keys_client *c, struct str wrapped, uint8_t out[32], struct err *e) MUST_USE;
/* All data keys of the installation: reads <dir>/keys/wrapped and has each unwrapped. Once, at start, before the
 * sandbox. */
bool keys_load(struct keys_client *c, struct data_keys *out, struct err *e) MUST_USE;

struct keys_status {
	int64_t served;
	char sandbox[120]; /* what applied, for /healthz */
};
bool keys_ask_status(struct keys_client *c, struct keys_status *out, struct err *e) MUST_USE;

#endif
