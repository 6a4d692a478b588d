/* Handlers and helpers of the room's pages. Request threads. */
#ifndef CITYHALL_APP_MAIL_PAGES_H
#define CITYHALL_APP_MAIL_PAGES_H

#include "app/mail/notice.h"
#include "app/mail/views.h"
#include "os/render_client.h"

handler mailbox_get, mailbox_pdf_get, mailbox_zip_get;
handler letter_get, letter_pdf_get, letter_eml_get, letter_json_get;
handler ways_get, way_get_page, way_post, way_confirm_get, way_confirm_post;
handler desk_notices_get, desk_notices_post, desk_notice_post, desk_letters_get;

/* The sentences of a message in the reader's language. */
struct str letter_title(struct req *r, const struct message_page_out *m);
struct str letter_text(struct req *r, const struct message_page_out *m);
struct str letter_about(struct req *r, const struct message_page_out *m);

/* export.c: a message as a mail and as data; messages as a document. */
bool letter_put_eml(struct req *r, int64_t party, const struct message_page_out *m, struct buf *to,
                    struct err *e) MUST_USE;
void letter_put_json(struct req *r, int64_t party, const struct message_page_out *m, struct buf *to);
bool letters_pdf(struct req *r, int64_t party, const struct message_page_out *m, size_t n, int *fd,
                 struct err *e) MUST_USE;

#endif
