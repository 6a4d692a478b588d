#include "brain/incident.h"

#include <math.h>

#include "base/fault.h"

enum {
	INCIDENT_ARENA_BYTES = 1 << 28,
	ROWS_MAX = 4,
	WINDOW_S = 40, /* over which the smallest surplus is taken: this half and the one before */
	FREE_S = 3,    /* nobody stands before a detector that is free for so long */
	HEARD_WITHIN_MS = 500,
	FREE_LEAST = 8,  /* such seconds in a window */
	HOLDS_S = 20,    /* the surplus, before it is told */
	SETTLES_S = 240, /* after that a surplus that means nothing is the new base */
	LEARNS_S = 180,  /* from the first message on */
	GREEN_STANDS_S = 30,
	STARTS_WITHIN_S = 8,
	GONE_MS = 20000, /* not seen any more */
	LASTS_MS = 3600000,
	MISSES_FOR_S = 300,
	SURELY = 3, /* more than enough are missing: at once */
	MISSING_LEAST = 2,
	MISSING_MOST = 12,
};
#define SHIFTS_PRIOR 0.0003F /* one that was never out of balance is trusted */
#define HOURS_PRIOR 1.0F
#define ALARMS_BY_CHANCE 2e-5 /* in the time in which a base settles */
#define CLEARS_S 2.0F         /* each car over the line */
#define ROW_M 10.0F           /* detectors of a row lie so near to one another */
#define SECTION_MOST_M 800.0F
#define STARTS_S 1.2F /* from car to car, until a queue moves */
#define AHEAD_MOST_M 100.0F

/* --- Rows ------------------------------------------------------------------------------------------------------------
 */

/* The k-th row of a link from its begin: one detector on each lane that cars use; 0: there is none so. */
static uint32_t find_row(const struct sense *s, uint32_t link, uint32_t k, uint32_t *row, uint32_t room)
{
	const struct net_link *l = &s->net->links[link];
	uint32_t n = 0;
	for (uint32_t i = 0; i < l->lane_n; i++) {
		uint32_t lane = l->lane + i, on = s->on_n[lane];
		if (s->net->lanes[lane].is_walk || (s->net->lanes[lane].in_n == 0 && s->net->lanes[lane].move_n == 0)) {
			continue;
		}
		if (k >= on || n == room) {
			return 0;
		}
		/* The one before which k others lie. */
		for (uint32_t a = 0; a < on; a++) {
			uint32_t d = s->by_lane[s->on[lane] + a], before = 0;
			for (uint32_t b = 0; b < on; b++) {
				before += s->detectors[s->by_lane[s->on[lane] + b]].to_go_m > s->detectors[d].to_go_m;
			}
			if (before == k) {
				row[n++] = d;
			}
		}
	}
	for (uint32_t i = 1; i < n; i++) {
		if (fabsf(s->detectors[row[i]].to_go_m - s->detectors[row[0]].to_go_m) > ROW_M) {
			return 0;
		}
	}
	return n;
}

uint32_t incident_goes_on_as(const struct net *n, uint32_t link)
{
	const struct net_link *l = &n->links[link];
	uint32_t next = NET_NONE;
	for (uint32_t i = 0; i < l->lane_n; i++) {
		const struct net_lane *lane = &n->lanes[l->lane + i];
		for (uint32_t k = 0; k < lane->move_n; k++) {
			const struct net_move *m = &n->moves[lane->move + k];
			uint32_t to = n->lanes[m->to].link;
			if (m->is_crossing) {
				continue;
			}
			if (m->signal != NET_NONE || to == NET_NONE || (next != NET_NONE && to != next)) {
				return NET_NONE;
			}
			next = to;
		}
	}
	for (uint32_t i = 0; next != NET_NONE && i < n->links[next].lane_n; i++) {
		const struct net_lane *lane = &n->lanes[n->links[next].lane + i];
		for (uint32_t k = 0; k < lane->in_n; k++) {
			const struct net_move *m = &n->moves[n->into[lane->in + k]];
			if (!m->is_crossing && n->lanes[m->from].link != link) {
				return NET_NONE;
			}
		}
	}
	return next;
}

static void add_section(struct incidents *i, const struct sense *s, const uint32_t *up, uint32_t up_n,
                        const uint32_t *down, uint32_t down_n, float beyond_m, uint32_t *at)
{
	const struct sense_detector *u = &s->detectors[up[0]], *d = &s->detectors[down[0]];
	uint32_t link = s->net->lanes[d->lane].link;
	float metres = u->to_go_m + beyond_m - d->to_go_m;
	if (metres <= ROW_M || metres > SECTION_MOST_M) {
		return;
	}
	float speed = s->net->links[link].speed_mps;
	i->sections[i->section_n++] = (struct incident_section){.up = *at,
	                                                        .up_n = up_n,
	                                                        .down = *at + up_n,
	                                                        .down_n = down_n,
	                                                        .link = link,
	                                                        .to_go_m = d->to_go_m + metres / 2,
	                                                        .travel_s = metres / (speed > 1 ? speed : 1),
	                                                        .least = {INT32_MAX, INT32_MAX}};
	memcpy(&i->detectors[*at], up, up_n * sizeof *up);
	memcpy(&i->detectors[*at + up_n], down, down_n * sizeof *down);
	*at += up_n + down_n;
}

bool incidents_init(struct incidents *i, const struct net *n, const struct sense *s, struct err *e)
{
	*i = (struct incidents){.net = n, .next_id = 1};
	arena_init(&i->arena, INCIDENT_ARENA_BYTES);
	if (s == NULL) {
		return true;
	}
	i->sections = arena_new(&i->arena, struct incident_section, s->detector_n + 1);
	i->detectors = arena_new(&i->arena, uint32_t, (size_t)s->detector_n * 2 + 1);
	i->stands_s = arena_new(&i->arena, uint16_t, s->detector_n + 1);
	i->was_passed = arena_new(&i->arena, uint32_t, s->detector_n + 1);
	i->beside = arena_new(&i->arena, uint64_t, s->detector_n + 1);
	if (i->arena.is_full) {
		arena_release(&i->arena);
		return err_set(e, ERR_MEMORY, "no memory for incidents");
	}
	uint32_t at = 0, last[32], first[32], rows[2][32];
	for (uint32_t link = 0; link < n->link_n; link++) {
		uint32_t last_n = 0;
		for (uint32_t k = 0; k < ROWS_MAX; k++) {
			uint32_t *row = rows[k % 2], row_n = find_row(s, link, k, row, 32);
			if (row_n == 0) {
				break;
			}
			if (last_n > 0) {
				add_section(i, s, last, last_n, row, row_n, 0, &at);
			}
			memcpy(last, row, row_n * sizeof *row);
			last_n = row_n;
		}
		uint32_t next = last_n > 0 ? incident_goes_on_as(n, link) : NET_NONE;
		uint32_t first_n = next != NET_NONE ? find_row(s, next, 0, first, 32) : 0;
		if (first_n > 0) {
			add_section(i, s, last, last_n, first, first_n, n->links[next].length_m, &at);
		}
	}
	return true;
}

void incidents_release(struct incidents *i)
{
	mem_free(i->cars);
	arena_release(&i->arena);
	*i = (struct incidents){0};
}

/* --- The list --------------------------------------------------------------------------------------------------------
 */

void incident_note(struct incidents *i, const struct incident *what, int64_t now_ms)
{
	for (uint32_t k = 0; k < i->n; k++) {
		struct incident *it = &i->all[k];
		if (it->link == what->link && (it->lane == what->lane || it->lane == NET_NONE || what->lane == NET_NONE)) {
			it->seen_ms = now_ms;
			it->sure = fmaxf(it->sure, what->sure);
			it->lane = it->lane == NET_NONE ? what->lane : it->lane;
			it->kind = what->kind == INCIDENT_BLOCKED ? INCIDENT_BLOCKED : it->kind;
			return;
		}
	}
	if (i->n < INCIDENTS_MAX) {
		i->all[i->n] = *what;
		i->all[i->n].id = i->next_id++;
		i->all[i->n].since_ms = i->all[i->n].seen_ms = now_ms;
		i->n++;
	}
}

static void forget_old(struct incidents *i, int64_t now_ms)
{
	for (uint32_t k = 0; k < i->n;) {
		if (now_ms - i->all[k].seen_ms > GONE_MS || now_ms - i->all[k].since_ms > LASTS_MS) {
			i->all[k] = i->all[--i->n];
		} else {
			k++;
		}
	}
}

/* --- The balance -----------------------------------------------------------------------------------------------------
 */

/* So many missing are more than parked cars and miscounts make. */
static int32_t missing_of(const struct incident_section *c)
{
	double mean = (double)((SHIFTS_PRIOR + c->shifts) / (HOURS_PRIOR + c->hours)) * SETTLES_S / 3600.0;
	double term = exp(-mean), tail = 1.0 - term;
	int32_t k = 1, least = c->down_n == 1 ? MISSING_LEAST : 1; /* on one lane others would miss as well */
	for (; k < MISSING_MOST && (k < least || tail > ALARMS_BY_CHANCE); k++) {
		term *= mean / k;
		tail -= term;
	}
	return k;
}

/* One that misses cars is believed where it was said before that they do not come through. */
static uint32_t passed(const struct incidents *i, const struct sense *s, uint32_t row, uint32_t n, bool is_told,
                       bool *is_believed)
{
	uint32_t sum = 0;
	for (uint32_t k = 0; k < n; k++) {
		const struct sense_watch *w = &s->watch[i->detectors[row + k]];
		*is_believed = *is_believed && (w->health == SENSE_WELL || (is_told && w->health == SENSE_MISSES));
		sum += w->passed;
	}
	return sum;
}

/* A message that is lost or late would make the surplus too small, and so the base. */
static bool were_all_heard(const struct incidents *i, const struct sense *s, uint32_t row, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		if (s->now_ms - s->watch[i->detectors[row + k]].newest_ms > HEARD_WITHIN_MS) {
			return false;
		}
	}
	return true;
}

static bool nobody_stands_before(const struct incidents *i, const struct sense *s, uint32_t row, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++) {
		if (s->watch[i->detectors[row + k]].free_s < FREE_S) {
			return false;
		}
	}
	return true;
}

static void settle(struct incident_section *c, int32_t base)
{
	c->shifts += c->heard_s > LEARNS_S ? fabsf((float)(base - c->base)) : 0;
	c->base = base;
	c->over_s = c->level_s = 0;
}

/* The lane whose lower detector is free longest, if somebody stands on the upper one or no other is as silent. */
static uint32_t lane_of(const struct incidents *i, const struct sense *s, const struct incident_section *c)
{
	uint32_t best = NET_NONE;
	for (uint32_t k = 0; k < c->up_n; k++) {
		uint32_t d = i->detectors[c->up + k];
		if (s->watch[d].is_over && s->watch[d].occupied_s >= FREE_S) {
			best = best == NET_NONE ? k : UINT32_MAX - 1;
		}
	}
	if (c->down_n == 1) {
		best = 0;
	}
	return best < c->down_n && c->up_n == c->down_n ? s->detectors[i->detectors[c->down + best]].lane : NET_NONE;
}

static void keep_told(struct incidents *i, uint32_t link, int64_t now_ms)
{
	for (uint32_t k = 0; k < i->n; k++) {
		if (i->all[k].link == link && i->all[k].sign == INCIDENT_BY_BALANCE) {
			i->all[k].seen_ms = now_ms;
		}
	}
}

static void balance(struct incidents *i, const struct sense *s, struct incident_section *c)
{
	bool is_believed = true;
	bool is_told = c->over_s > 0 && c->over_s < MISSES_FOR_S;
	uint32_t in = passed(i, s, c->up, c->up_n, is_told, &is_believed);
	uint32_t out = passed(i, s, c->down, c->down_n, is_told, &is_believed);
	uint32_t second = (uint32_t)(s->now_ms / 1000);
	if (!is_believed) {
		*c = (struct incident_section){.up = c->up,
		                               .up_n = c->up_n,
		                               .down = c->down,
		                               .down_n = c->down_n,
		                               .link = c->link,
		                               .to_go_m = c->to_go_m,
		                               .travel_s = c->travel_s,
		                               .least = {INT32_MAX, INT32_MAX},
		                               .shifts = c->shifts,
		                               .hours = c->hours};
		return;
	}
	c->in[second % INCIDENT_BEFORE_S] = in;
	c->heard_s++;
	c->hours += 1.0F / 3600.0F;
	/* Who went in less than the way takes ago is not missing yet. */
	bool is_whole = were_all_heard(i, s, c->up, c->up_n);
	c->is_whole = (c->is_whole << 1) | (is_whole ? 1 : 0);
	uint32_t ago = c->travel_s < INCIDENT_BEFORE_S - 2 ? (uint32_t)c->travel_s : INCIDENT_BEFORE_S - 2;
	if (c->heard_s > ago && (c->is_whole >> ago & 1) != 0 && nobody_stands_before(i, s, c->down, c->down_n)) {
		int32_t surplus = (int32_t)(c->in[(second - ago) % INCIDENT_BEFORE_S] - out);
		c->least[0] = surplus < c->least[0] ? surplus : c->least[0];
		c->free_n[0]++;
	}
	if (second % (WINDOW_S / 2) == 0) {
		c->least[1] = c->least[0];
		c->free_n[1] = c->free_n[0];
		c->least[0] = INT32_MAX;
		c->free_n[0] = 0;
	}
	if (c->free_n[0] + c->free_n[1] < FREE_LEAST) {
		/* Nothing can be said now: what was missing still is. */
		if (c->over_s >= HOLDS_S) {
			keep_told(i, c->link, s->now_ms);
		}
		return;
	}
	int32_t least = c->least[0] < c->least[1] ? c->least[0] : c->least[1];
	if (!c->has_base || least < c->base) {
		settle(c, least);
		c->has_base = true;
	}
	int32_t missing = least - c->base, enough = missing_of(c);
	c->over_s = missing < enough ? 0 : c->over_s < UINT16_MAX ? (uint16_t)(c->over_s + 1) : c->over_s;
	c->level_s = missing > 0 && missing < enough ? (uint16_t)(c->level_s + 1) : 0;
	if (c->level_s > SETTLES_S || (c->heard_s < LEARNS_S && missing > 0)) {
		settle(c, least);
	}
	if ((c->over_s >= HOLDS_S || missing >= enough + SURELY) && c->heard_s > LEARNS_S) {
		struct incident it = {.link = c->link,
		                      .lane = lane_of(i, s, c),
		                      .to_go_m = c->to_go_m,
		                      .sure = 1.0F - 1.0F / (float)(missing + 1),
		                      .sign = INCIDENT_BY_BALANCE,
		                      .kind = c->down_n == 1 ? INCIDENT_BLOCKED : INCIDENT_STANDING};
		incident_note(i, &it, s->now_ms);
	}
}

/* --- Green that nobody uses ------------------------------------------------------------------------------------------
 */

/* Whether somebody stands at the begin of a lane. */
static bool is_full(const struct sense *s, uint32_t lane)
{
	const struct sense_ghost *g = &s->ghosts[s->first[lane]];
	uint32_t n = s->count[lane];
	if (n > 0 && g[n - 1].speed_mps < STREET_HALTS_MPS &&
	    g[n - 1].to_go_m + 2 * STREET_CAR_M > s->net->lanes[lane].length_m) {
		return true;
	}
	for (uint32_t a = 0; a < s->on_n[lane]; a++) {
		if (s->watch[s->by_lane[s->on[lane] + a]].is_over) {
			return true;
		}
	}
	return false;
}

/* Whether somebody stands behind the junction, wherever one may go over it: then others may stand on it, in the way of
 * all. */
static bool is_full_behind(const struct sense *s, uint32_t lane)
{
	const struct net_lane *l = &s->net->lanes[lane];
	uint32_t signal = NET_NONE;
	for (uint32_t k = 0; k < l->move_n; k++) {
		const struct net_move *m = &s->net->moves[l->move + k];
		signal = m->signal != NET_NONE ? m->signal : signal;
		if (m->signal == NET_NONE && is_full(s, m->to)) {
			return true;
		}
	}
	const struct net_signal *at = signal != NET_NONE ? &s->net->signals[signal] : NULL;
	for (uint32_t k = 0; at != NULL && k < at->move_n; k++) {
		const struct net_move *m = &s->net->moves[s->net->under[at->move + k]];
		if (!m->is_crossing && is_full(s, m->to)) {
			return true;
		}
	}
	return false;
}

/* Each lane beside this place was free since somebody stands here: who wanted to go over to it has had his turn. */
static bool was_free_beside(struct incidents *i, const struct sense *s, uint32_t detector)
{
	const struct sense_detector *d = &s->detectors[detector];
	const struct net_link *link = &s->net->links[s->net->lanes[d->lane].link];
	bool is_all = true;
	for (uint32_t k = 0; k < link->lane_n && k < 64; k++) {
		bool is_taken = false;
		for (uint32_t a = 0; link->lane + k != d->lane && a < s->on_n[link->lane + k]; a++) {
			uint32_t other = s->by_lane[s->on[link->lane + k] + a];
			bool is_near = fabsf(s->detectors[other].to_go_m - d->to_go_m) < ROW_M;
			is_taken = is_taken || (is_near && s->watch[other].free_s < FREE_S);
		}
		i->beside[detector] |= is_taken ? 0 : UINT64_C(1) << k;
		is_all = is_all && (i->beside[detector] >> k & 1) != 0;
	}
	return is_all;
}

/* Nobody has been on the detector for longer than a queue takes to begin to move up to one so far behind. */
static bool is_long_free(const struct sense *s, uint32_t detector, float behind_m)
{
	const struct sense_watch *w = &s->watch[detector];
	return w->health == SENSE_WELL && (float)w->free_s >= (float)FREE_S + behind_m / STREET_CAR_M * STARTS_S;
}

uint32_t incident_next_before(const struct sense *s, uint32_t lane, float to_go_m)
{
	uint32_t next = NET_NONE;
	for (uint32_t a = 0; a < s->on_n[lane]; a++) {
		uint32_t d = s->by_lane[s->on[lane] + a];
		bool is_nearer = next == NET_NONE || s->detectors[d].to_go_m > s->detectors[next].to_go_m;
		next = s->detectors[d].to_go_m < to_go_m && is_nearer ? d : next;
	}
	return next;
}

/* Nobody has been on the next detector ahead for long: whoever stands here does not queue. */
static bool is_free_ahead(const struct sense *s, uint32_t detector)
{
	const struct sense_detector *d = &s->detectors[detector];
	const struct net_lane *l = &s->net->lanes[d->lane];
	uint32_t next = incident_next_before(s, d->lane, d->to_go_m);
	if (next != NET_NONE) {
		float behind_m = d->to_go_m - s->detectors[next].to_go_m;
		return behind_m < AHEAD_MOST_M && is_long_free(s, next, behind_m);
	}
	/* The last one of the lane: those of the lanes that it leads to, where nobody has to be let by. */
	bool is_free = incident_goes_on_as(s->net, l->link) != NET_NONE;
	for (uint32_t k = 0; is_free && k < l->move_n; k++) {
		const struct net_move *m = &s->net->moves[l->move + k];
		next = m->signal == NET_NONE ? incident_next_before(s, m->to, INFINITY) : NET_NONE;
		float behind_m =
			next != NET_NONE ? d->to_go_m + s->net->lanes[m->to].length_m - s->detectors[next].to_go_m : INFINITY;
		is_free = behind_m < AHEAD_MOST_M && is_long_free(s, next, behind_m);
	}
	return is_free;
}

/* Somebody stands on a detector and could go: on the one at the line in green, though nobody stands behind the
 * junction. */
static bool could_go(struct incidents *i, const struct sense *s, uint32_t detector)
{
	const struct sense_watch *w = &s->watch[detector];
	uint32_t lane = s->detectors[detector].lane;
	return w->is_over && (w->is_at_line ? s->green_s[lane] > STARTS_WITHIN_S && !is_full_behind(s, lane)
	                                    : was_free_beside(i, s, detector) && is_free_ahead(s, detector));
}

static void stand_in_green(struct incidents *i, const struct sense *s, uint32_t detector)
{
	const struct sense_detector *d = &s->detectors[detector];
	const struct sense_watch *w = &s->watch[detector];
	bool has_passed = w->passed != i->was_passed[detector];
	uint16_t *stands_s = &i->stands_s[detector];
	i->was_passed[detector] = w->passed;
	/* Further back some who come change over to another lane. */
	bool goes = w->is_at_line ? has_passed || w->free_s > 0 : w->free_s >= FREE_S;
	if (goes || w->health != SENSE_WELL) {
		*stands_s = 0;
		i->beside[detector] = 0;
	} else if (could_go(i, s, detector) && *stands_s < UINT16_MAX) {
		(*stands_s)++;
	}
	if (*stands_s >= GREEN_STANDS_S) {
		struct incident it = {.link = s->net->lanes[d->lane].link,
		                      .lane = d->lane,
		                      .to_go_m = d->to_go_m,
		                      .sure = 0.8F,
		                      .kind = INCIDENT_BLOCKED,
		                      .sign = INCIDENT_BY_GREEN};
		incident_note(i, &it, s->now_ms);
	}
}

/* --- Each second -----------------------------------------------------------------------------------------------------
 */

bool incidents_look(struct incidents *i, const struct sense *s, struct err *e)
{
	for (uint32_t k = 0; k < i->section_n; k++) {
		balance(i, s, &i->sections[k]);
	}
	for (uint32_t d = 0; d < s->detector_n; d++) {
		stand_in_green(i, s, d);
	}
	bool ok = incident_look_at_gps(i, s, e);
	forget_old(i, s->now_ms);
	return ok;
}

bool incidents_look_whole(struct incidents *i, const struct city *c, struct err *e)
{
	bool ok = incident_look_at_cars(i, c, e);
	forget_old(i, c->now_ms);
	return ok;
}

/* For how long cars of the lane have had green; 0: they have none. */
static int64_t green_ms(const struct city *c, const struct net_lane *l)
{
	int64_t longest_ms = 0;
	for (uint32_t k = 0; k < l->move_n; k++) {
		const struct net_move *m = &c->net->moves[l->move + k];
		const struct city_signal *s = m->signal != NET_NONE && !m->is_crossing ? &c->signals[m->signal] : NULL;
		if (s != NULL && s->is_led && groups_has(&s->plan.stages[s->state.stage].green, m->group)) {
			int64_t ms = c->now_ms - s->state.green_ms[m->group];
			longest_ms = ms > longest_ms ? ms : longest_ms;
		}
	}
	return longest_ms;
}

void incidents_tell(const struct incidents *i, struct city *c)
{
	for (uint32_t k = 0; k < i->n; k++) {
		const struct incident *it = &i->all[k];
		if (it->kind != INCIDENT_BLOCKED || it->lane == NET_NONE) {
			continue;
		}
		int64_t before_ms = (int64_t)(it->to_go_m / STREET_CAR_M * CLEARS_S * 1000.0F);
		if (green_ms(c, &c->net->lanes[it->lane]) > STARTS_WITHIN_S * 1000 + before_ms) {
			c->seen.lanes[it->lane].queue = 0;
			memset(c->seen.come[it->lane], 0, sizeof c->seen.come[it->lane]);
		}
	}
}
