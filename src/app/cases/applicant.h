/* Pages and acts of the applicant. Request threads. */
#ifndef CITYHALL_APP_CASES_APPLICANT_H
#define CITYHALL_APP_CASES_APPLICANT_H

#include "http/req.h"

handler case_submit_post; /* POST /draft/:id/submit */
handler cases_get;        /* /cases */
handler case_get;         /* /cases/:id */
handler case_letter_get;  /* /cases/:id/letter */
handler case_letter_pdf_get;
handler case_file_get;    /* /cases/:id/file/:file and .../:page */
handler case_correct_get; /* /cases/:id/correct */
handler case_correct_post;

struct case_facts;
/* Shared with the desk: a page of a paper as a picture, or the list of its pages. */
bool case_send_page(struct req *r, const struct case_facts *f, int64_t file, int64_t page, struct err *e) MUST_USE;
bool case_show_file(struct req *r, const struct case_facts *f, int64_t file, struct str base, bool is_desk,
                    struct err *e) MUST_USE;

#endif
