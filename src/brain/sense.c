#include "brain/sense.h"

#include <math.h>

#include "base/fault.h"
#include "brain/sense_inside.h"

enum {
	DEAD_AFTER_MS = 5000,
	STUCK_AFTER_S = 180, /* longer than any red: who stands on it goes some time */
	EMPTY_FOR_S = 4,     /* in green: then nobody stands before it */
	QUEUE_FOR_S = 4,
	STANDS_FOR_S = 2, /* on a detector: then somebody does; as long free: then nobody does */
	WALKERS_KEPT_MS = 5000,
	SENSE_ARENA_BYTES = 1 << 30,
	SPARE_GHOSTS = 4,
};
#define SHORTEST_M 6.0F /* a car with its gap, when it is small */
#define STARTS_S 1.2F   /* from car to car, until a queue moves */
#define DOUBTED_S 1.5F  /* who was never counted, and does not come: he turned elsewhere, most likely */
#define LOOKS_BACK_S 2.0F
#define LOOKS_BACK_M 15.0F
#define ON_IT_M 4.5F     /* a car reaches so far back from its front */
#define MISSES_MOST 8.0F /* cars */
#define RATE_MOST 1.2F   /* cars a second on one lane, for a while */
#define RATE_OVER_S 30.0F
#define JUMPS_MOST 4.0F /* cars a second: more are not counted at all */
#define OCCUPIED 0.95F
#define ARRIVES_M 45.0F  /* an imagined car so near to where one is seen is that one */
#define COUNT_ERRS 0.1F  /* variance of each counted car */
#define BLIND_ERRS 0.05F /* each second on a lane at whose begin nobody counts */

const char *const SENSE_HEALTH[] = {"well", "says nothing", "is stuck", "counts more than can pass", "misses cars"};

bool sense_init(struct sense *s, const struct net *n, const struct sense_detector *d, uint32_t detector_n,
                struct err *e)
{
	uint32_t all = 0;
	*s = (struct sense){.net = n, .detectors = d, .detector_n = detector_n};
	arena_init(&s->arena, SENSE_ARENA_BYTES);
	struct arena *a = &s->arena;
	s->watch = arena_new(a, struct sense_watch, detector_n + 1);
	s->on = arena_new(a, uint32_t, n->lane_n + 1);
	s->on_n = arena_new(a, uint32_t, n->lane_n + 1);
	s->by_lane = arena_new(a, uint32_t, detector_n + 1);
	s->first = arena_new(a, uint32_t, n->lane_n + 1);
	s->count = arena_new(a, uint32_t, n->lane_n + 1);
	s->head_since = arena_new(a, int64_t, n->lane_n + 1);
	s->variance = arena_new(a, float, n->lane_n + 1);
	s->unknown = arena_new(a, float, n->link_n * 2 + 1);
	s->green_s = arena_new(a, uint16_t, n->lane_n + 1);
	s->owed = arena_new(a, float, n->move_n + 1);
	s->is_green = arena_new(a, bool, n->move_n + 1);
	s->waiting = arena_new(a, float, n->move_n + 1);
	s->wait_ms = arena_new(a, float, n->move_n + 1);
	s->waiting_since = arena_new(a, int64_t, n->move_n + 1);
	bool ok = !a->is_full || err_set(e, ERR_MEMORY, "no memory for sensors");
	ok = ok && match_init(&s->match, a, n, e) && street_init(&s->gps, n, e);
	for (uint32_t i = 0; ok && i <= n->lane_n; i++) {
		s->first[i] = all;
		all += i < n->lane_n ? (uint32_t)(n->lanes[i].length_m / SHORTEST_M) + SPARE_GHOSTS : 0;
	}
	s->ghosts = ok ? arena_new(a, struct sense_ghost, all + 1) : NULL;
	if (!ok || s->ghosts == NULL) {
		sense_release(s);
		return ok ? err_set(e, ERR_MEMORY, "no memory for sensors") : false;
	}
	for (uint32_t i = 0; i < detector_n; i++) {
		must(d[i].lane < n->lane_n);
		s->on_n[d[i].lane]++;
	}
	uint32_t at = 0;
	for (uint32_t i = 0; i < n->lane_n; i++) {
		s->on[i] = at;
		at += s->on_n[i];
		s->on_n[i] = 0;
	}
	for (uint32_t i = 0; i < detector_n; i++) {
		const struct net_lane *l = &n->lanes[d[i].lane];
		s->by_lane[s->on[d[i].lane] + s->on_n[d[i].lane]++] = i;
		for (uint32_t k = 0; k < l->move_n; k++) {
			bool has_signal = n->moves[l->move + k].signal != NET_NONE;
			s->watch[i].is_at_line = s->watch[i].is_at_line || (has_signal && d[i].to_go_m <= AT_LINE_M);
		}
		s->watch[i].health = SENSE_DEAD;
	}
	for (uint32_t i = 0; i < n->move_n; i++) {
		s->is_green[i] = n->moves[i].signal == NET_NONE;
	}
	return true;
}

void sense_release(struct sense *s)
{
	street_release(&s->gps);
	arena_release(&s->arena);
	*s = (struct sense){0};
}

static uint16_t longer(uint16_t seconds, bool goes_on)
{
	return !goes_on ? 0 : seconds < UINT16_MAX ? (uint16_t)(seconds + 1) : seconds;
}

/* --- What is heard ---------------------------------------------------------------------------------------------------
 */

void sense_tick(struct sense *s, int64_t now_ms)
{
	s->now_ms = now_ms;
	street_tick(&s->gps, now_ms);
	for (uint32_t i = 0; i < s->net->lane_n; i++) {
		if (s->net->lanes[i].move_n > 0 || s->count[i] > 0) {
			s->green_s[i] = longer(s->green_s[i], sense_has_green(s, i));
		}
		if (s->count[i] > 0) {
			sense_roll(s, i);
		}
	}
}

void sense_see_signals(struct sense *s, const struct city *c)
{
	char letters[GROUPS_MAX];
	for (uint32_t i = 0; i < s->net->signal_n; i++) {
		const struct city_signal *signal = &c->signals[i];
		const struct net_signal *ns = &s->net->signals[i];
		if (signal->is_led) {
			safety_show(&signal->state, &signal->plan, c->now_ms, letters);
		}
		for (uint32_t k = 0; k < ns->move_n; k++) {
			uint32_t m = s->net->under[ns->move + k];
			char l = signal->is_led ? letters[s->net->moves[m].group] : 'g';
			s->is_green[m] = l == 'G' || l == 'g';
		}
	}
}

/* The queue reaches from here, or from the last one who can go, up to there. */
static void fill_queue(struct sense *s, uint32_t lane, float from_m, float up_to_m)
{
	float at = from_m;
	for (uint32_t i = 0; i < s->count[lane] && at <= up_to_m;) {
		float next = sense_ghosts(s, lane)[i++].to_go_m;
		if (next > at + STREET_CAR_M - 1.0F) {
			sense_put(s, lane, at, 0);
			at += STREET_CAR_M;
		} else if (next > at - STREET_CAR_M) {
			at = next + STREET_CAR_M;
		}
	}
	for (; at <= up_to_m && s->count[lane] < s->first[lane + 1] - s->first[lane]; at += STREET_CAR_M) {
		sense_put(s, lane, at, 0);
	}
	s->variance[lane] = 1.0F;
}

/* How many are new since its last message, and over how long; false: it tells nothing. */
static bool take_message(struct sense *s, struct sense_watch *w, int64_t at_ms, uint32_t total, uint32_t *counted,
                         float *over_s)
{
	if (at_ms > s->now_ms + SENSE_EARLY_MS) {
		s->early++;
		return false;
	}
	if (at_ms < s->now_ms - SENSE_LATE_MS) {
		s->late++;
		return false;
	}
	if (w->newest_ms != 0 && at_ms <= w->newest_ms) {
		s->stale++;
		return false;
	}
	bool is_first = w->newest_ms == 0;
	*over_s = is_first ? 1.0F : (float)(at_ms - w->newest_ms) / 1000.0F;
	*counted = is_first ? 0 : total - w->total;
	/* It begins anew, or is mad: then it does so often. */
	float most = JUMPS_MOST * (*over_s + 1.0F), said = (float)*counted < most ? (float)*counted : most;
	float fades = *over_s < RATE_OVER_S ? *over_s / RATE_OVER_S : 1.0F;
	w->rate += (said / *over_s - w->rate) * fades;
	*counted = (float)*counted < most ? *counted : 0;
	w->total = total;
	w->passed += *counted;
	w->newest_ms = at_ms;
	return true;
}

/* The one before the detector that it may have counted; NET_NONE: nobody is known there. */
static uint32_t next_before(const struct sense *s, uint32_t lane, float at_m, float within_m)
{
	const struct sense_ghost *g = sense_ghosts(s, lane);
	for (uint32_t k = 0; k < s->count[lane]; k++) {
		if (g[k].to_go_m > at_m) {
			return g[k].to_go_m <= at_m + within_m ? k : NET_NONE;
		}
	}
	return NET_NONE;
}

/* One of those who were missed beside it passed here. */
static void excuse_others(struct sense *s, const struct sense_detector *d)
{
	const struct net_link *link = &s->net->links[s->net->lanes[d->lane].link];
	for (uint32_t i = 0; i < link->lane_n; i++) {
		for (uint32_t k = 0; k < s->on_n[link->lane + i]; k++) {
			uint32_t other = s->by_lane[s->on[link->lane + i] + k];
			if (fabsf(s->detectors[other].to_go_m - d->to_go_m) < AT_LINE_M) {
				s->watch[other].missed = fmaxf(0, s->watch[other].missed - 1.0F);
			}
		}
	}
}

/* Who waited behind one that was counted at last did not wait in vain. */
static void wait_anew(struct sense *s, uint32_t lane, uint32_t from)
{
	for (uint32_t k = from; k < s->count[lane]; k++) {
		sense_ghosts(s, lane)[k].waits_s = 0;
	}
}

/* Somebody passes the detector: who was imagined before it; on a lane beside it, if nobody was: he changed over. */
static float take_passing(struct sense *s, const struct sense_detector *d)
{
	const struct net_lane *l = &s->net->lanes[d->lane];
	const struct net_link *link = &s->net->links[l->link];
	float within = fmaxf(LOOKS_BACK_S * l->speed_mps, LOOKS_BACK_M), nearest = within, speed = l->speed_mps;
	uint32_t best = d->lane, k = next_before(s, d->lane, d->to_go_m, within);
	for (uint32_t i = 0; k == NET_NONE && i < link->lane_n; i++) {
		uint32_t other = link->lane + i, its = next_before(s, other, d->to_go_m, nearest);
		if (its != NET_NONE && other != d->lane) {
			nearest = sense_ghosts(s, other)[its].to_go_m - d->to_go_m;
			best = other;
		}
	}
	k = best == d->lane ? k : next_before(s, best, d->to_go_m, within);
	s->variance[best] += best == d->lane ? 0 : GUESS_ERRS;
	if (k != NET_NONE) {
		speed = sense_ghosts(s, best)[k].speed_mps;
		if (sense_ghosts(s, best)[k].by != NET_NONE) {
			sense_learn(s, sense_ghosts(s, best)[k].by);
		}
		sense_take(s, best, k);
		wait_anew(s, best, k);
	} else {
		float *unknown = &s->unknown[sense_gate_row(s, (uint32_t)(d - s->detectors))];
		*unknown = fminf(UNKNOWN_MOST, *unknown + 1.0F);
		s->variance[d->lane] += GUESS_ERRS;
		excuse_others(s, d);
	}
	return speed;
}

static void pass(struct sense *s, uint32_t detector, float ago_s)
{
	const struct sense_detector *d = &s->detectors[detector];
	const struct sense_watch *w = &s->watch[detector];
	float speed = take_passing(s, d), at = d->to_go_m - speed * (ago_s > 0 ? ago_s : 0);
	if (w->is_at_line) {
		/* Who stood there before has gone. */
		while (s->count[d->lane] > 0 && sense_ghosts(s, d->lane)[0].to_go_m <= d->to_go_m) {
			sense_go(s, d->lane, 0);
		}
		at = d->to_go_m;
	}
	struct sense_ghost *g = sense_put(s, d->lane, at > 0 ? at : 0, speed);
	if (g != NULL) {
		g->is_counted = true;
	}
	s->variance[d->lane] += COUNT_ERRS;
}

/* Nobody is on it: whoever was past the line's has gone; whoever is imagined to stand on it does not. */
static void see_free(struct sense *s, uint32_t detector, bool is_green)
{
	const struct sense_detector *d = &s->detectors[detector];
	struct sense_watch *w = &s->watch[detector];
	while (w->is_at_line && s->count[d->lane] > 0 && sense_ghosts(s, d->lane)[0].to_go_m <= d->to_go_m) {
		sense_go(s, d->lane, 0);
	}
	uint32_t k = next_before(s, d->lane, d->to_go_m - ON_IT_M, ON_IT_M);
	if (!w->is_at_line && w->free_s >= STANDS_FOR_S && k != NET_NONE &&
	    sense_ghosts(s, d->lane)[k].to_go_m <= d->to_go_m && sense_ghosts(s, d->lane)[k].speed_mps < STREET_HALTS_MPS) {
		sense_take(s, d->lane, k);
		s->variance[d->lane] += GUESS_ERRS;
	}
	/* In green nobody stands before the line. */
	while (w->is_at_line && is_green && w->empty_s >= EMPTY_FOR_S && s->count[d->lane] > 0 &&
	       sense_ghosts(s, d->lane)[0].to_go_m < ARRIVES_M && sense_ghosts(s, d->lane)[0].speed_mps < 1.0F) {
		w->missed += sense_ghosts(s, d->lane)[0].is_counted ? 1.0F : 0;
		sense_take(s, d->lane, 0);
	}
	s->variance[d->lane] *= w->is_at_line && w->empty_s == EMPTY_FOR_S ? 0.2F : 1.0F;
}

/* Somebody stands on it: in red, or where the queue has not begun to move or does not, it reaches so far. */
static void see_occupied(struct sense *s, uint32_t detector)
{
	const struct sense_detector *d = &s->detectors[detector];
	struct sense_watch *w = &s->watch[detector];
	if (w->is_at_line) {
		bool is_known = s->count[d->lane] > 0 && sense_ghosts(s, d->lane)[0].to_go_m <= d->to_go_m;
		if (is_known) {
			sense_ghosts(s, d->lane)[0].speed_mps = 0;
		} else if (w->has_sent) {
			sense_come_back(s, d, w->sent_over);
			w->has_sent = false;
		} else if (w->occupied_s >= STANDS_FOR_S) {
			take_passing(s, d);
			sense_put(s, d->lane, d->to_go_m / 2, 0);
			s->variance[d->lane] += GUESS_ERRS;
		}
		return;
	}
	float moves_m = (float)s->green_s[d->lane] / STARTS_S * STREET_CAR_M;
	if (w->occupied_s >= QUEUE_FOR_S) {
		fill_queue(s, d->lane, moves_m < d->to_go_m ? moves_m : 0, d->to_go_m);
	}
}

void sense_hear(struct sense *s, uint32_t detector, int64_t at_ms, uint32_t total, float occupied)
{
	uint32_t counted;
	float over_s;
	if (detector >= s->detector_n || !take_message(s, &s->watch[detector], at_ms, total, &counted, &over_s)) {
		return;
	}
	struct sense_watch *w = &s->watch[detector];
	uint32_t lane = s->detectors[detector].lane;
	bool is_free = !(occupied > 0) && counted == 0, is_green = sense_has_green(s, lane);
	w->is_over = occupied >= OCCUPIED && counted == 0;
	w->heard_ms = s->now_ms;
	w->missed = counted > 0 ? 0 : w->missed;
	w->occupied_s = longer(w->occupied_s, w->is_over);
	w->free_s = longer(w->free_s, is_free);
	w->empty_s = longer(w->empty_s, is_free && is_green);
	if (!sense_believes(w)) {
		return;
	}
	w->has_sent = w->has_sent && counted == 0 && !is_free;
	float ago_s = (float)(s->now_ms - at_ms) / 1000.0F;
	for (uint32_t i = 0; i < counted; i++) {
		pass(s, detector, ago_s + (over_s - 1.0F) * ((float)i + 0.5F) / (float)counted);
	}
	if (is_free) {
		see_free(s, detector, is_green);
	} else if (w->is_over) {
		see_occupied(s, detector);
	} else if (w->is_at_line && is_green && occupied < OCCUPIED && s->count[lane] > 0 &&
	           sense_ghosts(s, lane)[0].to_go_m <= s->detectors[detector].to_go_m &&
	           sense_ghosts(s, lane)[0].speed_mps >= STREET_HALTS_MPS) {
		w->sent_over = sense_go(s, lane, 0); /* he does not stop there, as it seems */
		w->has_sent = true;
	}
}

/* Whether detectors that are believed count who comes to this point of the link. */
static bool is_counted_before(const struct sense *s, const struct net_link *link, float to_go_m)
{
	for (uint32_t i = 0; i < link->lane_n; i++) {
		for (uint32_t k = 0; k < s->on_n[link->lane + i]; k++) {
			uint32_t d = s->by_lane[s->on[link->lane + i] + k];
			if (sense_believes(&s->watch[d]) && !s->watch[d].is_at_line && s->detectors[d].to_go_m >= to_go_m) {
				return true;
			}
		}
	}
	return false;
}

bool sense_hear_vehicle(struct sense *s, struct str name, const struct match_place *at, struct err *e)
{
	float along = 0;
	uint32_t lane = match_find(&s->match, at, &along);
	if (lane == NET_NONE) {
		s->off_road++;
		return true;
	}
	const struct net_link *link = &s->net->links[s->net->lanes[lane].link];
	const struct net_lane *l = &s->net->lanes[lane];
	float to_go = l->length_m - along;
	bool is_known = false, stands = at->speed_mps < STREET_HALTS_MPS;
	uint32_t fullest = lane;
	/* A place tells the road, not the lane: whoever is imagined there on any of them will do. */
	for (uint32_t i = 0; i < link->lane_n; i++) {
		uint32_t other = link->lane + i;
		fullest = s->count[other] > s->count[fullest] ? other : fullest;
		for (uint32_t k = 0; k < s->count[other]; k++) {
			is_known = is_known || fabsf(sense_ghosts(s, other)[k].to_go_m - to_go) < ARRIVES_M / 2;
		}
	}
	if (!is_known && stands && l->move_n > 0 && s->net->moves[l->move].signal != NET_NONE) {
		fill_queue(s, fullest, 0, to_go);
	} else if (!is_known && !is_counted_before(s, link, to_go)) {
		sense_put(s, lane, to_go, at->speed_mps > 0 ? at->speed_mps : 0);
		s->variance[lane] += GUESS_ERRS;
	}
	return street_see(&s->gps, name, lane, along, at->speed_mps, e);
}

void sense_hear_walkers(struct sense *s, uint32_t move, float waiting, float wait_ms)
{
	if (move < s->net->move_n && s->net->moves[move].is_crossing) {
		s->waiting[move] = waiting > 0 ? waiting : 0;
		s->wait_ms[move] = wait_ms > 0 ? wait_ms : 0;
		s->waiting_since[move] = s->now_ms;
	}
}

/* What it told was not so, and the others on the lane did not miss those it made up. */
static void forget_what_it_told(struct sense *s, uint32_t lane)
{
	s->variance[lane] += (float)s->count[lane];
	s->count[lane] = 0;
	for (uint32_t i = 0; i < s->on_n[lane]; i++) {
		s->watch[s->by_lane[s->on[lane] + i]].missed = 0;
	}
}

bool sense_end_tick(struct sense *s, struct err *e)
{
	for (uint32_t i = 0; i < s->detector_n; i++) {
		struct sense_watch *w = &s->watch[i];
		uint8_t before = w->health;
		w->health = w->heard_ms == 0 || s->now_ms - w->heard_ms > DEAD_AFTER_MS ? SENSE_DEAD
		            : w->occupied_s > STUCK_AFTER_S                             ? SENSE_STUCK
		            : w->rate > RATE_MOST                                       ? SENSE_BABBLES
		            : w->missed >= MISSES_MOST                                  ? SENSE_MISSES
		                                                                        : SENSE_WELL;
		if (w->health == SENSE_BABBLES && before != SENSE_BABBLES) {
			forget_what_it_told(s, s->detectors[i].lane);
		}
		s->variance[s->detectors[i].lane] += sense_believes(w) ? 0 : BLIND_ERRS;
	}
	for (uint32_t i = 0; i < s->net->lane_n; i++) {
		s->variance[i] += s->on_n[i] == 0 && s->count[i] > 0 ? BLIND_ERRS : 0;
		float most = (float)(s->first[i + 1] - s->first[i]);
		s->variance[i] = s->variance[i] < most * most / 4 ? s->variance[i] : most * most / 4;
	}
	for (uint32_t i = 0; i < s->net->move_n; i++) {
		if (s->waiting[i] > 0 && s->now_ms - s->waiting_since[i] > WALKERS_KEPT_MS) {
			s->waiting[i] = s->wait_ms[i] = 0;
		}
	}
	return street_sort(&s->gps, e);
}

void sense_estimate(const struct sense *s, struct estimate *out)
{
	for (uint32_t i = 0; i < s->net->lane_n; i++) {
		float tail_m = 0;
		estimate_begin_lane(out, i, s->head_since[i]);
		for (uint32_t k = 0; k < s->count[i]; k++) {
			const struct sense_ghost *g = &sense_ghosts(s, i)[k];
			if (g->is_counted || g->waits_s < DOUBTED_S || s->net->lanes[i].move_n == 0) {
				estimate_add_car(out, i, g->to_go_m, g->speed_mps, &tail_m);
			}
		}
	}
	memcpy(out->taken, s->gps.taken, s->net->move_n * sizeof *out->taken);
	memcpy(out->waiting, s->waiting, s->net->move_n * sizeof *out->waiting);
	memcpy(out->wait_ms, s->wait_ms, s->net->move_n * sizeof *out->wait_ms);
}

void sense_find_blind(const struct sense *s, struct city *c)
{
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		struct city_signal *signal = &c->signals[i];
		bool has_any = false, sees = false;
		for (uint32_t k = 0; k < signal->lane_n; k++) {
			uint32_t lane = signal->lanes[k].lane;
			for (uint32_t d = 0; d < s->on_n[lane]; d++) {
				has_any = true;
				sees = sees || sense_believes(&s->watch[s->by_lane[s->on[lane] + d]]);
			}
		}
		signal->is_blind = has_any && !sees;
	}
}

float sense_doubt(const struct sense *s, uint32_t lane)
{
	return sqrtf(s->variance[lane]);
}
