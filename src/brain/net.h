/* The street: links, lanes, movements, crossings, and the signals over them. Read once, then constant; any thread.
 *
 * A link runs from junction to junction and has lanes; a movement leads from a lane over a junction to the next lane,
 * and may be under a group of a signal. Crossings are movements too. What lies inside a junction is a lane with
 * is_inner. Everything is an index into the arrays of struct net; NET_NONE stands for nothing. Lengths in metres,
 * speeds in m/s. net_read_sumo() reads SUMO's .net.xml; other formats would fill the same struct. */
#ifndef CITYHALL_BRAIN_NET_H
#define CITYHALL_BRAIN_NET_H

#include "base/arena.h"
#include "base/err.h"

#define NET_NONE UINT32_MAX
enum { GROUPS_MAX = 256, NET_POINTS_MAX = 64, GROUP_WORDS = GROUPS_MAX / 64 };

/* A set of signal groups. */
struct groups {
	uint64_t w[GROUP_WORDS];
};
static inline bool groups_has(const struct groups *g, size_t i)
{
	return (g->w[i / 64] >> (i % 64) & 1) != 0;
}
static inline void groups_add(struct groups *g, size_t i)
{
	g->w[i / 64] |= UINT64_C(1) << (i % 64);
}
static inline void groups_drop(struct groups *g, size_t i)
{
	g->w[i / 64] &= ~(UINT64_C(1) << (i % 64));
}
static inline bool groups_meet(const struct groups *a, const struct groups *b)
{
	uint64_t any = 0;
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		any |= a->w[i] & b->w[i];
	}
	return any != 0;
}
static inline bool groups_equal(const struct groups *a, const struct groups *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

struct net_point {
	float x, y;
};
struct net_link {
	struct str id, name;            /* the street's name may be empty */
	const struct net_point *points; /* its middle, from junction to junction, for maps */
	uint32_t point_n;               /* at least 2 */
	uint32_t lane, lane_n;
	float length_m, speed_mps;
};

struct net_lane {
	struct str id;
	uint32_t link;         /* NET_NONE inside a junction */
	uint32_t move, move_n; /* the movements that begin here: net->moves[move ...] */
	uint32_t in, in_n;     /* those that end here: net->into[in ...] are numbers of movements */
	uint32_t after;        /* inside a junction: the lane that it leads to */
	float length_m, speed_mps;
	bool is_inner, is_walk;
	float x, y, x2, y2; /* begin and end, for maps */
};

struct net_move {
	uint32_t from, to; /* lanes; of a crossing: the walking area and the crossing itself */
	uint32_t signal;   /* NET_NONE: no signal */
	uint32_t group;
	uint32_t junction, request; /* the row in the junction's table of who yields to whom; NET_NONE: unknown */
	float length_m;             /* of the way over the junction */
	char turn;                  /* s, l, r, t (turns round), L and R (slightly), c (crossing) */
	bool is_crossing;
};

struct net_phase {
	struct groups green, yields; /* yields: green, but gives way; a part of green */
	struct groups yellow;
	int32_t duration_ms, least_ms, most_ms; /* the last two as the programme says for actuated control, else 0 */
};

struct net_signal {
	struct str id;
	uint32_t group_n;
	uint32_t move, move_n; /* net->under[move ...] are numbers of movements */
	const struct net_phase *phases;
	uint32_t phase_n; /* 0: it has no programme */
	int64_t offset_ms;
	const struct groups *foes; /* [group_n]: whose ways meet */
	const struct groups *cede; /* [group_n]: foes to whom a group gives way when both are green */
	float x, y;
};

struct net {
	struct arena arena;
	struct net_link *links;
	struct net_lane *lanes;
	struct net_move *moves; /* ordered by lane */
	struct net_signal *signals;
	uint32_t *into, *under;
	uint32_t link_n, lane_n, move_n, signal_n;
	uint32_t left_out; /* signals that could not be read: their own programme goes on */
	/* Names to numbers, open addressing. */
	uint32_t *lane_names, *signal_names;
	uint32_t lane_name_n, signal_name_n; /* powers of two */
};

/* `text` is a .net.xml, packed by gzip or not. A file that is wrong is ERR_BAD_INPUT with its line; a signal that makes
 * no sense is left out. */
bool net_read_sumo(struct net *n, struct str text, struct err *e) MUST_USE;
/* Takes programmes (tlLogic) of an additional file in the place of those of the net, as SUMO does. */
bool net_read_programmes(struct net *n, struct str text, struct err *e) MUST_USE;
bool net_load(struct net *n, const char *path, struct err *e) MUST_USE; /* net_read_sumo() of a file */
void net_release(struct net *n);

uint32_t net_lane_find(const struct net *n, struct str id);         /* NET_NONE: no such lane */
bool net_leads_to(const struct net *n, uint32_t from, uint32_t to); /* links, some movement of the one to the other */
uint32_t net_signal_find(const struct net *n, struct str id);

#endif
