#include "brain/agent.h"

#include "brain/ctl_fixed.h"
#include "safety_check.h"
#include "small_net.h"
#include "unit/unit.h"

struct corner {
	struct net net;
	struct city city;
	struct agent agent;
	int64_t now_ms;
};

static void begin(struct corner *c)
{
	struct err e = {0};
	*c = (struct corner){0};
	assert_true(net_read_sumo(&c->net, str_of(small_net), &e));
	assert_true(city_init(&c->city, &c->net, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &e));
	assert_true(agent_init(&c->agent, &c->net.signals[0], &c->city.signals[0]));
}

static void end(struct corner *c)
{
	city_release(&c->city);
	net_release(&c->net);
}

static uint8_t stage(const struct corner *c)
{
	return c->city.signals[0].state.stage;
}

static uint8_t plan(const struct corner *c)
{
	return fixed_stage(&c->net.signals[0], &c->city.signals[0].plan, c->now_ms);
}

static void order(struct corner *c, const struct groups orders[AGENT_ORDERS])
{
	for (uint32_t o = 0; o < AGENT_ORDERS; o++) {
		for (uint32_t g = 0; g * 8 < c->agent.phases.n; g++) {
			agent_set(&c->agent, (enum agent_order)o, g, groups_eight(&orders[o], g), c->now_ms);
		}
	}
}

/* A second in which the system asks for a stage; STAGE_NONE: it says that the plan leads. */
static void ask(struct corner *c, uint8_t wanted)
{
	struct groups orders[AGENT_ORDERS];
	agent_orders_for(&c->agent.phases, stage(c), wanted, orders);
	order(c, orders);
	agent_tick(&c->agent, c->now_ms);
	c->now_ms += 1000;
}

static void silence(struct corner *c, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		agent_tick(&c->agent, c->now_ms);
		c->now_ms += 1000;
	}
}

static void a_phase_is_what_is_green_together(void **state)
{
	(void)state;
	struct corner c;
	begin(&c);
	/* The plan: west and west; south with a right turn that gives way and the crossing; the same without the crossing.
	 */
	const struct safety_plan *p = &c.city.signals[0].plan;
	for (uint8_t s = 0; s < p->stage_n; s++) {
		assert_int_equal(phases_stage(&c.agent.phases, p, &c.agent.phases.of_stage[s]), s);
	}
	struct groups none = {0};
	assert_int_equal(phases_stage(&c.agent.phases, p, &none), STAGE_NONE);
	assert_true(c.agent.phases.n >= p->stage_n && c.agent.phases.n <= p->group_n * 2);
	end(&c);
}

static void it_goes_where_it_is_led_and_stays(void **state)
{
	(void)state;
	struct corner c;
	begin(&c);
	const struct safety_plan *p = &c.city.signals[0].plan;
	for (uint8_t wanted = 0; wanted < p->stage_n - p->extra_n; wanted++) {
		for (int t = 0; t < 60; t++) {
			ask(&c, wanted);
		}
		/* Sixty seconds: longer than its plan would stay. */
		assert_int_equal(stage(&c), wanted);
		assert_int_equal(c.agent.mode, AGENT_SYSTEM);
		struct agent_status s;
		agent_status(&c.agent, c.now_ms, &s);
		assert_true(groups_equal(&s.greens, &c.agent.phases.of_stage[wanted]));
		assert_true(groups_equal(&s.ons, &s.greens));
		assert_true(groups_equal(&s.channel_greens, &c.city.signals[0].plan.stages[wanted].green));
	}
	end(&c);
}

static void in_a_change_its_status_tells_where_it_goes(void **state)
{
	(void)state;
	struct corner c;
	begin(&c);
	const struct safety_plan *p = &c.city.signals[0].plan;
	for (int t = 0; t < 40; t++) {
		ask(&c, 0);
	}
	bool was_yellow = false;
	for (int t = 0; t < 40; t++) {
		struct agent_status s;
		ask(&c, 1);
		agent_status(&c.agent, c.now_ms, &s);
		struct groups to = s.greens;
		for (size_t w = 0; w < GROUP_WORDS; w++) {
			to.w[w] |= s.nexts.w[w];
		}
		assert_int_equal(phases_stage(&c.agent.phases, p, &to), stage(&c));
		was_yellow = was_yellow || groups_meet(&s.yellows, &c.agent.phases.of_stage[0]);
		assert_false(groups_meet(&s.greens, &s.reds) || groups_meet(&s.greens, &s.yellows));
	}
	assert_true(was_yellow);
	end(&c);
}

static void without_orders_it_goes_by_its_plan_within_two_seconds_and_comes_back(void **state)
{
	(void)state;
	struct corner c;
	begin(&c);
	for (int t = 0; t < 50; t++) {
		ask(&c, 1);
	}
	assert_int_equal(stage(&c), 1);
	silence(&c, 2); /* the second ends two seconds after what was set last */
	assert_int_equal(c.agent.mode, AGENT_BACKUP);
	uint32_t there = 0;
	for (int t = 0; t < 120; t++) {
		there += stage(&c) == plan(&c);
		silence(&c, 1);
	}
	assert_true(there > 80); /* all but the changes, and the stages that are too short for a least green */
	struct groups none = {0};
	for (uint32_t o = 0; o < AGENT_ORDERS; o++) {
		assert_true(groups_equal(&c.agent.orders[o], &none));
	}
	for (int t = 0; t < 50; t++) {
		ask(&c, 1);
	}
	assert_int_equal(stage(&c), 1);
	assert_int_equal(c.agent.mode, AGENT_SYSTEM);
	/* Given back: it goes by its plan though the system is there. */
	uint8_t seen[STAGES_MAX] = {0};
	for (int t = 0; t < 120; t++) {
		ask(&c, STAGE_NONE);
		seen[stage(&c)] = 1;
	}
	assert_int_equal(c.agent.mode, AGENT_SYSTEM);
	assert_true(seen[0] && seen[1]);
	end(&c);
}

static void a_backup_time_of_zero_never_ends(void **state)
{
	(void)state;
	struct corner c;
	begin(&c);
	c.agent.backup_s = 0;
	for (int t = 0; t < 50; t++) {
		ask(&c, 1);
	}
	silence(&c, 30);
	assert_int_equal(c.agent.mode, AGENT_SYSTEM);
	assert_int_equal(stage(&c), 1);
	end(&c);
}

static void a_hold_stays_and_a_force_off_leaves_without_any_call(void **state)
{
	(void)state;
	struct corner c;
	struct groups hold[AGENT_ORDERS] = {0}, off[AGENT_ORDERS] = {0};
	begin(&c);
	for (int t = 0; t < 50; t++) {
		ask(&c, 1);
	}
	hold[AGENT_HOLD] = off[AGENT_FORCE_OFF] = c.agent.phases.of_stage[1];
	for (int t = 0; t < 65; t++) {
		order(&c, hold);
		silence(&c, 1);
		assert_int_equal(stage(&c), 1); /* its plan would have gone on, at the latest after a round of 62 s */
	}
	order(&c, off);
	silence(&c, 1);
	assert_int_equal(stage(&c), 0);
	end(&c);
}

static void orders_that_contradict_each_other_harm_nobody(void **state)
{
	(void)state;
	struct corner c;
	struct shown shown = {0};
	struct prng random = seeded();
	begin(&c);
	const struct safety_plan *p = &c.city.signals[0].plan;
	for (int t = 0; t < 3000; t++) {
		for (uint32_t o = 0; o < AGENT_ORDERS; o++) {
			/* Phases that it does not have, too. */
			agent_set(&c.agent, (enum agent_order)o, (uint32_t)prng_below(&random, 40),
			          (uint8_t)prng_below(&random, 256), c.now_ms);
		}
		agent_tick(&c.agent, c.now_ms);
		c.now_ms += 1000;
		struct agent_status s;
		agent_status(&c.agent, c.now_ms, &s);
		safety_show(&c.city.signals[0].state, p, c.now_ms - 1000, shown.now);
		check_letters(p, &shown, c.now_ms - 1000, t == 0);
		for (uint32_t a = 0; a < p->group_n; a++) {
			assert_false(groups_has(&s.channel_greens, a) && groups_meet(&p->conflicts[a], &s.channel_greens));
		}
	}
	end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_phase_is_what_is_green_together),
		cmocka_unit_test(it_goes_where_it_is_led_and_stays),
		cmocka_unit_test(in_a_change_its_status_tells_where_it_goes),
		cmocka_unit_test(without_orders_it_goes_by_its_plan_within_two_seconds_and_comes_back),
		cmocka_unit_test(a_backup_time_of_zero_never_ends),
		cmocka_unit_test(a_hold_stays_and_a_force_off_leaves_without_any_call),
		cmocka_unit_test(orders_that_contradict_each_other_harm_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
