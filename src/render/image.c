#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <vips/vips.h>

#include <vips/vector.h>

#include "base/fault.h"
#include "os/render_protocol.h"
#include "render/measure.h"
#include "render/upload.h"

enum { JPEG_QUALITY = 82 };

static void say_nothing(const char *domain, GLogLevelFlags level, const char *message, void *ctx)
{
	/* What libraries say may quote the file. */
	(void)domain;
	(void)level;
	(void)message;
	(void)ctx;
}

bool image_start(struct err *e)
{
	/* Modules (ImageMagick, HEIF, OpenSlide) are found relative to this folder: none. */
	setenv("VIPSHOME", "/nonexistent", 1);
	/* Nothing may be written, so all work is done in memory, whose limit the worker has. */
	setenv("VIPS_DISC_THRESHOLD", "4g", 1);
	g_log_set_default_handler(say_nothing, NULL);
	if (vips_init("cityhall-render") != 0) {
		return err_set(e, ERR_INTERNAL, "libvips does not start");
	}
	vips_concurrency_set(1);
	vips_cache_set_max(0);
	vips_vector_set_enabled(FALSE); /* it would make memory executable */
	vips_operation_block_set("VipsForeign", TRUE);
	vips_operation_block_set("VipsForeignLoadJpegBuffer", FALSE);
	vips_operation_block_set("VipsForeignLoadPngBuffer", FALSE);
	vips_operation_block_set("VipsForeignLoadTiffBuffer", FALSE);
	vips_operation_block_set("VipsForeignLoadWebpBuffer", FALSE);
	vips_operation_block_set("VipsForeignSaveJpegBuffer", FALSE);
	vips_operation_block_set("VipsForeignSavePngBuffer", FALSE);
	return true;
}

/* Which sentence fits cannot be told from libvips; the header was sound, so the rest is not. */
static bool damaged(struct err *e)
{
	const char *text = vips_error_buffer();
	bool ok = err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "libvips: %.160s", text);
	vips_error_clear();
	return ok;
}

/* sRGB or grey of 8 bits, whole in memory. Takes `small`. */
static bool finish(VipsImage *small, VipsImage **out)
{
	VipsImage *coloured = NULL, *cast = NULL;
	VipsInterpretation is = vips_image_get_interpretation(small);
	bool is_grey = is == VIPS_INTERPRETATION_B_W || is == VIPS_INTERPRETATION_GREY16;
	int failed =
		vips_colourspace(small, &coloured, is_grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL) ||
		vips_cast(coloured, &cast, VIPS_FORMAT_UCHAR, NULL);
	if (!failed) {
		*out = vips_image_copy_memory(cast);
		failed = *out == NULL;
	}
	g_clear_object(&small);
	g_clear_object(&coloured);
	g_clear_object(&cast);
	return !failed;
}

/* Upright, at most RENDER_OUT_SIDE_MAX a side. */
static bool draw(struct str bytes, const char *options, bool with_profile, VipsImage **out)
{
	union {
		const char *from;
		void *to;
	} p = {.from = bytes.p}; /* only read; libvips has no const form */
	VipsImage *small = NULL;
	int failed =
		with_profile
			? vips_thumbnail_buffer(p.to, bytes.n, &small, RENDER_OUT_SIDE_MAX, "height", RENDER_OUT_SIDE_MAX, "size",
	                                VIPS_SIZE_DOWN, "option_string", options, "export_profile", "srgb", NULL)
			: vips_thumbnail_buffer(p.to, bytes.n, &small, RENDER_OUT_SIDE_MAX, "height", RENDER_OUT_SIDE_MAX, "size",
	                                VIPS_SIZE_DOWN, "option_string", options, NULL);
	return !failed && finish(small, out);
}

static bool shrink(VipsImage *whole, bool with_profile, VipsImage **out)
{
	VipsImage *small = NULL;
	int failed = with_profile ? vips_thumbnail_image(whole, &small, RENDER_OUT_SIDE_MAX, "height", RENDER_OUT_SIDE_MAX,
	                                                 "size", VIPS_SIZE_DOWN, "export_profile", "srgb", NULL)
	                          : vips_thumbnail_image(whole, &small, RENDER_OUT_SIDE_MAX, "height", RENDER_OUT_SIDE_MAX,
	                                                 "size", VIPS_SIZE_DOWN, NULL);
	return !failed && finish(small, out);
}

/* Many pictures of screens carry an alpha that says nothing. */
static bool has_holes(VipsImage *image)
{
	VipsImage *alpha = NULL;
	double least = 0;
	if (!vips_image_hasalpha(image)) {
		return false;
	}
	int failed = vips_extract_band(image, &alpha, image->Bands - 1, NULL) || vips_min(alpha, &least, NULL);
	g_clear_object(&alpha);
	return failed || least < 255;
}

static bool save(VipsImage *image, struct pages *out, struct err *e)
{
	VipsImage *flat = NULL;
	void *bytes = NULL;
	size_t n = 0;
	bool is_png = has_holes(image);
	int failed;
	if (is_png) {
		failed = vips_pngsave_buffer(image, &bytes, &n, "strip", TRUE, "compression", 6, NULL);
	} else {
		failed = vips_image_hasalpha(image) ? vips_flatten(image, &flat, NULL) : 0;
		failed = failed || vips_jpegsave_buffer(flat ? flat : image, &bytes, &n, "Q", JPEG_QUALITY, "strip", TRUE,
		                                        "optimize_coding", TRUE, NULL);
	}
	g_clear_object(&flat);
	bool ok = failed ? damaged(e)
	                 : pages_add(out, is_png ? PAGE_PNG : PAGE_JPEG, (uint32_t)vips_image_get_width(image),
	                             (uint32_t)vips_image_get_height(image), str_from(bytes, n), e);
	g_free(bytes);
	return ok;
}

/* What cannot be measured is left unsaid. */
static void measure(VipsImage *image, struct render_page *page)
{
	VipsImage *small = NULL, *flat = NULL, *grey = NULL, *bytes = NULL;
	size_t n = 0;
	void *pixels = NULL;
	int failed =
		vips_thumbnail_image(image, &small, MEASURE_SIDE_MAX, "height", MEASURE_SIDE_MAX, "size", VIPS_SIZE_DOWN, NULL);
	failed = failed || (vips_image_hasalpha(small) ? vips_flatten(small, &flat, NULL) : vips_copy(small, &flat, NULL));
	failed = failed || vips_colourspace(flat, &grey, VIPS_INTERPRETATION_B_W, NULL) ||
	         vips_cast(grey, &bytes, VIPS_FORMAT_UCHAR, NULL);
	if (!failed && bytes->Bands == 1) {
		pixels = vips_image_write_to_memory(bytes, &n);
	}
	if (pixels && n == (size_t)bytes->Xsize * (size_t)bytes->Ysize) {
		struct picture_measure m = picture_measure(pixels, bytes->Xsize, bytes->Ysize);
		page->luma = m.luma;
		page->sharpness = m.sharpness;
	}
	g_free(pixels);
	g_clear_object(&small);
	g_clear_object(&flat);
	g_clear_object(&grey);
	g_clear_object(&bytes);
	vips_error_clear();
}

static bool keep(VipsImage *image, struct pages *out, struct err *e)
{
	vips_error_clear();
	bool ok = save(image, out, e);
	if (ok) {
		measure(image, &out->items[out->n - 1]);
	}
	g_object_unref(image);
	return ok;
}

static bool heif_reencode(struct str bytes, struct pages *out, struct err *e)
{
	VipsImage *whole = NULL, *image = NULL;
	if (!heif_draw(bytes, &whole, e)) {
		return false;
	}
	bool ok = shrink(whole, true, &image) || shrink(whole, false, &image);
	g_object_unref(whole);
	return ok ? keep(image, out, e) : damaged(e);
}

bool image_reencode(struct str bytes, const struct upload_facts *facts, struct pages *out, struct err *e)
{
	if (facts->kind == UPLOAD_HEIC) {
		return heif_reencode(bytes, out, e);
	}
	for (size_t i = 0; i < facts->page_n; i++) {
		VipsImage *image = NULL;
		char options[60];
		/* fail_on reaches the decoder by this string only: libvips 8.14 forgets the argument of that name. */
		if (facts->kind == UPLOAD_TIFF) {
			snprintf(options, sizeof options, "[fail_on=truncated,page=%zu]", i);
		} else {
			snprintf(options, sizeof options, "[fail_on=truncated]");
		}
		/* A colour profile that cannot be used is no reason to refuse the picture. */
		if (!draw(bytes, options, true, &image) && !draw(bytes, options, false, &image)) {
			return damaged(e);
		}
		if (!keep(image, out, e)) {
			return false;
		}
	}
	return true;
}

bool image_put_jpeg(const uint8_t *pixels, int width, int height, int stride, struct pages *out, struct err *e)
{
	uint8_t *rgb = mem_alloc((size_t)width * 3, (size_t)height);
	if (!rgb) {
		return err_set(e, ERR_MEMORY, "no memory for a page");
	}
	for (int y = 0; y < height; y++) {
		const uint8_t *from = pixels + (size_t)y * (size_t)stride;
		uint8_t *to = rgb + (size_t)y * (size_t)width * 3;
		for (int x = 0; x < width; x++, from += 4, to += 3) {
			uint32_t v;
			memcpy(&v, from, sizeof v);
			to[0] = (uint8_t)(v >> 16);
			to[1] = (uint8_t)(v >> 8);
			to[2] = (uint8_t)v;
		}
	}
	VipsImage *image =
		vips_image_new_from_memory(rgb, (size_t)width * 3 * (size_t)height, width, height, 3, VIPS_FORMAT_UCHAR);
	void *bytes = NULL;
	size_t n = 0;
	bool ok = image && vips_jpegsave_buffer(image, &bytes, &n, "Q", JPEG_QUALITY, "strip", TRUE, NULL) == 0;
	ok = ok ? pages_add(out, PAGE_JPEG, (uint32_t)width, (uint32_t)height, str_from(bytes, n), e) : damaged(e);
	g_clear_object(&image);
	g_free(bytes);
	mem_free(rgb);
	return ok;
}
