/* Receipt and decision letter as PDF documents, made by the render process. On the request's thread. */
#ifndef CITYHALL_APP_CASES_DOCUMENTS_H
#define CITYHALL_APP_CASES_DOCUMENTS_H

#include "app/cases/facts.h"

/* A new file, positioned at its start; the caller closes it or hands it to req_send_file. */
bool receipt_pdf(struct req *r, const struct case_facts *f, int *fd, struct err *e) MUST_USE;
bool letter_pdf(struct req *r, const struct case_facts *f, int *fd, struct err *e) MUST_USE;

/* One receipt for what was taken in as several cases; it names all of them. f: institution, applicant, intake and zone,
 * as far as case_came() reads them. */
struct bundle_taken;
bool bundle_receipt_pdf(struct req *r, const struct case_facts *f, const struct bundle_taken *b, int *fd,
                        struct err *e) MUST_USE;

struct document;
/* The letter before it is set; its texts live in the request's arena. The same case gives the same document. */
bool letter_compose(struct req *r, const struct case_facts *f, struct document *out, struct err *e) MUST_USE;

/* What is stuck on the envelope of a document that is posted. */
bool label_compose(struct req *r, const struct case_facts *f, struct document *out, struct err *e) MUST_USE;

/* What the QR code says: the public page of the case. */
struct str receipt_url(struct req *r, const struct case_facts *f);
/* "7K3M-9Q2T": what is typed with the number at /track. */
struct str receipt_typed_code(struct req *r, const struct case_facts *f);
/* Papers of the case in one line: "Lease, 4 pages; bank statement, 1 page". */
struct str papers_line(struct req *r, const struct case_facts *f);
struct str registers_line(struct req *r, const struct case_facts *f);
struct str fee_line(struct req *r, const struct service *s);
/* The sentence of the refusal's ground, in the reader's language; empty when granted. */
struct str ground_sentence(struct req *r, const struct case_facts *f);
/* What happens next, with dates. */
struct step_item *receipt_steps(struct req *r, const struct case_facts *f, size_t *n);

#endif
