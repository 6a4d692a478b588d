/* The map: our own lines of the network, as one SVG that the server makes. Widths and darkness say how it flows, the
 * dark end of a street is its queue, squares are signals, dots people who wait there, a cross is an ambulance on its
 * way, what needs a person is a numbered triangle or octagon. The lists beside it say all that it says.
 */
#include <math.h>

#include "app/traffic/views.h"
#include "html/translate.h"

enum {
	MAP_WIDE = 720,
	MAP_MOST = 640,
	MAP_LEAST = 280,
	MAP_EDGE = 24,
	STREETS_MOST = 14,
	CLASSES = 4,
	DOTS_MOST = 8,
	DOTS_A_ROW = 4
};
static const double widths[CLASSES] = {4, 6, 8, 10};
#define SQUARE 7.5 /* half a signal's, with its edge */

struct map {
	struct buf *to;
	const struct outline *o;
	double x0, y1, scale, high; /* decimetres to units; y1 is at the top */
};

static double map_x(const struct map *m, double x)
{
	return MAP_EDGE + (x - m->x0) * m->scale;
}

static double map_y(const struct map *m, double y)
{
	return MAP_EDGE + (m->y1 - y) * m->scale;
}

static void measure(struct map *m)
{
	double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY;
	for (uint32_t i = 0; i < m->o->link_n; i++) {
		for (uint32_t k = 0; k < m->o->links[i].point_n; k++) {
			struct frame_point p = m->o->links[i].points[k];
			x0 = fmin(x0, p.x_dm);
			x1 = fmax(x1, p.x_dm);
			y0 = fmin(y0, p.y_dm);
			y1 = fmax(y1, p.y_dm);
		}
	}
	if (!(x1 > x0) || !(y1 > y0)) {
		x1 = x0 = y0 = y1 = 0;
	}
	double wide = fmax(x1 - x0, 1), high = fmax(y1 - y0, 1);
	m->scale = fmin((MAP_WIDE - 2 * MAP_EDGE) / wide, (MAP_MOST - 2 * MAP_EDGE) / high);
	m->x0 = x0 - ((MAP_WIDE - 2 * MAP_EDGE) / m->scale - wide) / 2;
	m->y1 = y1;
	m->high = fmax(high * m->scale + 2 * MAP_EDGE + 28, MAP_LEAST); /* and room for the scale */
}

/* How it flows: 0 free, 1 dense, 2 slow, 3 standing. */
static int flow_of(const struct outline_link *l, const struct live_link *now)
{
	double share = now->speed_mps / (l->speed_mmps / 1000.0);
	bool is_filled = now->full > 0.25F;
	return now->vehicles < 1.5F        ? 0
	       : share < 0.1 && is_filled  ? 3
	       : share < 0.22 && is_filled ? 2
	       : share < 0.4               ? 1
	                                   : 0;
}

/* A link lies to the right of its middle, so that both ways of a street are seen. */
static void put_way(const struct map *m, const struct outline_link *l, double aside)
{
	for (uint32_t k = 0; k < l->point_n; k++) {
		uint32_t a = k > 0 ? k - 1 : 0, b = k + 1 < l->point_n ? k + 1 : k;
		double dx = map_x(m, l->points[b].x_dm) - map_x(m, l->points[a].x_dm),
			   dy = map_y(m, l->points[b].y_dm) - map_y(m, l->points[a].y_dm), d = hypot(dx, dy);
		double nx = d > 0 ? -dy / d * aside : 0, ny = d > 0 ? dx / d * aside : 0;
		buf_printf(m->to, "%c%.1f %.1f", k > 0 ? 'L' : 'M', map_x(m, l->points[k].x_dm) + nx,
		           map_y(m, l->points[k].y_dm) + ny);
	}
}

static void put_ways(const struct map *m, const struct live_link *links)
{
	for (int c = 0; c < CLASSES; c++) {
		bool is_any = false;
		for (uint32_t i = 0; i < m->o->link_n; i++) {
			if ((links != NULL ? flow_of(&m->o->links[i], &links[i]) : 0) != c) {
				continue;
			}
			if (!is_any) {
				buf_printf(m->to, "<path class=\"way w%d\" d=\"", c);
			}
			is_any = true;
			put_way(m, &m->o->links[i], 0.75 + widths[c] / 2);
		}
		if (is_any) {
			buf_put_c(m->to, "\"/>");
		}
	}
}

/* Who stands before the end of a link: a line as long as the queue is, from where the signal's square ends. */
static void put_queues(const struct map *m, const struct street_frame *f)
{
	bool is_any = false;
	for (uint32_t i = 0; f != NULL && i < m->o->link_n; i++) {
		const struct outline_link *l = &m->o->links[i];
		double left = f->links[i].queue_dm * m->scale;
		double skip = l->to_signal != FRAME_NONE ? SQUARE : 0;
		if (left <= 0) {
			continue;
		}
		if (!is_any) {
			buf_put_c(m->to, "<path class=\"way queue\" d=\"");
		}
		is_any = true;
		for (uint32_t k = l->point_n - 1; k > 0 && left > 0; k--) {
			double x = map_x(m, l->points[k].x_dm), y = map_y(m, l->points[k].y_dm);
			double dx = map_x(m, l->points[k - 1].x_dm) - x, dy = map_y(m, l->points[k - 1].y_dm) - y,
				   d = fmax(hypot(dx, dy), 0.01), from = fmin(skip, d), until = fmin(from + left, d);
			double aside = (0.75 + widths[0] / 2) / d, nx = x + dy * aside, ny = y - dx * aside;
			if (until > from) {
				buf_printf(m->to, "M%.1f %.1fL%.1f %.1f", nx + dx * from / d, ny + dy * from / d, nx + dx * until / d,
				           ny + dy * until / d);
			}
			left -= until - from;
			skip -= from;
		}
	}
	if (is_any) {
		buf_put_c(m->to, "\"/>");
	}
}

/* The middle of the block that a link lies in, or its own. */
static void middle_of(const struct map *m, const struct outline_link *l, double *x, double *y)
{
	struct frame_point a = l->points[0], b = l->points[l->point_n - 1];
	bool is_block = l->from_signal != FRAME_NONE && l->to_signal != FRAME_NONE;
	a = is_block ? m->o->signals[l->from_signal].at : a;
	b = is_block ? m->o->signals[l->to_signal].at : b;
	*x = map_x(m, (a.x_dm + b.x_dm) / 2.0);
	*y = map_y(m, (a.y_dm + b.y_dm) / 2.0);
}

/* A street's name stands once, along the longest of its links that is nearest to its middle. */
static void put_names(const struct map *m, struct html_out *html)
{
	struct str done[STREETS_MOST];
	size_t n = 0;
	for (uint32_t i = 0; i < m->o->link_n && n < STREETS_MOST; i++) {
		struct str name = m->o->links[i].name;
		bool is_done = name.n == 0;
		for (size_t k = 0; k < n; k++) {
			is_done = is_done || str_eq(done[k], name);
		}
		if (is_done) {
			continue;
		}
		done[n++] = name;
		double sx = 0, sy = 0, best = -1;
		uint32_t at = i, all = 0;
		for (uint32_t k = i; k < m->o->link_n; k++) {
			if (str_eq(m->o->links[k].name, name)) {
				sx += m->o->links[k].points[0].x_dm;
				sy += m->o->links[k].points[0].y_dm;
				all++;
			}
		}
		for (uint32_t k = i; k < m->o->link_n; k++) {
			const struct outline_link *l = &m->o->links[k];
			if (str_eq(l->name, name)) {
				struct frame_point a = l->points[0], b = l->points[l->point_n - 1];
				double from_middle = hypot((a.x_dm + b.x_dm) / 2.0 - sx / all, (a.y_dm + b.y_dm) / 2.0 - sy / all);
				double good = hypot(b.x_dm - a.x_dm, b.y_dm - a.y_dm) * 3 - from_middle;
				at = good > best || k == i ? k : at;
				best = good > best || k == i ? good : best;
			}
		}
		const struct outline_link *l = &m->o->links[at];
		struct frame_point a = l->points[0], b = l->points[l->point_n - 1];
		double dx = (b.x_dm - a.x_dm) * m->scale, dy = -(b.y_dm - a.y_dm) * m->scale;
		double angle = atan2(dy, dx) * 180 / M_PI;
		angle += angle > 89 ? -180 : angle <= -91 ? 180 : 0;
		if (hypot(dx, dy) < 60) {
			continue; /* no room for a word */
		}
		double x, y;
		bool is_upright = fabs(angle) > 80; /* then its name stands to the right of it, out of the way of others */
		middle_of(m, l, &x, &y);
		buf_printf(
			m->to,
			"<text class=\"st\" transform=\"translate(%.1f %.1f) rotate(%.0f)\" y=\"%d\" text-anchor=\"middle\">", x, y,
			angle, is_upright ? 23 : -12);
		buf_put_c(m->to, "\xe2\x81\xa8"); /* somebody's own name */
		html_put_text(html, name);
		buf_put_c(m->to, "\xe2\x81\xa9");
		buf_put_c(m->to, "</text>");
	}
}

static void put_signals(const struct map *m, const struct street_frame *f)
{
	for (int led = 0; led < 2; led++) {
		bool is_any = false;
		for (uint32_t i = 0; i < m->o->signal_n; i++) {
			bool is_led = f != NULL && f->signals[i].lead == FRAME_BY_BRAIN;
			if (is_led == (led == 1)) {
				if (!is_any) {
					buf_printf(m->to, "<path class=\"at%s\" d=\"", led ? " led" : "");
				}
				is_any = true;
				buf_printf(m->to, "M%.1f %.1fh11v11h-11z", map_x(m, m->o->signals[i].at.x_dm) - 5.5,
				           map_y(m, m->o->signals[i].at.y_dm) - 5.5);
			}
		}
		if (is_any) {
			buf_put_c(m->to, "\"/>");
		}
	}
}

/* A dot for each of those who wait on foot at a signal. */
static void put_walkers(const struct map *m, const struct street_frame *f)
{
	uint32_t n = f != NULL ? f->walker_n : 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = m->o->crossings[f->walkers[i].crossing].signal, dots = 0;
		bool is_done = false;
		for (uint32_t k = 0; k < n; k++) {
			bool is_here = m->o->crossings[f->walkers[k].crossing].signal == at;
			is_done = is_done || (is_here && k < i);
			dots += is_here ? f->walkers[k].waiting : 0;
		}
		for (uint32_t k = 0; !is_done && k < dots && k < DOTS_MOST; k++) {
			buf_printf(m->to, "<circle r=\"2.8\" cx=\"%.1f\" cy=\"%.1f\"/>",
			           map_x(m, m->o->signals[at].at.x_dm) - 12 - 7.0 * (k % DOTS_A_ROW),
			           map_y(m, m->o->signals[at].at.y_dm) + 12 + 7.0 * (k / DOTS_A_ROW));
		}
	}
}

static void put_waves(const struct map *m, const struct street_frame *f)
{
	for (uint32_t i = 0; f != NULL && i < f->priority_n; i++) {
		const struct frame_priority *p = &f->priorities[i];
		if (p->kind != PRIORITY_EMERGENCY || p->link == FRAME_NONE) {
			continue;
		}
		const struct outline_link *l = &m->o->links[p->link];
		double part = fmin(1, (double)p->place_dm / l->length_dm);
		struct frame_point a = l->points[0], b = l->points[l->point_n - 1];
		double x = map_x(m, a.x_dm + (b.x_dm - a.x_dm) * part), y = map_y(m, a.y_dm + (b.y_dm - a.y_dm) * part);
		if (p->way_n > 0) {
			buf_printf(m->to, "<path class=\"ahead\" d=\"M%.1f %.1f", x, y);
			for (uint32_t k = 0; k < p->way_n; k++) {
				struct frame_point at = m->o->signals[p->way[k].signal].at;
				buf_printf(m->to, "L%.1f %.1f", map_x(m, at.x_dm), map_y(m, at.y_dm));
			}
			buf_put_c(m->to, "\"/>");
		}
		buf_printf(m->to, "<path class=\"wave\" d=\"M%.1f %.1fh8v-8h8v8h8v8h-8v8h-8v-8h-8z\"/>", x - 12, y - 4);
	}
}

static void put_needs(const struct map *m, const struct traffic_view *v)
{
	for (size_t i = v->need_n; i-- > 0;) {
		const struct traffic_need *n = &v->needs[i];
		double x = map_x(m, n->at.x_dm), y = map_y(m, n->at.y_dm);
		if (n->is_red) {
			buf_printf(m->to, "<path class=\"f-red\" d=\"M%.1f %.1fh12l9 9v12l-9 9h-12l-9-9v-12z\"/>", x - 6, y - 15);
		} else {
			buf_printf(m->to, "<path class=\"f-orange\" d=\"M%.1f %.1fl19 32h-38z\"/>", x, y - 20);
		}
		buf_printf(m->to, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%zu</text>",
		           n->is_red ? "n1" : "n2", x, y + (n->is_red ? 5 : 8), i + 1);
	}
}

static void put_scale(const struct map *m)
{
	static const int metres[] = {10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000};
	int nice = metres[0];
	for (size_t i = 0; i < sizeof metres / sizeof *metres; i++) {
		nice = metres[i] * 10 * m->scale <= 130 ? metres[i] : nice;
	}
	double wide = nice * 10 * m->scale, x = MAP_WIDE - MAP_EDGE - wide, y = m->high - 12;
	buf_printf(m->to,
	           "<path class=\"scale\" d=\"M%.1f %.1fh%.1fm%.1f -4v8m%.1f -8v8\"/>"
	           "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%d %s</text>",
	           x, y, wide, -wide, wide, x + wide / 2, y - 8, nice >= 1000 ? nice / 1000 : nice,
	           nice >= 1000 ? "km" : "m");
}

void traffic_map(struct html_out *o, const struct traffic_view *v)
{
	struct map m = {.to = o->to, .o = v->seen->outline};
	const struct street_frame *frame = v->is_kept ? NULL : v->seen->frame;
	measure(&m);
	buf_printf(o->to, "<svg viewBox=\"0 0 %d %.0f\" direction=\"ltr\" role=\"img\" aria-label=\"", MAP_WIDE, m.high);
	html_put_text(o, v->map_says);
	buf_put_c(o->to, "\">");
	put_ways(&m, v->links);
	put_queues(&m, frame);
	put_names(&m, o);
	put_signals(&m, frame);
	put_walkers(&m, frame);
	put_waves(&m, frame);
	put_needs(&m, v);
	put_scale(&m);
	buf_put_c(o->to, "</svg>");
}

/* Seconds lost on each kilometre by minute, as bars: hollow by the plan, filled where the brain leads. */
void traffic_chart(struct html_out *o, const struct traffic_view *v, const struct live_minute *m, size_t n)
{
	double most = 60;
	for (size_t i = 0; i < n; i++) {
		most = m[i].metres > 0 ? fmax(most, 1000.0 * (double)m[i].delay_s / (double)m[i].metres) : most;
	}
	double step = most > 600 ? 300 : most > 240 ? 120 : most > 120 ? 60 : 30, top = ceil(most / step) * step;
	size_t room = n > 60 ? n : 60;
	buf_put_c(o->to, "<svg class=\"lossbars\" height=\"150\" direction=\"ltr\" role=\"img\" aria-label=\"");
	html_put_text(o, v->chart_says);
	buf_put_c(o->to, "\">");
	for (double at = 0; at <= top; at += step) {
		double y = 138 - 126 * at / top;
		buf_printf(o->to,
		           "<line%s x1=\"9%%\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"8%%\" y=\"%.1f\" dy=\"5\" "
		           "text-anchor=\"end\">%.0f</text>",
		           at > 0 ? "" : " class=\"base\"", y, y, y, at);
	}
	for (size_t i = 0; i < n; i++) {
		double lost = m[i].metres > 0 ? 1000.0 * (double)m[i].delay_s / (double)m[i].metres : 0;
		double high = 126 * lost / top, wide = 91.0 / (double)room;
		bool is_led = m[i].seconds > 0 && m[i].brain_s * 2 > m[i].seconds;
		buf_printf(o->to, "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" height=\"%.1f\"/>",
		           is_led ? "by-brain" : "by-plan", 9 + wide * (double)i, wide * 0.8, 138 - high, high);
	}
	buf_put_c(o->to, "</svg>");
}
