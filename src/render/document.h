/* Documents (os/render_client.h) set on A4 as PDF: fonts embedded, text selectable, title and language in the file. */
#ifndef CITYHALL_RENDER_DOCUMENT_H
#define CITYHALL_RENDER_DOCUMENT_H

#include "os/render_client.h"
#include "render/fonts.h"

#define PDF_BYTES_MAX (64 * 1024 * 1024)

bool document_draw(struct fonts *fonts, const struct document *d, struct buf *pdf, struct err *e) MUST_USE;
/* Finds and loads the fonts, so that the first document does not wait for them. */
void document_warm(struct fonts *fonts);

/* Adds language and title display to the file's catalog by an incremental update (ISO 32000-1, 7.5.6): cairo 1.16 has
 * no call for them. A file of another shape stays as it is. */
void pdf_put_language(struct buf *pdf, struct str lang, bool is_rtl);

#endif
