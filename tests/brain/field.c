/* A street without TraCI: the brain's command sees MQTT and SNMP alone, and leads SUMO through the rig, which the test
 * is. A cable is cut, messages are forged, the broker is restarted. CITYHALL names the program. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time_source.h"
#include "brain/ctl_fixed.h"
#include "brain/report.h"
#include "brain/rig.h"
#include "broker.h"
#include "demo_net.h"
#include "os/file.h"
#include "os/socket.h"
#include "unit/unit.h"

enum { COLUMNS = 2, ROWS = 2, LED_S = 90, CUT_S = 12, BLIND_S = 60 };
#define SECONDS 600.0
#define LIMIT_US (240 * US_PER_S)

struct scene {
	char dir[64];
	struct broker broker;
	struct net net;
	struct city city;
	struct sumo sumo;
	struct rig rig;
	pid_t brain;
	uint64_t otherwise; /* seconds of signals in which they stood elsewhere than their plan would */
};

static const char *in_dir(const struct scene *s, const char *name)
{
	static char paths[8][120];
	static int next;
	char *path = paths[next++ % 8];
	snprintf(path, sizeof paths[0], "%s/%s", s->dir, name);
	return path;
}

static void need(bool ok, const struct err *e)
{
	if (!ok) {
		fail_msg("%s", e->text);
	}
}

static pid_t start_brain(const struct scene *s)
{
	const char *program = getenv("CITYHALL");
	const char *argv[] = {program ? program : "build/release/cityhall",
	                      "brain",
	                      "field",
	                      in_dir(s, "demo.net.xml"),
	                      "--field",
	                      in_dir(s, "field.json"),
	                      "--journal",
	                      in_dir(s, "journal"),
	                      NULL};
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		int fd = open(in_dir(s, "log"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static void begin(struct scene *s)
{
	static const char *const users[] = {"brain", "rig", "c0", "c1", NULL};
	struct err e = {0};
	*s = (struct scene){.dir = "/tmp/cityhall-field-XXXXXX"};
	assert_non_null(mkdtemp(s->dir));
	need(demo_net_of(s->dir, COLUMNS, ROWS, SECONDS, &e), &e);
	need(broker_make(&s->broker, s->dir, users, &e) && broker_start(&s->broker, &e), &e);
	need(net_load(&s->net, in_dir(s, "demo.net.xml"), &e), &e);
	need(city_init(&s->city, &s->net, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &e), &e);
	const char *files[] = {"-n", in_dir(s, "demo.net.xml"), "-r", in_dir(s, "demo.rou.xml"), NULL};
	const struct sumo_options so = {.program = "sumo", .files = files, .end_s = 1e6, .seed = 1, .is_led = true};
	const struct rig_options o = {.field = in_dir(s, "field.json"),
	                              .secrets = "secrets.json",
	                              .broker = s->broker.address,
	                              .gps_percent = 10,
	                              .lost_percent = 5,
	                              .late_percent = 2,
	                              .doubled_percent = 2,
	                              .noise_m = 5,
	                              .orders_within_us = LIMIT_US, /* the machine may be busy */
	                              .seed = 1};
	need(rig_begin(&s->rig, &o, &s->city, &e), &e);
	s->brain = start_brain(s);
	need(rig_await(&s->rig, deadline_in(LIMIT_US), &e), &e);
	need(sumo_start(&s->sumo, &so, &s->net, &e), &e);
}

/* What it decided of what it heard, it decides again. */
static void replay(const struct scene *s)
{
	const char *program = getenv("CITYHALL");
	int status = 1;
	pid_t pid = fork();
	if (pid == 0) {
		execl(program ? program : "build/release/cityhall", "cityhall", "brain", "replay", in_dir(s, "demo.net.xml"),
		      "--journal", in_dir(s, "journal"), NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void end(struct scene *s)
{
	struct err e;
	int status = 1;
	kill(s->brain, SIGTERM);
	assert_int_equal(waitpid(s->brain, &status, 0), s->brain);
	assert_true(WIFEXITED(status));
	replay(s);
	rig_end(&s->rig);
	assert_true(sumo_stop(&s->sumo, &e));
	broker_stop(&s->broker);
	city_release(&s->city);
	net_release(&s->net);
	demo_net_remove(s->dir);
}

static void second(struct scene *s)
{
	struct err e = {0};
	need(sumo_step(&s->sumo, &s->city, &e) && rig_tick(&s->rig, &e), &e);
	for (uint32_t i = 0; i < s->net.signal_n; i++) {
		const struct city_signal *sig = &s->city.signals[i];
		s->otherwise += sig->state.stage != fixed_stage(&s->net.signals[i], &sig->plan, s->city.now_ms);
	}
}

static uint32_t led(const struct scene *s)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < s->net.signal_n; i++) {
		n += s->rig.agents[i].mode == AGENT_SYSTEM;
	}
	return n;
}

/* Until so many signals are led; the limit is generous, nobody knows how busy the machine is. */
static void until_led(struct scene *s, uint32_t n)
{
	int64_t deadline = deadline_in(LIMIT_US);
	while (led(s) != n) {
		assert_true(deadline_left(deadline) > 0);
		second(s);
	}
}

/* How many signals somebody asks to do anything. */
static uint32_t asked(const struct scene *s)
{
	static const struct groups none;
	uint32_t n = 0;
	for (uint32_t i = 0; i < s->net.signal_n; i++) {
		bool is_asked = false;
		for (int o = 0; o < AGENT_ORDERS; o++) {
			is_asked = is_asked || (o != AGENT_FORCE_OFF && !groups_equal(&s->rig.agents[i].orders[o], &none));
		}
		n += is_asked;
	}
	return n;
}

static void until_asked(struct scene *s, uint32_t n)
{
	int64_t deadline = deadline_in(LIMIT_US);
	while (asked(s) != n) {
		assert_true(deadline_left(deadline) > 0);
		second(s);
	}
}

static bool log_says(const struct scene *s, const char *words)
{
	struct buf text;
	struct err e;
	buf_init(&text, 64 << 20);
	bool says = file_read_whole(in_dir(s, "log"), &text, &e) && str_find(buf_str(&text), str_of(words)) != SIZE_MAX;
	buf_release(&text);
	return says;
}

static void until_said(struct scene *s, const char *words)
{
	int64_t deadline = deadline_in(LIMIT_US);
	while (!log_says(s, words)) {
		if (deadline_left(deadline) == 0) {
			fail_msg("it never said %s", words);
		}
		second(s);
	}
}

/* How many messages it refused for that reason, as it said last. */
static long refused(const struct scene *s, const char *why)
{
	struct buf text;
	struct err e;
	char words[40];
	long n = 0;
	snprintf(words, sizeof words, "\"%s\":", why);
	buf_init(&text, 64 << 20);
	struct str rest = file_read_whole(in_dir(s, "log"), &text, &e) ? str_of(buf_cstr(&text)) : STR_EMPTY;
	for (size_t at = str_find(rest, str_of(words)); at != SIZE_MAX; at = str_find(rest, str_of(words))) {
		rest = str_sub(rest, at + strlen(words), SIZE_MAX);
		n = strtol(rest.p, NULL, 10);
	}
	buf_release(&text);
	return n;
}

/* One who has a device's password writes where it may not, what it does not have, and nonsense, until that is said. */
static void forge(struct scene *s)
{
	struct mqtt *m;
	struct err e = {0};
	uint64_t port = 0;
	struct str host, rest;
	char counts[200];
	assert_true(str_cut(str_of(s->broker.address), ':', &host, &rest) && str_to_u64(rest, &port));
	const struct mqtt_options o = {.host = "127.0.0.1", .port = (uint16_t)port, .user = "c1", .password = "c1"};
	need(mqtt_begin(&m, &o, &e), &e);
	uint32_t others = 0;
	while (s->rig.device[others] == 1) {
		others++;
	}
	int64_t deadline = deadline_in(LIMIT_US);
	while (refused(s, "anothers") == 0 || refused(s, "garbage") == 0) {
		assert_true(deadline_left(deadline) > 0);
		snprintf(counts, sizeof counts,
		         "{\"at\":%lld,\"counts\":[{\"detector\":\"d%u\",\"total\":4000000,\"occupied\":1}]}",
		         (long long)s->city.now_ms, others);
		mqtt_publish(m, STR("street/v1/c0/counts"), str_of(counts)); /* the broker keeps it from there */
		mqtt_publish(m, STR("street/v1/rig/clock"), STR("{\"at\":9000000000000}"));
		mqtt_publish(m, STR("street/v1/c1/counts"), str_of(counts)); /* the brain sees whose it is */
		mqtt_publish(m, STR("street/v1/c1/counts"), STR("{\"at\":{{{{"));
		mqtt_publish(m, STR("street/v1/c1/place"), STR("{\"at\":1,\"vehicle\":\"v\",\"x\":0,\"y\":0,\"speed\":0}"));
		second(s);
	}
	mqtt_end(m);
}

static void the_brain_leads_a_street_that_it_hears_alone(void **state)
{
	(void)state;
	struct scene s;
	begin(&s);
	assert_int_equal(s.net.signal_n, COLUMNS * ROWS);
	until_led(&s, COLUMNS * ROWS);
	uint64_t by_plan = s.rig.by_plan;
	s.otherwise = 0;
	for (int t = 0; t < LED_S; t++) {
		second(&s);
	}
	/* They follow the brain, which does otherwise than their plans. */
	assert_int_equal(led(&s), COLUMNS * ROWS);
	assert_true(s.rig.by_plan - by_plan < LED_S * COLUMNS * ROWS / 10);
	assert_true(s.otherwise > LED_S * COLUMNS * ROWS / 20);

	forge(&s);
	assert_int_equal(led(&s), COLUMNS * ROWS); /* the forged clock stopped nobody */

	/* Every detector is dead: the brain lives and is answered, and every signal is left to its plan. */
	s.rig.o.lost_percent = 100;
	until_asked(&s, 0);
	uint64_t before = s.otherwise;
	for (int t = 0; t < BLIND_S; t++) {
		second(&s);
		assert_int_equal(asked(&s), 0);
	}
	assert_true(s.otherwise - before < BLIND_S * COLUMNS * ROWS / 2); /* all but changes, and what is too short */
	s.rig.o.lost_percent = 5;
	until_asked(&s, COLUMNS * ROWS);

	/* One cable is cut: that one goes by its plan, the others are led. */
	s.rig.o.orders_within_us = US_PER_S;
	ntcip_server_cut(s.rig.server, 0, true);
	for (int t = 0; t < CUT_S; t++) {
		second(&s);
		assert_true(t < 3 || s.rig.agents[0].mode == AGENT_BACKUP);
	}
	until_said(&s, "signal-silent");
	until_led(&s, COLUMNS * ROWS - 1);
	ntcip_server_cut(s.rig.server, 0, false);
	until_led(&s, COLUMNS * ROWS);
	until_said(&s, "signal-answers");

	/* The broker is gone: nobody tells what happens, all go by their plans within two seconds, and come back with it.
	 */
	broker_stop(&s.broker);
	for (int t = 0; t < 4; t++) {
		second(&s);
	}
	assert_int_equal(led(&s), 0);
	struct err e = {0};
	need(broker_start(&s.broker, &e), &e);
	s.rig.o.pace = 20; /* it takes a second to find it again */
	until_led(&s, COLUMNS * ROWS);
	until_said(&s, "broker-lost");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_brain_leads_a_street_that_it_hears_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
