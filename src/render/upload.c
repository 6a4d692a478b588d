#include "render/upload.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "os/file.h"
#include "os/render_protocol.h"
#include "os/socket.h"

bool pages_begin(struct pages *p, struct err *e)
{
	memset(p, 0, sizeof *p);
	p->fd = memfd_create("pages", MFD_CLOEXEC);
	return p->fd >= 0 || err_errno(e, "cannot make an anonymous file");
}

bool pages_add(struct pages *p, enum page_type type, uint32_t width, uint32_t height, struct str bytes, struct err *e)
{
	if (p->n >= RENDER_PAGES_MAX) {
		return err_tell(e, ERR_TOO_LARGE, render_says[SAY_PAGES], "more than %d pages", RENDER_PAGES_MAX);
	}
	if (bytes.n == 0 || (int64_t)bytes.n > RENDER_CONTAINER_MAX - p->bytes) {
		return err_tell(e, ERR_TOO_LARGE, render_says[SAY_HEAVY], "the pages take more than %d bytes",
		                RENDER_CONTAINER_MAX);
	}
	p->items[p->n] = (struct render_page){type, width, height, p->bytes, (int64_t)bytes.n};
	p->n++;
	p->bytes += (int64_t)bytes.n;
	return file_write_all(&file_layer_real, p->fd, bytes, e);
}

void pages_put(const struct pages *p, struct buf *reply)
{
	codec_put_u8(reply, (uint8_t)p->kind);
	codec_put_u32(reply, (uint32_t)p->n);
	for (size_t i = 0; i < p->n; i++) {
		codec_put_u8(reply, (uint8_t)p->items[i].type);
		codec_put_u32(reply, p->items[i].width);
		codec_put_u32(reply, p->items[i].height);
		codec_put_i64(reply, p->items[i].bytes);
	}
}

/* --- What it is ----------------------------------------------------------------------------------------------------
 */

static uint32_t big_endian(const char *p, size_t n)
{
	uint32_t v = 0;
	for (size_t i = 0; i < n; i++) {
		v = v << 8 | (uint8_t)p[i];
	}
	return v;
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
			*height = big_endian(s.p + at + 5, 2);
			*width = big_endian(s.p + at + 7, 2);
			return true;
		}
		at += 2 + (size_t)big_endian(s.p + at + 2, 2);
	}
	return false;
}

static bool png_size(struct str s, uint32_t *width, uint32_t *height)
{
	if (s.n < 33 || !str_eq(str_sub(s, 12, 4), STR("IHDR"))) {
		return false;
	}
	*width = big_endian(s.p + 16, 4);
	*height = big_endian(s.p + 20, 4);
	return true;
}

bool upload_sniff(struct str bytes, enum upload_kind *kind, uint32_t *width, uint32_t *height, struct err *e)
{
	*width = 0;
	*height = 0;
	if (bytes.n == 0) {
		return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_EMPTY], "an empty upload");
	}
	bool has_size;
	if (str_starts(bytes, STR("%PDF-"))) {
		*kind = UPLOAD_PDF;
		return true;
	}
	if (str_starts(bytes, STR("\x89PNG\r\n\x1A\n"))) {
		*kind = UPLOAD_PNG;
		has_size = png_size(bytes, width, height);
	} else if (str_starts(bytes, STR("\xFF\xD8\xFF"))) {
		*kind = UPLOAD_JPEG;
		has_size = jpeg_size(bytes, width, height);
	} else {
		return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_KIND], "an upload that is no PDF, JPEG or PNG");
	}
	if (!has_size || *width == 0 || *height == 0) {
		return err_tell(e, ERR_UNSUPPORTED, render_says[SAY_DAMAGED], "a picture without a size");
	}
	if (*width > RENDER_SIDE_MAX || *height > RENDER_SIDE_MAX || (uint64_t)*width * *height > RENDER_PIXELS_MAX) {
		return err_tell(e, ERR_TOO_LARGE, render_says[SAY_PIXELS], "a picture of %u x %u pixels", *width, *height);
	}
	return true;
}

/* --- Making it new -------------------------------------------------------------------------------------------------
 */

static bool read_upload(int fd, struct buf *to, struct err *e)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		return err_errno(e, "cannot look at the upload");
	}
	if (!S_ISREG(st.st_mode)) {
		return err_set(e, ERR_BAD_INPUT, "the upload is no file");
	}
	if (st.st_size > RENDER_INPUT_MAX) {
		return err_tell(e, ERR_TOO_LARGE, render_says[SAY_BYTES], "an upload of %lld bytes", (long long)st.st_size);
	}
	size_t n = (size_t)st.st_size;
	size_t got = 0;
	char *room = buf_reserve(to, n > 0 ? n : 1);
	if (!room) {
		return buf_ok(to, e);
	}
	while (got < n) {
		ssize_t some = pread(fd, room + got, n - got, (off_t)got);
		if (some < 0 && errno != EINTR) {
			return err_errno(e, "cannot read the upload");
		}
		if (some == 0) {
			break;
		}
		got += some > 0 ? (size_t)some : 0;
	}
	buf_added(to, got);
	return true;
}

bool upload_reencode(int fd, struct pages *out, struct err *e)
{
	struct buf bytes;
	uint32_t width, height;
	buf_init(&bytes, RENDER_INPUT_MAX + 1);
	bool ok =
		read_upload(fd, &bytes, e) && upload_sniff(buf_str(&bytes), &out->kind, &width, &height, e) &&
		(out->kind == UPLOAD_PDF ? pdf_reencode(buf_str(&bytes), out, e) : image_reencode(buf_str(&bytes), out, e));
	buf_release(&bytes);
	return ok;
}
