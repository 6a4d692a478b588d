/* "What if", with SUMO: two signals for a minute, so that it is quick; what is checked is that runs are compared,
 * shown, bounded and ended. */
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "brain/demand.h"
#include "brain/whatif.h"
#include "demo_net.h"
#include "os/file.h"
#include "os/socket.h"
#include "unit/unit.h"

enum { COLUMNS = 2, ROWS = 1, SEEDS = 2, RIMS = 2 * (COLUMNS + ROWS) };
#define SECONDS 60.0

static char dir[] = "/tmp/cityhall-what-if-XXXXXX", net_path[100], routes[100], counted[100];
static struct net net;

struct watcher {
	double part, cancel_at;
	int steps;
};

static void take_progress(void *ctx, double part)
{
	struct watcher *w = ctx;
	assert_true(part >= w->part && part <= 1.001);
	w->steps += part > w->part;
	w->part = part;
}

static bool has_enough(void *ctx)
{
	const struct watcher *w = ctx;
	return w->part > w->cancel_at;
}

static struct whatif question(const char *a, const char *b, struct watcher *w)
{
	struct err e = {0};
	struct whatif q = {.net = &net,
	                   .net_path = net_path,
	                   .routes = routes,
	                   .end_s = SECONDS,
	                   .seeds = SEEDS,
	                   .jobs = 2,
	                   .deadline = deadline_in(INT64_C(600) * 1000000),
	                   .is_cancelled = has_enough,
	                   .progress = take_progress,
	                   .ctx = w};
	assert_true(whatif_take_setting(&q.set[0], str_of(a), &e) && whatif_take_setting(&q.set[1], str_of(b), &e));
	return q;
}

static void nobody_is_left(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void two_settings_are_compared_over_seeds(void **state)
{
	(void)state;
	struct watcher w = {.cancel_at = 2};
	struct whatif_result r;
	struct err e = {0};
	struct whatif q = question("fixed", "horizon", &w);
	assert_true(whatif_run(&q, &r, &e));
	assert_true(r.pairs == SEEDS && r.failed == 0 && !r.is_cut && w.steps > 2);
	const struct difference *d = &r.of[WHATIF_DELAY];
	assert_true(d->how == DIFFERENCE_BY_PAIRS && d->before > 0 && d->after > 0 && d->by == d->after - d->before);
	assert_true(r.value[0][WHATIF_DELAY][0] != r.value[0][WHATIF_DELAY][1]); /* seeds differ */
	nobody_is_left();
	/* The same setting twice is the same, exactly. */
	w = (struct watcher){.cancel_at = 2};
	q = question("fixed", "fixed,legal", &w);
	assert_true(whatif_run(&q, &r, &e));
	for (int m = 0; m < WHATIF_MEASURE_N; m++) {
		assert_true(r.of[m].by == 0 && !difference_is_shown(&r.of[m]));
	}
}

static void it_ends_when_it_is_cancelled_or_out_of_time(void **state)
{
	(void)state;
	struct watcher w = {.cancel_at = 0.05};
	struct whatif_result r;
	struct err e = {0};
	struct whatif q = question("horizon", "horizon", &w);
	q.seeds = 20;
	assert_true(whatif_run(&q, &r, &e));
	assert_true(r.is_cut && r.pairs < 20 && w.part < 0.9);
	nobody_is_left();
	q.deadline = deadline_in(0);
	assert_true(whatif_run(&q, &r, &e));
	assert_true(r.is_cut && r.pairs == 0 && r.of[0].how == DIFFERENCE_TOO_LITTLE);
	nobody_is_left();
}

static void what_is_wrong_with_a_run_is_said(void **state)
{
	(void)state;
	struct watcher w = {.cancel_at = 2};
	struct whatif_result r;
	struct whatif_setting s;
	struct err e = {0};
	struct whatif q = question("fixed", "fixed", &w);
	q.routes = "/nowhere/routes.xml";
	q.seeds = 1;
	assert_true(whatif_run(&q, &r, &e));
	assert_true(r.failed == 2 && r.pairs == 0 && str_find(str_of(r.why), STR("/nowhere/routes.xml")) != SIZE_MAX);
	q.seeds = WHATIF_SEEDS_MOST + 1;
	assert_false(whatif_run(&q, &r, &e));
	assert_false(whatif_take_setting(&s, STR("legal"), &e));
	assert_false(whatif_take_setting(&s, STR("horizon,fast"), &e));
	assert_true(whatif_take_setting(&s, STR("horizon,least=8,most=40,bus=30"), &e));
	assert_true(s.least_s == 8 && s.most_s == 40 && s.has_weight[PRIORITY_BUS] && !s.has_weight[PRIORITY_WALKER]);
	static const char *const wrong[] = {
		"horizon,least=50,most=40", "horizon,bus=x", "horizon,bus=", "horizon,most=301", "horizon,tram=1", "least=8"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(whatif_take_setting(&s, str_of(wrong[i]), &e));
	}
	/* What is ordered is not known. */
	w = (struct watcher){.cancel_at = 2};
	q = question("horizon,ordered", "fixed", &w);
	q.seeds = 1;
	assert_true(whatif_run(&q, &r, &e));
	assert_true(r.pairs == 0 && str_find(str_of(r.why), STR("--orders")) != SIZE_MAX);
}

/* Everybody goes on straight where somebody went straight: as many cars as were counted, on ways that SUMO takes. */
static void a_demand_is_made_of_counts(void **state)
{
	(void)state;
	struct watcher w = {.cancel_at = 2};
	struct history h;
	struct buf text, again;
	struct whatif_result r;
	struct err e = {0};
	uint32_t cars;
	history_init(&h, &net, true);
	buf_init(&text, 1 << 24);
	buf_init(&again, 1 << 24);
	assert_false(demand_put_routes(&text, &h, 1, &cars, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	for (uint32_t i = 0; i < net.link_n; i++) {
		struct sums *s = history_at(&h, 0, i);
		assert_non_null(s);
		*s = (struct sums){.seconds = QUARTER_S / 2, .passed = 100};
	}
	for (uint32_t i = 0; i < net.move_n; i++) {
		h.turned[i] = net.moves[i].turn == 's' ? 10 : 0;
	}
	assert_true(demand_put_routes(&text, &h, 1, &cars, &e));
	assert_int_equal(cars, RIMS * 200); /* counted for half of the quarter */
	assert_true(str_find(buf_str(&text), STR("edges=\"left0A0 left0A0.100.00 A0B0 A0B0.130.00 B0right0\"")) !=
	            SIZE_MAX);
	assert_true(str_find(buf_str(&text), STR("left0A0.100.00 A0top0")) == SIZE_MAX);
	assert_true(demand_put_routes(&again, &h, 1, &cars, &e) && str_eq(buf_str(&text), buf_str(&again)));
	assert_true(file_replace(&file_layer_real, counted, buf_str(&text), 0600, &e));
	struct whatif q = question("fixed", "fixed", &w);
	q.routes = counted;
	q.seeds = 1;
	assert_true(whatif_run(&q, &r, &e));
	assert_true(r.pairs == 1 && r.of[WHATIF_DELAY].before > 0);
	history_release(&h);
	buf_release(&text);
	buf_release(&again);
}

static int make_net(void **state)
{
	struct err e = {0};
	(void)state;
	if (mkdtemp(dir) == NULL || !demo_net_of(dir, COLUMNS, ROWS, SECONDS, &e)) {
		print_error("%s\n", e.text);
		return 1;
	}
	snprintf(net_path, sizeof net_path, "%s/demo.net.xml", dir);
	snprintf(routes, sizeof routes, "%s/demo.rou.xml", dir);
	snprintf(counted, sizeof counted, "%s/counted.rou.xml", dir);
	return net_load(&net, net_path, &e) ? 0 : 1;
}

static int remove_net(void **state)
{
	(void)state;
	net_release(&net);
	demo_net_remove(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_settings_are_compared_over_seeds),
		cmocka_unit_test(it_ends_when_it_is_cancelled_or_out_of_time),
		cmocka_unit_test(what_is_wrong_with_a_run_is_said),
		cmocka_unit_test(a_demand_is_made_of_counts),
	};
	return cmocka_run_group_tests(tests, make_net, remove_net);
}
