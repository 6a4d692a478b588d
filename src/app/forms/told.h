/* Tell us once: what a party answered in an application that it sent is offered where a question asks for the same fact
 * (facts.yaml), with where and when it was told. It is never filled in unseen. Request threads, within the room. */
#ifndef CITYHALL_APP_FORMS_TOLD_H
#define CITYHALL_APP_FORMS_TOLD_H

#include "app/forms/pages.h"
#include "app/forms/views.h"

/* One for each question of the page that is asked, has no answer yet and asks for something that was told before; of a
 * group one for each thing that was told before and is not among its entries. */
struct told {
	const struct question *question;
	size_t entry;         /* of a group: which one it is offered for, from 0; there may be fewer yet */
	struct answer answer; /* under the question's id; of a group one entry */
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
/* "Use this" was pressed: the field shows it now, to be saved or changed, and the list offers it no more. */
void told_use(struct req *r, const struct open_draft *o, struct told_list *l, struct form_state *state);
/* For the page. */
struct told_row *told_rows(struct req *r, const struct open_draft *o, const struct told_list *l);

/* Is it an answer to this question as well, today? */
bool told_is_right(struct req *r, const struct open_draft *o, const struct question *q, const struct answer *a);

/* told_entries.c: groups. */
bool told_asks_entries(const struct question *q);
/* What this sent application says of things that the group asks for; `from` says where and when. */
void told_look_for_entries(struct req *r, const struct open_draft *o, const struct question *group,
                           const struct service *s, const struct answers *shown, const struct told *from,
                           struct told_list *l);
void told_use_entry(struct req *r, const struct told *t, const struct answers *shown, struct form_state *f);
bool told_entry_is_filled(const struct told *t, struct form_state *f);
void told_put_entry(struct html_out *out, const struct told *t);

#endif
