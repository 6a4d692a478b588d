#include "brain/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time_source.h"
#include "brain/brain.h"
#include "brain/driver.h"
#include "brain/explain.h"
#include "os/file.h"
#include "os/signal.h"
#include "small_net.h"
#include "unit/unit.h"

enum { TICKS = 200, TORN = 40 };

struct scene {
	struct net net;
	struct city city;
	struct incidents incidents;
	char path[64];
};

static void begin(struct scene *s)
{
	struct err e = {0};
	*s = (struct scene){.path = "/tmp/cityhall-journal-XXXXXX"};
	int fd = mkstemp(s->path);
	assert_true(fd >= 0);
	close(fd);
	assert_true(net_read_sumo(&s->net, str_of(small_net), &e));
	assert_true(city_init(&s->city, &s->net, &SAFETY_LEGAL, controller_find(STR("horizon")), 0, &e));
	assert_true(incidents_init(&s->incidents, &s->net, NULL, &e));
}

static void end(struct scene *s)
{
	unlink(s->path);
	incidents_release(&s->incidents);
	city_release(&s->city);
	net_release(&s->net);
}

/* Another street each tick: cars and people anywhere, and one that stands in the way. */
static void tick(struct scene *s, struct prng *r)
{
	static const char *const lanes[] = {"west_0", "west_1", "south_0", "east_1", "north_0"};
	struct err e = {0};
	struct street *st = &s->city.street;
	s->city.now_ms += 1000;
	street_tick(st, s->city.now_ms);
	for (uint64_t i = prng_below(r, 30); i > 0; i--) {
		char name[16];
		int n = snprintf(name, sizeof name, "%u", (unsigned)prng_below(r, 60));
		uint32_t lane = net_lane_find(&s->net, str_of(lanes[prng_below(r, 5)]));
		float at = (float)prng_below(r, 150000) / 1000.0F, speed = prng_below(r, 2) ? 0 : (float)prng_below(r, 14);
		assert_true(street_see(st, str_from(name, (size_t)n), lane, at, speed, &e));
	}
	assert_true(street_see(st, STR("stands"), net_lane_find(&s->net, STR("west_0")), 60, 0, &e));
	for (uint32_t i = 0; i < s->net.move_n; i++) {
		if (s->net.moves[i].is_crossing && prng_below(r, 3) == 0) {
			street_see_walker(st, i, (float)prng_below(r, 90000));
		}
	}
	if (prng_below(r, 20) == 0) {
		orders_begin(&s->city, (enum mode)prng_below(r, MODES));
	}
	s->city.signals[0].is_blind = prng_below(r, 10) == 0;
	priority_tick(&s->city);
	if (prng_below(r, 2) == 0) {
		priority_see(&s->city, &(struct priority_vehicle){.kind = (uint8_t)prng_below(r, 2),
		                                                  .lane = net_lane_find(&s->net, STR("south_0")),
		                                                  .to_go_m = (float)prng_below(r, 100),
		                                                  .late_s = (float)prng_below(r, 200)});
	}
	assert_true(city_look(&s->city, &e) && incidents_look_whole(&s->incidents, &s->city, &e));
	incidents_tell(&s->incidents, &s->city);
	assert_true(city_decide(&s->city, 1, &e));
}

static struct journal_head head_of(struct str controller)
{
	struct journal_head h = {.net = {1, 2, 3}, .controller = controller, .is_legal = true};
	return h;
}

/* The whole journal again: how many ticks, each with the wishes that were journaled. */
static uint32_t replay(const struct scene *s, uint32_t *heads, uint32_t *cars)
{
	struct journal_reader j;
	struct city c;
	struct err e = {0};
	enum journal_kind kind = JOURNAL_HEAD;
	uint8_t wish[4];
	uint32_t ticks = 0;
	*heads = *cars = 0;
	assert_true(journal_open(&j, s->path, &e));
	while (kind != JOURNAL_END) {
		assert_true(journal_next(&j, &kind, &e));
		if (kind == JOURNAL_HEAD) {
			struct journal_head h;
			assert_true(journal_take_head(&j, &h, &e));
			assert_str(h.controller, "horizon");
			assert_true(h.is_legal && h.net[2] == 3);
			if (++*heads > 1) {
				city_release(&c);
			}
			assert_true(city_init(&c, &s->net, &SAFETY_LEGAL, controller_find(h.controller), h.begin_ms, &e));
			memset(wish, STAGE_NONE, sizeof wish);
		} else if (kind == JOURNAL_TICK) {
			assert_true(journal_take_tick(buf_str(&j.record), &c, wish, &e));
			assert_true(city_decide(&c, 1, &e));
			assert_int_equal(c.signals[0].wish, wish[0]);
			*cars += c.street.car_n;
			ticks++;
		}
	}
	city_release(&c);
	journal_close(&j);
	return ticks;
}

static void decides_again_what_was_decided(void **state)
{
	(void)state;
	struct scene s;
	struct journal j;
	struct err e = {0};
	struct prng r = seeded();
	uint32_t heads, cars, switches = 0, claims = 0, reserved = 0;
	begin(&s);
	struct priority_route way = {.id = 3, .kind = PRIORITY_EMERGENCY, .link_n = 2};
	way.links[0] = s.net.lanes[net_lane_find(&s.net, STR("south_0"))].link;
	way.links[1] = s.net.lanes[net_lane_find(&s.net, STR("north_0"))].link;
	s.city.rules.routes[s.city.rules.route_n++] = way;
	struct journal_head h = head_of(STR("horizon"));
	assert_true(journal_begin(&j, s.path, &h, &s.city, &e));
	for (int i = 0; i < TICKS; i++) {
		uint8_t before = s.city.signals[0].state.stage;
		tick(&s, &r);
		assert_true(journal_put(&j, &s.city, &e));
		city_act(&s.city);
		switches += s.city.signals[0].state.stage != before;
		claims += s.city.priority.claim_n;
		reserved += s.city.signals[0].priority.reserved != STAGE_NONE;
	}
	print_message("%u claims, reserved in %u seconds\n", claims, reserved);
	assert_true(claims > 50);
	journal_end(&j);
	assert_true(switches > 3);
	assert_int_equal(replay(&s, &heads, &cars), TICKS);
	assert_int_equal(heads, 1);
	assert_int_equal(cars, 0); /* decided without any car */
	end(&s);
}

static void a_record_that_a_crash_cut_off_is_dropped(void **state)
{
	(void)state;
	struct prng r = seeded();
	for (int i = 0; i < TORN; i++) {
		struct scene s;
		struct journal j;
		struct buf whole;
		struct err e = {0};
		uint32_t heads, cars;
		begin(&s);
		struct journal_head h = head_of(STR("horizon"));
		assert_true(journal_begin(&j, s.path, &h, &s.city, &e));
		for (int k = 0; k < 3; k++) {
			tick(&s, &r);
			assert_true(journal_put(&j, &s.city, &e));
		}
		journal_end(&j);
		buf_init(&whole, 1 << 20);
		assert_true(file_read_whole(s.path, &whole, &e));
		assert_int_equal(truncate(s.path, (off_t)(whole.n - 1 - prng_below(&r, 20))), 0);
		buf_release(&whole);
		assert_int_equal(replay(&s, &heads, &cars), 2);
		/* The next brain begins behind what is whole. */
		city_release(&s.city);
		assert_true(city_init(&s.city, &s.net, &SAFETY_LEGAL, controller_find(STR("horizon")), 0, &e));
		assert_true(journal_begin(&j, s.path, &h, &s.city, &e));
		tick(&s, &r);
		assert_true(journal_put(&j, &s.city, &e));
		journal_end(&j);
		assert_int_equal(replay(&s, &heads, &cars), 3);
		assert_int_equal(heads, 2);
		end(&s);
	}
}

static void a_file_that_is_no_journal_is_left_as_it_is(void **state)
{
	(void)state;
	static const char *const others[] = {"<net>\n", "x", "cityhall-brain-journal, but no record of one",
	                                     "\x7f\xff\xff\xff"
	                                     "abcdH",
	                                     "12345678H1234cityhall-brain-journal-1 and more"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct scene s;
		struct journal j;
		struct buf whole;
		struct err e = {0};
		begin(&s);
		assert_true(file_replace(&file_layer_real, s.path, str_of(others[i]), 0600, &e));
		struct journal_head h = head_of(STR("horizon"));
		struct journal_reader reader;
		assert_false(journal_begin(&j, s.path, &h, &s.city, &e));
		assert_int_equal(e.code, ERR_CONFIG);
		assert_false(journal_open(&reader, s.path, &e));
		assert_int_equal(e.code, ERR_BAD_INPUT);
		buf_init(&whole, 1 << 20);
		assert_true(file_read_whole(s.path, &whole, &e));
		assert_str(buf_str(&whole), others[i]);
		buf_release(&whole);
		end(&s);
	}
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	struct scene s;
	struct journal j;
	struct err e = {0};
	struct prng r = seeded();
	uint8_t wish[4] = {0};
	begin(&s);
	struct journal_head h = head_of(STR("horizon"));
	assert_true(journal_begin(&j, s.path, &h, &s.city, &e));
	tick(&s, &r);
	assert_true(journal_put(&j, &s.city, &e));
	struct str good = str_sub(buf_str(&j.record), 8, SIZE_MAX);
	assert_true(journal_take_tick(good, &s.city, wish, &e));
	for (size_t n = 0; n < good.n; n++) {
		assert_false(journal_take_tick(str_sub(good, 0, n), &s.city, wish, &e));
		assert_int_equal(e.code, ERR_CORRUPT);
	}
	char bytes[4000];
	for (int i = 0; i < 3000; i++) {
		/* Some bytes of a good one are others. */
		size_t n = good.n < sizeof bytes ? good.n : sizeof bytes;
		memcpy(bytes, good.p, n);
		for (uint64_t k = prng_below(&r, 4); k > 0; k--) {
			bytes[prng_below(&r, n)] = (char)prng_below(&r, 256);
		}
		bool ok = journal_take_tick(str_from(bytes, n), &s.city, wish, &e);
		assert_true(ok || e.code == ERR_CORRUPT);
		assert_true(s.city.signals[0].state.stage < s.city.signals[0].plan.stage_n);
	}
	journal_end(&j);
	end(&s);
}

static void a_switch_is_explained(void **state)
{
	(void)state;
	struct scene s;
	struct buf text;
	struct err e = {0};
	begin(&s);
	uint32_t south = net_lane_find(&s.net, STR("south_0"));
	for (int i = 0; i < 30; i++) {
		s.city.now_ms += 1000;
		street_tick(&s.city.street, s.city.now_ms);
		for (int k = 0; k < 4; k++) {
			char name[8];
			int n = snprintf(name, sizeof name, "%d", k);
			assert_true(street_see(&s.city.street, str_from(name, (size_t)n), south, 149.0F - 7.5F * (float)k, 0, &e));
		}
		assert_true(city_look(&s.city, &e) && city_decide(&s.city, 1, &e));
		if (s.city.signals[0].wish != s.city.signals[0].state.stage) {
			break;
		}
		city_act(&s.city);
	}
	buf_init(&text, 10000);
	uint8_t wish = s.city.signals[0].wish;
	explain_wish(&text, &s.city, 0);
	print_message("%.*s", STR_ARG(buf_str(&text)));
	assert_true(str_find(buf_str(&text), STR("signal J: from stage 0 to stage ")) != SIZE_MAX);
	assert_true(str_find(buf_str(&text), STR("lane south_0: 4 wait, 0 come")) != SIZE_MAX);
	assert_true(str_find(buf_str(&text), STR("compared  seconds of waiting in the next 45: stage 0 ")) != SIZE_MAX);
	assert_true(str_find(buf_str(&text), STR("why       it saves ")) != SIZE_MAX);
	/* To explain changes nothing. */
	assert_true(city_decide(&s.city, 1, &e));
	assert_int_equal(s.city.signals[0].wish, wish);
	buf_release(&text);
	end(&s);
}

/* --- A signal that kills who decides for it --------------------------------------------------------------------------
 */

static uint32_t deadly;
static bool is_loop;

static uint8_t kills(struct city *c, uint32_t signal, void *scratch)
{
	(void)c;
	(void)scratch;
	if (signal == deadly) {
		kill(getpid(), is_loop ? SIGALRM : SIGKILL); /* an alarm, as a loop without end gets it */
		for (;;) {
			pause();
		}
	}
	return 1;
}

static const struct controller killer = {.name = "killer", .what = "dies of one signal", .wish = kills};

/* A town of three crossroads that are all the same one. */
static void three_signals(struct scene *s)
{
	struct err e = {0};
	begin(s);
	city_release(&s->city);
	static struct net_signal signals[3];
	for (int i = 0; i < 3; i++) {
		signals[i] = s->net.signals[0];
	}
	s->net.signals = signals;
	s->net.signal_n = 3;
	assert_true(city_init(&s->city, &s->net, &SAFETY_LEGAL, &killer, 0, &e));
}

/* A brain of its own process that answers so many questions: whether it lived. *wish: of the deadly and of another one.
 */
static bool live(const struct scene *s, struct brain_watch *w, int questions, uint32_t threads, uint8_t wish[2])
{
	int ends[2], status = 0;
	struct err e = {0};
	struct buf view;
	struct message m;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct city c;
		signals_reset(); /* as a supervised child does */
		close(ends[0]);
		bool ok = city_init(&c, &s->net, &SAFETY_LEGAL, &killer, 0, &e);
		struct brain b = {.city = &c, .watch = w, .threads = threads};
		brain_begin(&b);
		while (ok) {
			ok = brain_answer(&b, ends[1], deadline_in(60 * US_PER_S), &e);
		}
		_exit(0);
	}
	close(ends[1]);
	buf_init(&view, 1 << 20);
	message_init(&m, 1 << 20);
	driver_put_view(&view, &s->city, NULL);
	bool ok = true;
	for (int i = 0; ok && i < questions; i++) {
		ok = message_send(ends[0], buf_str(&view), NULL, 0, deadline_in(60 * US_PER_S), &e) &&
		     message_recv(ends[0], &m, deadline_in(60 * US_PER_S), &e);
	}
	if (ok) {
		size_t wishes = m.bytes.n - 7; /* no orders stand behind them */
		wish[0] = (uint8_t)m.bytes.p[wishes + deadly % 3];
		wish[1] = (uint8_t)m.bytes.p[wishes + (deadly + 1) % 3];
	}
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	message_release(&m);
	buf_release(&view);
	return ok && WIFEXITED(status);
}

static void a_signal_that_kills_is_left_to_its_plan_and_the_others_go_on(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		struct scene s;
		struct brain_watch *w;
		struct err e = {0};
		uint8_t wish[2] = {0};
		deadly = (uint32_t)i % 3;
		print_message("signal %u\n", deadly);
		is_loop = i > 2;
		three_signals(&s);
		assert_true(brain_watch_make(&w, &s.net, &e));
		/* Two threads: another one may be under way too when the first brain dies; the second decides one by one. */
		assert_false(live(&s, w, 1, 2, wish));
		assert_false(live(&s, w, 1, 2, wish));
		assert_true(live(&s, w, 100, 2, wish));
		assert_int_equal(wish[0], STAGE_NONE);
		assert_int_equal(wish[1], 1);
		/* Ten minutes later it is tried again, and is out again at once when it still kills. */
		assert_false(live(&s, w, 520, 2, wish));
		assert_true(live(&s, w, 100, 2, wish));
		assert_int_equal(wish[0], STAGE_NONE);
		/* Without a wish the plan leads. */
		s.city.signals[deadly].wish = STAGE_NONE;
		for (s.city.now_ms = 10000; s.city.now_ms < 52000; s.city.now_ms += 1000) {
			city_act(&s.city);
		}
		assert_int_equal(s.city.signals[deadly].state.stage, 1);
		deadly = NET_NONE; /* it is mended */
		assert_true(live(&s, w, 600, 2, wish));
		brain_watch_drop(w);
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_again_what_was_decided),
		cmocka_unit_test(a_record_that_a_crash_cut_off_is_dropped),
		cmocka_unit_test(a_file_that_is_no_journal_is_left_as_it_is),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(a_switch_is_explained),
		cmocka_unit_test(a_signal_that_kills_is_left_to_its_plan_and_the_others_go_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
