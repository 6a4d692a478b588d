/* Mail that comes back. Each notice leaves with a return address of its own, bounces+PARTY.NOTICE.PROOF@domain: the
 * proof is a keyed hash, so that nobody makes a notice fail that is not theirs. Any thread. */
#ifndef CITYHALL_APP_MAIL_BOUNCE_H
#define CITYHALL_APP_MAIL_BOUNCE_H

#include "app/app.h"

/* The return address of a notice; just app->mail_from when no address for bounces is set. */
void bounce_address(const struct app *app, int64_t party, int64_t notice, struct buf *out);
/* Takes a mail that came back (RFC 3464 delivery report, or any). `to`: the address that it came to, or empty: as its
 * head says. *done in words, for who asked. ERR_INVALID: it is no bounce of ours. */
bool bounce_take(struct app *app, struct str to, struct str mail, struct buf *done, struct err *e) MUST_USE;

#endif
