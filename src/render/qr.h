/* QR codes (ISO/IEC 18004) by libqrencode. */
#ifndef CITYHALL_RENDER_QR_H
#define CITYHALL_RENDER_QR_H

#include "base/buf.h"
#include "os/render_client.h"

/* modules: side * side flags, row by row, in memory of mem_alloc. */
struct qr {
	uint32_t side;
	bool *modules;
};
bool qr_make(struct str text, enum qr_level level, struct qr *out, struct err *e) MUST_USE;
void qr_release(struct qr *q);
/* Calls for each run of dark modules: from (x, y), `n` to the right. */
void qr_runs(const struct qr *q, void (*run)(void *ctx, uint32_t x, uint32_t y, uint32_t n), void *ctx);
void qr_put_path(const struct qr *q, struct buf *to); /* "M0 0h7v1h-7z..." */

#endif
