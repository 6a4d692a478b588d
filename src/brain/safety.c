#include "brain/safety.h"

enum { TICK_MS = 1000 };

const struct safety_times SAFETY_LEGAL = {.yellow_ms = 3000,
                                          .all_red_ms = 2000,
                                          .least_green_ms = 6000,
                                          .walk_ms = 6000,
                                          .walk_mps = 1.2F,
                                          .most_red_ms = 120000,
                                          .most_walk_red_ms = 80000};
const struct safety_times SAFETY_BENCH = {
	.yellow_ms = 3000, .least_green_ms = 5000, .walk_ms = 5000, .most_red_ms = 120000, .most_walk_red_ms = 80000};

/* --- The plan of a signal --------------------------------------------------------------------------------------------
 */

static bool excludes(const struct safety_plan *p, const struct groups *green)
{
	for (uint32_t g = 0; g < p->group_n; g++) {
		if (groups_has(green, g) && groups_meet(green, &p->conflicts[g])) {
			return true;
		}
	}
	return false;
}

/* Foes that the programme shows green together in some phase are the engineer's decision. */
static uint32_t allow_what_the_programme_shows(struct groups *conflicts, const struct net_signal *s)
{
	uint32_t accepted = 0;
	for (uint32_t a = 0; a < s->group_n; a++) {
		conflicts[a] = s->foes[a];
	}
	for (uint32_t i = 0; i < s->phase_n; i++) {
		const struct net_phase *ph = &s->phases[i];
		for (uint32_t a = 0; a < s->group_n; a++) {
			for (uint32_t b = a + 1; b < s->group_n; b++) {
				if (groups_has(&ph->green, a) && groups_has(&ph->green, b) && groups_has(&conflicts[a], b)) {
					groups_drop(&conflicts[a], b);
					groups_drop(&conflicts[b], a);
					accepted += !groups_has(&ph->yields, a) && !groups_has(&ph->yields, b);
				}
			}
		}
	}
	return accepted;
}

/* The same letters, but for some that are red in a: a crossing that clears while the rest goes on. */
static bool is_part_of(const struct net_phase *a, const struct net_phase *b)
{
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		if ((a->green.w[i] & ~b->green.w[i]) != 0 || (b->yields.w[i] & a->green.w[i]) != a->yields.w[i]) {
			return false;
		}
	}
	return !groups_equal(&a->green, &b->green);
}

static bool is_stage(const struct net_signal *s, uint32_t phase)
{
	static const struct groups none;
	const struct net_phase *p = &s->phases[phase];
	if (groups_equal(&p->green, &none) || !groups_equal(&p->yellow, &none)) {
		return false;
	}
	for (uint32_t i = 0; i < s->phase_n; i++) {
		if (groups_equal(&s->phases[i].yellow, &none) && is_part_of(p, &s->phases[i])) {
			return false;
		}
	}
	return true;
}

static bool add_stage(struct safety_plan *p, struct safety_stage *stages, const struct safety_stage *stage,
                      struct err *e)
{
	for (uint32_t i = 0; i < p->stage_n; i++) {
		if (groups_equal(&stages[i].green, &stage->green) && groups_equal(&stages[i].yields, &stage->yields)) {
			stages[i].plan_ms += stage->plan_ms;
			return true;
		}
	}
	if (excludes(p, &stage->green)) {
		return err_set(e, ERR_INVALID, "a stage would show conflicting greens");
	}
	if (p->stage_n == STAGES_MAX) {
		return err_set(e, ERR_INVALID, "the signal has more than %d stages", STAGES_MAX);
	}
	stages[p->stage_n++] = *stage;
	return true;
}

/* Without a programme: each group not yet served begins a stage and takes in all that go with it. */
static bool invent_stages(struct safety_plan *p, struct safety_stage *stages, const struct net *n,
                          const struct net_signal *s, struct err *e)
{
	struct groups used = {0}, served = {0};
	for (uint32_t i = 0; i < s->move_n; i++) {
		groups_add(&used, n->moves[n->under[s->move + i]].group);
	}
	for (uint32_t g = 0; g < p->group_n; g++) {
		if (!groups_has(&used, g) || groups_has(&served, g)) {
			continue;
		}
		struct safety_stage stage = {0};
		groups_add(&stage.green, g);
		for (uint32_t k = 0; k < p->group_n; k++) {
			if (groups_has(&used, k) && !groups_meet(&stage.green, &p->conflicts[k])) {
				groups_add(&stage.green, k);
			}
		}
		for (uint32_t k = 0; k < p->group_n; k++) {
			if (groups_has(&stage.green, k)) {
				groups_add(&served, k);
			}
		}
		if (!add_stage(p, stages, &stage, e)) {
			return false;
		}
	}
	return true;
}

/* Crossings that no wheels share a group with. */
static struct groups walks_of(const struct net *n, const struct net_signal *s)
{
	struct groups walks = {0};
	for (uint32_t i = 0; i < s->move_n; i++) {
		const struct net_move *m = &n->moves[n->under[s->move + i]];
		if (m->is_crossing) {
			groups_add(&walks, m->group);
		}
	}
	for (uint32_t i = 0; i < s->move_n; i++) {
		const struct net_move *m = &n->moves[n->under[s->move + i]];
		if (!m->is_crossing) {
			groups_drop(&walks, m->group);
		}
	}
	return walks;
}

/* A walker's way takes as long to clear as no car's does: whoever may go without it need not wait for it. */
static bool add_stages_without_walks(struct safety_plan *p, struct safety_stage *stages, const struct net *n,
                                     const struct net_signal *s, struct err *e)
{
	static const struct groups none;
	struct groups walks = walks_of(n, s);
	uint32_t own_n = p->stage_n;
	for (uint32_t i = 0; i < own_n && p->stage_n < STAGES_MAX; i++) {
		struct safety_stage stage = stages[i];
		stage.plan_ms = 0;
		for (size_t w = 0; w < GROUP_WORDS; w++) {
			stage.green.w[w] &= ~walks.w[w];
			stage.yields.w[w] &= ~walks.w[w];
		}
		bool is_other = groups_meet(&stages[i].green, &walks) && !groups_equal(&stage.green, &none);
		if (is_other && !add_stage(p, stages, &stage, e)) {
			return false;
		}
	}
	p->extra_n = p->stage_n - own_n;
	return true;
}

static uint32_t count(const struct groups *g)
{
	uint32_t n = 0;
	for (size_t i = 0; i < GROUP_WORDS; i++) {
		n += (uint32_t)__builtin_popcountll(g->w[i]);
	}
	return n;
}

static void time_groups(struct safety_plan *p, struct safety_group *groups, const struct net *n,
                        const struct net_signal *s, const struct safety_times *t)
{
	for (uint32_t g = 0; g < p->group_n; g++) {
		uint32_t in = 0, most = 0;
		uint8_t stage = 0;
		float longest = 0;
		bool is_walk = false, has_wheels = false;
		for (uint32_t i = 0; i < s->move_n; i++) {
			const struct net_move *m = &n->moves[n->under[s->move + i]];
			if (m->group == g) {
				is_walk = is_walk || m->is_crossing;
				has_wheels = has_wheels || !m->is_crossing;
				longest = m->is_crossing && m->length_m > longest ? m->length_m : longest;
			}
		}
		for (uint32_t i = 0; i < p->stage_n; i++) {
			const struct groups *green = &p->stages[i].green;
			uint32_t with = groups_has(green, g) ? count(green) : 0;
			in += with > 0;
			stage = with > most ? (uint8_t)i : stage;
			most = with > most ? with : most;
		}
		int32_t walk_ms = is_walk && t->walk_mps > 0 ? (int32_t)(longest / t->walk_mps * 1000.0F) : 0;
		int32_t yellow_ms = has_wheels || !is_walk ? t->yellow_ms : 0, clear_ms = yellow_ms + t->all_red_ms;
		groups[g] = (struct safety_group){
			.yellow_ms = yellow_ms,
			.clear_ms = walk_ms > clear_ms ? walk_ms : clear_ms,
			.least_green_ms = is_walk && t->walk_ms > t->least_green_ms ? t->walk_ms : t->least_green_ms,
			.most_red_ms = is_walk ? t->most_walk_red_ms : t->most_red_ms,
			.is_walk = is_walk && !has_wheels,
			.stage = stage,
			.is_served = in > 0 && in < p->stage_n,
		};
	}
}

static void time_changes(struct safety_plan *p)
{
	int32_t green_ms = 0;
	for (uint32_t g = 0; g < p->group_n; g++) {
		const struct safety_group *group = &p->groups[g];
		p->clear_ms = group->clear_ms > p->clear_ms ? group->clear_ms : p->clear_ms;
		green_ms = group->is_served && group->least_green_ms > green_ms ? group->least_green_ms : green_ms;
	}
	p->longest_ms = p->clear_ms + green_ms + 2 * TICK_MS;
}

bool safety_plan(struct safety_plan *p, struct arena *a, const struct net *n, uint32_t signal,
                 const struct safety_times *times, struct err *e)
{
	const struct net_signal *s = &n->signals[signal];
	struct groups *conflicts = arena_new(a, struct groups, s->group_n + 1);
	struct safety_group *groups = arena_new(a, struct safety_group, s->group_n + 1);
	struct safety_stage stages[STAGES_MAX] = {0};
	*p = (struct safety_plan){.group_n = s->group_n, .groups = groups, .conflicts = conflicts};
	if (conflicts == NULL || groups == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the plan of a signal");
	}
	p->accepted = allow_what_the_programme_shows(conflicts, s);
	for (uint32_t i = 0; i < s->phase_n; i++) {
		if (is_stage(s, i)) {
			struct safety_stage stage = {
				.green = s->phases[i].green, .yields = s->phases[i].yields, .plan_ms = s->phases[i].duration_ms};
			if (!add_stage(p, stages, &stage, e)) {
				return false;
			}
		}
	}
	if (p->stage_n == 0 && !invent_stages(p, stages, n, s, e)) {
		return false;
	}
	if (p->stage_n == 0) {
		return err_set(e, ERR_INVALID, "the signal has nothing to show");
	}
	if (!add_stages_without_walks(p, stages, n, s, e)) {
		return false;
	}
	struct safety_stage *kept = arena_new(a, struct safety_stage, p->stage_n);
	if (kept == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the stages of a signal");
	}
	memcpy(kept, stages, p->stage_n * sizeof *kept);
	p->stages = kept;
	time_groups(p, groups, n, s, times);
	time_changes(p);
	return true;
}

/* --- One signal ------------------------------------------------------------------------------------------------------
 */

int32_t safety_wait_ms(const struct safety_plan *p, uint8_t from, uint8_t to, uint32_t group)
{
	int32_t wait_ms = 0;
	if (from != STAGE_NONE && groups_has(&p->stages[from].green, group)) {
		return 0;
	}
	for (uint32_t g = 0; g < p->group_n; g++) {
		bool loses =
			from == STAGE_NONE || (groups_has(&p->stages[from].green, g) && !groups_has(&p->stages[to].green, g));
		if (loses && (from == STAGE_NONE || groups_has(&p->conflicts[group], g)) && p->groups[g].clear_ms > wait_ms) {
			wait_ms = p->groups[g].clear_ms;
		}
	}
	return wait_ms;
}

int32_t safety_goes_on_ms(const struct safety_plan *p, uint8_t from, uint8_t to, uint32_t group)
{
	int32_t least_ms = INT32_MAX;
	for (uint32_t g = 0; g < p->group_n; g++) {
		bool gains = groups_has(&p->stages[to].green, g) && !groups_has(&p->stages[from].green, g);
		if (gains && groups_has(&p->conflicts[group], g)) {
			int32_t ms = safety_wait_ms(p, from, to, g) - p->groups[group].clear_ms;
			least_ms = ms < least_ms ? ms : least_ms;
		}
	}
	return least_ms == INT32_MAX ? 0 : least_ms / TICK_MS * TICK_MS;
}

/* The change is begun: when each group turns green or red follows from it. */
static void change(struct safety *s, const struct safety_plan *p, uint8_t to, int64_t now_ms)
{
	uint8_t from = s->stage;
	s->before = from;
	s->stage = to;
	s->changed_ms = s->ready_ms = now_ms;
	for (uint32_t g = 0; g < p->group_n; g++) {
		bool was = from != STAGE_NONE && groups_has(&p->stages[from].green, g),
			 is = groups_has(&p->stages[to].green, g);
		if (is && !was) {
			s->green_ms[g] = now_ms + safety_wait_ms(p, from, to, g);
			s->ready_ms = s->green_ms[g] > s->ready_ms ? s->green_ms[g] : s->ready_ms;
			s->red_ms[g] = INT64_MAX;
		} else if (was && !is) {
			/* Yellow is never followed by green at once. */
			int64_t ends_ms = now_ms + safety_goes_on_ms(p, from, to, g);
			int64_t gone_ms =
				ends_ms + (p->groups[g].clear_ms > p->groups[g].yellow_ms + TICK_MS ? p->groups[g].clear_ms
			                                                                        : p->groups[g].yellow_ms + TICK_MS);
			s->ready_ms = gone_ms > s->ready_ms ? gone_ms : s->ready_ms;
			s->red_ms[g] = ends_ms;
		}
	}
}

void safety_follow(struct safety *s, const struct safety_plan *p, uint8_t stage, int64_t now_ms)
{
	if (stage < p->stage_n && stage != s->stage) {
		change(s, p, stage, now_ms);
	}
}

bool safety_start(struct safety *s, const struct safety_plan *p, struct arena *a, uint8_t stage, int64_t now_ms,
                  struct err *e)
{
	*s = (struct safety){.stage = STAGE_NONE, .before = STAGE_NONE};
	s->red_ms = arena_new(a, int64_t, p->group_n + 1);
	s->green_ms = arena_new(a, int64_t, p->group_n + 1);
	if (s->red_ms == NULL || s->green_ms == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the state of a signal");
	}
	for (uint32_t g = 0; g < p->group_n; g++) {
		s->red_ms[g] = now_ms;
	}
	change(s, p, stage < p->stage_n ? stage : 0, now_ms);
	return true;
}

void safety_put(struct buf *to, const struct safety *s, const struct safety_plan *p)
{
	codec_put_u8(to, s->stage);
	codec_put_u8(to, s->before);
	codec_put_i64(to, s->changed_ms);
	codec_put_i64(to, s->ready_ms);
	for (uint32_t g = 0; g < p->group_n; g++) {
		codec_put_i64(to, s->green_ms[g]);
		if (!groups_has(&p->stages[s->stage].green, g)) {
			codec_put_i64(to, s->red_ms[g]);
		}
	}
}

void safety_take(struct safety *s, const struct safety_plan *p, struct codec *c)
{
	uint8_t stage = codec_u8(c), before = codec_u8(c);
	c->failed = c->failed || stage >= p->stage_n || (before >= p->stage_n && before != STAGE_NONE);
	s->stage = c->failed ? 0 : stage;
	s->before = c->failed ? STAGE_NONE : before;
	s->changed_ms = codec_within(c, TIME_MOST_MS);
	s->ready_ms = codec_within(c, TIME_MOST_MS);
	for (uint32_t g = 0; g < p->group_n; g++) {
		s->green_ms[g] = codec_within(c, TIME_MOST_MS);
		bool is_green = groups_has(&p->stages[s->stage].green, g);
		s->red_ms[g] = is_green ? INT64_MAX : codec_within(c, TIME_MOST_MS);
	}
}

bool safety_is_free(const struct safety *s, const struct safety_plan *p, uint8_t wish, int64_t now_ms)
{
	if (now_ms < s->ready_ms || wish >= p->stage_n) {
		return false;
	}
	for (uint32_t g = 0; g < p->group_n; g++) {
		bool loses = groups_has(&p->stages[s->stage].green, g) && !groups_has(&p->stages[wish].green, g);
		if (loses && now_ms - s->green_ms[g] < p->groups[g].least_green_ms) {
			return false;
		}
	}
	return true;
}

static int32_t waits_ms(const struct safety_plan *p, uint8_t from, uint8_t to)
{
	int32_t most_ms = 0;
	for (uint32_t g = 0; g < p->group_n; g++) {
		int32_t ms = groups_has(&p->stages[to].green, g) ? safety_wait_ms(p, from, to, g) : 0;
		most_ms = ms > most_ms ? ms : most_ms;
	}
	return most_ms;
}

/* Serves the stages of red groups by the moment that they are due, the first at now + from_ms at the earliest, each
 * later one when the longest change is over. `from`: the first follows on this stage; STAGE_NONE: it is not known. The
 * first of them when some group would be late; STAGE_NONE: all are in time. Each group has one stage for this, and
 * others that hold it too are not counted on: so a wish that is granted only ever takes work away. */
static uint8_t late(const struct safety *s, const struct safety_plan *p, int64_t now_ms, int64_t from_ms, uint8_t from)
{
	uint32_t done = 0; /* bits of stages */
	uint8_t first = STAGE_NONE;
	for (int64_t at_ms = from_ms;; at_ms += p->longest_ms) {
		int64_t due_ms = INT64_MAX;
		uint8_t stage = 0;
		for (uint32_t g = 0; g < p->group_n; g++) {
			const struct safety_group *group = &p->groups[g];
			if (group->is_served && s->red_ms[g] != INT64_MAX && (done >> group->stage & 1) == 0 &&
			    s->red_ms[g] + group->most_red_ms < due_ms) {
				due_ms = s->red_ms[g] + group->most_red_ms;
				stage = group->stage;
			}
		}
		if (due_ms == INT64_MAX) {
			return STAGE_NONE;
		}
		int32_t clear_ms = first == STAGE_NONE && from != STAGE_NONE ? waits_ms(p, from, stage) : p->clear_ms;
		first = first == STAGE_NONE ? stage : first;
		if (now_ms + at_ms + clear_ms + TICK_MS > due_ms) {
			return first;
		}
		done |= UINT32_C(1) << stage;
	}
}

static int64_t free_in_ms(const struct safety *s, const struct safety_plan *p, int64_t now_ms)
{
	int64_t at_ms = s->ready_ms;
	for (uint32_t g = 0; g < p->group_n; g++) {
		int64_t green_ms = s->green_ms[g] + p->groups[g].least_green_ms;
		if (groups_has(&p->stages[s->stage].green, g) && p->groups[g].is_served && green_ms > at_ms) {
			at_ms = green_ms;
		}
	}
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

void safety_tick(struct safety *s, const struct safety_plan *p, uint8_t wish, int64_t now_ms)
{
	bool would_change = wish != s->stage && safety_is_free(s, p, wish, now_ms);
	uint8_t due = would_change ? late(s, p, now_ms, p->longest_ms, STAGE_NONE)
	                           : late(s, p, now_ms, free_in_ms(s, p, now_ms) + TICK_MS, s->stage);
	uint8_t to = due != STAGE_NONE ? due : wish;
	if (to != s->stage && safety_is_free(s, p, to, now_ms)) {
		s->is_forced = to != wish;
		change(s, p, to, now_ms);
	}
}

void safety_show(const struct safety *s, const struct safety_plan *p, int64_t now_ms, char *letters)
{
	const struct safety_stage *to = &p->stages[s->stage];
	for (uint32_t g = 0; g < p->group_n; g++) {
		if (groups_has(&to->green, g)) {
			letters[g] = now_ms < s->green_ms[g] ? 'r' : groups_has(&to->yields, g) ? 'g' : 'G';
			continue;
		}
		bool was = s->before != STAGE_NONE && groups_has(&p->stages[s->before].green, g);
		if (was && now_ms < s->red_ms[g]) {
			letters[g] = groups_has(&p->stages[s->before].yields, g) ? 'g' : 'G';
		} else {
			letters[g] = was && now_ms - s->red_ms[g] < p->groups[g].yellow_ms ? 'y' : 'r';
		}
	}
}
