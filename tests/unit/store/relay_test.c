#include <signal.h>
#include <sys/wait.h>

#include "history.h"
#include "tests/history.sql.c" /* NOLINT: the generated calls of these tests */

enum { LONG_US = 60000000 };

static int64_t to_institution(const struct event *ev)
{
	return ev->institution;
}

static int64_t to_party(const struct event *ev)
{
	return ev->route;
}

static int64_t to_odd_party(const struct event *ev)
{
	return ev->route % 2 ? ev->route : 0;
}

static bool note_queue(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	return note_seen(tx, "queue", ev->institution, ev->id, e);
}

static bool note_mail(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	return note_seen(tx, "mail", ev->route, ev->id, e);
}

static const struct event_subscriber plain[] = {
	{"queue", to_institution, note_queue, NULL},
	{"mail", to_odd_party, note_mail, NULL},
};

static struct relay *start(struct fixture *f, const struct event_subscriber *subs, size_t n)
{
	struct relay *r;
	assert_ok(f,
	          relay_start_with(
				  &(struct relay_options){.store = f->store, .subs = subs, .subs_n = n, .time = &f->time, .workers = 4},
				  &r, &f->e));
	return r;
}

/* The subscriber's read model of this target holds exactly those events that `belongs` picks, in their order. */
static void assert_saw(struct fixture *f, const char *subscriber, int64_t target, const struct appended *all, size_t n,
                       int64_t but)
{
	struct seen *s = malloc(sizeof *s);
	*s = seen_by(f, subscriber, target);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if ((all[i].institution == target || all[i].party == target) && all[i].id != but) {
			assert_true(at < s->n);
			assert_int_equal(s->events[at++], all[i].id);
		}
	}
	assert_int_equal(s->n, at);
	free(s);
}

static void every_event_reaches_each_subscriber_once_and_in_order(void **state)
{
	struct fixture *f = *state;
	enum { N = 700, PARTIES = 7, INSTITUTIONS = 3 };
	struct appended all[N];
	make_moves(f, N / 2, PARTIES, INSTITUTIONS, all);
	struct relay *r = start(f, plain, 2);
	make_moves(f, N / 2, PARTIES, INSTITUTIONS, all + N / 2);
	relay_nudge(r);
	assert_true(relay_drain(r, LONG_US));
	for (int64_t i = 0; i < INSTITUTIONS; i++) {
		assert_saw(f, "queue", 1000 + i, all, N, 0);
	}
	for (int64_t party = 1; party <= PARTIES; party++) {
		assert_saw(f, "mail", party, all, party % 2 ? N : 0, 0);
	}
	struct relay_counters c;
	assert_ok(f, relay_count(r, &c, &f->e));
	assert_int_equal(c.relayed, N);
	assert_int_equal(c.outbox, 0);
	assert_int_equal(c.failed, 0);
	relay_stop(r);
	/* The log has each once, in order of appending. */
	fixture_close(f);
	assert_int_equal(sql(f, "select count(*) from event_log"), N);
	assert_int_equal(sql(f, "select count(distinct event) from event_log"), N);
	assert_int_equal(sql(f, "select max(position) from event_log"), N);
	assert_int_equal(sql(f, "select count(*) from event_log a join event_log b on b.position = a.position + 1 "
	                        "where b.event < a.event"),
	                 0);
	fixture_open(f);
}

/* After the first page: an event with the id of a slower clock, behind the place that the pass has reached, and the
 * next one of its casefile, before that place. */
struct late {
	struct fixture *f;
	bool is_done;
};

static void append_late(void *ctx)
{
	struct late *l = ctx;
	struct move m = {.party = 99, .institution = 1000, .casefile = 8, .kind = "moved"};
	if (l->is_done) {
		return;
	}
	l->is_done = true;
	assert_true(make_move(l->f, &m));
	sql(l->f, "update outbox set id = 1 where route = 99");
	sql(l->f, "update event set id = 1 where route = 99");
	m = (struct move){.party = 99, .institution = 1000, .casefile = 8, .kind = "moved"};
	assert_true(make_move(l->f, &m));
}

static void an_event_waits_for_those_before_it_that_appear_late(void **state)
{
	struct fixture *f = *state;
	struct late late = {.f = f};
	make_moves(f, 600, 7, 1, NULL);
	struct relay_options o = {
		.store = f->store, .subs = plain, .subs_n = 1, .time = &f->time, .between = append_late, .between_ctx = &late};
	struct relay *r;
	assert_ok(f, relay_start_with(&o, &r, &f->e));
	assert_true(relay_drain(r, LONG_US));
	relay_stop(r);
	struct seen *s = malloc(sizeof *s);
	*s = seen_by(f, "queue", 1000);
	assert_int_equal(s->n, 602);
	assert_int_equal(s->events[600], 1);
	assert_true(s->events[601] > s->events[599]);
	free(s);
}

static void without_subscribers_events_still_go_into_the_log(void **state)
{
	struct fixture *f = *state;
	make_moves(f, 10, 2, 0, NULL);
	struct relay *r = start(f, NULL, 0);
	assert_true(relay_drain(r, LONG_US));
	relay_stop(r);
	assert_int_equal(sql(f, "select count(*) from event_log"), 10);
}

static bool check_payload(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)tx;
	(void)e;
	int *right = ctx;
	*right += str_is(ev->kind, "moved") && str_is(ev->public_payload, "{\"a\":1}") && ev->casefile == 7 &&
	          (ev->personal_payload.n == 0 || str_is(ev->personal_payload, "{\"name\":\"Anna\"}"));
	return true;
}

static void subscribers_see_the_whole_event(void **state)
{
	struct fixture *f = *state;
	int right = 0;
	const struct event_subscriber subs[] = {{"check", to_party, check_payload, &right}};
	make_moves(f, 10, 1, 2, NULL);
	struct relay *r = start(f, subs, 1);
	assert_true(relay_drain(r, LONG_US));
	relay_stop(r);
	assert_int_equal(right, 10);
}

/* --- Killed at any point -------------------------------------------------------------------------------------------
 */

static _Atomic int lives;

static void die_in_between(void *ctx)
{
	(void)ctx;
	if (atomic_fetch_sub(&lives, 1) == 1) {
		raise(SIGKILL);
	}
}

static void die_in_apply(void)
{
	die_in_between(NULL);
}

static bool note_queue_and_die(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	die_in_apply();
	return note_queue(tx, ev, ctx, e);
}

enum dies { IN_APPLY, IN_BETWEEN, WHEN_LOGGED };

/* In a process of its own: relays until it is killed. */
static void relay_and_die(struct fixture *f, enum dies where, int after)
{
	const struct event_subscriber subs[] = {
		{"queue", to_institution, where == IN_APPLY ? note_queue_and_die : note_queue, NULL},
		{"mail", to_odd_party, note_mail, NULL},
	};
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct relay *r;
		atomic_store(&lives, after);
		f->options.dir = str_of(f->dir);
		f->options.url = str_of(f->url);
		f->options.time = &f->time;
		f->options.schemas = history_schemas;
		struct relay_options o = {.subs = subs, .subs_n = 2, .time = &f->time, .workers = 4};
		o.between = where == IN_BETWEEN ? die_in_between : NULL;
		o.logged = where == WHEN_LOGGED ? die_in_between : NULL;
		if (store_open(&f->options, &f->store, &f->e)) {
			o.store = f->store;
			if (relay_start_with(&o, &r, &f->e)) {
				relay_drain(r, LONG_US);
			}
		}
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void killed_anywhere_it_applies_nothing_twice_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	enum { N = 600 };
	struct appended all[N];
	fixture_open(f);
	make_moves(f, N, 1, 1, all);
	fixture_close(f);
	/* After the first step; after the log, of the first page and of the second; in the middle of the first step. */
	relay_and_die(f, IN_BETWEEN, 1);
	assert_int_equal(sql(f, "select count(*) from outbox"), N);
	assert_true(sql(f, "select count(*) from seen") > 0);
	int64_t logged = sql(f, "select count(*) from event_log");
	relay_and_die(f, WHEN_LOGGED, 1);
	assert_true(sql(f, "select count(*) from event_log") > logged);
	assert_int_equal(sql(f, "select count(*) from outbox o join event_log l on l.event = o.id and l.route = o.route"),
	                 sql(f, "select count(*) from event_log") - logged);
	relay_and_die(f, WHEN_LOGGED, 1);
	relay_and_die(f, WHEN_LOGGED, 2);
	relay_and_die(f, IN_BETWEEN, 1);
	relay_and_die(f, IN_APPLY, 1);
	relay_and_die(f, IN_APPLY, 50);
	fixture_open(f);
	struct relay *r = start(f, plain, 2);
	assert_true(relay_drain(r, LONG_US));
	relay_stop(r);
	assert_saw(f, "queue", 1000, all, N, 0);
	assert_saw(f, "mail", 1, all, N, 0);
	assert_int_equal(sql(f, "select count(*) from event_log"), N);
	assert_int_equal(sql(f, "select count(*) from outbox"), 0);
}

/* --- Events that fail ----------------------------------------------------------------------------------------------
 */

struct moody {
	int64_t bad_event;
	_Atomic int fails_left;
	_Atomic int tries;
};

static bool note_queue_moodily(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	struct moody *m = ctx;
	if (ev->id == m->bad_event) {
		atomic_fetch_add(&m->tries, 1);
		if (atomic_fetch_sub(&m->fails_left, 1) > 0) {
			return err_set(e, ERR_INVALID, "not today");
		}
	}
	return note_queue(tx, ev, NULL, e);
}

static void an_event_that_fails_holds_up_its_target_and_nobody_else(void **state)
{
	struct fixture *f = *state;
	enum { N = 40 };
	struct appended all[N];
	make_moves(f, N, 3, 2, all);
	struct moody moody = {.bad_event = all[4].id, .fails_left = 3};
	const struct event_subscriber subs[] = {
		{"queue", to_institution, note_queue_moodily, &moody},
		{"mail", to_odd_party, note_mail, NULL},
	};
	struct relay *r = start(f, subs, 2);
	relay_pass(r);
	/* Institution 1000 has what came before; 1001 and the mailboxes have all. */
	assert_saw(f, "queue", 1000, all, 4, 0);
	assert_saw(f, "queue", 1001, all, N, 0);
	assert_saw(f, "mail", 1, all, N, 0);
	int tries = atomic_load(&moody.tries);
	assert_true(tries > 0);
	/* Time stands: it is not tried before its pause is over. */
	relay_pass(r);
	relay_pass(r);
	assert_int_equal(atomic_load(&moody.tries), tries);
	for (int i = 0; i < 10 && atomic_load(&moody.fails_left) > 0; i++) {
		time_source_advance(&f->time, 60 * US_PER_S);
		relay_pass(r);
	}
	assert_true(relay_drain(r, LONG_US));
	assert_saw(f, "queue", 1000, all, N, 0);
	relay_stop(r);
}

static void an_event_that_keeps_failing_is_parked_and_the_others_go_on(void **state)
{
	struct fixture *f = *state;
	enum { N = 20 };
	struct appended all[N];
	make_moves(f, N, 1, 1, all);
	struct moody moody = {.bad_event = all[4].id, .fails_left = 1000};
	const struct event_subscriber subs[] = {{"queue", to_institution, note_queue_moodily, &moody}};
	struct relay *r = start(f, subs, 1);
	struct relay_counters c = {0};
	for (int i = 0; i < 20 && c.parked == 0; i++) {
		time_source_advance(&f->time, 60 * US_PER_S);
		relay_pass(r);
		assert_ok(f, relay_count(r, &c, &f->e));
	}
	relay_pass(r);
	assert_ok(f, relay_count(r, &c, &f->e));
	assert_int_equal(c.parked, 1);
	assert_int_equal(c.outbox, 1);
	assert_saw(f, "queue", 1000, all, N, all[4].id);
	/* It is in the log, so that it is sealed like the others. */
	assert_int_equal(sql(f, "select count(*) from event_log"), N);
	relay_stop(r);
	int64_t waiting, parked;
	assert_ok(f, relay_outbox(f->store, &waiting, &parked, &f->e));
	assert_int_equal(parked, 1);
	/* Once it can be worked in, it is, and only once in the log. */
	atomic_store(&moody.fails_left, 0);
	r = start(f, subs, 1);
	assert_true(relay_drain(r, LONG_US));
	relay_stop(r);
	assert_int_equal(seen_by(f, "queue", 1000).n, N);
	assert_int_equal(sql(f, "select count(*) from event_log"), N);
}

static void parked_events_are_tried_again_every_ten_minutes(void **state)
{
	struct fixture *f = *state;
	struct appended all[1];
	make_moves(f, 1, 1, 1, all);
	struct moody moody = {.bad_event = all[0].id, .fails_left = 1000};
	const struct event_subscriber subs[] = {{"queue", to_institution, note_queue_moodily, &moody}};
	struct relay *r = start(f, subs, 1);
	struct relay_counters c = {0};
	for (int i = 0; i < 20 && c.parked == 0; i++) {
		time_source_advance(&f->time, 60 * US_PER_S);
		relay_pass(r);
		assert_ok(f, relay_count(r, &c, &f->e));
	}
	int tries = atomic_load(&moody.tries);
	time_source_advance(&f->time, 9 * US_PER_MIN);
	relay_pass(r);
	assert_int_equal(atomic_load(&moody.tries), tries);
	time_source_advance(&f->time, 2 * US_PER_MIN);
	relay_pass(r);
	assert_true(atomic_load(&moody.tries) > tries);
	relay_stop(r);
}

static void guards_of_long_ago_are_cleared_away(void **state)
{
	struct fixture *f = *state;
	struct relay *r = start(f, plain, 1);
	make_moves(f, 200, 1, 1, NULL);
	assert_true(relay_drain(r, LONG_US));
	assert_int_equal(sql(f, "select count(*) from applied"), 200);
	time_source_advance(&f->time, 3 * US_PER_DAY);
	make_moves(f, 200, 1, 1, NULL);
	assert_true(relay_drain(r, LONG_US));
	assert_int_equal(sql(f, "select count(*) from applied"), 200);
	relay_stop(r);
}

static void long_payloads_are_read_in_smaller_pages(void **state)
{
	struct fixture *f = *state;
	enum { LONG = 100000, N = 300 };
	char *text = malloc(LONG + 1);
	memset(text, 'x', LONG);
	text[0] = text[LONG - 1] = '"';
	text[LONG] = '\0';
	for (int i = 0; i < N; i += EVENTS_A_MOVE) {
		struct move moves[EVENTS_A_MOVE];
		for (int k = 0; k < EVENTS_A_MOVE; k++) {
			moves[k] = (struct move){.party = 1, .institution = 1000, .casefile = 7, .kind = "moved", .personal = text};
		}
		struct many m = {EVENTS_A_MOVE, moves};
		struct store_op op = {.route = 1};
		assert_ok(f, store_write(f->store, &op, many_job, &m, &f->e));
	}
	struct relay *r = start(f, plain, 2);
	assert_true(relay_drain(r, LONG_US));
	relay_stop(r);
	assert_int_equal(seen_by(f, "queue", 1000).n, N);
	free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_history, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(killed_anywhere_it_applies_nothing_twice_and_loses_nothing, set_up_folder,
	                                    tear_down),
		TEST(every_event_reaches_each_subscriber_once_and_in_order),
		TEST(an_event_waits_for_those_before_it_that_appear_late),
		TEST(without_subscribers_events_still_go_into_the_log),
		TEST(subscribers_see_the_whole_event),
		TEST(an_event_that_fails_holds_up_its_target_and_nobody_else),
		TEST(an_event_that_keeps_failing_is_parked_and_the_others_go_on),
		TEST(parked_events_are_tried_again_every_ten_minutes),
		TEST(guards_of_long_ago_are_cleared_away),
		TEST(long_payloads_are_read_in_smaller_pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
