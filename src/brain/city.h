/* The signals of a city as a controller sees them: for each its stages, its lanes with what each stage lets go, its
 * crossings, its state; beside them what is seen of the street. A controller is a row of a table: it reads and gives a
 * wish, the number of a stage; safety.h decides. Controllers keep no state but their own `memory`, so that a decision
 * can be repeated from what was seen. Signals may be decided by several threads at once: a controller writes only its
 * signal's memory.
 */
#ifndef CITYHALL_BRAIN_CITY_H
#define CITYHALL_BRAIN_CITY_H

#include "brain/estimate.h"
#include "brain/jam.h"
#include "brain/mode.h"
#include "brain/orders.h"
#include "brain/priority.h"
#include "brain/safety.h"

enum { CITY_LANES_MAX = 64, CITY_THREADS_MAX = 16 };

struct city_lane {
	uint32_t lane;
	uint32_t move, move_n; /* its movements under this signal are net->moves[move ...]; all of the lane's */
};

struct city_signal {
	struct safety_plan plan;
	struct safety state;
	struct city_lane *lanes;
	uint32_t lane_n;
	uint32_t *crossings; /* movements */
	uint32_t crossing_n;
	bool is_led;   /* false: no plan could be made of it, it is left alone */
	bool is_out;   /* nothing is decided for it (brain.h): its plan leads it */
	bool is_blind; /* it has detectors and none is believed (sense.h): its plan leads it, but for reserved greens */
	uint8_t wish;  /* the last one; STAGE_NONE: what its plan says */
	void *memory;  /* the controller's */
	struct mode_set mode;
	struct mode_watched watched;
	struct priority_here priority;
};

struct controller;
struct city {
	const struct net *net;
	struct street street;        /* what is seen of it now: a driver fills it */
	struct estimate seen;        /* what controllers read */
	struct jam jam;              /* and what follows from it when queues meet */
	struct city_signal *signals; /* [net->signal_n] */
	struct priority priority;    /* who goes before others now */
	struct priority_rules rules; /* what is ordered, with the modes of the signals (orders.h) */
	uint64_t orders_last;        /* the newest order that was taken */
	struct arena arena;
	int64_t now_ms;
	int64_t by_plan_until_ms; /* no wish came in time in the last seconds: plans led (driver.h) */
	const struct controller *controller;
	void *shared;         /* the controller's, for all signals */
	size_t scratch_bytes; /* that it wants for each thread */
	void *scratch[CITY_THREADS_MAX];
	/* [CITY_THREADS_MAX]: the signal that each thread decides, and one; 0: none. NULL: nobody wants to know. */
	_Atomic uint32_t *deciding;
};

struct controller {
	const char *name, *what;
	/* Once: memory for all signals, from the city's arena. May be NULL. */
	bool (*begin)(struct city *c, struct err *e);
	/* Once a tick before the wishes, by one thread. May be NULL. */
	void (*look)(struct city *c);
	/* A stage, or STAGE_NONE: as the plan says. */
	uint8_t (*wish)(struct city *c, uint32_t signal, void *scratch);
	/* What it costs to go to the stage now, or to stay for this second; once wish() was asked in the same tick, changes
	 * nothing. is_plain: as if nobody had a priority. For explanations and comparisons; may be NULL. */
	float (*cost)(struct city *c, uint32_t signal, uint8_t stage, bool is_plain, void *scratch);
	const char *cost_what; /* in which measure */
};
extern const struct controller CONTROLLERS[]; /* ends with a row without a name */
const struct controller *controller_find(struct str name);

/* The signals start in the first stage of their programmes. */
bool city_init(struct city *c, const struct net *n, const struct safety_times *times, const struct controller *how,
               int64_t now_ms, struct err *e) MUST_USE;
void city_release(struct city *c);
/* The street is filled: it is put in order, and what controllers read is made of it. */
bool city_look(struct city *c, struct err *e) MUST_USE;
/* The wishes of all signals, by so many threads. */
bool city_decide(struct city *c, uint32_t threads, struct err *e) MUST_USE;
/* The safety layer takes the wishes, as far as each signal's mode lets them; where there is none, what the plan says.
 */
void city_act(struct city *c);
/* What the safety layer is asked for, by the wish and the signal's mode; STAGE_NONE: what the plan says. */
uint8_t city_stage(const struct city *c, uint32_t signal);

/* What a stage does with a lane now, by the shares of its movements: what part of the cars has green, and of these what
 * part gives way. */
void city_serves(const struct city *c, uint32_t signal, uint32_t lane, uint8_t stage, float *green, float *yields);
/* Since how long the stage is all green; below 0: not yet. */
int64_t city_green_ms(const struct city_signal *s, int64_t now_ms);

#endif
