/* Those who stand though they could go: of the vehicles that tell their places, and of all where each is seen. */
#include <math.h>

#include "base/fault.h"
#include "brain/incident.h"

enum {
	GPS_STANDS_MS = 60000,
	GPS_GREEN_S = 25,
	GPS_GREENS = 2,
	CLEAR_S = 5,             /* nobody stands before a detector that is free for so long */
	STARTS_AFTER_MS = 20000, /* and whoever stands behind it, starts within this */
	COULD_GO_S = 30,
	STARTS_WITHIN_MS = 8000
};
#define STARTS_S 1.2F /* from car to car, until a queue moves */
#define GPS_MOVES_M 8.0F
#define MOVES_M 2.0F
#define JUNCTION_M 20.0F /* one so near to a link's end may stand on the junction, or on another way to it */
#define CAR_M 5.0F
#define GAP_M 12.0F /* nobody keeps so far from the one before, or from the line, who wants to go */

static bool has_room(struct incidents *i, const struct street *s, struct err *e)
{
	if (i->car_n < s->car_room) {
		struct incident_car *more = mem_resize(i->cars, s->car_room, sizeof *more);
		if (more == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for vehicles that stand");
		}
		memset(&more[i->car_n], 0, (s->car_room - i->car_n) * sizeof *more);
		i->cars = more;
		i->car_n = s->car_room;
	}
	return true;
}

/* Since when it stands where it is; false: it does not. One that was not heard stands where it stood. */
static bool stands(struct incident_car *p, const struct street_car *c, int64_t now_ms, float moves_m)
{
	bool is_seen = c->name != NULL && c->lane != NET_NONE;
	if (c->name == NULL || (is_seen && (c->speed_mps >= STREET_HALTS_MPS || c->link != p->link ||
	                                    fabsf(c->to_go_m - p->to_go_m) > moves_m))) {
		*p = (struct incident_car){
			.since_ms = now_ms, .link = c->name != NULL ? c->link : NET_NONE, .to_go_m = c->to_go_m};
		return false;
	}
	return p->link != NET_NONE && p->since_ms != 0;
}

/* --- Some tell their places ------------------------------------------------------------------------------------------
 */

enum ahead { AHEAD_UNKNOWN, AHEAD_TAKEN, AHEAD_CLEAR };

static enum ahead at_detector(const struct sense *s, uint32_t detector)
{
	const struct sense_watch *w = &s->watch[detector];
	return w->health != SENSE_WELL ? AHEAD_UNKNOWN : w->free_s >= CLEAR_S ? AHEAD_CLEAR : AHEAD_TAKEN;
}

/* What the next detectors say of the lane before this place; without a signal between, those of the lanes that it leads
 * to. */
static enum ahead before(const struct sense *s, uint32_t lane, float to_go_m)
{
	const struct net_lane *l = &s->net->lanes[lane];
	uint32_t d = incident_next_before(s, lane, to_go_m - GPS_MOVES_M);
	if (d != NET_NONE) {
		return at_detector(s, d);
	}
	/* At a junction where others are let by, one waits for them. */
	bool is_one_street = incident_goes_on_as(s->net, l->link) != NET_NONE;
	enum ahead all = AHEAD_UNKNOWN;
	for (uint32_t k = 0; is_one_street && k < l->move_n; k++) {
		const struct net_move *m = &s->net->moves[l->move + k];
		if (m->is_crossing) {
			continue;
		}
		d = m->signal == NET_NONE ? incident_next_before(s, m->to, INFINITY) : NET_NONE;
		enum ahead one = d != NET_NONE ? at_detector(s, d) : AHEAD_UNKNOWN;
		if (one != AHEAD_CLEAR) {
			return one;
		}
		all = one;
	}
	return all;
}

static bool is_used(const struct net_lane *l)
{
	return l->move_n > 0 && !l->is_walk;
}

/* Each lane was seen empty before it since it stands, one after the other perhaps: on whichever it is, it could have
 * gone. False: nothing ahead says so. */
static bool look_ahead(struct incident_car *p, const struct sense *s)
{
	const struct net_link *l = &s->net->links[p->link];
	bool is_any = false, is_all = true;
	for (uint32_t i = 0; i < l->lane_n && i < 64; i++) {
		if (!is_used(&s->net->lanes[l->lane + i])) {
			continue;
		}
		enum ahead is = before(s, l->lane + i, p->to_go_m);
		p->cleared |= is == AHEAD_CLEAR ? UINT64_C(1) << i : 0;
		is_any = is_any || is != AHEAD_UNKNOWN;
		is_all = is_all && (p->cleared >> i & 1) != 0;
	}
	p->cleared_ms = !is_any || !is_all ? 0 : p->cleared_ms == 0 ? s->now_ms : p->cleared_ms;
	return is_any;
}

/* Behind a signal that is green for all of the link. */
static bool is_link_green(const struct sense *s, uint32_t link)
{
	const struct net_link *l = &s->net->links[link];
	bool is_any = false;
	for (uint32_t i = 0; i < l->lane_n; i++) {
		const struct net_lane *lane = &s->net->lanes[l->lane + i];
		for (uint32_t k = 0; is_used(lane) && k < lane->move_n; k++) {
			is_any = is_any || s->net->moves[lane->move + k].signal != NET_NONE;
		}
		if (is_used(lane) && s->green_s[l->lane + i] == 0) {
			return false;
		}
	}
	return is_any;
}

/* Somebody else stands before it, or where it could go to: that explains it. */
static bool is_explained(const struct incidents *i, const struct sense *s, uint32_t car)
{
	const struct incident_car *p = &i->cars[car];
	for (uint32_t k = 0; k < s->gps.car_n; k++) {
		const struct incident_car *other = &i->cars[k];
		bool stands = k != car && s->gps.cars[k].name != NULL && other->link != NET_NONE &&
		              s->now_ms - other->since_ms >= STARTS_AFTER_MS;
		if (stands &&
		    (other->link == p->link ? other->to_go_m < p->to_go_m : net_leads_to(s->net, p->link, other->link))) {
			return true;
		}
	}
	return false;
}

/* Nothing but the signal says anything: longer than a queue before it could need. */
static bool stands_through_green(const struct incidents *i, const struct sense *s, uint32_t car)
{
	struct incident_car *p = &i->cars[car];
	bool is_green = is_link_green(s, p->link);
	p->greens = (uint8_t)(p->greens + (is_green && !p->was_green && p->greens < GPS_GREENS));
	p->was_green = is_green;
	p->could_s += is_green ? 1.0F : 0;
	return p->greens >= GPS_GREENS && p->could_s > GPS_GREEN_S + p->to_go_m / STREET_CAR_M * STARTS_S &&
	       s->now_ms - p->since_ms >= GPS_STANDS_MS && !is_explained(i, s, car);
}

bool incident_look_at_gps(struct incidents *i, const struct sense *s, struct err *e)
{
	const struct street *g = &s->gps;
	if (!has_room(i, g, e)) {
		return false;
	}
	for (uint32_t k = 0; k < g->car_n; k++) {
		struct incident_car *p = &i->cars[k];
		if (!stands(p, &g->cars[k], s->now_ms, 2 * GPS_MOVES_M) ||
		    p->to_go_m > s->net->links[p->link].length_m - JUNCTION_M) {
			continue;
		}
		bool is_judged = look_ahead(p, s);
		if (is_judged && p->to_go_m < JUNCTION_M) {
			continue;
		}
		if (is_judged ? p->cleared_ms != 0 && s->now_ms - p->cleared_ms >= STARTS_AFTER_MS
		              : stands_through_green(i, s, k)) {
			struct incident it = {.link = p->link,
			                      .lane = NET_NONE,
			                      .to_go_m = p->to_go_m,
			                      .sure = is_judged ? 0.9F : 0.6F,
			                      .kind = INCIDENT_STANDING,
			                      .sign = INCIDENT_BY_GPS};
			incident_note(i, &it, s->now_ms);
		}
	}
	return true;
}

/* --- Each is seen ----------------------------------------------------------------------------------------------------
 */

/* Somebody stands at the begin of the lane. */
static bool is_full(const struct street *s, uint32_t lane)
{
	uint32_t n = s->count[lane];
	const struct street_car *last = n > 0 ? street_car(s, lane, n - 1) : NULL;
	return last != NULL && last->to_go_m + GAP_M > s->net->lanes[lane].length_m;
}

/* All that leads on from the lane is green for long, gives way to nobody, and has room behind. */
static bool is_way_free(const struct city *c, uint32_t lane)
{
	const struct net_lane *l = &c->net->lanes[lane];
	bool is_any = false;
	for (uint32_t k = 0; k < l->move_n; k++) {
		const struct net_move *m = &c->net->moves[l->move + k];
		if (m->is_crossing) {
			continue;
		}
		const struct city_signal *s = m->signal != NET_NONE ? &c->signals[m->signal] : NULL;
		is_any = s != NULL && s->is_led && groups_has(&s->plan.stages[s->state.stage].green, m->group) &&
		         !groups_has(&s->plan.stages[s->state.stage].yields, m->group) &&
		         c->now_ms - s->state.green_ms[m->group] >= STARTS_WITHIN_MS && !is_full(&c->street, m->to);
		if (!is_any) {
			return false;
		}
	}
	return is_any;
}

static bool could_go(const struct city *c, uint32_t lane, uint32_t k)
{
	const struct street_car *car = street_car(&c->street, lane, k);
	if (car->to_go_m > c->net->lanes[lane].length_m) {
		return false; /* on the junction before it */
	}
	if (k > 0) {
		return car->to_go_m - street_car(&c->street, lane, k - 1)->to_go_m > CAR_M + GAP_M;
	}
	return car->to_go_m > GAP_M || is_way_free(c, lane);
}

bool incident_look_at_cars(struct incidents *i, const struct city *c, struct err *e)
{
	const struct street *s = &c->street;
	if (!has_room(i, s, e)) {
		return false;
	}
	for (uint32_t k = 0; k < s->car_n; k++) {
		if (s->cars[k].lane == NET_NONE) {
			i->cars[k] = (struct incident_car){.link = NET_NONE};
		}
	}
	for (uint32_t lane = 0; lane < c->net->lane_n; lane++) {
		for (uint32_t k = 0; k < s->count[lane]; k++) {
			uint32_t slot = s->order[s->first[lane] + k];
			struct incident_car *p = &i->cars[slot];
			if (!stands(p, &s->cars[slot], c->now_ms, MOVES_M)) {
				continue;
			}
			p->could_s += could_go(c, lane, k) ? 1.0F : 0;
			if (p->could_s >= COULD_GO_S && p->link != NET_NONE) {
				struct incident it = {.link = p->link,
				                      .lane = lane,
				                      .to_go_m = p->to_go_m,
				                      .sure = 0.9F,
				                      .kind = INCIDENT_BLOCKED,
				                      .sign = INCIDENT_BY_SIGHT};
				incident_note(i, &it, c->now_ms);
			}
		}
	}
	return true;
}
