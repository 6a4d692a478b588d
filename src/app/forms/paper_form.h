/* Every service as a paper form: the same questions as on the pages, with boxes to write and to tick in, and conditions
 * in words. A page to print, and a PDF; the counter prints numbered ones. */
#ifndef CITYHALL_APP_FORMS_PAPER_FORM_H
#define CITYHALL_APP_FORMS_PAPER_FORM_H

#include "app/app.h"
#include "app/catalogue/definition.h"

struct paper_line {
	enum {
		PAPER_PART,     /* title, notes: a page of the form */
		PAPER_QUESTION, /* title and what stands below it */
		PAPER_FIELD,    /* a further field of the question before it */
	} kind;
	struct str title;
	struct str only_if; /* "Only if ...", or empty */
	struct str hint;
	struct str unit; /* behind the box */
	int lines;       /* of the box; 0: none, there are choices */
	const struct str *choices;
	size_t choice_n;
};
struct paper_form {
	struct paper_line *lines;
	size_t n;
};
bool paper_form_make(struct req *r, const struct service *s, struct paper_form *out, struct err *e) MUST_USE;
/* As a PDF; `head` stands below the title: the number and codes of a numbered form. */
struct document_block;
bool paper_form_document(struct req *r, const struct service *s, const struct paper_form *form,
                         const struct document_block *head, size_t head_n, int *fd, struct err *e) MUST_USE;

#endif
