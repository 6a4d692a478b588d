#include "brain/ctl_pressure.h"

enum { EVERY_MS = 10000 };
#define YIELDS_COUNTS 0.5F

struct memory {
	int64_t next_ms;
	uint8_t wish;
};

bool pressure_begin(struct city *c, struct err *e)
{
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		c->signals[i].memory = arena_new(&c->arena, struct memory, 1);
		if (c->signals[i].memory == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for max-pressure");
		}
	}
	return true;
}

static float pressure(const struct city *c, uint32_t signal, uint8_t stage)
{
	const struct city_signal *s = &c->signals[signal];
	const struct safety_stage *st = &s->plan.stages[stage];
	float sum = 0;
	for (uint32_t l = 0; l < s->lane_n; l++) {
		float in = c->seen.lanes[s->lanes[l].lane].stand, out = 0, best = 0;
		uint32_t n = 0;
		for (uint32_t i = 0; i < s->lanes[l].move_n; i++) {
			const struct net_move *m = &c->net->moves[s->lanes[l].move + i];
			if (m->signal == signal && groups_has(&st->green, m->group)) {
				float weight = groups_has(&st->yields, m->group) ? YIELDS_COUNTS : 1.0F;
				best = weight > best ? weight : best;
				out += c->seen.lanes[m->to].stand;
				n++;
			}
		}
		sum += n > 0 ? best * (in - out / (float)n) : 0;
	}
	for (uint32_t i = 0; i < s->crossing_n; i++) {
		if (groups_has(&st->green, c->net->moves[s->crossings[i]].group)) {
			sum += c->seen.waiting[s->crossings[i]];
		}
	}
	return sum;
}

uint8_t pressure_wish(struct city *c, uint32_t signal, void *scratch)
{
	(void)scratch;
	struct city_signal *s = &c->signals[signal];
	struct memory *m = s->memory;
	if (c->now_ms < m->next_ms) {
		return m->wish;
	}
	float most = pressure(c, signal, s->state.stage);
	m->wish = s->state.stage;
	m->next_ms = c->now_ms + EVERY_MS;
	for (uint32_t i = 0; i < s->plan.stage_n - s->plan.extra_n; i++) {
		float p = pressure(c, signal, (uint8_t)i);
		if (p > most) {
			most = p;
			m->wish = (uint8_t)i;
		}
	}
	return m->wish;
}
