/* How often somebody may try: token buckets in a table of fixed size, keyed by a keyed hash of who (an address, an
 * account), so that the table names nobody and cannot be steered. Running time, so that a wall clock that jumps neither
 * locks out nor lets in. In memory only: a restart forgets. Any thread.
 *
 * When the table is crowded, the bucket that is fullest (that says least) is forgotten: flooding it from many addresses
 * lets others try once more, never less. To keep an owner from being locked out by strangers, take the account's bucket
 * only after the address's, and let a right password count whatever the account's bucket says (throttle_peek for the
 * warning, throttle_take for the wrong try). */
#ifndef CITYHALL_HTTP_THROTTLE_H
#define CITYHALL_HTTP_THROTTLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct time_source;
struct throttle;

/* `burst` tries at once (1 to 1000), and a further one each `every_us` (at most a day). `name` keeps the rules' buckets
 * apart. */
struct throttle_rule {
	const char *name; /* "sign-in-address" */
	int burst;
	int64_t every_us;
};

bool throttle_new(const struct time_source *t, const uint8_t key[32], struct throttle **out, struct err *e) MUST_USE;
void throttle_free(struct throttle *t);

/* One try. ERR_TOO_MANY when none is left. */
bool throttle_take(struct throttle *t, const struct throttle_rule *rule, struct str who, struct err *e) MUST_USE;
/* The same with n of them (1 to burst), all or none: for what costs unlike much. */
bool throttle_take_n(struct throttle *t, const struct throttle_rule *rule, struct str who, int n,
                     struct err *e) MUST_USE;
/* Tries left, without taking one. */
int throttle_peek(struct throttle *t, const struct throttle_rule *rule, struct str who);
/* Gives a try back: it was a right password. */
void throttle_give_back(struct throttle *t, const struct throttle_rule *rule, struct str who);
void throttle_give_back_n(struct throttle *t, const struct throttle_rule *rule, struct str who, int n);

/* Whom an address stands for: its /24 (IPv4) or /64 (IPv6); IPv4 in IPv6 counts as IPv4. What is no address gives
 * "unknown", which all such share. */
struct str throttle_network(struct arena *a, struct str address);
/* The same with the /48 of IPv6, which one subscriber may have as a whole: for what is rare and guessed slowly. */
struct str throttle_site(struct arena *a, struct str address);

#endif
