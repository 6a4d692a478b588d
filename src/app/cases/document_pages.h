/* The document of a grant on the pages of its case, as PDF, as an address label, and the list of those that wait to be
 * handed over. Request threads. */
#ifndef CITYHALL_APP_CASES_DOCUMENT_PAGES_H
#define CITYHALL_APP_CASES_DOCUMENT_PAGES_H

#include "app/cases/facts.h"

handler case_document_get;  /* /cases/:id/document.pdf */
handler case_document_post; /* /cases/:id/document: downloaded, which is how it is handed over */
handler desk_document_get;  /* /queue/:id/document.pdf */
handler desk_label_get;     /* /queue/:id/label.pdf */
handler hand_over_get;      /* /hand-over */
/* The document as PDF; of the case in the path, by its applicant, and handed over by that. */
bool case_document_send(struct req *r, const struct case_facts *f, struct err *e) MUST_USE;
bool case_document_take(struct req *r, struct case_facts *f, struct err *e) MUST_USE;

struct document_box {
	struct str base, action, csrf, op;
	bool is_there, is_coming, is_desk; /* coming: granted, and being made */
	struct str title, number, validity, way, handed, second, address, page;
	enum credential_state state;
	bool may_download, has_label, may_hand_over, may_choose;
};
struct document_box document_box_of(struct req *r, const struct case_facts *f, struct str base, bool is_desk);

struct hand_over_row {
	struct str href, number, applicant, service;
};
struct hand_over_view {
	struct str institution, next_href;
	const struct hand_over_row *rows;
	size_t n;
};

#endif
