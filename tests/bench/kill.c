/* The server is killed under load, again and again, and each time looked at: every submission that was acknowledged is
 * there, none twice, no case half, the file whole, the seal unbroken; what was on its way may be sent again and counts
 * once. Then render and keys are killed in the middle of requests.
 *
 *   kill [ROUNDS [SEED]]
 *
 * The moments are random; the seed is printed. Says "N passed, N failed". */
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/rand.h"
#include "host.h"
#include "load.h"
#include "seed.h"

enum { DRAFTS = 1200, FIRMS = 200, LINKS = 48, SHOWN = 10, WAIT_S = 60 };

struct kill_test {
	char program[400], dir[300], data[320];
	struct seed seed;
	struct served server;
	int passed, failed;
	struct prng rand;
};

/* One submission as its sender knows it. */
struct sent {
	const struct seed_draft *draft;
	atomic_bool is_acknowledged;
	bool is_wrong;
};

static void wait_us(int64_t us)
{
	nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static void say(struct kill_test *k, bool is_good, const char *what, int64_t number)
{
	k->passed += is_good;
	k->failed += !is_good;
	if (!is_good) {
		printf("FAILED: %s (%lld)\n", what, (long long)number);
		fflush(stdout);
	}
}

/* --- What lies in the store ----------------------------------------------------------------------------------------
 */

static sqlite3 *open_file(struct kill_test *k)
{
	char path[400];
	sqlite3 *db = NULL;
	snprintf(path, sizeof path, "%s/cityhall.db", k->data);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
		fprintf(stderr, "kill: %s: %s\n", path, sqlite3_errmsg(db));
		exit(1);
	}
	sqlite3_busy_timeout(db, 60000);
	return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW) {
		fprintf(stderr, "kill: %s: %s\n", sql, sqlite3_errmsg(db));
		exit(1);
	}
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

/* Each counts what must not be. `logged` is the log by event, made first: the table has no such index. */
static const struct rule {
	const char *what, *sql;
} rules[] = {
	{"a draft is submitted without a case, or a case has an open draft",
     "select count(*) from draft d where (d.state = 2) <> (select count(*) from casefile c where c.party = d.party and "
     "c.id = d.id)"},
	{"a case has not exactly one event of its submission", "select count(*) from casefile c where (select count(*) "
                                                           "from event e where e.route = c.party and e.casefile = c.id "
                                                           "and e.kind = 'submitted') <> 1"},
	{"an event of a submission has no case",
     "select count(*) from event e where e.kind = 'submitted' and not exists (select 1 from casefile c where c.party = "
     "e.route and c.id = e.casefile)"},
	{"an event has lost its personal part", "select count(*) from event e where e.kind = 'submitted' and not exists "
                                            "(select 1 from event_payload p where p.route "
                                            "= e.route and p.event = e.id)"},
	/* In both is right for a moment: it is logged first and leaves the outbox in a second step. */
	{"an event is neither on its way nor in the log", "select count(*) from event e where not exists (select 1 from "
                                                      "logged l where l.route = e.route and l.event = e.id) and not "
                                                      "exists (select 1 from outbox o where o.route = e.route and "
                                                      "o.id = e.id and o.is_logged = 0)"},
	{"an event is in the log twice", "select count(*) - count(distinct event) from logged"},
	{"the log has a gap", "select coalesce(max(position), 0) - count(*) from event_log"},
	{"a case was submitted without its operation, or with two",
     "select count(*) from casefile c where (select count(*) from operation o where o.route = c.party and o.result_0 = "
     "c.id) <> 1"},
	{"two cases have one number", "select count(*) - count(distinct number) from casefile"},
	{"a table points at a row that is not there", "select count(*) from pragma_foreign_key_check"},
	{"the file is damaged", "select count(*) from pragma_integrity_check where integrity_check <> 'ok'"},
};

/* When the relay has brought everything. */
static const struct rule relayed_rules[] = {
	{"the queue does not show each open case once",
     "select count(*) from casefile c where (select count(*) from queue q where q.institution = c.institution and "
     "q.casefile = c.id) <> 1"},
	{"the institution does not take part in a case", "select count(*) from casefile c where (select count(*) from "
                                                     "participation p where p.institution = c.institution and "
                                                     "p.casefile = c.id and p.party = c.party) <> 1"},
	{"a case is not found by its number",
     "select count(*) from casefile c where (select count(*) from number_lookup n where n.number = c.number and "
     "n.casefile = c.id) <> 1"},
	{"there are not as many receipts as cases",
     "select (select count(*) from casefile) - (select count(*) from receipt_lookup)"},
	{"an event waits", "select count(*) from outbox"},
	{"the log has not as many entries as there are events",
     "select (select count(*) from event) - (select count(*) from logged)"},
};

static void hold(struct kill_test *k, const struct rule *r, size_t n)
{
	char *why = NULL;
	sqlite3 *db = open_file(k);
	/* One snapshot: the relay is at work meanwhile. */
	if (sqlite3_exec(
			db,
			"begin; create temp table logged as select route, event from event_log; create index temp.logged_at on "
			"logged (route, event); create temp table numbered as select number, casefile from number_lookup",
			NULL, NULL, &why) != SQLITE_OK) {
		fprintf(stderr, "kill: %s\n", why);
		exit(1);
	}
	for (size_t i = 0; i < n; i++) {
		int64_t wrong = number(db, r[i].sql);
		say(k, wrong == 0, r[i].what, wrong);
	}
	sqlite3_close(db);
}

static bool has_case(sqlite3 *db, const struct seed_draft *d)
{
	char sql[200];
	snprintf(sql, sizeof sql, "select count(*) from casefile where party = %lld and id = %lld",
	         (long long)d->firm->party, (long long)d->id);
	return number(db, sql) == 1;
}

static void find_acknowledged(struct kill_test *k, const struct sent *sent, size_t n)
{
	int64_t acknowledged = 0, lost = 0;
	sqlite3 *db = open_file(k);
	for (size_t i = 0; i < n; i++) {
		if (atomic_load(&sent[i].is_acknowledged)) {
			acknowledged++;
			lost += !has_case(db, sent[i].draft);
		}
	}
	sqlite3_close(db);
	printf("  %lld acknowledged", (long long)acknowledged);
	say(k, lost == 0, "acknowledged submissions are lost", lost);
}

/* --- Load and kill -------------------------------------------------------------------------------------------------
 */

/* The way to the receipt of this very case is the only good answer; being busy is a clear one. */
static bool answered(struct load_task *t, const struct load_answer *a)
{
	struct sent *s = t->ctx;
	char want[80];
	snprintf(want, sizeof want, "/cases/%s/receipt", id_text(s->draft->id).c);
	if (a->status == 303 && str_is(load_header(a, "location:"), want)) {
		atomic_store(&s->is_acknowledged, true);
		return false;
	}
	s->is_wrong = a->status != 503;
	t->delay_us = 20000;
	return a->status == 503;
}

struct loading {
	struct load_spec spec;
	struct load_result result;
	pthread_t thread;
	atomic_bool stop;
};

static void *run_load(void *arg)
{
	struct loading *l = arg;
	load_run(&l->spec, &l->result);
	return NULL;
}

static void load_begin(struct loading *l, int port, struct load_task *tasks, size_t n,
                       bool (*on_answer)(struct load_task *, const struct load_answer *))
{
	*l = (struct loading){
		.spec = {.port = port, .connections = LINKS, .tasks = tasks, .task_n = n, .answered = on_answer}};
	l->spec.stop = &l->stop;
	l->spec.is_impatient = true;
	if (pthread_create(&l->thread, NULL, run_load, l) != 0) {
		perror("kill");
		exit(1);
	}
}

static void load_end(struct loading *l)
{
	atomic_store(&l->stop, true);
	pthread_join(l->thread, NULL);
}

static size_t acknowledged(const struct sent *sent, size_t n)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		found += atomic_load(&sent[i].is_acknowledged);
	}
	return found;
}

static void serve(struct kill_test *k)
{
	/* A seal each second, so that sealing is cut off as well. */
	static const char *const settings[] = {"--seal-every-s=1", NULL};
	host_serve(k->program, k->data, settings, &k->server);
}

static bool is_shown(struct load_task *t, const struct load_answer *a)
{
	*(bool *)t->ctx = a->status == 200;
	return false;
}

/* Receipts as their owners see them. */
static void show_receipts(struct kill_test *k, const struct sent *sent, size_t n)
{
	struct load_task tasks[SHOWN];
	struct load_result r;
	bool shown[SHOWN] = {false};
	struct str requests[SHOWN];
	for (size_t i = 0; i < SHOWN; i++) {
		const struct seed_draft *d = sent[prng_below(&k->rand, n)].draft;
		char path[80];
		struct buf q;
		buf_init(&q, 8192);
		snprintf(path, sizeof path, "/cases/%s/receipt", id_text(d->id).c);
		seed_put_get(&q, d->firm, path);
		requests[i] = str_from(q.p, q.n);
		tasks[i] = (struct load_task){.request = requests[i], .ctx = &shown[i]};
	}
	load_run(
		&(struct load_spec){
			.port = k->server.port, .connections = 4, .tasks = tasks, .task_n = SHOWN, .answered = is_shown},
		&r);
	int64_t hidden = 0;
	for (size_t i = 0; i < SHOWN; i++) {
		hidden += !shown[i];
		free((char *)(uintptr_t)requests[i].p);
	}
	say(k, hidden == 0, "receipts are not shown to their owners", hidden);
}

static void round_of(struct kill_test *k, struct sent *sent, struct load_task *tasks, size_t n)
{
	struct loading l;
	struct load_result r;
	/* Somewhere between the first acknowledgement and the last, and a little off. */
	size_t after = 1 + prng_below(&k->rand, n * 3 / 4);
	int64_t later_us = (int64_t)prng_below(&k->rand, 20000);
	load_begin(&l, k->server.port, tasks, n, answered);
	while (acknowledged(sent, n) < after) {
		wait_us(500);
	}
	wait_us(later_us);
	host_kill(&k->server);
	load_end(&l);
	serve(k);
	find_acknowledged(k, sent, n);
	printf(", %llu cut off", (unsigned long long)l.result.broken);
	fflush(stdout);
	hold(k, rules, sizeof rules / sizeof rules[0]);
	/* All once more, the acknowledged ones too: a person who does not know presses again. */
	int64_t wrong = 0;
	for (size_t i = 0; i < n; i++) {
		tasks[i].delay_us = 0;
	}
	load_run(
		&(struct load_spec){
			.port = k->server.port, .connections = LINKS, .tasks = tasks, .task_n = n, .answered = answered},
		&r);
	for (size_t i = 0; i < n; i++) {
		wrong += sent[i].is_wrong || !atomic_load(&sent[i].is_acknowledged);
	}
	say(k, wrong == 0, "submissions sent again did not lead to their receipts", wrong);
	host_wait_relayed(k->server.port);
	hold(k, rules, sizeof rules / sizeof rules[0]);
	hold(k, relayed_rules, sizeof relayed_rules / sizeof relayed_rules[0]);
	show_receipts(k, sent, n);
	say(k, host_run(k->program, k->data, "audit", "verify") == 0, "audit verify", 0);
	printf("; all %zu there\n", n);
	fflush(stdout);
}

static void kill_rounds(struct kill_test *k, int rounds)
{
	struct sent *sent = calloc((size_t)rounds * DRAFTS, sizeof *sent);
	struct load_task *tasks = calloc(DRAFTS, sizeof *tasks);
	struct buf q;
	if (sent == NULL || tasks == NULL) {
		perror("kill");
		exit(1);
	}
	for (int round = 0; round < rounds; round++) {
		struct sent *mine = sent + (size_t)round * DRAFTS;
		for (size_t i = 0; i < DRAFTS; i++) {
			buf_init(&q, 8192);
			mine[i].draft = &k->seed.drafts[(size_t)round * DRAFTS + i];
			seed_put_submit(&q, mine[i].draft);
			tasks[i] = (struct load_task){.request = str_from(q.p, q.n), .ctx = &mine[i]};
		}
		printf("round %d:", round + 1);
		round_of(k, mine, tasks, DRAFTS);
		for (size_t i = 0; i < DRAFTS; i++) {
			free((char *)(uintptr_t)tasks[i].request.p);
		}
	}
	/* What was acknowledged in earlier rounds is still there after the later ones. */
	find_acknowledged(k, sent, (size_t)rounds * DRAFTS);
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
static bool comes_back(struct kill_test *k, const char *name, pid_t old)
{
	for (int i = 0; i < WAIT_S * 100; i++) {
		pid_t now = host_child(k->server.pid, name);
		if (now != 0 && now != old) {
			return true;
		}
		wait_us(10000);
	}
	return false;
}

static bool more_than(const atomic_int *n, int before)
{
	for (int i = 0; i < WAIT_S * 100; i++) {
		if (atomic_load(n) > before) {
			return true;
		}
		wait_us(10000);
	}
	return false;
}

/* Kills one of the helpers while documents are asked for: it comes back, and so do the documents. */
static void kill_helper(struct kill_test *k, const char *name, int times)
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
	load_begin(&l, k->server.port, tasks, ASKERS, is_clear);
	for (int i = 0; i < times; i++) {
		say(k, more_than(&asked.good, atomic_load(&asked.good)), "documents are made", i);
		pid_t child = host_child(k->server.pid, name);
		wait_us((int64_t)prng_below(&k->rand, 30000));
		if (child == 0 || kill(child, SIGKILL) != 0) {
			say(k, false, "there is no such helper", i);
			break;
		}
		say(k, comes_back(k, name, child), "the helper comes back", i);
		say(k, more_than(&asked.good, atomic_load(&asked.good) + ASKERS), "documents are made again", i);
	}
	load_end(&l);
	say(k, atomic_load(&asked.wrong) == 0, "answers that are neither a document nor a clear word",
	    atomic_load(&asked.wrong));
	say(k, l.result.broken == 0, "connections broke", (int64_t)l.result.broken);
	say(k, host_get(k->server.port, "/healthz") == 200, "healthz", 0);
	printf("%s killed %d times: %d documents, %d clear refusals\n", name, times, atomic_load(&asked.good),
	       atomic_load(&asked.refused));
	for (int i = 0; i < ASKERS; i++) {
		buf_release(&q[i]);
	}
}

/* Sealing needs keys: it goes on after they were away. */
static void keys_seal_again(struct kill_test *k)
{
	sqlite3 *db = open_file(k);
	int64_t unsealed = 1;
	for (int i = 0; i < WAIT_S * 20 && unsealed > 0; i++) {
		unsealed = number(db, "select (select count(*) from event_log) - (select coalesce(sum(leaves), 0) from seal)");
		wait_us(50000);
	}
	sqlite3_close(db);
	say(k, unsealed == 0, "events are not sealed", unsealed);
	say(k, host_run(k->program, k->data, "audit", "verify") == 0, "audit verify", 0);
}

/* --- All together --------------------------------------------------------------------------------------------------
 */

static void find_program(char out[400])
{
	char self[300];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	self[n > 0 ? n : 0] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(self, '/');
		*(slash ? slash : self) = '\0';
	}
	snprintf(out, 400, "%.300s/cityhall", self);
}

int main(int argc, char **argv)
{
	struct kill_test k = {0};
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
	uint64_t seed;
	const char *tmp = getenv("TMPDIR");
	if (argc <= 2 || !str_to_u64(str_of(argv[2]), &seed)) {
		seed = rand_u64();
	}
	printf("SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	prng_seed(&k.rand, seed);
	find_program(k.program);
	snprintf(k.dir, sizeof k.dir, "%.200s/cityhall-kill-XXXXXX", tmp ? tmp : "/tmp");
	if (rounds < 1 || mkdtemp(k.dir) == NULL) {
		fprintf(stderr, "usage: kill [ROUNDS [SEED]]\n");
		return 2;
	}
	snprintf(k.data, sizeof k.data, "%s/data", k.dir);
	host_make_city(k.program, k.data);
	seed_open(&k.seed, k.data);
	seed_firms(&k.seed, FIRMS + (size_t)rounds * DRAFTS / 30);
	seed_drafts(&k.seed, (size_t)rounds * DRAFTS);
	seed_close(&k.seed);
	serve(&k);
	kill_rounds(&k, rounds);
	kill_helper(&k, "render", 3);
	kill_helper(&k, "keys", 3);
	keys_seal_again(&k);
	say(&k, host_stop(&k.server), "the server ends well", 0);
	say(&k, host_run(k.program, k.data, "doctor", NULL) == 0, "doctor", 0);
	seed_free(&k.seed);
	if (k.failed > 0) {
		printf("left in %s\n", k.dir);
	} else {
		host_remove(k.dir);
	}
	printf("%d passed, %d failed\n", k.passed, k.failed);
	return k.failed == 0 ? 0 : 1;
}
