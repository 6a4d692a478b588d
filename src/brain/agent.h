/* A signal's own controller in the street, as far as NTCIP 1202 shows it: phases that run together or not, holds,
 * force-offs, omits and calls from a system, and a backup time after which it goes by its own plan.
 *
 * A phase is what is green in the same stages of the plan (safety.h); a stage is the phases of a ring each that may run
 * together, and to change stages is to cross the barrier. What is shown are channels, one for each group of the signal.
 * Every change goes through the safety layer, so that no order from outside shortens a green, a yellow or a clearing
 * time, and none shows conflicting greens. Phases and channels count from 0 here and from 1 in NTCIP. One owner. */
#ifndef CITYHALL_BRAIN_AGENT_H
#define CITYHALL_BRAIN_AGENT_H

#include "brain/city.h"

/* Which phases make a stage; both sides make it of the same plan. */
struct phases {
	uint32_t n;
	struct groups of_stage[STAGES_MAX]; /* sets of phases */
};
/* False: more phases than NTCIP has (255). */
bool phases_of(struct phases *p, const struct safety_plan *plan);
/* The stage that these phases make; STAGE_NONE: none. */
uint8_t phases_stage(const struct phases *p, const struct safety_plan *plan, const struct groups *on);

/* What a system may set: sets of phases. */
enum agent_order { AGENT_OMIT, AGENT_HOLD, AGENT_FORCE_OFF, AGENT_CALL, AGENT_ORDERS };
/* What the controller says of itself. */
struct agent_status {
	struct groups reds, yellows, greens, nexts, ons;             /* phases */
	struct groups channel_reds, channel_yellows, channel_greens; /* groups of the signal */
};
enum agent_mode { AGENT_SYSTEM = 2, AGENT_BACKUP = 4 }; /* unitControlStatus */

enum { AGENT_BACKUP_S = 2, AGENT_BACKUP_MOST_S = 65535 };

struct agent {
	const struct net_signal *net;
	struct city_signal *signal; /* its plan, and the state of the lamps */
	struct phases phases;
	struct groups orders[AGENT_ORDERS];
	uint32_t backup_s; /* 0: it never falls back */
	int64_t set_ms;    /* when a system set something last */
	enum agent_mode mode;
	uint64_t sets;
};

/* False: the signal has more phases than NTCIP can name. It starts in backup. */
bool agent_init(struct agent *a, const struct net_signal *n, struct city_signal *signal);
/* From a system, in one group of eight phases. */
void agent_set(struct agent *a, enum agent_order order, uint32_t group, uint8_t bits, int64_t now_ms);
/* Once a second: goes on by what was ordered, or by its plan. */
void agent_tick(struct agent *a, int64_t now_ms);
void agent_status(const struct agent *a, int64_t now_ms, struct agent_status *s);

/* For the other side: what to order so that the signal goes to this stage and stays; STAGE_NONE: goes by its plan. */
void agent_orders_for(const struct phases *p, uint8_t now, uint8_t wanted, struct groups orders[AGENT_ORDERS]);

/* Eight of a set, as NTCIP has them: the lowest is bit 0. */
static inline uint8_t groups_eight(const struct groups *g, uint32_t group)
{
	return (uint8_t)(g->w[group / 8] >> (group % 8 * 8));
}
static inline void groups_set_eight(struct groups *g, uint32_t group, uint8_t bits)
{
	g->w[group / 8] = (g->w[group / 8] & ~(UINT64_C(255) << (group % 8 * 8))) | (uint64_t)bits << (group % 8 * 8);
}

#endif
