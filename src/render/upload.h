/* Strangers' files made harmless: what they are is found by their content, their pixels are drawn anew, everything else
 * is left behind. Runs in a worker process whose limits bound what a bomb can do. */
#ifndef CITYHALL_RENDER_UPLOAD_H
#define CITYHALL_RENDER_UPLOAD_H

#include "base/buf.h"
#include "os/render_client.h"

/* Pages as they are made: one after the other in an anonymous file. */
struct pages {
	int fd;
	enum upload_kind kind;
	struct render_page items[RENDER_PAGES_MAX];
	size_t n;
	int64_t bytes;
};
bool pages_begin(struct pages *p, struct err *e) MUST_USE;
bool pages_add(struct pages *p, enum page_type type, uint32_t width, uint32_t height, struct str bytes,
               struct err *e) MUST_USE;
void pages_put(const struct pages *p, struct buf *reply);

/* Reads fd from its start and fills *out. */
bool upload_reencode(int fd, struct pages *out, struct err *e) MUST_USE;

/* The kind by the first bytes, and the size of a picture by its header, before any decoder sees it. A PDF has 0 x 0. */
bool upload_sniff(struct str bytes, enum upload_kind *kind, uint32_t *width, uint32_t *height, struct err *e) MUST_USE;

/* Once per process that calls the next two: libvips with one thread, without cache and modules, and with its readers of
 * JPEG and PNG alone. */
bool image_start(struct err *e) MUST_USE;
bool image_reencode(struct str bytes, struct pages *out, struct err *e) MUST_USE;
/* A page that was drawn: 4 bytes a pixel as cairo's RGB24. */
bool image_put_jpeg(const uint8_t *pixels, int width, int height, int stride, struct pages *out,
                    struct err *e) MUST_USE;

bool pdf_reencode(struct str bytes, struct pages *out, struct err *e) MUST_USE;

#endif
