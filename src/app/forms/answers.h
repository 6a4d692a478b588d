/* Answers: what a person wrote, by question id, in canonical text (dates YYYY-MM-DD, money in minor units, whole
 * numbers without separators, decimals with a point, phone E.164, yes/no); several values for several-of; a value a
 * part, empty ones too, for an address and a person's name (question_parts()); a set of answers an entry for a group.
 * Plain values in an arena; kept in the store as one JSON object: text, a list of texts, a list of objects. */
#ifndef CITYHALL_APP_FORMS_ANSWERS_H
#define CITYHALL_APP_FORMS_ANSWERS_H

#include "app/catalogue/definition.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "html/out.h"

struct answers {
	struct answer *items;
	size_t n;
};
struct answer {
	struct str question;
	struct str *values;
	size_t value_n;
	struct answers *entries; /* of a group, in their order; such an answer has no values */
	size_t entry_n;
};
/* NULL and one without values or entries: nothing was answered. */
static inline bool answer_is_given(const struct answer *a)
{
	return a != NULL && (a->value_n > 0 || a->entry_n > 0);
}

bool answers_parse(struct arena *a, struct str json, struct answers *out, struct err *e) MUST_USE;
void answers_put_json(struct buf *to, const struct answers *as);
const struct answer *answers_find(const struct answers *as, struct str question); /* NULL: none */
/* Replaces or adds; one that is not given takes the answer away. */
bool answers_set(struct arena *a, struct answers *as, const struct answer *value, struct err *e) MUST_USE;
/* What is shown and so counts: answers of hidden pages and questions are kept in the draft, but are left out here. A
 * condition on a question that is itself hidden sees no answer. The page_is_shown and question_is_shown below want
 * this. */
bool answers_shown(struct arena *a, const struct service *s, const struct answers *as, struct answers *out,
                   struct err *e) MUST_USE;
/* What nobody answered and has a usual answer is answered by that. */
bool answers_add_usual(struct arena *a, const struct service *s, struct answers *as, struct err *e) MUST_USE;
struct str answers_value(const struct answers *as, struct str question); /* first value or empty */
bool condition_holds(const struct condition *c, const struct answers *as);
bool page_is_shown(const struct form_page *p, const struct answers *as);
bool question_is_shown(const struct form_page *p, const struct question *q, const struct answers *as);
/* "Child 2": what an entry of a group is called; index from 0. */
void answer_put_entry_name(struct buf *to, struct str lang, const struct question *group, size_t index);
/* The answer as the reader would say it: choices by their label, dates, money, in the page's language. Escaped. */
void answer_put_html(struct html_out *o, const struct question *q, const struct answers *as);
/* The same as plain text, for letters. */
void answer_put_plain(struct buf *to, struct str lang, const struct question *q, const struct answers *as);

#endif
