/* Random road networks (netgenerate): every controller, and some that mean ill, on a street that jumps each second;
 * whatever they wish, what the signals show is safe. NETS=n in the environment: so many networks, SEED the first. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "brain/city.h"
#include "demo_net.h"
#include "unit/brain/safety_check.h"

enum { NETS = 2, TICKS_EACH = 150 };

static char dir[] = "/tmp/cityhall-random-XXXXXX";

static void netgenerate(uint64_t seed, struct prng *r, const char *path)
{
	char number[24], lanes[4];
	const char *argv[40] = {"netgenerate",
	                        "--rand",
	                        "--rand.iterations",
	                        "25",
	                        "--default-junction-type",
	                        "traffic_light",
	                        "--seed",
	                        number,
	                        "--default.lanenumber",
	                        lanes,
	                        "-o",
	                        path};
	size_t n = 12;
	static const char *const more[] = {"--crossings.guess",      "--sidewalks.guess",       "--walkingareas",
	                                   "--bidi-probability=0.5", "--tls.layout=incoming",   "--no-turnarounds",
	                                   "--turn-lanes=1",         "--tls.left-green.time=-1"};
	snprintf(number, sizeof number, "%llu", (unsigned long long)seed);
	snprintf(lanes, sizeof lanes, "%u", 1 + (unsigned)prng_below(r, 3));
	bool has_walks = prng_below(r, 2) == 0;
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
		if (i < 3 ? has_walks : prng_below(r, 3) == 0) {
			argv[n++] = more[i];
		}
	}
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open("/dev/null", O_WRONLY);
		dup2(fd, 1);
		dup2(fd, 2);
		setenv("SUMO_HOME", "/usr/share/sumo", 0);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	int status = 1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Cars and people anywhere, other ones each second. */
static void jump(struct city *c, struct prng *r)
{
	struct err e;
	street_tick(&c->street, c->now_ms);
	for (uint32_t i = 0; i < c->net->lane_n; i++) {
		for (uint64_t k = prng_below(r, 6); k > 2 && !c->net->lanes[i].is_walk; k--) {
			char name[24];
			int n = snprintf(name, sizeof name, "%u", (unsigned)prng_below(r, 5000));
			float at = c->net->lanes[i].length_m * (float)prng_below(r, 1000) / 1000.0F;
			float speed = prng_below(r, 2) == 0 ? 0 : (float)prng_below(r, 20);
			assert_true(street_see(&c->street, str_from(name, (size_t)n), i, at, speed, &e));
		}
	}
	for (uint32_t i = 0; i < c->net->move_n; i++) {
		if (c->net->moves[i].is_crossing && prng_below(r, 4) == 0) {
			street_see_walker(&c->street, i, (float)prng_below(r, 200000));
		}
	}
	assert_true(city_look(c, &e));
}

struct history {
	struct shown shown;
	int64_t ended[GROUPS_MAX];
};

static void drive(const struct net *n, const struct safety_times *times, const struct controller *how, struct prng *r)
{
	struct city c;
	struct err e = {0};
	struct history *all = mem_must(n->signal_n + 1, sizeof *all);
	enum hostile kind = (enum hostile)prng_below(r, HOSTILE_N);
	assert_true(city_init(&c, n, times, how != NULL ? how : controller_find(STR("fixed")), 1000000, &e));
	for (uint32_t i = 0; i < n->signal_n; i++) {
		memset(all[i].ended, 0xff, sizeof all[i].ended);
	}
	for (int t = 0; t < TICKS_EACH; t++) {
		jump(&c, r);
		assert_true(city_decide(&c, 2, &e));
		for (uint32_t i = 0; how == NULL && i < n->signal_n; i++) {
			c.signals[i].wish = c.signals[i].is_led ? wish_of(kind, r, &c.signals[i].plan, t) : 0;
		}
		city_act(&c);
		for (uint32_t i = 0; i < n->signal_n; i++) {
			const struct city_signal *s = &c.signals[i];
			if (s->is_led) {
				safety_show(&s->state, &s->plan, c.now_ms, all[i].shown.now);
				check_letters(&s->plan, &all[i].shown, c.now_ms, t == 0);
				check_clearing(&s->plan, &all[i].shown, all[i].ended, c.now_ms);
			}
		}
		c.now_ms += 1000;
	}
	city_release(&c);
	mem_free(all);
}

static void nobody_shows_conflicting_greens_on_any_net(void **state)
{
	(void)state;
	struct prng r = seeded();
	char path[100];
	uint64_t nets = NETS;
	const char *given = getenv("NETS");
	assert_true(given == NULL || str_to_u64(str_of(given), &nets));
	uint32_t signals = 0;
	snprintf(path, sizeof path, "%s/net.xml", dir);
	for (uint64_t i = 0; i < nets; i++) {
		struct net n;
		struct err e = {0};
		uint64_t seed = prng_below(&r, 1000000);
		netgenerate(seed, &r, path);
		if (!net_load(&n, path, &e)) {
			fail_msg("net of seed %llu: %s", (unsigned long long)seed, e.text);
		}
		signals += n.signal_n;
		for (const struct controller *how = CONTROLLERS; how->name; how++) {
			drive(&n, prng_below(&r, 2) == 0 ? &SAFETY_LEGAL : &SAFETY_BENCH, how, &r);
		}
		drive(&n, &SAFETY_LEGAL, NULL, &r);
		drive(&n, &SAFETY_BENCH, NULL, &r);
		net_release(&n);
	}
	print_message("%u signals\n", signals);
	assert_true(signals > nets * 3);
}

static int begin(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int end(void **state)
{
	(void)state;
	demo_net_remove(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nobody_shows_conflicting_greens_on_any_net)};
	return cmocka_run_group_tests(tests, begin, end);
}
