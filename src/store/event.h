/* Events: every move appends one, in the transaction that makes the move. Append only; the seal proves that nothing was
 * changed.
 *
 * The personal part (payload) and its salt lie in a row of their own, which erasure deletes; the event keeps
 * SHA-256(salt || payload). An outbox row names the event for the relay, which hands it to the subscribers (read
 * models) in order of appending, each in a transaction of its target's own, at least once, idempotently by event id. */
#ifndef CITYHALL_STORE_EVENT_H
#define CITYHALL_STORE_EVENT_H

#include "store/store.h"

struct event {
	int64_t route;               /* party; the root's route */
	int64_t id;                  /* out of event_append: ordered in time */
	struct str room;             /* "cases" */
	struct str kind;             /* "submitted" */
	int32_t version;             /* of the kind's payload */
	int64_t casefile;            /* 0: none */
	int64_t institution;         /* 0: none */
	struct str service;          /* "": none */
	int64_t actor;               /* account's party; 0: the program */
	int64_t effective_us;        /* when it counts */
	int64_t recorded_us;         /* set by event_append */
	struct str public_payload;   /* JSON without personal data, kept forever; "" none */
	struct str personal_payload; /* JSON, erasable; "" none */
};
bool event_append(struct tx *tx, struct event *ev, struct err *e) MUST_USE;

/* Events of one casefile in order, payloads included (personal "" when erased). */
struct event_list {
	struct event *items;
	size_t n;
};
bool event_list_of_case(struct tx *tx, int64_t route, int64_t casefile, struct event_list *out, struct err *e) MUST_USE;

/* A subscriber gets every event of the kinds it names; `target` says which route's transaction it wants (0: skip).
 * `apply` runs in a write job routed there, must be idempotent through store-kept `applied` rows (the relay does that),
 * and may read nothing else. */
struct event_subscriber {
	const char *name; /* "queue": stable, part of the applied key */
	int64_t (*target)(const struct event *ev);
	bool (*apply)(struct tx *tx, const struct event *ev, void *ctx, struct err *e);
	void *ctx;
};

/* The relay's thread, and the seal's: started by serve. */
struct relay;
bool relay_start(struct store *s, const struct event_subscriber *subs, size_t n, struct relay **out,
                 struct err *e) MUST_USE;
void relay_nudge(struct relay *r);                     /* something was appended: cheap, any thread */
bool relay_drain(struct relay *r, int64_t timeout_us); /* tests and shutdown: true when the outbox is empty */
void relay_stop(struct relay *r);

/* Seal: batch n holds the Merkle root (SHA-256, RFC 6962 leaf and node prefixes) over the events since n-1, the hash of
 * seal n-1, signed. */
typedef bool seal_sign(void *ctx, struct str message, uint8_t signature[64], struct err *e);
struct sealer;
struct seal_options {
	struct store *store;
	struct str outside_path; /* the newest root is also appended to this file, fsynced */
	seal_sign *sign;
	void *sign_ctx;
	int64_t every_us;
};
bool sealer_start(const struct seal_options *o, struct sealer **out, struct err *e) MUST_USE;
void sealer_stop(struct sealer *s); /* seals what is left */
/* Recomputes every seal from the events; says which batch or event is wrong. */
bool seal_verify(struct store *s, const uint8_t public_key[32], struct str outside_path, uint64_t *events,
                 uint64_t *batches, struct err *e) MUST_USE;

#endif
