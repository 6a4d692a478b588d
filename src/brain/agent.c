#include "brain/agent.h"

#include "brain/ctl_fixed.h"

enum { PHASES_MOST = 255 };

/* --- Phases ----------------------------------------------------------------------------------------------------------
 */

/* In which stages a group is green and gives way (or does not). */
static uint32_t stages_with(const struct safety_plan *plan, uint32_t group, bool yields)
{
	uint32_t stages = 0;
	for (uint32_t s = 0; s < plan->stage_n; s++) {
		bool is_in = groups_has(&plan->stages[s].green, group) && groups_has(&plan->stages[s].yields, group) == yields;
		stages |= (uint32_t)is_in << s;
	}
	return stages;
}

bool phases_of(struct phases *p, const struct safety_plan *plan)
{
	uint32_t found[PHASES_MOST] = {0};
	*p = (struct phases){0};
	/* A left turn that gives way in one stage and is protected in another has a phase for each. */
	for (uint32_t i = 0; i < plan->group_n * 2; i++) {
		uint32_t stages = stages_with(plan, i / 2, i % 2 == 1), k = 0;
		while (k < p->n && found[k] != stages) {
			k++;
		}
		if (stages == 0 || k < p->n) {
			continue;
		}
		if (p->n == PHASES_MOST) {
			return false;
		}
		found[p->n++] = stages;
	}
	for (uint32_t k = 0; k < p->n; k++) {
		for (uint32_t s = 0; s < plan->stage_n; s++) {
			if ((found[k] >> s & 1) != 0) {
				groups_add(&p->of_stage[s], k);
			}
		}
	}
	return true;
}

uint8_t phases_stage(const struct phases *p, const struct safety_plan *plan, const struct groups *on)
{
	for (uint32_t s = 0; s < plan->stage_n; s++) {
		if (groups_equal(&p->of_stage[s], on)) {
			return (uint8_t)s;
		}
	}
	return STAGE_NONE;
}

static struct groups without(const struct groups *a, const struct groups *b)
{
	struct groups left;
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		left.w[i] = a->w[i] & ~b->w[i];
	}
	return left;
}

static struct groups both(const struct groups *a, const struct groups *b)
{
	struct groups common;
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		common.w[i] = a->w[i] & b->w[i];
	}
	return common;
}

static int how_many(const struct groups *g)
{
	int n = 0;
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		n += __builtin_popcountll(g->w[i]);
	}
	return n;
}

void agent_orders_for(const struct phases *p, uint8_t now, uint8_t wanted, struct groups orders[AGENT_ORDERS])
{
	memset(orders, 0, AGENT_ORDERS * sizeof *orders);
	if (wanted == STAGE_NONE) {
		return;
	}
	struct groups all = {0};
	for (uint32_t k = 0; k < p->n; k++) {
		groups_add(&all, k);
	}
	orders[AGENT_CALL] = p->of_stage[wanted];
	orders[AGENT_OMIT] = without(&all, &p->of_stage[wanted]);
	if (now == wanted || now == STAGE_NONE) {
		orders[AGENT_HOLD] = p->of_stage[wanted];
	} else {
		orders[AGENT_FORCE_OFF] = without(&p->of_stage[now], &p->of_stage[wanted]);
	}
}

/* --- The controller --------------------------------------------------------------------------------------------------
 */

bool agent_init(struct agent *a, const struct net_signal *n, struct city_signal *signal)
{
	*a = (struct agent){
		.net = n, .signal = signal, .backup_s = AGENT_BACKUP_S, .set_ms = INT64_MIN, .mode = AGENT_BACKUP};
	return signal->is_led && phases_of(&a->phases, &signal->plan);
}

void agent_set(struct agent *a, enum agent_order order, uint32_t group, uint8_t bits, int64_t now_ms)
{
	if (group < GROUPS_MAX / 8) {
		groups_set_eight(&a->orders[order], group, bits);
		a->set_ms = now_ms;
		a->mode = AGENT_SYSTEM;
		a->sets++;
	}
}

/* Of the stages with no phase that is omitted or forced off the one with the most calls, from the next one round. */
static uint8_t called(const struct agent *a, const struct groups *forced)
{
	const struct safety_plan *plan = &a->signal->plan;
	uint8_t best = STAGE_NONE;
	int most = 0;
	for (uint32_t k = 1; k <= plan->stage_n; k++) {
		uint32_t s = (a->signal->state.stage + k) % plan->stage_n;
		const struct groups *of = &a->phases.of_stage[s];
		if (groups_meet(of, &a->orders[AGENT_OMIT]) || groups_meet(of, forced)) {
			continue;
		}
		struct groups calls = both(of, &a->orders[AGENT_CALL]);
		if (how_many(&calls) > most) {
			most = how_many(&calls);
			best = (uint8_t)s;
		}
	}
	return best;
}

static uint8_t next(const struct agent *a, int64_t now_ms)
{
	const struct safety_plan *plan = &a->signal->plan;
	uint8_t now = a->signal->state.stage, by_plan = fixed_stage(a->net, plan, now_ms);
	struct groups forced = both(&a->phases.of_stage[now], &a->orders[AGENT_FORCE_OFF]);
	bool is_forced = how_many(&forced) > 0;
	if (!is_forced && groups_meet(&a->phases.of_stage[now], &a->orders[AGENT_HOLD])) {
		return now;
	}
	uint8_t to = called(a, &forced);
	/* Without a call it goes by its plan, over what is omitted. */
	for (uint32_t k = 0; to == STAGE_NONE && k < plan->stage_n; k++) {
		uint32_t s = (by_plan + k) % plan->stage_n;
		const struct groups *of = &a->phases.of_stage[s];
		if (!groups_meet(of, &a->orders[AGENT_OMIT]) && !groups_meet(of, &forced)) {
			to = (uint8_t)s;
		}
	}
	return to == STAGE_NONE ? now : to;
}

void agent_tick(struct agent *a, int64_t now_ms)
{
	struct city_signal *s = a->signal;
	if (a->mode == AGENT_SYSTEM && a->backup_s > 0 && now_ms - a->set_ms >= (int64_t)a->backup_s * 1000) {
		a->mode = AGENT_BACKUP;
		memset(a->orders, 0, sizeof a->orders);
	}
	safety_tick(&s->state, &s->plan, next(a, now_ms), now_ms);
	/* A force-off is done when its phase has ended. */
	a->orders[AGENT_FORCE_OFF] = both(&a->orders[AGENT_FORCE_OFF], &a->phases.of_stage[s->state.stage]);
}

void agent_status(const struct agent *a, int64_t now_ms, struct agent_status *s)
{
	const struct safety *state = &a->signal->state;
	const struct safety_plan *plan = &a->signal->plan;
	char letters[GROUPS_MAX];
	*s = (struct agent_status){0};
	safety_show(state, plan, now_ms, letters);
	bool is_yellow = false, is_changing = now_ms < state->ready_ms;
	for (uint32_t g = 0; g < plan->group_n; g++) {
		bool is_green = letters[g] == 'G' || letters[g] == 'g';
		groups_add(is_green ? &s->channel_greens : letters[g] == 'y' ? &s->channel_yellows : &s->channel_reds, g);
		is_yellow = is_yellow || letters[g] == 'y';
	}
	struct groups none = {0};
	const struct groups *to = &a->phases.of_stage[state->stage],
						*from = state->before == STAGE_NONE ? &none : &a->phases.of_stage[state->before];
	s->greens = is_changing ? both(from, to) : *to;
	s->nexts = without(to, &s->greens);
	struct groups ends = without(from, to);
	s->yellows = is_changing && is_yellow ? ends : none;
	for (uint32_t k = 0; k < a->phases.n; k++) {
		if (!groups_has(&s->greens, k) && !groups_has(&s->yellows, k)) {
			groups_add(&s->reds, k);
		}
		if (groups_has(&s->greens, k) || (is_changing && groups_has(&ends, k))) {
			groups_add(&s->ons, k);
		}
	}
}
