#include "brain/ctl_running.h"

enum { MOST_GREEN_MS = 60000, LEAST_GREEN_MS = 6000 };
#define STAYS_AT 0.7F
#define YIELDS_COUNTS 0.5F

bool running_begin(struct city *c, struct err *e)
{
	(void)c;
	(void)e;
	return true;
}

/* Standing cars, less those that stand behind the junction; or all cars within reach. */
static float sum_of(const struct city *c, uint32_t signal, uint8_t stage, bool is_running)
{
	const struct city_signal *s = &c->signals[signal];
	float sum = 0;
	for (uint32_t l = 0; l < s->lane_n; l++) {
		float green, yields, out = 0, in = c->seen.lanes[s->lanes[l].lane].halting;
		city_serves(c, signal, l, stage, &green, &yields);
		if (is_running) {
			in = c->seen.lanes[s->lanes[l].lane].near;
		} else {
			for (uint32_t i = 0; i < s->lanes[l].move_n; i++) {
				uint32_t m = s->lanes[l].move + i;
				out += estimate_share(&c->seen, m) * c->seen.lanes[c->net->moves[m].to].halting;
			}
		}
		sum += (green - yields * YIELDS_COUNTS) * (in - out);
	}
	for (uint32_t i = 0; i < s->crossing_n && !is_running; i++) {
		if (groups_has(&s->plan.stages[stage].green, c->net->moves[s->crossings[i]].group)) {
			sum += c->seen.waiting[s->crossings[i]];
		}
	}
	return sum;
}

uint8_t running_wish(struct city *c, uint32_t signal, void *scratch)
{
	(void)scratch;
	const struct city_signal *s = &c->signals[signal];
	uint8_t stage = s->state.stage, best = stage;
	int64_t green_ms = city_green_ms(s, c->now_ms);
	float most = 0;
	if (green_ms < LEAST_GREEN_MS) {
		return stage;
	}
	for (uint32_t i = 0; i < s->plan.stage_n - s->plan.extra_n; i++) {
		float p = (uint8_t)i != stage ? sum_of(c, signal, (uint8_t)i, false) : 0;
		if (p > most) {
			most = p;
			best = (uint8_t)i;
		}
	}
	if (green_ms < MOST_GREEN_MS && sum_of(c, signal, stage, true) >= STAYS_AT * most) {
		return stage;
	}
	return best;
}
