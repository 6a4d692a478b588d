/* HEIC by libheif itself: libvips reads it by a module, and render loads none. */
#include <libheif/heif.h>
#include <vips/vips.h>

#include "base/fault.h"
#include "os/render_protocol.h"
#include "render/upload.h"

static bool refuse(struct err *e, const char *why)
{
	return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "libheif: %.160s", why ? why : "?");
}

/* The profile, so that colours of a telephone's wider space come out right; none is no mistake. */
static void take_profile(const struct heif_image_handle *handle, VipsImage *image)
{
	size_t n = heif_image_handle_get_raw_color_profile_size(handle);
	void *profile = n > 0 && n < 4U * 1024 * 1024 ? mem_alloc(1, n) : NULL;
	if (profile && heif_image_handle_get_raw_color_profile(handle, profile).code == heif_error_Ok) {
		vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, profile, n);
	}
	mem_free(profile);
}

/* libheif has turned and cut it as the file says. */
static bool copy_pixels(const struct heif_image *from, int bands, VipsImage **out, struct err *e)
{
	int stride = 0;
	const uint8_t *rows = heif_image_get_plane_readonly(from, heif_channel_interleaved, &stride);
	int width = heif_image_get_width(from, heif_channel_interleaved);
	int height = heif_image_get_height(from, heif_channel_interleaved);
	if (!rows || width < 1 || height < 1 || stride < width * bands || width > RENDER_SIDE_MAX ||
	    height > RENDER_SIDE_MAX) {
		return refuse(e, "no pixels");
	}
	VipsImage *view = vips_image_new_from_memory(rows, (size_t)stride * (size_t)height, stride / bands, height, bands,
	                                             VIPS_FORMAT_UCHAR);
	VipsImage *cut = NULL;
	bool ok = stride % bands == 0 && view && vips_extract_area(view, &cut, 0, 0, width, height, NULL) == 0;
	if (ok) {
		*out = vips_image_copy_memory(cut);
		ok = *out != NULL;
	}
	g_clear_object(&cut);
	g_clear_object(&view);
	return ok || refuse(e, "pixels cannot be copied");
}

bool heif_draw(struct str bytes, VipsImage **out, struct err *e)
{
	struct heif_context *context = heif_context_alloc();
	struct heif_image_handle *handle = NULL;
	struct heif_image *image = NULL;
	bool ok = false;
	if (!context) {
		return err_set(e, ERR_MEMORY, "no memory for libheif");
	}
	heif_context_set_maximum_image_size_limit(context, RENDER_SIDE_MAX);
	heif_context_set_max_decoding_threads(context, 0);
	struct heif_error why = heif_context_read_from_memory_without_copy(context, bytes.p, bytes.n, NULL);
	if (why.code == heif_error_Ok) {
		why = heif_context_get_primary_image_handle(context, &handle);
	}
	if (why.code != heif_error_Ok) {
		refuse(e, why.message);
		goto out;
	}
	int width = heif_image_handle_get_width(handle);
	int height = heif_image_handle_get_height(handle);
	if (width < 1 || height < 1) {
		refuse(e, "a picture without a size");
		goto out;
	}
	if (width > RENDER_SIDE_MAX || height > RENDER_SIDE_MAX || (int64_t)width * height > RENDER_PIXELS_MAX) {
		err_tell(e, ERR_TOO_LARGE, render_says[SAY_PIXELS], "a picture of %d x %d pixels", width, height);
		goto out;
	}
	bool has_alpha = heif_image_handle_has_alpha_channel(handle);
	why = heif_decode_image(handle, &image, heif_colorspace_RGB,
	                        has_alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, NULL);
	if (why.code != heif_error_Ok) {
		refuse(e, why.message);
		goto out;
	}
	ok = copy_pixels(image, has_alpha ? 4 : 3, out, e);
	if (ok) {
		(*out)->Type = VIPS_INTERPRETATION_sRGB;
		take_profile(handle, *out);
	}
out:
	heif_image_release(image);
	heif_image_handle_release(handle);
	heif_context_free(context);
	return ok;
}
