/* What `serve` and the render process say to each other (base/codec.h), shared by both ends so that they cannot differ.
 * Plain functions, any thread. */
#ifndef CITYHALL_OS_RENDER_PROTOCOL_H
#define CITYHALL_OS_RENDER_PROTOCOL_H

#include "base/arena.h"
#include "base/codec.h"
#include "os/render_client.h"

/* First byte of a request, then its fields; the reply is as in os/reply.h. */
enum render_message {
	RENDER_STATUS = 1,   /* -> requests (i64), worker deaths (i64), sandbox (str) */
	RENDER_REENCODE = 2, /* one descriptor -> kind (u8), pages (u32), each: type (u8), width, height (u32), bytes (i64),
	                        luma, sharpness (u32); one descriptor: the container */
	RENDER_QR = 3,       /* level (u8), text (bytes) -> side (u32), path (str) */
	RENDER_PDF = 4,      /* a document -> one descriptor */
};

#define RENDER_REQUEST_MAX (DOCUMENT_BYTES_MAX + 64 * 1024)
#define RENDER_REPLY_MAX (256 * 1024)
#define QR_TEXT_MAX 1024
#define RENDER_CONTAINER_MAX (96 * 1024 * 1024)

/* Sentences for the person who sent a file. */
#define RENDER_SAYS(X)                                                                                               \
	X(SAY_KIND, N_("This file is no PDF and no picture (JPEG, PNG, HEIC, TIFF, WebP). Save it as one of these and "  \
	               "send it again."))                                                                                \
	X(SAY_EMPTY, N_("This file is empty. Choose another one."))                                                      \
	X(SAY_DAMAGED, N_("We could not read this file to its end. Open it on your device, save it again and send it.")) \
	X(SAY_PASSWORD, N_("This PDF opens only with a password. Save it without one and send it again."))               \
	X(SAY_PAGES, N_("This file has more than 100 pages. Send only the pages that we ask for."))                      \
	X(SAY_PIXELS, N_("This picture is larger than we can take. Save it smaller and send it again."))                 \
	X(SAY_BYTES, N_("This file is larger than 32 MB. Save it smaller and send it again."))                           \
	X(SAY_HEAVY, N_("This file takes too long to open. Save it smaller or as a picture and send it again."))
enum render_say {
#define X(name, sentence) name,
	RENDER_SAYS(X)
#undef X
};
extern const char *const render_says[]; /* in that order, ended by NULL */

void document_put(struct buf *to, const struct document *d);
/* Texts point into the message; lists lie in the arena. */
bool document_get(struct codec *from, struct arena *a, struct document *out, struct err *e) MUST_USE;

#endif
