/* Mail as it is sent: head and body in ASCII, whatever stands in them; lines end with CR LF. Text with a line break in
 * a head is refused, so that nobody's name makes a head of its own. Any thread. */
#ifndef CITYHALL_APP_MAIL_MIME_H
#define CITYHALL_APP_MAIL_MIME_H

#include "base/buf.h"

struct mime_mail {
	struct str from_name, from; /* shown name, address */
	struct str to;
	struct str subject;
	struct str id; /* without brackets: the same each time that this mail is sent */
	struct str lang;
	int64_t date_us; /* legal time */
	struct str text; /* lines end with LF */
};
bool mime_put(struct buf *to, const struct mime_mail *m, struct err *e) MUST_USE;

#endif
