#include "brain/sumo.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/time_source.h"
#include "base/xml.h"
#include "brain/net_build.h"
#include "os/file.h"
#include "os/signal.h"
#include "os/socket.h"

enum { ARGUMENTS_MAX = 48, SHOWN_MAX_BYTES = 64 * 1024 * 1024, TRIPS_MAX_BYTES = 1 << 30 };
#define STARTS_WITHIN_US (120 * US_PER_S)
#define ANSWERS_WITHIN_US (120 * US_PER_S)
#define ENDS_WITHIN_US (30 * US_PER_S)
#define CAR_HOLDS 1.3 /* people */
#define BUS_HOLDS 20.0

/* --- Its process -----------------------------------------------------------------------------------------------------
 */

static bool take_port(uint16_t *port, struct err *e)
{
	int fd = -1;
	if (!socket_listen_tcp(STR("127.0.0.1"), 0, &fd, e)) {
		return false;
	}
	*port = socket_port(fd);
	socket_close(&fd);
	return true;
}

static void run(const struct sumo_options *o, uint16_t port, pid_t parent) __attribute__((noreturn));
static void run(const struct sumo_options *o, uint16_t port, pid_t parent)
{
	char seed[32], begin[32], port_text[16];
	const char *argv[ARGUMENTS_MAX + 32];
	size_t n = 0;
	snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
	snprintf(begin, sizeof begin, "%.0f", o->begin_s);
	snprintf(port_text, sizeof port_text, "%u", port);
	argv[n++] = o->program;
	for (size_t i = 0; i < ARGUMENTS_MAX && o->files[i] != NULL; i++) {
		argv[n++] = o->files[i];
	}
	const char *const more[] = {"--remote-port",
	                            port_text,
	                            "--seed",
	                            seed,
	                            "--begin",
	                            begin,
	                            "--no-step-log",
	                            "true",
	                            "--no-warnings",
	                            "true",
	                            "--duration-log.disable",
	                            "true",
	                            "--time-to-teleport",
	                            "-1",
	                            "--xml-validation",
	                            "never"};
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
		argv[n++] = more[i];
	}
	if (o->trips != NULL) {
		const char *const trips[] = {"--tripinfo-output",
		                             o->trips,
		                             "--tripinfo-output.write-unfinished",
		                             "true",
		                             "--tripinfo-output.write-undeparted",
		                             "true"};
		for (size_t i = 0; i < sizeof trips / sizeof trips[0]; i++) {
			argv[n++] = trips[i];
		}
	}
	argv[n] = NULL;
	signals_reset();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) {
		_exit(1);
	}
	int fd = open(o->log ? o->log : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(o->log != NULL ? fd : 2, 2); /* what is wrong with its files it says itself */
	}
	setenv("SUMO_HOME", "/usr/share/sumo", 0);
	execvp(o->program, (char *const *)(uintptr_t)argv);
	_exit(127);
}

static bool prepare(struct sumo *s, const struct net *n, struct err *e)
{
	uint32_t at = 0;
	buf_init(&s->shown, SHOWN_MAX_BYTES);
	s->at = mem_alloc(n->signal_n + 1, sizeof *s->at);
	for (uint32_t i = 0; s->at && i < n->signal_n; i++) {
		s->at[i] = at;
		at += n->signals[i].group_n;
		for (uint32_t g = 0; g < n->signals[i].group_n; g++) {
			buf_put_byte(&s->shown, '?');
		}
	}
	return (s->at != NULL || err_set(e, ERR_MEMORY, "no memory for the signals' letters")) && buf_ok(&s->shown, e);
}

static void subscribe_simulation(struct sumo *s)
{
	static const uint8_t what[] = {TRACI_TIME, TRACI_DEPARTED, TRACI_WAITING, TRACI_EXPECTED, TRACI_PEOPLE_DEPARTED};
	traci_subscribe(&s->traci, TRACI_SIMULATION, STR_EMPTY, what, sizeof what);
}

bool sumo_join(struct sumo *s, uint16_t port, const struct net *n, struct err *e)
{
	*s = (struct sumo){.traci.fd = -1, .is_led = true};
	if (!prepare(s, n, e) || !traci_open(&s->traci, port, ANSWERS_WITHIN_US, deadline_in(STARTS_WITHIN_US), e)) {
		buf_release(&s->shown);
		mem_free(s->at);
		return false;
	}
	subscribe_simulation(s);
	return true;
}

bool sumo_start(struct sumo *s, const struct sumo_options *o, const struct net *n, struct err *e)
{
	uint16_t port;
	pid_t parent = getpid();
	if (!take_port(&port, e)) {
		return false;
	}
	pid_t pid = fork();
	if (pid == 0) {
		run(o, port, parent);
	}
	if (pid < 0) {
		return err_errno(e, "cannot start %s", o->program);
	}
	/* One that ends at once (a file that is not there) is not waited for. */
	int64_t deadline = deadline_in(STARTS_WITHIN_US);
	*s = (struct sumo){0};
	bool ok = prepare(s, n, e);
	while (ok) {
		int status;
		struct err why;
		if (traci_open(&s->traci, port, ANSWERS_WITHIN_US, deadline_in(US_PER_S / 5), &why)) {
			break;
		}
		if (waitpid(pid, &status, WNOHANG) == pid) {
			pid = 0;
			ok = err_set(e, ERR_CONFIG, "%s ended as soon as it was started; look at its log", o->program);
		} else if (deadline_left(deadline) == 0) {
			ok = err_set(e, ERR_BUSY, "%s does not answer", o->program);
		}
	}
	if (!ok) {
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
		buf_release(&s->shown);
		mem_free(s->at);
		return false;
	}
	s->pid = pid;
	s->is_led = o->is_led;
	subscribe_simulation(s);
	return true;
}

bool sumo_stop(struct sumo *s, struct err *e)
{
	bool ok = true;
	traci_close(&s->traci);
	buf_release(&s->shown);
	mem_free(s->at);
	s->at = NULL;
	if (s->pid > 0) {
		int status = 0;
		struct rusage used = {0};
		int64_t deadline = deadline_in(ENDS_WITHIN_US);
		while (wait4(s->pid, &status, WNOHANG, &used) == 0) {
			if (deadline_left(deadline) == 0) {
				kill(s->pid, SIGKILL);
			}
			usleep(5000);
		}
		s->cpu_us = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * US_PER_S +
		            (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
		s->pid = 0;
		ok = (WIFEXITED(status) && WEXITSTATUS(status) == 0) || err_set(e, ERR_INTERNAL, "SUMO ended badly");
	}
	return ok;
}

/* --- Steps -----------------------------------------------------------------------------------------------------------
 */

static void show(struct sumo *s, struct city *c)
{
	char letters[GROUPS_MAX];
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		const struct city_signal *signal = &c->signals[i];
		if (!signal->is_led) {
			continue;
		}
		uint32_t n = signal->plan.group_n;
		char *has = s->shown.p + s->at[i];
		safety_show(&signal->state, &signal->plan, c->now_ms, letters);
		if (memcmp(letters, has, n) != 0) {
			memcpy(has, letters, n);
			traci_show(&s->traci, c->net->signals[i].id, str_from(letters, n));
		}
	}
}

/* What one vehicle or person brought; complete when the next begins. */
struct seen {
	enum traci_domain domain;
	struct str id, lane, next_edge, class;
	double at_m, speed_mps, wait_s, lost_s;
};

/* Buses and emergency vehicles say where they are and how late; what they lost on their way is how late they are. */
static void announce(struct sumo *s, struct city *c, const struct seen *v, uint32_t lane)
{
	static const uint8_t lost[] = {TRACI_LOST};
	bool is_bus = str_is(v->class, "bus");
	if (!is_bus && !str_is(v->class, "emergency")) {
		return;
	}
	if (is_bus && v->lost_s < 0) {
		traci_subscribe(&s->traci, TRACI_VEHICLES, v->id, lost, sizeof lost);
	}
	const struct net_lane *l = &c->net->lanes[lane];
	float to_go = l->length_m - (float)v->at_m;
	if (l->is_inner) {
		lane = l->after;
		to_go += lane < c->net->lane_n ? c->net->lanes[lane].length_m : 0;
	}
	priority_see(c, &(struct priority_vehicle){.kind = is_bus ? PRIORITY_BUS : PRIORITY_EMERGENCY,
	                                           .lane = lane,
	                                           .to_go_m = to_go,
	                                           .speed_mps = (float)v->speed_mps,
	                                           .late_s = v->lost_s > 0 ? (float)v->lost_s : 0});
}

static uint32_t crossing_of(const struct net *n, struct str edge)
{
	char id[300];
	int k = snprintf(id, sizeof id, "%.*s_0", STR_ARG(edge));
	uint32_t lane = k > 0 && (size_t)k < sizeof id ? net_lane_find(n, str_from(id, (size_t)k)) : NET_NONE;
	for (uint32_t i = 0; lane != NET_NONE && i < n->lanes[lane].in_n; i++) {
		uint32_t m = n->into[n->lanes[lane].in + i];
		if (n->moves[m].is_crossing) {
			return m;
		}
	}
	return NET_NONE;
}

static bool take_seen(struct sumo *s, struct city *c, const struct seen *v, struct err *e)
{
	if (v->domain == TRACI_VEHICLES && v->lane.n > 0) {
		uint32_t lane = net_lane_find(c->net, v->lane);
		if (lane != NET_NONE) {
			announce(s, c, v, lane);
		}
		return lane == NET_NONE || street_see(&c->street, v->id, lane, (float)v->at_m, (float)v->speed_mps, e);
	}
	if (v->domain == TRACI_PEOPLE && v->next_edge.n > 0 && v->speed_mps < (double)STREET_HALTS_MPS) {
		street_see_walker(&c->street, crossing_of(c->net, v->next_edge), (float)(v->wait_s * 1000));
	}
	return true;
}

static void follow_names(struct sumo *s, struct traci_value *v, struct city *c)
{
	static const uint8_t of_cars[] = {TRACI_LANE, TRACI_POSITION, TRACI_SPEED, TRACI_CLASS},
						 of_people[] = {TRACI_SPEED, TRACI_WAITING, TRACI_NEXT_EDGE};
	struct str name;
	while (traci_name(v, &name)) {
		if (v->variable == TRACI_DEPARTED) {
			traci_subscribe(&s->traci, TRACI_VEHICLES, name, of_cars, sizeof of_cars);
		} else if (v->variable == TRACI_PEOPLE_DEPARTED) {
			traci_subscribe(&s->traci, TRACI_PEOPLE, name, of_people, sizeof of_people);
		} else if (v->variable == TRACI_WAITING) {
			street_gone(&c->street, name);
		}
	}
}

bool sumo_step(struct sumo *s, struct city *c, struct err *e)
{
	struct traci_answer a;
	struct traci_value v;
	struct seen seen = {0};
	bool has = true;
	if (s->is_led) {
		show(s, c);
	}
	if (!traci_step(&s->traci, 0, &a, e)) {
		return false;
	}
	street_tick(&c->street, c->now_ms);
	priority_tick(c);
	while (traci_next(&a, &v, &has, e)) {
		if (!has || v.domain != seen.domain || !str_eq(v.id, seen.id)) {
			if (!take_seen(s, c, &seen, e)) {
				return false;
			}
			seen = (struct seen){.domain = v.domain, .id = v.id, .lost_s = -1};
		}
		if (!has) {
			c->now_ms = c->street.now_ms = s->now_ms;
			return city_look(c, e);
		}
		if (v.domain == TRACI_SIMULATION) {
			if (v.variable == TRACI_TIME) {
				s->now_ms = (int64_t)(v.number * 1000 + 0.5);
			} else if (v.variable == TRACI_EXPECTED) {
				s->expected = (uint32_t)v.number;
			} else {
				follow_names(s, &v, c);
			}
		} else if (v.variable == TRACI_LANE) {
			seen.lane = v.text;
		} else if (v.variable == TRACI_POSITION) {
			seen.at_m = v.number;
		} else if (v.variable == TRACI_SPEED) {
			seen.speed_mps = v.number;
		} else if (v.variable == TRACI_WAITING) {
			seen.wait_s = v.number;
		} else if (v.variable == TRACI_CLASS) {
			seen.class = v.text;
		} else if (v.variable == TRACI_LOST) {
			seen.lost_s = v.number;
		} else if (v.variable == TRACI_NEXT_EDGE) {
			seen.next_edge = v.text;
		}
	}
	return false;
}

/* --- What it was like ------------------------------------------------------------------------------------------------
 */

static double number(const struct xml *x, const char *name)
{
	struct str text;
	xml_attribute(x, name, &text);
	double v = net_number(text, 0);
	return v > 0 ? v : 0;
}

bool sumo_read_trips(const char *path, struct sumo_result *r, struct err *e)
{
	struct buf text;
	struct arena a;
	struct xml x;
	enum xml_kind kind = XML_START;
	*r = (struct sumo_result){0};
	buf_init(&text, TRIPS_MAX_BYTES);
	arena_init(&a, 1 << 20);
	bool ok = file_read_whole(path, &text, e) && xml_begin(&x, &a, buf_str(&text), e);
	while (ok && (ok = xml_next(&x, &kind, e)) && kind != XML_END) {
		struct str type, arrival;
		if (kind == XML_START && str_is(x.name, "tripinfo")) {
			double delay = number(&x, "timeLoss") + number(&x, "departDelay");
			xml_attribute(&x, "vType", &type);
			xml_attribute(&x, "arrival", &arrival);
			if (str_is(type, "emergency")) {
				r->emergency_s += number(&x, "duration") + number(&x, "departDelay");
				continue;
			}
			r->cars++;
			r->delay_s += delay;
			double holds = str_find(type, STR("bus")) != SIZE_MAX ? BUS_HOLDS : CAR_HOLDS;
			r->person_delay_s += delay * holds;
			r->persons += holds;
			r->stops += number(&x, "waitingCount");
			r->unfinished += net_number(arrival, -1) < 0;
		} else if (kind == XML_START && str_is(x.name, "walk")) {
			r->people++;
			r->persons += 1;
			r->walk_delay_s += number(&x, "timeLoss");
			r->person_delay_s += number(&x, "timeLoss");
		}
	}
	buf_release(&text);
	arena_release(&a);
	return ok;
}
