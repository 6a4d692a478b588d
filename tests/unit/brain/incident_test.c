#include "brain/incident.h"

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

enum { ENTRY, LINE, DETECTORS, WAY_S = 12, CARS = 64 };

/* Cars in the order in which they came in, with the second in which they reach the line. */
struct scene {
	struct net net;
	struct sense s;
	struct incidents found;
	struct sense_detector detectors[DETECTORS];
	struct prng random;
	uint32_t near, total[DETECTORS], lost_percent;
	int64_t now_ms;
	int64_t at_line_s[CARS];
	uint32_t car_n;
	bool is_blocked;                        /* half way */
	bool is_green, stands_at_line, has_gps; /* somebody tells that he stands 100 m before the line */
};

static void begin(struct scene *s)
{
	struct err e = {0};
	*s = (struct scene){.now_ms = 1000000, .is_green = true};
	prng_seed(&s->random, 3);
	assert_true(net_read_sumo(&s->net, str_of(street_net), &e));
	s->near = net_lane_find(&s->net, STR("near_0"));
	s->detectors[ENTRY] = (struct sense_detector){s->near, 150};
	s->detectors[LINE] = (struct sense_detector){s->near, 3};
	assert_true(sense_init(&s->s, &s->net, s->detectors, DETECTORS, &e));
	assert_true(incidents_init(&s->found, &s->net, &s->s, &e));
	assert_int_equal(s->found.section_n, 1);
}

static void end(struct scene *s)
{
	incidents_release(&s->found);
	sense_release(&s->s);
	net_release(&s->net);
}

static void hear(struct scene *s, uint32_t detector, uint32_t counted, float occupied)
{
	s->total[detector] += counted;
	if (prng_below(&s->random, 100) >= s->lost_percent) {
		sense_hear(&s->s, detector, s->now_ms, s->total[detector], occupied);
	}
}

static void second(struct scene *s, bool comes)
{
	struct err e = {0};
	int64_t now_s = (s->now_ms += 1000) / 1000;
	const struct net_lane *l = &s->net.lanes[s->near];
	for (uint32_t k = 0; k < l->move_n; k++) {
		s->s.is_green[l->move + k] = s->is_green;
	}
	if (comes && s->car_n < CARS) {
		s->at_line_s[s->car_n++] = s->is_blocked ? INT64_MAX : now_s + WAY_S;
	}
	/* One in two seconds. */
	bool is_there = s->car_n > 0 && s->at_line_s[0] <= now_s && !s->is_blocked;
	bool goes = is_there && s->is_green && now_s % 2 == 0 && !s->stands_at_line;
	if (goes) {
		memmove(s->at_line_s, s->at_line_s + 1, --s->car_n * sizeof *s->at_line_s);
	}
	sense_tick(&s->s, s->now_ms);
	hear(s, ENTRY, comes, comes ? 0.3F : 0);
	if (s->has_gps) {
		struct match_place at = {.x = 250, .y = 0, .speed_mps = 0, .heading_deg = -1, .was_on = NET_NONE};
		assert_true(sense_hear_vehicle(&s->s, STR("v"), &at, &e));
	}
	hear(s, LINE, goes, goes ? 0.3F : (is_there && !s->is_green) || s->stands_at_line ? 1.0F : 0);
	assert_true(sense_end_tick(&s->s, &e));
	assert_true(incidents_look(&s->found, &s->s, &e));
}

/* Traffic as it is, by red and green; a car in eight seconds. Until something is found, or so long. */
static int drive(struct scene *s, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		s->is_green = s->now_ms / 1000 % 60 < 35;
		second(s, prng_below(&s->random, 8) == 0);
		if (s->found.n > 0) {
			return i;
		}
	}
	return seconds;
}

static void traffic_as_it_is_is_no_incident(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	s.lost_percent = 5;
	assert_int_equal(drive(&s, 4 * 3600), 4 * 3600);
	end(&s);
}

static void a_lane_that_nobody_comes_through_is_found_within_two_minutes(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	s.lost_percent = 5;
	drive(&s, 900);
	assert_int_equal(s.found.n, 0);
	s.is_blocked = true;
	assert_true(drive(&s, 300) <= 120);
	const struct incident *it = &s.found.all[0];
	assert_int_equal(it->lane, s.near);
	assert_int_equal(it->link, s.net.lanes[s.near].link);
	assert_int_equal(it->kind, INCIDENT_BLOCKED);
	assert_true(it->sure > 0.5F && it->to_go_m > 3.0F && it->to_go_m < 150.0F);
	/* As long as somebody at the line keeps it from being looked at it is the same one. */
	int64_t id = it->id;
	s.stands_at_line = true;
	s.is_green = false;
	for (int i = 0; i < 90; i++) {
		second(&s, false);
		assert_true(s.found.n == 1 && s.found.all[0].id == id);
	}
	end(&s);
}

static void one_that_went_into_a_garage_is_no_incident_but_makes_it_careful(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	drive(&s, 600);
	for (int i = 0; i < 3; i++) {
		if (s.car_n == 0) {
			second(&s, true);
		}
		s.car_n--;
		assert_int_equal(drive(&s, 600), 600);
	}
	assert_true(s.found.sections[0].shifts >= 2.0F);
	end(&s);
}

static void who_stands_on_the_line_in_green_with_room_behind_is_found(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	drive(&s, 600);
	s.stands_at_line = true;
	assert_true(drive(&s, 300) <= 120);
	assert_int_equal(s.found.all[0].sign, INCIDENT_BY_GREEN);
	/* It goes on: after a while it is not told any more. */
	s.stands_at_line = false;
	for (int i = 0; i < 120; i++) {
		s.is_green = true;
		second(&s, i % 8 == 0);
	}
	assert_int_equal(s.found.n, 0);
	end(&s);
}

static void a_vehicle_that_stands_through_green_is_found_by_its_gps(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	begin(&s);
	struct match_place at = {.x = 250, .y = 0, .speed_mps = 0, .heading_deg = -1, .was_on = NET_NONE};
	int i = 0;
	for (; i < 200 && s.found.n == 0; i++) {
		s.is_green = s.now_ms / 1000 % 60 < 35;
		assert_true(sense_hear_vehicle(&s.s, STR("v"), &at, &e));
		struct err why = {0};
		sense_tick(&s.s, s.now_ms += 1000);
		assert_true(sense_hear_vehicle(&s.s, STR("v"), &at, &e));
		const struct net_lane *l = &s.net.lanes[s.near];
		for (uint32_t k = 0; k < l->move_n; k++) {
			s.s.is_green[l->move + k] = s.is_green;
		}
		assert_true(sense_end_tick(&s.s, &why) && incidents_look(&s.found, &s.s, &why));
	}
	assert_true(i >= 60 && i < 150);
	assert_int_equal(s.found.all[0].sign, INCIDENT_BY_GPS);
	assert_true(s.found.all[0].to_go_m > 80.0F && s.found.all[0].to_go_m < 120.0F);
	end(&s);
}

static void a_queue_explains_who_stands_in_it_until_it_is_gone(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	for (int i = 0; i < 600; i++) {
		s.is_green = s.now_ms / 1000 % 60 < 35;
		s.has_gps = i > 150;
		/* As many come as can go, and at first more. */
		second(&s, i % (i < 100 ? 2 : 4) == 0);
		if (s.car_n < 5) {
			s.at_line_s[s.car_n++] = s.now_ms / 1000;
		}
		assert_int_equal(s.found.n, 0);
	}
	s.car_n = 0;
	int i = 0;
	for (; i < 100 && s.found.n == 0; i++) {
		s.is_green = s.now_ms / 1000 % 60 < 35;
		second(&s, false);
	}
	assert_true(i >= 20 && i < 60);
	assert_int_equal(s.found.all[0].sign, INCIDENT_BY_GPS);
	end(&s);
}

static void a_street_that_is_full_explains_who_stands_before_it(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	begin(&s);
	const struct match_place here = {.x = 250, .y = 0, .heading_deg = -1, .was_on = NET_NONE},
							 behind = {.x = 400, .y = 0, .heading_deg = -1, .was_on = NET_NONE};
	const struct net_lane *l = &s.net.lanes[s.near];
	for (int i = 0; i < 600; i++) {
		sense_tick(&s.s, s.now_ms += 1000);
		assert_true(sense_hear_vehicle(&s.s, STR("v"), &here, &e));
		assert_true(sense_hear_vehicle(&s.s, STR("w"), &behind, &e));
		for (uint32_t k = 0; k < l->move_n; k++) {
			s.s.is_green[l->move + k] = s.now_ms / 1000 % 60 < 35;
		}
		assert_true(sense_end_tick(&s.s, &e) && incidents_look(&s.found, &s.s, &e));
		assert_int_equal(s.found.n, 0);
	}
	end(&s);
}

static void a_dead_or_lying_detector_is_no_incident(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	drive(&s, 600);
	s.lost_percent = 100;
	assert_int_equal(drive(&s, 600), 600);
	s.lost_percent = 0;
	assert_int_equal(drive(&s, 600), 600);
	/* It begins to count four in each second. */
	for (int i = 0; i < 600; i++) {
		s.total[ENTRY] += 4;
		second(&s, false);
	}
	assert_int_equal(s.found.n, 0);
	end(&s);
}

static void a_blocked_lane_counts_for_nothing_when_green_has_shown_it(void **state)
{
	(void)state;
	struct scene s;
	struct city c;
	struct err e = {0};
	begin(&s);
	assert_true(city_init(&c, &s.net, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &e));
	drive(&s, 600);
	s.is_blocked = true;
	drive(&s, 300);
	assert_int_equal(s.found.n, 1);
	s.found.all[0].to_go_m = 15; /* two before it */
	for (int green_s = 0; green_s < 20; green_s++) {
		c.now_ms = 1000000;
		c.signals[0].state.green_ms[0] = c.signals[0].state.green_ms[1] = c.now_ms - green_s * 1000;
		c.seen.lanes[s.near].queue = 9;
		c.seen.come[s.near][5] = 1;
		incidents_tell(&s.found, &c);
		bool is_shown = green_s > 12;
		assert_true((c.seen.lanes[s.near].queue == 0) == is_shown && (c.seen.come[s.near][5] == 0) == is_shown);
	}
	/* It is tried again. */
	c.signals[0].state.green_ms[0] = c.signals[0].state.green_ms[1] = c.now_ms + 1000;
	c.seen.lanes[s.near].queue = 9;
	incidents_tell(&s.found, &c);
	assert_true(c.seen.lanes[s.near].queue == 9);
	city_release(&c);
	end(&s);
}

/* A queue before a red light, the last of which stands `back_m` behind the others; until something is found, or 200 s.
 */
static int wait_in_a_queue(struct scene *s, float back_m, struct city *c)
{
	struct err e = {0};
	int i = 0;
	assert_true(city_init(c, &s->net, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &e));
	assert_true(incidents_init(&s->found, &s->net, NULL, &e));
	for (; i < 200 && s->found.n == 0; i++) {
		c->now_ms += 1000;
		street_tick(&c->street, c->now_ms);
		for (int k = 0; k < 4; k++) {
			char name[8];
			int n = snprintf(name, sizeof name, "%d", k);
			float at_m = 199.0F - 7.5F * (float)k - (k == 3 ? back_m : 0);
			assert_true(street_see(&c->street, str_from(name, (size_t)n), s->near, at_m, 0, &e));
		}
		for (uint32_t g = 0; g < 2; g++) {
			c->signals[0].state.green_ms[g] = c->now_ms; /* no green has lasted */
		}
		assert_true(city_look(c, &e) && incidents_look_whole(&s->found, c, &e));
	}
	return i;
}

static void who_stands_far_behind_the_others_is_found_where_each_is_seen(void **state)
{
	(void)state;
	struct scene s;
	struct city c;
	begin(&s);
	incidents_release(&s.found);
	assert_int_equal(wait_in_a_queue(&s, 0, &c), 200); /* they wait for green */
	city_release(&c);
	incidents_release(&s.found);
	int i = wait_in_a_queue(&s, 40, &c);
	assert_true(i >= 30 && i < 60);
	const struct incident *it = &s.found.all[0];
	assert_int_equal(it->lane, s.near);
	assert_int_equal(it->kind, INCIDENT_BLOCKED);
	assert_true(it->to_go_m > 60.0F && it->to_go_m < 66.0F);
	city_release(&c);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traffic_as_it_is_is_no_incident),
		cmocka_unit_test(a_lane_that_nobody_comes_through_is_found_within_two_minutes),
		cmocka_unit_test(one_that_went_into_a_garage_is_no_incident_but_makes_it_careful),
		cmocka_unit_test(who_stands_on_the_line_in_green_with_room_behind_is_found),
		cmocka_unit_test(a_vehicle_that_stands_through_green_is_found_by_its_gps),
		cmocka_unit_test(a_queue_explains_who_stands_in_it_until_it_is_gone),
		cmocka_unit_test(a_street_that_is_full_explains_who_stands_before_it),
		cmocka_unit_test(a_dead_or_lying_detector_is_no_incident),
		cmocka_unit_test(a_blocked_lane_counts_for_nothing_when_green_has_shown_it),
		cmocka_unit_test(who_stands_far_behind_the_others_is_found_where_each_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
