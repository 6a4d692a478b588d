/* Passwords: Argon2id on threads of their own, which work at idle priority and rest between two hashes so that together
 * they never take more than a share of the processors. Who asks waits in a short queue; beyond it the answer is
 * ERR_TOO_MANY at once. One pool per process; any thread may ask. Life cycle: start, any number of calls, stop after
 * the last call returned.
 *
 * Two queues: callers whose device signed in before have places of their own and go first, so that a flood of strangers
 * does not keep the owner of an account out. */
#ifndef CITYHALL_APP_PEOPLE_PASSWORD_H
#define CITYHALL_APP_PEOPLE_PASSWORD_H

#include "base/err.h"
#include "base/str.h"

#define PASSWORD_HASH_MAX 128 /* a NUL-terminated "$argon2id$..." with its parameters and salt */
#define PASSWORD_CHARS_MIN 12
#define PASSWORD_BYTES_MAX 512

struct password_options {
	int threads;         /* 0: one for each four processors, at least one */
	int percent;         /* of all processors; 0: 25 */
	int queue_max;       /* waiting callers of each kind; 0: 16 */
	int64_t wait_us;     /* longest wait in the queue; 0: 10 s */
	uint64_t passes;     /* 0: 2 */
	size_t memory_bytes; /* 0: 19 MiB */
	bool is_held;        /* tests: takes nothing until password_pool_allow() */
};

struct password_pool;
/* o NULL: all defaults. */
bool password_pool_start(const struct password_options *o, struct password_pool **out, struct err *e) MUST_USE;
void password_pool_stop(struct password_pool *p);
/* Tests: takes so many passwords from now on and then waits for the next call; below 0: all. */
void password_pool_allow(struct password_pool *p, int n);
/* How many wait, of both kinds; for /metrics and tests. */
size_t password_pool_waiting(struct password_pool *p);

bool password_hash(struct password_pool *p, struct str password, char out[PASSWORD_HASH_MAX], struct err *e) MUST_USE;
/* `hash` NULL: there is no such account; costs the same time and *is_right is false. */
bool password_check(struct password_pool *p, struct str password, const char *hash, bool is_known_device,
                    bool *is_right, struct err *e) MUST_USE;
/* The same on the caller's thread, for sub-commands that run alone. */
bool password_hash_here(struct str password, char out[PASSWORD_HASH_MAX], struct err *e) MUST_USE;

/* How long a thread rests after `cpu_us` of work, so that `threads` of them stay within `percent` of `processors`. */
int64_t password_rest_us(int64_t cpu_us, int threads, int processors, int percent);

/* NULL when the password will do, else a msgid that says what would be right. Names and e-mail: what it may not be made
 * of; may be empty. No rules about kinds of characters (NIST SP 800-63B, 5.1.1.2). */
const char *password_weakness(struct str password, struct str name, struct str email);
/* Overwrites a secret that lies in a request's arena. */
void password_wipe(struct str secret);

#endif
