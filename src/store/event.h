/* Events: every move appends one, in the transaction that makes the move. Append only; the seal (store/seal.h) proves
 * that nothing was changed.
 *
 * The personal part (payload) and its salt lie in a row of their own, which erasure deletes; the event keeps
 * SHA-256(salt || payload). An outbox row names the event for the relay (store/relay.h), which hands it to the
 * subscribers (read models) in order of appending, each in a transaction of its target's own, at least once, worked in
 * once. These calls belong into jobs. */
#ifndef CITYHALL_STORE_EVENT_H
#define CITYHALL_STORE_EVENT_H

#include "store/store.h"

struct event {
	int64_t route;               /* party; the root's route */
	int64_t id;                  /* out of event_append: ordered in time, and after all of its casefile */
	struct str room;             /* "cases" */
	struct str kind;             /* "submitted" */
	int32_t version;             /* of the kind's payload */
	int64_t casefile;            /* 0: none */
	int64_t institution;         /* 0: none */
	struct str service;          /* "": none */
	int64_t actor;               /* account's party; 0: the program */
	int64_t effective_us;        /* when it counts; 0: when it is recorded */
	int64_t recorded_us;         /* set by event_append */
	struct str public_payload;   /* JSON without personal data, kept forever; "" none */
	struct str personal_payload; /* JSON, erasable; "" none, or erased */
	struct str payload_digest;   /* read only; "" when it never had a personal payload */
	bool is_first;               /* in: the casefile has no event yet */
};
bool event_append(struct tx *tx, struct event *ev, struct err *e) MUST_USE;

/* Events of one casefile in order, payloads included (personal "" when erased). Lives in the transaction's arena. */
struct event_list {
	struct event *items;
	size_t n;
};
bool event_list_of_case(struct tx *tx, int64_t route, int64_t casefile, struct event_list *out, struct err *e) MUST_USE;

/* Removes the personal payload for good; the event, its digest and the seal stay whole. Not there: no error. */
bool event_erase_payload(struct tx *tx, int64_t route, int64_t event, struct err *e) MUST_USE;

/* The route of the event log and its seals: there is one of each. */
#define EVENT_LOG 1

/* The Merkle leaf of an event: a fixed encoding of everything but the personal payload, of which the digest is in it.
 */
bool event_leaf(const struct event *ev, uint8_t out[SHA256_BYTES], struct err *e) MUST_USE;

/* A subscriber gets every event; `target` says which route's transaction it wants (0: skip). `apply` runs in a write
 * job routed there, after the relay has made sure that this event was never applied there before, and may read nothing
 * but that target's rows and the event. It must not fail for good: an event that fails is tried again and again. */
struct event_subscriber {
	const char *name; /* "queue": stable, part of the applied key */
	int64_t (*target)(const struct event *ev);
	bool (*apply)(struct tx *tx, const struct event *ev, void *ctx, struct err *e);
	void *ctx;
};

/* For those who start and stop both. */
#include "store/relay.h"
#include "store/seal.h"

#endif
