#include "emergency.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/rand.h"
#include "os/file.h"

enum { COLUMNS = 5, ROWS = 4, CALLED_BEFORE_MS = 30000, DRAWS = 400 };

static uint32_t link_of(const struct net *n, const char *from, int a, const char *to, int b)
{
	char name[64];
	snprintf(name, sizeof name, "%s%d%s%d_0", from, a, to, b);
	uint32_t lane = net_lane_find(n, str_of(name));
	return lane == NET_NONE ? NET_NONE : n->lanes[lane].link;
}

/* From west, east, south and north in turn to the other side, each time to another street. */
static uint32_t demo_way(const struct net *n, uint64_t number, uint32_t links[PRIORITY_LINKS_MAX])
{
	static const char *const columns[] = {"A", "B", "C", "D", "E"};
	int k = (int)(number / 4);
	int row = k % ROWS, row2 = (row + 1 + k % 3) % ROWS, column = k % COLUMNS, column2 = (column + 2) % COLUMNS;
	uint32_t from, to;
	switch (number % 4) {
	case 0:
		from = link_of(n, "left", row, "A", row);
		to = link_of(n, "E", row2, "right", row2);
		break;
	case 1:
		from = link_of(n, "right", row, "E", row);
		to = link_of(n, "A", row2, "left", row2);
		break;
	case 2:
		from = link_of(n, "bottom", column, columns[column], 0);
		to = link_of(n, columns[column2], ROWS - 1, "top", column2);
		break;
	default:
		from = link_of(n, "top", column, columns[column], ROWS - 1);
		to = link_of(n, columns[column2], 0, "bottom", column2);
		break;
	}
	return from == NET_NONE || to == NET_NONE ? 0 : priority_way(n, from, to, links);
}

/* A movement from one link to the next. */
static const struct net_move *move_of(const struct net *n, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < n->links[from].lane_n; i++) {
		const struct net_lane *lane = &n->lanes[n->links[from].lane + i];
		for (uint32_t k = 0; k < lane->move_n; k++) {
			const struct net_move *m = &n->moves[lane->move + k];
			if (!m->is_crossing && n->lanes[m->to].link == to) {
				return m;
			}
		}
	}
	return NULL;
}

static uint32_t signals_on(const struct net *n, const uint32_t *links, uint32_t length)
{
	uint32_t signals = 0;
	for (uint32_t k = 0; k + 1 < length; k++) {
		const struct net_move *m = move_of(n, links[k], links[k + 1]);
		signals += m != NULL && m->signal != NET_NONE;
	}
	return signals;
}

/* Whether cars can come to a link, or leave it. */
static bool is_open(const struct net *n, uint32_t link, bool in)
{
	bool is = false;
	for (uint32_t i = 0; i < n->links[link].lane_n; i++) {
		const struct net_lane *lane = &n->lanes[n->links[link].lane + i];
		is = is || (in ? lane->in_n : lane->move_n) > 0;
	}
	return is;
}

/* Of some ways from rim to rim, drawn by the number, the one under most signals. */
static uint32_t any_way(const struct net *n, uint64_t number, uint32_t links[PRIORITY_LINKS_MAX])
{
	struct prng r;
	uint32_t most = 0, length = 0;
	prng_seed(&r, number);
	for (int tries = 0; tries < DRAWS; tries++) {
		uint32_t drawn[PRIORITY_LINKS_MAX];
		uint32_t from = (uint32_t)prng_below(&r, n->link_n), to = (uint32_t)prng_below(&r, n->link_n);
		if (is_open(n, from, true) || !is_open(n, from, false) || is_open(n, to, false) || !is_open(n, to, true)) {
			continue;
		}
		uint32_t drawn_n = priority_way(n, from, to, drawn), signals = signals_on(n, drawn, drawn_n);
		if (signals > most) {
			most = signals;
			length = drawn_n;
			memcpy(links, drawn, drawn_n * sizeof *drawn);
		}
	}
	return length;
}

bool emergency_way(struct emergency_way *w, const struct net *n, uint64_t number, double begin_s, struct err *e)
{
	bool is_demo = link_of(n, "left", 0, "A", 0) != NET_NONE && link_of(n, "E", 0, "right", 0) != NET_NONE;
	*w = (struct emergency_way){.departs_s = begin_s + EMERGENCY_DEPARTS_S};
	w->n = is_demo ? demo_way(n, number, w->links) : any_way(n, number, w->links);
	return w->n > 0 || err_set(e, ERR_INVALID, "no way for an emergency vehicle");
}

bool emergency_write(const struct emergency_way *w, const struct net *n, const char *path, struct err *e)
{
	struct buf text;
	buf_init(&text, 1 << 16);
	buf_printf(&text,
	           "<routes>\n<vType id=\"emergency\" vClass=\"emergency\" guiShape=\"emergency\" speedFactor=\"1.5\" "
	           "speedDev=\"0\"/>\n"
	           "<vehicle id=\"emergency\" type=\"emergency\" depart=\"%.0f\" departLane=\"best\" departSpeed=\"max\">"
	           "<route edges=\"",
	           w->departs_s);
	for (uint32_t i = 0; i < w->n; i++) {
		buf_printf(&text, "%s%.*s", i > 0 ? " " : "", STR_ARG(n->links[w->links[i]].id));
	}
	buf_put_c(&text, "\"/></vehicle>\n</routes>\n");
	bool ok = buf_ok(&text, e) && file_replace(&file_layer_real, path, buf_str(&text), 0600, e);
	buf_release(&text);
	return ok;
}

/* Half a minute before it starts, as a control room would. */
bool emergency_order(const struct emergency_way *w, struct city *c, struct err *e)
{
	uint32_t taken = 0;
	int64_t eta_ms = (int64_t)(w->departs_s * 1000);
	struct buf text;
	if (c->orders_last > 0 || c->now_ms < eta_ms - CALLED_BEFORE_MS) {
		return true;
	}
	struct order o = {.number = 1,
	                  .kind = ORDER_ROUTE,
	                  .id = 1,
	                  .priority = PRIORITY_EMERGENCY,
	                  .list = w->links,
	                  .list_n = w->n,
	                  .eta_ms = eta_ms};
	buf_init(&text, ORDERS_MAX_BYTES);
	orders_put(&text, &o);
	bool ok = buf_ok(&text, e) && orders_take(c, buf_str(&text), &taken, e);
	buf_release(&text);
	return ok;
}

/* --- Where its time went ---------------------------------------------------------------------------------------------
 */

#define FASTER 1.5F
#define NEAR_M 10.0F
#define BRAKES_MPS2 4.5F
#define ROLLS_MPS 5.0F

static const struct priority_vehicle *seen(const struct city *c)
{
	for (uint32_t i = 0; i < c->priority.vehicle_n; i++) {
		if (c->priority.vehicles[i].kind == PRIORITY_EMERGENCY) {
			return &c->priority.vehicles[i];
		}
	}
	return NULL;
}

/* Its place in its way; length: it is not on it. */
static uint32_t place(const struct emergency_way *w, const struct city *c, const struct priority_vehicle *v)
{
	uint32_t k = 0;
	while (k < w->n && w->links[k] != c->net->lanes[v->lane].link) {
		k++;
	}
	return k;
}

/* The next signal on its way. */
static const struct net_move *next_signal(const struct emergency_way *w, const struct net *n, uint32_t k)
{
	const struct net_move *m = NULL;
	for (; k + 1 < w->n && (m == NULL || m->signal == NET_NONE); k++) {
		m = move_of(n, w->links[k], w->links[k + 1]);
	}
	return m != NULL && m->signal != NET_NONE ? m : NULL;
}

static bool is_green(const struct city *c, const struct net_move *m)
{
	const struct city_signal *s = &c->signals[m->signal];
	char letters[GROUPS_MAX];
	safety_show(&s->state, &s->plan, c->now_ms, letters);
	return letters[m->group] == 'G' || letters[m->group] == 'g';
}

static enum emergency_cause cause(const struct city *c, const struct priority_vehicle *v, const struct net_move *m)
{
	bool is_red = m != NULL && !is_green(c, m), stand = false;
	float brakes_m = NEAR_M + v->speed_mps * v->speed_mps / 2 / BRAKES_MPS2 + v->speed_mps, gap_m = brakes_m * 2;
	for (uint32_t i = 0; i < c->street.count[v->lane]; i++) {
		const struct street_car *car = street_car(&c->street, v->lane, i);
		float before_m = v->to_go_m - car->to_go_m;
		if (before_m > 0.1F) {
			stand = stand || car->speed_mps < ROLLS_MPS;
			gap_m = before_m < gap_m ? before_m : gap_m;
		}
	}
	bool has_leader = gap_m < brakes_m;
	if (is_red && (v->to_go_m < brakes_m || (has_leader && stand))) {
		return EMERGENCY_RED;
	}
	return !has_leader ? EMERGENCY_OWN : stand ? EMERGENCY_QUEUE : EMERGENCY_SLOW;
}

void emergency_look(struct emergency_time *t, const struct emergency_way *w, const struct city *c)
{
	const struct priority_vehicle *v = seen(c);
	uint32_t k = v != NULL ? place(w, c, v) : w->n;
	if (k == w->n) {
		return;
	}
	float may_mps = c->net->links[w->links[k]].speed_mps * FASTER;
	double drives = v->speed_mps < may_mps ? (double)(v->speed_mps / may_mps) : 1;
	t->s[EMERGENCY_DRIVES] += drives;
	t->s[cause(c, v, next_signal(w, c->net, k))] += 1 - drives;
}
