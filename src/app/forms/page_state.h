/* One page of questions as it was posted, within the room. */
#ifndef CITYHALL_APP_FORMS_PAGE_STATE_H
#define CITYHALL_APP_FORMS_PAGE_STATE_H

#include "app/forms/draft.h"
#include "app/forms/value.h"

#define FILE_BYTES_MAX INT64_C(20000000) /* of one upload: what people read as 20 MB */
#define FORM_BODY_MAX (64 * 1024 * 1024) /* of one page with its files */

struct field_state {
	const struct question *question;
	struct typed typed;
	struct value_fault fault; /* say empty: nothing is wrong */
};
struct form_state {
	const struct form_page *page;
	const struct str *only;
	size_t only_n;
	struct field_state *items; /* the questions that were asked, in their order */
	size_t n;
	bool stays; /* "Remove" was pressed: nothing is complained about */
};

/* The answers of this page that are good, to be put into the draft: those that were taken away have value_n 0. */
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
