#include "brain/ctl_actuated.h"

enum { GAP_MS = 3000, MOST_GREEN_MS = 50000 };

struct memory {
	int64_t seen_ms; /* when a car that has green was last seen in reach */
};

bool actuated_begin(struct city *c, struct err *e)
{
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		c->signals[i].memory = arena_new(&c->arena, struct memory, 1);
		if (c->signals[i].memory == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for actuated control");
		}
	}
	return true;
}

/* Whether somebody is in reach of the line who has green in the stage, and has none in `but`. */
static bool is_wanted(const struct city *c, uint32_t signal, uint8_t stage, uint8_t but)
{
	const struct city_signal *s = &c->signals[signal];
	for (uint32_t l = 0; l < s->lane_n; l++) {
		float green, yields, other = 0;
		uint32_t lane = s->lanes[l].lane;
		if (!c->seen.lanes[lane].is_reached) {
			continue;
		}
		city_serves(c, signal, l, stage, &green, &yields);
		if (but != STAGE_NONE) {
			city_serves(c, signal, l, but, &other, &yields);
			yields = 0;
		}
		if (green - (but == STAGE_NONE ? 0 : other) > 0.01F) {
			return true;
		}
	}
	for (uint32_t i = 0; i < s->crossing_n; i++) {
		uint32_t group = c->net->moves[s->crossings[i]].group;
		if (but != STAGE_NONE && c->seen.waiting[s->crossings[i]] > 0 &&
		    groups_has(&s->plan.stages[stage].green, group) && !groups_has(&s->plan.stages[but].green, group)) {
			return true;
		}
	}
	return false;
}

uint8_t actuated_wish(struct city *c, uint32_t signal, void *scratch)
{
	(void)scratch;
	struct city_signal *s = &c->signals[signal];
	struct memory *m = s->memory;
	uint8_t stage = s->state.stage;
	int64_t green_ms = city_green_ms(s, c->now_ms);
	if (is_wanted(c, signal, stage, STAGE_NONE) || green_ms < 0) {
		m->seen_ms = c->now_ms;
	}
	if (green_ms < MOST_GREEN_MS && c->now_ms - m->seen_ms < GAP_MS) {
		return stage;
	}
	uint32_t own_n = s->plan.stage_n - s->plan.extra_n;
	for (uint32_t i = 1; i < own_n; i++) {
		uint8_t next = (uint8_t)((stage + i) % own_n);
		if (is_wanted(c, signal, next, stage)) {
			return next;
		}
	}
	return stage;
}
