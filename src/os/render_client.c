#include "os/render_client.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "os/file.h"
#include "os/render_protocol.h"
#include "os/reply.h"
#include "os/socket.h"

#define TIMEOUT_US INT64_C(30000000)

struct render_client {
	char *path;
	_Atomic int64_t timeout_us;
};

bool render_client_new(struct str dir, struct render_client **out, struct err *e)
{
	struct render_client *c = mem_alloc(1, sizeof *c);
	if (!c) {
		return err_set(e, ERR_MEMORY, "no memory for the render client");
	}
	c->path = file_path(dir, STR(RENDER_SOCKET));
	atomic_store(&c->timeout_us, TIMEOUT_US);
	if (!c->path) {
		mem_free(c);
		return err_set(e, ERR_MEMORY, "no memory for the render client");
	}
	*out = c;
	return true;
}

void render_client_free(struct render_client *c)
{
	if (c) {
		mem_free(c->path);
		mem_free(c);
	}
}

void render_client_set_timeout(struct render_client *c, int64_t us)
{
	atomic_store(&c->timeout_us, us);
}

/* Every request may be repeated without harm, so a process that died under the first try is asked again. The reply's
 * fields begin at *in. */
static bool call(struct render_client *c, const struct buf *request, const int *fds, size_t fd_n, struct message *reply,
                 struct codec *in, struct err *e)
{
	int64_t deadline = deadline_in(atomic_load(&c->timeout_us));
	struct err why;
	if (!buf_ok(request, e)) {
		return false;
	}
	bool ok = message_call(str_of(c->path), buf_str(request), fds, fd_n, reply, deadline, &why);
	if (!ok && why.code == ERR_GONE) {
		ok = message_call(str_of(c->path), buf_str(request), fds, fd_n, reply, deadline, &why);
	}
	if (!ok) {
		enum err_code code = why.code == ERR_GONE ? ERR_BUSY : why.code;
		return err_set(e, code, "the render process: %s", why.text);
	}
	*in = codec_of(buf_str(&reply->bytes));
	return reply_begin(in, render_says, e);
}

static bool take_fd(struct message *m, int *out, struct err *e)
{
	if (m->fd_n != 1) {
		return err_set(e, ERR_CORRUPT, "the render process sent %zu files", m->fd_n);
	}
	*out = m->fds[0];
	m->fds[0] = -1;
	if (lseek(*out, 0, SEEK_SET) != 0) {
		return err_errno(e, "cannot use the file of the render process");
	}
	return true;
}

/* --- Uploads -------------------------------------------------------------------------------------------------------
 */

/* The sizes must fill the container exactly: what follows trusts them. */
static bool read_pages(struct codec *in, struct render_result *out, int64_t container_bytes, struct err *e)
{
	out->kind = (enum upload_kind)codec_u8(in);
	uint32_t n = codec_u32(in);
	if (in->failed || n < 1 || n > RENDER_PAGES_MAX || out->kind < UPLOAD_PDF || out->kind > UPLOAD_WEBP) {
		return err_set(e, ERR_CORRUPT, "the render process sent %u pages", n);
	}
	int64_t offset = 0;
	for (size_t i = 0; i < n; i++) {
		struct render_page *p = &out->pages[i];
		p->type = (enum page_type)codec_u8(in);
		p->width = codec_u32(in);
		p->height = codec_u32(in);
		p->bytes = codec_i64(in);
		p->luma = codec_u32(in);
		p->sharpness = codec_u32(in);
		p->offset = offset;
		if (p->type < PAGE_JPEG || p->type > PAGE_PNG || p->bytes < 1 || p->bytes > container_bytes - offset) {
			return err_set(e, ERR_CORRUPT, "the render process sent a page that cannot be");
		}
		offset += p->bytes;
	}
	out->page_n = n;
	if (!codec_end(in, e)) {
		return false;
	}
	return offset == container_bytes || err_set(e, ERR_CORRUPT, "the render process sent more than its pages");
}

bool render_reencode(struct render_client *c, int fd, struct render_result *out, struct err *e)
{
	struct buf request;
	struct message reply;
	struct codec in;
	struct stat st;
	memset(out, 0, sizeof *out);
	out->fd = -1;
	buf_init(&request, 64);
	message_init(&reply, RENDER_REPLY_MAX);
	codec_put_u8(&request, RENDER_REENCODE);
	bool ok = call(c, &request, &fd, 1, &reply, &in, e) && take_fd(&reply, &out->fd, e);
	if (ok && fstat(out->fd, &st) != 0) {
		ok = err_errno(e, "cannot use the file of the render process");
	}
	ok = ok && read_pages(&in, out, st.st_size, e);
	if (!ok) {
		render_result_release(out);
	}
	buf_release(&request);
	message_release(&reply);
	return ok;
}

void render_result_release(struct render_result *r)
{
	socket_close(&r->fd);
	r->page_n = 0;
}

bool render_page_fd(const struct render_result *r, size_t page, int *out_fd, struct err *e)
{
	must(page < r->page_n);
	char bytes[16 * 1024];
	int64_t at = r->pages[page].offset;
	int64_t end = at + r->pages[page].bytes;
	int fd = memfd_create("page", MFD_CLOEXEC);
	if (fd < 0) {
		return err_errno(e, "cannot make an anonymous file");
	}
	while (at < end) {
		size_t wanted = end - at < (int64_t)sizeof bytes ? (size_t)(end - at) : sizeof bytes;
		ssize_t got = pread(r->fd, bytes, wanted, at);
		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			err_errno(e, "cannot read a page");
			goto fail;
		}
		if (!file_write_all(&file_layer_real, fd, str_from(bytes, (size_t)got), e)) {
			goto fail;
		}
		at += got;
	}
	if (lseek(fd, 0, SEEK_SET) != 0) {
		err_errno(e, "cannot go to the start of a page");
		goto fail;
	}
	*out_fd = fd;
	return true;
fail:
	socket_close(&fd);
	return false;
}

const char *page_content_type(enum page_type type)
{
	return type == PAGE_PNG ? "image/png" : "image/jpeg";
}

/* --- QR codes ------------------------------------------------------------------------------------------------------
 */

bool render_qr(struct render_client *c, struct str text, enum qr_level level, struct render_qr *out, struct err *e)
{
	struct buf request;
	struct message reply;
	struct codec in;
	out->side = 0;
	buf_init(&out->path, RENDER_REPLY_MAX);
	if (text.n == 0 || text.n > QR_TEXT_MAX) {
		return err_set(e, ERR_TOO_LARGE, "%zu bytes for a QR code", text.n);
	}
	buf_init(&request, QR_TEXT_MAX + 64);
	message_init(&reply, RENDER_REPLY_MAX);
	codec_put_u8(&request, RENDER_QR);
	codec_put_u8(&request, (uint8_t)level);
	codec_put_bytes(&request, text);
	bool ok = call(c, &request, NULL, 0, &reply, &in, e);
	if (ok) {
		out->side = codec_u32(&in);
		buf_put(&out->path, codec_str(&in, RENDER_REPLY_MAX));
		ok = codec_end(&in, e) && buf_ok(&out->path, e);
	}
	if (!ok) {
		render_qr_release(out);
	}
	buf_release(&request);
	message_release(&reply);
	return ok;
}

void render_qr_release(struct render_qr *q)
{
	buf_release(&q->path);
}

/* --- Documents -----------------------------------------------------------------------------------------------------
 */

bool render_pdf(struct render_client *c, const struct document *d, int *out_fd, struct err *e)
{
	struct buf request;
	struct message reply;
	struct codec in;
	int fd = -1;
	if (d->block_n > DOCUMENT_BLOCKS_MAX) {
		return err_set(e, ERR_TOO_LARGE, "a document of %zu blocks", d->block_n);
	}
	buf_init(&request, RENDER_REQUEST_MAX);
	message_init(&reply, RENDER_REPLY_MAX);
	codec_put_u8(&request, RENDER_PDF);
	document_put(&request, d);
	bool ok = call(c, &request, NULL, 0, &reply, &in, e) && codec_end(&in, e) && take_fd(&reply, &fd, e);
	if (ok) {
		*out_fd = fd;
	} else {
		socket_close(&fd);
	}
	buf_release(&request);
	message_release(&reply);
	return ok;
}

bool render_ask_status(struct render_client *c, struct render_status *out, struct err *e)
{
	struct buf request;
	struct message reply;
	struct codec in;
	memset(out, 0, sizeof *out);
	buf_init(&request, 64);
	message_init(&reply, RENDER_REPLY_MAX);
	codec_put_u8(&request, RENDER_STATUS);
	bool ok = call(c, &request, NULL, 0, &reply, &in, e);
	if (ok) {
		out->served = codec_i64(&in);
		out->worker_deaths = codec_i64(&in);
		struct str sandbox = codec_str(&in, sizeof out->sandbox - 1);
		ok = codec_end(&in, e);
		if (ok) {
			memcpy(out->sandbox, sandbox.p, sandbox.n);
		}
	}
	buf_release(&request);
	message_release(&reply);
	return ok;
}
