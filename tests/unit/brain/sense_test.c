#include "brain/sense.h"

#include <math.h>

#include "base/rand.h"
#include "unit/unit.h"

/* A street to the east: 150 m without a signal, 200 m to a signal, then on or off to the side. Another one runs back.
 */
static const char street_net[] =
	"<net version=\"1.9\">\n"
	" <edge id=\"far\"><lane id=\"far_0\" index=\"0\" speed=\"14\" length=\"150\" shape=\"0,0 150,0\"/></edge>\n"
	" <edge id=\"near\"><lane id=\"near_0\" index=\"0\" speed=\"14\" length=\"200\" shape=\"150,0 350,0\"/></edge>\n"
	" <edge id=\"out\"><lane id=\"out_0\" index=\"0\" speed=\"14\" length=\"200\" shape=\"360,0 560,0\"/></edge>\n"
	" <edge id=\"side\"><lane id=\"side_0\" index=\"0\" speed=\"14\" length=\"200\" shape=\"355,-5 "
	"355,-205\"/></edge>\n"
	" <edge id=\"back\"><lane id=\"back_0\" index=\"0\" speed=\"14\" length=\"350\" shape=\"350,7 0,7\"/></edge>\n"
	" <tlLogic id=\"J\" type=\"static\" programID=\"0\" offset=\"0\">\n"
	"  <phase duration=\"30\" state=\"GG\"/>\n  <phase duration=\"3\" state=\"yy\"/>\n"
	"  <phase duration=\"30\" state=\"rr\"/>\n </tlLogic>\n"
	" <junction id=\"J\" type=\"traffic_light\" x=\"355\" y=\"0\" incLanes=\"near_0\">\n"
	"  <request index=\"0\" response=\"00\" foes=\"00\" cont=\"0\"/>\n"
	"  <request index=\"1\" response=\"00\" foes=\"00\" cont=\"0\"/>\n </junction>\n"
	" <connection from=\"far\" to=\"near\" fromLane=\"0\" toLane=\"0\" dir=\"s\"/>\n"
	" <connection from=\"near\" to=\"out\" fromLane=\"0\" toLane=\"0\" tl=\"J\" linkIndex=\"0\" dir=\"s\"/>\n"
	" <connection from=\"near\" to=\"side\" fromLane=\"0\" toLane=\"0\" tl=\"J\" linkIndex=\"1\" dir=\"r\"/>\n"
	"</net>\n";

enum { ENTRY, LINE, DETECTORS };

struct scene {
	struct net net;
	struct sense s;
	struct estimate seen;
	struct sense_detector detectors[DETECTORS];
	uint32_t near, far, back;
	int64_t now_ms;
	uint32_t total[DETECTORS];
	bool is_silent[DETECTORS];
	float line_occupied; /* what the one at the line says when nobody passes */
};

static void begin(struct scene *s)
{
	struct err e = {0};
	*s = (struct scene){.now_ms = 1000000};
	assert_true(net_read_sumo(&s->net, str_of(street_net), &e));
	s->near = net_lane_find(&s->net, STR("near_0"));
	s->far = net_lane_find(&s->net, STR("far_0"));
	s->back = net_lane_find(&s->net, STR("back_0"));
	s->detectors[ENTRY] = (struct sense_detector){s->near, 150};
	s->detectors[LINE] = (struct sense_detector){s->near, 3};
	assert_true(sense_init(&s->s, &s->net, s->detectors, DETECTORS, &e));
	assert_true(estimate_init(&s->seen, &s->net, &e));
	assert_true(s->s.watch[LINE].is_at_line && !s->s.watch[ENTRY].is_at_line);
}

static void end(struct scene *s)
{
	estimate_release(&s->seen);
	sense_release(&s->s);
	net_release(&s->net);
}

static void show(struct scene *s, bool is_green)
{
	const struct net_lane *l = &s->net.lanes[s->near];
	for (uint32_t k = 0; k < l->move_n; k++) {
		s->s.is_green[l->move + k] = is_green;
	}
}

static void second(struct scene *s, uint32_t enter, uint32_t leave)
{
	struct err e = {0};
	s->now_ms += 1000;
	sense_tick(&s->s, s->now_ms);
	s->total[ENTRY] += enter;
	s->total[LINE] += leave;
	if (!s->is_silent[ENTRY]) {
		sense_hear(&s->s, ENTRY, s->now_ms, s->total[ENTRY], enter > 0 ? 0.3F : 0);
	}
	if (!s->is_silent[LINE]) {
		sense_hear(&s->s, LINE, s->now_ms, s->total[LINE], leave > 0 ? 0.3F : s->line_occupied);
	}
	assert_true(sense_end_tick(&s->s, &e));
	sense_estimate(&s->s, &s->seen);
}

static void seconds(struct scene *s, int n)
{
	for (int i = 0; i < n; i++) {
		second(s, 0, 0);
	}
}

static void enter(struct scene *s, int cars)
{
	for (int i = 0; i < cars; i++) {
		second(s, 1, 0);
		second(s, 0, 0);
	}
}

static float queue(const struct scene *s)
{
	return s->seen.lanes[s->near].queue;
}

static void who_was_counted_stands_at_red_and_goes_when_counted_again(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 2);
	second(&s, 1, 0);
	assert_true(s.seen.lanes[s.near].count == 1.0F && queue(&s) == 0);
	enter(&s, 4);
	s.line_occupied = 1;
	seconds(&s, 20);
	assert_true(queue(&s) == 5.0F && s.seen.lanes[s.near].head_stands);
	float before = sense_doubt(&s.s, s.near);
	assert_true(before > 0.3F && before < 2.0F);
	show(&s, true);
	for (int i = 0; i < 5; i++) {
		second(&s, 0, 1);
		second(&s, 0, 0);
	}
	s.line_occupied = 0;
	seconds(&s, 6);
	assert_true(s.seen.lanes[s.near].count == 0);
	/* Nobody on it while it is green: that is sure. */
	assert_true(sense_doubt(&s.s, s.near) < before);
	end(&s);
}

static void a_lost_count_is_made_good_when_the_line_is_free_in_green(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 2);
	enter(&s, 6);
	seconds(&s, 1);
	second(&s, 0, 1); /* the first comes to stand on it */
	s.line_occupied = 1;
	seconds(&s, 20);
	assert_true(queue(&s) == 6.0F);
	show(&s, true);
	s.line_occupied = 0;
	for (int i = 0; i < 3; i++) { /* two of six are not counted */
		second(&s, 0, 1);
	}
	second(&s, 0, 0);
	assert_true(s.seen.lanes[s.near].count == 2.0F);
	seconds(&s, 12);
	assert_true(s.seen.lanes[s.near].count == 0);
	assert_int_equal(s.s.watch[LINE].health, SENSE_WELL);
	end(&s);
}

static void who_was_counted_and_stops_at_the_line_in_green_is_still_there(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	uint32_t out = net_lane_find(&s.net, STR("out_0")), side = net_lane_find(&s.net, STR("side_0"));
	show(&s, true);
	seconds(&s, 2);
	enter(&s, 2);
	seconds(&s, 8);
	second(&s, 0, 1); /* he gives way to somebody */
	s.line_occupied = 1;
	seconds(&s, 6);
	assert_true(s.seen.lanes[s.near].count == 2.0F && queue(&s) == 2.0F);
	assert_true(s.seen.lanes[out].count + s.seen.lanes[side].count == 0);
	s.line_occupied = 0;
	second(&s, 0, 0);
	assert_true(s.seen.lanes[s.near].count == 1.0F);
	assert_true(s.seen.lanes[out].count + s.seen.lanes[side].count == 1.0F);
	end(&s);
}

static void who_waits_behind_one_that_is_counted_late_is_still_awaited(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	show(&s, true);
	seconds(&s, 2);
	enter(&s, 2);
	seconds(&s, 10);
	assert_true(s.seen.lanes[s.near].count == 2.0F);
	second(&s, 0, 1);
	seconds(&s, 3);
	assert_true(s.seen.lanes[s.near].count == 1.0F);
	second(&s, 0, 1);
	second(&s, 0, 0);
	assert_true(s.seen.lanes[s.near].count == 0);
	end(&s);
}

static void who_is_awaited_and_does_not_come_is_soon_not_told_any_more(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	const struct match_place at = {.x = 100, .y = 0, .speed_mps = 14, .heading_deg = 90, .was_on = NET_NONE};
	begin(&s);
	seconds(&s, 2);
	assert_true(sense_hear_vehicle(&s.s, STR("bus"), &at, &e));
	seconds(&s, 7);
	assert_true(s.seen.lanes[s.near].count == 1.0F);
	while (s.s.count[s.near] == 1 && s.seen.lanes[s.near].count > 0) {
		seconds(&s, 1);
	}
	assert_int_equal(s.s.count[s.near], 1); /* he may yet be counted */
	second(&s, 1, 0);
	assert_true(s.seen.lanes[s.near].count == 1.0F);
	end(&s);
}

static void nobody_stands_on_a_free_detector_at_red(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 2);
	enter(&s, 3); /* they turned off before the line, or changed to another lane */
	seconds(&s, 30);
	assert_true(s.seen.lanes[s.near].count == 0);
	s.line_occupied = 1;
	seconds(&s, 4);
	assert_true(queue(&s) == 1.0F);
	end(&s);
}

static void a_dead_detector_is_noticed_and_done_without(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 2);
	assert_int_equal(s.s.watch[LINE].health, SENSE_WELL);
	s.is_silent[LINE] = true;
	seconds(&s, 6);
	assert_int_equal(s.s.watch[LINE].health, SENSE_DEAD);
	enter(&s, 4);
	seconds(&s, 15);
	assert_true(queue(&s) == 4.0F);
	float before = sense_doubt(&s.s, s.near);
	/* Those who have green go, one in two seconds. */
	show(&s, true);
	seconds(&s, 20);
	assert_true(s.seen.lanes[s.near].count == 0);
	assert_true(sense_doubt(&s.s, s.near) > before);
	s.is_silent[LINE] = false;
	seconds(&s, 1);
	assert_int_equal(s.s.watch[LINE].health, SENSE_WELL);
	end(&s);
}

static void behind_a_dead_entry_those_from_further_back_are_awaited(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	struct match_place at = {.x = 60, .y = 1, .speed_mps = 13, .heading_deg = 90, .was_on = NET_NONE};
	begin(&s);
	s.is_silent[ENTRY] = s.is_silent[LINE] = true;
	seconds(&s, 7);
	assert_int_equal(s.s.watch[ENTRY].health, SENSE_DEAD);
	assert_true(sense_hear_vehicle(&s.s, STR("v"), &at, &e));
	seconds(&s, 30);
	assert_true(queue(&s) == 1.0F);
	end(&s);
}

static void a_signal_whose_detectors_are_all_dead_goes_by_its_plan_until_one_speaks(void **state)
{
	(void)state;
	struct scene s;
	struct city c;
	struct err e = {0};
	begin(&s);
	assert_true(city_init(&c, &s.net, &SAFETY_LEGAL, controller_find(STR("horizon")), s.now_ms, &e));
	seconds(&s, 2);
	sense_find_blind(&s.s, &c);
	assert_true(!c.signals[0].is_blind && city_decide(&c, 1, &e) && c.signals[0].wish != STAGE_NONE);
	s.is_silent[ENTRY] = true;
	seconds(&s, 10);
	sense_find_blind(&s.s, &c);
	assert_false(c.signals[0].is_blind); /* the other one still tells */
	s.is_silent[LINE] = true;
	seconds(&s, 6);
	sense_find_blind(&s.s, &c);
	assert_true(c.signals[0].is_blind && city_decide(&c, 1, &e));
	assert_int_equal(c.signals[0].wish, STAGE_NONE);
	s.is_silent[LINE] = false;
	seconds(&s, 2);
	sense_find_blind(&s.s, &c);
	assert_true(!c.signals[0].is_blind && city_decide(&c, 1, &e) && c.signals[0].wish != STAGE_NONE);
	city_release(&c);
	end(&s);
}

static void a_stuck_detector_is_noticed(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 2);
	s.line_occupied = 1;
	for (int cycle = 0; cycle < 4; cycle++) {
		show(&s, cycle % 2 == 1);
		seconds(&s, 50);
	}
	assert_int_equal(s.s.watch[LINE].health, SENSE_STUCK);
	/* It held somebody there that nobody saw come: he goes with the next green. */
	show(&s, true);
	seconds(&s, 10);
	assert_true(s.seen.lanes[s.near].count == 0);
	s.line_occupied = 0;
	seconds(&s, 1);
	assert_int_equal(s.s.watch[LINE].health, SENSE_WELL);
	end(&s);
}

static void one_that_counts_more_than_can_pass_is_not_believed(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	for (int i = 0; i < 40; i++) {
		second(&s, 3, 0);
	}
	assert_int_equal(s.s.watch[ENTRY].health, SENSE_BABBLES);
	show(&s, true);
	seconds(&s, 60);
	assert_true(s.seen.lanes[s.near].count == 0);
	assert_int_equal(s.s.watch[ENTRY].health, SENSE_WELL);
	end(&s);
}

static void one_that_misses_all_cars_is_not_believed(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 2);
	/* It says each second that it is free, while those who came must have passed it. */
	for (int cycle = 0; cycle < 3; cycle++) {
		show(&s, false);
		enter(&s, 4);
		seconds(&s, 15);
		show(&s, true);
		seconds(&s, 15);
	}
	assert_int_equal(s.s.watch[LINE].health, SENSE_MISSES);
	show(&s, false);
	enter(&s, 3);
	seconds(&s, 15);
	show(&s, true);
	seconds(&s, 3);
	/* Now they go one by one, and are not wiped off. */
	assert_true(s.seen.lanes[s.near].count > 0 && s.seen.lanes[s.near].count < 3.0F);
	second(&s, 0, 1);
	assert_int_equal(s.s.watch[LINE].health, SENSE_WELL);
	end(&s);
}

static void twice_told_counts_once_and_late_counts_further_on(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 5);
	int64_t now = s.now_ms;
	sense_tick(&s.s, s.now_ms += 1000);
	sense_hear(&s.s, ENTRY, now + 1000, 1, 0.3F);
	sense_hear(&s.s, ENTRY, now + 1000, 1, 0.3F);
	assert_int_equal(s.s.stale, 1);
	assert_int_equal(s.s.count[s.near], 1);
	s.is_silent[ENTRY] = true;
	seconds(&s, 4);
	/* The four that were held back come at once, the newest first; one car passed in that time. */
	for (int k = 4; k >= 1; k--) {
		sense_hear(&s.s, ENTRY, now + 1000 + k * 1000, k >= 2 ? 2 : 1, 0);
	}
	assert_int_equal(s.s.stale, 4);
	assert_int_equal(s.s.count[s.near], 2);
	float ahead = 150.0F - s.s.ghosts[s.s.first[s.near] + 1].to_go_m;
	assert_true(ahead > 15.0F && ahead < 35.0F); /* between one and two seconds at 14 m/s */
	sense_hear(&s.s, ENTRY, now - 20000, 1, 0.3F);
	sense_hear(&s.s, ENTRY, now + 60000, 1, 0.3F);
	assert_int_equal(s.s.late, 1);
	assert_int_equal(s.s.early, 1);
	assert_int_equal(s.s.count[s.near], 2);
	end(&s);
}

static void what_a_lost_message_would_have_told_the_next_one_does(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 2);
	s.is_silent[ENTRY] = true;
	second(&s, 1, 0);
	s.is_silent[ENTRY] = false;
	assert_int_equal(s.s.count[s.near], 0);
	second(&s, 0, 0);
	assert_int_equal(s.s.count[s.near], 1);
	/* It was switched off and on: that is no car, and no four billion of them. */
	s.total[ENTRY] = 0;
	second(&s, 0, 0);
	second(&s, 1, 0);
	assert_int_equal(s.s.count[s.near], 2);
	assert_int_equal(s.s.watch[ENTRY].health, SENSE_WELL);
	end(&s);
}

static void an_occupied_entry_means_a_queue_up_to_it(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	seconds(&s, 2);
	for (int i = 0; i < 6; i++) {
		sense_tick(&s.s, s.now_ms += 1000);
		struct err e = {0};
		sense_hear(&s.s, ENTRY, s.now_ms, 0, 1);
		sense_hear(&s.s, LINE, s.now_ms, 0, 1);
		assert_true(sense_end_tick(&s.s, &e));
	}
	sense_estimate(&s.s, &s.seen);
	assert_true(queue(&s) >= 20.0F && queue(&s) <= 22.0F); /* 150 m */
	end(&s);
}

static void a_vehicle_that_stands_says_how_far_the_queue_reaches(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	struct match_place at = {.x = 290, .y = -3, .speed_mps = 0, .heading_deg = -1, .was_on = NET_NONE};
	begin(&s);
	seconds(&s, 7);
	s.line_occupied = 1;
	assert_true(sense_hear_vehicle(&s.s, STR("v"), &at, &e));
	seconds(&s, 1);
	assert_true(queue(&s) >= 8.0F && queue(&s) <= 10.0F); /* 60 m */
	end(&s);
}

static void places_are_matched_by_way_and_heading(void **state)
{
	(void)state;
	struct scene s;
	float at = 0;
	begin(&s);
	struct match_place p = {.x = 250, .y = 3.6F, .speed_mps = 10, .heading_deg = 90, .was_on = NET_NONE};
	assert_int_equal(match_find(&s.s.match, &p, &at), s.near);
	assert_true(at > 99.0F && at < 101.0F);
	p.heading_deg = 270;
	assert_int_equal(match_find(&s.s.match, &p, &at), s.back);
	/* One that stands has no heading, but it came from somewhere. */
	p.speed_mps = 0;
	p.was_on = s.net.lanes[s.far].link;
	assert_int_equal(match_find(&s.s.match, &p, &at), s.near);
	p.y = 200;
	assert_int_equal(match_find(&s.s.match, &p, &at), NET_NONE);
	p.y = NAN;
	assert_int_equal(match_find(&s.s.match, &p, &at), NET_NONE);
	end(&s);
}

static void vehicles_are_forgotten_within_a_minute(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	struct match_place at = {.x = 290, .y = 0, .speed_mps = 5, .heading_deg = 90, .was_on = NET_NONE};
	begin(&s);
	seconds(&s, 1);
	assert_true(sense_hear_vehicle(&s.s, STR("a car of somebody"), &at, &e));
	seconds(&s, 2);
	uint32_t known = 0;
	for (uint32_t i = 0; i < s.s.gps.car_n; i++) {
		known += s.s.gps.cars[i].name != NULL;
	}
	assert_int_equal(known, 1);
	seconds(&s, 57);
	for (uint32_t i = 0; i < s.s.gps.car_n; i++) {
		assert_null(s.s.gps.cars[i].name);
	}
	end(&s);
}

static void nonsense_does_no_harm(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	struct prng r;
	begin(&s);
	prng_seed(&r, 7);
	for (int i = 0; i < 2000; i++) {
		sense_tick(&s.s, s.now_ms += 1000);
		show(&s, i / 30 % 2 == 0);
		for (uint64_t k = prng_below(&r, 6); k > 0; k--) {
			int64_t at_ms = s.now_ms + (int64_t)prng_below(&r, 40000) - 30000;
			float occupied = k == 5 ? NAN : (float)prng_below(&r, 30) / 10.0F - 1.0F;
			sense_hear(&s.s, (uint32_t)prng_below(&r, 4), at_ms, (uint32_t)prng_below(&r, 100), occupied);
			struct match_place at = {.x = (float)prng_below(&r, 700) - 50.0F,
			                         .y = (float)prng_below(&r, 60) - 30.0F,
			                         .speed_mps = (float)prng_below(&r, 100) - 20.0F,
			                         .heading_deg = (float)prng_below(&r, 800) - 100.0F,
			                         .was_on = (uint32_t)prng_below(&r, 9)};
			assert_true(sense_hear_vehicle(&s.s, k % 2 == 0 ? STR("v") : STR("w"), &at, &e));
			sense_hear_walkers(&s.s, (uint32_t)prng_below(&r, 9), -1, NAN);
		}
		assert_true(sense_end_tick(&s.s, &e));
		sense_estimate(&s.s, &s.seen);
		for (uint32_t l = 0; l < s.net.lane_n; l++) {
			float fits = s.net.lanes[l].length_m / 6.0F + 5.0F;
			assert_true(s.seen.lanes[l].count >= 0 && s.seen.lanes[l].count <= fits);
			assert_true(sense_doubt(&s.s, l) <= fits);
		}
	}
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_counted_stands_at_red_and_goes_when_counted_again),
		cmocka_unit_test(a_lost_count_is_made_good_when_the_line_is_free_in_green),
		cmocka_unit_test(who_was_counted_and_stops_at_the_line_in_green_is_still_there),
		cmocka_unit_test(who_waits_behind_one_that_is_counted_late_is_still_awaited),
		cmocka_unit_test(who_is_awaited_and_does_not_come_is_soon_not_told_any_more),
		cmocka_unit_test(nobody_stands_on_a_free_detector_at_red),
		cmocka_unit_test(a_dead_detector_is_noticed_and_done_without),
		cmocka_unit_test(behind_a_dead_entry_those_from_further_back_are_awaited),
		cmocka_unit_test(a_signal_whose_detectors_are_all_dead_goes_by_its_plan_until_one_speaks),
		cmocka_unit_test(a_stuck_detector_is_noticed),
		cmocka_unit_test(one_that_counts_more_than_can_pass_is_not_believed),
		cmocka_unit_test(one_that_misses_all_cars_is_not_believed),
		cmocka_unit_test(twice_told_counts_once_and_late_counts_further_on),
		cmocka_unit_test(what_a_lost_message_would_have_told_the_next_one_does),
		cmocka_unit_test(an_occupied_entry_means_a_queue_up_to_it),
		cmocka_unit_test(a_vehicle_that_stands_says_how_far_the_queue_reaches),
		cmocka_unit_test(places_are_matched_by_way_and_heading),
		cmocka_unit_test(vehicles_are_forgotten_within_a_minute),
		cmocka_unit_test(nonsense_does_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
