/* Those who stand though they could go: of the vehicles that tell their places, and of all where each is seen. */
#include <math.h>

#include "base/fault.h"
#include "brain/incident.h"

enum { GPS_STANDS_MS = 60000, GPS_GREEN_S = 25, COULD_GO_S = 30, STARTS_WITHIN_MS = 8000 };
#define STARTS_S 1.2F /* from car to car, until a queue moves */
#define GPS_MOVES_M 8.0F
#define MOVES_M 2.0F
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

static bool is_link_green(const struct sense *s, uint32_t link)
{
	const struct net_link *l = &s->net->links[link];
	bool is_any = false, is_all = true;
	for (uint32_t i = 0; i < l->lane_n; i++) {
		bool is_used = s->net->lanes[l->lane + i].move_n > 0 && !s->net->lanes[l->lane + i].is_walk;
		is_any = is_any || is_used;
		is_all = is_all && (!is_used || s->green_s[l->lane + i] > 0);
	}
	return is_any && is_all;
}

bool incident_look_at_gps(struct incidents *i, const struct sense *s, struct err *e)
{
	const struct street *g = &s->gps;
	if (!has_room(i, g, e)) {
		return false;
	}
	for (uint32_t k = 0; k < g->car_n; k++) {
		struct incident_car *p = &i->cars[k];
		if (!stands(p, &g->cars[k], s->now_ms, 2 * GPS_MOVES_M)) {
			continue;
		}
		p->could_s += is_link_green(s, p->link) ? 1.0F : 0;
		float moves_after_s = p->to_go_m / STREET_CAR_M * STARTS_S;
		if (s->now_ms - p->since_ms >= GPS_STANDS_MS && p->could_s > GPS_GREEN_S + moves_after_s) {
			struct incident it = {.link = p->link,
			                      .lane = NET_NONE,
			                      .to_go_m = p->to_go_m,
			                      .sure = 0.7F,
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
