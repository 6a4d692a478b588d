/* A client of the journeys: a cookie jar, the page it is on, and requests as a browser sends them. Everything lives in
 * the arena. */
#ifndef CITYHALL_TESTS_HTTP_CLIENT_H
#define CITYHALL_TESTS_HTTP_CLIENT_H

#include "base/err.h"
#include "page.h"

enum { COOKIES_OF_CLIENT = 50 };

struct where {
	uint16_t port;        /* of loopback, or */
	struct str unix_path; /* a socket */
	struct str host;      /* for Host and Origin */
};

struct cookie {
	struct str name, value;
};

struct answer {
	int status; /* 0: closed without one */
	struct str head, body;
	bool is_closed; /* the server closed after it */
};

struct client {
	struct str name;
	struct cookie cookies[COOKIES_OF_CLIENT];
	size_t cookie_n;
	struct str language; /* Accept-Language */
	struct str extra;    /* header lines for the next request, each ended by CR LF */
	struct str path;     /* where it is */
	struct answer answer;
	struct page page;
	/* The last form that was sent, for sending it again. */
	struct str sent_path, sent_type, sent_body;
};

bool dial(const struct where *w, int *fd, struct err *e) MUST_USE;
/* Sends bytes and reads one answer (`is_head`: without a body). */
bool talk(struct arena *a, const struct where *w, struct str bytes, bool is_head, struct answer *out,
          struct err *e) MUST_USE;
/* Does the server close this connection within `ms`? Used by raw. */
bool talk_closes(int fd, int ms);
bool read_answer(struct arena *a, int fd, bool is_head, struct answer *out, struct err *e) MUST_USE;
bool send_all(int fd, struct str bytes);
struct str answer_header(const struct answer *a, const char *name, size_t index); /* the index-th of that name */

/* One request; follows redirects unless `stays`. The page is read anew. */
bool client_get(struct arena *a, struct client *c, const struct where *w, struct str path, bool stays,
                struct err *e) MUST_USE;
bool client_post(struct arena *a, struct client *c, const struct where *w, struct str path, struct str type,
                 struct str body, bool stays, struct err *e) MUST_USE;
bool client_send(struct arena *a, struct client *c, const struct where *w, const char *method, struct str path,
                 bool stays, struct err *e) MUST_USE;
/* The same POST over n connections at once; each answer is checked to be no error of the server; the last is shown. */
bool client_post_together(struct arena *a, struct client *c, const struct where *w, int n, struct err *e) MUST_USE;

/* Fills the first form that has all these fields, or says which is missing. Values choose among radios and options. */
bool client_fill(struct arena *a, struct client *c, const struct cookie *values, size_t n, bool is_add,
                 struct err *e) MUST_USE;
/* The first `from` in the value of a field becomes `to`. */
bool client_edit(struct arena *a, struct client *c, struct str name, struct str from, struct str to,
                 struct err *e) MUST_USE;
bool client_uncheck(struct client *c, struct str name, struct str value, struct err *e) MUST_USE;
bool client_upload(struct client *c, struct str field, struct str bytes, struct str name, struct str type,
                   struct err *e) MUST_USE;
/* Makes the request that pressing the button would: into sent_path, sent_type, sent_body (or a GET path). */
bool client_press(struct arena *a, struct client *c, struct str button, bool *is_get, struct err *e) MUST_USE;
/* The address behind a link's text: the whole text first, then part of one. */
bool client_link(const struct client *c, struct str text, struct str *href);
struct str client_resolve(struct arena *a, const struct client *c, struct str href);

#endif
