/* Shows lines of text so that every glyph reaches the PDF.
 *
 * cairo 1.16 leaves out subroutines that some glyphs of CFF fonts call (alone on a page, U+5982 of Noto Sans CJK comes
 * out empty). Fonts of that format are therefore shown through faces of our own that are marked as synthetic: cairo
 * then writes the outlines themselves. Ends with cairo 1.18, where it is mended. One thread; lives as long as the
 * process, because cairo's own cache keeps the faces. */
#ifndef CITYHALL_RENDER_FONTS_H
#define CITYHALL_RENDER_FONTS_H

#include <pango/pangocairo.h>

#include "base/err.h"

struct fonts;
bool fonts_new(struct fonts **out, struct err *e) MUST_USE;
/* The line's left edge and baseline are at (x, y). `text` is the whole text of its layout. */
void fonts_show_line(struct fonts *f, cairo_t *cr, PangoLayoutLine *line, const char *text, double x, double y);

#endif
