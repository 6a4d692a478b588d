#include "brain/priority.h"

#include "brain/city.h"
#include "brain/explain.h"
#include "small_net.h"
#include "unit/unit.h"

enum { MINUTE = 60000 };

struct scene {
	struct net net;
	struct city city;
	struct buf text;
	uint32_t crossing; /* the movement */
};

static void begin(struct scene *s, const char *controller)
{
	struct err e = {0};
	*s = (struct scene){0};
	assert_true(net_read_sumo(&s->net, str_of(small_net), &e));
	assert_true(city_init(&s->city, &s->net, &SAFETY_LEGAL, controller_find(str_of(controller)), 0, &e));
	while (!s->net.moves[s->crossing].is_crossing) {
		s->crossing++;
	}
	buf_init(&s->text, 20000);
}

static void end(struct scene *s)
{
	buf_release(&s->text);
	city_release(&s->city);
	net_release(&s->net);
}

static uint32_t lane_of(const struct scene *s, const char *lane)
{
	return net_lane_find(&s->net, str_of(lane));
}

/* From the south over the junction; the plan and most cars are for the west. */
static void order_way(struct scene *s, int64_t eta_ms)
{
	struct priority_route *way = &s->city.rules.routes[s->city.rules.route_n++];
	*way = (struct priority_route){.id = 7, .kind = PRIORITY_EMERGENCY, .link_n = 2, .eta_ms = eta_ms};
	way->links[0] = s->net.lanes[lane_of(s, "south_0")].link;
	way->links[1] = s->net.lanes[lane_of(s, "north_0")].link;
}

static void put_cars(struct scene *s, const char *lane, int n)
{
	struct err e = {0};
	for (int k = 0; k < n; k++) {
		char name[32];
		int length = snprintf(name, sizeof name, "%s%d.%d", lane, k, (int)(s->city.now_ms / 1000));
		float at = s->net.lanes[lane_of(s, lane)].length_m - 1.0F - 15.0F * (float)k;
		assert_true(street_see(&s->city.street, str_from(name, (size_t)length), lane_of(s, lane), at, 13.0F, &e));
	}
}

static void second(struct scene *s, const struct priority_vehicle *v)
{
	struct err e = {0};
	s->city.now_ms += 1000;
	street_tick(&s->city.street, s->city.now_ms);
	priority_tick(&s->city);
	put_cars(s, "west_0", 8);
	put_cars(s, "west_1", 8);
	if (v != NULL) {
		priority_see(&s->city, v);
	}
	assert_true(city_look(&s->city, &e) && city_decide(&s->city, 1, &e));
	city_act(&s->city);
}

static bool is_green(const struct scene *s, const char *lane)
{
	char letters[GROUPS_MAX];
	const struct city_signal *sig = &s->city.signals[0];
	safety_show(&sig->state, &sig->plan, s->city.now_ms, letters);
	char letter = letters[s->net.moves[s->net.lanes[lane_of(s, lane)].move].group];
	return letter == 'G' || letter == 'g';
}

/* Whoever leads, and through a stream that would keep its green. */
static void an_emergency_vehicle_finds_green_and_leaves_it_to_others(void **state)
{
	(void)state;
	static const char *const ways[] = {"horizon", "max-pressure", "actuated", "fixed", "horizon"};
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		struct scene s;
		begin(&s, ways[i]);
		s.city.signals[0].is_blind = i == 4; /* no detector tells anything: the plan, and the green that is reserved */
		/* The stream has begun to go again: the crossing over its way was served, and is not due soon. */
		for (bool was_served = false; !was_served || !is_green(&s, "west_0");) {
			second(&s, NULL);
			was_served = was_served || (s.city.now_ms > 64000 && is_green(&s, "south_0"));
			assert_true(s.city.now_ms < 300000);
		}
		int64_t called_ms = s.city.now_ms;
		order_way(&s, called_ms + 40000);
		/* It comes 150 m before the line 40 s later, at 11 m/s. */
		int64_t early_s = 0;
		float speed = 11.0F;
		struct priority_vehicle v = {.kind = PRIORITY_EMERGENCY, .lane = lane_of(&s, "south_0"), .speed_mps = speed};
		for (float to_go = 150.0F + 40.0F * speed; to_go > 0; to_go -= speed) {
			v.to_go_m = to_go;
			second(&s, to_go <= 150.0F ? &v : NULL);
			early_s += is_green(&s, "south_0");
		}
		print_message("%s: green %lld s before its arrival, cost %.0f person-seconds\n", ways[i], (long long)early_s,
		              (double)s.city.priority.cost[PRIORITY_EMERGENCY]);
		assert_true(is_green(&s, "south_0"));
		assert_true(early_s >= 2 && (i > 0 || early_s < 25));
		if (i == 0) {
			assert_true(s.city.priority.cost[PRIORITY_EMERGENCY] > 0 && s.city.priority.route_cost[0] > 0);
			explain_wish(&s.text, &s.city, 0);
			print_message("%.*s", STR_ARG(buf_str(&s.text)));
			assert_true(str_find(buf_str(&s.text), STR("priority  emergency 7: lane south_0, at its line in ")) !=
			            SIZE_MAX);
			assert_true(str_find(buf_str(&s.text), STR("is reserved for emergency 7")) != SIZE_MAX);
		}
		/* Behind the junction: the others have it again. */
		v.lane = lane_of(&s, "north_0");
		v.to_go_m = 100;
		second(&s, &v);
		assert_int_equal(s.city.priority.claim_n, 0);
		assert_int_equal(s.city.signals[0].priority.reserved, STAGE_NONE);
		int west_s = 0;
		for (int k = 0; k < 80; k++) {
			second(&s, NULL);
			west_s += is_green(&s, "west_0");
		}
		assert_true(i > 0 || west_s > 20);
		end(&s);
	}
}

static void one_that_is_lost_or_stays_keeps_no_green(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "horizon");
	order_way(&s, 20000);
	/* Never seen: half a minute after it should have been at the line nobody waits for it any more. */
	for (int k = 0; k < 75; k++) {
		second(&s, NULL);
	}
	assert_int_equal(s.city.priority.claim_n, 0);
	/* Seen, and standing before the line for ever. */
	struct priority_vehicle v = {.kind = PRIORITY_EMERGENCY, .lane = lane_of(&s, "south_0"), .to_go_m = 60};
	second(&s, &v);
	assert_int_equal(s.city.priority.claim_n, 1);
	for (int k = 0; k < 120; k++) {
		second(&s, &v);
	}
	assert_int_equal(s.city.priority.claim_n, 0);
	/* Switched off. */
	s.city.rules.route_n = 0;
	order_way(&s, s.city.now_ms);
	s.city.rules.weight[PRIORITY_EMERGENCY] = 0;
	second(&s, NULL);
	assert_int_equal(s.city.priority.claim_n, 0);
	end(&s);
}

static float cost_of(struct scene *s, uint8_t stage, bool is_plain)
{
	return s->city.controller->cost(&s->city, 0, stage, is_plain, s->city.scratch[0]);
}

static void late_buses_long_waits_and_schools_count_for_more(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	uint32_t n;
	begin(&s, "horizon");
	struct priority_vehicle bus = {.kind = PRIORITY_BUS, .lane = lane_of(&s, "south_0"), .to_go_m = 5, .late_s = 10};
	for (int k = 0; k < 12; k++) {
		second(&s, &bus);
	}
	assert_int_equal(s.city.priority.claim_n, 0); /* in time */
	bus.late_s = 90;
	second(&s, &bus);
	const struct priority_claim *claims = priority_claims(&s.city, 0, &n);
	assert_int_equal(n, 1);
	assert_int_equal(claims[0].kind, PRIORITY_BUS);
	assert_true(claims[0].people == 20.0F);
	/* Somebody waits at the crossing; on a Thursday morning it is a school's. */
	s.city.rules.schools[0] = (struct priority_school){
		.id = 4, .days = 1 << 3, .from_min = 450, .until_min = 480, .signals = {0}, .signal_n = 1};
	s.city.rules.school_n = 1;
	static const struct {
		int64_t at_ms;
		float wait_ms;
		uint32_t claims;
	} times[] = {{449 * MINUTE + 59000, 10000, 0},
	             {450 * MINUTE, 10000, 1},
	             {450 * MINUTE, 50000, 2},
	             {480 * MINUTE, 50000, 1},
	             {(450 + 1440) * MINUTE, 10000, 0}};
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		s.city.now_ms = times[i].at_ms;
		street_tick(&s.city.street, s.city.now_ms);
		priority_tick(&s.city);
		street_see_walker(&s.city.street, s.crossing, times[i].wait_ms);
		assert_true(city_look(&s.city, &e));
		assert_int_equal(s.city.priority.claim_n, times[i].claims);
		assert_true(city_decide(&s.city, 1, &e));
		float more = cost_of(&s, 0, false) - cost_of(&s, 0, true);
		print_message("%zu: %.1f\n", i, (double)more);
		assert_true(times[i].claims == 0 ? more == 0 : more > 1.0F);
	}
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_emergency_vehicle_finds_green_and_leaves_it_to_others),
		cmocka_unit_test(one_that_is_lost_or_stays_keeps_no_green),
		cmocka_unit_test(late_buses_long_waits_and_schools_count_for_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
