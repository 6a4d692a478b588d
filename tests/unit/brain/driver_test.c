#include "brain/driver.h"

#include <unistd.h>

#include "base/time_source.h"
#include "small_net.h"
#include "unit/unit.h"

/* A driver without a street, and a brain that the test plays: both have the crossroads. */
struct pair {
	struct net net;
	struct city driven, thinks;
	struct driver driver;
	char dir[64], path[96];
	int listens, brain;
};

static void begin(struct pair *p)
{
	struct err e = {0};
	*p = (struct pair){.listens = -1, .brain = -1, .dir = "/tmp/cityhall-driver-XXXXXX"};
	assert_true(net_read_sumo(&p->net, str_of(small_net), &e));
	assert_true(city_init(&p->driven, &p->net, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &e));
	assert_true(city_init(&p->thinks, &p->net, &SAFETY_LEGAL, controller_find(STR("horizon")), 0, &e));
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/driver", p->dir);
	assert_true(socket_listen_unix(str_of(p->path), 0600, &p->listens, &e));
	driver_init(&p->driver, &p->driven, p->listens, US_PER_S / 50);
}

static void end(struct pair *p)
{
	driver_release(&p->driver);
	socket_close(&p->brain);
	socket_close(&p->listens);
	unlink(p->path);
	rmdir(p->dir);
	city_release(&p->thinks);
	city_release(&p->driven);
	net_release(&p->net);
}

static void come(struct pair *p)
{
	struct err e = {0};
	assert_true(socket_connect_unix(str_of(p->path), deadline_in(5 * US_PER_S), &p->brain, &e));
}

/* One tick of the driver: what it wishes for. */
static uint8_t tick(struct pair *p)
{
	p->driven.now_ms += 1000;
	driver_decide(&p->driver);
	city_act(&p->driven);
	return p->driven.signals[0].wish;
}

/* A wish for the tick that was `ago` seconds before the next one. */
static void wish(struct pair *p, uint8_t stage, int64_t ago)
{
	struct buf out;
	struct err e = {0};
	buf_init(&out, 1000);
	p->thinks.now_ms = p->driven.now_ms + 1000 - ago * 1000;
	p->thinks.signals[0].wish = stage;
	driver_put_wishes(&out, &p->thinks, STR_EMPTY);
	assert_true(message_send(p->brain, buf_str(&out), NULL, 0, deadline_in(US_PER_S), &e));
	buf_release(&out);
}

static void wishes_hold_for_two_seconds_and_then_the_plan_does(void **state)
{
	(void)state;
	struct pair p;
	begin(&p);
	/* The plan: stage 0 from 5 s to 35 s of its cycle of 62 s. */
	p.driven.now_ms = 9000;
	assert_int_equal(tick(&p), 0);
	assert_int_equal(p.driver.by_plan, 1);
	come(&p);
	wish(&p, 1, 0);
	assert_int_equal(tick(&p), 1);
	assert_int_equal(tick(&p), 1); /* silence: the lease still holds */
	assert_int_equal(tick(&p), 0);
	assert_int_equal(tick(&p), 0);
	/* It answers an old question, too late to count; then a fresh one. */
	wish(&p, 1, 3);
	assert_int_equal(tick(&p), 0);
	wish(&p, 1, 0);
	assert_int_equal(tick(&p), 1);
	/* It dies, and another one comes in its place. */
	socket_close(&p.brain);
	assert_int_equal(tick(&p), 1);
	assert_int_equal(tick(&p), 0);
	come(&p);
	wish(&p, 1, 0);
	assert_int_equal(tick(&p), 1);
	end(&p);
}

static void nonsense_is_hung_up_on(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
	} nonsense[] = {{"", 0},
	                {"x", 1},
	                {"\0\0\0\0\0\0\x27\x10\0\0\0\1\1more", 17},
	                {"\0\0\0\0\0\0\x27\x10\0\0\0\2\1\1", 14},
	                /* of a tick that has not been */
	                {"\x7f\0\0\0\0\0\0\0\0\0\0\1\1\0\0\0\0", 17},
	                {"\0\0\0\0\0\0\x27\x11\0\0\0\1\1\0\0\0\0", 17},
	                /* for two signals, of which one follows */
	                {"\0\0\0\0\0\0\x27\x10\0\0\0\2\1\0\0\0\0", 17},
	                {"\0\0\0\0\0\0\x27\x10\0\0\0\1\1\0\0\0\0more", 21}};
	for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
		struct pair p;
		struct err e = {0};
		begin(&p);
		p.driven.now_ms = 9000;
		come(&p);
		assert_true(
			message_send(p.brain, str_from(nonsense[i].bytes, nonsense[i].n), NULL, 0, deadline_in(US_PER_S), &e));
		assert_int_equal(tick(&p), 0);
		assert_int_equal(p.driver.refused, 1);
		assert_int_equal(p.driver.fd, -1);
		end(&p);
	}
}

static void a_wish_that_is_no_stage_changes_nothing(void **state)
{
	(void)state;
	struct pair p;
	begin(&p);
	come(&p);
	for (int i = 0; i < 40; i++) {
		wish(&p, 200, 0);
		assert_int_equal(tick(&p), 200);
		assert_int_equal(p.driven.signals[0].state.stage, 0);
	}
	end(&p);
}

static void the_brain_sees_what_the_driver_sees(void **state)
{
	(void)state;
	struct pair p;
	struct buf view;
	struct err e = {0};
	begin(&p);
	uint32_t west = net_lane_find(&p.net, STR("west_0")), crossing = p.net.move_n;
	for (uint32_t i = 0; i < p.net.move_n; i++) {
		crossing = p.net.moves[i].is_crossing ? i : crossing;
	}
	for (int i = 0; i < 30; i++) {
		tick(&p);
	}
	street_tick(&p.driven.street, p.driven.now_ms);
	assert_true(street_see(&p.driven.street, STR("first"), west, 150, 8.5F, &e));
	assert_true(street_see(&p.driven.street, STR("second"), west, 190, 0, &e));
	assert_true(street_see(&p.driven.street, STR("turning"), net_lane_find(&p.net, STR(":J_3_0")), 2, 4, &e));
	street_see_walker(&p.driven.street, crossing, 12000);
	street_see_walker(&p.driven.street, crossing, 3000);
	assert_true(city_look(&p.driven, &e));
	buf_init(&view, 100000);
	driver_put_view(&view, &p.driven, NULL);
	assert_true(driver_take_view(&p.thinks, NULL, buf_str(&view), &e));
	const struct street *s = &p.thinks.street;
	assert_int_equal(p.thinks.now_ms, p.driven.now_ms);
	assert_int_equal(s->count[west], 2);
	assert_true(street_car(s, west, 0)->to_go_m < 10.1F && street_car(s, west, 1)->to_go_m > 49.9F);
	assert_true(s->halting[west] == 1.0F && s->waiting[crossing] == 2.0F && s->wait_ms[crossing] == 12000.0F);
	assert_int_equal(s->count[net_lane_find(&p.net, STR("east_0"))], 1); /* the one that turns is on its way there */
	assert_memory_equal(p.thinks.signals[0].state.green_ms, p.driven.signals[0].state.green_ms, 5 * sizeof(int64_t));
	assert_int_equal(p.thinks.signals[0].state.stage, p.driven.signals[0].state.stage);
	for (size_t n = 0; n < view.n; n++) {
		assert_false(driver_take_view(&p.thinks, NULL, str_sub(buf_str(&view), 0, n), &e));
	}
	buf_release(&view);
	end(&p);
}

static void what_sensors_told_reaches_the_estimate(void **state)
{
	(void)state;
	struct pair p;
	struct err e = {0};
	struct buf view;
	struct sense sense;
	struct heard heard = {0};
	begin(&p);
	uint32_t west = net_lane_find(&p.net, STR("west_0")), crossing = 0;
	while (!p.net.moves[crossing].is_crossing) {
		crossing++;
	}
	const struct sense_detector detectors[] = {{west, 120}};
	assert_true(sense_init(&sense, &p.net, detectors, 1, &e));
	p.driver.heard = &heard;
	buf_init(&view, 100000);
	for (uint32_t t = 0; t < 8; t++) {
		p.driven.now_ms += 1000;
		heard_clear(&heard);
		heard_add_total(&heard, &(struct heard_total){0, p.driven.now_ms, t / 2, 0.25F});
		heard_add_total(&heard, &(struct heard_total){99, p.driven.now_ms, 7, 0}); /* no such detector */
		heard_add_place(&heard, &(struct heard_place){7, {.x = -150, .y = 1e5F, .heading_deg = -1}});
		heard_add_walkers(&heard, &(struct heard_walkers){crossing, 2, 12000});
		heard_add_walkers(&heard, &(struct heard_walkers){UINT32_MAX, 2, 12000});
		buf_reset(&view);
		driver_put_view(&view, &p.driven, &heard);
		assert_true(driver_take_view(&p.thinks, &sense, buf_str(&view), &e));
	}
	assert_true(p.thinks.seen.lanes[west].count >= 1.0F);
	assert_true(p.thinks.seen.waiting[crossing] > 1.9F);
	/* One that sees cars and one that hears sensors do not understand each other, nor is half a message any. */
	assert_false(driver_take_view(&p.thinks, NULL, buf_str(&view), &e));
	for (size_t n = 0; n < view.n; n++) {
		assert_false(driver_take_view(&p.thinks, &sense, str_sub(buf_str(&view), 0, n), &e));
	}
	buf_release(&view);
	heard_release(&heard);
	sense_release(&sense);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wishes_hold_for_two_seconds_and_then_the_plan_does),
		cmocka_unit_test(nonsense_is_hung_up_on),
		cmocka_unit_test(a_wish_that_is_no_stage_changes_nothing),
		cmocka_unit_test(the_brain_sees_what_the_driver_sees),
		cmocka_unit_test(what_sensors_told_reaches_the_estimate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
