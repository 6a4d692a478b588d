/* SUMO as the street: a simulation that is started here or runs already, seen and led over TraCI.
 *
 * Each step sends what the signals show (where it changed), steps, and fills the city's street. Vehicles and people are
 * subscribed to as they depart; nothing is polled. A car's lane and place are what cameras everywhere would see, its
 * route is not asked for. One owner. */
#ifndef CITYHALL_BRAIN_SUMO_H
#define CITYHALL_BRAIN_SUMO_H

#include <sys/types.h>

#include "brain/city.h"
#include "brain/traci.h"

struct sumo_options {
	const char *program;      /* "sumo" */
	const char *const *files; /* arguments as they are: "-n", "x.net.xml", ...; ends with NULL */
	double begin_s, end_s;
	uint64_t seed;
	const char *trips; /* tripinfo output; NULL: none */
	const char *log;   /* its words; NULL: nowhere */
	bool is_led;       /* false: the simulation keeps its own signals */
};

struct sumo {
	pid_t pid; /* 0: it was running already */
	struct traci traci;
	struct buf shown; /* letters of all signals, as SUMO has them */
	uint32_t *at;     /* by signal: where its letters begin */
	int64_t now_ms;
	uint32_t expected; /* cars and people that are there or will come */
	bool is_led;
	uint64_t cpu_us; /* of the simulation when it has ended */
};

bool sumo_start(struct sumo *s, const struct sumo_options *o, const struct net *n, struct err *e) MUST_USE;
bool sumo_join(struct sumo *s, uint16_t port, const struct net *n, struct err *e) MUST_USE;
/* To the next step. */
bool sumo_step(struct sumo *s, struct city *c, struct err *e) MUST_USE;
/* Says goodbye and waits; false: it ended badly, or had to be killed. */
bool sumo_stop(struct sumo *s, struct err *e) MUST_USE;

/* What its tripinfo says. Delay is timeLoss and departDelay. */
struct sumo_result {
	uint32_t cars, people;
	double delay_s, walk_delay_s; /* sums */
	double person_delay_s;        /* of everybody, cars counted by who sits in them */
	double persons;               /* these */
	double stops;
	uint32_t unfinished;
	double emergency_s; /* travel times of emergency vehicles, which are not counted above */
};
bool sumo_read_trips(const char *path, struct sumo_result *r, struct err *e) MUST_USE;

#endif
