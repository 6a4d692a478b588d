#include "brain/net.h"

#include "small_net.h"
#include "unit/unit.h"

static void reads_lanes_movements_and_who_meets_whom(void **state)
{
	(void)state;
	struct net n;
	struct err e = {0};
	assert_true(net_read_sumo(&n, str_of(small_net), &e));
	assert_int_equal(n.link_n, 4);
	assert_int_equal(n.signal_n, 1);
	assert_int_equal(n.move_n, 5);
	const struct net_signal *s = &n.signals[0];
	assert_str(s->id, "J");
	assert_int_equal(s->group_n, 5);
	assert_int_equal(s->phase_n, 5);
	assert_int_equal(s->offset_ms, 5000);
	assert_int_equal(s->phases[3].duration_ms, 6000);
	assert_true(groups_has(&s->phases[0].green, 1) && !groups_has(&s->phases[0].green, 2));
	assert_true(groups_has(&s->phases[2].yields, 3) && groups_has(&s->phases[2].green, 3));
	/* Main street against side street; the right turn against the crossing, to which it gives way. */
	assert_true(groups_has(&s->foes[0], 2) && groups_has(&s->foes[2], 0));
	assert_false(groups_has(&s->foes[0], 1));
	assert_true(groups_has(&s->foes[3], 4) && groups_has(&s->cede[3], 4) && !groups_has(&s->cede[4], 3));
	assert_false(groups_has(&s->foes[2], 4));
	uint32_t west = net_lane_find(&n, STR("west_1")), south = net_lane_find(&n, STR("south_0"));
	assert_int_equal(n.lanes[west].move_n, 1);
	assert_int_equal(n.lanes[south].move_n, 2);
	assert_int_equal(n.lanes[net_lane_find(&n, STR("east_0"))].in_n, 2);
	/* The way over the junction, and where it ends. */
	const struct net_move *right = &n.moves[n.lanes[south].move];
	right += n.lanes[right->to].link == n.lanes[net_lane_find(&n, STR("north_0"))].link;
	assert_true(right->turn == 'r' && right->length_m > 13.9F && right->length_m < 14.1F);
	assert_int_equal(n.lanes[net_lane_find(&n, STR(":J_3_0"))].after, net_lane_find(&n, STR("east_0")));
	assert_true(n.lanes[net_lane_find(&n, STR(":J_c0_0"))].is_walk);
	/* A link of no length is a very short one. */
	assert_true(n.lanes[net_lane_find(&n, STR("east_0"))].length_m > 0);
	assert_int_equal(net_lane_find(&n, STR("nowhere_0")), NET_NONE);
	net_release(&n);
}

static void takes_programmes_of_another_file(void **state)
{
	(void)state;
	struct net n;
	struct err e = {0};
	assert_true(net_read_sumo(&n, str_of(small_net), &e));
	assert_true(
		net_read_programmes(&n,
	                        STR("<add><tlLogic id=\"J\" programID=\"night\" offset=\"-2.5\"><phase duration=\"9\" "
	                            "minDur=\"5\" maxDur=\"40\" state=\"GGrrr\"/></tlLogic><tlLogic id=\"K\"><phase "
	                            "duration=\"9\" state=\"G\"/></tlLogic></add>"),
	                        &e));
	assert_int_equal(n.signals[0].phase_n, 1);
	assert_int_equal(n.signals[0].offset_ms, -2500);
	assert_int_equal(n.signals[0].phases[0].most_ms, 40000);
	/* One for more groups than the signal has is not its own. */
	assert_true(net_read_programmes(
		&n, STR("<add><tlLogic id=\"J\"><phase duration=\"9\" state=\"GGGGGGGG\"/></tlLogic></add>"), &e));
	assert_int_equal(n.signals[0].phase_n, 1);
	assert_int_equal(n.signals[0].group_n, 5);
	net_release(&n);
}

static void leaves_out_a_signal_that_makes_no_sense(void **state)
{
	(void)state;
	struct net n;
	struct err e = {0};
	assert_true(net_read_sumo(&n,
	                          STR("<net><tlLogic id=\"A\"><phase duration=\"0\" state=\"G\"/></tlLogic>"
	                              "<tlLogic id=\"B\"><phase duration=\"5\" state=\"GQ\"/></tlLogic>"
	                              "<tlLogic id=\"C\"><phase duration=\"5\" state=\"Gr\"/></tlLogic></net>"),
	                          &e));
	assert_int_equal(n.left_out, 2);
	assert_int_equal(n.signal_n, 1);
	assert_str(n.signals[0].id, "C");
	net_release(&n);
}

static void says_the_line_of_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{"", "line 1: the text ends within an element"},
		{"<net>\n<edge id=\"a\">\n<lane/></edge></net>", "line 3: a lane has no name, or one that stands twice"},
		{"<net>\n<lane id=\"a_0\"/></net>", "line 2: a lane stands outside of an edge"},
		{"<net>\n\n<edge id=\"a\"/>\n<edge id=\"a\"/></net>", "line 4: two edges have one name"},
		{"<additional/>", "line 1: this is no road network"},
		{"<net><edge id=\"a\"></net>", "line 1: an end tag does not match"},
		{"<!DOCTYPE net [<!ENTITY a \"b\">]><net/>", "line 1: a document type is not read here"},
	};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct net n;
		struct err e = {0};
		assert_false(net_read_sumo(&n, str_of(wrong[i].text), &e));
		assert_int_equal(e.code, ERR_BAD_INPUT);
		assert_str(str_of(e.text), wrong[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lanes_movements_and_who_meets_whom),
		cmocka_unit_test(takes_programmes_of_another_file),
		cmocka_unit_test(leaves_out_a_signal_that_makes_no_sense),
		cmocka_unit_test(says_the_line_of_what_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
