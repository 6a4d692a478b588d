/* Pages and acts of officials. Each case is found by the official's own institution; every look at it is recorded
 * first. Request threads. */
#ifndef CITYHALL_APP_CASES_DESK_H
#define CITYHALL_APP_CASES_DESK_H

#include "app/cases/facts.h"
#include "app/cases/look_up.h"

handler desk_letter_get; /* /queue/:id/letter */
handler desk_letter_pdf_get;
handler desk_file_get; /* /queue/:id/file/:file and .../:page */

/* The case in the path, if the viewer's institution takes part in it. The look is recorded before anything is read;
 * ACCESS_PURPOSE_COUNT: none is due, for the page shows no more than the act itself. */
bool desk_open_case(struct req *r, enum access_purpose purpose, struct case_facts *f, struct err *e) MUST_USE;

/* The same for a case named by its id, without reading it. */
bool desk_case_of(struct req *r, int64_t id, enum access_purpose purpose, struct case_ref *ref, struct err *e) MUST_USE;
/* After it could not be opened: is it one that the viewer's office forwarded? Of *f it may see whose it is now. */
bool desk_case_went(struct req *r, struct case_facts *f, struct err *e) MUST_USE;

/* What the page of a case shows, and its parts, between which the desk room sets its own. */
struct desk_view;
struct desk_view *desk_view_of(struct req *r, const struct case_facts *f, struct err *e);
void desk_case_head(struct html_out *o, const struct desk_view *v);
void desk_case_body(struct html_out *o, const struct desk_view *v);
void desk_case_end(struct html_out *o, const struct desk_view *v);
/* The same where an office whose opinion is asked may come too: f->is_for_opinion says so. */
bool desk_open_any_case(struct req *r, enum access_purpose purpose, struct case_facts *f, struct err *e) MUST_USE;
/* What is asked of the viewer's office, and the questions whose answers it may read while it is open; matter NULL:
 * nothing is. */
struct opinion_view {
	const struct case_facts *f;
	const struct matter_list_out *matter;
	struct str until;
	const struct str *questions;
	size_t question_n;
	bool may_give;
};
bool desk_opinion(struct req *r, const struct case_facts *f, struct opinion_view *out, struct err *e) MUST_USE;
/* The page of an office whose opinion is asked: f is of desk_open_any_case(), f->is_for_opinion. */
bool desk_opinion_page(struct req *r, const struct case_facts *f, struct err *e) MUST_USE;
const char *opinion_words(int64_t opinion); /* msgid */

#endif
