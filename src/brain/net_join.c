#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "brain/net_sumo_inside.h"

enum { INNER_STEPS = 8 };
#define BESIDE_M 5.0F

static uint32_t lane_of(const struct net_reader *r, struct str edge, uint32_t index)
{
	char id[300];
	if (str_starts(edge, STR(":"))) {
		int k = snprintf(id, sizeof id, "%.*s_%u", STR_ARG(edge), index);
		return k > 0 && (size_t)k < sizeof id ? net_lane_find(r->net, str_from(id, (size_t)k)) : NET_NONE;
	}
	uint32_t link = net_reader_link(r, edge);
	return link != NET_NONE && index < r->net->links[link].lane_n ? r->net->links[link].lane + index : NET_NONE;
}

/* ":junction_7_1" (edge 7, lane 1) is way 8 of the junction. */
static bool way_of(const struct net_reader *r, struct str via, uint32_t *junction, uint32_t *request)
{
	uint64_t numbers[2];
	for (int i = 1; i >= 0; i--) {
		size_t at = via.n;
		while (at > 0 && via.p[at - 1] != '_') {
			at--;
		}
		if (at == 0 || !str_to_u64(str_sub(via, at, SIZE_MAX), &numbers[i]) || numbers[i] > UINT16_MAX) {
			return false;
		}
		via = str_sub(via, 0, at - 1);
	}
	*junction = net_reader_junction(r, str_sub(via, 1, SIZE_MAX));
	*request = (uint32_t)(numbers[0] + numbers[1]);
	return *junction != NET_NONE && *request < r->junctions[*junction].n;
}

/* Crossings come behind the ways of vehicles in a junction's table: ":junction_c2" is the third of them. */
static bool crossing_way_of(const struct net_reader *r, struct str edge, const uint32_t *ways_of_wheels,
                            uint32_t *junction, uint32_t *request)
{
	uint64_t number;
	size_t at = edge.n;
	while (at > 0 && edge.p[at - 1] != '_') {
		at--;
	}
	if (at < 2 || edge.n - at < 2 || edge.p[at] != 'c' || !str_to_u64(str_sub(edge, at + 1, SIZE_MAX), &number) ||
	    number > UINT16_MAX) {
		return false;
	}
	*junction = net_reader_junction(r, str_sub(edge, 1, at - 2));
	if (*junction == NET_NONE) {
		return false;
	}
	*request = ways_of_wheels[*junction] + (uint32_t)number;
	return *request < r->junctions[*junction].n;
}

static int by_lane(const void *a, const void *b)
{
	const struct net_move *x = a, *y = b;
	return x->from != y->from ? (x->from < y->from ? -1 : 1) : x->to != y->to ? (x->to < y->to ? -1 : 1) : 0;
}

/* The way over the junction: all inner lanes one after the other. */
static float inner_length(const struct net *n, const uint32_t *next, uint32_t lane, uint32_t *to)
{
	float m = 0;
	for (int i = 0; i < INNER_STEPS && lane != NET_NONE && n->lanes[lane].is_inner; i++) {
		m += n->lanes[lane].length_m;
		lane = next[lane];
	}
	*to = lane;
	return m;
}

static bool join_moves(struct net_reader *r, struct err *e)
{
	struct net *n = r->net;
	uint32_t *next = net_table(r->scratch, n->lane_n + 1), *wheels = arena_new(r->scratch, uint32_t, r->junction_n + 1);
	n->moves = arena_new(&n->arena, struct net_move, r->way_n + 1);
	if (next == NULL || wheels == NULL || n->moves == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the movements");
	}
	for (uint32_t i = 0; i < r->way_n; i++) {
		const struct net_way *w = &r->ways[i];
		uint32_t from = lane_of(r, w->from, w->from_lane), junction, request;
		if (w->is_from_inner && from != NET_NONE) {
			next[from] = w->via.n > 0 ? net_lane_find(n, w->via) : lane_of(r, w->to, w->to_lane);
		} else if (way_of(r, w->via, &junction, &request) && request >= wheels[junction]) {
			wheels[junction] = request + 1;
		}
	}
	for (uint32_t i = 0; i < r->way_n; i++) {
		const struct net_way *w = &r->ways[i];
		uint32_t from = lane_of(r, w->from, w->from_lane), to = lane_of(r, w->to, w->to_lane), ends = NET_NONE;
		bool is_crossing = to != NET_NONE && r->is_crossing[to];
		if (from == NET_NONE || to == NET_NONE || (w->is_from_inner && !is_crossing) ||
		    (is_crossing && w->signal.n == 0)) {
			continue;
		}
		struct net_move *m = &n->moves[n->move_n];
		*m = (struct net_move){.from = from,
		                       .to = to,
		                       .signal = w->signal.n > 0 ? net_signal_find(n, w->signal) : NET_NONE,
		                       .group = w->group,
		                       .junction = NET_NONE,
		                       .request = NET_NONE,
		                       .turn = is_crossing ? 'c' : w->turn,
		                       .is_crossing = is_crossing};
		m->length_m = is_crossing ? n->lanes[to].length_m : inner_length(n, next, net_lane_find(n, w->via), &ends);
		if (m->group >= GROUPS_MAX) {
			m->signal = NET_NONE;
		}
		bool is_known = is_crossing ? crossing_way_of(r, w->to, wheels, &m->junction, &m->request)
		                            : way_of(r, w->via, &m->junction, &m->request);
		if (!is_known) {
			m->junction = m->request = NET_NONE;
		}
		n->move_n++;
	}
	for (uint32_t i = 0; i < n->lane_n; i++) {
		if (n->lanes[i].is_inner) {
			inner_length(n, next, i, &n->lanes[i].after);
			uint32_t after = n->lanes[i].after;
			n->lanes[i].after = after != NET_NONE && !n->lanes[after].is_inner ? after : NET_NONE;
		}
	}
	qsort(n->moves, n->move_n, sizeof *n->moves, by_lane);
	return true;
}

/* The lists by lane and by signal. */
static bool join_lists(struct net *n, struct err *e)
{
	n->into = arena_new(&n->arena, uint32_t, n->move_n + 1);
	n->under = arena_new(&n->arena, uint32_t, n->move_n + 1);
	if (n->into == NULL || n->under == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the movements");
	}
	for (uint32_t i = 0; i < n->move_n; i++) {
		const struct net_move *m = &n->moves[i];
		struct net_lane *from = &n->lanes[m->from];
		if (from->move_n++ == 0) {
			from->move = i;
		}
		n->lanes[m->to].in_n++;
		if (m->signal != NET_NONE) {
			n->signals[m->signal].move_n++;
		}
	}
	for (uint32_t i = 0, at = 0; i < n->lane_n; i++) {
		n->lanes[i].in = at;
		at += n->lanes[i].in_n;
		n->lanes[i].in_n = 0;
	}
	for (uint32_t i = 0, at = 0; i < n->signal_n; i++) {
		n->signals[i].move = at;
		at += n->signals[i].move_n;
		n->signals[i].move_n = 0;
	}
	for (uint32_t i = 0; i < n->move_n; i++) {
		const struct net_move *m = &n->moves[i];
		struct net_lane *to = &n->lanes[m->to];
		n->into[to->in + to->in_n++] = i;
		if (m->signal != NET_NONE) {
			struct net_signal *s = &n->signals[m->signal];
			n->under[s->move + s->move_n++] = i;
			s->group_n = m->group >= s->group_n ? m->group + 1 : s->group_n;
		}
	}
	return true;
}

/* On the straight way between two junctions, or beside it by a lane or two: where a street widens for those who turn,
 * its shape steps aside, and a map would show a kink. */
static bool is_beside_way(struct net_point p, const struct net_junction *from, const struct net_junction *to)
{
	float dx = to->x - from->x, dy = to->y - from->y, length = hypotf(dx, dy);
	return length > 0 && fabsf(dx * (p.y - from->y) - dy * (p.x - from->x)) / length < BESIDE_M;
}

/* The middle of each link: its own shape where it has one, else straight from junction to junction. */
static bool join_shapes(struct net_reader *r, struct err *e)
{
	struct net *n = r->net;
	for (uint32_t i = 0; i < n->link_n; i++) {
		struct str shape = r->edges[i].shape, piece, x, y, z;
		uint32_t from = net_reader_junction(r, r->edges[i].from), to = net_reader_junction(r, r->edges[i].to), all = 0,
				 k = 0;
		struct net_point p[NET_POINTS_MAX];
		for (struct str rest = shape; str_next(&rest, ' ', &piece);) {
			all++;
		}
		/* Of a very long one each second point, or third. */
		uint32_t step = all / NET_POINTS_MAX + 1;
		for (uint32_t at = 0; k < NET_POINTS_MAX && str_next(&shape, ' ', &piece); at++) {
			if ((at % step == 0 || at + 1 == all) && str_cut(piece, ',', &x, &y)) {
				str_cut(y, ',', &y, &z);
				p[k++] = (struct net_point){(float)net_number(x, 0), (float)net_number(y, 0)};
			}
		}
		bool is_beside = k >= 2 && from != NET_NONE && to != NET_NONE;
		for (uint32_t at = 0; is_beside && at < k; at++) {
			is_beside = is_beside_way(p[at], &r->junctions[from], &r->junctions[to]);
		}
		if (k < 2 || is_beside) {
			const struct net_lane *lane = &n->lanes[n->links[i].lane];
			bool has_lane = n->links[i].lane_n > 0;
			p[0] = from != NET_NONE ? (struct net_point){r->junctions[from].x, r->junctions[from].y}
			       : has_lane       ? (struct net_point){lane->x, lane->y}
			                        : (struct net_point){0};
			p[1] = to != NET_NONE ? (struct net_point){r->junctions[to].x, r->junctions[to].y}
			       : has_lane     ? (struct net_point){lane->x2, lane->y2}
			                      : p[0];
			k = 2;
		}
		struct net_point *kept = arena_new(&n->arena, struct net_point, k);
		if (kept == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for the shapes of the links");
		}
		memcpy(kept, p, k * sizeof *kept);
		n->links[i].points = kept;
		n->links[i].point_n = k;
	}
	return true;
}

/* Bit `way` of a row. What a row does not say is taken for a conflict. */
static bool row_has(struct str row, uint32_t way)
{
	return way >= row.n || row.p[row.n - 1 - way] != '0';
}

static void meet(struct groups *foes, struct groups *cede, const struct net_reader *r, const struct net_move *a,
                 const struct net_move *b)
{
	if (a->group == b->group) {
		return;
	}
	/* Ways of two junctions under one signal do not meet; a way whose junction does not know it meets all. */
	bool is_known = a->junction != NET_NONE && b->junction != NET_NONE;
	if (is_known && a->junction != b->junction) {
		return;
	}
	const struct net_junction *j = is_known ? &r->junctions[a->junction] : NULL;
	if (!is_known || row_has(j->foes[a->request], b->request) || row_has(j->foes[b->request], a->request)) {
		groups_add(&foes[a->group], b->group);
		groups_add(&foes[b->group], a->group);
		if (is_known && row_has(j->response[a->request], b->request)) {
			groups_add(&cede[a->group], b->group);
		}
	}
}

static bool join_foes(struct net_reader *r, struct err *e)
{
	struct net *n = r->net;
	for (uint32_t i = 0; i < n->signal_n; i++) {
		struct net_signal *s = &n->signals[i];
		struct groups *foes = arena_new(&n->arena, struct groups, s->group_n + 1);
		struct groups *cede = arena_new(&n->arena, struct groups, s->group_n + 1);
		if (foes == NULL || cede == NULL) {
			return err_set(e, ERR_MEMORY, "no memory for the conflicts of a signal");
		}
		for (uint32_t a = 0; a < s->move_n; a++) {
			const struct net_move *m = &n->moves[n->under[s->move + a]];
			for (uint32_t b = 0; b < s->move_n; b++) {
				if (a != b) {
					meet(foes, cede, r, m, &n->moves[n->under[s->move + b]]);
				}
			}
			s->x += n->lanes[m->from].x2 / (float)s->move_n;
			s->y += n->lanes[m->from].y2 / (float)s->move_n;
		}
		s->foes = foes;
		s->cede = cede;
	}
	return true;
}

bool net_join(struct net_reader *r, struct err *e)
{
	return join_moves(r, e) && join_lists(r->net, e) && join_foes(r, e) && join_shapes(r, e);
}
