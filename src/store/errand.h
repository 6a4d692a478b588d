/* Errands: work outside the store that follows from a durable move: a mail, a web hook, a document that another process
 * makes. An errand is named by route, kind and subject; adding it again while it waits or runs has it run (again).
 *
 * errand_add belongs into the job that makes the move (a job of the same route), so that no errand is lost and none is
 * run for a move that was not made. When its legal time has come the kind's `run` is called on a thread of that kind,
 * outside any transaction: it reads, does I/O (with a deadline of its own), writes by store_write, and says how it
 * ended. Killed anywhere nothing is lost: the row goes away after the end. So `run` may be called again for what it did
 * already, and has to see that itself, or the kind names `unsure`: then the row says durably that it was begun before
 * `run` is called, `run` is called once, and what is found begun by a process that is gone goes to `unsure`. A kind
 * that begins late says itself where the point of no return is (errand_begin), right before it: what was stopped
 * before that point is run again.
 *
 * Each kind has threads and a queue of its own and never waits behind another. Errands lie in buckets by the hash of
 * their route, as timers do, and of several processes each looks into those that it holds the lease on
 * (store/process.h). It looks once a second and whenever it is nudged. A row of a kind that nobody registered stays. */
#ifndef CITYHALL_STORE_ERRAND_H
#define CITYHALL_STORE_ERRAND_H

#include "store/store.h"

struct process;

struct errand {
	int64_t route;
	struct str kind; /* "mail.notice" */
	int64_t subject;
	int64_t tries; /* before this one */
	void *hold;    /* errand.c's */
};

enum errand_end {
	ERRAND_DONE,
	ERRAND_AGAIN,  /* not before a pause, which grows from seconds to half an hour; `why` says why, for the log */
	ERRAND_UNSURE, /* begun, and how it ended could not be written down: `unsure` decides, as if this process were gone
	                */
	ERRAND_FAILED, /* for good: run has written down why, where somebody will see it */
};

struct errand_kind {
	const char *name;
	enum errand_end (*run)(const struct errand *errand, void *ctx, struct err *why);
	/* Not NULL: at most once. Called instead of run for what was begun and never ended. */
	enum errand_end (*unsure)(const struct errand *errand, void *ctx, struct err *why);
	bool begins_late; /* run calls errand_begin */
	int per_second;   /* so many begin in a second, that a flood leaves the machine to requests; 0: any */
	int at_once;      /* so many at a time; 0: 1 */
	void *ctx;
};

enum { ERRANDS_AT_ONCE_MOST = 32 };

/* Inside a job of that route. `due_us` is legal time. */
bool errand_add(struct tx *tx, int64_t route, struct str kind, int64_t subject, int64_t due_us, struct err *e) MUST_USE;
/* It may run all the same, when it was begun already. */
bool errand_drop(struct tx *tx, int64_t route, struct str kind, int64_t subject, struct err *e) MUST_USE;

/* Of a kind that begins late, in `run`: durable when it returns true. False: it is not to be done now, end with
 * ERRAND_AGAIN. */
bool errand_begin(const struct errand *errand, struct err *e) MUST_USE;

struct errands;
/* `kinds` are copied, their names outlive it. `process` says which buckets are ours; NULL: all. */
bool errands_start(struct store *s, const struct process *process, const struct time_source *time,
                   const struct errand_kind *kinds, size_t n, struct errands **out, struct err *e) MUST_USE;
void errands_nudge(struct errands *t); /* one was added, or time was moved: cheap */
/* Tests: true when nothing is due any more, wherever it runs, and nothing runs here. */
bool errands_drain(struct errands *t, int64_t timeout_us);
/* Begins no other, and waits for those that run: false when some still do. */
bool errands_retire(struct errands *t, int64_t patience_us);
void errands_stop(struct errands *t); /* waits for what runs; NULL is ignored */

struct errand_counters {
	uint64_t done, again, failed, unsure;
};
void errands_count(const struct errands *t, struct errand_counters *out);
/* How many wait, due or not, of all kinds; for doctor and health. */
bool errands_waiting(struct store *s, int64_t *n, struct err *e) MUST_USE;

#endif
