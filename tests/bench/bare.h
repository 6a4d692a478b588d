/* The reference of the submissions' row: the bare group-commit writer. The rows that a submission leaves behind,
 * written by the rooms' own statements through store_write from SEED_THREADS threads, and nothing else: no HTTP, no
 * session, no reading, no checking, no JSON made or parsed. For each submission:
 *
 *   in its own transaction    operation, draft (update), casefile, event, event_payload, outbox
 *   as the relay writes them  applied x 3, participation, queue, number_lookup, receipt_lookup, event_log, and the
 * outbox row gone; in jobs of the relay's size (64 for the queue and the log, one for a look-up)
 */
#ifndef CITYHALL_TESTS_BENCH_BARE_H
#define CITYHALL_TESTS_BENCH_BARE_H

#include "seed.h"

struct bare_result {
	double seconds, cpu_us; /* cpu_us: of each submission, whole process */
};

/* Submits `n` drafts from `first` on; the seed is open. */
void bare_run(struct seed *s, size_t first, size_t n, struct bare_result *out);

#endif
