/* A city under load that something bad happens to: what was sent, what was acknowledged, and the rules that what lies
 * in the store afterwards must keep. For kill.c (the program dies), failover.c (the database does), processes.c (one of
 * two servers does) and acceptance.c (a town moves as well). One thread, but for the load's own. */
#ifndef CITYHALL_TESTS_BENCH_SIEGE_H
#define CITYHALL_TESTS_BENCH_SIEGE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/rand.h"
#include "host.h"
#include "inside.h"
#include "load.h"
#include "seed.h"

enum { SIEGE_DRAFTS = 1200, SIEGE_FIRMS = 200, SIEGE_LINKS = 48, SIEGE_WAIT_S = 60 };

struct siege {
	char program[400], dir[300], data[320];
	const char *url; /* of PostgreSQL; NULL: SQLite */
	struct seed seed;
	struct served server;
	int passed, failed;
	struct prng rand;
};

/* Reads ROUNDS and SEED, makes folder, city and the drafts of all rounds, and serves. Ends the process with a word when
 * it cannot. */
void siege_begin(struct siege *s, const char *name, int argc, char **argv, size_t drafts_a_round, int *rounds);
/* Says "N passed, N failed" and gives the exit code; the folder stays when something failed. */
int siege_end(struct siege *s);
/* Starts the server with a seal each second, so that sealing is cut off as well. */
void siege_serve(struct siege *s);
/* The folder of a second machine: the keys of the first, and nothing else. */
void siege_make_second(const struct siege *s, char data[400]);
/* tests/pg_pair.sh --WHAT, which does it to the pair that we run in; ends the process when it cannot. */
void siege_pair(struct siege *s, const char *what);

void siege_wait_us(int64_t us);
void siege_say(struct siege *s, bool is_good, const char *what, int64_t number);
/* Polls until `holds` says so; false: not in a long time. */
bool siege_comes_true(bool (*holds)(void *ctx), void *ctx);

/* One submission as its sender knows it. */
struct sent {
	const struct seed_draft *draft;
	atomic_bool is_acknowledged;
	bool is_wrong; /* it was answered with something that is neither the way to its receipt nor 503 */
	int told_unknown, told_moving, told_busy;
	double acknowledged_s; /* host_now_s(), the first time */
};

/* The submissions of `n` drafts from the one numbered `first`, and their requests. */
void siege_prepare(struct siege *s, size_t first, struct sent *sent, struct load_task *tasks, size_t n);
void siege_forget(struct load_task *tasks, size_t n);
size_t siege_acknowledged(const struct sent *sent, size_t n);

/* A load on a thread of its own. */
struct loading {
	struct load_spec spec;
	struct load_result result;
	pthread_t thread;
	atomic_bool stop, has_ended;
};
void siege_load_begin(struct loading *l, int port, struct load_task *tasks, size_t n,
                      bool (*on_answer)(struct load_task *, const struct load_answer *));
void siege_load_end(struct loading *l);
/* For load_spec.answered: the way to the receipt of this very case is the only good answer; 503 is a clear one, and the
 * same is sent again. */
bool siege_answered(struct load_task *t, const struct load_answer *a);

/* Each acknowledged submission is there. */
void siege_find_acknowledged(struct siege *s, const struct sent *sent, size_t n);
/* The rules that hold at any moment. */
void siege_hold(struct siege *s);
/* All submissions once more, the acknowledged ones too: a person who does not know presses again. Then everything is
 * relayed, and all rules hold, receipts are shown to their owners, and the audit says that the seal is whole. */
void siege_send_again(struct siege *s, struct sent *sent, struct load_task *tasks, size_t n);
/* Every event is sealed, soon. */
void siege_wait_sealed(struct siege *s);

#endif
