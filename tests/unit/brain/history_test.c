#include "brain/demand.h"

#include <math.h>
#include <unistd.h>

#include "small_net.h"
#include "unit/unit.h"

static bool is_near(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

/* Half an hour and 100 s: each 20 s a car comes, stands for 10 s and goes over to the east. */
static void a_journal_becomes_sums_by_quarter(void **state)
{
	(void)state;
	struct net n;
	struct city c;
	struct journal j;
	struct history h, again;
	struct err e = {0};
	struct buf text;
	char path[] = "/tmp/cityhall-history-XXXXXX", name[16];
	close(mkstemp(path));
	assert_true(net_read_sumo(&n, str_of(small_net), &e));
	assert_true(city_init(&c, &n, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &e));
	struct journal_head head = {.controller = STR("fixed"), .is_legal = true};
	assert_true(journal_begin(&j, path, &head, &c, &e));
	uint32_t west = net_lane_find(&n, STR("west_0")), east = net_lane_find(&n, STR("east_0")), crossing = NET_NONE;
	for (uint32_t i = 0; i < n.move_n; i++) {
		crossing = n.moves[i].is_crossing ? i : crossing;
	}
	for (int t = 0; t < 2 * QUARTER_S + 100; t++) {
		c.now_ms += 1000;
		street_tick(&c.street, c.now_ms);
		int k = snprintf(name, sizeof name, "%d", t / 20);
		bool goes = t % 20 >= 15;
		assert_true(street_see(&c.street, str_from(name, (size_t)k), goes ? east : west, goes ? 0 : 190,
		                       t % 20 < 5 || goes ? 10 : 0, &e));
		street_see_walker(&c.street, crossing, 1000);
		assert_true(city_look(&c, &e) && city_decide(&c, 1, &e) && journal_put(&j, &c, &e));
	}
	journal_end(&j);
	history_init(&h, &n, true);
	assert_true(history_read_journal(&h, path, 0, 1 << 30, &e));
	assert_int_equal(h.n, 3);
	const struct sums *s = &h.sums[h.row + n.lanes[west].link], *whole = &h.sums[h.row + n.link_n];
	assert_true(h.quarters[1] == 1 && is_near(s->seconds, QUARTER_S, 1e-6));
	assert_true(is_near(s->passed, 45, 1.01) && is_near(s->stops, 45, 1.01) && is_near(s->halting_s, 450, 11));
	/* 15 s on the link each, and 200 m at 13.89 m/s take 14.4 s. */
	assert_true(is_near(s->cars_s, 675, 16) && is_near(s->delay_s, 45 * (15 - 200 / 13.89), 20));
	assert_true(is_near(whole->waiting_s, QUARTER_S, 1e-6) && is_near(whole->passed, s->passed, 1e-6));
	assert_true(is_near(whole->by_brain_s, QUARTER_S, 1e-6));
	double all = 0;
	for (uint32_t i = 0; i < n.move_n; i++) {
		all += (double)h.turned[n.move_n + i];
	}
	assert_true(is_near(all, s->passed, 1e-3));
	/* As text and back. */
	buf_init(&text, 1 << 20);
	history_put_csv(&text, &h);
	history_init(&again, &n, false);
	assert_true(history_read_csv(&again, buf_str(&text), 0, 1 << 30, &e));
	assert_int_equal(again.n, h.n);
	assert_true(is_near(again.sums[h.row + n.lanes[west].link].cars_s, s->cars_s, 0.1));
	history_release(&again);
	/* A part of it; what is none. */
	history_init(&again, &n, false);
	assert_true(history_read_journal(&again, path, 1000, 1300, &e));
	assert_true(again.n == 1 && is_near(again.sums[n.link_n].seconds, 300, 1e-6));
	assert_false(history_read_csv(&again, STR("quarter,link\n"), 0, 1, &e));
	buf_put_c(&text, "3,nowhere,900,1,1,1,1,1,1,1\n");
	assert_false(history_read_csv(&again, buf_str(&text), 0, 1 << 30, &e));
	assert_true(str_find(str_of(e.text), STR("does not have")) != SIZE_MAX);
	buf_truncate(&text, text.n - 3);
	buf_put_c(&text, "x\n");
	assert_false(history_read_csv(&again, buf_str(&text), 0, 1 << 30, &e));
	history_release(&again);
	history_release(&h);
	buf_release(&text);
	city_release(&c);
	net_release(&n);
	unlink(path);
}

/* Which evening is like tonight: this weekday's, else yesterday's, else the hours just counted. */
static void a_demand_is_of_the_same_evening_of_the_week(void **state)
{
	(void)state;
	struct net n;
	struct history h;
	struct err e = {0};
	const int64_t now = 20 * QUARTERS_A_DAY + 72, last_week = now - 7 * QUARTERS_A_DAY,
				  yesterday = now - QUARTERS_A_DAY;
	assert_true(net_read_sumo(&n, str_of(small_net), &e));
	history_init(&h, &n, true);
	assert_true(demand_like_now(&h, 2) == INT64_MIN);
	for (int64_t q = now - 3; q <= now; q++) {
		history_at(&h, q, 0)->passed = (double)q;
	}
	assert_int_equal(demand_like_now(&h, 2), now - 2);
	history_at(&h, yesterday, 0)->passed = 1;
	history_at(&h, yesterday + 1, 0)->passed = 1;
	assert_int_equal(demand_like_now(&h, 2), yesterday);
	history_at(&h, last_week, 0)->passed = 7;
	assert_int_equal(demand_like_now(&h, 2), yesterday); /* the second quarter of last week was not counted */
	history_at(&h, last_week + 1, 0)->passed = 8;
	assert_int_equal(demand_like_now(&h, 2), last_week);
	assert_int_equal(demand_keep(&h, last_week, 2), 72);
	assert_true(h.n == 2 && h.quarters[0] == 72 && h.quarters[1] == 73);
	assert_true(h.sums[0].passed == 7 && h.sums[h.row].passed == 8);
	history_release(&h);
	net_release(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_journal_becomes_sums_by_quarter),
	                                   cmocka_unit_test(a_demand_is_of_the_same_evening_of_the_week)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
