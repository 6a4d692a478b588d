/* A mail over a curl handle that keeps its connection, and is made anew after a failure. */
#ifndef CITYHALL_POST_SMTP_H
#define CITYHALL_POST_SMTP_H

#include <curl/curl.h>

#include "os/post_client.h"
#include "post/session.h"

struct smtp_mail {
	struct str from, to, message;
	/* Everything but the end is with the server: false gives the mail up. */
	bool (*may_end)(void *ctx);
	void *ctx;
};
void smtp_send(CURL **curl, const struct post_settings *s, const struct smtp_mail *mail, struct post_answer *out);

/* For answers: cut to whole characters. */
void answer_say(struct post_answer *out, enum post_end end, long code, const char *said);

#endif
