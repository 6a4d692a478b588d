/* SUMO's .net.xml: two passes, one that counts and one that fills; then what refers to one another is joined
 * (net_join.c). */
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/gzip.h"
#include "brain/net_sumo_inside.h"

enum { NET_ARENA_BYTES = 1 << 30, TEXT_MAX_BYTES = 1 << 30, NUMBER_MAX = 40, PHASES_MAX = 200 };
#define LENGTH_LEAST_M 0.1F
#define LENGTH_MOST_M 100000.0F
#define SPEED_LEAST_MPS 0.5F
#define SPEED_MOST_MPS 150.0F
#define DURATION_MOST_S 86400.0

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

uint32_t *net_table(struct arena *a, uint32_t size)
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

uint32_t net_reader_link(const struct net_reader *r, struct str id)
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

uint32_t net_reader_junction(const struct net_reader *r, struct str id)
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

static bool count(struct net_reader *r, struct str text, struct err *e)
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

static bool reserve(struct net_reader *r, struct err *e)
{
	struct net *n = r->net;
	n->links = arena_new(&n->arena, struct net_link, n->link_n + 1);
	n->lanes = arena_new(&n->arena, struct net_lane, n->lane_n + 1);
	n->signals = arena_new(&n->arena, struct net_signal, n->signal_n + 1);
	r->junctions = arena_new(r->scratch, struct net_junction, r->junction_n + 1);
	r->ways = arena_new(r->scratch, struct net_way, r->way_n + 1);
	r->foes = arena_new(r->scratch, struct str, r->request_n + 1);
	r->response = arena_new(r->scratch, struct str, r->request_n + 1);
	r->is_crossing = arena_new(r->scratch, bool, n->lane_n + 1);
	r->edges = arena_new(r->scratch, struct net_edge, n->link_n + 1);
	n->lane_name_n = table_size(n->lane_n);
	n->signal_name_n = table_size(n->signal_n);
	r->link_name_n = table_size(n->link_n);
	r->junction_name_n = table_size(r->junction_n);
	n->lane_names = net_table(&n->arena, n->lane_name_n);
	n->signal_names = net_table(&n->arena, n->signal_name_n);
	r->link_names = net_table(r->scratch, r->link_name_n);
	r->junction_names = net_table(r->scratch, r->junction_name_n);
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

static bool read_lane(struct net_reader *r, uint32_t link, struct str function, struct err *e)
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

static bool read_edge(struct net_reader *r, uint32_t *link, struct str *function, struct err *e)
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
	if (net_reader_link(r, id) != NET_NONE) {
		return xml_wrong(x, e, "two edges have one name");
	}
	*link = n->link_n;
	n->links[n->link_n] = (struct net_link){.id = arena_copy(&n->arena, id),
	                                        .name = arena_copy(&n->arena, attribute(x, "name")),
	                                        .lane = n->lane_n,
	                                        .speed_mps = SPEED_LEAST_MPS};
	r->edges[n->link_n] = (struct net_edge){attribute(x, "from"), attribute(x, "to"), attribute(x, "shape")};
	table_put(r->link_names, r->link_name_n, id, n->link_n++);
	return true;
}

static void read_connection(struct net_reader *r)
{
	const struct xml *x = &r->xml;
	struct str turn = attribute(x, "dir");
	struct net_way *w = &r->ways[r->way_n++];
	*w = (struct net_way){
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

static bool read_signal(struct net_reader *r, struct err *e)
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

static bool fill(struct net_reader *r, struct str text, struct err *e)
{
	struct xml *x = &r->xml;
	struct net_junction *junction = NULL;
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
			*junction = (struct net_junction){.id = attribute(x, "id"),
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

/* --- The whole ------------------------------------------------------------------------------------------------------
 */

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
	struct net_reader r = {.net = n, .scratch = &scratch};
	bool ok = unpacked(&text, &room, e) && count(&r, text, e) && reserve(&r, e) && fill(&r, text, e) && net_join(&r, e);
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
