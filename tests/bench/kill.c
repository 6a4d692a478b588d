/* The server is killed under load, again and again, and each time looked at: every submission that was acknowledged is
 * there, none twice, no case half, the file whole, the seal unbroken; what was on its way may be sent again and counts
 * once. Then render and keys are killed in the middle of requests.
 *
 *   kill [ROUNDS [SEED]]
 *
 * The moments are random; the seed is printed. Says "N passed, N failed". */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "siege.h"

/* --- Load and kill -------------------------------------------------------------------------------------------------
 */

static void round_of(struct siege *k, struct sent *sent, struct load_task *tasks, size_t n)
{
	struct loading l;
	/* Somewhere between the first acknowledgement and the last, and a little off. */
	size_t after = 1 + prng_below(&k->rand, n * 3 / 4);
	int64_t later_us = (int64_t)prng_below(&k->rand, 20000);
	siege_load_begin(&l, k->server.port, tasks, n, siege_answered);
	while (siege_acknowledged(sent, n) < after) {
		siege_wait_us(500);
	}
	siege_wait_us(later_us);
	host_kill(&k->server);
	siege_load_end(&l);
	siege_serve(k);
	siege_find_acknowledged(k, sent, n);
	printf(", %llu cut off", (unsigned long long)l.result.broken);
	fflush(stdout);
	siege_hold(k);
	siege_send_again(k, sent, tasks, n);
	printf("; all %zu there\n", n);
	fflush(stdout);
}

static void kill_rounds(struct siege *k, int rounds)
{
	struct sent *sent = calloc((size_t)rounds * SIEGE_DRAFTS, sizeof *sent);
	struct load_task *tasks = calloc(SIEGE_DRAFTS, sizeof *tasks);
	if (sent == NULL || tasks == NULL) {
		perror("kill");
		exit(1);
	}
	for (int round = 0; round < rounds; round++) {
		struct sent *mine = sent + (size_t)round * SIEGE_DRAFTS;
		siege_prepare(k, (size_t)round * SIEGE_DRAFTS, mine, tasks, SIEGE_DRAFTS);
		printf("round %d:", round + 1);
		round_of(k, mine, tasks, SIEGE_DRAFTS);
		siege_forget(tasks, SIEGE_DRAFTS);
	}
	/* What was acknowledged in earlier rounds is still there after the later ones. */
	siege_find_acknowledged(k, sent, (size_t)rounds * SIEGE_DRAFTS);
	printf(" in all\n");
	free(tasks);
	free(sent);
}

/* --- The helpers ---------------------------------------------------------------------------------------------------
 */

struct asked {
	atomic_int good, refused, wrong;
};

/* A document, or a page that says clearly that it is not there now. */
static bool is_clear(struct load_task *t, const struct load_answer *a)
{
	struct asked *q = t->ctx;
	bool is_page = str_find(a->body, STR("<h1")) != SIZE_MAX;
	atomic_fetch_add(a->status == 200                                    ? &q->good
	                 : (a->status == 503 || a->status == 500) && is_page ? &q->refused
	                                                                     : &q->wrong,
	                 1);
	return true;
}

/* Until the child is there again under another process id. */
static bool comes_back(struct siege *k, const char *name, pid_t old)
{
	for (int i = 0; i < SIEGE_WAIT_S * 100; i++) {
		pid_t now = host_child(k->server.pid, name);
		if (now != 0 && now != old) {
			return true;
		}
		siege_wait_us(10000);
	}
	return false;
}

static bool more_than(const atomic_int *n, int before)
{
	for (int i = 0; i < SIEGE_WAIT_S * 100; i++) {
		if (atomic_load(n) > before) {
			return true;
		}
		siege_wait_us(10000);
	}
	return false;
}

/* Kills one of the helpers while documents are asked for: it comes back, and so do the documents. */
static void kill_helper(struct siege *k, const char *name, int times)
{
	enum { ASKERS = 8 };
	struct load_task tasks[ASKERS];
	struct asked asked = {0};
	struct loading l;
	struct buf q[ASKERS];
	for (int i = 0; i < ASKERS; i++) {
		const struct seed_draft *d = &k->seed.drafts[i];
		char path[80];
		buf_init(&q[i], 8192);
		snprintf(path, sizeof path, "/cases/%s/receipt.pdf", id_text(d->id).c);
		seed_put_get(&q[i], d->firm, path);
		tasks[i] = (struct load_task){.request = buf_str(&q[i]), .ctx = &asked};
	}
	siege_load_begin(&l, k->server.port, tasks, ASKERS, is_clear);
	for (int i = 0; i < times; i++) {
		siege_say(k, more_than(&asked.good, atomic_load(&asked.good)), "documents are made", i);
		pid_t child = host_child(k->server.pid, name);
		siege_wait_us((int64_t)prng_below(&k->rand, 30000));
		if (child == 0 || kill(child, SIGKILL) != 0) {
			siege_say(k, false, "there is no such helper", i);
			break;
		}
		siege_say(k, comes_back(k, name, child), "the helper comes back", i);
		siege_say(k, more_than(&asked.good, atomic_load(&asked.good) + ASKERS), "documents are made again", i);
	}
	siege_load_end(&l);
	siege_say(k, atomic_load(&asked.wrong) == 0, "answers that are neither a document nor a clear word",
	          atomic_load(&asked.wrong));
	siege_say(k, l.result.broken == 0, "connections broke", (int64_t)l.result.broken);
	siege_say(k, host_get(k->server.port, "/healthz") == 200, "healthz", 0);
	printf("%s killed %d times: %d documents, %d clear refusals\n", name, times, atomic_load(&asked.good),
	       atomic_load(&asked.refused));
	for (int i = 0; i < ASKERS; i++) {
		buf_release(&q[i]);
	}
}

/* Sealing needs keys: it goes on after they were away. */
static void keys_seal_again(struct siege *k)
{
	siege_wait_sealed(k);
	siege_say(k, host_run(k->program, k->data, "audit", "verify") == 0, "audit verify", 0);
}

int main(int argc, char **argv)
{
	static struct siege k;
	int rounds;
	siege_begin(&k, "kill", argc, argv, SIEGE_DRAFTS, &rounds);
	kill_rounds(&k, rounds);
	kill_helper(&k, "render", 3);
	kill_helper(&k, "keys", 3);
	keys_seal_again(&k);
	return siege_end(&k);
}
