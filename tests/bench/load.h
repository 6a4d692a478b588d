/* A load generator: keeps N connections to a server on loopback busy with prepared requests, on few threads (epoll),
 * and counts strictly what came back. HTTP/1.1 with Content-Length only, one request at a time on a connection, as a
 * browser does.
 *
 * A task is one request after another: what comes next is decided by `answered` from the answer. A request whose
 * connection broke is sent again, the same bytes, once the server takes connections again: whether it counted is for
 * the operation id to say. One load_run at a time; `answered` is called on the load's threads, for one task never by
 * two at once. */
#ifndef CITYHALL_TESTS_BENCH_LOAD_H
#define CITYHALL_TESTS_BENCH_LOAD_H

#include <stdatomic.h>

#include "base/str.h"

struct load_answer {
	int status;
	struct str head, body; /* until `answered` returns */
};

struct load_task {
	struct str request; /* to be sent next; its bytes live until it is answered */
	int64_t delay_us;   /* before that */
	void *ctx;          /* the caller's */
	/* The load's own. */
	struct load_task *next;
	int64_t ready_us, sent_us;
	bool was_broken;
};

struct load_spec {
	int port;
	int connections;
	int threads; /* 0: 2 */
	struct load_task *tasks;
	size_t task_n;
	/* True: the task goes on with the request that it names now. NULL: each task is one request. */
	bool (*answered)(struct load_task *t, const struct load_answer *a);
	/* Set from outside: what is on its way is waited for, nothing new is sent. NULL: until all tasks ended. */
	atomic_bool *stop;
	/* With `stop`: a connection that does not come back is given up at once. */
	bool is_impatient;
};

struct load_result {
	double seconds;                  /* from the first request to the last answer */
	uint64_t answers, by_class[6];   /* [2]: 2xx ... */
	uint64_t broken;                 /* requests whose connection ended before the answer */
	double p50_ms, p99_ms, worst_ms; /* of an answer */
};

void load_run(const struct load_spec *spec, struct load_result *out);

/* A header's value, without spaces around; empty when it is not there. `name` in small letters with its colon:
 * "location:". */
struct str load_header(const struct load_answer *a, const char *name);

#endif
