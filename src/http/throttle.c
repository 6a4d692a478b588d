#include "http/throttle.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/fault.h"
#include "base/time_source.h"

enum { SETS = 4096, WAYS = 4, BURST_MAX = 1000 };

/* A bucket is one moment: when, counted back, it was empty. It holds (now - empty_us) / every_us tries, at most burst;
 * so nothing is ever rounded away. */
struct bucket {
	uint64_t tag; /* 0: free */
	int64_t empty_us;
	int64_t every_us; /* of its rule, to know how full it has become */
	int64_t burst_us; /* every_us * burst */
};

struct throttle {
	const struct time_source *time;
	uint8_t key[crypto_shorthash_siphashx24_KEYBYTES];
	pthread_mutex_t lock;
	struct bucket sets[SETS][WAYS];
};

bool throttle_new(const struct time_source *time, const uint8_t key[32], struct throttle **out, struct err *e)
{
	struct throttle *t = mem_alloc(1, sizeof *t);
	if (t == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the throttle");
	}
	uint8_t derived[SHA256_BYTES];
	hmac_sha256(str_from(key, 32), STR("throttle"), derived);
	memcpy(t->key, derived, sizeof t->key);
	mem_wipe(derived, sizeof derived);
	t->time = time;
	must(pthread_mutex_init(&t->lock, NULL) == 0);
	*out = t;
	return true;
}

void throttle_free(struct throttle *t)
{
	if (t) {
		pthread_mutex_destroy(&t->lock);
		mem_wipe(t->key, sizeof t->key);
		mem_free(t);
	}
}

/* 128 bits: the tag and the set are independent. */
static void hash(const struct throttle *t, const struct throttle_rule *rule, struct str who, uint64_t out[2])
{
	unsigned char text[256];
	size_t name_n = strnlen(rule->name, 63);
	uint8_t digest[SHA256_BYTES];
	if (who.n > sizeof text - 64) {
		sha256_of(who, digest);
		who = str_from(digest, sizeof digest);
	}
	memcpy(text, rule->name, name_n);
	text[name_n] = '\0';
	memcpy(text + name_n + 1, who.p, who.n);
	crypto_shorthash_siphashx24((unsigned char *)out, text, name_n + 1 + who.n, t->key);
}

/* What is in the bucket, in the time it took to fill in. */
static int64_t filled_us(const struct bucket *b, int64_t now_us)
{
	int64_t filled = now_us - b->empty_us;
	return filled > b->burst_us ? b->burst_us : filled;
}

/* The bucket of `who`; made, full, where there was none. With the lock held. */
static struct bucket *find(struct throttle *t, const struct throttle_rule *rule, struct str who, int64_t now)
{
	must(rule->burst > 0 && rule->burst <= BURST_MAX && rule->every_us > 0 && rule->every_us <= US_PER_DAY);
	uint64_t h[2];
	hash(t, rule, who, h);
	uint64_t tag = h[0] ? h[0] : 1;
	struct bucket *set = t->sets[h[1] % SETS];
	struct bucket *fullest = &set[0];
	double most = -1;
	for (int i = 0; i < WAYS; i++) {
		struct bucket *b = &set[i];
		if (b->tag == tag) {
			return b;
		}
		double full = b->tag == 0 ? 2 : (double)filled_us(b, now) / (double)b->burst_us;
		if (full > most) {
			most = full;
			fullest = b;
		}
	}
	int64_t burst_us = rule->burst * rule->every_us;
	*fullest =
		(struct bucket){.tag = tag, .empty_us = now - burst_us, .every_us = rule->every_us, .burst_us = burst_us};
	return fullest;
}

bool throttle_take_n(struct throttle *t, const struct throttle_rule *rule, struct str who, int n, struct err *e)
{
	must(n > 0 && n <= rule->burst);
	pthread_mutex_lock(&t->lock);
	int64_t now = time_running_us(t->time);
	struct bucket *b = find(t, rule, who, now);
	int64_t filled = filled_us(b, now);
	bool ok = filled >= n * b->every_us;
	if (ok) {
		b->empty_us = now - filled + n * b->every_us;
	}
	pthread_mutex_unlock(&t->lock);
	return ok ? true : err_set(e, ERR_TOO_MANY, "throttled by the rule %s", rule->name);
}

bool throttle_take(struct throttle *t, const struct throttle_rule *rule, struct str who, struct err *e)
{
	return throttle_take_n(t, rule, who, 1, e);
}

int throttle_peek(struct throttle *t, const struct throttle_rule *rule, struct str who)
{
	pthread_mutex_lock(&t->lock);
	int64_t now = time_running_us(t->time);
	const struct bucket *b = find(t, rule, who, now);
	int left = (int)(filled_us(b, now) / b->every_us);
	pthread_mutex_unlock(&t->lock);
	return left;
}

void throttle_give_back_n(struct throttle *t, const struct throttle_rule *rule, struct str who, int n)
{
	must(n >= 0 && n <= rule->burst);
	pthread_mutex_lock(&t->lock);
	int64_t now = time_running_us(t->time);
	struct bucket *b = find(t, rule, who, now);
	b->empty_us -= n * b->every_us;
	pthread_mutex_unlock(&t->lock);
}

void throttle_give_back(struct throttle *t, const struct throttle_rule *rule, struct str who)
{
	throttle_give_back_n(t, rule, who, 1);
}

static struct str network_of(struct arena *a, struct str address, bool is_site)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t b[16];
	if (address.n == 0 || address.n >= sizeof text) {
		return STR("unknown");
	}
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	if (inet_pton(AF_INET, text, b) == 1) {
		return arena_printf(a, "%d.%d.%d.0/24", b[0], b[1], b[2]);
	}
	if (inet_pton(AF_INET6, text, b) != 1) {
		return STR("unknown");
	}
	if (memcmp(b, mapped, sizeof mapped) == 0) {
		return arena_printf(a, "%d.%d.%d.0/24", b[12], b[13], b[14]);
	}
	return is_site ? arena_printf(a, "%02x%02x:%02x%02x:%02x%02x::/48", b[0], b[1], b[2], b[3], b[4], b[5])
	               : arena_printf(a, "%02x%02x:%02x%02x:%02x%02x:%02x%02x::/64", b[0], b[1], b[2], b[3], b[4], b[5],
	                              b[6], b[7]);
}

struct str throttle_network(struct arena *a, struct str address)
{
	return network_of(a, address, false);
}

struct str throttle_site(struct arena *a, struct str address)
{
	return network_of(a, address, true);
}
