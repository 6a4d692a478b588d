/* Pages and acts of officials. Each case is found by the official's own institution; every look at it is recorded
 * first. Request threads. */
#ifndef CITYHALL_APP_CASES_DESK_H
#define CITYHALL_APP_CASES_DESK_H

#include "http/req.h"

handler queue_get_page; /* /queue */
handler desk_case_get;  /* /queue/:id */
handler desk_take_post; /* /queue/:id/take */
handler desk_ask_get;   /* /queue/:id/ask */
handler desk_ask_post;
handler desk_decide_get; /* /queue/:id/decide */
handler desk_decide_post;
handler desk_recall_get; /* /queue/:id/recall */
handler desk_recall_post;
handler desk_send_post;  /* /queue/:id/send */
handler desk_letter_get; /* /queue/:id/letter */
handler desk_letter_pdf_get;
handler desk_file_get; /* /queue/:id/file/:file and .../:page */

#endif
