#include "brain/match.h"

#include <math.h>

enum { SQUARES_MAX = 1 << 20 };
#define SQUARE_M 100.0F
#define BELIEVED_FROM_MPS 2.0F
#define WRONG_WAY_M 40.0F /* what going against the lane counts as */
#define JUMP_M 12.0F      /* what a link counts as that the last one does not lead to */

static uint32_t column(const struct match *m, float x)
{
	float c = (x - m->x) / SQUARE_M;
	return c <= 0 ? 0 : c >= (float)m->columns ? m->columns - 1 : (uint32_t)c;
}

static uint32_t row(const struct match *m, float y)
{
	float r = (y - m->y) / SQUARE_M;
	return r <= 0 ? 0 : r >= (float)m->rows ? m->rows - 1 : (uint32_t)r;
}

/* Into each square that the lane's box and its reach touch; the first time to count, then to place. */
static void place(struct match *m, uint32_t *count, bool is_placing)
{
	for (uint32_t i = 0; i < m->net->lane_n; i++) {
		const struct net_lane *l = &m->net->lanes[i];
		if (l->is_inner || l->is_walk || l->link == NET_NONE) {
			continue;
		}
		uint32_t c0 = column(m, fminf(l->x, l->x2) - MATCH_REACH_M), c1 = column(m, fmaxf(l->x, l->x2) + MATCH_REACH_M);
		uint32_t r0 = row(m, fminf(l->y, l->y2) - MATCH_REACH_M), r1 = row(m, fmaxf(l->y, l->y2) + MATCH_REACH_M);
		for (uint32_t r = r0; r <= r1; r++) {
			for (uint32_t c = c0; c <= c1; c++) {
				uint32_t square = r * m->columns + c;
				if (is_placing) {
					m->lanes[m->first[square] + count[square]] = i;
				}
				count[square]++;
			}
		}
	}
}

bool match_init(struct match *m, struct arena *a, const struct net *n, struct err *e)
{
	float x2 = -INFINITY, y2 = -INFINITY;
	*m = (struct match){.net = n, .x = INFINITY, .y = INFINITY};
	for (uint32_t i = 0; i < n->lane_n; i++) {
		const struct net_lane *l = &n->lanes[i];
		m->x = fminf(m->x, fminf(l->x, l->x2));
		m->y = fminf(m->y, fminf(l->y, l->y2));
		x2 = fmaxf(x2, fmaxf(l->x, l->x2));
		y2 = fmaxf(y2, fmaxf(l->y, l->y2));
	}
	float wide = (x2 - m->x) / SQUARE_M + 1, high = (y2 - m->y) / SQUARE_M + 1;
	if (!(wide >= 1 && high >= 1 && wide * high < (float)SQUARES_MAX)) {
		return err_set(e, ERR_INVALID, "the network has no places, or is too large for a map");
	}
	m->columns = (uint32_t)wide;
	m->rows = (uint32_t)high;
	uint32_t squares = m->columns * m->rows, all = 0;
	uint32_t *count = arena_new(a, uint32_t, squares);
	m->first = arena_new(a, uint32_t, squares + 1);
	if (count == NULL || m->first == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a map");
	}
	place(m, count, false);
	for (uint32_t i = 0; i < squares; i++) {
		m->first[i] = all;
		all += count[i];
		count[i] = 0;
	}
	m->first[squares] = all;
	m->lanes = arena_new(a, uint32_t, all + 1);
	if (m->lanes == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for a map");
	}
	place(m, count, true);
	return true;
}

uint32_t match_find(const struct match *m, const struct match_place *p, float *at_m)
{
	const struct net *n = m->net;
	uint32_t best = NET_NONE;
	float least = INFINITY;
	if (!(isfinite(p->x) && isfinite(p->y))) {
		return NET_NONE;
	}
	uint32_t square = row(m, p->y) * m->columns + column(m, p->x);
	for (uint32_t i = m->first[square]; i < m->first[square + 1]; i++) {
		const struct net_lane *l = &n->lanes[m->lanes[i]];
		float dx = l->x2 - l->x, dy = l->y2 - l->y, long2 = dx * dx + dy * dy;
		float t = long2 > 0 ? ((p->x - l->x) * dx + (p->y - l->y) * dy) / long2 : 0;
		t = t < 0 ? 0 : t > 1 ? 1 : t;
		float away = hypotf(p->x - l->x - t * dx, p->y - l->y - t * dy), counts = away;
		if (away > MATCH_REACH_M) {
			continue;
		}
		if (p->heading_deg >= 0 && p->speed_mps > BELIEVED_FROM_MPS && long2 > 0) {
			float h = p->heading_deg * (float)M_PI / 180.0F;
			counts += WRONG_WAY_M * (1.0F - (dx * sinf(h) + dy * cosf(h)) / sqrtf(long2)) / 2;
		}
		counts += p->was_on < n->link_n && p->was_on != l->link && !net_leads_to(n, p->was_on, l->link) ? JUMP_M : 0;
		if (counts < least) {
			least = counts;
			best = m->lanes[i];
			*at_m = t * l->length_m;
		}
	}
	return best;
}
