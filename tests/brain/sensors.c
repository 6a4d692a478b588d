#include "sensors.h"

#include <math.h>

#include "base/fault.h"
#include "brain/net_build.h"

#define LINE_M 3.0F
#define BEFORE_M 60.0F
#define AFTER_M 5.0F /* the begin of a link */
#define LEAST_M 30.0F
#define CAR_M 5.0F
#define LOOP_M 2.0F /* who leaves it behind is on it for so long */

struct sensors_before {
	uint32_t lane;
	float to_go_m;
};

static bool has_signal(const struct net *n, const struct net_lane *l)
{
	for (uint32_t k = 0; k < l->move_n; k++) {
		if (n->moves[l->move + k].signal != NET_NONE) {
			return true;
		}
	}
	return false;
}

static bool comes_from_signal(const struct net *n, const struct net_lane *l)
{
	for (uint32_t i = 0; i < l->in_n; i++) {
		if (n->moves[n->into[l->in + i]].signal != NET_NONE) {
			return true;
		}
	}
	return l->in_n == 0;
}

/* On the lanes that lead without a signal to one that is shorter: as far before its line. */
static void lay_before(const struct net *n, uint32_t lane, float metres, float *at)
{
	for (uint32_t i = 0; i < n->lanes[lane].in_n; i++) {
		const struct net_move *m = &n->moves[n->into[n->lanes[lane].in + i]];
		const struct net_lane *from = &n->lanes[m->from];
		float to_go = metres - n->lanes[lane].length_m - m->length_m;
		if (m->signal != NET_NONE || m->is_crossing || from->is_inner || has_signal(n, from) || to_go < 0) {
			continue;
		}
		if (from->length_m - AFTER_M > to_go) {
			at[m->from] = fmaxf(at[m->from], to_go);
		} else {
			lay_before(n, m->from, to_go, at);
		}
	}
}

static void lay(struct sensors *s, const struct net *n)
{
	float *before = mem_must(n->lane_n + 1, sizeof *before);
	for (uint32_t i = 0; i < n->lane_n; i++) {
		before[i] = -1;
	}
	for (uint32_t i = 0; i < n->lane_n; i++) {
		if (has_signal(n, &n->lanes[i]) && n->lanes[i].length_m < BEFORE_M) {
			lay_before(n, i, BEFORE_M, before);
		}
	}
	for (uint32_t i = 0; i < n->lane_n; i++) {
		const struct net_lane *l = &n->lanes[i];
		s->first[i] = s->detector_n;
		if (l->is_inner || l->is_walk || l->link == NET_NONE) {
			continue;
		}
		bool is_approach = has_signal(n, l), is_long = l->length_m >= LEAST_M;
		float at_begin = l->length_m - AFTER_M;
		if (is_approach) {
			s->detectors[s->detector_n++] = (struct sense_detector){i, LINE_M}; /* however the map cuts the lane */
		}
		if (is_approach && is_long) {
			s->detectors[s->detector_n++] = (struct sense_detector){i, at_begin < BEFORE_M ? at_begin : BEFORE_M};
		}
		if (!is_approach && before[i] >= 0) {
			s->detectors[s->detector_n++] = (struct sense_detector){i, before[i]};
		}
		if (is_long && comes_from_signal(n, l) && at_begin > before[i] + LEAST_M &&
		    (!is_approach || at_begin > BEFORE_M + LEAST_M)) {
			s->detectors[s->detector_n++] = (struct sense_detector){i, at_begin};
		}
	}
	s->first[n->lane_n] = s->detector_n;
	mem_free(before);
}

bool sensors_init(struct sensors *s, const struct net *n, uint64_t seed, struct err *e)
{
	*s = (struct sensors){.lost_percent = 5, .gps_percent = 10, .gps_errs_m = 5};
	prng_seed(&s->random, seed);
	s->detectors = mem_must((size_t)n->lane_n * 3 + 1, sizeof *s->detectors);
	s->counted = mem_must((size_t)n->lane_n * 3 + 1, sizeof *s->counted);
	s->total = mem_must((size_t)n->lane_n * 3 + 1, sizeof *s->total);
	s->occupied = mem_must((size_t)n->lane_n * 3 + 1, sizeof *s->occupied);
	s->first = mem_must((size_t)n->lane_n + 1, sizeof *s->first);
	lay(s, n);
	bool ok = sense_init(&s->sense, n, s->detectors, s->detector_n, e);
	if (!ok) {
		sensors_release(s);
	}
	return ok;
}

void sensors_release(struct sensors *s)
{
	sense_release(&s->sense);
	mem_free(s->detectors);
	mem_free(s->counted);
	mem_free(s->total);
	mem_free(s->occupied);
	mem_free(s->first);
	mem_free(s->before);
	*s = (struct sensors){0};
}

static void count(struct sensors *s, uint32_t lane, float from_m, float to_m)
{
	for (uint32_t d = s->first[lane]; d < s->first[lane + 1]; d++) {
		s->counted[d] += from_m > s->detectors[d].to_go_m && to_m <= s->detectors[d].to_go_m;
	}
}

/* A lane so short that a car was never seen on it, between two on which it was. */
static uint32_t lane_between(const struct net *n, uint32_t from, uint32_t to)
{
	uint32_t between = NET_NONE;
	for (uint32_t i = 0; i < n->lanes[from].move_n; i++) {
		uint32_t next = n->moves[n->lanes[from].move + i].to;
		if (n->lanes[next].link == n->lanes[to].link) {
			return NET_NONE;
		}
		for (uint32_t k = 0; k < n->lanes[next].move_n; k++) {
			uint32_t end = n->moves[n->lanes[next].move + k].to;
			between = n->lanes[end].link == n->lanes[to].link && (between == NET_NONE || end == to) ? next : between;
		}
	}
	return between;
}

static void pass(struct sensors *s, const struct street *street, uint32_t car)
{
	const struct net *n = street->net;
	const struct street_car *c = &street->cars[car];
	const struct sensors_before *b = &s->before[car];
	if (b->lane != NET_NONE &&
	    (c->name == NULL || c->lane == NET_NONE || n->lanes[c->lane].link != n->lanes[b->lane].link)) {
		count(s, b->lane, b->to_go_m, -1);
	}
	if (c->name == NULL || c->lane == NET_NONE) {
		return;
	}
	bool is_same = b->lane != NET_NONE && n->lanes[c->lane].link == n->lanes[b->lane].link;
	/* Who was not there before parked, or came from outside. */
	bool has_come = b->lane != NET_NONE || n->lanes[c->lane].in_n == 0;
	count(s, c->lane, is_same ? b->to_go_m : has_come ? INFINITY : c->to_go_m, c->to_go_m);
	uint32_t between = is_same || b->lane == NET_NONE ? NET_NONE : lane_between(n, b->lane, c->lane);
	if (between != NET_NONE) {
		count(s, between, INFINITY, -1);
	}
	for (uint32_t d = s->first[c->lane]; d < s->first[c->lane + 1]; d++) {
		float at = s->detectors[d].to_go_m;
		if (c->to_go_m <= at && at <= c->to_go_m + CAR_M + LOOP_M) {
			s->occupied[d] = c->speed_mps < STREET_HALTS_MPS ? 1 : fmaxf(s->occupied[d], 0.5F);
		}
	}
}

static bool is_lost(struct sensors *s)
{
	return prng_below(&s->random, 100) < s->lost_percent;
}

static float err_m(struct sensors *s)
{
	return s->gps_errs_m * ((float)prng_below(&s->random, 2001) / 1000.0F - 1.0F);
}

static bool tell_place(struct sensors *s, const struct street *street, uint32_t car, struct err *e)
{
	const struct street_car *c = &street->cars[car];
	struct str name = str_of(c->name ? c->name : "");
	if (c->name == NULL || c->lane == NET_NONE || net_hash(name) % 100 >= s->gps_percent || is_lost(s)) {
		return true;
	}
	const struct net_lane *l = &street->net->lanes[c->lane];
	float along = l->length_m > 0 && c->to_go_m < l->length_m ? 1.0F - c->to_go_m / l->length_m : 0;
	float heading = atan2f(l->x2 - l->x, l->y2 - l->y) * 180.0F / (float)M_PI;
	const struct match_place at = {.x = l->x + along * (l->x2 - l->x) + err_m(s),
	                               .y = l->y + along * (l->y2 - l->y) + err_m(s),
	                               .speed_mps = c->speed_mps,
	                               .heading_deg = heading < 0 ? heading + 360 : heading,
	                               .was_on = NET_NONE};
	return sense_hear_vehicle(&s->sense, name, &at, e);
}

static void remember(struct sensors *s, const struct street *street)
{
	for (uint32_t i = 0; i < street->car_n; i++) {
		const struct street_car *c = &street->cars[i];
		s->before[i] = (struct sensors_before){c->name ? c->lane : NET_NONE, c->to_go_m};
	}
}

bool sensors_look(struct sensors *s, struct city *c, struct err *e)
{
	const struct street *street = &c->street;
	if (s->before_n < street->car_room) {
		s->before = mem_resize(s->before, street->car_room, sizeof *s->before);
		must(s->before != NULL);
		for (uint32_t i = s->before_n; i < street->car_room; i++) {
			s->before[i] = (struct sensors_before){NET_NONE, 0};
		}
		s->before_n = street->car_room;
	}
	memset(s->counted, 0, s->detector_n * sizeof *s->counted);
	memset(s->occupied, 0, s->detector_n * sizeof *s->occupied);
	sense_tick(&s->sense, c->now_ms);
	if (s->green != NULL) {
		memcpy(s->sense.is_green, s->green, c->net->move_n);
	} else {
		sense_see_signals(&s->sense, c);
	}
	bool ok = true;
	for (uint32_t i = 0; i < street->car_n; i++) {
		pass(s, street, i);
		ok = ok && tell_place(s, street, i, e);
	}
	remember(s, street);
	for (uint32_t d = 0; d < s->detector_n; d++) {
		s->total[d] += s->counted[d];
		if (!is_lost(s) && !s->has_no_detectors) {
			sense_hear(&s->sense, d, c->now_ms, s->total[d],
			           s->counted[d] > 0 ? fminf(0.5F, s->occupied[d] + 0.2F) : s->occupied[d]);
		}
	}
	for (uint32_t m = 0; m < c->net->move_n; m++) {
		if (c->net->moves[m].is_crossing && !is_lost(s)) {
			sense_hear_walkers(&s->sense, m, street->waiting[m], street->wait_ms[m]);
		}
	}
	ok = ok && sense_end_tick(&s->sense, e);
	if (ok) {
		sense_estimate(&s->sense, &c->seen);
	}
	return ok;
}
