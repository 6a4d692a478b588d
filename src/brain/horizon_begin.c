#include "brain/horizon_inside.h"

static bool leads(const struct net *n, uint32_t from, uint32_t to, uint32_t *signal)
{
	const struct net_link *l = &n->links[from];
	for (uint32_t i = 0; i < l->lane_n; i++) {
		const struct net_lane *lane = &n->lanes[l->lane + i];
		for (uint32_t k = 0; k < lane->move_n; k++) {
			const struct net_move *m = &n->moves[lane->move + k];
			if (n->lanes[m->to].link == to && !m->is_crossing) {
				*signal = m->signal;
				return true;
			}
		}
	}
	return false;
}

static void add_feeders(const struct city *c, uint32_t approach, struct memory *m)
{
	const struct net *n = c->net;
	uint32_t first = m->feeder_n, done = m->feeder_n;
	uint32_t link = m->links[approach], parent = NET_NONE;
	float metres = n->links[link].length_m, seconds = metres / n->links[link].speed_mps;
	for (;;) {
		for (uint32_t i = 0; i < n->links[link].lane_n; i++) {
			const struct net_lane *lane = &n->lanes[n->links[link].lane + i];
			for (uint32_t k = 0; k < lane->in_n; k++) {
				const struct net_move *mv = &n->moves[n->into[lane->in + k]];
				uint32_t from = n->lanes[mv->from].link, signal = NET_NONE;
				bool is_there = from == NET_NONE || mv->is_crossing || !leads(n, from, link, &signal);
				for (uint32_t f = first; f < m->feeder_n; f++) {
					is_there = is_there || (m->feeders[f].link == from && m->feeders[f].to_link == link);
				}
				if (!is_there && m->feeder_n - first < FEEDERS) {
					m->feeders[m->feeder_n++] = (struct feeder){from,
					                                            link,
					                                            parent,
					                                            approach,
					                                            signal,
					                                            metres + mv->length_m,
					                                            seconds + mv->length_m / n->links[link].speed_mps};
				}
			}
		}
		/* Further back through those without a signal. */
		while (done < m->feeder_n && (m->feeders[done].signal != NET_NONE || m->feeders[done].m > FEEDS_FROM_M)) {
			done++;
		}
		if (done == m->feeder_n) {
			return;
		}
		parent = done++;
		link = m->feeders[parent].link;
		metres = m->feeders[parent].m + n->links[link].length_m;
		seconds = m->feeders[parent].s + n->links[link].length_m / n->links[link].speed_mps;
	}
}

static void find_foes(const struct city *c, uint32_t signal, struct memory *m)
{
	const struct net *n = c->net;
	const struct net_signal *ns = &n->signals[signal];
	const struct city_signal *s = &c->signals[signal];
	memset(m->foes, 255, (size_t)m->width * FOES);
	for (uint32_t l = 0; l < m->lane_n; l++) {
		uint32_t foe_n = 0;
		for (uint32_t k = 0; k < m->lane_n + s->crossing_n; k++) {
			bool is_foe = false;
			uint32_t first = k < m->lane_n ? s->lanes[k].move : s->crossings[k - m->lane_n];
			uint32_t of = k < m->lane_n ? s->lanes[k].move_n : 1;
			for (uint32_t a = 0; a < s->lanes[l].move_n; a++) {
				const struct net_move *mine = &n->moves[s->lanes[l].move + a];
				for (uint32_t b = 0; b < of && mine->signal == signal; b++) {
					const struct net_move *other = &n->moves[first + b];
					is_foe = is_foe || (other->signal == signal && groups_has(&ns->cede[mine->group], other->group));
				}
			}
			if (is_foe && k != l && foe_n < FOES) {
				m->foes[l * FOES + foe_n++] = (uint8_t)k;
			}
		}
	}
}

static uint8_t seconds_of(int64_t ms)
{
	int64_t s = (ms + 999) / 1000;
	return s > 250 ? 250 : s < 0 ? 0 : (uint8_t)s;
}

/* Seconds after a change until the lane or crossing has some green; 255: it has none in the new stage. */
static uint8_t starts_after(const struct city *c, uint32_t signal, uint32_t l, uint8_t from, uint8_t to)
{
	const struct city_signal *s = &c->signals[signal];
	uint32_t first = l < s->lane_n ? s->lanes[l].move : s->crossings[l - s->lane_n];
	uint32_t n = l < s->lane_n ? s->lanes[l].move_n : 1;
	uint8_t least = 255;
	for (uint32_t i = 0; i < n; i++) {
		const struct net_move *m = &c->net->moves[first + i];
		uint8_t after = 255;
		if (m->signal != signal) {
			after = 0;
		} else if (groups_has(&s->plan.stages[to].green, m->group)) {
			after = seconds_of(safety_wait_ms(&s->plan, from, to, m->group));
		}
		least = after < least ? after : least;
	}
	return least;
}

static uint8_t goes_on_for(const struct city *c, uint32_t signal, uint32_t l, uint8_t from, uint8_t to)
{
	const struct city_signal *s = &c->signals[signal];
	uint32_t first = l < s->lane_n ? s->lanes[l].move : s->crossings[l - s->lane_n];
	uint32_t n = l < s->lane_n ? s->lanes[l].move_n : 1;
	uint8_t most = 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct net_move *m = &c->net->moves[first + i];
		if (m->signal == signal && groups_has(&s->plan.stages[from].green, m->group) &&
		    !groups_has(&s->plan.stages[to].green, m->group)) {
			uint8_t seconds = seconds_of(safety_goes_on_ms(&s->plan, from, to, m->group));
			most = seconds > most ? seconds : most;
		}
	}
	return most;
}

static uint8_t change_takes(const struct safety_plan *p, uint8_t from, uint8_t to)
{
	int64_t ms = 0;
	for (uint32_t g = 0; g < p->group_n; g++) {
		bool was = groups_has(&p->stages[from].green, g), is = groups_has(&p->stages[to].green, g);
		int64_t own_ms = was && !is ? safety_goes_on_ms(p, from, to, g) + p->groups[g].clear_ms
		                 : is       ? safety_wait_ms(p, from, to, g)
		                            : 0;
		ms = own_ms > ms ? own_ms : ms;
	}
	return seconds_of(ms);
}

static float red_costs(const struct safety_plan *p)
{
	int32_t most_ms = 0;
	for (uint32_t g = 0; g < p->group_n; g++) {
		const struct safety_group *group = &p->groups[g];
		int32_t ms = group->is_walk ? 0 : group->clear_ms + group->least_green_ms;
		most_ms = ms > most_ms ? ms : most_ms;
	}
	return (float)most_ms / 1000.0F;
}

static bool begin_signal(struct city *c, uint32_t signal, struct err *e)
{
	struct city_signal *s = &c->signals[signal];
	struct memory *m = arena_new(&c->arena, struct memory, 1);
	uint32_t p = s->plan.stage_n, all = s->lane_n + s->crossing_n;
	if (m == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a schedule");
	}
	if (all > CITY_LANES_MAX) {
		return true; /* too much to plan: the programme leads it */
	}
	s->memory = m;
	m->lane_n = s->lane_n;
	m->width = (all + 3) / 4 * 4;
	m->approach = arena_new(&c->arena, uint32_t, m->width);
	m->links = arena_new(&c->arena, uint32_t, m->width);
	m->head_ms = arena_new(&c->arena, int64_t, m->width);
	m->not_for = arena_new(&c->arena, uint32_t, m->width);
	m->feeders = arena_new(&c->arena, struct feeder, (size_t)FEEDERS * m->lane_n + 1);
	m->starts = arena_new(&c->arena, uint8_t, (size_t)p * p * m->width);
	m->goes_on = arena_new(&c->arena, uint8_t, (size_t)p * p * m->width);
	m->changes = arena_new(&c->arena, uint8_t, (size_t)p * p);
	m->foes = arena_new(&c->arena, uint8_t, (size_t)m->width * FOES);
	m->out[0] = arena_new(&c->arena, float, (size_t)AHEAD * m->width);
	m->out[1] = arena_new(&c->arena, float, (size_t)AHEAD * m->width);
	if (c->arena.is_full) {
		return err_set(e, ERR_MEMORY, "no memory for a schedule");
	}
	for (uint32_t l = 0; l < s->lane_n; l++) {
		uint32_t link = c->net->lanes[s->lanes[l].lane].link, k = 0;
		while (k < m->approach_n && m->links[k] != link) {
			k++;
		}
		if (k == m->approach_n) {
			m->links[m->approach_n++] = link;
			add_feeders(c, k, m);
		}
		m->approach[l] = k;
	}
	find_foes(c, signal, m);
	m->red_costs_s = red_costs(&s->plan);
	for (uint8_t from = 0; from < p; from++) {
		for (uint8_t to = 0; to < p; to++) {
			size_t at = ((size_t)from * p + to) * m->width;
			for (uint32_t l = 0; l < m->width; l++) {
				m->starts[at + l] = l < all ? starts_after(c, signal, l, from, to) : 255;
				m->goes_on[at + l] = l < all ? goes_on_for(c, signal, l, from, to) : 0;
			}
			m->changes[from * p + to] = change_takes(&s->plan, from, to);
		}
	}
	return true;
}

bool horizon_begin(struct city *c, struct err *e)
{
	struct shared *shared = arena_new(&c->arena, struct shared, 1);
	uint32_t most = 4;
	if (shared == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for schedules");
	}
	c->shared = shared;
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		if (c->signals[i].is_led && !begin_signal(c, i, e)) {
			return false;
		}
		const struct memory *m = c->signals[i].memory;
		most = m != NULL && m->width > most ? m->width : most;
	}
	shared->node_floats = (size_t)most * 4;
	c->scratch_bytes =
		sizeof(struct scratch) + ((size_t)RING * STAGES_MAX * BEST + 3) * shared->node_floats * sizeof(float);
	return true;
}
