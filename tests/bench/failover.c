/* The database dies under load, again and again: the primary of a pair is killed and its synchronous standby promoted,
 * and the same server goes on by itself. Every submission that was acknowledged is there, none twice; who was told "not
 * known yet" sends the same again and is told. Then the standby is gone for a while: writes wait and are "not known
 * yet", reading goes on, and when it is back all of them are settled.
 *
 *   tests/pg_pair.sh failover [ROUNDS [SEED]]
 *
 * The moments are random; the seed is printed. Says "N passed, N failed". */
#include <stdio.h>
#include <stdlib.h>

#include "siege.h"

enum { PROMOTED_S = 120, READS = 20, UNKNOWN_LEAST = 4 };

/* All of them have their receipts; false: not in a long time. */
static bool all_told(struct loading *l)
{
	double until = host_now_s() + PROMOTED_S;
	while (!atomic_load(&l->has_ended) && host_now_s() < until) {
		siege_wait_us(5000);
	}
	bool is_told = atomic_load(&l->has_ended);
	siege_load_end(l);
	return is_told;
}

static size_t told_unknown(const struct sent *sent, size_t n)
{
	size_t told = 0;
	for (size_t i = 0; i < n; i++) {
		told += sent[i].told_unknown > 0;
	}
	return told;
}

static void look_after(struct siege *s, struct loading *l, struct sent *sent, struct load_task *tasks, size_t n)
{
	siege_say(s, all_told(l), "writing does not go on", 0);
	siege_say(s, l->result.broken == 0, "connections to the server broke", (int64_t)l->result.broken);
	siege_find_acknowledged(s, sent, n);
	printf(", %zu of them after \"not known yet\"", told_unknown(sent, n));
	fflush(stdout);
	siege_hold(s);
	siege_send_again(s, sent, tasks, n);
	siege_say(s, host_run(s->program, s->data, "store", "check") == 0, "store check", 0);
	printf("; all %zu there\n", n);
	fflush(stdout);
}

/* --- The primary is lost -------------------------------------------------------------------------------------------
 */

static void lose_primary(struct siege *s, struct sent *sent, struct load_task *tasks, size_t n)
{
	struct loading l;
	size_t after = 1 + prng_below(&s->rand, n * 3 / 4);
	int64_t later_us = (int64_t)prng_below(&s->rand, 20000);
	siege_load_begin(&l, s->server.port, tasks, n, siege_answered);
	while (siege_acknowledged(sent, n) < after) {
		siege_wait_us(500);
	}
	siege_wait_us(later_us);
	siege_pair(s, "--kill-primary");
	siege_pair(s, "--promote");
	siege_pair(s, "--new-standby");
	look_after(s, &l, sent, tasks, n);
}

/* --- The standby is away -------------------------------------------------------------------------------------------
 */

static bool is_read(struct load_task *t, const struct load_answer *a)
{
	*(int *)t->ctx += a->status == 200;
	return false;
}

/* Pages of people who applied before. */
static void read_pages(struct siege *s, const struct sent *earlier)
{
	struct load_task tasks[READS];
	struct load_result r;
	int read = 0;
	for (int i = 0; i < READS; i++) {
		struct buf q;
		char path[80];
		buf_init(&q, 8192);
		snprintf(path, sizeof path, "/cases/%s", id_text(earlier[i].draft->id).c);
		seed_put_get(&q, earlier[i].draft->firm, path);
		tasks[i] = (struct load_task){.request = str_from(q.p, q.n), .ctx = &read};
	}
	load_run(&(struct load_spec){.port = s->server.port,
	                             .connections = 1,
	                             .threads = 1,
	                             .tasks = tasks,
	                             .task_n = READS,
	                             .answered = is_read},
	         &r);
	for (int i = 0; i < READS; i++) {
		free((char *)(uintptr_t)tasks[i].request.p);
	}
	siege_say(s, read == READS, "pages are not shown while the standby is away", READS - read);
}

static void lose_standby(struct siege *s, const struct sent *earlier, struct sent *sent, struct load_task *tasks,
                         size_t n)
{
	struct loading l;
	siege_load_begin(&l, s->server.port, tasks, n, siege_answered);
	while (siege_acknowledged(sent, n) < n / 4) {
		siege_wait_us(500);
	}
	siege_pair(s, "--kill-standby");
	/* What the standby had confirmed may still be answered; then nothing is. */
	double until = host_now_s() + PROMOTED_S;
	while (told_unknown(sent, n) < UNKNOWN_LEAST && host_now_s() < until) {
		siege_wait_us(5000);
	}
	size_t acknowledged = siege_acknowledged(sent, n);
	siege_say(s, told_unknown(sent, n) >= UNKNOWN_LEAST, "nobody is told that it is not known yet", 0);
	read_pages(s, earlier);
	siege_say(s, siege_acknowledged(sent, n) == acknowledged, "a submission is acknowledged that only one disk has",
	          (int64_t)(siege_acknowledged(sent, n) - acknowledged));
	siege_pair(s, "--start-standby");
	look_after(s, &l, sent, tasks, n);
}

int main(int argc, char **argv)
{
	static struct siege s;
	int rounds;
	s.url = getenv("CITYHALL_TEST_PG");
	if (s.url == NULL || getenv("PG_PAIR_DIR") == NULL) {
		fprintf(stderr, "usage: tests/pg_pair.sh failover [ROUNDS [SEED]]\n");
		return 2;
	}
	setenv("CITYHALL_STORE", s.url, 1); /* for us and for each program that we start */
	s.url = getenv("CITYHALL_STORE");
	unsetenv("CITYHALL_TEST_PG"); /* it is no setting */
	siege_begin(&s, "failover", argc, argv, SIEGE_DRAFTS, &rounds);
	struct sent *sent = calloc((size_t)rounds * SIEGE_DRAFTS, sizeof *sent);
	struct load_task *tasks = calloc(SIEGE_DRAFTS, sizeof *tasks);
	if (sent == NULL || tasks == NULL) {
		perror("failover");
		return 1;
	}
	/* Every third round the standby, else the primary. */
	for (int round = 0; round < rounds; round++) {
		struct sent *mine = sent + (size_t)round * SIEGE_DRAFTS;
		bool is_standby = round % 3 == 1;
		siege_prepare(&s, (size_t)round * SIEGE_DRAFTS, mine, tasks, SIEGE_DRAFTS);
		printf("round %d, the %s is lost:", round + 1, is_standby ? "standby" : "primary");
		fflush(stdout);
		if (is_standby) {
			lose_standby(&s, sent, mine, tasks, SIEGE_DRAFTS);
		} else {
			lose_primary(&s, mine, tasks, SIEGE_DRAFTS);
		}
		siege_forget(tasks, SIEGE_DRAFTS);
	}
	/* What was acknowledged in earlier rounds is still there after the later ones. */
	siege_find_acknowledged(&s, sent, (size_t)rounds * SIEGE_DRAFTS);
	printf(" in all\n");
	free(tasks);
	free(sent);
	return siege_end(&s);
}
