/* Pages and acts of the applicant. Request threads. */
#ifndef CITYHALL_APP_CASES_APPLICANT_H
#define CITYHALL_APP_CASES_APPLICANT_H

#include "app/forms/draft.h"
#include "http/req.h"

handler case_submit_post; /* POST /draft/:id/submit */
handler cases_get;        /* /cases */
handler case_get;         /* /cases/:id */
handler case_letter_get;  /* /cases/:id/letter */
handler case_letter_pdf_get;
handler case_file_get;    /* /cases/:id/file/:file and .../:page */
handler case_correct_get; /* /cases/:id/correct */
handler case_correct_post;

/* The correction of the case in the path, read from the form, and sent when nothing in it needs another look. */
struct correction_try {
	bool is_sent; /* now, or before by this very form */
	int64_t casefile;
	const struct service *service;
	struct answers answers;                 /* as they were read */
	const struct form_state *const *states; /* one a page */
	size_t state_n, error_n;
};
bool case_correct(struct req *r, struct correction_try *x, struct err *e) MUST_USE;

struct case_facts;
/* The decision's words are shown to its applicant: that is noted as the opening of their message. */
bool case_note_letter(struct req *r, const struct case_facts *f, struct err *e) MUST_USE;
/* Shared with the desk: a page of a paper as a picture, or the list of its pages. */
bool case_send_page(struct req *r, const struct case_facts *f, int64_t file, int64_t page, struct err *e) MUST_USE;
bool case_show_file(struct req *r, const struct case_facts *f, int64_t file, struct str base, bool is_desk,
                    struct err *e) MUST_USE;

#endif
