#include "brain/orders.h"

#include <errno.h>
#include <unistd.h>

#include "base/fault.h"
#include "brain/city.h"
#include "brain/net_build.h"
#include "os/file.h"

_Static_assert((int)ORDER_STAGES_MAX == (int)STAGES_MAX, "bounds are by stage");
enum { STATE_MAX_BYTES = 64 * 1024 * 1024, DAY_MIN = 24 * 60, DAY_MS = DAY_MIN * 60000, WEEK = 0x7f };
#define FORMAT "cityhall-brain-orders-1"
#define WEIGHT_PARTS 1000.0F

/* --- Orders on the wire ----------------------------------------------------------------------------------------------
 */

static void put_u16(struct buf *to, uint16_t v)
{
	codec_put_u8(to, (uint8_t)(v >> 8));
	codec_put_u8(to, (uint8_t)v);
}

static uint16_t take_u16(struct codec *m)
{
	uint16_t high = codec_u8(m);
	return (uint16_t)(high << 8 | codec_u8(m));
}

static void put_weight(struct buf *to, float weight)
{
	codec_put_u32(to, (uint32_t)(weight * WEIGHT_PARTS + 0.5F));
}

static float take_weight(struct codec *m)
{
	float weight = (float)codec_u32(m) / WEIGHT_PARTS;
	m->failed = m->failed || weight > PRIORITY_WEIGHT_MOST;
	return m->failed ? 0 : weight;
}

static void put_list(struct buf *to, const uint32_t *list, uint32_t n)
{
	codec_put_u32(to, n);
	for (uint32_t i = 0; i < n; i++) {
		codec_put_u32(to, list[i]);
	}
}

/* Numbers below `end`. */
static uint32_t take_list(struct codec *m, uint32_t *list, uint32_t room, uint32_t end)
{
	uint32_t n = codec_count(m, room, sizeof *list);
	for (uint32_t i = 0; !m->failed && i < n; i++) {
		list[i] = codec_u32(m);
		m->failed = m->failed || list[i] >= end;
	}
	return m->failed ? 0 : n;
}

static void put_bounds(struct buf *to, const uint16_t *least_s, const uint16_t *most_s)
{
	uint8_t n = STAGES_MAX;
	while (n > 0 && least_s[n - 1] == 0 && most_s[n - 1] == 0) {
		n--;
	}
	codec_put_u8(to, n);
	for (uint8_t i = 0; i < n; i++) {
		put_u16(to, least_s[i]);
		put_u16(to, most_s[i]);
	}
}

static void take_bounds(struct codec *m, uint16_t *least_s, uint16_t *most_s)
{
	uint8_t n = codec_u8(m);
	m->failed = m->failed || n > STAGES_MAX;
	for (uint8_t i = 0; !m->failed && i < n; i++) {
		least_s[i] = take_u16(m);
		most_s[i] = take_u16(m);
		m->failed = m->failed || (most_s[i] > 0 && most_s[i] < least_s[i]);
	}
}

void orders_put(struct buf *to, const struct order *o)
{
	codec_put_i64(to, (int64_t)o->number);
	codec_put_u8(to, o->kind);
	codec_put_u8(to, o->mode);
	codec_put_u8(to, o->priority);
	codec_put_flag(to, o->has_bounds);
	if (o->has_bounds) {
		put_bounds(to, o->least_s, o->most_s);
	}
	put_weight(to, o->weight);
	codec_put_u32(to, o->id);
	codec_put_u8(to, o->days);
	put_u16(to, o->from_min);
	put_u16(to, o->until_min);
	codec_put_u32(to, o->from_link);
	codec_put_u32(to, o->to_link);
	codec_put_i64(to, o->eta_ms);
	put_list(to, o->list, o->list_n);
}

static void take_order(struct codec *m, struct order *o, uint32_t *list, uint32_t room)
{
	*o = (struct order){.list = list};
	int64_t number = codec_i64(m);
	o->number = number > 0 ? (uint64_t)number : 0;
	o->kind = codec_u8(m);
	o->mode = codec_u8(m);
	o->priority = codec_u8(m);
	o->has_bounds = codec_flag(m);
	if (o->has_bounds) {
		take_bounds(m, o->least_s, o->most_s);
	}
	o->weight = take_weight(m);
	o->id = codec_u32(m);
	o->days = codec_u8(m);
	o->from_min = take_u16(m);
	o->until_min = take_u16(m);
	o->from_link = codec_u32(m);
	o->to_link = codec_u32(m);
	o->eta_ms = codec_within(m, TIME_MOST_MS);
	o->list_n = take_list(m, list, room, UINT32_MAX);
	m->failed = m->failed || o->number == 0;
}

/* --- What an order does ----------------------------------------------------------------------------------------------
 */

static bool all_below(const struct order *o, uint32_t end)
{
	for (uint32_t i = 0; i < o->list_n; i++) {
		if (o->list[i] >= end) {
			return false;
		}
	}
	return true;
}

/* That no way leads there is nothing that could be known before: such an order is taken, and nobody goes before others.
 */
static bool is_way(const struct net *n, const struct order *o)
{
	return o->list_n == 0 ? o->from_link < n->link_n && o->to_link < n->link_n
	                      : o->list_n <= PRIORITY_LINKS_MAX && all_below(o, n->link_n);
}

static bool makes_sense(const struct city *c, const struct order *o)
{
	switch ((enum order_kind)o->kind) {
	case ORDER_MODE:
		return o->mode < MODES && all_below(o, c->net->signal_n) && (!o->has_bounds || o->list_n == 1);
	case ORDER_GIVE_BACK:
		return all_below(o, c->net->signal_n);
	case ORDER_WEIGHT:
		return o->priority < PRIORITIES;
	case ORDER_SCHOOL:
		return o->list_n <= PRIORITY_SCHOOL_SIGNALS_MAX && all_below(o, c->net->signal_n) && o->days <= WEEK &&
		       o->from_min != o->until_min && o->from_min <= DAY_MIN && o->until_min <= DAY_MIN;
	case ORDER_ROUTE:
		return o->priority == PRIORITY_EMERGENCY && o->eta_ms >= -DAY_MS && is_way(c->net, o);
	case ORDER_FORGET:
		return true;
	}
	return false;
}

static void set_mode(struct city *c, const struct order *o)
{
	for (uint32_t i = 0; i < o->list_n; i++) {
		struct mode_set *m = &c->signals[o->list[i]].mode;
		m->mode = o->kind == ORDER_GIVE_BACK ? MODE_WATCH : o->mode;
		m->is_given_back = o->kind == ORDER_GIVE_BACK;
		if (o->has_bounds) {
			memcpy(m->least_s, o->least_s, sizeof m->least_s);
			memcpy(m->most_s, o->most_s, sizeof m->most_s);
		}
	}
}

static void set_school(struct priority_rules *r, const struct order *o)
{
	uint32_t i = 0;
	while (i < r->school_n && r->schools[i].id != o->id) {
		i++;
	}
	if (i == PRIORITY_SCHOOLS_MAX) {
		return; /* no more than so many */
	}
	r->school_n = i == r->school_n ? i + 1 : r->school_n;
	r->schools[i] = (struct priority_school){
		.id = o->id, .days = o->days, .from_min = o->from_min, .until_min = o->until_min, .signal_n = o->list_n};
	memcpy(r->schools[i].signals, o->list, o->list_n * sizeof *o->list);
}

static void forget(struct priority_rules *r, uint32_t id)
{
	for (uint32_t i = r->route_n; i-- > 0;) {
		if (r->routes[i].id == id) {
			memmove(&r->routes[i], &r->routes[i + 1], (--r->route_n - i) * sizeof r->routes[0]);
		}
	}
	for (uint32_t i = r->school_n; i-- > 0;) {
		if (r->schools[i].id == id) {
			memmove(&r->schools[i], &r->schools[i + 1], (--r->school_n - i) * sizeof r->schools[0]);
		}
	}
}

static void set_route(struct city *c, const struct order *o)
{
	struct priority_rules *r = &c->rules;
	uint32_t i = 0;
	while (i < r->route_n && r->routes[i].id != o->id) {
		i++;
	}
	if (i == PRIORITY_ROUTES_MAX) {
		/* The oldest makes room: who forgets to forget must not close the way to the next. */
		forget(r, r->routes[0].id);
		i = r->route_n;
	}
	r->route_n = i == r->route_n ? i + 1 : r->route_n;
	struct priority_route *way = &r->routes[i];
	*way = (struct priority_route){.id = o->id, .kind = o->priority, .link_n = o->list_n, .eta_ms = o->eta_ms};
	if (o->list_n > 0) {
		memcpy(way->links, o->list, o->list_n * sizeof *o->list);
	} else {
		way->link_n = priority_way(c->net, o->from_link, o->to_link, way->links);
	}
	way->eta_ms = o->eta_ms > 0 ? o->eta_ms : c->now_ms - o->eta_ms;
}

static void obey(struct city *c, const struct order *o)
{
	switch ((enum order_kind)o->kind) {
	case ORDER_MODE:
	case ORDER_GIVE_BACK:
		set_mode(c, o);
		break;
	case ORDER_WEIGHT:
		c->rules.weight[o->priority] = o->weight;
		break;
	case ORDER_SCHOOL:
		set_school(&c->rules, o);
		break;
	case ORDER_ROUTE:
		set_route(c, o);
		break;
	case ORDER_FORGET:
		forget(&c->rules, o->id);
		break;
	}
}

/* Once to look whether all make sense, then to obey. */
static bool go_through(struct city *c, struct str message, bool obeys, uint32_t *list, uint32_t room, uint32_t *taken,
                       struct err *e)
{
	struct codec m = codec_of(message);
	uint64_t last = 0;
	*taken = 0;
	while (m.rest.n > 0 && !m.failed) {
		struct order o;
		take_order(&m, &o, list, room);
		m.failed = m.failed || o.number <= last || !makes_sense(c, &o);
		last = o.number;
		if (obeys && !m.failed && o.number > c->orders_last) {
			obey(c, &o);
			c->orders_last = o.number;
			++*taken;
		}
	}
	return codec_end(&m, e);
}

bool orders_take(struct city *c, struct str message, uint32_t *taken, struct err *e)
{
	uint32_t room = (uint32_t)(message.n / 4);
	uint32_t *list = mem_alloc(room + 1, sizeof *list);
	*taken = 0;
	bool ok = list != NULL || err_set(e, ERR_MEMORY, "no memory for orders");
	ok =
		ok && go_through(c, message, false, list, room, taken, e) && go_through(c, message, true, list, room, taken, e);
	mem_free(list);
	return ok;
}

uint64_t orders_newest(struct str message)
{
	struct codec m = codec_of(message);
	uint64_t newest = 0;
	uint32_t *list = mem_alloc(message.n / 4 + 1, sizeof *list);
	while (list != NULL && m.rest.n > 0 && !m.failed) {
		struct order o;
		take_order(&m, &o, list, (uint32_t)(message.n / 4));
		newest = !m.failed && o.number > newest ? o.number : newest;
	}
	mem_free(list);
	return newest;
}

void orders_begin(struct city *c, enum mode mode)
{
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		c->signals[i].mode.mode = (uint8_t)mode;
	}
}

/* --- What is ordered -------------------------------------------------------------------------------------------------
 */

void orders_put_state(struct buf *to, const struct city *c)
{
	const struct priority_rules *r = &c->rules;
	codec_put_i64(to, (int64_t)c->orders_last);
	codec_put_u32(to, c->net->signal_n);
	for (uint32_t i = 0; i < c->net->signal_n; i++) {
		const struct mode_set *m = &c->signals[i].mode;
		codec_put_u8(to, (uint8_t)(m->mode | m->is_given_back << 7));
		put_bounds(to, m->least_s, m->most_s);
	}
	for (uint32_t i = 0; i < PRIORITIES; i++) {
		put_weight(to, r->weight[i]);
	}
	codec_put_u32(to, r->route_n);
	for (uint32_t i = 0; i < r->route_n; i++) {
		codec_put_u32(to, r->routes[i].id);
		codec_put_u8(to, r->routes[i].kind);
		codec_put_i64(to, r->routes[i].eta_ms);
		put_list(to, r->routes[i].links, r->routes[i].link_n);
	}
	codec_put_u32(to, r->school_n);
	for (uint32_t i = 0; i < r->school_n; i++) {
		codec_put_u32(to, r->schools[i].id);
		codec_put_u8(to, r->schools[i].days);
		put_u16(to, r->schools[i].from_min);
		put_u16(to, r->schools[i].until_min);
		put_list(to, r->schools[i].signals, r->schools[i].signal_n);
	}
}

static void take_mode(struct city_signal *s, struct codec *m)
{
	uint8_t bits = codec_u8(m);
	struct mode_set set = {.mode = bits & 0x7f, .is_given_back = bits >> 7 != 0};
	take_bounds(m, set.least_s, set.most_s);
	if (m->failed || set.mode >= MODES) {
		m->failed = true;
		return;
	}
	if (set.mode != s->mode.mode) {
		s->watched = (struct mode_watched){0};
	}
	s->mode = set;
}

/* Nothing is led that nobody is known to have wanted to be. */
static void lead_nobody(struct city *c)
{
	priority_rules_init(&c->rules);
	orders_begin(c, MODE_WATCH);
}

bool orders_take_state(struct city *c, struct codec *m, struct err *e)
{
	struct priority_rules *r = &c->rules;
	int64_t last = codec_i64(m);
	m->failed = m->failed || last < 0 || codec_u32(m) != c->net->signal_n;
	for (uint32_t i = 0; !m->failed && i < c->net->signal_n; i++) {
		take_mode(&c->signals[i], m);
	}
	for (uint32_t i = 0; i < PRIORITIES; i++) {
		r->weight[i] = take_weight(m);
	}
	r->route_n = codec_count(m, PRIORITY_ROUTES_MAX, 17);
	for (uint32_t i = 0; !m->failed && i < r->route_n; i++) {
		struct priority_route *way = &r->routes[i];
		way->id = codec_u32(m);
		way->kind = codec_u8(m);
		way->eta_ms = codec_within(m, TIME_MOST_MS);
		way->link_n = take_list(m, way->links, PRIORITY_LINKS_MAX, c->net->link_n);
		m->failed = m->failed || way->kind >= PRIORITIES;
	}
	r->school_n = codec_count(m, PRIORITY_SCHOOLS_MAX, 13);
	for (uint32_t i = 0; !m->failed && i < r->school_n; i++) {
		struct priority_school *s = &r->schools[i];
		s->id = codec_u32(m);
		s->days = codec_u8(m);
		s->from_min = take_u16(m);
		s->until_min = take_u16(m);
		s->signal_n = take_list(m, s->signals, PRIORITY_SCHOOL_SIGNALS_MAX, c->net->signal_n);
	}
	if (m->failed) {
		lead_nobody(c);
		return err_set(e, ERR_CORRUPT, "what is ordered makes no sense for this net");
	}
	c->orders_last = (uint64_t)last;
	return true;
}

/* --- The file --------------------------------------------------------------------------------------------------------
 */

/* Of the names of all signals, in their order. */
static uint32_t fingerprint(const struct net *n)
{
	uint32_t h = n->link_n;
	for (uint32_t i = 0; i < n->signal_n; i++) {
		h = h * 31 + net_hash(n->signals[i].id);
	}
	return h;
}

bool orders_save(const struct city *c, const char *path, struct err *e)
{
	struct buf text;
	buf_init(&text, STATE_MAX_BYTES);
	codec_put_str(&text, STR(FORMAT));
	codec_put_u32(&text, fingerprint(c->net));
	orders_put_state(&text, c);
	bool ok = buf_ok(&text, e) && file_replace(&file_layer_real, path, buf_str(&text), 0600, e);
	buf_release(&text);
	return ok;
}

bool orders_load(struct city *c, const char *path, struct err *e)
{
	struct buf text;
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		return true;
	}
	buf_init(&text, STATE_MAX_BYTES);
	bool ok = file_read_whole(path, &text, e);
	if (ok) {
		struct codec m = codec_of(buf_str(&text));
		ok = (str_is(codec_str(&m, sizeof FORMAT), FORMAT) && codec_u32(&m) == fingerprint(c->net)) ||
		     err_set(e, ERR_BAD_INPUT, "%s holds the orders of another network", path);
		ok = ok && orders_take_state(c, &m, e) && codec_end(&m, e);
	}
	buf_release(&text);
	if (!ok) {
		lead_nobody(c);
	}
	return ok;
}
