/* The closed loop with SUMO, short: six signals with crossings for five minutes, by the fixed plan and by ours. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "brain/city.h"
#include "brain/sumo.h"
#include "demo_net.h"
#include "sensors.h"
#include "unit/unit.h"

enum { COLUMNS = 3, ROWS = 2 };
#define SECONDS 300.0
#define WALKER_WAITS_MS 90000.0F

static char dir[] = "/tmp/cityhall-loop-XXXXXX";

struct drive {
	double delay_s;
	float longest_wait_ms;
	uint32_t cars, switches;
};

static struct drive drive(const char *controller, bool is_sensed)
{
	char net_path[200], routes[200], trips[200], log[200];
	struct drive d = {0};
	struct net n;
	struct city c;
	struct sensors sensors = {0};
	struct sumo s;
	struct sumo_result r;
	struct err e = {0};
	snprintf(net_path, sizeof net_path, "%s/demo.net.xml", dir);
	snprintf(routes, sizeof routes, "%s/demo.rou.xml", dir);
	snprintf(trips, sizeof trips, "%s/trips.xml", dir);
	snprintf(log, sizeof log, "%s/log", dir);
	const char *files[] = {"-n", net_path, "-r", routes, NULL};
	struct sumo_options o = {
		.program = "sumo", .files = files, .end_s = SECONDS, .seed = 1, .trips = trips, .log = log, .is_led = true};
	assert_true(net_load(&n, net_path, &e));
	assert_int_equal(n.signal_n, COLUMNS * ROWS);
	if (!sumo_start(&s, &o, &n, &e)) {
		fail_msg("%s", e.text);
	}
	assert_true(city_init(&c, &n, &SAFETY_LEGAL, controller_find(str_of(controller)), 0, &e));
	assert_true(!is_sensed || sensors_init(&sensors, &n, 1, &e));
	uint8_t before[COLUMNS * ROWS] = {0};
	while ((double)c.now_ms < SECONDS * 1000) {
		if (!sumo_step(&s, &c, &e) || (is_sensed && !sensors_look(&sensors, &c, &e)) || !city_decide(&c, 2, &e)) {
			fail_msg("%s", e.text);
		}
		city_act(&c);
		for (uint32_t i = 0; i < n.signal_n; i++) {
			assert_true(c.signals[i].is_led && c.signals[i].crossing_n == 4);
			d.switches += before[i] != c.signals[i].state.stage;
			before[i] = c.signals[i].state.stage;
		}
		for (uint32_t i = 0; i < n.move_n; i++) {
			d.longest_wait_ms = c.street.wait_ms[i] > d.longest_wait_ms ? c.street.wait_ms[i] : d.longest_wait_ms;
		}
	}
	if (!sumo_stop(&s, &e)) {
		fail_msg("%s", e.text);
	}
	assert_true(sumo_read_trips(trips, &r, &e));
	d.cars = r.cars;
	d.delay_s = r.delay_s / r.cars;
	print_message("%s%s: %u cars, %.1f s of delay, %u changes, longest wait at a crossing %.0f s\n", controller,
	              is_sensed ? ", sensed" : "", d.cars, d.delay_s, d.switches, (double)d.longest_wait_ms / 1000);
	city_release(&c);
	sensors_release(&sensors);
	net_release(&n);
	return d;
}

/* Seeing everything; and told by detectors, every tenth vehicle's GPS, and every twentieth message lost. */
static void our_schedule_beats_the_fixed_plan_and_lets_nobody_wait(void **state)
{
	(void)state;
	struct drive plan = drive("fixed", false), ours = drive("horizon", false), sensed = drive("horizon", true);
	assert_true(plan.cars > 100 && ours.cars == plan.cars);
	assert_true(plan.switches > 20 && ours.switches > 20);
	assert_true(ours.delay_s < 0.8 * plan.delay_s);
	assert_true(ours.longest_wait_ms > 0 && ours.longest_wait_ms <= WALKER_WAITS_MS);
	assert_true(sensed.cars == plan.cars && sensed.delay_s < 0.9 * plan.delay_s);
	assert_true(sensed.longest_wait_ms <= WALKER_WAITS_MS);
}

static void the_same_street_is_decided_the_same_way(void **state)
{
	(void)state;
	struct drive once = drive("horizon", false), again = drive("horizon", false);
	assert_true(once.delay_s == again.delay_s && once.switches == again.switches);
}

static int make_net(void **state)
{
	struct err e = {0};
	(void)state;
	if (mkdtemp(dir) == NULL || !demo_net_of(dir, COLUMNS, ROWS, SECONDS, &e)) {
		print_error("%s\n", e.text);
		return 1;
	}
	return 0;
}

static int remove_net(void **state)
{
	(void)state;
	demo_net_remove(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_schedule_beats_the_fixed_plan_and_lets_nobody_wait),
		cmocka_unit_test(the_same_street_is_decided_the_same_way),
	};
	return cmocka_run_group_tests(tests, make_net, remove_net);
}
