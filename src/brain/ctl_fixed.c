#include "brain/ctl_fixed.h"

static uint8_t stage_of(const struct safety_plan *p, const struct net_phase *phase)
{
	for (uint32_t i = 0; i < p->stage_n - p->extra_n; i++) {
		if (groups_equal(&p->stages[i].green, &phase->green) && groups_equal(&p->stages[i].yields, &phase->yields)) {
			return (uint8_t)i;
		}
	}
	return STAGE_NONE;
}

uint8_t fixed_stage(const struct net_signal *s, const struct safety_plan *p, int64_t now_ms)
{
	int64_t cycle_ms = 0;
	for (uint32_t i = 0; i < s->phase_n; i++) {
		cycle_ms += s->phases[i].duration_ms;
	}
	if (cycle_ms == 0) {
		/* No programme: each stage as long as another. */
		return (uint8_t)(now_ms / 30000 % (p->stage_n - p->extra_n));
	}
	int64_t at_ms = (now_ms - s->offset_ms) % cycle_ms;
	at_ms += at_ms < 0 ? cycle_ms : 0;
	uint32_t phase = 0;
	while (at_ms >= s->phases[phase].duration_ms) {
		at_ms -= s->phases[phase++].duration_ms;
	}
	for (uint32_t i = 0; i < s->phase_n; i++) {
		uint8_t stage = stage_of(p, &s->phases[(phase + i) % s->phase_n]);
		if (stage != STAGE_NONE) {
			return stage;
		}
	}
	return 0;
}

uint8_t fixed_wish(struct city *c, uint32_t signal, void *scratch)
{
	(void)scratch;
	return fixed_stage(&c->net->signals[signal], &c->signals[signal].plan, c->now_ms);
}
