#include "brain/jam.h"

#include "unit/unit.h"

/* A ring of four links of 75 m, each with a way out, and one link that leads into it */
static const char ring_net[] =
	"<net version=\"1.9\">\n"
	" <edge id=\"a\"><lane id=\"a_0\" index=\"0\" speed=\"13.89\" length=\"75\"/></edge>\n"
	" <edge id=\"b\"><lane id=\"b_0\" index=\"0\" speed=\"13.89\" length=\"75\"/></edge>\n"
	" <edge id=\"c\"><lane id=\"c_0\" index=\"0\" speed=\"13.89\" length=\"75\"/></edge>\n"
	" <edge id=\"d\"><lane id=\"d_0\" index=\"0\" speed=\"13.89\" length=\"75\"/></edge>\n"
	" <edge id=\"in\"><lane id=\"in_0\" index=\"0\" speed=\"13.89\" length=\"150\"/></edge>\n"
	" <edge id=\"out\"><lane id=\"out_0\" index=\"0\" speed=\"13.89\" length=\"150\"/></edge>\n"
	" <connection from=\"a\" to=\"b\" fromLane=\"0\" toLane=\"0\" dir=\"s\"/>\n"
	" <connection from=\"b\" to=\"c\" fromLane=\"0\" toLane=\"0\" dir=\"s\"/>\n"
	" <connection from=\"c\" to=\"d\" fromLane=\"0\" toLane=\"0\" dir=\"s\"/>\n"
	" <connection from=\"d\" to=\"a\" fromLane=\"0\" toLane=\"0\" dir=\"s\"/>\n"
	" <connection from=\"b\" to=\"out\" fromLane=\"0\" toLane=\"0\" dir=\"r\"/>\n"
	" <connection from=\"in\" to=\"a\" fromLane=\"0\" toLane=\"0\" dir=\"r\"/>\n"
	"</net>\n";

struct scene {
	struct net net;
	struct arena arena;
	struct estimate seen;
	struct jam jam;
};

static void begin(struct scene *s)
{
	struct err e = {0};
	assert_true(net_read_sumo(&s->net, str_of(ring_net), &e));
	arena_init(&s->arena, 1 << 20);
	assert_true(estimate_init(&s->seen, &s->net, &e));
	assert_true(jam_init(&s->jam, &s->arena, &s->net, &e));
	for (uint32_t i = 0; i < s->net.move_n; i++) {
		s->seen.taken[i] = 1.0F;
	}
}

static void end(struct scene *s)
{
	estimate_release(&s->seen);
	arena_release(&s->arena);
	net_release(&s->net);
}

static uint32_t lane(const struct scene *s, const char *id)
{
	uint32_t i = net_lane_find(&s->net, str_of(id));
	assert_true(i != NET_NONE);
	return i;
}

static void fill(struct scene *s, const char *id, float stand, float move)
{
	struct lane_seen *l = &s->seen.lanes[lane(s, id)];
	l->halting = stand;
	l->count = stand + move;
}

static float frees(struct scene *s, const char *id)
{
	return s->jam.frees[lane(s, id)];
}

static void nobody_is_in_the_way_of_a_street_that_moves(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	fill(&s, "a_0", 0, 5);
	fill(&s, "b_0", 3, 2);
	jam_look(&s.jam, &s.seen);
	for (uint32_t i = 0; i < s.net.lane_n; i++) {
		assert_true(s.jam.frees[i] == 0);
	}
	/* Ten fit; of those who stand each takes a place, of those on the way some. */
	assert_true(s.jam.fits[lane(&s, "c_0")] == 10.0F);
	assert_true(s.jam.fits[lane(&s, "b_0")] < 7.0F && s.jam.fits[lane(&s, "b_0")] > 5.0F);
	end(&s);
}

static void a_full_link_holds_those_who_want_to_go_elsewhere(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	fill(&s, "c_0", 10, 0);
	fill(&s, "b_0", 6, 0);
	jam_look(&s.jam, &s.seen);
	/* Half of those on b go out: one for each that goes on to c. */
	assert_float_equal(frees(&s, "c_0"), 1.0F, 0.01F);
	/* Those on c have no red light: what holds them is further on. */
	assert_float_equal(frees(&s, "d_0"), 1.0F, 0.01F);
	assert_true(frees(&s, "a_0") == 0);
	/* Further back there is nobody but those who want to go there, and they count once. */
	fill(&s, "a_0", 8, 0);
	jam_look(&s.jam, &s.seen);
	assert_float_equal(frees(&s, "c_0"), 1.0F, 0.01F);
	end(&s);
}

static void a_full_ring_counts_more_than_any_chain(void **state)
{
	(void)state;
	static const char *const ring[] = {"a_0", "b_0", "c_0", "d_0"};
	struct scene s;
	begin(&s);
	for (size_t i = 0; i < 4; i++) {
		fill(&s, ring[i], 10, 0);
	}
	jam_look(&s.jam, &s.seen);
	for (size_t i = 0; i < 4; i++) {
		assert_true(frees(&s, ring[i]) > 2.0F && frees(&s, ring[i]) <= JAM_FREES_MOST);
	}
	assert_true(frees(&s, "in_0") == 0);
	end(&s);
}

static void a_jam_that_ends_is_soon_forgotten(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	fill(&s, "c_0", 10, 0);
	fill(&s, "b_0", 6, 0);
	jam_look(&s.jam, &s.seen);
	fill(&s, "c_0", 0, 3);
	fill(&s, "b_0", 0, 2);
	jam_look(&s.jam, &s.seen);
	assert_true(frees(&s, "c_0") > 0.5F);
	for (int i = 0; i < 30; i++) {
		jam_look(&s.jam, &s.seen);
	}
	assert_true(frees(&s, "c_0") == 0);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_in_the_way_of_a_street_that_moves),
		cmocka_unit_test(a_full_link_holds_those_who_want_to_go_elsewhere),
		cmocka_unit_test(a_full_ring_counts_more_than_any_chain),
		cmocka_unit_test(a_jam_that_ends_is_soon_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
