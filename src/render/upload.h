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

/* The kind by the first bytes, and the size of pictures by their headers, before any decoder sees them. A PDF and a
 * HEIC have 0 x 0 and no pages: their own readers say. */
struct upload_facts {
	enum upload_kind kind;
	uint32_t width, height; /* of the first */
	size_t page_n;
};
bool upload_sniff(struct str bytes, struct upload_facts *out, struct err *e) MUST_USE;

/* Once per process that calls the next two: libvips with one thread, without cache and modules, and with the readers
 * alone that are called here. */
bool image_start(struct err *e) MUST_USE;
bool image_reencode(struct str bytes, const struct upload_facts *facts, struct pages *out, struct err *e) MUST_USE;
/* A page that was drawn: 4 bytes a pixel as cairo's RGB24. */
bool image_put_jpeg(const uint8_t *pixels, int width, int height, int stride, struct pages *out,
                    struct err *e) MUST_USE;

/* heif.c: a picture in memory, upright. */
struct _VipsImage;
bool heif_draw(struct str bytes, struct _VipsImage **out, struct err *e) MUST_USE;

bool pdf_reencode(struct str bytes, struct pages *out, struct err *e) MUST_USE;

#endif
