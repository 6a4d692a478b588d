#include "brain/city.h"

#include "base/time_source.h"
#include "small_net.h"
#include "unit/unit.h"

/* The crossroads: stage 0 the main street, stage 1 the side street and its crossing. */
struct scene {
	struct net net;
	struct city city;
	int number;
};

static void begin_on(struct scene *s, const char *net, const char *controller)
{
	struct err e = {0};
	*s = (struct scene){0};
	assert_true(net_read_sumo(&s->net, str_of(net), &e));
	assert_true(city_init(&s->city, &s->net, &SAFETY_BENCH, controller_find(str_of(controller)), 0, &e));
	street_tick(&s->city.street, 0);
}

static void begin(struct scene *s, const char *controller)
{
	begin_on(s, small_net, controller);
}

static void end(struct scene *s)
{
	city_release(&s->city);
	net_release(&s->net);
}

static void put(struct scene *s, const char *lane, float at_m, float speed_mps)
{
	struct err e = {0};
	char name[16];
	int n = snprintf(name, sizeof name, "car%d", s->number++);
	assert_true(street_see(&s->city.street, str_from(name, (size_t)n), net_lane_find(&s->net, str_of(lane)), at_m,
	                       speed_mps, &e));
}

/* The same street for so many seconds: what is shown at the end. */
static uint8_t decide(struct scene *s, int seconds)
{
	struct err e = {0};
	assert_true(city_look(&s->city, &e));
	for (int i = 0; i < seconds; i++) {
		s->city.now_ms += 1000;
		s->city.street.now_ms = s->city.now_ms;
		assert_true(city_decide(&s->city, 1, &e));
		city_act(&s->city);
	}
	return s->city.signals[0].state.stage;
}

static const char *const deciding[] = {"actuated", "max-pressure", "running", "horizon"};

static void who_waits_alone_gets_green(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof deciding / sizeof deciding[0]; i++) {
		struct scene s;
		begin(&s, deciding[i]);
		for (int k = 0; k < 4; k++) {
			put(&s, "south_0", 149.0F - 7.5F * (float)k, 0);
		}
		print_message("%s\n", deciding[i]);
		/* Ours leaves the crossing beside it red, where nobody waits. */
		assert_int_equal(decide(&s, 25), strcmp(deciding[i], "horizon") == 0 ? 2 : 1);
		end(&s);
	}
}

static void a_platoon_keeps_its_green_from_one_who_waits(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "horizon");
	assert_int_equal(decide(&s, 9), 0);
	put(&s, "south_0", 149, 0);
	for (int k = 0; k < 10; k++) {
		put(&s, "west_0", 190.0F - 18.0F * (float)k, 13.0F);
		put(&s, "west_1", 185.0F - 18.0F * (float)k, 13.0F);
	}
	assert_int_equal(decide(&s, 1), 0);
	end(&s);
}

static void a_full_link_is_not_fed(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "horizon");
	/* Both lanes to the east are full to the junction and stand; the side street can go on to the north. */
	for (int k = 0; k < 40; k++) {
		put(&s, "east_1", 299.0F - 7.5F * (float)k, 0);
	}
	put(&s, "east_0", 0.05F, 0);
	for (int k = 0; k < 8; k++) {
		put(&s, "west_1", 199.0F - 7.5F * (float)k, 0);
	}
	for (int k = 0; k < 3; k++) {
		put(&s, "south_0", 149.0F - 7.5F * (float)k, 0);
	}
	/* Whoever stands in green and does not go loses it to those who can. */
	bool is_given = false;
	for (int i = 0; i < 15; i++) {
		is_given = decide(&s, 1) != 0 || is_given;
	}
	assert_true(is_given);
	end(&s);
}

/* The side street goes on in one stage and turns right in the next one, from the same lane. */
static void split_side_street(char *net, size_t n)
{
	static const char together[] =
		"  <phase duration=\"20\" state=\"rrGgG\"/>\n  <phase duration=\"6\" state=\"rrGgr\"/>\n";
	static const char apart[] =
		"  <phase duration=\"20\" state=\"rrGrG\"/>\n  <phase duration=\"3\" state=\"rryrr\"/>\n"
		"  <phase duration=\"6\" state=\"rrrGr\"/>\n";
	const char *at = strstr(small_net, together);
	assert_non_null(at);
	int wrote = snprintf(net, n, "%.*s%s%s", (int)(at - small_net), small_net, apart, at + sizeof together - 1);
	assert_in_range(wrote, 1, (int)n - 1);
}

static void who_lets_a_green_pass_is_served_by_another(void **state)
{
	(void)state;
	char net[sizeof small_net + 200];
	struct scene s;
	split_side_street(net, sizeof net);
	begin_on(&s, net, "horizon");
	/* Nearly everybody turns, but the first of those who stand there does not. */
	uint32_t lane = net_lane_find(&s.net, STR("south_0")), straight = s.net.lanes[lane].move;
	s.city.street.taken[straight] = 1;
	s.city.street.taken[straight + 1] = 19;
	for (int k = 0; k < 10; k++) {
		put(&s, "south_0", 149.0F - 7.5F * (float)k, 0);
	}
	int turns_at = 0, goes_on_at = 0;
	for (int t = 1; t <= 30; t++) {
		const struct groups *green = &s.city.signals[0].plan.stages[decide(&s, 1)].green;
		turns_at = turns_at == 0 && groups_has(green, s.net.moves[straight + 1].group) ? t : turns_at;
		goes_on_at = goes_on_at == 0 && groups_has(green, s.net.moves[straight].group) ? t : goes_on_at;
	}
	assert_in_range(turns_at, 1, 10);
	assert_in_range(goes_on_at, turns_at + 5, 30);
	end(&s);
}

static void the_fixed_plan_follows_the_clock_and_its_offset(void **state)
{
	(void)state;
	struct scene s;
	begin(&s, "fixed");
	s.city.now_ms = 3000; /* the cycle of 62 s begins at 5 s: this is its end, yellow before stage 0 */
	assert_int_equal(decide(&s, 1), 0);
	s.city.now_ms = 39000;
	assert_int_equal(decide(&s, 1), 1);
	s.city.now_ms = 39000 + 62000 * 7 + 26000;
	assert_int_equal(decide(&s, 6), 0);
	end(&s);
}

static void learns_where_cars_turn(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	begin(&s, "horizon");
	struct street *st = &s.city.street;
	uint32_t south = net_lane_find(&s.net, STR("south_0")), north = net_lane_find(&s.net, STR("north_0"));
	uint32_t first = s.net.lanes[south].move;
	uint32_t ahead = s.net.moves[first].to == north ? first : first + 1;
	for (int i = 0; i < 30; i++) {
		struct str car = STR("a car");
		street_tick(st, i);
		assert_true(street_see(st, car, south, 100, 5, &e));
		street_tick(st, i);
		assert_true(street_see(st, car, north, 3, 5, &e));
		street_gone(st, car);
	}
	assert_true(city_look(&s.city, &e) && estimate_share(&s.city.seen, ahead) > 0.9F);
	end(&s);
}

static void cars_that_come_and_go_are_found_by_name(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	struct prng r = seeded();
	bool is_there[5000] = {0};
	uint32_t count = 0;
	begin(&s, "fixed");
	struct street *st = &s.city.street;
	uint32_t west = net_lane_find(&s.net, STR("west_0"));
	for (int i = 0; i < 20000; i++) {
		char name[16];
		uint32_t k = (uint32_t)prng_below(&r, 5000);
		int n = snprintf(name, sizeof name, "v%u", k);
		if (is_there[k]) {
			street_gone(st, str_from(name, (size_t)n));
		} else {
			assert_true(street_see(st, str_from(name, (size_t)n), west, (float)prng_below(&r, 200), 1, &e));
		}
		count += is_there[k] ? -1U : 1U;
		is_there[k] = !is_there[k];
	}
	assert_true(street_sort(st, &e));
	assert_int_equal(st->count[west], count);
	for (uint32_t i = 1; i < count; i++) {
		assert_true(street_car(st, west, i - 1)->to_go_m <= street_car(st, west, i)->to_go_m);
	}
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_waits_alone_gets_green),
		cmocka_unit_test(a_platoon_keeps_its_green_from_one_who_waits),
		cmocka_unit_test(a_full_link_is_not_fed),
		cmocka_unit_test(who_lets_a_green_pass_is_served_by_another),
		cmocka_unit_test(the_fixed_plan_follows_the_clock_and_its_offset),
		cmocka_unit_test(learns_where_cars_turn),
		cmocka_unit_test(cars_that_come_and_go_are_found_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
