/* Supervision offices: institutions of the pack that say `supervises: <jurisdiction>`. Each sees all institutions of
 * that jurisdiction and below; the tree of jurisdictions is the order among them. Plain look-ups in the catalogue; any
 * thread. */
#ifndef CITYHALL_APP_SUPERVISION_OFFICE_H
#define CITYHALL_APP_SUPERVISION_OFFICE_H

#include "app/catalogue/catalogue.h"
#include "app/people/viewer.h"

/* Where the viewer supervises: the office asked for with ?office= (pack id), else the first that the viewer was given.
 */
struct supervision {
	const struct institution *office;
	const struct jurisdiction *jurisdiction; /* what it watches over */
};
/* ERR_FORBIDDEN for who supervises nothing. */
bool supervision_of_viewer(struct req *r, struct supervision *out, struct err *e) MUST_USE;

/* Where the viewer supervises this jurisdiction (pack id); ERR_NOT_FOUND: nowhere. */
bool supervision_over(struct req *r, struct str jurisdiction, struct supervision *out, struct err *e) MUST_USE;

/* Is `inner` the same jurisdiction as `outer`, or below it? Both pack ids. */
bool jurisdiction_is_within(struct app *app, struct str inner, struct str outer);
/* Does the office watch over this institution? Never over itself. */
bool supervision_covers(struct app *app, const struct institution *office, const struct institution *institution);
/* The office that is nearest above an institution (its own jurisdiction first), and after that office (not NULL) the
 * next one above it; NULL: there is none. The one above a supervision office watches over it in the same way. */
const struct institution *supervision_above(struct app *app, const struct institution *institution,
                                            const struct institution *after);

#endif
