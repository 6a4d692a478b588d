#include "brain/city.h"

#include <stdatomic.h>

#include "base/fault.h"
#include "brain/ctl_actuated.h"
#include "brain/ctl_fixed.h"
#include "brain/ctl_horizon.h"
#include "brain/ctl_pressure.h"
#include "brain/ctl_running.h"
#include "os/thread.h"

enum { CITY_ARENA_BYTES = 1 << 30 };

const struct controller CONTROLLERS[] = {
	{"fixed", "the programme of the signal, by the clock", NULL, NULL, fixed_wish, NULL, NULL},
	{"actuated", "stages in their order, each as long as cars come", actuated_begin, NULL, actuated_wish, NULL, NULL},
	{"max-pressure", "every ten seconds the stage with the most waiting before and the fewest behind", pressure_begin,
     NULL, pressure_wish, NULL, NULL},
	{"running", "pressure that also counts who is on the way, each second", running_begin, NULL, running_wish, NULL,
     NULL},
	{"horizon", "a schedule for the next seconds, agreed with the neighbours", horizon_begin, horizon_look,
     horizon_wish, horizon_cost, "seconds of waiting in the next 45"},
	{0},
};

const struct controller *controller_find(struct str name)
{
	for (const struct controller *c = CONTROLLERS; c->name; c++) {
		if (str_is(name, c->name)) {
			return c;
		}
	}
	return NULL;
}

static bool add_lanes(struct city *c, uint32_t signal, struct err *e)
{
	const struct net *n = c->net;
	const struct net_signal *ns = &n->signals[signal];
	struct city_signal *s = &c->signals[signal];
	s->lanes = arena_new(&c->arena, struct city_lane, ns->move_n + 1);
	s->crossings = arena_new(&c->arena, uint32_t, ns->move_n + 1);
	if (s->lanes == NULL || s->crossings == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the lanes of a signal");
	}
	for (uint32_t i = 0; i < ns->move_n; i++) {
		const struct net_move *m = &n->moves[n->under[ns->move + i]];
		if (m->is_crossing) {
			s->crossings[s->crossing_n++] = n->under[ns->move + i];
			continue;
		}
		bool is_there = false;
		for (uint32_t k = 0; k < s->lane_n; k++) {
			is_there = is_there || s->lanes[k].lane == m->from;
		}
		if (!is_there && !n->lanes[m->from].is_inner) {
			s->lanes[s->lane_n++] = (struct city_lane){m->from, n->lanes[m->from].move, n->lanes[m->from].move_n};
		}
	}
	return true;
}

bool city_init(struct city *c, const struct net *n, const struct safety_times *times, const struct controller *how,
               int64_t now_ms, struct err *e)
{
	*c = (struct city){.net = n, .now_ms = now_ms, .controller = how};
	arena_init(&c->arena, CITY_ARENA_BYTES);
	c->signals = arena_new(&c->arena, struct city_signal, n->signal_n + 1);
	bool ok = (c->signals != NULL || err_set(e, ERR_MEMORY, "no memory for the signals")) &&
	          street_init(&c->street, n, e) && estimate_init(&c->seen, n, e) && jam_init(&c->jam, &c->arena, n, e) &&
	          priority_init(c, e);
	for (uint32_t i = 0; ok && i < n->signal_n; i++) {
		struct city_signal *s = &c->signals[i];
		struct err why;
		s->mode.mode = MODE_ACT;
		s->is_led = safety_plan(&s->plan, &c->arena, n, i, times, &why);
		ok = (s->is_led || why.code != ERR_MEMORY || err_set(e, ERR_MEMORY, "%s", why.text)) && add_lanes(c, i, e);
		s->is_led = s->is_led && s->lane_n > 0 && s->lane_n <= CITY_LANES_MAX;
		ok = ok && (!s->is_led || safety_start(&s->state, &s->plan, &c->arena, 0, now_ms, e));
	}
	ok = ok && (how->begin == NULL || how->begin(c, e));
	if (!ok) {
		city_release(c);
	}
	return ok;
}

void city_release(struct city *c)
{
	for (uint32_t i = 0; i < CITY_THREADS_MAX; i++) {
		mem_free(c->scratch[i]);
	}
	street_release(&c->street);
	estimate_release(&c->seen);
	arena_release(&c->arena);
	*c = (struct city){0};
}

bool city_look(struct city *c, struct err *e)
{
	bool ok = street_sort(&c->street, e);
	if (ok) {
		estimate_from_street(&c->seen, &c->street);
		priority_look(c);
	}
	return ok;
}

/* --- Deciding --------------------------------------------------------------------------------------------------------
 */

/* A thread takes the next signals that nobody has taken: on a machine that does other things too none waits for
 * another.
 */
enum { TAKES = 16 };

struct part {
	struct city *city;
	uint32_t thread;
	_Atomic uint32_t *next;
	void *scratch;
};

static void tell(const struct part *p, uint32_t deciding)
{
	if (p->city->deciding != NULL) {
		atomic_store_explicit(&p->city->deciding[p->thread], deciding, memory_order_relaxed);
	}
}

/* What the safety layer would make of a stage asked for now. */
static uint8_t followed(const struct city *c, const struct city_signal *s, uint8_t stage)
{
	return safety_is_free(&s->state, &s->plan, stage, c->now_ms) ? stage : s->state.stage;
}

/* Of a signal that its plan leads: what the brain would have done. */
static void watch(struct city *c, uint32_t signal, void *scratch)
{
	struct city_signal *s = &c->signals[signal];
	struct mode_watched *w = &s->watched;
	if (mode_leads(&s->mode) || s->wish == STAGE_NONE) {
		w->is_differs = false;
		return;
	}
	uint8_t done = followed(c, s, fixed_stage(&c->net->signals[signal], &s->plan, c->now_ms)),
			wished = followed(c, s, s->wish);
	w->seconds++;
	w->otherwise += done != wished && !w->is_differs;
	w->is_differs = done != wished;
	if (w->is_differs && c->controller->cost != NULL) {
		w->saves += c->controller->cost(c, signal, done, false, scratch) -
		            c->controller->cost(c, signal, wished, false, scratch);
	}
}

static void decide_one(const struct part *p, uint32_t i)
{
	struct city_signal *s = &p->city->signals[i];
	if (s->is_out) {
		s->wish = STAGE_NONE;
	} else if (s->is_led) {
		tell(p, i + 1);
		priority_reserve(p->city, i);
		uint8_t wish = p->city->controller->wish(p->city, i, p->scratch);
		s->wish = s->is_blind ? STAGE_NONE : wish;
		priority_decide(p->city, i, p->scratch);
		watch(p->city, i, p->scratch);
	}
}

static void *decide(void *arg)
{
	const struct part *p = arg;
	uint32_t n = p->city->net->signal_n, from;
	while ((from = atomic_fetch_add_explicit(p->next, TAKES, memory_order_relaxed)) < n) {
		for (uint32_t i = from; i < from + TAKES && i < n; i++) {
			decide_one(p, i);
		}
	}
	tell(p, 0);
	return NULL;
}

bool city_decide(struct city *c, uint32_t threads, struct err *e)
{
	struct thread others[CITY_THREADS_MAX];
	struct part parts[CITY_THREADS_MAX];
	_Atomic uint32_t next = 0;
	uint32_t n = threads < 1 ? 1 : threads > CITY_THREADS_MAX ? CITY_THREADS_MAX : threads;
	bool ok = true;
	jam_look(&c->jam, &c->seen);
	if (c->controller->look != NULL) {
		c->controller->look(c);
	}
	for (uint32_t i = 0; i < n; i++) {
		if (c->scratch[i] == NULL && c->scratch_bytes > 0) {
			c->scratch[i] = mem_alloc(c->scratch_bytes, 1);
			ok = ok && (c->scratch[i] != NULL || err_set(e, ERR_MEMORY, "no memory to decide in"));
		}
		parts[i] = (struct part){c, i, &next, c->scratch[i]};
		others[i].is_started = false;
	}
	for (uint32_t i = 1; ok && i < n; i++) {
		ok = thread_start(&others[i], "decide", 0, decide, &parts[i], e);
	}
	if (ok) {
		decide(&parts[0]);
	}
	for (uint32_t i = 1; i < n; i++) {
		thread_join(&others[i]);
	}
	if (ok) {
		priority_sum(c);
	}
	return ok;
}

uint8_t city_stage(const struct city *c, uint32_t signal)
{
	const struct city_signal *s = &c->signals[signal];
	return s->wish == STAGE_NONE || !mode_leads(&s->mode)
	           ? STAGE_NONE
	           : mode_stage(&s->mode, &s->state, &s->plan, s->wish, city_green_ms(s, c->now_ms));
}

void city_act(struct city *c)
{
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		struct city_signal *s = &c->signals[i];
		if (s->is_led) {
			uint8_t stage = city_stage(c, i);
			stage = stage == STAGE_NONE ? fixed_stage(&c->net->signals[i], &s->plan, c->now_ms) : stage;
			safety_tick(&s->state, &s->plan, stage, c->now_ms);
		}
	}
}

void city_serves(const struct city *c, uint32_t signal, uint32_t lane, uint8_t stage, float *green, float *yields)
{
	const struct city_signal *s = &c->signals[signal];
	const struct city_lane *l = &s->lanes[lane];
	const struct safety_stage *st = &s->plan.stages[stage];
	*green = *yields = 0;
	for (uint32_t i = 0; i < l->move_n; i++) {
		const struct net_move *m = &c->net->moves[l->move + i];
		float share = estimate_share(&c->seen, l->move + i);
		bool is_green = m->signal != signal || groups_has(&st->green, m->group);
		*green += is_green ? share : 0;
		*yields += m->signal == signal && is_green && groups_has(&st->yields, m->group) ? share : 0;
	}
}

int64_t city_green_ms(const struct city_signal *s, int64_t now_ms)
{
	int64_t since_ms = s->state.changed_ms;
	for (uint32_t g = 0; g < s->plan.group_n; g++) {
		if (groups_has(&s->plan.stages[s->state.stage].green, g) && s->state.green_ms[g] > since_ms) {
			since_ms = s->state.green_ms[g];
		}
	}
	return now_ms - since_ms;
}
