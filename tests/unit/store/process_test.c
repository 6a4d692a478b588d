/* Leases between processes, each with a store and a running time of its own, on one database. */
#include "store/process.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "store/errand.h"
#include "store/process.sql.h"

#include "history.h"
#include "tests/history.sql.c" /* NOLINT: the generated calls of these tests */

enum { LONG_US = 60000000, MEMBERS = 3 };

extern const struct store_schema event_schema, process_schema;
static const struct store_schema *const schemas[] = {&event_schema, &process_schema, &history_schema, NULL};

/* A process: f.store is its own. */
struct member {
	struct fixture f;
	struct process *process;
};

struct cluster {
	struct member of[MEMBERS];
};

static void open_member(struct cluster *c, int i)
{
	struct member *m = &c->of[i];
	m->f.options.schemas = schemas;
	m->f.options.dir = str_of(m->f.dir);
	m->f.options.url = str_of(m->f.url);
	m->f.options.time = &m->f.time;
	assert_ok(&m->f, store_open(&m->f.options, &m->f.store, &m->f.e));
}

static int set_up_cluster(void **state)
{
	struct cluster *c = calloc(1, sizeof *c);
	for (int i = 0; i < MEMBERS; i++) {
		void *f = NULL;
		set_up_folder(&f);
		c->of[i].f = *(struct fixture *)f;
		free(f);
		/* Their clocks have nothing to do with each other. */
		time_source_fixed(&c->of[i].f.time, NOON_US + i * US_PER_S);
		atomic_store(&c->of[i].f.time.fixed_running_us, (i + 1) * US_PER_DAY);
		if (is_on_postgres()) {
			memcpy(c->of[i].f.url, c->of[0].f.url, sizeof c->of[i].f.url);
		}
	}
	for (int i = 0; i < (is_on_postgres() ? MEMBERS : 1); i++) {
		open_member(c, i);
	}
	*state = c;
	return 0;
}

static int tear_down_cluster(void **state)
{
	struct cluster *c = *state;
	for (int i = 0; i < MEMBERS; i++) {
		struct member *m = &c->of[i];
		process_stop(m->process);
		if (m->f.store) {
			store_close(m->f.store);
		}
		arena_release(&m->f.arena);
		remove_folder(m->f.dir);
	}
	free(c);
	return 0;
}

static void join(struct cluster *c, int i)
{
	struct member *m = &c->of[i];
	char name[20], note[300];
	snprintf(name, sizeof name, "machine %d", i);
	snprintf(note, sizeof note, "%s/process", m->f.dir);
	struct process_options o = {
		.store = m->f.store,
		.time = &m->f.time,
		.name = str_of(name),
		.note_path = str_of(note),
		.has_no_thread = true,
	};
	assert_ok(&m->f, process_start(&o, &m->process, &m->f.e));
}

static void tick(struct cluster *c, int i)
{
	assert_ok(&c->of[i].f, process_tick(c->of[i].process, &c->of[i].f.e));
}

/* Time passes for all of them, and those of `who` (bits) renew each second. */
static void pass_time(struct cluster *c, int seconds, unsigned who)
{
	for (int s = 0; s < seconds; s++) {
		for (int i = 0; i < MEMBERS; i++) {
			time_source_advance(&c->of[i].f.time, US_PER_S);
			if (who >> i & 1) {
				tick(c, i);
			}
		}
	}
}

static uint32_t held(const struct cluster *c, int i)
{
	return process_leases(c->of[i].process);
}

static int timers_of(const struct cluster *c, int i)
{
	return __builtin_popcount(held(c, i) >> LEASE_TIMERS);
}

static bool holds(const struct cluster *c, int i, int lease)
{
	return process_holds(c->of[i].process, lease);
}

#define ALL ((UINT32_C(1) << LEASES) - 1)

#define PG_ONLY()                \
	do {                         \
		if (!is_on_postgres()) { \
			skip();              \
		}                        \
	} while (0)

static void where_only_one_can_be_all_is_held_and_nothing_is_written(void **state)
{
	struct cluster *c = *state;
	SQLITE_ONLY();
	struct store_counters before, after;
	store_count(c->of[0].f.store, &before);
	join(c, 0);
	tick(c, 0);
	pass_time(c, 100, 0);
	assert_int_equal(held(c, 0), ALL);
	process_retire(c->of[0].process);
	assert_int_equal(held(c, 0), ALL);
	store_count(c->of[0].f.store, &after);
	assert_int_equal(after.writes, before.writes);
	assert_int_equal(process_count(c->of[0].process), 1);
}

static void nobody_else_holds_everything(void **state)
{
	(void)state;
	assert_true(process_holds(NULL, LEASE_RELAY));
	assert_int_equal(process_leases(NULL), ALL);
	for (int i = 0; i < LEASES; i++) {
		assert_non_null(lease_name(i));
	}
}

static void the_first_holds_all_and_shares_timers_with_those_that_come(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	assert_int_equal(held(c, 0), ALL);
	join(c, 1);
	assert_int_equal(held(c, 1), 0);
	pass_time(c, 1, 1 | 2);
	/* It gave half of them away, and the other took them. */
	pass_time(c, 1, 1 | 2);
	assert_int_equal(timers_of(c, 0), 8);
	assert_int_equal(timers_of(c, 1), 8);
	assert_int_equal(held(c, 0) & held(c, 1), 0);
	assert_true(holds(c, 0, LEASE_RELAY) && holds(c, 0, LEASE_SEAL) && holds(c, 0, LEASE_SWEEP));
	join(c, 2);
	pass_time(c, 3, 7);
	int most = 0, least = TIMER_BUCKETS;
	for (int i = 0; i < MEMBERS; i++) {
		most = timers_of(c, i) > most ? timers_of(c, i) : most;
		least = timers_of(c, i) < least ? timers_of(c, i) : least;
	}
	assert_int_equal(timers_of(c, 0) + timers_of(c, 1) + timers_of(c, 2), TIMER_BUCKETS);
	assert_true(most - least <= 1);
	assert_int_equal(held(c, 0) | held(c, 1) | held(c, 2), ALL);
	assert_int_equal(process_count(c->of[1].process), 3);
}

static void what_the_dead_held_is_taken_after_the_lease_and_not_before(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	join(c, 1);
	pass_time(c, 2, 1 | 2);
	/* Machine 0 says nothing more. */
	pass_time(c, 6, 2);
	assert_int_equal(held(c, 0), 0);
	assert_int_equal(timers_of(c, 1), 8);
	pass_time(c, 3, 2);
	assert_int_equal(timers_of(c, 1), 8);
	assert_false(holds(c, 1, LEASE_RELAY));
	pass_time(c, 2, 2);
	assert_int_equal(held(c, 1), ALL);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from process"), 1);
}

static void the_frozen_finds_its_leases_gone_before_it_does_anything_and_begins_anew(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	join(c, 1);
	pass_time(c, 12, 2);
	assert_int_equal(held(c, 1), ALL);
	assert_int_equal(held(c, 0), 0);
	tick(c, 0);
	assert_int_equal(held(c, 0), 0);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from process"), 2);
	pass_time(c, 2, 1 | 2);
	assert_int_equal(timers_of(c, 0), 8);
	assert_int_equal(held(c, 0) & held(c, 1), 0);
	assert_int_equal(held(c, 0) | held(c, 1), ALL);
}

static void frozen_for_less_than_the_lease_it_goes_on_after_its_next_renewal(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	join(c, 1);
	pass_time(c, 2, 1 | 2);
	uint32_t before = held(c, 0);
	pass_time(c, 8, 2);
	assert_int_equal(held(c, 0), 0);
	tick(c, 0);
	assert_int_equal(held(c, 0), before);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from process"), 2);
}

static void the_one_that_watches_may_be_frozen_too(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	join(c, 1);
	pass_time(c, 2, 1 | 2);
	uint32_t before = held(c, 0);
	/* Machine 1 sleeps; what it saw is long ago, but machine 0 went on. */
	pass_time(c, 100, 1);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from process"), 1);
	assert_int_equal(held(c, 0), ALL);
	tick(c, 1);
	pass_time(c, 2, 1 | 2);
	assert_int_equal(held(c, 0) & held(c, 1), 0);
	assert_int_equal(__builtin_popcount(held(c, 0)), __builtin_popcount(before));
}

struct racer {
	struct member *m;
	bool is_ok;
	pthread_t thread;
};

static void *race(void *arg)
{
	struct racer *r = arg;
	r->is_ok = process_tick(r->m->process, &r->m->f.e);
	return NULL;
}

static void of_two_that_take_over_at_once_each_lease_goes_to_one(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	for (int round = 0; round < 10; round++) {
		join(c, 0);
		join(c, 1);
		join(c, 2);
		pass_time(c, 3, 7);
		pass_time(c, 11, 0);
		/* Both saw machine 0 long ago, and judge at the same moment. */
		struct racer r[2] = {{.m = &c->of[1]}, {.m = &c->of[2]}};
		for (int i = 0; i < 2; i++) {
			assert_int_equal(pthread_create(&r[i].thread, NULL, race, &r[i]), 0);
		}
		for (int i = 0; i < 2; i++) {
			pthread_join(r[i].thread, NULL);
		}
		/* Each may also have taken the other for dead: then that one begins anew. */
		assert_int_equal(held(c, 1) & held(c, 2), 0);
		pass_time(c, 3, 2 | 4);
		assert_int_equal(held(c, 1) & held(c, 2), 0);
		assert_int_equal(held(c, 1) | held(c, 2), ALL);
		assert_int_equal(timers_of(c, 1), 8);
		assert_int_equal(sql(&c->of[0].f, "select count(distinct holder) from lease"), 2);
		for (int i = 0; i < MEMBERS; i++) {
			process_stop(c->of[i].process);
			c->of[i].process = NULL;
		}
		assert_int_equal(sql(&c->of[0].f, "select count(*) from process"), 0);
	}
}

static void a_clean_stop_gives_everything_back_at_once(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	join(c, 1);
	pass_time(c, 2, 1 | 2);
	process_stop(c->of[0].process);
	c->of[0].process = NULL;
	assert_int_equal(sql(&c->of[0].f, "select count(*) from process"), 1);
	tick(c, 1);
	assert_int_equal(held(c, 1), ALL);
}

static void who_is_told_to_stop_hands_over_while_it_finishes_but_not_to_nobody(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	process_retire(c->of[0].process);
	tick(c, 0);
	assert_int_equal(held(c, 0), ALL);
	join(c, 1);
	tick(c, 0);
	assert_int_equal(held(c, 0), 0);
	tick(c, 1);
	assert_int_equal(held(c, 1), ALL);
	struct process_row *rows = calloc(PROCESSES_MOST, sizeof *rows);
	size_t n;
	assert_ok(&c->of[0].f, process_read(c->of[0].f.store, rows, &n, &c->of[0].f.e));
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		bool is_first = strcmp(rows[i].name, "machine 0") == 0;
		assert_int_equal(rows[i].is_leaving, is_first);
		assert_int_equal(rows[i].leases, is_first ? 0 : ALL);
	}
	free(rows);
}

static void the_next_in_the_same_folder_need_not_wait_for_the_lease(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	/* Killed: its row and its note stay. The folder's lock has shown that it is gone. */
	struct process *killed = c->of[0].process;
	join(c, 0);
	assert_int_equal(held(c, 0), ALL);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from process"), 1);
	process_stop(killed);
	tick(c, 0);
	assert_int_equal(held(c, 0), ALL);
}

static void each_says_for_itself_how_long_its_silence_may_last(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	struct member *m = &c->of[0];
	struct process_options o = {
		.store = m->f.store, .time = &m->f.time, .lease_us = 60 * US_PER_S, .has_no_thread = true};
	assert_ok(&m->f, process_start(&o, &m->process, &m->f.e));
	join(c, 1);
	pass_time(c, 30, 2);
	assert_int_equal(held(c, 1), 0);
	assert_int_equal(held(c, 0), ALL);
	pass_time(c, 31, 2);
	assert_int_equal(held(c, 1), ALL);
}

/* --- What hangs on leases ------------------------------------------------------------------------------------------
 */

static int64_t to_institution(const struct event *ev)
{
	return ev->institution;
}

static bool note_queue(struct tx *tx, const struct event *ev, void *ctx, struct err *e)
{
	(void)ctx;
	return note_seen(tx, "queue", ev->institution, ev->id, e);
}

static const struct event_subscriber queue[] = {{"queue", to_institution, note_queue, NULL}};

static struct relay *relay_of(struct cluster *c, int i, void (*between)(void *))
{
	struct member *m = &c->of[i];
	struct relay_options o = {.store = m->f.store,
	                          .process = m->process,
	                          .subs = queue,
	                          .subs_n = 1,
	                          .workers = 4,
	                          .between = between,
	                          .between_ctx = c};
	struct relay *r;
	assert_ok(&m->f, relay_start_with(&o, &r, &m->f.e));
	return r;
}

static void an_empty_outbox_is_seen_also_by_who_does_not_empty_it(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	join(c, 1);
	struct relay *other = relay_of(c, 1, NULL);
	make_moves(&c->of[1].f, 20, 2, 2, NULL);
	assert_false(relay_drain(other, 200000));
	struct relay *first = relay_of(c, 0, NULL);
	assert_true(relay_drain(other, LONG_US));
	struct relay_counters n;
	assert_ok(&c->of[1].f, relay_count(other, &n, &c->of[1].f.e));
	assert_int_equal(n.outbox, 0);
	assert_int_equal(n.relayed, 0);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from event_log"), 20);
	relay_stop(first);
	relay_stop(other);
}

/* Between having applied a page and having logged it machine 0 is frozen for longer than its lease. */
static void freeze(void *ctx)
{
	struct cluster *c = ctx;
	struct relay *second;
	if (holds(c, 1, LEASE_RELAY)) {
		return;
	}
	time_source_advance(&c->of[0].f.time, 20 * US_PER_S);
	for (int s = 0; s < 12; s++) {
		time_source_advance(&c->of[1].f.time, US_PER_S);
		tick(c, 1);
	}
	assert_true(holds(c, 1, LEASE_RELAY));
	second = relay_of(c, 1, NULL);
	assert_true(relay_drain(second, LONG_US));
	relay_stop(second);
}

static void a_relay_that_wakes_in_the_middle_does_nothing_twice(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	join(c, 1);
	make_moves(&c->of[0].f, 300, 7, 3, NULL);
	struct relay *first = relay_of(c, 0, freeze);
	assert_true(relay_drain(first, LONG_US));
	/* It began anew, and another takes from it what it holds: it goes on for as long as it lives. */
	pass_time(c, 2, 1 | 2);
	make_moves(&c->of[0].f, 20, 7, 3, NULL);
	struct relay *second = relay_of(c, 1, NULL);
	assert_true(relay_drain(first, LONG_US));
	relay_stop(first);
	relay_stop(second);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from event_log"), 320);
	assert_int_equal(sql(&c->of[0].f, "select count(distinct event) from event_log"), 320);
	assert_int_equal(sql(&c->of[0].f, "select max(position) from event_log"), 320);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from seen"), 320);
	assert_int_equal(sql(&c->of[0].f, "select count(distinct event) from seen"), 320);
}

/* Two relays that both believe that the work is theirs. */
static void even_two_relays_at_once_do_nothing_twice_and_leave_nothing_out(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	struct relay *r[MEMBERS];
	for (int i = 0; i < MEMBERS; i++) {
		r[i] = relay_of(c, i, NULL);
	}
	for (int i = 0; i < 30; i++) {
		make_moves(&c->of[i % MEMBERS].f, 20, 5, 2, NULL);
		relay_nudge(r[(i + 1) % MEMBERS]);
	}
	for (int i = 0; i < MEMBERS; i++) {
		assert_true(relay_drain(r[i], LONG_US));
	}
	for (int i = 0; i < MEMBERS; i++) {
		relay_stop(r[i]);
	}
	assert_int_equal(sql(&c->of[0].f, "select count(*) from event_log"), 600);
	assert_int_equal(sql(&c->of[0].f, "select count(distinct event) from event_log"), 600);
	assert_int_equal(sql(&c->of[0].f, "select max(position) from event_log"), 600);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from seen"), 600);
	assert_int_equal(sql(&c->of[0].f, "select count(distinct event) from seen"), 600);
	/* Of one casefile in the order of its events. */
	assert_int_equal(sql(&c->of[0].f,
	                     "select count(*) from seen a join seen b on b.target = a.target and b.n = a.n + 1 "
	                     "join event x on x.id = a.event join event y on y.id = b.event and y.route = x.route "
	                     "where b.event < a.event"),
	                 0);
}

static bool sign(void *ctx, struct str message, uint8_t signature[64], struct err *e)
{
	(void)ctx;
	(void)message;
	(void)e;
	memset(signature, 7, 64);
	return true;
}

static void one_seals_and_each_keeps_the_newest_seal_outside(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	join(c, 0);
	join(c, 1);
	struct sealer *s[2];
	char outside[2][300];
	for (int i = 0; i < 2; i++) {
		struct member *m = &c->of[i];
		snprintf(outside[i], sizeof outside[i], "%s/seal.log", m->f.dir);
		struct seal_options o = {.store = m->f.store,
		                         .process = m->process,
		                         .outside_path = str_of(outside[i]),
		                         .sign = sign,
		                         .every_us = US_PER_DAY};
		assert_ok(&m->f, sealer_start(&o, &s[i], &m->f.e));
	}
	make_moves(&c->of[0].f, 20, 2, 2, NULL);
	struct relay *r = relay_of(c, 0, NULL);
	assert_true(relay_drain(r, LONG_US));
	relay_stop(r);
	assert_ok(&c->of[1].f, sealer_seal(s[1], &c->of[1].f.e));
	assert_int_equal(sql(&c->of[0].f, "select count(*) from seal"), 0);
	assert_ok(&c->of[0].f, sealer_seal(s[0], &c->of[0].f.e));
	assert_ok(&c->of[1].f, sealer_seal(s[1], &c->of[1].f.e));
	assert_int_equal(sql(&c->of[0].f, "select count(*) from seal"), 1);
	struct buf text[2];
	for (int i = 0; i < 2; i++) {
		buf_init(&text[i], 4096);
		assert_ok(&c->of[i].f, file_read_whole(outside[i], &text[i], &c->of[i].f.e));
	}
	assert_true(text[0].n > 0 && str_eq(buf_str(&text[0]), buf_str(&text[1])));
	for (int i = 0; i < 2; i++) {
		buf_release(&text[i]);
		sealer_stop(s[i]);
	}
}

/* --- Timers --- */

static bool fire(struct tx *tx, const struct timer *t, void *ctx, struct err *e)
{
	(void)ctx;
	return note_seen(tx, "fired", t->route, t->subject, e);
}

static bool set_timer(struct tx *tx, void *ctx, struct err *e)
{
	const int64_t *due_us = ctx;
	int64_t route = tx_route(tx);
	return note_add(tx, &(struct note_add_in){route, id_random(), STR("x")}, e) &&
	       timer_set(tx, route, STR("plain"), 5, *due_us, e);
}

static void each_fires_the_timers_of_its_buckets_and_together_all_of_them(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	enum { ROUTES = 100 };
	join(c, 0);
	join(c, 1);
	pass_time(c, 2, 1 | 2);
	const struct timer_kind kinds[] = {{"plain", fire, NULL}};
	struct timers *t[2];
	int64_t due_us = NOON_US;
	for (int64_t route = 1; route <= ROUTES; route++) {
		struct store_op op = {.route = route};
		assert_ok(&c->of[0].f, store_write(c->of[0].f.store, &op, set_timer, &due_us, &c->of[0].f.e));
	}
	assert_int_equal(sql(&c->of[0].f, "select count(distinct bucket) from timer"), TIMER_BUCKETS);
	assert_ok(&c->of[0].f,
	          timers_start(c->of[0].f.store, c->of[0].process, &c->of[0].f.time, kinds, 1, &t[0], &c->of[0].f.e));
	/* Its own are fired; the rest is still due, and it knows. */
	assert_false(timers_drain(t[0], 500000));
	assert_ok(&c->of[1].f,
	          timers_start(c->of[1].f.store, c->of[1].process, &c->of[1].f.time, kinds, 1, &t[1], &c->of[1].f.e));
	assert_true(timers_drain(t[0], LONG_US));
	struct timer_counters n[2];
	for (int i = 0; i < 2; i++) {
		timers_count(t[i], &n[i]);
		assert_true(n[i].fired > 0);
		assert_int_equal(n[i].failed, 0);
		timers_stop(t[i]);
	}
	assert_int_equal(n[0].fired + n[1].fired, ROUTES);
	assert_int_equal(sql(&c->of[0].f, "select count(*) from seen where subscriber = 'fired'"), ROUTES);
}

/* --- Errands --- */

struct errand_runs {
	_Atomic int runs, unsure;
	_Atomic bool is_held;
};

static enum errand_end run_errand(const struct errand *errand, void *ctx, struct err *why)
{
	(void)errand;
	(void)why;
	struct errand_runs *r = ctx;
	atomic_fetch_add(&r->runs, 1);
	while (atomic_load(&r->is_held)) {
		sched_yield();
	}
	return ERRAND_DONE;
}

static enum errand_end unsure_errand(const struct errand *errand, void *ctx, struct err *why)
{
	(void)errand;
	(void)why;
	atomic_fetch_add(&((struct errand_runs *)ctx)->unsure, 1);
	return ERRAND_DONE;
}

static bool add_errand(struct tx *tx, void *ctx, struct err *e)
{
	(void)ctx;
	int64_t route = tx_route(tx);
	return note_add(tx, &(struct note_add_in){route, id_random(), STR("x")}, e) &&
	       errand_add(tx, route, STR("once"), 5, NOON_US, e);
}

static struct errands *run_errands(struct member *m, struct errand_runs *r)
{
	const struct errand_kind kinds[] = {
		{.name = "once", .run = run_errand, .unsure = unsure_errand, .at_once = 8, .ctx = r}};
	struct errands *t;
	assert_ok(&m->f, errands_start(m->f.store, m->process, &m->f.time, kinds, 1, &t, &m->f.e));
	return t;
}

/* Two processes: each errand is run by one of them; what one has begun is not the other's while it lives, though the
 * bucket went over; when it is gone it is decided, once. */
static void an_errand_that_was_begun_belongs_to_its_process_until_that_is_gone(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	enum { ROUTES = 64, HELD = 8 };
	struct errand_runs r[2] = {{.is_held = true}, {0}};
	join(c, 0);
	for (int64_t route = 1; route <= ROUTES; route++) {
		struct store_op op = {.route = route};
		assert_ok(&c->of[0].f, store_write(c->of[0].f.store, &op, add_errand, NULL, &c->of[0].f.e));
	}
	struct errands *first = run_errands(&c->of[0], &r[0]);
	while (atomic_load(&r[0].runs) < HELD) {
		sched_yield();
	}
	join(c, 1);
	pass_time(c, 2, 1 | 2);
	assert_int_equal(timers_of(c, 1), TIMER_BUCKETS / 2);
	struct errands *second = run_errands(&c->of[1], &r[1]);
	/* Only what the first one has begun is left where both could look, and in its own buckets. */
	while (sql(&c->of[0].f, "select count(*) from errand") > ROUTES / 2 + HELD) {
		assert_false(errands_drain(second, 10000));
	}
	assert_int_equal(r[1].unsure, 0);
	/* It stands still for longer than its lease. */
	pass_time(c, 30, 2);
	while (sql(&c->of[0].f, "select count(*) from errand") > 0) {
		time_source_advance(&c->of[1].f.time, US_PER_S);
		tick(c, 1);
		errands_drain(second, 10000);
	}
	assert_int_equal(r[1].unsure, HELD);
	assert_int_equal(r[0].runs + r[1].runs, ROUTES);
	atomic_store(&r[0].is_held, false);
	errands_stop(first);
	errands_stop(second);
	assert_int_equal(r[0].runs + r[1].runs, ROUTES);
	assert_int_equal(r[0].unsure, 0);
}

/* --- Order --- */

static void an_event_follows_those_of_its_casefile_whatever_the_clocks_say(void **state)
{
	struct cluster *c = *state;
	PG_ONLY();
	/* Machine 2 is an hour ahead of machine 0. */
	time_source_advance(&c->of[2].f.time, 3600 * US_PER_S);
	struct move moves[6];
	for (int i = 0; i < 6; i++) {
		moves[i] = (struct move){.party = 1, .institution = 1000, .casefile = 7, .kind = "moved"};
		assert_true(make_move(&c->of[i % 2 ? 0 : 2].f, &moves[i]));
		assert_true(i == 0 || moves[i].ev.id > moves[i - 1].ev.id);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up_cluster, tear_down_cluster)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(where_only_one_can_be_all_is_held_and_nothing_is_written),
		TEST(nobody_else_holds_everything),
		TEST(the_first_holds_all_and_shares_timers_with_those_that_come),
		TEST(what_the_dead_held_is_taken_after_the_lease_and_not_before),
		TEST(the_frozen_finds_its_leases_gone_before_it_does_anything_and_begins_anew),
		TEST(frozen_for_less_than_the_lease_it_goes_on_after_its_next_renewal),
		TEST(the_one_that_watches_may_be_frozen_too),
		TEST(of_two_that_take_over_at_once_each_lease_goes_to_one),
		TEST(a_clean_stop_gives_everything_back_at_once),
		TEST(who_is_told_to_stop_hands_over_while_it_finishes_but_not_to_nobody),
		TEST(the_next_in_the_same_folder_need_not_wait_for_the_lease),
		TEST(each_says_for_itself_how_long_its_silence_may_last),
		TEST(an_empty_outbox_is_seen_also_by_who_does_not_empty_it),
		TEST(a_relay_that_wakes_in_the_middle_does_nothing_twice),
		TEST(even_two_relays_at_once_do_nothing_twice_and_leave_nothing_out),
		TEST(one_seals_and_each_keeps_the_newest_seal_outside),
		TEST(each_fires_the_timers_of_its_buckets_and_together_all_of_them),
		TEST(an_errand_that_was_begun_belongs_to_its_process_until_that_is_gone),
		TEST(an_event_follows_those_of_its_casefile_whatever_the_clocks_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
