#include "brain/window.h"

#include "base/arena.h"
#include "brain/net.h"
#include "small_net.h"
#include "unit/unit.h"

enum { WEST, WEST_2, SOUTH, SOUTH_2, WALK }; /* groups */

struct scene {
	struct net net;
	struct arena arena;
	struct safety_plan plan;
	struct safety s;
	uint8_t west, south;
	int64_t now_ms;
};

static void begin(struct scene *c)
{
	struct err e = {0};
	*c = (struct scene){.west = STAGE_NONE, .south = STAGE_NONE};
	arena_init(&c->arena, 1 << 20);
	assert_true(net_read_sumo(&c->net, str_of(small_net), &e));
	assert_true(safety_plan(&c->plan, &c->arena, &c->net, 0, &SAFETY_LEGAL, &e));
	for (uint8_t p = 0; p < c->plan.stage_n; p++) {
		c->west = groups_has(&c->plan.stages[p].green, WEST) ? p : c->west;
		c->south = groups_has(&c->plan.stages[p].green, WALK) ? p : c->south;
	}
	assert_true(safety_start(&c->s, &c->plan, &c->arena, c->west, 0, &e));
}

static void end(struct scene *c)
{
	arena_release(&c->arena);
	net_release(&c->net);
}

static bool is_green(const struct scene *c, uint32_t group)
{
	char letters[GROUPS_MAX];
	safety_show(&c->s, &c->plan, c->now_ms, letters);
	return letters[group] == 'G' || letters[group] == 'g';
}

static void second(struct scene *c, uint8_t wish)
{
	safety_tick(&c->s, &c->plan, wish, c->now_ms);
	c->now_ms += 1000;
}

static struct window window_at(const struct scene *c, uint32_t group, uint8_t stage, int from_s, int seconds)
{
	int64_t from_ms = c->now_ms + from_s * 1000, until_ms = from_ms + seconds * 1000;
	return (struct window){group, stage, from_ms, until_ms, from_ms, until_ms};
}

static void far_from_the_window_everything_is_as_wished(void **state)
{
	(void)state;
	struct scene c;
	begin(&c);
	struct window w = window_at(&c, SOUTH, c.south, 100, 10);
	assert_int_equal(window_wish(&w, &c.s, &c.plan, c.west, 0), c.west);
	assert_int_equal(window_wish(&w, &c.s, &c.plan, STAGE_NONE, 0), STAGE_NONE);
	end(&c);
}

/* Somebody who always wants the other stage has it as long as it can be: not a second of the window is lost, and not
 * much before it. */
static void the_way_is_green_when_it_has_to_be_and_not_much_sooner(void **state)
{
	(void)state;
	struct scene c;
	begin(&c);
	for (int k = 0; k < 30; k++) {
		second(&c, c.west);
	}
	struct window w = window_at(&c, SOUTH, c.south, 30, 10);
	int64_t green_ms = 0;
	while (c.now_ms <= w.until_ms) {
		second(&c, window_wish(&w, &c.s, &c.plan, c.west, c.now_ms));
		bool is = is_green(&c, SOUTH);
		green_ms = is && green_ms == 0 ? c.now_ms : green_ms;
		assert_true(is || c.now_ms < w.from_ms);
	}
	assert_true(green_ms <= w.from_ms && green_ms >= w.from_ms - 5000);
	end(&c);
}

/* The crossing's longest red would end in the window: it is served before, and the window stays whole. */
static void a_longest_red_that_would_end_meanwhile_is_served_before(void **state)
{
	(void)state;
	struct scene c;
	for (int planned = 0; planned < 2; planned++) {
		begin(&c);
		/* So long that the crossing's red is over a little after the window's begin. */
		while (c.now_ms < 25000) {
			second(&c, c.west);
		}
		struct window w = window_at(&c, WEST, c.west, 40, 20);
		int lost = 0, walked = 0;
		while (c.now_ms <= w.until_ms) {
			second(&c, planned ? window_wish(&w, &c.s, &c.plan, c.west, c.now_ms) : c.west);
			lost += c.now_ms >= w.from_ms && !is_green(&c, WEST);
			walked += c.now_ms < w.from_ms && is_green(&c, WALK);
		}
		print_message("%s: %d s lost\n", planned ? "planned" : "not planned", lost);
		assert_true(planned ? lost == 0 && walked > 0 : lost > 0);
		end(&c);
	}
}

/* What cannot be whole is as whole as can be. */
static void too_late_is_as_soon_as_it_can_be(void **state)
{
	(void)state;
	struct scene c;
	begin(&c);
	for (int k = 0; k < 30; k++) {
		second(&c, c.west);
	}
	struct window w = window_at(&c, SOUTH, c.south, 0, 10);
	assert_int_equal(window_wish(&w, &c.s, &c.plan, c.west, c.now_ms), c.south);
	end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(far_from_the_window_everything_is_as_wished),
		cmocka_unit_test(the_way_is_green_when_it_has_to_be_and_not_much_sooner),
		cmocka_unit_test(a_longest_red_that_would_end_meanwhile_is_served_before),
		cmocka_unit_test(too_late_is_as_soon_as_it_can_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
