/* Notices to a mail server on this machine while pages are served: how many a second, each once, and what is left of
 * the pages' rate. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/mail/notice.h"
#include "figures.h"
#include "unit/smtp_server.h"

enum { PARTIES = 2000, EACH = 2, NOTICES = PARTIES * EACH, LINKS = 16, LOOK_US = 5000, GIVE_UP_S = 120 };

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* --- Before ------------------------------------------------------------------------------------------------------- */

static bool choose_and_tell(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	int64_t party = tx_route(tx);
	char address[60];
	snprintf(address, sizeof address, "%s@example.org", id_text(party).c);
	struct way_insert_in way = {.party = party, .way = WAY_EMAIL, .email = str_of(address), .lang = STR("en")};
	bool ok = way_insert(tx, &way, e);
	for (int i = 0; ok && i < EACH; i++) {
		struct mail_message m = {
			.party = party, .kind = MAIL_RECEIVED, .institution = 1, .service = STR("labour-dispatch-permit")};
		ok = mail_post(tx, &m, e);
	}
	return ok;
}

static struct seed *seeded;

static void tell_one(void *ctx, size_t i)
{
	struct seed *s = ctx;
	struct err e;
	struct store_op op = {.route = seeded->firms[i].account};
	if (!store_write(s->o.app.store, &op, choose_and_tell, NULL, &e)) {
		die(e.text);
	}
}

/* --- Meanwhile ---------------------------------------------------------------------------------------------------- */

struct watched {
	struct smtp_server smtp;
	atomic_bool stop;
	double first_s, last_s;
};

static int taken(struct smtp_server *s)
{
	pthread_mutex_lock(&s->lock);
	int n = s->mail_n;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void *watch(void *arg)
{
	struct watched *w = arg;
	double began = host_now_s();
	int n = 0;
	while ((n = taken(&w->smtp)) < NOTICES && host_now_s() - began < GIVE_UP_S) {
		w->first_s = n > 0 && w->first_s == 0 ? host_now_s() : w->first_s;
		usleep(LOOK_US);
	}
	w->last_s = host_now_s();
	atomic_store(&w->stop, true);
	return NULL;
}

static void *sleep_then_stop(void *arg)
{
	struct watched *w = arg;
	usleep((useconds_t)((w->last_s - w->first_s) * 1e6));
	atomic_store(&w->stop, true);
	return NULL;
}

static bool goes_on(struct load_task *t, const struct load_answer *a)
{
	(void)t;
	if (a->status != 200) {
		die("a page was not answered with 200");
	}
	return true;
}

static double pages_until(int port, const struct str *requests, struct watched *w, void *(*until)(void *))
{
	struct load_task tasks[LINKS] = {0};
	struct load_result r;
	pthread_t thread;
	for (size_t i = 0; i < LINKS; i++) {
		tasks[i].request = requests[i];
	}
	atomic_store(&w->stop, false);
	if (pthread_create(&thread, NULL, until, w) != 0) {
		die("no thread");
	}
	load_run(
		&(struct load_spec){
			.port = port, .connections = LINKS, .tasks = tasks, .task_n = LINKS, .answered = goes_on, .stop = &w->stop},
		&r);
	pthread_join(thread, NULL);
	return (double)r.answers / r.seconds;
}

void measure_outbox(struct bench *b)
{
	static double rate[ROUNDS_MAX], with[ROUNDS_MAX], without[ROUNDS_MAX], kept[ROUNDS_MAX];
	static struct watched w;
	struct str requests[LINKS];
	struct buf q;
	int most = 0;
	bool is_well = true;
	buf_init(&q, 64 * 1024);
	for (size_t i = 0; i < LINKS; i++) {
		seed_put_get(&q, &b->seed.firms[i], "/services/labour-dispatch-permit");
		requests[i] = bench_keep(&q);
	}
	seeded = &b->seed;
	for (int round = 0; round < b->rounds; round++) {
		char path[400], server[80];
		struct served city;
		struct seed own = {0};
		bench_copy(b, "outbox", path);
		seed_open(&own, path);
		seed_in_parallel(PARTIES, tell_one, &own);
		seed_close(&own);
		memset(&w, 0, sizeof w);
		if (!smtp_start(&w.smtp, 0)) {
			die("no mail server");
		}
		snprintf(server, sizeof server, "--mail-server=smtp://127.0.0.1:%d", w.smtp.port);
		const char *const settings[] = {server, NULL};
		host_serve(b->program, path, settings, &city);
		with[round] = pages_until(city.port, requests, &w, watch);
		rate[round] = taken(&w.smtp) / (w.last_s - w.first_s);
		host_wait_relayed(city.port);
		without[round] = pages_until(city.port, requests, &w, sleep_then_stop);
		kept[round] = with[round] / without[round];
		int times = smtp_most_times(&w.smtp);
		most = times > most ? times : most;
		is_well = host_stop(&city) && is_well && taken(&w.smtp) == NOTICES;
		smtp_stop(&w.smtp);
		host_remove(path);
		fprintf(stderr, "round %d: %.0f notices/s; %.0f pages/s with them, %.0f without\n", round + 1, rate[round],
		        with[round], without[round]);
	}
	double notices = host_median(rate, b->rounds), share = host_median(kept, b->rounds);
	bench_say(b,
	          "### Notices to a mail server on this machine, pages served meanwhile over %d connections\n\n"
	          "%d notices a round, the mail server in the load generator's process.\n\n"
	          "| what | to reach | measured | |\n|---|---|---|---|\n",
	          LINKS, NOTICES);
	bench_say(b, "| notices per second | 500 | %.0f | %s |\n", notices, bench_verdict(b, notices >= 500));
	bench_say(b, "| a notice arrives at most so often | 1 | %d | %s |\n", most, bench_verdict(b, most == 1));
	bench_say(b, "| pages per second with them, against without | 0.8 | %.2f (%.0f of %.0f) | %s |\n\n", share,
	          host_median(with, b->rounds), host_median(without, b->rounds), bench_verdict(b, share >= 0.8));
	for (size_t i = 0; i < LINKS; i++) {
		free((char *)(uintptr_t)requests[i].p);
	}
	buf_release(&q);
	if (!is_well) {
		die("a notice is missing, or a server did not end well");
	}
}
