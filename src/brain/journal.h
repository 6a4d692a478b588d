/* The brain's own journal: for each decision what was seen (estimate.h: counts and estimates, no car), who had a
 * priority (priority.h), where the signals stood, what was ordered (orders.h), and what was wished. From it `cityhall
 * brain replay` decides again and compares, and explains.
 *
 * A file of records, each its length, a checksum and its bytes; a head each time that a brain begins, then a record a
 * tick that says only what differs from the one before. A record that was cut off by a crash is dropped by the next
 * brain. The journal holds no seat in the loop: one that cannot be written is given up, and the signals go on. */
#ifndef CITYHALL_BRAIN_JOURNAL_H
#define CITYHALL_BRAIN_JOURNAL_H

#include "base/buf.h"
#include "base/digest.h"
#include "brain/city.h"

struct journal_head {
	uint8_t net[SHA256_BYTES]; /* digest of the files of the net */
	struct str controller;     /* its name; of a reader: until the next record is read */
	bool is_legal;             /* SAFETY_LEGAL, else SAFETY_BENCH */
	int64_t begin_ms;
};

struct journal {
	int fd;
	struct buf record;
	/* As the record before has it. */
	struct estimate seen;
	uint8_t *wishes;
	int64_t *changed_ms; /* by signal; of its state */
	struct buf orders, claims, now;
};

/* Adds to the file; makes it when it is not there. */
bool journal_begin(struct journal *j, const char *path, const struct journal_head *h, const struct city *c,
                   struct err *e) MUST_USE;
/* After city_decide(). */
bool journal_put(struct journal *j, const struct city *c, struct err *e) MUST_USE;
void journal_end(struct journal *j);

struct journal_reader {
	int fd;
	struct buf record;
};
enum journal_kind { JOURNAL_END, JOURNAL_HEAD, JOURNAL_TICK };
bool journal_open(struct journal_reader *r, const char *path, struct err *e) MUST_USE;
void journal_close(struct journal_reader *r);
/* The next record, to be taken by one of those below. ERR_CORRUPT: the file is damaged here. */
bool journal_next(struct journal_reader *r, enum journal_kind *kind, struct err *e) MUST_USE;
bool journal_take_head(const struct journal_reader *r, struct journal_head *h, struct err *e) MUST_USE;
/* Into a city that was made anew at the head: what was seen, where its signals stood, which were left out; and what was
 * wished then ([signal_n], kept from record to record). Any bytes are answered with true or ERR_CORRUPT. */
bool journal_take_tick(struct str record, struct city *c, uint8_t *wishes, struct err *e) MUST_USE;

#endif
