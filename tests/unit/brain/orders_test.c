#include "brain/orders.h"

#include <unistd.h>

#include "brain/city.h"
#include "os/file.h"
#include "small_net.h"
#include "unit/unit.h"

struct scene {
	struct net net;
	struct city city;
	struct buf orders;
};

static void begin(struct scene *s)
{
	struct err e = {0};
	*s = (struct scene){0};
	assert_true(net_read_sumo(&s->net, str_of(small_net), &e));
	assert_true(city_init(&s->city, &s->net, &SAFETY_LEGAL, controller_find(STR("horizon")), 0, &e));
	buf_init(&s->orders, ORDERS_MAX_BYTES);
}

static void end(struct scene *s)
{
	buf_release(&s->orders);
	city_release(&s->city);
	net_release(&s->net);
}

static const uint32_t first[] = {0};

/* How many were new. */
static uint32_t take(struct scene *s)
{
	struct err e = {0};
	uint32_t taken = 0;
	if (!orders_take(&s->city, buf_str(&s->orders), &taken, &e)) {
		fail_msg("%s", e.text);
	}
	return taken;
}

static void order_mode(struct scene *s, uint64_t number, enum mode mode)
{
	struct order o = {.number = number, .kind = ORDER_MODE, .list = first, .list_n = 1, .mode = (uint8_t)mode};
	orders_put(&s->orders, &o);
}

static uint32_t link_of(const struct scene *s, const char *lane)
{
	return s->net.lanes[net_lane_find(&s->net, str_of(lane))].link;
}

static void orders_are_taken_once_and_acknowledged(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	assert_int_equal(s.city.signals[0].mode.mode, MODE_ACT);
	order_mode(&s, 7, MODE_ADVISE);
	order_mode(&s, 8, MODE_WATCH);
	assert_int_equal(take(&s), 2);
	assert_int_equal(s.city.orders_last, 8);
	assert_int_equal(orders_newest(buf_str(&s.orders)), 8);
	assert_int_equal(s.city.signals[0].mode.mode, MODE_WATCH);
	order_mode(&s, 9, MODE_ACT);
	assert_int_equal(take(&s), 1); /* said again with a new one behind: only that one counts */
	assert_int_equal(take(&s), 0);
	assert_int_equal(s.city.signals[0].mode.mode, MODE_ACT);
	/* Given back: led by its plan, and it is said that it was not so before. */
	struct order back = {.number = 10, .kind = ORDER_GIVE_BACK, .list = first, .list_n = 1};
	orders_put(&s.orders, &back);
	assert_int_equal(take(&s), 1);
	assert_true(s.city.signals[0].mode.is_given_back && !mode_leads(&s.city.signals[0].mode));
	end(&s);
}

static void nonsense_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	static const uint32_t beyond[] = {1};
	const struct order wrong[] = {
		{.number = 2, .kind = ORDER_MODE, .list = beyond, .list_n = 1},
		{.number = 2, .kind = ORDER_MODE, .list = first, .list_n = 1, .mode = MODES},
		{.number = 2, .kind = 99},
		{.number = 1, .kind = ORDER_FORGET}, /* not after the one before */
		{.number = 2, .kind = ORDER_WEIGHT, .priority = PRIORITIES},
		{.number = 2, .kind = ORDER_WEIGHT, .weight = PRIORITY_WEIGHT_MOST + 1},
		{.number = 2, .kind = ORDER_SCHOOL, .from_min = 400, .until_min = 400},
		{.number = 2, .kind = ORDER_ROUTE, .priority = PRIORITY_BUS, .list = first, .list_n = 1},
		{.number = 2, .kind = ORDER_ROUTE, .from_link = 1000, .to_link = 0},
		{.number = 2,
	     .kind = ORDER_MODE,
	     .list = first,
	     .list_n = 1,
	     .has_bounds = true,
	     .least_s = {20},
	     .most_s = {10}},
	};
	struct prng r = seeded();
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct scene s;
		struct err e = {0};
		uint32_t taken;
		begin(&s);
		order_mode(&s, 1, MODE_WATCH);
		orders_put(&s.orders, &wrong[i]);
		assert_false(orders_take(&s.city, buf_str(&s.orders), &taken, &e));
		assert_int_equal(e.code, ERR_CORRUPT);
		assert_int_equal(s.city.signals[0].mode.mode, MODE_ACT);
		assert_int_equal(s.city.orders_last, 0);
		end(&s);
	}
	struct scene s;
	begin(&s);
	order_mode(&s, 1, MODE_BOUNDS);
	struct order way = {
		.number = 2, .kind = ORDER_ROUTE, .from_link = link_of(&s, "west_0"), .to_link = link_of(&s, "east_0")};
	orders_put(&s.orders, &way);
	for (int i = 0; i < 20000; i++) {
		char bytes[400];
		struct err e = {0};
		uint32_t taken;
		size_t n = s.orders.n < sizeof bytes ? s.orders.n : sizeof bytes;
		memcpy(bytes, s.orders.p, n);
		for (uint64_t k = prng_below(&r, 4); k > 0; k--) {
			bytes[prng_below(&r, n)] = (char)prng_below(&r, 256);
		}
		struct str message = str_from(bytes, prng_below(&r, 3) == 0 ? prng_below(&r, n) : n);
		bool ok = orders_take(&s.city, message, &taken, &e);
		assert_true(ok || e.code == ERR_CORRUPT);
		orders_newest(message);
		struct codec m = codec_of(message);
		ok = orders_take_state(&s.city, &m, &e);
		assert_true(ok || e.code == ERR_CORRUPT);
		assert_true(s.city.signals[0].mode.mode < MODES);
	}
	end(&s);
}

static void what_is_ordered_outlives_a_restart(void **state)
{
	(void)state;
	struct scene s, again;
	struct err e = {0};
	char path[] = "/tmp/cityhall-orders-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	begin(&s);
	begin(&again);
	assert_true(orders_load(&s.city, path, &e)); /* none yet */
	struct order bounds = {.number = 1,
	                       .kind = ORDER_MODE,
	                       .list = first,
	                       .list_n = 1,
	                       .mode = MODE_BOUNDS,
	                       .has_bounds = true,
	                       .least_s = {12, 0},
	                       .most_s = {40, 20}};
	struct order weight = {.number = 2, .kind = ORDER_WEIGHT, .priority = PRIORITY_BUS, .weight = 35.5F};
	struct order school = {.number = 3,
	                       .kind = ORDER_SCHOOL,
	                       .id = 5,
	                       .list = first,
	                       .list_n = 1,
	                       .days = 0x1f,
	                       .from_min = 450,
	                       .until_min = 480};
	struct order way = {.number = 4,
	                    .kind = ORDER_ROUTE,
	                    .id = 6,
	                    .from_link = link_of(&s, "west_0"),
	                    .to_link = link_of(&s, "east_0"),
	                    .eta_ms = 9000};
	orders_put(&s.orders, &bounds);
	orders_put(&s.orders, &weight);
	orders_put(&s.orders, &school);
	orders_put(&s.orders, &way);
	assert_int_equal(take(&s), 4);
	assert_true(orders_save(&s.city, path, &e));
	assert_true(orders_load(&again.city, path, &e));
	const struct city *c = &again.city;
	assert_int_equal(c->orders_last, 4);
	assert_int_equal(c->signals[0].mode.mode, MODE_BOUNDS);
	assert_int_equal(c->signals[0].mode.least_s[0], 12);
	assert_int_equal(c->signals[0].mode.most_s[1], 20);
	assert_true(c->rules.weight[PRIORITY_BUS] == 35.5F);
	assert_int_equal(c->rules.school_n, 1);
	assert_int_equal(c->rules.schools[0].until_min, 480);
	assert_int_equal(c->rules.route_n, 1);
	assert_int_equal(c->rules.routes[0].link_n, 2);
	assert_int_equal(c->rules.routes[0].links[1], link_of(&s, "east_0"));
	/* Forgotten again. */
	buf_reset(&s.orders);
	struct order forget = {.number = 5, .kind = ORDER_FORGET, .id = 6};
	orders_put(&s.orders, &forget);
	take(&s);
	assert_int_equal(s.city.rules.route_n, 0);
	assert_int_equal(s.city.rules.school_n, 1);
	/* A file that is damaged leads nobody. */
	struct buf whole;
	buf_init(&whole, 1 << 20);
	assert_true(file_read_whole(path, &whole, &e));
	uint64_t last = again.city.orders_last;
	for (size_t n = whole.n + 1; n-- > 0;) {
		struct buf other;
		buf_init(&other, 1 << 20);
		buf_put(&other, str_sub(buf_str(&whole), 0, n));
		buf_put(&other, n == whole.n ? STR("x") : STR_EMPTY);
		assert_true(file_replace(&file_layer_real, path, buf_str(&other), 0600, &e));
		buf_release(&other);
		orders_begin(&again.city, MODE_ACT);
		assert_false(orders_load(&again.city, path, &e));
		assert_int_equal(again.city.signals[0].mode.mode, MODE_WATCH);
		/* Whoever raises it again finds priorities as they are by themselves, and is heard. */
		assert_int_equal(again.city.rules.route_n + again.city.rules.school_n, 0);
		assert_true(again.city.rules.weight[PRIORITY_EMERGENCY] > 0);
		assert_int_equal(again.city.orders_last, last);
	}
	buf_release(&whole);
	unlink(path);
	end(&again);
	end(&s);
}

/* A brain that wishes for one stage for ever. */
static uint8_t stubborn(struct city *c, uint32_t signal, void *scratch)
{
	(void)c;
	(void)signal;
	(void)scratch;
	return 1;
}
static const struct controller one = {.name = "one", .what = "stage 1", .wish = stubborn};

/* Seconds of each stage in ten minutes. */
static void stand(struct scene *s, uint32_t seconds[2])
{
	struct err e = {0};
	seconds[0] = seconds[1] = 0;
	for (int i = 0; i < 600; i++) {
		s->city.now_ms += 1000;
		assert_true(city_decide(&s->city, 1, &e));
		city_act(&s->city);
		seconds[s->city.signals[0].state.stage]++;
	}
}

static void no_wish_gets_around_the_mode(void **state)
{
	(void)state;
	uint32_t got[2];
	for (int mode = 0; mode < MODES; mode++) {
		struct scene s;
		begin(&s);
		s.city.controller = &one;
		struct order o = {.number = 1, .kind = ORDER_MODE, .list = first, .list_n = 1, .mode = (uint8_t)mode};
		o.has_bounds = true;
		o.least_s[0] = 15;
		o.most_s[1] = 25;
		orders_put(&s.orders, &o);
		take(&s);
		stand(&s, got);
		print_message("%s: %u s and %u s\n", MODE_NAMES[mode], got[0], got[1]);
		if (mode <= MODE_ADVISE) {
			assert_true(got[0] > 250 && got[1] > 100); /* its programme gives both their time */
		} else if (mode == MODE_BOUNDS) {
			/* Nobody asks for stage 0, and yet it comes after 25 s, and stays for 15 s. */
			assert_true(got[0] > 180 && got[1] > 300);
		} else {
			assert_true(got[1] > 500);
		}
		end(&s);
	}
}

static void watching_counts_what_it_would_have_done(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	begin(&s);
	orders_begin(&s.city, MODE_WATCH);
	uint32_t south = net_lane_find(&s.net, STR("south_0"));
	for (int i = 0; i < 30; i++) {
		s.city.now_ms += 1000;
		street_tick(&s.city.street, s.city.now_ms);
		for (int k = 0; k < 4; k++) {
			char name[8];
			int n = snprintf(name, sizeof name, "%d", k);
			assert_true(street_see(&s.city.street, str_from(name, (size_t)n), south, 149.0F - 7.5F * (float)k, 0, &e));
		}
		assert_true(city_look(&s.city, &e) && city_decide(&s.city, 1, &e));
		city_act(&s.city);
	}
	const struct mode_watched *w = &s.city.signals[0].watched;
	print_message("%u s, %u times otherwise, %.1f s saved\n", w->seconds, w->otherwise, (double)w->saves);
	assert_int_equal(w->seconds, 30);
	assert_true(w->otherwise > 0 && w->saves > 1.0F);
	/* One that is led is not compared. */
	orders_begin(&s.city, MODE_ACT);
	assert_true(city_decide(&s.city, 1, &e));
	assert_int_equal(w->seconds, 30);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_are_taken_once_and_acknowledged),
		cmocka_unit_test(nonsense_is_refused_and_changes_nothing),
		cmocka_unit_test(what_is_ordered_outlives_a_restart),
		cmocka_unit_test(no_wish_gets_around_the_mode),
		cmocka_unit_test(watching_counts_what_it_would_have_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
