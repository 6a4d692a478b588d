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
	p->items[p->n] = (struct render_page){.type = type,
	                                      .width = width,
	                                      .height = height,
	                                      .offset = p->bytes,
	                                      .bytes = (int64_t)bytes.n,
	                                      .luma = MEASURE_NONE,
	                                      .sharpness = MEASURE_NONE};
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
		codec_put_u32(reply, p->items[i].luma);
		codec_put_u32(reply, p->items[i].sharpness);
	}
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
	struct upload_facts facts;
	buf_init(&bytes, RENDER_INPUT_MAX + 1);
	bool ok = read_upload(fd, &bytes, e) && upload_sniff(buf_str(&bytes), &facts, e);
	if (ok) {
		out->kind = facts.kind;
		ok = facts.kind == UPLOAD_PDF ? pdf_reencode(buf_str(&bytes), out, e)
		                              : image_reencode(buf_str(&bytes), &facts, out, e);
	}
	buf_release(&bytes);
	return ok;
}
