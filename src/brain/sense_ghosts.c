#include <math.h>

#include "base/fault.h"
#include "brain/sense_inside.h"

#define GAINS_MPS2 2.0F
#define BRAKES_MPS2 3.5F
#define GATE_M 0.1F /* so far before a detector those wait who are awaited there */
#define AT_LINE_S 4.0F
#define AT_GATE_S 3.0F
#define BLOCKED_S 10.0F
#define FADES_AT 60.0F /* cars of a lane whose ways are known: then all are halved */

struct sense_ghost *sense_ghosts(const struct sense *s, uint32_t lane)
{
	return &s->ghosts[s->first[lane]];
}

struct sense_ghost *sense_put(struct sense *s, uint32_t lane, float to_go_m, float speed_mps)
{
	struct sense_ghost *g = sense_ghosts(s, lane);
	uint32_t k = s->count[lane];
	if (k == s->first[lane + 1] - s->first[lane]) {
		return NULL; /* no more than fit */
	}
	for (; k > 0 && g[k - 1].to_go_m > to_go_m; k--) {
		g[k] = g[k - 1];
	}
	g[k] = (struct sense_ghost){.to_go_m = to_go_m, .speed_mps = speed_mps, .by = NET_NONE};
	s->count[lane]++;
	if (k == 0) {
		s->head_since[lane] = s->now_ms;
	}
	return &g[k];
}

void sense_take(struct sense *s, uint32_t lane, uint32_t k)
{
	struct sense_ghost *g = sense_ghosts(s, lane);
	memmove(&g[k], &g[k + 1], (--s->count[lane] - k) * sizeof *g);
	if (k == 0) {
		s->head_since[lane] = s->now_ms;
	}
}

static float share(const struct sense *s, const struct net_lane *l, uint32_t k)
{
	float all = 0;
	for (uint32_t i = 0; i < l->move_n; i++) {
		all += s->gps.taken[l->move + i];
	}
	return all > 0 ? s->gps.taken[l->move + k] / all : 0;
}

bool sense_believes(const struct sense_watch *w)
{
	return w->health == SENSE_WELL;
}

bool sense_has_green(const struct sense *s, uint32_t lane)
{
	const struct net_lane *l = &s->net->lanes[lane];
	bool is_green = l->move_n == 0; /* it leads out */
	for (uint32_t k = 0; k < l->move_n; k++) {
		is_green = is_green || (s->is_green[l->move + k] && share(s, l, k) > 0);
	}
	return is_green;
}

/* The movement that is most behind its share, of those with green if one has it; NET_NONE: the lane leads out. */
static uint32_t next_move(const struct sense *s, uint32_t lane)
{
	const struct net_lane *l = &s->net->lanes[lane];
	bool is_any = sense_has_green(s, lane);
	uint32_t best = NET_NONE;
	float most = 0;
	for (uint32_t k = 0; k < l->move_n; k++) {
		uint32_t m = l->move + k;
		float owed = s->owed[m] + share(s, l, k);
		if ((!is_any || s->is_green[m]) && (best == NET_NONE || owed > most)) {
			best = m;
			most = owed;
		}
	}
	return best;
}

static bool has_room(const struct sense *s, uint32_t move)
{
	if (move == NET_NONE) {
		return true;
	}
	uint32_t to = s->net->moves[move].to;
	float metres = s->net->lanes[to].length_m + s->net->moves[move].length_m;
	if (s->count[to] > 0 && s->net->moves[move].signal == NET_NONE && s->on_n[to] == 0) {
		return (float)(s->count[to] - 1) < metres / STREET_CAR_M; /* nothing tells how they stand */
	}
	return s->count[to] == 0 || sense_ghosts(s, to)[s->count[to] - 1].to_go_m + STREET_CAR_M < metres;
}

/* The next detector before one that is so far from the line; NET_NONE: none that is believed. */
static uint32_t gate_of(const struct sense *s, uint32_t lane, float to_go_m)
{
	uint32_t best = NET_NONE;
	for (uint32_t i = 0; i < s->on_n[lane]; i++) {
		uint32_t d = s->by_lane[s->on[lane] + i];
		float at = s->detectors[d].to_go_m;
		if (sense_believes(&s->watch[d]) && at < to_go_m && (best == NET_NONE || at > s->detectors[best].to_go_m)) {
			best = d;
		}
	}
	return best;
}

/* The first of the lane goes over the junction, and is so far over the line. Which movement; NET_NONE: none. */
uint32_t sense_go(struct sense *s, uint32_t lane, float over_m)
{
	const struct net_lane *l = &s->net->lanes[lane];
	uint32_t m = next_move(s, lane);
	float speed = sense_ghosts(s, lane)[0].speed_mps;
	sense_take(s, lane, 0);
	if (m == NET_NONE) {
		return m;
	}
	for (uint32_t k = 0; k < l->move_n; k++) {
		s->owed[l->move + k] += share(s, l, k);
	}
	s->owed[m] -= 1.0F;
	uint32_t to = s->net->moves[m].to;
	float to_go = s->net->lanes[to].length_m + s->net->moves[m].length_m - over_m;
	uint32_t gate = gate_of(s, to, INFINITY); /* he has yet to pass it, even if the lane is shorter than that */
	float least = gate == NET_NONE ? 0 : s->detectors[gate].to_go_m + GATE_M;
	struct sense_ghost *g = sense_put(s, to, to_go > least ? to_go : least, speed);
	if (g != NULL) {
		g->by = m;
	}
	return m;
}

/* One who was counted at the line, and was taken to go on, stands there: he is not where he was sent. */
void sense_come_back(struct sense *s, const struct sense_detector *d, uint32_t move)
{
	const struct net_lane *l = &s->net->lanes[d->lane];
	uint32_t to = move != NET_NONE ? s->net->moves[move].to : d->lane;
	for (uint32_t k = move != NET_NONE ? s->count[to] : 0; k > 0; k--) {
		if (sense_ghosts(s, to)[k - 1].by == move) {
			sense_take(s, to, k - 1);
			break;
		}
	}
	for (uint32_t k = 0; move != NET_NONE && k < l->move_n; k++) {
		s->owed[l->move + k] -= share(s, l, k);
	}
	if (move != NET_NONE) {
		s->owed[move] += 1.0F;
	}
	struct sense_ghost *g = sense_put(s, d->lane, d->to_go_m / 2, 0);
	if (g != NULL) {
		g->is_counted = true;
	}
}

/* One was awaited over this movement, and came. */
void sense_learn(struct sense *s, uint32_t move)
{
	const struct net_lane *l = &s->net->lanes[s->net->moves[move].from];
	float *taken = s->gps.taken, all = 0;
	taken[move] += 1.0F;
	for (uint32_t k = 0; k < l->move_n; k++) {
		all += taken[l->move + k];
	}
	for (uint32_t k = 0; all > FADES_AT && k < l->move_n; k++) {
		taken[l->move + k] *= 0.5F;
	}
}

/* The detector at the line that can be believed; NET_NONE: none. */
static uint32_t line_of(const struct sense *s, uint32_t lane)
{
	for (uint32_t i = 0; i < s->on_n[lane]; i++) {
		uint32_t d = s->by_lane[s->on[lane] + i];
		if (s->watch[d].is_at_line && sense_believes(&s->watch[d])) {
			return d;
		}
	}
	return NET_NONE;
}

/* Detectors at the line are one row over the link, those before it another. */
uint32_t sense_gate_row(const struct sense *s, uint32_t gate)
{
	return s->net->lanes[s->detectors[gate].lane].link * 2 + (s->watch[gate].is_at_line ? 1 : 0);
}

/* One that waits for a detector that says that nobody is there was imagined wrongly. */
static bool is_waiting_in_vain(const struct sense *s, const struct sense_ghost *g, uint32_t gate)
{
	return g->waits_s > (s->detectors[gate].to_go_m > AT_LINE_M ? AT_GATE_S : AT_LINE_S);
}

/* Who was counted onto the link and does not pass here must be on a lane beside: one that passes there without being
 * known was he, or he stands where a queue does. */
static void step_aside(struct sense *s, uint32_t lane, uint32_t k, uint32_t gate)
{
	struct sense_ghost g = sense_ghosts(s, lane)[k];
	const struct net_link *link = &s->net->links[s->net->lanes[lane].link];
	float *unknown = &s->unknown[sense_gate_row(s, gate)];
	uint32_t beside = NET_NONE;
	sense_take(s, lane, k);
	s->variance[lane] += GUESS_ERRS;
	if (!g.is_counted) {
		return;
	}
	for (uint32_t i = 0; *unknown < 1.0F && i < link->lane_n; i++) {
		uint32_t other = link->lane + i, line = line_of(s, other);
		bool is_next = other + 1 == lane || other == lane + 1;
		bool has_queue = line != NET_NONE && s->watch[line].is_over && s->count[other] > 0;
		if (is_next && has_queue && (beside == NET_NONE || s->count[other] > s->count[beside])) {
			beside = other;
		}
	}
	if (beside == NET_NONE) {
		*unknown = fmaxf(-UNKNOWN_MOST, *unknown - 1.0F);
		return;
	}
	float tail = sense_ghosts(s, beside)[s->count[beside] - 1].to_go_m;
	sense_put(s, beside, fminf(tail + STREET_CAR_M, fmaxf(g.to_go_m, s->detectors[gate].to_go_m)), 0);
	s->variance[beside] += GUESS_ERRS;
}

void sense_roll(struct sense *s, uint32_t lane)
{
	const struct net_lane *l = &s->net->lanes[lane];
	struct sense_ghost *g = sense_ghosts(s, lane);
	uint32_t line = line_of(s, lane);
	float limit = 0, leads_mps = 0;
	bool is_first = true, is_waiting = false;
	for (uint32_t i = 0; i < s->count[lane];) {
		struct sense_ghost was = g[i];
		float speed = was.speed_mps + GAINS_MPS2 < l->speed_mps ? was.speed_mps + GAINS_MPS2 : l->speed_mps;
		uint32_t gate = gate_of(s, lane, was.to_go_m);
		bool is_free = is_first && sense_has_green(s, lane) && (gate == NET_NONE ? line == NET_NONE : true);
		if (!is_free) {
			float room = was.to_go_m > limit ? was.to_go_m - limit : 0;
			float safe = sqrtf(2 * BRAKES_MPS2 * room + leads_mps * leads_mps);
			speed = speed < safe ? speed : safe;
			speed = speed < room ? speed : room;
		}
		float to = was.to_go_m - speed;
		if (is_waiting && gate != NET_NONE && was.to_go_m - speed < limit + 1.0F) {
			g[i].waits_s += 1.0F; /* as the one before */
		} else {
			is_waiting = false;
		}
		if (gate != NET_NONE && to <= s->detectors[gate].to_go_m) {
			to = s->detectors[gate].to_go_m + GATE_M < was.to_go_m ? s->detectors[gate].to_go_m + GATE_M : was.to_go_m;
			is_waiting = s->watch[gate].free_s > 0;
			g[i].waits_s += is_waiting ? 1.0F : 0;
			if (is_waiting_in_vain(s, &g[i], gate)) {
				s->watch[gate].missed += was.is_counted ? 1.0F : 0;
				step_aside(s, lane, i, gate);
				continue;
			}
		} else if (gate == NET_NONE && to <= 0 && is_first && is_free) {
			uint32_t m = next_move(s, lane);
			g[i].speed_mps = speed;
			if (has_room(s, m)) {
				bool is_guess = m != NET_NONE && s->net->moves[m].signal != NET_NONE;
				s->variance[lane] += is_guess ? GUESS_ERRS : 0;
				sense_go(s, lane, -to);
				continue;
			}
			to = 0;
			speed = 0;
			g[i].waits_s += 1.0F;
			if (g[i].waits_s > BLOCKED_S && s->on_n[s->net->moves[m].to] == 0) { /* nobody sees him, nor those before */
				sense_take(s, lane, i);
				s->variance[lane] += GUESS_ERRS;
				continue;
			}
		}
		g[i].to_go_m = to > 0 ? to : 0;
		g[i].speed_mps = speed;
		limit = was.to_go_m + STREET_CAR_M;
		leads_mps = was.speed_mps;
		is_first = false;
		i++;
	}
}
