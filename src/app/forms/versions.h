/* Within the room: one draft on two devices, and one draft under two versions of its service. Nothing that somebody
 * wrote is overwritten unseen, and what cannot be carried over is said. */
#ifndef CITYHALL_APP_FORMS_VERSIONS_H
#define CITYHALL_APP_FORMS_VERSIONS_H

#include "app/forms/page_state.h"
#include "app/forms/pages.h"

/* What the answers of a page were when it was shown, a mark of eight digits a question in their order: the page's form
 * carries it in the field "seen". */
struct str page_marks(struct arena *a, const struct form_page *p, const struct answers *as);

/* Compares what was on the page (`seen`), what is stored now, and what was sent (in *as, read from the form):
 * - sent as it was on the page, while another device changed it: theirs stands, in *as too;
 * - changed on both: the field says what the other device wrote, and keeps what was typed here. Sending the page again
 *   takes what is typed; ticking "take" takes theirs.
 * Returns how many fields have to be chosen. An empty `seen` (a page without one) compares nothing. */
size_t page_conflicts(struct req *r, struct form_state *f, struct str seen, const struct answers *stored,
                      struct answers *as);

/* What the question is under another definition of its service, by its id and by what it was called before; NULL: it
 * has no place there. Of a bundle that is now another one, or of which one service is left alone: what any of its
 * services calls it. */
const struct question *question_migrated(const struct service *from, const struct service *to,
                                         const struct question *old);
/* The answers under the definition in force, by the questions' ids and by what they were called before. *lost: those
 * that have no place there, under their old ids. */
bool answers_migrate(struct arena *a, const struct service *from, const struct service *to, const struct answers *as,
                     struct answers *out, struct answers *lost, struct err *e) MUST_USE;

#endif
