/* The live city: the map, what needs somebody, what is slow, what goes before others, and what is lost on the way. For
 * everybody; who works at the office gets the ways to the signals besides. */
#include "app/catalogue/catalogue.h"
#include "app/traffic/incidents.h"
#include "app/traffic/pages.h"
#include "app/traffic/traffic.html.h"
#include "app/traffic/waves.h"
#include "html/translate.h"

enum { WALK_LONG_S = 90, SLOW_LEAST = 2, SLOW_BY_S = 15 };

static struct str link_way(struct req *r, const struct outline *o, uint32_t link)
{
	const struct outline_link *l = &o->links[link];
	struct str name = l->name.n > 0 ? l->name : l->id;
	if (l->to_signal == FRAME_NONE) {
		return traffic_say(r, N_("{street}, out of town"),
		                   (const struct tr_arg[]){TR_O("street", traffic_own_name(r, name))}, 1);
	}
	const struct outline_signal *to = &o->signals[l->to_signal];
	struct str other = str_eq(to->streets[0], name) && to->streets[1].n > 0 ? to->streets[1] : to->streets[0];
	return other.n == 0 ? name
	                    : traffic_say(r, N_("{street} towards {other}"),
	                                  (const struct tr_arg[]){TR_O("street", traffic_own_name(r, name)),
	                                                          TR_O("other", traffic_own_name(r, other))},
	                                  2);
}

/* --- Who is needed --- */

static void add_need(struct req *r, struct traffic_view *v, bool is_red, struct frame_point at, struct str title,
                     struct str text, struct str when)
{
	if (v->need_n == NEEDS_MOST) {
		v->need_left++;
		return;
	}
	struct str number = when.n > 0 ? arena_printf(&r->arena, "%zu  %.*s", v->need_n + 1, STR_ARG(when))
	                               : arena_printf(&r->arena, "%zu", v->need_n + 1);
	v->needs[v->need_n++] =
		(struct traffic_need){.is_red = is_red, .at = at, .number = number, .title = title, .text = text};
}

static void add_incidents(struct req *r, struct traffic_view *v)
{
	const struct street_frame *f = v->seen->frame;
	for (uint32_t i = 0; i < f->incident_n; i++) {
		const struct frame_incident *in = &f->incidents[i];
		const struct outline_link *l = &v->seen->outline->links[in->link];
		double part = in->place_dm < l->length_dm ? (double)in->place_dm / l->length_dm : 1;
		struct frame_point a = l->points[0], b = l->points[l->point_n - 1];
		struct frame_point at = {(int32_t)(a.x_dm + (b.x_dm - a.x_dm) * part),
		                         (int32_t)(a.y_dm + (b.y_dm - a.y_dm) * part)};
		size_t n = v->need_n;
		add_need(r, v, true, at, link_way(r, v->seen->outline, in->link),
		         traffic_incident_words(r, in->kind, in->sure_percent), traffic_time(r, in->since_us));
		if (v->need_n > n && v->is_staff) {
			v->needs[n].href = STR(PATH_TRAFFIC_INCIDENTS);
		}
	}
}

static void add_signals(struct req *r, struct traffic_view *v)
{
	const struct outline *o = v->seen->outline;
	const struct street_frame *f = v->seen->frame;
	for (uint32_t i = 0; i < f->signal_n; i++) {
		const struct frame_signal *s = &f->signals[i];
		size_t n = v->need_n;
		if (s->lead == FRAME_LEFT_OUT || s->lead == FRAME_BY_LEASE) {
			add_need(r, v, false, o->signals[i].at, traffic_signal_name(r, &o->signals[i]), traffic_lead_words(r, s),
			         traffic_time(r, s->since_us));
		}
		if (v->need_n > n && v->is_staff) {
			v->needs[n].href = arena_printf(&r->arena, PATH_TRAFFIC_SIGNALS "/%u", i);
		}
	}
}

static void add_detectors(struct req *r, struct traffic_view *v)
{
	const struct outline *o = v->seen->outline;
	const struct street_frame *f = v->seen->frame;
	for (uint32_t i = 0; i < f->link_n; i++) {
		const struct outline_link *l = &o->links[i];
		int64_t since_us = f->at_us;
		if (f->links[i].doubted == 0) {
			continue;
		}
		for (uint32_t k = 0; k < f->detector_n; k++) {
			const struct frame_detector *d = &f->detectors[k];
			since_us = d->link == i && d->since_us < since_us ? d->since_us : since_us;
		}
		size_t n = v->need_n;
		add_need(r, v, false, l->points[l->point_n / 2], link_way(r, o, i),
		         traffic_say(r, N_("Detectors not believed here: {n}. The estimate does without them."),
		                     (const struct tr_arg[]){TR_N("n", f->links[i].doubted)}, 1),
		         traffic_time(r, since_us));
		if (v->need_n > n && v->is_staff && l->to_signal != FRAME_NONE) {
			v->needs[n].href = arena_printf(&r->arena, PATH_TRAFFIC_SIGNALS "/%u", l->to_signal);
		}
	}
}

static void add_walkers(struct req *r, struct traffic_view *v)
{
	const struct outline *o = v->seen->outline;
	const struct street_frame *f = v->seen->frame;
	for (uint32_t i = 0; i < f->walker_n && f->walkers[i].longest_s > WALK_LONG_S; i++) {
		uint32_t at = o->crossings[f->walkers[i].crossing].signal;
		add_need(r, v, false, o->signals[at].at, traffic_signal_name(r, &o->signals[at]),
		         traffic_say(r, N_("Somebody on foot has waited for {time}."),
		                     (const struct tr_arg[]){TR_O("time", traffic_seconds(r, f->walkers[i].longest_s))}, 1),
		         STR_EMPTY);
		if (v->is_staff && v->need_n > 0) {
			v->needs[v->need_n - 1].href = arena_printf(&r->arena, PATH_TRAFFIC_SIGNALS "/%u", at);
		}
	}
}

/* --- What is slow --- */

/* A way: all pieces of a street between two signals, of one direction. */
struct way {
	uint32_t link, next; /* its last piece; the next way to the same signal, and one */
	double now_s, usual_s;
	float vehicles;
};

static void fill_slowest(struct req *r, struct traffic_view *v, uint32_t n)
{
	const struct outline *o = v->seen->outline;
	struct way *ways = arena_new(&r->arena, struct way, n + 1);
	uint32_t *first = arena_new(&r->arena, uint32_t, o->signal_n + 1), way_n = 0, worst[SLOWEST_MOST] = {0};
	size_t k = 0;
	for (uint32_t i = 0; ways != NULL && first != NULL && v->links != NULL && i < n; i++) {
		const struct outline_link *l = &o->links[i];
		const struct live_link *now = &v->links[i];
		uint32_t usual = live_usual_s(r->app, i), at = 0;
		if (l->to_signal == FRAME_NONE) {
			continue; /* out of town */
		}
		for (at = first[l->to_signal]; at > 0; at = ways[at - 1].next) {
			const struct outline_link *w = &o->links[ways[at - 1].link];
			if (w->from_signal == l->from_signal && str_eq(w->name, l->name) &&
			    (l->from_signal != FRAME_NONE || l->points[0].x_dm == w->points[w->point_n - 1].x_dm ||
			     l->points[0].y_dm == w->points[w->point_n - 1].y_dm)) {
				break;
			}
		}
		if (at == 0) {
			ways[way_n] = (struct way){.link = i, .next = first[l->to_signal]};
			first[l->to_signal] = at = ++way_n;
		}
		double metres = l->length_dm / 10.0, speed = now->speed_mps > 0.4F ? (double)now->speed_mps : 0.4;
		ways[at - 1].now_s += metres / speed;
		ways[at - 1].usual_s += usual > 0 ? usual * metres / 1000 : metres * 1000 / l->speed_mmps;
		ways[at - 1].vehicles += now->vehicles;
		v->has_usual = v->has_usual || usual > 0;
	}
	for (uint32_t i = 0; i < way_n; i++) {
		double lost = ways[i].now_s - ways[i].usual_s;
		if (ways[i].vehicles < SLOW_LEAST || lost < SLOW_BY_S) {
			continue;
		}
		size_t at = k < SLOWEST_MOST ? k++ : SLOWEST_MOST - 1;
		if (k == SLOWEST_MOST && at == SLOWEST_MOST - 1 && worst[at] > 0 &&
		    ways[worst[at] - 1].now_s - ways[worst[at] - 1].usual_s > lost) {
			continue;
		}
		for (; at > 0 && ways[worst[at - 1] - 1].now_s - ways[worst[at - 1] - 1].usual_s < lost; at--) {
			worst[at] = worst[at - 1];
		}
		worst[at] = i + 1;
	}
	for (size_t i = 0; i < k; i++) {
		const struct way *w = &ways[worst[i] - 1];
		v->slowest[v->slow_n++] =
			(struct traffic_slow){link_way(r, o, w->link), traffic_seconds(r, (int64_t)(w->usual_s + 0.5)),
		                          traffic_seconds(r, (int64_t)(w->now_s + 0.5))};
	}
}

/* --- What is lost --- */

static int64_t lost_per_km(int64_t delay_s, int64_t metres)
{
	return metres > 0 ? delay_s * 1000 / metres : -1;
}

static void fill_lost(struct req *r, struct traffic_view *v, const struct live_minute *m, size_t n)
{
	int64_t plan_s = 0, plan_m = 0, brain_s = 0, brain_m = 0, now_s = 0, now_m = 0;
	/* The street fills up in its first minutes, and a change needs some to be felt: neither counts. */
	for (size_t i = 0; i < n; i++) {
		bool is_led = m[i].seconds > 0 && m[i].brain_s == m[i].seconds, is_plan = m[i].brain_s == 0;
		plan_s += is_plan && i >= 2 ? m[i].delay_s : 0;
		plan_m += is_plan && i >= 2 ? m[i].metres : 0;
		brain_s += is_led ? m[i].delay_s : 0;
		brain_m += is_led ? m[i].metres : 0;
		now_s += i + 3 >= n ? m[i].delay_s : 0;
		now_m += i + 3 >= n ? m[i].metres : 0;
	}
	v->lost_now = lost_per_km(now_s, now_m);
	v->lost_plan = lost_per_km(plan_s, plan_m);
	v->lost_brain = lost_per_km(brain_s, brain_m);
	if (v->lost_plan > 0 && v->lost_brain >= 0) {
		int64_t percent = (v->lost_brain - v->lost_plan) * 100 / v->lost_plan;
		v->is_less = percent <= 0;
		v->change = arena_printf(&r->arena, "%lld%%", (long long)(percent < 0 ? -percent : percent));
	}
	v->chart_says =
		traffic_say(r, N_("Seconds lost on each kilometre driven, by minute. In the last three minutes {n}."),
	                (const struct tr_arg[]){TR_N("n", v->lost_now > 0 ? v->lost_now : 0)}, 1);
}

static void fill_sums(struct traffic_view *v)
{
	const struct street_frame *f = v->seen->frame;
	int64_t count = 0, halting = 0;
	double moved = 0;
	for (uint32_t i = 0; i < f->link_n; i++) {
		count += f->links[i].count_10;
		halting += f->links[i].halting_10;
		moved += (double)f->links[i].count_10 * f->links[i].speed_mmps;
	}
	v->kmh = count > 0 ? (int64_t)(moved / (double)count * 0.0036 + 0.5) : -1;
	v->vehicles = count / 10;
	v->halting = halting / 10;
	for (uint32_t i = 0; i < f->walker_n; i++) {
		v->waiting += f->walkers[i].waiting;
	}
	v->longest_s = f->walker_n > 0 ? f->walkers[0].longest_s : 0;
	v->signals = f->signal_n;
	for (uint32_t i = 0; i < f->signal_n; i++) {
		v->led += f->signals[i].lead == FRAME_BY_BRAIN;
		v->watched += f->signals[i].lead == FRAME_BY_PLAN;
	}
}

static struct str city_of(struct req *r)
{
	const struct jurisdiction *home = catalogue_home(r->app);
	return home != NULL ? text_in(&home->name, r->lang) : r->app->city_name;
}

/* Not told, while another process is. */
static bool show_kept(struct req *r, struct traffic_view *v, struct err *e)
{
	struct live_kept kept;
	int64_t shown_us = v->seen->frame != NULL ? v->seen->frame->at_us : 0;
	if (!live_kept(r->app, v->seen, &r->arena, &kept, e)) {
		return false;
	}
	if (kept.is_fresh && kept.minute * US_PER_MIN > shown_us) {
		v->is_kept = true;
		v->links = kept.links;
		v->vehicles = kept.vehicles;
		v->kmh = kept.kmh;
		v->when = traffic_time(r, kept.minute * US_PER_MIN);
	}
	return true;
}

static bool show(struct req *r, const struct live_seen *seen, struct err *e)
{
	struct traffic_view *v = arena_new(&r->arena, struct traffic_view, 1);
	struct live_minute *minutes = arena_new(&r->arena, struct live_minute, LIVE_MINUTES);
	uint32_t n = 0;
	if (v == NULL || minutes == NULL) {
		return err_set(e, ERR_MEMORY, "no memory for the live city");
	}
	size_t minute_n = live_minutes(r->app, minutes);
	*v = (struct traffic_view){.seen = seen,
	                           .city = city_of(r),
	                           .is_staff = traffic_is_staff(r, seen->institution),
	                           .is_engineer = traffic_is_engineer(r, seen->institution),
	                           .is_stale = !seen->is_fresh,
	                           .version = seen->version,
	                           .lost_now = -1,
	                           .lost_plan = -1,
	                           .lost_brain = -1};
	if (v->is_stale && !show_kept(r, v, e)) {
		return false;
	}
	if (seen->frame != NULL && seen->outline != NULL && !v->is_kept) {
		v->links = live_links(r->app, &r->arena, &n);
		v->links = n == seen->outline->link_n ? v->links : NULL;
		v->when = traffic_time(r, seen->frame->at_us);
		add_incidents(r, v);
		add_signals(r, v);
		add_walkers(r, v);
		add_detectors(r, v);
		fill_slowest(r, v, n);
		fill_sums(v);
		fill_lost(r, v, minutes, minute_n);
		v->wave_n = traffic_waves(r, seen, v->waves);
	}
	const struct tr_arg says[] = {TR_O("city", v->city), TR_N("n", v->signals), TR_N("need", v->need_n)};
	v->map_says = traffic_say(
		r, N_("Map of {city} with {n} signals; {need} places need somebody. The lists beside it say all that it says."),
		says, 3);
	int64_t red = 0;
	for (size_t i = 0; i < v->need_n; i++) {
		red += v->needs[i].is_red;
	}
	const struct tr_arg args[] = {TR_O("city", v->city), TR_N("red", red), TR_N("orange", (int64_t)v->need_n - red)};
	struct html_out o;
	page_begin(r, &o,
	           &(struct page){.title = v->need_n > 0
	                                       ? traffic_say(r, N_("{city} now, {red} red and {orange} orange"), args, 3)
	                                       : traffic_say(r, N_("{city} now"), args, 1),
	                          .current = NAV_TRAFFIC,
	                          .is_desk = true});
	traffic_page(&o, v, minutes, minute_n);
	page_end(r, &o);
	return true;
}

bool traffic_get(struct req *r, struct err *e)
{
	struct live_seen seen;
	live_take(r->app, &seen);
	if (seen.outline == NULL) {
		live_remember(r->app);
		live_take(r->app, &seen);
	}
	bool ok = show(r, &seen, e);
	live_release(&seen);
	return ok;
}

/* One line, and the browser asks again two seconds later. No connection is held. */
bool traffic_live_get(struct req *r, struct err *e)
{
	struct live_seen seen;
	(void)e;
	live_take(r->app, &seen);
	buf_printf(&r->out, "retry: 2000\ndata: %lld.%d\n\n", (long long)seen.version, seen.is_fresh);
	live_release(&seen);
	r->content_type = STR("text/event-stream");
	return true;
}
