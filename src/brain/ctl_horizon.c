#include "brain/ctl_horizon.h"

#include "brain/ctl_fixed.h"
#include "brain/horizon_inside.h"

void horizon_look(struct city *c)
{
	struct shared *shared = c->shared;
	shared->odd = 1 - shared->odd;
}

/* --- What comes ------------------------------------------------------------------------------------------------------
 */

static float link_share(const struct city *c, uint32_t from, uint32_t to)
{
	const struct net *n = c->net;
	const struct net_link *l = &n->links[from];
	float all = 0, taken = 0;
	for (uint32_t i = 0; i < l->lane_n; i++) {
		const struct net_lane *lane = &n->lanes[l->lane + i];
		for (uint32_t k = 0; k < lane->move_n; k++) {
			float t = c->seen.taken[lane->move + k];
			all += t;
			taken += n->lanes[n->moves[lane->move + k].to].link == to ? t : 0;
		}
	}
	return all > 0 ? taken / all : 0;
}

/* Who is on a lane from which they come without a signal, `s` seconds before the line. */
static void take_free_lane(const struct city *c, uint32_t lane, float s, float share, float *arrive)
{
	const float *come = c->seen.come[lane];
	float queue = c->seen.lanes[lane].queue, per_s = STREET_CAR_M / c->net->lanes[lane].speed_mps;
	int from = (int)(s + 0.5F);
	for (int t = 0; t + from < AHEAD; t++) {
		arrive[t + from] += share * come[t];
	}
	for (float k = 0; k < queue; k += 1.0F) {
		float t = s + SLOW_COSTS_S + k * per_s;
		if (t < AHEAD) {
			arrive[(int)t] += share * (queue - k < 1.0F ? queue - k : 1.0F);
		}
	}
}

/* Cars on the links before, and what the neighbours let go. */
static void take_feeders(const struct work *w)
{
	const struct city *c = w->c;
	const struct shared *shared = c->shared;
	for (uint32_t f = 0; f < w->m->feeder_n; f++) {
		const struct feeder *fe = &w->m->feeders[f];
		float *arrive = w->x->approach[fe->approach];
		float upper = fe->parent == NET_NONE ? 1.0F : w->x->probability[fe->parent];
		w->x->probability[f] = 0;
		if (upper < 0.02F) {
			continue;
		}
		if (fe->signal == NET_NONE) {
			const struct net_link *l = &c->net->links[fe->link];
			w->x->probability[f] = upper * link_share(c, fe->link, fe->to_link);
			for (uint32_t i = 0; i < l->lane_n; i++) {
				take_free_lane(c, l->lane + i, fe->s, w->x->probability[f], arrive);
			}
			continue;
		}
		const struct city_signal *other = &c->signals[fe->signal];
		const struct memory *om = other->memory;
		if (!other->is_led || om == NULL) {
			continue;
		}
		for (uint32_t l = 0; l < om->lane_n; l++) {
			const struct city_lane *ol = &other->lanes[l];
			float share = 0;
			if (c->net->lanes[ol->lane].link != fe->link) {
				continue;
			}
			for (uint32_t k = 0; k < ol->move_n; k++) {
				if (c->net->lanes[c->net->moves[ol->move + k].to].link == fe->to_link) {
					share += estimate_share(&c->seen, ol->move + k);
				}
			}
			/* The last tick's plan: its second 1 is now. */
			const float *out = om->out[1 - shared->odd];
			int delay = (int)(fe->s + SLOW_COSTS_S);
			for (int t = 1; share * upper > 0.02F && t < AHEAD && t - 1 + delay < AHEAD; t++) {
				arrive[t - 1 + delay] += out[(size_t)t * om->width + l] * share * upper;
			}
		}
	}
}

/* The cars that fit behind the junction, over short links without a signal as far as there is room for a queue, and how
 * many leave there a second. */
static float room_behind(const struct city *c, uint32_t lane, float *drains)
{
	float room = 0;
	for (int i = 0; i < ROOM_LINKS; i++) {
		const struct net_lane *l = &c->net->lanes[lane];
		float stand = c->seen.lanes[lane].halting, move = c->seen.lanes[lane].count - stand;
		float fits = l->length_m / STREET_CAR_M - stand - MOVING_TAKES * move;
		room += fits > 0 ? fits : 0;
		*drains = SATURATION;
		if (l->move_n == 0 && fits > 1.0F) {
			return ENDLESS; /* they leave the net */
		}
		if (l->move_n == 0) {
			*drains = DRAINS;
			break;
		}
		uint32_t next = l->move;
		for (uint32_t k = 1; k < l->move_n; k++) {
			next = c->seen.taken[l->move + k] > c->seen.taken[next] ? l->move + k : next;
		}
		if (c->net->moves[next].signal != NET_NONE) {
			*drains = DRAINS;
			break;
		}
		/* One that is full of standing cars ends the way. */
		if (fits < 1.0F && stand > 0) {
			*drains = DRAINS;
			break;
		}
		if (room > ROOM_ENOUGH) {
			break;
		}
		lane = c->net->moves[next].to;
	}
	return room;
}

static bool is_green_in(const struct work *w, uint32_t move, uint8_t stage)
{
	const struct net_move *m = &w->c->net->moves[move];
	return m->signal != w->signal || groups_has(&w->s->plan.stages[stage].green, m->group);
}

/* Who stood while a movement was green and had nobody to give way to does not go there: another one is wanted, or it is
 * full behind. */
static void learn_head(const struct work *w, uint32_t l, int64_t green_ms)
{
	uint8_t stage = w->s->state.stage;
	const struct city_lane *cl = &w->s->lanes[l];
	const struct lane_seen *seen = &w->c->seen.lanes[cl->lane];
	if (w->m->head_ms[l] != seen->head_since_ms) {
		w->m->head_ms[l] = seen->head_since_ms;
		w->m->not_for[l] = 0;
	}
	if (!seen->head_stands || green_ms < BLOCKED_MS || w->c->now_ms - seen->head_since_ms < STANDS_MS) {
		return;
	}
	for (uint32_t k = 0; k < cl->move_n && k < 32; k++) {
		const struct net_move *m = &w->c->net->moves[cl->move + k];
		bool might = is_green_in(w, cl->move + k, stage) &&
		             !(m->signal == w->signal && groups_has(&w->s->plan.stages[stage].yields, m->group));
		w->m->not_for[l] |= might ? 1U << k : 0;
	}
}

/* How likely it is that the first car of a lane may go in a stage. */
static float head_goes(const struct work *w, uint32_t l, uint8_t stage)
{
	const struct city_lane *cl = &w->s->lanes[l];
	float all = 0, goes = 0;
	for (uint32_t k = 0; k < cl->move_n; k++) {
		float share = k < 32 && (w->m->not_for[l] >> k & 1) ? 0 : estimate_share(&w->c->seen, cl->move + k);
		all += share;
		goes += is_green_in(w, cl->move + k, stage) ? share : 0;
	}
	return all > 0 ? goes / all : 1.0F;
}

/* How much a lane lets go in each stage, and the room behind it. */
static void rate_lane(const struct work *w, uint32_t l, float *room)
{
	const struct city *c = w->c;
	const struct city_lane *cl = &w->s->lanes[l];
	float most = 0, all = 0, saturation = 0;
	*room = ENDLESS;
	w->x->drains[l] = 0;
	for (uint32_t k = 0; k < cl->move_n; k++) {
		const struct net_move *m = &c->net->moves[cl->move + k];
		float share = estimate_share(&c->seen, cl->move + k);
		saturation += share * (m->turn == 's' ? SATURATION : TURNS_AT);
		all += share;
		if (share > most) {
			most = share;
			*room = room_behind(c, m->to, &w->x->drains[l]);
		}
	}
	w->x->saturation[l] = all > 0 ? saturation / all : SATURATION;
	for (uint8_t p = 0; p < w->s->plan.stage_n; p++) {
		float green, yields;
		city_serves(c, w->signal, l, p, &green, &yields);
		/* Who has red stands before those behind who have green. */
		green = green > 0.99F ? 1.0F : green * head_goes(w, l, p);
		w->x->green[p][l] = w->x->saturation[l] * green;
		w->x->yields[p][l] = yields;
		w->x->gives_way[p] = w->x->gives_way[p] || yields > 0.01F;
	}
}

static bool is_part(const struct groups *a, const struct groups *of)
{
	bool is = true;
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		is = is && (a->w[i] & ~of->w[i]) == 0;
	}
	return is;
}

static float comes_until(const struct work *w, uint32_t l, int64_t at_ms)
{
	float with = w->root.q[l];
	for (int t = 0; t < AHEAD && w->c->now_ms + t * 1000 <= at_ms; t++) {
		with += w->x->arrive[t][l];
	}
	return with;
}

/* Who has a priority counts for more: in a lane that is shared by all who have to go before it, since they go together.
 */
static void add_claims(const struct work *w)
{
	uint32_t n, lanes = w->m->lane_n;
	const struct priority_claim *claims = priority_claims(w->c, w->signal, &n);
	for (uint32_t i = 0; i < n && !w->is_plain; i++) {
		const struct priority_claim *cl = &claims[i];
		const struct net_move *m = &w->c->net->moves[cl->move];
		for (uint32_t l = 0; l < lanes + w->s->crossing_n; l++) {
			bool is_here =
				l < lanes ? w->s->lanes[l].lane == m->from && !m->is_crossing : w->s->crossings[l - lanes] == cl->move;
			if (is_here && !cl->is_reserving && cl->eta_ms < w->c->now_ms + AHEAD * 1000) {
				float with = comes_until(w, l, cl->eta_ms);
				w->x->weight[l] += cl->people / (l < lanes ? PRIORITY_CAR_HOLDS : 1.0F) / (with > 1.0F ? with : 1.0F);
			}
		}
	}
}

/* Whether a stage is another one without its crossings. */
static bool is_without_walks(const struct work *w, uint8_t stage, uint8_t of)
{
	const struct safety_plan *p = &w->s->plan;
	return stage >= p->stage_n - p->extra_n && stage != of && is_part(&p->stages[stage].green, &p->stages[of].green);
}

/* Which changes are worth looking at: somebody is served better, or a stage can be left sooner afterwards since its
 * crossings are red. */
static void find_useful(const struct work *w)
{
	struct scratch *x = w->x;
	uint32_t lanes = w->m->lane_n, all = lanes + w->s->crossing_n, n = w->s->plan.stage_n;
	for (uint8_t b = 0; b < n; b++) {
		for (uint8_t a = 0; a < n; a++) {
			x->is_useful[a][b] = is_without_walks(w, b, a);
			for (uint32_t l = 0; l < all; l++) {
				float before = x->green[a][l] - x->yields[a][l] * x->saturation[l] * 0.9F;
				float after = x->green[b][l] - x->yields[b][l] * x->saturation[l] * 0.9F;
				x->is_useful[a][b] = x->is_useful[a][b] || (x->demand[l] > SOMEBODY && after > before + 0.001F);
			}
		}
	}
}

static bool is_due_soon(const struct work *w, uint32_t group)
{
	const struct safety_plan *p = &w->s->plan;
	const struct safety_group *g = &p->groups[group];
	bool is_green = groups_has(&p->stages[w->s->state.stage].green, group);
	return g->is_served && !is_green &&
	       w->s->state.red_ms[group] + g->most_red_ms - p->longest_ms - DUE_SOON_MS < w->c->now_ms;
}

static void look_ahead(struct work *w)
{
	const struct city *c = w->c;
	struct scratch *x = w->x;
	struct node *root = &w->root;
	uint32_t lanes = w->m->lane_n;
	int64_t green_ms = city_green_ms(w->s, c->now_ms);
	memset(x->arrive, 0, sizeof x->arrive);
	memset(x->approach, 0, w->m->approach_n * sizeof x->approach[0]);
	memset(x->gives_way, 0, sizeof x->gives_way);
	take_feeders(w);
	for (uint32_t l = 0; l < w->width; l++) {
		root->q[l] = root->flow[l] = root->age[l] = 0;
		root->room[l] = ENDLESS;
		x->drains[l] = 0;
		x->weight[l] = 1.0F;
		x->demand[l] = 0;
		x->saturation[l] = SATURATION;
		for (uint8_t p = 0; p < w->s->plan.stage_n; p++) {
			x->green[p][l] = x->yields[p][l] = 0;
		}
	}
	for (uint32_t l = 0; l < lanes; l++) {
		float share = estimate_lane_share(&c->seen, w->s->lanes[l].lane);
		const float *approach = x->approach[w->m->approach[l]], *come = c->seen.come[w->s->lanes[l].lane];
		for (int t = 0; t < AHEAD; t++) {
			x->arrive[t][l] = approach[t] * share + come[t];
		}
		root->q[l] = c->seen.lanes[w->s->lanes[l].lane].queue;
		/* Who stands in others' way counts for them as well. */
		x->weight[l] = 1.0F + c->jam.frees[w->s->lanes[l].lane];
		learn_head(w, l, green_ms);
		rate_lane(w, l, &root->room[l]);
	}
	for (uint32_t i = 0; i < w->s->crossing_n; i++) {
		uint32_t l = lanes + i, m = w->s->crossings[i];
		root->q[l] = c->seen.waiting[m];
		x->weight[l] = 1.0F + c->seen.wait_ms[m] / 30000.0F;
		for (int t = 0; t < AHEAD; t++) {
			x->arrive[t][l] = WALKERS_COME;
		}
		/* One who may stand there unseen: better served when it suits than when the safety layer has to. */
		root->q[l] += is_due_soon(w, c->net->moves[m].group) ? 1.0F : 0;
		for (uint8_t p = 0; p < w->s->plan.stage_n; p++) {
			x->green[p][l] = groups_has(&w->s->plan.stages[p].green, c->net->moves[m].group) ? WALKS : 0;
		}
	}
	for (uint32_t l = 0; l < lanes + w->s->crossing_n; l++) {
		x->demand[l] = root->q[l];
		for (int t = 0; t < AHEAD; t++) {
			x->demand[l] += x->arrive[t][l];
		}
	}
	add_claims(w);
	find_useful(w);
}

/* --- One second ------------------------------------------------------------------------------------------------------
 */

/* What a lane that gives way lets go: its part that does not, and gaps of those before whom it does. */
static float with_gaps(const struct work *w, const struct node *n, uint8_t stage, uint32_t l)
{
	const struct scratch *x = w->x;
	const uint8_t *foes = &w->m->foes[l * FOES];
	float stream = 0;
	for (int i = 0; i < FOES && foes[i] != 255; i++) {
		stream += n->flow[foes[i]];
	}
	float gaps = GAPS_AT * (1.0F - stream / 0.5F);
	gaps = gaps > GAPS_CLOSED ? gaps : GAPS_CLOSED;
	float yields = x->yields[stage][l], sure = x->green[stage][l];
	if (yields > 0.99F) {
		return gaps;
	}
	/* The headway of the lane is the mean of the two. */
	return sure > 0.01F ? 1.0F / ((1.0F - yields) / sure + yields / gaps) : 0;
}

/* Nearly all of the time is spent here: compiled to four or more lanes at once (Makefile). */
static float flow_on(uint32_t width, float *restrict q, float *restrict room, float *restrict flow, float *restrict age,
                     const float *restrict rate, const float *restrict arrive, const float *restrict weight,
                     const float *restrict drains)
{
	float cost = 0;
	for (uint32_t l = 0; l < width; l++) {
		float ramp = age[l] < 2.0F ? 0.3F + 0.35F * age[l] : 1.0F;
		float can = rate[l] * ramp, in = q[l] + arrive[l];
		float out = in < can ? in : can;
		out = out < room[l] ? out : room[l];
		float stands = in - out, joins = arrive[l] < stands ? arrive[l] : stands;
		q[l] = stands;
		flow[l] = out;
		room[l] = room[l] - out + drains[l];
		age[l] = rate[l] > 0 ? age[l] + 1.0F : 0;
		cost += weight[l] * (stands + joins * STOP_COSTS_S);
	}
	return cost;
}

/* A second of a stage that is all green. */
static void stay(const struct work *w, struct node *n, uint8_t stage, int t, bool is_now)
{
	const float *rate = is_now ? w->x->now : w->x->green[stage];
	float own[CITY_LANES_MAX];
	if (w->x->gives_way[stage]) {
		memcpy(own, rate, w->width * sizeof *own);
		for (uint32_t l = 0; l < w->m->lane_n; l++) {
			if (w->x->yields[stage][l] > 0.01F && (!is_now || rate[l] > 0)) {
				own[l] = with_gaps(w, n, stage, l);
			}
		}
		rate = own;
	}
	n->cost += flow_on(w->width, n->q, n->room, n->flow, n->age, rate, w->x->arrive[t], w->x->weight, w->x->drains);
}

/* A second of a change: `since` seconds ago it began. */
static void change(const struct work *w, struct node *n, uint8_t from, uint8_t to, int since, int t)
{
	size_t at = ((size_t)from * w->s->plan.stage_n + to) * w->width;
	const uint8_t *starts = &w->m->starts[at], *goes_on = &w->m->goes_on[at];
	float rate[CITY_LANES_MAX];
	for (uint32_t l = 0; l < w->width; l++) {
		bool has = since >= starts[l], had = w->x->green[from][l] > 0;
		rate[l] = has ? w->x->green[to][l] : 0;
		if (has && w->x->yields[to][l] > 0.01F) {
			rate[l] = with_gaps(w, n, to, l);
		} else if (!has && had && since < goes_on[l]) {
			rate[l] = w->x->yields[from][l] > 0.01F ? with_gaps(w, n, from, l) : w->x->green[from][l];
		} else if (!has && had && since == goes_on[l]) {
			/* Yellow: who is near goes through, and who waits within the junction for a gap. */
			rate[l] = w->x->yields[from][l] > 0.3F ? CREEPS_OUT : w->x->green[from][l];
		}
	}
	n->cost += flow_on(w->width, n->q, n->room, n->flow, n->age, rate, w->x->arrive[t], w->x->weight, w->x->drains);
}

/* What it costs and will cost: those who still stand have to go one after the other, before a red light later. */
static void value(const struct work *w, struct node *n, uint8_t stage)
{
	n->value = n->cost;
	for (uint32_t l = 0; l < w->m->lane_n + w->s->crossing_n; l++) {
		float q = n->q[l], rate = w->x->green[stage][l];
		float per = l < w->m->lane_n ? 1.0F : 0.05F;
		bool is_green = rate > 0 && w->x->yields[stage][l] < 0.5F;
		n->value += w->x->weight[l] * q * (q * per + (is_green ? 0 : w->m->red_costs_s));
	}
}

/* --- The search ------------------------------------------------------------------------------------------------------
 */

static void copy(const struct work *w, struct node *to, const struct node *from)
{
	struct node had = *to;
	*to = *from;
	to->q = had.q;
	to->room = had.room;
	to->flow = had.flow;
	to->age = had.age;
	memcpy(to->q, from->q, w->width * sizeof(float));
	memcpy(to->room, from->room, w->width * sizeof(float));
	memcpy(to->flow, from->flow, w->width * sizeof(float));
	memcpy(to->age, from->age, w->width * sizeof(float));
}

static void keep_best(struct work *w, struct node *n, uint8_t stage)
{
	value(w, n, stage);
	if (!w->has_best || n->value < w->best.value - (n->n > 0 && w->best.n == 0 ? STAYS_UNLESS_S : 0)) {
		copy(w, &w->best, n);
		w->has_best = true;
	}
}

/* Into its place at a second and stage, if it is among the best there. */
static void offer(struct work *w, struct node *n, uint8_t stage, int t)
{
	struct node *at = w->x->nodes[t % RING][stage];
	uint8_t *count = &w->x->node_n[t % RING][stage];
	value(w, n, stage);
	if (w->has_best && n->cost >= w->best.value) {
		return;
	}
	uint8_t place = *count;
	if (*count == BEST) {
		place = 0;
		for (uint8_t i = 1; i < BEST; i++) {
			place = at[i].value > at[place].value ? i : place;
		}
		if (at[place].value <= n->value) {
			return;
		}
	} else {
		++*count;
	}
	copy(w, &at[place], n);
}

/* Every second at first, then seldom. */
static bool may_change(int t)
{
	return t < 4 || (t < 12 && t % 2 == 0) || t % 4 == 0;
}

/* From a way that stands in `stage` at t into each other stage. */
static void branch(struct work *w, const struct node *n, uint8_t stage, int t, uint8_t only)
{
	const struct safety_plan *p = &w->s->plan;
	if (n->n == CHANGES) {
		return;
	}
	for (uint8_t to = 0; to < p->stage_n; to++) {
		bool is_asked = only == STAGE_NONE ? w->x->is_useful[stage][to] : to == only;
		if (to == stage || !is_asked) {
			continue;
		}
		struct node *child = &w->spare;
		copy(w, child, n);
		child->stage[child->n] = to;
		child->at[child->n++] = (uint8_t)t;
		int takes = w->m->changes[stage * p->stage_n + to], k = 0;
		bool gains = !is_part(&p->stages[to].green, &p->stages[stage].green);
		int least = takes + (gains ? (p->longest_ms - p->clear_ms - 2000) / 1000 : 0);
		least = least < RING - 1 ? least : RING - 1;
		for (; k < least && t + k < AHEAD; k++) {
			if (k < takes) {
				change(w, child, stage, to, k, t + k);
			} else {
				stay(w, child, to, t + k, false);
			}
		}
		if (t + k >= AHEAD) {
			keep_best(w, child, to);
		} else {
			offer(w, child, to, t + k);
		}
	}
}

/* `first`: only ways whose first second is that stage; STAGE_NONE: all. */
static void search(struct work *w, uint8_t stage, uint8_t first)
{
	bool may_stay = first == STAGE_NONE || first == stage, may_go = first != stage;
	w->has_best = false;
	memset(w->x->node_n, 0, sizeof w->x->node_n);
	/* To stay is the first way to be measured by. */
	copy(w, &w->spare, &w->root);
	for (int t = 0; may_stay && t < AHEAD; t++) {
		stay(w, &w->spare, stage, t, true);
	}
	if (may_stay) {
		keep_best(w, &w->spare, stage);
	}
	offer(w, &w->root, stage, 0);
	for (int t = 0; t < AHEAD; t++) {
		for (uint8_t p = 0; p < w->s->plan.stage_n; p++) {
			for (uint8_t i = 0; i < w->x->node_n[t % RING][p]; i++) {
				struct node *n = &w->x->nodes[t % RING][p][i];
				if (w->has_best && n->cost >= w->best.value) {
					continue;
				}
				if (may_change(t) && (t > 0 || may_go)) {
					branch(w, n, p, t, t == 0 ? first : STAGE_NONE);
				}
				if (t == 0 && !may_stay) {
					continue;
				}
				copy(w, &w->spare, n);
				stay(w, &w->spare, p, t, n->n == 0);
				if (t + 1 == AHEAD) {
					keep_best(w, &w->spare, p);
				} else {
					offer(w, &w->spare, p, t + 1);
				}
			}
			w->x->node_n[t % RING][p] = 0;
		}
	}
}

/* --- The plan for the neighbours
 * --------------------------------------------------------------------------------------- */

static void publish(struct work *w, uint8_t stage)
{
	const struct shared *shared = w->c->shared;
	struct memory *m = w->m;
	float *out = m->out[shared->odd];
	uint8_t next = 0, from = stage;
	int since = -1;
	bool is_first = true;
	copy(w, &w->spare, &w->root);
	for (int t = 0; t < AHEAD; t++) {
		if (next < m->plan_n && m->plan_ms[next] <= w->c->now_ms + t * 1000) {
			from = stage;
			stage = m->plan_stage[next++];
			since = from != stage ? 0 : -1;
			is_first = is_first && from == stage;
		}
		if (since >= 0 && since < m->changes[from * w->s->plan.stage_n + stage]) {
			change(w, &w->spare, from, stage, since++, t);
		} else {
			stay(w, &w->spare, stage, t, is_first);
		}
		memcpy(&out[(size_t)t * m->width], w->spare.flow, m->width * sizeof *out);
	}
}

/* What its programme will do: the neighbours of a signal that the brain does not lead must know that. */
static void take_programme(struct work *w, uint8_t stage)
{
	struct memory *m = w->m;
	m->plan_n = 0;
	for (int t = 0; t < AHEAD && m->plan_n < CHANGES; t++) {
		int64_t at_ms = w->c->now_ms + t * 1000;
		uint8_t next = fixed_stage(&w->c->net->signals[w->signal], &w->s->plan, at_ms);
		if (next != stage) {
			m->plan_stage[m->plan_n] = stage = next;
			m->plan_ms[m->plan_n++] = at_ms;
		}
	}
}

static void take_reserved(struct work *w)
{
	struct memory *m = w->m;
	m->plan_n = w->s->priority.reserved != w->s->state.stage;
	m->plan_stage[0] = w->s->priority.reserved;
	m->plan_ms[0] = w->c->now_ms;
}

static void keep_plan(struct work *w)
{
	struct memory *m = w->m;
	m->plan_n = w->best.n;
	for (uint8_t i = 0; i < m->plan_n; i++) {
		m->plan_stage[i] = w->best.stage[i];
		m->plan_ms[i] = w->c->now_ms + w->best.at[i] * 1000;
	}
}

/* --- The guard -------------------------------------------------------------------------------------------------------
 */

/* Lanes that have green and whose first car does not go: nothing is expected of them while this green lasts. */
static void mark_blocked(struct work *w, uint8_t stage, int64_t green_ms)
{
	memcpy(w->x->now, w->x->green[stage], w->width * sizeof *w->x->now);
	for (uint32_t l = 0; l < w->m->lane_n; l++) {
		const struct lane_seen *seen = &w->c->seen.lanes[w->s->lanes[l].lane];
		if (seen->head_stands && w->c->now_ms - seen->head_since_ms > STANDS_MS && green_ms > BLOCKED_MS) {
			w->x->now[l] = 0;
		}
	}
}

/* The stage for a lane whose first car has stood for too long though there is room behind; STAGE_NONE: there is none.
 */
static uint8_t guard(const struct work *w, int64_t green_ms)
{
	int64_t longest_ms = GUARD_MS;
	uint8_t best = STAGE_NONE;
	for (uint32_t l = 0; l < w->m->lane_n; l++) {
		const struct lane_seen *seen = &w->c->seen.lanes[w->s->lanes[l].lane];
		int64_t stood_ms = w->c->now_ms - seen->head_since_ms;
		if (!seen->head_stands || stood_ms < longest_ms || w->root.room[l] < 1.0F) {
			continue;
		}
		float most = 0;
		for (uint8_t p = 0; p < w->s->plan.stage_n; p++) {
			float rate = w->x->green[p][l] * (1.0F - 0.7F * w->x->yields[p][l]);
			bool was_tried = p == w->s->state.stage && green_ms > GUARD_KEEPS_MS;
			if (rate > most && !was_tried) {
				most = rate;
				best = p;
				longest_ms = stood_ms;
			}
		}
	}
	return best;
}

/* --- One signal ------------------------------------------------------------------------------------------------------
 */

static void lend(struct work *w, struct node *n, size_t number, size_t floats)
{
	float *at = w->x->floats + number * floats;
	*n = (struct node){.q = at, .room = at + floats / 4, .flow = at + floats / 2, .age = at + floats / 4 * 3};
}

/* What is known of the signal, and the places for the ways. */
static int64_t prepare(struct work *w, struct city *c, uint32_t signal, bool is_plain, void *scratch)
{
	const struct shared *shared = c->shared;
	struct city_signal *s = &c->signals[signal];
	*w = (struct work){.c = c,
	                   .s = s,
	                   .m = s->memory,
	                   .x = scratch,
	                   .signal = signal,
	                   .width = ((struct memory *)s->memory)->width,
	                   .is_plain = is_plain};
	size_t number = 0;
	uint8_t stage = s->state.stage;
	lend(w, &w->best, number++, shared->node_floats);
	lend(w, &w->spare, number++, shared->node_floats);
	lend(w, &w->root, number++, shared->node_floats);
	for (int r = 0; r < RING; r++) {
		for (uint8_t p = 0; p < s->plan.stage_n; p++) {
			for (int i = 0; i < BEST; i++) {
				lend(w, &w->x->nodes[r][p][i], number++, shared->node_floats);
			}
		}
	}
	look_ahead(w);
	int64_t green_ms = city_green_ms(s, c->now_ms);
	for (uint32_t l = 0; l < w->width; l++) {
		w->root.age[l] = w->x->green[stage][l] > 0 && green_ms > 0 ? (float)(green_ms / 1000) : 0;
	}
	mark_blocked(w, stage, green_ms);
	return green_ms;
}

uint8_t horizon_wish(struct city *c, uint32_t signal, void *scratch)
{
	const struct city_signal *s = &c->signals[signal];
	struct work w;
	uint8_t stage = s->state.stage;
	if (s->memory == NULL) {
		return STAGE_NONE;
	}
	int64_t green_ms = prepare(&w, c, signal, false, scratch);
	bool is_free = false;
	for (uint8_t p = 0; p < s->plan.stage_n; p++) {
		is_free = is_free || (p != stage && safety_is_free(&s->state, &s->plan, p, c->now_ms));
	}
	if (is_free) {
		search(&w, stage, STAGE_NONE);
		keep_plan(&w);
	}
	if (!mode_leads(&s->mode)) {
		take_programme(&w, stage);
	} else if (s->priority.reserved != STAGE_NONE) {
		take_reserved(&w);
	}
	publish(&w, stage);
	uint8_t stuck = is_free ? guard(&w, green_ms) : STAGE_NONE;
	if (stuck != STAGE_NONE) {
		return stuck;
	}
	return is_free && w.best.n > 0 && w.best.at[0] == 0 ? w.best.stage[0] : stage;
}

float horizon_cost(struct city *c, uint32_t signal, uint8_t stage, bool is_plain, void *scratch)
{
	struct work w;
	if (c->signals[signal].memory == NULL) {
		return 0;
	}
	prepare(&w, c, signal, is_plain, scratch);
	search(&w, c->signals[signal].state.stage, stage);
	return w.has_best ? w.best.value : ENDLESS * ENDLESS;
}
