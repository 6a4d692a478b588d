#include "render/paper.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fault.h"

static const struct {
	double red, green, blue;
} colours[] = {
	[COLOUR_INK] = {0x14 / 255.0, 0x22 / 255.0, 0x20 / 255.0},
	[COLOUR_INK2] = {0x44 / 255.0, 0x54 / 255.0, 0x50 / 255.0},
	[COLOUR_BRAND] = {0x07 / 255.0, 0x59 / 255.0, 0x4F / 255.0},
	[COLOUR_SOFT] = {0xC8 / 255.0, 0xE6 / 255.0, 0xDB / 255.0},
	[COLOUR_LIT] = {0x57 / 255.0, 0xB9 / 255.0, 0xA1 / 255.0},
	[COLOUR_WASH] = {0xEA / 255.0, 0xF5 / 255.0, 0xEF / 255.0},
	[COLOUR_LINE] = {0xBF / 255.0, 0xCB / 255.0,
                     0xC6 / 255.0}, /* a little darker than on the screen: printers lose it */
	[COLOUR_WHITE] = {1, 1, 1},
};

/* --- Shapes ---------------------------------------------------------------------------------------------------------
 */

double paper_left(const struct paper *p, double x, double width)
{
	double from_start = MARGIN_SIDE + p->inset + x;
	return p->doc->is_rtl ? PAPER_WIDTH - from_start - width : from_start;
}

void paper_colour(const struct paper *p, enum colour c)
{
	if (p->cr) {
		cairo_set_source_rgb(p->cr, colours[c].red, colours[c].green, colours[c].blue);
	}
}

void paper_rule(struct paper *p, double x, double y, double width, double thickness, enum colour c)
{
	if (p->cr) {
		paper_colour(p, c);
		cairo_rectangle(p->cr, paper_left(p, x, width), y - thickness / 2, width, thickness);
		cairo_fill(p->cr);
	}
}

static void arch_path(cairo_t *cr, double left, double top, double width, double height)
{
	double r = width / 2;
	double corner = fmin(1.5, width / 8);
	cairo_new_path(cr);
	cairo_arc(cr, left + r, top + r, r, M_PI, 0);
	cairo_arc(cr, left + width - corner, top + height - corner, corner, 0, M_PI / 2);
	cairo_arc(cr, left + corner, top + height - corner, corner, M_PI / 2, M_PI);
	cairo_close_path(cr);
}

void paper_arch(struct paper *p, double x, double y, double width, double height, enum colour c)
{
	if (p->cr) {
		paper_colour(p, c);
		arch_path(p->cr, paper_left(p, x, width), y, width, height);
		cairo_fill(p->cr);
	}
}

static void round_path(cairo_t *cr, double left, double top, double width, double height, double r)
{
	cairo_new_path(cr);
	cairo_arc(cr, left + width - r, top + r, r, -M_PI / 2, 0);
	cairo_arc(cr, left + width - r, top + height - r, r, 0, M_PI / 2);
	cairo_arc(cr, left + r, top + height - r, r, M_PI / 2, M_PI);
	cairo_arc(cr, left + r, top + r, r, M_PI, 3 * M_PI / 2);
	cairo_close_path(cr);
}

void paper_box(struct paper *p, double x, double y, double width, double height, double radius, enum colour fill)
{
	if (p->cr) {
		paper_colour(p, fill);
		round_path(p->cr, paper_left(p, x, width), y, width, height, radius);
		cairo_fill(p->cr);
	}
}

void paper_frame(struct paper *p, double x, double y, double width, double height, double radius)
{
	if (p->cr) {
		paper_colour(p, COLOUR_INK);
		round_path(p->cr, paper_left(p, x, width), y, width, height, radius);
		cairo_set_line_width(p->cr, 0.75);
		cairo_stroke(p->cr);
	}
}

/* --- Text -----------------------------------------------------------------------------------------------------------
 */

/* The direction of the first letter (UAX 9, rule P2), by the blocks that hold right-to-left scripts. */
static PangoDirection first_strong(struct str text)
{
	for (size_t i = 0; i < text.n;) {
		uint32_t c = str_rune(text, &i);
		if (!g_unichar_isalpha(c)) {
			continue;
		}
		bool is_rtl = (c >= 0x590 && c <= 0x8FF) || (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFC) ||
		              (c >= 0x10800 && c <= 0x10FFF) || (c >= 0x1E800 && c <= 0x1EFFF);
		return is_rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR;
	}
	return PANGO_DIRECTION_NEUTRAL;
}

static PangoLayout *layout_of(struct paper *p, const struct face *f, struct str text, double width, int align)
{
	PangoLayout *l = pango_layout_new(p->pango);
	pango_font_description_set_absolute_size(p->font, f->size * PANGO_SCALE);
	pango_font_description_set_weight(p->font, f->is_bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(l, p->font);
	pango_layout_set_text(l, text.p, (int)text.n);
	pango_layout_set_width(l, (int)(width * PANGO_SCALE));
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	/* The document's direction holds for every line; a name in other letters turns inside of it. */
	PangoDirection dir = f->is_apart ? first_strong(text) : PANGO_DIRECTION_NEUTRAL;
	if (dir == PANGO_DIRECTION_NEUTRAL) {
		dir = p->doc->is_rtl ? PANGO_DIRECTION_RTL : PANGO_DIRECTION_LTR;
	}
	pango_context_set_base_dir(p->pango, dir);
	pango_layout_context_changed(l);
	pango_layout_set_auto_dir(l, FALSE);
	bool to_left = (align == 0) != p->doc->is_rtl;
	pango_layout_set_alignment(l, align == 1 ? PANGO_ALIGN_CENTER : to_left ? PANGO_ALIGN_LEFT : PANGO_ALIGN_RIGHT);
	/* Large type is set tighter. */
	pango_layout_set_line_spacing(l, f->size > 13 ? (float)fmin(p->line_factor, 1.0) : (float)p->line_factor);
	return l;
}

double paper_measure(struct paper *p, const struct face *f, struct str text, double width, double *used_width)
{
	PangoRectangle box;
	if (text.n == 0) {
		if (used_width) {
			*used_width = 0;
		}
		return 0;
	}
	PangoLayout *l = layout_of(p, f, text, width, 0);
	pango_layout_get_extents(l, NULL, &box);
	if (used_width) {
		*used_width = (double)box.width / PANGO_SCALE;
	}
	g_object_unref(l);
	return (double)box.height / PANGO_SCALE;
}

static void show_line(struct paper *p, PangoLayout *l, PangoLayoutIter *i, double left, double baseline)
{
	PangoRectangle box;
	pango_layout_iter_get_line_extents(i, NULL, &box);
	fonts_show_line(p->fonts, p->cr, pango_layout_iter_get_line_readonly(i), pango_layout_get_text(l),
	                left + (double)box.x / PANGO_SCALE, baseline);
}

static void begin_tag(struct paper *p, const struct face *f)
{
	if (p->cr && f->tag) {
		cairo_tag_begin(p->cr, f->tag, NULL);
	}
}

static void end_tag(struct paper *p, const struct face *f)
{
	if (p->cr && f->tag) {
		cairo_tag_end(p->cr, f->tag);
	}
}

double paper_balanced(struct paper *p, const struct face *f, struct str text, double width)
{
	double height = paper_measure(p, f, text, width, NULL);
	double too_small = 0, enough = width;
	if (height < 1.8 * f->size * p->line_factor) {
		return width; /* one line */
	}
	while (enough - too_small > 2) {
		double middle = (too_small + enough) / 2;
		if (paper_measure(p, f, text, middle, NULL) > height + 0.1) {
			too_small = middle;
		} else {
			enough = middle;
		}
	}
	return enough + 0.5;
}

double paper_without_orphan(struct paper *p, const struct face *f, struct str text, double width)
{
	PangoRectangle last;
	if (text.n == 0) {
		return width;
	}
	PangoLayout *l = layout_of(p, f, text, width, 0);
	PangoLayoutLine *line = pango_layout_get_line_readonly(l, pango_layout_get_line_count(l) - 1);
	pango_layout_line_get_extents(line, NULL, &last);
	g_object_unref(l);
	return (double)last.width / PANGO_SCALE < width / 5 ? paper_balanced(p, f, text, width) : width;
}

double paper_baseline(struct paper *p, const struct face *f, struct str text, double width)
{
	PangoLayout *l = layout_of(p, f, text, width, 0);
	double baseline = (double)pango_layout_get_baseline(l) / PANGO_SCALE;
	g_object_unref(l);
	return baseline;
}

struct face paper_fit(struct paper *p, const struct face *f, struct str text, double width, double least)
{
	struct face fit = *f;
	double used = 0;
	paper_measure(p, &fit, text, CONTENT_WIDTH * 10, &used);
	if (used > width) {
		fit.size = fmax(least, f->size * width / (used + 1));
	}
	return fit;
}

double paper_text(struct paper *p, const struct face *f, struct str text, double x, double y, double width, int align)
{
	PangoRectangle box;
	if (text.n == 0) {
		return 0;
	}
	PangoLayout *l = layout_of(p, f, text, width, align);
	pango_layout_get_extents(l, NULL, &box);
	if (p->cr) {
		begin_tag(p, f);
		paper_colour(p, f->colour);
		PangoLayoutIter *i = pango_layout_get_iter(l);
		do {
			show_line(p, l, i, paper_left(p, x, width), y + (double)pango_layout_iter_get_baseline(i) / PANGO_SCALE);
		} while (pango_layout_iter_next_line(i));
		pango_layout_iter_free(i);
		end_tag(p, f);
	}
	g_object_unref(l);
	return (double)box.height / PANGO_SCALE;
}

void paper_flow(struct paper *p, const struct face *f, struct str text, double x, double width)
{
	if (text.n == 0) {
		return;
	}
	PangoLayout *l = layout_of(p, f, text, width, 0);
	PangoLayoutIter *i = pango_layout_get_iter(l);
	double top_of_page_part = -1; /* layout y of the first line on this page */
	double bottom = 0;
	begin_tag(p, f);
	do {
		int from, to;
		pango_layout_iter_get_line_yrange(i, &from, &to);
		double line_top = (double)from / PANGO_SCALE, line_bottom = (double)to / PANGO_SCALE;
		if (top_of_page_part < 0) {
			top_of_page_part = line_top;
		}
		if (p->y + line_bottom - top_of_page_part > CONTENT_BOTTOM) {
			end_tag(p, f);
			paper_new_page(p);
			begin_tag(p, f);
			top_of_page_part = line_top;
		}
		if (p->cr) {
			paper_colour(p, f->colour);
			double baseline = (double)pango_layout_iter_get_baseline(i) / PANGO_SCALE - top_of_page_part;
			show_line(p, l, i, paper_left(p, x, width), p->y + baseline);
		}
		bottom = line_bottom;
	} while (pango_layout_iter_next_line(i));
	end_tag(p, f);
	p->y += bottom - top_of_page_part;
	pango_layout_iter_free(i);
	g_object_unref(l);
}

/* --- Header and footer ----------------------------------------------------------------------------------------------
 */

/* The sign, 32 units wide, from its arcs: five voussoirs and two posts; Monday is the left one, so it never mirrors. */
static void draw_sign(struct paper *p, double left, double top, double side)
{
	static const struct {
		double from_x, from_y, to_x, to_y, in_x, in_y, end_x, end_y;
	} stones[] = {
		{2.02, 15.25, 4.25, 8.39, 10.42, 12.87, 9.64, 15.25},    {5.13, 7.18, 10.97, 2.94, 13.32, 10.19, 11.3, 11.66},
		{12.39, 2.47, 19.61, 2.47, 17.25, 9.72, 14.75, 9.72},    {21.03, 2.94, 26.87, 7.18, 20.7, 11.66, 18.68, 10.19},
		{27.75, 8.39, 29.98, 15.25, 22.36, 15.25, 21.58, 12.87},
	};
	enum { TODAY = 2 };
	const double x = 16, y = 16; /* the centre that the arcs share */
	cairo_t *cr = p->cr;
	if (!cr) {
		return;
	}
	cairo_save(cr);
	cairo_translate(cr, left, top);
	cairo_scale(cr, side / 32, side / 32);
	for (int i = 0; i < 5; i++) {
		paper_colour(p, i == TODAY ? COLOUR_LIT : COLOUR_BRAND);
		cairo_new_path(cr);
		cairo_arc(cr, x, y, 14, atan2(stones[i].from_y - y, stones[i].from_x - x),
		          atan2(stones[i].to_y - y, stones[i].to_x - x));
		cairo_line_to(cr, stones[i].in_x, stones[i].in_y);
		cairo_arc_negative(cr, x, y, 6.4, atan2(stones[i].in_y - y, stones[i].in_x - x),
		                   atan2(stones[i].end_y - y, stones[i].end_x - x));
		cairo_close_path(cr);
		cairo_fill(cr);
	}
	paper_colour(p, COLOUR_BRAND);
	cairo_rectangle(cr, 2, 16.75, 7.6, 13.25);
	cairo_rectangle(cr, 22.4, 16.75, 7.6, 13.25);
	cairo_fill(cr);
	cairo_restore(cr);
}

static void draw_header(struct paper *p)
{
	static const struct face city = {12, true, COLOUR_INK, NULL, true};
	static const struct face place = {9, false, COLOUR_INK2, NULL, true};
	static const struct face institution = {9, false, COLOUR_INK2, NULL, true};
	const double side = 11 * MM, top = 14 * MM, gap = 3.5 * MM;
	double inset = p->inset;
	p->inset = 0;
	draw_sign(p, paper_left(p, 0, side), top, side);
	double text_x = side + gap;
	double half = CONTENT_WIDTH / 2;
	double h = paper_measure(p, &city, p->doc->city, half, NULL) + paper_measure(p, &place, p->doc->place, half, NULL);
	double y = top + side - h + 1.5;
	y += paper_text(p, &city, p->doc->city, text_x, y, half, 0);
	paper_text(p, &place, p->doc->place, text_x, y, half, 0);
	double w = CONTENT_WIDTH - text_x - half;
	double ih = paper_measure(p, &institution, p->doc->institution, w, NULL);
	paper_text(p, &institution, p->doc->institution, CONTENT_WIDTH - w, top + side - ih + 1.5, w, 2);
	p->inset = inset;
}

static void put_page_label(const struct paper *p, struct buf *to)
{
	struct str rest = p->doc->page_label;
	while (rest.n > 0) {
		if (str_starts(rest, STR("{page}"))) {
			buf_put_i64(to, p->page);
			rest = str_sub(rest, 6, SIZE_MAX);
		} else if (str_starts(rest, STR("{pages}"))) {
			buf_put_i64(to, p->pages);
			rest = str_sub(rest, 7, SIZE_MAX);
		} else {
			buf_put(to, str_sub(rest, 0, 1));
			rest = str_sub(rest, 1, SIZE_MAX);
		}
	}
}

/* The arcade of the city hall's front, then where to find it and which page this is. */
static void draw_footer(struct paper *p)
{
	static const struct face small = {8, false, COLOUR_INK2, NULL, true};
	const double top = PAPER_HEIGHT - 24 * MM, pitch = 5 * MM, width = 3.4 * MM, height = 3.4 * MM;
	double inset = p->inset;
	p->inset = 0;
	struct buf label;
	buf_init(&label, 4096);
	put_page_label(p, &label);
	int n = (int)((CONTENT_WIDTH + pitch - width) / pitch);
	double spread = (CONTENT_WIDTH - width) / (n - 1);
	for (int i = 0; i < n; i++) {
		paper_arch(p, i * spread, top - height, width, height, COLOUR_SOFT);
	}
	paper_rule(p, 0, top + 0.5, CONTENT_WIDTH, 1, COLOUR_SOFT);
	double label_width = 0;
	paper_measure(p, &small, buf_str(&label), CONTENT_WIDTH / 3, &label_width);
	paper_text(p, &small, p->doc->footer, 0, top + 3 * MM, CONTENT_WIDTH - label_width - 8 * MM, 0);
	paper_text(p, &small, buf_str(&label), CONTENT_WIDTH - label_width - 1, top + 3 * MM, label_width + 1, 2);
	buf_release(&label);
	p->inset = inset;
}

/* --- Pages ----------------------------------------------------------------------------------------------------------
 */

double paper_width(const struct paper *p)
{
	double whole = CONTENT_WIDTH - 2 * p->inset;
	return p->float_width > 0 && p->y < p->float_bottom ? whole - p->float_width : whole;
}

void paper_clear_float(struct paper *p, double gap)
{
	if (p->float_width > 0 && p->y < p->float_bottom) {
		p->y = p->float_bottom + gap;
	}
	p->float_width = 0;
}

static void close_page(struct paper *p)
{
	if (p->slip_top >= 0) {
		/* The slip goes on: its box on this page is as long as its content. */
		double inset = p->inset;
		p->inset = 0;
		paper_frame(p, 0, p->slip_top, CONTENT_WIDTH, fmin(p->y + 4 * MM, CONTENT_BOTTOM + 4 * MM) - p->slip_top, 7);
		p->inset = inset;
	}
	draw_footer(p);
	if (p->cr) {
		cairo_show_page(p->cr);
	}
}

static void open_page(struct paper *p)
{
	p->page++;
	p->float_width = 0;
	draw_header(p);
	p->y = CONTENT_TOP;
	if (p->slip_top >= 0) {
		p->slip_top = p->y;
		p->y += 7 * MM;
	}
}

void paper_new_page(struct paper *p)
{
	close_page(p);
	open_page(p);
}

void paper_need(struct paper *p, double height)
{
	if (p->y + height > CONTENT_BOTTOM && p->y > CONTENT_TOP + 8 * MM) {
		paper_new_page(p);
	}
}

void paper_begin(struct paper *p, cairo_t *cr)
{
	p->cr = cr;
	p->pages = p->page;
	p->page = 0;
	p->inset = 0;
	p->slip_top = -1;
	open_page(p);
}

void paper_end(struct paper *p)
{
	close_page(p);
}

/* Han characters have shapes of their own in each country: the language's font comes before the other ones. */
static const char *families_of(struct str lang)
{
#define FIRST "Noto Sans, "
#define LAST ", Noto Sans Arabic, Noto Sans Hebrew, Noto Sans Devanagari, Noto Sans Thai, sans-serif"
	if (str_starts(lang, STR("zh-Hant")) || str_starts(lang, STR("zh-TW")) || str_starts(lang, STR("zh-HK"))) {
		return FIRST "Noto Sans CJK TC" LAST;
	}
	if (str_starts(lang, STR("ja"))) {
		return FIRST "Noto Sans CJK JP" LAST;
	}
	if (str_starts(lang, STR("ko"))) {
		return FIRST "Noto Sans CJK KR" LAST;
	}
	return FIRST "Noto Sans CJK SC" LAST;
#undef FIRST
#undef LAST
}

bool paper_open(struct paper *p, const struct document *doc, struct fonts *fonts, struct err *e)
{
	memset(p, 0, sizeof *p);
	p->doc = doc;
	p->fonts = fonts;
	p->slip_top = -1;
	p->line_factor = str_starts(doc->lang, STR("zh")) || str_starts(doc->lang, STR("ja")) ? 1.12 : 1.06;
	p->pango = pango_font_map_create_context(pango_cairo_font_map_get_default());
	p->font = pango_font_description_from_string(families_of(doc->lang));
	char lang[40];
	snprintf(lang, sizeof lang, "%.*s", STR_ARG(str_sub(doc->lang, 0, 35)));
	if (str_is(doc->lang, "zh-Hans")) {
		snprintf(lang, sizeof lang, "zh-cn"); /* the name that fontconfig knows */
	}
	if (!p->pango || !p->font) {
		return err_set(e, ERR_INTERNAL, "pango does not start");
	}
	pango_context_set_language(p->pango, pango_language_from_string(lang));
	pango_cairo_context_set_resolution(p->pango, 72);
	/* Positions at fractions of a unit, no hints: what is measured is what is printed. */
	pango_context_set_round_glyph_positions(p->pango, FALSE);
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(p->pango, options);
	cairo_font_options_destroy(options);
	return true;
}

void paper_close(struct paper *p)
{
	if (p->font) {
		pango_font_description_free(p->font);
	}
	if (p->pango) {
		g_object_unref(p->pango);
	}
}
