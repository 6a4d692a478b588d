/* One connection of `serve` to the post process: its calls one after the other, with a mail server's connection of its
 * own. Runs on a thread of its own. */
#ifndef CITYHALL_POST_SESSION_H
#define CITYHALL_POST_SESSION_H

#include <stdatomic.h>

#include "base/buf.h"
#include "os/sandbox.h"

/* What the process was started with; read only once threads are there. */
struct post_settings {
	const char *smtp_url; /* NULL: none. smtp://host:port, or smtps:// */
	bool wants_tls;       /* STARTTLS, or nothing is sent */
	char *smtp_user, *smtp_password;
	struct buf smtp_ca; /* PEM; empty: the machine's own */
	const char *sms_url;
	char *sms_token;
	long wait_s; /* for each answer of the mail server */
	struct sandbox_state sandbox;
	_Atomic int64_t mails, requests;
};

/* Takes over the descriptor. */
void session_run(struct post_settings *s, int fd);

#endif
