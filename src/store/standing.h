/* Whether the town may be written in this database. It may, unless it is being moved to another one (transfer.h), was
 * moved, or is arriving.
 *
 * Two things enforce it. The gate: each write begins, in its own transaction and without waiting for the answer, with a
 * statement that must find the town open; so no process writes after a move has begun, however long it slept
 * (docs/adr/0007). And what the process knows, set by whoever watches the row: store_write then refuses at once instead
 * of queueing. Both refuse with ERR_CLOSED. */
#ifndef CITYHALL_STORE_STANDING_H
#define CITYHALL_STORE_STANDING_H

#include "store/store.h"

enum standing_kind { STANDING_OPEN, STANDING_MOVING, STANDING_MOVED, STANDING_ARRIVING };

enum { COPY_ID_BYTES = 16 };

struct standing {
	enum standing_kind kind;
	uint8_t copy[COPY_ID_BYTES]; /* which copy; all zero: none yet */
	char other[200];             /* where it goes to or comes from, in words without a password */
	char until[64];              /* when it is likely to be open again, as the operator wrote it; may be empty */
	int64_t since_us;            /* legal time */
};

bool store_standing(struct store *s, struct standing *out, struct err *e) MUST_USE;
/* What this process knows from now on. */
void store_set_standing(struct store *s, enum standing_kind kind);
bool store_is_closed(const struct store *s); /* as far as this process knows */
/* ERR_CONFIG in words when a city hall cannot be served from this database: moved away, or not whole yet. */
bool standing_may_serve(const struct standing *standing, struct err *e) MUST_USE;

/* For a job of the store's own. */
bool standing_get_job(struct tx *tx, void *standing, struct err *e) MUST_USE;
bool standing_put_job(struct tx *tx, void *standing, struct err *e) MUST_USE;

#endif
