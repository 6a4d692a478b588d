#include "brain/sense.h"

#include <math.h>

#include "base/fault.h"

enum {
	DEAD_AFTER_MS = 5000,
	STUCK_AFTER_S = 180, /* longer than any red: who stands on it goes some time */
	EMPTY_FOR_S = 4,     /* in green: then nobody stands before it */
	QUEUE_FOR_S = 4,
	STANDS_FOR_S = 2, /* on the one at the line: then somebody does; as long free: then nobody does */
	WALKERS_KEPT_MS = 5000,
	SENSE_ARENA_BYTES = 1 << 30,
	SPARE_GHOSTS = 4,
};
#define AT_LINE_M 15.0F
#define SHORTEST_M 6.0F /* a car with its gap, when it is small */
#define GAINS_MPS2 2.0F
#define GOES 0.5F        /* cars a second where nobody counts */
#define MISSES_MOST 8.0F /* cars */
#define RATE_MOST 1.2F   /* cars a second on one lane, for a while */
#define RATE_OVER_S 30.0F
#define JUMPS_MOST 4.0F /* cars a second: more are not counted at all */
#define OCCUPIED 0.95F
#define ARRIVES_M 45.0F  /* an imagined car so near to where one is seen is that one */
#define COUNT_ERRS 0.1F  /* variance of each counted car */
#define GUESS_ERRS 0.5F  /* of each that is supposed to have gone or come */
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
	s->credit = arena_new(a, float, n->lane_n + 1);
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

/* --- Imagined cars ---------------------------------------------------------------------------------------------------
 */

static struct sense_ghost *ghosts(const struct sense *s, uint32_t lane)
{
	return &s->ghosts[s->first[lane]];
}

static void put(struct sense *s, uint32_t lane, float to_go_m, float speed_mps)
{
	struct sense_ghost *g = ghosts(s, lane);
	uint32_t k = s->count[lane];
	if (k == s->first[lane + 1] - s->first[lane]) {
		return; /* no more than fit */
	}
	for (; k > 0 && g[k - 1].to_go_m > to_go_m; k--) {
		g[k] = g[k - 1];
	}
	g[k] = (struct sense_ghost){to_go_m, speed_mps};
	s->count[lane]++;
	if (k == 0) {
		s->head_since[lane] = s->now_ms;
	}
}

static void take(struct sense *s, uint32_t lane, uint32_t k)
{
	struct sense_ghost *g = ghosts(s, lane);
	memmove(&g[k], &g[k + 1], (--s->count[lane] - k) * sizeof *g);
	if (k == 0) {
		s->head_since[lane] = s->now_ms;
	}
}

static float share(const struct sense *s, const struct net_lane *l, uint32_t k)
{
	float all = 0;
	for (uint32_t i = 0; i < l->move_n; i++) {
		all += s->gps.taken[l->move + i];
	}
	return all > 0 ? s->gps.taken[l->move + k] / all : 0;
}

/* The movement that is most behind its share; NET_NONE: the lane leads out. */
static uint32_t next_move(const struct sense *s, uint32_t lane)
{
	const struct net_lane *l = &s->net->lanes[lane];
	uint32_t best = NET_NONE;
	for (uint32_t k = 0; k < l->move_n; k++) {
		uint32_t m = l->move + k;
		if (best == NET_NONE || s->owed[m] + share(s, l, k) > s->owed[best] + share(s, l, best - l->move)) {
			best = m;
		}
	}
	return best;
}

/* The first of the lane goes over the junction; one that nobody knew of, if there is none. */
static void go(struct sense *s, uint32_t lane)
{
	const struct net_lane *l = &s->net->lanes[lane];
	uint32_t m = next_move(s, lane);
	float speed = l->speed_mps / 2;
	if (s->count[lane] > 0) {
		speed = ghosts(s, lane)[0].speed_mps > speed ? ghosts(s, lane)[0].speed_mps : speed;
		take(s, lane, 0);
	}
	if (m == NET_NONE) {
		return;
	}
	for (uint32_t k = 0; k < l->move_n; k++) {
		s->owed[l->move + k] += share(s, l, k);
	}
	s->owed[m] -= 1.0F;
	uint32_t to = s->net->moves[m].to;
	put(s, to, s->net->lanes[to].length_m + s->net->moves[m].length_m, speed);
}

static bool is_believed(const struct sense_watch *w)
{
	return w->health == SENSE_WELL;
}

/* The detector at the line that can be believed; NET_NONE: none. */
static uint32_t line_of(const struct sense *s, uint32_t lane)
{
	for (uint32_t i = 0; i < s->on_n[lane]; i++) {
		uint32_t d = s->by_lane[s->on[lane] + i];
		if (s->watch[d].is_at_line && is_believed(&s->watch[d])) {
			return d;
		}
	}
	return NET_NONE;
}

static bool has_green(const struct sense *s, uint32_t lane)
{
	const struct net_lane *l = &s->net->lanes[lane];
	bool is_green = l->move_n == 0; /* it leads out */
	for (uint32_t k = 0; k < l->move_n; k++) {
		is_green = is_green || (s->is_green[l->move + k] && share(s, l, k) > 0);
	}
	return is_green;
}

/* Detectors count anew who passes them: who was imagined before ends there. */
static bool is_counted(struct sense *s, uint32_t lane, float from_m, float to_m)
{
	for (uint32_t i = 0; i < s->on_n[lane]; i++) {
		uint32_t d = s->by_lane[s->on[lane] + i];
		struct sense_watch *w = &s->watch[d];
		if (w->is_at_line || from_m <= s->detectors[d].to_go_m || to_m > s->detectors[d].to_go_m) {
			continue;
		}
		w->missed += 1.0F;
		if (is_believed(w)) {
			return true;
		}
	}
	return false;
}

static void roll(struct sense *s, uint32_t lane)
{
	const struct net_lane *l = &s->net->lanes[lane];
	struct sense_ghost *g = ghosts(s, lane);
	float limit = 0;
	for (uint32_t i = 0; i < s->count[lane];) {
		float speed = g[i].speed_mps + GAINS_MPS2 < l->speed_mps ? g[i].speed_mps + GAINS_MPS2 : l->speed_mps;
		float from = g[i].to_go_m, to = from - speed > limit ? from - speed : limit;
		to = to < from ? to : from;
		g[i] = (struct sense_ghost){to, from - to};
		if (is_counted(s, lane, from, to)) {
			take(s, lane, i);
			continue;
		}
		limit = to + STREET_CAR_M;
		i++;
	}
	if (s->count[lane] == 0 || g[0].to_go_m > 0.5F || line_of(s, lane) != NET_NONE || !has_green(s, lane)) {
		s->credit[lane] = 0;
		return;
	}
	uint32_t m = next_move(s, lane);
	uint32_t to = m == NET_NONE ? NET_NONE : s->net->moves[m].to;
	bool is_room = to == NET_NONE || s->count[to] == 0 ||
	               ghosts(s, to)[s->count[to] - 1].to_go_m + STREET_CAR_M < s->net->lanes[to].length_m;
	bool is_free = m == NET_NONE || s->net->moves[m].signal == NET_NONE;
	s->credit[lane] += is_free ? 1.0F : GOES;
	if (is_room && s->credit[lane] >= 1.0F) {
		s->credit[lane] = 0;
		s->variance[lane] += is_free ? 0 : GUESS_ERRS;
		go(s, lane);
	}
}

/* --- What is heard ---------------------------------------------------------------------------------------------------
 */

void sense_tick(struct sense *s, int64_t now_ms)
{
	s->now_ms = now_ms;
	street_tick(&s->gps, now_ms);
	for (uint32_t i = 0; i < s->net->lane_n; i++) {
		if (s->count[i] > 0) {
			roll(s, i);
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

/* Whoever stands before the line, one behind the other, was not there. */
static void clear_queue(struct sense *s, uint32_t lane, struct sense_watch *w)
{
	while (s->count[lane] > 0 && ghosts(s, lane)[0].to_go_m < ARRIVES_M && ghosts(s, lane)[0].speed_mps < 1.0F) {
		take(s, lane, 0);
		w->missed += 1.0F;
	}
	s->variance[lane] *= 0.2F;
}

/* The queue reaches from the line, or from the last one who can go, up to here. */
static void fill_queue(struct sense *s, uint32_t lane, float up_to_m)
{
	float at = 0;
	for (uint32_t i = 0; i < s->count[lane] && at <= up_to_m;) {
		float next = ghosts(s, lane)[i].to_go_m;
		if (next > at + STREET_CAR_M - 1.0F) {
			put(s, lane, at, 0);
		} else {
			at = next > at ? next : at;
		}
		at += STREET_CAR_M;
		i++;
	}
	for (; at <= up_to_m && s->count[lane] < s->first[lane + 1] - s->first[lane]; at += STREET_CAR_M) {
		put(s, lane, at, 0);
	}
	s->variance[lane] = 1.0F;
}

static bool is_head_at(const struct sense *s, uint32_t lane, float within_m)
{
	return s->count[lane] > 0 && ghosts(s, lane)[0].to_go_m <= within_m;
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
	w->newest_ms = at_ms;
	return true;
}

static void pass_line(struct sense *s, uint32_t lane)
{
	/* Somebody of the next lane changed over, if nobody is known here. */
	const struct net_link *link = &s->net->links[s->net->lanes[lane].link];
	uint32_t best = s->count[lane] > 0 && ghosts(s, lane)[0].to_go_m < ARRIVES_M ? lane : NET_NONE;
	float nearest = ARRIVES_M;
	for (uint32_t i = 0; best != lane && i < link->lane_n; i++) {
		uint32_t other = link->lane + i;
		if (s->count[other] > 0 && ghosts(s, other)[0].to_go_m < nearest) {
			nearest = ghosts(s, other)[0].to_go_m;
			best = other;
		}
	}
	if (best != NET_NONE && best != lane) {
		take(s, best, 0);
		s->variance[best] += GUESS_ERRS;
		put(s, lane, 0, s->net->lanes[lane].speed_mps / 2);
	} else if (best == NET_NONE) {
		put(s, lane, 0, s->net->lanes[lane].speed_mps / 2);
		s->variance[lane] += GUESS_ERRS;
	}
	go(s, lane);
}

void sense_hear(struct sense *s, uint32_t detector, int64_t at_ms, uint32_t total, float occupied)
{
	uint32_t counted;
	float over_s;
	if (detector >= s->detector_n || !take_message(s, &s->watch[detector], at_ms, total, &counted, &over_s)) {
		return;
	}
	struct sense_watch *w = &s->watch[detector];
	const struct sense_detector *d = &s->detectors[detector];
	const struct net_lane *l = &s->net->lanes[d->lane];
	bool is_over = occupied >= OCCUPIED && counted == 0, is_free = !(occupied > 0) && counted == 0;
	w->heard_ms = s->now_ms;
	w->missed = counted > 0 ? 0 : w->missed;
	w->occupied_s = is_over && w->occupied_s < UINT16_MAX ? w->occupied_s + 1 : is_over ? UINT16_MAX : 0;
	bool is_green = has_green(s, d->lane);
	w->empty_s = is_free && is_green && w->empty_s < UINT16_MAX ? w->empty_s + 1 : 0;
	bool is_alone = w->is_at_line && is_free && is_head_at(s, d->lane, 1.0F) && ghosts(s, d->lane)[0].speed_mps < 0.5F;
	w->alone_s = is_alone ? (uint16_t)(w->alone_s + 1) : 0;
	if (!is_believed(w)) {
		return;
	}
	float ago_s = (float)(s->now_ms - at_ms) / 1000.0F;
	for (uint32_t i = 0; i < counted; i++) {
		if (w->is_at_line) {
			pass_line(s, d->lane);
		} else {
			float when_s = ago_s + (over_s - 1.0F) * ((float)i + 0.5F) / (float)counted;
			float at = d->to_go_m - l->speed_mps * (when_s > 0 ? when_s : 0);
			put(s, d->lane, at > 0 ? at : 0, l->speed_mps);
		}
		s->variance[d->lane] += COUNT_ERRS;
	}
	if (!w->is_at_line && w->occupied_s >= QUEUE_FOR_S) {
		fill_queue(s, d->lane, d->to_go_m);
	} else if (w->is_at_line && w->occupied_s >= STANDS_FOR_S && !is_head_at(s, d->lane, ARRIVES_M / 2)) {
		put(s, d->lane, 0, 0);
		s->variance[d->lane] += GUESS_ERRS;
	} else if (w->is_at_line && w->empty_s >= EMPTY_FOR_S) {
		clear_queue(s, d->lane, w);
	} else if (w->alone_s >= STANDS_FOR_S) {
		take(s, d->lane, 0);
		w->alone_s = 0;
		w->missed += 1.0F;
		s->variance[d->lane] += GUESS_ERRS;
	}
}

/* Whether detectors that are believed count who comes to this point of the link. */
static bool is_counted_before(const struct sense *s, const struct net_link *link, float to_go_m)
{
	for (uint32_t i = 0; i < link->lane_n; i++) {
		for (uint32_t k = 0; k < s->on_n[link->lane + i]; k++) {
			uint32_t d = s->by_lane[s->on[link->lane + i] + k];
			if (is_believed(&s->watch[d]) && !s->watch[d].is_at_line && s->detectors[d].to_go_m >= to_go_m) {
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
			is_known = is_known || fabsf(ghosts(s, other)[k].to_go_m - to_go) < ARRIVES_M / 2;
		}
	}
	if (!is_known && stands && l->move_n > 0 && s->net->moves[l->move].signal != NET_NONE) {
		fill_queue(s, fullest, to_go);
	} else if (!is_known && !is_counted_before(s, link, to_go)) {
		put(s, lane, to_go, at->speed_mps > 0 ? at->speed_mps : 0);
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
		s->variance[s->detectors[i].lane] += is_believed(w) ? 0 : BLIND_ERRS;
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
			estimate_add_car(out, i, ghosts(s, i)[k].to_go_m, ghosts(s, i)[k].speed_mps, &tail_m);
		}
	}
	memcpy(out->taken, s->gps.taken, s->net->move_n * sizeof *out->taken);
	memcpy(out->waiting, s->waiting, s->net->move_n * sizeof *out->waiting);
	memcpy(out->wait_ms, s->wait_ms, s->net->move_n * sizeof *out->wait_ms);
}

float sense_doubt(const struct sense *s, uint32_t lane)
{
	return sqrtf(s->variance[lane]);
}
