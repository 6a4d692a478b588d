#include "html/chart.h"

#include "html/translate.h"

enum { FOOT = 26, HEAD = 20, PER_MILLE = 1000, INSET = 40 /* for the scale's words */ };

int64_t chart_top(int64_t v)
{
	static const int tenths[] = {10, 15, 20, 30, 40, 50, 60, 80, 100};
	int64_t power = 1;
	for (;;) {
		for (size_t i = 0; i < sizeof tenths / sizeof *tenths; i++) {
			bool is_whole = tenths[i] * power % 10 == 0;
			if (is_whole && (tenths[i] * power / 10 >= v || power > INT64_MAX / 1000)) {
				return tenths[i] * power / 10;
			}
		}
		power *= 10;
	}
}

/* A place of the drawing, which is as wide as what the scale's words leave. */
static int64_t place(int64_t per_mille)
{
	return INSET + per_mille * (PER_MILLE - INSET) / PER_MILLE;
}

static struct str percent(struct arena *a, int64_t per_mille)
{
	return arena_printf(a, "%lld.%lld%%", (long long)(per_mille / 10), (long long)(per_mille % 10));
}

static int64_t height_of(int64_t value, int64_t top)
{
	return value <= 0 ? 0 : value * (CHART_HEIGHT - FOOT - HEAD) / top;
}

static int64_t highest(const struct chart *c)
{
	int64_t most = 1;
	for (size_t i = 0; i < c->n; i++) {
		int64_t sum = 0;
		for (size_t k = 0; k < c->series_n; k++) {
			int64_t v = c->series[k].values[i];
			sum = c->kind == CHART_BARS ? sum + v : v > sum ? v : sum;
		}
		most = sum > most ? sum : most;
	}
	return most;
}

static void draw_bars(struct arena *a, const struct chart *c, int64_t top, struct chart_drawing *d)
{
	int64_t step = (PER_MILLE - INSET) / (int64_t)c->n, width = step * 7 / 10;
	for (size_t i = 0; i < c->n; i++) {
		int64_t x = place((int64_t)i * PER_MILLE / (int64_t)c->n) + (step - width) / 2;
		int64_t sum = 0;
		for (size_t k = 0; k < c->series_n; k++) {
			int64_t v = c->series[k].values[i];
			int64_t from = height_of(sum, top), to = height_of(sum + v, top);
			sum += v;
			if (v <= 0) {
				continue;
			}
			/* A gap of 2 px between stacked fills; what is there is seen, however small. */
			int64_t h = to - from > 3 ? to - from - (from > 0 ? 2 : 0) : 2;
			d->marks[d->mark_n++] = (struct chart_mark){
				.x = percent(a, d->is_rtl ? PER_MILLE - x - width : x),
				.w = percent(a, width),
				.y = (int)(CHART_HEIGHT - FOOT - to),
				.h = (int)h,
				.look = c->series[k].look,
			};
		}
	}
}

static void draw_lines(struct arena *a, const struct chart *c, int64_t top, struct chart_drawing *d)
{
	for (size_t k = 0; k < c->series_n; k++) {
		for (size_t i = 0; i < c->n; i++) {
			const int64_t *v = c->series[k].values;
			int64_t x = place((int64_t)(2 * i + 1) * PER_MILLE / (int64_t)(2 * c->n));
			int64_t x2 = place((int64_t)(2 * i + 3) * PER_MILLE / (int64_t)(2 * c->n));
			/* A month without a number interrupts the line. */
			if (v[i] < 0) {
				continue;
			}
			bool goes_on = i + 1 < c->n && v[i + 1] >= 0;
			d->marks[d->mark_n++] = (struct chart_mark){
				.x = percent(a, d->is_rtl ? PER_MILLE - x : x),
				.x2 = goes_on ? percent(a, d->is_rtl ? PER_MILLE - x2 : x2) : STR_EMPTY,
				.y = (int)(CHART_HEIGHT - FOOT - height_of(v[i], top)),
				.y2 = goes_on ? (int)(CHART_HEIGHT - FOOT - height_of(v[i + 1], top)) : 0,
				.look = c->series[k].look,
			};
		}
	}
}

bool chart_draw(struct arena *a, const struct chart *c, struct str lang, struct chart_drawing *out)
{
	int64_t scale = c->scale > 0 ? c->scale : 1;
	int64_t top = chart_top((highest(c) + scale - 1) / scale) * scale;
	/* Lines at whole numbers: two above the axis are enough, three where halves would be none. */
	int parts = top / scale % 2 == 0 ? 2 : top / scale % 3 == 0 ? 3 : 1;
	*out = (struct chart_drawing){.is_rtl = language_is_rtl(lang)};
	out->marks = arena_new(a, struct chart_mark, c->n * c->series_n + 1);
	out->labels = arena_new(a, struct chart_label, c->n + 1);
	if (out->marks == NULL || out->labels == NULL || c->n == 0) {
		return false;
	}
	for (int i = 1; i <= parts; i++) {
		int64_t at = top * i / parts;
		out->lines[out->line_n++] = (struct chart_line){.text = arena_printf(a, "%lld", (long long)(at / scale)),
		                                                .y = (int)(CHART_HEIGHT - FOOT - height_of(at, top))};
	}
	if (c->kind == CHART_BARS) {
		draw_bars(a, c, top, out);
	} else {
		draw_lines(a, c, top, out);
	}
	for (size_t i = 0; i < c->n; i++) {
		int64_t x = place((int64_t)(2 * i + 1) * PER_MILLE / (int64_t)(2 * c->n));
		bool is_spare = c->is_dense ? out->label_n % 2 == 1 : c->n > 8 && (c->n - 1 - i) % 2 == 1;
		if (!c->is_dense || c->labels[i].n > 0) {
			out->labels[out->label_n++] = (struct chart_label){
				.x = percent(a, out->is_rtl ? PER_MILLE - x : x), .text = c->labels[i], .is_spare = is_spare};
		}
	}
	return true;
}
