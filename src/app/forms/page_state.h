/* One page of questions as it was posted, within the room. */
#ifndef CITYHALL_APP_FORMS_PAGE_STATE_H
#define CITYHALL_APP_FORMS_PAGE_STATE_H

#include "app/forms/draft.h"
#include "app/forms/value.h"

#define FILE_BYTES_MAX INT64_C(20000000) /* of one upload: what people read as 20 MB */
#define FORM_BODY_MAX (64 * 1024 * 1024) /* of one page with its files */

struct field_state {
	const struct question *question;
	struct str name; /* of the field: the question's id, or GROUP.ENTRY.ID within a group, entries counted from 1 */
	const struct question *group; /* that it stands in, or NULL */
	size_t entry;                 /* index there; of a group itself: how many entries are shown */
	struct typed typed;
	struct value_fault fault; /* say empty: nothing is wrong */
	struct str other;         /* what another device wrote here meanwhile; empty: nothing */
	struct str note;          /* to look at once more, and to go on if one likes; empty: nothing */
};
struct form_state {
	const struct form_page *page;
	const struct str *only;
	size_t only_n;
	struct field_state *items; /* the questions that were asked, in their order; what a group asks behind it */
	size_t n;
	bool stays;                     /* "Remove" or "Add another" was pressed: nothing is complained about */
	const struct field_state *sent; /* a file for it came in pieces: it alone is complained about */
};
/* The field of that name, or NULL; `f` may be NULL. */
const struct field_state *form_field_state(const struct form_state *f, struct str name);
/* Something is wrong with the field, and it is to be said. */
bool form_complains(const struct form_state *f, const struct field_state *item);
/* How many entries of a group stand on the page: those that there are, and what is needed at least. */
size_t form_entries(const struct question *group, const struct answer *as);
struct str form_field_name(struct arena *a, const struct question *group, size_t entry, const struct question *q);

/* One entry more, blank; `shown` is what conditions look at. The caller knows that there is room. */
void form_add_entry(struct req *r, struct form_state *f, struct field_state *group, const struct answers *shown);

/* The answers of this page that are good, to be put into the draft: those that were taken away are not given. Of a
 * group all is taken that is good in it. */
bool form_good_answers(struct arena *a, const struct form_state *f, const struct answers *as, struct answers *out,
                       struct err *e) MUST_USE;
/* Which questions of the page are asked: shown by `as`, and in the list if there is one. */
bool form_asks(const struct form_page *p, const struct question *q, const struct str *only, size_t only_n,
               const struct answers *shown);
/* The country of phone numbers written without one: that of the institution's own number. Digits, or empty. */
struct str form_calling_code(struct app *app, const struct service *s);
/* Today where the institution is. */
int32_t form_today(struct app *app, const struct service *s);
/* "+8659187654321" gives "86" (ITU-T E.164 country codes). */
struct str calling_code_of(struct str phone);

#endif
