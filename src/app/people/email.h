/* E-mail addresses: how they are read, and the form in which two of them are the same. Any thread. */
#ifndef CITYHALL_APP_PEOPLE_EMAIL_H
#define CITYHALL_APP_PEOPLE_EMAIL_H

#include "base/arena.h"

#define EMAIL_BYTES_MAX 254 /* RFC 5321, 4.5.3.1 */

/* What can be an address (letters as in RFC 6531), not what there is: only a letter sent there can tell. Full-width
 * signs are read; the domain is made lower case. */
bool email_read(struct arena *a, struct str typed, struct str *out);
/* Two addresses with the same key belong to one account: all letters in lower case (ASCII; no provider that matters
 * tells them apart). */
struct str email_key(struct arena *a, struct str email);

#endif
