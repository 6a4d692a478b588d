/* Bad days on a real street, short: SUMO, the driver and the brain are processes; the brain is killed, frozen and late,
 * the simulation dies. CITYHALL names the program. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time_source.h"
#include "brain/brain.h"
#include "brain/ctl_fixed.h"
#include "brain/driver.h"
#include "brain/sumo.h"
#include "demo_net.h"
#include "os/file.h"
#include "unit/unit.h"

enum { COLUMNS = 2, ROWS = 2, ON_PLAN_WITHIN = 120, POLL_US = 20000, SOME_TICKS_BYTES = 20000 };
#define SECONDS 600.0
#define LIMIT_US (300 * US_PER_S)
#define ANSWERS_WITHIN_US (3 * US_PER_S)

static char dir[] = "/tmp/cityhall-bad-days-XXXXXX";

static const char *in_dir(const char *name)
{
	static char paths[32][100]; /* as many as are named at once, and more */
	static int next;
	char *path = paths[next++ % 32];
	snprintf(path, sizeof paths[0], "%s/%s", dir, name);
	return path;
}

/* --- The driver here, brains as processes ----------------------------------------------------------------------------
 */

struct scene {
	struct net net;
	struct city city;
	struct sumo sumo;
	struct driver driver;
	char path[100];
	int listens;
	pid_t brain;
};

static void begin(struct scene *s)
{
	struct err e = {0};
	const char *files[] = {"-n", in_dir("demo.net.xml"), "-r", in_dir("demo.rou.xml"), NULL};
	struct sumo_options o = {.program = "sumo", .files = files, .end_s = 1e6, .seed = 1, .is_led = true};
	*s = (struct scene){.listens = -1};
	snprintf(s->path, sizeof s->path, "%s", in_dir("driver"));
	assert_true(net_load(&s->net, in_dir("demo.net.xml"), &e));
	if (!sumo_start(&s->sumo, &o, &s->net, &e)) {
		fail_msg("%s", e.text);
	}
	assert_true(city_init(&s->city, &s->net, &SAFETY_LEGAL, controller_find(STR("fixed")), 0, &e));
	assert_true(socket_listen_unix(str_of(s->path), 0600, &s->listens, &e));
	driver_init(&s->driver, &s->city, s->listens, ANSWERS_WITHIN_US);
}

static void end(struct scene *s)
{
	driver_release(&s->driver);
	socket_close(&s->listens);
	city_release(&s->city);
	net_release(&s->net);
}

static void start_brain(struct scene *s)
{
	s->brain = fork();
	if (s->brain == 0) {
		struct err e;
		struct city c;
		int fd = -1;
		bool ok = city_init(&c, &s->net, &SAFETY_LEGAL, controller_find(STR("horizon")), s->city.now_ms, &e) &&
		          socket_connect_unix(str_of(s->path), deadline_in(LIMIT_US), &fd, &e);
		struct brain b = {.city = &c, .threads = 2};
		while (ok) {
			ok = brain_answer(&b, fd, deadline_in(LIMIT_US), &e);
		}
		_exit(0);
	}
	assert_true(s->brain > 0);
}

static void tick(struct scene *s)
{
	struct err e;
	if (!sumo_step(&s->sumo, &s->city, &e)) {
		fail_msg("%s", e.text);
	}
	driver_decide(&s->driver);
	city_act(&s->city);
}

static bool is_held(const struct scene *s)
{
	return s->driver.was_held;
}

/* Until the brain leads, or until it does not any more. */
static void until(struct scene *s, bool held)
{
	int64_t deadline = deadline_in(LIMIT_US);
	while (is_held(s) != held) {
		assert_true(deadline_left(deadline) > 0);
		tick(s);
	}
}

/* The brain has just gone: two seconds of the street later each signal is told what its plan says, and each stands in
 * its plan's stage as soon as the safety layer can bring it there. */
static void goes_by_plan(struct scene *s)
{
	bool was_there[COLUMNS * ROWS] = {0};
	uint32_t there = 0;
	until(s, false);
	assert_true(s->city.now_ms - s->driver.answer_ms <= DRIVER_LEASE_MS);
	for (int t = 0; t < ON_PLAN_WITHIN; t++) {
		for (uint32_t i = 0; i < s->net.signal_n; i++) {
			const struct city_signal *sig = &s->city.signals[i];
			uint8_t plan = fixed_stage(&s->net.signals[i], &sig->plan, s->city.now_ms);
			assert_int_equal(sig->wish, plan);
			there += sig->state.stage == plan && !was_there[i];
			was_there[i] = was_there[i] || sig->state.stage == plan;
		}
		tick(s);
	}
	assert_int_equal(there, COLUMNS * ROWS);
	assert_false(is_held(s));
}

static void a_dead_brain_and_a_frozen_one_lose_their_lease_and_get_it_back(void **state)
{
	(void)state;
	struct scene s;
	struct err e = {0};
	begin(&s);
	assert_int_equal(s.net.signal_n, COLUMNS * ROWS);
	start_brain(&s);
	until(&s, true);
	for (int t = 0; t < 30; t++) {
		tick(&s);
	}
	assert_true(is_held(&s));
	kill(s.brain, SIGKILL);
	assert_int_equal(waitpid(s.brain, NULL, 0), s.brain);
	goes_by_plan(&s);
	start_brain(&s);
	until(&s, true);
	/* Frozen: it is late, is not waited for, and is heard again when it is back. */
	kill(s.brain, SIGSTOP);
	goes_by_plan(&s);
	assert_true(s.driver.is_late);
	kill(s.brain, SIGCONT);
	until(&s, true);
	/* The street ends: the driver says so, at once. */
	kill(s.sumo.pid, SIGKILL);
	bool ok = true;
	for (int i = 0; i < 3 && ok; i++) {
		ok = sumo_step(&s.sumo, &s.city, &e);
	}
	assert_false(ok);
	assert_int_equal(e.code, ERR_GONE);
	assert_false(sumo_stop(&s.sumo, &e));
	kill(s.brain, SIGKILL);
	waitpid(s.brain, NULL, 0);
	end(&s);
}

/* --- The command -----------------------------------------------------------------------------------------------------
 */

/* A program whose words go to a file. */
static pid_t start(const char *const *argv, const char *log)
{
	pid_t pid = fork();
	if (pid == 0) {
		/* A test that fails leaves nobody behind. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(fd, 1);
		dup2(fd, 2);
		setenv("SUMO_HOME", "/usr/share/sumo", 0);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

/* What was said behind the `nth` place where the words stand, waited for; STR_EMPTY: not in time. */
static struct str said(const char *log, const char *words, int nth, struct buf *text, bool waits)
{
	int64_t deadline = deadline_in(waits ? LIMIT_US : 0);
	do {
		struct err e;
		buf_reset(text);
		struct str rest = file_read_whole(log, text, &e) ? buf_str(text) : STR_EMPTY;
		for (int i = 0;; i++) {
			size_t at = str_find(rest, str_of(words));
			if (at == SIZE_MAX) {
				break;
			}
			rest = str_sub(rest, at + strlen(words), SIZE_MAX);
			if (i == nth) {
				return rest;
			}
		}
		usleep(POLL_US);
	} while (deadline_left(deadline) > 0);
	return STR_EMPTY;
}

static long number_after(struct str s, const char *words)
{
	size_t at = str_find(s, str_of(words));
	assert_true(at != SIZE_MAX);
	return strtol(s.p + at + strlen(words), NULL, 10);
}

static int wait_for(pid_t pid)
{
	int status = 0;
	int64_t deadline = deadline_in(LIMIT_US);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (deadline_left(deadline) == 0) {
			kill(pid, SIGKILL);
		}
		usleep(POLL_US);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void grows_to(const char *path, off_t bytes)
{
	struct stat is = {0};
	int64_t deadline = deadline_in(LIMIT_US);
	while (stat(path, &is) != 0 || is.st_size < bytes) {
		assert_true(deadline_left(deadline) > 0);
		usleep(POLL_US);
	}
}

static void says(const char *log, const char *words)
{
	struct buf text;
	buf_init(&text, 16 << 20);
	if (said(log, words, 0, &text, false).n == 0) {
		fail_msg("\"%s\" is not in: %.*s", words, STR_ARG(buf_str(&text)));
	}
	buf_release(&text);
}

static void the_command_goes_on_without_its_brain_and_decides_again(void **state)
{
	(void)state;
	const char *program = getenv("CITYHALL"), *log = in_dir("log");
	char port[16];
	int fd = -1;
	struct err e = {0};
	struct buf text;
	if (program == NULL) {
		skip();
	}
	buf_init(&text, 16 << 20);
	assert_true(socket_listen_tcp(STR("127.0.0.1"), 0, &fd, &e));
	snprintf(port, sizeof port, "%u", socket_port(fd));
	socket_close(&fd);
	const char *street[] = {
		"sumo",          "-n",   in_dir("demo.net.xml"), "-r", in_dir("demo.rou.xml"), "--remote-port", port,
		"--no-step-log", "true", "--time-to-teleport",   "-1", "--xml-validation",     "never",         NULL};
	const char *run[] = {program, "brain",  "run",       in_dir("demo.net.xml"), "--port", port,
	                     "--end", "100000", "--journal", in_dir("journal"),      NULL};
	const char *replay[] = {program,     "brain", "replay", in_dir("demo.net.xml"), "--journal", in_dir("journal"),
	                        "--explain", "A0",    NULL};
	pid_t sumo = start(street, in_dir("sumo.log")), city = start(run, log);
	struct str brain = said(log, "\"child\":\"brain\",\"process\":", 0, &text, true);
	assert_true(brain.n > 0);
	pid_t first = (pid_t)strtol(brain.p, NULL, 10);
	grows_to(in_dir("journal"), SOME_TICKS_BYTES);
	kill(first, SIGKILL);
	/* Another one decides. */
	assert_true(said(log, "\"child\":\"brain\",\"process\":", 1, &text, true).n > 0);
	grows_to(in_dir("journal"), 3 * SOME_TICKS_BYTES);
	kill(sumo, SIGKILL);
	waitpid(sumo, NULL, 0);
	assert_int_equal(wait_for(city), 2);
	says(log, "TraCI: the server is gone");
	for (int i = 0;; i++) {
		struct str lost = said(log, "\"event\":\"plan-leads\"", i, &text, false);
		if (lost.n == 0) {
			break;
		}
		assert_true(number_after(lost, "\"street_ms\":") - number_after(lost, "\"answer_ms\":") <= DRIVER_LEASE_MS);
	}
	/* Two brains have written the journal; both decide again as they did. */
	assert_int_equal(wait_for(start(replay, log)), 0);
	says(log, "of 2 brains: 0 differ from the journal");
	says(log, "signal A0: from stage ");
	says(log, "compared  seconds of waiting in the next 45: stage 0 ");
	says(log, "why       it saves ");
	buf_release(&text);
}

static int make_net(void **state)
{
	struct err e = {0};
	(void)state;
	if (mkdtemp(dir) == NULL || !demo_net_of(dir, COLUMNS, ROWS, SECONDS, &e)) {
		print_error("%s\n", e.text);
		return 1;
	}
	return 0;
}

static int remove_net(void **state)
{
	(void)state;
	demo_net_remove(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_brain_and_a_frozen_one_lose_their_lease_and_get_it_back),
		cmocka_unit_test(the_command_goes_on_without_its_brain_and_decides_again),
	};
	return cmocka_run_group_tests(tests, make_net, remove_net);
}
