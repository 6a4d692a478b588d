/* The receipt: its page, its PDF, what whoever holds it may see, and a new one for the one that was lost. Request
 * threads. */
#ifndef CITYHALL_APP_CASES_RECEIPT_H
#define CITYHALL_APP_CASES_RECEIPT_H

#include "http/req.h"

handler case_receipt_get; /* /cases/:id/receipt */
handler case_receipt_pdf_get;
handler case_new_code_get; /* /cases/:id/new-code */
handler case_new_code_post;
handler desk_receipt_get; /* /queue/:id/receipt */
handler desk_receipt_pdf_get;
handler desk_new_code_get; /* /queue/:id/new-code */
handler desk_new_code_post;
handler case_public_get; /* /r/:code */
handler case_track_get;  /* /track */
handler case_track_post;
handler case_number_get; /* /case-number?number= */

#endif
