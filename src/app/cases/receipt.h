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

struct case_facts;
/* Does it say what is waited for? The signature and the letter are the office's, and what that does after the end is
 * not told. */
bool receipt_waits(const struct case_facts *f);
/* What a receipt opens, by its QR code (hexadecimal; number empty) or by number and typed code: state and dates, and no
 * more may be said of it. Throttled as the pages are. *is_found false: nothing, or it is no longer the case's receipt.
 */
bool receipt_opens(struct req *r, struct str code, struct str number, struct case_facts *f, bool *is_found,
                   struct err *e) MUST_USE;
/* A new code for a receipt that was lost; the former one is dead. is_desk: by an official. */
bool receipt_renew(struct req *r, const struct case_facts *f, bool is_desk, struct err *e) MUST_USE;

#endif
