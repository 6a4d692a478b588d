#include "siege.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SHOWN = 10, STEP_MS = 5 };

void siege_wait_us(int64_t us)
{
	nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

void siege_say(struct siege *s, bool is_good, const char *what, int64_t number)
{
	s->passed += is_good;
	s->failed += !is_good;
	if (!is_good) {
		printf("FAILED: %s (%lld)\n", what, (long long)number);
		fflush(stdout);
	}
}

bool siege_comes_true(bool (*holds)(void *ctx), void *ctx)
{
	for (int ms = 0; ms < SIEGE_WAIT_S * 1000; ms += STEP_MS) {
		if (holds(ctx)) {
			return true;
		}
		siege_wait_us(STEP_MS * 1000);
	}
	return false;
}

/* --- What lies in the store ----------------------------------------------------------------------------------------
 */

/* Each counts what must not be. `logged` is the log by event, `numbered` the look-up by
 * number, made first: the tables have no such index. */
static const struct rule {
	const char *what, *sql;
} rules[] = {
	{"a draft is submitted without a case, or a case has an open draft",
     "select count(*) from draft d where case when d.state = 2 then 1 else 0 end <> (select count(*) "
     "from casefile c where c.party = d.party and c.id = d.id)"},
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
};

static const struct rule file_rules[] = {
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
     "select count(*) from casefile c where (select count(*) from numbered n where n.number = c.number and "
     "n.casefile = c.id) <> 1"},
	{"there are not as many receipts as cases",
     "select (select count(*) from casefile) - (select count(*) from receipt_lookup)"},
	{"an event waits", "select count(*) from outbox"},
	{"the log has not as many entries as there are events",
     "select (select count(*) from event) - (select count(*) from logged)"},
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void hold(struct siege *s, struct inside *in, const struct rule *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t wrong = inside_number(in, r[i].sql);
		siege_say(s, wrong == 0, r[i].what, wrong);
	}
}

/* One snapshot: the relay is at work meanwhile. */
static struct inside *look(struct siege *s)
{
	struct inside *in = inside_open(s->data, s->url);
	inside_do(in, s->url ? "begin isolation level repeatable read" : "begin");
	inside_do(in, "create temp table logged as select route, event from event_log");
	inside_do(in, "create index logged_at on logged (route, event)");
	inside_do(in, "create temp table numbered as select number, casefile from number_lookup");
	inside_do(in, "create index numbered_at on numbered (number)");
	return in;
}

void siege_hold(struct siege *s)
{
	struct inside *in = look(s);
	hold(s, in, rules, COUNT(rules));
	if (s->url == NULL) {
		hold(s, in, file_rules, COUNT(file_rules));
	}
	inside_close(in);
}

static void hold_relayed(struct siege *s)
{
	struct inside *in = look(s);
	hold(s, in, relayed_rules, COUNT(relayed_rules));
	inside_close(in);
}

void siege_find_acknowledged(struct siege *s, const struct sent *sent, size_t n)
{
	int64_t acknowledged = 0, lost = 0;
	struct inside *in = inside_open(s->data, s->url);
	for (size_t i = 0; i < n; i++) {
		char sql[200];
		if (atomic_load(&sent[i].is_acknowledged)) {
			snprintf(sql, sizeof sql, "select count(*) from casefile where party = %lld and id = %lld",
			         (long long)sent[i].draft->firm->party, (long long)sent[i].draft->id);
			acknowledged++;
			lost += inside_number(in, sql) != 1;
		}
	}
	inside_close(in);
	printf("  %lld acknowledged", (long long)acknowledged);
	siege_say(s, lost == 0, "acknowledged submissions are lost", lost);
}

/* --- Load ----------------------------------------------------------------------------------------------------------
 */

bool siege_answered(struct load_task *t, const struct load_answer *a)
{
	struct sent *s = t->ctx;
	char want[80];
	snprintf(want, sizeof want, "/cases/%s/receipt", id_text(s->draft->id).c);
	if (a->status == 303 && str_is(load_header(a, "location:"), want)) {
		s->acknowledged_s = s->acknowledged_s > 0 ? s->acknowledged_s : host_now_s();
		atomic_store(&s->is_acknowledged, true);
		return false;
	}
	bool is_unknown = str_find(a->body, STR("We do not know yet")) != SIZE_MAX;
	bool is_moving = str_find(a->body, STR("The city hall is moving")) != SIZE_MAX;
	s->told_unknown += is_unknown;
	s->told_moving += is_moving;
	s->told_busy += !is_unknown && !is_moving;
	s->is_wrong = a->status != 503;
	t->delay_us = 20000;
	return a->status == 503;
}

static void *run_load(void *arg)
{
	struct loading *l = arg;
	load_run(&l->spec, &l->result);
	atomic_store(&l->has_ended, true);
	return NULL;
}

void siege_load_begin(struct loading *l, int port, struct load_task *tasks, size_t n,
                      bool (*on_answer)(struct load_task *, const struct load_answer *))
{
	*l = (struct loading){
		.spec = {.port = port, .connections = SIEGE_LINKS, .tasks = tasks, .task_n = n, .answered = on_answer}};
	l->spec.stop = &l->stop;
	l->spec.is_impatient = true;
	if (pthread_create(&l->thread, NULL, run_load, l) != 0) {
		perror("siege");
		exit(1);
	}
}

void siege_load_end(struct loading *l)
{
	atomic_store(&l->stop, true);
	pthread_join(l->thread, NULL);
}

void siege_prepare(struct siege *s, size_t first, struct sent *sent, struct load_task *tasks, size_t n)
{
	struct buf q;
	for (size_t i = 0; i < n; i++) {
		buf_init(&q, 8192);
		sent[i].draft = &s->seed.drafts[first + i];
		seed_put_submit(&q, sent[i].draft);
		tasks[i] = (struct load_task){.request = str_from(q.p, q.n), .ctx = &sent[i]};
	}
}

void siege_forget(struct load_task *tasks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free((char *)(uintptr_t)tasks[i].request.p);
	}
}

size_t siege_acknowledged(const struct sent *sent, size_t n)
{
	size_t found = 0;
	for (size_t i = 0; i < n; i++) {
		found += atomic_load(&sent[i].is_acknowledged);
	}
	return found;
}

static bool is_shown(struct load_task *t, const struct load_answer *a)
{
	*(bool *)t->ctx = a->status == 200;
	return false;
}

/* Receipts as their owners see them. */
static void show_receipts(struct siege *s, const struct sent *sent, size_t n)
{
	struct load_task tasks[SHOWN];
	struct load_result r;
	bool shown[SHOWN] = {false};
	struct str requests[SHOWN];
	for (size_t i = 0; i < SHOWN; i++) {
		const struct seed_draft *d = sent[prng_below(&s->rand, n)].draft;
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
			.port = s->server.port, .connections = 4, .tasks = tasks, .task_n = SHOWN, .answered = is_shown},
		&r);
	int64_t hidden = 0;
	for (size_t i = 0; i < SHOWN; i++) {
		hidden += !shown[i];
		free((char *)(uintptr_t)requests[i].p);
	}
	siege_say(s, hidden == 0, "receipts are not shown to their owners", hidden);
}

static void wait_relayed(struct siege *s)
{
	struct inside *in = inside_open(s->data, s->url);
	for (int i = 0; i < SIEGE_WAIT_S * 100 && inside_number(in, "select count(*) from outbox") > 0; i++) {
		siege_wait_us(10000);
	}
	inside_close(in);
}

void siege_send_again(struct siege *s, struct sent *sent, struct load_task *tasks, size_t n)
{
	struct load_result r;
	int64_t wrong = 0;
	for (size_t i = 0; i < n; i++) {
		tasks[i].delay_us = 0;
	}
	load_run(&(struct load_spec){.port = s->server.port,
	                             .connections = SIEGE_LINKS,
	                             .tasks = tasks,
	                             .task_n = n,
	                             .answered = siege_answered},
	         &r);
	for (size_t i = 0; i < n; i++) {
		wrong += sent[i].is_wrong || !atomic_load(&sent[i].is_acknowledged);
	}
	siege_say(s, wrong == 0, "submissions sent again did not lead to their receipts", wrong);
	wait_relayed(s);
	siege_hold(s);
	hold_relayed(s);
	show_receipts(s, sent, n);
	siege_say(s, host_run(s->program, s->data, "audit", "verify") == 0, "audit verify", 0);
}

static bool is_sealed(void *ctx)
{
	return inside_number(ctx, "select (select count(*) from event) - (select coalesce(sum(leaves), 0) from seal)") == 0;
}

void siege_wait_sealed(struct siege *s)
{
	struct inside *in = inside_open(s->data, s->url);
	siege_say(s, siege_comes_true(is_sealed, in), "events are not sealed",
	          inside_number(in, "select count(*) from event_log"));
	inside_close(in);
}

/* --- Beginning and end ---------------------------------------------------------------------------------------------
 */

/* build/MODE/bench/NAME looks at build/MODE/cityhall. */
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

void siege_begin(struct siege *s, const char *name, int argc, char **argv, size_t drafts_a_round, int *rounds)
{
	uint64_t seed;
	const char *tmp = getenv("TMPDIR");
	*rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 5;
	if (argc <= 2 || !str_to_u64(str_of(argv[2]), &seed)) {
		seed = rand_u64();
	}
	printf("SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	prng_seed(&s->rand, seed);
	find_program(s->program);
	snprintf(s->dir, sizeof s->dir, "%.200s/cityhall-siege-XXXXXX", tmp ? tmp : "/tmp");
	if (*rounds < 1 || mkdtemp(s->dir) == NULL) {
		fprintf(stderr, "usage: %s [ROUNDS [SEED]]\n", name);
		exit(2);
	}
	snprintf(s->data, sizeof s->data, "%s/data", s->dir);
	host_make_city(s->program, s->data);
	seed_open(&s->seed, s->data);
	seed_firms(&s->seed, SIEGE_FIRMS + (size_t)*rounds * drafts_a_round / 30);
	seed_drafts(&s->seed, (size_t)*rounds * drafts_a_round);
	seed_close(&s->seed);
	siege_serve(s);
}

void siege_serve(struct siege *s)
{
	static const char *const settings[] = {"--seal-every-s=1", NULL};
	host_serve(s->program, s->data, settings, &s->server);
}

void siege_make_second(const struct siege *s, char data[400])
{
	char from[400], to[420];
	snprintf(data, 400, "%s/second", s->dir);
	snprintf(from, sizeof from, "%s/keys", s->data);
	snprintf(to, sizeof to, "%s/keys", data);
	if (mkdir(data, 0700) != 0) {
		perror(data);
		exit(1);
	}
	host_copy(from, to);
}

void siege_pair(struct siege *s, const char *what)
{
	const char *const words[] = {"tests/pg_pair.sh", what, NULL};
	bool is_done = host_run_words(words, NULL) == 0;
	siege_say(s, is_done, what, 0);
	if (!is_done) {
		exit(1);
	}
}

int siege_end(struct siege *s)
{
	siege_say(s, host_stop(&s->server), "the server ends well", 0);
	siege_say(s, host_run(s->program, s->data, "doctor", NULL) == 0, "doctor", 0);
	seed_free(&s->seed);
	if (s->failed > 0) {
		printf("left in %s\n", s->dir);
	} else {
		host_remove(s->dir);
	}
	printf("%d passed, %d failed\n", s->passed, s->failed);
	return s->failed == 0 ? 0 : 1;
}
