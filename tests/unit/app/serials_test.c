/* Serials of case numbers: never twice, over threads, starts of the program and years. */
#include "case_world.h"

enum { THREADS = 8, EACH = 3000, MOST = 400000 };

struct counting {
	struct world *w;
	int32_t year;
	uint64_t taken[EACH];
	pthread_t thread;
	bool ok;
	struct err e;
};

static void *count(void *arg)
{
	struct counting *c = arg;
	c->ok = true;
	for (int i = 0; i < EACH && c->ok; i++) {
		c->ok = case_serial_next(&c->w->app, 77, c->year, &c->taken[i], &c->e);
	}
	return NULL;
}

static void mark(uint8_t *seen, uint64_t serial)
{
	assert_true(serial >= 1 && serial < MOST);
	if (seen[serial]++) {
		fail_msg("serial %llu was given twice", (unsigned long long)serial);
	}
}

static void take_by_threads(struct world *w, int32_t year, uint8_t *seen)
{
	static struct counting c[THREADS];
	for (int i = 0; i < THREADS; i++) {
		c[i] = (struct counting){.w = w, .year = year};
		assert_int_equal(pthread_create(&c[i].thread, NULL, count, &c[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(c[i].thread, NULL), 0);
		if (!c[i].ok) {
			fail_msg("%s", c[i].e.text);
		}
		for (int k = 0; k < EACH; k++) {
			mark(seen, c[i].taken[k]);
		}
	}
}

static void restart(struct world *w)
{
	case_serials_free(w->app.serials);
	world_ok(w, case_serials_new(&w->app.serials, &w->e));
}

static uint64_t next(struct world *w, int64_t jurisdiction, int32_t year)
{
	uint64_t serial = 0;
	world_ok(w, case_serial_next(&w->app, jurisdiction, year, &serial, &w->e));
	return serial;
}

static void eight_threads_and_a_restart_never_get_one_twice(void **state)
{
	struct world *w = *state;
	static uint8_t seen[MOST];
	take_by_threads(w, 2026, seen);
	uint64_t highest = 0;
	for (uint64_t i = 1; i < MOST; i++) {
		highest = seen[i] ? i : highest;
	}
	assert_int_equal(highest, THREADS * EACH); /* without a restart no gap */
	restart(w);
	take_by_threads(w, 2026, seen);
}

static void a_restart_leaves_a_gap_and_repeats_nothing(void **state)
{
	struct world *w = *state;
	assert_int_equal(next(w, 77, 2026), 1);
	assert_int_equal(next(w, 77, 2026), 2);
	restart(w);
	assert_int_equal(next(w, 77, 2026), 1001);
}

static void each_year_and_jurisdiction_counts_from_one(void **state)
{
	struct world *w = *state;
	assert_int_equal(next(w, 77, 2026), 1);
	assert_int_equal(next(w, 77, 2027), 1);
	assert_int_equal(next(w, 78, 2026), 1);
	/* Around New Year both years are in use, and a clock that is put back finds its old year. */
	assert_int_equal(next(w, 77, 2026), 2);
	assert_int_equal(next(w, 77, 2027), 2);
}

/* More years and places than are remembered at once: what was forgotten goes on in the next block. */
static void many_years_push_out_the_oldest_and_repeat_nothing(void **state)
{
	struct world *w = *state;
	static uint8_t seen[64][MOST / 100];
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 40; i++) {
			uint64_t serial = next(w, 77, 2000 + i);
			assert_true(serial < MOST / 100);
			assert_int_equal(seen[i][serial]++, 0);
		}
	}
}

static void two_processes_lease_different_blocks(void **state)
{
	struct world *w = *state;
	struct app other = w->app;
	other.store = world_store(w);
	world_ok(w, case_serials_new(&other.serials, &w->e));
	static uint8_t seen[MOST];
	for (int i = 0; i < 2500; i++) {
		uint64_t serial;
		mark(seen, next(w, 77, 2026));
		world_ok(w, case_serial_next(&other, 77, 2026, &serial, &w->e));
		mark(seen, serial);
	}
	case_serials_free(other.serials);
	store_close(other.store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
		T(eight_threads_and_a_restart_never_get_one_twice),
		T(a_restart_leaves_a_gap_and_repeats_nothing),
		T(each_year_and_jurisdiction_counts_from_one),
		T(many_years_push_out_the_oldest_and_repeat_nothing),
		T(two_processes_lease_different_blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
