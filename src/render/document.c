#include "render/document.h"

#include <math.h>
#include <stdio.h>

#include <cairo-pdf.h>

#include "base/code128.h"
#include "base/date.h"
#include "base/fault.h"
#include "base/time_source.h"
#include "render/paper.h"
#include "render/qr.h"

#define BODY_SIZE 10
#define QR_SIDE (40 * MM)
#define SLIP_INSET (8 * MM)

static const struct face body = {BODY_SIZE, false, COLOUR_INK, "P", false};
static const struct face value_face = {BODY_SIZE, false, COLOUR_INK, "P", true};
static const struct face term_face = {BODY_SIZE, true, COLOUR_INK, "P", true};
static const struct face quiet = {BODY_SIZE, false, COLOUR_INK2, "P", false};
static const struct face small_quiet = {8.5, false, COLOUR_INK2, "P", false};
static const struct face note_face = {8.5, false, COLOUR_INK2, "P", true};
static const struct face lead = {12.5, false, COLOUR_INK2, "P", false};
static const struct face heading1 = {22, true, COLOUR_INK, "H1", false};
static const struct face heading2 = {14, true, COLOUR_INK, "H2", false};
static const struct face number_face = {21, true, COLOUR_INK, "P", true};
static const struct face date_face = {12.5, true, COLOUR_INK, "P", true};

static void gap(struct paper *p, double height)
{
	if (p->y > CONTENT_TOP) {
		p->y += height;
	}
}

/* --- Blocks ---------------------------------------------------------------------------------------------------------
 */

static void put_heading(struct paper *p, const struct document_block *b)
{
	const struct face *f = b->level == 1 ? &heading1 : &heading2;
	bool is_first_in_slip = p->slip_top >= 0 && p->y < p->slip_top + 10 * MM;
	if (is_first_in_slip) {
		p->y -= 1.5 * MM; /* the letters, not the line, stand as high as what is beside them */
	} else {
		gap(p, b->level == 1 ? 2 * MM : 6 * MM);
	}
	double h = paper_measure(p, f, b->text, paper_width(p), NULL);
	paper_need(p, h + 3 * BODY_SIZE * 1.5); /* a heading keeps some lines of what it stands over */
	p->y += paper_text(p, f, b->text, 0, p->y, paper_balanced(p, f, b->text, paper_width(p)), 0);
	p->y += b->level == 1 ? 1.5 * MM : 2 * MM;
}

static void put_paragraph(struct paper *p, const struct document_block *b)
{
	static const struct face *const styles[] = {&body, &lead, &quiet, &small_quiet};
	const struct face *f = styles[b->style];
	paper_need(p, 2 * f->size * 1.5);
	double w = paper_width(p);
	paper_flow(p, f, b->text, 0, b->style == PARAGRAPH_LEAD ? paper_without_orphan(p, f, b->text, w) : w);
	p->y += 2.2 * MM;
}

static void put_number(struct paper *p, const struct document_block *b)
{
	double w = paper_width(p);
	double h = paper_measure(p, &quiet, b->caption, w, NULL) + paper_measure(p, &number_face, b->text, w, NULL);
	paper_need(p, h);
	gap(p, 2 * MM);
	p->y += paper_text(p, &quiet, b->caption, 0, p->y, w, 0);
	p->y += paper_text(p, &number_face, b->text, 0, p->y, w, 0);
	p->y += 3.5 * MM;
}

/* Side by side as long as each has 45 mm. */
static void put_dates(struct paper *p, const struct document_block *b)
{
	double w = paper_width(p);
	double between = 6 * MM;
	size_t columns = (size_t)fmax(1, floor((w + between) / (45 * MM + between)));
	columns = columns < b->item_n ? columns : b->item_n;
	double each = columns > 0 ? (w - between * (double)(columns - 1)) / (double)columns : w;
	for (size_t i = 0; i < b->item_n; i += columns) {
		double tallest = 0;
		for (int drawing = 0; drawing < 2; drawing++) {
			for (size_t j = i; j < i + columns && j < b->item_n; j++) {
				const struct document_item *it = &b->items[j];
				double x = (each + between) * (double)(j - i);
				double y = p->y;
				struct face date = paper_fit(p, &date_face, it->value, each, BODY_SIZE);
				if (!drawing) {
					double h = paper_measure(p, &small_quiet, it->term, each, NULL) +
					           paper_measure(p, &date, it->value, each, NULL) +
					           paper_measure(p, &small_quiet, it->note, each, NULL);
					tallest = fmax(tallest, h);
					continue;
				}
				y += paper_text(p, &small_quiet, it->term, x, y, each, 0);
				y += paper_text(p, &date, it->value, x, y, each, 0);
				paper_text(p, &small_quiet, it->note, x, y, each, 0);
			}
			if (!drawing) {
				paper_need(p, tallest);
			}
		}
		p->y += tallest + 3 * MM;
	}
}

static void put_pairs(struct paper *p, const struct document_block *b)
{
	const double pad = 2.1 * MM;
	paper_clear_float(p, 3 * MM);
	gap(p, 1.5 * MM);
	double w = paper_width(p);
	double term_w = fmin(46 * MM, w * 0.32), value_x = term_w + 5 * MM;
	double value_w = w - value_x;
	for (size_t i = 0; i < b->item_n; i++) {
		const struct document_item *it = &b->items[i];
		double term_h = paper_measure(p, &term_face, it->term, term_w, NULL);
		double value_h = paper_measure(p, &value_face, it->value, value_w, NULL);
		double row = fmax(term_h, value_h) + 2 * pad;
		/* A short row stays whole; a long answer may break. */
		paper_need(p, row < 60 * MM ? row : term_h + 2 * pad);
		if (i == 0 || p->y <= CONTENT_TOP + 8 * MM) {
			paper_rule(p, 0, p->y, w, 0.6, COLOUR_LINE);
		}
		p->y += pad;
		double top = p->y;
		int page = p->page;
		paper_text(p, &term_face, it->term, 0, p->y, term_w, 0);
		/* Scripts differ in the height of their lines; both begin on one baseline. */
		p->y += fmax(0, paper_baseline(p, &term_face, it->term, term_w) -
		                    paper_baseline(p, &value_face, it->value, value_w));
		paper_flow(p, &value_face, it->value, value_x, value_w);
		if (it->note.n > 0) {
			paper_flow(p, &note_face, it->note, value_x, value_w);
		}
		if (p->page == page) {
			p->y = fmax(p->y, top + term_h);
		}
		p->y += pad;
		paper_rule(p, 0, p->y, w, 0.6, COLOUR_LINE);
	}
	p->y += 2 * MM;
}

static void put_steps(struct paper *p, const struct document_block *b)
{
	static const struct face bold = {BODY_SIZE, true, COLOUR_INK, "P", false};
	const double arch = 7 * MM, text_x = arch + 4 * MM;
	paper_clear_float(p, 3 * MM);
	double w = paper_width(p) - text_x;
	for (size_t i = 0; i < b->item_n; i++) {
		const struct document_item *it = &b->items[i];
		double h = paper_measure(p, &bold, it->term, w, NULL) + paper_measure(p, &quiet, it->value, w, NULL);
		paper_need(p, fmin(fmax(h, arch), 60 * MM));
		char digits[24];
		snprintf(digits, sizeof digits, "%zu", i + 1);
		double top = p->y;
		int page = p->page;
		paper_arch(p, 0, top, arch, arch, COLOUR_SOFT);
		double digit_h = paper_measure(p, &bold, str_of(digits), arch, NULL);
		paper_text(p, &bold, str_of(digits), 0, top + (arch - digit_h) / 2 + 0.5, arch, 1);
		paper_flow(p, &bold, it->term, text_x, w);
		paper_flow(p, &quiet, it->value, text_x, w);
		if (p->page == page) {
			p->y = fmax(p->y, top + arch);
		}
		p->y += 3.2 * MM;
	}
}

static void draw_run(void *ctx, uint32_t x, uint32_t y, uint32_t n)
{
	cairo_rectangle(ctx, x, y, n, 1);
}

static bool put_qr(struct paper *p, const struct document_block *b, struct err *e)
{
	struct qr q;
	/* The quiet zone of four modules is the white round it: nothing else is set in the gap. */
	const double between = 6 * MM;
	if (!qr_make(b->text, QR_M, &q, e)) {
		return false;
	}
	double caption_w = paper_balanced(p, &small_quiet, b->caption, QR_SIDE);
	double caption_h = paper_measure(p, &small_quiet, b->caption, caption_w, NULL);
	paper_clear_float(p, 3 * MM);
	paper_need(p, QR_SIDE + 2 * MM + caption_h);
	double x = paper_width(p) - QR_SIDE;
	if (p->cr) {
		cairo_save(p->cr);
		cairo_tag_begin(p->cr, "Figure", NULL);
		cairo_translate(p->cr, paper_left(p, x, QR_SIDE), p->y);
		cairo_scale(p->cr, QR_SIDE / q.side, QR_SIDE / q.side);
		paper_colour(p, COLOUR_INK);
		cairo_set_antialias(p->cr, CAIRO_ANTIALIAS_NONE);
		cairo_new_path(p->cr);
		qr_runs(&q, draw_run, p->cr);
		cairo_fill(p->cr);
		cairo_tag_end(p->cr, "Figure");
		cairo_restore(p->cr);
	}
	paper_text(p, &small_quiet, b->caption, x, p->y + QR_SIDE + 2 * MM, caption_w, 0);
	p->float_bottom = p->y + QR_SIDE + 2 * MM + caption_h;
	p->float_width = QR_SIDE + between;
	qr_release(&q);
	return true;
}

/* At most 70 mm wide with modules of at least 0.25 mm, which any hand scanner reads; the quiet zones of ten modules are
 * within that width. */
static bool put_barcode(struct paper *p, const struct document_block *b, struct err *e)
{
	const double height = 11 * MM;
	struct code128 c;
	if (!code128_make(b->text, &c)) {
		return err_set(e, ERR_TOO_LARGE, "%zu bytes for a barcode", b->text.n);
	}
	double width = fmin(paper_width(p), 70 * MM);
	double module = fmin(width / (c.modules + 20), 0.38 * MM);
	double caption_h = b->caption.n > 0 ? paper_measure(p, &small_quiet, b->caption, paper_width(p), NULL) : 0;
	gap(p, 1 * MM);
	paper_need(p, height + 1 * MM + caption_h);
	if (p->cr) {
		cairo_save(p->cr);
		cairo_tag_begin(p->cr, "Figure", NULL);
		cairo_translate(p->cr, paper_left(p, 0, module * c.modules), p->y);
		cairo_scale(p->cr, module, height);
		paper_colour(p, COLOUR_INK);
		cairo_set_antialias(p->cr, CAIRO_ANTIALIAS_NONE);
		cairo_new_path(p->cr);
		for (size_t i = 0, x = 0; i < c.width_n; x += c.widths[i++]) {
			if (i % 2 == 0) {
				cairo_rectangle(p->cr, (double)x, 0, c.widths[i], 1);
			}
		}
		cairo_fill(p->cr);
		cairo_tag_end(p->cr, "Figure");
		cairo_restore(p->cr);
	}
	p->y += height + 1 * MM;
	if (b->caption.n > 0) {
		p->y += paper_text(p, &small_quiet, b->caption, 0, p->y, paper_width(p), 0);
	}
	p->y += 3 * MM;
	return true;
}

static void put_note(struct paper *p, const struct document_block *b)
{
	static const struct face bold = {BODY_SIZE, true, COLOUR_INK, "P", false};
	const double pad = 4.5 * MM;
	paper_clear_float(p, 3 * MM);
	gap(p, 2 * MM);
	double w = paper_width(p) - 2 * pad;
	double h = paper_measure(p, &bold, b->caption, w, NULL) + paper_measure(p, &body, b->text, w, NULL) + 2 * pad;
	if (h < CONTENT_BOTTOM - CONTENT_TOP - 20 * MM) {
		paper_need(p, h);
		paper_box(p, 0, p->y, w + 2 * pad, h, 5, COLOUR_WASH);
	}
	p->y += pad;
	paper_flow(p, &bold, b->caption, pad, w);
	paper_flow(p, &body, b->text, pad, w);
	p->y += pad + 3 * MM;
}

static void put_signatures(struct paper *p, const struct document_block *b)
{
	const double above = 16 * MM, between = 12 * MM;
	paper_clear_float(p, 3 * MM);
	double w = (paper_width(p) - between) / 2;
	for (size_t i = 0; i < b->item_n; i += 2) {
		double tallest = 0;
		for (size_t j = i; j < i + 2 && j < b->item_n; j++) {
			const struct document_item *it = &b->items[j];
			tallest = fmax(tallest, paper_measure(p, &term_face, it->term, w, NULL) +
			                            paper_measure(p, &note_face, it->value, w, NULL) +
			                            paper_measure(p, &note_face, it->note, w, NULL));
		}
		paper_need(p, above + tallest + 2 * MM);
		p->y += above;
		for (size_t j = i; j < i + 2 && j < b->item_n; j++) {
			const struct document_item *it = &b->items[j];
			double x = (w + between) * (double)(j - i);
			paper_rule(p, x, p->y, w, 0.75, COLOUR_INK);
			double y = p->y + 1.5 * MM;
			y += paper_text(p, &term_face, it->term, x, y, w, 0);
			y += paper_text(p, &note_face, it->value, x, y, w, 0);
			paper_text(p, &note_face, it->note, x, y, w, 0);
		}
		p->y += tallest + 5 * MM;
	}
}

static void put_address(struct paper *p, const struct document_block *b)
{
	double w = paper_width(p);
	double half = w * 0.56;
	double top = p->y;
	for (size_t i = 0; i < b->item_n; i++) {
		p->y += paper_text(p, &value_face, b->items[i].value, 0, p->y, half, 0);
	}
	double end_w = w - half - 6 * MM;
	double end_h = paper_text(p, &note_face, b->caption, w - end_w, top, end_w, 2);
	p->y = fmax(p->y, top + end_h) + 10 * MM;
}

static void put_list(struct paper *p, const struct document_block *b)
{
	const double stone = 1.5 * MM, text_x = 5.5 * MM;
	double w = paper_width(p) - text_x;
	for (size_t i = 0; i < b->item_n; i++) {
		paper_need(p, 2 * BODY_SIZE * 1.5);
		double line_h = paper_measure(p, &body, STR("x"), w, NULL);
		paper_box(p, 1 * MM, p->y + (line_h - stone) / 2 + 0.4, stone, stone, 0.8, COLOUR_BRAND);
		paper_flow(p, &body, b->items[i].value, text_x, w);
		p->y += 1.2 * MM;
	}
	p->y += 1.5 * MM;
}

/* Kept together: a question and its box are not parted by the end of a page. */
static void put_field(struct paper *p, const struct document_block *b)
{
	const double line = 8.5 * MM, tick = 3.6 * MM, text_x = 6 * MM;
	bool is_part = b->style == PARAGRAPH_QUIET;
	const struct face *face = is_part ? &small_quiet : &term_face;
	double w = paper_width(p);
	double box = fmin(b->level, 12) * line;
	double h = (b->text.n > 0 ? paper_measure(p, face, b->text, w, NULL) : 0) +
	           (b->caption.n > 0 ? paper_measure(p, &small_quiet, b->caption, w, NULL) : 0) + box + 1 * MM;
	gap(p, is_part ? 0.5 * MM : 2.5 * MM);
	paper_need(p, fmin(h + (b->item_n > 0 ? 2 * BODY_SIZE * 1.5 : 0), 120 * MM));
	if (b->text.n > 0) {
		p->y += paper_text(p, face, b->text, 0, p->y, w, 0);
	}
	if (b->caption.n > 0) {
		p->y += paper_text(p, &small_quiet, b->caption, 0, p->y, w, 0);
	}
	if (box > 0) {
		paper_frame(p, 0, p->y + 0.8 * MM, w, box - 1 * MM, 2);
		p->y += box + 0.5 * MM;
	}
	for (size_t i = 0; i < b->item_n; i++) {
		double item_h = paper_measure(p, &body, b->items[i].value, w - text_x, NULL);
		paper_need(p, item_h);
		paper_frame(p, 0.5 * MM, p->y + (BODY_SIZE * 1.5 - tick) / 2, tick, tick, 1);
		p->y += paper_text(p, &body, b->items[i].value, text_x, p->y, w - text_x, 0) + 0.8 * MM;
	}
}

static void begin_slip(struct paper *p)
{
	if (p->slip_top >= 0) {
		return;
	}
	paper_clear_float(p, 3 * MM);
	gap(p, 4 * MM);
	paper_need(p, 60 * MM);
	p->slip_top = p->y;
	p->inset = SLIP_INSET;
	p->y += SLIP_INSET;
}

static void end_slip(struct paper *p)
{
	if (p->slip_top < 0) {
		return;
	}
	paper_clear_float(p, 0);
	p->inset = 0;
	p->y += SLIP_INSET - 4 * MM;
	paper_frame(p, 0, p->slip_top, CONTENT_WIDTH, p->y - p->slip_top, 7);
	p->slip_top = -1;
	p->y += 3 * MM;
}

static bool put_block(struct paper *p, const struct document_block *b, struct err *e)
{
	switch (b->kind) {
	case BLOCK_HEADING:
		put_heading(p, b);
		break;
	case BLOCK_PARAGRAPH:
		put_paragraph(p, b);
		break;
	case BLOCK_PAIRS:
		put_pairs(p, b);
		break;
	case BLOCK_NUMBER:
		put_number(p, b);
		break;
	case BLOCK_DATES:
		put_dates(p, b);
		break;
	case BLOCK_STEPS:
		put_steps(p, b);
		break;
	case BLOCK_QR:
		return put_qr(p, b, e);
	case BLOCK_NOTE:
		put_note(p, b);
		break;
	case BLOCK_SIGNATURES:
		put_signatures(p, b);
		break;
	case BLOCK_SPACER:
		p->y += fmin(b->level, 200) * MM;
		paper_need(p, 0);
		break;
	case BLOCK_SLIP:
		begin_slip(p);
		break;
	case BLOCK_SLIP_END:
		end_slip(p);
		break;
	case BLOCK_ADDRESS:
		put_address(p, b);
		break;
	case BLOCK_LIST:
		put_list(p, b);
		break;
	case BLOCK_FIELD:
		put_field(p, b);
		break;
	case BLOCK_PAGE:
		paper_new_page(p);
		break;
	case BLOCK_BARCODE:
		return put_barcode(p, b, e);
	}
	return true;
}

/* --- The file -------------------------------------------------------------------------------------------------------
 */

static bool put_blocks(struct paper *p, const struct document *d, cairo_t *cr, struct err *e)
{
	paper_begin(p, cr);
	for (size_t i = 0; i < d->block_n; i++) {
		if (!put_block(p, &d->blocks[i], e)) {
			return false;
		}
	}
	end_slip(p);
	paper_end(p);
	return true;
}

static cairo_status_t write_to_buf(void *to, const unsigned char *bytes, unsigned int n)
{
	buf_put_bytes(to, bytes, n);
	return ((struct buf *)to)->failed ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static void set_metadata(cairo_surface_t *surface, const struct document *d)
{
	struct buf text;
	buf_init(&text, 64U * 1024);
	buf_put(&text, d->title);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, buf_cstr(&text));
	buf_reset(&text);
	buf_put(&text, d->institution.n > 0 ? d->institution : d->city);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, buf_cstr(&text));
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Cityhall");
	if (d->made_us > 0) {
		char day[11];
		char when[40];
		int64_t second = d->made_us / US_PER_S;
		date_format((day_number)(second / 86400), day);
		snprintf(when, sizeof when, "%sT%02d:%02d:%02dZ", day, (int)(second % 86400 / 3600), (int)(second / 60 % 60),
		         (int)(second % 60));
		cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, when);
		cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_MOD_DATE, when);
	}
	buf_release(&text);
}

bool document_draw(struct fonts *fonts, const struct document *d, struct buf *pdf, struct err *e)
{
	struct paper p;
	cairo_surface_t *surface = NULL;
	cairo_t *cr = NULL;
	bool ok = false;
	if (!paper_open(&p, d, fonts, e) || !put_blocks(&p, d, NULL, e)) {
		goto out;
	}
	surface = cairo_pdf_surface_create_for_stream(write_to_buf, pdf, PAPER_WIDTH, PAPER_HEIGHT);
	set_metadata(surface, d);
	cr = cairo_create(surface);
	cairo_tag_begin(cr, "Document", NULL);
	if (!put_blocks(&p, d, cr, e)) {
		goto out;
	}
	cairo_tag_end(cr, "Document");
	cairo_status_t status = cairo_status(cr);
	cairo_surface_finish(surface);
	status = status ? status : cairo_surface_status(surface);
	if (status != CAIRO_STATUS_SUCCESS) {
		err_set(e, ERR_INTERNAL, "cairo: %s", cairo_status_to_string(status));
		goto out;
	}
	pdf_put_language(pdf, d->lang, d->is_rtl);
	ok = buf_ok(pdf, e);
out:
	if (cr) {
		cairo_destroy(cr);
	}
	if (surface) {
		cairo_surface_destroy(surface);
	}
	paper_close(&p);
	return ok;
}

void document_warm(struct fonts *fonts)
{
	static const struct document_block blocks[] = {
		{.kind = BLOCK_HEADING, .level = 1, .text = STR_INIT("Warm 暖 دافئ")},
		{.kind = BLOCK_PARAGRAPH, .text = STR_INIT("Warm 暖 دافئ")},
	};
	struct document d = {.title = STR("warm"),
	                     .lang = STR("zh-Hans"),
	                     .page_label = STR("{page}"),
	                     .blocks = blocks,
	                     .block_n = sizeof blocks / sizeof blocks[0]};
	struct buf pdf;
	struct err e;
	buf_init(&pdf, PDF_BYTES_MAX);
	bool is_warm = document_draw(fonts, &d, &pdf, &e);
	(void)is_warm; /* a document that fails later says why */
	buf_release(&pdf);
}
