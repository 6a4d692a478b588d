#include "render/qr.h"

#include <errno.h>
#include <qrencode.h>

#include "base/fault.h"
#include "os/render_protocol.h"

bool qr_make(struct str text, enum qr_level level, struct qr *out, struct err *e)
{
	static const QRecLevel levels[] = {QR_ECLEVEL_L, QR_ECLEVEL_M, QR_ECLEVEL_Q, QR_ECLEVEL_H};
	*out = (struct qr){0, NULL};
	if (text.n == 0 || text.n > QR_TEXT_MAX || level > QR_H) {
		return err_set(e, ERR_TOO_LARGE, "%zu bytes for a QR code", text.n);
	}
	QRcode *code = QRcode_encodeData((int)text.n, (const unsigned char *)text.p, 0, levels[level]);
	if (!code) {
		return errno == ERANGE ? err_set(e, ERR_TOO_LARGE, "%zu bytes do not fit a QR code", text.n)
		                       : err_set(e, ERR_MEMORY, "no memory for a QR code");
	}
	size_t side = (size_t)code->width;
	out->modules = mem_alloc(side * side, sizeof *out->modules);
	bool ok = out->modules || err_set(e, ERR_MEMORY, "no memory for a QR code");
	if (ok) {
		out->side = (uint32_t)side;
		for (size_t i = 0; i < side * side; i++) {
			out->modules[i] = code->data[i] & 1;
		}
	}
	QRcode_free(code);
	return ok;
}

void qr_release(struct qr *q)
{
	mem_free(q->modules);
	q->modules = NULL;
}

void qr_runs(const struct qr *q, void (*run)(void *ctx, uint32_t x, uint32_t y, uint32_t n), void *ctx)
{
	for (uint32_t y = 0; y < q->side; y++) {
		const bool *row = q->modules + (size_t)y * q->side;
		for (uint32_t x = 0; x < q->side; x++) {
			uint32_t n = 0;
			while (x + n < q->side && row[x + n]) {
				n++;
			}
			if (n > 0) {
				run(ctx, x, y, n);
				x += n;
			}
		}
	}
}

static void put_run(void *ctx, uint32_t x, uint32_t y, uint32_t n)
{
	buf_printf(ctx, "M%u %uh%uv1h-%uz", x, y, n, n);
}

void qr_put_path(const struct qr *q, struct buf *to)
{
	qr_runs(q, put_run, to);
}
