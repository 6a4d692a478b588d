/* An emergency vehicle in the closed loop with SUMO, short: six signals with crossings, the same way without priority
 * and with it. */
#include <stdio.h>
#include <unistd.h>

#include "brain/city.h"
#include "brain/sumo.h"
#include "demo_net.h"
#include "emergency.h"
#include "unit/unit.h"

enum { COLUMNS = 3, ROWS = 2 };
#define DEPARTS_S 120.0
#define SECONDS 300.0
#define WALKER_WAITS_MS 90000.0F

static char dir[] = "/tmp/cityhall-ride-XXXXXX";

struct ride {
	double travel_s, red_s, delay_s, cost_s;
	float longest_wait_ms;
	uint32_t reserved;                  /* seconds that signals were kept for it */
	uint32_t changes_after, kept_after; /* when it had arrived */
};

static struct ride ride(uint64_t number, bool has_priority)
{
	char net_path[200], routes[500], own[200], trips[200], log[200];
	struct ride d = {0};
	struct net n;
	struct city c;
	struct sumo s;
	struct sumo_result r;
	struct emergency_way way;
	struct emergency_time time = {0};
	struct err e = {0};
	snprintf(net_path, sizeof net_path, "%s/demo.net.xml", dir);
	snprintf(own, sizeof own, "%s/emergency.rou.xml", dir);
	snprintf(routes, sizeof routes, "%s/demo.rou.xml,%s", dir, own);
	snprintf(trips, sizeof trips, "%s/trips.xml", dir);
	snprintf(log, sizeof log, "%s/log", dir);
	const char *files[] = {"-n", net_path, "-r", routes, NULL};
	struct sumo_options o = {.program = "sumo",
	                         .files = files,
	                         .end_s = SECONDS,
	                         .seed = number,
	                         .trips = trips,
	                         .log = log,
	                         .is_led = true};
	if (!net_load(&n, net_path, &e) || !emergency_way(&way, &n, number, DEPARTS_S - EMERGENCY_DEPARTS_S, &e) ||
	    !emergency_write(&way, &n, own, &e) || !sumo_start(&s, &o, &n, &e) ||
	    !city_init(&c, &n, &SAFETY_LEGAL, controller_find(STR("horizon")), 0, &e)) {
		fail_msg("%s", e.text);
	}
	uint8_t before[COLUMNS * ROWS] = {0};
	bool was_there = false;
	while ((double)c.now_ms < SECONDS * 1000) {
		bool is_there = false;
		if (!sumo_step(&s, &c, &e) || (has_priority && !emergency_order(&way, &c, &e)) || !city_decide(&c, 2, &e)) {
			fail_msg("%s", e.text);
		}
		emergency_look(&time, &way, &c);
		for (uint32_t i = 0; i < c.priority.vehicle_n; i++) {
			is_there = is_there || c.priority.vehicles[i].kind == PRIORITY_EMERGENCY;
		}
		was_there = was_there || is_there;
		city_act(&c);
		for (uint32_t i = 0; i < n.signal_n; i++) {
			bool is_kept = c.signals[i].priority.reserved != STAGE_NONE, is_after = was_there && !is_there;
			d.reserved += is_kept;
			d.kept_after += is_after && is_kept;
			d.changes_after += is_after && before[i] != c.signals[i].state.stage;
			before[i] = c.signals[i].state.stage;
		}
		for (uint32_t i = 0; i < n.move_n; i++) {
			d.longest_wait_ms = c.street.wait_ms[i] > d.longest_wait_ms ? c.street.wait_ms[i] : d.longest_wait_ms;
		}
	}
	if (!sumo_stop(&s, &e) || !sumo_read_trips(trips, &r, &e)) {
		fail_msg("%s", e.text);
	}
	d.travel_s = r.emergency_s;
	d.red_s = time.s[EMERGENCY_RED];
	d.delay_s = r.delay_s / r.cars;
	d.cost_s = (double)c.priority.cost[PRIORITY_EMERGENCY];
	print_message("way %d, %s: %.0f s, of these %.0f s at red; others lost %.1f s; signals kept for %u s; %u changes "
	              "after it\n",
	              (int)number, has_priority ? "with priority" : "without", d.travel_s, d.red_s, d.delay_s, d.reserved,
	              d.changes_after);
	city_release(&c);
	net_release(&n);
	return d;
}

static void an_emergency_vehicle_gets_through_sooner_and_the_signals_are_everybodys_again(void **state)
{
	(void)state;
	double waits_s = 0, goes_s = 0, red_s = 0, red_with_s = 0;
	for (uint64_t number = 1; number <= 2; number++) {
		struct ride without = ride(number, false), with = ride(number, true);
		assert_true(without.travel_s > 0 && with.travel_s > 0 && without.reserved == 0 && with.reserved > 0);
		assert_true(with.cost_s > 0);
		assert_true(with.kept_after == 0 && with.changes_after > 10);
		assert_true(with.longest_wait_ms <= WALKER_WAITS_MS);
		waits_s += without.travel_s;
		goes_s += with.travel_s;
		red_s += without.red_s;
		red_with_s += with.red_s;
	}
	assert_true(goes_s < 0.85 * waits_s && red_with_s < 0.5 * red_s);
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
		cmocka_unit_test(an_emergency_vehicle_gets_through_sooner_and_the_signals_are_everybodys_again),
	};
	return cmocka_run_group_tests(tests, make_net, remove_net);
}
