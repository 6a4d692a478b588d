#include "brain/priority.h"

#include <stdlib.h>

#include "base/fault.h"
#include "brain/city.h"
#include "brain/ctl_fixed.h"
#include "brain/window.h"

const char *const PRIORITY_NAMES[PRIORITIES] = {"emergency", "late bus", "long wait", "school hours"};

enum {
	LATE_FROM_S = 60,
	LONG_WAIT_MS = 45000,
	ARRIVES_EARLY_MS = 4000, /* it must see green before it brakes */
	CAR_TAKES_MS = 2000,     /* of those who stand before it */
	UNSEEN_MS = 30000,       /* after its arrival at a line: it has passed unseen */
	STANDS_MS = 90000,       /* longer than its link takes: it stays there */
	STARTS_MS = 3000,        /* the first of them */
	SPARE_MS = 8000,       /* of the window's begin: it comes sooner than reckoned, and a red light lets a queue grow */
	PASSES_LATE_MS = 8000, /* after the time that was reckoned */
	DAY_MIN = 24 * 60,
	MINUTE_MS = 60000,
};
#define EMERGENCY_COUNTS 100.0F
#define BUS_COUNTS 20.0F
#define SCHOOL_COUNTS 3.0F
#define ROLLS_MPS 3.0F
#define DRIVES_FASTER 1.5F /* an emergency vehicle, than is allowed to others, until it is seen otherwise */
#define DRIVES_SLOWER 0.7F /* behind others; not less: they go on */
#define OF_LATE 0.1F       /* a second's part */
#define BLOCKS 2.0F        /* cars that stand before it */
#define NEVER INT64_MIN
#define PEOPLE_PARTS 64.0F
#define PARTS_MOST 1e9F

void priority_rules_init(struct priority_rules *r)
{
	*r = (struct priority_rules){.weight = {[PRIORITY_EMERGENCY] = EMERGENCY_COUNTS,
	                                        [PRIORITY_BUS] = BUS_COUNTS,
	                                        [PRIORITY_WALKER] = 1.0F,
	                                        [PRIORITY_SCHOOL] = SCHOOL_COUNTS}};
}

bool priority_init(struct city *c, struct err *e)
{
	struct priority *p = &c->priority;
	uint32_t crossings = 0;
	for (uint32_t i = 0; i < c->net->move_n; i++) {
		crossings += c->net->moves[i].is_crossing;
	}
	/* Each crossing for its own and for a school's sake, each vehicle, and each way as far as it is looked ahead. */
	p->claim_room = 2 * crossings + PRIORITY_VEHICLES_MAX + PRIORITY_ROUTES_MAX * PRIORITY_LINKS_MAX;
	p->vehicles = arena_new(&c->arena, struct priority_vehicle, PRIORITY_VEHICLES_MAX);
	p->claims = arena_new(&c->arena, struct priority_claim, p->claim_room);
	priority_rules_init(&c->rules);
	return !c->arena.is_full || err_set(e, ERR_MEMORY, "no memory for priorities");
}

/* --- Ways ------------------------------------------------------------------------------------------------------------
 */

static float link_s(const struct net *n, uint32_t link)
{
	return n->links[link].length_m / (n->links[link].speed_mps > 1.0F ? n->links[link].speed_mps : 1.0F);
}

/* Follows the movements of a link: the next link that one of them leads to, NET_NONE at the end. */
struct onward {
	uint32_t lane, move;
};
static uint32_t next_link(const struct net *n, uint32_t link, struct onward *o)
{
	const struct net_link *l = &n->links[link];
	for (; o->lane < l->lane_n; o->lane++, o->move = 0) {
		const struct net_lane *lane = &n->lanes[l->lane + o->lane];
		while (o->move < lane->move_n) {
			const struct net_move *m = &n->moves[lane->move + o->move++];
			uint32_t to = n->lanes[m->to].link;
			if (!m->is_crossing && to != NET_NONE) {
				return to;
			}
		}
	}
	return NET_NONE;
}

uint32_t priority_way(const struct net *n, uint32_t from, uint32_t to, uint32_t links[PRIORITY_LINKS_MAX])
{
	float *takes = mem_alloc(n->link_n, sizeof *takes);
	uint32_t *before = mem_alloc(n->link_n, sizeof *before), length = 0;
	bool *is_open = mem_alloc(n->link_n, sizeof *is_open), goes_on = takes && before && is_open;
	for (uint32_t i = 0; goes_on && i < n->link_n; i++) {
		takes[i] = -1.0F;
		before[i] = NET_NONE;
	}
	if (goes_on) {
		takes[from] = link_s(n, from);
		is_open[from] = true;
	}
	/* Ways are asked for a few times a day: labels that change are gone through until none does. */
	while (goes_on) {
		goes_on = false;
		for (uint32_t i = 0; i < n->link_n; i++) {
			struct onward o = {0};
			if (!is_open[i]) {
				continue;
			}
			is_open[i] = false;
			for (uint32_t k = next_link(n, i, &o); k != NET_NONE; k = next_link(n, i, &o)) {
				float s = takes[i] + link_s(n, k);
				if (takes[k] < 0 || s < takes[k]) {
					takes[k] = s;
					before[k] = i;
					is_open[k] = goes_on = true;
				}
			}
		}
	}
	if (takes != NULL && before != NULL && takes[to] >= 0) {
		for (uint32_t k = to; k != NET_NONE; k = k == from ? NET_NONE : before[k]) {
			length++;
		}
		uint32_t at = length = length <= PRIORITY_LINKS_MAX ? length : 0;
		for (uint32_t k = to; at > 0; k = before[k]) {
			links[--at] = k;
		}
	}
	mem_free(takes);
	mem_free(before);
	mem_free(is_open);
	return length;
}

/* --- Who announces himself -------------------------------------------------------------------------------------------
 */

void priority_tick(struct city *c)
{
	c->priority.vehicle_n = 0;
}

void priority_see(struct city *c, const struct priority_vehicle *v)
{
	struct priority *p = &c->priority;
	if (p->vehicle_n < PRIORITY_VEHICLES_MAX && v->lane < c->net->lane_n && c->net->lanes[v->lane].link != NET_NONE) {
		p->vehicles[p->vehicle_n++] = *v;
	}
}

/* --- Stages for a way ------------------------------------------------------------------------------------------------
 */

/* The stage that serves the way over the junction best. As long as others stand before it who have to go first, in
 * whatever lane, the one that lets most of them go. What stands already is as good as another. */
static uint8_t stage_for(const struct city *c, uint32_t signal, const struct priority_claim *cl)
{
	const struct net *n = c->net;
	const struct net_move *way = &n->moves[cl->move];
	bool clears = cl->queue > BLOCKS && !cl->is_near;
	const struct city_signal *s = &c->signals[signal];
	uint32_t from = n->lanes[way->from].link, to = n->lanes[way->to].link;
	float most = 0;
	uint8_t best = STAGE_NONE;
	for (uint8_t p = 0; p < s->plan.stage_n; p++) {
		const struct safety_stage *st = &s->plan.stages[p];
		float serves = 0, others = 0;
		for (uint32_t i = 0; i < n->links[from].lane_n; i++) {
			const struct net_lane *lane = &n->lanes[n->links[from].lane + i];
			for (uint32_t k = 0; k < lane->move_n; k++) {
				const struct net_move *m = &n->moves[lane->move + k];
				bool is_green = m->signal == signal && !m->is_crossing && groups_has(&st->green, m->group);
				float rate = !is_green ? 0 : groups_has(&st->yields, m->group) ? 2.0F : 6.0F;
				serves += n->lanes[m->to].link == to ? rate : 0;
				others += rate * c->seen.lanes[m->from].halting * estimate_share(&c->seen, lane->move + k);
			}
		}
		serves += serves > 0 && clears ? others : 0;
		serves += serves > 0 && p == s->state.stage ? 0.5F : 0;
		if (serves > most) {
			most = serves;
			best = p;
		}
	}
	return best;
}

/* Until the signal could begin to change, and until the way then has green. */
static int64_t green_in_ms(const struct city *c, const struct city_signal *s, uint8_t from, uint8_t to, uint32_t group)
{
	int64_t at_ms = c->now_ms;
	for (uint32_t g = 0; from == s->state.stage && g < s->plan.group_n; g++) {
		bool loses = groups_has(&s->plan.stages[from].green, g) && !groups_has(&s->plan.stages[to].green, g);
		int64_t free_ms = s->state.green_ms[g] + s->plan.groups[g].least_green_ms;
		at_ms = loses && free_ms > at_ms ? free_ms : at_ms;
	}
	at_ms = from == s->state.stage && s->state.ready_ms > at_ms ? s->state.ready_ms : at_ms;
	return at_ms - c->now_ms + safety_wait_ms(&s->plan, from, to, group);
}

/* --- Claims ----------------------------------------------------------------------------------------------------------
 */

/* As the journal has it, and no more than it can have, whatever the street says. */
static float in_parts(float people)
{
	float parts = people * PEOPLE_PARTS;
	return (float)(uint32_t)(parts < PARTS_MOST ? parts > 0 ? parts : 0 : PARTS_MOST) / PEOPLE_PARTS;
}

static void claim(struct city *c, struct priority_claim claim)
{
	struct priority *p = &c->priority;
	claim.signal = c->net->moves[claim.move].signal;
	claim.people = in_parts(claim.people);
	claim.queue = in_parts(claim.queue);
	if (claim.signal != NET_NONE && p->claim_n < p->claim_room) {
		p->claims[p->claim_n++] = claim;
	}
}

/* A movement under a signal from one link to the next. */
static uint32_t move_between(const struct net *n, uint32_t from, uint32_t to)
{
	const struct net_link *l = &n->links[from];
	for (uint32_t i = 0; i < l->lane_n; i++) {
		const struct net_lane *lane = &n->lanes[l->lane + i];
		for (uint32_t k = 0; k < lane->move_n; k++) {
			const struct net_move *m = &n->moves[lane->move + k];
			if (!m->is_crossing && m->signal != NET_NONE && n->lanes[m->to].link == to) {
				return lane->move + k;
			}
		}
	}
	return NET_NONE;
}

/* The vehicle on this way: at the link where it was, or further on. */
static void follow(const struct city *c, const struct priority_route *r, struct priority_progress *at)
{
	for (uint32_t i = 0; i < c->priority.vehicle_n; i++) {
		const struct priority_vehicle *v = &c->priority.vehicles[i];
		uint32_t link = c->net->lanes[v->lane].link, k = at->at;
		while (k < r->link_n && r->links[k] != link) {
			k++;
		}
		if (v->kind != r->kind || k == r->link_n) {
			continue;
		}
		if (k != at->at || at->seen_ms == NEVER) {
			at->since_ms = c->now_ms;
		}
		at->at = k;
		at->to_go_m = v->to_go_m;
		if (v->speed_mps > ROLLS_MPS) {
			float others_mps = c->net->links[link].length_m / link_s(c->net, link);
			at->faster += OF_LATE * (v->speed_mps / (others_mps > 1.0F ? others_mps : 1.0F) - at->faster);
			at->faster = at->faster > DRIVES_SLOWER ? at->faster : DRIVES_SLOWER;
		}
		at->seen_ms = c->now_ms;
		return;
	}
}

/* Who stands in the longest lane of a link. */
static float queue_on(const struct city *c, uint32_t link)
{
	const struct net_link *l = &c->net->links[link];
	float most = 0;
	for (uint32_t i = 0; i < l->lane_n; i++) {
		float queue = c->seen.lanes[l->lane + i].halting;
		most = queue > most ? queue : most;
	}
	return most;
}

static int64_t passes_in_ms(const struct city *c, const struct priority_claim *cl)
{
	const struct net_move *way = &c->net->moves[cl->move];
	const struct city_signal *s = &c->signals[way->signal];
	uint8_t stage = s->is_led ? stage_for(c, way->signal, cl) : STAGE_NONE;
	int64_t green_ms = stage != STAGE_NONE ? green_in_ms(c, s, s->state.stage, stage, way->group) : 0;
	return green_ms + (int64_t)(cl->queue * CAR_TAKES_MS);
}

static void claim_way(struct city *c, const struct priority_route *r, struct priority_progress *at)
{
	const struct net *n = c->net;
	bool was_seen = at->seen_ms != NEVER;
	float queue = 0;
	int64_t eta_ms = was_seen ? at->seen_ms : r->eta_ms;
	for (uint32_t k = at->at; k + 1 < r->link_n; k++) {
		const struct net_link *l = &n->links[r->links[k]];
		float m = k == at->at && was_seen ? at->to_go_m : l->length_m;
		float mps = l->speed_mps * at->faster;
		eta_ms += (int64_t)(m / (mps > ROLLS_MPS ? mps : ROLLS_MPS) * 1000.0F);
		uint32_t move = move_between(n, r->links[k], r->links[k + 1]);
		bool stays = k == at->at && was_seen &&
		             c->now_ms - at->since_ms > STANDS_MS + (int64_t)(link_s(n, r->links[k]) * 1000.0F);
		if (eta_ms > c->now_ms + PRIORITY_AHEAD_MS) {
			return;
		}
		queue += queue_on(c, r->links[k]);
		if (move == NET_NONE) {
			continue;
		}
		struct priority_claim cl = {.kind = r->kind,
		                            .is_reserving = true,
		                            .id = r->id,
		                            .move = move,
		                            .eta_ms = eta_ms,
		                            .people = c->rules.weight[r->kind],
		                            .queue = queue,
		                            .is_near = k == at->at && was_seen};
		if (!stays && c->now_ms < eta_ms + UNSEEN_MS) {
			claim(c, cl);
		}
		/* It goes on when it has green and those before it have gone. */
		int64_t goes_ms = c->now_ms + passes_in_ms(c, &cl);
		eta_ms = goes_ms > eta_ms ? goes_ms : eta_ms;
		queue = 0;
	}
}

static void claim_ways(struct city *c)
{
	struct priority *p = &c->priority;
	struct priority_progress before[PRIORITY_ROUTES_MAX];
	float cost[PRIORITY_ROUTES_MAX];
	memcpy(before, p->progress, sizeof before);
	memcpy(cost, p->route_cost, sizeof cost);
	for (uint32_t i = 0; i < PRIORITY_ROUTES_MAX; i++) {
		const struct priority_route *r = &c->rules.routes[i];
		struct priority_progress *at = &p->progress[i];
		*at = (struct priority_progress){
			.id = i < c->rules.route_n ? r->id : 0, .faster = DRIVES_FASTER, .seen_ms = NEVER};
		p->route_cost[i] = 0;
		for (uint32_t k = 0; i < c->rules.route_n && k < PRIORITY_ROUTES_MAX; k++) {
			if (before[k].id == r->id && before[k].at < r->link_n) {
				*at = before[k];
				p->route_cost[i] = cost[k];
			}
		}
		if (i < c->rules.route_n && c->rules.weight[r->kind] > 0) {
			follow(c, r, at);
			claim_way(c, r, at);
		}
	}
}

/* Whether queues stand in one another's way before a signal (jam.h): there a bus that goes first is paid for by all,
 * the next bus too. */
static bool is_jammed(const struct city *c, uint32_t signal)
{
	const struct city_signal *s = &c->signals[signal];
	for (uint32_t l = 0; l < s->lane_n; l++) {
		if (c->jam.frees[s->lanes[l].lane] > 0) {
			return true;
		}
	}
	return false;
}

/* Where it goes is not known: where most go from this lane. */
static void claim_buses(struct city *c)
{
	const struct net *n = c->net;
	for (uint32_t i = 0; i < c->priority.vehicle_n; i++) {
		const struct priority_vehicle *v = &c->priority.vehicles[i];
		const struct net_lane *lane = &n->lanes[v->lane];
		if (v->kind != PRIORITY_BUS || v->late_s < LATE_FROM_S || c->rules.weight[PRIORITY_BUS] <= 0 ||
		    lane->move_n == 0) {
			continue;
		}
		uint32_t most = lane->move;
		for (uint32_t k = 1; k < lane->move_n; k++) {
			most = c->seen.taken[lane->move + k] > c->seen.taken[most] ? lane->move + k : most;
		}
		if (n->moves[most].signal == NET_NONE || is_jammed(c, n->moves[most].signal)) {
			continue;
		}
		float mps = lane->speed_mps > ROLLS_MPS ? lane->speed_mps : ROLLS_MPS;
		claim(c, (struct priority_claim){.kind = PRIORITY_BUS,
		                                 .move = most,
		                                 .eta_ms = c->now_ms + (int64_t)(v->to_go_m / mps * 1000.0F),
		                                 .people = c->rules.weight[PRIORITY_BUS]});
	}
}

static void claim_walkers(struct city *c)
{
	for (uint32_t i = 0; i < c->net->move_n; i++) {
		float wait_ms = c->seen.wait_ms[i];
		if (c->seen.waiting[i] > 0 && wait_ms >= LONG_WAIT_MS && c->rules.weight[PRIORITY_WALKER] > 0) {
			claim(c, (struct priority_claim){.kind = PRIORITY_WALKER,
			                                 .move = i,
			                                 .eta_ms = c->now_ms,
			                                 .people = c->seen.waiting[i] * c->rules.weight[PRIORITY_WALKER] * wait_ms /
			                                           30000.0F});
		}
	}
}

static void claim_schools(struct city *c)
{
	int64_t minute = c->now_ms / MINUTE_MS, day = minute / DAY_MIN;
	for (uint32_t i = 0; i < c->rules.school_n; i++) {
		const struct priority_school *s = &c->rules.schools[i];
		int64_t of_day = minute % DAY_MIN;
		bool is_over = s->until_min < s->from_min, is_after = is_over && of_day < s->until_min;
		/* The first day of all clocks was a Thursday. */
		bool is_day = (s->days >> (day + (is_after ? 2 : 3)) % 7 & 1) != 0;
		bool is_time = is_day && (is_after || (of_day >= s->from_min && (is_over || of_day < s->until_min)));
		float weight = c->rules.weight[PRIORITY_SCHOOL];
		for (uint32_t k = 0; is_time && weight > 1.0F && k < s->signal_n; k++) {
			const struct city_signal *sig = &c->signals[s->signals[k]];
			for (uint32_t m = 0; m < sig->crossing_n; m++) {
				float waiting = c->seen.waiting[sig->crossings[m]];
				if (waiting > 0) {
					claim(c, (struct priority_claim){.kind = PRIORITY_SCHOOL,
					                                 .id = s->id,
					                                 .move = sig->crossings[m],
					                                 .eta_ms = c->now_ms,
					                                 .people = waiting * (weight - 1.0F)});
				}
			}
		}
	}
}

static int by_signal(const void *a, const void *b)
{
	const struct priority_claim *x = a, *y = b;
	if (x->signal != y->signal) {
		return x->signal < y->signal ? -1 : 1;
	}
	if (x->eta_ms != y->eta_ms) {
		return x->eta_ms < y->eta_ms ? -1 : 1;
	}
	return x->move != y->move ? (x->move < y->move ? -1 : 1) : (x->kind > y->kind) - (x->kind < y->kind);
}

void priority_look(struct city *c)
{
	c->priority.claim_n = 0;
	claim_ways(c);
	claim_buses(c);
	claim_walkers(c);
	claim_schools(c);
	qsort(c->priority.claims, c->priority.claim_n, sizeof *c->priority.claims, by_signal);
}

void priority_put_claims(struct buf *to, const struct city *c)
{
	const struct priority *p = &c->priority;
	codec_put_u32(to, p->claim_n);
	for (uint32_t i = 0; i < p->claim_n; i++) {
		const struct priority_claim *cl = &p->claims[i];
		codec_put_u8(to, cl->kind);
		codec_put_flag(to, cl->is_reserving);
		codec_put_u32(to, cl->id);
		codec_put_u32(to, cl->move);
		codec_put_i64(to, cl->eta_ms);
		codec_put_u32(to, (uint32_t)(cl->people * PEOPLE_PARTS));
		codec_put_u32(to, (uint32_t)(cl->queue * PEOPLE_PARTS));
		codec_put_flag(to, cl->is_near);
	}
}

bool priority_take_claims(struct city *c, struct codec *m)
{
	struct priority *p = &c->priority;
	uint32_t n = codec_count(m, p->claim_room, 27), last = 0;
	p->claim_n = 0;
	for (uint32_t i = 0; i < n && !m->failed; i++) {
		struct priority_claim cl = {.kind = codec_u8(m)};
		cl.is_reserving = codec_flag(m);
		cl.id = codec_u32(m);
		cl.move = codec_u32(m);
		cl.eta_ms = codec_within(m, TIME_MOST_MS);
		cl.people = (float)codec_u32(m) / PEOPLE_PARTS;
		cl.queue = (float)codec_u32(m) / PEOPLE_PARTS;
		cl.is_near = codec_flag(m);
		m->failed = m->failed || cl.kind >= PRIORITIES || cl.move >= c->net->move_n;
		cl.signal = m->failed ? NET_NONE : c->net->moves[cl.move].signal;
		m->failed = m->failed || cl.signal == NET_NONE || cl.signal < last;
		if (!m->failed) {
			last = cl.signal;
			p->claims[p->claim_n++] = cl;
		}
	}
	return !m->failed;
}

const struct priority_claim *priority_claims(const struct city *c, uint32_t signal, uint32_t *n)
{
	const struct priority *p = &c->priority;
	uint32_t low = 0, high = p->claim_n;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		if (p->claims[mid].signal < signal) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	*n = 0;
	while (low + *n < p->claim_n && p->claims[low + *n].signal == signal) {
		++*n;
	}
	return &p->claims[low];
}

/* --- At a signal -----------------------------------------------------------------------------------------------------
 */

/* When the way is to be green: from when those who stand before it have to begin to go, until it has passed, the longer
 * the farther it is. */
static struct window window_of(const struct city *c, const struct priority_claim *cl, uint8_t stage)
{
	int64_t clears_ms = (int64_t)(cl->queue * CAR_TAKES_MS) + (cl->queue > 0 ? STARTS_MS : 0);
	int64_t left_ms = cl->eta_ms > c->now_ms ? cl->eta_ms - c->now_ms : 0;
	int64_t spare_ms = left_ms / 6 + (left_ms > SPARE_MS ? SPARE_MS : left_ms);
	clears_ms = clears_ms > spare_ms ? clears_ms : spare_ms;
	return (struct window){.group = c->net->moves[cl->move].group,
	                       .stage = stage,
	                       .from_ms = cl->eta_ms - ARRIVES_EARLY_MS - clears_ms,
	                       .until_ms = cl->eta_ms + PASSES_LATE_MS + left_ms / 2,
	                       .needs_ms = cl->eta_ms - ARRIVES_EARLY_MS,
	                       .needs_until_ms = cl->eta_ms + PASSES_LATE_MS + left_ms / 4};
}

/* The first to come whose window is near decides. */
static void reserve(struct city *c, uint32_t signal, uint8_t wish)
{
	struct city_signal *s = &c->signals[signal];
	uint32_t n;
	const struct priority_claim *claims = priority_claims(c, signal, &n);
	for (uint32_t i = 0; i < n && s->priority.reserved == STAGE_NONE; i++) {
		bool is_near =
			claims[i].eta_ms <= c->now_ms + PRIORITY_AHEAD_MS && claims[i].eta_ms >= c->now_ms - PRIORITY_AHEAD_MS;
		uint8_t stage = claims[i].is_reserving && is_near ? stage_for(c, signal, &claims[i]) : STAGE_NONE;
		if (stage == STAGE_NONE) {
			continue;
		}
		struct window w = window_of(c, &claims[i], stage);
		uint8_t instead = window_wish(&w, &s->state, &s->plan, wish, c->now_ms);
		if (instead != wish) {
			s->priority = (struct priority_here){.reserved = instead, .kind = claims[i].kind, .id = claims[i].id};
		}
	}
}

void priority_reserve(struct city *c, uint32_t signal)
{
	struct city_signal *s = &c->signals[signal];
	uint32_t n;
	const struct priority_claim *claims = priority_claims(c, signal, &n);
	s->priority = (struct priority_here){.reserved = STAGE_NONE, .kind = n > 0 ? claims[0].kind : PRIORITIES};
	/* What must be done whatever the controller wishes. */
	reserve(c, signal, s->state.stage);
}

void priority_decide(struct city *c, uint32_t signal, void *scratch)
{
	struct city_signal *s = &c->signals[signal];
	if (s->priority.kind == PRIORITIES) {
		return;
	}
	if (s->priority.reserved == STAGE_NONE && s->wish != s->state.stage) {
		uint8_t plan = fixed_stage(&c->net->signals[signal], &s->plan, c->now_ms);
		reserve(c, signal, s->wish == STAGE_NONE ? plan : s->wish);
	}
	if (s->priority.reserved != STAGE_NONE) {
		s->wish = s->priority.reserved;
	}
	uint8_t done = s->state.stage;
	if (s->wish == STAGE_NONE || c->controller->cost == NULL || !mode_leads(&s->mode)) {
		return;
	}
	if (safety_is_free(&s->state, &s->plan, s->wish, c->now_ms)) {
		done = s->wish;
	}
	/* What would be best for all without it. */
	float costs = c->controller->cost(c, signal, done, true, scratch), least = costs;
	for (uint8_t p = 0; p < s->plan.stage_n; p++) {
		bool can = p == s->state.stage || safety_is_free(&s->state, &s->plan, p, c->now_ms);
		float cost = can && p != done ? c->controller->cost(c, signal, p, true, scratch) : least;
		least = cost < least ? cost : least;
	}
	s->priority.cost = (costs - least) * PRIORITY_CAR_HOLDS;
}

void priority_sum(struct city *c)
{
	struct priority *p = &c->priority;
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		const struct priority_here *h = &c->signals[i].priority;
		if (!c->signals[i].is_led || c->signals[i].is_out || h->kind >= PRIORITIES) {
			continue;
		}
		p->cost[h->kind] += h->cost;
		for (uint32_t k = 0; h->reserved != STAGE_NONE && k < c->rules.route_n; k++) {
			p->route_cost[k] += p->progress[k].id == h->id ? h->cost : 0;
		}
	}
}
