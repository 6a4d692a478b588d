/* When a session ends in the middle of a form: what was posted is kept under the account and the browser's old secret,
 * and is there after the same account signed in again on the same browser. Nobody else can ask for it: the browser has
 * to show the secret of the session that ran out, the account its password. Kept for a day. On the request's thread. */
#ifndef CITYHALL_APP_PEOPLE_KEPT_FORM_H
#define CITYHALL_APP_PEOPLE_KEPT_FORM_H

#include "app/app.h"

#define KEPT_FORM_US (24 * 3600 * US_PER_S)
#define KEPT_FORM_BYTES_MAX (256 * 1024)

/* For the handler of a route that keeps forms: true when the session of this request has run out. Then what was posted
 * was kept, and the way to sign in stands. False with e set when it could not be kept. */
bool people_keeps_form(struct req *r, bool *is_kept, struct err *e) MUST_USE;
/* Is there one for this path? Then r->form is what was posted. */
bool people_kept_form(struct req *r, bool *is_there, struct err *e) MUST_USE;
/* It was sent again: it is needed no more. */
bool people_drop_form(struct req *r, struct err *e) MUST_USE;

#endif
