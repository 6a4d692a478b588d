#include "brain/street.h"

#include <stdlib.h>

#include "base/fault.h"
#include "brain/net_build.h"

enum { FIRST_CARS = 1024 };
#define FADES_AT 60.0F /* cars of a lane: then all are halved */

bool street_init(struct street *s, const struct net *n, struct err *e)
{
	*s = (struct street){.net = n, .free_car = NET_NONE, .car_room = FIRST_CARS, .name_room = FIRST_CARS * 4};
	s->cars = mem_alloc(s->car_room, sizeof *s->cars);
	s->names = mem_alloc(s->name_room, sizeof *s->names);
	s->first = mem_alloc(n->lane_n + 1, sizeof *s->first);
	s->count = mem_alloc(n->lane_n + 1, sizeof *s->count);
	s->halting = mem_alloc(n->lane_n + 1, sizeof *s->halting);
	s->head = mem_alloc(n->lane_n + 1, sizeof *s->head);
	s->head_since = mem_alloc(n->lane_n + 1, sizeof *s->head_since);
	s->taken = mem_alloc(n->move_n + 1, sizeof *s->taken);
	s->waiting = mem_alloc(n->move_n + 1, sizeof *s->waiting);
	s->wait_ms = mem_alloc(n->move_n + 1, sizeof *s->wait_ms);
	s->order = mem_alloc(s->car_room, sizeof *s->order);
	s->order_room = s->car_room;
	if (!s->cars || !s->names || !s->first || !s->count || !s->halting || !s->head || !s->head_since || !s->taken ||
	    !s->waiting || !s->wait_ms || !s->order) {
		street_release(s);
		return err_set(e, ERR_MEMORY, "no memory for the street");
	}
	memset(s->names, 0xff, s->name_room * sizeof *s->names);
	memset(s->head, 0xff, n->lane_n * sizeof *s->head);
	for (uint32_t i = 0; i < n->move_n; i++) {
		s->taken[i] = n->moves[i].turn == 's' ? 2.0F : n->moves[i].turn == 't' ? 0.05F : 1.0F;
	}
	return true;
}

void street_release(struct street *s)
{
	for (uint32_t i = 0; s->cars && i < s->car_n; i++) {
		mem_free(s->cars[i].name);
	}
	mem_free(s->cars);
	mem_free(s->names);
	mem_free(s->first);
	mem_free(s->count);
	mem_free(s->halting);
	mem_free(s->head);
	mem_free(s->head_since);
	mem_free(s->taken);
	mem_free(s->waiting);
	mem_free(s->wait_ms);
	mem_free(s->order);
	*s = (struct street){0};
}

/* --- Names -----------------------------------------------------------------------------------------------------------
 */

static uint32_t *place_of(const struct street *s, struct str name)
{
	uint32_t mask = s->name_room - 1, i = net_hash(name) & mask;
	while (s->names[i] != NET_NONE && !str_eq(str_of(s->cars[s->names[i]].name), name)) {
		i = (i + 1) & mask;
	}
	return &s->names[i];
}

static bool grow(struct street *s, struct err *e)
{
	struct street_car *cars = mem_resize(s->cars, (size_t)s->car_room * 2, sizeof *cars);
	if (cars == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for %u cars", s->car_room * 2);
	}
	s->cars = cars;
	s->car_room *= 2;
	uint32_t *order = mem_resize(s->order, s->car_room, sizeof *order);
	uint32_t *names = mem_alloc((size_t)s->name_room * 2, sizeof *names);
	s->order = order ? order : s->order;
	if (order == NULL || names == NULL) {
		mem_free(names);
		return err_set(e, ERR_MEMORY, "no memory for %u cars", s->car_room);
	}
	mem_free(s->names);
	s->names = names;
	s->name_room *= 2;
	memset(s->names, 0xff, s->name_room * sizeof *s->names);
	for (uint32_t i = 0; i < s->car_n; i++) {
		if (s->cars[i].name != NULL) {
			*place_of(s, str_of(s->cars[i].name)) = i;
		}
	}
	return true;
}

static bool slot_of(struct street *s, struct str name, uint32_t *slot, struct err *e)
{
	uint32_t *place = place_of(s, name);
	if (*place != NET_NONE) {
		*slot = *place;
		return true;
	}
	if (s->free_car == NET_NONE && s->car_n == s->car_room) {
		if (!grow(s, e)) {
			return false;
		}
		place = place_of(s, name);
	}
	char *copy = mem_alloc(name.n + 1, 1);
	if (copy == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a car");
	}
	memcpy(copy, name.p, name.n);
	if (s->free_car != NET_NONE) {
		*slot = s->free_car;
		s->free_car = s->cars[*slot].next;
	} else {
		*slot = s->car_n++;
	}
	s->cars[*slot] = (struct street_car){
		.lane = NET_NONE, .link = NET_NONE, .last_lane = NET_NONE, .seen_ms = s->now_ms, .name = copy};
	*place = *slot;
	return true;
}

void street_gone(struct street *s, struct str name)
{
	uint32_t *place = place_of(s, name), mask = s->name_room - 1;
	uint32_t slot = *place;
	if (slot == NET_NONE) {
		return;
	}
	mem_free(s->cars[slot].name);
	s->cars[slot] = (struct street_car){.lane = NET_NONE, .next = s->free_car};
	s->free_car = slot;
	/* Those behind it in the table move up, so that no look-up ends too early. */
	uint32_t hole = (uint32_t)(place - s->names);
	for (uint32_t i = (hole + 1) & mask; s->names[i] != NET_NONE; i = (i + 1) & mask) {
		uint32_t home = net_hash(str_of(s->cars[s->names[i]].name)) & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			s->names[hole] = s->names[i];
			hole = i;
		}
	}
	s->names[hole] = NET_NONE;
}

/* --- Filling ---------------------------------------------------------------------------------------------------------
 */

void street_tick(struct street *s, int64_t now_ms)
{
	s->now_ms = now_ms;
	for (uint32_t i = 0; i < s->car_n; i++) {
		struct street_car *c = &s->cars[i];
		c->lane = NET_NONE;
		if (c->name != NULL && now_ms - c->seen_ms > STREET_FORGETS_MS) {
			street_gone(s, str_of(c->name));
		}
	}
	memset(s->waiting, 0, s->net->move_n * sizeof *s->waiting);
	memset(s->wait_ms, 0, s->net->move_n * sizeof *s->wait_ms);
}

/* The car came from one link to another: over which movement? */
static void learn(struct street *s, uint32_t from, uint32_t to)
{
	const struct net *n = s->net;
	const struct net_lane *lane = &n->lanes[from];
	float all = 0;
	for (uint32_t i = 0; i < lane->move_n; i++) {
		uint32_t m = lane->move + i;
		bool is_taken = n->lanes[n->moves[m].to].link == n->lanes[to].link;
		s->taken[m] += is_taken ? 1.0F : 0.0F;
		all += s->taken[m];
	}
	for (uint32_t i = 0; all > FADES_AT && i < lane->move_n; i++) {
		s->taken[lane->move + i] *= 0.5F;
	}
}

bool street_see(struct street *s, struct str name, uint32_t lane, float at_m, float speed_mps, struct err *e)
{
	const struct net *n = s->net;
	uint32_t slot = 0;
	if (!slot_of(s, name, &slot, e)) {
		return false;
	}
	struct street_car *c = &s->cars[slot];
	float to_go = lane < n->lane_n ? n->lanes[lane].length_m - at_m : 0;
	if (lane < n->lane_n && n->lanes[lane].is_inner) {
		lane = n->lanes[lane].after;
		to_go += lane < n->lane_n ? n->lanes[lane].length_m : 0;
	}
	if (lane >= n->lane_n) {
		return true; /* parked, jumped, or somewhere that the net does not know */
	}
	uint32_t link = n->lanes[lane].link;
	if (c->link != NET_NONE && c->link != link && c->last_lane != NET_NONE) {
		learn(s, c->last_lane, lane);
	}
	c->link = link;
	c->lane = c->last_lane = lane;
	c->seen_ms = s->now_ms;
	c->to_go_m = to_go > 0 ? to_go : 0;
	c->speed_mps = speed_mps > 0 ? speed_mps : 0;
	return true;
}

void street_see_walker(struct street *s, uint32_t move, float wait_ms)
{
	if (move < s->net->move_n) {
		s->waiting[move] += 1.0F;
		s->wait_ms[move] = wait_ms > s->wait_ms[move] ? wait_ms : s->wait_ms[move];
	}
}

bool street_sort(struct street *s, struct err *e)
{
	const struct net *n = s->net;
	uint32_t at = 0;
	if (s->order_room < s->car_room) {
		uint32_t *order = mem_resize(s->order, s->car_room, sizeof *order);
		if (order == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for %u cars", s->car_room);
		}
		s->order = order;
		s->order_room = s->car_room;
	}
	memset(s->count, 0, n->lane_n * sizeof *s->count);
	memset(s->halting, 0, n->lane_n * sizeof *s->halting);
	for (uint32_t i = 0; i < s->car_n; i++) {
		if (s->cars[i].lane != NET_NONE) {
			s->count[s->cars[i].lane]++;
		}
	}
	for (uint32_t i = 0; i < n->lane_n; i++) {
		s->first[i] = at;
		at += s->count[i];
		s->count[i] = 0;
	}
	for (uint32_t i = 0; i < s->car_n; i++) {
		const struct street_car *c = &s->cars[i];
		if (c->lane == NET_NONE) {
			continue;
		}
		uint32_t *list = &s->order[s->first[c->lane]], k = s->count[c->lane]++;
		for (; k > 0 && s->cars[list[k - 1]].to_go_m > c->to_go_m; k--) {
			list[k] = list[k - 1];
		}
		list[k] = i;
		s->halting[c->lane] += c->speed_mps < STREET_HALTS_MPS ? 1.0F : 0.0F;
	}
	for (uint32_t i = 0; i < n->lane_n; i++) {
		uint32_t head = s->count[i] > 0 ? s->order[s->first[i]] : NET_NONE;
		if (head != s->head[i]) {
			s->head[i] = head;
			s->head_since[i] = s->now_ms;
		}
	}
	return true;
}
