/* What the two halves of the schedule share: ctl_horizon.c decides each second, horizon_begin.c makes once what follows
 * from the street alone. Not for others. */
#ifndef CITYHALL_BRAIN_HORIZON_INSIDE_H
#define CITYHALL_BRAIN_HORIZON_INSIDE_H

#include "brain/ctl_horizon.h"

enum {
	AHEAD = ESTIMATE_AHEAD, /* seconds that are planned */
	BEST = 2,               /* ways that are followed to one stage at one second */
	RING = 32,              /* seconds that a change and its least green may take, and more */
	CHANGES = 6,            /* of stage, in one plan */
	FEEDERS = 24,           /* links before an approach that are looked at */
	FOES = 6,
	GUARD_MS = 90000,
	GUARD_KEEPS_MS = 15000,
	BLOCKED_MS = 4000,
	STANDS_MS = 3000,
	DUE_SOON_MS = 25000,
	ROOM_LINKS = 4,
};
#define SATURATION 0.53F     /* cars a second and lane, straight on */
#define TURNS_AT 0.45F       /* round a corner */
#define GAPS_AT 0.40F        /* giving way to nobody who comes */
#define GAPS_CLOSED 0.08F    /* giving way to a stream */
#define CREEPS_OUT 0.9F      /* those who stand within the junction go in the first second of yellow */
#define WALKS 4.0F           /* people a second */
#define WALKERS_COME 0.0005F /* people a second who are not seen before they wait: enough where all else is equal */
#define STOP_COSTS_S 3.0F    /* what a stop costs besides the standing */
#define FEEDS_FROM_M 600.0F
#define DRAINS 0.25F        /* cars a second that leave the lane behind */
#define STAYS_UNLESS_S 0.5F /* a change must save as much */
#define SLOW_COSTS_S 2.0F
#define SOMEBODY 0.2F

#define ENDLESS 1000.0F
#define ROOM_ENOUGH 12.0F /* cars */
#define MOVING_TAKES 0.3F /* of a standing one's room: they are soon gone */

/* A link before an approach, from which cars come without a signal between (signal NET_NONE), or through one. */
struct feeder {
	uint32_t link, to_link; /* its movements lead from link to to_link */
	uint32_t parent;        /* the feeder that to_link is; NET_NONE: to_link is the approach */
	uint32_t approach;      /* number of the approach */
	uint32_t signal;
	float m, s; /* from the end of the link to the line */
};

/* Lanes first, then crossings; padded to a multiple of four. */
struct memory {
	uint32_t width, lane_n, foe_n;
	uint32_t *approach; /* by lane */
	uint32_t *links;    /* by approach */
	uint32_t approach_n, feeder_n;
	struct feeder *feeders;
	uint8_t *starts;   /* [from][to][width]: seconds after a change until a lane gets its green; 255: none */
	uint8_t *goes_on;  /* [from][to][width]: seconds after a change for which a lane that loses its green keeps it */
	uint8_t *changes;  /* [from][to]: seconds until all is green and cleared */
	uint8_t *foes;     /* [width][FOES]: lanes to which its yielding movements give way; 255: none */
	float red_costs_s; /* what still stands at the end, before a red light: to clear, and another's least green */
	int64_t *head_ms;  /* by lane: since when its first car is the first */
	uint32_t *not_for; /* by lane: a bit for each of its movements that this car let pass: it wants another one */
	uint8_t plan_n;
	uint8_t plan_stage[CHANGES];
	int64_t plan_ms[CHANGES];
	float *out[2]; /* [AHEAD][width]: what the plan lets go, this tick's and the last one's */
};

struct shared {
	uint32_t odd; /* which `out` is written this tick */
	size_t node_floats;
};

/* One way so far: a signal in a stage at a second. */
struct node {
	float cost, value;
	uint8_t n, stage[CHANGES], at[CHANGES];
	float *q, *room, *flow, *age; /* [width] each */
};

struct scratch {
	float arrive[AHEAD + 1][CITY_LANES_MAX];
	float approach[CITY_LANES_MAX][AHEAD + 1];
	float probability[FEEDERS * CITY_LANES_MAX];
	float green[STAGES_MAX][CITY_LANES_MAX];  /* cars a second of the part that gives way to nobody */
	float yields[STAGES_MAX][CITY_LANES_MAX]; /* the part that gives way, a share */
	bool gives_way[STAGES_MAX];
	float weight[CITY_LANES_MAX], demand[CITY_LANES_MAX], now[CITY_LANES_MAX];
	float saturation[CITY_LANES_MAX], drains[CITY_LANES_MAX];
	bool is_useful[STAGES_MAX][STAGES_MAX];
	struct node nodes[RING][STAGES_MAX][BEST];
	uint8_t node_n[RING][STAGES_MAX];
	float floats[]; /* of the nodes */
};

/* What one signal's planning works on. */
struct work {
	const struct city *c;
	const struct city_signal *s;
	struct memory *m;
	struct scratch *x;
	uint32_t signal, width;
	struct node best, spare, root;
	bool has_best, is_plain; /* is_plain: nobody has a priority */
};

#endif
