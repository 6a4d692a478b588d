/* SUMO's .net.xml: two passes, one that counts and one that fills; then what refers to one another is joined. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/gzip.h"
#include "base/xml.h"
#include "brain/net_build.h"

enum { NET_ARENA_BYTES = 1 << 30, TEXT_MAX_BYTES = 1 << 30, NUMBER_MAX = 40, PHASES_MAX = 200, INNER_STEPS = 8 };
#define LENGTH_LEAST_M 0.1F
#define LENGTH_MOST_M 100000.0F
#define BESIDE_M 5.0F
#define SPEED_LEAST_MPS 0.5F
#define SPEED_MOST_MPS 150.0F
#define DURATION_MOST_S 86400.0

/* A junction's table: which of its ways meet, who gives way. Rows as SUMO writes them: the last character is way 0. */
struct junction {
	struct str id;
	struct str *foes, *response;
	uint32_t n;
	float x, y;
};

struct way {
	struct str from, to, via, signal;
	uint32_t from_lane, to_lane, group;
	char turn;
	bool is_from_inner;
};

struct reader {
	struct net *net;
	struct arena *scratch; /* what only the reading needs */
	struct xml xml;
	struct junction *junctions;
	struct way *ways;
	uint32_t junction_n, way_n, request_n;
	struct str *foes, *response;
	uint32_t foes_n;
	uint32_t *link_names, *junction_names; /* open addressing */
	uint32_t link_name_n, junction_name_n;
	bool *is_crossing; /* by lane */
	struct edge {
		struct str from, to, shape;
	} * edges; /* by link */
};

double net_number(struct str s, double otherwise)
{
	char text[NUMBER_MAX + 1], *end;
	if (s.n == 0 || s.n > NUMBER_MAX) {
		return otherwise;
	}
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	double v = strtod(text, &end);
	return *end == '\0' && isfinite(v) ? v : otherwise;
}

static float within(double v, float least, float most)
{
	return v < (double)least ? least : v > (double)most ? most : (float)v;
}

static struct str attribute(const struct xml *x, const char *name)
{
	struct str value;
	xml_attribute(x, name, &value);
	return value;
}

static uint32_t small(const struct xml *x, const char *name)
{
	uint64_t v;
	return str_to_u64(attribute(x, name), &v) && v < NET_NONE ? (uint32_t)v : NET_NONE;
}

/* --- Names ---------------------------------------------------------------------------------------------------------
 */

static uint32_t table_size(uint32_t n)
{
	uint32_t size = 8;
	while (size < n * 2) {
		size *= 2;
	}
	return size;
}

static uint32_t *table_new(struct arena *a, uint32_t size)
{
	uint32_t *t = arena_new(a, uint32_t, size);
	if (t != NULL) {
		memset(t, 0xff, size * sizeof *t);
	}
	return t;
}

static void table_put(uint32_t *table, uint32_t size, struct str id, uint32_t number)
{
	uint32_t i = net_hash(id) & (size - 1);
	while (table[i] != NET_NONE) {
		i = (i + 1) & (size - 1);
	}
	table[i] = number;
}

static uint32_t link_find(const struct reader *r, struct str id)
{
	uint32_t mask = r->link_name_n - 1, i = net_hash(id) & mask;
	while (r->link_names[i] != NET_NONE) {
		if (str_eq(r->net->links[r->link_names[i]].id, id)) {
			return r->link_names[i];
		}
		i = (i + 1) & mask;
	}
	return NET_NONE;
}

static uint32_t junction_find(const struct reader *r, struct str id)
{
	uint32_t mask = r->junction_name_n - 1, i = net_hash(id) & mask;
	while (r->junction_names[i] != NET_NONE) {
		if (str_eq(r->junctions[r->junction_names[i]].id, id)) {
			return r->junction_names[i];
		}
		i = (i + 1) & mask;
	}
	return NET_NONE;
}

/* --- First pass ------------------------------------------------------------------------------------------------------
 */

static bool count(struct reader *r, struct str text, struct err *e)
{
	struct net *n = r->net;
	enum xml_kind kind;
	if (!xml_begin(&r->xml, r->scratch, text, e)) {
		return false;
	}
	for (;;) {
		if (!xml_next(&r->xml, &kind, e)) {
			return false;
		}
		if (kind == XML_END) {
			return true;
		}
		if (kind != XML_START) {
			continue;
		}
		struct str name = r->xml.name;
		if (r->xml.depth == 1 && !str_is(name, "net")) {
			return xml_wrong(&r->xml, e, "this is no road network");
		}
		n->link_n += str_is(name, "edge");
		n->lane_n += str_is(name, "lane");
		n->signal_n += str_is(name, "tlLogic");
		r->junction_n += str_is(name, "junction");
		r->request_n += str_is(name, "request");
		r->way_n += str_is(name, "connection");
	}
}

static bool reserve(struct reader *r, struct err *e)
{
	struct net *n = r->net;
	n->links = arena_new(&n->arena, struct net_link, n->link_n + 1);
	n->lanes = arena_new(&n->arena, struct net_lane, n->lane_n + 1);
	n->signals = arena_new(&n->arena, struct net_signal, n->signal_n + 1);
	r->junctions = arena_new(r->scratch, struct junction, r->junction_n + 1);
	r->ways = arena_new(r->scratch, struct way, r->way_n + 1);
	r->foes = arena_new(r->scratch, struct str, r->request_n + 1);
	r->response = arena_new(r->scratch, struct str, r->request_n + 1);
	r->is_crossing = arena_new(r->scratch, bool, n->lane_n + 1);
	r->edges = arena_new(r->scratch, struct edge, n->link_n + 1);
	n->lane_name_n = table_size(n->lane_n);
	n->signal_name_n = table_size(n->signal_n);
	r->link_name_n = table_size(n->link_n);
	r->junction_name_n = table_size(r->junction_n);
	n->lane_names = table_new(&n->arena, n->lane_name_n);
	n->signal_names = table_new(&n->arena, n->signal_name_n);
	r->link_names = table_new(r->scratch, r->link_name_n);
	r->junction_names = table_new(r->scratch, r->junction_name_n);
	if (n->arena.is_full || r->scratch->is_full) {
		return err_set(e, ERR_MEMORY, "no memory for the road network");
	}
	n->link_n = n->lane_n = n->signal_n = 0;
	r->junction_n = r->way_n = r->request_n = 0;
	return true;
}

/* --- Second pass -----------------------------------------------------------------------------------------------------
 */

/* "1.0,2.0 3.0,4.0[,z] ..." gives its first and last point. */
static void read_shape(struct net_lane *lane, struct str shape)
{
	struct str point, x, y, z;
	bool is_first = true;
	while (str_next(&shape, ' ', &point)) {
		if (str_cut(point, ',', &x, &y)) {
			str_cut(y, ',', &y, &z);
			lane->x2 = (float)net_number(x, 0);
			lane->y2 = (float)net_number(y, 0);
			if (is_first) {
				lane->x = lane->x2;
				lane->y = lane->y2;
			}
			is_first = false;
		}
	}
}

/* Whether anything on wheels may use it. */
static bool is_for_walkers(const struct xml *x)
{
	struct str allowed, piece;
	bool is_said = xml_attribute(x, "allow", &allowed), has_wheels = !is_said;
	while (is_said && str_next(&allowed, ' ', &piece)) {
		has_wheels = has_wheels || !(str_is(piece, "pedestrian") || piece.n == 0);
	}
	return !has_wheels || str_is(attribute(x, "disallow"), "all");
}

static bool read_lane(struct reader *r, uint32_t link, struct str function, struct err *e)
{
	struct net *n = r->net;
	struct xml *x = &r->xml;
	struct net_lane *lane = &n->lanes[n->lane_n];
	struct str id = attribute(x, "id");
	if (id.n == 0 || net_lane_find(n, id) != NET_NONE) {
		return xml_wrong(x, e, "a lane has no name, or one that stands twice");
	}
	*lane = (struct net_lane){
		.id = arena_copy(&n->arena, id),
		.link = link,
		.after = NET_NONE,
		.length_m = within(net_number(attribute(x, "length"), 0), LENGTH_LEAST_M, LENGTH_MOST_M),
		.speed_mps = within(net_number(attribute(x, "speed"), 0), SPEED_LEAST_MPS, SPEED_MOST_MPS),
		.is_inner = link == NET_NONE,
		.is_walk = is_for_walkers(x) || str_is(function, "crossing") || str_is(function, "walkingarea"),
	};
	read_shape(lane, attribute(x, "shape"));
	r->is_crossing[n->lane_n] = str_is(function, "crossing");
	if (n->arena.is_full) {
		return err_set(e, ERR_MEMORY, "no memory for the lanes");
	}
	table_put(n->lane_names, n->lane_name_n, lane->id, n->lane_n);
	if (link != NET_NONE) {
		struct net_link *l = &n->links[link];
		l->lane_n++;
		l->length_m = lane->length_m > l->length_m ? lane->length_m : l->length_m;
		if (!lane->is_walk && lane->speed_mps > l->speed_mps) {
			l->speed_mps = lane->speed_mps;
		}
	}
	n->lane_n++;
	return true;
}

static bool read_edge(struct reader *r, uint32_t *link, struct str *function, struct err *e)
{
	struct net *n = r->net;
	struct xml *x = &r->xml;
	struct str id = attribute(x, "id");
	*function = attribute(x, "function");
	*link = NET_NONE;
	if (id.n == 0) {
		return xml_wrong(x, e, "an edge has no name");
	}
	if (id.p[0] == ':') {
		return true;
	}
	if (link_find(r, id) != NET_NONE) {
		return xml_wrong(x, e, "two edges have one name");
	}
	*link = n->link_n;
	n->links[n->link_n] = (struct net_link){.id = arena_copy(&n->arena, id),
	                                        .name = arena_copy(&n->arena, attribute(x, "name")),
	                                        .lane = n->lane_n,
	                                        .speed_mps = SPEED_LEAST_MPS};
	r->edges[n->link_n] = (struct edge){attribute(x, "from"), attribute(x, "to"), attribute(x, "shape")};
	table_put(r->link_names, r->link_name_n, id, n->link_n++);
	return true;
}

static void read_connection(struct reader *r)
{
	const struct xml *x = &r->xml;
	struct str turn = attribute(x, "dir");
	struct way *w = &r->ways[r->way_n++];
	*w = (struct way){
		.from = attribute(x, "from"),
		.to = attribute(x, "to"),
		.via = attribute(x, "via"),
		.signal = attribute(x, "tl"),
		.from_lane = small(x, "fromLane"),
		.to_lane = small(x, "toLane"),
		.group = small(x, "linkIndex"),
		.turn = turn.n > 0 ? turn.p[0] : 's',
	};
	w->is_from_inner = str_starts(w->from, STR(":"));
}

/* One character a group: G g y Y r u s o O. */
static bool read_state(struct net_phase *p, struct str state)
{
	for (size_t i = 0; i < state.n; i++) {
		char c = state.p[i];
		if (c == 'G' || c == 'g') {
			groups_add(&p->green, i);
		} else if (c == 'y' || c == 'Y') {
			groups_add(&p->yellow, i);
		} else if (str_find_byte(STR("rusoO"), c) == SIZE_MAX) {
			return false;
		}
		if (c == 'g') {
			groups_add(&p->yields, i);
		}
	}
	return true;
}

static int32_t duration(const struct xml *x, const char *name)
{
	double s = net_number(attribute(x, name), 0);
	return s > 0 && s <= DURATION_MOST_S ? (int32_t)(s * 1000.0 + 0.5) : 0;
}

/* A tlLogic with its phases, up to its end tag. False in *is_good: it makes no sense, and is passed over. */
static bool read_programme(struct xml *x, struct arena *a, struct net_signal *s, bool *is_good, struct err *e)
{
	struct net_phase phases[PHASES_MAX], *kept;
	uint32_t n = 0, group_n = 0;
	enum xml_kind kind = XML_START;
	*is_good = s->id.n > 0;
	s->offset_ms = (int64_t)(within(net_number(attribute(x, "offset"), 0), -86400, 86400) * 1000);
	size_t depth = x->depth;
	for (;;) {
		if (!xml_next(x, &kind, e)) {
			return false;
		}
		if (kind == XML_STOP && x->depth < depth) {
			break;
		}
		if (kind != XML_START || !str_is(x->name, "phase")) {
			continue;
		}
		struct str state = attribute(x, "state");
		struct net_phase p = {.duration_ms = duration(x, "duration"),
		                      .least_ms = duration(x, "minDur"),
		                      .most_ms = duration(x, "maxDur")};
		*is_good = *is_good && n < PHASES_MAX && state.n > 0 && state.n <= GROUPS_MAX && p.duration_ms > 0 &&
		           read_state(&p, state);
		if (*is_good) {
			group_n = state.n > group_n ? (uint32_t)state.n : group_n;
			phases[n++] = p;
		}
	}
	kept = arena_new(a, struct net_phase, n + 1);
	if (kept == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the programme of a signal");
	}
	memcpy(kept, phases, n * sizeof *kept);
	s->phases = kept;
	s->phase_n = n;
	s->group_n = group_n > s->group_n ? group_n : s->group_n;
	return true;
}

static bool read_signal(struct reader *r, struct err *e)
{
	struct net *n = r->net;
	struct net_signal s = {.id = arena_copy(&n->arena, attribute(&r->xml, "id"))};
	bool is_good;
	if (!read_programme(&r->xml, &n->arena, &s, &is_good, e)) {
		return false;
	}
	uint32_t at = is_good ? net_signal_find(n, s.id) : NET_NONE;
	if (!is_good) {
		n->left_out++;
	} else if (at != NET_NONE) {
		n->signals[at] = s; /* a second programme of the same signal: the later one counts */
	} else {
		n->signals[n->signal_n] = s;
		table_put(n->signal_names, n->signal_name_n, s.id, n->signal_n++);
	}
	return true;
}

static bool fill(struct reader *r, struct str text, struct err *e)
{
	struct xml *x = &r->xml;
	struct junction *junction = NULL;
	struct str function = STR_EMPTY;
	uint32_t link = NET_NONE;
	enum xml_kind kind;
	bool is_in_edge = false, ok = xml_begin(x, r->scratch, text, e);
	while (ok) {
		ok = xml_next(x, &kind, e);
		if (!ok || kind == XML_END) {
			break;
		}
		if (kind == XML_STOP) {
			is_in_edge = is_in_edge && !str_is(x->name, "edge") && x->depth >= 2;
			continue;
		}
		if (str_is(x->name, "edge")) {
			ok = read_edge(r, &link, &function, e);
			is_in_edge = true;
		} else if (str_is(x->name, "lane")) {
			ok = is_in_edge ? read_lane(r, link, function, e) : xml_wrong(x, e, "a lane stands outside of an edge");
		} else if (str_is(x->name, "tlLogic")) {
			ok = read_signal(r, e);
		} else if (str_is(x->name, "connection")) {
			read_connection(r);
		} else if (str_is(x->name, "junction")) {
			junction = &r->junctions[r->junction_n];
			*junction = (struct junction){.id = attribute(x, "id"),
			                              .foes = &r->foes[r->foes_n],
			                              .response = &r->response[r->foes_n],
			                              .x = (float)net_number(attribute(x, "x"), 0),
			                              .y = (float)net_number(attribute(x, "y"), 0)};
			table_put(r->junction_names, r->junction_name_n, junction->id, r->junction_n++);
		} else if (str_is(x->name, "request") && junction != NULL) {
			r->foes[r->foes_n] = attribute(x, "foes");
			r->response[r->foes_n++] = attribute(x, "response");
			junction->n++;
		}
	}
	return ok;
}

/* --- Joining ---------------------------------------------------------------------------------------------------------
 */

static uint32_t lane_of(const struct reader *r, struct str edge, uint32_t index)
{
	char id[300];
	if (str_starts(edge, STR(":"))) {
		int k = snprintf(id, sizeof id, "%.*s_%u", STR_ARG(edge), index);
		return k > 0 && (size_t)k < sizeof id ? net_lane_find(r->net, str_from(id, (size_t)k)) : NET_NONE;
	}
	uint32_t link = link_find(r, edge);
	return link != NET_NONE && index < r->net->links[link].lane_n ? r->net->links[link].lane + index : NET_NONE;
}

/* ":junction_7_1" (edge 7, lane 1) is way 8 of the junction. */
static bool way_of(const struct reader *r, struct str via, uint32_t *junction, uint32_t *request)
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
	*junction = junction_find(r, str_sub(via, 1, SIZE_MAX));
	*request = (uint32_t)(numbers[0] + numbers[1]);
	return *junction != NET_NONE && *request < r->junctions[*junction].n;
}

/* Crossings come behind the ways of vehicles in a junction's table: ":junction_c2" is the third of them. */
static bool crossing_way_of(const struct reader *r, struct str edge, const uint32_t *ways_of_wheels, uint32_t *junction,
                            uint32_t *request)
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
	*junction = junction_find(r, str_sub(edge, 1, at - 2));
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

static bool join_moves(struct reader *r, struct err *e)
{
	struct net *n = r->net;
	uint32_t *next = table_new(r->scratch, n->lane_n + 1), *wheels = arena_new(r->scratch, uint32_t, r->junction_n + 1);
	n->moves = arena_new(&n->arena, struct net_move, r->way_n + 1);
	if (next == NULL || wheels == NULL || n->moves == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the movements");
	}
	for (uint32_t i = 0; i < r->way_n; i++) {
		const struct way *w = &r->ways[i];
		uint32_t from = lane_of(r, w->from, w->from_lane), junction, request;
		if (w->is_from_inner && from != NET_NONE) {
			next[from] = w->via.n > 0 ? net_lane_find(n, w->via) : lane_of(r, w->to, w->to_lane);
		} else if (way_of(r, w->via, &junction, &request) && request >= wheels[junction]) {
			wheels[junction] = request + 1;
		}
	}
	for (uint32_t i = 0; i < r->way_n; i++) {
		const struct way *w = &r->ways[i];
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
static bool is_beside_way(struct net_point p, const struct junction *from, const struct junction *to)
{
	float dx = to->x - from->x, dy = to->y - from->y, length = hypotf(dx, dy);
	return length > 0 && fabsf(dx * (p.y - from->y) - dy * (p.x - from->x)) / length < BESIDE_M;
}

/* The middle of each link: its own shape where it has one, else straight from junction to junction. */
static bool join_shapes(struct reader *r, struct err *e)
{
	struct net *n = r->net;
	for (uint32_t i = 0; i < n->link_n; i++) {
		struct str shape = r->edges[i].shape, piece, x, y, z;
		uint32_t from = junction_find(r, r->edges[i].from), to = junction_find(r, r->edges[i].to), all = 0, k = 0;
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

static void meet(struct groups *foes, struct groups *cede, const struct reader *r, const struct net_move *a,
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
	const struct junction *j = is_known ? &r->junctions[a->junction] : NULL;
	if (!is_known || row_has(j->foes[a->request], b->request) || row_has(j->foes[b->request], a->request)) {
		groups_add(&foes[a->group], b->group);
		groups_add(&foes[b->group], a->group);
		if (is_known && row_has(j->response[a->request], b->request)) {
			groups_add(&cede[a->group], b->group);
		}
	}
}

static bool join_foes(struct reader *r, struct err *e)
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

static bool unpacked(struct str *text, struct buf *room, struct err *e)
{
	buf_init(room, TEXT_MAX_BYTES);
	if (gzip_is(*text)) {
		if (!gzip_unpack(*text, room, e)) {
			return false;
		}
		*text = buf_str(room);
	}
	return true;
}

bool net_read_sumo(struct net *n, struct str text, struct err *e)
{
	struct arena scratch;
	struct buf room;
	*n = (struct net){0};
	arena_init(&n->arena, NET_ARENA_BYTES);
	arena_init(&scratch, NET_ARENA_BYTES);
	struct reader r = {.net = n, .scratch = &scratch};
	bool ok = unpacked(&text, &room, e) && count(&r, text, e) && reserve(&r, e) && fill(&r, text, e) &&
	          join_moves(&r, e) && join_lists(n, e) && join_foes(&r, e) && join_shapes(&r, e);
	if (ok && (n->arena.is_full || scratch.is_full)) {
		ok = err_set(e, ERR_MEMORY, "no memory for the road network");
	}
	buf_release(&room);
	arena_release(&scratch);
	if (!ok) {
		net_release(n);
	}
	return ok;
}

bool net_read_programmes(struct net *n, struct str text, struct err *e)
{
	struct arena scratch;
	struct buf room;
	struct xml x;
	enum xml_kind kind = XML_START;
	arena_init(&scratch, NET_ARENA_BYTES);
	bool ok = unpacked(&text, &room, e) && xml_begin(&x, &scratch, text, e);
	while (ok) {
		ok = xml_next(&x, &kind, e);
		if (!ok || kind == XML_END) {
			break;
		}
		if (kind == XML_START && str_is(x.name, "tlLogic")) {
			uint32_t at = net_signal_find(n, attribute(&x, "id"));
			struct net_signal other = {.id = STR("a signal that the net does not have")};
			struct net_signal read = at != NET_NONE ? n->signals[at] : other;
			bool is_good;
			ok = read_programme(&x, at != NET_NONE ? &n->arena : &scratch, &read, &is_good, e);
			/* A programme of another number of groups is not the one of this signal. */
			if (ok && at != NET_NONE && is_good && read.phase_n > 0 && read.group_n == n->signals[at].group_n) {
				n->signals[at] = read;
			}
		}
	}
	buf_release(&room);
	arena_release(&scratch);
	return ok;
}
