#include "brain/frame.h"

#include "base/codec.h"

enum { OUTLINE_MARK = 0x6f7531, FRAME_MARK = 0x667231 };

/* --- Reading --------------------------------------------------------------------------------------------------------
 */

static uint32_t below(struct codec *c, uint32_t end, bool may_be_none)
{
	uint32_t v = codec_u32(c);
	if (v >= end && !(may_be_none && v == FRAME_NONE)) {
		c->failed = true;
	}
	return c->failed ? FRAME_NONE : v;
}

static uint8_t below_u8(struct codec *c, uint8_t end)
{
	uint8_t v = codec_u8(c);
	if (v >= end) {
		c->failed = true;
	}
	return c->failed ? 0 : v;
}

static uint8_t stage_below(struct codec *c, uint32_t end)
{
	uint8_t v = codec_u8(c);
	if (v >= end && v != FRAME_NO_STAGE) {
		c->failed = true;
	}
	return c->failed ? FRAME_NO_STAGE : v;
}

static struct str letters(struct codec *c, const char *known, uint32_t n)
{
	struct str s = codec_bytes(c, FRAME_GROUPS_MAX);
	for (size_t i = 0; i < s.n; i++) {
		c->failed = c->failed || str_find_byte(str_of(known), s.p[i]) == SIZE_MAX;
	}
	c->failed = c->failed || (s.n != n && s.n != 0);
	return c->failed ? STR_EMPTY : s;
}

static void put_point(struct buf *to, struct frame_point p)
{
	codec_put_u32(to, (uint32_t)p.x_dm);
	codec_put_u32(to, (uint32_t)p.y_dm);
}

static struct frame_point take_point(struct codec *c)
{
	int32_t x = (int32_t)codec_u32(c);
	return (struct frame_point){x, (int32_t)codec_u32(c)};
}

static bool take_end(const struct codec *c, const struct arena *a, struct err *e)
{
	return (!a->is_full || err_set(e, ERR_MEMORY, "no memory for the street")) && codec_end(c, e);
}

/* --- The outline ---------------------------------------------------------------------------------------------------
 */

static void put_signal(struct buf *to, const struct outline_signal *s)
{
	codec_put_str(to, s->id);
	codec_put_str(to, s->streets[0]);
	codec_put_str(to, s->streets[1]);
	put_point(to, s->at);
	codec_put_u32(to, s->group_n);
	for (uint32_t g = 0; g < s->group_n; g++) {
		codec_put_u32(to, s->groups[g].link);
		codec_put_u8(to, (uint8_t)s->groups[g].turn);
	}
	codec_put_u32(to, s->stage_n);
	for (uint32_t p = 0; p < s->stage_n; p++) {
		codec_put_bytes(to, s->stages[p].letters);
		codec_put_u32(to, s->stages[p].plan_ms);
	}
}

void outline_put(struct buf *to, const struct outline *o)
{
	codec_put_u32(to, OUTLINE_MARK);
	codec_put_bytes(to, str_from((const char *)o->digest, sizeof o->digest));
	codec_put_flag(to, o->is_demo);
	codec_put_u32(to, o->link_n);
	codec_put_u32(to, o->signal_n);
	codec_put_u32(to, o->crossing_n);
	for (uint32_t i = 0; i < o->link_n; i++) {
		const struct outline_link *l = &o->links[i];
		codec_put_str(to, l->id);
		codec_put_str(to, l->name);
		codec_put_u32(to, l->point_n);
		for (uint32_t k = 0; k < l->point_n; k++) {
			put_point(to, l->points[k]);
		}
		codec_put_u32(to, l->length_dm);
		codec_put_u32(to, l->speed_mmps);
		codec_put_u32(to, l->lanes);
		codec_put_u32(to, l->from_signal);
		codec_put_u32(to, l->to_signal);
	}
	for (uint32_t i = 0; i < o->signal_n; i++) {
		put_signal(to, &o->signals[i]);
	}
	for (uint32_t i = 0; i < o->crossing_n; i++) {
		codec_put_u32(to, o->crossings[i].signal);
		codec_put_u32(to, o->crossings[i].group);
	}
}

static void take_link(struct outline_link *l, struct arena *a, const struct outline *o, struct codec *c)
{
	l->id = codec_str(c, FRAME_NAME_MAX);
	l->name = codec_str(c, FRAME_NAME_MAX);
	l->point_n = codec_count(c, FRAME_POINTS_MAX, 8);
	struct frame_point *points = arena_new(a, struct frame_point, l->point_n + 1);
	for (uint32_t k = 0; points != NULL && k < l->point_n; k++) {
		points[k] = take_point(c);
	}
	l->points = points;
	l->length_dm = codec_u32(c);
	l->speed_mmps = codec_u32(c);
	l->lanes = codec_u32(c);
	l->from_signal = below(c, o->signal_n, true);
	l->to_signal = below(c, o->signal_n, true);
	c->failed = c->failed || l->id.n == 0 || l->point_n < 2 || l->length_dm == 0 || l->speed_mmps == 0;
}

static void take_signal(struct outline_signal *s, struct arena *a, const struct outline *o, struct codec *c)
{
	s->id = codec_str(c, FRAME_NAME_MAX);
	s->streets[0] = codec_str(c, FRAME_NAME_MAX);
	s->streets[1] = codec_str(c, FRAME_NAME_MAX);
	s->at = take_point(c);
	s->group_n = codec_count(c, FRAME_GROUPS_MAX, 5);
	struct outline_group *groups = arena_new(a, struct outline_group, s->group_n + 1);
	for (uint32_t g = 0; groups != NULL && g < s->group_n; g++) {
		groups[g].link = below(c, o->link_n, true);
		groups[g].turn = (char)codec_u8(c);
		c->failed = c->failed || str_find_byte(STR("slrtLRcm"), groups[g].turn) == SIZE_MAX;
	}
	s->groups = groups;
	s->stage_n = codec_count(c, FRAME_STAGES_MAX, 8);
	struct outline_stage *stages = arena_new(a, struct outline_stage, s->stage_n + 1);
	for (uint32_t p = 0; stages != NULL && p < s->stage_n; p++) {
		stages[p].letters = letters(c, "Ggr", s->group_n);
		stages[p].plan_ms = codec_u32(c);
		c->failed = c->failed || stages[p].letters.n != s->group_n;
	}
	s->stages = stages;
	c->failed = c->failed || s->id.n == 0;
}

bool outline_take(struct outline *o, struct arena *a, struct str message, struct err *e)
{
	struct codec c = codec_of(message);
	*o = (struct outline){0};
	c.failed = codec_u32(&c) != OUTLINE_MARK;
	struct str digest = codec_bytes(&c, FRAME_DIGEST_BYTES);
	if (c.failed || digest.n != FRAME_DIGEST_BYTES) {
		return err_set(e, ERR_CORRUPT, "this is no outline of a street");
	}
	memcpy(o->digest, digest.p, FRAME_DIGEST_BYTES);
	o->is_demo = codec_flag(&c);
	uint32_t link_n = codec_count(&c, FRAME_LINKS_MAX, 48), signal_n = codec_count(&c, FRAME_SIGNALS_MAX, 28),
			 crossing_n = codec_count(&c, FRAME_SIGNALS_MAX * 8, 8);
	struct outline_link *links = arena_new(a, struct outline_link, link_n + 1);
	struct outline_signal *signals = arena_new(a, struct outline_signal, signal_n + 1);
	struct outline_crossing *crossings = arena_new(a, struct outline_crossing, crossing_n + 1);
	if (links == NULL || signals == NULL || crossings == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the street");
	}
	o->links = links;
	o->signals = signals;
	o->crossings = crossings;
	o->link_n = link_n;
	o->signal_n = signal_n;
	o->crossing_n = crossing_n;
	for (uint32_t i = 0; !c.failed && i < link_n; i++) {
		take_link(&links[i], a, o, &c);
	}
	for (uint32_t i = 0; !c.failed && i < signal_n; i++) {
		take_signal(&signals[i], a, o, &c);
	}
	for (uint32_t i = 0; !c.failed && i < crossing_n; i++) {
		crossings[i].signal = below(&c, signal_n, false);
		crossings[i].group = c.failed ? 0 : below(&c, signals[crossings[i].signal].group_n, false);
	}
	return take_end(&c, a, e);
}

/* --- A frame ---------------------------------------------------------------------------------------------------------
 */

static void put_link(struct buf *to, const struct frame_link *l)
{
	bool is_plain = l->count_10 == 0 && l->doubted == 0;
	codec_put_flag(to, !is_plain);
	if (is_plain) {
		return;
	}
	codec_put_u32(to, l->count_10);
	codec_put_u32(to, l->halting_10);
	codec_put_u32(to, l->speed_mmps);
	codec_put_u8(to, l->full_percent);
	codec_put_u8(to, l->doubted);
	codec_put_u32(to, l->queue_dm);
}

/* How many stages have bounds, then each; most have none. */
static void put_bounds(struct buf *to, const struct frame_signal *s)
{
	uint32_t n = 0;
	for (uint32_t p = 0; s->least_s != NULL && s->most_s != NULL && p < FRAME_STAGES_MAX; p++) {
		n = s->least_s[p] > 0 || s->most_s[p] > 0 ? p + 1 : n;
	}
	codec_put_u32(to, n);
	for (uint32_t p = 0; p < n; p++) {
		codec_put_u32(to, s->least_s[p]);
		codec_put_u32(to, s->most_s[p]);
	}
}

static void take_bounds(struct frame_signal *s, struct arena *a, struct codec *c)
{
	uint32_t n = codec_count(c, FRAME_STAGES_MAX, 8);
	uint16_t *bounds = n > 0 ? arena_new(a, uint16_t, 2 * FRAME_STAGES_MAX) : NULL;
	s->least_s = bounds;
	s->most_s = bounds != NULL ? bounds + FRAME_STAGES_MAX : NULL;
	for (uint32_t p = 0; bounds != NULL && p < n; p++) {
		bounds[p] = (uint16_t)codec_u32(c);
		bounds[FRAME_STAGES_MAX + p] = (uint16_t)codec_u32(c);
	}
}

static void put_why(struct buf *to, const struct frame_why *w)
{
	codec_put_i64(to, w->at_us);
	if (w->at_us == 0) {
		return;
	}
	codec_put_u8(to, w->from);
	codec_put_u8(to, w->to);
	codec_put_u8(to, w->reason);
	codec_put_flag(to, w->has_costs);
	codec_put_u32(to, w->stay_10);
	codec_put_u32(to, w->go_10);
	codec_put_u32(to, w->queue_10);
	codec_put_u32(to, w->come_10);
	codec_put_u32(to, w->walkers);
	codec_put_u32(to, w->walk_wait_s);
}

void frame_put(struct buf *to, const struct street_frame *f)
{
	codec_put_u32(to, FRAME_MARK);
	codec_put_i64(to, f->at_us);
	codec_put_i64(to, f->taken_order);
	codec_put_flag(to, f->brain_leads);
	for (int i = 0; i < PRIORITIES; i++) {
		codec_put_u32(to, f->weight_10[i]);
		codec_put_i64(to, f->cost_person_ds[i]);
	}
	codec_put_u32(to, f->link_n);
	codec_put_u32(to, f->signal_n);
	for (uint32_t i = 0; i < f->link_n; i++) {
		put_link(to, &f->links[i]);
	}
	for (uint32_t i = 0; i < f->signal_n; i++) {
		const struct frame_signal *s = &f->signals[i];
		codec_put_u8(to, s->mode);
		codec_put_u8(to, s->lead);
		codec_put_flag(to, s->is_given_back);
		codec_put_u32(to, s->watched_s);
		codec_put_u32(to, s->otherwise);
		codec_put_u32(to, (uint32_t)s->saves_s);
		put_bounds(to, s);
		codec_put_u8(to, s->stage);
		codec_put_u8(to, s->wish);
		codec_put_u8(to, s->plan);
		codec_put_i64(to, s->since_us);
		codec_put_bytes(to, s->letters);
		put_why(to, &s->why);
	}
	codec_put_u32(to, f->incident_n);
	for (uint32_t i = 0; i < f->incident_n; i++) {
		const struct frame_incident *in = &f->incidents[i];
		codec_put_i64(to, in->id);
		codec_put_i64(to, in->since_us);
		codec_put_u32(to, in->link);
		codec_put_u32(to, in->place_dm);
		codec_put_u8(to, in->kind);
		codec_put_u8(to, in->sure_percent);
	}
	codec_put_u32(to, f->priority_n);
	for (uint32_t i = 0; i < f->priority_n; i++) {
		const struct frame_priority *p = &f->priorities[i];
		codec_put_i64(to, p->id);
		codec_put_i64(to, p->since_us);
		codec_put_u8(to, p->kind);
		codec_put_u32(to, p->link);
		codec_put_u32(to, p->place_dm);
		codec_put_i64(to, p->cost_person_ds);
		codec_put_u32(to, p->way_n);
		for (uint32_t k = 0; k < p->way_n; k++) {
			codec_put_u32(to, p->way[k].signal);
			codec_put_u32(to, p->way[k].eta_s);
		}
	}
	codec_put_u32(to, f->walker_n);
	for (uint32_t i = 0; i < f->walker_n; i++) {
		codec_put_u32(to, f->walkers[i].crossing);
		codec_put_u32(to, f->walkers[i].waiting);
		codec_put_u32(to, f->walkers[i].longest_s);
	}
	codec_put_u32(to, f->detector_n);
	for (uint32_t i = 0; i < f->detector_n; i++) {
		const struct frame_detector *d = &f->detectors[i];
		codec_put_u32(to, d->link);
		codec_put_u32(to, d->to_go_dm);
		codec_put_u8(to, d->lane);
		codec_put_u8(to, d->why);
		codec_put_i64(to, d->since_us);
	}
}

static void take_frame_link(struct frame_link *l, const struct outline_link *of, struct codec *c)
{
	*l = (struct frame_link){.speed_mmps = of->speed_mmps};
	if (!codec_flag(c)) {
		return;
	}
	l->count_10 = codec_u32(c);
	l->halting_10 = codec_u32(c);
	l->speed_mmps = codec_u32(c);
	l->full_percent = codec_u8(c);
	l->doubted = codec_u8(c);
	l->queue_dm = codec_u32(c);
	/* Nothing that a sum of a day could not hold. */
	c->failed = c->failed || l->count_10 > 10000000 || l->halting_10 > l->count_10 || l->speed_mmps > 1000000 ||
	            l->full_percent > 100;
}

static void take_why(struct frame_why *w, uint32_t stage_n, struct codec *c)
{
	*w = (struct frame_why){.at_us = codec_i64(c)};
	if (w->at_us == 0) {
		return;
	}
	w->from = stage_below(c, stage_n);
	w->to = stage_below(c, stage_n);
	w->reason = below_u8(c, FRAME_REASON_END);
	w->has_costs = codec_flag(c);
	w->stay_10 = codec_u32(c);
	w->go_10 = codec_u32(c);
	w->queue_10 = codec_u32(c);
	w->come_10 = codec_u32(c);
	w->walkers = codec_u32(c);
	w->walk_wait_s = codec_u32(c);
}

static void take_frame_signal(struct frame_signal *s, const struct outline_signal *of, struct arena *a, struct codec *c)
{
	s->mode = below_u8(c, MODES);
	s->lead = below_u8(c, FRAME_LEAD_END);
	s->is_given_back = codec_flag(c);
	s->watched_s = codec_u32(c);
	s->otherwise = codec_u32(c);
	s->saves_s = (int32_t)codec_u32(c);
	take_bounds(s, a, c);
	s->stage = stage_below(c, of->stage_n);
	s->wish = stage_below(c, of->stage_n);
	s->plan = stage_below(c, of->stage_n);
	s->since_us = codec_i64(c);
	s->letters = letters(c, "Ggyr", of->group_n);
	take_why(&s->why, of->stage_n, c);
}

static void take_lists(struct street_frame *f, const struct outline *o, struct arena *a, struct codec *c)
{
	f->incident_n = codec_count(c, FRAME_LIST_MAX, 26);
	struct frame_incident *incidents = arena_new(a, struct frame_incident, f->incident_n + 1);
	for (uint32_t i = 0; incidents != NULL && i < f->incident_n; i++) {
		struct frame_incident *in = &incidents[i];
		in->id = codec_i64(c);
		in->since_us = codec_i64(c);
		in->link = below(c, o->link_n, false);
		in->place_dm = codec_u32(c);
		in->kind = below_u8(c, FRAME_INCIDENT_END);
		in->sure_percent = below_u8(c, 101);
	}
	f->incidents = incidents;
	f->priority_n = codec_count(c, FRAME_LIST_MAX, 37);
	struct frame_priority *priorities = arena_new(a, struct frame_priority, f->priority_n + 1);
	for (uint32_t i = 0; priorities != NULL && !c->failed && i < f->priority_n; i++) {
		struct frame_priority *p = &priorities[i];
		p->id = codec_i64(c);
		p->since_us = codec_i64(c);
		p->kind = below_u8(c, PRIORITIES);
		p->link = below(c, o->link_n, true);
		p->place_dm = codec_u32(c);
		p->cost_person_ds = codec_i64(c);
		p->way_n = codec_count(c, FRAME_WAY_MAX, 8);
		struct frame_eta *way = arena_new(a, struct frame_eta, p->way_n + 1);
		for (uint32_t k = 0; way != NULL && k < p->way_n; k++) {
			way[k].signal = below(c, o->signal_n, false);
			way[k].eta_s = codec_u32(c);
		}
		p->way = way;
	}
	f->priorities = priorities;
	f->walker_n = codec_count(c, FRAME_LIST_MAX, 12);
	struct frame_walkers *walkers = arena_new(a, struct frame_walkers, f->walker_n + 1);
	for (uint32_t i = 0; walkers != NULL && i < f->walker_n; i++) {
		walkers[i].crossing = below(c, o->crossing_n, false);
		walkers[i].waiting = codec_u32(c);
		walkers[i].longest_s = codec_u32(c);
	}
	f->walkers = walkers;
	f->detector_n = codec_count(c, FRAME_LIST_MAX, 18);
	struct frame_detector *detectors = arena_new(a, struct frame_detector, f->detector_n + 1);
	for (uint32_t i = 0; detectors != NULL && i < f->detector_n; i++) {
		struct frame_detector *d = &detectors[i];
		d->link = below(c, o->link_n, false);
		d->to_go_dm = codec_u32(c);
		d->lane = codec_u8(c);
		d->why = below_u8(c, FRAME_DOUBT_END);
		d->since_us = codec_i64(c);
	}
	f->detectors = detectors;
}

bool frame_take(struct street_frame *f, const struct outline *o, struct arena *a, struct str message, struct err *e)
{
	struct codec c = codec_of(message);
	*f = (struct street_frame){0};
	c.failed = codec_u32(&c) != FRAME_MARK;
	f->at_us = codec_i64(&c);
	f->taken_order = codec_i64(&c);
	f->brain_leads = codec_flag(&c);
	for (int i = 0; i < PRIORITIES; i++) {
		f->weight_10[i] = codec_u32(&c);
		f->cost_person_ds[i] = codec_i64(&c);
	}
	f->link_n = codec_u32(&c);
	f->signal_n = codec_u32(&c);
	if (c.failed || f->link_n != o->link_n || f->signal_n != o->signal_n) {
		return err_set(e, ERR_CORRUPT, "this is no frame of this street");
	}
	struct frame_link *links = arena_new(a, struct frame_link, f->link_n + 1);
	struct frame_signal *signals = arena_new(a, struct frame_signal, f->signal_n + 1);
	if (links == NULL || signals == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the street");
	}
	f->links = links;
	f->signals = signals;
	for (uint32_t i = 0; !c.failed && i < f->link_n; i++) {
		take_frame_link(&links[i], &o->links[i], &c);
	}
	for (uint32_t i = 0; !c.failed && i < f->signal_n; i++) {
		take_frame_signal(&signals[i], &o->signals[i], a, &c);
	}
	take_lists(f, o, a, &c);
	return take_end(&c, a, e);
}

bool frame_is_outline(struct str message)
{
	struct codec c = codec_of(message);
	return codec_u32(&c) == OUTLINE_MARK && !c.failed;
}

void frame_answer_put(struct buf *to, bool wants_outline, struct str orders)
{
	codec_put_flag(to, wants_outline);
	codec_put_bytes(to, orders);
}

bool frame_answer_take(struct str message, bool *wants_outline, struct str *orders, struct err *e)
{
	struct codec c = codec_of(message);
	*wants_outline = codec_flag(&c);
	*orders = codec_bytes(&c, ORDERS_MAX_BYTES);
	return codec_end(&c, e);
}
