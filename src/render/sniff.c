/* What a file is, by its first bytes, and how large its pictures are, by their headers: looked at before any decoder
 * sees them. A cursor over the input, bounds in one place. */
#include "os/render_protocol.h"
#include "render/upload.h"

/* n bytes from `at`; what lies beyond the end is 0. */
static uint32_t number_at(struct str s, size_t at, size_t n, bool is_little)
{
	uint32_t v = 0;
	for (size_t i = 0; i < n; i++) {
		size_t from = is_little ? n - 1 - i : i;
		v = v << 8 | (at < s.n && from < s.n - at ? (uint8_t)s.p[at + from] : 0);
	}
	return v;
}

static uint32_t big(struct str s, size_t at, size_t n)
{
	return number_at(s, at, n, false);
}

static uint32_t little(struct str s, size_t at, size_t n)
{
	return number_at(s, at, n, true);
}

/* The frame header of a JPEG (ITU T.81, B.2.2): segments are walked until one of SOF0 to SOF15 says the size. */
static bool jpeg_size(struct str s, uint32_t *width, uint32_t *height)
{
	size_t at = 2;
	while (at + 9 <= s.n) {
		if ((uint8_t)s.p[at] != 0xFF) {
			return false;
		}
		uint8_t marker = (uint8_t)s.p[at + 1];
		if (marker == 0xFF) {
			at++; /* fill byte */
			continue;
		}
		if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) {
			at += 2; /* stands alone */
			continue;
		}
		if (marker == 0xD8 || marker == 0xD9 || marker == 0xDA) {
			return false; /* the picture begins or ends before its size was said */
		}
		if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
			*height = big(s, at + 5, 2);
			*width = big(s, at + 7, 2);
			return true;
		}
		at += 2 + (size_t)big(s, at + 2, 2);
	}
	return false;
}

static bool png_size(struct str s, uint32_t *width, uint32_t *height)
{
	if (s.n < 33 || !str_eq(str_sub(s, 12, 4), STR("IHDR"))) {
		return false;
	}
	*width = big(s, 16, 4);
	*height = big(s, 20, 4);
	return true;
}

/* RFC 9649: the first chunk is VP8X (extended), VP8L (lossless) or VP8 (a key frame of RFC 6386, 9.1). */
static bool webp_size(struct str s, uint32_t *width, uint32_t *height)
{
	struct str chunk = str_sub(s, 12, 4);
	if (s.n < 30) {
		return false;
	}
	if (str_eq(chunk, STR("VP8X"))) {
		*width = little(s, 24, 3) + 1;
		*height = little(s, 27, 3) + 1;
		return true;
	}
	if (str_eq(chunk, STR("VP8L")) && s.p[20] == 0x2F) {
		uint32_t bits = little(s, 21, 4);
		*width = (bits & 0x3FFF) + 1;
		*height = (bits >> 14 & 0x3FFF) + 1;
		return true;
	}
	if (str_eq(chunk, STR("VP8 ")) && str_eq(str_sub(s, 23, 3), STR("\x9D\x01\x2A"))) {
		*width = little(s, 26, 2) & 0x3FFF;
		*height = little(s, 28, 2) & 0x3FFF;
		return true;
	}
	return false;
}

/* ISO/IEC 14496-12: the first box names what kind of file it is. */
static bool is_heif(struct str s)
{
	static const char *const brands[] = {"heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"};
	if (s.n < 16 || !str_eq(str_sub(s, 4, 4), STR("ftyp"))) {
		return false;
	}
	for (size_t i = 0; i < sizeof brands / sizeof brands[0]; i++) {
		if (str_is(str_sub(s, 8, 4), brands[i])) {
			return true;
		}
	}
	return false;
}

static bool fits(uint32_t width, uint32_t height, struct err *e)
{
	if (width == 0 || height == 0) {
		return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "a picture without a size");
	}
	return (width <= RENDER_SIDE_MAX && height <= RENDER_SIDE_MAX && (uint64_t)width * height <= RENDER_PIXELS_MAX) ||
	       err_tell(e, ERR_TOO_LARGE, render_says[SAY_PIXELS], "a picture of %u x %u pixels", width, height);
}

/* TIFF 6.0: directories in a chain, each a picture. Every one is measured; a chain that does not end is too long. */
static bool tiff_pages(struct str s, struct upload_facts *out, struct err *e)
{
	bool is_little = s.p[0] == 'I';
	uint32_t at = number_at(s, 4, 4, is_little);
	while (at != 0) {
		uint32_t n = number_at(s, at, 2, is_little);
		uint32_t width = 0;
		uint32_t height = 0;
		if (at >= s.n || n == 0 || (size_t)n * 12 + 6 > s.n - at) {
			return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "a TIFF directory beyond the end");
		}
		for (uint32_t i = 0; i < n; i++) {
			size_t entry = at + 2 + (size_t)i * 12;
			uint32_t tag = number_at(s, entry, 2, is_little);
			uint32_t type = number_at(s, entry + 2, 2, is_little); /* 3: 16 bits, 4: 32 */
			uint32_t value = number_at(s, entry + 8, type == 3 ? 2 : 4, is_little);
			width = tag == 256 ? value : width;
			height = tag == 257 ? value : height;
		}
		if (out->page_n == RENDER_PAGES_MAX) {
			return err_tell(e, ERR_TOO_LARGE, render_says[SAY_PAGES], "a TIFF of more than %d pages", RENDER_PAGES_MAX);
		}
		if (!fits(width, height, e)) {
			return false;
		}
		out->width = out->page_n == 0 ? width : out->width;
		out->height = out->page_n == 0 ? height : out->height;
		out->page_n++;
		at = number_at(s, at + 2 + (size_t)n * 12, 4, is_little);
	}
	return out->page_n > 0 || err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "a TIFF without a picture");
}

bool upload_sniff(struct str bytes, struct upload_facts *out, struct err *e)
{
	*out = (struct upload_facts){0};
	if (bytes.n == 0) {
		return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_EMPTY], "an empty upload");
	}
	if (str_starts(bytes, STR("%PDF-"))) {
		out->kind = UPLOAD_PDF;
		return true;
	}
	if (is_heif(bytes)) {
		out->kind = UPLOAD_HEIC;
		return true;
	}
	if (str_starts(bytes, STR("II*\0")) || str_starts(bytes, STR("MM\0*"))) {
		out->kind = UPLOAD_TIFF;
		return tiff_pages(bytes, out, e);
	}
	bool has_size;
	out->page_n = 1;
	if (str_starts(bytes, STR("\x89PNG\r\n\x1A\n"))) {
		out->kind = UPLOAD_PNG;
		has_size = png_size(bytes, &out->width, &out->height);
	} else if (str_starts(bytes, STR("\xFF\xD8\xFF"))) {
		out->kind = UPLOAD_JPEG;
		has_size = jpeg_size(bytes, &out->width, &out->height);
	} else if (str_starts(bytes, STR("RIFF")) && str_eq(str_sub(bytes, 8, 4), STR("WEBP"))) {
		out->kind = UPLOAD_WEBP;
		has_size = webp_size(bytes, &out->width, &out->height);
	} else {
		return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_KIND], "an upload that is no PDF and no picture we read");
	}
	return fits(has_size ? out->width : 0, out->height, e);
}
