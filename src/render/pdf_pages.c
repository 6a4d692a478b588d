#include <math.h>

#include <poppler.h>

#include "os/render_protocol.h"
#include "render/upload.h"

#define DOTS_PER_INCH 130.0
#define POINTS_PER_INCH 72.0
#define SIDE_MAX_POINTS 14400.0 /* ISO 32000-1, annex C: 200 inches */

static bool draw_page(PopplerDocument *document, int index, struct pages *out, struct err *e)
{
	double width = 0, height = 0;
	cairo_surface_t *surface = NULL;
	cairo_t *cr = NULL;
	bool ok = false;
	PopplerPage *page = poppler_document_get_page(document, index);
	if (!page) {
		return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "page %d of a PDF cannot be read", index + 1);
	}
	poppler_page_get_size(page, &width, &height);
	/* Written so that what is no number is refused too. */
	if (!(width >= 1 && height >= 1 && width <= SIDE_MAX_POINTS && height <= SIDE_MAX_POINTS)) {
		err_tell(e, ERR_TOO_LARGE, render_says[SAY_PIXELS], "page %d of a PDF has a size that cannot be", index + 1);
		goto out;
	}
	double scale = fmin(DOTS_PER_INCH / POINTS_PER_INCH, RENDER_OUT_SIDE_MAX / fmax(width, height));
	int pixels_x = (int)fmax(1, floor(width * scale)), pixels_y = (int)fmax(1, floor(height * scale));
	surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels_x, pixels_y);
	cr = cairo_create(surface);
	cairo_set_source_rgb(cr, 1, 1, 1);
	cairo_paint(cr);
	cairo_scale(cr, pixels_x / width, pixels_y / height);
	poppler_page_render(page, cr);
	cairo_surface_flush(surface);
	if (cairo_status(cr) != CAIRO_STATUS_SUCCESS || cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) {
		err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "page %d of a PDF cannot be drawn", index + 1);
		goto out;
	}
	ok = image_put_jpeg(cairo_image_surface_get_data(surface), pixels_x, pixels_y,
	                    cairo_image_surface_get_stride(surface), out, e);
out:
	if (cr) {
		cairo_destroy(cr);
	}
	if (surface) {
		cairo_surface_destroy(surface);
	}
	g_object_unref(page);
	return ok;
}

bool pdf_reencode(struct str bytes, struct pages *out, struct err *e)
{
	GError *why = NULL;
	bool ok = false;
	GBytes *all = g_bytes_new_static(bytes.p, bytes.n);
	PopplerDocument *document = poppler_document_new_from_bytes(all, NULL, &why);
	if (!document) {
		if (why && g_error_matches(why, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED)) {
			err_tell(e, ERR_UNSUPPORTED, render_says[SAY_PASSWORD], "a PDF under a password");
		} else {
			err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "a PDF that cannot be opened");
		}
		goto out;
	}
	int n = poppler_document_get_n_pages(document);
	if (n < 1) {
		err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "a PDF without pages");
		goto out;
	}
	if (n > RENDER_PAGES_MAX) {
		err_tell(e, ERR_TOO_LARGE, render_says[SAY_PAGES], "a PDF of %d pages", n);
		goto out;
	}
	ok = true;
	for (int i = 0; ok && i < n; i++) {
		ok = draw_page(document, i, out, e);
	}
out:
	g_clear_error(&why);
	if (document) {
		g_object_unref(document);
	}
	g_bytes_unref(all);
	return ok;
}
