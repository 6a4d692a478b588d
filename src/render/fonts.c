#include "render/fonts.h"

#include <cairo-ft.h>
#include <pango/pangofc-font.h>

#include "base/fault.h"
#include "base/str.h"

enum { FACES = 16 };
/* No flag of cairo's: it changes nothing but the way into the file. */
#define MARKED_SYNTHETIC (1U << 7)

struct cff_face {
	char *path; /* NULL ends the list */
	int index;
	cairo_font_face_t *face;
};

struct fonts {
	FT_Library library;
	struct cff_face faces[FACES];
};

bool fonts_new(struct fonts **out, struct err *e)
{
	struct fonts *f = mem_alloc(1, sizeof *f);
	if (!f) {
		return err_set(e, ERR_MEMORY, "no memory for fonts");
	}
	if (FT_Init_FreeType(&f->library) != 0) {
		mem_free(f);
		return err_set(e, ERR_INTERNAL, "FreeType does not start");
	}
	*out = f;
	return true;
}

/* NULL when the font is of another format or cannot be opened. */
static cairo_font_face_t *cff_face_of(struct fonts *f, PangoFont *font)
{
	FcChar8 *format = NULL, *path = NULL;
	int index = 0;
	if (!PANGO_IS_FC_FONT(font)) {
		return NULL;
	}
	FcPattern *pattern = pango_fc_font_get_pattern(PANGO_FC_FONT(font));
	if (FcPatternGetString(pattern, FC_FONTFORMAT, 0, &format) != FcResultMatch ||
	    !str_is(str_of((const char *)format), "CFF") ||
	    FcPatternGetString(pattern, FC_FILE, 0, &path) != FcResultMatch ||
	    FcPatternGetInteger(pattern, FC_INDEX, 0, &index) != FcResultMatch) {
		return NULL;
	}
	for (size_t i = 0; i < FACES; i++) {
		struct cff_face *c = &f->faces[i];
		if (!c->path) {
			FT_Face ft;
			if (FT_New_Face(f->library, (const char *)path, index, &ft) != 0) {
				return NULL;
			}
			c->path = g_strdup((const char *)path);
			c->index = index;
			c->face = cairo_ft_font_face_create_for_ft_face(ft, FT_LOAD_NO_HINTING);
			cairo_ft_font_face_set_synthesize(c->face, MARKED_SYNTHETIC);
			return c->face;
		}
		if (c->index == index && str_is(str_of((const char *)path), c->path)) {
			return c->face;
		}
	}
	return NULL;
}

struct piece {
	cairo_glyph_t *glyphs;
	int glyph_n;
	cairo_text_cluster_t *clusters;
	int cluster_n;
};

/* Positions and text clusters, as pango itself computes them. False when a glyph is none of the font's. */
static bool collect(PangoGlyphItem *run, const char *text, double x, double y, struct piece *to)
{
	const PangoGlyphString *s = run->glyphs;
	PangoGlyphItemIter i;
	double *at = mem_alloc((size_t)s->num_glyphs + 1, sizeof *at);
	if (!at) {
		return false;
	}
	for (int g = 0; g < s->num_glyphs; g++) {
		at[g] = x;
		x += (double)s->glyphs[g].geometry.width / PANGO_SCALE;
	}
	bool ok = true;
	for (gboolean more = pango_glyph_item_iter_init_start(&i, run, text); more && ok;
	     more = pango_glyph_item_iter_next_cluster(&i)) {
		int step = i.start_glyph < i.end_glyph ? 1 : -1;
		int before = to->glyph_n;
		for (int g = i.start_glyph; g != i.end_glyph; g += step) {
			const PangoGlyphInfo *info = &s->glyphs[g];
			if (info->glyph == PANGO_GLYPH_EMPTY) {
				continue;
			}
			ok = ok && !(info->glyph & PANGO_GLYPH_UNKNOWN_FLAG);
			to->glyphs[to->glyph_n++] = (cairo_glyph_t){
				.index = info->glyph,
				.x = at[g] + (double)info->geometry.x_offset / PANGO_SCALE,
				.y = y + (double)info->geometry.y_offset / PANGO_SCALE,
			};
		}
		to->clusters[to->cluster_n++] =
			(cairo_text_cluster_t){.num_bytes = i.end_index - i.start_index, .num_glyphs = to->glyph_n - before};
	}
	mem_free(at);
	return ok;
}

static bool show_cff(struct fonts *f, cairo_t *cr, PangoGlyphItem *run, const char *text, double x, double y)
{
	PangoFont *font = run->item->analysis.font;
	cairo_scaled_font_t *theirs = font ? pango_cairo_font_get_scaled_font(PANGO_CAIRO_FONT(font)) : NULL;
	cairo_font_face_t *face = theirs ? cff_face_of(f, font) : NULL;
	if (!face || run->item->analysis.level % 2 != 0) {
		return false;
	}
	size_t n = (size_t)run->glyphs->num_glyphs;
	struct piece p = {.glyphs = mem_alloc(n + 1, sizeof *p.glyphs),
	                  .clusters = mem_alloc((size_t)run->item->length + 1, sizeof *p.clusters)};
	bool ok = p.glyphs && p.clusters && collect(run, text, x, y, &p);
	if (ok) {
		cairo_matrix_t size;
		cairo_scaled_font_get_font_matrix(theirs, &size);
		cairo_save(cr);
		cairo_set_font_face(cr, face);
		cairo_set_font_matrix(cr, &size);
		cairo_show_text_glyphs(cr, text + run->item->offset, run->item->length, p.glyphs, p.glyph_n, p.clusters,
		                       p.cluster_n, 0);
		cairo_restore(cr);
	}
	mem_free(p.glyphs);
	mem_free(p.clusters);
	return ok;
}

void fonts_show_line(struct fonts *f, cairo_t *cr, PangoLayoutLine *line, const char *text, double x, double y)
{
	for (GSList *at = line->runs; at; at = at->next) {
		PangoGlyphItem *run = at->data;
		if (!show_cff(f, cr, run, text, x, y)) {
			cairo_move_to(cr, x, y);
			pango_cairo_show_glyph_item(cr, text, run);
		}
		x += (double)pango_glyph_string_get_width(run->glyphs) / PANGO_SCALE;
	}
}
