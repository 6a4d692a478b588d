/* A4 pages to draw on: millimetres and points, colours of the look, text by pango, page breaks, header and footer.
 *
 * Positions are inline: x counts from the start side of the content (left, or right in a right-to-left document), so
 * what uses this mirrors by itself. A document is laid out twice, first dry to count the pages. One owner, one thread.
 */
#ifndef CITYHALL_RENDER_PAPER_H
#define CITYHALL_RENDER_PAPER_H

#include <pango/pangocairo.h>

#include "os/render_client.h"
#include "render/fonts.h"

#define MM (72.0 / 25.4)
#define PAPER_WIDTH (210 * MM)
#define PAPER_HEIGHT (297 * MM)
#define MARGIN_SIDE (22 * MM)
#define CONTENT_WIDTH (PAPER_WIDTH - 2 * MARGIN_SIDE)
#define CONTENT_TOP (38 * MM)
#define CONTENT_BOTTOM (PAPER_HEIGHT - 33 * MM)

enum colour { COLOUR_INK, COLOUR_INK2, COLOUR_BRAND, COLOUR_SOFT, COLOUR_LIT, COLOUR_WASH, COLOUR_LINE, COLOUR_WHITE };

struct face {
	double size; /* points */
	bool is_bold;
	enum colour colour;
	const char *tag; /* PDF structure: "P", "H1" ... */
	bool is_apart;   /* somebody's name, number or answer: runs in its own direction, at the document's start side */
};

struct paper {
	const struct document *doc;
	cairo_t *cr; /* NULL while dry */
	struct fonts *fonts;
	PangoContext *pango;
	PangoFontDescription *font;
	double line_factor;               /* of the font's own line height */
	double y;                         /* where the next block begins, from the top of the page */
	double inset;                     /* of a slip: content is narrower by this at both sides */
	double slip_top;                  /* where the slip's box begins on this page; < 0: no slip */
	double float_bottom, float_width; /* a QR code at the end side down to there; width with its gap, 0: none */
	int page, pages;
};

bool paper_open(struct paper *p, const struct document *doc, struct fonts *fonts, struct err *e) MUST_USE;
void paper_close(struct paper *p);
/* Begins the dry run (cr NULL) or the real one. */
void paper_begin(struct paper *p, cairo_t *cr);
void paper_new_page(struct paper *p);
void paper_end(struct paper *p); /* finishes the last page */

double paper_width(const struct paper *p);           /* at the present y, beside what floats */
void paper_need(struct paper *p, double height);     /* a new page unless so much is left */
void paper_clear_float(struct paper *p, double gap); /* y is below what floats */

/* Left edge on the paper of something `width` wide at inline position x of the content. */
double paper_left(const struct paper *p, double x, double width);
void paper_colour(const struct paper *p, enum colour c);
void paper_rule(struct paper *p, double x, double y, double width, double thickness, enum colour c);
/* Arch: round above, corners of 1.5 below. Round box: all corners. Filled; from the top y. */
void paper_arch(struct paper *p, double x, double y, double width, double height, enum colour c);
void paper_box(struct paper *p, double x, double y, double width, double height, double radius, enum colour fill);
void paper_frame(struct paper *p, double x, double y, double width, double height, double radius);

/* Height of a text set `width` wide. */
double paper_measure(struct paper *p, const struct face *f, struct str text, double width, double *used_width);
/* The least width that gives no more lines, so that they are about as long as each other and no word stands alone. */
double paper_balanced(struct paper *p, const struct face *f, struct str text, double width);
/* That, but only when the last line would be less than a fifth as long as the others. */
double paper_without_orphan(struct paper *p, const struct face *f, struct str text, double width);
/* From a text's top to its first baseline. */
double paper_baseline(struct paper *p, const struct face *f, struct str text, double width);
/* The face at the largest size, no larger than its own and no smaller than `least`, at which the text takes one line.
 */
struct face paper_fit(struct paper *p, const struct face *f, struct str text, double width, double least);
/* Sets a text at (x, y) and returns its height; no page break. align: 0 start, 1 middle, 2 end. */
double paper_text(struct paper *p, const struct face *f, struct str text, double x, double y, double width, int align);
/* Sets a text at p->y, breaking pages between lines, and moves p->y below it. */
void paper_flow(struct paper *p, const struct face *f, struct str text, double x, double width);

#endif
