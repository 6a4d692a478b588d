/* The timing diagram of a signal: a row a group over the last minutes, tall while it is green, half as tall while it is
 * yellow, a line while it is red; under it what its plan says and what the brain would do. */
#include "app/traffic/views.h"
#include "html/translate.h"

enum { SPAN_S = 240, ROW = 26, HEAD = 22, LABEL = 30 /* percent */ };

struct diagram {
	struct html_out *o;
	const struct signal_view *v;
	int64_t from_us;
};

static double percent(const struct diagram *d, int64_t us)
{
	double part = (double)(us - d->from_us) / ((double)SPAN_S * US_PER_S);
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return LABEL + part * (100 - LABEL);
}

static void put_bar(const struct diagram *d, const char *look, int64_t from, int64_t until, double y, double high)
{
	double x = percent(d, from), wide = percent(d, until) - x;
	if (wide > 0) {
		buf_printf(d->o->to, "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" height=\"%.1f\"/>", look, x,
		           wide, y, high);
	}
}

static void put_label(const struct diagram *d, struct str text, double y)
{
	buf_printf(d->o->to, "<text x=\"0\" y=\"%.1f\">", y);
	html_put_text(d->o, text);
	buf_put_c(d->o->to, "</text>");
}

static void put_group(const struct diagram *d, uint32_t g, double y)
{
	const struct live_changes *c = &d->v->changes;
	for (size_t i = 0; i < c->n;) {
		char letter = c->items[i].letters.p[g];
		size_t k = i + 1;
		while (k < c->n && c->items[k].letters.p[g] == letter) {
			k++;
		}
		int64_t until = k < c->n ? c->items[k].at_us : d->v->until_us;
		bool is_green = letter == 'G' || letter == 'g';
		put_bar(d,
		        is_green        ? (letter == 'g' ? "go give" : "go")
		        : letter == 'y' ? "yellow"
		                        : "stop",
		        c->items[i].at_us, until,
		        y + (is_green        ? 3
		             : letter == 'y' ? 8
		                             : 12),
		        is_green        ? 20
		        : letter == 'y' ? 10
		                        : 2);
		i = k;
	}
}

/* The stages one after the other, with their numbers where there is room. */
static void put_stages(const struct diagram *d, bool is_plan, double y)
{
	const struct live_changes *c = &d->v->changes;
	for (size_t i = 0; i < c->n;) {
		uint8_t stage = is_plan ? c->items[i].plan : c->items[i].wish;
		size_t k = i + 1;
		while (k < c->n && (is_plan ? c->items[k].plan : c->items[k].wish) == stage) {
			k++;
		}
		int64_t until = k < c->n ? c->items[k].at_us : d->v->until_us;
		if (stage != FRAME_NO_STAGE) {
			double x = percent(d, c->items[i].at_us), wide = percent(d, until) - x;
			put_bar(d, stage % 2 ? "stage odd" : "stage", c->items[i].at_us, until, y + 3, 20);
			if (wide > 2.5) {
				buf_printf(d->o->to, "<text class=\"no%s\" x=\"%.2f%%\" y=\"%.1f\" text-anchor=\"middle\">%u</text>",
				           stage % 2 ? " odd" : "", x + wide / 2, y + 18, stage + 1U);
			}
		}
		i = k;
	}
}

void signal_diagram(struct html_out *o, const struct signal_view *v)
{
	struct diagram d = {o, v, v->until_us - SPAN_S * US_PER_S};
	double high = HEAD + ROW * (double)(v->of->group_n + 2) + 14;
	buf_printf(o->to, "<svg class=\"timing\" height=\"%.0f\" direction=\"ltr\" role=\"img\" aria-label=\"", high);
	html_put_text(o, v->diagram_says);
	buf_put_c(o->to, "\">");
	for (int back = SPAN_S; back >= 0; back -= 60) {
		double x = percent(&d, v->until_us - back * US_PER_S);
		buf_printf(o->to,
		           "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%d\" y2=\"%.0f\"/><text x=\"%.2f%%\" y=\"14\" "
		           "text-anchor=\"%s\">%s%d</text>",
		           x, x, HEAD, high, x, back == 0 ? "end" : "middle", back > 0 ? "\xe2\x88\x92" : "", back / 60);
	}
	double y = HEAD;
	for (uint32_t g = 0; g < v->of->group_n; g++, y += ROW) {
		put_label(&d, v->groups[g].name, y + 18);
		put_group(&d, g, y);
	}
	y += 10;
	put_label(&d, tr(o->lang, N_("Its plan says")), y + 18);
	put_stages(&d, true, y);
	y += ROW;
	put_label(&d, tr(o->lang, v->mode_now >= MODE_BOUNDS ? N_("The brain wants") : N_("The brain would")), y + 18);
	put_stages(&d, false, y);
	buf_put_c(o->to, "</svg>");
}
