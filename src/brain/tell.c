#include "brain/tell.h"

#include "brain/ctl_fixed.h"

enum { TELL_ARENA_BYTES = 1 << 30, ETAS_MOST = FRAME_LIST_MAX, LINK_PIECES = 4, DOUBTED_FOR_MS = 10000 };
#define LITTLE_S 0.05F
#define DM_PER_M 10.0F

static int32_t dm(float m)
{
	return (int32_t)(m * DM_PER_M);
}

static uint32_t tenths(float v)
{
	return v > 0 ? (uint32_t)(v * 10 + 0.5F) : 0;
}

bool tell_begin(struct tell *t, struct city *c, const struct sense *s, int64_t base_us, struct err *e)
{
	uint32_t n = c->net->signal_n, at = 0;
	*t = (struct tell){.city = c, .sense = s, .base_us = base_us};
	arena_init(&t->arena, TELL_ARENA_BYTES);
	t->links = arena_new(&t->arena, struct frame_link, c->net->link_n + 1);
	t->signals = arena_new(&t->arena, struct frame_signal, n + 1);
	t->wished = arena_new(&t->arena, struct frame_why, n + 1);
	t->stages = arena_new(&t->arena, uint8_t, n + 1);
	t->wishes = arena_new(&t->arena, uint8_t, n + 1);
	t->crossings = arena_new(&t->arena, uint32_t, c->net->move_n + 1);
	t->letters = arena_alloc(&t->arena, n + 1, sizeof *t->letters);
	t->walkers = arena_new(&t->arena, struct frame_walkers, FRAME_LIST_MAX);
	t->priorities = arena_new(&t->arena, struct frame_priority, FRAME_LIST_MAX);
	t->etas = arena_new(&t->arena, struct frame_eta, ETAS_MOST);
	t->incidents = arena_new(&t->arena, struct frame_incident, FRAME_LIST_MAX);
	t->detectors = arena_new(&t->arena, struct frame_detector, FRAME_LIST_MAX);
	t->doubted_ms = arena_new(&t->arena, int64_t, (s != NULL ? s->detector_n : 0) + 1);
	if (t->arena.is_full) {
		return err_set(e, ERR_MEMORY, "no memory to tell the portal");
	}
	memset(t->stages, STAGE_NONE, n);
	memset(t->wishes, STAGE_NONE, n);
	for (uint32_t i = 0; i < c->net->move_n; i++) {
		bool is_one = c->net->moves[i].is_crossing && c->net->moves[i].signal != NET_NONE;
		t->crossings[i] = is_one ? at++ : NET_NONE;
	}
	return true;
}

void tell_end(struct tell *t)
{
	arena_release(&t->arena);
}

/* --- The outline ---------------------------------------------------------------------------------------------------
 */

static void outline_groups(const struct city *c, uint32_t signal, struct outline_group *groups)
{
	const struct net *n = c->net;
	const struct net_signal *s = &n->signals[signal];
	for (uint32_t g = 0; g < s->group_n; g++) {
		groups[g] = (struct outline_group){FRAME_NONE, 'm'};
	}
	for (uint32_t i = 0; i < s->move_n; i++) {
		const struct net_move *m = &n->moves[n->under[s->move + i]];
		struct outline_group *g = &groups[m->group];
		uint32_t link = n->lanes[m->from].link;
		bool is_new = g->link == FRAME_NONE && g->turn == 'm';
		g->link = is_new || g->link == link ? link : FRAME_NONE;
		g->turn = is_new || g->turn == m->turn ? m->turn : 'm';
	}
}

static struct str stage_letters(struct arena *a, const struct safety_plan *p, uint8_t stage)
{
	char *text = arena_alloc(a, p->group_n + 1, 1);
	for (uint32_t g = 0; text != NULL && g < p->group_n; g++) {
		const struct safety_stage *s = &p->stages[stage];
		text[g] = !groups_has(&s->green, g) ? 'r' : groups_has(&s->yields, g) ? 'g' : 'G';
	}
	return text != NULL ? str_from(text, p->group_n) : STR_EMPTY;
}

/* The streets that meet at a signal: of the links that lead to it, the two names that come first. */
static void streets(const struct net *n, const struct net_signal *s, struct outline_signal *o)
{
	uint32_t k = 0;
	for (uint32_t i = 0; i < s->move_n && k < 2; i++) {
		uint32_t link = n->lanes[n->moves[n->under[s->move + i]].from].link;
		struct str name = link != NET_NONE ? n->links[link].name : STR_EMPTY;
		if (name.n > 0 && name.n <= FRAME_NAME_MAX && !(k == 1 && str_eq(name, o->streets[0]))) {
			o->streets[k++] = name;
		}
	}
}

bool tell_outline(struct tell *t, struct buf *to, const uint8_t digest[FRAME_DIGEST_BYTES], bool is_demo, struct err *e)
{
	const struct city *c = t->city;
	const struct net *n = c->net;
	struct arena a;
	arena_init(&a, TELL_ARENA_BYTES);
	struct outline_link *links = arena_new(&a, struct outline_link, n->link_n + 1);
	struct outline_signal *signals = arena_new(&a, struct outline_signal, n->signal_n + 1);
	struct outline_crossing *crossings = arena_new(&a, struct outline_crossing, n->move_n + 1);
	struct outline o = {.is_demo = is_demo,
	                    .links = links,
	                    .signals = signals,
	                    .crossings = crossings,
	                    .link_n = n->link_n,
	                    .signal_n = n->signal_n};
	memcpy(o.digest, digest, sizeof o.digest);
	for (uint32_t i = 0; !a.is_full && i < n->link_n; i++) {
		const struct net_link *l = &n->links[i];
		struct frame_point *points = arena_new(&a, struct frame_point, l->point_n + 1);
		for (uint32_t k = 0; points != NULL && k < l->point_n; k++) {
			points[k] = (struct frame_point){dm(l->points[k].x), dm(l->points[k].y)};
		}
		links[i] = (struct outline_link){.id = str_sub(l->id, 0, FRAME_NAME_MAX),
		                                 .name = l->name.n <= FRAME_NAME_MAX ? l->name : STR_EMPTY,
		                                 .points = points,
		                                 .point_n = l->point_n,
		                                 .length_dm = (uint32_t)dm(l->length_m) + 1,
		                                 .speed_mmps = (uint32_t)(l->speed_mps * 1000),
		                                 .lanes = l->lane_n,
		                                 .from_signal = FRAME_NONE,
		                                 .to_signal = FRAME_NONE};
	}
	for (uint32_t i = 0; !a.is_full && i < n->signal_n; i++) {
		const struct net_signal *s = &n->signals[i];
		const struct safety_plan *p = &c->signals[i].plan;
		uint32_t stage_n = c->signals[i].is_led ? p->stage_n : 0;
		struct outline_group *groups = arena_new(&a, struct outline_group, s->group_n + 1);
		struct outline_stage *stages = arena_new(&a, struct outline_stage, stage_n + 1);
		signals[i] = (struct outline_signal){.id = str_sub(s->id, 0, FRAME_NAME_MAX),
		                                     .at = {dm(s->x), dm(s->y)},
		                                     .groups = groups,
		                                     .stages = stages,
		                                     .group_n = s->group_n,
		                                     .stage_n = stage_n};
		streets(n, s, &signals[i]);
		if (groups != NULL && stages != NULL) {
			outline_groups(c, i, groups);
			for (uint8_t k = 0; k < stage_n; k++) {
				stages[k] = (struct outline_stage){stage_letters(&a, p, k), (uint32_t)p->stages[k].plan_ms};
			}
		}
	}
	/* Which signals a link lies between. */
	for (uint32_t i = 0; !a.is_full && i < n->move_n; i++) {
		const struct net_move *m = &n->moves[i];
		uint32_t from = n->lanes[m->from].link, into = n->lanes[m->to].link;
		if (t->crossings[i] != NET_NONE) {
			crossings[o.crossing_n++] = (struct outline_crossing){m->signal, m->group};
		} else if (m->signal != NET_NONE && from != NET_NONE) {
			links[from].to_signal = m->signal;
			if (into != NET_NONE) {
				links[into].from_signal = m->signal;
			}
		}
	}
	/* A street that is cut into pieces leads to the signal at its end. */
	for (int step = 0; !a.is_full && step < LINK_PIECES; step++) {
		for (uint32_t i = 0; i < n->move_n; i++) {
			const struct net_move *m = &n->moves[i];
			uint32_t from = n->lanes[m->from].link, into = n->lanes[m->to].link;
			if (m->signal == NET_NONE && !m->is_crossing && m->turn == 's' && from != NET_NONE && into != NET_NONE) {
				links[from].to_signal =
					links[from].to_signal == NET_NONE ? links[into].to_signal : links[from].to_signal;
				links[into].from_signal =
					links[into].from_signal == NET_NONE ? links[from].from_signal : links[into].from_signal;
			}
		}
	}
	bool ok = !a.is_full || err_set(e, ERR_MEMORY, "no memory to tell the portal");
	if (ok) {
		outline_put(to, &o);
		ok = buf_ok(to, e);
	}
	arena_release(&a);
	return ok;
}

/* --- A frame -------------------------------------------------------------------------------------------------------
 */

static void tell_link(const struct tell *t, uint32_t i)
{
	const struct city *c = t->city;
	const struct net_link *l = &c->net->links[i];
	float count = 0, halting = 0, longest = 0, speed = 0, seen = 0, room = 0;
	for (uint32_t k = l->lane; k < l->lane + l->lane_n; k++) {
		if (c->net->lanes[k].is_walk) {
			continue;
		}
		count += c->seen.lanes[k].count;
		halting += c->seen.lanes[k].halting;
		longest = c->seen.lanes[k].halting > longest ? c->seen.lanes[k].halting : longest;
		room += c->net->lanes[k].length_m / STREET_CAR_M;
		for (uint32_t v = 0; v < c->street.count[k]; v++) {
			speed += street_car(&c->street, k, v)->speed_mps;
			seen += 1;
		}
	}
	/* Told by sensors alone, who does not stand is taken to drive as is allowed. */
	float mean = seen > 0 ? speed / seen : count > 0.05F ? l->speed_mps * (1 - halting / count) : l->speed_mps;
	float full = room > 0 ? 100 * count / room : 0;
	uint32_t count_10 = tenths(count), halting_10 = tenths(halting);
	t->links[i] = (struct frame_link){.count_10 = count_10,
	                                  .halting_10 = halting_10 < count_10 ? halting_10 : count_10,
	                                  .speed_mmps = mean > 0 ? (uint32_t)(mean * 1000) : 0,
	                                  .full_percent = (uint8_t)(full > 100 ? 100 : full),
	                                  .queue_dm = longest >= 0.5F ? (uint32_t)dm(longest * STREET_CAR_M) : 0};
}

/* Why the stage wished for is not the one that it stands in. */
static void note_wish(struct tell *t, uint32_t i)
{
	struct city *c = t->city;
	const struct city_signal *s = &c->signals[i];
	uint8_t stage = s->state.stage, wish = s->wish;
	if (wish == stage || wish >= s->plan.stage_n || wish == t->wishes[i]) {
		return;
	}
	struct frame_why *w = &t->wished[i];
	*w = (struct frame_why){
		.at_us = t->base_us + c->now_ms * 1000, .from = stage, .to = wish, .reason = FRAME_OTHERWISE};
	if (c->controller->cost != NULL && c->scratch[0] != NULL) {
		float stay = c->controller->cost(c, i, stage, false, c->scratch[0]),
			  go = c->controller->cost(c, i, wish, false, c->scratch[0]);
		w->has_costs = true;
		w->stay_10 = tenths(stay);
		w->go_10 = tenths(go);
		w->reason = stay - go > -LITTLE_S ? FRAME_SAVES : FRAME_FIRST;
	}
	if (s->priority.reserved == wish) {
		w->reason = FRAME_PRIORITY;
	}
	for (uint32_t l = 0; l < s->lane_n; l++) {
		uint32_t lane = s->lanes[l].lane;
		w->queue_10 += tenths(c->seen.lanes[lane].queue);
		for (int k = 0; k < ESTIMATE_AHEAD; k++) {
			w->come_10 += tenths(c->seen.come[lane][k]);
		}
	}
	for (uint32_t k = 0; k < s->crossing_n; k++) {
		uint32_t wait_s = (uint32_t)(c->seen.wait_ms[s->crossings[k]] / 1000);
		w->walkers += (uint32_t)c->seen.waiting[s->crossings[k]];
		w->walk_wait_s = wait_s > w->walk_wait_s ? wait_s : w->walk_wait_s;
	}
}

static void tell_signal(struct tell *t, uint32_t i)
{
	const struct city *c = t->city;
	const struct city_signal *s = &c->signals[i];
	struct frame_signal *f = &t->signals[i];
	struct frame_why before = f->why;
	uint8_t stage = s->state.stage;
	bool leads = mode_leads(&s->mode);
	*f = (struct frame_signal){.mode = s->mode.mode,
	                           .lead = FRAME_NOT_LED,
	                           .stage = FRAME_NO_STAGE,
	                           .wish = FRAME_NO_STAGE,
	                           .plan = FRAME_NO_STAGE,
	                           .is_given_back = s->mode.is_given_back,
	                           .watched_s = s->watched.seconds,
	                           .otherwise = s->watched.otherwise,
	                           .saves_s = (int32_t)s->watched.saves,
	                           .least_s = s->mode.least_s,
	                           .most_s = s->mode.most_s};
	if (!s->is_led) {
		return;
	}
	note_wish(t, i);
	f->lead = s->is_out                         ? FRAME_LEFT_OUT
	          : !leads || s->is_blind           ? FRAME_BY_PLAN
	          : c->now_ms < c->by_plan_until_ms ? FRAME_BY_LEASE
	                                            : FRAME_BY_BRAIN;
	f->stage = stage;
	f->wish = s->wish < s->plan.stage_n ? s->wish : FRAME_NO_STAGE;
	f->plan = fixed_stage(&c->net->signals[i], &s->plan, c->now_ms);
	f->since_us = t->base_us + s->state.changed_ms * 1000;
	safety_show(&s->state, &s->plan, c->now_ms, t->letters[i]);
	f->letters = str_from(t->letters[i], s->plan.group_n);
	f->why = before;
	if (!leads) {
		f->why = t->wished[i];
	} else if (t->stages[i] != STAGE_NONE && stage != t->stages[i]) {
		bool was_wished = t->wished[i].at_us != 0 && t->wished[i].to == stage && t->wishes[i] == stage;
		f->why = was_wished ? t->wished[i]
		                    : (struct frame_why){.at_us = t->base_us + c->now_ms * 1000,
		                                         .from = t->stages[i],
		                                         .to = stage,
		                                         .reason = FRAME_LONGEST};
	}
	t->stages[i] = stage;
	t->wishes[i] = s->wish;
}

static void tell_walkers(struct tell *t)
{
	const struct city *c = t->city;
	uint32_t n = 0;
	for (uint32_t i = 0; i < c->net->move_n; i++) {
		if (t->crossings[i] == NET_NONE || c->seen.waiting[i] < 0.5F) {
			continue;
		}
		struct frame_walkers w = {t->crossings[i], (uint32_t)(c->seen.waiting[i] + 0.5F),
		                          (uint32_t)(c->seen.wait_ms[i] / 1000)};
		uint32_t k = n < FRAME_LIST_MAX ? n++ : n - 1;
		if (k + 1 == FRAME_LIST_MAX && t->walkers[k].longest_s > w.longest_s) {
			continue;
		}
		for (; k > 0 && t->walkers[k - 1].longest_s < w.longest_s; k--) {
			t->walkers[k] = t->walkers[k - 1];
		}
		t->walkers[k] = w;
	}
	t->frame.walkers = t->walkers;
	t->frame.walker_n = n;
}

/* A doubt that passes in a few seconds is nobody's business. */
static void tell_doubts(struct tell *t)
{
	static const uint8_t whys[] = {[SENSE_WELL] = FRAME_DOUBT_END,
	                               [SENSE_DEAD] = FRAME_SILENT,
	                               [SENSE_STUCK] = FRAME_STUCK,
	                               [SENSE_BABBLES] = FRAME_BABBLES,
	                               [SENSE_MISSES] = FRAME_MISSES};
	const struct city *c = t->city;
	uint32_t n = 0;
	for (uint32_t i = 0; t->sense != NULL && i < t->sense->detector_n; i++) {
		const struct sense_detector *d = &t->sense->detectors[i];
		uint8_t health = t->sense->watch[i].health;
		uint32_t link = c->net->lanes[d->lane].link;
		int64_t *since_ms = &t->doubted_ms[i];
		if (health == SENSE_WELL || link == NET_NONE) {
			*since_ms = 0;
			continue;
		}
		*since_ms = *since_ms == 0 ? c->now_ms : *since_ms;
		if (c->now_ms - *since_ms < DOUBTED_FOR_MS) {
			continue;
		}
		uint8_t doubted = t->links[link].doubted;
		t->links[link].doubted = (uint8_t)(doubted < UINT8_MAX ? doubted + 1 : doubted);
		if (n < FRAME_LIST_MAX) {
			t->detectors[n++] = (struct frame_detector){.link = link,
			                                            .to_go_dm = (uint32_t)dm(d->to_go_m > 0 ? d->to_go_m : 0),
			                                            .lane = (uint8_t)(d->lane - c->net->links[link].lane),
			                                            .why = whys[health],
			                                            .since_us = t->base_us + *since_ms * 1000};
		}
	}
	t->frame.detectors = t->detectors;
	t->frame.detector_n = n;
}

static void tell_priorities(struct tell *t)
{
	const struct city *c = t->city;
	const struct priority *p = &c->priority;
	uint32_t n = 0, eta_n = 0;
	for (uint32_t r = 0; r < c->rules.route_n; r++) {
		const struct priority_route *route = &c->rules.routes[r];
		const struct priority_progress *at = &p->progress[r];
		struct frame_priority *f = &t->priorities[n++];
		bool is_seen = at->id == route->id && at->at < route->link_n && at->seen_ms != INT64_MIN;
		uint32_t link = is_seen ? route->links[at->at] : FRAME_NONE;
		float place = is_seen ? c->net->links[link].length_m - at->to_go_m : 0;
		*f = (struct frame_priority){.id = route->id,
		                             .since_us = t->base_us + (is_seen ? at->since_ms : route->eta_ms) * 1000,
		                             .kind = route->kind,
		                             .link = link,
		                             .place_dm = place > 0 ? (uint32_t)dm(place) : 0,
		                             .cost_person_ds = (int64_t)(p->route_cost[r] * 10),
		                             .way = &t->etas[eta_n]};
		for (uint32_t k = 0; k < p->claim_n && eta_n < ETAS_MOST && f->way_n < FRAME_WAY_MAX; k++) {
			const struct priority_claim *claim = &p->claims[k];
			if (claim->kind == PRIORITY_EMERGENCY && claim->id == route->id) {
				int64_t eta_s = (claim->eta_ms - c->now_ms) / 1000;
				t->etas[eta_n++] = (struct frame_eta){claim->signal, eta_s > 0 ? (uint32_t)eta_s : 0};
				f->way_n++;
			}
		}
	}
	/* Others have no way: each claim is one signal. */
	for (uint32_t k = 0; k < p->claim_n && n < FRAME_LIST_MAX && eta_n < ETAS_MOST; k++) {
		const struct priority_claim *claim = &p->claims[k];
		if (claim->kind == PRIORITY_BUS) {
			int64_t eta_s = (claim->eta_ms - c->now_ms) / 1000;
			t->etas[eta_n] = (struct frame_eta){claim->signal, eta_s > 0 ? (uint32_t)eta_s : 0};
			t->priorities[n++] = (struct frame_priority){.since_us = t->base_us + c->now_ms * 1000,
			                                             .kind = claim->kind,
			                                             .link = c->net->lanes[c->net->moves[claim->move].from].link,
			                                             .way = &t->etas[eta_n++],
			                                             .way_n = 1};
		}
	}
	t->frame.priorities = t->priorities;
	t->frame.priority_n = n;
	for (int i = 0; i < PRIORITIES; i++) {
		t->frame.weight_10[i] = tenths(c->rules.weight[i]);
		t->frame.cost_person_ds[i] = (int64_t)(p->cost[i] * 10);
	}
}

static void tell_incidents(struct tell *t)
{
	static const uint8_t kinds[] = {[INCIDENT_STANDING] = FRAME_STANDING, [INCIDENT_BLOCKED] = FRAME_BLOCKED};
	uint32_t n = t->found != NULL ? t->found->n : 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct incident *it = &t->found->all[i];
		float place = t->city->net->links[it->link].length_m - it->to_go_m;
		t->incidents[i] = (struct frame_incident){.id = it->id,
		                                          .since_us = t->base_us + it->since_ms * 1000,
		                                          .link = it->link,
		                                          .place_dm = place > 0 ? (uint32_t)dm(place) : 0,
		                                          .kind = kinds[it->kind],
		                                          .sure_percent = (uint8_t)(it->sure * 100)};
	}
	t->frame.incidents = t->incidents;
	t->frame.incident_n = n;
}

void tell_frame(struct tell *t, struct buf *to)
{
	const struct city *c = t->city;
	t->frame = (struct street_frame){.at_us = t->base_us + c->now_ms * 1000,
	                                 .taken_order = (int64_t)c->orders_last,
	                                 .brain_leads = c->now_ms >= c->by_plan_until_ms,
	                                 .links = t->links,
	                                 .signals = t->signals,
	                                 .link_n = c->net->link_n,
	                                 .signal_n = c->net->signal_n};
	for (uint32_t i = 0; i < c->net->link_n; i++) {
		tell_link(t, i);
	}
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		tell_signal(t, i);
	}
	tell_doubts(t);
	tell_walkers(t);
	tell_priorities(t);
	tell_incidents(t);
	frame_put(to, &t->frame);
}
