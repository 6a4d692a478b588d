/* Tell us once: what a party answered in an application that it sent is offered where a question asks for the same fact
 * (facts.yaml), with where and when it was told. It is never filled in unseen. Request threads, within the room. */
#ifndef CITYHALL_APP_FORMS_TOLD_H
#define CITYHALL_APP_FORMS_TOLD_H

#include "app/forms/pages.h"
#include "app/forms/views.h"

/* One for each question of the page that is asked, has no answer yet and asks for something that was told before. */
struct told {
	const struct question *question;
	struct answer answer; /* under the question's id */
	struct str service;   /* where: its name in the page's language */
	int64_t at_us;
};
struct told_list {
	struct told *items;
	size_t n;
};
bool told_for(struct req *r, const struct open_draft *o, const struct form_page *p, struct told_list *out,
              struct err *e) MUST_USE;
const struct told *told_of(const struct told_list *l, const struct question *q);
/* "Use this" was pressed: the field shows it now, to be saved or changed. True: a button of these was pressed. */
bool told_use(struct req *r, const struct told_list *l, struct form_state *state);
/* For the page. */
struct told_row *told_rows(struct req *r, const struct open_draft *o, const struct told_list *l);

#endif
