/* The tables of docs/brain.md: every controller on every net, several seeds, two sets of times.
 *
 *   bench [--nets a,b] [--controllers a,b] [--times bench,legal] [--seeds N] [--jobs N] [--trace] [--keep FOLDER]
 *   bench --emergency N [NET]
 *                        N emergency vehicles across the demo net or another: without priority, with it, and alone on
 *                        the street
 *   bench --incidents N [demo|ingolstadt7|random [FIRST SEED [quiet]]]
 *                        vehicles that stop, N seeds: how many are found, and how soon; quiet: nobody stops, what is
 *                        told of is not there
 *   bench --decide N     how long N times the grid's 1,024 signals take to decide, without a simulation
 *
 * Data come from CITYHALL_TRAFFIC or from shared/data/traffic beside the repository's parent; a net whose data are not
 * there is left out. The net `own` is whatever lies there as own/own.net.xml and own/own.rou.xml. Each run is a process
 * of its own with a simulation of its own; delay is timeLoss and departDelay of every vehicle, unfinished and
 * undeparted ones included. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/rand.h"
#include "bench_incidents.h"
#include "brain/city.h"
#include "brain/sumo.h"
#include "demo_net.h"
#include "emergency.h"
#include "os/file.h"
#include "rig_run.h"
#include "sensors.h"

enum { RUNS_MAX = 2000, SEEDS_MAX = 100, PATH_BYTES = 600 };

static const struct scenario {
	const char *name, *title, *folder, *net, *routes, *more, *programmes;
	double begin_s, end_s;
} scenarios[] = {
	{"ingolstadt7", "Ingolstadt, 7 signals, 16:00 to 17:00", "ingolstadt7", "ingolstadt7.net.xml",
     "ingolstadt7.rou.xml", NULL, NULL, 57600, 61200},
	{"bologna", "Bologna A. Costa, 7 signals, an hour", "bologna-acosta", "acosta_buslanes.net.xml",
     "acosta.rou.xml,acosta_busses.rou.xml", "acosta_vtypes.add.xml,acosta_bus_stops.add.xml,acosta_tls.add.xml",
     "acosta_tls.add.xml", 0, 3600},
	{"grid1024", "grid of 1,024 signals, 15 minutes", "grid-1024", "grid1024.net.xml.gz", "grid1024.rou.xml.gz", NULL,
     NULL, 0, 900},
	{"own", "a street of your own, 40 minutes", "own", "own.net.xml", "own.rou.xml", NULL, NULL, 0, 2400},
	{"demo", "the demo net, 20 signals with crossings, an hour", NULL, "demo.net.xml", "demo.rou.xml", NULL, NULL, 0,
     3600},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

static const char *const ways[] = {"sumo-fixed", "sumo-actuated", "fixed",          "actuated",   "max-pressure",
                                   "running",    "horizon",       "horizon-sensed", "horizon-rig"};
enum { WAYS = sizeof ways / sizeof ways[0], TIMES = 2 };
static const char *const times_names[TIMES] = {"bench", "legal"};

struct outcome {
	bool ok;
	struct sumo_result r;
	double brain_cpu_s, sumo_cpu_s, slowest_ms;
	double longest_wait_s; /* of anybody at a crossing */
	struct emergency_time emergency;
	double cost_s; /* person-seconds that the priority of an emergency vehicle cost others, by its own count */
	char error[200];
};
struct run {
	int scenario, way, times;
	enum emergency { NO_EMERGENCY, EMERGENCY_WAITS, EMERGENCY_GOES, EMERGENCY_ALONE } emergency;
	uint64_t seed;
	bool is_done;
	pid_t pid;
	int fd;
	struct outcome o;
};

static struct {
	bool nets[SCENARIOS], ways[WAYS], times[TIMES];
	int seeds, jobs;
	bool trace;
	const char *keep; /* folder for each run's trips, and what each edge was like every five minutes */
	char data[PATH_BYTES], dir[PATH_BYTES];
} asked = {.seeds = 10, .jobs = 2};

static double cpu_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* "a,b" with the folder before each. */
static void with_folder(struct buf *to, const char *folder, const char *names)
{
	struct str rest = str_of(names), name;
	bool is_first = true;
	while (names && str_next(&rest, ',', &name)) {
		buf_printf(to, "%s%s/%.*s", is_first ? "" : ",", folder, STR_ARG(name));
		is_first = false;
	}
}

static void put_phase(struct buf *to, const char *letters, uint32_t n, int64_t ms, bool is_stage)
{
	buf_printf(to, "<phase duration=\"%lld\"%s state=\"%.*s\"/>\n", (long long)(ms / 1000),
	           is_stage ? " minDur=\"6\" maxDur=\"50\"" : "", (int)n, letters);
}

/* The same stages in their order, and between them what the safety layer shows by these times. */
static bool put_stages(struct buf *to, const struct net *n, uint32_t signal, const struct safety_times *times)
{
	struct arena a;
	struct err e;
	struct safety_plan p;
	struct safety s;
	arena_init(&a, 1 << 24);
	struct safety_times never_due = *times;
	never_due.most_red_ms = never_due.most_walk_red_ms = INT32_MAX / 2;
	bool ok = safety_plan(&p, &a, n, signal, &never_due, &e) && safety_start(&s, &p, &a, 0, 0, &e);
	uint32_t own_n = ok ? p.stage_n - p.extra_n : 0;
	int64_t now_ms = 0;
	for (uint32_t i = 0; i < own_n; i++) {
		char was[GROUPS_MAX], is[GROUPS_MAX];
		/* Long enough in the stage for everything to be green. */
		for (int64_t end_ms = now_ms + 60000; now_ms < end_ms; now_ms += 1000) {
			safety_tick(&s, &p, (uint8_t)i, now_ms);
		}
		safety_show(&s, &p, now_ms, was);
		put_phase(to, was, p.group_n, p.stages[i].plan_ms > 6000 ? p.stages[i].plan_ms : 6000, true);
		safety_tick(&s, &p, (uint8_t)((i + 1) % own_n), now_ms);
		int64_t since_ms = now_ms;
		safety_show(&s, &p, now_ms, was);
		for (; now_ms < s.ready_ms; now_ms += 1000) {
			safety_show(&s, &p, now_ms, is);
			if (memcmp(was, is, p.group_n) != 0) {
				put_phase(to, was, p.group_n, now_ms - since_ms, false);
				memcpy(was, is, p.group_n);
				since_ms = now_ms;
			}
		}
		if (now_ms > since_ms) {
			put_phase(to, was, p.group_n, now_ms - since_ms, false);
		}
	}
	arena_release(&a);
	return own_n > 0;
}

/* SUMO's own actuated control: the same phases, green ones from 5 to 50 s; or the same stages with other times. */
static bool write_actuated(const struct net *n, const struct safety_times *times, const char *path, struct err *e)
{
	struct buf text;
	buf_init(&text, 64 << 20);
	buf_put_c(&text, "<additional>\n");
	for (uint32_t i = 0; i < n->signal_n; i++) {
		const struct net_signal *s = &n->signals[i];
		buf_printf(&text, "<tlLogic id=\"%.*s\" type=\"actuated\" programID=\"bench\" offset=\"0\">\n", STR_ARG(s->id));
		if (times != NULL && put_stages(&text, n, i, times)) {
			buf_put_c(&text, "</tlLogic>\n");
			continue;
		}
		for (uint32_t p = 0; p < s->phase_n; p++) {
			const struct net_phase *ph = &s->phases[p];
			struct groups none = {0};
			bool is_long = groups_equal(&ph->yellow, &none) && ph->duration_ms > 5000;
			buf_printf(&text, "<phase duration=\"%d\"", ph->duration_ms / 1000);
			if (is_long) {
				buf_put_c(&text, " minDur=\"5\" maxDur=\"50\"");
			}
			buf_put_c(&text, " state=\"");
			for (uint32_t g = 0; g < s->group_n; g++) {
				buf_put_byte(&text, groups_has(&ph->yields, g)   ? 'g'
				                    : groups_has(&ph->green, g)  ? 'G'
				                    : groups_has(&ph->yellow, g) ? 'y'
				                                                 : 'r');
			}
			buf_put_c(&text, "\"/>\n");
		}
		buf_put_c(&text, "</tlLogic>\n");
	}
	buf_put_c(&text, "</additional>\n");
	bool ok = buf_ok(&text, e) && file_replace(&file_layer_real, path, buf_str(&text), 0600, e);
	buf_release(&text);
	return ok;
}

static void trace(const struct city *c)
{
	uint32_t cars = 0;
	float standing = 0;
	for (uint32_t i = 0; i < c->net->lane_n; i++) {
		cars += c->street.count[i];
		standing += c->street.halting[i];
	}
	fprintf(stderr, "%6lld s: %u cars, %.0f stand |", (long long)(c->now_ms / 1000), cars, (double)standing);
	for (uint32_t i = 0; i < c->net->signal_n && i < 24; i++) {
		float q = 0;
		for (uint32_t l = 0; l < c->signals[i].lane_n; l++) {
			q += c->street.halting[c->signals[i].lanes[l].lane];
		}
		fprintf(stderr, " %u:%.0f", c->signals[i].state.stage, (double)q);
	}
	fputc('\n', stderr);
}

/* Where a run's delay arose can be seen from these. */
static bool keep_more(const struct run *r, char *trips, size_t n, struct buf *more, struct err *e)
{
	char name[PATH_BYTES], path[PATH_BYTES * 2];
	struct buf text;
	snprintf(name, sizeof name, "%.300s/%s-%s-%s-%llu", asked.keep, scenarios[r->scenario].name, ways[r->way],
	         times_names[r->times], (unsigned long long)r->seed);
	snprintf(trips, n, "%s.trips.xml", name);
	snprintf(path, sizeof path, "%s.add.xml", name);
	buf_init(&text, 4096);
	buf_printf(&text, "<additional><edgeData id=\"e\" freq=\"300\" file=\"%s.edges.xml\"/></additional>\n", name);
	bool ok = buf_ok(&text, e) && file_replace(&file_layer_real, path, buf_str(&text), 0600, e);
	buf_release(&text);
	buf_printf(more, "%s%s", more->n > 0 ? "," : "", path);
	return ok;
}

static double longest_wait_s(const struct city *c)
{
	float longest_ms = 0;
	for (uint32_t i = 0; i < c->net->move_n; i++) {
		longest_ms = c->street.wait_ms[i] > longest_ms ? c->street.wait_ms[i] : longest_ms;
	}
	return (double)longest_ms / 1000;
}

static bool simulate(const struct run *r, struct outcome *o, struct err *e)
{
	const struct scenario *sc = &scenarios[r->scenario];
	const char *way = ways[r->way];
	bool is_sensed = strcmp(way, "horizon-sensed") == 0; /* sees only what sensors tell */
	bool is_rig = strcmp(way, "horizon-rig") == 0;       /* the same, but over MQTT and SNMP */
	const struct controller *how = controller_find(is_sensed || is_rig ? STR("horizon") : str_of(way));
	bool is_led = how != NULL;
	char dir[PATH_BYTES * 2], trips[PATH_BYTES * 2 + 50], actuated[PATH_BYTES * 2 + 50], log[PATH_BYTES * 2 + 50],
		emergency[PATH_BYTES * 2 + 50];
	double end_s = r->emergency != NO_EMERGENCY ? sc->begin_s + EMERGENCY_ENDS_S : sc->end_s;
	struct safety_times times = r->times == 0 ? SAFETY_BENCH : SAFETY_LEGAL;
	struct emergency_way way_there = {0};
	struct buf net_path, routes, more;
	struct net n;
	struct city c;
	struct sensors sensors = {0};
	struct rig_run rig = {0};
	char rig_dir[PATH_BYTES * 2];
	struct buf programmes;
	struct sumo s;
	double decided_s = 0;
	snprintf(dir, sizeof dir, "%s%s%s", sc->folder ? asked.data : asked.dir, sc->folder ? "/" : "",
	         sc->folder ? sc->folder : "");
	snprintf(trips, sizeof trips, "%s/%d.trips.xml", asked.dir, (int)getpid());
	snprintf(actuated, sizeof actuated, "%s/%d.add.xml", asked.dir, (int)getpid());
	snprintf(log, sizeof log, "%s/%d.log", asked.dir, (int)getpid());
	snprintf(emergency, sizeof emergency, "%s/%d.rou.xml", asked.dir, (int)getpid());
	snprintf(rig_dir, sizeof rig_dir, "%s/%d.rig", asked.dir, (int)getpid());
	buf_init(&programmes, 4096);
	with_folder(&programmes, dir, sc->programmes);
	buf_init(&net_path, 4096);
	buf_init(&routes, 4096);
	buf_init(&more, 8192);
	with_folder(&net_path, dir, sc->net);
	with_folder(&routes, dir, sc->routes);
	with_folder(&more, dir, sc->more);
	if (!net_load(&n, buf_cstr(&net_path), e)) {
		return false;
	}
	if (sc->programmes != NULL) {
		struct buf path, text;
		buf_init(&path, 4096);
		buf_init(&text, 64 << 20);
		with_folder(&path, dir, sc->programmes);
		if (!file_read_whole(buf_cstr(&path), &text, e) || !net_read_programmes(&n, buf_str(&text), e)) {
			return false;
		}
		buf_release(&path);
		buf_release(&text);
	}
	if (strcmp(way, "sumo-actuated") == 0) {
		if (!write_actuated(&n, r->times == 0 ? NULL : &SAFETY_LEGAL, actuated, e)) {
			return false;
		}
		buf_printf(&more, "%s%s", more.n > 0 ? "," : "", actuated);
	}
	if (r->emergency != NO_EMERGENCY) {
		if (!emergency_way(&way_there, &n, r->seed, sc->begin_s, e) || !emergency_write(&way_there, &n, emergency, e)) {
			return false;
		}
		if (r->emergency == EMERGENCY_ALONE) {
			buf_reset(&routes);
		}
		buf_printf(&routes, "%s%s", routes.n > 0 ? "," : "", emergency);
	}
	if (asked.keep != NULL && !keep_more(r, trips, sizeof trips, &more, e)) {
		return false;
	}
	const char *files[] = {
		"-n", buf_cstr(&net_path), "-r", buf_cstr(&routes), more.n > 0 ? "-a" : NULL, buf_cstr(&more), NULL};
	struct sumo_options so = {.program = "sumo",
	                          .files = files,
	                          .begin_s = sc->begin_s,
	                          .end_s = end_s,
	                          .seed = r->seed,
	                          .trips = trips,
	                          .log = log,
	                          .is_led = is_led};
	double before_s = cpu_s();
	if (!sumo_start(&s, &so, &n, e)) {
		return false;
	}
	if (!city_init(&c, &n, &times, is_led ? how : &CONTROLLERS[0], (int64_t)(sc->begin_s * 1000), e)) {
		return false;
	}
	if (is_sensed && !sensors_init(&sensors, &n, r->seed, e)) {
		return false;
	}
	if (is_rig &&
	    !rig_run_begin(&rig, &c, rig_dir, buf_cstr(&net_path), sc->programmes != NULL ? buf_cstr(&programmes) : NULL,
	                   times_names[r->times], sc->begin_s, r->seed, e)) {
		rig_run_end(&rig);
		return false;
	}
	while ((double)c.now_ms < end_s * 1000) {
		if (!sumo_step(&s, &c, e) || (is_rig && !rig_tick(&rig.rig, e)) ||
		    (is_sensed && !sensors_look(&sensors, &c, e))) {
			return false;
		}
		if ((r->emergency == EMERGENCY_GOES || r->emergency == EMERGENCY_ALONE) &&
		    !emergency_order(&way_there, &c, e)) {
			return false;
		}
		emergency_look(&o->emergency, &way_there, &c);
		double wait_s = longest_wait_s(&c);
		o->longest_wait_s = wait_s > o->longest_wait_s ? wait_s : o->longest_wait_s;
		struct timespec t0, t1;
		clock_gettime(CLOCK_MONOTONIC, &t0);
		double a = cpu_s();
		if (is_led && !is_rig && !city_decide(&c, 1, e)) {
			return false;
		}
		decided_s += cpu_s() - a;
		clock_gettime(CLOCK_MONOTONIC, &t1);
		double ms = (double)(t1.tv_sec - t0.tv_sec) * 1e3 + (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
		o->slowest_ms = ms > o->slowest_ms ? ms : o->slowest_ms;
		if (!is_rig) {
			city_act(&c);
		}
		if (asked.trace && c.now_ms % 60000 == 0) {
			trace(&c);
		}
	}
	rig_run_end(&rig);
	if (!sumo_stop(&s, e) || !sumo_read_trips(trips, &o->r, e)) {
		return false;
	}
	o->brain_cpu_s = is_led ? cpu_s() - before_s : 0;
	o->sumo_cpu_s = (double)s.cpu_us / 1e6;
	o->cost_s = (double)c.priority.cost[PRIORITY_EMERGENCY];
	if (asked.keep == NULL) {
		unlink(trips);
	}
	unlink(actuated);
	unlink(emergency);
	unlink(log);
	city_release(&c);
	sensors_release(&sensors);
	net_release(&n);
	buf_release(&programmes);
	buf_release(&net_path);
	buf_release(&routes);
	buf_release(&more);
	return true;
}

static bool start(struct run *r)
{
	int ends[2];
	fflush(NULL);
	if (pipe(ends) != 0) {
		return false;
	}
	r->pid = fork();
	if (r->pid == 0) {
		struct outcome o = {0};
		struct err e = {0};
		close(ends[0]);
		o.ok = simulate(r, &o, &e);
		snprintf(o.error, sizeof o.error, "%.180s", e.text);
		bool written = write(ends[1], &o, sizeof o) == (ssize_t)sizeof o;
		_exit(written ? 0 : 1);
	}
	close(ends[1]);
	r->fd = ends[0];
	return r->pid > 0;
}

static void finish(struct run *r)
{
	if (read(r->fd, &r->o, sizeof r->o) != (ssize_t)sizeof r->o) {
		r->o.ok = false;
		snprintf(r->o.error, sizeof r->o.error, "the run died");
	}
	close(r->fd);
	waitpid(r->pid, NULL, 0);
	r->is_done = true;
}

static void progress(uint32_t done, uint32_t all)
{
	int wide = (int)(40 * done / (all > 0 ? all : 1));
	if (isatty(2)) {
		fprintf(stderr, "\r[%.*s%*s] %u of %u", wide, "########################################", 40 - wide, "", done,
		        all);
	}
}

static void run_all(struct run *runs, uint32_t n)
{
	struct run *active[64];
	uint32_t next = 0, active_n = 0, done = 0;
	while (done < n) {
		while (next < n && active_n < (uint32_t)asked.jobs) {
			if (!start(&runs[next])) {
				fprintf(stderr, "bench: no process: %s\n", strerror(errno));
				exit(1);
			}
			active[active_n++] = &runs[next++];
		}
		struct pollfd p[64];
		for (uint32_t i = 0; i < active_n; i++) {
			p[i] = (struct pollfd){.fd = active[i]->fd, .events = POLLIN};
		}
		poll(p, active_n, -1);
		for (uint32_t i = active_n; i-- > 0;) {
			if (p[i].revents != 0) {
				finish(active[i]);
				if (!active[i]->o.ok) {
					fprintf(stderr, "\n%s, %s, seed %llu: %s\n", scenarios[active[i]->scenario].name,
					        ways[active[i]->way], (unsigned long long)active[i]->seed, active[i]->o.error);
				} else if (asked.trace || !isatty(2)) {
					const struct outcome *o = &active[i]->o;
					fprintf(stderr,
					        "%s %s %s seed %llu: %.1f s (%u cars, %u unfinished; walkers %.1f s, at most %.0f s "
					        "at a crossing), brain %.1f s, SUMO "
					        "%.1f s, slowest %.0f ms\n",
					        scenarios[active[i]->scenario].name, ways[active[i]->way], times_names[active[i]->times],
					        (unsigned long long)active[i]->seed, o->r.delay_s / o->r.cars, o->r.cars, o->r.unfinished,
					        o->r.people > 0 ? o->r.walk_delay_s / o->r.people : 0, o->longest_wait_s, o->brain_cpu_s,
					        o->sumo_cpu_s, o->slowest_ms);
				}
				active[i] = active[--active_n];
				done++;
				progress(done, n);
			}
		}
	}
	if (isatty(2)) {
		fputc('\n', stderr);
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *v, uint32_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return n == 0 ? 0 : n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void table(const struct run *runs, uint32_t n, int scenario, int times)
{
	printf("\n%s; %s times; seconds of delay\n\n| controller | median | best | worst | people, mean | walkers, mean | "
	       "longest wait at a crossing | brain's share of CPU |\n"
	       "|---|---|---|---|---|---|---|---|\n",
	       scenarios[scenario].title, times_names[times]);
	for (int w = 0; w < WAYS; w++) {
		double cars[SEEDS_MAX], people[SEEDS_MAX], walkers[SEEDS_MAX], share[SEEDS_MAX], longest = 0;
		uint32_t k = 0;
		for (uint32_t i = 0; i < n && k < SEEDS_MAX; i++) {
			const struct run *r = &runs[i];
			if (r->scenario == scenario && r->times == times && r->way == w && r->o.ok && r->o.r.cars > 0) {
				const struct sumo_result *s = &r->o.r;
				cars[k] = s->delay_s / s->cars;
				people[k] = s->person_delay_s / (s->cars * 1.3 + s->people);
				walkers[k] = s->people > 0 ? s->walk_delay_s / s->people : 0;
				longest = r->o.longest_wait_s > longest ? r->o.longest_wait_s : longest;
				share[k++] = 100 * r->o.brain_cpu_s / (r->o.brain_cpu_s + r->o.sumo_cpu_s);
			}
		}
		if (k > 0) {
			double mid = median(cars, k);
			printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.0f | %.0f%% |\n", ways[w], mid, cars[0], cars[k - 1],
			       median(people, k), median(walkers, k), longest, median(share, k));
		}
	}
	fflush(stdout);
}

/* --- Emergency vehicles ----------------------------------------------------------------------------------------------
 */

enum { VARIANTS = 3 };
static const struct {
	enum emergency how;
	const char *name;
} variants[VARIANTS] = {
	{EMERGENCY_WAITS, "without priority"},
	{EMERGENCY_GOES, "with priority"},
	{EMERGENCY_ALONE, "alone on the street"},
};

static void emergency_table(const struct run *runs, int number)
{
	printf("\n| | travel, s | drives | at red | behind those who stood | behind others' pace | gathers speed, turns | "
	       "others' delay, s | counted cost, person-s |\n|---|---|---|---|---|---|---|---|---|\n");
	for (int v = 0; v < VARIANTS; v++) {
		double travel_s = 0, delay_s = 0, cost_s = 0;
		struct emergency_time t = {0};
		for (int i = 0; i < number; i++) {
			const struct outcome *o = &runs[VARIANTS * i + v].o;
			travel_s += o->r.emergency_s / number;
			delay_s += o->r.cars > 0 ? o->r.delay_s / o->r.cars / number : 0;
			cost_s += o->cost_s / number;
			for (int k = 0; k < EMERGENCY_CAUSES; k++) {
				t.s[k] += o->emergency.s[k] / number;
			}
		}
		printf("| %s | %.1f | %.1f | %.1f | %.1f | %.1f | %.1f | %.2f | %.0f |\n", variants[v].name, travel_s,
		       t.s[EMERGENCY_DRIVES], t.s[EMERGENCY_RED], t.s[EMERGENCY_QUEUE], t.s[EMERGENCY_SLOW], t.s[EMERGENCY_OWN],
		       delay_s, cost_s);
	}
}

static int measure_emergencies(int scenario, int number, struct err *e)
{
	uint32_t n = (uint32_t)number * VARIANTS;
	struct run *runs = mem_must(n, sizeof *runs);
	bool ok = scenarios[scenario].folder != NULL || demo_net_make(asked.dir, e);
	int way = 0;
	while (strcmp(ways[way], "horizon") != 0) {
		way++;
	}
	for (uint32_t i = 0; i < n; i++) {
		runs[i] = (struct run){.scenario = scenario,
		                       .way = way,
		                       .times = 1,
		                       .emergency = variants[i % VARIANTS].how,
		                       .seed = (uint64_t)i / VARIANTS + 1};
	}
	if (ok) {
		run_all(runs, n);
		printf("| way | travel without, s | with, s | alone, s | others' delay without, s | with, s |\n"
		       "|---|---|---|---|---|---|\n");
	} else {
		fprintf(stderr, "bench: %s\n", e->text);
	}
	double waits_s = 0, goes_s = 0, before_s = 0, with_s = 0;
	for (int i = 0; ok && i < number; i++) {
		const struct run *r = &runs[VARIANTS * i];
		for (int v = 0; v < VARIANTS; v++) {
			ok = ok && r[v].o.ok && r[v].o.r.emergency_s > 0;
		}
		double other_a = r[0].o.r.delay_s / r[0].o.r.cars, other_b = r[1].o.r.delay_s / r[1].o.r.cars;
		printf("| %d | %.0f | %.0f | %.0f | %.2f | %.2f |\n", i + 1, r[0].o.r.emergency_s, r[1].o.r.emergency_s,
		       r[2].o.r.emergency_s, other_a, other_b);
		waits_s += r[0].o.r.emergency_s;
		goes_s += r[1].o.r.emergency_s;
		before_s += other_a;
		with_s += other_b;
	}
	if (ok) {
		emergency_table(runs, number);
		printf("\nemergency vehicles: %.0f s without and %.0f s with priority, %.0f%% less; others' delay %.2f s and "
		       "%.2f s, %+.1f%%\n",
		       waits_s / number, goes_s / number, 100 * (1 - goes_s / waits_s), before_s / number, with_s / number,
		       100 * (with_s / before_s - 1));
	}
	demo_net_remove(asked.dir);
	mem_free(runs);
	return ok ? 0 : 1;
}

/* --- Deciding alone --------------------------------------------------------------------------------------------------
 */

enum { DECIDE_TICKS = 100, DECIDE_THREADS = 2 };

/* A street as it may be in the peak: up to seven cars on each lane before a signal, anywhere, standing or not. */
static bool fill_street(struct city *c, struct prng *r, struct err *e)
{
	uint32_t number = 0;
	street_tick(&c->street, c->now_ms);
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		for (uint32_t l = 0; l < c->signals[i].lane_n; l++) {
			uint32_t lane = c->signals[i].lanes[l].lane;
			for (uint64_t k = prng_below(r, 8); k > 0; k--) {
				char name[16];
				int n = snprintf(name, sizeof name, "%u", number++);
				float at = c->net->lanes[lane].length_m * (float)prng_below(r, 1000) / 1000.0F;
				float speed = prng_below(r, 2) == 0 ? 0 : (float)prng_below(r, 14);
				if (!street_see(&c->street, str_from(name, (size_t)n), lane, at, speed, e)) {
					return false;
				}
			}
		}
	}
	return true;
}

static int measure_decisions(int times, struct err *e)
{
	char path[PATH_BYTES * 2];
	struct net n;
	struct prng r;
	struct city *cities = mem_must((size_t)times, sizeof *cities);
	double wall_ms[DECIDE_TICKS], cpu_ms[DECIDE_TICKS];
	snprintf(path, sizeof path, "%s/grid-1024/grid1024.net.xml.gz", asked.data);
	prng_seed(&r, 1);
	bool ok = net_load(&n, path, e);
	for (int i = 0; ok && i < times; i++) {
		ok = city_init(&cities[i], &n, &SAFETY_LEGAL, controller_find(STR("horizon")), 0, e);
	}
	for (int t = 0; ok && t < DECIDE_TICKS; t++) {
		wall_ms[t] = cpu_ms[t] = 0;
		for (int i = 0; ok && i < times; i++) {
			struct timespec t0, t1;
			cities[i].now_ms += 1000;
			ok = fill_street(&cities[i], &r, e);
			clock_gettime(CLOCK_MONOTONIC, &t0);
			double cpu = cpu_s();
			ok = ok && city_look(&cities[i], e) && city_decide(&cities[i], DECIDE_THREADS, e);
			city_act(&cities[i]);
			cpu_ms[t] += (cpu_s() - cpu) * 1e3;
			clock_gettime(CLOCK_MONOTONIC, &t1);
			wall_ms[t] += (double)(t1.tv_sec - t0.tv_sec) * 1e3 + (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
		}
	}
	if (ok) {
		struct rusage used;
		getrusage(RUSAGE_SELF, &used);
		double wall = median(wall_ms, DECIDE_TICKS), cpu = median(cpu_ms, DECIDE_TICKS);
		printf("%d signals, %d threads, %d ticks: wall median %.0f ms, p99 %.0f ms; CPU median %.0f ms, p99 %.0f ms; "
		       "memory %ld MiB\n",
		       times * (int)n.signal_n, DECIDE_THREADS, DECIDE_TICKS, wall, wall_ms[DECIDE_TICKS - 2], cpu,
		       cpu_ms[DECIDE_TICKS - 2], used.ru_maxrss / 1024);
	} else {
		fprintf(stderr, "bench: %s\n", e->text);
	}
	for (int i = 0; i < times; i++) {
		if (cities[i].net != NULL) {
			city_release(&cities[i]);
		}
	}
	mem_free(cities);
	net_release(&n);
	return ok ? 0 : 1;
}

/* [STREET [SEED [quiet]]]: of the demo net, Ingolstadt or a random net; from this seed on; nobody stops. */
static int measure_incidents(int seeds, const char *const *words, int n, struct err *e)
{
	char net[PATH_BYTES * 2], routes[PATH_BYTES * 2];
	const char *name = n > 0 ? words[0] : "demo", *const files[] = {"-n", net, "-r", routes, "--ignore-route-errors",
	                                                                NULL};
	uint64_t first = 1;
	struct bench_street of = {.title = name, .net = net, .files = files, .end_s = 3600, .stops = n < 3};
	bool is_demo = strcmp(name, "demo") == 0, is_random = strcmp(name, "random") == 0;
	const struct scenario *sc = is_demo || is_random ? NULL : scenarios;
	if (mkdtemp(asked.dir) == NULL || (n > 1 && !str_to_u64(str_of(words[1]), &first)) ||
	    (sc != NULL && strcmp(name, sc->name) != 0)) {
		fprintf(stderr, "bench: --incidents SEEDS [demo|random|%s [FIRST SEED [quiet]]]\n", scenarios[0].name);
		return 2;
	}
	of.begin_s = sc != NULL ? sc->begin_s : 0;
	of.end_s = sc != NULL ? sc->end_s : 3600;
	snprintf(net, sizeof net, "%s/%s", sc != NULL ? asked.data : asked.dir,
	         sc != NULL ? "ingolstadt7/ingolstadt7.net.xml" : "demo.net.xml");
	snprintf(routes, sizeof routes, "%s/%s", sc != NULL ? asked.data : asked.dir,
	         sc != NULL ? "ingolstadt7/ingolstadt7.rou.xml" : "demo.rou.xml");
	bool ok = true;
	if (is_random) {
		/* A net and a demand of its own for each seed. */
		for (int k = 0; ok && k < seeds; k++) {
			ok = random_net_make(asked.dir, first + (uint64_t)k, of.end_s, e) &&
			     bench_incidents(&of, first + (uint64_t)k, 1, progress, e);
		}
	} else {
		ok = (sc != NULL || demo_net_make(asked.dir, e)) && bench_incidents(&of, first, seeds, progress, e);
	}
	if (!ok) {
		fprintf(stderr, "bench: %s\n", e->text);
	}
	demo_net_remove(asked.dir);
	return ok ? 0 : 1;
}

static void choose(bool *set, const char *names, const char *const *known, size_t n, size_t stride)
{
	struct str rest = str_of(names), name;
	memset(set, 0, n);
	while (str_next(&rest, ',', &name)) {
		bool is_known = false;
		for (size_t i = 0; i < n; i++) {
			const char *k = *(const char *const *)(const void *)((const char *)known + i * stride);
			set[i] = set[i] || str_is(name, k);
			is_known = is_known || str_is(name, k);
		}
		if (!is_known) {
			fprintf(stderr, "bench: \"%.*s\" is not known\n", STR_ARG(name));
			exit(2);
		}
	}
}

static bool is_there(int scenario)
{
	char path[PATH_BYTES * 2];
	if (scenarios[scenario].folder == NULL) {
		return true;
	}
	snprintf(path, sizeof path, "%s/%s/%s", asked.data, scenarios[scenario].folder, scenarios[scenario].net);
	return access(path, R_OK) == 0;
}

int main(int argc, char **argv)
{
	const char *given = getenv("CITYHALL_TRAFFIC");
	struct err e = {0};
	snprintf(asked.data, sizeof asked.data, "%s%s", given ? given : "..", given ? "" : "/shared/data/traffic");
	snprintf(asked.dir, sizeof asked.dir, "/tmp/cityhall-brain-XXXXXX");
	memset(asked.nets, 1, sizeof asked.nets);
	memset(asked.ways, 1, sizeof asked.ways);
	memset(asked.times, 1, sizeof asked.times);
	if ((argc == 3 || argc == 4) && strcmp(argv[1], "--emergency") == 0 && mkdtemp(asked.dir) != NULL) {
		int number = (int)strtol(argv[2], NULL, 10), net = 0;
		while (net < SCENARIOS - 1 && (argc == 3 || strcmp(argv[3], scenarios[net].name) != 0)) {
			net++;
		}
		return number > 0 && number <= SEEDS_MAX ? measure_emergencies(net, number, &e) : 2;
	}
	if (argc == 3 && strcmp(argv[1], "--decide") == 0) {
		int times = (int)strtol(argv[2], NULL, 10);
		return times > 0 ? measure_decisions(times, &e) : 2;
	}
	if (argc >= 3 && strcmp(argv[1], "--incidents") == 0) {
		int seeds = (int)strtol(argv[2], NULL, 10);
		return seeds > 0 ? measure_incidents(seeds, (const char *const *)argv + 3, argc - 3, &e) : 2;
	}
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		if (strcmp(argv[i], "--nets") == 0) {
			choose(asked.nets, value, &scenarios[0].name, SCENARIOS, sizeof scenarios[0]);
		} else if (strcmp(argv[i], "--controllers") == 0) {
			choose(asked.ways, value, ways, WAYS, sizeof ways[0]);
		} else if (strcmp(argv[i], "--times") == 0) {
			choose(asked.times, value, times_names, TIMES, sizeof times_names[0]);
		} else if (strcmp(argv[i], "--seeds") == 0) {
			asked.seeds = (int)strtol(value, NULL, 10);
		} else if (strcmp(argv[i], "--jobs") == 0) {
			asked.jobs = (int)strtol(value, NULL, 10);
		} else if (strcmp(argv[i], "--keep") == 0) {
			asked.keep = value;
		} else {
			asked.trace = strcmp(argv[i], "--trace") == 0;
			if (!asked.trace) {
				fprintf(stderr, "bench: %s is not known; see the head of tests/brain/bench.c\n", argv[i]);
				return 2;
			}
			continue;
		}
		i++;
	}
	if (asked.seeds < 1 || asked.seeds > SEEDS_MAX || asked.jobs < 1 || asked.jobs > 64 || mkdtemp(asked.dir) == NULL) {
		fprintf(stderr, "bench: from 1 to %d seeds, from 1 to 64 jobs\n", SEEDS_MAX);
		return 2;
	}
	if (asked.nets[SCENARIOS - 1] && !demo_net_make(asked.dir, &e)) {
		fprintf(stderr, "bench: %s\n", e.text);
		return 1;
	}
	struct run *runs = mem_must(RUNS_MAX, sizeof *runs);
	uint32_t n = 0;
	for (int sc = 0; sc < SCENARIOS; sc++) {
		if (asked.nets[sc] && !is_there(sc)) {
			fprintf(stderr, "bench: no data for %s in %s: left out\n", scenarios[sc].name, asked.data);
			asked.nets[sc] = false;
		}
		for (int t = 0; t < TIMES && asked.nets[sc]; t++) {
			for (int w = 0; w < WAYS; w++) {
				/* SUMO's own plan knows no legal times of ours. */
				bool fits = asked.times[t] && asked.ways[w] && (t == 0 || strcmp(ways[w], "sumo-fixed") != 0);
				for (int k = 0; fits && k < asked.seeds && n < RUNS_MAX; k++) {
					runs[n++] = (struct run){.scenario = sc, .way = w, .times = t, .seed = (uint64_t)k + 1};
				}
			}
		}
	}
	run_all(runs, n);
	bool all_ok = true;
	for (int sc = 0; sc < SCENARIOS; sc++) {
		for (int t = 0; t < TIMES && asked.nets[sc]; t++) {
			if (asked.times[t]) {
				table(runs, n, sc, t);
			}
		}
	}
	for (uint32_t i = 0; i < n; i++) {
		all_ok = all_ok && runs[i].o.ok;
	}
	mem_free(runs);
	demo_net_remove(asked.dir);
	return all_ok ? 0 : 1;
}
