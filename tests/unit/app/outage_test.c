/* What the program knows of the times in which nobody served. */
#include <dirent.h>
#include <unistd.h>

#include "../pg.h"

#include "app/installation/installation.h"
#include "app/installation/installation.sql.h"
#include "app/installation/outage.h"

extern const struct store_schema event_schema;

#define NOW_US (INT64_C(1790000000) * US_PER_S)
#define HOUR_US (60 * US_PER_MIN)

/* One database, and two processes that may serve it. */
struct town {
	struct app app, other;
	char dir[64], url[512];
	struct arena arena;
	struct err e;
};

#define town_ok(t, call)                            \
	do {                                            \
		if (!(call)) {                              \
			fail_msg("%s: %s", #call, (t)->e.text); \
		}                                           \
	} while (0)

static int set_up(void **state)
{
	static const struct store_schema *const schemas[] = {&event_schema, &installation_schema, NULL};
	struct town *t = calloc(1, sizeof *t);
	const char *tmp = getenv("TMPDIR");
	snprintf(t->dir, sizeof t->dir, "%.30s/outage-test-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(t->dir));
	pg_schema(t->url, sizeof t->url);
	arena_init(&t->arena, 1 << 20);
	time_source_fixed(&t->app.time, NOW_US);
	struct store_options o = {
		.dir = str_of(t->dir), .url = str_of(t->url), .schemas = schemas, .time = &t->app.time, .readers = 2};
	town_ok(t, store_open(&o, &t->app.store, &t->e));
	t->app.is_demo = true;
	town_ok(t, installation_make(t->app.store,
	                             &(struct installation){.name = STR("T"),
	                                                    .domain = STR("t.example"),
	                                                    .languages = STR("en"),
	                                                    .zone = STR("UTC"),
	                                                    .is_demo = true},
	                             &t->e));
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct town *t = *state;
	store_close(t->app.store);
	arena_release(&t->arena);
	DIR *d = opendir(t->dir);
	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
		char path[400];
		snprintf(path, sizeof path, "%s/%s", t->dir, entry->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(t->dir);
	free(t);
	return 0;
}

/* It ends, and `gap_us` later another one starts. */
static void starts_again(struct town *t, int64_t gap_us)
{
	atomic_store(&t->app.serving_said_us, 0);
	time_source_advance(&t->app.time, gap_us);
	town_ok(t, serving_say(&t->app, &t->e));
}

struct known_job {
	int64_t since_us;
	struct clock_outage *items;
	size_t n;
};

static bool read_known(struct tx *tx, void *ctx, struct err *e)
{
	struct known_job *j = ctx;
	return outages_since(tx, j->since_us, &j->items, &j->n, e);
}

static size_t known_since(struct town *t, int64_t since_us, const struct clock_outage **out)
{
	struct known_job j = {.since_us = since_us};
	town_ok(t, store_read(t->app.store, 1, &t->arena, read_known, &j, &t->e));
	*out = j.items;
	return j.n;
}

static size_t known(struct town *t, const struct clock_outage **out)
{
	return known_since(t, 0, out);
}

static void the_first_start_follows_no_outage(void **state)
{
	struct town *t = *state;
	const struct clock_outage *o;
	starts_again(t, 0);
	assert_int_equal(known(t, &o), 0);
}

static void a_short_stop_is_no_outage_and_a_long_one_is_known_to_the_half_minute(void **state)
{
	struct town *t = *state;
	const struct clock_outage *o;
	starts_again(t, 0);
	starts_again(t, 4 * US_PER_MIN);
	assert_int_equal(known(t, &o), 0);
	int64_t from_us = time_legal_us(&t->app.time);
	starts_again(t, 3 * US_PER_DAY);
	assert_int_equal(known(t, &o), 1);
	assert_true(o[0].from_us == from_us);
	assert_true(o[0].until_us == from_us + 3 * US_PER_DAY);
	/* It is kept: who comes later knows it, and another one after it. */
	starts_again(t, HOUR_US);
	assert_int_equal(known(t, &o), 2);
	assert_true(o[0].from_us == from_us);
	assert_true(o[1].until_us - o[1].from_us == HOUR_US);
	assert_int_equal(known_since(t, o[0].until_us, &o), 1);
	assert_true(o[0].until_us - o[0].from_us == HOUR_US);
}

static void who_serves_on_says_so_and_leaves_no_gap(void **state)
{
	struct town *t = *state;
	const struct clock_outage *o;
	starts_again(t, 0);
	for (int i = 0; i < 120; i++) {
		time_source_advance(&t->app.time, 15 * US_PER_S);
		town_ok(t, serving_say(&t->app, &t->e));
	}
	starts_again(t, 4 * US_PER_MIN);
	assert_int_equal(known(t, &o), 0);
}

static void a_machine_that_slept_was_out_though_its_program_never_ended(void **state)
{
	struct town *t = *state;
	const struct clock_outage *o;
	starts_again(t, 0);
	time_source_advance(&t->app.time, 2 * HOUR_US);
	town_ok(t, serving_say(&t->app, &t->e));
	assert_int_equal(known(t, &o), 1);
}

static void setting_the_machines_clock_is_no_outage(void **state)
{
	struct town *t = *state;
	const struct clock_outage *o;
	starts_again(t, 0);
	time_source_advance(&t->app.time, US_PER_MIN);
	atomic_fetch_add(&t->app.time.fixed_legal_us, US_PER_DAY);
	town_ok(t, serving_say(&t->app, &t->e));
	assert_int_equal(known(t, &o), 0);
}

static void while_another_process_serves_nothing_is_out(void **state)
{
	struct town *t = *state;
	const struct clock_outage *o;
	t->other.store = t->app.store;
	time_source_fixed(&t->other.time, NOW_US);
	starts_again(t, 0);
	time_source_advance(&t->app.time, HOUR_US);
	time_source_advance(&t->other.time, HOUR_US);
	town_ok(t, serving_say(&t->other, &t->e)); /* it finds the hour in which nobody was there */
	starts_again(t, 0);                        /* and who comes back does not find it once more */
	assert_int_equal(known(t, &o), 1);
	time_source_advance(&t->other.time, HOUR_US);
	town_ok(t, serving_say(&t->other, &t->e));
	assert_int_equal(known(t, &o), 2);
}

static void travel_in_time_is_no_outage_unless_it_was_said_to_be_one(void **state)
{
	struct town *t = *state;
	const struct clock_outage *o;
	starts_again(t, 0);
	town_ok(t, installation_travel(&t->app, 5 * US_PER_DAY, false, &t->e));
	starts_again(t, US_PER_MIN);
	assert_int_equal(known(t, &o), 0);
	int64_t from_us = time_legal_us(&t->app.time);
	town_ok(t, installation_travel(&t->app, 3 * US_PER_DAY, true, &t->e));
	assert_int_equal(known(t, &o), 1);
	assert_true(o[0].from_us == from_us && o[0].until_us == from_us + 3 * US_PER_DAY);
	t->app.is_demo = false;
	assert_false(installation_travel(&t->app, US_PER_DAY, true, &t->e));
	starts_again(t, US_PER_MIN);
	assert_int_equal(known(t, &o), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_first_start_follows_no_outage),
		TEST(a_short_stop_is_no_outage_and_a_long_one_is_known_to_the_half_minute),
		TEST(who_serves_on_says_so_and_leaves_no_gap),
		TEST(a_machine_that_slept_was_out_though_its_program_never_ended),
		TEST(setting_the_machines_clock_is_no_outage),
		TEST(while_another_process_serves_nothing_is_out),
		TEST(travel_in_time_is_no_outage_unless_it_was_said_to_be_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
