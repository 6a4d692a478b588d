/* Junctions as they should not be, but are: one arm, forty groups, no programme, a left turn that nobody protects, a
 * link of no length. Each is read and led for some minutes; foes never have a full green together. */
#include "brain/city.h"
#include "unit/unit.h"

enum { ARMS_MOST = 40, TICKS = 240 };

enum { TOGETHER = 5 }; /* of forty: eight stages of five; one by one would be more than there may be */
enum programme { ONE_BY_ONE, NONE, ALL_YIELD, BY_FIVES, TOO_MANY };

static int stage_of(int arm, enum programme how)
{
	return how == BY_FIVES ? arm / TOGETHER : arm;
}

/* So many ways in and one out; each meets all others, the later ones give way where both have green. */
static void make(struct buf *t, int arms, enum programme how)
{
	buf_put_c(t, "<net>\n<edge id=\"out\"><lane id=\"out_0\" index=\"0\" speed=\"13\" length=\"0.00\"/></edge>\n");
	for (int i = 0; i < arms; i++) {
		buf_printf(t,
		           "<edge id=\":J_%d\" function=\"internal\"><lane id=\":J_%d_0\" index=\"0\" speed=\"9\" "
		           "length=\"9\"/></edge><edge id=\"a%d\"><lane id=\"a%d_0\" index=\"0\" speed=\"13\" "
		           "length=\"90\"/></edge>\n",
		           i, i, i, i);
	}
	buf_put_c(t, "<tlLogic id=\"J\" type=\"static\" programID=\"0\" offset=\"0\">\n");
	for (int p = 0; how != NONE && p <= (how == ALL_YIELD ? 0 : stage_of(arms - 1, how)); p++) {
		buf_put_c(t, "<phase duration=\"10\" state=\"");
		for (int i = 0; i < arms; i++) {
			buf_put_c(t, how == ALL_YIELD ? (i == 0 ? "G" : "g") : stage_of(i, how) == p ? "G" : "r");
		}
		buf_put_c(t, "\"/>\n");
	}
	buf_put_c(t, "</tlLogic>\n<junction id=\"J\" type=\"traffic_light\" x=\"0\" y=\"0\" incLanes=\"");
	for (int i = 0; i < arms; i++) {
		buf_printf(t, "%sa%d_0", i > 0 ? " " : "", i);
	}
	buf_put_c(t, "\">\n");
	for (int i = 0; i < arms; i++) {
		buf_printf(t, "<request index=\"%d\" response=\"", i);
		for (int k = arms - 1; k >= 0; k--) {
			buf_put_byte(t, stage_of(k, how) < stage_of(i, how) ? '1' : '0');
		}
		buf_put_c(t, "\" foes=\"");
		for (int k = arms - 1; k >= 0; k--) {
			buf_put_byte(t, stage_of(k, how) != stage_of(i, how) ? '1' : '0');
		}
		buf_put_c(t, "\" cont=\"0\"/>\n");
	}
	buf_put_c(t, "</junction>\n");
	for (int i = 0; i < arms; i++) {
		buf_printf(
			t,
			"<connection from=\"a%d\" to=\"out\" fromLane=\"0\" toLane=\"0\" via=\":J_%d_0\" tl=\"J\" linkIndex=\"%d\" "
			"dir=\"%c\"/>\n<connection from=\":J_%d\" to=\"out\" fromLane=\"0\" toLane=\"0\" dir=\"s\"/>\n",
			i, i, i, i == 1 ? 'l' : 's', i);
	}
	buf_put_c(t, "</net>\n");
}

/* How many groups had a full green at some time. */
static uint32_t lead(int arms, enum programme how, const char *controller)
{
	struct buf text;
	struct net n;
	struct city c;
	struct err e = {0};
	struct prng r;
	bool had[GROUPS_MAX] = {false};
	uint32_t served = 0;
	prng_seed(&r, 7);
	buf_init(&text, 1 << 20);
	make(&text, arms, how);
	if (!net_read_sumo(&n, buf_str(&text), &e)) {
		fail_msg("%s", e.text);
	}
	assert_int_equal(n.signal_n, 1);
	assert_int_equal(n.signals[0].group_n, arms);
	assert_true(city_init(&c, &n, &SAFETY_LEGAL, controller_find(str_of(controller)), 0, &e));
	assert_true(c.signals[0].is_led == (how != TOO_MANY));
	for (int t = 0; c.signals[0].is_led && t < TICKS; t++) {
		char letters[GROUPS_MAX], name[16];
		c.now_ms += 1000;
		street_tick(&c.street, c.now_ms);
		for (int i = 0; i < arms; i++) {
			int k = snprintf(name, sizeof name, "a%d_0", i);
			uint32_t lane = net_lane_find(&n, str_from(name, (size_t)k));
			bool is_there = prng_below(&r, 2) == 0;
			assert_true(!is_there || street_see(&c.street, str_from(name, (size_t)k), lane, 89, 0, &e));
		}
		assert_true(city_look(&c, &e) && city_decide(&c, 1, &e));
		city_act(&c);
		safety_show(&c.signals[0].state, &c.signals[0].plan, c.now_ms, letters);
		for (int a = 0; a < arms; a++) {
			served += letters[a] != 'r' && !had[a];
			had[a] = had[a] || letters[a] != 'r';
			for (int b = 0; b < a; b++) {
				bool are_foes = stage_of(a, how) != stage_of(b, how);
				assert_false(are_foes && letters[a] == 'G' && letters[b] == 'G');
				assert_true(!are_foes || how == ALL_YIELD || letters[a] == 'r' || letters[b] == 'r');
			}
		}
	}
	city_release(&c);
	net_release(&n);
	buf_release(&text);
	return served;
}

static void odd_junctions_are_led(void **state)
{
	(void)state;
	static const char *const controllers[] = {"fixed", "actuated", "max-pressure", "horizon"};
	for (size_t i = 0; i < sizeof controllers / sizeof controllers[0]; i++) {
		print_message("%s\n", controllers[i]);
		assert_int_equal(lead(1, ONE_BY_ONE, controllers[i]), 1);
		assert_int_equal(lead(4, ONE_BY_ONE, controllers[i]), 4);
		assert_int_equal(lead(2, ALL_YIELD, controllers[i]), 2); /* a left turn gives way, nobody protects it */
		assert_int_equal(lead(3, NONE, controllers[i]), 3);
		assert_int_equal(lead(ARMS_MOST, BY_FIVES, controllers[i]), ARMS_MOST);
		assert_int_equal(lead(ARMS_MOST, TOO_MANY, controllers[i]), 0); /* it is left alone */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(odd_junctions_are_led)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
