/* This process among those that serve one database: it says that it lives, sees who else does, and holds leases on what
 * only one may do at a time.
 *
 * Each process has a row that it renews ten times within its lease. Clocks of machines are never compared: a process is
 * taken for dead by one that saw its row unchanged for the whole lease of its own running time, and removes the row, if
 * it still stands unchanged; what the dead held is then free. A process trusts its own leases only for six tenths of
 * that time, counted from the beginning of its last renewal: one that was frozen finds them gone before it does
 * anything, and begins anew under another id.
 *
 * Leases make work orderly, they are not what makes it right: a process may be frozen between looking and writing.
 * What it writes has a guard in its own transaction (applied rows, keys of log and seal, a timer's row).
 *
 * On an engine that only one process can open, all leases are held and nothing is written. process_holds and
 * process_leases from any thread. */
#ifndef CITYHALL_STORE_PROCESS_H
#define CITYHALL_STORE_PROCESS_H

#include "store/store.h"
#include "store/timer.h"

enum lease {
	LEASE_RELAY,
	LEASE_SEAL,
	LEASE_SWEEP,  /* of files that no row names */
	LEASE_TIMERS, /* the first bucket; LEASE_TIMERS + n is the n-th */
	LEASES = LEASE_TIMERS + TIMER_BUCKETS,
};

enum { PROCESS_NAME_MOST = 200, PROCESSES_MOST = 256 };

struct process;
struct process_options {
	struct store *store;
	const struct time_source *time; /* running time */
	struct str name;                /* for people; cut at PROCESS_NAME_MOST */
	/* A file that keeps the id, or empty: who starts with the same file is the successor, and the one before is dead
	 * (the data folder's lock says so). It need not wait for its leases then. */
	struct str note_path;
	int64_t lease_us;   /* 0: 10 s */
	bool has_no_thread; /* tests call process_tick themselves */
};
/* Registers and takes what is free. */
bool process_start(const struct process_options *o, struct process **out, struct err *e) MUST_USE;
/* May this be done now? NULL: there is no other process. */
bool process_holds(const struct process *p, int lease);
/* The same for all: bit n is lease n. */
uint32_t process_leases(const struct process *p);
/* What this one is called in rows that it writes, and whether one that is called so still serves, as this one saw it
 * last. 0: it is alone, and nobody else serves. Any thread. */
int64_t process_id(const struct process *p);
bool process_is_there(const struct process *p, int64_t id);
/* It was told to stop: the leases go to the others, when there are any. */
void process_retire(struct process *p);
/* Gives everything back and removes the row. NULL is ignored. */
void process_stop(struct process *p);
/* One renewal, and what follows from what it saw. */
bool process_tick(struct process *p, struct err *e) MUST_USE;

/* For people. */
struct process_row {
	int64_t id;
	char name[PROCESS_NAME_MOST + 1];
	int64_t started_us;
	bool is_leaving;
	uint32_t leases;
};
bool process_read(struct store *s, struct process_row out[PROCESSES_MOST], size_t *n, struct err *e) MUST_USE;
/* How many there were when this one looked last. */
size_t process_count(const struct process *p);
const char *lease_name(int lease);

#endif
