/* Web hooks: a program says where it wants to hear what happens to cases, of an institution or of a party. Each event
 * becomes a delivery in the relay's transaction, and an errand of the hook sends its deliveries one after the other: at
 * least once, in the order of the events, so in the order of each case. A hook waits for its own receiver and for
 * nobody else's. What is sent says which event befell which case, and nothing about anybody. */
#ifndef CITYHALL_APP_API_HOOK_H
#define CITYHALL_APP_API_HOOK_H

#include "app/app.h"
#include "store/errand.h"
#include "store/event.h"

enum delivery_state { DELIVERY_WAITS = 1, DELIVERY_DONE, DELIVERY_FAILED };
enum { HOOKS_MOST = 10, HOOK_URL_MAX = 500, HOOK_SECRET_BYTES = 32, HOOK_SECRET_CHARS = 43 };

/* A receiver that gave no good answer for so long is switched off, and the former secret signs for so long. */
#define HOOK_DEAD_US (3 * US_PER_DAY)
#define HOOK_FORMER_US US_PER_DAY

/* Kinds of events that a party may hear: those that its own pages tell. An institution hears all of its cases'. */
bool hook_kind_is_told(struct str kind);
/* Is it an event of cases at all? */
bool hook_kind_is_known(struct str kind);

extern const struct event_subscriber hook_subscribers[];
extern const struct errand_kind hook_errands[];

/* "t=1790000000,v1=<hexadecimal>": HMAC-SHA-256 with the secret's text over "<t>.<body>"; a v1 for each secret. */
void hook_signature(struct buf *to, int64_t unix_s, struct str body, const struct str *secrets, size_t n);

#endif
