/* Notices: what leaves the house to say that a message is there. Private to the room. */
#ifndef CITYHALL_APP_MAIL_NOTICE_H
#define CITYHALL_APP_MAIL_NOTICE_H

#include "app/mail/mail.h"

#define MAIL_ROOM "mail"
#define MAIL_NOTICE "mail.notice" /* errand; subject: the notice */

/* Stored. */
enum mail_way { WAY_UNDECIDED = 0, WAY_EMAIL = 1, WAY_SMS = 2, WAY_LETTER = 3 };
enum notice_state {
	NOTICE_WAITS = 1,   /* an errand is on its way with it */
	NOTICE_SENT = 2,    /* the other side has said that it took it */
	NOTICE_FAILED = 3,  /* refused for good, or tried for too long */
	NOTICE_UNSURE = 4,  /* it may have been taken: nobody said so */
	NOTICE_BOUNCED = 5, /* taken, and came back */
	NOTICE_PRINT = 6,   /* stands in the print queue */
	NOTICE_PRINTED = 7,
	NOTICE_OVER = 8, /* settled by the office, or by another notice */
};
/* The office's lists. */
enum mail_list { LIST_NONE = 0, LIST_PRINT = 1, LIST_FAILED = 2 };

#endif
