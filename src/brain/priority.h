/* Who goes before others, as one mechanism: emergency vehicles on their way, late buses, people who have waited long,
 * school hours.
 *
 * Once a tick everybody who has a priority becomes a claim: a movement or a crossing of a signal, when green is needed
 * there, and how many people it counts for. Claims are all that controllers know of it, and they are in the journal. A
 * controller that compares costs counts them (ctl_horizon.h). A claim that reserves, which only an emergency vehicle's
 * does, takes the signal for its stage whatever the controller wishes, from its arrival minus the time that the change
 * and those who stand before it need, until it has passed (window.h: the longest reds that would end meanwhile are
 * served before, and nothing is begun from which there is no way back in time); what waited meanwhile is the
 * controller's again.
 *
 * Each kind has a weight that the engineer sets, 0 is off. What it costs the others is counted as in mode.h: second by
 * second, how much more the stage wished for costs than the one that would have been wished without any priority, in
 * the controller's measure without weights, in person-seconds. Delay of vehicles is counted by who sits in them.
 *
 * A driver says each tick which vehicles announce themselves (priority_see()); no name, no track is kept. An emergency
 * vehicle is followed along the way that was ordered for it (orders.h). One owner. */
#ifndef CITYHALL_BRAIN_PRIORITY_H
#define CITYHALL_BRAIN_PRIORITY_H

#include "brain/net.h"
#include "brain/orders.h"

extern const char *const PRIORITY_NAMES[PRIORITIES];

#define PRIORITY_CAR_HOLDS 1.3F /* people */
enum {
	PRIORITY_ROUTES_MAX = 32,
	PRIORITY_LINKS_MAX = 256,
	PRIORITY_SCHOOLS_MAX = 64,
	PRIORITY_SCHOOL_SIGNALS_MAX = 16,
	PRIORITY_VEHICLES_MAX = 1024,
	PRIORITY_AHEAD_MS = 120000, /* claims are made for who arrives within */
};

/* What is ordered (orders.h). */
struct priority_rules {
	/* EMERGENCY and BUS: people that one counts for. WALKER: how fast one who waits counts for more, 1: one more person
	 * every 30 s. SCHOOL: what a person at a crossing counts for in school hours. */
	float weight[PRIORITIES];
	struct priority_route {
		uint32_t id;
		uint8_t kind;
		uint32_t links[PRIORITY_LINKS_MAX], link_n;
		int64_t eta_ms;
	} routes[PRIORITY_ROUTES_MAX];
	uint32_t route_n;
	struct priority_school {
		uint32_t id;
		uint8_t days;                 /* bits, Monday is the first */
		uint16_t from_min, until_min; /* until before from: over midnight, and then the day is that of from */
		uint32_t signals[PRIORITY_SCHOOL_SIGNALS_MAX], signal_n;
	} schools[PRIORITY_SCHOOLS_MAX];
	uint32_t school_n;
};

/* A vehicle that announces itself, this tick. */
struct priority_vehicle {
	uint8_t kind; /* EMERGENCY or BUS */
	uint32_t lane;
	float to_go_m, speed_mps;
	float late_s;
};

struct priority_claim {
	uint8_t kind;
	bool is_reserving;
	uint32_t id; /* of the way or of the school; else 0 */
	uint32_t signal;
	uint32_t move;  /* the movement, or the crossing */
	int64_t eta_ms; /* at the line */
	float people;   /* that it counts for, besides what is counted anyhow */
	/* Of one that reserves: cars that stand between it and the line; whether it is on the last link before it. */
	float queue;
	bool is_near;
};

/* How far an emergency vehicle is on its way. */
struct priority_progress {
	uint32_t id;
	uint32_t at;      /* link of the way */
	float to_go_m;    /* to the end of this link */
	float faster;     /* than is allowed to others, as it was seen to roll of late */
	int64_t since_ms; /* when it came to this link */
	int64_t seen_ms;  /* when it was there; INT64_MIN: not yet seen */
};

struct priority {
	struct priority_vehicle *vehicles; /* [PRIORITY_VEHICLES_MAX] */
	uint32_t vehicle_n;
	/* Ordered by signal. */
	struct priority_claim *claims;
	uint32_t claim_n, claim_room;
	struct priority_progress progress[PRIORITY_ROUTES_MAX]; /* by route */
	float cost[PRIORITIES];                                 /* person-seconds to others, so far */
	float route_cost[PRIORITY_ROUTES_MAX];
};

/* What a priority does at a signal this tick. */
struct priority_here {
	uint8_t reserved; /* the stage that it takes the signal for, or STAGE_NONE */
	uint8_t kind;     /* of what decides, or of the first claim; PRIORITIES: there is none */
	uint32_t id;
	float cost; /* person-seconds to others */
};

struct city;
/* Nobody has a way, no school hours, the weights that nobody has set. */
void priority_rules_init(struct priority_rules *r);
bool priority_init(struct city *c, struct err *e) MUST_USE;

/* A tick begins: nobody has announced himself. Then those who do. */
void priority_tick(struct city *c);
void priority_see(struct city *c, const struct priority_vehicle *v);
/* Claims, of what was seen and what is ordered. */
void priority_look(struct city *c);

/* For the journal. */
void priority_put_claims(struct buf *to, const struct city *c);
bool priority_take_claims(struct city *c, struct codec *m) MUST_USE; /* any bytes; false: they make no sense */

/* The claims on a signal: the first, and how many. */
const struct priority_claim *priority_claims(const struct city *c, uint32_t signal, uint32_t *n);
/* Before the controller wishes: what is reserved. After it: what stands in its place, and what that costs. */
void priority_reserve(struct city *c, uint32_t signal);
void priority_decide(struct city *c, uint32_t signal, void *scratch);
/* When all are decided, by one thread. */
void priority_sum(struct city *c);

/* The quickest way over links, both ends included; 0: there is none, or it is too long. */
uint32_t priority_way(const struct net *n, uint32_t from, uint32_t to, uint32_t links[PRIORITY_LINKS_MAX]);

#endif
