/* How `serve` speaks to the post process (cityhall-post), which alone reaches other machines: mail by SMTP, requests by
 * HTTP. It has no store and no keys but those of the mail server and the SMS service. Any thread. A call is a
 * conversation over a connection that is kept for the next one; each connection has a thread of its own at the other
 * end, and keeps its mail server's connection too. */
#ifndef CITYHALL_OS_POST_CLIENT_H
#define CITYHALL_OS_POST_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Where the supervisor binds it: <dir>/run/post.sock. */
#define POST_SOCKET "run/post.sock"

enum {
	POST_MESSAGE_MAX = 4 * 1024 * 1024, /* of a mail, or of a request's body */
	POST_REPLY_MAX = 64 * 1024,         /* of an answer's body; more is cut off */
	POST_SAID_MAX = 300,
	POST_HEADERS_MAX = 8,
};

enum post_end {
	POST_TAKEN,   /* the other side said that it has it */
	POST_AGAIN,   /* it has not, and may take it later; or nobody was there */
	POST_REFUSED, /* it never will */
	POST_UNSURE,  /* it was sent wholly and the answer did not come */
};

struct post_answer {
	enum post_end end;
	int code;                 /* of SMTP or HTTP; 0: it did not come so far */
	char said[POST_SAID_MAX]; /* in words, UTF-8, for the office and the operator; may name an address */
};

struct post_client;
bool post_client_new(struct str dir, struct post_client **out, struct err *e) MUST_USE;
void post_client_free(struct post_client *c); /* NULL is ignored */
/* From now on all calls end at once, those under way too. */
void post_client_halt(struct post_client *c);

struct post_mail {
	struct str from, to; /* envelope: ASCII addresses without brackets */
	struct str message;  /* head and body, lines ended by CR LF */
	/* Called when the server has everything but the end of the message: until then it has taken nothing. False: the
	 * mail is given up without it. */
	bool (*point_of_no_return)(void *ctx, struct err *e);
	void *ctx;
};
/* To the mail server of the settings. */
void post_mail(struct post_client *c, const struct post_mail *mail, struct post_answer *out);

enum post_target {
	POST_TO_SMS,    /* the hook of the settings, with its token */
	POST_TO_PUBLIC, /* `url`, which must not lead to this machine or a private net */
	POST_TO_ANY,    /* `url`, wherever */
};
struct post_header {
	struct str name, value;
};
/* A POST. No redirection is followed. 2xx is POST_TAKEN; 408, 425, 429, 5xx and no answer are POST_AGAIN: a receiver
 * tells a repetition by its key; all else is POST_REFUSED. */
struct post_request {
	enum post_target target;
	struct str url;
	struct post_header headers[POST_HEADERS_MAX]; /* Content-Type is one of them */
	size_t header_n;
	struct str body;
	int64_t timeout_us; /* 0: 30 s */
};
/* `reply` may be NULL: the answer's body. */
void post_http(struct post_client *c, const struct post_request *request, struct buf *reply, struct post_answer *out);

struct post_status {
	bool has_smtp, has_sms;
	int64_t mails, requests; /* since its start */
	char sandbox[120];
};
bool post_ask_status(struct post_client *c, struct post_status *out, struct err *e) MUST_USE;

#endif
