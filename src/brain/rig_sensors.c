#include "brain/rig_sensors.h"

#include <math.h>

#include "base/fault.h"

#define LINE_M 3.0F
#define BEFORE_M 60.0F
#define AFTER_M 5.0F /* the begin of a link */
#define LEAST_M 30.0F
#define CAR_M 5.0F
#define PARKS_M 8.0F
#define LOOP_M 2.0F   /* who leaves it behind is on it for so long */
#define PASSES_S 0.2F /* over a detector */
enum { ON_A_LANE = 3 };

struct rig_before {
	uint32_t lane;
	float to_go_m;
};

static bool has_signal(const struct net *n, const struct net_lane *l)
{
	for (uint32_t k = 0; k < l->move_n; k++) {
		if (n->moves[l->move + k].signal != NET_NONE) {
			return true;
		}
	}
	return false;
}

static bool comes_from_signal(const struct net *n, const struct net_lane *l)
{
	for (uint32_t i = 0; i < l->in_n; i++) {
		if (n->moves[n->into[l->in + i]].signal != NET_NONE) {
			return true;
		}
	}
	return l->in_n == 0;
}

/* On the lanes that lead without a signal to one that is shorter: as far before its line. */
static void lay_before(const struct net *n, uint32_t lane, float metres, float *at)
{
	for (uint32_t i = 0; i < n->lanes[lane].in_n; i++) {
		const struct net_move *m = &n->moves[n->into[n->lanes[lane].in + i]];
		const struct net_lane *from = &n->lanes[m->from];
		float to_go = metres - n->lanes[lane].length_m - m->length_m;
		if (m->signal != NET_NONE || m->is_crossing || from->is_inner || has_signal(n, from) || to_go < 0) {
			continue;
		}
		if (from->length_m - AFTER_M > to_go) {
			at[m->from] = fmaxf(at[m->from], to_go);
		} else {
			lay_before(n, m->from, to_go, at);
		}
	}
}

static void lay(struct rig_sensors *s, uint32_t lane, float to_go_m)
{
	s->detectors[s->detector_n++] = (struct sense_detector){lane, to_go_m};
}

/* before[]: by lane, how far from its end one lies for a signal further on; below 0: none. */
static void lay_on(struct rig_sensors *s, const struct net *n, uint32_t lane, const float *before)
{
	const struct net_lane *l = &n->lanes[lane];
	bool is_approach = has_signal(n, l), is_long = l->length_m >= LEAST_M;
	float at_begin = l->length_m - AFTER_M;
	if (l->is_inner || l->is_walk || l->link == NET_NONE) {
		return;
	}
	if (is_approach) {
		lay(s, lane, LINE_M); /* however the map cuts the lane */
	}
	if (is_approach && is_long) {
		lay(s, lane, at_begin < BEFORE_M ? at_begin : BEFORE_M);
	}
	if (!is_approach && before[lane] >= 0) {
		lay(s, lane, before[lane]);
	}
	if (is_long && comes_from_signal(n, l) && at_begin > before[lane] + LEAST_M &&
	    (!is_approach || at_begin > BEFORE_M + LEAST_M)) {
		lay(s, lane, at_begin);
	}
}

static bool lay_all(struct rig_sensors *s, const struct net *n, struct err *e)
{
	float *before = mem_alloc((size_t)n->lane_n + 1, sizeof *before);
	if (before == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for detectors");
	}
	for (uint32_t i = 0; i < n->lane_n; i++) {
		before[i] = -1;
	}
	for (uint32_t i = 0; i < n->lane_n; i++) {
		if (has_signal(n, &n->lanes[i]) && n->lanes[i].length_m < BEFORE_M) {
			lay_before(n, i, BEFORE_M, before);
		}
	}
	for (uint32_t i = 0; i < n->lane_n; i++) {
		s->first[i] = s->detector_n;
		lay_on(s, n, i, before);
	}
	s->first[n->lane_n] = s->detector_n;
	mem_free(before);
	return true;
}

bool rig_sensors_init(struct rig_sensors *s, const struct net *n, struct err *e)
{
	size_t most = (size_t)n->lane_n * ON_A_LANE + 1;
	*s = (struct rig_sensors){.detectors = mem_alloc(most, sizeof *s->detectors),
	                          .total = mem_alloc(most, sizeof *s->total),
	                          .counted = mem_alloc(most, sizeof *s->counted),
	                          .occupied = mem_alloc(most, sizeof *s->occupied),
	                          .first = mem_alloc((size_t)n->lane_n + 1, sizeof *s->first)};
	if (!s->detectors || !s->total || !s->counted || !s->occupied || !s->first) {
		rig_sensors_release(s);
		return err_set(e, ERR_MEMORY, "no memory for detectors");
	}
	bool ok = lay_all(s, n, e);
	if (!ok) {
		rig_sensors_release(s);
	}
	return ok;
}

void rig_sensors_release(struct rig_sensors *s)
{
	mem_free(s->detectors);
	mem_free(s->total);
	mem_free(s->counted);
	mem_free(s->occupied);
	mem_free(s->first);
	mem_free(s->before);
	*s = (struct rig_sensors){0};
}

static void count(struct rig_sensors *s, uint32_t lane, float from_m, float to_m)
{
	for (uint32_t d = s->first[lane]; d < s->first[lane + 1]; d++) {
		if (from_m > s->detectors[d].to_go_m && to_m <= s->detectors[d].to_go_m) {
			s->total[d]++;
			s->counted[d]++;
		}
	}
}

/* A lane so short that a car was never seen on it, between two on which it was. */
static uint32_t lane_between(const struct net *n, uint32_t from, uint32_t to)
{
	uint32_t between = NET_NONE;
	for (uint32_t i = 0; i < n->lanes[from].move_n; i++) {
		uint32_t next = n->moves[n->lanes[from].move + i].to;
		if (n->lanes[next].link == n->lanes[to].link) {
			return NET_NONE;
		}
		for (uint32_t k = 0; k < n->lanes[next].move_n; k++) {
			uint32_t end = n->moves[n->lanes[next].move + k].to;
			between = n->lanes[end].link == n->lanes[to].link && (between == NET_NONE || end == to) ? next : between;
		}
	}
	return between;
}

static void pass(struct rig_sensors *s, const struct street *street, uint32_t car)
{
	const struct net *n = street->net;
	const struct street_car *c = &street->cars[car];
	const struct rig_before *b = &s->before[car];
	bool is_here = c->name != NULL && c->lane != NET_NONE, was_here = b->lane != NET_NONE;
	bool is_same = is_here && was_here && n->lanes[c->lane].link == n->lanes[b->lane].link;
	/* Who is gone well before the end of a lane that leads on has parked. */
	bool has_parked = !is_here && was_here && n->lanes[b->lane].move_n > 0 && b->to_go_m > PARKS_M;
	if (was_here && !is_same && !has_parked) {
		count(s, b->lane, b->to_go_m, -1);
	}
	if (!is_here) {
		return;
	}
	/* Who was not there before parked, or came from outside. */
	bool has_come = was_here || n->lanes[c->lane].in_n == 0;
	count(s, c->lane, is_same ? b->to_go_m : has_come ? INFINITY : c->to_go_m, c->to_go_m);
	uint32_t between = is_same || !was_here ? NET_NONE : lane_between(n, b->lane, c->lane);
	if (between != NET_NONE) {
		count(s, between, INFINITY, -1);
	}
	for (uint32_t d = s->first[c->lane]; d < s->first[c->lane + 1]; d++) {
		float at = s->detectors[d].to_go_m;
		if (c->to_go_m <= at && at <= c->to_go_m + CAR_M + LOOP_M) {
			s->occupied[d] = c->speed_mps < STREET_HALTS_MPS ? 1 : fmaxf(s->occupied[d], 0.5F);
		}
	}
}

bool rig_sensors_look(struct rig_sensors *s, const struct street *street, struct err *e)
{
	if (s->before_n < street->car_room) {
		struct rig_before *more = mem_resize(s->before, street->car_room, sizeof *more);
		if (more == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for %u cars", street->car_room);
		}
		s->before = more;
		for (uint32_t i = s->before_n; i < street->car_room; i++) {
			s->before[i] = (struct rig_before){NET_NONE, 0};
		}
		s->before_n = street->car_room;
	}
	memset(s->counted, 0, s->detector_n * sizeof *s->counted);
	memset(s->occupied, 0, s->detector_n * sizeof *s->occupied);
	for (uint32_t i = 0; i < street->car_n; i++) {
		pass(s, street, i);
	}
	for (uint32_t i = 0; i < street->car_n; i++) {
		const struct street_car *c = &street->cars[i];
		s->before[i] = (struct rig_before){c->name ? c->lane : NET_NONE, c->to_go_m};
	}
	for (uint32_t d = 0; d < s->detector_n; d++) {
		s->occupied[d] = s->counted[d] > 0 ? fminf(0.5F, s->occupied[d] + PASSES_S) : s->occupied[d];
	}
	return true;
}
