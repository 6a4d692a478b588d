#include "brain/explain.h"

#define SEEN_FROM 0.05F /* cars */
#define LITTLE_S 0.05F

static void put_time(struct buf *to, const struct city *c, uint32_t signal)
{
	long long s = (long long)(c->now_ms / 1000);
	buf_printf(to, "%02lld:%02lld:%02lld signal %.*s: ", s / 3600, s / 60 % 60, s % 60,
	           STR_ARG(c->net->signals[signal].id));
}

static float coming(const struct city *c, uint32_t lane)
{
	float sum = 0;
	for (int t = 0; t < ESTIMATE_AHEAD; t++) {
		sum += c->seen.come[lane][t];
	}
	return sum;
}

static void put_seen(struct buf *to, const struct city *c, const struct city_signal *s)
{
	bool is_any = false;
	for (uint32_t l = 0; l < s->lane_n; l++) {
		uint32_t lane = s->lanes[l].lane;
		const struct lane_seen *seen = &c->seen.lanes[lane];
		float come = coming(c, lane);
		if (seen->queue < SEEN_FROM && come < SEEN_FROM) {
			continue;
		}
		buf_printf(to, "  seen      lane %.*s: %.3g wait, %.3g come within %d s", STR_ARG(c->net->lanes[lane].id),
		           (double)seen->queue, (double)come, ESTIMATE_AHEAD);
		if (seen->head_stands) {
			buf_printf(to, "; the first has been first for %lld s and stands",
			           (long long)((c->now_ms - seen->head_since_ms) / 1000));
		}
		if (c->jam.frees[lane] > SEEN_FROM) {
			buf_printf(to, "; behind them others stand who go elsewhere, %.1f for each", (double)c->jam.frees[lane]);
		}
		buf_put_c(to, "\n");
		is_any = true;
	}
	for (uint32_t i = 0; i < s->crossing_n; i++) {
		uint32_t m = s->crossings[i];
		if (c->seen.waiting[m] > 0) {
			buf_printf(to, "  seen      crossing %.*s: %.3g wait, the longest for %.0f s\n",
			           STR_ARG(c->net->lanes[c->net->moves[m].to].id), (double)c->seen.waiting[m],
			           (double)c->seen.wait_ms[m] / 1000);
			is_any = true;
		}
	}
	if (!is_any) {
		buf_put_c(to, "  seen      nobody\n");
	}
}

static void put_claims(struct buf *to, const struct city *c, uint32_t signal)
{
	uint32_t n;
	const struct priority_claim *claims = priority_claims(c, signal, &n);
	for (uint32_t i = 0; i < n; i++) {
		const struct net_move *m = &c->net->moves[claims[i].move];
		uint32_t lane = m->is_crossing ? m->to : m->from;
		buf_printf(to, "  priority  %s", PRIORITY_NAMES[claims[i].kind]);
		if (claims[i].id != 0) {
			buf_printf(to, " %u", claims[i].id);
		}
		buf_printf(to, ": %s %.*s", m->is_crossing ? "crossing" : "lane", STR_ARG(c->net->lanes[lane].id));
		if (!m->is_crossing) {
			int64_t in_s = (claims[i].eta_ms - c->now_ms) / 1000;
			buf_printf(to, ", at its line in %lld s", (long long)(in_s > 0 ? in_s : 0));
		}
		buf_printf(to, ", counts for %.3g people\n", (double)claims[i].people);
	}
}

/* The costs of all stages; the cheapest, and whether anything could be compared. */
static bool put_costs(struct buf *to, struct city *c, uint32_t signal, float *costs, uint8_t *cheapest)
{
	const struct city_signal *s = &c->signals[signal];
	if (c->controller->cost == NULL) {
		return false;
	}
	*cheapest = s->state.stage;
	buf_printf(to, "  compared  %s:", c->controller->cost_what);
	for (uint8_t p = 0; p < s->plan.stage_n; p++) {
		costs[p] = c->controller->cost(c, signal, p, false, c->scratch[0]);
		*cheapest = costs[p] < costs[*cheapest] ? p : *cheapest;
		buf_printf(to, "%s stage %u %.1f", p > 0 ? "," : "", p, (double)costs[p]);
	}
	buf_put_c(to, "\n");
	return true;
}

void explain_wish(struct buf *to, struct city *c, uint32_t signal)
{
	const struct city_signal *s = &c->signals[signal];
	float costs[STAGES_MAX] = {0};
	uint8_t stage = s->state.stage, wish = s->wish, cheapest = 0;
	put_time(to, c, signal);
	if (wish == STAGE_NONE) {
		buf_put_c(to, "nothing is wished, its plan leads\n");
		return;
	}
	buf_printf(to, wish == stage ? "stays in stage %u\n" : "from stage %u to stage %u\n", stage, wish);
	put_seen(to, c, s);
	put_claims(to, c, signal);
	if (s->priority.reserved != STAGE_NONE) {
		buf_printf(to, "  why       stage %u is reserved for %s %u; this second costs others %.1f person-seconds\n",
		           s->priority.reserved, PRIORITY_NAMES[s->priority.kind], s->priority.id, (double)s->priority.cost);
		return;
	}
	if (!put_costs(to, c, signal, costs, &cheapest)) {
		buf_printf(to, "  why       %s: %s\n", c->controller->name, c->controller->what);
		return;
	}
	if (s->priority.cost > LITTLE_S) {
		buf_printf(
			to,
			"  why       the priority \"%s\": without it another stage would cost less; this second costs others "
			"%.1f person-seconds\n",
			PRIORITY_NAMES[s->priority.kind], (double)s->priority.cost);
	}
	float saves = costs[stage] - costs[wish];
	if (wish != stage && saves > -LITTLE_S) {
		buf_printf(to, "  why       it saves %.1f against staying\n", (double)saves);
	} else if (wish != stage) {
		buf_printf(to,
		           "  why       not for its cost: somebody has stood first in a lane for too long, and stage %u serves "
		           "it best\n",
		           wish);
	} else if (!safety_is_free(&s->state, &s->plan, cheapest, c->now_ms) && cheapest != stage) {
		buf_put_c(to, "  why       it may not change yet: least green, or a change that is not over\n");
	} else {
		buf_put_c(to, "  why       no change saves enough\n");
	}
}

void explain_other(struct buf *to, const struct city *c, uint32_t signal, uint8_t from)
{
	put_time(to, c, signal);
	buf_printf(to,
	           "from stage %u to stage %u, which was not wished\n"
	           "  why       a group had its longest red, or no wish came in time and the plan led\n",
	           from, c->signals[signal].state.stage);
}
