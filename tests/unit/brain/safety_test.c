#include "brain/safety.h"

#include "base/buf.h"
#include "safety_check.h"
#include "small_net.h"

/* --- Random signals --------------------------------------------------------------------------------------------------
 */

enum { TICKS = 400 };

/* A net with one signal of random groups, conflicts and phases. Its ways are as long as walkers need some seconds for.
 */
struct town {
	struct net net;
	struct net_signal signal;
	struct net_move moves[GROUPS_MAX];
	uint32_t under[GROUPS_MAX];
	struct groups foes[GROUPS_MAX], cede[GROUPS_MAX];
	struct net_phase phases[12];
};

static void random_town(struct town *t, struct prng *r)
{
	*t = (struct town){0};
	struct net_signal *s = &t->signal;
	s->group_n = 1 + (uint32_t)prng_below(r, prng_below(r, 4) == 0 ? 60 : 12);
	for (uint32_t g = 0; g < s->group_n; g++) {
		bool is_walk = prng_below(r, 4) == 0;
		t->moves[g] = (struct net_move){.group = g, .is_crossing = is_walk, .length_m = (float)prng_below(r, 25)};
		t->under[g] = g;
		for (uint32_t k = 0; k < g; k++) {
			if (prng_below(r, 3) > 0) {
				groups_add(&t->foes[g], k);
				groups_add(&t->foes[k], g);
			}
		}
	}
	s->phase_n = (uint32_t)prng_below(r, 8);
	for (uint32_t i = 0; i < s->phase_n; i++) {
		struct net_phase *p = &t->phases[i];
		p->duration_ms = 1000 + (int32_t)prng_below(r, 40000);
		for (uint32_t g = 0; g < s->group_n; g++) {
			/* An engineer shows foes together now and then: whoever gives way. */
			bool meets = groups_meet(&p->green, &t->foes[g]);
			if (prng_below(r, 2) == 0 && (!meets || prng_below(r, 6) == 0)) {
				groups_add(&p->green, g);
				if (meets) {
					groups_add(&p->yields, g);
				}
			} else if (i > 0 && prng_below(r, 4) == 0) {
				groups_add(&p->yellow, g);
			}
		}
	}
	s->move_n = s->group_n;
	s->phases = t->phases;
	s->foes = t->foes;
	s->cede = t->cede;
	t->net = (struct net){
		.moves = t->moves, .signals = s, .under = t->under, .move_n = s->group_n, .signal_n = 1, .lane_n = 1};
	static struct net_lane lane;
	t->net.lanes = &lane;
}

static void hostile_controllers_never_break_it(void **state)
{
	(void)state;
	struct prng r = seeded();
	static struct town t;
	for (int round = 0; round < 300; round++) {
		struct safety_times times = prng_below(&r, 2) == 0 ? SAFETY_LEGAL : SAFETY_BENCH;
		struct safety_plan p;
		struct safety s;
		struct arena a;
		struct shown w = {0};
		struct err e = {0};
		int64_t ended[GROUPS_MAX], red[GROUPS_MAX], now = 1000000;
		random_town(&t, &r);
		arena_init(&a, 1 << 20);
		if (!safety_plan(&p, &a, &t.net, 0, &times, &e)) {
			assert_int_equal(e.code, ERR_INVALID);
			arena_release(&a);
			continue;
		}
		for (uint32_t g = 0; g < p.group_n; g++) {
			ended[g] = -1;
			red[g] = now;
		}
		assert_true(safety_start(&s, &p, &a, (uint8_t)prng_below(&r, p.stage_n), now, &e));
		enum hostile kind = (enum hostile)prng_below(&r, HOSTILE_N);
		for (int tick = 0; tick < TICKS; tick++) {
			safety_tick(&s, &p, wish_of(kind, &r, &p, tick), now);
			safety_show(&s, &p, now, w.now);
			check_letters(&p, &w, now, tick == 0);
			check_clearing(&p, &w, ended, now);
			for (uint32_t g = 0; g < p.group_n; g++) {
				/* Where a round of all stages does not fit into the shortest maximum, what can be promised is a round,
				 * and the time by which others are more urgent. */
				int64_t most = p.groups[g].most_red_ms, round_ms = (int64_t)(p.stage_n - p.extra_n + 1) * p.longest_ms;
				int64_t urgent_ms = most - times.most_walk_red_ms;
				red[g] = w.now[g] == 'r' || w.now[g] == 'y' ? red[g] : now + 1000; /* since when it is red */
				assert_true(!p.groups[g].is_served ||
				            now - red[g] <= (round_ms <= times.most_walk_red_ms ? most : round_ms + urgent_ms));
			}
			now += 1000;
		}
		arena_release(&a);
	}
}

/* --- One crossroads --------------------------------------------------------------------------------------------------
 */

static void expect_run(const char *wishes, const struct safety_times *times, const char *const *want, size_t n)
{
	struct net net;
	struct safety_plan p;
	struct safety s;
	struct arena a;
	struct err e = {0};
	arena_init(&a, 1 << 20);
	assert_true(net_read_sumo(&net, str_of(small_net), &e));
	assert_true(safety_plan(&p, &a, &net, 0, times, &e));
	assert_int_equal(p.stage_n, 3);
	assert_int_equal(p.extra_n, 1);
	assert_int_equal(p.stages[2].green.w[0], 0xc);
	assert_false(p.stages[2].plan_ms); /* the crossing's own clearance in the programme is no stage */
	assert_int_equal(p.stages[1].plan_ms, 20000);
	assert_true(safety_start(&s, &p, &a, (uint8_t)(wishes[0] - '0'), 0, &e));
	for (size_t i = 0; i < n; i++) {
		char letters[6] = "";
		safety_tick(&s, &p, (uint8_t)(wishes[i] - '0'), (int64_t)i * 1000);
		safety_show(&s, &p, (int64_t)i * 1000, letters);
		assert_string_equal(letters, want[i]);
	}
	arena_release(&a);
	net_release(&net);
}

static void shows_what_the_law_asks_for_between_two_stages(void **state)
{
	(void)state;
	static const char *const legal[] = {
		"rrrrr", "rrrrr", "rrrrr", "rrrrr", "rrrrr", "rrrrr", "GGrrr", /* nothing is known: the walkers' 7.2 m clear */
		"GGrrr", "GGrrr", "GGrrr", "GGrrr", "GGrrr", "yyrrr", "yyrrr", "yyrrr", "rrrrr", "rrrrr", "rrGgG", "rrGgG",
		"rrGgG", "rrGgG", "rrGgG", "rrGgG", "rryyr", "rryyr", "rryyr", "rrrrr", "rrrrr", "rrrrr", "GGrrr",
	};
	expect_run("000000011111111111111110000000", &SAFETY_LEGAL, legal, sizeof legal / sizeof legal[0]);
	static const char *const bench[] = {"rrrrr", "rrrrr", "rrrrr", "GGrrr", "GGrrr", "GGrrr", "GGrrr",
	                                    "GGrrr", "yyrrr", "yyrrr", "yyrrr", "rrGgG", "rrGgG"};
	expect_run("0001111111111", &SAFETY_BENCH, bench, sizeof bench / sizeof bench[0]);
	/* People need 9 s for the crossing, cars 5 s: these go on for 4 s while those have red. */
	struct safety_times slow = SAFETY_LEGAL;
	slow.walk_mps = 0.79F;
	static const char *const goes_on[] = {"rrrrr", "rrrrr", "rrrrr", "rrrrr", "rrrrr", "rrrrr", "rrrrr",
	                                      "rrrrr", "rrrrr", "rrrrr", "rrGgG", "rrGgG", "rrGgG", "rrGgG",
	                                      "rrGgG", "rrGgG", "rrGgr", "rrGgr", "rrGgr", "rrGgr", "rryyr",
	                                      "rryyr", "rryyr", "rrrrr", "rrrrr", "rrrrr", "GGrrr"};
	expect_run("110000000000000000000000000", &slow, goes_on, sizeof goes_on / sizeof goes_on[0]);
}

static void a_signal_without_a_programme_gets_protected_stages(void **state)
{
	(void)state;
	static struct town t;
	struct safety_plan p;
	struct arena a;
	struct err e = {0};
	t = (struct town){0};
	t.signal = (struct net_signal){.group_n = 4, .move_n = 4, .phases = t.phases, .foes = t.foes, .cede = t.cede};
	for (uint32_t g = 0; g < 4; g++) {
		t.moves[g] = (struct net_move){.group = g};
		t.under[g] = g;
	}
	/* 0 and 1 exclude 2; 3 goes with all. */
	groups_add(&t.foes[0], 2);
	groups_add(&t.foes[2], 0);
	groups_add(&t.foes[1], 2);
	groups_add(&t.foes[2], 1);
	t.net = (struct net){.moves = t.moves, .signals = &t.signal, .under = t.under, .signal_n = 1};
	arena_init(&a, 1 << 20);
	assert_true(safety_plan(&p, &a, &t.net, 0, &SAFETY_LEGAL, &e));
	assert_int_equal(p.stage_n, 2);
	assert_int_equal(p.stages[0].green.w[0], 0xb);
	assert_int_equal(p.stages[1].green.w[0], 0xc);
	assert_false(p.groups[3].is_served); /* always green */
	t.signal.group_n = t.signal.move_n = 0;
	assert_false(safety_plan(&p, &a, &t.net, 0, &SAFETY_LEGAL, &e));
	arena_release(&a);
}

/* So many groups that do not meet, and a programme of phases in SUMO's letters, ten seconds each. */
static void town_of(struct town *t, uint32_t group_n, const char *const *phases, uint32_t phase_n)
{
	static struct net_lane lane;
	*t = (struct town){0};
	t->signal = (struct net_signal){.group_n = group_n,
	                                .move_n = group_n,
	                                .phase_n = phase_n,
	                                .phases = t->phases,
	                                .foes = t->foes,
	                                .cede = t->cede};
	for (uint32_t g = 0; g < group_n; g++) {
		t->moves[g] = (struct net_move){.group = g};
		t->under[g] = g;
		for (uint32_t i = 0; i < phase_n; i++) {
			t->phases[i].duration_ms = 10000;
			if (phases[i][g] == 'y') {
				groups_add(&t->phases[i].yellow, g);
			} else if (phases[i][g] != 'r') {
				groups_add(&t->phases[i].green, g);
			}
			if (phases[i][g] == 'g') {
				groups_add(&t->phases[i].yields, g);
			}
		}
	}
	t->net = (struct net){.moves = t->moves,
	                      .lanes = &lane,
	                      .signals = &t->signal,
	                      .under = t->under,
	                      .move_n = group_n,
	                      .lane_n = 1,
	                      .signal_n = 1};
}

static void people_have_times_of_their_own(void **state)
{
	(void)state;
	static struct town t;
	static const char *const phases[] = {"Grr", "rGG"};
	struct safety_times times = SAFETY_LEGAL;
	struct safety_plan p;
	struct safety s;
	struct arena a;
	struct err e = {0};
	times.walk_ms = 15000;
	town_of(&t, 3, phases, 2);
	t.moves[1].is_crossing = true;
	t.moves[1].length_m = 18;
	groups_add(&t.foes[0], 1);
	groups_add(&t.foes[1], 0);
	arena_init(&a, 1 << 20);
	assert_true(safety_plan(&p, &a, &t.net, 0, &times, &e));
	assert_int_equal(p.groups[1].least_green_ms, 15000);
	assert_int_equal(p.groups[2].least_green_ms, SAFETY_LEGAL.least_green_ms);
	assert_in_range(p.groups[1].clear_ms, 14990, 15000); /* 18 m at 1.2 m/s */
	assert_int_equal(p.groups[1].yellow_ms, 0);
	assert_true(safety_start(&s, &p, &a, 0, 0, &e));
	safety_follow(&s, &p, 7, 0); /* no stage: nothing was seen */
	assert_int_equal(s.stage, 0);
	/* A controller that never thinks of them; then one that takes their green from them as soon as it can. */
	int64_t green_ms = -1, ended_ms = -1;
	for (int64_t now = 0; now < 300000; now += 1000) {
		char letters[3];
		safety_tick(&s, &p, 0, now);
		safety_show(&s, &p, now, letters);
		if (letters[1] == 'G' && green_ms < 0) {
			green_ms = now;
			assert_true(now <= SAFETY_LEGAL.most_walk_red_ms);
		} else if (letters[1] == 'r' && green_ms >= 0 && ended_ms < 0) {
			ended_ms = now;
			assert_true(now - green_ms >= 15000);
		}
		/* They clear the way before anybody drives over it. */
		assert_true(ended_ms < 0 || now - ended_ms >= 15000 || letters[0] == 'r');
		if (ended_ms >= 0 && letters[1] == 'G') {
			assert_true(now - ended_ms <= SAFETY_LEGAL.most_walk_red_ms);
			green_ms = now;
			ended_ms = -1;
		}
	}
	assert_true(green_ms > 0);
	arena_release(&a);
}

static void only_phases_without_yellow_are_stages(void **state)
{
	(void)state;
	static struct town t;
	static const char *const phases[] = {"GGr", "Gyr", "rrG", "yrG", "rry"};
	struct safety_plan p;
	struct arena a;
	struct err e = {0};
	town_of(&t, 3, phases, 5);
	arena_init(&a, 1 << 20);
	assert_true(safety_plan(&p, &a, &t.net, 0, &SAFETY_LEGAL, &e));
	assert_int_equal(p.stage_n, 2);
	assert_int_equal(p.stages[0].green.w[0], 0x3);
	assert_int_equal(p.stages[1].green.w[0], 0x4);
	/* One that is green beside a yellow alone, and in no other phase. */
	static const char *const beside[] = {"Grr", "yGr", "rrG"};
	town_of(&t, 3, beside, 3);
	assert_true(safety_plan(&p, &a, &t.net, 0, &SAFETY_LEGAL, &e));
	assert_int_equal(p.stage_n, 2);
	arena_release(&a);
}

static void who_shares_a_group_with_wheels_has_yellow_and_is_never_left_out(void **state)
{
	(void)state;
	static struct town t;
	static const char *const phases[] = {"GGr", "rrG"};
	struct safety_plan p;
	struct arena a;
	struct err e = {0};
	town_of(&t, 3, phases, 2);
	/* Group 1 is a crossing's and, by a second way, a car's. */
	t.moves[1].is_crossing = true;
	t.moves[3] = (struct net_move){.group = 1};
	t.under[3] = 3;
	t.signal.move_n = t.net.move_n = 4;
	arena_init(&a, 1 << 20);
	assert_true(safety_plan(&p, &a, &t.net, 0, &SAFETY_LEGAL, &e));
	assert_int_equal(p.extra_n, 0);
	assert_int_equal(p.groups[1].yellow_ms, SAFETY_LEGAL.yellow_ms);
	assert_false(p.groups[1].is_walk);
	arena_release(&a);
}

static void yellow_is_followed_by_red_even_when_nobody_else_comes(void **state)
{
	(void)state;
	static struct town t;
	static const char *const phases[] = {"GG", "gr"}; /* the first gives way in one: a stage of its own */
	struct safety_plan p;
	struct safety s;
	struct shown w = {0};
	struct arena a;
	struct err e = {0};
	town_of(&t, 2, phases, 2);
	arena_init(&a, 1 << 20);
	assert_true(safety_plan(&p, &a, &t.net, 0, &SAFETY_BENCH, &e));
	assert_int_equal(p.stage_n, 2);
	assert_true(safety_start(&s, &p, &a, 0, 0, &e));
	uint32_t yellows = 0;
	for (int t_s = 0; t_s < TICKS; t_s++) {
		/* To the other stage, and back as soon as may be. */
		safety_tick(&s, &p, s.stage == 0 ? 1 : 0, t_s * 1000);
		safety_show(&s, &p, t_s * 1000, w.now);
		yellows += w.now[1] == 'y';
		check_letters(&p, &w, t_s * 1000, t_s == 0);
	}
	assert_true(yellows > 3 * 10);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_what_the_law_asks_for_between_two_stages),
		cmocka_unit_test(a_signal_without_a_programme_gets_protected_stages),
		cmocka_unit_test(people_have_times_of_their_own),
		cmocka_unit_test(only_phases_without_yellow_are_stages),
		cmocka_unit_test(who_shares_a_group_with_wheels_has_yellow_and_is_never_left_out),
		cmocka_unit_test(yellow_is_followed_by_red_even_when_nobody_else_comes),
		cmocka_unit_test(hostile_controllers_never_break_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
